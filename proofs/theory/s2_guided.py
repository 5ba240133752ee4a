"""S2 and P5: total variation between the law of the guided single particle and the target.

The supremum over test functions F with values in [0, 1] of |target(F) - guided(F)| is the total variation distance.
`guided_chord.py` bounds it by (s - 1)/(s + 1) where s^2 is the range ratio of W = prod_{t=1}^{T-1} rho_t(x_t).  States may be whole paths.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.language.terms import E, all_of, both, eq, fn, le, lt, num, product, sqrt
from proofs.lemmas.guided_chord import GF, a, b, guided, guided_setting, hi, k, lo, r, ranges, s, target
from proofs.lemmas.particle_system import VF, F, M, T, V, Vstar, dead, live, n, psi, root, supply, t, x, y
from proofs.registry import lemma, statement


@lemma(
    "guided_bias",
    title="total variation of the guided particle from the range of its weights",
    words="As guided_above, on both sides: apply it to F and to 1 - F.",
)
def guided_bias(p: Proof) -> Fact:
    given = guided_setting(p)
    up = p.use("guided_above")
    p.note("1 - F has the value Vstar - VF and the guided mean 1 - GF")
    before, alive, here = p.assume(lt(t, T)), p.assume(live), p.assume(lt(0, V(t, x)))
    rec = [given[name].spec(t, x).mp(before, alive) for name in ("value recursion", "tested recursion")]
    rest = E(M(t, x), y, psi(t, x, y) * (Vstar(t + 1, y) - VF(t + 1, y)))
    recursion = p.show(eq(Vstar(t, x) - VF(t, x), rest), rec[0], rec[1]).discharge(before, live).gen(t, x)
    path = given["guided recursion"].spec(t, x).mp(before, alive, here)
    moved = p.show(eq(1 - GF(t, x), E(guided(t, x), y, 1 - GF(t + 1, y))), path)
    ends = given["terminal value"].spec(x), given["tested terminal value"].spec(x), given["guided end"].spec(x)
    last = p.show(eq(Vstar(T, x) - VF(T, x), (1 - F(x)) * V(T, x)), ends[0], ends[1]).gen(x)
    stop = p.show(eq(1 - GF(T, x), 1 - F(x)), ends[2]).gen(x)
    test_fact = given["test function"].spec(x)
    other = p.show(le(0, 1 - F(x)), test_fact.right).both(p.show(le(1 - F(x), 1), test_fact.left))
    down = up.inst((F(x), 1 - F(x)), (VF(t, x), Vstar(t, x) - VF(t, x)), (GF(t, x), 1 - GF(t, x)))
    down = supply(down, recursion, moved.discharge(before, live, here.concl).gen(t, x), last, stop, other.gen(x))
    vpos = p.use("guided_value")
    goal = le(GF(0, root) - target, up.sides[1])
    return up.both(p.show(goal, down, dens=[vpos]))


@lemma(
    "guided_value",
    title="the normaliser is positive",
    words="Vstar_0(root) > 0 where the Bellman ratios are bounded below.",
)
def guided_value(p: Proof) -> Fact:
    guided_setting(p)
    apos, one = p.assume(lt(0, a)), p.assume(le(1, s))
    steps, alive, here = p.assume(eq(T, n + 1)), p.assume(eq(dead(0, root), 0)), p.assume(lt(0, V(0, root)))
    low, high = ranges(n, num(1))
    above, below = p.assume(le(a, low)), p.assume(le(high, s**2 * a))
    square = p.show(le(1, s**2), one)
    order = p.show(le(a, s**2 * a), apos, square)
    later = p.show(eq(num(0) + 1 + n, T), steps)
    out = p.use("guided_step").inst((b, s**2 * a)).cut(order).spec(0, n, root).mp(later, alive, here, above, below)
    tpos = p.chain(apos, out.right.left.left)
    return p.show(lt(0, Vstar(0, root)), tpos, out.left, dens=[out.left])


@statement(
    "S2.product",
    source="new",
    title="guided single particle, level by level",
    attained=True,
    words="With the gauge-invariant per-level ratios r_t = max rho_t / min rho_t of the Bellman ratios and "
    "q = prod_{t=1}^n r_t = e^(2 Lambda), n = T - 1: |target(F) - guided(F)| <= (sqrt q - 1)/(sqrt q + 1) = tanh(Lambda/2).",
)
def guided_product(p: Proof) -> Fact:
    given = p.assume(all_of(t, both(lt(0, lo(t)), le(1, r(t)))), note="bounds are positive")
    symbol = fn("f", "nat -> real")(k)
    lows = p.use("product_positive").inst((symbol, lo(k))).cut(given.spec(k).left.gen(k)).spec(n, 1)
    p.note("q >= 1: every factor is at least 1")
    q = product(n, k, r(1 + k))
    claim = le(1, q)
    hyp, big = p.assume(claim), given.spec(1 + n).right
    base = p.show(le(1, product(num(0), k, r(1 + k))))
    step = p.show(le(1, product(n + 1, k, r(1 + k))), hyp, big)
    at_least = p.induct(n, claim, base, step.discharge(hyp)).spec(n)
    root_q = p.axiom("sqrt_square", q).mp(p.show(le(0, q), at_least))
    root_big = p.use("root_at_least_one").spec(q).mp(at_least)
    least = product(n, k, lo(1 + k))
    out = p.use("guided_bias").inst((hi(t), r(t) * lo(t)), (a, least), (s, sqrt(q)))
    rpos = p.show(lt(0, r(t)), given.spec(t).right)
    fine = p.show(lt(0, r(t) * lo(t)), given.spec(t).left, rpos)
    below = p.show(le(product(n, k, r(1 + k) * lo(1 + k)), sqrt(q) ** 2 * least), root_q)
    bounds = given.spec(t).left.both(fine).gen(t)
    return supply(out, bounds, p.conv(lows, lt(0, least)), root_big, p.show(le(least, least)), below)


def weaker(p: Proof, out: Fact, below: Fact) -> Fact:
    return p.chain(out.left, below).both(p.chain(out.right, below))
