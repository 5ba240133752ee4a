"""What S3 and S13 share: SMC where the backward potentials have a range on every level.

lo(k) <= Qbar <= top(k) lo(k) on the reachable edges after which k steps remain.  Then no cloud of reachable edges is ever dead, the answer
without further noise A_t(c) = sum_i Qbar^F(c_i) / sum_i Qbar(c_i) lies in [0, 1], and a one-step lemma moves it; both statements add up
its moves over the horizon (`assemble`), one as errors, the other as factors of odds.
"""

from __future__ import annotations

from collections.abc import Callable

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.kernel.arithmetic import canonical
from proofs.language.terms import E, Symbol, all_of, at, both, draws, eq, fn, implies, le, lt, num, real, total
from proofs.lemmas.particle_system import (
    Qbar,
    good,
    over,
    own_term,
    reachable_entries,
    setting,
    supply,
    weight,
    weight_nonneg,
)
from proofs.lemmas.telescoping import (
    Step,
    answers,
    assemble,
    at_the_end,
    live_stays,
    never_zero,
    on_smc,
    quotient,
    target,
    tested,
    tested_between,
    values_of,
)  # fmt: skip
from proofs.theory.model import hypotheses, layered

x, y, root, t, n, k, m, i, N, T = layered.terms("x y root t n k m i N T")
psi, V, Vstar, VF, noedge, W = layered.terms("psi V Vstar VF noedge W")
src, dst, c, d, edge, smc, first = layered.terms("src dst c d e smc first")
lo = fn("lo", "nat -> real")


def cloud_answer(s: Node, cloud: Node) -> Node:
    """A_s(c) = sum_i Qbar^F(c_i) / sum_i Qbar(c_i)."""
    return over(cloud, tested, s) / over(cloud, Qbar, s)


def range_of(size: Symbol, top: Node) -> dict[str, Node]:
    """lo(k) > 0, size(k) >= 1, and lo(k) <= Qbar <= top lo(k) with k steps to go; top is a term in k."""
    between = both(le(lo(k), Qbar(t, x, y)), le(Qbar(t, x, y), top * lo(k)))
    return {
        "bounds are positive": all_of(k, both(lt(0, lo(k)), le(1, size(k)))),
        "range of Qbar": all_of(t, k, x, y, implies(eq(t + 1 + k, T), eq(noedge(t, x, y), 0), between)),
    }


