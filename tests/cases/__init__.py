"""Inputs from outside, distilled from public reports of faults: each with the right value, computed by other means than the product's."""

from __future__ import annotations

import json
from pathlib import Path

from smc.cli import run

FOLDER = Path(__file__).parent


def shown(capsys, *arguments: str, code: int = 0) -> str:
    """What the command prints on stdout; its exit code is `code`."""
    found = run(list(arguments))
    printed = capsys.readouterr()
    assert found == code, printed.err
    return printed.out


def report(capsys, *arguments: str, code: int = 0) -> dict:
    """The JSON object that the command prints."""
    return json.loads(shown(capsys, *arguments, "--json", code=code))


def refused(capsys, *arguments: str) -> str:
    """The one line on stderr that the command is refused with."""
    found = run(list(arguments))
    printed = capsys.readouterr()
    assert found == 2, printed
    assert printed.out == ""
    assert printed.err.endswith("\n") and printed.err.count("\n") == 1, printed.err
    assert printed.err.startswith("bellman-smc: ") and "Traceback" not in printed.err
    return printed.err
