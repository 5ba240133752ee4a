"""The figure of the enclosures: its data are read back; exact points lie inside the bands, the bands below the theorems."""

from __future__ import annotations

import pytest

pytest.importorskip("matplotlib")

from smc.formats import load
from smc.present.curves import COUNTS, certified_curves
from smc.setting.analysis import analyse
from tests.effort import effort


def constants(name: str):
    source = load(f"shipped:{name}")
    return analyse(source.model, source.twist())


@pytest.mark.by_turn
def test_the_truth_lies_between_its_certified_curves():
    [panel] = certified_curves([constants("verifier-tree")], counts=COUNTS[:13]).data()
    shown = {line["label"]: dict(zip(line["x"], line["y"], strict=True)) for line in panel["lines"]}
    exact = shown["exact"]
    assert len(exact) >= 3
    for level in (2, 4):
        lower, upper = shown[f"_lower, level {level}"], shown[f"_upper, level {level}"]
        for n in exact.keys() & upper.keys():
            assert lower[n] <= exact[n] * (1 + 1e-12) and exact[n] <= upper[n] * (1 + 1e-12)
        assert all(lower[n] <= upper[n] for n in lower)
    best = shown["least bound of a theorem"]
    assert all(shown["_upper, level 4"][n] <= best[n] for n in best)
    assert all(shown["_upper, level 4"][n] <= shown["_upper, level 2"][n] for n in best)
    narrow = shown["_upper, level 4"][4096] / shown["_lower, level 4"][4096]
    assert 1 < narrow < 1.001 < shown["_upper, level 2"][4096] / shown["_lower, level 2"][4096]


@pytest.mark.by_turn
def test_a_panel_a_model_and_a_lower_end_of_zero_is_not_drawn_as_a_line():
    panels = certified_curves([constants("verifier-tree"), constants("frozenlake-4x4")], counts=COUNTS[:5]).data()
    assert len(panels) == 2
    labels = {line["label"] for line in panels[1]["lines"]}
    assert "_upper, level 2" in labels and "_lower, level 2" not in labels


@pytest.mark.by_turn
def test_every_count_from_one_to_sixteen_is_exact_and_inside():
    counts = range(1, effort(16, sample=8) + 1)
    [panel] = certified_curves([constants("verifier-tree")], counts=counts).data()
    shown = {line["label"]: dict(zip(line["x"], line["y"], strict=True)) for line in panel["lines"]}
    exact = shown["exact"]
    assert sorted(exact) == list(counts)
    for level in (2, 4):
        lower, upper = shown[f"_lower, level {level}"], shown[f"_upper, level {level}"]
        assert all(lower[n] * (1 - 1e-12) <= exact[n] <= upper[n] * (1 + 1e-12) for n in exact)
