"""Fully adapted SMC, for S8: guided moves, weights rho_t = B V_t / V_t, no constant L.

A particle is a state.  Given the cloud c of N states at time t, the next N states are independent draws of  adapted(t, c) : resample a
state in proportion to rho_t, and move on by the guided kernel.  At time T the output is one of the N particles at random.  The
backward potential of a state is Vstar_t/V_t, since rho_t E[guided](Vstar/V) = Vstar_t/V_t, and the steps of S3 apply to it:

    A_t(c) = sum_i (VF/V)(c_i) / sum_i (Vstar/V)(c_i).

lo(k) and s(k)^2 lo(k) bound Vstar/V at live states with V > 0 and k steps to go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Expect,
    ForAll,
    Law,
    function,
    implications,
    relation,
    symbol,
    symbols,
    total,
)
from proofs.lemmas.guided_chord import BV, EXISTS, VALUES, guided_means, know_live, live, off_path, star, test
from proofs.registry import lemma
from proofs.theory.model import hypotheses, layered

x, y, root, t, n, k, m, i, N, T = layered.symbols("x y root t n k m i N T")
M, guided, psi, V, Vstar, VF, F = layered.symbols("M guided psi V Vstar VF F")
c, d = Element("c", "X*"), Element("d", "X*")
adapted = Law("adapted", "nat X*", "X")
W = function("W", "nat X* -> real")
lo, rooted_ratio, sequence = (function(name, "nat -> real") for name in ("lo", "s", "f"))
target = VF(0, root) / Vstar(0, root)


def over(cloud: Any, g: Callable[[Any, Any], Any], time: Any = t) -> Any:
    """sum of g(time, state) over the cloud."""
    return total(N, i, g(time, Entry(cloud, i)))


def rho(time: Any, at: Any) -> Any:
    """The Bellman ratio B V / V."""
    return Expect(M(time, at), y, psi(time, at, y) * V(time + 1, y)) / V(time, at)


mass = over(c, rho)


@lemma(
    "adapted_law",
    title="the sampling law of fully adapted SMC",
    words="E[adapted(t, c)] f = sum_i rho_t(c_i) E[guided(t, c_i)] f / sum_i rho_t(c_i), where the weights do not all vanish (and what the "
    "guided kernel is, which must be defined first).",
)
@in_sympy("adapted_law")
def adapted_law(s: Derivation) -> Line:
    with s.suppose(0 < BV) as here:
        kernel = here.then(s.use("guided_law"))
    given, at = s.setting(hypotheses(*EXISTS[:2])), Entry(c, i)
    alive = s.given(0 < mass)

    def push(h: Callable[[Any], Any]) -> Any:
        return total(N, i, rho(t, at) * Expect(guided(t, at), y, h(y)))

    def positive(tested: Line, h: Callable[[Any], Any]) -> Line:
        body = psi(t, at, y) * V(t + 1, y)
        factors = given["potentials are non-negative"](t, at, y), given["twist is non-negative"](t + 1, y)
        top = s.expect(M(t, at), y, s.prove(0 <= body, *factors))
        weight = s.prove(0 <= rho(t, at), top, s.use("inverse_nonneg")(V(t, at)))
        inner = s.expect(guided(t, at), y, tested(y))
        term = s.prove(0 <= rho(t, at) * Expect(guided(t, at), y, h(y)), weight, inner)
        with s.below(i, N) as inside:
            sums = inside.sum(term)
        return s.prove(0 <= push(h) / mass, sums, alive)

    law = s.define_law(adapted(t, c), y, lambda h: push(h) / mass, positive, alive)
    return s.both(law(function("_f", "X -> real")(y)), kernel)


def adapted_setting(s: Derivation) -> dict[str, Line]:
    """The hypotheses of S8 but for the range of Vstar/V, by name."""
    later = Expect(adapted(t, c).draws(N), d, W(t + 1, d))
    names = ("there are particles", "there is a step", *VALUES, "the root is live")
    return s.setting(hypotheses(*names)) | s.setting(
        {
            "twist at the root": 0 < V(0, root),
            "guided moves exist": ForAll(t, x, implications(t < T, live, 0 < V(t, x), 0 < BV)),
            "answer at the end": ForAll(c, Eq(W(T, c), total(N, i, F(Entry(c, i))) / N)),
            "answer before": ForAll(t, c, implications(0 < t, t < T, Eq(W(t, c), later))),
        }
    )


def on_path(time: Any, cloud: Any) -> Any:
    """All states of the cloud are live and have V > 0."""
    return Eq(over(cloud, off_path, time), 0)


def A(time: Any, cloud: Any) -> Any:
    """The answer without further noise."""
    return over(cloud, test, time) / over(cloud, star, time)


class Clouds:
    """Clouds of states that are live and have V > 0."""

    def __init__(self, s: Derivation) -> None:
        self.s, self.given, self.null = s, adapted_setting(s), s.use("guided_null")
        self.laws, self.values = guided_means(s, self.given), s.use("tested_value")

    def state(self, time: Any, at: Any) -> None:
        """From off_path = 0, which is known: the state is live and has V > 0."""
        know_live(self.s, self.null, time, at)

    def each(self, time: Any, clean: Line, line: Callable[[Any], Line]) -> Line:
        """The sums over a cloud on the path of both sides of a line about its states."""
        s = self.s
        with s.below(i, N) as inside:
            self.entry(time, clean)
            return inside.sum(line(Entry(c, i)))

    def entry(self, time: Any, clean: Line) -> None:
        """Entry i < N of a cloud on the path is live and has V > 0."""
        s = self.s
        s.know(s.gen(self.null(time, Entry(c, k))[0], k))
        s.know(clean)
        s.know(s.use("terms_vanish", {sequence(k): off_path(time, Entry(c, k))})(N)(i))
        self.state(time, Entry(c, i))

    def positive_mass(self, clean: Line) -> Line:
        """0 < sum_i rho(c_i): each is positive and there is one."""
        s, prefix = self.s, symbol("p", "nat")
        with s.below(i, N) as inside:
            self.entry(t, clean)
            exists = self.given["guided moves exist"](t, Entry(c, i))
            own = inside.then(s.prove(0 < rho(t, Entry(c, i)), exists), i)

        def claim(count: Any) -> Any:
            part = relation("<", 0, total(count, i, rho(t, Entry(c, i))))
            return implications(relation("<=", count, N), relation("<", 0, count), part)

        goal = relation("<", 0, total(prefix + 1, i, rho(t, Entry(c, i))))
        with s.suppose(relation("<=", 0, N), relation("<", 0, 0)) as here:
            base = here.then(s.anything(relation("<", 0, total(0, i, rho(t, Entry(c, i)))), here[1]))
        with s.suppose(claim(prefix)) as hyp, s.suppose(prefix + 1 <= N, relation("<", 0, prefix + 1)) as here:
            s.know(s.prove(prefix < N, here[0]))
            s.know(s.prove(prefix <= N, here[0]))
            last = own(prefix)
            with s.suppose(prefix <= 0) as none:
                empty = s.equal(none[0], s.prove(relation("<=", 0, prefix)))
                alone = s.replace(empty, lambda r: total(r(), i, rho(t, Entry(c, i))))
                low = s.prove(goal, last, alone)
            with s.suppose(0 < prefix):
                high = s.prove(goal, hyp[0](), last)
            step = hyp.then(here.then(s.cases(prefix, 0, low, high)))
        return s.induct(prefix, claim, base, step)(N)

    def next_means(self, now: Line, clean: Line) -> tuple[Line, Line, Line]:
        """The means of Vstar/V, VF/V and off_path at the next state, now: t + 1 + n = T; the weights do not all vanish."""
        s = self.s
        s.know(now)
        s.know(s.prove(t < T, now))
        s.know(self.positive_mass(clean))

        def mean(value: Any, whole: Any, line: Callable[[Any], Line]) -> Line:
            law = s.use("adapted_law", {function("_f", "X -> real")(y): value})[0]
            return s.prove(Eq(Expect(adapted(t, c), y, value), whole / mass), law, self.each(t, clean, line))

        def own(at: Any, value: Any, law: Line) -> Line:
            s.know(self.given["guided moves exist"](t, at))
            inner = Expect(guided(t, at), y, value(t + 1, y) / V(t + 1, y))
            return s.prove(Eq(rho(t, at) * inner, value(t, at) / V(t, at)), law(t, n, at))

        def stays(at: Any) -> Line:
            s.know(self.given["guided moves exist"](t, at))
            inner = Expect(guided(t, at), y, off_path(t + 1, y))
            return s.prove(Eq(rho(t, at) * inner, 0), s.use("guided_alive")(t, at))

        star_law, test_law = self.laws
        return (
            mean(star(t + 1, y), over(c, star), lambda at: own(at, Vstar, star_law)),
            mean(test(t + 1, y), over(c, test), lambda at: own(at, VF, test_law)),
            mean(off_path(t + 1, y), 0, stays),
        )

    def first_mean(self, value: Any, law: Line) -> Line:
        """The mean of Vstar/V or VF/V after the guided move from the root, where 1 + m = T is known."""
        bv = Expect(M(0, root), y, psi(0, root, y) * V(1, y))
        mean = Expect(guided(0, root), y, value(1, y) / V(1, y))
        return self.s.prove(Eq(mean, value(0, root) / bv), law(0, m, root))

    def last(self, count: Line, clean: Line) -> Line:
        """W = A for a cloud at time t + 1, count: T = t + 1: Vstar/V = 1 and VF/V = F at every particle."""
        s, given, time = self.s, self.given, t + 1

        def one(at: Any) -> Line:
            end = s.at(count, given["terminal value"](at), lambda r: Eq(Vstar(r, at), V(r, at)))
            return s.prove(Eq(star(time, at), 1), end)

        def tested(at: Any) -> Line:
            end = s.at(count, given["tested terminal value"](at), lambda r: Eq(VF(r, at), F(at) * V(r, at)))
            return s.prove(Eq(test(time, at), F(at)), end)

        sums = [self.each(time, clean, line) for line in (tested, one)]
        answer = s.at(count, given["answer at the end"](c), lambda r: Eq(W(r, c), total(N, i, F(Entry(c, i))) / N))
        return s.put(answer, lambda u, v: Eq(W(time, c), u / v), *sums)


@lemma(
    "adapted_bias",
    title="bias of fully adapted SMC, with the roots of the range ratios",
    words="As S8, with q(k) = s(k)^2.",
)
@in_sympy("adapted_bias")
def rooted(s: Derivation) -> Line:
    clouds = Clouds(s)
    given, ratio = clouds.given, rooted_ratio
    inside = Both(lo(k) <= star(t, x), star(t, x) <= ratio(k) ** 2 * lo(k))
    positive, ranged = s.given(
        ForAll(k, Both(0 < lo(k), relation("<=", 1, ratio(k)))),
        ForAll(t, k, x, implications(Eq(t + k, T), live, 0 < V(t, x), inside)),
    )
    for line in (positive(k)[0], positive(k)[1]):
        s.know(s.gen(line, k))

    def error(steps: Any) -> Any:
        return (ratio(steps) ** 2 - ratio(steps)) / (2 * N)

    s.know(s.gen(s.prove(0 <= error(k), positive(k)[1]), k))

    def moved(law: Law, time: Any, steps: Any, means: list[Line], before: Any) -> Line:
        """S3.step for states drawn at `time` with `steps` to go, whose means of Vstar/V and VF/V have the quotient `before`."""
        with s.suppose(Eq(off_path(time, x), 0)) as here:
            clouds.state(time, x)
            value, range_here = clouds.values(steps, time, x), ranged(time, steps, x)
            low, high = s.prove(0 <= test(time, x), value[0]), s.prove(test(time, x) <= star(time, x), value[1])
            lines = [here.then(s.both(low, high), x), here.then(range_here, x)]
        for line in (*lines, s.gen(clouds.null(time, x)[0], x), s.prove(0 <= ratio(steps), positive(steps)[1])):
            s.know(line)
        names = (function(name, "X -> real")(x) for name in "hkz")
        at = dict(zip(names, (star(time, x), test(time, x), off_path(time, x)), strict=True))
        a, root_of = symbols("a s")
        one = s.use("S3.step", {Law("mu", "", "X"): law, **at, a: lo(steps), root_of: ratio(steps)}, {"Y": "X"})
        answer = Expect(law.draws(N), d, A(time, d))
        down, up = (Expect(law, x, value(time, x)) for value in (star, test))
        swapped = s.replace(means[0], lambda v: up / v())
        same = s.prove(Eq(up / down, before), swapped, means[1])
        bound = error(steps)
        return s.both(s.prove(answer - before <= bound, one[0], same), s.prove(before - answer <= bound, one[1], same))

    def all_on(law: Law, time: Any, null: Line) -> Line:
        """No state of the next cloud is off the path, almost surely."""
        many = s.iid_sum(law, x, off_path(time, x), N)
        return s.prove(Eq(Expect(law.draws(N), d, over(d, off_path, time)), 0), many, null)

    with s.suppose(Eq(t + 1 + n, T), on_path(t, c)) as here:
        *means, null = clouds.next_means(here[0], here[1])
        s.know(null)
        near = moved(adapted(t, c), t + 1, n, means, A(t, c))
        steps = [here.then(line, t, n, c) for line in (all_on(adapted(t, c), t + 1, null), near)]

    with s.nat_split(
        s.nat_step(given["there is a step"]), m
    ) as split:  # clouds are counted from 0 in telescope: t there is t + 1 here
        now, own = Eq(t + (n + 1), m), Eq(W(t + 1, c), A(t + 1, c))
        known = []
        with s.suppose(now, on_path(t + 1, c), relation("<", 0, 1)) as here:
            s.know(s.prove(Eq(t + 1 + 1 + n, T), here[0], split[0]))
            s.know(s.prove(t + 1 < T, here[0], split[0]))
            known += [line(t + 1, n, c) for line in steps] + [given["answer before"](t + 1, c)]
            known = [here.then(line, t, n, c) for line in known]
        with s.suppose(now, on_path(t + 1, c), relation("<=", 1, 0)) as here:  # no cloud is dead
            known.append(here.then(s.anything(own, here[2]), t, n, c))
        with s.suppose(Eq(t, m), on_path(t + 1, c)) as here:
            known.append(here.then(clouds.last(s.prove(Eq(T, t + 1), here[0], split[0]), here[1]), t, c))
        with s.below(i, N) as entry:
            sums = entry.sum(clouds.null(t + 1, Entry(c, i))[0])
        known.append(s.gen(s.prove(0 <= over(c, off_path, t + 1), sums), t, c))

        s.know(s.prove(Eq(1 + m, T), split[0]))  # the first cloud: N guided moves from the root
        s.know(given["guided moves exist"](0, root))
        begun, null = guided(0, root), s.know(s.use("guided_alive")(0, root))
        means = [clouds.first_mean(value, law) for value, law in zip((Vstar, VF), clouds.laws, strict=True)]
        known += [all_on(begun, 1, null), moved(begun, 1, m, means, target)]
        for line in known:
            s.know(line)
        names = (function(name, "nat X* -> real")(t, c) for name in ("W", "A", "bad", "alive"))
        at = dict(zip(names, (W(t + 1, c), A(t + 1, c), over(c, off_path, t + 1), 1), strict=True))
        laws = {
            Law("step", "nat X*", "X*")(t, c): adapted(t + 1, c).draws(N),
            Law("start", "", "X*"): begun.draws(N),
        }
        cost, goal = function("e", "nat -> real"), symbol("target", "real")
        line = s.use("telescope_start", {cost(n): error(n), goal: target, **at, **laws}, {"Y": "X"})
        answer = Expect(begun.draws(N), d, W(1, d))

        def claim(count: Any) -> Any:
            most = total(count, k, error(k))
            return Both(answer - target <= most, target - answer <= most)

        return split.close(s.at(s.prove(Eq(m + 1, T), split[0]), s.form(line, claim(m + 1)), claim))
