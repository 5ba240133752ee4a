"""What loops multiply their particles by at each step, and the law that they sample with many particles.

A loop propagates by the reference, multiplies by a factor of the scores before and after the step, and resamples in proportion. As the
number of particles grows its output tends to the law of paths proportional to `M psi` times the product of the factors (law of large
numbers, step by step). Only where the product telescopes to the reward at the end is that law the target.

Every factor that is known is a product of powers of a few scores, so that one row of one table says it in exact arithmetic (`limit_law`)
and in logarithms (`smc.rewards.naming` reads logs by it).
"""

from __future__ import annotations

from dataclasses import dataclass

from smc.errors import InputError, ModelError, one_of
from smc.exact.law import OutputLaw
from smc.numbers import ONE, ZERO, Rational, balanced_sum
from smc.setting.analysis import Constants


@dataclass(frozen=True)
class Powers:
    """`after^a before^b product^c least^d`: of the scores after and before the step, the product of all so far, and the least so far."""

    after: int = 0
    before: int = 0
    product: int = 0
    least: int = 0


NOTHING = Powers()


@dataclass(frozen=True)
class Multiplier:
    """One way to weight a step.

    name: on the command line. words: for a person. formula: the factor of the step to t, in the scores V_t. whole, law: what all factors
    multiply to, as a formula and in words. step, last: the powers at a step, and at the last one. telescopes: whether the whole is the
    score at the end, up to a constant; why: what is said of that. of_odds: whether the odds `V / (1 - V)` stand for each score.
    """

    name: str
    words: str
    formula: str
    whole: str
    law: str
    step: Powers
    last: Powers
    telescopes: bool = False
    why: str = ""
    of_odds: bool = False

    @property
    def remembers(self) -> bool:
        """Whether a factor reads the least score."""
        return bool(self.step.least or self.last.least)

    def factor(self, before: Rational, after: Rational, least: Rational, last: bool) -> Rational:
        """The factor of a step, in its limit: the product of all scores, taken at the end, has the limit of the score at each step."""
        powers = self.last if last else self.step
        factor = ONE
        for score, power in ((after, powers.after + self.last.product), (before, powers.before), (least, powers.least)):
            if power:
                factor *= (odds(score) if self.of_odds else score) ** power
        return factor


def odds(score: Rational) -> Rational:
    """`V / (1 - V)`. Raises ModelError for a score that is no probability below 1."""
    if not 0 <= score < 1:
        raise ModelError(
            f"score {score} has no odds", where="value", mend="odds need scores from 0 to below 1; scale the rewards"
        )  # fmt: skip
    return score / (1 - score)


RATIO = Powers(after=1, before=-1)
MULTIPLIERS = {
    m.name: m
    for m in (
        Multiplier(
            "ratio", "the ratio of successive scores", "V_t / V_(t-1)", "V_T / V_0",
            "the score at the end", RATIO, RATIO, telescopes=True, why=": the product of the ratios telescopes",
        ),
        Multiplier(
            "last", "the last score alone, at the end", "1, and V_T at the last step", "V_T",
            "the score at the end", NOTHING, Powers(after=1), telescopes=True,
        ),
        Multiplier(
            "score", "the score itself, with no division by the score before", "V_t", "V_1 V_2 ... V_T",
            "the product of all scores along the path", Powers(after=1), Powers(after=1),
        ),
        Multiplier(
            "odds", "the odds of the score, with no division by those before", "V_t / (1 - V_t)", "the product of all odds",
            "the product of the odds s / (1 - s) of all scores s along the path", Powers(after=1), Powers(after=1), of_odds=True,
        ),
        Multiplier(
            "parent", "the score of the parent", "V_(t-1)", "V_0 V_1 ... V_(T-1)",
            "the product of all scores along the path but the last", Powers(before=1), Powers(before=1),
        ),
        Multiplier(
            "twice-last", "the ratio of successive scores, and the last score once more", "V_t / V_(t-1), and V_T once more at the end",
            "V_T^2 / V_0", "the square of the score at the end", RATIO, Powers(after=2, before=-1),
        ),
        Multiplier(
            "product", "the product of all scores, at the end", "1, and V_1 V_2 ... V_T at the last step", "V_1 V_2 ... V_T",
            "the product of all scores along the path", NOTHING, Powers(product=1),
        ),
        Multiplier(
            "min", "the least score, at the end", "1, and min(V_1, ..., V_T) at the last step", "min(V_1, ..., V_T)",
            "the least score along the path", NOTHING, Powers(least=1),
        ),
    )
}  # fmt: skip
"""By name: every factor that is known."""


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
