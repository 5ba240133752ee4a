"""Falsehoods planted beside P6, Metropolis-Hastings with a resampling pool.

The statement: `TV <= H P(bad) + (1 - 1/R)^(H-1) (sqrt R - 1)/(sqrt R + 1) + pi(bad)`, with R the ratio of the weights W on the good event.
Distances are those of pools and path together, which is what the statement bounds; all comparisons are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from smc.exact.pool import AugmentedPath, acceptance, augmented_space
from smc.numbers import ONE, ZERO, Rational
from smc.testing.pools import PoolInstance, exceeds

Finding = str | None
"""How an instance refutes a claim, in words; None where it does not."""


@dataclass(frozen=True)
class PoolFalsehood:
    """name: `ID/what is broken`. how: in words. refuted: what the instance shows against it. max_horizon: of the models searched.
    largest: states and edges that a shrunk counterexample may have."""

    name: str
    how: str
    refuted: Callable[[PoolInstance], Finding]
    max_horizon: int
    largest: int


POOL_FALSEHOODS: dict[str, PoolFalsehood] = {}
"""By name."""


def planted(name: str, how: str, *, max_horizon: int = 2, largest: int = 10):
    """Registers a function `instance -> finding` as the falsehood `name`."""

    def register(refuted: Callable[[PoolInstance], Finding]) -> Callable[[PoolInstance], Finding]:
        POOL_FALSEHOODS[name] = PoolFalsehood(name, how, refuted, max_horizon, largest)
        return refuted

    return register


def _terms(case: PoolInstance) -> tuple[Rational, Rational]:
    """(P(bad) under one proposal, pi(bad) under the augmented target)."""
    return 1 - case.event.proposal_mass, 1 - case.event.target_mass


def _against(case: PoolInstance, rest: Rational, *, later: int = 1) -> Finding:
    """The distance against `rest` plus the contraction with exponent `H - later`."""
    ratio = case.ratio
    shrink = (1 - 1 / ratio) ** (case.proposals - later)
    if not exceeds(case.distance, rest, shrink, ratio):
        return None
    return f"TV {case.distance} > {rest} + {shrink} (sqrt R - 1)/(sqrt R + 1), R = {ratio}"


@planted(
    "P6/restriction", "pi(bad) left out: the target conditioned on the good event taken for the target", max_horizon=1
)
def _(case: PoolInstance) -> Finding:
    bad, _ = _terms(case)
    return _against(case, case.proposals * bad)


@planted("P6/bad-proposals", "H P(bad) left out: every proposal taken to be good")
def _(case: PoolInstance) -> Finding:
    _, target_bad = _terms(case)
    return _against(case, target_bad)


@planted("P6/size-bias", "pi(bad) <= P(bad): the size-biased member of each pool ignored")
def _(case: PoolInstance) -> Finding:
    bad, target_bad = _terms(case)
    return f"pi(bad) = {target_bad} > P(bad) = {bad}" if target_bad > bad else None


@planted("P6/one-more", "exponent H in place of H - 1: the first proposal contracts too")
def _(case: PoolInstance) -> Finding:
    bad, target_bad = _terms(case)
    return _against(case, case.proposals * bad + target_bad, later=0)


@planted("P6/pool-means", "W's ratio e^(2 Lambda) on the good event: the pools' own ((1+xi)/(1-xi))^T left out")
def _(case: PoolInstance) -> Finding:
    claimed = case.instance.constants.bellman_product
    return f"max W / min W = {case.ratio} > {claimed}" if case.ratio > claimed else None


def printed_rule(accepted: AugmentedPath, proposed: AugmentedPath, reward: tuple[Rational, ...]) -> Rational:
    """The rule as printed, `min(1, w_acc V_T(prop)/(w_prop V_T(acc)))`, without the path's potentials. Rewards positive."""
    ends = reward[accepted.path[-1]], reward[proposed.path[-1]]
    return min(ONE, accepted.weight * ends[1] / (proposed.weight * ends[0]))


def drift(case: PoolInstance, rule: Callable[[AugmentedPath, AugmentedPath], Rational]) -> Rational:
    """TV between pi and the path marginal after one step of the chain with `rule` from the augmented target, state by state."""
    space = augmented_space(case.instance.model, case.instance.twist, case.pool)
    moved: dict[tuple[int, ...], Rational] = {}
    for a in space:
        for b in space:
            flow = a.target * b.proposal * rule(a, b)
            moved[a.path] = moved.get(a.path, ZERO) - flow
            moved[b.path] = moved.get(b.path, ZERO) + flow
    return sum((abs(m) for m in moved.values()), ZERO) / 2


@planted("P6/printed-rule", "the acceptance probability as printed, where potentials differ from 1")
def _(case: PoolInstance) -> Finding:
    reward = case.instance.model.reward
    moved = drift(case, lambda a, b: printed_rule(a, b, reward))
    return f"one step from the target leaves it by TV {moved}" if moved else None


@planted("P6/weights-inverted", "w_prop/w_acc in place of w_acc/w_prop: invisible where pools do not vary")
def _(case: PoolInstance) -> Finding:
    moved = drift(case, lambda a, b: acceptance(_swapped(a, b), _swapped(b, a)))
    return f"one step from the target leaves it by TV {moved}" if moved else None


def _swapped(a: AugmentedPath, b: AugmentedPath) -> AugmentedPath:
    return AugmentedPath(a.path, a.pools, a.chosen, a.proposal, a.target, b.weight, a.reward)
