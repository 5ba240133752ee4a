"""The loop of Sequential Monte Carlo as textbooks write it, part by part, and the exact joint law of what a run returns.

A loop moves N particles, multiplies their carried weights, and, at each step before T where its rule says so, resamples them and sets
the weights to 1. `Zhat` is the constant in front times the mean of the carried weights at every resampling and at the end. Each part is a
field, so that a fault is another value of one field (`smc.testing.conformance.faults`), and a faulty loop has a law as exact as the right
one. The exact engine (`smc.exact.clouds`) shares no code with this: tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple

from smc.errors import TooLarge
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import Outcome, Steps
from smc.samplers.resampling import Piece, SlotLaw
from smc.samplers.sampler import Sampler
from smc.testing.conformance.runs import DEAD
from smc.testing.instances import Instance

Weights = Sequence[Rational]
MOST = 200_000
"""Largest number of successors of one step that is enumerated."""


class Edge(NamedTuple):
    """What a weight may be made of. weight: the right one. potential: psi of the move. before, after: V at the state that is left and
    the one that is entered; earlier: V at the state left one step before (V_0 at step 1), where the loop remembers it. last: whether the
    step is the last."""

    weight: Rational
    potential: Rational
    before: Rational
    after: Rational
    earlier: Rational
    last: bool


@dataclass(frozen=True)
class Loop:
    """The parts of a loop.

    steps: moves and right weights, as `Moves`. potentials: psi by step and move (x, y). values: of the reward model, by layer.
    scale: what Zhat starts from. particles: N.
    weigh: the weight of a move. due: whether weights (of positive sum) are resampled before the horizon. pieces: the law of the slots'
    ancestors, from normalised weights (`smc.samplers.resampling`). kept: the carried weight of a particle after resampling, from its
    ancestor's. factor: what Zhat is multiplied by at a step, from (mean of carried weights, mean of the step's weights, due, last).
    choose: probability of each particle at the end, from its weight. when_dead: weights in place of weights that are all zero, or None
    where such a run ends without an answer. remembers: whether `weigh` reads the value before the last (`Edge.earlier`).
    """

    steps: Steps
    potentials: tuple[dict[tuple[int, int], Rational], ...]
    values: tuple[tuple[Rational, ...], ...]
    scale: Rational
    particles: int
    due: Callable[[Weights], bool]
    pieces: Callable[[Weights], list[Piece]]
    choose: Callable[[Weights], list[Rational]]
    weigh: Callable[[Edge], Rational] = lambda edge: edge.weight
    kept: Callable[[Rational], Rational] = lambda weight: ONE
    factor: Callable[[Rational, Rational, bool, bool], Rational] = lambda carried, step, due, last: (
        carried if due or last else ONE
    )
    when_dead: Callable[[int], list[Rational]] | None = None
    remembers: bool = False


def declared_loop(sampler: Sampler, instance: Instance) -> Loop:
    """The loop that `sampler` is, on the model, reward model and number of particles of `instance`."""
    process = sampler.process(instance.model, instance.twist)
    potentials = tuple(
        {(x, e.target): e.potential for x, row in enumerate(step) for e in row} for step in instance.model.edges
    )
    return Loop(
        process.steps, potentials, instance.twist.values, process.scale, instance.particles,
        due=lambda weights: sampler.resampling.due(_shares(weights)),
        pieces=sampler.resampling.scheme.pieces,
        choose=sampler.choice.shares,
    )  # fmt: skip


JointLaw = dict[tuple[int, Rational], Rational]
"""Probability of each pair (output, Zhat)."""
Particle = tuple[int, Rational, Rational]
"""(state, carried weight, V at the state that was left; 1 where the loop does not read it)."""
State = tuple[Rational, tuple[Particle, ...]]
"""(the factors of Zhat so far, the particles)."""


def joint_law(loop: Loop) -> JointLaw:
    """The exact law of (output, Zhat). Raises TooLarge where a step has more than `MOST` successors."""
    first = loop.values[0][0]
    _check_size(loop.particles)  # a cloud that lists them all is made first
    states: dict[State, Rational] = {(loop.scale, ((0, ONE, first),) * loop.particles): ONE}
    law: JointLaw = {}
    for t in range(len(loop.steps)):
        after: dict[State, Rational] = {}
        successors = 0
        for (closed, cloud), chance in states.items():
            for p, moved, step in _moved(loop, t, cloud):
                _check_size(successors)
                for state, q, answer in _selected(loop, closed, moved, step, last=t + 1 == len(loop.steps)):
                    successors += 1
                    mass = chance * p * q
                    if answer is not None:
                        law[answer] = law.get(answer, ZERO) + mass
                    else:
                        after[state] = after.get(state, ZERO) + mass
        states = after
    return law


def _check_size(successors: int) -> None:
    if successors > MOST:
        raise TooLarge(
            f"a step has more than {MOST} successors, or particles",
            where="particles", mend="take an instance with fewer particles, states or steps",
        )  # fmt: skip


def _moved(loop: Loop, t: int, cloud: tuple[Particle, ...]) -> Iterator[tuple[Rational, list[Particle], Rational]]:
    """(probability, particles after the move, mean of the step's weights)."""
    last, here, there = t + 1 == len(loop.steps), loop.values[t], loop.values[t + 1]
    ways: list[list[tuple[Rational, Particle, Rational]]] = []
    for x, weight, earlier in cloud:
        ways.append([])
        row = loop.steps[t][x] or (Outcome(0, ONE, ZERO),)  # a state that only particles of weight zero are at
        for y, p, right in row:
            psi = loop.potentials[t].get((x, y), ONE)
            factor = loop.weigh(Edge(right, psi, here[x], there[y], earlier, last))
            ways[-1].append((p, (y, weight * factor, here[x] if loop.remembers else ONE), factor))
    _check_size(prod(map(len, ways)))
    for chosen in product(*ways):
        p, step = ONE, ZERO
        for q, _, factor in chosen:
            p, step = p * q, step + factor
        yield p, [particle for _, particle, _ in chosen], step / len(cloud)


def _selected(
    loop: Loop, closed: Rational, moved: list[Particle], step: Rational, *, last: bool
) -> Iterator[tuple[State, Rational, tuple[int, Rational] | None]]:
    """(state after resampling where it is due, probability, None), or at the end of a run ((...), probability, (output, Zhat))."""
    weights = [w for _, w, _ in moved]
    total = sum(weights, ZERO)
    nowhere: State = (ZERO, ())
    if not total and loop.when_dead is None:
        yield nowhere, ONE, (DEAD, ZERO)
        return
    due = not last and (not total or loop.due(weights))
    closed *= loop.factor(total / len(moved), step, due, last)
    if not total and loop.when_dead is not None:
        weights = loop.when_dead(len(moved))
        moved = [(x, w, v) for (x, _, v), w in zip(moved, weights, strict=True)]
    if last:
        for (y, _, _), p in zip(moved, loop.choose(weights), strict=True):
            if p:
                yield nowhere, p, (y, closed)
    elif due:
        for p, slots in loop.pieces(_shares(weights)):
            taken = [_taken(loop, moved, slot) for slot in slots]
            _check_size(prod(map(len, taken)))
            for chosen in product(*(slot.items() for slot in taken)):
                q = p
                for _, share in chosen:
                    q *= share
                yield (closed, tuple(particle for particle, _ in chosen)), q, None
    else:
        yield (closed, tuple(moved)), ONE, None


def _taken(loop: Loop, moved: list[Particle], slot: SlotLaw) -> dict[Particle, Rational]:
    """Law of the particle that a slot takes over."""
    law: dict[Particle, Rational] = {}
    for i, share in slot.items():
        x, weight, before = moved[i]
        particle = (x, loop.kept(weight), before)
        law[particle] = law.get(particle, ZERO) + share
    return law


def _shares(weights: Weights) -> list[Rational]:
    total = sum(weights, ZERO)
    return [w / total for w in weights]
