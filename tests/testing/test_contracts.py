"""Contracts hold for samplers that are right, and break for each planted fault; shown on three samplers, one of them not ours."""

from __future__ import annotations

import json
import os
import subprocess
from math import log
from pathlib import Path

import numpy as np
import pytest

from smc.errors import InputError
from smc.montecarlo import realise, simulate
from smc.numbers import Rational
from smc.samplers import particle_process
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing import Instance
from smc.testing.contracts import CONTRACTS, DEAD, Runs, assert_contracts, check_sampler, one_by_one
from tests.testing.samplers import naive_smc, tables

ERROR = 1e-6
WITHOUT_ORDER = ("normaliser", "law", "target")
"""What can be asked of a sampler that hands out one particle of each run."""


def lattice(particles: int = 3, zero: bool = False) -> Instance:
    """Two states a layer, three steps, an asymmetric reward model that is wrong by factors up to 2; with `zero`, dead runs."""
    two = [("a", "a", "2/3"), ("a", "b", "1/3"), ("b", "a", "1/4"), ("b", "b", "3/4")]
    model = Model.from_edges(
        [["r"], ["a", "b"], ["a", "b"], ["a", "b"]],
        [[("r", "a", "2/5"), ("r", "b", "3/5")], two, two],
        {"a": "1", "b": "0" if zero else "3"},
        name="lattice",
    )
    return Instance(model, twist(model, [[1], [2, 1], [1, 2]]), particles)


@pytest.mark.parametrize("zero", [False, True])
def test_a_plain_sampler_keeps_them(zero):
    report = check_sampler(naive_smc(), lattice(zero=zero), replicates=50_000, error=ERROR)
    assert not report.broken, str(report)
    compared = {f.contract for f in report.findings}
    assert compared == set(CONTRACTS) - ({"exchangeable"} if zero else set())  # one living state: nothing to exchange


@pytest.mark.parametrize(
    ("fault", "contract"),
    [
        ("wrong-level", "law"),
        ("no-division", "normaliser"),
        ("lost-factor", "normaliser"),
        ("sorted", "exchangeable"),
        ("sign", "law"),
    ],
)
def test_planted_faults_break_them(fault, contract):
    report = check_sampler(naive_smc(fault), lattice(), replicates=50_000, error=ERROR)
    assert contract in report.broken, str(report)


def test_sorting_breaks_exchangeability_alone():
    assert check_sampler(naive_smc("sorted"), lattice(), replicates=50_000, error=ERROR).broken == ("exchangeable",)


def sticky(horizon: int, particles: int) -> Instance:
    """A fair choice, then nothing moves and all weights are 1: what is left of a run is its resampling, step after step."""
    stay = [("a", "a", 1), ("b", "b", 1)]
    model = Model.from_edges(
        [["r"], *[["a", "b"]] * horizon],
        [[("r", "a", "1/2"), ("r", "b", "1/2")], *[stay] * (horizon - 1)],
        {"a": 1, "b": 1},
    )
    return Instance(model, twist(model, [[1], *[[1, 1]] * (horizon - 1)]), particles)


def test_a_resampler_biased_by_one_per_cent_is_caught():
    """1 % in the weights adds up to 1.3 % in the law over eight steps; the normaliser does not see it."""
    contracts = ("normaliser", "law", "exchangeable")
    report = check_sampler(
        naive_smc("biased-resampler"), sticky(8, 10), replicates=100_000, error=ERROR, contracts=contracts
    )
    assert report.broken == ("law",), str(report)
    assert not check_sampler(naive_smc(), sticky(8, 10), replicates=100_000, error=ERROR, contracts=contracts).broken


def test_a_sign_error_hides_in_a_symmetric_model():
    """With equal values on every level the flipped sign does nothing: the asymmetric instance is what finds it."""
    asymmetric = lattice()
    flat = Instance(asymmetric.model, twist(asymmetric.model, [[1], [1, 1], [1, 1]]), 3)
    assert not check_sampler(
        naive_smc("sign"), flat, replicates=20_000, error=ERROR, contracts=("normaliser", "law")
    ).broken
    assert check_sampler(naive_smc("sign"), asymmetric, replicates=20_000, error=ERROR).broken


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
def test_our_realised_runs_keep_them(algorithm):
    """The exact-rational runs of this project, one at a time: the terminal states after the last resampling are its last ancestors'."""

    def single(model, reward_model, particles, seed):
        run = realise(particle_process(model, reward_model, algorithm), particles, seed=seed % 2**32)
        return ([] if run.output is None else [run.output] * particles), float(run.normaliser)

    assert_contracts(
        one_by_one(single),
        lattice(),
        algorithm=algorithm,
        replicates=4000,
        error=ERROR,
        contracts=WITHOUT_ORDER,
    )


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
def test_our_vectorised_engine_keeps_them(algorithm):
    """It hands out one particle of each run, so exchangeability has nothing to compare."""

    def sampler(model, reward_model, particles, replicates, seed):
        runs = simulate(particle_process(model, reward_model, algorithm), particles, replicates, seed=seed)
        output = np.where(runs.output == len(model.layers[-1]), DEAD, runs.output)
        return Runs(np.repeat(output[:, None], particles, axis=1), runs.normaliser)

    assert_contracts(
        sampler,
        lattice(),
        algorithm=algorithm,
        replicates=50_000,
        error=ERROR,
        contracts=WITHOUT_ORDER,
    )


