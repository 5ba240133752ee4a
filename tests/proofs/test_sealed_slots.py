"""S16 as sealed, on exact runs under schemes with independent slots: hypotheses met, conclusions true, the law that of the exact engine."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import prod

import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.exact.clouds import cloud_moments
from smc.samplers import resampled
from smc.samplers.adapted import adapted
from smc.samplers.naive import naive
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing.finite_models import check_theorem, holds
from smc.testing.slotted import (
    AdaptedRanged,
    AdaptedSlotted,
    Cloud,
    Slotted,
    carried_on,
    residual,
    stratified,
    unless_heavy,
    unless_uneven,
)
from smc.testing.witness import fraction

HALF = Fraction(1, 2)
SCHEMES = {
    "stratified": (stratified, HALF, "stratified"),
    "residual": (residual, HALF, "residual"),
    "infinity-ESS": (unless_heavy(Fraction(3, 4)), Fraction(3, 4), "stratified:inf:2/3"),
}
"""The slots, their largest share, and the same scheme of the exact engine, for two particles."""


@cache
def branching(*reward: str) -> Constants:
    """Two steps, two states a layer, unequal branches, a potential, and a twist that is wrong."""
    model = Model.from_edges(
        [["root"], ["a", "b"], ["c", "d"]],
        [
            [("root", "a", "1/3"), ("root", "b", "2/3", "9/8")],
            [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "c", "1/2"), ("b", "d", "1/2")],
        ],
        dict(zip("cd", reward, strict=True)),
    )
    return analyse(model, twist(model, (("11/10",), ("21/20", "1"))))


TEST = {0: Fraction(1), 1: Fraction(1, 4)}


@pytest.mark.by_turn
@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "1")])
@pytest.mark.parametrize("name", SCHEMES)
def test_runs_into_slots(replayer, name, reward):
    """S16 and its parts, zero rewards too; the answer and the second moment are those of the exact engine under that scheme."""
    slots, omega, typed = SCHEMES[name]
    c = branching(*reward)
    env, ranges = Slotted(c, 2, slots, omega).environment_of(TEST)
    found = cloud_moments(resampled(naive, typed).process(c.model, c.twist), 2)
    beta = Fraction(1)
    for b in c.b:
        beta *= 1 + omega * (fraction(b) - 1)
    out = sum(fraction(p) * TEST[y] for y, p in enumerate(found.law))
    pi = sum(fraction(p) * TEST[y] for y, p in enumerate(c.target))
    sides = {
        "S16": (pi, beta * out),
        "S16.normaliser": (fraction(found.second_moment) / fraction(c.normaliser) ** 2, beta),
        "S16.tv": (out - pi, 1 - 1 / beta),
    }
    for id, expected in sides.items():
        theorem = replayer.theorem(id)
        check_theorem(theorem, env, ranges)
        assert tuple(evaluate(side, env) for side in claim_of(theorem)[1][0].kids) == expected, id


@cache
def misjudged(*reward: str) -> Constants:
    """As `branching`; with three rewards, state b of the second layer leads to the first alone."""
    last = "cde"[: len(reward)]
    b_to = [("b", "c", "1")] if len(reward) == 3 else [("b", "c", "1/2"), ("b", "d", "1/2")]
    second = [("a", y, f"1/{len(reward)}") for y in last] + b_to
    model = Model.from_edges(
        [["root"], ["a", "b"], list(last)],
        [[("root", "a", "1/3"), ("root", "b", "2/3", "9/8")], second],
        dict(zip(last, reward, strict=True)),
    )
    return analyse(model, twist(model, (("11/10",), ("21/20", "1"))))


@cache
def three_steps() -> Constants:
    """Two steps at which the reward model errs, so that clouds are drawn from clouds that carry weights; a potential, a zero reward."""
    model = Model.from_edges(
        [["root"], ["a", "b"], ["c", "d"], ["e", "f"]],
        [
            [("root", "a", "1/3"), ("root", "b", "2/3")],
            [("a", "c", "1/2"), ("a", "d", "1/2", "9/8"), ("b", "d", "1")],
            [("c", "e", "1/4"), ("c", "f", "3/4"), ("d", "f", "1")],
        ],
        {"e": 0, "f": 1},
    )
    return analyse(model, twist(model, ((1,), ("3/2", 1), (1, "2/3"))))


ADAPTED_MODELS = {
    "positive": lambda: misjudged("1", "6/5"),
    "zero reward": lambda: misjudged("0", "1"),
    "dead end": lambda: misjudged("0", "0", "1"),
    "three steps": three_steps,
}
"""At a dead end V is positive and no guided move leads on."""


def adapted_sides(c: Constants, typed: str, F: dict[int, Fraction]):
    """What the exact engine says of the adapted run of two particles: the mean of F, the target's, the second moment over Z^2."""
    found = cloud_moments(resampled(adapted, typed).process(c.model, c.twist), 2)
    out, pi = (sum(fraction(p) * F[y] for y, p in enumerate(law)) for law in (found.law, c.target))
    return out, pi, fraction(found.second_moment) / fraction(c.normaliser) ** 2


