"""User text of any content: nothing in a name steers a terminal, opens mathematics in a figure, or floods a message."""

from __future__ import annotations

import io
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from smc.cli.output import PlainConsole
from smc.errors import InputError
from smc.present.figures import in_style, new_axes
from smc.present.words import in_figure, on_terminal

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
