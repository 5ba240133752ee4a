"""Strategies for reward models, perturbations, and whole instances."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from smc.numbers import ZERO, Rational
from smc.setting.model import Model
from smc.setting.twist import Twist
from smc.testing import arguments
from smc.testing import perturbations as kinds_of
from smc.testing.instances import Instance, most_particles
from smc.testing.models import layered_models
from smc.testing.perturbations import Perturbation
from smc.testing.scalars import factors

KINDS = (
    "perfect",
    "constant",
    "value-noise",
    "bellman-noise",
    "adversarial-signs",
    "delayed",
    "zero-rewards",
    "arbitrary",
    "rescaled",
    "tempered",
)
"""Kinds of perturbation, simplest first: examples shrink towards the front."""
EPSILONS = tuple(Rational(p, q) for p, q in ((1, 1), (1, 2), (2, 1), (1, 4), (1, 10), (5, 1), (1, 100)))
"""Bellman errors drawn when none is chosen."""
EXPONENTS = tuple(Rational(p, q) for p, q in ((1, 1), (1, 2), (2, 1), (0, 1), (1, 3), (3, 2)))
"""Powers to which reward models are raised."""
SHARES = tuple(Rational(p, q) for p, q in ((1, 2), (1, 3), (2, 3)))
"""Powers of the weights by which a loop resamples."""
WRAPPED = ("rescaled", "tempered")
"""Kinds that are laid on top of another."""


def perturbations(
    *, kinds: Iterable[str] = KINDS, eps: object = None, max_length: int = 4, extremes: bool = True
) -> SearchStrategy[Perturbation]:
    """Perturbations of the true value; see `smc.testing.perturbations` for each.

    kinds: which, of `KINDS`. eps: the Bellman error of "bellman-noise" and "adversarial-signs" (several are tried when it is left out).
    max_length: longest cycle of factors or signs. extremes: factors of 10^6 and 10^-6 too.
    Shrinks towards an earlier kind, shorter cycles, and factors and powers of 1.
    """
    chosen = arguments.subset("kinds", kinds, KINDS)
    arguments.whole("max_length", max_length)
    arguments.flag("extremes", extremes)
    errors = st.sampled_from(EPSILONS) if eps is None else st.just(arguments.exact("eps", eps, least=ZERO))
    cycles = st.lists(factors(extremes=extremes), min_size=1, max_size=max_length).map(tuple)
    signs = st.lists(st.sampled_from([0, 1, -1]), min_size=1, max_size=max_length).map(tuple)
    masks = st.lists(st.booleans(), min_size=1, max_size=max_length).map(tuple)
    by_kind: dict[str, SearchStrategy[Perturbation]] = {
        "perfect": st.just(kinds_of.Perfect()),
        "constant": factors(extremes=False).map(kinds_of.Constant),
        "value-noise": cycles.map(kinds_of.ValueNoise),
        "bellman-noise": st.builds(kinds_of.BellmanNoise, errors, signs),
        "adversarial-signs": st.builds(kinds_of.AdversarialSigns, errors, st.booleans()),
        "delayed": st.just(kinds_of.Delayed()),
        "zero-rewards": masks.map(kinds_of.ZeroRewards),
        "arbitrary": cycles.map(kinds_of.Arbitrary),
    }
    powers = st.lists(st.sampled_from(EXPONENTS), min_size=1, max_size=max_length).map(tuple)
    plain = [by_kind[kind] for kind in KINDS if kind in chosen and kind not in WRAPPED]
    base = st.one_of(*plain) if plain else st.just(kinds_of.Perfect())
    wrapped = {
        "rescaled": st.builds(kinds_of.Rescaled, base, cycles),
        "tempered": st.builds(kinds_of.Tempered, base, powers),
    }
    return st.one_of(*plain, *(wrapped[kind] for kind in WRAPPED if kind in chosen))


def on_trees(rewards: SearchStrategy[Perturbation]) -> SearchStrategy[Perturbation]:
    """`rewards`, most of them under a loop that resamples by a power of the weights: for models that are prefix trees."""

    def made(reward: Perturbation, share: Rational | None) -> Perturbation:
        return reward if share is None else kinds_of.ResampledByPower(reward, share)

    return st.builds(made, rewards, st.sampled_from((None, *SHARES)))


def reward_models(
    model: Model, *, kinds: Iterable[str] = (), eps: object = None, extremes: bool = True
) -> SearchStrategy[Twist]:
    """Reward models for a given `model`: its true value under every perturbation that leaves the model itself as it is.

    kinds: which, of `KINDS` without "zero-rewards" (all of these when empty). Shrinks towards the true value.
    """
    if not isinstance(model, Model):
        raise InvalidArgument(f"model={model!r} must be a Model; draw one from layered_models()")
    allowed = tuple(kind for kind in KINDS if kind != "zero-rewards")
    chosen = arguments.subset("kinds", tuple(kinds) or allowed, allowed)
    return perturbations(kinds=chosen, eps=eps, extremes=extremes).map(lambda p: p.apply(model).twist)


def instances(
    *,
    models: SearchStrategy[Model] | None = None,
    rewards: SearchStrategy[Perturbation] | None = None,
    max_particles: int = 3,
    work: int = 50_000,
) -> SearchStrategy[Instance]:
    """A model, a reward model and a number of particles.

    models: `layered_models()` when left out. rewards: `perturbations()` when left out. max_particles: the largest N; less where the
    plain exact law would visit more than `work` pairs of occupancies a step. Shrinks as its parts do, and towards N = 1.
    """
    models = layered_models() if models is None else arguments.strategy("models", models)
    rewards = perturbations() if rewards is None else arguments.strategy("rewards", rewards)
    arguments.whole("max_particles", max_particles)
    arguments.whole("work", work)

    @st.composite
    def instance(draw: st.DrawFn) -> Instance:
        model, perturbation = draw(models), draw(rewards)
        drawn = perturbation.apply(model)
        particles = draw(st.integers(1, most_particles(drawn.model, max_particles, work)))
        return Instance(drawn.model, drawn.twist, particles)

    return instance()
