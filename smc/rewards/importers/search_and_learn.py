"""Scored answers of search-and-learn's best-of-n: one problem a line.

    {"problem": "...", "completions": ["...", "..."], "scores": [[0.4, 0.7], [0.5, 0.2, 0.1]], "pred": "...", "completion_tokens": [90, 71]}

The completions were drawn by the reference, independently; `scores` has one number a step of each. An answer's last score stands for its
reward. The root is not scored. (Of the beam-search output of that library the completions are not such draws.)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from smc.rewards.items import Item
from smc.rewards.records import Family, Format


def read(lines: Iterator[Item]) -> Iterator[Family]:
    """The root of a problem with the first scores of all answers, then each step of each. Raises InputError where answers lack scores."""
    for number, line in enumerate(lines):
        completions, scored = line.key("completions").items(1), line.key("scores").items(1)
        if len(scored) != len(completions):
            raise line.fault(f"{len(scored)} lists of scores for {len(completions)} completions", "score every answer")
        answers = [[score.real() for score in answer.items(1)] for answer in scored]
        unit = str(number)
        short = tuple(k for k, answer in enumerate(answers) if len(answer) == 1)
        yield Family(line.place, unit, 0, None, tuple(answer[0] for answer in answers), ends=short)
        for answer in answers:
            for step, (before, after) in enumerate(pairwise(answer), 1):
                yield Family(line.place, unit, step, before, (after,), ends=(0,) if step + 1 == len(answer) else ())


FORMAT = Format("search-and-learn", "scored answers of search-and-learn", ("completions", "scores"), read, "reference")
