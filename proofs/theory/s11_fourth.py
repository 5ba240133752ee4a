"""S11 (b): the fourth moment of the normaliser about its mean, in closed form.

Given the cloud, a convex quartic of Zhat has at most the mean that it has of what the cloud expects times independent B_k = (b(k)/N)
Bin(N, 1/b(k)), one for each step to go (`quartic_of_weights`); (1 - u)^4 is one, and E Zhat = Z.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import ForAll, implications, relation
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import live, model, on_move, peak
from proofs.lemmas.quartic_clouds import MEANS, steps
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import scale
from proofs.theory.s5_normaliser import begin, edges, first, know_bounds, know_particles, know_top, recursion_of, start

n, m, t, k, b, A, d = particles.symbols("n m t k b A d")
x, y, root, psi, V, Vstar, dead = layered.symbols("x y root psi V Vstar dead")


@lemma(
    "peak_at_least_one",
    title="the largest lookahead is at least its mean",
    words="1 <= b(k) for every k < T: else every Vstar_k would be 0, and so Vstar_0.",
)
@in_sympy("peak_at_least_one")
def peak_at_least_one(s: Derivation) -> Line:
    given, high = model(s), peak(s)["b bounds the lookahead"]
    value = s.given(0 < Vstar(0, root))
    kills = given["twist kills no live value"]

    def own(at: Line) -> Line:
        """Vstar_k(x) <= 0 at a live x, where b(k) < 1."""
        with s.suppose(V(k, x) <= 0):
            zero = s.know(s.zero(V(k, x), given["twist is non-negative"](k, x)))
            low = s.prove(Vstar(k, x) <= 0, kills(k, x), zero)
        with s.suppose(0 < V(k, x)):
            with on_move(s, given, k, x) as there:
                mean = there.average(high(k, x, x, y))
            least = s.prove(Vstar(k, x) <= b(k) * Vstar(k, x), mean, given["value recursion"](k, x))
            some = s.contradiction(Vstar(k, x) <= 0, least, at)
        return s.cases(V(k, x), 0, low, some)

    def claim(r: Any) -> Any:
        return ForAll(t, x, implications(Eq(t + r, k), live, Vstar(t, x) <= 0))

    with s.suppose(k <= n) as here:
        s.know(s.prove(k < n + 1, here[0]))
        with s.suppose(b(k) < 1) as small:
            with s.suppose(Eq(t, k), live) as now:
                same = s.prove(Eq(k, t), now[0])
                s.know(s.at(now[0], now[1], lambda r: Eq(dead(r, x), 0)))
                base = now.then(s.at(same, own(small[0]), lambda r: Vstar(r, x) <= 0), t, x)
            with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), k), live) as now:
                s.know(s.prove(t < n + 1, now[0], here[0]))
                with on_move(s, given, t, x) as there:
                    s.know(given["ends of a reachable edge are live"](t, x, y)[1])
                    ahead, potential = hyp[0](t + 1, y), given["potentials are non-negative"](t, x, y)
                    mean = there.average(s.prove(psi(t, x, y) * Vstar(t + 1, y) <= 0, ahead, potential))
                step = hyp.then(now.then(s.prove(Vstar(t, x) <= 0, mean, given["value recursion"](t, x)), t, x))
            none = s.induct(m, claim, base, step)(k, 0, root)
            low = s.anything(relation("<=", 1, b(k)), s.prove(relation("<", 0, 0), none, value))
        with s.suppose(relation("<=", 1, b(k))) as big:
            line = s.cases(1, b(k), big[0], low)
    return here.then(line, k)


shares = tuple(begin(scale**power * value(0, d)) for power, value in enumerate((A, *MEANS), 1))
"""E U^j for U = Zhat/Z, j = 1..4."""
fourth = 1 - 4 * shares[0] + 6 * shares[1] - 4 * shares[2] + shares[3]
"""E (1 - U)^4."""
two, three, four = steps(n + 1, 0)
mu4 = 6 * two - 4 * three + four - 3
"""E (1 - prod_k B_k)^4, of mean 1."""


@statement(
    "S11.fourth",
    source="new",
    title="fourth moment of the normaliser about its mean, in closed form",
    words="Naive-proposal SMC as in S5, U = Zhat/Z, A, B, B3, B4 the means of Zhat^j from a cloud on: E (1 - U)^4 <= 6 m_2 - 4 m_3 + m_4 "
    "- 3, m_j = prod_{k<T} E B_k^j for independent B_k = (b(k)/N) Bin(N, 1/b(k)), so E B^2 = 1 + (b-1)/N, E B^3 = 1 + 3 (b-1)/N + "
    "(b-1)(b-2)/N^2 and E B^4 = 1 + 6 (b-1)/N + 4 (b-1)(b-2)/N^2 + (b-1)(b^2-3b+3)/N^3 + 3 (N-1)(b-1)^2/N^3.",
)
@in_sympy("S11.fourth")
def fourth_moment(s: Derivation) -> Line:
    """first_quartic for (1 - q u)^4."""
    given, high = model(s), peak(s)
    for value, power in zip((A, *MEANS), (1, 2, 3, 4), strict=True):
        recursion_of(s, value, power)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    know_particles(s, given)
    know_bounds(s, given, high)
    mean = know_top(s, given, high)
    s.know(s.use("peak_at_least_one"))
    for goal in (0 <= scale**2, 0 <= scale**4):
        s.know(s.prove(goal))
    s.know(s.prove(relation("<=", (scale**3) ** 2, scale**2 * scale**4)))
    most = s.use("first_quartic", edges() | {start: first})(scale**2, scale**3, scale**4)

    def shape(value: Any) -> Any:
        """6 E U^2 - 4 E U^3 + E U^4 is at most the same of value/Z times the B_k."""
        u = scale * value
        return 6 * shares[1] - 4 * shares[2] + shares[3] <= 6 * two * u**2 - 4 * three * u**3 + four * u**4

    line = s.at(mean, s.form(most, shape(mean.lhs)), shape)
    return s.prove(fourth <= mu4, line, s.use("S5.mean"))
