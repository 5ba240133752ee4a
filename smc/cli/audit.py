"""`bellman-smc audit LOG`: which factor a loop multiplies by, and which law it therefore samples; `audit MODEL --multiplies FACTOR`."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    source: Annotated[
        str, typer.Argument(help="A log of JSON lines (see below), or with --multiplies a model.", show_default=False)
    ],
    multiplies: Annotated[
        str | None,
        typer.Option(
            help="For a model: the factor of a step, one of ratio, last, score, odds, parent, twice-last, product, min."
        ),
    ] = None,
    value: Annotated[
        str | None, typer.Option(help="For a model: the scores, as in `check`; those of the file, or V*, by default.")
    ] = None,
    rationalise: Annotated[
        bool, typer.Option("--rationalise", help="For a model: read decimals as exact fractions, as check does.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Which distribution does a loop sample that resamples on the scores of a reward model?

    A log has one JSON object a line, for each particle at each step:
    {"run": 0, "step": 1, "particle": 3, "parent": 2, "score": 0.41, "log_weight": -0.89}
    with the score after the step and the logarithm of what the step multiplied the particle by (up to a constant that the particles of a
    step share). Named are: the ratio of successive scores, the score itself, the parent's score, the ratio with the last score twice, and
    the last score, the product or the least of all scores at the end; of scores, of their odds, or of scores in log or logit space.

    Of a model, the exact distance between the target and what a loop with many particles samples.

    Exit codes: 0 the loop samples the target, 1 it samples another law, 2 bad input, 3 the log does not decide.
    """
    if multiplies is not None:
        return _of_model(source, multiplies, value, rationalise, as_json)
    from smc.cli import HOLDS, REFUTED, UNDECIDED
    from smc.cli.output import json_object, results
    from smc.errors import InputError
    from smc.rewards.log import read_moves
    from smc.rewards.naming import name_factor
    from smc.rewards.words import samples_target, sentences

    if value is not None or rationalise:
        raise InputError(
            "a log brings its own scores", where="value" if value else "rationalise", mend="leave it out, or give --multiplies and a model"
        )  # fmt: skip
    naming = name_factor(lambda: read_moves(source))
    fit = naming.decided
    if as_json:
        json_object(
            {
                "scale": naming.scale,
                "weights": naming.moves,
                "fits": [
                    {"factor": f.multiplier.name, "of": f.transform or "score", "temperature": f.temperature}
                    for f in naming.fits
                ],
                "samples_target": None if fit is None else samples_target(fit),
            }
        )
    else:
        for line in sentences(naming):
            results().print(line, soft_wrap=True)
    if fit is None:
        return UNDECIDED
    return HOLDS if samples_target(fit) else REFUTED


def _of_model(spec: str, multiplies: str, value: str | None, rationalise: bool, as_json: bool) -> int:
    from smc.cli import HOLDS, REFUTED
    from smc.cli.output import json_object, results
    from smc.formats import load
    from smc.numbers import decimal_of
    from smc.present.digits import short
    from smc.rewards.multiplier import limit_law, multiplier
    from smc.rewards.words import REMEDY
    from smc.setting.analysis import analyse
    from smc.setting.named_twists import uses_file

    factor = multiplier(multiplies)
    source = load(spec, rationalise=rationalise, with_values=uses_file(value))
    constants = analyse(source.model, source.twist(value))
    law = limit_law(constants, factor)
    tv = law.total_variation(constants.target)
    if as_json:
        json_object(
            {
                "model": constants.model.name,
                "twist": constants.twist.name,
                "multiplies": factor.name,
                "formula": factor.formula,
                "telescopes": factor.telescopes,
                "law": {s: str(p) for s, p in zip(constants.model.layers[-1], law.law, strict=True)},
                "tv": str(tv),
                "tv_decimal": decimal_of(tv),
            }
        )
        return REFUTED if tv else HOLDS
    console = results()
    console.print(
        f"{constants.model.name}, reward model {constants.twist.name}: each step multiplies by {factor.formula}",
        soft_wrap=True,
    )
    console.print(
        f"with many particles the loop samples paths in proportion to the reference times {factor.whole}",
        soft_wrap=True,
    )
    if tv:
        console.print(
            f"total variation to the target: {short(tv)}, at any large number of particles; {REMEDY}", soft_wrap=True
        )
    else:
        console.print("that is the target: how many particles it takes is what `check` and `plan` say", soft_wrap=True)
    return REFUTED if tv else HOLDS
