"""S1: `chi^2(pi || guided) <= sinh^2(Lambda)`, attained; `ESS >= N / cosh^2(Lambda)`; terminal weights cost `sinh^2(T log L)`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proofs import bounds
from smc.exact.guided import weight_dispersion
from smc.numbers import INFINITE, ONE, Rational, Verdict
from smc.samplers import particle_process
from smc.testing import hard_families, instances
from tests.properties.common import long, rows, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S1", long())


@given(hard_families(families=("S1",), max_horizon=8))
def test_attained(instance):
    for row in rows("S1", instance):
        assert row.observed == row.bound
        assert row.verdict is Verdict.HOLDS


@given(instances())
def test_effective_sample_size(instance):
    c, n = instance.constants, instance.particles
    ratio = c.bellman_product
    if ratio == INFINITE:
        return
    ess = weight_dispersion(particle_process(instance.model, instance.twist, "sis-guided")).effective_sample_size(n)
    assert ess >= n * 4 * ratio / (ratio + 1) ** 2  # 1/cosh^2(Lambda), e^{2 Lambda} = ratio
    assert ess <= n


@given(instances())
def test_terminal_weights_on_reference_paths(instance):
    """Weights `prod psi · phi` on reference paths have range ratio at most L^{2T}: chi^2 <= sinh^2(T log L)."""
    c, horizon = instance.constants, instance.model.horizon
    if c.ratio_bound == INFINITE:
        return
    spread = weight_dispersion(particle_process(instance.model, instance.twist, "weighted-of-n"))
    assert spread.chi_square <= bounds.evaluate("S1", "instance", r=[c.ratio_bound ** (2 * horizon)])


@given(st.integers(1, 40), st.sampled_from([ONE, Rational(1, 2), Rational(2)]))
def test_error_c_over_T_is_bounded_in_T(horizon, c):
    """`sinh^2((T-1) log(1+c/T)) <= sinh^2(c)`: exact with `e^c` replaced by the larger of its partial sums' upper bounds."""
    a = (1 + c / horizon) ** (horizon - 1)
    partial = sum((c**k / Rational(_factorial(k)) for k in range(30)), Rational(0))
    assert a <= partial
    assert bounds.evaluate("S1", "uniform", T=horizon, eps=c / horizon) <= (partial - 1 / partial) ** 2 / 4


def _factorial(k: int) -> int:
    return k * _factorial(k - 1) if k else 1
