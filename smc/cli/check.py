"""`bellman-smc check MODEL`: one model, one algorithm, every statement that speaks of it."""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from smc.checks.check import Report
    from smc.checks.enclosed import EnclosedReport
    from smc.checks.sampled import SampledReport
    from smc.errors import TooLarge
    from smc.exact.enclosure_cost import Way
    from smc.numbers import Rational
    from smc.samplers.process import ParticleProcess
    from smc.samplers.sampler import Sampler
    from smc.setting.killed import Killed

BUDGET = 30.0
"""Seconds that the exact law (auto) or an enclosure may take."""
LAW = 0.6
"""Share of the budget that the exact law may take where an enclosure stands behind it."""
METHODS = ("auto", "exact", "certified", "enclosure", "monte-carlo")
LONG_HORIZON = 500
"""Horizon beyond which a note says that exact values take a while."""
LONG = 10.0
"""Estimated seconds of an exact law beyond which a note says so before it is computed."""


def command(
    model: Annotated[
        str,
        typer.Argument(
            help="A native JSON file, gym:ENV?horizon=8, shipped:NAME, or a .prism, .drn, .tra, .umb, .POMDP, .npz, .csv or .jsonl file.",
            show_default=False,
        ),
    ],
    algorithm: Annotated[
        str,
        typer.Option(
            help="naive (SMC, moves by the model), adapted (SMC, moves and weights by the reward model), guided (one particle), "
            "mh (Metropolis-Hastings on guided paths), sis or sis-guided (as naive or guided, resampled once at the end), best-of-n "
            "(N paths, the one of largest reward), weighted-of-n (one drawn in proportion to the reward), "
            "backtracking (a walk up and down the tree by values), "
            "conditional (particle Gibbs: SMC that keeps a path at every sweep)."
        ),
    ] = "naive",
    particles: Annotated[
        int | None,
        typer.Option(help="Number of particles N.", show_default="4; guided, mh: 1; conditional: 2"),
    ] = None,
    proposals: Annotated[
        int | None, typer.Option(help="Number of proposals H, the first included (mh only).", show_default="1")
    ] = None,
    resampling: Annotated[
        str | None,
        typer.Option(
            help="Resampling of naive and adapted: multinomial, stratified, systematic, residual, killing, ssp; stratified:1/2 resamples "
            "only where the effective sample size is below half of N, stratified:inf:1/2 where the infinity-ESS is.",
            show_default="multinomial",
        ),
    ] = None,
    choice: Annotated[
        str | None,
        typer.Option(help="The output among the last particles: weight, uniform or argmax.", show_default="weight"),
    ] = None,
    visits: Annotated[
        int | None,
        typer.Option(help="Number of the visit of a leaf at which it is read (backtracking only).", show_default="1"),
    ] = None,
    sweeps: Annotated[
        int | None,
        typer.Option(help="Number of sweeps after an ordinary run (conditional only).", show_default="1"),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            help="Reward model: file (the values in the file), floor:c (those, 0 on live states read as c), "
            "file:kill (those; zeros on live states are meant), "
            "perfect (V*), constant:c, bellman-error:eps (V* times such an error), "
            "rounded:eps (V* in steps of 1 + eps); any to a power, as perfect^1/2, or perfect^1,1/2,1/4, one a layer; "
            "perfect^weights:1/2 resamples by that power of the weights and carries the rest (naive proposals, on trees).",
            show_default="file, else perfect",
        ),
    ] = None,
    horizon: Annotated[int | None, typer.Option(help="Horizon in place of the model's own (MDPs and tables).")] = None,
    rationalise: Annotated[
        bool,
        typer.Option("--rationalise", help="Read decimals as exact fractions and mend rows that miss 1 by rounding."),
    ] = False,
    method: Annotated[
        str,
        typer.Option(
            help="auto (exact where it fits the budget, else enclosure); exact; certified (the law as balls); enclosure (two certified "
            "ends, at any number of particles); monte-carlo."
        ),
    ] = "auto",
    budget: Annotated[
        float | None,
        typer.Option(
            help="Seconds that the law or the enclosure may take.",
            show_default="30; exact, certified: no limit where an engine says what it takes, else 10 min",
        ),
    ] = None,
    replicates: Annotated[int | None, typer.Option(help="Runs (monte-carlo).", show_default="10000")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed (monte-carlo).", show_default="0")] = None,
    error: Annotated[
        float | None,
        typer.Option(help="Probability that some interval misses (monte-carlo).", show_default="1e-6"),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say first which engine will run, why, and what it will take.")
    ] = False,
    planted: Annotated[
        str | None, typer.Option(help="Hold a planted falsehood against the model too, as `campaign --planted` does.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, rationals as strings.")] = False,
) -> int:
    """Check a model: its output law, its distance to the target, and every bound beside what was measured.

    Exit codes: 0 every bound holds, 1 one is refuted, 2 bad input, 3 one is undecided.
    """
    from smc.cli.output import CODES, counting, json_object, remarks, results, waiting
    from smc.errors import MOST_COUNT, InputError, TooLarge, one_of, whole_number
    from smc.formats import load
    from smc.samplers import check_steering, find, resampled
    from smc.setting.named_twists import uses_file

    if method not in METHODS:
        raise InputError(f"unknown method {method!r}", where="method", mend=one_of(METHODS, method))
    if budget is not None and (method == "monte-carlo" or not 0 < budget < 1e9):
        raise InputError(
            f"budget {budget} for {method}",
            where="budget",
            mend="give seconds above 0, and choose a method that does not draw",
        )
    sampling = {"replicates": replicates, "seed": seed, "error": error}
    for name, value_given in sampling.items():
        if value_given is not None and method != "monte-carlo":
            raise InputError(
                f"the {method} method draws nothing",
                where=name,
                mend=f"leave --{name} out, or choose --method monte-carlo",
            )
    if explain and method == "monte-carlo":
        raise InputError("nothing to explain", where="explain", mend="leave --explain out, or choose --method exact")
    given = {"particles": particles, "proposals": proposals, "visits": visits, "sweeps": sweeps}
    given = {name: whole_number(name, n, most=MOST_COUNT) for name, n in given.items() if n is not None}
    sampler = resampled(find(algorithm), resampling, choice)
    check_steering([sampler], value)
    if sampler.held is not None:
        sampler = sampler.holding(particles)
    if planted is not None:
        _check_planted(planted, sampler, method)
        method = "exact"
    count = sampler.counted(**given) if given else sampler.count.default
    source = load(model, rationalise=rationalise, horizon=horizon, with_values=uses_file(value)).meant(value)
    twist = source.twist(value)
    report: Report | EnclosedReport | SampledReport
    what = f"{algorithm} on {source.model.name}"
    seconds = BUDGET if budget is None else budget
    patience = seconds if method == "auto" else budget  # of a law that no engine costs
    began, fallback, limit = time.monotonic(), False, math.inf if budget is None else budget
    if method == "auto":
        fallback = sampler.interacting and sampler.plain
        if fallback:
            limit = LAW * seconds
        method = "enclosure" if fallback and not _law_fits(source.model, twist, sampler, count, limit) else "exact"
    if method in ("exact", "certified"):
        from smc.checks.budget import OutOfTime, kept
        from smc.checks.check import check

        _forewarn(source.model, twist, sampler, count, explain, method)
        with waiting(what) as waits:
            try:
                with kept(limit - (time.monotonic() - began), waits) as told:
                    report = check(
                        source.model, twist, sampler, **sampler.keyword(count), certified=method == "certified", progress=told,
                        seconds=patience,
                    )  # fmt: skip
                    if planted is not None:
                        report = _with_planted(report, planted)
                    written = _written(report, as_json)
            except TooLarge as fault:
                if not (fallback and isinstance(fault, OutOfTime)):
                    raise _for_command_line(fault, sampler) from None
                method = "enclosure"
                remarks().print(f"note: the exact law was {fault.what}: an enclosure in its place", soft_wrap=True)
    if method == "enclosure":
        left = seconds - (time.monotonic() - began)
        report, written = _enclosed(source.model, twist, sampler, count, left, explain, as_json)
    elif method == "monte-carlo":
        from smc.checks.sampled import check_by_simulation

        chosen: dict[str, Any] = {name: number for name, number in sampling.items() if number is not None}
        with counting(what) as progress:
            report = check_by_simulation(
                source.model, twist, sampler, **sampler.keyword(count), progress=progress, **chosen
            )
            written = _written(report, as_json)
    missed = None if source.killed is None else _missed(report, source.killed)
    if isinstance(written, dict):
        declared = {} if source.killed is None else {"declared": source.killed.to_json(missed)}
        json_object({**written, **declared})
    else:
        from smc.present.report import print_report

        print_report(report, results())
        if source.killed is not None:
            results().print(_declared(source.killed, missed), soft_wrap=True)
    return CODES[report.verdict]


