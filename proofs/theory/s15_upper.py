"""S15's upper half: coverage and chi-squares alone bound the bias by (2^T - 1) C K N^(-r/(2r-1)), at every N and T.

On a path that the target takes pi <= growth(0) out (S14.density), and growth(0) - 1 is a sum over the sets of times at which two lineages
meet: each gap before a meeting costs what the twist undervalues where it ends, over what it promised where it began.  Where all of these
are small, growth(0) <= 1 + B with B linear in them (`growth_by_gaps`); elsewhere B >= 1, and pi - out <= pi B says nothing.  The target's
mean of what is undervalued at one time is 1 + chi^2 <= K, that of a promise from a state, over the true value there and over the promise
from the root, at most 1 (`path_means`).  No root, no Hoelder inequality: r = max(1, floor(T/2)) = h + 1 or more, and rho is any number
with N rho^(2h+1) >= 1, rho <= 1.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import to_kernel
from proofs.language.expressions import Both, ForAll, Recip, function, implications, relation, symbols, total
from proofs.language.terms import forall
from proofs.lemmas.clouds import particles
from proofs.lemmas.halvings import doubles, half
from proofs.lemmas.layered_system import model
from proofs.lemmas.path_alive import coverage, squares
from proofs.lemmas.path_gaps import every_gain, order, rho, top, unit
from proofs.lemmas.path_means import leaves
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_normaliser import begin, first
from proofs.theory.s10_certificate import each_F, each_Out, each_VF
from proofs.theory.s14_path import each_growth, each_path, references, several

N, n, t, i, k, until, c, d = particles.symbols("N n t i k s c d")
x, root, V, Vstar, PV, PS, psi, noedge = layered.symbols("x root V Vstar PV PS psi noedge")
j, J = symbols("j J", "nat")
C, K, w, z = symbols("C K w z")
(h,) = symbols("h", "nat")
event = function("taken", "nat -> real")
T, aim = n + 1, each_VF(j, 0, root) * Recip(top)


def see(q: Any) -> Any:
    return Vstar(q, each_path(j, q)) / V(q, each_path(j, q)) * (PV(q, 0, root) * Recip(top))


def turn(q: Any, p: Any) -> Any:
    return PV(q, p, each_path(j, p)) / Vstar(p, each_path(j, p)) * (top * Recip(PV(q, 0, root)))


def numbered(s: Derivation, line: Line) -> Line:
    """The line with its hypotheses on the path asked of all paths, numbered by j; they are known from here on, of all and of j."""
    fact, index = line.fact, to_kernel(j)
    for hypothesis in sorted((one for one in fact.hyps if index.symbol in one.free), key=repr):
        every = s.know(s.line(s.proof.assume(forall([index], hypothesis))))
        own = s.know(s.line(every.fact.spec(index)))
        fact = fact.discharge(hypothesis).mp(own.fact)
    return s.line(fact)


def chi_squares(s: Derivation) -> Line:
    """K bounds 1 + chi^2 of the target at time q and what the twist promises there: forall q < T."""
    return s.given(ForAll(until, implications(until < T, PV(until, 0, root) * PS(until, 0, root) <= K * top**2)))


@lemma(
    "read_means",
    title="the target's mean of what is read on the path up to a time",
    words="sum_j aim(j) (see(q) + sum over 1 <= s < q of turn(q, s)) <= K + q - 1 for q = 1 + i <= n.",
)
@in_sympy("read_means")
def read_means(s: Derivation) -> Line:
    model(s), references(s), squares(s), leaves(s)
    most = chi_squares(s)
    s.given(0 < top)
    seen_mean, turned_mean, promise = (s.use(name) for name in ("seen_mean", "turned_mean", "promise_positive"))
    q = 1 + i
    with s.below(i, n) as inside:
        for fact in (relation("<=", 1, q), q <= n, q < T):
            s.know(s.prove(fact, s.nat_step(inside[0])))
        s.know(promise(q)[0])
        size, line = PV(q, 0, root) * Recip(top) ** 2, seen_mean(q)
        line = s.prove(size * line.lhs <= size * line.rhs, line)
        one = s.prove(total(J, j, aim * see(q)) <= K, line, most(q))
        with s.below(k, i) as before:
            for fact in (relation("<=", 1, 1 + k), 1 + k < q):
                s.know(s.prove(fact, before[0]))
            line, scale = turned_mean(q, 1 + k), Recip(PV(q, 0, root))
            line = s.prove(scale * line.lhs <= scale * line.rhs, line)
            costs = before.sum(s.prove(total(J, j, aim * turn(q, 1 + k)) <= 1, line))
        swap = s.fubini(total(J, j, total(i, k, aim * turn(q, 1 + k))))
        out = s.prove(total(J, j, aim * (see(q) + total(i, k, turn(q, 1 + k)))) <= K + i, one, swap, costs)
    return inside.then(out, i)


@lemma(
    "gap_by_growth",
    title="what an answer lacks, by growth and a bound on it",
    words="v (x - y) <= x b for 0 <= x, y, b, 0 <= v <= 1, x <= g y, g <= 1 + b.",
)
@in_sympy("gap_by_growth")
def gap_by_growth(s: Derivation) -> Line:
    v, p, r, g, b = symbols("v x y g b")
    with s.suppose(0 <= v, v <= 1, 0 <= p, 0 <= r, 0 <= b, p <= g * r, g <= 1 + b) as here:
        most = s.prove(p <= (1 + b) * r, here[5], s.prove(g * r <= (1 + b) * r, here[6]))
        with s.suppose(r <= p) as less:
            whole = s.prove(p - r <= b * p, most, s.prove(b * r <= b * p, less[0]))
            low = s.prove(v * (p - r) <= p * b, s.prove(v * (p - r) <= p - r, here[1], less[0]), whole)
        with s.suppose(p < r) as more:
            nothing = s.prove(v * (p - r) <= 0, s.prove(p - r <= 0, more[0]))
            high = s.prove(v * (p - r) <= p * b, nothing, s.prove(0 <= p * b))
        line = s.cases(r, p, low, high)
    return here.then(line, v, p, r, g, b)


gain = unit * every_gain(see, turn)
answer = begin(each_Out(j, 0, d))


@lemma(
    "coverage_bound",
    title="the bias by coverage and chi-squares, with letters for 2 and 1/2",
    words="sum_j taken(j) (aim(j) - out_j) <= (w^T - 1) C K rho^(h+1).",
)
@in_sympy("coverage_bound")
def coverage_bound(s: Derivation) -> Line:
    value = each_VF(j, 0, root)
    model(s), references(s)
    density = s.use("S14.density", several)
    density = numbered(s, s.line(density.fact.discharge(to_kernel(0 < value))))
    reach, part, between, alone, _ = s.given(
        ForAll(j, t, implications(t < T, Eq(noedge(t, each_path(j, t), each_path(j, t + 1)), 0))),
        ForAll(j, Both(0 <= event(j), event(j) <= 1)),
        ForAll(j, t, c, Both(0 <= each_Out(j, t, c), each_Out(j, t, c) <= 1)),
        ForAll(x, total(J, j, each_F(j, x)) <= 1),
        0 < top,
    )
    for hypothesis in (reach, alone, s.line(reach.fact.spec(to_kernel(j)))):
        s.know(hypothesis)
    squares(s), order(s), coverage(s), doubles(s)
    chi = chi_squares(s)
    some, whole = s.know(s.expect(first.draws(N), d, between(j, 0, d)[0])), s.prove(0 < C)
    for line in (part(j)[0], part(j)[1], whole, s.use("power_nonneg")(rho, h + 1)):
        s.know(line)
    least = s.use("target_nonneg", several)
    lack = event(j) * (aim - answer)

    with s.suppose(0 < value):
        s.know(s.use("path_gains", several))
        share = s.know(s.form(least, 0 <= aim))
        s.know(s.form(density(), aim <= each_growth(j, 0) * answer))
        with s.suppose(gain < 1):
            s.know(s.use("path_growth", several))
            few = s.use("gap_by_growth")(event(j), aim, answer, each_growth(j, 0), gain)
        with s.suppose(relation("<=", 1, gain)) as large:
            much = s.prove(lack <= aim, part(j)[1], some)
            many = s.chain(much, s.prove(aim <= aim * gain, large[0], share))
        high = s.cases(1, gain, many, s.form(few, lack <= aim * gain))
    with s.suppose(value <= 0) as none:
        gone = s.zero(aim, s.prove(aim <= 0, none[0]), least)
        low = s.prove(lack <= aim * gain, gone, some)
    one = s.cases(value, 0, low, high)
    with s.below(j, J) as inside:
        lacks = inside.sum(one)
    return summed_up(s, lacks, chi)


def summed_up(s: Derivation, lacks: Line, chi: Line) -> Line:
    """The target's mean of the gains."""
    read = s.use("read_means")
    own = see(1 + i) + total(i, k, turn(1 + i, 1 + k))
    swap = s.fubini(total(J, j, total(n, i, half(n, i) * aim * own)))
    promise = s.use("promise_positive")(0)
    size = s.contradiction(relation("<=", 1, K), promise[1][1], chi(0), s.prove(0 < top**2))
    with s.below(i, n) as inside:
        line = read(i)
        line = s.prove(line.lhs <= K * (1 + i), line, size)
        terms = inside.sum(s.prove(half(n, i) * line.lhs <= half(n, i) * line.rhs, line))
    shares = s.use("leaves_add_up")
    s.know(size)
    gained, rest = total(J, j, total(n, i, half(n, i) * aim * own)), K * (w ** (n + 1) - n - 2)
    most = s.prove(gained <= rest, swap, terms, s.use("weighted_geometric")(n))
    one = s.prove(total(J, j, aim) <= 1, shares)
    parts = s.prove(unit * gained <= unit * rest, most), s.prove(unit * (n + 1) * one.lhs <= unit * (n + 1), one)
    whole = s.prove(lacks.lhs <= unit * (n + 1 + rest), lacks, *parts)
    last = s.prove(unit * (n + 1) <= unit * (n + 1) * K, size)
    return s.prove(lacks.lhs <= (w ** (n + 1) - 1) * C * K * rho ** (h + 1), whole, last)


@statement(
    "S15.upper",
    source="new",
    title="what coverage and chi-squares give: bias of SMC at every N and T",
    words="As S14.path for the leaves F_j, j < J, of the prefix tree, of which no more than one is met, along reachable paths pathJ(j, .), "
    "with targets aim(j) = VJ(j, 0, root)/Vstar_0, 0 <= taken(j) <= 1 (the paths of an event) and answers Out_j, whatever is answered "
    "once all particles are dead; C >= psi Vstar_{t+1}(y)/Vstar_t(x) on reachable edges and at least 1, and K >= E[prod psi V_q] E[prod "
    "psi Vstar_q^2/V_q]/Vstar_0^2, along states where V is positive: at most 1 + chi^2(pi*_q || pihat_q), for q < T.  For T = n + 1 <= "
    "2 h + 3, r = h + 1 and every rho with N^(-1/(2r-1)) <= rho <= 1: sum_j taken(j) (aim(j) - out_j) <= (2^T - 1) C K rho^r.",
)
@in_sympy("S15.upper")
def coverage_alone(s: Derivation) -> Line:
    return s.use("coverage_bound", {w: 2, z: Rational(1, 2)})
