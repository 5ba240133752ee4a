"""Exact unit tests of the core: scalars and verdicts, models, values, twists, and the algorithms as processes."""

import decimal
from fractions import Fraction
from itertools import product

import flint
import gmpy2
import pytest

from smc.errors import InputError, ModelError, whole_number
from smc.exact.occupancy import plain
from smc.numbers import (
    INFINITE,
    Verdict,
    at_most,
    balanced_sum,
    ball,
    decimal_of,
    precision,
    rational,
    rationalise,
    text,
)
from smc.samplers import SAMPLERS, particle_process
from smc.setting.analysis import analyse, bellman, prefix_mass, true_value
from smc.setting.model import Edge, Model, merge_edges, prefix_tree, reachable
from smc.setting.twist import (
    Twist,
    constant,
    from_function,
    from_mappings,
    perfect,
    rescaled,
    twist,
    with_bellman_error,
)


def coins(reward=lambda path: 1 + path.count("1"), potential="1"):
    """Two biased coins: P(1) = 1/3 first, 1/2 after a 1 and 1/4 after a 0."""
    odds = {(): "1/3", ("1",): "1/2", ("0",): "1/4"}
    return prefix_tree(
        2, lambda p: {"0": (1 - Fraction(odds[p]), potential), "1": (Fraction(odds[p]), potential)}, reward
    )


# ------------------------------------------------------------------------------------------------ scalars
@pytest.mark.parametrize(
    ("given", "value"),
    [("1/3", (1, 3)), ("-2", (-2, 1)), ("0.25", (1, 4)), ("1e-3", (1, 1000)), (7, (7, 1)), (Fraction(3, 9), (1, 3)),
     (flint.fmpq(2, 4), (1, 2)), (flint.fmpz(5), (5, 1)), (gmpy2.mpz(4), (4, 1))],
)  # fmt: skip
def test_rational_reads_exactly(given, value):
    assert rational(given) == Fraction(*value) and type(rational(given)) is type(gmpy2.mpq())


@pytest.mark.parametrize("given", [0.5, float("nan"), True, None, [1]])
def test_rational_refuses_what_is_not_exact(given):
    with pytest.raises(TypeError):
        rational(given)


@pytest.mark.parametrize("given", ["nan", "inf", "1/0", "", "1/2/3", "0x10", "1e99999", "١"])
def test_rational_refuses_text_that_is_no_number(given):
    with pytest.raises(ValueError, match=r"rational|denominator"):
        rational(given)


def test_rationalise_is_a_choice_and_finite():
    assert rationalise(1 / 3) == Fraction(1, 3)
    with pytest.raises(ValueError, match="rational number"):
        rationalise(float("inf"))


def test_verdicts_are_no_truth_values():
    with pytest.raises(TypeError, match="truth"):
        bool(Verdict.HOLDS)


def test_at_most_has_three_answers():
    third = rational("1/3")
    assert at_most(third, third) is Verdict.HOLDS
    assert at_most(third, rational("1/4")) is Verdict.REFUTED
    assert at_most(third, INFINITE) is Verdict.HOLDS
    with precision(64):
        root = flint.arb(2).sqrt()
        assert at_most(rational("1.41421356"), root) is Verdict.HOLDS
        assert at_most(rational("1.41421357"), root) is Verdict.REFUTED
        assert at_most(root, root) is Verdict.UNDECIDED
    for floats in ((0.5, third), (third, 0.5), (float("nan"), third)):
        with pytest.raises(TypeError, match="float"):
            at_most(*floats)


def test_precision_is_restored_and_balls_enclose():
    before = flint.ctx.prec
    with precision(500), precision(100):
        assert flint.ctx.prec == 100
    assert flint.ctx.prec == before
    enclosure = ball(rational("1/3"), 80)
    assert enclosure.contains(flint.fmpq(1, 3)) or at_most(rational("1/3"), enclosure) is Verdict.UNDECIDED
    assert text(INFINITE) is None and text(rational("2/4")) == "1/2"


def test_balls_of_long_fractions_hold_them_to_the_precision_asked_for():
    for value in (rational("1/3"), rational("-7/4"), Fraction(3**40_000 + 1, 7**30_000), Fraction(1, 10**9_000)):
        found = ball(rational(value), 80)
        with precision(200_000):
            exact = flint.fmpq(int(value.numerator), int(value.denominator))
            assert found.contains(exact) and found.rad() <= abs(found) / 2**79
    assert ball(rational("7/4"), 80).is_exact()


