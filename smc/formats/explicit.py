"""Explicit tables of PRISM and Storm: `model.tra?horizon=20&goal=done`, with `model.lab`, `model.srew` and `model.trew`
beside it.

`.tra`: for a chain `SOURCE TARGET PROBABILITY` a line, for an MDP `SOURCE CHOICE TARGET PROBABILITY [ACTION]`; a
first line of counts (PRISM) or of the kind (`dtmc`, `mdp`; Storm) may stand. `.lab`: PRISM's (`0="init"
1="deadlock"`, then `STATE: LABEL LABEL`) or Storm's (`#DECLARATION`, names, `#END`, then `STATE LABEL LABEL`);
without one, state 0 is initial and there is no label. `.srew`: `STATE REWARD`, `.trew`: `SOURCE [CHOICE] TARGET
REWARD`, both of the structure `reward`. Lines that start with `#` (other than Storm's) or `//` are comments. Numbers
are exact as written; every fault names its file and line. Conventions and options: `smc.formats.markov`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from smc.errors import InputError
from smc.formats.lines import Line, lines_of, stem
from smc.formats.markov import Branch, Choice, MarkovTable, source_of
from smc.formats.strict_json import Rounding
from smc.numbers import ZERO, Rational

if TYPE_CHECKING:
    from smc.formats import Source

STRUCTURE = "reward"
_DECLARED = re.compile(r'(\d+)="([^"]+)"')


def load(path: str, given: Mapping[str, str], horizon: int | None, rounding: Rounding, spec: str) -> Source:
    """The model of the table at `path` and of the files beside it. Raises InputError that names the file and the line."""
    beside = {end: path.removesuffix(".tra") + end for end in (".lab", ".srew", ".trew")}
    rows, deterministic = _rows(list(lines_of(path, "//")), rounding)
    size = 1 + max(max(source, target) for source, _, target, *_ in rows)
    labels = {"init": frozenset({0})}
    if os.path.exists(beside[".lab"]):
        with _within(beside[".lab"]):
            labels = _labels(list(lines_of(beside[".lab"], "//")), size)
    state_rewards: dict[int, Rational] = {}
    moves: dict[tuple[int, int, int], Rational] = {}
    if os.path.exists(beside[".srew"]):
        with _within(beside[".srew"]):
            state_rewards = _state_rewards(list(lines_of(beside[".srew"], "//")), size, rounding)
    if os.path.exists(beside[".trew"]):
        with _within(beside[".trew"]):
            moves = _move_rewards(list(lines_of(beside[".trew"], "//")), rows, deterministic, rounding)
    structures = (STRUCTURE,) if state_rewards or moves else ()
    table = MarkovTable(
        tuple(str(i) for i in range(size)),
        tuple(_choices(rows, state_rewards, moves)),
        tuple(sorted(labels.get("init", ()))),
        labels,
        structures,
    )
    return source_of(table, spec, stem(path), given, horizon, rounding)


class _within:
    """Puts the name of a second file before the line that an error names."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InputError):
            raise error.within(self.path) from None


_Row = tuple[int, int, int, Rational, str, Line]


def _uncommented(lines: list[Line]) -> list[Line]:
    return [line for line in lines if not line.text.startswith("#")]


def _counts(line: Line, entries: int) -> bool:
    """Whether a first line is one of PRISM's counts; `entries`: how many stand in it, one less than in a row of the table."""
    parts = line.text.split()
    return len(parts) == entries and all(p.isdigit() for p in parts)


