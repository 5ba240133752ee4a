"""Derivations in sympy: every line is a theorem of the kernel at once; what sympy proposes wrongly is refused."""

import pytest
import sympy as sp
from sympy import Eq, exp, log, solve

from proofs import derivation
from proofs.derive import finder
from proofs.derive.cache import CACHE, Cache
from proofs.derive.derivation import Derivation, Line
from proofs.derive.library import Library
from proofs.derive.polynomials import NotFound
from proofs.derive.stored import encode
from proofs.kernel import ProofError, num
from proofs.kernel.replay import Replayer, load
from proofs.language.bridge import same, to_kernel
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Expect,
    ForAll,
    Law,
    function,
    implications,
    relation,
    symbols,
)

a, q, r, s, u = symbols("a q r s u")
n, k = symbols("n k", "nat")
mu, y = Law("mu", "", "Y"), Element("y", "Y")
f, g, z = (function(name, "Y -> real") for name in "fgz")


@pytest.fixture
def d() -> Derivation:
    return derivation("mine")


def replayed(line: Line):
    """The theorem of the line's proof, from its text."""
    proof = line.derivation.proof
    if line.fact.ref != len(proof.steps) - 1:
        proof.conv(line.fact, line.fact.concl)
    theorem = Replayer({**load(), proof.name: encode(proof)}).theorem(proof.name)
    assert theorem.concl is line.fact.concl
    return theorem


def test_the_maximiser_is_found_and_noted(d):
    d.given(0 < q)
    line = d.maximum((q * a - 1) * (1 - a), a)
    assert same(line.rhs, (q - 1) ** 2 / (4 * q))
    notes = [note for *_, note in d.proof.steps]
    assert any("the maximiser is a = (q + 1)/(2*q)" in note for note in notes)
    replayed(line)


def test_a_minimum_is_no_maximum(d):
    with pytest.raises(NotFound):
        d.maximum((a - 1) ** 2, a)
    with pytest.raises(NotFound, match="no stationary point"):
        d.maximum(2 * a, a)


def test_growth_from_the_derivative(d):
    d.given(0 <= u)
    line = d.grows(r - log(1 + r), r, 0)(u)
    assert same(line.rhs, u - log(1 + u))
    assert any("the derivative is" in note for *_, note in d.proof.steps)
    with pytest.raises(NotFound):
        d.grows(log(1 + r) - r, r, 0)


def test_expectations_and_almost_sure_averages(d):
    pointwise = d.prove(2 * f(y) * g(y) <= f(y) ** 2 + g(y) ** 2)
    mean = d.expect(mu, y, pointwise)
    assert same(mean.relation, 2 * Expect(mu, y, f(y) * g(y)) <= Expect(mu, y, f(y) ** 2) + Expect(mu, y, g(y) ** 2))
    assert d.expect(mu, y, d.prove(relation("=", 2 * f(y), f(y) + f(y)))).fact.concl.op == "="
    nonneg, nothing = d.given(ForAll(y, 0 <= z(y)), Eq(Expect(mu, y, z(y)), 0))
    given = d.given(ForAll(y, implications(Eq(z(y), 0), Both(f(y) <= g(y), Eq(g(y), f(y) ** 2)))))
    with d.surely(mu, y, z(y), nonneg, nothing) as here:
        low, square = given(y)[0], given(y)[1]
    almost = here.average(low)
    assert same(almost.relation, Expect(mu, y, f(y)) <= Expect(mu, y, g(y)))
    assert same(here.average(square).relation, Eq(Expect(mu, y, g(y)), Expect(mu, y, f(y) ** 2)))
    replayed(almost)


def test_sums_over_the_first_naturals(d):
    level, top = function("level", "nat -> real"), function("top", "nat -> real")
    given = d.given(ForAll(k, implications(k < n, Both(level(k) <= top(k), Eq(top(k), level(k) ** 2)))))
    with d.below(k, n) as here:
        low, square = given(k)[0], given(k)[1]
    line = here.sum(low)
    assert same(line.relation, sp.Sum(level(k), (k, 0, n - 1)) <= sp.Sum(top(k), (k, 0, n - 1)))
    assert here.sum(square).fact.concl.op == "="
    assert len(replayed(line).hyps) == 1