def test_decimals_beyond_floats_are_the_nearest_of_seventeen_digits():
    """Against `decimal`, whose own division takes the square of the length."""
    context = decimal.Context(prec=17, Emax=10**6, Emin=-(10**6))
    for value in (
        Fraction(1, 3 * 10**400),
        Fraction(2**5_000, 3),
        Fraction(-(7**900), 11**2_000),
        Fraction(1, 10**400),
    ):
        read = context.divide(decimal.Decimal(value.numerator), decimal.Decimal(value.denominator))
        assert decimal.Decimal(decimal_of(rational(value))) == read
    assert decimal_of(rational("1/8")) == 0.125 and decimal_of(rational(0)) == 0


def test_balanced_sum_is_the_sum():
    terms = [rational(Fraction((-1) ** k, k + 1)) for k in range(23)]
    assert balanced_sum(iter(terms)) == sum(terms) and balanced_sum([]) == 0


# ------------------------------------------------------------------------------------------------ models
def test_prefix_tree_probabilities_and_names():
    model = coins()
    assert model.horizon == 2 and model.sizes == (1, 2, 4) and model.layers[2] == ("00", "01", "10", "11")
    assert [e.probability for e in model.edges[1][1]] == [Fraction(1, 2)] * 2
    assert prefix_mass(model)[2] == (Fraction(1, 2), Fraction(1, 6), Fraction(1, 6), Fraction(1, 6))


def test_equal_parallel_edges_are_joined_and_others_kept():
    row = merge_edges([Edge(0, rational("1/4")), Edge(0, rational("1/4")), Edge(0, rational("1/2"), rational(2))])
    assert row == (Edge(0, Fraction(1, 2), 1), Edge(0, Fraction(1, 2), 2))


def test_unreachable_states_are_known():
    layers = [["r"], ["a", "b"], ["x"]]
    model = Model.from_edges(layers, [[("r", "a", 1)], [("a", "x", 1)]], {"x": 1})
    assert reachable(model)[1] == {0} and model.edges[1][1] == ()


FAULTS = {
    "sum to 2/3": ([[("r", "a", "2/3")]], {"a": 1}),
    "negative probability": ([[("r", "a", 2), ("r", "a", -1)]], {"a": 1}),
    "unknown state": ([[("r", "q", 1)]], {"a": 1}),
    "no reward": ([[("r", "a", 1)]], {}),
    "negative reward": ([[("r", "a", 1)]], {"a": -1}),
    "not exact": ([[("r", "a", 1.0)]], {"a": 1}),
}


@pytest.mark.parametrize("message", FAULTS)
def test_bad_models_are_refused_by_place(message):
    edges, reward = FAULTS[message]
    with pytest.raises(ModelError, match=message) as caught:
        Model.from_edges([["r"], ["a"]], edges, reward)
    assert caught.value.where, "the message names a place"


def test_a_reachable_state_needs_a_successor():
    with pytest.raises(ModelError, match="no successor"):
        Model.from_edges([["r"], ["a"], ["x"]], [[("r", "a", 1)], []], {"x": 1})


# ------------------------------------------------------------------------------------------------ values
def test_true_value_is_the_sum_over_paths():
    model = coins(potential="2/3")
    by_paths = Fraction(0)
    for path in product((0, 1), repeat=2):
        p, x = Fraction(1), 0
        for t, choice in enumerate(path):
            edge = model.edges[t][x][choice]
            p, x = p * edge.probability * edge.potential, edge.target
        by_paths += p * model.reward[x]
    assert true_value(model)[0][0] == by_paths == analyse(model, perfect(model)).normaliser
    assert bellman(model, 0, true_value(model)[1]) == true_value(model)[0]


def test_constants_of_a_hand_computed_example():
    """V_0 = 1, V_1 = (1, 2), V_2 = phi = 1 + number of ones."""
    model = coins()
    c = analyse(model, twist(model, [[1], [1, 2]]))
    # rho_0 = 2/3 + 2/3, rho_1(0) = 3/4 + 2/4, rho_1(1) = (2/2 + 3/2)/2
    assert c.bellman_ratio == ({0: Fraction(4, 3)}, {0: Fraction(5, 4), 1: Fraction(5, 4)})
    assert (c.bellman_error, c.bellman_product, c.ratio_bound) == (Fraction(1, 3), 1, 2)
    assert c.normaliser == Fraction(2, 3) * Fraction(5, 4) + Fraction(1, 3) * Fraction(5, 2)
    assert c.value_ratio[1] == {0: Fraction(5, 4), 1: Fraction(5, 4)}
    # Qbar_1 = V*_1/V_0 is 5/4 or 5/2; Qbar_2 = phi/V_1 is 1, 2, 1, 3/2
    assert c.q == (2, 2) and c.b == (Fraction(5, 2) / c.normaliser, Fraction(2) / Fraction(5, 4))
    assert c.q_adapted == (1, 1) and c.chi_square == (0, 0, 0)
    assert c.target == tuple(p * r / c.normaliser for p, r in zip(prefix_mass(model)[2], model.reward, strict=True))


