"""S5, S6, S7, S9, G1, G3 and the complexity statements, read in concrete exact models: hypotheses met, conclusion true and not trivial."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache

import pytest

from proofs import bounds
from proofs.kernel.replay import Replayer
from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.checks.measure import target_chi_square
from smc.exact import output_law, second_moment
from smc.exact.moments import pair_moments
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing.finite_models import check_theorem, exact_sqrt, holds
from smc.testing.witness import Cloud, fraction, reciprocal

ONE = Fraction(1)
HALF = Fraction(1, 2)


def sides(replayer: Replayer, name: str, part: int = 0):
    return claim_of(replayer.theorem(name))[1][part].kids


# ------------------------------------------------------------------------------------------- S5.recursion, S5.bias, G1
def branching(reward=("1", "6/5")):
    model = Model.from_edges(
        [["root"], ["a", "b"], ["c", "d"]],
        [
            [("root", "a", "1/3"), ("root", "b", "2/3", "9/8")],
            [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "c", "1/2"), ("b", "d", "1/2")],
        ],
        dict(zip(("c", "d"), reward, strict=True)),
    )
    return analyse(model, twist(model, (("11/10",), ("21/20", "1"))))


class Run(Cloud):
    """Naive SMC with the backward functions that S5 and G1 name."""

    def __init__(self, c, particles):
        super().__init__(c, particles)
        self.R, self.dev = cache(self._R), cache(self._dev)
        self.product = cache(self._product)

    def G(self, t, x, y):
        return self.psi(t, x, y) * self.V(t + 1, y) * reciprocal(self.V(t, x))

    def _R(self, t, x, y):
        if t >= self.T:
            return ONE
        N = self.N
        twins = sum(p * self.G(t, x, u) ** 2 * self.R(t + 1, u, u) for p, u in self.M(t, x))
        apart = sum(
            p * q * self.G(t, x, u) * self.G(t, y, v) * self.R(t + 1, u, v)
            for p, u in self.M(t, x)
            for q, v in self.M(t, y)
        )
        return Fraction(1, N) * twins + (1 - Fraction(1, N)) * apart

    def mean(self, t, c):
        return self.total(t, c) / self.N

    def ahead(self, t, e):
        return self.psi(t, *e) * self.Vstar(t + 1, e[1]) * reciprocal(self.V(t, e[0]))

    def expect(self, t, c, f):
        return sum((w * f(d) for w, d in self.clouds(self.smc(t, c))), Fraction(0))

    def _dev(self, t, c, z):
        if t >= self.T - 1:
            return abs(z * self.mean(t, c) - 1)
        return self.expect(t, c, lambda d: self.dev(t + 1, d, z * self.mean(t, c)))

    def _product(self, which, s, t, c):
        """J, P, Q of the sealed G1 at s >= t; at other times any value will do."""
        if t < s < self.T + 2:
            return self.mean(t, c) * self.expect(t, c, lambda d: self.product(which, s, t + 1, d))
        if which == "P":
            return self.mean(t, c)
        law = self.smc(t, c)
        if which == "Q":
            return self.mean(t, c) * sum(w * self.ahead(t + 1, e) ** 2 for w, e in law)
        centre = sum(w * self.ahead(t + 1, e) for w, e in law)
        size = self.expect(t, c, lambda d: abs(sum(self.ahead(t + 1, e) for e in d) / self.N - centre))
        return self.mean(t, c) * size

    def environment(self, F=None):
        env, ranges = super().environment(F)
        rewards = F or {x: Fraction(x + 1, self.width) for x in range(self.width)}
        reward = self.backward(
            lambda c: sum((self.weight(self.T - 1, e) * rewards[e[1]] for e in c), Fraction(0)) / self.N,
            lambda t, c, mean: self.mean(t, c) * mean,
        )
        env |= {
            "R": self.R, "Out": env["W"], "AF": reward, "Dev": self.dev, **self.references(),
        } | {name: (lambda *a, name=name: self.product(name, *a)) for name in "JPQ"}  # fmt: skip
        return env, ranges | {"nat": range(self.T + 1), "real": [Fraction(0), ONE]}


@pytest.mark.parametrize("particles", [1, 2])
def test_s5_recursion_is_the_second_moment(replayer, particles):
    c = branching()
    run = Run(c, particles)
    check_theorem(replayer.theorem("S5.recursion"), *run.environment())
    left, right = (evaluate(x, run.environment()[0]) for x in sides(replayer, "S5.recursion"))
    second = second_moment(particle_process(c.model, c.twist, "naive"), particles)
    assert left == right == fraction(second) / run.V(0, 0) ** 2 and right > (run.Vstar(0, 0) / run.V(0, 0)) ** 2


class Rewarded(Run):
    """The recursion of two lineages that ends in a test function of the second one's state."""

    def __init__(self, c, particles, F):
        super().__init__(c, particles)
        self.F = F

    def _R(self, t, x, y):
        return self.F[y] if t >= self.T else super()._R(t, x, y)


