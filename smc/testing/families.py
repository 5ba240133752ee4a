"""Hard instances with known answers: the models that attain a bound or show that it cannot be improved by much. Exact."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.model import Edge, LayeredModel
from smc.rational import ONE, Rational
from smc.reward import perfect, twist
from smc.testing import arguments
from smc.testing.instances import Instance


def _two_chains(horizon: int, eps: Rational, mass: Rational, name: str) -> Instance:
    """Root to A with probability `mass`, else to B; then straight on. `V_1 = 1`; V grows by 1+eps a step below A, shrinks by it below B."""
    a = ONE + eps
    layers = (("root",), *((("A", "B"),) * horizon))
    first = ((Edge(0, mass), Edge(1, 1 - mass)),)
    steps = (first, *(((Edge(0, ONE),), (Edge(1, ONE),)),) * (horizon - 1))
    model = LayeredModel(layers, steps, (a ** (horizon - 1), a ** -(horizon - 1)), name)
    values = [[ONE], *([a ** (t - 1), a ** -(t - 1)] for t in range(1, horizon))]
    return Instance(model, twist(model, values, name=f"Bellman error {eps}"))


def variance_attained(horizon: int, eps: Rational) -> Instance:
    """S1 attained: W takes two values whose ratio is `(1+eps)^{2(T-1)}`, the larger with guided probability `1/(1 + (1+eps)^{2(T-1)})`."""
    return _two_chains(horizon, eps, 1 / (1 + (ONE + eps) ** (2 * (horizon - 1))), "S1 attained")


def guided_attained(horizon: int, eps: Rational) -> Instance:
    """S2 attained: the same two chains, the larger W with guided probability `1/(1 + (1+eps)^{T-1})`, so that `E W = 1`."""
    return _two_chains(horizon, eps, 1 / (1 + (ONE + eps) ** (horizon - 1)), "S2 attained")


def hidden_child(horizon: int, eps: Rational) -> Instance:
    """S6: `B = floor((1+eps)^{2(T-1)}) + 1` equally likely children; the value grows by 1+eps a step below the first, shrinks elsewhere."""
    a = ONE + eps
    children = int(a ** (2 * (horizon - 1))) + 1
    names = tuple(f"c{k}" for k in range(children))

    def level(t: int) -> list[Rational]:
        return [a ** (t - 1)] + [a ** -(t - 1)] * (children - 1)

    first = (tuple(Edge(k, Rational(1, children)) for k in range(children)),)
    steps = (first, *((tuple((Edge(k, ONE),) for k in range(children)),) * (horizon - 1)))
    model = LayeredModel((("root",), *((names,) * horizon)), steps, tuple(level(horizon)), "S6 hidden child")
    return Instance(model, twist(model, [[ONE], *(level(t) for t in range(1, horizon))], name=f"Bellman error {eps}"))


def horizon_family(horizon: int) -> Instance:
    """S9: a perfect reward model and a bias of order T/N. Below A fair bits multiply V by 3/2 or 1/2; below B it stays 1.

    States below A are counts of ups: `A0, A1, ...` on layer t, up to `A{t-1}`.
    """
    up, half = Rational(3, 2), Rational(1, 2)
    layers: list[tuple[str, ...]] = [("root",)] + [("B", *(f"A{k}" for k in range(t))) for t in range(1, horizon + 1)]
    steps: list[tuple[tuple[Edge, ...], ...]] = [((Edge(0, half), Edge(1, half)),)]
    for t in range(1, horizon):
        steps.append(((Edge(0, ONE),), *((Edge(1 + k, half), Edge(2 + k, half)) for k in range(t))))
    reward = (ONE, *(up**k * half ** (horizon - 1 - k) for k in range(horizon)))
    model = LayeredModel(tuple(layers), tuple(steps), reward, "S9")
    return Instance(model, perfect(model))


def doubling_bits(horizon: int) -> Instance:
    """G2: uniform bits, `V = V*`, which doubles relative to its sibling on a one. States are the number of ones so far."""
    half = Rational(1, 2)
    layers = tuple(tuple(f"{k} ones" if t else "root" for k in range(t + 1)) for t in range(horizon + 1))
    steps = tuple(tuple((Edge(k, half), Edge(k + 1, half)) for k in range(t + 1)) for t in range(horizon))
    model = LayeredModel(layers, steps, tuple(Rational(2) ** k for k in range(horizon + 1)), "G2")
    return Instance(model, perfect(model))


WITH_ERROR = {"S1": variance_attained, "S2": guided_attained, "S6": hidden_child}
PERFECT = {"S9": horizon_family, "G2": doubling_bits}
FAMILIES = (*WITH_ERROR, *PERFECT)
"""Families by the statement they serve."""


def hard_families(
    *, families: Iterable[str] = FAMILIES, max_horizon: int = 4, eps: object = None, max_particles: int = 3
) -> SearchStrategy[Instance]:
    """The lower-bound and attaining instances. eps: Bellman error of those that have one (several are tried when it is left out).

    Shrinks towards the first family named, horizon 1 and Bellman error 1.
    """
    chosen = arguments.subset("families", families, FAMILIES)
    arguments.whole("max_horizon", max_horizon, most=64)
    arguments.whole("max_particles", max_particles)
    errors = st.sampled_from([ONE, Rational(1, 2), Rational(1, 4), Rational(1, 10)])
    if eps is not None:
        errors = st.just(arguments.exact("eps", eps, least=0))

    @st.composite
    def family(draw: st.DrawFn) -> Instance:
        name, horizon = draw(st.sampled_from(chosen)), draw(st.integers(1, max_horizon))
        made = WITH_ERROR[name](horizon, draw(errors)) if name in WITH_ERROR else PERFECT[name](horizon)
        return Instance(made.model, made.twist, draw(st.integers(1, max_particles)))

    return family()
