"""The value-guided backtracking walk on the layered model: harmonic extensions, values, and inductions down the tree, for S18.

For a function F of the leaves its harmonic extension H is the mean of F at the next leaf that the walk meets. What is claimed of an edge
x -> y is proved from the leaves up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line
from proofs.language.expressions import Both, Expect, ForAll, implications, relation
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import model, value_rules
from proofs.theory.model import Vocabulary, layered

n, m, t = particles.symbols("n m t")
x, y, u, root, M, psi, V, dead, noedge = layered.symbols("x y u root M psi V dead noedge")
walk = Vocabulary(
    {
        "nat X -> real": "H HG PF PFF PFK PGK PFKG PKFG A",
        "X -> real": "KF KG",
    }
)
T = n + 1


def down(time: Any, at: Any, value: Callable[[Any, Any], Any]) -> Any:
    """The mean of psi value over the children of a state."""
    return Expect(M(time, at), u, psi(time, at, u) * value(time + 1, u))


def current(extension: Any, time: Any, at: Any) -> Any:
    """The mean of psi V (H(child) - H(here)): what flows down, by conductance."""
    return down(time, at, lambda s, q: V(s, q) * (extension(s, q) - extension(time, at)))


def extension_rules(end: Any, extension: Any, ahead: Any) -> dict[str, Any]:
    """The harmonic extension of a function `end` of the leaves, and `ahead`, its mean at the next leaf, by name."""
    here = current(extension, t + 1, y)
    inner = Eq(here, V(t + 1, y) * (extension(t + 1, y) - extension(t, x)))
    edge = Eq(noedge(t, x, y), 0)
    return {
        "at the leaves": ForAll(x, Eq(extension(T, x), end(x))),
        "harmonic": ForAll(t, x, y, implications(t < n, edge, 0 < V(t + 1, y), inner)),
        "harmonic at the root": Eq(current(extension, 0, root), 0),
        "next leaf": ForAll(x, y, implications(edge.subs(t, n), Eq(ahead(y), extension(n, x)))),
    }


class Walk:
    """The walk on the layered model: its hypotheses, values of functions of the leaves, and inductions down the tree."""

    def __init__(self, s: Derivation) -> None:
        self.s, self.given = s, model(s)

    def extension(self, end: Any, extension: Any, ahead: Any) -> dict[str, Line]:
        """Hypotheses on a harmonic extension, by name."""
        return self.s.setting(extension_rules(end, extension, ahead))

    def value(self, value: Any, end: Any) -> dict[str, Line]:
        """Hypotheses on a value with the terminal reward V times `end` of x, by name."""
        return self.s.setting(value_rules(value, end * V(T, x)))

    def below(
        self,
        claim: Callable[[Any], Any],
        at_leaf: Callable[[], Line],
        at_node: Callable[[Line], Line],
        supposing: Callable[[Any, Any], tuple[Any, ...]] = lambda time, at: (),
    ) -> Line:
        """forall t x y. noedge(t, x, y) = 0 => claim(t) for t <= n, by induction from the leaves.

        claim(t): of the edge x -> y at a time. at_leaf: claim(n). at_node: claim(t) for t < n, from the claim about the edges y -> u at
        t + 1, forall u. supposing: further conditions on x at a time, between the edge and the claim.
        """
        s, given = self.s, self.given
        edge, known = Eq(noedge(t, x, y), 0), supposing(t, x)

        def formula(r: Any) -> Any:
            return ForAll(t, x, y, implications(Eq(t + r, n), edge, *known, claim(t)))

        with s.suppose(Eq(t, n), edge, *known) as now:
            s.know(s.at(now[0], now[1], lambda r: Eq(noedge(r, x, y), 0)))
            for i in range(len(known)):

                def condition(r: Any, i: int = i) -> Any:
                    return supposing(r, x)[i]

                s.know(s.at(now[0], now[2 + i], condition))
            s.know(given["ends of a reachable edge are live"](n, x, y)[1])
            base = now.then(s.at(s.prove(Eq(n, t), now[0]), at_leaf(), claim), t, x, y)
        with s.suppose(formula(m)) as hyp, s.suppose(Eq(t + (m + 1), n), edge, *known) as now:
            for early in (t < n, t + 1 <= n, t + 1 < T):
                s.know(s.prove(early, now[0]))
            s.know(given["ends of a reachable edge are live"](t, x, y)[1])
            with s.suppose(Eq(noedge(t + 1, y, u), 0), *supposing(t + 1, y)) as child:
                ahead = child.then(hyp[0](t + 1, y, u), u)
            step = hyp.then(now.then(at_node(ahead), t, x, y))
        whole = s.induct(m, formula, base, step)
        with s.suppose(relation("<=", t, n), edge, *known) as here, s.nat_split(here[0], m) as split:
            line = split.close(whole(m, t, x, y))
        return here.then(line, t, x, y)

    def know_value(
        self, value: Callable[[Any, Any], Any], end: Any, rules: tuple[dict[str, Line], ...], *numbers: Any
    ) -> None:
        """A combination of values, with the terminal reward V times `end` of x, is a value too; numbers: variables that it depends on."""
        s, live = self.s, Eq(dead(t, x), 0)
        with s.suppose(t < T, live) as here:
            line = s.prove(Eq(value(t, x), down(t, x, value)), *(r["value recursion"](t, x) for r in rules))
        s.know(here.then(line, *numbers, t, x))
        with s.suppose(t < T, live, Eq(V(t, x), 0)) as here:
            none = s.prove(Eq(value(t, x), 0), *(r["twist kills no live value"](t, x) for r in rules))
        s.know(here.then(none, *numbers, t, x))
        s.know(s.gen(s.prove(Eq(value(T, x), end * V(T, x)), *(r["terminal value"](x) for r in rules)), *numbers, x))

    def know_extension(
        self, end: Any, extension: Any, ahead: Any, rules: tuple[dict[str, Line], ...], *numbers: Any
    ) -> None:
        """A combination of harmonic extensions is one too; end, ahead: functions of a leaf; numbers: variables that it depends on."""
        s, edge, inside = self.s, Eq(noedge(t, x, y), 0), V(t + 1, y)
        with s.suppose(t < n, edge, 0 < inside) as here:
            flow = Eq(current(extension, t + 1, y), inside * (extension(t + 1, y) - extension(t, x)))
            line = s.prove(flow, *(r["harmonic"](t, x, y) for r in rules))
        s.know(here.then(line, *numbers, t, x, y))
        with s.suppose(edge.subs(t, n)) as here:
            line = s.prove(relation("=", ahead(y), extension(n, x)), *(r["next leaf"](x, y) for r in rules))
        s.know(here.then(line, *numbers, x, y))
        leaves = s.prove(relation("=", extension(T, x), end(x)), *(r["at the leaves"](x) for r in rules))
        s.know(s.gen(leaves, *numbers, x))
        line = s.prove(Eq(current(extension, 0, root), 0), *(r["harmonic at the root"] for r in rules))
        s.know(s.gen(line, *numbers) if numbers else line)

    def inner(self, names: tuple[dict[str, Line], ...], goal: Any, there: Callable[[], Line]) -> Line:
        """The goal about y at t + 1 <= n: `there` where V(y) > 0; where V(y) = 0 the values of these rules vanish."""
        s = self.s
        with s.suppose(V(t + 1, y) <= 0):
            gone = s.know(s.zero(V(t + 1, y), self.given["twist is non-negative"](t + 1, y)))
            zeros = [rules["twist kills no live value"](t + 1, y) for rules in names]
            parts = [s.prove(part, gone, *zeros) for part in (goal.args if isinstance(goal, Both) else (goal,))]
            low = s.both(*parts) if len(parts) == 2 else parts[0]
        with s.suppose(0 < V(t + 1, y)):
            high = there()
        return s.cases(V(t + 1, y), 0, low, high)

    def children(self, time: Any, at: Any, line: Callable[[], Line]) -> Line:
        """The mean over the children u of a state, live, of psi times both sides of a line about the reachable edge to u."""
        s = self.s
        with s.surely(
            M(time, at),
            u,
            noedge(time, at, u),
            self.given["noedge is non-negative"](time, at),
            self.given["moves follow edges"](time, at),
        ) as there:
            own, potential = line(), self.given["potentials are non-negative"](time, at, u)
            op = own.fact.concl.op
            scaled = s.prove(relation(op, psi(time, at, u) * own.lhs, psi(time, at, u) * own.rhs), own, potential)
            return there.average(scaled)
