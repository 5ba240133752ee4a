"""SMC libraries as samplers under test, each run by the interpreter of its own environment, which has nothing of this project.

A script of this folder reads one JSON object on its standard input: `moves` (transition matrix by step), `log_weights` (matrix by step,
of the move x -> y, null for a weight of zero), `particles`, `replicates`, `seed`, `scheme`, `threshold` (1 for every step). It writes
one: `output` (terminal state of each run, null for none), `log_normaliser` of each run, `version`, and where the library tells them
`states` and `ancestors`, shapes (T, R, N).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from smc.samplers.naive import naive
from smc.samplers.resampling import resampling_of
from smc.samplers.sampler import Sampler
from smc.setting.model import Model
from smc.setting.twist import Twist
from smc.testing.conformance import DEAD, Genealogy, Many, Runs
from tests.testing.samplers import tables

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
PLACE = Path(os.environ.get("CONFORMANCE_ENVIRONMENTS", ROOT / "build" / "conformance"))
"""Where the environments are, one a library; `Library.make` makes those that are missing."""


@dataclass(frozen=True)
class Library:
    """name: of its environment and script. install: what `pip install` is given there, one call after the other. setups: (scheme of the
    library, threshold, what a run is declared to be), one a row of the page. replicates: runs an instance."""

    name: str
    install: tuple[tuple[str, ...], ...]
    setups: tuple[tuple[str, str, Sampler], ...]
    replicates: int

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return PLACE / self.name / "bin" / "python"

    def make(self) -> None:
        """Makes its environment where there is none yet; half an environment is taken away again. Raises CalledProcessError."""
        if self.interpreter.exists():
            return
        try:
            subprocess.run([sys.executable, "-m", "venv", str(PLACE / self.name)], check=True)
            for packages in self.install:
                subprocess.run([str(self.interpreter), "-m", "pip", "install", "--quiet", *packages], check=True)
        except BaseException:
            shutil.rmtree(PLACE / self.name, ignore_errors=True)
            raise

    def runs(self, scheme: str, threshold: str, versions: set[str] | None = None) -> Many:
        """The library under a scheme of its own and a threshold ("1": every step); the versions that it says are added to `versions`."""

        def many(model: Model, twist: Twist, n_particles: int, replicates: int, seed: int) -> Runs:
            moves, potentials, values = tables(model, twist)
            log_weights = []
            with np.errstate(invalid="ignore"):
                for t, psi in enumerate(potentials):
                    step = psi + values[t + 1][None, :] - values[t][:, None]
                    log_weights.append([[w if np.isfinite(w) else None for w in row] for row in step.tolist()])
            job = {
                "moves": [m.tolist() for m in moves], "log_weights": log_weights, "particles": n_particles,
                "replicates": replicates, "seed": seed, "scheme": scheme, "threshold": float(share_of(threshold)),
            }  # fmt: skip
            script = FOLDER / f"{self.name}_runs.py"
            done = subprocess.run(
                [str(self.interpreter), str(script)], input=json.dumps(job), capture_output=True, text=True
            )
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            answer = json.loads(done.stdout)
            if versions is not None:
                versions.add(answer["version"])
            line = Genealogy(np.array(answer["states"]), np.array(answer["ancestors"])) if "states" in answer else None
            return Runs(
                np.array([DEAD if y is None else y for y in answer["output"]]),
                np.array([-np.inf if z is None else z for z in answer["log_normaliser"]]) + values[0][0],
                line,
            )

        return many


def share_of(threshold: str) -> float:
    """`1/2` as a float."""
    over, _, under = threshold.partition("/")
    return int(over) / int(under or 1)


def _setups(schemes: tuple[str, ...], thresholds: tuple[str, ...]) -> Iterator[tuple[str, str, Sampler]]:
    for scheme, threshold in product(schemes, thresholds):
        yield scheme, threshold, naive.resampling_by(resampling_of(f"{scheme}:{threshold}"))


COMMON = ("multinomial", "residual", "stratified", "systematic")
LIBRARIES = (
    Library(
        "particles",
        (("particles",),),
        tuple(_setups((*COMMON, "killing", "ssp"), ("1", "1/2"))),
        1500,
    ),
    Library("blackjax", (("blackjax",),), tuple(_setups(COMMON, ("1",))), 4000),
    Library(
        "llamppl",
        (("numpy",), ("--no-deps", "llamppl")),  # its loop asks for no language model
        tuple(_setups(COMMON, ("1", "1/2"))),
        1000,
    ),
)
