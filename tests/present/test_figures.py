"""Figures show what they say: their data are read back and held against the theory; the HTML page is whole and self-contained."""

from __future__ import annotations

import copy
import re
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from proofs import bounds
from proofs.reading.notebook import formula, statement
from proofs.reading.walkthrough import after_replacing, identity, steps
from smc.checks.atlas import chart, model_setting
from smc.checks.check import check
from smc.checks.plan import setting
from smc.formats import load
from smc.numbers import Rational, Verdict, rational
from smc.present.figures import atlas_figure, counts_by_statement, demand_bars, exponent_gap, tv_against_particles
from smc.present.illustrations import (
    bellman_ratios,
    chi_square_against_branch,
    chord,
    exponent_by_vocabulary,
    phase_transition,
    query_staircase,
    rare_branch_order,
)
from smc.present.notebook import cell, table
from smc.present.page import Origin, digest, page
from smc.setting.analysis import analyse
from smc.setting.telescoping import path_weights

SOURCE = load("shipped:verifier-tree")
MODEL, TWIST = SOURCE.model, SOURCE.twist()


def lines(figure) -> dict:
    return {line["label"]: line for axes in figure.data() for line in axes["lines"]}


@pytest.mark.parametrize("draw", ["check", "atlas"])
def test_every_bound_has_a_line_of_its_own_and_its_name_is_in_the_picture(draw):
    if draw == "check":
        figure = tv_against_particles([check(MODEL, TWIST, particles=n) for n in (1, 2)], "Every bound")
    else:
        figure = atlas_figure([chart(model_setting(MODEL, TWIST), "1/10", (1, 2))])
    drawn = [line for line in figure.axes[0].lines if not line.get_label().startswith("_")]
    strokes = {(line.get_color(), line.get_linestyle(), line.get_marker(), line.get_linewidth()) for line in drawn}
    assert len(strokes) == len(drawn) > 15
    [legend] = figure.legends
    ends = [
        line.get_ydata()[-1] for name in legend.get_texts() for line in drawn if line.get_label() == name.get_text()
    ]
    assert len(ends) == len(drawn) and ends == sorted(ends, reverse=True)
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    for name in legend.get_texts():
        box = name.get_window_extent()
        assert 0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height, name.get_text()


def test_a_chart_of_one_count_shows_every_bound():
    """A line of one point is seen by its mark alone."""
    (left, right) = atlas_figure([chart(model_setting(MODEL, TWIST), "1/10", [1], find_least=False)]).axes
    assert len(left.lines) > 9 and all(line.get_marker() not in ("", "None") for line in (*left.lines, *right.lines))


def test_a_chart_without_laws_says_so_and_names_what_it_draws():
    """No law fits: the left half says why, and the legend is of the right one."""
    entry = chart(model_setting(MODEL, TWIST), "1/10", [10**12], seconds=5.0)
    figure = atlas_figure([entry])
    left, right = figure.axes
    assert not entry.rows and [text.get_text() for text in left.texts] == [entry.remark]
    (legend,) = figure.legends
    assert len(legend.get_texts()) == len(entry.demands) <= len(right.lines)
    nothing = atlas_figure([replace(entry, demands=(), least=None)])
    assert not nothing.legends and [text.get_text() for text in nothing.axes[1].texts] == ["no count is known"]


def test_labels_of_counts_keep_apart_and_a_short_axis_has_numbers():
    """Of many counts the first, the last and those with room between have labels; TV within one decade is read off all the same."""
    counts = [1, 2, 3, 4, *range(5, 65)]
    entry = chart(model_setting(MODEL, TWIST), "1/10", [1, 2], find_least=False)
    laws = tuple((n, entry.distances[n > 1][1]) for n in counts)
    figure = atlas_figure([replace(entry, distances=laws, rows=(), demands=())])
    figure.canvas.draw()
    left = figure.axes[0]
    shown = [label for label in left.get_xticklabels() if label.get_text()]
    assert [shown[0].get_text(), shown[-1].get_text()] == ["1", "64"] and 8 < len(shown) < 30
    boxes = [label.get_window_extent() for label in shown]
    assert all(one.x1 < two.x0 for one, two in pairwise(boxes))
    low, high = left.get_ylim()
    numbers = [*left.get_yticklabels(), *left.get_yticklabels(minor=True)]
    assert any(number.get_text() and low < number.get_position()[1] < high for number in numbers)


