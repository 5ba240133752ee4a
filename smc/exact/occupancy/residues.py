"""The steps of the transform modulo many primes at once, and the Chinese remainder theorem: exact laws in little memory, on every core.

All numerators of the output law are whole numbers between 0 and a denominator that is known beforehand (`Schedule.denominator`), so their
residues modulo primes whose product exceeds it determine them; no rational reconstruction. Residues are float64 numbers, centred in
[-p/2, p/2], one lane a prime: with p < 2^26 a product is below 2^50, which float64 holds exactly, and sums are reduced before they
could reach 2^52. Each block of lanes is a run of its own; blocks go to threads, NumPy releases the interpreter inside its loops.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from math import comb, gcd, prod

import gmpy2
import numpy as np

from smc.exact.occupancy.cost import lanes_for
from smc.exact.occupancy.engine import Schedule, numerators
from smc.exact.occupancy.transform import Divide, Embed, Normalise, Scale, Select, Shift, Step, Stirling

TOP = 1 << 26
"""Primes are below this."""
ROOM = 1 << 27
"""How many times a reduced residue (at most 2^25) may grow before the next reduction (at 2^52)."""


class Residues:
    """Arithmetic modulo the primes of one block, shape (B,). Vectors have shape (K, B)."""

    def __init__(self, primes: Sequence[int]) -> None:
        self.primes = [int(p) for p in primes]
        self.p = np.array(self.primes, dtype=float)
        self.inverse_p = 1.0 / self.p
        self.zero = np.zeros(len(self.primes))
        self._factorials: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def reduced(self, x: np.ndarray) -> np.ndarray:
        """`x` modulo the primes, centred; exact for `|x| < 2^52`. Overwrites `x`."""
        quotient = x * self.inverse_p
        np.rint(quotient, out=quotient)
        quotient *= self.p
        x -= quotient
        return x

    def number(self, value: int) -> np.ndarray:
        """An integer in every lane, shape (B,)."""
        return self.reduced(np.array([value % p for p in self.primes], dtype=float))

    def inverse(self, value: int) -> np.ndarray:
        """The inverse of an integer in every lane, shape (B,)."""
        return self.reduced(np.array([pow(value, -1, p) for p in self.primes], dtype=float))

    def lift(self, values: Sequence[int]) -> np.ndarray:
        """Small integers as a vector."""
        return np.array(values, dtype=float)[:, None] * np.ones(len(self.primes))

    def powers(self, base: np.ndarray, degree: int) -> np.ndarray:
        """`base^0 .. base^degree`, shape (degree + 1, B)."""
        table = np.ones((degree + 1, len(self.primes)))
        for k in range(degree):
            table[k + 1] = self.reduced(table[k] * base)
        return table

    def factorials(self, degree: int) -> tuple[np.ndarray, np.ndarray]:
        """`k!` and `1/k!` for k = 0..degree, shape (degree + 1, B) each."""
        if degree not in self._factorials:
            top, bottom = np.ones((degree + 1, len(self.primes))), np.ones((degree + 1, len(self.primes)))
            for k in range(1, degree + 1):
                top[k] = self.reduced(top[k - 1] * k)
            bottom[degree] = self.reduced(
                np.array([pow(int(a) % p, -1, p) for a, p in zip(top[degree], self.primes, strict=True)], dtype=float)
            )
            for k in range(degree, 1, -1):
                bottom[k - 1] = self.reduced(bottom[k] * k)
            self._factorials[degree] = top, bottom
        return self._factorials[degree]

    def power(self, base: np.ndarray, exponent: int) -> np.ndarray:
        """`base^exponent`."""
        result = np.ones_like(base)
        while exponent:
            if exponent & 1:
                result = self.reduced(result * base)
            base = self.reduced(base * base)
            exponent >>= 1
        return result

    def run(self, x: np.ndarray, steps: Sequence[Step], tick: Callable[[], None] = lambda: None) -> np.ndarray:
        """`x` after `steps`; may overwrite `x`. `tick` is called after each."""
        for step in steps:
            x = getattr(self, type(step).__name__.lower())(x, step)
            tick()
        return x

    def common(self, step: Normalise) -> int:
        """By what `normalise` multiplies, besides dividing by D."""
        return step.common

    def normalise(self, x: np.ndarray, step: Normalise) -> np.ndarray:
        """See `Normalise`: `L / D = L · D^-1`; the inverses of all D cost one inverse (of their product)."""
        values = [v for v in step.values if v]
        numbers = np.array([self.number(v) for v in values])
        before = np.ones((len(values) + 1, len(self.primes)))
        for k, value in enumerate(numbers):
            before[k + 1] = self.reduced(before[k] * value)
        whole = self.reduced(
            np.array([pow(int(a) % p, -1, p) for a, p in zip(before[-1], self.primes, strict=True)], dtype=float)
        )
        table = np.zeros((len(step.values), len(self.primes)))
        common, zeros = self.number(step.common), len(step.values) - len(values)
        for k in range(len(values) - 1, -1, -1):
            table[zeros + k] = self.reduced(self.reduced(before[k] * whole) * common)
            whole = self.reduced(whole * numbers[k])
        table = self.power(table, step.power)
        x *= table[step.index]
        return self.reduced(x)

    def scale(self, x: np.ndarray, step: Scale) -> np.ndarray:
        """See `Scale`."""
        degree = step.on.particles
        for c, (base, exponent) in enumerate(zip(step.bases, step.factorials, strict=True)):
            if base == 1 and not exponent:
                continue
            table = self.powers(self.number(base), degree)
            if exponent:
                table = self.reduced(table * self.factorials(degree)[0 if exponent > 0 else 1])
            x *= table[step.on.points[:, c]]
            self.reduced(x)
        if step.constant != 1:
            x *= self.number(step.constant)
            self.reduced(x)
        return x

    def shift(self, x: np.ndarray, step: Shift) -> np.ndarray:
        """See `Shift`: rows times `amount^a`, Horner's additions, rows times `amount^-a`."""
        starts, counts = step.lines.starts, step.lines.lengths
        x = x[step.lines.rows]
        degree = len(counts) - 1
        row = np.repeat(np.arange(degree + 1), counts)
        if step.amount != 1:
            x *= self.powers(self.number(step.amount), degree)[row]
            self.reduced(x)
        passes = 1  # before a reduction; k passes make a number at most C(degree + k, k) times larger
        while passes < degree and comb(degree + passes + 1, passes + 1) <= ROOM:
            passes += 1
        for i in range(degree):
            for j in range(degree - 1, i - 1, -1):
                x[starts[j] : starts[j] + counts[j + 1]] += x[starts[j + 1] : starts[j + 2]]
            if (i + 1) % passes == 0 or i == degree - 1:
                self.reduced(x[starts[max(0, i + 1 - passes)] :])
        if step.amount != 1:
            x *= self.powers(self.inverse(step.amount), degree)[row]
            self.reduced(x)
        return _scattered(x, step.lines.rows)

    def stirling(self, x: np.ndarray, step: Stirling) -> np.ndarray:
        """See `Stirling`: after round i row i holds `E[n^i]` and row r > i holds `E[n^i (n)_{r-i}]`."""
        starts, counts = step.lines.starts, step.lines.lengths
        x = x[step.lines.rows]
        degree = len(counts) - 1
        rounds = 1
        while rounds < degree and (degree + 1) ** (rounds + 1) <= ROOM:
            rounds += 1
        for i in range(1, degree):
            for r in range(degree, i, -1):
                x[starts[r] : starts[r + 1]] += (r - i) * x[starts[r - 1] : starts[r - 1] + counts[r]]
            if i % rounds == 0 or i == degree - 1:
                self.reduced(x)
        return _scattered(x, step.lines.rows)

    def select(self, x: np.ndarray, step: Select) -> np.ndarray:
        """See `Select`."""
        return x[step.index]

    def embed(self, x: np.ndarray, step: Embed) -> np.ndarray:
        """See `Embed`."""
        places = np.zeros((step.size, len(self.primes)))
        places[step.index] = x
        return places

    def divide(self, x: np.ndarray, step: Divide) -> np.ndarray:
        """See `Divide`."""
        x *= self.reduced(self.number(step.bottom) * self.inverse(step.top))
        return self.reduced(x)

    def weigh(self, x: np.ndarray, counts: np.ndarray, factor: int) -> np.ndarray:
        """`factor · sum_k counts_k x_k`, shape (B,)."""
        terms = self.reduced(x * counts.astype(float)[:, None])
        return self.reduced(self.reduced(terms.sum(axis=0)) * self.number(factor))

    def times(self, value: np.ndarray, factor: int, power: int) -> np.ndarray:
        """`value · factor^power`."""
        return self.reduced(value * self.power(self.number(factor), power))


