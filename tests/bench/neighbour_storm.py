"""Runs in an environment of its own that has `stormpy`: the same law by a probabilistic model checker, exactly.

Reads a job (JSON: first, kernel, weights, particles as in `fraction_engine`) from standard input; builds the Markov chain over occupancies
as an explicit sparse matrix of exact rationals, asks Storm for `P=? [F output_j]` for each state j, and prints the law and the processor
time of the whole (JSON). Standard library and stormpy only.
"""

import json
import sys
import time
from fractions import Fraction
from math import factorial, prod

import stormpy
from stormpy.datastructures import SparseMatrixBuilder
from stormpy.models import SparseDtmc, SparseModelComponents, StateLabeling

Number = stormpy.Rational


def occupancies(particles, states):
    """All ways to put `particles` into `states`."""
    if states == 1:
        yield (particles,)
        return
    for k in range(particles + 1):
        for rest in occupancies(particles - k, states - 1):
            yield (k, *rest)


def number(value):
    """A Fraction as Storm's exact rational (strings: integers would go through a double)."""
    return Number(f"{value.numerator}/{value.denominator}")


def law(first, kernel, weights, particles):
    """Law of the output state."""
    states, horizon = len(first), len(weights)
    points = list(occupancies(particles, states))
    multinomials = [factorial(particles) // prod(map(factorial, point)) for point in points]
    size = 1 + horizon * len(points) + states
    builder = SparseMatrixBuilder[Number](size, size)

    def fill(row, begin, mixture):
        powers = [[p**k for k in range(particles + 1)] for p in mixture]
        for k, (point, coefficient) in enumerate(zip(points, multinomials, strict=True)):
            chance = coefficient * prod((table[m] for table, m in zip(powers, point, strict=True)), start=Fraction(1))
            if chance:
                builder.add_next_value(row, begin + k, number(chance))

    fill(0, 1, first)
    for t in range(horizon):
        for k, point in enumerate(points):
            row = 1 + t * len(points) + k
            parents = [m * g for m, g in zip(point, weights[t], strict=True)]
            total = sum(parents)
            if t + 1 < horizon:
                fill(
                    row,
                    1 + (t + 1) * len(points),
                    [sum(a * line[j] for a, line in zip(parents, kernel, strict=True)) / total for j in range(states)],
                )
            else:
                for j in range(states):
                    if parents[j]:
                        builder.add_next_value(row, size - states + j, number(Fraction(parents[j], total)))
    labeling = StateLabeling(size)
    for j in range(states):
        builder.add_next_value(size - states + j, size - states + j, Number("1"))
        labeling.add_label(f"out{j}")
        labeling.add_label_to_state(f"out{j}", size - states + j)
    labeling.add_label("init")
    labeling.add_label_to_state("init", 0)
    model = SparseDtmc[Number](
        SparseModelComponents[Number](transition_matrix=builder.build(), state_labeling=labeling)
    )
    answers = []
    for j in range(states):
        formula = stormpy.parse_properties(f'P=? [F "out{j}"]')[0]
        answers.append(str(stormpy.model_checking(model, formula).get_value(0)))
    return answers


if __name__ == "__main__":
    job = json.load(sys.stdin)
    numbers = [Fraction(p) for p in job["first"]], [[Fraction(p) for p in row] for row in job["kernel"]]
    started = time.process_time()
    answers = law(*numbers, job["weights"], job["particles"])
    print(json.dumps({"law": answers, "seconds": time.process_time() - started}))
