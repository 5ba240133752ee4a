"""One self-normalised average over a cloud: shared by the one-step lemmas of S3, S4 and S13.

For N independent draws c_1..c_N of mu, R = sum_i k(c_i) / sum_i h(c_i) estimates mu(k)/mu(h), biased at the order 1/N.
Reachability: z >= 0 vanishes mu-almost surely, and nothing is assumed about points where z > 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Entry,
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    symbols,
    total,
)
from proofs.registry import lemma
from proofs.theory.model import Vocabulary

averages = Vocabulary(
    {"nat": "N i j", "real": "a b", "~ Y": "mu", "Y": "y", "Y*": "c", "Y -> real": "h k z"},
)
N, i, j, a, b, mu, y, c, h, k, z = averages.symbols("N i j a b mu y c h k z")
mass, mean_k = Expect(mu, y, h(y)), Expect(mu, y, k(y))
ratio = mean_k / mass


def over(g: Callable[[Any], Any]) -> Any:
    """sum_{i<N} g(c_i)."""
    return total(N, i, g(Entry(c, i)))


def almost(*parts: Any) -> Any:
    """The parts where z = 0: forall y. z(y) = 0 => ..."""
    return ForAll(y, Implication(Eq(z(y), 0), parts[0] if len(parts) == 1 else Both(*parts)))


class Draws:
    """N > 0 independent draws of mu, and 0 <= k <= h almost surely; z = 0 almost surely, at a point and at all entries of the cloud."""

    def __init__(self, d: Derivation) -> None:
        self.d = d
        nonneg, never, self.tested, _ = d.given(
            ForAll(y, 0 <= z(y)), Eq(Expect(mu, y, z(y)), 0), almost(0 <= k(y), k(y) <= h(y)), 0 < N
        )
        self.point = d.surely(mu, y, z(y), nonneg, never)
        with d.below(i, N) as inside:
            sums = inside.sum(nonneg(Entry(c, i)))
        positive = d.gen(d.prove(0 <= over(z), sums), c)
        zero = d.prove(Eq(self.mean(over(z)), 0), d.iid_sum(mu, y, z(y), N), never)  # E sum_i z(c_i) = N mu(z) = 0
        self.cloud = d.surely(mu.draws(N), c, over(z), positive, zero)

    def mean(self, answer: Any) -> Any:
        """The expectation over the cloud."""
        return Expect(mu.draws(N), c, answer)

    def average(self, line: Line) -> Line:
        """mu(f) <= mu(g) from f(y) <= g(y) where z(y) = 0."""
        return self.point.average(line)

    def clean(self) -> Line:
        """forall i. i < N => z(c_i) = 0, where the cloud is supposed to be good."""
        return self.d.use("terms_vanish", {function("f", "nat -> real")(j): z(Entry(c, j))})(N)

    def summed(self, line: Line) -> Line:
        """sum_i f(c_i) <= sum_i g(c_i) from f <= g almost surely, where the cloud is supposed to be good."""
        clean = self.clean()
        with self.d.below(i, N) as inside:
            self.d.know(clean(i))
            return inside.sum(line(Entry(c, i)))


def within(d: Derivation, value: Any, bound: Any, square: Line) -> tuple[Line, Line]:
    """value <= bound and -value <= bound from value^2 <= bound^2 and 0 <= bound."""
    d.know(square)
    below = d.use("square_below")
    return below(value, bound), below(-value, bound)


def cauchy_schwarz(d: Derivation, law: Law, at: Any, f: Any, g: Any) -> Line:
    """(E f g)^2 <= E f^2 E g^2 under any law."""
    sort = at.sort
    first, second = function("f", f"{sort} -> real"), function("g", f"{sort} -> real")
    A = Law("A", "", sort, kind="S")
    values = {Expect(A, at, 0): Expect(law, at, 0), first(at): f, second(at): g}
    return d.use("cauchy_schwarz", values, {"Y": sort} if sort != "Y" else None)


@lemma(
    "centred_second_moment",
    title="second moment of h (F - r) when r = mu(h F)/mu(h)",
    words="If 0 <= k <= h <= b almost surely then mu((k - r h)^2) <= b mu(h) / 4 for r = mu(k)/mu(h).",
)
@in_sympy("centred_second_moment")
def centred_second_moment(d: Derivation) -> Line:
    """b (k (1-r)^2 + r^2 (h-k)) - (k - r h)^2 = (b - h)(k (1-r)^2 + r^2 (h-k)) + k (h-k), with mean b mu(h) (r - r^2)."""
    nonneg, never, inside, top, _, _ = d.given(
        ForAll(y, 0 <= z(y)),
        Eq(Expect(mu, y, z(y)), 0),
        almost(0 <= k(y), k(y) <= h(y)),
        almost(h(y) <= b),
        0 < mass,
        0 <= b,
    )
    (r,) = symbols("r")
    square, mixed = (k(y) - r * h(y)) ** 2, k(y) * (1 - r) ** 2 + r**2 * (h(y) - k(y))
    with d.surely(mu, y, z(y), nonneg, never) as here:
        low, high = inside(y)[0], inside(y)[1]
        parts = d.prove(0 <= k(y) * (1 - r) ** 2, low), d.prove(0 <= r**2 * (h(y) - k(y)), high)
        first = d.prove(0 <= (b - h(y)) * mixed, top(y), d.prove(0 <= mixed, *parts))
        line = d.prove(square <= b * mixed, first, d.prove(0 <= k(y) * (h(y) - k(y)), low, high))
    mean = d.gen(here.average(line), r)(ratio)
    worst = d.gen(d.maximum(r * (1 - r), r), r)(ratio)  # 1/4, at r = 1/2
    return d.prove(Expect(mu, y, square.subs(r, ratio)) <= b * mass / 4, mean, worst)


class Spread:
    """The variance of h: mu(h^2) - mu(h)^2 >= 0, and E (sum_i (h(c_i) - mu(h)))^2 = N times it."""

    def __init__(self, d: Derivation) -> None:
        f, g = function("f", "Y -> real"), function("g", "Y -> real")
        self.value = Expect(mu, y, h(y) ** 2) - mass**2
        self.nonneg = d.prove(0 <= self.value, d.use("mean_square", {f(y): h(y)}))
        d.know(d.prove(Eq(Expect(mu, y, h(y) - mass), 0)))
        self.cloud = d.use("iid_mean_square", {g(y): h(y) - mass})


@lemma(
    "bhatia_davis",
    title="second moment from the range",
    words="If a <= h <= b almost surely then mu(h^2) <= (a + b) mu(h) - a b: the mean of (b - h)(h - a) >= 0.",
)
@in_sympy("bhatia_davis")
def bhatia_davis(d: Derivation) -> Line:
    nonneg, never, within = d.given(ForAll(y, 0 <= z(y)), Eq(Expect(mu, y, z(y)), 0), almost(a <= h(y), h(y) <= b))
    with d.surely(mu, y, z(y), nonneg, never) as here:
        apart = d.prove(0 <= (b - h(y)) * (h(y) - a), within(y)[0], within(y)[1])
    return d.prove(Expect(mu, y, h(y) ** 2) <= (a + b) * mass - a * b, here.average(apart))
