"""Estimates made before a run: what they count is what the engines do, in particles, shifts, bits and bytes."""

from __future__ import annotations

import io
import time
import tracemalloc
from itertools import pairwise
from math import log2, prod

import numpy as np
import pytest

from smc.errors import TooLarge
from smc.exact.occupancy import cost
from smc.exact.occupancy.cells import CellChain, Cells, cell_chain
from smc.exact.occupancy.cost import (
    MANY,
    _Sizes,
    available_memory,
    choose,
    denominator_bits,
    duration,
    lanes_for,
    last_by_polynomial,
    product,
    size,
)
from smc.exact.occupancy.direct import _by_support, direct_law
from smc.exact.occupancy.engine import schedule
from smc.exact.occupancy.floats import float_law
from smc.exact.occupancy.last import last_resampling
from smc.exact.occupancy.simplex import occupancy_count, simplex
from smc.exact.occupancy.transform import Shift
from tests.exact.random_processes import processes, reference


def layered(*layers: tuple[int, ...]) -> CellChain:
    """A chain with cells of the given weights, a state each; every cell moves to all of the next layer, evenly."""
    first, denominators = (1,) * len(layers[0]), [len(layers[0])]
    moves = []
    for here, there in pairwise(layers):
        moves.append(tuple(tuple((c, 1) for c in range(len(there))) for _ in here))
        denominators.append(len(there))
    cells = tuple(Cells(tuple(range(len(layer))), layer) for layer in layers)
    return CellChain(cells, first, tuple(moves), tuple(denominators), len(layers[-1]))


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("layers", "particles"), [(((1,), (3, 1, 2, 3, 1), (1, 1)), 40), (((1, 2), (1, 2, 3), (1, 2)), 60)]
)
def test_floats_stay_within_their_estimate(layers, particles):
    """Many occupancies before the last move, and few weights after it: the tables of powers are the large ones there."""
    chain = layered(*layers)
    float_law(chain, 2)
    tracemalloc.start()
    found = float_law(chain, particles)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert abs(sum(found.law) + found.dead - 1) < 1e-9
    estimate = _Sizes(chain, particles, 0).cost("float64")
    assert peak < estimate.bytes < 2 * peak + 2e8
    powers = occupancy_count(particles, len(layers[-2])) * len(set(layers[-1])) * particles
    assert 1e-8 * powers < estimate.seconds < 1


@pytest.mark.by_turn
def test_a_block_of_the_kernel_is_within_the_estimate():
    """45,900 entries, numbers of flint, beside 3,060 occupancies: more than all occupancies together."""
    chain = layered((3,), (3, 1, 2, 3, 1), (1, 1))
    direct_law(chain, 2)
    tracemalloc.start()
    found = direct_law(chain, 14)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(found.law) + found.dead == 1
    assert peak < _Sizes(chain, 14, 0).cost("direct").bytes < 4 * peak


# ------------------------------------------------------------------------------------------- what is counted
def random_chains(seed: int, count: int):
    """Of processes that do not die out for certain."""
    made = [(cell_chain(each), 1 + k % 6) for k, each in enumerate(processes(seed, count))]
    return [(chain, particles) for chain, particles in made if all(cells.weights[0] for cells in chain.layers)]


def test_shifts_are_counted():
    """Of a dense chain of full rank every one, of any other no fewer than there are."""
    dense = CellChain(
        tuple(Cells(tuple(range(c)), (1,) * c) for c in (4, 3, 5)),
        (1,) * 4,
        (
            tuple(tuple((d, (c + 2) ** (d + 1)) for d in range(3)) for c in range(4)),
            tuple(tuple((d, (c + 2) ** (d + 1)) for d in range(5)) for c in range(3)),
        ),
        (1, 1, 1),
        5,
    )
    for t, (before, after) in ((1, (3 + 3 + 2 + 1, 2 + 1)), (2, (2 + 2 + 1, 4 + 3 + 2))):
        made = [step for step in schedule(dense, 5).moves[t - 1] if isinstance(step, Shift)]
        assert len(made) == before + after == _Sizes(dense, 5, 0)._move(t, 1)[1]
        stirlings, scalings = dense.layers[t - 1].count - 1, 2  # one takes as long as two shifts
        assert [s[0] for s in _Sizes(dense, 5, 0)._shapes(t)] == [before + 2 * stirlings + scalings, after + scalings]
        assert [s[1:] for s in _Sizes(dense, 5, 0)._shapes(t)] == [
            (c, occupancy_count(5, c)) for c in (4, 3, 5)[t - 1 : t + 1]
        ]
    for chain, particles in random_chains(1, 40):
        for t, moves in enumerate(schedule(chain, particles).moves, 1):
            assert sum(isinstance(step, Shift) for step in moves) <= _Sizes(chain, particles, 0)._move(t, 1)[1]


