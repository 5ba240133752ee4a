"""The Rocq files: the table of statements, the source scan, the versions, the build, and mutations that must break it.

The build itself runs where Coq is installed, and skips with a message elsewhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.catalogue import ROWS
from proofs.rocq import build as rocq_build
from proofs.rocq import status as rocq_status
from proofs.rocq.build import COQ, GOLDEN, MATHCOMP, SOURCE, STAMP

FAMILIES = list(ROWS)
TOTAL_VARIATION = {"tv_sup_events", "tv_sup_tests"}  # what total variation is, not a statement of the theory
REAL_AXIOMS = {
    "ClassicalDedekindReals.sig_not_dec",
    "ClassicalDedekindReals.sig_forall_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
    "Classical_Prop.classic",
}
CHOICE = "ClassicalEpsilon.constructive_indefinite_description"  # MathComp's choice structure on the reals


def source(name: str) -> str:
    return (SOURCE / name).read_text(encoding="utf-8")


def stated(name: str) -> set[str]:
    """Names of the theorems that a file states."""
    lines = rocq_build.without_comments(source(name)).splitlines()
    return {line.split()[1].rstrip(":") for line in lines if line.startswith(("Theorem ", "Corollary "))}


def audits() -> dict[str, str]:
    """Name -> statement and assumptions, from the golden audit."""
    blocks = source(GOLDEN).split("#### ")[1:]
    return {block.partition("\n")[0]: block.partition("\n")[2] for block in blocks}


# ---- The table -----------------------------------------------------------------


def test_every_statement_has_a_row():
    assert list(rocq_status.table()) == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_names_theorems_that_exist_or_says_why_there_is_none(family):
    row = rocq_status.table()[family]
    if row["theorem"] is None:
        assert set(row) == {"theorem", "reason"} and len(row["reason"]) > 20
        return
    files = {"Statements.v": stated("Statements.v"), "StatementsReal.v": stated("StatementsReal.v")}
    assert row["theorem"] in files[row["file"]]
    assert set(row["also"]) <= set().union(*files.values())
    assert row["hypotheses"] and row["conclusion"]
    assert row["theorem"].startswith(family + "_")


def test_each_headline_theorem_is_applied_to_a_concrete_model():
    concrete = stated("Examples.v") | stated("Attained.v") | stated("Functional.v")
    for family, row in rocq_status.table().items():
        if row["theorem"] is not None:
            assert row["applied"] in concrete, family
            assert row["applied"].startswith(family + "_")


def test_every_headline_theorem_belongs_to_a_row_and_is_audited():
    mapped = {name for row in rocq_status.table().values() if row["theorem"] for name in [row["theorem"], *row["also"]]}
    headline = stated("Statements.v") | stated("StatementsReal.v")
    assert headline - mapped == TOTAL_VARIATION | {"exponential_2T"}
    assert set(audits()) == headline


def test_a_row_for_a_part_is_its_familys():
    assert rocq_status.status_of("S0.variance").theorem == "S0_variance"
    with pytest.raises(KeyError, match="S99 has no row"):
        rocq_status.status_of("S99")


# ---- The golden audit ------------------------------------------------------------


def test_finite_statements_rest_on_nothing():
    for name, text in audits().items():
        if name in stated("Statements.v"):
            assert text.rstrip().endswith("Closed under the global context"), name
            assert "Axioms:" not in text, name


def test_real_statements_rest_on_the_axioms_of_the_standard_reals_alone():
    for name in stated("StatementsReal.v"):
        assumed = audits()[name].partition("Axioms:\n")[2]
        found = {line.partition(" :")[0].strip() for line in assumed.splitlines() if line and not line.startswith(" ")}
        assert found == (REAL_AXIOMS | {CHOICE} if name.endswith("_real") else REAL_AXIOMS), name


# ---- The source scan ---------------------------------------------------------------


def test_the_sources_skip_no_proof():
    assert rocq_build.scan() == []


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        ("Lemma x : False. Admitted.", "Admitted"),
        ("Lemma x : False. Proof. admit. Abort.", "admit"),
        ("Axiom x : False.", "Axiom"),
        ("Axioms x y : False.", "Axioms"),
        ("Parameter x : False.", "Parameter"),
        ("Conjecture x : False.", "Conjecture"),
        ("Unset Guard Checking.", "Unset Guard Checking"),
        ("Unset  Positivity\n Checking.", "Unset Positivity Checking"),
        ("#[bypass_check(guard)] Fixpoint f (n : nat) : False := f n.", "bypass_check"),
        ("Set Type In Type.", "Set Type In Type"),
        ("Local Set Type In Type.", "Set Type In Type"),
        ("Declare ML Module \"x\".", "Declare ML Module"),
        ("Variable x : False.", "Variable outside a section"),
        ("Section S. End S. Hypothesis x : False.", "Hypothesis outside a section"),
        ("Module M. Context (x : False). End M.", "Context outside a section"),
        ("(* \"*)\" *) Axiom x : False.", "Axiom"),
        ("Definition s := \"(*\". Axiom x : False. Definition t := \"*)\".", "Axiom"),
    ],
)  # fmt: skip
def test_a_planted_violation_is_caught(planted, word):
    assert [found for _, found in rocq_build.forbidden_words(planted)] == [word]


@pytest.mark.parametrize(
    "harmless",
    [
        "(* Axiom Admitted (* admit *) Parameter *) Lemma x : True. Proof. exact I. Qed.",
        "Section S. Variable x : nat. Hypothesis h : x = 0. End S.",
        "Module M. Section S. Context (x : nat). End S. End M.",
        "Lemma admitted_prefix : True. Proof. exact I. Qed.",
        'Definition s := "Axiom".',
    ],
)
def test_harmless_text_is_not_caught(harmless):
    assert list(rocq_build.forbidden_words(harmless)) == []


def test_the_scan_names_file_and_line(tmp_path):
    (tmp_path / "Bad.v").write_text("Lemma x : False.\nProof.\nAdmitted.\n")
    assert rocq_build.scan(tmp_path) == ["Bad.v:3: Admitted"]


# ---- Versions ------------------------------------------------------------------------


def fake_run(coq: str = COQ, mathcomp: str = MATHCOMP, where: str = "/nowhere"):
    answers = {
        ("coqc", "--version"): f"The Coq Proof Assistant, version {coq}\n" if coq else "",
        ("coqc", "-where"): where,
    }
    return lambda command: f"{mathcomp}-1+b4" if command[0] == "dpkg-query" else answers.get(tuple(command), "")


@pytest.mark.parametrize(
    ("run", "found"),
    [
        (fake_run(coq=""), "coqc was not found"),
        (fake_run(coq="8.18.0"), "coqc is version 8.18.0"),
        (fake_run(mathcomp="1.17.0"), "MathComp is version 1.17.0"),
        (fake_run(mathcomp=""), "MathComp was not found"),
        (fake_run(), "algebra-tactics 1.0.0 was not found"),
    ],
)
def test_a_missing_or_other_version_is_one_line_that_says_what_to_install(run, found):
    with pytest.raises(rocq_build.VersionError) as error:
        rocq_build.check_versions(run)
    message = str(error.value)
    assert "\n" not in message and found in message
    assert "apt-get install coq libcoq-mathcomp-ssreflect" in message
    if "tactics" not in found:
        assert COQ in message and MATHCOMP in message


def test_mathcomps_version_is_read_from_its_sources_when_no_package_manager_knows(tmp_path):
    library = tmp_path / "user-contrib" / "mathcomp" / "ssreflect"
    library.mkdir(parents=True)
    (library / "fintype.v").write_text(
        '#[deprecated(since="mathcomp 1.9.0")]\n#[deprecated(since="mathcomp 1.15.0")]\n'
    )
    assert rocq_build.mathcomp_version(fake_run(mathcomp="", where=str(tmp_path))) == "1.15"


def test_without_coq_the_command_says_so_in_one_line_and_writes_nothing(tmp_path):
    package = tmp_path / "proofs"
    shutil.copytree(SOURCE, package / "rocq", ignore=lambda _, names: [n for n in names if not n.endswith(".v")])
    shutil.copy(rocq_build.__file__, package / "rocq")
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-B", str(package / "rocq" / "build.py")],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("coqc was not found")
    assert sorted(tmp_path.rglob("*")) == before


# ---- The stamp -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("Statements.v", "statements.json", GOLDEN):
        shutil.copy(SOURCE / name, tmp_path)
    return tmp_path


def write_stamp(folder: Path, **changes) -> None:
    found = {"theorems": list(audits()), "passed": True, "sources": rocq_build.digest(folder), **changes}
    (folder / STAMP).write_text(json.dumps(found))


def states(folder: Path) -> dict[str, str]:
    return {name: row.built for name, row in rocq_status.rocq_status(folder).items()}


def test_no_stamp_is_not_built(folder):
    assert set(states(folder).values()) == {"not built"}


def test_a_good_stamp_passes_what_has_a_theorem(folder):
    write_stamp(folder)
    assert states(folder)["S3"] == "passed" and states(folder)["S9"] == "not built"
    assert rocq_status.rocq_status(folder)["S3"].cell == "S3_particles_suffice (passed)"
    assert rocq_status.rocq_status(folder)["S9"].cell == "-"


def test_a_stamp_of_other_sources_does_not_count(folder):
    write_stamp(folder)
    (folder / "Statements.v").write_text(source("Statements.v").replace("L ^+ 2", "L"))
    assert set(states(folder).values()) == {"not built"}


def test_a_failed_build_and_a_missing_theorem_fail(folder):
    write_stamp(folder, passed=False)
    assert states(folder)["S3"] == "failed"
    write_stamp(folder, theorems=["S3_particles_suffice"])
    assert states(folder)["S3"] == "failed"  # the row's other theorems were not audited


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_a_damaged_stamp_is_not_built(folder, text):
    (folder / STAMP).write_text(text)
    assert set(states(folder).values()) == {"not built"}


# ---- Build and mutations -----------------------------------------------------------------

needs_coq = pytest.mark.skipif(
    not rocq_build.coq_is_here(), reason="Coq is not installed: make rocq says what to install"
)
COUNT = "L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (2%:R * delta) <= N%:R"
MUTATIONS = {
    "S3 with L to the power 1": (COUNT, COUNT.replace("L ^+ 2", "L")),
    "S3 with (1+eps) to the power T-1": (COUNT, COUNT.replace("(2 * T.-1)", "T.-1")),
    "S3 with a third of the particles": (COUNT, COUNT.replace("2%:R * delta", "6%:R * delta")),
    "S13 with a fifth": ("(4%:R * N%:R)^-1 * \\sum_(0 <= t < T) (q t - 1)", "(5%:R * N%:R)^-1 * \\sum_(0 <= t < T) (q t - 1)"),
    "S13 with one particle more": (
        "let Q := \\prod_(0 <= t < T) (1 + (q t - 1) / N%:R)", "let Q := \\prod_(0 <= t < T) (1 + (q t - 1) / N.+1%:R)",
    ),
    "S4 with constant 1/2": ("3%:R / 2%:R * (L * (1 + eps))", "2%:R^-1 * (L * (1 + eps))"),
    "S12 with half the particles": (
        "  L * (1 + eps) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta", "  L * (1 + eps) * T%:R * (1 + eps) ^+ (2 * T.-1) / (2%:R * delta)",
    ),
    "S12 with one particle more": (
        "<= 1 - (\\prod_(0 <= t < T) (1 + (b t - 1) / N%:R))^-1", "<= 1 - (\\prod_(0 <= t < T) (1 + (b t - 1) / N.+1%:R))^-1",
    ),
    "S10 without the square": ("mean (target_out m) test ^+ 2", "mean (target_out m) test"),
    "S8 with one factor less": ("T.-1%:R * (1 + eps) ^+ (2 * T.-1)", "T.-1%:R * (1 + eps) ^+ T.-1"),
    "S0 with constant 5": ("(q - 1) ^+ 2 / (4%:R * q)", "(q - 1) ^+ 2 / (5%:R * q)"),
    "S0 without the lower bound on h": ("(forall i, p i != 0 -> a <= h i <= b)", "(forall i, p i != 0 -> h i <= b)"),
    "P0 one step sharper": ("<= value_ratio m t x <= (1 + eps) ^+ (T - t)", "<= value_ratio m t x <= (1 + eps) ^+ (T - t).-1"),
    "P1 with L to the power 1": ("<= L ^+ 2 * (1 + eps) ^+ (2 * (T - t.+1)) *", "<= L * (1 + eps) ^+ (2 * (T - t.+1)) *"),
    "S2 a third sharper": ("(T - 1)%:R * eps / 2%:R", "(T - 1)%:R * eps / 3%:R"),
    "S5 with one particle more": (
        "m ^+ 2\n  <= \\prod_(0 <= t < T) (1 + (b t - 1) / N%:R)", "m ^+ 2\n  <= \\prod_(0 <= t < T) (1 + (b t - 1) / N.+1%:R)",
    ),
    "G1 with a third": ("(2%:R * n * normaliser m)^-1", "(3%:R * n * normaliser m)^-1"),
    "S7 with one proposal more": ("(1 - (a ^+ 2)^-1) ^+ H.-1", "(1 - (a ^+ 2)^-1) ^+ H"),
    "P6 with one proposal more": ("<= (1 - C^-1) ^+ H + (H%:R + b)", "<= (1 - C^-1) ^+ H.+1 + (H%:R + b)"),
    "P6 without the size-biased member": ("(H%:R + b) * (T%:R *", "H%:R * (T%:R *"),
    "S7 without the restriction": (" + (1 - \\sum_(x | good x) pi x)", ""),
    "S16 adapted with one level less": ("(1 + omega * (\\prod_(t.+1 <= s < T) r s - 1))", "(1 + omega * (\\prod_(t.+2 <= s < T) r s - 1))"),
    "S16 adapted, odds with omega once": ("(1 + 2%:R * omega * (\\prod_(t.+1 <= i < T)", "(1 + omega * (\\prod_(t.+1 <= i < T)"),
    "S11 with the fourth moment alone": ("m3 ^+ 2 < m2 * m4 ->", "0 < m2 * m4 ->"),
    "S18 with one visit less": ("<= kappa m * (S * J.+1%:R - 1).", "<= kappa m * (S * J%:R - 1)."),
    "S18 without the mean path": ("k J [::] <= kappa m * target_path m w.", "k J [::] <= target_path m w."),
    "S18 on a root that is a leaf": ("(0 < T)%N.\nHypothesis Z_neq0", "(0 <= T)%N.\nHypothesis Z_neq0"),
    "S6 without the last guess": ("- delta) - 1 <= Q%:R", "- delta) <= Q%:R"),
    "no lower bound on the particles": ("Hypothesis N_gt0 : (0 < N)%N.", "Hypothesis N_gt0 : (0 <= N)%N."),
    "a twist that may kill": ("Hypothesis keeps : no_kill m.", "Hypothesis keeps : True."),
    "no Bellman error": ("Hypothesis bellman : bellman_error_le m eps.", "Hypothesis bellman : True."),
    "any model": ("Hypothesis wf : well_formed m.", "Hypothesis wf : True."),
    "any algorithm's accuracy": ("<= delta.\n\nTheorem S6_lower_bound", "<= delta + 1.\n\nTheorem S6_lower_bound"),
}  # fmt: skip
EVERYDAY = ("S3 with L to the power 1", "S0 without the lower bound on h")


def current_build() -> bool:
    found = rocq_status.stamp()
    return bool(found and found["passed"]) and (SOURCE / "Attained.vo").exists()


@pytest.fixture(scope="module")
def built(tmp_path_factory, request) -> Path:
    """A copy of the folder with its compiled files; compiled here when the last build is not of these sources."""
    target = tmp_path_factory.mktemp("rocq") / "rocq"
    shutil.copytree(SOURCE, target)
    if not current_build():
        if os.environ.get("HYPOTHESIS_PROFILE") != "nightly":
            pytest.skip("the Rocq files are not built from these sources: run make rocq first")
        rocq_build.compile_all(target)
    return target


def compiles(folder: Path, text: str) -> subprocess.CompletedProcess:
    (folder / "Mutant.v").write_text(text, encoding="utf-8")
    command = ["coqc", "-q", *rocq_build.FLAGS, "Mutant.v"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)


@needs_coq
def test_the_headline_page_compiles_as_it_stands(built):
    done = compiles(built, source("Statements.v"))
    assert done.returncode == 0, done.stderr


@needs_coq
@pytest.mark.parametrize(
    "name", [name if name in EVERYDAY else pytest.param(name, marks=pytest.mark.nightly) for name in MUTATIONS]
)
def test_a_sharper_or_less_careful_statement_does_not_compile(built, name):
    before, after = MUTATIONS[name]
    text = source("Statements.v")
    assert before in text
    done = compiles(built, text.replace(before, after, 1))
    assert done.returncode != 0
    assert "Error" in done.stderr and "Mutant.v" in done.stderr


@needs_coq
def test_a_corrupted_compiled_file_is_refused_by_coqchk(built, tmp_path):
    folder = shutil.copytree(built, tmp_path / "rocq")
    compiled = folder / "Cloud.vo"
    damaged = bytearray(compiled.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    compiled.write_bytes(damaged)
    with pytest.raises(rocq_build.BuildError, match="coqchk refuses"):
        rocq_build.check_compiled(folder)


@needs_coq
@pytest.mark.nightly
def test_the_whole_build_and_its_audit(tmp_path):
    target = tmp_path / "rocq"
    shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns("*.vo", "*.vos", "*.vok", "*.glob", ".*"))
    stamp = rocq_build.build(target)
    assert stamp["passed"] and set(stamp["theorems"]) == set(audits())
    golden = target / GOLDEN
    golden.write_text(source(GOLDEN).replace("L ^+ 2 *", "L *", 1), encoding="utf-8")
    with pytest.raises(rocq_build.BuildError, match=r"the audit differs from audit\.golden"):
        rocq_build.build(target)
