"""The page of an audit: three answers, the picture of the Bellman ratios, nothing from outside, text of users escaped."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from proofs.catalogue import ROWS
from smc.checks.audited import GO_ON, of_files
from smc.cli import run
from smc.lm.automaton import ends
from smc.lm.chain import chain
from smc.present.audit_page import audit_page, ratio_figure
from smc.present.page import Origin
from smc.rewards.writing import prefix_lines
from tests.lm.small import SYMBOLS, letters
from tests.rewards.loops import LOOPS, log_of

ORIGIN = Origin("0", "a day", "bellman-smc audit <file>")


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """Prefixes of a small language model, all children listed."""
    found = chain(letters(), ends(["a", "b"], SYMBOLS[:-1]), 4, low=0.125)
    values = found.value * np.array([1.0, 1.5, 0.75, 1.0, 1.0])[:, None] ** np.arange(found.states)[None, :]
    values = np.clip(values, 0.05, 1.0)
    values[-1] = found.reward
    path = tmp_path_factory.mktemp("audit") / "prefixes.jsonl"
    lines = prefix_lines(found.families(values, 60, 0, np.random.default_rng(0)))
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def test_the_page_has_three_answers(logged, tmp_path):
    page = tmp_path / "page.html"
    assert run(["audit", logged, "--report", str(page)]) == 0
    text = page.read_text()
    assert "Is the reward model good enough?" in text and "How many particles?" in text
    assert (
        '<p class="verdict">for accuracy 0.1, ' in text
    )  # the cheapest theorem leads, not what the average prefix suggests
    assert text.count("<img") == 1 and "<script" not in text and 'src="http' not in text
    assert run(["audit", logged, "--report", str(tmp_path / "page.pdf")]) == 2


def test_the_figure_shows_what_was_seen(logged):
    found = of_files([logged], Fraction(1, 10)).audit.facts
    assert found is not None
    lines = ratio_figure(found).data()[0]["lines"]
    bars = [line for line in lines if len(line["x"]) == 2 and line["x"][0] == line["x"][1]]
    axes = ratio_figure(found).axes[0]
    assert all(float(tick).is_integer() for tick in axes.get_xticks())  # no half steps
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    assert "1" in ticks and not any("10^" in tick for tick in ticks)
    for step in found.steps:
        assert any(
            bar["x"][0] == step.step and bar["y"] == pytest.approx([step.lowest, step.highest], rel=1e-9)
            for bar in bars
        )


def test_a_loop_has_its_law_on_the_page(tmp_path):
    path = tmp_path / "a<b>.jsonl"
    path.write_text("\n".join(log_of(LOOPS["score", "odds"], 1)))
    text = audit_page(of_files([str(path)], Fraction(1, 10)), ORIGIN)
    assert "Which law does the loop sample?" in text and "that is not the target" in text
    assert '<p class="verdict">the loop does not sample the target, however good the scores are' in text
    assert "a<b>" not in text and "bellman-smc audit &lt;file&gt;" in text


def test_the_page_of_a_loop_that_samples_the_target_leads_with_it(tmp_path):
    path = tmp_path / "loop.jsonl"
    path.write_text("\n".join(log_of(LOOPS["ratio", ""], 1)))
    text = audit_page(of_files([str(path)], Fraction(1, 10)), ORIGIN)
    assert '<p class="verdict">the loop samples the target, if the last score is the reward' in text


def test_a_step_with_one_ratio_is_seen_in_the_figure(tmp_path):
    """A bar without length: its ends are drawn."""
    path = tmp_path / "loop.jsonl"
    path.write_text("\n".join(log_of(LOOPS["ratio", ""], 1)))
    found = of_files([str(path)], Fraction(1, 10)).audit.facts
    assert found is not None and found.steps[0].lowest == found.steps[0].highest
    marks = [line for line in ratio_figure(found).axes[0].lines if line.get_marker() == "_"]
    assert any(list(line.get_xdata()) == [0, 0] for line in marks)


def test_whose_a_statement_is_stands_in_its_row(logged, capsys):
    """S17 and S18 are no statements of the paper."""
    assert run(["audit", logged, "--floor", "0.05"]) == 0
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    sources = {line[0]: line[1] for line in said if len(line) > 1 and line[0] in ROWS}
    assert sources["P3"] == "paper" and sources["S17"] == sources["S18"] == sources["S13"] == "new"


def test_what_a_row_by_step_is_over_is_said(tmp_path, capsys):
    """Three of four answers end at the first step; the second row is over the fourth alone, in text, page, JSON and help."""
    lines = [{"prefix": [], "unit": str(k), "children": [{"score": 0.5}, *[{"reward": 1}] * 3]} for k in range(20)] + [
        {"prefix": ["a"], "unit": str(k), "score": 0.5, "children": [{"reward": 0.5}] * 4} for k in range(5)
    ]
    path, page = tmp_path / "prefixes.jsonl", tmp_path / "page.html"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert run(["audit", str(path), "--report", str(page)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert GO_ON in told and "answers that have ended by then are in none" in GO_ON
    assert GO_ON in page.read_text()
    assert run(["audit", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert GO_ON in found["sentences"] and found["facts"]["all_before"] == 1
    assert [step["prefixes"] for step in found["facts"]["steps"]] == [20, 5]
    assert run(["audit", "--help"]) == 0
    assert "prefixes that go on at that step" in " ".join(capsys.readouterr().out.replace("│", " ").split())


def test_the_command_says_the_worst_step_and_the_cheapest_sampler(logged, capsys):
    assert run(["audit", logged, "--floor", "0.05"]) == 0
    said = capsys.readouterr().out
    assert "Bellman ratios spread most at step" in said and "is cheapest by theorem" in said
    assert run(["audit", logged, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(need["source"] == {"P": "paper", "G": "neighbour", "S": "new"}[need["id"][0]] for need in found["needs"])
    assert not {need["kind"] for need in found["needs"]} & {
        "paper",
        "neighbour",
        "new",
    }  # whose it is, and how sure, are two things
    calls = [need["calls"] for need in found["needs"]]
    finite = [c for c in calls if c is not None]
    assert finite == sorted(finite) and calls[: len(finite)] == finite
    assert {need["id"] for need in found["needs"]} >= {
        "P3",
        "S3",
        "S13",
        "S12",
        "S8",
        "S7",
        "S2",
        "P6",
        "S17",
        "S18",
        "S10",
    }
    assert found["facts"]["eps"]["upper"] is None and found["facts"]["eps"]["lower"] == pytest.approx(
        found["facts"]["eps_seen"]
    )
