"""The console that every report is printed on."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from smc.present.words import in_encoding, on_terminal

WIDE = 160
"""Columns of a table that is not printed on a terminal."""


class PlainConsole(Console):
    """A console that prints text as it is: names are never read as markup, and nothing in them steers the terminal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, highlight=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Every string that is printed, alone or in a table, comes through here."""
        return super().render_str(in_encoding(on_terminal(text), self.encoding), **options)
