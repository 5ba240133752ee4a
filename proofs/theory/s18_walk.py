"""S18: the value-guided backtracking walk itself, read at the leaves that it visits; derived in sympy on the layered model.

From x the walk goes up with weight V(x) and to a child y with weight M psi V(y); from the root down only, from a leaf up.  For a function
F of the leaves H is its harmonic extension: the mean of F at the next leaf, so that (KF)(z) = H(parent of z) is what one visit makes of F.
pi(F G) is a value, with the terminal reward V F G.  All three facts (reversible, positive, the gap) are inductions down the tree, on the
part of such a value below an edge x -> y, where harmonicity at y says: mean of psi V (H(child) - H(y)) = V(y) (H(y) - H(x)).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, implications, relation, symbols
from proofs.lemmas.clouds import particles
from proofs.lemmas.tree_walk import Walk, down, walk
from proofs.registry import lemma, statement
from proofs.theory.model import layered

n, m, t, z = particles.symbols("n m t z")
x, y, u, root, M, psi, V, Vstar, F, G, dead, noedge, horizon = layered.symbols(
    "x y u root M psi V Vstar F G dead noedge T"
)
H, HG, KF, KG, PF, PFF, PFK, PGK, PFKG, PKFG, A = walk.symbols("H HG KF KG PF PFF PFK PGK PFKG PKFG A")
T = n + 1


def pair(s: Derivation) -> tuple[Walk, tuple[dict[str, Line], ...], tuple[dict[str, Line], ...]]:
    """A walk, the extensions of F and of G, and the rules of pi(F KG) and pi(G KF)."""
    run = Walk(s)
    extensions = run.extension(F, H, KF), run.extension(G, HG, KG)
    return run, extensions, (run.value(PFKG, F(x) * KG(x)), run.value(PKFG, G(x) * KF(x)))


@statement(
    "S18.reversible",
    source="new",
    title="the chain of leaves is reversible with respect to the target",
    words="The value-guided walk on a tree, horizon T = n + 1, F and G functions of the leaves, H and HG their harmonic extensions, KF and "
    "KG their means at the next leaf: pi(F KG) = pi(G KF), both as values at the root.  Whatever V, zero rewards allowed.",
)
@in_sympy("S18.reversible")
def reversible(s: Derivation) -> Line:
    """Below an edge x -> y: pi(G KF) - pi(F KG) = V(y) (HG(y) H(x) - H(y) HG(x)), Green's identity."""
    run, (of_f, of_g), rules = pair(s)

    def crossed(time: Any) -> Any:
        return HG(time + 1, y) * H(time, x) - H(time + 1, y) * HG(time, x)

    def claim(time: Any) -> Any:
        return Eq(PKFG(time + 1, y) - PFKG(time + 1, y), V(time + 1, y) * crossed(time))

    def at_leaf() -> Line:
        ends = [r["terminal value"](y) for r in rules], [e["at the leaves"](y) for e in (of_f, of_g)]
        return s.prove(claim(n), *ends[0], *ends[1], *(e["next leaf"](x, y) for e in (of_f, of_g)))

    def at_node(ahead: Line) -> Line:
        def there() -> Line:
            mean = run.children(t + 1, y, lambda: ahead(u))
            own = [
                s.prove(
                    Eq(other(t + 1, y) * e["harmonic"](t, x, y).lhs, other(t + 1, y) * e["harmonic"](t, x, y).rhs),
                    e["harmonic"](t, x, y),
                )
                for e, other in ((of_f, HG), (of_g, H))
            ]
            return s.prove(claim(t), mean, *own, *(r["value recursion"](t + 1, y) for r in rules))

        return run.inner(rules, claim(t), there)

    edges = run.below(claim, at_leaf, at_node)
    with s.suppose(Eq(noedge(0, root, u), 0)) as child:
        ahead = child.then(edges(0, root, u), u)
    mean = run.children(0, root, lambda: ahead(u))
    own = [
        s.prove(Eq(other(0, root) * e["harmonic at the root"].lhs, 0), e["harmonic at the root"])
        for e, other in ((of_f, HG), (of_g, H))
    ]
    return s.prove(Eq(PFKG(0, root), PKFG(0, root)), mean, *own, *(r["value recursion"](0, root) for r in rules))


