"""TRUSTED. Exact arithmetic: the normal form of a term, and the rules that rest on it.

A term is brought to a polynomial with rational coefficients over atoms.  Built in: commutative
ring laws, linearity of E, S, I and sum (factors free of the bound variable come out,
E[1] = I[1] = 1), `sum` and `prod` at 0 and n+1, x^(m+n) = x^m x^n, (x y)^n = x^n y^n,
(x^m)^n = x^(mn), 1/(xy) = 1/x 1/y and 1/(1/x) = x (true also at 0, since 1/0 = 0 and 0^0 = 1).
x * 1/x is never simplified by itself: a denominator is cleared only with a theorem 0 < d or
d < 0.  Two terms with one normal form are equal for all values; the converse is not claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, reduce

from proofs.kernel.substitution import forall, open_body, replace, shift
from proofs.kernel.terms import (
    NUMBERS,
    ONE,
    ZERO,
    Application,
    Binder,
    Constant,
    Index,
    Integral,
    Node,
    Number,
    ProofError,
    Repetition,
    fits,
    implies,
    is_var,
    le,
    lt,
    mk,
    need,
    num,
    plus,
    rational,
    times,
)
from proofs.kernel.theorems import Premises, Theorem, Theory, hypotheses, rule, theorem

Monomial = tuple[tuple[Node, int], ...]  # (atom, exponent >= 1), by the atoms' serial numbers
Poly = dict[Monomial, Fraction]
UNIT: Monomial = ()
LIMIT = 1000  # the largest constant that a power, a sum or a product is expanded for


def constant(value: Number) -> Poly:
    return {UNIT: Fraction(value)} if value else {}


def atom(node: Node) -> Poly:
    return {((node, 1),): Fraction(1)}


def add(p: Poly, q: Poly, factor: Fraction = Fraction(1)) -> Poly:
    return {m: c for m in p | q if (c := p.get(m, 0) + factor * q.get(m, 0))}


def merged(m: Monomial, n: Monomial) -> Monomial:
    """The product of two monomials."""
    p, q = dict(m), dict(n)
    powers = ((a, p.get(a, 0) + q.get(a, 0)) for a in p | q)
    return tuple(sorted(powers, key=lambda item: item[0].serial))


def mul(p: Poly, q: Poly) -> Poly:
    out: Poly = {}
    for m, c in p.items():
        for n, d in q.items():
            mn = merged(m, n)
            out[mn] = out.get(mn, 0) + c * d
    return {m: c for m, c in out.items() if c}


def power(p: Poly, k: int) -> Poly:
    need(k <= LIMIT, "an exponent is too large to be expanded")
    return reduce(mul, [p] * k, constant(1))


def _place(item: tuple[Monomial, Fraction]) -> list[tuple[int, int]]:
    """Where a term stands in a written polynomial."""
    return [(a.serial, k) for a, k in item[0]]


def reify(p: Poly) -> Node:
    """A canonical term with this normal form."""

    def monomial(m: Monomial, c: Fraction) -> Node:
        parts = [a if k == 1 else mk("^", None, (a, num(k))) for a, k in m]
        if c != 1 or not m:
            parts.insert(0, num(c))
        return parts[0] if len(parts) == 1 else times(*parts)

    terms = [monomial(m, c) for m, c in sorted(p.items(), key=_place)]
    if not terms:
        return ZERO
    return terms[0] if len(terms) == 1 else plus(*terms)


def canonical(node: Node) -> Node:
    """The same term, formula or argument with every numeric part in normal form;
    a - b = 0 for a = b."""
    if node.sort in NUMBERS:
        return reify(normal_form(node))
    if node.op in ("<=", "<", "=") and fits(node.kids[0].sort, "real"):
        return mk(node.op, None, (ZERO, reify(_difference(node))))
    return node.remade(tuple(map(canonical, node.kids)))


@cache
def normal_form(node: Node) -> Poly:
    match node:
        case Constant():
            return constant(node.value)
        case Index() | Application():
            return atom(node.remade(tuple(map(canonical, node.kids))))
        case Repetition():
            return _unfolded(node)
        case Integral():
            return _linear(node.remade((*map(canonical, node.heads), node.body)))
    match node.op:
        case "+":
            return reduce(add, map(normal_form, node.kids))
        case "*":
            return reduce(mul, map(normal_form, node.kids))
        case "inv":
            return _inverse(normal_form(node.kids[0]))
        case "^":
            return _power(normal_form(node.kids[0]), normal_form(node.kids[1]))
    raise ProofError(f"{node.op} is not a term")


def _loose(node: Node) -> bool:
    """Does the bound variable with index 0 occur?"""
    return any(i == 0 for i, _ in node.dangling)


def _linear(node: Node) -> Poly:
    """Linearity: B(y. sum c u(y) w) = sum c B(y. u(y)) w."""
    assert isinstance(node, Binder)
    out: Poly = {}
    for m, c in normal_form(node.body).items():
        inner = tuple((a, k) for a, k in m if _loose(a))
        if inner or node.op == "S":
            term = atom(node.remade((*node.heads, reify({inner: Fraction(1)}))))
        else:  # the mass of the measure: n for a sum over k < n, 1 for E and I
            term = normal_form(node.heads[0]) if node.op == "sum" else constant(1)
        for a, k in m:
            if not _loose(a):
                term = mul(term, power(normal_form(shift(a, -1)), k))
        out = add(out, term, c)
    return out


def _unfolded(node: Repetition) -> Poly:
    """sum and prod over k < n + j, for a natural constant j: the part over k < n, and the terms
    n, ..., n + j - 1."""
    n = normal_form(node.heads[0])
    rest = {m: c for m, c in n.items() if m}
    need(n.get(UNIT, 0) <= LIMIT, "a count is too large to be expanded")
    last = [
        normal_form(open_body(node, reify(add(rest, constant(j)))))
        for j in range(int(n.get(UNIT, 0)))
    ]
    if node.op == "prod":
        return reduce(mul, last, _product(rest, node.body) if rest else constant(1))
    return reduce(add, last, _linear(node.remade((reify(rest), node.body))) if rest else {})


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
        if _loose(a):
            each = atom(mk("prod", None, (reify(n), a)))
        else:
            each = _power(normal_form(shift(a, -1)), n)
        out = mul(out, power(each, k))
    return out


def _inverse(p: Poly) -> Poly:
    """1/p: of a monomial factor by factor; a sum is divided by its first coefficient."""
    if len(p) > 1:
        _, lead = min(p.items(), key=_place)
        monic = {m: c / lead for m, c in p.items()}
        return mul(constant(1 / lead), atom(mk("inv", None, (reify(monic),))))
    out: Poly = {}
    for m, c in p.items():
        out = constant(1 / c)
        for a, k in m:
            out = mul(out, power(_inverse_atom(a), k))
    return out


def _inverse_atom(a: Node) -> Poly:
    if a.op == "inv":
        return normal_form(a.kids[0])
    if a.op == "^":
        return _power(_inverse(normal_form(a.kids[0])), normal_form(a.kids[1]))
    return atom(mk("inv", None, (a,)))


def _power(base: Poly, exponent: Poly) -> Poly:
    """base^(c_0 + sum_i c_i e_i) = base^c_0 * prod_i (base^{e_i})^{c_i} for monomials e_i in
    natural atoms, c_i naturals."""
    natural = all(c.denominator == 1 and c > 0 for c in exponent.values())
    need(natural, "an exponent is not a natural number")
    out = constant(1)
    for e, c in exponent.items():
        piece = base if e == UNIT else _symbolic_power(base, e)
        out = mul(out, power(piece, int(c)))
    return out


def _symbolic_power(base: Poly, e: Monomial) -> Poly:
    """base^e, of a monomial factor by factor: (q u v^j)^e = q^e u^e v^(j e)."""
    exponent = reify({e: Fraction(1)})
    if len(base) != 1:
        return atom(mk("^", None, (reify(base), exponent)))
    [(m, q)] = base.items()
    piece = constant(1) if q == 1 else atom(mk("^", None, (num(q), exponent)))
    for a, k in m:
        body, inner = a.kids if a.op == "^" else (a, ONE)
        [(i, _)] = normal_form(inner).items()
        raised = mk("^", None, (body, reify({merged(i, e): Fraction(1)})))
        piece = mul(piece, power(atom(raised), k))
    return piece


def cleared(polys: list[Poly], denominator: Node) -> list[Poly]:
    """The polynomials times one common product of powers of x, for the factors x of d, with
    x * 1/x = 1 (and x^n * (1/x)^n = 1) used.  If d != 0 then every factor x != 0, so a result
    vanishes only if the value of the polynomial does."""

    def inverted(a: Node) -> bool:
        return a.op == "inv" or (a.op == "^" and a.kids[0].op == "inv")

    [(inverse, _)] = normal_form(mk("inv", None, (denominator,))).items()
    factors = [a for a, _ in inverse if inverted(a)]
    need(bool(factors), "this denominator has no factor that can be cleared")
    atoms = [a for p in polys for m in p for a, _ in m]
    powers = [a for a in atoms if a.op == "^" and a.kids[0] in factors]
    for a in dict.fromkeys(factors + powers):
        polys = _times_power(polys, a)
    return polys


def _times_power(polys: list[Poly], a: Node) -> list[Poly]:
    """The polynomials times x^top, for the atom a = 1/x and its highest power a^top in them:
    in each monomial a^k x^top = x^(top - k)."""
    top = max((k for p in polys for m in p for b, k in m if b is a), default=0)
    x = [power(_inverse(atom(a)), k) for k in range(top + 1)]

    def without(m: Monomial) -> Monomial:
        return tuple((b, k) for b, k in m if b is not a)

    def freed(p: Poly) -> Poly:
        pieces = (mul({without(m): c}, x[top - dict(m).get(a, 0)]) for m, c in p.items())
        return reduce(add, pieces, {})

    return [freed(p) for p in polys]


# ------------------------------------------------------------------------------------- rules
@rule
def conv(theory: Theory, premises: Premises, goal: Node) -> Theorem:
    """From phi: psi, when the atomic formulas of both have the same normal forms (a <= b is read
    as 0 <= b - a)."""
    [p] = premises
    need(canonical(p.concl) is canonical(goal), "conv: the normal forms differ")
    return theorem(p.hyps, goal)


def _difference(formula: Node) -> Poly:
    """Right side minus left side."""
    numeric = formula.op in ("=", "<=", "<") and fits(formula.kids[0].sort, "real")
    need(numeric, "certificate: not an equation or inequality of numbers")
    left, right = formula.kids
    return add(normal_form(right), normal_form(left), Fraction(-1))


Product = tuple[str, Sequence[str], Sequence[Node]]
Multiple = tuple[Node, str]


@rule
def certificate(
    theory: Theory,
    premises: Premises,
    goal: Node,
    products: Sequence[Product],
    equations: Sequence[Multiple],
    denominators: Sequence[str],
) -> Theorem:
    """a = b, a <= b or a < b from the premises by an exact identity
    b - a = sum of products + sum of multiples of equations.

    `products`: lists [c, [premise numbers], [terms]] standing for
    c * prod (right - left of the premise) * prod term^2, c >= 0 rational; none for an equation;
    for `<` at least one has c > 0, only strict premises and no squares.
    `equations`: lists [multiplier, premise number], each adding multiplier * (right - left).
    `denominators`: numbers of premises 0 < d or d < 0 that allow d * 1/d = 1 in checking the
    identity.
    """

    def pick(i: str, *ops: str) -> Node:
        formula = premises[int(i)].concl
        fitting = str(i).isdigit() and formula.op in ops
        need(fitting, f"certificate: premise {i} is {formula.op}, expected {ops}")
        return formula

    need(goal.op != "=" or not products, "certificate: an equation needs equations only")
    gap, strict = _difference(goal), False
    for coefficient, numbers, terms in products:
        c, chosen = rational(coefficient), [pick(i, "<=", "<") for i in numbers]
        need(c >= 0, "certificate: a negative coefficient")
        squares = [power(normal_form(t), 2) for t in terms]
        piece = reduce(mul, [*map(_difference, chosen), *squares], constant(c))
        strict = strict or (c > 0 and not terms and all(f.op == "<" for f in chosen))
        gap = add(gap, piece, Fraction(-1))
    for multiplier, i in equations:
        piece = mul(normal_form(multiplier), _difference(pick(i, "=")))
        gap = add(gap, piece, Fraction(-1))
    for i in denominators:
        low, high = pick(i, "<").kids
        need(low is ZERO or high is ZERO, "certificate: a denominator needs 0 < d or d < 0")
        [gap] = cleared([gap], high if low is ZERO else low)
    need(not gap, "certificate: the identity does not hold")
    need(goal.op != "<" or strict, "certificate: no strictly positive term")
    return theorem(hypotheses(premises), goal)


@rule
def contradiction(theory: Theory, premises: Premises, goal: Node) -> Theorem:
    """Anything from a false statement about constants such as 0 <= -1 or 0 < 0."""
    [p] = premises
    gap = reify(_difference(p.concl))
    if not isinstance(gap, Constant):
        raise ProofError("contradiction: the premise is not about constants")
    false = {"<=": gap.value < 0, "<": gap.value <= 0, "=": gap.value != 0}
    need(false[p.concl.op], "contradiction: the premise is true")
    return theorem(p.hyps, goal)


# ----------------------------------------------------------------------------- monotonicity
def derivative(term: Node, x: Application, side: set[Node]) -> Node:
    """d term / dx, for x in a set on which the terms put into `side` are positive."""
    if x.symbol not in term.free:
        return ZERO
    if term is x:
        return ONE
    kids = term.kids
    slopes = [derivative(k, x, side) for k in kids if k.sort in NUMBERS]
    match term.op:
        case "+":
            return plus(*slopes)
        case "*":
            return plus(*(times(*kids[:i], d, *kids[i + 1 :]) for i, d in enumerate(slopes)))
        case "^":
            return _slope_of_power(term, x, slopes[0])
        case "inv":
            side.add(kids[0])
            return times(num(-1), mk("^", None, (term, num(2))), slopes[0])
    match term.symbol and term.symbol.name:
        case "exp":
            return times(slopes[0], term)
        case "log":
            side.add(kids[0])
            return times(slopes[0], mk("inv", None, (kids[0],)))
        case "sqrt":
            side.add(kids[0])
            return times(slopes[0], mk("inv", None, (times(num(2), term),)))
    raise ProofError("derivative: this term is not differentiated by the kernel")


def _slope_of_power(term: Node, x: Application, slope: Node) -> Node:
    """n u^(n-1) u' for u^n, where n >= 1 does not depend on x."""
    base, exponent = term.kids
    n = normal_form(exponent)
    fixed = x.symbol not in exponent.free and n.get(UNIT, 0) >= 1
    need(
        fixed,
        "derivative: a power is not differentiated by the kernel unless its exponent is at least 1",
    )
    lower = reify(add(n, constant(-1)))
    return times(exponent, mk("^", None, (base, lower)), slope)


