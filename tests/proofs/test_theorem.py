"""A sealed theorem as sympy objects: every statement can be read, and what is read is what is sealed."""

import pickle
import random
import subprocess
import sys
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp

from proofs import bounds, registry, theorem
from proofs.catalogue import FORMS, ROWS
from proofs.kernel.replay import load
from proofs.language.bridge import same
from tests.effort import turn

STORED = frozenset(load())
STATEMENTS = sorted(name for name, s in registry.load().items() if s.source != "lemma" and name in STORED)


@pytest.mark.by_turn
@pytest.mark.parametrize("name", turn(STATEMENTS, 28))
def test_every_statement_reads_as_sealed(name):
    th = theorem(name)
    hyps, conclusions = registry.claim_of(bounds.claim(name))
    assert all(same(shown, node) for shown, node in zip(th.conclusions, conclusions, strict=True))
    assert len(th.formulas) == len(hyps) == len(th.hypotheses)
    assert th.name in repr(th) and th._repr_latex_().startswith("$") and th.words


def test_the_symbols_carry_what_the_hypotheses_say():
    S3 = theorem("S3.uniform")
    assert S3.N.is_positive and S3.N.is_integer and S3.eps.is_nonnegative
    assert {S3.N, S3.eps, S3.L} <= S3.rhs.free_symbols
    with pytest.raises(AttributeError, match="not delta"):
        S3.delta  # noqa: B018
    with pytest.raises(KeyError, match="no symbol particles"):
        S3.at(particles=3)
    with pytest.raises(KeyError, match="no statement 'S99'"):
        theorem("S99")
    with pytest.raises(IndexError, match="no part 7"):
        theorem("S1", 7)


def test_hypotheses_are_named_in_words():
    names = theorem("P0").hypotheses
    assert {"value recursion", "Bellman error", "potentials are non-negative"} <= set(names)
    S3 = theorem("S3.uniform")  # its proof has no words of its own: those of `prove`
    assert (
        str(S3.hypotheses["there is a particle"]) == "0 < N"
        and str(S3.hypotheses["the root is live"]) == "Eq(dead(0, root), 0)"
    )
    assert {"the Bellman error is at most eps (Assumption 3.2)", "1 <= L"} <= set(S3.hypotheses)
    assert "\n    the Bellman error is at most eps (Assumption 3.2)\n        forall t:nat." in repr(S3)


def test_values_go_in():
    S1 = theorem("S1")
    shown = S1.at(eps=sp.Rational(1, 4), n=2)
    assert shown.rhs == bounds.evaluate("S1", "uniform", T=3, eps=Fraction(1, 4))


@pytest.mark.parametrize("eps, n", [(Fraction(1, 4), 3), (Fraction(1, 10**9), 5), (Fraction(3), 20)])
def test_backends_agree_with_the_exact_value(eps, n):
    S1 = theorem("S1")
    assert S1.arguments() == ["eps", "n"]
    exact = bounds.evaluate("S1", "uniform", T=n + 1, eps=eps)
    ball = S1.numeric("arb")(eps, n)
    assert ball.contains(flint.arb(flint.fmpq(exact.numerator, exact.denominator)))
    with mpmath.workdps(60):
        value = S1.numeric("mpmath")(mpmath.mpf(eps.numerator) / eps.denominator, n)
        assert abs(value - mpmath.mpf(exact.numerator) / exact.denominator) < mpmath.mpf(10) ** -50 * (1 + value)
    if eps > Fraction(1, 100):
        assert S1.numeric("numpy")(np.float64(eps), n) == pytest.approx(float(exact))


def values_of(form, draw: random.Random) -> dict:
    """A value for every symbol and function of a form, rational; counts and indices natural, ratios at least one."""
    out: dict = {
        "n": 3,
        "m": 0,
        "y": 0,
        "z": 0,
        "w": 0,
        "y0": 0,
        "N": 7,
        "T": 4,
        "k": 2,
        "j": 2,
        "B": 3,
        "J": 3,
        "h": 1,
        "root": 0,
    }
    for name in ("eps", "L", "R", "delta", "C_act", "C", "K", "a", "b", "s", "omega"):
        out.setdefault(name, 1 + Fraction(draw.randint(0, 9), draw.randint(1, 9)))
    table = [1 + Fraction(draw.randint(0, 9), draw.randint(1, 9)) for _ in range(20)]
    functions = {
        name: lambda k, *_: table[k]
        for name in ("q b r chi V Vstar psi rho state pi excess A PF PFF PFK kappa conductances aim growthJ bv".split())
    } | {name: lambda k, *_: table[k] - 3 for name in ("alpha", "beta", "third", "fourth")}
    return out | functions | {"second": lambda k, *_: table[k] + 2}  # more than pi: balls have no root at an exact zero


FORMS_READ = sorted(
    {
        (f.sealed, f.part, f.side)
        for f in FORMS.values()
        if not f.laws and not {"PV", "mu", "first"} & {*f.names, *f.where}
    }
)


