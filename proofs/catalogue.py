"""The catalogue: one row a statement of the theory.

A row of `ROWS` says everything about a statement that a table, a command or a test needs: ID, title, words for a newcomer, the modules
that derive it, the stored proofs that it needs to count as proved, what it is about, its closed forms, and when equality occurs. README
table, `prove`, `check`, `plan`, reports, HTML, campaign and tests read it. To add a statement: a module with its derivations, registered by
the decorators of `proofs.registry`; a row here; its tests.

A closed form (`Form`) is a side of a sealed conclusion. Its inputs are symbols of that statement; `at` names the variables that the
conclusion quantifies, in their order; `where` says what the other symbols are, such as `n = T - 1` where the horizon is `n + 1`. On the
numerical side `smc.checks.table` says how each input is read from a model and how each quantity is measured.

This module is data: of the project it imports nothing but `proofs.orders`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from proofs.orders import root_above, rounds

SOURCES = {"P": "paper", "G": "neighbour", "S": "new"}
"""Whose a statement is, by the first letter of its ID."""

VALUES, RANGE, TARGETS = "worst V*/V or V/V*", "q_p", "1 + chi^2(pi* || pihat)"
TV, AT_STEP, SECOND_MOMENT = "TV", "TV at step t", "E[Zhat^2]/Z^2"
CHI_SQUARE, REFERENCE_CHI_SQUARE, QUERIES = "chi^2(pi || guided)", "chi^2(pi || reference)", "queries"
GROWTH = "growth of E[U^2]"
FOURTH = "E[(1 - Zhat/Z)^4]"
RELAXATION, KEPT, SWEPT = "1/gap of the leaf chain", "largest pi(z')/P(z, z')", "TV from the worst kept path"
DENSITY, STEPS = "largest density of the first leaf", "mean steps to the visit"
SPLIT, RARE = "bias of branch A", "bias of the rare branch"

POSITIVE = "V > 0 at every state that the reference reaches before T"
EVERYWHERE = "a particle can be at every state that the reference reaches before T"
TREE = "states form a tree"
SMALL_TREE = "states form a tree of at most 64 leaves"
FORKED_TREE = "states form a tree of two to 64 leaves"
TREES = frozenset({TREE, SMALL_TREE, FORKED_TREE})
FEW_PATHS = "there are at most 64 paths"
FOURS = "layers have few states: at most 20,000 quadruples of states in all"
"""Conditions on the model of sealed hypotheses, or of what is measured; not every model meets them, `smc.checks.table` evaluates them."""
PLAIN = "every particle is drawn anew after every step, independently and by weight, and so is the output"
SLOTS = "slots are independent given the cloud and carry at most the share omega of the weight, and the output is drawn by weight"
CARRIED = "slots are independent given the cloud, the squares of their shares are at most omega in all, and the output is drawn by weight"
"""How a run resamples for a statement to speak of it, as far as it does; `smc.checks.table` reads it off the sampler."""


@dataclass(frozen=True)
class Form:
    """One closed form of a statement, read from a side of a sealed conclusion.

    form: its name. sealed: the stored proof; part: which part of its conclusion. quantity: what it bounds; relation: of the quantity to
    the bound, which is the right side of the conclusion, or for `>=` the left. inputs: symbols of the statement that `evaluate` takes;
    a list is a function of its first argument, counted from `first` (0 unless named there), or for `laws` the weights of states.
    at: names of the quantified variables, in order; those that are no inputs do not matter. where: other symbols, from the inputs.
    ones: functions set to one, so that a bound such as `(1+eps)^n V(t, x)` evaluates to the ratio that it bounds.
    reads: for an input that is not the constant of its own name, which one. samplers: whose runs it speaks of, none for a statement on
    model and reward model alone; under: how they resample there. scope: a condition that its sealed hypotheses set on the model beyond
    finite constants.
    """

    form: str
    sealed: str
    quantity: str
    inputs: str
    relation: Literal["<=", ">=", "="] = "<="
    samplers: tuple[str, ...] = ()
    under: str = PLAIN
    part: int = 0
    at: str = ""
    where: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    ones: str = ""
    first: Mapping[str, int] = field(default_factory=dict)
    laws: tuple[str, ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The inputs."""
        return tuple(self.inputs.split())

    @property
    def side(self) -> int:
        """The side of the conclusion that has the bound."""
        return 0 if self.relation == ">=" else 1