@statement(
    "S18.positive",
    source="new",
    title="the chain of leaves is positive semidefinite",
    words="As S18.reversible: 0 <= pi(F KF), as a value at the root.",
)
@in_sympy("S18.positive")
def positive(s: Derivation) -> Line:
    """Below an edge x -> y: pi(F KF) >= V(y) (H(x) H(y) - H(x)^2), from the same below y, since (H(y) - H(x))^2 >= 0."""
    run = Walk(s)
    extension, rules = run.extension(F, H, KF), run.value(PFK, F(x) * KF(x))

    def least(time: Any) -> Any:
        return V(time + 1, y) * (H(time, x) * H(time + 1, y) - H(time, x) ** 2)

    def claim(time: Any) -> Any:
        return least(time) <= PFK(time + 1, y)

    def at_leaf() -> Line:
        ends = rules["terminal value"](y), extension["at the leaves"](y), extension["next leaf"](x, y)
        exact = s.prove(Eq(PFK(T, y), V(T, y) * H(T, y) * H(n, x)), *ends)
        return s.prove(claim(n), exact, s.prove(0 <= V(T, y) * H(n, x) ** 2, run.given["twist is non-negative"](T, y)))

    def at_node(ahead: Line) -> Line:
        def there() -> Line:
            mean, flow = run.children(t + 1, y, lambda: ahead(u)), extension["harmonic"](t, x, y)
            flow = s.prove(Eq(H(t + 1, y) * flow.lhs, H(t + 1, y) * flow.rhs), flow)
            square = s.prove(0 <= V(t + 1, y) * (H(t + 1, y) - H(t, x)) ** 2)
            return s.prove(claim(t), mean, flow, square, rules["value recursion"](t + 1, y))

        return run.inner((rules,), claim(t), there)

    edges = run.below(claim, at_leaf, at_node)
    with s.suppose(Eq(noedge(0, root, u), 0)) as child:
        ahead = child.then(edges(0, root, u), u)
    mean, flow = run.children(0, root, lambda: ahead(u)), extension["harmonic at the root"]
    flow = s.prove(Eq(H(0, root) * flow.lhs, 0), flow)
    return s.prove(0 <= PFK(0, root), mean, flow, rules["value recursion"](0, root))


@lemma(
    "walk_cauchy",
    title="Cauchy-Schwarz for the chain of leaves",
    words="As S18.reversible: pi(F KG)^2 <= pi(F KF) pi(G KG), as values at the root: S18.positive for F - z G and every z.",
)
@in_sympy("walk_cauchy")
def walk_cauchy(s: Derivation) -> Line:
    run, (of_f, of_g), crossed = pair(s)
    own = run.value(PFK, F(x) * KF(x)), run.value(PGK, G(x) * KG(x))
    rules = own[0], *crossed, own[1]

    def value(time: Any, at: Any) -> Any:
        return PFK(time, at) - z * (PFKG(time, at) + PKFG(time, at)) + z**2 * PGK(time, at)

    def extension(time: Any, at: Any) -> Any:
        return H(time, at) - z * HG(time, at)

    def end(q: Any) -> Any:
        return F(q) - z * G(q)

    def ahead(q: Any) -> Any:
        return KF(q) - z * KG(q)

    run.know_value(value, end(x) * ahead(x), rules)
    run.know_extension(end, extension, ahead, (of_f, of_g))
    line = s.use("S18.positive", {F(x): end(x), H(t, x): extension(t, x), KF(x): ahead(x), PFK(t, x): value(t, x)})
    same = s.use("S18.reversible")
    mixed, first, last = PFKG(0, root), PFK(0, root), PGK(0, root)
    s.know(s.gen(s.prove(relation("<=", 0, first - 2 * z * mixed + z**2 * last), line, same), z))
    return s.use("discriminant")(first, mixed, last)


def longest(s: Derivation) -> tuple[Line, Line]:
    """A(t, x) is at least the sum of Vstar/V along every path from x on, x left out."""
    step = Vstar(t + 1, y) / V(t + 1, y) + A(t + 1, y) <= A(t, x)
    nonneg, steps = s.given(
        ForAll(t, x, 0 <= A(t, x)), ForAll(t, x, y, implications(t <= n, Eq(noedge(t, x, y), 0), step))
    )
    return nonneg, steps


