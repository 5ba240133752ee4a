"""What loops multiply their particles by at each step, and the law that they sample with many particles.

A loop propagates by the reference, multiplies by a factor of the scores before and after the step, and resamples in proportion. As the
number of particles grows its output tends to the law of paths proportional to `M psi` times the product of the factors (law of large
numbers, step by step). Only where the product telescopes to the reward at the end is that law the target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from smc.errors import InputError, ModelError, one_of
from smc.exact.law import OutputLaw
from smc.numbers import ONE, ZERO, Rational, balanced_sum
from smc.setting.analysis import Constants


@dataclass(frozen=True)
class Multiplier:
    """One way to weight a step.

    name: on the command line. formula: the factor of the step to t, in the scores V_t. product: what all factors multiply to. telescopes:
    whether that is the score at the end, up to a constant. factor: from the scores before and after the step, the least score so far
    (the step's own included) and whether the step is the last. remembers: whether it reads the least score.
    """

    name: str
    formula: str
    product: str
    telescopes: bool
    factor: Callable[[Rational, Rational, Rational, bool], Rational]
    remembers: bool = False


def odds(score: Rational) -> Rational:
    """`V / (1 - V)`. Raises ModelError for a score that is no probability below 1."""
    if not 0 <= score < 1:
        raise ModelError(
            f"score {score} has no odds", where="value", mend="odds need scores from 0 to below 1; scale the rewards"
        )  # fmt: skip
    return score / (1 - score)


MULTIPLIERS = {
    m.name: m
    for m in (
        Multiplier("ratio", "V_t / V_(t-1)", "V_T / V_0", True, lambda before, after, least, last: after / before),
        Multiplier("last", "1, and V_T at the last step", "V_T", True, lambda before, after, least, last: after if last else ONE),
        Multiplier("score", "V_t", "V_1 V_2 ... V_T", False, lambda before, after, least, last: after),
        Multiplier("odds", "V_t / (1 - V_t)", "the product of all odds", False, lambda before, after, least, last: odds(after)),
        Multiplier("parent", "V_(t-1)", "V_0 V_1 ... V_(T-1)", False, lambda before, after, least, last: before),
        Multiplier(
            "twice-last", "V_t / V_(t-1), and V_T once more at the end", "V_T^2 / V_0", False,
            lambda before, after, least, last: after * after / before if last else after / before,
        ),
        Multiplier(
            "min", "1, and min(V_1, ..., V_T) at the last step", "min(V_1, ..., V_T)", False,
            lambda before, after, least, last: least if last else ONE, remembers=True,
        ),
    )
}  # fmt: skip
"""By name. A product of all scores taken at the end has the limit of `score`."""


def multiplier(name: str) -> Multiplier:
    """The multiplier of a name. Raises InputError for a name that is none."""
    if name not in MULTIPLIERS:
        raise InputError(f"unknown factor {name!r}", where="multiplies", mend=one_of(MULTIPLIERS, name))
    return MULTIPLIERS[name]


def limit_law(c: Constants, factor: Multiplier) -> OutputLaw:
    """The law of the output of a loop with `factor` on scores V, with infinitely many particles; exact, one pass over the edges.

    Raises ModelError for scores that the factor does not take, and where every path has weight zero.
    """
    values, horizon = c.twist.values, c.model.horizon
    front: dict[tuple[int, Rational], Rational] = {(0, values[0][0]): ONE}
    for t, step in enumerate(c.model.edges):
        after: dict[tuple[int, Rational], Rational] = {}
        for (x, least), mass in front.items():
            for edge in step[x]:
                score = values[t + 1][edge.target]
                lowest = score if t == 0 else min(least, score)
                weight = edge.potential * factor.factor(values[t][x], score, lowest, t + 1 == horizon)
                if weight and edge.probability:
                    place = (edge.target, lowest if factor.remembers else ZERO)
                    after[place] = after.get(place, ZERO) + mass * edge.probability * weight
        front = after
    total = balanced_sum(front.values())
    if not total:
        raise ModelError("every path has weight zero", where="value", mend="give some path positive scores throughout")
    law = [ZERO] * c.model.sizes[-1]
    for (x, _), mass in front.items():
        law[x] += mass / total
    return OutputLaw(tuple(law), ZERO)
