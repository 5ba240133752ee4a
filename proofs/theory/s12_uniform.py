"""S12 in closed forms: the sum over the steps, the Bellman error and the number of particles; L to the power 1, zero rewards allowed."""

from __future__ import annotations

from sympy import Eq, Product, Sum

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import to_kernel
from proofs.language.expressions import Both, Exp, ForAll, Implication, function, relation, symbols
from proofs.lemmas.clouds import particles, sequence
from proofs.lemmas.layered_system import ahead, live, model, on_move, peak
from proofs.lemmas.tested_clouds import growing
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.p3_complexity import particles as counted
from proofs.theory.p5_guided import weaker

N, n, t, k, b = particles.symbols("N n t k b")
x, y, u, V, Vstar, psi, dead, noedge, horizon = layered.symbols("x y u V Vstar psi dead noedge T")
T = n + 1
eps, L, delta = symbols("eps L delta")


@lemma("density_below_sum", title="1 - 1/prod (1 + x_k) <= sum x_k for 1 + x_k >= 0 and a product of at least 1")
@in_sympy("density_below_sum")
def density_below_sum(d: Derivation) -> Line:
    """The product is at most exp(sum), and exp(-sum) >= 1 - sum."""
    xs, x = sequence(k), function("x", "nat -> real")
    product, length = Product(1 + xs, (k, 0, n - 1)), Sum(xs, (k, 0, n - 1))
    _, least = d.given(ForAll(k, 0 <= 1 + xs), relation("<=", 1, product))
    above = d.use("product_below_exp", {x(k): xs})(n)
    d.know(d.prove(0 < product, least))
    low, one = d.axiom("exp_ge", -length), d.axiom("exp_add", length, -length)
    unit = d.prove(Eq(Exp(length) * Exp(-length), 1), one, d.axiom("exp_zero"))
    inverse = d.prove(product * Exp(-length) <= 1, above, unit)
    return d.prove(1 - 1 / product <= length, low, d.prove(Exp(-length) <= 1 / product, inverse))


@statement(
    "S12.sum",
    source="new",
    title="bias of SMC from the density, summed",
    words="As S12: |E F(output) - target| <= (1/N) sum_{k<T} (b(k) - 1).",
)
@in_sympy("S12.sum")
def summed(s: Derivation) -> Line:
    given = s.setting({"there are particles": 0 < N}) | peak(s)
    s.know(growing(s, given))
    s.know(s.use("beta_at_least_one"))
    return weaker(s, s.use("S12.tv"), s.use("density_below_sum", {sequence(k): (b(k) - 1) / N, n: n + 1}))


def values(s: Derivation) -> tuple[dict[str, Line], Line]:
    """The hypotheses of the model by name, and P0 for it: each of Vstar and V is at most (1+eps)^k times the other, k steps to go."""
    given, step = model(s), ahead(V)
    inside = Both(V(t, x) <= (1 + eps) * step, step <= (1 + eps) * V(t, x))
    lines = s.given(
        0 <= eps,
        ForAll(t, x, 0 <= dead(t, x)),
        ForAll(t, x, Implication(live, Implication(Eq(V(t, x), 0), Eq(Vstar(t, x), 0)))),
        ForAll(t, x, Implication(t < T, Implication(live, Implication(0 < V(t, x), inside)))),
    )
    for line in lines:
        s.know(line)
    with s.suppose(t < T, live) as here:
        with on_move(s, given, t, x) as on:
            stays = on.average(given["ends of a reachable edge are live"](t, x, y)[1])
    s.know(here.then(stays, t, x))
    with s.suppose(live) as here:
        weak = given["twist is non-negative"](t, x)
    s.know(here.then(weak, t, x))
    return given, s.use("P0", {horizon: T})


@statement(
    "S12.uniform",
    source="new",
    title="bias of SMC from the Bellman error, one-sided",
    words="If psi V_{t+1}(y) <= L V_t(x) on reachable edges (an upper bound alone) and the Bellman error is eps, T = n + 1: "
    "|E F(output) - target| <= T L (1+eps)^(2n+1) / N: L to the power 1, and 0/1 rewards are covered.",
)
@in_sympy("S12.uniform")
def from_bellman_error(s: Derivation) -> Line:
    given, worst = values(s)
    growth = L * (1 + eps) ** (2 * n + 1)
    upper, _ = s.given(
        ForAll(t, x, y, Implication(Eq(noedge(t, x, y), 0), psi(t, x, y) * V(t + 1, y) <= L * V(t, x))), 0 <= L
    )
    s.know(s.prove(0 <= growth, s.use("power_at_least_one")(1 + eps, 2 * n + 1)))
    s.know(s.gen(s.know(s.prove(0 <= growth)), t))
    with s.suppose(t < n + 1, live, 0 < V(t, x), Eq(noedge(t, u, y), 0)) as here:
        with s.nat_split(s.nat_step(here[0]), k) as split:  # T = t + 1 + k
            line = split.close(steps_to_go(s, given, worst, upper, s.prove(Eq(n, t + k), split[0])))
    s.know(here.then(line, t, x, u, y))
    bound = T * growth / N
    out = s.use("S12.sum", {b(t): growth})
    return weaker(s, out, s.prove(out[0].rhs <= bound))


def steps_to_go(s: Derivation, given: dict[str, Line], worst: Line, upper: Line, time: Line) -> Line:
    """psi Vstar(y)/V(u) <= L (1+eps)^(2n+1) Vstar(x)/V(x) with k steps to go after the edge."""
    error, level, most = 1 + eps, (1 + eps) ** k, (1 + eps) ** n
    for exponent in (k, t, n):
        s.know(s.use("power_at_least_one")(error, exponent))
    split = s.replace(time, lambda m: Eq(most, error ** m()), s.line(s.proof.refl(to_kernel(most))))
    ends = given["ends of a reachable edge are live"](t, u, y)
    for line in (split, ends[0], ends[1]):
        s.know(line)
    s.know(s.prove(level <= most, split))
    ratio = Vstar(t, x) / V(t, x)
    far = s.know(
        s.prove(relation("<=", 1, error * level * ratio), worst(k + 1, t, x)[1], note="V <= (1+eps)^(k+1) Vstar")
    )
    s.know(s.contradiction(0 <= Vstar(t, x), worst(k + 1, t, x)[1]))
    s.know(s.prove(0 <= ratio))
    wide = s.calc(
        L * level,
        ("<=", L * most),
        ("<=", L * most * (error * level * ratio), far),
        ("<=", L * error * most**2 * ratio),
    )
    near = s.prove(
        psi(t, u, y) * Vstar(t + 1, y) <= level * L * V(t, u),
        worst(k, t + 1, y)[0],
        upper(t, u, y),
        given["potentials are non-negative"](t, u, y),
    )
    with s.suppose(0 < V(t, u)):
        high = s.prove(psi(t, u, y) * Vstar(t + 1, y) / V(t, u) <= L * level, near)
    with s.suppose(V(t, u) <= 0):
        none = s.zero(V(t, u), given["twist is non-negative"](t, u))
        low = s.put(s.prove(0 <= L * level), lambda v: psi(t, u, y) * Vstar(t + 1, y) / v <= L * level, none)
    return s.chain(s.cases(V(t, u), 0, low, high), wide)


@statement(
    "S12.particles",
    source="new",
    title="number of particles, one-sided, L to the power 1",
    words="N >= L (1+eps) T (1+eps)^(2(T-1)) / delta particles give |E F(output) - target| <= delta, zero rewards allowed.",
)
@in_sympy("S12.particles")
def enough_particles(s: Derivation) -> Line:
    return counted("S12.uniform", 1)(s)