class RangedSteps:
    """The hypotheses and what follows from them.  step: the one-step lemma; sizes: the symbols of that lemma at k steps to go."""

    def __init__(self, p: Proof, size: Symbol, top: Node, step: str, sizes: Callable[[Node], list]) -> None:
        self.p, self.given, self.step, self.sizes = p, setting(p) | answers(p), step, sizes
        self.given |= hypotheses("twist is positive on live states")(p)
        self.given |= {name: p.assume(phi, note=name) for name, phi in range_of(size, top).items()}
        self.between = tested_between(p, self.given)
        self.Npos, self.positive = self.given["there are particles"], self.given["bounds are positive"]
        self.inverse = p.positive_inverse(self.Npos)

    def drift(self, law: Node, time: Node, left: Node, to_go: Fact, null: Fact) -> Fact:
        """The one-step lemma for edges drawn at `time` with `left` steps to go."""
        p, ends = self.p, (src(edge), dst(edge))
        guard = p.assume(eq(noedge(time, *ends), 0))
        inside, ranged = (
            fact.spec(time, left, *ends).mp(to_go, guard).discharge(guard).gen(edge)
            for fact in (self.between, self.given["range of Qbar"])
        )
        nonneg = self.given["noedge is non-negative"].spec(time, *ends).gen(edge)
        step = on_smc(p.use(self.step), law, time, (real("a"), lo(left)), *self.sizes(left))
        bounds = self.positive.spec(left)
        size_nonneg = p.show(le(0, bounds.right.sides[1]), bounds.right)
        facts = [inside, ranged, nonneg, null, bounds.left, size_nonneg, self.Npos]
        return supply(step, *(fact for fact in facts if any(same_form(fact.concl, h) for h in step.hyps)))

    def near(self, step: Step) -> tuple[Fact, Fact, Node]:
        """One step from a reachable cloud, the ratio of the means as A_t(c), and the mean of the next A."""
        one = self.drift(E(smc(t, c), edge, 0), t + 1, n, step.to_go, step.null)
        same = quotient(self.p, step.means[1], step.means[0], [step.alive], cloud_answer(t, c))
        return one, same, E(draws(N, smc(t, c)), d, cloud_answer(t + 1, d))

    def first_near(self, origin: Fact, zero: Fact, means: list[Fact]) -> tuple[Fact, Fact, Node]:
        """The step to the first cloud, the ratio of the means as the target, and the mean of the first A."""
        one = self.drift(E(first, edge, 0), num(0), m, origin, zero)
        positive = self.given["twist is positive on live states"].spec(0, root).mp(self.given["the root is live"])
        return (
            one,
            quotient(self.p, means[1], means[0], [positive], target),
            E(draws(N, first), d, cloud_answer(num(0), d)),
        )

    def never_dead(self, goal: Node, now: Fact, small: Fact) -> Fact:
        """Any goal from a reachable cloud whose weights vanish: on reachable edges Qbar >= lo > 0, so psi > 0 and V > 0."""
        p, given = self.p, self.given
        p.note("the weights of reachable edges are positive, so the case does not occur")
        split = p.assume(eq(T, 1 + m))
        to_go = p.show(eq(t + 1 + (n + 1), T), now, split)
        inside, entry = reachable_entries(p, given)
        entry = entry.discharge(inside).gen(i).spec(0).mp(self.Npos)
        a, b = src(at(c, 0)), dst(at(c, 0))
        ends, twist = given["ends of edges"].spec(t, a, b).mp(entry), given["twist is positive on live states"]
        Va, Vb = twist.spec(t, a).mp(ends.left), twist.spec(t + 1, b).mp(ends.right)
        bottom, least = (
            given["range of Qbar"].spec(t, n + 1, a, b).mp(to_go, entry).left,
            self.positive.spec(n + 1).left,
        )
        zero_psi = p.antisymmetry(p.assume(le(psi(t, a, b), 0)), given["potentials are non-negative"].spec(t, a, b))
        false = p.show(lt(0, 0), bottom, least, zero_psi)
        below = own_term(p, weight_nonneg(p).spec(t, src(at(c, k)), dst(at(c, k))), N, self.Npos)
        psi_pos = p.assume(lt(0, psi(t, a, b)))
        own = p.show(lt(0, weight(t, a, b)), psi_pos, Vb, p.positive_inverse(Va))
        contra = p.show(lt(0, 0), own, below, small)
        return p.absurd(goal, p.cases(psi(t, a, b), 0, false, contra))

    def ends(self, last: Fact) -> Fact:
        """W = A at the last cloud."""
        sums, final = at_the_end(self.p, self.given, last), self.given["answer at the end"].spec(t, c).mp(last)
        same = self.p.rewrite(sums[1], lambda H: over(c, tested) / H())
        return self.p.show(eq(W(t, c), cloud_answer(t, c)), final, same, sums[0])

    def moves(self, step: Step) -> Fact:
        """W is a martingale."""
        p = self.p
        before = p.show(lt(t + 1, T), p.nat_nonneg(n), step.to_go)
        return self.given["answer before"].spec(t, c).mp(before)

    def assembled(self, error, A, near, first_near, stopped, ended, moving, **how) -> tuple[Fact, Fact]:
        """`assemble` in this setting."""
        twist = self.given["twist is positive on live states"]
        zero = never_zero(self.p, self.given, twist, Vstar), never_zero(self.p, self.given, twist, VF)
        return assemble(self.p, self.given, zero, error, A, near, first_near, stopped, ended, moving, **how)

    def inside(self) -> Fact:
        """0 <= A_t(c) <= 1 at a reachable cloud with n steps to go: forall t n c. t + n = m => ..., where T = 1 + m."""
        p, split = self.p, self.p.assume(eq(T, 1 + m))
        now = p.assume(eq(t + n, m))
        to_go = p.show(eq(t + 1 + n, T), now, split)
        within, entry = reachable_entries(p, self.given)
        ends = src(at(c, i)), dst(at(c, i))
        own, range_own = (f.spec(t, n, *ends).mp(to_go, entry) for f in (self.between, self.given["range of Qbar"]))

        def summed(fact: Fact) -> Fact:
            a, b = fact.sides
            return p.mono(fact.discharge(within).gen(i), total(N, i, a), total(N, i, b))

        low, high, least = summed(own.left), summed(own.right), summed(range_own.left)
        many = p.show(lt(0, N * lo(n)), self.Npos, self.positive.spec(n).left)
        pos = p.show(lt(0, over(c, Qbar)), least, many)
        inverse, A = p.positive_inverse(pos), cloud_answer(t, c)
        zero = p.show(le(0, A), low, inverse)
        one = p.show(le(A, 1), high, inverse, dens=[pos])
        return zero.both(one).discharge(now.concl, good(t, c)).gen(t, n, c)

    def target_inside(self) -> Fact:
        """0 <= target <= 1."""
        p, given = self.p, self.given
        value = supply(p.use("tested_value"), live_stays(p, given), *values_of(given))
        value = value.spec(T, 0, root).mp(p.equal(0 + T, T), given["the root is live"])
        top, bottom = VF(0, root), Vstar(0, root)
        goal = both(le(0, top / bottom), le(top / bottom, 1))
        pos, none = p.assume(lt(0, bottom)), p.assume(le(bottom, 0))
        inverse = p.positive_inverse(pos)
        high = p.show(goal.kids[0], value.left, inverse).both(p.show(goal.kids[1], value.right, inverse, dens=[pos]))
        zero = p.antisymmetry(p.show(le(top, 0), value.right, none), value.left)
        low = p.show(goal.kids[0], zero).both(p.show(goal.kids[1], zero))
        return p.cases(bottom, 0, low, high)


def same_form(a: Node, b: Node) -> bool:
    return canonical(a) is canonical(b)
