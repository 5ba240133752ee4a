"""Labels of steps, which stand for a reward model that prunes: V = 1 while no step is wrong, 0 from then on.

PRM800K, one solution a line; ratings -1, 0 (kept), 1; the chosen completion goes on:

    {"question": {...}, "label": {"steps": [{"completions": [{"text": "...", "rating": 1, "flagged": false}], "chosen_completion": 0}]}}

Math-Shepherd, the steps of `input` end in a tag that `label` replaces by + or - (+: some rollout from there was right):

    {"input": "... Step 1: 2 + 2 = 4 ки", "label": "... Step 1: 2 + 2 = 4 +", "task": "GSM8K"}

ProcessBench, `label` the index of the first wrong step, -1 where all are right:

    {"id": "gsm8k-0", "generator": "...", "problem": "...", "steps": ["...", "..."], "final_answer_correct": true, "label": -1}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smc.rewards.items import Item, shown
from smc.rewards.records import Family, Format

TAG = "ки"
"""Math-Shepherd's step tag."""


def _chain(place: str, unit: str, labels: Sequence[bool]) -> Iterator[Family]:
    """An answer as families of one child each, up to the first wrong step: what a pruned answer would do next is not asked."""
    for step, label in enumerate(labels):
        yield Family(place, unit, step, 1.0, (float(label),))
        if not label:
            return


def read_prm800k(lines: Iterator[Item]) -> Iterator[Family]:
    """The rated completions of each step after the chosen ones. Raises InputError for ratings that are none, a choice out of range."""
    for number, line in enumerate(lines):
        for step, entry in enumerate(line.key("label").key("steps").items()):
            completions = entry.key("completions")
            rated = [] if completions.value is None else completions.items()
            labels = [label for label in map(_rating, rated) if label is not None]
            if labels:
                yield Family(entry.place, str(number), step, 1.0, tuple(map(float, labels)))
            chosen = entry.get("chosen_completion")
            if chosen is None:  # a human wrote the step, or the solution ends here
                if entry.get("human_completion") is None:
                    break
            elif _rating(rated[chosen.whole(below=len(rated))]) is False:
                break


def _rating(completion: Item) -> bool | None:
    given = completion.key("rating")
    if given.value is None:
        return None
    if given.value not in (-1, 0, 1):
        raise given.fault(shown(given.value), "give one of -1, 0, 1")
    return given.value >= 0


def read_math_shepherd(lines: Iterator[Item]) -> Iterator[Family]:
    """Each answer up to its first wrong step. Raises InputError where `label` is not `input` with its tags replaced."""
    for number, line in enumerate(lines):
        parts, label, at = line.key("input").text().split(TAG), line.key("label").text(), 0
        marks: list[bool] = []
        for part in parts[:-1]:
            at += len(part)
            mark = label[at : at + 1]
            if not label.startswith(part, at - len(part)) or mark not in ("+", "-") or not mark:
                raise line.key("label").fault(f"no + or - for step {len(marks) + 1}", "replace each tag of input")
            marks.append(mark == "+")
            at += 1
        if not marks:
            raise line.key("input").fault(f"no step tag {TAG!r}", "end each step with it")
        yield from _chain(line.place, str(number), marks)


def read_processbench(lines: Iterator[Item]) -> Iterator[Family]:
    """Each answer up to its first wrong step. Raises InputError for a label that is no step."""
    for number, line in enumerate(lines):
        steps, given = line.key("steps").items(1), line.key("label")
        wrong = given.value if given.value == -1 else given.whole(below=len(steps))
        if not isinstance(line.key("final_answer_correct").value, bool):
            raise line.key("final_answer_correct").fault("is no true or false")
        yield from _chain(line.place, str(number), [wrong == -1 or step < wrong for step in range(len(steps))])


PRM800K = Format("prm800k", "ratings of PRM800K", ("question", "label"), read_prm800k, "labels")
MATH_SHEPHERD = Format(
    "math-shepherd", "step labels of Math-Shepherd", ("input", "label", "task"), read_math_shepherd, "labels"
)
PROCESSBENCH = Format(
    "processbench", "first errors of ProcessBench", ("steps", "label", "final_answer_correct"), read_processbench, "labels"
)  # fmt: skip
