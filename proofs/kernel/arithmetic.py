"""TRUSTED. Exact arithmetic: the normal form of a term, and the rules that rest on it.

A term is brought to a polynomial with rational coefficients over atoms.  Built in: commutative ring laws, linearity of
E, S, I and sum (factors free of the bound variable come out, E[1] = I[1] = 1), `sum` and `prod` at 0 and n+1, x^(m+n) = x^m x^n,
(x y)^n = x^n y^n, (x^m)^n = x^(mn), 1/(xy) = 1/x 1/y and 1/(1/x) = x (true also at 0, since 1/0 = 0 and 0^0 = 1).
x * 1/x is never simplified by itself: a denominator is cleared only with a theorem 0 < d or d < 0.
Two terms with one normal form are equal for all values; the converse is not claimed.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, reduce

from proofs.kernel import rules as kernel
from proofs.kernel.rules import ONE, POSITIVE, ZERO, Node, fits, mk, need, num, open_body, rational, shift, theorem

Monomial = tuple[tuple[Node, int], ...]  # (atom, exponent >= 1), sorted by the atom's serial number
Poly = dict[Monomial, Fraction]
UNIT: Monomial = ()
LIMIT = 1000  # the largest constant that a power, a sum or a product is expanded for


def constant(value) -> Poly:
    return {UNIT: Fraction(value)} if value else {}


def atom(node: Node) -> Poly:
    return {((node, 1),): Fraction(1)}


def add(p: Poly, q: Poly, factor: Fraction = Fraction(1)) -> Poly:
    return {m: c for m in p | q if (c := p.get(m, 0) + factor * q.get(m, 0))}


def times(m: Monomial, n: Monomial) -> Monomial:
    p, q = dict(m), dict(n)
    return tuple(sorted(((a, p.get(a, 0) + q.get(a, 0)) for a in p | q), key=lambda item: item[0].serial))


def mul(p: Poly, q: Poly) -> Poly:
    out: Poly = {}
    for m, c in p.items():
        for n, d in q.items():
            mn = times(m, n)
            out[mn] = out.get(mn, 0) + c * d
    return {m: c for m, c in out.items() if c}


def power(p: Poly, k: int) -> Poly:
    need(k <= LIMIT, "an exponent is too large to be expanded")
    return reduce(mul, [p] * k, constant(1))


def reify(p: Poly) -> Node:
    """A canonical term with this normal form."""

    def monomial(m: Monomial, c: Fraction) -> Node:
        parts = ([num(c)] if c != 1 or not m else []) + [a if k == 1 else mk("^", None, (a, num(k))) for a, k in m]
        return parts[0] if len(parts) == 1 else mk("*", None, tuple(parts))

    terms = [monomial(m, c) for m, c in sorted(p.items(), key=lambda item: [(a.serial, k) for a, k in item[0]])]
    return ZERO if not terms else terms[0] if len(terms) == 1 else mk("+", None, tuple(terms))


def canonical(node: Node) -> Node:
    """The same term, formula or argument with every numeric part in normal form; a - b = 0 for a = b."""
    if node.sort in ("real", "nat"):
        return reify(normal_form(node))
    if node.op in ("<=", "<", "=") and fits(node.kids[0].sort, "real"):
        return mk(node.op, None, (ZERO, reify(add(normal_form(node.kids[1]), normal_form(node.kids[0]), Fraction(-1)))))
    return mk(node.op, node.data, tuple(map(canonical, node.kids)))


@cache
def normal_form(node: Node) -> Poly:
    op, kids = node.op, node.kids
    if op == "q":
        return constant(node.data)
    if op in ("b", "f"):
        return atom(mk(op, node.data, tuple(map(canonical, kids))))
    if op in ("+", "*"):
        return reduce(add if op == "+" else mul, map(normal_form, kids))
    if op == "inv":
        return _inverse(normal_form(kids[0]))
    if op == "^":
        return _power(normal_form(kids[0]), normal_form(kids[1]))
    if op in ("sum", "prod"):
        return _unfolded(node)
    need(op in POSITIVE, f"{op} is not a term")
    return _linear(mk(op, node.data, (*map(canonical, kids[:-1]), kids[-1])))


def _loose(node: Node) -> bool:
    """Does the bound variable with index 0 occur?"""
    return any(i == 0 for i, _ in node.dangling)


def _linear(node: Node) -> Poly:
    """Linearity: B(y. sum c u(y) w) = sum c B(y. u(y)) w."""
    out: Poly = {}
    for m, c in normal_form(node.kids[-1]).items():
        inner = tuple((a, k) for a, k in m if _loose(a))
        if inner or node.op == "S":
            term = atom(mk(node.op, node.data, (*node.kids[:-1], reify({inner: Fraction(1)}))))
        else:
            term = normal_form(node.kids[0]) if node.op == "sum" else constant(1)
        for a, k in m:
            if not _loose(a):
                term = mul(term, power(normal_form(shift(a, -1)), k))
        out = add(out, term, c)
    return out


def _unfolded(node: Node) -> Poly:
    """sum and prod over k < n + j, for a natural constant j: the part over k < n, and the terms n, ..., n + j - 1."""
    n = normal_form(node.kids[0])
    rest = {m: c for m, c in n.items() if m}
    need(n.get(UNIT, 0) <= LIMIT, "a count is too large to be expanded")
    last = [normal_form(open_body(node, reify(add(rest, constant(j))))) for j in range(int(n.get(UNIT, 0)))]
    if node.op == "prod":
        return reduce(mul, last, _product(rest, node.kids[1]) if rest else constant(1))
    return reduce(add, last, _linear(mk("sum", None, (reify(rest), node.kids[1]))) if rest else {})


def _product(n: Poly, factor: Node) -> Poly:
    """prod_{k < n} f = f^n for f free of k, and prod (c u v^j) = c^n prod u (prod v)^j."""
    body = normal_form(factor)
    if not any(_loose(a) for m in body for a, _ in m):
        return _power(normal_form(shift(reify(body), -1)), n)
    if len(body) > 1:
        return atom(mk("prod", None, (reify(n), reify(body))))
    [(m, c)] = body.items()
    out = _power(constant(c), n)
    for a, k in m:
        each = atom(mk("prod", None, (reify(n), a))) if _loose(a) else _power(normal_form(shift(a, -1)), n)
        out = mul(out, power(each, k))
    return out


def _inverse(p: Poly) -> Poly:
    if len(p) > 1:
        lead = min(p.items(), key=lambda item: [(a.serial, k) for a, k in item[0]])[1]
        return mul(constant(1 / lead), atom(mk("inv", None, (reify({m: c / lead for m, c in p.items()}),))))
    out: Poly = {}
    for m, c in p.items():
        out = constant(1 / c)
        for a, k in m:
            if a.op == "inv":
                one = normal_form(a.kids[0])
            elif a.op == "^":
                one = _power(_inverse(normal_form(a.kids[0])), normal_form(a.kids[1]))
            else:
                one = atom(mk("inv", None, (a,)))
            out = mul(out, power(one, k))
    return out


def _power(base: Poly, exponent: Poly) -> Poly:
    """base^(c_0 + sum_i c_i e_i) = base^c_0 * prod_i (base^{e_i})^{c_i} for monomials e_i in natural atoms, c_i naturals."""
    need(all(c.denominator == 1 and c > 0 for c in exponent.values()), "an exponent is not a natural number")
    out = constant(1)
    for e, c in exponent.items():
        if e == UNIT:
            piece = base
        elif len(base) == 1:
            [(m, q)] = base.items()
            piece = constant(1) if q == 1 else atom(mk("^", None, (num(q), reify({e: Fraction(1)}))))
            for a, k in m:
                body, inner = a.kids if a.op == "^" else (a, ONE)
                [(i, _)] = normal_form(inner).items()
                piece = mul(piece, power(atom(mk("^", None, (body, reify({times(i, e): Fraction(1)})))), k))
        else:
            piece = atom(mk("^", None, (reify(base), reify({e: Fraction(1)}))))
        out = mul(out, power(piece, int(c)))
    return out


def cleared(polys: list[Poly], denominator: Node) -> list[Poly]:
    """The polynomials times one common product of powers of x, for the factors x of d, with x * 1/x = 1 (and x^n * (1/x)^n = 1)
    used.  If d != 0 then every factor x != 0, so a result vanishes only if the value of the polynomial does."""
    [(inverse, _)] = normal_form(mk("inv", None, (denominator,))).items()
    factors = [a for a, _ in inverse if a.op == "inv" or (a.op == "^" and a.kids[0].op == "inv")]
    need(bool(factors), "this denominator has no factor that can be cleared")
    powers = [a for p in polys for m in p for a, _ in m if a.op == "^" and a.kids[0] in factors]
    for a in dict.fromkeys(factors + powers):
        top = max((k for p in polys for m in p for b, k in m if b is a), default=0)
        values = [power(_inverse(atom(a)), k) for k in range(top + 1)]
        # p times x^top: in each monomial a^k x^top = x^(top - k), and values[k] = x^k
        polys = [
            reduce(add, (mul({_without(m, a): c}, values[top - dict(m).get(a, 0)]) for m, c in p.items()), {})
            for p in polys
        ]
    return polys


def _without(m: Monomial, a: Node) -> Monomial:
    return tuple((b, k) for b, k in m if b is not a)


# ---------------------------------------------------------------------------------------------------- rules
def conv(theory, premises, goal):
    """From phi: psi, when the atomic formulas of both have the same normal forms (a <= b is read as 0 <= b - a)."""
    [p] = premises
    need(canonical(p.concl) is canonical(goal), "conv: the normal forms differ")
    return theorem(p.hyps, goal)


def _difference(formula: Node) -> Poly:
    need(
        formula.op in ("=", "<=", "<") and fits(formula.kids[0].sort, "real"),
        "certificate: not an equation or inequality of numbers",
    )
    return add(normal_form(formula.kids[1]), normal_form(formula.kids[0]), Fraction(-1))


def certificate(theory, premises, goal, products, equations, denominators):
    """a = b, a <= b or a < b from the premises by an exact identity  b - a = sum of products + sum of multiples of equations.

    `products`: lists [c, [premise numbers], [terms]] standing for c * prod (right - left of the premise) * prod term^2, c >= 0
    rational; none for an equation; for `<` at least one has c > 0, only strict premises and no squares.
    `equations`: lists [multiplier, premise number], each adding multiplier * (right - left).
    `denominators`: numbers of premises 0 < d or d < 0 that allow d * 1/d = 1 in checking the identity.
    """

    def pick(i: str, ops: tuple[str, ...]) -> Node:
        formula = premises[int(i)].concl
        need(str(i).isdigit() and formula.op in ops, f"certificate: premise {i} is {formula.op}, expected {ops}")
        return formula

    need(goal.op != "=" or not products, "certificate: an equation needs equations only")
    gap, strict = _difference(goal), False
    for coefficient, numbers, terms in products:
        c, chosen = rational(coefficient), [pick(i, ("<=", "<")) for i in numbers]
        need(c >= 0, "certificate: a negative coefficient")
        piece = reduce(mul, [*map(_difference, chosen), *(power(normal_form(t), 2) for t in terms)], constant(c))
        strict = strict or (c > 0 and not terms and all(f.op == "<" for f in chosen))
        gap = add(gap, piece, Fraction(-1))
    for multiplier, i in equations:
        gap = add(gap, mul(normal_form(multiplier), _difference(pick(i, ("=",)))), Fraction(-1))
    for i in denominators:
        sides = pick(i, ("<",)).kids
        need(ZERO in sides, "certificate: a denominator needs 0 < d or d < 0")
        [gap] = cleared([gap], sides[sides[0] is ZERO])
    need(not gap, "certificate: the identity does not hold")
    need(goal.op != "<" or strict, "certificate: no strictly positive term")
    return theorem(set().union(*(p.hyps for p in premises)), goal)


def contradiction(theory, premises, goal):
    """Anything from a false statement about constants such as 0 <= -1 or 0 < 0."""
    [p] = premises
    gap, op = reify(_difference(p.concl)), p.concl.op
    need(
        gap.op == "q" and {"<=": gap.data < 0, "<": gap.data <= 0, "=": gap.data != 0}[op],
        "contradiction: the premise is true, or it is not about constants",
    )
    return theorem(p.hyps, goal)


def derivative(term: Node, x: Node, side: set[Node]) -> Node:
    """d term / dx, for x in a set on which the terms put into `side` are positive."""
    if x.symbol() not in term.free:
        return ZERO
    if term is x:
        return ONE
    kids, d = term.kids, [derivative(k, x, side) for k in term.kids if k.sort in ("real", "nat")]
    if term.op == "+":
        return kernel.plus(*d)
    if term.op == "*":
        return kernel.plus(*(kernel.times(*kids[:i], d[i], *kids[i + 1 :]) for i in range(len(kids))))
    if term.op == "^" and x.symbol() not in kids[1].free and normal_form(kids[1]).get(UNIT, 0) >= 1:
        lower = reify(add(normal_form(kids[1]), constant(-1)))
        return kernel.times(kids[1], mk("^", None, (kids[0], lower)), d[0])
    if term.op == "f" and term.data[0] == "exp":
        return kernel.times(d[0], term)
    if term.op == "inv" or (term.op == "f" and term.data[0] in ("log", "sqrt")):
        side.add(kids[0])
        if term.op == "inv":
            return kernel.times(num(-1), mk("^", None, (term, num(2))), d[0])
        return kernel.times(d[0], mk("inv", None, (kids[0] if term.data[0] == "log" else kernel.times(num(2), term),)))
    raise kernel.ProofError("derivative: this term is not differentiated by the kernel")


def increasing(theory, premises, x, term, lower, *upper):
    """Monotonicity from the derivative.  From forall x. lower <= x [=> x <= upper] => 0 <= term'  and, for each denominator and
    each argument u of log and sqrt in `term`, forall x. lower <= x [=> x <= upper] => 0 < u:
    forall x. lower <= x [=> x <= upper] => term(lower) <= term(x)."""
    need(
        kernel.is_var(x)
        and x.sort == "real"
        and all(x.symbol() not in b.free for b in (lower, *upper))
        and len(upper) <= 1,
        "increasing: x must be a real variable that is not in the end points",
    )

    def on_interval(formula: Node) -> Node:
        for b in upper:
            formula = kernel.implies(kernel.le(x, b), formula)
        return kernel.forall([x], kernel.implies(kernel.le(lower, x), formula))

    side: set[Node] = set()
    slope = derivative(term, x, side)
    shown = {canonical(p.concl) for p in premises}
    need(
        canonical(on_interval(kernel.le(ZERO, slope))) in shown, "increasing: 0 <= derivative is not among the premises"
    )
    need(
        all(canonical(on_interval(kernel.lt(ZERO, u))) in shown for u in side),
        "increasing: a positivity premise is missing",
    )
    return theorem(
        set().union(*(p.hyps for p in premises)), on_interval(kernel.le(kernel.replace(term, {x: lower}), term))
    )


kernel.RULES |= {f.__name__: f for f in (conv, certificate, contradiction, increasing)}
