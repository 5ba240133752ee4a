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
from smc.exact.lengths import check_powers
from smc.numbers import INFINITE, ONE, ZERO, Extended, Rational, finite
from smc.samplers.process import ParticleProcess, Selection

Tick = Callable[[float], None]
"""Called with the share that is done."""


@dataclass(frozen=True)
class ConditionalKernel:
    """`P_N` on leaves. rows: `rows[z][z']`, shape (|X_T|, |X_T|), zeros where the target has no mass at z. target: pi, shape (|X_T|,)."""

    rows: tuple[tuple[Rational, ...], ...]
    target: tuple[Rational, ...]

    def after(self, start: Sequence[Rational], sweeps: int, tick: Tick = lambda share: None) -> tuple[Rational, ...]:
        """Law of the path after `sweeps` sweeps from the law `start`, shape (|X_T|,). Raises as `power` does."""
        rows = self.rows if sweeps == 1 else self.power(sweeps, tick)
        return tuple(
            sum((p * row[y] for p, row in zip(start, rows, strict=True) if p), ZERO) for y in range(len(self.target))
        )

    def power(self, sweeps: int, tick: Tick = lambda share: None) -> tuple[tuple[Rational, ...], ...]:
        """`P_N^H`, the kernel of `sweeps` sweeps, by squaring whole numbers over one denominator.

        Raises InputError for a count below 1, and TooLarge, before any power is taken, where its digits would not fit.
        """
        count, size = whole_number("sweeps", sweeps), len(self.target)
        over = lcm(*(int(p.denominator) for row in self.rows for p in row))
        check_powers((over - 1).bit_length() * size**2, count, "sweeps", "; S17 gives the rate beyond")
        once = flint.fmpz_mat([[int(p * over) for p in row] for row in self.rows])
        made, done = once, 1
        for digit in f"{count:b}"[1:]:
            made, done = made * made, 2 * done
            if digit == "1":
                made, done = made * once, done + 1
            tick(done / count)
        over **= count
        return tuple(tuple(Rational(int(made[z, y]), over) for y in range(size)) for z in range(size))

    def worst_total_variation(self, sweeps: int, tick: Tick = lambda share: None) -> Rational:
        """The largest TV after `sweeps` sweeps, over the paths that the target reaches."""
        rows = self.power(sweeps, tick)
        return max(self._distance(row) for row, p in zip(rows, self.target, strict=True) if p)

    def _distance(self, law: Sequence[Rational]) -> Rational:
        return sum((abs(p - q) for p, q in zip(law, self.target, strict=True)), ZERO) / 2

    @property
    def smallest_ratio(self) -> Rational:
        """`min P_N(z, z') / pi(z')` over paths that the target reaches: the best constant of a minorisation."""
        live = [z for z, p in enumerate(self.target) if p]
        return min(self.rows[z][y] / self.target[y] for z in live for y in live)


def conditional_kernel(process: ParticleProcess, particles: int, *, most: int = MOST_CLOUDS) -> ConditionalKernel:
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
    clouds, _ = last_clouds(process, particles, most=most)
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


def sweep_kernel(process: ParticleProcess, *, most: int = MOST_KEPT) -> ConditionalKernel:
    """The kernel of one sweep of a sampler that holds `process.held` particles. Raises as `conditional_kernel` does, and InputError for a
    process that holds none."""
    if process.held is None:
        raise InputError(f"{process.algorithm} holds no particles", where="algorithm", mend="choose conditional")
    try:
        return conditional_kernel(replace(process, selection=Selection.RESAMPLED), process.held, most=most)
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


def sweep_law(process: ParticleProcess, count: int, tick: Tick = lambda share: None) -> OutputLaw:
    """The law after `count` sweeps. Raises as `ConditionalKernel.power` and `sweeps` do."""
    kernel, first = sweep_kernel(process), _ordinary(process, MOST_KEPT)
    return OutputLaw(kernel.after(first.law, count, tick), first.dead)


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