@lemma(
    "path_step",
    title="one more edge on the way from a leaf",
    words="If w <= a e, q^2 <= r v w, and a, e, r, v >= 0 then w + 2 b q + b^2 r v <= (a + r)(e + v b^2).",
)
@in_sympy("path_step")
def path_step(d: Derivation) -> Line:
    """(2 b q)^2 <= 4 b^2 r v a e <= (a v b^2 + r e)^2."""
    w, q, a, e, r, v, b = symbols("w q a e r v b")
    near, square, *_ = d.given(w <= a * e, q**2 <= r * v * w, *(relation("<=", 0, value) for value in (a, e, r, v)))
    line = d.prove(
        b**2 * q**2 <= b**2 * (r * v * (a * e)),
        d.times_square(square, b),
        d.prove(b**2 * (r * v) * w <= b**2 * (r * v) * (a * e), near),
    )
    d.know(d.prove(relation("<=", 0, a * v * b**2 + r * e)))
    apart = d.prove(relation("<=", 0, (a * v * b**2 - r * e) ** 2))
    d.know(d.prove((2 * b * q) ** 2 <= (a * v * b**2 + r * e) ** 2, line, apart))
    most = d.use("square_below")(2 * b * q, a * v * b**2 + r * e)
    return d.prove(w + 2 * b * q + b**2 * r * v <= (a + r) * (e + v * b**2), near, most)


def spread(time: Any, at: Any, shift: Any) -> Any:
    """pi((F - shift)^2) from a state on, as a value."""
    return PFF(time, at) - 2 * shift * PF(time, at) + shift**2 * Vstar(time, at)


@lemma("leaf_squares", title="0 <= pi((F - z)^2)", words="As a value, from any live state on and for every number z.")
@in_sympy("leaf_squares")
def leaf_squares(s: Derivation) -> Line:
    run = Walk(s)
    rules = (run.given, run.value(PF, F(x)), run.value(PFF, F(x) ** 2))
    value, end = spread(t, x, z), (F(x) - z) ** 2
    s.know(s.gen(s.prove(0 <= V(t, x) * end, run.given["twist is non-negative"](t, x)), t, x))
    with s.suppose(t < T, Eq(dead(t, x), 0)) as here:
        ahead = down(t, x, lambda r, q: spread(r, q, z))
        line = s.prove(Eq(value, ahead), *(r["value recursion"](t, x) for r in rules))
    s.know(here.then(line, t, x))
    s.know(s.gen(s.prove(Eq(spread(T, x, z), V(T, x) * end), *(r["terminal value"](x) for r in rules)), x))
    return s.gen(s.use("value_nonneg", {horizon: T, Vstar(t, x): value, V(t, x): V(t, x) * end}), z)


