"""Derivations in sympy: a line is a sympy relation; sympy finds why it holds; the kernel checks it at once.

    d.given(0 < a, ...)              hypotheses; assumptions of a symbol (positive=True) become hypotheses when they are used
    d.use("S0.variance", {b: q*a})   an earlier theorem at these values (functions and measures too)
    d.prove(lhs <= rhs, *lines)      a certificate found by `proofs.derive.finder` from the lines, the context and the signs of what occurs
    d.maximum(f, a)                  f <= f(a*), the maximiser a* found by `diff` and `solve`
    d.grows(f, x, 0)                 f(0) <= f(x) for x >= 0 from f' >= 0, its sign by `factor`
    d.expect(law, y, line)           expectations of both sides;   d.average(law, y, line, null): almost surely
    with d.suppose(...) as here      a hypothesis for a while; `here.then(line, x)` discharges it
    d.cases(a, b, low, high), d.induct(n, claim, base, step)
    d.contradiction(a <= b, *lines)  because b < a gives 0 < 0
    d.calc(a, ("<=", b, *why), ("=", c, *why))   a chain;   d.chain(line, line)

A derivation is registered by `statement("ID", ...)` over `in_sympy("ID")` and built by `python -m proofs.derive.author` like every other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import sympy as sp

from proofs.derive.author import Fact, Proof
from proofs.derive.polynomials import NotFound
from proofs.derive.prover import Prover
from proofs.kernel import Application, Node, ProofError, close, equal, implies, le, lt, mk
from proofs.kernel.arithmetic import canonical, derivative
from proofs.language.bridge import to_kernel, to_sympy
from proofs.language.expressions import Expect, Law, Log, relation
from proofs.language.terms import ZERO
from proofs.language.text import latex


class Line:
    """A proved relation.  `.relation`, `.lhs`, `.rhs`: sympy; `.fact`: the kernel's theorem."""

    def __init__(self, derivation: Derivation, fact: Fact):
        self.derivation, self.fact = derivation, fact

    @property
    def relation(self) -> Any:
        return to_sympy(self.fact.concl, "native")

    @property
    def lhs(self) -> Any:
        return to_sympy(self.fact.sides[0], "native")

    @property
    def rhs(self) -> Any:
        return to_sympy(self.fact.sides[1], "native")

    def __getitem__(self, part: int) -> Line:
        """Part 0 or 1 of a conjunction."""
        if part not in (0, 1):
            raise IndexError("a conjunction has the parts 0 and 1")
        return Line(self.derivation, self.fact.left if part == 0 else self.fact.right)

    def __call__(self, *terms: Any) -> Line:
        """At these values of the quantified variables; antecedents that are hypotheses or provable signs are discharged."""
        out = self.fact.spec(*map(to_kernel, terms))
        while out.concl.op == "=>":
            out = out.mp(self.derivation.prover.known(out.concl.kids[0]))
        return Line(self.derivation, out)

    def __repr__(self) -> str:
        return f"|- {self.relation}"

    def _latex(self, printer) -> str:
        return printer._print(self.relation)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {latex(self.relation)}$"


class Derivation:
    """A proof in progress.  sealed: the claim it must end with; hypotheses and the end are written as there, up to normal form."""

    def __init__(self, proof: Proof, sealed: Any = None):
        self.proof, self.sealed, self.prover = proof, sealed, Prover(proof)

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

    def setting(self, hypotheses: Callable[[Proof], Mapping[str, Fact]]) -> dict[str, Line]:
        """Named hypotheses of the model, by name; they are known from here on."""
        return {name: self.know(Line(self, fact)) for name, fact in hypotheses(self.proof).items()}

    def use(self, name: str, at: Mapping[Any, Any] | None = None) -> Line:
        """An earlier theorem at these values of its free symbols; hypotheses that are known here, in whatever form, are discharged."""
        fact = self.proof.use(name)
        pairs = [(to_kernel(a), to_kernel(b)) for a, b in (at or {}).items()]
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
    def prove(self, claim: Any, *lines: Line, note: str = "") -> Line:
        """The claim from these lines.  Raises NotFound; the kernel refuses a wrong certificate."""
        self.prover.notice(claim)
        goal = to_kernel(claim)
        if goal.op == "all":
            raise NotFound(f"{claim}: prove the body and generalise it (d.gen)")
        return Line(self, self.prover.certify(goal, [x.fact for x in lines], note=note))

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
        """E a <= E b from a <= b (for all y)."""
        v = to_kernel(y)
        left, right = (to_kernel(Expect(law, y, to_sympy(side))) for side in line.fact.sides)
        wanted = mk("all", v.sort, (mk(line.fact.concl.op, None, (left.kids[-1], right.kids[-1])),))
        return Line(self, self.proof.mono(self.prover.conv(line.fact.gen(v), wanted), left, right))

    def average(self, law: Law, y: Any, line: Line, null: tuple[Any, Line, Line]) -> Line:
        """E a <= E b from forall y. z = 0 => a <= b; null = (z, the line forall y. 0 <= z, the line E z = 0)."""
        v, (z, nonneg, zero) = to_kernel(y), null
        inner = line.fact.spec(v).concl.kids[1]
        head = tuple(map(to_kernel, law.args))

        def wrapped(body: Node) -> Node:
            return mk(law.kind, (law.name, law.sorts, law.sort), (*head, close(body, v)))

        low, high, nought = wrapped(inner.kids[0]), wrapped(inner.kids[1]), wrapped(to_kernel(z))
        bound = [w.kids[-1] for w in (low, high, nought)]
        guarded = implies(equal(bound[2], ZERO), mk(inner.op, None, (bound[0], bound[1])))
        main = self.prover.conv(line.fact, mk("all", v.sort, (guarded,)))
        positive = self.prover.conv(nonneg.fact, mk("all", v.sort, (le(ZERO, bound[2]),)))
        nothing = self.prover.conv(zero.fact, equal(nought, ZERO))
        return Line(self, self.proof.mono(main, low, high, (nought, positive, nothing)))

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

    def zero(self, term: Any, *lines: Line) -> Line:
        """term = 0 from term <= 0 and 0 <= term."""
        low, high = self.prove(relation("<=", term, 0), *lines), self.prove(relation("<=", 0, term), *lines)
        return Line(self, self.proof.antisymmetry(low.fact, high.fact))

    def axiom(self, name: str, *terms: Any) -> Line:
        """An axiom about exp, log or sqrt at these terms; its antecedent is discharged when it is known."""
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


class Supposition:
    """Hypotheses for a while: the context is as before afterwards."""

    def __init__(self, derivation: Derivation, formulas: tuple):
        self.derivation, self.formulas = derivation, formulas

    def __enter__(self) -> Supposition:
        prover = self.derivation.prover
        self.before = list(prover.context), dict(prover.signs)
        self.facts = [prover.proof.assume(to_kernel(f)) for f in self.formulas]
        prover.context += self.facts
        return self

    def __exit__(self, *_: object) -> None:
        self.derivation.prover.context, self.derivation.prover.signs = self.before

    def then(self, line: Line, *variables: Any) -> Line:
        """forall variables. suppositions => line."""
        return Line(self.derivation, line.fact.discharge(*self.facts).gen(*map(to_kernel, variables)))

    def __getitem__(self, i: int) -> Line:
        return Line(self.derivation, self.facts[i])


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
