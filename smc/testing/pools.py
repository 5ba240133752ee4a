"""Tiny instances for the resampling-pool chain (P6, S7 with pools): every weight positive, as those statements suppose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.exact.metropolis import IndependenceSampler, sampler_of
from smc.exact.pool import GoodEvent, good_event, pool_process
from smc.numbers import ONE, Rational
from smc.setting.model import Model, merge_edges
from smc.testing.instances import Instance, describe
from smc.testing.models import layered_models
from smc.testing.rewards import perturbations

KINDS = ("perfect", "constant", "value-noise", "bellman-noise", "adversarial-signs", "delayed", "arbitrary")
"""Perturbations that leave every reward positive."""
WIDTHS = tuple(Rational(p, q) for p, q in ((1, 2), (1, 3), (1, 4), (3, 4), (1, 10)))
"""Half-widths xi of the good event that are drawn."""


@dataclass(frozen=True)
class PoolInstance:
    """A model and reward model, pools of `pool` candidates, `proposals` proposals H, and the good event's half-width xi."""

    instance: Instance
    pool: int
    proposals: int
    xi: Rational

    @cached_property
    def event(self) -> GoodEvent:
        """The good event: every pool mean of a proposal within `1 ± xi` of its expectation."""
        return good_event(self.instance.model, self.instance.twist, self.pool, self.xi)

    @cached_property
    def chain(self) -> IndependenceSampler:
        """The chain itself, exact."""
        return sampler_of(pool_process(self.instance.model, self.instance.twist, self.pool))

    @property
    def distance(self) -> Rational:
        """TV of pools and path after H proposals from the augmented target."""
        return self.chain.path_total_variation(self.proposals)

    @property
    def ratio(self) -> Rational:
        """Largest over smallest W on the good event; 1 where no proposal is good."""
        if not self.event.target_mass:
            return ONE
        levels = self.event.sampler().levels
        return levels[0].weight / levels[-1].weight

    @property
    def size(self) -> int:
        """States and edges of the model."""
        return self.instance.size

    def __repr__(self) -> str:
        return f"pools of {self.pool}, H = {self.proposals}, xi = {self.xi}\n{describe(self.instance)}"


def pool_instances(*, max_horizon: int = 2, max_pool: int = 3, max_proposals: int = 6) -> SearchStrategy[PoolInstance]:
    """Models of at most two states a layer, with and without potentials. Shrinks as its parts do, towards pools of 1 and H = 1."""
    models = layered_models(max_horizon=max_horizon, max_states=2, max_weight=3, zero_rewards=False, extremes=False)
    rewards = perturbations(kinds=KINDS, extremes=False)
    instances = st.builds(lambda model, how: how.apply(positive(model)), models, rewards)
    return st.builds(
        PoolInstance, instances, st.integers(1, max_pool), st.integers(1, max_proposals), st.sampled_from(WIDTHS)
    )


def positive(model: Model) -> Model:
    """`model` with zero potentials replaced by 1."""
    edges = tuple(
        tuple(merge_edges(e._replace(potential=e.potential or ONE) for e in row) for row in step)
        for step in model.edges
    )
    return Model(model.layers, edges, model.reward, model.name)


def exceeds(distance: Rational, rest: Rational, shrink: Rational, ratio: Rational) -> bool:
    """Whether `distance > rest + shrink (sqrt R - 1)/(sqrt R + 1)`, decided without a root.

    With `z = (distance - rest)/shrink` the bound holds if and only if `z <= 0`, or `z < 1` and `((1 + z)/(1 - z))^2 <= R`.
    """
    missing = distance - rest
    if missing <= 0:
        return False
    if missing >= shrink:
        return True
    z = missing / shrink
    return ((1 + z) / (1 - z)) ** 2 > ratio
