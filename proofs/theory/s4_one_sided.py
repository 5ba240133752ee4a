"""S4: the bias of naive-proposal SMC, one-sided: zero potentials, weights and rewards are allowed.

As `bias.py`, with one change.  When all weights of a cloud vanish its particles are dead, and the answer W_t(c) is then any number in
[0, 1].  The answer without further noise, A_t(c) = K/S with K = sum_i Qbar^F(c_i) and S = sum_i Qbar(c_i), is
replaced by W_t(c) where S = 0:

    A_t(c) = K (1/S) + W_t(c) (1 - S (1/S)),      1/0 = 0.

u(k) bounds Vstar/V from below at live states with V > 0 that have k + 1 steps to go, and b(k) u(k) bounds Qbar from above on the edges
that leave them, so that b is theory's b_p: the largest Qbar over the least Vstar/V.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, at, both, eq, fn, implies, le, lt, num, real, sqrt, total
from proofs.lemmas.particle_system import (
    N,
    Qbar,
    T,
    V,
    Vstar,
    W,
    c,
    dst,
    edge,
    first,
    good,
    i,
    live,
    n,
    noedge,
    over,
    own_term,
    psi,
    reachable,
    reachable_entries,
    root,
    setting,
    smc,
    src,
    sums_equal,
    supply,
    t,
    weight,
    weight_nonneg,
    x,
    y,
)
from proofs.lemmas.telescoping import (
    Step,
    answers,
    assemble,
    at_the_end,
    in_horizon,
    k,
    live_stays,
    m,
    on_smc,
    quotient,
    target,
    tested,
    tested_between,
    zero_values,
)
from proofs.registry import lemma, statement

b, u = fn("b", "nat -> real"), fn("u", "nat -> real")
S, K, G = (lambda s, cloud, g=g: over(cloud, g, s) for g in (Qbar, tested, weight))


def A(s: Node, cloud: Node) -> Node:
    """K/S, or W where S = 0."""
    return K(s, cloud) * (1 / S(s, cloud)) + W(s, cloud) * (1 - S(s, cloud) * (1 / S(s, cloud)))


def one_sided(p: Proof) -> dict[str, Fact]:
    """The hypotheses of S4, by name."""
    here = Qbar(t, x, y)
    formulas = {
        "bounds": all_of(k, both(lt(0, u(k)), le(1, b(k)))),
        "Qbar from above": all_of(t, k, x, y, implies(eq(t + 1 + k, T), reachable, le(here, b(k) * u(k)))),
        "value from below": all_of(
            t, k, x, implies(eq(t + 1 + k, T), live, lt(0, V(t, x)), le(u(k) * V(t, x), Vstar(t, x)))
        ),
        "twist kills no live value": all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))),
        "twist at the root": lt(0, V(0, root)),
        "any answer is in [0, 1]": all_of(t, c, both(le(0, W(t, c)), le(W(t, c), 1))),
    }
    return setting(p) | answers(p, alive=True) | {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def instead(p: Proof, none: Fact) -> Fact:
    """A_t(c) = W_t(c) from S = 0."""
    return p.conv(
        p.rewrite(none, lambda H: K(t, c) * (1 / H()) + W(t, c) * (1 - H() * (1 / H()))), eq(A(t, c), W(t, c))
    )


@lemma(
    "honest_answer",
    title="the answer without further noise, also for dead clouds",
    words="At a reachable cloud: A S = K and 0 <= A <= 1.",
)
def honest_answer(p: Proof) -> Fact:
    given = one_sided(p)
    to_go, clean = p.assume(eq(t + 1 + n, T)), good(t, c)
    inside, entry = reachable_entries(p, given)
    term = tested_between(p, given).spec(t, n, src(at(c, i)), dst(at(c, i))).mp(to_go, entry)
    down, up = (
        p.mono(fact.discharge(inside).gen(i), total(N, i, fact.sides[0]), total(N, i, fact.sides[1]))
        for fact in (term.left, term.right)
    )
    answer = A(t, c)
    wanted = eq(answer * S(t, c), K(t, c)), le(0, answer), le(answer, 1)
    p.note("S > 0: A = K/S")
    some = p.assume(lt(0, S(t, c)))
    inverse = p.positive_inverse(some)
    high = p.show(wanted[0], dens=[some]).both(
        p.show(wanted[1], down, inverse, dens=[some]).both(p.show(wanted[2], up, inverse, dens=[some]))
    )
    p.note("S = 0: then K = 0, and A = W")
    small = p.assume(le(S(t, c), 0))
    none = p.antisymmetry(small, p.show(le(0, S(t, c)), down, up))
    no_k = p.antisymmetry(p.show(le(K(t, c), 0), small, up), p.conv(down, le(0, K(t, c))))
    same, any_answer = instead(p, none), given["any answer is in [0, 1]"].spec(t, c)
    low = p.show(wanted[0], none, no_k).both(
        p.show(wanted[1], any_answer.left, same).both(p.show(wanted[2], any_answer.right, same))
    )
    return p.cases(S(t, c), 0, low, high).discharge(to_go.concl, clean).gen(t, n, c)


def enough_value(p: Proof, given: dict[str, Fact], step: Step) -> Fact:
    """u(n) sum_i G(c_i) <= S(t, c) at a cloud from which n + 1 steps remain."""
    inside, entry = reachable_entries(p, given)
    a, e = src(at(c, i)), dst(at(c, i))
    alive = given["ends of edges"].spec(t, a, e).mp(entry).right
    goal = le(u(n) * weight(t, a, e), Qbar(t, a, e))
    p.note("where V(dst) > 0 the value is at least u V; where V(dst) = 0 both sides are 0")
    least = given["value from below"].spec(t + 1, n, e).mp(step.to_go, alive, p.assume(lt(0, V(t + 1, e))))
    factor = rate(p, given, a, e)
    high = p.show(goal, least, factor)
    zero = p.antisymmetry(p.assume(le(V(t + 1, e), 0)), given["twist is non-negative"].spec(t + 1, e))
    none = given["twist kills no live value"].spec(t + 1, e).mp(alive, zero)
    low = p.show(goal, zero, none)
    each = p.cases(V(t + 1, e), 0, low, high).discharge(inside).gen(i)
    sums = p.mono(each, total(N, i, goal.kids[0]), total(N, i, goal.kids[1]))
    return p.conv(sums, le(u(n) * G(t, c), S(t, c)))


def rate(p: Proof, given: dict[str, Fact], a: Node, e: Node) -> Fact:
    """0 <= psi(t, a, e)/V(t, a)."""
    goal = le(0, psi(t, a, e) / V(t, a))
    own = given["potentials are non-negative"].spec(t, a, e)
    inverse = p.positive_inverse(p.assume(lt(0, V(t, a))))
    zero = p.antisymmetry(p.assume(le(V(t, a), 0)), given["twist is non-negative"].spec(t, a))
    low = p.show(goal, p.rewrite(zero, lambda H: psi(t, a, e) / H()))
    return p.cases(V(t, a), 0, low, p.show(goal, own, inverse))


def no_weight(p: Proof, given: dict[str, Fact], small: Fact) -> tuple[Fact, Fact]:
    """From sum_i G <= 0 at a reachable cloud: each G is 0 (under i < N), and so is each Qbar: S = 0."""
    inside, entry = reachable_entries(p, given)
    a, e = src(at(c, i)), dst(at(c, i))
    each = weight_nonneg(p).spec(t, src(at(c, k)), dst(at(c, k)))
    below = own_term(p, each, N, inside)
    own = weight_nonneg(p).spec(t, a, e)
    none = p.antisymmetry(p.show(le(weight(t, a, e), 0), below, small), own)
    goal = eq(Qbar(t, a, e), 0 * Qbar(t, a, e))
    some = p.assume(lt(0, V(t + 1, e)))
    high = p.show(goal, none, dens=[some])
    zero = p.antisymmetry(p.assume(le(V(t + 1, e), 0)), given["twist is non-negative"].spec(t + 1, e))
    alive = given["ends of edges"].spec(t, a, e).mp(entry).right
    gone = given["twist kills no live value"].spec(t + 1, e).mp(alive, zero)
    low = p.show(goal, gone)
    sums = sums_equal(p, p.cases(V(t + 1, e), 0, low, high), inside)
    return none, p.conv(sums, eq(S(t, c), 0))


@statement(
    "S4",
    source="new",
    title="bias of SMC, one-sided",
    words="As S3, with zero rewards allowed and any answer once all particles are dead: with b(k) the largest Qbar over the least Vstar/V "
    "with k steps to go, |E F(output) - target| <= (1/N) sum_{k<T} (b(k) - 1 + 1/2 sqrt(b(k) (b(k) - 1))).",
)
def one_sided_bias(p: Proof) -> Fact:
    given = one_sided(p)
    Npos, bounds = given["there are particles"], given["bounds"]
    between, honest = tested_between(p, given), p.use("honest_answer")

    def spread(r: Node) -> Node:
        return sqrt(b(r) * (b(r) - 1))

    def error(r: Node) -> Node:
        return (b(r) - 1 + spread(r) / 2) / N

    def root_of(r: Node) -> Fact:
        big = bounds.spec(r).right
        square = p.show(le(0, b(r) * (b(r) - 1)), big)
        return p.axiom("sqrt_square", b(r) * (b(r) - 1)).mp(square)

    def drift(law: Node, time: Node, left: Node, to_go: Fact, null: Fact, mean: Fact) -> Fact:
        """The one-step lemma for edges drawn at `time` with `left` steps to go; `mean` is u <= mu(Qbar)."""
        e, f = src(edge), dst(edge)
        guard, there = p.assume(eq(noedge(time, e, f), 0)), p.assume(good(time, c))
        tested_fact = between.spec(time, left, e, f).mp(to_go, guard).discharge(guard).gen(edge)
        top = given["Qbar from above"].spec(time, left, e, f).mp(to_go, guard).discharge(guard).gen(edge)
        nonneg = given["noedge is non-negative"].spec(time, e, f).gen(edge)
        fair = honest.spec(time, left, c).mp(to_go, there).discharge(there).gen(c)
        step = on_smc(
            p.use("S4.step"),
            law,
            time,
            (real("a"), u(left)),
            (real("b"), b(left)),
            (real("w"), spread(left)),
            (fn("R", "Edge* -> real")(c), A(time, c)),
        )
        root_nonneg = p.axiom("sqrt_nonneg", b(left) * (b(left) - 1))
        return supply(
            step, tested_fact, top, nonneg, null, fair, bounds.spec(left).left, mean, root_of(left), root_nonneg, Npos
        )

    def near(step: Step) -> Fact:
        value = enough_value(p, given, step)
        p.note("u <= mu(Qbar) = S / sum G")
        ahead, ratio = step.means[0].sides
        mean = p.show(le(u(n), ratio), value, p.positive_inverse(step.alive), dens=[step.alive])
        mean = p.show(le(u(n), ahead), mean, step.means[0])
        one = drift(E(smc(t, c), edge, 0), t + 1, n, step.to_go, step.null, mean)
        least = bounds.spec(n).left
        some = p.chain(p.show(lt(0, u(n) * G(t, c)), least, step.alive), value)
        same = quotient(p, step.means[1], step.means[0], [step.alive], K(t, c) / S(t, c))
        now = p.show(eq(A(t, c), K(t, c) / S(t, c)), dens=[some])
        return towards(one, [same, now], A(t, c))

    def towards(one: Fact, same: list[Fact], before: Node) -> Fact:
        mean, bound = one.left.concl.kids[0].kids[0], one.left.sides[1]
        up = p.show(le(mean - before, bound), one.left, *same)
        return up.both(p.show(le(before - mean, bound), one.right, *same))

    def first_near(origin: Fact, zero: Fact, means: list[Fact]) -> Fact:
        alive, some = given["the root is live"], given["twist at the root"]
        least = given["value from below"].spec(0, m, root).mp(origin, alive, some)
        ahead, ratio = means[0].sides
        mean = p.show(le(u(m), ratio), least, p.positive_inverse(some), dens=[some])
        mean = p.show(le(u(m), ahead), mean, means[0])
        one = drift(E(first, edge, 0), num(0), m, origin, zero, mean)
        return towards(one, [quotient(p, means[1], means[0], [some], target)], target)

    def stops(now: Fact, clean: Fact, small: Fact) -> Fact:
        same = instead(p, no_weight(p, given, small)[1])
        return p.show(eq(W(t, c), A(t, c)), same)

    def ends(last: Fact, clean: Fact) -> Fact:
        p.note("at the end S = sum G and K = sum G F")
        tested_sum, plain_sum = at_the_end(p, given, last)
        alive, small = p.assume(lt(0, G(t, c))), p.assume(le(G(t, c), 0))
        final = given["answer at the end"].spec(t, c).mp(last, alive)
        opened = p.rewrite(plain_sum, lambda H: K(t, c) * (1 / H()) + W(t, c) * (1 - H() * (1 / H())))
        high = p.show(eq(W(t, c), A(t, c)), final, opened, tested_sum, dens=[alive])
        return p.cases(G(t, c), 0, stops(last, clean, small), high)

    def moves(step: Step) -> Fact:
        before = p.show(lt(t + 1, T), p.nat_nonneg(n), step.to_go)
        return given["answer before"].spec(t, c).mp(before, step.alive)

    out, split = assemble(
        p, given, zero_values(p, given, live_stays(p, given)), error, A, near, first_near, stops, ends, moves
    )
    p.note("each error is non-negative")
    inverse, big = p.positive_inverse(Npos), bounds.spec(n).right
    root_nonneg = p.axiom("sqrt_nonneg", b(n) * (b(n) - 1))
    errors = p.show(le(0, error(n)), big, inverse, root_nonneg)
    return in_horizon(p, given, supply(out, errors.gen(n)), split)
