"""Falsehoods planted beside the sharpened statements S1 to S15, those on moments apart."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.checks.row import compare
from smc.exact import output_law
from smc.exact.enclosure import enclosure
from smc.exact.guided import proposal_laws
from smc.exact.independent import moments
from smc.instances.rare_branch import rare_branch
from smc.numbers import INFINITE, ONE, ZERO, Rational, finite, is_infinite
from smc.samplers import particle_process
from smc.samplers.naive import naive
from smc.samplers.process import Outcome, ParticleProcess
from smc.setting.twist import Twist
from smc.testing.falsehoods.registry import (
    Claims,
    distance,
    evaluated,
    long_models,
    planted,
    positive_only,
    promises,
    restated,
    scaled,
    ties,
    two_branches,
)
from smc.testing.families import hard_families
from smc.testing.instances import Instance
from smc.testing.perturbations import Perfect
from smc.testing.statements import report, rows


@planted("S1/constant", "99 % of sinh^2(Lambda)", algorithm="guided", where=two_branches("S1"))
def _(instance: Instance) -> Claims:
    yield from scaled("S1", "instance", Rational(99, 100), instance)


@planted("S1/exponent", "T - 2 in place of T - 1", algorithm="guided", where=two_branches("S1"))
def _(instance: Instance) -> Claims:
    c, horizon = instance.constants, instance.model.horizon
    if horizon > 1 and c.bellman_error != INFINITE:
        yield from restated("S1", "uniform", instance, T=horizon - 1, eps=c.bellman_error)


@planted("S1/wrong-level", "weights rho up to the last level but one", algorithm="guided", where=long_models)
def _(instance: Instance) -> Claims:
    yield from restated("S1", "instance", instance, r=instance.constants.level_ratio[1:-1])


@planted("S2/constant", "99 % of tanh(Lambda/2)", algorithm="guided", where=two_branches("S2"))
def _(instance: Instance) -> Claims:
    yield from scaled("S2", "uniform", Rational(99, 100), instance)


@planted(
    "S2/sign",
    "the proposal divides by V: invisible where V is the same on a level",
    algorithm="guided",
    where=long_models,
)
def _(instance: Instance) -> Claims:
    c = instance.constants
    upside = Twist(
        (*(tuple(1 / v if v else v for v in layer) for layer in instance.twist.values[:-1]), instance.model.reward)
    )
    laws = proposal_laws(particle_process(instance.model, upside, "guided"))
    for row in rows("S2", instance):
        if row.form == "uniform" and not is_infinite(row.bound):
            yield "TV at step 1", laws[0].total_variation(c.twisted_target(1)), ZERO


@planted("S3/constant", "99 % of 1/(2N)", where=ties)
def _(instance: Instance) -> Claims:
    yield from scaled("S3", "instance", Rational(99, 100), instance)


@planted("S3/square-of-N", "1/(2 N^2): the bias would fall like a variance squared", where=ties)
def _(instance: Instance) -> Claims:
    yield from evaluated("S3", "instance", instance, N=instance.particles**2, q=instance.constants.q)


@planted("S3/wrong-level", "q_p of u_p = V*_p/V_p, which is what the adapted sampler needs, for the naive one")
def _(instance: Instance) -> Claims:
    yield from evaluated("S3", "instance", instance, N=instance.particles, q=instance.constants.q_adapted)


@planted("S3/positive-states", "q_p over states of positive true value alone")
def _(instance: Instance) -> Claims:
    yield from evaluated("S3", "instance", instance, N=instance.particles, q=positive_only(instance.constants)[0])


@planted("S13/one-more", "N + 1 in place of N", where=ties)
def _(instance: Instance) -> Claims:
    yield from evaluated("S13", "instance", instance, N=instance.particles + 1, q=instance.constants.q)


@planted("S13/wrong-level", "q_p of u_p = V*_p/V_p, which is what the adapted sampler needs, for the naive one")
def _(instance: Instance) -> Claims:
    yield from evaluated("S13", "instance", instance, N=instance.particles, q=instance.constants.q_adapted)


@planted("S13/adapted-one-more", "N + 1 in place of N, guided moves", algorithm="adapted", where=two_branches("S2"))
def _(instance: Instance) -> Claims:
    n, q = instance.particles + 1, instance.constants.q_adapted
    yield from evaluated("S13", "adapted", instance, "adapted", N=n, q=q)


@planted("S12/one-more", "N + 1 in place of N", where=ties)
def _(instance: Instance) -> Claims:
    yield from evaluated("S12", "instance", instance, N=instance.particles + 1, b=instance.constants.b)


@planted(
    "S12/doomed-states",
    "b_p's minimum over states of positive true value alone: a twist may promise reward that never comes",
    where=promises,
)
def _(instance: Instance) -> Claims:
    yield from evaluated("S12", "instance", instance, N=instance.particles, b=positive_only(instance.constants)[1])


@planted("S12/signed-average", "the paths' average of b_p(z) - 1 with its sign, not of its positive part", where=ties)
def _(instance: Instance) -> Claims:
    c = instance.constants
    looks = [(e.probability * c.model.reward[e.target], c.model.reward[e.target]) for e in c.model.edges[0][0]]
    signed = sum((mass / c.normaliser * (reward / c.normaliser - 1) for mass, reward in looks), ZERO)
    yield from evaluated("S12", "average", instance, N=instance.particles, excess=[signed])


@planted("S12/adapted-one-more", "N + 1 in place of N, guided moves", algorithm="adapted", where=long_models)
def _(instance: Instance) -> Claims:
    n, b = instance.particles + 1, instance.constants.b_adapted
    yield from evaluated("S12", "adapted", instance, "adapted", N=n, b=b)


@planted(
    "S12/adapted-one-step-less", "T - 1 in place of T, guided moves, from the Bellman error", algorithm="adapted",
    where=two_branches("S2"),
)  # fmt: skip
def _(instance: Instance) -> Claims:
    horizon, eps = instance.model.horizon, instance.constants.bellman_error
    if horizon > 1:
        yield from evaluated(
            "S12", "adapted uniform", instance, "adapted", N=instance.particles, T=horizon - 1, eps=eps
        )


@planted(
    "S12/adapted-half-error", "the exponent 2(T-p) halved, guided moves: one side of the Bellman error alone",
    algorithm="adapted", where=long_models,
)  # fmt: skip
def _(instance: Instance) -> Claims:
    c, n = instance.constants, instance.particles
    if c.bellman_error != INFINITE:
        factor = ONE
        for k in range(instance.model.horizon):
            factor *= 1 + ((1 + finite(c.bellman_error)) ** k - 1) / n
        law = output_law(particle_process(instance.model, instance.twist, "adapted"), n).law
        yield "density", max(pi / out for pi, out in zip(c.target, law, strict=True) if pi), factor


@planted("S4/constant", "a third of the bound")
def _(instance: Instance) -> Claims:
    yield from scaled("S4", "instance", Rational(1, 3), instance)


@planted(
    "S4/doomed-states",
    "b_p's minimum over states of positive true value alone: a twist may promise reward that never comes",
    where=promises,
)
def _(instance: Instance) -> Claims:
    yield from evaluated("S4", "instance", instance, N=instance.particles, b=positive_only(instance.constants)[1])


@planted("S4/bound-of-S3", "S3's form (b - sqrt b)/(2N) with the one-sided b_p")
def _(instance: Instance) -> Claims:
    yield from evaluated("S3", "instance", instance, N=instance.particles, q=instance.constants.b)


@planted("S5/constant", "1 + (b_p - 1)/(2N)")
def _(instance: Instance) -> Claims:
    yield from restated("S5", "instance", instance, N=2 * instance.particles, b=instance.constants.b)


@planted("S5/one-more", "N + 1 in place of N")
def _(instance: Instance) -> Claims:
    yield from restated("S5", "instance", instance, N=instance.particles + 1, b=instance.constants.b)


@planted(
    "S5/score-not-divided-out",
    "weights psi V_t(y), the previous score not divided out: E[Zhat] = Z fails",
    where=long_models,
)
def _(instance: Instance) -> Claims:
    process = particle_process(instance.model, instance.twist, "naive")
    values = instance.twist.values
    steps = tuple(
        tuple(tuple(o._replace(weight=o.weight * values[t][x]) for o in row) for x, row in enumerate(step))
        for t, step in enumerate(process.steps)
    )
    wrong = replace(process, steps=steps, scale=ONE)
    yield "|E[Zhat] - Z|", abs(wrong.scale * moments(wrong)[0] - instance.constants.normaliser), ZERO


@planted(
    "S5/monotone-in-N",
    "E[Zhat^2] never grows with N: resampling adds noise that one particle does not have",
    where=long_models,
)
def _(instance: Instance) -> Claims:
    more = Instance(instance.model, instance.twist, instance.particles + 1)
    few, many = (report(i, naive).measured.second_moment_ratio for i in (instance, more))
    yield "E[Zhat^2] at N + 1", many, few


@planted("S7/one-more", "exponent H in place of H - 1", algorithm="mh", where=two_branches("S2"))
def _(instance: Instance) -> Claims:
    for row in rows("S7", instance):
        later = compare(
            "S7", "instance", "TV", row.observed, H=instance.particles + 1, R=instance.constants.bellman_product
        )
        yield "TV", row.value, later.bound


@planted("S7/constant", "99 % of the bound", algorithm="mh", where=two_branches("S2"))
def _(instance: Instance) -> Claims:
    yield from scaled("S7", "instance", Rational(99, 100), instance)


@planted(
    "S7/monotone-on-states", "the terminal state's distance never grows with another proposal (true of paths)",
    algorithm="mh", where=long_models, largest=26,
)  # fmt: skip
def _(instance: Instance) -> Claims:
    more = Instance(instance.model, instance.twist, instance.particles + 1)
    yield "TV after H + 1", distance(more, "mh"), distance(instance, "mh")


@planted("S8/constant", "99 % of 1/(2N)", algorithm="adapted", where=two_branches("S2", Rational(1, 1000)))
def _(instance: Instance) -> Claims:
    yield from scaled("S8", "instance", Rational(99, 100), instance)


@planted("S8/first-step", "the first step left out of the sum", algorithm="adapted", where=long_models)
def _(instance: Instance) -> Claims:
    q = (ONE, *instance.constants.q_adapted[1:])
    row = compare("S8", "instance", "TV", distance(instance, "adapted"), N=instance.particles, q=q)
    yield "TV", row.value, row.bound


@planted(
    "S8/biased-resampler", "the resampler favours the first state by 1 %", algorithm="adapted",
    where=lambda: long_models(rewards=st.just(Perfect())),
)  # fmt: skip
def _(instance: Instance) -> Claims:
    process = biased(particle_process(instance.model, instance.twist, "adapted"), Rational(101, 100))
    observed = output_law(process, instance.particles).total_variation(instance.constants.target)
    row = compare("S8", "instance", "TV", observed, N=instance.particles, q=instance.constants.q_adapted)
    yield "TV", row.value, row.bound


def biased(process: ParticleProcess, factor: Rational) -> ParticleProcess:
    """`process` whose resampler multiplies the weight of state 0 of every layer by `factor`."""
    steps = tuple(
        tuple(
            tuple(Outcome(o.target, o.probability, o.weight * (factor if o.target == 0 else 1)) for o in row)
            for row in step
        )
        for step in process.steps
    )
    return replace(process, steps=steps)


def _branch_bias(instance: Instance) -> Rational:
    """1/2 minus the mass of branch A (every terminal state but the first) in S9's instance."""
    law = output_law(particle_process(instance.model, instance.twist, "naive"), instance.particles).law
    return Rational(1, 2) - sum(law[1:], ZERO)


