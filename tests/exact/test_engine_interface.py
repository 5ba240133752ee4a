"""What the engines promise around the answer: the plan, refusals before anything is allocated, progress, interruption, speed at large N."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import smc.exact as exact
from smc.errors import InputError, TooLarge
from smc.exact import explain_law, output_law, second_moment
from smc.exact.law import CertifiedLaw, FloatLaw, OutputLaw
from smc.exact.occupancy import plain, residues
from smc.numbers import Rational, ball
from smc.samplers import particle_process
from smc.samplers.process import ParticleProcess, Selection
from smc.samplers.resampling import resampling_of
from smc.setting.model import Model
from smc.setting.twist import constant, perfect
from tests.exact.random_processes import process, reference


def test_three_modes_three_types() -> None:
    made = reference(3, 3)
    assert type(output_law(made, 3)) is OutputLaw
    assert type(output_law(made, 3, mode="certified")) is CertifiedLaw
    assert type(output_law(made, 3, mode="float")) is FloatLaw


def test_distances_by_hand() -> None:
    """(1/2, 1/4) and 1/4 for a run that dies against (3/4, 1/4): (1/4 + 0 + 1/4)/2."""
    half, quarter, pi = Rational(1, 2), Rational(1, 4), (Rational(3, 4), Rational(1, 4))
    balls = CertifiedLaw((ball(half), ball(quarter)), ball(quarter), 64, 64)
    assert OutputLaw((half, quarter), quarter).total_variation(pi) == quarter
    assert balls.total_variation(pi).overlaps(ball(quarter)) and balls.total_variation(pi).rad() < 1e-15
    assert FloatLaw((0.5, 0.25), 0.25).total_variation(pi) == 0.25


def test_certified_radius_is_the_one_asked_for() -> None:
    for bits in (10, 100, 1000):
        law = output_law(reference(3, 4), 12, mode="certified", bits=bits)
        assert law.precision > bits
        assert all(float(b.rad()) <= 2.0**-bits for b in (*law.law, law.dead))


def test_the_plan_names_the_engine_and_why() -> None:
    small, large = explain_law(reference(), 2), explain_law(reference(), 32)
    assert (small.method, large.method) == ("direct", "transform")
    assert large.occupancies == 561 and large.cells == 3
    assert large.costs[0].seconds < large.costs[1].seconds
    text = "\n".join(large.lines())
    assert "561 occupancies" in text and "transform is the fastest" in text and "not chosen: direct" in text


def test_explain_is_called_with_the_plan_before_the_run() -> None:
    seen = []
    output_law(reference(3, 3), 3, explain=seen.append)
    assert [plan.method for plan in seen] == ["direct"]


@pytest.mark.parametrize("method", ["direct", "transform", "residues"])
def test_the_engine_that_is_asked_for_is_run(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "_run", lambda chain, particles, run, bits, ticker: run)
    assert output_law(reference(3, 3), 3, method=method) == method


def test_a_law_in_which_the_engines_have_no_part_takes_no_seconds() -> None:
    made = reference(3, 3)
    assert exact.seconds_of_law(made, 1) == 0 < exact.seconds_of_law(made, 3)
    for other in (replace(made, selection=Selection.WEIGHTED), replace(made, resampling=resampling_of("stratified"))):
        assert exact.seconds_of_law(other, 3) == 0
    assert exact.seconds_of_law(made, 10**9) == float("inf")


def test_less_memory_means_residues() -> None:
    plan = explain_law(reference(), 100, memory=100 * 2**20)
    assert plan.method == "residues"
    assert "that fits into 100 MiB" in plan.reason


@pytest.mark.parametrize(("states", "particles"), [(3, 10**6), (4, 10**4)])
def test_too_large_is_refused_before_anything_is_allocated(states: int, particles: int) -> None:
    made = reference(states)
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(TooLarge) as caught:
        output_law(made, particles)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22 and time.process_time() - started < 5
    message = str(caught.value)
    assert "\n" not in message
    for part in (
        f"{particles} particles",
        "occupancies",
        "would take about",
        "the limits are",
        "use at most",
        "Monte Carlo",
    ):
        assert part in message, message


def test_the_refusal_names_a_number_of_particles_that_fits() -> None:
    with pytest.raises(TooLarge) as caught:
        output_law(reference(), 5000, memory=2**28)
    most = int(caught.value.mend.split("at most ")[1].split()[0])
    assert explain_law(reference(), most, memory=2**28).method
    with pytest.raises(TooLarge):
        explain_law(reference(), most + 1, memory=2**28)


def test_a_number_of_particles_beyond_machine_words_is_costed_too() -> None:
    """Bounds ask for such numbers, and a plan asks what their laws would take."""
    with pytest.raises(TooLarge) as caught:
        explain_law(reference(), 10**76, memory=2**28)
    most = int(caught.value.mend.split("at most ")[1].split()[0])
    assert explain_law(reference(), most, memory=2**28).method and most < 5000


def test_too_large_for_exact_offers_the_modes_that_fit() -> None:
    with pytest.raises(TooLarge, match="mode 'certified'"):
        output_law(reference(), 500, memory=2**30)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"particles": 0}, "particles: 0; give"),
        ({"particles": 2, "mode": "fast"}, "unknown mode 'fast'"),
        ({"particles": 2, "method": "balls"}, "no engine 'balls' in mode 'exact'"),
    ],
)
def test_bad_arguments(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        output_law(reference(3, 2), **arguments)


def test_a_process_without_resampling_is_refused() -> None:
    made = reference(3, 2)
    with pytest.raises(InputError, match="does not resample"):
        output_law(ParticleProcess("sis", made.steps, made.sizes, made.scale, Selection.WEIGHTED), 2, mode="certified")


def test_a_state_without_a_law_is_named() -> None:
    made = reference(3, 2)
    broken = (made.steps[0], ((), *made.steps[1][1:]))
    with pytest.raises(InputError, match=r"steps\[1\]\[0\].*sum to 0"):
        output_law(ParticleProcess("broken", broken, made.sizes, made.scale), 2)


def test_a_process_whose_particles_all_die() -> None:
    made = process(random.Random(0), [2, 2], zeros=1.0)
    assert output_law(made, 3) == plain.plain_law(made, 3) == OutputLaw(output_law(made, 3).law, 1)
    assert second_moment(made, 3) == 0


@pytest.mark.parametrize("method", ["direct", "transform", "residues"])
def test_progress_comes_only_after_a_second_and_grows(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """The clock is moved on: nothing is reported in the first second, then shares in [0, 1] that never fall."""
    quiet: list[float] = []
    output_law(reference(3, 3), 6, method=method, progress=lambda share, label: quiet.append(share))
    assert not quiet
    clock = iter(range(10**9))
    monkeypatch.setattr(exact, "time", SimpleNamespace(monotonic=lambda: 1.1 * next(clock)))
    shares: list[float] = []
    labels = set()

    def progress(share: float, label: str) -> None:
        shares.append(share)
        labels.add(label)

    output_law(reference(3, 3), 6, method=method, progress=progress)
    assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    assert labels == {f"exact law of 6 particles ({method})"}


def test_interruption_leaves_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the calling thread (here from the progress callback) stops the workers before it is passed on."""
    before = threading.active_count()

    def interrupt(share: float) -> None:
        raise KeyboardInterrupt

    from smc.exact.occupancy.cells import cell_chain
    from smc.exact.occupancy.engine import schedule

    with pytest.raises(KeyboardInterrupt):
        residues.output_numerators(schedule(cell_chain(reference()), 24), lanes=16, tick=interrupt)
    assert threading.active_count() == before
    assert output_law(reference(3, 3), 3, method="residues") == plain.plain_law(reference(3, 3), 3)


