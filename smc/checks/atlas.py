"""The bounds atlas: every known bound beside the exact truth, over particles, horizon and Bellman error.

For each setting (a model at one horizon, one reward model) it holds the exact TV at every N asked for, every bound there, the particles
that each theorem asks for to reach delta, the least N that does and the least from which on all do, and how many times more is asked for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from proofs.catalogue import TV
from smc.checks.budget import OutOfTime, kept
from smc.checks.demand import Demand, demand
from smc.checks.document import exact
from smc.checks.least import LeastParticles, least_by_laws, least_particles
from smc.checks.measure import Law, Measured, quick_law
from smc.checks.row import Claim, Row
from smc.checks.table import claims, spoken_of_by
from smc.errors import InputError, TooLarge, one_of, whole_number
from smc.exact import seconds_of_law
from smc.exact.occupancy.cost import duration
from smc.instances.product import (
    ProductModel,
    minimum_particles,
    product_family,
    product_family_model,
)
from smc.instances.rare_branch import rare_branch
from smc.instances.split import branch_mass, certified_branch_mass
from smc.instances.two_branch import two_branch
from smc.numbers import ONE, ZERO, Ball, Extended, Rational, ball, order, rational, text
from smc.samplers import SAMPLERS, find
from smc.samplers.naive import naive
from smc.samplers.process import ParticleProcess
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import Twist

SECONDS = 60.0
"""Seconds that one setting may take where nobody says otherwise."""
BALL_BITS = 100
"""Radius, in binary digits, of an enclosed TV: a comparison that this leaves open is one of near equality."""


@dataclass(frozen=True)
class Setting:
    """One model, reward model and algorithm of the atlas.

    claims: the statements that speak of its TV. distance: `N -> TV`, exact, or an enclosure where rationals would explode. truth: what
    `distance` is, for a table. falls: why it decreases in N, where that is proved. process: what is run, where its TV can be enclosed.
    near: its TV in balls, which settles a comparison sooner than long fractions. quick: its exact TV at few particles, where that is all
    that is known of it. Without any of these nothing is said of a least N. spoken: IDs of all statements on its runs.
    """

    label: str
    sampler: Sampler
    horizon: int
    bellman_error: Extended
    ratio_bound: Extended
    claims: tuple[Claim, ...]
    distance: Callable[[int], Rational | Ball]
    truth: str = "exact TV"
    falls: str = ""
    process: ParticleProcess | None = None
    near: Callable[[int], Rational | Ball] | None = None
    quick: Law | None = None
    spoken: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """The label, with the sampler where it is another than plain naive SMC."""
        return self.label if self.sampler is naive else f"{self.label}, {self.sampler.label}"


@dataclass(frozen=True)
class Entry:
    """What the atlas says of one setting.

    distances: the TV, N by N. rows: bounds against it. demands: particles each statement asks for. least: the counts with `TV <= delta`;
    None where they were not asked for or will not fit, with the reason in `remark`.
    """

    setting: Setting
    delta: Rational
    distances: tuple[tuple[int, Rational | Ball], ...]
    rows: tuple[tuple[int, Row], ...]
    demands: tuple[Demand, ...]
    least: LeastParticles | None
    remark: str = ""

    def excess(self, demand: Demand) -> Rational | None:
        """How many times more a statement asks for than the least N from which on delta is met; None where that is not settled."""
        if self.least is None or not self.least.needed or self.least.onward is None or demand.particles is None:
            return None
        return Rational(demand.particles, self.least.onward)

    def to_json(self) -> dict[str, Any]:
        """Rationals as strings."""
        s = self.setting
        return {
            "setting": s.label,
            "algorithm": s.sampler.name,
            "resampling": s.sampler.resampling.typed,
            "selection": s.sampler.how,
            "horizon": s.horizon,
            "bellman_error": text(s.bellman_error),
            "ratio_bound": text(s.ratio_bound),
            "delta": str(self.delta),
            "tv": [{"particles": n, **exact("tv", tv)} for n, tv in self.distances],
            "rows": [{"particles": n, **row.to_json()} for n, row in self.rows],
            "demands": [
                {
                    "id": d.id,
                    "form": d.form,
                    "particles": d.particles,
                    "excess": None if (e := self.excess(d)) is None else str(e),
                }
                for d in self.demands
            ],
            "least_particles": self.least.particles if self.least else None,
            "least_particles_onward": self.least.onward if self.least else None,
            "least_needed": None if self.least is None else {"first": self.least.first, "onward": self.least.needed},
            "least_open": [list(counts) for counts in self.least.open] if self.least else None,
            "least_certificate": self.least.certificate if self.least else None,
            "remark": self.remark,
        }


def model_setting(model: Model, twist: Twist, sampler: str | Sampler = naive, label: str = "") -> Setting:
    """A setting whose TV comes from the exact engines. Raises InputError for an algorithm whose particles do not interact."""
    chosen = find(sampler)
    if not chosen.interacting:
        names = ", ".join(sampler.name for sampler in SAMPLERS.values() if sampler.interacting)
        raise InputError(f"no bound in N for {chosen.name!r}", where="algorithm", mend=f"choose one of {names}")
    constants = analyse(model, twist)
    distance = cache(lambda n: Measured(constants, chosen, n).total_variation)
    near = lambda n: Measured(constants, chosen, n, bits=BALL_BITS if n > 1 else None).total_variation  # noqa: E731
    made = _setting(label or f"{model.name}, {twist.name}", constants, chosen, distance)
    made = replace(made, spoken=spoken_of_by(constants, chosen))
    run = Measured(constants, chosen, 1)
    if not run.process.plain:
        return replace(made, quick=quick_law(run))
    return replace(made, process=run.process, near=near)


def _setting(label: str, c: Constants, sampler: Sampler, distance: Callable[[int], Rational | Ball]) -> Setting:
    told = tuple(claim for claim in claims(c, sampler) if claim.quantity == TV)
    return Setting(label, sampler, c.model.horizon, c.bellman_error, c.ratio_bound, told, distance)


def product_setting(ratio: object, horizon: int) -> Setting:
    """The product family `V = ratio^(number of ones)` under a fair coin, on complete paths: exact at any N and T."""
    family: ProductModel = product_family(ratio, horizon)
    constants = analyse(*product_family_model(ratio, horizon))
    label = f"product family, r = {rational(ratio)}, T = {horizon}"
    return replace(_setting(label, constants, naive, family.total_variation), falls="TV falls with N on this family")


def split_setting(horizon: int) -> Setting:
    """S9's instance, a perfect reward model with ratios in [1/2, 3/2], as its mass below A shows: bounded from both sides.

    The distance is `|1/2 - P(output below A)|`, which the TV is at least, and which S4 bounds too. `b` and `q`, by the steps to go, are
    those of the model (1 at the first step, 3/2 and 3 after it), which would have `T^2/2` states. Rational while small, certified beyond.
    """
    b, q = [ONE * 3 / 2] * (horizon - 1) + [ONE], [ONE * 3] * (horizon - 1) + [ONE]

    def distance(particles: int) -> Rational | Ball:
        if particles * particles * horizon <= EXACT_SPLIT:
            return abs(ONE / 2 - branch_mass(particles, horizon)[-1])
        return abs(ball(ONE / 2) - certified_branch_mass(particles, horizon)[-1])

    told = (
        Claim("S9", "lower", TV, {"T": horizon}, ">="),
        Claim("S9", "upper", TV, {"T": horizon}),
        Claim("S4", "instance", TV, {"b": b}),
        Claim("S3", "instance", TV, {"q": q}),
    )
    ratio_bound = ONE * 2 if horizon > 1 else ONE
    label = f"split, V = V*, T = {horizon}"
    return Setting(label, naive, horizon, ZERO, ratio_bound, told, distance, "exact bias of the first step")


def chart(
    setting: Setting, delta: object, particles: Sequence[int], *, find_least: bool = True, seconds: float = SECONDS
) -> Entry:
    """The entry of `setting`: exact TV and bounds at each of `particles`, what every statement asks for, and the exact least N.

    seconds: by the clock; a law that is estimated to take half of them is left out, and the least N is looked for in what is left. What the
    statements ask for is left out where they have passed.
    """
    ends = time.monotonic() + seconds
    goal = rational(delta)
    if not 0 < goal < 1:
        raise InputError(
            f"accuracy {goal} is not between 0 and 1", where="delta", mend="delta is a total variation, such as 0.1"
        )
    rows: list[tuple[int, Row]] = []
    distances: list[tuple[int, Rational | Ball]] = []
    demands: tuple[Demand, ...] = ()
    remarks = []
    try:
        with kept(seconds / 2):  # as a rule they take no time, and exact laws take all that there is
            demands = tuple(demand(claim, goal) for claim in setting.claims if claim.relation == "<=")
    except OutOfTime as error:
        remarks.append(f"what the statements ask for left out: {error.what}")
    for n in particles:
        try:
            if setting.process is not None:
                took = seconds_of_law(setting.process, n)
                if took > min(seconds / 2, ends - time.monotonic()):
                    remarks.append(f"exact law left out from N = {n} on: about {duration(took)}")
                    break
            with kept(ends - time.monotonic()):
                distance = setting.distance(n)
                held = [(n, claim.row(n, distance)) for claim in setting.claims]
        except TooLarge as error:
            remarks.append(f"exact law left out from N = {n} on: {error.what}")
            break
        distances.append((n, distance))
        rows += held
    least = None
    if find_least and setting.process is not None and setting.near is not None:
        promised = [(d.particles, f"{d.id} ({d.form})") for d in demands if d.particles is not None]
        try:
            with kept(ends - time.monotonic()):
                least = least_particles(
                    setting.process, setting.near, goal, promised, seconds=LOOKING * (ends - time.monotonic())
                )
        except OutOfTime as error:
            remarks.append(f"least N not found: {error.what}")
    elif find_least and setting.quick is not None:
        promised = [(d.particles, f"{d.id} ({d.form})") for d in demands if d.particles is not None]
        least = least_by_laws(setting.quick, goal, promised, seconds=ends - time.monotonic())
    elif find_least and setting.falls:
        try:
            with kept(ends - time.monotonic()):
                found = minimum_particles(setting.distance, goal).particles
            least = LeastParticles(found, found, (), setting.falls)
        except TooLarge as error:
            remarks.append(f"least N not found: {error.what}")
    return Entry(setting, goal, tuple(distances), tuple(rows), demands, least, "; ".join(remarks))


LOOKING = 0.7
"""Share of what is left of the budget after which the search for the least N is told to end; it is ended where it does not."""
EXACT_SPLIT = 2000
"""Largest `N^2 T` at which the split family's distance is computed in rationals."""


