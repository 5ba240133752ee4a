"""Cassandra's format for partially observed models, as text: tokens with their lines, one method an entry.

`discount`, `values`, `states`, `actions`, `observations`, `start`, and entries `T`, `O`, `R` by single number, row or matrix, with `*`,
`uniform` and `identity`; later entries overrule earlier ones. Numbers are exact as written; faults name their line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from smc.errors import InputError
from smc.formats.lines import Line
from smc.formats.strict_json import Rounding
from smc.numbers import ONE, ZERO, Rational

HEADERS = ("discount", "values", "states", "actions", "observations", "start")
_TOKEN = re.compile(r":|[^\s:]+")


@dataclass
class Pomdp:
    """What a file says. transitions: `[action][state]` to a row over states; observe: `[action][next state]` to a row over observations."""

    states: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    observations: list[str] = field(default_factory=list)
    start: list[Rational] = field(default_factory=list)
    transitions: dict[tuple[int, int], dict[int, Rational]] = field(default_factory=dict)
    observe: dict[tuple[int, int], dict[int, Rational]] = field(default_factory=dict)
    rewards: list[tuple[tuple[int | None, ...], Rational]] = field(default_factory=list)
    sign: int = 1

    def reward(self, *index: int) -> Rational:
        """`R(action, state, next state, observation)`: the last entry that speaks of it."""
        for pattern, value in reversed(self.rewards):
            if all(p is None or p == i for p, i in zip(pattern, index, strict=True)):
                return self.sign * value
        return ZERO


def named(names: list[str], name: str, where: str) -> int:
    if name in names:
        return names.index(name)
    if name.isascii() and name.isdigit() and int(name) < len(names):
        return int(name)
    raise InputError(f"no {where[:-1]} {name!r}", where=where, mend=f"choose from {', '.join(names[:8])}")


def at(names: list[str], name: str, line: Line, what: str) -> int:
    try:
        return named(names, name, f"{what}s")
    except InputError as error:
        line.refuse(error.what, error.mend)


class Parser:
    """Tokens with their lines; one method an entry."""

    def __init__(self, lines: list[Line], rounding: Rounding) -> None:
        self.tokens = [(token, line) for line in lines for token in _TOKEN.findall(line.text)]
        self.at, self.rounding, self.made = 0, rounding, Pomdp()
        self.seen: set[str] = set()

    def refuse(self, what: str, mend: str = "") -> NoReturn:
        """A fault at the token that is next (or at the last one)."""
        if not self.tokens:
            raise InputError("is empty", mend="write discount, states, actions, observations, T and O")
        self.tokens[min(self.at, len(self.tokens) - 1)][1].refuse(what, mend)

    def peek(self, ahead: int = 0) -> str:
        """A token to come, "" after the end."""
        return self.tokens[self.at + ahead][0] if self.at + ahead < len(self.tokens) else ""

    def entry_begins(self) -> bool:
        """Whether the next tokens start an entry, or the file ends."""
        word = self.peek()
        return not word or (self.peek(1) == ":" and (word in HEADERS or word in "TOR")) or (
            word == "start" and self.peek(1) in ("include", "exclude"))  # fmt: skip

    def take(self) -> tuple[str, Line]:
        """The next token and its line."""
        if self.at == len(self.tokens):
            self.refuse("the file ends in the middle of an entry")
        self.at += 1
        return self.tokens[self.at - 1]

    def colon(self) -> None:
        """The colon that must come."""
        token, line = self.take()
        if token != ":":
            line.refuse(f"{token!r} where a colon is due", "write a colon there")

    def model(self) -> Pomdp:
        """The whole file."""
        while self.at < len(self.tokens):
            if not self.entry_begins():
                self.refuse(f"{self.peek()!r} starts no entry", f"start with {', '.join(HEADERS)}, T, O or R")
            word, line = self.take()
            if word in ("T", "O", "R"):
                for needed in ("states", "actions", *(("observations",) if word != "T" else ())):
                    if needed not in self.seen:
                        line.refuse(f"{word} before {needed}", f"write {needed}: first")
                self.colon()
                {"T": self.transition, "O": self.observation, "R": self.reward}[word]()
            else:
                self.header(word, line)
        for needed in ("states", "actions", "observations"):
            if needed not in self.seen:
                self.refuse(f"no {needed}", f"write {needed}: and their names or their number")
        made = self.made
        made.start = made.start or [Rational(1, len(made.states))] * len(made.states)
        self.complete(made.transitions, len(made.states), "T")
        self.complete(made.observe, len(made.states), "O")
        return made

    def complete(self, table: dict[tuple[int, int], dict[int, Rational]], size: int, letter: str) -> None:
        """Every row given and of sum 1."""
        made = self.made
        for a, action in enumerate(made.actions):
            for i in range(size):
                where = f"{letter}: {action} : {made.states[i]}"
                row = table.get((a, i), {})
                chances = self.rounding.row(list(row.values()), where)
                if sum(chances, ZERO) != 1:
                    raise InputError(
                        f"the probabilities sum to {sum(chances, ZERO)}" if row else "no probabilities",
                        where=where,
                        mend="make them sum to exactly 1, or ask for it with --rationalise",
                    )
                table[a, i] = dict(zip(row, chances, strict=True))

    def header(self, word: str, line: Line) -> None:
        """`discount`, `values`, names, or the start."""
        if word in self.seen:
            line.refuse(f"{word} comes twice", "keep one of the two")
        self.seen.add(word)
        how = self.take()[0] if word == "start" and self.peek() in ("include", "exclude") else ""
        self.colon()
        words = []
        while not self.entry_begins():
            words.append(self.take())
        if not words:
            line.refuse(f"nothing after {word}", "write it on the same line")
        texts = [text for text, _ in words]
        if word == "discount":
            words[0][1].probability(texts[0], self.rounding)
        elif word == "values":
            if texts[0] not in ("reward", "cost"):
                line.refuse(f"values {texts[0]!r}", "write reward or cost")
            self.made.sign = 1 if texts[0] == "reward" else -1
        elif word == "start":
            self.start(how, words)
        else:
            counted = len(texts) == 1 and texts[0].isascii() and texts[0].isdigit()
            names = [str(i) for i in range(int(texts[0]))] if counted and int(texts[0]) <= 10**5 else texts
            if not names or len(set(names)) < len(names):
                line.refuse(f"{word} without names, or one name twice", "give distinct names, or their number")
            setattr(self.made, word, names)

    def start(self, how: str, words: list[tuple[str, Line]]) -> None:
        """A law, `uniform`, one state, or the states that it is uniform over."""
        states = self.made.states
        if "states" not in self.seen:
            words[0][1].refuse("start before states", "write states: first")
        texts = [text for text, _ in words]
        if not how and texts == ["uniform"]:
            chosen = set(range(len(states)))
        elif not how and len(texts) == len(states) and (len(states) > 1 or texts[0] not in states):
            law = [line.probability(text, self.rounding) for text, line in words]
            law = self.rounding.row(law, "start")
            if sum(law, ZERO) != 1:
                words[0][1].refuse(f"start sums to {sum(law, ZERO)}", "make it sum to exactly 1")
            self.made.start = law
            return
        else:
            chosen = {at(states, text, line, "state") for text, line in words}
            if how == "exclude":
                chosen = set(range(len(states))) - chosen
        if not chosen:
            words[0][1].refuse("no state to start in", "leave one")
        self.made.start = [Rational(1, len(chosen)) if i in chosen else ZERO for i in range(len(states))]

    def indices(self, names: list[str], what: str) -> list[int]:
        """One name, or all of them for `*`."""
        token, line = self.take()
        return list(range(len(names))) if token == "*" else [at(names, token, line, what)]

    def more(self) -> bool:
        """Whether a colon follows, which is taken."""
        if self.peek() == ":":
            self.at += 1
            return True
        return False

    def numbers(self, count: int) -> list[Rational]:
        """`count` probabilities, or `uniform`."""
        if self.peek() == "uniform":
            self.at += 1
            return [Rational(1, count)] * count
        found = []
        for _ in range(count):
            token, line = self.take()
            found.append(line.probability(token, self.rounding))
        return found

    def transition(self) -> None:
        """`T: a : s : s' p`, `T: a : s` and a row, `T: a` and a matrix."""
        made = self.made
        size = len(made.states)
        self.table(made.transitions, size, made.states, "state", identity=True)

    def observation(self) -> None:
        """`O: a : s' : o p`, `O: a : s'` and a row, `O: a` and a matrix."""
        made = self.made
        self.table(made.observe, len(made.observations), made.observations, "observation", identity=False)

    def table(
        self, table: dict[tuple[int, int], dict[int, Rational]], width: int, names: list[str], what: str, identity: bool
    ) -> None:
        """One entry of `T` or `O`."""
        made = self.made
        actions = self.indices(made.actions, "action")
        if not self.more():
            if identity and self.peek() == "identity":
                self.at += 1
                rows = [[ONE if i == j else ZERO for j in range(width)] for i in range(width)]
            elif self.peek() == "uniform":
                rows = [self.numbers(width)] * len(made.states)
            else:
                rows = [self.numbers(width) for _ in made.states]
            sources = list(range(len(made.states)))
        else:
            sources = self.indices(made.states, "state")
            if self.more():
                targets = self.indices(names, what)
                (p,) = self.numbers(1)
                for a in actions:
                    for i in sources:
                        table.setdefault((a, i), {}).update(dict.fromkeys(targets, p))
                return
            rows = [self.numbers(width)] * len(sources)
        for a in actions:
            for i, row in zip(sources, rows, strict=True):
                table[a, i] = {j: p for j, p in enumerate(row) if p}

    def reward(self) -> None:
        """`R: a : s : s' : o r`, or with a row over observations, or a matrix over next states and observations."""
        made = self.made
        lists = [
            (made.actions, "action"),
            (made.states, "state"),
            (made.states, "state"),
            (made.observations, "observation"),
        ]
        pattern: list[int | None] = []
        for k, (names, what) in enumerate(lists):
            if k and not self.more():
                break
            found = self.indices(names, what)
            pattern.append(found[0] if self.tokens[self.at - 1][0] != "*" else None)
        if len(pattern) < 2:
            self.refuse("R by action alone", "write R: action : state, at least")
        missing = [len(names) for names, _ in lists[len(pattern) :]]
        for index in _cells(missing):
            token, line = self.take()
            made.rewards.append(((*pattern, *index), line.rational(token, self.rounding)))


def _cells(sizes: list[int]) -> list[tuple[int, ...]]:
    """Indices of an array of these sizes, the last running fastest."""
    cells: list[tuple[int, ...]] = [()]
    for size in sizes:
        cells = [(*cell, i) for cell in cells for i in range(size)]
    return cells
