"""Gymnasium's tabular environments as finite MDPs: `gym:FrozenLake-v1?horizon=8&map_name=8x8`.

The table is `env.unwrapped.P[state][action] = [(probability, next state, reward, terminated), ...]`. Conventions:

- reference policy: uniform over the actions that a state offers;
- a transition that terminates leads to an absorbing copy of its target (an episode that is over stays over);
- terminal reward `phi`: 1 at a goal, `floor` (default 0) elsewhere, where a goal is the target of a terminating
  transition with the largest reward among all terminating ones (FrozenLake: the gift; CliffWalking: the far corner;
  Taxi: the passenger delivered);
- rewards on the way are left out unless `base` is given, for `psi = base^r`, or `beta` (and `digits`), for `psi =
  exp(r/beta)` as a declared decimal (`smc.formats.gains`); `clip=c` first clips r to [-c, c].

Own parameters: `horizon`, `base`, `beta`, `digits`, `clip`, `floor`, `start` (one state in place of the table's own
law). All others go to `gymnasium.make`, read as Python literals (`is_slippery=false`, `reward_schedule=(10,-1,0)`,
`desc=["SF","HG"]`, in short `desc=SF,HG`) or as a plain word (`map_name=8x8`); anything else is refused, as an
environment may take text for what it is not. `gym:MODULE:ENV` imports MODULE first, which registers environments of
your own. A table that is not of the form above is refused in one line. Floats are taken at their exact binary value,
and a row that then misses 1 is refused; `rationalise` reads them as the fractions they round.
"""

from __future__ import annotations

import ast
import math
import numbers
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from smc.errors import InputError, missing_extra
from smc.formats.gains import KEYS, Gains, gains
from smc.formats.options import horizon_of, number, parameters, whole
from smc.formats.strict_json import Rounding
from smc.numbers import ONE, ZERO, Rational, rational
from smc.setting.mdp import FiniteMDP, Transition, uniform_policy

if TYPE_CHECKING:
    from smc.formats import Source

EXAMPLE = "gym:FrozenLake-v1?horizon=8"
OWN = ("horizon", *KEYS, "clip", "floor", "start")
_WORD = re.compile(r"[A-Za-z0-9_.+-]+")
_WORDS = re.compile(r"[A-Za-z]+(,[A-Za-z]+)+")


def load(spec: str, *, rationalise: bool = False, horizon: int | None = None) -> Source:
    """The table that `spec` names, unrolled. Raises InputError, with `spec` as its place."""
    from smc.formats import Source

    try:
        name, given = _parse(spec)
        options = {key: given.pop(key) for key in OWN if key in given}
        steps = horizon_of(options, horizon, "gym:ENV?horizon=8")
        floor = number(options.get("floor", "0"), "floor")
        clip = whole(options["clip"], "clip") if "clip" in options else None
        environment, version = _make(name, given)
        rounding, start = Rounding(rationalise), options.get("start")
        mdp = from_environment(
            environment, name=spec, gains=gains(options), clip=clip, floor=floor, start=start, rounding=rounding
        )
        hint = _out_of_reach(mdp, steps, [state for state, reward in mdp.reward.items() if reward])
        licence = f"{spec}, the table of gymnasium {version} (MIT licence)"
        return Source(spec, mdp.unroll(steps), None, mdp, steps, licence, hint)
    except InputError as error:
        raise error.within(spec) from None


def _parse(spec: str) -> tuple[str, dict[str, str]]:
    name, _, query = spec.removeprefix("gym:").partition("?")
    if not name:
        raise InputError("no environment named", mend=f"write {EXAMPLE}")
    return name, parameters(query, EXAMPLE)


def _argument(key: str, text: str) -> Any:
    """A parameter of `gymnasium.make`: a Python literal, `true`, `false`, or a plain word. Raises InputError for anything else."""
    if text.lower() in ("true", "false", "none"):
        return {"true": True, "false": False, "none": None}[text.lower()]
    if _WORDS.fullmatch(text) and key == "desc":
        return text.split(",")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        if _WORD.fullmatch(text):
            return text
    raise InputError(
        f"{text!r} is no number, true, false, list in brackets or plain word",
        where=key,
        mend="write it as in Python, such as (10,-1,0)",
    )


def _successor(error: Exception, name: str) -> str:
    """What to write in place of an environment that Gymnasium does not know, when its message names another."""
    import gymnasium

    named = re.findall(r"`([^`]+)`", str(error))
    known = [key for key in gymnasium.registry if named and key.rpartition("-v")[0] == named[-1].rpartition("-v")[0]]
    offered = named[-1] if named and named[-1] in gymnasium.registry else max(known, default="")
    offered = offered or next((key for key in gymnasium.registry if named and key.startswith(f"{named[-1]}-v")), "")
    return f"write gym:{offered}" if offered and offered != name else "check the name and the parameters"


