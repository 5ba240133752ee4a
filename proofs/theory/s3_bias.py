"""S3: the bias of naive-proposal SMC, with the sharp exponent 2.

The law of one output particle of N-particle SMC is compared with the target on a test function F with values in [0, 1]; the supremum
over F is the total variation distance.  VF is the value with the terminal reward times F, so that the target gives F the mean
VF_0(root)/Vstar_0(root), and the output gives it the mean E W_0 over the first cloud, where W_t(c) is the expected F(output) given the
cloud c at time t.  States may be whole paths: then F is any function of the path.

Levels are counted by the steps to go: lo(k) and q(k) lo(k) bound Qbar on the edges after which k steps remain, k = T - p.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import to_sympy
from proofs.language.expressions import (
    Both,
    ForAll,
    Recip,
    Root,
    function,
    implications,
    relation,
    symbol,
    symbols,
    total,
)
from proofs.lemmas.ranged_run import RangedRun, lo
from proofs.lemmas.smc_run import bias_below
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.p5_guided import weaker

x, y, t, n, k, T, N, L, eps = layered.symbols("x y t n k T N L eps")
psi, V, Vstar, noedge = layered.symbols("psi V Vstar noedge")
(level,) = symbols("level")
s, q = (function(name, "nat -> real") for name in ("s", "q"))
Qbar = psi(t, x, y) * Vstar(t + 1, y) / V(t, x)
to_go, reachable = Eq(t + 1 + k, T), Eq(noedge(t, x, y), 0)


class Errors(RangedRun):
    """One step moves the answer by at most (s^2 - s)/(2N)."""

    lemma, cost = "telescope_start", function("e", "nat -> real")

    def __init__(self, d: Derivation) -> None:
        super().__init__(d, "S3.step", symbol("s", "real"), s, s(k) ** 2)

    def size(self, steps: Any) -> Any:
        return (s(steps) ** 2 - s(steps)) / (2 * N)

    def step(self, law: Any, time: Any, steps: Any, before: Any, mean: Any) -> Line:
        one, error = self.moved(law, time, steps), self.size(steps)
        return self.s.both(self.s.prove(mean - before <= error, one[0]), self.s.prove(before - mean <= error, one[1]))

    def bias(self) -> Line:
        d = self.s
        d.know(d.gen(d.prove(0 <= self.size(n), self.given["bounds are positive"](n)[1]), n))
        return self.over_horizon(lambda count: bias_below(total(count, k, self.size(k))), self.telescoped)


@lemma(
    "smc_bias",
    title="bias of SMC, with the roots of the range ratios",
    words="As S3, with q(k) = s(k)^2: |E F(output) - target| <= 1/(2N) sum_{k<T} (s(k)^2 - s(k)).",
)
@in_sympy("smc_bias")
def rooted(d: Derivation) -> Line:
    return Errors(d).bias()


@statement(
    "S3",
    source="new",
    title="bias of SMC, two-sided",
    words="Naive-proposal SMC with N particles and horizon T, F a test function with values in [0, 1], W_t(c) the expected F(output) given "
    "the cloud c of N edges at time t, target = VF_0(root)/Vstar_0(root), and q(k) the ratio of the largest to the least backward "
    "potential Qbar on the edges with k steps to go: |E F(output) - target| <= 1/(2N) sum_{k<T} (q(k) - sqrt q(k)).",
)
@in_sympy("S3")
def two_sided(d: Derivation) -> Line:
    return with_roots(d, "smc_bias", Qbar, (to_go, reachable), t, k, x, y)


def with_roots(d: Derivation, lemma: str, value: Any, guards: tuple, *variables: Any) -> Line:
    """The lemma at s = sqrt q, where lo(k) <= value <= q(k) lo(k) under the guards."""

    def between(top: Any) -> Any:
        return Both(lo(k) <= value, value <= top * lo(k))

    signs = ForAll(k, Both(0 < lo(k), relation("<=", 1, q(k))))
    positive, ranged = d.given(signs, ForAll(*variables, implications(*guards, between(q(k)))))
    root, bounds = Root(q(k)), positive(k)
    d.know(bounds[1])
    square = d.axiom("sqrt_square", q(k))  # (sqrt q)^2 = q
    d.know(d.gen(d.both(bounds[0], d.use("root_at_least_one")(q(k))), k))
    with d.suppose(*guards) as here:
        inside = ranged(*variables)
        top = d.prove(value <= root**2 * lo(k), inside[1], square, hold=[root, q(k)])
    d.know(here.then(d.both(inside[0], top), *variables))
    out = d.use(lemma, {s(k): root})
    low, high = (to_sympy(out[i].fact.sides[0]) for i in (0, 1))

    def claim(square_of: Any) -> Any:
        bound = total(T, k, (square_of(k) - root) / (2 * N))
        return Both(low <= bound, high <= bound)

    return d.replace(d.gen(square, k), claim, out)


def at_bellman_error(d: Derivation, name: str) -> Line:
    """The statement at lo(k) = 1/(L (1+eps)^k) and q(k) = L^2 (1+eps)^(2k), the range that `backward_bounds` gives."""
    d.given(relation("<=", 1, L), 0 <= eps, 0 < N)
    Q = (1 + eps) ** k
    least, ratio, bounds = Recip(L) * Recip(Q), L**2 * Q**2, d.use("backward_bounds")
    d.know(d.prove(0 < L)), d.know(d.use("power_at_least_one")(1 + eps, k))
    d.know(d.prove(0 < Q))
    with d.suppose(0 < level) as positive:
        same = positive.then(d.prove(L * level <= L**2 * level**2 * (Recip(L) * Recip(level))), level)
    with d.suppose(to_go, reachable) as edge:
        inside = bounds(t, k, x, y)
        line = d.both(inside[0], d.chain(inside[1], d.form(same(Q), L * Q <= ratio * least)))
    d.know(edge.then(line, t, k, x, y))
    d.know(d.prove(relation("<=", 1, L * Q)))
    d.know(
        d.gen(
            d.both(
                d.prove(0 < least, hold=[Q]), d.form(d.use("power_at_least_one")(L * Q, 2), relation("<=", 1, ratio))
            ),
            k,
        )
    )
    return d.use(name, {lo(k): least, q(k): ratio})


def flat(d: Derivation, out: Line, power: int, scale: int, *lines: Line) -> Line:
    """T equal terms L^power (1+eps)^(power n)/(scale N) bound the sum, since k <= n = T - 1."""
    d.given(Eq(T, n + 1))
    growth = (1 + eps) ** (power * n)
    terms = to_sympy(out[0].fact.sides[1])
    summand = terms.function.xreplace({terms.limits[0][0]: k})
    with d.below(k, T) as inside:
        d.know(d.prove(k <= n, d.nat_step(inside[0])))
        more = d.use("power_increasing")(1 + eps, power * k, power * n)
        more = d.prove(L**power * (1 + eps) ** (power * k) <= L**power * growth, more)
        wide = inside.sum(d.prove(summand <= L**power * growth / (scale * N), more, *lines))
    bound = T * L**power * growth / (scale * N)
    wide = d.form(wide, to_sympy(wide.fact.sides[0]) <= bound)
    return weaker(d, out, wide)


@statement(
    "S3.uniform",
    source="new",
    title="bias of SMC from the Bellman error, two-sided",
    words="With weights in [1/L, L] and Bellman error eps, n = T - 1: |E F(output) - target| <= T L^2 (1+eps)^(2n) / (2N).",
)
@in_sympy("S3.uniform")
def two_sided_uniform(d: Derivation) -> Line:
    return flat(d, at_bellman_error(d, "S3"), 2, 2, d.axiom("sqrt_nonneg", L**2 * (1 + eps) ** (2 * k)))
