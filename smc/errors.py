"""Errors that speak to the person: what is wrong, where, and how to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

EXTRAS = {
    "gymnasium": "gym",
    "matplotlib": "plot",
    "hypothesis": "campaign",
    "joblib": "campaign",
    "dask": "dask",
    "distributed": "dask",
    "stormpy": "prism",
    "umbi": "umb",
    "pocketsphinx": "lm",
    "gguf": "lm",
    "torch": "hf",
    "transformers": "hf",
}
"""The extra of this distribution that installs a module which is not always there."""
LONGEST_NAME = 60
"""Characters of a quoted name, or of one word, that a message repeats."""
LONGEST_PART = 400
"""Characters of one part of a message."""
_LONG = re.compile(rf"""'[^']{{{LONGEST_NAME},}}'|"[^"]{{{LONGEST_NAME},}}"|[^\s'"/]{{{LONGEST_NAME},}}""")


class InputError(ValueError):
    """Bad input. `str(error)` is one line: place, what is wrong, the mend. The command line prints it and exits with 2.

    Parameters are plain text: `where` names the file and the place in it (or the argument), `what` the fault, `mend` the way out.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        where, what, mend = (_shortened(part) for part in (where, what, mend))
        super().__init__(" ".join(f"{where + ': ' if where else ''}{what}{'; ' + mend if mend else ''}".split()))

    def within(self, place: str) -> InputError:
        """The same error with `place` (a file, say) put before its `where`."""
        return type(self)(self.what, where=f"{place}: {self.where}" if self.where else place, mend=self.mend)


class ModelError(InputError):
    """A model, reward or twist that does not describe what the theory needs."""


class TooLarge(InputError):
    """The computation asked for does not fit; says the size, the estimate and which method would do."""


def one_of(known: Iterable[str], given: object, word: str = "choose one of") -> str:
    """The mend for a name that is none of `known`: the nearest ones first, as questions, then all: "S3?; known: P0, P1, ..."."""
    names = [str(name) for name in known]
    by_small_letters = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(given).casefold()[:LONGEST_NAME], by_small_letters, n=3, cutoff=0.7)
    return "".join(f"{by_small_letters[name]}? " for name in near) + f"{word} {', '.join(names)}"


MOST_COUNT = 10**18
"""Largest number of particles, proposals or runs that a command reads."""


def whole_number(where: str, value: object, *, least: int = 1, most: int | None = None) -> int:
    """`value`, argument `where`, if it is a whole number from `least` to `most`; raises InputError otherwise (for True and 2.0 too)."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
        reach = f"of at least {least}" if most is None else f"from {least} to {most:,}"
        raise InputError(f"{value!r}", where=where, mend=f"give a whole number {reach}")
    return value


def missing_extra(module: str) -> InputError:
    """The error for a module of `EXTRAS` that is not installed, naming the extra that brings it."""
    root = module.partition(".")[0]
    return InputError(f"{root} is not installed", mend=f"pip install 'bellman-smc[{EXTRAS[root]}]'")


def _shortened(part: str) -> str:
    part = _LONG.sub(lambda found: _middle_out(found.group(), LONGEST_NAME), part)
    return _middle_out(part, LONGEST_PART)


def _middle_out(text: str, most: int) -> str:
    """The two ends of a text that is too long to repeat."""
    return text if len(text) <= most + 2 else f"{text[: most - 20]}…{text[-19:]}"
