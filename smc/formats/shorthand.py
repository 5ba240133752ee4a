"""What native files may leave out or say more briefly, written out in full before they are read.

Kind `mdp-1`:

- a plain chain: no `actions`, no `policy`, no `action` in any transition;
- `"policy": "uniform"`: every action that a state offers, with equal probability;
- `"discount": "9/10"`: before each move the run goes on with this probability, else it moves to the absorbing state
  `end`, whose terminal reward is that of `end` in `reward` (0 when absent) and whose value is that reward. With
  reward 0, `Z` is `discount^T` times what it was;
- `transitions` as a list of lists, one a move (`smc.formats.timed`).

Both kinds: rewards on the log scale, of any sign. `"reward"` on a transition or edge multiplies its potential by
`base^reward` or `exp(reward/beta)`, and `"log_reward"` in place of `reward` gives the terminal reward as such a
power; `base`, or `beta` with `digits`, stand beside them in the file (`smc.formats.gains`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from smc.errors import InputError
from smc.formats.gains import KEYS, Gains, gains
from smc.formats.strict_json import Fields, Node, Rounding
from smc.numbers import ONE, Rational

MOVE = "move"
"""The one action of a plain chain."""
END = "end"
"""The state where a discounted run ends."""


def expanded(root: Node, rounding: Rounding) -> tuple[Node, list[str]]:
    """The document in full, and notes on what was read as what. Raises InputError with the place of the fault."""
    document = root.value
    rows = _rows(root)
    scaled = any(key in document for key in (*KEYS, "log_reward")) or any("reward" in row.value for row in rows)
    chain = _is_chain(document, rows)
    if not (scaled or chain or document.get("policy") == "uniform" or "discount" in document):
        return root, []
    made, notes = Fields(document), []
    if scaled:
        notes += _weigh(root, made, rounding)
    if chain:
        made["actions"], made["policy"] = [MOVE], "uniform"
        _rewrite(made, lambda row: Fields({"from": row["from"], "action": MOVE, **row}) if "from" in row else row)
    if "discount" in made and "transitions" in made:
        notes.append(_discount(root, made, rounding))
    if made.get("policy") == "uniform":
        made["policy"] = _uniform(made)
    return Node(made), notes


def is_timed(root: Node) -> bool:
    """Whether the transitions are listed by move."""
    table = root.value.get("transitions")
    return isinstance(table, list) and bool(table) and all(isinstance(step, list) for step in table)


def _rows(root: Node) -> list[Node]:
    """Every transition or edge that is an object, with its place."""
    key = next((k for k in ("transitions", "edges") if isinstance(root.value.get(k), list)), None)
    if key is None:
        return []
    table = root.key(key).items()
    nested = [row for step in table if isinstance(step.value, list) for row in step.items()]
    return [row for row in (nested or table) if isinstance(row.value, Fields)]


def _is_chain(document: Any, rows: list[Node]) -> bool:
    if "transitions" not in document or "actions" in document or "policy" in document:
        return False
    return not any("action" in row.value for row in rows)


def _rewrite(made: Fields, change: Callable[[Fields], Fields]) -> None:
    """Every transition or edge changed, in place of the old table."""
    key = "transitions" if "transitions" in made else "edges"

    def written(row: Any) -> Any:
        return change(row) if isinstance(row, Fields) else [written(r) for r in row] if isinstance(row, list) else row

    made[key] = written(made[key])


def _weigh(root: Node, made: Fields, rounding: Rounding) -> list[str]:
    """Log-space rewards into potentials and terminal rewards."""
    worth = _scale(root, rounding)
    weights = {}
    for row in _rows(root):
        if "reward" in row.value:
            node = row.key("reward")
            if not worth:
                raise node.fault(
                    "a reward on the way needs a scale", 'write "base": 2 or "beta": 1 beside the transitions'
                )
            psi = row.key("potential").number(rounding) if "potential" in row.value else ONE
            weights[id(row.value)] = str(psi * worth.weight(node.signed(rounding), node.place))
    for key in KEYS:
        made.pop(key, None)

    def weighed(row: Fields) -> Fields:
        if id(row) not in weights:
            return row
        return Fields({k: v for k, v in row.items() if k != "reward"} | {"potential": weights[id(row)]})

    _rewrite(made, weighed)
    if "log_reward" in made:
        node = root.key("log_reward")
        if "reward" in made:
            raise node.fault("reward and log_reward are both given", "keep one of the two")
        if not worth:
            raise node.fault("log_reward needs a scale", 'write "base": 2 or "beta": 1 beside it')
        del made["log_reward"]
        made["reward"] = Fields({s: str(worth.weight(r.signed(rounding), r.place)) for s, r in node.entries().items()})
    return worth.notes()


def _scale(root: Node, rounding: Rounding) -> Gains:
    given = {key: str(root.key(key).number(rounding)) for key in KEYS if key in root.value}
    try:
        return gains(given)
    except InputError as error:
        raise InputError(error.what, where=error.where, mend=error.mend) from None


def _discount(root: Node, made: Fields, rounding: Rounding) -> str:
    node = root.key("discount")
    factor = node.number(rounding)
    if not 0 < factor <= 1:
        raise node.fault(f"discount {factor}", "give a number above 0, at most 1")
    states = made.get("states")
    if not isinstance(states, list) or END in states:
        raise node.fault(f"the state {END!r} is where discounted runs end", "name the states, and none of them so")
    del made["discount"]
    made["states"] = [*states, END]
    action = made["actions"][0] if isinstance(made.get("actions"), list) and made["actions"] else MOVE

    going_on = {
        id(row.value): str(row.key("prob").number(rounding) * factor)
        for row in _rows(Node(made))
        if "prob" in row.value
    }

    def shortened(row: Fields) -> Fields:
        return Fields({**row, "prob": going_on[id(row)]}) if id(row) in going_on else row

    def ended(rows: list) -> list:
        offered = {
            (row["from"], row["action"]): None
            for row in rows
            if isinstance(row, Fields) and isinstance(row.get("from"), str) and isinstance(row.get("action"), str)
        }
        ways = [Fields({"from": s, "action": a, "to": END, "prob": str(1 - factor)}) for s, a in offered]
        stays = Fields({"from": END, "action": action, "to": END, "prob": 1})
        return [*rows, *(way for way in ways if factor < 1), stays]

    _rewrite(made, shortened)
    table = made.get("transitions")
    if isinstance(table, list):
        made["transitions"] = [ended(step) for step in table] if is_timed(Node(made)) else ended(table)
    if isinstance(made.get("policy"), Fields):
        made["policy"] = Fields({**made["policy"], END: Fields({action: 1})})
    reward = made.get("reward")
    if isinstance(reward, Fields):
        made["reward"] = Fields({END: 0, **reward})
        made["value"] = _with_end(made.get("value"), made["reward"][END])
        if made["value"] is None:
            del made["value"]
    return f"a run goes on with probability {factor} before each move, and else ends in the state {END!r}"


def _with_end(values: Any, worth: Any) -> Any:
    """The values with one for the end."""
    if isinstance(values, Fields):
        return Fields({END: worth, **values})
    return [_with_end(step, worth) for step in values] if isinstance(values, list) else values


def _uniform(made: Fields) -> Fields:
    """Every action that a state offers at some move, with equal probability."""
    offered: dict[str, dict[str, None]] = {}
    for row in _rows(Node(made)):
        if isinstance(row.value.get("from"), str) and isinstance(row.value.get("action"), str):
            offered.setdefault(row.value["from"], {})[row.value["action"]] = None
    return Fields({s: Fields({a: str(Rational(1, len(acts))) for a in acts}) for s, acts in offered.items()})