BUILDING: dict[str, Callable[[int], float]] = {
    "product": lambda t: 4e-7 * t**3,
    "hidden": lambda t: 8e-6 * t**2,
    "split": lambda t: 2e-4 * t,
    "rare-branch": lambda t: 5e-6 * t**2,
}
"""Seconds that a family takes by its horizon, as measured, before any law: T^2/2 states, or T, with values of T digits; a list of T
constants."""


def family_setting(
    name: str,
    horizon: int,
    *,
    eps: object | None = None,
    c: object | None = None,
    s: object | None = None,
    seconds: float = math.inf,
) -> Setting:
    """A built-in family at one horizon, at constant `eps` or at `eps = c/T`.

    product: ratio `1 + eps` (so the gain of a one; its Bellman error as `ratio^ones` is eps/2). hidden: S6's instance with
    `floor((1+eps)^(2(T-1))) + 1` children, gain `1 + eps`, whose Bellman error is eps. split: S9's instance, which takes neither.
    rare-branch: S15's, with a branch of probability s and as many rounds as fit the horizon, two steps each. Raises TooLarge, before it is
    built, for one that is estimated to take longer than `seconds`.
    """
    if name not in BUILDING:
        raise InputError(f"unknown family {name!r}", where="atlas", mend=one_of(BUILDING, name))
    if (took := BUILDING[name](horizon)) > seconds:
        raise TooLarge(
            f"{horizon:,} steps take about {duration(took)}, more than {duration(seconds)}",
            where=f"family:{name}",
            mend="take shorter --horizons, or give more seconds with --budget",
        )
    if name == "split":
        if eps is not None or c is not None:
            raise InputError("its Bellman error is 0", where="family:split", mend="leave eps and c out")
        return split_setting(horizon)
    if name == "rare-branch":
        if s is None or eps is not None or c is not None:
            raise InputError("give s alone", where="family:rare-branch", mend="write family:rare-branch?s=1/27")
        whole_number("horizon", horizon, least=2)
        rounds = horizon // 2
        found = model_setting(*rare_branch(rounds=rounds, mass=s, horizon=horizon))
        lower = (Claim("S15", "lower", TV, {"s": rational(s), "m": rounds - 1}, ">="),) if rounds > 1 else ()
        return replace(found, claims=(*lower, *found.claims))
    if s is not None:
        raise InputError(
            "s is the rare branch's", where=f"family:{name}", mend="leave it out, or write family:rare-branch?s=1/27"
        )
    if (eps is None) == (c is None):
        raise InputError(
            "give one of eps and c", where=f"family:{name}", mend=f"write family:{name}?eps=1/4 or family:{name}?c=1"
        )
    error = rational(eps) if eps is not None else rational(c) / horizon
    if error <= 0:
        raise InputError(f"Bellman error {error} is not positive", where=f"family:{name}")
    return product_setting(1 + error, horizon) if name == "product" else hidden_setting(error, horizon)


def hidden_setting(eps: object, horizon: int) -> Setting:
    """S6's hard instance, its interchangeable children lumped into "low" (all but one) and "high" (the hidden one): TV is unchanged,
    since neither the target nor the law of the output tells the low children apart."""
    error = rational(eps)
    children = int((1 + error) ** (2 * (horizon - 1))) + 1
    model, twist = two_branch(horizon=horizon, eps=error, low=Rational(children - 1, children))
    return model_setting(model, twist, label=f"hidden child among {order(children)}, eps = {error}, T = {horizon}")
