"""True values, the Bellman operator, and every constant that the theorems read off a model and a reward model. Exact, sparse.

Which states count. `alive` states are those that a resampled particle can occupy: reachable through edges of positive probability,
positive potential and positive twist. Ratios are taken over alive states and over the positive-probability edges that leave them.
An alive state whose true value is zero (the twist promises what the process cannot deliver) makes `rho`, `u` or `q_p` degenerate; the
constants that need it are then `INFINITE`, which is what the theorems require: their minima run over every place a particle can be.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from smc.numbers import INFINITE, ONE, ZERO, Extended, Rational, balanced_sum, finite
from smc.setting.model import Model

Layer = tuple[Rational, ...]


@dataclass(frozen=True)
class Twist:
    """Values `V_t(x)`, shape (T + 1, |X_t|), tied to the model that `smc.setting.twist.twist` checked them against."""

    values: tuple[tuple[Rational, ...], ...]
    name: str = "given"

    @staticmethod
    def from_values(model: Model, values: Sequence[Sequence[object]], *, name: str = "given") -> Twist:
        """`values` for layers 0..T-1, one list a layer in the order of `model.layers`, checked against `model`: what
        `smc.setting.twist.twist` gives and raises."""
        from smc.setting.twist import twist  # which builds on this module

        return twist(model, values, name=name)


def bellman(model: Model, t: int, values: Sequence[Rational]) -> Layer:
    """`(B_t V)(x) = E[psi_{t+1} V_{t+1}(x_{t+1}) | x_t = x]` from the values of layer t+1; shape (|X_t|,)."""
    return tuple(sum((e.probability * e.potential * values[e.target] for e in row), ZERO) for row in model.edges[t])


def true_value(model: Model) -> tuple[Layer, ...]:
    """`V*_t(x) = E[prod_{k>t} psi_k · phi(x_T) | x_t = x]`, shape (T + 1, |X_t|); `V*_0(root) = Z`."""
    layers = [model.reward]
    for t in range(model.horizon - 1, -1, -1):
        layers.append(bellman(model, t, layers[-1]))
    return tuple(reversed(layers))


def prefix_mass(model: Model) -> tuple[Layer, ...]:
    """`eta_t(x) = E[prod_{k<=t} psi_k; x_t = x]`, the unnormalised mass that the reference and the potentials put on x."""
    layers: list[Layer] = [(ONE,)]
    for t, step in enumerate(model.edges):
        mass = [ZERO] * len(model.layers[t + 1])
        for weight, row in zip(layers[-1], step, strict=True):
            if weight:
                for e in row:
                    mass[e.target] += weight * e.probability * e.potential
        layers.append(tuple(mass))
    return tuple(layers)


def target(model: Model) -> Layer:
    """Terminal marginal of the target `pi`, shape (|X_T|,), a probability. Raises ZeroDivisionError if `Z = 0` (a
    checked twist excludes it)."""
    weights = [m * phi for m, phi in zip(prefix_mass(model)[-1], model.reward, strict=True)]
    total = balanced_sum(weights)
    return tuple(w / total for w in weights)


def _ratio(top: Rational, bottom: Rational) -> Extended:
    return top / bottom if bottom else INFINITE


def _slot_cost(b: Extended) -> Extended:
    return b if b == INFINITE else finite(b) - 1 if b <= 2 else finite(b) ** 2 / 4


@dataclass(frozen=True)
class Constants:
    """Every quantity of the theory that a model and a twist determine. All exact rationals, or `INFINITE` where none exists."""

    model: Model
    twist: Twist

    @cached_property
    def true_value(self) -> tuple[Layer, ...]:
        """`V*`, shape (T + 1, |X_t|)."""
        return true_value(self.model)

    @cached_property
    def normaliser(self) -> Rational:
        """`Z = V*_0(root)`."""
        return self.true_value[0][0]

    @cached_property
    def alive(self) -> tuple[tuple[int, ...], ...]:
        """Indices of the states that a resampled particle can occupy, by layer."""
        values = self.twist.values
        layers = [frozenset({0})]
        for t, step in enumerate(self.model.edges):
            layers.append(
                frozenset(
                    e.target
                    for i in layers[-1]
                    for e in step[i]
                    if e.probability and e.potential and values[t + 1][e.target]
                )
            )
        return tuple(tuple(sorted(layer)) for layer in layers)

    @cached_property
    def reached(self) -> tuple[frozenset[int], ...]:
        """Indices of the states of layers 0..T-1 that the reference reaches, whatever the potentials."""
        layers = [frozenset({0})]
        for step in self.model.edges[:-1]:
            layers.append(frozenset(e.target for i in layers[-1] for e in step[i] if e.probability))
        return tuple(layers)

    def _edges(self, t: int) -> Iterator[tuple[int, Rational, int]]:
        """(source, potential, target) of the positive-probability edges that leave alive states of layer t."""
        for i in self.alive[t]:
            for e in self.model.edges[t][i]:
                if e.probability:
                    yield i, e.potential, e.target

    @cached_property
    def bellman_ratio(self) -> tuple[dict[int, Rational], ...]:
        """`rho_t(x) = (B_t V)(x) / V_t(x)` over alive x, for t = 0..T-1, keyed by state index."""
        values = self.twist.values
        ratios = []
        for t in range(self.model.horizon):
            backed = bellman(self.model, t, values[t + 1])
            ratios.append({i: backed[i] / values[t][i] for i in self.alive[t]})
        return tuple(ratios)

    @cached_property
    def bellman_error(self) -> Extended:
        """`eps`: the least with `1/(1+eps) <= rho_t(x) <= 1+eps` over t in 0..T-1 (Assumption 3.2)."""
        ratios = [r for layer in self.bellman_ratio for r in layer.values()]
        if not min(ratios):
            return INFINITE
        return max(max(ratios), 1 / min(ratios)) - 1

    @cached_property
    def level_ratio(self) -> tuple[Extended, ...]:
        """`r_t = max_x rho_t / min_x rho_t >= 1` for t = 0..T-1; `r_0 = 1`. Invariant under rescaling of a level."""
        return tuple(_ratio(max(layer.values()), min(layer.values())) for layer in self.bellman_ratio)

    def bellman_product_to(self, t: int) -> Extended:
        """`prod_{s=1}^{t-1} r_s`, which is `e^{2 Lambda}` of the first t steps."""
        return _product(self.level_ratio[1:t])

    @cached_property
    def bellman_product(self) -> Extended:
        """`e^{2 Lambda} = prod_{t=1}^{T-1} r_t`: the cumulative Bellman error, as an exact product."""
        return self.bellman_product_to(self.model.horizon)

    @cached_property
    def upper_ratio(self) -> Rational:
        """The least L with `psi_t V_t(y) <= L V_{t-1}(x)` on every edge that counts: the upper half of Assumption 3.1, always finite."""
        values = self.twist.values
        return max(
            psi * values[t + 1][y] / values[t][x] for t in range(self.model.horizon) for x, psi, y in self._edges(t)
        )

    @cached_property
    def ratio_bound(self) -> Extended:
        """`L`: the least L with `1/L <= psi_t V_t(y)/V_{t-1}(x) <= L` (Assumption 3.1). `INFINITE` when a reachable reward is 0."""
        values = self.twist.values
        ratios = [
            psi * values[t + 1][y] / values[t][x] for t in range(self.model.horizon) for x, psi, y in self._edges(t)
        ]
        return max(max(ratios), 1 / min(ratios)) if min(ratios) else INFINITE

    @cached_property
    def value_ratio(self) -> tuple[dict[int, Rational], ...]:
        """`u_t(x) = V*_t(x)/V_t(x)` over alive x, for t = 0..T, keyed by state index."""
        return tuple(
            {i: self.true_value[t][i] / self.twist.values[t][i] for i in alive} for t, alive in enumerate(self.alive)
        )

    @cached_property
    def _lookahead(self) -> tuple[tuple[Rational, Rational], ...]:
        """(max, min) over edges of `Qbar_p(x, y) = psi_p V*_p(y)/V_{p-1}(x)`, for p = 1..T."""
        pairs = []
        for p in range(1, self.model.horizon + 1):
            ratios = [psi * self.true_value[p][y] / self.twist.values[p - 1][x] for x, psi, y in self._edges(p - 1)]
            pairs.append((max(ratios), min(ratios)))
        return tuple(pairs)

    @cached_property
    def q(self) -> tuple[Extended, ...]:
        """`q_p = max Qbar_p / min Qbar_p` for p = 1..T (P1, S3)."""
        return tuple(_ratio(high, low) for high, low in self._lookahead)

    @cached_property
    def q_adapted(self) -> tuple[Extended, ...]:
        """`max u_p / min u_p` for p = 1..T: S8's `q_p`; the last is 1."""
        return tuple(_ratio(max(u.values()), min(u.values())) for u in self.value_ratio[1:])

    @cached_property
    def b(self) -> tuple[Extended, ...]:
        """`b_p = max Qbar_p / min_x u_{p-1}(x)` for p = 1..T (S4, S5)."""
        return tuple(
            _ratio(high, min(u.values())) for (high, _), u in zip(self._lookahead, self.value_ratio, strict=False)
        )

    @cached_property
    def slot_cost(self) -> tuple[Extended, ...]:
        """`max_{m >= 1} m (b_p - m)` for p = 1..T, the cost of a slot's variance (S16): `b_p - 1` up to b_p = 2, `b_p^2/4` from there."""
        return tuple(map(_slot_cost, self.b))

    @cached_property
    def slot_cost_adapted(self) -> tuple[Extended, ...]:
        """The same of `b_adapted`."""
        return tuple(map(_slot_cost, self.b_adapted))

    @cached_property
    def b_local(self) -> tuple[Extended, ...]:
        """`max E[V_{p-1} | x] E[psi_p^2 V*_p^2 / V_{p-1} | x] / V*_s(x)^2` for p = 1..T, over s < p and alive x of layer s: S14's `b_p`.

        At most `b_p`, and finite even where V* = 0 at alive states. Exact; an upper end for large models (`smc.setting.local`).
        """
        from smc.setting.local import local_moments

        return local_moments(self)

    @cached_property
    def b_adapted(self) -> tuple[Extended, ...]:
        """`max_y u_p(y) / min_x (P_p u_p)(x)` for p = 1..T, P_p the guided kernel: S12's `b_p` for adapted SMC; the last is 1.

        `(P_p u_p)(x) = V*_{p-1}(x) / (B_{p-1} V)(x)`, over the alive x that have a guided move.
        """
        found = []
        for p, u in enumerate(self.value_ratio[1:], 1):
            star, values, rho = self.true_value[p - 1], self.twist.values[p - 1], self.bellman_ratio[p - 1]
            found.append(_ratio(max(u.values()), min(star[x] / (r * values[x]) for x, r in rho.items() if r)))
        return tuple(found)

    @cached_property
    def path_excess(self) -> tuple[Extended, ...]:
        """`E_pi[max(b_p(z) - 1, 0)]` for p = 1..T, `b_p(z) = Qbar_p(z_{p-1}, z_p) / min_x u_{p-1}(x)` along the path z (S12)."""
        found: list[Extended] = []
        for t, step in enumerate(self.model.edges):
            least, values, star = min(self.value_ratio[t].values()), self.twist.values[t], self.true_value[t + 1]
            if not least:
                found.append(INFINITE)
                continue
            terms = []
            for x in self.alive[t]:
                for e in step[x]:
                    excess = e.potential * star[e.target] / values[x] / least - 1
                    if excess > 0:
                        mass = self.prefix_mass[t][x] * e.probability * e.potential * star[e.target] / self.normaliser
                        terms.append(mass * excess)
            found.append(balanced_sum(terms))
        return tuple(found)

    @cached_property
    def longest_path(self) -> Rational:
        """`A' = max sum_{t = 1..T} u_t(z_t)` over the paths z that the target takes (S18); it sees the scale of V."""
        sums = {0: ZERO}
        for t, u in enumerate(self.value_ratio[1:]):
            further: dict[int, Rational] = {}
            for x, psi, y in self._edges(t):
                if x in sums and psi and u.get(y):
                    further[y] = max(further.get(y, ZERO), sums[x] + u[y])
            sums = further
        return max(sums.values())

    @cached_property
    def mean_path(self) -> Rational:
        """`kappa = sum_{t = 1..T} E_pi[u_t]`, the target's mean where `longest_path` is the maximum (S18)."""
        layers = zip(self.prefix_mass[1:], self.true_value[1:], self.value_ratio[1:], strict=True)
        return balanced_sum(mass[x] * star[x] * u[x] for mass, star, u in layers for x in u) / self.normaliser

    @cached_property
    def alive_mass(self) -> tuple[dict[int, Rational], ...]:
        """`E[prod_{s <= t} psi_s; x_t = x]` over paths of alive states, t = 0..T: `prefix_mass` without what no run can pass."""
        layers: list[dict[int, Rational]] = [{0: ONE}]
        for t in range(self.model.horizon):
            further: dict[int, Rational] = dict.fromkeys(self.alive[t + 1], ZERO)
            for x in self.alive[t]:
                for e in self.model.edges[t][x]:
                    if e.target in further:
                        further[e.target] += layers[t][x] * e.probability * e.potential
            layers.append(further)
        return tuple(layers)

    @cached_property
    def steps_per_visit(self) -> Rational:
        """`S = 2 sum_{t = 1..T} E[prod_{s <= t} psi_s V_t] / Z` over paths of alive states: a walk's steps from leaf to leaf (S18)."""
        layers = zip(self.alive_mass[1:], self.twist.values[1:], strict=True)
        return 2 * balanced_sum(mass * v[x] for masses, v in layers for x, mass in masses.items()) / self.normaliser

    @cached_property
    def c_act(self) -> Rational:
        """`C_act = max psi_t V*_t(y) / V*_{t-1}(x)` over edges that leave states of positive true value (G1)."""
        star = self.true_value
        return max(
            psi * star[t + 1][y] / star[t][x]
            for t in range(self.model.horizon)
            for x, psi, y in self._edges(t)
            if star[t][x]
        )

    @cached_property
    def c_inf(self) -> Extended:
        """`C_inf`: the worst ratio between V and V* in either direction, over alive states of layers 0..T (the neighbour's)."""
        ratios = [r for layer in self.value_ratio for r in layer.values()]
        return max(max(ratios), 1 / min(ratios)) if min(ratios) else INFINITE

    @cached_property
    def prefix_mass(self) -> tuple[Layer, ...]:
        """`eta_t`, see `prefix_mass`."""
        return prefix_mass(self.model)

    @cached_property
    def chi_square(self) -> tuple[Rational, ...]:
        """`chi^2(pi*_t || pihat_t)` for t = 0..T: true against twisted intermediate target, `pi*_t ∝ eta V*`, `pihat_t ∝ eta V` (G3)."""
        values = []
        for eta, star, v in zip(self.prefix_mass, self.true_value, self.twist.values, strict=True):
            twisted = balanced_sum(m * w for m, w in zip(eta, v, strict=True))
            second = balanced_sum(m * s * (s / w) for m, s, w in zip(eta, star, v, strict=True) if m and s)
            values.append(twisted * second / self.normaliser**2 - 1)
        return tuple(values)

    @cached_property
    def alive_chi_square(self) -> tuple[Rational, ...]:
        """As `chi_square`, with the mean of V_t over paths of alive states: at most that, and all that a run can meet (S15)."""
        values = []
        for masses, star, v in zip(self.alive_mass, self.true_value, self.twist.values, strict=True):
            met = balanced_sum(mass * v[x] for x, mass in masses.items())
            second = balanced_sum(mass * star[x] ** 2 / v[x] for x, mass in masses.items())
            values.append(met * second / self.normaliser**2 - 1)
        return tuple(values)

    @cached_property
    def ratio_mean(self) -> tuple[tuple[Rational, Rational], ...]:
        """`(E_{pi*_t}[V/V*], E_{pi*_t}[V*/V])` for t = 0..T, the two factors of G3."""
        pairs = []
        for eta, star, v in zip(self.prefix_mass, self.true_value, self.twist.values, strict=True):
            live = [(m * s / self.normaliser, s / w) for m, s, w in zip(eta, star, v, strict=True) if m and s]
            pairs.append((balanced_sum(p / u for p, u in live), balanced_sum(p * u for p, u in live)))
        return tuple(pairs)

    @cached_property
    def increment_moment(self) -> tuple[Rational, ...]:
        """`E[V_{t-1}] · E[psi_t^2 V*_t^2 / V_{t-1}] / Z^2` for t = 1..T: the squares of the terms of G1's stronger form."""
        terms = []
        for t in range(self.model.horizon):
            eta, v, star = self.prefix_mass[t], self.twist.values[t], self.true_value[t + 1]
            mean = balanced_sum(m * w for m, w in zip(eta, v, strict=True))
            second = balanced_sum(
                m
                / v[x]
                * sum((e.probability * (e.potential * star[e.target]) ** 2 for e in self.model.edges[t][x]), ZERO)
                for x, m in enumerate(eta)
                if m and v[x]
            )
            terms.append(mean * second / self.normaliser**2)
        return tuple(terms)

    @cached_property
    def target(self) -> Layer:
        """Terminal marginal of `pi`, shape (|X_T|,)."""
        return target(self.model)

    def twisted_target(self, t: int) -> Layer:
        """`pihat_t ∝ eta_t V_t`, shape (|X_t|,): what the guided particle aims at after t steps (P5, S2); `pi`'s marginal at t = T."""
        weights = [m * v for m, v in zip(self.prefix_mass[t], self.twist.values[t], strict=True)]
        total = balanced_sum(weights)
        return tuple(w / total for w in weights)


def analyse(model: Model, twist: Twist) -> Constants:
    """The constants of `model` under `twist`; each is computed when first asked for."""
    return Constants(model, twist)


def longest(model: Model, twist: Twist) -> int:
    """Bits of the longest numerator or denominator that model and reward model are written with."""
    edges = ((e.probability, e.potential) for step in model.edges for row in step for e in row)
    numbers = itertools.chain(*edges, *twist.values)
    return max(max(v.numerator.bit_length(), v.denominator.bit_length()) for v in numbers)


def _product(factors: Iterable[Extended]) -> Extended:
    result = ONE
    for factor in factors:
        if isinstance(factor, float):
            return INFINITE
        result *= factor
    return result
