"""S14.1, the path formula: on the prefix tree E[(Zhat/Z)^2 nu(F)] = growth(0) pi(F), for F one leaf, growth a recursion along its path.

Two lineages start at the root.  One of them follows the path, or no answer is met; the other parts from it and meets it again.  From the
path's state at time t the next meeting is at the step from t + i to t + i + 1 with probability (1 - 1/N)^i / N, and pays

    psi Vstar(path(t+i+1)) / V(path(t+i))  PV(t+i, t, path(t)) / Vstar(path(t)),

the path's own Qbar times the free lineage's mean of V, so growth is a recursion over the next meeting in place of a sum over sets of times.
PV(s, t, x) is the mean of the path's potentials times V_s from x at time t, along states where the twist is positive: no particle with
V = 0 is drawn again, so a lineage that passes one meets nobody.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import Both, Expect, ForAll, Root, function, implications, relation, symbols, total
from proofs.lemmas.clouds import particles, sequence
from proofs.lemmas.layered_system import ahead, live, model
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import end_weights, know_tested, rewarded, target
from proofs.theory.s5_normaliser import begin, first, later, two_step, weights
from proofs.theory.s6_lower_bound import flip
from proofs.theory.s10_certificate import Run, each_CF, each_Out, each_VF, for_each, moment, numbered, out
from proofs.theory.s12_density import beta, sharp

N, n, m, t, i, k, until, c, d, z, CF = particles.symbols("N n m t i k s c d z CF")
x, y, u, v, root, M, psi, V, Vstar, VF, F, PV = layered.symbols("x y u v root M psi V Vstar VF F PV")
dead, noedge, horizon = layered.symbols("dead noedge T")
path, growth = function("path", "nat -> X"), function("growth", "nat -> real")
j, J = symbols("j J", "nat")
T, alone = n + 1, 1 - 1 / N


def own(time: Any) -> Any:
    """Qbar of the path's edge at a time."""
    return psi(time, path(time), path(time + 1)) * Vstar(time + 1, path(time + 1)) / V(time, path(time))


def met(steps: Any, time: Any, at: Any) -> Any:
    """What a free lineage at a state of a time pays where it meets the path within `steps`, by the step at which it does."""
    term = alone**i / N * own(time + i) * growth(time + i + 1) * PV(time + i, time, at)
    return total(steps, i, term)


def grows(steps: Any, time: Any, at: Any) -> Any:
    """The recursion over the next meeting, at a state of a time."""
    return Eq(growth(time) * Vstar(time, at), alone**steps * Vstar(time, at) + met(steps, time, at))


def references(s: Derivation) -> dict[str, Line]:
    """PV by backward recursion, along states where the twist is positive."""
    inside = t < until, until < T, live
    return s.setting(
        {
            "PV at once": ForAll(t, x, Eq(PV(t, t, x), V(t, x))),
            "PV later": ForAll(
                until,
                t,
                x,
                implications(*inside, 0 < V(t, x), Eq(PV(until, t, x), ahead(lambda r, q: PV(until, r, q)))),
            ),
            "PV is cut": ForAll(until, t, x, implications(*inside, Eq(V(t, x), 0), Eq(PV(until, t, x), 0))),
        }
    )


def one_path(s: Derivation) -> dict[str, Line]:
    """The test function is met along one path: its states, and growth by the recursion over the next meeting."""
    edge = Both(Eq(x, path(t)), Eq(y, path(t + 1)))
    return s.setting(
        {
            "the path starts at the root": Eq(path(0), root),
            "F is met along the path": ForAll(
                t, x, y, implications(t < T, Eq(noedge(t, x, y), 0), 0 < VF(t + 1, y), edge)
            ),
            "growth": ForAll(
                m,
                t,
                implications(Eq(t + m, T), 0 < Vstar(t, path(t)), grows(m, t, path(t))),
            ),
        }
    )


def moved_pair(later_on: Any) -> Any:
    """Two lineages at x and u one step later: both children of x, or each of its own state."""

    def G(a: Any, b: Any) -> Any:
        return psi(t, a, b) * V(t + 1, b) / V(t, a)

    twins = Expect(M(t, x), y, G(x, y) ** 2 * later_on(y, y))
    apart = Expect(M(t, x), y, Expect(M(t, u), v, G(x, y) * G(u, v) * later_on(y, v)))
    return twins / N + alone * apart


