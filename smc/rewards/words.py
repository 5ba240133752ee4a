"""What an audit says of a loop, in sentences."""

from __future__ import annotations

from smc.rewards.naming import Fit, Naming

REMEDY = "multiply by V_t / V_(t-1), the score divided by the parent's score: the product telescopes to the reward at the end"


def samples_target(fit: Fit) -> bool:
    """Whether the law is the reference times the score at the end, at temperature 1 and of the value that the score stands for."""
    return fit.multiplier.telescopes and fit.of_value and abs(fit.temperature - 1) < 1e-6


def sentences(naming: Naming) -> list[str]:
    """What the log shows: the scale of the scores, the factor, the law, and the way to the target where that is another."""
    lines = [f"{naming.seen.count:,} weights; the scores look like {naming.seen.scale}"]
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
        f"with many particles the loop samples paths in proportion to the reference times {fit.multiplier.law}{of}{power}"
    )
    if samples_target(fit):
        lines.append(f"that is the target, if the last score{', so lifted,' if lifted else ''} is the reward")
    else:
        lines.append(f"that is not the target, however good the scores are; {REMEDY}")
    return lines


def _heat(fit: Fit) -> str:
    return "" if abs(fit.temperature - 1) < 1e-6 else f", at temperature {fit.temperature:.6g}"
