"""The chord inequality behind S2 and P5: the law of the guided single particle against the target.

GF_t(x) is the mean of the test function F at the end of a guided path from x, VF and Vstar the values with and without F, so that the
target gives F the mean VF_0(root)/Vstar_0(root).  Along a guided path the target has the weight W = prod_{t=1}^{T-1} rho_t(x_t) up to a
factor, with a = prod lo <= W <= b = prod hi.  For every threshold tau in [a, b]

    (b - a) F (W - tau) <= (W - a)(b - tau)        pointwise, since F lies in [0, 1];

no path space is needed: the inequality is carried backward in time by induction, for every scale c of the weight so far.  At the first step
tau = E W gives target(F) - guided(F) <= (b - tau)(tau - a)/(tau (b - a)) <= (sqrt q - 1)/(sqrt q + 1), q = b/a, as in S0.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, both, eq, fn, implies, le, lt, nat, num, product, real
from proofs.lemmas.particle_system import VF, F, M, T, U, V, Vstar, dead, live, n, psi, root, supply, t, x, y
from proofs.lemmas.telescoping import zero_values
from proofs.registry import lemma
from proofs.theory.model import layered

k, guided = nat("k"), layered.terms("guided")
a, b, c, tau, s = real("a b c tau s")
GF = fn("GF", "nat X -> real")
lo, hi, r = fn("lo", "nat -> real"), fn("hi", "nat -> real"), fn("r", "nat -> real")
BV = E(M(t, x), y, psi(t, x, y) * V(t + 1, y))
target = VF(0, root) / Vstar(0, root)


def guided_setting(p: Proof) -> dict[str, Fact]:
    """The hypotheses of S2, by name; `live` is reachable by the reference kernels, the guided particle visits live states with V > 0."""

    def recursion(value) -> Node:
        return all_of(t, x, implies(lt(t, T), live, eq(value(t, x), E(M(t, x), y, psi(t, x, y) * value(t + 1, y)))))

    moves = eq(GF(t, x), E(guided(t, x), y, GF(t + 1, y)))
    formulas = {
        "potentials are non-negative": all_of(t, x, y, le(0, psi(t, x, y))),
        "twist is non-negative": all_of(t, x, le(0, V(t, x))),
        "dead is non-negative": all_of(t, x, le(0, dead(t, x))),
        "live states stay live": all_of(t, x, implies(lt(t, T), live, eq(E(M(t, x), y, dead(t + 1, y)), 0))),
        "value recursion": recursion(Vstar),
        "terminal value": all_of(x, eq(Vstar(T, x), V(T, x))),
        "tested recursion": recursion(VF),
        "tested terminal value": all_of(x, eq(VF(T, x), F(x) * V(T, x))),
        "test function": all_of(x, both(le(0, F(x)), le(F(x), 1))),
        "twist kills no live value": all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))),
        "guided recursion": all_of(t, x, implies(lt(t, T), live, lt(0, V(t, x)), moves)),
        "guided end": all_of(x, eq(GF(T, x), F(x))),
        "bounds are positive": all_of(t, both(lt(0, lo(t)), lt(0, hi(t)))),
        "Bellman ratios in range": all_of(
            t, x, implies(lt(t, T), live, lt(0, V(t, x)), both(le(lo(t) * V(t, x), BV), le(BV, hi(t) * V(t, x))))
        ),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def ranges(m: Node, s: Node) -> tuple[Node, Node]:
    return product(m, k, lo(s + k)), product(m, k, hi(s + k))


def star(s: Node, z: Node) -> Node:
    return Vstar(s, z) / V(s, z)


def test(s: Node, z: Node) -> Node:
    return VF(s, z) / V(s, z)


def off_path(s: Node, z: Node) -> Node:
    """The null function of guided moves: it vanishes where dead = 0 and V > 0."""
    return dead(s, z) + (1 - V(s, z) * (1 / V(s, z)))


def exists(p: Proof) -> dict[str, Fact]:
    """The hypotheses on guided moves alone."""
    formulas = {
        "potentials are non-negative": all_of(t, x, y, le(0, psi(t, x, y))),
        "twist is non-negative": all_of(t, x, le(0, V(t, x))),
        "dead is non-negative": all_of(t, x, le(0, dead(t, x))),
        "live states stay live": all_of(t, x, implies(lt(t, T), live, eq(E(M(t, x), y, dead(t + 1, y)), 0))),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def flat_twist(p: Proof, twist: Fact) -> tuple[Fact, Fact]:
    """V = 0 from V <= 0, and then V (1/V) = 0; `twist` is 0 <= V."""
    v = twist.sides[1]
    flat = p.antisymmetry(p.assume(le(v, 0)), twist)
    return flat, p.rewrite(flat, lambda H: H() * (1 / H()))


@lemma("guided_null", title="dead + 1 - V (1/V) vanishes where dead = 0 and V > 0, and is not negative")
def guided_null(p: Proof) -> Fact:
    twist = p.assume(all_of(t, x, le(0, V(t, x)))).spec(t, x)
    alive = p.assume(all_of(t, x, le(0, dead(t, x)))).spec(t, x)
    v, some = V(t, x), p.assume(lt(0, V(t, x)))
    _flat, gone = flat_twist(p, twist)
    one = le(v * (1 / v), 1)
    full = p.cases(v, 0, p.show(one, gone), p.show(one, dens=[some]))
    nonneg = p.show(le(0, off_path(t, x)), alive, full)
    guard = p.assume(eq(off_path(t, x), 0))
    off = p.show(le(dead(t, x), 0), full, guard)
    wrong = p.show(lt(0, 0), alive, guard, gone)
    positive = p.cases(v, 0, p.absurd(lt(0, v), wrong), some)
    return nonneg.both(p.antisymmetry(off, alive).both(positive).discharge(guard)).gen(t, x)


def on_moves(p: Proof, given: dict[str, Fact], low: Fact, high: Fact, before: Fact, alive: Fact) -> Fact:
    """E[M](f) = E[M](g) from f = g where V_{t+1}(y) <= 0 (`low`) and where 0 < V_{t+1}(y) (`high`), both under dead_{t+1}(y) = 0."""
    null = (
        E(M(t, x), y, dead(t + 1, y)),
        given["dead is non-negative"].spec(t + 1),
        given["live states stay live"].spec(t, x).mp(before, alive),
    )
    same = p.cases(V(t + 1, y), 0, low, high)
    return p.almost_surely(same, y, E(M(t, x), y, same.sides[0]), E(M(t, x), y, same.sides[1]), null)


def move_law(p: Proof, given: dict[str, Fact], mass: Fact, body: Node) -> Fact:
    weights = given["potentials are non-negative"], given["twist is non-negative"]
    return supply(p.use("guided_law").inst((fn("_f", "X -> real")(y), body)), *weights, mass)


@lemma(
    "guided_alive",
    title="guided moves lead to live states with V > 0",
    words="E[guided] (dead + 1 - V (1/V)) = 0 at live states with B V > 0.",
)
def guided_alive(p: Proof) -> Fact:
    given = exists(p)
    before, alive, mass = p.assume(lt(t, T)), p.assume(live), p.assume(lt(0, BV))
    v, z = V(t + 1, y), off_path(t + 1, y)
    guard, some = p.assume(eq(dead(t + 1, y), 0)), p.assume(lt(0, v))
    flat, _gone = flat_twist(p, given["twist is non-negative"].spec(t + 1, y))
    low = p.show(eq(psi(t, x, y) * v * z, 0 * v), flat)
    high = p.show(eq(psi(t, x, y) * v * z, 0 * v), guard, dens=[some])
    zero = on_moves(p, given, low, high, before, alive)
    out = p.show(eq(E(guided(t, x), y, z), 0), move_law(p, given, mass, z), zero)
    return out.discharge(before, live, mass.concl).gen(t, x)


@lemma(
    "guided_mean",
    title="the value as a guided mean",
    words="U_t(x) = B V_t(x) E[guided](U_{t+1}/V_{t+1}) for a function U with the recursion of the value that vanishes where V does.",
)
def guided_mean(p: Proof) -> Fact:
    given = exists(p)
    step = E(M(t, x), y, psi(t, x, y) * U(t + 1, y))
    recursion = p.assume(all_of(t, x, implies(lt(t, T), live, eq(U(t, x), step))))
    zero = p.assume(all_of(t, n, x, implies(eq(t + n, T), live, eq(V(t, x), 0), eq(U(t, x), 0))))
    later, alive, mass = p.assume(eq(t + 1 + n, T)), p.assume(live), p.assume(lt(0, BV))
    before = p.show(lt(t, T), p.nat_nonneg(n), later)
    v, some, guard = V(t + 1, y), p.assume(lt(0, V(t + 1, y))), p.assume(eq(dead(t + 1, y), 0))
    flat, _gone = flat_twist(p, given["twist is non-negative"].spec(t + 1, y))
    goal = eq(psi(t, x, y) * v * (U(t + 1, y) / v), psi(t, x, y) * U(t + 1, y))
    none = zero.spec(t + 1, n, y).mp(later, guard, flat)
    low = p.show(goal, flat, none)
    means = on_moves(p, given, low, p.show(goal, dens=[some]), before, alive)
    law = move_law(p, given, mass, U(t + 1, y) / v)
    rec = recursion.spec(t, x).mp(before, alive)
    out = p.show(eq(U(t, x), BV * law.sides[0]), rec, means, law, dens=[mass])
    return out.discharge(later.concl, live, mass.concl).gen(t, n, x)


def guided_means(p: Proof, given: dict[str, Fact]) -> tuple[Fact, Fact]:
    """guided_mean for Vstar and for VF."""
    names, out = tuple(exists(p)), []
    zeros = zero_values(p, given, given["live states stay live"])
    for value, name, zero in ((Vstar, "value recursion", zeros[0]), (VF, "tested recursion", zeros[1])):
        fact = p.use("guided_mean").inst((U(t, x), value(t, x)))
        out.append(supply(fact, *(given[key] for key in names), given[name], zero))
    return out[0], out[1]


class Move:
    """One guided move from a live state x with V_t(x) > 0 and t + 1 + n = T: what holds at the next state y, and the averaging step."""

    def __init__(self, p: Proof, given: dict[str, Fact], later: Fact, alive: Fact, here: Fact):
        self.p = p
        before = p.show(lt(t, T), p.nat_nonneg(n), later)
        self.ratio = given["Bellman ratios in range"].spec(t, x).mp(before, alive, here)
        least = given["bounds are positive"].spec(t).left
        self.mass = p.chain(p.show(lt(0, lo(t) * V(t, x)), least, here), self.ratio.left)
        names = tuple(exists(p))
        zero = supply(p.use("guided_alive"), *(given[name] for name in names)).spec(t, x).mp(before, alive, self.mass)
        known = supply(p.use("guided_null"), given["twist is non-negative"], given["dead is non-negative"]).spec(
            t + 1, y
        )
        self.guard = p.assume(eq(off_path(t + 1, y), 0))
        self.alive, self.some = (f(known.right.mp(self.guard)) for f in (lambda q: q.left, lambda q: q.right))
        self.null = (zero.sides[0], known.left.gen(y), zero)
        self.means = tuple(fact.spec(t, n, x).mp(later, alive, self.mass) for fact in guided_means(p, given))
        self.path = given["guided recursion"].spec(t, x).mp(before, alive, here)

    def average(self, fact: Fact) -> Fact:
        low, high = fact.sides
        guarded = fact.discharge(self.guard).gen(y)
        return self.p.mono(guarded, E(guided(t, x), y, low), E(guided(t, x), y, high), self.null)


@lemma(
    "guided_chord",
    title="the chord inequality for the target's weight along a guided path",
    words="For t + n = T, live x with V > 0, c >= 0, a <= c prod lo and c prod hi <= b, a <= tau <= b: a <= c Vstar/V <= b and "
    "(b - a)(c VF/V - tau GF) <= (c Vstar/V - a)(b - tau).",
)
def guided_chord(p: Proof) -> Fact:
    given = guided_setting(p)
    between = p.assume(both(le(a, tau), le(tau, b)), note="the threshold")

    def conclusion(s: Node, z: Node, w: Node) -> Node:
        chord = le((b - a) * (w * test(s, z) - tau * GF(s, z)), (w * star(s, z) - a) * (b - tau))
        return both(both(le(a, w * star(s, z)), le(w * star(s, z), b)), chord)

    def conditions(m: Node) -> list[Node]:
        low, high = ranges(m, t)
        return [le(0, c), le(a, c * low), le(c * high, b)]

    def claim(m: Node) -> Node:
        return all_of(t, x, c, implies(eq(t + m, T), live, lt(0, V(t, x)), *conditions(m), conclusion(t, x, c)))

    p.note(
        "base: Vstar = V, VF = F V, GF = F, and (c - a)(b - tau) - (b - a) F (c - tau) = F (b-c)(tau-a) + (1-F)(c-a)(b-tau)"
    )
    here, at_end = p.assume(lt(0, V(t, x))), p.assume(eq(t + num(0), T))
    _, above, below = (p.assume(f) for f in conditions(num(0)))
    same, f = p.show(eq(T, t), at_end), given["test function"].spec(x)
    ends = [
        p.rewrite(same, lambda H: eq(Vstar(H(), x), V(H(), x)), given["terminal value"].spec(x)),
        p.rewrite(same, lambda H: eq(VF(H(), x), F(x) * V(H(), x)), given["tested terminal value"].spec(x)),
        p.rewrite(same, lambda H: eq(GF(H(), x), F(x)), given["guided end"].spec(x)),
    ]
    goal = conclusion(t, x, c)
    scale = c / V(t, x)
    why = "the search on this level finds no multiplier c/V"
    base = p.cert(goal.kids[0].kids[0], products=[(1, [above], [])], eqs=[(scale, ends[0])], dens=[here], why=why)
    least = p.cert(goal.kids[0].kids[1], products=[(1, [below], [])], eqs=[(scale, ends[0])], dens=[here], why=why)
    base = base.both(least)
    chord = p.cert(
        goal.kids[1],
        products=[(1, [f.left, below, between.left], []), (1, [f.right, above, between.right], [])],
        eqs=[(scale * (b - tau), ends[0]), ((b - a) * scale, ends[1]), ((b - a) * tau, ends[2])],
        dens=[here],
        why=why,
    )
    base = base.both(chord).discharge(at_end.concl, live, here.concl, *conditions(num(0))).gen(t, x, c)

    hyp = p.assume(claim(n), note="induction hypothesis, for every scale c")
    now, alive = p.assume(eq(t + (n + 1), T)), p.assume(live)
    later = p.show(eq(t + 1 + n, T), now)
    move = Move(p, given, later, alive, here)
    scale_pos, above, below = (p.assume(f) for f in conditions(n + 1))
    symbol = fn("f", "nat -> real")(k)
    rests, fronts = [], []
    for g, side in ((lo, "left"), (hi, "right")):
        nonneg = p.show(le(0, g(k)), getattr(given["bounds are positive"].spec(k), side)).gen(k)
        rests.append(p.use("product_nonneg").inst((symbol, g(k))).cut(nonneg).spec(n, t + 1))
        fronts.append(p.use("product_front").inst((symbol, g(k))).spec(n, t))
    p.note("apply it at the next state with the scale c rho, rho = BV/V")
    rho = BV / V(t, x)
    inverse = p.positive_inverse(here)
    low, high = ranges(n, t + 1)
    rho_low = p.show(le(lo(t), rho), move.ratio.left, inverse, dens=[here])
    rho_high = p.show(le(rho, hi(t)), move.ratio.right, inverse, dens=[here])
    rho_pos = p.show(le(0, c * rho), scale_pos, move.mass, inverse)
    above_next = p.show(le(a, c * rho * low), above, scale_pos, rho_low, rests[0], fronts[0])
    below_next = p.show(le(c * rho * high, b), below, scale_pos, rho_high, rests[1], fronts[1])
    inner = hyp.spec(t + 1, y, c * rho).mp(later, move.alive, move.some, rho_pos, above_next, below_next)
    p.note("average over the guided move: rho E[guided](Vstar/V) = Vstar/V, the same for VF, and GF = E[guided] GF")
    means, path = move.means, move.path
    parts = [move.average(f) for f in (inner.left.left, inner.left.right, inner.right)]
    one = p.show(goal.kids[0].kids[0], parts[0], means[0], dens=[here])
    two = p.show(goal.kids[0].kids[1], parts[1], means[0], dens=[here])
    three = p.show(goal.kids[1], parts[2], means[0], means[1], path, dens=[here])
    step = one.both(two).both(three).discharge(now.concl, live, here.concl, *conditions(n + 1)).gen(t, x, c)
    return p.induct(n, claim(n), base, step.discharge(hyp))


@lemma(
    "guided_step",
    title="the chord inequality at the first step",
    words="With t + 1 + n = T, tau = Vstar_t(x)/BV_t(x) the mean weight of the later steps: a <= tau <= b and "
    "(b - a)(VF/BV - tau GF) <= (tau - a)(b - tau).",
)
def guided_step(p: Proof) -> Fact:
    given = guided_setting(p)
    order = p.assume(le(a, b))
    later, alive, here = p.assume(eq(t + 1 + n, T)), p.assume(live), p.assume(lt(0, V(t, x)))
    low, high = ranges(n, t + 1)
    above, below = p.assume(le(a, low)), p.assume(le(high, b))
    move = Move(p, given, later, alive, here)
    means, path = move.means, move.path
    unit = p.show(le(0, 1))

    def chord(threshold: Node, between: Fact) -> Fact:
        inner = p.use("guided_chord").inst((tau, threshold)).cut(between).spec(n, t + 1, y, 1)
        return inner.mp(later, move.alive, move.some, unit, above, below)

    p.note("a <= tau <= b: average the bounds of Vstar/V over the first move")
    weak = chord(a, p.show(le(a, a)).both(order)).left
    mean = Vstar(t, x) / BV
    least = p.show(le(a, mean), move.average(weak.left), means[0], dens=[move.mass])
    most = p.show(le(mean, b), move.average(weak.right), means[0], dens=[move.mass])
    sharp = move.average(chord(mean, least.both(most)).right)
    out = p.cert(
        le((b - a) * (VF(t, x) / BV - mean * GF(t, x)), (mean - a) * (b - mean)),
        products=[(1, [sharp], [])],
        eqs=[((b - a) / BV, means[1]), ((b - mean) / BV, means[0]), ((b - a) * mean, path)],
        dens=[move.mass],
        why="the search on this level finds no multiplier 1/BV",
    )
    out = move.mass.both(least.both(most).both(out))
    return out.discharge(later.concl, live, here.concl, above.concl, below.concl).gen(t, n, x)


@lemma(
    "guided_above",
    title="the target's mean is at most the guided mean plus (s - 1)/(s + 1)",
    words="If prod lo >= a > 0 and prod hi <= s^2 a over the steps 1..n, n = T - 1, s >= 1: VF/Vstar - GF <= (s - 1)/(s + 1) at the root.",
)
def guided_above(p: Proof) -> Fact:
    guided_setting(p)
    apos, one = p.assume(lt(0, a)), p.assume(le(1, s))
    steps, alive, here = p.assume(eq(T, n + 1)), p.assume(eq(dead(0, root), 0)), p.assume(lt(0, V(0, root)))
    low, high = ranges(n, num(1))
    above, below = p.assume(le(a, low)), p.assume(le(high, s**2 * a))
    later = p.show(eq(num(0) + 1 + n, T), steps)
    square = p.show(le(1, s**2), one)
    order = p.show(le(a, s**2 * a), apos, square)

    def at_root(top: Node, wide: Fact, order: Fact) -> Fact:
        out = p.use("guided_step").inst((b, top)).cut(order).spec(0, n, root)
        return out.mp(later, alive, here, above, wide)

    first = at_root(s**2 * a, below, order)
    mass = first.left
    bv = mass.sides[1]
    mean = Vstar(0, root) / bv
    least, most = first.right.left.left, first.right.left.right
    tpos = p.chain(apos, least)
    vpos = p.show(lt(0, Vstar(0, root)), tpos, mass, dens=[mass])
    goal = le(target - GF(0, root), (s - 1) / (s + 1))
    plus = p.show(lt(0, s + 1), one)
    pinv, vinv = p.positive_inverse(plus), p.positive_inverse(vpos)
    p.note("s = 1: tau = a, and the chord with b = a + 1 gives VF/BV <= tau GF")
    small = p.assume(le(s, 1))
    same = p.antisymmetry(small, one)
    flat = p.show(le(mean, a), most, same)
    equal = p.antisymmetry(flat, least)
    wide = p.show(le(high, a + 1), below, same)
    second = at_root(a + 1, wide, p.show(le(a, a + 1))).right.right
    exact = p.show(le(VF(0, root) / bv - mean * GF(0, root), 0), second, equal)
    no_gap = p.show(le(target - GF(0, root), 0), exact, mass, vinv, dens=[mass, vpos])
    gain = p.show(le(0, (s - 1) / (s + 1)), one, pinv)
    low_case = p.show(goal, no_gap, gain)
    p.note("s > 1: (s-1)/(s+1) - (b - tau)(tau - a)/(tau (b - a)) = (tau - s a)^2 / (tau (b - a)), b = s^2 a")
    big = p.assume(lt(1, s))
    gap = p.show(lt(0, s**2 * a - a), apos, big)
    ginv = p.positive_inverse(gap)
    high_case = p.cert(
        goal,
        products=[(1, [first.right.right, ginv, mass, vinv], []), (1, [ginv, mass, vinv], [mean - s * a])],
        dens=[mass, vpos, gap, plus],
        why="a square over three denominators, which the search does not find",
    )
    return p.cases(s, 1, low_case, high_case)