def test_what_the_statements_ask_for_is_told_though_the_laws_take_all_seconds():
    late = replace(model_setting(MODEL, TWIST), distance=lambda n: time.sleep(9))
    entry = chart(late, "1/10", [1, 2], seconds=0.4)
    assert entry.demands and not entry.rows and "exact law left out from N = 1 on: not done after" in entry.remark


def test_ratios_lie_in_the_band_and_touch_it():
    constants = analyse(MODEL, TWIST)
    shown = lines(bellman_ratios(constants))
    high = float(1 + constants.bellman_error)
    values = shown["one state each"]["y"]
    assert len(values) == sum(map(len, constants.alive[:-1]))
    assert all(1 / high - 1e-9 <= v <= high + 1e-9 for v in values)
    assert max(max(values), 1 / min(values)) == pytest.approx(high)


def test_the_two_branch_curve_stays_below_s1_and_touches_it():
    shown = lines(chi_square_against_branch(4, "1/4", steps=24))
    bound = float(bounds.evaluate("S1", "uniform", T=4, eps=rational("1/4")))
    curve = shown["exact χ²(π ‖ guided)"]["y"]
    assert shown["S1"]["y"][0] == pytest.approx(bound)
    assert max(curve) <= bound and max(curve) > 0.97 * bound and min(curve) < 0.3 * bound


def test_search_and_formula_of_the_staircase_agree():
    shown = lines(query_staircase(4, 3, 2))
    assert shown["S6's formula"]["y"] == shown["every decision tree tried"]["y"]


def test_exponents_lie_between_the_papers_and_two():
    shown = lines(exponent_by_vocabulary())
    for eps in ("1/10", "1/2", "1"):
        values = shown[f"eps = {eps}"]["y"]
        assert values == sorted(values) and 2 / 3 <= values[0] and values[-1] < 2
    assert shown["eps = 1"]["y"][0] == pytest.approx(2 / 3)  # k = 1 + eps


def test_slopes_of_the_bounds():
    shown = lines(exponent_gap(horizons=(50, 100)))
    rise = {label: line["y"][1] - line["y"][0] for label, line in shown.items()}
    paper, ours, lower = (rise[label] for label in rise)
    assert paper / ours == pytest.approx(3, rel=0.1) and ours / lower == pytest.approx(1, rel=0.1)


def test_the_ratio_of_the_two_bounds_is_linear_in_the_horizon():
    ratios = []
    for horizon in (100, 200, 400):
        asked = counts_by_statement(setting(horizon, "1/10", 2, "1/10"))
        ratios.append(asked["S3"] / (asked["S6"] * horizon))
    assert max(ratios) / min(ratios) < 1.001


def test_the_transition_separates_the_regimes():
    shown = lines(phase_transition(horizons=(40, 80, 160)))
    calm, wild = shown["eps = 1/T: enough particles (S13)"]["y"], shown["eps = 1/10: enough particles (S13)"]["y"]
    assert calm[2] - calm[1] == pytest.approx(0.301, abs=0.02)  # doubling T doubles the particles
    assert wild[2] - wild[1] > 6


def test_the_bias_of_the_rare_branch_is_flat_in_the_one_scale_and_grows_in_the_other():
    shown = lines(rare_branch_order(sides=(2, 3, 4)))
    flat, growing = shown["TV N^(2/3)"]["y"], shown["TV N"]["y"]
    assert max(flat) - min(flat) < 0.02 and growing[2] - growing[0] > 0.25  # on logarithmic axes


def test_every_demand_has_a_bar_of_its_own():
    [axes] = demand_bars(setting(8, 1, 3, "1/10", 4)).data()
    names = [bar["label"] for bar in axes["bars"]]
    assert len(set(names)) == len(names) and sum(name.startswith("S6") for name in names) == 2


