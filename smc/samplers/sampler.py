"""What a sampler is: one value, with everything that a report, a command or an engine asks of it. One file a sampler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from smc.errors import InputError, whole_number
from smc.numbers import Rational
from smc.samplers.process import Moves, ParticleProcess, Selection
from smc.samplers.resampling import EVERY_STEP, Choice, Resampling
from smc.setting.model import Model
from smc.setting.twist import Twist


@dataclass(frozen=True)
class Count:
    """What a sampler's cost is counted in. option: the option and keyword that sets it; fixed: the only value, where there is one."""

    option: str
    symbol: str
    default: int
    fixed: int | None = None

    def words(self, n: int) -> str:
        """`4 particles`, `1 proposal`."""
        return f"{n:,} {self.option if n != 1 else self.option.removesuffix('s')}"

    def check(self, n: object, sampler: str) -> int:
        """`n` if it is a whole number that the sampler takes; raises InputError otherwise."""
        count = whole_number(self.option, n)
        if self.fixed is not None and count != self.fixed:
            raise InputError(
                f"{n} {self.option}", where=self.option, mend=f"{sampler} runs one particle at a time; leave it out"
            )
        return count


PARTICLES = Count("particles", "N", default=4)
ONE_PARTICLE = Count("particles", "N", default=1, fixed=1)
PROPOSALS = Count("proposals", "H", default=1)
VISITS = Count("visits", "J", default=1)
SWEEPS = Count("sweeps", "H", default=1)


class Scores(Enum):
    """What the reward model is asked for; the value says it in words."""

    MOVES = "every state that a particle moves to"
    CHILDREN = "every successor of every state that is left"
    ENDS = "the end of each path"


@dataclass(frozen=True)
class Sampler:
    """A sampler. name: as the command line takes it. words: what it does, in half a line. count: what its cost is counted in.

    moves: one particle's moves and weights on a model under a reward model. selection: how particles are selected on the way and the
    output at the end; it chooses the exact law (`smc.exact.output_law`).
    scores: what the reward model is asked for.
    resampling, choice: how particles are resampled and the output is chosen from the last, where they are resampled.
    held: number of particles N of a sampler that counts something else, None for the others.
    checked_at: the counts at which `verify` runs it. The theorems that speak of it name it in `proofs.catalogue`.
    """

    name: str
    words: str
    count: Count
    moves: Callable[[Model, Twist], Moves]
    selection: Selection
    scores: Scores = Scores.MOVES
    checked_at: tuple[int, ...] = ()
    resampling: Resampling = EVERY_STEP
    choice: Choice = Choice.BY_WEIGHT
    held: int | None = None

    def holding(self, particles: int | None) -> Sampler:
        """The same sampler with N particles beside what it counts; itself for None. Raises InputError for fewer than 2, and for a sampler
        whose count is N or that has no particles."""
        if particles is None:
            return self
        if self.held is None:
            raise InputError(
                f"{self.name} holds no particles", where="particles", mend=f"it counts {self.count.option}"
            )
        return replace(self, held=whole_number("particles", particles, least=2))

    def resampling_by(self, resampling: Resampling, choice: Choice = Choice.BY_WEIGHT) -> Sampler:
        """The same sampler under another resampling and final choice. Raises InputError where nothing is resampled."""
        if not self.interacting:
            raise InputError(f"{self.name} does not resample", where="resampling", mend="choose naive or adapted")
        return replace(self, resampling=resampling, choice=choice)

    def process(self, model: Model, twist: Twist) -> ParticleProcess:
        """The sampler on a model under a reward model."""
        steps, scale = self.moves(model, twist)
        return ParticleProcess(
            self.name, steps, model.sizes, scale, self.selection, self.resampling, self.choice, self.held
        )

    def counted(self, **given: int | None) -> int:
        """The count among `particles`, `proposals`, ...; 1 when it is left out. Raises InputError for a count that
        this sampler does not have."""
        beside = {self.count.option, "particles" if self.held is not None else ""}
        for option, n in given.items():
            if option not in beside and n is not None and n != 1:
                raise InputError(
                    f"{self.name} has no {option}",
                    where=option,
                    mend=f"leave --{option} out; it counts {self.count.option}",
                )
        n = given.get(self.count.option)
        return 1 if n is None else self.count.check(n, self.name)

    def keyword(self, n: int) -> dict[str, Any]:
        """`n` as the keyword argument that sets this sampler's count; none where the count is fixed."""
        return {} if self.count.fixed is not None else {self.count.option: n}

    @property
    def interacting(self) -> bool:
        """Whether its particles compete, by resampling: its law then needs occupancies, or an enclosure."""
        return self.count.fixed is None and self.selection is Selection.RESAMPLED

    @property
    def plain(self) -> bool:
        """Whether resampling is multinomial, after every step, and one is drawn by weight: what the theorems on SMC speak of."""
        return self.resampling == EVERY_STEP and self.choice is Choice.BY_WEIGHT

    @property
    def worth(self) -> Rational | None:
        """The share of N that its slots are worth (`Resampling.worth`), where one of the last particles is drawn by weight; None where
        that is not certain or the output is chosen in another way."""
        return self.resampling.worth if self._drawn else None

    @property
    def effective(self) -> Rational | None:
        """The same for the squares of the shares (`Resampling.effective`)."""
        return self.resampling.effective if self._drawn else None

    @property
    def _drawn(self) -> bool:
        return self.interacting and self.choice is Choice.BY_WEIGHT

    @property
    def label(self) -> str:
        """Its name, with resampling and choice as they are typed where they are not the plain ones: `naive, stratified:inf:1/2`."""
        beside = [] if self.resampling == EVERY_STEP else [self.resampling.typed]
        return ", ".join([self.name, *beside, *([] if self.choice is Choice.BY_WEIGHT else [self.choice.typed])])

    def at(self, n: int) -> dict[str, Any]:
        """Its count as statements call it, and `omega`, the largest share of the weight that a slot carries, where that is certain; else
        what the squares of the shares add up to at most, where that is."""
        counted: dict[str, Any] = {self.count.symbol: n}
        share = self.effective
        return counted if share is None else counted | {"omega": 1 / (share * n)}

    @property
    def how(self) -> str:
        """How particles are selected, in words."""
        if self.held is not None:
            return f"{self.selection.value}; {self.held} particles"
        if self.selection is not Selection.RESAMPLED:
            return self.selection.value
        if not self.interacting:
            return "one particle has nothing to resample; the output is that particle"
        if self.plain:
            return f"{self.resampling.words}, also the last; the output is one particle"
        return f"{self.resampling.words}; the output is {self.choice.value}"

    @property
    def moves_by_values(self) -> bool:
        """Whether a move depends on the reward model, which is then asked for every successor."""
        return self.scores is Scores.CHILDREN

    @property
    def estimates(self) -> bool:
        """Whether a run comes with an estimate `Zhat` of the normaliser: what walks and sweeps answer has none."""
        return self.selection not in (Selection.WALK, Selection.CONDITIONAL)

    @property
    def simulated(self) -> bool:
        """Whether the Monte Carlo engines run it at any count; the others have exact laws alone."""
        return self.count.fixed is None and self.selection not in (Selection.BEST, Selection.CHAIN)
