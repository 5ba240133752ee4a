"""Reward models by name, as the command line takes them.

`file`, `file:kill`, `floor:c`, `perfect`, `constant:c`, `bellman-error:eps`, `rounded:eps`; behind any of them, or alone, `^a` for its
power a, `^a,b,c` for one power a layer, `^weights:a` for the loop that resamples by that power of the weights (`smc.setting.tempering`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from smc.errors import InputError, TooLarge
from smc.numbers import ONE, ZERO, Rational, nearest_float, rational
from smc.setting.analysis import true_value
from smc.setting.model import Model
from smc.setting.tempering import resampled_by_power, tempered
from smc.setting.twist import Twist, constant, perfect, twist, with_bellman_error, with_floor

KILL = "file:kill"
"""The file's values, where zeros on live states are meant (`smc.setting.killed`)."""
CHOICES = (
    "file, floor:1/100 (its zeros on live states lifted), file:kill (they are meant), perfect, constant, constant:1/2, "
    "bellman-error:1/4 or rounded:1/4, each also to a power, as perfect^1/2"
)
MOST_BITS = 1 << 22
"""Longest power of `1 + eps` that stands for a value, in bits."""
POWER, WEIGHTS = "^", "weights:"
"""What stands before the power of a reward model, and behind that for a power of the weights."""


def without_powers(choice: str | None) -> str | None:
    """The reward model that `choice` takes powers of; None for the model's own."""
    return choice if choice is None else choice.partition(POWER)[0] or None


def uses_file(choice: str | None) -> bool:
    """Whether `choice` is about the values that a file gives."""
    name = without_powers(choice)
    return name is None or name in ("file", KILL) or name.startswith("floor:")


def carries_weights(choice: str | None) -> bool:
    """Whether `choice` stands for a loop that resamples by a power of its weights and carries the rest."""
    return POWER + WEIGHTS in (choice or "")


def choose(model: Model, choice: str | None, given: Sequence[Sequence[Rational]] | None = None) -> Twist:
    """The reward model that `choice` names; None takes the `given` values (layers 0..T-1), and V* where there are none.

    Raises InputError for an unknown name or a bad number, ModelError for values that cannot steer `model`.
    """
    base, is_power, exponents = (choice or "").rpartition(POWER)
    if is_power:
        return _powered(model, choose(model, base or None, given), exponents, f"value {choice}")
    name, _, argument = (("perfect" if given is None else "file") if choice is None else choice).partition(":")
    if choice == KILL or (name == "file" and not argument):
        if given is None:
            raise InputError(
                "the model comes without values", where="value", mend="choose perfect, constant or bellman-error:1/4"
            )
        return twist(model, given, name="file")
    if name == "floor" and argument:
        if given is None:
            raise InputError("the model comes without values", where="value", mend="a floor lifts the values of a file")
        return with_floor(model, given, _positive(argument, choice))
    if name == "perfect" and not argument:
        return perfect(model)
    if name == "constant" and (argument or choice == "constant"):
        return constant(model, _positive(argument or "1", choice))
    if name == "bellman-error" and argument:
        return with_bellman_error(model, _positive(argument, choice, least=ZERO))
    if name == "rounded" and argument:
        return rounded(model, _positive(argument, choice))
    raise InputError(f"unknown reward model {choice!r}", where="value", mend=f"choose {CHOICES}")


def _powered(model: Model, base: Twist, exponents: str, place: str) -> Twist:
    try:
        if exponents.startswith(WEIGHTS):
            return resampled_by_power(model, base, exponents.removeprefix(WEIGHTS))
        listed = exponents.split(",")
        return tempered(model, base, listed if len(listed) > 1 else listed[0])
    except InputError as error:
        raise error.within(place) from None


def _positive(text: str, choice: str | None, least: Rational | None = None) -> Rational:
    try:
        value = rational(text)
    except ValueError as error:
        raise InputError(str(error), where=f"value {choice}", mend="write a rational such as 1/4") from None
    if value < 0 or (least is None and not value):
        raise InputError(f"{value} is too small", where=f"value {choice}", mend="give a positive number")
    return value


def rounded(model: Model, eps: Rational) -> Twist:
    """V* in coarse steps: every value replaced by the nearest power of `1 + eps` (on the log scale), zero kept. Bellman error <= eps.

    `V*/V` lies in `[(1+eps)^(-1/2), (1+eps)^(1/2)]` before T, `V = V*` at T, so each Bellman ratio lies in `[1/(1+eps), 1+eps]`.
    A stand-in for a scorer of few levels; with eps = 1 the values are powers of two.
    """
    base = ONE + eps
    values = [[_nearest_power(v, base) for v in layer] for layer in true_value(model)[:-1]]
    return twist(model, values, name=f"V* rounded to powers of {base}")


def _nearest_power(value: Rational, base: Rational) -> Rational:
    """`base^k` with `base^(2k-1) <= value^2 < base^(2k+1)`: a float guesses k, exact comparisons settle it. 0 for 0."""
    if not value:
        return ZERO
    far, eps = _log(value.numerator) - _log(value.denominator), base - 1
    # for small steps the difference of two logarithms is rounding alone
    step = math.log1p(nearest_float(eps)) if eps < 1 else _log(base.numerator) - _log(base.denominator)
    bits = int(base.numerator).bit_length() + int(base.denominator).bit_length()
    if abs(far) * bits > MOST_BITS * step:
        raise TooLarge(
            "the powers near the values have millions of digits", where=f"value rounded:{eps}", mend="take larger steps"
        )
    k = round(far / step) if step else 0
    while value * value >= base ** (2 * k + 1):
        k += 1
    while value * value < base ** (2 * k - 1):
        k -= 1
    return base**k


def _log(number: int) -> float:
    return math.log(int(number))