def _scattered(x: np.ndarray, order: np.ndarray) -> np.ndarray:
    placed = np.empty_like(x)
    placed[order] = x
    return placed


def unsuitable(plan: Schedule) -> int:
    """A number that a usable prime must not divide: everything that is divided by, and the amounts of shifts."""
    factors = {plan.output.common}
    for steps in plan.moves:
        for step in steps:
            if isinstance(step, Normalise):
                factors.add(step.common)
            elif isinstance(step, Divide):
                factors.add(step.top)
            elif isinstance(step, Shift):
                factors.add(abs(step.amount))
    return prod(factors)


def primes_below(top: int, avoid: int, bits: int) -> list[int]:
    """Primes from `top` downwards that do not divide `avoid`, until their product exceeds `2**bits`."""
    found: list[int] = []
    size = 0.0
    for p in _descending_primes(top):
        if gcd(p, avoid) == 1:
            found.append(p)
            size += float(np.log2(p)) - 1e-9
            if size > bits:
                return found
    raise ArithmeticError(f"fewer than {bits} bits of primes below {top}")


def _descending_primes(top: int) -> Iterator[int]:
    """Segmented sieve of Eratosthenes, from `top` down to the square root of `top`."""
    small = np.ones(int(top**0.5) + 2, dtype=bool)
    small[:2] = False
    for i in range(2, int(len(small) ** 0.5) + 1):
        if small[i]:
            small[i * i :: i] = False
    divisors = np.nonzero(small)[0].tolist()
    high = top
    while high > divisors[-1] + 1:
        low = max(divisors[-1] + 1, high - (1 << 20))
        segment = np.ones(high - low, dtype=bool)
        for q in divisors:
            segment[-low % q :: q] = False
        yield from (low + np.nonzero(segment)[0])[::-1].tolist()
        high = low


