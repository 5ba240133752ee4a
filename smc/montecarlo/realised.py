"""One run of a particle process in exact rational arithmetic, with everything that happened recorded.

Particle i of generation t has an incremental weight `w` and an accumulated weight `W`, the product of its increments
since the last resampling. The normaliser of the run is `Zhat = scale · prod_r mean(W at resampling r) · mean(W at
T)`: each resampling at step t closes a factor, and the last generation closes the last one. It is unbiased, `E[Zhat]
= Z`, for every scheme below and every threshold.

Resampling schemes, for whole weights `w_1..w_N` of sum S with cumulative sums `C_j` (Douc, Cappe & Moulines 2005,
"Comparison of resampling schemes for particle filtering"). A uniform on [0, 1) is only ever compared with multiples
of 1/S, so that `k/S` with k a whole uniform below S has exactly the same effect:
multinomial: N independent indices with probabilities `w_j/S`;
stratified: position `(i + k_i/S)/N` for i = 0..N-1, with its own `k_i`; index j where `C_{j-1}/S <= position < C_j/S`;
systematic: the same with one common k;
ssp: `floor(N w_j / S)` copies of j or one more, remainders settled pair by pair (Gerber, Chopin & Whiteley 2019);
residual: `floor(N w_j / S)` copies of j, the remaining indices drawn independently in proportion to the remainders.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from smc.errors import InputError, whole_number
from smc.montecarlo.draws import Draws, SeededDraws, whole_weights
from smc.numbers import ONE, ZERO, Rational, rational
from smc.samplers.process import ParticleProcess, check_simulated

Resampler = Callable[[Sequence[int], Draws], list[int]]
"""Whole weights of positive sum, source of draws -> one ancestor index for each weight."""


def multinomial(weights: Sequence[int], draws: Draws) -> list[int]:
    """N independent ancestors in proportion to the weights."""
    return [draws.choose(weights) for _ in weights]


def stratified(weights: Sequence[int], draws: Draws) -> list[int]:
    """One ancestor from each of N equal strata of the weights, drawn in proportion to the overlaps with the stratum."""
    total, steps = sum(weights), _steps(weights)
    ancestors = []
    for low in range(0, len(weights) * total, total):
        first = bisect_right(steps, low)
        last = bisect_right(steps, low + total - 1)
        inner = [low, *steps[first:last], low + total]
        ancestors.append(first + draws.choose([b - a for a, b in pairwise(inner)]))
    return ancestors


def systematic(weights: Sequence[int], draws: Draws) -> list[int]:
    """As `stratified`, with one uniform for all strata: offsets between two neighbouring cuts have the same effect."""
    total, steps = sum(weights), _steps(weights)
    cuts = sorted({0} | {step % total for step in steps})
    offset = cuts[draws.choose([b - a for a, b in pairwise([*cuts, total])])]
    return [bisect_right(steps, low + offset) for low in range(0, len(weights) * total, total)]


def _steps(weights: Sequence[int]) -> list[int]:
    """`N C_j`: cumulative weights in units of 1/(N S); stratum i is `[i S, (i+1) S)` there."""
    return [len(weights) * c for c in accumulate(weights)]


def residual(weights: Sequence[int], draws: Draws) -> list[int]:
    """The whole parts of the expected numbers of copies, then independent draws in proportion to the fractional
    parts.
    """
    total = sum(weights)
    copies, remainders = zip(*(divmod(len(weights) * w, total) for w in weights), strict=True)
    ancestors = [j for j, count in enumerate(copies) for _ in range(count)]
    return ancestors + [draws.choose(remainders) for _ in range(len(weights) - len(ancestors))]


def killing(weights: Sequence[int], draws: Draws) -> list[int]:
    """A slot keeps its own particle with probability `w_k / max w`, or else takes a draw in proportion to the weights."""
    largest = max(weights)
    return [k if draws.choose([w, largest - w]) == 0 else draws.choose(weights) for k, w in enumerate(weights)]


def ssp(weights: Sequence[int], draws: Draws) -> list[int]:
    """Whole parts of the expected copies, or one more; remainders settle pair by pair (see `smc.samplers.resampling`)."""
    total = sum(weights)
    copies, remainders = map(list, zip(*(divmod(len(weights) * w, total) for w in weights), strict=True))
    active, rest = 0, remainders[0]
    for j, new in enumerate(remainders[1:], 1):
        joint = rest + new
        if joint <= total:
            active, rest = (active if not joint or draws.choose([rest, new]) == 0 else j), joint
        else:
            full, other = (active, j) if draws.choose([total - new, total - rest]) == 0 else (j, active)
            copies[full] += 1
            active, rest = other, joint - total
    copies[active] += rest == total
    return [j for j, count in enumerate(copies) for _ in range(count)]


RESAMPLERS: dict[str, Resampler] = {
    "multinomial": multinomial,
    "stratified": stratified,
    "systematic": systematic,
    "residual": residual,
    "killing": killing,
    "ssp": ssp,
}


@dataclass(frozen=True)
class Generation:
    """The N particles after step t, in order. A particle of weight zero is dead: it has no state and moves no more.

    ancestors: index, in the generation before, of the particle it moved from.
    states: index in layer t, or None.
    weights: incremental weight of the move. accumulated: its product since the last resampling.
    effective_sample_size: `(sum W)^2 / sum W^2`, between 1 and N; 0 when all are dead.
    resampled: whether the next generation starts from resampled particles.
    normaliser: the estimate so far, `scale · (closed factors) · mean(W)`.
    """

    ancestors: tuple[int, ...]
    states: tuple[int | None, ...]
    weights: tuple[Rational, ...]
    accumulated: tuple[Rational, ...]
    effective_sample_size: Rational
    resampled: bool
    normaliser: Rational


@dataclass(frozen=True)
class RealisedRun:
    """A run: its generations t = 1, 2, ... (fewer than T if it died), the output particle (None if dead) and `Zhat`."""

    algorithm: str
    particles: int
    resampling: str
    threshold: Rational
    generations: tuple[Generation, ...]
    chosen: int | None
    normaliser: Rational

    @property
    def output(self) -> int | None:
        """Terminal state of the output particle, None when the run died."""
        return None if self.chosen is None else self.generations[-1].states[self.chosen]

    @property
    def dead_at(self) -> int | None:
        """The step after which every weight was zero, None when the run has an answer."""
        return len(self.generations) if self.chosen is None else None

    def path(self, particle: int) -> tuple[int | None, ...]:
        """States of the ancestral line of `particle` of the last generation, layers 1.. in order; None where it was
        already dead.
        """
        states: list[int | None] = []
        for generation in reversed(self.generations):
            states.append(generation.states[particle])
            particle = generation.ancestors[particle]
        return tuple(reversed(states))

    def table(self, layers: Sequence[Sequence[str]] | None = None) -> str:
        """Every particle of every step as plain text; `layers` gives the states' names (`model.layers`)."""
        rows = [("step", "particle", "ancestor", "state", "weight", "accumulated")]
        notes: list[tuple[int, str]] = []
        for t, g in enumerate(self.generations, 1):
            for i, (a, x, w, acc) in enumerate(zip(g.ancestors, g.states, g.weights, g.accumulated, strict=True)):
                name = "-" if x is None else str(x) if layers is None else layers[t][x]
                rows.append((str(t), str(i), str(a) if t > 1 else "-", name, str(w), str(acc)))
            last = t == len(self.generations)
            then = (
                "dead" if last and self.chosen is None else "output" if last else "resample" if g.resampled else "keep"
            )
            notes.append((len(rows), f"      ESS {g.effective_sample_size}, Zhat {g.normaliser}, then {then}"))
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        for position, note in reversed(notes):
            lines.insert(position, note)
        if self.output is None:
            lines.append(f"dead after step {self.dead_at}: no answer; Zhat = 0")
        else:
            name = str(self.output) if layers is None else layers[-1][self.output]
            lines.append(f"output: particle {self.chosen}, state {name}; Zhat = {self.normaliser}")
        return "\n".join(lines)


