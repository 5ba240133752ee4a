"""Exact law of the whole path of the output particle, not only of where it ends.

*Trees*, where a state is its own history, so that the law of the path is that of its last state. Two routes, whichever is estimated to
take less (`routes`): `output_law` with its engines, which do best on layers of few nodes and at many particles; and one that lives on
the tree. There a step is taken in two halves, since neither mixes what the other does: resampling keeps the layer (offspring counts
`k ~ Multinomial(N, m_x g_x / D(m))`, so an occupancy only leads to those on its own support), moving splits each node's offspring among
its children alone. The last layer's occupancies are summed as they come up, by their total weight, and never stored: best where long
weights meet many leaves.

*Other models*, where histories would be exponentially many states: particles are exchangeable, so it is enough to follow the lineage of
one tagged particle beside the occupancy of all. With `F_t(h; m)` the expected number of particles of history h in the occupancy
m (times its probability), a new particle's parent has history h with probability `F_t(h; m) g / D(m)`, the other N - 1 new
particles are independent draws from the mixture mu(m), and
`F_{t+1}(h y; m') = N sum_m F_t(h; m) g/D(m) K(x; y) Multinomial(m' - e_y; N - 1, mu(m))`.
The cost is occupancies of *states* times paths; occupancies of histories never come up.

Under other schemes than multinomial resampling after every step: `output_law` of the model of histories (`unrolled`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import comb, inf, log2

import gmpy2

from smc.errors import TooLarge, whole_number
from smc.exact import output_law, seconds_of_law
from smc.exact.independent import mean_inverse_sums
from smc.exact.occupancy.cells import cell_chain
from smc.exact.occupancy.cost import denominator_bits, duration, product
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import Outcome, ParticleProcess

Path = tuple[int, ...]
"""State indices at layers 0..T (or 0..t)."""
Cell = tuple[int, Rational]
Occupancy = tuple[tuple[Cell, int], ...]

MOST_PATHS = 50_000
MOST_WORK = 200_000_000
"""Largest estimated number of elementary additions where lineages are followed: some minutes."""
MOST_SECONDS = 600.0
"""Longest estimate for a tree that is not refused."""
TREE, OCCUPANCIES = "tree", "occupancies"
"""The routes on trees: the one of this module, and `output_law`."""


@dataclass(frozen=True)
class PathLaw:
    """law: probability of each path of positive probability; sums to `1 - dead`. dead: the run ends with no answer."""

    law: dict[Path, Rational]
    dead: Rational

    def total_variation(self, target: Mapping[Path, Rational]) -> Rational:
        """TV on paths against `target`, with `dead` as an outcome of its own."""
        gap = sum((abs(self.law.get(h, ZERO) - target.get(h, ZERO)) for h in self.law.keys() | target.keys()), ZERO)
        return (gap + self.dead) / 2


def path_law(process: ParticleProcess, particles: int) -> PathLaw:
    """Law of the output's path under a resampled `process`. Raises TooLarge, with the estimate, for what would take too long."""
    n = whole_number("particles", particles)
    paths = sum(1 for _ in _histories(process))
    if paths > MOST_PATHS:
        raise TooLarge(
            f"{paths} paths, more than {MOST_PATHS}", where="model", mend="ask for the law of the last state"
        )
    if not process.plain:
        return _by_occupancies(process, n)
    if _is_tree(process):
        (route, seconds), *_ = routes(process, n)
        if seconds > MOST_SECONDS:
            raise TooLarge(
                f"the law of {paths} paths at {n} particles takes {duration(seconds)}, more than {duration(MOST_SECONDS)}",
                where="particles",
                mend="take fewer particles",
            )
        return (_tree_law if route == TREE else _by_occupancies)(process, n)
    work = _work(process, n, paths)
    if work > MOST_WORK:
        raise TooLarge(
            f"about {work:.0e} additions for {n} particles and {paths} paths, more than {MOST_WORK:.0e}",
            where="particles",
            mend="take fewer particles, or ask for the law of the last state",
        )
    return _tagged_law(process, n)


def routes(process: ParticleProcess, particles: int) -> list[tuple[str, float]]:
    """The routes on a tree with their estimated seconds, the quicker first."""
    found = {OCCUPANCIES: seconds_of_law(process, particles), TREE: _seconds_on_tree(process, particles)}
    return sorted(found.items(), key=lambda route: route[1])