@pytest.mark.by_turn
@pytest.mark.parametrize("model", ADAPTED_MODELS)
@pytest.mark.parametrize("name", SCHEMES)
def test_adapted_runs_into_slots(replayer, name, model):
    """S16.adapted and its parts, zero rewards and dead ends too: hypotheses met, sides those of the exact engine."""
    slots, omega, typed = SCHEMES[name]
    c, F = ADAPTED_MODELS[model](), TEST | {2: Fraction(2, 3)}
    env, ranges = AdaptedSlotted(c, 2, slots, omega).environment_of(F)
    out, pi, moment = adapted_sides(c, typed, F)
    beta = prod(1 + omega * (fraction(b) - 1) for b in c.b_adapted)
    sides = {
        "S16.adapted": (pi, beta * out), "S16.adapted_normaliser": (moment, beta), "S16.adapted_tv": (out - pi, 1 - 1 / beta),
    }  # fmt: skip
    for id, expected in sides.items():
        theorem = replayer.theorem(id)
        check_theorem(theorem, env, ranges)
        assert tuple(evaluate(side, env) for side in claim_of(theorem)[1][0].kids) == expected, id
    assert beta > 1


@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "0", "1")])
@pytest.mark.parametrize("theta", [Fraction(1, 2), Fraction(9, 10)])
def test_adapted_runs_that_carry_weights_above_a_threshold(replayer, reward, theta):
    """S16.adapted_threshold; a smaller b, bv, or omega fails a hypothesis."""
    c, omega, F = misjudged(*reward), 1 / (2 * theta), TEST | {2: Fraction(2, 3)}
    env, ranges = AdaptedSlotted(c, 2, unless_uneven(omega), omega).environment_of(F)
    theorem = replayer.theorem("S16.adapted_threshold")
    check_theorem(theorem, env, ranges)
    *_, moment = adapted_sides(c, f"stratified:ess:{theta}", F)
    bound = prod(1 + omega * (b - 1 if b < 2 else b * b / 4) for b in map(fraction, c.b_adapted))
    assert tuple(evaluate(side, env) for side in claim_of(theorem)[1][0].kids) == (moment, bound)
    for less in (
        {"omega": Fraction(49, 100)},
        {"bv": lambda k: env["bv"](k) * 9 / 10},
        {"b": lambda k: 1 + (env["b"](k) - 1) / 3},
        {"psiV": lambda t, x, y: 2 * env["psiV"](t, x, y)},
        {"guided": env["M"]},
    ):
        assert any(not holds(h, env | less, ranges) for h in theorem.hyps), less