@pytest.mark.by_turn
@pytest.mark.parametrize("sealed, part, side", turn(FORMS_READ, 14))
def test_every_backend_agrees_with_the_enclosure(sealed, part, side):
    """Closed forms with sums, products and functions of time too."""
    th, which = theorem(sealed, part), "rhs" if side else "lhs"
    values = values_of(sealed, random.Random(sealed))
    functions = {name: v for name, v in values.items() if callable(v)}
    args = [values[name] for name in th.arguments(which)]
    args = [Fraction(3, 2) if callable(x) else x for x in args]
    ball = th.numeric("arb", which, **functions)(*args)
    with mpmath.workdps(30):
        read = th.numeric("mpmath", which, **functions)(*args)
        assert abs(read - mpmath.mpf(ball.mid().str(25, radius=False))) < 1e-12 * (1 + abs(read))
    floats = {name: lambda *a, v=v: float(v(*a)) for name, v in functions.items()}
    plain = [float(x) if isinstance(x, Fraction) else x for x in args]
    assert float(th.numeric("numpy", which, **floats)(*plain)) == pytest.approx(float(read), rel=1e-9)
    exact = th.numeric("sympy", which, **{n: lambda *a, v=v: sp.Rational(v(*a)) for n, v in functions.items()})
    symbols = [sp.Rational(x.numerator, x.denominator) if isinstance(x, Fraction) else x for x in args]
    assert float(exact(*symbols)) == pytest.approx(float(read), rel=1e-9)


@pytest.mark.by_turn
@pytest.mark.parametrize("name", ROWS)
def test_every_id_of_the_theory_is_a_theorem_or_says_where_its_parts_are(name):
    if name in STORED:
        assert theorem(name).hypotheses
        return
    with pytest.raises(KeyError, match=r"proved in parts: .*|stated, not proved"):
        theorem(name)


@pytest.mark.parametrize("typed, meant", [("s3", "S3"), ("S3uniform", "S3.uniform"), ("s13.Uniform", "S13.uniform")])
def test_a_misspelt_id_is_answered_with_the_one_that_is_meant(typed, meant):
    with pytest.raises(KeyError, match=rf"{meant}\b.*\?"):
        theorem(typed)


def test_functions_are_attributes_and_take_values():
    S5 = theorem("S5")
    assert S5.rhs.replace(S5.b, lambda t: sp.Integer(3)).doit() == (1 + 2 / S5.N) ** (S5.n + 1)
    assert S5.at(b=lambda t: 3, N=10, n=4).rhs == sp.Rational(12, 10) ** 5
    assert S5.at(b=lambda t: t, N=2, n=1).rhs == sp.Rational(1, 2)  # (1 - 1/2) (1 + 0)
    with pytest.raises(TypeError, match="b=lambda t: 3"):
        S5.at(b=3)
    with pytest.raises(AttributeError, match="functions B, V, Vstar, b"):
        S5.c  # noqa: B018


def test_sympy_s_own_tools_take_it():
    S3 = theorem("S3.uniform")
    assert sp.latex(S3) == S3._repr_latex_().strip("$")
    for statement in (S3, theorem("S5"), theorem("S18.steps")):
        assert pickle.loads(pickle.dumps(statement.lhs)) == statement.lhs


@pytest.mark.parametrize("name", ["S3.uniform", "S4.uniform", "S8.uniform", "S13.uniform", "P3"])
def test_the_bias_is_shown_as_the_field_writes_it(name):
    shown, line = theorem(name)._repr_markdown_(), theorem(name)._repr_latex_()
    for written in (shown, line):
        assert r"\left|\mathbb{E}\, F(\mathrm{output}) - \pi(F)\right| \le" in written
        assert r"the Bellman error is at most $\varepsilon$ (Assumption 3.2)" in written
        assert not any(word in written for word in ("W_{0}", "first", "forall", r"\mathrm{join}", "hypotheses"))


def test_floats_are_no_input_for_an_enclosure():
    with pytest.raises(TypeError, match="an enclosure of a float"):
        theorem("S1").numeric("arb")(0.1, 3)
    with pytest.raises(ValueError, match="backend"):
        theorem("S1").numeric("jax")


def test_the_left_side_on_a_model_of_one_s_own():
    R = theorem("S0.variance_ratio")
    values = {0: mpmath.mpf(2), 1: mpmath.mpf(1) / 2}
    with mpmath.workdps(30):
        law = [(mpmath.mpf(1) / 3, 0), (mpmath.mpf(2) / 3, 1)]
        left = R.numeric("mpmath", "lhs", mu=lambda: law, h=lambda v: values[v])()
        assert left <= R.numeric("mpmath")(4) and abs(left - mpmath.mpf(1) / 2) < 1e-25


def test_importing_proofs_is_cheap():
    script = "import sys, proofs; sys.exit('sympy' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0
    with pytest.raises(ImportError):
        from proofs import nonsense  # noqa: F401
