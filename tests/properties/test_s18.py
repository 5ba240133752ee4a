"""S18: the value-guided backtracking walk: reversible, gap at least 1/A', first leaf of density at most kappa, at most kappa S J steps."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from smc.exact.backtracking import backtracking
from smc.samplers.naive import naive
from smc.setting.analysis import target
from smc.setting.model import prefix_tree
from smc.setting.twist import perfect, with_bellman_error
from tests.effort import effort
from tests.exact.random_models import trees, twisted
from tests.exact.semidefinite import semidefinite


def over_the_gap(joint, pi, longest):
    """The quadratic form `A' E(f, f) - Var f`, E the Dirichlet form: that it has no negative value is `gap >= 1/A'`."""
    return [
        [longest * (p * (x == y) - j) - (p * (x == y) - p * q) for y, (j, q) in enumerate(zip(row, pi, strict=True))]
        for x, (row, p) in enumerate(zip(joint, pi, strict=True))
    ]


@settings(deadline=None, max_examples=effort(80))
@given(data=st.data())
def test_s18(data):
    """Reversible with respect to the target, exactly; first-leaf density, steps, and the gap."""
    model, twist = data.draw(twisted(trees(max_horizon=3, max_children=3)))
    walk, pi = backtracking(naive.process(model, twist)), target(model)
    kernel = walk.leaf_chain()
    live = [x for x, p in enumerate(pi) if p]
    for x, y in itertools.product(live, live):
        assert pi[x] * kernel[x][y] == pi[y] * kernel[y][x]
    assert all(sum(kernel[x]) == 1 for x in live)
    first, steps = walk.at(1)
    assert all(p <= walk.kappa * q for p, q in zip(first, pi, strict=True))
    assert sum((p - pi[x]) ** 2 / pi[x] for x, p in enumerate(first) if p) <= walk.kappa - 1 <= walk.longest - 1
    for j in (1, 2, 4):  # S18.kappa, squared: TV^2 <= (kappa - 1)/4 (1 - 1/A)^(2 (J - 1)); S18.steps
        law, taken = walk.at(j)
        distance = sum(abs(p - q) for p, q in zip(law, pi, strict=True)) / 2
        assert distance**2 <= (walk.kappa - 1) / 4 * (1 - 1 / walk.longest) ** (2 * j - 2)
        assert taken <= walk.kappa * (walk.steps_per_visit * j - 1)
    joint = [[pi[x] * kernel[x][y] for y in live] for x in live]
    assert semidefinite(joint)
    assert semidefinite(over_the_gap(joint, [pi[x] for x in live], walk.longest))
    assert steps >= model.horizon and walk.kappa >= 1


def test_attained_with_a_perfect_reward_model():
    tree = prefix_tree(4, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[-1])
    walk = backtracking(naive.process(tree, perfect(tree)))
    assert walk.kappa == walk.longest == 4 and walk.steps_per_visit == 8
    assert walk.at(1)[0] == target(tree), "the first leaf has the target's law: harmonic measure of the flow"


def test_gap_of_one_over_kappa_is_false():
    """The falsehood beside S18.2: the longest path counts, not the mean one."""
    tree = prefix_tree(3, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1)
    twist = with_bellman_error(tree, 3, lambda t, i: 1 if i == 0 else -1)
    walk = backtracking(naive.process(tree, twist))
    pi, kernel = target(tree), walk.leaf_chain()
    joint = [[p * q for q in row] for p, row in zip(pi, kernel, strict=True)]
    assert semidefinite(over_the_gap(joint, pi, walk.longest))
    assert not semidefinite(over_the_gap(joint, pi, walk.kappa))
