"""The layered model is declared once: symbols and hypotheses by name, and the statements are about them."""

import pytest
from sympy import Symbol, diff, simplify, solve, sqrt

from proofs.bounds import claim
from proofs.kernel.arithmetic import canonical
from proofs.language.bridge import same, to_kernel
from proofs.theory.model import HYPOTHESES, SMC, hypotheses, layered


def test_symbols_are_asked_for_by_name():
    t, V = layered.symbols("t V")
    x = layered.symbols("x")
    assert same(V(t, x), layered.terms("V")(*layered.terms("t x")))
    assert to_kernel(x) is layered.terms("x")
    with pytest.raises(KeyError):
        layered.symbols("V nonsense")


def test_hypotheses_are_asked_for_by_name():
    with pytest.raises(KeyError, match="no such hypothesis"):
        hypotheses("value recursion", "no such hypothesis")


def test_every_named_hypothesis_stands_in_a_sealed_statement():
    sealed = [
        {canonical(h) for h in claim(name).hyps}
        for name in ("P0", "P1", "S3", "S3.uniform", "S4.coverage", "S4.levels")
    ]
    for name, formula in HYPOTHESES.items():
        assert any(canonical(formula) in hyps for hyps in sealed), name


def test_the_setting_of_smc_is_that_of_the_sealed_statements():
    for name in ("S3", "P2", "S13", "S4"):
        hyps = {canonical(h) for h in claim(name).hyps}
        assert all(canonical(HYPOTHESES[asked]) in hyps for asked in SMC), name


def test_the_widest_gap_of_the_odds_is_solved_for():
    """s^2 a/(1 + (s^2 - 1) a) - a is largest at a = 1/(1 + s), where it is (s - 1)/(s + 1): the constant of S13.tv."""
    a, s = Symbol("a", positive=True), Symbol("s", positive=True)
    gap = s**2 * a / (1 + (s**2 - 1) * a) - a
    stars = [star for star in solve(diff(gap, a), a) if simplify(star - 1 / (1 + s)) == 0]
    assert len(stars) == 1
    assert simplify(gap.subs(a, stars[0]) - (s - 1) / (s + 1)) == 0
    q = Symbol("q", positive=True)
    assert simplify(((s - 1) / (s + 1)).subs(s, sqrt(q)) - (sqrt(q) - 1) / (sqrt(q) + 1)) == 0
