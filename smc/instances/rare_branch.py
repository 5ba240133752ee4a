"""S15's family: coverage is perfect and every chi-square is small, and still SMC is wrong by the order of N^(-r/(2r-1)).

`V* = 1` everywhere, so the target is the reference and `C_act = 1`. A living branch starts with probability s at step 1 and
splits evenly at
steps 3, 5, ..., 2r - 1: one half lives on. The reward model undervalues what lives (`V = s`) on the odd levels, and overvalues what has
just been left (`V = 2/s`); on even levels and elsewhere `V = 1`. Then `1 + chi^2(pi*_t || pihat_t) <= 3` at every level, and with
`s = (6N)^(-r/(2r-1))` and T >= 2r, r >= 2, N >= 36

    TV >= 2^(-r) (6N)^(-r/(2r-1))        (r = 2, N = n^3, s = 1/(3 n^2), n >= 3: TV >= N^(-2/3)/9),

so no bound in `C_act` and the chi-squares alone is of order 1/N once T >= 4. With s above 1 - 1/(1 + chi^2) nothing is rare: the family
is meant for small s.
"""

from __future__ import annotations

from smc.errors import InputError, whole_number
from smc.numbers import ONE, Rational, rational
from smc.setting.model import Edge, Model, Row
from smc.setting.twist import Twist, twist

HALF = Rational(1, 2)


def rare_branch(*, rounds: int, mass: object, horizon: int | None = None) -> tuple[Model, Twist]:
    """The family with `r = rounds` (at least 1), `s = mass` in (0, 1), and T = `horizon` steps (2r by default).

    States: `lives` and `left`, and `just left` on the levels 3, 5, ..., 2r - 1. Raises InputError for counts and masses out of range.
    """
    s = rational(mass)
    least = 2 * whole_number("rounds", rounds)
    horizon = least if horizon is None else whole_number("horizon", horizon, least=least)
    if not 0 < s < 1:
        raise InputError(f"{s}", where="mass", mend="give a probability strictly between 0 and 1")
    layers: list[tuple[str, ...]] = [("root",)]
    steps: list[tuple[Row, ...]] = []
    values: list[tuple[Rational, ...]] = [(ONE,)]
    stay = ((Edge(0, ONE),), (Edge(1, ONE),))
    for t in range(1, horizon + 1):
        splits = t % 2 == 1 and 1 < t < 2 * rounds
        layers.append(("lives", "left", *(("just left",) if splits else ())))
        if t == 1:
            steps.append(((Edge(0, s), Edge(1, 1 - s)),))
            values.append((s, ONE))
        elif splits:
            steps.append(((Edge(0, HALF), Edge(2, HALF)), (Edge(1, ONE),)))
            values.append((s, ONE, 2 / s))
        else:
            steps.append((*stay, (Edge(1, ONE),)) if len(layers[-2]) == 3 else stay)
            values.append((ONE, ONE))
    model = Model(tuple(layers), tuple(steps), values[-1], f"rare branch, r = {rounds}, s = {s}")
    return model, twist(model, values[:-1], name="undervalues what lives")
