"""S16 for fully adapted SMC: a run of it is a naive one of another model, whose base moves are the guided ones; derived in sympy.

Let BV_t = E psi V_{t+1} where V_t > 0 and t < T, and BV_T = V_T. Take the guided kernel for M, BV for the twist and
psiV_t(x, y) = BV_t(x)/V_{t+1}(y) for the potential. Then Vstar is the true value still, an edge x -> y weighs
rho_{t+1}(y) = BV_{t+1}(y)/V_{t+1}(y), its lookahead Qbar is (Vstar/V)(y), and Vstar/BV at x is the guided mean of Vstar/V from there. So
S16 holds as it is, with b(k) the largest Vstar/V at level k + 1 over its least guided mean from level k, and q(k) its range.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, Recip, function, implications, relation
from proofs.lemmas.clouds import particles
from proofs.lemmas.guided_chord import BV as MEAN
from proofs.lemmas.guided_chord import know_live, off_path, star
from proofs.lemmas.slot_run import slots
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s12_adapted import Guided

n, m, t, k = particles.symbols("n m t k")
x, y, root, M, psi, V, Vstar, VF, F = layered.symbols("x y root M psi V Vstar VF F")
dead, noedge, guided = layered.symbols("dead noedge guided")
b, lo = slots.symbols("b lo")
BV, psiV, q = function("BV", "nat X -> real"), function("psiV", "nat X X -> real"), function("q", "nat -> real")
T, live = n + 1, Eq(dead(t, x), 0)


def twisted(s: Derivation) -> list[Line]:
    """What BV and psiV are: three lines on BV (where V > 0, where V = 0, at the end) and one on psiV."""
    return s.given(
        ForAll(t, x, implications(t < T, 0 < V(t, x), Eq(BV(t, x), MEAN))),
        ForAll(t, x, implications(t < T, Eq(V(t, x), 0), Eq(BV(t, x), 0))),
        ForAll(t, x, implications(T <= t, Eq(BV(t, x), V(t, x)))),
        ForAll(t, x, y, Eq(psiV(t, x, y), BV(t, x) / V(t + 1, y))),
    )


class Lookahead(Guided):
    """The model whose moves are guided, whose twist is BV and whose potential is psiV."""

    def __init__(self, s: Derivation):
        super().__init__(s, "answer at the end", "answer before", "answers are in range")
        self.some, self.none, self.last, self.potential = twisted(s)
        self.twist = self.given["twist is non-negative"]
        inside = s.prove(
            0 <= psi(t, x, y) * V(t + 1, y), self.given["potentials are non-negative"](t, x, y), self.twist(t + 1, y)
        )
        self.mean, self.ended = s.gen(s.expect(M(t, x), y, inside), t, x), self.dead_end()

    def signs(self) -> Line:
        """0 <= BV and 0 <= psiV."""
        s = self.s
        with s.suppose(T <= t):
            end = s.prove(0 <= BV(t, x), self.last(t, x), self.twist(t, x))
        with s.suppose(t < T):
            with s.suppose(V(t, x) <= 0):
                s.know(s.zero(V(t, x), self.twist(t, x)))
                low = s.prove(0 <= BV(t, x), self.none(t, x))
            with s.suppose(0 < V(t, x)):
                high = s.prove(0 <= BV(t, x), self.some(t, x), self.mean(t, x))
            before = s.cases(V(t, x), 0, low, high)
        positive = s.gen(s.cases(T, t, end, before), t, x)
        ratio = s.prove(0 <= BV(t, x) / V(t + 1, y), positive(t, x), s.use("inverse_nonneg")(V(t + 1, y)))
        return s.both(positive, s.gen(s.prove(0 <= psiV(t, x, y), self.potential(t, x, y), ratio), t, x, y))

    def recursion(self, part: int) -> Line:
        """Vstar, or VF, is the guided mean of psiV times what it is next, by guided_mean or since both are 0; it vanishes where BV does."""
        s, value = self.s, (Vstar, VF)[part]
        own = psiV(t, x, y) * value(t + 1, y)
        claim = Eq(value(t, x), Expect(guided(t, x), y, own))
        inner = s.prove(Eq(own, BV(t, x) / V(t + 1, y) * value(t + 1, y)), self.potential(t, x, y))
        whole = s.expect(guided(t, x), y, inner)
        with s.suppose(t < T, live) as here, s.nat_split(s.nat_step(here[0]), m) as split:
            s.know(s.prove(Eq(t + 1 + m, T), split[0]))
            s.know(s.prove(Eq(t + (m + 1), T), split[0]))
            with s.suppose(V(t, x) <= 0):
                s.know(s.zero(V(t, x), self.twist(t, x)))
                low = s.prove(claim, whole, self.none(t, x), self.zeros(t, m + 1, x)[part])
            with s.suppose(0 < V(t, x)):
                with s.suppose(MEAN <= 0):
                    flat = s.prove(Eq(BV(t, x), 0), self.some(t, x), s.zero(MEAN, self.mean(t, x)))
                    stuck = s.prove(claim, whole, flat, self.ended[part](t, m, x))
                with s.suppose(0 < MEAN):
                    moving = s.prove(claim, whole, self.some(t, x), self.means[part](t, m, x))
                high = s.cases(MEAN, 0, stuck, moving)
            line = split.close(s.cases(V(t, x), 0, low, high))
        line = here.then(line, t, x)
        with s.suppose(t < T, live, Eq(BV(t, x), 0)) as here:
            zero = here.then(s.prove(Eq(value(t, x), 0), line(t, x), whole, here[2]), t, x)
        return s.both(line, zero)


@lemma(
    "lookahead_model",
    title="fully adapted SMC as naive SMC of another model",
    words="With guided for M, BV for V and psiV for psi: BV and psiV are non-negative, Vstar and VF keep their recursions and vanish where "
    "BV does.",
)
@in_sympy("lookahead_model")
def lookahead_model(s: Derivation) -> Line:
    model = Lookahead(s)
    return s.both(model.signs(), s.both(model.recursion(0), model.recursion(1)))


class Adapted:
    """What S16 asks of the model is known from here on; `at` is what stands for its symbols."""

    def __init__(self, s: Derivation):
        self.s = s
        *_, last, self.potential = twisted(s)
        known = s.use("lookahead_model")
        self.values = [known[1][0][0], known[1][1][0], known[1][0][1]]
        self.positive = known[0][0]
        for line in (*self.values, self.positive, known[0][1]):
            s.know(line)
        s.know(s.prove(T <= T))
        ends = s.given(ForAll(x, Eq(Vstar(T, x), V(T, x))), ForAll(x, Eq(VF(T, x), F(x) * V(T, x))))
        for end, own in zip(ends, (BV(T, x), F(x) * BV(T, x)), strict=True):
            s.know(s.gen(s.prove(Eq(end(x).lhs, own), end(x), last(T, x)), x))
        self.at = {M(t, x): guided(t, x), psi(t, x, y): psiV(t, x, y), V(t, x): BV(t, x)}

    def ahead(self) -> tuple[Any, Line]:
        """Qbar of an edge, and that it is (Vstar/V)(y), where 0 < BV(x) is known."""
        value = psiV(t, x, y) * Vstar(t + 1, y) * Recip(BV(t, x))
        return value, self.s.prove(Eq(value, star(t + 1, y)), self.potential(t, x, y))


def one_sided(s: Derivation) -> dict[Any, Any]:
    """b(t) lo(t) is above Vstar/V where guided moves end: so is Qbar."""
    run = Adapted(s)
    reached = t < T, Eq(noedge(t, x, y), 0), 0 < BV(t, x)
    cap, low, peak = s.given(
        ForAll(t, x, y, implications(*reached, star(t + 1, y) <= b(t) * lo(t))),
        ForAll(t, 0 <= lo(t)),
        ForAll(t, relation("<=", 1, b(t))),
    )
    with s.suppose(*reached[:2]) as here:
        with s.suppose(0 < BV(t, x)):
            ahead, same = run.ahead()
            most = s.prove(ahead <= b(t) * lo(t), same, cap(t, x, y))
        with s.suppose(BV(t, x) <= 0):
            flat = s.prove(Eq(psiV(t, x, y), 0), run.potential(t, x, y), s.zero(BV(t, x), run.positive(t, x)))
            least = s.prove(ahead <= b(t) * lo(t), flat, s.prove(0 <= b(t) * lo(t), low(t), peak(t)))
        line = here.then(s.cases(BV(t, x), 0, least, most), t, x, y)
    s.know(line)
    return run.at


def two_sided(s: Derivation) -> dict[Any, Any]:
    """lo(k) <= Vstar/V <= q(k) lo(k) with k steps to go, where guided moves end: so is Qbar. States with V = 0 count as dead."""
    run, null, gone = Adapted(s), s.use("guided_null"), Eq(off_path(t, x), 0)
    before, after = Both(live, Both(0 < V(t, x), 0 < BV(t, x))), Both(Eq(dead(t + 1, y), 0), 0 < V(t + 1, y))
    ranges = Both(lo(k) <= star(t + 1, y), star(t + 1, y) <= q(k) * lo(k))
    follow, edges, ranged, begin, _ = s.given(
        ForAll(t, x, implications(t < T, live, 0 < V(t, x), Eq(Expect(guided(t, x), y, noedge(t, x, y)), 0))),
        ForAll(t, x, y, implications(Eq(noedge(t, x, y), 0), Both(before, after))),
        ForAll(t, k, x, y, implications(Eq(t + 1 + k, T), Eq(noedge(t, x, y), 0), ranges)),
        Eq(dead(0, root), 0),
        0 < V(0, root),
    )
    with s.suppose(t < T, gone) as here:
        know_live(s, null, t, x)
        lines = [follow(t, x), *(rule(t, x) for rule in run.values[:2])]
        with s.suppose(Eq(BV(t, x), 0)) as flat:
            lines.append(flat.then(run.values[2](t, x)))
    for line in lines:
        s.know(here.then(line, t, x))
    with s.suppose(Eq(noedge(t, x, y), 0)) as here:
        both = edges(t, x, y)
        for known in (both[0][0], *(both[0][1][part] for part in (0, 1)), both[1][0], both[1][1]):
            s.know(known)
        line = here.then(s.both(s.prove(gone), s.prove(Eq(off_path(t + 1, y), 0))), t, x, y)
    s.know(line)
    with s.suppose(Eq(t + 1 + k, T), Eq(noedge(t, x, y), 0)) as here:
        s.know(edges(t, x, y)[0][1][1])
        (ahead, same), own = run.ahead(), ranged(t, k, x, y)
        inside = s.both(s.prove(lo(k) <= ahead, same, own[0]), s.prove(ahead <= q(k) * lo(k), same, own[1]))
    s.know(here.then(inside, t, k, x, y))
    s.know(s.prove(Eq(off_path(0, root), 0), begin))
    return run.at | {dead(t, x): off_path(t, x)}


@statement(
    "S16.adapted",
    source="new",
    title="density of the output law of fully adapted SMC under resampling into slots, zero rewards allowed",
    words="Guided moves, weights rho_t, drawn into slots as in S16: the run of S16 with guided for M, BV for V and psiV for psi, so that a "
    "move to y weighs rho(y), or 1 at the end. A state without a guided move has BV = 0, and any moves along its edges. Otherwise as "
    "S12.adapted; lo(k) is the least guided mean of Vstar/V from level k, b(k) lo(k) bounds Vstar/V at level k + 1, b(k) >= 1: "
    "pi <= prod_{k<T} (1 + omega (b(k) - 1)) out.",
)
@in_sympy("S16.adapted")
def density(s: Derivation) -> Line:
    return s.use("S16", one_sided(s))


@statement(
    "S16.adapted_tv",
    source="new",
    title="bias of fully adapted SMC under resampling into slots",
    words="As S16.adapted: |E F(output) - target| <= 1 - 1/prod_{k<T} (1 + omega (b(k) - 1)).",
)
@in_sympy("S16.adapted_tv")
def total_variation(s: Derivation) -> Line:
    return s.use("S16.tv", one_sided(s))


@statement(
    "S16.adapted_normaliser",
    source="new",
    title="variance of the normaliser of fully adapted SMC under resampling into slots",
    words="As S16.adapted, B(t, c) the mean of the squared product of the carried weights from a cloud on, Zhat = BV_0 times the whole "
    "product: E[(Zhat/Z)^2] <= prod_{k<T} (1 + omega (b(k) - 1)).",
)
@in_sympy("S16.adapted_normaliser")
def normaliser(s: Derivation) -> Line:
    return s.use("S16.normaliser", one_sided(s))


@statement(
    "S16.adapted_threshold",
    source="new",
    title="variance of the normaliser of fully adapted SMC under a threshold on the effective sample size",
    words="As S16.adapted_normaliser, but of the shares w_i only sum_i w_i^2 <= omega is asked, as in S16.threshold: "
    "E[(Zhat/Z)^2] <= prod_{k<T} (1 + omega bv(k)), bv(k) at least b(k) - 1 where b(k) <= 2 and at least b(k)^2/4 where b(k) >= 2.",
)
@in_sympy("S16.adapted_threshold")
def threshold(s: Derivation) -> Line:
    return s.use("S16.threshold", one_sided(s))


@statement(
    "S16.adapted_odds",
    source="new",
    title="odds of every event under fully adapted SMC and resampling into slots",
    words="As S16.odds, the run that of S16.adapted, with q(k) the ratio of the largest to the least Vstar/V, which is positive, where "
    "guided moves end with k steps to go: with Q = prod_{k<T} (1 + 2 omega (q(k) - 1)), (1 - pi) out <= Q pi (1 - out) and "
    "pi (1 - out) <= Q (1 - pi) out.  Zero rewards are allowed.",
)
@in_sympy("S16.adapted_odds")
def odds_of_events(s: Derivation) -> Line:
    return s.use("S16.odds", two_sided(s))


@statement(
    "S16.adapted_odds_tv",
    source="new",
    title="bias of fully adapted SMC under resampling into slots, from the odds",
    words="As S16.adapted_odds: |E F(output) - target| <= (sqrt Q - 1)/(sqrt Q + 1) = tanh(log(Q)/4), "
    "Q = prod_{k<T} (1 + 2 omega (q(k) - 1)).",
)
@in_sympy("S16.adapted_odds_tv")
def odds_total_variation(s: Derivation) -> Line:
    return s.use("S16.odds_tv", two_sided(s))
