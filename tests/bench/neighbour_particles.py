"""The `particles` library (PyPI) on the benchmark's model, in its own virtual environment because it needs numpy < 2.

Reads one JSON object from standard input: `horizon`, `transitions` (T, S, S) by step from layer t-1 (row 0 is the root
at t = 1), `weights` (T, S) by state entered, `particles`, `resampling`, `history`, `runs`. Prints one: `seconds` (of
the processor), `wall` (seconds) and `log_normalisers`, an entry for each run. Uses nothing of this project.
Set up once, from the top directory:
`python -m venv build/particles-venv && build/particles-venv/bin/pip install particles "numpy<2"`.
"""

import json
import sys
import time

import numpy as np
import particles


class FiniteFeynmanKac(particles.FeynmanKac):
    """Tables of transitions and weights by step; vectorised over particles with cumulative rows, as a user would write it."""

    def __init__(self, transitions, weights):
        super().__init__(T=len(weights))
        self.cumulative = np.cumsum(np.array(transitions), axis=2)
        self.cumulative[:, :, -1] = 1.0
        self.log_weights = np.log(np.array(weights))

    def M0(self, N):
        return self.M(0, np.zeros(N, dtype=np.intp))

    def M(self, t, xp):
        return (np.random.rand(len(xp))[:, None] >= self.cumulative[t][xp]).sum(axis=1)

    def logG(self, t, xp, x):
        return self.log_weights[t][x]


def main():
    job = json.load(sys.stdin)
    np.random.seed(1)
    seconds, wall, log_normalisers = [], [], []
    for _ in range(job["runs"]):
        model = FiniteFeynmanKac(job["transitions"], job["weights"])
        run = particles.SMC(
            fk=model, N=job["particles"], resampling=job["resampling"], ESSrmin=1.0, store_history=job["history"]
        )
        start, clock = time.process_time(), time.perf_counter()
        run.run()
        seconds.append(time.process_time() - start)
        wall.append(time.perf_counter() - clock)
        log_normalisers.append(float(run.logLt))
    json.dump({"seconds": seconds, "wall": wall, "log_normalisers": log_normalisers}, sys.stdout)


if __name__ == "__main__":
    main()
