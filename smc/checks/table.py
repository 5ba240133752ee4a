"""The one table between statements and models: how each input of a closed form is read, how each quantity is measured.

The catalogue (`proofs.catalogue`) names inputs, quantities and scopes; here each name meets `Constants` and `Measured`. A new statement
that speaks of known quantities needs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Any, NamedTuple

import flint

from proofs import bounds, catalogue
from proofs.catalogue import Form
from smc.checks.measure import Measured, guided_tv, importance_chi_square, target_chi_square
from smc.checks.row import Claim, Row, held, tightest
from smc.exact.clouds import weights_to_come
from smc.instances.rare_branch import rare_shape
from smc.instances.split import is_split
from smc.numbers import INFINITE, Ball, Extended, Rational, ball, finite
from smc.samplers.process import ParticleProcess
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants
from smc.setting.paths import paths_by_layer

INPUTS: dict[str, Callable[[Constants], Any]] = {
    "T": lambda c: c.model.horizon,
    "eps": lambda c: c.bellman_error,
    "L": lambda c: c.ratio_bound,
    "upper L": lambda c: c.upper_ratio,
    "q": lambda c: c.q[::-1],
    "q adapted": lambda c: c.q_adapted[::-1],
    "b": lambda c: c.b[::-1],
    "b from the root": lambda c: c.b,
    "b local": lambda c: c.b_local,
    "b adapted": lambda c: c.b_adapted,
    "cost of a slot": lambda c: c.slot_cost,
    "cost of a slot adapted": lambda c: c.slot_cost_adapted,
    "longest path": lambda c: c.longest_path,
    "mean path": lambda c: c.mean_path,
    "conductances": lambda c: c.steps_per_visit / 2,
    "path excess": lambda c: c.path_excess,
    "r": lambda c: c.level_ratio[1:],
    "R": lambda c: c.bellman_product,
    "C_act": lambda c: c.c_act,
    "chi": lambda c: c.chi_square[:-1],
    "K": lambda c: 1 + max(c.alive_chi_square[:-1]),
    "PV": lambda c: c.increment_moment,
}
"""Inputs of closed forms that a model and a reward model determine, by name. q and b of S3, S4 and S8 count the steps to go."""


class Observed(NamedTuple):
    """What was measured: the quantity as a row names it, its value, and the inputs that belong to this instance of it; an input that is
    itself measured is a function of nothing, called only for a form that takes it."""

    name: str
    value: Extended | Ball
    inputs: dict[str, Any]


def _values(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """The worst of V*/V and V/V*, by the steps to go; nothing where they do not vanish together."""
    worst = [max(max(u.values()), _inverse(min(u.values()))) for u in c.value_ratio[:-1]]
    if INFINITE not in worst:
        for t, w in enumerate(worst):
            yield Observed(catalogue.VALUES, finite(w), {"n": c.model.horizon - t})


def _inverse(value: Rational) -> Extended:
    return 1 / value if value else INFINITE


def _ranges(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """q_p, by the steps to go after step p."""
    for p, q in enumerate(c.q, 1):
        if q != INFINITE:
            yield Observed(catalogue.RANGE, finite(q), {"n": c.model.horizon - p})


def _targets(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """1 + chi^2 of the intermediate targets, on the levels where V and V* are positive on the same states of positive mass."""
    for t, levels in enumerate(zip(c.prefix_mass, c.true_value, c.twist.values, strict=True)):
        live = [(mass * star, v, star) for mass, star, v in zip(*levels, strict=True) if mass and (star or v)]
        if all(star and v for _, v, star in live):
            law, v, star = map(list, zip(*live, strict=True))
            inputs = {"pistar": [weight / c.normaliser for weight in law], "V": v, "Vstar": star}
            yield Observed(f"{catalogue.TARGETS} at step {t}", 1 + target_chi_square(c, t), inputs)


def _path_chi_square(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """chi^2 of the weights of guided paths."""
    yield Observed(catalogue.CHI_SQUARE, importance_chi_square(c), {})


def _guided(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """TV of the guided particle to the target of each step t, at which V_t is the terminal reward."""
    for t, distance in enumerate(guided_tv(c), 1):
        yield Observed(f"TV at step {t}", distance, {"T": t, "r": c.level_ratio[1:t]})


def _total_variation(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """TV of the output."""
    assert m is not None
    moments = {"pi": lambda: m.answer_moments[0], "second": lambda: m.answer_moments[1]}
    moments |= {"aim": lambda: m.path_growths[0], "growthJ": lambda: m.path_growths[1]}
    moments |= {name: partial(_four_moments, m, name) for name in ("third", "fourth", "alpha", "beta")}
    yield Observed(catalogue.TV, m.total_variation, m.sampler.at(m.count) | moments)


def _four_moments(m: Measured, name: str) -> list[Rational]:
    return m.four_moments[name]


def _second_moment(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """E[Zhat^2]/Z^2."""
    assert m is not None
    yield Observed(catalogue.SECOND_MOMENT, m.second_moment_ratio, m.sampler.at(m.count))


def _fourth_moment(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """E[(1 - Zhat/Z)^4]."""
    assert m is not None
    yield Observed(catalogue.FOURTH, m.fourth_moment, m.sampler.at(m.count))


def _growth(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """What each step does to the second moment of the estimate so far."""
    assert m is not None
    for p, (grown, b) in enumerate(zip(m.growths, ranges(m.process), strict=True), 1):
        yield Observed(f"{catalogue.GROWTH} at step {p}", grown, m.sampler.at(m.count) | {"b": b})


def ranges(process: ParticleProcess) -> list[Extended]:
    """`b_p`, p = 1..T, of any process: the largest weight of a move times the mean of the weights after it, over the least mean of the
    weights from before it. `Constants.b` for naive SMC, `b_adapted` for adapted."""
    means, alive, found = weights_to_come(process), {0}, list[Extended]()
    for step, here, there in zip(process.steps, means, means[1:], strict=False):
        least = min(here[x] for x in alive)
        moves = [o for x in alive for o in step[x]]
        found.append(max(o.weight * there[o.target] for o in moves) / least if least else INFINITE)
        alive = {o.target for o in moves if o.weight}
    return found


def _kept(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """How little of the target a sweep from a kept path may keep, over all pairs of paths."""
    assert m is not None
    least = m.kernel.smallest_ratio
    yield Observed(catalogue.KEPT, 1 / least if least else INFINITE, {"N": m.process.free})


def _swept(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """TV to the target after the sweeps, from the path where it is largest."""
    assert m is not None
    yield Observed(catalogue.SWEPT, m.swept, {"N": m.process.free, "H": m.count})


def _relaxation(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """1/gap of the leaf chain."""
    assert m is not None and m.relaxation_time is not None
    yield Observed(catalogue.RELAXATION, m.relaxation_time, {})


def _first_leaf(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """The largest density of the first leaf that a walk from the root visits."""
    assert m is not None
    law, _ = m.walk.at(1)
    yield Observed(catalogue.DENSITY, max(p / aim for p, aim in zip(law, c.target, strict=True) if aim), {})


def _steps(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """Steps of a walk from the root to its visit of that number, in the mean."""
    assert m is not None
    yield Observed(catalogue.STEPS, m.visit[1], m.sampler.at(m.count))


def _branch(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """What A lacks is what state B, the first one, has too much of: no run of the split model dies. S9 asks for two particles."""
    assert m is not None
    if m.count >= 2 and is_split(c.model, c.twist):
        output, aim = m.output.law[0], c.target[0]
        excess = output - ball(aim) if isinstance(output, flint.arb) else output - aim
        yield Observed(catalogue.SPLIT, excess, m.sampler.at(m.count))


def _rare(c: Constants, m: Measured | None) -> Iterator[Observed]:
    """Target mass of what lives less that of the output, on the rare-branch model, whose state that lives comes first."""
    assert m is not None
    shape = rare_shape(c.model, c.twist)
    if shape is not None:
        s, rounds = shape
        output, aim = m.output.law[0], c.target[0]
        lack = ball(aim) - output if isinstance(output, flint.arb) else aim - output
        yield Observed(catalogue.RARE, lack, m.sampler.at(m.count) | {"s": s, "m": rounds - 1})


FINITE = {catalogue.VALUES: "V and V* vanish together before the end", catalogue.RANGE: "q_p is finite at some step"}
"""What quantities that are infinite elsewhere ask for to have a row."""
QUANTITIES: dict[str, Callable[[Constants, Measured | None], Iterator[Observed]]] = {
    catalogue.VALUES: _values,
    catalogue.RANGE: _ranges,
    catalogue.TARGETS: _targets,
    catalogue.CHI_SQUARE: _path_chi_square,
    catalogue.AT_STEP: _guided,
    catalogue.TV: _total_variation,
    catalogue.SECOND_MOMENT: _second_moment,
    catalogue.FOURTH: _fourth_moment,
    catalogue.GROWTH: _growth,
    catalogue.RELAXATION: _relaxation,
    catalogue.DENSITY: _first_leaf,
    catalogue.STEPS: _steps,
    catalogue.KEPT: _kept,
    catalogue.SWEPT: _swept,
    catalogue.SPLIT: _branch,
    catalogue.RARE: _rare,
}
"""What `check` measures, on the models that have it. A quantity has several instances where a statement speaks of every step."""


def _positive(c: Constants) -> bool:
    return all(values[x] for values, layer in zip(c.twist.values, c.reached, strict=False) for x in layer)


def _everywhere(c: Constants) -> bool:
    return all(layer == set(alive) for alive, layer in zip(c.alive, c.reached, strict=False))


MOST_LEAVES = 64
"""Leaves of the trees whose spectrum, whose kernel and whose paths' growths are computed: a second at most."""


