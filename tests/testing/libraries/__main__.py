"""Runs the conformance kit on the libraries and writes `tests/conformance-results.md`, whole: `python -m tests.testing.libraries`.

Each library runs in an environment of its own, which is made first where it is missing (see `PLACE`); one that cannot be made is an error,
so that no row is dropped. Takes some minutes of one processor, and writes the same page for the same versions.
"""

from __future__ import annotations

from pathlib import Path

from smc.instances.fair_steps import fair_steps
from smc.rewards.multiplier import limit_law, multiplier
from smc.setting.analysis import analyse
from smc.setting.twist import perfect
from smc.testing import Instance
from smc.testing.conformance import check_sampler, suite
from smc.testing.conformance.suite import ending
from tests.testing.libraries import LIBRARIES
from tests.testing.samplers import steered_smc

PAGE = Path(__file__).parents[2] / "conformance-results.md"
HEAD = """# Samplers of others under the conformance kit

Made by `python -m tests.testing.libraries`; each library in an environment of its own. `check_sampler` holds a loop to the exact joint
law of its output and normaliser on small models: *living*, where no run dies (with equal weights, weights near 10^-400, and under a
threshold weights that differ by a factor of 40), and *dying*, where particles and whole runs die and sequences end early. A loop without
fault is called broken with probability at most 10^-7 a cell. *Genealogy*: moves, ancestors and normaliser, where the library tells them.

"""


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def rows() -> list[str]:
    """A row for every setup of every library."""
    lines = [
        "| library | scheme | resampled | living | dying | genealogy | in words |",
        "|---|---|---|---|---|---|---|",
    ]
    for library in LIBRARIES:
        for scheme, threshold, declared in library.setups:
            versions: set[str] = set()
            many, dying = library.runs(scheme, threshold, versions), ending()
            parts = {
                "living": [instance for instance in suite(declared) if instance != dying],
                "dying": [dying],
            }
            reports = {
                part: check_sampler(many, declared, instances=instances, replicates=library.replicates)
                for part, instances in parts.items()
            }
            laws = ["broken" if set(r.broken) - {"genealogy"} else "kept" for r in reports.values()]
            told = [f for r in reports.values() for f in r.findings if f.check == "genealogy"]
            line = "not told" if not told else "kept" if all(f.kept for f in told) else "broken"
            said = dict.fromkeys(f"{part}: {r.diagnosis}" for part, r in reports.items() if r.broken)
            when = "every step" if threshold == "1" else f"below {threshold} N"
            (version,) = versions
            lines.append(
                f"| {version} | {scheme} | {when} | {laws[0]} | {laws[1]} | {line} | {cell('; '.join(said) or 'conforms')} |"
            )
            print(lines[-1], flush=True)
    return lines


def odds() -> list[str]:
    """The loop that resamples on odds at every step, with a perfect reward model."""
    lines = ["| T | TV to the target, infinitely many particles | the kit on N = 2 |", "|---|---|---|"]
    for horizon in (4, 8, 16, 32):
        model = fair_steps(horizon)
        constants = analyse(model, perfect(model))
        distance = limit_law(constants, multiplier("odds")).total_variation(constants.target)
        said = "too many runs to enumerate"
        if horizon == 4:
            report = check_sampler(steered_smc("odds"), instances=[Instance(model, perfect(model), 2)], replicates=5000)
            said = cell(report.diagnosis)
        lines.append(f"| {horizon} | {float(distance):.2f} | {said} |")
    return lines


def main() -> None:
    """Makes what is missing, runs everything, writes the page."""
    for library in LIBRARIES:
        library.make()
    table = "\n".join(rows())
    notes = Path(__file__).with_name("notes.md").read_text(encoding="utf-8")
    PAGE.write_text(HEAD + table + "\n\n" + notes.replace("ODDS", "\n".join(odds())), encoding="utf-8")


if __name__ == "__main__":
    main()
