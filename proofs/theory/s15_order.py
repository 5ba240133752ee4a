"""S15, the lower half for every number of rounds, with the best s: a bias of the order N^(-r/(2r-1)).

r = m + 1 rounds; s = (6 N)^(-r/(2r-1)) is written without a root, s^(2r-1) (6 N)^r = 1.
"""

from __future__ import annotations

from sympy import Eq, Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import relation, symbols
from proofs.lemmas.rare import times
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s15_rounds import grown, half

N, n = layered.symbols("N n")
m, rest = symbols("m rest", "nat")
(s,) = symbols("s")


def share_of(p: Derivation, small: Line) -> Line:
    """s <= 1, as s^(2 m + 1) (6 N)^(m + 1) <= 1."""
    with p.suppose(1 < s) as large:
        p.know(p.prove(relation("<=", 1, s), large[0]))
        p.know(p.prove(relation("<=", 1, 6 * N), p.nat_step(p.prove(0 < N))))
        grows = p.use("power_at_least_one")
        first, second = p.know(grows(s, 2 * m + 1)), p.know(grows(6 * N, m))
        more = p.prove(6 * N <= s ** (2 * m + 1) * (6 * N) ** (m + 1), first, second)
        no = p.anything(s <= 1, p.prove(relation("<", 0, 0), more, small, p.nat_step(p.prove(0 < N))))
    with p.suppose(s <= 1) as fine:
        yes = fine[0]
    return p.cases(s, 1, yes, no)


@statement(
    "S15.order",
    source="new",
    title="a bias of s/2^r on the rare-branch run of r rounds",
    words="As S15.rounds, with r = m + 1 (T >= 2 r): s^(2r-1) (6 N)^r <= 1 and N s >= 2 give s/2^r <= pi - out.",
)
@in_sympy("S15.order")
def order(p: Derivation) -> Line:
    """2 N s^2 + s and N s^2 + s + 6/N are at most 3 N s^2, and (3 N s^2)^r = s s^(2r-1) (6 N)^r/2^r <= s/2^r."""
    small, many, *_ = p.given(s ** (2 * m + 1) * (6 * N) ** (m + 1) <= 1, relation("<=", 2, N * s), 0 < s, 0 < N)
    p.know(share_of(p, small))
    known = p.use("S15.rounds")
    top, r = 3 * N * s**2, m + 1
    less = p.prove(s <= N * s**2 / 2, times(p, s, many))
    power = p.use("power_mono")(grown, top, m)
    first = times(p, grown**m, p.prove(2 * N * s**2 + s <= top, less))
    line = p.chain(first, times(p, top, p.prove(grown**m <= top**m, power)))
    a, b = symbols("a b")
    split = p.gen(p.prove(Eq((a * b) ** n, a**n * b**n)), a, b, n)(6 * N * s**2, half, r)
    last = times(p, half**r * s, small)
    return p.prove(s * half**r <= known.rhs, known, line, split, last)


@statement(
    "S15.power",
    source="new",
    title="a bias of (6 N)^(-r/(2r-1))/2^r on the rare-branch run of r rounds, from 288 particles on",
    words="As S15.rounds, with r = m + 1 >= 2 (T >= 2 r), s = (6 N)^(-r/(2r-1)), that is s^(2r-1) (6 N)^r = 1, and N >= 288 particles: "
    "s/2^r <= pi - out.",
)
@in_sympy("S15.power")
def power(p: Derivation) -> Line:
    """Were N s < 2, s^(2r-1) (6 N)^r = (6 N s) (6 N s^2)^(r-1) would be less than 12/12^(r-1) <= 1."""
    one, some, many, *_ = p.given(
        Eq(s ** (2 * m + 1) * (6 * N) ** (m + 1), 1), relation("<=", 1, m), relation("<=", 288, N), 0 < s, 0 < N
    )
    with p.suppose(2 <= N * s) as fine:
        enough = fine[0]
    with p.suppose(N * s < 2) as few:
        square = p.prove((N * s) ** 2 <= 4, times(p, N * s, p.prove(N * s <= 2, few[0])), few[0])
        step = 6 * N * s**2
        small = p.prove(step <= Rational(1, 12), times(p, N * s**2, many), square)
        with p.nat_split(some, rest) as split:
            powers = p.use("power_mono")(step, 1, rest)
            later = p.chain(times(p, step, powers), small)
            later = p.form(times(p, 6 * N * s, later), s ** (2 * rest + 3) * (6 * N) ** (rest + 2) <= N * s / 2)
            back = p.prove(Eq(1 + rest, m), split[0])
            later = p.at(back, later, lambda r: s ** (2 * r + 1) * (6 * N) ** (r + 1) <= N * s / 2)
            none = split.close(p.prove(relation("<", 0, 0), later, one, few[0]))
        wrong = p.anything(2 <= N * s, none)
    p.know(p.cases(2, N * s, enough, wrong))
    p.know(p.prove(s ** (2 * m + 1) * (6 * N) ** (m + 1) <= 1, one))
    return p.use("S15.order")
