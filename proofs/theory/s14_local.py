"""S14: variance of the normaliser by local second moments, finite even where the twist promises what the process cannot deliver.

PV(s, t, x) is the reference mean of the path's potentials times V_s(x_s) from x at time t, PQ(s, t, x) the same with
E[psi^2 Vstar_{s+1}^2 | x_s] / V_s(x_s) in place of V_s(x_s), as in G1.  Two lineages that part at x and meet at time s contribute
PV(s, t, x) PQ(s, t, x), so b(s) = max over t <= s and live x of PV PQ / Vstar_t(x)^2 is what a maximum over edges is in S5.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Product

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, Recip, implications, relation
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import ahead, live, lookahead, model, moved, off, on_move, weight
from proofs.lemmas.local_moments import plain, square, tail
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import scale
from proofs.theory.s5_normaliser import (
    begin,
    edges,
    first_mean,
    know_first,
    know_mixture,
    know_particles,
    of_ends,
    on_ends,
    recursion_of,
    start,
)

N, n, m, t, k, until, e, f, c, d, z, b, B = particles.symbols("N n m t k s e f c d z b B")
x, y, root, M, psi, V, Vstar, PV, PQ = layered.symbols("x y root M psi V Vstar PV PQ")
src, dst, move, first, horizon = layered.symbols("src dst move first T")
T = n + 1
grow = 1 + (b(k) - 1) / N


def last(time: Any, at: Any) -> Any:
    """E[psi^2 Vstar_{time+1}^2 | at] / V_time(at)."""
    return Expect(M(time, at), y, psi(time, at, y) ** 2 * Vstar(time + 1, y) ** 2) / V(time, at)


def pushed(g: Any) -> Any:
    """g(s, t, x) by backward recursion."""
    return Eq(g(until, t, x), ahead(lambda r, q: g(until, r, q)))


def meetings(s: Derivation, end: Any = T) -> dict[str, Line]:
    """PV and PQ by backward recursion; b(s) bounds PV PQ by the square of the true value where two lineages part.  end: the horizon."""
    most = PV(until, t, x) * PQ(until, t, x) <= b(until) * Vstar(t, x) ** 2
    return s.setting(
        {
            "push": ForAll(until, t, x, implications(t < until, until < end, live, Both(pushed(PV), pushed(PQ)))),
            "ends": ForAll(t, x, Both(Eq(PV(t, t, x), V(t, x)), Eq(PQ(t, t, x), last(t, x)))),
            "b bounds the meetings": ForAll(until, t, x, implications(t <= until, until < end, live, most)),
        }
    )


def seen(value: Any) -> Any:
    """psi value_{t+1}(new) / V_t(old) of an edge, for PV and PQ at time s."""
    return lookahead(t, e, lambda r, q: value(until, r, q))


@lemma(
    "meetings_nonneg",
    title="reference means of the twist and of squared lookaheads are non-negative",
    words="0 <= PV(s, t, x) and 0 <= PQ(s, t, x) for live x and t <= s < T.",
)
@in_sympy("meetings_nonneg")
def meetings_nonneg(s: Derivation) -> Line:
    given, ref = model(s, horizon), meetings(s, horizon)
    parts = []
    with s.suppose(until < horizon) as inside:
        with s.suppose(t < until, live) as short:
            s.know(s.prove(t < horizon, short[0], inside[0]))
            follow, push = given["moves follow edges"](t, x), ref["push"](until, t, x)
        for line in (follow, push[0], push[1]):
            s.know(short.then(line, t, x))
        squares = s.expect(M(t, x), y, s.prove(relation("<=", 0, (psi(t, x, y) * Vstar(t + 1, y)) ** 2)))
        positive = s.prove(0 <= last(t, x), squares, s.use("inverse_nonneg")(V(t, x)))
        for value, end, sign in ((PV, V(t, x), None), (PQ, last(t, x), positive)):
            if sign is not None:
                s.know(s.gen(sign, t, x))
            s.know(s.gen(ref["ends"](until, x)[0 if value is PV else 1], x))
            parts.append(s.use("value_nonneg", {horizon: until, Vstar(t, x): value(until, t, x), V(t, x): end}))
        with s.suppose(t <= until, live) as here:
            both = here.then(s.both(parts[0](t, x), parts[1](t, x)), t, x)
    out = inside.then(both, until)
    with s.suppose(t <= until, until < horizon, live) as here:
        line = out(until)(t, x)
    return here.then(line, until, t, x)


@lemma(
    "value_below_meetings",
    title="the true value is at most the geometric mean of PV and PQ",
    words="Vstar_t(x)^2 <= PV(s, t, x) PQ(s, t, x) for live x and t <= s < T: Cauchy-Schwarz along the path.",
)
@in_sympy("value_below_meetings")
def value_below_meetings(s: Derivation) -> Line:
    """0 <= PQ - 2 z Vstar + z^2 PV for every z, by backward induction from time s."""
    given, ref = model(s, horizon), meetings(s, horizon)

    def shape(a: Any, v: Any, p: Any) -> Any:
        return relation("<=", 0, a - 2 * z * v + z**2 * p)

    def below(time: Any) -> Any:
        return shape(PQ(until, time, x), Vstar(time, x), PV(until, time, x))

    def claim(r: Any) -> Any:
        return ForAll(t, x, z, implications(Eq(t + r, until), until < horizon, live, below(t)))

    with s.suppose(Eq(t, until), until < horizon, live) as now:
        s.know(s.prove(t < horizon, now[0], now[1]))
        value, ends = given["value recursion"](t, x), ref["ends"](t, x)
        with s.suppose(0 < V(t, x)):
            square = s.prove(relation("<=", 0, (psi(t, x, y) * Vstar(t + 1, y) - z * V(t, x)) ** 2 / V(t, x)))
            mean = s.expect(M(t, x), y, square)
            high = s.prove(shape(PQ(t, t, x), Vstar(t, x), PV(t, t, x)), mean, value, ends[0], ends[1])
        with s.suppose(V(t, x) <= 0):
            none = s.know(s.zero(V(t, x), given["twist is non-negative"](t, x)))
            kills = given["twist kills no live value"](t, x)
            top = Expect(M(t, x), y, psi(t, x, y) ** 2 * Vstar(t + 1, y) ** 2)
            flat = s.at(none, ends[1], lambda v: Eq(PQ(t, t, x), top * Recip(v)))
            flat = s.prove(Eq(PQ(t, t, x), 0), flat)
            low = s.prove(shape(PQ(t, t, x), Vstar(t, x), PV(t, t, x)), kills, none, ends[0], flat)
        line = s.cases(V(t, x), 0, low, high)
        line = s.at(now[0], line, lambda r: shape(PQ(r, t, x), Vstar(t, x), PV(r, t, x)))
        base = now.then(line, t, x, z)
    with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), until), until < horizon, live) as now:
        s.know(s.prove(t < until, now[0]))
        s.know(s.prove(t < horizon, now[1]))
        push = ref["push"](until, t, x)
        with on_move(s, given, t, x) as there:
            s.know(given["ends of a reachable edge are live"](t, x, y)[1])
            inside, potential = hyp[0](t + 1, y, z), given["potentials are non-negative"](t, x, y)
            mean = there.average(s.prove(0 <= psi(t, x, y) * inside.rhs, inside, potential))
        step = hyp.then(now.then(s.prove(below(t), mean, push[0], push[1], given["value recursion"](t, x)), t, x, z))
    out = s.induct(m, claim, base, step)
    with s.suppose(t <= until, until < horizon, live) as here, s.nat_split(here[0], m) as split:
        s.know(s.gen(out(m, t, x, z), z))
        line = s.use("discriminant")(PQ(until, t, x), Vstar(t, x), PV(until, t, x))
        line = split.close(line)
    return here.then(line, until, t, x)


@lemma(
    "meetings_at_least_one",
    title="the local second moments are at least 1",
    words="1 <= b(s) for s < T: Cauchy-Schwarz at the root.",
)
@in_sympy("meetings_at_least_one")
def meetings_at_least_one(s: Derivation) -> Line:
    model(s, horizon)
    ref = meetings(s, horizon)
    value = s.given(0 < Vstar(0, root)).rhs
    with s.suppose(until < horizon) as here:
        low, high = (
            s.use("value_below_meetings")(until, 0, root),
            ref["b bounds the meetings"](until, 0, root),
        )
        s.know(s.chain(low, high))
        s.know(s.prove(0 < value**2))
        line = s.use("cancel_factor")(value**2, 1, b(until))
    return here.then(line, until)


# ---------------------------------------------------------------------------------------------------- edges as particles
def carried(value: Any, time: Any) -> Any:
    """psi value_{time+1}(new) / V_time(old) for PV and PQ at time s, of the two ends of an edge."""
    return lambda a, q: psi(time, a, q) * value(until, time + 1, q) / V(time, a)


def squared(time: Any) -> Any:
    """The square of Qbar, of the two ends of an edge."""
    return lambda a, q: (psi(time, a, q) * Vstar(time + 1, q) / V(time, a)) ** 2


def at_end(s: Derivation, given: dict[str, Line], goal: Any, high: Any, low: Any) -> Line:
    """The goal at the end y of an edge, where V(y) is positive by `high`, and where it is zero by `low` of that line."""
    value = V(t + 1, dst(e))
    with s.suppose(0 < value):
        some = s.prove(goal, *high())
    with s.suppose(value <= 0):
        zero = s.know(s.zero(value, given["twist is non-negative"](t + 1, dst(e))))
        none = s.prove(goal, *low(zero))
    return s.cases(value, 0, none, some)


def know_at_once(s: Derivation, given: dict[str, Line], ref: dict[str, Line]) -> None:
    """plain and square of lineages that meet at the next step."""
    end, time = dst(e), t + 1
    with s.suppose(t < n) as here:
        s.know(s.prove(time < T, here[0]))
        ends, mean = ref["ends"](time, end), moved(s, given, time, end, squared(time))
        top = Expect(M(time, end), y, psi(time, end, y) ** 2 * Vstar(time + 1, y) ** 2)
        plain_one = s.prove(Eq(seen(PV).subs(until, time), weight(t, e)), ends[0])
        goal = Eq(seen(PQ).subs(until, time), weight(t, e) * Expect(move(time, end), f, lookahead(time, f) ** 2))
        square_one = at_end(
            s,
            given,
            goal,
            lambda: (ends[1], mean),
            lambda zero: (zero, s.at(zero, ends[1], lambda v: Eq(PQ(time, time, end), top * Recip(v)))),
        )
    for line in (plain_one, square_one):
        s.know(here.then(line, t, e))


def know_signs(s: Derivation, given: dict[str, Line], ref: dict[str, Line]) -> None:
    """plain and square are non-negative, and their product is at most b h^2."""
    end = dst(e)
    with s.suppose(t < until, until <= n, Eq(off(t, e), 0)) as here:
        s.know(s.prove(until < T, here[1]))
        s.know(s.prove(t + 1 <= until, s.nat_step(here[0])))
        s.know(given["ends of a reachable edge are live"](t, src(e), end)[1])
        factors = given["potentials are non-negative"](t, src(e), end), s.use("inverse_nonneg")(V(t, src(e)))
        positive, most = (
            s.use("meetings_nonneg", {horizon: T})(until, t + 1, end),
            ref["b bounds the meetings"](until, t + 1, end),
        )
        lines = [s.prove(0 <= seen(value), positive[i], *factors) for i, value in enumerate((PV, PQ))]
        most = s.times_square(most, psi(t, src(e), end) / V(t, src(e)))
        lines.append(s.form(most, seen(PV) * seen(PQ) <= b(until) * lookahead(t, e) ** 2))
    for line in lines:
        s.know(here.then(line, until, t, e))


def know_recursion(s: Derivation, given: dict[str, Line], ref: dict[str, Line], part: int) -> None:
    """plain (part 0) or square (part 1) is at least the weight times its mean at the next step; a state with V = 0 passes nothing on."""
    end, value = dst(e), (PV, PQ)[part]
    with s.suppose(t + 1 < until, until <= n, Eq(off(t, e), 0)) as here:
        for claim in (until < T, t < until, t + 1 <= until, t + 1 < T):
            s.know(s.prove(claim, here[0], here[1]))
        s.know(given["ends of a reachable edge are live"](t, src(e), end)[1])
        factors = given["potentials are non-negative"](t, src(e), end), s.use("inverse_nonneg")(V(t, src(e)))
        push, mean = ref["push"](until, t + 1, end)[part], moved(s, given, t + 1, end, carried(value, t + 1))
        own = s.prove(0 <= seen(value), s.use("meetings_nonneg", {horizon: T})(until, t + 1, end)[part], *factors)
        passed = weight(t, e) * mean.lhs
        line = at_end(
            s,
            given,
            passed <= seen(value),
            lambda: (s.prove(Eq(passed, seen(value)), mean, push),),
            lambda zero: (s.prove(Eq(weight(t, e), 0), zero), own),
        )
    s.know(here.then(line, until, t, e))


def front(count: Any) -> Any:
    """prod_{k<count} (1 + (b(k) - 1)/N)."""
    return Product(grow, (k, 0, count - 1))


def left(time: Any) -> Any:
    """The factors 1 + (b(k) - 1)/N from this time on."""
    return front(T) / front(time)


LINEAGES = {plain(until, t, e): seen(PV), square(until, t, e): seen(PQ), tail(t): left(t), z: 1 - 1 / N}
"""The lineages of `local_moments`, in the layered model."""


def know_tails(s: Derivation) -> None:
    """What `local_moments.tails` asks of the factors that are left."""
    one = s.nat_step(s.given(0 < N))
    with s.suppose(k <= n) as here:
        s.know(s.prove(k < T, here[0]))
        positive = here.then(s.prove(0 < grow, s.use("meetings_at_least_one", {horizon: T})(k), one), k)

    def claim(count: Any) -> Any:
        return implications(relation("<=", count, T), relation("<", 0, front(count)))

    with s.suppose(claim(m)) as hyp, s.suppose(m + 1 <= T) as here:
        s.know(s.prove(m <= n, here[0]))
        s.know(s.prove(m <= T, here[0]))
        step = hyp.then(here.then(s.prove(0 < front(m + 1), hyp[0](), positive(m))))
    with s.suppose(relation("<=", 0, T)) as here:
        base = here.then(s.prove(relation("<", 0, front(0))))
    products = s.induct(m, claim, base, step)
    whole = s.know(products(T)())
    with s.suppose(t <= T) as here:
        s.know(products(t)())
        signs = here.then(s.prove(0 <= left(t)), t)
    with s.suppose(t <= n) as here:
        s.know(s.prove(t <= T, here[0]))
        s.know(s.prove(t + 1 <= T, here[0]))
        for count in (t, t + 1):
            s.know(products(count)())
        grows = here.then(s.prove((1 + (b(t) - 1) / N) * left(t + 1) <= left(t)), t)
    for line in (signs, grows, s.prove(relation("<=", 1, left(T)), whole)):
        s.know(line)


def know_first_meetings(s: Derivation, given: dict[str, Line], ref: dict[str, Line]) -> Line:
    """What `first_local_moment` asks of the first particle, and the mean of its lookahead."""
    mean, ends, most = first_mean(s, given), ref["ends"](0, root), ref["b bounds the meetings"]
    share = Vstar(0, root) / V(0, root)
    with s.suppose(k < n) as here:
        s.know(s.prove(k + 1 < T, here[0]))
        push, means = ref["push"](k + 1, 0, root), []
        for i, value in enumerate((PV, PQ)):
            law = s.use("first_law", {of_ends(x, y): carried(value, 0)(x, y).subs(until, k + 1)})
            goal = Eq(Expect(first, e, seen(value).subs({until: k + 1, t: 0})), value(k + 1, 0, root) / V(0, root))
            means.append(s.prove(goal, law, push[i]))
        line = s.times_square(most(k + 1, 0, root), 1 / V(0, root))
        line = s.form(line, means[0].rhs * means[1].rhs <= b(k + 1) * share**2)
        line = s.put(line, lambda p, q, r: p * q <= b(k + 1) * r**2, *means, mean)
    s.know(here.then(line, k))
    spread = Expect(first, e, lookahead(0, e) ** 2)
    law = on_ends(s, "first_law", squared(0))
    same = s.prove(Eq(spread, PV(0, 0, root) * PQ(0, 0, root) / V(0, root) ** 2), law, ends[0], ends[1])
    line = s.form(s.times_square(most(0, 0, root), 1 / V(0, root)), same.rhs <= b(0) * share**2)
    s.know(s.put(line, lambda p, r: p <= b(0) * r**2, same, mean))
    return mean


# ---------------------------------------------------------------------------------------------------- the statement
def know_meetings(s: Derivation, given: dict[str, Line], ref: dict[str, Line]) -> Line:
    """What the lemmas of `local_moments` ask of the edges of the layered model; the mean of the first lookahead."""
    know_at_once(s, given, ref)
    know_signs(s, given, ref)
    know_mixture(s, given, squared(t + 1))
    for part, value in enumerate((PV, PQ)):
        know_recursion(s, given, ref, part)
        know_mixture(s, given, carried(value, t + 1), until)
    know_tails(s)
    return know_first_meetings(s, given, ref)


@statement(
    "S14",
    source="new",
    title="variance of the normaliser by local second moments",
    words="Naive-proposal SMC as in S5, horizon T = n + 1; PV(s, t, x) = E[prod psi V_s | x_t = x] and PQ(s, t, x) the same with "
    "E[psi^2 Vstar_{s+1}^2 | x_s]/V_s, b(s) = max over t <= s and live x of PV PQ / Vstar_t(x)^2 (beta'_{s+1} of the theory): "
    "E[(Zhat/Z)^2] <= prod_{k<T} (1 + (b(k) - 1)/N).",
    attained=True,
)
@in_sympy("S14")
def second_moment(s: Derivation) -> Line:
    given, ref = model(s), meetings(s)
    recursion_of(s, B, 2)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    know_particles(s, given)
    know_first(s, given)
    mean = know_meetings(s, given, ref)
    line = s.use("first_local_moment", edges() | {start: first} | LINEAGES)
    line = s.at(mean, line, lambda r: begin(B(0, d)) <= left(0) * r**2)
    return s.prove(scale**2 * begin(B(0, d)) <= front(T), line)