def test_the_chord_shows_the_bound_of_s0():
    [_, _, gap] = chord("1/2", 2).data()[0]["lines"]
    assert gap["y"][1] - gap["y"][0] == pytest.approx((2 - 1) * (1 - 0.5))


def test_weights_telescope_and_both_proposals_agree():
    constants = analyse(MODEL, TWIST)
    naive, guided = path_weights(constants, "naive"), path_weights(constants, "guided")
    score = dict(zip(MODEL.layers[-1], MODEL.reward, strict=True))
    assert all(p.weight == score[p.states[-1]] / TWIST.values[0][0] for p in naive)
    assert [p.mass for p in naive] == [p.mass for p in guided] and len({p.weight for p in guided}) > 2
    assert sum(p.mass for p in guided) == constants.normaliser
    assert sum(p.probability for p in guided) == 1


def test_cells_of_a_column_are_alike():
    shown = table(("a", "b"), [(Rational(1, 3), Rational(1, 3)), (Rational(10**9 + 7, 3**20), Rational(2, 3))])
    assert shown.markdown.splitlines()[2] == "| 0.3333 | 1/3 |"
    assert cell(Verdict.HOLDS) == "holds" and cell(True) == "yes"


def test_formulas_come_from_the_sealed_statements():
    assert r"\frac{\left(q - 1\right)^{2}}{4\, q}" in statement("S0.variance_ratio").markdown
    assert r"L^{2}" in formula("S3", "uniform").markdown and r"L^{6}" in formula("P3", "uniform").markdown


def test_a_proof_can_be_read_and_not_be_forged():
    assert steps("S0.variance").markdown.count("\n") == 11
    assert r"\left(a + b\right)" in identity("S0.variance", 8).markdown
    with pytest.raises(ValueError, match="certificate"):
        identity("S0.variance", 7)
    assert after_replacing("S0.variance", '"id": "S0.variance"', '"id":  "S0.variance"') == "accepted"
    assert "line" in after_replacing("S0.variance", '[["#35", "1"]]', '[["#31", "1"]]')
    with pytest.raises(ValueError, match="occurs"):
        after_replacing("S0.variance", '"#', "")


def test_the_page_names_everything_and_needs_nothing():
    reports = [check(MODEL, TWIST, particles=n) for n in (1, 2)]
    name = "<b>&"
    odd = copy.copy(reports[0].constants)
    object.__setattr__(odd, "model", replace(MODEL, name=name))
    figures = [(tv_against_particles(reports), "a caption")]
    proofs = [
        {
            "id": "S0",
            "source": "new",
            "about": "abstraction",
            "steps": 9,
            "gaps": 0,
            "axioms": [],
            "rests_on": [],
            "rocq": None,
        }
    ]
    bad = replace(reports[1].rows[-1], verdict=Verdict.REFUTED)
    wrong = replace(reports[1], rows=(*reports[1].rows[:-1], bad))
    origin = Origin("1.2.3", "2026-01-02", "bellman-smc verify <x>")
    formulas = {"S3": "S3: the bias\n  TV <= bound"}
    words = page([replace(reports[0], constants=odd), wrong], figures, proofs, 900, formulas=formulas, origin=origin)
    assert "1 refuted" in words and ">REFUTED</td>" in words and "900 lines" in words
    assert "1.2.3, 2026-01-02: <code>bellman-smc verify &lt;x&gt;</code>" in words
    assert '<a href="#S3">S3</a>' in words and 'id="S3"' in words and "TV &lt;= bound" in words
    assert digest(reports[0].constants) in words
    assert name not in words and "&lt;b&gt;&amp;" in words
    assert not re.findall(r"<script|https?:|src=\"(?!data:)", words)
    for row in reports[0].rows:
        assert f">{row.id}<" in words


def test_nothing_holds_of_a_sampler_without_a_statement():
    words = page([check(MODEL, TWIST, "best-of-n", particles=2)], [], [], None, formulas={}, origin=Origin("1", "now"))
    runs = words[words.index('id="runs"') : words.index(": every comparison")]
    assert ">nothing claimed</td>" in runs and ">holds</td>" not in runs
