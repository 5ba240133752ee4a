"""S9 on a run of SMC: one step of the split model moves the share of the particles below A.

A draw y has u(y) = 1 below A and 0 below B, and v(y) = u(y) times a fair sign; its weight is 1 + v/2.  With K = sum_i u(c_i) and
D = sum_i v(c_i)/2 over N draws the next share of A is (K + D)/(N + D).
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    relation,
    symbols,
    total,
)
from proofs.registry import lemma

N, i, j = symbols("N i j", "nat")
p, theta, s = symbols("p theta s")
mu, y, w, c = Law("mu", "", "Y"), Element("y", "Y"), Element("w", "Y"), Element("c", "Y*")
u, v, z = (function(name, "Y -> real") for name in "uvz")
draws = mu.draws(N)


def over(g):
    """sum_{i<N} g(c_i)."""
    return total(N, i, g(Entry(c, i)))


K, D = over(u), over(v) / 2
share = (K + D) / (N + D)


def mean(value):
    return Expect(draws, c, value)


class Drawn:
    """N >= 2 draws: u^2 = v^2 = u, u v = v almost surely, E u = p in [0, 1], E v = 0."""

    def __init__(self, d: Derivation) -> None:
        self.d = d
        signs = Both(Eq(u(y) ** 2, u(y)), Both(Eq(v(y) ** 2, u(y)), Eq(u(y) * v(y), v(y))))
        self.two, nonneg, never, self.values, self.share, self.fair = d.given(
            relation("<=", 2, N),
            ForAll(y, 0 <= z(y)),
            Eq(Expect(mu, y, z(y)), 0),
            ForAll(y, Implication(Eq(z(y), 0), signs)),
            Eq(Expect(mu, y, u(y)), p),
            Eq(Expect(mu, y, v(y)), 0),
        )
        d.know(d.prove(relation("<", 0, N), self.two))
        self.point = d.surely(mu, y, z(y), nonneg, never)
        with d.below(i, N) as inside:
            sums = inside.sum(nonneg(Entry(c, i)))
        positive = d.gen(d.prove(0 <= over(z), sums), c)
        zero = d.prove(Eq(mean(over(z)), 0), d.iid_sum(mu, y, z(y), N), never)
        self.cloud = d.surely(draws, c, over(z), positive, zero)

    def at(self, q) -> list[Line]:
        """u^2 = u, v^2 = u, u v = v at a good draw."""
        line = self.values(q)
        return [line[0], line[1][0], line[1][1]]

    def entry(self) -> None:
        """Where the cloud is good and i < N: the entry is good."""
        self.d.know(self.d.use("terms_vanish", {function("f", "nat -> real")(j): z(Entry(c, j))})(N)(i))

    def moments(self) -> tuple[Line, Line, Line]:
        """E u^2 = p, E v^2 = p, E u v = 0."""
        d = self.d
        with self.point as here:
            lines = self.at(y)
        means = [here.average(line) for line in lines]
        return (
            d.prove(Eq(Expect(mu, y, u(y) ** 2), p), means[0], self.share),
            d.prove(Eq(Expect(mu, y, v(y) ** 2), p), means[1], self.share),
            d.prove(Eq(Expect(mu, y, u(y) * v(y)), 0), means[2], self.fair),
        )


h = function("h", "Y -> real")
first, second = Expect(mu, y, h(y)), Expect(mu, y, h(y) ** 2)


def triple(one, two):
    """E (N - K) S^2 by the moments of h."""
    return N * (1 - p) * ((N - 1) * two + (N - 1) * (N - 2) * one**2)


@lemma(
    "split_triple",
    title="how many of the draws lie below B, weighted with the square of a sum over those below A",
    words="E (N - K) S^2 = N (1 - p) ((N - 1) E h^2 + (N - 1)(N - 2) (E h)^2) for S = sum_i h(c_i), h = 0 below B: an entry changes "
    "places with one more draw.",
)
@in_sympy("split_triple")
def split_triple(d: Derivation) -> Line:
    drawn, S, own = Drawn(d), over(h), Entry(c, i)
    below = d.given(ForAll(y, Implication(Eq(z(y), 0), Eq(u(y) * h(y), h(y)))))
    swap = d.iid_swap(mu, y, w, (1 - u(y)) * s**2, N, s, (y, h(y)))
    with drawn.cloud as there:
        with d.below(i, N) as inside:
            drawn.entry()
            with drawn.point as here:
                moved = (1 - u(y)) * (S + h(y) - h(own)) ** 2
                line = d.prove(Eq(moved, (1 - u(y)) * (S - h(own)) ** 2), below(y), hold=[S, u(y), h(y), h(own)])
            mean_y = d.prove(Eq(Expect(mu, y, moved), (1 - p) * (S - h(own)) ** 2), here.average(line), drawn.share)
        sums = inside.sum(mean_y)
    whole = there.average(sums)
    each, pair = d.iid_sum(mu, y, h(y) ** 2, N), d.iid_pair(mu, y, w, h(y) * h(w), N)
    return d.prove(Eq(mean((N - K) * S**2), triple(first, second)), swap, whole, each, pair)


@lemma(
    "split_share",
    title="one step of SMC on the split model",
    words="The next share r of A: E r <= p - p (1 - p)(N - 1)/(6 N^2) and E r (1 - r) >= p (1 - p)(1 - 1/N)(1 - 1/(2N)).",
)
@in_sympy("split_share")
def split_share(d: Derivation) -> Line:
    drawn = Drawn(d)
    uu, vv, uv = drawn.moments()
    x, others = K / N, N - K

    def weighed(test, one, two) -> Line:
        """split_triple for h = test, with the values of its moments."""
        with d.suppose(Eq(z(y), 0)) as here:
            known = drawn.at(y)
            only = here.then(d.prove(Eq(u(y) * test(y), test(y)), known[0], known[2]), y)
        d.know(only)
        means = Expect(mu, y, test(y)), Expect(mu, y, test(y) ** 2)
        line = d.use("split_triple", {h(y): test(y)})
        left = mean(others * over(test) ** 2)
        line = d.at(d.prove(Eq(means[0], one), drawn.share, drawn.fair), line, lambda a: Eq(left, triple(a, means[1])))
        return d.at(d.prove(Eq(means[1], two), uu, vv, uv), line, lambda b: Eq(left, triple(one, b)))

    square = weighed(lambda q: v(q), 0, p)
    plus, minus = weighed(lambda q: u(q) + v(q), p, 2 * p), weighed(lambda q: u(q) - v(q), p, 2 * p)
    spread = d.prove(Eq(mean(others * D**2), N * (N - 1) * p * (1 - p) / 4), square)
    crossed = d.prove(Eq(mean(others * K * D), 0), plus, minus)
    eu, ev = Expect(mu, y, u(y)), Expect(mu, y, v(y))
    both = Expect(mu, y, u(y) * v(y))
    pair = d.prove(
        Eq(mean(others * D), N / 2 * (ev - both) + N * (N - 1) / 2 * (ev - eu * ev)),
        d.iid_pair(mu, y, w, (1 - u(y)) * v(w), N),
    )
    free = d.at(uv, pair, lambda a: Eq(mean(others * D), N / 2 * (ev - a) + N * (N - 1) / 2 * (ev - eu * ev)))
    free = d.at(drawn.fair, free, lambda a: Eq(mean(others * D), N / 2 * a + N * (N - 1) / 2 * (a - eu * a)))
    count = d.prove(Eq(mean(K), N * p), d.iid_sum(mu, y, u(y), N), drawn.share)
    squares = Expect(mu, y, u(y) ** 2)
    ways = d.prove(
        Eq(mean(others * K), N * (eu - squares) + N * (N - 1) * (eu - eu**2)),
        d.iid_pair(mu, y, w, (1 - u(y)) * u(w), N),
    )
    apart = d.at(uu, ways, lambda a: Eq(mean(others * K), N * (eu - a) + N * (N - 1) * (eu - eu**2)))
    apart = d.at(drawn.share, apart, lambda a: Eq(mean(others * K), N * (a - p) + N * (N - 1) * (a - a**2)))
    with drawn.cloud as there:
        with d.below(i, N) as inside:
            drawn.entry()
            own = Entry(c, i)
            known = drawn.at(own)
            least = d.contradiction(0 <= u(own), known[0])
            most = d.contradiction(u(own) <= 1, known[0])
            d.know(least)
            d.know(d.prove(v(own) ** 2 <= u(own) ** 2, known[0], known[1]))
            sizes = [inside.sum(d.use("square_below")(sign * v(own), u(own))) for sign in (1, -1)]
            ends = inside.sum(least), inside.sum(most)
        below, above = d.prove(0 <= K, ends[0]), d.prove(K <= N, ends[1])
        low, high = d.prove(-N / 2 <= D, sizes[1], above), d.prove(D <= N / 2, sizes[0], above)
        enough = d.prove(0 <= K + D, sizes[1], below)
        mass, letters = d.prove(0 < N + D, low), [over(v), K]
        room = d.prove(0 <= 3 * N / 2 - (N + D), high)
        first_line = d.prove(share <= x + (1 - x) * (D / N - 2 * D**2 / (3 * N**2)), room, above, mass, hold=letters)
        wide = d.prove(0 <= 3 * N + 2 * D, low)
        second_line = d.prove(
            (1 - x) * (x + D / N) * (1 - 2 * D / N) <= share * (1 - share), wide, above, enough, mass, hold=letters
        )
    scaled = {
        mean(K) / N: d.prove(Eq(mean(K) / N, p), count),
        mean(others * D) / N**2: d.prove(Eq(mean(others * D) / N**2, 0), free),
        mean(others * K) / N**2: d.prove(Eq(mean(others * K) / N**2, (1 - 1 / N) * p * (1 - p)), apart),
        mean(others * K * D) / N**3: d.prove(Eq(mean(others * K * D) / N**3, 0), crossed),
        mean(others * D**2) / N**3: d.prove(Eq(mean(others * D**2) / N**3, (N - 1) * p * (1 - p) / (4 * N**2)), spread),
    }

    def valued(value, shape, *parts) -> Line:
        """E value = shape(values of the parts), where it is shape(parts)."""
        line, known = d.prove(Eq(value, shape(*parts))), list(parts)
        for place, part in enumerate(parts):

            def one(a, place=place):
                return Eq(value, shape(*known[:place], a, *known[place + 1 :]))

            line = d.at(scaled[part], line, one)
            known[place] = scaled[part].rhs
        return line

    a, b, e, f, g = scaled
    most = valued(mean(x + (1 - x) * (D / N - 2 * D**2 / (3 * N**2))), lambda k, r, q: k + r - 2 * q / 3, a, b, g)
    bound = p - p * (1 - p) * (N - 1) / (6 * N**2)
    drift = d.prove(mean(share) <= bound, there.average(first_line), most)
    least = valued(mean((1 - x) * (x + D / N) * (1 - 2 * D / N)), lambda k, r, m, q: k + r - 2 * m - 2 * q, e, b, f, g)
    bound = p * (1 - p) * (1 - 1 / N) * (1 - 1 / (2 * N))
    return d.both(drift, d.prove(bound <= mean(share * (1 - share)), there.average(second_line), least))
