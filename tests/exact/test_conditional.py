"""Conditional SMC: the kernel against the conditional run itself, enumerated; stationarity, minorisation, and what is false beside it."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.checks.check import check
from smc.errors import InputError, ModelError, TooLarge
from smc.exact import OutputLaw, output_law
from smc.exact.clouds import cloud_moments
from smc.exact.conditional import conditional_kernel, minorisation
from smc.formats import load
from smc.instances.product import product_family_model
from smc.numbers import INFINITE, ONE, ZERO, Rational
from smc.samplers.conditional import conditional
from smc.samplers.importance import sis
from smc.samplers.naive import naive
from smc.setting.analysis import target
from smc.setting.model import prefix_tree
from smc.setting.twist import perfect, with_bellman_error
from tests.effort import effort
from tests.exact.random_models import fractions, trees, twisted
from tests.exact.semidefinite import semidefinite


def enumerated(model, twist, particles, path):
    """Law of the answer of one sweep that keeps `path` (a state a layer): every move and ancestor of the free particles, over fractions.
    Reads the model; nothing of the kernel's module."""
    value = [*twist.values, model.reward]
    clouds = {(0,) * particles: Fraction(1)}  # particle 0 is the kept one
    for t, step in enumerate(model.edges):
        weighted = {}
        for cloud, mass in clouds.items():
            moves = [[(e.target, e.probability, e.potential) for e in step[x]] for x in cloud[1:]]
            kept = next((e.target, 1, e.potential) for e in step[cloud[0]] if e.target == path[t + 1])
            for chosen in itertools.product([kept], *moves):
                chance = prod((Fraction(str(p)) for _, p, _ in chosen), start=Fraction(1))
                weights = tuple(
                    Fraction(str(psi)) * Fraction(str(value[t + 1][y])) / Fraction(str(value[t][x]))
                    for x, (y, _, psi) in zip(cloud, chosen, strict=True)
                )
                key = tuple(y for y, _, _ in chosen), weights
                weighted[key] = weighted.get(key, Fraction(0)) + mass * chance
        if t + 1 == model.horizon:
            law = [Fraction(0)] * model.sizes[-1]
            for (states, weights), mass in weighted.items():
                for y, w in zip(states, weights, strict=True):
                    law[y] += mass * w / sum(weights)
            return law
        clouds = {}
        for (states, weights), mass in weighted.items():
            live = [i for i, w in enumerate(weights) if w]
            for ancestors in itertools.product(live, repeat=particles - 1):
                p = prod((weights[i] / sum(weights) for i in ancestors), start=Fraction(1))
                key = (states[0], *(states[i] for i in ancestors))
                clouds[key] = clouds.get(key, Fraction(0)) + mass * p
    raise AssertionError("a horizon of at least 1")


def path_to(model, leaf):
    path = [leaf]
    for step in reversed(model.edges):
        path.insert(0, next(x for x, row in enumerate(step) for e in row if e.target == path[0]))
    return path


@settings(deadline=None, max_examples=effort(40))
@given(data=st.data())
def test_the_kernel_is_that_of_the_conditional_run(data):
    model, twist = data.draw(twisted(trees(max_horizon=2, max_children=2)))
    particles = data.draw(st.integers(2, 3))
    kernel, pi = conditional_kernel(naive.process(model, twist), particles), fractions(target(model))
    assert fractions(kernel.target) == pi
    live = [z for z, mass in enumerate(pi) if mass]
    runs = {z: enumerated(model, twist, particles, path_to(model, z)) for z in live}
    for z, row in enumerate(kernel.rows):
        assert fractions(row) == runs.get(z, [0] * len(pi))
    assert semidefinite([[pi[z] * runs[z][y] for y in live] for z in live])  # S17.1, of the run itself: reversible too


def test_a_matrix_that_is_not_semidefinite_is_told():
    """The walk that always leaves is reversible and has the eigenvalue -1; a pivot of 0 is passed only over a row of zeros."""
    half, third = Fraction(1, 2), Fraction(1, 3)
    assert not semidefinite([[0, half], [half, 0]]) and not semidefinite([[third, half], [half, third]])
    assert semidefinite([[half, half], [half, half]]) and semidefinite([[0, 0], [0, third]])
    assert not semidefinite([[half, half, 0], [half, half, third], [0, third, 1]])
    with pytest.raises(ValueError, match="not symmetric"):
        semidefinite([[1, half], [third, 1]])


