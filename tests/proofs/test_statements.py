"""Sealed statements: golden texts, meaning in finite models (hypotheses met, conclusion true, bound attained), extraction of bounds."""

from __future__ import annotations

import random
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from proofs.kernel import Signature, replay
from proofs.kernel.printing import names_in, statement
from proofs.kernel.replay import STORED, Refused, behind, below_heading, load_seals, printed
from proofs.language.notation import _ROWS, TABLE
from proofs.language.terms import element, evaluate, fn, nat, real
from proofs.reading.blueprint import rests_on
from proofs.registry import REGISTRY, bound_of, claim_of
from proofs.registry import load as load_registry
from smc.testing.finite_models import check_theorem, exact_sqrt, holds

GOLDEN = Path(__file__).parent.parent / "golden"
ONE = Fraction(1)


def test_every_statement_has_a_stored_proof_and_a_text(replayer):
    registry = load_registry()
    assert registry and set(registry) == set(replayer.texts) == set(replayer.seals)
    for name, s in registry.items():
        if s.source != "lemma":
            stored = (STORED / f"{name}.txt").read_text(encoding="utf-8")
            assert stored == s.text(printed(name, replayer)), f"{name}: the sealed statement changed"


NAMED = re.compile(r"\b[PSG]\d+(?:\.[a-z_]+)?\b")


def titles_without_support(rests: dict[str, set[str]]) -> list[str]:
    """The titles that name a statement which is not among those that the proof rests on, as lines `ID: title`."""
    wrong = []
    for name, s in load_registry().items():
        used = rests[name]
        named = set(NAMED.findall(s.title)) - {name}
        if any(not any(other == n or other.startswith(f"{n}.") for other in used) for n in named):
            wrong.append(f"{name}: {s.title}")
    return wrong


def resting() -> dict[str, set[str]]:
    """By statement: every statement and lemma behind its stored proof."""
    direct = {}
    for line in rests_on().splitlines():
        name, _, rest = line.partition(": ")
        uses = rest.partition("; uses ")[2]
        direct[name] = set() if uses == "none" else set(uses.split(", "))
    behind_it: dict[str, set[str]] = {}

    def walk(name: str) -> set[str]:
        if name not in behind_it:
            behind_it[name] = direct[name].union(*map(walk, direct[name]))
        return behind_it[name]

    return {name: walk(name) for name in direct}


def test_titles_name_only_what_the_proof_rests_on():
    """A title such as `by way of P2` is held against the stored proofs; with P2 cut away from P3's it would be refused."""
    rests = resting()
    assert titles_without_support(rests) == []
    title = load_registry()["P3"].title
    assert titles_without_support(rests | {"P3": rests["P3"] - {"P2"}}) == [f"P3: {title}"]


def test_the_range_of_the_backward_potentials_is_derived_once():
    """P1 and everything that is read off the Bellman error by its range rest on one lemma, and both one-step lemmas on Bhatia-Davis."""
    rests = resting()
    for name in ("P1", "P3", "S3.uniform", "S13.uniform"):
        assert "potential_range" in rests[name], name
    for name in ("S3.step", "S4.step"):
        assert "bhatia_davis" in rests[name], name


def test_texts_belong_to_statements():
    known = {name for name, s in load_registry().items() if s.source != "lemma"}
    assert {path.stem for path in STORED.glob("*.txt")} == known


def test_formulas_are_those_of_the_last_release():
    """`tests/golden/formulas.txt` lists the seals of release 0.1 and is only ever added to: ID, fingerprint, those of the definitions."""
    seals = load_seals()
    released = dict(line.split(" ", 1) for line in (GOLDEN / "formulas.txt").read_text(encoding="utf-8").splitlines())
    assert len(released) >= 175
    assert {name: seals.get(name) for name in released} == released


def differing_lines(one: str, other: str) -> list[tuple[str, str]]:
    return [(a, b) for a, b in zip(one.splitlines(), other.splitlines(), strict=True) if a != b]


def restricted(replayer, name: str, pattern, term) -> str:
    """The text of a statement with a symbol replaced by one of another sort, of the same name."""
    made = replayer.theory.apply("inst", [replayer.theorem(name)], [[pattern, term]])
    names = names_in(below_heading((STORED / f"{name}.txt").read_text(encoding="utf-8")))
    return statement(made, behind(made, replayer.rests[name]), names)


