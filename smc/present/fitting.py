"""Tables that fit the terminal they are printed on: prose folds, then goes; a number is never cut."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

FOLDED = 14
"""Characters to which a column of text may be folded, unless it is narrower."""
LINES = 2
"""Lines that a cell of prose may take before its column goes: a table of tall rows is not read."""


class FittedTable(Table):
    """A table that is laid out when its width is known.

    Columns that are set to the right hold numbers and keep every character; the others fold, those named in `prose` to two lines at most.
    Where that is not enough the lines of the frame go, then the columns named in `prose`, one by one in that order; and where the numbers
    alone are too wide, each row becomes lines of `column: value`. below: columns that name a row, and last the one of `prose` that is told
    in lines below the table where it had to go.
    """

    def __init__(self, *, prose: Sequence[str] = (), below: Sequence[str] = (), **options: Any) -> None:
        super().__init__(title_justify="left", caption_justify="left", **options)
        self.prose, self.below = tuple(prose), tuple(below)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The first of these layouts that fits."""
        width = options.max_width
        for dropped in range(len(self.prose) + 1):
            kept = [c for c in self.columns if str(c.header) not in self.prose[:dropped]]
            for frame, edge, between in ((self.box, 4, 3), (None, 0, 2)):
                free = width - edge - between * (len(kept) - 1) if frame else width - between * len(kept)
                least = [_least(console, c, prose=str(c.header) in self.prose) for c in kept]
                if sum(least) <= free:
                    yield from self._laid_out(console, options, kept, least, free, frame)
                    if self.below and self.below[-1] in self.prose[:dropped]:
                        yield from self._told(console)
                    return
        yield from self._records(console)

    def _laid_out(
        self, console: Console, options: ConsoleOptions, kept: list[Column], least: list[int], free: int, frame: Any
    ) -> RenderResult:
        wanted = [_natural(console, c) for c in kept]
        widths = list(least)
        # room goes to text first, which folds in every row, to what lacks least before the rest; then to the headers of numbers
        for i in sorted(range(len(kept)), key=lambda i: (kept[i].justify == "right", wanted[i] - least[i])):
            widths[i] += min(wanted[i] - widths[i], free - sum(widths))
        made = copy.copy(self)
        made.box = frame
        if frame is None:
            made.padding, made.pad_edge = (0, 1, 0, 1), True
        made.columns = []
        for column, cells in zip(kept, widths, strict=True):
            column = copy.copy(column)
            column.width, column.overflow = cells, "fold"
            made.columns.append(column)
        for note in ("title", "caption"):  # not squeezed into the width of a narrow table
            setattr(made, note, None)
        if self.title:
            yield Text(console.render_str(str(self.title)).plain, style="italic")
        yield from Table.__rich_console__(made, console, options)
        if self.caption:
            yield Text(console.render_str(str(self.caption)).plain, style="dim")

    def _told(self, console: Console) -> RenderResult:
        """A line a row, and one for rows that follow each other with the same words."""
        columns = {str(c.header): _texts(console, c) for c in self.columns}
        *names, words = (columns[name] for name in self.below)
        for said, rows in groupby(range(self.row_count), key=lambda k: words[k]):
            if said:
                yield Text(f"{', '.join(' '.join(name[k] for name in names) for k in rows)}: {said}")

    def _records(self, console: Console) -> RenderResult:
        if self.title:
            yield Text(console.render_str(str(self.title)).plain, style="italic")
        for k in range(self.row_count):
            for column in self.columns:
                cell = list(column.cells)[k]
                text = cell if isinstance(cell, Text) else console.render_str(str(cell))
                if text.plain:
                    name = str(column.header)
                    yield Text.assemble(f"{name}: " if name else "", text)
            yield Text()
        if self.caption:
            yield Text(console.render_str(str(self.caption)).plain, style="dim")


def _texts(console: Console, column: Column) -> list[str]:
    return [cell.plain if isinstance(cell, Text) else console.render_str(str(cell)).plain for cell in column.cells]


def _natural(console: Console, column: Column) -> int:
    """Characters that the column takes on one line."""
    return max(Text(text).cell_len for text in (str(column.header), *_texts(console, column)))


def _least(console: Console, column: Column, *, prose: bool) -> int:
    """Characters below which the column would cut a number, break a word of its header, or (prose) fold a cell into too many lines."""
    header = max((Text(word).cell_len for word in str(column.header).split()), default=0)
    cells = _texts(console, column)
    if column.justify == "right":
        return max([header, *(Text(text).cell_len for text in cells)])
    words = [Text(word).cell_len for text in cells for word in text.split()]
    least = max(header, min(max(words, default=0), FOLDED))
    if prose:
        while any(_lines(console, text, least) > LINES for text in cells):
            least += 1
    return least


def _lines(console: Console, text: str, width: int) -> int:
    return len(Text(text).wrap(console, width, overflow="fold"))