def _law_fits(model, twist, sampler: Sampler, count: int, seconds: float) -> bool:
    """Whether the exact law is estimated to take no more; longer fractions than `LONG_FRACTIONS` bits are not costed."""
    from smc.checks.measure import Measured
    from smc.exact import seconds_of_law
    from smc.exact.enclosure_cost import LONG as LONG_FRACTIONS
    from smc.setting.analysis import analyse, longest

    if count > 1 and longest(model, twist) > LONG_FRACTIONS:
        return False
    return seconds_of_law(Measured(analyse(model, twist), sampler, count).process, count) <= seconds


def _written(report: Report | EnclosedReport | SampledReport, as_json: bool) -> dict[str, Any] | str:
    """The report as it is asked for, so that all that it takes is computed within the seconds that are kept."""
    return report.to_json() if as_json else str(report)


def _missed(report: Report | EnclosedReport | SampledReport, killed: Killed) -> Rational | None:
    """`TV(law of the output, declared target)`, where the law is exact."""
    from smc.checks.check import Report
    from smc.exact import OutputLaw

    if isinstance(report, Report) and isinstance(report.measured.output, OutputLaw):
        return report.measured.output.total_variation(killed.target)
    return None


def _declared(killed: Killed, missed: Rational | None) -> str:
    """The line on the target that was declared, where values kill live states on purpose."""
    from smc.present.digits import short

    far = "" if missed is None else f"total variation to it {short(missed)}; "
    return (
        f"declared target: Z = {short(killed.normaliser)}; {far}{short(killed.lost)} of it runs through killed states, "
        "out of reach at any number of particles"
    )


