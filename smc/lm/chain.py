"""A language model times an automaton: a chain whose true value, Bellman errors and SMC errors are computed, not sampled (in float64).

A state is (context, automaton state); texts that ended wait in one of two last states, successes and failures. The reward of a text at
the horizon is 1 for a success and `low` > 0 for a failure (the exponential of a reward that is scaled by a temperature), so that every
ratio is finite. `certificate` is S10 from S5's recursion: with `B_t = M V_{t+1}/V_t` and `C_t = M (V_{t+1}/V_t)^2` (by edges) and
`h_{t,s} = B_t .. B_{s-1} 1`,

    f_{t+1,s} = (1 - 1/N) B' f_{t,s} + (1/N) (C' f_{t,t}) h_{t+1,s},    k = E[U^2 nu] = (V_0/Z)^2 f_{T,T},

T^2/2 products with a sparse matrix for each N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from smc.errors import whole_number
from smc.lm.automaton import Automaton
from smc.lm.ngram import NGram
from smc.rewards.records import Family

MOST_DOUBLINGS = 40


@dataclass(frozen=True)
class Ends:
    """Two ends of the total variation between SMC's output and the target, and the relative variance of Zhat."""

    lower: float
    upper: float
    variance: float


@dataclass(frozen=True)
class Chain:
    """model, automaton, horizon, low: see the module. moves: the kernel M, shape (states, states); state 0 is the empty text, the last two
    are failures and successes that ended. context, phase: of each state but those two."""

    model: NGram
    automaton: Automaton
    horizon: int
    low: float
    moves: csr_matrix
    context: np.ndarray
    phase: np.ndarray

    @property
    def states(self) -> int:
        """How many."""
        return self.moves.shape[0]

    @cached_property
    def reward(self) -> np.ndarray:
        """phi by state: 1 for a success, `low` for a failure, shape (states,)."""
        cut = self.automaton.accepts[self.phase] & (not self.automaton.only_ended)
        return np.where(np.concatenate([cut, [False, True]]), 1.0, self.low)

    @cached_property
    def value(self) -> np.ndarray:
        """V*, shape (T + 1, states)."""
        found = [self.reward]
        for _ in range(self.horizon):
            found.append(self.moves @ found[-1])
        return np.array(found[::-1])

    @property
    def normaliser(self) -> float:
        """Z."""
        return float(self.value[0, 0])

    @cached_property
    def front(self) -> np.ndarray:
        """The reference's law of the state by step, shape (T + 1, states)."""
        found = [np.eye(1, self.states)[0]]
        for _ in range(self.horizon):
            found.append(self.moves.T @ found[-1])
        return np.array(found)

    @cached_property
    def target(self) -> np.ndarray:
        """pi of the state at the horizon."""
        return self.front[-1] * self.reward / self.normaliser

    def best_of(self, answers: int) -> Ends:
        """S10 for best-of-N by weights: N texts of the reference, one drawn in proportion to the rewards."""
        share = 1 / whole_number("answers", answers)
        tilted = self.target * self.reward / self.normaliser
        return _ends(self.target, (1 - share) * self.target + share * tilted)

    def answers_needed(self, delta: float) -> int:
        """Answers from which on best-of-N is certified to be within `delta`."""
        return _least(lambda count: self.best_of(count).upper <= delta, 16)

    def steer(self, values: np.ndarray) -> Steered:
        """Naive SMC by `values`, shape (T + 1, states), all positive and the reward at T."""
        return Steered(self, values)

    @cached_property
    def _scale(self) -> np.ndarray:
        """Row number plus the share of the row's mass up to each entry of `moves`: increasing, so that one search draws for any states."""
        rows = np.repeat(np.arange(self.states), np.diff(self.moves.indptr))
        sums = np.cumsum(self.moves.data)
        before = np.concatenate([[0.0], sums])[self.moves.indptr[:-1]]
        mass = sums[self.moves.indptr[1:] - 1] - before
        return rows + np.minimum((sums - before[rows]) / mass[rows], 1.0)

    def draw(self, states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A next state of the reference for each of `states`, any shape."""
        at = np.searchsorted(self._scale, states + rng.random(states.shape), side="right")
        return self.moves.indices[np.minimum(at, self.moves.indptr[states + 1] - 1)]

    def walk(self, texts: int, seed: int | np.random.Generator) -> np.ndarray:
        """States of `texts` texts of the reference, shape (texts, T + 1)."""
        rng = np.random.default_rng(seed)
        path = np.zeros((texts, self.horizon + 1), dtype=np.int64)
        for t in range(self.horizon):
            path[:, t + 1] = self.draw(path[:, t], rng)
        return path

    def families(
        self, values: np.ndarray, texts: int, children: int, seed: int | np.random.Generator, rollouts: int = 0
    ) -> Iterator[Family]:
        """Texts of the reference, cut at every step, with `children` draws of the next (0: all of them, with their probabilities): what a
        practitioner logs, with the rewards of `rollouts` texts drawn after each prefix but the empty one and those of the last step. A text
        that ended waits with its reward. values: shape (T + 1, states)."""
        rng = np.random.default_rng(seed)
        paths = self.walk(texts, rng)
        for k, path in enumerate(paths):
            for t in range(self.horizon):
                x = int(path[t])
                row = slice(self.moves.indptr[x], self.moves.indptr[x + 1])
                below = self.draw(np.full(children, x), rng) if children else self.moves.indices[row]
                chances = None if children else tuple(self.moves.data[row].tolist())
                ends = tuple(range(len(below))) if t + 1 == self.horizon else ()
                after = np.full(rollouts if 0 < t < self.horizon - 1 else 0, x)
                for _ in range(t, self.horizon) if len(after) else ():
                    after = self.draw(after, rng)
                yield Family(
                    f"text {k}, step {t}", str(k), t, float(values[t, x]), tuple(values[t + 1, below].tolist()), chances, ends,
                    rollouts=tuple(self.reward[after].tolist()), before=float(values[t - 1, path[t - 1]]) if t else None,
                )  # fmt: skip

    def text(self, path: np.ndarray) -> list[str]:
        """The symbols along one path of states."""
        return [self.model.contexts[self.context[x]][-1] for x in path[1:] if x < self.states - 2]


@dataclass(frozen=True)
class Steered:
    """A chain with a reward model, values V of shape (T + 1, states)."""

    chain: Chain
    values: np.ndarray

    @cached_property
    def ratios(self) -> list[np.ndarray]:
        """By step, the Bellman ratios at the states that the reference reaches."""
        moves, front, values = self.chain.moves, self.chain.front, self.values
        return [((moves @ values[t + 1]) / values[t])[front[t] > 0] for t in range(self.chain.horizon)]

    @property
    def bellman_error(self) -> float:
        """eps."""
        return max(float(max(r.max(), 1 / r.min())) for r in self.ratios) - 1

    @property
    def cumulative(self) -> float:
        """Lambda."""
        return sum(float(np.log(r.max() / r.min())) for r in self.ratios[1:]) / 2

    @property
    def chi_squares(self) -> list[float]:
        """By step from 0 to T, chi^2(pi*_t || pihat_t): the target's prefixes against what particles that are resampled by V follow."""
        laws = (
            [f * v / (f @ v) for f, v in zip(self.chain.front, of, strict=True)]
            for of in (self.chain.value, self.values)
        )
        return [float((best**2)[best > 0] @ (1 / followed[best > 0])) - 1 for best, followed in zip(*laws, strict=True)]

    @cached_property
    def _onward(self) -> list[np.ndarray]:
        """h: by t, `h_{t,s}` in column s, shape (states, T + 1)."""
        chain, horizon = self.chain, self.chain.horizon
        found = [np.zeros((chain.states, horizon + 1)) for _ in range(horizon + 1)]
        for t in range(horizon, -1, -1):
            if t < horizon:
                found[t][:, t + 1 :] = chain.moves @ (self.values[t + 1][:, None] * found[t + 1][:, t + 1 :])
                found[t][:, t + 1 :] /= self.values[t][:, None]
            found[t][:, t] = 1.0
        return found

    def certificate(self, particles: int) -> Ends:
        """S10 for naive SMC with that many particles."""
        chain, values, onward = self.chain, self.values, self._onward
        share = 1 / whole_number("particles", particles)
        back = chain.moves.T.tocsr()
        found = np.zeros((chain.states, chain.horizon + 1))
        found[0] = onward[0][0]
        for t in range(chain.horizon):
            born = values[t + 1] ** 2 * (back @ (found[:, t] / values[t] ** 2))
            kept = values[t + 1][:, None] * (back @ (found[:, t + 1 :] / values[t][:, None]))
            found[:, t + 1 :] = (1 - share) * kept + share * born[:, None] * onward[t + 1][:, t + 1 :]
        return _ends(chain.target, found[:, -1] * (values[0, 0] / chain.normaliser) ** 2)

    def needed(self, delta: float) -> int:
        """Particles with which SMC is certified to be within `delta`, the least such count to a sixteenth."""
        guess = max(1, round(64 * self.certificate(64).variance * (1 - delta) / delta))
        return _least(lambda count: self.certificate(count).upper <= delta, guess)


def _least(enough: Callable[[int], bool], guess: int) -> int:
    """The least count that is enough, to a sixteenth, from a guess; 2^40 where that is not enough."""
    high = guess
    if enough(high):
        low = high // 2
        while low and enough(low):
            low, high = low // 2, low
    else:
        low, high = high, 2 * high
        while high < 1 << MOST_DOUBLINGS and not enough(high):
            low, high = high, 2 * high
    while high - low > max(1, high // 16):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def chain(model: NGram, automaton: Automaton, horizon: int, low: float = 0.05) -> Chain:
    """The product; what can no longer become a success is joined to the failures, a `contains` that occurred to the successes."""
    hopeful = _hopeful(automaton)
    settled = automaton.accepts & (not automaton.only_ended)
    place: dict[tuple[int, int], int] = {(0, 0): 0}
    order = [(0, 0)]
    rows: list[
        tuple[list[int], np.ndarray, float, float]
    ] = []  # targets, their probabilities, those of failure and success
    while len(rows) < len(order):
        context, phase = order[len(rows)]
        law, after = model.probability[context], automaton.moves[phase]
        row: list[int] = []
        keep = np.flatnonzero(hopeful[after] & ~settled[after])
        for j in keep:
            key = (int(model.follows[context, j]), int(after[j]))
            if key not in place:
                place[key] = len(order)
                order.append(key)
            row.append(place[key])
        over = float(law[-1])
        failure = float(law[:-1][~hopeful[after]].sum()) + over * (not automaton.accepts[phase])
        success = float(law[:-1][settled[after]].sum()) + over * bool(automaton.accepts[phase])
        rows.append((row, law[keep], failure, success))
    bad, good = len(order), len(order) + 1
    indices: list[int] = []
    data: list[float] = []
    pointer = [0]
    for row, law, failure, success in [*rows, ([], np.zeros(0), 1.0, 0.0), ([], np.zeros(0), 0.0, 1.0)]:
        ended = [(target, mass) for target, mass in ((bad, failure), (good, success)) if mass]
        indices += [*row, *(target for target, _ in ended)]
        data += [*law.tolist(), *(mass for _, mass in ended)]
        pointer.append(len(indices))
    moves = csr_matrix((np.array(data), np.array(indices), np.array(pointer)), shape=(good + 1, good + 1))
    context_of, phase_of = (np.array([pair[i] for pair in order]) for i in (0, 1))
    return Chain(model, automaton, horizon, low, moves, context_of, phase_of)


def _hopeful(automaton: Automaton) -> np.ndarray:
    """States from which a success can still be reached."""
    found = automaton.accepts.copy()
    while True:
        grown = found | found[automaton.moves].any(axis=1)
        if (grown == found).all():
            return found
        found = grown


def _ends(target: np.ndarray, second: np.ndarray) -> Ends:
    least = np.divide(target**2, second, out=np.zeros_like(target), where=second > 0)
    variance = float(second.sum()) - 1
    return Ends(float(np.maximum(least - target, 0).sum()), float(np.maximum(target - least, 0).sum()), variance)
