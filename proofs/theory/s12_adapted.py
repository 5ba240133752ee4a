"""S12 for fully adapted SMC: guided moves, weights rho_t = B V_t / V_t, zero rewards and states without a guided move allowed.

A particle is a state.  Cloud t of `first_cloud` is the cloud at level t + 1, so that the horizon is T = n + 1 again; the backward
potential of a state is Vstar/V, its last weight is 1.
"""

from __future__ import annotations

from sympy import Eq, Product

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Expect,
    ForAll,
    Implication,
    Law,
    Recip,
    function,
    implications,
    relation,
    symbols,
)
from proofs.lemmas.adapted_system import adapted, rho, target
from proofs.lemmas.clouds import over, particles
from proofs.lemmas.guided_chord import BV, know_live, off_path, star, test
from proofs.lemmas.layered_system import know_complement
from proofs.registry import statement
from proofs.theory.model import layered

N, n, m, t, k, b = particles.symbols("N n m t k b")
x, y, root, M, psi, V, Vstar, VF, F, dead, guided, horizon = layered.symbols(
    "x y root M psi V Vstar VF F dead guided T"
)
c, d, state = Element("c", "X*"), Element("d", "X*"), Element("e", "X")
W, T = function("W", "nat X* -> real"), n + 1
(eps,) = symbols("eps")
out = Expect(guided(0, root).draws(N), d, W(1, d))
beta = Product(1 + (b(k) - 1) / N, (k, 0, n))


def weights(time):
    """sum_i rho(c_i) at this level."""
    return over(c, lambda q: rho(time, q))


def states() -> dict:
    """The particles of `first_cloud` are the states of level t + 1."""
    at = {
        function("w", "nat X -> real")(t, state): rho(t + 1, state),
        function("last", "X -> real")(state): 1,
        function("h", "nat X -> real")(t, state): star(t + 1, state),
        function("g", "nat X -> real")(t, state): test(t + 1, state),
        function("tested", "X -> real")(state): F(state),
        function("bad", "nat X -> real")(t, state): off_path(t + 1, state),
        function("Out", "nat X* -> real")(t, c): W(t + 1, c),
        Law("K", "nat X", "X")(t, state): guided(t + 1, state),
        Law("next", "nat X*", "X")(t, c): adapted(t + 1, c),
        Law("start", "", "X"): guided(0, root),
    }
    return at


def sharp(s: Derivation) -> None:
    """b(t): the largest Vstar/V at level t + 1 over its least guided mean from a live state with a guided move."""
    live, there = Eq(dead(t, x), 0), Eq(dead(t + 1, state), 0)
    bound = star(t + 1, state) <= b(t) * Expect(guided(t, x), y, star(t + 1, y))
    chain = Implication(there, Implication(0 < V(t + 1, state), bound))
    known = Implication(t < T, Implication(live, Implication(0 < V(t, x), Implication(0 < BV, chain))))
    _, peak = s.given(ForAll(k, 0 <= b(k)), ForAll(t, x, state, known))
    null = s.use("guided_null")

    with s.suppose(Eq(off_path(1, state), 0), 0 < test(1, state)) as here:
        know_live(s, null, 1, state)
        line = peak(0, root, state)
    s.know(here.then(line, state))
    with s.suppose(
        t < n, Eq(off_path(t + 1, x), 0), Eq(off_path(t + 2, state), 0), 0 < rho(t + 1, x), 0 < test(t + 2, state)
    ) as here:
        know_live(s, null, t + 1, x)
        know_live(s, null, t + 2, state)
        s.know(s.prove(t + 1 < T))
        s.know(s.prove(relation("<", 0, rho(t + 1, x) * V(t + 1, x)), here[3]))
        line = peak(t + 1, x, state)
    s.know(here.then(line, t, x, state))


