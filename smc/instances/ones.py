"""A tree of fair bits whose target counts ones, under a reward model that is off by a factor at every step: where samplers part.

`phi = ratio^ones`, and `V_t = V*_t · factor^(1 or -1)` for 0 < t < T, up where the last bit is a one and down where it is a zero. The
values stay within a factor of V* at any horizon, while the Bellman ratios multiply: `e^(2 Lambda) = max(factor, 1/factor)^(2 (T - 1))`. So
chains and weights suffer from the horizon, and a walk that goes back does not. A factor below 1 raises the zeros.
"""

from __future__ import annotations

from smc.errors import ModelError, whole_number
from smc.numbers import ONE, Rational, rational
from smc.setting.analysis import true_value
from smc.setting.model import Model, prefix_tree
from smc.setting.twist import Twist, twist

MOST_HORIZON = 12
"""Longest horizon: the tree has `2^(T + 1)` nodes."""


def ones(*, horizon: int, factor: object, ratio: object = 4) -> tuple[Model, Twist]:
    """The tree and its reward model. Raises InputError for a horizon out of range, ModelError for numbers that are not positive."""
    whole_number("horizon", horizon, most=MOST_HORIZON)
    c, r = rational(factor), rational(ratio)
    if c <= 0 or r <= 0:
        raise ModelError(f"c = {c}, ratio = {r}", where="ones", mend="give positive numbers")
    half = Rational(1, 2)
    tree = prefix_tree(horizon, lambda s: [(0, half), (1, half)], lambda s: r ** sum(s), name=f"ones, T = {horizon}")
    star = true_value(tree)
    values = [[star[0][0]]]
    for level in star[1:-1]:
        values.append([v * (c if x % 2 else ONE / c) for x, v in enumerate(level)])
    return tree, twist(tree, values, name=f"V* times or over {c}")
