"""User text of any content: nothing in a name steers a terminal, opens mathematics in a figure, or floods a message."""

from __future__ import annotations

import io
import os
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from smc.errors import InputError
from smc.present.console import PlainConsole
from smc.present.figures import in_style, new_axes
from smc.present.words import SPELLED, in_encoding, in_figure, on_terminal

ANY = st.text(st.characters(codec="utf-8"), max_size=40)


def steers(text: str) -> bool:
    return any(unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t" for c in text)


@given(ANY)
@example("\x1b[31m\x9b2J\u202e\r\x07")
def test_nothing_steers_the_terminal(text):
    assert not steers(on_terminal(text))
    console = PlainConsole(file=io.StringIO(), width=200)
    console.print(text)
    assert not steers(console.file.getvalue())


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=40))
def test_what_a_terminal_shows_is_kept(text):
    assert on_terminal(text) == text


@given(ANY)
@settings(deadline=None, max_examples=25)
@example("$x$ \\dfrac12")
@example("$\\frac$ and $")
@example("\\$a$b\\$$")
def test_a_figure_draws_it_literally(text):
    @in_style
    def draw():
        _, axes = new_axes(2, 1)
        return axes.text(0, 0, in_figure(text))

    artist = draw()
    drawn, mathematical = artist._preprocess_math(artist.get_text())
    assert not mathematical
    assert drawn.strip() == on_terminal(text).replace("\n", " ").strip()


@given(ANY, st.integers(0, 20_000))
@example("x", 16_000)
def test_messages_stay_short(text, length):
    name = (text * (length // max(1, len(text)) + 1))[:length]
    message = str(InputError(f"unknown state {name!r}", where="model.json: edges[0][0].from", mend="list it"))
    assert len(message) < 600
    assert message.startswith("model.json: edges[0][0].from: unknown state ") and message.endswith("; list it")


@given(ANY, st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
@example("2.5× ≥ ∞ … — 名", "ascii")
def test_every_encoding_can_carry_every_text(text, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=SPELLED)
    stream.write(text)
    stream.flush()
    if encoding == "utf-8":
        assert stream.buffer.getvalue().decode() == text.replace("\n", os.linesep)


def test_signs_are_spelled_where_they_are_missing():
    assert in_encoding("2.5× ≥ ∞", "ascii") == "2.5x >= inf"
    assert in_encoding("2.5× ≥ ∞", "utf-8") == "2.5× ≥ ∞"
    assert "2.5× — 名".encode("latin-1", SPELLED) == b"2.5\xd7 - \\u540d"
