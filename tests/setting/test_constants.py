"""Every constant on two models worked by hand, and again by enumeration of paths: constants stand on both sides of a verdict, so a fault in
one would move bound and measurement together.

Worked model A, two biased coins: P(1) = 1/3, then 1/2 after a 1 and 1/4 after a 0; phi = 1 + number of ones; V_0 = 2, V_1 = (1, 3).
    V*_1 = (3/4 + 1/4 * 2, 1/2 * 2 + 1/2 * 3) = (5/4, 5/2), Z = 2/3 * 5/4 + 1/3 * 5/2 = 5/3
    rho_0 = (2/3 * 1 + 1/3 * 3)/2 = 5/6, rho_1 = (5/4, 5/6); weights 1/2, 3/2 | 1, 2, 2/3, 1; u = 5/6 | (5/4, 5/6) | 1
Worked model B, potentials, a reward 0 and a doomed state: root -> a (1/2, psi 2), b (1/4), c (1/4); a -> y (1/2), z (1/2, psi 3); b -> y;
c -> w; phi = (2, 1, 0); V_0 = 2, V_1 = (2, 4, 1).
    V*_1 = (1/2 * 2 + 1/2 * 3, 2, 0) = (5/2, 2, 0), Z = 1/2 * 2 * 5/2 + 1/4 * 2 = 3
    rho_0 = (2 + 1 + 1/4)/2 = 13/8, rho_1 = (5/4, 1/2, 0); u = 3/2 | (5/4, 1/2, 0) | 1 at y and z
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.checks.table import INPUTS
from smc.numbers import INFINITE, ONE, ZERO, Rational
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Edge, Model
from smc.setting.twist import from_mappings, twist
from tests.exact.random_models import graphs, trees, twists


def worked_a() -> Constants:
    edges = [
        [("root", "0", "2/3"), ("root", "1", "1/3")],
        [("0", "00", "3/4"), ("0", "01", "1/4"), ("1", "10", "1/2"), ("1", "11", "1/2")],
    ]
    layers = [["root"], ["0", "1"], ["00", "01", "10", "11"]]
    model = Model.from_edges(layers, edges, {"00": 1, "01": 2, "10": 2, "11": 3})
    return analyse(model, from_mappings(model, [{"root": 2}, {"0": 1, "1": 3}]))


def worked_b() -> Constants:
    edges = [
        [("root", "a", "1/2", 2), ("root", "b", "1/4"), ("root", "c", "1/4")],
        [("a", "y", "1/2"), ("a", "z", "1/2", 3), ("b", "y", 1), ("c", "w", 1)],
    ]
    model = Model.from_edges([["root"], ["a", "b", "c"], ["y", "z", "w"]], edges, {"y": 2, "z": 1, "w": 0})
    return analyse(model, from_mappings(model, [{"root": 2}, {"a": 2, "b": 4, "c": 1}]))


F = Fraction
BY_HAND = {
    "true_value": ([[F(5, 3)], [F(5, 4), F(5, 2)], [1, 2, 2, 3]], [[3], [F(5, 2), 2, 0], [2, 1, 0]]),
    "normaliser": (F(5, 3), 3),
    "reached": ([[0], [0, 1]], [[0], [0, 1, 2]]),
    "alive": ([[0], [0, 1], [0, 1, 2, 3]], [[0], [0, 1, 2], [0, 1]]),
    "bellman_ratio": ([[F(5, 6)], [F(5, 4), F(5, 6)]], [[F(13, 8)], [F(5, 4), F(1, 2), 0]]),
    "bellman_error": (F(1, 4), INFINITE),
    "level_ratio": ([1, F(3, 2)], [1, INFINITE]),
    "bellman_product": (F(3, 2), INFINITE),
    "upper_ratio": (2, 2),
    "ratio_bound": (2, INFINITE),
    "value_ratio": ([[F(5, 6)], [F(5, 4), F(5, 6)], [1, 1, 1, 1]], [[F(3, 2)], [F(5, 4), F(1, 2), 0], [1, 1]]),
    "q": ([2, 3], [INFINITE, INFINITE]),
    "q_adapted": ([F(3, 2), 1], [INFINITE, 1]),
    "b": ([F(3, 2), F(12, 5)], [F(5, 3), INFINITE]),
    "slot_cost": ([F(1, 2), F(36, 25)], [F(2, 3), INFINITE]),
    "slot_cost_adapted": ([F(1, 4), 0], [F(17, 48), 0]),
    "b_local": ([F(9, 8), F(17, 15)], [F(3, 2), F(91, 72)]),
    "b_adapted": ([F(5, 4), 1], [F(65, 48), 1]),
    "longest_path": (F(9, 4), F(9, 4)),
    "mean_path": (F(49, 24), F(17, 8)),
    "steps_per_visit": (4, F(25, 6)),
    "path_excess": ([F(1, 4), F(2, 5)], [F(5, 9), INFINITE]),
    "c_act": (F(8, 5), F(5, 3)),
    "c_inf": (F(5, 4), INFINITE),
    "prefix_mass": (
        [[1], [F(2, 3), F(1, 3)], [F(1, 2), F(1, 6), F(1, 6), F(1, 6)]],
        [[1], [1, F(1, 4), F(1, 4)], [F(3, 4), F(3, 2), F(1, 4)]],
    ),
    "chi_square": ([0, F(1, 24), 0], [0, F(7, 32), 0]),
    "alive_mass": (
        [[1], [F(2, 3), F(1, 3)], [F(1, 2), F(1, 6), F(1, 6), F(1, 6)]],
        [[1], [1, F(1, 4), F(1, 4)], [F(3, 4), F(3, 2)]],
    ),
    "alive_chi_square": ([0, F(1, 24), 0], [0, F(7, 32), 0]),
    "ratio_mean": ([[F(6, 5), F(5, 6)], [1, F(25, 24)], [1, 1]], [[F(2, 3), F(3, 2)], [1, F(9, 8)], [1, 1]]),
    "increment_moment": ([F(9, 8), F(17, 15)], [F(3, 2), F(91, 72)]),
    "target": ([F(3, 10), F(1, 5), F(1, 5), F(3, 10)], [F(1, 2), F(1, 2), 0]),
}
"""Name of the constant -> its value on models A and B; a mapping by state is written as the list of its values."""


def plain(value):
    """Nested tuples and mappings as lists, numbers as Fractions."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, frozenset):
        value = sorted(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value if value == INFINITE else F(int(value.numerator), int(value.denominator))


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("which", [0, 1], ids=["A", "B"])
def test_by_hand(name, which):
    found = plain(getattr((worked_a, worked_b)[which](), name))
    assert found == plain(BY_HAND[name][which])


def test_every_constant_is_worked_by_hand():
    from functools import cached_property

    public = {name for name, v in vars(Constants).items() if isinstance(v, cached_property) and name[0] != "_"}
    assert public == BY_HAND.keys()


def test_on_the_way():
    c = worked_a()
    assert plain(c.bellman_product_to(1)) == 1 and plain(c.bellman_product_to(2)) == F(3, 2)
    assert plain(c.twisted_target(1)) == [F(2, 5), F(3, 5)] and plain(c.twisted_target(2)) == plain(c.target)
    assert plain(worked_b().twisted_target(1)) == [F(8, 13), F(4, 13), F(1, 13)]


# ------------------------------------------------------------------------------------------------ by enumeration of paths
def test_a_doomed_state_without_weight_has_no_part_in_the_moments():
    """Model B with V = 0 at c, which the reference reaches and which V* = 0 dooms: E[V_1] = 2 + 1 and E[psi^2 V*^2/V_1] = 13/4 + 1/4."""
    model = worked_b().model
    given = from_mappings(model, [{"root": 2}, {"a": 2, "b": 4, "c": 0}])
    assert plain(analyse(model, given).increment_moment) == [F(3, 2), F(7, 6)]


def test_what_no_run_can_pass_has_no_part_in_the_chi_square_that_runs_meet():
    """Half the mass goes to a state with V = 0, and on to one where V = 100: E[V_2] is 101/2 over all, 1/2 over what runs see."""
    first, stay = (Edge(0, Rational(1, 2)), Edge(1, Rational(1, 2))), ((Edge(0, ONE),), (Edge(1, ONE),))
    layers = (("root",), ("live", "gone"), ("on", "back"), ("paid", "lost"))
    model = Model(layers, ((first,), stay, stay), (ONE, ZERO), "through a state without weight")
    c = analyse(model, twist(model, [[1], [1, 0], [1, 100]]))
    assert plain(c.chi_square) == [0, 0, 100, 0] and plain(c.alive_chi_square) == [0, 0, 0, 0]
    assert INPUTS["K"](c) == 1


def paths(model: Model, start: int = 0, first: int = 0, end: int | None = None):
    """(states, psis, mass) of every path of positive probability from the state `first` of layer `start` to layer `end`, the last unless it
    is given; parallel edges are two paths.

    mass: the product of probabilities and potentials.
    """
    todo = [((first,), (), F(1))]
    for step in model.edges[start:end]:
        todo = [
            ((*states, e.target), (*psis, plain(e.potential)), mass * plain(e.probability) * plain(e.potential))
            for states, psis, mass in todo
            for e in step[states[-1]]
            if e.probability
        ]
    return todo


def quotient(top, bottom):
    return top / bottom if bottom else INFINITE


@given(st.data(), st.one_of(trees(), graphs()))
def test_again_from_the_paths(data, model):
    c = analyse(model, data.draw(twists(model)))
    phi, values, horizon = plain(model.reward), plain(c.twist.values), model.horizon
    star = [
        [
            sum(mass * phi[states[-1]] for states, _, mass in paths(model, t, x) if len(states) > horizon - t)
            for x in range(size)
        ]
        for t, size in enumerate(model.sizes)
    ]
    assert plain(c.true_value) == star and plain(c.normaliser) == star[0][0]
    alive = [set() for _ in range(horizon + 1)]
    edges = [set() for _ in range(horizon)]
    for states, psis, _ in paths(model):
        weights = [psi * values[t + 1][y] for t, (psi, y) in enumerate(zip(psis, states[1:], strict=True))]
        lived = next(
            (t for t, w in enumerate(weights) if not w), horizon
        )  # a particle is never resampled beyond this step
        for t in range(lived + 1):
            alive[t].add(states[t])
            if t < horizon:
                edges[t].add((states[t], psis[t], states[t + 1]))
    assert [sorted(layer) for layer in alive] == [list(layer) for layer in c.alive]
    u = [[star[t][x] / values[t][x] for x in sorted(layer)] for t, layer in enumerate(alive)]
    ahead = [[psi * star[t + 1][y] / values[t][x] for x, psi, y in step] for t, step in enumerate(edges)]
    weights = [psi * values[t + 1][y] / values[t][x] for t, step in enumerate(edges) for x, psi, y in step]
    assert plain(c.value_ratio) == u
    assert plain(c.q) == [quotient(max(h), min(h)) for h in ahead]
    assert plain(c.b) == [quotient(max(h), min(u[t])) for t, h in enumerate(ahead)]
    assert plain(c.q_adapted) == [quotient(max(v), min(v)) for v in u[1:]]
    for t, step in enumerate(model.edges):
        squares = {
            x: sum(plain(e.probability) * (plain(e.potential) * star[t + 1][e.target]) ** 2 for e in step[x])
            / values[t][x]
            for x in alive[t]
        }
        meetings = []
        for s in range(t + 1):
            for x in alive[s]:
                ways = [
                    (z[-1], mass)
                    for z, _, mass in paths(model, s, x, t)
                    if mass and all(map(lambda r, y: values[r][y], range(s, t + 1), z))
                ]
                first = sum(mass * values[t][y] for y, mass in ways)
                second = sum(mass * squares[y] for y, mass in ways)
                assert star[s][x] or not second
                meetings += [first * second / star[s][x] ** 2] if star[s][x] else []
        assert plain(c.b_local[t]) == max(meetings) <= plain(c.b[t])
        moved = [
            star[t][x] / guided
            for x in alive[t]
            if (guided := sum(plain(e.probability) * plain(e.potential) * values[t + 1][e.target] for e in step[x]))
        ]
        assert plain(c.b_adapted[t]) == quotient(max(u[t + 1]), min(moved))
        if not min(u[t]):
            assert c.path_excess[t] == INFINITE
            continue
        assert plain(c.path_excess[t]) == sum(
            mass * phi[states[-1]] / star[0][0]
            * max(psis[t] * star[t + 1][states[t + 1]] / values[t][states[t]] / min(u[t]) - 1, 0)
            for states, psis, mass in paths(model) if mass * phi[states[-1]]
        )  # fmt: skip
    assert plain(c.longest_path) == max(
        sum(star[t][x] / values[t][x] for t, x in enumerate(states) if t)
        for states, _, mass in paths(model) if mass * phi[states[-1]]
    )  # fmt: skip
    assert plain(c.mean_path) == sum(
        mass * phi[states[-1]] / star[0][0] * star[t][x] / values[t][x]
        for states, _, mass in paths(model) if mass * phi[states[-1]]
        for t, x in enumerate(states) if t
    )  # fmt: skip
    assert plain(c.steps_per_visit) == 2 / star[0][0] * sum(
        mass * values[t][z[-1]]
        for t in range(1, len(values))
        for z, _, mass in paths(model, 0, 0, t) if all(map(lambda r, y: values[r][y], range(t + 1), z))
    )  # fmt: skip
    assert plain(c.upper_ratio) == max(weights)
    assert plain(c.ratio_bound) == (max(max(weights), 1 / min(weights)) if min(weights) else INFINITE)
    acts = [psi * star[t + 1][y] / star[t][x] for t, step in enumerate(edges) for x, psi, y in step if star[t][x]]
    assert plain(c.c_act) == max(acts)
    every_u = [r for layer in u for r in layer]
    assert plain(c.c_inf) == (max(max(every_u), 1 / min(every_u)) if min(every_u) else INFINITE)


@given(st.data(), st.one_of(trees(), graphs()))
def test_errors_and_moments_again_from_the_paths(data, model):
    """eps, r_t and Lambda from the paths' one-step weights; eta, pi, chi^2 and the moments of G1 and G3 from sums over prefixes."""
    c = analyse(model, data.draw(twists(model)))
    phi, values, horizon = plain(model.reward), plain(c.twist.values), model.horizon
    means: list[dict] = [{} for _ in range(horizon)]
    masses: list[dict] = [{} for _ in range(horizon + 1)]
    squares = [F(0)] * horizon
    star = {}
    todo = [((0,), F(1), True)]
    for t in range(horizon + 1):
        longer = []
        for states, mass, living in todo:
            x = states[-1]
            masses[t][x] = masses[t].get(x, 0) + mass
            star[t, x] = sum(m * phi[s[-1]] for s, _, m in paths(model, t, x) if len(s) > horizon - t)
            if t == horizon:
                continue
            mean = F(0)
            for e in model.edges[t][x]:
                p, psi, y = plain(e.probability), plain(e.potential), e.target
                if p:
                    mean += p * psi * values[t + 1][y]
                    longer.append(((*states, y), mass * p * psi, living and psi * values[t + 1][y] > 0))
                    if mass and values[t][x]:
                        ahead = sum(m * phi[s[-1]] for s, _, m in paths(model, t + 1, y) if len(s) > horizon - t - 1)
                        squares[t] += mass * p * (psi * ahead) ** 2 / values[t][x]
            if living:
                means[t][x] = mean / values[t][x]
        todo = longer
    assert [dict(sorted(layer.items())) for layer in means] == [
        {x: F(int(r.numerator), int(r.denominator)) for x, r in layer.items()} for layer in c.bellman_ratio
    ]
    assert list(c.reached) == [frozenset(layer) for layer in masses[:-1]]
    every = [r for layer in means for r in layer.values()]
    assert plain(c.bellman_error) == (max(*every, *(1 / r for r in every)) - 1 if min(every) else INFINITE)
    levels = [quotient(max(layer.values()), min(layer.values())) for layer in means]
    product = F(1)
    for r in levels[1:]:
        product = INFINITE if INFINITE in (r, product) else product * r
    assert plain(c.level_ratio) == levels and plain(c.bellman_product) == product
    z = star[0, 0]
    for t, layer in enumerate(masses):
        assert {x: m for x, m in enumerate(plain(c.prefix_mass[t])) if m} == {x: m for x, m in layer.items() if m}
        total = sum(m * values[t][x] for x, m in layer.items())
        aimed = {x: m * values[t][x] / total for x, m in layer.items() if m}
        true = {x: m * star[t, x] / z for x, m in layer.items() if m and star[t, x]}
        assert sum(true.values()) == 1 == sum(aimed.values())
        assert plain(c.chi_square[t]) == sum(p**2 / aimed[x] for x, p in true.items()) - 1
        assert plain(c.ratio_mean[t]) == [
            sum(p * values[t][x] / star[t, x] for x, p in true.items()),
            sum(p * star[t, x] / values[t][x] for x, p in true.items()),
        ]
        if t < horizon:
            assert plain(c.increment_moment[t]) == total * squares[t] / z**2
    assert {x: p for x, p in enumerate(plain(c.target)) if p} == true
