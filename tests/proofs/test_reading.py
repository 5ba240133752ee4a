"""Proofs as mathematics: words and usual names say what is sealed, lines keep what they rest on, nothing is cut, LaTeX compiles."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from proofs import registry, theorem
from proofs.catalogue import ROWS
from proofs.kernel import mapped
from proofs.kernel.arithmetic import canonical
from proofs.language.latex import Printer, document, escaped, sort_latex, width
from proofs.language.terms import E, both, draws, element, fn, le, measure, nat, real, show
from proofs.reading import words as words_module
from proofs.reading.derivation import in_latex, kernel_latex, kernel_text, notes, spoken, statement_latex, text
from proofs.reading.lines import Lines
from proofs.reading.words import ASSUMED, QUANTITIES, abbreviated, claims, plain, said, tidy
from smc.cli import run
from tests.effort import NIGHTLY, turn

HEADLINES = (
    "P0",
    "P1",
    "P2",
    "P3",
    "S0.variance",
    "S1",
    "S2",
    "S3.uniform",
    "S4.uniform",
    "S8.uniform",
    "S12.uniform",
    "S13.uniform",
)


def statements(made):
    return [e for e in made.entries.values() if e.source != "lemma"]


def longest(written: str) -> int:
    return max(map(len, written.splitlines()))


# ------------------------------------------------------------------------------------------- words and names
def expanded(node):
    """The formula with the usual names written out again."""
    meant = {q.symbol: q.term for q in QUANTITIES}
    return mapped(node, lambda n, depth: meant.get(n))


def test_a_name_with_two_meanings_is_read_as_the_statement_means_it():
    """B is a second moment in S5 and a number of children in S6: the table's meaning is never read for the other one."""
    for name in ("S5", "S5.recursion", "S5.bias", "S5.particles"):
        page = theorem(name)._repr_markdown_()
        assert r"$B_t(c)$ is the mean of $\hat{Z}^2$" in page and "children" not in page


def test_usual_names_stand_for_what_is_sealed(made):
    """Written out again, every conclusion is the sealed one; an absolute value is two sealed inequalities."""
    for entry in statements(made):
        theorem = made.journal.theorem(entry.id)
        sealed = {canonical(c) for c in registry.claim_of(theorem)[1]}
        for claim in claims(theorem):
            left, right = claim.formula.kids
            sides = [claim.formula, le(-left, right)] if claim.size else [claim.formula]
            assert {canonical(s) for s in sides} <= sealed, entry.id
            assert canonical(expanded(tidy(claim.short))) is canonical(claim.formula), entry.id


def test_the_bias_reads_as_the_field_writes_it(made):
    shown = [text(made, made.entries[name]) for name in ("S3.uniform", "S13.uniform", "P3", "S8")]
    assert all("|E F(output) - pi(F)| <= " in s and "where pi(F) is VF(0, root) / Vstar(0, root)" in s for s in shown)
    assert "|E F(guided) - pi(F)| <= " in text(made, made.entries["S2"])


def test_two_inequalities_are_one_absolute_value_only_when_they_are():
    a, b, c = real("a b c")

    class Claimed:
        hyps: frozenset = frozenset()

        def __init__(self, concl):
            self.concl = concl

        def free(self):
            return self.concl.free

    assert [c.size for c in claims(Claimed(both(le(a, b), le(-a, b))))] == [True]
    assert [c.size for c in claims(Claimed(both(le(a, b), le(-a, c))))] == [False, False]
    assert [c.size for c in claims(Claimed(both(le(a, b), le(a, b))))] == [False, False]


@pytest.mark.parametrize("name", HEADLINES)
def test_hypotheses_of_the_headlines_are_said_in_words(made, name):
    called = notes(made, name)
    for h in registry.claim_of(made.journal.theorem(name))[0]:
        if h.op == "all":
            words = said(h, called.get(h, ""))[1]
            assert words and not re.search(r"\b(?:W_0|first|forall)\b", words), show(h)
            assert words.count("$") % 2 == 0


def test_a_word_is_said_of_no_weaker_hypothesis(made):
    """The words of one hypothesis are not said of another form of it with a looser constant, a dropped bound or another symbol."""
    for name in HEADLINES:
        for h in registry.claim_of(made.journal.theorem(name))[0]:
            kind, words = said(h)
            if kind == ASSUMED and h.op == "all" and words:
                for old, new in (
                    ("1 + eps", "2 + eps"),
                    ("<= L *", "<= 2 * L *"),
                    ("0 <= F(x)", "0 <= V(x)"),
                    ("psi", "phi"),
                ):
                    changed = show(h).replace(old, new)
                    if changed != show(h):
                        assert not any(p.fullmatch(changed) and w == words for _, p, w in words_module._PATTERNS), (
                            changed
                        )


def test_plain_words():
    assert plain(r"$\varepsilon \geq 0$ and $V^{*}_T$") == "eps >= 0 and V*_T"
    assert plain(r"at most $C_{\mathrm{act}}$") == "at most C_act"
    assert spoken("50% of $a_b$") == r"50\% of $a_b$"


# ------------------------------------------------------------------------------------------- lines
def test_lines_end_with_the_statement_and_lean_on_what_stands_above(made):
    for entry in turn(made.entries.values(), 80):
        theorem, lines = made.journal.theorem(entry.id), Lines(made, entry.id).lines
        assert lines[-1].formula is theorem.concl and not lines[-1].supposing, entry.id
        known = set(made.journal.texts) | {f"H{i}" for i in range(1, len(theorem.hyps) + 1)}
        for line in lines:
            for source in line.sources:
                number = re.fullmatch(r"\((\d+)\)", source)
                assert int(number[1]) < line.number if number else source in known or source.startswith("the law of"), (
                    entry.id
                )
            assert all(k < line.number for k in line.supposing)
            if line.why != "suppose":
                named = {lines[k - 1].formula for k in line.supposing}
                open_ = made.journal.conclusions[entry.id][line.step].hyps - theorem.hyps
                assert open_ == named, f"{entry.id} ({line.number}): a supposition is not named"