def _tree(c: Constants) -> bool:
    """Whether every state is entered from one, on edges of positive weight."""
    for t, after in enumerate(c.alive[1:]):
        entered = {(x, e.target) for x in c.alive[t] for e in c.model.edges[t][x] if e.probability and e.potential}
        if len([y for _, y in entered if y in after]) != len(after):
            return False
    return True


def _small_tree(c: Constants) -> bool:
    """Whether that is so, and the leaves that are reached are at most `MOST_LEAVES`."""
    return _tree(c) and len(c.alive[-1]) <= MOST_LEAVES


def _forked_tree(c: Constants) -> bool:
    """Whether they are two or more besides: a chain of one leaf has no gap."""
    return _small_tree(c) and len(c.alive[-1]) > 1


def _few_paths(c: Constants) -> bool:
    return paths_by_layer(c.model)[-1] <= MOST_LEAVES


MOST_QUADRUPLES = 20_000
"""Quadruples of states of one layer, over all layers, for which the moments of four particles are quick: a second at most."""


def _fours(c: Constants) -> bool:
    return sum(len(layer) ** 4 for layer in c.alive) <= MOST_QUADRUPLES


SCOPES: dict[str, Callable[[Constants], bool]] = {
    "": lambda c: True,
    catalogue.POSITIVE: _positive,
    catalogue.EVERYWHERE: _everywhere,
    catalogue.TREE: _tree,
    catalogue.SMALL_TREE: _small_tree,
    catalogue.FORKED_TREE: _forked_tree,
    catalogue.FEW_PATHS: _few_paths,
    catalogue.FOURS: _fours,
}
"""Conditions of sealed hypotheses beyond finite constants. Where the reference goes to a state that no particle can occupy, the other
statements hold of the model in which that move leads to a state of value zero: no constant, no run and no target tells the two apart."""