def setting(s: Derivation, *without: str) -> dict[str, Line]:
    """The hypotheses on a run of fully adapted SMC with a test function, by name; `without` those that follow from others."""
    live, before = Eq(dead(t, x), 0), t < T

    def recursion(value):
        ahead = Expect(M(t, x), y, psi(t, x, y) * value(t + 1, y))
        return ForAll(t, x, Implication(before, Implication(live, Eq(value(t, x), ahead))))

    stays = Eq(Expect(M(t, x), y, dead(t + 1, y)), 0)
    formulas = {
        "potentials are non-negative": ForAll(t, x, y, 0 <= psi(t, x, y)),
        "twist is non-negative": ForAll(t, x, 0 <= V(t, x)),
        "dead is non-negative": ForAll(t, x, 0 <= dead(t, x)),
        "live states stay live": ForAll(t, x, Implication(before, Implication(live, stays))),
        "there are particles": 0 < N,
        "value recursion": recursion(Vstar),
        "terminal value": ForAll(x, Eq(Vstar(T, x), V(T, x))),
        "tested recursion": recursion(VF),
        "tested terminal value": ForAll(x, Eq(VF(T, x), F(x) * V(T, x))),
        "test function": ForAll(x, Both(0 <= F(x), F(x) <= 1)),
        "twist kills no live value": ForAll(t, x, Implication(live, Implication(Eq(V(t, x), 0), Eq(Vstar(t, x), 0)))),
        "the root is live": Eq(dead(0, root), 0),
        "the twist is positive at the root": 0 < V(0, root),
        "the first move exists": relation("<", 0, BV.subs({t: 0, x: root})),
        "answer at the end": ForAll(c, Eq(W(T, c), over(c, F) / N)),
        "answer before": ForAll(
            t,
            c,
            Implication(
                0 < t,
                Implication(
                    before, Implication(0 < weights(t), Eq(W(t, c), Expect(adapted(t, c).draws(N), d, W(t + 1, d))))
                ),
            ),
        ),
        "answers are in range": ForAll(t, c, Both(0 <= W(t, c), W(t, c) <= 1)),
    }
    formulas = {name: formula for name, formula in formulas.items() if name not in without}
    return dict(zip(formulas, map(s.know, s.given(*formulas.values())), strict=True))


class Guided:
    """Guided moves and the values with and without a test function: their hypotheses, and the values as guided means."""

    def __init__(self, s: Derivation, *without: str):
        self.s, self.given = s, setting(s, *without)
        self.values()

    def use(self, name: str, at: dict | None = None) -> Line:
        return self.s.use(name, {horizon: T} | (at or {}))

    def values(self) -> None:
        """0 <= VF <= Vstar at live states, and both vanish where V or B V does; both have their guided means."""
        s, given = self.s, self.given
        tested, kills = self.use("tested_value"), given["twist kills no live value"]
        live = Eq(dead(t, x), 0)
        with s.suppose(Eq(t + m, T), live) as here:
            both = tested(m, t, x)
            with s.suppose(Eq(V(t, x), 0)) as flat:
                star_zero = s.know(kills(t, x))
                zeros = s.both(star_zero, s.zero(VF(t, x), both[0], both[1]))
        zeros = here.then(flat.then(zeros), t, m, x)
        self.tested, self.zeros = tested, zeros
        with s.suppose(Eq(t + m, T), live, Eq(V(t, x), 0)) as here:
            parts = [zeros(t, m, x)[part] for part in (0, 1)]
        for part in parts:
            s.know(here.then(part, t, m, x))
        U = function("U", "nat X -> real")
        self.means = [self.use("guided_mean", {U(t, x): value(t, x)}) for value in (Vstar, VF)]

    def dead_end(self) -> list[Line]:
        """Vstar = 0 and VF = 0 at a live state with B V = 0: almost surely psi = 0 or V = 0 next."""
        s, given = self.s, self.given
        after_V, none = V(t + 1, y), dead(t + 1, y) + psi(t, x, y) * V(t + 1, y)
        positive = s.prove(
            0 <= psi(t, x, y) * after_V,
            given["potentials are non-negative"](t, x, y),
            given["twist is non-negative"](t + 1, y),
        )
        nonneg = s.gen(s.prove(0 <= none, positive, given["dead is non-negative"](t + 1, y)), y)
        with s.suppose(Eq(t + 1 + m, T), Eq(dead(t, x), 0), BV <= 0) as here:
            s.know(s.prove(t < T, here[0]))
            flat = s.zero(BV, s.expect(M(t, x), y, positive))
            zero = s.prove(Eq(Expect(M(t, x), y, none), 0), flat, given["live states stay live"](t, x))
            with s.surely(M(t, x), y, none, nonneg, zero) as on:
                s.know(s.zero(dead(t + 1, y), positive, given["dead is non-negative"](t + 1, y)))
                product = s.zero(psi(t, x, y) * after_V, positive, given["dead is non-negative"](t + 1, y))
                with s.suppose(after_V <= 0):
                    s.know(s.zero(after_V, given["twist is non-negative"](t + 1, y)))
                    gone = self.zeros(t + 1, m, y)
                    low = [s.prove(Eq(psi(t, x, y) * v(t + 1, y), 0), gone[i]) for i, v in enumerate((Vstar, VF))]
                with s.suppose(0 < after_V):
                    no_psi = s.prove(Eq(psi(t, x, y), 0), product)
                    high = [s.prove(Eq(psi(t, x, y) * v(t + 1, y), 0), no_psi) for v in (Vstar, VF)]
                means = [on.average(s.cases(after_V, 0, a, b)) for a, b in zip(low, high, strict=True)]
            names = "value recursion", "tested recursion"
            lines = [s.prove(Eq(v(t, x), 0), means[i], given[names[i]](t, x)) for i, v in enumerate((Vstar, VF))]
        return [here.then(line, t, m, x) for line in lines]


