"""From a goal to a proved fact: which premises count, their signs, the denominators, then a certificate by `proofs.derive.finder`.

Works on kernel facts.  A derivation keeps one `Prover`; its context holds the hypotheses and the lines that were declared known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from proofs.derive import finder
from proofs.derive.order import bare, settled
from proofs.derive.polynomials import NotFound, gap
from proofs.derive.proof import Fact, Proof
from proofs.kernel import (
    Application,
    Constant,
    Node,
    ProofError,
    Quantifier,
    Signature,
    forall,
    is_var,
    le,
    lt,
    mapped,
    mk,
    open_body,
    text,
    var,
)
from proofs.kernel.arithmetic import canonical, normal_form
from proofs.language.bridge import to_kernel
from proofs.language.terms import ZERO, Symbol


def _atoms(formulas: Iterable[Node]) -> list[Node]:
    """What the formulas are polynomials in, and what stands in their denominators."""
    atoms = dict.fromkeys(a for f in formulas for m in gap(f) for a, _ in m)
    for a in list(atoms):
        inner = a.kids[0] if a.op == "^" else a
        if inner.op == "inv":
            atoms |= dict.fromkeys(b for m in normal_form(inner.kids[0]) for b, _ in m)
    return sorted(atoms, key=lambda a: text(settled(a)))


def divisors(formulas: Iterable[Node]) -> list[Node]:
    """What stands in the denominators of the formulas."""
    inner = [a.kids[0] if a.op == "^" else a for a in _atoms(f for f in formulas if _numeric(f))]
    return list(dict.fromkeys(settled(a.kids[0]) for a in inner if a.op == "inv"))


def _depth(n: Node) -> int:
    """How deep fractions are nested."""
    return (n.op == "inv") + max(map(_depth, n.kids), default=0)


def _numeric(formula: Node) -> bool:
    return formula.op in ("<", "<=", "=") and formula.kids[0].sort in ("real", "nat")


class Prover:
    """context: facts that count as premises; assumed: what sympy's assumptions say of a symbol, a hypothesis as soon as it is used."""

    def __init__(self, proof: Proof):
        self.proof = proof
        self.context: list[Fact] = []
        self.signs: dict[Node, Fact] = {}
        self.assumed: dict[Signature, str] = {}
        self._busy: set[Node] = set()

    def notice(self, *exprs: Any) -> None:
        """Remember what the symbols and functions of these expressions assume (positive=True ...)."""
        for e in map(sp.sympify, exprs):
            for s in e.free_symbols | e.atoms(AppliedUndef):
                made = to_kernel(s)
                if s.is_nonnegative and not (s.is_integer and not s.is_positive) and isinstance(made, Application):
                    self.assumed.setdefault(made.symbol, "<" if s.is_positive else "<=")

    @contextmanager
    def knowing(self, facts: Sequence[Fact]) -> Iterator[None]:
        """These facts as premises for a while."""
        before = list(self.context), dict(self.signs)
        self.context += facts
        try:
            yield
        finally:
            self.context, self.signs = before

    def conv(self, fact: Fact, goal: Node) -> Fact:
        """The fact in another form of the same normal form."""
        return fact if fact.concl is goal else self.proof.conv(fact, goal)

    # ------------------------------------------------------------------------------------------------ signs
    def sign(self, atom: Node) -> Fact | None:
        """A fact 0 < atom or 0 <= atom, or None."""
        if atom in self.signs:
            return self.signs[atom]
        if atom in self._busy:  # no circles
            return None
        self._busy.add(atom)
        fact = self._sign(atom)
        self._busy.discard(atom)
        if fact is not None:
            self.signs[atom] = fact
        return fact

    def _sign(self, atom: Node) -> Fact | None:
        p, found = self.proof, None
        wanted = {canonical(lt(ZERO, atom)), canonical(le(ZERO, atom))}
        for f in self.context:
            if f.concl.op in ("<", "<=") and canonical(f.concl) in wanted:
                found = self.conv(f, mk(f.concl.op, None, (ZERO, atom)))
                if f.concl.op == "<":
                    break
        if found is not None:
            return found
        if isinstance(atom, Application) and atom.kids:
            found = self._universal(atom)
            if found is not None:
                return found
        if isinstance(atom, Application) and atom.symbol in self.assumed:
            return self._assumption(atom)
        if atom.sort == "nat" and atom.op != "q":
            return p.nat_nonneg(atom)
        if isinstance(atom, Application) and atom.symbol.name in ("exp", "sqrt"):
            return p.axiom("exp_pos" if atom.symbol.name == "exp" else "sqrt_nonneg", atom.kids[0])
        if atom.op in ("inv", "^"):
            below = self.positive(atom.kids[0])
            if below is None:
                return None
            try:
                return (
                    p.positive_inverse(below)
                    if atom.op == "inv"
                    else p.use("power_positive").spec(*atom.kids).mp(below)
                )
            except ProofError:  # that lemma is what is being proved
                return None
        return None

    def _universal(self, atom: Application) -> Fact | None:
        """The sign from a fact of the context that says it of all arguments: forall t x. 0 <= f(t, x)."""
        for f in self.context:
            variables: list[Node] = []
            body = f.concl
            while isinstance(body, Quantifier):
                variables.append(var(f"_u{len(variables)}", body.bound))
                body = open_body(body, variables[-1])
            if variables and body.op in ("<", "<=") and body.kids[0] is ZERO and body.kids[1].op == "f":
                pattern = body.kids[1]
                if pattern.symbol == atom.symbol and set(pattern.kids) == set(variables):
                    at = dict(zip(pattern.kids, atom.kids, strict=True))
                    return f.spec(*(at[v] for v in variables))
        return None

    def _assumption(self, atom: Application) -> Fact:
        """What sympy assumes of the symbol, as a hypothesis: of a function for all its arguments."""
        variables = [var(f"_x{i}", sort) for i, sort in enumerate(atom.symbol.args)]
        general = atom.remade(tuple(variables))
        fact = self.proof.assume(forall(variables, mk(self.assumed[atom.symbol], None, (ZERO, general))))
        if variables:
            return fact.spec(*atom.kids)
        self.context.append(fact)
        return fact

    def positive(self, term: Node) -> Fact | None:
        """A fact 0 < term, or None."""
        if isinstance(term, Constant):
            return self.proof.certificate(lt(ZERO, term), products=[(term.value, [], [])]) if term.value > 0 else None
        if len(normal_form(term)) == 1:
            fact = self.sign(term)
            if fact is not None and fact.concl.op == "<":
                return fact
        try:
            return self.certify(lt(ZERO, term), [], scale=False)
        except NotFound:
            return None

    # ------------------------------------------------------------------------------------------------ goals
    def known(self, phi: Node, only_context: bool = False) -> Fact:
        """A fact that says phi in some form: from the context, part by part, or by a certificate.  Raises NotFound."""
        wanted = canonical(phi)
        for f in self.context:
            if canonical(f.concl) is wanted:
                return f
        if not only_context:
            if isinstance(phi, Quantifier):
                v = var(f"_v{len(self.proof.steps)}", phi.bound)
                try:
                    return self.known(open_body(phi, v)).gen(v)
                except NotFound:
                    return self._with_fewer_conditions(phi)
            if phi.op == "and":
                return self.known(phi.kids[0]).both(self.known(phi.kids[1]))
            if phi.op == "=>":
                return self.known(phi.kids[1]).discharge(phi.kids[0])
            if _numeric(phi):
                return self.certify(phi, [], scale=False)
        raise NotFound(f"not known here: {phi!r}")

    def _with_fewer_conditions(self, phi: Node) -> Fact:
        """forall x. a => b => c from a fact of the context that says c under some of these conditions, for the same variables."""
        variables: list[Node] = []
        conditions: list[Node] = []
        while isinstance(phi, Quantifier):
            variables.append(var(f"_w{len(variables)}", phi.bound))
            phi = open_body(phi, variables[-1])
        while phi.op == "=>":
            conditions.append(phi.kids[0])
            phi = phi.kids[1]
        table, wanted = {canonical(a): a for a in conditions}, canonical(phi)
        for f in self.context:
            body, needed = f.concl, []
            for v in variables:
                if not isinstance(body, Quantifier) or body.bound != v.sort:
                    break
                body = open_body(body, v)
            else:
                while body.op == "=>" and canonical(body) is not wanted:
                    needed.append(canonical(body.kids[0]))
                    body = body.kids[1]
                if canonical(body) is wanted and all(a in table for a in needed):
                    fact = f.spec(*variables).mp(*(self.proof.assume(table[a]) for a in needed))
                    return self.conv(fact, phi).discharge(*conditions).gen(*variables)
        raise NotFound(f"not known here: {phi!r}")

    def certify(self, goal: Node, facts: Sequence[Fact], note: str = "", scale: bool = True) -> Fact:
        """The goal from these facts, the signs of what occurs, and the context.  `scale`: also times a known positive quantity.

        Raises NotFound.
        """
        for f in self.context:
            if canonical(f.concl) is canonical(goal):
                return self.conv(f, goal)
        premises, dens = self._premises(goal, facts)
        atoms = set(_atoms([goal, *(f.concl for f in facts)]))
        extra = [f for f in self.context if _numeric(f.concl) and f not in premises and self._about(f.concl, atoms)]
        error: Exception = NotFound(f"{goal!r}")
        for use in (premises, premises + extra) if extra else (premises,):
            try:
                products, eqs = finder.find(goal, [f.concl for f in use], [f.concl for f in dens])
                return self.proof.certificate(
                    goal,
                    products=[(c, [use[i] for i in ns], ts) for c, ns, ts in products],
                    eqs=[(m, use[i]) for m, i in eqs],
                    dens=dens,
                    note=note,
                )
            except (NotFound, ProofError) as failure:  # a stale certificate of the cache is refused by the kernel
                error = failure
        if scale:
            for fact in self._scaled(goal, facts, note):
                return fact
        raise NotFound(str(error))

    def _about(self, formula: Node, atoms: set[Node]) -> bool:
        p = gap(formula)
        return bool(p) and all(a in atoms for m in p for a, _ in m)

    def _premises(self, goal: Node, facts: Sequence[Fact]) -> tuple[list[Fact], list[Fact]]:
        """The facts, the signs of all atoms, and the denominators among them."""
        premises, dens = list(facts), []
        for a in _atoms([goal, *(f.concl for f in facts if _numeric(f.concl))]):
            inner = a.kids[0] if a.op == "^" else a
            if inner.op == "inv":
                divisor = settled(inner.kids[0])
                below = self.positive(divisor)
                if below is None:  # the normal form has 1/(1 - d) for d - 1 > 0
                    below = self.positive(settled(-divisor))
                    premises += [self.proof.positive_inverse(below)] if below else []
                if below is not None:
                    dens.append(below)
                    premises.append(below)
            s = self.sign(bare(a))
            if s is not None and s not in premises:
                premises.append(s)
        return premises, sorted(dens, key=lambda f: -_depth(f.concl))  # a fraction is cleared before what it is made of

    def _scaled(self, goal: Node, facts: Sequence[Fact], note: str) -> Iterator[Fact]:
        """The goal from the goal times a known positive quantity that occurs in the facts."""
        occurring = set(_atoms([goal, *(f.concl for f in facts if _numeric(f.concl))]))
        for f in [*facts, *self.context]:
            if f.concl.op == "<" and f.concl.kids[0] is ZERO and self._about(f.concl, occurring):
                s = f.concl.kids[1]
                difference = goal.kids[1] - goal.kids[0]
                try:
                    times = self.certify(mk(goal.op, None, (ZERO, difference * s)), facts, scale=False)
                except NotFound:
                    continue
                if goal.op == "=":
                    yield self.proof.certificate(goal, eqs=[(mk("inv", None, (s,)), times)], dens=[f], note=note)
                    continue
                inverse = self.proof.positive_inverse(f)
                yield self.proof.certificate(goal, products=[(1, [times, inverse], [])], dens=[f], note=note)

    def rewritten(self, fact: Fact, goal: Node) -> Fact:
        """The goal from a fact whose functions' arguments are equal to its own after cancelling (exp(k T c/T) = exp(k c))."""
        for _ in range(20):
            if canonical(fact.concl) is canonical(goal):
                return self.conv(fact, goal)
            pair = _first_difference(fact.concl, goal)
            if pair is None:
                break
            u, v = pair
            same = self.certify(mk("=", None, (u, v)), [])
            now = fact.concl

            def elsewhere(F: Symbol, now: Node = now, u: Node = u) -> Node:
                return _replaced(now, u, F())

            fact = self.proof.rewrite(same, elsewhere, fact)
        raise NotFound(f"{fact.concl!r} is not {goal!r} up to cancelling")


def _calls(formula: Node) -> list[Node]:
    """Functions of numbers that occur."""
    out = (
        [formula] if formula.op == "f" and formula.kids and all(k.sort in ("real", "nat") for k in formula.kids) else []
    )
    return out + [c for k in formula.kids for c in _calls(k)]


def _first_difference(a: Node, b: Node) -> tuple[Node, Node] | None:
    """The first arguments of one function in a and b with different normal forms."""
    others = _calls(b)
    forms = {canonical(f) for f in others}
    for f in _calls(a):
        for g in others if canonical(f) not in forms else ():
            for u, v in zip(f.kids, g.kids, strict=True) if g.symbol == f.symbol else ():
                if canonical(u) is not canonical(v) and not is_var(u):
                    return u, v
    return None


def _replaced(formula: Node, u: Node, new: Node) -> Node:
    return mapped(formula, lambda n, depth: new if n is u else None)
