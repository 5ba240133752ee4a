"""What an audit says of a loop, in sentences."""

from __future__ import annotations

from smc.rewards.naming import Fit, Naming

SAMPLES = {
    "ratio": "the score at the end: the product of the ratios telescopes",
    "last": "the score at the end",
    "score": "the product of all scores along the path",
    "parent": "the product of all scores along the path but the last",
    "twice-last": "the square of the score at the end",
    "product": "the product of all scores along the path",
    "min": "the least score along the path",
}
"""By candidate: what the reference is multiplied by in the law that the loop samples, with many particles."""
TARGET = ("ratio", "last")
"""The candidates whose law is the target: the reference times the score at the end, which is the reward."""
REMEDY = "multiply by V_t / V_(t-1), the score divided by the parent's score: the product telescopes to the reward at the end"


def samples_target(fit: Fit) -> bool:
    """Whether the law is the reference times the score at the end, at temperature 1 and of the score itself."""
    return fit.candidate.factor in TARGET and fit.transform != "odds" and abs(fit.temperature - 1) < 1e-6


def sentences(naming: Naming) -> list[str]:
    """What the log shows: the scale of the scores, the factor, the law, and the way to the target where that is another."""
    lines = [f"{naming.moves:,} weights; the scores look like {naming.scale}"]
    fit = naming.decided
    if fit is None:
        told = " or ".join(f.words for f in naming.fits)
        return [
            *lines,
            f"the log does not tell apart: {told}; log runs of several steps whose particles have different parents"
            if naming.fits
            else "no factor that is known here explains the weights; see `bellman-smc audit --help` for those that are",
        ]
    lines.append(f"each step multiplies by {fit.words}{_heat(fit)}")
    power = "" if abs(fit.temperature - 1) < 1e-6 else f", to the power {1 / fit.temperature:.6g}"
    of = {"odds": " (each score s as its odds s / (1 - s))", "sigmoid": " (each score s as 1 / (1 + e^-s))"}.get(
        fit.transform, ""
    )
    lines.append(
        f"with many particles the loop samples paths in proportion to the reference times {SAMPLES[fit.candidate.factor]}{of}{power}"
    )
    if samples_target(fit):
        lines.append("that is the target, if the last score is the reward")
    else:
        lines.append(f"that is not the target, however good the scores are; {REMEDY}")
    return lines


def _heat(fit: Fit) -> str:
    return "" if abs(fit.temperature - 1) < 1e-6 else f", at temperature {fit.temperature:.6g}"
