"""The blueprint: rows and gaps, the graph, LaTeX that parses, derivations that say what the kernel concluded, one table of symbols."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from proofs.catalogue import ROWS
from proofs.kernel import RESERVED
from proofs.kernel.replay import load
from proofs.language.latex import escaped, latex
from proofs.language.notation import TABLE, notation
from proofs.language.terms import (
    E,
    absolute,
    all_of,
    at,
    draws,
    element,
    eq,
    finite_set,
    fn,
    le,
    measure,
    nat,
    product,
    real,
    show,
    sqrt,
    total,
)
from proofs.reading.blueprint import index, trusted_lines
from proofs.reading.derivation import _listed, statement_latex, steps_of
from proofs.reading.graph import below, dot, levels, overview
from tests.effort import turn


def test_every_id_of_the_theory_has_a_row_in_order(made):
    ids = [row.id for row in made.rows()]
    assert ids == list(ROWS), "a stored proof of a statement without a row in the catalogue"
    assert set(ROWS) >= {f"P{i}" for i in range(7)} | {f"S{i}" for i in range(10)} | {f"G{i}" for i in (1, 2, 3)}


def test_gaps_are_what_has_no_proof(made):
    stored = set(load())
    for row in made.rows():
        absent = [proof for proof in ROWS[row.id].proofs if proof not in stored]
        assert row.gaps == (len(absent) if ROWS[row.id].proofs else 1)
        assert bool(row.remark) == bool(row.gaps)
    listed = index(made)["statements"]
    assert [r["id"] for r in listed] == [row.id for row in made.rows()] and json.dumps(listed)


def test_a_proof_that_a_row_asks_for_and_that_is_not_stored_is_a_gap(made, monkeypatch):
    before = {row.id: row.gaps for row in made.rows()}
    monkeypatch.setitem(ROWS, "S2", replace(ROWS["S2"], proofs=("S2", "S2.absent")))
    after = {row.id: row for row in made.rows()}
    assert {i: r.gaps for i, r in after.items()} == before | {"S2": 1}
    assert after["S2"].remark == "no stored proof of S2.absent"


def test_statements_that_are_claimed_have_no_gap(made):
    for row in made.rows():
        assert row.gaps == 0 and row.parts and ROWS[row.id].proofs, f"{row.id}: {row.remark}"


SAID = re.compile(
    r"\b(?:by(?: way of| the paper's chain)?|follows from|chain|via) ((?:[PSG]\d+(?:\.\w+)?(?:, | and )?)+)"
)
"""Words that say that a statement is derived from another: by P2; by way of P1, P2; follows from S3."""


def unfounded(made, name: str, words: str) -> set[str]:
    """The statements that `words` say `name` rests on and that its stored proof does not rest on."""
    said = {other for match in SAID.findall(words) for other in re.findall(r"[PSG]\d+(?:\.\w+)?", match)}
    return said - made.closure(name) - {name}


def test_titles_name_what_the_proof_rests_on(made):
    said = 0
    for entry in made.entries.values():
        words = f"{entry.title}. {entry.words}"
        assert not unfounded(made, entry.id, words), (
            f"{entry.id} says that it rests on {unfounded(made, entry.id, words)}"
        )
        said += bool(SAID.search(words))
    for row in ROWS.values():
        assert not unfounded(made, row.proofs[0] if row.proofs else row.id, f"{row.title}. {row.words}. {row.asks}")
    assert said >= 2, "the search found nothing to compare"


def test_a_title_that_names_what_its_proof_does_not_use_is_found(made):
    assert unfounded(made, "P2", "by the paper's chain P1, S3") == {"P1"}


def test_what_a_statement_rests_on_is_what_its_steps_name(made):
    for name, entry in made.entries.items():
        steps = json.loads(made.journal.texts[name])["steps"]
        assert set(entry.uses) == {p for _, premises, _, _ in steps for p in premises if isinstance(p, str)}
        assert set(entry.uses) <= made.closure(name) <= set(made.entries) and name not in made.closure(name)
        below = set().union(*(made.entries[u].axioms for u in entry.uses))
        assert below <= set(entry.axioms), "axioms are those of everything below"


def test_the_steps_of_the_journal_end_with_what_is_proved(made):
    for name in turn(made.entries, 10):
        theorem, steps = made.journal.theorem(name), steps_of(made, name)
        assert len(steps) == made.journal.steps[name] and steps[-1].conclusion is theorem.concl
        assert set(steps[-1].under) == {f"H{i + 1}" for i in range(len(theorem.hyps))}


def test_open_assumptions_are_listed_in_runs():
    assert _listed(("H1", "H2", "H3", "H5", "7")) == "H1-H3, H5, 7"
    assert _listed(("H1", "H2", "8")) == "H1, H2, 8"


def test_trusted_lines_counts_the_two_trusted_files(made):
    assert trusted_lines() == index(made)["trusted_lines"] > 300


# ------------------------------------------------------------------------------------------- the graph
def test_the_graph_below_a_statement_has_every_proof_and_every_use(made):
    graph = below(made, list(made.entries))
    text = dot(made, graph)
    for entry in made.entries.values():
        assert f'"{entry.id}" [' in text
        for used in entry.uses:
            assert f'"{entry.id}" -> "{used}";' in text
    assert text.count("->") == sum(len(e.uses) for e in made.entries.values())
    height = levels(graph)
    assert all(height[e.id] > height[u] for e in made.entries.values() for u in e.uses)
    assert set(below(made, ["P1"])) == {"P1", *made.closure("P1")}


def test_the_overview_joins_statements_through_lemmas(made):
    graph = overview(made)
    assert set(graph) == {e.id for e in made.entries.values() if e.source != "lemma"}
    for name, uses in graph.items():
        assert set(uses) <= made.closure(name) & set(graph)
        direct = {u for u in made.entries[name].uses if u in graph}
        assert direct <= set(uses)
    assert "P0" in graph["P1"]


# ------------------------------------------------------------------------------------------- LaTeX
x, y = element("X", "x y")
t, n, k, N = nat("t n k N")
eps, q = real("eps q")
V, M = fn("V", "nat X -> real"), measure("M", "nat X", "X")
mu, c = measure("mu", "", "X"), element("X*", "c")


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (V(t + 1, y), r"V_{t + 1}\left(y\right)"),
        ((1 + eps) ** (2 * n), r"\left(1 + \varepsilon\right)^{2\, n}"),
        ((q - 1) ** 2 / (4 * q), r"\frac{\left(q - 1\right)^{2}}{4\, q}"),
        (E(M(t, x), y, V(t, y)), r"\mathbb{E}_{x\sim M_{t}\left(x\right)}\left[V_{t}\left(x\right)\right]"),
        (absolute(q - 1), r"\left|q - 1\right|"),
        (sqrt(q), r"\sqrt{q}"),
        (1 - q, "1 - q"),
        (-q / 2, r"-\frac{q}{2}"),
        (q - (q - 1), r"q - \left(q - 1\right)"),
        (total(n, k, q**k), r"\sum_{t<n} q^{t}"),
        (2 * product(n, k, q), r"2\, \left(\prod_{t<n} q\right)"),
        (E(draws(N, mu), c, V(0, at(c, 0))), r"\mathbb{E}_{c\sim \mu^{\otimes N}}\left[V_{0}\left(c_{0}\right)\right]"),
        (E(finite_set("A", "", "X"), x, q), r"\sum_{x\in A} q"),
        (all_of(x, le(0, V(0, x))), r"\forall x\in \mathcal{X}.\; 0 \le V_{0}\left(x\right)"),
        (eq(fn("dead", "nat X -> real")(t, x), 0), r"\mathrm{dead}_{t}\left(x\right) = 0"),
    ],
)
def test_terms_in_latex(term, expected):
    found = latex(term)
    if term.op == "E":  # the bound name is the printer's choice
        found, expected = (re.sub(r"\b[xyuv]\b", "x", s) for s in (found, expected))
    assert found == expected


def test_words_are_escaped():
    assert escaped("V_t(x)^2 & 50%") == r"V\_t(x)\textasciicircum{}2 \& 50\%"


def test_every_sealed_formula_is_well_formed_latex(made):
    """Balanced, and read without complaint by matplotlib's parser of mathematics."""
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    for entry in turn(made.entries.values(), 15):
        theorem = made.journal.theorem(entry.id)
        for formula in (theorem.concl, *theorem.hyps):
            text = latex(formula)
            assert text.count("{") == text.count("}") and text.count(r"\left") == text.count(r"\right")
            if entry.source != "lemma" and formula is theorem.concl:
                parser.parse(
                    f"${text}$".replace(r"\le ", r"\leq ")
                )  # the same symbol; this parser knows one name of it
        assert statement_latex(made, entry).count("{") > 0


