"""Derivations in sympy: a line is a sympy relation; sympy finds why it holds; the kernel checks it at once.

    d.given(0 < a, ...)              hypotheses; assumptions of a symbol (positive=True) become hypotheses when they are used
    d.use("S0.variance", {b: q*a})   an earlier theorem at these values (functions and measures too)
    d.prove(lhs <= rhs, *lines)      a certificate found by `proofs.derive.finder` from the lines, the context and the signs of what occurs
    d.maximum(f, a)                  f <= f(a*), the maximiser a* found by `diff` and `solve`
    d.grows(f, x, 0)                 f(0) <= f(x) for x >= 0 from f' >= 0, its sign by `factor`
    d.expect(law, y, line)           expectations of both sides
    with d.suppose(...) as here      a hypothesis for a while; `here.then(line, x)` discharges it
    with d.surely(law, y, z, ...)    the same where z = 0, almost surely;  `here.average(line)`: expectations of both sides
    with d.below(i, n) as here       the same for i < n;  `here.sum(line)`: the sums of both sides
    d.nat_step(line)                 m + 1 <= n from m < n between naturals
    with d.nat_split(line, rest)     n = m + rest from m <= n;  `here.close(line)`
    d.iid_sum, d.iid_pair, d.iid_swap   expectations over clouds of independent draws;  d.define_law: a new probability
    d.replace(equation, shape)       equals for equals, also under binders
    d.cases(a, b, low, high), d.induct(n, claim, base, step)
    d.contradiction(a <= b, *lines)  because b < a gives 0 < 0
    d.calc(a, ("<=", b, *why), ("=", c, *why))   a chain;   d.chain(line, line)

A derivation is registered by `statement("ID", ...)` over `in_sympy("ID")` and built by `python -m proofs.derive.author` like every other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any

import sympy as sp

from proofs.derive.lines import Below, Line, Split, Supposition, Surely, two_ways
from proofs.derive.polynomials import NotFound
from proofs.derive.proof import Fact, Proof
from proofs.derive.prover import Prover
from proofs.derive.stored import laws
from proofs.derive.unproved import Unproved
from proofs.kernel import Application, Node, ProofError, equal, le, lt, mk
from proofs.kernel.arithmetic import canonical, derivative
from proofs.kernel.rules import AXIOMS
from proofs.language.bridge import to_kernel, to_sympy
from proofs.language.expressions import Expect, Law, Log, function, relation, symbol
from proofs.language.terms import ZERO, Head, Symbol


class Derivation:
    """A proof in progress.  sealed: the claim it must end with; hypotheses and the end are written as there, up to normal form, and so are
    the laws that it defines."""

    def __init__(self, proof: Proof, sealed: Any = None):
        self.proof, self.sealed, self.prover = proof, sealed, Prover(proof)
        self.laws = {canonical(right): right for right in laws(proof.name)} if sealed else {}

    def line(self, fact: Fact) -> Line:
        return Line(self, fact)

    # ------------------------------------------------------------------------------------------------ hypotheses, earlier theorems
    def _literal(self, phi: Node) -> Node:
        """The sealed hypothesis with the normal form of phi, else phi."""
        among = self.sealed.hyps if self.sealed else ()
        return next((h for h in among if canonical(h) is canonical(phi)), phi)

    def given(self, *formulas: Any) -> Any:
        """Hypotheses; one line, or a list of several."""
        out = []
        for formula in formulas:
            phi = to_kernel(formula)
            fact = self.prover.conv(self.proof.assume(self._literal(phi)), phi)
            self.prover.context.append(fact)
            out.append(Line(self, fact))
        return out[0] if len(out) == 1 else out

    def know(self, line: Line) -> Line:
        """Use this line as a premise from here on."""
        self.prover.context.append(line.fact)
        return line

    def setting(self, hypotheses: Callable[[Proof], Mapping[str, Fact]] | Mapping[str, Any]) -> dict[str, Line]:
        """Named hypotheses, of the model or formulas by name; they are known from here on."""
        if isinstance(hypotheses, Mapping):
            facts = {name: self._named(name, to_kernel(formula)) for name, formula in hypotheses.items()}
        else:
            facts = dict(hypotheses(self.proof))
        return {name: self.know(Line(self, fact)) for name, fact in facts.items()}

    def _named(self, name: str, phi: Node) -> Fact:
        return self.prover.conv(self.proof.assume(self._literal(phi), note=name), phi)

    def use(self, name: str, at: Mapping[Any, Any] | None = None, sorts: Mapping[str, str] | None = None) -> Line:
        """An earlier theorem at these values of its free symbols and laws, on other sets (`sorts`: {"Y": "Edge"}); hypotheses that are
        known here, in whatever form, are discharged."""
        fact = self.proof.use(name)
        for old, new in (sorts or {}).items():
            fact = fact.rename_sort(old, new)
        pairs = [_pair(a, b) for a, b in (at or {}).items()]
        fact = fact.inst(*pairs) if pairs else fact
        for h in sorted(fact.hyps, key=repr):
            try:
                known = self.prover.conv(self.prover.known(h, only_context=not pairs), h)
            except (NotFound, ProofError):
                continue
            if known.hyps != {h}:
                fact = fact.discharge(h).mp(known)
        return Line(self, fact)

    def suppose(self, *formulas: Any) -> Supposition:
        """`with d.suppose(a, b) as here: ...`; then `here.then(line, t, x)` is forall t x. a => b => line."""
        return Supposition(self, formulas)

    # ------------------------------------------------------------------------------------------------ lines
    def prove(self, claim: Any, *lines: Line, hold: Iterable[Any] = (), note: str = "") -> Line:
        """The claim from these lines; `hold`: terms that stand for letters in the search, the larger ones first.

        Raises NotFound; the kernel refuses a wrong certificate.
        """
        self.prover.notice(claim)
        goal = to_kernel(claim)
        if goal.op == "all":
            raise NotFound(f"{claim}: prove the body and generalise it (d.gen)")
        if hold:
            return self._on_letters(goal, lines, [to_kernel(term) for term in hold], note)
        facts = [x.fact for x in lines]
        try:
            return Line(self, self.prover.certify(goal, facts, note=note))
        except NotFound as failure:
            positive = [f for f in facts if f.concl.op == "<" and f.concl.kids[0] is ZERO]
            if positive:  # what they say of denominators is known to the search where it is known here
                with self.prover.knowing(positive), suppress(NotFound):
                    return Line(self, self.prover.certify(goal, facts, note=note))
            raise NotFound(Unproved(goal, tuple(facts), self.prover)) from failure

    def _on_letters(self, goal: Node, lines: Sequence[Line], terms: list[Node], note: str) -> Line:
        """forall letters. signs => lines => goal with letters for the terms, then at the terms."""
        letters = {to_sympy(term): symbol(f"_held{i}", "real") for i, term in enumerate(terms)}
        known = [x.fact for x in lines]
        for term in terms:
            sign = self.prover.positive(term) or self.prover.sign(term)
            known += [] if sign is None else [sign]
        with self.suppose(*(to_sympy(f.concl).xreplace(letters) for f in known)) as here:
            facts = [here[i].fact for i in range(len(known))]
            line = self.prover.certify(to_kernel(to_sympy(goal).xreplace(letters)), facts, note=note)
        general = here.then(Line(self, line), *letters.values()).fact
        return Line(self, self.prover.conv(general.spec(*terms).mp(*known), goal))

    def maximum(self, f: Any, x: Any, *lines: Line) -> Line:
        """f <= its value at a stationary point in x, found by `diff` and `solve`."""
        plain, inner, back = _plain(f, x)
        error = NotFound(f"{f} has no stationary point in {x}")
        for star in sp.solve(sp.diff(plain, inner), inner):
            best = sp.factor(sp.simplify(plain.subs(inner, star))).xreplace(back)
            where = sp.sstr(star.xreplace(back))
            try:
                return self.prove(relation("<=", f, best), *lines, note=f"the maximiser is {x} = {where}")
            except NotFound as failure:
                error = failure
        raise error

    def grows(self, f: Any, x: sp.Symbol, start: Any, *lines: Line, end: Any = None, note: str = "") -> Line:
        """forall x >= start (and <= end): f(start) <= f(x), from the derivative and the signs of its denominators."""
        v, term, low = to_kernel(x), to_kernel(f), to_kernel(start)
        side: set[Node] = set()
        assert isinstance(v, Application), "x is a symbol"
        slope = derivative(term, v, side)
        upper = [] if end is None else [to_kernel(end)]
        inside = [self.proof.assume(f) for f in (le(low, v), *(le(v, b) for b in upper))]
        there = Derivation(self.proof, self.sealed)
        there.prover.context = [*self.prover.context, *inside]
        there.prover.assumed = self.prover.assumed

        def on(goal: Node, why: list[Fact], reason: str = "") -> Fact:
            return there.prover.certify(goal, why, note=reason).discharge(*inside).gen(v)

        reason = note or f"the derivative is {sp.sstr(sp.factor(sp.diff(sp.sympify(f).doit(), x)))}"
        facts = [on(le(ZERO, slope), [y.fact for y in lines], reason)]
        facts += [on(lt(ZERO, u), []) for u in sorted(side, key=repr)]
        return Line(self, self.proof.step("increasing", facts, [v, term, low, *upper]))

    def gen(self, line: Line, *variables: Any) -> Line:
        return Line(self, line.fact.gen(*map(to_kernel, variables)))

    def gen_after(self, line: Line, hypothesis: Line, *variables: Any) -> Line:
        """forall variables. hypothesis => line."""
        return Line(self, line.fact.discharge(hypothesis.fact).gen(*map(to_kernel, variables)))

    def expect(self, law: Law, y: Any, line: Line) -> Line:
        """E a <= E b from a <= b for all y; an equation from an equation."""
        v = to_kernel(y)
        means = [to_kernel(Expect(law, y, to_sympy(side))) for side in line.fact.sides]

        def one_way(fact: Fact, a: Node, b: Node) -> Fact:
            wanted = mk("all", v.sort, (mk(fact.concl.op, None, (a.kids[-1], b.kids[-1])),))
            return self.proof.mono(self.prover.conv(fact.gen(v), wanted), a, b)

        return Line(self, two_ways(self, line.fact, means, one_way))

    def surely(self, law: Law, y: Any, z: Any, nonneg: Line, zero: Line) -> Surely:
        """`with d.surely(...) as here:` supposes z = 0, which is so almost surely: the lines say forall y. 0 <= z and E z = 0."""
        return Surely(self, law, y, z, (nonneg, zero))

    def below(self, i: Any, n: Any) -> Below:
        """`with d.below(i, n) as here:` supposes i < n; `here.sum(line)` adds the line up."""
        return Below(self, i, n)

    def both(self, a: Line, b: Line) -> Line:
        return Line(self, a.fact.both(b.fact))

    def cases(self, a: Any, b: Any, low: Line, high: Line) -> Line:
        """`low` was proved under a <= b, `high` under b < a."""
        return Line(
            self,
            self.proof.cases(to_kernel(a), to_kernel(b), low.fact, self.prover.conv(high.fact, low.fact.concl)),
        )

    def induct(self, n: sp.Symbol, claim: Callable[[Any], Any], base: Line, step: Line, note: str = "") -> Line:
        """claim(0) and claim(n) => claim(n + 1) give forall n. claim(n)."""
        return Line(self, self.proof.induct(to_kernel(n), to_kernel(claim(n)), base.fact, step.fact, note=note))

    def at(self, equation: Line, line: Line, shape: Callable[[Any], Any]) -> Line:
        """shape(b) from a line that says shape(a), for the equation a = b."""
        return Line(self, self.proof.rewrite(equation.fact, lambda F: to_kernel(shape(to_sympy(F()))), line.fact))

    def replace(self, equation: Line, shape: Callable[[Callable[..., Any]], Any], line: Line | None = None) -> Line:
        """shape(b) from a line that says shape(a), for the equation forall ys. a(ys) = b(ys); without a line: shape(a) = shape(b)."""

        def template(F: Symbol) -> Node:
            return to_kernel(shape(lambda *ys: to_sympy(F(*map(to_kernel, ys)))))

        return Line(self, self.proof.rewrite(equation.fact, template, None if line is None else line.fact))

    def put(self, line: Line, shape: Callable[..., Any], *equations: Line) -> Line:
        """shape(a_1, a_2, ...) from a line that says shape(b_1, b_2, ...), for the equations a_i = b_i."""
        left, right = [x.lhs for x in equations], [x.rhs for x in equations]
        for i, equation in enumerate(equations):
            back = self.proof.certificate(equal(*equation.fact.sides[::-1]), eqs=[(1, equation.fact)])

            def one(v: Any, i: int = i) -> Any:
                return shape(*left[:i], v, *right[i + 1 :])

            line = self.at(Line(self, back), line, one)
        return line

    def times_square(self, line: Line, x: Any) -> Line:
        """a x^2 <= b x^2 from a <= b."""
        goal = to_kernel(relation("<=", line.lhs * x**2, line.rhs * x**2))
        _, dens = self.prover._premises(goal, [line.fact])
        return Line(self, self.proof.certificate(goal, products=[(1, [line.fact], [to_kernel(x)])], dens=dens))

    # ------------------------------------------------------------------------------------------------ naturals, clouds, laws
    def nat_step(self, line: Line) -> Line:
        """m + 1 <= n from m < n between naturals."""
        return Line(self, self.proof.step("nat_step", [line.fact]))

    def nat_split(self, low: Line, rest: sp.Symbol) -> Split:
        """From low: m <= n. `with d.nat_split(low, rest) as here:` supposes n = m + rest; `here.close(line)` is the line without it."""
        return Split(self, low, rest)

    def iid_sum(self, law: Law, y: Any, g: Any, n: Any) -> Line:
        """Over a cloud c of n draws: E sum_i g(c_i) = n E g."""
        return Line(self, self.proof.step("iid_sum", [], [to_kernel(Expect(law, y, g)), to_kernel(n)]))

    def iid_pair(self, law: Law, u: Any, v: Any, k: Any, n: Any) -> Line:
        """E sum_i sum_j k(c_i, c_j) = n E k(u, u) + n (n - 1) E k(u, v)."""
        mean = Expect(law, u, Expect(law, v, k))
        return Line(self, self.proof.step("iid_pair", [], [to_kernel(mean), to_kernel(n)]))

    def iid_swap(self, law: Law, u: Any, v: Any, g: Any, n: Any, s: Any, weight: tuple[Any, Any]) -> Line:
        """An entry changes places with one more draw v: with S = sum_i h(c_i), weight = (y, h(y)) and g a term in u, v, s,
        E sum_i E g(c_i, v, S) = E sum_i E g(v, c_i, S + h(v) - h(c_i))."""
        args = Expect(law, u, Expect(law, v, g)), n, s, Expect(law, *weight)
        return Line(self, self.proof.step("iid_swap", [], [*map(to_kernel, args)]))

    def iid_prod(self, law: Law, y: Any, g: Any, n: Any, i: Any) -> Line:
        """E prod_i g(i, c_i) = prod_i E g(i, y)."""
        return Line(self, self.proof.step("iid_prod", [], [*map(to_kernel, (Expect(law, y, g), n, i))]))

    def fubini(self, nested: Any) -> Line:
        """A nested expectation or sum equals the one with the two exchanged."""
        return Line(self, self.proof.step("fubini", [], [to_kernel(nested)]))

    def define(self, left: Any, right: Any) -> Line:
        """A new function: forall xs. f(xs) = right."""
        return Line(self, self.proof.step("define", [], [to_kernel(left), to_kernel(right)]))

    def define_rec(self, now: Any, base: Any, later: Any) -> Line:
        """A new function by recursion on its first argument n: (forall xs. f(0, xs) = base) and (forall n xs. f(n + 1, xs) = later)."""
        return Line(self, self.proof.step("define_rec", [], [*map(to_kernel, (now, base, later))]))

    def define_law(
        self,
        law: Law,
        y: Any,
        right: Callable[[Callable], Any],
        positive: Callable[[Line, Callable], Line],
        *dens: Line,
    ) -> Callable[[Any], Line]:
        """A new probability by E h = right(h).  `positive` gives 0 <= right(f) from (forall y. 0 <= f(y), f); dens: denominators, positive.

        Returns its equation for a test function, given as a term in y.
        """
        f = function("_f", f"{to_kernel(y).sort} -> real")

        def written(h: Callable[[Node], Node]) -> Node:
            made = to_kernel(right(lambda e: to_sympy(h(to_kernel(e)))))
            return self.laws.get(canonical(made), made)

        fact, pattern = self.proof.define_measure(
            Head("E", (law.name, law.sorts, law.sort), tuple(map(to_kernel, law.args))),
            to_kernel(y),
            written,
            lambda fact: positive(Line(self, fact), f).fact,
            [line.fact for line in dens],
        )
        return lambda h: Line(self, fact.inst((pattern, to_kernel(h))))

    # ------------------------------------------------------------------------------------------------ signs, axioms, the end
    def zero(self, term: Any, *lines: Line) -> Line:
        """term = 0 from term <= 0 and 0 <= term."""
        low, high = self.prove(relation("<=", term, 0), *lines), self.prove(relation("<=", 0, term), *lines)
        return Line(self, self.proof.antisymmetry(low.fact, high.fact))

    def axiom(self, name: str, *terms: Any) -> Line:
        """An axiom about exp, log or sqrt at these terms; its antecedent is discharged when it is known.

        Raises KeyError for a name that is none."""
        if name not in AXIOMS:
            raise KeyError(f"no axiom {name!r}; known: {', '.join(AXIOMS)}")
        return Line(self, self.proof.axiom(name, *map(to_kernel, terms)))()

    def equal(self, low: Line, high: Line) -> Line:
        """a = b from a <= b and b <= a."""
        return Line(self, self.proof.antisymmetry(low.fact, high.fact))

    def anything(self, claim: Any, false: Line) -> Line:
        """Any claim from a false line about constants, such as 0 < 0."""
        return Line(self, self.proof.absurd(to_kernel(claim), false.fact))

    def contradiction(self, claim: Any, *lines: Line, note: str = "") -> Line:
        """a <= b or a < b, because the opposite with these lines gives 0 < 0."""
        goal = to_kernel(claim)
        a, b = goal.kids
        opposite = lt(b, a) if goal.op == "<=" else le(b, a)
        wrong = self.proof.assume(opposite)
        false = self.prover.certify(lt(ZERO, ZERO), [wrong, *(x.fact for x in lines)], note=note)
        absurd, right = self.proof.absurd(goal, false), self.proof.assume(goal)
        if goal.op == "<=":
            return Line(self, self.proof.cases(a, b, right, absurd))
        return Line(self, self.proof.cases(b, a, absurd, right))

    def calc(self, start: Any, *steps: tuple) -> Line:
        """A chain start <= b = c ...; each step is (relation, term, lines...)."""
        facts, now = [], start
        for op, term, *why in steps:
            facts.append(self.prove(relation(op, now, term), *why).fact)
            now = term
        return Line(self, self.proof.chain(*facts) if len(facts) > 1 else facts[0])

    def chain(self, *lines: Line) -> Line:
        """From a <= b and b <= c: a <= c; neighbours may differ in form."""
        out = [lines[0].fact]
        for x in lines[1:]:
            out.append(self.prover.conv(x.fact, mk(x.fact.concl.op, None, (out[-1].sides[1], x.fact.sides[1]))))
        return Line(self, self.proof.chain(*out))

    def substitute(self, line: Line, *equations: Line) -> Line:
        """The line with the left side of each equation replaced by its right side."""
        for equation in equations:
            left, before = to_sympy(equation.fact.sides[0]), to_sympy(line.fact.concl)

            def shape(value: Any, left: Any = left, before: Any = before) -> Any:
                return before.xreplace({left: value})

            line = self.at(equation, line, shape)
        return line

    def form(self, line: Line, goal: Any) -> Line:
        """The line written otherwise, with the same normal form."""
        return Line(self, self.prover.conv(line.fact, to_kernel(goal)))

    def rewrite(self, line: Line, goal: Any) -> Line:
        """The goal from a line whose functions' arguments agree after cancelling positive denominators."""
        return Line(self, self.prover.rewritten(line.fact, to_kernel(goal)))

    def qed(self, line: Line) -> Fact:
        """The last fact, with hypotheses and conclusion written as in the sealed statement."""
        fact = line.fact
        if self.sealed is None:
            return fact
        if canonical(fact.concl) is canonical(self.sealed.concl):
            fact = self.prover.conv(fact, self.sealed.concl)
        for h in sorted(fact.hyps - self.sealed.hyps, key=repr):
            literal = self._literal(h)
            if literal is not h:
                fact = fact.discharge(h).mp(self.prover.conv(self.proof.assume(literal), h))
        for unused in sorted(self.sealed.hyps - fact.hyps, key=repr):
            fact = fact.both(self.proof.assume(unused, note="not needed")).left
        return fact


