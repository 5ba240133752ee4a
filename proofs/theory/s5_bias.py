"""S5.bias: the bias of the output by way of the normaliser; what it shares with G1 and S10.

E[output F] - pi(F) = E[(1 - Zhat/Z)(nu(F) - 1/2)], because E[Zhat nu(F)] = Z pi(F) and E[Zhat] = Z; nu(F) is the conditional mean of the
output's test function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, Root, implications, relation
from proofs.lemmas.clouds import no_weight, over, particles
from proofs.lemmas.increments import cloud_jensen
from proofs.lemmas.layered_system import ahead, live, model, value_rules, weight
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_normaliser import (
    alive,
    begin,
    first,
    horizon,
    know_particles,
    know_weights,
    later,
    mean_of_product,
    recursion_of,
    smc,
    weights,
)

N, n, m, t, e, c, d, z = particles.symbols("N n m t e c d z")
A, B, AF, AU, Out = particles.symbols("A B AF AU Out")
x, y, root, psi, V, Vstar, VF, U, F, G, dst = layered.symbols("x y root psi V Vstar VF U F G dst")
end_weights, rewarded = over(c, lambda q: weight(n, q)), over(c, lambda q: weight(n, q) * F(dst(q)))
mean_weight, half = weights / N, Rational(1, 2)
target, scale = VF(0, root) / Vstar(0, root), V(0, root) / Vstar(0, root)


def know_answers(s: Derivation) -> list[Line]:
    """Out(t, c): the mean of F over the output, given the cloud c at time t; any value in [0, 1] once all particles are dead."""
    lines = s.given(
        ForAll(t, c, implications(t < n, alive, Eq(Out(t, c), later(Out(t + 1, d))))),
        ForAll(c, Eq(Out(n, c) * end_weights, rewarded)),
        ForAll(t, c, Both(0 <= Out(t, c), Out(t, c) <= 1)),
    )
    return lines


def backwards(
    s: Derivation,
    variables: tuple[Any, ...],
    claim: Callable[[Any], Any],
    at_end: Callable[[], Line],
    none: Callable[[Line], Line],
    some: Callable[[Line], Line],
) -> Line:
    """forall m variables. t + m = n => claim(t), by induction on the steps to go, at any cloud.

    at_end() is claim(n); claim(t) is none(zero) where the weights of c sum to zero, and some(hypothesis on the next clouds) elsewhere."""
    nonneg = s.given(ForAll(t, e, 0 <= weight(t, e)))

    def formula(r: Any) -> Any:
        return ForAll(*variables, implications(Eq(t + r, n), claim(t)))

    with s.suppose(Eq(t, n)) as now:
        base = now.then(s.at(s.prove(Eq(n, t), now[0]), at_end(), claim), *variables)
    with s.suppose(formula(m)) as hyp, s.suppose(Eq(t + (m + 1), n)) as now:
        s.know(s.prove(t < n, now[0]))
        with s.suppose(weights <= 0):
            low = none(no_weight(s, {"weights are non-negative": nonneg}, weights))
        with s.suppose(alive):
            high = some(hyp[0])
        step = hyp.then(now.then(s.cases(weights, 0, low, high), *variables))
    return s.induct(m, formula, base, step)


def centred(out: Any, reward: Any, one: Any) -> Any:
    """E[(1 - z Zhat)(nu(F) - 1/2)] in terms of the means of nu(F), Zhat nu(F) and Zhat."""
    return out - half - z * reward + z * one / 2


def seen(time: Any, cloud: Any) -> Any:
    """The same from the cloud on."""
    return centred(*(value(time, cloud) for value in (Out, AF, A)))


@lemma(
    "normaliser_and_output",
    title="the bias given a cloud, by the variance of the normaliser given that cloud",
    words="(E[(1 - z Zhat)(nu(F) - 1/2) | c])^2 <= E[(1 - z Zhat)^2 | c]/4 for every scale z.",
)
@in_sympy("normaliser_and_output")
def normaliser_and_output(s: Derivation) -> Line:
    moves, honest, between = know_answers(s)
    rules = [recursion_of(s, AF, 1, lambda q: F(dst(q))), recursion_of(s, A, 1), recursion_of(s, B, 2)]

    def bound(value: Any, one: Any, two: Any) -> Any:
        return value**2 <= (1 - 2 * z * one + z**2 * two) / 4

    def claim(time: Any) -> Any:
        return bound(seen(time, c), A(time, c), B(time, c))

    def at_end() -> Line:
        """AF = A Out and B = A^2: (1 - z A)^2 (Out - 1/2)^2 <= (1 - z A)^2/4."""
        out, mean, inside = Out(n, c), end_weights / N, between(n, c)
        bare = bound(centred(out, mean * out, mean), mean, mean**2)
        line = s.prove(bare, inside[0], inside[1], hold=[out, end_weights])
        return s.prove(claim(n), line, *(rule[1](c) for rule in rules), honest(c))

    def none(zero: Line) -> Line:
        """AF = A = B = 0 and Out lies in [0, 1]."""
        inside = between(t, c)
        bare = s.prove(bound(centred(Out(t, c), 0, 0), 0, 0), inside[0], inside[1], hold=[Out(t, c)])
        return s.prove(claim(t), bare, zero, *(rule[0](t, c) for rule in rules))

    def some(hyp: Line) -> Line:
        """Over the next cloud (E f)^2 <= E f^2."""
        there, law = hyp(t + 1, d, z * mean_weight), smc(t, c).draws(N)
        mean, jensen = s.expect(law, d, there), cloud_jensen(s, law, seen(t + 1, d).subs(z, z * mean_weight))
        return s.prove(claim(t), jensen, mean, moves(t, c), *(rule[0](t, c) for rule in rules))

    return backwards(s, (t, c, z), claim, at_end, none, some)


def know_tested(s: Derivation, given: dict[str, Line]) -> dict[str, Line]:
    """VF: the value with the terminal reward times F, F in [0, 1]; it vanishes where the twist does, since 0 <= VF <= Vstar."""
    rules = value_rules(VF, V(n + 1, x) * F(x)) | {"test function": ForAll(x, Both(0 <= F(x), F(x) <= 1))}
    kills = "twist kills no live value"
    tested = s.setting({name: rule for name, rule in rules.items() if name != kills})
    tests = tested["test function"]
    for part in (F(x), 1 - F(x)):
        s.know(
            s.gen(s.prove(0 <= V(t, x) * part, given["twist is non-negative"](t, x), tests(x)[0], tests(x)[1]), t, x)
        )
    rest = Vstar(t, x) - VF(t, x)
    with s.suppose(t < n + 1, live) as here:
        gap = s.prove(
            Eq(rest, ahead(lambda r, q: Vstar(r, q) - VF(r, q))), *(g["value recursion"](t, x) for g in (given, tested))
        )
    s.know(here.then(gap, t, x))
    ends = (g["terminal value"](x) for g in (given, tested))
    s.know(s.gen(s.prove(Eq(rest.subs(t, n + 1), V(n + 1, x) * (1 - F(x))), *ends), x))
    signs = [
        s.use("value_nonneg", {horizon: n + 1, Vstar(t, x): value, V(t, x): V(t, x) * part})
        for value, part in ((VF(t, x), F(x)), (rest, 1 - F(x)))
    ]
    with s.suppose(t < n + 1, live, Eq(V(t, x), 0)) as here:
        s.know(s.prove(t <= n + 1, here[0]))
        zero, low, high = given[kills](t, x), *(sign(t, x) for sign in signs)
        none = here.then(s.equal(s.prove(VF(t, x) <= 0, high, zero), low), t, x)
    return {**given, **tested, kills: s.know(none)}


@lemma(
    "weighted_mean",
    title="the expected product of the mean weights times the mean of a function of the particles",
    words="V_0 E[AU(0, c)] = U_0(root): U is the value with the terminal reward V G, AU the expectation of Zhat nu(G) from a cloud on.",
)
@in_sympy("weighted_mean")
def weighted_mean(s: Derivation) -> Line:
    given = model(s)
    s.given(0 < V(0, root))
    changed = given | s.setting(value_rules(U, V(n + 1, x) * G(x)))
    recursion_of(s, AU, 1, lambda q: G(dst(q)))
    know_particles(s, changed, U, G(dst(e)))
    return mean_of_product(s, changed, AU, U, G(dst(e)))


@lemma("target_share", title="E[Zhat nu(F)] = Z pi(F)", words="V_0 E[AF(0, c)] = VF_0(root).")
@in_sympy("target_share")
def target_share(s: Derivation) -> Line:
    know_tested(s, model(s))
    return s.use("weighted_mean", {U(t, x): VF(t, x), AU(t, c): AF(t, c), G(x): F(x)})


def is_bias(s: Derivation) -> Line:
    """E[(1 - z Zhat)(nu(F) - 1/2)] at z = V_0/Z is the bias of the output."""
    goal = Eq(begin(seen(0, d).subs(z, scale)), begin(Out(0, d)) - target)
    return s.prove(goal, s.use("target_share"), s.use("S5.mean"))


@statement(
    "S5.bias",
    source="new",
    title="bias of the output by the variance of the normaliser",
    words="For every F with values in [0, 1], whatever is answered once all particles are dead: |E F(output) - pi(F)| <= "
    "(1/2) sqrt(prod_t (1 + (b(t) - 1)/N) - 1), pi(F) = VF_0/Vstar_0.  A, AF, B: the means of Zhat, Zhat nu(F) and Zhat^2 from a cloud on.",
)
@in_sympy("S5.bias")
def output_bias(s: Derivation) -> Line:
    return by_moment(s, "S5")


def by_moment(s: Derivation, bound: str) -> Line:
    """|E F(output) - pi(F)| <= (1/2) sqrt(most - 1), where the statement `bound` says E[(Zhat/Z)^2] <= most."""
    given = model(s)
    s.given(0 < Vstar(0, root), 0 < V(0, root))
    know_weights(s, given)
    law, bias = first.draws(N), begin(Out(0, d)) - target
    mean = s.expect(law, d, s.use("normaliser_and_output")(n, 0, d, scale))
    jensen = cloud_jensen(s, law, seen(0, d).subs(z, scale))
    unbiased, moment = s.use("S5.mean"), s.use(bound)  # E[Zhat] = Z, E[(Zhat/Z)^2] <= prod
    growth = moment.rhs - 1
    square = s.prove(bias**2 <= growth / 4, is_bias(s), jensen, mean, moment, unbiased)
    s.know(s.prove(0 <= growth, square, s.prove(relation("<=", 0, bias**2))))
    root_law, cap = s.axiom("sqrt_square", growth), Root(growth) / 2
    s.know(s.prove(bias**2 <= cap**2, square, root_law))
    below = s.use("square_below")
    return s.both(below(bias, cap), s.form(below(-bias, cap), -bias <= cap))
