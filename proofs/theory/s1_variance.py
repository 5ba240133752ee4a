"""S1: from the Bellman error to the variance of importance weights.

No path space is needed: the first and second moments A and C of a product of weights along a path obey backward
recursions, and Bhatia-Davis is carried through them by induction on the steps to go.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import ZERO, E, all_of, both, element, eq, fn, implies, le, lt, measure, nat, product, real
from proofs.registry import lemma, statement

a, b = real("a b")
x, z = element("X", "x y")
t, n, k, T = nat("t n k T")
c, eps, L = real("c eps L")
K = measure("K", "nat X", "X")
g, rho = fn("g", "nat X X -> real"), fn("rho", "nat X -> real")
A, C, dead = fn("A", "nat X -> real"), fn("C", "nat X -> real"), fn("dead", "nat X -> real")
noedge = fn("noedge", "nat X X -> real")
lo, hi = fn("lo", "nat -> real"), fn("hi", "nat -> real")
live = eq(dead(t, x), 0)
edge = eq(noedge(t, x, z), 0)


def path_weights(p: Proof) -> dict[str, Fact]:
    """A(t, x), C(t, x): first and second moment of the product of the weights g along the path of K from x at time t to T.

    Reachability: x is live at t when dead(t, x) = 0; (x, y) is a reachable edge when noedge(t, x, y) = 0.
    """
    formulas: dict[str, Node] = {
        "noedge is non-negative": all_of(t, x, z, le(0, noedge(t, x, z))),
        "moves follow edges": all_of(t, x, implies(lt(t, T), live, eq(E(K(t, x), z, noedge(t, x, z)), 0))),
        "edges lead to live states": all_of(t, x, z, implies(lt(t, T), live, edge, eq(dead(t + 1, z), 0))),
        "first moment": all_of(t, x, implies(lt(t, T), live, eq(A(t, x), E(K(t, x), z, g(t, x, z) * A(t + 1, z))))),
        "second moment": all_of(
            t, x, implies(lt(t, T), live, eq(C(t, x), E(K(t, x), z, g(t, x, z) ** 2 * C(t + 1, z))))
        ),
        "moments at the end": all_of(x, both(eq(A(T, x), 1), eq(C(T, x), 1))),
        "bounds are positive": all_of(t, both(lt(0, lo(t)), lt(0, hi(t)))),
        "weights in range": all_of(
            t, x, z, implies(lt(t, T), live, edge, both(le(lo(t), g(t, x, z)), le(g(t, x, z), hi(t))))
        ),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def backward(p: Proof, given: dict[str, Fact]):
    """Shared by the inductions below: t + (n + 1) = T, x is live, the next state is reached by an edge almost surely.

    Returns the three facts t + (n + 1) = T, x live, t < T; the edge (x, z) and that z is live; the averaging step.
    """
    now, alive, step = p.assume(eq(t + (n + 1), T)), p.assume(live), p.assume(edge)
    before = p.show(lt(t, T), p.nat_nonneg(n), now)
    null = (
        E(K(t, x), z, noedge(t, x, z)),
        given["noedge is non-negative"].spec(t, x),
        given["moves follow edges"].spec(t, x).mp(before, alive),
    )

    def average(fact: Fact) -> Fact:
        low, high = fact.sides
        return p.mono(fact.discharge(edge).gen(z), E(K(t, x), z, low), E(K(t, x), z, high), null)

    return (
        (now, alive, before),
        (step, given["edges lead to live states"].spec(t, x, z).mp(before, alive, step)),
        average,
    )


def end_of_path(p: Proof, given: dict[str, Fact]) -> tuple[Fact, Fact, Fact]:
    """At t = T both moments are 1."""
    at_end = p.assume(eq(t + 0, T))
    end = p.rewrite(
        p.show(eq(T, t), at_end),
        lambda F: both(eq(A(F(), x), 1), eq(C(F(), x), 1)),
        given["moments at the end"].spec(x),
    )
    return at_end, end.left, end.right


def ranges(m: Node, s: Node) -> tuple[Node, Node]:
    return product(m, k, lo(s + k)), product(m, k, hi(s + k))


@lemma(
    "path_mean",
    title="the mean of a product of weights is at least the product of the lower bounds",
    words="For t + n = T and every live x: A(t, x) >= prod_{k<n} lo(t + k).",
)
def path_mean(p: Proof) -> Fact:
    given = path_weights(p)

    def claim(m: Node) -> Node:
        return all_of(t, x, implies(eq(t + m, T), live, le(ranges(m, t)[0], A(t, x))))

    at_end, first, _ = end_of_path(p, given)
    base = p.show(le(ranges(ZERO, t)[0], A(t, x)), first).discharge(at_end.concl, live).gen(t, x)
    hyp = p.assume(claim(n))
    (now, alive, before), (step, there), average = backward(p, given)
    nonneg = p.show(le(0, lo(k)), given["bounds are positive"].spec(k).left).gen(k)
    rest = p.use("product_nonneg").inst((fn("f", "nat -> real")(k), lo(k))).cut(nonneg).spec(n, t + 1)
    weight = given["weights in range"].spec(t, x, z).mp(before, alive, step)
    weight_nonneg = p.show(le(0, g(t, x, z)), weight.left, nonneg.spec(t))
    low, _ = ranges(n, t + 1)
    p.note("lo(t) prod lo(t+1+k) <= g prod lo(t+1+k) <= g A(t+1, y)")
    inner = p.show(
        le(lo(t) * low, g(t, x, z) * A(t + 1, z)), weight.left, rest, weight_nonneg, hyp.spec(t + 1, z).mp(now, there)
    )
    mean = average(inner)
    front = p.use("product_front").inst((fn("f", "nat -> real")(k), lo(k))).spec(n, t)
    recursion = given["first moment"].spec(t, x).mp(before, alive)
    last = p.show(le(ranges(n + 1, t)[0], A(t, x)), mean, recursion, front)
    return p.induct(n, claim(n), base, last.discharge(now.concl, live).gen(t, x).discharge(hyp))


@lemma(
    "path_bhatia_davis",
    title="Bhatia-Davis for a product of weights along a path",
    words="For t + n = T, live x and c >= 0 with a <= c prod lo and c prod hi <= b: E (b - cW)(cW - a) = (a + b) c A - a b - c^2 C >= 0.",
)
def path_bhatia_davis(p: Proof) -> Fact:
    given = path_weights(p)

    def claim(m: Node) -> Node:
        low, high = ranges(m, t)
        return all_of(
            t,
            x,
            c,
            implies(
                eq(t + m, T),
                live,
                le(0, c),
                le(a, c * low),
                le(c * high, b),
                le(0, (a + b) * c * A(t, x) - a * b - c**2 * C(t, x)),
            ),
        )

    at_end, first, second = end_of_path(p, given)
    conditions = [le(0, c), le(a, c * ranges(ZERO, t)[0]), le(c * ranges(ZERO, t)[1], b)]
    _, above, below = (p.assume(f) for f in conditions)
    base = (
        p.show(le(0, (a + b) * c * A(t, x) - a * b - c**2 * C(t, x)), above, below, first, second)
        .discharge(at_end.concl, live, *conditions)
        .gen(t, x, c)
    )

    hyp = p.assume(claim(n), note="induction hypothesis, for every scale c")
    (now, alive, before), (step, there), average = backward(p, given)
    conditions = [le(0, c), le(a, c * ranges(n + 1, t)[0]), le(c * ranges(n + 1, t)[1], b)]
    scale, above, below = (p.assume(f) for f in conditions)
    nonneg = [
        p.show(le(0, f(k)), getattr(given["bounds are positive"].spec(k), side)).gen(k)
        for f, side in ((lo, "left"), (hi, "right"))
    ]
    symbol = fn("f", "nat -> real")(k)
    rest = [
        p.use("product_nonneg").inst((symbol, f(k))).cut(fact).spec(n, t + 1)
        for f, fact in zip((lo, hi), nonneg, strict=True)
    ]
    front = [p.use("product_front").inst((symbol, f(k))).spec(n, t) for f in (lo, hi)]
    weight = given["weights in range"].spec(t, x, z).mp(before, alive, step)
    w = g(t, x, z)
    p.note(
        "apply it at the next state with the scale c g: a <= c lo(t) prod lo <= c g prod lo, c g prod hi <= c hi(t) prod hi <= b"
    )
    low, high = ranges(n, t + 1)
    wpos = p.show(le(0, c * w), scale, weight.left, nonneg[0].spec(t))
    above_next = p.show(le(a, c * w * low), above, scale, weight.left, rest[0], front[0])
    below_next = p.show(le(c * w * high, b), below, scale, weight.right, rest[1], front[1])
    inner = hyp.spec(t + 1, z, c * w).mp(now, there, wpos, above_next, below_next)
    p.note("average over the next state")
    mean = average(inner)
    goal = le(0, (a + b) * c * A(t, x) - a * b - c**2 * C(t, x))
    last = p.show(
        goal,
        mean,
        given["first moment"].spec(t, x).mp(before, alive),
        given["second moment"].spec(t, x).mp(before, alive),
    )
    return p.induct(n, claim(n), base, last.discharge(now.concl, live, *conditions).gen(t, x, c).discharge(hyp))


M, psi, V = measure("M", "nat X", "X"), fn("psi", "nat X X -> real"), fn("V", "nat X -> real")
guided = measure("guided", "nat X", "X")


def push(F) -> Node:
    return E(M(t, x), z, psi(t, x, z) * V(t + 1, z) * F)


@lemma(
    "guided_law", title="the guided kernel", words="E[guided](h) = E[M](psi V h) / B V, a probability where B V > 0."
)
def guided_law(p: Proof) -> Fact:
    weights = p.assume(all_of(t, x, z, le(0, psi(t, x, z)))), p.assume(all_of(t, x, le(0, V(t, x))))
    mass = p.assume(lt(0, push(1)))

    def nonneg(test: Fact) -> Fact:
        h = test.spec(z).sides[1]
        inner = p.show(
            le(0, psi(t, x, z) * V(t + 1, z) * h), weights[0].spec(t, x, z), weights[1].spec(t + 1, z), test.spec(z)
        )
        average = p.mono(inner.gen(z), E(M(t, x), z, 0), push(h))
        return p.show(le(0, push(h) / push(1)), average, p.positive_inverse(mass))

    law, _pattern = p.define_measure(guided(t, x), z, lambda h: push(h(z)) / push(1), nonneg, dens=[mass])
    return law


@statement(
    "S1.tilt",
    source="new",
    title="the target is the guided law tilted by W",
    words="With A the guided mean of prod rho_t f_t along the path and R the reference mean of prod psi_t f_t phi: "
    "R_t(x) = V_t(x) A_t(x). With "
    "f = 1 it gives the normaliser, so dpi/dguided is proportional to prod rho_t(x_t).",
)
def target_is_tilted(p: Proof) -> Fact:
    R, f = fn("R", "nat X -> real"), fn("f", "nat X -> real")
    BV = push(1)
    law, h1 = p.use("guided_law"), fn("_f", "X -> real")(z)

    def claim(m: Node) -> Node:
        return all_of(t, x, implies(eq(t + m, T), live, eq(R(t, x), V(t, x) * A(t, x))))

    formulas = {
        "dead is non-negative": all_of(t, x, le(0, dead(t, x))),
        "live states stay live": all_of(t, x, implies(lt(t, T), live, eq(E(M(t, x), z, dead(t + 1, z)), 0))),
        "positive on live states": all_of(t, x, implies(lt(t, T), live, both(lt(0, V(t, x)), lt(0, BV)))),
        "reference recursion": all_of(
            t, x, implies(lt(t, T), live, eq(R(t, x), f(t, x) * E(M(t, x), z, psi(t, x, z) * R(t + 1, z))))
        ),
        "guided recursion": all_of(
            t, x, implies(lt(t, T), live, eq(A(t, x), f(t, x) * (BV / V(t, x)) * E(guided(t, x), z, A(t + 1, z))))
        ),
        "at the end": all_of(x, both(eq(A(T, x), f(T, x)), eq(R(T, x), f(T, x) * V(T, x)))),
    }
    given = {name: p.assume(phi, note=name) for name, phi in formulas.items()}
    at_end = p.assume(eq(t + 0, T))
    end = p.rewrite(
        p.show(eq(T, t), at_end),
        lambda F: both(eq(A(F(), x), f(F(), x)), eq(R(F(), x), f(F(), x) * V(F(), x))),
        given["at the end"].spec(x),
    )
    base = p.show(eq(R(t, x), V(t, x) * A(t, x)), end.right, end.left).discharge(at_end.concl, live).gen(t, x)

    hyp = p.assume(claim(n), note="induction hypothesis")
    now, alive, there = p.assume(eq(t + (n + 1), T)), p.assume(live), p.assume(eq(dead(t + 1, z), 0))
    before = p.show(lt(t, T), p.nat_nonneg(n), now)
    null = (
        E(M(t, x), z, dead(t + 1, z)),
        given["dead is non-negative"].spec(t + 1),
        given["live states stay live"].spec(t, x).mp(before, alive),
    )
    p.note("E[M](psi R) = E[M](psi V A) = B V * E[guided](A)")
    same = p.show(
        eq(psi(t, x, z) * R(t + 1, z), psi(t, x, z) * V(t + 1, z) * A(t + 1, z)), hyp.spec(t + 1, z).mp(now, there)
    )
    average = p.almost_surely(same, z, E(M(t, x), z, psi(t, x, z) * R(t + 1, z)), push(A(t + 1, z)), null)
    positive_here = given["positive on live states"].spec(t, x).mp(before, alive)
    tilted = law.inst((h1, A(t + 1, z))).cut(positive_here.right)
    step = p.show(
        eq(R(t, x), V(t, x) * A(t, x)),
        given["reference recursion"].spec(t, x).mp(before, alive),
        average,
        tilted,
        given["guided recursion"].spec(t, x).mp(before, alive),
        dens=[positive_here.left, positive_here.right],
    )
    return p.induct(n, claim(n), base, step.discharge(now.concl, live).gen(t, x).discharge(hyp))
