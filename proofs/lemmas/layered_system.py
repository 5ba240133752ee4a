"""The layered setting for S5 and its neighbours: zero potentials, weights and rewards are allowed.

The symbols are those of `proofs.theory.model` and of `proofs.lemmas.clouds`, whose particles are the edges here.  `move(t, x)` is the law
of the edge that leaves x, so that smc(t, c) is the mixture of the moves from the ends of the cloud's edges.  The horizon is T = n + 1:
edges at times 0..n.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import Both, Expect, ForAll, Recip, function, implications, relation, symbols
from proofs.lemmas.clouds import particles
from proofs.registry import lemma
from proofs.theory.model import layered

N, n, m, t, e, b = particles.symbols("N n m t e b")
x, y, u, root, M, psi, V, Vstar, VF, F, dead, noedge = layered.symbols("x y u root M psi V Vstar VF F dead noedge")
src, dst, join, move, horizon = layered.symbols("src dst join move T")
live = Eq(dead(t, x), 0)


class Setting(Protocol):
    """A run whose hypotheses on the model are known, by name."""

    given: dict[str, Line]


def weight(time: Any, q: Any) -> Any:
    """psi V_{time+1}(new) / V_time(old) of an edge."""
    return psi(time, src(q), dst(q)) * V(time + 1, dst(q)) / V(time, src(q))


def lookahead(time: Any, q: Any, value: Any = Vstar) -> Any:
    """Qbar of an edge: psi value_{time+1}(new) / V_time(old)."""
    return psi(time, src(q), dst(q)) * value(time + 1, dst(q)) / V(time, src(q))


def off(time: Any, q: Any) -> Any:
    """noedge of an edge."""
    return noedge(time, src(q), dst(q))


def ahead(value: Callable[..., Any]) -> Any:
    """The mean of psi value_{t+1} over the next state."""
    return Expect(M(t, x), y, psi(t, x, y) * value(t + 1, y))


def value_rules(value: Callable[..., Any], end: Any, until: Any = n + 1) -> dict[str, Any]:
    """A value with the terminal value `end` of x: its recursion at live states, and that it vanishes where the twist does; by name."""
    before = t < until
    return {
        "value recursion": ForAll(t, x, implications(before, live, Eq(value(t, x), ahead(value)))),
        "terminal value": ForAll(x, Eq(value(until, x), end)),
        "twist kills no live value": ForAll(t, x, implications(before, live, Eq(V(t, x), 0), Eq(value(t, x), 0))),
    }


def know_complement(s: Derivation, until: Any, given: Mapping[str, Line]) -> None:
    """1 - F is a test function too, of value Vstar - VF: its recursion, its end at `until`, its range.

    given: recursion and end of Vstar and of VF, and the range of F, by name.
    """

    def other(time: Any, at: Any) -> Any:
        return Vstar(time, at) - VF(time, at)

    with s.suppose(t < until, live) as here:
        recursions = given["value recursion"](t, x), given["tested recursion"](t, x)
        recursion = s.prove(Eq(other(t, x), ahead(other)), *recursions)
    s.know(here.then(recursion, t, x))
    ends, test = (given["terminal value"](x), given["tested terminal value"](x)), given["test function"](x)
    s.know(s.gen(s.prove(Eq(other(until, x), (1 - F(x)) * V(until, x)), *ends), x))
    s.know(s.gen(s.both(s.prove(0 <= 1 - F(x), test[1]), s.prove(1 - F(x) <= 1, test[0])), x))


def model(s: Derivation, until: Any = n + 1) -> dict[str, Line]:
    """The setting (theory, section 1) with zero potentials, weights and rewards allowed, as hypotheses by name."""
    follow = Eq(Expect(M(t, x), y, noedge(t, x, y)), 0)
    ends = Both(live, Eq(dead(t + 1, y), 0))
    return s.setting(
        {
            "there are particles": 0 < N,
            "edges are pairs": ForAll(x, y, Both(Eq(src(join(x, y)), x), Eq(dst(join(x, y)), y))),
            "potentials are non-negative": ForAll(t, x, y, 0 <= psi(t, x, y)),
            "twist is non-negative": ForAll(t, x, 0 <= V(t, x)),
            "noedge is non-negative": ForAll(t, x, y, 0 <= noedge(t, x, y)),
            "moves follow edges": ForAll(t, x, implications(t < until, live, follow)),
            "ends of a reachable edge are live": ForAll(t, x, y, implications(Eq(noedge(t, x, y), 0), ends)),
            **value_rules(Vstar, V(until, x), until),
            "the root is live": Eq(dead(0, root), 0),
        }
    )


def peak(s: Derivation) -> dict[str, Line]:
    """b(t) = max of psi Vstar_{t+1}(y) / V_t(u) over reachable edges, over the least Vstar_t / V_t among live states."""
    where = t < n + 1, live, 0 < V(t, x), Eq(noedge(t, u, y), 0)
    bound = psi(t, u, y) * Vstar(t + 1, y) / V(t, u) <= b(t) * (Vstar(t, x) / V(t, x))
    return s.setting(
        {
            "b is non-negative": ForAll(t, 0 <= b(t)),
            "b bounds the lookahead": ForAll(t, x, u, y, implications(*where, bound)),
        }
    )


@lemma("inverse_nonneg", title="0 <= x gives 0 <= 1/x", words="1/0 = 0.")
@in_sympy("inverse_nonneg")
def inverse_nonneg(d: Derivation) -> Line:
    (r,) = symbols("x")
    goal = relation("<=", 0, Recip(r))
    given = d.given(0 <= r)
    with d.suppose(0 < r):
        high = d.prove(goal)
    with d.suppose(r <= 0) as none:
        zero = d.equal(given, none[0])
        low = d.at(zero, d.prove(relation("<=", 0, Recip(0))), lambda v: relation("<=", 0, Recip(v)))
    return d.gen_after(d.cases(r, 0, low, high), given, r)


@lemma(
    "edge_law",
    title="the law of the edge that leaves x",
    words="E[move(t, x)](f) = E over y from M(t, x) of f(join(x, y)).",
)
@in_sympy("edge_law")
def edge_law(d: Derivation) -> Line:
    def mean(f: Callable[[Any], Any]) -> Any:
        return Expect(M(t, x), y, f(join(x, y)))

    law = d.define_law(move(t, x), e, mean, lambda test, f: d.expect(M(t, x), y, test(join(x, y))))
    return law(function("_f", "Edge -> real")(e))


def on_move(s: Derivation, given: dict[str, Line], time: Any, at: Any) -> Surely:
    """A move from a live state at this time follows a reachable edge to y almost surely, for `with`."""
    return s.surely(
        M(time, at),
        y,
        noedge(time, at, y),
        given["noedge is non-negative"](time, at),
        given["moves follow edges"](time, at),
    )


@lemma("value_nonneg", title="the true value is non-negative", words="0 <= Vstar_t(x) for every live x and t <= T.")
@in_sympy("value_nonneg")
def value_nonneg(d: Derivation) -> Line:
    T, given = horizon, model(d, horizon)

    def claim(r: Any) -> Any:
        return ForAll(t, x, implications(Eq(t + r, T), live, 0 <= Vstar(t, x)))

    with d.suppose(Eq(t, T), live) as end:
        last = d.prove(0 <= Vstar(T, x), given["twist is non-negative"](T, x), given["terminal value"](x))
        base = end.then(d.at(d.prove(Eq(T, t), end[0]), last, lambda s: 0 <= Vstar(s, x)), t, x)
    with d.suppose(claim(m)) as hyp, d.suppose(Eq(t + m + 1, T), live) as now:
        d.know(d.prove(t < T, now[0]))
        with on_move(d, given, t, x) as there:
            d.know(given["ends of a reachable edge are live"](t, x, y)[1])
            later, potential = hyp[0](t + 1, y), given["potentials are non-negative"](t, x, y)
            mean = there.average(d.prove(0 <= psi(t, x, y) * Vstar(t + 1, y), potential, later))
        step = hyp.then(now.then(d.prove(0 <= Vstar(t, x), mean, given["value recursion"](t, x)), t, x))
    out = d.induct(m, claim, base, step)
    with d.suppose(t <= T, live) as here, d.nat_split(here[0], m) as split:
        line = split.close(out(m, t, x))
    return here.then(line, t, x)


def moved(s: Derivation, given: dict[str, Line], time: Any, at: Any, g: Callable[[Any, Any], Any]) -> Line:
    """E[move(time, at)](g(old, new)) = E over y from M(time, at) of g(at, y)."""
    pairs = given["edges are pairs"](x, y)
    law = s.use("edge_law", {t: time, x: at, function("_f", "Edge -> real")(e): g(src(e), dst(e))})
    first = s.replace(s.gen(pairs[0], x, y), lambda F: Expect(M(time, at), y, g(F(at, y), dst(join(at, y)))))
    last = s.replace(s.gen(pairs[1], x, y), lambda F: Expect(M(time, at), y, g(at, F(at, y))))
    means = Expect(move(time, at), e, g(src(e), dst(e))), Expect(M(time, at), y, g(at, y))
    return s.prove(Eq(*means), law, first, last)
