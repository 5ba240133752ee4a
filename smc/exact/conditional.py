"""Iterated conditional SMC (particle Gibbs, S17), exact: the kernel between paths, its minorisation, laws after some sweeps.

One sweep keeps the path z as one of N >= 2 particles at every level, runs the other N - 1 with multinomial resampling (z may be an
ancestor), and draws its answer from the last weights, z included. The run of such a cloud is an ordinary run, tilted: with
`U = Zhat/Z` and nu the weighted law of the last cloud (S17.1)

    pi(z) P_N(z, z') = E[U nu(z) nu(z')]  over ordinary runs,

so the kernel is reversible with respect to the target and positive semidefinite, and it is read off the chain over clouds. Paths are the
leaves of a prefix tree. Sources: Andrieu, Lee, Vihola (1312.6432); Lindsten, Douc, Moulines (1401.0683).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import lcm

import flint

from smc.errors import InputError, TooLarge, whole_number
from smc.exact.backtracking import backtracking
from smc.exact.clouds import MOST_CLOUDS, cloud_moments, last_clouds
from smc.exact.law import OutputLaw
from smc.exact.lengths import MOST_SECONDS, check_powers
from smc.numbers import INFINITE, ONE, ZERO, Extended, Rational, finite
from smc.samplers.process import ParticleProcess, Selection

Tick = Callable[[float], None]
"""Called with the share that is done."""
REDUCTIONS, PRODUCTS = 4, 32
"""What a law of sweeps takes, as measured: greatest common divisors for each leaf, and products of the kernel for one of them."""


@dataclass(frozen=True)
class ConditionalKernel:
    """`P_N` on leaves. rows: `rows[z][z']`, shape (|X_T|, |X_T|), zeros where the target has no mass at z. target: pi, shape (|X_T|,)."""

    rows: tuple[tuple[Rational, ...], ...]
    target: tuple[Rational, ...]

    def after(
        self, start: Sequence[Rational], sweeps: int, tick: Tick = lambda share: None, seconds: float = MOST_SECONDS
    ) -> tuple[Rational, ...]:
        """Law of the path after `sweeps` sweeps from the law `start`, shape (|X_T|,). Raises as `worst_total_variation` does."""
        if sweeps == 1:
            return tuple(
                sum((p * row[y] for p, row in zip(start, self.rows, strict=True) if p), ZERO)
                for y in range(len(self.target))
            )
        power, over = self._power(sweeps, tick, seconds)
        whole, common = _whole(start)
        ends = flint.fmpz_mat([whole]) * power
        return tuple(Rational(int(ends[0, y]), over * common) for y in range(len(start)))

    def worst_total_variation(
        self, sweeps: int, tick: Tick = lambda share: None, seconds: float = MOST_SECONDS
    ) -> Rational:
        """The largest TV after `sweeps` sweeps, over the paths that the target reaches.

        Raises InputError for a count below 1, and TooLarge, before any power is taken, where its digits would not fit, or are estimated to
        take longer than `seconds`.
        """
        power, over = self._power(sweeps, tick, seconds)
        aim, common = _whole(self.target)
        far = max(
            sum(abs(int(power[z, y]) * common - p * over) for y, p in enumerate(aim)) for z, q in enumerate(aim) if q
        )
        return Rational(far, 2 * over * common)

    def _power(self, sweeps: int, tick: Tick, seconds: float) -> tuple[flint.fmpz_mat, int]:
        """`P_N^H` for H sweeps: whole numbers and what they are over, by squaring."""
        count, size = whole_number("sweeps", sweeps), len(self.target)
        over = lcm(*(int(p.denominator) for row in self.rows for p in row))
        bits = (over - 1).bit_length()
        check_powers(
            bits,
            size**2,
            REDUCTIONS * size + size**3 / PRODUCTS,
            count,
            "sweeps",
            "; S17 gives the rate beyond",
            seconds,
        )
        once = flint.fmpz_mat([[int(p * over) for p in row] for row in self.rows])
        made, done = once, 1
        for digit in f"{count:b}"[1:]:
            made, done = made * made, 2 * done
            if digit == "1":
                made, done = made * once, done + 1
            tick(done / count)
        return made, over**count

    @property
    def smallest_ratio(self) -> Rational:
        """`min P_N(z, z') / pi(z')` over paths that the target reaches: the best constant of a minorisation."""
        live = [z for z, p in enumerate(self.target) if p]
        return min(self.rows[z][y] / self.target[y] for z in live for y in live)


def _whole(law: Sequence[Rational]) -> tuple[list[int], int]:
    """The law over its common denominator."""
    common = lcm(*(int(p.denominator) for p in law))
    return [int(p * common) for p in law], common


def conditional_kernel(
    process: ParticleProcess, particles: int, *, most: int = MOST_CLOUDS, seconds: float = MOST_SECONDS
) -> ConditionalKernel:
    """The kernel of conditional SMC with `particles` particles on the tree of `process`.

    Raises InputError for fewer than 2 particles and a process that does not resample multinomially after every step, ModelError where a
    state is entered from two others, TooLarge as `cloud_moments` does.
    """
    whole_number("particles", particles, least=2)
    if not process.plain:
        raise InputError(
            f"no conditional SMC for {process.algorithm} as it selects",
            where="algorithm",
            mend="resample multinomially",
        )
    backtracking(process)  # leaves are paths on a tree only
    clouds, _ = last_clouds(process, particles, most=most, seconds=seconds)
    size = process.sizes[-1]
    joint = [[ZERO] * size for _ in range(size)]
    for cloud, (_, mean, _) in clouds.items():
        nu: dict[int, Rational] = {}
        for y, weight in cloud:
            if weight:
                nu[y] = nu.get(y, ZERO) + weight / particles
        for y, p in nu.items():
            for z, q in nu.items():
                joint[y][z] += mean * p * q
    mass = [sum(row, ZERO) for row in joint]  # Z pi
    total = sum(mass, ZERO)
    rows = tuple(tuple(v / m if m else ZERO for v in row) for row, m in zip(joint, mass, strict=True))
    return ConditionalKernel(rows, tuple(m / total for m in mass))


MOST_KEPT = 20_000
"""Largest number of successors of the clouds of a layer behind a sampler's sweeps: a refusal comes in seconds."""


