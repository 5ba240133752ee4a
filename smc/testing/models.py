"""Strategies for models: layered graphs, prefix trees, and product models."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from smc.numbers import ONE, ZERO, Rational
from smc.setting.analysis import true_value
from smc.setting.model import Edge, Model, merge_edges
from smc.setting.twist import constant
from smc.testing import arguments
from smc.testing.instances import Instance
from smc.testing.scalars import factors, normalised, simplex_weights

ANOTHER = st.sampled_from([False, True, True, True])
"""Whether another layer follows: shrinks towards a shorter horizon."""
WIDTHS = st.sampled_from([1, 2])
"""Fewest states of a layer, drawn once a model: the theorems say little where layers have one state."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Cell = tuple[int, Rational]
"""(weight of the transition before it is normalised, potential)."""


def layered_models(
    *,
    min_horizon: int = 1,
    max_horizon: int = 3,
    max_states: int = 3,
    max_weight: int = 4,
    potentials: bool = True,
    zero_rewards: bool = True,
    extremes: bool = True,
) -> SearchStrategy[Model]:
    """Layered models of every shape, target mass positive.

    potentials: edges may carry a potential other than 1, zero among them, and two edges of a pair may differ in it (an MDP's actions).
    zero_rewards: terminal rewards may be 0. extremes: rewards of 10^6 and 10^-6 too. Transition probabilities may be 0, so that
    states may be unreachable. Shrinks towards a shorter horizon, fewer states, uniform transitions, and weights 1.
    The model is drawn from its last layer backwards: each row is drawn for a layer that exists already. A model of target mass 0
    is mended, not rejected: zero potentials, and if that is not enough zero rewards, become 1.
    """
    low, high = arguments.span("min_horizon", min_horizon, "max_horizon", max_horizon)
    arguments.whole("max_states", max_states, most=len(LETTERS))
    arguments.whole("max_weight", max_weight)
    for name, value in (("potentials", potentials), ("zero_rewards", zero_rewards), ("extremes", extremes)):
        arguments.flag(name, value)
    rows = st.sampled_from(cell_kinds(max_weight, potentials=potentials))
    rewards = st.sampled_from(reward_kinds(extremes=extremes, zero=zero_rewards))
    row = cache(_row)  # a strategy is dearer to make than to draw from

    @cache
    def layers(of: SearchStrategy, least: int) -> SearchStrategy[list]:
        return st.lists(of, min_size=least, max_size=max_states)

    @st.composite
    def layered(draw: st.DrawFn) -> Model:
        cell = draw(rows)
        least = draw(WIDTHS) if max_states > 1 else 1
        reward = draw(layers(draw(rewards), least))
        steps: list[list[list[tuple[int, Cell]]]] = []
        width = len(reward)
        while len(steps) < high - 1 and (len(steps) < low - 1 or draw(ANOTHER)):
            layer = draw(layers(row(cell, width, potentials), least))
            steps.insert(0, layer)
            width = len(layer)
        steps.insert(0, [draw(row(cell, width, potentials))])
        return _assembled(steps, reward)

    return layered()


def cell_kinds(max_weight: int, *, potentials: bool) -> list[SearchStrategy[Cell]]:
    """Ways to draw the cells of one model, simplest first: all edges there, some missing, with potentials, with zero potentials.

    A model draws its kind once, so that models without any zero are common, however many edges they have. One cell is one draw.
    """
    full, some = range(1, max_weight + 1), [1, 0, *range(2, max_weight + 1)]
    positive = [ONE, Rational(2), Rational(1, 2), Rational(3), Rational(1, 3)]
    kinds = [[(weight, ONE) for weight in full], [(weight, ONE) for weight in some]]
    if potentials:
        kinds.append([(weight, psi) for psi in positive for weight in full])
        kinds += [[(weight, psi) for psi in [ONE, ZERO, *positive[1:]] for weight in some]] * 2
    return [st.sampled_from(kind) for kind in kinds]


def reward_kinds(*, extremes: bool, zero: bool) -> list[SearchStrategy[Rational]]:
    """Ways to draw the rewards of one model, simplest first: ordinary, with zeros, with huge and tiny ones."""
    kinds = [factors(extremes=False)]
    if zero:
        kinds.append(factors(extremes=False, zero=True))
    if extremes:
        kinds.append(factors(extremes=True, zero=zero))
    return kinds


def _row(cell: SearchStrategy[Cell], width: int, parallel: bool) -> SearchStrategy[list[tuple[int, Cell]]]:
    """One row: a cell for each successor (or for all but the last), and now and then a second edge to one of them.

    A row that leaves the last state alone stays as it is when that state goes, so rows and layers shrink one after the other.
    """
    row = st.lists(cell, min_size=width - 1, max_size=width).map(lambda drawn: list(enumerate(drawn or [(1, ONE)])))
    if not parallel:
        return row
    # the same range whatever the width, so that what follows keeps its meaning while a layer shrinks
    extra = st.lists(st.tuples(st.integers(0, len(LETTERS) - 1), cell), max_size=1)
    return st.tuples(row, extra).map(lambda pair: pair[0] + [(k % width, edge) for k, edge in pair[1]])


