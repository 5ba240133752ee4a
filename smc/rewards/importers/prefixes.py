"""Prefixes with sampled children, this project's own plain JSON lines.

    {"prefix": ["Let x", "= 3"], "logprob": -4.1, "score": 0.6, "group": "7", "children": [{"score": 0.7, "logprob": -0.2}, {"score": 0.1}]}

`prefix` is a list of steps, or `step` gives their number; prefixes are drawn by the reference (its answers, cut at each step), and `group`
names what was drawn independently (the question; each line by itself when left out). `children` are K draws of the next step, as objects or
as bare scores; `reward` in place of `score` where an answer ends. With `"complete": true` they are all that can follow, each with
`logprob`, and the Bellman ratio is known exactly. Log-probabilities are natural logarithms.

`rollouts`, two or more, are the rewards of whole answers that the reference drew after the prefix, each by itself; `before` is the score
of the prefix one step shorter: with them V is held against the true value (`smc.rewards.rollouts`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from smc.rewards.items import Item
from smc.rewards.records import Family, Format

MOST_STEPS = 10**5
"""Steps of an answer: an audit holds averages for each, seen or not."""
SUM_SLACK = 1e-6
"""How far the probabilities of a complete list of children may miss 1."""


def read(lines: Iterator[Item]) -> Iterator[Family]:
    """One family a line. Raises InputError with the line of a fault."""
    last, closed = None, set[int]()
    for number, line in enumerate(lines):
        if line.get("logprob") is not None:
            line.key("logprob").log_probability()
        given = line.get("score")
        step = line.key("step").whole() if line.get("prefix") is None else len(line.key("prefix").items())
        if step >= MOST_STEPS:
            raise line.fault(f"step {step} is out of range", f"steps are below {MOST_STEPS:,}; count larger ones")
        if given is None and step:
            raise line.fault("has no score", "score every prefix but the root")
        children = line.key("children").items(1)
        complete = line.get("complete")
        if complete is not None and complete.value not in (True, False):
            raise complete.fault("is no true or false")
        group = line.get("group")
        unit = str(number) if group is None else f"group {group.value}"
        if group is not None and unit != last:
            if hash(unit) in closed:
                raise line.fault(f"{unit} comes again", "keep the lines of a group together")
            closed.add(hash(unit))
        last = unit
        yield Family(
            line.place,
            unit,
            step,
            None if given is None else given.real(),
            tuple(map(_score, children)),
            _chances(line, children) if complete is not None and complete.value else None,
            ends := tuple(k for k, child in enumerate(children) if child.get("reward") is not None),
            bool(ends),
            _rollouts(line),
            None if line.get("before") is None else line.key("before").real(),
        )


def _rollouts(line: Item) -> tuple[float, ...]:
    given = line.get("rollouts")
    return () if given is None else tuple(reward.real() for reward in given.items(2))


def _score(child: Item) -> float:
    if not isinstance(child.value, dict):
        return child.real()
    if child.get("logprob") is not None:
        child.key("logprob").log_probability()
    if child.get("reward") is not None:
        return child.key("reward").real()
    return child.key("score").real()


def _chances(line: Item, children: list[Item]) -> tuple[float, ...]:
    seen: set[str] = set()
    for child in children:
        text = child.get("text")
        if text is not None and text.text() in seen:
            raise child.fault("the same step as a sibling", "join the two")
        if text is not None:
            seen.add(text.text())
    chances = tuple(math.exp(child.key("logprob").log_probability()) for child in children)
    total = math.fsum(chances)
    if abs(total - 1) > SUM_SLACK:
        raise line.fault(f"the probabilities of the children sum to {total:.6g}", 'list them all, or drop "complete"')
    return tuple(chance / total for chance in chances)


FORMAT = Format("prefixes", "prefixes with sampled children", ("children",), read, "reference")
