"""G1: the bias of the output by the increments of the normaliser's martingale, with the factor 1/2.

PV(s, t, x) is the reference mean of the path's potentials times V_s(x_s) from x at time t, PQ(s, t, x) the same with
E[psi^2 Vstar_{s+1}^2 | x_s] / V_s(x_s) in place of V_s(x_s).  The twist is positive before the end; zero rewards are allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Entry,
    Expect,
    ForAll,
    Law,
    Recip,
    Root,
    function,
    implications,
    relation,
    total,
)
from proofs.lemmas.clouds import no_weight, over, particles, sequence, total_of
from proofs.lemmas.increments import cloud_jensen, size
from proofs.lemmas.layered_system import ahead, live, lookahead, model, weight
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import (
    backwards,
    centred,
    end_weights,
    half,
    is_bias,
    know_answers,
    mean_weight,
    scale,
    seen,
    target,
)
from proofs.theory.s5_normaliser import (
    alive,
    begin,
    edges,
    first_cloud,
    first_mean,
    know_particles,
    know_weights,
    later,
    on_ends,
    recursion_of,
    weights,
)

N, n, m, t, i, k, until, e, f, c, d, z = particles.symbols("N n m t i k s e f c d z")
A, AF, AU, Dev, J, P, Q, Out = particles.symbols("A AF AU Dev J P Q Out")
x, y, root, M, psi, V, Vstar, U, F, G, PV, PQ = layered.symbols("x y root M psi V Vstar U F G PV PQ")
dst, smc, first = layered.symbols("dst smc first")
T = n + 1


def deviation(s: Derivation) -> list[Line]:
    """Dev(t, c, z) = E |z Zhat - 1| from the cloud c at time t on."""
    return s.given(
        ForAll(t, c, z, implications(t < n, Eq(Dev(t, c, z), later(Dev(t + 1, d, z * mean_weight))))),
        ForAll(c, z, Eq(Dev(n, c, z), size(z * (end_weights / N) - 1))),
    )


@lemma(
    "output_by_deviation",
    title="the bias given a cloud, by the deviation of the normaliser given that cloud",
    words="|E[(1 - z Zhat)(nu(F) - 1/2) | c]| <= E[|z Zhat - 1| | c]/2 for every scale z.",
)
@in_sympy("output_by_deviation")
def output_by_deviation(s: Derivation) -> Line:
    moves, honest, between = know_answers(s)
    rules = [recursion_of(s, AF, 1, lambda q: F(dst(q))), recursion_of(s, A, 1)]
    step, end = deviation(s)

    def parts(value: Any, most: Any) -> tuple[Any, Any]:
        return value <= half * most, -value <= half * most

    def claim(time: Any) -> Any:
        return Both(*parts(seen(time, c), Dev(time, c, z)))

    def proved(time: Any, bare: list[Line], *why: Line) -> Line:
        """The claim from the bare forms of its two parts."""
        goals = parts(seen(time, c), Dev(time, c, z))
        return s.both(*(s.prove(goal, line, *why) for goal, line in zip(goals, bare, strict=True)))

    def at_end() -> Line:
        """(1 - y)(Out - 1/2) is within |y - 1|/2 for y = z A."""
        inside, out, mean = between(n, c), Out(n, c), end_weights / N
        stray = size(z * mean - 1)
        signs = s.use("root_facts")(z * mean - 1)[1]
        goals = parts(centred(out, mean * out, mean), stray)
        letters = [stray, out, end_weights]
        bare = [s.prove(goal, inside[0], inside[1], signs[0], signs[1], hold=letters) for goal in goals]
        return proved(n, bare, *(rule[1](c) for rule in rules), honest(c), end(c, z))

    def none(zero: Line) -> Line:
        """Zhat = 0 and Out lies in [0, 1]."""
        inside, law = between(t, c), smc(t, c).draws(N)
        flat = s.prove(Eq(z * mean_weight, 0), zero)
        ones = s.expect(law, d, s.use("no_scale", edges())(m, t + 1, d))
        opened = s.at(flat, step(t, c, z), lambda v: Eq(Dev(t, c, z), later(Dev(t + 1, d, v))))
        one = s.prove(Eq(Dev(t, c, z), 1), opened, ones)
        bare = [s.prove(goal, inside[0], inside[1]) for goal in parts(Out(t, c) - half, 1)]
        return proved(t, bare, zero, one, *(rule[0](t, c) for rule in rules))

    def some(hyp: Line) -> Line:
        there, law = hyp(t + 1, d, z * mean_weight), smc(t, c).draws(N)
        means = [s.expect(law, d, there[0]), s.expect(law, d, there[1])]
        return proved(t, means, moves(t, c), step(t, c, z), *(rule[0](t, c) for rule in rules))

    return backwards(s, (t, c, z), claim, at_end, none, some)


@dataclass
class Increments:
    """J, P and Q by their recursions, as in `proofs.lemmas.increments`."""

    here: Line
    there: Line
    start: Line
    steps: Line


def increments(s: Derivation) -> Increments:
    ahead_of = Expect(smc(t, c), f, lookahead(t + 1, f))
    squares = Expect(smc(t, c), f, lookahead(t + 1, f) ** 2)
    stray = later(size(total_of(lookahead, t + 1, d) / N - ahead_of))

    def step(g: Any) -> Any:
        return Eq(g(until, t, c), mean_weight * later(g(until, t + 1, d)))

    return Increments(
        *s.given(
            ForAll(t, c, Eq(J(t, t, c), mean_weight * stray)),
            ForAll(until, t, c, implications(t < until, step(J))),
            ForAll(t, c, Both(Eq(P(t, t, c), mean_weight), Eq(Q(t, t, c), mean_weight * squares))),
            ForAll(until, t, c, implications(t < until, Both(step(P), step(Q)))),
        )
    )


def pushed(g: Any) -> Any:
    """g(s, t, x) by backward recursion."""
    return Eq(g(until, t, x), ahead(lambda r, q: g(until, r, q)))


def references(s: Derivation) -> dict[str, Line]:
    """PV and PQ by backward recursion, and the positive twist."""
    last = Expect(M(t, x), y, psi(t, x, y) ** 2 * Vstar(t + 1, y) ** 2) / V(t, x)
    return s.setting(
        {
            "the twist is positive before the end": ForAll(t, x, implications(t < T, live, 0 < V(t, x))),
            "push": ForAll(until, t, x, implications(t < until, live, Both(pushed(PV), pushed(PQ)))),
            "ends": ForAll(t, x, Both(Eq(PV(t, t, x), V(t, x)), Eq(PQ(t, t, x), last))),
        }
    )


# ---------------------------------------------------------------------------------------------------- moments of P and Q
def reference_moment(s: Derivation, part: int) -> Line:
    """k < n gives V_0 E[P(k, 0, c)] = PV(k+1, 0, root), or the same with Q and PQ, at the first cloud c: the part 0 or 1 of the rules."""
    given, ref, rules = model(s), references(s), increments(s)
    s.given(0 < V(0, root))
    value, of_cloud, reward = ((PV, P, lambda time, at: 1), (PQ, Q, square_reward))[part]
    ends = (first_reward, last_square)[part](s, given, rules)
    stop = until + 1
    with s.suppose(until < n) as inside:
        with s.suppose(t < stop, live) as short:
            s.know(s.prove(t < T, short[0], inside[0]))
            follow, recursion = given["moves follow edges"](t, x), ref["push"](stop, t, x)[part]
            with s.suppose(Eq(V(t, x), 0)) as none:
                false = s.prove(relation("<", 0, 0), ref["the twist is positive before the end"](t, x), none[0])
                kills = none.then(s.anything(Eq(value(stop, t, x), 0), false))
        for line in (follow, recursion, kills):
            s.know(short.then(line, t, x))
        s.know(s.gen(terminal_value(s, given, ref, part, value, reward), x))
        with s.suppose(t < until) as short:
            step = short.then(rules.steps(until, t, c)[part], t, c)
        s.know(step)
        s.know(s.gen(ends(until, c), c))
        names = {n: until, U(t, x): value(stop, t, x), AU(t, c): of_cloud(until, t, c), G(x): reward(stop, x)}
        line = s.use("weighted_mean", names)
    return inside.then(line, until)


def square_reward(time: Any, at: Any) -> Any:
    """E[psi^2 Vstar_{time+1}^2 | at] / V_time(at)^2."""
    top = Expect(M(time, at), y, psi(time, at, y) ** 2 * Vstar(time + 1, y) ** 2)
    return top * Recip(V(time, at)) ** 2


def terminal_value(
    s: Derivation, given: dict[str, Line], ref: dict[str, Line], part: int, value: Any, reward: Callable
) -> Line:
    """The last weight carries psi V: the terminal value is V times the reward, also where V = 0."""
    stop, end = until + 1, ref["ends"](until + 1, x)[part]
    here, goal = V(stop, x), Eq(value(stop, stop, x), V(stop, x) * reward(stop, x))
    if part == 0:
        return s.prove(goal, end)
    top = Expect(M(stop, x), y, psi(stop, x, y) ** 2 * Vstar(stop + 1, y) ** 2)
    with s.suppose(0 < here):
        high = s.prove(goal, end)
    with s.suppose(here <= 0):
        none = s.zero(here, given["twist is non-negative"](stop, x))
        flat = s.at(none, end, lambda v: Eq(value(stop, stop, x), top * Recip(v)))
        low = s.prove(goal, flat, none)
    return s.cases(here, 0, low, high)


def first_reward(s: Derivation, given: dict[str, Line], rules: Increments) -> Line:
    """forall t c. P(t, t, c) is the mean weight."""
    return s.gen(s.prove(Eq(P(t, t, c), weights / N), rules.start(t, c)[0]), t, c)


def last_square(s: Derivation, given: dict[str, Line], rules: Increments) -> Line:
    """forall t c. mean weight * next(Qbar^2) = (1/N) sum_i weight_i E[Qbar^2 | end of c_i], which is Q(t, t, c)."""
    nonneg = know_weights(s, given)
    goal = Eq(Q(t, t, c), over(c, lambda q: weight(t, q) * square_reward(t + 1, dst(q))) / N)
    start = rules.start(t, c)[1]
    with s.suppose(alive):
        law = on_ends(s, "smc_law", lambda a, q: (psi(t + 1, a, q) * Vstar(t + 2, q) / V(t + 1, a)) ** 2)
        high = s.prove(goal, start, law)
    with s.suppose(weights <= 0):
        zero = s.know(no_weight(s, {"weights are non-negative": nonneg}, weights))
        s.know(s.gen(nonneg(t, Entry(c, k)), k))
        none = s.use("terms_vanish", {sequence(k): weight(t, Entry(c, k))})(N)
        with s.below(i, N) as inside:
            term = weight(t, Entry(c, i)) * square_reward(t + 1, dst(Entry(c, i)))
            gone = inside.sum(s.prove(Eq(term, 0), none(i)))
        low = s.prove(goal, start, zero, gone)
    return s.gen(s.cases(weights, 0, low, high), t, c)


@lemma(
    "mean_weight_moment",
    title="V_0 E[P(s, 0, c)] = PV_{s+1}",
    words="The expected product of the mean weights up to s.",
)
@in_sympy("mean_weight_moment")
def mean_weight_moment(s: Derivation) -> Line:
    return reference_moment(s, 0)


@lemma(
    "square_moment", title="V_0 E[Q(s, 0, c)] = PQ_{s+1}", words="The same times the second moment of the next Qbar."
)
@in_sympy("square_moment")
def square_moment(s: Derivation) -> Line:
    return reference_moment(s, 1)


# ---------------------------------------------------------------------------------------------------- the statement
def spread(index: Any) -> Any:
    """sqrt(E[V_k] E[Vstar^2 / V_k] / N), reference means with the path's potentials."""
    return Root(bulk(index))