@pytest.mark.parametrize("particles", [1, 2])
@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "1")], ids=["positive", "a zero reward"])
def test_s10_recursion_is_what_the_engine_computes(replayer, particles, reward):
    c, theorem = branching(reward), replayer.theorem("S10.recursion")
    moments = pair_moments(particle_process(c.model, c.twist, "naive"), particles)
    for F in ({0: Fraction(0), 1: ONE}, {0: Fraction(2, 3), 1: Fraction(-1, 7)}):
        run = Rewarded(c, particles, F)
        env, ranges = run.environment(F)
        check_theorem(theorem, env, ranges)
        left, right = (evaluate(side, env) for side in sides(replayer, "S10.recursion"))
        assert left == right == sum(fraction(k) * F[y] for y, k in enumerate(moments)) / run.V(0, 0) ** 2


@pytest.mark.by_turn
@pytest.mark.parametrize("particles", [1, 2])
@pytest.mark.parametrize("name", ["S5.bias", "G1"])
def test_the_biases_are_those_of_the_engine(replayer, name, particles):
    c = branching()
    law = output_law(particle_process(c.model, c.twist, "naive"), particles).law
    for F in ({0: Fraction(0), 1: ONE}, {0: Fraction(2, 3), 1: Fraction(1, 7)}):
        env, ranges = Run(c, particles).environment(F)
        check_theorem(replayer.theorem(name), env, ranges)
        left, right = sides(replayer, name)
        bias = sum(fraction(p - q) * F[x] for x, (p, q) in enumerate(zip(law, c.target, strict=True)))
        assert evaluate(left, env) == bias and abs(bias) <= evaluate(right, env)
    assert particles == 1 or 0 < abs(bias) < evaluate(right, env) < 1, "not trivial"


@pytest.mark.by_turn
@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "1")], ids=["positive", "a zero reward"])
@pytest.mark.parametrize("particles", [1, 2])
def test_g1_as_published_is_what_the_numerical_side_claims(replayer, particles, reward):
    """chi and C_act are the engine's; the theorem's bound is the closed form evaluated; a smaller C_act meets no hypothesis."""
    c = branching(reward)
    law = output_law(particle_process(c.model, c.twist, "naive"), particles).law
    run, theorem = Run(c, particles), replayer.theorem("G1.published")
    chi = [fraction(target_chi_square(c, t)) for t in range(run.T)]
    assert chi == [fraction(x) for x in c.chi_square[:-1]] and max(chi) > 0
    for F in ({0: Fraction(0), 1: ONE}, {0: Fraction(2, 3), 1: Fraction(1, 7)}):
        env, ranges = run.environment(F)
        env |= {"C_act": fraction(c.c_act), "chi": lambda t: chi[t] if t < run.T else ONE}
        check_theorem(theorem, env, ranges)
        (left, right), _, (same, half), _ = (part.kids for part in claim_of(theorem)[1])
        bias = sum(fraction(p - q) * F[x] for x, (p, q) in enumerate(zip(law, c.target, strict=True)))
        assert evaluate(left, env) == evaluate(same, env) == bias
        claimed = evaluate(right, env)
        assert abs(bias) <= evaluate(half, env) == claimed / 2
        closed = bounds.evaluate("G1", "published", N=particles, C_act=c.c_act, chi=c.chi_square[:-1])
        assert abs(float(closed) - float(claimed)) < 1e-12
        sharper = evaluate(sides(replayer, "G1")[1], env)
        assert sharper <= claimed / 2, "the sharper form implies the published one, with the factor 1/2"
        for wrong in ({"C_act": env["C_act"] * Fraction(99, 100)}, {"chi": lambda t: Fraction(0)}):
            assert not all(holds(h, env | wrong, ranges) for h in theorem.hyps)


