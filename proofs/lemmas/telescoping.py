"""How S3 and S4 are assembled: the hypotheses on the answers, one sampling step of SMC, the telescoping sum over the horizon.

    A_t(c) = sum_i Qbar^F(c_i) / sum_i Qbar(c_i),  Qbar_t(x, y) = psi Vstar_{t+1}(y) / V_t(x),  Qbar^F with VF for Vstar

is the answer without further noise.  The mean of Qbar under the next sampling law is sum_i Qbar(c_i) / sum_i G(c_i) (smc_mean), so a
one-step lemma bounds |E A_{t+1} - A_t|, and the errors add up (telescope).
"""

from __future__ import annotations

from dataclasses import dataclass

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node, open_body
from proofs.language.terms import (
    E,
    Symbol,
    all_of,
    at,
    both,
    draws,
    eq,
    fn,
    implies,
    le,
    lt,
    measure,
    num,
    real,
    total,
)
from proofs.lemmas.particle_system import Qbar, good, over, supply, weight
from proofs.theory.model import TESTED, VALUES, layered

x, y, root, t, n, k, m, i, N, T = layered.terms("x y root t n k m i N T")
M, psi, V, Vstar, VF, F, U, W, f = layered.terms("M psi V Vstar VF F U W f")
dead, noedge, src, dst, c, d, edge, smc, first = layered.terms("dead noedge src dst c d e smc first")
live, reachable = eq(dead(t, x), 0), eq(noedge(t, x, y), 0)
target = VF(0, root) / Vstar(0, root)
answer = E(draws(N, first), d, W(0, d))


def values_of(given: dict[str, Fact]) -> list[Fact]:
    """What `tested_value` asks for, but for the condition that live states stay live."""
    names = (*VALUES, "twist is non-negative", *TESTED)
    return [given[name] for name in names if name in given]


def tested(s: Node, a: Node, b: Node) -> Node:
    return Qbar(s, a, b, VF)


def tested_weight(s: Node, a: Node, b: Node) -> Node:
    return weight(s, a, b) * F(b)


