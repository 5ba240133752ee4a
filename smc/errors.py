"""Errors that speak to the person: what is wrong, where, and how to mend it."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input. `str(error)` is one line: place, what is wrong, the mend. The command line prints it and exits with 2.

    Parameters are plain text: `where` names the file and the place in it (or the argument), `what` the fault, `mend` the way out.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(" ".join(f"{where + ': ' if where else ''}{what}{'; ' + mend if mend else ''}".split()))

    def within(self, place: str) -> InputError:
        """The same error with `place` (a file, say) put before its `where`."""
        return type(self)(self.what, where=f"{place}: {self.where}" if self.where else place, mend=self.mend)


class ModelError(InputError):
    """A model, reward or twist that does not describe what the theory needs."""


class TooLarge(InputError):
    """The computation asked for does not fit; says the size, the estimate and which method would do."""
