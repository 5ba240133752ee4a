"""How a model is read as a model of a sealed statement's symbols: what each of them stands for, and what quantifiers range over.

`smc.testing.scope` evaluates the hypotheses of the statement there. A new closed form that `check` measures enters `SYMBOLS` or `ON_PATHS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

from proofs.catalogue import FOURS, GROWTH, TARGETS, Form
from proofs.orders import root_above, rounds
from smc.numbers import INFINITE
from smc.setting.analysis import Constants, Twist, analyse
from smc.setting.paths import prefix_tree_of
from smc.testing.kept import Kept
from smc.testing.walking import Walking
from smc.testing.witness import ONE, Layers, Paths, fraction

ON_THE_TREE = frozenset({"S12.average", "S14.paths", "S15.upper"})
"""Statements on paths, read on the prefix tree of the model: there a path is a state of the last layer."""
Reading = tuple[dict[str, Any], dict[str, Any]]
"""Values of the symbols, and what the quantifiers range over."""


class Infinite(ValueError):
    """A constant of the statement does not exist on the model: it claims nothing there."""


def on_the_tree(c: Constants) -> Constants:
    """The constants of the prefix tree of the model, under the values of the states where paths end."""
    tree = prefix_tree_of(c.model)
    return analyse(tree.model, Twist(tree.told(c.twist.values), c.twist.name))


def readings(form: Form, c: Constants, particles: int) -> Iterator[Reading]:
    """The model as a model of the statement's symbols; one for each step where the statement speaks of one layer (G3).

    A form with a condition on the states that the reference reaches is read in the model as it is given; the others (none, or one on
    what can be measured) in the one in which a move to where no particle can stand leads to a state of value zero, which no run and no
    target tells from it.
    """
    if form.quantity == TARGETS:
        yield from _layers_of_targets(c)
        return
    if form.quantity == GROWTH:
        yield from _slots(c)
        return
    if form.sealed in ON_PATHS:
        yield ON_PATHS[form.sealed](c, particles)
        return
    layers = Layers(on_the_tree(c) if form.sealed in ON_THE_TREE else c, as_given=form.scope not in ("", FOURS))
    F = {x: Fraction(x % 2) for x in range(layers.width)}
    env, ranges = layers.environment()
    edges = [(x, y) for x in ranges["X"] for y in ranges["X"]]
    env |= {
        "N": particles, "F": lambda x: F[x], "src": lambda e: e[0], "dst": lambda e: e[1], "join": lambda x, y: (x, y),
        "first": lambda: [(p, (0, y)) for p, y in layers.M(0, 0)], "guided": layers.guided, **SYMBOLS[form.sealed](c, layers),
    }  # fmt: skip
    if form.sealed in ON_THE_TREE:  # test functions are counted as well as times
        ranges |= {"nat": range(max(layers.T + 2, layers.width))}
    yield env, ranges | {"Edge": edges}


def _slots(c: Constants) -> Iterator[Reading]:
    """S16 on one slot, at every state that its particle can leave from and at every step whose b is finite."""
    layers = Layers(c)
    for t, b in enumerate(c.b):
        if b == INFINITE:
            continue
        for x in c.alive[t]:

            def h(y: int, t: int = t, x: int = x) -> Fraction:
                return layers.psi(t, x, y) * layers.Vstar(t + 1, y) / layers.V(t, x)

            env = {
                "N": 1, "w": lambda _: ONE, "omega": ONE, "a": min(map(fraction, c.value_ratio[t].values())), "b": fraction(b),
                "h": h, "k": lambda y, h=h: h(y) * (y % 2), "R": lambda cloud: Fraction(cloud[0] % 2),
                "mu": lambda t=t, x=x: [(p, (y,)) for p, y in layers.M(t, x)],
            }  # fmt: skip
            reached = [y for _, y in layers.M(t, x)]
            yield env, {"Y": reached, "Y*": [(y,) for y in reached], "nat": range(1)}


def _proposals(c: Constants, proposals: int) -> Reading:
    """S7 on the chain of guided paths."""
    F = {x: Fraction(x % 2) for x in range(max(c.model.sizes))}
    env, ranges = Paths(c).environment_of(F, proposals)
    return env | {"R": fraction(c.bellman_product)}, ranges


def _walk(c: Constants, visits: int) -> Reading:
    """S18 on the walk, with functions of numbered leaves."""
    return _walk_for(Walking(c), lambda x: Fraction(x % 2), visits)


def _walk_for(walking: Walking, F: Callable[[int], Fraction], visits: int) -> Reading:
    """S18 for a function of the leaves; A, kappa and the conductances at the root are the model's constants."""
    c = walking.c
    env, ranges = walking.environment_of(F, lambda x: Fraction(x + 1, 5))
    own = {"A": c.longest_path, "kappa": c.mean_path, "conductances": c.steps_per_visit * c.normaliser / 2}

    def told(name: str) -> Callable[[int, int], Fraction]:
        return lambda t, x: env[name](t, x) if (t, x) != (0, 0) else fraction(own[name])

    return env | {name: told(name) for name in own} | {"j": visits - 1}, ranges