def test_naturals_step_and_split(d):
    """k < n gives (1 + u)^(k + 1) <= (1 + u)^n: n is k + 1 and the rest."""
    rest = symbols("rest", "nat")[0]
    low = d.given(0 <= u)
    up = d.nat_step(d.given(k < n))
    assert same(up.relation, relation("<=", k + 1, n))
    with d.nat_split(up, rest) as here:
        d.know(d.use("power_nonneg")(1 + u, k + 1))
        more = d.prove((1 + u) ** (k + 1) <= (1 + u) ** (k + 1 + rest), d.use("power_at_least_one")(1 + u, rest))
        same_power = d.at(d.prove(Eq(k + 1 + rest, n), here[0]), more, lambda m: (1 + u) ** (k + 1) <= (1 + u) ** m)
    line = here.close(same_power)
    assert same(line.relation, (1 + u) ** (k + 1) <= (1 + u) ** n)
    assert len(replayed(line).hyps) == 2 and low.fact.concl in line.fact.hyps


def test_clouds_of_independent_draws(d):
    """Var of a sum of draws: E (sum f(c_i))^2 = n E f^2 + n (n - 1) (E f)^2."""
    c, v, i, j = Element("c", "Y*"), Element("v", "Y"), *symbols("i j", "nat")
    mean = Expect(mu, y, f(y))
    once = d.iid_sum(mu, y, f(y), n)
    assert same(once.relation, Eq(Expect(mu.draws(n), c, sp.Sum(f(Entry(c, i)), (i, 0, n - 1))), n * mean))
    pair = d.iid_pair(mu, y, v, f(y) * f(v), n)
    square = sp.Sum(f(Entry(c, i)), (i, 0, n - 1)) ** 2
    claim = Eq(Expect(mu.draws(n), c, square), n * Expect(mu, y, f(y) ** 2) + n * (n - 1) * mean**2)
    replayed(d.prove(claim, pair))
    moved = d.iid_swap(mu, y, v, f(y) * s, n, s, (y, g(y)))
    total = sp.Sum(g(Entry(c, j)), (j, 0, n - 1))
    own = sp.Sum(f(Entry(c, i)) * total, (i, 0, n - 1))
    new = sp.Sum(Expect(mu, v, f(v) * (total + g(v) - g(Entry(c, i)))), (i, 0, n - 1))
    assert same(moved.relation, Eq(Expect(mu.draws(n), c, own), Expect(mu.draws(n), c, new)))


def test_a_law_is_defined(d):
    """The law of y under mu tilted by f >= 0."""
    weight = d.given(ForAll(y, 0 <= f(y)))
    mass = d.given(0 < Expect(mu, y, f(y)))

    def pushed(h):
        return Expect(mu, y, f(y) * h(y)) / Expect(mu, y, f(y))

    def positive(nonneg, h):
        d.know(weight(y)), d.know(nonneg(y))
        return d.prove(0 <= pushed(h), d.expect(mu, y, d.prove(0 <= f(y) * h(y))))

    law = d.define_law(Law("tilted", "", "Y"), y, pushed, positive, mass)
    line = law(g(y))
    assert same(line.relation, Eq(Expect(Law("tilted", "", "Y"), y, g(y)), pushed(g)))
    replayed(line)


def test_equals_for_equals_under_binders(d):
    same_weight = d.given(ForAll(y, Eq(f(y), g(y))))
    line = d.replace(same_weight, lambda F: Expect(mu, y, F(y) ** 2))
    assert same(line.relation, Eq(Expect(mu, y, f(y) ** 2), Expect(mu, y, g(y) ** 2)))
    replayed(line)


def test_induction(d):
    def claim(m):
        return relation("<=", 1 + m * u, (1 + u) ** m)

    low = d.given(0 <= u)
    with d.suppose(claim(n)) as hyp:
        step = hyp.then(d.prove(claim(n + 1), hyp[0]))
    line = d.gen_after(d.induct(n, claim, d.prove(claim(0)), step)(n), low, u, n)
    assert not replayed(line).hyps


def test_cases_and_contradiction(d):
    with d.suppose(a <= 0) as low:
        down = d.prove(0 <= (a - 1) ** 2 + a**2, low[0])
    with d.suppose(0 < a):
        up = d.prove(0 <= (a - 1) ** 2 + a**2)
    assert not d.cases(a, 0, down, up).fact.hyps
    square = d.given(a**2 <= u**2)
    d.given(0 <= u)
    assert d.contradiction(a <= u, square).relation == (a <= u)
    with pytest.raises(NotFound):
        d.contradiction(u <= a, square)


def test_a_supposition_ends(d):
    with d.suppose(0 < a):
        d.prove(0 < 2 * a)
    with pytest.raises(NotFound):
        d.prove(0 < 2 * a)


def test_calc_chain_and_rewrite(d):
    d.given(0 < q)
    line = d.calc((q * a - 1) * (1 - a), ("<=", (q - 1) ** 2 / (4 * q)), ("=", q / 4 - sp.Rational(1, 2) + 1 / (4 * q)))
    assert replayed(line).concl.op == "<="
    long = d.given(exp(k * (n + 1) * a / (n + 1)) <= u)
    assert same(d.rewrite(long, exp(k * a) <= u).relation, exp(k * a) <= u)
    with pytest.raises(NotFound):
        d.rewrite(long, exp(2 * k * a) <= u)
    with pytest.raises(NotFound, match="up to cancelling"):
        d.rewrite(long, exp(k * a) <= 2 * u)


