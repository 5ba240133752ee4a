"""The query model: what a client can see, the hard families' exact constants, and exhaustive minimax against the closed form (P4, S6)."""

from fractions import Fraction
from math import floor

import pytest

from smc.errors import InputError, TooLarge
from smc.instances.hidden import audit, hidden_child, hidden_mass, hidden_prefix, paper_family
from smc.montecarlo.draws import SeededDraws, law_of
from smc.query.clients import best_of_n, breadth_first, depth_first, guided, guided_mh, hidden_search, smc
from smc.query.minimax import best_hit, least_tv
from smc.query.oracle import BudgetSpent, Oracle, Prefix

GAINS = ["3/2", "2", "5/4", "3"]


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize(("children", "horizon"), [(2, 2), (3, 4), (5, 3)])
def test_audit_of_hidden_child_equals_closed_forms(gain, children, horizon):
    found = audit(hidden_child(children=children, horizon=horizon, gain=gain, which=children - 1))
    g = Fraction(gain)
    a2 = g ** (2 * (horizon - 1))
    assert found.bellman_error == g - 1
    assert found.ratio_bound == g
    assert found.hidden_mass == a2 / (a2 + children - 1) == hidden_mass(leaves=children, levels=horizon - 1, gain=gain)


@pytest.mark.parametrize(("m", "gain"), [(1, "2"), (2, "2"), (1, "3"), (2, "3/2"), (3, "5/4")])
def test_paper_family_has_its_constants_even_where_the_gain_is_no_integer(m, gain):
    g = Fraction(gain)
    words = floor(g ** (2 * m))
    for which in (0, words - 1):
        instance = paper_family(m=m, gain=gain, which=which)
        assert instance.model.horizon == 3 * m
        assert len(instance.model.layers[2 * m]) == words
        found = audit(instance)
        assert (found.bellman_error, found.ratio_bound) == (g - 1, g)
        # mass a^2/(a^2 + B - 1) with a^2 = g^(2m) >= B: the hidden prefix carries at least half of the target
        assert found.hidden_mass == hidden_mass(leaves=words, levels=m, gain=gain) >= Fraction(1, 2)


def test_reference_law_over_codewords_is_uniform():
    instance = hidden_prefix(vocabulary=2, hidden=3, horizon=4, gain=2, leaves=5)
    law = {(): Fraction(1)}
    for t in range(3):
        law = {
            (*path, e.target): p * Fraction(e.probability)
            for path, p in law.items()
            for e in instance.model.edges[t][path[-1] if path else 0]
        }
    assert sorted(law.values()) == [Fraction(1, 5)] * 5


def test_oracle_counts_distinct_expansions_and_hides_the_rest():
    instance = hidden_child(children=3, horizon=3, gain=2, which=1)
    oracle = Oracle(instance.model, instance.twist, budget=2)
    first = oracle.expand(oracle.root)
    assert [c.value for c in first] == [1, 1, 1]
    assert oracle.expand(oracle.root) is first and oracle.queries == 1
    assert [c.value for c in oracle.expand(first[1].prefix)] == [2]
    with pytest.raises(BudgetSpent):
        oracle.expand(first[0].prefix)
    with pytest.raises(InputError, match="never revealed"):
        oracle.expand(Prefix(1, 99))
    end = oracle.guess(first[2].prefix, SeededDraws(0))
    assert end.depth == 3 and oracle.queries == 2
    with pytest.raises(InputError, match="complete"):
        oracle.expand(end)


@pytest.mark.parametrize("children", [2, 3, 4])
@pytest.mark.parametrize("horizon", [2, 3])
def test_exhaustive_minimax_over_decision_trees_equals_the_formula(children, horizon):
    family = [hidden_child(children=children, horizon=horizon, gain=2, which=u) for u in range(children)]
    for queries in range(min(3, children * (horizon - 1)) + 1):
        assert best_hit(family, queries).hit == min(1, Fraction(queries + 1, children))
    with pytest.raises(InputError, match="prefixes to ask"):
        best_hit(family, children * (horizon - 1) + 1)


