"""Every printed row is in scope: the sealed hypotheses of its statement hold on the model, read by the statement reader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

import smc.checks.table
import smc.testing.readings
import smc.testing.scope
from proofs.catalogue import CARRIED, FORMS, POSITIVE, SLOTS, TREES
from proofs.kernel.printing import show
from smc.campaign.plan import make_plan
from smc.campaign.search import run_chunk, searched
from smc.checks.check import check
from smc.checks.table import QUANTITIES
from smc.exact import output_law
from smc.formats import load
from smc.instances.rare_branch import rare_branch
from smc.instances.split import split_model
from smc.numbers import ONE, Rational, Verdict
from smc.samplers import SAMPLERS, find, particle_process, resampled
from smc.setting.analysis import analyse
from smc.setting.model import Edge, Model
from smc.setting.paths import paths_by_layer
from smc.setting.twist import perfect, twist
from smc.testing import instances
from smc.testing.kept import Kept
from smc.testing.readings import ON_PATHS, SYMBOLS, on_the_tree
from smc.testing.scope import model_hypotheses, one_potential_a_state, unmet, until
from smc.testing.statements import report
from smc.testing.witness import Layers
from tests.effort import NIGHTLY, effort

SEALED = sorted({form.sealed for form in FORMS.values() if form.quantity in QUANTITIES})


@pytest.mark.by_turn
@given(searched(make_plan(max_horizon=3)))
@settings(max_examples=effort(10_000, sample=8))
def test_every_row_is_printed_in_scope(drawn):
    """In the nightly run on 10,000 models under up to three reward models each, with every statement."""
    for instance in drawn:
        for sampler in SAMPLERS:
            found = report(instance, sampler)
            for row in found.rows:
                assert not unmet(row, found.constants, instance.particles), (row.id, row.form)


@pytest.mark.parametrize("choice", ["file", "perfect", "constant", "bellman-error:1/4"])
def test_the_shipped_tree_is_in_scope(choice):
    source = load("shipped:verifier-tree")
    for sampler in SAMPLERS:
        found = check(source.model, source.twist(choice), sampler)  # a count of 1
        assert found.rows
        for row in found.rows:
            assert not unmet(row, found.constants, 1), (row.id, row.form)


def doomed():
    """Two first moves, one to a state from which no reward can be reached, which the reward model knows: V = V* = 0 there."""
    model = Model.from_edges(
        [["r"], ["a", "b"], ["c", "d"]],
        [[("r", "a", "1/2"), ("r", "b", "1/2")], [("a", "c", "1"), ("b", "d", "1")]],
        {"c": "1", "d": "0"},
    )
    return model, twist(model, (("1/2",), ("1", "0")))


@pytest.mark.by_turn
def test_g1_behind_a_doomed_branch_is_seen(monkeypatch):
    """Printed without its condition, as it was once, G1 is out of scope there: by the hypothesis on V, and a campaign finds it."""
    monkeypatch.setitem(smc.checks.table.SCOPES, POSITIVE, lambda c: True)
    found = check(*doomed(), "naive", particles=1)
    (row,) = [row for row in found.rows if (row.id, row.form) == ("G1", "sharper")]
    (hypothesis,) = unmet(row, found.constants, 1)
    assert "0 < V(t, x)" in hypothesis
    seed = 0 if NIGHTLY else 2  # under the first it is found among hundreds, under the second among dozens
    plan = make_plan(["G1"], max_horizon=2, max_states=2, max_particles=1, chunk=1000, seed=seed)
    refuted = run_chunk(plan, 0).counterexample
    assert refuted is not None and (refuted.claim, refuted.form, refuted.bound) == ("scope", "G1 sharper", hypothesis)


def test_a_condition_on_what_can_be_measured_reads_no_more_of_the_model():
    """V = 1/2 where no particle can stand and V* = 1/2: over the whole reference max Qbar is 2 at the second step, over runs 1."""
    model = Model.from_edges(
        [["r"], ["a", "b"], ["c", "d"]],
        [[("r", "a", "1/2"), ("r", "b", "1/2", "0")], [("a", "c", "1"), ("b", "c", "1/2"), ("b", "d", "1/2", "0")]],
        {"c": "1", "d": "1"},
    )
    found = check(model, twist(model, (("1/2",), ("1", "1/2"))), "naive", particles=1)
    (row,) = [row for row in found.rows if (row.id, row.form) == ("S11", "normaliser")]
    assert not unmet(row, found.constants, 1)


def test_g1_is_read_in_the_model_as_it_is_given():
    """A move of potential 0 leads to a state of positive value where no particle can stand: G1 asks for that value."""
    model = Model.from_edges(
        [["r"], ["a", "b"], ["c"]],
        [[("r", "a", "1/2"), ("r", "b", "1/2", "0")], [("a", "c", "1"), ("b", "c", "1")]],
        {"c": "1"},
    )
    found = check(model, twist(model, (("1",), ("1", "1"))), "naive", particles=1)
    assert {row.form for row in found.rows if row.id == "G1"} == {"sharper"} and len(found.rows) > 8
    assert not any(unmet(row, found.constants, 1) for row in found.rows)


RESAMPLED = {SLOTS: "stratified", CARRIED: "stratified:1/2"}
"""How a run resamples that the statements on slots speak of."""


@pytest.mark.parametrize(
    "sealed", [name for name in SEALED if name not in ("S9.run", "S15.rounds")]
)  # that is stated of one model, see below
def test_a_model_that_breaks_a_hypothesis_is_refused(sealed):
    """With half of the constants some hypothesis of every statement that has one fails: nothing is read as met by default."""
    about, defining = model_hypotheses(sealed)
    assert about and {show(h) for h in about}.isdisjoint(show(h) for h in defining)
    model = Model.from_edges(
        [["r"], ["a", "b"], ["c", "d"]],
        [[("r", "a", "1/3"), ("r", "b", "2/3", "9/8")], [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "c", "1/2"), ("b", "d", "1/2")]],
        {"c": "1", "d": "6/5"},
    )  # fmt: skip
    c = analyse(model, twist(model, (("11/10",), ("21/20", "1"))))
    form = next(form for form in FORMS.values() if form.sealed == sealed and form.quantity in QUANTITIES)
    id = next(id for (id, _), f in FORMS.items() if f is form)
    sampler = find(form.samplers[0] if form.samplers else "naive")
    sampler = resampled(sampler, RESAMPLED[form.under]) if form.under in RESAMPLED else sampler
    c = on_the_tree(c) if form.scope in TREES else c
    found = check(c.model, c.twist, sampler, **sampler.keyword(1)).rows
    row = next(row for row in found if (row.id, row.form) == (id, form.form))
    assert not unmet(row, c, 1)
    wrong = replace_constants(c)
    assert sealed in UNCONDITIONAL or unmet(row, wrong, 1)


@pytest.mark.parametrize(("algorithm", "id"), [("backtracking", "S18"), ("conditional", "S17")])
def test_statements_on_trees_are_read_where_two_moves_lead_to_a_state(algorithm, id):
    """Moves of different potential to one state: a tree still, whose states are told apart by potential before it is read."""
    step = ((Edge(0, ONE / 2), Edge(0, ONE / 4, ONE * 2), Edge(1, ONE / 4)),)
    model = Model((("r",), ("a", "b"), ("c", "d")), (step, ((Edge(0, ONE),), (Edge(1, ONE),))), (ONE, ONE * 2))
    found = check(model, twist(model, [[1], [1, 3]]), algorithm)
    made = [row for row in found.rows if row.id == id]
    assert made and not any(unmet(row, found.constants, found.measured.count) for row in made)


def entered_without_weight():
    """Two moves into a, of which the one from B has potential 0: a tree to every run. On the layers A at B would need V*/V of a."""
    moves = [
        [("r", "A", "1/2"), ("r", "B", "1/2")],
        [("A", "a", 1), ("B", "a", "1/2", 0), ("B", "b", "1/2")],
        [("a", "c", "1/2"), ("a", "d", "1/2"), ("b", "e", 1)],
    ]
    model = Model.from_edges([["r"], ["A", "B"], ["a", "b"], ["c", "d", "e"]], moves, {"c": 1, "d": 1, "e": 1})
    return model, twist(model, (("1",), ("1", "1/10"), ("1/10", "1")))


def last_entered_without_weight():
    """The same one step earlier: on the layers the leaf b has two parents, whose next leaves differ in law."""
    moves = [
        [("r", "A", "1/2"), ("r", "B", "1/2")],
        [("A", "a", "1/3"), ("A", "b", "2/3"), ("B", "b", "1/2", 0), ("B", "c", "1/2")],
    ]
    model = Model.from_edges([["r"], ["A", "B"], ["a", "b", "c"]], moves, {"a": 1, "b": 3, "c": 2})
    return model, twist(model, (("1",), ("1", "2")))


@pytest.mark.parametrize(
    ("made", "broken"),
    [
        (entered_without_weight, ["<= A(t, x)"]),
        (last_entered_without_weight, ["KF(y) = H(n, x)", "U(1 + t, y) = HJ(t, n, x)"]),
    ],
)
def test_statements_on_trees_are_read_where_a_move_without_weight_leads_to_a_state(made, broken, monkeypatch):
    """Their rows are printed there, and true: on the prefix tree, where a state is a path. On the layers hypotheses fail."""
    for algorithm, id in (("conditional", "S17"), ("backtracking", "S18")):
        found = check(*made(), algorithm)
        c, count = found.constants, found.measured.count
        assert c.longest_path == on_the_tree(c).longest_path and c.b == on_the_tree(c).b
        rows = [row for row in found.rows if row.id == id]
        assert len(rows) >= 2 and not any(unmet(row, c, count) for row in rows)
        if id == "S18":
            monkeypatch.setattr(smc.testing.scope, "is_tree", lambda model: True)
            failed = " ".join(hypothesis for row in rows for hypothesis in unmet(row, c, count))
            assert all(part in failed for part in broken), failed


def test_s17_after_sweeps_is_read_with_its_invariance(monkeypatch):
    """That a sweep keeps the target is a claim about the kernel: one whose free particle starts on one leaf's path is refused."""
    found = check(*last_entered_without_weight(), "conditional", sweeps=2)
    [row] = [row for row in found.rows if FORMS[row.id, row.form].sealed == "S17.sweeps"]
    assert not unmet(row, found.constants, 2)
    monkeypatch.setattr(Kept, "first", lambda self: [(ONE, self.held(self.leaves[0], 0))])
    assert "forall t:nat. VJ(1 + t, 0, root) = VJ(t, 0, root)" in unmet(row, found.constants, 2)