def test_equations_by_antisymmetry_and_rewriting(d):
    d.given(a <= 0, 0 <= a)
    zero = d.zero(a)
    assert zero.fact.concl.op == "="
    value = d.at(zero, d.prove(Eq(f(y) + a, f(y) + a)), lambda v: Eq(f(y) + v, f(y) + a))
    assert same(value.relation, Eq(f(y), f(y) + a))


def test_an_earlier_theorem_at_values(d):
    h = function("h", "Y -> real")
    d.given(0 < a, ForAll(y, Both(a <= h(y), h(y) <= q * a)), Eq(Expect(mu, y, h(y)), 1))
    variance = d.use("S0.variance", {symbols("b")[0]: q * a})
    assert len(variance.fact.hyps) == 2  # the range in its own form, and the mean
    assert same(variance.rhs, (q * a - 1) * (1 - a))


def test_axioms_discharge_what_is_known(d):
    d.given(0 <= q)
    root = d.axiom("sqrt_square", q)
    assert root.fact.hyps == {to_kernel(0 <= q)} and same(root.rhs, q)
    with pytest.raises(NotFound):
        d.axiom("sqrt_square", a)


def test_a_quantified_goal_says_what_to_do(d):
    with pytest.raises(NotFound, match="generalise it"):
        d.prove(ForAll(y, relation("<=", 0, f(y) ** 2)))
    with pytest.raises(IndexError, match="parts 0 and 1"):
        d.both(d.prove(relation("<=", 0, a**2)), d.prove(relation("<=", 0, q**2)))[2]


def test_what_solve_says_is_not_believed(d):
    """A wrong root of sympy would be refused: the kernel checks the value, not the method."""
    star = solve(Eq((q - 1) * s, 1), s)[0]
    d.given(1 < q)
    assert replayed(d.prove(Eq((q - 1) * star, 1)))
    with pytest.raises(NotFound):
        d.prove(Eq((q - 1) * (star + 1), 1))


def test_large_terms_stand_for_letters(d):
    """The search sees letters; their signs and the other lines come along; a claim that is false of all letters stays unproved."""
    big = sp.Sum(f(Entry(Element("c", "Y*"), k)), (k, 0, n - 1))
    mean = Expect(mu, y, f(y))
    d.given(0 < big)
    low = d.given(mean <= q * big)
    line = d.prove(mean / big <= q, low, hold=[big, mean])
    assert same(line.relation, mean / big <= q)
    replayed(line)
    with pytest.raises(NotFound):
        d.prove(q * big <= mean, low, hold=[big, mean])


def test_substitution_and_other_forms(d):
    value, line = d.given(Eq(f(y), q**2)), d.given(u <= f(y) + 1)
    assert d.substitute(line, value).relation == (u <= q**2 + 1)
    assert d.form(line, u - 1 <= f(y)).relation == (u - 1 <= f(y))


def test_signs_that_hold_for_all_arguments(d):
    d.given(ForAll(y, 0 < f(y)))
    v = Element("v", "Y")
    assert d.prove(0 < f(v) * (1 + f(y))).fact.concl.op == "<"


def test_a_search_in_vain_is_remembered(tmp_path):
    """The second search does not run; with another search (another digest) it runs again."""
    goal, premise = to_kernel(a <= q), to_kernel(q <= a)
    with pytest.raises(NotFound):
        finder.find(goal, [premise])
    with pytest.raises(NotFound, match="in vain before"):
        CACHE.get(goal, [premise], [])
    other = Cache()
    CACHE.write(tmp_path / "found.json")
    other.read(tmp_path / "found.json")
    other.search = "another search"
    assert other.get(goal, [premise], []) is None


def test_a_derivation_that_rests_on_itself_is_refused():
    made = Library({"a": lambda p: p.use("b"), "b": lambda p: p.use("a"), "c": lambda p: p.refl(num(1))})
    for name in "ab":
        with pytest.raises(ProofError, match=f"{name} rests on itself"):
            made.theorem(name)
    assert made.theorem("c").concl.op == "="


def test_named_hypotheses_are_known_and_noted(d):
    q = sp.Symbol("q", real=True)
    given = d.setting({"a range": 1 < q})
    assert same(given["a range"].relation, 1 < q) and d.proof.steps[0][3] == "a range"
    assert d.prove(0 < q).fact.hyps == given["a range"].fact.hyps