@pytest.fixture(scope="module")
def frozen_lake() -> Model:
    pytest.importorskip("gymnasium", reason="FrozenLake's table comes with gymnasium (pip install bellman-smc[gym])")
    from smc.formats import load

    return load("gym:FrozenLake-v1?map_name=8x8&horizon=50", rationalise=True).model


@pytest.mark.by_turn
def test_frozen_lake_second_moment_at_a_million_particles(frozen_lake: Model) -> None:
    """Horizon 50, N = 10^6: values and E[Zhat^2] in well under 5 s of processor time; at N = 1 it is the importance weight's moment."""
    started = time.process_time()
    steered = perfect(frozen_lake)
    made = particle_process(frozen_lake, steered, "naive")
    moment = second_moment(made, 10**6)
    assert time.process_time() - started < 5
    z = steered.values[0][0]
    assert z**2 < moment < z**2 * (1 + Rational(1, 10**4))
    single = second_moment(made, 1)  # one particle: E[prod w^2], a recursion over single states
    mass = {0: made.scale**2}
    for step in made.steps:
        following: dict = {}
        for x, value in mass.items():
            for y, p, w in step[x]:
                if w:
                    following[y] = following.get(y, 0) + value * p * w * w
        mass = following
    assert single == sum(mass.values())


def test_second_moments_decrease_to_z_squared(frozen_lake: Model) -> None:
    """E[Zhat^2] falls with N towards Z^2, for a reward model that is wrong too."""
    steered = constant(frozen_lake)
    made = particle_process(frozen_lake, steered, "naive")
    moments = [second_moment(made, n) for n in (1, 10, 1000, 10**6)]
    assert moments == sorted(moments, reverse=True)
    z = perfect(frozen_lake).values[0][0]
    assert moments[-1] > z**2


@pytest.mark.parametrize(("horizon", "particles"), [(1, 30), (2, 20), (6, 14), (12, 13)])
def test_certified_law_at_more_particles_than_the_probe(horizon: int, particles: int) -> None:
    """The precision that a run of four particles suggests is enough, and not far too much."""
    law = output_law(reference(3, horizon), particles, mode="certified", bits=100)
    exact = output_law(reference(3, horizon), particles)
    assert law.precision < 150 + 3 * particles * horizon
    for enclosure, value in zip((*law.law, law.dead), (*exact.law, exact.dead), strict=True):
        assert enclosure.overlaps(ball(value, 4000)) and enclosure.rad() <= ball(Rational(1, 2**100), 20)


@pytest.mark.nightly
def test_a_hundred_particles_in_250_mebibytes() -> None:
    """S = 3, T = 6, N = 100, exact, in an interpreter of its own: probabilities of 220,000-bit denominators that add up to 1."""
    code = (
        "import resource; from random_processes import reference; from smc.exact import output_law\n"
        "law = output_law(reference(), 100); assert sum(law.law) + law.dead == 1\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    assert float(done.stdout) < 250
