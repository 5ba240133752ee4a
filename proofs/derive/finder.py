"""sympy finds certificates; the kernel checks them.

`find(goal, premises, denominators)` gets formulas of the kernel and returns the data of its rule `certificate`: right - left of the goal as
a sum of products of premises and squares, plus multiples of equations.  The work is polynomial algebra over the kernel's atoms:

    equations           division of the goal by them (`reduced`), in a few orders
    products            factors of what is left (`factor_list`): premises, products of premises, sums of known signs
    squares             a quadratic form by LDL^T
    one premise         subtracted, or multiplied by the cofactor that division gives
    fractions           a linear combination of the premises as they are, tried first where there are denominators
    linear programme    (`proofs.derive.programme`)
    elimination         the equations solved for one atom each, then the same search without them (`proofs.derive.elimination`)

Nothing here is a verdict.  A call stops at its time limit with NotFound; what was found for a goal and its premises is kept in `CACHE`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from fractions import Fraction

import sympy as sp

from proofs.derive.cache import CACHE
from proofs.derive.elimination import Elimination
from proofs.derive.polynomials import Certificate, Fractions, NotFound, Product, Ring, gap, inverse_pairs, rational
from proofs.derive.programme import search
from proofs.kernel import ZERO, Node, ProofError, mk
from proofs.kernel.arithmetic import normal_form

SECONDS = 10.0
"""The time limit of one call, of the processor: a busy machine finds the same certificates."""


def find(
    goal: Node,
    premises: Sequence[Node],
    denominators: Sequence[Node] = (),
    *,
    deep: bool = True,
    seconds: float = SECONDS,
) -> Certificate:
    """([(c, premise numbers, squared terms)], [(multiplier, premise number)]).  `deep`: with linear programmes.  Raises NotFound."""
    known = CACHE.get(goal, premises, denominators)
    if known is not None:
        return known
    polys = [*map(gap, premises), gap(goal)]
    pairs = inverse_pairs(denominators, polys)
    inverses: list[dict[tuple, Fraction]] = [{((a, 1),): Fraction(1)} for a in pairs]
    ring = Ring([*polys, *map(normal_form, pairs.values()), *inverses])
    try:
        if not (deep and pairs):
            raise NotFound
        found = _combination(goal, premises, denominators)
    except NotFound:
        try:
            found = _between_numerators(ring, goal, premises, polys, pairs, deep, seconds)
        except NotFound as failure:
            try:
                found = _without_equations(ring, goal, premises, denominators, polys, pairs, deep, seconds)
            except NotFound:
                if deep and seconds >= SECONDS:
                    CACHE.refuse(goal, premises, denominators)
                raise failure from None
    CACHE.put(goal, premises, denominators, found)
    return found


def _between_numerators(
    ring: Ring, goal: Node, premises: Sequence[Node], polys: list, pairs: dict[Node, Node], deep: bool, seconds: float
) -> Certificate:
    """A certificate between numerators. A goal that was multiplied by a denominator is tried without that factor, then with it."""
    until = time.process_time() + seconds
    fractions = Fractions(ring, premises, polys, pairs)
    try:
        products, equations = _Search(ring, goal, premises, fractions, deep, until).run()
    except NotFound:
        if min(fractions.top, default=0) >= 0:
            raise
        fractions = Fractions(ring, premises, polys, pairs, stripped=False)
        products, equations = _Search(ring, goal, premises, fractions, deep, until).run()
    return [fractions.product(*x) for x in products], [fractions.equation(*x) for x in equations]


def _combination(goal: Node, premises: Sequence[Node], denominators: Sequence[Node]) -> Certificate:
    """A linear combination of the premises as they are, fractions and all."""
    try:
        out = search(goal, premises, degree=1, denominators=denominators)
    except ProofError as error:
        raise NotFound(str(error)) from error
    return out.products, out.equations


def _without_equations(
    ring: Ring,
    goal: Node,
    premises: Sequence[Node],
    denominators: Sequence[Node],
    polys: list,
    pairs: dict[Node, Node],
    deep: bool,
    seconds: float,
) -> Certificate:
    """The equations are solved for one atom each; then a search for what is left of the goal from what is left of the premises."""
    *gaps, target = map(ring.to, polys)
    equations = {i: gaps[i] for i, f in enumerate(premises) if f.op == "=" and not gaps[i].is_zero}
    inverses = [(ring.place[a], ring.place[d]) for a, d in pairs.items() if d in ring.place]
    solved = Elimination(ring, equations, inverses)
    rest, parts = solved.reduce(target)
    products: list[tuple[Fraction, list[int], list[Node]]] = []
    if not rest.is_zero or goal.op == "<":
        if goal.op == "=" or not solved.solved:
            raise NotFound(f"{goal!r}")
        known = [i for i, f in enumerate(premises) if f.op in ("<", "<=")]
        shown = [mk(premises[i].op, None, (ZERO, ring.back(solved.reduce(gaps[i])[0]))) for i in known]
        dens = [shown[known.index(premises.index(f))] for f in denominators]
        if any(f.kids[1] is not ring.back(gaps[premises.index(g)]) for f, g in zip(dens, denominators, strict=True)):
            raise NotFound(f"{goal!r}")
        found, _ = find(mk(goal.op, None, (ZERO, ring.back(rest))), shown, dens, deep=deep, seconds=seconds)
        products = [(c, [known[i] for i in ns], ts) for c, ns, ts in found]
        for c, numbers, terms in products:
            piece = ring.poly(sp.Rational(c.numerator, c.denominator))
            for factor in (*(gaps[i] for i in numbers), *(ring.to(normal_form(t)) for t in (*terms, *terms))):
                piece = piece * factor
            target = target - piece
        rest, parts = solved.reduce(target)
    return products, [(ring.back(m), i) for i, m in sorted(parts.items()) if not m.is_zero]


def _monic(p: sp.Poly) -> tuple[sp.Poly, sp.Rational]:
    c = p.LC()
    return (p.quo_ground(c) if c != 1 else p), c


class _Search:
    """One search, on numerators."""

    def __init__(
        self, ring: Ring, goal: Node, premises: Sequence[Node], fractions: Fractions, deep: bool, until: float
    ):
        self.ring, self.goal, self.premises, self.until, self.deep = ring, goal, premises, until, deep
        self.gaps, self.target = fractions.gaps, fractions.target
        self.strict = goal.op == "<"
        self.equations = [i for i, f in enumerate(premises) if f.op == "=" and not self.gaps[i].is_zero]
        self.known = {i: self.gaps[i] for i, f in enumerate(premises) if f.op in ("<", "<=")}

    def run(self) -> tuple[list[Product], list[tuple[Node, int]]]:
        tried = set()
        ring = self.ring
        for kind, gens in itertools.product(("grlex", "lex"), (ring.gens, ring.gens[::-1])):
            for order in itertools.islice(itertools.permutations(self.equations), 4):
                self._in_time()
                rest, multipliers = self._divided(order, kind, gens)
                if rest in tried:
                    continue
                tried.add(rest)
                if self.goal.op == "=":
                    if rest.is_zero:
                        return [], multipliers
                    continue
                try:
                    return self.positive(rest, self.known, self.strict, self.deep), multipliers
                except NotFound:
                    continue
        if self.equations and self.known and self.goal.op != "=":
            try:
                return self._on_reduced_premises()
            except NotFound:
                pass
        if self.deep:
            return self._whole()
        raise NotFound(f"{self.goal!r}")

    def _on_reduced_premises(self) -> tuple[list[Product], list[tuple[Node, int]]]:
        """The premises modulo the equations too; what was taken off them comes back as multiples of the equations."""
        basis = [self.gaps[i] for i in self.equations]
        zero = [self.ring.poly(0)] * len(basis)  # `reduced` gives no quotients of a zero polynomial
        reduced, parts = {}, {}
        for i, g in self.known.items():
            quotients, rest = sp.reduced(g, basis, *self.ring.gens, order="grlex", polys=True)
            reduced[i], parts[i] = self.ring.poly(rest), [self.ring.poly(q) for q in quotients] or zero
        quotients, rest = sp.reduced(self.target, basis, *self.ring.gens, order="grlex", polys=True)
        multipliers = [self.ring.poly(q) for q in quotients] or zero
        products = self.positive(self.ring.poly(rest), reduced, self.strict, self.deep)
        for (
            c,
            numbers,
            terms,
        ) in products:  # g'_1 ... g'_k = g_1 ... g_k - sum_j g_1 ... g_(j-1) (g_j - g'_j) g'_(j+1) ... g'_k
            for j, i in enumerate(numbers):
                others = [self.known[b] for b in numbers[:j]] + [reduced[b] for b in numbers[j + 1 :]]
                factor = self.ring.poly(sp.Rational(c.numerator, c.denominator))
                for other in (*others, *terms, *terms):
                    factor = factor * other
                multipliers = [m - factor * q for m, q in zip(multipliers, parts[i], strict=True)]
        back = self.ring.back
        return products, [(back(m), i) for m, i in zip(multipliers, self.equations, strict=True) if not m.is_zero]

    def _in_time(self) -> None:
        if time.process_time() > self.until:
            raise NotFound(f"{self.goal!r}: no certificate within the time limit")

    def _divided(self, order, kind, gens) -> tuple[sp.Poly, list[tuple[Node, int]]]:
        """The target modulo the equations, and their multipliers."""
        if not order:
            return self.target, []
        quotients, rest = sp.reduced(self.target, [self.gaps[i] for i in order], *gens, order=kind, polys=True)
        found = [(self.ring.poly(q), i) for q, i in zip(quotients, order, strict=False)]  # none for a zero target
        return self.ring.poly(rest), [(self.ring.back(q), i) for q, i in found if not q.is_zero]

    def _strictly(self, out: list[Product], strict: bool) -> list[Product]:
        """`out`, if it shows the sign that is asked for."""
        if strict and not any(c > 0 and not ts and all(self.premises[j].op == "<" for j in ns) for c, ns, ts in out):
            raise NotFound
        return out

    # ------------------------------------------------------------------------------------------------ p >= 0
    def positive(self, p: sp.Poly, known: dict[int, sp.Poly], strict: bool, deep: bool) -> list[Product]:
        """p as a sum of products.  Raises NotFound."""
        self._in_time()
        if p.is_zero:
            return self._programme(p, known, True) if strict else []
        if p.is_ground:
            if p.LC() < 0:
                raise NotFound
            return [(rational(p.LC()), [], [])]
        for attempt in (self._product, self._subtracted, self._cofactor):
            try:
                return self._strictly(attempt(p, known, deep), strict)
            except NotFound:
                continue
        if not deep:
            raise NotFound
        return self._programme(p, known, strict)

    def _product(self, p: sp.Poly, known: dict[int, sp.Poly], deep: bool) -> list[Product]:
        """p by its factors: even powers are squares, odd ones are premises, products of premises, or positive sums."""
        sign, factors = p.factor_list()
        square, odd = self.ring.poly(1), []
        for f, k in factors:
            square = square * f ** (k // 2)
            if k % 2:
                odd.append(f)
        monic: dict[sp.Poly, tuple[int, sp.Rational]] = {}
        for i, g in known.items():
            if not g.is_zero and not g.is_ground:
                m, lead = _monic(g)
                monic.setdefault(m, (i, lead))
        pieces: list[list[Product]] = []
        for size in range(len(odd), 0, -1):  # a premise may be a product of several factors
            for chosen in itertools.combinations(odd, size):
                if all(f in odd for f in chosen):
                    m, lead = _monic(self.ring.poly(sp.prod([f.as_expr() for f in chosen])))
                    if m in monic:
                        i, scale = monic[m]
                        sign = sign * lead / scale
                        pieces.append([(Fraction(1), [i], [])])
                        odd = [f for f in odd if f not in chosen]
        for f in odd:
            for s in (1, -1):
                try:
                    pieces.append(self._sum(f * s, known, deep))
                    sign = sign * s
                    break
                except NotFound:
                    continue
            else:
                raise NotFound
        if sign < 0:
            raise NotFound
        out: list[Product] = [(rational(sign), [], [] if square.is_one else [square])]
        for piece in pieces:
            out = [(c * d, ns + ms, ts + us) for c, ns, ts in out for d, ms, us in piece]
            if len(out) > 60:
                raise NotFound
        return out

    def _sum(self, f: sp.Poly, known: dict[int, sp.Poly], deep: bool) -> list[Product]:
        """A factor whose monomials are products of known quantities with positive coefficients; a sum of squares; a linear programme."""
        single: dict[int, tuple[int, sp.Rational]] = {}
        for i, g in known.items():
            if len(g.terms()) == 1 and not g.is_ground and g.LC() > 0 and sum(g.monoms()[0]) == 1:
                single.setdefault(g.monoms()[0].index(1), (i, g.LC()))
        out: list[Product] = []
        for e, c in f.terms():
            if c < 0 or any(k % 2 and j not in single for j, k in enumerate(e)):
                break
            odd = [single[j] for j, k in enumerate(e) if k % 2]
            square = self.ring.poly(sp.prod([self.ring.gens[j] ** (k // 2) for j, k in enumerate(e)]))
            scale = sp.prod([lead for _, lead in odd])
            out.append((rational(c / scale), [i for i, _ in odd], [] if square.is_one else [square]))
        else:
            return out
        squares = self._squares(f)
        if squares is not None:
            return squares
        if not deep:
            raise NotFound
        return self._programme(f, known, False)

    def _squares(self, f: sp.Poly) -> list[Product] | None:
        """A quadratic form as a sum of squares, by LDL^T of its Gram matrix; None when it is not one."""
        if f.total_degree() != 2 or len(f.terms()) > 15:
            return None
        used = [i for i, g in enumerate(self.ring.gens) if f.degree(g) > 0]
        basis = sp.Matrix([sp.Integer(1), *(self.ring.gens[i] for i in used)])
        rest = sp.zeros(len(basis), len(basis))
        for e, c in f.terms():
            places = [1 + used.index(i) for i, k in enumerate(e) for _ in range(k)]
            i, j = [0] * (2 - len(places)) + places
            rest[i, j] += c / 2
            rest[j, i] += c / 2
        out: list[Product] = []
        for i in reversed(range(len(basis))):
            pivot = rest[i, i]
            if pivot < 0 or (pivot == 0 and any(rest[i, :])):
                return None
            if pivot:
                row = rest[i, :] / pivot
                out.append((rational(pivot), [], [self.ring.poly((row * basis)[0])] if i else []))  # i = 0: a constant
                rest = rest - pivot * row.T * row
        return out

    def _subtracted(self, p: sp.Poly, known: dict[int, sp.Poly], deep: bool) -> list[Product]:
        """A premise that alone has a term of p, with its sign, is subtracted."""
        for e, c in p.terms():
            if not sum(e):
                continue
            monomial = sp.prod([x**k for x, k in zip(self.ring.gens, e, strict=True)])
            having = [(i, g) for i, g in known.items() if g.coeff_monomial(monomial) * c > 0]
            if len(having) != 1:
                continue
            [(i, g)] = having
            ratio = c / g.coeff_monomial(monomial)
            rest = p - g * ratio
            if len(rest.terms()) < len(p.terms()) + len(g.terms()) - 2:
                others = {j: k for j, k in known.items() if j != i}
                try:
                    return [(rational(ratio), [i], []), *self.positive(rest, others, False, False)]
                except NotFound:
                    continue
        raise NotFound

    def _cofactor(self, p: sp.Poly, known: dict[int, sp.Poly], deep: bool) -> list[Product]:
        """One premise times the cofactor that division gives, then the rest."""
        for i, g in known.items():
            for gens in (self.ring.gens, self.ring.gens[::-1]) if not g.is_ground else ():
                [quotient], rest = sp.reduced(p, [g], *gens, order="grlex", polys=True)
                q, r = self.ring.poly(quotient), self.ring.poly(rest)
                if q.is_zero or (not r.is_zero and len(r.terms()) >= len(p.terms())):
                    continue
                try:
                    first = [(c, [i, *ns], ts) for c, ns, ts in self._product(q, known, False)]
                    return first + self.positive(r, known, False, False)
                except NotFound:
                    continue
        raise NotFound

    # ------------------------------------------------------------------------------------------------ linear programmes
    def _programme(self, p: sp.Poly, known: dict[int, sp.Poly], strict: bool) -> list[Product]:
        """Products of at most three of the premises."""
        goal, numbers = mk("<" if strict else "<=", None, (ZERO, self.ring.back(p))), list(known)
        if len(numbers) > 8:
            raise NotFound
        formulas = [mk(self.premises[i].op, None, (ZERO, self.ring.back(known[i]))) for i in numbers]
        for degree in (1, 2, 3) if len(numbers) <= 5 else (1, 2):
            self._in_time()
            try:
                found = search(goal, formulas, degree=degree, multipliers=[])
            except ProofError:
                continue
            return [
                (c, [numbers[i] for i in ns], [self.ring.to(normal_form(t)) for t in ts])
                for c, ns, ts in found.products
            ]
        raise NotFound

    def _whole(self) -> tuple[list[Product], list[tuple[Node, int]]]:
        """The linear programme on everything, equations included."""
        back = self.ring.back
        formulas = [mk(f.op, None, (ZERO, back(g))) for f, g in zip(self.premises, self.gaps, strict=True)]
        goal = mk(self.goal.op, None, (ZERO, back(self.target)))
        size = sum(len(g.terms()) for g in self.gaps) + len(self.target.terms())
        for degree in (1, 2) if size < 150 else (1,):
            self._in_time()
            try:
                found = search(goal, formulas, degree=degree)
            except ProofError:
                continue
            products: list[Product] = [
                (c, ns, [self.ring.to(normal_form(t)) for t in ts]) for c, ns, ts in found.products
            ]
            return products, found.equations
        raise NotFound(f"{self.goal!r}")
