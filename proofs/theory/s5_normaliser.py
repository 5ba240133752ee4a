"""S5: the normalising constant of naive-proposal SMC.

Zhat = V_0 prod_t mean(G_t).  A(t, c) and B(t, c) are the expected product of the mean weights from the cloud c at time t on, and its
expected square.  Zero potentials, weights and rewards are allowed.
"""

from __future__ import annotations

from sympy import Eq, exp, solve

import proofs.lemmas.tested_clouds
import proofs.lemmas.two_particles  # noqa: F401  (registers a lemma)
from proofs.derive.author import Fact, Proof
from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.kernel import Node
from proofs.language import expressions as sym
from proofs.language.terms import (
    ONE,
    E,
    Symbol,
    all_of,
    at,
    draws,
    element,
    eq,
    fn,
    implies,
    le,
    lt,
    nat,
    product,
    total,
)
from proofs.lemmas.clouds import A, B, K, N, b, bad, c, d, e, f, h, k, last, mixture, n, over, settle, t, w
from proofs.lemmas.layered_system import T, horizon, lookahead, model, move, moved, off, peak, weight
from proofs.lemmas.particle_system import M, V, Vstar, dst, first, noedge, psi, root, smc, src, x, y
from proofs.lemmas.particle_system import f as ends_function
from proofs.registry import lemma, statement

r = nat("r")
R = fn("R", "nat X X -> real")
Z0 = Vstar(0, root) / V(0, root)


def on_model(fact: Fact, value: Symbol = Vstar, reward: Node = ONE) -> Fact:
    """A theorem about general particles, read for the edges of a layered model whose last weights are multiplied by `reward`."""
    return fact.inst(
        (w(t, e), weight(t, e)),
        (last(e), weight(n, e) * reward),
        (h(t, e), lookahead(t, e, value)),
        (bad(t, e), off(t, e)),
        (E(K(t, e), f, 0), E(move(t + 1, dst(e)), f, 0)),
        (E(mixture(t, c), f, 0), E(smc(t, c), f, 0)),
    )


def ends(p: Proof, given: dict[str, Fact], on_edge: Fact) -> Fact:
    """The ends of the edge e are live, from off(t, e) = 0."""
    return given["ends of a reachable edge are live"].spec(t, src(e), dst(e)).mp(on_edge)


def mixed(p: Proof, given: dict[str, Fact], g, *more: Node) -> Fact:
    """The sampling law at the test function g(src, dst): forall t c. t < n => 0 < weights => E[smc] g = mixture of the moves."""
    pushed = p.use("smc_law").inst((ends_function(x, y), g(x, y)))
    pushed = settle(
        pushed, given["edges are pairs"], given["potentials are non-negative"], given["twist is non-negative"]
    )
    back = moved(p, given, r, x, g).gen(r, x)
    weights = over(c, lambda q: weight(t, q))
    opened = p.rewrite(back, lambda F: over(c, lambda q: weight(t, q) * F(t + 1, dst(q))))
    left, right = pushed.sides[0], opened.sides[0] / weights
    law = p.show(eq(left, right), pushed, opened)
    return law.discharge(lt(t, n), lt(0, weights)).gen(t, c, *more)


def value_of(
    p: Proof, given: dict[str, Fact], s: Node, z: Node, before: Fact, alive: Fact, value: Symbol = Vstar
) -> Fact:
    """E[move(s, z)] Qbar = Vstar_s(z) / V_s(z) for a live state z and s < T."""
    expected = moved(p, given, s, z, lambda a, q: psi(s, a, q) * value(s + 1, q) / V(s, a))
    recursion = given["value recursion"].spec(s, z).mp(before, alive)
    return p.show(eq(expected.sides[0], value(s, z) / V(s, z)), expected, recursion)