def path_target(process: ParticleProcess) -> dict[Path, Rational]:
    """`pi` on paths, in proportion to the product of probabilities and weights (the same for every `process` of a model)."""
    masses: dict[Path, Rational] = {(0,): ONE}
    for step in process.steps:
        longer: dict[Path, Rational] = {}
        for path, mass in masses.items():
            for y, p, w in step[path[-1]]:
                if w:
                    longer[(*path, y)] = longer.get((*path, y), ZERO) + mass * p * w
        masses = longer
    total = sum(masses.values(), ZERO)
    return {path: mass / total for path, mass in masses.items()}


def unrolled(process: ParticleProcess) -> tuple[ParticleProcess, tuple[Path, ...]]:
    """`process` with histories as states, and the path of each terminal state. Its output law is the path law."""
    layers: list[list[Path]] = [[(0,)]]
    steps = []
    for step in process.steps:
        index: dict[Path, int] = {}
        rows = []
        for path in layers[-1]:
            rows.append(tuple(Outcome(index.setdefault((*path, y), len(index)), p, w) for y, p, w in step[path[-1]]))
        steps.append(tuple(rows))
        layers.append(list(index))
    sizes = tuple(len(layer) for layer in layers)
    return replace(process, steps=tuple(steps), sizes=sizes), tuple(layers[-1])


def _histories(process: ParticleProcess) -> Iterator[int]:
    """One item a path of positive probability, stopped soon after MOST_PATHS."""
    count = {0: 1}
    for step in process.steps:
        following: dict[int, int] = {}
        for x, c in count.items():
            for y in {o.target for o in step[x]}:
                following[y] = following.get(y, 0) + c
        count = following
    yield from range(min(sum(count.values()), MOST_PATHS + 1))


def _is_tree(process: ParticleProcess) -> bool:
    """Whether no state has two parents."""
    for step in process.steps:
        targets = [y for row in step for y in {o.target for o in row}]
        if len(set(targets)) < len(targets):
            return False
    return True


def _work(process: ParticleProcess, n: int, paths: int) -> int:
    """Additions where lineages are followed, roughly: pairs of occupancies that a step relates, times paths."""
    sizes = [comb(n + c - 1, n) for c in _cells(process)]
    return sum(a * b for a, b in pairwise(sizes)) * paths // max(1, len(sizes)) + sizes[-1] * paths


def _cells(process: ParticleProcess) -> list[int]:
    return [len({(o.target, o.weight) for row in step for o in row}) for step in process.steps]


def _by_occupancies(process: ParticleProcess, n: int) -> PathLaw:
    """By the output law of the model of histories."""
    histories, paths = unrolled(process)
    found = output_law(histories, n)
    return PathLaw({path: chance for path, chance in zip(paths, found.law, strict=True) if chance}, found.dead)


# --- trees ------------------------------------------------------------------------------------------


Counts = tuple[tuple[int, int], ...]
"""(node, offspring > 0), in node order."""
Cloud = tuple[tuple[tuple[int, int], int], ...]
"""((node, whole-number weight), particles > 0), in order of the parents."""


def _seconds_on_tree(process: ParticleProcess, n: int) -> float:
    """Estimate for `_tree_law`: operations times what one took where they were measured, by the lengths of the numbers; within a factor of
    about three."""
    chain = cell_chain(process)
    if not all(any(cells.weights) for cells in chain.layers):
        return inf  # every run dies, which the other route says at once
    *inner, last = _cells(process)
    bits = denominator_bits(chain, n)
    seconds = 1e-4
    for c, shorter, longer, cells in zip(inner, bits[:-1], bits[1:], chain.layers[:-1], strict=True):
        # an occupancy on s of c cells leads to the C(n + s - 1, n) on its support
        pairs = sum(comb(c, s) * comb(n - 1, s - 1) * comb(n + s - 1, n) for s in range(1, min(c, n) + 1))
        seconds += pairs * (2e-6 + product(longer, n * log2(n * max(cells.weights))))
        # each mass is lifted to the common denominator
        seconds += comb(n + c - 1, n) * product(shorter, longer - shorter)
    parents = comb(n + inner[-1] - 1, n) if inner else 1
    return seconds + comb(n + last - 1, n) * 3.2e-6 + parents * 1.4e-9 * bits[-2 if inner else -1]


