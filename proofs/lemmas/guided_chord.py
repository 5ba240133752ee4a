"""The chord inequality behind S2 and P5: the law of the guided single particle against the target.

GF_t(x) is the mean of the test function F at the end of a guided path from x, VF and Vstar the values with and without F, so that the
target gives F the mean VF_0(root)/Vstar_0(root).  Along a guided path the target has the weight W = prod_{t=1}^{T-1} rho_t(x_t) up to a
factor, with a = prod lo <= W <= b = prod hi.  For every threshold tau in [a, b]

    (b - a) F (W - tau) <= (W - a)(b - tau)        pointwise, since F lies in [0, 1];

no path space is needed: the inequality is carried backward in time by induction, for every scale c of the weight so far.  At the first step
tau = E W gives target(F) - guided(F) <= (b - tau)(tau - a)/(tau (b - a)) <= (sqrt q - 1)/(sqrt q + 1), q = b/a, as in S0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import Both, Expect, ForAll, Recip, function, implications, product, relation, symbols
from proofs.registry import lemma
from proofs.theory.model import hypotheses, layered

t, n, k, T, x, y, root = layered.symbols("t n k T x y root")
M, guided, psi, V, Vstar, VF, F, U, dead = layered.symbols("M guided psi V Vstar VF F U dead")
a, b, c, tau, ratio = symbols("a b c tau s")
GF = function("GF", "nat X -> real")
lo, hi, sequence = (function(name, "nat -> real") for name in ("lo", "hi", "f"))
live, BV = Eq(dead(t, x), 0), Expect(M(t, x), y, psi(t, x, y) * V(t + 1, y))

EXISTS = ("potentials are non-negative", "twist is non-negative", "dead is non-negative", "live states stay live")
"""The hypotheses on guided moves alone."""
VALUES = (
    *EXISTS,
    "value recursion",
    "terminal value",
    "tested recursion",
    "tested terminal value",
    "test function",
    "twist kills no live value",
)


def guided_setting(s: Derivation) -> dict[str, Line]:
    """The hypotheses of S2, by name; `live` is reachable by the reference kernels, the guided particle visits live states with V > 0."""
    here = t < T, live, 0 < V(t, x)
    return s.setting(hypotheses(*VALUES)) | s.setting(
        {
            "guided recursion": ForAll(t, x, implications(*here, Eq(GF(t, x), Expect(guided(t, x), y, GF(t + 1, y))))),
            "guided end": ForAll(x, Eq(GF(T, x), F(x))),
            "bounds are positive": ForAll(t, Both(0 < lo(t), 0 < hi(t))),
            "Bellman ratios in range": ForAll(
                t, x, implications(*here, Both(lo(t) * V(t, x) <= BV, BV <= hi(t) * V(t, x)))
            ),
        }
    )


def ranges(count: Any, start: Any) -> tuple[Any, Any]:
    """The products of lo and of hi over so many steps from `start` on."""
    return product(count, k, lo(start + k)), product(count, k, hi(start + k))


def star(time: Any, at: Any) -> Any:
    """Vstar/V."""
    return Vstar(time, at) / V(time, at)


def test(time: Any, at: Any) -> Any:
    """VF/V."""
    return VF(time, at) / V(time, at)


def off_path(time: Any, at: Any) -> Any:
    """The null function of guided moves: it vanishes where dead = 0 and V > 0."""
    return dead(time, at) + (1 - V(time, at) * Recip(V(time, at)))


# ---------------------------------------------------------------------------------------------------- guided moves
def by_sign(s: Derivation, twist: Line, low: Callable[[Line], Line], high: Callable[[], Line]) -> Line:
    """A claim by the cases V = 0, which is handed to `low`, and V > 0; twist: 0 <= V."""
    value = twist.rhs
    with s.suppose(value <= 0):
        none = low(s.know(s.zero(value, twist)))
    with s.suppose(0 < value):
        some = high()
    return s.cases(value, 0, none, some)


@lemma("guided_null", title="dead + 1 - V (1/V) vanishes where dead = 0 and V > 0, and is not negative")
@in_sympy("guided_null")
def guided_null(s: Derivation) -> Line:
    twist, alive = (line(t, x) for line in s.setting(hypotheses(*EXISTS[1:3])).values())
    value, bad = V(t, x), off_path(t, x)
    whole = value * Recip(value)
    full = by_sign(s, twist, lambda none: s.prove(whole <= 1, none), lambda: s.prove(whole <= 1))
    nonneg = s.prove(0 <= bad, alive, full)
    with s.suppose(Eq(bad, 0)) as guard:
        off = s.equal(s.prove(dead(t, x) <= 0, full, guard[0]), alive)

        def never(none: Line) -> Line:
            return s.anything(0 < value, s.prove(relation("<", 0, 0), alive, guard[0], none))

        line = guard.then(s.both(off, by_sign(s, twist, never, lambda: s.prove(0 < value))))
    return s.gen(s.both(nonneg, line), t, x)


def know_live(s: Derivation, null: Line, time: Any, at: Any) -> None:
    """From off_path = 0, which is known: the state is live and V > 0 there.  null: `guided_null`."""
    both = null(time, at)[1]()
    s.know(both[0])
    s.know(both[1])


def on_live(s: Derivation, given: dict[str, Line]) -> Surely:
    """A move of the reference from a live state leads to a live state y almost surely, for `with`."""
    return s.surely(
        M(t, x), y, dead(t + 1, y), given["dead is non-negative"](t + 1), given["live states stay live"](t, x)
    )


def guided_law(s: Derivation, body: Any) -> Line:
    """E[guided] body = E[M](psi V body)/BV, where BV > 0."""
    return s.use("guided_law", {function("_f", "X -> real")(y): body})


@lemma(
    "guided_alive",
    title="guided moves lead to live states with V > 0",
    words="E[guided] (dead + 1 - V (1/V)) = 0 at live states with B V > 0.",
)
@in_sympy("guided_alive")
def guided_alive(s: Derivation) -> Line:
    given = s.setting(hypotheses(*EXISTS))
    bad = off_path(t + 1, y)
    with s.suppose(t < T, live, 0 < BV) as here:
        with on_live(s, given) as there:
            goal = Eq(psi(t, x, y) * V(t + 1, y) * bad, 0)
            twist = given["twist is non-negative"](t + 1, y)
            zero = by_sign(s, twist, lambda none: s.prove(goal, none), lambda: s.prove(goal, there[0]))
        line = s.prove(Eq(Expect(guided(t, x), y, bad), 0), guided_law(s, bad), there.average(zero))
    return here.then(line, t, x)


@lemma(
    "guided_mean",
    title="the value as a guided mean",
    words="U_t(x) = B V_t(x) E[guided](U_{t+1}/V_{t+1}) for a function U with the recursion of the value that vanishes where V does.",
)
@in_sympy("guided_mean")
def guided_mean(s: Derivation) -> Line:
    given = s.setting(hypotheses(*EXISTS))
    step = Expect(M(t, x), y, psi(t, x, y) * U(t + 1, y))
    recursion, zero = s.given(
        ForAll(t, x, implications(t < T, live, Eq(U(t, x), step))),
        ForAll(t, n, x, implications(Eq(t + n, T), live, Eq(V(t, x), 0), Eq(U(t, x), 0))),
    )
    value, mean = V(t + 1, y), U(t + 1, y) * Recip(V(t + 1, y))
    with s.suppose(Eq(t + 1 + n, T), live, 0 < BV) as here:
        s.know(s.prove(t < T, here[0]))
        with on_live(s, given) as there:
            goal, twist = (
                Eq(psi(t, x, y) * value * mean, psi(t, x, y) * U(t + 1, y)),
                given["twist is non-negative"](t + 1, y),
            )
            same = by_sign(s, twist, lambda none: s.prove(goal, none, zero(t + 1, n, y)), lambda: s.prove(goal))
        line = s.prove(
            Eq(U(t, x), BV * Expect(guided(t, x), y, mean)), recursion(t, x), there.average(same), guided_law(s, mean)
        )
    return here.then(line, t, n, x)


def guided_means(s: Derivation, given: dict[str, Line]) -> list[Line]:
    """guided_mean for Vstar and for VF, which vanish where V does at a live state: 0 <= VF <= Vstar = 0."""
    with s.suppose(Eq(t + n, T), live, Eq(V(t, x), 0)) as here:
        none, value = given["twist kills no live value"](t, x), s.use("tested_value")(n, t, x)
        zeros = none, s.equal(s.prove(VF(t, x) <= 0, value[1], none), value[0])
    for zero in zeros:
        s.know(here.then(zero, t, n, x))
    return [s.use("guided_mean", {U(t, x): value(t, x)}) for value in (Vstar, VF)]


class Move:
    """One guided move from a live state x with V_t(x) > 0, now: t + 1 + n = T; `with move.next:` what holds at the next state y."""

    def __init__(self, s: Derivation, given: dict[str, Line], now: Line):
        means = guided_means(s, given)
        s.know(now)
        s.know(s.prove(t < T, now))
        self.ratio = given["Bellman ratios in range"](t, x)
        self.mass = s.know(s.chain(s.prove(0 < lo(t) * V(t, x), given["bounds are positive"](t)[0]), self.ratio[0]))
        null, never = s.use("guided_null"), s.use("guided_alive")(t, x)
        self.null = null(t + 1, y)
        self.next = s.surely(guided(t, x), y, off_path(t + 1, y), s.gen(self.null[0], y), never)
        self.means = [line(t, n, x) for line in means]
        self.path = given["guided recursion"](t, x)
        self.s = s

    def know(self) -> None:
        """The next state is live and has V > 0, inside `with move.next:`."""
        alive = self.null[1]()
        self.s.know(alive[0])
        self.s.know(alive[1])


# ---------------------------------------------------------------------------------------------------- the chord
def conclusion(time: Any, at: Any, scale: Any) -> tuple[Any, Any, Any]:
    """a <= c Vstar/V <= b and the chord inequality."""
    weight = scale * star(time, at)
    chord = (b - a) * (scale * test(time, at) - tau * GF(time, at)) <= (weight - a) * (b - tau)
    return a <= weight, weight <= b, chord


@lemma(
    "guided_chord",
    title="the chord inequality for the target's weight along a guided path",
    words="For t + n = T, live x with V > 0, c >= 0, a <= c prod lo and c prod hi <= b, a <= tau <= b: a <= c Vstar/V <= b and "
    "(b - a)(c VF/V - tau GF) <= (c Vstar/V - a)(b - tau).",
)
@in_sympy("guided_chord")
def guided_chord(s: Derivation) -> Line:
    given = guided_setting(s)
    between = s.given(Both(a <= tau, tau <= b))
    goals = conclusion(t, x, c)

    def conditions(count: Any) -> tuple[Any, ...]:
        low, high = ranges(count, t)
        return Eq(t + count, T), live, 0 < V(t, x), 0 <= c, a <= c * low, c * high <= b

    def claim(count: Any) -> Any:
        return ForAll(t, x, c, implications(*conditions(count), Both(Both(*goals[:2]), goals[2])))

    def proved(parts: list[Line]) -> Line:
        return s.both(s.both(*parts[:2]), parts[2])

    with s.suppose(*conditions(0)) as here:
        # Vstar = V, VF = F V, GF = F, and (c - a)(b - tau) - (b - a) F (c - tau) = F (b-c)(tau-a) + (1-F)(c-a)(b-tau)
        same, test_of = s.prove(Eq(T, t), here[0]), given["test function"](x)
        ends = [
            s.at(same, given["terminal value"](x), lambda r: Eq(Vstar(r, x), V(r, x))),
            s.at(same, given["tested terminal value"](x), lambda r: Eq(VF(r, x), F(x) * V(r, x))),
            s.at(same, given["guided end"](x), lambda r: Eq(GF(r, x), F(x))),
        ]
        inner = (
            s.prove(0 <= (b - c) * (tau - a), here[5], between[0]),
            s.prove(0 <= (c - a) * (b - tau), here[4], between[1]),
        )
        plain = (b - a) * F(x) * (c - tau) <= (c - a) * (b - tau)
        line = s.prove(plain, *inner, test_of[0], test_of[1])
        base = proved(
            [s.prove(goals[0], here[4], ends[0]), s.prove(goals[1], here[5], ends[0]), s.prove(goals[2], line, *ends)]
        )
        base = here.then(base, t, x, c)
    with s.suppose(claim(n)) as hyp, s.suppose(*conditions(n + 1)) as here:
        move = Move(s, given, s.prove(Eq(t + 1 + n, T), here[0]))
        weight = c * (BV / V(t, x))  # at the next state with the scale c rho, rho = BV/V
        s.know(s.prove(0 <= weight))
        bounds = []
        for g, part in ((lo, 0), (hi, 1)):
            s.know(s.gen(s.prove(0 <= g(k), given["bounds are positive"](k)[part]), k))
            rest = s.use("product_nonneg", {sequence(k): g(k)})(n, t + 1)
            front = s.use("product_front", {sequence(k): g(k)})(n, t)
            one_step = (lo(t) <= BV / V(t, x), BV / V(t, x) <= hi(t))[part]
            bounds.append((rest, front, s.prove(one_step, move.ratio[part])))
        low, high = ranges(n, t + 1)
        for goal, condition, (rest, front, step) in (
            (a <= weight * low, here[4], bounds[0]),
            (weight * high <= b, here[5], bounds[1]),
        ):
            left, right = (rest.rhs * side for side in (step.lhs, step.rhs))
            more = s.prove(left <= right, step, rest)
            s.know(s.prove(goal, condition, front, s.prove(c * left <= c * right, more)))
        with move.next:
            move.know()
            inner_line = hyp[0](t + 1, y, weight)
            parts = [move.next.average(line) for line in (inner_line[0][0], inner_line[0][1], inner_line[1])]
        # rho E[guided](Vstar/V) = Vstar/V, the same for VF, and GF = E[guided] GF
        means, path = move.means, move.path
        lines = [
            s.prove(goals[0], parts[0], means[0]),
            s.prove(goals[1], parts[1], means[0]),
            s.prove(goals[2], parts[2], *means, path),
        ]
        step_line = hyp.then(here.then(proved(lines), t, x, c))
    return s.induct(n, claim, base, step_line)


@lemma(
    "guided_step",
    title="the chord inequality at the first step",
    words="With t + 1 + n = T, tau = Vstar_t(x)/BV_t(x) the mean weight of the later steps: a <= tau <= b and "
    "(b - a)(VF/BV - tau GF) <= (tau - a)(b - tau).",
)
@in_sympy("guided_step")
def guided_step(s: Derivation) -> Line:
    given = guided_setting(s)
    s.given(a <= b)
    low, high = ranges(n, t + 1)
    with s.suppose(Eq(t + 1 + n, T), live, 0 < V(t, x), a <= low, high <= b) as here:
        move, mean = Move(s, given, here[0]), Vstar(t, x) / BV

        def chord(threshold: Any) -> Line:
            return s.use("guided_chord", {tau: threshold})(n, t + 1, y, 1)

        with move.next:  # a <= tau <= b: the bounds of Vstar/V over the first move
            move.know()
            weak = chord(a)[0]
            bounds = [move.next.average(weak[part]) for part in (0, 1)]
        least = s.know(s.prove(a <= mean, bounds[0], move.means[0]))
        most = s.know(s.prove(mean <= b, bounds[1], move.means[0]))
        with move.next:
            move.know()
            sharp = move.next.average(chord(mean)[1])
        wanted = (b - a) * (VF(t, x) / BV - mean * GF(t, x)) <= (mean - a) * (b - mean)
        line = s.prove(wanted, sharp, *move.means, move.path)
        line = s.both(move.mass, s.both(s.both(least, most), line))
    return here.then(line, t, n, x)


@lemma(
    "guided_above",
    title="the target's mean is at most the guided mean plus (s - 1)/(s + 1)",
    words="If prod lo >= a > 0 and prod hi <= s^2 a over the steps 1..n, n = T - 1, s >= 1: VF/Vstar - GF <= (s - 1)/(s + 1) at the root.",
)
@in_sympy("guided_above")
def guided_above(s: Derivation) -> Line:
    guided_setting(s)
    low, high = ranges(n, 1)
    *_, below = s.given(
        0 < a,
        relation("<=", 1, ratio),
        Eq(T, n + 1),
        Eq(dead(0, root), 0),
        0 < V(0, root),
        a <= low,
        high <= ratio**2 * a,
    )
    s.know(s.prove(a <= ratio**2 * a))
    first = s.use("guided_step", {b: ratio**2 * a})(0, n, root)
    bv = Expect(M(0, root), y, psi(0, root, y) * V(1, y))
    mean, gap, goal = Vstar(0, root) / bv, VF(0, root) / Vstar(0, root) - GF(0, root), (ratio - 1) / (ratio + 1)
    for line in (first[0], first[1][0][0], first[1][0][1]):
        s.know(line)
    s.know(s.prove(0 < mean, first[1][0][0]))
    s.know(s.prove(0 < Vstar(0, root), first[1][0][0]))
    stray = s.prove(Eq(mean * gap, VF(0, root) / bv - mean * GF(0, root)))
    cancel, least, most = s.use("cancel_factor"), first[1][0][0], first[1][0][1]
    with s.suppose(ratio <= 1) as small:  # tau = a, and the chord with b = a + 1 gives VF/BV <= tau GF
        one = s.prove(Eq(ratio, 1), s.equal(small[0], s.prove(relation("<=", 1, ratio))))
        s.know(s.prove(high <= a + 1, below, one))
        flat = s.equal(s.prove(mean <= a, most, one), s.prove(a <= mean, least))
        second = s.use("guided_step", {b: a + 1})(0, n, root)[1][1]
        s.know(s.prove(mean * gap <= 0, second, stray, flat))
        low_case = s.prove(gap <= goal, cancel(mean, gap, 0), s.prove(0 <= goal))
    with s.suppose(1 < ratio):
        # (s-1)/(s+1) - (b - tau)(tau - a)/(tau (b - a)) = (tau - s a)^2 / (tau (b - a)), b = s^2 a
        square = s.prove((tau - a) * (ratio**2 * a - tau) <= (ratio - 1) ** 2 * a * tau)
        apart, most_gap = (ratio**2 * a - a) * gap, (ratio - 1) ** 2 * a
        s.know(s.prove(mean * apart <= mean * most_gap, first[1][1], stray, s.gen(square, tau)(mean)))
        line, positive = cancel(mean, apart, most_gap), s.prove(0 < a * (ratio - 1))
        high_case = s.prove(gap <= goal, line, positive, hold=[gap])
    return s.cases(ratio, 1, low_case, high_case)
