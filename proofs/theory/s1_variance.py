"""S1: from the Bellman error to the variance of importance weights, derived in sympy.

No path space is needed: the first and second moments A and C of a product of weights along a path obey backward
recursions, and Bhatia-Davis is carried through them by induction on the steps to go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Add, Basic, Eq, Expr, Mul, Pow

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import (
    Both,
    Expect,
    ForAll,
    function,
    implications,
    product,
    relation,
)
from proofs.registry import lemma, statement
from proofs.theory.model import Vocabulary, layered

x, t, n, k, T, eps, L = layered.symbols("x t n k T eps L")
M, psi, V, dead, noedge, guided = layered.symbols("M psi V dead noedge guided")
path_weights = Vocabulary(
    {
        "real": "a b c",
        "X": "z",
        "nat X ~ X": "K",
        "nat X X -> real": "g",
        "nat X -> real": "rho A C",
        "nat -> real": "lo hi f",
    }
)
a, b, c, z, K, g, rho, A, C, lo, hi, f = path_weights.symbols("a b c z K g rho A C lo hi f")
before, live, edge = t < T, Eq(dead(t, x), 0), Eq(noedge(t, x, z), 0)
now = Eq(t + (n + 1), T)

PATH_WEIGHTS = {
    "noedge is non-negative": ForAll(t, x, z, 0 <= noedge(t, x, z)),
    "moves follow edges": ForAll(t, x, implications(before, live, Eq(Expect(K(t, x), z, noedge(t, x, z)), 0))),
    "edges lead to live states": ForAll(t, x, z, implications(before, live, edge, Eq(dead(t + 1, z), 0))),
    "first moment": ForAll(t, x, implications(before, live, Eq(A(t, x), Expect(K(t, x), z, g(t, x, z) * A(t + 1, z))))),
    "second moment": ForAll(
        t, x, implications(before, live, Eq(C(t, x), Expect(K(t, x), z, g(t, x, z) ** 2 * C(t + 1, z))))
    ),
    "moments at the end": ForAll(x, Both(Eq(A(T, x), 1), Eq(C(T, x), 1))),
    "bounds are positive": ForAll(t, Both(0 < lo(t), 0 < hi(t))),
    "weights in range": ForAll(
        t, x, z, implications(before, live, edge, Both(lo(t) <= g(t, x, z), g(t, x, z) <= hi(t)))
    ),
}
"""A(t, x), C(t, x): first and second moment of the product of the weights g along the path of K from x at time t to T.

