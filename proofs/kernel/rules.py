"""TRUSTED. The language of the proofs, theorems, and the rules of inference.

Trust statement.  To believe a statement of this project a reader has to trust (1) this file and `certificates.py`
(exact arithmetic), (2) the short loader `replay.py` and the Python interpreter, (3) his own reading of the sealed
statement.  Python cannot seal a type: a program can forge a `Theorem` object.  So an object in memory proves nothing.
What counts is the proof written as data in `proofs/sealed/*.json` and replayed by `python -m proofs.kernel.replay`, which
recomputes every conclusion with the rules below.  Nothing here imports anything but the standard library.

Meaning.  Sorts: `real`; `nat`, a part of `real`; any other name is an arbitrary non-empty set, and `X*` is the set of
infinite sequences (clouds) of elements of X, read by `at(c, i)`.  A free symbol stands for an arbitrary function of its signature
and a theorem  H1, ..., Hn |- C  holds for every choice of the free symbols.  `E[mu; p](y. f)` is the expectation under
a probability with finitely many points, chosen by mu from its parameters p; `S[A; p](y. f)` is a finite sum with
non-negative weights; `I[n, mu; p](c. f)` is the expectation over a cloud whose first n entries are independent draws
of mu(p) (the others are fixed); `sum`, `prod` run over k = 0..n-1.  Conventions make every term total: 1/0 = 0,
x^0 = 1, an empty sum is 0, an empty product 1, sqrt x = 0 for x < 0, log x = 0 for x <= 0.  There is no subtraction of naturals.
Bound variables are de Bruijn indices, so terms that differ in bound names are one object and capture cannot occur.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*\Z")
RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?\Z")
SORT = re.compile(r"(?!bool\b)[A-Za-z_][A-Za-z0-9_]*\**\Z")
BINDERS = frozenset({"E", "S", "I", "sum", "prod", "all"})
POSITIVE = frozenset({"E", "S", "I", "sum"})
RESERVED = frozenset({"exp", "log", "sqrt", "at"})


class ProofError(Exception):
    """A rule was asked for something that it does not allow."""


def need(condition: bool, why: str) -> None:
    if not condition:
        raise ProofError(why)


# ---------------------------------------------------------------------------------------------------- terms
class Node:
    """A term or a formula: operator, static data, children; the last child of a binder lies under one bound variable.

    `sort` is `bool` for formulas; `free` holds the free symbols; `dangling` the (index, sort) of unbound indices.
    Made only by `mk`, which checks sorts and keeps one object per structure, so equality is identity.
    """

    __slots__ = ("dangling", "data", "free", "kids", "op", "serial", "sort")

    def __init__(self, op: str, data, kids: tuple[Node, ...]):
        self.op, self.data, self.kids, self.sort = op, data, kids, _sort(op, data, kids)
        self.serial = len(_TABLE)
        self.free: frozenset[tuple] = frozenset().union(*(k.free for k in kids), {self.symbol()} - {None})
        loose = {data} if op == "b" else set().union(*(k.dangling for k in (kids[:-1] if op in BINDERS else kids)))
        for i, sort in kids[-1].dangling if op in BINDERS else ():
            need(i > 0 or sort == bound_sort(op, data), f"{op}: bound variable of another sort")
            loose |= {(i - 1, sort)} if i > 0 else set()
        self.dangling: frozenset[tuple[int, str]] = frozenset(loose)

    def symbol(self):
        """The symbol at the top: ('f', data), ('E', data), ('S', data) or None."""
        return ("E" if self.op == "I" else self.op, self.data) if self.op in ("f", "E", "S", "I") else None


_TABLE: dict[tuple, Node] = {}


def mk(op: str, data=None, kids: tuple[Node, ...] = ()) -> Node:
    """The one node with this structure; ProofError when it is not well sorted."""
    if (op, data, kids) not in _TABLE:
        _TABLE[op, data, kids] = Node(op, data, kids)
    return _TABLE[op, data, kids]


def fits(sort: str, wanted: str) -> bool:
    return sort == wanted or (sort, wanted) == ("nat", "real")


def bound_sort(op: str, data) -> str:
    return data if op == "all" else data[2] if op in "ES" else data[2] + "*" if op == "I" else "nat"


def _sort(op: str, data, kids: tuple[Node, ...]) -> str:
    """The sort of op(kids), or ProofError."""
    sorts = [k.sort for k in kids]
    numbers, count = all(s in ("real", "nat") for s in sorts), len(kids)
    if op == "q":
        need(type(data) is Fraction and not kids, "a constant is a Fraction")
        return "nat" if data.denominator == 1 and data >= 0 else "real"
    if op == "b":
        need(
            type(data[0]) is int and data[0] >= 0 and len(data) == 2 and bool(SORT.match(data[1])) and not kids,
            "malformed index",
        )
        return data[1]
    if op in ("f", "E", "S", "I"):
        name, args, sort = data
        need(type(args) is tuple, f"{name}: the argument sorts are not a list of sorts")
        need(bool(NAME.match(name)) and all(SORT.match(s) for s in (*args, sort)), f"malformed symbol {name!r}")
        want = list(args) if op == "f" else ["nat"] * (op == "I") + [*args, "real"]
        need(count == len(want) and all(map(fits, sorts, want)), f"{name}: arguments {sorts}, expected {want}")
        fixed = (sort + "*", "nat") if name == "at" else ("real",)
        need(
            name not in RESERVED or (op == "f" and args == fixed and (name == "at" or sort == "real")),
            f"{name} is reserved",
        )
        return sort if op == "f" else "real"
    need(data is None or op == "all", f"{op}: unexpected data")
    if op in ("+", "*"):
        need(numbers and count >= 2, f"{op}: not at least two numbers")
        return "nat" if set(sorts) == {"nat"} else "real"
    if op == "inv":
        need(numbers and count == 1, "inv: not one number")
        return "real"
    if op in ("^", "sum", "prod"):
        need(numbers and count == 2 and sorts[op == "^"] == "nat", f"{op}: numbers, with a natural exponent or count")
        return sorts[op != "^"]
    if op in ("=", "<=", "<"):
        need(count == 2 and (numbers or (op == "=" and sorts[0] == sorts[1] != "bool")), f"{op}: sorts {sorts}")
    elif op == "all":
        need(sorts == ["bool"] and bool(SORT.match(data)), "a quantifier needs a sort and a formula")
    else:
        need(op in ("=>", "and") and sorts == ["bool", "bool"], f"unknown operator {op!r}, or not between two formulas")
    return "bool"


def rational(text: str) -> Fraction:
    need(bool(RATIONAL.match(text)), f"{text!r} is not written p or p/q")
    return Fraction(text)


def num(value) -> Node:
    return mk("q", Fraction(value))


ZERO, ONE = num(0), num(1)


def var(name: str, sort: str) -> Node:
    return mk("f", (name, (), sort))


def is_var(node) -> bool:
    return isinstance(node, Node) and node.op == "f" and not node.kids


def mapped(node: Node, leaf: Callable[[Node, int], Node | None], depth: int = 0, memo: dict | None = None) -> Node:
    """Rebuild: `leaf(node, depth)` gives the replacement, or None to go down; depth counts the binders passed."""
    memo = {} if memo is None else memo
    if (node, depth) not in memo:
        new = leaf(node, depth)
        if new is None:
            last = len(node.kids) - 1 if node.op in BINDERS else -1
            kids = tuple(mapped(k, leaf, depth + (i == last), memo) for i, k in enumerate(node.kids))
            new = node if kids == node.kids else mk(node.op, node.data, kids)
        memo[node, depth] = new
    return memo[node, depth]


def shift(node: Node, by: int) -> Node:
    """Add `by` to every dangling index (which must stay non-negative)."""

    def leaf(n: Node, d: int):
        if all(i < d for i, _ in n.dangling):
            return n
        return mk("b", (n.data[0] + by, n.data[1])) if n.op == "b" else None

    return node if by == 0 else mapped(node, leaf)


def open_body(binder: Node, term: Node) -> Node:
    """The body of a binder with `term` for its bound variable."""
    need(fits(term.sort, bound_sort(binder.op, binder.data)), f"a term of sort {term.sort} for a bound variable")

    def leaf(n: Node, d: int):
        if all(i < d for i, _ in n.dangling):
            return n
        if n.op == "b":
            return shift(term, d) if n.data[0] == d else mk("b", (n.data[0] - 1, n.data[1]))
        return None

    return mapped(binder.kids[-1], leaf)


def close(node: Node, variable: Node) -> Node:
    """The body of a binder over `variable`."""

    def leaf(n: Node, d: int):
        return mk("b", (d, n.sort)) if n is variable else n if variable.symbol() not in n.free else None

    need(is_var(variable) and not node.dangling, "only a variable can be bound, in a term without open indices")
    return mapped(node, leaf)


def forall(variables: Iterable[Node], body: Node) -> Node:
    for v in reversed(list(variables)):
        body = mk("all", v.sort, (close(body, v),))
    return body


def replace(node: Node, table: Mapping[Node, Node]) -> Node:
    """Simultaneous substitution of terms for free variables."""
    symbols = {v.symbol() for v in table}

    def leaf(n: Node, d: int):
        return shift(table[n], d) if n in table else n if symbols.isdisjoint(n.free) else None

    return mapped(node, leaf)


def instantiate(node: Node, pairs: Sequence[tuple[Node, Node]]) -> Node:
    """Second-order substitution: each pair is `f(x1..xk) := term` or `E[mu; x1..xk] := measure` (bodies ignored)."""
    table = {}
    for left, right in pairs:
        need(
            left.op in ("f", "E", "S") and not right.dangling and left.symbol() not in table,
            "instantiate: given twice, or malformed",
        )
        need(
            left.op != "f" or fits(right.sort, left.sort),
            f"instantiate {left.data[0]}: sort {right.sort} for {left.sort}",
        )
        table[left.symbol()] = (parameters(left), right)
    memo: dict[Node, Node] = {}

    def go(n: Node) -> Node:
        if table.keys().isdisjoint(n.free):
            return n
        if n not in memo:
            kids = tuple(map(go, n.kids))
            params, right = table.get(n.symbol(), ((), n))
            if n.symbol() not in table:
                memo[n] = mk(n.op, n.data, kids)
            elif n.op == "f":
                memo[n] = replace(right, dict(zip(params, kids, strict=True)))
            else:
                allowed = {"E": ("E", "I"), "S": ("E", "S", "I", "sum"), "I": ("E",)}[n.op]
                need(
                    right.op in allowed and bound_sort(right.op, right.data) == n.data[2],
                    f"instantiate {n.data[0]}: not a measure of the same kind and sort",
                )
                args = dict(zip(params, kids[n.op == "I" : -1], strict=True))
                head = kids[: n.op == "I"] + tuple(replace(k, args) for k in right.kids[:-1])
                memo[n] = mk("I" if n.op == "I" else right.op, right.data, head + kids[-1:])
        return memo[n]

    return go(node)


def parameters(left: Node) -> tuple[Node, ...]:
    """The parameters of a pattern f(x1..xk) or E[mu; x1..xk]: distinct variables of the declared sorts."""
    params = left.kids if left.op == "f" else left.kids[:-1]
    need(
        all(map(is_var, params)) and len(set(params)) == len(params) and tuple(p.sort for p in params) == left.data[1],
        "the left side must be a symbol applied to distinct variables of the declared sorts",
    )
    return params


def _maker(op: str) -> Callable[..., Node]:
    return lambda *kids: mk(op, None, kids)


equal, le, lt, implies, plus, times = map(_maker, ("=", "<=", "<", "=>", "+", "*"))

# ---------------------------------------------------------------------------------------------------- theorems
_SEAL = object()


class Theorem:
    """`hyps |- concl`; made only by the rules."""

    __slots__ = ("concl", "hyps")

    def __init__(self, seal: object, hyps: frozenset[Node], concl: Node):
        need(seal is _SEAL, "a theorem is made by a rule of the kernel")
        need(all(p.sort == "bool" and not p.dangling for p in (concl, *hyps)), "not a closed formula")
        self.hyps, self.concl = hyps, concl

    def free(self) -> frozenset:
        return self.concl.free.union(*(h.free for h in self.hyps))


def theorem(hyps: Iterable[Node], concl: Node) -> Theorem:
    return Theorem(_SEAL, frozenset(hyps), concl)


RULES: dict[str, Callable[..., Theorem]] = {}


class Theory:
    """The definitions made so far: `defs[symbol]` is the set of free symbols that its definition, and those before it, rest on."""

    def __init__(self) -> None:
        self.defs: dict[tuple, frozenset] = {}

    def apply(self, name: str, premises: Sequence[Theorem], args: Sequence) -> Theorem:
        """Apply one rule; ProofError when it refuses."""
        need(name in RULES, f"unknown rule {name!r}")
        need(all(isinstance(p, Theorem) for p in premises), "a premise is not a theorem")
        try:
            return RULES[name](self, list(premises), *args)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
            raise ProofError(f"rule {name}: malformed arguments ({error})") from error

    def fixed(self, used: frozenset) -> frozenset:
        """The free symbols that the definitions of the symbols in use rest on."""
        return frozenset().union(*(self.defs[s] for s in used if s in self.defs))

    def check_variable(self, symbol: tuple, used: frozenset) -> None:
        """A symbol may vary only if it is not reserved, not defined, and no definition in use rests on it."""
        need(
            symbol[1][0] not in RESERVED and symbol not in self.fixed(used) and symbol not in self.defs,
            f"{symbol[1][0]} is fixed by a definition or reserved",
        )

    def define(self, left: Node, used: frozenset, params: Iterable[Node]) -> None:
        """Enter a new symbol, with parameters that may vary, whose definition mentions the symbols `used`."""
        symbol = left.symbol()
        need(
            symbol is not None and symbol[1][0] not in RESERVED | {s[1][0] for s in self.defs},
            "the name is already defined or reserved",
        )
        need(all(symbol not in d for d in self.defs.values()), "an earlier definition rests on this symbol")
        for p in params:
            self.check_variable(p.symbol(), used)
        self.defs[symbol] = (used | self.fixed(used)) - {p.symbol() for p in params} - {symbol}


# ---------------------------------------------------------------------------------------------------- logic
def assume(theory, premises, phi):
    """{phi} |- phi."""
    return theorem([phi], phi)


def discharge(theory, premises, phi):
    """From H |- C:  H minus phi |- phi => C."""
    [p] = premises
    return theorem(p.hyps - {phi}, implies(phi, p.concl))


def mp(theory, premises):
    """From phi => psi and phi: psi."""
    p, q = premises
    need(p.concl.op == "=>" and p.concl.kids[0] is q.concl, "mp: the premise is not the antecedent")
    return theorem(p.hyps | q.hyps, p.concl.kids[1])


def generalise(theory, premises, variable):
    """From H |- C with x not free in H:  H |- forall x. C."""
    [p] = premises
    need(is_var(variable), "generalise: not a variable")
    need(all(variable.symbol() not in h.free for h in p.hyps), "generalise: the variable is free in a hypothesis")
    theory.check_variable(variable.symbol(), p.free())
    return theorem(p.hyps, forall([variable], p.concl))


def spec(theory, premises, *terms):
    """From forall x y... C: C with the terms for x, y..."""
    [p] = premises
    concl = p.concl
    for term in terms:
        need(concl.op == "all" and not term.dangling, "spec: no quantifier left, or an open term")
        concl = open_body(concl, term)
    return theorem(p.hyps, concl)


def inst(theory, premises, *pairs):
    """Second-order instantiation of free symbols in hypotheses and conclusion; pairs `f(x..) := term`."""
    [p] = premises
    for left, _ in pairs:
        theory.check_variable(left.symbol(), p.free())
    return theorem((instantiate(h, pairs) for h in p.hyps), instantiate(p.concl, pairs))


def rename_sort(theory, premises, old, new):
    """A theorem about an arbitrary set `old` holds for any sort `new`."""
    [p] = premises
    need(bool(SORT.match(old)) and bool(SORT.match(new)) and old not in ("real", "nat") and "*" not in old, "bad sort")
    need(all(s not in theory.defs for s in p.free()), "rename_sort: the theorem mentions a defined symbol")

    def sort(s):
        return new + s[len(old) :] if s.rstrip("*") == old else s

    def go(n: Node) -> Node:
        data = n.data
        if n.op in ("f", "E", "S", "I"):
            data = (data[0], tuple(map(sort, data[1])), sort(data[2]))
        elif n.op in ("b", "all"):
            data = (data[0], sort(data[1])) if n.op == "b" else sort(data)
        return mk(n.op, data, tuple(map(go, n.kids)))

    return theorem(map(go, p.hyps), go(p.concl))


def conj(theory, premises):
    """From phi and psi: phi and psi."""
    p, q = premises
    return theorem(p.hyps | q.hyps, mk("and", None, (p.concl, q.concl)))


def part(theory, premises, which):
    """From phi and psi: the part 0 or 1."""
    [p] = premises
    need(p.concl.op == "and" and which in ("0", "1"), "part: not a conjunction")
    return theorem(p.hyps, p.concl.kids[int(which)])


def rewrite(theory, premises, hole, template):
    """From forall ys. a = b and template[hole(ys) := a]: template[hole(ys) := b]; works under binders."""
    p, q = premises
    body = p.concl
    for v in hole.kids:
        need(body.op == "all" and v.symbol() not in p.concl.free, "rewrite: quantifiers do not match the hole")
        body = open_body(body, v)
    need(hole.op == "f" and body.op == "=", "rewrite: not an equation")
    left, right = body.kids
    need(instantiate(template, [(hole, left)]) is q.concl, "rewrite: the template does not give the second premise")
    return theorem(p.hyps | q.hyps, instantiate(template, [(hole, right)]))


def cases(theory, premises, a, b):
    """From H, a <= b |- C and K, b < a |- C:  H, K |- C."""
    p, q = premises
    need(p.concl is q.concl, "cases: two conclusions")
    return theorem((p.hyps - {le(a, b)}) | (q.hyps - {lt(b, a)}), p.concl)


def induct(theory, premises, n, phi):
    """From phi(0) and phi(n) => phi(n+1), n not free in the hypotheses: forall n. phi(n)."""
    p, q = premises
    need(is_var(n) and n.sort == "nat", "induct: not a variable over the naturals")
    need(all(n.symbol() not in h.free for h in p.hyps | q.hyps), "induct: the variable is free in a hypothesis")
    theory.check_variable(n.symbol(), p.free() | q.free())
    need(p.concl is replace(phi, {n: ZERO}), "induct: the base case is not phi(0)")
    need(q.concl is implies(phi, replace(phi, {n: plus(n, ONE)})), "induct: the step is not phi(n) => phi(n+1)")
    return theorem(p.hyps | q.hyps, forall([n], phi))


# ---------------------------------------------------------------------------------------------------- expectations and sums
def same_head(a: Node, b: Node) -> bool:
    return (a.op, a.data, a.kids[:-1]) == (b.op, b.data, b.kids[:-1]) and a.op in POSITIVE


def mono(theory, premises, left, right, *null):
    """Positivity.  From forall y. a <= b:  B(y. a) <= B(y. b), for B one of E, S, I, sum; strict for E and I.

    For `sum` the premise may be forall k. k < n => a <= b.  With a null function z and the further premises
    forall y. 0 <= z and B(y. z) = 0 the first premise may be forall y. z = 0 => a <= b (almost surely).
    """
    p, *rest = premises
    need(same_head(left, right) and not left.dangling | right.dangling, "mono: two different expectations")
    body, guard = p.concl.kids[-1], None
    need(
        p.concl.op == "all" and p.concl.data == bound_sort(left.op, left.data),
        "mono: the first premise is not a forall",
    )
    if body.op == "=>":
        guard, body = body.kids
    need(
        body.op in ("<=", "<") and body.kids == (left.kids[-1], right.kids[-1]),
        "mono: the inequality is not between the bodies",
    )
    if null:
        [z] = null
        positive, zero = rest
        need(same_head(left, z) and guard is equal(z.kids[-1], ZERO), "mono: the guard is not z = 0")
        need(positive.concl is mk("all", p.concl.data, (le(ZERO, z.kids[-1]),)), "mono: z >= 0 is missing")
        need(zero.concl is equal(z, ZERO), "mono: B(z) = 0 is missing")
    elif guard is not None:
        index = mk("b", (0, "nat"))
        need(left.op == "sum" and guard is lt(index, shift(left.kids[0], 1)), "mono: a guard without its reason")
    strict = body.op == "<" and left.op in ("E", "I")
    return theorem(p.hyps.union(*(r.hyps for r in rest)), mk("<" if strict else "<=", None, (left, right)))


def _fresh(name: str, sort: str, *nodes: Node) -> Node:
    while any(var(name, sort).symbol() in n.free for n in nodes):
        name += "'"
    return var(name, sort)


def fubini(theory, premises, left):
    """B(x. C(y. f)) = C(y. B(x. f)) when C does not depend on x (B, C among E, S, I, sum)."""
    inner = left.kids[-1]
    need({left.op, inner.op} <= POSITIVE and not premises, "fubini: not two nested expectations")
    x = _fresh("_x", bound_sort(left.op, left.data), left)
    inner = open_body(left, x)
    y = _fresh("_y", bound_sort(inner.op, inner.data), left)
    need(
        all(x.symbol() not in k.free for k in inner.kids[:-1]),
        "fubini: the inner measure depends on the outer variable",
    )
    swapped = mk(left.op, left.data, (*left.kids[:-1], close(open_body(inner, y), x)))
    return theorem([], equal(left, mk(inner.op, inner.data, (*inner.kids[:-1], close(swapped, y)))))


def _cloud(mean: Node, n: Node, *nodes: Node):
    """A fresh cloud c, indices i, j, the entry function and the constructor of the expectation over n draws of `mean`'s measure."""
    need(mean.op == "E" and n.sort == "nat", "iid: an expectation E and a natural count are needed")
    x = mean.data[2]
    c, i, j = (_fresh(s, t, mean, n, *nodes) for s, t in (("_c", x + "*"), ("_i", "nat"), ("_j", "nat")))

    def entry(k):
        return mk("f", ("at", (x + "*", "nat"), x), (c, k))

    def draws(body):
        return mk("I", mean.data, (n, *mean.kids[:-1], close(body, c)))

    return i, j, entry, draws


