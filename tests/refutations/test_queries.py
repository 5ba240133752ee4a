"""Every falsehood planted beside the lower bounds P4, S6 and G2 is refuted, by a case small enough to read."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import find

from smc.instances.hidden import audit
from smc.montecarlo.draws import law_of
from smc.numbers import Rational, Verdict, at_most
from smc.query.clients import hidden_search
from smc.query.oracle import Oracle
from smc.testing.falsehoods.queries import LOWER_BOUND_FALSEHOODS, Hidden, enough
from tests.refutations.test_refutations import is_shrunk, search
from tests.tightness import refutations


def refuted(name: str, case) -> list:
    claims = LOWER_BOUND_FALSEHOODS[name].claims(case)
    return [claim for claim in claims if at_most(claim[1], claim[2]) is Verdict.REFUTED]


@pytest.mark.parametrize("name", LOWER_BOUND_FALSEHOODS)
def test_falsehood_is_refuted(name):
    falsehood = LOWER_BOUND_FALSEHOODS[name]
    tried = []

    def breaks(case) -> bool:
        tried.append(case)
        return bool(refuted(name, case))

    found = find(falsehood.strategy(), breaks, settings=search(name, LOWER_BOUND_FALSEHOODS), random=Random(7))
    quantity, observed, claimed = refuted(name, found)[0]
    text = f"{name}: {falsehood.how}\n  {found}\n  {quantity}: {observed} > {claimed}"
    print(text)
    refutations[name] = (found.size, len(tried), text)
    if is_shrunk(name, LOWER_BOUND_FALSEHOODS):
        assert found.size <= falsehood.largest, text


@pytest.mark.parametrize("statement", ["P4", "S6", "G2"])
def test_at_least_two_each(statement):
    assert sum(name.split("/")[0] == statement for name in LOWER_BOUND_FALSEHOODS) >= 2


CASES = [
    Hidden(5, 1, 2, Rational(2), 5, Rational(1, 4)),
    Hidden(3, 1, 2, Rational(3, 2), 3, Rational(1, 10)),
    Hidden(2, 2, 3, Rational(2), 4, Rational(1, 3)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_algorithm_that_refutes_is_within_delta_and_one_query_fewer_is_not(case):
    """The client itself, over all of its coins: what the claims above call sufficient suffices, whichever prefix is hidden."""

    def worst(tries: int) -> Rational:
        return max(distance(case, which, tries) for which in range(case.leaves))

    queries = enough(case)
    assert worst(queries) <= case.delta
    assert queries == 0 or worst(queries - 1) > case.delta


def distance(case: Hidden, which: int, tries: int) -> Rational:
    """TV between the client's answer and the target, over the hidden level's prefixes."""
    member = case.members[which]
    client = hidden_search(level=case.hidden, tries=tries, mass=audit(member).hidden_mass)

    def answer(draws):
        oracle = Oracle(member.model, member.twist)
        return oracle.reveal(client(oracle, draws))[-1]

    law = law_of(answer)
    target = member_target(case, which)
    return sum(abs(law.get(k, 0) - p) for k, p in target.items()) / 2


def member_target(case: Hidden, which: int) -> dict[int, Rational]:
    """The target by prefix, from rewards alone: prefixes are equally likely beforehand."""
    rewards = dict(enumerate(case.members[which].model.reward))
    total = sum(rewards.values())
    return {k: r / total for k, r in rewards.items()}
