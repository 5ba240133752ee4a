"""The closed forms of the statements as callables on exact numbers, read from the sealed statements themselves.

`evaluate("S1", "uniform", T=5, eps=mpq(1, 4))` takes the right-hand side of the conclusion that `proofs/sealed/S1.json` proves (the
claim must carry its seal; nothing is derived or replayed here) and evaluates that term. A rational comes out where the bound is
rational at these inputs, an enclosure (`flint.arb`, at the working precision) where an input is one or an irrational root remains, and
`inf` where an input is infinite: no guarantee is then claimed.

Which closed forms there are, and what the symbols of each stand for, is in the rows of `proofs.catalogue`.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import flint

from proofs.catalogue import FORMS, Form
from proofs.kernel import Node, ProofError
from proofs.kernel.replay import STORED, Refused, decode_term, fingerprint, load_seals
from proofs.language.terms import compiled
from proofs.registry import conclusions_of

COUNTS = frozenset({"N", "T", "H", "J", "n", "m"})
"""Inputs that are natural numbers; the others are numbers or lists of numbers."""


@dataclass(frozen=True)
class Claim:
    """A stored claim, read but not replayed: it has the shape of a theorem and the standing of a text that carries its seal."""

    hyps: frozenset[Node]
    concl: Node

    def free(self) -> frozenset:
        """The free symbols."""
        return self.concl.free.union(*(h.free for h in self.hyps))


@cache
def bound(name: str, part: int = 0, side: int = 1, at: str = "", folder: Path = STORED) -> Node:
    """The bound of the stored proof `name`: a side of the given part of its claim, which must carry its seal. Raises Refused.

    at: names for the quantified variables, as in `catalogue.Form`.
    """
    return conclusions_of(claim(name, folder), at.split())[part].kids[side]


def claim(name: str, folder: Path = STORED) -> Claim:
    """The claim of a stored proof, read without replaying its steps. Raises Refused where it is not the sealed one."""
    try:
        data = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        terms: list[Node] = []
        for entry in data["terms"]:
            terms.append(decode_term(entry, terms))
        hyps, concl = data["claim"]
        found = Claim(frozenset(terms[h] for h in hyps), terms[concl])
    except (ProofError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"{name}: no claim can be read: {error}") from error
    if str(load_seals(folder).get(name)).split()[0] != fingerprint(found):  # type: ignore[arg-type]
        raise Refused(f"{name}: the claim is not the sealed statement")
    return found


class _Irrational(Exception):
    """A root, exponential or logarithm that is not rational: the evaluation starts again with enclosures."""


def _exact_root(x: Any) -> Any:
    x = Fraction(x) if isinstance(x, int) else x
    if x < 0:
        return x * 0  # the kernel's convention, of which no statement makes use
    top, bottom = flint.fmpz(int(x.numerator)), flint.fmpz(int(x.denominator))
    if not (top.is_square() and bottom.is_square()):  # quick where the answer is no
        raise _Irrational
    return type(x)(int(top.isqrt())) / int(bottom.isqrt())


def _refuse(x: Any) -> Any:
    raise _Irrational


def ball(x: Any) -> flint.arb:
    """The ball of a rational at the working precision; a ball as it is."""
    return x if isinstance(x, flint.arb) else flint.arb(int(x.numerator)) / int(x.denominator)


_EXACT = {"sqrt": _exact_root, "exp": _refuse, "log": _refuse}
BALLS = {"sqrt": lambda x: ball(x).sqrt(), "exp": lambda x: ball(x).exp(), "log": lambda x: ball(x).log()}
"""Functions of numbers on balls."""


def evaluate(statement: str, form: str, *, folder: Path = STORED, **inputs: Any) -> Any:
    """The bound of `statement` in `form`; `inf` when an input is infinite. folder: the stored proofs.

    Raises KeyError for an unknown pair, TypeError for missing or unknown inputs, Refused for a claim that is not sealed.
    """
    return ClosedForm(statement, form, folder=folder, **inputs)()


class ClosedForm:
    """The bound of `statement` in `form` at some of its inputs, ready for the others: what those determine is worked out once.

    Raises KeyError for an unknown pair, Refused for a claim that is not sealed.
    """

    def __init__(self, statement: str, form: str, *, folder: Path = STORED, **inputs: Any) -> None:
        self.statement, self.form = statement, form
        self._found = FORMS[statement, form]
        self._value_of = compiled(bound(self._found.sealed, self._found.part, self._found.side, self._found.at, folder))
        self._inputs, self._missing = inputs, set(self._found.names) - set(inputs)
        self._kinds = _kinds(inputs.values())
        rules = [(name, rule, _wanted(rule)) for name, rule in self._found.where.items()]
        self._early = [rule for rule in rules if not self._missing.intersection(rule[2])]
        self._late = [rule for rule in rules if self._missing.intersection(rule[2])]
        self._ready: dict[Any, tuple[dict[str, Any], dict[str, Any]]] = {}

    def __call__(self, **rest: Any) -> Any:
        """The bound at the inputs given before and these. Raises TypeError for missing or unknown inputs."""
        if rest.keys() != self._missing or len(rest) + len(self._inputs) != len(self._found.names):
            raise TypeError(
                f"{self.statement} {self.form} takes {', '.join(self._found.names)}, not {', '.join({**self._inputs, **rest})}"
            )
        kinds = self._kinds | _kinds(rest.values()) if rest else self._kinds
        if math.inf in kinds:
            return math.inf
        if flint.arb not in kinds:
            scalar = next(iter(kinds - {int}), Fraction)
            try:
                return self._value(rest, scalar, *_conversions(scalar), _EXACT)
            except _Irrational:
                pass
        return self._value(rest, flint.ctx.prec, ball, ball, BALLS)

    def _value(self, rest: dict, key: Any, convert: Callable, number: Callable, functions: dict) -> Any:
        if key not in self._ready:
            given = _converted(self._inputs, convert)
            env: dict[str, Any] = dict.fromkeys(
                (*self._found.at.split(), "root"), 0
            )  # states are numbered, the root is 0
            env |= dict.fromkeys(self._found.ones.split(), lambda *_: 1)
            env |= _symbols(self._found, given) | functions
            self._ready[key] = given, env | _derived(self._early, given, convert)
        given, env = self._ready[key]
        if rest:
            more = _converted(rest, convert)
            env = env | _symbols(self._found, more)
            if self._late:
                env |= _derived(self._late, given | more, convert)
        return convert(self._value_of(env, number))


def _kinds(values: Iterable[Any]) -> set[Any]:
    """Types of numbers, and `inf` where one is infinite."""
    kinds: set[Any] = set()
    for value in values:
        for x in value if isinstance(value, (list, tuple)) else (value,):
            kinds.add(math.inf if isinstance(x, float) and x == math.inf else type(x))
    return kinds


@cache
def _conversions(scalar: type) -> tuple[Callable, Callable]:
    """To the rational type of the inputs: of an input, and of a constant of the statement."""

    def constant(x: Any) -> Any:
        return scalar(x.numerator, x.denominator)

    return lambda x: x if type(x) is scalar else constant(x), constant


def _converted(inputs: dict[str, Any], convert: Callable) -> dict[str, Any]:
    return {
        name: int(v) if name in COUNTS else [convert(x) for x in v] if isinstance(v, (list, tuple)) else convert(v)
        for name, v in inputs.items()
    }


def _function(values: list, first: int) -> Callable[..., Any]:
    """The symbol whose value is the list's entry at its first argument, counted from `first`."""
    return lambda k, *_: values[k - first]


def _symbols(found: Form, given: dict[str, Any]) -> dict[str, Any]:
    """What the inputs stand for in the bound."""
    env: dict[str, Any] = {}
    for name, value in given.items():
        if name in found.laws:
            env[name] = lambda law=value: [(weight, state) for state, weight in enumerate(law)]
        elif isinstance(value, list):
            env[name] = _function(value, found.first.get(name, 0))
        else:
            env[name] = value
    return env


def _derived(
    rules: Iterable[tuple[str, Callable, tuple[str, ...]]], given: dict[str, Any], convert: Callable
) -> dict[str, Any]:
    """The symbols that follow from inputs by a rule: counts, fractions, functions."""
    made = {name: rule(*[given[w] for w in wanted]) for name, rule, wanted in rules}
    return {name: convert(value) if isinstance(value, Fraction) else value for name, value in made.items()}


@cache
def _wanted(rule: Callable) -> tuple[str, ...]:
    return tuple(inspect.signature(rule).parameters)
