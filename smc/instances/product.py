"""Models whose weights do not depend on the past, exact at any number of particles and any horizon.

Step t draws a symbol a with probability `p_t(a)` and weight `w_t(a)`, whatever came before (`V_t(prefix) = prod w`). N particles
then resample on weights that say nothing of their past, so the symbols along the output's lineage are independent, and
`P(a_t = a) = E[sum_i w_t(a_i) 1{a_i = a} / sum_i w_t(a_i)]` over N independent draws: the law of one weighted draw
(`smc.exact.independent`). A step is dead with probability `P(w = 0)^N`, independently of the others. The target's symbols
are independent too, in proportion to `p w`. Equal steps are exchangeable: the distance needs only the symbols' counts.
Everything in this file is rational; nothing is rounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, prod

import flint

from smc.errors import ModelError, TooLarge, whole_number
from smc.exact.independent import TerminalCells, weighted_draw
from smc.exact.law import OutputLaw
from smc.numbers import ONE, ZERO, Ball, Rational, Verdict, at_most, least_enough, rational
from smc.setting.model import Edge, Model, prefix_tree
from smc.setting.twist import Twist, twist

Step = tuple[tuple[Rational, Rational], ...]
"""(probability, weight) of each symbol; probabilities sum to 1, some weight of positive probability is positive."""

MOST_COUNTS = 200_000
"""Largest number of vectors of symbol counts that a distance sums over."""


@dataclass(frozen=True)
class ProductModel:
    """`steps[t]` is the law of symbol t+1 with its weights. Raises ModelError for a step that is no such law."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ModelError("no steps", where="steps", mend="the horizon is at least 1")
        for t, step in enumerate(self.steps):
            if any(p < 0 or w < 0 for p, w in step) or sum((p for p, _ in step), ZERO) != 1:
                raise ModelError(
                    "not a law with weights", where=f"steps[{t}]", mend="no negative numbers, sum exactly 1"
                )
            if not any(p and w for p, w in step):
                raise ModelError(
                    "the target has mass zero", where=f"steps[{t}]", mend="give some symbol a positive weight"
                )

    @property
    def horizon(self) -> int:
        """Number of steps T."""
        return len(self.steps)

    def total_variation(self, particles: int) -> Rational:
        """TV between the law of the output path of naive-proposal SMC and the target, `dead` counted. Exact at any N and T.

        As both laws have mass 1 with `dead`, it is `sum (target - law)^+`, over the vectors of symbol counts. Raises
        TooLarge where there are too many of those.
        """
        whole_number("particles", particles)
        groups = Counter(self.steps)
        vectors = prod(comb(n + len(step) - 1, n) for step, n in groups.items())
        if vectors > MOST_COUNTS:
            raise TooLarge(
                f"{vectors} vectors of symbol counts, more than {MOST_COUNTS}",
                where="model",
                mend="the exact distance needs few distinct steps and few symbols: shorten the horizon",
            )
        laws = [symbol_law(step, particles).law for step in groups]
        aims = [symbol_target(step) for step in groups]
        return _positive_part(list(groups.values()), aims, laws)

    def tree(self) -> tuple[Model, Twist]:
        """The same model as a prefix tree with its twist, for the general engines: `|symbols|^T` leaves."""
        steps = self.steps

        def value(prefix: tuple[int, ...]) -> Rational:
            return prod((steps[t][a][1] for t, a in enumerate(prefix)), start=ONE)

        tree = prefix_tree(self.horizon, lambda s: [(a, p) for a, (p, _) in enumerate(steps[len(s)]) if p], value)
        prefixes: list[list[tuple[int, ...]]] = [[()]]
        for step in steps[:-1]:
            prefixes.append([(*s, a) for s in prefixes[-1] for a, (p, _) in enumerate(step) if p])
        return tree, twist(tree, [[value(s) for s in layer] for layer in prefixes], name="product")


def symbol_law(step: Step, particles: int) -> OutputLaw:
    """Law of one symbol along the output's lineage, and the probability that the step is dead."""
    cells = {(a, w): p for a, (p, w) in enumerate(step) if p and w}
    dead = sum((p for p, w in step if not w), ZERO)
    return weighted_draw(TerminalCells(cells, dead, len(step)), whole_number("particles", particles))


def symbol_target(step: Step) -> tuple[Rational, ...]:
    """The target's law of one symbol, in proportion to `p w`."""
    total = sum((p * w for p, w in step), ZERO)
    return tuple(p * w / total for p, w in step)


def product_family(ratio: object, horizon: int) -> ProductModel:
    """`V = ratio^(number of ones)` under a fair coin: the family of the paper's public reproduction; at ratio 2, G2's instance.

    SMC does not see the level of V, so this serves the twist `ratio^ones` (Bellman error `(ratio - 1)/2` for ratio >= 1)
    and its rescaling V* (Bellman error 0) alike.
    """
    r = rational(ratio)
    if r <= 0:
        raise ModelError(f"ratio {r} is not positive", where="ratio")
    return ProductModel((((Rational(1, 2), ONE), (Rational(1, 2), r)),) * horizon)


