"""Small random models with reward models, for the tests of the exact engine. Zero rewards, zero potentials and doomed
states included."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from hypothesis import strategies as st

from smc.numbers import Rational
from smc.setting.analysis import true_value
from smc.setting.model import Edge, Model
from smc.setting.twist import Twist, twist

POTENTIALS = (Rational(1), Rational(1, 2), Rational(2), Rational(0))
REWARDS = (Rational(1), Rational(0), Rational(2), Rational(1, 3))
VALUES = (Rational(1), Rational(1, 2), Rational(3), Rational(2, 3))
# made once: a strategy is dearer to make than to draw from
upto, potential, reward_of = cache(st.integers), st.sampled_from(POTENTIALS), st.sampled_from(REWARDS)
live, doomed = st.sampled_from(VALUES), st.sampled_from((*VALUES, Rational(0)))
edges_to = cache(lambda size: st.lists(st.tuples(upto(0, size - 1), upto(1, 3), potential), max_size=3))
lists_of = cache(lambda of, most: st.lists(of, min_size=1, max_size=most))


@st.composite
def trees(draw, *, max_horizon: int = 3, max_children: int = 3, potentials: bool = True) -> Model:
    """Prefix trees: 1..max_horizon levels, 1..max_children children a node, rational rows, some rewards zero, the
    target's mass positive."""
    layers, steps = [["r"]], []
    for _ in range(draw(upto(1, max_horizon))):
        below, rows = [], []
        for name in layers[-1]:
            shares = draw(lists_of(upto(0, 3), max_children))
            shares[0] += 1
            rows.append(
                tuple(
                    Edge(
                        len(below) + k,
                        Rational(share, sum(shares)),
                        draw(potential) if potentials and k else Rational(1),
                    )
                    for k, share in enumerate(shares)
                    if share
                )
            )
            below += [f"{name}{k}" for k in range(len(shares))]
        layers.append(below)
        steps.append(tuple(rows))
    reward = [draw(reward_of) for _ in layers[-1]]
    reward[0] = reward[0] or Rational(1)  # the first child of every node has positive probability and potential 1
    return Model(tuple(map(tuple, layers)), tuple(steps), tuple(reward))


@st.composite
def graphs(draw, *, max_horizon: int = 3, max_states: int = 3) -> Model:
    """Layered graphs whose nodes have several parents, layers of different sizes, parallel edges of different
    potential."""
    sizes = [1, *draw(lists_of(upto(1, max_states), max_horizon))]
    steps = []
    for t, size in enumerate(sizes[:-1]):
        rows = []
        for i in range(size):
            shares = draw(edges_to(sizes[t + 1]))
            shares.append((i % sizes[t + 1], 1, Rational(1)))
            total = sum(share for _, share, _ in shares)
            rows.append(tuple(Edge(y, Rational(share, total), psi) for y, share, psi in shares))
        steps.append(tuple(rows))
    reward = [draw(reward_of) for _ in range(sizes[-1])]
    reward[0] = reward[0] or Rational(1)  # reached through the edges i -> i mod size
    return Model(tuple(tuple(f"{t}.{i}" for i in range(s)) for t, s in enumerate(sizes)), tuple(steps), tuple(reward))


@st.composite
def twists(draw, model: Model) -> Twist:
    """Hand-written values: positive wherever a reward can still be earned, zero or positive (a doomed state)
    elsewhere."""
    truth = true_value(model)
    return twist(
        model,
        [[draw(live if v or t == 0 else doomed) for v in layer] for t, layer in enumerate(truth[:-1])],
    )


@st.composite
def twisted(draw, models) -> tuple[Model, Twist]:
    """A model of the strategy `models` with a reward model for it."""
    model = draw(models)
    return model, draw(twists(model))


def fractions(values) -> list[Fraction]:
    """Exact rationals as Fractions, for comparison with the oracles."""
    return [Fraction(int(v.numerator), int(v.denominator)) for v in values]


def grown(*widths: int) -> Model:
    """A tree with so many nodes a layer, children as even as can be, rewards by the name."""
    layers, steps = [["r"]], []
    for width in widths:
        below: list[str] = []
        rows, left = [], width
        for k, name in enumerate(layers[-1]):
            children = max(1, round(left / (len(layers[-1]) - k)))
            rows.append(tuple(Edge(len(below) + j, Rational(1, children), Rational(1 + j)) for j in range(children)))
            below += [f"{name}{j}" for j in range(children)]
            left -= children
        steps.append(tuple(rows))
        layers.append(below)
    return Model(tuple(map(tuple, layers)), tuple(steps), tuple(Rational(1 + name.count("1")) for name in layers[-1]))