def pairs(s: Derivation) -> list[Line]:
    """R(t, x, u) follows two lineages, as in S10.recursion."""
    step = Eq(two_step(t, x, u), moved_pair(lambda a, b: two_step(t + 1, a, b)))
    return s.given(ForAll(t, x, u, implications(t < T, step)), ForAll(x, y, Eq(two_step(T, x, y), F(y))))


def know_values(s: Derivation) -> dict[str, Line]:
    """A test function's hypotheses besides those of the model, and that 0 <= VF <= Vstar at live states."""
    given = model(s)
    tested = know_tested(s, given)
    rest = Vstar(t, x) - VF(t, x)
    low = s.use("value_nonneg", {horizon: T, Vstar(t, x): VF(t, x), V(t, x): V(t, x) * F(x)})
    high = s.use("value_nonneg", {horizon: T, Vstar(t, x): rest, V(t, x): V(t, x) * (1 - F(x))})
    with s.suppose(t <= T, live) as here:
        most = s.prove(VF(t, x) <= Vstar(t, x), high(t, x))
        lines = [here.then(line, t, x) for line in (low(t, x), most)]
    names = {"tested recursion": "value recursion", "tested kills": "twist kills no live value"}
    more = {name: tested[old] for name, old in names.items()} | {"tested terminal value": tested["terminal value"]}
    return {**given, **more, "VF is non-negative": lines[0], "VF is at most Vstar": lines[1]}


@lemma(
    "path_pairs",
    title="two lineages, one of which follows the path",
    words="V(x) V(u) R_t(x, u) = (1 - 1/N)^m Vstar_t(x) VF_t(u) + VF_t(x) met_t(u) at live x and u, t + m = T: two lineages at x and u "
    "never meet, or the one at x follows the path to where they do.",
)
@in_sympy("path_pairs")
def path_pairs(s: Derivation) -> Line:
    given, ref = know_values(s), references(s)
    along = one_path(s)
    step, final = pairs(s)
    other = live.subs(x, u)

    def claim(steps: Any, time: Any, a: Any, b: Any) -> Any:
        apart = alone**steps * Vstar(time, a) * VF(time, b)
        return Eq(V(time, a) * V(time, b) * two_step(time, a, b), apart + VF(time, a) * met(steps, time, b))

    def formula(steps: Any) -> Any:
        return ForAll(t, x, u, implications(Eq(t + steps, T), live, other, claim(steps, t, x, u)))

    with s.suppose(Eq(t, T), live, other) as now:
        ends = given["terminal value"](x), given["tested terminal value"](u), final(x, u)
        line = s.at(s.prove(Eq(T, t), now[0]), s.prove(claim(0, T, x, u), *ends), lambda r: claim(0, r, x, u))
        base = now.then(line, t, x, u)
    with s.suppose(formula(m)) as hyp, s.suppose(Eq(t + (m + 1), T), live, other) as now:
        for fact in (t < T, t <= T, t + 1 <= T):
            s.know(s.prove(fact, now[0]))
        line = later_pairs(s, given, ref, along, hyp[0], step, claim, now[0])
        induced = hyp.then(now.then(line, t, x, u))
    return s.induct(m, formula, base, induced)


def on_step(s: Derivation, given: dict[str, Line], a: Any, b: Any) -> Surely:
    """A move from a live state a at time t follows a reachable edge to b almost surely, for `with`."""
    zero, nonneg = given["moves follow edges"](t, a), given["noedge is non-negative"](t, a)
    return s.surely(M(t, a), b, noedge(t, a, b), nonneg, zero)


def later_pairs(
    s: Derivation, given: Any, ref: Any, along: Any, hyp: Line, step: Line, claim: Any, count: Line
) -> Line:
    """One step of path_pairs, at live x and u."""
    goal = claim(m + 1, t, x, u)
    with s.suppose(V(t, x) <= 0):
        none = s.know(s.zero(V(t, x), given["twist is non-negative"](t, x)))
        low = s.prove(goal, none, given["twist kills no live value"](t, x), given["tested kills"](t, x))
    with s.suppose(0 < V(t, x)):
        with s.suppose(V(t, u) <= 0):
            none = s.know(s.zero(V(t, u), given["twist is non-negative"](t, u)))
            with s.below(i, m + 1) as inside:
                gone = inside.sum(nobody(s, ref, inside[0], count))
            cut = s.prove(goal, none, given["tested kills"](t, u), gone)
        with s.suppose(0 < V(t, u)):
            whole = both_move(s, given, ref, along, hyp, step, goal, count)
        high = s.cases(V(t, u), 0, cut, whole)
    return s.cases(V(t, x), 0, low, high)


