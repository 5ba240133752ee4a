"""The figures of the README's first screen, written beside this file: `make figures`."""

from pathlib import Path

import matplotlib

from smc.checks.learning import study
from smc.cli.output import counting
from smc.formats import load
from smc.lm.automaton import ends
from smc.lm.chain import chain
from smc.lm.ngram import PHONES, phones
from smc.present.curves import certified_curves
from smc.present.figures import save
from smc.present.illustrations import phase_transition, rare_branch_order
from smc.present.learning import learning_figure
from smc.setting.analysis import analyse

HERE = Path(__file__).parent
MODELS = ("verifier-tree", "frozenlake-4x4")


def main() -> None:
    """Write them; the last takes a minute or two."""
    matplotlib.rcParams["svg.hashsalt"] = "bellman-smc"  # the same picture is the same file
    save(phase_transition(), HERE / "polynomial-or-exponential.svg")
    save(rare_branch_order(), HERE / "what-chi-squares-leave.svg")
    sources = [load(f"shipped:{name}") for name in MODELS]
    save(certified_curves([analyse(s.model, s.twist()) for s in sources]), HERE / "any-number-of-particles.svg")
    with counting("learning") as progress:
        learned = study(chain(phones(), ends(["AH", "N"], PHONES), horizon=32, low=0.01), tick=progress)
    save(learning_figure(learned), HERE / "while-it-learns.svg")


if __name__ == "__main__":
    main()
