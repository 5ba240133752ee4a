"""`particles` on a finite Feynman-Kac model: moves by tables, potentials `log G_t(x, y)`; see this folder's `__init__` for the protocol."""

import json
import sys
from importlib.metadata import version

import numpy as np
import particles
from numba import njit
from particles import resampling as rs


class Guided(particles.FeynmanKac):
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
        return (np.random.rand(len(xp), 1) * levels[:, -1:] >= levels).sum(axis=1).clip(max=levels.shape[1] - 1)

    def logG(self, t, xp, x):
        return self.log_weights[t][np.zeros(len(x), dtype=int) if xp is None else xp, x]


@njit
def seed_compiled(seed):
    """Compiled code (the scheme ssp) draws from a generator of its own."""
    np.random.seed(seed)


def main():
    job = json.load(sys.stdin)
    np.random.seed(job["seed"])
    seed_compiled(job["seed"])
    np.seterr(all="ignore")
    n, output, log_normaliser, states, ancestors = job["particles"], [], [], [], []
    for _ in range(job["replicates"]):
        # resampling happens where ESS < N * ESSrmin; 2 is every step, also where all weights are equal
        share = 2.0 if job["threshold"] == 1 else job["threshold"]
        model = Guided(job["moves"], job["log_weights"])
        run = particles.SMC(fk=model, N=n, resampling=job["scheme"], ESSrmin=share, collect="off", store_history=True)
        run.run()
        log_z = float(run.logLt)
        alive = log_z > -np.inf
        output.append(int(run.X[rs.multinomial_once(run.W)]) if alive else None)
        log_normaliser.append(log_z if alive or log_z != log_z else None)
        states.append([x.tolist() for x in run.hist.X])
        ancestors.append([list(range(n)) if a is None else a.tolist() for a in run.hist.A])
    json.dump(
        {
            "output": output, "log_normaliser": log_normaliser, "version": f"particles {version('particles')}, numpy {np.__version__}",
            "states": np.array(states).swapaxes(0, 1).tolist(), "ancestors": np.array(ancestors).swapaxes(0, 1).tolist(),
        },
        sys.stdout,
    )  # fmt: skip


if __name__ == "__main__":
    main()