@dataclass(frozen=True)
class Row:
    """One statement of the theory.

    title: with the place in its source. words: one line for a newcomer. files: modules of its derivations, below `proofs`.
    proofs: stored proofs that it needs. about: `model` when the seals speak of kernel, potentials, twist and the run of a sampler
    themselves; `abstraction` when they speak of a simpler object, and `link` says of which and how that is tied to the model; on a row
    about the model it says what is in words all the same. attained: when equality occurs. asks: what `plan` remarks beside its count.
    """

    id: str
    title: str
    words: str
    files: tuple[str, ...]
    proofs: tuple[str, ...]
    about: Literal["model", "abstraction"]
    link: str = ""
    forms: tuple[Form, ...] = ()
    attained: str = ""
    asks: str = ""

    @property
    def source(self) -> str:
        """Whose it is: paper, neighbour, new."""
        return SOURCES[self.id[0]]


NAIVE, ADAPTED, GUIDED, MH = ("naive",), ("adapted",), ("guided",), ("mh",)
BACKTRACKING, CONDITIONAL = ("backtracking",), ("conditional",)


BEFORE: Mapping[str, Callable[..., int]] = {"n": lambda T: T - 1}
LAST: Mapping[str, Callable[..., int]] = {"n": lambda b: len(b) - 1}
LAST_Q: Mapping[str, Callable[..., int]] = {"n": lambda q: len(q) - 1}
"""The horizon is n + 1; in `LAST` it is the number of the b, in `LAST_Q` that of the q."""
FROM_THE_ROOT, B_ADAPTED, Q_ADAPTED = {"b": "b from the root"}, {"b": "b adapted"}, {"q": "q adapted"}
QUERY_LINK = (
    "The tree and its oracle enter by what queries touch and outputs lie below, and by the numbers of S6.family (sealed); "
    "the query model of smc.query plays them out."
)
_ROWS = (
    Row(
        "P0", "value error from Bellman error", "Bellman error bounds the error of the values",
        ("theory.p0_values",), ("P0",), "model",
        forms=(Form("uniform", "P0", VALUES, "n eps", at="n t x", ones="V"),),
        attained="every Bellman ratio is 1 + eps",
    ),
    Row(
        "P1", "range of the backward potentials (Lemma E.2)", "ratio bound and Bellman error bound the range of a step",
        ("theory.p0_values",), ("P1",), "model",
        forms=(Form("uniform", "P1", RANGE, "n L eps", at="t n x y u v", ones="psi V Vstar"),),
        attained="two moves of the last step have the ratios L and 1/L",
    ),
    Row(
        "P2", "SMC bias, the paper's q(q^2 - 1) (Lemma E.1, Theorem E.6)", "bias of SMC, the paper's lemma",
        ("theory.p2_bias",), ("P2",), "model",
        forms=(Form("instance", "P2", TV, "N q", samplers=NAIVE, where={"T": lambda q: len(q)}),),
    ),
    Row(
        "P3", "particles that suffice, exponent 6 (Theorem 5.1, Corollary 5.2)", "bias of SMC, the paper's theorem: exponent 6",
        ("theory.p2_bias", "theory.p3_complexity"), ("P3", "P3.particles", "P3.polynomial"), "model",
        forms=(Form("uniform", "P3", TV, "N T L eps", samplers=NAIVE, where=BEFORE),),
        asks="the paper's count",
    ),
    Row(
        "P4", "oracle lower bound, exponent 2/3 (Theorem 4.1, Corollary 4.2)", "what no algorithm can do without, the paper's theorem",
        ("theory.s6_lower_bound",), ("P4",), "abstraction", QUERY_LINK,
        forms=(Form("uniform", "P4", QUERIES, "T eps", ">=", where={"n": lambda T: T // 3 - 1}),),  # T = 3m, m = n + 1
    ),
    Row(
        "P5", "guided single particle (Theorem 4.3)", "distance of the guided particle, the paper's theorem",
        ("theory.p5_guided",), ("P5",), "model",
        forms=(Form("uniform", "P5", AT_STEP, "T eps", samplers=GUIDED),),  # at step t, V_t is the terminal reward
    ),
    Row(
        "P6", "Metropolis-Hastings with a resampling pool (Theorem 6.1)", "distance of Metropolis-Hastings with resampling pools",
        ("theory.p6_pool", "theory.s7_pool"), ("P6",), "abstraction",
        "A chain on any proposals with a good event and weights W. That pools give such proposals and such a W is S7.marginal and "
        "S7.pool, sealed apart and joined in words; smc.exact.pool computes the whole chain.",
        asks="constants ours",
    ),
    Row(
        "S0", "variance and mean deviation of a density in a range", "how far a density of a given range is from 1",
        ("theory.s0_variance", "theory.s0_density"),
        ("S0.variance", "S0.deviation", "S0.variance_ratio", "S0.deviation_ratio", "S0.attained"),
        "abstraction", "Any probability and any density; S1, S2 and S7 use it for the weights of paths.",
        attained="the density takes the two ends of its range",
    ),
    Row(
        "S1", "Bellman error to importance-weight variance, sinh^2(Lambda)", "Bellman error bounds the variance of importance weights",
        ("theory.s1_variance", "theory.s1_chi_square", "theory.p3_complexity", "theory.s1_target"),
        ("S1", "S1.product", "S1.naive", "S1.tilt", "S1.target"), "model",
        "S1.target joins tilt and level form; S1 (eps) follows by r_t <= (1+eps)^2, and S1.naive is about any chain, in words.",
        forms=(
            Form("instance", "S1.product", CHI_SQUARE, "r", samplers=GUIDED, at="x", where={"n": lambda r: len(r)}, first={"r": 1}),
            Form("uniform", "S1", CHI_SQUARE, "T eps", samplers=GUIDED, at="x", where=BEFORE),
            Form("naive", "S1.naive", REFERENCE_CHI_SQUARE, "T L", at="x"),
        ),
        attained="one first move in two leads to Bellman ratios of 1 + eps ever after, the other to their inverse",
    ),
    Row(
        "S2", "guided single particle, tanh(Lambda/2)", "distance of the guided particle, sharp",
        ("theory.s2_guided", "theory.p5_guided", "theory.p3_complexity"), ("S2", "S2.product", "S2.linear"), "model",
        forms=(
            Form("instance", "S2.product", AT_STEP, "r", samplers=GUIDED, where={"n": lambda r: len(r)}, first={"r": 1}),
            Form("uniform", "S2", AT_STEP, "T eps", samplers=GUIDED, where=BEFORE),
        ),
        attained="a first move leads to Bellman ratios of 1 + eps ever after, the other to their inverse",
    ),
    Row(
        "S3", "SMC bias, two-sided ratios, exponent 2", "bias of SMC, two-sided ratios: exponent 2",
        ("theory.s3_step", "theory.s3_bias", "theory.level_ratios", "theory.p3_complexity"),
        ("S3.step", "S3", "S3.uniform", "S3.particles", "S3.polynomial", "S3.logarithmic", "S3.exponential"), "model",
        forms=(
            Form("instance", "S3", TV, "N q", samplers=NAIVE, where={"T": lambda q: len(q)}),
            Form("uniform", "S3.uniform", TV, "N T L eps", samplers=NAIVE, where=BEFORE),
        ),
        asks="the same hypotheses, exponent 2",
    ),
    Row(
        "S4", "SMC bias, one-sided ratios: zero rewards allowed, L to the power 1", "bias of SMC, zero rewards allowed",
        ("theory.s4_step", "theory.s4_one_sided", "theory.s4_corollaries", "theory.level_ratios"),
        ("S4.step", "S4", "S4.uniform", "S4.particles", "S4.coverage"), "model",
        forms=(
            Form("instance", "S4", TV, "N b", samplers=NAIVE, where={"T": lambda b: len(b)}),
            Form("uniform", "S4.uniform", TV, "N T L eps", samplers=NAIVE, where=BEFORE, reads={"L": "upper L"}),
        ),
        asks="needs only psi V(y) <= L V(x); zero rewards allowed",
    ),
    Row(
        "S5", "the normaliser: unbiased, exact second moment, its bound", "variance of the normaliser, and the bias it implies",
        ("theory.s5_normaliser", "theory.s5_bias"), ("S5.mean", "S5.recursion", "S5", "S5.particles", "S5.bias"), "model",
        forms=(
            Form("instance", "S5", SECOND_MOMENT, "N b", samplers=NAIVE, where=LAST, reads=FROM_THE_ROOT),
            Form("bias", "S5.bias", TV, "N b", samplers=NAIVE, where=LAST, reads=FROM_THE_ROOT),
        ),
        attained="S5.mean and S5.recursion are equalities",
    ),
    Row(
        "S6", "lower bound for every adaptive algorithm, exponent 2", "what no algorithm can do without: exponent 2",
        ("theory.s6_lower_bound",), ("S6.counting", "S6.family", "S6", "S6.exponent", "S6.vocabulary"), "abstraction", QUERY_LINK,
        forms=(Form("uniform", "S6.exponent", QUERIES, "T eps delta", ">=", where=BEFORE),),
        attained="as many queries as the bound says expose the hidden child often enough (S6.counting)",
        asks="for some input",
    ),
    Row(
        "S7", "Metropolis-Hastings on guided proposals", "distance of Metropolis-Hastings on guided proposals",
        ("theory.s7_metropolis", "theory.s7_pool", "theory.p6_pool"),
        ("S7", "S7.uniform", "S7.marginal", "S7.pool", "S7.restricted"), "abstraction",
        "A chain on any proposals, W the target's density. S1.tilt (sealed, about the model) gives W for guided paths.",
        forms=(
            Form("instance", "S7", TV, "H R", samplers=MH, where={"n": lambda H: H - 1}),
            Form(
                "uniform", "S7.uniform", TV, "H T eps", samplers=MH,
                where={"n": lambda H: H - 1, "m": lambda T: T - 1},
            ),
        ),
        attained="after one proposal, in the model that attains S2",
        asks="exact guided normalisers",
    ),
    Row(
        "S8", "fully adapted SMC, no ratio bound", "bias of fully adapted SMC: no ratio bound",
        ("theory.s8_adapted", "theory.level_ratios"), ("S8", "S8.uniform", "S8.perfect"), "model",
        forms=(
            Form("instance", "S8", TV, "N q", samplers=ADAPTED, where={"T": lambda q: len(q)}, reads=Q_ADAPTED),
            Form("uniform", "S8.uniform", TV, "N T eps", samplers=ADAPTED),
        ),
        asks="no ratio bound at all",
    ),
    Row(
        "S9", "the horizon dependence is exactly T/N, even for V = V*", "bias of SMC that no bound can avoid: exactly T/N",
        ("theory.s9_horizon", "theory.s9_split", "theory.s9_run", "theory.s9_rate"), ("S9", "S9.run", "S9.rate"), "model",
        forms=(
            Form("lower", "S9.run", SPLIT, "N T", ">=", samplers=NAIVE, where=BEFORE),
            Form("upper", "S9.run", SPLIT, "N T", samplers=NAIVE, part=1, where=BEFORE),
        ),
    ),
    Row(
        "S10", "certificate of the output law at any number of particles", "bias of SMC by a certificate, at any number of particles",
        ("theory.s10_certificate", "theory.s10_divergences", "theory.s10_recursion"),
        ("S10", "S10.tv", "S10.chi_square", "S10.entropy", "S10.recursion"), "model",
        forms=(
            Form("certificate", "S10.tv", TV, "pi second", samplers=NAIVE, part=1, where={"J": lambda pi: len(pi)}),
        ),
        attained="one particle whose paths end in states of their own",
    ),
    Row(
        "S11", "output law from below by four moments, at any number of particles",
        "bias of SMC by a certificate of four moments: width E(1 - Zhat/Z)^4",
        (
            "theory.s11_level_four", "theory.s11_leading", "lemmas.quartics", "lemmas.quartic_clouds", "theory.s11_fourth",
            "lemmas.answer_spread", "theory.s11_closed",
        ),
        ("S11", "S11.lower", "S11.tv", "S11.width", "S11.bias", "S11.fourth", "S11.closed"), "model",
        "The moments are means along the run; that smc.exact.particle_moments computes them by following four particles is not sealed (for "
        "two it is: S10.recursion). S11.bias is for one test function; that its remainder is of order N^(-3/2) is in words, and sealed in "
        "closed form as S11.closed.",
        forms=(
            Form(
                "certificate", "S11.tv", TV, "pi second third fourth alpha beta", samplers=NAIVE, part=1,
                where={"J": lambda pi: len(pi)}, scope=FOURS,
            ),
            Form("instance", "S11.closed", TV, "N b", samplers=NAIVE, where=LAST, reads=FROM_THE_ROOT),
            Form("normaliser", "S11.fourth", FOURTH, "N b", samplers=NAIVE, where=LAST, reads=FROM_THE_ROOT, scope=FOURS),
        ),
        attained="one particle whose paths end in states of their own",
    ),
    Row(
        "S12", "density of the output law: zero rewards allowed, L to the power 1, constant 1",
        "bias of SMC, zero rewards allowed: constant 1 where S4 has 3/2",
        ("theory.s12_density", "theory.s12_uniform", "theory.s12_adapted", "theory.s12_average"),
        (
            "S12", "S12.moment", "S12.tv", "S12.sum", "S12.uniform", "S12.particles", "S12.path", "S12.path_moment", "S12.average",
            "S12.adapted", "S12.adapted_tv", "S12.adapted_uniform",
        ), "model",
        "S12.average is stated on the prefix tree of the model, whose output law and constants are the model's.",
        forms=(
            Form("instance", "S12.tv", TV, "N b", samplers=NAIVE, where=LAST, reads=FROM_THE_ROOT),
            Form("uniform", "S12.uniform", TV, "N T L eps", samplers=NAIVE, where=BEFORE, reads={"L": "upper L"}),
            Form(
                "average", "S12.average", TV, "N excess", samplers=NAIVE,
                where={"n": lambda excess: len(excess) - 1}, reads={"excess": "path excess"},
            ),
            Form("adapted", "S12.adapted_tv", TV, "N b", samplers=ADAPTED, where=LAST, reads=B_ADAPTED),
            Form("adapted uniform", "S12.adapted_uniform", TV, "N T eps", samplers=ADAPTED, where=BEFORE),
        ),
        attained="one particle, one step, rewards 0 and 1",
        asks="the hypotheses of S4, constant 1",
    ),
    Row(
        "S13", "odds of every event under SMC, constant 1/4", "bias of SMC by the odds of events: half of S3's constant",
        ("theory.s13_step", "theory.s13_odds", "theory.s13_joint", "theory.s13_adapted"),
        (
            "S13.step", "S13", "S13.tv", "S13.sum", "S13.uniform", "S13.particles", "S13.joint",
            "S13.adapted", "S13.adapted_tv", "S13.adapted_sum", "S13.adapted_uniform", "S13.adapted_joint",
        ), "model",
        forms=(
            Form("instance", "S13.tv", TV, "N q", samplers=NAIVE, where={"T": lambda q: len(q)}),
            Form("uniform", "S13.uniform", TV, "N T L eps", samplers=NAIVE, where=BEFORE),
            Form("adapted", "S13.adapted_tv", TV, "N q", samplers=ADAPTED, where=LAST_Q, reads=Q_ADAPTED),
            Form("adapted uniform", "S13.adapted_uniform", TV, "N T eps", samplers=ADAPTED, where=BEFORE),
        ),
        attained="one particle, one step, an event of target mass 1/(1 + sqrt q)",
        asks="the hypotheses of S3, constant 1/4",
    ),
    Row(
        "S14", "variance and bias from local second moments, finite even with states that promise in vain",
        "bias of SMC by local second moments: finite where V promises in vain",
        ("theory.s14_local", "theory.s14_bias", "theory.s14_path"),
        ("S14", "S14.certificate", "S14.tv", "S14.bias", "S14.path", "S14.density", "S14.factor", "S14.paths"), "model",
        "S14.path and what follows from it are stated on the prefix tree of the model, whose output law and constants are the model's.",
        forms=(
            Form("instance", "S14", SECOND_MOMENT, "N b", samplers=NAIVE, where=LAST, reads={"b": "b local"}),
            Form("bias", "S14.bias", TV, "N b", samplers=NAIVE, where=LAST, reads={"b": "b local"}),
            Form("linear", "S14.tv", TV, "N b", samplers=NAIVE, where=LAST, reads={"b": "b local"}),
            Form("average", "S14.paths", TV, "aim growthJ", samplers=NAIVE, where={"J": lambda aim: len(aim)}, scope=FEW_PATHS),
        ),
        attained="the second moment, in one step, at every N",
    ),
    Row(
        "S15", "what coverage and chi-squares alone give: N^(-r/(2r-1)), r = floor(T/2), and from T = 4 on no more "
        "(N^(-2/3)/9 at T = 4): not 1/N",
        "bias of SMC by coverage and chi-squares alone: N^(-2/3) at four steps, nearly 1/sqrt N in many, and no better",
        (
            "lemmas.rare", "lemmas.rare_exchange", "theory.s15_rare", "theory.s15_rounds", "theory.s15_order", "theory.s15_chi",
            "lemmas.halvings", "lemmas.gaps", "lemmas.path_alive", "lemmas.path_gaps", "lemmas.path_means", "theory.s15_upper",
        ),
        ("S15", "S15.rate", "S15.rounds", "S15.order", "S15.power", "S15.chi", "S15.upper"), "model",
        "S15.upper on every model, N and T, on its prefix tree, for every rho with N rho^(2r-1) >= 1; the others on a family of r = m + 1 "
        "rounds, where Vstar = 1, so C_act = 1, and every chi^2 is at most 2 (S15.chi). S15 is S15.rounds at m = 1, T = 4, with the same "
        "bound; S15.rate has 1/9 there, where S15.power, for r >= 2 and T >= 2r, has 6^(-2/3)/4 = 1/13.2. The exponent of the upper half "
        "is told from larger ones at T = 4 alone, on the family, by enclosures; few particles lie where it is above 1 from T = 3 on.",
        forms=(
            Form("lower", "S15.rounds", RARE, "N s m", ">=", samplers=NAIVE),
            Form(
                "upper", "S15.upper", TV, "N T C K", samplers=NAIVE, reads={"C": "C_act"},
                where={**BEFORE, "h": lambda T: rounds(T) - 1, "rho": lambda N, T: root_above(N, 2 * rounds(T) - 1)},
            ),
        ),
    ),
    Row(
        "S16", "S12, S5, S13, naive or fully adapted, resampled into independent slots: the largest share omega for 1/N (S13: 2 omega)",
        "other resampling schemes: stratified, residual, or skipped while no weight is large",
        ("theory.s16_slots", "lemmas.slots", "lemmas.slot_odds", "theory.s16_run", "theory.s16_threshold", "theory.s16_odds",
         "theory.s16_adapted"),
        (
            "S16.step", "S16", "S16.tv", "S16.normaliser", "S16.odds", "S16.odds_tv", "S16.threshold",
            "S16.adapted", "S16.adapted_tv", "S16.adapted_normaliser", "S16.adapted_odds", "S16.adapted_odds_tv", "S16.adapted_threshold",
        ), "model",
        "That slots are independent, carry at most omega and together take each particle by its weight is a hypothesis on the kernel's "
        "run, (L). In Rocq the run's slots are a product law, and stratified and residual resampling (omega = 1/N) and the infinity-ESS "
        "rule (1/(theta N)) are proved to meet it. Whether omega would do for 2 omega in S16.odds is open. Under systematic resampling, "
        "and below a threshold on the effective sample size, S12 is false; whether S5 holds there is open: S16.threshold and "
        "S16.adapted_threshold, not in Rocq, have b^2/4 for b - 1 from b = 2 on. A fully adapted run is a naive one of the model "
        "with guided moves and the twist BV.",
        forms=(
            Form(  # the first half of the conclusion, for a test function whose sums have mean 1
                "step", "S16.step", GROWTH, "omega b", samplers=NAIVE + ADAPTED, under=SLOTS, ones="h k w",
                where={"N": lambda: 1, "mu": lambda: lambda: [(1, (0,))]},
            ),
            Form("instance", "S16.tv", TV, "omega b", samplers=NAIVE, under=SLOTS, where=LAST, reads=FROM_THE_ROOT),
            Form("normaliser", "S16.normaliser", SECOND_MOMENT, "omega b", samplers=NAIVE, under=SLOTS, where=LAST, reads=FROM_THE_ROOT),
            Form("odds", "S16.odds_tv", TV, "omega q", samplers=NAIVE, under=SLOTS, where=LAST_Q),
            Form(
                "threshold", "S16.threshold", SECOND_MOMENT, "omega bv", samplers=NAIVE, under=CARRIED,
                where={"n": lambda bv: len(bv) - 1}, reads={"bv": "cost of a slot"},
            ),
            Form("adapted", "S16.adapted_tv", TV, "omega b", samplers=ADAPTED, under=SLOTS, where=LAST, reads=B_ADAPTED),
            Form(
                "adapted normaliser", "S16.adapted_normaliser", SECOND_MOMENT, "omega b", samplers=ADAPTED, under=SLOTS,
                where=LAST, reads=B_ADAPTED,
            ),
            Form("adapted odds", "S16.adapted_odds_tv", TV, "omega q", samplers=ADAPTED, under=SLOTS, where=LAST_Q, reads=Q_ADAPTED),
            Form(
                "adapted threshold", "S16.adapted_threshold", SECOND_MOMENT, "omega bv", samplers=ADAPTED, under=CARRIED,
                where={"n": lambda bv: len(bv) - 1}, reads={"bv": "cost of a slot adapted"},
            ),
        ),
    ),
    Row(
        "S17", "iterated conditional SMC: every sweep keeps 1/prod(1 + (2 b_p - 1)/(N - 1)) of the target",
        "conditional SMC (particle Gibbs): how fast it forgets where it started",
        ("theory.s17_conditional", "theory.s17_run", "theory.s17_sweeps"),
        ("S17.step", "S17.path", "S17", "S17.sweeps", "S17.count"), "model",
        "S17.sweeps and S17.count ask that a sweep leaves the target as it is: a hypothesis of the seals, in Rocq a theorem about the run "
        "(S17_invariant; reversible and positive semidefinite too). That smc.exact.conditional computes the sweep from S17.1 is held "
        "against the conditional run, enumerated, on trees of at most two steps.",
        forms=(  # N free particles beside the kept one
            Form(
                "sweep", "S17", KEPT, "N b", samplers=CONDITIONAL, reads=FROM_THE_ROOT, ones="Out", scope=SMALL_TREE,
                where={"n": lambda b: len(b) - 1, "first": lambda: lambda: [(1, (0, 0))], "z": lambda: 0},
            ),
            Form(
                "sweeps", "S17.sweeps", SWEPT, "N H b", samplers=CONDITIONAL, reads=FROM_THE_ROOT, scope=SMALL_TREE,
                where={"n": lambda b: len(b) - 1, "j": lambda H: H},
            ),
        ),
        attained="one step, two particles of weight b",
    ),
    Row(
        "S18", "value-guided backtracking walk: reversible whatever V, gap at least 1/A (longest path), first leaf by kappa (mean path)",
        "walks that go back on a prefix tree: how fast they mix, and at what cost",
        ("theory.s18_gap", "theory.s18_walk", "theory.s18_mixing", "theory.s18_first", "theory.s18_kappa", "theory.s18_steps"),
        ("S18.gap", "S18.reversible", "S18.positive", "S18", "S18.first", "S18.chi_square", "S18.kappa", "S18.kappa_count",
         "S18.stationary", "S18.steps", "S18.visits", "S18.count"), "model",
        "On the prefix tree. S18.gap is its inequality along single paths; S18.visits and S18.count have A for kappa <= A. In words: "
        "harmonic extensions are means at the next leaf of the walk, means of steps are at least 0.",
        forms=(
            Form(  # the bound on the variance, where the Dirichlet form is 1
                "gap", "S18", RELAXATION, "A", samplers=BACKTRACKING, reads={"A": "longest path"}, ones="PFF Vstar", scope=FORKED_TREE,
                where={"A": lambda A: lambda t, x: A, "PFK": lambda: lambda t, x: 0},
            ),
            Form(
                "visits", "S18.kappa", TV, "J A kappa", samplers=BACKTRACKING, scope=TREE,
                reads={"A": "longest path", "kappa": "mean path"},
                where={"j": lambda J: J - 1, "A": lambda A: lambda t, x: A, "kappa": lambda kappa: lambda t, x: kappa},
            ),
            Form(
                "density", "S18.first", DENSITY, "kappa", samplers=BACKTRACKING, reads={"kappa": "mean path"}, ones="PF Vstar", scope=TREE,
                where={"kappa": lambda kappa: lambda t, x: kappa},
            ),
            Form(  # twice the conductances over Vstar_0 are the stationary mean of steps from leaf to leaf
                "steps", "S18.steps", STEPS, "J kappa conductances", samplers=BACKTRACKING, reads={"kappa": "mean path"}, ones="Vstar",
                where={"j": lambda J: J - 1, "kappa": lambda kappa: lambda t, x: kappa,
                       "conductances": lambda conductances: lambda t, x: conductances}, scope=TREE,
            ),
        ),
        attained="one step; in S18.gap increments c(path) V*/V with E c = 0, on paths of equal sums",
    ),
    Row(
        "G1", "coverage bound of the neighbour (Theorem 3.2), factor 1/2 sharper",
        "bias of SMC by chi-squares, the neighbour's theorem",
        ("theory.g1_coverage", "theory.g1_published"), ("G1", "G1.published"), "model",
        forms=(
            Form(
                "published", "G1.published", TV, "N C_act chi", samplers=NAIVE,
                where={"n": lambda chi: len(chi) - 1}, scope=EVERYWHERE,
            ),
            Form(  # PV at the scale at which PQ and Vstar are 1: only the product PV PQ / Vstar^2 enters
                "sharper", "G1", TV, "N PV", samplers=NAIVE,
                where={"n": lambda PV: len(PV) - 1}, ones="PQ Vstar", scope=POSITIVE,
            ),
        ),
    ),
    Row(
        "G2", "order sqrt T / N of Proposition C.8, on the model of S9 (constant 1/384)",
        "bias of SMC that no bound can avoid, the neighbour's", ("theory.s9_rate",), ("G2",), "model",
        "A corollary of S9.rate on its model. C.8's own family, rewards of fair bits: exact laws only, 1/9 measured.",
    ),
    Row(
        "G3", "chi-square identity of the neighbour (Fact A.2)", "distance of the intermediate targets, the neighbour's identity",
        ("theory.g3_identity",), ("G3",), "abstraction",
        "Any positive functional for the reference; the intermediate targets of a model are held against it.",
        forms=(Form("identity", "G3", TARGETS, "pistar V Vstar", "=", laws=("pistar",)),),
        attained="an equality",
    ),
)  # fmt: skip
ROWS = {row.id: row for row in _ROWS}
"""The catalogue, by ID."""
FORMS = {(row.id, form.form): form for row in ROWS.values() for form in row.forms}
"""Every closed form, by ID and name."""


def known_forms(quantities: Collection[str], sampler: str) -> list[tuple[Row, Form]]:
    """The closed forms that bound one of `quantities`: first those on model and reward model, then those on runs of `sampler`."""
    pairs = [(row, form) for row in ROWS.values() for form in row.forms if form.quantity in quantities]
    return [(r, f) for r, f in pairs if not f.samplers] + [(r, f) for r, f in pairs if sampler in f.samplers]
