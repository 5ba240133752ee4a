"""Three- and four-particle moments for wide layers: `smc.exact.particle_moments` in float64, with a bound on every rounding error.

The tensors are dense, states^4 numbers a layer, but of 8 bytes instead of some hundred, and pushed by matrix products: layers of 50 to 90
states where balls and rationals end at 20 to 30.

*Scale.* Weights of layer t are divided by `s_t` so that `E Zhat_t` is about 1, and the places of `M_t` carry `u_t`, the float64 values of
`h_{t,T}`, so that entries have the size of products of the target's marginals (any positive numbers would do, their errors play no part;
it is 1 at a state without a way on, where nu has mass all the same):

    A_t = M_t (u_t x .. x u_t),   K_k(x, y) = B_k(x, y) u_{t+1}(y)^k / u_t(x),
    A_{t+1} = sum over partitions P of (N)_|P| / N^j · (A_t, summed against 1/u_t over all places but |P|) pushed along K_|b| for b in P.

Every term is positive, so nothing cancels: a sum or product of n rounded numbers has relative error at most `gamma(n)`, in any order. With
N >= 4 every entry on states that are reached is positive; that all are above `TINY` is looked at, so that what underflows on the way is
far below the errors that are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flint
import numpy as np

from smc.errors import InputError
from smc.exact.float_moments import TINY, gamma
from smc.exact.particle_moments import coincidence, set_partitions
from smc.numbers import ZERO, Ball, Rational, rounded
from smc.samplers.process import ParticleProcess

ORDER = 4


class OutOfRange(InputError):
    """The values leave the range of float64."""


@dataclass(frozen=True)
class _Step:
    """One layer on the states that are reached: kernels `K_1 .. K_4`, `1/u_t`, and how many terms the entries of a product with `K` have at
    most."""

    kernels: tuple[np.ndarray, ...]
    below: np.ndarray
    terms: int


def float_particle_moments(
    process: ParticleProcess, particles: int, tick: Callable[[float], None] = lambda share: None
) -> list[list[Ball]]:
    """`E[U^j nu(y)]` for j = 1..4 by terminal state y, as balls in the working precision; shape (|X_T|, 4).

    Raises InputError for fewer than 4 particles, OutOfRange where values are too far apart for float64.
    """
    if particles < ORDER:
        raise InputError(f"{particles} particles", where="particles", mend=f"floats are for {ORDER} and more")
    steps, last, ends = _steps(process)
    columns = []
    for order in range(1, ORDER + 1):
        columns.append(_moments(steps, last, particles, order, tick if order == ORDER else lambda share: None))
    total: Ball = sum(columns[0], flint.arb(0))
    found = [[flint.arb(0)] * ORDER for _ in range(process.sizes[-1])]
    for k, y in enumerate(ends):
        found[y] = [column[k] / total**order for order, column in enumerate(columns, 1)]
    return found


def _steps(process: ParticleProcess) -> tuple[list[_Step], np.ndarray, list[int]]:
    """The steps, `1/u_T`, and the states of the last layer that are reached."""
    # states without a way on as well: in the places that are summed out nu has mass there
    behind = np.ones(1, dtype=bool)
    dense: list[np.ndarray] = []
    for t in range(process.horizon):
        powers = _powers(process, t)
        here, behind = behind, behind @ (powers[0] > 0)
        dense.append(powers[:, here][:, :, behind])
    ends = np.flatnonzero(behind)
    mass = np.ones(1)
    for powers in dense:
        mass = mass @ powers[0]
        scale = mass.sum()
        if not TINY < scale < 1 / TINY:
            raise _too_far()
        mass /= scale
        for k in range(ORDER):
            powers[k] /= scale ** (k + 1)
    u = [np.ones(len(ends))]
    for powers in reversed(dense):
        u.insert(0, np.where(powers[0].any(1), powers[0] @ u[0], 1.0))
    u[0] = np.ones(1)
    if not all((here > TINY).all() and (here < 1 / TINY).all() for here in u):
        raise _too_far()
    steps = []
    for t, powers in enumerate(dense):
        kernels = tuple(powers[k] * u[t + 1] ** (k + 1) / u[t][:, np.newaxis] for k in range(ORDER))
        if not all((kernel[powers[0] > 0] > TINY).all() and np.isfinite(kernel).all() for kernel in kernels):
            raise _too_far()
        steps.append(_Step(kernels, 1 / u[t], int((powers[0] > 0).sum(0).max())))
    return steps, 1 / u[-1], ends.tolist()


def _powers(process: ParticleProcess, t: int) -> np.ndarray:
    """`sum p w^k` of the moves out of layer t by k - 1, source and target."""
    exact: dict[tuple[int, int], list[Rational]] = {}
    for x, row in enumerate(process.steps[t]):
        for y, p, w in row:
            if p and w:
                sums = exact.setdefault((x, y), [ZERO] * ORDER)
                for k in range(ORDER):
                    p *= w
                    sums[k] += p
    powers = np.zeros((ORDER, *process.sizes[t : t + 2]))
    for (x, y), sums in exact.items():
        if not all(
            TINY < value < 1 / TINY for value in sums
        ):  # before they are floats: what is too large for one is none
            raise _too_far()
        powers[:, x, y] = [float(value) for value in sums]
    return powers


def _moments(
    steps: list[_Step], last: np.ndarray, particles: int, order: int, tick: Callable[[float], None]
) -> list[Ball]:
    """`E[Zhat^order nu(y)]` by state of the last layer that is reached, in the scale of the weights."""
    partitions = list(set_partitions(order))
    shares = {len(blocks): float(coincidence(particles, order, len(blocks))) for blocks in partitions}
    tensor = np.ones((1,) * order)
    roundings = 0
    for t, step in enumerate(steps):
        tensor = _advanced(tensor, step, partitions, shares)
        if not (tensor > TINY).all() or not np.isfinite(tensor).all():
            raise _too_far()
        # the summed-out places, the pushes (a kernel is rounded 12 times), the coefficient, the partitions
        roundings += (order - 1) * (len(step.below) + 2) + order * (step.terms + 14) + 3 + len(partitions)
        tick((t + 1) / len(steps))
    for _ in range(order - 1):
        tensor = tensor @ last
    slack = rounded(gamma(2 * (roundings + order * (len(last) + 4))))  # twice: what may underflow on the way
    return [flint.arb(m, float((flint.arb(m) * slack).upper())) for m in (tensor * last).tolist()]


def _advanced(tensor: np.ndarray, step: _Step, partitions: list, shares: dict[int, float]) -> np.ndarray:
    order, width = tensor.ndim, step.kernels[0].shape[1]
    marginals = {order: tensor}
    for places in range(order - 1, 0, -1):
        marginals[places] = marginals[places + 1] @ step.below
    pushed: dict[tuple[int, ...], np.ndarray] = {}
    for blocks in partitions:
        shape = tuple(map(len, blocks))
        if shape not in pushed:
            arrived = marginals[len(shape)]
            for size in shape:  # the first place is sent on and becomes the last
                arrived = np.tensordot(arrived, step.kernels[size - 1], axes=([0], [0]))
            arrived *= shares[len(shape)]
            pushed[shape] = arrived
    following = np.zeros((width,) * order)
    for blocks in partitions:
        where: list = [None] * order
        for grid, block in zip(np.ogrid[(slice(width),) * len(blocks)], blocks, strict=True):
            for place in block:
                where[place] = grid
        following[tuple(where)] += pushed[tuple(map(len, blocks))]
    return following


def _too_far() -> OutOfRange:
    return OutOfRange(
        "the values leave the range of float64", where="method", mend="choose level 2, or level 4 in balls"
    )
