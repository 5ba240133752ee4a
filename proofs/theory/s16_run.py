"""S16: whole runs under resampling into slots keep S12 and S5, with the largest share omega of a slot for 1/N; derived in sympy.

With H and G the carried sums of Qbar and of its part that answers F: G <= beta Out H at every cloud, by `slots_step` and backwards from the
answer; and the mean squared product of the weights is at most beta H^2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Expect, ForAll, implications, product, relation
from proofs.lemmas.clouds import over, particles, sequence
from proofs.lemmas.layered_system import know_complement, lookahead, weight
from proofs.lemmas.slot_run import (
    Run,
    alive,
    backwards,
    below,
    carrying,
    drawn,
    first,
    first_apart,
    good,
    grow,
    growth,
    mass,
    moved,
    next_apart,
    no_weight,
    rest,
    slots,
    tested,
)
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import target

N, n, m, t, i, k, c, d = particles.symbols("N n m t i k c d")
x, root, V, Vstar, VF, F, dst, horizon = layered.symbols("x root V Vstar VF F dst T")
carried, share0, after, begin, miss0, Out, B = slots.symbols("carried share0 slots begin miss0 Out B")
T = n + 1


@lemma(
    "slots_answers",
    title="the answer of a run into slots, from a cloud on",
    words="G <= prod_{k<m} (1 + omega (b - 1)) Out H with m steps to go, H and G the carried sums of Qbar and of Qbar^F.",
)
@in_sympy("slots_answers")
def slots_answers(s: Derivation) -> Line:
    run = Run(s)

    def claim(r: Any, time: Any) -> Any:
        return below(growth(r, time + 1), time, c)

    def at_end() -> Line:
        ends = run.given["terminal value"], run.tested["terminal value"]
        bottom = run.each(
            n, lambda q: s.prove(Eq(carried(q) * lookahead(n, q), carried(q) * weight(n, q)), ends[0](dst(q)))
        )
        top = run.each(
            n, lambda q: s.prove(Eq(carried(q) * tested(n, q), carried(q) * weight(n, q) * F(dst(q))), ends[1](dst(q)))
        )
        return s.form(s.prove(below(1, n, c), top, bottom, run.honest(c)), claim(0, n))

    def gone(zero: Line) -> Line:
        flat = no_weight(s, run, tested, zero), no_weight(s, run, lookahead, zero)
        return s.prove(claim(m + 1, t), *flat)

    def there(ahead: Line) -> Line:
        draw, P = run.next_draw(), s.know(run.growths(m, t + 2)).rhs

        def enough(found: Line) -> Line:
            s.know(run.all_good(draw, found))
            sums = run.carried_sum(draw, found, tested), run.carried_sum(draw, found, lookahead)
            top, bottom = drawn(draw, tested), drawn(draw, lookahead)
            line = s.prove(top <= P * Out(t + 1, d) * bottom, ahead(d), *sums)
            return s.both(line, s.prove(0 <= P * Out(t + 1, d)))

        moved = run.step(draw, tested, P * Out(t + 1, d), enough)[1]
        top, bottom = run.mean(tested), run.mean(lookahead)
        G, H, out = carrying(t, c, tested), carrying(t, c, lookahead), Out(t, c)
        line = s.prove(
            moved.lhs <= grow(t + 1) * Expect(draw.law, d, drawn(draw, lookahead)) * (P * out), moved, run.moves(t, c)
        )
        line = s.prove(G <= grow(t + 1) * P * out * H, line, top, bottom)
        return s.put(line, lambda q: G <= q * out * H, run.front(m, t + 1))

    return backwards(s, run, claim, at_end, gone, there)


@statement(
    "S16",
    source="new",
    title="density of the output law under resampling into slots, zero rewards allowed",
    words="A run whose clouds are drawn into slots (stratified, residual, or weights carried on while none is above 1/(theta N)): slot i "
    "takes the particle j with probability anc(i, j) and moves on by M, apart from the others, with a share w_i <= omega of the weight and "
    "sum_i w_i anc(i, j) the weight of j.  Otherwise as S12, zero rewards allowed; lo(k) is the least Vstar/V among live states at time k, "
    "b(k) lo(k) bounds Qbar there, b(k) >= 1: pi <= prod_{k<T} (1 + omega (b(k) - 1)) out.",
)
@in_sympy("S16")
def density(s: Derivation) -> Line:
    run = Run(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    draw, P = run.first_draw(), s.know(run.growths(n, 1)).rhs
    ahead = s.use("slots_answers")

    def enough(found: Line) -> Line:
        s.know(run.all_good(draw, found))
        sums = run.carried_sum(draw, found, tested), run.carried_sum(draw, found, lookahead)
        top, bottom = drawn(draw, tested), drawn(draw, lookahead)
        line = s.prove(top <= P * Out(0, d) * bottom, ahead(n, 0, d), *sums)
        return s.both(line, s.prove(0 <= P * Out(0, d)))

    moved = run.step(draw, tested, P * Out(0, d), enough)[1]
    out = Expect(begin, d, Out(0, d))
    line = s.prove(target <= grow(0) * P * out, moved, run.first_mean(tested), run.first_mean(lookahead))
    line = s.put(line, lambda q: target <= q * out, run.front(n, 0))
    return s.form(line, target <= out * product(T, k, grow(k)))


@lemma(
    "slots_squares",
    title="second moment of the normaliser of a run into slots, from a cloud on",
    words="B(t, c), the mean of the squared product of the carried weights from a cloud on, is at most prod_{k<m} (1 + omega (b - 1)) H^2.",
)
@in_sympy("slots_squares")
def slots_squares(s: Derivation) -> Line:
    return squares(Run(s))


def squares(run: Run) -> Line:
    """forall m t c. B(t, c) <= prod_{k<m} grow H^2, with m steps to go."""
    s = run.s
    moves, end = squared(s)

    def claim(r: Any, time: Any) -> Any:
        return B(time, c) <= growth(r, time + 1, run.grow) * carrying(time, c, lookahead) ** 2

    def at_end() -> Line:
        ends = run.given["terminal value"]
        bottom = run.each(
            n, lambda q: s.prove(Eq(carried(q) * lookahead(n, q), carried(q) * weight(n, q)), ends(dst(q)))
        )
        line = s.put(s.prove(B(n, c) <= carrying(n, c, weight) ** 2, end(c)), lambda v: B(n, c) <= v**2, bottom)
        return s.form(line, claim(0, n))

    def gone(zero: Line) -> Line:
        flat = s.at(zero, moves(t, c), lambda v: Eq(B(t, c), v**2 * Expect(after(t, c), d, B(t + 1, d))))
        P = s.know(run.growths(m + 1, t + 1)).rhs
        return s.prove(claim(m + 1, t), flat, s.prove(0 <= P * carrying(t, c, lookahead) ** 2))

    def there(ahead: Line) -> Line:
        draw, P = run.next_draw(), s.know(run.growths(m, t + 2)).rhs
        with s.surely(draw.law, d, draw.null, draw.nonneg, draw.never) as fine:
            found = draw.found(d)
            s.know(run.all_good(draw, found))
            near = s.put(ahead(d), lambda v: B(t + 1, d) <= P * v**2, run.carried_sum(draw, found, lookahead))
            mean = fine.average(near)
        square, bottom = run.spread(draw), run.mean(lookahead)
        H = carrying(t, c, lookahead)
        spread = s.prove(P * square.lhs <= P * square.rhs, square)
        X = Expect(draw.law, d, drawn(draw, lookahead))
        line = s.times_square(s.prove(mean.lhs <= run.grow(t + 1) * P * X**2, mean, spread), mass)
        line = s.prove(B(t, c) <= run.grow(t + 1) * P * (X * mass) ** 2, line, moves(t, c))
        line = s.at(bottom, line, lambda v: B(t, c) <= run.grow(t + 1) * P * v**2)
        return s.put(line, lambda q: B(t, c) <= q * H**2, run.front(m, t + 1))

    return backwards(s, run, claim, at_end, gone, there)


def squared(s: Derivation) -> list[Line]:
    """B(t, c): the mean of the squared product of the carried weights from a cloud on."""
    step = Eq(B(t, c), mass**2 * Expect(after(t, c), d, B(t + 1, d)))
    return s.given(ForAll(t, c, implications(t < n, step)), ForAll(c, Eq(B(n, c), carrying(n, c, weight) ** 2)))


@statement(
    "S16.normaliser",
    source="new",
    title="variance of the normaliser under resampling into slots",
    words="As S16, B(t, c) the mean of the squared product of the carried weights from a cloud on: E[(Zhat/Z)^2] <= prod_{k<T} (1 + omega "
    "(b(k) - 1)).",
)
@in_sympy("S16.normaliser")
def normaliser(s: Derivation) -> Line:
    return whole(Run(s), "slots_squares")


def whole(run: Run, ahead: str) -> Line:
    """E[(Zhat/Z)^2] <= prod_{k<T} grow(k), by the lemma on what is ahead of a cloud."""
    s = run.s
    squared(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    draw, P = run.first_draw(), s.know(run.growths(n, 1)).rhs
    later = s.use(ahead)
    with s.surely(begin, d, miss0(d), draw.nonneg, draw.never) as fine:
        found = draw.found(d)
        s.know(run.all_good(draw, found))
        mean = fine.average(
            s.put(later(n, 0, d), lambda v: B(0, d) <= P * v**2, run.carried_sum(draw, found, lookahead))
        )
    square, bottom = run.spread(draw), run.first_mean(lookahead)
    spread = s.prove(P * square.lhs <= P * square.rhs, square)
    X, scale = bottom.lhs, V(0, root) / Vstar(0, root)
    line = s.prove(mean.lhs <= run.grow(0) * P * X**2, mean, spread)
    line = s.times_square(s.at(bottom, line, lambda v: mean.lhs <= run.grow(0) * P * v**2), scale)
    moment = scale**2 * mean.lhs
    line = s.put(s.prove(moment <= run.grow(0) * P, line), lambda q: moment <= q, run.front(n, 0))
    return s.form(line, moment <= product(T, k, run.grow(k)))


@statement(
    "S16.tv",
    source="new",
    title="bias under resampling into slots",
    words="As S16: |E F(output) - target| <= 1 - 1/prod_{k<T} (1 + omega (b(k) - 1)).",
)
@in_sympy("S16.tv")
def total_variation(s: Derivation) -> Line:
    """S16 for F and for 1 - F."""
    run = Run(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    up = s.use("S16")
    complement(s, run)
    other = {Out(t, c): 1 - Out(t, c), F(x): 1 - F(x), VF(t, x): Vstar(t, x) - VF(t, x)}
    out, beta = Expect(begin, d, Out(0, d)), product(T, k, grow(k))
    down = s.prove(1 - target <= beta * (1 - out), s.use("S16", other))
    s.know(s.gen(s.prove(relation("<=", 1, grow(k)), run.rules["some share"], run.peak(k)), k))
    one = s.use("product_at_least_one", {sequence(k): grow(k)})(T)
    for line in (up, down, one, s.prove(0 <= target), s.prove(target <= 1)):
        s.know(line)
    s.know(s.prove(1 - target <= 1))
    gap = s.use("density_gap")
    low, high = gap(target, out, beta), gap(1 - target, 1 - out, beta)
    return s.both(s.prove(out - target <= low.rhs, high), low)


def complement(s: Derivation, run: Run) -> None:
    """1 - F is a test function too: its value is Vstar - VF, its answer 1 - Out; known from here on."""
    turned(s, run)
    moves_too(
        s, run, (("first slots", first), ("first apart", first_apart)), (("slots move", moved), ("apart", next_apart))
    )


def turned(s: Derivation, run: Run) -> None:
    """What is asked of the model and of the answer, for 1 - F."""
    given = run.given
    test = run.tested["test function"]
    values = {"tested recursion": run.tested["value recursion"], "tested terminal value": run.tested["terminal value"]}
    know_complement(s, T, {**given, **values, "test function": test})
    with s.suppose(t < n, alive) as here:
        later = Expect(after(t, c), d, 1 - Out(t + 1, d))
        line = s.prove(Eq(1 - Out(t, c), later), run.moves(t, c))
    s.know(here.then(line, t, c))
    ends = over(c, lambda q: carried(q) * weight(n, q) * (1 - F(dst(q))))
    s.know(s.gen(s.prove(Eq((1 - Out(n, c)) * carrying(n, c, weight), ends), run.honest(c)), c))
    inside = run.inside(t, c)
    s.know(s.gen(s.both(s.prove(0 <= 1 - Out(t, c), inside[1]), s.prove(1 - Out(t, c) <= 1, inside[0])), t, c))
    for value, part in ((VF(t, x), F(x)), (Vstar(t, x) - VF(t, x), 1 - F(x))):
        twist = given["twist is non-negative"](t, x)
        s.know(s.gen(s.prove(0 <= V(t, x) * part, twist, test(x)[0], test(x)[1]), t, x))
        s.know(s.use("value_nonneg", {horizon: T, Vstar(t, x): value, V(t, x): V(t, x) * part})(0, root))


Rules = tuple[tuple[str, Callable[[Any], Any]], ...]


def moves_too(s: Derivation, run: Run, firsts: Rules, later: Rules) -> None:
    """What is asked of the slots, for 1 - F."""
    rules = run.rules
    for name, rule in firsts:
        with s.suppose(i < N) as here:
            pair = rules[name](i)
            line = s.both(pair[0], s.prove(rule(rest), pair[0], pair[1]))
        s.know(here.then(line, i))
    for name, rule in later:
        with s.suppose(t < n, good, alive) as now, s.suppose(i < N) as here:
            pair = rules[name](t, c)(i)
            line = s.both(pair[0], s.prove(rule(rest), pair[0], pair[1]))
        s.know(now.then(here.then(line, i), t, c))