def bulk(index: Any) -> Any:
    """E[V_k] E[Vstar^2 / V_k] / N."""
    return PV(index, 0, root) * PQ(index, 0, root) / N


def below_root(s: Derivation, value: Any, square: Line, divisor: Any, index: Any) -> Line:
    """value <= spread(k)/divisor from value^2 <= bulk(k)/divisor^2, where 0 < divisor is known."""
    inside, cap = bulk(index), spread(index) / divisor
    s.know(s.prove(0 <= inside, s.prove(0 <= inside / divisor**2, square, s.prove(relation("<=", 0, value**2)))))
    s.know(s.prove(value**2 <= cap**2, square, s.axiom("sqrt_square", inside)))
    s.know(s.prove(0 <= cap))
    return s.use("square_below")(value, cap)


def first_size(s: Derivation, given: dict[str, Line], ref: dict[str, Line]) -> Line:
    """(E|z H - 1|)^2 <= E (z H - 1)^2 <= z^2 E[Qbar^2]/N for z = V_0/Z: the first estimate is within spread(0)/Z of 1 in mean."""
    stray = scale * (total_of(lookahead, 0, d) / N) - 1
    law, mean = first.draws(N), Expect(first, e, lookahead(0, e))
    facts = s.use("root_facts")(stray)[0]
    jensen, same = cloud_jensen(s, law, size(stray)), s.expect(law, d, facts[1])
    sums = s.iid_sum(first, e, lookahead(0, e), N)
    pair = s.iid_pair(first, e, f, lookahead(0, e) * lookahead(0, f), N)
    square = on_ends(s, "first_law", lambda a, q: (psi(0, a, q) * Vstar(1, q) / V(0, a)) ** 2)
    ends, moment = ref["ends"](0, root), Expect(first, e, lookahead(0, e) ** 2)
    most = bulk(0) / Vstar(0, root) ** 2
    known = s.prove(Eq(scale**2 * moment / N, most), square, ends[0], ends[1])
    unit = s.prove(Eq(scale * mean, 1), first_mean(s, given))
    line = s.prove(begin(size(stray)) ** 2 <= most, jensen, same, sums, pair, known, unit)
    return below_root(s, begin(size(stray)), line, Vstar(0, root), 0)


