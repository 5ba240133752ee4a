"""S11 (a): the output law from below by four moments of the normaliser times the answer, at any number of particles.

With U = Zhat/Z and nu the weighted law of the last cloud, E[nu(F) (1 - a U - b U^2)^2] >= 0 bounds out(F) from below by the moments m_j =
E[U^j nu(F)]: m_1 is the target's mean of F, and S10 is the case b = 0.  AF, CF, CF3 and CF4 are the means of Zhat^j nu(F) from a cloud on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp
from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, Root, function, implications, symbols
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import model
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import backwards, end_weights, know_answers, know_tested, rewarded, scale, target
from proofs.theory.s5_normaliser import begin, know_weights, later, smc, weights
from proofs.theory.s10_certificate import each_Out, each_VF, for_each, numbered

N, n, t, c, d, AF, CF, Out = particles.symbols("N n t c d AF CF Out")
x, root, V, Vstar, first = layered.symbols("x root V Vstar first")
a, b = symbols("alpha beta")
j, J = symbols("j J", "nat")
CF3, CF4 = (function(name, "nat Edge* -> real") for name in ("CF3", "CF4"))
MOMENTS = (AF, CF, CF3, CF4)
"""By the power of Zhat, from 1."""
pi, second, third, fourth, share, linear, quadratic = (
    function(name, "nat -> real") for name in ("pi", "second", "third", "fourth", "a", "alpha", "beta")
)
mean = weights / N


def parabola(a: Any, b: Any, *m: Any) -> Any:
    """2 (a m_1 + b m_2) - E[(a U + b U^2)^2 nu(F)]."""
    return 2 * (a * m[0] + b * m[1]) - (a**2 * m[1] + 2 * a * b * m[2] + b**2 * m[3])


def know_moments(s: Derivation) -> list[tuple[Line, Line]]:
    """The means of Zhat^j nu(F) from a cloud on, j = 1..4: what one step does to them, and their values at the end."""
    found = []
    for power, moment in enumerate(MOMENTS, 1):
        step = Eq(moment(t, c), mean**power * later(moment(t + 1, d)))
        end = Eq(moment(n, c), (end_weights / N) ** (power - 1) * (rewarded / N))
        found.append(tuple(s.given(ForAll(t, c, implications(t < n, step)), ForAll(c, end))))
    return found


@lemma(
    "answered_square",
    title="the answer under a square of a polynomial of Zhat, given a cloud",
    words="0 <= E[nu(F) (1 - a Zhat - b Zhat^2)^2 | c] for all real a and b, whatever is answered once all particles are dead.",
)
@in_sympy("answered_square")
def answered_square(s: Derivation) -> Line:
    moves, honest, between = know_answers(s)
    rules = know_moments(s)

    def claim(time: Any) -> Any:
        return parabola(a, b, *(moment(time, c) for moment in MOMENTS)) <= Out(time, c)

    def at_end() -> Line:
        """Out (1 - a m - b m^2)^2, m the mean weight."""
        out, last = Out(n, c), end_weights / N
        values = [
            s.prove(Eq(moment(n, c), out * last**power), rule[1](c), honest(c))
            for power, (moment, rule) in enumerate(zip(MOMENTS, rules, strict=True), 1)
        ]
        bare = s.prove(0 <= out * (1 - a * last - b * last**2) ** 2, between(n, c)[0])
        bare = s.prove(parabola(a, b, *(out * last**power for power in range(1, 5))) <= out, bare)
        return s.put(bare, lambda *m: parabola(a, b, *m) <= out, *values)

    def none(zero: Line) -> Line:
        """Zhat = 0."""
        values = [
            s.prove(Eq(moment(t, c), 0), rule[0](t, c), zero) for moment, rule in zip(MOMENTS, rules, strict=True)
        ]
        return s.put(
            s.form(between(t, c)[0], parabola(a, b, 0, 0, 0, 0) <= Out(t, c)),
            lambda *m: parabola(a, b, *m) <= Out(t, c),
            *values,
        )

    def some(hyp: Line) -> Line:
        there = s.expect(smc(t, c).draws(N), d, hyp(t + 1, d, a * mean, b * mean**2))
        return s.prove(claim(t), there, moves(t, c), *(rule[0](t, c) for rule in rules))

    return backwards(s, (t, c, a, b), claim, at_end, none, some)


def know_run(s: Derivation) -> None:
    """The run, its answers and its moments."""
    given = model(s)
    know_weights(s, given)
    know_tested(s, given)
    know_moments(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))


m = [target, *(begin(scale**power * moment(0, d)) for power, moment in enumerate(MOMENTS[1:], 2))]
out = begin(Out(0, d))


@statement(
    "S11",
    source="new",
    title="the output law from below by four moments, at any number of particles",
    words="Naive-proposal SMC as in S5, F a test function with values in [0, 1], out = E F(output), whatever is answered once all "
    "particles are dead, m_1 = VF_0/Vstar_0 the target's mean of F, m_j = E[(Zhat/Z)^j nu(F)], CF, CF3, CF4 the means of "
    "Zhat^j nu(F) from a cloud on: 2 (a m_1 + b m_2) - (a^2 m_2 + 2 a b m_3 + b^2 m_4) <= out for all real a and b.  For every N >= 1 and "
    "every horizon T = n + 1.",
)
@in_sympy("S11")
def from_below(s: Derivation) -> Line:
    know_run(s)
    line = s.expect(first.draws(N), d, s.use("answered_square")(n, 0, d, a * scale, b * scale**2))
    share = s.prove(Eq(scale * begin(AF(0, d)), target), s.use("target_share"))
    line = s.form(line, parabola(a, b, scale * begin(AF(0, d)), *m[1:]) <= out)
    return s.gen(s.at(share, line, lambda v: parabola(a, b, v, *m[1:]) <= out), a, b)


@statement(
    "S11.lower",
    source="new",
    title="the best of these bounds",
    words="As S11, m_2 m_4 - m_3^2 > 0: (m_1^2 m_4 - 2 m_1 m_2 m_3 + m_2^3)/(m_2 m_4 - m_3^2) <= out.",
)
@in_sympy("S11.lower")
def lowest(s: Derivation) -> Line:
    """At the maximum of the parabola, where its two slopes vanish."""
    s.given(0 < m[1] * m[3] - m[2] ** 2)
    return s.prove(top(*m) <= out, s.use("S11")(*peak(*m)))


@lru_cache(None)
def _best() -> tuple[tuple[Any, ...], dict[Any, Any]]:
    """Letters for the moments, and where the slopes of the parabola vanish."""
    letters = sp.symbols("m1:5", real=True)
    surface = parabola(a, b, *letters)
    [found] = sp.solve([sp.diff(surface, a), sp.diff(surface, b)], [a, b], dict=True)
    return letters, found


def peak(*moments: Any) -> tuple[Any, Any]:
    """The a and b at which the parabola is largest."""
    letters, found = _best()
    return tuple(found[v].subs(dict(zip(letters, moments, strict=True)), simultaneous=True) for v in (a, b))


def top(*moments: Any) -> Any:
    """The parabola there: (m_1^2 m_4 - 2 m_1 m_2 m_3 + m_2^3)/(m_2 m_4 - m_3^2)."""
    letters, found = _best()
    value = sp.factor(parabola(a, b, *letters).subs(found))
    return value.subs(dict(zip(letters, moments, strict=True)), simultaneous=True)


@lemma(
    "parabola_top",
    title="the largest of the bounds by four moments",
    words="2 (a m_1 + b m_2) - (a^2 m_2 + 2 a b m_3 + b^2 m_4) <= (m_1^2 m_4 - 2 m_1 m_2 m_3 + m_2^3)/(m_2 m_4 - m_3^2) for m_2 > 0 and a "
    "positive determinant.",
)
@in_sympy("parabola_top")
def parabola_top(s: Derivation) -> Line:
    """Their difference is the quadratic form of the moments at the distance from the top: a square, and a square times the determinant."""
    moments = symbols("x y z u")
    determinant = moments[1] * moments[3] - moments[2] ** 2
    with s.suppose(0 < moments[1], 0 < determinant) as here:
        away = [v - best for v, best in zip((a, b), peak(*moments), strict=True)]
        square = s.times_square(s.prove(0 <= moments[1]), away[0] + away[1] * moments[2] / moments[1])
        rest = s.times_square(s.prove(0 <= determinant / moments[1]), away[1])
        same = s.prove(Eq(top(*moments) - parabola(a, b, *moments), square.rhs + rest.rhs))
        line = s.prove(parabola(a, b, *moments) <= top(*moments), same, square, rest)
    return here.then(line, a, b, *moments)


each_AF, each_CF, each_CF3, each_CF4 = (function(name, "nat nat Edge* -> real") for name in ("AJ", "CJ", "CJ3", "CJ4"))
moments_of = pi(j), second(j), third(j), fourth(j)


@statement(
    "S11.tv",
    source="new",
    title="total variation by four moments, at any number of particles",
    words="Test functions F_j for j < J and weights a_j, 0 <= a_j <= 1 (the states of an event, or of the last layer, each of weight 1), "
    "with answers Out_j, targets pi(j), moments second(j), third(j), fourth(j) = E[(Zhat/Z)^i nu(F_j)], i = 2, 3, 4, and any real "
    "alpha(j), beta(j); with l(j) = 2 (alpha pi + beta second) - (alpha^2 second + 2 alpha beta third + beta^2 fourth): "
    "sum_j a(j) (l(j) - pi(j)) <= sum_j a(j) (out_j - pi(j)) and sum_j a(j) (pi(j) - out_j) <= sum_j max(pi(j) - l(j), 0).",
)
@in_sympy("S11.tv")
def by_states(s: Derivation) -> Line:
    at = numbered | {AF(t, c): each_AF(j, t, c), CF(t, c): each_CF(j, t, c)}
    at |= {CF3(t, c): each_CF3(j, t, c), CF4(t, c): each_CF4(j, t, c)}
    *names, part = s.given(
        ForAll(j, Eq(pi(j), each_VF(j, 0, root) / Vstar(0, root))),
        ForAll(j, Eq(second(j), begin(scale**2 * each_CF(j, 0, d)))),
        ForAll(j, Eq(third(j), begin(scale**3 * each_CF3(j, 0, d)))),
        ForAll(j, Eq(fourth(j), begin(scale**4 * each_CF4(j, 0, d)))),
        ForAll(j, Both(0 <= share(j), share(j) <= 1)),
    )
    for line in (part(j)[0], part(j)[1]):
        s.know(line)
    answer, best = begin(each_Out(j, 0, d)), parabola(linear(j), quadratic(j), *moments_of)
    line = for_each(s, s.use("S11", at), j)(linear(j), quadratic(j))
    least = s.put(line, lambda *m: parabola(linear(j), quadratic(j), *m) <= answer, *(name(j) for name in names))
    gap = pi(j) - best
    size = s.use("root_facts")(gap)
    for line in (size[1][0], size[1][1]):
        s.know(line)
    most = s.use("part_of_positive")(share(j), gap, Root(gap**2))
    with s.below(j, J) as inside:
        low = inside.sum(s.prove(share(j) * (best - pi(j)) <= share(j) * (answer - pi(j)), least))
        high = inside.sum(s.prove(share(j) * (pi(j) - answer) <= (gap + Root(gap**2)) / 2, most, least))
    return s.both(low, high)


@statement(
    "S11.width",
    source="new",
    title="the width of the bounds by four moments",
    words="pi(j), second(j) > 0, third(j), fourth(j), j < J, with a positive determinant second fourth - third^2, and l(j) the best bound "
    "of S11.lower: sum_j (pi(j) - l(j)) <= sum_j (6 second(j) - 4 third(j) + fourth(j) - 3 pi(j)).  For test functions that add up to 1 "
    "that is 1 - sum_j l(j) <= E[(1 - Zhat/Z)^4].",
)
@in_sympy("S11.width")
def width(s: Derivation) -> Line:
    """The parabola at a = 2, b = -1."""
    for known in s.given(ForAll(j, 0 < second(j)), ForAll(j, 0 < second(j) * fourth(j) - third(j) ** 2)):
        s.know(known(j))
    line = s.use("parabola_top")(2, -1, *moments_of)
    with s.below(j, J) as inside:
        return inside.sum(
            s.prove(pi(j) - top(*moments_of) <= 6 * second(j) - 4 * third(j) + fourth(j) - 3 * pi(j), line)
        )
