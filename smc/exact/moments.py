"""`E[Zhat^2]` for any number of particles, by the two-particle recursion (S5). Exact; polynomial in the number of states.

Write `mean(w)^2 = N^-2 sum_ij w_i w_j`: two particles of a generation, picked with replacement, are one and the same with probability
1/N and otherwise independent draws from the mixture that the weights of the generation before define. So the weighted measure
`m_t(x, x')` of such a pair's states obeys, with `K_t(x; y, w)` the outcomes of a particle at x,
`m_{t+1}(y, y') = (1 - 1/N) sum_{x,x'} m_t(x, x') K(x; y, w) w K(x'; y', w') w'  +  (1/N) [y = y'] sum_{x,x'} m_t(x, x') K(x; y, w) w^2`,
from `m_0 = 1` at (root, root), and `E[Zhat^2] = scale^2 · sum m_T`.
"""

from __future__ import annotations

from smc.algorithms import ParticleProcess
from smc.rational import ONE, ZERO, Rational


def second_moment(process: ParticleProcess, particles: int) -> Rational:
    """`E[Zhat^2]` of a resampled `process` with `particles` particles."""
    same = ONE / particles
    pairs: dict[tuple[int, int], Rational] = {(0, 0): ONE}
    for step in process.steps:
        following: dict[tuple[int, int], Rational] = {}
        first: dict[int, Rational] = {}
        for (x, y), mass in pairs.items():
            first[x] = first.get(x, ZERO) + mass
            if same != 1:
                for a, p, v in step[x]:
                    left = (1 - same) * mass * p * v
                    if left:
                        for b, q, w in step[y]:
                            if w:
                                following[a, b] = following.get((a, b), ZERO) + left * q * w
        for x, mass in first.items():
            for a, p, w in step[x]:
                if w:
                    following[a, a] = following.get((a, a), ZERO) + same * mass * p * w * w
        pairs = following
    return process.scale**2 * sum(pairs.values(), ZERO)