# ------------------------------------------------------------------------------------------- S6, P4
class Guesser:
    """B children; a query names a child, the answer says whether it is the hidden one; the output is the child found, else a fixed one."""

    def __init__(self, children: int, queries: int, order):
        self.B, self.Q, self.order = children, queries, order

    def run(self, n, u, seed):
        history = (seed,)
        for _ in range(n):
            q = self.ask(history)
            history = (*history, int(q == u))
        return history

    def ask(self, history):
        return self.order[(history[0] + len(history) - 1) % self.B]

    def name(self, history):
        for k, hit in enumerate(history[1:]):
            if hit:
                return self.order[(history[0] + k) % self.B]
        return self.order[history[0]]

    def environment(self):
        B = self.B
        histories = [h for n in range(self.Q + 2) for s in range(B) for h in {self.run(n, u, s) for u in range(B + 1)}]
        env = {
            "B": B, "Q": self.Q, "seed": lambda: [(Fraction(1, B), s) for s in range(B)],
            "answer": lambda u, q: int(q == u), "blank": lambda q: 0, "touches": lambda u, q: int(q == u),
            "below": lambda u, o: int(o == u), "same": lambda u, v: int(u == v), "run": self.run, "ask": self.ask,
            "name": self.name, "1/": reciprocal,
        }  # fmt: skip
        ranges = {"nat": range(B + 1), "Query": range(B), "Output": range(B), "History": histories, "Seed": range(B)}
        return env, ranges


@pytest.mark.parametrize(("children", "queries"), [(2, 0), (3, 1), (4, 2), (5, 4)])
def test_s6_counting_holds_and_is_nearly_attained(replayer, children, queries):
    env, ranges = Guesser(children, queries, list(range(children))[::-1]).environment()
    check_theorem(replayer.theorem("S6.counting"), env, ranges)
    found, most = (evaluate(x, env) for x in sides(replayer, "S6.counting"))
    assert most == queries + 1 and queries <= found <= most


@pytest.mark.parametrize(("eps", "steps"), [(ONE, 1), (HALF, 2)])
def test_s6_with_its_family(replayer, eps, steps):
    a2 = (1 + eps) ** (2 * steps)
    children = int(a2) + 1
    env, ranges = Guesser(children, 1, list(range(children))).environment()
    share = a2 / (a2 + children - 1)
    env |= {"eps": eps, "n": steps, "delta": share}  # the least delta that this algorithm meets for sure
    check_theorem(replayer.theorem("S6.family"), env, ranges)
    check_theorem(replayer.theorem("S6"), env, ranges)
    tight = {**env, "delta": Fraction(0)}
    assert not all(holds(h, tight, ranges) for h in replayer.theorem("S6").hyps), "one query cannot be exact"
    exact, ranges = Guesser(children, children, list(range(children))).environment()
    exact |= {"eps": eps, "n": steps, "delta": Fraction(0)}
    for name in ("S6", "S6.exponent"):
        check_theorem(replayer.theorem(name), exact, ranges)
        assert 0 < evaluate(sides(replayer, name)[0], exact) <= children, "enough queries meet the hypotheses"


def test_p4_with_the_instance_that_asks_everything(replayer):
    eps, n = Fraction(1, 4), 0
    children = int((1 + eps) ** 4) + 1
    env, ranges = Guesser(children, children, list(range(children))).environment()
    check_theorem(replayer.theorem("P4"), env | {"eps": eps, "n": n}, ranges)
    env, ranges = Guesser(4, 4, list(range(4))).environment()
    check_theorem(replayer.theorem("P4.vocabulary"), env | {"k": 2, "n": 1}, ranges)
    env |= {"k": 2, "r": 2, "n": 2, "eps": HALF, "delta": Fraction(0)}
    check_theorem(replayer.theorem("S6.vocabulary"), env, ranges)


