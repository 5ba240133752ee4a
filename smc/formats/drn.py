"""Storm's explicit format `.drn`, as text, every fault named by its line: `model.drn?horizon=20&goal=done`.

    @type: DTMC                    or MDP; no other kind
    @reward_models                 names, on the next line, of the numbers in brackets
    steps
    @nr_states
    3
    @model
    state 0 [1] init               number, [rewards] and labels of a state
        action 0 [0]               name and [rewards] of a choice
            1 : 1/3                target and probability
            2 : 2/3

Comments start with `//`. Numbers are exact as written (0.1 is 1/10); --rationalise mends rows that rounding has moved
off 1. Parameters of models (`@parameters` with names, `@placeholders`) are refused. Conventions and options:
`smc.formats.markov`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from smc.errors import InputError
from smc.formats.lines import Line, lines_of, stem
from smc.formats.markov import Branch, Choice, MarkovTable, source_of
from smc.formats.strict_json import Rounding
from smc.numbers import ZERO, Rational

if TYPE_CHECKING:
    from smc.formats import Source

_STATE = re.compile(r"state\s+(\d+)\s*(?:!\S+)?\s*(?:\[(.*?)\])?\s*(?:\{\S*\})?\s*(.*)")
_ACTION = re.compile(r"action\s+(\S+)\s*(?:\[(.*?)\])?")
_LABEL = re.compile(r'"[^"]*"|\S+')


def load(path: str, given: Mapping[str, str], horizon: int | None, rounding: Rounding, spec: str) -> Source:
    """The model of the file at `path`. Raises InputError that names the line."""
    table = read(list(lines_of(path, "//")), rounding)
    return source_of(table, spec, stem(path), given, horizon, rounding)


def read(lines: list[Line], rounding: Rounding) -> MarkovTable:
    """The table that the lines of a file describe."""
    header: dict[str, tuple[Line, list[str]]] = {}
    at = next((k for k, line in enumerate(lines) if line.text == "@model"), None)
    if at is None:
        raise InputError("has no @model", mend="list the states after a line @model")
    for line in lines[:at]:
        if line.text.startswith("@"):
            key, _, value = line.text.partition(":")
            header[key.strip()] = (line, [value.strip()] if value.strip() else [])
        elif header:
            header[next(reversed(header))][1].append(line.text)
        else:
            line.refuse("text before the first @ entry", "start the file with @type: DTMC")
    _check_header(header, lines[0])
    structures = tuple(" ".join(header["@reward_models"][1]).split()) if "@reward_models" in header else ()
    states, choices = _states(lines[at + 1 :], structures, rounding)
    return _table(states, choices, structures, header, lines[at])


def _check_header(header: dict[str, tuple[Line, list[str]]], first: Line) -> None:
    if "@type" not in header or not header["@type"][1]:
        first.refuse("no @type", "write @type: DTMC or @type: MDP")
    line, (kind, *_) = header["@type"]
    if kind.upper() not in ("DTMC", "MDP"):
        line.refuse(f"type {kind!r}", "use a model in discrete time: DTMC or MDP")
    for key in ("@parameters", "@placeholders"):
        if key in header and header[key][1]:
            header[key][0].refuse(f"{key} with entries", "give every parameter a number first")
    if "@value_type" in header and "interval" in " ".join(header["@value_type"][1]):
        header["@value_type"][0].refuse("intervals", "give every probability one number")


class _State(NamedTuple):
    number: int
    rewards: list[Rational]
    labels: list[str]


def _states(
    lines: Iterable[Line], structures: tuple[str, ...], rounding: Rounding
) -> tuple[list[_State], list[tuple[Choice, list[Line]]]]:
    """States, and choices with the lines of their branches."""
    states: list[_State] = []
    choices: list[tuple[Choice, list[Line]]] = []
    open_choice = False
    for line in lines:
        if match := _STATE.fullmatch(line.text):
            if int(match.group(1)) != len(states):
                line.refuse(
                    f"state {match.group(1)} where state {len(states)} is due", "number the states 0, 1, ... in order"
                )
            labels = [label.strip('"') for label in _LABEL.findall(match.group(3))]
            states.append(_State(len(states), _numbers(match.group(2), structures, line, rounding), labels))
            open_choice = False
        elif match := _ACTION.fullmatch(line.text):
            if not states:
                line.refuse("a choice before any state", "write state 0 first")
            own = _numbers(match.group(2), structures, line, rounding)
            earned = {s: a + b for s, a, b in zip(structures, own, states[-1].rewards, strict=True)}
            name = "" if match.group(1).isdigit() or match.group(1) == "__NOLABEL__" else match.group(1)
            choices.append((Choice(states[-1].number, name, [], earned, line.place), []))
            open_choice = True
        else:
            target, colon, probability = line.text.partition(":")
            if not colon or not target.strip().isdigit():
                line.refuse(f"{line.text!r} is no state, action or transition", "write TARGET : PROBABILITY")
            if not open_choice:
                line.refuse("a transition before any action", "write action 0 first")
            choice, places = choices[-1]
            choice.branches.append(Branch(int(target), line.probability(probability, rounding)))
            places.append(line)
    return states, choices


def _numbers(text: str | None, structures: tuple[str, ...], line: Line, rounding: Rounding) -> list[Rational]:
    """The rewards in brackets, one a structure; none are zeros."""
    parts = [part for part in (text or "").split(",") if part.strip()]
    if not parts:
        return [ZERO] * len(structures)
    if len(parts) != len(structures):
        line.refuse(f"{len(parts)} rewards for {len(structures)} structures", "name them under @reward_models")
    return [line.rational(part, rounding) for part in parts]


def _table(
    states: list[_State], choices: list[tuple[Choice, list[Line]]], structures: tuple[str, ...],
    header: Mapping[str, tuple[Line, list[str]]], model: Line,
) -> MarkovTable:  # fmt: skip
    if not states:
        model.refuse("no states", "list at least one")
    if "@nr_states" in header:
        line, written = header["@nr_states"]
        if "".join(written) != str(len(states)):
            line.refuse(f"{''.join(written)} states announced, {len(states)} listed", "make them agree")
    for choice, places in choices:
        for branch, line in zip(choice.branches, places, strict=True):
            line.index(str(branch.target), len(states))
    labels: dict[str, set[int]] = {}
    for state in states:
        for label in state.labels:
            labels.setdefault(label, set()).add(state.number)
    if "init" not in labels:
        model.refuse("no initial state", "write init after one state's line")
    return MarkovTable(
        tuple(str(s.number) for s in states),
        tuple(choice for choice, _ in choices),
        tuple(sorted(labels["init"])),
        {label: frozenset(where) for label, where in labels.items()},
        structures,
    )