class Run(Guided):
    """A run of fully adapted SMC with a test function: its hypotheses, and what the lemmas of `first_cloud` ask of it."""

    def __init__(self, s: Derivation):
        super().__init__(s)
        self.particles()
        self.ends()
        self.clouds()
        self.start()

    def particles(self) -> None:
        """What `first_cloud` asks of one particle."""
        s, given = self.s, self.given
        inside = s.prove(
            0 <= psi(t, x, y) * V(t + 1, y),
            given["potentials are non-negative"](t, x, y),
            given["twist is non-negative"](t + 1, y),
        )
        weight = s.prove(0 <= rho(t, x), s.expect(M(t, x), y, inside), s.use("inverse_nonneg")(V(t, x)))
        weight = s.gen(weight, t, x)
        self.weight = s.know(s.gen(weight(t + 1, state), t, state))
        null = self.use("guided_null")
        s.know(s.gen(null(t + 1, state)[0], t, state))
        s.know(s.gen(null(1, state)[0], state))
        s.know(s.gen(self.given["test function"](x)[0], x))
        ends, stays, recursions = self.dead_end(), self.use("guided_alive"), []
        for value, mean, end in zip((Vstar, VF), self.means, ends, strict=True):
            with s.suppose(Eq(t + 1 + m, T), Eq(dead(t, x), 0), 0 < V(t, x)) as here:
                claim = Eq(value(t, x) / V(t, x), rho(t, x) * Expect(guided(t, x), y, value(t + 1, y) / V(t + 1, y)))
                with s.suppose(BV <= 0):
                    flat = s.zero(BV, s.expect(M(t, x), y, inside))
                    low = s.prove(claim, flat, end(t, m, x))
                with s.suppose(0 < BV):
                    high = s.prove(claim, mean(t, m, x))
                recursions.append(here.then(s.cases(BV, 0, low, high), t, m, x))
        with s.suppose(t < n, Eq(off_path(t + 1, state), 0)) as here:
            know_live(s, null, t + 1, state)
            s.know(s.prove(t + 1 < T))
            lines = []
            with s.nat_split(s.nat_step(here[0]), m) as split:
                s.know(s.prove(Eq(t + 1 + 1 + m, T), split[0]))
                lines += [split.close(line(t + 1, m, state)) for line in recursions]
            with s.suppose(0 < rho(t + 1, state)) as moving:
                s.know(s.prove(relation("<", 0, rho(t + 1, state) * V(t + 1, state)), moving[0]))
                lines.append(moving.then(stays(t + 1, state)))
        self.recursions = [s.know(here.then(line, t, state)) for line in lines[:2]]
        self.stays = s.know(here.then(lines[2], t, state))

    def ends(self) -> None:
        """Vstar/V = 1 and VF/V = F at the last particles; 0 <= VF/V and 0 <= Vstar/V at all of them."""
        s, given = self.s, self.given
        null = self.use("guided_null")
        with s.suppose(Eq(off_path(n + 1, state), 0)) as here:
            know_live(s, null, n + 1, state)
            lines = [
                s.prove(Eq(star(n + 1, state), 1), given["terminal value"](state)),
                s.prove(Eq(test(n + 1, state), F(state)), given["tested terminal value"](state)),
            ]
        self.last = [s.know(here.then(line, state)) for line in lines]
        with s.suppose(t <= n, Eq(off_path(t + 1, state), 0)) as here:
            know_live(s, null, t + 1, state)
            with s.nat_split(here[0], m) as split:
                s.know(s.prove(Eq(t + 1 + m, T), split[0]))
                value = self.tested(m, t + 1, state)
                low = s.prove(0 <= test(t + 1, state), value[0])
                high = s.prove(0 <= star(t + 1, state), value[0], value[1])
                lines = [split.close(low), split.close(high)]
        for line in lines:
            s.know(here.then(line, t, state))

    def clouds(self) -> None:
        """The sampling law of the next cloud, and the answers."""
        s, given = self.s, self.given
        pattern = function("_f", "X -> real")(x)
        self.laws = []
        for body in (off_path(t + 2, x), star(t + 2, x), test(t + 2, x)):
            with s.suppose(t < n, 0 < weights(t + 1)) as here:
                law = s.use("adapted_law", {pattern: body, t: t + 1})[0]
            self.laws.append(s.know(here.then(law, t, c)))
        with s.suppose(t < n, 0 < weights(t + 1)) as here:
            s.know(s.prove(t + 1 < T))
            s.know(s.prove(relation("<", 0, t + 1)))
            move = given["answer before"](t + 1, c)
        self.answer = s.know(here.then(move, t, c))
        end = given["answer at the end"](c)
        s.know(s.gen(s.prove(Eq(W(n + 1, c) * N, over(c, F)), end), c))
        s.know(s.gen(given["answers are in range"](t + 1, c)[0], t, c))

    def start(self) -> None:
        """The first cloud: guided moves from the root."""
        self.good_start = self.s.know(self.use("guided_alive")(0, root))
        self.mean, self.tested_mean = (mean(0, n, root) for mean in self.means)