# ------------------------------------------------------------------------------------------- S7
def metropolis(weights, law, F):
    """Independent Metropolis-Hastings with the exact acceptance probability."""
    points = range(len(law))

    def accept(x, y):
        return min(ONE, weights[y] / weights[x])

    @cache
    def U(n, x):
        if n == 0:
            return F[x]
        return sum(law[y] * (accept(x, y) * U(n - 1, y) + (1 - accept(x, y)) * U(n - 1, x)) for y in points)

    env = {
        "guided": lambda: [(law[y], y) for y in points], "W": lambda x: weights[x], "F": lambda x: F[x], "accept": accept,
        "U": U, "a": min(weights), "R": max(weights) / min(weights), "sqrt": exact_sqrt, "1/": reciprocal,
    }  # fmt: skip
    return env, {"Path": points, "nat": range(4)}


def test_s7_holds_and_starts_attained(replayer):
    """W two-point with values 1/3 and 3: at H = 1 the bound is attained, afterwards it holds; a chain that always accepts is refused."""
    law, weights = [Fraction(3, 4), Fraction(1, 4)], [Fraction(1, 3), Fraction(3)]
    for F in ([Fraction(0), ONE], [ONE, Fraction(0)]):
        env, ranges = metropolis(weights, law, F)
        for n in range(4):
            check_theorem(replayer.theorem("S7"), env | {"n": n}, ranges)
        values = [[evaluate(x, env | {"n": n}) for x in sides(replayer, "S7")] for n in range(4)]
        assert abs(values[0][0]) == values[0][1] == HALF
        assert all(abs(left) <= right for left, right in values)
    always = {**env, "accept": lambda x, y: ONE}
    assert not all(holds(h, always, ranges) for h in replayer.theorem("S7").hyps)


def test_s7_uniform(replayer):
    eps = HALF
    rho = [1 / (1 + eps), 1 + eps]
    law = [rho[1] / (rho[0] + rho[1]), rho[0] / (rho[0] + rho[1])]
    C = sum(p * r for p, r in zip(law, rho, strict=True))
    env, ranges = metropolis([r / C for r in rho], law, [ONE, Fraction(1, 3)])
    env |= {"rho": lambda t, x: rho[x], "state": lambda x, t: x, "C": C, "eps": eps, "m": 1, "n": 2}
    check_theorem(replayer.theorem("S7.uniform"), env, ranges)
    assert 0 < evaluate(sides(replayer, "S7.uniform")[1], env) < 1


# ------------------------------------------------------------------------------------------- S9
def test_s9_on_its_instance(replayer):
    """The lumped chain by enumeration of signs and branches, and the engine on the model itself."""
    from smc.testing.families import split_model

    N = 2

    def draws(count, law):
        out = [(ONE, ())]
        for _ in range(count):
            out = [(w * p, (*row, y)) for w, row in out for p, y in law]
        return out

    signs = [(HALF, 1), (HALF, -1)]

    def branch(q):
        q = min(max(Fraction(q), Fraction(0)), ONE)
        return [(1 - q, 0), (q, 1)]

    @cache
    def X(n, k):
        if n == 0:
            return Fraction(k, N)
        out = Fraction(0)
        for w, row in draws(k, signs):
            D = Fraction(sum(row), 2)
            out += w * sum(v * X(n - 1, sum(d)) for v, d in draws(N, branch((k + D) * reciprocal(N + D))))
        return out

    env = {
        "N": N, "1/": reciprocal, "coin": lambda: signs, "branch": branch, "sgn": lambda c: c, "below": lambda d: d, "X": X,
        "A": 1, "B": 0,
    }  # fmt: skip
    for n in range(3):
        check_theorem(replayer.theorem("S9"), env | {"n": n}, {"nat": range(3), "Coin": (1, -1), "Side": (0, 1)})
        bound, bias = (evaluate(x, env | {"n": n}) for x in sides(replayer, "S9"))
        assert 0 <= bound <= bias and (n == 0) == (bound == 0) and bias <= 5 * bound
        model, reward = split_model(n + 1)
        law = output_law(particle_process(model, reward, "naive"), N).law
        assert HALF - bias in (fraction(law[0]), 1 - fraction(law[0])), "the lumped chain is the engine's"
    once = env | {"n": 1}
    assert evaluate(sides(replayer, "S9")[1], once) < (1 - Fraction(1, N)) * Fraction(3, 2 * N) / 36, (
        "one factor 1 - 1/N is not enough"
    )


