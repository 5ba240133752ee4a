"""Which engine, and what it will take: an estimate from the sizes alone, made before anything is allocated.

The costs are operation counts times what one operation took on the machine where they were measured (a 2.6 GHz core); they are meant to
be right within a factor of about three, which is enough to choose and to refuse. Numbers of bits come from the common denominator,
`log2 prod_t (d_t L_t)^N`, with `log2 lcm` bounded by Chebyshev's `lcm(1..n) < 2^{1.5 n}` and by the number of values.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import comb, gcd, log2

from smc.errors import TooLarge
from smc.exact.occupancy.cells import CellChain
from smc.exact.occupancy.simplex import occupancy_count
from smc.numbers import least_enough

METHODS = {
    "direct": "whole numbers, every entry of the kernel between occupancies",
    "transform": "whole numbers, generating function of the next occupancy (no kernel)",
    "residues": "the same transform modulo many primes, blocks of primes on all cores, Chinese remainder theorem",
    "balls": "the same transform in certified ball arithmetic",
    "float64": "matrix products in float64, errors not bounded",
}
MODES = {"exact": ("direct", "transform", "residues"), "certified": ("balls",), "float": ("float64",)}
PATIENCE = 12 * 3600.0
"""Longest estimate, in seconds, that is not refused."""
MANY = 10**120
"""More of anything than this is not counted."""
FEW = 4096
"""Entries of a kernel so few that those between occupancies that do not lead to each other are worked out as well (`direct`)."""
ENTRIES = 1 << 18
"""Entries of the kernel that are held at once (`direct`)."""
BLOCK_BYTES = 1 << 23
"""Size of the array that a block of lanes works on (`residues`): large enough to make each NumPy call worth its overhead."""


def lanes_for(occupancies: int) -> int:
    """How many primes a block has."""
    return min(512, max(8, BLOCK_BYTES // (8 * occupancies)))


@dataclass(frozen=True)
class Cost:
    """Estimate for one method: seconds and bytes at the peak."""

    method: str
    seconds: float
    bytes: float


@dataclass(frozen=True)
class Plan:
    """What will be done and why.

    method: the engine chosen; `reason`: why, in one sentence.
    occupancies: the largest number K of occupancies of a layer; cells: of that layer; bits: of the common denominator.
    costs: the estimates for every method of this mode, the chosen one first.
    limit: memory in bytes that was allowed.
    """

    mode: str
    method: str
    reason: str
    particles: int
    cells: int
    occupancies: int
    bits: int
    costs: tuple[Cost, ...]
    limit: float

    def lines(self) -> list[str]:
        """The plan as text, one fact a line."""
        return [
            f"{self.particles} particles over at most {self.cells} cells: {self.occupancies} occupancies; "
            f"common denominator of about {self.bits} bits",
            *(
                f"{'chosen' if k == 0 else 'not chosen'}: {c.method} ({METHODS[c.method]}), {duration(c.seconds)}, {size(c.bytes)}"
                for k, c in enumerate(self.costs)
            ),
            self.reason,
        ]


def available_memory() -> float:
    """Half of the memory that is free now, in bytes; 2 GiB where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            facts = dict(line.split(":") for line in lines)
        return int(facts["MemAvailable"].split()[0]) * 1024 / 2
    except (OSError, KeyError, ValueError):
        return float(2 << 30)