def test_a_restricted_statement_prints_another_text(replayer):
    """P0 for natural eps, and S3 for tests with values 0 and 1, read like the real ones but for the line that gives the sort."""
    natural = restricted(replayer, "P0", real("eps"), nat("eps"))
    assert differing_lines(printed("P0", replayer), natural) == [("eps : real", "eps : nat")]
    x = element("X", "x")
    indicator = restricted(replayer, "S3", fn("F", "X -> real")(x), fn("F", "X -> nat")(x))
    assert differing_lines(printed("S3", replayer), indicator) == [("F : X -> real", "F : X -> nat")]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("<= (1 + eps)^n", "< (1 + eps)^n"), ("eps : real", "eps : nat"), ("E[y ~ M", "E[x ~ M"), ("    0 <= eps\n", "")],
)
def test_a_text_that_says_something_else_is_refused(replayer, tmp_path, wrong, right):
    text = (STORED / "P0.txt").read_text(encoding="utf-8")
    assert wrong in text
    (tmp_path / "P0.txt").write_text(text.replace(wrong, right), encoding="utf-8")
    with pytest.raises(Refused, match=r"P0: P0\.txt is not the statement that is proved"):
        printed("P0", replayer, tmp_path)


def test_bound_names_may_be_chosen_and_are_checked(replayer, tmp_path):
    text = (STORED / "P0.txt").read_text(encoding="utf-8")
    other = text.replace("forall n:nat", "forall m:nat").replace("t + n = T", "t + m = T").replace(")^n", ")^m")
    (tmp_path / "P0.txt").write_text(other, encoding="utf-8")
    assert printed("P0", replayer, tmp_path) == below_heading(other) != below_heading(text)


def test_p0_reads_as_its_words_do(replayer):
    assert "forall n:nat t:nat x:X. t + n = T => dead(t, x) = 0 => Vstar(t, x) <= (1 + eps)^n * V(t, x)" in printed(
        "P0", replayer
    )


def test_the_loader_prints_what_it_proved(capsys):
    assert replay.main(["--print", "S0.variance"]) == 0
    assert below_heading((STORED / "S0.variance.txt").read_text(encoding="utf-8")) in capsys.readouterr().out


def test_a_name_has_one_row_of_the_notation_table():
    """Of two rows the later would hide the other."""
    names = [line.split("|")[0].strip() for line in _ROWS.strip().splitlines()]
    assert not [name for name, times in Counter(names).items() if times > 1]


def test_the_notation_table_has_the_sorts_of_the_statements(replayer):
    """Every sort that a free symbol has in a sealed statement, or in a definition behind it, stands in its row of the table."""
    found: dict[str, set[str]] = {}
    for name in replayer.texts:
        theorem = replayer.theorem(name)
        for part in (theorem, *behind(theorem, replayer.rests[name]).values()):
            for s in part.free():
                found.setdefault(s.name, set()).add(kind(s))
    for name, row in TABLE.items():
        assert found.get(name, set()) <= row.kinds, f"{name}: {row.domain!r}"
    for touched in ("touches", "below", "same"):
        assert found[touched] == {"natural"}


def kind(symbol: Signature) -> str:
    if symbol.kind != "f":
        return {"E": "law", "S": "functional"}[symbol.kind]
    return {"nat": "natural", "real": "real"}.get(symbol.sort, "element")


def test_one_name_means_one_symbol_in_a_statement(replayer):
    for name in replayer.texts:
        theorem = replayer.theorem(name)
        names = [
            symbol.name for symbol in theorem.free() if symbol.name != "at"
        ]  # an entry c[k] of a cloud of any sort
        assert len(names) == len(set(names)), f"{name}: two symbols print alike"


def test_words_name_no_unknown_source():
    assert {s.source for s in REGISTRY.values()} <= {"paper", "neighbour", "new", "lemma"}


# ------------------------------------------------------------------------------------------- S0 in finite models
def densities(seed: int):
    """Random laws on a few points and densities h with E h = 1, exact."""
    draw = random.Random(seed)
    size = draw.randint(2, 5)
    weights = [Fraction(draw.randint(1, 9)) for _ in range(size)]
    total = sum(weights)
    weights = [w / total for w in weights]
    values = [Fraction(draw.randint(1, 20), draw.randint(1, 9)) for _ in range(size)]
    mean = sum(w * v for w, v in zip(weights, values, strict=True))
    return weights, [v / mean for v in values]


