"""One path that the target takes, on the layered model: it stays alive, and its growth is non-negative.  Means of V and of Vstar^2/V."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, Recip, implications, relation, symbols
from proofs.lemmas.clouds import particles
from proofs.lemmas.halvings import strongly
from proofs.lemmas.layered_system import ahead, live, model, on_move
from proofs.registry import lemma
from proofs.theory.model import layered
from proofs.theory.s6_lower_bound import flip
from proofs.theory.s14_path import alone, growth, know_values, on_step, one_path, own, path, references

N, n, m, t, i, k, until, z = particles.symbols("N n m t i k s z")
x, y, root, psi, V, Vstar, VF, PV, PS = layered.symbols("x y root psi V Vstar VF PV PS")
dead, noedge = layered.symbols("dead noedge")
(C,) = symbols("C")
(rest,) = symbols("l", "nat")
T = n + 1


def squares(s: Derivation) -> dict[str, Line]:
    """PS(q, t, x), the mean of the path's potentials times Vstar_q^2/V_q from x at time t, along states where the twist is positive."""
    inside = t < until, until < T, live
    return s.setting(
        {
            "PS at once": ForAll(t, x, Eq(PS(t, t, x), Vstar(t, x) ** 2 / V(t, x))),
            "PS later": ForAll(
                until,
                t,
                x,
                implications(*inside, 0 < V(t, x), Eq(PS(until, t, x), ahead(lambda r, q: PS(until, r, q)))),
            ),
            "PS is cut": ForAll(until, t, x, implications(*inside, Eq(V(t, x), 0), Eq(PS(until, t, x), 0))),
        }
    )


@lemma(
    "references_apart",
    title="means of V and of Vstar^2/V, and the value between",
    words="0 <= PV(s, t, x), 0 <= PS(s, t, x), and 0 <= PS - 2 z Vstar_t + z^2 PV for every z, at live x and t <= s < T: Cauchy-Schwarz.",
)
@in_sympy("references_apart")
def references_apart(s: Derivation) -> Line:
    given, ref = model(s), references(s) | squares(s)

    def three(p: Any, v: Any, q: Any) -> tuple[Any, ...]:
        return relation("<=", 0, p), relation("<=", 0, q), relation("<=", 0, q - 2 * z * v + z**2 * p)

    def conjunction(lines: list[Line]) -> Line:
        return s.both(lines[0], s.both(lines[1], lines[2]))

    def claim(r: Any) -> Any:
        goals = three(PV(until, t, x), Vstar(t, x), PS(until, t, x))
        return ForAll(
            t, x, z, implications(Eq(t + r, until), until < T, live, Both(goals[0], Both(goals[1], goals[2])))
        )

    with s.suppose(Eq(t, until), until < T, live) as now:
        s.know(s.prove(t < T, now[0], now[1]))
        twist, value = given["twist is non-negative"](t, x), given["twist kills no live value"]
        ends, goals = (ref["PV at once"](t, x), ref["PS at once"](t, x)), three(PV(t, t, x), Vstar(t, x), PS(t, t, x))
        with s.suppose(0 < V(t, x)):
            apart = s.prove(relation("<=", 0, (Vstar(t, x) - z * V(t, x)) ** 2 / V(t, x)))
            square = s.prove(relation("<=", 0, Vstar(t, x) ** 2 / V(t, x)))
            high = conjunction([s.prove(goal, apart, square, twist, *ends) for goal in goals])
        with s.suppose(V(t, x) <= 0):
            none = s.know(s.zero(V(t, x), twist))
            flat = s.at(none, ends[1], lambda v: Eq(PS(t, t, x), Vstar(t, x) ** 2 * Recip(v)))
            flat = s.prove(Eq(PS(t, t, x), 0), flat)
            low = conjunction([s.prove(goal, none, flat, ends[0], value(t, x)) for goal in goals])
        line = s.cases(V(t, x), 0, low, high)

        def shape(r: Any) -> Any:
            made = three(PV(r, t, x), Vstar(t, x), PS(r, t, x))
            return Both(made[0], Both(made[1], made[2]))

        base = now.then(s.at(now[0], line, shape), t, x, z)
    with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), until), until < T, live) as now:
        for fact in (t < until, t < T):
            s.know(s.prove(fact, now[0], now[1]))
        goals = three(PV(until, t, x), Vstar(t, x), PS(until, t, x))
        with s.suppose(0 < V(t, x)):
            pushes = ref["PV later"](until, t, x), ref["PS later"](until, t, x), given["value recursion"](t, x)
            with on_move(s, given, t, x) as there:
                s.know(given["ends of a reachable edge are live"](t, x, y)[1])
                inside, potential = hyp[0](t + 1, y, z), given["potentials are non-negative"](t, x, y)
                parts = inside[0], inside[1][0], inside[1][1]
                means = [there.average(s.prove(0 <= psi(t, x, y) * part.rhs, part, potential)) for part in parts]
            high = conjunction([s.prove(goal, mean, *pushes) for goal, mean in zip(goals, means, strict=True)])
        with s.suppose(V(t, x) <= 0):
            none = s.know(s.zero(V(t, x), given["twist is non-negative"](t, x)))
            cuts = (
                ref["PV is cut"](until, t, x),
                ref["PS is cut"](until, t, x),
                given["twist kills no live value"](t, x),
            )
            low = conjunction([s.prove(goal, *cuts) for goal in goals])
        step = hyp.then(now.then(s.cases(V(t, x), 0, low, high), t, x, z))
    out = s.induct(m, claim, base, step)
    with s.suppose(t <= until, until < T, live) as here, s.nat_split(here[0], m) as split:
        line = split.close(out(m, t, x, z))
    return here.then(line, until, t, x, z)