def _make(name: str, parameters: Mapping[str, str]) -> tuple[Any, str]:
    try:
        import gymnasium
    except ImportError:
        raise missing_extra("gymnasium") from None
    arguments = {key: _argument(key, value) for key, value in parameters.items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            environment = gymnasium.make(name, **arguments).unwrapped
    except (
        Exception
    ) as error:  # an environment's constructor may raise anything; Gymnasium's own faults are of many types
        reason = str(error).split(" was raised from")[0].strip() or type(error).__name__
        raise InputError(f"Gymnasium cannot make it: {reason}", mend=_successor(error, name)) from None
    return environment, gymnasium.__version__


@dataclass(frozen=True)
class _Move:
    source: int
    action: int
    target: int
    probability: Rational
    reward: Any
    terminated: bool


def from_environment(
    environment: Any,
    *,
    name: str,
    gains: Gains | None = None,
    clip: int | None = None,
    floor: Rational = ZERO,
    start: str | None = None,
    rounding: Rounding | None = None,
) -> FiniteMDP:
    """The MDP of a tabular environment (an object with `P` and `initial_state_distrib`), by the conventions above.

    States keep their numbers as names; a state that is entered both by moving on and by terminating has an absorbing copy `"7 (over)"`.
    States that no run comes to are left out, and a note counts them. Raises InputError for numbers that cannot be made exact.
    """
    rounding, worth = rounding or Rounding(), gains or Gains()
    table = _table(getattr(environment, "P", None))
    initial = _initial(environment, table, start, rounding)
    moves, live, over = _explore(table, [s for s, p in initial.items() if p], rounding)
    ends = [g for row in table.values() for outcomes in row.values() for p, _, g, over in outcomes if over and p]
    best = max(ends, default=None)  # of the whole table: a hole is no goal on a map whose goal is walled off
    goals = {m.target for m in moves if m.terminated and m.reward == best}

    def ended(state: int) -> str:
        return f"{state} (over)" if state in live else str(state)

    transitions = [
        Transition(
            str(m.source),
            str(m.action),
            ended(m.target) if m.terminated else str(m.target),
            m.probability,
            _potential(worth, clip, m),
        )
        for m in moves
    ]
    absorbing = [Transition(ended(s), str(a), ended(s), ONE) for s in sorted(over) for a in sorted(table[s])]
    names = {str(s): floor for s in sorted(live)} | {ended(s): ONE if s in goals else floor for s in sorted(over)}
    ordered = tuple(sorted(names, key=lambda n: (int(n.split()[0]), n)))
    actions = tuple(str(a) for a in sorted({a for s in table for a in table[s]}))
    left_out = len(table) - len(live | over)
    notes = [f"{left_out} of the table's {len(table)} states are never reached and are left out"] if left_out else []
    named = ", ".join(sorted((ended(s) for s in goals), key=lambda n: int(n.split()[0]))) or "none"
    notes.append(f"terminal reward 1 at the goal states ({named}) and {floor} elsewhere")
    gain = "reward" if clip is None else f"(reward clipped to [-{clip}, {clip}])"
    notes += worth.notes(gain) or ["rewards on the way are left out (base=2, say, puts them in)"]
    law = {str(s): p for s, p in initial.items() if p}
    policy = uniform_policy([*transitions, *absorbing])
    try:
        return FiniteMDP(
            ordered,
            actions,
            (*transitions, *absorbing),
            policy,
            law,
            {n: names[n] for n in ordered},
            name,
            (*notes, *rounding.notes()),
        )
    except InputError as error:
        if "probabilities sum to" in error.what and not rounding.allowed:
            raise type(error)(error.what.split(" which")[0] + " the floats of the table are rounded", where=error.where,
                              mend="pass --rationalise to read them as fractions") from None  # fmt: skip
        raise


def _table(given: Any) -> dict[int, dict[int, list[tuple[float, int, float, bool]]]]:
    """`P` with its types made plain. Raises InputError for the first place that is not as Gymnasium's own tables are."""
    if given is None:
        raise InputError(
            "this environment has no transition table", mend="use a tabular one: FrozenLake, CliffWalking, Taxi"
        )
    form = "a table is {state: {action: [(probability, next state, reward, terminated), ...]}} with states 0, 1, ..."

    def wrong(where: str, what: str) -> InputError:
        return InputError(what, where=where, mend=form)

    if not isinstance(given, Mapping):
        raise wrong("P", f"a {type(given).__name__} where a dictionary is wanted")
    table: dict[int, dict[int, list[tuple[float, int, float, bool]]]] = {}
    for state, actions in given.items():
        if not _is_index(state):
            raise wrong(f"P[{state!r}]", "a state that is no whole number")
        if not isinstance(actions, Mapping) or not actions:
            raise wrong(f"P[{state!r}]", f"{type(actions).__name__} where actions with their rows are wanted")
        table[int(state)] = {}
        for action, row in actions.items():
            where = f"P[{state!r}][{action!r}]"
            if not _is_index(action):
                raise wrong(where, "an action that is no whole number")
            if not isinstance(row, Sequence) or isinstance(row, str) or not row:
                raise wrong(where, f"{type(row).__name__} where a list of outcomes is wanted")
            for k, outcome in enumerate(row):
                place = f"{where}[{k}]"
                if not isinstance(outcome, Sequence) or isinstance(outcome, str) or len(outcome) != 4:
                    size = f"{len(outcome)} entries" if isinstance(outcome, Sequence) else type(outcome).__name__
                    raise wrong(place, f"{size} where (probability, next state, reward, terminated) is wanted")
                chance, target, gain, _ = outcome
                if not _is_index(target):
                    raise wrong(place, f"next state {target!r} is no whole number")
                if target not in given:
                    raise wrong(place, f"next state {target} is missing from the table")
                for what, given_value in (("probability", chance), ("reward", gain)):
                    if not isinstance(given_value, numbers.Real) or not math.isfinite(given_value):
                        raise wrong(place, f"{what} {given_value!r} is no finite number")
            table[int(state)][int(action)] = [(p, int(t), g, bool(over)) for p, t, g, over in row]
    return table


def _is_index(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, numbers.Integral) and int(value) >= 0


def _out_of_reach(mdp: FiniteMDP, horizon: int, goals: Sequence[str]) -> str:
    """The way out when the target has mass zero: how far the nearest goal is; empty where a goal is within reach."""
    reached = mdp.reached(len(mdp.states))
    first = next((t for t, states in enumerate(reached) if not states.isdisjoint(goals)), None)
    if first is None:
        return "no goal can be reached: give floor=1/100, say, as the reward of every other end"
    if first <= horizon:
        return ""
    return f"the nearest goal is {first} moves away: give horizon={first} or more, or floor=1/100 as the reward of other ends"


def _exact(value: Any, rounding: Rounding, where: str) -> Rational:
    """A float of the table: the fraction it rounds where that is allowed, its binary value otherwise."""
    number = float(value)
    if not 0 <= number <= 1:
        raise InputError(f"{number} is not a probability", where=where)
    if number.is_integer():
        return rational(int(number))
    return rounding.exact(repr(number)) if rounding.allowed else Rational(number)


def _initial(environment: Any, table: Mapping[int, Any], start: str | None, rounding: Rounding) -> dict[int, Rational]:
    if start is not None:
        if not (start.isascii() and start.isdigit() and len(start) < 20 and int(start) in table):
            raise InputError(f"{start!r} is no state of the table", where="start", mend=f"give one of 0..{max(table)}")
        return {int(start): ONE}
    given = getattr(environment, "initial_state_distrib", None)
    if given is None:
        raise InputError("the table has no initial law", mend="give start=STATE")
    try:
        law = {s: _exact(p, rounding, f"initial[{s}]") for s, p in enumerate(given)}
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{type(given).__name__} where a list of probabilities is wanted", where="initial", mend="give start=STATE"
        ) from None
    if lost := [s for s, p in law.items() if p and s not in table]:
        raise InputError(f"start {lost[0]} is missing from the table", where="initial", mend="give start=STATE")
    return dict(zip(law, rounding.row(list(law.values()), "the initial law"), strict=True))


