"""S5: the normalising constant of naive-proposal SMC.

Zhat = V_0 prod_t mean(G_t).  A(t, c) and B(t, c) are the expected product of the mean weights from the cloud c at time t on, and its
expected square.  Zero potentials, weights and rewards are allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sympy import Eq, exp, solve

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import (
    Entry,
    Exp,
    Expect,
    ForAll,
    function,
    implications,
    product,
    relation,
    symbols,
    total,
)
from proofs.lemmas.clouds import over, particles, total_of
from proofs.lemmas.layered_system import lookahead, model, moved, off, peak, weight
from proofs.registry import lemma, statement
from proofs.theory.model import layered

N, n, m, t, i, k, e, f, c, d, z = particles.symbols("N n m t i k e f c d z")
w, h, g, bad, b, last, tested, A, B, CF, D, K, mixture = particles.symbols("w h g bad b last tested A B CF D K next")
x, y, u, v, root, M, psi, V, Vstar, noedge = layered.symbols("x y u v root M psi V Vstar noedge")
src, dst, move, smc, first, horizon = layered.symbols("src dst move smc first T")
start, o, one, two = particles.symbols("start o u v")
of_ends, two_step = layered.symbols("f"), function("R", "nat X X -> real")
T, weights = n + 1, total_of(weight, t, c)
alive = 0 < weights


def later(value: Any) -> Any:
    """The mean of a term in the next cloud d."""
    return Expect(smc(t, c).draws(N), d, value)


def begin(value: Any) -> Any:
    """The mean of a term in the first cloud d."""
    return Expect(first.draws(N), d, value)


def edges(value: Any = Vstar, reward: Any = 1) -> dict[Any, Any]:
    """The particles of `proofs.lemmas.clouds` are the edges of the layered model; the last weights are multiplied by `reward`."""
    return {
        w(t, e): weight(t, e),
        last(e): weight(n, e) * reward,
        h(t, e): lookahead(t, e, value),
        bad(t, e): off(t, e),
        K(t, e): move(t + 1, dst(e)),
        mixture(t, c): smc(t, c),
    }


# ---------------------------------------------------------------------------------------------------- the edges as particles
def on_ends(s: Derivation, law: str, g: Callable[[Any, Any], Any]) -> Line:
    """The law of that name (`smc_law`, `first_law`) at a test function of the ends of an edge."""
    return s.use(law, {of_ends(x, y): g(x, y)})


def know_mixture(s: Derivation, given: dict[str, Line], g: Callable[[Any, Any], Any], *more: Any) -> None:
    """The sampling law at the test function g(src, dst): forall t c. t < n => 0 < weights => E[smc] g = mixture of the moves."""
    with s.suppose(t < n, alive) as here:
        back = s.gen(moved(s, given, m, x, g), m, x)
        opened = s.replace(back, lambda F: over(c, lambda q: weight(t, q) * F(t + 1, dst(q))))
        mean = Expect(smc(t, c), f, g(src(f), dst(f)))
        pushed = over(c, lambda q: weight(t, q) * Expect(move(t + 1, dst(q)), f, g(src(f), dst(f))))
        line = s.prove(Eq(mean, pushed / weights), on_ends(s, "smc_law", g), opened)
    s.know(here.then(line, t, c, *more))


def know_weights(s: Derivation, given: dict[str, Line]) -> Line:
    """forall t e. 0 <= weight(t, e)."""
    parts = given["potentials are non-negative"](t, src(e), dst(e)), given["twist is non-negative"](t + 1, dst(e))
    return s.know(s.gen(s.prove(0 <= weight(t, e), *parts, s.use("inverse_nonneg")(V(t, src(e)))), t, e))


def know_particles(s: Derivation, given: dict[str, Line], value: Any = Vstar, reward: Any = 1) -> None:
    """The hypotheses of `clouds.setting` for the edges of the layered model; `value` has the terminal value V reward."""
    know_weights(s, given)
    s.know(s.gen(given["noedge is non-negative"](t, src(e), dst(e)), t, e))
    end = dst(e)
    with s.suppose(t < n, Eq(off(t, e), 0)) as here:
        s.know(s.prove(t + 1 < T, here[0]))
        s.know(given["ends of a reachable edge are live"](t, src(e), end)[1])
        staying, follow = (
            moved(s, given, t + 1, end, lambda a, q: noedge(t + 1, a, q)),
            given["moves follow edges"](t + 1, end),
        )
        stay = here.then(s.prove(Eq(Expect(move(t + 1, end), f, off(t + 1, f)), 0), staying, follow), t, e)
        # Qbar = weight * E Qbar: psi Vstar(y)/V(x) = psi V(y)/V(x) * Vstar(y)/V(y), also where V(y) = Vstar(y) = 0
        ahead = value_of(s, given, t + 1, end, value)
        goal = Eq(lookahead(t, e, value), weight(t, e) * Expect(move(t + 1, end), f, lookahead(t + 1, f, value)))
        with s.suppose(0 < V(t + 1, end)):
            high = s.prove(goal, ahead)
        with s.suppose(V(t + 1, end) <= 0):
            none = s.know(s.zero(V(t + 1, end), given["twist is non-negative"](t + 1, end)))
            low = s.prove(goal, given["twist kills no live value"](t + 1, end), none)
        step = here.then(s.cases(V(t + 1, end), 0, low, high), t, e)
    s.know(stay)
    s.know(step)
    with s.suppose(Eq(off(n, e), 0)) as here:
        last_one = here.then(
            s.prove(Eq(lookahead(n, e, value), weight(n, e) * reward), given["terminal value"](end)), e
        )
    s.know(last_one)
    know_mixture(s, given, lambda a, q: noedge(t + 1, a, q))
    know_mixture(s, given, lambda a, q: psi(t + 1, a, q) * value(t + 2, q) / V(t + 1, a))


def value_of(s: Derivation, given: dict[str, Line], time: Any, at: Any, value: Any = Vstar) -> Line:
    """E[move(time, at)] Qbar = value_time(at) / V_time(at), where at is live and time < T."""
    mean = moved(s, given, time, at, lambda a, q: psi(time, a, q) * value(time + 1, q) / V(time, a))
    recursion = given["value recursion"](time, at)
    return s.prove(
        Eq(Expect(move(time, at), f, lookahead(time, f, value)), value(time, at) / V(time, at)), mean, recursion
    )


def know_bounds(s: Derivation, given: dict[str, Line], high: dict[str, Line]) -> None:
    """The hypotheses of `clouds.sharp`: Qbar is at most b(t+1) times the value ratio at the end of any edge with weight."""
    s.know(s.use("lookahead_nonneg"))
    end = dst(e)
    with s.suppose(t < n, Eq(off(t, e), 0), Eq(off(t + 1, f), 0), 0 < weight(t, e)) as here:
        s.know(s.prove(t + 1 < T, here[0]))
        s.know(given["ends of a reachable edge are live"](t, src(e), end)[1])
        with s.suppose(V(t + 1, end) <= 0):  # an edge with weight leads to a state with V > 0
            none = s.zero(V(t + 1, end), given["twist is non-negative"](t + 1, end))
            low = s.anything(0 < V(t + 1, end), s.prove(relation("<", 0, 0), here[3], none))
        with s.suppose(0 < V(t + 1, end)) as dense:
            high_one = dense[0]
        s.know(s.cases(V(t + 1, end), 0, low, high_one))
        top, ahead = high["b bounds the lookahead"](t + 1, end, src(f), dst(f)), value_of(s, given, t + 1, end)
        most = b(t + 1) * Expect(move(t + 1, end), f, lookahead(t + 1, f))
        line = s.prove(lookahead(t + 1, f) <= most, top, ahead)
    s.know(here.then(line, t, e, f))


# ---------------------------------------------------------------------------------------------------- the first cloud
def first_mean(s: Derivation, given: dict[str, Line], value: Any = Vstar) -> Line:
    """E[first] Qbar = value_0(root) / V_0(root)."""
    law = on_ends(s, "first_law", lambda a, q: psi(0, a, q) * value(1, q) / V(0, a))
    goal = Eq(Expect(first, e, lookahead(0, e, value)), value(0, root) / V(0, root))
    return s.prove(goal, law, given["value recursion"](0, root))


def know_first(s: Derivation, given: dict[str, Line]) -> Line:
    """The first particles are reachable: E[first] off = 0, and off >= 0."""
    clean, follow = on_ends(s, "first_law", lambda a, q: noedge(0, a, q)), given["moves follow edges"](0, root)
    s.know(s.gen(given["noedge is non-negative"](0, src(e), dst(e)), e))
    return s.know(s.prove(Eq(Expect(first, e, off(0, e)), 0), clean, follow))


def first_cloud(s: Derivation, given: dict[str, Line]) -> Surely:
    """The first cloud d is reachable almost surely, for `with`."""
    one, unreachable = know_first(s, given), total_of(off, 0, d)
    with s.below(i, N) as inside:
        positive = inside.sum(given["noedge is non-negative"](0, src(Entry(d, i)), dst(Entry(d, i))))
    many = s.iid_sum(first, e, off(0, e), N)
    zero = s.prove(Eq(begin(unreachable), 0), many, one)
    return s.surely(first.draws(N), d, unreachable, s.gen(s.prove(0 <= unreachable, positive), d), zero)


# ---------------------------------------------------------------------------------------------------- statements
@lemma("lookahead_nonneg", title="Qbar is non-negative on reachable edges")
@in_sympy("lookahead_nonneg")
def lookahead_nonneg(s: Derivation) -> Line:
    given, a, q = model(s), src(e), dst(e)
    with s.suppose(t <= n, Eq(off(t, e), 0)) as here:
        s.know(given["ends of a reachable edge are live"](t, a, q)[1])
        s.know(s.prove(t + 1 <= T, here[0]))
        parts = given["potentials are non-negative"](t, a, q), s.use("value_nonneg", {horizon: T})(t + 1, q)
        line = s.prove(0 <= lookahead(t, e), *parts, s.use("inverse_nonneg")(V(t, a)))
    return here.then(line, t, e)


def recursion_of(s: Derivation, value: Any, power: int, reward: Any = 1) -> list[Line]:
    """value(t, c): the mean of the product of the mean weights from the cloud c at time t on to this power, with a reward for the last."""
    end = over(c, lambda q: weight(n, q) * (reward(q) if callable(reward) else reward))
    move_on = Eq(value(t, c), (weights / N) ** power * later(value(t + 1, d)))
    return s.given(ForAll(t, c, implications(t < n, move_on)), ForAll(c, Eq(value(n, c), (end / N) ** power)))


@statement(
    "S5.mean",
    source="new",
    title="the normaliser is unbiased",
    words="E[Zhat] = Z: V_0 E[prod_t mean(G_t)] = Vstar_0(root), for every N >= 1 and T.",
)
@in_sympy("S5.mean")
def unbiased(s: Derivation) -> Line:
    given = model(s)
    recursion_of(s, A, 1)
    s.given(0 < V(0, root))
    know_particles(s, given)
    return mean_of_product(s, given, A)


def mean_of_product(s: Derivation, given: dict[str, Line], product: Any, value: Any = Vstar, reward: Any = 1) -> Line:
    """V_0 E product(0, d) = value_0(root) over the first cloud, by particle_mean: given the cloud it is the mean of Qbar."""
    of_cloud = s.use("particle_mean", edges(value, reward) | {A(t, c): product(t, c)})
    with first_cloud(s, given) as clean:
        average = clean.average(of_cloud(n, 0, d))
    many, mean = s.iid_sum(first, e, lookahead(0, e, value), N), first_mean(s, given, value)
    return s.prove(Eq(V(0, root) * begin(product(0, d)), value(0, root)), average, many, mean)


@statement(
    "S5",
    source="new",
    title="variance of the normaliser",
    attained=True,
    words="E[(Zhat/Z)^2] <= prod_{t=0}^{n} (1 + (b(t) - 1)/N) for the horizon T = n + 1, with b(t) = max psi Vstar_{t+1}(y)/V_t(u) over "
    "reachable edges at time t, over min Vstar_t(x)/V_t(x) (b_{t+1} of the theory).  Zero rewards are allowed.",
)
@in_sympy("S5")
def second_moment(s: Derivation) -> Line:
    """first_second_moment for the answer 1."""
    given, high = model(s), peak(s)
    recursion_of(s, B, 2)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    know_particles(s, given)
    know_bounds(s, given, high)
    mean = know_top(s, given, high)
    at = edges() | {start: first, g(t, e): lookahead(t, e), tested(e): weight(n, e), CF(t, c): B(t, c)}
    line = s.at(mean, s.use("first_second_moment", at), lambda r: begin(B(0, d)) <= factor * r * r)
    return s.prove((V(0, root) / Vstar(0, root)) ** 2 * begin(B(0, d)) <= factor, line)


factor = product(T, k, 1 + (b(k) - 1) / N)


def know_top(s: Derivation, given: dict[str, Line], high: dict[str, Line]) -> Line:
    """Qbar <= b(0) E Qbar on the first edges, and the mean of Qbar."""
    mean = first_mean(s, given)
    know_first(s, given)
    with s.suppose(Eq(off(0, e), 0)) as here:
        most = b(0) * Expect(first, e, lookahead(0, e))
        top = here.then(
            s.prove(lookahead(0, e) <= most, high["b bounds the lookahead"](0, root, src(e), dst(e)), mean), e
        )
    s.know(top)
    return mean


@lemma(
    "product_below_exp",
    title="a product of 1 + x_k is at most the exponential of the sum",
    words="prod_{k<n} (1 + x_k) <= exp(sum_{k<n} x_k) when every 1 + x_k >= 0.",
)
@in_sympy("product_below_exp")
def product_below_exp(d: Derivation) -> Line:
    z = function("x", "nat -> real")
    given = d.given(ForAll(k, 0 <= 1 + z(k)))

    def claim(count):
        return product(count, k, 1 + z(k)) <= Exp(total(count, k, z(k)))

    with d.suppose(claim(n)) as hyp:
        rest, last = Exp(total(n, k, z(k))), 1 + z(n)
        first = d.prove(product(n, k, 1 + z(k)) * last <= rest * last, hyp[0], given(n))
        second = d.prove(rest * last <= rest * Exp(z(n)), d.axiom("exp_ge", z(n)))
        step = hyp.then(d.prove(claim(n + 1), first, second, d.axiom("exp_add", total(n, k, z(k)), z(n))))
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
    (delta,) = symbols("delta")
    x = function("x", "nat -> real")
    [room] = solve(Eq(exp(z), 1 + delta), z)  # log(1 + delta)
    _, enough, many, nonneg = d.given(
        0 < delta,
        total(n + 1, k, b(k) - 1) <= N * room,
        relation("<", 0, N),
        ForAll(t, 0 <= b(t)),
    )
    least, share = d.nat_step(many), (b(k) - 1) / N
    d.know(d.gen(d.prove(0 <= 1 + share, nonneg(k), least), k))
    bound, above = d.use("S5"), d.use("product_below_exp", {x(k): share})(n + 1)
    d.know(d.prove(total(n + 1, k, share) <= room, enough))
    rising = d.use("exp_mono")(total(n + 1, k, share), room)
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
@in_sympy("S5.recursion")
def recursion(s: Derivation) -> Line:
    recursion_of(s, B, 2)
    final = s.given(ForAll(x, y, relation("=", two_step(T, x, y), 1)))
    last_pair = Eq(lineage(n, one, two), weight(n, one) * weight(n, two))
    s.know(s.gen(s.prove(last_pair, final(dst(one), dst(two))), one, two))
    return lineages(s, "two_particles", B)


def lineage(time: Any, p: Any, q: Any) -> Any:
    """The D of two_particles, for two edges: G(p) G(q) R_{time+1}(dst p, dst q)."""
    return weight(time, p) * weight(time, q) * two_step(time + 1, dst(p), dst(q))


def lineages(s: Derivation, lemma: str, which: Any) -> Line:
    """E[which(0, c)] over the first cloud is R_0(root, root), R the recursion of two lineages: D obeys the recursion of the lemma, whose
    hypotheses on the last cloud and on `which` are known."""
    given = model(s)
    know_weights(s, given)

    def G(time: Any, before: Any, after: Any) -> Any:
        return psi(time, before, after) * V(time + 1, after) / V(time, before)

    def step(time: Any, p: Any, q: Any) -> Any:
        """R_time(p, q) by the next states of two particles at p and q."""
        twins = Expect(M(time, p), u, G(time, p, u) ** 2 * two_step(time + 1, u, u))
        apart = Expect(M(time, p), u, Expect(M(time, q), v, G(time, p, u) * G(time, q, v) * two_step(time + 1, u, v)))
        return Eq(two_step(time, p, q), twins / N + (1 - 1 / N) * apart)

    def moves(law: Any, time: Any, q: Any, from_p: Callable, from_q: Callable) -> list[Line]:
        """The means over two edges are those over the states where they end; law: that of the first edge; from_p, from_q: laws by tests."""
        held = from_q(lambda a, p: weight(time, o) * G(time, a, p) * two_step(time + 1, dst(o), p))
        return [
            from_p(lambda a, p: G(time, a, p) ** 2 * two_step(time + 1, p, p)),
            s.replace(s.gen(held, o), lambda F: Expect(law, e, F(e))),
            from_p(lambda a, p: Expect(M(time, q), v, G(time, a, p) * G(time, q, v) * two_step(time + 1, p, v))),
        ]

    rule = s.given(ForAll(t, x, y, implications(t < T, step(t, x, y))))
    with s.suppose(t < n) as here:
        s.know(s.prove(t + 1 < T, here[0]))
        p, q = dst(one), dst(two)
        ends = moves(move(t + 1, p), t + 1, q, *(partial(moved, s, given, t + 1, at) for at in (p, q)))
        twins = Expect(move(t + 1, p), f, lineage(t + 1, f, f))
        apart = Expect(move(t + 1, p), e, Expect(move(t + 1, q), f, lineage(t + 1, e, f)))
        goal = Eq(lineage(t, one, two), weight(t, one) * weight(t, two) * (twins / N + (1 - 1 / N) * apart))
        line = here.then(s.prove(goal, rule(t + 1, p, q), *ends), t, one, two)
    s.know(line)
    know_mixture(s, given, lambda a, p: G(t + 1, a, p) ** 2 * two_step(t + 2, p, p))
    know_mixture(s, given, lambda a, p: G(t + 1, a, p) * weight(t + 1, two) * two_step(t + 2, p, dst(two)), two)
    know_mixture(s, given, lambda a, p: weight(t + 1, one) * G(t + 1, a, p) * two_step(t + 2, dst(one), p), one)
    of_cloud = s.use(lemma, edges() | {D(t, e, f): lineage(t, e, f), B(t, c): which(t, c)})

    # the first cloud: N draws from the moves out of the root, one more step of R's own recursion
    under = s.expect(first.draws(N), d, of_cloud(n, 0, d))
    split = s.iid_pair(first, e, f, lineage(0, e, f), N)
    law = partial(on_ends, s, "first_law")
    goal = relation("=", begin(which(0, d)), two_step(0, root, root))
    return s.prove(goal, under, split, *moves(first, 0, root, law, law), rule(0, root, root))