def nobody(s: Derivation, ref: dict[str, Line], *count: Line) -> Line:
    """A lineage at u with V(u) = 0 meets nobody: the term i of `met` is zero."""
    term = alone**i / N * own(t + i) * growth(t + i + 1) * PV(t + i, t, u)
    with s.suppose(i <= 0) as first:
        same = s.prove(Eq(i, 0), s.equal(first[0], s.prove(relation("<=", 0, i))))
        value = s.prove(Eq(PV(t, t, u), 0), ref["PV at once"](t, u))
        value = s.at(s.prove(Eq(0, i), same), value, lambda r: Eq(PV(t + r, t, u), 0))
        low = s.prove(Eq(term, 0), value)
    with s.suppose(0 < i):
        s.know(s.prove(t < t + i))
        s.know(s.prove(t + i < T, *count))
        high = s.prove(Eq(term, 0), ref["PV is cut"](t + i, t, u))
    return s.cases(i, 0, low, high)


def both_move(s: Derivation, given: Any, ref: Any, along: Any, hyp: Line, step: Line, goal: Any, count: Line) -> Line:
    """The twist is positive at x and at u: two children of one state, or of two."""
    share, recursion = V(t, x), step(t, x, u)
    with on_step(s, given, x, y) as there:
        s.know(given["ends of a reachable edge are live"](t, x, y)[1])
        ahead_of = hyp(t + 1, y, y)
        low_high = given["VF is non-negative"](t + 1, y), given["VF is at most Vstar"](t + 1, y)
        seen = (psi(t, x, y) * V(t + 1, y) / V(t, x)) ** 2 * two_step(t + 1, y, y)
        paid = psi(t, x, y) * VF(t + 1, y) * own(t) * growth(t + 1) / share
        with s.suppose(VF(t + 1, y) <= 0):
            zero = s.know(s.zero(VF(t + 1, y), low_high[0]))
            nothing = s.prove(Eq(seen, paid), ahead_of, zero)
        with s.suppose(0 < VF(t + 1, y)):
            edge = along["F is met along the path"](t, x, y)
            new = flip(s, edge[1])
            positive = s.prove(0 < Vstar(t + 1, y), low_high[1])
            s.know(s.at(edge[1], positive, lambda q: 0 < Vstar(t + 1, q)))
            grown = s.at(new, along["growth"](m, t + 1), lambda q: grows(m, t + 1, q))
            bar = psi(t, x, y) * Vstar(t + 1, y) / V(t, x)
            same = s.prove(Eq(bar, bar))
            same = s.at(edge[1], same, lambda q: Eq(bar, psi(t, x, q) * Vstar(t + 1, q) / V(t, x)))
            same = s.at(edge[0], same, lambda q: Eq(bar, psi(t, q, path(t + 1)) * Vstar(t + 1, path(t + 1)) / V(t, q)))
            some = s.prove(Eq(seen, paid), ahead_of, grown, same)
        twins = there.average(s.cases(VF(t + 1, y), 0, nothing, some))
        with on_step(s, given, u, v) as too:
            s.know(given["ends of a reachable edge are live"](t, u, v)[1])
            parted = psi(t, x, y) * V(t + 1, y) / V(t, x) * psi(t, u, v) * V(t + 1, v) / V(t, u)
            parted *= two_step(t + 1, y, v)
            never = psi(t, x, y) * psi(t, u, v) * alone**m * Vstar(t + 1, y) * VF(t + 1, v)
            some_day = psi(t, x, y) * VF(t + 1, y) * (psi(t, u, v) * met(m, t + 1, v))
            line = s.prove(Eq(parted, (never + some_day) / (V(t, x) * V(t, u))), hyp(t + 1, y, v))
            inner = too.average(line)
        apart = there.average(inner)
    with s.below(i, m) as inside:
        s.know(s.prove(t < t + 1 + i))
        s.know(s.prove(t + 1 + i < T, inside[0], count))
        coef = alone**i / N * own(t + 1 + i) * growth(t + i + 2)
        onward = s.prove(
            Eq(coef * PV(t + 1 + i, t, u), coef * ref["PV later"](t + 1 + i, t, u).rhs),
            ref["PV later"](t + 1 + i, t, u),
        )
        onward = inside.sum(onward)
    pushed = s.fubini(
        Expect(
            M(t, u),
            v,
            total(m, i, psi(t, u, v) * alone**i / N * own(t + 1 + i) * growth(t + i + 2) * PV(t + 1 + i, t + 1, v)),
        )
    )
    front = s.use("sum_front", {sequence(k): alone**k / N * own(t + k) * growth(t + k + 1) * PV(t + k, t, u)})(m, 0)
    values = given["value recursion"](t, x), given["tested recursion"](t, x), given["tested recursion"](t, u)
    return s.prove(goal, recursion, twins, apart, onward, pushed, front, ref["PV at once"](t, u), *values)


