"""`bellman-smc prove` from the outside: table, one derivation, JSON, graph, bad input, corrupted proofs, time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest

from proofs.catalogue import ROWS, SOURCES
from proofs.kernel.replay import SEALS, STORED
from proofs.reading import blueprint as module
from proofs.rocq.status import rocq_status
from smc.cli import run
from smc.cli.prove import table
from smc.present.console import PlainConsole
from tests.effort import NIGHTLY, turn
from tests.proofs.stores import small_store

KEYS = {"id", "source", "about", "steps", "gaps", "axioms", "rests_on", "rocq"}


@pytest.fixture(autouse=True)
def one_replay(monkeypatch, made):
    """What is stored is replayed once a session; any other folder anew each time."""
    honest = module.blueprint
    monkeypatch.setattr(module, "blueprint", lambda folder=STORED: made if folder == STORED else honest(folder))


def document(capsys, *arguments: str) -> dict:
    code = run(["prove", *arguments, "--json"])
    out = capsys.readouterr().out
    assert code == 0, out
    return json.loads(out)  # exactly one object


def test_json_has_the_keys_of_the_design(capsys):
    found = document(capsys)
    assert found["trusted_lines"] == sum(
        len(path.read_text(encoding="utf-8").splitlines()) for path in (STORED.parent / "kernel").glob("*.py")
    )
    rows = {row["id"]: row for row in found["statements"]}
    assert set(rows) >= set(ROWS) and len(rows) == len(found["statements"])
    for row in rows.values():
        assert set(row) >= KEYS and row["source"] in SOURCES.values() and row["gaps"] >= 0
        assert row["parts"] or row["gaps"] >= 1, f"{row['id']}: nothing proved and no gap"
        assert bool(row["steps"]) == bool(row["parts"])
    assert "potential_range" in rows["P1"]["rests_on"] and rows["P0"]["axioms"] == []
    assert rows["S0"]["axioms"] == ["sqrt_nonneg", "sqrt_square"]
    assert {part["id"] for part in rows["S1"]["parts"]} >= {"S1", "S1.product", "S1.naive"}


def test_table_lists_every_statement_and_the_totals(capsys):
    assert run(["prove"]) == 0
    out = capsys.readouterr().out
    for name in ROWS:
        assert any(line.split()[:1] == [name] for line in out.splitlines()), name
    assert "0 refused" in out and "Trusted: proofs/kernel" in out


def test_the_table_cuts_no_word_on_a_narrow_terminal(made, capsys):
    """Also on a slow machine where the Rocq files are built: the widest names of theorems and the longest times."""
    rows = [
        replace(r, parts=tuple(replace(p, seconds=9.9) for p in r.parts), rocq=r.rocq and {**r.rocq, "built": "passed"})
        for r in made.rows()
    ]
    slow = SimpleNamespace(rows=lambda: rows, entries=made.entries)
    for width in (80, 159, 160, 200):
        console = PlainConsole(width=width, force_terminal=False)
        console.print(table(slow, width))
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= width and "…" not in out
        found = {line.split()[0]: line for line in out.splitlines() if line[0] != " " and line.split()[0] in ROWS}
        assert ("P3_corollary" in found["P3"]) is (width >= 160) and set(found) == set(ROWS)
        for row in rows if width >= 160 else ():
            assert found[row.id].split()[-1] == (f"{1000 * row.seconds:.1f}" if row.parts else "—")


def test_where_a_statement_stands(capsys):
    """Each line that is named has what is said to stand there."""
    root = STORED.parent.parent
    for name in turn(sorted(ROWS), 6):
        assert run(["prove", name, "--where", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["places"]
        what = {p["what"].removesuffix("s") for p in found}
        assert what >= {"statement", "derivation", "row, closed form", "property test", "falsehood"}, name
        assert any(p["what"] == "Rocq theorem" for p in found) is (rocq_status()[name].theorem is not None)
        for place in found:
            path, _, number = place["where"].partition(":")
            lines = (root / path).read_text(encoding="utf-8").splitlines()
            if number:
                there = "\n".join(lines[int(number) - 1 : int(number) + 5])
                named = name if place["what"] == "row, closed forms" else place["name"].partition(":")[0]
                assert named in there, place
            else:
                assert name in lines[0] or path.startswith("tests/"), place
    assert run(["prove", "cauchy_schwarz", "--where"]) == 0
    assert "proofs/lemmas/analysis.py:" in capsys.readouterr().out
    assert run(["prove", "P33", "--where"]) == 2 and run(["prove", "--where"]) == 2
    assert "P3?" in capsys.readouterr().err


def test_one_derivation_as_mathematics(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["prove", "S0.variance"]) == 0
    out = capsys.readouterr().out
    for words in (
        "S0.variance: variance of a density in [a, b] (Bhatia-Davis) (new)",
        "H1   $h$ has mean one: E[x ~ mu](h(x)) = 1".replace("$", ""),
        "  E[x ~ mu](h(x)^2) - 1 <= (b - 1) * (1 - a)",
        "[(b - h)(h - a) >= 0 pointwise; by algebra: H2]",
        "[taking means or sums of both sides: (1)]",
        "Every step:\n  bellman-smc prove S0.variance --kernel",
    ):
        assert words in out, words


def test_every_step_of_the_kernel(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "118")
    assert run(["prove", "S0.variance", "--kernel"]) == 0
    out = capsys.readouterr().out
    for words in (
        "S0.variance: variance of a density in [a, b] (Bhatia-Davis) (new)",
        "  H1   E[x ~ mu](h(x)) = 1",
        "|-   E[x ~ mu](h(x)^2) - 1 <= (b - 1) * (1 - a)",
        "-- (b - h)(h - a) >= 0 pointwise",
        "[mono 6; under H2]",
    ):
        assert words in out, words
    last = next(line for line in reversed(out.splitlines()) if line.strip())
    assert last.strip().startswith("9. E[x ~ mu](h(x)^2) - 1 <= (b - 1) * (1 - a)") and "under H1, H2" in last


def test_a_statement_of_the_theory_shows_its_parts(capsys):
    assert run(["prove", "S0"]) == 0
    out = capsys.readouterr().out
    assert all(
        f"S0.{part}:" in out for part in ("variance", "variance_ratio", "deviation", "deviation_ratio", "attained")
    )
    rows = document(capsys, "S0")
    assert [row["id"] for row in rows["statements"]] == ["S0"]
    steps = {d["id"]: d["steps"] for d in rows["derivations"]}
    assert steps["S0.variance"][-1]["conclusion"] == "E[x ~ mu](h(x)^2) - 1 <= (b - 1) * (1 - a)"


def test_lemmas_can_be_read_too(capsys):
    assert run(["prove", "cauchy_schwarz"]) == 0
    assert "cauchy_schwarz:" in capsys.readouterr().out


@pytest.mark.by_turn
@pytest.mark.parametrize("arguments", [["--latex"], ["S1", "--latex"], ["S1", "--latex", "--kernel"]])
def test_latex_is_a_document_with_balanced_braces(capsys, arguments):
    assert run(["prove", *arguments]) == 0
    out = capsys.readouterr().out
    assert out.startswith("\\documentclass") and out.rstrip().endswith("\\end{document}")
    bare = out.replace("\\\\", "").replace("\\{", "").replace("\\}", "")
    assert bare.count("{") == bare.count("}") and bare.count("\\left") == bare.count("\\right") + bare.count(
        "\\leftarrow"
    )
    words = r"\varepsilon\right)^{n} - \frac{1}{\left(1 + \varepsilon\right)^{n}}\right)^{2}}{4}"
    assert words in out and r"\mathbb{E}_{y\sim K_{t}\left(x\right)}" in out


def test_unknown_id_lists_the_known_ones(capsys):
    assert run(["prove", "S99"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "unknown ID 'S99'" in err
    assert all(name in err for name in (*ROWS, "P3.particles")), "the first of a long list"


def test_a_statement_without_a_proof_is_not_proved(capsys, tmp_path):
    folder = small_store(tmp_path / "stored")
    data = json.loads((folder / SEALS).read_text())
    del data["P1"]
    (folder / SEALS).write_text(json.dumps(data))
    (folder / "P1.json").unlink()
    assert run(["prove", "P1", "--stored", str(folder)]) == 3, "nothing is refused, but nothing is proved"
    assert "P1: no stored proof (a gap)" in capsys.readouterr().out
    assert run(["prove", "--stored", str(folder), "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)["statements"]}
    assert rows["P1"]["gaps"] >= 1 and rows["P1"]["steps"] == 0


# ------------------------------------------------------------------------------------------- the graph
def test_graph_as_text_svg_and_png(capsys, tmp_path):
    assert run(["prove", "--graph", str(tmp_path / "g.dot")]) == 0
    dot = (tmp_path / "g.dot").read_text()
    assert '"P1" -> "P0";' in dot and dot.count("{") == dot.count("}") == 1
    folder = str(small_store(tmp_path / "stored"))
    assert run(["prove", "P1", "--stored", folder, "--graph", str(tmp_path / "g.svg")]) == 0
    assert "<svg" in (tmp_path / "g.svg").read_text() and "power_nonneg" in (tmp_path / "g.svg").read_text()
    assert run(["prove", "--stored", folder, "--graph", str(tmp_path / "g.png")]) == 0
    assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG")


def test_graph_without_graphviz_is_drawn_by_matplotlib(capsys, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr("proofs.reading.graph.shutil.which", lambda name: None)
    folder = str(small_store(tmp_path / "stored"))
    assert run(["prove", "--stored", folder, "--graph", str(tmp_path / "g.svg")]) == 0
    assert "drawn by matplotlib" in capsys.readouterr().err and "<svg" in (tmp_path / "g.svg").read_text()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert run(["prove", "--stored", folder, "--graph", str(tmp_path / "g.svg")]) == 2
    assert "install bellman-smc[plot]" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["g.pdf", "nowhere/g.dot"])
def test_graph_that_cannot_be_written(capsys, tmp_path, name):
    assert run(["prove", "--stored", str(small_store(tmp_path / "stored")), "--graph", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1


# ------------------------------------------------------------------------------------------- corrupted proofs
def forged_step(text: str) -> str:
    """The last certificate claims more than it shows."""
    lines = text.splitlines()
    i = max(k for k, line in enumerate(lines) if line.startswith('["certificate"'))
    return "\n".join([*lines[:i], lines[i].replace('[["1"', '[["2"', 1), *lines[i + 1 :]])


CORRUPTIONS = {
    "not JSON": (lambda text: text.replace('"steps"', '"steps', 1), "line"),
    "truncated": (lambda text: text[: len(text) // 2], "line"),
    "empty": (lambda text: "", "not JSON"),
    "a list": (lambda text: "[]", "the file"),
    "unknown rule": (lambda text: text.replace('["mono"', '["magic"', 1), "unknown rule 'magic'"),
    "forged step": (forged_step, "line"),
    "another claim": (lambda text: text.replace('"claim": [[', '"claim": [[0, '), "claim"),
    "unknown term": (lambda text: text.replace('["q", "1"', '["w", "1"', 1), "line"),
    "not text": (lambda text: "\0\udcff", "not JSON"),
}


ASKED = [[], ["--json"], ["S0.variance"], ["S0", "--latex"]]


@pytest.mark.parametrize(("kind", "arguments"), turn(product(CORRUPTIONS, ASKED), 13))
def test_a_corrupted_proof_is_refused_by_name(capsys, tmp_path, kind, arguments):
    folder, (change, words) = small_store(tmp_path / "stored"), CORRUPTIONS[kind]
    path = folder / "S0.variance.json"
    before = path.read_text()
    path.write_text(change(before), errors="surrogateescape")
    assert change(before) != before
    assert run(["prove", *arguments, "--stored", str(folder)]) == 1
    out, err = capsys.readouterr()
    mine = [line for line in err.splitlines() if line.startswith("refused: S0.variance:")]
    assert len(mine) == 1 and words in mine[0] and "Traceback" not in out + err
    assert any(line.startswith("refused: S0.variance_ratio:") for line in err.splitlines()), (
        "what rests on it is refused as well"
    )
    if arguments == ["--json"]:
        rows = {row["id"]: row for row in json.loads(out)["statements"]}
        assert rows["S0"]["gaps"] >= 2 and rows["P0"]["gaps"] == 0


def test_a_missing_or_resealed_statement_is_refused(capsys, tmp_path):
    folder = small_store(tmp_path / "stored")
    (folder / "P0.json").unlink()
    assert run(["prove", "--stored", str(folder)]) == 1
    assert "refused: P0: no such stored proof" in capsys.readouterr().err
    shutil.copy(STORED / "P0.json", folder)
    seals = json.loads((folder / SEALS).read_text())
    (folder / SEALS).write_text(json.dumps(seals | {"P0": seals["P1"]}))
    assert run(["prove", "--stored", str(folder)]) == 1
    assert "not the sealed statement" in capsys.readouterr().err
    (folder / SEALS).write_text("{")
    assert run(["prove", "--stored", str(folder)]) == 1
    assert run(["prove", "--stored", str(folder / "no")]) == 2


# ------------------------------------------------------------------------------------------- time and imports
def test_whole_command_is_fast_and_replays_without_scipy(tmp_path):
    """Under 20 s of processor time, which a busy machine does not change; by day on a few proofs."""
    asked = ["prove", "--json", *([] if NIGHTLY else ["--stored", str(small_store(tmp_path / "stored"))])]
    code = (
        f"import sys, time; sys.modules['scipy'] = None; from smc.cli import run; code = run({asked!r}); "
        "assert 'matplotlib' not in sys.modules and 'smc.checks.check' not in sys.modules; "
        "print(time.process_time(), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert float(done.stderr.split()[-1]) < 20 and json.loads(done.stdout)["statements"]