def particle_facts(p: Proof, given: dict[str, Fact], value: Symbol = Vstar, reward: Node = ONE) -> list[Fact]:
    """The hypotheses of `particles.setting`, proved for the edges of the layered model; `value` has the terminal value V reward."""
    potentials, twist = given["potentials are non-negative"], given["twist is non-negative"]
    inverse = p.use("inverse_nonneg").spec(V(t, src(e))).mp(twist.spec(t, src(e)))
    positive = p.show(le(0, weight(t, e)), potentials.spec(t, src(e), dst(e)), twist.spec(t + 1, dst(e)), inverse).gen(
        t, e
    )
    off_nonneg = given["noedge is non-negative"].spec(t, src(e), dst(e)).gen(t, e)

    before, on_edge = p.assume(lt(t, n)), p.assume(eq(off(t, e), 0))
    now = p.show(lt(t + 1, T), before)
    there = ends(p, given, on_edge).right
    staying = moved(p, given, t + 1, dst(e), lambda a, q: noedge(t + 1, a, q))
    follow = given["moves follow edges"].spec(t + 1, dst(e)).mp(now, there)
    stay = p.chain(staying, follow).discharge(before, on_edge).gen(t, e)

    p.note("Qbar = weight * E Qbar: psi Vstar(y)/V(x) = psi V(y)/V(x) * Vstar(y)/V(y), also where V(y) = Vstar(y) = 0")
    target = dst(e)
    expected = value_of(p, given, t + 1, target, now, there, value)
    goal = eq(lookahead(t, e, value), weight(t, e) * expected.sides[0])
    psi(t, src(e), target) / V(t, src(e))
    dense = p.assume(lt(0, V(t + 1, target)))
    high = p.show(goal, expected, dens=[dense])
    none = p.antisymmetry(p.assume(le(V(t + 1, target), 0)), twist.spec(t + 1, target))
    nothing = given["twist kills no live value"].spec(t + 1, target).mp(now, there, none)
    low = p.show(goal, nothing, none)
    recursion = p.cases(V(t + 1, target), 0, low, high).discharge(before, on_edge).gen(t, e)

    at_end = p.assume(eq(off(n, e), 0))
    terminal = given["terminal value"].spec(dst(e))
    end = p.show(eq(lookahead(n, e, value), weight(n, e) * reward), terminal)
    return [
        given["there are particles"],
        positive,
        off_nonneg,
        stay,
        recursion,
        end.discharge(at_end).gen(e),
        mixed(p, given, lambda a, q: noedge(t + 1, a, q)),
        mixed(p, given, lambda a, q: psi(t + 1, a, q) * value(t + 2, q) / V(t + 1, a)),
    ]


@lemma("lookahead_nonneg", title="Qbar is non-negative on reachable edges")
def lookahead_nonneg(p: Proof) -> Fact:
    given = model(p)
    before, on_edge = p.assume(le(t, n)), p.assume(eq(off(t, e), 0))
    there = ends(p, given, on_edge).right
    value = p.use("value_nonneg").inst((horizon, T)).spec(t + 1, dst(e)).mp(p.show(le(t + 1, T), before), there)
    inverse = p.use("inverse_nonneg").spec(V(t, src(e))).mp(given["twist is non-negative"].spec(t, src(e)))
    psi_nonneg = given["potentials are non-negative"].spec(t, src(e), dst(e))
    return p.show(le(0, lookahead(t, e)), psi_nonneg, value, inverse).discharge(before, on_edge).gen(t, e)


def recursions(p: Proof, which, degree: int) -> list[Fact]:
    """The definition of A (degree 1) or B (degree 2) by what happens from the cloud c at time t on."""
    mean = over(c, lambda q: weight(t, q)) / N
    final = over(c, lambda q: weight(n, q)) / N
    power = (lambda z: z) if degree == 1 else (lambda z: z**2)
    return [
        p.assume(
            all_of(t, c, implies(lt(t, n), eq(which(t, c), power(mean) * E(draws(N, smc(t, c)), d, which(t + 1, d)))))
        ),
        p.assume(all_of(c, eq(which(n, c), power(final)))),
    ]