def _walk_steps(c: Constants, visits: int) -> Reading:
    """S18 on the walk, where the function of a leaf is what its visit costs."""
    walking = Walking(c)
    return _walk_for(walking, cache(walking.cost), visits)


def _kept(c: Constants, sweeps: int) -> Reading:
    """S17 with one free particle beside the kept path: its hypotheses on the model do not ask how many there are."""
    if INFINITE in c.b:
        raise Infinite
    layers = Kept(c, 1)
    env, ranges = layers.environment_of({x: Fraction(x % 2) for x in range(layers.width)})
    return env | {"j": sweeps}, ranges


def _paths_of_the_tree(c: Constants, particles: int) -> Reading:
    """The paths that the target takes, on the prefix tree; their growths by the recursion of `smc.setting.growth`."""
    layers = Layers(on_the_tree(c))
    env, ranges = layers.environment()
    return env | layers.paths(particles) | {"N": particles, "w": lambda j: Fraction(j % 2)}, ranges | {
        "Edge": [(x, y) for x in ranges["X"] for y in ranges["X"]],
        "nat": range(max(layers.T + 2, layers.width)),
    }


def _coverage_of_the_tree(c: Constants, particles: int) -> Reading:
    """The same paths, with the coverage and the largest chi-square of the model itself, and rho as the closed form has it."""
    env, ranges = _paths_of_the_tree(c, particles)
    r = rounds(c.model.horizon)
    order = {"taken": env["w"], "h": r - 1, "rho": root_above(particles, 2 * r - 1)}
    return env | order | {"C": fraction(c.c_act), "K": 1 + fraction(max(c.alive_chi_square[:-1]))}, ranges


ON_PATHS: dict[str, Callable[[Constants, int], Reading]] = {
    "S7": _proposals,
    "S7.uniform": _proposals,
    "S14.paths": _paths_of_the_tree,
    "S15.upper": _coverage_of_the_tree,
    "S17": _kept,
    "S17.sweeps": _kept,
    "S18": _walk,
    "S18.kappa": _walk,
    "S18.first": _walk,
    "S18.steps": _walk_steps,
}
"""Statements about an object that the model's paths make, by how it is read."""


def _layers_of_targets(c: Constants) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """G3 on each layer at whose states of positive mass V and V* vanish together; the others have no row."""
    for mass, star, v in zip(c.prefix_mass, c.true_value, c.twist.values, strict=True):
        live = [
            (fraction(m), fraction(s), fraction(w)) for m, s, w in zip(mass, star, v, strict=True) if m and (s or w)
        ]
        if all(s and w for _, s, w in live):
            env = {
                "ref": lambda live=live: [(m, x) for x, (m, _, _) in enumerate(live)],
                "Vstar": lambda x, live=live: live[x][1], "V": lambda x, live=live: live[x][2],
            }  # fmt: skip
            yield env, {"X": range(len(live))}


# ------------------------------------------------------------------------------------------- constants, as each statement counts them
def _at(values: Any) -> Callable[[int], Fraction]:
    """The list as a function, 1 outside it. Raises Infinite where a value is."""

    def at(k: int) -> Fraction:
        if not 0 <= k < len(values):
            return Fraction(1)
        if values[k] == INFINITE:
            raise Infinite
        return fraction(values[k])

    return at


