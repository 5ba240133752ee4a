"""Tempering is a change of twist (S16.5): powers of a reward model, and resampling by a power of the weights.

`tempered` is the reward model `V_t^(a_t)` before the horizon, with `V_T = phi` as it must be: a softer scorer for `a_t < 1`, a harsher one
for `a_t > 1`, and schedules `a_0..a_{T-1}` in between. The target does not change.

`resampled_by_power` is for a loop that resamples in proportion to `W^a` and carries `W^(1-a)`, `0 < a <= 1`, at every step before the last.
Such a loop *is* naive-proposal SMC under another path twist: with `Psi_t = psi_1 ... psi_t` along the path,

    (V~ Psi)_0 = V_0,    (V~ Psi)_t = (V~ Psi)_{t-1}^(1-a) (V Psi)_t^a,    V~_T = phi,

and the weight carried after step t is `V_t / V~_t`. Proof: `W_t = (V Psi)_t / (V~ Psi)_{t-1}` is the carried weight times `G_t`, and
`W_t^a = (V~ Psi)_t / (V~ Psi)_{t-1}` is the weight of naive SMC under V~. V~ depends on the path, so states must be prefixes.

Powers of rationals are rational or irrational. A rational one is kept exactly, whatever its length. An irrational one is *declared* to be
the nearest rational of `bits` significant bits below it (or above it: `up`), found in whole numbers, so that the declared twist lies in
`V^a [1 - 2^(1-bits), 1]`. A twist may be anything that does not kill a live state. So every theorem, constant and exact law speaks of the
declared twist word for word, and nothing is approximate: it is what a loop runs whose power function rounds so. The name of the twist says
how many values were declared.

Sources: theory, S16.5; exponents on weights go back to annealed importance sampling (Neal 2001) and to Liu and Chen (1998), who resample by
a power of the weights and carry the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import gmpy2

from smc.errors import InputError, ModelError, whole_number
from smc.numbers import ONE, ZERO, Rational, rational
from smc.setting.analysis import Twist
from smc.setting.model import Model
from smc.setting.twist import twist

BITS = 64
"""Significant bits of an irrational power where none are asked for."""
MOST_BITS = 10_000
"""Most significant bits of an irrational power."""
MOST_PART = 100
"""Largest numerator and denominator of an exponent: the powers inside are whole numbers of so many times the length of a value."""


def power(base: Rational, exponent: Rational, *, bits: int = BITS, up: bool = False) -> tuple[Rational, bool]:
    """`base^exponent`, and whether it is rational; where not, the nearest rational of `bits` significant bits below it (`up`: above it).

    base: positive. exponent: 0 or positive. Never 0.
    """
    times, root = exponent.numerator, exponent.denominator
    over, under = gmpy2.mpz(base.numerator) ** times, gmpy2.mpz(base.denominator) ** times
    top, bottom = gmpy2.iroot(over, root), gmpy2.iroot(under, root)
    if top[1] and bottom[1]:  # in lowest terms a fraction is a power only if both parts are
        return Rational(top[0]) / Rational(bottom[0]), True
    shift = bits - (over.bit_length() - under.bit_length()) // root
    while True:
        # floor of the root of floor(x) is floor of the root of x: whole numbers all the way
        scaled = over << root * shift if shift >= 0 else over
        digits = int(gmpy2.iroot(scaled // (under if shift >= 0 else under << -root * shift), root)[0])
        if digits.bit_length() == bits:
            return Rational(digits + up) * Rational(2) ** -shift, False
        shift += bits - digits.bit_length()


def tempered(model: Model, base: Twist, exponents: object, *, bits: int = BITS, up: bool = False) -> Twist:
    """The reward model `V_t^(a_t)` on layers 0..T-1: a reward model like any other, of which every statement speaks.

    exponents: one number, or one for each of the T layers, 0 or positive; values of 0 stay 0. bits, up: see the module. An exponent of 1
    keeps a layer as it is. Raises InputError for exponents and bits out of range, ModelError as `twist` does.
    """
    powers = _exponents(exponents, model.horizon)
    _check_bits(bits)
    declared = 0
    layers = []
    for a, values in zip(powers, base.values, strict=False):
        row = []
        for value in values:
            found, exact = power(value, a, bits=bits, up=up) if value else (ZERO, True)
            declared += not exact
            row.append(found)
        layers.append(row)
    words = str(powers[0]) if len(set(powers)) == 1 else ", ".join(map(str, powers))
    return twist(model, layers, name=f"{base.name} to the power {words}{_declared(declared, 'value', bits, up)}")


def resampled_by_power(model: Model, base: Twist, share: object, *, bits: int = BITS, up: bool = False) -> Twist:
    """The twist under which naive-proposal SMC is the loop that resamples by `W^share` and carries the rest, S16.5; on prefix trees.

    share: above 0, at most 1; 1 gives `base`. bits, up: of the powers of the weights; see the module. Raises InputError for a share or bits
    out of range, ModelError where a state is entered by two edges, and as `twist` does.
    """
    a = _exponent(share)
    if not 0 < a <= 1:
        raise InputError(f"weights to the power {a}", where="share", mend="give a number above 0 and at most 1")
    _check_bits(bits)
    psi, tilted = [ONE], [base.values[0][0]]
    layers, declared = [list(base.values[0])], 0
    for t, step in enumerate(model.edges[:-1]):
        row = list(base.values[t + 1])  # where no weight comes any twist will do
        after, products = [ZERO] * len(row), [ZERO] * len(row)
        for x, edges in enumerate(step):
            for e in edges:
                if not (tilted[x] and e.probability and e.potential):
                    continue
                if products[e.target]:
                    raise ModelError(
                        f"state {model.layers[t + 1][e.target]!r} of layer {t + 1} is entered by two edges",
                        where="model",
                        mend="what is carried depends on the path: give the prefix tree of the model, which convert --to tree writes",
                    )  # fmt: skip
                products[e.target] = psi[x] * e.potential
                weight = base.values[t + 1][e.target] * products[e.target] / tilted[x]
                if weight:
                    factor, exact = power(weight, a, bits=bits, up=up)
                    declared += not exact
                    after[e.target] = tilted[x] * factor
                    row[e.target] = after[e.target] / products[e.target]
        psi, tilted = products, after
        layers.append(row)
    name = f"{base.name}, resampled by weights to the power {a}{_declared(declared, 'weight', bits, up)}"
    return twist(model, layers, name=name)


def _declared(count: int, what: str, bits: int, up: bool) -> str:
    """How many powers were irrational, for the name."""
    way = "up" if up else "down"
    return f" ({count} irrational {what}{'s' * (count != 1)} rounded {way} to {bits} bits)" if count else ""


def _check_bits(bits: int) -> None:
    whole_number("bits", bits, most=MOST_BITS)


def _exponent(given: object) -> Rational:
    try:
        a = rational(given)
    except (TypeError, ValueError) as error:
        raise InputError(str(error), where="exponent", mend="write a fraction such as 1/2") from None
    if a < 0 or max(a.numerator, a.denominator) > MOST_PART:
        raise InputError(
            f"exponent {a}", where="exponent", mend=f"give 0 or more, with parts of at most {MOST_PART}, such as 1/2"
        )
    return a


def _exponents(given: object, horizon: int) -> tuple[Rational, ...]:
    listed: Sequence[object] = list(given) if isinstance(given, (list, tuple)) else [given] * horizon
    if len(listed) != horizon:
        raise InputError(
            f"{len(listed)} exponents for horizon {horizon}",
            where="exponents",
            mend="give one, or one for each of layers 0..T-1",
        )
    return tuple(_exponent(a) for a in listed)