def start(p: Proof, given: dict[str, Fact], value: Symbol = Vstar) -> tuple[Fact, Fact, tuple[Node, Fact, Fact]]:
    """The first cloud: E[first] Qbar = Z / V_0; the null function of one particle and of the cloud."""
    alive = given["the root is live"]
    before = p.show(lt(0, T), p.nat_nonneg(n))
    pairs = given["edges are pairs"]

    def law(g) -> Fact:
        return settle(p.use("first_law").inst((ends_function(x, y), g(x, y))), pairs)

    ahead = law(lambda a, q: psi(0, a, q) * value(1, q) / V(0, a))
    recursion = given["value recursion"].spec(0, root).mp(before, alive)
    mean = p.show(eq(ahead.sides[0], value(0, root) / V(0, root)), ahead, recursion)
    clean = law(lambda a, q: noedge(0, a, q))
    none = p.chain(clean, given["moves follow edges"].spec(0, root).mp(before, alive))
    off_nonneg = given["noedge is non-negative"].spec(0, src(e), dst(e)).gen(e)
    return mean, none, (none.sides[0], off_nonneg, none)


def first_cloud_null(p: Proof, given: dict[str, Fact], none: Fact) -> tuple[Node, Fact, Fact]:
    from proofs.lemmas.clouds import i

    z = over(d, lambda q: off(0, q))
    off_nonneg = given["noedge is non-negative"].spec(0, src(at(d, i)), dst(at(d, i))).gen(i)
    nonneg = p.conv(p.mono(off_nonneg, total(N, i, 0), z), le(0, z)).gen(d)
    many = p.step("iid_sum", [], [none.sides[0], N])
    zero = p.show(eq(E(draws(N, first), d, z), 0), many, none)
    return E(draws(N, first), d, z), nonneg, zero


@statement(
    "S5.mean",
    source="new",
    title="the normaliser is unbiased",
    words="E[Zhat] = Z: V_0 E[prod_t mean(G_t)] = Vstar_0(root), for every N >= 1 and T.",
)
def unbiased(p: Proof) -> Fact:
    given = model(p)
    rec = recursions(p, A, 1)
    rootpos = p.assume(lt(0, V(0, root)))
    general = settle(on_model(p.use("particle_mean")), *particle_facts(p, given), *rec)
    p.note("given the first cloud, the expected product is the mean of Qbar over it")
    mean, none, _ = start(p, given)
    clean = p.assume(eq(over(d, lambda q: off(0, q)), 0))
    one = general.spec(n, 0, d).mp(p.show(eq(0 + n, n)), clean)
    cloud = draws(N, first)
    null = first_cloud_null(p, given, none)
    average = p.almost_surely(one, d, E(cloud, d, A(0, d)), E(cloud, d, one.sides[1]), null)
    many = p.step("iid_sum", [], [mean.sides[0], N])
    value = p.show(eq(E(cloud, d, A(0, d)), mean.sides[0]), average, many, dens=[given["there are particles"]])
    return p.show(eq(V(0, root) * value.sides[0], Vstar(0, root)), value, mean, dens=[rootpos])


def bound_facts(p: Proof, given: dict[str, Fact], high: dict[str, Fact]) -> list[Fact]:
    """The hypotheses of `particles.sharp`: Qbar is at most b(t+1) times the value ratio at the end of any edge with weight."""
    before, mine, other = p.assume(lt(t, n)), p.assume(eq(off(t, e), 0)), p.assume(eq(off(t + 1, f), 0))
    heavy = p.assume(lt(0, weight(t, e)))
    now = p.show(lt(t + 1, T), before)
    there = ends(p, given, mine).right
    target = dst(e)
    p.note("an edge with weight leads to a state with V > 0")
    zero = p.antisymmetry(p.assume(le(V(t + 1, target), 0)), given["twist is non-negative"].spec(t + 1, target))
    psi(t, src(e), target) / V(t, src(e))
    false = p.show(lt(0, 0), heavy, zero)
    dense = lt(0, V(t + 1, target))
    positive = p.cases(V(t + 1, target), 0, p.absurd(dense, false), p.assume(dense))
    top = high["b bounds the lookahead"].spec(t + 1, target, src(f), dst(f)).mp(now, there, positive, other)
    expected = value_of(p, given, t + 1, target, now, there)
    goal = le(lookahead(t + 1, f), b(t + 1) * expected.sides[0])
    out = p.show(goal, top, expected)
    out = out.discharge(before, mine, other, heavy).gen(t, e, f)
    return [p.use("lookahead_nonneg"), high["b is non-negative"], out]