def _nothing(c: Constants, layers: Layers) -> dict[str, Any]:
    return {}


def _two_sided(c: Constants, layers: Layers) -> dict[str, Any]:
    """q and the least backward potential, by steps to go."""
    return {"q": _at(c.q[::-1]), "lo": _at([low for _, low in c._lookahead[::-1]])}


def _one_sided(c: Constants, layers: Layers) -> dict[str, Any]:
    """b and the least V*/V by steps to go; L bounds the ratios from above only."""
    return {
        "b": _at(c.b[::-1]),
        "u": _at([min(u.values()) for u in c.value_ratio[-2::-1]]),
        "L": fraction(c.upper_ratio),
    }


def _from_the_root(c: Constants, layers: Layers) -> dict[str, Any]:
    return {"b": _at(c.b)}


def _into_slots(c: Constants, layers: Layers) -> dict[str, Any]:
    """b from the root and the least V*/V; any share of a slot."""
    return {"b": _at(c.b), "lo": _at([min(u.values()) for u in c.value_ratio[:-1]]), "omega": ONE}


def _odds_into_slots(c: Constants, layers: Layers) -> dict[str, Any]:
    """The range of Qbar by steps to go; any share of a slot."""
    return _two_sided(c, layers) | {"omega": ONE}


def _carried(c: Constants, layers: Layers) -> dict[str, Any]:
    """The same, and what the variance of a slot costs."""
    return _into_slots(c, layers) | {"bv": _at(c.slot_cost)}


def _twisted(layers: Layers) -> dict[str, Any]:
    """Fully adapted SMC as naive SMC of another model; any share of a slot."""
    return {"BV": layers.mean_ahead, "psiV": layers.lifted, "omega": ONE}


def _adapted_into_slots(c: Constants, layers: Layers) -> dict[str, Any]:
    """b from the root and the least guided mean of V*/V."""
    most = _at(c.b_adapted)
    least = [max(map(fraction, u.values())) / most(k) for k, u in enumerate(c.value_ratio[1:])]
    return {"b": most, "lo": _at(least)} | _twisted(layers)


def _adapted_odds_into_slots(c: Constants, layers: Layers) -> dict[str, Any]:
    """The range of V*/V by steps to go, where guided moves end."""
    return _adapted(c, layers) | _twisted(layers) | {"noedge": layers.left_by_guided_moves}


def _adapted_carried(c: Constants, layers: Layers) -> dict[str, Any]:
    """As into slots, and what the variance of a slot costs."""
    return _adapted_into_slots(c, layers) | {"bv": _at(c.slot_cost_adapted)}


def _upper(c: Constants, layers: Layers) -> dict[str, Any]:
    """L bounds the ratios from above only."""
    return {"L": fraction(c.upper_ratio)}


def _states(c: Constants, layers: Layers) -> dict[str, Any]:
    """The last layer's states as test functions, and an event of them."""
    return {"FJ": lambda j, x: Fraction(j == x), "a": lambda j: Fraction(j % 2)}


def _published(c: Constants, layers: Layers) -> dict[str, Any]:
    return {"C_act": fraction(c.c_act)}


def _levels(c: Constants, layers: Layers) -> dict[str, Any]:
    """The range of the Bellman ratios of a level, by steps made."""
    return {"lo": _at([min(level.values()) for level in c.bellman_ratio]), "r": _at(c.level_ratio)}


def _chain(c: Constants, layers: Layers) -> dict[str, Any]:
    """Guided paths as the chain, their Bellman ratios as the weights; the range of a level is asked for one step before it."""
    ratios = [{x: fraction(r) for x, r in level.items()} for level in c.bellman_ratio]

    def known(t: int, x: int) -> bool:
        return t < len(ratios) and x in ratios[t]

    return {
        "K": layers.guided, "rho": lambda t, x: ratios[t][x] if known(t, x) else Fraction(1),
        "dead": lambda t, x: 0 if known(t, x) else 1,
        "noedge": lambda t, x, y: 0 if known(t, x) and any(p and z == y for p, z in layers.guided(t, x)) else 1,
        "lo": _at([min(level.values()) for level in c.bellman_ratio[1:]]), "r": _at(c.level_ratio),
    }  # fmt: skip


