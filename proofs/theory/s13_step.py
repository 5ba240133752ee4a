"""S13.step, derived in sympy: the odds of an event under one self-normalised average over N draws, both ways."""

from __future__ import annotations

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import symbols
from proofs.lemmas.exchange import Ranged, complement
from proofs.lemmas.self_normalised import averages, mass, mean_k, over, ratio
from proofs.registry import statement

(q,) = symbols("q")
y, h, k, N = averages.symbols("y h k N")


@statement(
    "S13.step",
    source="new",
    title="odds under one self-normalised average",
    words="For N independent draws c_i of mu, 0 <= k <= h and 0 < a <= h <= q a almost surely, r = mu(k)/mu(h) and "
    "R = sum k(c_i)/sum h(c_i): (1 - r) E R <= (1 + (q - 1)/N) r (1 - E R), and r (1 - E R) <= (1 + (q - 1)/N) (1 - r) E R.",
)
@in_sympy("S13.step")
def odds_step(d: Derivation) -> Line:
    """The lower half is the upper one for h - k in the place of k."""
    ranged = Ranged(d)
    draws, r, factor = ranged.draws, ratio, 1 + (q - 1) / N
    rest = h(y) - k(y)
    with draws.point as here:
        low, high = draws.tested(y)[0], draws.tested(y)[1]
        inside = d.both(d.prove(0 <= rest, high), d.prove(rest <= h(y), low))
    d.know(here.then(inside, y))
    S, K = over(h), over(k)
    answer, other = draws.mean(K / S), draws.mean((S - K) / S)
    down, rest_mean = d.use("odds_above", {k(y): rest}), (mass - mean_k) / mass
    down = d.form(down, (1 - rest_mean) * other <= factor * rest_mean * (1 - other))
    down = d.substitute(down, complement(d, ranged))
    lower = d.prove(r * (1 - answer) <= factor * (1 - r) * answer, down, hold=[answer, mean_k, mass])
    return d.both(d.use("odds_above"), lower)
