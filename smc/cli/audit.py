"""`bellman-smc audit FILE...`: which law a loop samples, how good its reward model is, how many particles; `audit MODEL --multiplies`."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Files of one format (see below), or with --multiplies a model.", show_default=False
        ),
    ],
    delta: Annotated[
        str | None, typer.Option(help="Accuracy wanted: a total variation between 0 and 1.", show_default="1/10")
    ] = None,
    scores: Annotated[
        str | None,
        typer.Option(
            help="What scores are: probabilities, log-probabilities, rewards (V = e^score) or logits.",
            show_default="what they look like",
        ),
    ] = None,
    floor: Annotated[
        float | None, typer.Option(help="The loop lifts V to this; bounds every ratio.", show_default="none")
    ] = None,
    error: Annotated[
        float | None, typer.Option(help="Probability that some interval does not hold.", show_default="0.05")
    ] = None,
    branching: Annotated[int | None, typer.Option(help="Children that a guided move scores.", show_default="2")] = None,
    report: Annotated[
        str | None, typer.Option(help="HTML page to write (needs the extra plot).", show_default=False)
    ] = None,
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
    """Which distribution does my loop sample, is my reward model good enough, how many particles?

    Formats, known by their fields: traces of llamppl and genlm-control, results of its_hub, trees of OpenR (whole or flat), scored answers
    of search-and-learn, labels of PRM800K, Math-Shepherd and ProcessBench, and two of this project's own, one JSON object a line:

    \b
    {"run": 0, "step": 1, "particle": 3, "parent": 2,
     "score": 0.41, "log_weight": -0.89}
    {"prefix": ["Let x", "= 3"], "score": 0.6,
     "children": [{"score": 0.7}, {"score": 0.1}]}

    The first is a loop: each particle at each step, the score after the step and the logarithm of what the step multiplied it by (up to a
    constant that the particles of a step share). Named are: the ratio of successive scores, the score itself, the parent's score, the ratio
    with the last score twice, and the last score, the product or the least of all scores at the end; of scores, of their odds, or of scores
    in log or logit space. The second is a prefix drawn by the reference, with K draws of the next step. With "rollouts", rewards of two or
    more whole answers drawn after it, and "before", the score one step earlier, V is held against the true value.

    The table by step ("steps" in JSON: "ratio", "effective", "far" and all else) is over the prefixes that go on at that step: answers that
    have ended by then ("all_before": the first step by which one has) are in no row, and prefixes of score 0 have no ratio.

    Of a model, the exact distance between the target and what a loop with many particles samples.

    Exit codes: 0 the loop samples the target, or no loop was logged, 1 it samples another law, 2 bad input, 3 the log does not decide.
    """
    from fractions import Fraction

    from smc.checks.audited import Audited, of_files
    from smc.cli import HOLDS, REFUTED, UNDECIDED
    from smc.cli.output import json_object, origin, results, waiting
    from smc.cli.places import PAGES, file_to_write
    from smc.errors import InputError
    from smc.numbers import rational

    if multiplies is not None:
        of_logs = {
            "delta": delta, "scores": scores, "floor": floor, "error": error, "branching": branching, "report": report
        }  # fmt: skip
        for name, given in of_logs.items():
            if given is not None:
                raise InputError("belongs to a log", where=name, mend=f"leave --{name} out, or --multiplies")
        return _of_model(sources, multiplies, value, rationalise, as_json)
    if value is not None or rationalise:
        given_too = "rationalise" if value is None else "value"
        raise InputError(
            "a log brings its own scores", where=given_too, mend="leave it out, or give --multiplies and a model"
        )
    if report is not None:
        file_to_write("report", report, PAGES, drawn=True)
    try:
        accuracy = rational("1/10" if delta is None else delta)
    except ValueError as fault:
        raise InputError(str(fault), where="delta", mend="write a number such as 1/10") from None
    with waiting(f"reading {sources[0]}"):
        found: Audited = of_files(
            sources, Fraction(int(accuracy.numerator), int(accuracy.denominator)), scores=scores, floor=floor,
            error=0.05 if error is None else error, branching=2 if branching is None else branching,
        )  # fmt: skip
    if report is not None:
        from smc.present.audit_page import write

        write(found, report, origin())
    if as_json:
        json_object(found.to_json())
    else:
        from smc.present.audit_tables import print_audit

        print_audit(found, results())
    if found.samples_target is None:
        return UNDECIDED if found.audit.format.drawn == "loop" else HOLDS
    return HOLDS if found.samples_target else REFUTED


def _of_model(specs: list[str], multiplies: str, value: str | None, rationalise: bool, as_json: bool) -> int:
    from smc.cli import HOLDS, REFUTED
    from smc.cli.output import json_object, results
    from smc.errors import InputError
    from smc.formats import load
    from smc.numbers import decimal_of
    from smc.present.digits import short
    from smc.rewards.multiplier import limit_law, multiplier
    from smc.rewards.words import REMEDY
    from smc.setting.analysis import analyse
    from smc.setting.named_twists import carries_weights, uses_file

    if len(specs) > 1:
        raise InputError(f"{len(specs)} models", where="multiplies", mend="give one model")
    factor = multiplier(multiplies)
    if carries_weights(value):
        raise InputError(
            "a loop that carries a power of its weights multiplies by no factor of scores alone",
            where=f"value {value}",
            mend="leave the power of the weights out",
        )
    source = load(specs[0], rationalise=rationalise, with_values=uses_file(value))
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
