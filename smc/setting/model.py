"""The layered reference process with edge potentials and a terminal reward: one representation for trees and unrolled MDPs.

Setting (section 1 of the theory): finite layers `X_0 = {root}, ..., X_T`; reference kernels `M_t(x, y)`; edge potentials
`psi_t(x, y) >= 0`; terminal reward `phi(x_T) >= 0`; target `pi(path) ∝ prod_t M_t psi_t · phi(x_T)`.
Edges are sparse: each state lists its successors and nothing else is stored.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from smc.errors import ModelError
from smc.numbers import ONE, ZERO, Rational, rational, rationals


class Edge(NamedTuple):
    """One step of the reference process: successor (index in the next layer), probability, potential `psi`."""

    target: int
    probability: Rational
    potential: Rational = ONE


Row = tuple[Edge, ...]

ROUNDING = Rational(1, 100)
"""The largest miss of a row's sum that rounding may explain."""


@dataclass(frozen=True)
class Model:
    """A finite layered process of horizon `T >= 1`.

    layers: names of the states, `T + 1` layers, one state in layer 0, names unique within a layer.
    edges: `edges[t][i]` are the edges from state `i` of layer `t` to layer `t + 1`, shape (T, |X_t|, sparse). Probabilities of a row
        sum to exactly 1. Two edges may share their target when their potentials differ (an MDP's actions).
        A row may be empty only where no edge of positive probability leads (an unreachable state).
    reward: `phi` by terminal state, shape (|X_T|,), non-negative.
    notes: remarks about the input that a report should repeat (a rationalised row, say).

    Raises ModelError when any of this fails.
    """

    layers: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[Row, ...], ...]
    reward: tuple[Rational, ...]
    name: str = "model"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self)

    @property
    def horizon(self) -> int:
        """Number of steps `T`."""
        return len(self.edges)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of states of each layer, shape (T + 1,)."""
        return tuple(len(layer) for layer in self.layers)

    @staticmethod
    def from_edges(
        layers: Sequence[Sequence[Hashable]],
        edges: Sequence[Iterable[tuple]],
        reward: Mapping[Any, object],
        *,
        name: str = "model",
        notes: Iterable[str] = (),
    ) -> Model:
        """A model from named states: `edges[t]` lists `(from, to, prob)` or `(from, to, prob, potential)` for step `t + 1`.

        States may be numbers or tuples: their text becomes their name. Edges of one pair with equal potentials are
        merged. Raises ModelError for unknown or missing states and duplicate names.
        """
        named = tuple(tuple(map(str, layer)) for layer in layers)
        index = [{state: i for i, state in enumerate(layer)} for layer in layers]
        if len(edges) != len(layers) - 1:
            raise ModelError(
                f"{len(edges)} steps of edges for {len(layers)} layers",
                where="edges",
                mend="list edges for every step, T for T + 1 layers",
            )
        steps = []
        for t, step in enumerate(edges):
            rows: list[list[Edge]] = [[] for _ in layers[t]]
            for k, (source, target, probability, *potential) in enumerate(step):
                where = f"edges[{t}][{k}]"
                for state, level in ((source, t), (target, t + 1)):
                    if state not in index[level]:
                        raise ModelError(
                            f"unknown state {state!r}",
                            where=where,
                            mend=f"list it in layers[{level}] or correct the name",
                        )
                rows[index[t][source]].append(
                    Edge(
                        index[t + 1][target],
                        _number(probability, f"{where}.prob"),
                        _number(potential[0], f"{where}.potential") if potential else ONE,
                    )
                )
            steps.append(tuple(merge_edges(row) for row in rows))
        for state in reward:
            if state not in index[-1]:
                raise ModelError(
                    f"unknown terminal state {state!r}", where="reward", mend="rewards go to states of the last layer"
                )
        for state in layers[-1]:
            if state not in reward:
                raise ModelError(
                    f"no reward for terminal state {state!r}", where="reward", mend='give one, "0" if it earns nothing'
                )
        phi = tuple(_number(reward[state], f"reward[{state!r}]") for state in layers[-1])
        return Model(named, tuple(steps), phi, name, tuple(notes))

    @staticmethod
    def from_arrays(
        transitions: Sequence[Any],
        reward: Sequence[object],
        *,
        horizon: int | None = None,
        initial: int | Sequence[object] = 0,
        potential: Sequence[Any] | None = None,
        states: Sequence[Hashable] | None = None,
        name: str = "model",
    ) -> Model:
        """A Markov chain over S states as a model: `M_t[i][j]`, `psi_t[i][j]` and `phi[i]` as nested sequences or arrays of exact numbers.

        transitions: shape (S, S), the same at every step of `horizon`, or (T, S, S). reward: shape (S,). initial: the index of the state
        that runs start in, or its law, shape (S,), which is then step 1 of `horizon + 1`. potential: shape as transitions, 1 by default.
        states: names, shape (S,), by default their indices.

        Entries are whole numbers, Fractions or text such as "1/3" (an array of floats: `[[rationalise(p) for p in row] for row in P]`
        with `smc.numbers.rationalise`). Raises ModelError for floats, for shapes that do not fit, and for what is no model.
        """
        moves = len(transitions)
        size = len(reward)
        stationary = _depth(transitions) == 2
        if stationary and horizon is None:
            raise ModelError(
                f"one matrix for {size} states and no horizon",
                where="horizon",
                mend="give horizon=, the number of steps",
            )
        if not stationary and horizon not in (None, moves):
            raise ModelError(f"{moves} matrices for horizon {horizon}", where="transitions", mend="give one a step")
        steps = moves if horizon is None else horizon
        if steps < 1:
            raise ModelError(f"horizon {steps} is below 1", where="horizon", mend="give a whole number of at least 1")
        names = tuple(str(s) for s in (range(size) if states is None else states))
        if len(names) != size:
            raise ModelError(f"{len(names)} names for {size} rewards", where="states", mend="give one name a state")
        if stationary:
            rows = (_matrix(transitions, potential, size, ""),) * steps
        else:
            given = [None] * moves if potential is None else potential
            if len(given) != moves:
                raise ModelError(f"{len(given)} matrices for {moves} steps", where="potential", mend="give one a step")
            rows = tuple(_matrix(p, g, size, f"[{t}]") for t, (p, g) in enumerate(zip(transitions, given, strict=True)))
        phi = tuple(_number(r, f"reward[{i}]") for i, r in enumerate(reward))
        if isinstance(initial, int | numbers.Integral):
            root = int(initial)
            if not 0 <= root < size:
                raise ModelError(f"no state {root}", where="initial", mend=f"give an index from 0 to {size - 1}")
            layers, first = ((names[root],), *(names,) * steps), (rows[0][root],)
            return Model(layers, (first, *rows[1:]), phi, name)
        if len(initial) != size:
            raise ModelError(f"{len(initial)} entries for {size} states", where="initial", mend="give one a state")
        start = merge_edges(Edge(i, _number(p, f"initial[{i}]")) for i, p in enumerate(initial))
        return Model((("start",), *(names,) * (steps + 1)), ((start,), *rows), phi, name)

    @staticmethod
    def from_dict(document: Mapping[str, Any], *, horizon: int | None = None) -> Model:
        """The model of a native JSON object (`bellman-smc/layered-1` or `mdp-1`), as `json.load` returns it; its values are left aside.

        horizon: in place of an MDP's own. Raises InputError with the place of the fault.
        """
        from smc.formats import load  # the reader of files, which builds on this module

        return load(document, horizon=horizon, with_values=False).model


def prefix_tree(
    horizon: int,
    children: Callable[[tuple], Mapping[Hashable, object] | Iterable[tuple]],
    reward: Callable[[tuple], object],
    *,
    name: str = "tree",
) -> Model:
    """The prefix tree of a sequence model: state = prefix, `children(prefix)` maps each next token to its probability.

    A value of `children` may be a pair (probability, potential). `reward(sequence)` is `phi` of a complete sequence of `horizon` tokens.
    """
    levels: list[list[tuple]] = [[()]]
    steps: list[tuple[Row, ...]] = []
    for _ in range(horizon):
        below: list[tuple] = []
        rows = []
        for prefix in levels[-1]:
            offered = children(prefix)
            row = []
            for token, given in offered.items() if isinstance(offered, Mapping) else offered:
                probability, potential = given if isinstance(given, tuple) else (given, ONE)
                row.append(Edge(len(below), rational(probability), rational(potential)))
                below.append((*prefix, token))
            rows.append(tuple(row))
        steps.append(tuple(rows))
        levels.append(below)
    labels = tuple(tuple("".join(map(str, p)) or "root" for p in level) for level in levels)
    if any(
        len(set(level)) < len(level) for level in labels
    ):  # tokens longer than one character may collide when joined
        labels = tuple(tuple(" ".join(map(str, p)) or "root" for p in level) for level in levels)
    return Model(labels, tuple(steps), rationals(reward(p) for p in levels[-1]), name)


def merge_edges(row: Iterable[Edge]) -> Row:
    """`row` without zero-probability edges, edges of equal target and potential joined; ordered by target, then potential."""
    merged: dict[tuple[int, Rational], Rational] = {}
    for target, probability, potential in row:
        if probability < 0:  # kept as it is, so that the model's own check can name it
            return tuple(Edge(*edge) for edge in row)
        if probability:
            merged[target, potential] = merged.get((target, potential), ZERO) + probability
    return tuple(Edge(target, p, potential) for (target, potential), p in sorted(merged.items()))


def reachable(model: Model) -> tuple[frozenset[int], ...]:
    """States of each layer that the reference process visits with positive probability (potentials play no part)."""
    layers = [frozenset({0})]
    for step in model.edges:
        layers.append(frozenset(e.target for i in layers[-1] for e in step[i] if e.probability > 0))
    return tuple(layers)


def _depth(nested: Any) -> int:
    """How many brackets deep the numbers stand."""
    depth = 0
    while not isinstance(nested, str) and hasattr(nested, "__len__"):
        if not len(nested):
            raise ModelError("is empty", where="transitions", mend="give one row a state")
        nested, depth = nested[0], depth + 1
    if depth not in (2, 3):
        raise ModelError(
            f"{depth} dimensions", where="transitions", mend="give (S, S), or (T, S, S) for one matrix a step"
        )
    return depth


def _matrix(transitions: Sequence[Any], potential: Sequence[Any] | None, size: int, step: str) -> tuple[Row, ...]:
    """Rows of edges of one step from the matrices of probabilities and potentials, both (size, size)."""
    for key, matrix in (("transitions", transitions), ("potential", potential)):
        if matrix is not None and (len(matrix) != size or any(len(row) != size for row in matrix)):
            raise ModelError(
                f"is not {size} by {size}, as {size} rewards ask for", where=f"{key}{step}", mend="give one row a state"
            )
    rows = []
    for i, row in enumerate(transitions):
        edges = []
        for j, entry in enumerate(row):
            psi = ONE if potential is None else _number(potential[i][j], f"potential{step}[{i}][{j}]")
            edges.append(Edge(j, _number(entry, f"transitions{step}[{i}][{j}]"), psi))
        rows.append(merge_edges(edges))
    return tuple(rows)


def _number(value: object, where: str) -> Rational:
    try:
        return rational(value)
    except (TypeError, ValueError) as error:
        raise ModelError(str(error), where=where) from None


def check_names(names: Iterable[object], where: str) -> None:
    """Raises ModelError for a name that is no text, which no file could hold."""
    for name in names:
        if not isinstance(name, str):
            raise ModelError(f"{name!r} ({type(name).__name__}) is no text", where=where, mend=f"name it {str(name)!r}")


def _check(model: Model) -> None:
    for t, layer in enumerate(model.layers):
        check_names(layer, f"layers[{t}]")
    if model.horizon < 1:
        raise ModelError(
            "the horizon is below 1", where="layers", mend="a model needs a root layer and at least one step"
        )
    if len(model.layers) != model.horizon + 1:
        raise ModelError(
            f"{len(model.layers)} layers for {model.horizon} steps", where="layers", mend="T steps need T + 1 layers"
        )
    if len(model.layers[0]) != 1:
        raise ModelError(
            f"{len(model.layers[0])} states in layer 0",
            where="layers[0]",
            mend="put one root there and spread the start over its edges",
        )
    for t, layer in enumerate(model.layers):
        if len(set(layer)) < len(layer):
            twice = next(s for s in layer if layer.count(s) > 1)
            raise ModelError(
                f"state {twice!r} is listed twice", where=f"layers[{t}]", mend="names are unique within a layer"
            )
    for t, step in enumerate(model.edges):
        if len(step) != len(model.layers[t]):
            raise ModelError(f"{len(step)} rows for {len(model.layers[t])} states", where=f"edges[{t}]")
        for i, row in enumerate(step):
            _check_row(model, t, i, row)
    for t, alive in enumerate(reachable(model)[:-1]):
        for i in sorted(alive):
            if not model.edges[t][i]:
                raise ModelError(
                    f"state {model.layers[t][i]!r} is reachable and has no successor",
                    where=f"edges[{t}]",
                    mend="give it edges that sum to 1 (a self-loop of probability 1 for an absorbing state)",
                )
    if len(model.reward) != len(model.layers[-1]):
        raise ModelError(f"{len(model.reward)} rewards for {len(model.layers[-1])} terminal states", where="reward")
    for state, value in zip(model.layers[-1], model.reward, strict=True):
        if value < 0:
            raise ModelError(
                f"negative reward {value}", where=f"reward[{state!r}]", mend="rewards are weights: zero or more"
            )


def _check_row(model: Model, t: int, i: int, row: Row) -> None:
    where = f"edges[{t}] from {model.layers[t][i]!r}"
    for edge in row:
        if not 0 <= edge.target < len(model.layers[t + 1]):
            raise ModelError(f"successor {edge.target} does not exist", where=where)
        for quantity, value in (("probability", edge.probability), ("potential", edge.potential)):
            if value < 0:
                raise ModelError(
                    f"negative {quantity} {value} to {model.layers[t + 1][edge.target]!r}",
                    where=where,
                    mend="write zero or a positive number",
                )
    total = sum((e.probability for e in row), ZERO)
    if row and total != 1:
        raise wrong_sum(total, where)


def wrong_sum(total: Rational, where: str) -> ModelError:
    """The error for probabilities that do not sum to 1; rationalising is offered only for a slip that rounding could have made."""
    how = f"misses 1 by {1 - total}" if total < 1 else f"exceeds 1 by {total - 1}"
    slip = ", or ask for it with --rationalise" if abs(1 - total) <= ROUNDING else ""
    return ModelError(
        f"probabilities sum to {total}, which {how}", where=where, mend=f"make them sum to exactly 1{slip}"
    )
