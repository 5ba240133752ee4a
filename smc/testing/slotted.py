"""Runs drawn into slots as a finite model of the sealed statements (S16): particles carry shares, slots are independent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

from smc.numbers import INFINITE
from smc.setting.analysis import Constants
from smc.testing.witness import ONE, Layers, fraction, reciprocal

Particle = tuple[int, int, Fraction]
"""(old state, new state, share of the weight)."""
Slots = list[tuple[Fraction, list[Fraction]]]
"""By slot: its share, and the chance of every particle to be taken."""
ZERO = Fraction(0)


class Cloud(tuple[Particle, ...]):
    """N particles; entries beyond are the first again, as the statements read sequences."""

    def __getitem__(self, k: Any) -> Any:
        return super().__getitem__(int(k) % len(self))


def stratified(weights: Sequence[Fraction]) -> Slots:
    """Slot i takes a uniform point of [i/N, (i+1)/N) of the weights laid end to end."""
    count = len(weights)
    ends = list(accumulate(weights, initial=ZERO))
    found = []
    for i in range(count):
        low, high = Fraction(i, count), Fraction(i + 1, count)
        overlap = [max(min(b, high) - max(a, low), ZERO) for a, b in pairwise(ends)]
        found.append((Fraction(1, count), [count * part for part in overlap]))
    return found


def residual(weights: Sequence[Fraction]) -> Slots:
    """floor(N W_j) slots take particle j for certain; the others draw from what is left."""
    count = len(weights)
    certain = [j for j, w in enumerate(weights) for _ in range(int(count * w))]
    left = [count * w - int(count * w) for w in weights]
    chances = [[Fraction(j == k) for k in range(count)] for j in certain]
    if len(certain) < count:
        chances += [[part / sum(left) for part in left]] * (count - len(certain))
    return [(Fraction(1, count), chance) for chance in chances]


def carried_on(weights: Sequence[Fraction]) -> Slots:
    """No resampling: every particle stays, with its weight; a slot without weight takes one of weight, with no share."""
    return [(w, [Fraction(j == i) for j in range(len(weights))] if w else list(weights)) for i, w in enumerate(weights)]


def unless_heavy(most: Fraction) -> Callable[[Sequence[Fraction]], Slots]:
    """Carries the weights on while none is above `most`, and resamples stratified otherwise: the infinity-ESS rule."""
    return lambda weights: carried_on(weights) if max(weights) <= most else stratified(weights)


def unless_uneven(most: Fraction) -> Callable[[Sequence[Fraction]], Slots]:
    """Carries the weights on while their squares add up to at most `most`: the rule of the effective sample size."""
    return lambda weights: carried_on(weights) if sum(w * w for w in weights) <= most else stratified(weights)


class Slotted(Layers):
    """Naive SMC with N particles under a scheme whose slots are independent; omega: the largest share of a slot, or what the squares add
    up to at most."""

    def __init__(self, c: Constants, particles: int, scheme: Callable[[Sequence[Fraction]], Slots], omega: Fraction):
        super().__init__(c)
        self.N, self.scheme, self.omega = particles, scheme, omega
        self.after, self.drawn = cache(self._after), cache(self._drawn)

    def moves_from(self, t: int, x: int) -> list[tuple[Fraction, int]]:
        """The law of a particle's move."""
        return self.M(t, x)

    def of(self, t: int, e: Particle) -> Fraction:
        """The carried weight of a particle."""
        return e[2] * self.weight(t, (e[0], e[1]))

    def _drawn(self, t: int, cloud: Cloud) -> Slots:
        """The slots of the next cloud; where all weights vanish, those of even weights."""
        weights = [self.of(t, e) for e in cloud]
        mass = sum(weights)
        return self.scheme([w / mass for w in weights] if mass else [Fraction(1, self.N)] * self.N)

    def clouds(
        self, slots: list[tuple[Fraction, list[tuple[Fraction, tuple[int, int]]]]]
    ) -> list[tuple[Fraction, Cloud]]:
        """Independent draws, one a slot."""
        found: list[tuple[Fraction, tuple[Particle, ...]]] = [(ONE, ())]
        for share, law in slots:
            found = [(w * p, (*row, (*edge, share))) for w, row in found for p, edge in law]
        return [(w, Cloud(row)) for w, row in found]

    def first(self) -> list[tuple[Fraction, Cloud]]:
        """The first clouds, of even shares."""
        return self.clouds([(Fraction(1, self.N), [(p, (0, y)) for p, y in self.moves_from(0, 0)])] * self.N)

    def _after(self, t: int, cloud: Cloud) -> list[tuple[Fraction, Cloud]]:
        slots = []
        for share, chances in self.drawn(t, cloud):
            taken = [(q, e[1]) for q, e in zip(chances, cloud, strict=True) if q]
            slots.append((share, [(q * p, (x, y)) for q, x in taken for p, y in self.moves_from(t + 1, x)]))
        return self.clouds(slots)

    def missed(self, time: int, shares: Sequence[Fraction], cloud: Cloud) -> int:
        """0 where every edge is reachable and carries its share."""
        fine = all(not self.noedge(time, e[0], e[1]) and e[2] == share for e, share in zip(cloud, shares, strict=True))
        return int(not fine)

    def backward(self, last: Callable[[Cloud], Fraction], step: Callable[[int, Cloud, Fraction], Fraction]) -> Any:
        """f(t, cloud) with f(T-1, c) = last(c) and f(t, c) = step(t, c, E f(t+1, next cloud))."""

        @cache
        def f(t: int, cloud: Cloud) -> Fraction:
            if t >= self.T - 1:
                return last(cloud)
            return step(t, cloud, sum((w * f(t + 1, d) for w, d in self.after(t, cloud)), ZERO))

        return f

    def environment_of(self, F: dict[int, Fraction]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The symbols of S16, and the ranges of the quantifiers: the clouds that occur, and one of dead edges."""
        env, ranges = super().environment()
        end, c = self.T - 1, self.c

        def mass(t: int, cloud: Cloud) -> Fraction:
            return sum((self.of(t, e) for e in cloud), ZERO)

        def answered(cloud: Cloud) -> Fraction:
            whole = mass(end, cloud)
            return sum((self.of(end, e) * F[e[1]] for e in cloud), ZERO) / whole if whole else ZERO

        def at(table: Sequence[Any], k: int) -> Fraction:
            return fraction(table[k]) if k < self.T and table[k] != INFINITE else ONE

        shares, least = [Fraction(1, self.N)] * self.N, [min(u.values()) for u in c.value_ratio]
        env |= {
            "N": self.N, "src": lambda e: e[0], "dst": lambda e: e[1], "carried": lambda e: e[2], "F": lambda x: F[x],
            "VF": self.value_of(F), "begin": self.first, "slots": self.after, "omega": self.omega,
            "share0": lambda i: shares[i % self.N], "share": lambda t, cloud, i: self.drawn(t, cloud)[i % self.N][0],
            "anc": lambda t, cloud, i, j: self.drawn(t, cloud)[i % self.N][1][j % self.N],
            "miss0": lambda d: self.missed(0, shares, d),
            "miss": lambda t, cloud, d: self.missed(t + 1, [share for share, _ in self.drawn(t, cloud)], d),
            "Out": self.backward(answered, lambda t, cloud, mean: mean if mass(t, cloud) else ZERO),
            "B": self.backward(lambda cloud: mass(end, cloud) ** 2, lambda t, cloud, mean: mass(t, cloud) ** 2 * mean),
            "b": lambda k: at(c.b, k), "bv": lambda k: at(c.slot_cost, k), "lo": lambda k: fraction(least[k]) if k < self.T else ONE,
        }  # fmt: skip
        met = {cloud for _, cloud in self.first()}
        for t in range(end):
            met |= {d for cloud in list(met) for _, d in self.after(t, cloud)}
        clouds = [*sorted(met), Cloud([(self.width - 1, 0, Fraction(1, self.N))] * self.N)]
        edges = sorted({e for cloud in clouds for e in cloud})
        return env, ranges | {"Edge": edges, "Edge*": clouds}


class AdaptedSlotted(Slotted):
    """Fully adapted SMC under such a scheme: guided moves, an edge weighs rho where it ends, or 1 at the last step."""

    def moves_from(self, t: int, x: int) -> list[tuple[Fraction, int]]:
        return self.guided(t, x)

    def _weight(self, t: int, edge: tuple[int, int]) -> Fraction:
        x, y = edge
        return self.lifted(t, x, y) * self.mean_ahead(t + 1, y) * reciprocal(self.mean_ahead(t, x))

    def environment_of(self, F: dict[int, Fraction]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The symbols of S16.adapted and its neighbours but for those of the odds."""
        env, ranges = super().environment_of(F)
        found, peaks = self.c.b_adapted, [max(u.values()) for u in self.c.value_ratio[1:]]

        def at(table: Sequence[Any], k: int) -> Fraction:
            return fraction(table[k]) if k < self.T else ONE

        return env | {
            "guided": self.guided, "BV": self.mean_ahead, "psiV": self.lifted, "b": lambda k: at(found, k),
            "bv": lambda k: at(self.c.slot_cost_adapted, k), "lo": lambda k: at(peaks, k) / at(found, k),
        }, ranges  # fmt: skip


class AdaptedRanged(AdaptedSlotted):
    """The same for the odds: states with V = 0 count as dead, and V*/V has a range where guided moves end."""

    noedge = Layers.left_by_guided_moves

    def environment_of(self, F: dict[int, Fraction]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The symbols of S16.adapted_odds; q and lo by the steps to go."""
        env, ranges = super().environment_of(F)
        spread = [[fraction(u) for u in layer.values()] for layer in self.c.value_ratio[:0:-1]]
        return env | {
            "q": lambda k: max(spread[k]) / min(spread[k]) if k < self.T else ONE,
            "lo": lambda k: min(spread[k]) if k < self.T else ONE,
        }, ranges  # fmt: skip
