"""Writing derivations: every call applies one kernel rule at once and records it as data for the stored proof.

Untrusted.  A derivation is a function that takes a `Proof` and returns its last `Fact`; it is registered with
`proofs.registry.statement`, and `proofs.derive.author` writes what it has proved to `proofs/sealed/*.json`.

    p.assume(phi)                      {phi} |- phi
    fact.spec(t, ...)                  instantiate quantifiers          fact.gen(x, ...)       generalise
    fact.mp(fact, ...)                 modus ponens                     fact.discharge(phi...) phi => ...
    fact.inst((f(x), term), ...)       second-order instantiation       p.use("P0")            an earlier theorem
    p.show(goal, *facts, dens=)        a certificate that is found       p.auto(goal, facts)    by `proofs.derive.programme` alone
    p.cert(goal, products=, eqs=, dens=, why=)   one with typed coefficients, where the search fails, and why
    p.rewrite(equation, lambda F: phi(F), fact)   equals for equals, also under binders
    p.mono(fact, a, b), p.induct(n, phi, base, step), p.cases(a, b, f, g), p.conv(fact, phi), p.cancel(fact), p.axiom(name, t)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from proofs.kernel import (
    ONE,
    Node,
    ProofError,
    Quantifier,
    Theorem,
    close,
    forall,
    instantiate,
    mk,
    open_body,
    replace,
    var,
)
from proofs.kernel.arithmetic import normal_form, reify
from proofs.language.terms import ZERO, Head, Symbol, eq, implies, le, lt, named, num, show, term

if TYPE_CHECKING:
    from proofs.derive.library import Library

TYPED = "typed coefficients: "
"""How the note of a certificate begins whose coefficients an author typed; the reason follows."""


class Fact:
    """A theorem with its place in a proof: `ref` is a step number, or the ID of another proof."""

    def __init__(self, proof: Proof, ref: int | str, theorem: Theorem):
        self.proof, self.ref, self.theorem = proof, ref, theorem

    @property
    def concl(self) -> Node:
        return self.theorem.concl

    @property
    def hyps(self) -> frozenset[Node]:
        return self.theorem.hyps

    @property
    def sides(self) -> tuple[Node, Node]:
        """The two sides of an equation, inequality, implication or conjunction."""
        left, right = self.theorem.concl.kids
        return left, right

    def __repr__(self) -> str:
        hyps = sorted(map(show, self.hyps))
        return "\n".join([*hyps, f"|- {show(self.concl)}"])

    def _step(self, rule: str, others: Sequence[Fact], args: Sequence, note: str = "") -> Fact:
        return self.proof.step(rule, [self, *others], args, note)

    def spec(self, *terms: Any, note: str = "") -> Fact:
        return self._step("spec", [], [term(t) for t in terms], note)

    def gen(self, *variables: Node, note: str = "") -> Fact:
        out = self
        for v in reversed(variables):
            out = out._step("generalise", [], [v], note)
        return out

    def mp(self, *facts: Fact, note: str = "") -> Fact:
        """Modus ponens with each fact in turn; a fact of another form of the antecedent is converted first."""
        out = self
        for f in facts:
            wanted = out.concl.kids[0]
            out = out._step("mp", [f if f.concl is wanted else self.proof.conv(f, wanted)], [], note)
        return out

    def discharge(self, *formulas: Node | Fact, note: str = "") -> Fact:
        """discharge(a, b) gives a => (b => C)."""
        out = self
        for phi in reversed(formulas):
            out = out._step("discharge", [], [phi.concl if isinstance(phi, Fact) else phi], note)
        return out

    def inst(self, *pairs: tuple[Node, Any], note: str = "") -> Fact:
        return self._step("inst", [], [[a, b if isinstance(b, Node) else term(b)] for a, b in pairs], note)

    def rename_sort(self, old: str, new: str, note: str = "") -> Fact:
        return self._step("rename_sort", [], [old, new], note)

    def cut(self, *facts: Fact, note: str = "") -> Fact:
        """Replace hypotheses by facts that prove them."""
        out = self
        for f in facts:
            out = out.discharge(f.concl).mp(f, note=note)
        return out

    @property
    def left(self) -> Fact:
        return self._step("part", [], ["0"])

    @property
    def right(self) -> Fact:
        return self._step("part", [], ["1"])

    def both(self, other: Fact) -> Fact:
        return self._step("conj", [other], [])


class Proof:
    """A proof under construction."""

    def __init__(self, name: str, library: Library):
        self.name, self.library, self.theory = name, library, library.theory
        self.steps: list[list] = []
        self.theorems: list[Theorem] = []
        self._memo: dict[tuple, Fact] = {}
        self._pending = ""

    def note(self, text: str) -> None:
        """One line of mathematics; it is attached to the next step."""
        self._pending = text

    def step(self, rule: str, premises: Sequence[Fact], args: Sequence = (), note: str = "") -> Fact:
        result = self.theory.apply(rule, [f.theorem for f in premises], list(args))
        note, self._pending = note or self._pending, ""
        if rule.startswith("define"):
            self.library.definitions[args[0].symbol] = result
        _name_bound(rule, args, result.concl)
        self.steps.append([rule, [f.ref for f in premises], list(args), note])
        self.theorems.append(result)
        return Fact(self, len(self.steps) - 1, result)

    def use(self, name: str) -> Fact:
        return Fact(self, name, self.library.theorem(name))

    def assume(self, phi: Node, note: str = "") -> Fact:
        return self.step("assume", [], [phi], note)

    def axiom(self, name: str, *terms: Any, note: str = "") -> Fact:
        return self.step("axiom", [], [name, *map(term, terms)], note)

    def conv(self, fact: Fact, goal: Node, note: str = "") -> Fact:
        return self.step("conv", [fact], [goal], note)

    def certificate(
        self,
        goal: Node,
        facts: Sequence[Fact] = (),
        products: Iterable = (),
        eqs: Iterable = (),
        dens: Iterable[Fact] = (),
        note: str = "",
    ) -> Fact:
        """`products`: (c, [facts], [terms]); `eqs`: (multiplier, fact); all facts named there are added to `facts`.

        The sign of each equation's multiplier is found by trial.
        """
        facts, dens = list(facts), list(dens)

        def number(f: Fact) -> str:
            if f not in facts:
                facts.append(f)
            return str(facts.index(f))

        data = [[str(Fraction(c)), [number(f) for f in fs], [term(t) for t in ts]] for c, fs, ts in products]
        equations = [(term(m), number(f)) for m, f in eqs]
        cleared = [number(f) for f in dens]
        theorems = [f.theorem for f in facts]
        for signs in itertools.product((1, -1), repeat=len(equations)):
            signed = [[m if s == 1 else -m, i] for s, (m, i) in zip(signs, equations, strict=True)]
            try:
                self.theory.apply("certificate", theorems, [goal, data, signed, cleared])
            except ProofError as error:
                failure = error
                continue
            return self.step("certificate", facts, [goal, data, signed, cleared], note)
        raise ProofError(f"{failure}; goal {show(goal)}; {_remainder(goal, theorems, data, equations)}")

    def cert(self, goal: Node, *, why: str, **data: Any) -> Fact:
        """A certificate whose coefficients an author types, where the search fails; `why`: the reason, kept with the step.

        Raises ValueError without a reason."""
        if not why.strip():
            raise ValueError(f"{show(goal)}: say why the coefficients are typed")
        note, self._pending = self._pending, ""
        return self.certificate(goal, **data, note=f"{note}{'; ' if note else ''}{TYPED}{why}")

    def show(self, goal: Node, *facts: Fact, dens: Iterable[Fact] = (), note: str = "") -> Fact:
        """The goal by a certificate that `proofs.derive.finder` finds from these facts, with the denominators `dens` cleared.

        Raises NotFound.
        """
        from proofs.derive import finder

        dens = list(dens)
        used = list(dict.fromkeys((*facts, *dens)))
        products, eqs = finder.find(goal, [f.concl for f in used], [f.concl for f in dens])
        combined = [(c, [used[i] for i in ns], ts) for c, ns, ts in products]
        return self.certificate(goal, used, combined, [(m, used[i]) for m, i in eqs], dens, note)

    def equal(self, a: Any, b: Any, dens: Iterable[Fact] = (), note: str = "") -> Fact:
        """a = b by exact arithmetic, with the denominators `dens` cleared."""
        return self.certificate(eq(a, b), dens=dens, note=note)

    def refl(self, a: Any) -> Fact:
        return self.equal(a, a)

    def auto(
        self,
        goal: Node,
        facts: Sequence[Fact] = (),
        *,
        squares: Sequence[Any] = (),
        degree: int = 2,
        multipliers: Sequence[Any] | None = None,
        dens: Sequence[Fact] = (),
        note: str = "",
    ) -> Fact:
        """Search a certificate (`proofs.derive.programme`); ProofError when none of the given shape exists."""
        from proofs.derive.programme import search

        found = search(
            goal,
            [f.concl for f in facts],
            squares=[term(t) for t in squares],
            degree=degree,
            multipliers=None if multipliers is None else [term(m) for m in multipliers],
            denominators=[f.concl for f in dens],
        )
        products = [(c, [facts[i] for i in numbers], ts) for c, numbers, ts in found.products]
        return self.certificate(goal, (), products, [(m, facts[i]) for m, i in found.equations], dens, note)

    def chain(self, *facts: Fact, note: str = "") -> Fact:
        """From a <= b, b <= c, ...: a <= c (strict when one is; equations allowed; an equation when all are)."""
        ops = [f.concl.op for f in facts]
        a, b = facts[0].sides[0], facts[-1].sides[1]
        goal = eq(a, b) if set(ops) == {"="} else lt(a, b) if "<" in ops else le(a, b)
        products: list[tuple] = [(1, [f], []) for f in facts if f.concl.op != "="]
        if len(products) > 1 and "<" in ops:
            return self.auto(goal, facts, degree=1, multipliers=[1], note=note)
        return self.certificate(goal, (), products, [(1, f) for f in facts if f.concl.op == "="], (), note)

    def rewrite(
        self, equation: Fact, template: Callable[[Symbol], Node], fact: Fact | None = None, note: str = ""
    ) -> Fact:
        """From forall ys. a = b and template(ys -> a): template(ys -> b).  `template` takes a function symbol F to be used as F(ys).

        Without `fact` the template must give a term t(F), and the result is t(a) = t(b).
        """
        sorts, body = [], equation.concl
        while isinstance(body, Quantifier):
            sorts.append(body.bound)
            body = open_body(body, var(f"_y{len(sorts)}", body.bound))
        a, b = body.kids
        sort = "real" if "real" in (a.sort, b.sort) else a.sort
        hole = Symbol("_F", tuple(sorts), sort)
        left = hole(*(var(f"_y{i + 1}", s) for i, s in enumerate(sorts)))
        shape = template(hole)
        if fact is None:
            before = instantiate(shape, [(left, a)])
            fact, shape = self.refl(before), eq(before, shape)
        wanted = instantiate(shape, [(left, a)])
        fact = fact if fact.concl is wanted else self.conv(fact, wanted)
        return self.step("rewrite", [equation, fact], [left, shape], note)

    def mono(self, fact: Fact, a: Node, b: Node, null: tuple[Node, Fact, Fact] | None = None, note: str = "") -> Fact:
        """B(y. f) <= B(y. g) from forall y. f <= g; `null` = (z, forall y. 0 <= z, B z = 0) for an almost-sure premise."""
        if null is None:
            return self.step("mono", [fact], [a, b], note)
        return self.step("mono", [fact, *null[1:]], [a, b, null[0]], note)

    def induct(self, n: Node, phi: Node, base: Fact, step: Fact, note: str = "") -> Fact:
        """forall n. phi from phi(0) and phi(n) => phi(n+1); both are converted to the exact shape when needed."""
        zero = replace(phi, {n: ZERO})
        successor = implies(phi, replace(phi, {n: mk("+", None, (n, ONE))}))
        base = base if base.concl is zero else self.conv(base, zero)
        step = step if step.concl is successor else self.conv(step, successor)
        return self.step("induct", [base, step], [n, phi], note)

    def define_measure(
        self,
        head: Head,
        y: Node,
        right: Callable[[Callable[[Node], Node]], Node],
        positive: Callable[[Fact], Fact],
        dens: Sequence[Fact] = (),
        note: str = "",
    ) -> tuple[Fact, Node]:
        """A new probability `head` by E[head](y. f(y)) = right(f).  `positive` proves 0 <= right(f) from forall y. 0 <= f(y); linearity and
        total mass one are shown by arithmetic, with the denominators `dens`.

        Returns the defining equation and the pattern f(y), to be used as `law.inst((pattern, term in y))`.
        """
        f, g = Symbol("_f", (y.sort,), "real"), Symbol("_g", (y.sort,), "real")
        a, b = var("_a", "real"), var("_b", "real")
        body = right(f)

        def with_f(h: Node) -> Node:
            return instantiate(body, [(f(y), h)])

        mixed = mk("+", None, (mk("*", None, (a, f(y))), mk("*", None, (b, g(y)))))
        split = mk("+", None, (mk("*", None, (a, body)), mk("*", None, (b, with_f(g(y))))))
        linear = self.equal(with_f(mixed), split, dens=dens)
        shown = positive(self.assume(forall([y], le(0, f(y)))))
        shown = shown if shown.concl is le(0, body) else self.conv(shown, le(0, body))
        one = self.equal(with_f(ONE), 1, dens=dens)
        left = named(mk("E", head.data, (*head.args, close(f(y), y))), y)
        return self.step("define_measure", [linear, shown, one], [left, body, f(y), g(y), a, b], note), f(y)

    def cases(self, a: Any, b: Any, low: Fact, high: Fact, note: str = "") -> Fact:
        """`low` was proved from a <= b, `high` from b < a."""
        return self.step("cases", [low, high], [term(a), term(b)], note)

    def cancel(self, fact: Fact, note: str = "") -> Fact:
        """d * 1/d = 1 from 0 < d or d < 0."""
        d = fact.sides[fact.sides[0] is ZERO]
        return self.equal(d * mk("inv", None, (d,)), 1, dens=[fact], note=note)

    def antisymmetry(self, low: Fact, high: Fact, note: str = "") -> Fact:
        """a = b from a <= b and b <= a."""
        return self.step("antisymmetry", [low, high], [], note)

    def nat_nonneg(self, n: Any) -> Fact:
        return self.step("nat_nonneg", [], [term(n)])

    def positive_inverse(self, fact: Fact, note: str = "") -> Fact:
        """0 < 1/d from 0 < d."""
        return self.use("inverse_positive").spec(fact.sides[1]).mp(fact, note=note)

    def absurd(self, goal: Node, false: Fact, note: str = "") -> Fact:
        """Any formula from a false fact about constants such as 0 <= -1 or 0 < 0."""
        return self.step("contradiction", [false], [goal], note)


def _remainder(goal: Node, theorems: Sequence[Theorem], data: Sequence, equations: Sequence) -> str:
    """What is left of right - left after the certificate's products and equations (with the signs as given)."""
    rest = goal.kids[1] - goal.kids[0]
    for c, numbers, squares in data:
        piece: Node = num(Fraction(c))
        for i in numbers:
            a, b = theorems[int(i)].concl.kids
            piece = piece * (b - a)
        for t in squares:
            piece = piece * t**2
        rest = rest - piece
    for m, i in equations:
        a, b = theorems[int(i)].concl.kids
        rest = rest - m * (b - a)
    return f"remainder {show(reify(normal_form(rest)))}"


def _name_bound(rule: str, args: Sequence, concl: Node) -> None:
    """Remember the names of the variables that a rule has bound."""
    if rule in ("generalise", "induct"):
        named(concl, args[0])
    elif rule == "define":
        _name_all(args[0].kids, concl)
    elif rule == "define_rec":
        n, *xs = args[0].kids
        _name_all(xs, concl.kids[0])
        _name_all([n, *xs], concl.kids[1])


def _name_all(variables: Sequence[Node], formula: Node) -> None:
    for v in variables:
        named(formula, v)
        formula = open_body(formula, v)
