"""The spectral gap of a reversible kernel, exact where it is rational and in a ball elsewhere (S18, and what sweeps of S17 forget)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

from smc.numbers import ONE, Ball, Rational, Verdict, at_most, ball, precision

BITS = 256
"""Working precision of irrational eigenvalues."""


def relaxation_time(rows: Sequence[Sequence[Rational]]) -> Rational | Ball | None:
    """`1/gap` of an irreducible reversible kernel, shape (n, n): the largest `Var f / E(f, f)`, E the Dirichlet form. None for one state.

    The eigenvalues are real and 1 is a simple one: the characteristic polynomial is divided by `x - 1` and factored over the rationals. A
    linear factor has a rational root; the roots of the others come in balls.
    """
    size = len(rows)
    if size < 2:
        return None
    entries = [flint.fmpq(int(p.numerator), int(p.denominator)) for row in rows for p in row]
    rest = flint.fmpq_mat(size, size, entries).charpoly() // flint.fmpq_poly([-1, 1])
    rational: list[Rational] = []
    balls: list[Ball] = []
    with precision(BITS):
        for factor, _ in rest.numer().factor()[1]:
            if factor.degree() == 1:
                rational.append(Rational(-int(factor[0]), int(factor[1])))
            else:
                roots: Any = factor.complex_roots()  # pairs with multiplicities, which the stubs leave out
                balls += [root.real for root, _ in roots]
        top = max(rational, default=None)
        if not balls or (top is not None and all(at_most(root, top) is Verdict.HOLDS for root in balls)):
            assert top is not None
            return 1 / (ONE - top)
        if top is not None:
            balls.append(ball(top, BITS))
        largest: Ball = max(balls, key=Ball.mid)
        for root in balls:
            if root.overlaps(largest):
                largest = largest.union(root)
        return 1 / (1 - largest)
