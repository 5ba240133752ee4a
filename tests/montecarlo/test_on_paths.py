"""Simulated walks and sweeps that keep a path: intervals that hold at every sample size hold the exact laws. All seeds are fixed, and a
simulation without fault fails one of these tests with probability at most 1e-7, all of them together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import smc.montecarlo.backtracking as module
from smc.errors import InputError, ModelError, TooLarge
from smc.exact import output_law
from smc.exact.conditional import conditional_kernel
from smc.formats import load
from smc.montecarlo import confidence, estimate, realise, simulate
from smc.montecarlo.conditional import sweeps
from smc.montecarlo.tree import parents, weights_down
from smc.numbers import ONE, ZERO, Rational, rational
from smc.samplers.backtracking import backtracking
from smc.samplers.conditional import conditional
from smc.samplers.naive import naive
from smc.setting.model import Edge, Model, prefix_tree
from smc.setting.twist import constant, perfect, twist, with_bellman_error

RUNS = 20_000
ERROR = 1e-9
"""Of each set of simultaneous intervals; there are fewer than 100 in this file."""
TREE = load("shipped:verifier-tree")


def half_dead() -> tuple[Model, object]:
    """Some leaves and one node without reward, a potential of zero, values off by a factor: runs of two particles die."""
    step = ((Edge(0, Rational(1, 3)), Edge(1, Rational(1, 3)), Edge(2, Rational(1, 3), ZERO)),)
    below = ((Edge(0, Rational(3, 4)), Edge(1, Rational(1, 4), Rational(2))), (Edge(2, ONE),), (Edge(3, ONE),))
    model = Model((("r",), ("a", "b", "c"), ("aa", "ab", "bb", "cc")), (step, below), (ONE, ZERO, Rational(1, 5), ONE))
    return model, twist(model, [[1], [2, Rational(1, 2), 3]])


def parallel() -> tuple[Model, object]:
    """Two moves of different weight lead to the same node, twice."""
    step = ((Edge(0, Rational(1, 2)), Edge(0, Rational(1, 4), Rational(5)), Edge(1, Rational(1, 4))),)
    below = ((Edge(0, ONE / 2, Rational(3)), Edge(0, ONE / 2), Edge(1, ZERO)), (Edge(1, ONE),))
    model = Model((("r",), ("a", "b"), ("aa", "bb")), (step, below), (ONE, Rational(2)))
    return model, twist(model, [[1], [1, 4]])


def off_by_a_quarter() -> tuple[Model, object]:
    model = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[-1])
    return model, with_bellman_error(model, "1/4")


CASES = {
    "verifier": (TREE.model, TREE.twist()),
    "half dead": half_dead(),
    "parallel": parallel(),
    "quarter": off_by_a_quarter(),
}


def outside(found, law) -> list[object]:
    """Outcomes of the exact law that lie outside their intervals."""
    pairs = [*zip(law.law, found.law_interval, strict=True), (law.dead, found.dead_interval)]
    return [p for p, (low, high) in pairs if not low <= p <= high]


@pytest.mark.by_turn
@pytest.mark.parametrize("visits", [1, 2, 5])
@pytest.mark.parametrize("case", CASES)
def test_walks_visit_leaves_by_the_exact_law(case, visits):
    process = backtracking.process(*CASES[case])
    found = estimate(process, visits, RUNS, seed=visits, error=ERROR)
    assert outside(found, output_law(process, visits)) == []
    assert found.dead_interval == (0, 0) and found.steps >= process.horizon
    assert found.normaliser is None and found.second_moment_interval is None


@pytest.mark.by_turn
@pytest.mark.parametrize("by_outputs", [False, True])
@pytest.mark.parametrize(("particles", "count"), [(2, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("case", CASES)
def test_sweeps_end_on_paths_of_the_exact_law(case, particles, count, by_outputs):
    process = conditional.holding(particles).process(*CASES[case])
    found = estimate(process, count, RUNS, seed=count, error=ERROR, by_outputs=by_outputs)
    exact = output_law(process, count)
    assert outside(found, exact) == []
    assert (found.dead > 0) == (exact.dead > 0) == (case == "half dead")


def test_other_counts_are_told_apart():
    """The intervals are short enough to refute a neighbour: a visit more, a sweep more, a particle more."""
    walk = backtracking.process(*CASES["parallel"])
    assert outside(estimate(walk, 1, RUNS, seed=1, error=ERROR), output_law(walk, 2))
    two, three = (conditional.holding(n).process(*CASES["half dead"]) for n in (2, 3))
    found = estimate(two, 1, 10 * RUNS, seed=1, error=ERROR)
    assert outside(found, output_law(two, 2)) and outside(found, output_law(three, 1))


def few_leaves() -> tuple[Model, object]:
    step = ((Edge(0, Rational(1, 2)), Edge(1, Rational(1, 2))),)
    below = ((Edge(0, Rational(1, 2)), Edge(1, Rational(1, 2))), (Edge(2, ONE),))
    model = Model((("r",), ("a", "b"), ("aa", "ab", "bb")), (step, below), (ONE, Rational(3), Rational(1, 2)))
    return model, twist(model, [[1], [1, 2]])


@pytest.mark.by_turn
@pytest.mark.parametrize(("case", "particles"), [("half dead", 2), ("quarter", 3), ("parallel", 3), ("few leaves", 25)])
def test_one_sweep_from_every_path(case, particles):
    """Rows of the kernel. Twenty-five particles are resampled by sorted draws, of which the one that the kept path replaces is any."""
    model, steered = (CASES | {"few leaves": few_leaves()})[case]
    process = naive.process(model, steered)
    kernel = conditional_kernel(process, particles, most=10**6)
    simulated = sweeps(replace(process, held=particles), 1)
    for z, (mass, row) in enumerate(zip(kernel.target, kernel.rows, strict=True)):
        if not mass:
            continue
        law, leaf = simulated.cloud(RUNS, np.full(RUNS, z, np.int32), np.random.default_rng(z))
        low, high = confidence.mean(np.clip(law, 0, 1), ERROR / law.shape[1])  # sums may round
        assert all(a <= p <= b for a, p, b in zip(low, (*row, ZERO), high, strict=True)), z
        drawn = np.bincount(leaf, minlength=law.shape[1])
        for p, n in zip((*row, ZERO), drawn, strict=True):
            a, b = confidence.clopper_pearson(int(n), RUNS, ERROR / law.shape[1])
            assert a <= p <= b, z


def capped_steps(process, visits: int, most: int) -> Rational:
    """`E[min(steps, most)]` of the walk, exactly: the law of its place, step by step, with the visits that are missing."""
    above, horizon = parents(process), process.horizon
    law, mean = {(0, 0, visits): ONE}, ZERO
    for _ in range(most):
        mean += sum(law.values(), ZERO)  # walks that take another step
        after: dict[tuple[int, int, int], Rational] = {}
        for (t, x, missing), p in law.items():
            ways = {(t - 1, above[t][x]): ONE} if t else {}
            if t < horizon:
                ways |= {(t + 1, y): g for y, g in weights_down(process, t, x).items()}
            total = sum(ways.values(), ZERO)
            for (s, y), g in ways.items():
                left = missing - (s == horizon)
                if left:
                    after[s, y, left] = after.get((s, y, left), ZERO) + p * g / total
        law = after
    return mean


@pytest.mark.by_turn
@pytest.mark.parametrize("visits", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_walks_take_the_exact_number_of_steps(case, visits):
    """Steps have no bound; cut at forty they have, and a mean in rationals."""
    process, most = backtracking.process(*CASES[case]), 40
    runs = simulate(process, visits, RUNS, seed=7)
    low, high = confidence.mean(np.minimum(runs.steps, most)[:, None] / most, ERROR)
    assert low[0] <= capped_steps(process, visits, most) / most <= high[0]
    assert runs.steps.min() == process.horizon + 2 * (visits - 1)


@pytest.mark.by_turn
@pytest.mark.parametrize("sampler", [backtracking, conditional])
def test_runs_repeat_whatever_the_threads(sampler):
    process = sampler.process(TREE.model, TREE.twist())
    seen = []
    one, three = (
        simulate(process, 2, 150_000, seed=3, threads=n, progress=lambda *at: seen.append(at)) for n in (1, 3)
    )
    assert (one.output == three.output).all() and seen[-1] == (150_000, 150_000) and len(seen) > 4
    assert (one.steps is None and (one.law == three.law).all()) or (
        one.law is None and (one.steps == three.steps).all()
    )
    assert (simulate(process, 2, 150_000, seed=4).output != one.output).any()
    assert one.log_normaliser is None and one.method == ("walk" if sampler is backtracking else "sweeps")


def test_what_cannot_be_run_is_refused(monkeypatch):
    step = (Edge(0, ONE / 2), Edge(1, ONE / 2))
    graph = Model((("r",), ("a", "b"), ("c", "d")), ((step,), (step, step)), (ONE, 2 * ONE))
    for sampler in (backtracking, conditional):
        process = sampler.process(graph, constant(graph))
        with pytest.raises(ModelError, match=r"entered from two states; .* give the prefix tree"):
            simulate(process, 1, 10, seed=1)
        process = sampler.process(TREE.model, TREE.twist())
        for option in ({"genealogies": True}, {"method": "particles"}, {"resampling": "systematic"}, {"threshold": 1}):
            with pytest.raises(InputError, match="leave them out"):
                simulate(process, 1, 10, seed=1, **option)
        with pytest.raises(InputError, match="not simulated as a run of particles"):
            realise(process, 1, seed=1)
        with pytest.raises(TooLarge, match="the limit is"):
            simulate(process, 1, 10**12, seed=1)
    with pytest.raises(InputError, match="holds no particles"):
        sweeps(naive.process(TREE.model, TREE.twist()), 1)
    with pytest.raises(TooLarge, match=r"10,000,000 sweeps of 3 steps of [0-9,]+ particles; take at most 333,333"):
        simulate(conditional.process(TREE.model, TREE.twist()), 10**7, 10, seed=1)
    walk = backtracking.process(TREE.model, perfect(TREE.model))
    monkeypatch.setattr(module, "MOST_STEPS", 19 * 1500)
    with pytest.raises(TooLarge, match=r"500 walks are not at 9 visits after 20 steps"):
        simulate(walk, 9, 500, seed=1)
    monkeypatch.setattr(module, "move_particles", None)  # the visits alone are too many: no step is drawn
    with pytest.raises(TooLarge, match=r"500 walks to 10 visits take 21 steps each or more; ask for fewer"):
        simulate(walk, 10, 500, seed=1)


def test_a_leaf_that_no_reward_reaches_is_never_visited():
    model, steered = CASES["half dead"]
    for sampler in (backtracking, conditional):
        found = estimate(sampler.process(model, steered), 1, 1000, seed=1)
        assert found.law[1] == found.law[3] == 0 and tuple(found.law_interval[3]) == (0, 0)
    assert rational(model.reward[1]) == 0
