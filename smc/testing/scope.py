"""Is a printed row in scope: does the model meet the hypotheses that are sealed with its statement, as the statement reader reads them?

A sealed statement has hypotheses of two kinds. Some say what its auxiliary functions are (the law of a cloud's answer, moments
along a run): these define symbols, and every model has such functions. The others speak of the model, the reward model, the test
function and the constants; they are what a row claims about the model when it is printed, and they are evaluated here.
How a model is read as a model of a statement's symbols is in `smc.testing.readings`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from proofs import bounds
from proofs.catalogue import AT_STEP, FORMS, TREES
from proofs.kernel import Node
from proofs.kernel.printing import show
from smc.checks.row import Row
from smc.numbers import INFINITE
from smc.setting.analysis import Constants, Twist, analyse
from smc.setting.model import Edge, Model
from smc.setting.paths import is_tree, paths_by_layer
from smc.testing.finite_models import holds
from smc.testing.readings import ON_THE_TREE, Infinite, on_the_tree, readings

DEFINED = frozenset(
    {
        "A",
        "AF",
        "B",
        "B3",
        "B4",
        "C",
        "CF",
        "CF3",
        "CJ",
        "Dev",
        "GF",
        "H",
        "HJ",
        "J",
        "KF",
        "Out",
        "OutJ",
        "P",
        "PF",
        "PFF",
        "PFK",
        "PIJ",
        "PJ",
        "PQ",
        "PS",
        "PV",
        "Q",
        "U",
        "VF",
        "VJ",
        "W",
        "accept",
        "chi",
    }
    | {"AJ", "CJ3", "CJ4", "pi", "second", "third", "fourth"}
    | {"kappa", "steps", "conductances"}
    | {"aim", "growth", "growthJ"}
    | {"anc", "carried", "share", "share0", "begin", "slots", "miss", "miss0"}
)
"""Symbols that hypotheses define by a recursion or a formula in others; see `MEASURED`."""
MEASURED = {
    "S7": frozenset({"W"}), "S7.uniform": frozenset({"C"}),
    "S12.average": frozenset({"J", "VJ", "pi"}),
    "S17.sweeps": frozenset({"VJ"}),
    "S18": frozenset({"A", "H", "KF"}), "S18.kappa": frozenset({"A", "HJ", "U", "kappa"}),
    "S18.first": frozenset({"H", "kappa"}), "S18.steps": frozenset({"HJ", "U", "kappa", "steps", "conductances"}),
    "S14": frozenset({"PV", "PQ"}), "S14.tv": frozenset({"PV", "PQ"}),
    "S14.bias": frozenset({"PV", "PQ"}), "S14.paths": frozenset({"aim", "growthJ", "J", "PV", "VJ"}),
    "S15.upper": frozenset({"C", "growthJ", "J", "PS", "PV", "VJ"}),
}  # fmt: skip
"""By statement: names of `DEFINED` that its hypotheses hold against the model after all."""
LEAVES = 16
"""Trees of more leaves are not read: every one is a test function, at every three states (a second from 30 on)."""


def model_hypotheses(sealed: str) -> tuple[list[Node], list[Node]]:
    """The hypotheses of the sealed statement: those on model and constants, and those that define a symbol."""
    return _split(sealed)


@cache
def _split(sealed: str) -> tuple[list[Node], list[Node]]:
    about: list[Node] = []
    defining: list[Node] = []
    defined = DEFINED - MEASURED.get(sealed, frozenset())
    for hypothesis in sorted(bounds.claim(sealed).hyps, key=show):
        defines = any(symbol.name in defined for symbol in hypothesis.free)
        (defining if defines else about).append(hypothesis)
    return about, defining


def unmet(row: Row, c: Constants, particles: int) -> list[str]:
    """The hypotheses behind `row` that the model does not meet, as texts; none where the row claims nothing (an infinite bound).

    particles: N, or H for Metropolis-Hastings. A statement on the guided particle at step t speaks of the model that ends there with the
    reward V_t: all of them are read. One on paths is not read where the model has over `LEAVES` of them: `ON_THE_TREE`, and those stated of
    trees where the model is none but for moves without weight.
    """
    form = FORMS[row.id, row.form]
    if isinstance(row.bound, float) and row.bound == INFINITE:
        return []
    if form.sealed in ON_THE_TREE and paths_by_layer(c.model)[-1] > LEAVES:
        return []
    c = one_potential_a_state(c)
    if form.scope in TREES and not is_tree(c.model):
        # Two moves lead to a state, one of them without weight or into a copy of its own: a state is a path on the prefix tree alone.
        if paths_by_layer(c.model)[-1] > LEAVES:
            return []
        c = on_the_tree(c)
    horizons = range(1, c.model.horizon + 1) if form.quantity == AT_STEP else (c.model.horizon,)
    failed = []
    for horizon in horizons:
        try:
            for env, ranges in readings(form, until(c, horizon), particles):
                failed += [show(h) for h in model_hypotheses(form.sealed)[0] if not holds(h, env, ranges)]
        except Infinite:  # at this step the bound is infinite; the row is of another step
            if form.quantity != AT_STEP:
                raise
    return list(dict.fromkeys(failed))


def until(c: Constants, horizon: int) -> Constants:
    """The model that ends after `horizon` steps with the reward V_horizon."""
    if horizon == c.model.horizon:
        return c
    model = Model(c.model.layers[: horizon + 1], c.model.edges[:horizon], c.twist.values[horizon], c.model.name)
    return analyse(model, Twist(c.twist.values[: horizon + 1], c.twist.name))


def one_potential_a_state(c: Constants) -> Constants:
    """The same model with a state of its own for every potential on the moves into it, where parallel moves differ in theirs."""
    model = c.model
    if all(len({e.target for e in row}) == len(row) for step in model.edges for row in step):
        return c
    copies: list[list[tuple[int, Any]]] = [[(0, None)]]
    for step in model.edges:
        copies.append(sorted({(e.target, e.potential) for row in step for e in row}))
    edges = []
    for t, step in enumerate(model.edges):
        number = {copy: k for k, copy in enumerate(copies[t + 1])}
        edges.append(
            tuple(
                tuple(Edge(number[e.target, e.potential], e.probability, e.potential) for e in step[x])
                for x, _ in copies[t]
            )
        )
    names = [
        tuple(f"{layer[x]} {k}" for k, (x, _) in enumerate(made))
        for layer, made in zip(model.layers, copies, strict=True)
    ]
    split = Model(tuple(names), tuple(edges), tuple(model.reward[x] for x, _ in copies[-1]), model.name)
    values = tuple(tuple(layer[x] for x, _ in made) for layer, made in zip(c.twist.values, copies, strict=True))
    return analyse(split, Twist(values, c.twist.name))
