"""How far the normaliser's estimate strays: |z Zhat - 1| by the increments of the martingale from E[Zhat] to Zhat.

H(t, c) = (1/N) sum_i h(t, c_i) is the expected product of the mean weights from the cloud c on.  J(s, t, c) is the expected size of the
increment from s to s + 1, weighted by the product of the mean weights from t to s; P and Q are the same product's expectation alone and
times next(h^2).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Expect,
    ForAll,
    Implication,
    Law,
    Root,
    function,
    relation,
    symbols,
    total,
)
from proofs.lemmas.clouds import (
    backwards,
    each,
    later,
    next_cloud,
    no_value,
    over,
    particles,
    pushed,
    sequence,
    setting,
    total_of,
    weights,
)
from proofs.lemmas.self_normalised import cauchy_schwarz
from proofs.registry import lemma

N, n, m, t, i, k, until, c, d, e, f, u, v, z = particles.symbols("N n m t i k s c d e f u v z")
w, h, last, Dev, J, P, Q, mixture = particles.symbols("w h last Dev J P Q next")
ratio = weights / N
mean_next = Expect(mixture(t, c), f, h(t + 1, f))


def size(x: Any) -> Any:
    """|x|."""
    return Root(x**2)


def ahead_of(time: Any, cloud: Any) -> Any:
    """H(t, c), the mean of h over the cloud."""
    return total_of(h, time, cloud) / N


stray = ahead_of(t + 1, d) - mean_next


def deviation(s: Derivation) -> list[Line]:
    """Dev(t, c, z) = E |z prod of the mean weights from t on - 1|."""
    return s.given(
        ForAll(t, c, z, Implication(t < n, Eq(Dev(t, c, z), later(Dev(t + 1, d, z * ratio))))),
        ForAll(c, z, Eq(Dev(n, c, z), size(z * (over(c, last) / N) - 1))),
    )


def sizes(s: Derivation) -> list[Line]:
    """J(s, s, c) = mean weight * E |H(s+1, d) - next(h)|; J(s, t, c) = mean weight * E J(s, t+1, d) for t < s."""
    return s.given(
        ForAll(t, c, Eq(J(t, t, c), ratio * later(size(stray)))),
        ForAll(until, t, c, Implication(t < until, Eq(J(until, t, c), ratio * later(J(until, t + 1, d))))),
    )


def cloud_jensen(s: Derivation, law: Law, body: Any) -> Line:
    """(E body)^2 <= E body^2 over a cloud d."""
    mu, of = Law("mu", "", "Edge*"), function("f", "Edge* -> real")
    return s.use("mean_square", {mu: law, of(d): body}, {"Y": "Edge*"})


# ---------------------------------------------------------------------------------------------------- sizes
@lemma("root_facts", title="|x| >= 0, |x|^2 = x^2, x <= |x|, -x <= |x|")
@in_sympy("root_facts")
def root_facts(s: Derivation) -> Line:
    (x,) = symbols("x")
    nonneg, square = s.know(s.axiom("sqrt_nonneg", x**2)), s.axiom("sqrt_square", x**2)
    s.know(s.prove(x**2 <= size(x) ** 2, square))
    below = s.use("square_below")
    signs = s.both(below(x, size(x)), s.form(below(-x, size(x)), -x <= size(x)))
    return s.gen(s.both(s.both(nonneg, square), signs), x)


@lemma("triangle", title="|x + y| <= |x| + |y|")
@in_sympy("triangle")
def triangle(s: Derivation) -> Line:
    x, y = symbols("x y")
    first, second, most = s.use("root_facts")(x)[1], s.use("root_facts")(y)[1], size(x) + size(y)
    s.know(s.prove(x + y <= most, first[0], second[0]))
    s.know(s.prove(-(x + y) <= most, first[1], second[1]))
    return s.gen(s.use("absolute_below")(x + y, most), x, y)


@lemma("scaled_absolute", title="|a x| = a |x| for a >= 0")
@in_sympy("scaled_absolute")
def scaled_absolute(s: Derivation) -> Line:
    a, x = symbols("a x")
    with s.suppose(0 <= a) as here:
        facts = s.use("root_facts")(x)[0]
        s.know(s.prove(0 <= a * size(x), facts[0], here[0]))
        s.know(s.prove(Eq((a * size(x)) ** 2, (a * x) ** 2), facts[1]))
        line = s.use("root_of_square")(a * size(x), (a * x) ** 2)
    return here.then(line, a, x)


@lemma("sum_front", title="the first term of a sum")
@in_sympy("sum_front")
def sum_front(s: Derivation) -> Line:
    (r,) = symbols("r", "nat")

    def claim(count: Any) -> Any:
        return Eq(total(count + 1, k, sequence(r + k)), sequence(r) + total(count, k, sequence(r + 1 + k)))

    with s.suppose(claim(n)) as hyp:
        step = hyp.then(s.prove(claim(n + 1), hyp[0]))
    return s.gen(s.induct(n, claim, s.prove(claim(0)), step)(n), n, r)


@lemma(
    "mean_cauchy",
    title="Cauchy-Schwarz for a function below a geometric mean",
    words="If j, a, b >= 0 and j^2 <= a b pointwise then (E j)^2 <= E a E b.",
)
@in_sympy("mean_cauchy")
def mean_cauchy(s: Derivation) -> Line:
    mu, y = Law("mu", "", "Y"), Element("y", "Y")
    j, a, b = (function(name, "Y -> real") for name in "jab")
    jpos, apos, bpos, square = s.given(
        *(ForAll(y, 0 <= value(y)) for value in (j, a, b)), ForAll(y, j(y) ** 2 <= a(y) * b(y))
    )
    s.know(apos(y)), s.know(bpos(y))
    roots = [s.axiom("sqrt_square", value(y)) for value in (a, b)]
    both, means = Root(a(y)) * Root(b(y)), [Expect(mu, y, value) for value in (j(y), Root(a(y)) * Root(b(y)))]
    s.know(s.prove(j(y) ** 2 <= both**2, square(y), *roots))
    mean, low = s.expect(mu, y, s.use("square_below")(j(y), both)), s.expect(mu, y, jpos(y))
    rise = s.prove(means[0] ** 2 <= means[1] ** 2, mean, low)
    cauchy = cauchy_schwarz(s, mu, y, Root(a(y)), Root(b(y)))
    goal = means[0] ** 2 <= Expect(mu, y, a(y)) * Expect(mu, y, b(y))
    return s.prove(goal, rise, cauchy, *(s.expect(mu, y, root) for root in roots))


# ---------------------------------------------------------------------------------------------------- lemmas
@lemma("no_scale", title="Dev(t, c, 0) = 1")
@in_sympy("no_scale")
def no_scale(s: Derivation) -> Line:
    move, end = deviation(s)

    def shape(time: Any) -> Any:
        return Eq(Dev(time, c, 0), 1)

    def claim(r: Any) -> Any:
        return ForAll(t, c, Implication(Eq(t + r, n), shape(t)))

    with s.suppose(Eq(t, n)) as now:
        last = s.prove(shape(n), end(c, 0), s.use("root_of_square")(1, 1))
        base = now.then(s.at(s.prove(Eq(n, t), now[0]), last, shape), t, c)
    with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), n)) as now:
        s.know(s.prove(t < n, now[0]))
        step = hyp.then(now.then(s.prove(shape(t), move(t, c, 0), s.expect(next_cloud, d, hyp[0](t + 1, d))), t, c))
    return s.induct(m, claim, base, step)


@lemma(
    "increment_bound",
    title="the size of one increment",
    words="J(s, t, c)^2 <= P(s, t, c) Q(s, t, c)/N for t + m = s; J, P and Q are not negative.",
)
@in_sympy("increment_bound")
def increment_bound(s: Derivation) -> Line:
    here, there = sizes(s)
    squares = Expect(mixture(t, c), f, h(t + 1, f) ** 2)
    carried = (Eq(g(until, t, c), ratio * later(g(until, t + 1, d))) for g in (P, Q))
    _, positive, ends, moves = s.given(
        0 < N,
        ForAll(t, e, 0 <= w(t, e)),
        ForAll(t, c, Both(Eq(P(t, t, c), ratio), Eq(Q(t, t, c), ratio * squares))),
        ForAll(until, t, c, Implication(t < until, Both(*carried))),
    )
    with s.below(i, N) as entry:
        average = entry.sum(positive(t, Entry(c, i)))
    s.know(s.prove(0 <= ratio, average))

    def four(r: Any, time: Any, cloud: Any) -> Any:
        j, a, b = (g(r, time, cloud) for g in (J, P, Q))
        return Both(Both(0 <= j, 0 <= a), Both(0 <= b, j**2 <= a * b / N))

    def all_four(r: Any, values: tuple[Any, Any, Any], signs: list[Line], square: Line, rules: list[Line]) -> Line:
        """four(r, t, c) where J, P, Q are the mean weight times these values, by the rules."""
        j, a, b = (g(r, t, c) for g in (J, P, Q))
        letters = [x for x in values if x != 1] + [ratio]
        nonneg = [s.prove(relation("<=", 0, g), rule, *signs) for g, rule in zip((j, a, b), rules, strict=True)]
        below = s.prove((ratio * values[0]) ** 2 <= ratio * values[1] * (ratio * values[2]) / N, square, hold=letters)
        last = s.prove(j**2 <= a * b / N, below, *rules)
        return s.both(s.both(nonneg[0], nonneg[1]), s.both(nonneg[2], last))

    def claim(r: Any) -> Any:
        return ForAll(t, c, Implication(Eq(t + r, until), four(until, t, c)))

    with s.suppose(Eq(t, until)) as now:  # (E |H - next(h)|)^2 <= E (H - next(h))^2 = Var(h)/N <= next(h^2)/N
        facts = s.use("root_facts")(stray)[0]
        first = s.iid_sum(mixture(t, c), f, h(t + 1, f), N)
        pair = s.iid_pair(mixture(t, c), u, v, h(t + 1, u) * h(t + 1, v), N)
        jensen, same = cloud_jensen(s, next_cloud, size(stray)), s.expect(next_cloud, d, facts[1])
        spread = s.prove(later(size(stray)) ** 2 <= squares / N, jensen, same, pair, first)
        signs = [
            s.expect(next_cloud, d, facts[0]),
            s.expect(mixture(t, c), f, s.prove(relation("<=", 0, h(t + 1, f) ** 2))),
        ]
        rules = [here(t, c), ends(t, c)[0], ends(t, c)[1]]
        last = all_four(t, (later(size(stray)), 1, squares), signs, spread, rules)
        base = now.then(s.at(now[0], last, lambda r: four(r, t, c)), t, c)
    with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), until)) as now:  # Cauchy-Schwarz over the next cloud
        s.know(s.prove(t < until, now[0]))
        inside, values = hyp[0](t + 1, d), [g(until, t + 1, d) for g in (J, P, Q)]
        parts = [inside[0][0], inside[0][1], s.prove(0 <= values[2] / N, inside[1][0])]
        parts.append(s.prove(values[0] ** 2 <= values[1] * (values[2] / N), inside[1][1]))
        for part in parts:
            s.know(s.gen(part, d))
        names = (function(name, "Edge* -> real")(d) for name in "jab")
        bodies = dict(zip(names, (values[0], values[1], values[2] / N), strict=True))
        cauchy = s.use("mean_cauchy", {Law("mu", "", "Edge*"): next_cloud, **bodies}, {"Y": "Edge*"})
        signs = [s.expect(next_cloud, d, line) for line in (inside[0][0], inside[0][1], inside[1][0])]
        move, means = moves(until, t, c), tuple(map(later, values))
        square = s.form(cauchy, means[0] ** 2 <= means[1] * means[2] / N)
        line = all_four(until, means, signs, square, [there(until, t, c), move[0], move[1]])
        step = hyp.then(now.then(line, t, c))
    return s.induct(m, claim, base, step)


def gaps(count: Any, time: Any, cloud: Any) -> Any:
    """sum_{k<count} J(time + k, time, cloud)."""
    return total(count, k, J(time + k, time, cloud))


def first_gap(s: Derivation, here: Line, there: Line) -> Line:
    """sum_{k<m+1} J(t+k, t, c) = mean weight * (E |H - next(h)| + E sum_k J(t+1+k, t+1, d))."""
    front = s.use("sum_front", {sequence(k): J(k, t, c)})(m, t)
    opened = s.replace(s.gen(there(t + 1 + k, t, c), k), lambda F: total(m, k, F(k)))
    rest = later(gaps(m, t + 1, d))
    return s.prove(
        Eq(gaps(m + 1, t, c), ratio * (later(size(stray)) + rest)), front, here(t, c), opened, s.fubini(rest)
    )


@lemma(
    "deviation_telescopes",
    title="|z Zhat - 1| by the first estimate and the increments",
    words="Dev(t, c, z) <= |z H(t, c) - 1| + z sum_{k<m} J(t+k, t, c) for reachable clouds, z >= 0 and t + m = n.",
)
@in_sympy("deviation_telescopes")
def deviation_telescopes(s: Derivation) -> Line:
    given = setting(s)
    move, end = deviation(s)
    here, there = sizes(s)

    def bound(r: Any, time: Any) -> Any:
        return Dev(time, c, z) <= size(z * ahead_of(time, c) - 1) + z * gaps(r, time, c)

    def claim(r: Any, time: Any) -> Any:
        return Implication(0 <= z, bound(r, time))

    def at_end(clean: Line) -> Line:
        with s.suppose(0 <= z) as scale:
            sums = each(s, given, n, clean, given["h at the end"])
            flat = s.prove(Eq(over(c, last) / N, ahead_of(n, c)), sums)
            value = s.at(flat, end(c, z), lambda r: Eq(Dev(n, c, z), size(z * r - 1)))
            return scale.then(s.prove(bound(0, n), value))

    def none(clean: Line, zero: Line) -> Line:
        """Both sides are 1."""
        with s.suppose(0 <= z) as scale:
            gone = no_value(s, given, clean, zero, h)
            flat, ones = s.prove(Eq(z * ratio, 0), zero), s.expect(next_cloud, d, s.use("no_scale")(m, t + 1, d))
            moved = s.at(flat, move(t, c, z), lambda r: Eq(Dev(t, c, z), later(Dev(t + 1, d, r))))
            below = s.use("root_facts")(z * ahead_of(t, c) - 1)[1][1]
            one = s.prove(Eq(Dev(t, c, z), 1), moved, ones)
            return scale.then(s.prove(bound(m + 1, t), below, one, gone, first_gap(s, here, there), zero))

    def some(clean: Line, hyp: Line, ahead: Surely) -> Line:
        """|z r H(t+1, d) - 1| <= z r |H(t+1, d) - next(h)| + |z H(t, c) - 1| for the mean weight r."""
        start = z * ahead_of(t, c) - 1
        with s.suppose(0 <= z) as scale:
            exact, scaled = pushed(s, given, clean, h), z * ratio * stray
            s.know(s.prove(0 <= z * ratio, scale[0]))
            with ahead:
                parts, out = s.use("triangle")(scaled, start), s.use("scaled_absolute")(z * ratio, stray)
                same = s.prove(Eq(scaled + start, z * ratio * ahead_of(t + 1, d) - 1), exact)
                parts = s.at(same, parts, lambda r: size(r) <= size(scaled) + size(start))
                far = z * ratio * size(stray) + size(start) + z * ratio * gaps(m, t + 1, d)
                inside = hyp(t + 1, d, z * ratio)
                mean = ahead.average(s.prove(Dev(t + 1, d, z * ratio) <= far, inside, parts, out))
            return scale.then(s.prove(bound(m + 1, t), mean, move(t, c, z), first_gap(s, here, there)))

    return backwards(s, given, (t, c, z), claim, at_end, none, some)