def iid_sum(theory, premises, mean, n):
    """I[n, mu](c. sum_{i<n} g(c_i)) = n E[mu](y. g(y))."""
    i, _, entry, draws = _cloud(mean, n)
    left = draws(mk("sum", None, (n, close(open_body(mean, entry(i)), i))))
    return theorem([], equal(left, times(n, mean)))


def iid_pair(theory, premises, mean, n):
    """I[n, mu](c. sum_{i<n} sum_{j<n} k(c_i, c_j)) = n E(u. k(u, u)) + n (n-1) E(u. E(v. k(u, v)))."""
    i, j, entry, draws = _cloud(mean, n)
    u = _fresh("_u", mean.data[2], mean)

    def k(a, b):
        inner = open_body(mean, a)
        need(same_head(inner, mean), "iid_pair: two different measures, or the inner one depends on the outer variable")
        return open_body(inner, b)

    left = draws(mk("sum", None, (n, close(mk("sum", None, (n, close(k(entry(i), entry(j)), j))), i))))
    diagonal = mk("E", mean.data, (*mean.kids[:-1], close(k(u, u), u)))
    pairs = times(n, plus(n, num(-1)), mean)
    return theorem([], equal(left, plus(times(n, diagonal), pairs)))


def iid_prod(theory, premises, mean, n, i):
    """I[n, mu](c. prod_{i<n} g(i, c_i)) = prod_{i<n} E[mu](y. g(i, y)); `mean` is E(y. g(i, y)), i a variable not in mu."""
    _, _, entry, draws = _cloud(mean, n, i)
    need(
        is_var(i) and i.sort == "nat" and all(i.symbol() not in k.free for k in (n, *mean.kids[:-1])),
        "iid_prod: bad index",
    )
    left = draws(mk("prod", None, (n, close(open_body(mean, entry(i)), i))))
    return theorem([], equal(left, mk("prod", None, (n, close(mean, i)))))