def _drift(instance: Instance, constant: Rational, power: int) -> Rational:
    n = ONE * instance.particles
    return constant * (1 - 1 / n) ** power * (1 - (1 - 3 / (2 * n)) ** (instance.model.horizon - 1))


def split_family() -> SearchStrategy[Instance]:
    """S9's instance at small N and T."""
    return hard_families(families=("S9",), max_horizon=3)


@planted("S9/one-factor", "(1 - 1/N) once: the first step both branches and resamples", where=split_family)
def _(instance: Instance) -> Claims:
    yield "claimed bias of branch A", _drift(instance, Rational(1, 36), 1), _branch_bias(instance)


def rare_family() -> SearchStrategy[Instance]:
    """The rare-branch model at two rounds, s = N^(-2/3)/3."""
    return st.sampled_from((1, 2, 3)).map(lambda n: Instance(*rare_branch(rounds=2, mass=Rational(1, 3 * n * n)), n**3))


def rare_among_many() -> SearchStrategy[Instance]:
    """The rare-branch model at two rounds, s = N^(-2/3)/3, at so many particles that N^(-2/3) stands out from 1/N."""
    return st.sampled_from((20, 24)).map(lambda n: Instance(*rare_branch(rounds=2, mass=Rational(1, 3 * n * n)), n**3))


