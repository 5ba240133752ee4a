"""TRUSTED. The rules of inference for logic, expectations and definitions.

A rule takes the theory (the definitions in force), its premises, and arguments; it returns the
theorem that its docstring states, or raises ProofError.  The rules of arithmetic are in
`arithmetic.py`.  What each rule needs, and why it is sound, is in `proofs/README.md`.
"""

from __future__ import annotations

from collections.abc import Callable

from proofs.kernel.substitution import (
    as_binder,
    close,
    forall,
    instantiate,
    mapped,
    open_body,
    parameters,
    replace,
)
from proofs.kernel.terms import (
    ONE,
    POSITIVE,
    SORT,
    ZERO,
    Application,
    Binder,
    Index,
    Integral,
    Node,
    ProofError,
    Quantifier,
    equal,
    fits,
    implies,
    is_var,
    le,
    lt,
    mk,
    need,
    num,
    plus,
    times,
    var,
)
from proofs.kernel.theorems import Premises, Theorem, Theory, hypotheses, rule, theorem


# ------------------------------------------------------------------------------------- logic
@rule
def assume(theory: Theory, premises: Premises, phi: Node) -> Theorem:
    """{phi} |- phi."""
    return theorem([phi], phi)


@rule
def discharge(theory: Theory, premises: Premises, phi: Node) -> Theorem:
    """From H |- C:  H minus phi |- phi => C."""
    [p] = premises
    return theorem(p.hyps - {phi}, implies(phi, p.concl))


@rule
def mp(theory: Theory, premises: Premises) -> Theorem:
    """From phi => psi and phi: psi."""
    p, q = premises
    fitting = p.concl.op == "=>" and p.concl.kids[0] is q.concl
    need(fitting, "mp: the premise is not the antecedent")
    return theorem(p.hyps | q.hyps, p.concl.kids[1])


@rule
def generalise(theory: Theory, premises: Premises, variable: Node) -> Theorem:
    """From H |- C with x not free in H:  H |- forall x. C."""
    [p] = premises
    if not is_var(variable):
        raise ProofError("generalise: not a variable")
    fresh = all(variable.symbol not in h.free for h in p.hyps)
    need(fresh, "generalise: the variable is free in a hypothesis")
    theory.check_variable(variable.symbol, p.free())
    return theorem(p.hyps, forall([variable], p.concl))


@rule
def spec(theory: Theory, premises: Premises, *terms: Node) -> Theorem:
    """From forall x y... C: C with the terms for x, y..."""
    [p] = premises
    concl = p.concl
    for term in terms:
        closed = concl.op == "all" and not term.dangling
        need(closed, "spec: no quantifier left, or an open term")
        concl = open_body(concl, term)
    return theorem(p.hyps, concl)


@rule
def inst(theory: Theory, premises: Premises, *pairs: tuple[Node, Node]) -> Theorem:
    """Second-order instantiation of free symbols in hypotheses and conclusion; pairs
    `f(x..) := term`."""
    [p] = premises
    for left, _ in pairs:
        theory.check_variable(left.symbol, p.free())
    return theorem((instantiate(h, pairs) for h in p.hyps), instantiate(p.concl, pairs))


@rule
def rename_sort(theory: Theory, premises: Premises, old: str, new: str) -> Theorem:
    """A theorem about an arbitrary set `old` holds for any sort `new`."""
    [p] = premises
    arbitrary = bool(SORT.match(old)) and old not in ("real", "nat") and "*" not in old
    need(arbitrary and bool(SORT.match(new)), "bad sort")
    defined = any(s in theory.defs for s in p.free())
    need(not defined, "rename_sort: the theorem mentions a defined symbol")

    def sort(s: str) -> str:
        return new + s[len(old) :] if s.rstrip("*") == old else s

    def go(n: Node) -> Node:
        kids = tuple(map(go, n.kids))
        match n:
            case Application(symbol=s) | Integral(symbol=s):
                return mk(n.op, (s.name, tuple(map(sort, s.args)), sort(s.sort)), kids)
            case Index():
                return mk("b", (n.index, sort(n.sort)))
            case Quantifier():
                return mk("all", sort(n.bound), kids)
        return n.remade(kids)

    return theorem(map(go, p.hyps), go(p.concl))


@rule
def conj(theory: Theory, premises: Premises) -> Theorem:
    """From phi and psi: phi and psi."""
    p, q = premises
    return theorem(p.hyps | q.hyps, mk("and", None, (p.concl, q.concl)))