def _adapted(c: Constants, layers: Layers) -> dict[str, Any]:
    """The range of V*/V by steps to go."""
    spread = [u.values() for u in c.value_ratio[::-1]]
    return {"lo": _at([min(u) for u in spread]), "q": _at(c.q_adapted[::-1])}


def _paths(c: Constants, layers: Layers) -> dict[str, Any]:
    """`layers`: the prefix tree. Its leaves, the paths, as test functions; the largest Qbar along each; the model's own average."""
    if INFINITE in c.path_excess:
        raise Infinite
    value = [layers.value_of({x: Fraction(x == leaf) for x in range(layers.width)}) for leaf in range(layers.width)]
    excess = [fraction(x) for x in c.path_excess]
    peak = cache(layers.peak)
    return _states(c, layers) | {
        "bJ": peak, "J": layers.width, "VJ": lambda j, t, x: value[j](t, x) if j < layers.width else Fraction(0),
        "pi": lambda j: value[j](0, 0) / layers.Vstar(0, 0) if j < layers.width else Fraction(0),
        "excess": lambda k: excess[k] if k < layers.T else Fraction(0),
    }  # fmt: skip


def _local(c: Constants, layers: Layers) -> dict[str, Any]:
    return {"b": _at(c.b_local)} | layers.references()


def _adapted_from_the_root(c: Constants, layers: Layers) -> dict[str, Any]:
    return {"b": _at(c.b_adapted)}


def _split_model(c: Constants, layers: Layers) -> dict[str, Any]:
    """F is the indicator of A, every state but B, which is state 0; the sign of a move says whether V grew."""
    return {"F": lambda x: Fraction(x > 0), "sgn": lambda t, x, y: 1 if y == x + 1 else -1}


def _rare_branch(c: Constants, layers: Layers) -> dict[str, Any]:
    """State 0 of every level lives, state 2 has just left; s is the chance of the first move to state 0, m counts the levels of three."""
    return {
        "F": lambda x: Fraction(x == 0), "lives": lambda t, x: Fraction(x == 0), "left": lambda t, x: Fraction(x == 2),
        "s": fraction(c.model.edges[0][0][0].probability), "m": c.model.sizes.count(3),
    }  # fmt: skip


SYMBOLS: dict[str, Callable[[Constants, Layers], dict[str, Any]]] = {
    "P0": _nothing, "P1": _nothing, "P5": _nothing, "S2": _nothing, "S8.uniform": _nothing, "G1": _nothing,
    "P2": _two_sided, "P3": _two_sided, "S3": _two_sided, "S3.uniform": _two_sided, "S13.tv": _two_sided, "S13.uniform": _two_sided,
    "S4": _one_sided, "S4.uniform": _one_sided, "S5": _from_the_root, "S5.bias": _from_the_root, "G1.published": _published,
    "S10.tv": _states, "S11.tv": _states, "S11.closed": _from_the_root, "S11.fourth": _from_the_root,
    "S12.tv": _from_the_root, "S12.uniform": _upper,
    "S16.tv": _into_slots, "S16.normaliser": _into_slots, "S16.threshold": _carried, "S16.odds_tv": _odds_into_slots,
    "S16.adapted_tv": _adapted_into_slots, "S16.adapted_normaliser": _adapted_into_slots, "S16.adapted_threshold": _adapted_carried,
    "S16.adapted_odds_tv": _adapted_odds_into_slots,
    "S14": _local, "S14.tv": _local, "S14.bias": _local, "S1": _chain, "S1.product": _chain, "S2.product": _levels, "S8": _adapted,
    "S12.average": _paths, "S12.adapted_tv": _adapted_from_the_root, "S13.adapted_tv": _adapted, "S13.adapted_uniform": _nothing,
    "S12.adapted_uniform": _nothing, "S9.run": _split_model, "S15.rounds": _rare_branch,
}  # fmt: skip
"""By sealed statement: the constants among its symbols. A new closed form that `check` measures is added here."""
