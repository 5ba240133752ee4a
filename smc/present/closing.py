"""The two lines that close a report."""

from __future__ import annotations

from collections.abc import Iterator

from smc.checks.closing import Closing
from smc.checks.table import claimed, known
from smc.numbers import Verdict
from smc.present.digits import short

WORDS = {Verdict.REFUTED: "REFUTED", Verdict.UNDECIDED: "undecided", Verdict.HOLDS: "hold"}


def closing_lines(closing: Closing) -> Iterator[str]:
    """The two lines."""
    yield _what_holds(closing)
    yield "; ".join(filter(None, [_what_to_buy(closing), _where(closing)]))


def _what_holds(closing: Closing) -> str:
    counts = closing.statements
    told = [
        f"{counts[verdict.value]} of {sum(counts.values())} {word}"
        for verdict, word in WORDS.items()
        if counts[verdict.value]
    ]
    best = closing.tightest
    if not closing.about_the_run:
        who = closing.sampler.label
        unheld = f"no statement speaks of {who}"
        if any(form.samplers for _, form in known(closing.sampler)):
            unheld = f"what statements say of {who} is held against its exact law only"
        return f"{', '.join(told)}, of model and reward model; {unheld}: nothing was claimed of it"
    if best is None:
        useful = "no bound on a total variation is below 1"
    elif short(best.bound) == "1":
        useful = f"no bound on a total variation is much below 1; the tightest is by {best.id} ({best.form})"
    else:
        useful = f"tightest useful bound: {best.quantity} <= {short(best.bound)}, by {best.id} ({best.form})"
    return f"{', '.join(told)}; {useful}"


def _what_to_buy(closing: Closing) -> str:
    asked = closing.asked
    if asked is None:
        return (
            ""
            if not claimed(closing.sampler)
            else f"no statement gives an N for total variation {short(closing.delta)}"
        )
    count = asked.particles or 0
    return f"total variation {short(closing.delta)} is certain from N = {count:,} on, by {asked.id} ({asked.form})"


def _where(closing: Closing) -> str:
    worst = closing.worst
    if worst is None:
        return "the reward model is exact: every Bellman ratio is 1"
    return f"the reward model is worst at step {worst.step} in {worst.state!r}: Bellman ratio {short(worst.ratio)}"