# ------------------------------------------------------------------------------------------- G3, complexity
@pytest.mark.parametrize("seed", range(6))
def test_g3_is_an_identity(replayer, seed):
    draw = random.Random(seed)
    points = range(4)
    ref, V, Vstar = ([Fraction(draw.randint(1, 9), draw.randint(1, 5)) for _ in points] for _ in range(3))

    def tilted(value):
        mass = sum(r * v for r, v in zip(ref, value, strict=True))
        return lambda: [(ref[x] * value[x] / mass, x) for x in points]

    env = {
        "ref": lambda: [(ref[x], x) for x in points], "V": lambda x: V[x], "Vstar": lambda x: Vstar[x],
        "pihat": tilted(V), "pistar": tilted(Vstar),
    }  # fmt: skip
    check_theorem(replayer.theorem("G3"), env, {"X": points})
    left, right = (evaluate(x, env) for x in sides(replayer, "G3"))
    assert left == right > 1


def ball(replayer, name, part=0, **values):
    """Both sides with certified enclosures."""
    import flint

    def number(x):
        return x if isinstance(x, flint.arb) else flint.arb(flint.fmpq(Fraction(x).numerator, Fraction(x).denominator))

    env = {k: v if isinstance(v, int) else number(v) for k, v in values.items()}
    env |= {"exp": lambda x: number(x).exp(), "log": lambda x: number(x).log(), "sqrt": lambda x: number(x).sqrt()}

    return tuple(number(evaluate(x, env, number)) for x in sides(replayer, name, part))


CASES = {
    "P3.compound": {"c": Fraction(3, 2), "n": 6, "k": 2},
    "P3.polynomial": {"c": Fraction(1), "n": 6, "k": 6, "L": Fraction(2), "delta": Fraction(1, 3)},
    "S3.polynomial": {"c": Fraction(1), "n": 6, "L": Fraction(2), "delta": Fraction(1, 3)},
    "S3.logarithmic": {"n": 9, "k": 1, "L": Fraction(2), "delta": Fraction(1, 3)},
    "S3.exponential": {"eps": HALF, "n": 5, "k": 3},
    "S3.threshold": {"eps": Fraction(1, 9), "n": 19, "k": 1},
    "S1.limit": {"c": Fraction(1), "n": 5},
    "S1.leading": {"y": Fraction(1, 2)},
    "S2.leading": {"y": Fraction(1, 2)},
}


@pytest.mark.parametrize("name", CASES)
def test_complexity_statements_hold_and_are_not_far_off(replayer, name):
    for part in range(len(claim_of(replayer.theorem(name))[1])):
        left, right = ball(replayer, name, part, **CASES[name])
        assert left < right, f"{name} fails, or is not decided"
        assert left > 0 and right < 60 * left, "the two sides are of one order"


def test_the_threshold_hypothesis_can_fail(replayer):
    theorem = replayer.theorem("S3.threshold")
    env = {"eps": ONE, "n": 19, "k": 1}
    assert not all(holds(h, env, {}) for h in theorem.hyps)
    assert all(holds(h, env | {"eps": Fraction(1, 9)}, {}) for h in theorem.hyps)


def test_s5_particles(replayer):
    """With delta chosen for the model's b, the count suffices; with a smaller delta the hypothesis fails."""
    c = branching()
    env, ranges = Run(c, 2).environment()
    theorem = replayer.theorem("S5.particles")
    need = sum(fraction(x) - 1 for x in c.b) / 2
    low, high = Fraction(953, 10000), Fraction(488, 10000)  # below log(1 + 1/10), above log(1 + 1/20)
    assert high < need < low
    check_theorem(theorem, env | {"delta": Fraction(1, 10), "log": lambda x: low}, ranges)
    small = env | {"delta": Fraction(1, 20), "log": lambda x: high}
    assert not all(holds(h, small, ranges) for h in theorem.hyps)
