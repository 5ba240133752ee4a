"""S9's instance: a perfect reward model under which naive-proposal SMC is still wrong by the order of T/N.

The first step chooses A or B evenly, `V_1 = 1`. Below A every step is a fair bit and multiplies V by 3/2 or 1/2; below B, V
stays 1. The target gives A mass 1/2. The law of the output's branch needs one count: K, the particles below A after
resampling. Given K, J ~ Bin(K, 1/2) of them multiply by 3/2, so the next particle is below A with probability
`p(K, J) = (K + 2J) / (2N - K + 2J)`, and the next K is Bin(N, p). With `a = K + 2J` the transition matrix is
`P(K, k) = C(N, k) (2N - 2K)^{N-k} sum_a C(K, J) 2^{-K} (a + 2N - 2K)^{-N} a^k`, two matrix products (a even, a odd).
Exact in rationals for small N and T, whose numerators grow without bound; certified (arb balls) for the rest.
"""

from __future__ import annotations

from math import comb

import flint

from smc.errors import InputError, TooLarge, whole_number
from smc.numbers import ONE, ZERO, Ball, Rational, precision
from smc.setting.model import Edge, Model, Row
from smc.setting.twist import Twist, perfect

HALF = Rational(1, 2)
MOST_PARTICLES = 2048
"""Largest N of the certified recursion: its matrix has (N + 1)^2 balls, about 120 bytes each."""
MOST_BITS = 1 << 14


def split_model(horizon: int) -> tuple[Model, Twist]:
    """The instance as a layered model (states B, and A with the number of bits 3/2), with `V = V*`."""
    whole_number("horizon", horizon)
    layers: list[tuple[str, ...]] = [("root",)] + [("B", *(f"A{k}" for k in range(t))) for t in range(1, horizon + 1)]
    steps: list[tuple[Row, ...]] = [((Edge(0, HALF), Edge(1, HALF)),)]
    for t in range(1, horizon):
        steps.append(((Edge(0, ONE),), *((Edge(k, HALF), Edge(k + 1, HALF)) for k in range(1, t + 1))))
    reward = (ONE, *(Rational(3) ** k / Rational(2) ** (horizon - 1) for k in range(horizon)))
    model = Model(tuple(layers), tuple(steps), reward, name=f"split, T = {horizon}")
    return model, perfect(model)


def is_split(model: Model, twist: Twist) -> bool:
    """Whether this is the split model of its horizon, up to the names of the states."""
    if model.sizes != (1, *range(2, model.horizon + 2)):
        return False
    known, values = split_model(model.horizon)
    return (model.edges, model.reward, twist.values) == (known.edges, known.reward, values.values)


def branch_mass(particles: int, horizon: int) -> tuple[Rational, ...]:
    """P(output is below A) after t = 1..horizon steps, exact. For small N and T: the law of K has numerators of about
    `2 t N^2 log2(3N)` bits (see `certified_branch_mass`)."""
    n = whole_number("particles", particles)
    whole_number("horizon", horizon)
    start = _binomial(n, HALF)
    law = _mix(((p, _binomial(n, Rational(k, n))) for k, p in enumerate(start)), n)
    masses = [HALF]
    rows = [_row(n, k) for k in range(n + 1)]
    answers = [sum((b * p for b, p in row), ZERO) for row in rows]
    for t in range(1, horizon):
        masses.append(sum((q * a for q, a in zip(law, answers, strict=True)), ZERO))
        if t + 1 < horizon:
            law = _mix(((q * b, _binomial(n, p)) for q, row in zip(law, rows, strict=True) for b, p in row), n)
    return tuple(masses)


def _row(n: int, k: int) -> list[tuple[Rational, Rational]]:
    """(probability of J, probability that the next particle is below A) for J = 0..K."""
    return [(Rational(comb(k, j), 1 << k), Rational(k + 2 * j, 2 * n - k + 2 * j) if k else ZERO) for j in range(k + 1)]


