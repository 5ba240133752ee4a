"""S2 and P5: total variation between the law of the guided single particle and the target, derived in sympy.

The supremum over test functions F with values in [0, 1] of |target(F) - guided(F)| is the total variation distance.
`guided_chord.py` bounds it by (s - 1)/(s + 1) where s^2 is the range ratio of W = prod_{t=1}^{T-1} rho_t(x_t).  States may be whole paths.
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, Root, function, product, relation, symbols
from proofs.lemmas.guided_chord import guided_setting
from proofs.lemmas.layered_system import know_complement
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s1_variance import over, path_weights

x, y, t, n, k, T, root = layered.symbols("x y t n k T root")
M, psi, V, Vstar, VF, F, dead, guided = layered.symbols("M psi V Vstar VF F dead guided")
a, b, s = symbols("a b s")
lo, hi, f = path_weights.symbols("lo hi f")
GF, r = function("GF", "nat X -> real"), function("r", "nat -> real")
live = Eq(dead(t, x), 0)
target = VF(0, root) / Vstar(0, root)


def from_root(d: Derivation) -> None:
    """A particle that starts at a live root with V > 0, n = T - 1 steps after the first, their ratios in [a, s^2 a]."""
    d.given(0 < a, relation("<=", 1, s), Eq(T, n + 1), Eq(dead(0, root), 0), 0 < V(0, root))
    d.given(a <= over(lo, n, 1), over(hi, n, 1) <= s**2 * a)


@lemma(
    "guided_bias",
    title="total variation of the guided particle from the range of its weights",
    words="As guided_above, on both sides: apply it to F and to 1 - F.",
)
@in_sympy("guided_bias")
def guided_bias(d: Derivation) -> Line:
    """1 - F has the value Vstar - VF and the guided mean 1 - GF."""
    given = guided_setting(d)
    from_root(d)
    up, path = d.use("guided_above"), 1 - GF(t, x)
    know_complement(d, T, given)
    with d.suppose(t < T, live, 0 < V(t, x)) as here:
        moves = Eq(path, Expect(guided(t, x), y, 1 - GF(t + 1, y)))
        moved = here.then(d.prove(moves, given["guided recursion"](t, x)), t, x)
    d.know(moved)
    d.know(d.gen(d.prove(Eq(1 - GF(T, x), 1 - F(x)), given["guided end"](x)), x))
    down = d.use("guided_above", {F(x): 1 - F(x), VF(t, x): Vstar(t, x) - VF(t, x), GF(t, x): path})
    d.know(d.use("guided_value"))
    return d.both(up, d.prove(GF(0, root) - target <= (s - 1) / (s + 1), down))


@lemma(
    "guided_value",
    title="the normaliser is positive",
    words="Vstar_0(root) > 0 where the Bellman ratios are bounded below.",
)
@in_sympy("guided_value")
def guided_value(d: Derivation) -> Line:
    """0 < a <= Vstar/BV at the root."""
    guided_setting(d)
    from_root(d)
    d.know(d.prove(a <= s**2 * a))
    step = d.use("guided_step", {b: s**2 * a})(0, n, root)
    d.know(step[0])
    return d.prove(0 < Vstar(0, root), step[1][0][0])


@statement(
    "S2.product",
    source="new",
    title="guided single particle, level by level",
    attained=True,
    words="With the gauge-invariant per-level ratios r_t = max rho_t / min rho_t of the Bellman ratios and "
    "q = prod_{t=1}^n r_t = e^(2 Lambda), n = T - 1: |target(F) - guided(F)| <= (sqrt q - 1)/(sqrt q + 1) = tanh(Lambda/2).",
)
@in_sympy("S2.product")
def guided_product(d: Derivation) -> Line:
    bounds, q, least = d.given(ForAll(t, Both(0 < lo(t), relation("<=", 1, r(t))))), over(r, n, 1), over(lo, n, 1)
    low, big = d.know(d.gen(bounds(t)[0], t)), bounds(t)[1]
    d.know(d.gen(bounds(1 + t)[1], t))
    d.know(d.use("product_positive", {f(k): lo(k)})(n, 1))
    d.know(d.use("product_at_least_one", {f(k): r(1 + k)})(n))
    root_q = d.axiom("sqrt_square", q)
    d.know(d.use("root_at_least_one")(q))
    d.know(d.gen(d.both(low(t), d.prove(0 < r(t) * lo(t), low(t), big)), t))
    d.know(d.prove(product(n, k, r(1 + k) * lo(1 + k)) <= Root(q) ** 2 * least, root_q))
    return d.use("guided_bias", {hi(t): r(t) * lo(t), a: least, s: Root(q)})