def density_model(weights, values, **more):
    points = range(len(weights))
    env = {
        "mu": lambda: [(weights[i], i) for i in points],
        "h": lambda i: values[i],
        "sqrt": exact_sqrt,
        "a": min(values),
        "b": max(values),
        "q": max(values) / min(values),
        **more,
    }
    return env, {"Y": points}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", ["S0.variance", "S0.variance_ratio", "S0.deviation"])
def test_s0_holds_in_random_models(replayer, name, seed):
    weights, values = densities(seed)
    if len(set(values)) > 1:
        check_theorem(replayer.theorem(name), *density_model(weights, values))


def test_s0_is_attained_by_two_points(replayer):
    q = Fraction(9)
    low, high = 1 / exact_sqrt(q), exact_sqrt(q)  # S0.deviation_ratio: a = 1/sqrt q
    w = (1 - low) / (high - low)
    env, ranges = density_model([1 - w, w], [low, high])
    for name in ("S0.variance", "S0.deviation", "S0.deviation_ratio"):
        theorem = replayer.theorem(name)
        check_theorem(theorem, env, ranges)
        left, right = claim_of(theorem)[1][0].kids
        assert evaluate(left, env) == evaluate(right, env) > 0, f"{name} is attained"
    low = (q + 1) / (2 * q)  # S0.variance_ratio: 2 q a = q + 1
    w = (1 - low) / (q * low - low)
    env, ranges = density_model([1 - w, w], [low, q * low])
    left, right = claim_of(replayer.theorem("S0.variance_ratio"))[1][0].kids
    assert evaluate(left, env) == evaluate(right, env) == (q - 1) ** 2 / (4 * q)


def test_a_bound_times_99_percent_fails_in_the_attaining_model(replayer):
    env, _ = density_model([Fraction(3, 4), Fraction(1, 4)], [Fraction(1, 3), Fraction(3)])
    left, right = claim_of(replayer.theorem("S0.variance"))[1][0].kids
    assert not evaluate(left, env) <= Fraction(99, 100) * evaluate(right, env)


# ------------------------------------------------------------------------------------------- P0, P1, S1 in finite models
def layered(seed: int, horizon: int = 3, zeros: bool = False):
    """A random layered model on states 0..2 at every time, with a twist, its Bellman error, ratio bound, and unreachable states."""
    draw = random.Random(seed)
    states = range(3)
    live = {0: {0}}
    law = {}
    for t in range(horizon):
        live[t + 1] = set()
        for x in states:
            support = draw.sample(states, draw.randint(1, 2))
            w = [Fraction(draw.randint(1, 5)) for _ in support]
            law[t, x] = [(wi / sum(w), y) for wi, y in zip(w, support, strict=True)]
            if x in live[t]:
                live[t + 1] |= set(support)
    psi = {(t, x, y): Fraction(draw.randint(1, 4), 2) for t in range(horizon) for x in states for y in states}
    phi = {x: Fraction(draw.randint(0 if zeros else 1, 4)) for x in states}
    V = {(horizon, x): phi[x] for x in states}
    star = dict(V)
    for t in reversed(range(horizon)):
        for x in states:
            star[t, x] = sum(p * psi[t, x, y] * star[t + 1, y] for p, y in law[t, x])
            V[t, x] = star[t, x] * Fraction(draw.randint(4, 8), 6)
    error, ratio = Fraction(0), ONE
    for t in range(horizon):
        for x in live[t]:
            if V[t, x] > 0:
                rho = sum(p * psi[t, x, y] * V[t + 1, y] for p, y in law[t, x]) / V[t, x]
                error = max(error, rho - 1, 1 / rho - 1)
                weights = [psi[t, x, y] * V[t + 1, y] / V[t, x] for _, y in law[t, x]]
                ratio = max([ratio, *weights, *(1 / w for w in weights if w)])
    edges = {(t, x, y) for (t, x), row in law.items() if x in live[t] for _, y in row}
    env = {
        "T": horizon,
        "eps": error,
        "L": ratio,
        "M": lambda t, x: law.get((t, x), [(ONE, 0)]),
        "psi": lambda t, x, y: psi.get((t, x, y), ONE),
        "V": lambda t, x: V.get((t, x), ONE),
        "Vstar": lambda t, x: star.get((t, x), ONE),
        "dead": lambda t, x: 0 if x in live.get(t, ()) else 1,
        "noedge": lambda t, x, y: 0 if (t, x, y) in edges else 1,
    }
    return env, {"nat": range(horizon + 1), "X": states, "real": [Fraction(0), ONE, Fraction(7, 3)]}