def output_numerators(
    plan: Schedule,
    *,
    threads: int | None = None,
    lanes: int | None = None,
    tick: Callable[[float], None] = lambda done: None,
) -> list[int]:
    """Numerators of the output law and, last, of `dead`, over `plan.denominator`. `tick` gets the share done, from this thread.

    Raises ArithmeticError if the numerators do not add up to the denominator. An interruption stops the threads before it is passed on.
    """
    primes = primes_below(TOP, unsuitable(plan), plan.denominator.bit_length() + 1)
    threads = threads or min(4, os.cpu_count() or 1)
    largest = (
        max(step.on.count for steps in plan.moves for step in steps if isinstance(step, Scale)) if plan.moves else 1
    )
    lanes = lanes or lanes_for(largest)
    blocks = [primes[k : k + lanes] for k in range(0, len(primes), lanes)]
    stop = threading.Event()

    def work(block: list[int]) -> list[np.ndarray]:
        def check() -> None:
            if stop.is_set():
                raise KeyboardInterrupt

        law, dead = numerators(plan, Residues(block), check)
        return [*law, dead]

    results: dict[int, list[np.ndarray]] = {}
    with ThreadPoolExecutor(threads) as pool:
        running: dict[Future, int] = {}
        try:
            running = {pool.submit(work, block): k for k, block in enumerate(blocks)}
            pending = set(running)
            while pending:
                finished, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    results[running[future]] = future.result()
                tick(len(results) / len(blocks))
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    columns = [np.concatenate([results[k][c] for k in range(len(blocks))]) for c in range(plan.chain.outcomes + 1)]
    found = chinese_remainder(primes, [[int(v) for v in column] for column in columns])
    if sum(found) != plan.denominator:
        raise ArithmeticError("the residues do not describe a law: a prime is missing or a residue is wrong")
    return found


def chinese_remainder(primes: Sequence[int], residues: Sequence[Sequence[int]]) -> list[int]:
    """For each list of residues the number in [0, prod primes) with them, by a product tree."""
    moduli = [gmpy2.mpz(p) for p in primes]
    tree = [moduli]
    while len(tree[-1]) > 1:
        level = tree[-1]
        tree.append([level[k] * level[k + 1] if k + 1 < len(level) else level[k] for k in range(0, len(level), 2)])

    def combine(numbers: list) -> object:  # sum_k numbers_k · prod of the other moduli
        for level in tree[:-1]:
            numbers = [
                numbers[k] * level[k + 1] + numbers[k + 1] * level[k] if k + 1 < len(numbers) else numbers[k]
                for k in range(0, len(numbers), 2)
            ]
        return numbers[0]

    cofactors = [combine([gmpy2.mpz(1)] * len(moduli))]
    for level in reversed(tree[:-1]):
        cofactors = [cofactors[k // 2] % modulus for k, modulus in enumerate(level)]
    inverses = (
        [gmpy2.invert(c, p) for c, p in zip(cofactors, moduli, strict=True)] if len(moduli) > 1 else [gmpy2.mpz(1)]
    )
    product = tree[-1][0]
    return [
        int(combine([r * u % p for r, u, p in zip(row, inverses, moduli, strict=True)]) % product) for row in residues
    ]
