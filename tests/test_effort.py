"""A day's share: the days together take every case, the night all of them, and what is marked `by_turn` rests only where it may."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests import conftest, effort


@dataclass(frozen=True)
class Item:
    """As much of a collected test as the choice asks for."""

    name: str
    marked: bool
    path: str = "test_short.py"
    fixturenames: tuple[str, ...] = ()

    def get_closest_marker(self, name: str) -> bool:
        return self.marked and name == "by_turn"


class Session:
    """As much of pytest's configuration as the choice asks for; it keeps what was left out."""

    def __init__(self, keyword: str = "", *args: str):
        self.option = self.hook = self
        self.keyword, self.args, self.left = keyword, args, []

    def pytest_deselected(self, items) -> None:
        self.left += items


ITEMS = [Item(f"{'long' if k % 2 else 'short'} {k}", bool(k % 2)) for k in range(46)]


@pytest.mark.parametrize(("cases", "sample"), [(23, 5), (7, 7), (3, 1), (10, 20)])
def test_every_case_has_its_turn(cases, sample, monkeypatch):
    monkeypatch.setattr(effort, "NIGHTLY", False)
    days = []
    for day in range(cases):
        monkeypatch.setattr(effort, "_sources", lambda day=day: day)
        days.append(effort.turn(range(cases), sample))
    assert {len(chosen) for chosen in days} == {min(cases, sample)}
    assert set().union(*days) == set(range(cases))


@pytest.mark.parametrize("folder", ["proofs", "smc", "tests"])
def test_a_change_of_packages_or_tests_moves_the_turn(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(effort, "ROOT", tmp_path)
    before = effort._sources.__wrapped__()
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "test_new.py").write_text("def test_new(): ...\n")
    assert effort._sources.__wrapped__() != before


def test_long_tests_rest_by_day_and_none_at_night(monkeypatch):
    monkeypatch.setattr(effort, "NIGHTLY", False)
    run = set()
    for day in range(len(ITEMS)):
        monkeypatch.setattr(effort, "_sources", lambda day=day: day)
        session, items = Session(), list(ITEMS)
        conftest.pytest_collection_modifyitems(session, items)
        assert sorted([*items, *session.left], key=ITEMS.index) == ITEMS
        assert all(item.marked for item in session.left)
        assert sum(item.marked for item in items) == -(-sum(item.marked for item in ITEMS) // effort.SHARE)
        run |= set(items)
    assert run == set(ITEMS)
    monkeypatch.setattr(effort, "NIGHTLY", True)
    assert not effort.resting(ITEMS)


def test_files_that_ask_for_the_replayed_proofs_come_first():
    """By files: the fixtures of one are made once."""
    items = [
        Item("a", False),
        Item("b", False, "test_made.py"),
        Item("c", False),
        Item("d", False, "test_made.py", ("made",)),
    ]
    conftest.pytest_collection_modifyitems(Session(), items)
    assert [item.name for item in items] == ["b", "d", "a", "c"]


@pytest.mark.parametrize("asked", [("", "tests/test_door.py::test_a"), ("long", "tests")])
def test_what_is_asked_for_by_name_is_run(asked, monkeypatch):
    monkeypatch.setattr(effort, "NIGHTLY", False)
    session, items = Session(*asked), list(ITEMS)
    conftest.pytest_collection_modifyitems(session, items)
    assert items == ITEMS and not session.left
