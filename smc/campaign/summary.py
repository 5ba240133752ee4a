"""The table and the plot of a campaign: how tight each statement was found to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from proofs.catalogue import FORMS
from smc.campaign.plan import Plan
from smc.campaign.search import REWARD_MODELS
from smc.campaign.store import Tightness, Totals
from smc.present.figures import in_style, new_axes
from smc.present.fitting import FittedTable
from smc.testing.statements import SPOKEN_OF

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADINGS = (
    "statement",
    "form",
    "algorithm",
    "held against a bound",
    "no bound",
    "undecided",
    "tightest observed/bound",
    "median bound/observed",
)


def cells(row: Tightness, plan: Plan) -> tuple[str, ...]:
    """One line of the table as text."""
    del plan
    down = math.floor(row.best * 10_000) / 10_000  # so that 1.0000 is equality
    tight = f"{down:.4f}" if row.best >= 0 else "none"
    return (
        row.claim,
        row.form,
        ", ".join(_samplers(row.claim, row.form)),
        f"{row.checked:,}",
        f"{row.vacuous:,}",
        f"{row.undecided:,}",
        tight,
        "none" if row.median is None else f"{row.median:.3g}",
    )


def _samplers(claim: str, form: str) -> tuple[str, ...]:
    """Names of the samplers whose runs the form of a claim is held against."""
    if claim not in SPOKEN_OF:
        return ("planted",)
    return FORMS[claim, form].samplers or tuple(sampler.name for sampler in SPOKEN_OF[claim])


def table(totals: Totals, plan: Plan) -> Table:
    """The table for a terminal."""
    made = FittedTable(prose=("form", "algorithm"), title=headline(totals, plan))
    for k, heading in enumerate(HEADINGS):
        made.add_column(heading, justify="left" if k < 3 else "right", no_wrap=k < 3)
    for row in totals.tightness:
        made.add_row(*cells(row, plan))
    return made


def headline(totals: Totals, plan: Plan) -> str:
    """One line: how much was searched and whether anything broke."""
    broke = f"{len(totals.counterexamples)} refuted" if totals.counterexamples else "no violation"
    undecided = sum(row.undecided for row in totals.tightness)
    return (
        f"{totals.instances:,} instances of {totals.examples:,} models, {totals.distinct:,} distinct, seed {plan.seed}: "
        f"{broke}, {undecided} undecided comparisons"
    )


def repeat(totals: Totals, plan: Plan) -> str:
    """The command that draws the same instances."""
    options = [f"--seed {plan.seed}", f"--examples {totals.chunks * plan.chunk}"]
    options += [
        f"--{name.replace('_', '-')} {getattr(plan, name)}"
        for name in ("max_horizon", "max_states", "max_particles", "chunk")
    ]
    if plan.statements != tuple(sorted(SPOKEN_OF)):
        options += [f"--statement {statement}" for statement in plan.statements]
    options += [f"--planted {name}" for name in plan.planted]
    return " ".join(["bellman-smc campaign", *options])


def markdown(totals: Totals, plan: Plan, seconds: float) -> str:
    """The same as a Markdown document, with the tightest instance of each statement and the regions that were met."""
    lines = [
        "# Campaign",
        "",
        f"{headline(totals, plan)}.",
        "",
        f"Made by `{repeat(totals, plan)}`, in {totals.chunks} chunks of {plan.chunk}.",
        "",
        f"Horizon up to {plan.max_horizon}, up to {plan.max_states} states a layer, up to {plan.max_particles} particles "
        "(or proposals). An instance is a model under a reward model at a number of particles: each model is drawn with up to "
        f"{REWARD_MODELS} reward models, and each pair checked at every number of particles, in exact arithmetic, against every "
        "statement below (those in which no number of particles occurs once a pair). "
        f"{totals.instances / seconds if seconds else 0:.0f} instances a second and worker on the machine it ran on.",
        "",
        f"Versions: {', '.join(' '.join(pair) for pair in plan.versions)}. Seals (SHA-256): `{plan.seals}`.",
        "",
        f"| {' | '.join(HEADINGS)} |",
        f"|{'---|' * 3}{'---:|' * 5}",
        *(f"| {' | '.join(cells(row, plan))} |" for row in totals.tightness),
        "",
        "*No bound*: the statement claims nothing there (an infinite eps, L, q or b; from below, a bound of at most 0). "
        "A ratio of 1 is equality. The median of bound/observed is over the instances where something was observed, to half a percent.",
        "",
        "| region | instances |",
        "|---|---:|",
        *(f"| {region} | {count:,} |" for region, count in totals.regions),
        "",
        "Tightest instance of each statement and form:",
        "",
        *_tightest(totals.tightness),
    ]
    return "\n".join(lines) + "\n"


def _tightest(rows: Sequence[Tightness]) -> list[str]:
    lines = []
    for row in rows:
        if 0 < row.best:
            lines += [f"{row.claim} {row.form}, {row.best:.6f}:", "", "```", row.instance, "```", ""]
    return lines[:-1]


def to_json(totals: Totals, plan: Plan, ending: str) -> dict[str, Any]:
    """The object that `campaign --json` prints."""
    return {
        "seed": plan.seed,
        "statements": list(plan.statements),
        "planted": list(plan.planted),
        "ending": ending,
        "chunks": totals.chunks,
        "versions": dict(plan.versions),
        "seals": plan.seals,
        "examples": totals.examples,
        "instances": totals.instances,
        "distinct": totals.distinct,
        "tightness": [
            {
                "claim": row.claim,
                "form": row.form,
                "checked": row.checked,
                "no_bound": row.vacuous,
                "undecided": row.undecided,
                "tightest": row.best if row.best >= 0 else None,
                "median_slack": row.median,
                "instance": row.instance,
            }
            for row in totals.tightness
        ],
        "regions": dict(totals.regions),
        "counterexamples": [
            {
                "claim": c.claim,
                "form": c.form,
                "algorithm": c.algorithm,
                "resampling": c.resampling,
                "particles": c.particles,
                "size": c.size,
                "observed": c.observed,
                "bound": c.bound,
            }
            for c in totals.counterexamples
        ],
    }


@in_style
def plot(totals: Totals, plan: Plan) -> Figure:
    """Tightest observed/bound by statement and form, on a logarithmic axis; 1 is equality."""
    rows = [row for row in totals.tightness if row.best > 0]
    figure, axes = new_axes(6.4, 1.2 + 0.24 * len(rows))
    names = [f"{row.claim} {row.form}" for row in rows]
    axes.barh(names, [row.best for row in rows], log=True)
    axes.axvline(1, linestyle="--")
    axes.invert_yaxis()
    axes.set_xlabel("tightest observed / bound")
    axes.set_title(headline(totals, plan), fontsize="small")
    return figure
