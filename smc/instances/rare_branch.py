"""S15's family: coverage is perfect and every chi-square is small, and still SMC is wrong by the order of N^(-r/(2r-1)).

`V* = 1` everywhere, so the target is the reference and `C_act = 1`. A living branch starts with probability s at step 1 and
splits evenly at
steps 3, 5, ..., 2r - 1: one half lives on. The reward model undervalues what lives (`V = s`) on the odd levels, and overvalues what has
just been left (`V = 2/s`); on even levels and elsewhere `V = 1`. Then `1 + chi^2(pi*_t || pihat_t) <= 3` at every level
(S15.chi), and with `s = (6N)^(-r/(2r-1))` and T >= 2r, r >= 2, N >= 288 (S15.power)

    TV >= 2^(-r) (6N)^(-r/(2r-1))        (r = 2, N = n^3, s = 1/(3 n^2), n >= 10: TV >= N^(-2/3)/9, S15.rate),

so no bound in `C_act` and the chi-squares alone is of order 1/N once T >= 4. With s above 1 - 1/(1 + chi^2) nothing is rare: the family
is meant for small s.

The law of the output needs one count: m, the particles that live after an even level. On the next level `g ~ Bin(m, 1/2)` live on; the
resampled cloud (G that live, B just left, the others) is multinomial with weights `(g s, (m - g) 2/s, N - m)`, and one particle of it is
drawn with weights `(1/s, s/2, 1)`: it lives with probability `(G/s) / (G/s + B s/2 + N - G - B)`.
"""

from __future__ import annotations

from math import comb
from typing import Any

import flint

from smc.errors import InputError, whole_number
from smc.numbers import ONE, Ball, Rational, ball, precision, rational
from smc.setting.model import Edge, Model, Row
from smc.setting.twist import Twist, twist

HALF = Rational(1, 2)


def rare_branch(*, rounds: int, mass: object, horizon: int | None = None) -> tuple[Model, Twist]:
    """The family with `r = rounds` (at least 1), `s = mass` in (0, 1), and T = `horizon` steps (2r by default).

    States: `lives` and `left`, and `just left` on the levels 3, 5, ..., 2r - 1. Raises InputError for counts and masses out of range.
    """
    s = rational(mass)
    least = 2 * whole_number("rounds", rounds)
    horizon = least if horizon is None else whole_number("horizon", horizon, least=least)
    if not 0 < s < 1:
        raise InputError(f"{s}", where="mass", mend="give a probability strictly between 0 and 1")
    layers: list[tuple[str, ...]] = [("root",)]
    steps: list[tuple[Row, ...]] = []
    values: list[tuple[Rational, ...]] = [(ONE,)]
    stay = ((Edge(0, ONE),), (Edge(1, ONE),))
    for t in range(1, horizon + 1):
        splits = t % 2 == 1 and 1 < t < 2 * rounds
        layers.append(("lives", "left", *(("just left",) if splits else ())))
        if t == 1:
            steps.append(((Edge(0, s), Edge(1, 1 - s)),))
            values.append((s, ONE))
        elif splits:
            steps.append(((Edge(0, HALF), Edge(2, HALF)), (Edge(1, ONE),)))
            values.append((s, ONE, 2 / s))
        else:
            steps.append((*stay, (Edge(1, ONE),)) if len(layers[-2]) == 3 else stay)
            values.append((ONE, ONE))
    model = Model(tuple(layers), tuple(steps), values[-1], f"rare branch, r = {rounds}, s = {s}")
    return model, twist(model, values[:-1], name="undervalues what lives")


def rare_shape(model: Model, twist: Twist) -> tuple[Rational, int] | None:
    """The s and the rounds, two or more, of a model of the family, up to the names of the states; None for any other model."""
    rounds, first = 1 + model.sizes.count(3), model.edges[0][0]
    if not 2 <= rounds <= model.horizon // 2 or len(first) != 2:
        return None
    s = first[0].probability
    known, values = rare_branch(rounds=rounds, mass=s, horizon=model.horizon)
    same = (model.edges, model.reward, twist.values) == (known.edges, known.reward, values.values)
    return (s, rounds) if same else None