# ---------------------------------------------------------------------------------------------------- definitions
def define(theory, premises, left, right):
    """A new symbol f: |- forall xs. f(xs) = right."""
    need(
        left.op == "f" and not premises and left.symbol() not in right.free and not right.dangling,
        "define: circular or open",
    )
    need(fits(right.sort, left.sort), "define: another sort")
    theory.define(left, right.free, parameters(left))
    return theorem([], forall(left.kids, equal(left, right)))


def define_rec(theory, premises, left, base, step):
    """Primitive recursion on the first argument n of a new symbol f(n, xs):
    |- (forall xs. f(0, xs) = base) and (forall n xs. f(n+1, xs) = step), where f occurs in step only as f(n, ...)."""
    n, *xs = parameters(left)
    need(
        left.op == "f" and not premises and n.sort == "nat" and not base.dangling | step.dangling,
        "define_rec: malformed",
    )
    need({left.symbol(), n.symbol()}.isdisjoint(base.free), "define_rec: the base mentions f or n")
    need(fits(base.sort, left.sort) and fits(step.sort, left.sort), "define_rec: another sort")
    mapped(
        step,
        lambda m, d: need(m.symbol() != left.symbol() or m.kids[0] is n, "define_rec: f may occur only as f(n, ...)"),
    )
    theory.define(left, base.free | step.free, (n, *xs))
    at_zero = equal(replace(left, {n: ZERO}), base)
    at_next = equal(replace(left, {n: plus(n, ONE)}), step)
    return theorem([], mk("and", None, (forall(xs, at_zero), forall((n, *xs), at_next))))


