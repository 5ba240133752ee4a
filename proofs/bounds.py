"""The closed forms of the statements as callables on exact numbers.

`evaluate("S3", particles=N, q=[...])` returns a rational where the statement is rational in its inputs, an enclosure (`flint.arb`, at
the working precision) where a square root remains, and `inf` where an input is infinite: no guarantee is then claimed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint


@dataclass(frozen=True)
class Bound:
    """One closed form: statement ID, which form of it, the quantity it bounds, its inputs by name, and the callable."""

    id: str
    form: str
    bounds: str
    inputs: tuple[str, ...]
    formula: Callable[..., Any]


def _arb(x: Any) -> Any:
    return x if isinstance(x, flint.arb) else flint.arb(flint.fmpq(int(x.numerator), int(x.denominator)))


def _sqrt(x: Any) -> Any:
    """Exact for squares of rationals, an enclosure otherwise."""
    if isinstance(x, flint.arb):
        return x.sqrt()
    top, bottom = math.isqrt(int(x.numerator)), math.isqrt(int(x.denominator))
    if top * top == x.numerator and bottom * bottom == x.denominator:
        return type(x)(top) / bottom
    return _arb(x).sqrt()


def _add(terms: Sequence[Any]) -> Any:
    total = terms[0]
    for term in terms[1:]:
        total = (
            _arb(total) + _arb(term) if isinstance(term, flint.arb) or isinstance(total, flint.arb) else total + term
        )
    return total


def _over(top: Any, bottom: Any) -> Any:
    return top / _arb(bottom) if isinstance(top, flint.arb) else top / bottom


def _prod(factors: Sequence[Any]) -> Any:
    return math.prod(factors)


_FORMS = [
    Bound("P0", "uniform", "value-ratio", ("eps", "steps"), lambda eps, steps: (1 + eps) ** steps),
    Bound(
        "P1", "uniform", "lookahead-ratio", ("L", "eps", "steps"), lambda L, eps, steps: L**2 * (1 + eps) ** (2 * steps)
    ),
    Bound("P2", "instance", "tv", ("N", "q"), lambda N, q: _add([x * (x * x - 1) for x in q]) / (2 * N)),
    Bound(
        "P3",
        "uniform",
        "tv",
        ("N", "T", "L", "eps"),
        lambda N, T, L, eps: L**6 * T * (1 + eps) ** (6 * (T - 1)) / (2 * N),
    ),
    Bound("P5", "uniform", "tv-at-step", ("t", "eps"), lambda t, eps: 2 * t * eps),
    Bound("S1", "instance", "chi-square", ("R",), lambda R: (R - 1) ** 2 / (4 * R)),
    Bound(
        "S1",
        "uniform",
        "chi-square",
        ("T", "eps"),
        lambda T, eps: ((1 + eps) ** (T - 1) - 1 / (1 + eps) ** (T - 1)) ** 2 / 4,
    ),
    Bound(
        "S2",
        "instance",
        "tv-at-step",
        ("R",),
        lambda R: _over(_add([_sqrt(R), R * 0 - 1]), _add([_sqrt(R), R * 0 + 1])),
    ),
    Bound(
        "S2",
        "uniform",
        "tv-at-step",
        ("t", "eps"),
        lambda t, eps: ((1 + eps) ** (t - 1) - 1) / ((1 + eps) ** (t - 1) + 1),
    ),
    Bound("S3", "instance", "tv", ("N", "q"), lambda N, q: _over(_add([_add([x, -_sqrt(x)]) for x in q]), x2(N))),
    Bound(
        "S3",
        "uniform",
        "tv",
        ("N", "T", "L", "eps"),
        lambda N, T, L, eps: L**2 * T * (1 + eps) ** (2 * (T - 1)) / (2 * N),
    ),
    Bound(
        "S4",
        "instance",
        "tv",
        ("N", "b"),
        lambda N, b: _over(_add([_add([x - 1, _over(_sqrt(x * (x - 1)), x2(1))]) for x in b]), N * b[0] ** 0),
    ),
    Bound(
        "S4",
        "uniform",
        "tv",
        ("N", "T", "L", "eps"),
        lambda N, T, L, eps: 3 * L * (1 + eps) * T * (1 + eps) ** (2 * (T - 1)) / (2 * N),
    ),
    Bound("S5", "instance", "second-moment", ("N", "b"), lambda N, b: _prod([1 + (x - 1) / N for x in b])),
    Bound("S5", "bias", "tv", ("N", "b"), lambda N, b: _over(_sqrt(_prod([1 + (x - 1) / N for x in b]) - 1), x2(1))),
    Bound(
        "S7",
        "instance",
        "tv",
        ("H", "R"),
        lambda H, R: _mul((1 - 1 / R) ** (H - 1), _over(_add([_sqrt(R), R * 0 - 1]), _add([_sqrt(R), R * 0 + 1]))),
    ),
    Bound("S8", "instance", "tv", ("N", "q"), lambda N, q: _over(_add([_add([x, -_sqrt(x)]) for x in q]), x2(N))),
    Bound(
        "S8",
        "uniform",
        "tv",
        ("N", "T", "eps"),
        lambda N, T, eps: (
            sum(((1 + eps) ** (2 * (T - p)) - (1 + eps) ** (T - p) for p in range(1, T + 1)), eps * 0) / (2 * N)
        ),
    ),
    Bound(
        "G1",
        "published",
        "tv",
        ("N", "T", "C_act", "chi_square"),
        lambda N, T, C_act, chi_square: _mul(_sqrt(C_act / N), _add([C_act * 0 + T, *[_sqrt(x) for x in chi_square]])),
    ),
    Bound(
        "G1",
        "sharper",
        "tv",
        ("N", "moments"),
        lambda N, moments: _over(_mul(_add([_sqrt(m) for m in moments]), 1 / _sqrt(moments[0] * 0 + N)), x2(1)),
    ),
]


def x2(n: Any) -> Any:
    import gmpy2

    return gmpy2.mpq(2 * n)


def _mul(a: Any, b: Any) -> Any:
    return _arb(a) * _arb(b) if isinstance(a, flint.arb) or isinstance(b, flint.arb) else a * b


BOUNDS = {(bound.id, bound.form): bound for bound in _FORMS}


def evaluate(statement: str, form: str, **inputs: Any) -> Any:
    """The bound of `statement` in `form`; `inf` when an input is infinite. Raises KeyError for an unknown pair."""
    bound = BOUNDS[statement, form]
    if any(
        x == math.inf for value in inputs.values() for x in (value if isinstance(value, (list, tuple)) else (value,))
    ):
        return math.inf
    return bound.formula(**inputs)