def certified_lives_mass(particles: int, *, rounds: int, mass: object, bits: int = 40) -> Ball:
    """P(the output lives) after T = 2r steps, as an enclosure of radius at most `2^-bits`: what is too rare to matter is not followed."""
    n, s, r = _checked(particles, rounds, mass)
    working = 2 * bits + 64
    while True:
        with precision(working):
            inside, outside = _answer(n, s, r, working)
            found = inside + outside * flint.arb("0.5", "0.5")
            if found.rad() < flint.arb(2) ** -bits:
                return found
        working *= 2


def _checked(particles: int, rounds: int, mass: object) -> tuple[int, Rational, int]:
    s = rational(mass)
    if not 0 < s < 1:
        raise InputError(f"{s}", where="mass", mend="give a probability strictly between 0 and 1")
    return whole_number("particles", particles), s, whole_number("rounds", rounds)


def _answer(n: int, s: Rational, rounds: int, bits: int) -> tuple[Ball, Ball]:
    """P(the output lives), but for cases of probability below `2^-(bits/2)`, and the probability of those."""
    least = flint.arb(2) ** -(bits // 2)
    share, one, nothing = ball(s, bits), flint.arb(1), flint.arb(0)
    missed = nothing

    def spread(mass: Any, count: int, up: Any, down: Any) -> list[tuple[int, Any]]:
        """mass times Bin(count, up / (up + down)): the counts, and what falls on each."""
        nonlocal missed
        if not least < mass:
            missed += mass
            return []
        found = _binomial(count, up, down, least / mass)
        missed += mass * (1 - sum(p for _, p in found))
        return [(k, mass * p) for k, p in found]

    def drawn(law: list[Any], weight: Any) -> list[Any]:
        """The law of the living particles of a resampled cloud, from that of k of weight `weight` among n, the others of weight 1."""
        out = [nothing] * (n + 1)
        for k, mass in enumerate(law):
            for j, p in spread(mass, n, k * weight, n - k):
                out[j] += p
        return out

    first = [nothing] * (n + 1)
    for k, mass in spread(one, n, share, one - share):
        first[k] = mass
    law = drawn(first, share)
    if rounds == 1:
        return sum((mass * (k / share / (k / share + (n - k))) for k, mass in enumerate(law)), nothing), missed
    law = drawn(law, 1 / share)
    for turn in range(1, rounds):
        clouds: dict[tuple[int, int], Any] = {}  # by the numbers of the resampled cloud that live and have just left
        for m in range(1, n + 1):
            for g, flip in spread(law[m], m, one, one):  # g of m live on
                good, bad, rest = g * share, (m - g) * 2 / share, n - m
                for k, mass in spread(flip, n, good, bad + rest):
                    if k:
                        for j, p in spread(mass, n - k, bad, rest):
                            clouds[k, j] = clouds.get((k, j), nothing) + p
        after, answer = [nothing] * (n + 1), nothing
        for (k, j), mass in clouds.items():
            alive, gone = k / share, j * share / 2 + (n - k - j)
            if turn + 1 == rounds:
                answer += mass * (alive / (alive + gone))
            else:
                for i, p in spread(mass, n, alive, gone):
                    after[i] += p
        law = after
    return answer, missed


def _binomial(count: int, up: Any, down: Any, least: Any) -> list[tuple[int, Any]]:
    """Bin(count, up / (up + down)) from its mode outwards, by ratios of neighbours: until a probability is below `least`.

    up, down: not negative; not both 0 unless `count` is.
    """
    if count == 0 or up == 0:
        return [(0, 1)]
    if down == 0:
        return [(count, 1)]
    both = up + down
    mode = min(count, int((count + 1) * float(up / both)))
    found = [(mode, comb(count, mode) * (up / both) ** mode * (down / both) ** (count - mode))]
    for step, odds, end in ((1, up / down, count), (-1, down / up, 0)):
        k, mass = found[0]
        while k != end and least < mass:
            mass = mass * odds * (count - k if step > 0 else k) / (k + 1 if step > 0 else count - k + 1)
            k += step
            found.append((k, mass))
    return found
