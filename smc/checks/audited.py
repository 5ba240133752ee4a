"""An audit with what it says to a person: the loop's law, what is certified of the reward model and what is not, what each theorem asks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from smc.checks.needs import Need, needs, worst_words
from smc.errors import InputError, whole_number
from smc.rewards.audit import Audit, audit
from smc.rewards.averages import Interval
from smc.rewards.facts import FAR, LEAST_CHILDREN, Facts, StepFacts
from smc.rewards.words import REMEDY, samples_target, sentences

CERTIFIED = (
    "averages by step and shares of steps beyond a factor, each with its ends, and lower ends of r_t, eps, Lambda and C_act; "
    "what was seen of L is certain"
)
NO_SUPREMUM = (
    "eps, Lambda, L and C_act are maxima over all prefixes, and the worst one may not have been drawn: no sample bounds a maximum "
    "from above; the averages and shares are certified in their place"
)
A_PRIORI = "their upper ends are a priori: what the floor allows, and no more than that"
NO_UPPER = {
    True: "an upper end takes scores and rewards that are bounded away from 0; a floor lifts scores, not rewards: those make the target",
    False: "an upper end takes scores that are bounded away from 0, as --floor 0.01 lifts them",
}
"""Why there is no upper end, by whether children have rewards."""
GO_ON = (
    "a row of the table by step is over the prefixes that go on at its step, its mean ratio and what is effective too: answers that have "
    "ended by then are in none, and prefixes of score 0 have no ratio"
)
"""What the columns of a step are averages over."""
DRAWN = {
    "reference": "prefixes drawn by the reference",
    "loop": "prefixes that the loop met: averages are over those, not over the reference",
    "search": "prefixes and children that a search chose: nothing here is about the reference, and no interval is certified of it",
    "labels": "labels of steps, read as the reward model that prunes at the first wrong step (V = 1, then 0)",
}
"""By `Format.drawn`, what the numbers are about."""


LEAST_DELTA = 1e-100
"""Least accuracy that counts are given for: they are floats here."""
MOST_BRANCHING = 10**9
WRITTEN_OUT = 1e9
"""Counts from which on three digits are given."""
OUT_OF_REACH = 1e12
"""Calls that nobody makes."""


@dataclass(frozen=True)
class Audited:
    """An audit, the accuracy asked for, and what each statement needs for it (empty where no step has scores before and after)."""

    audit: Audit
    delta: Fraction
    needs: tuple[Need, ...]
    remark: str = ""

    @property
    def samples_target(self) -> bool | None:
        """Whether the loop samples the target; None where no loop was logged with its scores, or the log does not decide."""
        if self.audit.published is not None:
            return self.audit.published.telescopes
        fit = None if self.audit.naming is None else self.audit.naming.decided
        return None if fit is None else samples_target(fit)

    @property
    def certified(self) -> bool:
        """Whether the prefixes are draws, so that intervals are about their law."""
        return self.audit.format.drawn in ("reference", "loop")

    def target(self) -> list[str]:
        """The first answer: which law the loop samples."""
        audit = self.audit
        if audit.naming is not None:
            return sentences(audit.naming)
        if audit.published is not None:
            m = audit.published
            return [
                f"the loop of {audit.format.name}, as published, multiplies each step by {m.formula}",
                f"with many particles it samples paths in proportion to the reference times {m.law}{m.why}",
                "that is the target"
                if m.telescopes
                else f"that is not the target, however good the scores are; {REMEDY}",
            ]
        if audit.genealogies is not None:
            return [
                "the trace has no scores, so that the factor of the loop cannot be named; log them with the weights"
            ]
        return []

    def genealogy(self) -> list[str]:
        """What the runs say of the normaliser."""
        kin = self.audit.genealogies
        if kin is None:
            return []
        lines = [f"{_many(kin.runs, 'run')} with genealogy; the fewest first ancestors at the end: {kin.fewest}"]
        if kin.relative_variance is not None:
            lines.append(
                f"relative variance of the normaliser, by disjoint ancestors: {kin.relative_variance:.4g} (mean over "
                f"{_many(kin.estimated, 'run')}); times Zhat^2 it is unbiased for Var(Zhat) "
                "where every step was resampled multinomially and the log says so"
            )
        return lines

    def model(self) -> list[str]:
        """The second answer: how good the reward model is."""
        found = self.audit.facts
        if found is None or not found.families:
            return ["no step has scores before and after it, so that nothing is seen of the reward model"]
        lines = [
            f"{_many(found.families, 'prefix')}, {_many(found.horizon, 'step')}, scores from {_number(self.audit.seen.low)} to "
            f"{_number(self.audit.seen.high)} taken as {found.scores.words}"
        ]
        if found.unseen:
            lines.append(
                f"no prefix is of {found.unseen:,} of the steps: no sum over steps, and no count by it, is known"
            )
        lines.append(DRAWN[self.audit.format.drawn])
        if found.several and self.certified and not found.weighted:
            lines.append(
                "of several prompts: averages, and the counts by them, are over prompts, and one may need more"
            )
        if not any(step.largest_step for step in found.steps):
            return [
                *lines,
                "no scored prefix has a scored child of positive score, so that nothing is seen of the ratios",
            ]
        certified = self.certified
        for name, ends, seen in (
            ("Bellman error eps", found.eps, found.eps_seen),
            ("cumulative Bellman error Lambda", found.cumulative, found.cumulative_seen),
            ("ratio bound L", found.ratio_bound, found.ratio_bound[0]),
        ):
            lines.append(f"{name}: {_range(*ends, seen, certified)}")
        known = f"{_range(*found.activity, None, True)}; " if certified else ""
        lines.append(f"activity C_act: {known}seen {_number(found.activity_seen)}, were the scores the true values")
        if certified:
            finite = math.isfinite(found.most_off)
            lines += [f"certified, all at once, with probability {1 - found.error:g}: {CERTIFIED}", NO_SUPREMUM]
            lines.append(A_PRIORI if finite else NO_UPPER[found.rewarded])
        if not found.ratios_seen:
            lines.append(
                f"Bellman ratios are seen where a prefix has {LEAST_CHILDREN} children or more; fewer show averages alone"
            )
        worst = found.worst
        if worst is not None and worst.spread > 1:
            lines.append(f"Bellman ratios spread most at {worst_words(worst)}")
        killed = sum(step.killed for step in found.steps)
        if killed:
            lines.append(
                f"{killed:,} prefixes of score 0 go on to positive ones: the reward model kills what may succeed; --floor 0.01 lifts it"
            )
        return [*lines, GO_ON]

    def truth(self) -> list[str]:
        """The reward model against the true value, where the file has answers drawn after its prefixes."""
        found = self.audit.facts
        if found is None or not found.families or self.audit.format.drawn != "reference":
            return []
        ended = []
        if found.all_before < found.horizon:
            ended.append(
                f"answers have ended by step {found.all_before}, and the prefixes there are those that go on: from there on "
                "chi^2(pi*_t || pihat_t), which is over all answers, is not known from them"
            )
        if not any(step.truth for step in found.steps):
            return [
                "chi^2(pi*_t || pihat_t), which holds V against the true value V*, is not seen: it takes two or more rewards of answers "
                "that the reference draws after a prefix, its `rollouts` in the format prefixes",
                *ended,
            ]
        lines = [
            "V against the true value V*, by answers drawn after the prefixes: chi^2(pi*_t || pihat_t), 0 where V_t is V*_t up to a factor"
        ]
        lines += ended
        if any(step.truth and step.truth.prefixes < step.prefixes for step in found.steps):
            lines.append(
                "where only some prefixes have answers drawn after them, the row is about those: about all only if they were chosen "
                "at random, and no count is certified by it"
            )
        if found.coverage is not None:
            seen, upper = found.coverage
            end = (
                "no upper end is certified without a floor on V"
                if math.isinf(upper)
                else f"at most {_number(upper)} is certified"
            )
            lines.append(
                f"G1 by these averages: TV of naive SMC <= c / sqrt(N), c is estimated at {_number(seen)}, {end}"
            )
        return lines

    def advice(self) -> list[str]:
        """The third answer in a line or two; the table has the rest."""
        finite = [(need, need.calls) for need in self.needs if need.calls is not None]
        proved = [pair for pair in finite if pair[0].kind != "average"]
        lines = [self.remark] if self.remark else []
        if proved:
            first, calls = proved[0]
            given = "certified" if first.kind == "certified" else "were the worst prefixes those seen"
            lines.append(
                f"for accuracy {_number(float(self.delta))}, {given}, {first.algorithm} is cheapest by theorem: "
                f"{counted(first)}, {_many(calls, 'call')} ({first.id})"
            )
            if calls > OUT_OF_REACH:
                lines.append("that is out of reach: theorems guard against the worst prefix at every step at once")
        elif self.needs:
            lines.append(
                "no theorem gives a finite count on what was seen: log more children a prefix, or give scores of 0 a --floor"
            )
        average = next((need for need, _ in finite if need.kind == "average"), None)
        if average is not None:
            lines.append(f"the average prefix suggests {counted(average)} for naive SMC, with no guarantee")
        return lines

    def to_json(self) -> dict[str, Any]:
        """Everything, infinite numbers as null."""
        audit = self.audit
        fits = audit.naming.fits if audit.naming is not None else ()
        return _finite(
            {
                "files": list(audit.paths),
                "format": audit.format.name,
                "records": audit.records,
                "scale": audit.seen.scale if audit.seen.count else None,
                "scores": audit.seen.count,
                "fits": [
                    {
                        "factor": f.multiplier.name,
                        "of": f.transform or "score",
                        "floor": f.floor,
                        "temperature": f.temperature,
                        "decimals": None if f.digits is None else asdict(f.digits),
                    }
                    for f in fits
                ],
                "published": audit.published.name if audit.published else None,
                "samples_target": self.samples_target,
                "genealogies": None if audit.genealogies is None else asdict(audit.genealogies),
                "facts": None if audit.facts is None else _facts(audit.facts),
                "delta": str(self.delta),
                "needs": [need.to_json() for need in self.needs],
                "sentences": [*self.target(), *self.model(), *self.truth(), *self.genealogy(), *self.advice()],
            }
        )


def of_files(
    paths: Sequence[str], delta: Fraction, *, scores: str | None = None, floor: float | None = None, error: float = 0.05, branching: int = 2
) -> Audited:  # fmt: skip
    """The audit of files of one format (see `smc.rewards.audit.audit`). Raises InputError."""
    if not 0 < delta < 1:
        raise InputError(f"accuracy {delta} is not between 0 and 1", where="delta", mend="it is a total variation")
    if delta < LEAST_DELTA:
        raise InputError(f"accuracy below {LEAST_DELTA:g}", where="delta", mend="counts for less are written by none")
    whole_number("branching", branching, most=MOST_BRANCHING)
    found = audit(paths, scores=scores, floor=floor, error=error)
    if found.facts is None or not any(step.largest_step for step in found.facts.steps):
        return Audited(found, delta, ())
    return Audited(found, delta, tuple(needs(found.facts, delta, branching)))


def step_rows(found: Facts, *, certified: bool = True) -> Iterator[tuple[str, ...]]:
    """A row a step for tables: prefixes, Bellman ratios seen, mean ratio with its interval, effective share, steps beyond a factor of 2.

    certified: whether ends are shown; of prefixes that a search chose, or labels, they are about no law.
    """
    for step in found.steps:
        far = step.far[FAR.index(2.0)]
        yield (
            str(step.step),
            f"{step.prefixes:,}",
            "—" if not step.seen else f"{_number(step.lowest)} .. {_number(step.highest)}",
            _interval(step.ratio, certified),
            _effective(step, certified),
            _interval(far, certified),
        )


STEP_COLUMNS = ("step", "prefixes", "ratios seen", "mean ratio", "effective", "beyond ×2")


def _effective(step: StepFacts, certified: bool) -> str:
    if step.effective is None:
        return "—"
    return _ended(step.effective, *step.effective_ends) if certified else _number(step.effective)


def _interval(found: Interval | None, certified: bool = True) -> str:
    if found is None:
        return "—"
    return _number(found.mean) if not certified else _ended(found.mean, found.lower, found.upper)


def _ended(value: float, lower: float, upper: float) -> str:
    return f"{_number(value)} [{_number(lower)}, {_number(upper)}]"


TRUTH_COLUMNS = ("step", "prefixes", "mean reward", "chi² of V* to V")


def truth_rows(found: Facts) -> list[tuple[str, ...]]:
    """A row a step that has answers drawn after its prefixes: of how many, the mean of V*, and chi^2(pi*_t || pihat_t), with their ends."""
    return [
        (
            str(step.step),
            _part(step.truth.prefixes, step.prefixes),
            _interval(step.truth.mass),
            _interval(step.truth.chi),
        )
        for step in found.steps
        if step.truth is not None
    ]


def _part(some: int, every: int) -> str:
    return f"{every:,}" if some == every else f"{some:,} of {every:,}"


def counted(need: Need) -> str:
    """The count of a need with its unit: 1 particle, 7 particles, 4 sweeps."""
    if need.count is None:
        return "—"
    unit = re.sub(r"^(\w+)s\b", r"\1", need.unit) if need.count == 1 else need.unit
    return f"{need.count:,.0f} {unit}" if need.count < WRITTEN_OUT else f"{need.count:.3g} {unit}"


def _range(lower: float, upper: float, seen: float | None, certified: bool) -> str:
    """What is known of a maximum: its ends where they are certified, and what was seen."""
    if math.isinf(lower):
        return "infinite: a score of 0 came after a positive one"
    shown = [] if seen is None else [f"seen {_number(seen)}"]
    if not certified:
        return shown[0] if shown else "not seen"
    ends = f"at least {_number(lower)}, {'no upper end' if math.isinf(upper) else f'at most {_number(upper)}'}"
    return "; ".join([ends, *shown])


def _many(count: float, word: str) -> str:
    digits = f"{count:,.0f}" if count < WRITTEN_OUT else f"{count:.3g}"
    return f"{digits} {word}{'' if count == 1 else 'es' if word.endswith('x') else 's'}"


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    if math.isinf(value):
        return "∞"
    return f"{value:,.0f}" if abs(value) < 1e9 and float(value).is_integer() else f"{value:.4g}"


def _facts(found: Facts) -> dict[str, Any]:
    names = {"eps": found.eps, "Lambda": found.cumulative, "L": found.ratio_bound}
    return {
        "horizon": found.horizon,
        "prefixes": found.families,
        "error": found.error,
        "scores": found.scores.words,
        "floor": found.scores.floor,
        "all_before": found.all_before,
        **{name: {"lower": lower, "upper": upper} for name, (lower, upper) in names.items()},
        "C_act": {"lower": found.activity[0], "upper": found.activity[1], "seen": found.activity_seen},
        "coverage": None if found.coverage is None else {"estimate": found.coverage[0], "upper": found.coverage[1]},
        "eps_seen": found.eps_seen,
        "Lambda_seen": found.cumulative_seen,
        "steps": [_step(step) for step in found.steps],
        "far_factors": list(FAR),
        "final": None if found.final is None else asdict(found.final),
    }


def _step(step: StepFacts) -> dict[str, Any]:
    return {**asdict(step), "r_lower": step.spread_lower, "r_seen": step.spread}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, (list, tuple)) else value
