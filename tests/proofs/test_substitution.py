"""Substitution against its meaning: second-order instantiation, spec and generalise on random terms, in exact finite models."""

from __future__ import annotations

import copy
import itertools
import random

import pytest

from proofs.derive.library import Library
from proofs.derive.proof import Proof
from proofs.kernel import ProofError, forall, instantiate, open_body, replace
from proofs.language.terms import E, at, draws, element, eq, fn, measure, total
from tests.proofs.test_meaning import STATES, A, Model, f, g2, k, kappa, m, mu, n, random_term, s, u, v, w, x, y, z


# ------------------------------------------------------------------------------------------- substitution against its meaning
def _redefined(base: Model, change: dict) -> Model:
    """The model in which each symbol has the value that the right side of its instantiation has in `base`."""
    model, bare = copy.deepcopy(base), copy.deepcopy(base)

    def at_states(term, names: list[str]) -> dict:
        values = {}
        for states in itertools.product(STATES, repeat=len(names)):
            bare.states.update(zip(names, states, strict=True))
            values[states if len(names) > 1 else states[0]] = bare.value(term)
        bare.states.update(base.states)
        return values

    model.f, model.g2 = at_states(change["f"], ["u"]), at_states(change["g2"], ["u", "v"])
    for i in model.s:
        bare.nats["n"] = i
        model.s[i] = bare.value(change["s"])
    bare.nats["n"] = base.nats["n"]
    model.reals["x"], model.nats["m"], model.states["w"] = (base.value(change[k]) for k in ("x", "m", "w"))
    model.rows = {"mu": base.law("kappa", [base.value(change["mu"])]), **{a: base.rows["mu"] for a in STATES}}
    model.weights = base.rows["mu"]
    return model


@pytest.mark.by_turn
@pytest.mark.parametrize("block", range(12))
def test_instantiation_is_a_change_of_the_model(block):
    """The value of a term after f(u) := .., mu := .., m := .. is its value before, where f, mu, m have the values of the right sides.

    The right sides reuse the names that the terms bind and the symbols that are replaced, so a capture changes the value.
    """
    draw, checked = random.Random(block), 0
    c = element("X*", "c")
    while checked < 12:
        term = random_term(draw, 3, [x, y, z], [u, v, w], [n, m])
        term = term + E(
            draws(m, kappa(w)),
            c,
            total(m, k, f(at(c, k)) * g2(at(c, 0), w)) * random_term(draw, 1, [x], [u, at(c, n)], [m]),
        )
        change = {
            name: random_term(draw, 2, [x, y], [*states, w], [n, m])
            for name, states in (("f", [u]), ("g2", [u, v]), ("x", [v]))
        }
        change |= {"s": random_term(draw, 1, [x, y], [w], [n, m])}
        change |= {"m": draw.choice([n, n + 1, 2 * m]), "w": draw.choice([u, v]), "mu": draw.choice([u, w])}
        pairs = [
            (f(u), change["f"]),
            (g2(u, v), change["g2"]),
            (s(n), change["s"]),
            (x, change["x"]),
            (m, change["m"]),
            (w, change["w"]),
        ]
        pairs += [
            (E(mu, u, 0), E(kappa(change["mu"]), v, 0)),
            (E(kappa(u), v, 0), E(mu, v, 0)),
            (E(A, u, 0), E(mu, u, 0)),
        ]
        base = Model(block)
        base.nats = {name: value % 3 for name, value in base.nats.items()}
        try:
            before = _redefined(base, change).value(term)
        except (OverflowError, KeyError):
            continue
        assert base.value(instantiate(term, pairs)) == before
        checked += 1


@pytest.mark.parametrize("block", range(6))
def test_spec_after_generalise_is_a_change_of_the_variable(block):
    draw = random.Random(block)
    for _ in range(20):
        term = random_term(draw, 3, [x, y], [u, v], [n, m])
        for variable, other in (
            (x, random_term(draw, 2, [x, y], [u], [n, m])),
            (u, draw.choice([v, w])),
            (n, draw.choice([m, n + m])),
        ):
            base = Model(block)
            model = copy.deepcopy(base)
            table = {"real": model.reals, "nat": model.nats, "X": model.states}[variable.sort]
            table[variable.symbol.name] = base.value(other)
            try:
                expected = model.value(term)
                found = base.value(open_body(forall([variable], eq(term, 0)), other).kids[0])
            except (OverflowError, KeyError):
                continue
            assert found == expected
            assert base.value(replace(term, {variable: other})) == expected


# ------------------------------------------------------------------------------------------- sorts
def test_a_real_number_does_not_become_natural_through_an_instantiation():
    """0 <= g(x) holds for a natural-valued g; with g(n) := n at a real x it would read 0 <= x."""
    p, g = Proof("test", Library({})), fn("g", "real -> nat")
    fact = p.step("nat_nonneg", [], [g(x)])
    for pair in ([g(n), n], [g(x), x]):
        with pytest.raises(ProofError, match=r"declared sorts|sort real for nat"):
            p.step("inst", [fact], [pair])


def test_a_measure_is_not_instantiated_by_one_on_other_points():
    p, law = Proof("test", Library({})), measure("law", "", "nat")
    fact = p.mono(p.nat_nonneg(n).gen(n), E(law, n, 0), E(law, n, n))
    with pytest.raises(ProofError, match="kind and sort"):
        p.step("inst", [fact], [[E(law, n, 0), E(measure("other", "", "real"), x, 0)]])
