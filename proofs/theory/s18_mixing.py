"""S18: how the walk mixes, visit after visit of leaves, from its gap; reversible and positive, derived in sympy.

U(j, z) is the mean of F at the j-th leaf after z, so that U(j + 1, .) is what one visit makes of U(j, .), and HJ(j, 0, root) the mean of
F at the visit j + 1 of a walk that starts at the root.  With x_k the covariance of U_j and U_(j+k) under the target: x_1 <= (1 - 1/A) x_0
by the gap, x_2^2 <= x_1 x_3 since the chain is positive, so x_2, the variance of U_(j+1), is at most (1 - 1/A)^2 x_0.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Rational, Symbol, exp, log, solve

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Exp, ForAll, Log, Root, function, relation, symbols
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import value_rules
from proofs.lemmas.tree_walk import Walk, down, extension_rules, walk
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s18_walk import longest

n, t = particles.symbols("n t")
x, root, V, Vstar, F, G, U, dead, horizon = layered.symbols("x root V Vstar F G U dead T")
H, HG, KF, KG, PF, PFF, PFK, PGK, PFKG, PKFG, A = walk.symbols("H HG KF KG PF PFF PFK PGK PFKG PKFG A")
i, j = symbols("i j", "nat")
extension, one, two = (
    function("HJ", "nat nat X -> real"),
    function("PJ", "nat nat X -> real"),
    function("PIJ", "nat nat nat X -> real"),
)
T, reach, total = n + 1, A(0, root), Vstar(0, root)
theta, target = 1 - 1 / reach, one(0, 0, root) / total


class Visits:
    """Visit after visit: the harmonic extension of every U(j, .), the means and the products of these under the target."""

    def __init__(self, s: Derivation) -> None:
        self.s, self.run = s, Walk(s)
        self.nonneg, _ = longest(s)
        self.positive = s.given(0 < total)
        self.least = self.at_least_one()
        self.start = s.given(ForAll(x, Eq(U(0, x), F(x))))
        self.means = self._for_all(value_rules(self._at(one, j), U(j, x) * V(T, x)), j)
        self.products = self._for_all(value_rules(self._at(two, i, j), U(i, x) * U(j, x) * V(T, x)), i, j)
        rules = extension_rules(lambda q: U(j, q), self._at(extension, j), lambda q: U(j + 1, q))
        self.extensions = self._for_all(rules, j)

    def at_least_one(self) -> Line:
        """1 <= A."""
        return self.s.given(relation("<=", 1, reach))

    @staticmethod
    def _at(value: Any, *numbers: Any) -> Any:
        return lambda time, at: value(*numbers, time, at)

    def _for_all(self, rules: dict[str, Any], *numbers: Any) -> dict[str, Line]:
        return {name: self.s.given(ForAll(*numbers, rule)) for name, rule in rules.items()}

    @staticmethod
    def of(rules: dict[str, Line], *numbers: Any) -> dict[str, Line]:
        """The rules at these numbers."""
        return {name: rule(*numbers) for name, rule in rules.items()}

    def know(self, *numbers: Any) -> None:
        """The rules of U(a, .) for these a, and of all their products."""
        for a in numbers:
            for rule in (*self.of(self.means, a).values(), *self.of(self.extensions, a).values()):
                self.s.know(rule)
            for b in numbers:
                for rule in self.of(self.products, a, b).values():
                    self.s.know(rule)

    def reversible(self, a: Any, b: Any) -> Line:
        """pi(U_a U_(b+1)) = pi(U_b U_(a+1))."""
        return self.s.use("S18.reversible", self._pair(a, b))

    def cauchy(self, a: Any, b: Any) -> Line:
        """pi(U_a U_(b+1))^2 <= pi(U_a U_(a+1)) pi(U_b U_(b+1))."""
        own = {PFK(t, x): two(a, a + 1, t, x), PGK(t, x): two(b, b + 1, t, x)}
        return self.s.use("walk_cauchy", self._pair(a, b) | own)

    def _pair(self, a: Any, b: Any) -> dict[Any, Any]:
        return {
            F(x): U(a, x), H(t, x): extension(a, t, x), KF(x): U(a + 1, x), PFKG(t, x): two(a, b + 1, t, x),
            G(x): U(b, x), HG(t, x): extension(b, t, x), KG(x): U(b + 1, x), PKFG(t, x): two(b, a + 1, t, x),
        }  # fmt: skip

    def still(self, a: Any) -> Line:
        """pi(U_a) = pi(U_(a+1)): reversible against 1."""
        self.run.know_extension(lambda q: 1, lambda r, q: 1, lambda q: 1, ())
        at = {
            F(x): U(a, x), H(t, x): extension(a, t, x), KF(x): U(a + 1, x), PFKG(t, x): one(a, t, x),
            G(x): 1, HG(t, x): 1, KG(x): 1, PKFG(t, x): one(a + 1, t, x),
        }  # fmt: skip
        return self.s.use("S18.reversible", at)

    def positive_part(self, a: Any) -> Line:
        """0 <= pi(U_a U_(a+1))."""
        at = {F(x): U(a, x), H(t, x): extension(a, t, x), KF(x): U(a + 1, x), PFK(t, x): two(a, a + 1, t, x)}
        return self.s.use("S18.positive", at)

    def square(self, a: Any) -> Line:
        """0 <= pi(U_a^2)."""
        never = self.s.use("leaf_squares", {F(x): U(a, x), PF(t, x): one(a, t, x), PFF(t, x): two(a, a, t, x)})
        return self.s.prove(0 <= two(a, a, 0, root), never(0, 0, root))

    def gap(self, a: Any) -> Line:
        """S18 for U_a."""
        at = {
            F(x): U(a, x), H(t, x): extension(a, t, x), KF(x): U(a + 1, x), PF(t, x): one(a, t, x),
            PFF(t, x): two(a, a, t, x), PFK(t, x): two(a, a + 1, t, x),
        }  # fmt: skip
        return self.s.use("S18", at)


@lemma(
    "visits_decay",
    title="the variance of a function of the leaves, visit after visit",
    words="For pi(F) = 0: pi(U_j^2) <= (1 - 1/A)^(2 j) pi(F^2), and HJ(j, 0, root)^2 <= (A - 1) pi(U_j^2).",
)
@in_sympy("visits_decay")
def visits_decay(s: Derivation) -> Line:
    visits = Visits(s)
    s.know(visits.positive)
    centred = s.given(Eq(one(0, 0, root), 0))
    s.know(s.prove(0 < reach, visits.least))
    s.know(s.prove(0 <= theta, visits.least))

    def mean(count: Any) -> Any:
        return Eq(one(count, 0, root), 0)

    with s.suppose(mean(j)) as hyp, s.suppose():
        visits.know(j, j + 1)
        later = hyp.then(s.prove(mean(j + 1), visits.still(j), hyp[0]))
    zero = s.induct(j, mean, s.prove(mean(0), centred), later)

    def moment(a: Any, b: Any) -> Any:
        return two(a, b, 0, root)

    def claim(count: Any) -> Any:
        return relation("<=", moment(count, count), theta ** (2 * count) * moment(0, 0))

    def near(a: Any) -> tuple[Line, Line]:
        """x_1 <= theta x_0, and the square of HJ(a, 0, root) is at most (A - 1) x_0 over Vstar."""
        zero_mean = zero(a)
        flat = s.at(zero_mean, visits.gap(a), lambda v: spread_bound(a, v))
        step = s.prove(
            moment(a, a + 1) <= theta * moment(a, a), flat, s.prove(relation("<=", 0, extension(a, 0, root) ** 2))
        )
        start = s.prove(
            extension(a, 0, root) ** 2 <= (reach - 1) * (moment(a, a) / total), flat, visits.positive_part(a)
        )
        return step, start

    def spread_bound(a: Any, v: Any) -> Any:
        square, mean, cross = moment(a, a) / total, v / total, moment(a, a + 1) / total
        return square - mean**2 + (extension(a, 0, root) - mean) ** 2 <= reach * (square - cross)

    with s.suppose(claim(j)) as hyp, s.suppose():
        visits.know(j, j + 1, j + 2)
        first, second = near(j)[0], near(j + 1)[0]
        for a in (j, j + 1):
            s.know(visits.positive_part(a)), s.know(visits.square(a))
        x0, x1, x2, x3 = moment(j, j), moment(j, j + 1), moment(j + 1, j + 1), moment(j + 1, j + 2)
        cross = s.put(
            visits.cauchy(j, j + 1),
            lambda v: v**2 <= x1 * x3,
            s.prove(Eq(x2, moment(j, j + 2)), visits.reversible(j, j + 1)),
        )
        with s.suppose(x2 <= 0) as none:
            low = s.prove(x2 <= theta**2 * x0, none[0])
        with s.suppose(0 < x2):
            one_less = s.prove(x1 * x3 <= theta * x0 * x3, first)
            two_less = s.prove(theta * x0 * x3 <= theta * x0 * (theta * x2), second)
            wide = s.prove(x1 * x3 <= theta * x0 * (theta * x2), one_less, two_less)
            s.know(s.prove(x2 * x2 <= x2 * (theta**2 * x0), cross, wide))
            high = s.use("cancel_factor")(x2, x2, theta**2 * x0)
        once = s.cases(x2, 0, low, high)
        power = s.prove(theta**2 * x0 <= theta**2 * (theta ** (2 * j) * moment(0, 0)), hyp[0])
        later = hyp.then(s.prove(claim(j + 1), once, power))
    decay = s.induct(j, claim, s.prove(claim(0)), later)(j)
    visits.know(j, j + 1)
    return s.both(decay, near(j)[1])


def know_shifted(visits: Visits, mean: Any) -> dict[Any, Any]:
    """What the visits are for F - mean; that it obeys every rule is known from here on."""
    s, run, known = visits.s, visits.run, visits.of

    def first(a: Any, time: Any, at: Any) -> Any:
        return one(a, time, at) - mean * Vstar(time, at)

    def second(a: Any, b: Any, time: Any, at: Any) -> Any:
        return two(a, b, time, at) - mean * one(a, time, at) - mean * one(b, time, at) + mean**2 * Vstar(time, at)

    means = tuple(known(visits.means, a) for a in (i, j))
    run.know_value(lambda r, q: first(j, r, q), U(j, x) - mean, (means[1], run.given), j)
    rules = known(visits.products, i, j), *means, run.given
    run.know_value(lambda r, q: second(i, j, r, q), (U(i, x) - mean) * (U(j, x) - mean), rules, i, j)
    run.know_extension(
        lambda q: U(j, q) - mean,
        lambda r, q: extension(j, r, q) - mean,
        lambda q: U(j + 1, q) - mean,
        (known(visits.extensions, j),),
        j,
    )
    s.know(s.gen(s.prove(Eq(U(0, x) - mean, F(x) - mean), visits.start(x)), x))
    return {
        F(x): F(x) - mean, U(j, x): U(j, x) - mean, extension(j, t, x): extension(j, t, x) - mean,
        one(j, t, x): first(j, t, x), two(i, j, t, x): second(i, j, t, x),
    }  # fmt: skip


@statement(
    "S18.visits",
    source="new",
    title="the leaf at a visit of the walk, from the root",
    words="The walk as in S18, A >= 1 its constant, F a function of the leaves with values in [0, 1], U(0, .) = F, U(j + 1, z) the mean of "
    "U(j, .) at the next leaf after z, and HJ(j, 0, root) so the mean of F at the visit j + 1 of a walk from the root: |HJ(j, 0, root) - "
    "pi(F)| <= sqrt(A - 1)/2 (1 - 1/A)^j.  PJ and PIJ are the means of U(j, .) and of U(i, .) U(j, .) under the target, as values.",
)
@in_sympy("S18.visits")
def visit_by_visit(s: Derivation) -> Line:
    """visits_decay for F - pi(F); pi(F^2) <= pi(F) gives a variance of at most 1/4."""
    visits = Visits(s)
    s.know(visits.positive)
    tests = s.given(ForAll(x, Both(0 <= F(x), F(x) <= 1)))
    s.know(s.prove(0 < reach, visits.least))
    s.know(s.prove(0 <= theta, visits.least))
    at = know_shifted(visits, target)
    s.know(s.prove(Eq(one(0, 0, root) - target * total, 0)))
    decay = s.use("visits_decay", at)
    quarter = at_most_a_quarter(visits, tests)
    gap_now, variance = extension(j, 0, root) - target, two(0, 0, 0, root) / total - target**2
    power = s.know(s.use("power_nonneg")(theta, 2 * j))
    near = s.prove(
        (two(j, j, 0, root) - 2 * target * one(j, 0, root)) / total + target**2 <= theta ** (2 * j) * variance, decay[0]
    )
    small = s.prove(theta ** (2 * j) * variance <= theta ** (2 * j) / 4, quarter, power)
    s.know(s.prove(0 <= reach - 1, visits.least))
    square = s.prove(gap_now**2 <= (reach - 1) * theta ** (2 * j) / 4, decay[1], near, small)
    bound = Root(reach - 1) / 2 * theta**j
    s.know(s.use("power_nonneg")(theta, j))
    s.know(s.prove(gap_now**2 <= bound**2, square, s.axiom("sqrt_square", reach - 1)))
    below = s.use("square_below")
    return s.both(below(gap_now, bound), s.form(below(-gap_now, bound), -gap_now <= bound))


def at_most_a_quarter(visits: Visits, tests: Line) -> Line:
    """pi(F^2) - pi(F)^2 <= 1/4 for F in [0, 1]: pi(F^2) <= pi(F)."""
    s, run = visits.s, visits.run

    def rest(time: Any, at: Any) -> Any:
        return one(0, time, at) - two(0, 0, time, at)

    rules, part = (visits.of(visits.means, 0), visits.of(visits.products, 0, 0)), F(x) - F(x) ** 2
    ends = s.prove(Eq(rest(T, x), V(T, x) * part), *(r["terminal value"](x) for r in rules), visits.start(x))
    s.know(s.gen(ends, x))
    with s.suppose(t < T, Eq(dead(t, x), 0)) as here:
        line = s.prove(Eq(rest(t, x), down(t, x, rest)), *(r["value recursion"](t, x) for r in rules))
    s.know(here.then(line, t, x))
    twist = run.given["twist is non-negative"](t, x)
    s.know(s.gen(s.prove(0 <= V(t, x) * part, twist, tests(x)[0], tests(x)[1]), t, x))
    nonneg = s.use("value_nonneg", {horizon: T, Vstar(t, x): rest(t, x), V(t, x): V(t, x) * part})(0, root)
    spread = s.prove(relation("<=", 0, (target - Rational(1, 2)) ** 2))
    return s.prove(two(0, 0, 0, root) / total - target**2 <= Rational(1, 4), nonneg, spread)


@statement(
    "S18.count",
    source="new",
    title="visits that suffice",
    words="As S18.visits, A > 1: if j >= (A/2) log((A - 1)/(4 delta^2)) then |HJ(j, 0, root) - pi(F)| <= delta.",
)
@in_sympy("S18.count")
def visits_needed(s: Derivation) -> Line:
    return enough_visits(s, reach, "S18.visits")


def enough_visits(s: Derivation, start: Any, visits: str, *below: Line) -> Line:
    """(c - 1)/4 (1 - 1/A)^(2 j) <= (c - 1)/4 exp(-2 j/A) <= delta^2, solved for j, in the statement `visits`.

    start: its c, which is at most A by the lines `below`.
    """
    (delta,), count, size, aim = symbols("delta"), *(Symbol(name, positive=True) for name in ("j", "A", "aim"))
    [wanted] = solve(Eq(exp(-2 * count / size), 1 / aim), count)  # A log(aim)/2 at (c - 1)/(4 delta^2)
    odds = (start - 1) / (4 * delta**2)
    enough = wanted.subs(log(aim), Log(odds)).subs(size, reach)
    large, _, long = s.given(1 < start, 0 < delta, enough <= j)
    s.know(s.prove(0 < reach, large, *below))
    s.know(s.prove(0 <= theta, large, *below))
    s.know(s.prove(0 < start - 1, large))
    s.know(s.prove(relation("<=", 1, reach), large, *below))
    s.know(s.prove(0 < odds))
    line = s.use(visits)
    s.know(s.prove(theta <= Exp(-1 / reach), s.axiom("exp_ge", -1 / reach)))
    power = s.prove(
        theta ** (2 * j) <= Exp(2 * j * (-1 / reach)),
        s.use("power_mono")(theta, Exp(-1 / reach), 2 * j),
        s.use("exp_power")(-1 / reach, 2 * j),
    )
    s.know(s.prove(2 * j * (-1 / reach) <= -Log(odds), long))
    falling = s.use("exp_mono")(2 * j * (-1 / reach), -Log(odds))
    unit = s.prove(
        relation("=", Exp(Log(odds)) * Exp(-Log(odds)), 1),
        s.axiom("exp_add", Log(odds), -Log(odds)),
        s.axiom("exp_zero"),
    )
    last = s.prove(Eq((start - 1) / 4 * Exp(-Log(odds)), delta**2), unit, s.axiom("exp_log", odds))
    short = s.prove(theta ** (2 * j) <= Exp(-Log(odds)), power, falling)
    bound = Root(start - 1) / 2 * theta**j
    square = s.prove(bound**2 <= (start - 1) / 4 * theta ** (2 * j), s.axiom("sqrt_square", start - 1))
    s.know(s.prove(bound**2 <= delta**2, square, s.prove((start - 1) / 4 * theta ** (2 * j) <= delta**2, short, last)))
    most = s.use("square_below")(bound, delta)
    return s.both(*(s.prove(line[side].lhs <= delta, line[side], most) for side in (0, 1)))
