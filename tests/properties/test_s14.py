"""S14: `E[(Zhat/Z)^2] <= prod_p (1 + (b_p - 1)/N)` and `TV <= w/(1+w)`, `w = prod - (1 - 1/N)^T`, b_p of two lineages that meet."""

from __future__ import annotations

import math

from hypothesis import assume, given, settings

from proofs import bounds
from smc.exact import output_law
from smc.exact.enough import coalescence_ratios, tail_bound
from smc.exact.moments import pair_moments
from smc.instances.split import split_model
from smc.numbers import INFINITE, ONE, ZERO, Rational, finite
from smc.samplers import particle_process
from smc.setting import local
from smc.setting.analysis import analyse
from smc.setting.growth import path_growths, ways
from smc.setting.model import Model
from smc.setting.paths import paths_by_layer
from smc.setting.twist import from_mappings, perfect
from smc.testing import instances, layered_models, product_models
from smc.testing.readings import on_the_tree
from tests.effort import effort
from tests.properties.common import within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S14")


def test_product_models_with_zero_weights(ledger):
    within_bound(ledger, "S14", product_models())


def product(c, particles: int) -> Rational:
    """prod_p (1 + (b_p - 1)/N)."""
    return math.prod((1 + (finite(b) - 1) / particles for b in c.b_local), start=ONE)


@given(instances())
def test_the_output_law_from_below(instance):
    """`pi(A)^2 <= out(A) (prod - (1 - 1/N)^T pi(not A))` for every state, and for the states of the larger half of the target."""
    c, n = instance.constants, instance.particles
    law = output_law(particle_process(instance.model, instance.twist, "naive"), n).law
    grown, alone = product(c, n), (ONE - ONE / n) ** c.model.horizon
    pairs = list(zip(c.target, law, strict=True))
    half = [pair for pair in pairs if pair[0] > pair[1]]
    for pi, out in [*pairs, (sum((p for p, _ in half), ZERO), sum((q for _, q in half), ZERO))]:
        assert pi * pi <= out * (grown - alone * (1 - pi))


@given(instances())
def test_the_factors(instance):
    """1 <= b_p <= S12's b_p, and never infinite; the first is that of G1, at most C_act (1 + chi^2)."""
    c = instance.constants
    assert all(1 <= b <= edge and b != INFINITE for b, edge in zip(c.b_local, c.b, strict=True))
    assert c.b_local[0] == c.increment_moment[0] <= c.c_act * (1 + c.chi_square[0])


@given(instances())
def test_as_the_certified_counts_have_it(instance):
    """`plan` counts with the same factors, rounded up, and the same bound, which falls with N."""
    process = particle_process(instance.model, instance.twist, "naive")
    ratios = coalescence_ratios(process)
    for exact, above in zip(instance.constants.b_local, ratios, strict=True):
        assert exact <= above <= exact * (1 + Rational(1, 2**100))
    n = instance.particles
    assert tail_bound(ratios, 2 * n) <= tail_bound(ratios, n) == bounds.evaluate("S14", "linear", N=n, b=ratios)


@given(instances(models=layered_models(min_horizon=2)))
@settings(max_examples=effort(1_000, sample=60))
def test_floats_are_above_and_close(instance):
    """What large models get instead of the exact factors."""
    c = instance.constants
    for exact, above in zip(local._exact(c), local._above(c), strict=True):
        assert exact <= above <= exact * (1 + Rational(1, 10**11))


def test_large_models_get_an_upper_end(monkeypatch):
    """Beyond `EXACT`, no larger than the maximum over edges, even where a product of floats overflows."""
    c = analyse(*split_model(6))
    exact = c.b_local
    monkeypatch.setattr(local, "EXACT", 0)
    above = local.local_moments(c)
    assert above != exact and all(
        e <= a <= min(b, e * (1 + Rational(1, 10**11))) for e, a, b in zip(exact, above, c.b, strict=True)
    )
    steps = [[("r", "a", "1/2"), ("r", "b", "1/2")], [("a", "c", 1), ("b", "d", 1)]]
    model = Model.from_edges([["r"], ["a", "b"], ["c", "d"]], steps, {"c": 1, "d": 0})
    huge = analyse(model, from_mappings(model, [{"r": 1}, {"a": Rational(1, 10**300), "b": Rational(10**300)}]))
    assert local.local_moments(huge)[1] == INFINITE == huge.b[1]
    assert finite(local._exact(huge)[1]) == (Rational(1, 10**300) + 10**300) * 10**300 / 1


def test_the_second_moment_is_attained_in_one_step():
    """T = 1: E[(Zhat/Z)^2] = 1 + (b_1 - 1)/N at every N."""
    edges = [[("r", "a", "1/2"), ("r", "b", "1/6"), ("r", "c", "1/3")]]
    model = Model.from_edges([["r"], ["a", "b", "c"]], edges, {"a": 1, "b": 5, "c": 2})
    c, process = analyse(model, perfect(model)), particle_process(model, perfect(model), "naive")
    for n in (1, 2, 5, 40):
        assert sum(pair_moments(process, n), ZERO) / c.normaliser**2 == product(c, n) > 1