def test_exhaustive_minimax_with_deeper_hidden_prefixes():
    family = [hidden_prefix(vocabulary=2, hidden=2, horizon=3, gain="3/2", which=u) for u in range(4)]
    for queries in range(4):
        found = best_hit(family, queries)
        assert found.hit == min(1, Fraction(queries + 1, 4))
    assert found.decisions > 50


@pytest.mark.parametrize(("children", "horizon", "gain"), [(3, 2, "2"), (4, 2, "3/2"), (5, 3, "2")])
def test_the_optimal_client_attains_the_minimax_distance(children, horizon, gain):
    mass = hidden_mass(leaves=children, levels=horizon - 1, gain=gain)
    for tries in range(children):
        distances = set()
        for which in range(children):
            instance = hidden_child(children=children, horizon=horizon, gain=gain, which=which)
            client = hidden_search(level=1, tries=tries, mass=mass)

            def answer(draws, instance=instance, client=client, tries=tries):
                oracle = Oracle(instance.model, instance.twist, budget=1 + tries)
                return oracle.reveal(client(oracle, draws))[-1]

            law = law_of(answer)
            target = {i: mass if i == which else (1 - mass) / (children - 1) for i in range(children)}
            distances.add(sum(abs(law.get(i, 0) - p) for i, p in target.items()) / 2)
        assert distances == {least_tv(leaves=children, queries=tries, mass=mass)}


@pytest.mark.parametrize("client", [breadth_first, depth_first, smc(2), best_of_n(2), guided, guided_mh(2)])
@pytest.mark.parametrize("queries", [1, 2, 3])
def test_no_client_beats_the_bound(client, queries):
    children = 4
    hits = []
    for which in range(children):
        instance = hidden_child(children=children, horizon=2, gain=2, which=which)

        def answer(draws, instance=instance):
            oracle = Oracle(instance.model, instance.twist, budget=1 + queries)  # one query lists the children
            end = client(oracle, draws)
            assert oracle.queries <= 1 + queries
            return instance.below(oracle.reveal(end))

        hits.append(law_of(answer).get(True, 0))
    assert sum(hits) / children <= Fraction(queries + 1, children)


def test_unlimited_clients_reach_the_target():
    instance = hidden_child(children=3, horizon=3, gain=2, which=2)
    mass = hidden_mass(leaves=3, levels=2, gain=2)
    law = law_of(
        lambda draws: instance.below(
            (oracle := Oracle(instance.model, instance.twist)).reveal(breadth_first(oracle, draws))
        )
    )
    assert law[True] == mass


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vocabulary": 1, "hidden": 1, "horizon": 2, "gain": 2}, "at least 2"),
        ({"vocabulary": "2.5", "hidden": 1, "horizon": 2, "gain": 2}, "whole number"),
        ({"vocabulary": 2, "hidden": 2, "horizon": 2, "gain": 2}, "hidden levels"),
        ({"vocabulary": 2, "hidden": 1, "horizon": 2, "gain": 1}, "not above 1"),
        ({"vocabulary": 2, "hidden": 1, "horizon": 2, "gain": 2, "leaves": 3}, "2\\*\\*1 words"),
        ({"vocabulary": 2, "hidden": 1, "horizon": 2, "gain": 2, "which": 2}, "prefix 2 of 2"),
    ],
)
def test_impossible_families_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        hidden_prefix(**arguments)


def test_a_family_too_large_to_write_out_says_what_is_possible():
    with pytest.raises(TooLarge, match="hidden_mass"):
        hidden_prefix(vocabulary=10, hidden=6, horizon=8, gain=2)
    assert hidden_mass(leaves=10**6, levels=2, gain=2) == Fraction(16, 16 + 10**6 - 1)