@statement(
    "S12.adapted",
    source="new",
    title="density of the output law under fully adapted SMC, zero rewards allowed",
    words="Guided moves, N particles, weights rho_t, horizon T = n + 1, F a test function with values in [0, 1], out = E F(output), "
    "whatever is answered once all weights vanish, pi = VF_0/Vstar_0 the target's mean of F, and b(k) the largest Vstar/V at level k + 1 "
    "over its least guided mean from level k: pi <= prod_{k<T} (1 + (b(k) - 1)/N) out.",
)
@in_sympy("S12.adapted")
def density(s: Derivation) -> Line:
    run = Run(s)
    sharp(s)
    s.given(0 < Vstar(0, root))
    line = s.use("first_density", states(), {"Edge": "X"})
    mass = BV.subs({t: 0, x: root})
    line = s.prove(mass * line.lhs <= mass * line.rhs, line)
    line = s.put(line, lambda v, w: v <= beta * w * out, run.tested_mean, run.mean)
    return s.prove(target <= beta * out, line)


def complement(s: Derivation) -> None:
    """1 - F is a test function too: its value is Vstar - VF, its answer 1 - W.  And 1 is one: its value is Vstar, its answer 1."""
    given = setting(s)
    know_complement(s, T, given)
    s.know(s.gen(s.prove(Eq(1 - W(T, c), over(c, lambda q: 1 - F(q)) / N), given["answer at the end"](c)), c))
    s.know(s.gen(s.prove(Eq(1, over(c, lambda q: 1) / N)), c))
    with s.suppose(0 < t, t < T, 0 < weights(t)) as here:
        law = adapted(t, c).draws(N)
        later = s.prove(Eq(1 - W(t, c), Expect(law, d, 1 - W(t + 1, d))), given["answer before"](t, c))
        mean = s.prove(relation("=", 1, Expect(law, d, 1)))
    s.know(here.then(later, t, c))
    s.know(here.then(mean, t, c))
    inside = given["answers are in range"](t, c)
    s.know(s.gen(s.both(s.prove(0 <= 1 - W(t, c), inside[1]), s.prove(1 - W(t, c) <= 1, inside[0])), t, c))


