"""The one meeting point: model, algorithm and theorem become a report.

Each row holds a measured quantity against the bound of a statement. Measurements come from `smc.check.measure` (exact laws), bounds from
`proofs.bounds` (closed forms); neither knows the other. A row whose bound is infinite claims nothing and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import flint

from proofs import bounds
from smc.check.measure import Measured, guided_tv, importance_chi_square, target_chi_square
from smc.errors import InputError
from smc.numbers import INFINITE, Ball, Extended, Rational, Verdict, at_most, ball, dyadic, precision, text
from smc.setting.analysis import Constants, analyse
from smc.setting.model import LayeredModel
from smc.setting.twist import Twist

Relation = Literal["<=", ">=", "="]

START_BITS, MOST_BITS = 128, 8192
"""Working precision of a comparison that needs a square root: doubled until it is settled, or left UNDECIDED."""


@dataclass(frozen=True)
class Row:
    """One statement held against one measurement: `observed relation bound`, the relation `<=`, `>=` or `=`.

    id, form: the statement and which form of it (`instance`: from the model's own constants; `uniform`: from eps, L and T alone).
    quantity: what is bounded. bound: rational, ball (a square root remains) or INFINITE. observed: exact, or a certified ball.
    """

    id: str
    form: str
    quantity: str
    bound: Extended | Ball
    observed: Rational | Ball
    verdict: Verdict
    relation: Relation = "<="

    @property
    def slack(self) -> Extended:
        """bound / observed (its inverse for `>=`), for display and order: of two balls the middle; INFINITE where there is none."""
        top, bottom = (self.observed, self.bound) if self.relation == ">=" else (self.bound, self.observed)
        if _is_infinite(top) or not bottom:
            return INFINITE
        if isinstance(top, flint.arb) or isinstance(bottom, flint.arb):
            ratio = _as_ball(top) / _as_ball(bottom)
            return dyadic(ratio) if ratio.is_finite() else INFINITE
        return top / bottom

    def to_json(self) -> dict[str, Any]:
        """Rationals as strings; a ball as its end that makes the relation, read from the file, a proof."""
        upper_bound = self.relation != ">="
        return {
            "id": self.id,
            "form": self.form,
            "quantity": self.quantity,
            "relation": self.relation,
            "bound": _end(self.bound, lower=upper_bound),
            "bound_exact": not isinstance(self.bound, flint.arb),
            "observed": _end(self.observed, lower=not upper_bound),
            "verdict": self.verdict.value,
        }


def _is_infinite(value: Extended | Ball) -> bool:
    return not isinstance(value, flint.arb) and value == INFINITE


def _as_ball(value: Rational | Ball) -> Ball:
    return value if isinstance(value, flint.arb) else ball(value)


def _end(value: Extended | Ball, *, lower: bool) -> str | None:
    """The value as text; for a ball its lower or upper end, which is a rational."""
    if not isinstance(value, flint.arb):
        return text(value)
    with precision(MOST_BITS):  # an end is rounded to the working precision: enough of it loses nothing
        mantissa, exponent = (value.lower() if lower else value.upper()).mid().man_exp()
    return str(Rational(int(mantissa)) * Rational(2) ** int(exponent))


def _json(value: Rational | Ball) -> str | list[str | None]:
    """A rational as text; a ball as the pair of rationals that encloses it."""
    if isinstance(value, flint.arb):
        return [_end(value, lower=True), _end(value, lower=False)]
    return str(value)


def _verdict(observed: Rational | Ball, relation: Relation, bound: Extended | Ball) -> Verdict:
    below, above = at_most(observed, bound), at_most(bound, observed)
    if relation == "=":
        return worst_verdict((below, above))
    return below if relation == "<=" else above


def compare(
    statement: str, form: str, quantity: str, observed: Rational | Ball, relation: Relation = "<=", **inputs: Any
) -> Row:
    """The row of `statement` in `form` for `observed`, precision doubled while the comparison is undecided."""
    bits = START_BITS
    while True:
        with precision(bits):
            bound = bounds.evaluate(statement, form, **inputs)
            verdict = _verdict(observed, relation, bound)
        if verdict is not Verdict.UNDECIDED or bits >= MOST_BITS:
            return Row(statement, form, quantity, bound, observed, verdict, relation)
        bits *= 2


def tightest(rows: Iterable[Row]) -> Row:
    """The row that decides a statement made for many instances at once: a refuted one, else an undecided one, else the least slack."""
    order = {Verdict.REFUTED: 0, Verdict.UNDECIDED: 1, Verdict.HOLDS: 2}
    return min(rows, key=lambda row: (order[row.verdict], row.slack))


def value_rows(c: Constants) -> Iterator[Row]:
    """P0 and P1: statements on the reward model alone, whatever the algorithm."""
    horizon, eps, big_l = c.model.horizon, c.bellman_error, c.ratio_bound
    worst = [max(max(u.values()), _inverse(min(u.values()))) for u in c.value_ratio[:-1]]
    if INFINITE not in worst:
        yield tightest(
            compare("P0", "uniform", "worst V*/V or V/V*", w, eps=eps, steps=horizon - t) for t, w in enumerate(worst)
        )
    finite = [(p, q) for p, q in enumerate(c.q, 1) if q != INFINITE]
    if finite:
        yield tightest(compare("P1", "uniform", "q_p", q, L=big_l, eps=eps, steps=horizon - p) for p, q in finite)


def target_rows(c: Constants) -> Iterator[Row]:
    """G3, an identity, at every level; it needs V and V* to vanish together, as a finite Bellman error ensures."""
    if c.bellman_error != INFINITE:
        yield tightest(
            compare(
                "G3",
                "identity",
                f"1 + chi^2(pi* || pihat) at step {t}",
                1 + target_chi_square(c, t),
                "=",
                down=down,
                up=up,
            )
            for t, (down, up) in enumerate(c.ratio_mean)
        )


def _inverse(value: Rational) -> Extended:
    return 1 / value if value else INFINITE


TV, SECOND_MOMENT = "TV", "E[Zhat^2]/Z^2"


@dataclass(frozen=True)
class Claim:
    """A statement about a run with N particles, ready to be evaluated at any N. inputs: everything that its closed form needs but N."""

    id: str
    form: str
    quantity: str
    inputs: dict[str, Any]
    relation: Relation = "<="

    def row(self, particles: int, observed: Rational | Ball) -> Row:
        """The claim at N = `particles`, held against what was measured."""
        return compare(self.id, self.form, self.quantity, observed, self.relation, N=particles, **self.inputs)


def naive_claims(c: Constants) -> list[Claim]:
    """P2, P3, S3, S4, S5, G1 for naive-proposal SMC."""
    uniform = {"T": c.model.horizon, "eps": c.bellman_error}
    return [
        Claim("P2", "instance", TV, {"q": c.q}),
        Claim("P3", "uniform", TV, {**uniform, "L": c.ratio_bound}),
        Claim("S3", "instance", TV, {"q": c.q}),
        Claim("S3", "uniform", TV, {**uniform, "L": c.ratio_bound}),
        Claim("S4", "instance", TV, {"b": c.b}),
        Claim("S4", "uniform", TV, {**uniform, "L": c.upper_ratio}),
        Claim("S5", "instance", SECOND_MOMENT, {"b": c.b}),
        Claim("S5", "bias", TV, {"b": c.b}),
        Claim("G1", "published", TV, {"C_act": c.c_act, "chi_square": c.chi_square[:-1]}),
        Claim("G1", "sharper", TV, {"moments": c.increment_moment}),
    ]


def adapted_claims(c: Constants) -> list[Claim]:
    """S8 for fully adapted SMC."""
    return [
        Claim("S8", "instance", TV, {"q": c.q_adapted}),
        Claim("S8", "uniform", TV, {"T": c.model.horizon, "eps": c.bellman_error}),
    ]


CLAIMS = {"naive": naive_claims, "adapted": adapted_claims}
"""Statements that hold for every number of particles, by algorithm."""


def particle_rows(c: Constants, m: Measured) -> Iterator[Row]:
    """The claims of `m.algorithm` at its number of particles."""
    for claim in CLAIMS[m.algorithm](c):
        yield claim.row(m.particles, m.total_variation if claim.quantity == TV else m.second_moment_ratio)


def guided_rows(c: Constants, m: Measured) -> Iterator[Row]:
    """S1, P5 and S2 for the guided single particle; P5 and S2 at the step where they are tightest."""
    del m
    horizon, eps = c.model.horizon, c.bellman_error
    chi_square, distances = importance_chi_square(c), guided_tv(c)
    yield compare("S1", "instance", "chi^2(pi || guided)", chi_square, R=c.bellman_product)
    yield compare("S1", "uniform", "chi^2(pi || guided)", chi_square, T=horizon, eps=eps)
    yield tightest(compare("P5", "uniform", f"TV at step {t}", d, t=t, eps=eps) for t, d in enumerate(distances, 1))
    yield tightest(
        compare("S2", "instance", f"TV at step {t}", d, R=c.bellman_product_to(t)) for t, d in enumerate(distances, 1)
    )
    yield tightest(compare("S2", "uniform", f"TV at step {t}", d, t=t, eps=eps) for t, d in enumerate(distances, 1))


def mh_rows(c: Constants, m: Measured) -> Iterator[Row]:
    """S7 for independent Metropolis-Hastings on guided proposals."""
    yield compare("S7", "instance", TV, m.total_variation, H=m.proposals, R=c.bellman_product)


def no_rows(c: Constants, m: Measured) -> Iterator[Row]:
    """No statement bounds the bias of this algorithm; the exact law still stands in the report."""
    del c, m
    return iter(())


ROWS: dict[str, Callable[[Constants, Measured], Iterator[Row]]] = {
    "naive": particle_rows,
    "adapted": particle_rows,
    "guided": guided_rows,
    "mh": mh_rows,
    "sis": no_rows,
    "sis-guided": no_rows,
    "best-of-n": no_rows,
}


@dataclass(frozen=True)
class Report:
    """What `check` found: the model's constants, the exact output law, and one row per statement."""

    constants: Constants
    measured: Measured
    rows: tuple[Row, ...]

    @property
    def verdict(self) -> Verdict:
        """REFUTED if any row is, else UNDECIDED if any row is, else HOLDS."""
        return worst_verdict(row.verdict for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """The object that `check --json` prints (keys in the design); rationals as strings, balls as pairs of them, infinities as null."""
        c, m = self.constants, self.measured
        return {
            "model": c.model.name,
            "notes": list(c.model.notes),
            "twist": c.twist.name,
            "horizon": c.model.horizon,
            "normaliser": str(c.normaliser),
            "bellman_error": text(c.bellman_error),
            "bellman_product": text(c.bellman_product),
            "ratio_bound": text(c.ratio_bound),
            "algorithm": m.algorithm,
            "particles": m.particles,
            **({"proposals": m.proposals} if m.algorithm == "mh" else {}),
            "method": "exact" if m.bits is None else "certified",
            "law": {s: _json(p) for s, p in zip(c.model.layers[-1], m.output.law, strict=True)},
            "dead": _json(m.output.dead),
            "tv": _json(m.total_variation),
            "second_moment_ratio": str(m.second_moment_ratio),
            "bounds": [row.to_json() for row in self.rows],
            "verdict": self.verdict.value,
        }


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """REFUTED before UNDECIDED before HOLDS; HOLDS for none at all."""
    seen = set(verdicts)
    return next((v for v in (Verdict.REFUTED, Verdict.UNDECIDED) if v in seen), Verdict.HOLDS)


def check(
    model: LayeredModel,
    twist: Twist,
    algorithm: str = "naive",
    *,
    particles: int = 1,
    proposals: int = 1,
    progress: Callable[[float, str], None] | None = None,
    certified: bool = False,
) -> Report:
    """Exact law of `algorithm` on `model` steered by `twist`, held against every statement that speaks of it.

    particles: N (the guided particle and mh take 1). proposals: H, for mh. progress: see `Measured`. certified: the law as balls, whose
    precision doubles while a verdict is UNDECIDED, in place of rationals; for the algorithms that resample.
    Raises InputError for unknown algorithms and counts below 1, TooLarge where the exact law will not fit.
    """
    if algorithm not in ROWS:
        raise InputError(f"unknown algorithm {algorithm!r}", where="algorithm", mend=f"choose one of {', '.join(ROWS)}")
    if algorithm in ("guided", "mh") and particles != 1:
        raise InputError(
            f"{particles} particles", where="particles", mend=f"{algorithm} runs one particle at a time; leave it out"
        )
    if isinstance(proposals, bool) or not isinstance(proposals, int) or proposals < 1:
        raise InputError(f"{proposals!r} proposals", where="proposals", mend="give a whole number of at least 1")
    if certified and algorithm not in CLAIMS:
        raise InputError(
            f"{algorithm} has no certified mode", where="method", mend="its exact law is quick: choose exact"
        )
    constants = analyse(model, twist)
    bits = START_BITS if certified else None
    while True:
        measured = Measured(constants, algorithm, particles, proposals, progress, bits)
        rows = (*value_rows(constants), *target_rows(constants), *ROWS[algorithm](constants, measured))
        report = Report(constants, measured, rows)
        if bits is None or bits >= MOST_BITS or report.verdict is not Verdict.UNDECIDED:
            return report
        bits *= 2