@pytest.mark.parametrize("seed", range(12))
def test_p0_holds_with_zero_rewards_and_unreachable_states(replayer, seed):
    env, ranges = layered(seed, zeros=seed % 2 == 0)
    check_theorem(replayer.theorem("P0"), env, ranges)


@pytest.mark.parametrize("seed", range(6))
def test_p1_holds(replayer, seed):
    env, ranges = layered(seed, horizon=2)
    check_theorem(replayer.theorem("P1"), env, ranges)


def test_p0_with_a_smaller_error_is_false_somewhere(replayer):
    """The model check can fail: with half the Bellman error the hypothesis on the twist is not met."""
    env, ranges = layered(1)
    env = {**env, "eps": env["eps"] / 2}
    assert not all(holds(h, env, ranges) for h in replayer.theorem("P0").hyps)


def weighted(seed: int, horizon: int = 3):
    """A random chain with weights rho on the states it enters, and the moments A, C of their product."""
    draw = random.Random(seed)
    env, ranges = layered(seed, horizon)
    rho = {(t, x): Fraction(draw.randint(3, 9), 6) for t in range(horizon + 2) for x in range(3)}
    error = max(max(r, 1 / r) for r in rho.values()) - 1
    A, C = {(horizon, x): ONE for x in range(3)}, {(horizon, x): ONE for x in range(3)}
    for t in reversed(range(horizon)):
        for x in range(3):
            A[t, x] = sum(p * rho[t + 1, y] * A[t + 1, y] for p, y in env["M"](t, x))
            C[t, x] = sum(p * rho[t + 1, y] ** 2 * C[t + 1, y] for p, y in env["M"](t, x))
    levels = [[rho[t, x] for x in range(3)] for t in range(horizon + 2)]
    env |= {
        "K": env["M"],
        "n": horizon,
        "rho": lambda t, x: rho.get((t, x), ONE),
        "eps": error,
        "A": lambda t, x: A.get((t, x), ONE),
        "C": lambda t, x: C.get((t, x), ONE),
        "g": lambda t, x, y: rho.get((t + 1, y), ONE),
        "L": 1 + error,
        "lo": lambda t: min(levels[t + 1]) if t <= horizon else ONE,
        "hi": lambda t: max(levels[t + 1]) if t <= horizon else ONE,
        "r": lambda t: max(levels[t]) / min(levels[t]) if t <= horizon + 1 else ONE,
    }
    return env, ranges


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["S1", "S1.range", "S1.naive", "S1.product"])
def test_s1_holds_in_random_models(replayer, name, seed):
    check_theorem(replayer.theorem(name), *weighted(seed))


def test_s1_is_attained(replayer):
    """One step, W two-point with values 1/(1+eps) and 1+eps, mean of 1/W tuned: chi^2 = sinh^2."""
    eps = Fraction(1, 2)
    low, high = 1 / (1 + eps), 1 + eps
    w = low / (low + high)  # 2ab = (a + b) E W
    mean, square = (1 - w) * low + w * high, (1 - w) * low**2 + w * high**2
    theorem = replayer.theorem("S1")
    assert square / mean**2 - 1 == evaluate(bound_of(theorem), {"eps": eps, "n": 1})


def test_bounds_are_extracted_and_evaluated_exactly(replayer):
    assert evaluate(bound_of(replayer.theorem("S0.variance_ratio")), {"q": Fraction(4)}) == Fraction(9, 16)
    assert evaluate(bound_of(replayer.theorem("S1")), {"eps": Fraction(1), "n": 2}) == Fraction(225, 64)
    gmpy2 = pytest.importorskip("gmpy2")
    assert evaluate(bound_of(replayer.theorem("S1")), {"eps": gmpy2.mpq(1), "n": 2}) == gmpy2.mpq(225, 64)
    value = evaluate(
        bound_of(replayer.theorem("S1.product")), {"n": 2, "r": lambda t: {1: Fraction(2), 2: Fraction(3)}[t]}
    )
    assert value == Fraction(25, 24)


def test_definitions_are_printed_with_the_statement(replayer):
    assert "where  E[" in printed("S1.tilt", replayer)
