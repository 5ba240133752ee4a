"""Plans: every count suffices by the statement's own closed form, one less does not, and impossible settings are refused."""

from fractions import Fraction

import pytest

from proofs import bounds
from proofs.language.terms import evaluate, show
from smc.checks.plan import cheapest, plan, pool_size, setting
from smc.errors import InputError
from smc.numbers import Verdict, at_most, ball, rational

SETTINGS = [
    (10, "1/10", 2, "1/10", 2),
    (3, "0", 1, "1/100", 5),
    (100, "1/100", "3/2", "1/20", 50),
    (1, "1/2", 3, "1/2", 2),
]
FORM = {"P3": "uniform", "S3": "uniform", "S13": "uniform", "S4": "uniform", "S12": "uniform", "S8": "uniform"}


@pytest.mark.parametrize("given", SETTINGS)
def test_counts_are_the_least_that_suffice(given):
    s = setting(*given)
    for d in plan(s):
        if d.id in FORM:
            inputs = {"T": s.horizon, "eps": s.eps} | ({} if d.id == "S8" else {"L": s.ratio_bound})
            at = lambda n, d=d, inputs=inputs: at_most(bounds.evaluate(d.id, "uniform", N=n, **inputs), s.delta)  # noqa: E731
            assert at(d.count) is Verdict.HOLDS
            assert d.count == 1 or at(d.count - 1) is Verdict.REFUTED
            assert d.cost == d.count * s.horizon * (s.branching if d.algorithm == "adapted" else 1)


@pytest.mark.parametrize("given", SETTINGS)
def test_proposals_are_the_least_that_suffice(given):
    s = setting(*given)
    (mh,) = (d for d in plan(s) if d.id == "S7")
    product = (1 + s.eps) ** (2 * (s.horizon - 1))
    assert at_most(bounds.evaluate("S7", "instance", H=mh.count, R=product), s.delta) is Verdict.HOLDS
    assert (
        mh.count == 1
        or at_most(bounds.evaluate("S7", "instance", H=mh.count - 1, R=product), s.delta) is Verdict.REFUTED
    )


def test_the_papers_count_stands_beside_the_sharpened_one():
    counts = {d.id: d.count for d in plan(setting(10, "1/10", 2, "1/10"))}
    assert counts["P3"] == -(-(2**6 * 10 * Fraction(11, 10) ** 54 / Fraction(1, 5)) // 1)
    assert counts["S3"] == -(-(2**2 * 10 * Fraction(11, 10) ** 18 / Fraction(1, 5)) // 1)


def test_the_pools_count_is_that_of_the_sealed_hypotheses():
    """P6's `exp(2c+4) log(1/d) <= n` and S7.pool's size, read from the sealed claims and evaluated at the plan's own numbers."""
    s = setting(10, "1/10", 2, "1/10")
    (row,) = (d for d in plan(s) if d.id == "P6")
    proposals, c, d = row.count, s.eps * s.horizon, s.delta / 2
    functions = {"exp": lambda x: x.exp(), "log": lambda x: x.log()}
    (asked,) = (h.kids[0] for h in bounds.claim("P6").hyps if show(h).startswith("exp("))
    least = evaluate(asked, {"c": ball(c), "d": ball(d)} | functions, ball)
    assert proposals - 2 < float(least) <= proposals - 1
    rest = s.delta / 2 / (1 + s.ratio_bound * (1 + s.eps) / proposals)
    size = pool_size(horizon=10, eps=s.eps, ratio_bound=s.ratio_bound, proposals=proposals, delta=rest)
    (asked,) = (h.kids[0] for h in bounds.claim("S7.pool").hyps if show(h).startswith("3 * b"))
    env = {"b": s.ratio_bound * (1 + s.eps), "k": rational(proposals * 10), "delta": rest, "xi": rational("1/20")}
    env = {name: ball(value) for name, value in env.items()} | {
        "G": lambda y: ball(rational(1)),
        "mu": lambda: [(ball(rational(1)), 0)],
    }
    least = evaluate(asked, env | functions, ball)  # b/mu(G) <= L (1+eps): mu(G) = 1
    assert size - 1 < float(least) <= size
    assert row.cost == proposals * 10 * size


def test_lower_bounds_by_vocabulary():
    few, many = (
        [d for d in plan(setting(12, "1/3", 2, "1/4", k)) if d.id == "S6"] for k in (2, 1000)
    )  # the first row asks for any vocabulary, the second for this one
    assert few[0].count == many[0].count >= many[1].count > few[1].count > 0


def test_counts_beyond_every_float_are_counted():
    demands = {d.id: d for d in plan(setting(1000, "1/10", 2, "1/10"))}
    assert len(str(demands["P3"].count)) == 254 and len(str(demands["S3"].count)) == 88
    assert cheapest(list(demands.values())) in demands.values()


@pytest.mark.by_turn
def test_long_horizons_use_enclosures():
    counts = {d.id: d.count for d in plan(setting(10**5, "1/100000", 2, "1/10"))}
    # (1 + 1/T)^(2(T-1)) lies below e^2 and above e^2 (1 - 3/T): S3's count is within 4 of 20 T e^2
    assert abs(counts["S3"] - 2 * 10**6 * rational("7.38905609893065")) < 500


@pytest.mark.parametrize(
    ("given", "where"),
    [((0, 0, 1, "1/2"), "horizon"), ((2, -1, 1, "1/2"), "eps"), ((2, 0, "1/2", "1/2"), "ratio-bound"), ((2, 0, 1, 0), "delta"),
     ((2, 0, 1, 1), "delta"), ((2, 0.5, 1, "1/2"), "eps"), ((2, 0, 1, "1/2", 0), "branching"), ((2.0, 0, 1, "1/2"), "horizon")],
)  # fmt: skip
def test_impossible_settings_name_their_place(given, where):
    with pytest.raises(InputError) as caught:
        setting(*given)
    assert caught.value.where == where


def test_a_step_of_a_particle_is_a_call_of_the_generator():
    """Guided moves score every successor of the state that they leave; the others score where they go."""
    given = setting(8, "1/10", "2", "1/10", branching=3)
    found = {d.id: d for d in plan(given) if d.sufficient and d.count is not None}
    for id in ("P3", "S3", "S13", "S4", "S12"):
        assert found[id].calls == found[id].cost == 8 * found[id].count
    for id in ("S8", "S7"):
        assert found[id].calls == 8 * found[id].count and found[id].cost == 3 * found[id].calls
    assert found["P6"].calls == found["P6"].cost > 8 * found["P6"].count
