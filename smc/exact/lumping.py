"""Exact lumping: states that no run can tell apart become one, so that the engines work on fewer.

Two states of a layer are bisimilar when they have the same value `V_t` and, for every class C of the next layer and every
potential, the same probability of a step into C. Classes are found from the last layer backwards, in one pass. The
lumped particles are again a particle system of the same kind (a function of the states that is a Markov chain whatever the
start, with weights that only depend on classes), so the output law of the lumped model is the pushed-forward law of the
original, with the same `dead` and the same law of `Zhat`. The last layer is split by `keep`: "states" (every terminal state
by itself, no information is lost), "reward" (terminal states of equal reward together), or labels of the caller's.
Unreachable states are dropped.

`lump_symmetric` goes further where states, terminal ones too, are interchangeable: classes that are stable in both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from smc.errors import InputError
from smc.exact.law import OutputLaw
from smc.numbers import ZERO, Rational
from smc.samplers.process import Outcome, ParticleProcess
from smc.setting.model import Edge, Model, Row, merge_edges, reachable
from smc.setting.twist import Twist

Keep = str | Sequence[Hashable]
"""How terminal states are told apart: "states", "reward" (models only), or one label a terminal state."""


Classes = Sequence[int | None]
"""Class of each state of a layer; None for a state that is dropped."""


@dataclass(frozen=True)
class Lumping:
    """Which states became one.

    classes: class of each state by layer, shape (T + 1, |X_t|), None for a state that was dropped.
    sizes: number of classes by layer, shape (T + 1,).
    """

    classes: tuple[tuple[int | None, ...], ...]
    sizes: tuple[int, ...]

    @property
    def before(self) -> tuple[int, ...]:
        """Number of states by layer that the original had, shape (T + 1,)."""
        return tuple(len(layer) for layer in self.classes)

    def push(self, law: Sequence[Rational]) -> tuple[Rational, ...]:
        """A law on the original's terminal states as one on their classes. A dropped state must have probability zero."""
        pushed = [ZERO] * self.sizes[-1]
        for k, p in zip(self.classes[-1], law, strict=True):
            if k is not None:
                pushed[k] += p
            elif p:
                raise ValueError(f"a dropped state has probability {p}")
        return tuple(pushed)

    def pushed(self, law: OutputLaw) -> OutputLaw:
        """The output law on classes; `dead` stays as it is."""
        return OutputLaw(self.push(law.law), law.dead)

    def __str__(self) -> str:
        before, after = sum(self.before), sum(self.sizes)
        if before == after:
            return f"no two of the {before} states are bisimilar"
        widest = max(self.before), max(self.sizes)
        layer = f"has {widest[1]} instead of {widest[0]}" if widest[1] < widest[0] else f"keeps its {widest[0]}"
        return f"{before} states became {after} by exact lumping; the widest layer {layer}"


def lump_model(model: Model, twist: Twist, keep: Keep = "states") -> tuple[Model, Twist, Lumping]:
    """The quotient of (reference, potentials, reward, twist). Every constant of the theory is the original's.

    A class bears the name of its first state. Raises InputError for a `keep` that does not fit.
    """
    labels: Sequence[Hashable] = model.reward if keep == "reward" else _labels(keep, model.sizes[-1])
    live = reachable(model)

    def row(t: int, x: int, below: Classes) -> Row:
        return merge_edges(
            Edge(_class(below, e.target), e.probability, e.potential) for e in model.edges[t][x] if e.probability
        )

    def signature(t: int, x: int, below: Classes) -> Hashable:
        return twist.values[t][x], row(t, x, below)

    last = [(labels[x], model.reward[x]) for x in range(model.sizes[-1])]
    lumping, members = _partition(live, model.sizes, last, signature)
    layers = tuple(tuple(names[x] for x in first) for names, first in zip(model.layers, members, strict=True))
    edges = tuple(tuple(row(t, x, lumping.classes[t + 1]) for x in first) for t, first in enumerate(members[:-1]))
    values = tuple(tuple(layer[x] for x in first) for layer, first in zip(twist.values, members, strict=True))
    notes = (*model.notes, str(lumping))
    return Model(layers, edges, values[-1], model.name, notes), Twist(values, twist.name), lumping


def lump_process(process: ParticleProcess, keep: Keep = "states") -> tuple[ParticleProcess, Lumping]:
    """The quotient of a particle process: coarser than the model's, since only moves and weights count, not `V` itself.

    A move of weight zero leads nowhere that matters, so all of them lead to class 0, and states that only they reach go.
    """
    labels = _labels(keep, process.sizes[-1])
    live = [{0}]
    for step in process.steps:
        live.append({o.target for x in live[-1] for o in step[x] if o.probability and o.weight})

    def row(t: int, x: int, below: Classes) -> tuple[Outcome, ...]:
        joined: dict[tuple[int, Rational], Rational] = {}
        for o in process.steps[t][x]:
            key = (_class(below, o.target), o.weight) if o.weight else (0, ZERO)
            joined[key] = joined.get(key, ZERO) + o.probability
        return tuple(Outcome(y, p, w) for (y, w), p in sorted(joined.items()))

    lumping, members = _partition(live, process.sizes, labels, row)
    steps = tuple(tuple(row(t, x, lumping.classes[t + 1]) for x in first) for t, first in enumerate(members[:-1]))
    return replace(process, steps=steps, sizes=lumping.sizes), lumping


