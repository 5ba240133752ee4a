"""TV is not monotone in N: the least N that meets an accuracy and the least from which on it is met, each settled count by count."""

from __future__ import annotations

import math
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.checks.atlas import chart, model_setting
from smc.checks.least import _Look, least_particles
from smc.cli import run
from smc.exact import output_law
from smc.exact.enough import enough
from smc.formats import load
from smc.numbers import Rational, rational
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.model import prefix_tree
from smc.setting.twist import from_function
from tests.cases import FOLDER, report
from tests.effort import NIGHTLY, effort

LAWS = {
    "least_particles_dip": {
        1: "238269/1394500",
        2: "149364116742713/3556739186000000",
        3: "2420725277831307163844422444009083/996657374383597058420888600000000000",
        4: "85852550437892694275597783802577391943623013583984111116665639869097/"
        "5404519115475836663289753177439061638851552907972375000000000000000000",
    },
    "least_particles_first_dip": {1: "1/6", 2: "1/540", 3: "514691/14739000", 4: "45450864587693/1124154281250000"},
}
COUNTS = {"least_particles_dip": (3, 9), "least_particles_first_dip": (2, 33)}


@pytest.mark.by_turn
@pytest.mark.parametrize("name", LAWS)
def test_both_counts(name, capsys):
    path = str(FOLDER / f"{name}.json")
    entry = report(capsys, "atlas", path, "--delta", "1/100", "--particles", "1,2,3,4", "--budget", "600")["entries"][0]
    observed = {row["particles"]: row["observed"] for row in entry["rows"]}
    assert {n: Fraction(value) for n, value in observed.items()} == {n: Fraction(v) for n, v in LAWS[name].items()}
    first, onward = COUNTS[name]
    assert (entry["least_particles"], entry["least_particles_onward"], entry["least_open"]) == (first, onward, [])
    setting = model_setting(load(path).model, load(path).twist())
    meets = [n for n in range(1, 13) if setting.distance(n) <= Fraction(1, 100)]  # the exact law, nothing enclosed
    assert meets == [first, *range(onward, 13)]
    if not NIGHTLY and name == "least_particles_dip":
        return  # seconds for the same search again: the words are read on the other case
    text = chart(setting, "1/100", [1]).least.text(rational("1/100"))
    assert text.startswith(f"exact least N for TV ≤ 1/100: {first}; from N = {onward} on every N (")


def test_the_last_miss_of_the_first_dip_is_a_miss():
    source = load(str(FOLDER / "least_particles_first_dip.json"))
    distance = model_setting(source.model, source.twist()).distance
    assert distance(33) <= Fraction(1, 100) < distance(32)


WEIGHTS = st.sampled_from(["1", "2", "1/2", "4", "1/4"])


@given(st.lists(WEIGHTS, min_size=6, max_size=6), st.sampled_from(["1/5", "1/20", "1/50"]))
@settings(max_examples=effort(15, sample=2), deadline=None)
def test_no_count_is_claimed_wrongly(weights, delta):
    model = prefix_tree(2, lambda p: {"0": "1/3", "1": "2/3"}, lambda p: weights[int("".join(p), 2)])
    twist = from_function(model, lambda t, s: 1 if t == 0 else weights[4 + int(s)])
    process, target = particle_process(model, twist, "naive"), analyse(model, twist).target
    distance = lambda n: output_law(process, n, mode="certified").total_variation(target)  # noqa: E731
    exact = [output_law(process, n).total_variation(target) for n in range(1, 13)]
    found = least_particles(process, distance, rational(delta))
    assert not found.open and found.particles <= found.onward
    for n, distance in enumerate(exact, 1):
        if n < found.particles:
            assert distance > Rational(delta)
        if n == found.particles or n >= found.onward:
            assert distance <= Rational(delta)
        if n == found.onward - 1:
            assert distance > Rational(delta)


def test_what_is_not_settled_is_said_to_be_open(monkeypatch):
    source = load(str(FOLDER / "least_particles_dip.json"))
    setting = model_setting(source.model, source.twist())
    certified = enough(setting.process, rational("1/100"), budget=0)
    found = least_particles(setting.process, setting.near, rational("1/100"), certified=certified, seconds=0)
    assert (found.particles, found.onward) == (666, 666), "what the theorems promise"
    assert found.open == ((1, 665),) and "open: N = 1..665" in found.text(rational("1/100"))
    monkeypatch.setattr("smc.checks.least.MOST_ENCLOSURE", 0.0)
    found = least_particles(setting.process, setting.near, rational("1/100"))
    assert (found.particles, found.onward, found.open) == (3, None, ((4, None),))
    assert "open: N = 4 and more" in found.text(rational("1/100"))


SIDES = {"meets": True, "misses": False, "open": None}


@given(
    st.lists(st.sampled_from(list(SIDES)), min_size=1, max_size=40).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=1, max_size=120)
    ),
    st.sampled_from([1, 3, 50]),
)
@settings(max_examples=effort(200, sample=40), deadline=None)
def test_no_certified_count_lies_in_what_is_said_to_be_open(sides, most):
    """Whatever laws and enclosures would say, count by count, and however soon a scan gives up: neither number is open, both keep what
    they say, and what is called the least has certain misses alone before it."""
    tail = len(sides) + 1

    def block(self, low, high):
        found = {SIDES[side] for side in sides[low - 1 : high]}
        self.blunt = self.blunt or (low == high and None in found)
        return found.pop() if len(found) == 1 else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Look, "_block", block)
        patch.setattr("smc.checks.least.MOST_UNSETTLED", most)
        patch.setattr("smc.checks.least.ways", lambda *_: [SimpleNamespace(seconds=math.inf, level=2)])
        patch.setattr("smc.checks.least.joined", lambda process: (process,))
        found = least_particles(None, None, rational("1/100"), [(tail, "a theorem")])
    listed = [n for low, high in found.open for n in range(low, high + 1)]
    assert found.particles <= found.onward <= tail and not {found.particles, found.onward} & set(listed)
    assert found.particles == tail or sides[found.particles - 1] == "meets"
    assert set(sides[found.onward - 1 :]) <= {"meets"}
    assert found.first is not any(n < found.particles for n in listed)
    if found.first:
        assert set(sides[: found.particles - 1]) <= {"misses"}
    if found.needed and found.onward > 1:
        assert sides[found.onward - 2] == "misses"
    if most == 50 and sides.count("open") < 50:
        assert {sides[n - 1] for n in listed} <= {"open"}


def test_what_is_open_is_said_beside_what_is_certain(monkeypatch, capsys):
    """Were there no laws and no level four, many counts would be open: every output says so of the same two numbers."""
    monkeypatch.setattr(_Look, "_one", lambda self, n: None)
    model = ["shipped:verifier-tree", "--delta", "1/100"]
    found = report(capsys, "plan", *model)
    assert found["open"] and not found["first_needed"] and not found["least_needed"]
    assert found["open"][-1][1] < found["first"] <= found["least"]
    assert run(["plan", *model]) == 0
    text = capsys.readouterr().out
    assert "open: N = " in text and "certainly met at" in text and "certain for good from" in text
    assert "first met at" not in text.split("level four")[1] and "exact: from" not in text
    entry = report(capsys, "atlas", *model, "--particles", "1")["entries"][0]
    assert (
        entry["least_needed"] == {"first": False, "onward": False}
        and entry["least_open"][-1][1] < entry["least_particles"]
    )
