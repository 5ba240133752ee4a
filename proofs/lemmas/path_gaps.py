"""The growth of one path bounded by its gaps: `gaps` on the layered model, by coverage and by what is read on the path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Recip, function, relation, symbols, total
from proofs.lemmas.clouds import particles, sequence
from proofs.lemmas.halvings import doubles, half
from proofs.lemmas.layered_system import model
from proofs.lemmas.path_alive import know_share, on_path, path_setting, squares, term
from proofs.registry import lemma
from proofs.theory.model import layered
from proofs.theory.s14_path import alone, growth, own, path, references

N, n, m, t, i, k, until, z = particles.symbols("N n m t i k s z")
root, V, Vstar, VF, PV, PS = layered.symbols("root V Vstar VF PV PS")
C, E, rho = symbols("C E rho")
p, q, h = symbols("s q h", "nat")
A, a, r = function("A", "nat -> real"), function("a", "nat -> real"), function("r", "nat nat -> real")
T, top = n + 1, Vstar(0, root)


def seen(q: Any, at: Any = None) -> Any:
    """What the twist undervalues at time q on the path, times what it promises there from the root: chi-square is its mean less 1."""
    state = path(q) if at is None else at
    return Vstar(q, state) / V(q, state) * (PV(q, 0, root) * Recip(top))


def turned(q: Any, p: Any, at: Any = None) -> Any:
    """What it promises at time q from the path's state at p, over what it does from the root: its mean is at most 1."""
    state = path(p) if at is None else at
    return PV(q, p, state) / Vstar(p, state) * (top * Recip(PV(q, 0, root)))


def promised(q: Any, p: Any) -> Any:
    """What the twist undervalues at q on the path, times what it promises there from the path's state at p."""
    return Vstar(q, path(q)) / V(q, path(q)) * (PV(q, p, path(p)) / Vstar(p, path(p)))


@lemma(
    "growth_step",
    title="growth by the next meeting, with coverage",
    words="growth(t) <= 1 + (C/N) growth(t + 1) + sum_{i<m} (C/N) Vstar/V(q) PV(q, t)/Vstar(t) growth(q + 1), q = t + 1 + i, "
    "for t + m + 1 = T.",
)
@in_sympy("growth_step")
def growth_step(s: Derivation) -> Line:
    given = path_setting(s)
    squares(s)
    know_share(s)
    alive, apart, nonneg = s.use("path_alive"), s.use("references_apart"), s.use("growth_nonneg")

    def covered(q: Any) -> Line:
        """own(q) <= C Vstar/V at q on the path."""
        s.know(given["the path is reachable"](q))
        act = given["coverage"](q, path(q), path(q + 1))
        return s.prove(own(q) <= C * Vstar(q, path(q)) / V(q, path(q)), act)

    with s.suppose(Eq(t + (m + 1), T)) as now:
        for fact in (t <= T, t < T, t + 1 <= T):
            s.know(s.prove(fact, now[0]))
        on_path(s, alive, t, t + 1)
        here = Vstar(t, path(t))
        grown = given["growth"](m + 1, t)
        front = s.use("sum_front", {sequence(k): term(t, k)})(m, 0)
        s.know(nonneg(t + 1))
        first = s.prove(own(t) * PV(t, t, path(t)) <= C * here, covered(t), given["PV at once"](t, path(t)))
        first = s.prove(growth(t + 1) / N * first.lhs <= growth(t + 1) / N * first.rhs, first)
        with s.below(i, m) as inside:
            for fact in (t + 1 + i <= T, t + 1 + i < T, t + 2 + i <= T, t <= t + 1 + i):
                s.know(s.prove(fact, now[0], s.nat_step(inside[0])))
            on_path(s, alive, t + 1 + i, t + 2 + i)
            q = t + 1 + i
            cover, more = covered(q), (s.know(nonneg(t + 2 + i)).rhs, s.know(apart(q, t, path(t), 0)[0]).rhs)
            edge = given["potentials are non-negative"](q, path(q), path(q + 1))
            s.know(s.prove(0 <= own(q), edge))
            size = s.use("power_mono")(alone, 1, 1 + i)
            weight = s.know(s.prove(0 <= own(q) * more[0] * more[1] / N))
            low = s.prove(alone ** (1 + i) * weight.rhs <= weight.rhs, size)
            factor = s.know(s.prove(0 <= more[0] * more[1] / N))
            high = s.prove(own(q) * factor.rhs <= C * Vstar(q, path(q)) / V(q, path(q)) * factor.rhs, cover)
            line = s.chain(low, s.form(high, weight.rhs <= high.rhs))
            terms = inside.sum(s.prove(term(t, 1 + i) <= C / N * promised(q, t) * growth(t + 2 + i) * here, line))
        size = s.form(s.use("power_mono")(alone, 1, m + 1), alone ** (m + 1) <= 1)
        alone_for_good = s.prove(alone ** (m + 1) * here <= here, size)
        bound = 1 + C / N * growth(t + 1) + total(m, i, C / N * promised(t + 1 + i, t) * growth(t + 2 + i))
        whole = s.prove(growth(t) * here <= bound * here, grown, front, first, terms, alone_for_good)
        out = s.contradiction(growth(t) <= bound, whole)
    return now.then(out, t, m)


