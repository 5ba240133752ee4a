"""A sealed theorem as sympy objects: every statement can be read, and what is read is what is sealed."""

import subprocess
import sys
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp

from proofs import bounds, registry, theorem
from proofs.kernel.replay import load
from proofs.language.bridge import same

STATEMENTS = sorted(name for name, s in registry.load().items() if s.source != "lemma" and name in load())


@pytest.mark.parametrize("name", STATEMENTS)
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