@rule
def part(theory: Theory, premises: Premises, which: str) -> Theorem:
    """From phi and psi: the part 0 or 1."""
    [p] = premises
    need(p.concl.op == "and" and which in ("0", "1"), "part: not a conjunction")
    return theorem(p.hyps, p.concl.kids[int(which)])


@rule
def rewrite(theory: Theory, premises: Premises, hole: Node, template: Node) -> Theorem:
    """From forall ys. a = b and template[hole(ys) := a]: template[hole(ys) := b]; works under
    binders."""
    p, q = premises
    body = p.concl
    for v in hole.kids:
        fresh = body.op == "all" and v.symbol not in p.concl.free
        need(fresh, "rewrite: quantifiers do not match the hole")
        body = open_body(body, v)
    need(hole.op == "f" and body.op == "=", "rewrite: not an equation")
    left, right = body.kids
    before = instantiate(template, [(hole, left)])
    need(before is q.concl, "rewrite: the template does not give the second premise")
    return theorem(p.hyps | q.hyps, instantiate(template, [(hole, right)]))


@rule
def cases(theory: Theory, premises: Premises, a: Node, b: Node) -> Theorem:
    """From H, a <= b |- C and K, b < a |- C:  H, K |- C."""
    p, q = premises
    need(p.concl is q.concl, "cases: two conclusions")
    return theorem((p.hyps - {le(a, b)}) | (q.hyps - {lt(b, a)}), p.concl)


@rule
def induct(theory: Theory, premises: Premises, n: Node, phi: Node) -> Theorem:
    """From phi(0) and phi(n) => phi(n+1), n not free in the hypotheses: forall n. phi(n)."""
    p, q = premises
    hyps = p.hyps | q.hyps
    need(is_var(n) and n.sort == "nat", "induct: not a variable over the naturals")
    fresh = all(n.symbol not in h.free for h in hyps)
    need(fresh, "induct: the variable is free in a hypothesis")
    theory.check_variable(n.symbol, p.free() | q.free())
    need(p.concl is replace(phi, {n: ZERO}), "induct: the base case is not phi(0)")
    step = implies(phi, replace(phi, {n: plus(n, ONE)}))
    need(q.concl is step, "induct: the step is not phi(n) => phi(n+1)")
    return theorem(hyps, forall([n], phi))


# ---------------------------------------------------------------------- expectations and sums
def same_measure(a: Node, b: Node) -> bool:
    """Are both the expectation, or the sum, under one measure?"""
    return (a.op, a.data, a.kids[:-1]) == (b.op, b.data, b.kids[:-1]) and a.op in POSITIVE


@rule
def mono(theory: Theory, premises: Premises, left: Binder, right: Binder, *null: Binder) -> Theorem:
    """Positivity.  From forall y. a <= b:  B(y. a) <= B(y. b), for B one of E, S, I, sum; strict
    for E and I.

    For `sum` the premise may be forall k. k < n => a <= b.  With a null function z and the
    further premises forall y. 0 <= z and B(y. z) = 0 the first premise may be
    forall y. z = 0 => a <= b (almost surely).
    """
    p, *rest = premises
    closed = not left.dangling | right.dangling
    need(same_measure(left, right) and closed, "mono: two different expectations")
    over = as_binder(p.concl, "mono: the first premise is not a forall")
    fitting = over.op == "all" and over.bound == left.bound
    need(fitting, "mono: the first premise is not a forall")
    guard, order = over.body.kids if over.body.op == "=>" else (None, over.body)
    between = order.op in ("<=", "<") and order.kids == (left.body, right.body)
    need(between, "mono: the inequality is not between the bodies")
    if null:
        _almost_surely(left, over, guard, rest, *null)
    elif guard is not None:
        need(left.op == "sum", "mono: a guard without its reason")
        below = lt(mk("b", (0, "nat")), left.heads[0])
        need(guard is below, "mono: the guard is not k < n")
    strict = order.op == "<" and left.op in ("E", "I")
    return theorem(hypotheses(premises), mk("<" if strict else "<=", None, (left, right)))


def _almost_surely(
    left: Binder, over: Binder, guard: Node | None, rest: Premises, z: Binder
) -> None:
    """The guard is z = 0 for a function z >= 0 whose expectation is 0."""
    positive, zero = rest
    null = equal(z.body, ZERO)
    need(same_measure(left, z) and guard is null, "mono: the guard is not z = 0")
    nonneg = mk("all", over.bound, (le(ZERO, z.body),))
    need(positive.concl is nonneg, "mono: z >= 0 is missing")
    need(zero.concl is equal(z, ZERO), "mono: B(z) = 0 is missing")