def define_measure(theory, premises, left, right, f, g, a, b):
    """A new probability: H |- E[name; xs](y. f(y)) = right, where right (a term in the function symbol f) is shown,
    under the same hypotheses H, linear, positive and normalised by the premises
      H |- right[f := a f + b g] = a right + b right[f := g],   H, forall y. 0 <= f(y) |- 0 <= right,   H |- right[f := 1] = 1.
    A term evaluates f at finitely many points, so the functional is a probability with finitely many points; where H
    fails the measure is any point mass."""
    linear, positive, one = premises
    need(
        left.op == "E"
        and all(h.op == "f" and len(h.kids) == 1 and is_var(h.kids[0]) and h.sort == "real" for h in (f, g)),
        "define_measure: f and g are unary functions",
    )
    params, y = parameters(left), f.kids[0]
    need(
        g.kids[0] is y
        and y.sort == left.data[2] == f.data[1][0] == g.data[1][0]
        and left.kids[-1] is close(f, y)
        and is_var(a)
        and is_var(b)
        and a.sort == b.sort == "real"
        and not right.dangling
        and fits(right.sort, "real"),
        "define_measure: malformed",
    )
    hyps = linear.hyps | one.hyps | (positive.hyps - {forall([y], le(ZERO, f))})
    places, used = {s.symbol() for s in (f, g, a, b, y)}, right.free.union(*(h.free for h in hyps))
    need(
        len(places | {p.symbol() for p in params}) == 5 + len(params)
        and all(places.isdisjoint(h.free) for h in hyps)
        and (places - {f.symbol()}).isdisjoint(right.free)
        and left.symbol() not in used,
        "define_measure: names are not fresh",
    )
    for symbol in places:
        theory.check_variable(symbol, used)
    mixed = plus(times(a, f), times(b, g))
    split = plus(times(a, right), times(b, instantiate(right, [(f, g)])))
    need(linear.concl is equal(instantiate(right, [(f, mixed)]), split), "define_measure: linearity is not shown")
    need(positive.concl is le(ZERO, right), "define_measure: positivity is not shown")
    need(one.concl is equal(instantiate(right, [(f, ONE)]), ONE), "define_measure: total mass one is not shown")
    theory.define(left, used - {f.symbol()}, params)
    return theorem(hyps, equal(left, right))


