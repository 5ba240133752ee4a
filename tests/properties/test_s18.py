"""S18: the value-guided backtracking walk: reversible, gap at least 1/A', first leaf of density at most kappa, at most kappa S J steps."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.exact.backtracking import backtracking
from smc.samplers.naive import naive
from smc.setting.analysis import target
from smc.setting.model import prefix_tree
from smc.setting.twist import perfect, with_bellman_error
from tests.effort import effort
from tests.exact.random_models import trees, twisted


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
    root = np.sqrt(np.array([float(pi[x]) for x in live]))
    symmetric = np.array([[float(kernel[x][y]) for y in live] for x in live]) * root[:, None] / root[None, :]
    values = np.linalg.eigvalsh((symmetric + symmetric.T) / 2)
    assert values[0] > -1e-9, "positive semidefinite"
    if len(live) > 1:
        assert 1 - values[-2] >= 1 / float(walk.longest) - 1e-9
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
    kernel = np.array(walk.leaf_chain(), float)
    gap = 1 - sorted(np.linalg.eigvals(kernel).real)[-2]
    assert 1 / float(walk.longest) <= gap < 1 / float(walk.kappa)
