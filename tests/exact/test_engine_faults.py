"""Planted faults are caught: an off-by-one in a Taylor shift, a missing prime, a wrong residue. A test that cannot fail is a defect."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from smc.exact import output_law
from smc.exact.occupancy import plain, residues
from smc.exact.occupancy.arithmetic import WholeNumbers
from smc.exact.occupancy.residues import Residues
from tests.exact.random_processes import processes, reference

PARTICLES = 5


def _caught(method: str) -> bool:
    """Whether the engine refuses to answer or answers wrong on the reference model, and so fails the comparison with the plain engine."""
    try:
        return output_law(reference(3, 3), PARTICLES, method=method) != plain.plain_law(reference(3, 3), PARTICLES)
    except (ArithmeticError, ZeroDivisionError):
        return True


@pytest.mark.parametrize("method", ["transform", "residues"])
def test_nothing_is_caught_where_nothing_is_planted(method: str) -> None:
    assert not _caught(method)


@pytest.mark.parametrize(("arithmetic", "method"), [(WholeNumbers, "transform"), (Residues, "residues")])
def test_shift_by_one_too_many(monkeypatch: pytest.MonkeyPatch, arithmetic: type, method: str) -> None:
    """`x + amount + 1` in place of `x + amount`, in every shift."""
    true_shift = arithmetic.shift
    monkeypatch.setattr(
        arithmetic,
        "shift",
        lambda self, x, step: true_shift(self, x, dataclasses.replace(step, amount=step.amount + 1)),
    )
    assert _caught(method)


@pytest.mark.parametrize(("arithmetic", "method"), [(WholeNumbers, "transform"), (Residues, "residues")])
def test_one_shift_among_many(monkeypatch: pytest.MonkeyPatch, arithmetic: type, method: str) -> None:
    """Each single shift of the run, off by one, is caught."""
    true_shift = arithmetic.shift
    calls, wrong = 0, -1

    def planted(self, x, step):
        nonlocal calls
        calls += 1
        return true_shift(self, x, dataclasses.replace(step, amount=step.amount + (calls - 1 == wrong)))

    monkeypatch.setattr(arithmetic, "shift", planted)
    assert not _caught(method)
    count = calls
    assert count >= 8
    for wrong in range(count):
        calls = 0
        assert _caught(method), wrong


@pytest.mark.parametrize(("arithmetic", "method"), [(WholeNumbers, "transform"), (Residues, "residues")])
def test_horner_stops_one_point_early(monkeypatch: pytest.MonkeyPatch, arithmetic: type, method: str) -> None:
    """The longest line is shifted without its last point."""
    true_shift = arithmetic.shift

    def planted(self, x, step):
        corner = step.lines.rows[-1:]  # all particles in cell i: the end of the longest line
        last, x[corner] = x[corner], self.zero
        x = true_shift(self, x, step)
        x[corner] = last
        return x

    monkeypatch.setattr(arithmetic, "shift", planted)
    assert _caught(method)


def test_missing_prime(monkeypatch: pytest.MonkeyPatch) -> None:
    """One prime fewer than the denominator needs: the numerators no longer add up, and the engine says so."""
    enough = residues.primes_below
    monkeypatch.setattr(residues, "primes_below", lambda top, avoid, bits: enough(top, avoid, bits)[:-1])
    with pytest.raises(ArithmeticError, match="a prime is missing"):
        output_law(reference(3, 4), 8, method="residues")


def test_a_wrong_residue(monkeypatch: pytest.MonkeyPatch) -> None:
    """One residue of one numerator off by one, in one lane."""
    true_weigh = Residues.weigh

    def planted(self, x, counts, factor):
        value = true_weigh(self, x, counts, factor)
        value[-1] += 1
        return value

    monkeypatch.setattr(Residues, "weigh", planted)
    with pytest.raises(ArithmeticError, match="a residue is wrong"):
        output_law(reference(3, 4), 8, method="residues")


def test_stirling_with_a_wrong_coefficient(monkeypatch: pytest.MonkeyPatch) -> None:
    """`n (n)_j = (n)_{j+1} + (j + 1) (n)_j`: wrong, and caught."""

    def planted(self, x, step):
        starts, counts = step.lines.starts, step.lines.lengths
        x = x[step.lines.rows]
        for i in range(1, len(counts) - 1):
            for r in range(len(counts) - 1, i, -1):
                x[starts[r] : starts[r + 1]] += (r - i + 1) * x[starts[r - 1] : starts[r - 1] + counts[r]]
        placed = np.empty_like(x)
        placed[step.lines.rows] = x
        return placed

    monkeypatch.setattr(WholeNumbers, "stirling", planted)
    assert _caught("transform")


def test_faults_are_seen_on_random_processes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An off-by-one shift is caught on most random processes that shift at all (some amounts do not matter to the law)."""
    true_shift = WholeNumbers.shift
    made = [p for p in processes(7, 60) if p.horizon > 1]
    truths = [plain.plain_law(p, 3) for p in made]
    shifted: set[int] = set()

    def planted(self, x, step):
        shifted.add(current)
        return true_shift(self, x, dataclasses.replace(step, amount=step.amount + 1))

    monkeypatch.setattr(WholeNumbers, "shift", planted)
    caught = 0
    for current, (process, truth) in enumerate(zip(made, truths, strict=True)):  # noqa: B007  (read by `planted`)
        try:
            caught += output_law(process, 3, method="transform") != truth
        except ArithmeticError:
            caught += 1
    assert len(shifted) > 10
    assert caught > len(shifted) // 2
