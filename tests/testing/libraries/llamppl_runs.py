"""`llamppl.inference.smc_standard`, the resampling loop of a library that steers language models, driven by a finite model in place of one.

The loop, its resampling functions and the base class of its models are the library's own, unchanged. Its top package, which loads language
models, is not imported: an empty one stands in its place. See this folder's `__init__` for the protocol.
"""

import asyncio
import json
import math
import sys
import types
from importlib.metadata import distribution, version

import numpy as np

top = types.ModuleType("llamppl")
top.__path__ = [str(distribution("llamppl").locate_file("llamppl"))]
sys.modules["llamppl"] = top
from llamppl.inference.smc_standard import smc_standard  # noqa: E402
from llamppl.modeling import Model  # noqa: E402


class Finite(Model):
    """Moves by a table, scores by another; finished at the horizon."""

    def __init__(self, moves, log_weights):
        super().__init__()
        self.moves, self.log_weights, self.at, self.t = moves, log_weights, 0, 0

    def immutable_properties(self):
        return {"moves", "log_weights"}

    async def step(self):
        after = int(np.random.choice(len(self.moves[self.t][self.at]), p=self.moves[self.t][self.at]))
        self.score(self.log_weights[self.t][self.at][after])
        self.at, self.t = after, self.t + 1
        if self.t == len(self.moves):
            self.finish()


def main():
    job = json.load(sys.stdin)
    np.random.seed(job["seed"])
    log_weights = [[[-math.inf if w is None else w for w in row] for row in step] for step in job["log_weights"]]
    for t, step in enumerate(job["moves"]):  # a state that no particle can be at still needs a row
        job["moves"][t] = [row if sum(row) else [1 / len(row)] * len(row) for row in step]
    output, log_normaliser = [], []
    share = (
        2.0 if job["threshold"] == 1 else job["threshold"]
    )  # above 1: at every step, also where all weights are equal
    for _ in range(job["replicates"]):
        model = Finite(job["moves"], log_weights)
        ends = asyncio.run(smc_standard(model, job["particles"], ess_threshold=share, resampling_method=job["scheme"]))
        weights = np.array([p.weight for p in ends])
        top_weight = weights.max()
        if top_weight == -math.inf:
            output.append(None)
            log_normaliser.append(None)
            continue
        shares = np.exp(weights - top_weight)
        log_normaliser.append(float(top_weight + np.log(shares.mean())))
        output.append(ends[np.random.choice(len(ends), p=shares / shares.sum())].at)
    json.dump(
        {
            "output": output,
            "log_normaliser": log_normaliser,
            "version": f"llamppl {version('llamppl')}, numpy {np.__version__}",
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
