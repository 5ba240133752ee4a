"""S6 and P4 read with a concrete algorithm: ask for the children one after another from a random one on, and guess in the end.

The counting bound is an equality for it, and so is S6: no statement about fewer queries could be true.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest

from proofs import bounds
from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.instances.hidden import audit, hidden_child, hidden_mass
from smc.testing.finite_models import check_theorem, holds


def searching(children: int, queries: int, **more):
    """A state is (next child to ask, child found or None); an output is a child."""

    def update(state, answer):
        child, found = state
        return ((child + 1) % children, child if answer else found)

    def name(state):
        child, found = state
        return child if found is None else found

    def run(q: int, hidden: int, seed: int):
        state = (seed, None)
        for _ in range(q):
            state = update(state, state[0] == hidden)
        return state

    env = {
        "B": children, "Q": queries, "run": run, "name": name, "begin": lambda seed: (seed, None), "update": update,
        "ask": lambda state: state[0], "answer": lambda hidden, query: query == hidden, "blank": lambda query: False,
        "touches": lambda child, query: int(child == query), "below": lambda child, output: int(child == output),
        "same": lambda t, k: int(t == k), "seed": lambda: [(Fraction(1, children), s) for s in range(children)],
        "1/": lambda x: 1 / Fraction(x) if x else Fraction(0), **more,
    }  # fmt: skip
    states = list(itertools.product(range(children), [None, *range(children)]))
    ranges = {
        "nat": range(children + 1),
        "Seed": range(children),
        "Query": range(children),
        "Output": range(children),
        "State": states,
    }
    return env, ranges


@pytest.mark.parametrize(("children", "queries"), [(2, 0), (5, 2), (6, 5)])
def test_counting_is_attained(replayer, children, queries):
    env, ranges = searching(children, queries)
    theorem = replayer.theorem("S6.counting")
    check_theorem(theorem, env, ranges)
    left, right = claim_of(theorem)[1][0].kids
    assert evaluate(left, env) == evaluate(right, env) == queries + 1


@pytest.mark.parametrize(("horizon", "eps", "queries"), [(2, "1/2", 1), (3, "1/2", 3), (2, "1", 0)])
def test_s6_is_attained_and_its_family_is_the_one_in_code(replayer, horizon, eps, queries):
    eps, n = Fraction(eps), horizon - 1
    children = math.floor((1 + eps) ** (2 * n)) + 1
    instance = hidden_child(children=children, horizon=horizon, gain=1 + eps)
    found = audit(instance)
    mass = hidden_mass(leaves=children, levels=n, gain=1 + eps)
    assert found.bellman_error == eps and found.hidden_mass == mass
    delta = Fraction(int(mass.numerator), int(mass.denominator)) - Fraction(queries + 1, children)
    env, ranges = searching(children, queries, eps=eps, n=n, delta=delta, a=(1 + eps) ** n)
    theorem = replayer.theorem("S6")
    check_theorem(theorem, env, ranges)
    left, right = claim_of(theorem)[1][0].kids
    assert evaluate(left, env) == evaluate(right, env) == queries, "the algorithm asks exactly what S6 says is needed"
    exponent = replayer.theorem("S6.exponent")
    check_theorem(exponent, env, ranges)
    assert (
        evaluate(claim_of(exponent)[1][0].kids[0], env)
        == bounds.evaluate("S6", "uniform", T=horizon, eps=eps, delta=delta)
        <= queries
    )
    check_theorem(replayer.theorem("S6.family"), env, ranges)
    assert evaluate(claim_of(replayer.theorem("S6.family"))[1][-1].kids[1], env) == Fraction(
        int(mass.numerator), int(mass.denominator)
    )


def test_an_accuracy_that_the_algorithm_does_not_have_is_no_instance(replayer):
    env, ranges = searching(5, 2, eps=Fraction(1, 2), n=2, a=Fraction(9, 4))
    mass = env["a"] ** 2 / (env["a"] ** 2 + 4)
    met = [
        all(holds(h, {**env, "delta": mass - Fraction(q, 5)}, ranges) for h in replayer.theorem("S6").hyps)
        for q in (3, 4)
    ]
    assert met == [True, False]


def test_p4_is_met_by_the_full_search(replayer):
    """T = 3, eps = 1/10: B = 2 children (a^2 = 1.4641) and one query find the hidden one."""
    env, ranges = searching(2, 1, eps=Fraction(1, 10), n=0, delta=Fraction(1, 3))
    theorem = replayer.theorem("P4")
    check_theorem(theorem, env, ranges)
    left, right = claim_of(theorem)[1][0].kids
    assert evaluate(left, env) == bounds.evaluate("P4", "uniform", T=3, eps=Fraction(1, 10)) < evaluate(right, env)


@pytest.mark.parametrize(("vocabulary", "depth", "queries"), [(2, 1, 1), (2, 2, 3), (3, 1, 2)])
def test_vocabulary_forms(replayer, vocabulary, depth, queries):
    children = vocabulary**depth
    more = {"k": vocabulary, "r": depth, "eps": Fraction(1), "n": depth, "delta": Fraction(1, 3)}
    env, ranges = searching(children, queries, **more)
    theorem = replayer.theorem("S6.vocabulary")
    check_theorem(theorem, env, ranges)
    left, right = claim_of(theorem)[1][0].kids
    assert evaluate(left, env) <= evaluate(right, env) == queries
    if depth % 2 == 0:
        env = {**env, "n": depth // 2}
        check_theorem(replayer.theorem("P4.vocabulary"), env, ranges)
