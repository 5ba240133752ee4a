"""P3: `N >= L^6 T (1+eps)^{6(T-1)} / (2 delta)` suffices; implied by P2 and by S3, and by S3 with exponent 2."""

from __future__ import annotations

from hypothesis import given

from proofs import bounds
from smc.exact import output_law
from smc.numbers import INFINITE, Rational, Verdict, at_most
from smc.samplers import particle_process
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing import Instance, instances, layered_models, perturbations
from tests.properties.common import rows, within_bound
from tests.tightness import enough


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "P3")


def test_the_chain_of_bounds():
    """S3 instance <= P2 instance <= P3 uniform and S3 instance <= S3 uniform <= P3 uniform, wherever L and eps are finite."""
    met = []

    @given(instances())
    def chain(instance):
        c, n, horizon = instance.constants, instance.particles, instance.model.horizon
        if INFINITE in (c.ratio_bound, c.bellman_error):
            return
        uniform = {"N": n, "T": horizon, "L": c.ratio_bound, "eps": c.bellman_error}
        p3, s3 = bounds.evaluate("P3", "uniform", **uniform), bounds.evaluate("S3", "uniform", **uniform)
        p2, s3_instance = (bounds.evaluate(i, "instance", N=n, q=c.q) for i in ("P2", "S3"))
        for smaller, larger in ((s3_instance, p2), (p2, p3), (s3_instance, s3), (s3, p3)):
            assert at_most(smaller, larger) is Verdict.HOLDS
        met.append(instance)

    chain()
    assert len(met) >= enough(0.05)


def test_the_count_of_particles_suffices():
    """The theorem as it is used: the count for a chosen delta, run, is within delta. delta is chosen so that the count stays small."""
    met = []

    @given(
        instances(
            models=layered_models(max_states=2, zero_rewards=False, extremes=False),
            rewards=perturbations(extremes=False),
        )
    )
    def suffices(instance):
        c, horizon = instance.constants, instance.model.horizon
        if INFINITE in (c.ratio_bound, c.bellman_error):
            return
        factor = c.ratio_bound**6 * horizon * (1 + c.bellman_error) ** (6 * (horizon - 1)) / 2
        particles = 4
        delta = factor / particles
        law = output_law(particle_process(instance.model, instance.twist, "naive"), particles)
        assert law.total_variation(c.target) <= delta
        met.append(delta < 1)

    suffices()
    assert sum(met) >= 1, "delta was never below 1"


def test_needs_a_finite_ratio_bound():
    """A zero reward makes L infinite, and the statement claims nothing: the row says so instead of passing."""
    found = []

    @given(instances())
    def silent(instance):
        (row,) = rows("P3", instance)
        if instance.constants.ratio_bound == INFINITE:
            assert row.bound == INFINITE
            found.append(row)

    silent()
    assert found


def test_a_bound_beyond_every_float_is_still_compared():
    """eps and L of 10^15: verdict and slack are exact."""
    model = Model.from_edges(
        [["r"], ["a", "b"], ["a"], ["a"], ["a", "b"]],
        [
            [("r", "a", "1/2"), ("r", "b", "1/2")],
            [("a", "a", 1), ("b", "a", 1)],
            [("a", "a", 1)],
            [("a", "a", "1/2"), ("a", "b", "1/2")],
        ],
        {"a": 1, "b": 2},
    )
    wild = twist(model, [[1], [10**15, Rational(1, 10**15)], [1], [10**15]])
    (row,) = rows("P3", Instance(model, wild, 2))
    assert row.verdict is Verdict.HOLDS
    assert row.bound > 10**310
    assert row.slack == row.bound / row.observed