def _check_planted(name: str, sampler: Sampler, method: str) -> None:
    """Raises InputError for no falsehood, for one about another sampler, and for a method that is not exact."""
    from smc.errors import InputError, one_of
    from smc.testing.falsehoods import FALSEHOODS

    if name not in FALSEHOODS:
        raise InputError(f"unknown falsehood {name!r}", where="planted", mend=one_of(FALSEHOODS, name))
    about = FALSEHOODS[name].algorithm
    if about != sampler.name:
        raise InputError(f"{name} speaks of {about}", where="planted", mend=f"choose --algorithm {about}")
    if method not in ("auto", "exact"):
        raise InputError("falsehoods are held against exact laws", where="planted", mend="choose --method exact")


def _with_planted(report: Report, name: str) -> Report:
    """The report with the rows of a planted falsehood."""
    from dataclasses import replace

    from smc.testing.falsehoods import FALSEHOODS
    from smc.testing.instances import Instance

    c = report.constants
    rows = FALSEHOODS[name].rows(Instance(c.model, c.twist, report.measured.count))
    return replace(report, rows=(*report.rows, *rows))


def _enclosed(
    model, twist, sampler: Sampler, particles: int, budget: float, explain: bool, as_json: bool
) -> tuple[EnclosedReport, dict[str, Any] | str]:
    """The report by enclosure, and as it is asked for, within a budget of seconds."""
    from smc.checks.budget import kept
    from smc.checks.enclosed import check_by_enclosure
    from smc.cli.output import remarks, waiting
    from smc.errors import TooLarge

    def told(way: Way) -> None:
        if explain or way.why:
            remarks().print(f"enclosure: {way}", soft_wrap=True)

    with waiting(f"{sampler.name} on {model.name}") as waits:
        try:
            with kept(budget, waits) as progress:
                report = check_by_enclosure(
                    model, twist, sampler, particles=particles, budget=LAW * budget, progress=progress, explain=told
                )
                return report, _written(report, as_json)
        except TooLarge as fault:
            raise _for_command_line(fault, sampler) from None


