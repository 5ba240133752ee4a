"""Runs of the loop on a chain: what their genealogy says of the normaliser is what is certified of it."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from smc.errors import InputError
from smc.lm.adapter import Text, steer
from smc.lm.automaton import ends
from smc.lm.chain import chain
from smc.lm.known import Known
from smc.lm.logged import log_of_prefixes, log_of_runs
from smc.rewards.audit import audit
from smc.rewards.genealogy import genealogy
from tests.effort import effort
from tests.lm.small import SYMBOLS, letters


@pytest.fixture(scope="module")
def known():
    found = chain(letters(), ends(["a", "b"], SYMBOLS[:-1]), 5, low=0.125)
    values = np.clip(found.value * np.random.default_rng(1).uniform(0.5, 2, found.value.shape), 0.05, 1.0)
    values[-1], values[:, -2:] = found.reward, found.reward[-2:]
    return Known(found.steer(values))


def test_texts_have_their_probability_and_reward(known):
    found = known.steered.chain
    moves, path = found.moves.toarray(), found.walk(200, 3)
    ended = next(row for row in path if row[2] < found.states - 2 <= row[3])
    text = Text(tuple(int(x) for x in ended[1:4]), True)
    chance = math.log(moves[0, ended[1]] * moves[ended[1], ended[2]] * moves[ended[2], ended[3]])
    assert known.log_prob([text, Text()]) == pytest.approx([chance, 0.0])
    assert known.value([text])[0] == found.reward[ended[3]] and known.value([Text()])[0] == known.steered.values[0, 0]
    assert known.sample_children([text], np.random.default_rng(0)) == [text]


def test_logs_do_not_outlive_their_process(tmp_path):
    script = (
        "import sys; from smc.lm.logged import _written; paths = [_written([{'a': 1}]), _written([])]; "
        "assert len(set(paths)) == 2 and open(paths[0]).read(); print(*paths)"
    )
    paths = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert len(paths) == 2 and all(path.startswith(str(tmp_path)) for path in paths)
    assert not list(tmp_path.iterdir())


def test_logs_are_audited(known):
    runs = audit([log_of_runs(known.steered, 16, 10)])
    assert runs.genealogies is not None and runs.genealogies.runs == 10 and runs.naming is not None
    assert runs.naming.decided is not None and runs.naming.decided.multiplier.name == "ratio"
    prefixes = audit([log_of_prefixes(known.steered, 200, 0)]).facts
    assert prefixes is not None and prefixes.eps[0] <= known.steered.bellman_error * (1 + 1e-9)
    assert prefixes.cumulative_seen == pytest.approx(known.steered.cumulative)


def test_normaliser_and_its_variance(known):
    """Zhat over runs has mean Z and the relative variance that is certified; disjoint ancestors estimate it from each run."""
    count, particles, rng = effort(2000, sample=700), 16, np.random.default_rng(2)
    runs = [steer(known, particles, 5, rng, str(k)) for k in range(count)]
    chain_ = known.steered.chain
    zhat = np.exp([found.log_normaliser for found in runs]) / chain_.normaliser
    variance = known.steered.certificate(particles).variance
    assert abs(zhat.mean() - 1) < 5 * math.sqrt(variance / count)
    estimates = [genealogy(found.run).relative_variance for found in runs]
    weighed = zhat**2 * np.array(estimates)
    assert abs(weighed.mean() - variance) < 5 * weighed.std() / math.sqrt(count) < 0.5 * variance


@pytest.mark.by_turn
def test_the_effective_share_of_a_loop(known):
    """Prefixes that a loop met are weighted by V already: `E[w]^2 / E[w^2]` of its particles is what a large cloud has."""
    found = audit([log_of_runs(known.steered, 400, 10)]).facts
    chain_, values = known.steered.chain, known.steered.values
    assert found is not None
    for t in range(1, 5):
        cloud = chain_.front[t] * values[t]
        weights = values[t + 1][None, :] / values[t][:, None]
        law = cloud[:, None] * chain_.moves.toarray() / cloud.sum()
        exact = (law * weights).sum() ** 2 / (law * weights**2).sum()
        assert found.steps[t].effective == pytest.approx(exact, abs=0.03)


def test_ended_texts_have_their_reward(known):
    with pytest.raises(InputError, match="another value than its reward"):
        Known(known.steered.chain.steer(known.steered.values * 0.5))
