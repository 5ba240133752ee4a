"""S6 and P4: how many queries every algorithm needs; derived in sympy.

One of B children of the root is hidden: below it the reward model grows by 1+eps a step, elsewhere it shrinks.  An algorithm draws a seed,
then asks Q queries, each chosen from the transcript so far, and names an output.  A query that does not touch the hidden child is
answered in the same way for all children, so one seed can expose at most Q children by its queries and one by its output.

How many children leave the hidden one half of the target's mass, and the exponent of that number, are found by `solve` and `limit`.
"""

from __future__ import annotations

from sympy import Eq, Expr, Rational, Symbol, limit, log, oo, solve

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Element,
    Expect,
    ForAll,
    Implication,
    Law,
    Recip,
    function,
    relation,
    sort_of,
    symbols,
    total,
)
from proofs.registry import lemma, statement

B, Q, n, u, v, k, r = symbols("B Q n u v k r", "nat")
eps, delta = symbols("eps delta")
omega, query, output = (Element(name, sort) for name, sort in (("omega", "Seed"), ("q", "Query"), ("o", "Output")))
seed = Law("seed", "", "Seed")
begin, ask = function("begin", "Seed -> History"), function("ask", "History -> Query")
update, name = function("update", "History Answer -> History"), function("name", "History -> Output")
answer, blank = function("answer", "nat Query -> Answer"), function("blank", "Query -> Answer")
touches, below = function("touches", "nat Query -> nat"), function("below", "nat Output -> nat")
run, quiet = function("run", "nat nat Seed -> History"), function("quiet", "nat Seed -> History")


@lemma(
    "reflexive",
    title="y = y for an element of any set",
    words="By a name for y itself: copy(y) = y, rewritten on the left.",
)
@in_sympy("reflexive")
def reflexive(d: Derivation) -> Line:
    y = Element("y", "Y")
    copied = d.define(function("copy", "Y -> Y")(y), y)(y)
    return d.gen(d.at(copied, copied, lambda name: relation("=", name, y)), y)


def oracle(d: Derivation) -> tuple[Line, Line, Line]:
    """The query model: what an answer may depend on; a query, and an output, lies below one child at most."""
    return d.given(
        ForAll(u, query, Implication(Eq(touches(u, query), 0), Eq(answer(u, query), blank(query)))),
        ForAll(query, total(B, u, touches(u, query)) <= 1),
        ForAll(output, total(B, u, below(u, output)) <= 1),
    )


@lemma(
    "run_law",
    title="an adaptive algorithm with hidden child u",
    words="run(n, u, seed) is the transcript after n queries; each query may depend on the transcript.",
)
@in_sympy("run_law")
def run_law(d: Derivation) -> Line:
    now = run(n, u, omega)
    return d.define_rec(now, begin(omega), update(now, answer(u, ask(now))))


@lemma("quiet_law", title="the same algorithm when every answer is the blank one")
@in_sympy("quiet_law")
def quiet_law(d: Derivation) -> Line:
    now = quiet(n, omega)
    return d.define_rec(now, begin(omega), update(now, blank(ask(now))))


def touched(count: Expr) -> Expr:
    """The number of queries of the blank run that touch u."""
    return total(count, k, touches(u, ask(quiet(k, omega))))


def flip(d: Derivation, line: Line) -> Line:
    """b = a from a = b, also between terms that are not numbers."""
    left = line.lhs
    trivial = d.use("reflexive", sorts={"Y": sort_of(left)})(left)
    return d.at(line, trivial, lambda b: relation("=", b, left))


@lemma(
    "unexposed",
    title="the runs agree until a query touches the hidden child",
    words="If no query of the blank run touches u then the run with hidden child u is the blank run.",
)
@in_sympy("unexposed")
def unexposed(d: Derivation) -> Line:
    same_answers, *_ = oracle(d)
    runs, blanks = d.use("run_law"), d.use("quiet_law")

    def none(count) -> Expr:
        return relation("=", touched(count), 0)

    def claim(count):
        return Implication(none(count), Eq(run(count, u, omega), quiet(count, omega)))

    with d.suppose(none(0)) as here:
        start = d.at(flip(d, blanks[0](omega)), runs[0](u, omega), lambda h: Eq(run(0, u, omega), h))
        base = here.then(start)
    now, later = quiet(n, omega), run(n + 1, u, omega)
    last = touches(u, ask(now))
    with d.suppose(claim(n)) as hyp, d.suppose(none(n + 1)) as here:  # no earlier query touches u, nor does the last
        d.know(d.zero(touched(n), here[0]))
        d.know(d.zero(last, here[0]))
        same, reply = hyp[0](), same_answers(u, ask(now))  # so the next answer is the blank one
        step = d.at(same, runs[1](n, u, omega), lambda h: Eq(later, update(h, answer(u, ask(h)))))
        step = d.at(reply, step, lambda a: Eq(later, update(now, a)))
        step = d.at(flip(d, blanks[1](n, omega)), step, lambda h: Eq(later, h))
        step = hyp.then(here.then(step))
    return d.induct(n, claim, base, step)