def counted_down(s: Derivation) -> Any:
    """Two lineages by the steps to go, and the steps to go by the time: the R of S10.recursion, as a definition.  Returns R."""
    lineages, to_go, before = (
        function(name, sorts)
        for name, sorts in (("lineages", "nat nat X X -> real"), ("togo", "nat -> nat"), ("before", "nat -> nat"))
    )

    def R(time: Any, a: Any, b: Any) -> Any:
        return lineages(to_go(time), time, a, b)

    _, earlier = halves(s.define_rec(before(m), 0, m))
    first, one_step = halves(
        s.define_rec(lineages(m, t, x, u), F(u), moved_pair(lambda a, b: lineages(m, t + 1, a, b)))
    )
    start, less = halves(s.define_rec(to_go(m), T, before(to_go(m))))

    def claim(time: Any) -> Any:
        return ForAll(m, implications(Eq(time + m, T), Eq(to_go(time), m)))

    with s.suppose(Eq(0 + m, T)) as now:
        base = now.then(s.prove(Eq(to_go(0), m), start, now[0]), m)
    with s.suppose(claim(t)) as hyp, s.suppose(Eq(t + 1 + m, T)) as now:
        here = s.at(hyp[0](m + 1), less(t), lambda r: Eq(to_go(t + 1), before(r)))
        step = hyp.then(now.then(s.prove(Eq(to_go(t + 1), m), here, earlier(m)), m))
    count = s.induct(t, claim, base, step)

    at_end = s.prove(Eq(0, to_go(T)), count(T, 0))
    s.know(s.gen(s.at(at_end, first(T, x, y), lambda r: Eq(lineages(r, T, x, y), F(y))), x, y))
    with s.suppose(t < T) as inside:
        with s.nat_split(s.nat_step(inside[0]), m) as split:
            this, after = s.prove(Eq(m + 1, to_go(t)), count(t, m + 1)), s.prove(Eq(m, to_go(t + 1)), count(t + 1, m))
            line = s.at(
                after,
                one_step(m, t, x, u),
                lambda r: Eq(lineages(m + 1, t, x, u), moved_pair(lambda a, b: lineages(r, t + 1, a, b))),
            )
            right = moved_pair(lambda a, b: R(t + 1, a, b))
            line = split.close(s.at(this, line, lambda r: Eq(lineages(r, t, x, u), right)))
    s.know(inside.then(line, t, x, u))
    return R


def halves(line: Line) -> tuple[Line, Line]:
    return line[0], line[1]


def second_moments(s: Derivation) -> None:
    """CF, the mean of Zhat^2 nu(F) from a cloud on."""
    s.given(
        ForAll(t, c, implications(t < n, Eq(CF(t, c), (weights / N) ** 2 * later(CF(t + 1, d))))),
        ForAll(c, Eq(CF(n, c), end_weights * rewarded / N**2)),
    )