def tree(cells: int, branches: int) -> CellChain:
    """One of `cells`, then each its own `branches`."""
    here, there = (
        Cells(tuple(range(cells)), (1,) * cells),
        Cells(tuple(range(cells * branches)), (1,) * cells * branches),
    )
    rows = tuple(tuple((c * branches + b, 1) for b in range(branches)) for c in range(cells))
    return CellChain((here, there), (1,) * cells, (rows,), (cells, branches), cells * branches)


@pytest.mark.parametrize(("cells", "branches", "particles"), [(4, 2, 5), (5, 1, 6), (3, 3, 7), (6, 2, 3)])
def test_pairs_of_a_tree_are_counted(cells, branches, particles):
    """Entries of the kernel between occupancies that lead to each other, by the groups that `direct` makes."""
    chain = tree(cells, branches)
    mixtures = simplex(particles, cells).points.astype(int) @ np.array(chain.forms(1))
    groups = _by_support(mixtures, occupancy_count(particles, cells * branches))
    pairs = {support: len(rows) * occupancy_count(particles, len(support)) for support, rows in groups.items()}
    found = sum(pairs.values()), sum(len(support) * many for support, many in pairs.items()), len(groups)
    assert _Sizes(chain, particles, 0)._pairs(1) == found and len(groups) > 1


def test_few_pairs_and_dense_ones_are_all_worked_out():
    small, dense = tree(4, 2), layered((1,) * 4, (1,) * 5)
    assert _Sizes(small, 2, 0)._pairs(1) == (10 * 36, 10 * 36 * 8, 1)
    assert _Sizes(dense, 9, 0)._pairs(1) == (220 * 715, 220 * 715 * 5, 1)
    half = _Sizes(tree(2, 2), 30, 0)._pairs(1)  # a cell leads to half of the next ones
    assert half == (2 * 31 + 29 * 5456, 2 * 31 * 2 + 29 * 5456 * 4, 3)
    layers = tuple(Cells(tuple(range(3)), (1,) * 3) for _ in range(2))
    most = CellChain(layers, (1,) * 3, (tuple(((c, 1), ((c + 1) % 3, 1)) for c in range(3)),), (3, 2), 3)
    assert _Sizes(most, 30, 0)._pairs(1) == (496 * 496, 496 * 496 * 3, 1)
    assert _Sizes(tree(3, 3), 10**7, 0)._pairs(1)[2] == 1  # too many to go through


def test_bits_hold_the_denominator():
    """`log2` of the denominator that the run will have, from above, and no more than Chebyshev makes of it."""
    for chain, particles in random_chains(2, 60):
        growth, bits, start = (
            schedule(chain, particles).growth(),
            denominator_bits(chain, particles),
            chain.denominators[0],
        )
        for t, found in enumerate(bits):
            exact = particles * log2(prod(growth[:t]) * start)
            assert exact <= found
            assert found <= 1 + exact + 3.3 * particles * sum(particles * max(c.weights) for c in chain.layers[:t])


@pytest.mark.parametrize(
    ("weights", "particles", "expected"),
    [
        ((1, 1), 5, log2(5)),  # one weight: every total is N
        ((1, 2), 5, 1.5 * 10),  # lcm(1..10)
        ((1, 0), 3, 1.5 * 3),
        ((1, 10**6), 2, 3 * log2(2 * 10**6 + 1)),  # three totals
        ((1, 10**6, 1), 2, 3 * log2(2 * 10**6 + 1)),
        ((1, 10**30), 3, 4 * log2(3 * 10**30 + 1)),
        ((1, 2), 2, min(1.5 * 4, 3 * log2(5))),
        ((1, 2), 100, 300),
        ((1, 10**9 + 1, 2 * 10**9 + 1), 5, 11 * log2(5 * (2 * 10**9 + 1) + 1)),  # 0 to 10 steps of 10^9 above 5
    ],
)
def test_bits_of_the_totals_by_hand(weights, particles, expected):
    sizes = _Sizes(layered(weights, (1, 1)), particles, 0)
    assert sizes._lcm_bits(1) == pytest.approx(expected, rel=1e-12)
    assert sizes.bits == pytest.approx(
        [particles * log2(2 if len(weights) == 2 else 3) + 1, sizes.bits[0] + particles * (1 + expected)], rel=1e-12
    )