def test_a_doomed_state_makes_what_needs_it_infinite():
    """V > 0 where V* = 0: a particle can stand there, so the minima over particles' places are zero."""
    model = coins(reward=lambda p: 1 if p[0] == "1" else 0)
    c = analyse(model, constant(model))
    assert c.bellman_error == c.bellman_product == c.c_inf == INFINITE
    assert c.b[1] == INFINITE and c.q[0] == INFINITE and c.b[0] != INFINITE
    assert analyse(model, perfect(model)).bellman_error == 0


def test_rescaling_a_level_changes_eps_and_nothing_that_is_invariant():
    model = coins()
    base = with_bellman_error(model, "1/5")
    c, d = analyse(model, base), analyse(model, rescaled(model, base, [7, "1/3"]))
    assert c.bellman_error != d.bellman_error
    assert (c.q, c.b, c.level_ratio, c.q_adapted, c.target) == (d.q, d.b, d.level_ratio, d.q_adapted, d.target)
    for name in ("naive", "adapted"):
        laws = [plain.plain_law(particle_process(model, t, name), 2) for t in (base, d.twist)]
        assert laws[0] == laws[1]


# ------------------------------------------------------------------------------------------------ twists
def test_with_bellman_error_has_that_error():
    model = coins()
    for eps in ("0", "1/7", "3"):
        assert analyse(model, with_bellman_error(model, eps)).bellman_error == Fraction(eps)
    with pytest.raises(ModelError, match="negative"):
        with_bellman_error(model, -1)


@pytest.mark.parametrize(
    ("values", "message"),
    [([[1]], "layers of values"), ([[1], [1]], "2 states"), ([[1], [1, -1]], "negative value"), ([[0], [1, 1]], "kills"),
     ([[1], [0, 1]], "kills a live state"), ([[1], [1, 1], [1, 1, 1, 1]], "differs from the reward")],
)  # fmt: skip
def test_bad_twists_are_refused(values, message):
    with pytest.raises(ModelError, match=message):
        twist(coins(), values)


def test_twists_by_name_and_by_function():
    model = coins()
    by_name = from_mappings(model, [{"root": 1}, {"0": "1/2", "1": 2}])
    assert by_name.values[1] == (Fraction(1, 2), 2) and by_name.values[2] == model.reward
    assert from_function(model, lambda t, s: 1 + s.count("1")).values[1] == (1, 2)
    for mapping, message in (
        ([{"root": 1}, {"0": 1}], "no value"),
        ([{"root": 1}, {"0": 1, "1": 1, "z": 1}], "unknown"),
    ):
        with pytest.raises(ModelError, match=message):
            from_mappings(model, mapping)
    with pytest.raises(ModelError, match="mass zero"):
        perfect(coins(reward=lambda p: 0))


# ------------------------------------------------------------------------------------------------ algorithms
def test_weights_telescope_to_the_target():
    """Along every path, scale · prod (probability · weight) = prod M psi · phi, whatever the twist: no score is left undivided."""
    model = coins(potential="3/2")
    aim = [m * r for m, r in zip(prefix_mass(model)[-1], model.reward, strict=True)]
    for steering, name in product((perfect(model), with_bellman_error(model, "1/3")), SAMPLERS):
        process = particle_process(model, steering, name)
        mass = {0: process.scale}
        for step in process.steps:
            following: dict[int, object] = {}
            for x, m in mass.items():
                for target, p, w in step[x]:
                    following[target] = following.get(target, 0) + m * p * w
            mass = following
        assert [mass.get(x, 0) for x in range(model.sizes[-1])] == aim, name


def test_moves_are_probabilities():
    model = coins()
    for name in SAMPLERS:
        for step in particle_process(model, with_bellman_error(model, 1), name).steps:
            assert all(sum(o.probability for o in row) == 1 for row in step)


@pytest.mark.parametrize("n", [0, -1, 1.0, True, "2"])
def test_particle_counts(n):
    with pytest.raises(InputError, match="whole number"):
        whole_number("particles", n)


def test_unknown_algorithm_lists_the_known():
    with pytest.raises(InputError, match="naive, adapted"):
        particle_process(coins(), perfect(coins()), "magic")


def test_a_twist_is_what_it_says():
    assert isinstance(perfect(coins()), Twist) and perfect(coins()).name == "V*"
