"""What an audit says of a loop, in sentences."""

from __future__ import annotations

from smc.rewards.naming import Fit, Naming

REMEDY = "multiply by V_t / V_(t-1), the score divided by the parent's score: the product telescopes to the reward at the end"
NEAR = 0.2
"""A row that misses by more of the spread of the weights is not worth a word."""

WHOLE = 12
"""Numbers of so many decimals are not called rounded."""


def samples_target(fit: Fit) -> bool:
    """Whether the law is the reference times the score at the end, at temperature 1 and of the value that the score stands for."""
    return fit.multiplier.telescopes and fit.of_value and _plain(fit)


def sentences(naming: Naming) -> list[str]:
    """What the log shows: the scale of the scores, the factor, the law, and the way to the target where that is another."""
    count = naming.seen.count
    lines = [f"{count:,} weight{'s' * (count != 1)}; the scores look like {naming.seen.scale}"]
    lifted = any(fit.floor is not None for fit in naming.fits)
    if naming.seen.zeros and naming.seen.scale == "probabilities" and not lifted:
        lines.append(
            f"{naming.seen.zeros:,} scores are 0: a ratio cannot divide by them, and their particles die; give them a floor"
        )
    if naming.seen.ones and any(fit.transform == "odds" for fit in naming.fits):
        lines.append(
            f"{naming.seen.ones:,} scores are 1: their odds are infinite, and one such particle takes the whole cloud"
        )
    fit = naming.decided
    if fit is None:
        return [*lines, _undecided(naming)]
    lines.append(f"each step multiplies by {fit.words}{_heat(fit)}{_rounding(fit)}")
    power = "" if _plain(fit) else f", to the power {1 / fit.temperature:{_digits(fit)}}"
    of = {"odds": " (each score s as its odds s / (1 - s))", "sigmoid": " (each score s as 1 / (1 + e^-s))"}.get(
        fit.transform, ""
    )
    lines.append(
        "with many particles the loop samples paths in proportion to the reference times "
        f"{fit.multiplier.law}{of}{power}{fit.multiplier.why}"
    )
    if samples_target(fit):
        lines.append(f"that is the target, if the last score{', so lifted,' if lifted else ''} is the reward")
    else:
        lines.append(f"that is not the target, however good the scores are; {REMEDY}")
    return lines


def _undecided(naming: Naming) -> str:
    """Why no one row is named, and what to log."""
    if naming.fits:
        told = " or ".join(f.words for f in naming.fits)
        more = "scores and weights with all their digits, and " if naming.fits[0].digits is not None else ""
        return f"the log does not tell apart: {told}; log {more}runs of several steps whose particles have different parents"
    if not naming.varied:
        return "the weights of a step do not differ, so that no factor can be told; log several particles, each with its own weight"
    none = "no factor that is known here explains the weights"
    if naming.nearest is not None and naming.nearest[1] < NEAR:
        row, off = naming.nearest
        return (
            f"{none}; nearest is {row}, which misses some by {off:.2g} of their spread: if scores or weights are rounded in the log, "
            "log all their digits"
        )
    return f"{none}; see `bellman-smc audit --help` for those that are"


def _rounding(fit: Fit) -> str:
    if fit.digits is None:
        return ""
    told = {"scores": fit.digits.scores, "weights": fit.digits.weights}
    coarse = [f"{what} to {n} decimal{'s' * (n != 1)}" for what, n in told.items() if n < WHOLE]
    return f", as far as {' and '.join(coarse)} tell"


def _plain(fit: Fit) -> bool:
    return fit.temperature == 1


def _digits(fit: Fit) -> str:
    return ".6g" if fit.digits is None else ".3g"


def _heat(fit: Fit) -> str:
    return "" if _plain(fit) else f", at temperature {fit.temperature:{_digits(fit)}}"
