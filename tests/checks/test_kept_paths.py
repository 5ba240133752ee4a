"""S17 in `check`: rows on conditional SMC and on no other sampler, attained, and refuted where the kept path is counted as a free one."""

from __future__ import annotations

import pytest

from smc.checks.check import check
from smc.checks.row import compare
from smc.checks.sampled import check_by_simulation
from smc.checks.table import claimed, claims
from smc.exact.conditional import conditional_kernel
from smc.formats import load
from smc.numbers import INFINITE, Rational, Verdict
from smc.samplers import SAMPLERS
from smc.samplers.conditional import conditional
from smc.samplers.naive import naive
from smc.samplers.process import ParticleProcess
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import perfect, twist
from tests.exact.test_conditional import rare_pair


def told(model, twist, sampler=conditional, **count):
    return {row.form: row for row in check(model, twist, sampler, **count).rows if row.id == "S17"}


def test_the_share_of_a_sweep_is_attained_and_sweeps_contract():
    model, steered = rare_pair()
    rows = told(model, steered, sweeps=2)
    assert (rows["sweep"].observed, rows["sweep"].bound) == (3, 3) and rows["sweep"].verdict is Verdict.HOLDS
    assert rows["sweeps"].bound == Rational(4, 9) and rows["sweeps"].verdict is Verdict.HOLDS
    kernel = conditional_kernel(naive.process(model, steered), 2)
    size = range(len(kernel.target))
    twice = [[sum(row[k] * kernel.rows[k][y] for k in size) for y in size] for row in kernel.rows]
    worst = max(sum(abs(p - q) for p, q in zip(row, kernel.target, strict=True)) / 2 for row in twice)
    assert rows["sweeps"].observed == worst == Rational(29, 128)


def test_no_other_sampler_is_told_of_a_kept_path():
    model, steered = rare_pair()
    for sampler in SAMPLERS.values():
        assert bool(told(model, steered, sampler)) is (sampler is conditional)
    assert not claimed(conditional) and not claims(analyse(model, steered), conditional), (
        "sweeps are no number of particles"
    )


def test_counting_the_kept_path_as_free_is_refuted(monkeypatch):
    model, steered = rare_pair()
    monkeypatch.setattr(ParticleProcess, "free", property(lambda process: process.held))
    assert told(model, steered)["sweep"].verdict is Verdict.REFUTED


def test_where_a_constant_is_infinite_nothing_is_claimed():
    """A state of positive value from which no reward is reached: b_2 is infinite, and so is its side of the row."""
    model = Model.from_edges(
        [["r"], ["a", "b"], ["c", "d", "e"]],
        [[("r", "a", "1/2"), ("r", "b", "1/2")], [("a", "c", "1/2"), ("a", "d", "1/2"), ("b", "e", 1)]],
        {"c": 1, "d": 2, "e": 0},
    )
    rows = told(model, twist(model, [[1], [1, 1]]))
    assert {row.bound for row in rows.values()} == {INFINITE} and len(rows) == 2
    assert {row.bound for row in told(model, perfect(model)).values()}.isdisjoint({INFINITE})


@pytest.mark.parametrize(("bound", "verdict"), [(Rational(2), Verdict.REFUTED), (INFINITE, Verdict.HOLDS)])
def test_a_quantity_without_a_value_is_beyond_every_finite_bound(bound, verdict):
    row = compare("S18", "gap", "1/gap", INFINITE, A=bound)
    assert row.verdict is verdict and row.slack == INFINITE
    assert row.to_json()["observed"] is None
    with pytest.raises(TypeError, match="no value"):
        assert row.value


@pytest.mark.parametrize(
    ("algorithm", "counts", "particles"),
    [("conditional", {"particles": 3, "sweeps": 2}, 3), ("backtracking", {"visits": 2}, 1)],
)
def test_a_report_of_sweeps_or_a_walk_has_its_particles_and_no_estimate_of_the_normaliser(algorithm, counts, particles):
    source = load("shipped:verifier-tree")
    given = source.model, source.twist(None), algorithm
    exact, drawn = check(*given, **counts), check_by_simulation(*given, **counts, replicates=50)
    for report in (exact, drawn):
        shown = report.to_json()
        assert shown["particles"] == particles and shown["second_moment_ratio"] is None
        assert shown.get("second_moment_ratio_interval") is None and "Zhat" not in str(report)
    assert f"what statements say of {algorithm} is held against its exact law only" in " ".join(str(drawn).split())
    assert "nothing was claimed" not in str(exact)
    assert "no statement speaks of best-of-n" in " ".join(str(check(*given[:2], "best-of-n", particles=2)).split())