def _pair(a: Any, b: Any) -> tuple[Node, Node]:
    """The kernel's pair for an instantiation; a law stands for its expectations."""
    if isinstance(a, Law):
        point = symbol("_y", a.sort + "*" * (a.kind == "I"))
        a, b = Expect(a, point, 0), Expect(b, point, 0)
    return to_kernel(a), to_kernel(b)


def _plain(f: Any, x: Any) -> tuple[sp.Expr, sp.Symbol, dict]:
    """f with x and every other quantity as positive dummies, the dummy of x, and the table back: `solve` then knows the signs."""
    f = sp.sympify(f)
    inner = sp.Dummy("x", positive=True)
    forward = {x: inner}
    for a in sorted(f.atoms(sp.Function, sp.Sum, sp.Product, Expect) | f.free_symbols, key=sp.default_sort_key):
        if a not in forward and not isinstance(a, (sp.exp, sp.log, Log)):
            forward[a] = sp.Dummy(positive=True)
    return f.xreplace(forward), inner, {v: k for k, v in forward.items()}


def in_sympy(id: str) -> Callable[[Callable[[Derivation], Line]], Callable[[Proof], Fact]]:
    """A derivation written for a `Derivation` as one for a `Proof`: the inner decorator below `proofs.registry.statement`."""

    def wrapped(derive: Callable[[Derivation], Line]) -> Callable[[Proof], Fact]:
        @wraps(derive)
        def run(proof: Proof) -> Fact:
            from proofs.bounds import claim
            from proofs.kernel.replay import STORED

            d = Derivation(proof, claim(id) if (STORED / f"{id}.json").exists() else None)
            return d.qed(derive(d))

        run.in_sympy = True  # type: ignore[attr-defined]
        return run

    return wrapped