def choose(chain: CellChain, particles: int, mode: str, bits: int, limit: float | None = None) -> Plan:
    """The cheapest method of `mode` that fits into `limit` bytes (half of the free memory when None).

    Raises TooLarge with the estimate, the limit and the alternatives when none fits, or when the time would exceed `PATIENCE`.
    """
    limit = available_memory() if limit is None else limit
    sizes = _Sizes(chain, particles, bits)
    costs = sorted((sizes.cost(method) for method in MODES[mode]), key=lambda c: c.seconds)
    fitting = [c for c in costs if c.bytes <= limit and c.seconds <= PATIENCE]
    if not fitting:
        raise _refusal(chain, particles, mode, bits, limit, sizes, costs)
    chosen, widest = fitting[0], max(range(chain.horizon), key=lambda t: sizes.counts[t])
    faster = [c for c in costs if c.seconds < chosen.seconds]
    if faster:
        reason = f"{chosen.method} is the fastest that fits into {size(limit)}: {faster[0].method} needs {size(faster[0].bytes)}"
    elif len(costs) > 1:
        reason = f"{chosen.method} is the fastest: {duration(chosen.seconds)} against {duration(costs[1].seconds)} for {costs[1].method}"
    else:
        reason = f"{chosen.method} is the one method for mode {mode}"
    return Plan(
        mode, chosen.method, reason, particles, chain.layers[widest].count, sizes.counts[widest], round(sizes.bits[-1]),
        (chosen, *(c for c in costs if c is not chosen)), limit,
    )  # fmt: skip


def last_by_polynomial(chain: CellChain, particles: int, method: str) -> bool:
    """Whether `method` resamples last more cheaply by polynomials (`last`) than through the occupancies of the last layer."""
    return _Sizes(chain, particles, 0).last_by_polynomial(method)


def denominator_bits(chain: CellChain, particles: int) -> list[float]:
    """Bits of the common denominator of the occupancies' probabilities, by layer: from above."""
    return _Sizes(chain, particles, 0).bits


def _refusal(
    chain: CellChain, particles: int, mode: str, bits: int, limit: float, sizes: _Sizes, costs: list[Cost]
) -> TooLarge:
    least = min(costs, key=lambda c: c.bytes) if all(c.bytes > limit for c in costs) else costs[0]

    def fits(sizes: _Sizes, mode: str) -> bool:
        return any(c.bytes <= limit and c.seconds <= PATIENCE for c in map(sizes.cost, MODES[mode]))

    # the largest number that fits: the costs grow with N
    low = (least_enough(lambda n: n >= particles or not fits(_Sizes(chain, n, bits), mode), 2 * particles) or 1) - 1
    others = [other for other in ("certified", "float") if other != mode and mode == "exact"]
    others = [o for o in others if all(c.bytes <= limit and c.seconds <= PATIENCE for c in map(sizes.cost, MODES[o]))]
    ways = (
        ([f"at most {low} particle{'s' * (low > 1)}"] if low else [])
        + [f"mode {o!r}" for o in others]
        + ["a Monte Carlo run", "the exact second moment (any N)"]
    )
    return TooLarge(
        f"the {mode} law has {'over ' * (max(sizes.counts) == MANY)}{max(sizes.counts):.3g} occupancies of up to "
        f"{max(c.count for c in chain.layers)} cells: {least.method} would take about "
        f"{duration(least.seconds)} and {size(least.bytes)}; the limits are {duration(PATIENCE)} and {size(limit)}",
        where=f"{particles} particles",
        mend="use " + ", ".join(ways[:-1]) + " or " + ways[-1],
    )


