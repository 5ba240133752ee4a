"""Fully adapted SMC, for S8: guided moves, weights rho_t = B V_t / V_t, no constant L.

A particle is a state.  Given the cloud c of N states at time t, the next N states are independent draws of  adapted(t, c) : resample a
state in proportion to rho_t, and move on by the guided kernel.  At time T the output is one of the N particles at random.  The
backward potential of a state is Vstar_t/V_t, since rho_t E[guided](Vstar/V) = Vstar_t/V_t, and the steps of `bias.py` apply to it:

    A_t(c) = sum_i (VF/V)(c_i) / sum_i (Vstar/V)(c_i).

lo(k) and s(k)^2 lo(k) bound Vstar/V at live states with V > 0 and k steps to go.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    draws,
    element,
    eq,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    num,
    real,
    total,
)
from proofs.lemmas.guided_chord import BV, exists, guided, guided_means, off_path, star, test
from proofs.lemmas.particle_system import VF, F, M, N, T, V, Vstar, dead, live, n, own_term, psi, root, supply, t, x, y
from proofs.lemmas.telescoping import in_horizon, k, m, quotient, target
from proofs.registry import lemma

i = nat("i")
c, d = element("X*", "c"), element("X*", "d")
adapted = measure("adapted", "nat X*", "X")
W = fn("W", "nat X* -> real")
lo, s, q = fn("lo", "nat -> real"), fn("s", "nat -> real"), fn("q", "nat -> real")
h = fn("h", "X -> real")


def over(cloud: Node, g, time: Node = t) -> Node:
    """sum of g(time, state) over the cloud."""
    return total(N, i, g(time, at(cloud, i)))


def rho(time: Node, z: Node) -> Node:
    """The Bellman ratio B V / V."""
    return E(M(time, z), y, psi(time, z, y) * V(time + 1, y)) / V(time, z)


@lemma(
    "adapted_law",
    title="the sampling law of fully adapted SMC",
    words="E[adapted(t, c)] f = sum_i rho_t(c_i) E[guided(t, c_i)] f / sum_i rho_t(c_i), where the weights do not all vanish (and what the "
    "guided kernel is, which must be defined first).",
)
def adapted_law(p: Proof) -> Fact:
    kernel = p.use("guided_law").discharge(lt(0, E(M(t, x), y, psi(t, x, y) * V(t + 1, y) * 1)))
    given = exists(p)
    z, v = at(c, i), V(t, at(c, i))
    mass = p.assume(lt(0, over(c, rho)))

    def push(g) -> Node:
        return total(N, i, rho(t, z) * E(guided(t, z), y, g(y)))

    def nonneg(given_test: Fact) -> Fact:
        symbol = fn("_f", "X -> real")
        inner = p.mono(given_test.spec(y).gen(y), E(guided(t, z), y, 0), E(guided(t, z), y, symbol(y)))
        weights = given["potentials are non-negative"].spec(t, z, y), given["twist is non-negative"].spec(t + 1, y)
        body = psi(t, z, y) * V(t + 1, y)
        top = p.show(le(0, body), *weights).gen(y)
        top = p.mono(top, E(M(t, z), y, 0), E(M(t, z), y, body))
        inverse = p.positive_inverse(p.assume(lt(0, v)))
        flat = p.antisymmetry(p.assume(le(v, 0)), given["twist is non-negative"].spec(t, z))
        none = p.rewrite(flat, lambda H: E(M(t, z), y, body) / H())
        goal = le(0, rho(t, z))
        weight = p.cases(v, 0, p.show(goal, none), p.show(goal, top, inverse))
        term = p.show(le(0, rho(t, z) * inner.sides[1]), weight, inner)
        sums = p.mono(term.gen(i), total(N, i, 0), push(symbol))
        return p.show(le(0, push(symbol) / over(c, rho)), sums, p.positive_inverse(mass))

    law, _pattern = p.define_measure(adapted(t, c), y, lambda g: push(g) / over(c, rho), nonneg, dens=[mass])
    return law.both(kernel)


def adapted_setting(p: Proof) -> dict[str, Fact]:
    """The hypotheses of S8 but for the range of Vstar/V, by name."""

    def recursion(value) -> Node:
        return all_of(t, x, implies(lt(t, T), live, eq(value(t, x), E(M(t, x), y, psi(t, x, y) * value(t + 1, y)))))

    formulas = {
        "there are particles": lt(0, N),
        "there is a step": lt(0, T),
        "value recursion": recursion(Vstar),
        "terminal value": all_of(x, eq(Vstar(T, x), V(T, x))),
        "tested recursion": recursion(VF),
        "tested terminal value": all_of(x, eq(VF(T, x), F(x) * V(T, x))),
        "test function": all_of(x, both(le(0, F(x)), le(F(x), 1))),
        "twist kills no live value": all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))),
        "the root is live": eq(dead(0, root), 0),
        "twist at the root": lt(0, V(0, root)),
        "guided moves exist": all_of(t, x, implies(lt(t, T), live, lt(0, V(t, x)), lt(0, BV))),
        "answer at the end": all_of(c, eq(W(T, c), total(N, i, F(at(c, i))) / N)),
        "answer before": all_of(
            t, c, implies(lt(0, t), lt(t, T), eq(W(t, c), E(draws(N, adapted(t, c)), d, W(t + 1, d))))
        ),
    }
    return exists(p) | {name: p.assume(phi, note=name) for name, phi in formulas.items()}


class Cloud:
    """A cloud c of live states with V > 0 at time t, with t + 1 + n = T: what holds at each entry, and the means of the next draw."""

    def __init__(self, p: Proof, given: dict[str, Fact]):
        z = at(c, i)
        self.p, self.later = p, p.assume(eq(t + 1 + n, T))
        self.clean, self.inside = p.assume(eq(over(c, off_path), 0)), p.assume(lt(i, N))
        alive, some = self.entry(given, self.clean, self.inside)
        before = p.show(lt(t, T), p.nat_nonneg(n), self.later)
        mass = given["guided moves exist"].spec(t, z).mp(before, alive, some)
        inverse = p.positive_inverse(some)
        own = p.show(lt(0, rho(t, z)), mass, inverse)
        Npos = given["there are particles"]
        p.note("the weights rho are positive, so their sum is")
        weak = p.show(le(0, rho(t, z)), own)
        self.total = self.positive_sum(own, weak, Npos)
        law = supply(
            p.use("adapted_law"),
            *(given[name] for name in ("potentials are non-negative", "twist is non-negative")),
            self.total,
        ).left
        pattern = fn("_f", "X -> real")(y)
        self.means = []
        for mean, value in zip(guided_means(p, given), (Vstar, VF), strict=True):
            here = mean.spec(t, n, z).mp(self.later, alive, mass)
            ratio = value(t + 1, y) / V(t + 1, y)
            term = rho(t, z) * E(guided(t, z), y, ratio)
            each = p.show(eq(term, value(t, z) / V(t, z)), here, dens=[some])
            sums = self.equal_sums(each)
            moved = law.inst((pattern, ratio))
            self.means.append(p.show(eq(moved.sides[0], sums.sides[1] / over(c, rho)), moved, sums))
        stays = (
            supply(p.use("guided_alive"), *(given[name] for name in tuple(exists(p))))
            .spec(t, z)
            .mp(before, alive, mass)
        )
        each = p.show(eq(rho(t, z) * stays.sides[0], 0 * rho(t, z)), stays)
        moved = law.inst((pattern, off_path(t + 1, y)))
        self.null = p.show(eq(moved.sides[0], 0), moved, self.equal_sums(each))

    def entry(self, given: dict[str, Fact], clean: Fact, inside: Fact) -> tuple[Fact, Fact]:
        """dead(t, c_i) = 0 and 0 < V_t(c_i)."""
        p = self.p
        known = supply(p.use("guided_null"), given["twist is non-negative"], given["dead is non-negative"])
        each, here = known.spec(t, at(c, k)).left, known.spec(t, at(c, i))
        below = own_term(p, each, N, inside)
        zero = p.antisymmetry(p.show(le(here.left.sides[1], 0), below, clean), here.left)
        both_facts = here.right.mp(zero)
        return both_facts.left, both_facts.right

    def equal_sums(self, fact: Fact) -> Fact:
        p, (one, two) = self.p, fact.sides
        below = p.show(le(one, two), fact).discharge(self.inside).gen(i)
        above = p.show(le(two, one), fact).discharge(self.inside).gen(i)
        left, right = total(N, i, one), total(N, i, two)
        return p.antisymmetry(p.mono(below, left, right), p.mono(above, right, left))

    def positive_sum(self, own: Fact, weak: Fact, Npos: Fact) -> Fact:
        """0 < sum_i rho(c_i), by induction over a prefix: each is positive and there is one."""
        p = self.p
        term = own.sides[1]
        prefix = nat("n'")
        claim = implies(le(prefix, N), implies(lt(0, prefix), lt(0, total(prefix, i, term))))
        none = p.assume(lt(0, num(0)))
        base = p.absurd(lt(0, total(0, i, term)), none).discharge(none).discharge(le(num(0), N))
        hyp, short = p.assume(claim), p.assume(le(prefix + 1, N))
        inside = p.show(lt(prefix, N), short)
        last = own.discharge(self.inside).gen(i).spec(prefix).mp(inside)
        goal = lt(0, total(prefix + 1, i, term))
        some = p.assume(lt(0, prefix))
        rest = hyp.mp(p.show(le(prefix, N), inside), some)
        high = p.show(goal, rest, last)
        empty = p.antisymmetry(p.assume(le(prefix, 0)), p.nat_nonneg(prefix))
        alone = p.rewrite(empty, lambda H: total(H(), i, term))
        low = p.show(goal, last, alone)
        step = p.cases(prefix, 0, low, high).discharge(lt(0, prefix + 1)).discharge(short).discharge(hyp)
        return p.induct(prefix, claim, base, step).spec(N).mp(p.show(le(N, N)), Npos)


@lemma(
    "adapted_bias",
    title="bias of fully adapted SMC, with the roots of the range ratios",
    words="As S8, with q(k) = s(k)^2.",
)
def rooted(p: Proof) -> Fact:
    given = adapted_setting(p)
    positive = p.assume(all_of(k, both(lt(0, lo(k)), le(1, s(k)))), note="bounds are positive")
    within = both(le(lo(k), star(t, x)), le(star(t, x), s(k) ** 2 * lo(k)))
    ranged = p.assume(all_of(t, k, x, implies(eq(t + k, T), live, lt(0, V(t, x)), within)), note="range of Vstar/V")
    Npos, known = (
        given["there are particles"],
        supply(p.use("guided_null"), given["twist is non-negative"], given["dead is non-negative"]),
    )
    names: tuple[str, ...] = (
        "potentials are non-negative",
        "twist is non-negative",
        "dead is non-negative",
        "live states stay live",
    )
    names += ("value recursion", "terminal value", "tested recursion", "tested terminal value", "test function")
    values = supply(p.use("tested_value"), *(given[name] for name in names))
    split = p.assume(eq(T, 1 + m))
    cloud = Cloud(p, given)

    def error(r: Node) -> Node:
        return (s(r) ** 2 - s(r)) / (2 * N)

    def A(r: Node, particles: Node) -> Node:
        return over(particles, test, r) / over(particles, star, r)

    def drift(law: Node, time: Node, left: Node, to_go: Fact, null: Fact) -> Fact:
        """The one-step lemma for states drawn at `time`, with to_go: time + left = T."""
        guard = p.assume(eq(off_path(time, x), 0))
        facts = known.spec(time, x)
        alive, some = facts.right.mp(guard).left, facts.right.mp(guard).right
        inverse, value = p.positive_inverse(some), values.spec(left, time, x).mp(to_go, alive)
        down = p.show(le(0, test(time, x)), value.left, inverse)
        up = p.show(le(test(time, x), star(time, x)), value.right, inverse)
        inside = ranged.spec(time, left, x).mp(to_go, alive, some)
        one = p.use("S3.step").rename_sort("Y", "X")
        one = one.inst(
            (E(measure("mu", "", "X"), x, 0), law),
            (h(x), star(time, x)),
            (fn("k", "X -> real")(x), test(time, x)),
            (fn("z", "X -> real")(x), off_path(time, x)),
            (real("a"), lo(left)),
            (real("s"), s(left)),
        )
        bounds = positive.spec(left)
        nonneg = p.show(le(0, s(left)), bounds.right)
        tested_fact, range_fact = down.both(up).discharge(guard).gen(x), inside.discharge(guard).gen(x)
        return supply(one, tested_fact, range_fact, facts.left.gen(x), null, bounds.left, nonneg, Npos)

    def towards(one: Fact, same: Fact, before: Node) -> Fact:
        mean, bound = one.left.concl.kids[0].kids[0], one.left.sides[1]
        up = p.show(le(mean - before, bound), one.left, same)
        return up.both(p.show(le(before - mean, bound), one.right, same))

    p.note("one step from the cloud c at time t >= 1, t + 1 + n = T")
    one = drift(E(adapted(t, c), x, 0), t + 1, n, cloud.later, cloud.null)
    near = towards(one, quotient(p, cloud.means[1], cloud.means[0], [cloud.total], A(t, c)), A(t, c))
    begun = p.assume(lt(0, t))
    before = p.show(lt(t, T), p.nat_nonneg(n), cloud.later)
    martingale = given["answer before"].spec(t, c).mp(begun, before)
    many = p.step("iid_sum", [], [cloud.null.sides[0], N])
    keeps = p.show(eq(many.sides[0], 0), many, cloud.null)

    def shifted(fact: Fact) -> Fact:
        """Clouds are counted from 0 in telescope: t there is t + 1 here."""
        fact = fact.discharge(cloud.later.concl, cloud.clean.concl).gen(t, n, c)
        now = p.assume(eq(t + (n + 1), m))
        later, clean = p.show(eq(t + 1 + 1 + n, T), now, split), p.assume(eq(over(c, off_path, t + 1), 0))
        always = p.assume(lt(0, num(1)))
        return fact.spec(t + 1, n, c).mp(later, clean).discharge(now.concl, clean.concl, always.concl).gen(t, n, c)

    start_at = p.show(lt(0, t + 1), p.nat_nonneg(t))
    moves = shifted_martingale(p, martingale.discharge(begun), cloud, split, start_at)
    facts = [shifted(keeps), shifted(near), moves]
    p.note("no cloud is dead: the case 1 <= 0 does not occur")
    never = p.assume(le(num(1), 0))
    now, clean = p.assume(eq(t + (n + 1), m)), p.assume(eq(over(c, off_path, t + 1), 0))
    stopped = p.absurd(eq(W(t + 1, c), A(t + 1, c)), never).discharge(now, clean, never).gen(t, n, c)
    p.note("at the end Vstar/V = 1 and VF/V = F at every particle")
    at_end, last_clean = p.assume(eq(t, m)), p.assume(eq(over(c, off_path, t + 1), 0))
    ended = last_answer(p, given, cloud, split, at_end, last_clean, A)
    each = known.spec(t + 1, at(c, i)).left.gen(i)
    bad = over(c, off_path, t + 1)
    nonneg = p.conv(p.mono(each, total(N, i, 0), bad), le(0, bad)).gen(t, c)
    p.note("the first cloud: N guided moves from the root")
    alive, some, begin = given["the root is live"], given["twist at the root"], given["there is a step"]
    mass = given["guided moves exist"].spec(0, root).mp(begin, alive, some)
    origin = p.show(eq(num(0) + 1 + m, T), split)
    stays = (
        supply(p.use("guided_alive"), *(given[name] for name in tuple(exists(p)))).spec(0, root).mp(begin, alive, mass)
    )
    bv = mass.sides[1]
    means = []
    for mean, value in zip(guided_means(p, given), (Vstar, VF), strict=True):
        fact = mean.spec(0, m, root).mp(origin, alive, mass)
        moved = E(guided(0, root), y, value(1, y) / V(1, y))
        means.append(p.show(eq(moved, value(0, root) / bv), fact, dens=[mass]))
    first_step = drift(E(guided(0, root), x, 0), num(1), m, p.show(eq(num(1) + m, T), split), stays)
    first_near = towards(first_step, quotient(p, means[1], means[0], [mass], target), target)
    many = p.step("iid_sum", [], [stays.sides[0], N])
    zero = p.show(eq(many.sides[0], 0), many, stays)
    errors = positive.spec(n).right
    inverse = p.positive_inverse(Npos)
    error_fact = p.show(le(0, error(n)), errors, inverse)

    e, Y = fn("e", "nat -> real"), "X*"
    out = (
        p.use("telescope_start")
        .rename_sort("Y", "X")
        .inst(
            (e(n), error(n)),
            (fn("W", f"nat {Y} -> real")(t, c), W(t + 1, c)),
            (fn("A", f"nat {Y} -> real")(t, c), A(t + 1, c)),
            (fn("bad", f"nat {Y} -> real")(t, c), over(c, off_path, t + 1)),
            (fn("alive", f"nat {Y} -> real")(t, c), num(1)),
            (E(measure("step", f"nat {Y}", Y)(t, c), d, 0), E(draws(N, adapted(t + 1, c)), d, 0)),
            (E(measure("start", "", Y), d, 0), E(draws(N, guided(0, root)), d, 0)),
            (real("target"), target),
        )
    )
    out = supply(out, nonneg, *facts, stopped, ended, zero, first_near, error_fact.gen(n))
    return in_horizon(p, given, out, split)


def shifted_martingale(p: Proof, fact: Fact, cloud: Cloud, split: Fact, start_at: Fact) -> Fact:
    """W_{t+1}(c) = E W_{t+2} for t + (n + 1) = m."""
    fact = fact.discharge(cloud.later.concl).gen(t, n, c)
    now = p.assume(eq(t + (n + 1), m))
    later = p.show(eq(t + 1 + 1 + n, T), now, split)
    clean, always = p.assume(eq(over(c, off_path, t + 1), 0)), p.assume(lt(0, num(1)))
    out = fact.spec(t + 1, n, c).mp(later, start_at)
    return out.discharge(now.concl, clean.concl, always.concl).gen(t, n, c)


def last_answer(p: Proof, given: dict[str, Fact], cloud: Cloud, split: Fact, at_end: Fact, clean: Fact, A) -> Fact:
    """W = A for the cloud at time t + 1 = T: forall t c."""
    z, same = at(c, i), p.show(eq(T, t + 1), at_end, split)
    here = p.assume(eq(over(c, off_path, t), 0))
    alive_some = cloud.entry(given, here, cloud.inside)[1].discharge(here).gen(t).spec(t + 1).mp(clean)
    ends = [
        p.rewrite(same, lambda H: eq(Vstar(H(), z), V(H(), z)), given["terminal value"].spec(z)),
        p.rewrite(same, lambda H: eq(VF(H(), z), F(z) * V(H(), z)), given["tested terminal value"].spec(z)),
        p.rewrite(same, lambda H: eq(W(H(), c), total(N, i, F(z)) / N), given["answer at the end"].spec(c)),
    ]
    V(t + 1, z)
    ones = cloud.equal_sums(p.show(eq(star(t + 1, z), 1), ends[0], dens=[alive_some]))
    tests = cloud.equal_sums(p.show(eq(test(t + 1, z), F(z)), ends[1], dens=[alive_some]))
    opened = p.rewrite(ones, lambda H: over(c, test, t + 1) / H())
    out = p.show(eq(W(t + 1, c), A(t + 1, c)), ends[2], opened, tests)
    return out.discharge(at_end.concl, clean.concl).gen(t, c)