def test_one_leaf_has_no_gap_and_all_else_that_is_stated_of_trees():
    """Two first moves of which one keeps its promise: kept paths and visits are spoken of, S18's gap alone asks for two leaves."""
    moves = [[("r", "a", "1/2"), ("r", "b", "1/2", 0)], [("a", "c", 1), ("b", "d", 1)]]
    model = Model.from_edges([["r"], ["a", "b"], ["c", "d"]], moves, {"c": 2, "d": 1})
    told = {"conditional": {"sweep", "sweeps"}, "backtracking": {"visits", "density", "steps"}}
    left = {"conditional": [], "backtracking": [("S18", "gap", "states form a tree of two to 64 leaves")]}
    for algorithm, forms in told.items():
        found = check(model, twist(model, (("1",), ("1", "1"))), algorithm)
        rows = [row for row in found.rows if row.id in ("S17", "S18")]
        assert {row.form for row in rows} == forms and all(row.verdict is Verdict.HOLDS for row in rows)
        assert not any(unmet(row, found.constants, found.measured.count) for row in rows)
        assert [entry for entry in found.out_of_scope if entry[0] in ("S17", "S18")] == left[algorithm]


def test_s9_is_read_on_the_split_model_alone():
    """Its rows are in scope there; on other values, or on a coin that is not fair, the reader refuses them."""
    model, values = split_model(3)
    found = check(model, values, particles=2)
    made = [row for row in found.rows if row.id == "S9"]
    assert {row.form for row in made} == {"lower", "upper"}
    assert not any(unmet(row, found.constants, 2) for row in made)
    assert all("2 <= N" in unmet(row, found.constants, 1) for row in made)
    wrong = analyse(model, replace(values, values=(values.values[0], (ONE, ONE * 2), *values.values[2:])))
    uneven = ((Edge(0, Rational("1/3")), Edge(1, Rational("2/3"))),)
    other = replace(model, edges=(uneven, *model.edges[1:]))
    for c in (wrong, analyse(other, perfect(other))):
        assert all(unmet(row, c, 2) for row in made)


