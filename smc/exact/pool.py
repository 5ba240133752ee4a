"""The resampling pool of the paper's Algorithm 2, exact on small spaces.

A proposal draws, at step t from state x, a pool of M candidates from `M_t(x, .)`, and picks one in proportion to
`v = psi_t V_t`; `Zbar` is the pool's mean of v. Write `w = prod_t v(chosen)/Zbar_t`. The proposal's probability is
`prod_t prod_j M_t(c_j) · v(chosen)/(M Zbar_t)`; the augmented target puts the path from pi at a uniform place of each
pool and fills the rest from the reference, `pi(path) prod_t (1/M) prod_{j != chosen} M_t(c_j)`. Their ratio is
`(prod psi) V_T / w` up to a constant, which telescopes to `W = prod_t Zbar_t / V_{t-1}(x_{t-1})`, and the acceptance
probability is `min(1, W(proposed)/W(accepted))`: the paper's rule `w_acc V_T(prop) / (w_prop V_T(acc))` where all
potentials are 1, and that rule with V_T times the path's potentials otherwise. So the algorithm is independent
Metropolis-Hastings whose proposals are the paths of a weighted process (`pool_process`): the law after H proposals, the
spectrum and chi-square come from `smc.exact.metropolis` and `smc.exact.guided`. By exchangeability
`P(chosen = c, sum of v = s) = M P(c) (v_c / s) P(sum of the M - 1 others = s - v_c)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from smc.errors import InputError, TooLarge, whole_number
from smc.exact.independent import TerminalCells, law_of_sum, moments, terminal_cells
from smc.exact.metropolis import IndependenceSampler, independence_sampler
from smc.numbers import ONE, ZERO, Rational, rational
from smc.samplers.process import Outcome, ParticleProcess, Selection
from smc.setting.analysis import bellman, true_value
from smc.setting.model import Edge, Model
from smc.setting.twist import Twist

MOST_AUGMENTED = 20_000
"""Largest augmented space that is enumerated."""


def pool_process(model: Model, twist: Twist, pool: int) -> ParticleProcess:
    """Proposals with pools of `pool` candidates as a weighted process; `scale · E[W] = Z`. Raises InputError for a pool
    below 1."""
    return _process(model, twist, whole_number("pool", pool), lambda t, x, mean: True)


def _process(model: Model, twist: Twist, pool: int, accept) -> ParticleProcess:
    steps = []
    for t, step in enumerate(model.edges):
        here, there = twist.values[t], twist.values[t + 1]
        rows = []
        for x, row in enumerate(step):
            joined: dict[tuple[int, Rational], Rational] = {}
            for y, mean, probability in _choices(row, there, pool) if row and here[x] else ():
                if accept(t, x, mean):
                    key = (y, mean / here[x])
                    joined[key] = joined.get(key, ZERO) + probability
            rows.append(tuple(Outcome(y, p, w) for (y, w), p in sorted(joined.items())))
        steps.append(tuple(rows))
    return ParticleProcess("pool", tuple(steps), model.sizes, twist.values[0][0], Selection.CHAIN)


def _choices(row: tuple[Edge, ...], there, pool: int) -> Iterator[tuple[int, Rational, Rational]]:
    """(chosen successor, pool mean, probability); a pool without value goes to the first successor with mean 0."""
    values: dict[Rational, Rational] = {}
    for e in row:
        v = e.potential * there[e.target]
        values[v] = values.get(v, ZERO) + e.probability
    others = law_of_sum(values, pool - 1)
    for e in row:
        v = e.potential * there[e.target]
        for s, chance in others.items() if v else ():
            yield e.target, (v + s) / pool, pool * e.probability * v / (v + s) * chance
    empty = values.get(ZERO, ZERO) ** pool
    if empty:
        yield row[0].target, ZERO, empty


# --- the augmented chain, state by state ----------------------------------------------------------


@dataclass(frozen=True)
class AugmentedPath:
    """One outcome of a proposal: every pool and every choice.

    path: state indices at layers 0..T. pools: by step, the candidates as edge numbers of the current state's row.
    chosen: by step, the place of the chosen candidate. proposal, target: probabilities under Algorithm 2's proposal and
        the augmented target.
    weight: `w = prod v(chosen)/Zbar`. reward: `phi` times the path's potentials.
    """

    path: tuple[int, ...]
    pools: tuple[tuple[int, ...], ...]
    chosen: tuple[int, ...]
    proposal: Rational
    target: Rational
    weight: Rational
    reward: Rational


def acceptance(accepted: AugmentedPath, proposed: AugmentedPath) -> Rational:
    """Algorithm 2's rule, `min(1, w_acc r_prop / (w_prop r_acc))` with r the reward times the potentials; 1 where
    `r_acc = 0`."""
    if not accepted.reward:
        return ONE
    return min(ONE, accepted.weight * proposed.reward / (proposed.weight * accepted.reward))


def augmented_space(model: Model, twist: Twist, pool: int) -> tuple[AugmentedPath, ...]:
    """Every augmented path that can be proposed and has a chosen candidate at each step. The proposals' masses miss 1
    by the dead ones'.

    Raises TooLarge, before enumerating, beyond `MOST_AUGMENTED`.
    """
    whole_number("pool", pool)
    size = _augmented_size(model, pool)
    if size > MOST_AUGMENTED:
        raise TooLarge(
            f"{size} augmented paths, more than {MOST_AUGMENTED}",
            where="pool",
            mend="take a smaller pool or a shorter horizon; pool_process gives the same laws without the pools themselves",
        )
    normaliser = true_value(model)[0][0]
    space = [AugmentedPath((0,), (), (), ONE, 1 / normaliser, ONE, ONE)]
    for t, step in enumerate(model.edges):
        space = [longer for a in space for longer in _extend(a, step[a.path[-1]], twist.values[t + 1], pool)]
    last = model.reward
    return tuple(
        AugmentedPath(
            a.path, a.pools, a.chosen, a.proposal, a.target * last[a.path[-1]], a.weight, a.reward * last[a.path[-1]]
        )
        for a in space
    )


def _extend(a: AugmentedPath, row: tuple[Edge, ...], there, pool: int) -> Iterator[AugmentedPath]:
    for candidates in product(range(len(row)), repeat=pool):
        values = [row[k].potential * there[row[k].target] for k in candidates]
        total = sum(values, ZERO)
        drawn = ONE
        for k in candidates:
            drawn *= row[k].probability
        for place, k in enumerate(candidates):
            if values[place] and drawn:
                e = row[k]
                yield AugmentedPath(
                    (*a.path, e.target),
                    (*a.pools, candidates),
                    (*a.chosen, place),
                    a.proposal * drawn * values[place] / total,
                    a.target * e.potential * drawn / pool,
                    a.weight * values[place] * pool / total,
                    a.reward * e.potential,
                )


def _augmented_size(model: Model, pool: int) -> int:
    """Number of augmented paths, dead or not."""
    count = {0: 1}
    for step in model.edges:
        following: dict[int, int] = {}
        for x, c in count.items():
            for e in step[x]:
                following[e.target] = following.get(e.target, 0) + c * pool * len(step[x]) ** (pool - 1)
        count = following
    return sum(count.values())


# --- the good event -------------------------------------------------------------------------------


@dataclass(frozen=True)
class GoodEvent:
    """The event that every pool mean of a proposal is within `1 ± xi` of its expectation `(B V)(x)`, exact.

    proposal_mass: its probability under one proposal. target_mass: its probability under the augmented target (one
    candidate of each pool is size-biased, so this is another number); what is missing from 1 bounds how far restricting
    the target to the event moves its path marginal. process: the proposal restricted to the event (rows sum to less
    than 1).
    """

    proposal_mass: Rational
    target_mass: Rational
    process: ParticleProcess

    def probability(self, proposals: int) -> Rational:
        """That all `proposals` proposals are good: they are independent."""
        return self.proposal_mass ** whole_number("proposals", proposals)

    @cached_property
    def restricted_target(self) -> tuple[Rational, ...]:
        """Terminal marginal of the target restricted to the event, shape (|X_T|,): what the chain tends to when all
        proposals are good. Its TV to pi is the restriction term, at most `1 - target_mass`."""
        here = {0: ONE}
        for step in self.process.steps:
            following: dict[int, Rational] = {}
            for x, mass in here.items():
                for y, p, w in step[x]:
                    following[y] = following.get(y, ZERO) + mass * p * w
            here = following
        total = sum(here.values(), ZERO)
        return tuple(here.get(x, ZERO) / total for x in range(self.process.sizes[-1]))

    def sampler(self) -> IndependenceSampler:
        """The chain given that every proposal is good: independent MH again, with the restricted proposal, normalised.

        Its limit is the restricted target, not pi. Raises TooLarge where W takes too many values.
        """
        cells = terminal_cells(self.process)
        mass = self.proposal_mass
        return independence_sampler(
            TerminalCells({cell: p / mass for cell, p in cells.law.items()}, cells.dead / mass, cells.states)
        )


def good_event(model: Model, twist: Twist, pool: int, xi: object) -> GoodEvent:
    """The good event of one proposal, for `0 < xi < 1`, by one pass over the edges: any horizon, any pool whose sums
    can be listed.

    At a doomed state (`B V = 0 < V`) the mean is exactly right and the proposal dead: good, with weight zero.
    """
    whole_number("pool", pool)
    width = rational(xi)
    if not 0 < width < 1:
        raise InputError(f"xi = {xi}", where="xi", mend="choose 0 < xi < 1")
    expected = [bellman(model, t, twist.values[t + 1]) for t in range(model.horizon)]
    process = _process(model, twist, pool, lambda t, x, mean: abs(mean - expected[t][x]) <= width * expected[t][x])
    return GoodEvent(_mass(process), moments(process)[0] * process.scale / true_value(model)[0][0], process)


def _mass(process: ParticleProcess) -> Rational:
    """Total probability of the paths of a process whose rows may sum to less than 1; weight zero ends a path."""
    here, ended = {0: ONE}, ZERO
    for step in process.steps:
        following: dict[int, Rational] = {}
        for x, mass in here.items():
            for y, p, w in step[x]:
                if w:
                    following[y] = following.get(y, ZERO) + mass * p
                else:
                    ended += mass * p
        here = following
    return sum(here.values(), ended)