@pytest.mark.by_turn
@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "1")])
@pytest.mark.parametrize("name", SCHEMES)
def test_odds_of_adapted_runs_into_slots(replayer, name, reward):
    """S16.adapted_odds and its distance, zero rewards too; the answer is that of the exact engine. A smaller q or share fails."""
    slots, omega, typed = SCHEMES[name]
    c = misjudged(*reward)
    env, ranges = AdaptedRanged(c, 2, slots, omega).environment_of(TEST)
    out, pi, _ = adapted_sides(c, typed, TEST)
    Q = prod(1 + 2 * omega * (fraction(x) - 1) for x in c.q_adapted)
    theorem = replayer.theorem("S16.adapted_odds")
    check_theorem(theorem, env, ranges)
    up, down = theorem.concl.kids
    assert [evaluate(side, env) for side in up.kids] == [(1 - pi) * out, Q * pi * (1 - out)]
    assert [evaluate(side, env) for side in down.kids] == [pi * (1 - out), Q * (1 - pi) * out]
    for less in ({"q": lambda k: 1 + (env["q"](k) - 1) / 2}, {"omega": Fraction(49, 100)}):
        assert any(not holds(h, env | less, ranges) for h in theorem.hyps)
    distance = replayer.theorem("S16.adapted_odds_tv")
    assert all(holds(h, env, ranges) for h in distance.hyps) and Q > 1
    assert evaluate(claim_of(distance)[1][0].kids[0], env) == out - pi


@pytest.mark.parametrize(("kind", "sealed"), [(Slotted, "S16.normaliser"), (AdaptedSlotted, "S16.adapted_normaliser")])
@pytest.mark.parametrize("name", SCHEMES)
def test_what_a_run_keeps_is_what_it_would_find_again(replayer, name, kind, sealed):
    """Weights, slots and next clouds are worked out once and handed to every formula: none of them may change what it is handed."""
    slots, omega, _ = SCHEMES[name]
    run = kind(branching("0", "1"), 2, slots, omega)
    env, ranges = run.environment_of(TEST)
    assert all(holds(h, env, ranges) for h in replayer.theorem(sealed).hyps)
    clouds = [cloud for cloud in ranges["Edge*"] if run.N == len(cloud)]
    assert len(clouds) > 4
    for cloud in clouds:
        for e in cloud:
            assert run.weight(0, e[:2]) == run._weight(0, e[:2])
        assert run.drawn(0, cloud) == run._drawn(0, cloud) and run.after(0, cloud) == run._after(0, cloud)


@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "1"), ("1", "0")])
@pytest.mark.parametrize("theta", [Fraction(1, 2), Fraction(9, 10)])
def test_runs_that_carry_weights_above_a_threshold(replayer, reward, theta):
    """S16.threshold: weights carried on at every time, or at some; from b = 2 on and below; the moment is that of the exact engine."""
    c, omega = branching(*reward), 1 / (2 * theta)
    env, ranges = Slotted(c, 2, unless_uneven(omega), omega).environment_of(TEST)
    found = cloud_moments(resampled(naive, f"stratified:ess:{theta}").process(c.model, c.twist), 2)
    theorem, bound = replayer.theorem("S16.threshold"), Fraction(1)
    check_theorem(theorem, env, ranges)
    for b in map(fraction, c.b):
        bound *= 1 + omega * (b - 1 if b < 2 else b * b / 4)
    expected = fraction(found.second_moment) / fraction(c.normaliser) ** 2, bound
    assert tuple(evaluate(side, env) for side in claim_of(theorem)[1][0].kids) == expected
    for less in (
        {"omega": Fraction(49, 100)},
        {"bv": lambda k: env["bv"](k) * 9 / 10},
        {"b": lambda k: 1 + (env["b"](k) - 1) / 3},
    ):
        assert any(not holds(h, env | less, ranges) for h in theorem.hyps)


