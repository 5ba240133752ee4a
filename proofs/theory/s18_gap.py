"""S18: the gap of the value-guided backtracking walk, by what its longest path weighs; the inequality along paths, derived in sympy.

g(y, t) are the increments, along the path y from the root, of the harmonic extension of a function of the leaves, u(y, t) = Vstar/V there.
Over the target's paths the mean of the sum of g^2/u is the Dirichlet form of the walk over Z.
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    relation,
    symbols,
    total,
)
from proofs.registry import statement

T, t = symbols("T t", "nat")
A, l = symbols("A l")
mu, y = Law("mu", "", "Y"), Element("y", "Y")
g, u, f = function("g", "Y nat -> real"), function("u", "Y nat -> real"), function("f", "Y -> real")


@statement(
    "S18.gap",
    source="new",
    title="variance along paths whose ratios add up to at most A",
    words="For a random path y of T steps with ratios u(y, t) > 0 whose sum is at most A, and f(y) = sum_t g(y, t) the sum of its "
    "increments from the root: E (f - E f)^2 <= A E sum_t g(y, t)^2/u(y, t).  For the walk of S18 the right side is A times its "
    "Dirichlet form.",
)
@in_sympy("S18.gap")
def gap(d: Derivation) -> Line:
    """(g - l u)^2/u >= 0 along the path; l = f/U with U the sum of the ratios."""
    here_g, here_u = g(y, t), u(y, t)
    U, spent = total(T, t, here_u), total(T, t, here_g**2 / here_u)
    positive, whole, adds = d.given(
        ForAll(y, t, Implication(t < T, 0 < here_u)),
        ForAll(y, Both(0 < U, U <= A)),
        ForAll(y, Eq(f(y), total(T, t, here_g))),
    )
    with d.below(t, T) as inside:
        at = d.know(positive(y, t))
        square = d.prove(relation("<=", 0, (here_g - l * here_u) ** 2 / here_u), at)
        term = d.prove(2 * l * here_g - l**2 * here_u <= here_g**2 / here_u, square, at)
        line = inside.sum(term)
        least = d.prove(relation("<=", 0, here_g**2 / here_u), at)
        least = inside.sum(least)
    some, most = d.know(whole(y)[0]), whole(y)[1]
    line = d.prove(2 * l * f(y) - l**2 * U <= spent, line, adds(y))
    line = d.gen(line, l)(f(y) / U)
    line = d.prove(f(y) ** 2 / U <= spent, line, hold=[U])
    line = d.prove(f(y) ** 2 <= U * spent, line, some, hold=[U, spent])
    wide = d.prove(U * spent <= A * spent, most, least, hold=[U, spent])
    second = d.expect(mu, y, d.prove(f(y) ** 2 <= A * spent, line, wide))
    mean = Expect(mu, y, f(y))
    square = d.prove(relation("<=", 0, mean**2))
    return d.prove(Expect(mu, y, (f(y) - mean) ** 2) <= A * Expect(mu, y, spent), second, square)
