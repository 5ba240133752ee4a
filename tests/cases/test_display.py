"""Numbers that no float holds, and names that no terminal or figure takes as they are."""

from __future__ import annotations

import pytest

from tests.cases import FOLDER, report, shown

LONG, TINY, LATEX = (
    str(FOLDER / f"{name}.json") for name in ("long_filter_display", "tiny_normaliser_display", "latex_name_figure")
)


@pytest.mark.by_turn
@pytest.mark.parametrize("method", [[], ["--method", "certified"], ["--method", "monte-carlo", "--replicates", "200"]])
def test_bounds_beyond_every_float_are_printed(method, capsys):
    printed = shown(capsys, "check", LONG, *method)
    assert (
        "9.276e+389" in printed
    )  # P3's bound: L = 20/3 to the power 6, (1 + eps)^(6 * 119), of the model's own numbers
    assert "refuted" not in printed.lower()


@pytest.mark.by_turn
def test_atlas_of_a_long_filter(capsys, tmp_path):
    figure = tmp_path / "atlas.png"
    assert "3.711e+390" in shown(
        capsys, "atlas", LONG, "--particles", "1,2", "--delta", "999/1000", "--figure", str(figure)
    )
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_a_tiny_normaliser_is_not_zero(capsys):
    printed = shown(capsys, "check", TINY)
    assert "normaliser Z = 1e-360, log Z = -828.9," in printed
    assert report(capsys, "check", TINY)["normaliser"] == f"1/1{'0' * 360}"
    assert "1e-360" in shown(capsys, "check", TINY, "--method", "monte-carlo", "--replicates", "200", code=3)


@pytest.mark.by_turn
def test_mathematics_in_a_name(capsys, tmp_path):
    name = "Find $x$ if $x = \\dfrac12 + \\dfrac13$"
    assert name in shown(capsys, "check", LATEX)
    shown(capsys, "atlas", LATEX, "--figure", str(tmp_path / "atlas.svg"))
    assert "dfrac12" in (tmp_path / "atlas.svg").read_text(encoding="utf-8")
    shown(capsys, "verify", LATEX, "--output", str(tmp_path))
    assert (tmp_path / "tv-against-particles.png").stat().st_size > 1000