@lemma(
    "exposed",
    title="an output below the hidden child was exposed, or guessed",
    words="below(u, output with hidden child u) <= number of blank queries that touch u + below(u, output of the blank run), for u < B.",
)
@in_sympy("exposed")
def exposed(d: Derivation) -> Line:
    *_, one_output = oracle(d)
    end = name(run(Q, u, omega))
    goal = below(u, end) <= touched(Q) + below(u, name(quiet(Q, omega)))
    with d.suppose(u < B) as inside:
        with d.suppose(touched(Q) <= 0) as here:  # no query touches u: the two outputs are one
            d.know(d.zero(touched(Q), here[0]))
            low = d.prove(goal, d.replace(d.use("unexposed")(Q), lambda h: below(u, name(h()))))
        with d.suppose(0 < touched(Q)) as here:  # otherwise at least one does, and below is at most 1
            own = d.use("term_below_sum", {function("f", "nat -> real")(k): below(k, end)})(B, u)
            high = d.prove(goal, d.nat_step(here[0]), own, one_output(end))
        return d.gen(inside.then(d.cases(touched(Q), 0, low, high)), u)


found = Expect(seed, omega, below(u, name(run(Q, u, omega))))


@statement(
    "S6.counting",
    source="new",
    title="what Q queries can expose",
    words="For every adaptive randomised algorithm with Q queries: sum over the children u of P(output below u when u is hidden) <= Q + 1.",
)
@in_sympy("S6.counting")
def counting(d: Derivation) -> Line:
    _, one_query, one_output = oracle(d)
    with d.below(u, B) as here:  # each query and the output of the blank run count once
        summed = here.sum(d.use("exposed")(u))
    with d.below(k, Q) as here:
        per_query = here.sum(one_query(ask(quiet(k, omega))))
    guess = one_output(name(quiet(Q, omega)))
    swapped = d.fubini(total(B, u, touched(Q)))
    pointwise = d.prove(relation("<=", summed.lhs, Q + 1), summed, swapped, per_query, guess)
    mean = d.expect(seed, omega, pointwise)
    turned = d.fubini(mean.lhs)
    return d.prove(total(B, u, found) <= Q + 1, mean, turned)


same = function("same", "nat nat -> nat")
growth = (1 + eps) ** n
target_share = growth**2 / (growth**2 + B - 1)
"""The target's mass below the hidden child."""


def value(t: Expr) -> Expr:
    """The value of child v, t steps below layer 1, when u is hidden."""
    return same(u, v) * (1 + eps) ** t + (1 - same(u, v)) / (1 + eps) ** t


hidden_mass = total(B, v, same(u, v) * value(n)) * Recip(B)  # not normalised
mass = total(B, v, value(n)) * Recip(B)


@statement(
    "S6.family",
    source="new",
    title="the hard family: Bellman error and target mass",
    words="Child v has the value V_t(v) = (1+eps)^t below the hidden child u and (1+eps)^(-t) elsewhere, t steps below layer 1: its "
    "Bellman ratios are 1+eps and 1/(1+eps).  With a = (1+eps)^n and uniform children the hidden child's target mass is a^2/(a^2 + B - 1).",
)
@in_sympy("S6.family")
def family(d: Derivation) -> Line:
    _, indicator, once = d.given(
        0 <= eps,
        ForAll(u, v, Eq(same(u, v) ** 2, same(u, v))),  # same(u, v) is 1 for v = u and 0 otherwise
        ForAll(u, Implication(u < B, Eq(total(B, v, same(u, v)), 1))),
    )
    with d.suppose(u < B) as inside:
        two, count = indicator(u, v), once(u)
        square = d.prove(relation("<=", 0, (1 - same(u, v)) ** 2))
        other, wide = d.prove(0 <= 1 - same(u, v), square, two), d.prove(0 <= 1 + eps - 1 / (1 + eps))
        up = d.prove(value(n + 1) <= (1 + eps) * value(n), other, wide)
        down = d.prove(value(n) <= (1 + eps) * value(n + 1), other)
        ones = d.replace(indicator(u), lambda f: total(B, v, f(v)))
        d.know(d.nat_step(d.know(d.prove(0 < B, inside[0]))))
        hidden = d.prove(relation("=", hidden_mass, growth / B), ones, count)
        rest = d.prove(relation("=", mass, (growth + (B - 1) / growth) / B), count)
        d.know(d.prove(relation("<", 0, mass), rest))
        part = d.prove(relation("=", hidden_mass, target_share * mass), hidden, rest)
        ratio = d.prove(relation("=", hidden_mass * Recip(mass), target_share), part)
        return d.gen(inside.then(d.both(d.both(up, down), ratio)), u, v)


