"""A file of each format that an audit reads, and a line of one."""

from __future__ import annotations

from pathlib import Path

PREFIX = '{"step": 0, "score": 0.5, "children": [0.25, 0.75]}'
SAMPLES = {path.stem: path for path in sorted((Path(__file__).parent / "samples").iterdir())}


def lines_of(name):
    return SAMPLES[name].read_text().splitlines()
