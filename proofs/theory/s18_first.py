"""S18: the first leaf that the value-guided backtracking walk visits, by the mean path in place of the longest; derived in sympy.

kappa(t, x) is the mean, under the target from x on, of the sum of Vstar/V along the path, x left out; kappa(0, root) is theory's kappa.
Neither a resistance nor a flow is needed.  Below an edge x -> y, with h = H(x) and W = Vstar(y) (kappa(y) + Vstar(y)/V(y)), what the value
leaves over the current, E = P(y) - V(y) (H(y) - h), obeys h Vstar(y)^2 <= W E: from the leaves up, by Cauchy-Schwarz over the children.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, implications, relation, symbols
from proofs.lemmas.clouds import particles
from proofs.lemmas.tree_walk import Walk, current, down, walk
from proofs.registry import lemma, statement
from proofs.theory.model import Vocabulary, layered

n, t, z = particles.symbols("n t z")
x, y, u, root, V, Vstar, F, dead, noedge, horizon = layered.symbols("x y u root V Vstar F dead noedge T")
H, KF, PF = walk.symbols("H KF PF")
mean_path = Vocabulary({"nat X -> real": "kappa P R", "real": "R0"})
kappa, P, R, R0 = mean_path.symbols("kappa P R R0")
T, total = n + 1, Vstar(0, root)


def mean_rules() -> dict[str, Any]:
    """kappa: 0 at a leaf, above it the mean of Vstar/V + kappa over the next state under the target."""
    ahead = down(t, x, reach)
    return {
        "kappa is non-negative": ForAll(t, x, 0 <= kappa(t, x)),
        "no step is left": ForAll(x, Eq(kappa(T, x), 0)),
        "mean path": ForAll(t, x, implications(t < T, Eq(dead(t, x), 0), Eq(Vstar(t, x) * kappa(t, x), ahead))),
    }


def reach(time: Any, at: Any) -> Any:
    """W: Vstar times the mean of the sum of Vstar/V, this state counted."""
    return Vstar(time, at) * (kappa(time, at) + Vstar(time, at) / V(time, at))


@lemma(
    "never_below",
    title="a quadratic without a positive discriminant",
    words="If a^2 <= x y, x >= 0 and y >= 0 then 0 <= x - 2 z a + z^2 y for every z: the converse of discriminant.",
)
@in_sympy("never_below")
def never_below(d: Derivation) -> Line:
    """(2 z a)^2 <= 4 z^2 x y <= (x + z^2 y)^2."""
    v, a, w, q = symbols("x a y z")
    square, *_ = d.given(a**2 <= v * w, 0 <= v, 0 <= w)
    near = d.times_square(square, 2 * q)
    apart = d.prove(relation("<=", 0, (v - q**2 * w) ** 2))
    d.know(d.prove(0 <= v + q**2 * w))
    d.know(d.prove((2 * q * a) ** 2 <= (v + q**2 * w) ** 2, near, apart))
    most = d.use("square_below")(2 * q * a, v + q**2 * w)
    return d.gen(d.prove(relation("<=", 0, v - 2 * q * a + q**2 * w), most), q)


class First(Walk):
    """The walk with kappa: what the inductions of this file share."""

    def __init__(self, s: Derivation) -> None:
        super().__init__(s)
        self.positive = s.given(0 < total)
        self.mean = s.setting(mean_rules())
        self.nonneg = s.use("value_nonneg", {horizon: T})

    def know_wide(self, time: Any, at: Any) -> None:
        """0 <= W at a child u, reached from a state."""
        s, later = self.s, time + 1
        s.know(self.given["ends of a reachable edge are live"](time, at, u)[1]), s.know(self.nonneg(later, u))
        s.know(s.use("inverse_nonneg")(V(later, u)))
        s.know(s.prove(relation("<=", 0, reach(later, u)), self.mean["kappa is non-negative"](later, u)))

    def cauchy(
        self, time: Any, at: Any, slope: Any, child: Callable[[], tuple[Any, Line, Line]], whole: Any, *why: Line
    ) -> Line:
        """slope^2 Vstar^2 <= Vstar kappa `whole` at a live state.

        child: of a child u, a part left, and the lines 0 <= left and slope^2 Vstar(u)^2 <= W(u) left.  whole: at least the mean of psi
        left, as the lines `why` say.
        """
        s = self.s

        def quadratic() -> Line:
            left, low, square = child()
            self.know_wide(time, at)
            s.know(low), s.know(square)
            own = reach(time + 1, u), slope * Vstar(time + 1, u), left
            return s.use("never_below", dict(zip(symbols("x a y"), own, strict=True)))(z)

        mean = self.children(time, at, quadratic)
        most, by = Vstar(time, at) * kappa(time, at), slope * Vstar(time, at)
        rules = self.mean["mean path"](time, at), self.given["value recursion"](time, at)
        s.know(s.gen(s.prove(relation("<=", 0, most - 2 * z * by + z**2 * whole), mean, *rules, *why), z))
        return s.use("discriminant")(most, by, whole)


def source_rules() -> dict[str, Any]:
    """A potential H with sources R at the nodes and R0 at the root, and its value P: V H at a leaf, above R and what the children have."""
    edge, inside = Eq(noedge(t, x, y), 0), 0 < V(t + 1, y)
    flow = Eq(current(H, t + 1, y) + R(t + 1, y), V(t + 1, y) * (H(t + 1, y) - H(t, x)))
    value = Eq(P(t + 1, y), R(t + 1, y) + down(t + 1, y, P))
    return {
        "at a leaf": ForAll(x, Both(Eq(P(T, x), V(T, x) * H(T, x)), 0 <= H(T, x))),
        "sources are non-negative": ForAll(t, x, 0 <= R(t, x)),
        "so is the root's": 0 <= R0,
        "harmonic but for sources": ForAll(t, x, y, implications(t < n, edge, inside, flow)),
        "at the root": Eq(current(H, 0, root) + R0, 0),
        "value with sources": ForAll(t, x, y, implications(t < n, edge, inside, value)),
        "no value without a twist": ForAll(t, x, y, implications(t < n, edge, Eq(V(t + 1, y), 0), Eq(P(t + 1, y), 0))),
    }


@lemma(
    "walk_potential",
    title="a potential of the walk at the root",
    words="H(t, x) is what a walk from x collects in the mean up to its next leaf: R/V at every node, R0/V at the root, H at that leaf, "
    "all non-negative; P is the value of all of it.  Then Vstar_0 H(0, root) is at most kappa times that value from the root on.",
)
@in_sympy("walk_potential")
def walk_potential(s: Derivation) -> Line:
    """Below an edge x -> y with 0 <= h = H(x), E = P(y) - V(y) (H(y) - h): 0 <= E and h Vstar(y)^2 <= W E."""
    run, rules = First(s), s.setting(source_rules())
    twist = run.given["twist is non-negative"]

    def value(time: Any) -> Any:
        return 0 <= P(time + 1, y)

    def value_at_leaf() -> Line:
        end = rules["at a leaf"](y)
        return s.prove(value(n), end[0], end[1], twist(T, y))

    def value_at_node(ahead: Line) -> Line:
        with s.suppose(V(t + 1, y) <= 0):
            s.know(s.zero(V(t + 1, y), twist(t + 1, y)))
            low = s.prove(value(t), rules["no value without a twist"](t, x, y))
        with s.suppose(0 < V(t + 1, y)):
            mean, source = run.children(t + 1, y, lambda: ahead(u)), rules["sources are non-negative"](t + 1, y)
            high = s.prove(value(t), mean, rules["value with sources"](t, x, y), source)
        return s.cases(V(t + 1, y), 0, low, high)

    never = run.below(value, value_at_leaf, value_at_node)

    def rest(time: Any, at: Any, child: Any) -> Any:
        return P(time + 1, child) - V(time + 1, child) * (H(time + 1, child) - H(time, at))

    def bound(time: Any) -> Any:
        left = rest(time, x, y)
        return Both(0 <= left, H(time, x) * Vstar(time + 1, y) ** 2 <= reach(time + 1, y) * left)

    def gone(time: Any) -> Line:
        """Where the twist is 0, so are Vstar and P."""
        return s.both(*(s.prove(part) for part in bound(time).args))

    def at_leaf() -> Line:
        end, top = s.know(rules["at a leaf"](y)[0]), s.know(run.given["terminal value"](y))
        last = s.know(run.mean["no step is left"](y))
        exact = s.know(s.prove(Eq(rest(n, x, y), V(T, y) * H(n, x)), end))
        first = s.prove(0 <= rest(n, x, y), exact, twist(T, y))
        with s.suppose(V(T, y) <= 0):
            s.know(s.zero(V(T, y), twist(T, y)))
            low = s.prove(bound(n).args[1], top)
        with s.suppose(0 < V(T, y)):
            full = s.prove(Eq(reach(T, y), V(T, y)), top, last)
            high = s.prove(bound(n).args[1], exact, full, top, hold=[reach(T, y), rest(n, x, y)])
        return s.both(first, s.cases(V(T, y), 0, low, high))

    def child_of(time: Any, at: Any, ahead: Line) -> Callable[[], tuple[Any, Line, Line]]:
        """What is left at a child u, times H here."""

        def child() -> tuple[Any, Line, Line]:
            own, left = ahead(u), H(time, at) * rest(time, at, u)
            square = s.prove((H(time, at) * Vstar(time + 1, u)) ** 2 <= reach(time + 1, u) * left, own[1])
            return left, s.prove(0 <= left, own[0]), square

        return child

    def at_node(ahead: Line) -> Line:
        here, left, S = H(t + 1, y), rest(t, x, y), Vstar(t + 1, y)
        most = S * kappa(t + 1, y)
        with s.suppose(V(t + 1, y) <= 0):
            s.know(s.zero(V(t + 1, y), twist(t + 1, y)))
            s.know(run.given["twist kills no live value"](t + 1, y))
            s.know(rules["no value without a twist"](t, x, y))
            low = gone(t)
        with s.suppose(0 < V(t + 1, y)):
            some = s.know(never(t, x, y))
            s.know(run.nonneg(t + 1, y)), s.know(run.mean["kappa is non-negative"](t + 1, y))
            with s.suppose(here <= 0) as under:
                near = s.prove(V(t + 1, y) * H(t, x) <= left, under[0], some)
                first = s.know(s.prove(0 <= left, near))
                wide = s.prove(most * left >= 0)
                full = s.prove(H(t, x) * S**2 <= S**2 / V(t + 1, y) * left, near, hold=[left])
                down_there = s.both(first, s.prove(bound(t).args[1], full, wide))
            with s.suppose(0 < here) as over:
                s.know(s.prove(0 <= here, over[0]))
                rule = rules["harmonic but for sources"](t, x, y), rules["value with sources"](t, x, y)
                mean = run.children(t + 1, y, lambda: ahead(u)[0])
                first = s.know(s.prove(0 <= left, mean, *rule))
                square = run.cauchy(t + 1, y, here, child_of(t + 1, y, ahead), here * left, *rule)
                s.know(s.prove(here * (here * S**2) <= here * (most * left), square))
                once = s.use("cancel_factor")(here, here * S**2, most * left)
                lost = s.prove(0 <= P(t + 1, y) * S**2 / V(t + 1, y))
                up_there = s.both(first, s.prove(bound(t).args[1], once, lost))
            high = s.cases(here, 0, down_there, up_there)
        return s.cases(V(t + 1, y), 0, low, high)

    edges = run.below(bound, at_leaf, at_node, lambda time, at: (0 <= H(time, at),))
    here, whole = H(0, root), R0 + down(0, root, P)
    with s.suppose(Eq(noedge(0, root, u), 0)) as child:
        lower = child.then(never(0, root, u), u)
    with s.suppose(Eq(noedge(0, root, u), 0), 0 <= here) as child:
        upper = child.then(edges(0, root, u), u)
    s.know(run.nonneg(0, root)), s.know(run.mean["kappa is non-negative"](0, root))
    s.know(s.prove(0 <= whole, run.children(0, root, lambda: lower(u)), rules["so is the root's"]))
    goal = total * here <= kappa(0, root) * whole
    with s.suppose(here <= 0) as under:
        low = s.prove(goal, s.prove(total * here <= 0, under[0]), s.prove(0 <= kappa(0, root) * whole))
    with s.suppose(0 < here) as over:
        s.know(s.prove(0 <= here, over[0]))
        square = run.cauchy(0, root, here, child_of(0, root, upper), here * whole, rules["at the root"])
        s.know(s.prove(here * total * (total * here) <= here * total * (kappa(0, root) * whole), square))
        s.know(s.prove(0 < here * total))
        high = s.use("cancel_factor")(here * total, total * here, kappa(0, root) * whole)
    return s.cases(here, 0, low, high)


class FirstLeaf(First):
    """The walk with kappa, and a function of the leaves with its harmonic extension and a value."""

    def __init__(self, s: Derivation, name: Any, end: Any) -> None:
        super().__init__(s)
        self.leaves, self.ends = self.extension(F, H, KF), self.value(name, end)


@statement(
    "S18.first",
    source="new",
    title="the first leaf has density at most kappa",
    words="The walk as in S18, kappa(t, x) the mean of the sum of Vstar/V along the target's path from x on (x left out), F >= 0 a "
    "function of the leaves: the mean of F at the first leaf from the root, H(0, root), is at most kappa(0, root) pi(F).  Whatever V.",
)
@in_sympy("S18.first")
def first_leaf(s: Derivation) -> Line:
    """walk_potential without sources."""
    run = FirstLeaf(s, PF, F(x))
    nonneg = s.given(ForAll(x, 0 <= F(x)))
    edge, inside, ends = Eq(noedge(t, x, y), 0), V(t + 1, y), run.ends
    last = s.prove(Eq(PF(T, x), V(T, x) * H(T, x)), ends["terminal value"](x), run.leaves["at the leaves"](x))
    s.know(s.gen(s.both(last, s.prove(0 <= H(T, x), run.leaves["at the leaves"](x), nonneg(x))), x))
    with s.suppose(t < n, edge, 0 < inside) as here:
        step(s, run)
        value = here.then(ends["value recursion"](t + 1, y), t, x, y)
    with s.suppose(t < n, edge, Eq(inside, 0)) as here:
        step(s, run)
        none = here.then(ends["twist kills no live value"](t + 1, y), t, x, y)
    s.know(value), s.know(none), s.know(ends["value recursion"](0, root))
    line = s.use("walk_potential", {P(t, x): PF(t, x), R(t, x): 0, R0: 0})
    return s.prove(
        H(0, root) <= kappa(0, root) * (PF(0, root) / total), line, ends["value recursion"](0, root), run.positive
    )


def step(s: Derivation, run: Walk) -> None:
    """The end of an edge below the last layer is live, and has a next step."""
    s.know(s.prove(t + 1 < T)), s.know(run.given["ends of a reachable edge are live"](t, x, y)[1])