def each_increment(s: Derivation, index: Any) -> Line:
    """(E J)^2 <= E[P] E[Q]/N = E[V_{k+1}] E[Vstar^2/V_{k+1}] / (N V_0^2), for k < n."""
    law, values = first.draws(N), [g(index, 0, d) for g in (J, P, Q)]
    bound = s.use("increment_bound", edges() | {until: index})(index, 0, d)
    lines = [bound[0][0], bound[0][1], s.prove(0 <= values[2] / N, bound[1][0])]
    lines.append(s.prove(values[0] ** 2 <= values[1] * (values[2] / N), bound[1][1]))
    for line in lines:
        s.know(s.gen(line, d))
    names = (function(name, "Edge* -> real")(d) for name in "jab")
    bodies = dict(zip(names, (values[0], values[1], values[2] / N), strict=True))
    cauchy = s.use("mean_cauchy", {Law("mu", "", "Edge*"): law, **bodies}, {"Y": "Edge*"})
    moments = (s.use(name)(index) for name in ("mean_weight_moment", "square_moment"))
    most = bulk(index + 1) / V(0, root) ** 2
    ratio = s.prove(Eq(begin(values[1]) * begin(values[2]) / N, most), *moments)
    square = s.prove(begin(values[0]) ** 2 <= most, cauchy, ratio)
    return below_root(s, begin(values[0]), square, V(0, root), index + 1)


