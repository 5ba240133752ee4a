"""The register of planted falsehoods, and what they have in common: claims, distances, and where to look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import flint
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.checks.row import Row, compare
from smc.numbers import ONE, Ball, Extended, Rational, at_most, ball, finite, is_infinite
from smc.setting.analysis import Constants
from smc.setting.model import Edge, Model
from smc.setting.paths import is_tree
from smc.setting.twist import twist
from smc.testing.families import hard_families
from smc.testing.instances import Instance
from smc.testing.models import layered_models
from smc.testing.rewards import instances, perturbations
from smc.testing.scalars import factors, normalised, simplex_weights
from smc.testing.statements import report, rows

Claims = Iterator[tuple[str, Rational | Ball, Extended | Ball]]
"""(quantity, observed, claimed bound)."""


@dataclass(frozen=True)
class Falsehood:
    """name: `ID/what is broken`. how: in words. algorithm: as in `check`. strategy: where to look. largest: the size
    (states and edges) that a shrunk counterexample may have. trees: whether it speaks of prefix trees alone, and raises elsewhere."""

    name: str
    how: str
    algorithm: str
    claims: Callable[[Instance], Claims]
    strategy: Callable[[], SearchStrategy[Instance]]
    largest: int = 20
    trees: bool = False

    def speaks_of(self, instance: Instance) -> bool:
        """Whether it claims anything of the model."""
        return not self.trees or is_tree(instance.model)

    @property
    def statement(self) -> str:
        """ID of the statement that was broken."""
        return self.name.split("/")[0]

    def rows(self, instance: Instance) -> list[Row]:
        """What is claimed of `instance`, with verdicts."""
        return [
            Row(self.name, "planted", quantity, bound, observed, at_most(observed, bound))
            for quantity, observed, bound in self.claims(instance)
        ]


FALSEHOODS: dict[str, Falsehood] = {}
"""By name."""


def planted(name: str, how: str, *, algorithm: str = "naive", where=instances, largest: int = 20, trees: bool = False):
    """Registers a function `instance -> claims` as the falsehood `name`."""

    def register(claims: Callable[[Instance], Claims]) -> Callable[[Instance], Claims]:
        FALSEHOODS[name] = Falsehood(name, how, algorithm, claims, where, largest, trees)
        return claims

    return register


def scaled(statement: str, form: str, factor: Rational, instance: Instance) -> Claims:
    """The rows of `statement` in `form` with the bound multiplied by `factor`; none where it claims nothing."""
    for row in rows(statement, instance):
        if row.form == form and not is_infinite(row.bound):
            bound = row.bound * ball(factor) if isinstance(row.bound, flint.arb) else finite(row.bound) * factor
            yield row.quantity, row.value, bound


def restated(statement: str, form: str, instance: Instance, **inputs: Any) -> Claims:
    """The rows of `statement` in `form` with its bound at other inputs than the model's."""
    for row in rows(statement, instance):
        if row.form == form:
            yield row.quantity, row.value, compare(statement, form, row.quantity, row.observed, **inputs).bound


def distance(instance: Instance, algorithm: str = "naive") -> Rational | Ball:
    """Total variation of the output law from the target."""
    return report(instance, algorithm).measured.total_variation


def evaluated(statement: str, form: str, instance: Instance, algorithm: str = "naive", **inputs: Any) -> Claims:
    """The distance of SMC, naive unless said, against `statement` with other inputs than its own."""
    row = compare(statement, form, "TV", distance(instance, algorithm), **inputs)
    yield "TV", row.value, row.bound


def long_models(**options) -> SearchStrategy[Instance]:
    """Instances of horizon 2 or more."""
    return instances(models=layered_models(min_horizon=2), **options)


def two_branches(statement: str, eps: object = None) -> Callable[[], SearchStrategy[Instance]]:
    """Instances, and the family that attains `statement`."""
    return lambda: st.one_of(long_models(), hard_families(families=(statement,), eps=eps))


def ties() -> SearchStrategy[Instance]:
    """Rewards that differ by half a per cent: where S3 is nearly an equality."""
    near = st.sampled_from([ONE, Rational(201, 200)])
    models = st.lists(near, min_size=2, max_size=3).map(fair_rewards)
    return instances(models=models, rewards=perturbations(kinds=("perfect", "constant")))


def fair_rewards(rewards: list[Rational]):
    row = tuple(Edge(k, Rational(1, len(rewards))) for k in range(len(rewards)))
    return Model((("root",), tuple("abc"[: len(rewards)])), ((row,),), tuple(rewards), "drawn")


def positive_only(c: Constants) -> tuple[list[Rational], list[Rational]]:
    """(q_p, b_p) with every state and edge of true value 0 left out."""
    star, values = c.true_value, c.twist.values
    q, b = [], []
    for p in range(1, c.model.horizon + 1):
        live = [i for i in c.alive[p - 1] if star[p - 1][i]]
        ratios = [e.potential * star[p][e.target] / values[p - 1][i] for i in live for e in c.model.edges[p - 1][i]]
        ratios = [r for r in ratios if r]
        q.append(max(ratios) / min(ratios))
        b.append(max(ratios) / min(star[p - 1][i] / values[p - 1][i] for i in live))
    return q, b


def one_step() -> SearchStrategy[Instance]:
    """Horizon 1 with a reward model that knows nothing."""
    return instances(models=layered_models(max_horizon=1), rewards=perturbations(kinds=("constant",)))


def promises() -> SearchStrategy[Instance]:
    """Reward models that promise what never comes: one of two children is doomed, and looks as good as `looks`."""

    def made(weights: tuple[int, int], looks: Rational, particles: int) -> Instance:
        first = tuple(Edge(k, p) for k, p in enumerate(normalised(weights)))
        steps = ((first,), ((Edge(0, ONE),), (Edge(1, ONE),)))
        model = Model((("root",), ("live", "doomed"), ("paid", "lost")), steps, (ONE, ONE * 0), "promises")
        return Instance(model, twist(model, [[1], [1, looks]]), particles)

    weight = simplex_weights(4, zeros=False)
    return st.builds(made, st.tuples(weight, weight), factors(extremes=True), st.integers(1, 8))