@statement(
    "S14.path",
    source="new",
    title="the path formula: second moment of the normaliser times the answer, for one path",
    words="Naive-proposal SMC as in S5, horizon T = n + 1, F with values in [0, 1] that is met along one path only: from the end of no "
    "reachable edge but the path's own (on the prefix tree F is one leaf).  With PV(s, t, x) = E[prod psi V_s | x_t = x] along states "
    "where V is positive, and growth(t) Vstar_t = (1 - 1/N)^(T-t) Vstar_t + sum_{i<T-t} (1/N) (1 - 1/N)^i Qbar_{t+i} growth(t+i+1) "
    "PV(t+i, t) along the path, a recursion over the next meeting of two lineages: E[(Zhat/Z)^2 nu(F)] = growth(0) pi, pi = VF_0/Vstar_0.",
)
@in_sympy("S14.path")
def path_formula(s: Derivation) -> Line:
    know_values(s), references(s)
    along = one_path(s)
    second_moments(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    R = counted_down(s)
    at = {two_step(t, x, y): R(t, x, y)}
    followed, pair = s.use("S10.recursion", at), s.use("path_pairs", at)(T, 0, root, root)
    start = along["the path starts at the root"]
    s.know(s.at(flip(s, start), s.prove(0 < Vstar(0, root)), lambda q: 0 < Vstar(0, q)))
    grown = s.at(start, along["growth"](T, 0), lambda q: grows(T, 0, q))
    return s.prove(Eq(moment, growth(0) * target), followed, pair, grown)


@statement(
    "S14.density",
    source="new",
    title="density of the output law by the path formula",
    words="As S14.path, out = E F(output), whatever is answered once all particles are dead, and 0 < pi: pi <= growth(0) out.",
)
@in_sympy("S14.density")
def path_density(s: Derivation) -> Line:
    Run(s)
    references(s), one_path(s)
    second_moments(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root), 0 < VF(0, root))
    line = s.at(s.use("S14.path"), s.use("S10"), lambda k: target**2 <= k * out)
    s.know(s.prove(0 < target))
    return s.contradiction(target <= growth(0) * out, line)


@statement(
    "S14.factor",
    source="new",
    title="the path formula is at most the product of S12, path by path",
    words="As S14.path with 0 < pi, b as in S12.path: growth(0) <= prod_{k<T} (1 + (b(k) - 1)/N).",
)
@in_sympy("S14.factor")
def path_factor(s: Derivation) -> Line:
    sharp(s)
    references(s), one_path(s)
    second_moments(s)
    s.given(0 < VF(0, root))
    line = s.at(s.use("S14.path"), s.use("S12.path_moment"), lambda k: k <= beta * target)
    s.know(s.prove(0 < target))
    return s.contradiction(growth(0) <= beta, line)


each_growth, each_path = function("growthJ", "nat nat -> real"), function("pathJ", "nat nat -> X")
several = numbered | {growth(t): each_growth(j, t), path(t): each_path(j, t), CF(t, c): each_CF(j, t, c)}
"""The path, its growth and the second moment, as the j-th of several."""


@statement(
    "S14.paths",
    source="new",
    title="bias of SMC by the path formula",
    words="As S14.path for the leaves F_j, j < J, of the prefix tree with targets aim(j) > 0, weights 0 <= w(j) <= 1 (the paths of an "
    "event) and answers Out_j: sum_j w(j) (aim(j) - out_j) <= sum_j aim(j) max(1 - 1/growthJ(j, 0), 0).",
)
@in_sympy("S14.paths")
def by_paths(s: Derivation) -> Line:
    aim, w = (function(name, "nat -> real") for name in ("aim", "w"))
    names, positive, part, between = s.given(
        ForAll(j, Eq(aim(j), each_VF(j, 0, root) / Vstar(0, root))),
        ForAll(j, 0 < aim(j)),
        ForAll(j, Both(0 <= w(j), w(j) <= 1)),
        ForAll(j, t, c, Both(0 <= each_Out(j, t, c), each_Out(j, t, c) <= 1)),
    )
    s.given(0 < Vstar(0, root))
    for line in (positive(j), part(j)[0], part(j)[1]):
        s.know(line)
    top = each_VF(j, 0, root)
    s.know(s.prove(0 < top, s.at(names(j), positive(j), lambda p: 0 < p)))
    line = for_each(s, s.use("S14.density", several), j)
    answer = begin(each_Out(j, 0, d))
    low = s.put(line, lambda p: p <= each_growth(j, 0) * answer, names(j))
    some = s.know(s.expect(first.draws(N), d, between(j, 0, d)[0]))
    grown = s.know(s.contradiction(0 < each_growth(j, 0), low, some, positive(j)))
    gap = 1 - 1 / grown.rhs
    size = s.use("root_facts")(gap)
    for line in (size[1][0], size[1][1]):
        s.know(line)
    least = s.prove(aim(j) / grown.rhs <= answer, low)
    most = s.use("part_of_positive")(w(j), gap, Root(gap**2))
    share = s.prove(w(j) * (aim(j) - answer) <= w(j) * (aim(j) * gap), least)
    whole = s.prove(aim(j) * most.lhs <= aim(j) * most.rhs, most)
    with s.below(j, J) as inside:
        return inside.sum(s.prove(w(j) * (aim(j) - answer) <= aim(j) * most.rhs, share, whole))
