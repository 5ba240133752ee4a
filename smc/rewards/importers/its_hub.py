"""Results of its_hub's particle filtering and particle Gibbs, as JSON: one object, or one a line.

    {"responses_lst": [[...]], "log_weights_lst": [[-1.2, 0.4]], "ref_indices_lst": [[1]], "selected_index": 1, "steps_used_lst": [[3, 4]]}

An iteration is a list in each field (particle filtering, one iteration, writes flat lists and `responses`). The log weights are the logits
of the last scores, and the library's loop resamples on them after every step without dividing by those before: it multiplies by the odds
of the score. Only the last cloud is kept, so its genealogy is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from smc.rewards.items import Item
from smc.rewards.records import Cloud, Format, Run


def read(objects: Iterator[Item]) -> Iterator[Run]:
    """One run an iteration. Raises InputError with the place of lists of other lengths and of indices out of range."""
    for number, result in enumerate(objects):
        weights = result.key("log_weights_lst").items(1)
        flat = not isinstance(weights[0].value, list)
        iterations = [weights] if flat else [entry.items(1) for entry in weights]
        for k, iteration in enumerate(iterations):
            totals = tuple(weight.real() for weight in iteration)
            for name in "steps_used_lst", "responses" if flat else "responses_lst", "ref_indices_lst":
                _check(result, name, k, len(totals), flat)
            if k + 1 == len(iterations):
                result.key("selected_index").whole(below=len(totals))
            scores = tuple(1 / (1 + math.exp(-total)) if total > -700 else 0.0 for total in totals)
            yield Run(f"{number}.{k}", result.place, (Cloud(None, totals, totals, scores),), whole=False)


def _check(result: Item, name: str, iteration: int, particles: int, flat: bool) -> None:
    given = result.get(name)
    if given is None:
        return
    lists = given.items()
    if not flat and iteration >= len(lists):
        raise given.fault(f"{len(lists)} iterations", "give one list an iteration")
    entries = lists if flat else lists[iteration].items()
    if name == "ref_indices_lst":
        for entry in entries:
            entry.whole(below=particles)
    elif len(entries) != particles:
        raise given.fault(f"{len(entries)} entries for {particles} particles", "give one a particle")


FORMAT = Format(
    "its-hub", "results of its_hub's particle filtering", ("log_weights_lst", "selected_index"), read, "loop", multiplies="odds"
)  # fmt: skip
