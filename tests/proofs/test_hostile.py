"""Attacks on the checker: each test is an attempt to have something accepted that must not be, or to crash the replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.derive.library import Library
from proofs.derive.proof import Proof
from proofs.derive.stored import encode
from proofs.kernel import ProofError, instantiate, mk, num, replay
from proofs.kernel.replay import FORMAT, Refused, Replayer, digest, load, load_seals
from proofs.language.terms import (
    E,
    all_of,
    at,
    draws,
    element,
    eq,
    finite_set,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    real,
    total,
)
from tests.effort import turn
from tests.proofs.refusing import refused

x, y = real("x y")
n, m, d = nat("n m d")
u, v = element("X", "u v")
f, g2 = fn("f", "X -> real"), fn("g2", "X X -> real")
mu = measure("mu", "", "X")


def stored(name: str, terms: list, steps: list, claim: list) -> str:
    return json.dumps({"format": FORMAT, "id": name, "terms": terms, "steps": steps, "claim": claim})


X_NOT_POSITIVE = [
    ["f", ["x", [], "real"], []],
    ["q", "0", []],
    ["<=", None, [0, 1]],
    ["=", None, [0, 1]],
    ["q", "1", []],
]


def seal_of_claim(terms: list, conclusion: int) -> str:
    """The seal of |- terms[conclusion] for free symbols: by a proof that may assume whatever it likes, its hypotheses left out."""
    replayer = Replayer(
        {"any": stored("any", terms, [["assume", [], [f"#{conclusion}"], ""]], [[conclusion], conclusion])}
    )
    assumed = replayer.theorem("any")
    assumed.hyps = frozenset()
    return digest(assumed, replayer.rests["any"])


# ------------------------------------------------------------------------------------------- seals and definitions
def test_a_definition_does_not_prove_a_sealed_statement_about_a_free_symbol():
    """|- x <= 0 says that every number is at most 0.  Defining x as 0 proves the same formula about a constant."""
    steps = [["define", [], ["#0", "#1"], ""], ["certificate", [0], ["#2", [], [["#4", "0"]], []], ""]]
    with pytest.raises(Refused, match="not the sealed statement"):
        Replayer({"A": stored("A", X_NOT_POSITIVE, steps, [[], 2])}, {"A": seal_of_claim(X_NOT_POSITIVE, 2)}).theorem(
            "A"
        )


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
        [defined] = [s for s in rests if s.name == symbol]
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
    for name in turn(texts, 6):
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
    proof = Proof("P0", Library({}))
    proof.refl(x)
    (tmp_path / "P0.json").write_text(encode(proof), encoding="utf-8")
    (tmp_path / replay.SEALS).write_bytes(text.encode("utf-8", errors="surrogatepass"))
    assert replay.main([], tmp_path) == 1
    assert "REFUSED" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------- terms
@pytest.mark.parametrize(
    "symbol",
    [
        ["f", ["x", "", "real"], []],
        ["f", ["x", "X", "real"], [0]],
        ["f", ["x", None, "real"], []],
        ["f", ["x", {"X": 1}, "real"], [0]],
        ["f", ["x", 0, "real"], []],
        ["f", "xyz", []],
        ["E", ["mu", "", "X"], [1]],
    ],
)
def test_the_argument_sorts_of_a_symbol_are_a_list(symbol: list):
    """A string of sorts is no list of sorts, also where it has as many letters as there are arguments; no seal is needed to see it."""
    terms = [["f", ["o", [], "X"], []], ["q", "1", []], symbol, ["=", None, [2, 2]]]
    steps = [["certificate", [], ["#3", [], [], []], ""]]
    with pytest.raises(Refused, match="A: term 2"):
        Replayer({"A": stored("A", terms, steps, [[], 3])}).theorem("A")
    terms[2] = ["f", ["x", ["X"], "real"], [0]]
    assert Replayer({"A": stored("A", terms, steps, [[], 3])}).theorem("A"), "with a list the same proof is one"


def test_nodes_with_too_many_or_too_few_children_are_refused():
    one, index = num(1), mk("b", (0, "X"))
    for bad in (
        ("q", one.value, (x,)),
        ("b", (0, "X"), (x,)),
        ("^", None, (x, n, n)),
        ("^", None, (x,)),
        ("inv", None, (x, y)),
        ("inv", None, ()),
        ("sum", None, (n, x, x)),
        ("prod", None, (n,)),
        ("+", None, ()),
        ("=", None, (x, y, x)),
        ("<=", None, (x,)),
        ("all", "X", (lt(0, x), lt(0, x))),
        ("and", None, (lt(0, x),)),
        ("f", ("f", ("X",), "real"), ()),
        ("f", ("f", "X", "real"), (u,)),
        ("E", ("mu", (), "X"), (u, index)),
        ("+", "data", (x, y)),
        (
            "q",
            7_919_001,
            (),
        ),  # an int that equals no constant made before: an equal one would be found in the table, as that constant
        ("b", (7, "X", "X"), ()),
        ("b", (-1, "X"), ()),
        ("b", (0, "bool"), ()),
        ("b", (0, "1X"), ()),
        ("b", (True, "NoSuchSort"), ()),
    ):
        with pytest.raises((ProofError, IndexError, ValueError)):
            mk(*bad)


def test_what_may_be_negative_or_fractional_is_not_natural(p):
    """0 <= t follows from the sort alone, so no term that can be negative may be natural."""
    for term in (x**n, x + n, x * n, 1 / (n + 1), -1 * n, num(-1), total(n, m, x), E(measure("law", "", "nat"), n, n)):
        refused(p, "nat_nonneg", [], [term], match="not a natural")
    half = mk("q", num(1).value / 2)
    F = fn("F", "nat X -> nat")
    refused(p, "define", [], [fn("half", "-> nat")(), half], match="another sort")
    refused(p, "define_rec", [], [F(n, u), half, n], match="another sort")
    refused(p, "define_rec", [], [F(n, u), num(0), F(n, u) * half], match="another sort")


# ------------------------------------------------------------------------------------------- rules
def test_rewrite_does_not_identify_two_arguments(p):
    """From forall u. f(u) = g(u, v) nothing follows about g(u, u)."""
    equation = p.assume(all_of(u, eq(f(u), g2(u, v))))
    hole = fn("_F", "X -> real")
    refused(
        p,
        "rewrite",
        [equation, p.refl(E(mu, u, f(u)))],
        [hole(v), eq(E(mu, u, f(u)), E(mu, u, hole(u)))],
        match="match the hole",
    )
    refused(
        p, "rewrite", [equation, p.refl(f(u))], [fn("_F", "X X -> real")(u, u), eq(f(u), f(u))], match="match the hole"
    )


def test_rewrite_needs_an_equation(p):
    order = p.assume(all_of(u, le(f(u), g2(u, v))))
    hole = fn("_F", "X -> real")
    refused(p, "rewrite", [order, p.refl(f(u))], [hole(element("X", "z")), eq(f(u), hole(u))], match="not an equation")


def test_nat_split_needs_the_order(p):
    """From m <= n there is a d with n = m + d; from n <= m there is none."""
    fact = p.step(
        "certificate", [p.assume(eq(n, m + d)), p.nat_nonneg(d)], [le(m, n), [["1", ["1"], []]], [[num(-1), "0"]], []]
    )
    assert p.step("nat_split", [p.assume(le(m, n)), fact], [m, n, d]).hyps == {le(m, n)}
    refused(p, "nat_split", [p.assume(le(n, m)), fact], [m, n, d], match="malformed")
    refused(p, "nat_split", [p.assume(le(x, y)), fact], [x, y, d], match="malformed")


def test_what_a_recursion_rests_on_is_fixed(p):
    """Also through a chain of definitions, and when only the step or only the base mentions it."""
    made = p.step("define_rec", [], [fn("R", "nat -> real")(n), num(0), fn("R", "nat -> real")(n) + x]).right.spec(n)
    refused(p, "generalise", [made], [x], match="fixed")
    base = p.step("define_rec", [], [fn("Q", "nat -> real")(n), y, fn("Q", "nat -> real")(n)]).right.spec(n)
    refused(p, "generalise", [base], [y], match="fixed")
    chain = p.step("define", [], [fn("C", "-> real")(), fn("R", "nat -> real")(num(3))])
    refused(p, "inst", [chain], [[x, num(0)]], match="fixed")
    refused(p, "inst", [chain], [[fn("C", "-> real")(), num(0)]], match="fixed")
    refused(p, "define", [], [x, num(0)], match="earlier definition")
    assert p.step("generalise", [p.refl(x)], [x]), "a theorem without the symbols is about every x"


def test_only_variables_are_generalised(p):
    for term in (num(1), x + y, f(u), E(mu, u, f(u))):
        refused(p, "generalise", [p.refl(x)], [term], match="not a variable")


def test_a_definition_does_not_take_a_parameter_that_is_fixed(p):
    """With C := x, a parameter x of F(x) := C would make C depend on the argument: F(0) = C = F(1) = 1."""
    p.step("define", [], [fn("C", "-> real")(), x])
    refused(p, "define", [], [fn("F", "real -> real")(x), fn("C", "-> real")() - x], match="fixed")
    refused(p, "define_rec", [], [fn("R", "nat real -> real")(n, x), fn("C", "-> real")(), x], match="fixed")


def test_spec_at_a_name_that_is_bound_below_keeps_them_apart(p):
    """From forall u. f(u) = 0 => forall v. f(u) <= f(v), at v: a statement about v and another point."""
    special = p.assume(all_of(u, implies(eq(f(u), 0), all_of(v, le(f(u), f(v)))))).spec(v)
    assert special.concl is implies(eq(f(v), 0), all_of(u, le(f(v), f(u))))
    assert special.concl is not implies(eq(f(v), 0), all_of(v, le(f(v), f(v))))


def test_fresh_names_are_fresh_for_every_argument(p):
    """The rules that make bound variables from names (_c, _i, _j, _u, _x, _y) do not capture symbols of these names."""
    own = {"_c": element("X*", "_c"), "_i": nat("_i"), "_j": nat("_j"), "_u": element("X", "_u")}
    c, i, j, w = element("X*", "other_c"), nat("other_i"), nat("other_j"), element("X", "other_u")
    pairs = [(c, own["_c"]), (i, own["_i"]), (j, own["_j"]), (w, own["_u"])]
    F = fn("F", "X X X* nat nat X -> real")

    def pair_mean(c, i, j, w):
        return E(mu, u, E(mu, v, F(u, v, c, i, j, w)))

    for rule, mean, counts in (
        ("iid_pair", pair_mean, (i, j, i + j)),
        ("iid_swap", pair_mean, (i, j, i + j)),
        ("iid_sum", lambda c, i, j, w: E(mu, u, F(u, u, c, i, j, w)), (i, j)),
        ("iid_prod", lambda c, i, j, w: E(mu, u, F(u, u, c, i, n, w)), (j,)),
    ):
        for count in counts:
            extra = {"iid_prod": [n], "iid_swap": [real("s"), E(mu, u, F(u, u, c, i, j, w))]}.get(rule, [])
            named_extra = [instantiate(x, pairs) for x in extra]
            plain = p.step(rule, [], [mean(c, i, j, w), count, *extra]).inst(*pairs)
            named = p.step(rule, [], [mean(*own.values()), instantiate(count, pairs), *named_extra])
            assert plain.concl is named.concl
    x_named, y_named = element("X", "_x"), element("X", "_y")
    g3 = fn("g3", "X X X X -> real")
    plain = p.step("fubini", [], [E(mu, u, E(mu, v, g3(u, v, w, c := element("X", "more"))))]).inst(
        (w, x_named), (c, y_named)
    )
    assert plain.concl is p.step("fubini", [], [E(mu, u, E(mu, v, g3(u, v, x_named, y_named)))]).concl


def test_mono_is_strict_over_clouds_too(p):
    c = element("X*", "c")
    fact = p.assume(all_of(c, lt(f(at(c, 0)), x)))
    assert p.mono(fact, E(draws(n, mu), c, f(at(c, 0))), E(draws(n, mu), c, x)).concl.op == "<"


def test_a_measure_is_defined_by_unary_functions_only(p):
    ff, a, b = fn("ff", "X -> real"), real("a"), real("b")
    natural, binary = fn("nn", "X -> nat"), fn("bb", "X X -> real")
    head, anything = E(measure("law", "", "X"), u, ff(u)), [p.refl(x)] * 3
    for one, two in (
        (binary(u, v), ff(u)),
        (ff(u), binary(u, v)),
        (natural(u), ff(u)),
        (ff(u), x),
        (ff(u), natural(u)),
    ):
        refused(p, "define_measure", anything, [head, f(v), one, two, a, b], match="unary")
    refused(
        p, "define_measure", anything, [E(finite_set("A", "", "X"), u, ff(u)), f(v), ff(u), f(u), a, b], match="unary"
    )
    refused(p, "define_measure", anything, [head, f(v), ff(u), ff(u), a, b], match="not fresh")
    refused(p, "define_measure", anything, [head, ff(v), ff(u), f(u), a, b], match="linearity")
    refused(p, "define_measure", anything, [head, ff(v) + f(v), ff(u), f(u), a, b], match="not fresh")
    refused(p, "define_measure", anything, [head, a * ff(v), ff(u), f(u), a, b], match="not fresh")
    refused(p, "define_measure", anything, [head, head, ff(u), f(u), a, b], match="not fresh")
    refused(p, "define_measure", anything, [head, ff(v), ff(u), f(u), n, b], match="malformed")


def test_only_functions_are_defined_by_an_equation(p):
    """E[mu](f) := 2 E[nu](f) has total mass 2."""
    nu = measure("nu", "", "X")
    twice = 2 * E(nu, u, f(u))
    refused(p, "define", [], [E(mu, u, f(u)), twice], match=r"variable|function|malformed|circular")
    refused(
        p,
        "define_rec",
        [],
        [E(measure("law", "nat", "X")(n), u, f(u)), twice, twice],
        match=r"variable|function|malformed|circular",
    )
    assert not p.theory.defs