def ranged(name: str, reward: tuple[str, ...]):
    """A run into slots with the range of Qbar by steps to go, its omega, pi and out by the exact engine, and Q."""
    slots, omega, typed = SCHEMES[name]
    c = branching(*reward)
    env, ranges = Slotted(c, 2, slots, omega).environment_of(TEST)
    q, least = ([fraction(x) for x in row] for row in (c.q[::-1], (low for _, low in c._lookahead[::-1])))
    env |= {"q": lambda k: q[k] if k < len(q) else Fraction(1), "lo": lambda k: least[k] if k < len(q) else Fraction(1)}
    found = cloud_moments(resampled(naive, typed).process(c.model, c.twist), 2)
    out, pi = (sum(fraction(p) * TEST[y] for y, p in enumerate(law)) for law in (found.law, c.target))
    return env, ranges, pi, out, prod(1 + 2 * omega * (x - 1) for x in q)


@pytest.mark.parametrize("reward", [("1", "6/5"), ("1/9", "9")])
@pytest.mark.parametrize("name", SCHEMES)
def test_odds_of_runs_into_slots(replayer, name, reward):
    """S16.odds and its distance; the answer is that of the exact engine under the scheme."""
    env, ranges, pi, out, Q = ranged(name, reward)
    check_theorem(replayer.theorem("S16.odds"), env, ranges)
    up, down = replayer.theorem("S16.odds").concl.kids
    assert [evaluate(side, env) for side in up.kids] == [(1 - pi) * out, Q * pi * (1 - out)]
    assert [evaluate(side, env) for side in down.kids] == [pi * (1 - out), Q * (1 - pi) * out]
    theorem = replayer.theorem("S16.odds_tv")
    assert all(holds(h, env, ranges) for h in theorem.hyps)
    assert evaluate(claim_of(theorem)[1][0].kids[0], env) == out - pi


def test_slots_that_do_not_change_places_have_no_odds(replayer):
    """Both particles drawn as one, a smaller q or a smaller share: hypotheses of S16.odds fail."""
    env, ranges, *_ = ranged("stratified", ("1", "6/5"))
    theorem = replayer.theorem("S16.odds")
    together = [(p, Cloud([d[0], d[0]])) for p, d in env["begin"]()]
    for less in ({"begin": lambda: together}, {"q": lambda k: 1 + (env["q"](k) - 1) / 2}, {"omega": Fraction(49, 100)}):
        assert any(not holds(h, env | less, ranges) for h in theorem.hyps)


def test_slots_that_hang_together_or_weigh_too_much_are_no_slots(replayer):
    """Both particles drawn as one, and a share above omega: hypotheses fail."""
    theorem = replayer.theorem("S16")
    slotted = Slotted(branching("1", "6/5"), 2, stratified, HALF)
    env, ranges = slotted.environment_of(TEST)
    together = [(p, Cloud([d[0], d[0]])) for p, d in slotted.first()]
    assert any(not holds(h, env | {"begin": lambda: together}, ranges) for h in theorem.hyps)
    assert any(not holds(h, env | {"omega": Fraction(49, 100)}, ranges) for h in theorem.hyps)
    small = env | {"b": lambda k: 1 + (env["b"](k) - 1) / 3}
    assert any(not holds(h, small, ranges) for h in theorem.hyps)


@pytest.mark.parametrize("id", ["S16", "S16.normaliser", "S16.tv"])
def test_a_smaller_share_is_false(replayer, id):
    """Two particles that are never resampled, one of them heavy: with omega = 1/2 the claims are false, for each some instance."""
    theorem, broken = replayer.theorem(id), 0
    for reward in (("0", "1"), ("1", "0"), ("1", "6/5"), ("1/9", "9")):
        slotted = Slotted(branching(*reward), 2, carried_on, Fraction(1))
        env, ranges = slotted.environment_of({0: Fraction(1), 1: Fraction(0)})
        check_theorem(theorem, env, ranges)
        less = env | {"omega": Fraction(0)}
        assert any(not holds(h, less, ranges) for h in theorem.hyps)
        broken += not holds(theorem.concl, less, ranges)
    assert broken