def _explore(
    table: Mapping[int, Mapping[int, Any]], starts: list[int], rounding: Rounding
) -> tuple[list[_Move], set[int], set[int]]:
    """Moves out of every state that a run comes to while it goes on, those states, and the states where it can end."""
    chance: dict[tuple, Rational] = {}
    live, pending, over = set(starts), sorted(starts, reverse=True), set()
    while pending:
        source = pending.pop()
        for action in sorted(table[source]):
            row = table[source][action]
            where = f"state {source}, action {action}"
            chances = rounding.row([_exact(p, rounding, where) for p, *_ in row], where)
            for p, (_, target, gain, terminated) in zip(chances, row, strict=True):
                if not p:
                    continue
                key = (source, action, target, gain, terminated)
                chance[key] = chance.get(key, ZERO) + p  # tables list a successor once for each way to slip there
                if terminated:
                    over.add(target)
                elif target not in live:
                    live.add(target)
                    pending.append(target)
    ordered = sorted(chance.items(), key=lambda item: item[0][:3])
    moves = [_Move(s, a, t, p, gain, ended) for (s, a, t, gain, ended), p in ordered]
    return moves, live, over


def _potential(gains: Gains, clip: int | None, move: _Move) -> Rational:
    if not gains:
        return ONE
    gain = move.reward if clip is None else max(-clip, min(clip, move.reward))
    return gains.weight(rational(Fraction(gain)), f"state {move.source}, action {move.action}")