def coverage(s: Derivation) -> dict[str, Line]:
    """No step multiplies the true value by more than C."""
    act = psi(t, x, y) * Vstar(t + 1, y) <= C * Vstar(t, x)
    return s.setting({"coverage": ForAll(t, x, y, implications(t < T, Eq(noedge(t, x, y), 0), act))})


def path_setting(s: Derivation) -> dict[str, Line]:
    """One path, taken by the target: its edges are reachable."""
    given = know_values(s) | references(s) | one_path(s) | coverage(s)
    return given | s.setting(
        {
            "the path is reachable": ForAll(t, implications(t < T, Eq(noedge(t, path(t), path(t + 1)), 0))),
            "the target takes the path": 0 < VF(0, root),
        }
    )


@lemma(
    "path_alive",
    title="the true value is positive along a path that the target takes",
    words="For t <= T the path's state is live, 0 < Vstar_t and 0 < V_t there.",
)
@in_sympy("path_alive")
def path_alive(s: Derivation) -> Line:
    given = path_setting(s)

    def claim(time: Any) -> Any:
        return implications(relation("<=", time, T), Both(Eq(dead(time, path(time)), 0), 0 < VF(time, path(time))))

    back = flip(s, given["the path starts at the root"])
    start = s.both(given["the root is live"], given["the target takes the path"])
    start = s.at(back, start, lambda a: Both(Eq(dead(0, a), 0), 0 < VF(0, a)))
    with s.suppose(relation("<=", 0, T)) as here:
        base = here.then(start)
    with s.suppose(claim(t)) as hyp, s.suppose(t + 1 <= T) as here:
        for fact in (t <= T, t < T):
            s.know(s.prove(fact, here[0]))
        now = hyp[0]()
        s.know(now[0])
        s.know(given["the path is reachable"](t))
        after = given["ends of a reachable edge are live"](t, path(t), path(t + 1))[1]
        value = VF(t + 1, path(t + 1))
        with s.suppose(value <= 0) as none:
            with on_step(s, given, path(t), y) as there:
                s.know(given["ends of a reachable edge are live"](t, path(t), y)[1])
                potential = given["potentials are non-negative"](t, path(t), y)
                with s.suppose(0 < VF(t + 1, y)) as some:
                    same = given["F is met along the path"](t, path(t), y)[1]
                    there_too = s.at(same, some[0], lambda a: 0 < VF(t + 1, a))
                    high = s.anything(VF(t + 1, y) <= 0, s.prove(relation("<", 0, 0), there_too, none[0]))
                with s.suppose(VF(t + 1, y) <= 0) as never:
                    least = s.cases(VF(t + 1, y), 0, never[0], high)
                mean = there.average(s.prove(psi(t, path(t), y) * VF(t + 1, y) <= 0, potential, least))
            false = s.prove(relation("<", 0, 0), mean, given["tested recursion"](t, path(t)), now[1])
            dead_after = s.anything(0 < value, false)
        with s.suppose(0 < value) as some:
            positive = s.cases(value, 0, dead_after, some[0])
        step = hyp.then(here.then(s.both(after, positive)))
    line = s.induct(t, claim, base, step)
    with s.suppose(t <= T) as here:
        both = line(t)()
        s.know(both[0])
        positive = s.prove(0 < Vstar(t, path(t)), both[1], given["VF is at most Vstar"](t, path(t)))
        with s.suppose(V(t, path(t)) <= 0):
            flat = s.zero(V(t, path(t)), given["twist is non-negative"](t, path(t)))
            early = dead_end(s, given, flat, positive)
        with s.suppose(0 < V(t, path(t))) as some:
            twist = s.cases(V(t, path(t)), 0, early, some[0])
    return here.then(s.both(both[0], s.both(positive, twist)), t)


