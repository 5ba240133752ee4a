"""The closed forms of the statements as callables on exact numbers, read from the sealed statements themselves.

`evaluate("S1", "uniform", T=5, eps=mpq(1, 4))` takes the right-hand side of the conclusion that `proofs/sealed/S1.json` proves (the
claim must carry its seal; nothing is derived or replayed here) and evaluates that term. A rational comes out where the bound is
rational at these inputs, an enclosure (`flint.arb`, at the working precision) where an input is one or an irrational root remains, and
`inf` where an input is infinite: no guarantee is then claimed.

A sealed statement enters by one line of `FORMS`: which statement, and which inputs its free symbols stand for. A closed form whose
statement is not proved yet is written by hand in `UNPROVED`; `bellman-smc prove` counts each as a gap.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import flint

from proofs.catalogue import claim_of
from proofs.kernel import Node
from proofs.kernel.replay import STORED, Refused, decode_term, fingerprint, load_seals
from proofs.language.terms import evaluate as value_of

TV, AT_STEP, CHI_SQUARE, SECOND_MOMENT, QUERIES = "TV", "TV at step t", "chi^2", "E[Zhat^2]/Z^2", "queries"
COUNTS = frozenset({"N", "T", "H", "t", "steps"})
"""Inputs that are natural numbers; the others are numbers or lists of numbers."""


@dataclass(frozen=True)
class Claim:
    """A stored claim, read but not replayed: it has the shape of a theorem and the standing of a text that carries its seal."""

    hyps: frozenset[Node]
    concl: Node

    def free(self) -> frozenset:
        """The free symbols."""
        return self.concl.free.union(*(h.free for h in self.hyps))


@dataclass(frozen=True)
class Form:
    """One closed form: the statement, which form of it, the quantity that it bounds, the names of its inputs.

    sealed: the stored proof whose conclusion (its `part`, counted from 0) has the bound on its right (side 1), or on its left (side 0)
    when it bounds the quantity from below. symbols: from the inputs to the values of that term's free symbols.
    by_hand: the formula of a statement that is not proved, given `root` and the inputs.
    """

    id: str
    form: str
    quantity: str
    inputs: tuple[str, ...]
    sealed: str | None = None
    symbols: Callable[..., dict[str, Any]] | None = None
    part: int = 0
    side: int = 1
    by_hand: Callable[..., Any] | None = None


def _form(id: str, form: str, quantity: str, inputs: str, sealed: str, symbols: Callable, side: int = 1) -> Form:
    return Form(id, form, quantity, tuple(inputs.split()), sealed, symbols, side=side)


def sequence(values: Sequence[Any], first: int = 0) -> Callable[[int], Any]:
    """The function k -> values[k - first] for a symbol that takes the step as its argument."""
    return lambda k: values[k - first]


def ones(*names: str) -> dict[str, Callable[..., int]]:
    """Functions set to one: a bound such as `(1+eps)^n V(t, x)` then evaluates to the ratio that it bounds."""
    return dict.fromkeys(names, lambda *_: 1)


def two_means(down: Any, up: Any) -> dict[str, Any]:
    """Weights on two states with ratios 1 and 2 of V to V* for which the means of V/V* and V*/V are `down` and `up`."""
    second = (down - up) * 2 / 3
    return {"pistar": lambda: [(down - 2 * second, 1), (second, 2)], "V": lambda ratio: ratio, "Vstar": lambda ratio: 1}


def one_moment_each(N: int, moments: Sequence[Any]) -> dict[str, Any]:
    """`moments` are E[V_t] E[Vstar_{t+1}^2/V_t] / Z^2, the products PV PQ / Vstar^2 of the statement."""
    means = {"PV": lambda t, s, x: moments[t], "PQ": lambda t, s, x: 1, "Vstar": lambda t, x: 1}
    return means | {"n": len(moments) - 1, "N": N, "root": 0}


def horizon(N: int, T: int, L: Any, eps: Any) -> dict[str, Any]:
    """The symbols of the uniform bounds on the bias; n = T - 1."""
    return {"N": N, "T": T, "n": T - 1, "L": L, "eps": eps}


def by_steps_to_go(symbol: str) -> Callable[..., dict[str, Any]]:
    """A list for p = 1..T for a symbol that counts the steps to go, k = T - p."""

    def symbols(N: int, **one_list: Sequence[Any]) -> dict[str, Any]:
        [values] = one_list.values()
        return {"N": N, "T": len(values), symbol: sequence(values[::-1])}

    return symbols


# The quantified variables of a conclusion are called n, m, k (naturals) and y, z, w, y0, ... (states) by `claim_of`, in order.
_SEALED = [
    _form("P0", "uniform", "V*/V", "eps steps", "P0", lambda eps, steps: ones("V") | {"eps": eps, "n": steps, "m": 0, "y": 0}),
    _form(
        "P1", "uniform", "q_p", "L eps steps", "P1",
        lambda L, eps, steps: ones("psi", "V", "Vstar") | {"L": L, "eps": eps, "n": 0, "m": steps, "w": 0, "y0": 0},
    ),
    _form("P2", "instance", TV, "N q", "P2", by_steps_to_go("q")),
    _form("P3", "uniform", TV, "N T L eps", "P3", horizon),
    _form("P4", "uniform", QUERIES, "T eps", "P4", lambda T, eps: {"n": T // 3 - 1, "eps": eps}, side=0),  # T = 3m, m = n + 1
    _form("P5", "uniform", AT_STEP, "t eps", "P5", lambda t, eps: {"T": t, "eps": eps}),  # at step t, V_t is the terminal reward
    _form("S1", "instance", CHI_SQUARE, "R", "S1.product", lambda R: {"n": 1, "r": sequence([R], 1)}),
    _form("S1", "uniform", CHI_SQUARE, "T eps", "S1", lambda T, eps: {"n": T - 1, "eps": eps}),
    _form("S1", "naive", CHI_SQUARE, "T L", "S1.naive", lambda T, L: {"T": T, "L": L}),
    _form("S2", "instance", AT_STEP, "R", "S2.product", lambda R: {"n": 1, "r": sequence([R], 1)}),
    _form("S2", "uniform", AT_STEP, "t eps", "S2", lambda t, eps: {"n": t - 1, "eps": eps}),
    _form("S3", "instance", TV, "N q", "S3", by_steps_to_go("q")),
    _form("S3", "uniform", TV, "N T L eps", "S3.uniform", horizon),
    _form("S4", "instance", TV, "N b", "S4", by_steps_to_go("b")),
    _form("S4", "uniform", TV, "N T L eps", "S4.uniform", horizon),
    _form("S5", "instance", SECOND_MOMENT, "N b", "S5", lambda N, b: {"n": len(b) - 1, "N": N, "b": sequence(b)}),
    _form("S5", "bias", TV, "N b", "S5.bias", lambda N, b: {"n": len(b) - 1, "N": N, "b": sequence(b)}),
    _form(
        "S6", "uniform", QUERIES, "T eps delta", "S6.exponent",
        lambda T, eps, delta: {"n": T - 1, "eps": eps, "delta": delta}, side=0,
    ),
    _form("S7", "instance", TV, "H R", "S7", lambda H, R: {"n": H - 1, "R": R}),
    _form("S7", "uniform", TV, "H T eps", "S7.uniform", lambda H, T, eps: {"n": H - 1, "m": T - 1, "eps": eps}),
    _form("S8", "instance", TV, "N q", "S8", by_steps_to_go("q")),
    _form("S8", "uniform", TV, "N T eps", "S8.uniform", lambda N, T, eps: {"N": N, "T": T, "eps": eps}),
    _form("S9", "lower", TV, "N T", "S9", lambda N, T: {"N": N, "n": T - 1}, side=0),
    _form(
        "G1", "published", TV, "N C_act chi_square", "G1.published",
        lambda N, C_act, chi_square: {"N": N, "n": len(chi_square) - 1, "C_act": C_act, "chi": sequence(chi_square)},
    ),
    _form("G1", "sharper", TV, "N moments", "G1", one_moment_each),
    _form("G3", "identity", "1 + chi^2", "down up", "G3", two_means),
]  # fmt: skip

FORMS = {(f.id, f.form): f for f in _SEALED}
"""Closed forms read from sealed statements."""
UNPROVED: dict[tuple[str, str], Form] = {}
"""Closed forms whose statement is not proved: written by hand, and counted as gaps. There is none."""
BOUNDS = UNPROVED | FORMS


@cache
def bound(name: str, part: int = 0, side: int = 1, folder: Path = STORED) -> Node:
    """The bound of the stored proof `name`: a side of the given part of its claim, which must carry its seal. Raises Refused."""
    return claim_of(claim(name, folder))[1][part].kids[side]


def claim(name: str, folder: Path = STORED) -> Claim:
    """The claim of a stored proof, read without replaying its steps. Raises Refused where it is not the sealed one."""
    try:
        data = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        terms: list[Node] = []
        for entry in data["terms"]:
            terms.append(decode_term(entry, terms))
        hyps, concl = data["claim"]
        found = Claim(frozenset(terms[h] for h in hyps), terms[concl])
    except Exception as error:  # whatever is wrong with the file: it is not a stored proof
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
    top, bottom = math.isqrt(int(x.numerator)), math.isqrt(int(x.denominator))
    if top * top != x.numerator or bottom * bottom != x.denominator:
        raise _Irrational
    return type(x)(top) / bottom


def _refuse(x: Any) -> Any:
    raise _Irrational


def _ball(x: Any) -> flint.arb:
    return x if isinstance(x, flint.arb) else flint.arb(flint.fmpq(int(x.numerator), int(x.denominator)))


_EXACT = {"sqrt": _exact_root, "exp": _refuse, "log": _refuse}
_BALLS = {"sqrt": lambda x: _ball(x).sqrt(), "exp": lambda x: _ball(x).exp(), "log": lambda x: _ball(x).log()}


def evaluate(statement: str, form: str, *, folder: Path = STORED, **inputs: Any) -> Any:
    """The bound of `statement` in `form`; `inf` when an input is infinite. folder: the stored proofs.

    Raises KeyError for an unknown pair, TypeError for missing or unknown inputs, Refused for a claim that is not sealed.
    """
    found = BOUNDS[statement, form]
    if set(inputs) != set(found.inputs):
        raise TypeError(f"{statement} {form} takes {', '.join(found.inputs)}, not {', '.join(inputs)}")
    numbers = [x for v in inputs.values() for x in (v if isinstance(v, (list, tuple)) else (v,))]
    if any(isinstance(x, float) and x == math.inf for x in numbers):
        return math.inf
    if not any(isinstance(x, flint.arb) for x in numbers):
        try:
            return _value(found, inputs, _as_fraction, Fraction, _EXACT, folder)
        except _Irrational:
            pass
    return _value(found, inputs, _ball, _ball, _BALLS, folder)


def _as_fraction(x: Any) -> Any:
    return Fraction(x) if isinstance(x, int) else x


def _value(found: Form, inputs: dict, convert: Callable, number: Callable, functions: dict, folder: Path) -> Any:
    given = {
        name: int(v) if name in COUNTS else [convert(x) for x in v] if isinstance(v, (list, tuple)) else convert(v)
        for name, v in inputs.items()
    }
    if found.by_hand is not None:
        return convert(found.by_hand(functions["sqrt"], **given))
    assert found.sealed is not None and found.symbols is not None
    term = bound(found.sealed, found.part, found.side, folder)
    return convert(value_of(term, found.symbols(**given) | functions, number))