@statement(
    "S5",
    source="new",
    title="variance of the normaliser",
    attained=True,
    words="E[(Zhat/Z)^2] <= prod_{t=0}^{n} (1 + (b(t) - 1)/N) for the horizon T = n + 1, with b(t) = max psi Vstar_{t+1}(y)/V_t(u) over "
    "reachable edges at time t, over min Vstar_t(x)/V_t(x) (b_{t+1} of theory.md).  Zero rewards are allowed.",
)
def second_moment(p: Proof) -> Fact:
    given, high = model(p), peak(p)
    rec = recursions(p, B, 2)
    rootpos, many = p.assume(lt(0, V(0, root))), given["there are particles"]
    target = p.assume(lt(0, Vstar(0, root)), note="the target has mass")
    facts = [*particle_facts(p, given), *bound_facts(p, given, high), *rec]
    general = settle(on_model(p.use("particle_second_moment")), *facts)
    alive = given["the root is live"]
    mean, none, null = start(p, given)
    now = p.show(lt(0, T), p.nat_nonneg(n))
    cloud, hs = draws(N, first), over(d, lambda q: lookahead(0, q))
    clean = p.assume(eq(over(d, lambda q: off(0, q)), 0))
    tail = product(n, k, 1 + (b(1 + k) - 1) / N)
    p.note("given the first cloud, E is at most the product times the squared mean of Qbar over it")
    one = p.conv(general.spec(n, 0, d).mp(p.show(eq(0 + n, n)), clean), le(B(0, d), tail * (hs / N) ** 2))
    square = E(cloud, d, (hs / N) ** 2)
    average = p.mono(
        one.discharge(clean).gen(d),
        E(cloud, d, B(0, d)),
        E(cloud, d, tail * (hs / N) ** 2),
        first_cloud_null(p, given, none),
    )
    p.note("Qbar <= b(0) Z / V_0 on the first edges, so E Qbar^2 <= b(0) (Z / V_0)^2")
    on_edge = p.assume(eq(off(0, e), 0))
    top = high["b bounds the lookahead"].spec(0, root, src(e), dst(e)).mp(now, alive, rootpos, on_edge)
    nonneg = p.use("lookahead_nonneg").spec(0, e).mp(p.nat_nonneg(n), on_edge)
    each = p.show(le(lookahead(0, e) ** 2, b(0) * Z0 * lookahead(0, e)), top, nonneg)
    left, right = E(first, e, lookahead(0, e) ** 2), E(first, e, b(0) * Z0 * lookahead(0, e))
    moment = p.mono(each.discharge(on_edge).gen(e), left, right, null)
    pair = p.step("iid_pair", [], [E(first, e, E(first, f, lookahead(0, e) * lookahead(0, f))), N])
    inverse = p.positive_inverse(many)
    grow = 1 + (b(0) - 1) / N
    spread = p.show(le(square, grow * Z0**2), moment, inverse, pair, mean, dens=[many])
    from proofs.lemmas.clouds import growth_positive

    positive = growth_positive(p, {**given, **high})
    symbol = fn("f", "nat -> real")(k)
    rest = p.use("product_nonneg").inst((symbol, 1 + (b(k) - 1) / N)).cut(positive).spec(n, 1)
    front = p.use("product_front").inst((symbol, 1 + (b(k) - 1) / N)).spec(n, 0)
    bound = product(n + 1, k, 1 + (b(k) - 1) / N)
    return p.show(
        le((V(0, root) / Vstar(0, root)) ** 2 * E(cloud, d, B(0, d)), bound),
        average,
        rest,
        spread,
        front,
        dens=[rootpos, target],
    )