def order(s: Derivation) -> dict[str, Line]:
    """rho is at least N^(-1/(2h+1)) and at most 1, and the horizon is at most 2 h + 3."""
    return s.setting(
        {
            "rho is positive": 0 < rho,
            "rho is at most 1": rho <= 1,
            "C is at least 1": relation("<=", 1, C),
            "rho is the root of 1/N": relation("<=", 1, N * rho ** (2 * h + 1)),
            "the horizon": n <= 2 * h + 2,
        }
    )


unit = rho ** (h + 1) * C


def to_see(q: Any) -> Any:
    return unit * seen(q)


def to_turn(q: Any, p: Any) -> Any:
    return unit * turned(q, p)


def letters() -> dict[Any, Any]:
    """The letters of `gaps` on the path."""
    return {A(t): growth(t), a(q): to_see(q), r(q, p): to_turn(q, p), E: C / N}


def every_gain(times_seen: Callable[[Any], Any], times_turned: Callable[[Any, Any], Any]) -> Any:
    """T and the gains, each by 2^(n - 1 - i): sum over q = 1 + i of what is seen at q and turned to q from every s >= 1."""
    inner = times_seen(1 + i) + total(i, k, times_turned(1 + i, 1 + k))
    return n + 1 + total(n, i, half(n, i) * inner)


@lemma(
    "promise_positive",
    title="the twist promises something from the root, at any time",
    words="0 < PV(q, 0, root) for q < T: its product with PS(q, 0, root) is at least Vstar_0^2.",
)
@in_sympy("promise_positive")
def promise_positive(s: Derivation) -> Line:
    model(s), references(s), squares(s)
    s.given(0 < top)
    apart = s.use("references_apart")
    with s.suppose(until < T) as here:
        s.know(s.prove(relation("<=", 0, until)))
        parts = apart(until, 0, root, z)
        low, square, line = parts[0], parts[1][0], s.gen(parts[1][1], z)
        s.know(line)
        product = s.use("discriminant")(PS(until, 0, root), top, PV(until, 0, root))
        out = s.contradiction(0 < PV(until, 0, root), low, square, product, s.prove(0 < top**2))
    return here.then(s.both(out, s.both(square, product)), until)


@lemma(
    "path_growth",
    title="growth along a path that the target takes, by coverage and what is read on the path",
    words="growth(0) <= 1 + B, if B = rho^(h+1) C (T + sum over q of 2^(T-1-q) (seen(q) + sum over 1 <= s < q of turned(q, s))) < 1, for "
    "T <= 2 h + 3 and 1 <= N rho^(2h+1).",
)
@in_sympy("path_growth")
def path_growth(s: Derivation) -> Line:
    given = path_setting(s)
    squares(s)
    doubles(s)
    sizes = order(s)
    s.given(0 < top)
    s.given(unit * every_gain(seen, turned) < 1)
    alive, apart, nonneg, step = (
        s.use(name) for name in ("path_alive", "references_apart", "growth_nonneg", "growth_step")
    )
    s.know(nonneg)
    promise = s.use("promise_positive")
    for exponent in (h, h + 1):
        s.know(s.use("power_nonneg")(rho, exponent))
    share = s.know(s.prove(1 / N <= rho ** (2 * h + 1), sizes["rho is the root of 1/N"]))
    s.know(s.prove(0 <= C / N))
    s.know(s.prove(C / N <= rho**h * unit, share))
    s.know(s.prove(0 < C))
    for fact in (relation("<=", T, T), relation("=", T, T)):
        s.know(s.prove(fact))
    on_path(s, alive, T)
    s.know(s.prove(growth(T) <= 1, given["growth"](0, T)))
    know_gains(s, alive, apart, promise)
    know_later_steps(s, alive, apart, promise, step)
    know_first_step(s, given, alive, promise, step)
    line = s.use("growth_by_gaps", letters())
    return s.prove(growth(0) <= 1 + unit * every_gain(seen, turned), line)


