"""How far the normaliser of one run is from its mean, from the run alone: the disjoint-ancestor estimator.

With N particles, multinomial resampling after every step and T steps, let E(i) be the particle of the first cloud that particle i of the
last descends from, and W the normalised weights of the last cloud. Then

    E[ Zhat^2 (N/(N-1))^T sum_{E(i) != E(j)} W_i W_j ] = Z^2,

so that `relative_variance = 1 - (N/(N-1))^T (1 - sum_e W(e)^2)`, W(e) the weight of the descendants of e, times Zhat^2 is an unbiased
estimate of Var(Zhat): two lineages that never met are two independent lineages, each step of which keeps them apart with probability
1 - 1/N (Lee and Whiteley 2018, Theorem 1, for the last cloud with its weights). It is consistent, and may be negative in one run. Where a
step was not resampled it counts as none; with a rule that skips resampling by the weights the estimate is consistent, and not unbiased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from smc.rewards.records import Run, normalised

Number = TypeVar("Number", float, Fraction)


def apart(weights: Sequence[Number], ancestors: Sequence[int]) -> Number:
    """`sum_{E(i) != E(j)} W_i W_j` for weights W of sum 1: what pairs of particles of distinct ancestors weigh."""
    by_ancestor: dict[int, Number] = {}
    for weight, ancestor in zip(weights, ancestors, strict=True):
        by_ancestor[ancestor] = by_ancestor[ancestor] + weight if ancestor in by_ancestor else weight
    rest: Number = weights[0] * 0 + 1
    for weight in by_ancestor.values():
        rest -= weight * weight
    return rest


def first_ancestors(parents: Sequence[Sequence[int]], particles: int) -> list[int]:
    """By particle of the last cloud, its ancestor in the first, from the parents at each step but the first."""
    ancestors = list(range(particles))
    for step in parents:
        ancestors = [ancestors[i] for i in step]
    return ancestors


@dataclass(frozen=True)
class Genealogy:
    """What a run says of itself. relative_variance: of Zhat, estimated; None where every weight is zero or one particle ran.

    clouds: drawn clouds, at most the steps; ancestors: first ancestors that have descendants of positive weight at the end;
    effective: the effective sample size of the last cloud.
    """

    run: str
    particles: int
    clouds: int
    ancestors: int
    effective: float
    relative_variance: float | None


def genealogy(run: Run) -> Genealogy | None:
    """The genealogy of a run; None where not every step was logged."""
    if not run.whole:
        return None
    parents = [cloud.parents for cloud in run.clouds[1:] if cloud.parents is not None]
    particles = len(run.clouds[-1].totals)
    drawn = 1 + sum(cloud.resampled for cloud in run.clouds[1:])
    weights = normalised(run.clouds[-1].totals)
    square = sum(weight * weight for weight in weights)
    if not square:
        return Genealogy(run.name, particles, drawn, 0, 0.0, None)
    ancestors = first_ancestors(parents, len(run.clouds[0].totals))
    alive = len({ancestor for ancestor, weight in zip(ancestors, weights, strict=True) if weight})
    variance = None if particles == 1 else 1 - (particles / (particles - 1)) ** drawn * apart(weights, ancestors)
    return Genealogy(run.name, particles, drawn, alive, 1 / square, variance)
