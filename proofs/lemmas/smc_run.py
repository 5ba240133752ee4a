"""How S3, S4 and S13 are assembled, in sympy: one run of naive-proposal SMC, its sampling steps, what they add up to over the horizon.

    A_t(c) = sum_i Qbar^F(c_i) / sum_i Qbar(c_i),  Qbar_t(x, y) = psi Vstar_{t+1}(y) / V_t(x),  Qbar^F with VF for Vstar

is the answer without further noise.  The mean of Qbar under the next sampling law is sum_i Qbar(c_i) / sum_i G(c_i) (smc_mean), so a
one-step lemma says how far A moves in mean, and the moves add up (telescope) or multiply (telescope_odds).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line
from proofs.derive.lines import Split
from proofs.language.expressions import (
    Both,
    Entry,
    Expect,
    ForAll,
    Law,
    function,
    implications,
    relation,
    symbol,
    total,
)
from proofs.theory.model import SMC, hypotheses, layered
from proofs.theory.p0_values import live_stays

x, y, root, t, n, k, m, i, N, T = layered.symbols("x y root t n k m i N T")
M, psi, V, Vstar, VF, F, U, W, dead, noedge = layered.symbols("M psi V Vstar VF F U W dead noedge")
src, dst, c, d, e, smc, first, f = layered.symbols("src dst c d e smc first f")
live, reachable, to_go = Eq(dead(t, x), 0), Eq(noedge(t, x, y), 0), Eq(t + 1 + n, T)
target = VF(0, root) / Vstar(0, root)
terms = function("f", "nat -> real")


def Qbar(time: Any, a: Any, b: Any, value: Any = Vstar) -> Any:
    """The backward potential of the edge a -> b at a time."""
    return psi(time, a, b) * value(time + 1, b) / V(time, a)


def tested(time: Any, a: Any, b: Any) -> Any:
    """Qbar^F."""
    return Qbar(time, a, b, VF)


def weight(time: Any, a: Any, b: Any) -> Any:
    """The incremental weight G."""
    return Qbar(time, a, b, V)


def tested_weight(time: Any, a: Any, b: Any) -> Any:
    return weight(time, a, b) * F(b)


def at_edge(g: Callable, time: Any, edge: Any) -> Any:
    return g(time, src(edge), dst(edge))


def over(cloud: Any, g: Callable, time: Any = t) -> Any:
    """sum_i g(time, c_i)."""
    return total(N, i, at_edge(g, time, Entry(cloud, i)))


def good(time: Any, cloud: Any) -> Any:
    """All edges of the cloud are reachable."""
    return Eq(over(cloud, noedge, time), 0)


potentials, tested_potentials, weights = (over(c, g) for g in (Qbar, tested, weight))
next_cloud, first_cloud = smc(t, c).draws(N), first.draws(N)
answer = Expect(first_cloud, d, W(0, d))


def bias_below(bound: Any) -> Any:
    """|E F(output) - target| <= bound."""
    return Both(answer - target <= bound, target - answer <= bound)


def answers(*alive: Any) -> dict[str, Any]:
    """W: the expected test function of the output given the cloud; `alive`: where the weights do not all vanish."""
    end, later = over(c, tested_weight) / weights, Expect(next_cloud, d, W(t + 1, d))
    return {
        "answer at the end": ForAll(t, c, implications(Eq(t + 1, T), *alive, Eq(W(t, c), end))),
        "answer before": ForAll(t, c, implications(t + 1 < T, *alive, Eq(W(t, c), later))),
    }


class Run:
    """A run: its hypotheses, the values of a test function, the means of the next backward potentials, and its steps over the horizon.

    A subclass says what one step does to the answer without further noise, and what it is where a run ends.
    """

    lemma: str
    """`telescope_start` or `telescope_odds_start`."""
    cost: Any
    """That lemma's symbol for what a step costs."""

    def seen(self, value: Any) -> Any:
        """What is spoken of: an answer, or what a subclass makes of it."""
        return value

    def A(self, time: Any, cloud: Any) -> Any:
        """The answer without further noise."""
        return self.seen(over(cloud, tested, time) / over(cloud, Qbar, time))

    def size(self, steps: Any) -> Any:
        """What a step costs, with `steps` to go after it."""
        raise NotImplementedError

    def step(self, law: Any, time: Any, steps: Any, before: Any, mean: Any) -> Line:
        """Drawing edges from the law at a time moves the answer from `before` to `mean`, in mean."""
        raise NotImplementedError

    def stops(self) -> Line:
        """W is the answer without further noise where the weights vanish, both as seen."""
        raise NotImplementedError

    def ends(self) -> Line:
        """The answer W at the last cloud."""
        raise NotImplementedError

    def __init__(self, s: Derivation, alive: bool = False) -> None:
        self.s, self.given = s, s.setting(hypotheses(*SMC))
        self.given |= s.setting(answers(0 < weights) if alive else answers())
        s.know(live_stays(s, self.given))
        self.values = s.use("tested_value")
        self.between = s.know(self._between())

    # ------------------------------------------------------------------------------------------------ one edge, one cloud
    def inverse(self, time: Any, state: Any) -> Line:
        """0 <= 1/V, also where V = 0."""
        self.s.know(self.given["twist is non-negative"](time, state))
        return self.s.know(self.s.use("inverse_nonneg")(V(time, state)))

    def _between(self) -> Line:
        """0 <= Qbar^F <= Qbar on a reachable edge: forall t n x y."""
        s = self.s
        with s.suppose(to_go, reachable) as here:
            s.know(self.given["ends of edges"](t, x, y)[1])
            self.inverse(t, x)
            value, own = self.values(n, t + 1, y), self.given["potentials are non-negative"](t, x, y)
            low = s.prove(0 <= tested(t, x, y), value[0], own)
            line = s.both(low, s.prove(tested(t, x, y) <= Qbar(t, x, y), value[1], own))
        return here.then(line, t, n, x, y)

    def zero_values(self) -> None:
        """Known from here on: where V = 0 at a live state, Vstar = 0 and 0 <= VF <= Vstar = 0."""
        s = self.s
        with s.suppose(Eq(t + n, T), live, Eq(V(t, x), 0)) as here:
            none, value = self.given["twist kills no live value"](t, x), self.values(n, t, x)
            zeros = [here.then(line, t, n, x) for line in (none, s.zero(VF(t, x), value[0], value[1], none))]
        for line in zeros:
            s.know(line)

    def entry(self, clean: Line) -> Line:
        """At a good cloud, for i < N: the edge c_i is reachable, and its ends are live."""
        s, (a, b) = self.s, (src(Entry(c, i)), dst(Entry(c, i)))
        s.know(s.use("terms_vanish", {terms(k): at_edge(noedge, t, Entry(c, k))})(N)(i))
        ends = self.given["ends of edges"](t, a, b)
        s.know(ends[0]), s.know(ends[1])
        return clean

    def summed(self, line: Line, steps: Any = n) -> list[Line]:
        """The sums over a good cloud of both parts of `line`, which says a conjunction of every reachable edge with `steps` to go."""
        s = self.s
        with s.below(i, N) as inside:
            self.entry(inside[0])
            own = line(t, steps, src(Entry(c, i)), dst(Entry(c, i)))
        return [inside.sum(own[part]) for part in (0, 1)]

    def last_sums(self) -> tuple[Line, Line]:
        """At the last cloud sum_i Qbar^F = sum_i G F and sum_i Qbar = sum_i G, where T = t + 1 is known."""
        s = self.s
        count, (a, b) = s.prove(Eq(T, t + 1)), (src(Entry(c, i)), dst(Entry(c, i)))
        star, other = self.given["terminal value"](b), self.given["tested terminal value"](b)
        star = s.at(count, star, lambda time: Eq(Vstar(time, b), V(time, b)))
        other = s.at(count, other, lambda time: Eq(VF(time, b), F(b) * V(time, b)))
        with s.below(i, N) as inside:
            up = inside.sum(s.prove(Eq(tested(t, a, b), tested_weight(t, a, b)), other))
            down = inside.sum(s.prove(Eq(Qbar(t, a, b), weight(t, a, b)), star))
        return up, down

    def weights(self) -> Line:
        """0 <= G(c_k) for every k."""
        a, b = src(Entry(c, k)), dst(Entry(c, k))
        factors = self.given["potentials are non-negative"](t, a, b), self.given["twist is non-negative"](t + 1, b)
        return self.s.gen(self.s.prove(0 <= weight(t, a, b), *factors, self.inverse(t, a)), k)

    # ------------------------------------------------------------------------------------------------ one step
    def drift(self, lemma: str, law: Any, time: Any, steps: Any, at: Mapping, *edge: Line) -> Line:
        """The one-step lemma for edges drawn at a time; `edge`: what else holds of every reachable edge with `steps` to go."""
        s = self.s
        with s.suppose(Eq(at_edge(noedge, time, e), 0)) as here:
            lines = [here.then(line(time, steps, src(e), dst(e)), e) for line in (self.between, *edge)]
        for line in lines:
            s.know(line)
        symbols = {"h": Qbar, "k": tested, "z": noedge}
        values = {function(name, "Edge -> real")(e): at_edge(g, time, e) for name, g in symbols.items()}
        return s.use(lemma, {Law("mu", "", "Edge"): law, **values, **at}, {"Y": "Edge"})

    def means(self) -> tuple[Line, Line, Line]:
        """At a good cloud that is alive with steps to go: the means of Qbar and Qbar^F at the next edge, and of noedge."""
        s = self.s
        star, other = (s.use("smc_mean", {U(t, x): value(t, x)})(t, n, c) for value in (Vstar, VF))
        return star, other, s.know(s.use("smc_reachable")(t, n, c))

    def first_means(self) -> tuple[Line, Line, Line]:
        """The same at the first edge."""
        s = self.s
        law, follow = s.use("first_law", {f(x, y): noedge(0, x, y)}), self.given["moves follow edges"](0, root)
        null = s.know(s.prove(Eq(Expect(first, e, at_edge(noedge, 0, e)), 0), law, follow))
        return self._first_mean(Vstar, "value recursion"), self._first_mean(VF, "tested recursion"), null

    def _first_mean(self, value: Any, recursion: str) -> Line:
        law = self.s.use("first_law", {f(x, y): Qbar(0, x, y, value)})
        mean = Expect(first, e, Qbar(0, src(e), dst(e), value))
        return self.s.prove(Eq(mean, value(0, root) / V(0, root)), law, self.given[recursion](0, root))

    # ------------------------------------------------------------------------------------------------ all steps
    def horizon(self) -> Split:
        """T = 1 + m for a while."""
        return self.s.nat_split(self.s.nat_step(self.given["there is a step"]), m)

    def over_horizon(self, shape: Callable[[Any], Any], line: Callable[[], Line]) -> Line:
        """shape(T) from a line that says shape(m + 1), where T = 1 + m."""
        s = self.s
        with self.horizon() as split:
            return split.close(s.at(s.prove(Eq(m + 1, T), split[0]), s.form(line(), shape(m + 1)), shape))

    def telescoped(self) -> Line:
        """The lemma for the clouds of this run, where T = 1 + m."""
        s, known, now = self.s, [], Eq(t + (n + 1), m)
        names = (
            function("A", "nat Edge* -> real"),
            function("bad", "nat Edge* -> real"),
            function("alive", "nat Edge* -> real"),
        )
        laws = Law("step", "nat Edge*", "Edge*")(t, c), Law("start", "", "Edge*")
        values = self.A(t, c), over(c, noedge), weights, next_cloud, first_cloud, self.size(n), self.seen(target)
        at = dict(
            zip((*(name(t, c) for name in names), *laws, self.cost(n), symbol("target", "real")), values, strict=True)
        )
        at[W(t, c)] = own = self.seen(W(t, c))

        def all_gone(law: Any, time: Any, null: Line) -> Line:
            """No edge of the cloud is unreachable, almost surely."""
            many = s.iid_sum(law, e, at_edge(noedge, time, e), N)
            return s.prove(Eq(many.lhs, 0), many, null)

        with s.suppose(now, good(t, c), 0 < weights) as here:
            s.know(s.prove(Eq(t + 1 + 1 + n, T), here[0]))
            s.know(s.prove(t + 1 < T, here[0]))
            self.star, self.other, null = self.means()
            mean = Expect(next_cloud, d, self.A(t + 1, d))
            ahead = Eq(own, Expect(next_cloud, d, self.seen(W(t + 1, d))))
            near = self.step(smc(t, c), t + 1, n, self.A(t, c), mean), s.prove(ahead, self.given["answer before"](t, c))
            known += [here.then(line, t, n, c) for line in (all_gone(smc(t, c), t + 1, null), *near)]
        with s.suppose(now, good(t, c), weights <= 0) as here:
            s.know(s.prove(Eq(t + 1 + (n + 1), T), here[0]))
            known.append(here.then(self.stops(), t, n, c))
        with s.suppose(Eq(t, m), good(t, c)) as here:
            s.know(s.prove(Eq(t + 1, T), here[0]))
            known.append(here.then(s.prove(Eq(own, self.A(t, c)), self.ends()), t, c))
        with s.below(i, N) as inside:
            nonneg = inside.sum(at_edge(self.given["noedge is non-negative"], t, Entry(c, i)))
        known.append(s.gen(s.form(nonneg, relation("<=", 0, over(c, noedge))), t, c))
        self.star, self.other, null = self.first_means()
        mean = Expect(first_cloud, d, self.A(0, d))
        known += [all_gone(first, 0, null), self.step(first, 0, m, self.seen(target), mean)]
        for line in known:
            s.know(line)
        return s.use(self.lemma, at, {"Y": "Edge"})
