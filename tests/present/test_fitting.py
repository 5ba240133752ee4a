"""Tables fit 80 and 60 columns (and far fewer) with every character of every number."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from smc.checks.atlas import chart, product_setting
from smc.checks.check import check
from smc.checks.plan import plan, setting
from smc.checks.summary import summary_table
from smc.formats import load
from smc.present.console import PlainConsole
from smc.present.fitting import FittedTable
from smc.present.tables import atlas_tables, bounds_table, plan_table
from tests.cases import FOLDER
from tests.effort import effort


def test_prose_that_goes_is_told_below(capsys):
    def printed(width: int) -> str:
        table = FittedTable(prose=("remark",), below=("of", "count", "remark"))
        for name, justify in (("of", "left"), ("count", "right"), ("remark", "left")):
            table.add_column(name, justify=justify)
        table.add_row("S6", "2", "for some input of a large enough vocabulary, of which there are many")
        table.add_row("S6", "3", "with two successors a step, of which there are as many again as before")
        table.add_row("S8", "5", "")
        PlainConsole(width=width).print(table)
        return capsys.readouterr().out

    assert "S6 2:" not in printed(100) and "remark" in printed(100)
    narrow = printed(30)
    assert (
        "remark" not in narrow
        and "S6 2: for some input" in narrow
        and "S6 3: with two" in narrow
        and "S8 5" not in narrow
    )


def printed(table, width: int) -> str:
    console = PlainConsole(file=io.StringIO(), width=width)
    console.print(table)
    lines = console.file.getvalue().splitlines()
    assert all(Text(line).cell_len <= width for line in lines)
    return "\n".join(lines)


def numbers(table) -> set[str]:
    return {str(cell) for c in table.columns if c.justify == "right" for cell in c.cells if str(cell)}


def tables():
    source = load(str(FOLDER / "long_filter_display.json"), horizon=30)
    report = check(source.model, source.twist(), "naive", particles=2)
    yield bounds_table(report.rows)
    yield summary_table([report])
    given = setting(100, "1/7", "17/3", "1/10", 2)
    yield plan_table(given, plan(given))
    yield from atlas_tables([chart(product_setting("3/2", 4), "1/10", [1, 2, 4, 8, 16])])


TABLES = list(tables())


@pytest.mark.parametrize("width", [160, 120, 80, 60, 40])
@pytest.mark.parametrize("k", range(len(TABLES)))
def test_no_number_is_cut(k, width):
    words = printed(TABLES[k], width).replace("│", " ").split()
    for number in numbers(TABLES[k]):
        assert all(part in words for part in number.split()), f"{number} is cut at {width} columns"


def test_prose_goes_before_anything_else():
    table = bounds_table(
        check(load("shipped:verifier-tree").model, load("shipped:verifier-tree").twist(), "naive", particles=2).rows
    )
    assert "quantity" in printed(table, 80)
    narrow = printed(table, 60)
    assert "observed" in narrow and "verdict" in narrow and "quantity" not in narrow
    assert "instance" in narrow, "statement and form name a row, so they stay"


@given(
    st.lists(
        st.tuples(st.text(st.characters(categories=["L", "Zs"]), max_size=50), st.integers(0, 10**25)), max_size=6
    ),
    st.integers(30, 120),
)
@settings(deadline=None, max_examples=effort(60, sample=25))
def test_any_rows_at_any_width(rows, width):
    table = FittedTable(prose=("words",), title="a title of several words", caption="and a caption")
    table.add_column("words")
    table.add_column("a number", justify="right")
    for words, number in rows:
        table.add_row(words, str(number))
    shown = printed(table, width).replace("│", " ").split()
    assert all(str(number) in shown for _, number in rows)


def test_a_column_of_prose_goes_before_its_cells_take_three_lines():
    table = FittedTable(prose=("what it says",))
    for name in ("statement", "what it says"):
        table.add_column(name)
    table.add_row("S3", "twelve words of prose that want about eighty columns on a single line")
    assert "single line" in printed(table, 60)
    assert printed(table, 60).count("\n") <= 5  # a frame, a header, two lines
    assert "prose" not in printed(table, 30) and "S3" in printed(table, 30)
