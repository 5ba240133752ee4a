"""Bounds are read from the sealed statements: they agree with closed forms written here, and move when a statement moves."""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
import sys
from fractions import Fraction

import flint
import gmpy2
import pytest

from proofs import bounds
from proofs.catalogue import FORMS, known_forms
from proofs.kernel.printing import show
from proofs.kernel.replay import SEALS, STORED, Refused, Replayer, decode_term, fingerprint, load, load_seals
from proofs.language.terms import evaluate
from proofs.registry import bound_of, claim_of

ONE = Fraction(1)


def square(draw: random.Random) -> Fraction:
    """The square of a rational of at least 1."""
    return (1 + Fraction(draw.randint(0, 9), draw.randint(1, 9))) ** 2


def value(draw: random.Random, key: tuple[str, str], name: str):
    """A value for an input: counts small, eps >= 0, everything else at least 1; instance constants are squares of rationals."""
    if name == "pistar":
        return [Fraction(1, 6), Fraction(1, 3), Fraction(1, 2)]
    if name in ("pi", "aim"):
        return [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)]
    if name in ("alpha", "beta"):
        return [Fraction(draw.randint(-4, 4), draw.randint(1, 3)) for _ in range(3)]
    if name in ("V", "Vstar", "second", "third", "fourth", "growthJ"):
        return [square(draw) for _ in range(3)]
    if name in ("q", "r", "chi", "PV", "excess", "bv"):
        return [square(draw) for _ in range(draw.randint(1, 4))]
    if key == ("S16", "step"):  # one step: one b
        return square(draw)
    if name == "b":  # b (b - 1) is a square at b = s/(s - 1), s a square
        return [s / (s - 1) for s in (square(draw) * 4 for _ in range(draw.randint(1, 4)))]
    if name in bounds.COUNTS:
        return draw.randint(1, 6) ** (2 if name == "N" else 1) * (3 if key[0] == "P4" else 1)
    if name == "eps":
        return Fraction(draw.randint(0, 9), draw.randint(1, 9))
    return square(draw)


def inputs(key: tuple[str, str], seed: int) -> dict:
    draw = random.Random(f"{key} {seed}")
    return {name: value(draw, key, name) for name in FORMS[key].names}


def root(x: Fraction) -> Fraction:
    found = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
    assert found**2 == x
    return found


def binomials(N: int, b: list[Fraction], power: int) -> Fraction:
    """The moment of prod_k (b_k/N) Bin(N, 1/b_k), by the law of each."""
    return math.prod(
        sum(math.comb(N, m) * (1 / x) ** m * (1 - 1 / x) ** (N - m) * (x * m / N) ** power for m in range(N + 1))
        for x in b
    )