# ---------------------------------------------------------------------------------------------------- numbers
def nat_nonneg(theory, premises, n):
    """0 <= n for a natural term."""
    need(n.sort == "nat" and not premises, "not a natural")
    return theorem([], le(ZERO, n))


def antisymmetry(theory, premises):
    """From a <= b and b <= a: a = b."""
    p, q = premises
    need(p.concl.op == q.concl.op == "<=" and p.concl.kids == q.concl.kids[::-1], "antisymmetry: not a <= b and b <= a")
    return theorem(p.hyps | q.hyps, mk("=", None, p.concl.kids))


def nat_step(theory, premises):
    """From m < n between naturals: m + 1 <= n."""
    [p] = premises
    need(p.concl.op == "<" and all(k.sort == "nat" for k in p.concl.kids), "nat_step: not naturals")
    return theorem(p.hyps, le(plus(p.concl.kids[0], ONE), p.concl.kids[1]))


def nat_split(theory, premises, m, n, d):
    """From m <= n and H, n = m + d |- C, with d a fresh variable over the naturals: H |- C."""
    p, q = premises
    need(p.concl is le(m, n) and m.sort == n.sort == "nat" and is_var(d) and d.sort == "nat", "nat_split: malformed")
    hyps = q.hyps - {equal(n, plus(m, d))}
    need(all(d.symbol() not in h.free for h in (m, n, q.concl, *hyps)), "nat_split: the variable is not fresh")
    theory.check_variable(d.symbol(), q.free())
    return theorem(p.hyps | hyps, q.concl)