def _rows(lines: list[Line], rounding: Rounding) -> tuple[list[_Row], bool]:
    """(source, choice, target, probability, action, line) of each transition, and whether the table is a chain's."""
    lines = _uncommented(lines)
    of_choices = (
        len(lines) > 1 and len(lines[1].text.split()) > 3
    )  # `0 2 1` alone, or before such a row, is a move of probability 1
    if lines and (lines[0].text.lower() in ("dtmc", "mdp") or _counts(lines[0], 3 if of_choices else 2)):
        lines = lines[1:]
    if not lines:
        raise InputError("has no transitions", mend="write SOURCE TARGET PROBABILITY a line")
    deterministic = len(lines[0].text.split()) == 3
    found: list[_Row] = []
    for line in lines:
        parts = line.text.split()
        if len(parts) != 3 if deterministic else len(parts) not in (4, 5):
            wanted = "SOURCE TARGET PROBABILITY" if deterministic else "SOURCE CHOICE TARGET PROBABILITY [ACTION]"
            line.refuse(f"{len(parts)} entries, where the first row has another form", f"write {wanted}")
        if deterministic:
            parts = [parts[0], "0", *parts[1:]]
        numbers = [line.index(p, 10**9) for p in parts[:3]]
        action = parts[4] if len(parts) == 5 else ""
        found.append((numbers[0], numbers[1], numbers[2], line.probability(parts[3], rounding), action, line))
    return found, deterministic


def _choices(rows: list[_Row], states: Mapping[int, Rational], moves: Mapping[tuple[int, int, int], Rational]):
    made: dict[tuple[int, int], Choice] = {}
    for source, number, target, probability, action, line in rows:
        earned = {STRUCTURE: states.get(source, ZERO)}
        choice = made.setdefault((source, number), Choice(source, action, [], earned, line.place))
        gain = moves.get((source, number, target), ZERO)
        choice.branches.append(Branch(target, probability, {STRUCTURE: gain}))
    return [made[key] for key in sorted(made)]


def _labels(lines: list[Line], size: int) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    names: dict[str, str] = {}
    body = lines
    if lines and lines[0].text.startswith("#DECLARATION"):
        end = next((k for k, line in enumerate(lines) if line.text.startswith("#END")), None)
        if end is None:
            lines[0].refuse("no #END", "close the declaration with #END")
        names = {name: name for line in lines[1:end] for name in line.text.split()}
        body = lines[end + 1 :]
    elif lines and _DECLARED.match(lines[0].text):
        names = dict(_DECLARED.findall(lines[0].text))
        body = lines[1:]
    elif lines:
        lines[0].refuse("labels are not declared", 'start with 0="init" 1="deadlock", or with #DECLARATION')
    for line in body:
        state, _, rest = line.text.replace(":", " ").partition(" ")
        for label in rest.split():
            if label not in names:
                line.refuse(f"unknown label {label!r}", f"declare it; declared are {', '.join(names)}")
            found.setdefault(names[label], set()).add(line.index(state, size))
    if not found.get("init"):
        raise InputError("no initial state", mend="give one state the label init")
    return {name: frozenset(found.get(name, ())) for name in names.values()}


def _state_rewards(lines: list[Line], size: int, rounding: Rounding) -> dict[int, Rational]:
    rows = _uncommented(lines)
    if rows and _counts(rows[0], 2) and int(rows[0].text.split()[0]) == size:
        rows = rows[1:]  # no state has this number
    found = {}
    for line in rows:
        parts = line.text.split()
        if len(parts) != 2:
            line.refuse(f"{len(parts)} entries", "write STATE REWARD")
        found[line.index(parts[0], size)] = line.rational(parts[1], rounding)
    return found


def _move_rewards(
    lines: list[Line], rows: list[_Row], deterministic: bool, rounding: Rounding
) -> dict[tuple[int, int, int], Rational]:
    known = {row[:3] for row in rows}
    found: dict[tuple[int, int, int], Rational] = {}
    lines = _uncommented(lines)
    if lines and _counts(lines[0], 2 if deterministic else 3):
        lines = lines[1:]
    for line in lines:
        parts = line.text.split()
        if len(parts) != (3 if deterministic else 4):
            wanted = "SOURCE TARGET REWARD" if deterministic else "SOURCE CHOICE TARGET REWARD"
            line.refuse(f"{len(parts)} entries", f"write {wanted}")
        if deterministic:
            parts = [parts[0], "0", *parts[1:]]
        source, choice, target = (line.index(p, 10**9) for p in parts[:3])
        if (source, choice, target) not in known:
            line.refuse(
                "a reward for a transition that the table lacks", "list it in the .tra file, or drop the reward"
            )
        found[source, choice, target] = line.rational(parts[3], rounding)
    return found