@planted(
    "S15/order",
    "C_act and the largest chi^2 in place of q - 1 in S13's sum: a bound of the order 1/N",
    where=rare_among_many,
)
def _(instance: Instance) -> Claims:
    c, process = instance.constants, particle_process(instance.model, instance.twist, "naive")
    known = enclosure(process, instance.particles, level=4, arithmetic="rationals")
    yield "TV, at least", known.tv_lower, c.model.horizon * c.c_act * max(c.chi_square) / (4 * instance.particles)


@planted("S15/nothing-lives", "s/2: the output never lives", where=rare_family)
def _(instance: Instance) -> Claims:
    law = output_law(particle_process(instance.model, instance.twist, "naive"), instance.particles).law
    yield "claimed bias of the rare branch", instance.constants.target[0], instance.constants.target[0] - law[0]


def rare_rounds() -> SearchStrategy[Instance]:
    """The rare-branch model of two or three rounds at one or two particles and small s."""
    return st.tuples(st.sampled_from((2, 3)), st.sampled_from((1, 2)), st.integers(100, 400)).map(
        lambda at: Instance(*rare_branch(rounds=at[0], mass=Rational(1, at[2])), at[1])
    )


@planted(
    "S15/all-leave",
    "s/2^m - (2 N s^2 + s)(N s^2 + s)^m, without 6/N: what lives alone is never outlived",
    where=rare_rounds,
)
def _(instance: Instance) -> Claims:
    n, s, m = instance.particles, instance.model.edges[0][0][0].probability, instance.model.sizes.count(3)
    bias = (
        instance.constants.target[0] - output_law(particle_process(instance.model, instance.twist, "naive"), n).law[0]
    )
    yield "claimed bias of the rare branch", s / 2**m - (2 * n * s * s + s) * (n * s * s + s) ** m, bias