def dead_end(s: Derivation, given: dict[str, Line], none: Line, positive: Line) -> Line:
    """0 < V(t, path(t)) because V = 0 would make the true value 0."""
    s.know(none)
    with s.suppose(t < T):
        value = given["twist kills no live value"](t, path(t))
        early = s.anything(0 < V(t, path(t)), s.prove(relation("<", 0, 0), value, positive))
    with s.suppose(T <= t) as late:
        same = s.equal(late[0], s.prove(t <= T))
        end = s.at(same, given["terminal value"](path(t)), lambda r: Eq(Vstar(r, path(t)), V(r, path(t))))
        last = s.anything(0 < V(t, path(t)), s.prove(relation("<", 0, 0), end, none, positive))
    return s.cases(T, t, last, early)


def on_path(s: Derivation, alive: Line, *times: Any) -> None:
    """Known: the states of the path at these times are live, with a positive twist and true value."""
    for time in times:
        line = alive(time)
        for part in (line[0], line[1][0], line[1][1]):
            s.know(part)


def know_share(s: Derivation) -> None:
    """0 <= 1 - 1/N <= 1 and its powers, 0 <= 1/N."""
    one = s.nat_step(s.given(0 < N))
    share = s.know(s.prove(0 <= alone, one))
    s.know(s.prove(alone <= 1))
    s.know(s.gen(s.use("power_nonneg")(share.rhs, k), k))
    s.know(s.gen(s.form(s.use("power_mono")(share.rhs, 1, k), alone**k <= 1), k))


def term(time: Any, index: Any) -> Any:
    """A term of the recursion of growth."""
    return alone**index / N * own(time + index) * growth(time + index + 1) * PV(time + index, time, path(time))


@lemma(
    "growth_nonneg",
    title="growth is non-negative along a path that the target takes",
    words="0 <= growth(t) for t <= T.",
)
@in_sympy("growth_nonneg")
def growth_nonneg(s: Derivation) -> Line:
    given = path_setting(s)
    squares(s)
    know_share(s)
    alive, apart = s.use("path_alive"), s.use("references_apart")

    def claim(steps: Any) -> Any:
        return ForAll(t, implications(Eq(t + steps, T), 0 <= growth(t)))

    with s.suppose(Eq(t + 0, T)) as now:
        s.know(s.prove(t <= T, now[0]))
        on_path(s, alive, t)
        grown = given["growth"](0, t)
        base = now.then(s.prove(0 <= growth(t), s.prove(Eq(growth(t), 1), grown)), t)

    def step(earlier: Callable[[Any], Line]) -> Line:
        with s.suppose(Eq(t + (m + 1), T)) as now:
            for fact in (t <= T, t < T):
                s.know(s.prove(fact, now[0]))
            on_path(s, alive, t)
            grown = given["growth"](m + 1, t)
            with s.below(i, m + 1) as inside:
                low = s.prove(i <= m, s.nat_step(inside[0]))
                with s.nat_split(low, rest) as split:
                    for fact in (t + i <= T, t + i < T, t + i + 1 <= T, t <= t + i, Eq(t + i + 1 + rest, T), rest <= m):
                        s.know(s.prove(fact, now[0], split[0]))
                    on_path(s, alive, t + i, t + i + 1)
                    more = earlier(rest)(t + i + 1), apart(t + i, t, path(t), 0)[0]
                    edge = given["potentials are non-negative"](t + i, path(t + i), path(t + i + 1))
                    gain = s.know(s.prove(0 <= own(t + i), edge))
                    size = s.know(s.use("power_nonneg")(alone, i))
                    line = split.close(s.prove(0 <= term(t, i), *more, gain, size))
                terms = inside.sum(line)
            size = s.know(s.use("power_nonneg")(alone, m + 1))
            right = s.prove(0 <= growth(t) * Vstar(t, path(t)), grown, terms, size)
            out = s.contradiction(0 <= growth(t), right)
        return now.then(out, t)

    line = strongly(s, claim, base, step)
    with s.suppose(t <= T) as here, s.nat_split(here[0], m) as split:
        s.know(s.prove(Eq(t + m, T), split[0]))
        out = split.close(line(m, t))
    return here.then(out, t)