def test_bytes_of_the_indices():
    """Occupancies in short integers; the orders of a pair of cells, row by row and line by line: no fewer than are kept."""
    chain = layered((1, 2), (1, 2, 3), (2, 1), (3, 1, 1, 1))
    schedule_of = schedule(chain, 6)
    kept = 0
    for cells in {c.count for c in chain.layers}:
        space = simplex(6, cells)
        for lines in space._lines.values():
            kept += lines.rows.nbytes + lines.by_line[0].nbytes
        kept += space.points.nbytes
    found = _Sizes(chain, 6, 0)._indices(4)
    assert schedule_of.steps and kept <= found
    by_cells = {2: 7, 3: 28, 4: 84}
    assert found == sum(k * (2 * c + 16 * c * (c - 1)) for c, k in by_cells.items())
    assert _Sizes(layered((1, 2), (1, 2)), 6, 0)._indices(1) == 7 * (4 + 32)


@pytest.mark.parametrize("method", ["direct", "transform", "residues", "balls", "float64"])
def test_more_particles_and_more_steps_never_take_less_time(method):
    """What a refusal relies on, when it looks for the largest count that fits. (Bytes fall where the last step goes another way.)"""
    for layers in (((1, 2, 3),) * 2, ((1, 2), (2, 3, 5, 0), (1, 1, 0)), ((7, 10**9), (1, 10**9, 3), (5, 10**12))):
        chain, longer = layered(*layers), layered(*layers[:1], *layers)
        counts = (1, 2, 3, 5, 8, 13, 21, 40, 80, 200, 10**3, 10**4, 10**6, 10**20)
        costs = [_Sizes(chain, n, 10).cost(method) for n in counts]
        assert (
            all(0 < less.seconds <= more.seconds for less, more in pairwise(costs))
            and min(c.bytes for c in costs) > 2e6
        )
        for n in (2, 9, 60):
            assert _Sizes(chain, n, 10).cost(method).seconds < _Sizes(longer, n, 10).cost(method).seconds


def test_balls_of_more_bits_cost_more():
    few, many = (_Sizes(layered((1, 2, 3), (1, 2, 3), (1, 2)), 40, bits).cost("balls") for bits in (10, 10**5))
    assert few.seconds < many.seconds and few.bytes < many.bytes
    assert _Sizes(layered((1, 2), (1, 2)), 5, 100)._ball_bits() == 100 + 1.5 * 5 * 2 + 16


def test_lanes_fill_a_block():
    assert [lanes_for(k) for k in (1, 2048, 2049, 2**15, 2**17, 2**20, 10**9)] == [512, 512, 511, 32, 8, 8, 8]


# ------------------------------------------------------------------------------------------- what is said
def test_seconds_as_a_person_writes_them():
    year = 365 * 86400
    assert [duration(s) for s in (0, 0.0012, 0.99, 1, 59.9, 60, 3599, 3600, 86399, 86400, 86400 * 364, year, 1e6 * year, 1.1e6 * year)] == [
        "0 ms", "1.2 ms", "9.9e+02 ms", "1 s", "59.9 s", "1 min", "60 min", "1 h", "24 h", "1 days", "364 days", "1 years", "1e+06 years",
        "a million years or more",
    ]  # fmt: skip


def test_bytes_as_a_person_writes_them():
    assert [size(b) for b in (0, 512, 999 * 2**10, 2**20 - 1024, 2**20, 2**30, 1.5 * 2**30, 2**40, 2**59, 1e6 * 2**40, 1.1e6 * 2**40)] == [
        "0 KiB", "0.5 KiB", "999 KiB", "1.02e+03 KiB", "1 MiB", "1 GiB", "1.5 GiB", "1 TiB", "5.24e+05 TiB", "1e+06 TiB",
        "a million TiB or more",
    ]  # fmt: skip


