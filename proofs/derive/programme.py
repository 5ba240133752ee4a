"""Untrusted search for certificates: non-negative rational combinations of products of hypotheses and squares.

`search` looks for  b - a = sum_j c_j prod(hypotheses) square_j + sum_k m_k (right - left)_k  with c_j >= 0: a linear programme in the
c_j and the coefficients of the multipliers m_k, once the degree is bounded.  scipy's HiGHS finds a vertex in floats; only its support is
used: the coefficients are then solved for exactly in rationals, and the kernel checks the result.  A failure says that
no certificate of the given shape was found; it never says that the statement is false.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import flint

from proofs.derive.order import tidy
from proofs.derive.polynomials import gap
from proofs.kernel import ZERO, Node, ProofError
from proofs.kernel.arithmetic import Poly, add, cleared, constant, mul, normal_form, power


@dataclass
class Found:
    """A certificate: (c, premise numbers, squared terms) and (multiplier, premise number)."""

    products: list[tuple[Fraction, list[int], list[Node]]] = field(default_factory=list)
    equations: list[tuple[Node, int]] = field(default_factory=list)


def solve_exactly(columns: list[Poly], target: Poly) -> list[Fraction] | None:
    """Rational x with sum x_j columns_j = target, by the reduced row echelon form (free unknowns 0), or None."""
    rows = sorted({m for p in [*columns, target] for m in p}, key=lambda m: [(a.serial, k) for a, k in m])
    if not rows:
        return [Fraction(0)] * len(columns)
    entries = [p.get(m, Fraction(0)) for m in rows for p in (*columns, target)]
    numbers = [flint.fmpq(x.numerator, x.denominator) for x in entries]
    reduced, rank = flint.fmpq_mat(len(rows), len(columns) + 1, numbers).rref()
    out = [Fraction(0)] * len(columns)
    for i in range(rank):
        pivot = next(j for j in range(len(columns) + 1) if reduced[i, j] != 0)
        if pivot == len(columns):
            return None
        value = reduced[i, len(columns)]
        out[pivot] = Fraction(int(value.p), int(value.q))
    return out


def _vertex(columns: list[Poly], free: int, target: Poly, reward: list[float]) -> list[float] | None:
    """A float vertex of {x : sum x_j columns_j = target, x_j >= 0 except the last `free`}."""
    import numpy as np
    from scipy.optimize import linprog

    rows = {m: i for i, m in enumerate(dict.fromkeys(m for p in [*columns, target] for m in p))}
    matrix, right = np.zeros((len(rows), len(columns))), np.zeros(len(rows))
    for j, p in enumerate(columns):
        for m, c in p.items():
            matrix[rows[m], j] = float(c)
    for m, c in target.items():
        right[rows[m]] = float(c)
    bounds = [(0, None)] * (len(columns) - free) + [(None, None)] * free
    result = linprog(reward, A_eq=matrix, b_eq=right, bounds=bounds, method="highs-ds")
    return list(result.x) if result.status == 0 else None


def search(
    goal: Node,
    premises: Sequence[Node],
    *,
    squares: Sequence[Node] = (),
    degree: int = 2,
    multipliers: Sequence[Node] | None = None,
    denominators: Sequence[Node] = (),
) -> Found:
    """A certificate for `goal` from the premises.  Raises ProofError when none of this shape is found.

    Products of at most `degree` inequalities, each also times the square of each term in `squares`.  The multipliers of the
    equations are rational combinations of `multipliers`; by default 1 and the variables and products that occur.
    """
    positive = [i for i, f in enumerate(premises) if f.op in ("<=", "<")]
    equal = [i for i, f in enumerate(premises) if f.op == "="]
    gaps = [gap(f) if f.op in ("<=", "<", "=") else {} for f in premises]
    target = gap(goal)
    labels: list[tuple[list[int], list[Node]]] = []
    columns: list[Poly] = []
    if goal.op != "=":
        for size in range(degree + 1):
            for numbers in itertools.combinations_with_replacement(positive, size):
                product = constant(1)
                for i in numbers:
                    product = mul(product, gaps[i])
                for t in [None, *squares]:
                    labels.append((list(numbers), [] if t is None else [t]))
                    columns.append(product if t is None else mul(product, power(normal_form(t), 2)))
    inequalities = len(columns)
    if multipliers is None:
        atoms = dict.fromkeys(a for p in [target, *gaps] for m in p for a, _ in m)
        shapes = dict.fromkeys(tuple(x for x in m) for m in target)
        monomials = dict.fromkeys([(), *(((a, 1),) for a in atoms), *shapes])
        choices: list[Poly] = [{m: Fraction(1)} for m in monomials]
    else:
        choices = [normal_form(m) for m in multipliers]
    multiples = [(i, choice) for i in equal for choice in choices]
    columns += [mul(gaps[i], choice) for i, choice in multiples]
    every = [*columns, target]
    for formula in denominators:
        sides = formula.kids
        every = cleared(every, sides[sides[0] is ZERO])
    columns, target = every[:-1], every[-1]

    strict = [j for j, (numbers, ts) in enumerate(labels) if not ts and all(premises[i].op == "<" for i in numbers)]
    attempts = [None] if goal.op != "<" else strict
    for chosen in attempts:
        coefficients = _solve(columns, inequalities, target, labels, chosen)
        if coefficients is not None:
            break
    else:
        raise ProofError(
            f"no certificate of this shape found for {goal!r} from {len(premises)} premises (degree {degree})"
        )
    found = Found()
    for c, (used, ts) in zip(coefficients[:inequalities], labels, strict=True):
        if c:
            found.products.append((c, used, ts))
    sums: dict[int, Poly] = {}
    for c, (i, choice) in zip(coefficients[inequalities:], multiples, strict=True):
        if c:
            sums[i] = add(sums.get(i, {}), choice, c)
    found.equations = [(tidy(p), i) for i, p in sums.items() if p]
    return found


def _solve(
    columns: list[Poly], inequalities: int, target: Poly, labels: list, chosen: int | None
) -> list[Fraction] | None:
    """Exact coefficients; when `chosen` is given its coefficient must be positive."""
    free = len(columns) - inequalities
    if inequalities == 0:
        return solve_exactly(columns, target)
    if chosen is not None and not target:  # a contradiction is found up to scale: with the coefficient 1
        rest = _solve(columns, inequalities, mul(columns[chosen], constant(-1)), labels, None)
        return None if rest is None else [c + (j == chosen) for j, c in enumerate(rest)]
    cost = [1.0 + len(numbers) + 3 * len(ts) for numbers, ts in labels] + [0.0] * free
    if chosen is not None:
        if not columns[chosen]:
            return None
        cost[chosen] = -1e-3
    x = _vertex(columns, free, target, cost)
    if x is None and chosen is not None:  # unbounded in the rewarded direction: ask for feasibility alone
        cost[chosen] = 0.0
        x = _vertex(columns, free, target, cost)
    if x is None:
        return None
    support = [j for j in range(len(columns)) if j >= inequalities or x[j] > 1e-9]
    solution = solve_exactly([columns[j] for j in support], target)
    if solution is None or any(c < 0 for j, c in zip(support, solution, strict=True) if j < inequalities):
        return None
    out = [Fraction(0)] * len(columns)
    for j, c in zip(support, solution, strict=True):
        out[j] = c
    return out if chosen is None or out[chosen] > 0 else None
