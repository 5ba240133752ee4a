"""The trusted arithmetic and the rules for expectations against their meaning: random terms, evaluated in exact finite models.

The evaluator below is written from the conventions in the kernel's trust statement (1/0 = 0, x^0 = 1, empty sums) and works on
de Bruijn terms directly; it shares no code with the normal form.
"""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from math import prod

import pytest

from proofs.derive.library import Library
from proofs.derive.proof import Proof
from proofs.kernel import Node, ProofError, mk
from proofs.kernel.arithmetic import add, cleared, derivative, normal_form, reify
from proofs.language.terms import (
    E,
    at,
    draws,
    element,
    exp,
    finite_set,
    fn,
    le,
    log,
    measure,
    nat,
    num,
    product,
    real,
    sqrt,
    total,
)

STATES = (0, 1, 2)
x, y, z = real("x y z")
n, m, k = nat("n m k")
u, v, w = element("X", "u v w")
f, g2, h, s = fn("f", "X -> real"), fn("g2", "X X -> real"), fn("h", "real -> real"), fn("s", "nat -> real")
mu, kappa, A = measure("mu", "", "X"), measure("kappa", "X", "X"), finite_set("A", "", "X")


class Model:
    """Random exact values for the symbols above."""

    def __init__(self, seed: int):
        draw = random.Random(seed)

        def number() -> Fraction:
            return Fraction(draw.randint(-3, 3), draw.randint(1, 3))

        self.reals = {name: number() for name in "xyz"}
        self.nats = {name: draw.randint(0, 3) for name in "nmk"}
        self.states = {name: draw.choice(STATES) for name in "uvw"}
        self.f = {a: number() for a in STATES}
        self.g2 = {(a, b): number() for a in STATES for b in STATES}
        self.s = {i: number() for i in range(40)}
        self.rows = {key: self._law(draw) for key in ("mu", *STATES)}
        self.weights = {a: Fraction(draw.randint(0, 3)) for a in STATES}

    @staticmethod
    def _law(draw: random.Random) -> dict[int, Fraction]:
        raw = {a: draw.randint(0, 3) for a in STATES}
        raw[draw.choice(STATES)] += 1
        return {a: Fraction(r, sum(raw.values())) for a, r in raw.items()}

    def law(self, name: str, params: list) -> dict:
        return self.weights if name == "A" else self.rows["mu"] if name == "mu" else self.rows[params[0]]

    def value(self, node: Node, bound: tuple = ()):
        op, kids = node.op, node.kids
        if op == "q":
            return node.value
        if op == "b":
            return bound[-1 - node.index]
        if op == "f":
            name, args = node.symbol.name, [self.value(kid, bound) for kid in kids]
            if name == "at":
                return args[0][int(args[1])] if args[1] < len(args[0]) else STATES[0]
            if not args:
                return {**self.reals, **self.nats, **self.states}[name]
            return {
                "f": lambda a: self.f[a],
                "g2": lambda a, b: self.g2[a, b],
                "s": lambda i: self.s[int(i)],
                "h": lambda r: r * r + 1,
            }[name](*args)
        if op in ("sum", "prod"):
            values = [self.value(kids[1], (*bound, i)) for i in range(int(self.value(kids[0], bound)))]
            return sum(values, Fraction(0)) if op == "sum" else prod(values, start=Fraction(1))
        if op in ("E", "S", "I"):
            params = [self.value(kid, bound) for kid in kids[:-1]]
            law = self.law(node.symbol.name, params[op == "I" :])
            if op != "I":
                return sum((p * self.value(kids[-1], (*bound, a)) for a, p in law.items()), Fraction(0))
            clouds = itertools.product(law.items(), repeat=int(params[0]))
            return sum(
                (
                    prod((p for _, p in c), start=Fraction(1)) * self.value(kids[-1], (*bound, tuple(a for a, _ in c)))
                    for c in clouds
                ),
                Fraction(0),
            )
        values = [self.value(kid, bound) for kid in kids]
        if op == "+":
            return sum(values, Fraction(0))
        if op == "*":
            return prod(values, start=Fraction(1))
        if op == "inv":
            return 1 / Fraction(values[0]) if values[0] else Fraction(0)
        assert op == "^"
        return Fraction(values[0]) ** int(values[1])