@pytest.mark.parametrize(("rounds", "horizon"), [(2, 4), (2, 5), (3, 6)])
def test_s15_is_read_on_the_rare_branch_model_alone(rounds, horizon):
    """Another value on an odd level, one on a level after the rounds, or a branch that is left in a third of the cases is not covered."""
    model, values = rare_branch(rounds=rounds, mass="1/12", horizon=horizon)
    found = check(model, values, particles=2)
    (row,) = [row for row in found.rows if (row.id, row.form) == ("S15", "lower")]
    assert not unmet(row, found.constants, 2)
    wrong = analyse(model, replace(values, values=(values.values[0], (ONE / 13, ONE), *values.values[2:])))
    assert any("V(1 + 2 * t, x)" in hypothesis for hypothesis in unmet(row, wrong, 2))
    late = replace(values, values=(*values.values[:-2], tuple(2 * v for v in values.values[-2]), values.values[-1]))
    assert unmet(row, analyse(model, late), 2)
    uneven = (Edge(0, Rational("1/3")), Edge(2, Rational("2/3")))
    other = replace(model, edges=(*model.edges[:2], (uneven, model.edges[2][1]), *model.edges[3:]))
    assert any("1/2 * lives" in hypothesis for hypothesis in unmet(row, analyse(other, values), 2))