def check_threshold(threshold: object) -> Rational:
    """`threshold` as a rational in [0, 1]: resample when the effective sample size is below `threshold · N`, and always at 1.
    Raises InputError.
    """
    try:
        value = rational(threshold)
    except (TypeError, ValueError) as error:
        raise InputError(str(error), where="threshold", mend='write it exactly, as "1/2"') from None
    if not 0 <= value <= 1:
        raise InputError(
            f"threshold {value}",
            where="threshold",
            mend="give a share of the particles between 0 (never) and 1 (always)",
        )
    return value


def own_threshold(process: ParticleProcess) -> Rational:
    """The share of N below which the process's own rule resamples: 1 where it always does, 0 where nothing is resampled."""
    if not process.resampled:
        return ZERO
    least = process.resampling.threshold
    return ONE if least is None or least > 1 else least


def realise(
    process: ParticleProcess,
    particles: int,
    *,
    seed: int | None = None,
    draws: Draws | None = None,
    resampling: str | None = None,
    threshold: object = None,
) -> RealisedRun:
    """One realised run of `process` with `particles` particles; give either a `seed` or a source of `draws`.

    resampling, threshold: the process's own, or another scheme by name, and: resample after step t < T when `ESS < threshold · N`; 1
    always, 0 never. A process that is not `resampled` never is. Raises InputError for a bad particle count, seed, scheme or threshold.
    """
    whole_number("particles", particles)
    check_simulated(process)
    own = process.resampling
    share = own_threshold(process) if threshold is None or not process.resampled else check_threshold(threshold)
    resampling = own.scheme.name if resampling is None else resampling
    if resampling not in RESAMPLERS:
        raise InputError(
            f"unknown resampling scheme {resampling!r}",
            where="resampling",
            mend=f"choose one of {', '.join(RESAMPLERS)}",
        )
    source = SeededDraws(seed) if draws is None and seed is not None else draws
    if source is None or (draws is not None and seed is not None):
        raise InputError(
            "a run needs either a seed or a source of draws", where="seed", mend="give exactly one of them"
        )

    closed = process.scale
    ancestors: list[int] = list(range(particles))
    states: list[int | None] = [0] * particles
    accumulated = [ONE] * particles
    generations: list[Generation] = []
    chosen: int | None = None
    for t, step in enumerate(process.steps, 1):
        moved = [_move(step, states[a], source) for a in ancestors]
        states = [x for x, _ in moved]
        weights = [w for _, w in moved]
        accumulated = [accumulated[a] * w for a, w in zip(ancestors, weights, strict=True)]
        total = sum(accumulated, ZERO)
        size = own.size([w / total for w in accumulated]) if total else ZERO
        last = t == process.horizon
        resample = not last and bool(total) and (share == 1 or size < share * particles)
        estimate = closed * total / particles
        generations.append(
            Generation(tuple(ancestors), tuple(states), tuple(weights), tuple(accumulated), size, resample, estimate)
        )
        if not total:
            break
        if last:
            chosen = source.choose(whole_weights(process.choice.shares(accumulated)))
        elif resample:
            closed = estimate
            ancestors = RESAMPLERS[resampling](whole_weights(accumulated), source)
            accumulated = [ONE] * particles
        else:
            ancestors = list(range(particles))
    return RealisedRun(
        process.algorithm, particles, resampling, share, tuple(generations), chosen, generations[-1].normaliser
    )


def _move(step, state: int | None, draws: Draws) -> tuple[int | None, Rational]:
    """(new state, incremental weight) of one particle; a particle of weight zero has no state from then on."""
    if state is None:
        return None, ZERO
    outcomes = step[state]
    outcome = outcomes[draws.choose(whole_weights([o.probability for o in outcomes]))]
    return (outcome.target if outcome.weight else None), outcome.weight