Reachability: x is live at t when dead(t, x) = 0; (x, z) is a reachable edge when noedge(t, x, z) = 0.
"""


class Paths:
    """The hypotheses on path weights; the bounds are positive, and so are their products."""

    def __init__(self, d: Derivation) -> None:
        self.d, self.given = d, d.setting(PATH_WEIGHTS)
        for side in (0, 1):
            d.know(d.gen(self.given["bounds are positive"](k)[side], k))

    def ends(self, shape: Callable[[Expr], Basic], line: Line) -> Line:
        """shape(t) from a line that says shape(T), where t = T is known."""
        return self.d.at(self.d.prove(Eq(T, t)), line, shape)

    def moments_at_end(self) -> Line:
        return self.ends(lambda s: Both(Eq(A(s, x), 1), Eq(C(s, x), 1)), self.given["moments at the end"](x))

    def next(self, later: Line) -> Surely:
        """The next state, reached by an edge almost surely, as there are steps to go: t + (n + 1) = T."""
        self.d.know(self.d.prove(before, later))
        nonneg = self.d.gen(self.given["noedge is non-negative"](t, x, z), z)
        return self.d.surely(K(t, x), z, noedge(t, x, z), nonneg, self.given["moves follow edges"](t, x))

    def weight(self) -> Line:
        """At the next state: it is live, and lo <= g <= hi."""
        self.d.know(self.given["edges lead to live states"](t, x, z))
        weight = self.given["weights in range"](t, x, z)
        self.d.know(self.d.prove(0 <= g(t, x, z), weight[0]))
        return weight

    def product(self, factor: Any) -> tuple[Line, Line]:
        """The product from t on is its first factor times the rest, and the rest is not negative."""
        use = self.d.use
        return use("product_front", {f(k): factor(k)})(n, t), use("product_nonneg", {f(k): factor(k)})(n, t + 1)


def over(factor: Any, count: Any, start: Any) -> Any:
    """prod_{k < count} factor(start + k)."""
    return product(count, k, factor(start + k))


@lemma(
    "path_mean",
    title="the mean of a product of weights is at least the product of the lower bounds",
    words="For t + n = T and every live x: A(t, x) >= prod_{k<n} lo(t + k).",
)
@in_sympy("path_mean")
def path_mean(d: Derivation) -> Line:
    """lo(t) prod lo(t+1+k) <= g prod lo(t+1+k) <= g A(t+1, y)."""
    paths = Paths(d)

    def claim(m: Expr) -> Basic:
        return ForAll(t, x, implications(Eq(t + m, T), live, over(lo, m, t) <= A(t, x)))

    with d.suppose(Eq(t, T), live) as end:
        base = end.then(d.prove(over(lo, 0, t) <= A(t, x), paths.moments_at_end()[0]), t, x)
    front, rest = paths.product(lo)
    with d.suppose(claim(n)) as hyp, d.suppose(now, live) as here:
        with paths.next(here[0]) as there:
            weight, later = paths.weight(), hyp[0](t + 1, z)
            inner = d.prove(lo(t) * over(lo, n, t + 1) <= g(t, x, z) * A(t + 1, z), weight[0], rest, later)
        mean, first = there.average(inner), paths.given["first moment"](t, x)
        step = hyp.then(here.then(d.prove(over(lo, n + 1, t) <= A(t, x), mean, first, front), t, x))
    return d.induct(n, claim, base, step)


@lemma(
    "path_bhatia_davis",
    title="Bhatia-Davis for a product of weights along a path",
    words="For t + n = T, live x and c >= 0 with a <= c prod lo and c prod hi <= b: E (b - cW)(cW - a) = (a + b) c A - a b - c^2 C >= 0.",
)
@in_sympy("path_bhatia_davis")
def path_bhatia_davis(d: Derivation) -> Line:
    """The induction hypothesis at the next state with the scale c g: a <= c lo(t) prod lo <= c g prod lo, and the same above."""
    paths = Paths(d)
    goal = 0 <= (a + b) * c * A(t, x) - a * b - c**2 * C(t, x)

    def scaled(m: Expr) -> list[Basic]:
        return [relation("<=", 0, c), a <= c * over(lo, m, t), c * over(hi, m, t) <= b]

    def claim(m: Expr) -> Basic:
        return ForAll(t, x, c, implications(Eq(t + m, T), live, *scaled(m), goal))

    with d.suppose(Eq(t, T), live, *scaled(0)) as end:
        moments = paths.moments_at_end()
        base = end.then(d.prove(goal, end[3], end[4], moments[0], moments[1]), t, x, c)
    (low, low_rest), (high, high_rest) = paths.product(lo), paths.product(hi)
    with d.suppose(claim(n)) as hyp, d.suppose(now, live, *scaled(n + 1)) as here:
        with paths.next(here[0]) as there:
            weight, w = paths.weight(), g(t, x, z)
            d.know(d.prove(0 <= c * w))
            least, most = over(lo, n, t + 1), over(hi, n, t + 1)
            d.know(d.calc(a, ("<=", c * lo(t) * least, here[3], low), ("<=", c * w * least, weight[0], low_rest)))
            d.know(d.calc(c * w * most, ("<=", c * hi(t) * most, weight[1], high_rest), ("<=", b, here[4], high)))
            inner = hyp[0](t + 1, z, c * w)
        mean = there.average(inner)
        first, second = paths.given["first moment"](t, x), paths.given["second moment"](t, x)
        step = hyp.then(here.then(d.prove(goal, mean, first, second), t, x, c))
    return d.induct(n, claim, base, step)


def push(value: Any) -> Any:
    """E[M](psi V value), in the order in which the guided law is sealed."""
    return Expect(M(t, x), z, Mul(psi(t, x, z), V(Add(t, 1, evaluate=False), z), value, evaluate=False))


@lemma(
    "guided_law", title="the guided kernel", words="E[guided](h) = E[M](psi V h) / B V, a probability where B V > 0."
)
@in_sympy("guided_law")
def guided_law(d: Derivation) -> Line:
    d.given(ForAll(t, x, z, 0 <= psi(t, x, z)), ForAll(t, x, 0 <= V(t, x)))
    mass = d.given(0 < push(1))

    def mean(h: Callable) -> Any:
        return Mul(push(h(z)), Pow(push(1), -1), evaluate=False)

    def positive(test: Line, h: Callable) -> Line:
        inner = d.expect(M(t, x), z, d.prove(0 <= push(h(z)).body, test(z)))
        return d.prove(0 <= mean(h), inner)

    return d.define_law(guided(t, x), z, mean, positive, mass)(function("_f", "X -> real")(z))


@statement(
    "S1.tilt",
    source="new",
    title="the target is the guided law tilted by W",
    words="With A the guided mean of prod rho_t f_t along the path and R the reference mean of prod psi_t f_t phi: "
    "R_t(x) = V_t(x) A_t(x). With "
    "f = 1 it gives the normaliser, so dpi/dguided is proportional to prod rho_t(x_t).",
)
@in_sympy("S1.tilt")
def target_is_tilted(d: Derivation) -> Line:
    """E[M](psi R) = E[M](psi V A) = B V * E[guided](A)."""
    R, f = function("R", "nat X -> real"), function("f", "nat X -> real")
    BV, later = push(1), Expect(guided(t, x), z, A(t + 1, z))
    given = d.setting(
        {
            "dead is non-negative": ForAll(t, x, 0 <= dead(t, x)),
            "live states stay live": ForAll(
                t, x, implications(before, live, Eq(Expect(M(t, x), z, dead(t + 1, z)), 0))
            ),
            "positive on live states": ForAll(t, x, implications(before, live, Both(0 < V(t, x), 0 < BV))),
            "reference recursion": ForAll(
                t, x, implications(before, live, Eq(R(t, x), f(t, x) * Expect(M(t, x), z, psi(t, x, z) * R(t + 1, z))))
            ),
            "guided recursion": ForAll(t, x, implications(before, live, Eq(A(t, x), f(t, x) * (BV / V(t, x)) * later))),
            "at the end": ForAll(x, Both(Eq(A(T, x), f(T, x)), Eq(R(T, x), f(T, x) * V(T, x)))),
        }
    )
    same = Eq(R(t, x), V(t, x) * A(t, x))

    def claim(m: Expr) -> Basic:
        return ForAll(t, x, implications(Eq(t + m, T), live, same))

    with d.suppose(Eq(t, T), live) as end:
        last = d.at(
            d.prove(Eq(T, t)),
            given["at the end"](x),
            lambda s: Both(Eq(A(s, x), f(s, x)), Eq(R(s, x), f(s, x) * V(s, x))),
        )
        base = end.then(d.prove(same, last[0], last[1]), t, x)
    with d.suppose(claim(n)) as hyp, d.suppose(now, live) as here:
        d.know(d.prove(before, here[0]))
        nonneg = d.gen(given["dead is non-negative"](t + 1, z), z)
        with d.surely(M(t, x), z, dead(t + 1, z), nonneg, given["live states stay live"](t, x)) as there:
            inner = d.prove(Eq(psi(t, x, z) * R(t + 1, z), psi(t, x, z) * V(t + 1, z) * A(t + 1, z)), hyp[0](t + 1, z))
        mean, positive = there.average(inner), given["positive on live states"](t, x)
        d.know(positive[0]), d.know(positive[1])
        tilted = d.use("guided_law", {function("_f", "X -> real")(z): A(t + 1, z)})
        recursions = given["reference recursion"](t, x), given["guided recursion"](t, x)
        step = hyp.then(here.then(d.prove(same, mean, tilted, *recursions), t, x))
    return d.induct(n, claim, base, step)