def _tree_law(process: ParticleProcess, n: int) -> PathLaw:
    """Masses are whole numbers over one known denominator a layer, so that no addition needs a greatest common divisor."""
    offspring: dict[Counts, int] = {((0, n),): gmpy2.mpz(1)}
    denominator = gmpy2.mpz(1)
    parent: dict[int, Path] = {0: (0,)}
    dead = ZERO
    for t, step in enumerate(process.steps):
        rows, common = _whole_rows(step)
        denominator *= common**n
        parent = {o.target: (*path, o.target) for x, path in parent.items() for o in step[x]}
        if t + 1 == process.horizon:
            break
        generation: dict[Cloud, int] = {}
        for counts, mass in offspring.items():
            for cloud, ways in _splits(counts, rows):
                generation[cloud] = mass * ways  # a cloud of a tree has one set of parents
        offspring, level, died = _resampled(generation, n)
        dead += Rational(died, denominator)
        denominator *= level
        factor = gmpy2.gcd(denominator, *offspring.values())
        offspring = {counts: mass // factor for counts, mass in offspring.items()}
        denominator //= factor
    shares, died = _last_draw(offspring, rows)
    law = {parent[y]: mass / denominator for y, mass in shares.items()}
    return PathLaw(law, dead + Rational(died, denominator))


def _whole_rows(step) -> tuple[list[list[tuple[tuple[int, int], int]]], int]:
    """Each row as ((child, whole-number weight), whole-number probability), and the probabilities' common denominator."""
    unit = gmpy2.lcm(1, *(o.weight.denominator for row in step for o in row))
    common = gmpy2.lcm(1, *(o.probability.denominator for row in step for o in row))
    return [[((o.target, int(o.weight * unit)), int(o.probability * common)) for o in row] for row in step], common


def _resampled(generation: Mapping[Cloud, int], n: int) -> tuple[dict[Counts, int], int, int]:
    """Masses of the offspring counts, the factor by which their denominator grew, and the mass of clouds without weight."""
    died = gmpy2.mpz(0)
    weighted: list[tuple[dict[int, int], int, int]] = []
    for cloud, mass in generation.items():
        weights: dict[int, int] = {}
        for (x, w), c in cloud:
            if w:
                weights[x] = weights.get(x, 0) + c * w
        if weights:
            weighted.append((weights, sum(weights.values()), mass))
        else:
            died += mass
    level = gmpy2.lcm(1, *(total for _, total, _ in weighted))
    powers = {total: (level // total) ** n for _, total, _ in weighted}
    offspring: dict[Counts, int] = {}
    for weights, total, mass in weighted:
        unit = mass * powers[total]
        for counts, ways in _multinomial(sorted(weights.items()), n):
            offspring[counts] = offspring.get(counts, 0) + unit * ways
    return offspring, level**n, died


def _last_draw(offspring: Mapping[Counts, int], rows) -> tuple[dict[int, Rational], int]:
    """Mass of each leaf as the output, and of the clouds without weight.

    The masses are long and the clouds many, so clouds are first summed for each set of parents, in short numbers.
    """
    died = gmpy2.mpz(0)
    parts: dict[int, list[tuple[int, int]]] = {}
    for counts, mass in offspring.items():
        by_total: dict[int, dict[int, int]] = {}
        for cloud, ways in _splits(counts, rows):
            total = sum(c * w for (_, w), c in cloud)
            if not total:
                died += mass * ways
                continue
            share = by_total.setdefault(total, {})
            for (y, w), c in cloud:
                if w:
                    share[y] = share.get(y, 0) + ways * (c * w)
        given: dict[int, Rational] = {}
        for total, share in by_total.items():
            for y, ways in share.items():
                given[y] = given.get(y, ZERO) + Rational(ways, total)
        for y, chance in given.items():
            parts.setdefault(y, []).append((mass * chance.numerator, chance.denominator))
    return {y: Rational(*_sum_of_fractions(fractions)) for y, fractions in parts.items()}, died


def _sum_of_fractions(fractions: list[tuple[int, int]]) -> tuple[int, int]:
    """Sum of (numerator, denominator) pairs by halves: only denominators, which stay short until the end, are compared."""
    if len(fractions) == 1:
        return fractions[0]
    half = len(fractions) // 2
    (a, b), (c, d) = _sum_of_fractions(fractions[:half]), _sum_of_fractions(fractions[half:])
    common = gmpy2.gcd(b, d)
    return a * (d // common) + c * (b // common), b // common * d


def _splits(counts: Counts, rows) -> Iterator[tuple[Cloud, int]]:
    """Every way in which each node's offspring move on, with its probability times the rows' common denominator to the N."""
    if not counts:
        yield (), gmpy2.mpz(1)
        return
    x, c = counts[0]
    tails = list(_splits(counts[1:], rows))
    for cloud, ways in _multinomial(rows[x], c):
        for tail, factor in tails:
            yield cloud + tail, ways * factor


def _multinomial(weights, n: int):
    """Terms of `(sum_k a_k z_k)^n`: (tuple of (key, count > 0), multinomial coefficient times powers), a_k whole numbers."""
    (key, a), *rest = weights
    if not rest:
        yield (((key, n),) if n else ()), gmpy2.mpz(a) ** n
        return
    for c in range(n + 1):
        factor = comb(n, c) * gmpy2.mpz(a) ** c
        head = ((key, c),) if c else ()
        for tail, ways in _multinomial(rest, n - c):
            yield head + tail, factor * ways


# --- other models -----------------------------------------------------------------------------------

Lineages = dict[tuple[Path, Rational], Rational]
"""`F(h, w; m)` of one occupancy m: expected number of particles of history h and weight w, times the probability of m."""


def _tagged_law(process: ParticleProcess, n: int) -> PathLaw:
    parents: list[dict[Path, Rational]] = [
        {(0,): ONE}
    ]  # an entry an occupancy: the law of a new particle's parent's history
    dead = ZERO
    for step in process.steps[:-1]:
        generation: dict[Occupancy, Lineages] = {}
        for histories in parents:
            _follow(histories, step, n, generation)
        parents = []
        for occupancy, lineages in generation.items():
            total = sum((c * w for (_, w), c in occupancy), ZERO)
            if total:
                histories = {}
                for (path, w), count in lineages.items():
                    if w:
                        histories[path] = histories.get(path, ZERO) + count * w / total
                parents.append(histories)
            else:
                dead += sum(lineages.values(), ZERO) / n
    law: dict[Path, Rational] = {}
    for histories in parents:
        mass = sum(histories.values(), ZERO)
        weights: dict[Rational, Rational] = {}
        for (_, w), p in _mixture(histories, process.steps[-1]):
            weights[w] = weights.get(w, ZERO) + p / mass
        zero = weights.pop(ZERO, ZERO)
        dead += mass * zero**n
        inverse = mean_inverse_sums(dict(sorted(weights.items())), zero, n)
        for path, chance in histories.items():
            for y, p, w in process.steps[-1][path[-1]]:
                if w:
                    law[(*path, y)] = law.get((*path, y), ZERO) + n * chance * p * w * inverse[w]
    return PathLaw(law, dead)


def _follow(histories: Mapping[Path, Rational], step, n: int, generation: dict[Occupancy, Lineages]) -> None:
    """Add one occupancy's part of `F_{t+1}`: the tagged particle's move beside the other N - 1."""
    mass = sum(histories.values(), ZERO)
    mixture = [(cell, p / mass) for cell, p in _mixture(histories, step)]
    unit = gmpy2.lcm(*(p.denominator for _, p in mixture))
    whole = [(cell, int(p * unit)) for cell, p in mixture]
    others = [(dict(cloud), Rational(ways, unit ** (n - 1))) for cloud, ways in _multinomial(whole, n - 1)]
    by_state: dict[int, list[tuple[Path, Rational]]] = {}
    for path, chance in histories.items():
        by_state.setdefault(path[-1], []).append((path, n * chance))
    for cell, _ in whole:
        y, w = cell
        moving = [
            (path, c * p) for x, here in by_state.items() for z, p, v in step[x] if (z, v) == cell for path, c in here
        ]
        for cloud, chance in others:
            occupancy = tuple(sorted({**cloud, cell: cloud.get(cell, 0) + 1}.items()))
            lineages = generation.setdefault(occupancy, {})
            for path, c in moving:
                key = ((*path, y), w)
                lineages[key] = lineages.get(key, ZERO) + c * chance


def _mixture(histories: Mapping[Path, Rational], step) -> list[tuple[Cell, Rational]]:
    """Law of a new particle's cell, times the occupancy's probability, in cell order."""
    cells: dict[Cell, Rational] = {}
    for path, chance in histories.items():
        for y, p, w in step[path[-1]]:
            cells[y, w] = cells.get((y, w), ZERO) + chance * p
    return sorted(cells.items())
