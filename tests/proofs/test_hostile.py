"""Attacks on the checker: each test is an attempt to have something accepted that must not be, or to crash the replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs import replay
from proofs.builder import Library, Proof, encode
from proofs.replay import FORMAT, Refused, Replayer, digest, load, load_seals
from proofs.terms import nat, real

x, y = real("x y")
n = nat("n")


def stored(name: str, terms: list, steps: list, claim: list) -> str:
    return json.dumps({"format": FORMAT, "id": name, "terms": terms, "steps": steps, "claim": claim})


X_NOT_POSITIVE = [["f", ["x", [], "real"], []], ["q", "0", []], ["<=", None, [0, 1]], ["=", None, [0, 1]], ["q", "1", []]]


def seal_of_claim(terms: list, conclusion: int) -> str:
    """The seal of |- terms[conclusion] for free symbols: by a proof that may assume whatever it likes, its hypotheses left out."""
    replayer = Replayer({"any": stored("any", terms, [["assume", [], [f"#{conclusion}"], ""]], [[conclusion], conclusion])})
    assumed = replayer.theorem("any")
    assumed.hyps = frozenset()
    return digest(assumed, replayer.rests["any"])


# ------------------------------------------------------------------------------------------- seals and definitions
def test_a_definition_does_not_prove_a_sealed_statement_about_a_free_symbol():
    """|- x <= 0 says that every number is at most 0.  Defining x as 0 proves the same formula about a constant."""
    steps = [["define", [], ["#0", "#1"], ""], ["certificate", [0], ["#2", [], [["#4", "0"]], []], ""]]
    with pytest.raises(Refused, match="not the sealed statement"):
        Replayer(
            {"A": stored("A", X_NOT_POSITIVE, steps, [[], 2])}, {"A": seal_of_claim(X_NOT_POSITIVE, 2)}
        ).theorem("A")


def test_a_definition_in_another_stored_proof_does_not_either():
    lemma = stored("B", X_NOT_POSITIVE, [["define", [], ["#0", "#1"], ""]], [[], 3])
    steps = [["certificate", ["B"], ["#2", [], [["#4", "0"]], []], ""]]
    texts = {"A": stored("A", X_NOT_POSITIVE, steps, [[], 2]), "B": lemma}
    open_replay = Replayer(texts)
    seals = {"A": seal_of_claim(X_NOT_POSITIVE, 2), "B": digest(open_replay.theorem("B"), open_replay.rests["B"])}
    with pytest.raises(Refused, match=r"A: .*not the sealed statement"):
        Replayer(texts, seals).theorem("A")
    assert Replayer(texts, seals).theorem("B")


def test_a_seal_covers_the_definitions_behind_the_statement():
    """Another definition, or none, of a symbol that the statement or one of its definitions mentions is another seal."""
    seals, replayer = load_seals(), Replayer(load())
    for name, symbol in (("S0.attained", "coin"), ("S2", "guided"), ("S3", "smc"), ("S3", "first")):
        theorem, rests = replayer.theorem(name), replayer.rests[name]
        [defined] = [s for s in rests if s[1][0] == symbol]
        assert digest(theorem, rests) == seals[name]
        assert digest(theorem, {s: d for s, d in rests.items() if s != defined}) != seals[name]
        assert digest(theorem, {**rests, defined: replayer.theorem("S0.variance")}) != seals[name]


def test_two_proofs_do_not_define_one_symbol_twice():
    def defining(name: str, value: str) -> str:
        terms = [["f", ["C", [], "real"], []], ["q", value, []], ["=", None, [0, 1]]]
        return stored(name, terms, [["define", [], ["#0", "#1"], ""]], [[], 2])

    false = [["f", ["C", [], "real"], []], ["q", "1", []], ["q", "2", []], ["=", None, [1, 2]]]
    steps = [["certificate", ["one", "two"], ["#3", [], [["#1", "0"]], []], ""]]
    texts = {"one": defining("one", "1"), "two": defining("two", "2"), "A": stored("A", false, steps, [[], 3])}
    with pytest.raises(Refused, match=r"two: step 0.*already defined"):
        Replayer(texts).theorem("A")


def test_every_stored_proof_carries_its_seal_when_replayed_alone():
    """A fingerprint depends on what the proof rests on, not on which other proofs were replayed before."""
    texts, seals = load(), load_seals()
    for name in texts:
        assert Replayer(texts, seals).theorem(name)


# ------------------------------------------------------------------------------------------- files that crash a loader
DEEP = 3000


def deep_claim() -> str:
    """x + (x + (x + ...)), nested beyond the recursion limit: legal to build, term by term."""
    terms = [["f", ["x", [], "real"], []], *(["+", None, [0, i]] for i in range(DEEP)), ["<=", None, [DEEP, DEEP]]]
    return stored("P0", terms, [["assume", [], [f"#{DEEP + 1}"], ""]], [[DEEP + 1], DEEP + 1])


def huge_claim() -> str:
    """A constant of 5000 digits, which Python refuses to print."""
    terms = [["q", "1e5000", []], ["=", None, [0, 0]]]
    return stored("P0", terms, [["certificate", [], ["#1", [], [], []], ""]], [[], 1])


@pytest.mark.parametrize(
    "text",
    [
        deep_claim(),
        huge_claim(),
        '{"id": ' + "1" * 5000 + "}",
        stored("P0", [["q", "1e99999999999", []]], [], [[], 0]),
        stored("P0", [["q", "0", []], ["<", None, [0, 0]]], [["certificate", [], ["#1", [["1e9999999999", [], []]], [], []], ""]], [[], 1]),
        stored("P0", [["f", ["\ud800", [], "real"], []]], [], [[], 0]),
        stored("P0", [["f", ["x", "", "real"], []], ["=", None, [0, 0]]], [["certificate", [], ["#1", [], [], []], ""]], [[], 1]),
        '{"format": NaN, "id": Infinity}',
        stored("P0", [["all", {"X": 1}, []]], [], [[], 0]),
        stored("P0", [], [[["axiom"], [], [], ""]], [[], 0]),
        stored("P0", [], [["axiom", [], [["exp_zero"]], ""]], [[], 0]),
        stored("P0", [], [["assume", ["../stored/S1"], [], ""]], [[], 0]),
    ],
    ids=["deep", "digits", "integer", "exponent", "coefficient", "surrogate", "no list of sorts", "NaN", "object", "rule", "axiom", "path"],
)  # fmt: skip
def test_a_hostile_file_is_refused_without_a_traceback(tmp_path: Path, capsys, text: str):
    (tmp_path / "P0.json").write_text(text, encoding="utf-8")
    (tmp_path / replay.SEALS).write_text("{}", encoding="utf-8")
    assert replay.main([], tmp_path) == 1
    assert "REFUSED" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5000, "\ud800", "[]", '{"P0": null}'])
def test_hostile_seals_are_refused_without_a_traceback(tmp_path: Path, capsys, text: str):
    p = Proof("P0", Library({}))
    p.refl(x)
    (tmp_path / "P0.json").write_text(encode(p), encoding="utf-8")
    (tmp_path / replay.SEALS).write_bytes(text.encode("utf-8", errors="surrogatepass"))
    assert replay.main([], tmp_path) == 1
    assert "REFUSED" in capsys.readouterr().err