@statement(
    "S6",
    source="new",
    title="lower bound for every algorithm",
    words="If the output of an adaptive randomised algorithm with Q queries is within total variation delta of the target of S6.family "
    "(T = n + 1), whichever child is hidden, then Q >= B (a^2/(a^2 + B - 1) - delta) - 1 with a = (1+eps)^(T-1).",
)
@in_sympy("S6")
def lower_bound(d: Derivation) -> Line:
    close = d.given(ForAll(u, Implication(u < B, hidden_mass * Recip(mass) - found <= delta)))  # for every hidden u
    with d.below(u, B) as here:
        share = d.use("S6.family")(u, v)[1]
        summed = here.sum(d.prove(target_share - delta <= found, close(u), share))
    return d.prove(B * (target_share - delta) - 1 <= Q, summed, d.use("S6.counting"))


def half_of_the_mass() -> tuple[Expr, Expr, Expr]:
    """The share that one exact number of children gives, that number as a function of a, and its exponent: found, not typed.

    share = 1/2 is solved for the number of children; it grows like a^2.
    """
    a, half = Symbol("a", positive=True), Rational(1, 2)
    [children] = solve(Eq(target_share.subs(growth, a), half), B)
    return half, children.subs(a, growth), limit(log(children) / log(a), a, oo)


def enough_mass(d: Derivation, leaves: Expr, widest: Line) -> Line:
    """leaves/2 <= leaves a^2/(a^2 + leaves - 1) from leaves <= a^2 + 1 and 0 < leaves."""
    d.know(d.use("power_at_least_one")(1 + eps, n))
    square = d.know(d.prove(relation("<=", 1, growth**2)))
    d.know(d.prove(0 < growth**2 + leaves - 1, square))
    share = target_share.subs(B, leaves)
    at_least_half = d.prove(half_of_the_mass()[0] <= share, widest)
    return d.prove(half_of_the_mass()[0] * leaves <= share * leaves, at_least_half)


@statement(
    "S6.exponent",
    source="new",
    title="the exponent is 2",
    words="Horizon T = n + 1, a number B of children with a^2 <= B <= a^2 + 1 for a = (1+eps)^(T-1), accuracy delta <= 1/2 whichever "
    "child is hidden: Q >= (1/2 - delta) (1+eps)^(2(T-1)) - 1.",
)
@in_sympy("S6.exponent")
def exponent(d: Derivation) -> Line:
    half, children, order = half_of_the_mass()
    _, accuracy, least, most = d.given(0 <= eps, delta <= half, growth**order <= B, B <= children)
    bound = d.use("S6")
    d.know(d.use("power_at_least_one")(1 + eps, n))
    d.know(d.prove(0 < B, least))
    enough = d.prove((half - delta) * B - 1 <= Q, bound, enough_mass(d, B, most))
    return d.prove((half - delta) * growth**order - 1 <= Q, enough, least, accuracy)


@statement(
    "S6.vocabulary",
    source="new",
    title="vocabulary k and r hidden levels",
    words="The hidden prefix is one of k^r at depth r, T = r + n; if k^r <= (1+eps)^(2(T-r)) + 1 then "
    "Q >= (1/2 - delta) k^r - 1.  The largest such r has the exponent 2 log k/(log k + 2 log(1+eps)) of (1+eps)^T.",
)
@in_sympy("S6.vocabulary")
def vocabulary(d: Derivation) -> Line:
    half, children, _ = half_of_the_mass()
    *_, most = d.given(0 <= eps, relation("<", 0, k), k**r <= children)
    d.know(d.use("power_positive")(k, r))
    share = enough_mass(d, k**r, most)
    return d.prove((half - delta) * k**r - 1 <= Q, d.use("S6", {B: k**r}), share)


@statement(
    "P4",
    source="paper",
    title="exponential lower bound (Theorem 4.1, Corollary 4.2)",
    words="Horizon T = 3m, m = n + 1; growth 1 + eps a step below the hidden child (1 + eps = L for the ratio assumption alone): an "
    "algorithm within total variation 1/3 on every input asks Q >= (1+eps)^(2T/3) / 6 - 1 queries.",
)
@in_sympy("P4")
def paper_lower_bound(d: Derivation) -> Line:
    d.given(0 <= eps)
    bound = d.use("S6.exponent", {n: 3 * n + 2, delta: Rational(1, 3)})  # T - 1 = 3 n + 2
    d.know(d.use("power_nonneg")(1 + eps, 2 * (n + 1)))
    more = d.use("power_at_least_one")(1 + eps, 4 * n + 2)
    return d.prove((1 + eps) ** (2 * (n + 1)) / 6 - 1 <= Q, bound, more)


@statement(
    "P4.vocabulary",
    source="paper",
    title="the lower bound with vocabulary 1 + eps",
    words="T = 3n, vocabulary k = 1 + eps (or k = L), the hidden prefix at depth 2n: an algorithm within total variation 1/3 on every "
    "input asks Q >= k^(2T/3) / 6 - 1 queries.",
)
@in_sympy("P4.vocabulary")
def paper_vocabulary(d: Derivation) -> Line:
    some = d.given(relation("<", 0, k))
    d.know(d.nat_step(some))
    bound = d.use("S6.vocabulary", {eps: k - 1, r: 2 * n, delta: Rational(1, 3)})  # k^(2n) <= (k^n)^2 + 1
    return d.prove(k ** (2 * n) / 6 - 1 <= Q, bound)
