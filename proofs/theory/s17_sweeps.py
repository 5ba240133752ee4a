"""S17: sweep after sweep of conditional SMC comes to the target at a geometric rate, since every sweep keeps a share 1/beta of it.

U(j, x) is the mean of a test function F after j sweeps from the path that ends in x.  That the target is invariant under a sweep is a
hypothesis here (`invariant`) and a theorem in Rocq (`S17_invariant`).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Symbol, exp, log, solve

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Exp,
    Expect,
    ForAll,
    Log,
    function,
    implications,
    product,
    relation,
    symbols,
    total,
)
from proofs.lemmas.clouds import particles
from proofs.lemmas.kept_particle import kept, weights, whole
from proofs.lemmas.layered_system import model, peak, weight
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s17_run import KEPT

N, n, t, k, b, c, d = particles.symbols("N n t k b c d")
x, y, root, M, psi, V, Vstar, VF, F, U, dead, dst, first, horizon = layered.symbols(
    "x y root M psi V Vstar VF F U dead dst first T"
)
z, csmc, Out = kept.symbols("z csmc Out")
(j,) = symbols("j", "nat")
value, answer = function("VJ", "nat nat X -> real"), function("OutJ", "nat X nat Edge* -> real")
step = function("x", "nat -> real")
T = n + 1
beta = product(T, k, 1 + (2 * b(k) - 1) / N)
theta, target = 1 - 1 / beta, value(0, 0, root) / Vstar(0, root)


@lemma(
    "kept_share_below_one",
    title="a sweep keeps at most the whole target",
    words="prod_{k<T} (1 + (2 b(k) - 1)/N) >= 1: S17 for the test function 1 and the answer 1.",
)
@in_sympy("kept_share_below_one")
def kept_share_below_one(s: Derivation) -> Line:
    model(s), peak(s), s.setting(KEPT)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    with s.suppose(t < n) as here:
        mean = s.prove(relation("=", 1, Expect(csmc(z, t, c).draws(N), d, 1)))
    s.know(here.then(mean, t, c))
    one = s.use("S17", {F(x): 1, VF(t, x): Vstar(t, x), Out(z, t, c): 1})
    return s.prove(relation("<=", 1, beta), one)


class Sweeps:
    """Sweep after sweep: the hypotheses of S17 for the test function U(j, .), at every kept path."""

    def __init__(self, s: Derivation) -> None:
        self.s, self.given = s, model(s)
        peak(s)
        s.given(0 < V(0, root), 0 < Vstar(0, root))
        self.kept = [s.given(ForAll(z, rule)) for rule in KEPT.values()]
        live = Eq(dead(t, x), 0)
        ahead = Expect(M(t, x), y, psi(t, x, y) * value(j, t + 1, y))
        later = Expect(csmc(z, t, c).draws(N), d, answer(j, z, t + 1, d))
        rewarded = whole(n, c, lambda q: weight(n, q) * U(j, dst(q)))
        self.rules = s.setting(
            {
                "no sweep": ForAll(x, Eq(U(0, x), F(x))),
                "test function": ForAll(x, Both(0 <= F(x), F(x) <= 1)),
                "a sweep": ForAll(j, z, Eq(U(j + 1, z), Expect(first.draws(N), d, answer(j, z, 0, d)))),
                "value recursion": ForAll(j, t, x, implications(t < T, live, Eq(value(j, t, x), ahead))),
                "terminal value": ForAll(j, x, Eq(value(j, T, x), U(j, x) * V(T, x))),
                "answer before": ForAll(j, z, t, c, implications(t < n, Eq(answer(j, z, t, c), later))),
                "answer at the end": ForAll(j, z, c, Eq(answer(j, z, n, c) * weights(n, c), rewarded)),
                "invariant": ForAll(j, Eq(value(j + 1, 0, root), value(j, 0, root))),
            }
        )

    def share(self, sign: int, shift: Any) -> Line:
        """sign (pi - shift) <= beta sign (U(j+1, z) - shift), where sign (U(j, .) - shift) is known to have values in [0, 1]."""
        s, rules = self.s, self.rules
        for rule in self.kept:
            s.know(rule(z))

        def valued(time: Any, at: Any) -> Any:
            return sign * (value(j, time, at) - shift * Vstar(time, at))

        with s.suppose(t < T, Eq(dead(t, x), 0)) as here:
            ahead = Expect(M(t, x), y, psi(t, x, y) * valued(t + 1, y))
            line = s.prove(
                Eq(valued(t, x), ahead), rules["value recursion"](j, t, x), self.given["value recursion"](t, x)
            )
        s.know(here.then(line, t, x))
        end = rules["terminal value"](j, x), self.given["terminal value"](x)
        s.know(s.gen(s.prove(Eq(valued(T, x), sign * (U(j, x) - shift) * V(T, x)), *end), x))
        with s.suppose(t < n) as here:
            later = Expect(csmc(z, t, c).draws(N), d, sign * (answer(j, z, t + 1, d) - shift))
            line = s.prove(Eq(sign * (answer(j, z, t, c) - shift), later), rules["answer before"](j, z, t, c))
        s.know(here.then(line, t, c))
        rewarded = whole(n, c, lambda q: weight(n, q) * (sign * (U(j, dst(q)) - shift)))
        last = Eq(sign * (answer(j, z, n, c) - shift) * weights(n, c), rewarded)
        s.know(s.gen(s.prove(last, rules["answer at the end"](j, z, c)), c))
        at = {F(x): sign * (U(j, x) - shift), VF(t, x): valued(t, x), Out(z, t, c): sign * (answer(j, z, t, c) - shift)}
        return s.prove(
            sign * (value(j, 0, root) / Vstar(0, root) - shift) <= beta * sign * (U(j + 1, z) - shift),
            s.use("S17", at),
            rules["a sweep"](j, z),
        )

    def target_between(self) -> tuple[Line, Line]:
        """0 <= pi and pi <= 1."""
        s, rules = self.s, self.rules
        lines = []
        for share, part in ((value(0, t, x), F(x)), (Vstar(t, x) - value(0, t, x), 1 - F(x))):
            test, twist = rules["test function"](x), self.given["twist is non-negative"](t, x)
            s.know(s.gen(s.prove(0 <= V(t, x) * part, twist, test[0], test[1]), t, x))
            with s.suppose(t < T, Eq(dead(t, x), 0)) as here:
                ahead = Expect(M(t, x), y, psi(t, x, y) * share.subs({t: t + 1, x: y}, simultaneous=True))
                line = s.prove(Eq(share, ahead), rules["value recursion"](0, t, x), self.given["value recursion"](t, x))
            s.know(here.then(line, t, x))
            end = rules["terminal value"](0, x), self.given["terminal value"](x), rules["no sweep"](x)
            s.know(s.gen(s.prove(Eq(share.subs(t, T), V(T, x) * part), *end), x))
            lines.append(s.use("value_nonneg", {horizon: T, Vstar(t, x): share, V(t, x): V(t, x) * part})(0, root))
        return s.prove(0 <= target, lines[0]), s.prove(target <= 1, lines[1])


@statement(
    "S17.sweeps",
    source="new",
    title="conditional SMC, sweep after sweep, from any path",
    words="Conditional SMC as in S17, F a test function with values in [0, 1], U(j, x) its mean after j sweeps from the path that ends in "
    "x: U(0, x) = F(x), and U(j+1, z) is the mean of U(j, answer) over the run that keeps z; pi = VJ(0, 0, root)/Vstar_0 the target's mean "
    "of F, which a sweep leaves as it is (a hypothesis; S17.1).  After j sweeps from any z: |U(j, z) - pi| <= (1 - 1/beta)^j, beta = "
    "prod_{k<T} (1 + (2 b(k) - 1)/N).  For a state that ends no path of positive weight, which no sweep answers, the kept path is any of "
    "those.",
)
@in_sympy("S17.sweeps")
def sweeps(s: Derivation) -> Line:
    """pi (1 - theta^j) <= U(j, .) <= pi (1 - theta^j) + theta^j: S17 at U - low and high - U."""
    run = Sweeps(s)
    for rule in run.kept:
        s.know(rule(z))
    least = s.know(s.use("kept_share_below_one"))
    s.know(s.prove(0 < beta))
    s.know(s.prove(0 <= theta, least))
    s.know(s.prove(theta <= 1))

    def same(count: Any) -> Any:
        return Eq(value(count, 0, root) / Vstar(0, root), target)

    with s.suppose(same(j)) as hyp:
        later = hyp.then(s.prove(same(j + 1), hyp[0], run.rules["invariant"](j)))
    stays = s.induct(j, same, s.prove(same(0)), later)

    def ends(count: Any) -> tuple[Any, Any]:
        return target * (1 - theta**count), target * (1 - theta**count) + theta**count

    def claim(count: Any) -> Any:
        low, high = ends(count)
        return ForAll(x, Both(low <= U(count, x), U(count, x) <= high))

    test, start = run.rules["test function"](x), run.rules["no sweep"](x)
    base = s.gen(s.both(*(s.prove(part, test[side], start) for side, part in enumerate(claim(0).body.args))), x)
    with s.suppose(claim(j)) as hyp:
        s.know(s.use("power_nonneg")(theta, j))
        small = s.prove(theta**j <= 1, s.use("power_mono")(theta, 1, j))
        inside = hyp[0](x)
        parts = []
        for side, (sign, shift) in enumerate(zip((1, -1), ends(j), strict=True)):
            part = sign * (U(j, x) - shift)
            low = s.prove(0 <= part, inside[side])
            with s.suppose():  # what is known of this test function alone
                s.know(s.gen(s.both(low, s.prove(part <= 1, inside[1 - side], small)), x))
                share = run.share(sign, shift)
            left = s.prove(sign * (target - shift) / beta <= sign * (U(j + 1, z) - shift), share, stays(j))
            parts.append(s.prove(claim(j + 1).body.subs(x, z).args[side], left))
        later = hyp.then(s.gen(s.both(*parts), z))
    inside = s.induct(j, claim, base, later)(j, z)
    low, high = run.target_between()
    s.know(s.use("power_nonneg")(theta, j))
    return s.both(
        s.prove(U(j, z) - target <= theta**j, inside[1], low), s.prove(target - U(j, z) <= theta**j, inside[0], high)
    )


@statement(
    "S17.count",
    source="new",
    title="free particles that halve the distance a sweep, and sweeps that suffice",
    words="As S17.sweeps: if N log 2 >= sum_{k<T} (2 b(k) - 1) and j log 2 >= log(1/delta) then |U(j, z) - pi| <= delta after j sweeps "
    "from any path: log(1/delta) where an ordinary run pays 1/delta.",
)
@in_sympy("S17.count")
def sweeps_needed(s: Derivation) -> Line:
    """beta <= exp(sum (2b - 1)/N) <= 2, and (1 - 1/2)^j <= exp(-j log 2) <= delta: both solved for what suffices."""
    (delta,), size, odds = symbols("delta"), Symbol("s", positive=True), Symbol("odds", positive=True)
    [room] = solve(Eq(exp(size), 2), size)  # log 2: what the sum over N may be
    [wanted] = solve(Eq(exp(-size * room), 1 / odds), size)  # log(odds)/log 2 sweeps, odds = 1/delta
    digits = (wanted * room).subs(log(odds), Log(1 / delta))
    _, enough, many, nonneg, _ = s.given(
        0 < delta,
        total(T, k, 2 * b(k) - 1) <= N * room,
        relation("<", 0, N),
        ForAll(t, 0 <= b(t)),
        digits <= j * room,
    )
    least, share = s.nat_step(many), (2 * b(k) - 1) / N
    s.know(s.gen(s.prove(0 <= 1 + share, nonneg(k), least), k))
    above, two = s.use("product_below_exp", {step(k): share})(T), s.axiom("exp_log", 2)
    s.know(s.prove(total(T, k, share) <= Log(2), enough))
    rising = s.use("exp_mono")(total(T, k, share), Log(2))
    model(s), peak(s)
    for rule in KEPT.values():
        s.know(s.given(ForAll(z, rule))(z))
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    least = s.know(s.use("kept_share_below_one"))
    s.know(s.prove(0 < beta))
    s.know(s.prove(0 <= theta, least))
    half = s.prove(theta <= Exp(-Log(2)), s.prove(beta <= 2, above, rising, two), inverse_of(s, Log(2)), two)
    s.know(half)
    power = s.prove(
        theta**j <= Exp(-j * Log(2)), s.use("power_mono")(theta, Exp(-Log(2)), j), s.use("exp_power")(-Log(2), j)
    )
    falling = s.use("exp_mono")(-j * Log(2), -Log(1 / delta))
    s.know(s.prove(0 < 1 / delta))
    last = s.prove(Eq(Exp(-Log(1 / delta)), delta), inverse_of(s, Log(1 / delta)), s.axiom("exp_log", 1 / delta))
    line, below = s.use("S17.sweeps"), s.prove(theta**j <= delta, power, falling, last)
    return s.both(*(s.prove(line[side].lhs <= delta, line[side], below) for side in (0, 1)))


def inverse_of(s: Derivation, x: Any) -> Line:
    """exp(x) exp(-x) = 1."""
    return s.prove(relation("=", Exp(x) * Exp(-x), 1), s.axiom("exp_add", x, -x), s.axiom("exp_zero"))
