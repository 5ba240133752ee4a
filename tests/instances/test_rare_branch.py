"""S15's family: small chi-squares, perfect coverage, and a bias of the order of N^(-r/(2r-1))."""

from __future__ import annotations

import pytest

from smc.errors import InputError
from smc.exact import output_law
from smc.instances.rare_branch import rare_branch
from smc.numbers import ONE, Rational, Verdict, at_most, precision
from smc.samplers import particle_process
from smc.setting.analysis import analyse


@pytest.mark.parametrize(("n", "scaled"), [(2, ".1554"), (3, ".1599")])
def test_exact_laws_at_two_rounds(n, scaled):
    """N = n^3, s = 1/(3 n^2): TV >= 1/(9 n^2), and TV n^2 as tabled on the theory's page."""
    model, twist = rare_branch(rounds=2, mass=Rational(1, 3 * n * n))
    law = output_law(particle_process(model, twist, "naive"), n**3)
    tv = law.total_variation(analyse(model, twist).target)
    assert tv >= Rational(1, 9 * n * n)
    assert abs(tv * n * n - Rational(int(scaled[1:])) / 10**4) < Rational(1, 10**4)


@pytest.mark.by_turn
def test_certified_laws_keep_the_order():
    for n in (4, 5):
        model, twist = rare_branch(rounds=2, mass=Rational(1, 3 * n * n))
        law = output_law(particle_process(model, twist, "naive"), n**3, mode="certified")
        with precision(law.precision):
            tv = law.total_variation(analyse(model, twist).target)
            assert at_most(Rational(16, 100 * n * n), tv) is Verdict.HOLDS
            assert at_most(tv, Rational(161, 1000 * n * n)) is Verdict.HOLDS


def test_three_rounds():
    """TV >= 2^(1-r) s - (3 N s^2)^r for N >= 36, the form without a root."""
    particles, s = 36, Rational(1, 26)  # (6 N)^(-3/5) = 1/25.2
    model, twist = rare_branch(rounds=3, mass=s)
    law = output_law(particle_process(model, twist, "naive"), particles, mode="certified")
    with precision(law.precision):
        tv = law.total_variation(analyse(model, twist).target)
        assert at_most(s / 4 - (3 * particles * s * s) ** 3, tv) is Verdict.HOLDS


@pytest.mark.parametrize("rounds", [1, 2, 3])
@pytest.mark.parametrize("mass", ["1/3", "1/100", "1/5000"])
def test_constants(rounds, mass):
    c = analyse(*rare_branch(rounds=rounds, mass=mass, horizon=2 * rounds + 1))
    assert c.c_act == 1 and c.normaliser == ONE and all(v == ONE for layer in c.true_value for v in layer)
    assert all(1 + chi <= 3 for chi in c.chi_square)
    lives = c.model.layers[-1].index("lives")
    assert c.target[lives] == Rational(mass) / 2 ** (rounds - 1)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"rounds": 0, "mass": "1/2"}, "rounds"),
        ({"rounds": 2, "mass": "1/2", "horizon": 3}, "horizon"),
        ({"rounds": 2, "mass": 1}, "mass"),
    ],
)
def test_bad_arguments(arguments, what):
    with pytest.raises(InputError, match=what):
        rare_branch(**arguments)
