"""Models in the languages of model checkers, built by Storm in exact arithmetic:
`crowds.prism?horizon=20&constants=N=5&goal=observed`.

PRISM (`.prism`, `.pm`, `.nm`) and JANI (`.jani`), by the package stormpy (extra `prism`); discrete time only.
Parameters: those of `smc.formats.markov`, and `constants=N=5,p=1/3` for constants that the file leaves open. `goal`
is the name of a label or an expression over the model's variables (`goal=s=7&d=6`, with `&` and `#` written `%26` and
`%23` in a shell-quoted name, or `goal=observe0>1`). States are named by their values, `s=7 d=6`. Decimals in these
files are exact: 0.1 is 1/10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from smc.errors import InputError, missing_extra
from smc.formats.lines import stem
from smc.formats.markov import Branch, Choice, MarkovTable, source_of
from smc.formats.strict_json import Rounding, load_bytes
from smc.numbers import Rational, rational

if TYPE_CHECKING:
    from smc.formats import Source

_AT = re.compile(r"Parsing error at (\d+):(\d+):\s*(.*?)(?:, here:|$)", re.S)
_KIND = re.compile(r"^\w+(?:Exception|Error): ")


def load(path: str, given: Mapping[str, str], horizon: int | None, rounding: Rounding, spec: str) -> Source:
    """The model of the file at `path`. Raises InputError, with Storm's own words and the line where it names one."""
    load_bytes(path, path)  # a file that cannot be read is refused in our words, before Storm is asked
    given = dict(given)
    constants, goal = given.pop("constants", ""), given.get("goal")
    with _storm() as storm:
        program = storm.parse_jani_model(path)[0] if path.endswith(".jani") else storm.parse_prism_program(path)
        program, _ = storm.instantiate_constants(program, constants)
        wanted = _formula(storm, goal, program) if goal is not None else None
        built = _build(storm, program, wanted)
        table = _table(built, frozenset(_where(storm, built, wanted)) if wanted is not None else frozenset(), goal)
        version = storm.__version__
    name = stem(path)
    return source_of(
        table, spec, name, given, horizon, rounding, f"{name}, built by stormpy {version} in exact arithmetic"
    )


@contextmanager
def _storm() -> Iterator[Any]:
    """The package, silent: its messages become one InputError."""
    try:
        import stormpy
        from stormpy import developer
    except ImportError:
        raise missing_extra("stormpy") from None
    before = developer.get_log_level()
    developer.set_log_level(developer.LogLevel.OFF)
    try:
        yield stormpy
    except InputError:
        raise
    except Exception as error:  # whatever Storm throws is about the file or the parameters
        raise _said(error) from None
    finally:
        developer.set_log_level(before)


def _said(error: Exception) -> InputError:
    said = _KIND.sub("", str(error)).strip()
    at = _AT.search(said)
    if at is not None:
        return InputError(at.group(3).strip() or "cannot be parsed", where=f"line {at.group(1)} column {at.group(2)}",
                          mend="mend the syntax there")  # fmt: skip
    mend = "give constants=NAME=VALUE, with commas" if "undefined constant" in said else "Storm refuses it"
    return InputError(said.split("\n")[0].rstrip("."), mend=mend)


def _formula(storm: Any, goal: str, program: Any) -> Any:
    """Storm's formula of the goal states: a label's name, or an expression."""
    text = f'"{goal}"' if re.fullmatch(r"[A-Za-z_]\w*", goal) else f"({goal})"
    try:
        return storm.parse_property(f"P=? [F {text}]", program)
    except Exception as error:
        if not text.startswith('"'):
            raise InputError(f"cannot read {goal!r}", where="goal", mend="give a label or an expression") from error
        return storm.parse_property(f"P=? [F ({goal})]", program)  # a variable or a formula of that name


def _build(storm: Any, program: Any, wanted: Any) -> Any:
    if wanted is None:
        options = storm.BuilderOptions(build_full=True)
    else:
        options = storm.BuilderOptions([wanted], _described(program), build_full=True)
    built = storm.build_model[storm.Rational](program, options=options)
    if built.model_type.name not in ("DTMC", "MDP"):
        raise InputError(f"is a {built.model_type.name}", mend="use a model in discrete time: dtmc or mdp")
    return built


def _described(program: Any) -> Any:
    from stormpy.developer import SymbolicModelDescription

    return SymbolicModelDescription(program)


def _where(storm: Any, built: Any, wanted: Any) -> list[int]:
    """States that satisfy the goal. Raises InputError for a label that the model lacks."""
    formula = wanted.get_raw_formula().subformula.subformula
    try:
        return list(storm.model_checking(built, formula).get_truth_values_vector())
    except Exception:
        known = ", ".join(sorted(repr(n) for n in built.labeling.get_labels()))
        raise InputError(
            f"no label or expression {formula}", where="goal", mend=f"choose from {known}, or write an expression"
        ) from None


def _exact(value: Any) -> Rational:
    return rational(str(value))


def _table(built: Any, goals: frozenset[int], goal: str | None) -> MarkovTable:
    """Storm's sparse model as a table."""
    n = built.nr_states
    names = tuple(_readable(built.state_valuations.to_string(i)) for i in range(n))
    if len(set(names)) < n:
        names = tuple(str(i) for i in range(n))
    structures = {name or "reward": model for name, model in built.reward_models.items()}
    choices = []
    for state in built.states:
        first = built.transition_matrix.get_row_group_start(state.id)
        for action in state.actions:
            row = first + action.id
            labels = built.choice_labeling.get_labels_of_choice(row) if built.has_choice_labeling() else ()
            branches = [Branch(e.column, _exact(e.value)) for e in action.transitions]
            earned = {name: _earned(model, state.id, row) for name, model in structures.items()}
            choices.append(Choice(state.id, " ".join(sorted(labels)), branches, earned))
    labels = {label: frozenset(built.labeling.get_states(label)) for label in built.labeling.get_labels()}
    if goal is not None:
        labels[goal] = goals
    return MarkovTable(names, tuple(choices), tuple(built.initial_states), labels, tuple(structures))


def _earned(model: Any, state: int, row: int) -> Rational:
    if model.has_transition_rewards:
        raise InputError(
            "a reward structure has rewards by transition", where="reward", mend="write them by state or by action"
        )
    total = Rational(0)
    if model.has_state_rewards:
        total += _exact(model.get_state_reward(state))
    if model.has_state_action_rewards:
        total += _exact(model.get_state_action_reward(row))
    return total


def _readable(valuation: str) -> str:
    """`[s=0 & d=0]` as `s=0 d=0`."""
    return " ".join(part.strip() for part in valuation.strip("[]").split("&")) or "state"
