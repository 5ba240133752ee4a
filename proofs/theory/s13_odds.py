"""S13: the odds of every event under the output of naive-proposal SMC are within Q = prod_p (1 + (q_p - 1)/N) of those under the target.

The model and the hypotheses are those of S3. With A_t(c) the answer of the cloud without further noise, one step multiplies
the odds of A at most
by 1 + (q - 1)/N in mean (S13.step), and the factors multiply over the steps (telescope_odds). The lower half is the upper one for 1 - F.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Exp, Root, function, product, relation, symbol, total
from proofs.lemmas.exchange import odds
from proofs.lemmas.ranged_run import RangedRun
from proofs.lemmas.smc_run import answer, target
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.p3_complexity import particles
from proofs.theory.p5_guided import weaker
from proofs.theory.s3_bias import at_bellman_error, flat

n, k, T, N = layered.symbols("n k T N")
q, f = (function(name, "nat -> real") for name in ("q", "f"))
excess = (q(k) - 1) / N


def levels(count: Any) -> Any:
    """prod_{k < count} (1 + (q(k) - 1)/N)."""
    return product(count, k, 1 + excess)


Q = levels(T)


class Odds(RangedRun):
    """One step multiplies the odds at most by 1 + (q - 1)/N: of the answer, or, `other`, of one minus it."""

    lemma, cost = "telescope_odds_start", f

    def __init__(self, d: Derivation, other: bool = False) -> None:
        self.other_half = other
        super().__init__(d, "S13.step", symbol("q", "real"), q, q(k))

    def seen(self, value: Any) -> Any:
        return 1 - value if self.other_half else value

    def size(self, steps: Any) -> Any:
        return 1 + (q(steps) - 1) / N

    def step(self, law: Any, time: Any, steps: Any, before: Any, mean: Any) -> Line:
        return self.s.prove(odds(before, mean, self.size(steps)), self.moved(law, time, steps)[int(self.other_half)])

    def big(self) -> Line:
        """forall n. 1 <= 1 + (q(n) - 1)/N, known from here on."""
        d = self.s
        return d.know(d.gen(d.prove(relation("<=", 1, self.size(n)), self.given["bounds are positive"](n)[1]), n))

    def multiplied(self) -> Line:
        for line in (self.big(), self.inside(), self.target_inside()):
            self.s.know(line)
        return self.telescoped()


def both_ways(factor: Any) -> Any:
    """The odds of the answer and of the target are within the factor."""
    return Both(odds(target, answer, factor), target * (1 - answer) <= factor * (1 - target) * answer)


@statement(
    "S13",
    source="new",
    title="odds of every event under SMC",
    words="Naive-proposal SMC as in S3, F a test function with values in [0, 1], out = E F(output), pi = target, and q(k) the ratio of the "
    "largest to the least backward potential Qbar on the edges with k steps to go: with Q = prod_{k<T} (1 + (q(k) - 1)/N), "
    "(1 - pi) out <= Q pi (1 - out) and pi (1 - out) <= Q (1 - pi) out.",
)
@in_sympy("S13")
def odds_of_events(d: Derivation) -> Line:
    run, other = Odds(d), Odds(d, other=True)
    return run.over_horizon(
        lambda count: both_ways(levels(count)), lambda: d.both(run.multiplied(), other.multiplied())
    )


@lemma(
    "odds_and_target", title="S13, and that the target is in [0, 1]", words="The claim of S13, and 0 <= target <= 1."
)
@in_sympy("odds_and_target")
def with_target(d: Derivation) -> Line:
    run = Odds(d)
    with run.horizon() as split:
        inside = split.close(run.target_inside())
    return d.both(d.use("S13"), inside)


@statement(
    "S13.tv",
    source="new",
    title="bias of SMC from the odds",
    words="As S13: |E F(output) - target| <= (sqrt Q - 1)/(sqrt Q + 1) = tanh(log(Q)/4), Q = prod_{k<T} (1 + (q(k) - 1)/N).",
)
@in_sympy("S13.tv")
def total_variation(d: Derivation) -> Line:
    """The largest gap that the odds allow (`odds_gap`), at s = sqrt Q."""
    Odds(d).big()
    known = d.use("odds_and_target")
    low, high = d.know(known[1][0]), d.know(known[1][1])
    d.know(d.use("product_at_least_one", {f(k): 1 + excess})(T))
    return from_odds(d, lambda half: known[0][half], (target, answer), Q, (low, high))


def from_odds(
    d: Derivation, known: Callable[[int], Line], values: tuple[Any, Any], factor: Any, inside: tuple[Line, Line]
) -> Line:
    """|out - pi| <= (s - 1)/(s + 1), s the root of the factor, from odds within it, by halves, and 0 <= pi <= 1; values: pi and out."""
    (target, out), root = values, Root(factor)
    square, gaps = d.axiom("sqrt_square", factor), []
    d.know(d.use("root_at_least_one")(factor))
    for part, pi, seen in ((known(0), target, out), (known(1), 1 - target, 1 - out)):
        d.know(d.prove(0 <= pi, *inside)), d.know(d.prove(pi <= 1, *inside))
        d.know(d.put(d.form(part, odds(pi, seen, factor)), lambda v, pi=pi, seen=seen: odds(pi, seen, v), square))
        gaps.append(d.use("odds_gap")(pi, root, seen))
    return d.both(gaps[0], d.form(gaps[1], target - out <= (root - 1) / (root + 1)))


@statement(
    "S13.sum",
    source="new",
    title="bias of SMC, the constant 1/4",
    words="As S13: |E F(output) - target| <= 1/(4N) sum_{k<T} (q(k) - 1): a half of S3's constant.",
)
@in_sympy("S13.sum")
def summed(d: Derivation) -> Line:
    """Q = prod (1 + x_k) <= exp(sum x_k) = g^2 for g = exp(sum x_k / 2), and (g - 1)/(g + 1) = tanh(sum x_k / 4) <= sum x_k / 4."""
    run, length, root = Odds(d), total(T, k, excess), Root(Q)
    d.know(d.gen(d.prove(0 <= 1 + excess, run.big()(k)), k))
    nonneg = d.know(d.gen(d.prove(0 <= excess, run.given["bounds are positive"](k)[1]), k))
    with d.below(k, T) as inside:
        sums = inside.sum(nonneg(k))
    d.know(d.prove(0 <= length / 2, sums))
    above = d.use("product_below_exp", {function("x", "nat -> real")(k): excess})(T)
    growth, half = Exp(length / 2), length / 2
    d.know(d.use("product_at_least_one", {f(k): 1 + excess})(T))
    square, twice = d.axiom("sqrt_square", Q), d.axiom("exp_add", half, half)
    d.know(d.prove(root**2 <= growth**2, square, twice, above))
    below = d.use("square_below")(root, growth)
    d.know(d.axiom("sqrt_nonneg", Q))
    wider = d.prove((root - 1) / (root + 1) <= (growth - 1) / (growth + 1), below, hold=[root, growth])
    small = d.form(d.use("tanh_of_half")(half), (growth - 1) / (growth + 1) <= total(T, k, (q(k) - 1) / (4 * N)))
    return weaker(d, d.use("S13.tv"), d.chain(wider, small))


@statement(
    "S13.uniform",
    source="new",
    title="bias of SMC from the Bellman error, the constant 1/4",
    words="With weights in [1/L, L] and Bellman error eps, n = T - 1: |E F(output) - target| <= T L^2 (1+eps)^(2n) / (4N).",
)
@in_sympy("S13.uniform")
def from_bellman_error(d: Derivation) -> Line:
    return flat(d, at_bellman_error(d, "S13.sum"), 2, 4)


@statement(
    "S13.particles",
    source="new",
    title="number of particles, the constant 1/4",
    words="N >= L^2 T (1+eps)^(2(T-1)) / (4 delta) particles give |E F(output) - target| <= delta.",
)
@in_sympy("S13.particles")
def enough_particles(d: Derivation) -> Line:
    return particles("S13.uniform", 4)(d)