def rare_heavy() -> SearchStrategy[Instance]:
    """The rare-branch model of two rounds at s^3 (6 N) <= 1 and N s >= 2."""
    pairs = ((10, "1/4"), (12, "6/25"), (16, "1/5"), (20, "1/5"))
    return st.sampled_from(pairs).map(lambda at: Instance(*rare_branch(rounds=2, mass=at[1]), at[0]))


@planted(
    "S15/exponent",
    "s/2^r from s^(2r-1) (6 N)^(r-1) <= 1 on, in place of (6 N)^r: a bias of the order N^(-(r-1)/(2r-1))",
    where=rare_heavy,
)
def _(instance: Instance) -> Claims:
    s, r = instance.model.edges[0][0][0].probability, instance.model.sizes.count(3) + 1
    if s ** (2 * r - 1) * (6 * instance.particles) ** (r - 1) <= 1 and instance.particles * s >= 2:
        law = output_law(particle_process(instance.model, instance.twist, "naive"), instance.particles)
        yield "claimed bias of the rare branch", s / 2**r, instance.constants.target[0] - law.law[0]


@planted("S9/ceiling", "(T - 1)/(40 N) in place of T/(2N): the order T/N has a constant", where=split_family)
def _(instance: Instance) -> Claims:
    steps = instance.model.horizon - 1
    yield "bias of branch A", _branch_bias(instance), Rational(steps, 40 * instance.particles)


@planted("S9/constant", "1/12 in place of 1/36", where=split_family)
def _(instance: Instance) -> Claims:
    yield "claimed bias of branch A", _drift(instance, Rational(1, 12), 2), _branch_bias(instance)