# ------------------------------------------------------------------------------------------- symbols
def test_every_symbol_of_a_sealed_statement_is_in_the_table(made):
    for entry in made.entries.values():
        if entry.source != "lemma":
            names = {s.name for s in made.journal.theorem(entry.id).free()} - RESERVED
            assert names <= set(TABLE), f"{entry.id}: {sorted(names - set(TABLE))} not in proofs/language/notation.py"


def test_the_table_names_what_the_code_has():
    from smc.setting.analysis import Constants
    from smc.setting.model import Edge, Model

    for row in TABLE.values():
        assert row.latex and row.domain and row.meaning, row
        for name in re.findall(r"constants\.(\w+)", row.code):
            assert hasattr(Constants, name), f"{row.name}: Constants has no {name}"
        for name in re.findall(r"model\.(\w+)", row.code):
            assert name in Model.__annotations__ or hasattr(Model, name), f"{row.name}: no model.{name}"
        for name in re.findall(r"edge\.(\w+)", row.code):
            assert name in Edge._fields, f"{row.name}: no edge.{name}"


def test_notation_of_names_that_are_not_in_the_table():
    assert notation("y3") == "y_{3}" and notation("_f") == "f" and notation("some_name") == r"\mathrm{some name}"
    assert notation("Vstar") == "V^{*}" and show(V(t, x)) == "V(t, x)"
