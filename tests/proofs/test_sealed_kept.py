"""S17 as sealed, on exact runs of conditional SMC: hypotheses met, conclusions true and attained, the run that of the exact kernel."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.exact.conditional import conditional_kernel, minorisation
from smc.samplers.naive import naive
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing.finite_models import check_theorem, holds
from smc.testing.kept import Kept
from smc.testing.witness import fraction

ONE = Fraction(1)


@cache
def rare() -> Constants:
    """One step, three even leaves, two of them of reward 3/2 = b and one of 0: S17 is attained between the first two."""
    moves = [("r", "a", "1/3"), ("r", "b", "1/3"), ("r", "c", "1/3")]
    model = Model.from_edges([["r"], ["a", "b", "c"]], [moves], {"a": "3/2", "b": "3/2", "c": 0})
    return analyse(model, twist(model, (("1",),)))


@cache
def tree(*reward: str) -> Constants:
    """Two steps, three leaves, a potential, a wrong twist."""
    model = Model.from_edges(
        [["r"], ["a", "b"], ["c", "d", "e"]],
        [[("r", "a", "1/3", "9/8"), ("r", "b", "2/3")], [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "e", "1")]],
        dict(zip("cde", reward, strict=True)),
    )
    return analyse(model, twist(model, (("1",), ("3/2", "1"))))


MODELS = {"rare": rare, "tree": lambda: tree("1", "2", "3/2"), "zero reward": lambda: tree("0", "2", "1")}
TEST = {0: ONE, 1: Fraction(1, 3), 2: Fraction(0)}


@pytest.mark.parametrize("free", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_a_sweep_keeps_a_share_of_the_target(replayer, name, free):
    """S17 and its path-wise form from every kept path; the mean answer is the exact kernel's, and the kernel's minorisation is S17's."""
    c = MODELS[name]()
    kernel = conditional_kernel(naive.process(c.model, c.twist), free + 1)
    kept = Kept(c, free)
    env, ranges = kept.environment_of(TEST)
    for z in kept.leaves:
        now = env | {"z": z, "bz": kept.along(z)}
        for id in ("S17.path", "S17"):
            theorem = replayer.theorem(id)
            check_theorem(theorem, now, ranges)
            target, right = (evaluate(side, now) for side in claim_of(theorem)[1][0].kids)
            out = sum(fraction(p) * TEST[y] for y, p in enumerate(kernel.rows[z]))
            assert target == sum(fraction(p) * TEST[y] for y, p in enumerate(c.target)) > 0
            if id == "S17":
                assert right == out / fraction(minorisation(c.b, free + 1))


def test_the_share_is_attained_and_a_smaller_one_is_refuted(replayer):
    """Two particles of weight b, one of them kept: equality; a b of 99/100 of its value breaks a hypothesis and the claim."""
    theorem, kept = replayer.theorem("S17"), Kept(rare(), 1)
    env, ranges = kept.environment_of({0: Fraction(0), 1: ONE, 2: Fraction(0)})
    left, right = claim_of(theorem)[1][0].kids
    assert env["z"] == 0 and evaluate(left, env) == evaluate(right, env) == Fraction(1, 2)
    small = env | {"b": lambda t: env["b"](t) * Fraction(99, 100)}
    assert not holds(theorem.concl, small, ranges) and not all(holds(h, small, ranges) for h in theorem.hyps)


def test_the_kept_path_needs_weight(replayer):
    """A path of reward 0 may not be kept: it has no weight, and that hypothesis alone fails."""
    theorem, kept = replayer.theorem("S17.path"), Kept(rare(), 1)
    env, ranges = kept.environment_of(TEST)
    dead = env | {"held": lambda z, t: (0, 2) if t < 1 else (0, 0)}
    (broken,) = [h for h in theorem.hyps if not holds(h, dead, ranges) and "Out" not in {f.name for f in h.free}]
    assert {"held", "psi", "V"} <= {f.name for f in broken.free}


@pytest.mark.parametrize("name", MODELS)
def test_sweep_after_sweep_comes_to_the_target(replayer, name):
    """S17.sweeps and S17.count: U is the exact kernel's law after j sweeps, the target invariant, the bound `(1 - minorisation)^j`."""
    c, free = MODELS[name](), 1
    kernel, kept = conditional_kernel(naive.process(c.model, c.twist), free + 1), Kept(c, free)
    env, ranges = kept.environment_of(TEST)
    z, pi = kept.leaves[-1], sum(fraction(p) * TEST[y] for y, p in enumerate(c.target))
    start = tuple(type(c.normaliser)(int(y == z)) for y in range(len(c.target)))
    theorem = replayer.theorem("S17.sweeps")
    for j in (1, 2):
        now = env | {"z": z, "j": j}
        check_theorem(theorem, now, ranges)
        law = kernel.after(start, j)
        above, below = claim_of(theorem)[1]
        distance = sum(fraction(p) * TEST[y] for y, p in enumerate(law)) - pi
        assert evaluate(above.kids[0], now) == distance == -evaluate(below.kids[0], now)
        assert evaluate(above.kids[1], now) == fraction((1 - minorisation(c.b, free + 1)) ** j)


def test_sweeps_need_an_invariant_target(replayer):
    """With another target than the sweep's the hypothesis of invariance fails, and after many sweeps the claim does."""
    theorem, kept = replayer.theorem("S17.sweeps"), Kept(rare(), 1)
    env, ranges = kept.environment_of(TEST)
    shifted = env | {"VJ": lambda j, t, x: env["VJ"](j, t, x) / (1 + (j == 0)), "j": 6, "z": 0}
    assert not holds(theorem.concl, shifted, ranges)
    assert any(not holds(h, shifted, ranges) for h in theorem.hyps)


@pytest.mark.by_turn
def test_counts_of_particles_and_sweeps_suffice(replayer):
    """S17.count with enclosures of log 2 from below, of log(1/delta) from above: more particles and sweeps than it asks for."""
    c = rare()
    kept = Kept(c, 3)  # 3 log 2 >= 2 b - 1 = 2
    env, ranges = kept.environment_of(TEST)

    def log(x):
        return {2: Fraction(69, 100), 4: Fraction(139, 100)}[x]

    now = env | {"log": log, "delta": Fraction(1, 4), "j": 3, "z": 0}
    check_theorem(replayer.theorem("S17.count"), now, ranges)
    few = now | {"j": 2}
    assert not all(holds(h, few, ranges) for h in replayer.theorem("S17.count").hyps)