def test_what_a_proof_uses_is_named_by_some_line(made):
    for entry in turn(made.entries.values(), 80):
        named = {s for line in Lines(made, entry.id).lines for s in line.sources}
        assert set(entry.uses) <= named, f"{entry.id}: {set(entry.uses) - named}"


def test_the_derivation_says_what_sympy_found(made):
    shown = text(made, made.entries["S0.variance_ratio"], 80)
    assert "the maximiser is a = (q + 1)/(2*q)" in shown and "[by S0.variance, H3]" in shown
    assert "(b - h)(h - a) >= 0 pointwise" in text(made, made.entries["S0.variance"])


def test_terms_are_written_with_what_is_subtracted_last():
    a, b = real("a b")
    assert (
        show(tidy((-1 + a) ** 2 * (-1 * b + a))) == "(a - 1)^2 * (a - b)" and show(tidy(-1 * a - 1)) == "(-1) * a - 1"
    )


# ------------------------------------------------------------------------------------------- on a terminal
@pytest.mark.parametrize("columns", [60, 80])
def test_nothing_is_cut_at(made, columns):
    chosen = turn(made.entries.values(), 15) if columns == 60 else [made.entries[name] for name in turn(HEADLINES, 4)]
    for entry in chosen:
        shown = text(made, entry, columns)
        assert longest(shown) <= columns, entry.id
        whole = re.sub(r"\s+", " ", shown)
        assert all(re.sub(r"\s+", " ", show(h)) in whole for h in made.journal.theorem(entry.id).hyps), entry.id
        if NIGHTLY or (entry.id in HEADLINES and columns == 60):
            assert longest(kernel_text(made, entry, columns)) <= columns, entry.id


@pytest.mark.by_turn
@pytest.mark.parametrize("name", [*ROWS, "cauchy_schwarz"])
def test_every_id_prints(capsys, monkeypatch, made, name):
    from proofs.reading import blueprint as module

    monkeypatch.setattr(module, "blueprint", lambda *_: made)
    monkeypatch.setenv("COLUMNS", "60")
    assert run(["prove", name]) == (0 if made.find(name) else 3)
    shown = capsys.readouterr().out
    assert longest(shown) <= 60 and ("Derivation" in shown or "no stored proof" in shown)


# ------------------------------------------------------------------------------------------- LaTeX
def test_sorts_and_words_are_not_garbled():
    t, e = nat("t"), element("Edge", "e")
    w, mu = fn("w", "nat Edge -> real"), measure("mu", "", "Edge")
    written = Printer().write(le(0, E(draws(nat("N"), mu), element("Edge*", "c"), real("a"))))
    assert r"\mathcal{Edge}" not in written
    assert [sort_latex(s) for s in ("X", "X*", "Edge*", "nat")] == [
        r"\mathcal{X}",
        r"\mathcal{X}^{\infty}",
        r"\mathsf{Edge}^{\infty}",
        r"\mathbb{N}",
    ]
    assert escaped("a <= b, c > |d|") == r"a $\le$ b, c $>$ $|$d$|$"
    assert abbreviated(w(t, e)) is w(t, e)


def test_what_is_wide_can_break():
    """A fraction that is wide on the page is written with a slash, wide parentheses at plain height; nothing is lost."""
    names = real(" ".join(f"a{i}" for i in range(30)))
    total = sum(names[1:], names[0])
    wide, narrow = Printer(breaking=True).write(1 / total), Printer().write(1 / total)
    assert r"\frac" not in wide and r"\left" not in wide and r"\frac" in narrow
    assert all(f"a_{{{i}}}" in wide for i in range(30))
    assert width(r"\left(\varepsilon + \mathrm{abc}\right)") == len("(x+abc)")


def compiled(folder, body: str) -> tuple[str, bool]:
    """The log of pdflatex, and whether it made a page."""
    (folder / "a.tex").write_text(document(body, "Proofs"), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=280, check=False)
    return (folder / "a.log").read_text(encoding="utf-8", errors="replace"), (folder / "a.pdf").exists()


def faults(log: str) -> list[str]:
    return [line for line in log.splitlines() if line.startswith(("!", "Overfull", "Missing character"))]


needs_latex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="pdflatex is not installed (texlive-latex-base)"
)


@needs_latex
def test_statements_and_derivations_compile_without_overfull_boxes(made, tmp_path):
    """Statements with their lines in one document; `make nightly` takes all, with the lemmas and every step of the kernel."""
    chosen = made.entries.values() if NIGHTLY else turn(statements(made), 6)
    log, done = compiled(tmp_path, "\n".join(in_latex(made, e) for e in chosen))
    assert done and not faults(log), faults(log)[:9]


@needs_latex
@pytest.mark.nightly
def test_kernel_steps_and_statements_compile_without_overfull_boxes(made, tmp_path):
    for write in (kernel_latex, statement_latex):
        log, done = compiled(tmp_path, "\n".join(write(made, e) for e in made.entries.values()))
        assert done and not faults(log), faults(log)[:9]


@needs_latex
def test_an_overfull_box_is_noticed(tmp_path):
    names = real(" ".join(f"a{i}" for i in range(60)))
    unbroken = Printer().write(1 / sum(names[1:], names[0]))
    log, done = compiled(tmp_path, rf"\noindent $ {unbroken} $")
    assert done and any(line.startswith("Overfull") for line in faults(log))
