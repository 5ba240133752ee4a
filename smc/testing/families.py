"""Hard instances with known answers: models that attain a bound, or show that it cannot be improved by much. Exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from smc.instances.hidden import hidden_child
from smc.instances.product import product_family_model
from smc.instances.rare_branch import rare_branch
from smc.instances.split import split_model
from smc.instances.two_branch import most_bias, most_variance
from smc.numbers import ONE, Rational
from smc.setting.model import Model
from smc.setting.twist import Twist, perfect
from smc.testing import arguments
from smc.testing.instances import Instance, most_particles

MOST_CHILDREN = 200
"""Widest hidden-child instance that is drawn; its width grows like `(1+eps)^{2(T-1)}`."""


def _hidden(horizon: int, eps: Rational) -> tuple[Model, Twist]:
    """S6 with `B = floor((1+eps)^{2(T-1)}) + 1` children (at least 2, at most `MOST_CHILDREN`); horizon at least 2."""
    horizon = max(2, horizon)
    children = max(2, int((ONE + eps) ** (2 * (horizon - 1))) + 1)
    instance = hidden_child(children=min(children, MOST_CHILDREN), horizon=horizon, gain=ONE + eps)
    return instance.model, instance.twist


def _doubling(horizon: int, eps: Rational) -> tuple[Model, Twist]:
    """G2: uniform bits, `V = V*`, which doubles relative to its sibling on a one."""
    del eps
    model, _ = product_family_model(2, horizon)
    return model, perfect(model)


def _rare(horizon: int, eps: Rational) -> tuple[Model, Twist]:
    """S15 with a branch of probability eps/12 (1/12 where eps is 0), whose Bellman error is larger by far; horizon at least 2."""
    horizon = max(2, horizon)
    return rare_branch(rounds=horizon // 2, mass=(eps or ONE) / 12, horizon=horizon)


FAMILIES: dict[str, Callable[[int, Rational], tuple[Model, Twist]]] = {
    "S1": lambda horizon, eps: most_variance(horizon=horizon, eps=eps),
    "S2": lambda horizon, eps: most_bias(horizon=horizon, eps=eps),
    "S6": _hidden,
    "S9": lambda horizon, eps: split_model(horizon),
    "G2": _doubling,
    "S15": _rare,
}
"""By the statement they serve: (horizon, Bellman error) to the model and its reward model. S9 and G2 have Bellman error 0, S15 has its
own."""


def hard_families(
    *,
    families: Iterable[str] = tuple(FAMILIES),
    max_horizon: int = 4,
    eps: object = None,
    max_particles: int = 3,
    work: int = 50_000,
) -> SearchStrategy[Instance]:
    """The lower-bound and attaining instances.

    families: which, of `FAMILIES`. eps: the Bellman error of those that have one (several are tried when it is left
    out; S6 needs one above 0). max_particles, work: as for `instances`. Shrinks towards the first family named,
    horizon 1, Bellman error 1 and N = 1.
    """
    chosen = arguments.subset("families", families, FAMILIES)
    arguments.whole("max_horizon", max_horizon, most=64)
    arguments.whole("max_particles", max_particles)
    arguments.whole("work", work)
    errors = st.sampled_from([ONE, Rational(1, 2), Rational(1, 4), Rational(1, 10)])
    if eps is not None:
        given = arguments.exact("eps", eps, least=0)
        if not given and "S6" in chosen:
            raise InvalidArgument("eps=0: the S6 family needs a Bellman error above 0; leave it out of families")
        errors = st.just(given)

    @st.composite
    def family(draw: st.DrawFn) -> Instance:
        model, twist = FAMILIES[draw(st.sampled_from(chosen))](draw(st.integers(1, max_horizon)), draw(errors))
        return Instance(model, twist, draw(st.integers(1, most_particles(model, max_particles, work))))

    return family()
