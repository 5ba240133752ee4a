"""Brute force for resampling schemes: every ordered cloud and every vector of ancestors, one by one, over `fractions.Fraction`.

Nothing here imports `smc.exact` or `smc.samplers`. A scheme is the probability of a vector of ancestors in closed form; the run
carries its weights as they are, and `Zhat` takes in their mean where they are resampled and at the end, as textbooks write it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from math import floor, prod

from smc.setting.model import Model
from smc.setting.twist import Twist
from tests.exact.enumeration import Instance

ZERO, ONE = Fraction(0), Fraction(1)
Chance = Callable[[Sequence[Fraction], tuple[int, ...]], Fraction]


def multinomial(weights, ancestors):
    return prod((weights[i] for i in ancestors), start=ONE)


def residual(weights, ancestors):
    n = len(weights)
    whole = [i for i, w in enumerate(weights) for _ in range(floor(n * w))]
    if list(ancestors[: len(whole)]) != whole:
        return ZERO
    free = n - len(whole)
    return prod(((n * weights[i] - floor(n * weights[i])) / free for i in ancestors[len(whole) :]), start=ONE)


def _strips(weights, ancestors):
    """For every slot k the u in [0, 1] for which (k + u)/N falls to its ancestor, as (low, high)."""
    n = len(weights)
    for k, i in enumerate(ancestors):
        below = sum(weights[:i], ZERO)
        yield max(ZERO, n * below - k), min(ONE, n * (below + weights[i]) - k)


def stratified(weights, ancestors):
    return prod((max(ZERO, high - low) for low, high in _strips(weights, ancestors)), start=ONE)


def systematic(weights, ancestors):
    lows, highs = zip(*_strips(weights, ancestors), strict=True)
    return max(ZERO, min(highs) - max(lows))


def killing(weights, ancestors):
    top = max(weights)
    slots = enumerate(zip(ancestors, weights, strict=True))
    return prod(((k == i) * w / top + (1 - w / top) * weights[i] for k, (i, w) in slots), start=ONE)


def ssp(weights, ancestors):
    """As Gerber, Chopin and Whiteley (2019) write it: two fractional parts x, y move in opposite directions by what settles one of them,
    up by a with probability b/(a + b), down by b otherwise."""
    n = len(weights)
    whole = [floor(n * w) for w in weights]
    wanted = [list(ancestors).count(i) for i in range(n)]
    if list(ancestors) != sorted(ancestors) or any(m - k not in (0, 1) for m, k in zip(wanted, whole, strict=True)):
        return ZERO

    def chance(parts):
        """Probability that these parts end as wanted."""
        if any(x in (0, 1) and m != k + x for x, m, k in zip(parts, wanted, whole, strict=True)):
            return ZERO
        loose = [i for i, x in enumerate(parts) if 0 < x < 1]
        if not loose:
            return ONE
        i, j = loose[:2]
        a, b = min(parts[j], 1 - parts[i]), min(parts[i], 1 - parts[j])
        found = ZERO
        for share, move in ((b / (a + b), a), (a / (a + b), -b)):
            moved = list(parts)
            moved[i], moved[j] = parts[i] + move, parts[j] - move
            found += share * chance(moved)
        return found

    return chance([n * w - k for w, k in zip(weights, whole, strict=True)])


SCHEMES: dict[str, Chance] = {f.__name__: f for f in (multinomial, residual, stratified, systematic, killing, ssp)}


def always(weights):
    return True


def ess_below(threshold):
    return lambda w: threshold >= 1 or sum(w) ** 2 < threshold * len(w) * sum(x * x for x in w)


def infinity_ess_below(threshold):
    return lambda w: threshold >= 1 or sum(w) < threshold * len(w) * max(w)


def run(model: Model, twist: Twist, particles: int, chance: Chance, due=always):
    """(law, E[Zhat nu], E[Zhat^2 nu], dead) of naive-proposal SMC that resamples with `chance` where `due`."""
    instance = Instance.of(model, twist)
    first = instance.value[0][0]
    clouds = {((0, ONE),) * particles: [ONE, first, first * first]}
    dead = ZERO
    for t in range(instance.horizon):
        moved: dict = {}
        for cloud, masses in clouds.items():
            moves = [
                [((y, w * weight), p) for y, p, weight in instance.reference_move(t, x)] if w else [((x, w), ONE)]
                for x, w in cloud
            ]
            for steps in product(*moves):
                _add(moved, tuple(s for s, _ in steps), masses, prod((p for _, p in steps), start=ONE))
        clouds = {}
        for cloud, masses in moved.items():
            weights = [w for _, w in cloud]
            total = sum(weights, ZERO)
            if not total:
                dead += masses[0]
            elif t + 1 < instance.horizon and due(weights):
                shares = [w / total for w in weights]
                for ancestors in product(range(particles), repeat=particles):
                    p = chance(shares, ancestors)
                    if p:
                        fresh = tuple((cloud[i][0], ONE) for i in ancestors)
                        _add(clouds, fresh, masses, p, total / particles)
            else:
                _add(clouds, cloud, masses, ONE)
    sums = [[ZERO] * instance.leaves for _ in range(3)]
    for cloud, masses in clouds.items():
        total = sum((w for _, w in cloud), ZERO)
        for y, w in cloud:
            for j, mass in enumerate(masses):
                if w:
                    sums[j][y] += mass * (total / particles) ** j * w / total
    return (*sums, dead)


def _add(clouds, cloud, masses, chance, factor=ONE):
    old = clouds.setdefault(cloud, [ZERO, ZERO, ZERO])
    for j, mass in enumerate(masses):
        old[j] += chance * factor**j * mass