def _fn(name: str, x: Node) -> Node:
    return mk("f", (name, ("real",), "real"), (x,))


AXIOMS: dict[str, Callable[..., Node]] = {
    "exp_ge": lambda x: le(plus(ONE, x), _fn("exp", x)),
    "exp_add": lambda x, y: equal(_fn("exp", plus(x, y)), times(_fn("exp", x), _fn("exp", y))),
    "exp_pos": lambda x: lt(ZERO, _fn("exp", x)),
    "exp_zero": lambda: equal(_fn("exp", ZERO), ONE),
    "log_exp": lambda x: equal(_fn("log", _fn("exp", x)), x),
    "exp_log": lambda x: implies(lt(ZERO, x), equal(_fn("exp", _fn("log", x)), x)),
    "sqrt_square": lambda x: implies(le(ZERO, x), equal(mk("^", None, (_fn("sqrt", x), num(2))), x)),
    "sqrt_nonneg": lambda x: le(ZERO, _fn("sqrt", x)),
}


def axiom(theory, premises, name, *terms):
    """One of the AXIOMS about exp, log and sqrt, at the given terms."""
    need(name in AXIOMS and not premises, f"unknown axiom {name!r}")
    return theorem([], AXIOMS[name](*terms))


RULES |= {
    f.__name__: f
    for f in (
        assume,
        discharge,
        mp,
        generalise,
        spec,
        inst,
        rename_sort,
        conj,
        part,
        rewrite,
        cases,
        induct,
        mono,
        fubini,
        iid_sum,
        iid_pair,
        iid_prod,
        define,
        define_rec,
        define_measure,
        nat_nonneg,
        antisymmetry,
        nat_step,
        nat_split,
        axiom,
    )
}
