"""Means of convex quartics of an average of draws: what S11.fourth needs of a particle filter.

Phi(u) = 6 k2 u^2 - 4 k3 u^3 + k4 u^4 is convex where 0 <= k2, k4 and k3^2 <= k2 k4.  Among the draws h of mean H with 0 <= h <= b H the
mean of Phi over the average of N of them is largest where h is 0 or b H, that is for H times B = (b/N) Bin(N, 1/b): as a function of one
draw it is below its chord.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Element,
    Entry,
    Expect,
    ForAll,
    function,
    relation,
    symbols,
    total,
)
from proofs.lemmas.self_normalised import almost, averages
from proofs.registry import lemma

N, i, b, mu, y, c, h, z = averages.symbols("N i b mu y c h z")
a, x, k2, k3, k4 = symbols("a x k2 k3 k4")
s, u, v = symbols("s u v")
e, f = Element("e", "Y"), Element("f", "Y")
g = function("g", "Y -> real")
mass = Expect(mu, y, h(y))
convex = relation("<=", 0, k2), relation("<=", 0, k4), k3**2 <= k2 * k4
"""Phi is convex."""


def phi(*moments: Any) -> Any:
    """6 k2 m_2 - 4 k3 m_3 + k4 m_4."""
    return 6 * k2 * moments[0] - 4 * k3 * moments[1] + k4 * moments[2]


def powers(u: Any) -> tuple[Any, ...]:
    """u^2, u^3, u^4."""
    return tuple(u**j for j in (2, 3, 4))


def averaged(mean: Any, *central: Any) -> tuple[Any, ...]:
    """The moments 2, 3, 4 of the average of N draws, from the mean and the central moments of one."""
    two, three, four = central[0] / N, central[1] / N**2, central[2] / N**3 + 3 * (N - 1) * central[0] ** 2 / N**3
    return mean**2 + two, mean**3 + 3 * mean * two + three, mean**4 + 6 * mean**2 * two + 4 * mean * three + four


def largest(top: Any) -> tuple[Any, ...]:
    """The moments 2, 3, 4 of B = (b/N) Bin(N, 1/b), which are (b/N)^j E Bin^j: those of N draws that are b with probability 1/b, else 0."""
    return averaged(1, top - 1, (top - 1) * (top - 2), (top - 1) * (top**2 - 3 * top + 3))


# ---------------------------------------------------------------------------------------------------- moments of sums
def mean(value: Any) -> Any:
    """The expectation over N draws c."""
    return Expect(mu.draws(N), c, value)


def moved(d: Derivation, power: int) -> Line:
    """E sum_i g(c_i) S^power = E sum_i E_v g(v) (S + g(v) - g(c_i))^power: c_i changes places with one more draw."""
    return d.iid_swap(mu, e, f, g(e) * s**power, N, s, (y, g(y)))


@lemma(
    "iid_third_fourth",
    title="third and fourth moment of the sum of a centred function over a cloud",
    words="For N independent draws of mu and mu(g) = 0: E (sum_i g(c_i))^3 = N mu(g^3) and E (sum_i g(c_i))^4 = N mu(g^4) + "
    "3 N (N-1) mu(g^2)^2.",
)
@in_sympy("iid_third_fourth")
def iid_third_fourth(d: Derivation) -> Line:
    centred = d.given(Eq(Expect(mu, y, g(y)), 0))
    own = [d.iid_sum(mu, y, g(y) ** j, N) for j in (1, 2, 3)]
    pairs = [d.iid_pair(mu, e, f, g(e) * g(f) ** j, N) for j in (1, 2)]
    S = total(N, i, g(Entry(c, i)))
    m2, m3, m4 = (Expect(mu, y, g(y) ** j) for j in (2, 3, 4))
    third = d.prove(Eq(mean(S**3), N * m3), moved(d, 2), *own, *pairs, centred)
    fourth = d.prove(Eq(mean(S**4), N * m4 + 3 * N * (N - 1) * m2**2), moved(d, 3), *own, *pairs, centred)
    return d.both(third, fourth)


# ---------------------------------------------------------------------------------------------------- one draw
@lemma(
    "convex_curvature",
    title="the second derivative of a convex quartic, over 12",
    words="0 <= k2 - 2 k3 u + k4 u^2 where 0 <= k2, k4 and k3^2 <= k2 k4.",
)
@in_sympy("convex_curvature")
def convex_curvature(d: Derivation) -> Line:
    """(2 k3 u)^2 <= 4 k2 k4 u^2 <= (k2 + k4 u^2)^2."""
    with d.suppose(*convex) as here:
        flat = d.times_square(here[2], 2 * u)
        apart = d.prove(relation("<=", 0, (k2 - k4 * u**2) ** 2))
        d.know(d.prove((2 * k3 * u) ** 2 <= (k2 + k4 * u**2) ** 2, flat, apart))
        d.know(d.prove(0 <= k2 + k4 * u**2, here[0], d.times_square(here[1], u)))
        line = d.use("square_below")(2 * k3 * u, k2 + k4 * u**2)
        line = d.prove(0 <= k2 - 2 * k3 * u + k4 * u**2, line)
    return here.then(line, k2, k3, k4, u)


def curvature(*at: Any) -> Any:
    """The second divided difference of Phi at three points: 6 k2 - 4 k3 (their sum) + k4 (their products of degree 2)."""
    pairs = sum(at[j] * at[k] for j in range(3) for k in range(j, 3))
    return 6 * k2 - 4 * k3 * sum(at) + k4 * pairs


@lemma(
    "quartic_below_chord",
    title="a convex quartic lies below its chord",
    words="For u <= x <= v the chord of Phi between u and v is above Phi(x), by (x - u)(v - x) times the second divided difference.",
)
@in_sympy("quartic_below_chord")
def quartic_below_chord(d: Derivation) -> Line:
    """The second divided difference is at least Phi''/2 at the mean of the points: the rest is k4/6 times squares of their differences."""
    at = u, x, v
    with d.suppose(*convex, u <= x, x <= v) as here:
        bent = d.use("convex_curvature")(k2, k3, k4, sum(at) / 3)
        apart = [d.times_square(here[1], p - q) for p, q in ((u, x), (u, v), (x, v))]
        curve = d.prove(0 <= curvature(*at), bent, *apart)
        room = d.prove(0 <= (x - u) * (v - x), here[3], here[4])
        with d.suppose(0 <= a, 0 <= b) as both:
            times = both.then(d.prove(0 <= a * b), a, b)
        d.know(curve), d.know(room)
        line = times(room.rhs, curve.rhs)
    return here.then(line, k2, k3, k4, u, x, v)


# ---------------------------------------------------------------------------------------------------- one average
@lemma(
    "quartic_of_average",
    title="the mean of a convex quartic over the average of draws",
    words="For 0 <= h <= b mu(h) almost surely and Y the average of N draws of h: E Phi(Y) <= E Phi(mu(h) B), B = (b/N) Bin(N, 1/b).",
)
@in_sympy("quartic_of_average")
def quartic_of_average(d: Derivation) -> Line:
    nonneg, never, between, many = d.given(
        ForAll(y, 0 <= z(y)), Eq(Expect(mu, y, z(y)), 0), almost(0 <= h(y), h(y) <= b * mass), 0 < N
    )
    d.know(d.prove(relation("<=", 0, N - 1), d.nat_step(many)))
    two, three, four = (Expect(mu, y, (h(y) - mass) ** j) for j in (2, 3, 4))
    sum_of, most = total(N, i, h(Entry(c, i))), (b - 1) * mass**2
    # one draw: the chord, and the spread
    with d.suppose(*convex) as here:
        with d.surely(mu, y, z(y), nonneg, never) as point:
            low, high = between(y)[0], between(y)[1]
            ends = mass - mass / N, mass + (h(y) - mass) / N, mass + (b * mass - mass) / N
            for claim, why in ((ends[0] <= ends[1], low), (ends[1] <= ends[2], high)):
                d.know(d.prove(claim, why))
            under_chord = point.average(d.use("quartic_below_chord")(k2, k3, k4, *ends))
            room = point.average(d.prove(0 <= h(y) * (b * mass - h(y)), low, high))
        positive = d.expect(mu, y, d.prove(relation("<=", 0, (h(y) - mass) ** 2)))
        for line in (d.prove(relation("<=", 0, two), positive), d.prove(two <= most, room)):
            d.know(line)
        with d.suppose(0 <= a, a <= x) as both:
            longer = both.then(d.prove(a**2 <= x**2, d.prove(0 <= (x - a) * (x + a), both[0], both[1])), a, x)
        squares = longer(two, most)
        squares = d.prove(0 <= k4 * (most**2 - two**2), here[1], squares)
        bare = phi(*averaged(mass, two, three, four)) <= phi(
            *(p * q for p, q in zip(powers(mass), largest(b), strict=True))
        )
        line = d.prove(
            bare,
            d.prove(0 <= N * under_chord.rhs, under_chord),
            d.prove(0 <= 3 * (N - 1) / N**3 * squares.rhs, squares),
        )
        # the average
        centred = d.use("iid_third_fourth", {g(y): h(y) - mass})
        one, pair = d.iid_sum(mu, y, h(y), N), d.iid_pair(mu, e, f, h(e) * h(f), N)
        second, third, fourth = averaged(mass, two, three, four)
        own = tuple(mean((sum_of / N) ** j) for j in (2, 3, 4))
        equations = [d.prove(Eq(own[0], second), pair)]
        equations.append(d.prove(Eq(own[1], third), centred[0], equations[0], one))
        equations.append(d.prove(Eq(own[2], fourth), centred[1], equations[1], equations[0], one))
        line = d.put(line, lambda *m: phi(*m) <= line.rhs, *equations)
    return here.then(line, k2, k3, k4)
