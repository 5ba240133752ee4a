"""What has just left a rare branch hides it: the step of S15's lower bound that splits the branch, by an exchange of two draws.

As in `rare`, u says of a draw that it lives, v that it has just left; X and Y count them; their weights are s and 2/s, others 1.  A draw
lives as often as it has just left, and one that lives changes places with one that has left.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import to_sympy
from proofs.language.expressions import Element, Entry, Recip, function, implications, relation, symbols
from proofs.lemmas.rare import Cloud, added, heavy, left, lives, mean_u, mean_v, spread, times
from proofs.lemmas.self_normalised import averages, over
from proofs.registry import lemma

N, i, j, mu, y, c = averages.symbols("N i j mu y c")
s, g, Y = symbols("s g Y")
u, v = function("u", "Y -> real"), function("v", "Y -> real")
e, f = Element("e", "Y"), Element("f", "Y")
sequence = function("f", "nat -> real")


def rest(g: Any, Y: Any) -> Any:
    """The weight of a cloud of g that live and Y that have just left, one of which has come to life."""
    return N - (1 - s) * g + (2 / s - 1) * Y + s - 2 / s


def most(g: Any, Y: Any) -> Any:
    """s^2 + s/N + 3 (g + 1)/(N^2 (1 + Y))."""
    return s**2 + s / N + 3 * (g + 1) / (N**2 * (1 + Y))


@lemma("heavy_share", title="s Y/rest <= s^2 + s/N + 3 (g + 1)/(N^2 (1 + Y)) for g >= 0, Y >= 1, g + Y <= N")
@in_sympy("heavy_share")
def heavy_share(d: Derivation) -> Line:
    """rest = L + (2/s - 1)(Y - 1), L = N - (1 - s)(g + 1) >= Y - 1: so it is at least 2 (Y - 1)/s, and s/L <= (s N + g + 1)/N^2."""
    S, L = rest(g, Y), N - (1 - s) * (g + 1)
    given = 0 < N, 0 < s, s <= 1, 0 <= g, relation("<=", 1, Y), g + Y <= N
    with d.suppose(*given) as here:
        d.know(d.prove(0 <= g + 1))
        d.know(d.prove(g + 1 <= N, here[4], here[5]))
        room = d.use("light_share")(g + 1)
        d.know(room[1][1])
        least = d.prove(Y - 1 <= L, here[5], d.prove(0 <= s * (g + 1)))
        split = d.prove(Eq(S, L + (2 / s - 1) * (Y - 1)))
        above = d.prove(L <= S, split, d.prove(0 <= (2 / s - 1) * (Y - 1), here[4], d.prove(0 <= 2 / s - 1, here[2])))
        d.know(d.prove(0 < S, above, room[1][1]))
        wide = d.prove(2 * (Y - 1) / s <= S, split, least)
        wide = d.prove(2 * (Y - 1) <= s * S, times(d, s, wide))
        first = d.prove(s * (Y - 1) / S <= s**2 / 2, times(d, s, wide), hold=[S])
        with d.suppose(Y <= 2) as few:
            less = d.prove(s / S <= s / L, above, hold=[S, L])
            small = d.prove((g + 1) / N**2 <= 3 * (g + 1) / (N**2 * (1 + Y)), few[0])
            sum_of = d.prove((s * N + g + 1) / N**2 <= s / N + small.rhs, small)
            low = d.chain(less, room[0], sum_of, d.prove(sum_of.rhs <= s**2 / 2 + sum_of.rhs))
        with d.suppose(2 < Y) as many:
            enough = d.prove(2 <= s * S, wide, many[0])
            half = d.prove(s / S <= s**2 / 2, times(d, s, enough), hold=[S])
            high = d.chain(half, d.prove(s**2 / 2 <= s**2 / 2 + s / N + 3 * (g + 1) / (N**2 * (1 + Y))))
        second = d.cases(Y, 2, low, high)
        line = d.both(d.prove(0 < S), d.form(added(d, first, second), s * Y / S <= most(g, Y)))
    return here.then(line, g, Y)


@lemma("gated", title="a b p <= a b q for indicators a and b, if p <= q where both are 1")
@in_sympy("gated")
def gated(d: Derivation) -> Line:
    a, b, p, q = symbols("a b p q")
    where = implications(Eq(a, 1), Eq(b, 1), p <= q)
    with d.suppose(Eq(a**2, a), Eq(b**2, b), 0 <= a, 0 <= b, where) as here:
        goal, one = a * b * p <= a * b * q, d.use("indicator_is_one")
        with d.suppose(a <= 0) as none:
            low = d.prove(goal, d.equal(none[0], here[2]))
        with d.suppose(0 < a):
            d.know(one(a))
            with d.suppose(b <= 0) as none:
                first = d.prove(goal, d.equal(none[0], here[3]))
            with d.suppose(0 < b):
                d.know(one(b))
                d.know(d.prove(0 <= a * b))
                second = times(d, a * b, here[4]())
            high = d.cases(b, 0, first, second)
        line = d.cases(a, 0, low, high)
    return here.then(line, a, b, p, q)


class Exchange:
    """A draw y that lives changes places with an entry c_i that has just left; i < N, y and c are good."""

    def __init__(self, d: Derivation) -> None:
        self.d, self.cloud, self.own = d, Cloud(d), Entry(c, i)
        self.same = d.given(Eq(mean_u, mean_v))

    def swapped(self, after: Any, bound: Any, least: Any) -> Line:
        """E sum_i E u(y) v(c_i) after <= E u E [Y (1/Y) bound], from after <= (1/Y) bound where u(y) = 1 and v(c_i) = 1, which `least`
        says of v(y) = 0, u(c_i) = 0, 1 <= Y."""
        d, cloud, own = self.d, self.cloud, self.own
        with cloud.cloud as there:
            clean = cloud.sums()
            with d.below(i, N) as inside:
                d.know(clean(i))
                kind = cloud.kind(own)
                d.know(d.gen_after(kind[1], inside[0], i))
                top = d.use("term_below_partial_sum", {sequence(j): v(Entry(c, j))})(N)(i)
                d.know(cloud.kinds(own)[1][0])
                with cloud.point as here:
                    drawn = cloud.kind(y)
                    d.know(cloud.kinds(y)[0])
                    with d.suppose(Eq(u(y), 1), Eq(v(own), 1)) as both:
                        gone = d.equal(d.prove(v(y) <= 0, drawn[2], both[0]), drawn[1])
                        other = d.equal(d.prove(u(own) <= 0, kind[2], both[1]), kind[0])
                        one = d.know(d.prove(relation("<=", 1, left), top, both[1]))
                        line = least(gone, other, one, both)
                    d.know(both.then(line))
                    gate = d.use("gated")(u(y), v(own), after, Recip(left) * bound)
                mean = here.average(gate)
            sums = inside.sum(mean)
        whole = there.average(sums)
        left_side = to_sympy(whole.fact.sides[0])
        return d.form(whole, left_side <= mean_u * cloud.mean(left * Recip(left) * bound))


@lemma(
    "lives_by_left",
    title="how many live for one more that has just left",
    words="If a draw lives as often as it has just left, E u = E v: E u E[X/(1 + Y)] <= E u.",
)
@in_sympy("lives_by_left")
def lives_by_left(d: Derivation) -> Line:
    """E v E[X/(1+Y)] = E sum_i E u(y) v(c_i)/(1 + Y + v(y) - v(c_i)) <= E u E[Y (1/Y)]."""
    ex = Exchange(d)
    cloud, r = ex.cloud, symbols("r")[0]
    moved = 1 + left + v(y) - v(ex.own)

    def least(gone: Line, other: Line, one: Line, both: Any) -> Line:
        same = d.prove(Eq(left, moved), gone, both[1])
        line = d.prove(relation("<=", Recip(left), Recip(left) * 1))
        return d.at(same, line, lambda w: Recip(w) <= Recip(left) * 1)

    whole = ex.swapped(Recip(moved), 1, least)
    with cloud.cloud as there:
        cloud.sums()
        share = there.average(d.use("own_share")(left))
    exchange = d.iid_swap(mu, e, f, u(e) * v(f) / (1 + r), N, r, (y, v(y)))
    answer = cloud.mean(lives / (1 + left))
    exchange = d.form(exchange, Eq(mean_v * answer, to_sympy(whole.fact.sides[0])))
    with cloud.point as here:
        positive = here.average(cloud.kind(y)[0])
    d.know(d.prove(0 <= mean_u, positive))
    line = d.chain(exchange, whole, times(d, mean_u, share))
    return d.at(d.prove(Eq(mean_v, mean_u), ex.same), line, lambda p: p * answer <= mean_u * 1)


@lemma(
    "left_share",
    title="the share of what lives, where as much has just left and is overvalued",
    words="If a draw lives as often as it has just left, with the weights s and 2/s, others 1: the mean share of the weight that lives is "
    "at most s^2 + s/N + 6/N^2, however often that is.",
)
@in_sympy("left_share")
def left_share(d: Derivation) -> Line:
    """E v E[X/S] = E sum_i E u(y) v(c_i)/(S + s - 2/s), where s/(S + s - 2/s) is at most (1/Y) `most`, and E[X/(1 + Y)] <= 1."""
    ex = Exchange(d)
    cloud, r, S = ex.cloud, symbols("r")[0], over(heavy)
    moved, bound = S + heavy(y) - heavy(ex.own), most(lives, left)
    plain = N - (1 - s) * lives + (2 / s - 1) * left

    def least(gone: Line, other: Line, one: Line, both: Any) -> Line:
        share = d.use("heavy_share")(lives, left)
        d.know(share[0])
        d.know(d.prove(0 < left, one))
        d.know(d.prove(0 <= Recip(left)))
        known, low = times(d, Recip(left), share[1]), rest(lives, left)
        line = d.prove(s * Recip(low) <= Recip(left) * bound, known, hold=[low, bound])
        same = d.prove(Eq(low, moved), gone, other, both[0], both[1])
        return d.at(same, line, lambda w: s * Recip(w) <= Recip(left) * bound)

    whole = ex.swapped(s * Recip(moved), bound, least)
    with cloud.point as here:
        positive = here.average(cloud.kind(y)[0])
    d.know(d.prove(0 <= mean_u, positive))
    size, odd = s**2 + s / N + 3 / N**2, lives / (1 + left)
    with cloud.cloud as there:
        cloud.sums()
        d.know(d.prove(0 <= bound))
        own = d.form(times(d, bound, d.use("own_share")(left)), left * Recip(left) * bound <= bound)
        less = d.prove(1 / (1 + left) <= 1)
        tail = d.prove(3 * (lives + 1) / (N**2 * (1 + left)) <= 3 / N**2 * odd + 3 / N**2, less)
        flat = d.form(
            added(d, d.prove(relation("<=", s**2 + s / N, s**2 + s / N)), tail), bound <= size + 3 / N**2 * odd
        )
        share = there.average(d.chain(own, flat))
    exchange = d.iid_swap(mu, e, f, s * u(e) * v(f) / r, N, r, (y, heavy(y)))
    answer = cloud.mean(s * lives / S)
    exchange = d.form(exchange, Eq(mean_v * answer, to_sympy(whole.fact.sides[0])))
    line = d.chain(exchange, whole, times(d, mean_u, share))
    many = d.use("lives_by_left")
    total = size + 3 / N**2
    line = d.at(
        d.prove(Eq(mean_v, mean_u), ex.same), line, lambda p: p * answer <= mean_u * (size + 3 / N**2 * cloud.mean(odd))
    )
    line = d.prove(mean_u * answer <= mean_u * total, line, many, hold=[answer, mean_u, cloud.mean(odd)])
    with cloud.cloud as there:
        cloud.sums()
        d.know(d.prove(0 <= N - lives, cloud.whole))
        spare = d.prove(0 <= (1 - s) * (N - lives)), d.prove(0 <= (2 / s - 1) * left)
        low = spread(d, s * N, plain, *spare)
        d.know(d.chain(d.prove(0 < s * N), low))
        part = there.average(d.prove(s * lives / plain <= lives / N, times(d, lives, low), hold=[plain, lives]))
    count, held = d.iid_sum(mu, y, u(y), N), [answer, mean_u, cloud.mean(lives)]
    never = d.prove(answer <= mean_u, d.form(part, answer <= cloud.mean(lives) / N), count, hold=held)
    with d.suppose(0 < mean_u):
        d.know(line)
        high = d.use("cancel_factor")(mean_u, answer, total)
    with d.suppose(mean_u <= 0) as none:
        small = d.chain(never, none[0], d.prove(0 <= total))
    return d.both(d.cases(mean_u, 0, small, high), never)