@statement(
    "S18",
    source="new",
    title="the gap of the chain of leaves is at least 1/A, A the largest sum of Vstar/V along a path",
    words="As S18.reversible, A(t, x) at least the sum of Vstar/V along every path from x on (x left out), A = A(0, root), and pi(.) means "
    "under the target, as values over Vstar_0: pi(F^2) - pi(F)^2 + (H(0, root) - pi(F))^2 <= A (pi(F^2) - pi(F KF)).  Whatever V; no "
    "other constant.",
)
@in_sympy("S18")
def gap(s: Derivation) -> Line:
    """Below an edge x -> y, with E = pi(F^2) - pi(F KF) - V(y) H(y) (H(y) - H(x)) the energy there:
    0 <= E and pi((F - H(x))^2) <= (A(y) + Vstar(y)/V(y)) (E + V(y) (H(y) - H(x))^2)."""
    run = Walk(s)
    extension, ends = run.extension(F, H, KF), (1, F(x), F(x) ** 2, F(x) * KF(x))
    values = (Vstar, PF, PFF, PFK)
    rules = (run.given, *(run.value(v, end) for v, end in zip(values[1:], ends[1:], strict=True)))
    nonneg, steps = longest(s)

    def moved(time: Any) -> Any:
        return H(time + 1, y) - H(time, x)

    def energy(time: Any) -> Any:
        return PFF(time + 1, y) - PFK(time + 1, y) - V(time + 1, y) * H(time + 1, y) * moved(time)

    def claim(time: Any) -> Any:
        length = A(time + 1, y) + Vstar(time + 1, y) / V(time + 1, y)
        above = energy(time) + V(time + 1, y) * moved(time) ** 2
        return Both(0 <= energy(time), spread(time + 1, y, H(time, x)) <= length * above)

    never = s.use("leaf_squares")

    def cauchy(time: Any, at: Any, shift: Any) -> Line:
        """pi(F - shift)^2 <= Vstar pi((F - shift)^2) from a live state on."""
        W, q = spread(time, at, shift), PF(time, at) - shift * Vstar(time, at)
        line = s.prove(relation("<=", 0, W - 2 * z * q + z**2 * Vstar(time, at)), never(shift + z, time, at))
        s.know(s.gen(line, z))
        square = s.use("discriminant")(W, q, Vstar(time, at))
        return s.prove(q**2 <= Vstar(time, at) * W, square)

    def at_leaf() -> Line:
        tops = [s.know(r["terminal value"](y)) for r in rules]
        s.know(extension["at the leaves"](y)), s.know(extension["next leaf"](x, y))
        none = s.know(s.prove(Eq(energy(n), 0), *tops))
        level = s.know(s.prove(Eq(spread(T, y, H(n, x)), V(T, y) * moved(n) ** 2), *tops))
        low, more = s.prove(0 <= energy(n), none), s.prove(0 <= A(T, y) * (V(T, y) * moved(n) ** 2), nonneg(T, y))

        def one() -> Line:
            exact = s.prove(Eq(Vstar(T, y) / V(T, y), 1), tops[0])
            return s.prove(claim(n).args[1], level, none, more, exact)

        with s.suppose(V(T, y) <= 0):
            s.know(s.zero(V(T, y), run.given["twist is non-negative"](T, y)))
            flat = s.prove(claim(n).args[1], level, none)
        with s.suppose(0 < V(T, y)):
            high = one()
        return s.both(low, s.cases(V(T, y), 0, flat, high))

    def mean_below(time: Any, at: Any, ahead: Line) -> tuple[Line, Line]:
        """0 <= the mean of E(u) + V(u) (H(u) - H(at))^2 over the children, and pi((F - H(at))^2) is at most A times it."""
        shift = H(time + 1, u) - H(time, at)
        part = PFF(time + 1, u) - PFK(time + 1, u) - V(time + 1, u) * H(time, at) * shift
        far = A(time + 1, u) + Vstar(time + 1, u) / V(time + 1, u)

        def energy_of() -> Line:
            square = s.prove(0 <= V(time + 1, u) * shift**2, run.given["twist is non-negative"](time + 1, u))
            return s.prove(0 <= part, ahead(u)[0], square)

        def spread_of() -> Line:
            some, reach = energy_of(), steps(time, at, u)
            wide = s.prove(far * part <= A(time, at) * part, some, reach)
            return s.prove(spread(time + 1, u, H(time, at)) <= A(time, at) * part, ahead(u)[1], wide)

        return run.children(time, at, energy_of), run.children(time, at, spread_of)

    def at_node(ahead: Line) -> Line:
        def there() -> Line:
            some, wide = mean_below(t + 1, y, ahead)
            moves, flow = [r["value recursion"](t + 1, y) for r in rules], extension["harmonic"](t, x, y)
            flow = s.prove(Eq(H(t + 1, y) * flow.lhs, H(t + 1, y) * flow.rhs), flow)
            low = s.prove(0 <= energy(t), some, flow, *moves)
            W, b = spread(t + 1, y, H(t + 1, y)), moved(t)
            near = s.prove(W <= A(t + 1, y) * energy(t), wide, flow, *moves)
            square = cauchy(t + 1, y, H(t + 1, y))
            ratio = Vstar(t + 1, y) / V(t + 1, y)
            s.know(s.prove(0 <= ratio, s.use("value_nonneg", {horizon: T})(t + 1, y)))
            for line in (nonneg(t + 1, y), low, near, square):
                s.know(line)
            q = PF(t + 1, y) - H(t + 1, y) * Vstar(t + 1, y)
            s.know(s.prove(q**2 <= ratio * V(t + 1, y) * W, square))
            at = dict(zip(symbols("w q a e r v b"), (W, q, A(t + 1, y), energy(t), ratio, V(t + 1, y), b), strict=True))
            return s.both(low, s.prove(claim(t).args[1], s.use("path_step", at)))

        return run.inner(rules, claim(t), there)

    edges = run.below(claim, at_leaf, at_node)
    with s.suppose(Eq(noedge(0, root, u), 0)) as child:
        ahead = child.then(edges(0, root, u), u)
    _, wide = mean_below(0, root, ahead)
    moves, flow = [r["value recursion"](0, root) for r in rules], extension["harmonic at the root"]
    flow = s.prove(Eq(H(0, root) * flow.lhs, 0), flow)
    whole = s.prove(spread(0, root, H(0, root)) <= A(0, root) * (PFF(0, root) - PFK(0, root)), wide, flow, *moves)
    positive = s.given(0 < Vstar(0, root))
    square, mean, cross = (value(0, root) / Vstar(0, root) for value in (PFF, PF, PFK))
    goal = square - mean**2 + (H(0, root) - mean) ** 2 <= A(0, root) * (square - cross)
    return s.prove(goal, whole, positive)
