"""The path formula in numbers: how large the growth of two lineages is, of which one follows the path, where few meetings are far apart.

A(t) is the growth from time t on, a(q) what the free lineage gains from the root to time q, r(q, s) what it gains from time s instead, both
times a small number.  A meeting at the next step costs E <= 1; one after a gap, from s to q, costs a(q) r(q, s)/(rho C): so a gap takes a
factor 1/rho, and of m steps to go at most g have room for one where m <= 2 g + 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, function, implications, relation, symbols, total
from proofs.lemmas.halvings import doubles, half, strongly
from proofs.registry import lemma

n, m, i, k, l, t, g, h = symbols("n m i k l t g h", "nat")
q, p = symbols("q s", "nat")
E, C, rho, w, z = symbols("E C rho w z")
A, a, r = function("A", "nat -> real"), function("a", "nat -> real"), function("r", "nat nat -> real")
f = function("f", "nat -> real")
T = n + 1


def later(steps: Any, time: Any) -> Any:
    """What the first gap after a time costs: sum over q = time + i of 2^(T - 1 - q) sum over time <= s < q of r(q, s)."""
    return total(steps, i, half(steps, i) * total(i, k, r(time + i, time + k)))


def gaps(steps: Any, time: Any) -> Any:
    """What meetings after a gap from this time on cost."""
    return total(steps, i, a(time + 1 + i) * r(time + 1 + i, time) * A(time + 2 + i) / (rho * C))


def setting(s: Derivation) -> dict[str, Line]:
    """The recursion, and gains of at most 1."""
    low = relation("<=", 1, q), q <= n
    more = {
        "E is at most 1": E <= 1,
        "a is small": ForAll(q, implications(*low, Both(0 <= a(q), a(q) <= 1))),
        "r is small": ForAll(q, p, implications(relation("<=", 1, p), p < q, q <= n, Both(0 <= r(q, p), r(q, p) <= 1))),
    }
    return recursion(s) | s.setting(more)


def recursion(s: Derivation) -> dict[str, Line]:
    small = relation("<=", 1, p)
    step = A(p) <= 1 + E * A(p + 1) + gaps(m, p)
    return s.setting(
        {
            "rho is positive": 0 < rho,
            "rho is at most 1": rho <= 1,
            "C is at least 1": relation("<=", 1, C),
            "E is non-negative": 0 <= E,
            "A is non-negative": ForAll(t, implications(t <= T, 0 <= A(t))),
            "A at the end": A(T) <= 1,
            "A before": ForAll(p, m, implications(small, Eq(p + (m + 1), T), step)),
        }
    )


# ---------------------------------------------------------------------------------------------------- growth
def powers(s: Derivation) -> None:
    """0 <= rho^g <= 1 for every g, and 0 < C, 1/C <= 1."""
    s.know(s.gen(s.use("power_nonneg")(rho, g), g))
    s.know(s.gen(s.form(s.use("power_mono")(rho, 1, g), rho**g <= 1), g))
    s.know(s.prove(0 < C))
    s.know(s.prove(1 / C <= 1))


def in_room(steps: Any) -> tuple[Any, ...]:
    """From p >= 1 on there are so many steps to go, and at most g gaps fit in."""
    return relation("<=", 1, p), Eq(p + steps, T), relation("<=", steps, 2 * g + 1)


def know_step(s: Derivation, given: dict[str, Line], count: Line, room: Line) -> tuple[Line, Line]:
    """One step of the recursion from p on, with m + 1 to go, times rho^g; and rho^g E A(p + 1) <= rho^g A(p + 1)."""
    for fact in (p <= T, p + 1 <= T, Eq(p + 1 + m, T), relation("<=", 1, p + 1), m <= 2 * g + 1):
        s.know(s.prove(fact, count, room))
    size = s.know(s.use("power_nonneg")(rho, g)).rhs
    line = given["A before"](p, m)
    later_on = s.know(given["A is non-negative"](p + 1))
    once = s.know(s.prove(0 <= size * later_on.rhs))
    return s.prove(size * line.lhs <= size * line.rhs, line), s.prove(E * once.rhs <= once.rhs)


def after_a_gap(s: Derivation, given: Any, count: Line, room: Line, inside: Line, few: Callable, coef: Any) -> Line:
    """rho^g times the term i < m of `gaps` is at most coef 2^(m - 1 - i), coef one of 1 and r/C.

    few(steps, time, gaps): rho^gaps A(time) <= 2^steps."""
    value, gain, cost = A(p + 2 + i), a(p + 1 + i), r(p + 1 + i, p)

    def shape(room_for: Any, steps: Any) -> Any:
        return rho**room_for * (gain * cost * value / (rho * C)) <= coef * (w**steps * z ** (i + 1))

    with s.nat_split(s.nat_step(inside), l) as split:
        whole = split[0]
        with s.nat_split(s.nat_step(s.prove(0 < g, whole, room)), h) as fewer:
            facts = [
                relation("<=", 1, p + 2 + i),
                relation("<=", 1, p + 1 + i),
                p < p + 1 + i,
                p + 1 + i <= n,
                p + 2 + i <= T,
            ]
            for fact in (*facts, Eq(p + 2 + i + l, T), l <= 2 * h + 1, l <= m):
                s.know(s.prove(fact, count, room, whole, fewer[0]))
            small, cheap = given["a is small"](p + 1 + i), given["r is small"](p + 1 + i, p)
            for line in (small[0], small[1], cheap[0], cheap[1], given["A is non-negative"](p + 2 + i)):
                s.know(line)
            power = s.know(s.use("power_nonneg")(rho, h)).rhs
            most = few(l, p + 2 + i, h)
            s.know(s.prove(0 <= gain * cost / C))
            fraction = s.prove(gain * cost / C <= coef)
            low = s.prove(gain * cost / C * (power * value) <= coef * (power * value), fraction)
            high = s.prove(coef * (power * value) <= coef * w**l, most)
            line = s.chain(low, high)
            line = s.prove(shape(1 + h, i + 1 + l), line, s.use("halved")(i + 1))
            line = s.at(s.prove(Eq(1 + h, g), fewer[0]), line, lambda up: shape(up, i + 1 + l))
            line = fewer.close(s.at(s.prove(Eq(i + 1 + l, m), whole), line, lambda steps: shape(g, steps)))
        line = split.close(line)
    return line


@lemma(
    "few_gaps",
    title="growth where at most g gaps have room",
    words="rho^g A(s) <= 2^m for 1 <= s, s + m = T, m <= 2 g + 1.",
)
@in_sympy("few_gaps")
def few_gaps(s: Derivation) -> Line:
    given = setting(s)
    doubles(s)
    powers(s)

    def claim(steps: Any) -> Any:
        return ForAll(p, g, implications(*in_room(steps), rho**g * A(p) <= w**steps))

    with s.suppose(*in_room(0)) as here:
        last = s.prove(Eq(T, p), here[1])
        ends = given["A at the end"], given["A is non-negative"](T)
        size = s.know(s.use("power_nonneg")(rho, g)).rhs
        one = s.form(s.use("power_mono")(rho, 1, g), size <= 1)
        s.know(ends[1])
        line = s.prove(size * A(T) <= w**0, s.prove(size * A(T) <= A(T), one), ends[0])
        base = here.then(s.at(last, line, lambda time: size * A(time) <= w**0), p, g)

    def step(earlier: Callable[[Any], Line]) -> Line:
        with s.suppose(*in_room(m + 1)) as here:
            line, once = know_step(s, given, here[1], here[2])
            s.know(s.prove(relation("<=", m, m)))
            near = earlier(m)(p + 1, g)
            with s.below(i, m) as inside:
                far = inside.sum(
                    after_a_gap(s, given, here[1], here[2], inside[0], lambda k, time, up: earlier(k)(time, up), 1)
                )
            one = s.form(s.use("power_mono")(rho, 1, g), rho**g <= 1)
            out = s.prove(rho**g * A(p) <= w ** (m + 1), line, once, near, far, one, s.use("geometric")(m))
        return here.then(out, p, g)

    return strongly(s, claim, base, step)


@lemma(
    "later_front",
    title="the first gap, one step sooner",
    words="What first gaps after a time cost is what they cost after the next time, and sum_{i<m} 2^(m-1-i) r(time + 1 + i, time).",
)
@in_sympy("later_front")
def later_front(s: Derivation) -> Line:
    one = doubles(s)

    def inner(index: Any) -> Any:
        return total(index, k, r(p + index, p + k))

    front = s.use("sum_front", {f(l): half(m + 1, l) * inner(l)})(m, 0)
    with s.below(i, m) as inside:
        opened = s.use("sum_front", {f(l): r(p + 1 + i, p + l)})(i, 0)
        scale = s.prove(Eq(half(m + 1, 1 + i), half(m, i)), one)
        term = s.prove(Eq(half(m + 1, 1 + i) * inner(1 + i), half(m, i) * opened.rhs), opened, scale)
        terms = inside.sum(term)
    front = s.form(front, Eq(later(m + 1, p), total(m, i, half(m + 1, 1 + i) * inner(1 + i))))
    goal = Eq(later(m + 1, p), later(m, p + 1) + total(m, i, half(m, i) * r(p + 1 + i, p)))
    return s.gen(s.prove(goal, front, terms), m, p)


@lemma(
    "first_gaps",
    title="growth by the first gap",
    words="rho^g A(s) <= (m + 1) rho^g + later(m, s)/C for 1 <= s, s + m = T, m <= 2 g + 1: no gap, or a first one.",
)
@in_sympy("first_gaps")
def first_gaps(s: Derivation) -> Line:
    given = setting(s)
    doubles(s)
    powers(s)
    few = s.use("few_gaps")

    def claim(steps: Any) -> Any:
        return ForAll(p, g, implications(*in_room(steps), bound(steps, p)))

    def bound(steps: Any, time: Any) -> Any:
        return rho**g * A(time) <= rho**g * (steps + 1) + later(steps, time) / C

    with s.suppose(*in_room(0)) as here:
        size = s.know(s.use("power_nonneg")(rho, g)).rhs
        low = s.prove(size * A(T) <= size, given["A at the end"])
        low = s.at(s.prove(Eq(T, p), here[1]), low, lambda time: size * A(time) <= size)
        base = here.then(s.form(low, bound(0, p)), p, g)
    with s.suppose(claim(m)) as hyp, s.suppose(*in_room(m + 1)) as here:
        line, once = know_step(s, given, here[1], here[2])
        near = hyp[0](p + 1, g)
        with s.below(i, m) as inside:
            s.know(s.prove(p + 1 + i <= n, here[1], s.nat_step(inside[0])))
            s.know(s.prove(p < p + 1 + i))
            cost = r(p + 1 + i, p) / C
            far = inside.sum(
                after_a_gap(s, given, here[1], here[2], inside[0], lambda k, time, up: few(k)(time, up), cost)
            )
        out = s.prove(bound(m + 1, p), line, once, near, far, s.use("later_front")(m, p))
        induced = hyp.then(here.then(out, p, g))
    return s.induct(m, claim, base, induced)


def root(s: Derivation) -> dict[str, Line]:
    """The first step, from the root, where no gain is divided by rho; at most h + 1 gaps have room, the first one for less."""
    step = A(0) <= 1 + E * A(1) + total(n, i, rho**h * a(1 + i) * A(2 + i))
    return s.setting(
        {
            "A at the root": step,
            "E is of the order": E <= rho**h * (rho ** (h + 1) * C),
            "the horizon": n <= 2 * h + 2,
        }
    )


@lemma(
    "root_gaps",
    title="growth from the root, by the first gap",
    words="A(0) <= 1 + rho^(h+1) C T + sum_{i<n} 2^(n-1-i) a(1 + i) + later(n, 1) for T = n + 1 <= 2 h + 3.",
)
@in_sympy("root_gaps")
def root_gaps(s: Derivation) -> Line:
    given = setting(s) | root(s)
    doubles(s)
    powers(s)
    few, size, unit = s.use("few_gaps"), rho**h, rho ** (h + 1) * C
    for fact in (Eq(1 + n, T), n <= 2 * (h + 1) + 1, relation("<=", 1, 1), relation("<=", 1, T)):
        s.know(s.prove(fact, given["the horizon"]))
    once = s.use("first_gaps")(n)(1, h + 1)
    for exponent in (h, h + 1):
        s.know(s.use("power_nonneg")(rho, exponent))
    one = s.form(s.use("power_mono")(rho, 1, h), size <= 1)
    s.know(given["A is non-negative"](1))
    with s.below(i, n) as inside, s.below(k, i) as before:
        for fact in (relation("<=", 1, 1 + k), relation("<=", 1, 1 + i), 1 + k < 1 + i, 1 + i <= n):
            s.know(s.prove(fact, before[0], s.nat_step(inside[0])))
        nonneg = before.sum(given["r is small"](1 + i, 1 + k)[0])
        nonneg = inside.sum(s.prove(0 <= half(n, i) * nonneg.rhs, nonneg))
    s.know(s.form(nonneg, 0 <= later(n, 1)))
    cheap = s.prove(E * A(1) <= size * unit * A(1), given["E is of the order"])
    cheap = s.prove(
        E * A(1) <= size * (unit * (n + 1) + later(n, 1)),
        cheap,
        s.prove(size * C * once.lhs <= size * C * once.rhs, once),
    )
    rest = unit * (n + 1) + later(n, 1)
    s.know(s.prove(0 <= rest))
    cheap = s.chain(cheap, s.prove(size * rest <= rest, one))
    with s.below(i, n) as inside:
        with s.nat_split(s.nat_step(inside[0]), l) as split:
            whole = split[0]
            for fact in (
                relation("<=", 1, 2 + i),
                relation("<=", 1, 1 + i),
                1 + i <= n,
                Eq(2 + i + l, T),
                l <= 2 * h + 1,
            ):
                s.know(s.prove(fact, whole, given["the horizon"]))
            gain = s.know(given["a is small"](1 + i)[0]).rhs
            most = few(l)(2 + i, h)
            line = s.prove(
                size * gain * A(2 + i) <= gain * (w ** (i + 1 + l) * z ** (i + 1)), most, s.use("halved")(i + 1)
            )
            line = s.at(
                s.prove(Eq(i + 1 + l, n), whole), line, lambda steps: line.lhs <= gain * (w**steps * z ** (i + 1))
            )
            line = split.close(line)
        terms = inside.sum(line)
    goal = 1 + unit * (n + 1) + total(n, i, half(n, i) * a(1 + i)) + later(n, 1)
    return s.prove(A(0) <= goal, given["A at the root"], cheap, terms)


def every_gap() -> Any:
    """What gains are let cost: rho^(h+1) C T, and sum over q = 1 + i of 2^(n-1-i) times a(q) and every r(q, s), s >= 1."""
    gains = a(1 + i) + total(i, k, r(1 + i, 1 + k))
    return rho ** (h + 1) * C * (n + 1) + total(n, i, half(n, i) * gains)


@lemma(
    "growth_by_gaps",
    title="growth from the root is at most 1 + B where B < 1",
    words="A(0) <= 1 + B, if B = rho^(h+1) C T + sum_{i<n} 2^(n-1-i) (a(1 + i) + sum_{k<i} r(1 + i, 1 + k)) < 1: no gain is more than 1.",
)
@in_sympy("growth_by_gaps")
def growth_by_gaps(s: Derivation) -> Line:
    recursion(s)
    given = root(s)
    doubles(s)
    powers(s)
    small = s.given(every_gap() < 1)
    low = relation("<=", 1, q), q <= n
    gains = s.setting(
        {
            "a is non-negative": ForAll(q, implications(*low, 0 <= a(q))),
            "r is non-negative": ForAll(q, p, implications(relation("<=", 1, p), p < q, q <= n, 0 <= r(q, p))),
        }
    )
    unit = rho ** (h + 1) * C
    for exponent in (h, h + 1):
        s.know(s.use("power_nonneg")(rho, exponent))
    one = s.form(s.use("power_mono")(rho, 1, h), rho**h <= 1)
    signs, terms, whole = gain_signs(s, gains)
    s.know(whole), s.know(terms), s.know(signs)
    start = s.know(s.prove(0 <= unit * (n + 1)))
    at_most = s.prove(E <= unit, given["E is of the order"], s.prove(rho**h * unit <= unit, one))
    s.know(s.prove(E <= 1, at_most, small, s.prove(unit <= unit * (n + 1))))
    most = s.know(gains_at_most(s, signs, small, start))
    with s.suppose(*low) as here, s.nat_split(here[0], i) as split:
        s.know(s.prove(i < n, here[1], split[0]))
        line = s.prove(a(1 + i) <= 1, most(i), signs(i)[0], signs(i)[1])
        line = s.both(signs(i)[0], line)
        line = s.at(s.prove(Eq(1 + i, q), split[0]), line, lambda time: Both(0 <= a(time), a(time) <= 1))
        line = split.close(line)
    s.know(here.then(line, q))
    with s.suppose(relation("<=", 1, p), p < q, q <= n) as here:
        s.know(s.prove(relation("<=", 1, q), here[0], here[1]))
        nonneg = gains["r is non-negative"](q, p)
        with s.nat_split(s.prove(relation("<=", 1, q)), i) as split, s.nat_split(here[0], l) as earlier:
            s.know(s.prove(i < n, here[2], split[0]))
            s.know(s.prove(l < i, here[1], split[0], earlier[0]))
            with s.below(k, i) as before:
                for fact in (relation("<=", 1, 1 + k), 1 + k < 1 + i, 1 + i <= n):
                    s.know(s.prove(fact, before[0], here[2], split[0]))
                cost = before.then(gains["r is non-negative"](1 + i, 1 + k), k)
            s.know(cost)
            term = s.use("term_below_partial_sum", {f(k): r(1 + i, 1 + k)})(i)(l)
            line = s.prove(r(1 + i, 1 + l) <= 1, term, most(i), signs(i)[0])
            line = s.at(s.prove(Eq(1 + i, q), split[0]), line, lambda time: r(time, 1 + l) <= 1)
            line = s.at(s.prove(Eq(1 + l, p), earlier[0]), line, lambda time: r(q, time) <= 1)
            line = split.close(earlier.close(line))
    s.know(here.then(s.both(nonneg, line), q, p))
    return s.prove(A(0) <= 1 + every_gap(), s.use("root_gaps"))


def gains_at_most(s: Derivation, signs: Line, small: Line, start: Line) -> Line:
    """The gains to time 1 + i add up to at most 1: forall i < n, where `gain_signs` are known."""
    gain = a(1 + i) + total(i, k, r(1 + i, 1 + k))
    with s.below(i, n) as inside, s.nat_split(s.nat_step(inside[0]), l) as split:
        term = s.use("term_below_partial_sum", {f(i): half(n, i) * gain})(n)(i)
        big, nonneg = s.use("power_at_least_one")(w, l), s.prove(0 <= gain, signs(i)[0], signs(i)[1])
        scale = s.prove(Eq(w ** (i + 1 + l) * z ** (i + 1), w**l), s.use("halved")(i + 1))
        scale = s.at(s.prove(Eq(i + 1 + l, n), split[0]), scale, lambda steps: Eq(w**steps * z ** (i + 1), w**l))
        wide = s.prove(gain <= half(n, i) * gain, scale, s.prove(gain <= big.rhs * gain, big, nonneg))
        line = split.close(s.prove(gain <= 1, wide, term, small, start))
    return inside.then(line, i)


def gain_signs(s: Derivation, gains: dict[str, Line]) -> tuple[Line, Line, Line]:
    """For i < n: 0 <= a(1 + i) and 0 <= sum_k r; their share of B is non-negative; so is the sum of the shares."""
    with s.below(i, n) as inside:
        for fact in (relation("<=", 1, 1 + i), 1 + i <= n):
            s.know(s.prove(fact, s.nat_step(inside[0])))
        with s.below(k, i) as before:
            for fact in (relation("<=", 1, 1 + k), 1 + k < 1 + i):
                s.know(s.prove(fact, before[0]))
            rests = before.sum(gains["r is non-negative"](1 + i, 1 + k))
        own, rest = gains["a is non-negative"](1 + i), s.form(rests, 0 <= total(i, k, r(1 + i, 1 + k)))
        term = s.prove(0 <= half(n, i) * (own.rhs + rest.rhs), own, rest)
        return inside.then(s.both(own, rest), i), inside.then(term, i), inside.sum(term)
