"""The layered setting for S5 and its neighbours: zero potentials, weights and rewards are allowed.  See `smc_model` for the symbols.

`move(t, x)` is the law of the edge that leaves x, so that smc(t, c) is the mixture of the moves from the ends of the cloud's edges.  The
horizon is T = n + 1: edges at times 0..n.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic, Eq, Expr

from proofs.derive.author import Fact, Proof
from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.kernel import Node
from proofs.language.bridge import read
from proofs.language.expressions import Expect, ForAll, Recip, function, implications, relation, symbols
from proofs.language.terms import E, Symbol, all_of, both, element, eq, fn, implies, le, lt, measure, nat
from proofs.lemmas.clouds import N, b, e, n, t
from proofs.lemmas.particle_system import M, V, Vstar, dead, dst, join, live, noedge, psi, root, src, x, y
from proofs.registry import lemma
from proofs.theory.model import layered

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
@in_sympy("inverse_nonneg")
def inverse_nonneg(d: Derivation) -> Line:
    (r,) = symbols("x")
    goal = relation("<=", 0, Recip(r))
    given = d.given(0 <= r)
    with d.suppose(0 < r):
        high = d.prove(goal)
    with d.suppose(r <= 0) as none:
        zero = d.equal(given, none[0])
        low = d.at(zero, d.prove(relation("<=", 0, Recip(0))), lambda v: relation("<=", 0, Recip(v)))
    return d.gen_after(d.cases(r, 0, low, high), given, r)


@lemma(
    "edge_law",
    title="the law of the edge that leaves x",
    words="E[move(t, x)](f) = E over y from M(t, x) of f(join(x, y)).",
)
@in_sympy("edge_law")
def edge_law(d: Derivation) -> Line:
    t, x, y, e, M, join = layered.symbols("t x y e M join")

    def mean(f: Callable) -> Expr:
        return Expect(M(t, x), y, f(join(x, y)))

    law = d.define_law(read(move)(t, x), e, mean, lambda test, f: d.expect(M(t, x), y, test(join(x, y))))
    return law(function("_f", "Edge -> real")(e))


@lemma("value_nonneg", title="the true value is non-negative", words="0 <= Vstar_t(x) for every live x and t <= T.")
@in_sympy("value_nonneg")
def value_nonneg(d: Derivation) -> Line:
    given = d.setting(lambda p: model(p, horizon))
    t, x, y, m, T, M, psi, Vstar, dead, noedge = layered.symbols("t x y m T M psi Vstar dead noedge")
    live = Eq(dead(t, x), 0)

    def claim(r: Expr) -> Basic:
        return ForAll(t, x, implications(Eq(t + r, T), live, 0 <= Vstar(t, x)))

    with d.suppose(Eq(t, T), live) as end:
        last = d.prove(0 <= Vstar(T, x), given["twist is non-negative"](T, x), given["terminal value"](x))
        base = end.then(d.at(d.prove(Eq(T, t), end[0]), last, lambda s: 0 <= Vstar(s, x)), t, x)
    with d.suppose(claim(m)) as hyp, d.suppose(Eq(t + m + 1, T), live) as now:
        d.know(d.prove(t < T, now[0]))
        nonneg, never = d.gen(given["noedge is non-negative"](t, x, y), y), given["moves follow edges"](t, x)
        with d.surely(M(t, x), y, noedge(t, x, y), nonneg, never) as there:
            d.know(given["ends of a reachable edge are live"](t, x, y)[1])
            later, weight = hyp[0](t + 1, y), given["potentials are non-negative"](t, x, y)
            inner = d.prove(0 <= psi(t, x, y) * Vstar(t + 1, y), weight, later)
        mean = there.average(inner)
        step = hyp.then(now.then(d.prove(0 <= Vstar(t, x), mean, given["value recursion"](t, x)), t, x))
    out = d.induct(m, claim, base, step)
    with d.suppose(t <= T, live) as here, d.nat_split(here[0], m) as split:
        line = split.close(out(m, t, x))
    return here.then(line, t, x)


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
