"""Trees and traces of process reward models: sampled answers, step by step, with a score for each step and a reward for
each end.

A tree is one JSON object, `{"format": "bellman-smc/tree-1", "tree": NODE}`, where a NODE has

- `text`: the step (the root's may be left out); `children`: the steps that may follow, absent or empty at the end of
  an answer;
- `prob`, or `count` (how often it was sampled), among its siblings; where no sibling has either, all are equally
  likely;
- `score`: what the process reward model gives the answer so far, for every node or for none (the root's may be left
  out: the mean of its children's, for which its Bellman error is 0);
- `reward`: of an answer that ends here.

Traces are a `.jsonl` file, one sampled answer a line: `{"steps": [...], "scores": [...], "reward": r, "count": k}`
(`scores` of all answers or of none, `count` 1 when left out). They are joined where they begin alike; an answer that
ends where another goes on has an end of its own.

Answers of unequal length: one that ends early waits, with its last score (its reward where it has none), until the
longest ends. States are named by their path, so that step texts may repeat anywhere; siblings of one text are
numbered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smc.errors import InputError
from smc.formats import native
from smc.formats.lines import stem
from smc.formats.strict_json import Node, Rounding, load_bytes, read
from smc.numbers import ONE, ZERO, Rational
from smc.setting.model import Model

if TYPE_CHECKING:
    from smc.formats import Source

TREE = "bellman-smc/tree-1"
ROOT = "root"
MOST_DEPTH = 400
"""Deepest tree that is read."""
MOST_STATES = 1_000_000
"""Most states that waiting answers may fill the layers with."""


@dataclass
class Step:
    """A node of the tree: its text, probability among its siblings, score, reward of an answer that ends here, and what may follow."""

    text: str
    probability: Rational = ONE
    score: Rational | None = None
    reward: Rational | None = None
    children: list[Step] = field(default_factory=list)


def is_tree(root: Node) -> bool:
    """Whether a document is of the kind `TREE`."""
    return isinstance(root.value, dict) and root.value.get("format") == TREE


def read_tree(root: Node, rounding: Rounding, default_name: str) -> tuple[Model, native.Values | None]:
    """The layered model of a tree, and its scores as values, None when it has none. Raises InputError with the place of the fault."""
    fields = root.fields(("format", "tree"), native.REMARKS)
    name, notes = native.remarks(fields, default_name)
    tree = _step(fields["tree"], rounding, 0)
    if not tree.children:
        raise fields["tree"].fault("has no children", "an answer has at least one step")
    scored = _scored(fields["tree"])
    return model_of(tree, name, notes, rounding, scored)


def load(path: str, given: Mapping[str, str], horizon: int | None, rounding: Rounding, spec: str) -> Source:
    """The layered model of the traces in the file at `path`, and their scores. Raises InputError that names the line."""
    from smc.formats import Source

    if given:
        raise InputError(f"unknown parameter {next(iter(given))!r}", mend="traces take none")
    if horizon is not None:
        raise InputError("answers have their own length", where="horizon", mend="leave --horizon out")
    tree, scored = _joined(path, rounding)
    return Source(spec, *model_of(tree, stem(path), (), rounding, scored))


def model_of(
    tree: Step, name: str, notes: tuple[str, ...], rounding: Rounding, scored: bool
) -> tuple[Model, native.Values | None]:
    """Layers of paths; an answer that has ended waits under the same name until the last layer."""
    layers, edges, values = [[ROOT]], [], [[_worth(tree)]] if scored else []
    front: list[tuple[str, Step]] = [(ROOT, tree)]
    total = 1
    while any(step.children for _, step in front):
        below, row = [], []
        for path, step in front:
            if not step.children:
                below.append((path, step))
                row.append((path, path, ONE))
            named = _named(path, step)
            below += named
            row += [(path, child_path, child.probability) for child_path, child in named]
        total += len(below)
        if total > MOST_STATES:
            raise InputError(f"more than {MOST_STATES:,} states", mend="leave rare answers out")
        front = below
        layers.append([path for path, _ in front])
        edges.append(row)
        values.append([_worth(step) for _, step in front])
    reward = {path: step.reward for path, step in front}
    early = sum(len(set(layer) & set(layers[-1])) for layer in layers[-2:-1])
    if early:
        who, whose = ("answer ends", "its") if early == 1 else ("answers end", "their")
        notes = (*notes, f"{early} {who} before step {len(edges)}, waiting with {whose} last score")
    model = Model.from_edges(layers, edges, reward, name=name, notes=(*notes, *rounding.notes()))
    return model, values[:-1] if scored else None


def _worth(step: Step) -> Rational:
    """The score; of a step without one the mean over its children (the root), or the reward (an end)."""
    if step.score is not None:
        return step.score
    if step.children:
        return sum((child.probability * _worth(child) for child in step.children), ZERO)
    assert step.reward is not None
    return step.reward


def _named(path: str, step: Step) -> list[tuple[str, Step]]:
    """Children with their paths, the second of one text as `text #2`."""
    seen: dict[str, int] = {}
    named = []
    for child in step.children:
        seen[child.text] = seen.get(child.text, 0) + 1
        text = child.text if seen[child.text] == 1 else f"{child.text} #{seen[child.text]}"
        named.append((text if path == ROOT else f"{path} / {text}", child))
    return named


def _step(node: Node, rounding: Rounding, depth: int) -> Step:
    """A node and what is below it."""
    if depth > MOST_DEPTH:
        raise node.fault(f"more than {MOST_DEPTH} steps deep", "join short steps")
    fields = node.fields((), ("text", "prob", "count", "score", "reward", "children"))
    children = fields["children"].items() if "children" in fields else []
    if depth and "text" not in fields:
        raise node.fault("no text", "give the step's text")
    if "prob" in fields and "count" in fields:
        raise fields["count"].fault("prob and count are both given", "keep one of the two")
    if not children and "reward" not in fields:
        raise node.fault("an answer ends here without a reward", 'write "reward": 1 or 0, or list its children')
    if children and "reward" in fields:
        raise fields["reward"].fault(
            "a reward where the answer goes on", "give it to the ends; add a child for an answer that ends here"
        )
    return Step(
        fields["text"].text() if "text" in fields else ROOT,
        score=fields["score"].number(rounding) if "score" in fields else None,
        reward=fields["reward"].number(rounding) if "reward" in fields else None,
        children=_siblings(children, rounding, depth),
    )


def _siblings(nodes: list[Node], rounding: Rounding, depth: int) -> list[Step]:
    steps = [_step(node, rounding, depth + 1) for node in nodes]
    given = [next((key for key in ("prob", "count") if key in node.value), None) for node in nodes]
    for node, key in zip(nodes, given, strict=True):
        if key != given[0]:
            raise node.fault(
                f"{key or 'neither prob nor count'} here, {given[0] or 'neither'} at its first sibling",
                "give all siblings the same of the two, or none",
            )
    if given and given[0] == "prob":
        chances = rounding.row([node.key("prob").number(rounding) for node in nodes], nodes[0].place)
        if sum(chances, ZERO) != 1:
            raise nodes[0].fault(
                f"the probabilities of the siblings sum to {sum(chances, ZERO)}",
                "make them sum to exactly 1, or ask for it with --rationalise",
            )
    else:
        counts = [node.key("count").whole() if given[0] else 1 for node in nodes]
        chances = [Rational(count, sum(counts)) for count in counts]
    for step, chance in zip(steps, chances, strict=True):
        step.probability = chance
    return steps


def _scored(tree: Node) -> bool:
    """Whether the steps have scores. Raises InputError where only some have."""
    first, pending = None, [tree]
    while pending:
        node = pending.pop()
        if node is not tree:
            has = "score" in node.value
            first = has if first is None else first
            if has != first:
                raise node.fault("a score here and none elsewhere" if has else "no score", "score every step, or none")
        pending += reversed(node.key("children").items() if "children" in node.value else [])
    return bool(first)


@dataclass
class _Prefix:
    """What the traces say of one prefix: how often it was seen and ended, its score, its reward, and what follows."""

    seen: int = 0
    ended: int = 0
    score: Rational | None = None
    reward: Rational | None = None
    below: dict[str, _Prefix] = field(default_factory=dict)


def _joined(path: str, rounding: Rounding) -> tuple[Step, bool]:
    """The tree of all traces, and whether they have scores."""
    root, scored = _Prefix(), None
    for number, line in enumerate(load_bytes(path, path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            trace = read(line).fields(("steps", "reward"), ("scores", "count"))
            has = "scores" in trace
            scored = has if scored is None else scored
            if has != scored:
                raise InputError("scores are given for some answers only", mend="give them for all, or for none")
            _add(root, trace, rounding)
        except InputError as error:
            raise error.within(f"line {number}") from None
    return _grown(root, ROOT, ONE), bool(scored)


def _add(root: _Prefix, trace: Mapping[str, Node], rounding: Rounding) -> None:
    texts = [node.text() for node in trace["steps"].items()]
    if not 0 < len(texts) <= MOST_DEPTH:
        raise trace["steps"].fault(f"{len(texts)} steps", f"give from 1 to {MOST_DEPTH}")
    scores = trace["scores"].items() if "scores" in trace else []
    if scores and len(scores) != len(texts):
        raise trace["scores"].fault(f"{len(scores)} scores for {len(texts)} steps", "give one a step")
    count = trace["count"].whole() if "count" in trace else 1
    at = root
    at.seen += count
    for k, text in enumerate(texts):
        at = at.below.setdefault(text, _Prefix())
        at.seen += count
        if scores:
            score = scores[k].number(rounding)
            if at.score is not None and at.score != score:
                raise scores[k].fault(f"{score}, and {at.score} in an earlier line", "score one beginning alike")
            at.score = score
    at.ended += count
    reward = trace["reward"].number(rounding)
    if at.reward is not None and at.reward != reward:
        raise trace["reward"].fault(f"{reward}, and {at.reward} in an earlier line", "give one answer one reward")
    at.reward = reward


def _grown(prefix: _Prefix, text: str, probability: Rational) -> Step:
    """The node of a prefix; an answer that ends where others go on becomes a child that says so."""
    below = [_grown(child, step, Rational(child.seen, prefix.seen)) for step, child in prefix.below.items()]
    if below and prefix.ended:
        over = Step("(end)", Rational(prefix.ended, prefix.seen), prefix.score, prefix.reward)
        return Step(text, probability, prefix.score, None, [*below, over])
    return Step(text, probability, prefix.score, prefix.reward, below)