def unlumped(process: ParticleProcess) -> tuple[ParticleProcess, Lumping]:
    """The process as it is, for samplers that tell bisimilar states apart (a walk that goes back sees where it came from)."""
    return process, Lumping(tuple(tuple(range(n)) for n in process.sizes), process.sizes)


def lump_symmetric(process: ParticleProcess) -> tuple[ParticleProcess, Lumping]:
    """The quotient by the coarsest partition in which the states of a class share both their ways out and their ways in.

    Ways out: for every class and weight, the same probability (bisimilarity). Ways in: for every class and weight, the same total
    probability over its members. Then, given the classes that a run goes through, the output is uniform on its class, and so is the
    target: masses and moments by terminal state are those of its class in equal shares, and the total variation is that of the classes.
    """
    live = [{0}]
    arrows: list[_Arrows] = []
    for step in process.steps:
        arrows.append({x: [o for o in step[x] if o.probability and o.weight] for x in live[-1]})
        live.append({o.target for row in arrows[-1].values() for o in row})
    backward = [_reversed(rows) for rows in arrows]
    colours = [dict.fromkeys(layer, 0) for layer in live]
    before: list[int] = []
    while (count := [len(set(colour.values())) for colour in colours]) != before:
        before = count
        for t in range(process.horizon - 1, -1, -1):
            colours[t] = _refined({x: (c, _flows(colours[t + 1], arrows[t][x])) for x, c in colours[t].items()})
        for t in range(process.horizon):
            colours[t + 1] = _refined({y: (c, _flows(colours[t], backward[t][y])) for y, c in colours[t + 1].items()})
    classes = tuple(
        tuple(colour.get(x) for x in range(size)) for colour, size in zip(colours, process.sizes, strict=True)
    )
    sizes = tuple(max(1, k) for k in count)
    steps = []
    for t, colour in enumerate(colours[:-1]):
        first = {c: x for x, c in sorted(colour.items(), reverse=True)}
        rows = []
        for c in range(sizes[t]):
            joined: dict[tuple[int, Rational], Rational] = {}
            for o in process.steps[t][first[c]] if c in first else ():
                key = (colours[t + 1][o.target], o.weight) if o.probability and o.weight else (0, ZERO)
                joined[key] = joined.get(key, ZERO) + o.probability
            rows.append(tuple(Outcome(y, p, w) for (y, w), p in sorted(joined.items()) if p))
        steps.append(tuple(rows))
    quotient = replace(process, steps=tuple(steps), sizes=sizes)
    return quotient, Lumping(classes, sizes)


_Arrows = dict[int, list[Outcome]]
"""By state: the moves of positive weight out of it (or into it, with their sources for targets)."""


def _reversed(arrows: _Arrows) -> _Arrows:
    into: _Arrows = {}
    for x, row in arrows.items():
        for y, p, w in row:
            into.setdefault(y, []).append(Outcome(x, p, w))
    return into


def _flows(colour: dict[int, int], row: list[Outcome]) -> Hashable:
    """Total probability by class at the other end and weight."""
    total: dict[tuple[int, Rational], Rational] = {}
    for state, p, w in row:
        key = colour[state], w
        total[key] = total.get(key, ZERO) + p
    return frozenset(total.items())


def _refined(signatures: dict[int, Hashable]) -> dict[int, int]:
    """Classes of equal signature, numbered in the order of their first states."""
    index: dict[Hashable, int] = {}
    return {x: index.setdefault(signatures[x], len(index)) for x in sorted(signatures)}


def _class(classes: Classes, x: int) -> int:
    """Class of a state that is reached, hence not dropped."""
    found = classes[x]
    assert found is not None, "a reachable state was dropped"
    return found


def _partition(
    live: Sequence[frozenset[int] | set[int]],
    sizes: Sequence[int],
    last: Sequence[Hashable],
    signature: Callable[[int, int, Classes], Hashable],
) -> tuple[Lumping, tuple[tuple[int, ...], ...]]:
    """Classes of equal signature, from the last layer backwards, and the first member of each class."""
    layers: list[tuple[int | None, ...]] = []
    firsts: list[tuple[int, ...]] = []
    for t in range(len(sizes) - 1, -1, -1):
        index: dict[Hashable, int] = {}
        members: list[int] = []
        row: list[int | None] = [None] * sizes[t]
        for x in sorted(live[t]):
            key = last[x] if t == len(sizes) - 1 else signature(t, x, layers[0])
            if key not in index:
                index[key] = len(members)
                members.append(x)
            row[x] = index[key]
        layers.insert(0, tuple(row))
        firsts.insert(0, tuple(members))
    return Lumping(tuple(layers), tuple(max(1, len(first)) for first in firsts)), tuple(firsts)


def _labels(keep: Keep, states: int) -> Sequence[Hashable]:
    if keep == "states":
        return range(states)
    if isinstance(keep, str):
        raise InputError(f"unknown way to lump {keep!r}", where="keep", mend='choose "states", or "reward" for a model')
    if len(keep) != states:
        raise InputError(
            f"{len(keep)} labels for {states} terminal states", where="keep", mend="give one label a state"
        )
    return keep
