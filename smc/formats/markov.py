"""Markov chains and MDPs as model checkers write them (PRISM, JANI, DRN, UMB, explicit tables), made into a model by
stated conventions.

- moves: the table's own; where a state has several choices, the reference policy takes each with equal probability; a
  state without a choice (a deadlock) stays where it is, and a note says so;
- end: terminal reward `phi` 1 on states with the label `goal`, `floor` (default 0) elsewhere. Goal states are
  absorbing: what is reached stays reached, so that with floor 0 and no rewards on the way `Z` is the probability of
  reaching a goal within the horizon, which model checkers call `P=? [F<=T "goal"]`. Without `goal` (rewards alone)
  `phi` is 1 everywhere;
- rewards on the way: those of the structure `reward`, of a state, a choice or a transition, as potentials `base^r` or
  `exp(r/beta)` (`smc.formats.gains`); none are earned in a goal state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from smc.errors import InputError
from smc.formats.gains import KEYS, Gains, gains
from smc.formats.options import horizon_of, number, only
from smc.formats.strict_json import Rounding
from smc.numbers import ONE, ZERO, Rational
from smc.setting.mdp import FiniteMDP, Transition, uniform_policy

if TYPE_CHECKING:
    from smc.formats import Source

PARAMETERS = ("horizon", "goal", "floor", "reward", *KEYS, "start")
STAY = "stay"
"""Action of states that have no choice of their own."""
MOVE = "move"
"""Action of choices without a name."""
SHOWN = 8
"""Labels that a message lists."""


class Branch(NamedTuple):
    """Where a choice leads, with what probability, and the rewards of that transition by structure."""

    target: int
    probability: Rational
    rewards: Mapping[str, Rational] = {}


@dataclass(frozen=True)
class Choice:
    """One choice of a state: its action's name, its branches, and the rewards of taking it by structure (the state's own included).

    action: "" where it has no name. where: the place in the source, for messages ("line 12").
    """

    state: int
    action: str
    branches: list[Branch]
    rewards: Mapping[str, Rational] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True)
class MarkovTable:
    """States 0..n-1 by name, choices in order, initial states, states by label, names of reward structures.

    The initial states are equally likely; model checkers have one.
    """

    names: tuple[str, ...]
    choices: tuple[Choice, ...]
    initial: tuple[int, ...]
    labels: Mapping[str, frozenset[int]]
    structures: tuple[str, ...] = ()


def source_of(
    table: MarkovTable, spec: str, name: str, given: Mapping[str, str], horizon: int | None, rounding: Rounding,
    provenance: str = "",
) -> Source:  # fmt: skip
    """The model of `table` by the parameters `given` (those of `PARAMETERS`), unrolled. Raises InputError."""
    from smc.formats import Source

    only(given, PARAMETERS)
    steps = horizon_of(given, horizon, f"{spec.partition('?')[0]}?horizon=20")
    mdp = mdp_of(table, given, rounding, name)
    return Source(spec, mdp.unroll(steps), None, mdp, steps, provenance, _hint(table, given, mdp, steps))


def mdp_of(table: MarkovTable, given: Mapping[str, str], rounding: Rounding, name: str) -> FiniteMDP:
    """`table` as an MDP under the uniform reference policy, by the conventions above."""
    goals, floor = _goals(table, given)
    worth, structure = _rewards(table, given)
    transitions, offered, slips = [], set(), []
    for choice, action in zip(table.choices, _actions(table), strict=True):
        if choice.state in goals:
            continue
        offered.add(choice.state)
        where = choice.where or f"state {table.names[choice.state]!r}"
        chances = rounding.row([b.probability for b in choice.branches], where)
        if sum(chances, ZERO) != 1:
            slips.append(where)
        for branch, p in zip(choice.branches, chances, strict=True):
            gain = choice.rewards.get(structure, ZERO) + branch.rewards.get(structure, ZERO)
            transitions.append(
                Transition(table.names[choice.state], action, table.names[branch.target], p, worth.weight(gain, where))
            )
    if slips:
        raise InputError(
            "the probabilities do not sum to exactly 1",
            where=slips[0],
            mend="write fractions such as 1/3, or pass --rationalise, which mends what rounding has done",
        )
    stuck = [i for i in range(len(table.names)) if i not in offered and i not in goals]
    transitions += [Transition(table.names[i], STAY, table.names[i], ONE) for i in sorted({*stuck, *goals})]
    notes = [f"terminal reward 1 on the {len(goals)} states of {given['goal']!r}, which are absorbing, and {floor} elsewhere"
             if "goal" in given else "terminal reward 1 everywhere: rewards on the way alone"]  # fmt: skip
    if stuck:
        notes.append(f"{len(stuck)} states without a choice stay where they are: {table.names[stuck[0]]!r}")
    choosing = _several(table, goals)
    if choosing:
        notes.append(f"{choosing} states choose among several actions, each with equal probability")
    notes += worth.notes(f"(reward of {structure!r})") if structure else []
    policy = uniform_policy(transitions)
    initial = {table.names[i]: ONE / len(table.initial) for i in table.initial} if "start" not in given else {
        _named(table, given["start"]): ONE}  # fmt: skip
    reward = {n: ONE if i in goals or "goal" not in given else floor for i, n in enumerate(table.names)}
    actions = tuple(dict.fromkeys(t.action for t in transitions))
    return FiniteMDP(
        table.names, actions, tuple(transitions), policy, initial, reward, name, (*notes, *rounding.notes())
    )


def _goals(table: MarkovTable, given: Mapping[str, str]) -> tuple[frozenset[int], Rational]:
    """Indices of the goal states, and the terminal reward elsewhere."""
    if "goal" not in given:
        if "reward" not in given:
            raise InputError(
                "no goal, and no rewards on the way: every run would be alike",
                where="goal",
                mend=f"give goal=LABEL, one of {_listed(table.labels)}",
            )
        if "floor" in given:
            raise InputError("floor is the reward of ends that are no goal", where="floor", mend="give goal=LABEL")
        return frozenset(), ONE
    label = given["goal"]
    if label not in table.labels:
        raise InputError(f"no label {label!r}", where="goal", mend=f"choose one of {_listed(table.labels)}")
    return table.labels[label], number(given.get("floor", "0"), "floor")


def _rewards(table: MarkovTable, given: Mapping[str, str]) -> tuple[Gains, str]:
    """How rewards become potentials, and of which structure ("" for none)."""
    worth = gains(given)
    if "reward" not in given:
        if worth:
            raise InputError("no reward structure named", where="reward", mend=_structures(table))
        return worth, ""
    if given["reward"] not in table.structures:
        raise InputError(f"no reward structure {given['reward']!r}", where="reward", mend=_structures(table))
    if not worth:
        raise InputError(
            "rewards need a scale",
            where="reward",
            mend="give base=2, say, for 2^reward, or beta=1 for exp(reward/beta)",
        )
    return worth, given["reward"]


def _structures(table: MarkovTable) -> str:
    return f"give reward=NAME, one of {_listed(table.structures)}" if table.structures else "the source has none"


def _listed(names: Iterable[str]) -> str:
    known = sorted(names)
    return ", ".join(repr(n) for n in known[:SHOWN]) + (", ..." if len(known) > SHOWN else "") or "none"


def _actions(table: MarkovTable) -> list[str]:
    """A name for each choice, unique among those of its state."""
    taken: set[tuple[int, str]] = set()
    names = []
    for choice in table.choices:
        name, k = choice.action or MOVE, 1
        while (choice.state, name) in taken:
            k += 1
            name = f"{choice.action or MOVE} {k}"
        taken.add((choice.state, name))
        names.append(name)
    return names


def _several(table: MarkovTable, goals: frozenset[int]) -> int:
    counts: dict[int, int] = {}
    for choice in table.choices:
        counts[choice.state] = counts.get(choice.state, 0) + 1
    return sum(count > 1 for state, count in counts.items() if state not in goals)


def _named(table: MarkovTable, name: str) -> str:
    if name not in table.names:
        raise InputError(f"no state {name!r}", where="start", mend=f"choose one of {_listed(table.names)}")
    return name


def _hint(table: MarkovTable, given: Mapping[str, str], mdp: FiniteMDP, steps: int) -> str:
    """The way out when the target has mass zero: how far the nearest goal is."""
    if "goal" not in given:
        return ""
    goals = {table.names[i] for i in table.labels[given["goal"]]}
    front, seen, first = set(mdp.starts), set(mdp.starts), 0
    while front and front.isdisjoint(goals):
        front = {mdp.states[e.target] for s in front for e in mdp.rows[mdp.index[s]]} - seen
        seen |= front
        first += 1
    if not front:
        return "no goal can be reached: give floor=1/100, say, as the reward of every other end"
    return (
        f"the nearest goal is {first} moves away: give horizon={first} or more, or floor=1/100" if first > steps else ""
    )
