"""Conditional SMC: a run that keeps the edges held(z, t) of a path z beside N free particles (S17), the sampling law and one step of it.

Given the cloud c of the N free edges at time t, the next N free edges are independent draws of  csmc(z, t, c) : resample one of the N + 1
edges, the kept one included, in proportion to its weight, and move on by M.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Element, Entry, Expect, ForAll, Implication, function, relation, symbols
from proofs.lemmas import self_normalised as average
from proofs.lemmas.clouds import over, particles
from proofs.lemmas.layered_system import weight
from proofs.lemmas.particle_system import on_pairs
from proofs.lemmas.self_normalised import Draws, almost, averages, mass, mean_k
from proofs.registry import lemma
from proofs.theory.model import Vocabulary, hypotheses, layered

N, t, i, c, e = particles.symbols("N t i c e")
M, V, src, dst, join, of_ends, y = layered.symbols("M V src dst join f y")
kept = Vocabulary(
    {
        "X": "z",
        "X nat -> Edge": "held",
        "X nat Edge* ~ Edge": "csmc",
        "X nat Edge* -> real": "Out",
        "nat -> real": "b bz",
    }
)
"""What a run with a kept path adds to the layered model: Out(z, t, c) is the mean answer given the free cloud c at time t."""
z, held, csmc = kept.symbols("z held csmc")


def whole(time: Any, cloud: Any, value: Callable[[Any], Any]) -> Any:
    """The sum of value over all N + 1 edges, the kept one included."""
    return over(cloud, value) + value(held(z, time))


def weights(time: Any, cloud: Any) -> Any:
    """The sum of all weights."""
    return whole(time, cloud, lambda q: weight(time, q))


@lemma(
    "conditional_law",
    title="the sampling law of conditional SMC",
    words="E[csmc(z, t, c)] f = (sum_i G_t(c_i) E[M(t+1, dst c_i)] f(dst c_i, .) + the same for the kept edge) / (sum of all N + 1 "
    "weights), where the weights do not all vanish.",
)
@in_sympy("conditional_law")
def conditional_law(s: Derivation) -> Line:
    given = s.setting(hypotheses("potentials are non-negative", "twist is non-negative"))
    positive_mass = s.given(0 < weights(t, c))

    def one(q: Any, h: Callable[[Any], Any]) -> Any:
        return weight(t, q) * Expect(M(t + 1, dst(q)), y, h(join(dst(q), y)))

    def push(h: Callable[[Any], Any]) -> Any:
        return whole(t, c, lambda q: one(q, h))

    def positive(test: Line, h: Callable[[Any], Any]) -> Line:
        def term(at: Any) -> Line:
            inner = s.expect(M(t + 1, dst(at)), y, test(join(dst(at), y)))
            factors = (
                given["potentials are non-negative"](t, src(at), dst(at)),
                given["twist is non-negative"](t + 1, dst(at)),
            )
            own = s.prove(0 <= weight(t, at), *factors, s.use("inverse_nonneg")(V(t, src(at))))
            return s.prove(0 <= one(at, h), own, inner)

        with s.below(i, N) as inside:
            sums = inside.sum(term(Entry(c, i)))
        return s.prove(0 <= push(h) / weights(t, c), sums, term(held(z, t)))

    law = s.define_law(csmc(z, t, c), e, lambda h: push(h) / weights(t, c), positive, positive_mass)
    left = Expect(csmc(z, t, c), e, of_ends(src(e), dst(e)))

    def mixed(f: Callable[[Any, Any], Any]) -> Any:
        pushed = whole(t, c, lambda q: weight(t, q) * Expect(M(t + 1, dst(q)), y, f(dst(q), y)))
        return Eq(left, pushed / weights(t, c))

    return on_pairs(s, law(of_ends(src(e), dst(e))), mixed)


mu, h, k, null, point, cloud = averages.symbols("mu h k z y c")
b, a, w, l = symbols("b a w l")
R = function("R", "Y* -> real")


@lemma(
    "kept_step",
    title="one step beside a kept particle, with bounds of their own for the kept and the free",
    words="For N independent draws c_i of mu, 0 <= k <= h and k h <= b mu(h) k almost surely, a kept weight w <= a mu(h), and an answer "
    "R >= 0 with sum k(c_i) <= R (w + sum h(c_i)): N mu(k) <= mu(h) (N - 1 + b + a) E R.",
)
@in_sympy("kept_step")
def kept_step(d: Derivation) -> Line:
    """R >= 2 l K - l^2 K (S + w) for l >= 0, in the mean at l = 1/(mu(h) (N - 1 + b + a))."""
    draws, S, K = Draws(d), average.over(h), average.over(k)
    top, most, answer, low_b, low_a = d.given(
        almost(k(point) * h(point) <= b * mass * k(point)),
        w <= a * mass,
        ForAll(cloud, Implication(Eq(average.over(null), 0), Both(K <= R(cloud) * (w + S), 0 <= R(cloud)))),
        0 <= b,
        0 <= a,
    )
    one = d.nat_step(d.given(0 < N))
    room = N - 1 + b + a
    d.know(d.prove(0 <= room, one, low_b, low_a))
    with draws.point as here:
        low, high = draws.tested(point)[0], draws.tested(point)[1]
        square = d.prove(k(point) ** 2 <= k(point) * h(point), low, high)
        free = here.then(low, point)
        second, squares, low, high = map(here.average, (top(point), square, low, high))

    with draws.cloud as there:
        some, above, positive = draws.summed(free), answer(cloud)[0], answer(cloud)[1]
        nonneg = there.average(positive)
        with d.suppose(0 <= l) as scale:
            goal = 2 * l * K - l**2 * K * (w + S) <= R(cloud)
            letters = [S, K, R(cloud)]
            with d.suppose(l * (w + S) <= 2) as small:
                few = d.prove(relation("<=", 0, l * (2 - l * (w + S))), small[0], scale[0], hold=letters)
                best = d.prove(relation("<=", 0, R(cloud) * (1 - l * (w + S)) ** 2), positive)
                less = d.prove(goal, best, above, few, hold=letters)
            with d.suppose(2 < l * (w + S)) as large:
                share = d.prove(0 <= l * K, some, scale[0], hold=letters)
                more = d.prove(goal, share, large[0], positive, hold=letters)
            mean = there.average(d.cases(l * (w + S), 2, less, more))
    first = d.iid_sum(mu, point, k(point), N)
    u, v = Element("u", "Y"), Element("v", "Y")
    pairs = d.iid_pair(mu, u, v, k(u) * h(v), N)
    spent = Expect(mu, point, k(point) * h(point)) + (N - 1) * mean_k * mass + w * mean_k
    mean = d.prove(2 * l * N * mean_k - l**2 * N * spent <= draws.mean(R(cloud)), mean, first, pairs)
    mean = scale.then(mean, l)
    own = d.prove(w * mean_k <= a * mass * mean_k, most, low)
    few = d.prove(spent <= mean_k * mass * room, second, own)

    goal = N * mean_k <= mass * room * draws.mean(R(cloud))
    d.know(nonneg)
    with d.suppose(0 < mean_k) as here:
        d.know(d.prove(0 < mass, here[0], high))
        jensen = d.use("mean_square", {function("f", "Y -> real")(point): k(point)})
        enough = d.prove(mean_k**2 <= b * mass * mean_k, jensen, squares, second)
        positive = d.know(d.contradiction(0 < b, enough, here[0], d.prove(0 <= mass * mean_k)))
        d.know(d.prove(0 < room, one, positive, low_a))
        best = mean(1 / (mass * room))
        all_of_it = mass * room
        tight = d.prove(N * spent / all_of_it**2 <= N * mean_k / all_of_it, few)
        tight = d.prove(N * mean_k / all_of_it <= draws.mean(R(cloud)), best, tight)
        some = d.prove(goal, tight)
    with d.suppose(mean_k <= 0) as here:
        d.know(d.prove(0 <= mass, low, high))
        none = d.prove(goal, d.prove(N * mean_k <= 0, here[0]), d.prove(0 <= goal.rhs, nonneg))
    return d.cases(mean_k, 0, none, some)