def _fresh(name: str, sort: str, *nodes: Node) -> Application:
    while any(var(name, sort).symbol in n.free for n in nodes):
        name += "'"
    return var(name, sort)


@rule
def fubini(theory: Theory, premises: Premises, left: Binder) -> Theorem:
    """B(x. C(y. f)) = C(y. B(x. f)) when C does not depend on x (B, C among E, S, I, sum)."""
    two = {left.op, left.body.op} <= POSITIVE and not premises
    need(two, "fubini: not two nested expectations")
    x = _fresh("_x", left.bound, left)
    inner = as_binder(open_body(left, x), "fubini: not two nested expectations")
    y = _fresh("_y", inner.bound, left)
    apart = all(x.symbol not in k.free for k in inner.heads)
    need(apart, "fubini: the inner measure depends on the outer variable")
    swapped = left.remade((*left.heads, close(open_body(inner, y), x)))
    return theorem([], equal(left, inner.remade((*inner.heads, close(swapped, y)))))


class _Cloud:
    """n draws of the measure of `mean`: fresh names for the cloud and for two indices."""

    def __init__(self, mean: Integral, n: Node, *nodes: Node) -> None:
        need(mean.op == "E" and n.sort == "nat", "iid: an expectation and a natural count needed")
        self.mean, self.n, self.point = mean, n, mean.bound
        self.cloud = _fresh("_c", self.point + "*", mean, n, *nodes)
        self.i = _fresh("_i", "nat", mean, n, *nodes)
        self.j = _fresh("_j", "nat", mean, n, *nodes)

    def entry(self, k: Node) -> Node:
        return mk("f", ("at", (self.point + "*", "nat"), self.point), (self.cloud, k))

    def each(self, op: str, k: Node, body: Node) -> Node:
        """sum or prod of the body over k < n."""
        return mk(op, None, (self.n, close(body, k)))

    def expectation(self, body: Node) -> Node:
        heads = (self.n, *self.mean.heads)
        return mk("I", self.mean.data, (*heads, close(body, self.cloud)))


@rule
def iid_sum(theory: Theory, premises: Premises, mean: Integral, n: Node) -> Theorem:
    """I[n, mu](c. sum_{i<n} g(c_i)) = n E[mu](y. g(y))."""
    c = _Cloud(mean, n)
    total = c.each("sum", c.i, open_body(mean, c.entry(c.i)))
    return theorem([], equal(c.expectation(total), times(n, mean)))


@rule
def iid_pair(theory: Theory, premises: Premises, mean: Integral, n: Node) -> Theorem:
    """I[n, mu](c. sum_{i<n} sum_{j<n} k(c_i, c_j))
    = n E(u. k(u, u)) + n (n-1) E(u. E(v. k(u, v)))."""
    c = _Cloud(mean, n)
    u = _fresh("_u", mean.bound, mean)

    def k(a: Node, b: Node) -> Node:
        inner = open_body(mean, a)
        need(
            same_measure(inner, mean), "iid_pair: two different measures, or one that is not fixed"
        )
        return open_body(inner, b)

    rows = c.each("sum", c.j, k(c.entry(c.i), c.entry(c.j)))
    left = c.expectation(c.each("sum", c.i, rows))
    diagonal = mean.remade((*mean.heads, close(k(u, u), u)))
    pairs = times(n, plus(n, num(-1)), mean)
    return theorem([], equal(left, plus(times(n, diagonal), pairs)))


@rule
def iid_prod(theory: Theory, premises: Premises, mean: Integral, n: Node, i: Node) -> Theorem:
    """I[n, mu](c. prod_{i<n} g(i, c_i)) = prod_{i<n} E[mu](y. g(i, y)); `mean` is E(y. g(i, y)),
    i a variable not in mu."""
    c = _Cloud(mean, n, i)
    apart = all(i.symbol not in k.free for k in (n, *mean.heads))
    need(is_var(i) and i.sort == "nat" and apart, "iid_prod: bad index")
    factors = c.each("prod", i, open_body(mean, c.entry(i)))
    return theorem([], equal(c.expectation(factors), c.each("prod", i, mean)))