def answers(p: Proof, alive: bool = False) -> dict[str, Fact]:
    """W: the expected test function of the output given the cloud; `alive`: only where the weights do not all vanish."""
    condition = [lt(0, over(c, weight))] if alive else []
    formulas = {
        "answer at the end": all_of(
            t, c, implies(eq(t + 1, T), *condition, eq(W(t, c), over(c, tested_weight) / over(c, weight)))
        ),
        "answer before": all_of(
            t, c, implies(lt(t + 1, T), *condition, eq(W(t, c), E(draws(N, smc(t, c)), d, W(t + 1, d))))
        ),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


@dataclass
class Step:
    """One sampling step from a reachable cloud c whose weights do not all vanish: n steps remain after it, T = 1 + m."""

    now: Fact  # t + (n + 1) = m
    to_go: Fact  # (t + 1) + 1 + n = T
    clean: Fact  # c is reachable
    alive: Fact  # its weights do not all vanish
    means: tuple[Fact, Fact]  # E[smc] Qbar and E[smc] Qbar^F
    null: Fact  # E[smc] noedge = 0


def on_smc(fact: Fact, law: Node, s: Node, *pairs) -> Fact:
    """A theorem about mu, h, k, z (clouds.py) for the edges drawn at time s: h = Qbar, k = Qbar^F, z = noedge."""
    e, ends = edge, (s, src(edge), dst(edge))
    symbols = [(fn(name, "Edge -> real")(e), g(*ends)) for name, g in (("h", Qbar), ("k", tested), ("z", noedge))]
    return fact.rename_sort("Y", "Edge").inst((E(measure("mu", "", "Edge"), e, 0), law), *symbols, *pairs)


def quotient(p: Proof, up: Fact, down: Fact, dens: list[Fact], goal: Node) -> Fact:
    """EK/EH = goal from up: EK = SK/G and down: EH = SH/G."""
    top, bottom = up.sides[0], down.sides[0]
    swapped = p.rewrite(down, lambda H: top / H())
    return p.show(eq(top / bottom, goal), swapped, up, dens=dens)


def assemble(
    p: Proof,
    given: dict[str, Fact],
    zero_twist: tuple[Fact, Fact],
    error,
    A,
    near,
    first_near,
    stops,
    ends,
    moves,
    how: tuple[str, str] = ("telescope_start", "e"),
    pairs=(),
) -> tuple[Fact, Fact]:
    """The telescoping sum for the chain of clouds of SMC: |E W_0 - target| <= sum_{k<T} error(k).

    `near(step)` bounds the drift of A at one step, `first_near(...)` the first one; `stops(...)`, `ends(...)`, `moves(...)` are the
    facts that `telescope` needs; each is a function of the facts that it may use. how: the lemma that adds the steps up,
    and its name for what
    a step costs (`telescope_odds_start` multiplies); pairs: what else is instantiated in it, the target by default.
    """
    split = p.assume(eq(T, 1 + m))
    now, clean, alive = p.assume(eq(t + (n + 1), m)), p.assume(good(t, c)), p.assume(lt(0, over(c, weight)))
    to_go = p.show(eq(t + 1 + 1 + n, T), now, split)
    names = (
        "edges are pairs",
        "potentials are non-negative",
        "twist is non-negative",
        "noedge is non-negative",
        "ends of edges",
    )
    chain = [given[name] for name in names]
    means = []
    for value, name, zero in ((Vstar, "value recursion", zero_twist[0]), (VF, "tested recursion", zero_twist[1])):
        mean = p.use("smc_mean").inst((U(t, x), value(t, x)))
        mean = supply(mean, *chain, given[name], zero)
        means.append(mean.spec(t, n, c).mp(to_go, clean, alive))
    null = supply(p.use("smc_reachable"), *chain, given["moves follow edges"]).spec(t, n, c).mp(to_go, clean, alive)
    step = Step(now, to_go, clean, alive, (means[0], means[1]), null)
    guards = (now.concl, clean.concl, alive.concl)

    p.note("the next cloud is reachable almost surely")
    many = p.step("iid_sum", [], [null.sides[0], N])
    keeps = p.show(eq(many.sides[0], 0), many, null).discharge(*guards).gen(t, n, c)
    drift = near(step).discharge(*guards).gen(t, n, c)
    martingale = moves(step).discharge(*guards).gen(t, n, c)
    small = p.assume(le(over(c, weight), 0))
    stopped = stops(now, clean, small).discharge(now.concl, clean.concl, small.concl).gen(t, n, c)
    at_end = p.assume(eq(t, m))
    last = p.show(eq(t + 1, T), at_end, split)
    ended = ends(last, clean).discharge(at_end.concl, clean.concl).gen(t, c)
    each = given["noedge is non-negative"].spec(t, src(at(c, i)), dst(at(c, i))).gen(i)
    nonneg = p.conv(p.mono(each, total(N, i, 0), over(c, noedge)), le(0, over(c, noedge))).gen(t, c)

    p.note("the first cloud: N draws of the first edge")
    root_live, begin = given["the root is live"], given["there is a step"]
    follow = given["moves follow edges"].spec(0, root).mp(begin, root_live)
    firsts = supply(p.use("first_law").inst((f(x, y), noedge(0, x, y))), given["edges are pairs"])
    zero = p.show(eq(E(first, edge, noedge(0, src(edge), dst(edge))), 0), firsts, follow)
    start_sum = p.step("iid_sum", [], [zero.sides[0], N])
    start = p.show(eq(start_sum.sides[0], 0), start_sum, zero)
    first_means = []
    for value, name in ((Vstar, "value recursion"), (VF, "tested recursion")):
        law = supply(p.use("first_law").inst((f(x, y), Qbar(0, x, y, value))), given["edges are pairs"])
        rec = given[name].spec(0, root).mp(begin, root_live)
        first_means.append(p.show(eq(law.sides[0], value(0, root) / V(0, root)), law, rec))
    origin = p.show(eq(num(0) + 1 + m, T), split)
    begun = first_near(origin, zero, first_means)

    cost, Y = fn(how[1], "nat -> real"), "Edge*"
    out = p.use(how[0]).rename_sort("Y", "Edge")
    out = out.inst(
        (cost(n), error(n)),
        (fn("A", f"nat {Y} -> real")(t, c), A(t, c)),
        (fn("bad", f"nat {Y} -> real")(t, c), over(c, noedge)),
        (fn("alive", f"nat {Y} -> real")(t, c), over(c, weight)),
        (E(measure("step", f"nat {Y}", Y)(t, c), d, 0), E(draws(N, smc(t, c)), d, 0)),
        (E(measure("start", "", Y), d, 0), E(draws(N, first), d, 0)),
        *(pairs or [(real("target"), target)]),
    )
    out = supply(out, nonneg, keeps, drift, martingale, stopped, ended, start, begun)
    return out, split


def never_zero(p: Proof, given: dict[str, Fact], twist: Fact, value) -> Fact:
    """A positive twist never vanishes: the condition `zero twist` of smc_model.chain_of."""
    now, alive, none = p.assume(eq(t + n, T)), p.assume(live), p.assume(eq(V(t, x), 0))
    false = p.show(lt(0, 0), twist.spec(t, x).mp(alive), none)
    return p.absurd(eq(value(t, x), 0), false).discharge(now.concl, live, none.concl).gen(t, n, x)


def live_stays(p: Proof, given: dict[str, Fact]) -> Fact:
    """Live states stay live almost surely, since they move along reachable edges: the form that P0 asks for."""
    alive, before, off = p.assume(live), p.assume(lt(t, T)), p.assume(reachable)
    null = (
        E(M(t, x), y, noedge(t, x, y)),
        given["noedge is non-negative"].spec(t, x),
        given["moves follow edges"].spec(t, x).mp(before, alive),
    )
    next_dead = E(M(t, x), y, dead(t + 1, y))
    stays = p.almost_surely(given["ends of edges"].spec(t, x, y).mp(off).right, y, next_dead, E(M(t, x), y, 0), null)
    return p.conv(stays, eq(next_dead, 0)).discharge(before.concl, live).gen(t, x)


def tested_between(p: Proof, given: dict[str, Fact]) -> Fact:
    """0 <= Qbar^F <= Qbar on a reachable edge: forall t n x y."""
    to_go, on_edge = p.assume(eq(t + 1 + n, T)), p.assume(reachable)
    stays, ends = live_stays(p, given), given["ends of edges"].spec(t, x, y)
    value = supply(p.use("tested_value"), stays, *values_of(given)).spec(n, t + 1, y)
    value = value.mp(to_go, ends.mp(on_edge).right)
    weights, twist = given["potentials are non-negative"].spec(t, x, y), given["twist is non-negative"].spec(t, x)
    goal = both(le(0, tested(t, x, y)), le(tested(t, x, y), Qbar(t, x, y)))
    inverse = p.positive_inverse(p.assume(lt(0, V(t, x))))
    high = p.show(goal.kids[0], weights, value.left, inverse).both(p.show(goal.kids[1], weights, value.right, inverse))
    zero = p.antisymmetry(p.assume(le(V(t, x), 0)), twist)

    def without(v: Symbol) -> Fact:
        return p.rewrite(zero, lambda H: psi(t, x, y) * v(t + 1, y) / H())

    gone = [without(v) for v in (VF, Vstar)]
    low = p.show(goal.kids[0], gone[0]).both(p.show(goal.kids[1], gone[0], gone[1]))
    return p.cases(V(t, x), 0, low, high).discharge(to_go.concl, reachable).gen(t, n, x, y)


def zero_values(p: Proof, given: dict[str, Fact], stays: Fact) -> tuple[Fact, Fact]:
    """Where V = 0 at a live state, Vstar = 0 and 0 <= VF <= Vstar = 0; `stays`: live states stay live."""
    now, alive, none = p.assume(eq(t + n, T)), p.assume(live), p.assume(eq(V(t, x), 0))
    star = given["twist kills no live value"].spec(t, x).mp(alive, none)
    value = supply(p.use("tested_value"), stays, *values_of(given)).spec(n, t, x)
    value = value.mp(now, alive)
    zero = p.antisymmetry(p.show(le(VF(t, x), 0), value.right, star), value.left)
    guards = (now.concl, live, none.concl)
    return star.discharge(*guards).gen(t, n, x), zero.discharge(*guards).gen(t, n, x)


def at_the_end(p: Proof, given: dict[str, Fact], last: Fact) -> tuple[Fact, Fact]:
    """At the last cloud sum_i Qbar^F = sum_i G F and sum_i Qbar = sum_i G, from last: t + 1 = T."""
    same = p.show(eq(T, t + 1), last)
    one = p.rewrite(same, lambda H: eq(VF(H(), x), F(x) * V(H(), x)), given["tested terminal value"].spec(x)).gen(x)
    two = p.rewrite(same, lambda H: eq(Vstar(H(), x), V(H(), x)), given["terminal value"].spec(x)).gen(x)

    def with_value(H) -> Node:
        return over(c, lambda r, a, b: psi(r, a, b) * H(b) / V(r, a))

    return p.rewrite(one, with_value), p.rewrite(two, with_value)


def in_horizon(p: Proof, given: dict[str, Fact], out: Fact, split: Fact) -> Fact:
    """The sum over k < m + 1 as a sum over k < T, and m gone."""
    begin = p.conv(p.step("nat_step", [given["there is a step"]]), le(1, T))
    count = p.show(eq(m + 1, T), split)
    low, high = out.left.sides, out.right.sides
    summand = open_body(low[1], k)

    def claim(H) -> Node:
        bound = total(H(), k, summand)
        return both(le(low[0], bound), le(high[0], bound))

    fact = p.rewrite(count, claim, out)
    return p.step("nat_split", [begin, fact], [num(1), T, m])