class _Sizes:
    """Sizes of a run: occupancies by layer, bits of the denominator by layer."""

    def __init__(self, chain: CellChain, particles: int, radius: int) -> None:
        particles = min(particles, MANY)
        self.chain, self.particles, self.radius = chain, particles, radius
        self.counts = [_count(particles, cells.count) for cells in chain.layers]
        self.bits = [particles * log2(chain.denominators[0]) + 1]
        for t in range(1, chain.horizon):
            self.bits.append(self.bits[-1] + particles * (log2(chain.denominators[t]) + self._lcm_bits(t)))

    def _lcm_bits(self, t: int) -> float:
        weights = self.chain.layers[t - 1].weights
        top = self.particles * max(weights)
        if len(set(weights)) == 1:
            return log2(top)
        totals = min(_count(self.particles, len(set(weights))), _span(weights) * self.particles + 1)
        by_count = totals * log2(top + 1)  # so many totals are different
        return by_count if top > 2**60 else min(1.5 * top, by_count)

    def cost(self, method: str) -> Cost:
        """The estimate for `method`."""
        seconds, peak = getattr(self, f"_{method}")()
        return Cost(method, seconds, 2e6 + peak)

    def last_by_polynomial(self, method: str) -> bool:
        """See the function of the same name."""
        if self.chain.horizon == 1:
            return True
        t = self.chain.horizon - 1
        if method == "direct":
            return self._last() < self._kernel(t) + 4e-7 * self.counts[t]
        return self._last() < (self._ball_move(t) if method == "balls" else self._move(t, self.bits[t])[0])

    def _last(self) -> float:
        n, levels = self.particles, len(set(self.chain.layers[-1].weights))
        before, bits = (self.counts[-2], self.bits[-2]) if self.chain.horizon > 1 else (1, 1)
        growth = self.bits[-1] - bits
        totals, dense, common = self._totals()
        if dense:
            each = 1.2e-5 + totals * levels * (4e-8 + 2e-11 * n) + totals**1.2 * 2e-7
        else:
            each = 1.2e-5 + totals * (4e-6 + levels * (6e-8 + 1.5e-11 * common))
        return (
            1e-4
            + before * (each + product(bits, growth) + 2e-11 * self.bits[-1] * levels)
            + totals * levels * (5e-7 + 1e-10 * common)
        )

    def _totals(self) -> tuple[int, bool, float]:
        """How many total weights the other N - 1 particles of `last` have, whether they are taken as a dense polynomial, and bits of a
        common multiple of the totals of all N."""
        others, weights = self.particles - 1, self.chain.layers[-1].weights
        reached, span = _count(others, len(set(weights))), _span(weights)
        dense = span * max(others, 1) <= 64 * reached
        return (span * others + 1 if dense else reached), dense, self._lcm_bits(self.chain.horizon)

    def _last_bytes(self) -> float:
        """Bytes of the table of `last`: for every total and every weight a quotient of one common multiple, once as a list and once as a
        matrix."""
        totals, _, common = self._totals()
        return totals * len(set(self.chain.layers[-1].weights)) * (100 + common / 4)

    def _pairs(self, t: int) -> tuple[float, float, float]:
        """How many pairs of occupancies of layers t and t + 1 the kernel has entries for, how many cells those have in all, and in how many
        groups they are worked out: by how many cells are occupied in the first, where most do not lead to each other."""
        here, n = self.chain.layers[t - 1], self.particles
        reached = [len(row) for row in self.chain.moves[t - 1]]
        degree, width = sum(reached) / len(reached), self.chain.layers[t].count
        whole = self.counts[t - 1] * self.counts[t]
        if degree * 2 > width or self.counts[t - 1] > 1e12 or whole <= FEW:
            return whole, whole * width, 1
        pairs = entries = groups = 0
        for occupied in range(1, min(n, here.count) + 1):
            support = max(1, min(width, round(occupied * degree)))
            found = comb(here.count, occupied) * comb(n - 1, occupied - 1) * _count(n, support)
            pairs, entries, groups = pairs + found, entries + found * support, groups + comb(here.count, occupied)
        return pairs, entries, groups

    def _entry(self, t: int) -> float:
        """Bits of an entry of the kernel of the move out of layer t: `(d_t D(m))^N`, from above."""
        top = self.particles * max(self.chain.layers[t - 1].weights)
        return self.particles * (log2(self.chain.denominators[t]) + log2(top))

    def _kernel(self, t: int) -> float:
        """Seconds of the move out of layer t, entry by entry of the kernel: a power of N numbers times the mass that it leaves from."""
        before, after = self.bits[t - 1], self.bits[t]
        pairs, cells, groups = self._pairs(t)
        entry = self._entry(t)
        return (
            2e-5
            + groups * 5e-5
            + self.counts[t - 1] * (1e-6 + product(before, after - before))
            + pairs * (1.3e-7 + 3e-11 * after + product(after, entry))
            + cells * (1e-8 if entry < 63 else 8e-8)
        )

    def _direct(self) -> tuple[float, float]:
        by_polynomial = self.last_by_polynomial("direct")
        moves = self.chain.horizon - (1 if by_polynomial else 0)
        seconds = (
            5e-5 + sum(map(self._kernel, range(1, moves))) + (self._last() if by_polynomial else 4e-7 * self.counts[-1])
        )
        listed = self.counts[:moves] or [1]
        held = 4 * max(k * (40 + b / 8) for k, b in zip(listed, self.bits, strict=False))
        # as an array, as a list and as a matrix, before and after the last factor
        block = max(
            (min(ENTRIES, self._pairs(t)[0]) * (160 + 5 * self._entry(t) / 8) for t in range(1, moves)), default=0
        )
        return seconds, held + block + (self._last_bytes() if by_polynomial else 0.0)

    def _move(self, t: int, bits: float) -> tuple[float, float]:
        """Seconds of the transform for the move out of layer t with numbers of `bits` bits, and how many shifts it has."""
        c, d = self.chain.layers[t - 1].count, self.chain.layers[t].count
        sources = len(set(self.chain.layers[t - 1].states))
        rank = min(sources, d)
        k, n = self.counts[t - 1], self.particles
        # shifts before the rank is known to be `rank`, and after, on the simplex of the next layer
        before = (c - 1) + rank * (c - 1) - rank * (rank - 1) / 2
        after = rank * (d - 1) - rank * (rank - 1) / 2
        seconds = 1.2e-4 + 3e-5 * (before + after)
        for shifts, cells, points in ((before, c, k), (after, d, self.counts[t])):
            lines, adds = _count(n, max(cells, 2) - 1), points * n / cells
            seconds += shifts * (lines * 1.5e-6 + points * (1.5e-7 + 1e-11 * bits) + adds * (6e-9 + 5e-12 * bits))
        seconds += (c - 1) * (k * (1e-7 + 1e-11 * bits) + k * n / c * (2.5e-8 + 2e-11 * bits) + n * n * 1.2e-7)
        return seconds + self._share(t), before + after

    def _share(self, t: int) -> float:
        """Seconds to lift the probabilities of the occupancies of layer t to the common denominator after they are resampled."""
        k, bits = self.counts[t - 1], self.bits[t] if t < self.chain.horizon else self.bits[-1]
        growth = bits - self.bits[t - 1] if t < self.chain.horizon else self._lcm_bits(t)
        return k * (1.5e-6 + 3e-11 * bits + product(bits, growth))

    def _transform(self) -> tuple[float, float]:
        by_polynomial = self.last_by_polynomial("transform")
        last = self.chain.horizon - (1 if by_polynomial else 0)
        seconds = 2e-4 + (self._last() if by_polynomial else self._share(self.chain.horizon))
        seconds += sum(self._move(t, self.bits[t])[0] for t in range(1, last))
        top = max((self.counts[t] * (64 + 1.25 * self.bits[t] / 8) for t in range(last)), default=0)
        return seconds, top + self._indices(last) + (self._last_bytes() if by_polynomial else 0.0)

    def _indices(self, layers: int) -> float:
        """Bytes of the occupancies and of the orders of their lines."""
        kept = {
            (k, c.count) for k, c in zip(self.counts[:layers], self.chain.layers, strict=False)
        }  # whatever the weights
        return sum(k * (2 * c + 16 * c * (c - 1)) for k, c in kept)

    def _residues(self) -> tuple[float, float]:
        primes, threads = self.bits[-1] / 25.8 + 1, min(4, os.cpu_count() or 1)
        k = max(self.counts)
        lanes = min(lanes_for(k), primes)
        work = 0.0
        for t in range(1, self.chain.horizon):
            for shifts, cells, points in self._shapes(t):
                work += shifts * (
                    points * (4e-9 + 0.5e-9 * self.particles / cells) + self.particles**2 * 0.6e-6 / lanes
                )
        per_block = 5e-3 + 2e-6 * k
        seconds = (
            2e-2
            + (primes * work + per_block * primes / lanes) / max(1, 0.8 * threads)
            + primes * 2e-6 * log2(primes + 2) * self.chain.outcomes
        )
        return seconds, self._indices(self.chain.horizon) + threads * lanes * k * 8 * 4 + primes * 16 * (
            self.chain.outcomes + 1
        )

    def _shapes(self, t: int) -> tuple[tuple[float, int, int], ...]:
        c, d = self.chain.layers[t - 1].count, self.chain.layers[t].count
        rank = min(len(set(self.chain.layers[t - 1].states)), d)
        before = 3 * (c - 1) + rank * (c - 1) - rank * (rank - 1) / 2 + 2
        return (before, c, self.counts[t - 1]), (rank * (d - 1) - rank * (rank - 1) / 2 + 2, d, self.counts[t])

    def _ball_move(self, t: int) -> float:
        bits, seconds = self._ball_bits(), 2e-4
        for shifts, cells, points in self._shapes(t):
            adds = points * self.particles / cells * (2.6e-8 + 1.2e-11 * bits)
            seconds += shifts * (_count(self.particles, max(cells, 2) - 1) * 1.5e-6 + points * 4e-7 + adds)
        return seconds

    def _ball_bits(self) -> float:
        return self.radius + 1.5 * self.particles * self.chain.horizon + 16

    def _balls(self) -> tuple[float, float]:
        by_polynomial = self.last_by_polynomial("balls")
        layers = self.chain.horizon - (1 if by_polynomial else 0)
        seconds = 3e-4 + sum(map(self._ball_move, range(1, layers))) + (self._last() if by_polynomial else 0.0)
        held = max(self.counts[:layers] or [1]) * (160 + self._ball_bits() / 4)
        return seconds, held + self._indices(layers) + (self._last_bytes() if by_polynomial else 0.0)

    def _float64(self) -> tuple[float, float]:
        chain, n = self.chain, self.particles
        levels = len(set(chain.layers[-1].weights))
        inner = self.counts[:-1]  # the occupancies of the last layer are never listed, only those of its weight levels
        work = sum(a * b for a, b in zip([1, *inner], inner, strict=False))
        work += (inner[-1] if inner else 1) * _count(n, levels) * levels
        ends = [*(c.count for c in chain.layers[:-1]), levels]
        powers = (n + 1) * sum(k * c for k, c in zip([1, *inner], ends, strict=True))
        tables = [_count(n, c - c // 2) for c in ends]
        widest = max(k * c.count for k, c in zip([1, *inner], chain.layers, strict=True))
        listed = max([_count(n, levels) * levels, *(k * c.count for k, c in zip(inner, chain.layers, strict=False))])
        points = _count(n, levels) * levels + sum(k * c.count for k, c in zip(inner, chain.layers, strict=False))
        seconds = chain.horizon * 3e-4 + 2.5e-9 * work + 1.5e-8 * powers + 2e-8 * points
        return seconds, 8 * (3 * widest + 4 * max(*tables, 1 << 21)) + 12 * listed


def product(a: float, b: float) -> float:
    """Seconds to multiply an integer of `a` bits by one of `b` bits: schoolbook up to 2000 bits of the shorter, then by faster methods."""
    short, long = sorted((max(a, 64.0), max(b, 64.0)))
    return 5e-8 + long * (min(short, 2e3) * 1.2e-13 + max(short - 2e3, 0) ** 0.6 * 1.5e-12)


def _span(weights: tuple[int, ...]) -> int:
    """The largest difference of weights, in units of which all differences are whole: N particles have `N span + 1` totals at most."""
    low = min(weights)
    return (max(weights) - low) // (gcd(*(g - low for g in weights)) or 1)


def _count(particles: int, cells: int) -> int:
    """`occupancy_count`, but never more than an estimate can be made of in floats."""
    return min(occupancy_count(particles, cells), MANY)


def duration(seconds: float) -> str:
    """Seconds as a person writes them."""
    if seconds > 1e6 * 365 * 86400:
        return "a million years or more"
    for unit, length in (("years", 365 * 86400.0), ("days", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds * 1e3:.2g} ms"


def size(count: float) -> str:
    """Bytes as a person writes them."""
    if count > 1e6 * 2.0**40:
        return "a million TiB or more"
    for unit, length in (("TiB", 2.0**40), ("GiB", 2.0**30), ("MiB", 2.0**20)):
        if count >= length:
            return f"{count / length:.3g} {unit}"
    return f"{count / 1024:.3g} KiB"