def sweep_kernel(
    process: ParticleProcess, *, most: int = MOST_KEPT, seconds: float = MOST_SECONDS
) -> ConditionalKernel:
    """The kernel of one sweep of a sampler that holds `process.held` particles. Raises as `conditional_kernel` does, and InputError for a
    process that holds none."""
    if process.held is None:
        raise InputError(f"{process.algorithm} holds no particles", where="algorithm", mend="choose conditional")
    try:
        return conditional_kernel(
            replace(process, selection=Selection.RESAMPLED), process.held, most=most, seconds=seconds
        )
    except TooLarge as fault:
        raise TooLarge(fault.what, where=fault.where, mend="take fewer particles, or a shorter horizon") from None


def sweeps(process: ParticleProcess, *, most: int = MOST_KEPT) -> Iterator[OutputLaw]:
    """The law of the path after an ordinary run, and after 1, 2, ... sweeps, of a sampler that holds `process.held` particles; a run that
    dies has no path to keep. Raises as `sweep_kernel` does."""
    kernel, first = sweep_kernel(process, most=most), _ordinary(process, most)
    law = first.law
    while True:
        yield OutputLaw(law, first.dead)
        law = kernel.after(law, 1)


def _ordinary(process: ParticleProcess, most: int) -> OutputLaw:
    """The law of the path after the ordinary run that the first sweep starts from."""
    assert process.held is not None, "the kernel of its sweeps is asked for first"
    return cloud_moments(replace(process, selection=Selection.RESAMPLED), process.held, most=most).output


def sweep_law(
    process: ParticleProcess, count: int, tick: Tick = lambda share: None, seconds: float = MOST_SECONDS
) -> OutputLaw:
    """The law after `count` sweeps. Raises as `ConditionalKernel.worst_total_variation` and `sweeps` do."""
    kernel, first = sweep_kernel(process, seconds=seconds), _ordinary(process, MOST_KEPT)
    return OutputLaw(kernel.after(first.law, count, tick, seconds), first.dead)


def minorisation(ranges: Sequence[Extended], particles: int) -> Rational:
    """`1 / prod_p (1 + (2 b_p - 1)/(N - 1))` (S17.2): `P_N(z, .)` is at least so much of the target. ranges: b_p, p = 1..T; 0 where one is
    infinite. Raises InputError for fewer than 2 particles."""
    whole_number("particles", particles, least=2)
    if INFINITE in ranges:
        return ZERO
    product = ONE
    for b in ranges:
        product *= 1 + (2 * finite(b) - 1) / (particles - 1)
    return 1 / product
