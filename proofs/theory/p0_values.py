"""P0: from the Bellman error to the value error.

Time runs from 0 to T; `M[t, x]` is the law of the next state from x at time t, `psi(t, x, y)` the edge's potential, `V` the
twist, `Vstar` the true value.  Reachability is carried by `dead(t, x) >= 0`: a state is live when dead = 0, and live
states move to live states almost surely.  Nothing is assumed about states that are not live.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, both, element, eq, fn, implies, le, lt, measure, nat, real
from proofs.registry import statement

x, y = element("X", "x y")
t, T, n = nat("t T n")
eps, L = real("eps L")
M = measure("M", "nat X", "X")
psi, V, Vstar = fn("psi", "nat X X -> real"), fn("V", "nat X -> real"), fn("Vstar", "nat X -> real")
dead = fn("dead", "nat X -> real")
live = eq(dead(t, x), 0)
BV = E(M(t, x), y, psi(t, x, y) * V(t + 1, y))
BVstar = E(M(t, x), y, psi(t, x, y) * Vstar(t + 1, y))


def model(p: Proof) -> dict[str, Fact]:
    """The hypotheses of the setting (theory, section 1) as assumptions, by name."""
    formulas: dict[str, Node] = {
        "potentials are non-negative": all_of(t, x, y, le(0, psi(t, x, y))),
        "dead is non-negative": all_of(t, x, le(0, dead(t, x))),
        "live states stay live": all_of(t, x, implies(lt(t, T), live, eq(E(M(t, x), y, dead(t + 1, y)), 0))),
        "value recursion": all_of(t, x, implies(lt(t, T), live, eq(Vstar(t, x), BVstar))),
        "terminal value": all_of(x, eq(Vstar(T, x), V(T, x))),
        "twist is non-negative": all_of(t, x, implies(live, le(0, V(t, x)))),
        "twist kills no live value": all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))),
        "Bellman error": all_of(
            t,
            x,
            implies(lt(t, T), live, lt(0, V(t, x)), both(le(V(t, x), (1 + eps) * BV), le(BV, (1 + eps) * V(t, x)))),
        ),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


@statement(
    "P0",
    source="paper",
    title="value error from Bellman error",
    words="For t + n = T and every live x: Vstar_t(x) <= (1+eps)^n V_t(x) and V_t(x) <= (1+eps)^n Vstar_t(x).",
)
def value_error(p: Proof) -> Fact:
    given = model(p)
    eps_nonneg = p.assume(le(0, eps), note="the Bellman error is non-negative")

    def claim(m: Node) -> Node:
        q = (1 + eps) ** m
        return all_of(
            t, x, implies(eq(t + m, T), live, both(le(Vstar(t, x), q * V(t, x)), le(V(t, x), q * Vstar(t, x))))
        )

    p.note("base: t = T, both values are the terminal reward")
    at_end = p.assume(eq(t + 0, T))
    same = p.rewrite(
        p.equal(T, t, [(-1, at_end)]), lambda F: eq(Vstar(F(), x), V(F(), x)), given["terminal value"].spec(x)
    )
    base = (
        p.cert(le(Vstar(t, x), (1 + eps) ** 0 * V(t, x)), eqs=[(-1, same)])
        .both(p.cert(le(V(t, x), (1 + eps) ** 0 * Vstar(t, x)), eqs=[(1, same)]))
        .discharge(at_end.concl, live)
        .gen(t, x)
    )

    hyp = p.assume(claim(n), note="induction hypothesis")
    now, alive = p.assume(eq(t + (n + 1), T)), p.assume(live)
    before = p.cert(lt(t, T), products=[(1, [p.nat_nonneg(n)], []), (1, [], [])], eqs=[(1, now)])
    p.note("the next state is live almost surely, so the hypothesis holds there")
    next_live = p.assume(eq(dead(t + 1, y), 0))
    there = hyp.spec(t + 1, y).mp(now, next_live)
    weight = given["potentials are non-negative"].spec(t, x, y)
    q, Q = 1 + eps, (1 + eps) ** n
    up = p.cert(
        le(psi(t, x, y) * Vstar(t + 1, y), Q * (psi(t, x, y) * V(t + 1, y))), products=[(1, [weight, there.left], [])]
    )
    down = p.cert(
        le(psi(t, x, y) * V(t + 1, y), Q * (psi(t, x, y) * Vstar(t + 1, y))), products=[(1, [weight, there.right], [])]
    )
    null = (
        E(M(t, x), y, dead(t + 1, y)),
        given["dead is non-negative"].spec(t + 1, y).gen(y),
        given["live states stay live"].spec(t, x).mp(before, alive),
    )

    def average(f: Fact) -> Fact:
        a, b = f.sides
        return p.mono(f.discharge(next_live).gen(y), E(M(t, x), y, a), E(M(t, x), y, b), null)

    p.note("average over the next state: B Vstar <= (1+eps)^n B V and B V <= (1+eps)^n B Vstar")
    up, down = average(up), average(down)
    recursion = given["value recursion"].spec(t, x).mp(before, alive)
    Qpos = p.use("power_nonneg").spec(q, n).mp(p.cert(le(0, q), products=[(1, [eps_nonneg], []), (1, [], [])]))

    p.note("where V_t(x) > 0 the Bellman ratio gives one more factor 1+eps")
    positive = p.assume(lt(0, V(t, x)))
    ratio = given["Bellman error"].spec(t, x).mp(before, alive, positive)
    first, second = le(Vstar(t, x), q ** (n + 1) * V(t, x)), le(V(t, x), q ** (n + 1) * Vstar(t, x))
    qpos = p.cert(le(0, q), products=[(1, [eps_nonneg], []), (1, [], [])])
    high = p.cert(first, products=[(1, [up], []), (1, [Qpos, ratio.right], [])], eqs=[(-1, recursion)]).both(
        p.cert(second, products=[(1, [ratio.left], []), (1, [qpos, down], [])], eqs=[(-q * Q, recursion)])
    )
    p.note("where V_t(x) = 0 both values vanish")
    none = p.assume(le(V(t, x), 0))
    nonneg = given["twist is non-negative"].spec(t, x).mp(alive)
    zero = p.antisymmetry(none, nonneg)
    zero_star = given["twist kills no live value"].spec(t, x).mp(alive, zero)
    low = p.cert(first, eqs=[(q * Q, zero), (-1, zero_star)]).both(p.cert(second, eqs=[(q * Q, zero_star), (-1, zero)]))
    step = p.cases(V(t, x), 0, low, high).discharge(now.concl, live).gen(t, x).discharge(hyp)
    return p.induct(n, claim(n), base, step, note="induction on the steps to go")
