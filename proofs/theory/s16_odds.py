"""S13 for runs into slots: the odds of every event under the output are within prod (1 + 2 omega (q - 1)) of those under the target.

The run is that of S16, the model that of S13: lo <= Qbar <= q lo on the reachable edges after which k steps remain. That slots are
independent is asked as in `slots_odds`: two draws of a slot may change places. No cloud is dead then, the answer without noise
A = sum Qbar^F/sum Qbar, by the carried shares, lies in [0, 1], one step multiplies its odds at most by 1 + 2 omega (q - 1), and the
factors multiply.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    product,
    relation,
    symbol,
)
from proofs.lemmas.clouds import over, particles, total_of
from proofs.lemmas.exchange import odds
from proofs.lemmas.layered_system import lookahead, off, weight
from proofs.lemmas.slot_odds import Copies
from proofs.lemmas.slot_run import (
    Draw,
    Run,
    at_edge,
    carrying,
    drawn,
    first,
    good,
    mass,
    moved,
    no_weight,
    parts,
    share0,
    slots,
    tested,
)
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import target
from proofs.theory.s13_odds import from_odds
from proofs.theory.s16_run import moves_too, turned

N, n, m, t, i, j, k, c, d, e = particles.symbols("N n m t i j k c d e")
x, y, root, V, Vstar, VF, F, noedge, src, dst = layered.symbols("x y root V Vstar VF F noedge src dst")
carried, after, begin, miss0, Out, omega, lo = slots.symbols("carried slots begin miss0 Out omega lo")
q, f = function("q", "nat -> real"), function("f", "nat -> real")
again, T = Element("again", "Edge*"), n + 1


def factor(steps: Any) -> Any:
    """1 + 2 omega (q - 1)."""
    return 1 + 2 * omega * (q(steps) - 1)


Q, out = product(T, k, factor(k)), Expect(begin, d, Out(0, d))


def bad(time: Any, cloud: Any) -> Any:
    """0 where every edge of the cloud is reachable and the shares add up to 1."""
    return total_of(off, time, cloud) + (over(cloud, carried) - 1) ** 2


def answer(time: Any, cloud: Any) -> Any:
    """A: the answer of the cloud without further noise."""
    return carrying(time, cloud, tested) / carrying(time, cloud, lookahead)


def copies(law: Any, time: Any, share: Any) -> Copies:
    """Two draws of the cloud at a time."""
    return Copies(law, share, lambda q: lookahead(time, q), lambda q: tested(time, q), d, again)


class Ranged(Run):
    """A run into slots where Qbar has a range on every level."""

    def limits(self) -> None:
        s = self.s
        reachable = Eq(t + 1 + k, T), Eq(noedge(t, x, y), 0)
        ahead = at_edge(lookahead, t, x, y)
        self.bounds, self.range = s.given(
            ForAll(k, Both(0 < lo(k), relation("<=", 1, q(k)))),
            ForAll(t, k, x, y, implications(*reachable, Both(lo(k) <= ahead, ahead <= q(k) * lo(k)))),
        )
        for line in self.bounds(k)[0], self.bounds(k)[1]:
            s.know(s.gen(line, k))

    def independent(self, now: tuple[Any, ...]) -> dict[str, Any]:
        first = copies(begin, 0, share0).rules()
        ahead = (ForAll(t, c, implications(*now, rule)) for rule in copies(after(t, c), t + 1, parts).rules())
        names = "one slot", "slots apart", "slots apart the other way"
        return dict(zip((f"first: {name}" for name in names), first, strict=True)) | dict(
            zip(names, ahead, strict=True)
        )

    def grow(self, time: Any) -> Any:
        return factor(time)

    def grows(self) -> Line:
        s = self.s
        line = s.prove(
            relation("<=", 1, factor(k)), s.prove(0 <= omega * (q(k) - 1), self.rules["some share"], self.bounds(k)[1])
        )
        self.big = s.know(s.gen(line, k))
        return s.prove(0 <= factor(k), line)

    # ------------------------------------------------------------------------------------------------ at a cloud that occurs
    def occurs(self, steps: Any, time: Any, cloud: Any, line: Line) -> None:
        """Known from here on: edges are reachable and shares add up to more than 0, where bad = 0 with steps to go."""
        s, shares = self.s, over(cloud, carried)
        for known in (Eq(time + 1 + steps, T), time <= n, time < T):
            s.know(s.prove(known, *self.now))
        with s.below(i, N) as here:
            at = Entry(cloud, i)
            nonneg = here.sum(s.prove(0 <= off(time, at), self.given["noedge is non-negative"](time, src(at), dst(at))))
        s.know(s.zero(total_of(off, time, cloud), nonneg, line))
        s.know(s.contradiction(0 < shares, s.prove((shares - 1) ** 2 <= 0, nonneg, line)))

    def between_sums(self, steps: Any, t: Any = t) -> tuple[Line, Line]:
        """0 <= G <= H, and 0 < H known, at a cloud c that occurs."""
        s = self.s

        def least(at: Any) -> Line:
            share, low = self.rules["particles carry shares"](at), self.range(t, steps, src(at), dst(at))[0]
            return s.prove(carried(at) * lo(steps) <= carried(at) * lookahead(t, at), share, low)

        def part(at: Any, upper: bool) -> Line:
            share, pair = self.rules["particles carry shares"](at), self.between(t, at)
            if upper:
                return s.prove(carried(at) * tested(t, at) <= carried(at) * lookahead(t, at), share, pair[1])
            return s.prove(0 <= carried(at) * tested(t, at), share, pair[0])

        floor = self.each(t, least)
        s.know(
            s.prove(
                0 < carrying(t, c, lookahead), floor, s.prove(0 < lo(steps) * over(c, carried), self.bounds(steps)[0])
            )
        )
        return self.each(t, lambda at: part(at, False)), self.each(t, lambda at: part(at, True))

    def inside_one(self) -> Line:
        """0 <= A <= 1 at a cloud that occurs: forall t k c."""
        s = self.s
        with s.suppose(Eq(t + k, n), Eq(bad(t, c), 0)) as here:
            self.now = [here[0]]
            self.occurs(k, t, c, here[1])
            low, high = self.between_sums(k)
            line = s.both(s.prove(0 <= answer(t, c), low), s.prove(relation("<=", answer(t, c), 1), high))
        return here.then(line, t, k, c)

    # ------------------------------------------------------------------------------------------------ one step
    def odds_step(self, draw: Draw, steps: Any, rules: Sequence[Line]) -> Line:
        """slots_odds for the cloud that is drawn."""
        s, at = self.s, Entry(d, i)
        with s.suppose(Eq(draw.null, 0)) as here:
            found = draw.found(d)
            with s.suppose(i < N) as inside:
                s.know(found(i)[0])
                pair, ends = self.between(draw.time, at), self.range(draw.time, steps, src(at), dst(at))
                line = inside.then(s.both(s.both(pair[0], pair[1]), s.both(ends[0], ends[1])), i)
            entries = here.then(line, d)
        for known in (
            entries,
            draw.share,
            draw.ones,
            draw.nonneg,
            draw.never,
            *rules,
            self.bounds(steps)[0],
            self.bounds(steps)[1],
        ):
            s.know(known)
        names = {
            Law("mu", "", "Edge*"): draw.law, function("h", "Edge -> real")(e): lookahead(draw.time, e),
            function("k", "Edge -> real")(e): tested(draw.time, e), function("w", "nat -> real")(i): draw.parts(i),
            function("z", "Edge* -> real")(d): draw.null, symbol("a", "real"): lo(steps), symbol("q", "real"): q(steps),
        }  # fmt: skip
        return s.use("slots_odds", names, {"Y": "Edge"})

    def drawn_cloud(self, draw: Draw) -> tuple[Line, Line]:
        """The cloud that is drawn occurs, in mean; and the mean of its answer."""
        s = self.s
        with s.surely(draw.law, d, draw.null, draw.nonneg, draw.never) as fine:
            found = draw.found(d)
            with s.below(i, N) as here:
                share = here.sum(s.prove(Eq(carried(Entry(d, i)), draw.parts(i)), found(i)[1]))
            share = s.prove(Eq(over(d, carried), 1), share, draw.ones)
            gone = fine.average(
                s.prove(
                    Eq(bad(draw.time, d), 0),
                    s.put(
                        s.prove(Eq(total_of(off, draw.time, d), 0), self.all_good(draw, found)),
                        lambda v: Eq(total_of(off, draw.time, d) + (v - 1) ** 2, 0),
                        share,
                    ),
                )
            )
            own, sums = (
                answer(draw.time, d),
                (self.carried_sum(draw, found, tested), self.carried_sum(draw, found, lookahead)),
            )
            same = fine.average(s.put(s.prove(Eq(own, own)), lambda u, v: Eq(u / v, own), *sums))
        return gone, same

    # ------------------------------------------------------------------------------------------------ the run
    def ahead(self) -> list[Line]:
        """That the next cloud occurs, that Out is a mean, and one step of the odds, where a cloud is alive; and that none is dead."""
        s, now, occurs = self.s, Eq(t + (k + 1), n), Eq(bad(t, c), 0)
        H, G, out = carrying(t, c, lookahead), carrying(t, c, tested), answer(t, c)

        def at_step(line: Line) -> None:
            self.now = [line]
            for early in (t < n, t + 1 <= n, t + 1 < T, Eq(t + 1 + 1 + k, T)):
                s.know(s.prove(early, line))

        with s.suppose(now, occurs, 0 < mass) as here:
            at_step(here[0])
            self.occurs(k + 1, t, c, here[1])
            draw = self.next_draw()
            gone, same = self.drawn_cloud(draw)
            self.between_sums(k + 1)
            names = "one slot", "slots apart", "slots apart the other way"
            step = self.odds_step(draw, k, [self.rules[name](t, c) for name in names])
            tops, bottoms = self.mean(tested), self.mean(lookahead)
            mean, whole = Expect(draw.law, d, drawn(draw, tested)), Expect(draw.law, d, drawn(draw, lookahead))
            a = Expect(draw.law, d, answer(t + 1, d))
            step = s.prove(
                (whole - mean) * a <= factor(k) * mean * (1 - a), s.substitute(step, same), hold=[whole, mean, a]
            )
            step = s.prove(
                (H - G) * a <= factor(k) * G * (1 - a), step, tops, bottoms, hold=[whole, mean, a, mass, H, G]
            )
            near = s.prove(odds(out, a, factor(k)), step, hold=[G, H, a])
            keeps = s.form(gone, Eq(Expect(draw.law, d, bad(t + 1, d)), 0))
            known = [here.then(line, t, k, c) for line in (keeps, self.moves(t, c), near)]
        with s.suppose(now, occurs, mass <= 0) as here:
            at_step(here[0])
            self.occurs(k + 1, t, c, here[1])
            self.between_sums(k + 1)
            nonneg = self.each(t, lambda at: s.prove(0 <= carried(at) * weight(t, at), self.weight(t, at)))
            dead = no_weight(s, self, lookahead, s.zero(mass, nonneg))
            wrong = s.prove(relation("<", 0, 0), dead, hold=[H])
            known.append(here.then(s.anything(Eq(Out(t, c), out), wrong), t, k, c))
        return known

    def at_end(self) -> Line:
        """Out is the answer of the last cloud."""
        s, H, G = self.s, carrying(n, c, lookahead), carrying(n, c, tested)
        with s.suppose(Eq(t, n), Eq(bad(t, c), 0)) as here:
            self.now = [here[0]]
            self.occurs(0, n, c, s.at(here[0], here[1], lambda r: Eq(bad(r, c), 0)))
            self.between_sums(0, n)
            ends = self.given["terminal value"], self.tested["terminal value"]
            bottom = self.each(
                n, lambda at: s.prove(Eq(carried(at) * lookahead(n, at), carried(at) * weight(n, at)), ends[0](dst(at)))
            )
            top = self.each(
                n,
                lambda at: s.prove(
                    Eq(carried(at) * tested(n, at), carried(at) * weight(n, at) * F(dst(at))), ends[1](dst(at))
                ),
            )
            line = s.prove(Eq(G, Out(n, c) * H), self.honest(c), top, bottom)
            line = s.prove(Eq(Out(n, c), answer(n, c)), line, hold=[G, H, Out(n, c)])
            return here.then(s.at(s.prove(Eq(n, t), here[0]), line, lambda r: Eq(Out(r, c), answer(r, c))), t, c)

    def begins(self) -> list[Line]:
        """That the first cloud occurs, and its step from the target."""
        s, draw = self.s, self.first_draw()
        self.now = []
        gone, same = self.drawn_cloud(draw)
        names = "one slot", "slots apart", "slots apart the other way"
        step = self.odds_step(draw, n, [self.rules[f"first: {name}"] for name in names])
        mean, whole = Expect(begin, d, drawn(draw, tested)), Expect(begin, d, drawn(draw, lookahead))
        a = Expect(begin, d, answer(0, d))
        step = s.prove(
            (whole - mean) * a <= factor(n) * mean * (1 - a), s.substitute(step, same), hold=[whole, mean, a]
        )
        tops, bottoms = self.first_mean(tested), self.first_mean(lookahead)
        top, bottom = VF(0, root), Vstar(0, root)
        step = s.prove(
            (bottom - top) * a <= factor(n) * top * (1 - a),
            step,
            tops,
            bottoms,
            hold=[whole, mean, a, top, bottom, V(0, root)],
        )
        near = s.prove(odds(target, a, factor(n)), step, hold=[top, bottom, a])
        return [s.form(gone, Eq(Expect(begin, d, bad(0, d)), 0)), near]

    def telescoped(self) -> Line:
        """The odds of the answer are at most prod (1 + 2 omega (q - 1)) times those of the target."""
        s = self.s
        known = [*self.ahead(), self.at_end(), self.inside_one(), *self.begins()]
        with s.below(i, N) as inside:
            at = Entry(c, i)
            nonneg = inside.sum(s.prove(0 <= off(t, at), self.given["noedge is non-negative"](t, src(at), dst(at))))
        known.append(s.gen(s.prove(0 <= bad(t, c), nonneg), t, c))
        known.append(s.both(s.prove(0 <= target), s.prove(target <= 1)))
        for line in known:
            s.know(line)
        of_clouds = {name: function(name, "nat Edge* -> real")(t, c) for name in ("W", "A", "bad", "alive")}
        names = {
            of_clouds["W"]: Out(t, c), of_clouds["A"]: answer(t, c), of_clouds["bad"]: bad(t, c), of_clouds["alive"]: mass,
            Law("step", "nat Edge*", "Edge*")(t, c): after(t, c), Law("start", "", "Edge*"): begin, f(k): factor(k),
            symbol("target", "real"): target, m: n,
        }  # fmt: skip
        return s.use("telescope_odds_start", names, {"Y": "Edge"})


@lemma(
    "slots_odds_run",
    title="odds under resampling into slots, the upper half",
    words="As S16.odds: (1 - pi) out <= prod_{k<T} (1 + 2 omega (q(k) - 1)) pi (1 - out).",
)
@in_sympy("slots_odds_run")
def upper_half(s: Derivation) -> Line:
    run = Ranged(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    turned(s, run)
    return run.telescoped()


def other_slots(s: Derivation, run: Ranged) -> None:
    """That slots are independent, for 1 - F: k and the rest change places."""

    def turned_copies(one: Copies) -> Copies:
        return one._replace(k=one.rest)

    def both(found: Line, goal: Any) -> Line:
        return s.form(s.both(found[1], found[0]), goal)

    orders = (("one slot", ()), ("slots apart", (j < N, i < j)), ("slots apart the other way", (j < N, j < i)))
    firsts, later = turned_copies(copies(begin, 0, share0)), turned_copies(copies(after(t, c), t + 1, parts))
    for name, order in orders:
        at = (i, j) if order else (i,)
        with s.suppose(i < N, *order) as here:
            line = both(run.rules[f"first: {name}"](*at), firsts.apart() if order else firsts.one())
        s.know(here.then(line, *at))
        with s.suppose(t < n, good, 0 < mass) as now:
            with s.suppose(i < N, *order) as here:
                line = both(run.rules[name](t, c)(*at), later.apart() if order else later.one())
            every = here.then(line, *at)
        s.know(now.then(every, t, c))


@statement(
    "S16.odds",
    source="new",
    title="odds of every event under resampling into slots",
    words="A run into slots as in S16, Qbar positive and q(k) the ratio of its largest to its least value on the edges with k steps to go, "
    "slots independent in that two draws of a slot may change places: with Q = prod_{k<T} (1 + 2 omega (q(k) - 1)), "
    "(1 - pi) out <= Q pi (1 - out) and pi (1 - out) <= Q (1 - pi) out.",
)
@in_sympy("S16.odds")
def odds_of_events(s: Derivation) -> Line:
    """The upper half for F, and for 1 - F."""
    run = Ranged(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    up = s.use("slots_odds_run")
    turned(s, run)
    moves_too(s, run, (("first slots", first),), (("slots move", moved),))
    other_slots(s, run)
    swapped = {Out(t, c): 1 - Out(t, c), F(x): 1 - F(x), VF(t, x): Vstar(t, x) - VF(t, x)}
    down = s.prove(target * (1 - out) <= Q * (1 - target) * out, s.use("slots_odds_run", swapped))
    return s.both(s.form(up, odds(target, out, Q)), down)


@statement(
    "S16.odds_tv",
    source="new",
    title="bias under resampling into slots, from the odds",
    words="As S16.odds: |E F(output) - target| <= (sqrt Q - 1)/(sqrt Q + 1) = tanh(log(Q)/4), Q = prod_{k<T} (1 + 2 omega (q(k) - 1)).",
)
@in_sympy("S16.odds_tv")
def total_variation(s: Derivation) -> Line:
    run = Ranged(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    known = s.use("S16.odds")
    turned(s, run)
    inside = s.know(s.prove(0 <= target)), s.know(s.prove(target <= 1))
    s.know(s.use("product_at_least_one", {f(k): factor(k)})(T))
    return from_odds(s, lambda half: known[half], (target, out), Q, inside)