@lemma(
    "product_below_exp",
    title="a product of 1 + x_k is at most the exponential of the sum",
    words="prod_{k<n} (1 + x_k) <= exp(sum_{k<n} x_k) when every 1 + x_k >= 0.",
)
@in_sympy("product_below_exp")
def product_below_exp(d: Derivation) -> Line:
    n, k = sym.symbols("n k", "nat")
    z = sym.function("x", "nat -> real")
    given = d.given(sym.ForAll(k, 0 <= 1 + z(k)))

    def claim(count):
        return sym.product(count, k, 1 + z(k)) <= sym.Exp(sym.total(count, k, z(k)))

    with d.suppose(claim(n)) as hyp:
        rest, last = sym.Exp(sym.total(n, k, z(k))), 1 + z(n)
        first = d.prove(sym.product(n, k, 1 + z(k)) * last <= rest * last, hyp[0], given(n))
        second = d.prove(rest * last <= rest * sym.Exp(z(n)), d.axiom("exp_ge", z(n)))
        step = hyp.then(d.prove(claim(n + 1), first, second, d.axiom("exp_add", sym.total(n, k, z(k)), z(n))))
    out = d.induct(n, claim, d.prove(claim(0), d.axiom("exp_zero")), step)(n)
    return d.gen_after(out, given, n)


@statement(
    "S5.particles",
    source="new",
    title="particles for a relative variance of delta",
    words="If N log(1 + delta) >= sum_{t=0}^{n} (b(t) - 1) then E[(Zhat/Z)^2] - 1 <= delta, for the horizon T = n + 1.",
)
@in_sympy("S5.particles")
def particles_needed(d: Derivation) -> Line:
    """prod (1 + (b - 1)/N) <= exp(sum (b - 1)/N) <= 1 + delta, solved for what the sum may be."""
    n, k, t, N = sym.symbols("n k t N", "nat")
    delta, z = sym.symbols("delta z")
    b, x = sym.function("b", "nat -> real"), sym.function("x", "nat -> real")
    [room] = solve(Eq(exp(z), 1 + delta), z)  # log(1 + delta)
    _, enough, many, nonneg = d.given(
        0 < delta,
        sym.total(n + 1, k, b(k) - 1) <= N * room,
        sym.relation("<", 0, N),
        sym.ForAll(t, 0 <= b(t)),
    )
    least, share = d.nat_step(many), (b(k) - 1) / N
    d.know(d.gen(d.prove(0 <= 1 + share, nonneg(k), least), k))
    bound, above = d.use("S5"), d.use("product_below_exp", {x(k): share})(n + 1)
    d.know(d.prove(sym.total(n + 1, k, share) <= room, enough))
    rising = d.use("exp_mono")(sym.total(n + 1, k, share), room)
    d.know(d.prove(0 < 1 + delta))
    return d.prove(bound.lhs - 1 <= delta, bound, above, rising, d.axiom("exp_log", 1 + delta))


@statement(
    "S5.recursion",
    source="new",
    title="the exact second moment of the normaliser",
    words="E[(Zhat/V_0)^2] = R_0(root, root), where R follows two particles: R_T = 1 and R_t(x, y) = (1 - 1/N) E G(x, x') G(y, y') "
    "R_{t+1}(x', y') + (1/N) E G(x, x')^2 R_{t+1}(x', x') with independent x' from M_t(x), y' from M_t(y).  For every N and every horizon "
    "T = n + 1; the cost is polynomial in the number of states.",
)
def recursion(p: Proof) -> Fact:
    final = p.assume(all_of(x, y, eq(R(T, x, y), 1)))
    g1, g2 = element("Edge", "u v")
    end = p.show(
        eq(weight(n, g1) * weight(n, g2) * R(T, dst(g1), dst(g2)), weight(n, g1) * weight(n, g2)),
        final.spec(dst(g1), dst(g2)),
    )
    return lineages(p, "two_particles", B, [*recursions(p, B, 2), end.gen(g1, g2)])