# --- the library `particles`, as its user would check it -------------------------------------------

ROOT = Path(__file__).parents[2]
INTERPRETER = Path(os.environ.get("PARTICLES_PYTHON", ROOT / "build" / "particles-venv" / "bin" / "python"))
needs_particles = pytest.mark.skipif(
    not INTERPRETER.exists(),
    reason="the particles library is not there: python -m venv build/particles-venv && build/particles-venv/bin/pip install particles",
)


def library(resampling: str, last: str):
    """`particles` as a sampler, in its own interpreter; `last` makes the equally weighted particles of the end."""

    def sampler(model, reward_model, particles, replicates, seed):
        moves, potentials, values = tables(model, reward_model)
        log_weights = [
            [[log(w) if w > 0 else None for w in row] for row in psi * values[t + 1][None, :] / values[t][:, None]]
            for t, psi in enumerate(potentials)
        ]
        job = {
            "moves": [m.tolist() for m in moves], "log_weights": log_weights, "particles": particles, "replicates": replicates,
            "seed": seed, "resampling": resampling,
            "last": last,
        }  # fmt: skip
        script = Path(__file__).with_name("particles_library.py")
        done = subprocess.run(
            [str(INTERPRETER), str(script)], input=json.dumps(job), capture_output=True, check=True, text=True
        )
        answer = json.loads(done.stdout)
        return Runs(np.array(answer["states"]), float(values[0][0]) * np.exp(answer["log_normaliser"]))

    return sampler


@needs_particles
def test_particles_multinomial_is_right_but_sorted():
    """Its multinomial resampling returns ordered particles, as its documentation says: the law is right, the order is information."""
    report = check_sampler(library("multinomial", "multinomial"), lattice(), replicates=4000, error=ERROR)
    assert report.broken == ("exchangeable",), str(report)


@needs_particles
def test_particles_shuffled_multinomial_keeps_everything():
    assert_contracts(library("multinomial", "multinomial_iid"), lattice(), replicates=4000, error=ERROR)


@needs_particles
def test_particles_systematic_is_unbiased_with_another_law():
    report = check_sampler(
        library("systematic", "multinomial_iid"),
        lattice(),
        replicates=4000,
        error=ERROR,
        contracts=("normaliser", "target"),
    )
    assert not report.broken, str(report)


# --- the guarantee, and bad input ------------------------------------------------------------------


def test_false_alarms_stay_below_the_stated_probability():
    """At a generous error of 1/5, 40 honest checks: the intervals are conservative, so fewer than 8 alarms (fixed seeds)."""
    alarms = sum(
        bool(check_sampler(naive_smc(), lattice(2), replicates=200, seed=seed, error=0.2).broken) for seed in range(40)
    )
    assert alarms <= 8


BAD = [
    ({"contracts": ()}, "no contract"),
    ({"contracts": ("speed",)}, "unknown contract"),
    ({"replicates": 0}, "replicates"),
    ({"replicates": 2.5}, "replicates"),
    ({"error": 0}, "error"),
    ({"error": 1.5}, "error"),
    ({"algorithm": "magic"}, "unknown algorithm"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_arguments(options, words):
    with pytest.raises(InputError, match=words):
        check_sampler(naive_smc(), lattice(), **options)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda r, n: None, "neither"),
        (lambda r, n: Runs(np.zeros((r, n + 1), int), np.ones(r)), "shapes"),
        (lambda r, n: Runs(np.full((r, n), 9), np.ones(r)), "do not exist"),
        (lambda r, n: Runs(np.zeros((r, n)), np.ones(r)), "do not exist"),
        (lambda r, n: Runs(np.zeros((r, n), int), np.full(r, -1.0)), "negative"),
        (lambda r, n: Runs(np.zeros((r, n), int), np.full(r, np.nan)), "infinite"),
    ],
)
def test_samplers_that_return_nonsense(returned, words):
    with pytest.raises(InputError, match=words):
        check_sampler(lambda model, v, n, r, seed: returned(r, n), lattice(), replicates=10)


def test_a_normaliser_beyond_its_largest_value_is_broken():
    honest = naive_smc()

    def inflated(*arguments):
        states, normaliser = honest(*arguments)
        return Runs(states, normaliser * 1000)

    assert "normaliser" in check_sampler(inflated, lattice(), replicates=100).broken


def test_one_by_one_marks_dead_runs():
    runs = one_by_one(lambda model, v, n, seed: ([], 0.0))(None, None, 3, 2, 0)
    assert (runs.states == DEAD).all()
    assert Rational(0) == int(runs.normaliser.sum())
