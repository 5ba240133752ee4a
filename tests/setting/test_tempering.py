"""Tempering: powers are exact or declared, and a loop that resamples by a power of its weights is naive SMC under another twist (S16.5)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smc import check
from smc.errors import InputError, ModelError
from smc.exact.clouds import cloud_moments
from smc.numbers import ONE, ZERO, Rational, rational
from smc.samplers.naive import naive
from smc.setting import twist as reward
from smc.setting.model import Edge, Model, prefix_tree
from smc.setting.named_twists import choose, uses_file
from smc.setting.tempering import BITS, power, resampled_by_power, tempered
from smc.testing.readings import on_the_tree
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted

BASES = st.fractions("1/1000000", 1_000_000).map(rational) | st.sampled_from(
    [Rational(3, 7) ** 900, Rational(10) ** 400]
)
EXPONENTS = st.fractions(0, 5, max_denominator=12).map(rational)
SHARES = [Rational(1), Rational(1, 2), Rational(1, 3), Rational(3, 4)]


@example(base=Rational(4, 3), exponent=Rational(1, 2), bits=8)  # one part is a square, the other is not
@example(base=Rational(3, 4), exponent=Rational(1, 2), bits=8)
@given(base=BASES, exponent=EXPONENTS, bits=st.integers(1, 80))
def test_a_power_is_exact_or_the_nearest_of_so_many_bits(base, exponent, bits):
    p, q = exponent.numerator, exponent.denominator
    low, exact = power(base, exponent, bits=bits)
    high, _ = power(base, exponent, bits=bits, up=True)
    if exact:
        assert low == high and low**q == base**p
        return
    assert low**q < base**p < high**q
    step = high - low
    digits = low / step
    assert digits.denominator == 1 and int(digits.numerator).bit_length() == bits  # neighbours of so many bits


@given(base=BASES, exponent=EXPONENTS)
def test_what_is_rational_is_exact(base, exponent):
    """The power of a root-th power, whatever its length."""
    made = base**exponent.denominator
    assert power(made, exponent, bits=4) == (base**exponent.numerator, True)


def run(model: Model, base, particles: int, raised):
    """(law, dead, E[Zhat], E[Zhat^2]) of the loop as it is run: particles carry weights, are resampled in proportion to `raised(W)`, and
    carry `W / raised(W)` on; every move and every vector of ancestors, one by one."""
    law, moments, dead = [ZERO] * model.sizes[-1], [ZERO, ZERO], ZERO
    start = tuple((0, ONE) for _ in range(particles))
    clouds = {(start, base.values[0][0]): ONE}
    for t, step in enumerate(model.edges):
        after = {}
        for (cloud, zhat), p in clouds.items():
            for moves in product(*(step[x] for x, _ in cloud)):
                q, weights = p, []
                for (x, carried), e in zip(cloud, moves, strict=True):
                    q *= e.probability
                    weights.append(carried * e.potential * base.values[t + 1][e.target] / base.values[t][x])
                if not any(weights):
                    dead += q
                    continue
                last = t + 1 == model.horizon
                shares = weights if last else [raised(w) if w else ZERO for w in weights]
                total = sum(shares, ZERO)
                closed = zhat * total / particles
                if last:
                    for e, w in zip(moves, weights, strict=True):
                        law[e.target] += q * w / total
                    moments = [m + q * closed**k for k, m in enumerate(moments, 1)]
                    continue
                for chosen in product(*[[i for i, s in enumerate(shares) if s]] * particles):
                    r = q
                    for i in chosen:
                        r *= shares[i] / total
                    key = (tuple((moves[i].target, weights[i] / shares[i]) for i in chosen), closed)
                    after[key] = after.get(key, ZERO) + r
        clouds = after
    return law, dead, *moments


def agrees(model, base, share, particles, raised, **options):
    changed = resampled_by_power(model, base, share, **options)
    found = cloud_moments(naive.process(model, changed), particles)
    law, dead, first, second = run(model, base, particles, raised)
    assert list(found.law) == law and found.dead == dead
    assert found.normaliser == first and found.second_moment == second


@pytest.mark.parametrize("share", SHARES, ids=str)
@settings(deadline=None, max_examples=effort(150, sample=12))
@given(data=st.data())
def test_the_loop_is_naive_smc_under_the_declared_twist(share, data):
    """Powers round to 6 bits, in the loop and in the twist: equality of rationals all the same."""
    model, base = data.draw(twisted(trees(max_horizon=3, max_children=2)))
    up = data.draw(st.booleans())
    particles = data.draw(st.integers(1, 2))
    agrees(model, base, share, particles, lambda w: power(w, share, bits=6, up=up)[0], bits=6, up=up)


def squares(model: Model, levels: list[list[int]]) -> reward.Twist:
    return reward.twist(model, [[v**4 for v in layer] for layer in levels])


def test_the_loop_with_rational_powers():
    """Values are fourth powers, so that square roots of weights stay rational twice: nothing is rounded, and V~ is as S16.5 writes it."""
    model = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"} if len(s) < 2 else {0: 1}, lambda s: 1 + 2 * s[0] + s[1])
    base = squares(model, [[2], [1, 3], [1, 2, 3, 5]])

    def root(weight):
        w = Fraction(int(weight.numerator), int(weight.denominator))
        top, bottom = round(w.numerator**0.5), round(w.denominator**0.5)
        assert Fraction(top, bottom) ** 2 == w
        return Rational(top, bottom)

    changed = resampled_by_power(model, base, "1/2")
    assert changed.name == "given, resampled by weights to the power 1/2"
    assert changed.values[1] == (Rational(4), Rational(36))  # sqrt(2^4), sqrt(2^4 3^4)
    for y, value in enumerate(changed.values[2]):
        assert value**2 == changed.values[1][y // 2] * base.values[2][y]
    assert changed.values[3] == model.reward
    agrees(model, base, "1/2", 2, root)


@given(data=st.data())
def test_tempered_values(data):
    model, base = data.draw(twisted(graphs()))
    exponents = data.draw(st.lists(EXPONENTS, min_size=model.horizon, max_size=model.horizon))
    found = tempered(model, base, exponents, bits=20)
    assert found.values[-1] == model.reward
    for a, given_values, values in zip(exponents, base.values, found.values, strict=False):
        for v, w in zip(given_values, values, strict=True):
            assert w == (power(v, a, bits=20)[0] if v else 0)
    assert tempered(model, base, 1).values == base.values
    everywhere = tempered(model, base, "1/2")
    assert ("irrational" in everywhere.name) == any(
        v and not power(v, Rational(1, 2))[1] for layer in base.values[:-1] for v in layer
    )


def test_the_name_says_what_was_declared():
    model = prefix_tree(2, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + sum(s))
    truth = reward.twist(model, [[1], [4, 3]], name="V")
    assert tempered(model, truth, 2).name == "V to the power 2"
    assert tempered(model, truth, "1/3").name == "V to the power 1/3 (2 irrational values rounded down to 64 bits)"
    assert tempered(model, truth, ["2", "1/2"], bits=8, up=True).name == (
        "V to the power 2, 1/2 (1 irrational value rounded up to 8 bits)"
    )
    assert resampled_by_power(model, truth, "1/2").name == (
        "V, resampled by weights to the power 1/2 (1 irrational weight rounded down to 64 bits)"
    )
    assert BITS == 64


@settings(deadline=None, max_examples=effort(100, sample=10))
@given(data=st.data())
def test_every_statement_holds_of_declared_twists(data):
    """In few bits, where the declared twist is far from the power: its own constants bound it all the same."""
    model, base = data.draw(twisted(trees(max_horizon=3, max_children=2)))
    for changed in (
        tempered(model, base, data.draw(EXPONENTS), bits=2),
        resampled_by_power(model, base, data.draw(st.sampled_from(SHARES)), bits=2),
    ):
        report = check(model, changed, particles=2)
        assert report.verdict.value == "holds", [str(row) for row in report.rows]


def test_a_graph_has_no_twist_for_carried_weights_and_its_prefix_tree_has():
    step = (Edge(0, Rational(1, 2)), Edge(1, Rational(1, 2)))
    model = Model((("r",), ("a", "b"), ("c", "d"), ("e", "f")), ((step,), (step, step), (step, step)), (ONE, 2 * ONE))
    base = reward.constant(model)
    with pytest.raises(ModelError, match=r"state 'c' of layer 2 is entered by two edges; .* give the prefix tree"):
        resampled_by_power(model, base, "1/2")
    tree = on_the_tree(check(model, base).constants)
    assert resampled_by_power(tree.model, tree.twist, "1/2").values == tree.twist.values  # all weights are 1
    twice = replace(model, edges=(((Edge(0, ONE / 2), Edge(0, ONE / 2, 3 * ONE), Edge(1, ZERO)),), *model.edges[1:]))
    with pytest.raises(ModelError, match="state 'a' of layer 1 is entered by two edges"):
        resampled_by_power(twice, base, "1/2")


@pytest.mark.parametrize(
    "bad", ["-1", "x", "101", "1/101", "1,2", "", "weights:0", "weights:2", "weights:", "weights:-1/2"]
)
def test_bad_powers_are_one_line(bad):
    model = prefix_tree(1, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + s[0])
    with pytest.raises(InputError) as fault:
        choose(model, f"perfect^{bad}")
    assert str(fault.value).startswith(f"value perfect^{bad}: ") and "\n" not in str(fault.value)
    for bits in (0, 10_001, 2.0):
        with pytest.raises(InputError, match="bits"):
            tempered(model, reward.perfect(model), "1/2", bits=bits)


def test_names():
    model = prefix_tree(2, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + sum(s))
    truth = reward.perfect(model)
    assert choose(model, "perfect^1/2").values == choose(model, "^1/2").values == tempered(model, truth, "1/2").values
    assert choose(model, "perfect^2,1/3").values == tempered(model, truth, ["2", "1/3"]).values
    assert choose(model, "perfect^2^1/2").values == truth.values
    assert choose(model, "rounded:1/2^weights:1/3").values == (
        resampled_by_power(model, choose(model, "rounded:1/2"), "1/3").values
    )
    assert choose(model, "file^1/2", truth.values[:-1]).values == tempered(model, truth, "1/2").values
    assert uses_file("file^1/2") and uses_file("^1/2") and uses_file("floor:1/100^2") and not uses_file("perfect^1/2")
