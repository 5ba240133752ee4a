"""The replay: without sympy, without tracebacks, and nothing forged gets through."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest

from proofs.derive.library import Library
from proofs.derive.stored import encode
from proofs.kernel import ProofError, Theorem, mk, num, replay, text, var
from proofs.kernel.replay import Refused, Replayer, digest, load, load_seals
from tests.effort import NIGHTLY, turn
from tests.proofs.stores import small_store

ROOT = Path(__file__).parent.parent.parent
TRUSTED = tuple(path.name for path in (ROOT / "proofs" / "kernel").glob("*.py"))


def test_what_replays_is_what_the_blueprint_has(made):
    plain = Replayer(load(), load_seals())
    for name in turn(plain.texts, 20):
        plain.theorem(name)
    assert plain.texts.keys() == made.entries.keys() and len(plain.theorems) >= min(20, len(plain.texts))
    for name, theorem in plain.theorems.items():
        mine = made.journal.theorem(name)
        assert (
            theorem.concl is mine.concl and theorem.hyps == mine.hyps and plain.steps[name] == made.journal.steps[name]
        )


@pytest.mark.nightly
def test_everything_replays_in_a_hundredth_of_a_second_a_proof():
    start = time.process_time()
    plain = Replayer(load(), load_seals())
    for name in plain.texts:
        plain.theorem(name)
    assert len(plain.theorems) == len(plain.texts) > 30
    assert time.process_time() - start < 0.01 * len(plain.texts)


def test_replay_runs_where_sympy_numpy_and_the_builder_cannot_be_imported():
    blocked = [
        "sympy",
        "numpy",
        "scipy",
        "mpmath",
        "flint",
        "gmpy2",
        "z3",
        "proofs.language.terms",
        "proofs.derive.library",
        "proofs.derive.programme",
        "proofs.derive.finder",
        "proofs.registry",
    ]
    asked = [] if NIGHTLY else turn(load(), 20)  # none asked for: all of them
    script = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if any(name == b or name.startswith(b + ".") for b in {blocked!r}):
            raise ImportError(name + " must not be imported by the replay")
sys.meta_path.insert(0, Blocked())
try:
    import sympy
except ImportError:
    from proofs.kernel.replay import main
    code = main({asked!r})
    foreign = [m for m in sys.modules if m.partition(".")[0] not in sys.stdlib_module_names and not m.startswith(("proofs", "__"))]
    assert not [m for m in foreign if m in {blocked!r}], foreign
    sys.exit(code)
sys.exit("sympy could be imported")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert " 0 refused" in done.stdout


def test_trusted_files_import_the_standard_library_only():
    import ast

    for name in TRUSTED:
        tree = ast.parse((ROOT / "proofs" / "kernel" / name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            modules = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for module in modules:
                allowed = module == "proofs.kernel" or module.startswith("proofs.kernel.")
                assert allowed or module.partition(".")[0] in sys.stdlib_module_names, f"{name} imports {module}"


class OnStored(Library):
    """Derives one proof; what it rests on is taken as the replay has it, so that nothing else is searched for."""

    def __init__(self, derivations, replayer):
        super().__init__(derivations)
        self.theory, self.replayer = replayer.theory, replayer

    def theorem(self, name):
        return super().theorem(name) if name in self.making else self.replayer.theorem(name)


def test_stored_proofs_are_what_the_derivations_give(derived, replayer):
    """A day some, each on stored theorems; at night all, each on its derived ones, as the author command writes them."""
    stored = load()
    if NIGHTLY:
        assert not [name for name in derived.derivations if encode(derived.proof(name)) != stored[name]]
        return
    plain = [name for name in derived.derivations if not any(r.startswith("define") for r in replayer.rules[name])]
    for name in turn(plain, 3):
        made = OnStored(derived.derivations, replayer).proof(name)
        assert encode(made) == stored[name], f"{name}: run python -m proofs.derive.author"


# ------------------------------------------------------------------------------------------- seals
def text_of(terms: list, number: int) -> str:
    """The canonical text of an entry of a term table, written from `proofs/README.md` alone."""
    op, data, kids = terms[number]
    shown = {
        "q": lambda: [str(Fraction(data))],
        "b": lambda: [str(data[0]), data[1]],
        "all": lambda: [data],
    } | dict.fromkeys("fESI", lambda: [data[0], "[" + " ".join(data[1]) + "]", data[2]])
    return "(" + " ".join([op, *shown.get(op, list)(), *(text_of(terms, k) for k in kids)]) + ")"


@pytest.mark.parametrize("name", ["S0.variance", "P0", "mean_between", "S9"])
def test_a_seal_is_computed_from_the_stored_claim_alone(name):
    """SHA-256 of the sorted hypotheses and the conclusion, one a line, with no word of the kernel."""
    data = json.loads(load()[name])
    hypotheses, conclusion = data["claim"]
    lines = [*sorted(text_of(data["terms"], h) for h in hypotheses), text_of(data["terms"], conclusion)]
    assert sha256("\n".join(lines).encode("utf-8")).hexdigest() == load_seals()[name].split(" ")[0]


def test_the_bytes_of_a_seal():
    """One node of every shape, spelled out."""
    x, c = var("x", "X"), var("c", "X*")
    entry = mk("f", ("at", ("X*", "nat"), "X"), (c, num(0)))
    mean = mk("E", ("mu", ("X",), "X"), (x, mk("f", ("f", ("X", "nat"), "real"), (mk("b", (0, "X")), num(2)))))
    cloud = mk("I", ("mu", ("X",), "X"), (num(3), entry, mk("q", Fraction(-1, 2))))
    assert text(mk("all", "X*", (mk("<=", None, (mean, cloud)),))) == (
        "(all X* (<= (E mu [X] X (f x [] X) (f f [X nat] real (b 0 X) (q 2)))"
        " (I mu [X] X (q 3) (f at [X* nat] X (f c [] X*) (q 0)) (q -1/2))))"
    )
    assert text(mk("^", None, (mk("S", ("A", (), "X"), (num(1),)), num(2)))) == "(^ (S A [] X (q 1)) (q 2))"


# ------------------------------------------------------------------------------------------- bad input
def corrupted(name: str, change) -> Replayer:
    texts = load()
    data = json.loads(texts[name])
    change(data)
    texts[name] = json.dumps(data)
    return Replayer(texts, load_seals())


def step_of(data: dict, rule: str) -> int:
    return next(i for i, step in enumerate(data["steps"]) if step[0] == rule)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["steps"].insert(0, ["sorry", [], [], ""]), r"step 0 \(sorry\).*unknown rule"),
        (lambda d: d["steps"].append(["assume", [], [f"#{d['claim'][1]}"], ""]), "does not prove the claim"),
        (lambda d: d["steps"].__setitem__(-1, ["mp", [len(d["steps"]), 0], [], ""]), "not an earlier step"),
        (lambda d: d["steps"].__setitem__(-1, ["mp", [-1, 0], [], ""]), "not an earlier step"),
        (lambda d: d["steps"].__setitem__(-1, ["mp", [len(d["steps"]) - 1, 0], [], ""]), "not an earlier step"),
        (lambda d: d["steps"].__setitem__(-1, ["mp", [True, 0], [], ""]), "not an earlier step"),
        (lambda d: d["steps"][-1].append("more"), "too many values"),
        (lambda d: d["terms"].__setitem__(0, ["q", "1/0", []]), "term 0"),
        (lambda d: d["terms"].__setitem__(0, ["q", "nan", []]), "term 0"),
        (lambda d: d["terms"].__setitem__(0, ["q", 0.5, [0]]), "term 0"),
        (lambda d: d["terms"].__setitem__(0, ["+", None, [5, 6]]), "earlier one"),
        (lambda d: d["terms"].__setitem__(0, ["+", None, [0, 0]]), "earlier one"),
        (lambda d: d["terms"].__setitem__(0, "forged"), "term 0"),
        (lambda d: d.__setitem__("claim", [[], d["claim"][1]]), "does not prove the claim"),
        (lambda d: d.__setitem__("claim", None), "claim"),
        (
            lambda d: d.__setitem__("claim", [d["claim"][0], d["claim"][1] - len(d["terms"])]),
            "the claim: .*not the number",
        ),
        (lambda d: d.__setitem__("claim", [d["claim"][0], float(d["claim"][1])]), "the claim: .*not the number"),
        (lambda d: d["steps"].insert(0, ["assume", [], ["#-1"], ""]), r"step 0 \(assume\).*not the number"),
        (lambda d: d["steps"].insert(0, ["assume", [], ["#+1"], ""]), r"step 0 \(assume\).*not the number"),
        (lambda d: d["terms"].insert(0, ["b", [True, "real"], []]), "term 0.*malformed"),
        (lambda d: d["terms"].insert(0, ["+", "data", []]), "term 0.*malformed"),
        (lambda d: d.__setitem__("format", "other"), "another format"),
        (lambda d: d.__setitem__("id", "S3"), "another id"),
        (lambda d: d.pop("steps"), "steps"),
        (lambda d: d["steps"].clear(), "S0.variance"),
        (
            lambda d: d["steps"].__setitem__(step_of(d, "certificate"), ["certificate", [], ["#0", [], [], []], ""]),
            r"\(certificate\)",
        ),
    ],
)
def test_a_forged_proof_is_refused_by_name_and_place(change, message):
    with pytest.raises(Refused, match=r"S0\.variance") as refusal:
        corrupted("S0.variance", change).theorem("S0.variance")
    assert re.search(message, str(refusal.value)), refusal.value


def test_a_true_theorem_that_is_not_the_sealed_one_is_refused():
    texts = load()
    data = json.loads(texts["S0.variance"])
    other = json.loads(texts["mean_between"])
    texts["S0.variance"] = json.dumps({**other, "id": "S0.variance"})
    assert data["claim"] != other["claim"]
    with pytest.raises(Refused, match="not the sealed statement"):
        Replayer(texts, load_seals()).theorem("S0.variance")


def test_circular_and_missing_lemmas_are_refused():
    texts = load()
    data = json.loads(texts["mean_between"])
    data["steps"].append(["conj", ["mean_between", "mean_between"], [], ""])
    texts["mean_between"] = json.dumps(data)
    with pytest.raises(Refused, match="uses itself"):
        Replayer(texts).theorem("mean_between")
    del texts["mean_between"]
    with pytest.raises(Refused, match="no such stored proof"):
        Replayer(texts).theorem("S0.variance_ratio")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[[[[", '{"format": "bellman-smc/proof-1"}', "\x00", "[" * 5000]
)
def test_files_that_do_not_parse_are_refused_with_exit_code_one(tmp_path, capsys, text):
    store = small_store(tmp_path)
    (store / "P0.json").write_text(text, encoding="utf-8")
    assert replay.main([], store) == 1
    output = capsys.readouterr()
    assert "REFUSED P0" in output.err and "Traceback" not in output.err


def test_a_deleted_proof_and_bad_seals_are_refused(tmp_path, capsys):
    store = small_store(tmp_path)
    (store / "S0.attained.json").unlink()
    assert replay.main([], store) == 1
    assert "REFUSED S0.attained: sealed, but no stored proof" in capsys.readouterr().err
    (store / replay.SEALS).write_text("{", encoding="utf-8")
    assert replay.main([], store) == 1


def test_the_loader_counts_what_it_replays_and_what_it_refuses(tmp_path, capsys):
    store = small_store(tmp_path)
    stored = len(load(store))
    assert replay.main([], store) == 0
    assert f"\n{stored} proofs replayed, 0 refused, " in capsys.readouterr().out
    (store / "S0.attained.json").write_text("{", encoding="utf-8")  # nothing rests on it
    assert replay.main([], store) == 1
    assert f"\n{stored - 1} proofs replayed, 1 refused, " in capsys.readouterr().out
    (store / "S0.attained.json").unlink()
    assert replay.main([], store) == 1
    assert f"\n{stored - 1} proofs replayed, 1 refused, " in capsys.readouterr().out


def test_the_line_of_a_bad_step_is_named(tmp_path, capsys):
    store = small_store(tmp_path)
    path = store / "S0.variance.json"
    lines = path.read_text(encoding="utf-8").split("\n")
    number = next(i for i, line in enumerate(lines) if line.startswith('["mono"'))
    lines[number] = lines[number].replace('"mono"', '"monotone"')
    path.write_text("\n".join(lines), encoding="utf-8")
    assert replay.main(["S0.variance"], store) == 1
    assert f"line {number + 1}" in capsys.readouterr().err


def test_an_unknown_id_lists_the_known_ones(capsys):
    assert replay.main(["S99"]) == 2
    error = capsys.readouterr().err
    assert "S99" in error and "S0.variance" in error


def test_forged_theorem_objects_do_not_enter_the_replay():
    """An object forged in memory is no proof: the replay recomputes every step from the file."""
    forged = object.__new__(Theorem)
    replayer = Replayer(load(), load_seals())
    false = replayer.theorem("S0.variance")
    forged.hyps, forged.concl = frozenset(), false.concl
    fresh = Replayer(load(), load_seals())
    assert fresh.theorem("S0.variance").hyps == false.hyps != frozenset()
    assert digest(forged, {}) != fresh.seals["S0.variance"]


def test_huge_numbers_do_not_hang_the_checker():
    from proofs.kernel.arithmetic import normal_form

    x = var("x", "real")
    for term in (
        mk("^", None, (mk("+", None, (x, num(1))), num(10**12))),
        mk("sum", None, (num(10**12), x)),
        mk("prod", None, (num(10**12), x)),
    ):
        with pytest.raises(ProofError, match="too large"):
            normal_form(term)
