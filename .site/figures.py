"""The figures of the README's first screen, written beside this file: `make figures`."""

from pathlib import Path

import matplotlib

from smc.formats import load
from smc.present.curves import certified_curves
from smc.present.figures import save
from smc.present.illustrations import phase_transition
from smc.setting.analysis import analyse

HERE = Path(__file__).parent
MODELS = ("verifier-tree", "frozenlake-4x4")


def main() -> None:
    """Write both."""
    matplotlib.rcParams["svg.hashsalt"] = "bellman-smc"  # the same picture is the same file
    save(phase_transition(), HERE / "polynomial-or-exponential.svg")
    sources = [load(f"shipped:{name}") for name in MODELS]
    save(certified_curves([analyse(s.model, s.twist()) for s in sources]), HERE / "any-number-of-particles.svg")


if __name__ == "__main__":
    main()