def product_family_model(ratio: object, horizon: int) -> tuple[Model, Twist]:
    """The product family as a layered model whose states count ones (T + 1 terminal states), with the twist `ratio^ones`.

    The count is sufficient for both laws, so its TV is that of the paths.
    """
    r, half = rational(ratio), Rational(1, 2)
    powers = [r**k for k in range(horizon + 1)]
    layers = tuple(tuple(str(k) for k in range(t + 1)) for t in range(horizon + 1))
    edges = tuple(tuple((Edge(k, half), Edge(k + 1, half)) for k in range(t + 1)) for t in range(horizon))
    model = Model(layers, edges, tuple(powers), name=f"product family, r = {r}, T = {horizon}")
    return model, twist(model, [powers[: t + 1] for t in range(horizon)], name="r^ones")


def _positive_part(
    sizes: Sequence[int], aims: Sequence[Sequence[Rational]], laws: Sequence[Sequence[Rational]]
) -> Rational:
    """`sum (aim - law)^+` over count vectors, for products of multinomials with a common number of draws in each group.

    Each vector's sign is that of a log ratio (certified, exact where the enclosure contains zero); each side is then one sum
    of whole numbers over its own common denominator.
    """
    vectors = [list(_compositions(n, len(aim))) for n, aim in zip(sizes, aims, strict=True)]
    above = _Powers(aims, sizes), _Powers(laws, sizes)
    sums = [0, 0]
    for counts in product(*vectors):
        if _exceeds(counts, *above):
            for side, powers in enumerate(above):
                sums[side] += powers.numerator(counts)
    return Rational(sums[0], above[0].denominator) - Rational(sums[1], above[1].denominator)


class _Powers:
    """`multinomial · prod_a p_a^{c_a}` over a group's common denominator, for several groups, as whole numbers."""

    def __init__(self, laws: Sequence[Sequence[Rational]], sizes: Sequence[int]) -> None:
        self.laws, self.tables, self.denominator = laws, [], 1
        for law, size in zip(laws, sizes, strict=True):
            common = flint.fmpz(1)
            for p in law:
                common = common.lcm(int(p.denominator))
            self.denominator *= int(common) ** size
            self.tables.append([_power_table(flint.fmpz(int(p * int(common))), size) for p in law])

    def numerator(self, counts: Sequence[Sequence[int]]) -> int:
        value = flint.fmpz(1)
        for tables, group in zip(self.tables, counts, strict=True):
            left = sum(group)
            for table, c in zip(tables, group, strict=True):
                value *= table[c] * comb(left, c)
                left -= c
        return int(value)


def _power_table(base: flint.fmpz, most: int) -> list[flint.fmpz]:
    table = [flint.fmpz(1)]
    for _ in range(most):
        table.append(table[-1] * base)
    return table


def _exceeds(counts: Sequence[Sequence[int]], aim: _Powers, law: _Powers) -> bool:
    """Whether the target puts more mass than the law on a vector of counts."""
    log_ratio = flint.arb(0)
    for group, p, q in zip(counts, aim.laws, law.laws, strict=True):
        for c, a, b in zip(group, p, q, strict=True):
            if c and not a:
                return False
            if c and not b:
                return True
            if c:
                ratio = a / b
                log_ratio += c * flint.arb(flint.fmpq(int(ratio.numerator), int(ratio.denominator))).log()
    if log_ratio > 0:
        return True
    if log_ratio < 0:
        return False
    return aim.numerator(counts) * law.denominator > law.numerator(counts) * aim.denominator


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


@dataclass(frozen=True)
class MinimumParticles:
    """Least number of particles with `TV <= delta`.

    particles: N. distance: TV at N. before: TV at N - 1, above delta (None at N = 1). scanned: whether every smaller N was
    checked; otherwise the claim rests on TV decreasing in N.
    """

    particles: int
    distance: Rational | Ball
    before: Rational | Ball | None
    scanned: bool


def minimum_particles(
    distance: Callable[[int], Rational | Ball], delta: object, *, most: int = 1 << 20, scan: bool = False
) -> MinimumParticles:
    """Least N with `distance(N) <= delta`: doubling, then bisection (`scan`: and a look at every smaller N).

    Bisection is a proof where TV decreases in N. It does for two symbols of positive weight: the chance of a one is
    `E f(K/N)` with f concave (its weight is the larger), which grows with N (fractions of ones form a reverse martingale)
    towards the target's, and the distance between binomials of equal length grows with the gap. Raises TooLarge if `most`
    particles do not suffice, ArithmeticError where an enclosure is too wide to compare.
    """
    goal = rational(delta)
    seen: dict[int, Rational | Ball] = {}

    def enough(n: int) -> bool:
        seen[n] = distance(n)
        verdict = at_most(seen[n], goal)
        if verdict is Verdict.UNDECIDED:
            raise ArithmeticError(f"TV at N = {n} is {seen[n]}, too wide to compare with {goal}: raise the precision")
        return verdict is Verdict.HOLDS

    least = least_enough(enough, most)
    if least is None:
        raise TooLarge(f"{most} particles do not reach TV {goal}", where="delta", mend="raise delta or `most`")
    if scan:
        least = next((n for n in range(1, least) if n not in seen and enough(n)), least)
    return MinimumParticles(least, seen[least], seen.get(least - 1), scan)