UNCONDITIONAL = {"G3", "G1", "S10.tv", "S11.tv", "S14.paths"}
"""Statements whose hypotheses hold no constant of the model beyond its own values."""


def replace_constants(c):
    """The same model whose constants claim to be about half of what they are."""
    made = analyse(c.model, c.twist)
    half: dict[str, Any] = {name: getattr(c, name) / 2 for name in ("bellman_error", "upper_ratio", "c_act")}
    half |= {name: 1 + (getattr(c, name) - 1) / 2 for name in ("ratio_bound", "bellman_product")}
    half |= {
        name: tuple(1 + (x - 1) / 2 for x in getattr(c, name))
        for name in ("q", "q_adapted", "b", "b_local", "b_adapted", "level_ratio")
    }
    half |= {name: getattr(c, name) / 2 for name in ("longest_path", "mean_path", "steps_per_visit")}
    half["path_excess"] = tuple(x / 2 for x in c.path_excess)
    for name, value in half.items():
        object.__setattr__(made, name, value)
    return made


SAME = (
    "normaliser", "bellman_error", "ratio_bound", "q", "b", "b_local", "b_adapted", "c_act", "chi_square", "increment_moment",
    "path_excess",
)  # fmt: skip
"""Constants that depend on what runs see alone."""


def diamond():
    """Two ways to each of two ends: states of the last layer are no paths. V_1 = (1, 2), rewards 3 and 1."""
    moves = [
        [("r", "a", "1/2"), ("r", "b", "1/2")],
        [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "c", "1/2"), ("b", "d", "1/2")],
    ]
    model = Model.from_edges([["r"], ["a", "b"], ["c", "d"]], moves, {"c": 3, "d": 1})
    return model, twist(model, (("1",), ("1", "2")))