EXPECTED = {
    ("P0", "uniform"): lambda n, eps: (1 + eps) ** n,
    ("P1", "uniform"): lambda n, L, eps: (L * (1 + eps) ** n) ** 2,
    ("P2", "instance"): lambda N, q: sum(x**3 - x for x in q) / 2 / N,
    ("P3", "uniform"): lambda N, T, L, eps: T * (L * (1 + eps) ** (T - 1)) ** 6 / 2 / N,
    ("P5", "uniform"): lambda T, eps: 2 * eps * T,
    ("S1", "instance"): lambda r: (math.prod(r) + 1 / math.prod(r) - 2) / 4,
    ("S1", "uniform"): lambda T, eps: ((1 + eps) ** (2 * T - 2) + (1 + eps) ** (2 - 2 * T) - 2) / 4,
    ("S1", "naive"): lambda T, L: (L ** (2 * T) + L ** (-2 * T) - 2) / 4,
    ("S2", "instance"): lambda r: 1 - 2 / (1 + root(math.prod(r))),
    ("S2", "uniform"): lambda T, eps: 1 - 2 / (1 + (1 + eps) ** (T - 1)),
    ("S3", "instance"): lambda N, q: sum(root(x) * (root(x) - 1) for x in q) / 2 / N,
    ("S3", "uniform"): lambda N, T, L, eps: T * (L * (1 + eps) ** (T - 1)) ** 2 / 2 / N,
    ("S4", "instance"): lambda N, b: sum(2 * (x - 1) + root(x * (x - 1)) for x in b) / 2 / N,
    ("S4", "uniform"): lambda N, T, L, eps: 3 * T * L * (1 + eps) ** (2 * T - 1) / 2 / N,
    ("S5", "instance"): lambda N, b: math.prod((N + x - 1) / N for x in b),
    ("S5", "bias"): None,  # a root of a product: compared by its square below
    ("S7", "instance"): lambda H, R: ((R - 1) / R) ** (H - 1) * (1 - 2 / (1 + root(R))),
    ("S7", "uniform"): lambda H, T, eps: (
        (1 - (1 + eps) ** (2 - 2 * T)) ** (H - 1) * (1 - 2 / (1 + (1 + eps) ** (T - 1)))
    ),
    ("S8", "instance"): lambda N, q: sum(root(x) * (root(x) - 1) for x in q) / 2 / N,
    ("S8", "uniform"): lambda N, T, eps: sum(((1 + eps) ** (T - p)) * ((1 + eps) ** (T - p) - 1) for p in range(1, T + 1)) / 2 / N,
    ("S10", "certificate"): lambda pi, second: sum(max(p - p * p / k, ONE * 0) for p, k in zip(pi, second, strict=True)),
    ("S11", "certificate"): lambda pi, second, third, fourth, alpha, beta: sum(
        max(p - 2 * (a * p + b * k) + a * a * k + 2 * a * b * m + b * b * q, ONE * 0)
        for p, k, m, q, a, b in zip(pi, second, third, fourth, alpha, beta, strict=True)
    ),
    ("S11", "instance"): None,  # roots: compared by the square of what stands beside the first term below
    ("S11", "normaliser"): lambda N, b: 6 * binomials(N, b, 2) - 4 * binomials(N, b, 3) + binomials(N, b, 4) - 3,
    ("S12", "instance"): lambda N, b: 1 - 1 / math.prod(1 + (x - 1) / N for x in b),
    ("S12", "uniform"): lambda N, T, L, eps: T * L * (1 + eps) ** (2 * T - 1) / N,
    ("S12", "average"): lambda N, excess: sum(excess) / N,
    ("S12", "adapted"): lambda N, b: 1 - 1 / math.prod(1 + (x - 1) / N for x in b),
    ("S12", "adapted uniform"): lambda N, T, eps: 1 - 1 / math.prod(1 + ((1 + eps) ** (2 * k) - 1) / N for k in range(T)),
    ("S14", "instance"): lambda N, b: math.prod((N + x - 1) / N for x in b),
    ("S14", "bias"): None,  # a root of a product: compared by its square below
    ("S14", "linear"): lambda N, b: 1 - 1 / (1 + math.prod((N + x - 1) / N for x in b) - (1 - ONE / N) ** len(b)),
    ("S14", "average"): lambda aim, growthJ: sum(p * max(1 - 1 / a, ONE * 0) for p, a in zip(aim, growthJ, strict=True)),
    ("S13", "adapted"): None,
    ("S13", "adapted uniform"): lambda N, T, eps: sum((1 + eps) ** (2 * k) - 1 for k in range(T)) / 4 / N,
    ("S13", "instance"): None,  # a root of a product: compared by its square below
    ("S13", "uniform"): lambda N, T, L, eps: T * (L * (1 + eps) ** (T - 1)) ** 2 / 4 / N,
    ("S6", "uniform"): lambda T, eps, delta: (ONE - 2 * delta) * (1 + eps) ** (2 * T - 2) / 2 - 1,
    ("P4", "uniform"): lambda T, eps: ((1 + eps) ** (2 * (T // 3)) - 6) / 6,
    ("S9", "lower"): lambda N, T: (1 - ONE / N) ** 2 * (1 - (1 - ONE * 3 / (2 * N)) ** (T - 1)) / 36,
    ("S16", "instance"): lambda omega, b: 1 - 1 / math.prod(1 + omega * (x - 1) for x in b),
    ("S16", "normaliser"): lambda omega, b: math.prod(1 + omega * (x - 1) for x in b),
    ("S16", "odds"): None,  # a root of a product: compared by its square below
    ("S16", "threshold"): lambda omega, bv: math.prod(1 + omega * x for x in bv),
    ("S16", "adapted"): lambda omega, b: 1 - 1 / math.prod(1 + omega * (x - 1) for x in b),
    ("S16", "adapted normaliser"): lambda omega, b: math.prod(1 + omega * (x - 1) for x in b),
    ("S16", "adapted odds"): None,
    ("S16", "adapted threshold"): lambda omega, bv: math.prod(1 + omega * x for x in bv),
    ("S16", "step"): lambda omega, b: 1 + omega * (b - 1),
    ("S17", "sweep"): lambda N, b: math.prod(1 + (2 * x - 1) / N for x in b),
    ("S17", "sweeps"): lambda N, H, b: (1 - 1 / math.prod(1 + (2 * x - 1) / N for x in b)) ** H,
    ("S15", "lower"): lambda N, s, m: s / 2**m - (2 * N * s**2 + s) * (N * s**2 + s + ONE * 6 / N) ** m,
    ("S15", "upper"): None,  # a root of 1/N: compared by its power below
    ("S18", "gap"): lambda A: A,
    ("S18", "visits"): None,  # the root of kappa - 1: compared by its square below
    ("S18", "density"): lambda kappa: kappa,
    ("S18", "steps"): lambda J, kappa, conductances: kappa * (2 * conductances * J - 1),
    ("S9", "upper"): lambda N, T: ONE * T / (2 * N),
    ("G3", "identity"): lambda pistar, V, Vstar: (
        sum(p * v / w for p, v, w in zip(pistar, V, Vstar, strict=True))
        * sum(p * w / v for p, v, w in zip(pistar, V, Vstar, strict=True))
    ),
    ("G1", "published"): lambda N, C_act, chi: root(C_act / N) * sum(1 + root(x) for x in chi),
    ("G1", "sharper"): lambda N, PV: sum(map(root, PV)) / root(Fraction(N)) / 2,
}  # fmt: skip


def test_every_closed_form_has_an_expectation_here():
    assert set(EXPECTED) == set(FORMS)


@pytest.mark.parametrize("key", [k for k, v in EXPECTED.items() if v], ids=" ".join)
def test_agrees_with_the_closed_form_written_here(key):
    for seed in range(12):
        given = inputs(key, seed)
        found = bounds.evaluate(*key, **given)
        assert isinstance(found, Fraction) and found == EXPECTED[key](**given), given


@pytest.mark.parametrize("key", FORMS, ids=" ".join)
def test_any_exact_number_type_and_balls_agree(key):
    for seed in range(6):
        given = inputs(key, seed)

        def as_type(convert, given=given):
            return {
                name: v if name in bounds.COUNTS else [convert(x) for x in v] if isinstance(v, list) else convert(v)
                for name, v in given.items()
            }

        plain = bounds.evaluate(*key, **given)
        same = bounds.evaluate(*key, **as_type(lambda x: gmpy2.mpq(x.numerator, x.denominator)))
        balls = bounds.evaluate(*key, **as_type(lambda x: flint.arb(flint.fmpq(x.numerator, x.denominator))))
        assert isinstance(balls, flint.arb) or set(given) <= bounds.COUNTS
        if not isinstance(balls, flint.arb):
            continue
        if isinstance(plain, flint.arb):
            assert balls.overlaps(plain) and same.overlaps(plain)
        else:
            assert same == plain and balls.overlaps(flint.arb(flint.fmpq(plain.numerator, plain.denominator)))


@pytest.mark.parametrize("form", ["instance", "adapted"])
def test_the_odds_bound_is_where_its_odds_are_the_root_of_the_product(form):
    """((1 + x)/(1 - x))^2 = Q for the bound x of S13."""
    for seed in range(12):
        given = inputs(("S13", form), seed)
        found = bounds.evaluate("S13", form, **given)
        x = found if isinstance(found, flint.arb) else flint.arb(flint.fmpq(found.numerator, found.denominator))
        Q = math.prod((given["N"] - 1 + value) / given["N"] for value in given["q"])
        ratio = (1 + x) / (1 - x)
        assert (ratio * ratio).contains(flint.arb(flint.fmpq(Q.numerator, Q.denominator)).mid())
    assert bounds.evaluate("S13", form, N=1, q=[Fraction(4)]) == Fraction(1, 3)


@pytest.mark.parametrize("form", ["odds", "adapted odds"])
def test_the_odds_bound_on_slots_takes_a_share_twice(form):
    """((1 + x)/(1 - x))^2 = prod (1 + 2 omega (q_p - 1)) for the bound x of S16's odds."""
    for seed in range(12):
        given = inputs(("S16", form), seed)
        wanted = math.prod(1 + 2 * given["omega"] * (x - 1) for x in given["q"])
        found = bounds.ball(bounds.evaluate("S16", form, **given))
        assert (((1 + found) / (1 - found)) ** 2).contains(flint.fmpq(wanted.numerator, wanted.denominator))
    assert bounds.evaluate("S16", form, omega=Fraction(1, 2), q=[Fraction(4)]) == Fraction(1, 3)


@pytest.mark.parametrize("statement", ["S5", "S14"])
def test_the_bias_has_the_square_of_its_closed_form(statement):
    """(prod (1 + (b_p - 1)/N) - 1)/4."""
    for seed in range(12):
        given = inputs((statement, "bias"), seed)
        found = bounds.evaluate(statement, "bias", **given)
        x = found if isinstance(found, flint.arb) else flint.arb(flint.fmpq(found.numerator, found.denominator))
        square = (math.prod((given["N"] + b - 1) / given["N"] for b in given["b"]) - 1) / 4
        assert (x * x).overlaps(flint.arb(flint.fmpq(square.numerator, square.denominator)))
    assert bounds.evaluate(statement, "bias", N=2, b=[Fraction(3, 2), Fraction(3, 2)]) == Fraction(3, 8)


def test_the_bias_in_closed_form_is_a_quarter_of_a_range_and_two_roots():
    """One step, four particles, b = 2, by hand: beta = 5/4, 1 - 1/N = 3/4, B = Bin(4, 1/2)/2 with E (B - 1)^4 = 5/32, (1 + 1/4) 5/4 - 1 =
    9/16: 1/8 + sqrt(5/32) (3/8 + 1/2).  With b = 1 at one particle: 1/4."""
    by_hand = bounds.evaluate("S11", "instance", N=4, b=[Fraction(2)]) - flint.arb(1) / 8
    assert (by_hand * by_hand).contains(flint.arb(5) / 32 * 49 / 64)
    assert bounds.evaluate("S11", "instance", N=1, b=[ONE]) == Fraction(1, 4)
    for seed in range(12):
        given = inputs(("S11", "instance"), seed)
        N, b = given["N"], given["b"]
        beta, fourth = math.prod((N + x - 1) / N for x in b), EXPECTED["S11", "normaliser"](N, b)
        roots = [bounds.ball(x).sqrt() for x in (fourth, (1 + Fraction(len(b), N)) * beta - 1, beta - 1)]
        first = bounds.ball((beta - (1 - ONE / N) ** len(b)) / 4)
        assert bounds.evaluate("S11", "instance", **given).overlaps(first + roots[0] * (roots[1] / 2 + roots[2]))


def test_the_upper_half_of_s15_has_the_power_of_its_closed_form():
    """(2^T - 1) C K times the least number above N^(-r/(2r-1)) that 64 bits and those of N give; exact where the root is rational."""
    for seed in range(12):
        given = inputs(("S15", "upper"), seed)
        N, T = given["N"], given["T"]
        r = max(1, T // 2)
        root = bounds.evaluate("S15", "upper", **given) / ((2**T - 1) * given["C"] * given["K"])
        assert 1 <= root ** (2 * r - 1) * N**r <= 1 + Fraction(1, 2**50)
        given["N"] = 7 ** (2 * r - 1)
        assert bounds.evaluate("S15", "upper", **given) == (2**T - 1) * given["C"] * given["K"] / Fraction(7) ** r


def test_the_bound_on_visits_has_the_square_of_its_closed_form():
    """(kappa - 1)/4 (1 - 1/A)^(2 (J - 1))."""
    for seed in range(12):
        given = inputs(("S18", "visits"), seed)
        found = bounds.evaluate("S18", "visits", **given)
        x = found if isinstance(found, flint.arb) else flint.arb(flint.fmpq(found.numerator, found.denominator))
        square = (given["kappa"] - 1) / 4 * (1 - 1 / given["A"]) ** (2 * given["J"] - 2)
        assert (x * x).overlaps(flint.arb(flint.fmpq(square.numerator, square.denominator)))
    assert bounds.evaluate("S18", "visits", J=3, A=Fraction(5), kappa=Fraction(13, 4)) == Fraction(12, 25)


def test_roots_are_enclosed_when_they_are_irrational():
    found = bounds.evaluate("S5", "bias", N=3, b=[Fraction(3), Fraction(5, 2)])
    exact = ((1 + Fraction(2, 3)) * (1 + Fraction(1, 2)) - 1) / 4
    assert (
        isinstance(found, flint.arb)
        and (found * found).contains(flint.arb(flint.fmpq(3, 8)))
        and exact == Fraction(3, 8)
    )
    assert bounds.evaluate("S3", "instance", N=1, q=[4, 9]) == Fraction(4 - 2 + 9 - 3, 2)


@pytest.mark.parametrize("key", FORMS, ids=" ".join)
def test_infinite_inputs_claim_nothing(key):
    given = inputs(key, 0)
    for name, v in given.items():
        if name not in bounds.COUNTS:
            assert (
                bounds.evaluate(*key, **given | {name: [*v, math.inf] if isinstance(v, list) else math.inf}) == math.inf
            )


def test_a_closed_form_takes_the_rest_of_its_inputs_later():
    """By hand: S3 at q = (4, 9) is (2 (2 - 1) + 3 (3 - 1))/2/N, S7 at R = 4 is (3/4)^(H - 1) (1 - 2/3); n is known with H."""
    early, late = bounds.ClosedForm("S3", "instance", q=[4, 9]), bounds.ClosedForm("S7", "instance", R=Fraction(4))
    assert [early(N=n) for n in (1, 2, 8)] == [4, 2, Fraction(1, 2)]
    assert [late(H=h) for h in (1, 2, 3)] == [Fraction(1, 3), Fraction(1, 4), Fraction(3, 16)]
    with pytest.raises(TypeError, match="S7 instance takes H, R"):
        late(R=Fraction(9))


def test_the_root_of_a_negative_number_is_zero_as_in_the_kernel():
    assert bounds._exact_root(Fraction(-4)) == 0 == bounds._exact_root(Fraction(0)) and bounds._exact_root(
        Fraction(4, 9)
    ) == Fraction(2, 3)


def test_known_forms_are_those_on_the_model_and_then_those_of_the_sampler():
    found = [(row.id, form.form) for row, form in known_forms({"TV", "q_p"}, "mh")]
    assert found == [("P1", "uniform"), ("S7", "instance"), ("S7", "uniform")]


def test_wrong_inputs_are_named():
    with pytest.raises(TypeError, match="S1 uniform takes T, eps, not eps"):
        bounds.evaluate("S1", "uniform", eps=ONE)
    with pytest.raises(KeyError):
        bounds.evaluate("S1", "no such form", eps=ONE)


def test_bounds_are_the_terms_that_the_replay_proves(replayer):
    """What is read without replay is what the kernel proves: same term, for every sealed form."""
    for form in FORMS.values():
        both = claim_of(replayer.theorem(form.sealed), form.at.split())[1][form.part].kids
        assert bounds.bound(form.sealed, form.part, form.side, form.at) is both[form.side]
        if not form.at:
            assert bounds.bound(form.sealed, form.part) is bound_of(replayer.theorem(form.sealed), form.part)


def test_every_symbol_of_a_closed_form_is_an_input_or_said_by_its_row(replayer):
    """The names that a row gives are those of the statement: no symbol is left over, and no name means nothing there."""
    functions = {"sqrt", "exp", "log", "at"}
    for key, form in FORMS.items():
        theorem = replayer.theorem(form.sealed)
        term = bounds.bound(form.sealed, form.part, form.side, form.at)
        symbols = {symbol.name for symbol in term.free} - functions
        quantified = set(form.at.split())
        said = set(form.names) | set(form.where) | set(form.ones.split()) | quantified | {"root"}
        assert symbols <= said, f"{key}: {symbols - said}"
        statement = {symbol.name for symbol in theorem.free()} | quantified | {"T", "H", "J"}
        assert set(form.names) | set(form.where) | set(form.ones.split()) <= statement, key
        assert len(form.at.split()) == quantifiers(theorem.concl), f"{key}: one name for each quantified variable"


def quantifiers(formula) -> int:
    """The variables that a conclusion quantifies."""
    return (formula.op == "all") + sum(map(quantifiers, formula.kids if formula.op in ("all", "=>", "and") else ()))


def test_a_name_that_the_statement_has_already_is_refused():
    with pytest.raises(ValueError, match="V is a symbol of the statement already"):
        claim_of(bounds.claim("P0"), ("V",))


# ------------------------------------------------------------------------------------------- no drift
def changed_exponent(folder, name: str):
    """A copy of the stored proofs in which the exponent 2 reads 3 throughout the statement `name`."""
    shutil.copytree(STORED, folder)
    text = (folder / f"{name}.json").read_text()
    assert text.count('["q", "2", []]') == 1
    (folder / f"{name}.json").write_text(text.replace('["q", "2", []]', '["q", "3", []]'))
    return folder


def seal_anew(folder, name: str) -> None:
    data, terms = json.loads((folder / f"{name}.json").read_text()), []
    for entry in data["terms"]:
        terms.append(decode_term(entry, terms))
    hyps, concl = data["claim"]
    mark = fingerprint(bounds.Claim(frozenset(terms[h] for h in hyps), terms[concl]))
    (folder / SEALS).write_text(json.dumps(json.loads((folder / SEALS).read_text()) | {name: mark}))


def test_an_exponent_changed_in_the_statement_moves_the_bound_and_the_sealed_text(tmp_path):
    folder = changed_exponent(tmp_path / "stored", "S1")
    given = {"T": 3, "eps": Fraction(1, 2)}
    with pytest.raises(Refused, match="not the sealed statement"):
        bounds.evaluate("S1", "uniform", folder=folder, **given)
    seal_anew(folder, "S1")
    difference = Fraction(9, 4) - Fraction(4, 9)
    assert bounds.evaluate("S1", "uniform", **given) == difference**2 / 4
    assert bounds.evaluate("S1", "uniform", folder=folder, **given) == difference**3 / 4
    before, after = (show(bounds.claim("S1", where).concl) for where in (STORED, folder))
    assert before != after == before.replace("^2", "^3")
    with pytest.raises(Refused, match="S1: "):
        Replayer(load(folder), load_seals(folder)).theorem("S1")


def test_reading_a_bound_replays_nothing_and_needs_no_sympy():
    """A lazy load: neither the derivations nor sympy are imported, and no proof is replayed."""
    code = (
        "import sys; sys.modules['sympy'] = None; from proofs import bounds; from proofs.kernel import Theory\n"
        "def refuse(*a): raise AssertionError('a rule was applied')\n"
        "Theory.apply = refuse; from fractions import Fraction\n"
        "print(bounds.evaluate('S1', 'uniform', T=3, eps=Fraction(1)))\n"
        "assert not {'proofs.theory.s1_variance', 'proofs.derive.library', 'scipy', 'smc'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert Fraction(done.stdout) == evaluate(bound_of(bounds.claim("S1")), {"n": 2, "eps": ONE})
