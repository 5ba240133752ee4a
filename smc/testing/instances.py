"""An instance: a model, the reward model that steers the sampler on it, and a number of particles; with the regions it lies in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb

from smc.numbers import INFINITE, Rational
from smc.samplers.resampling import EVERY_STEP, Resampling
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model, reachable
from smc.setting.twist import Twist

WIDE = 1000
"""A ratio of at least this counts as huge; one of at most its inverse as tiny."""


@dataclass(frozen=True)
class Instance:
    """What a statement is held against. particles: N (and the number of proposals H, where the algorithm is Metropolis-Hastings).

    resampling: how runs resample that resample at all.
    """

    model: Model
    twist: Twist
    particles: int = 1
    resampling: Resampling = EVERY_STEP

    @cached_property
    def constants(self) -> Constants:
        """The constants of the theory, each computed when asked for."""
        return analyse(self.model, self.twist)

    def run(self, sampler: Sampler) -> Sampler:
        """The sampler as it resamples here."""
        return sampler.resampling_by(self.resampling) if sampler.interacting else sampler

    @property
    def size(self) -> int:
        """Number of states and edges together: how much there is to read."""
        return sum(self.model.sizes) + sum(len(row) for step in self.model.edges for row in step)

    def __repr__(self) -> str:
        return describe(self)


def describe(instance: Instance) -> str:
    """The instance in a few lines: each state with its value `V` and its edges, `successor: probability x potential`."""
    model, values = instance.model, instance.twist.values
    lines = [f"Instance T={model.horizon} N={instance.particles} twist={instance.twist.name!r}"]
    if instance.resampling != EVERY_STEP:
        lines.append(f"  {instance.resampling.words}")
    for t, step in enumerate(model.edges):
        for state, value, row in zip(model.layers[t], values[t], step, strict=True):
            moves = ", ".join(
                f"{model.layers[t + 1][e.target]}: {e.probability}" + (f" x {e.potential}" if e.potential != 1 else "")
                for e in row
            )
            lines.append(f"  {t} {state} V={value} -> {moves or 'unreachable'}")
    lines.append(
        "  reward " + ", ".join(f"{state}: {phi}" for state, phi in zip(model.layers[-1], model.reward, strict=True))
    )
    return "\n".join(lines)


def regions(instance: Instance) -> frozenset[str]:
    """Names of the regions that `instance` lies in, for recorded coverage; see `REGIONS`."""
    model, c = instance.model, instance.constants
    alive, edges = (
        c.alive,
        [(t, i, e) for t, layer in enumerate(c.alive[:-1]) for i in layer for e in model.edges[t][i]],
    )
    values = instance.twist.values
    ratios = [e.potential * values[t + 1][e.target] / values[t][i] for t, i, e in edges]
    visited = reachable(model)
    pairs = [(t, i, e.target) for t, i, e in edges]
    found = {
        "T = 1": model.horizon == 1,
        "T > 1": model.horizon > 1,
        "N = 1": instance.particles == 1,
        "N > 1": instance.particles > 1,
        "single-state layer": any(size == 1 for size in model.sizes[1:]),
        "unreachable state": any(len(live) < size for live, size in zip(visited, model.sizes, strict=True)),
        "zero reward": not all(model.reward[i] for i in visited[-1]),
        "zero potential": any(not e.potential for _, _, e in edges),
        "parallel edges": len(set(pairs)) < len(pairs),
        "eps = 0": c.bellman_error == 0,
        "0 < eps finite": 0 < c.bellman_error < INFINITE,
        "eps infinite": c.bellman_error == INFINITE,
        "doomed state": any(not c.true_value[t][i] for t, layer in enumerate(alive) for i in layer),
        "L infinite": not all(ratios),
        "huge ratio": any(r >= WIDE for r in ratios),
        "tiny ratio": any(r and r <= Rational(1, WIDE) for r in ratios),
        "many parents": any(len({i for s, i, y in pairs if (s, y) == (t, x)}) > 1 for t, _, x in pairs),
    }
    return frozenset(name for name, holds in found.items() if holds)


REGIONS = (
    "T = 1", "T > 1", "N = 1", "N > 1", "single-state layer", "unreachable state", "zero reward", "zero potential", "parallel edges",
    "eps = 0", "0 < eps finite", "eps infinite", "doomed state", "L infinite", "huge ratio", "tiny ratio", "many parents",
)  # fmt: skip
"""Every name that `regions` can return."""


def most_particles(model: Model, limit: int, work: int) -> int:
    """The largest N up to `limit` at which the plain exact law of `model` visits at most `work` pairs of occupancies a step (at least 1).

    An occupancy counts N particles over cells (state, weight): at most one cell for each edge into a layer.
    """
    cells = [sum(len(row) for row in step) for step in model.edges]
    best = 1
    for n in range(2, limit + 1):
        counts = [comb(c + n - 1, n) for c in cells]
        pairs = sum(a * b for a, b in zip([1, *counts], counts, strict=False))
        if pairs > work:
            break
        best = n
    return best
