"""The Unified Markov Binary format `.umb`, by the package umbi (extra `umb`): `model.umb?horizon=20&goal=done`.

Probabilities that the file stores as rationals are exact; those stored as doubles are taken at their exact binary
value, and a row that then misses 1 is refused unless --rationalise reads them as the fractions that they round.
Discrete time, one player, no intervals. Atomic propositions are labels; rewards of states, choices and branches are
added up. Conventions and options: `smc.formats.markov`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from smc.errors import InputError, missing_extra
from smc.formats.lines import stem
from smc.formats.markov import Branch, Choice, MarkovTable, source_of
from smc.formats.strict_json import Rounding, load_bytes
from smc.numbers import ZERO, Rational, rational

if TYPE_CHECKING:
    from smc.formats import Source


def load(path: str, given: Mapping[str, str], horizon: int | None, rounding: Rounding, spec: str) -> Source:
    """The model of the file at `path`. Raises InputError."""
    load_bytes(path, path)
    try:
        import umbi.ats
    except ImportError:
        raise missing_extra("umbi") from None
    try:
        ats = umbi.ats.read(path)
    except Exception as error:  # the archive, its schema or its arrays: umbi raises many types
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"is no UMB file that umbi {umbi.__version__} reads: {said}", mend="write it again") from None
    return source_of(read(ats, rounding), spec, stem(path), given, horizon, rounding)


def read(ats: Any, rounding: Rounding) -> MarkovTable:
    """The table of an `umbi.ats.ExplicitAts`."""
    if ats.time.value != "discrete" or ats.num_players > 1:
        raise InputError(
            f"has {ats.num_players} players in {ats.time.value} time", mend="use a chain or an MDP in discrete time"
        )
    structures = tuple(ats.reward_annotations)
    if not ats.initial_states:
        raise InputError("has no initial state", mend="mark one")
    choices = []
    place = 0
    for state in ats.states:
        for choice in ats.get_state_choices(state):
            where = f"state {state}, choice {choice.index}"
            branches = []
            for branch in choice.branches:
                earned = {n: _earned(ats.reward_annotations[n], "branch", place, rounding, where) for n in structures}
                branches.append(Branch(branch.target, _exact(branch.prob, rounding, where), earned))
                place += 1
            gains = {
                n: _earned(ats.reward_annotations[n], "state", state, rounding, where)
                + _earned(ats.reward_annotations[n], "choice", choice.index, rounding, where)
                for n in structures
            }
            choices.append(Choice(state, _action(ats, choice.action), branches, gains, where))
    labels = {
        name: frozenset(i for i, holds in enumerate(annotation.state_values) if holds)
        for name, annotation in ats.ap_annotations.items()
        if annotation.has_state_values
    }
    return MarkovTable(tuple(str(i) for i in ats.states), tuple(choices), tuple(ats.initial_states), labels, structures)


def _action(ats: Any, action: int | None) -> str:
    if action is None or ats.choice_action_to_name is None:
        return ""
    return ats.choice_action_to_name[action]


def _earned(annotation: Any, kind: str, place: int, rounding: Rounding, where: str) -> Rational:
    if not getattr(annotation, f"has_{kind}_values"):
        return ZERO
    return _exact(getattr(annotation, f"{kind}_values")[place], rounding, where)


def _exact(value: Any, rounding: Rounding, where: str) -> Rational:
    """A stored number: a fraction as it is, a double at its binary value or, where that is allowed, as the fraction that it rounds."""
    if value is None:
        return Rational(1)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise InputError(f"{value} is not a finite number", where=where)
        return rounding.exact(repr(value)) if rounding.allowed and not value.is_integer() else Rational(value)
    if isinstance(value, (int, Fraction)):
        return rational(value)
    raise InputError(
        f"{type(value).__name__} where a number is wanted", where=where, mend="give one number, no interval"
    )