RUNS: dict[str, Callable[[Sampler], bool]] = {
    catalogue.PLAIN: lambda sampler: sampler.plain,
    catalogue.SLOTS: lambda sampler: sampler.worth is not None and not sampler.plain,
    catalogue.CARRIED: lambda sampler: sampler.worth is None and sampler.effective is not None,
}
"""Which samplers resample as a statement asks, by their facts. Of plain resampling the statements on slots repeat the others: they are
told of it by those alone."""
AT_ANY_COUNT = frozenset({"N", "omega"})
"""Inputs that change with the number of particles and with nothing else of a run."""
OF_THE_OUTPUT = frozenset({catalogue.TV, catalogue.SECOND_MOMENT})
"""Quantities of the output and the normaliser of a whole run."""


EVERY = frozenset(catalogue.ROWS)
"""IDs of all statements."""


@cache
def known(sampler: Sampler | None, statements: frozenset[str] = EVERY) -> list[tuple[catalogue.Row, Form]]:
    """The closed forms of `statements` that speak of model and reward model, and of runs of `sampler` as it resamples."""
    pairs = catalogue.known_forms(QUANTITIES, "" if sampler is None else sampler.name)
    return [
        (row, form)
        for row, form in pairs
        if row.id in statements and (sampler is None or not form.samplers or RUNS[form.under](sampler))
    ]


