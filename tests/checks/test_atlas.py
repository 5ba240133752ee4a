"""The atlas: exact least N really is least, demands really suffice, and the hard family is charted from both sides."""

from fractions import Fraction

import pytest

from proofs import bounds
from smc.checks.atlas import chart, family_setting, hidden_setting, model_setting, product_setting, split_setting
from smc.errors import InputError
from smc.exact import output_law
from smc.instances.hidden import audit, hidden_child
from smc.instances.rare_branch import certified_lives_mass
from smc.instances.split import split_model
from smc.numbers import Rational, Verdict, at_most, ball
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.model import prefix_tree
from smc.setting.twist import with_bellman_error


def coin_tree():
    return prefix_tree(3, lambda p: {"0": "1/2", "1": "1/2"}, lambda p: 1 + p.count("1") ** 2)


def test_entry_of_a_tree():
    model = coin_tree()
    entry = chart(model_setting(model, with_bellman_error(model, "1/3")), "1/20", [1, 2, 3])
    distances = {n: row.observed for n, row in entry.rows}
    assert sorted(distances) == [1, 2, 3]
    assert distances[2] == output_law(
        particle_process(model, with_bellman_error(model, "1/3"), "naive"), 2
    ).total_variation(analyse(model, with_bellman_error(model, "1/3")).target)
    least = entry.least.particles
    assert not entry.least.open and least == entry.least.onward
    assert entry.setting.distance(least) <= Fraction(1, 20) < entry.setting.distance(least - 1)
    claims = {(c.id, c.form): c for c in entry.setting.claims}
    for demand in entry.demands:
        claim = claims[demand.id, demand.form]
        at = [
            at_most(bounds.evaluate(claim.id, claim.form, N=n, **claim.inputs), Fraction(1, 20))
            for n in (demand.particles, demand.particles - 1)
        ]
        assert at == [Verdict.HOLDS, Verdict.REFUTED]
        assert demand.particles >= entry.least.particles, "a theorem asked for fewer particles than the exact law needs"
        assert entry.excess(demand) == Fraction(demand.particles, entry.least.particles)


def test_lumped_hidden_family_is_the_family_itself():
    setting = hidden_setting("1/2", 3)
    instance = hidden_child(children=6, horizon=3, gain="3/2", which=2)
    process = particle_process(instance.model, instance.twist, "naive")
    target = analyse(instance.model, instance.twist).target
    for n in (1, 2, 3):
        assert setting.distance(n) == output_law(process, n).total_variation(target)
    assert setting.bellman_error == audit(instance).bellman_error == Fraction(1, 2)


def test_product_family_setting_is_on_paths_and_exact():
    setting = product_setting("3/2", 3)
    model = prefix_tree(3, lambda p: {"0": "1/2", "1": "1/2"}, lambda p: Fraction(3, 2) ** p.count("1"))
    tree = with_bellman_error(model, 0)
    law = output_law(particle_process(model, tree, "naive"), 2)
    assert setting.distance(2) == law.total_variation(analyse(model, tree).target)


def test_family_laws():
    assert family_setting("hidden", 4, c=1).bellman_error == Fraction(1, 4)
    assert family_setting("product", 4, eps="1/2").bellman_error == Fraction(1, 4)


@pytest.mark.parametrize("horizon", [1, 2, 4])
def test_split_setting_is_that_of_its_model(horizon):
    setting, constants = split_setting(horizon), analyse(*split_model(horizon))
    claims = {claim.id: claim for claim in setting.claims}
    assert claims["S4"].inputs["b"] == list(constants.b[::-1])
    assert claims["S3"].inputs["q"] == list(constants.q[::-1])
    assert (setting.bellman_error, setting.ratio_bound) == (constants.bellman_error, constants.ratio_bound)


def test_split_bias_lies_between_its_bounds():
    entry = chart(split_setting(16), "1/10", [1, 2, 16, 64])
    assert {row.verdict for _, row in entry.rows} == {Verdict.HOLDS}
    assert {row.relation for _, row in entry.rows} == {"<=", ">="}
    assert entry.least is None and [d.form for d in entry.demands if d.id == "S9"] == ["upper"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("other", 4), "unknown family"), (("hidden", 4), "one of eps and c"), (("rare-branch", 4), "give s alone")],
)
def test_bad_families(arguments, message):
    with pytest.raises(InputError, match=message):
        family_setting(*arguments)


def test_the_rare_branch_is_that_of_s15():
    """At T = 4 the TV is s/2 less what is left of it; no statement on the model is broken. At T = 6 S15 speaks of three rounds, at
    T = 3 of none."""
    setting = family_setting("rare-branch", 4, s="1/12")
    assert (ball(Rational(1, 24)) - certified_lives_mass(8, rounds=2, mass="1/12")).contains(ball(setting.distance(8)))
    entry = chart(setting, "1/100", [1, 8], find_least=False)
    assert {row.verdict for _, row in entry.rows} == {Verdict.HOLDS}
    assert [(n, row.form) for n, row in entry.rows if row.id == "S15"] == [
        (n, f) for n in (1, 8) for f in ("lower", "upper")
    ]
    assert family_setting("rare-branch", 5, s="1/12").horizon == 5
    longer = chart(family_setting("rare-branch", 6, s="1/1000"), "1/100", [2, 14], find_least=False)
    low, high = (row for _, row in longer.rows if (row.id, row.form) == ("S15", "lower"))
    assert not low.claims and high.claims and high.verdict is Verdict.HOLDS and 0 < high.bound < Rational(1, 4000)
    short = chart(family_setting("rare-branch", 3, s="1/12"), "1/100", [2]).rows
    assert [row.form for _, row in short if row.id == "S15"] == ["upper"]
    with pytest.raises(InputError, match="the rare branch's"):
        family_setting("hidden", 3, eps="1/4", s="1/12")


def test_bad_accuracy():
    with pytest.raises(InputError, match="delta"):
        chart(product_setting(2, 2), 1, [1])
