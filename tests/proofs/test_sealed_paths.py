"""S14's path formula and S15's upper half read in models: on prefix trees, with the law and the second moments of the exact engine."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import pytest

from proofs import bounds
from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.exact import output_law
from smc.exact.moments import pair_moments
from smc.samplers import particle_process
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing.finite_models import check_theorem, holds
from smc.testing.readings import on_the_tree
from smc.testing.witness import Cloud, Layers, fraction
from tests.proofs.test_sealed import branching


def through_the_dead():
    """Two ways, one of which is lost: V is 0 on it at the first step and 4 at the second."""
    edges = [
        [("r", "a", "1/2"), ("r", "b", "1/2")],
        [("a", "c", 1), ("b", "d", 1)],
        [("c", "e", 1), ("d", "f", 1)],
    ]
    model = Model.from_edges([["r"], ["a", "b"], ["c", "d"], ["e", "f"]], edges, {"e": 1, "f": 0})
    return model, twist(model, ((1,), (1, 0), (1, 4)))


MODELS = {
    "wrong twist": branching,
    "zero rewards": lambda: branching(("0", "1")),
    "a way through the dead": through_the_dead,
}


@pytest.mark.parametrize("particles", [1, 2])
@pytest.mark.parametrize("model", MODELS)
def test_the_path_formula_says_what_the_engine_measures(replayer, model, particles):
    """E[(Zhat/Z)^2 nu(z)] = growth(0) pi(z), pi <= growth(0) out, growth(0) <= prod, for every path z that the target takes."""
    c = on_the_tree(analyse(*MODELS[model]()))
    process = particle_process(c.model, c.twist, "naive")
    law, z = output_law(process, particles), fraction(c.normaliser)
    cloud = Cloud(c, particles)
    several = cloud.paths(particles)
    paths = range(several["J"])
    if cloud.width ** (2 * particles) > 1000:  # clouds at which the hypotheses are read
        paths = paths[-1:]
    second = pair_moments(process, particles)
    for j in paths:
        leaf = several["pathJ"](j, cloud.T)
        env, ranges = cloud.environment({x: Fraction(x == leaf) for x in range(cloud.width)})
        env |= {"PV": several["PV"], "path": lambda t, j=j: several["pathJ"](j, t)}
        env |= {"growth": lambda t, j=j: several["growthJ"](j, t), "b": lambda k, leaf=leaf: cloud.peak(leaf, k)}
        pi, out, k = fraction(c.target[leaf]), fraction(law.law[leaf]), fraction(second[leaf]) / z**2
        growth, factor = env["growth"](0), prod(1 + (env["b"](t) - 1) / particles for t in range(cloud.T))
        sides = {"S14.path": (k, growth * pi), "S14.density": (pi, growth * out), "S14.factor": (growth, factor)}
        for name, both in sides.items():
            theorem = replayer.theorem(name)
            check_theorem(theorem, env, ranges)
            left, right = (evaluate(side, env) for side in claim_of(theorem)[1][0].kids)
            if name == "S14.density" and law.dead:  # the seal's answer once all particles are dead is any at all
                assert (left, growth * out) == both and right >= growth * out
            else:
                assert (left, right) == both


def path_by_path(c: Constants, particles: int) -> tuple[dict[str, Any], dict[str, Any], list[int]]:
    """A run, its paths by number with each one's answer and second moment, the ranges of the quantifiers, and the paths' leaves."""
    cloud = Cloud(c, particles)
    env, ranges = cloud.environment()
    env |= cloud.paths(particles)
    leaves = [env["pathJ"](j, cloud.T) for j in range(env["J"])]
    tests = [{x: Fraction(x == leaf) for x in range(cloud.width)} for leaf in leaves]
    answers, moments = [cloud.answer(F) for F in tests], [cloud.moment_of(F, 2) for F in tests]
    env["OutJ"] = lambda j, t, d: answers[j % len(tests)](t, d)
    env["CJ"] = lambda j, t, d: moments[j % len(tests)](t, d)
    return env, ranges, leaves


@pytest.mark.parametrize("particles", [1, 2])
def test_the_sum_over_paths_says_what_the_engine_measures(replayer, particles):
    c = on_the_tree(analyse(*through_the_dead()))
    law = output_law(particle_process(c.model, c.twist, "naive"), particles)
    env, ranges, leaves = path_by_path(c, particles)
    env["w"] = lambda j: Fraction(1)
    theorem = replayer.theorem("S14.paths")
    check_theorem(theorem, env, ranges)
    low, high = (evaluate(side, env) for side in claim_of(theorem)[1][0].kids)
    assert law.dead and low <= sum(fraction(c.target[leaf] - law.law[leaf]) for leaf in leaves) <= high
    inputs = {name: [env[name](*at) for at in rows] for name, rows in (("aim", [(0,)]), ("growthJ", [(0, 0)]))}
    assert high == bounds.evaluate("S14", "average", **inputs) and len(leaves) == 1


@pytest.mark.parametrize("particles", [1, 2])
@pytest.mark.parametrize("horizon", [2, 3])
def test_the_bound_by_coverage_says_what_the_engine_measures(replayer, horizon, particles):
    """S15.upper on a fair bit that V undervalues, and on three steps of which one is dead."""
    edges = [[("r", "a", "1/2"), ("r", "b", "1/2")], [("a", "c", 1), ("b", "d", 1)]]
    model = Model.from_edges([["r"], ["a", "b"], ["c", "d"]], edges, {"c": 1, "d": 2})
    c = analyse(model, twist(model, ((1,), (2, 1)))) if horizon == 2 else on_the_tree(analyse(*through_the_dead()))
    law = output_law(particle_process(c.model, c.twist, "naive"), particles)
    env, ranges, leaves = path_by_path(c, particles)
    env |= {
        "taken": lambda j: Fraction(1), "h": 0, "rho": Fraction(1, particles), "C": fraction(c.c_act),
        "K": 1 + fraction(max(c.chi_square)),
    }  # fmt: skip
    theorem = replayer.theorem("S15.upper")
    check_theorem(theorem, env, ranges)
    low, high = (evaluate(side, env) for side in claim_of(theorem)[1][0].kids)
    lack = sum(fraction(c.target[leaf] - law.law[leaf]) for leaf in leaves)
    assert low <= lack if law.dead else low == lack == 0
    given = {"N": particles, "T": horizon, "C": env["C"], "K": env["K"]}
    assert high == bounds.evaluate("S15", "upper", **given)
    for name in ("C", "rho", *["K"][: 3 - horizon]):  # chi-squares count V also where no particle can stand
        assert not all(holds(h, env | {name: env[name] * Fraction(9, 10)}, ranges) for h in theorem.hyps)


def test_a_free_lineage_does_not_pass_states_without_value(replayer):
    """Where PV is the plain mean of V on the way through the dead, the growth is another, and the seal's hypotheses are not met."""
    c = on_the_tree(analyse(*through_the_dead()))
    cloud = Cloud(c, 2)
    env, ranges = cloud.environment({0: Fraction(1), 1: Fraction(0)})
    several = cloud.paths(2)
    env |= {"PV": several["PV"], "path": lambda t: several["pathJ"](0, t), "growth": lambda t: several["growthJ"](0, t)}
    theorem = replayer.theorem("S14.path")
    assert all(holds(h, env, ranges) for h in theorem.hyps)
    whole = Layers(c, as_given=True).references()["PV"]
    assert whole(2, 0, 0) == Fraction(5, 2) and several["PV"](2, 0, 0) == Fraction(1, 2)
    assert not all(holds(h, env | {"PV": whole}, ranges) for h in theorem.hyps)