def test_products_by_hand():
    """Schoolbook up to 2000 bits of the shorter one; numbers of a word take as long as a word."""
    assert product(1, 1) == product(64, 64) == pytest.approx(5e-8 + 64 * 64 * 1.2e-13)
    assert product(10**6, 100) == product(100, 10**6) == pytest.approx(5e-8 + 10**6 * 100 * 1.2e-13)
    assert product(10**6, 12000) == pytest.approx(5e-8 + 10**6 * (2000 * 1.2e-13 + 10 ** (4 * 0.6) * 1.5e-12))


def test_the_plan_by_hand():
    """Two cells of weight 1: at N = 60, 61 occupancies, and a denominator of `2^60 · 120^60 ..`: the largest layer is named."""
    chain = layered((1, 1), (1, 1, 1), (1, 1))
    plan = choose(chain, 60, "exact", 0, 1e12)
    assert (plan.cells, plan.occupancies, plan.particles, plan.mode, plan.limit) == (3, 62 * 61 // 2, 60, "exact", 1e12)
    assert plan.bits == round(60 * (1 + log2(3 * 60) + log2(2 * 60)) + 1)
    assert [c.method for c in plan.costs] == [
        c.method for c in sorted(plan.costs, key=lambda c: c.seconds)
    ] and plan.costs[0].method == plan.method
    first, second = plan.costs[:2]
    assert plan.reason == (
        f"{first.method} is the fastest: {duration(first.seconds)} against {duration(second.seconds)} for {second.method}"
    )
    text = plan.lines()
    assert (
        text[0] == f"60 particles over at most 3 cells: 1891 occupancies; common denominator of about {plan.bits} bits"
    )
    assert [line.split(":")[0] for line in text[1:4]] == ["chosen", "not chosen", "not chosen"] and text[
        4
    ] == plan.reason
    assert choose(chain, 60, "certified", 9, 1e12).reason == "balls is the one method for mode certified"


def test_the_fastest_that_fits_is_chosen():
    """With less memory than the fastest takes it is the next; with as much, to the byte, it is the fastest."""
    chain = cell_chain(reference())
    every = choose(chain, 100, "exact", 0, 1e12).costs
    enough = choose(chain, 100, "exact", 0, every[0].bytes)
    assert enough.method == every[0].method and every[1].bytes < every[0].bytes
    less = choose(chain, 100, "exact", 0, every[0].bytes * 0.999)
    assert less.method == next(c.method for c in every[1:] if c.bytes <= every[0].bytes * 0.999)
    assert less.reason == (
        f"{less.method} is the fastest that fits into {size(less.limit)}: {every[0].method} needs {size(every[0].bytes)}"
    )
    assert less.costs[0].method == less.method and {c.method for c in less.costs} == {c.method for c in every}


def refused(chain, particles, mode="exact", limit=1e9) -> TooLarge:
    with pytest.raises(TooLarge) as caught:
        choose(chain, particles, mode, 10, limit)
    return caught.value


def test_what_is_refused_and_what_else_would_do(monkeypatch):
    chain = layered((1, 2, 3), (1, 2, 3), (1, 2))
    found = refused(chain, 10**6)
    assert "the exact law has 5e+11 occupancies of up to 3 cells" in str(
        found
    ) and "the limits are 12 h and 954 MiB" in str(found)
    most = int(found.mend.split("at most ")[1].split()[0])
    assert choose(chain, most, "exact", 10, 1e9) and refused(chain, most + 1)
    assert found.mend == f"use at most {most} particles, a Monte Carlo run or the exact second moment (any N)"
    middle = refused(chain, most + 1)
    assert middle.mend == (
        f"use at most {most} particles, mode 'certified', mode 'float', a Monte Carlo run or the exact second moment (any N)"
    )
    certified = refused(chain, 10**5, "certified")
    assert "mode" not in certified.mend and certified.mend.startswith("use at most ")
    one = _Sizes(chain, 1, 10).cost("balls").bytes
    assert refused(chain, 2, "certified", one).mend.startswith("use at most 1 particle, a Monte Carlo run")
    two = _Sizes(chain, 2, 10).cost("balls").bytes
    assert refused(chain, 3, "certified", two).mend.startswith("use at most 2 particles, a Monte Carlo run")
    assert "over 1e+120 occupancies of up to 3 cells" in str(refused(layered((5,), (1, 2, 3)), MANY))
    assert refused(chain, 1, "certified", 1e6).mend == "use a Monte Carlo run or the exact second moment (any N)"
    assert "has over 1e+120 occupancies" in str(refused(chain, MANY))
    assert "over" not in str(refused(chain, 10**50)).split("occupancies")[0]
    # where none fits, what the smallest takes is said; where one would but for its time, the fastest
    costs = {m: _Sizes(chain, 10**4, 10).cost(m) for m in ("direct", "transform", "residues")}
    least = min(costs.values(), key=lambda c: c.bytes)
    assert f"{least.method} would take about {duration(least.seconds)} and {size(least.bytes)}" in str(
        refused(chain, 10**4, limit=1e7)
    )
    fastest = min(costs.values(), key=lambda c: c.seconds)
    monkeypatch.setattr(cost, "PATIENCE", 1.0)
    assert "mode" not in refused(chain, 10**4, limit=1e30).mend
    between = sorted(c.bytes for c in costs.values())
    assert fastest.bytes > between[0] and f"{fastest.method} would" in str(refused(chain, 10**4, limit=between[0]))
    assert f"{fastest.method} would take about {duration(fastest.seconds)} and" in str(
        refused(chain, 10**4, limit=1e30)
    )


def test_where_balls_take_too_long_no_other_mode_is_named(monkeypatch):
    """Who asks for an enclosure is not told to look at floats, though they would fit."""
    chain, particles = layered((1, 2, 3), (1, 2, 3), (1, 2)), 25
    balls, floats = (_Sizes(chain, particles, 10).cost(method).seconds for method in ("balls", "float64"))
    assert floats < balls
    monkeypatch.setattr(cost, "PATIENCE", (balls + floats) / 2)
    assert choose(chain, particles, "float", 10, 1e9)
    assert (
        "mode" not in refused(chain, particles, "certified").mend and "mode 'float'" in refused(chain, particles).mend
    )


@pytest.mark.parametrize("method", ["direct", "transform", "balls"])
def test_the_last_resampling_of_one_move_is_by_polynomials(method):
    assert last_by_polynomial(layered((1, 2, 3)), 10, method)
    # two weights far apart make a dense polynomial of many terms, and few terms make the other kind
    assert last_by_polynomial(layered((1, 2, 3), (1, 2, 3, 1, 2, 3)), 30, method)


def test_half_of_the_free_memory(monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *args, **kw: io.StringIO("MemTotal: 9 kB\nMemAvailable:   4096 kB\n"))
    assert available_memory() == 2 * 2**20
    monkeypatch.setattr("builtins.open", lambda *args, **kw: io.StringIO("MemTotal: 9 kB\n"))
    assert available_memory() == 2 * 2**30


@pytest.mark.by_turn
def test_the_table_of_the_last_step_is_within_the_estimate():
    """Six weights that have nothing in common: a quotient of their least common multiple for every total and weight."""
    chain = layered((10**6 + 3, 123_457, 654_321, 777_777, 31_415, 271_828))
    tracemalloc.start()
    found = last_resampling(chain, [1], 1, 7)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(found.law) == 1
    for method in ("direct", "transform", "balls"):
        assert peak < _Sizes(chain, 7, 10).cost(method).bytes < 10 * peak
    assert choose(chain, 16, "exact", 0, 1e9).method == "residues"  # six gigabytes would go into the table
    assert " and 10" in str(refused(chain, 16, "certified"))


@pytest.mark.by_turn
@pytest.mark.parametrize("weights", [(1, 2, 3), (1, 10**9 + 1, 2 * 10**9 + 1)])
def test_weights_evenly_apart_have_few_totals(weights):
    """2,000 totals of the other 999 particles, where three weights of no relation have half a million: a second, not an hour."""
    chain, particles = layered(weights), 1000
    started = time.process_time()
    assert sum(last_resampling(chain, [1], 1, particles).law) == 1
    taken = time.process_time() - started
    for method in ("direct", "transform", "balls"):
        estimate = _Sizes(chain, particles, 10).cost(method)
        assert estimate.seconds < 20 * taken and estimate.bytes < 2e8
