"""Text that comes from a user (names of states and models, messages of other programs) on its way to a reader: one door a medium.

The page escapes HTML (`smc.present.page`), JSON escapes itself; terminals and figures have their doors here.
"""

from __future__ import annotations

import unicodedata

_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories that steer a terminal (escape codes, carriage returns, right-to-left overrides) or are no characters at all."""


def on_terminal(text: str) -> str:
    """`text` with everything that could steer a terminal written out (`\\x1b`); line ends and tabs are kept."""
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in _UNSAFE else _spelled(c) for c in text)


def in_figure(text: str) -> str:
    """`text` as matplotlib draws it literally: no dollar opens mathematics, and what a terminal would not show is written out."""
    return on_terminal(text).replace("\n", " ").replace("$", r"\$")


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
