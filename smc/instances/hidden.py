"""Hard inputs: a hidden prefix that only queries below it can tell from its siblings (P4, S6).

`hidden_prefix` draws one of B prefixes of length r uniformly; the rest of the path is forced. `V = 1` on layers
0..r; below the hidden prefix every further step multiplies V by the gain g, elsewhere by 1/g; `V_T = phi`.

- S6 (`hidden_child`): r = 1, `B = floor(a^2) + 1` children of the root, `g = 1 + eps`, `a = (1+eps)^(T-1)`.
- P4 (`paper_family`): `T = 3m`, r = 2m, `B = floor(g^(2m))`; `g = L` under the ratio bound alone, `g = 1 + eps` under both. When g is an
  integer the vocabulary is g and every word of length 2m is a prefix. Otherwise the vocabulary is `ceil(g)` and the
  B prefixes are the first B words of length 2m, a prefix code, with the reference process uniform over them.

Every Bellman ratio is g, 1 or 1/g, so the Bellman error is exactly `g - 1` and the ratio bound exactly g; `audit` recomputes both.
"""

from __future__ import annotations

from dataclasses import dataclass

from smc.errors import InputError, TooLarge, whole_number
from smc.numbers import ONE, Extended, Rational, rational
from smc.setting.analysis import analyse
from smc.setting.model import Edge, Model, Row
from smc.setting.twist import Twist, twist

MOST_STATES = 200_000
"""Largest family that is written out state by state."""


@dataclass(frozen=True)
class HardInstance:
    """One member of a hard family: the model, its reward model, and the hidden prefix that the referee knows."""

    model: Model
    twist: Twist
    hidden: tuple[int, ...]

    def below(self, path: tuple[int, ...]) -> bool:
        """Whether a path (state indices from layer 1 on) runs below the hidden prefix."""
        depth = len(self.hidden)
        return path[:depth] == self.hidden


@dataclass(frozen=True)
class Audit:
    """Exact constants of one instance: Bellman error, ratio bound, and the target's mass below the hidden prefix."""

    bellman_error: Extended
    ratio_bound: Extended
    hidden_mass: Rational


def hidden_prefix(
    *, vocabulary: int, hidden: int, horizon: int, gain: object, leaves: int | None = None, which: int = 0
) -> HardInstance:
    """The instance whose hidden prefix has number `which` among the first `leaves` words (default: all) of length `hidden`.

    Raises InputError for a vocabulary below 2, `hidden` outside 1..T-1, `leaves` beyond `vocabulary**hidden` or
    below 2, a gain of 1 or less and `which` out of range; TooLarge beyond `MOST_STATES` states.
    """
    k, r, horizon = (
        whole_number("vocabulary", vocabulary, least=2),
        whole_number("hidden", hidden),
        whole_number("horizon", horizon, least=2),
    )
    factor = rational(gain)
    if r >= horizon:
        raise InputError(
            f"{r} hidden levels in a horizon of {horizon}",
            where="hidden",
            mend="leave at least one step below the hidden prefix",
        )
    if factor <= 1:
        raise InputError(f"gain {factor} is not above 1", where="gain", mend="the gain is 1 + eps (or L)")
    words = k**r if leaves is None else whole_number("leaves", leaves, least=2)
    if words > k**r:
        raise InputError(
            f"{words} prefixes, but {k}**{r} words",
            where="leaves",
            mend="use a larger vocabulary or more hidden levels",
        )
    if r * words + words * (horizon - r) > MOST_STATES:
        raise TooLarge(
            f"about {words * horizon} states, more than {MOST_STATES}",
            where="hidden family",
            mend="use fewer prefixes; hidden_mass() gives the target's mass at any size",
        )
    if not 0 <= which < words:
        raise InputError(f"prefix {which} of {words}", where="which", mend=f"give 0..{words - 1}")
    widths = [-(-words // k ** (r - t)) for t in range(r + 1)]
    layers: list[tuple[str, ...]] = [("root",)]
    edges: list[tuple[Row, ...]] = []
    for t in range(1, horizon + 1):
        width = widths[min(t, r)]
        layers.append(tuple(f"{t}:{i}" for i in range(width)))
        if t > r:
            edges.append(tuple((Edge(i, ONE),) for i in range(words)))
            continue
        below = [min(words, (i + 1) * k ** (r - t)) - i * k ** (r - t) for i in range(width)]  # words below each prefix
        rows = []
        for i in range(widths[t - 1]):
            children = range(i * k, min((i + 1) * k, width))
            total = sum(below[c] for c in children)
            rows.append(tuple(Edge(c, ONE * below[c] / total) for c in children))
        edges.append(tuple(rows))
    values = [(ONE,) * widths[t] for t in range(r + 1)]
    for t in range(r + 1, horizon + 1):
        power = factor ** (t - r)
        values.append(tuple(power if i == which else 1 / power for i in range(words)))
    name = f"hidden prefix {which} of {words}, T = {horizon}, gain {factor}"
    model = Model(tuple(layers), tuple(edges), values[-1], name)
    path = tuple(which // k ** (r - t) for t in range(1, r + 1))
    return HardInstance(model, twist(model, values[:-1], name="hard"), path)


def paper_family(*, m: int, gain: object, which: int = 0) -> HardInstance:
    """P4's instance: `T = 3m`, `floor(gain^(2m))` hidden prefixes of length 2m, vocabulary `ceil(gain)`."""
    factor = rational(gain)
    words = int(factor ** (2 * whole_number("m", m)))
    if words < 2:
        raise InputError(
            f"gain {factor} gives {words} hidden prefix at m = {m}",
            where="gain",
            mend="use a larger m or a larger gain",
        )
    return hidden_prefix(
        vocabulary=max(2, int(-(-factor // 1))), hidden=2 * m, horizon=3 * m, gain=factor, leaves=words, which=which
    )


def hidden_child(*, children: int, horizon: int, gain: object, which: int = 0) -> HardInstance:
    """S6's instance: one hidden child among `children` of the root."""
    return hidden_prefix(
        vocabulary=whole_number("children", children, least=2), hidden=1, horizon=horizon, gain=gain, which=which
    )


def hidden_mass(*, leaves: int, levels: int, gain: object) -> Rational:
    """Target mass below the hidden prefix: `a^2/(a^2 + leaves - 1)` with `a = gain^levels`, for any size."""
    square = rational(gain) ** (2 * whole_number("levels", levels, least=0))
    return square / (square + whole_number("leaves", leaves) - 1)


def audit(instance: HardInstance) -> Audit:
    """Bellman error, ratio bound and hidden mass, recomputed from the model itself."""
    constants = analyse(instance.model, instance.twist)
    depth = len(instance.hidden)
    # every state of layer r and below belongs to one prefix: its index there is the prefix's number
    mass = constants.target[instance.hidden[depth - 1]]
    return Audit(constants.bellman_error, constants.ratio_bound, mass)