@statement(
    "S12.adapted_tv",
    source="new",
    title="bias of fully adapted SMC from the density",
    words="As S12.adapted: |E F(output) - target| <= 1 - 1/prod_{k<T} (1 + (b(k) - 1)/N).",
)
@in_sympy("S12.adapted_tv")
def total_variation(s: Derivation) -> Line:
    both_densities(s)
    s.know(s.prove(1 - target <= 1))
    gap = s.use("density_gap")
    low, high = gap(target, out, beta), gap(1 - target, 1 - out, beta)
    return s.both(s.prove(out - target <= low.rhs, high), low)


def both_densities(s: Derivation) -> None:
    """Makes known: S12.adapted for F and for 1 - F, 1 <= beta, and 0 <= target <= 1."""
    complement(s)
    s.given(0 < Vstar(0, root))
    up = s.use("S12.adapted")
    down = s.use("S12.adapted", {W(t, c): 1 - W(t, c), F(x): 1 - F(x), VF(t, x): Vstar(t, x) - VF(t, x)})
    down = s.prove(1 - target <= beta * (1 - out), down)
    one = s.use("S12.adapted", {W(t, c): 1, F(x): 1, VF(t, x): Vstar(t, x)})
    value = s.use("tested_value", {horizon: T})(T, 0, root)
    for line in (
        up,
        down,
        s.prove(relation("<=", 1, beta), one),
        s.prove(0 <= target, value[0], value[1]),
        s.prove(target <= 1, value[1]),
    ):
        s.know(line)


@statement(
    "S12.adapted_uniform",
    source="new",
    title="bias of fully adapted SMC from the density and the Bellman error",
    words="With Bellman error eps, T = n + 1: b(t) <= (1+eps)^(2(n-t)), so |E F(output) - target| <= 1 - 1/prod_{t<T} (1 + "
    "((1+eps)^(2(n-t)) - 1)/N): no ratio bound, zero rewards allowed, and no bias at any N when eps = 0.",
)
@in_sympy("S12.adapted_uniform")
def from_bellman_error(s: Derivation) -> Line:
    given, growth, live = setting(s, "the first move exists"), 1 + eps, Eq(dead(t, x), 0)
    error = Both(V(t, x) <= growth * BV, BV <= growth * V(t, x))
    _, _, error = s.given(0 <= eps, 0 < Vstar(0, root), ForAll(t, x, implications(t < T, live, 0 < V(t, x), error)))
    s.know(s.prove(relation("<=", 1, growth)))
    for exponent in (m, n, t, k):
        s.know(s.use("power_at_least_one")(growth, exponent))
    with s.suppose(live) as here:
        weak = given["twist is non-negative"](t, x)
    s.know(here.then(weak, t, x))
    worst, null = s.use("P0", {horizon: T}), s.use("guided_null")
    s.know(s.contradiction(relation("<", 0, BV.subs({t: 0, x: root})), error(0, root)[0]))
    spread = growth ** (2 * n) / growth ** (2 * t)  # (1+eps)^(2(n-t))
    s.know(s.gen(s.prove(0 <= spread), t))
    with s.suppose(t < T, live, 0 < V(t, x), 0 < BV, Eq(dead(t + 1, state), 0), 0 < V(t + 1, state)) as here:
        with s.nat_split(s.nat_step(here[0]), m) as split:  # T = t + 1 + m
            s.know(s.prove(Eq(t + 1 + m, T), split[0]))
            top = s.prove(star(t + 1, state) <= growth**m, worst(m, t + 1, state)[0])
            never = s.use("guided_alive", {horizon: T})(t, x)
            with s.surely(guided(t, x), y, off_path(t + 1, y), s.gen(null(t + 1, y)[0], y), never) as on:
                know_live(s, null, t + 1, y)
                least = on.average(s.prove(Recip(growth**m) <= star(t + 1, y), worst(m, t + 1, y)[1]))
            steps = s.prove(Eq(t + m, n), split[0])
            same = s.prove(Eq(growth ** (2 * (t + m)) / growth ** (2 * t), growth ** (2 * m)))
            same = s.at(steps, same, lambda v: Eq(growth ** (2 * v) / growth ** (2 * t), growth ** (2 * m)))
            line = s.chain(top, s.prove(growth**m <= growth ** (2 * m) * least.rhs, least))
            line = split.close(s.put(line, lambda v: star(t + 1, state) <= v * least.rhs, same))
    s.know(here.then(line, t, x, state))
    return s.use("S12.adapted_tv", {b(t): spread})
