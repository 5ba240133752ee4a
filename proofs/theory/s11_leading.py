"""S11 (c): the leading term of the bias, with its remainder.

With U = Zhat/Z, nu = nu(F) the last cloud's weighted mean of F, p = pi(F) and D = U (nu - p):

    nu - p = D + D (1 - U) + (1 - U)^2 (nu - p),    (1 - U)^2 (nu - p) = (1 - U)^2 D + (1 - U)^3 (nu - p).

The means of D and of D (1 - U) are 0 and p E U^2 - E[U^2 nu]; the other two are small, by Cauchy-Schwarz.  A, B, B3, B4 are the means of
Zhat^j from a cloud on, AF, CF, CF3 those of Zhat^j nu, KF that of (Zhat nu)^2.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, Root, function, implications, relation, symbols
from proofs.lemmas.clouds import particles
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import backwards, end_weights, know_answers, rewarded, scale, target
from proofs.theory.s5_normaliser import begin, later, smc, weights
from proofs.theory.s10_certificate import Run
from proofs.theory.s12_density import complement

N, n, t, c, d, z, A, B, AF, CF, Out = particles.symbols("N n t c d z A B AF CF Out")
x, root, V, Vstar, F, first = layered.symbols("x root V Vstar F first")
B3, B4, CF3, KF = (function(name, "nat Edge* -> real") for name in ("B3", "B4", "CF3", "KF"))
p, q = symbols("p q")
mean = weights / N
MEANS = {A: (1, 0), B: (2, 0), B3: (3, 0), B4: (4, 0), AF: (1, 1), CF: (2, 1), CF3: (3, 1), KF: (2, 2)}
"""Means from a cloud on: the powers of Zhat and of nu(F)."""


class Means:
    """E[U^i nu^j] by i and j, for U = q Zhat, at a cloud or at numbers."""

    def __init__(self, value: Any, out: Any, scale: Any = 1):
        self.of = {powers: scale ** powers[0] * value(mean) for mean, powers in MEANS.items()} | {
            (0, 0): 1,
            (0, 1): out,
        }

    def poly(self, *coefficients: Any, answer: int = 0) -> Any:
        """E[(c_0 + c_1 U + c_2 U^2 + ...) nu^answer]."""
        return sum(k * self.of[i, answer] for i, k in enumerate(coefficients) if k)

    def fourth(self) -> Any:
        """E (1 - U)^4."""
        return self.poly(1, -4, 6, -4, 1)

    def variance(self) -> Any:
        """E (1 - U)^2."""
        return self.poly(1, -2, 1)

    def square(self, p: Any) -> Any:
        """E D^2, D = U (nu - p)."""
        return self.of[2, 2] - 2 * p * self.of[2, 1] + p**2 * self.of[2, 0]

    def near(self, p: Any) -> Any:
        """E (1 - U)^2 D."""
        return self.poly(0, 1, -2, 1, answer=1) - p * self.poly(0, 1, -2, 1)

    def far(self, p: Any) -> Any:
        """E (1 - U)^3 (nu - p)."""
        return self.poly(1, -3, 3, -1, answer=1) - p * self.poly(1, -3, 3, -1)

    def quadratics(self, p: Any, z: Any) -> tuple[Any, Any]:
        """E (D - z (1 - U)^2)^2, and E (1 - U)^2 - 2 z E (1 - U)^3 (nu - p) + z^2 E (1 - U)^4."""
        return (
            self.square(p) - 2 * z * self.near(p) + z**2 * self.fourth(),
            self.variance() - 2 * z * self.far(p) + z**2 * self.fourth(),
        )


def know_means(s: Derivation) -> dict[Any, tuple[Line, Line]]:
    """What one step does to the means, and their values at the end, where nu is rewarded / end_weights."""
    found = {}
    for value, (power, answers) in MEANS.items():
        step = Eq(value(t, c), mean**power * later(value(t + 1, d)))
        end = Eq(value(n, c), (end_weights / N) ** (power - answers) * (rewarded / N) ** answers)
        found[value] = tuple(s.given(ForAll(t, c, implications(t < n, step)), ForAll(c, end)))
    return found


@lemma(
    "leading_quadratics",
    title="two quadratics of z that are never negative, given a cloud",
    words="With U = q Zhat and D = U (nu(F) - p), 0 <= p <= 1: 0 <= E[(D - z (1 - U)^2)^2 | c] and 0 <= E[(1 - U)^2 - 2 z (1 - U)^3 "
    "(nu(F) - p) + z^2 (1 - U)^4 | c] for all real z and q.",
)
@in_sympy("leading_quadratics")
def leading_quadratics(s: Derivation) -> Line:
    moves, honest, between = know_answers(s)
    rules = know_means(s)
    low, high = s.given(0 <= p, p <= 1)

    def shape(numbers: Means, z: Any) -> tuple[Any, Any]:
        return tuple(relation("<=", 0, value) for value in numbers.quadratics(p, z))

    def claim(time: Any) -> Any:
        return Both(*shape(Means(lambda value: value(time, c), Out(time, c), q), z))

    def both(numbers: list[Line], answer: Any, bare: tuple[Line, ...]) -> Line:
        """The claim from the bare inequalities, with the means in place of their values."""
        lines = []
        for i, line in enumerate(bare):

            def with_values(*values: Any, i: int = i) -> Any:
                table = dict(zip(MEANS, values, strict=True))
                return shape(Means(table.__getitem__, answer, q), z)[i]

            lines.append(s.put(s.form(line, with_values(*(number.rhs for number in numbers))), with_values, *numbers))
        return s.both(*lines)

    def squares(m: Any, o: Any, inside: Line) -> tuple[Line, Line]:
        """The quadratics at U = m and nu = o: a square; and (1 - U)^2 times a square, and a rest since |o - p| <= 1."""
        exact = Means(lambda value: m ** MEANS[value][0] * o ** MEANS[value][1], o)
        first, second = (relation("<=", 0, value) for value in exact.quadratics(p, z))
        near = s.prove(relation("<=", 0, (m * (o - p) - z * (1 - m) ** 2) ** 2))
        width = s.prove(0 <= 1 - (o - p) ** 2, inside[0], inside[1], low, high)
        rest = s.times_square(width, z * (1 - m) ** 2)
        far = s.prove(relation("<=", 0, ((1 - m) * (1 - z * (1 - m) * (o - p))) ** 2))
        return s.prove(first, near), s.prove(second, far, rest)

    def at_end() -> Line:
        out, last = Out(n, c), end_weights / N
        values = [
            s.prove(Eq(value(n, c), last**i * out**k), rules[value][1](c), honest(c)) for value, (i, k) in MEANS.items()
        ]
        return both(values, out, squares(q * last, out, between(n, c)))

    def none(zero: Line) -> Line:
        values = [s.prove(Eq(value(t, c), 0), rules[value][0](t, c), zero) for value in MEANS]
        return both(values, Out(t, c), squares(0, Out(t, c), between(t, c)))

    def some(hyp: Line) -> Line:
        there = hyp(t + 1, d, z, q * mean)
        steps = [rules[value][0](t, c) for value in MEANS]
        goals = shape(Means(lambda value: value(t, c), Out(t, c), q), z)
        means = [s.expect(smc(t, c).draws(N), d, there[i]) for i in (0, 1)]
        return s.both(*(s.prove(goal, line, moves(t, c), *steps) for goal, line in zip(goals, means, strict=True)))

    return backwards(s, (t, c, z, q), claim, at_end, none, some)


out = begin(Out(0, d))
run_means = Means(lambda value: begin(value(0, d)), out, scale)


@statement(
    "S11.bias",
    source="new",
    title="the leading term of the bias, with its remainder",
    words="Naive-proposal SMC as in S5, F a test function with values in [0, 1], whatever is answered once all particles are dead, U = "
    "Zhat/Z, p = VF_0/Vstar_0 the target's mean of F: |E F(output) - p - c| <= sqrt(E(1-U)^4 E D^2) + sqrt(E(1-U)^4 E(1-U)^2), with the "
    "leading term c = p E U^2 - E[U^2 nu(F)] and D = U (nu(F) - p).",
)
@in_sympy("S11.bias")
def leading(s: Derivation) -> Line:
    run = Run(s)
    complement(s, run)
    know_means(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    for claim in (0 <= target, target <= 1):
        s.know(s.prove(claim))
    known = s.use("leading_quadratics", {p: target})(n, 0, d, z, scale)
    ones = [
        s.prove(Eq(run_means.of[1, 0], 1), s.use("S5.mean")),
        s.prove(Eq(run_means.of[1, 1], target), s.use("target_share")),
    ]
    wide, parts = run_means.fourth(), []
    pairs = (run_means.square(target), run_means.near(target)), (run_means.variance(), run_means.far(target))
    for i, (size, part) in enumerate(pairs):
        line = s.expect(first.draws(N), d, known[i])
        s.know(s.gen(s.form(line, relation("<=", 0, size - 2 * z * part + z**2 * wide)), z))
        square = s.use("discriminant")(size, part, wide)
        s.know(s.prove(0 <= size * wide, square, s.prove(relation("<=", 0, part**2))))
        root_law, cap = s.axiom("sqrt_square", wide * size), Root(wide * size)
        s.know(s.prove(part**2 <= cap**2, square, root_law))
        below = s.use("square_below")
        parts.append((below(part, cap), s.form(below(-part, cap), -part <= cap)))
    caps = sum((Root(wide * size) for size, _ in pairs), sp.S.Zero)
    lead = target * run_means.of[2, 0] - run_means.of[2, 1]
    same = s.prove(Eq(out - target - lead, pairs[0][1] + pairs[1][1]), *ones)
    goals = out - target - lead <= caps, target + lead - out <= caps
    return s.both(*(s.prove(goal, same, *(part[i] for part in parts)) for i, goal in enumerate(goals)))
