"""Exact random choices: integer uniforms only, no float anywhere; and the whole tree of choices of a small program.

A realised run asks a `Draws` for integers below n. `SeededDraws` makes them from a seed by rejection, so that each
of the n values has probability exactly 1/n under ideal random bits. `every_run` instead drives the same program
through every sequence of answers, which
turns code that draws into its exact law: what is tested is then the code that runs, not a description of it.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import accumulate
from math import gcd, lcm
from typing import TypeVar

from smc.errors import TooLarge, whole_number
from smc.numbers import ONE, ZERO, Rational

Result = TypeVar("Result")


class Draws(ABC):
    """A source of exact random choices."""

    @abstractmethod
    def below(self, n: int) -> int:
        """An integer uniform on 0..n-1, `n >= 1`."""

    def choose(self, weights: Sequence[int]) -> int:
        """Index i with probability `weights[i] / sum(weights)`; whole weights >= 0, of positive sum. One uniform
        below the sum.
        """
        cumulative = list(accumulate(weights))
        return bisect_right(cumulative, self.below(cumulative[-1]))


class SeededDraws(Draws):
    """Uniform integers from the Mersenne Twister of the standard library, by rejection of whole bit strings. Same
    seed, same run.
    """

    def __init__(self, seed: int) -> None:
        self._bits = random.Random(whole_number("seed", seed, least=0)).getrandbits

    def below(self, n: int) -> int:
        if n == 1:
            return 0
        size = (n - 1).bit_length()
        while (value := self._bits(size)) >= n:
            pass
        return value


def whole_weights(weights: Sequence[Rational]) -> list[int]:
    """The smallest whole numbers in the proportions of `weights`: times the common denominator, over the common
    divisor.
    """
    common = lcm(*(int(w.denominator) for w in weights))
    scaled = [int(w.numerator) * (common // int(w.denominator)) for w in weights]
    divisor = gcd(*scaled) or 1
    return [w // divisor for w in scaled]


class _Replay(Draws):
    """Answers the first questions as told, each later one with its first possible answer; remembers every question."""

    def __init__(self, answers: list[int], grouped: bool) -> None:
        self._answers, self._grouped = answers, grouped
        self.asked: list[Sequence[int]] = []

    def _answer(self, weights: Sequence[int]) -> int:
        k = len(self.asked)
        self.asked.append(weights)
        if k == len(self._answers):
            self._answers.append(_next_positive(weights, 0))
        return self._answers[k]

    def below(self, n: int) -> int:
        return self._answer((1,) * n)

    def choose(self, weights: Sequence[int]) -> int:
        return self._answer(weights) if self._grouped else super().choose(weights)


def _next_positive(weights: Sequence[int], start: int) -> int:
    """First index from `start` on with a positive weight, `len(weights)` if there is none."""
    return next((i for i in range(start, len(weights)) if weights[i]), len(weights))


def every_run(
    program: Callable[[Draws], Result], *, grouped: bool = True, limit: int = 10**6
) -> Iterator[tuple[Result, Rational]]:
    """Every result of `program` with the exact probability of the choices that lead to it; probabilities sum to 1.

    grouped: branch once for each index that `choose` can return. False: once for each uniform integer, as the seeded
        source draws them (the same law; many more branches).
    limit: the largest number of branches; raises TooLarge beyond it.
    """
    answers: list[int] = []
    for _ in range(limit):
        draws = _Replay(answers, grouped)
        result = program(draws)
        probability = ONE
        for weights, answer in zip(draws.asked, answers, strict=True):
            probability *= Rational(weights[answer], sum(weights))
        yield result, probability
        while answers:
            following = _next_positive(draws.asked[len(answers) - 1], answers[-1] + 1)
            if following < len(draws.asked[len(answers) - 1]):
                answers[-1] = following
                break
            answers.pop()
        if not answers:
            return
    raise TooLarge(
        f"more than {limit} sequences of choices",
        where="every_run",
        mend="use a smaller model, fewer particles, or the exact engine",
    )


def law_of(
    program: Callable[[Draws], Hashable], *, grouped: bool = True, limit: int = 10**6
) -> dict[Hashable, Rational]:
    """Exact law of the result of `program` (see `every_run`)."""
    law: dict[Hashable, Rational] = {}
    for result, probability in every_run(program, grouped=grouped, limit=limit):
        law[result] = law.get(result, ZERO) + probability
    return law