@rule
def iid_swap(
    theory: Theory, premises: Premises, mean: Integral, n: Node, s: Node, weight: Integral
) -> Theorem:
    """An entry of the cloud changes places with one more draw v. With S = sum_{j<n} h(c_j),
    I[n, mu](c. sum_{i<n} E[mu](v. G(c_i, v, S)))
    = I[n, mu](c. sum_{i<n} E[mu](v. G(v, c_i, S + h(v) - h(c_i)))).
    `mean` is E(u. E(v. G(u, v, s))), `weight` is E(y. h(y)), s a real variable in G alone."""
    c = _Cloud(mean, n, s, weight)
    v = _fresh("_v", mean.bound, mean, n, s, weight)
    alone = all(s.symbol not in k.free for k in (n, weight, *mean.heads))
    need(is_var(s) and s.sort == "real" and alone, "iid_swap: s is no real variable in G alone")
    need(same_measure(mean, weight), "iid_swap: h of another measure")

    def g(a: Node, b: Node, total: Node) -> Node:
        inner = open_body(mean, a)
        need(same_measure(inner, mean), "iid_swap: two different measures, or one not fixed")
        mixed = close(replace(open_body(inner, b), {s: total}), v)
        return c.expectation(c.each("sum", c.i, mean.remade((*mean.heads, mixed))))

    own, total = c.entry(c.i), c.each("sum", c.j, open_body(weight, c.entry(c.j)))
    moved = plus(total, open_body(weight, v), times(num(-1), open_body(weight, own)))
    return theorem([], equal(g(own, v, total), g(v, own, moved)))


# ------------------------------------------------------------------------------- definitions
@rule
def define(theory: Theory, premises: Premises, left: Node, right: Node) -> Theorem:
    """A new symbol f: |- forall xs. f(xs) = right."""
    closed = left.symbol not in right.free and not right.dangling
    need(left.op == "f" and not premises and closed, "define: circular or open")
    need(fits(right.sort, left.sort), "define: another sort")
    theory.define(left, right.free, parameters(left))
    return theorem([], forall(left.kids, equal(left, right)))


@rule
def define_rec(theory: Theory, premises: Premises, left: Node, base: Node, step: Node) -> Theorem:
    """Primitive recursion on the first argument n of a new symbol f(n, xs):
    |- (forall xs. f(0, xs) = base) and (forall n xs. f(n+1, xs) = step),
    where f occurs in step only as f(n, ...)."""
    n, *xs = parameters(left)
    closed = not base.dangling | step.dangling
    proper = left.op == "f" and not premises and n.sort == "nat" and closed
    need(proper, "define_rec: malformed")
    apart = {left.symbol, n.symbol}.isdisjoint(base.free)
    need(apart, "define_rec: the base mentions f or n")
    numbers = fits(base.sort, left.sort) and fits(step.sort, left.sort)
    need(numbers, "define_rec: another sort")

    def at_n_only(m: Node, depth: int) -> None:
        here = m.symbol != left.symbol or m.kids[0] is n
        need(here, "define_rec: f may occur only as f(n, ...)")

    mapped(step, at_n_only)
    theory.define(left, base.free | step.free, (n, *xs))
    at_zero = equal(replace(left, {n: ZERO}), base)
    at_next = equal(replace(left, {n: plus(n, ONE)}), step)
    return theorem([], mk("and", None, (forall(xs, at_zero), forall((n, *xs), at_next))))


@rule
def define_measure(
    theory: Theory,
    premises: Premises,
    left: Integral,
    right: Node,
    f: Application,
    g: Application,
    a: Node,
    b: Node,
) -> Theorem:
    """A new probability: H |- E[name; xs](y. f(y)) = right, where right (a term in the function
    symbol f) is shown, under the same hypotheses H, linear, positive and normalised by the
    premises
      H |- right[f := a f + b g] = a right + b right[f := g],
      H, forall y. 0 <= f(y) |- 0 <= right,
      H |- right[f := 1] = 1.
    A term evaluates f at finitely many points, so the functional is a probability with finitely
    many points; where H fails the measure is any point mass."""
    linear, positive, one = premises
    need(left.op == "E" and _unary(f) and _unary(g), "define_measure: f and g are unary functions")
    params, y = parameters(left), f.kids[0]
    points = g.kids[0] is y and y.sort == left.bound == f.symbol.args[0] == g.symbol.args[0]
    scalars = is_var(a) and is_var(b) and a.sort == b.sort == "real"
    number = not right.dangling and fits(right.sort, "real")
    proper = points and left.body is close(f, y) and scalars and number
    need(proper, "define_measure: malformed")

    hyps = linear.hyps | one.hyps | (positive.hyps - {forall([y], le(ZERO, f))})
    places = {s.symbol for s in (f, g, a, b, y)}
    used = right.free.union(*(h.free for h in hyps))
    distinct = len(places | {p.symbol for p in params}) == 5 + len(params)
    unused = all(places.isdisjoint(h.free) for h in hyps)
    only_f = (places - {f.symbol}).isdisjoint(right.free)
    fresh = distinct and unused and only_f and left.symbol not in used
    need(fresh, "define_measure: names are not fresh")
    for symbol in places:
        theory.check_variable(symbol, used)

    mixed = plus(times(a, f), times(b, g))
    split = plus(times(a, right), times(b, instantiate(right, [(f, g)])))
    shown = equal(instantiate(right, [(f, mixed)]), split)
    need(linear.concl is shown, "define_measure: linearity is not shown")
    need(positive.concl is le(ZERO, right), "define_measure: positivity is not shown")
    mass = equal(instantiate(right, [(f, ONE)]), ONE)
    need(one.concl is mass, "define_measure: total mass one is not shown")
    theory.define(left, used - {f.symbol}, params)
    return theorem(hyps, equal(left, right))