def test_the_average_over_paths_is_read_on_the_prefix_tree(monkeypatch):
    """The seal with the diamond's terminal states as test functions gives 5/7; with paths, which are states on its tree alone, 71/196."""
    found = check(*diamond(), "naive", particles=2)
    (row,) = [row for row in found.rows if (row.id, row.form) == ("S12", "average")]
    assert row.bound == Rational("71/196") and not unmet(row, found.constants, 2)
    for module in (smc.testing.scope, smc.testing.readings):
        monkeypatch.setattr(module, "ON_THE_TREE", frozenset())
    (hypothesis,) = unmet(row, found.constants, 2)
    assert "excess(t) = sum" in hypothesis
    layers = Layers(found.constants)
    read = SYMBOLS["S12.average"](found.constants, layers)
    assert sum(read["pi"](j) * (read["bJ"](j, k) - 1) for j in range(read["J"]) for k in range(2)) / 2 == Rational(
        "5/7"
    )


@given(instances(max_particles=2))
@settings(max_examples=effort(300, sample=10))
def test_the_prefix_tree_of_a_model_has_its_output_law_and_constants(instance):
    """Theory, section 0: a path's probability, summed over the paths to a state, is that of the state."""
    c = instance.constants
    tree = on_the_tree(c)
    assert len(tree.model.layers[-1]) == paths_by_layer(c.model)[-1] == paths_by_layer(tree.model)[-1]
    assert all(len({e.target for row in step for e in row}) == sum(map(len, step)) for step in tree.model.edges)
    for name in SAME:
        assert getattr(tree, name) == getattr(c, name), name
    ends = [0]
    for step in c.model.edges:
        ends = [e.target for x in ends for e in step[x] if e.probability]
    paths = output_law(particle_process(tree.model, tree.twist, "naive"), instance.particles).law
    law = output_law(particle_process(c.model, c.twist, "naive"), instance.particles).law
    assert [sum(p for p, end in zip(paths, ends, strict=True) if end == x) for x in range(len(law))] == list(law)


def test_parallel_moves_get_states_of_their_own():
    """Two moves between two states with different potentials: the same constants, and a function psi."""
    rows = (Edge(0, Rational("1/2"), ONE), Edge(0, Rational("1/2"), Rational(2)))
    model = Model((("r",), ("a",)), ((rows,),), (Rational(3),))
    c = analyse(model, twist(model, (("4",),)))
    split = one_potential_a_state(c)
    assert split.model.sizes == (1, 2)
    for name in SAME:
        assert getattr(split, name) == getattr(c, name), name
    assert until(split, 1) is split and one_potential_a_state(split) is split


def test_what_ends_early_ends_with_the_reward_model():
    model, given = doomed()
    short = until(analyse(model, given), 1)
    assert short.model.horizon == 1 and short.model.reward == (1, 0) and short.normaliser == Rational("1/2")


def test_every_measured_statement_has_its_symbols():
    assert set(SYMBOLS) | {"G3", "S16.step"} | set(ON_PATHS) == set(SEALED)


def test_a_row_on_one_step_is_read_where_another_step_has_no_bound():
    """S2 at step 2 has a finite bound; at step 3 a level ratio is infinite (d promises what never comes): nothing is claimed."""
    layers = [["r"], ["a", "b"], ["c", "d"], ["win", "lose"]]
    half = "1/2"
    edges = [
        [("r", "a", half), ("r", "b", half)],
        [("a", "c", half), ("a", "d", half), ("b", "c", half), ("b", "d", half)],
        [("c", "win", 1), ("d", "lose", 1)],
    ]
    model = Model.from_edges(layers, edges, {"win": 1, "lose": 0})
    found = check(model, twist(model, [[1], [1, 2], [1, 1]]), "guided", particles=1)
    [row] = [row for row in found.rows if (row.id, row.form) == ("S2", "instance")]
    assert row.quantity != "TV at step 3"
    assert unmet(row, found.constants, 1) == []
