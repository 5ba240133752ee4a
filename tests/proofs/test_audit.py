"""The mutation audit: corrupted proofs and statements are refused; the audit itself can fail."""

from __future__ import annotations

import json

import pytest

from proofs import audit as module
from proofs.audit import Audit, Mutant, Outcome, follows, statement_mutants, step_mutants
from proofs.language.terms import all_of, eq, implies, le, lt, real
from tests.effort import NIGHTLY, effort, turn
from tests.proofs.second import second_checker

x, y = real("x y")
EACH = effort(60, sample=5)
"""About so many mutants of each stored proof are tried."""


@pytest.fixture(scope="module")
def audit(replayer) -> Audit:
    return Audit(replayer)


@pytest.fixture(scope="module")
def sampled(audit) -> dict[str, list[Outcome]]:
    """Some mutants of stored proofs, spread evenly, with what the Python kernel said: of each proof in the nightly run."""
    return {name: audit.run(name, limit=EACH) for name in turn(audit.texts, 8)}


def test_every_stored_proof_is_mutated_and_nothing_survives_unexplained(sampled):
    tried = refused = 0
    for name, outcomes in sampled.items():
        assert outcomes, f"{name}: no mutant"
        survivors = [o for o in outcomes if o.verdict == "SURVIVED"]
        assert not survivors, f"{name}: {[(o.mutant.where, o.mutant.what, o.reason) for o in survivors]}"
        tried += len(outcomes)
        refused += sum(o.verdict in ("rule", "claim", "seal") for o in outcomes)
    assert tried > effort(2000, sample=30) and refused > (0.98 if NIGHTLY else 0.9) * tried


@pytest.mark.by_turn
def test_the_second_checker_refuses_every_mutant_at_the_same_place(sampled):
    tried = [(name, o) for name, outcomes in sampled.items() for o in outcomes]
    lines = [json.dumps({"id": name, "data": o.mutant.data}) for name, o in tried]
    said = list(map(json.loads, second_checker("--mutants", input="\n".join(lines)).stdout.splitlines()))
    assert len(said) == len(tried) >= EACH * len(sampled) - 10
    expected = [{"id": name, **({"place": o.place} if o.place else {"fingerprint": o.proved})} for name, o in tried]
    differ = [(name, o.mutant, s) for (name, o), e, s in zip(tried, expected, said, strict=True) if e != s]
    assert not differ, differ[:3]
    assert len({s.get("place") for s in said}) > effort(5 * EACH, sample=10)
    if NIGHTLY:
        assert sum("fingerprint" in s for s in said) > 5


def test_each_reason_stands_beside_a_variant_that_is_proved(audit):
    """A proof that is built anew may leave a reason without its mutant."""
    for (name, where, what), reason in module.EXPLAINED.items():
        mutants = [m for m in statement_mutants(json.loads(audit.texts[name])) if m.what == what]
        [mutant] = [m for m in mutants if audit.place(name, m) == where]
        outcome = audit.outcome(name, mutant)
        assert (outcome.verdict, outcome.reason) == ("seal", reason), (name, where)


@pytest.mark.nightly
def test_every_mutant(audit):
    for name in audit.texts:
        assert not [o for o in audit.run(name) if o.verdict == "SURVIVED"], name


@pytest.mark.parametrize("name", ["P0", "S0.variance", "S1"])
def test_each_kind_of_corruption_is_tried(audit, name):
    stored = json.loads(audit.texts[name])
    kinds = " ".join(f"{m.what};" for m in [*statement_mutants(stored), *step_mutants(stored)])
    for what in (
        "sign",
        "plus 1",
        "times 99/100",
        "dropped",
        "bound times 99/100",
        "swapped",
        "exchanged",
        "coefficient 0 negated",
    ):
        assert what in kinds, f"{name}: no mutant of kind {what}"


def test_strengthened_bounds_are_refused_by_a_rule_or_the_claim(audit):
    for name in ("P0", "P1", "S0.variance", "S0.variance_ratio", "S0.deviation", "S1"):
        stored = json.loads(audit.texts[name])
        strong = [m for m in statement_mutants(stored) if m.what == "bound times 99/100"]
        assert strong and {audit.outcome(name, m).verdict for m in strong} <= {"rule", "claim"}


def test_every_dropped_hypothesis_is_noticed(audit):
    for name in turn(audit.texts, 8):
        stored = json.loads(audit.texts[name])
        dropped = [m for m in statement_mutants(stored) if m.where.startswith("hypothesis")]
        assert len(dropped) == len(stored["claim"][0])
        some = dropped if NIGHTLY else dropped[:1]
        assert all(audit.outcome(name, m).verdict == "claim" for m in some)


def test_the_audit_reports_a_survivor(audit, monkeypatch, capsys):
    """A mutant that proves a new conclusion which nothing explains is a survivor: use another proof in its place."""
    other = {**json.loads(audit.texts["S0.variance_ratio"]), "id": "S0.variance"}
    outcome = audit.outcome("S0.variance", Mutant("whole proof", "another theorem", other))
    assert outcome.verdict == "SURVIVED"
    monkeypatch.setattr(module, "Audit", lambda: audit)
    monkeypatch.setattr(module, "statement_mutants", lambda stored: [Mutant("whole proof", "another theorem", other)])
    monkeypatch.setattr(module, "step_mutants", lambda stored: [])
    assert module.main(["S0.variance"]) == 1
    assert "SURVIVED: whole proof" in capsys.readouterr().out


def test_what_follows_from_a_sealed_conclusion():
    assert follows(eq(x, y), le(x, y)) and follows(lt(x, y), le(x, y))
    assert not follows(le(x, y), lt(x, y)) and not follows(le(x, y), eq(x, y)) and not follows(le(x, y), le(y, x))
    assert follows(implies(le(x, y), lt(x, y)), implies(lt(x, y), le(x, y)))
    assert not follows(implies(lt(x, y), lt(x, y)), implies(le(x, y), lt(x, y)))
    assert follows(all_of(x, lt(x, y)), all_of(x, le(x, y)))


def test_unknown_id(audit, monkeypatch, capsys):
    monkeypatch.setattr(module, "Audit", lambda: audit)
    assert module.main(["S99"]) == 2
    assert "known" in capsys.readouterr().err
