"""The exact second moment of a particle filter, by following two particles: the general form behind S5.recursion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Entry, Expect, ForAll, Implication, total
from proofs.lemmas.clouds import alive, later, mixed, no_weight, over, particles, sequence, vanished, weights
from proofs.registry import lemma

N, n, m, t, i, j, k, c, d, e, f, u, v = particles.symbols("N n m t i j k c d e f u v")
w, B, D, K, mixture = particles.symbols("w B D K next")


def double(g: Callable[[Any, Any], Any]) -> Any:
    """sum_i sum_j g(c_i, c_j)."""
    return over(c, lambda q: total(N, j, g(q, Entry(c, j))))


def each(g: Callable[[Any], Any]) -> Any:
    """sum_j w(t, c_j) g(j)."""
    return total(N, j, w(t, Entry(c, j)) * g(j))


def exchanged(s: Derivation, from_left: Line, from_right: Line) -> list[Line]:
    """E E D(t+1, u, f) for two draws of next is the double sum over their parents: exchange, open one mixture, exchange, open the other."""
    law = mixture(t, c)
    nested = Expect(law, u, Expect(law, f, D(t + 1, u, f)))

    def moves(k: Any) -> Any:
        return K(t, Entry(c, k))

    half = each(lambda k: Expect(moves(k), e, D(t + 1, e, f)))
    row = over(c, lambda q: w(t, q) * Expect(K(t, q), f, D(t + 1, e, f)))
    inner = s.gen(s.fubini(Expect(law, f, Expect(moves(j), e, D(t + 1, e, f)))), j)
    last = s.gen(s.fubini(Expect(moves(j), e, row)), j)
    return [
        s.fubini(nested),
        s.replace(s.gen(from_left(t, c, v), v), lambda F: Expect(law, f, F(f))),
        s.fubini(Expect(law, f, half)),
        s.replace(inner, lambda F: each(F)),
        s.replace(s.gen(from_right(t, c, u), u), lambda F: each(lambda k: Expect(moves(k), e, F(e)))),
        s.replace(last, lambda F: each(F)),
    ]


def pair_sum(time: Any) -> Any:
    """B(time, c) = (1/N^2) sum_i sum_j D(time, c_i, c_j)."""
    return Eq(B(time, c), double(lambda p, q: D(time, p, q)) / N**2)


@lemma(
    "two_particles",
    title="the two-particle recursion",
    words="B(t, c) = (1/N^2) sum_i sum_j D(t, c_i, c_j), where D follows two particles that have a common parent with probability 1/N.",
)
@in_sympy("two_particles")
def two_particles(s: Derivation) -> Line:
    end, ends = s.given(
        ForAll(c, Eq(B(n, c), (over(c, lambda q: w(n, q)) / N) ** 2)),
        ForAll(u, v, Eq(D(n, u, v), w(n, u) * w(n, v))),
    )
    s.know(s.gen(s.prove(pair_sum(n), end(c), s.replace(ends, double)), c))
    return s.use("two_lineages")


@lemma(
    "two_lineages",
    title="the two-particle recursion, for any last value of the pairs",
    words="B(t, c) = (1/N^2) sum_i sum_j D(t, c_i, c_j), where D follows two particles that have a common parent with probability 1/N, if "
    "it is so for the last cloud.",
)
@in_sympy("two_lineages")
def two_lineages(s: Derivation) -> Line:
    twins = Expect(K(t, u), f, D(t + 1, f, f))
    apart = Expect(K(t, u), e, Expect(K(t, v), f, D(t + 1, e, f)))
    step = Eq(D(t, u, v), w(t, u) * w(t, v) * (twins / N + (1 - 1 / N) * apart))
    given = s.setting({"there are particles": 0 < N, "weights are non-negative": ForAll(t, e, 0 <= w(t, e))})
    move, last, pairs, diagonal, from_left, from_right = s.given(
        ForAll(t, c, Implication(t < n, Eq(B(t, c), (weights / N) ** 2 * later(B(t + 1, d))))),
        ForAll(c, pair_sum(n)),
        ForAll(t, u, v, Implication(t < n, step)),
        mixed(lambda q: D(t + 1, q, q)),
        mixed(lambda q: D(t + 1, q, v), v),
        mixed(lambda q: D(t + 1, u, q), u),
    )

    def claim(r: Any) -> Any:
        return ForAll(t, c, Implication(Eq(t + r, n), pair_sum(t)))

    with s.suppose(Eq(t, n)) as now:
        base = now.then(s.at(s.prove(Eq(n, t), now[0]), last(c), pair_sum), t, c)
    with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), n)) as now:
        s.know(s.prove(t < n, now[0]))
        opened = s.replace(s.gen(pairs(t, u, v), u, v), double)
        with s.suppose(vanished):
            zero = s.know(no_weight(s, given))
            s.know(s.gen(given["weights are non-negative"](t, Entry(c, k)), k))
            none = s.use("terms_vanish", {sequence(k): w(t, Entry(c, k))})(N)
            with s.below(i, N) as inside:
                row = total(N, j, step.rhs.subs({u: Entry(c, i), v: Entry(c, j)}))
                gone = inside.sum(s.prove(Eq(row, 0), none(i)))
            low = s.prove(pair_sum(t), move(t, c), zero, opened, gone)
        with s.suppose(alive):
            under = s.expect(mixture(t, c).draws(N), d, hyp[0](t + 1, d))
            pair = s.iid_pair(mixture(t, c), u, f, D(t + 1, u, f), N)
            swaps = exchanged(s, from_left, from_right)
            high = s.prove(pair_sum(t), move(t, c), under, pair, diagonal(t, c), *swaps, opened)
        step_line = hyp.then(now.then(s.cases(weights, 0, low, high), t, c))
    return s.induct(m, claim, base, step_line)
