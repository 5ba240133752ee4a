"""The `particles` library (PyPI) as a sampler, run by the interpreter of a virtual environment that has it (it needs numpy < 2).

Reads one JSON object: `moves` (transition matrix by step), `log_weights` (matrix by step, of the move x -> y), `particles`, `replicates`,
`seed`, `resampling` (a scheme) and `last` (the function for the last resampling). Writes one: `states` (terminal state of each particle
of each run after the last resampling) and `log_normaliser`.
Uses nothing of this project.
"""

import json
import sys

import numpy as np
import particles
from particles import resampling as rs


class Guided(particles.FeynmanKac):
    """A finite Feynman-Kac model: moves by tables, potentials `log G_t(x, y)`."""

    def __init__(self, moves, log_weights):
        super().__init__(T=len(moves))
        self.levels = [np.cumsum(np.array(m), axis=1) for m in moves]
        self.log_weights = [
            np.array([[-np.inf if w is None else w for w in row] for row in step]) for step in log_weights
        ]

    def M0(self, N):
        return self.M(0, np.zeros(N, dtype=int))

    def M(self, t, xp):
        levels = self.levels[t][xp]
        return (np.random.rand(len(xp), 1) * levels[:, -1:] >= levels).sum(axis=1)

    def logG(self, t, xp, x):
        return self.log_weights[t][np.zeros(len(x), dtype=int) if xp is None else xp, x]


def main():
    job = json.load(sys.stdin)
    np.random.seed(job["seed"])
    states, log_normaliser = [], []
    for _ in range(job["replicates"]):
        # ESSrmin=2: resample at every step, also where the weights are equal
        model = Guided(job["moves"], job["log_weights"])
        run = particles.SMC(fk=model, N=job["particles"], resampling=job["resampling"], ESSrmin=2.0, collect="off")
        run.run()
        last = getattr(rs, job["last"])(run.wgts.W, M=job["particles"])
        states.append(run.X[last].tolist())
        log_normaliser.append(float(run.logLt))
    json.dump({"states": states, "log_normaliser": log_normaliser}, sys.stdout)


if __name__ == "__main__":
    main()