def _unary(f: Node) -> bool:
    """f(y) for a real function f of one argument and a variable y."""
    return f.op == "f" and len(f.kids) == 1 and is_var(f.kids[0]) and f.sort == "real"


# ----------------------------------------------------------------------------------- numbers
@rule
def nat_nonneg(theory: Theory, premises: Premises, n: Node) -> Theorem:
    """0 <= n for a natural term."""
    need(n.sort == "nat" and not premises, "not a natural")
    return theorem([], le(ZERO, n))


@rule
def antisymmetry(theory: Theory, premises: Premises) -> Theorem:
    """From a <= b and b <= a: a = b."""
    p, q = premises
    both = p.concl.op == q.concl.op == "<=" and p.concl.kids == q.concl.kids[::-1]
    need(both, "antisymmetry: not a <= b and b <= a")
    return theorem(p.hyps | q.hyps, mk("=", None, p.concl.kids))


@rule
def nat_step(theory: Theory, premises: Premises) -> Theorem:
    """From m < n between naturals: m + 1 <= n."""
    [p] = premises
    naturals = all(k.sort == "nat" for k in p.concl.kids)
    need(p.concl.op == "<" and naturals, "nat_step: not naturals")
    m, n = p.concl.kids
    return theorem(p.hyps, le(plus(m, ONE), n))


@rule
def nat_split(theory: Theory, premises: Premises, m: Node, n: Node, d: Node) -> Theorem:
    """From m <= n and H, n = m + d |- C, with d a fresh variable over the naturals: H |- C."""
    p, q = premises
    naturals = m.sort == n.sort == d.sort == "nat"
    need(p.concl is le(m, n) and naturals and is_var(d), "nat_split: malformed")
    hyps = q.hyps - {equal(n, plus(m, d))}
    fresh = all(d.symbol not in h.free for h in (m, n, q.concl, *hyps))
    need(fresh, "nat_split: the variable is not fresh")
    theory.check_variable(d.symbol, q.free())
    return theorem(p.hyps | hyps, q.concl)


def _fn(name: str, x: Node) -> Node:
    return mk("f", (name, ("real",), "real"), (x,))


def _exp(x: Node) -> Node:
    return _fn("exp", x)


def _square(x: Node) -> Node:
    return mk("^", None, (x, num(2)))


AXIOMS: dict[str, Callable[..., Node]] = {
    "exp_ge": lambda x: le(plus(ONE, x), _exp(x)),
    "exp_add": lambda x, y: equal(_exp(plus(x, y)), times(_exp(x), _exp(y))),
    "exp_pos": lambda x: lt(ZERO, _exp(x)),
    "exp_zero": lambda: equal(_exp(ZERO), ONE),
    "log_exp": lambda x: equal(_fn("log", _exp(x)), x),
    "exp_log": lambda x: implies(lt(ZERO, x), equal(_exp(_fn("log", x)), x)),
    "sqrt_square": lambda x: implies(le(ZERO, x), equal(_square(_fn("sqrt", x)), x)),
    "sqrt_nonneg": lambda x: le(ZERO, _fn("sqrt", x)),
}


@rule
def axiom(theory: Theory, premises: Premises, name: str, *terms: Node) -> Theorem:
    """One of the AXIOMS about exp, log and sqrt, at the given terms."""
    need(name in AXIOMS and not premises, f"unknown axiom {name!r}")
    return theorem([], AXIOMS[name](*terms))
