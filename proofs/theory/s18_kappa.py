"""S18: the law of the leaf at a visit, started from the mean path kappa in place of the longest path A; derived in sympy.

The first leaf's chi-square is at most kappa - 1 (S18.chi_square), every further visit takes off the factor 1 - 1/A (visits_decay).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, Root, implications, relation, symbols
from proofs.lemmas.clouds import particles
from proofs.lemmas.tree_walk import walk
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s18_first import First, FirstLeaf, kappa, mean_rules, reach
from proofs.theory.s18_mixing import (
    Visits,
    at_most_a_quarter,
    enough_visits,
    extension,
    know_shifted,
    one,
    target,
    theta,
    two,
)
from proofs.theory.s18_walk import longest, spread

n, m, t, z = particles.symbols("n m t z")
(j,) = symbols("j", "nat")
x, y, u, root, V, Vstar, F, U, dead, noedge = layered.symbols("x y u root V Vstar F U dead noedge")
H, KF, PF, PFF, A = walk.symbols("H KF PF PFF A")
T, total, mean = n + 1, Vstar(0, root), kappa(0, root)


@lemma(
    "first_leaf_square",
    title="the chi-square of the first leaf",
    words="As S18.first, for every F: H(0, root)^2 <= kappa(0, root) pi(F^2).",
)
@in_sympy("first_leaf_square")
def first_leaf_square(s: Derivation) -> Line:
    """Below an edge x -> y with h = H(x), E = pi(F^2) - V(y) (H(y)^2 - h^2): 0 <= E and (h Vstar(y))^2 <= W E."""
    run = FirstLeaf(s, PFF, F(x) ** 2)
    twist, leaves, ends = run.given["twist is non-negative"], run.leaves, run.ends

    def rest(time: Any, at: Any, child: Any) -> Any:
        return PFF(time + 1, child) - V(time + 1, child) * (H(time + 1, child) ** 2 - H(time, at) ** 2)

    def bound(time: Any) -> Any:
        left = rest(time, x, y)
        return Both(0 <= left, (H(time, x) * Vstar(time + 1, y)) ** 2 <= reach(time + 1, y) * left)

    def at_leaf() -> Line:
        top, last = s.know(run.given["terminal value"](y)), s.know(run.mean["no step is left"](y))
        end = ends["terminal value"](y), leaves["at the leaves"](y)
        exact = s.know(s.prove(Eq(rest(n, x, y), V(T, y) * H(n, x) ** 2), *end))
        first = s.prove(0 <= rest(n, x, y), exact, twist(T, y))
        with s.suppose(V(T, y) <= 0):
            s.know(s.zero(V(T, y), twist(T, y)))
            low = s.prove(bound(n).args[1], top)
        with s.suppose(0 < V(T, y)):
            full = s.prove(Eq(reach(T, y), V(T, y)), top, last)
            high = s.prove(bound(n).args[1], exact, full, top, hold=[reach(T, y), rest(n, x, y)])
        return s.both(first, s.cases(V(T, y), 0, low, high))

    def linear(time: Any, at: Any, child: Any) -> Any:
        """What is left, linear in H of the child."""
        return PFF(time + 1, child) - 2 * H(time, at) * V(time + 1, child) * (H(time + 1, child) - H(time, at))

    def child_of(time: Any, at: Any, ahead: Line) -> Callable[[], tuple[Any, Line, Line]]:
        def child() -> tuple[Any, Line, Line]:
            own, left = ahead(u), linear(time, at, u)
            run.know_wide(time, at)
            more = s.prove(0 <= V(time + 1, u) * (H(time + 1, u) - H(time, at)) ** 2, twist(time + 1, u))
            wide = s.prove(reach(time + 1, u) * rest(time, at, u) <= reach(time + 1, u) * left, more)
            return left, s.prove(0 <= left, own[0], more), s.chain(own[1], wide)

        return child

    def mean_left(time: Any, at: Any, ahead: Line) -> Line:
        return run.children(time, at, lambda: child_of(time, at, ahead)()[1])

    def at_node(ahead: Line) -> Line:
        def there() -> Line:
            here, S, v = H(t + 1, y), Vstar(t + 1, y), V(t + 1, y)
            rule, most = (leaves["harmonic"](t, x, y), ends["value recursion"](t + 1, y)), S * kappa(t + 1, y)
            whole = PFF(t + 1, y) - 2 * here * v * (here - H(t, x))
            flow = s.prove(Eq(here * rule[0].lhs, here * rule[0].rhs), rule[0])
            some = s.know(s.prove(0 <= whole, mean_left(t + 1, y, ahead), flow, rule[1]))
            first = s.prove(0 <= rest(t, x, y), some, s.prove(0 <= v * (here - H(t, x)) ** 2))
            times = s.prove(Eq(z**2 * flow.lhs, z**2 * flow.rhs), flow)
            s.know(run.cauchy(t + 1, y, here, child_of(t + 1, y, ahead), whole, times, rule[1]))
            s.know(run.nonneg(t + 1, y))
            s.know(s.prove(0 <= most, run.mean["kappa is non-negative"](t + 1, y)))
            values = (here * S) ** 2, here * S**2, most, whole, S**2 / v, v, H(t, x) - here
            line = s.use("path_step", dict(zip(symbols("w q a e r v b"), values, strict=True)))
            return s.both(first, s.prove(bound(t).args[1], line))

        return run.inner((run.given, ends), bound(t), there)

    edges = run.below(bound, at_leaf, at_node)
    here, whole = H(0, root), PFF(0, root)
    with s.suppose(Eq(noedge(0, root, u), 0)) as child:
        ahead = child.then(edges(0, root, u), u)
    flow, value = leaves["harmonic at the root"], ends["value recursion"](0, root)
    times = s.prove(Eq(z**2 * here * flow.lhs, 0), flow)
    square = run.cauchy(0, root, here, child_of(0, root, ahead), whole, times, value)
    return s.prove(here**2 <= kappa(0, root) * (whole / total), square, run.positive)


@lemma(
    "kappa_least",
    title="1 <= kappa",
    words="The mean of Vstar/V along a path of the target adds up to at least 1, whatever V.",
)
@in_sympy("kappa_least")
def kappa_least(s: Derivation) -> Line:
    """first_leaf_square for F = 1."""
    run = First(s)
    run.know_extension(lambda q: 1, lambda r, q: 1, lambda q: 1, ())
    line = s.use("first_leaf_square", {F(x): 1, H(t, x): 1, PFF(t, x): Vstar(t, x)})
    return s.prove(relation("<=", 1, kappa(0, root)), line, run.positive)


@lemma(
    "kappa_most", title="kappa <= A", words="The mean of the sum of Vstar/V along a path is at most the largest one."
)
@in_sympy("kappa_most")
def kappa_most(s: Derivation) -> Line:
    """Vstar kappa <= Vstar A at every live state, from the leaves up."""
    run = First(s)
    nonneg, steps = longest(s)

    def at_most(time: Any) -> Any:
        return Vstar(time, x) * kappa(time, x) <= Vstar(time, x) * A(time, x)

    def claim(rest: Any) -> Any:
        return ForAll(t, x, implications(Eq(t + rest, T), Eq(dead(t, x), 0), at_most(t)))

    with s.suppose(Eq(t, T), Eq(dead(t, x), 0)) as end:
        same = s.prove(Eq(T, t), end[0])
        s.know(s.at(end[0], end[1], lambda time: Eq(dead(time, x), 0)))
        top = s.prove(
            at_most(T),
            run.mean["no step is left"](x),
            s.prove(0 <= Vstar(T, x) * A(T, x), run.nonneg(T, x), nonneg(T, x)),
        )
        base = end.then(s.at(same, top, at_most), t, x)
    with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), T), Eq(dead(t, x), 0)) as now:
        for early in (t < T, t <= n, t + 1 <= T):
            s.know(s.prove(early, now[0]))

        def one_step() -> Line:
            s.know(run.given["ends of a reachable edge are live"](t, x, u)[1])
            s.know(run.nonneg(t + 1, u))
            far = s.prove(
                Vstar(t + 1, u) * (Vstar(t + 1, u) / V(t + 1, u) + A(t + 1, u)) <= Vstar(t + 1, u) * A(t, x),
                steps(t, x, u),
            )
            return s.prove(reach(t + 1, u) <= Vstar(t + 1, u) * A(t, x), far, hyp[0](t + 1, u))

        mean = run.children(t, x, one_step)
        line = s.prove(at_most(t), mean, run.mean["mean path"](t, x), run.given["value recursion"](t, x))
        step = hyp.then(now.then(line, t, x))
    whole = s.induct(m, claim, base, step)
    s.know(whole(T, 0, root)), s.know(run.positive)
    return s.use("cancel_factor")(total, kappa(0, root), A(0, root))


@statement(
    "S18.chi_square",
    source="new",
    title="the chi-square of the first leaf is at most kappa - 1",
    words="As S18.first, for every function F of the leaves: (H(0, root) - pi(F))^2 <= (kappa(0, root) - 1) "
    "(pi(F^2) - pi(F)^2).",
)
@in_sympy("S18.chi_square")
def chi_square(s: Derivation) -> Line:
    """first_leaf_square for F - z and every z."""
    run = FirstLeaf(s, PFF, F(x) ** 2)
    means, here = run.value(PF, F(x)), H(0, root)
    s.know(run.positive), s.know(s.use("kappa_least"))
    rules = run.ends, means, run.given
    run.know_value(lambda r, q: spread(r, q, z), (F(x) - z) ** 2, rules)
    run.know_extension(lambda q: F(q) - z, lambda r, q: H(r, q) - z, lambda q: KF(q) - z, (run.leaves,))
    line = s.use("first_leaf_square", {F(x): F(x) - z, H(t, x): H(t, x) - z, PFF(t, x): spread(t, x, z)})
    first, second = PF(0, root) / total, PFF(0, root) / total
    variance, gap = second - first**2, here - first
    line = s.prove((gap + z) ** 2 <= mean * (variance + z**2), s.gen(line, z)(first - z))
    s.know(s.gen(s.prove(relation("<=", 0, mean * variance - gap**2 - 2 * z * gap + z**2 * (mean - 1)), line), z))
    square = s.use("discriminant")(mean * variance - gap**2, gap, mean - 1)
    s.know(s.prove(0 < mean))
    s.know(s.prove(mean * gap**2 <= mean * ((mean - 1) * variance), square))
    return s.use("cancel_factor")(mean, gap**2, (mean - 1) * variance)


class MeanVisits(Visits):
    """The walk visit after visit, with kappa: 1 <= kappa <= A."""

    def at_least_one(self) -> Line:
        s = self.s
        s.setting(mean_rules())
        return s.chain(s.use("kappa_least"), s.use("kappa_most"))


@lemma(
    "visits_still",
    title="the mean under the target, visit after visit",
    words="pi(U_j) = pi(F), as values at the root: reversible against 1.",
)
@in_sympy("visits_still")
def visits_still(s: Derivation) -> Line:
    visits = Visits(s)

    def same(count: Any) -> Any:
        return Eq(one(count, 0, root), one(0, 0, root))

    with s.suppose(same(j)) as hyp, s.suppose():
        visits.know(j, j + 1)
        later = hyp.then(s.prove(same(j + 1), visits.still(j), hyp[0]))
    return s.induct(j, same, s.prove(same(0)), later)(j)


@statement(
    "S18.kappa",
    source="new",
    title="the leaf at a visit of the walk, by the mean path",
    words="As S18.visits, with kappa = kappa(0, root) of S18.first: |HJ(j, 0, root) - pi(F)| <= sqrt(kappa - 1)/2 (1 - 1/A)^j.",
)
@in_sympy("S18.kappa")
def by_the_mean_path(s: Derivation) -> Line:
    """chi_square for U_j; visits_decay for F - pi(F), whose variance is at most 1/4."""
    visits = MeanVisits(s)
    s.know(visits.positive), s.know(visits.least)
    tests = s.given(ForAll(x, Both(0 <= F(x), F(x) <= 1)))
    still = s.use("visits_still")
    visits.know(j, j + 1)
    first = s.use(
        "S18.chi_square",
        {
            F(x): U(j, x),
            H(t, x): extension(j, t, x),
            KF(x): U(j + 1, x),
            PF(t, x): one(j, t, x),
            PFF(t, x): two(j, j, t, x),
        },
    )
    s.know(s.prove(0 < A(0, root), visits.least)), s.know(s.prove(0 <= theta, visits.least))
    at = know_shifted(visits, target)
    s.know(s.prove(Eq(one(0, 0, root) - target * total, 0)))
    decay, quarter = s.use("visits_decay", at)[0], at_most_a_quarter(visits, tests)
    gap_now, variance = extension(j, 0, root) - target, two(0, 0, 0, root) / total - target**2
    power = s.know(s.use("power_nonneg")(theta, 2 * j))
    s.know(s.prove(0 <= mean - 1, s.use("kappa_least")))
    now = two(j, j, 0, root) / total - target**2
    near = s.prove(now <= theta ** (2 * j) * variance, decay, still)
    small = s.prove(theta ** (2 * j) * variance <= theta ** (2 * j) / 4, quarter, power)
    start = s.put(
        first,
        lambda v: (
            (extension(j, 0, root) - v / total) ** 2 <= (mean - 1) * (two(j, j, 0, root) / total - (v / total) ** 2)
        ),
        s.prove(Eq(one(0, 0, root), one(j, 0, root)), still),
    )
    square = s.prove(gap_now**2 <= (mean - 1) * theta ** (2 * j) / 4, start, near, small)
    bound = Root(mean - 1) / 2 * theta**j
    s.know(s.use("power_nonneg")(theta, j))
    s.know(s.prove(gap_now**2 <= bound**2, square, s.axiom("sqrt_square", mean - 1)))
    below = s.use("square_below")
    return s.both(below(gap_now, bound), s.form(below(-gap_now, bound), -gap_now <= bound))


@statement(
    "S18.kappa_count",
    source="new",
    title="visits that suffice, by the mean path",
    words="As S18.kappa, kappa > 1: if j >= (A/2) log((kappa - 1)/(4 delta^2)) then |HJ(j, 0, root) - pi(F)| <= delta.",
)
@in_sympy("S18.kappa_count")
def visits_by_the_mean_path(s: Derivation) -> Line:
    return enough_visits(s, mean, "S18.kappa", s.use("kappa_most"))
