"""Text that comes from a user (names of states and models, messages of other programs) on its way to a reader: one door a medium.

The page escapes HTML (`smc.present.page`), JSON escapes itself; terminals and figures have their doors here.
"""

from __future__ import annotations

import codecs
import unicodedata

SPELLED = "bellman-smc"
"""Name of the handler of encoding errors that `spelled` is."""
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories that steer a terminal (escape codes, carriage returns, right-to-left overrides) or are no characters at all."""


PLAIN = {"×": "x", "≥": ">=", "≤": "<=", "—": "-", "∞": "inf", "…": "...", "₁₀": "10", "∝": "~", "·": "*"}
"""How the signs that the reports use are spelled where an encoding lacks them."""


def in_encoding(text: str, encoding: str) -> str:
    """`text` with the signs of `PLAIN` spelled out where `encoding` lacks them; the same text where it has them all."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for sign, plain in PLAIN.items():
            text = text.replace(sign, plain)
    return text


def spelled(error: UnicodeError) -> tuple[str, int]:
    """The handler for characters that an output cannot carry: the signs of `PLAIN` spelled out, others as escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(PLAIN.get(c, _spelled(c)) for c in lost), error.end


codecs.register_error(SPELLED, spelled)


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