def know_gains(s: Derivation, alive: Line, apart: Line, promise: Line) -> tuple[Line, Line]:
    """What is seen and turned is non-negative: forall q, and forall q p."""
    with s.suppose(relation("<=", 1, q), q <= n) as here:
        for fact in (q <= T, q < T):
            s.know(s.prove(fact, here[1]))
        on_path(s, alive, q)
        s.know(promise(q)[0])
        one = here.then(s.prove(0 <= to_see(q)), q)
    with s.suppose(relation("<=", 1, p), p < q, q <= n) as here:
        for fact in (q < T, p <= q, p <= T):
            s.know(s.prove(fact, here[1], here[2]))
        on_path(s, alive, p)
        s.know(promise(q)[0])
        two = here.then(s.prove(0 <= to_turn(q, p), apart(q, p, path(p), 0)[0]), q, p)
    return s.know(one), s.know(two)


def know_later_steps(s: Derivation, alive: Line, apart: Line, promise: Line, step: Line) -> None:
    """The recursion of `gaps` from p >= 1 on."""
    rate = rho ** (2 * h + 1) * C
    with s.suppose(relation("<=", 1, p), Eq(p + (m + 1), T)) as now:
        line = step(p, m)
        with s.below(i, m) as inside:
            q = p + 1 + i
            for fact in (q < T, q <= T, p <= q, p <= T, q + 1 <= T):
                s.know(s.prove(fact, now[1], s.nat_step(inside[0])))
            on_path(s, alive, p, q)
            more = s.know(s.use("growth_nonneg")(q + 1)).rhs
            s.know(apart(q, p, path(p), 0)[0])
            s.know(promise(q)[0])
            value = s.know(s.prove(0 <= promised(q, p) * more)).rhs
            cost = to_see(q) * to_turn(q, p) * more * Recip(rho) * Recip(C)  # sympy would cancel them
            low = s.prove(C / N * value <= rate * value, s.prove(C / N <= rate))
            terms = inside.sum(s.prove(C / N * value <= cost, low, s.prove(Eq(cost, rate * value))))
        out = s.prove(growth(p) <= 1 + C / N * growth(p + 1) + total(m, i, cost), line, terms)
    s.know(now.then(out, p, m))


def know_first_step(s: Derivation, given: dict[str, Line], alive: Line, promise: Line, step: Line) -> None:
    """The first step of `gaps`, from the root."""
    s.know(s.prove(relation("=", n + 1, T)))
    line, start = step(0, n), given["the path starts at the root"]
    with s.below(i, n) as inside:
        q = 1 + i
        for fact in (q < T, q <= T, q + 1 <= T):
            s.know(s.prove(fact, s.nat_step(inside[0])))
        on_path(s, alive, q)
        more = s.know(s.use("growth_nonneg")(q + 1)).rhs
        s.know(promise(q)[0])
        at_root = Vstar(q, path(q)) / V(q, path(q)) * (PV(q, 0, root) / top)
        value = s.know(s.prove(0 <= at_root * more)).rhs
        same = s.prove(Eq(promised(q, 0) * more, promised(q, 0) * more))
        same = s.at(start, same, lambda a: Eq(promised(q, 0) * more, at_root.subs(root, a) * more))
        low = s.prove(C / N * value <= rho**h * unit * value)
        cost = rho**h * to_see(q) * more
        terms = inside.sum(s.prove(C / N * promised(q, 0) * more <= cost, same, low))
    s.know(s.prove(growth(0) <= 1 + C / N * growth(1) + total(n, i, cost), line, terms))


@lemma("path_gains", title="what is read on a path is non-negative", words="0 <= B, for the B of path_growth.")
@in_sympy("path_gains")
def path_gains(s: Derivation) -> Line:
    path_setting(s)
    squares(s)
    order(s)
    doubles(s)
    s.given(0 < top)
    s.know(s.prove(0 < C))
    s.know(s.use("power_nonneg")(rho, h + 1))
    sees, turns = know_gains(s, s.use("path_alive"), s.use("references_apart"), s.use("promise_positive"))
    with s.below(i, n) as inside:
        for fact in (relation("<=", 1, 1 + i), 1 + i <= n):
            s.know(s.prove(fact, s.nat_step(inside[0])))
        with s.below(k, i) as before:
            for fact in (relation("<=", 1, 1 + k), 1 + k < 1 + i):
                s.know(s.prove(fact, before[0]))
            rests = before.sum(turns(1 + i, 1 + k))
        one = sees(1 + i)
        terms = inside.sum(s.prove(0 <= half(n, i) * (one.rhs + rests.rhs), one, rests))
    return s.prove(0 <= unit * every_gain(seen, turned), terms)