@rule
def increasing(
    theory: Theory, premises: Premises, x: Node, term: Node, lower: Node, *upper: Node
) -> Theorem:
    """Monotonicity from the derivative.  From
      forall x. lower <= x [=> x <= upper] => 0 <= term'
    and, for each denominator and each argument u of log and sqrt in `term`,
      forall x. lower <= x [=> x <= upper] => 0 < u:
    forall x. lower <= x [=> x <= upper] => term(lower) <= term(x)."""
    if not is_var(x):
        raise ProofError("increasing: not a variable")
    apart = all(x.symbol not in b.free for b in (lower, *upper))
    need(
        x.sort == "real" and apart and len(upper) <= 1,
        "increasing: x must be a real variable that is not in the end points",
    )

    def on_interval(formula: Node) -> Node:
        for b in upper:
            formula = implies(le(x, b), formula)
        return forall([x], implies(le(lower, x), formula))

    side: set[Node] = set()
    slope = derivative(term, x, side)
    shown = {canonical(p.concl) for p in premises}
    rising = canonical(on_interval(le(ZERO, slope)))
    need(rising in shown, "increasing: 0 <= derivative is not among the premises")
    positive = all(canonical(on_interval(lt(ZERO, u))) in shown for u in side)
    need(positive, "increasing: a positivity premise is missing")
    low = replace(term, {x: lower})
    return theorem(hypotheses(premises), on_interval(le(low, term)))