def random_term(draw: random.Random, depth: int, numbers: list, states: list, nats: list) -> Node:
    """A random real term over the symbols, with binders nested."""

    def real_term(d: int = depth - 1) -> Node:
        return random_term(draw, d, numbers, states, nats)

    def nat_term() -> Node:
        a = draw.choice(nats)
        return draw.choice([a, a + 1, a + draw.choice(nats), 2 * a, num(draw.randint(0, 2)), a * draw.choice(nats)])

    if depth == 0:
        return draw.choice(
            [
                *numbers,
                num(Fraction(draw.randint(-2, 2), draw.randint(1, 2))),
                f(draw.choice(states)),
                g2(draw.choice(states), draw.choice(states)),
                s(draw.choice(nats)),
                draw.choice(nats),
            ]
        )
    kind = draw.choice(["+", "+", "*", "*", "-", "inv", "^", "h", "E", "K", "S", "sum", "prod"])
    if kind in "+*-":
        a, b = real_term(), real_term()
        return a + b if kind == "+" else a * b if kind == "*" else a - b
    if kind == "inv":
        return mk("inv", None, (real_term(),))
    if kind == "^":
        return real_term() ** nat_term()
    if kind == "h":
        return h(real_term())
    if kind in ("sum", "prod"):
        i = nat(f"i{depth}")
        count = draw.choice([*nats, nats[0] + 1, num(2), 2 * nats[0]])
        return (total if kind == "sum" else product)(
            count, i, random_term(draw, depth - 1, numbers, states, [*nats, i])
        )
    state = element("X", f"a{depth}")
    head = {"E": mu, "K": kappa(draw.choice(states)), "S": A}[kind]
    return E(head, state, random_term(draw, depth - 1, numbers, [*states, state], nats))


@pytest.mark.by_turn
@pytest.mark.parametrize("block", range(20))
def test_the_normal_form_keeps_the_value(block):
    draw = random.Random(block)
    checked = 0
    while checked < 40:
        term = random_term(draw, draw.randint(1, 4), [x, y, z], [u, v], [n, m])
        normal = reify(normal_form(term))
        for seed in range(3):
            model = Model(1000 * block + seed)
            try:
                assert model.value(term) == model.value(normal), f"{term!r}  against  {normal!r}"
            except (OverflowError, KeyError):
                continue
        checked += 1


@pytest.mark.by_turn
@pytest.mark.parametrize("block", range(10))
def test_terms_with_one_normal_form_have_one_value(block):
    """Random pairs that differ by ring laws must be recognised; clearing a denominator keeps a non-zero value non-zero."""
    draw = random.Random(block)
    for _ in range(25):
        a, b, c = (random_term(draw, 2, [x, y, z], [u, v], [n, m]) for _ in range(3))
        assert normal_form((a + b) * c) == normal_form(c * b + a * c)
        d = draw.choice([x, x + y, 2 * x - 3 * z, x * y, (x + 1) ** n, x**2])
        model = Model(block)
        if model.value(d) == 0:
            continue
        p = normal_form(a / d + b * c / (d * d) + c)
        try:
            [result] = cleared([p], d)
        except ProofError:
            continue
        assert (model.value(reify(result)) == 0) == (model.value(reify(p)) == 0)
        assert cleared([add(normal_form(a * d / d), normal_form(a), Fraction(-1))], d) == [{}]