@statement(
    "G1",
    source="neighbour",
    title="bias by the chi-squares of the twisted targets, with the factor 1/2 (Theorem 3.2 sharpened)",
    words="For every F with values in [0, 1], horizon T = n + 1: |E F(output) - pi(F)| <= (1/2) sum_{t=0}^{n} "
    "sqrt(E[V_t] E[Vstar_{t+1}^2/V_t] / N) / Z, reference means that carry the path's potentials: PV(t, 0, root) and PQ(t, 0, root).",
)
@in_sympy("G1")
def neighbour_bound(s: Derivation) -> Line:
    given, ref = model(s), references(s)
    increments(s), deviation(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    know_particles(s, given)
    s.know(s.prove(0 <= scale))
    with first_cloud(s, given) as clean:  # E|Zhat/Z - 1| by the first estimate and the increments of the martingale
        average = clean.average(s.use("deviation_telescopes", edges())(n, 0, d, scale))
    begun = first_size(s, given, ref)
    with s.below(k, n) as inside:
        rest = inside.sum(each_increment(s, k))
    swapped = s.fubini(begin(total(n, k, J(k, 0, d))))
    front = s.use("sum_front", {sequence(k): spread(k)})(n, 0)
    everything = total(T, k, spread(k)) / Vstar(0, root)
    rest = s.prove(scale * rest.lhs <= scale * rest.rhs, rest)  # the increments come with the factor z = V_0/Z
    stray = s.prove(begin(Dev(0, d, scale)) <= everything, average, begun, rest, swapped, front)
    halves, same = s.use("output_by_deviation")(n, 0, d, scale), is_bias(s)
    bias = begin(Out(0, d)) - target
    means = [s.expect(first.draws(N), d, halves[part]) for part in (0, 1)]
    goals = bias <= everything / 2, -bias <= everything / 2
    return s.both(*(s.prove(goal, mean, stray, same) for goal, mean in zip(goals, means, strict=True)))
