"""The samplers, one value a file. `find` is for names that a person typed; everything else passes the value on."""

from __future__ import annotations

from collections.abc import Iterable

from smc.errors import InputError, one_of
from smc.samplers.adapted import adapted as _adapted
from smc.samplers.backtracking import backtracking as _backtracking
from smc.samplers.best_of_n import best_of_n as _best_of_n
from smc.samplers.conditional import conditional as _conditional
from smc.samplers.guided import guided as _guided
from smc.samplers.importance import sis as _sis
from smc.samplers.importance import sis_guided as _sis_guided
from smc.samplers.metropolis import metropolis as _metropolis
from smc.samplers.naive import naive as _naive
from smc.samplers.process import ParticleProcess
from smc.samplers.resampling import choice_of, resampling_of
from smc.samplers.sampler import Sampler
from smc.samplers.weighted_of_n import weighted_of_n as _weighted_of_n
from smc.setting.model import Model
from smc.setting.named_twists import carries_weights
from smc.setting.twist import Twist

SAMPLERS = {
    s.name: s
    for s in (
        _naive,
        _adapted,
        _guided,
        _metropolis,
        _sis,
        _sis_guided,
        _best_of_n,
        _weighted_of_n,
        _backtracking,
        _conditional,
    )
}
"""By command-line name, in the order of reports."""


def find(name: str | Sampler) -> Sampler:
    """The sampler of a name (a sampler stays itself). Raises InputError for a name that is none."""
    if isinstance(name, Sampler):
        return name
    if name not in SAMPLERS:
        raise InputError(f"unknown algorithm {name!r}", where="algorithm", mend=one_of(SAMPLERS, name))
    return SAMPLERS[name]


def resampled(sampler: Sampler, resampling: str | None, choice: str | None = None) -> Sampler:
    """The sampler under the resampling and the final choice that a person typed; itself where nothing was. Raises InputError for what is
    none, and for a sampler that does not resample."""
    if resampling is choice is None:
        return sampler
    rule = sampler.resampling if resampling is None else resampling_of(resampling)
    return sampler.resampling_by(rule, sampler.choice if choice is None else choice_of(choice))


def check_steering(samplers: Iterable[Sampler], choice: str | None, mend: str = "choose --algorithm naive") -> None:
    """Whether all of them can take the reward model that a person typed: every command asks before it runs any. Raises InputError for a
    power of the weights (S16.5: naive proposals under another twist) where that twist would change the moves of one as well."""
    for sampler in samplers:
        if carries_weights(choice) and sampler.moves_by_values:
            raise InputError(
                f"a power of the weights is another reward model for naive proposals only, and {sampler.name} moves by the reward model",
                where=f"value {choice}",
                mend=mend,
            )


def particle_process(model: Model, twist: Twist, sampler: str | Sampler) -> ParticleProcess:
    """One particle's moves and weights under `sampler` (or the one of that name). Raises InputError for an unknown name."""
    return find(sampler).process(model, twist)
