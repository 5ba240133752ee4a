"""What the JSON objects of all reports share: exact numbers with a decimal beside each, the model's constants, and the closing summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import flint

from smc.numbers import Ball, Extended, Rational, decimal_of, precision
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants

if TYPE_CHECKING:
    from smc.checks.closing import Closing

MOST_BITS = 8192
"""Highest working precision; an end of a ball is written with so many bits, so that nothing is lost."""


def _end(value: Rational | Ball, *, lower: bool) -> Rational:
    """The value; for a ball its lower or upper end, which is a rational."""
    if not isinstance(value, flint.arb):
        return value
    with precision(MOST_BITS):  # an end is rounded to the working precision
        mantissa, exponent = (value.lower() if lower else value.upper()).mid().man_exp()
    return Rational(int(mantissa)) * Rational(2) ** int(exponent)


def _both_ends(value: Ball) -> tuple[Rational, Rational]:
    return _end(value, lower=True), _end(value, lower=False)


def either_end(value: Rational | Ball) -> str | list[str]:
    """A rational as text; a ball as the pair of rationals that encloses it."""
    return [str(end) for end in _both_ends(value)] if isinstance(value, flint.arb) else str(value)


def end(key: str, value: Extended | Ball, *, lower: bool) -> dict[str, Any]:
    """As `exact`, a ball by its lower or upper end."""
    if isinstance(value, float):  # the one float on an exact path is INFINITE
        return {key: None, f"{key}_decimal": None}
    point = _end(value, lower=lower)
    return {key: str(point), f"{key}_decimal": decimal_of(point)}


def exact(key: str, value: Extended | Ball | None) -> dict[str, Any]:
    """`key` as text such as "1/3" (a ball as its two ends, infinite and none as null), and `key_decimal` for reading."""
    if value is None or isinstance(value, float):  # the one float on an exact path is INFINITE
        return {key: None, f"{key}_decimal": None}
    return {key: either_end(value), f"{key}_decimal": _decimals(value)}


def exact_map(key: str, values: Mapping[str, Rational | Ball]) -> dict[str, Any]:
    """As `exact`, for an object of numbers."""
    return {
        key: {name: either_end(value) for name, value in values.items()},
        f"{key}_decimal": {name: _decimals(value) for name, value in values.items()},
    }


def ends(key: str, low: Rational, high: Rational) -> dict[str, Any]:
    """As `exact`, for a pair of certified ends."""
    return {key: [str(low), str(high)], f"{key}_decimal": [decimal_of(low), decimal_of(high)]}


def _decimals(value: Rational | Ball) -> float | str | list[float | str]:
    if isinstance(value, flint.arb):
        return [decimal_of(end) for end in _both_ends(value)]
    return decimal_of(value)


def of_model(c: Constants, sampler: Sampler) -> dict[str, Any]:
    """The model, the reward model, their constants, and what is run on them."""
    return {
        "model": c.model.name,
        "notes": list(c.model.notes),
        "twist": c.twist.name,
        "horizon": c.model.horizon,
        **exact("normaliser", c.normaliser),
        **exact("bellman_error", c.bellman_error),
        **exact("bellman_product", c.bellman_product),
        **exact("ratio_bound", c.ratio_bound),
        "algorithm": sampler.name,
        "selection": sampler.how,
    }


def summary(closing: Closing) -> dict[str, Any]:
    """The two lines that close a report, as an object."""
    bound, asked, worst = closing.tightest, closing.asked, closing.worst
    return {
        "statements": closing.statements,
        "tightest": None if bound is None else {"id": bound.id, "form": bound.form, **exact("bound", bound.bound)},
        **exact("delta", closing.delta),
        "particles": None if asked is None else {"id": asked.id, "form": asked.form, "particles": asked.particles},
        "worst_place": None
        if worst is None
        else {"step": worst.step, "state": worst.state, **exact("bellman_ratio", worst.ratio)},
    }
