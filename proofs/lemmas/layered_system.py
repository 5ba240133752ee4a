"""The layered setting for S5 and its neighbours: zero potentials, weights and rewards are allowed.  See `smc_model` for the symbols.

`move(t, x)` is the law of the edge that leaves x, so that smc(t, c) is the mixture of the moves from the ends of the cloud's edges.  The
horizon is T = n + 1: edges at times 0..n.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, Symbol, all_of, both, element, eq, fn, implies, le, lt, measure, nat, real
from proofs.lemmas.clouds import N, b, e, m, n, t
from proofs.lemmas.particle_system import M, V, Vstar, dead, dst, join, live, noedge, psi, root, src, x, y
from proofs.registry import lemma

u = element("X", "u")
move = measure("move", "nat X", "Edge")
T = n + 1
horizon = nat("T")


def weight(s: Node | int, q: Node) -> Node:
    """psi V_{s+1}(new) / V_s(old)."""
    return psi(s, src(q), dst(q)) * V(s + 1, dst(q)) / V(s, src(q))


def lookahead(s: Node | int, q: Node, value: Symbol = Vstar) -> Node:
    """Qbar of the edge: psi Vstar_{s+1}(dst) / V_s(src)."""
    return psi(s, src(q), dst(q)) * value(s + 1, dst(q)) / V(s, src(q))


def off(s: Node | int, q: Node) -> Node:
    return noedge(s, src(q), dst(q))


def model(p: Proof, T: Node = T) -> dict[str, Fact]:
    """The setting (theory, section 1) with zero potentials, weights and rewards allowed, as assumptions by name."""
    formulas: dict[str, Node] = {
        "there are particles": lt(0, N),
        "edges are pairs": all_of(x, y, both(eq(src(join(x, y)), x), eq(dst(join(x, y)), y))),
        "potentials are non-negative": all_of(t, x, y, le(0, psi(t, x, y))),
        "twist is non-negative": all_of(t, x, le(0, V(t, x))),
        "noedge is non-negative": all_of(t, x, y, le(0, noedge(t, x, y))),
        "moves follow edges": all_of(t, x, implies(lt(t, T), live, eq(E(M(t, x), y, noedge(t, x, y)), 0))),
        "ends of a reachable edge are live": all_of(
            t, x, y, implies(eq(noedge(t, x, y), 0), both(live, eq(dead(t + 1, y), 0)))
        ),
        "value recursion": all_of(
            t, x, implies(lt(t, T), live, eq(Vstar(t, x), E(M(t, x), y, psi(t, x, y) * Vstar(t + 1, y))))
        ),
        "terminal value": all_of(x, eq(Vstar(T, x), V(T, x))),
        "twist kills no live value": all_of(t, x, implies(lt(t, T), live, eq(V(t, x), 0), eq(Vstar(t, x), 0))),
        "the root is live": eq(dead(0, root), 0),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def peak(p: Proof) -> dict[str, Fact]:
    """b(t) = max of psi Vstar_{t+1}(y) / V_t(u) over reachable edges, over the least Vstar_t / V_t among live states."""
    here = eq(noedge(t, u, y), 0)
    bound = le(psi(t, u, y) * Vstar(t + 1, y) / V(t, u), b(t) * (Vstar(t, x) / V(t, x)))
    formulas = {
        "b is non-negative": all_of(t, le(0, b(t))),
        "b bounds the lookahead": all_of(t, x, u, y, implies(lt(t, T), live, lt(0, V(t, x)), here, bound)),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


@lemma("inverse_nonneg", title="0 <= x gives 0 <= 1/x", words="1/0 = 0.")
def inverse_nonneg(p: Proof) -> Fact:
    r = real("x")
    given = p.assume(le(0, r))
    positive = p.assume(lt(0, r))
    inverse = p.positive_inverse(positive)
    high = p.show(le(0, 1 / r), inverse)
    zero = p.antisymmetry(p.assume(le(r, 0)), given)
    low = p.rewrite(p.show(eq(0, r), zero), lambda F: le(0, 1 / F()), p.show(le(0, 1 / (r * 0))))
    return p.cases(r, 0, low, high).discharge(given).gen(r)


@lemma(
    "edge_law",
    title="the law of the edge that leaves x",
    words="E[move(t, x)](f) = E over y from M(t, x) of f(join(x, y)).",
)
def edge_law(p: Proof) -> Fact:
    law, _ = p.define_measure(
        move(t, x),
        e,
        lambda g: E(M(t, x), y, g(join(x, y))),
        lambda test: p.mono(
            test.spec(join(x, y)).gen(y), E(M(t, x), y, 0), E(M(t, x), y, fn("_f", "Edge -> real")(join(x, y)))
        ),
    )
    return law


@lemma("value_nonneg", title="the true value is non-negative", words="0 <= Vstar_t(x) for every live x and t <= T.")
def value_nonneg(p: Proof) -> Fact:
    T = horizon
    given = model(p, T)

    def claim(r: Node) -> Node:
        return all_of(t, x, implies(eq(t + r, T), live, le(0, Vstar(t, x))))

    at_end = p.assume(eq(t + 0, T))
    end = p.show(le(0, Vstar(T, x)), given["twist is non-negative"].spec(T, x), given["terminal value"].spec(x))
    base = p.rewrite(p.show(eq(T, t), at_end), lambda F: le(0, Vstar(F(), x)), end)
    base = base.discharge(at_end.concl, live).gen(t, x)
    hyp = p.assume(claim(m))
    now, alive, there = p.assume(eq(t + (m + 1), T)), p.assume(live), p.assume(eq(noedge(t, x, y), 0))
    before = p.show(lt(t, T), p.nat_nonneg(m), now)
    ends = given["ends of a reachable edge are live"].spec(t, x, y).mp(there).right
    later = hyp.spec(t + 1, y).mp(now, ends)
    body = psi(t, x, y) * Vstar(t + 1, y)
    inner = p.show(le(0, body), given["potentials are non-negative"].spec(t, x, y), later)
    null = edge_null(p, given, x, before, alive)
    mean = p.mono(inner.discharge(there).gen(y), E(M(t, x), y, 0), E(M(t, x), y, body), null)
    step = p.show(le(0, Vstar(t, x)), mean, given["value recursion"].spec(t, x).mp(before, alive))
    out = p.induct(m, claim(m), base, step.discharge(now.concl, live).gen(t, x).discharge(hyp))
    before = p.assume(le(t, T))
    split = p.assume(eq(T, t + m))
    there = out.spec(m, t, x).mp(p.show(eq(t + m, T), split))
    return p.step("nat_split", [before, there], [t, T, m]).discharge(before).gen(t, x)


def edge_null(p: Proof, given: dict[str, Fact], at_x: Node, before: Fact, alive: Fact) -> tuple[Node, Fact, Fact]:
    """The null function of a move from a live state."""
    s = before.sides[0]
    return (
        E(M(s, at_x), y, noedge(s, at_x, y)),
        given["noedge is non-negative"].spec(s, at_x),
        given["moves follow edges"].spec(s, at_x).mp(before, alive),
    )


def moved(p: Proof, given: dict[str, Fact], s: Node, at_x: Node, g) -> Fact:
    """E[move(s, x)](g(f, old f, new f)) = E over y from M(s, x) of g(join(x, y), x, y)."""
    law = p.use("edge_law").gen(t, x).inst((fn("_f", "Edge -> real")(e), g(src(e), dst(e)))).spec(s, at_x)
    first = given["edges are pairs"].spec(x, y).left.gen(x, y)
    second = given["edges are pairs"].spec(x, y).right.gen(x, y)
    step = p.rewrite(first, lambda F: E(M(s, at_x), y, g(F(at_x, y), dst(join(at_x, y)))))
    last = p.rewrite(second, lambda F: E(M(s, at_x), y, g(at_x, F(at_x, y))))
    return p.show(eq(law.sides[0], last.sides[1]), law, step, last)