def _forewarn(model, twist, sampler: Sampler, count: int, explain: bool, mode: str) -> None:
    """The engine that the cost model chooses and what it will take, on stderr: when asked for, or one line when it is long.

    Raises TooLarge, before anything is computed, for what will not fit.
    """
    from smc.checks.measure import Measured
    from smc.cli.output import remarks
    from smc.errors import TooLarge
    from smc.exact import explain_law
    from smc.exact.occupancy.cost import duration
    from smc.setting.analysis import analyse

    if model.horizon > LONG_HORIZON:
        remarks().print(
            f"note: exact values over {model.horizon} steps are long fractions and take a while", soft_wrap=True
        )
    chosen = sampler.interacting and sampler.plain and count > 1  # one particle is a chain: one pass over the edges
    if not (chosen or explain):
        return
    process = Measured(analyse(model, twist), sampler, count).process
    if not chosen:
        remarks().print(f"{sampler.label}: exact {_one_way(process, count)}; no engine to choose", soft_wrap=True)
        return
    try:
        plan = explain_law(process, count, mode=mode)
    except TooLarge as fault:
        raise _for_command_line(fault, sampler) from None
    seconds = plan.costs[0].seconds if plan.costs else 0.0
    if explain:
        for line in plan.lines():
            remarks().print(line, soft_wrap=True)
    elif seconds > LONG:
        remarks().print(
            f"note: the {mode} law takes about {duration(seconds)}; --method monte-carlo is quick", soft_wrap=True
        )


def _one_way(process: ParticleProcess, count: int) -> str:
    """How the law comes where there is one way only, and the size that says what it takes."""
    from dataclasses import replace

    from smc.exact.clouds import most_clouds
    from smc.numbers import order
    from smc.samplers.process import Selection

    leaves = f"between {process.sizes[-1]:,} leaves"
    if process.selection is Selection.WALK:
        return f"{leaves}, visit by visit, on a tree of {sum(process.sizes):,} nodes"
    if process.held is not None:
        clouds = order(most_clouds(replace(process, selection=Selection.RESAMPLED), process.held))
        return f"{leaves}, sweep by sweep, over clouds of {process.held:,} particles, at most {clouds} at one time"
    if process.resampled and count > 1:
        return f"over clouds of {count:,} particles, at most {order(most_clouds(process, count))} at one time"
    return "by passes over the edges, at once"


def _for_command_line(fault: TooLarge, sampler: Sampler) -> TooLarge:
    """The refusal with the ways out that this command has: its own method by name, modes of the library left out."""
    from smc.errors import TooLarge

    mend = fault.mend.replace("mode 'certified'", "--method certified")
    mend = re.sub(r"give a budget of (\d+) seconds", r"--budget \1", mend)
    mend = re.sub(r"mode '\w+',? ?", "", mend).replace("a Monte Carlo run", "--method monte-carlo")
    if sampler.simulated and "monte-carlo" not in mend:
        mend = f"{mend}, or --method monte-carlo".lstrip(", ")
    return TooLarge(fault.what, where=fault.where, mend=mend)