@pytest.mark.by_turn
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", range(4))
def test_iid_rules_against_enumeration(seed, size):
    p, model = Proof("test", Library({})), Model(seed)
    count = num(size)
    i = nat("i")
    facts = [
        p.step("iid_sum", [], [E(kappa(w), u, f(u) * x), count]),
        p.step("iid_pair", [], [E(kappa(w), u, E(kappa(w), v, g2(u, v))), count]),
        p.step("iid_pair", [], [E(mu, u, E(mu, v, f(u) * g2(v, u) + f(w))), count]),
        p.step("iid_prod", [], [E(mu, u, f(u) + s(i)), count, i]),
        p.step("iid_swap", [], [E(mu, u, E(mu, v, g2(u, v) * z + f(v) * z**2)), count, z, E(mu, u, f(u))]),
        p.step(
            "iid_swap", [], [E(kappa(w), u, E(kappa(w), v, g2(u, v) / (z + 2))), count, z, E(kappa(w), u, f(u) ** 2)]
        ),
    ]
    for fact in facts:
        left, right = fact.sides
        assert model.value(left) == model.value(right), fact


@pytest.mark.parametrize("seed", range(8))
def test_fubini_against_enumeration(seed):
    p, model = Proof("test", Library({})), Model(seed)
    c = element("X*", "c")
    for term in (
        E(mu, u, E(A, v, g2(u, v))),
        E(kappa(w), u, total(n, k, s(k) * f(u))),
        total(n, k, E(mu, u, s(k) + f(u))),
        E(draws(2, mu), c, E(A, u, g2(at(c, 0), u))),
    ):
        left, right = p.step("fubini", [], [term]).sides
        assert left is term and model.value(left) == model.value(right)


@pytest.mark.parametrize("seed", range(10))
def test_mono_against_enumeration(seed):
    """The conclusion of `mono` holds in every model of its premise; with a null function the premise is needed only on the support."""
    p, model = Proof("test", Library({})), Model(seed)
    for head in (mu, kappa(w), A):
        left, right = E(head, u, f(u)), E(head, u, f(u) + g2(u, u) ** 2)
        fact = p.mono(p.certificate(le(f(u), f(u) + g2(u, u) ** 2), products=[(1, [], [g2(u, u)])]).gen(u), left, right)
        assert model.value(fact.sides[0]) <= model.value(fact.sides[1])


def to_sympy(node: Node):
    import sympy

    kids = [to_sympy(kid) for kid in node.kids]
    if node.op == "q":
        return sympy.Rational(node.value.numerator, node.value.denominator)
    if node.op == "f":
        return getattr(sympy, node.symbol.name)(*kids) if kids else sympy.Symbol(node.symbol.name, positive=True)
    return {
        "+": lambda: sympy.Add(*kids),
        "*": lambda: sympy.Mul(*kids),
        "inv": lambda: 1 / kids[0],
        "^": lambda: kids[0] ** kids[1],
    }[node.op]()


@pytest.mark.parametrize("seed", range(30))
def test_derivatives_against_sympy(seed):
    """A second opinion on the kernel's derivative, at a rational point to 40 digits."""
    import sympy

    draw = random.Random(seed)

    def grow(depth: int) -> Node:
        if depth == 0:
            return draw.choice([x, x, y, num(draw.randint(1, 3))])
        a, b = grow(depth - 1), grow(depth - 1)
        return draw.choice(
            [
                a + b,
                a * b,
                a * b + 1,
                1 / (a + 1),
                a ** draw.randint(1, 3),
                exp(a / 8),
                log(a + 2),
                sqrt(a + 1),
                (a + 1) ** (n + 2),
            ]
        )

    term = grow(3)
    side: set[Node] = set()
    point = {"x": sympy.Rational(3, 7), "y": sympy.Rational(5, 4), "n": 2}
    ours = to_sympy(derivative(term, x, side)).subs(
        {sympy.Symbol(name, positive=True): value for name, value in point.items()}
    )
    theirs = sympy.diff(to_sympy(term), sympy.Symbol("x", positive=True)).subs(
        {sympy.Symbol(name, positive=True): v for name, v in point.items()}
    )
    assert abs((ours - theirs).evalf(40)) < sympy.Rational(1, 10**30) * (1 + abs(theirs.evalf(40)))