def lineages(p: Proof, lemma: str, which: Symbol, known: list[Fact]) -> Fact:
    """E[which(0, c)] over the first cloud is R_0(root, root), R the recursion of two lineages; known: what `lemma` asks of the last cloud,
    and the recursion of `which`."""
    given = model(p)
    many = given["there are particles"]
    a, q = element("X", "a q")

    def G(s: Node | int, before: Node, after: Node) -> Node:
        return psi(s, before, after) * V(s + 1, after) / V(s, before)

    twins = E(M(t, x), a, G(t, x, a) ** 2 * R(t + 1, a, a))
    apart = E(M(t, x), a, E(M(t, y), q, G(t, x, a) * G(t, y, q) * R(t + 1, a, q)))
    two = p.assume(all_of(t, x, y, implies(lt(t, T), eq(R(t, x, y), twins / N + (1 - 1 / N) * apart))))
    g1, g2, held = element("Edge", "u v o")
    D = fn("D", "nat Edge Edge -> real")

    p.note("D(t, e, f) = G(e) G(f) R_{t+1}(dst e, dst f) obeys the recursion of two_particles")
    before = p.assume(lt(t, n))
    now = p.show(lt(t + 1, T), before)
    law = two.spec(t + 1, dst(g1), dst(g2)).mp(now)
    one = moved(p, given, t + 1, dst(g1), lambda z, z1: G(t + 1, z, z1) ** 2 * R(t + 2, z1, z1))
    inner = moved(
        p, given, t + 1, dst(g2), lambda z, z1: weight(t + 1, held) * G(t + 1, z, z1) * R(t + 2, dst(held), z1)
    )
    inner = p.rewrite(inner.gen(held), lambda F: E(move(t + 1, dst(g1)), e, F(e)))

    def outer_body(z: Node, z1: Node) -> Node:
        return E(M(t + 1, dst(g2)), q, G(t + 1, z, z1) * G(t + 1, dst(g2), q) * R(t + 2, z1, q))

    outer = moved(p, given, t + 1, dst(g1), outer_body)
    pair_weight = weight(t, g1) * weight(t, g2)
    left = pair_weight * R(t + 1, dst(g1), dst(g2))
    right = pair_weight * (one.sides[0] / N + (1 - 1 / N) * inner.sides[0])
    step = p.cert(
        eq(left, right),
        eqs=[
            (pair_weight, law),
            (pair_weight / N, one),
            (pair_weight * (1 - 1 / N), inner),
            (pair_weight * (1 - 1 / N), outer),
        ],
        why="the multipliers of this many equations are not found in time",
    )
    twin = mixed(p, given, lambda z, z1: G(t + 1, z, z1) ** 2 * R(t + 2, z1, z1))
    first_one = mixed(p, given, lambda z, z1: G(t + 1, z, z1) * weight(t + 1, g2) * R(t + 2, z1, dst(g2)), g2)
    second = mixed(p, given, lambda z, z1: weight(t + 1, g1) * G(t + 1, z, z1) * R(t + 2, dst(g1), z1), g1)
    facts = particle_facts(p, given)
    general = on_model(p.use(lemma).inst((B(t, c), which(t, c)))).inst(
        (D(t, e, f), weight(t, e) * weight(t, f) * R(t + 1, dst(e), dst(f)))
    )
    steps = [step.discharge(before).gen(t, g1, g2), twin, first_one, second]
    general = settle(general, facts[0], facts[1], *known, *steps)

    p.note("the first cloud: N draws from the moves out of the root")
    cloud = draws(N, first)
    value = general.spec(n, 0, d).mp(p.show(eq(0 + n, n))).gen(d)
    under = p.rewrite(value, lambda F: E(cloud, d, F(d)))
    pair = weight(0, e) * weight(0, f) * R(1, dst(e), dst(f))
    split = p.step("iid_pair", [], [E(first, e, E(first, f, pair)), N])

    def law_first(g) -> Fact:
        return settle(p.use("first_law").inst((ends_function(x, y), g(x, y))), given["edges are pairs"])

    p.note("R_0(root, root) by one more step of its own recursion")
    one = law_first(lambda z, z1: G(0, z, z1) ** 2 * R(1, z1, z1))
    inner = law_first(lambda z, z1: weight(0, held) * G(0, z, z1) * R(1, dst(held), z1))
    inner = p.rewrite(inner.gen(held), lambda F: E(first, e, F(e)))
    outer = law_first(lambda z, z1: E(M(0, root), q, G(0, z, z1) * G(0, root, q) * R(1, z1, q)))
    start_law = two.spec(0, root, root).mp(p.show(lt(0, T), p.nat_nonneg(n)))
    return p.cert(
        eq(E(cloud, d, which(0, d)), R(0, root, root)),
        eqs=[
            (1, under),
            (1 / N**2, split),
            (1 / N, one),
            (1 - 1 / N, inner),
            (1 - 1 / N, outer),
            (1, start_law),
        ],
        dens=[many],
        why="the multipliers of this many equations are not found in time",
    )
