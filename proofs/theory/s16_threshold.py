"""S16 where weights are carried on above a threshold on the effective sample size: the normaliser's variance; derived in sympy.

The run is that of S16, but of the shares only the squares are bounded: they add up to at most omega, as do those of weights whose
effective sample size is at least 1/omega. A slot's variance costs b - 1 where b is at most 2, and b^2/4 beyond. S12 with 1/omega for N
is false there.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Entry,
    ForAll,
    Implication,
    Law,
    function,
    implications,
    relation,
    symbol,
    total,
)
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import lookahead
from proofs.lemmas.slot_run import Draw, Run, parts, share0, slots
from proofs.registry import lemma, statement
from proofs.theory.s16_run import squares, whole

N, t, i, k, c, d, e = particles.symbols("N t i k c d e")
b, lo, omega = slots.symbols("b lo omega")
v = function("bv", "nat -> real")


class Carried(Run):
    """A run into slots the squares of whose shares add up to at most omega."""

    def of_share(self, part: Any) -> Any:
        return 0 <= part

    def of_shares(self, now: tuple[Any, ...]) -> dict[str, Any]:
        return {
            "first squares": total(N, i, share0(i) ** 2) <= omega,
            "squares": ForAll(t, c, implications(*now, total(N, i, parts(i) ** 2) <= omega)),
        }

    def grow(self, time: Any) -> Any:
        return 1 + omega * v(time)

    def grows(self) -> Line:
        s = self.s
        narrow = Implication(relation("<=", b(k), 2), b(k) - 1 <= v(k))
        wide = Implication(relation("<=", 2, b(k)), b(k) ** 2 / 4 <= v(k))
        (self.costs,) = s.setting({"cost of a slot": ForAll(k, Both(narrow, wide))}).values()
        with s.suppose(b(k) <= 2):
            low = s.prove(0 <= v(k), self.costs(k)[0](), self.peak(k))
        with s.suppose(2 < b(k)) as large:
            s.know(s.prove(2 <= b(k), large[0]))
            high = s.prove(0 <= v(k), self.costs(k)[1]())
        return s.prove(
            0 <= self.grow(k), s.prove(0 <= omega * v(k), self.rules["some share"], s.cases(b(k), 2, low, high))
        )

    def spread(self, draw: Draw) -> Line:
        s, at = self.s, Entry(d, i)
        own, first = lookahead(draw.time, at), draw.time == 0
        with s.suppose(Eq(draw.null, 0)) as here:
            found = draw.found(d)
            with s.suppose(i < N) as inside:
                s.know(found(i)[0])
                pair, most = self.between(draw.time, at), self.of_edge(draw.time, at)
                line = inside.then(s.both(s.prove(0 <= own, pair[0], pair[1]), most), i)
            cloud = here.then(line, d)
        with s.suppose(i < N) as inside:
            slot = inside.then(s.both(draw.share(i), s.both(draw.floor(i), draw.apart(i)[0])), i)
        costs = self.costs(draw.time)
        total_of_squares = self.rules["first squares"] if first else self.rules["squares"](t, c)
        for known in (
            cloud, slot, draw.nonneg, draw.never, draw.ones, total_of_squares, self.low(draw.time), self.peak(draw.time), costs[0], costs[1]
        ):  # fmt: skip
            s.know(known)
        names = {
            Law("mu", "", "Edge*"): draw.law, function("h", "Edge -> real")(e): lookahead(draw.time, e),
            function("w", "nat -> real")(i): draw.parts(i), function("z", "Edge* -> real")(d): draw.null,
            symbol("a", "real"): lo(draw.time), symbol("b", "real"): b(draw.time), symbol("v", "real"): v(draw.time),
        }  # fmt: skip
        return s.use("slots_variance", names, {"Y": "Edge"})


@lemma(
    "carried_squares",
    title="second moment of the normaliser of a run that carries its weights, from a cloud on",
    words="As slots_squares, where the squares of the shares add up to at most omega, with bv for b - 1.",
)
@in_sympy("carried_squares")
def carried_squares(s: Derivation) -> Line:
    return squares(Carried(s))


@statement(
    "S16.threshold",
    source="new",
    title="variance of the normaliser under a threshold on the effective sample size",
    words="As S16.normaliser, but of the shares w_i only sum_i w_i^2 <= omega is asked: resampling into independent slots where the "
    "effective sample size is below theta N, weights carried on elsewhere, omega = 1/(theta N).  With bv(k) at least b(k) - 1 where "
    "b(k) <= 2 and at least b(k)^2/4 where b(k) >= 2: E[(Zhat/Z)^2] <= prod_{k<T} (1 + omega bv(k)).",
)
@in_sympy("S16.threshold")
def threshold(s: Derivation) -> Line:
    return whole(Carried(s), "carried_squares")
