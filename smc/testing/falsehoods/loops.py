"""Falsehoods planted beside S16 (other resampling), S17 (conditional SMC) and S18 (the walk that goes back). All comparisons are exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.exact import output_law
from smc.exact.backtracking import backtracking
from smc.exact.clouds import CloudMoments, cloud_moments
from smc.exact.conditional import conditional_kernel
from smc.numbers import INFINITE, ONE, ZERO, Extended, Rational, finite
from smc.samplers.adapted import adapted
from smc.samplers.naive import naive
from smc.samplers.resampling import MULTINOMIAL, STRATIFIED, SYSTEMATIC, Resampling, infinity_effective_sample_size
from smc.setting.model import Edge, Model
from smc.setting.tempering import resampled_by_power
from smc.setting.twist import twist
from smc.testing.falsehoods.registry import Claims, planted
from smc.testing.instances import Instance
from smc.testing.models import prefix_trees
from smc.testing.perturbations import COARSE
from smc.testing.rewards import instances

HALF = Rational(1, 2)


def layers(steps, values, reward, particles: int) -> Instance:
    """An instance from rows {successor: probability} by step and state."""
    edges = tuple(tuple(tuple(Edge(y, p) for y, p in row.items()) for row in step) for step in steps)
    names = (("root",), *(tuple("abc"[: len(v)]) for v in values[1:]), tuple("abc"[: len(reward)]))
    model = Model(names, edges, tuple(map(Rational, reward)), "drawn")
    return Instance(model, twist(model, values), particles)


def light_and_heavy() -> SearchStrategy[Instance]:
    """A draw between a light state and a heavy one, then no moves: what systematic resampling does to the light one."""

    def made(p: Rational, heavy: int, light: int, particles: int) -> Instance:
        stay: list[dict[int, Rational]] = [{0: ONE}, {1: ONE}]
        return layers([[{0: p, 1: 1 - p}], stay], [[1], [1, heavy]], (light, heavy), particles)

    chances = st.sampled_from([HALF, Rational(1, 3), Rational(1, 4)])
    return st.builds(made, chances, st.sampled_from([10, 100]), st.sampled_from([3, 30]), st.integers(2, 4))


def rare() -> SearchStrategy[Instance]:
    """A rare state of large value that rarely keeps its promise: carried weights that an effective sample size does not see."""

    def made(p: Rational, promise: int, kept: Rational, particles: int) -> Instance:
        steps = [[{0: p, 1: 1 - p}], [{0: kept, 1: 1 - kept}, {2: ONE}]]
        return layers(steps, [[1], [promise, 1]], (promise / kept, 0, 1), particles)

    chances = st.sampled_from([Rational(1, 10_000), Rational(1, 100)])
    kept = st.sampled_from([Rational(1, 30), Rational(1, 10)])
    return st.builds(made, chances, st.sampled_from([4, 2]), kept, st.sampled_from([8, 4]))


def under(resampling: Resampling, instance: Instance) -> CloudMoments:
    """Moments of naive-proposal SMC under `resampling`."""
    process = naive.process(instance.model, instance.twist)
    return cloud_moments(replace(process, resampling=resampling), instance.particles)


def growth(ranges: Sequence[Extended], terms: tuple[Rational, Rational], particles: Rational) -> Extended:
    """`prod_p (1 + (u b_p + v)/particles)` for terms (u, v)."""
    found: Rational = ONE
    for b in ranges:
        if b == INFINITE:
            return INFINITE
        found *= 1 + (terms[0] * Rational(b) + terms[1]) / particles
    return found


@planted(
    "S16/systematic", "systematic resampling has no more variance than multinomial resampling", where=light_and_heavy
)
def _(instance: Instance) -> Claims:
    found, least = (under(Resampling(scheme), instance).second_moment for scheme in (SYSTEMATIC, MULTINOMIAL))
    yield "E[Zhat^2]", found, least


def light_among_heavy() -> SearchStrategy[Instance]:
    """The same with weights so far apart that many light particles lie between two heavy ones."""

    def made(p: Rational, light: int, particles: int) -> Instance:
        stay: list[dict[int, Rational]] = [{0: ONE}, {1: ONE}]
        return layers([[{0: p, 1: 1 - p}], stay], [[1], [1, 100_000]], (light, 100_000), particles)

    chances = st.sampled_from([HALF, Rational(2, 5)])
    return st.builds(made, chances, st.sampled_from([400, 30]), st.sampled_from([2, 8]))


@planted(
    "S16/systematic-density", "S12's second level, E[U^2 nu(y)] <= beta pi(y), under systematic resampling",
    where=light_among_heavy,
)  # fmt: skip
def _(instance: Instance) -> Claims:
    c, found = instance.constants, under(Resampling(SYSTEMATIC), instance)
    beta = growth(c.b, (ONE, -ONE), ONE * instance.particles)
    for pi, second in zip(c.target, found.second, strict=True):
        yield "E[U^2 nu(y)]", second / c.normaliser**2, INFINITE if beta == INFINITE else finite(beta) * pi


def one_step() -> SearchStrategy[Instance]:
    """One step of one particle to a light or a heavy state."""

    def made(p: Rational, heavy: int) -> Instance:
        return layers([[{0: p, 1: 1 - p}]], [[1]], (1, heavy), 1)

    return st.builds(made, st.sampled_from([HALF, Rational(1, 3)]), st.integers(1, 5))


@planted(
    "S16/half-a-share", "S13 on slots with omega/2: half a share where two are proved and one is open", where=one_step
)
def _(instance: Instance) -> Claims:
    c, found = instance.constants, under(Resampling(STRATIFIED), instance)
    most = growth(c.q, (HALF, -HALF), ONE * instance.particles)
    for pi, out in zip(c.target, found.law, strict=True):
        yield "odds of y", out * (1 - pi), INFINITE if most == INFINITE else finite(most) * pi * (1 - out)


def gates() -> SearchStrategy[Instance]:
    """Every step lets a particle pass by chance, and the reward model knows which passed: weights carried on are 0 or even."""

    def made(p: Rational, horizon: int, particles: int) -> Instance:
        rows: list[dict[int, Rational]] = [{0: p, 1: 1 - p}, {1: ONE}]
        values = [[p**-t, 0] for t in range(1, horizon)]
        return layers([rows[:1], *[rows] * (horizon - 1)], [[1], *values], (p**-horizon, 0), particles)

    return st.builds(made, st.sampled_from([HALF, Rational(1, 3)]), st.integers(1, 3), st.integers(1, 2))


@planted(
    "S16/carried-for-nothing", "S16.threshold with N for theta N: carried weights counted as even ones", where=gates
)
def _(instance: Instance) -> Claims:
    c, found = instance.constants, under(Resampling(MULTINOMIAL, HALF), instance)
    yield (
        "E[Zhat^2]/Z^2",
        found.second_moment / c.normaliser**2,
        growth(c.slot_cost, (ONE, ZERO), ONE * instance.particles),
    )


def dead_ends() -> SearchStrategy[Instance]:
    """At every level a particle comes by chance to a state that promises as much as the others and leads nowhere."""

    def made(p: Rational, horizon: int, particles: int) -> Instance:
        rows: list[dict[int, Rational]] = [{0: p, 1: 1 - p}, {2: ONE}, {2: ONE}]
        values = [[1, 1], *[[1, 1, 0]] * (horizon - 2)]
        return layers([rows[:1], rows[:2], *[rows] * (horizon - 2)], [[1], *values], (1, 1, 0), particles)

    return st.builds(made, st.sampled_from([HALF, Rational(1, 3)]), st.integers(2, 4), st.integers(1, 2))


@planted(
    "S16/adapted-carried-for-nothing", "S16.adapted_normaliser with N for theta N: carried weights counted as even ones",
    algorithm="adapted", where=dead_ends,
)  # fmt: skip
def _(instance: Instance) -> Claims:
    c, rule = instance.constants, Resampling(MULTINOMIAL, HALF, infinity_effective_sample_size)
    process = adapted.process(instance.model, instance.twist)
    found = cloud_moments(replace(process, resampling=rule), instance.particles)
    beta = growth(c.b_adapted, (ONE, -ONE), ONE * instance.particles)
    yield "E[Zhat^2]/Z^2", found.second_moment / c.normaliser**2, beta


@planted("S16/threshold", "S12 with theta N particles, below a threshold on the effective sample size", where=rare)
def _(instance: Instance) -> Claims:
    c, found = instance.constants, under(Resampling(MULTINOMIAL, HALF), instance)
    beta = growth(c.b, (ONE, -ONE), HALF * instance.particles)
    for pi, out in zip(c.target, found.law, strict=True):
        yield "pi(y)", pi, INFINITE if beta == INFINITE else finite(beta) * out


def trees(horizon: int = 2) -> SearchStrategy[Instance]:
    """Prefix trees, where leaves are paths."""
    return instances(models=prefix_trees(max_horizon=horizon, extremes=False), max_particles=3)


def deep_trees() -> SearchStrategy[Instance]:
    """Prefix trees where weights are carried over more than one step."""
    return trees(3)


@planted(
    "S16/power",
    "S12 with the b_p of V for a loop that resamples by the root of its weights and carries the rest",
    where=deep_trees,
    trees=True,
)
def _(instance: Instance) -> Claims:
    c = instance.constants
    changed = resampled_by_power(instance.model, instance.twist, HALF, bits=COARSE)
    beta = growth(c.b, (ONE, -ONE), ONE * instance.particles)
    out = output_law(naive.process(instance.model, changed), instance.particles)
    for pi, p in zip(c.target, out.law, strict=True):
        yield "pi(y)", pi, INFINITE if beta == INFINITE else finite(beta) * p


def _minorised(instance: Instance, terms: tuple[Rational, Rational]) -> Claims:
    if instance.particles > 1:
        kernel = conditional_kernel(naive.process(instance.model, instance.twist), instance.particles)
        bound = growth(instance.constants.b, terms, ONE * (instance.particles - 1))
        if kernel.smallest_ratio:
            yield "largest pi(z')/P_N(z, z')", 1 / kernel.smallest_ratio, bound


@planted("S17/less", "2 b - 2 in place of 2 b - 1", where=trees, trees=True)
def _(instance: Instance) -> Claims:
    yield from _minorised(instance, (2 * ONE, -2 * ONE))


@planted(
    "S17/one-lineage",
    "b - 1 in place of 2 b - 1: the kept path taken for one of the free ones",
    where=trees,
    trees=True,
)
def _(instance: Instance) -> Claims:
    yield from _minorised(instance, (ONE, -ONE))


@planted("S17/all", "N in place of N - 1: the kept particle counted among the free ones", where=trees, trees=True)
def _(instance: Instance) -> Claims:
    if instance.particles > 1:
        kernel = conditional_kernel(naive.process(instance.model, instance.twist), instance.particles)
        if kernel.smallest_ratio:
            bound = growth(instance.constants.b, (2 * ONE, -ONE), ONE * instance.particles)
            yield "largest pi(z')/P_N(z, z')", 1 / kernel.smallest_ratio, bound


@planted("S18/twice", "the walk forgets twice as fast: (1 - 1/A)^(2 (J - 1)) at visit J", where=trees, trees=True)
def _(instance: Instance) -> Claims:
    walk, pi = backtracking(naive.process(instance.model, instance.twist)), instance.constants.target
    for visits in (2, 3, 5):
        law = walk.at(visits)[0]
        distance = sum((abs(p - q) for p, q in zip(law, pi, strict=True)), ZERO) / 2
        yield f"TV^2 at visit {visits}", distance**2, (walk.kappa - 1) / 4 * (1 - 1 / walk.longest) ** (4 * visits - 4)


@planted("S18/less", "the first leaf has density at most kappa - 1", where=trees, trees=True)
def _(instance: Instance) -> Claims:
    walk = backtracking(naive.process(instance.model, instance.twist))
    law, _ = walk.at(1)
    densities = [p / pi for p, pi in zip(law, instance.constants.target, strict=True) if pi]
    yield "largest density of the first leaf", max(densities), walk.kappa - 1


@planted(
    "S18/start", "kappa - 2 in place of kappa - 1: a walk from the root begins closer to the target", where=trees,
    trees=True,
)  # fmt: skip
def _(instance: Instance) -> Claims:
    walk, pi = backtracking(naive.process(instance.model, instance.twist)), instance.constants.target
    distance = sum((abs(p - q) for p, q in zip(walk.at(1)[0], pi, strict=True)), ZERO) / 2
    if walk.kappa >= 2:
        yield "TV^2 at visit 1", distance**2, (walk.kappa - 2) / 4


@planted("S18/by-the-mean", "(1 - 1/kappa) in place of (1 - 1/A) a visit", where=trees, trees=True)
def _(instance: Instance) -> Claims:
    walk, pi = backtracking(naive.process(instance.model, instance.twist)), instance.constants.target
    for visits in (2, 5, 20):
        distance = sum((abs(p - q) for p, q in zip(walk.at(visits)[0], pi, strict=True)), ZERO) / 2
        yield f"TV^2 at visit {visits}", distance**2, (walk.kappa - 1) / 4 * (1 - 1 / walk.kappa) ** (2 * visits - 2)


@planted("S18/no-kappa", "steps to the visit J are S J - 1, as in the stationary walk", where=trees, trees=True)
def _(instance: Instance) -> Claims:
    walk = backtracking(naive.process(instance.model, instance.twist))
    for visits in (1, 3):
        yield f"steps to visit {visits}", walk.at(visits)[1], walk.steps_per_visit * visits - 1


@planted("S18/mean-path", "1/kappa in place of 1/A': the mean path in place of the longest", where=trees, trees=True)
def _(instance: Instance) -> Claims:
    """The gap is at most the Rayleigh quotient `(1 - P(y, y)) / (1 - pi(y))` of one leaf."""
    walk = backtracking(naive.process(instance.model, instance.twist))
    for y, (pi, row) in enumerate(zip(instance.constants.target, walk.leaf_chain(), strict=True)):
        if ZERO < pi < ONE:
            yield "1/kappa", 1 / walk.kappa, (1 - row[y]) / (1 - pi)


@planted("S18/half", "a visit takes S/2 steps in the mean: each edge walked once", where=trees, trees=True)
def _(instance: Instance) -> Claims:
    walk = backtracking(naive.process(instance.model, instance.twist))
    # before the first visit the walk comes down at least once, so two visits from the root are enough to see it
    yield "steps of two visits", walk.at(2)[1], walk.steps_per_visit
