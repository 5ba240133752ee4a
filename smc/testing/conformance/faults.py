"""The faults that SMC loops are known to have, each as a change of one part of the loop; a diagnosis is the fault's words.

Sources of the list: the issue trackers of SMC and language-model steering libraries, and the review of resampling schemes by Douc,
Cappe and Moulines (2005).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import Outcome, Steps
from smc.samplers.resampling import SCHEMES, Choice, Piece
from smc.samplers.sampler import Sampler, Scores
from smc.setting.model import Model
from smc.testing.conformance.loop import Edge, Loop, Weights
from smc.testing.instances import Instance

LARGEST, LEAST = Rational(10) ** 308, Rational(10) ** -307
"""About where double precision ends."""


@dataclass(frozen=True)
class Fault:
    """name: short. words: the diagnosis, after "the runs fit a loop in which". change: the faulty loop from the right one on an instance;
    None where the fault does not apply to it, or changes nothing."""

    name: str
    words: str
    change: Callable[[Loop, Instance], Loop | None]


def _weights(name: str, words: str, weigh: Callable[[Edge], Rational]) -> Fault:
    return Fault(name, words, lambda loop, instance: replace(loop, weigh=weigh))


def _odds(loop: Loop, instance: Instance) -> Loop | None:
    """Odds need scores below 1."""
    if any(v >= 1 for layer in loop.values for v in layer):
        return None
    return replace(loop, weigh=lambda e: e.potential * e.after / (1 - e.after))


def _sign(edge: Edge) -> Rational:
    """`1/V_t(y)` in place of `V_t(y)` before the last step."""
    return edge.weight if edge.last or not edge.after else edge.weight / edge.after**2


WEIGHTS = (
    _weights("untelescoped", "the weights are V_t, not divided by the previous value V_(t-1): paths are drawn in proportion to the "
             "product of all values, not to the reward", lambda e: e.potential * e.after),
    Fault("odds", "the weights are the odds V_t/(1 - V_t), not divided by the previous value: paths are drawn in proportion to the product "
          "of all odds", _odds),
    _weights("parent", "the weights are V_(t-1), the score of the parent, in place of V_t/V_(t-1)", lambda e: e.potential * e.before),
    Fault("lagged", "the weights are V_(t-1)/V_(t-2): the score of the parent stands in place of the particle's own",
          lambda loop, i: replace(loop, weigh=lambda e: e.potential * e.before / e.earlier, remembers=True)),
    _weights("last-value-twice", "the last value is counted twice: paths are drawn in proportion to the square of the reward",
             lambda e: e.weight * e.after if e.last else e.weight),
    _weights("last-weight-squared", "the last step's weight is counted twice", lambda e: e.weight**2 if e.last else e.weight),
    _weights("sign", "the values before the last step enter with the wrong sign: 1/V_t in place of V_t", _sign),
)  # fmt: skip
"""Faults of weights `psi V_t/V_(t-1)`, for samplers that have these."""


def _range(edge: Edge) -> Rational:
    return edge.weight if LEAST < edge.weight < LARGEST else ZERO


def _zero_as_one(edge: Edge) -> Rational:
    return edge.weight or ONE


def _again(choose: Callable[[Weights], list[Rational]], pieces: Callable[[Weights], list[Piece]], shares: bool):
    """The choice after one more resampling: by the weights that the chosen had (`shares`), or the first slot."""

    def chosen(weights: Weights) -> list[Rational]:
        total = sum(weights, ZERO)
        found = [ZERO] * len(weights)
        for p, slots in pieces([w / total for w in weights]):
            if not shares:
                for i, q in slots[0].items():
                    found[i] += p * q
                continue
            for ancestors in product(*(slot.items() for slot in slots)):
                q = p
                for _, share in ancestors:
                    q *= share
                for (i, _), again in zip(ancestors, choose([weights[i] for i, _ in ancestors]), strict=True):
                    found[i] += q * again
        return found

    return chosen


def _shifted(pieces: Callable[[Weights], list[Piece]], by: int) -> Callable[[Weights], list[Piece]]:
    def wrong(weights: Weights) -> list[Piece]:
        n = len(weights)
        return [
            (p, tuple({(i + by) % n: q for i, q in slot.items()} for slot in slots)) for p, slots in pieces(weights)
        ]

    return wrong


def _one_particle_less(loop: Loop, instance: Instance) -> Loop | None:
    return replace(loop, particles=loop.particles - 1) if loop.particles > 1 else None


def _sum_over_less(loop: Loop, instance: Instance) -> Loop | None:
    n = loop.particles
    if n < 2:
        return None
    right = loop.factor

    def factor(carried: Rational, step: Rational, due: bool, last: bool) -> Rational:
        found = right(carried, step, due, last)
        return found * n / (n - 1) if due or last else found

    return replace(loop, factor=factor)


LOOP = (
    Fault("skipped-normaliser", "the normaliser takes in the carried weights at every step, also where no resampling closes a factor: they "
          "are counted again", lambda loop, i: replace(loop, factor=lambda carried, step, due, last: carried)),
    Fault("skipped-increments", "the normaliser averages the weights of each step without the weights that particles carry after a skipped "
          "resampling", lambda loop, i: replace(loop, factor=lambda carried, step, due, last: step)),
    Fault("last-factor-lost", "the normaliser leaves out the last step's mean weight",
          lambda loop, i: replace(loop, factor=lambda carried, step, due, last: carried if due and not last else ONE)),
    Fault("scale-lost", "the normaliser leaves out V_0, or what stands for it", lambda loop, i: replace(loop, scale=ONE)),
    Fault("sum-over-n-minus-1", "the normaliser divides sums of N weights by N - 1", _sum_over_less),
    Fault("n-minus-1", "one particle too few runs: N - 1 for N", _one_particle_less),
    Fault("n-plus-1", "one particle too many runs: N + 1 for N", lambda loop, i: replace(loop, particles=loop.particles + 1)),
    Fault("off-by-one", "every ancestor is the next particle's: the index is one too large",
          lambda loop, i: replace(loop, pieces=_shifted(loop.pieces, 1))),
    Fault("off-by-minus-one", "every ancestor is the particle before: the index is one too small",
          lambda loop, i: replace(loop, pieces=_shifted(loop.pieces, -1))),
    Fault("dead-drawn", "dead particles are drawn: where all weights are zero the loop resamples evenly and goes on",
          lambda loop, i: replace(loop, when_dead=lambda n: [ONE] * n)),
    Fault("zero-counts-as-one", "dead particles are drawn: a weight of zero counts as one",
          lambda loop, i: replace(loop, weigh=_zero_as_one)),
    Fault("stale-weights", "weights are stale: after resampling particles keep the weights that they were chosen by",
          lambda loop, i: replace(loop, kept=lambda weight: weight)),
    Fault("never-resampled", "particles are never resampled", lambda loop, i: replace(loop, due=lambda weights: False)),
    Fault("always-resampled", "particles are resampled at every step, whatever the threshold",
          lambda loop, i: replace(loop, due=lambda weights: True)),
    Fault("upside-down", "the threshold is upside down: particles are resampled where the effective sample size is large",
          lambda loop, i: replace(loop, due=lambda weights: not loop.due(weights))),
    Fault("argmax", "the output is the particle of largest weight, though it is called a sample",
          lambda loop, i: replace(loop, choose=Choice.ARGMAX.shares)),
    Fault("even-choice", "the output is drawn evenly from the last particles: the last weights are left out",
          lambda loop, i: replace(loop, choose=Choice.UNIFORM.shares)),
    Fault("chosen-twice", "the last weight is counted twice: particles are resampled at the end, and one is drawn by the same weights",
          lambda loop, i: replace(loop, choose=_again(loop.choose, loop.pieces, shares=True))),
    Fault("first-slot", "the output is the first particle after a last resampling, whose law is not that of a random one",
          lambda loop, i: replace(loop, choose=_again(loop.choose, loop.pieces, shares=False))),
    Fault("range", "weights leave the range of double precision: exponentials, or products, without the largest logarithm taken out",
          lambda loop, i: replace(loop, weigh=_range)),
)  # fmt: skip
"""Faults of the loop, whatever its weights are."""

SCHEME_WORDS = {
    "stratified": "stratified, with a uniform number of its own for every slot",
    "systematic": "systematic, with one uniform number for all slots",
}


def _another_scheme(name: str, always: bool = False) -> Fault:
    def change(loop: Loop, instance: Instance) -> Loop:
        due = (lambda weights: True) if always else loop.due
        return replace(loop, pieces=SCHEMES[name].pieces, due=due)

    words = f"resampling is {SCHEME_WORDS.get(name, name)}"
    if always:
        return Fault(f"always-{name}", f"{words}, at every step, whatever the threshold", change)
    return Fault(f"scheme-{name}", words, change)


def ended(model: Model, t: int, x: int) -> bool:
    """Whether state x of layer t < T is the end of a sequence: its only move is to the state of the same name."""
    row = model.edges[t][x]
    return len(row) == 1 and model.layers[t + 1][row[0].target] == model.layers[t][x] and row[0].probability == 1


def _end_propagated(k: int) -> Fault:
    """Ended particles take the moves, and the values, of unfinished state number k of their layer."""

    def change(loop: Loop, instance: Instance) -> Loop | None:
        model, process = instance.model, loop.steps
        steps: list[tuple[tuple[Outcome, ...], ...]] = []
        found = False
        for t, rows in enumerate(process):
            going = [x for x in range(len(rows)) if rows[x] and not ended(model, t, x)]
            wrong = list(rows)
            for x in range(len(rows)):
                if t and rows[x] and ended(model, t, x) and k < len(going):
                    wrong[x], found = _as_if(rows[going[k]], loop, t, going[k], x), True
            steps.append(tuple(wrong))
        return replace(loop, steps=_steps(steps)) if found else None

    which = ("first", "second", "third")[k]
    return Fault(f"end-propagated-{k}", "finished sequences are propagated after their end token, as the "
                 f"{which} unfinished state is", change)  # fmt: skip


def _steps(steps: Sequence[tuple[tuple[Outcome, ...], ...]]) -> Steps:
    return tuple(steps)


def _as_if(row: tuple[Outcome, ...], loop: Loop, t: int, there: int, here: int) -> tuple[Outcome, ...]:
    """The moves of state `there` from state `here`: the weights divide by the value of `here`."""
    v, w = loop.values[t][there], loop.values[t][here]
    return tuple(Outcome(o.target, o.probability, o.weight * v / w) for o in row) if w else row


def faults(sampler: Sampler) -> Iterator[Fault]:
    """The faults that a loop declared to be `sampler` may have, simplest first."""
    if sampler.scores is Scores.MOVES:
        yield from WEIGHTS
    yield from LOOP
    yield from (_end_propagated(k) for k in range(3))
    others = [name for name in SCHEMES if name != sampler.resampling.scheme.name]
    yield from map(_another_scheme, others)
    if sampler.resampling.threshold is not None:
        yield from (_another_scheme(name, always=True) for name in others)
