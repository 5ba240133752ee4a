"""Finite sums: what is known of the terms, derived in sympy by induction on their number."""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import ForAll, Implication, function, relation, symbols, total
from proofs.registry import lemma

n, i, j, k = symbols("n i j k", "nat")
f, g = function("f", "nat -> real"), function("g", "nat -> real")


@lemma("sum_equal", title="termwise equal sums", words="If f(k) = g(k) for every k < n then sum_{k<n} f = sum_{k<n} g.")
@in_sympy("sum_equal")
def sum_equal(d: Derivation) -> Line:
    same = d.given(ForAll(k, Implication(k < n, Eq(f(k), g(k)))))
    with d.below(k, n) as inside:
        line = inside.sum(same(k))
    return d.gen_after(line, same, n)


@lemma(
    "term_below_partial_sum",
    title="a term is at most the sum of the first n",
    words="If f(k) >= 0 for every k < n and i < n then f(i) <= sum_{k<n} f(k).",
)
@in_sympy("term_below_partial_sum")
def term_below_partial_sum(d: Derivation) -> Line:
    def nonneg(count):
        return ForAll(j, Implication(relation("<", j, count), 0 <= f(j)))

    def below(count):
        return f(i) <= total(count, j, f(j))

    def claim(count):
        return Implication(nonneg(count), ForAll(i, Implication(relation("<", i, count), below(count))))

    with d.suppose(nonneg(0)) as none, d.suppose(relation("<", i, 0)) as never:
        base = none.then(never.then(d.anything(below(0), d.prove(relation("<", 0, 0), never[0])), i))
    with d.suppose(claim(n)) as hyp, d.suppose(nonneg(n + 1)) as given, d.suppose(i < n + 1) as inside:
        with d.below(j, n) as sooner:
            earlier = given[0](j)
        rest, earlier = sooner.sum(earlier), sooner.then(earlier, j)
        with d.suppose(relation("<=", n, i)) as last:  # i = n is the last term
            same = d.equal(d.prove(i <= n, d.nat_step(inside[0])), last[0])
            high = d.prove(below(n + 1), d.replace(same, lambda m: f(m())), rest)
        with d.suppose(i < n):  # i < n is a term of the smaller sum
            d.know(earlier)
            low = d.prove(below(n + 1), hyp[0]()(i), given[0](n))
        step = hyp.then(given.then(inside.then(d.cases(n, i, high, low), i)))
    return d.induct(n, claim, base, step)


@lemma("term_below_sum", title="a term is at most the sum", words="If f >= 0 and i < n then f(i) <= sum_{k<n} f(k).")
@in_sympy("term_below_sum")
def term_below_sum(d: Derivation) -> Line:
    d.given(ForAll(j, 0 <= f(j)))
    with d.suppose(i < n) as inside:
        line = d.use("term_below_partial_sum")(n)(i)
    return d.gen(inside.then(line, i), n)


@lemma(
    "terms_vanish",
    title="a vanishing sum of non-negative terms",
    words="If f(k) >= 0 for all k and sum_{k<n} f(k) = 0 then f(k) = 0 for every k < n.",
)
@in_sympy("terms_vanish")
def terms_vanish(d: Derivation) -> Line:
    with d.suppose(ForAll(k, 0 <= f(k)), Eq(total(n, k, f(k)), 0)) as given:
        with d.suppose(k < n) as inside:
            top = d.use("term_below_sum")(n, k)
            line = inside.then(d.zero(f(k), top, given[1], given[0](k)), k)
    return given.then(line, n)