def test_the_bias_can_exceed_the_product():
    """`TV <= prod - 1` is false: T = 1, N = 2, a fair bit, rewards 3 and 5: TV = 1/16, prod - 1 = 1/32."""
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "1/2"), ("r", "b", "1/2")]], {"a": 3, "b": 5})
    c, process = analyse(model, perfect(model)), particle_process(model, perfect(model), "naive")
    assert output_law(process, 2).total_variation(c.target) == Rational(1, 16)
    assert product(c, 2) - 1 == Rational(1, 32)


def test_the_density_can_be_less_than_by_the_product():
    """`out >= pi/prod` is false: one particle, a fair bit, rewards 1 and 3: out = 1/2 of the second, pi/prod = (3/4)/(5/4) = 3/5."""
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "1/2"), ("r", "b", "1/2")]], {"a": 1, "b": 3})
    c, process = analyse(model, perfect(model)), particle_process(model, perfect(model), "naive")
    assert output_law(process, 1).law[1] == Rational(1, 2)
    assert c.target[1] / product(c, 1) == Rational(3, 5)


def test_finite_where_the_reward_model_promises_in_vain():
    """V_1 = (1, 10), rewards (1, 0): b of S5 and S12 is infinite, that of S14 is 11, and N = 200 is certainly enough for TV 0.062."""
    edges = [[("r", "A", "1/2"), ("r", "B", "1/2")], [("A", "a", 1), ("B", "b", 1)]]
    model = Model.from_edges([["r"], ["A", "B"], ["a", "b"]], edges, {"a": 1, "b": 0})
    c = analyse(model, from_mappings(model, [{"r": 1}, {"A": 1, "B": 10}]))
    assert c.b[1] == INFINITE and c.b_local == (2, 11)
    w = product(c, 200) - (ONE - ONE / 200) ** 2
    assert Rational(61, 1000) < w / (1 + w) < Rational(62, 1000)


def on_the_prefix_tree(instance):
    """Its constants on the prefix tree, or nothing where there are over 64 paths."""
    assume(paths_by_layer(instance.model)[-1] <= 64)
    return on_the_tree(instance.constants)


@given(instances())
@settings(max_examples=effort(2_000, sample=60))
def test_the_path_formula(instance):
    """`E[(Zhat/Z)^2 nu(z)] = a(z) pi(z)`, an equation between the recursion along the path and that of pairs of states, path by path.

    And `pi <= a out`, `a <= prod_p (1 + (b_p(z) - 1)/N)` with `b_p(z) = Qbar_p(z)/min u_{p-1}`.
    """
    c, n = on_the_prefix_tree(instance), instance.particles
    process = particle_process(c.model, c.twist, "naive")
    moments, law = pair_moments(process, n), output_law(process, n).law
    found = path_growths(instance.constants, n)
    leaves = [y for y, pi in enumerate(c.target) if pi]
    assert [pi for pi, _ in found] == [c.target[y] for y in leaves]
    for y, way, (pi, growth) in zip(leaves, ways(c), found, strict=True):
        assert moments[y] == growth * pi * c.normaliser**2 and pi <= growth * law[y]
        bound, x = ONE, 0
        for t, (after, psi) in enumerate(way):
            least, own = min(c.value_ratio[t].values()), psi * c.true_value[t + 1][after] / c.twist.values[t][x]
            bound, x = bound * (1 + (own / least - 1) / n) if least else INFINITE, after
            if bound == INFINITE:
                break
        assert growth <= bound


@given(instances())
@settings(max_examples=effort(1_000, sample=40))
def test_the_sum_over_paths(instance):
    """On the tree it is S10's certificate, got another way; on the graph it bounds the output's distance too, as S12's average does."""
    c, n = on_the_prefix_tree(instance), instance.particles
    aim, growth = map(list, zip(*path_growths(instance.constants, n), strict=True))
    bound = bounds.evaluate("S14", "average", aim=aim, growthJ=growth)
    on_paths = particle_process(c.model, c.twist, "naive")
    second = [k / c.normaliser**2 for k, pi in zip(pair_moments(on_paths, n), c.target, strict=True) if pi]
    assert bound == bounds.evaluate("S10", "certificate", pi=aim, second=second)
    law = output_law(particle_process(instance.model, instance.twist, "naive"), n)
    assert law.total_variation(instance.constants.target) <= bound
    excess = instance.constants.path_excess
    assert INFINITE in excess or bound <= bounds.evaluate("S12", "average", N=n, excess=excess)


def test_the_path_formula_by_hand():
    """T = 1, a fair bit, rewards 1 and 3: a = (1 - 1/N) + phi/(2N), and one particle has a = pi over the reference."""
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "1/2"), ("r", "b", "1/2")]], {"a": 1, "b": 3})
    c = analyse(model, perfect(model))
    for n in (1, 2, 7):
        assert path_growths(c, n) == [(Rational(k, 4), ONE - ONE / n + Rational(k, 2) / n) for k in (1, 3)]