def inputs(form: Form, c: Constants, without: str = "") -> dict[str, Any]:
    """The inputs of `form` that the constants give, but for those named in `without`."""
    return {name: INPUTS[form.reads.get(name, name)](c) for name in form.names if name not in without.split()}


Ready = dict[tuple[str, str], bounds.ClosedForm]
"""Closed forms at the constants of one analysis, by ID and form: kept by who asks for many rows of it."""


def rows(
    c: Constants,
    m: Measured | None = None,
    forms: Iterable[tuple[catalogue.Row, Form]] | None = None,
    ready: Ready | None = None,
) -> Iterator[Row]:
    """A row for every closed form that speaks of the sampler of `m`, or of model and reward model, and is in scope; m: None for the latter.

    A statement about every step has one row, at the step where it comes closest to failing. forms: of those that are `known` of the sampler
    the ones that are wanted.
    """
    ready = {} if ready is None else ready
    seen: dict[str, list[Observed]] = {}
    for row, form in known(None if m is None else m.sampler) if forms is None else forms:
        if not SCOPES[form.scope](c):
            continue
        if form.quantity not in seen:
            seen[form.quantity] = list(QUANTITIES[form.quantity](c, m))
        found = []
        for name, value, own in seen[form.quantity]:
            own = {k: v() if callable(v) else v for k, v in own.items() if k in form.names}
            closed = ready.get((row.id, form.form))
            if closed is None:
                given = inputs(form, c, " ".join(own))
                closed = ready[row.id, form.form] = bounds.ClosedForm(row.id, form.form, **given)
            found.append(held(closed, name, value, form.relation, **own))
        if found:
            yield tightest(found)


def left_out(c: Constants, sampler: Sampler, stated: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(ID, form, condition) of the closed forms that would speak of this run if the model met the condition. stated: those with a row."""
    stated, found = set(stated), []
    for row, form in known(sampler):
        if not SCOPES[form.scope](c):
            found.append((row.id, form.form, form.scope))
        elif form.quantity in FINITE and (row.id, form.form) not in stated:
            found.append((row.id, form.form, FINITE[form.quantity]))
    return found


def spoken_of_by(c: Constants, sampler: Sampler) -> tuple[str, ...]:
    """IDs of the statements in scope on output, normaliser or steps of runs of `sampler`, as it resamples."""
    told = (
        row.id
        for row, form in known(sampler)
        if form.samplers and form.quantity in {*OF_THE_OUTPUT, catalogue.GROWTH} and SCOPES[form.scope](c)
    )
    return tuple(dict.fromkeys(told))


def claimed(sampler: Sampler) -> bool:
    """Whether statements speak of `sampler`, as it resamples, at every number of particles."""
    return any(_at_any_count(sampler, form) for _, form in known(sampler))


def _at_any_count(sampler: Sampler, form: Form) -> bool:
    """Whether the count of `sampler` is what the bound changes with."""
    counted = AT_ANY_COUNT.intersection(form.names)
    return form.quantity in OF_THE_OUTPUT and bool(counted) and counted <= sampler.at(1).keys()


def claims(c: Constants, sampler: Sampler) -> list[Claim]:
    """The statements in scope on the output law or the normaliser of `sampler` that hold for every number of particles."""
    found = []
    for row, form in known(sampler):
        if form.quantity not in (catalogue.TV, catalogue.SECOND_MOMENT):
            continue
        if _at_any_count(sampler, form) and SCOPES[form.scope](c):
            given = inputs(form, c, " ".join(AT_ANY_COUNT))
            found.append(Claim(row.id, form.form, form.quantity, given, form.relation, _counted(sampler, form)))
    return found


def _counted(sampler: Sampler, form: Form) -> Callable[[int], dict[str, Any]]:
    """The inputs of `form` that a number of particles determines."""
    return lambda n: {name: value for name, value in sampler.at(n).items() if name in form.names}
