"""Models on which a sharp statement is an equality.

Two branches. The root chooses "low" or "high"; from then on the path is forced. `V_1 = 1` on both, and every later step
multiplies V by `1/(1+eps)` on "low" and by `1+eps` on "high", so that the Bellman ratio is `1/(1+eps)` or `1+eps` on
every state of layers 1..T-1. The importance weight `W = prod rho_t` of the guided proposal then takes two values with
range ratio `q = (1+eps)^(2(T-1)) = e^(2 Lambda)`, the largest that a Bellman error of eps allows, and the guided
probability of "low" is the one free parameter.
"""

from __future__ import annotations

from smc.errors import InputError, whole_number
from smc.numbers import ONE, Rational, rational
from smc.setting.model import Edge, Model
from smc.setting.twist import Twist, twist


def two_branch(*, horizon: int, eps: object, low: object) -> tuple[Model, Twist]:
    """The two-branch model; `low` is the probability of the branch of small weight.

    Raises InputError for T < 1, eps < 0, low outside (0, 1).
    """
    error, p = rational(eps), rational(low)
    whole_number("horizon", horizon)
    if error < 0 or not 0 < p < 1:
        raise InputError(
            f"eps = {error}, low = {p}",
            where="two_branch",
            mend="give eps >= 0 and a probability strictly between 0 and 1",
        )
    values = [(ONE,)] + [((1 + error) ** -t, (1 + error) ** t) for t in range(horizon)]
    layers = (("root",), *((("low", "high"),) * horizon))
    forced = ((Edge(0, ONE),), (Edge(1, ONE),))
    edges = (((Edge(0, p), Edge(1, 1 - p)),), *((forced,) * (horizon - 1)))
    model = Model(layers, edges, values[-1], f"two branches, T = {horizon}, eps = {error}")
    return model, twist(model, values[:-1], name="two branches")


def weight_ratio(*, horizon: int, eps: object) -> Rational:
    """`q = (1+eps)^(2(T-1))`: the range ratio of W on the two-branch model."""
    return (1 + rational(eps)) ** (2 * (horizon - 1))


def most_variance(*, horizon: int, eps: object) -> tuple[Model, Twist]:
    """S1 attained: `chi^2(pi || guided) = sinh^2(Lambda)`.

    W, scaled to mean 1, is `(q+1)/(2q)` with probability `q/(q+1)`, else `(q+1)/2`.
    """
    q = weight_ratio(horizon=horizon, eps=eps)
    return two_branch(horizon=horizon, eps=eps, low=q / (q + 1))


def most_bias(*, horizon: int, eps: object) -> tuple[Model, Twist]:
    """S2 attained: `TV(guided, pi) = tanh(Lambda/2)`.

    W, scaled to mean 1, is `1/a` with probability `a/(a+1)`, else a, `a = (1+eps)^(T-1)`.
    """
    a = (1 + rational(eps)) ** (horizon - 1)
    return two_branch(horizon=horizon, eps=eps, low=a / (a + 1))