def _binomial(n: int, p: Rational) -> list[Rational]:
    return [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def _mix(parts, n: int) -> list[Rational]:
    mixture = [ZERO] * (n + 1)
    for weight, law in parts:
        for k, p in enumerate(law):
            mixture[k] += weight * p
    return mixture


def certified_branch_mass(particles: int, horizon: int, *, bits: int = 64) -> tuple[Ball, ...]:
    """P(output is below A) after t = 1..horizon steps, as enclosures of radius at most `2^-bits`.

    One matrix, then one product of a vector and the matrix a step. The working precision doubles until every radius is
    small enough. Raises TooLarge beyond `MOST_PARTICLES`.
    """
    n = whole_number("particles", particles)
    whole_number("horizon", horizon)
    if n > MOST_PARTICLES:
        raise TooLarge(
            f"{n} particles need a matrix of {(n + 1) ** 2} enclosures, about {(n + 1) ** 2 * 120 >> 20} MiB",
            where="particles",
            mend=f"at most {MOST_PARTICLES}; S9's closed form bounds the rest",
        )
    if bits > MOST_BITS // 2:
        raise InputError(f"{bits} bits of accuracy", where="bits", mend=f"at most {MOST_BITS // 2}")
    working = 2 * bits + 64
    while True:
        with precision(working):
            masses = _masses(n, horizon)
        if all(m.rad() < flint.arb(2) ** -bits for m in masses):
            return masses
        if working > MOST_BITS:
            raise ArithmeticError(f"the enclosures stay wider than 2^-{bits} at {working} bits")
        working *= 2


def _masses(n: int, horizon: int) -> tuple[Ball, ...]:
    masses = [flint.arb("0.5")]
    if horizon == 1:
        return tuple(masses)
    step = _transition(n)
    answers = flint.arb_mat([[_answer(n, k)] for k in range(n + 1)])
    halves = flint.arb_mat([[flint.arb(flint.fmpq(comb(n, k), 1 << n)) for k in range(n + 1)]])
    law = halves * flint.arb_mat([_ball_binomial(n, k) for k in range(n + 1)])
    for _ in range(1, horizon):
        masses.append((law * answers)[0, 0])
        law = law * step
    return tuple(masses)


def _answer(n: int, k: int) -> Ball:
    """`E_J p(K, J)`."""
    terms = (flint.fmpq(comb(k, j) * (k + 2 * j), (2 * n - k + 2 * j) << k) for j in range(k + 1)) if k else ()
    return sum((flint.arb(term) for term in terms), flint.arb(0))


def _ball_binomial(n: int, k: int) -> list[Ball]:
    """Bin(n, k/n)."""
    return [flint.arb(flint.fmpq(comb(n, i) * k**i * (n - k) ** (n - i), n**n)) for i in range(n + 1)]


def _transition(n: int) -> flint.arb_mat:
    """`P(K, k)` by the formula at the top of the file."""
    total = flint.arb_mat(n + 1, n + 1)
    for parity in (0, 1):
        values = range(parity, 3 * n + 1, 2)
        coefficients = flint.arb_mat(n + 1, len(values))
        for k in range(parity, n + 1, 2):
            for j in range(k + 1):
                scale = flint.fmpz(2 * n - k + 2 * j) ** n << k
                coefficients[k, (k - parity) // 2 + j] = flint.arb(comb(k, j)) / flint.arb(scale)
        total += coefficients * flint.arb_mat([_powers(a, n) for a in values])
    for k in range(n + 1):
        rest = _powers(2 * n - 2 * k, n)
        for i in range(n + 1):
            total[k, i] = total[k, i] * rest[n - i] * comb(n, i)
    return total


def _powers(base: int, most: int) -> list[Ball]:
    """`base^0 .. base^most`, each rounded once."""
    return [flint.arb(flint.fmpz(base) ** k) for k in range(most + 1)]