def _assembled(steps: list[list[list[tuple[int, Cell]]]], reward: list[Rational]) -> Model:
    edges = []
    for rows in steps:
        made = []
        for row in rows:
            chances = normalised([weight for _, (weight, _) in row])
            made.append(merge_edges(Edge(y, p, psi) for p, (y, (_, psi)) in zip(chances, row, strict=True)))
        edges.append(tuple(made))
    sizes = [len(rows) for rows in steps] + [len(reward)]
    layers = (("root",), *(tuple(LETTERS[:size]) for size in sizes[1:]))
    return mended(Model(layers, tuple(edges), tuple(reward), "drawn"))


def mended(model: Model) -> Model:
    """`model` if its target has mass, else the same with zero potentials, and if need be zero rewards, replaced by 1."""
    if true_value(model)[0][0]:
        return model
    edges = tuple(
        tuple(merge_edges(Edge(e.target, e.probability, e.potential or ONE) for e in row) for row in step)
        for step in model.edges
    )
    model = Model(model.layers, edges, model.reward, model.name)
    if true_value(model)[0][0]:
        return model
    return Model(model.layers, edges, tuple(phi or ONE for phi in model.reward), model.name)


def prefix_trees(
    *,
    min_horizon: int = 1,
    max_horizon: int = 3,
    max_children: int = 2,
    max_weight: int = 3,
    zero_rewards: bool = True,
    extremes: bool = True,
) -> SearchStrategy[Model]:
    """Prefix trees (a language model's partial outputs): every node has one parent, its name is its parent's and one more letter.

    Shrinks towards a shorter tree, fewer children, uniform next-token probabilities, and rewards 1. Target mass positive.
    """
    low, high = arguments.span("min_horizon", min_horizon, "max_horizon", max_horizon)
    arguments.whole("max_children", max_children, most=len(LETTERS))
    arguments.whole("max_weight", max_weight)
    arguments.flag("zero_rewards", zero_rewards)
    arguments.flag("extremes", extremes)
    if max_children**high > 10_000:
        raise InvalidArgument(
            f"max_children={max_children} over max_horizon={high} makes {max_children**high} leaves; lower either"
        )
    children = st.lists(simplex_weights(max_weight, zeros=False), min_size=1, max_size=max_children)
    kinds = st.sampled_from(reward_kinds(extremes=extremes, zero=zero_rewards))

    @st.composite
    def tree(draw: st.DrawFn) -> Model:
        layers: list[tuple[str, ...]] = [("",)]
        edges: list[tuple] = []
        while not edges or (len(edges) < high and (len(edges) < low or draw(ANOTHER))):
            below: list[str] = []
            rows = []
            for prefix in layers[-1]:
                chances = normalised(draw(children))
                rows.append(tuple(Edge(len(below) + k, p) for k, p in enumerate(chances)))
                below += [prefix + LETTERS[k] for k in range(len(chances))]
            edges.append(tuple(rows))
            layers.append(tuple(below))
        reward = draw(kinds)
        rewards = tuple(draw(reward) for _ in layers[-1])
        return mended(Model((("root",), *layers[1:]), tuple(edges), rewards, "drawn tree"))

    return tree()


def product_models(
    *,
    min_horizon: int = 1,
    max_horizon: int = 4,
    max_tokens: int = 3,
    max_weight: int = 3,
    zeros: bool = True,
    extremes: bool = True,
) -> SearchStrategy[Instance]:
    """Models whose weights do not depend on the past, with the reward model under which SMC sees that: `V = phi = 1`.

    Step t draws token y with probability `m_t(y)` and multiplies the weight by `psi_t(y)`, whatever came before. zeros: `psi_t(y) = 0`
    and `m_t(y) = 0` may occur. Shrinks towards fewer steps, fewer tokens, fair tokens and weights 1.
    """
    low, high = arguments.span("min_horizon", min_horizon, "max_horizon", max_horizon)
    arguments.whole("max_tokens", max_tokens, most=len(LETTERS))
    arguments.whole("max_weight", max_weight)
    arguments.flag("zeros", zeros)
    arguments.flag("extremes", extremes)
    token = st.tuples(simplex_weights(max_weight, zeros=zeros), factors(extremes=extremes, zero=zeros))
    step = st.lists(token, min_size=1, max_size=max_tokens)
    return st.lists(step, min_size=low, max_size=high).map(_product)


def _product(steps: list[list[Cell]]) -> Instance:
    edges = []
    width = 1
    for tokens in steps:
        chances = normalised([weight for weight, _ in tokens])
        row = merge_edges(Edge(y, p, psi) for y, (p, (_, psi)) in enumerate(zip(chances, tokens, strict=True)))
        if not any(e.potential for e in row):
            row = merge_edges(Edge(e.target, e.probability, ONE) for e in row)
        edges.append((row,) * width)
        width = len(tokens)
    layers = (("root",), *(tuple(LETTERS[: len(tokens)]) for tokens in steps))
    model = Model(layers, tuple(edges), (ONE,) * width, "product")
    return Instance(model, constant(model))
