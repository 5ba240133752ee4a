"""What the notebooks show of the proofs: sealed statements and closed forms as LaTeX, made from the objects themselves.

`statement("S1")` replays the stored proof by the kernel and prints the theorem that comes out; `formula("S3", "uniform")` prints the closed
form that `proofs.bounds` evaluates. Nothing here is typed by hand, so a page cannot say something else than what is proved or computed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from proofs import bounds
from proofs.catalogue import FORMS, ROWS
from proofs.derive.polynomials import NotFound
from proofs.kernel.replay import Replayer, load, load_seals
from proofs.language.bridge import NotInLanguage
from proofs.reading.statement import Reading, called

closed_form = bounds.evaluate
"""The value of a bound at given inputs: `closed_form("P0", "uniform", eps=Fraction(1, 4), n=3)`."""


class Shown:
    """Markdown that a notebook renders."""

    def __init__(self, markdown: str) -> None:
        self.markdown = markdown

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.markdown


@cache
def replayer() -> Replayer:
    """The stored proofs, replayed on demand and each once."""
    return Replayer(load(), load_seals())


def statement(name: str, *, setting: bool = True) -> Shown:
    """The sealed statement `name`: conclusion, what is assumed in words, what its names stand for; setting: also what its symbols are.

    Replays its proof; raises `proofs.kernel.replay.Refused`. A statement of the theory without a stored proof says so.
    """
    if name not in replayer().texts and name in ROWS:
        return Shown(f"**{name}: {ROWS[name].title}**: no stored proof")
    return Shown(Reading(name, replayer().theorem(name), called(name)).markdown(setting=setting))


def formula(name: str, form: str, *, setting: bool = False) -> Shown:
    """The closed form of a bound: the sealed statement that it is read from."""
    return statement(FORMS[name, form].sealed, setting=setting)


def attempt(line: Callable[[], Any]) -> Any:
    """What the kernel makes of a line: the theorem, or that no proof was found. Change a constant and see."""
    try:
        return line()
    except (NotFound, NotInLanguage) as error:
        kind = "no proof of this was found" if isinstance(error, NotFound) else "this is not in the kernel's language"
        return Shown(f"*Refused*: {kind}.")
