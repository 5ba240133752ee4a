"""Runs whose clouds are drawn into slots (S16): what is assumed of them, and one step of such a run.

A particle carries a share of the weight beside its edge.  Given a cloud whose weights do not all vanish, slot i of the next takes the
particle j of it with probability anc(i, j) and moves on from there by M, apart from the other slots, and carries the share w_i <= omega;
sum_i w_i anc(i, j) is the weight of j.  Stratified and residual resampling are so (omega = 1/N), and so is carrying the weights on where
none is above 1/(theta N): anc the identity, w the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sympy import Eq

from proofs.derive.derivation import Derivation, Line
from proofs.language.expressions import (
    Both,
    Entry,
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    implications,
    product,
    relation,
    symbol,
    total,
)
from proofs.lemmas.clouds import over, particles, sequence, total_of
from proofs.lemmas.layered_system import lookahead, model, off, weight
from proofs.theory.model import Vocabulary, layered
from proofs.theory.s5_bias import know_tested
from proofs.theory.s5_normaliser import know_weights
from proofs.theory.s12_density import reached
from proofs.theory.s17_run import between_values, through

N, n, m, t, i, j, k, c, d, e = particles.symbols("N n m t i j k c d e")
x, y, u, root, M, psi, V, Vstar, VF, F = layered.symbols("x y u root M psi V Vstar VF F")
dead, noedge, src, dst, horizon = layered.symbols("dead noedge src dst T")
slots = Vocabulary(
    {
        "Edge -> real": "carried",
        "nat Edge* nat nat -> real": "anc",
        "nat Edge* nat -> real": "share",
        "nat -> real": "share0 lo b",
        "nat Edge* ~ Edge*": "slots",
        "~ Edge*": "begin",
        "nat Edge* Edge* -> real": "miss",
        "Edge* -> real": "miss0",
        "nat Edge* -> real": "Out B",
        "real": "omega",
    }
)
carried, anc, share, share0, lo, b = slots.symbols("carried anc share share0 lo b")
after, begin, miss, miss0, Out, B, omega = slots.symbols("slots begin miss miss0 Out B omega")
T = n + 1
good, mass = Eq(total_of(off, t, c), 0), over(c, lambda q: carried(q) * weight(t, q))
alive = 0 < mass


def tested(time: Any, q: Any) -> Any:
    """Qbar of an edge with the terminal reward times F."""
    return lookahead(time, q, VF)


def carrying(time: Any, cloud: Any, value: Callable[[Any, Any], Any]) -> Any:
    """The sum of value over the cloud, each particle by its share."""
    return over(cloud, lambda q: carried(q) * value(time, q))


def grow(time: Any) -> Any:
    """1 + omega (b - 1)."""
    return 1 + omega * (b(time) - 1)


def growth(steps: Any, time: Any, factor: Callable[[Any], Any] = grow) -> Any:
    """The product of the factors of so many steps from a time on."""
    return product(steps, k, factor(time + k))


def shared(parts: Callable[[Any], Any], cloud: Any, value: Callable[[Any], Any]) -> Any:
    """The sum of value over the cloud, slot i by parts(i)."""
    return total(N, i, parts(i) * value(Entry(cloud, i)))


def apart(law: Law, parts: Callable[[Any], Any], value: Any, other: Any) -> Any:
    """value of slot i is uncorrelated with the rest of the shared sum of other."""
    own, whole = other(Entry(d, i)), shared(parts, d, other)
    left = Expect(law, d, value(Entry(d, i)) * (whole - parts(i) * own))
    right = Expect(law, d, value(Entry(d, i))) * (Expect(law, d, whole) - parts(i) * Expect(law, d, own))
    return Eq(left, right)


def fine(time: Any, parts: Callable[[Any], Any]) -> Any:
    """Slot i is reachable and carries its share."""
    return ForAll(i, implications(i < N, Both(Eq(off(time, Entry(d, i)), 0), Eq(carried(Entry(d, i)), parts(i)))))


def at_edge(value: Any, time: Any, old: Any, new: Any) -> Any:
    """Qbar, Qbar^F, or their difference, of the edge old -> new."""
    if value is rest:
        return at_edge(lookahead, time, old, new) - at_edge(tested, time, old, new)
    end = VF if value is tested else Vstar
    return psi(time, old, new) * end(time + 1, new) / V(time, old)


def rest(time: Any, q: Any) -> Any:
    """Qbar of an edge with the terminal reward times 1 - F."""
    return lookahead(time, q) - tested(time, q)


def over_ancestors(slot: Any, value: Callable[[Any], Any]) -> Any:
    """The mean of value over what the slot takes from c."""
    return total(N, j, anc(t, c, slot, j) * value(Entry(c, j)))


def unbiased(index: Any) -> Any:
    """Over the slots, by their shares, a particle of c is taken by its weight."""
    q = Entry(c, index)
    return Eq(total(N, i, share(t, c, i) * anc(t, c, i, index)), carried(q) * weight(t, q) / mass)


def parts(index: Any) -> Any:
    """The share of a slot of the cloud after c."""
    return share(t, c, index)


def moved(value: Any) -> Any:
    """Slot i takes a particle of c and moves on from there, for a test function of the edge."""
    step = over_ancestors(i, lambda q: Expect(M(t + 1, dst(q)), y, at_edge(value, t + 1, dst(q), y)))
    return Eq(Expect(after(t, c), d, value(t + 1, Entry(d, i))), step)


def first(value: Any) -> Any:
    """Slot i of the first cloud leaves the root."""
    return Eq(Expect(begin, d, value(0, Entry(d, i))), Expect(M(0, root), y, at_edge(value, 0, root, y)))


def first_apart(value: Any) -> Any:
    return apart(begin, share0, lambda q: value(0, q), lambda q: lookahead(0, q))


def next_apart(value: Any) -> Any:
    return apart(after(t, c), parts, lambda q: value(t + 1, q), lambda q: lookahead(t + 1, q))


class Draw(NamedTuple):
    """A cloud that is drawn into slots at a time: its law, shares and null set, and what is known of them; apart: that an entry is
    uncorrelated with the others, of runs that ask it."""

    law: Law
    time: Any
    parts: Callable[[Any], Any]
    null: Any
    nonneg: Line
    never: Line
    found: Line
    ones: Line
    share: Line
    floor: Callable[[Any], Line]
    apart: Any


class Run:
    """A run into slots: its hypotheses by name, and a step of it."""

    def __init__(self, s: Derivation) -> None:
        self.s, self.given = s, model(s)
        self.tested = know_tested(s, self.given)
        now = t < n, good, alive

        def of_slots(rule: Any) -> Any:
            return ForAll(t, c, implications(*now, ForAll(i, Implication(i < N, rule))))

        def both(rule: Callable[[Any], Any]) -> Any:
            return Both(rule(lookahead), rule(tested))

        self.rules = s.setting(
            {
                "particles carry shares": ForAll(e, 0 <= carried(e)),
                "some share": relation("<=", 0, omega),
                "first shares": ForAll(i, implications(i < N, self.of_share(share0(i)))),
                "all first shares": Eq(total(N, i, share0(i)), 1),
                "shares": of_slots(self.of_share(parts(i))),
                "all shares": ForAll(t, c, implications(*now, Eq(total(N, i, parts(i)), 1))),
                "first slots": ForAll(i, Implication(i < N, both(first))),
                "ancestors": ForAll(t, c, i, j, 0 <= anc(t, c, i, j)),
                "one ancestor": of_slots(Eq(total(N, j, anc(t, c, i, j)), 1)),
                "ancestors have weight": of_slots(
                    ForAll(j, Implication(weight(t, Entry(c, j)) <= 0, Eq(anc(t, c, i, j), 0)))
                ),
                "unbiased": ForAll(t, c, implications(*now, ForAll(j, Implication(j < N, unbiased(j))))),
                "slots move": of_slots(both(moved)),
                **self.independent(now),
                "misses": ForAll(t, c, d, 0 <= miss(t, c, d)),
                "none is missed": ForAll(t, c, implications(*now, Eq(Expect(after(t, c), d, miss(t, c, d)), 0))),
                "what is not missed": ForAll(
                    t, c, implications(*now, ForAll(d, Implication(Eq(miss(t, c, d), 0), fine(t + 1, parts))))
                ),
                "first misses": ForAll(d, 0 <= miss0(d)),
                "no first is missed": Eq(Expect(begin, d, miss0(d)), 0),
                "what is not missed first": ForAll(d, Implication(Eq(miss0(d), 0), fine(0, share0))),
                **self.of_shares(now),
            }
        )
        self.moves, self.honest, self.inside = s.given(
            ForAll(t, c, implications(t < n, alive, Eq(Out(t, c), Expect(after(t, c), d, Out(t + 1, d))))),
            ForAll(c, Eq(Out(n, c) * carrying(n, c, weight), over(c, lambda q: carried(q) * weight(n, q) * F(dst(q))))),
            ForAll(t, c, Both(0 <= Out(t, c), Out(t, c) <= 1)),
        )
        self.positive = s.know(s.gen(self.inside(t, c)[0], t, c))
        self.limits()
        self.weight = know_weights(s, self.given)
        self.between = s.know(between_values(s, self.given))
        s.know(s.gen(self.grows(), k))
        self.growths = s.use("product_nonneg", {sequence(k): self.grow(k)})
        self.front = s.use("product_front", {sequence(k): self.grow(k)})

    def limits(self) -> None:
        """What is asked of Vstar/V and of Qbar."""
        where = t < T, Eq(dead(t, x), 0), 0 < V(t, x)
        self.least, self.most, self.low, self.peak = self.s.given(
            ForAll(t, x, implications(*where, lo(t) <= Vstar(t, x) / V(t, x))),
            ForAll(t, x, y, implications(t < T, Eq(noedge(t, x, y), 0), at_edge(lookahead, t, x, y) <= b(t) * lo(t))),
            ForAll(t, 0 <= lo(t)),
            ForAll(t, relation("<=", 1, b(t))),
        )

    def independent(self, now: tuple[Any, ...]) -> dict[str, Any]:
        """That slots are independent, of the first cloud and of the next; now: where there is one."""

        def both(rule: Callable[[Any], Any]) -> Any:
            return Both(rule(lookahead), rule(tested))

        return {
            "first apart": ForAll(i, Implication(i < N, both(first_apart))),
            "apart": ForAll(t, c, implications(*now, ForAll(i, Implication(i < N, both(next_apart))))),
        }

    def of_share(self, part: Any) -> Any:
        """What is asked of the share of one slot."""
        return Both(0 <= part, part <= omega)

    def of_shares(self, now: tuple[Any, ...]) -> dict[str, Any]:
        """What is asked of the shares of a cloud beside that they add up to 1; now: where there is a next cloud."""
        return {}

    def grow(self, time: Any) -> Any:
        """By how much a step multiplies the squares at most."""
        return grow(time)

    def grows(self) -> Line:
        """0 <= grow(k)."""
        return self.s.prove(0 <= grow(k), self.rules["some share"], self.peak(k))

    def spread(self, draw: Draw) -> Line:
        """E S^2 <= grow (E S)^2 for the shared sum S of Qbar over the cloud that is drawn."""
        s, S = self.s, drawn(draw, lookahead)
        return self.step(
            draw, lookahead, 1, lambda found: s.both(s.prove(relation("<=", S, S)), s.prove(relation("<=", 0, 1)))
        )[0]

    # ------------------------------------------------------------------------------------------------ one cloud
    def each(self, time: Any, line: Callable[[Any], Line]) -> Line:
        """The sum over a good cloud, known, of a line about a reachable edge, at a time of at most n."""
        s, at = self.s, Entry(c, i)
        s.know(s.gen(self.given["noedge is non-negative"](time, src(Entry(c, k)), dst(Entry(c, k))), k))
        zero = s.use("terms_vanish", {sequence(k): off(time, Entry(c, k))})(N)
        with s.below(i, N) as inside:
            s.know(zero(i))
            return inside.sum(line(at))

    # ------------------------------------------------------------------------------------------------ what the slots draw
    def after_edge(self, q: Any, value: Any) -> Any:
        """The mean of value at t + 1 over what leaves q."""
        return Expect(M(t + 1, dst(q)), y, at_edge(value, t + 1, dst(q), y))

    def mean(self, value: Any) -> Line:
        """E of the shared sum of value at t + 1, times the weight, is the carried sum of value at t, where alive and good are known."""
        s, star = self.s, VF if value is tested else Vstar
        rules, part = (self.tested, 1) if value is tested else (self.given, 0)
        A = self.after_edge(Entry(c, j), value)
        taken = share(t, c, i) * anc(t, c, i, j)
        with s.below(i, N) as inside:
            own = self.rules["slots move"](t, c)(i)[part]
            slot = inside.sum(s.prove(Eq(share(t, c, i) * own.lhs, share(t, c, i) * own.rhs), own))
        whole = s.fubini(Expect(after(t, c), d, shared(lambda r: share(t, c, r), d, lambda q: value(t + 1, q))))
        turned = s.fubini(total(N, i, total(N, j, taken * A)))
        q = Entry(c, j)
        zero = s.use("terms_vanish", {sequence(k): off(t, Entry(c, k))})(N)
        with s.below(j, N) as inside:
            s.know(zero(j))
            flow, drawn = through(s, self.given, rules, q, star), self.rules["unbiased"](t, c)(j)
            line = s.prove(Eq(total(N, i, taken * A) * mass, carried(q) * value(t, q)), flow, drawn)
            sums = inside.sum(line)
        left = Expect(after(t, c), d, shared(lambda r: share(t, c, r), d, lambda q: value(t + 1, q)))
        return s.prove(Eq(left * mass, carrying(t, c, value)), whole, slot, turned, sums)

    def floor(self) -> Line:
        """lo(t + 1) <= E Qbar of slot i, where alive, good and i < N are known."""
        s, q = self.s, Entry(c, j)
        A, chance, least = self.after_edge(q, lookahead), anc(t, c, i, j), lo(t + 1)
        zero = s.use("terms_vanish", {sequence(k): off(t, Entry(c, k))})(N)
        with s.below(j, N) as inside:
            s.know(zero(j))
            s.know(self.given["ends of a reachable edge are live"](t, src(q), dst(q))[1])
            goal = relation("<=", chance * least, chance * A)
            with s.suppose(weight(t, q) <= 0) as light:
                s.know(light[0])
                low = s.prove(goal, self.rules["ancestors have weight"](t, c)(i)(j))
            with s.suppose(0 < weight(t, q)) as some:
                s.know(reached(s, self, V, t, q, some[0]))
                value = s.prove(
                    Eq(A, Vstar(t + 1, dst(q)) / V(t + 1, dst(q))), self.given["value recursion"](t + 1, dst(q))
                )
                top = s.prove(least <= A, value, self.least(t + 1, dst(q)))
                high = s.prove(goal, top, self.rules["ancestors"](t, c, i, j))
            sums = inside.sum(s.cases(weight(t, q), 0, low, high))
        one = self.rules["one ancestor"](t, c)(i)
        return s.prove(
            least <= self.rules["slots move"](t, c)(i)[0].lhs, sums, one, self.rules["slots move"](t, c)(i)[0]
        )

    def step(self, draw: Draw, value: Any, answer: Any, enough: Callable[[Line], Line]) -> Line:
        """slots_step for the shared sums of value and of Qbar over the next cloud d.

        enough: that the sum of value is at most `answer` times that of Qbar, and 0 <= answer, where the cloud is what it is almost surely,
        from the line that says so of every slot.
        """
        s, at, part = self.s, Entry(d, i), 1 if value is tested else 0
        own, bottom = value(draw.time, at), lookahead(draw.time, at)
        with s.suppose(Eq(draw.null, 0)) as here:
            found = draw.found(d)
            with s.suppose(i < N) as inside:
                s.know(found(i)[0])
                pair, top = self.between(draw.time, at), self.of_edge(draw.time, at)
                low = pair[0] if value is tested else s.prove(0 <= own, pair[0], pair[1])
                high = pair[1] if value is tested else s.prove(relation("<=", own, own))
                most = s.prove(own * bottom <= b(draw.time) * lo(draw.time) * own, top, low)
                line = inside.then(s.both(s.both(low, high), most), i)
            both = here.then(line, d), here.then(enough(found), d)
        with s.suppose(i < N) as inside:
            slot = inside.then(s.both(draw.share(i), s.both(draw.floor(i), draw.apart(i)[part])), i)
        for known in (*both, slot, draw.nonneg, draw.never, draw.ones, self.low(draw.time), self.peak(draw.time)):
            s.know(known)
        names = {
            Law("mu", "", "Edge*"): draw.law, function("h", "Edge -> real")(e): lookahead(draw.time, e),
            function("k", "Edge -> real")(e): value(draw.time, e), function("w", "nat -> real")(i): draw.parts(i),
            function("z", "Edge* -> real")(d): draw.null, function("R", "Edge* -> real")(d): answer,
            symbol("a", "real"): lo(draw.time), symbol("b", "real"): b(draw.time),
        }  # fmt: skip
        return s.use("slots_step", names, {"Y": "Edge"})

    def of_edge(self, time: Any, q: Any) -> Line:
        """Qbar <= b lo of a reachable edge, known to be one."""
        return self.most(time, src(q), dst(q))

    def carried_sum(self, draw: Draw, found: Line, value: Any) -> Line:
        """The shared sum of value over d is the carried one, where every slot carries its share."""
        with self.s.below(i, N) as inside:
            own, at = found(i)[1], Entry(d, i)
            line = self.s.prove(Eq(draw.parts(i) * value(draw.time, at), carried(at) * value(draw.time, at)), own)
            return inside.sum(line)

    def all_good(self, draw: Draw, found: Line) -> Line:
        """The cloud d is good."""
        with self.s.below(i, N) as inside:
            sums = inside.sum(self.s.prove(Eq(off(draw.time, Entry(d, i)), 0), found(i)[0]))
        return self.s.prove(Eq(total_of(off, draw.time, d), 0), sums)

    def next_draw(self) -> Draw:
        """The next cloud, where t < n, and the cloud c is alive and good: known."""
        s, rules = self.s, self.rules
        s.know(s.gen(self.given["noedge is non-negative"](t, src(Entry(c, k)), dst(Entry(c, k))), k))
        return Draw(
            after(t, c), t + 1, parts, miss(t, c, d), rules["misses"](t, c), rules["none is missed"](t, c),
            rules["what is not missed"](t, c), rules["all shares"](t, c), rules["shares"](t, c), lambda r: self.floor(),
            rules["apart"](t, c) if "apart" in rules else None,
        )  # fmt: skip

    def first_draw(self) -> Draw:
        """The first cloud."""
        s, rules = self.s, self.rules

        def floor(r: Any) -> Line:
            own = rules["first slots"](r)[0]
            return s.prove(lo(0) <= own.lhs, self.least(0, root), own, self.given["value recursion"](0, root))

        return Draw(
            begin, 0, share0, miss0(d), rules["first misses"], rules["no first is missed"], rules["what is not missed first"],
            rules["all first shares"], rules["first shares"], floor, rules.get("first apart"),
        )  # fmt: skip

    def first_mean(self, value: Any) -> Line:
        """E of the shared sum of value over the first cloud is the value at the root over V_0."""
        s, rules, part = self.s, self.tested if value is tested else self.given, 1 if value is tested else 0
        star = VF if value is tested else Vstar
        whole = s.fubini(Expect(begin, d, shared(share0, d, lambda q: value(0, q))))
        with s.below(i, N) as inside:
            own = self.rules["first slots"](i)[part]
            line = s.prove(
                Eq(share0(i) * own.lhs, share0(i) * (star(0, root) / V(0, root))),
                own,
                rules["value recursion"](0, root),
            )
            sums = inside.sum(line)
        left = Expect(begin, d, shared(share0, d, lambda q: value(0, q)))
        return s.prove(Eq(left, star(0, root) / V(0, root)), whole, sums, self.rules["all first shares"])


def drawn(draw: Draw, value: Any) -> Any:
    """The shared sum of value over the cloud that is drawn."""
    return shared(draw.parts, d, lambda q: value(draw.time, q))


def below(factor: Any, time: Any, cloud: Any) -> Any:
    """G <= factor Out H."""
    return carrying(time, cloud, tested) <= factor * Out(time, cloud) * carrying(time, cloud, lookahead)


def backwards(
    s: Derivation,
    run: Run,
    claim: Callable[[Any, Any], Any],
    at_end: Callable[[], Line],
    gone: Callable[[Line], Line],
    there: Callable[[Line], Line],
) -> Line:
    """forall m t c. t + m = n => c is good => claim(m, t), by induction on the steps to go.

    at_end() is claim(0, n), gone(zero) claim(m + 1, t) where the weights vanish, and there(ahead) where they do not, `ahead` the claim at
    the next clouds, forall c."""

    def formula(r: Any) -> Any:
        return ForAll(t, c, implications(Eq(t + r, n), good, claim(r, t)))

    with s.suppose(Eq(t, n), good) as now:
        s.know(s.at(now[0], now[1], lambda r: Eq(total_of(off, r, c), 0)))
        base = now.then(s.at(s.prove(Eq(n, t), now[0]), at_end(), lambda r: claim(0, r)), t, c)
    with s.suppose(formula(m)) as hyp, s.suppose(Eq(t + (m + 1), n), good) as now:
        for early in (t < n, t + 1 <= n, t + 1 < T):
            s.know(s.prove(early, now[0]))
        with s.below(i, N) as inside:
            nonneg = inside.sum(s.prove(0 <= carried(Entry(c, i)) * weight(t, Entry(c, i)), run.weight(t, Entry(c, i))))
        with s.suppose(mass <= 0):
            low = gone(s.zero(mass, nonneg))
        with s.suppose(alive):
            with s.suppose(Eq(total_of(off, t + 1, c), 0)) as clean:
                ahead = clean.then(hyp[0](t + 1, c), c)
            high = there(ahead)
        step = hyp.then(now.then(s.cases(mass, 0, low, high), t, c))
    return s.induct(m, formula, base, step)


def no_weight(s: Derivation, run: Run, value: Any, zero: Line) -> Line:
    """The carried sum of value is 0 where that of the weights is."""
    star = VF if value is tested else Vstar
    rules = run.tested if value is tested else run.given
    own = s.gen(s.prove(0 <= carried(Entry(c, k)) * weight(t, Entry(c, k)), run.weight(t, Entry(c, k))), k)
    s.know(own), s.know(zero)
    gone = s.use("terms_vanish", {sequence(k): carried(Entry(c, k)) * weight(t, Entry(c, k))})(N)

    def one(q: Any) -> Line:
        flow, none = through(s, run.given, rules, q, star), gone(i)
        ahead = run.after_edge(q, value)
        line = s.prove(Eq(carried(q) * weight(t, q) * ahead, carried(q) * value(t, q)), flow)
        return s.prove(Eq(carried(q) * value(t, q), 0), line, s.prove(Eq(carried(q) * weight(t, q) * ahead, 0), none))

    return run.each(t, one)
