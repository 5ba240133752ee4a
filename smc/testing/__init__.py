"""Hypothesis strategies for models and reward models in exact arithmetic, and a conformance kit for anyone's sampler.

Needs the `testing` extra. Every strategy takes keyword arguments only, rejects bad ones when it is defined, and shrinks to something a
person can read. `smc.testing.conformance` tells a sampler's faults, `smc.testing.families` the hard instances as plain functions.
"""

from smc.testing.families import hard_families
from smc.testing.instances import REGIONS, Instance, describe, regions
from smc.testing.mdps import finite_mdps
from smc.testing.models import layered_models, prefix_trees, product_models
from smc.testing.nasty import NASTY, loops, nasty_instances, nasty_weights, resamplings
from smc.testing.rewards import KINDS, instances, perturbations, reward_models
from smc.testing.scalars import distributions, rationals

__all__ = [
    "KINDS",
    "NASTY",
    "REGIONS",
    "Instance",
    "describe",
    "distributions",
    "finite_mdps",
    "hard_families",
    "instances",
    "layered_models",
    "loops",
    "nasty_instances",
    "nasty_weights",
    "perturbations",
    "prefix_trees",
    "product_models",
    "rationals",
    "regions",
    "resamplings",
    "reward_models",
]
