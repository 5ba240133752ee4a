"""Resampling schemes, and the rule that says after which steps they are applied (S16). One value a scheme, one value a rule.

Given normalised weights W_1..W_N of an ordered cloud, a scheme draws the ancestor of every slot k = 1..N. Every scheme here is
unbiased: the expected number of offspring of i is `N W_i`. What differs is how the slots hang together:

| scheme | slot k takes |
|---|---|
| multinomial | i with probability W_i, all slots independent |
| residual | first `floor(N W_i)` copies of each i, then independent draws in proportion to `N W_i - floor(N W_i)` |
| stratified | the i whose interval of cumulative weights holds `(k - 1 + U_k)/N`, U_k independent and uniform |
| systematic | the same with one U for all slots |
| killing | k itself with probability `W_k / max W`, else i with probability W_i |
| ssp | branching with N kept: `floor(N W_i)` or `ceil(N W_i)` copies of each i, in order; the fractional parts settle pair by pair |

Of two fractional parts x, y in play, a sum `s = x + y <= 1` goes to the first with probability x/s, else to the second; of a larger sum, a
whole copy goes to the first with probability `(1 - y)/(2 - s)`, else to the second, and the other keeps `s - 1`. Means are kept, one of the
two is settled, and the next particle comes into play against the other.

A uniform number enters only through breakpoints that are rational, so a scheme is a finite mixture of independent slots.
Sources: Douc, Cappe, Moulines (2005); Whitley (1994) for residual; Del Moral (2004) for killing; Gerber, Chopin,
Whiteley (2019) for ssp, the Srinivasan sampling process; Huggins and Roy (2015) for the
infinity-ESS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate, pairwise

from smc.errors import InputError, one_of
from smc.numbers import ONE, ZERO, Rational, rational

SlotLaw = dict[int, Rational]
"""Probability of each ancestor (index in the cloud) of one slot."""
Piece = tuple[Rational, tuple[SlotLaw, ...]]
"""A probability, and given it N independent slots."""


@dataclass(frozen=True)
class Scheme:
    """A way to resample. pieces: from normalised weights, shape (N,), to the mixture of independent slots that it draws from;
    the probabilities of the pieces sum to 1.

    symmetric: whether the law of the new cloud, as a multiset, forgets the order of the old one. Then clouds may be sorted.
    independent: whether the slots are independent given the cloud, which the statements on slots (S16) ask for.
    """

    name: str
    pieces: Callable[[Sequence[Rational]], list[Piece]]
    symmetric: bool
    independent: bool


def _multinomial(weights: Sequence[Rational]) -> list[Piece]:
    slot = {i: w for i, w in enumerate(weights) if w}
    return [(ONE, (slot,) * len(weights))]


def _residual(weights: Sequence[Rational]) -> list[Piece]:
    particles = len(weights)
    copies = [int(particles * w) for w in weights]  # the floor: weights are not negative
    kept: list[SlotLaw] = [{i: ONE} for i, k in enumerate(copies) for _ in range(k)]
    left = particles - len(kept)
    rests = (particles * w - k for w, k in zip(weights, copies, strict=True))
    rest = {i: r / left for i, r in enumerate(rests) if r}  # empty where left = 0
    return [(ONE, (*kept, *([rest] * left)))]


def _stratified(weights: Sequence[Rational]) -> list[Piece]:
    particles = len(weights)
    ends = list(accumulate(weights, initial=ZERO))
    slots = []
    for k in range(particles):
        low, high = Rational(k, particles), Rational(k + 1, particles)
        shares = ((i, min(b, high) - max(a, low)) for i, (a, b) in enumerate(pairwise(ends)))
        slots.append({i: particles * share for i, share in shares if share > 0})
    return [(ONE, tuple(slots))]


def _systematic(weights: Sequence[Rational]) -> list[Piece]:
    particles = len(weights)
    ends = [particles * c for c in accumulate(weights)]
    breaks = sorted({ZERO, ONE, *(c - int(c) for c in ends)})
    pieces: list[Piece] = []
    for a, b in pairwise(breaks):  # between two breakpoints every slot keeps its ancestor: the middle stands for all
        middle, i, slots = (a + b) / 2, 0, []
        for k in range(particles):
            while ends[i] < k + middle:
                i += 1
            slots.append({i: ONE})
        pieces.append((b - a, tuple(slots)))
    return pieces


def _killing(weights: Sequence[Rational]) -> list[Piece]:
    largest = max(weights)
    slots = []
    for k, own in enumerate(weights):
        killed = 1 - own / largest
        slot = {i: killed * w for i, w in enumerate(weights) if w and killed}
        if own:
            slot[k] = slot.get(k, ZERO) + own / largest
        slots.append(slot)
    return [(ONE, tuple(slots))]


def _ssp(weights: Sequence[Rational]) -> list[Piece]:
    particles = len(weights)
    parts = [particles * w for w in weights]
    copies = tuple(int(part) for part in parts)
    play = {
        (0, parts[0] - copies[0], copies): ONE
    }  # (particle in play, its fractional part, copies so far): probability
    for j in range(1, particles):
        after: dict[tuple[int, Rational, tuple[int, ...]], Rational] = {}
        y = parts[j] - copies[j]
        for (i, x, made), p in play.items():
            s = x + y
            if s <= 1:
                first = x / s if s else ONE
                ways = ((first, i, s, made), (1 - first, j, s, made))
            else:
                first = (1 - y) / (2 - s)
                ways = ((first, j, s - 1, _one_more(made, i)), (1 - first, i, s - 1, _one_more(made, j)))
            for share, active, rest, now in ways:
                if share:
                    after[active, rest, now] = after.get((active, rest, now), ZERO) + p * share
        play = after
    pieces = []
    for (i, rest, made), p in play.items():  # the parts are whole together, so that what is left is 0 or 1
        counts = _one_more(made, i) if rest else made
        pieces.append((p, tuple({k: ONE} for k, count in enumerate(counts) for _ in range(count))))
    return pieces


def _one_more(copies: tuple[int, ...], i: int) -> tuple[int, ...]:
    return (*copies[:i], copies[i] + 1, *copies[i + 1 :])


MULTINOMIAL = Scheme("multinomial", _multinomial, symmetric=True, independent=True)
RESIDUAL = Scheme("residual", _residual, symmetric=True, independent=True)
STRATIFIED = Scheme("stratified", _stratified, symmetric=False, independent=True)
SYSTEMATIC = Scheme("systematic", _systematic, symmetric=False, independent=False)
KILLING = Scheme("killing", _killing, symmetric=True, independent=True)
SSP = Scheme("ssp", _ssp, symmetric=False, independent=False)
SCHEMES = {scheme.name: scheme for scheme in (MULTINOMIAL, RESIDUAL, STRATIFIED, SYSTEMATIC, KILLING, SSP)}
"""By name, for options."""


@dataclass(frozen=True)
class Size:
    """What a threshold is held against: a number of particles, between 1 and N, that normalised weights are worth.

    typed: its name in an option. caps: whether `size(W) >= theta N` says that no weight is above `1/(theta N)` (S16).
    """

    words: str
    typed: str
    of: Callable[[Sequence[Rational]], Rational]
    caps: bool

    def __call__(self, weights: Sequence[Rational]) -> Rational:
        """The size of normalised `weights`, shape (N,)."""
        return self.of(weights)


def _kish(weights: Sequence[Rational]) -> Rational:
    """`1 / sum W_i^2`."""
    return 1 / sum((w * w for w in weights), ZERO)


def _infinity(weights: Sequence[Rational]) -> Rational:
    """`1 / max W_i`, at most the effective sample size."""
    return 1 / max(weights)


effective_sample_size = Size("effective sample size", "ess", _kish, caps=False)
infinity_effective_sample_size = Size("infinity-ESS", "inf", _infinity, caps=True)
SIZES = {size.typed: size for size in (effective_sample_size, infinity_effective_sample_size)}
"""By name, for options."""


class Choice(Enum):
    """How the output is chosen from the last cloud; the value says it in words."""

    BY_WEIGHT = "one particle drawn in proportion to the last weights"
    UNIFORM = "one particle of positive weight drawn evenly, whatever its weight"
    ARGMAX = "a particle of largest last weight, ties drawn evenly"

    @property
    def typed(self) -> str:
        """As `choice_of` reads it."""
        return next(name for name, choice in CHOICES.items() if choice is self)

    def shares(self, weights: Sequence[Rational]) -> list[Rational]:
        """Probability of each particle of a cloud that is not dead, from its weights, shape (N,)."""
        if self is Choice.BY_WEIGHT:
            total = sum(weights, ZERO)
            return [w / total for w in weights]
        least = max(weights) if self is Choice.ARGMAX else min(w for w in weights if w)
        chosen = [w >= least for w in weights]
        return [Rational(int(c), sum(chosen)) for c in chosen]


CHOICES = {"weight": Choice.BY_WEIGHT, "uniform": Choice.UNIFORM, "argmax": Choice.ARGMAX}
"""By name, for options."""


@dataclass(frozen=True)
class Resampling:
    """A scheme and when it is applied: after a step whose normalised weights have `size(W) < threshold * N`, else the weights are
    carried. threshold: None resamples after every step, and so does 1 or more; 0 never resamples.

    Raises InputError for a threshold below 0.
    """

    scheme: Scheme = MULTINOMIAL
    threshold: Rational | None = None
    size: Size = effective_sample_size

    def __post_init__(self) -> None:
        if self.threshold is not None and self.threshold < 0:
            raise InputError(f"threshold {self.threshold}", where="resampling", mend="give a share of N, 0 or more")

    @property
    def words(self) -> str:
        """`stratified resampling where the effective sample size is below 1/2 N`."""
        if self.threshold is None:
            return f"{self.scheme.name} resampling after every step"
        return f"{self.scheme.name} resampling where the {self.size.words} is below {self.threshold} N, weights carried elsewhere"

    @property
    def typed(self) -> str:
        """As `resampling_of` reads it: `stratified`, `stratified:ess:1/2`."""
        rule = "" if self.threshold is None else f":{self.size.typed}:{self.threshold}"
        return self.scheme.name + rule

    @property
    def worth(self) -> Rational | None:
        """The share s of N that the slots are worth (S16): they are independent given the cloud, and none ever carries more than
        `1/(s N)` of the weight. None where one of the two is not certain."""
        if not self.scheme.independent or self.threshold == 0:
            return None
        if self.threshold is None or self.threshold >= 1:
            return ONE
        return self.threshold if self.size.caps else None

    @property
    def effective(self) -> Rational | None:
        """The share s of N such that the squares of the slots' shares never add up to more than `1/(s N)`, where slots are independent
        (S16.threshold): `worth`, or the threshold of the effective sample size. None where there is none."""
        if self.worth is None and self.scheme.independent:
            return self.threshold or None  # either size is at most the effective one
        return self.worth

    def due(self, weights: Sequence[Rational]) -> bool:
        """Whether normalised `weights`, shape (N,), are resampled."""
        return self.threshold is None or self.threshold >= 1 or self.size(weights) < self.threshold * len(weights)


EVERY_STEP = Resampling()
"""Multinomial after every step: what occupancies, enclosures and the theorems on SMC are about."""


def resampling_of(text: str) -> Resampling:
    """The resampling that was typed: a name of `SCHEMES`, and perhaps a threshold on the effective sample size (`stratified:1/2`,
    `stratified:ess:1/2`) or the infinity-ESS (`stratified:inf:1/2`). Raises InputError for what is none."""
    scheme, *rule = text.split(":")
    if scheme not in SCHEMES:
        raise InputError(f"unknown resampling scheme {scheme!r}", where="resampling", mend=one_of(SCHEMES, scheme))
    if not rule:
        return Resampling(SCHEMES[scheme])
    *kind, share = rule
    typed = kind[0] if kind else effective_sample_size.typed
    if not kind and share in SIZES:
        raise InputError(f"{text!r} has no threshold", where="resampling", mend=f"write {text}:1/2")
    if len(kind) > 1 or typed not in SIZES:
        mend = f"write {scheme}, {scheme}:1/2, {scheme}:ess:1/2 or {scheme}:inf:1/2"
        raise InputError(f"{text!r}", where="resampling", mend=mend)
    try:
        value = rational(share)
    except ValueError as error:
        raise InputError(str(error), where="resampling", mend="write a share of N, such as 1/2") from None
    if not 0 <= value <= 1:
        raise InputError(f"threshold {value}", where="resampling", mend="give a share of N between 0 and 1")
    return Resampling(SCHEMES[scheme], None if value == 1 else value, SIZES[typed])


def choice_of(name: str) -> Choice:
    """The choice that was typed: weight, uniform or argmax. Raises InputError for what is none."""
    if name not in CHOICES:
        raise InputError(f"unknown choice {name!r}", where="choice", mend=one_of(CHOICES, name))
    return CHOICES[name]
