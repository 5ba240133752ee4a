"""Definitions and monotonicity against their meaning: what the kernel accepts holds in exact finite models, whatever was drawn.

The evaluator is that of `test_meaning`, which shares no code with the kernel: a defined function is computed from its equation in Python, a
defined probability from its values on indicators. Whether a derivative is non-negative on an interval is decided by sympy (Sturm), not by
the kernel. Many draws are unsound on purpose (circular, a variable left open, a negative weight, a zero in a denominator).
"""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import pytest
import sympy

from proofs.derive.library import Library
from proofs.derive.proof import Proof
from proofs.kernel import Node, ProofError
from proofs.kernel.arithmetic import derivative
from proofs.language.terms import E, all_of, eq, fn, implies, le, lt, measure, num
from tests.effort import effort
from tests.proofs.test_meaning import STATES, Model, f, g2, kappa, m, mu, n, random_term, s, u, v, w, x, y, z

REALS = (Fraction(-1), Fraction(0), Fraction(1, 2), Fraction(2))
SAMPLE = {"X": STATES, "nat": (0, 1, 2, 3), "real": REALS}
"""What a quantifier ranges over here: every state, small numbers, four reals."""


class Meaning(Model):
    """Adds defined functions (computed from Python), formulas, and values of variables that can be set."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.defined: dict = {}

    def set(self, variable: Node, to) -> None:
        name = variable.symbol.name
        next(table for table in (self.reals, self.nats, self.states) if name in table)[name] = to

    def at(self, variables, values, node: Node):
        """The value of a closed term where the variables have these values."""
        kept = dict(self.reals), dict(self.nats), dict(self.states)
        for variable, to in zip(variables, values, strict=True):
            self.set(variable, to)
        try:
            return self.value(node)
        finally:
            self.reals, self.nats, self.states = kept

    def value(self, node: Node, bound: tuple = ()):
        if node.op == "f" and node.symbol.name in self.defined:
            return self.defined[node.symbol.name](*(self.value(kid, bound) for kid in node.kids))
        return super().value(node, bound)

    def holds(self, formula: Node, bound: tuple = ()) -> bool:
        op, kids = formula.op, formula.kids
        if op == "all":
            return all(self.holds(kids[0], (*bound, a)) for a in SAMPLE[formula.bound])
        if op == "=>":
            return not self.holds(kids[0], bound) or self.holds(kids[1], bound)
        if op == "and":
            return self.holds(kids[0], bound) and self.holds(kids[1], bound)
        left, right = (self.value(kid, bound) for kid in kids)
        return {"=": left == right, "<=": left <= right, "<": left < right}[op]


D = {
    "u": fn("d", "X -> real"),
    "x": fn("d", "real -> real"),
    "nu": fn("d", "nat X -> real"),
    "n": fn("d", "nat -> real"),
}
VARIABLES = {"u": u, "x": x, "n": n}
OPEN = (u, v, x, y, n, m)
OTHER = {f(u): g2(u, u) + 1, s(n): 2 * s(n) - 1, g2(u, v): f(u) * f(v)}


def drawn(draw: random.Random, depth: int) -> Node:
    return random_term(draw, depth, [x, y, z], [u, v], [n, m])


def misused(fact, model: Meaning) -> int:
    """Generalises every open variable and puts other functions in: what the kernel lets pass must hold. How often it let pass."""
    passed = 0
    for variable in OPEN:
        try:
            wider = fact.gen(variable)
        except ProofError:
            continue
        passed += 1
        assert model.holds(wider.concl), f"{fact} was generalised over {variable!r}"
    for here, other in OTHER.items():
        try:
            changed = fact.inst((here, other))
        except ProofError:
            continue
        passed += 1
        assert model.holds(changed.concl), f"{other!r} was put for {here!r} in {fact}"
    return passed


def test_a_defined_function_is_the_one_that_its_equation_says():
    counts: Counter[str] = Counter()
    for seed in range(effort(1500, sample=60)):
        draw, model, p = random.Random(seed), Meaning(seed), Proof("test", Library({}))
        places = draw.choice(list(D))
        params = [VARIABLES[name] for name in places]
        left = D[places](*params)
        right = drawn(draw, draw.randint(0, 3))
        circular = draw.random() < 0.2
        if circular:
            right = right + left * draw.choice([num(1), y])
        try:
            fact = p.step("define", [], [left, right])
        except ProofError:
            assert circular
            counts["refused"] += 1
            continue
        assert not circular, f"{left!r} = {right!r} has no solution in general"
        model.defined["d"] = lambda *values, model=model, params=params, right=right: model.at(params, values, right)
        try:
            assert model.holds(fact.concl), fact
            counts["passed"] += misused(fact, model)
        except OverflowError:
            continue
        with pytest.raises(ProofError, match="already defined"):
            p.step("define", [], [left, num(0)])
        counts["accepted"] += 1
    assert min(counts[name] for name in ("refused", "accepted", "passed")) >= effort(200, sample=6), counts


def test_a_recursive_function_is_the_one_that_its_equations_say():
    counts: Counter[str] = Counter()
    for seed in range(effort(1500, sample=60)):
        draw, model, p = random.Random(seed), Meaning(seed), Proof("test", Library({}))
        params = [n] if draw.random() < 0.5 else [n, u]
        d = D["n"] if len(params) == 1 else D["nu"]
        left, rest = d(*params), params[1:]
        base = drawn(draw, draw.randint(0, 2))
        step = drawn(draw, draw.randint(0, 1)) + y * d(n, *(draw.choice([u, v]) for _ in rest))
        fault = draw.choice(["", "", "", "ahead", "elsewhere", "base"])
        if fault == "ahead":
            step = step + d(n + 1, *rest)
        elif fault == "elsewhere":
            step = step * d(m, *rest)
        elif fault == "base":
            base = base + d(num(0), *rest)
        fault = fault or ("base" if n.symbol in base.free else "")  # the base is at n = 0 and may not speak of n
        try:
            fact = p.step("define_rec", [], [left, base, step])
        except ProofError:
            assert fault
            counts["refused"] += 1
            continue
        assert not fault, f"{fault}: {left!r} from {base!r} and {step!r}"

        def value(count, *values, model=model, rest=rest, base=base, step=step):
            if count == 0:
                return model.at(rest, values, base)
            return model.at((n, *rest), (count - 1, *values), step)

        model.defined["d"] = value
        try:
            assert model.holds(fact.concl), fact
            counts["passed"] += misused(fact, model)
        except OverflowError:
            continue
        counts["accepted"] += 1
    assert min(counts[name] for name in ("refused", "accepted", "passed")) >= effort(200, sample=6), counts


def test_a_defined_measure_is_a_probability():
    """Sums of values at points and means, with random weights: accepted only where the weights are non-negative and sum to one."""
    at_hand = fn("_f", "X -> real")
    counts: Counter[str] = Counter()
    for seed in range(effort(1000, sample=50)):
        draw, model, p = random.Random(seed), Meaning(seed), Proof("test", Library({}))
        raw = [draw.randint(-1, 4) for _ in range(4)]
        scale = sum(raw) if sum(raw) and draw.random() < 0.8 else 4
        weights = [Fraction(r, scale) for r in raw]

        def right(function, weights=weights):
            means = [function(u), function(v), E(mu, w, function(w)), E(kappa(u), w, function(w))]
            return sum((c * mean for c, mean in zip(weights[1:], means[1:], strict=True)), weights[0] * means[0])

        def positive(given, p=p, weights=weights, right=right):
            nothing = [E(mu, w, num(0)), E(kappa(u), w, num(0))]
            means = [p.mono(given, o, E(head, w, at_hand(w))) for head, o in zip((mu, kappa(u)), nothing, strict=True)]
            facts = [given.spec(u), given.spec(v), *means]
            shown = [(abs(c), [fact], []) for c, fact in zip(weights, facts, strict=True) if c]
            return p.certificate(le(0, right(at_hand)), products=shown)

        sound = sum(weights) == 1 and min(weights) >= 0
        try:
            fact, _ = p.define_measure(measure("law", "", "X"), w, right, positive)
        except ProofError:
            assert not sound, weights
            counts["refused"] += 1
            continue
        assert sound, f"weights {weights} were taken for a probability"
        assert not fact.hyps and fact.sides[0].op == "E"
        given, law = model.f, {}
        for a in STATES:
            model.f = {b: Fraction(a == b) for b in STATES}
            law[a] = model.value(right(f))
        model.f = given
        assert min(law.values()) >= 0 and sum(law.values()) == 1
        assert model.value(right(f)) == sum(q * given[a] for a, q in law.items())
        counts["accepted"] += 1
    assert min(counts.values()) >= effort(100, sample=5) and len(counts) == 2, counts


X = sympy.Symbol("x")


def in_x(node: Node, model: Meaning):
    """A term as a rational function of x in sympy; 1/0 is 0, as the kernel has it."""
    if x.symbol not in node.free:
        return sympy.Rational(str(model.value(node)))
    kids = [in_x(kid, model) for kid in node.kids]
    if node.op == "inv":
        kid = sympy.cancel(kids[0])
        return 1 / kid if kid else sympy.Integer(0)
    return {
        "f": lambda: X,
        "+": lambda: sympy.Add(*kids),
        "*": lambda: sympy.Mul(*kids),
        "^": lambda: kids[0] ** kids[1],
    }[node.op]()


def sign_on(term: Node, low, high, model: Meaning, *, strict: bool) -> bool:
    """Whether a rational function of x is positive (or not negative) on [low, high], by Sturm sequences."""
    top, bottom = sympy.fraction(sympy.cancel(sympy.together(in_x(term, model))))
    if bottom.has(X) and sympy.Poly(bottom, X).count_roots(low, high):
        return False
    p = sympy.Poly(top * bottom, X)
    if p.is_zero:
        return not strict
    ends = [p.eval(low), p.eval(high)]
    if strict:
        return p.count_roots(low, high) == 0 and ends[0] > 0
    odd = sympy.Poly(1, X)
    for factor, times in p.sqf_list()[1]:
        odd = odd * factor if times % 2 else odd
    inside = odd.count_roots(low, high) - sum(odd.eval(end) == 0 for end in {low, high})
    samples = [p.eval(low + (high - low) * sympy.Rational(i, 7)) for i in range(8)]
    return inside == 0 and min(samples) >= 0


def test_what_increases_by_the_kernel_s_derivative_increases():
    """Its premises are assumed; where they hold, as Sturm decides, the function is nowhere below its value at the lower end."""
    counts: Counter[str] = Counter()
    for seed in range(effort(1200, sample=60)):
        draw, p = random.Random(seed), Proof("test", Library({}))

        def grow(depth: int, draw=draw) -> Node:
            if depth == 0:
                return draw.choice([x, x, y, num(draw.randint(-2, 3))])
            a, b = grow(depth - 1), grow(depth - 1)
            return draw.choice([a + b, a * b, a - b, 1 / a, a**2, a**3, a / (b + 2)])

        term = grow(draw.randint(1, 2))
        low = Fraction(draw.randint(-2, 2))
        high = low + Fraction(draw.randint(1, 4), 2)
        side: set[Node] = set()
        slope = derivative(term, x, side)

        def on_interval(formula: Node, low=low, high=high) -> Node:
            return all_of(x, implies(le(num(low), x), implies(le(x, num(high)), formula)))

        premises = [p.assume(on_interval(le(0, slope))), *(p.assume(on_interval(lt(0, t))) for t in side)]
        fact = p.step("increasing", premises, [x, term, num(low), num(high)])
        if side:
            with pytest.raises(ProofError, match="positivity premise"):
                p.step("increasing", premises[:1], [x, term, num(low), num(high)])
        model = Meaning(seed)
        ends = sympy.Rational(str(low)), sympy.Rational(str(high))
        if not all(sign_on(t, *ends, model, strict=True) for t in side):
            counts["a denominator has no sign"] += 1
            continue
        if not sign_on(slope, *ends, model, strict=False):
            counts["not rising"] += 1
            continue
        first = model.at([x], [low], term)
        for i in range(33):
            here = low + (high - low) * Fraction(i, 32)
            assert first <= model.at([x], [here], term), f"{fact} at x = {here}, y = {model.reals['y']}"
        counts["rising"] += 1
    assert (
        counts["rising"] >= effort(250, sample=12) and counts["not rising"] and counts["a denominator has no sign"]
    ), counts


def test_the_evaluator_refutes_what_is_wrong():
    """The same checks on equations that nobody accepted: a wrong right side, a variable generalised that the definition rests on."""
    model = Meaning(3)
    model.defined["d"] = lambda a: model.at([u], [a], f(u) + y)
    said = all_of(u, eq(D["u"](u), f(u) + y))
    assert model.holds(said)
    assert not model.holds(all_of(u, eq(D["u"](u), f(u) + y + 1)))
    assert not model.holds(all_of(y, said))