def rare_pair():
    """T = 1, N = 2: two of many outcomes carry the weight b."""
    tree = prefix_tree(1, lambda s: {0: "1/4", 1: "1/4", 2: "1/2"}, lambda s: [3, 3, 1][s[0]])
    return tree, perfect(tree)


def test_what_is_refused():
    model, twist = rare_pair()
    with pytest.raises(InputError, match="at least 2"):
        conditional_kernel(naive.process(model, twist), 1)
    with pytest.raises(InputError, match="no conditional SMC"):
        conditional_kernel(sis.process(model, twist), 2)
    with pytest.raises(ModelError, match="entered from two"):
        conditional_kernel(naive.process(*product_family_model(2, 2)), 2)
    assert minorisation([INFINITE], 2) == 0
    b = [Rational(3, 2), Rational(2)]  # 1 + 2/3 and 1 + 1 at N = 4
    assert minorisation(b, 4) == Rational(3, 10) and minorisation(b, 2) == Rational(1, 12)


@settings(deadline=None, max_examples=effort(30))
@given(data=st.data())
def test_the_sampler_is_a_run_and_then_sweeps(data):
    """Its law against the conditional run, enumerated, from every path that an ordinary run ends in; a run that dies has no path."""
    model, twist = data.draw(twisted(trees(max_horizon=2, max_children=2)))
    particles = data.draw(st.integers(2, 3))
    law = fractions(cloud_moments(naive.process(model, twist), particles).law)
    for sweeps in (1, 2):
        law = [
            sum(p * enumerated(model, twist, particles, path_to(model, z))[y] for z, p in enumerate(law) if p)
            for y in range(len(law))
        ]
        found = output_law(conditional.holding(particles).process(model, twist), sweeps)
        assert fractions(found.law) == law and 1 - found.dead == sum(found.law)
        assert check(model, twist, "conditional", particles=particles, sweeps=sweeps).measured.output == found


def test_what_the_sampler_refuses():
    model, twist = rare_pair()
    with pytest.raises(InputError, match="at least 2"):
        conditional.holding(1)
    with pytest.raises(InputError, match="naive holds no particles"):
        naive.holding(3)
    with pytest.raises(InputError, match="sweeps"):
        check(model, twist, "conditional", sweeps=0)
    with pytest.raises(InputError, match="has no sweeps"):
        check(model, twist, "naive", sweeps=2)
    with pytest.raises(TooLarge, match="take fewer particles"):
        output_law(conditional.holding(400).process(model, twist), 1)
    with pytest.raises(ModelError, match="entered from two"):
        output_law(conditional.process(*product_family_model(2, 2)), 1)


def test_more_particles_mix_faster():
    tree = prefix_tree(2, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[-1])
    process = naive.process(tree, with_bellman_error(tree, "1/4"))
    start = (ONE, ZERO, ZERO, ZERO)
    kernels = [conditional_kernel(process, n) for n in (2, 3, 5)]
    near = [OutputLaw(kernel.after(start, 3)).total_variation(kernel.target) for kernel in kernels]
    assert near == sorted(near, reverse=True)


def test_many_sweeps_are_one_after_the_other_and_are_told():
    """By squaring, from a law and from every path, as by single sweeps."""
    source = load("shipped:verifier-tree")
    model, steered = source.model, source.twist()
    kernel = conditional_kernel(naive.process(model, steered), 2)
    law = start = tuple(Rational(2 * (k + 1), size * (size + 1)) for size in (len(kernel.target),) for k in range(size))
    for _ in range(11):
        law = kernel.after(law, 1)
    shares: list[float] = []
    assert kernel.after(start, 11, shares.append) == law and shares == [2 / 11, 5 / 11, 1.0]
    worst = max(OutputLaw(kernel.after(row, 10)).total_variation(kernel.target) for row in kernel.rows if any(row))
    assert kernel.worst_total_variation(11) == worst
    told: list[str] = []
    check(model, steered, conditional, sweeps=64, progress=lambda share, what: told.append(what))
    assert "64 sweeps from every path" in told
    with pytest.raises(TooLarge, match=r"MiB of digits; take at most [\d,]+ sweeps"):
        kernel.after(start, 10**9)
    with pytest.raises(InputError):
        kernel.after(start, 0)
