"""`blackjax.smc.base.step` on a finite model, vectorised over runs; see this folder's `__init__` for the protocol.

A particle is the pair (state it left, state it is at), so that the weight function sees the move. The output is drawn from the last
weights.
"""

import json
import sys
from importlib.metadata import version

import jax

jax.config.update("jax_enable_x64", True)
import blackjax.smc.base as base  # noqa: E402
import blackjax.smc.resampling as schemes  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402


def main():
    job = json.load(sys.stdin)
    n, resample = job["particles"], getattr(schemes, job["scheme"])
    moves = [jnp.log(jnp.array(m)) for m in job["moves"]]
    log_weights = [
        jnp.array([[-jnp.inf if w is None else w for w in row] for row in step]) for step in job["log_weights"]
    ]

    def run(key):
        state = base.init({"left": jnp.zeros(n, int), "at": jnp.zeros(n, int)}, {})
        log_z, states, ancestors = 0.0, [], []
        for t, (move, weight) in enumerate(zip(moves, log_weights, strict=True)):

            def update(keys, particles, _, move=move):
                drawn = jax.vmap(lambda k, x: jax.random.categorical(k, move[x]))(keys, particles["at"])
                return {"left": particles["at"], "at": drawn}, None

            def weigh(particles, weight=weight):
                return weight[particles["left"], particles["at"]]

            state, info = base.step(jax.random.fold_in(key, t), state, update, weigh, resample)
            log_z += info.log_likelihood_increment
            states.append(state.particles["at"])
            ancestors.append(info.ancestors)
        chosen = jax.random.categorical(jax.random.fold_in(key, len(moves)), jnp.log(state.weights))
        return state.particles["at"][chosen], log_z, jnp.stack(states), jnp.stack(ancestors)

    keys = jax.random.split(jax.random.PRNGKey(job["seed"]), job["replicates"])
    output, log_z, states, ancestors = map(np.asarray, jax.jit(jax.vmap(run))(keys))
    alive = ~np.isneginf(log_z)
    json.dump(
        {
            "output": [int(y) if a else None for y, a in zip(output, alive, strict=True)],
            "log_normaliser": [float(z) if a else None for z, a in zip(log_z, alive, strict=True)],
            "states": states.swapaxes(0, 1).tolist(), "ancestors": ancestors.swapaxes(0, 1).tolist(),
            "version": f"blackjax {version('blackjax')}, jax {jax.__version__}",
        },
        sys.stdout,
    )  # fmt: skip


if __name__ == "__main__":
    main()
