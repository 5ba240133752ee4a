"""Sums of powers of two, and induction over all smaller numbers: what `gaps` needs besides its subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import ForAll, implications, relation, symbols, total
from proofs.registry import lemma

n, m, i, k = symbols("n m i k", "nat")
w, z = symbols("w z")


def half(steps: Any, index: Any) -> Any:
    """2^(steps - 1 - index)."""
    return w**steps * z ** (index + 1)


def strongly(
    s: Derivation, claim: Callable[[Any], Any], base: Line, step: Callable[[Callable[[Any], Line]], Line]
) -> Line:
    """forall m. claim(m), from claim(0) and step(hypothesis), which is claim(m + 1) where hypothesis(k) is claim(k) for k <= m."""

    def until(count: Any) -> Any:
        return ForAll(k, implications(k <= count, claim(k)))

    with s.suppose(relation("<=", k, 0)) as none:
        zero = s.equal(s.prove(relation("<=", 0, k)), s.prove(relation("<=", k, 0), none[0]))
        first = none.then(s.at(zero, base, claim), k)
    with s.suppose(until(m)) as hyp:
        last = step(lambda count: hyp[0](count))
        with s.suppose(k <= m + 1) as inside:
            with s.suppose(k <= m):
                low = hyp[0](k)
            with s.suppose(m < k) as late:
                above = s.prove(m + 1 <= k, s.nat_step(late[0]))
                high = s.at(s.equal(above, s.prove(k <= m + 1, inside[0])), last, claim)
            line = s.cases(k, m, low, high)
        induced = hyp.then(inside.then(line, k))
    return s.gen(s.induct(m, until, first, induced)(m)(m), m)


def doubles(s: Derivation) -> Line:
    """w = 2 and z = 1/2, as letters: their powers are not sympy's to merge.  Returns w z = 1."""
    lines = s.setting({"w is two": relation("=", w, 2), "z is a half": relation("=", z, Rational(1, 2))})
    return s.prove(relation("=", w * z, 1), *lines.values())


@lemma("halved", title="2^n / 2^n = 1")
@in_sympy("halved")
def halved(s: Derivation) -> Line:
    one = doubles(s)

    def claim(count: Any) -> Any:
        return relation("=", w**count * z**count, 1)

    with s.suppose(claim(n)) as hyp:
        step = hyp.then(s.prove(claim(n + 1), hyp[0], one))
    return s.induct(n, claim, s.prove(claim(0)), step)


def summed(s: Derivation, term: Any, whole: Any) -> Line:
    """sum_{i<n} term(i) 2^(n-1-i) = 2^n whole(n, 1/2^n), by induction."""
    doubles(s)

    def claim(count: Any) -> Any:
        return Eq(total(count, i, term(i) * z ** (i + 1)), whole(count, z**count))

    with s.suppose(claim(n)) as hyp:
        step = hyp.then(s.prove(claim(n + 1), hyp[0]))
    line = s.induct(n, claim, s.prove(claim(0)), step)(n)
    return s.prove(Eq(total(n, i, term(i) * half(n, i)), w**n * line.rhs), line)


@lemma("geometric", title="the sum of 2^(n - 1 - i)", words="sum_{i<n} 2^n/2^(i+1) = 2^n - 1.")
@in_sympy("geometric")
def geometric(s: Derivation) -> Line:
    line = summed(s, lambda index: 1, lambda count, least: 1 - least)
    return s.gen(s.prove(Eq(line.lhs, w**n - 1), line, s.use("halved")(n)), n)


@lemma(
    "weighted_geometric",
    title="the sum of (i + 1) 2^(n - 1 - i)",
    words="sum_{i<n} (1 + i) 2^n/2^(i+1) = 2^(n+1) - n - 2.",
)
@in_sympy("weighted_geometric")
def weighted_geometric(s: Derivation) -> Line:
    line = summed(s, lambda index: 1 + index, lambda count, least: 2 - (count + 2) * least)
    return s.gen(s.prove(Eq(line.lhs, w ** (n + 1) - n - 2), line, s.use("halved")(n)), n)
