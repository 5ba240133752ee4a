"""Models as arrays: one `.npz`, or CSV files side by side: `walk.npz?horizon=20`, `P.csv?horizon=20`.

| name | shape | meaning |
|---|---|---|
| `P` | (S, S), or (A, S, S) with actions | probabilities `P[s, s']`, `P[a, s, s']`; rows sum to 1 |
| `P_t` | (T, S, S) | in place of `P`: those of each move |
| `r` | (S,) | terminal reward `phi`, zero or more |
| `V` | (S,) or (T, S) | the reward model's values, for all moves or for each (absent: V*) |
| `psi` | as `P` or `P_t` | potentials, 1 when absent |
| `R` | as `P` or `P_t` | rewards on the way, of any sign, as potentials `base^R` or `exp(R/beta)` (parameters `base`, `beta`, `digits`) |
| `policy` | (S, A) | the reference policy, uniform when absent |
| `initial` | (S,) or one index | law of the start, or its state; 0 when absent |
| `states` | (S,) text | names, by default the indices |
| `horizon` | one number | in place of the parameter |

An action whose row is all zeros is not offered in that state. CSV: `P.csv` (or `walk-P.csv`) is named, and `r.csv`, `V.csv`, `psi.csv`,
`R.csv`, `initial.csv` (`walk-r.csv`, ...) are read beside it; a first line of `P.csv` that is no number has the names of the states. Lines
that start with # are comments. Numbers in CSV and text arrays are exact as written ("1/3", 0.25); a float of an `.npz` is taken at its
exact binary value, and a row that then misses 1 is refused, unless --rationalise reads it as the fraction that it rounds.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from smc.errors import InputError
from smc.formats.gains import KEYS, Gains, gains
from smc.formats.lines import lines_of, stem
from smc.formats.options import horizon_of, only
from smc.formats.strict_json import Rounding, load_bytes
from smc.numbers import ONE, ZERO, Rational, rational
from smc.setting.mdp import FiniteMDP, Transition, uniform_policy
from smc.setting.model import Model

if TYPE_CHECKING:
    from smc.formats import Source

NAMES = ("P", "P_t", "r", "V", "psi", "R", "policy", "initial", "states", "horizon")
BESIDE = ("r", "V", "psi", "R", "initial")
MOST_CELLS = 10_000_000
"""Entries of one array."""


def load(path: str, given: Mapping[str, str], horizon: int | None, rounding: Rounding, spec: str) -> Source:
    """The model of the arrays at `path`. Raises InputError that names the array and the entry."""
    only(given, ("horizon", *KEYS))
    arrays = _tables(path) if path.lower().endswith(".csv") else _archive(path)
    reader = _Reader(arrays, gains(given), rounding)
    if "horizon" in arrays and "horizon" not in given and horizon is None:
        horizon = reader.whole("horizon")
    if "P_t" in arrays:
        return reader.timed(spec, stem(path), horizon, given)
    steps = horizon_of(given, horizon, f"{path}?horizon=20")
    return reader.stationary(spec, stem(path), steps)


def _archive(path: str) -> dict[str, np.ndarray]:
    load_bytes(path, path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"is no archive of plain arrays: {error}", mend="write it with numpy.savez") from None
    unknown = next((name for name in arrays if name not in NAMES), None)
    if unknown is not None:
        raise InputError(f"unknown array {unknown!r}", mend=f"known are {', '.join(NAMES)}")
    return arrays


def _tables(path: str) -> dict[str, np.ndarray]:
    """The CSV files beside `P.csv`, as arrays of text."""
    before = path[: -len("P.csv")]
    if not path.endswith("P.csv"):
        raise InputError("is not named P.csv, or NAME-P.csv", mend="name the file of probabilities so")
    arrays = dict(_table(path, "P", named=True))
    for name in BESIDE:
        if os.path.exists(f"{before}{name}.csv"):
            try:
                arrays |= _table(f"{before}{name}.csv", name)
            except InputError as error:
                raise error.within(f"{before}{name}.csv") from None
    return arrays


def _table(path: str, name: str, named: bool = False) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    rows: list[list[str]] = []
    for line in lines_of(path, "#"):
        cells = [cell.strip().strip('"') for cell in line.text.split(",")]
        if named and not rows and not found and not _is_number(cells[0]):
            found["states"] = np.array(cells)
            continue
        wrong = next((cell for cell in cells if not _is_number(cell)), None)
        if wrong is not None:
            line.refuse(f"{wrong!r} is not a rational number", "write it as 1/3, 2 or 0.25")
        if rows and len(cells) != len(rows[0]):
            line.refuse(f"{len(cells)} entries, {len(rows[0])} in the first row", "give every row as many")
        rows.append(cells)
    if not rows:
        raise InputError("has no rows", mend="give one row a state")
    flat = name in ("r", "initial") or (name == "V" and len(rows[0]) == 1)
    found[name] = np.array([cell for row in rows for cell in row] if flat else rows)
    return found


def _is_number(cell: str) -> bool:
    try:
        rational(cell)
    except ValueError:
        return False
    return True


class _Reader:
    """Arrays with their shapes checked, and their entries exact."""

    def __init__(self, arrays: dict[str, np.ndarray], worth: Gains, rounding: Rounding) -> None:
        self.arrays, self.worth, self.rounding = arrays, worth, rounding
        for key, array in arrays.items():
            if array.size > MOST_CELLS:
                raise InputError(f"{array.size:,} entries", where=key, mend=f"at most {MOST_CELLS:,} are read")
        if ("P" in arrays) == ("P_t" in arrays):
            raise InputError("P and P_t are both given" if "P" in arrays else "has no P", mend="give one of P and P_t")
        self.moves = "P" if "P" in arrays else "P_t"
        shape = arrays[self.moves].shape
        wanted = (2, 3) if self.moves == "P" else (3,)
        if len(shape) not in wanted or not all(shape) or shape[-1] != shape[-2]:
            form = "(S, S) or (A, S, S)" if self.moves == "P" else "(T, S, S)"
            raise InputError(f"shape {shape}", where=self.moves, mend=f"give {form}")
        self.size = shape[-1]
        self.actions = shape[0] if self.moves == "P" and len(shape) == 3 else 0
        self._shape("r", (self.size,))
        for key in ("psi", "R"):
            if key in arrays:
                self._shape(key, shape)
        if "R" in arrays and not worth:
            raise InputError("rewards on the way need a scale", where="R", mend="give base=2, say, or beta=1")
        if worth and "R" not in arrays:
            raise InputError("there are no rewards on the way to scale", where="R", mend="leave base and beta out")
        if "policy" in arrays:
            if not self.actions:
                raise InputError("a policy without actions", where="policy", mend="give P as (A, S, S)")
            self._shape("policy", (self.size, self.actions))
        names = arrays["states"].tolist() if "states" in arrays else range(self.size)
        self.states = tuple(str(name) for name in names)
        if len(self.states) != self.size:
            raise InputError(f"{len(self.states)} names for {self.size} states", where="states", mend="give one each")

    def _shape(self, key: str, wanted: tuple[int, ...]) -> None:
        if key not in self.arrays:
            raise InputError(f"has no {key}", mend=f"give {key}, shape {wanted}")
        if self.arrays[key].shape != wanted:
            raise InputError(f"shape {self.arrays[key].shape}", where=key, mend=f"give {wanted}")

    def whole(self, key: str) -> int:
        """One whole number of at least 1."""
        array = self.arrays[key]
        if array.size != 1 or array.dtype.kind not in "iu" or array.item() < 1:
            raise InputError(f"{array.tolist()!r} is no whole number of at least 1", where=key)
        return int(array.item())

    def entry(self, key: str, *index: int, signed: bool = False) -> Rational:
        """One entry, exact. Raises InputError for what is no number, and for a negative one where that means nothing."""
        value, where = self.arrays[key][index].item(), f"{key}{list(index)}"
        try:
            if isinstance(value, float):
                if value != value or value in (float("inf"), float("-inf")):
                    raise ValueError(f"{value} is not a finite number")
                allowed = self.rounding.allowed and not value.is_integer()
                number = self.rounding.exact(repr(value)) if allowed else Rational(value)
            elif isinstance(value, str):
                number = rational(value)
                if self.rounding.allowed and number.denominator != 1 and "/" not in value:
                    number = self.rounding.exact(value)
            else:
                number = rational(value)
        except (TypeError, ValueError) as error:
            raise InputError(str(error), where=where) from None
        if number < 0 and not signed:
            raise InputError(f"negative number {value}", where=where, mend="give zero or more; only R may be negative")
        return number

    def row(self, key: str, *index: int) -> list[Rational]:
        """A row of probabilities, mended where that is allowed; all zeros stay."""
        values = [self.entry(key, *index, j) for j in range(self.arrays[key].shape[-1])]
        return self.rounding.row(values, f"{key}{list(index)}") if any(values) else values

    def potential(self, *index: int) -> Rational:
        """`psi` times the weight of `R`."""
        factor = self.entry("psi", *index) if "psi" in self.arrays else ONE
        if "R" in self.arrays:
            factor *= self.worth.weight(self.entry("R", *index, signed=True), f"R{list(index)}")
        return factor

    def initial(self) -> dict[str, Rational]:
        """The law of the start."""
        array = self.arrays.get("initial")
        if array is None:
            return {self.states[0]: ONE}
        if array.size == 1 and self.size > 1:
            at = str(array.reshape(-1)[0])
            if not (at.isascii() and at.isdigit() and int(at) < self.size):
                raise InputError(f"no state {at!r}", where="initial", mend=f"give an index from 0 to {self.size - 1}")
            return {self.states[int(at)]: ONE}
        self._shape("initial", (self.size,))
        return dict(zip(self.states, self.row("initial"), strict=True))

    def values(self, steps: int) -> list[list[Rational]] | None:
        """Values by move and state, None when there are none."""
        array = self.arrays.get("V")
        if array is None:
            return None
        if array.shape == (self.size,):
            return [[self.entry("V", i) for i in range(self.size)]] * steps
        if array.shape != (steps, self.size):
            raise InputError(f"shape {array.shape}", where="V", mend=f"give {(self.size,)} or {(steps, self.size)}")
        return [[self.entry("V", t, i) for i in range(self.size)] for t in range(steps)]

    def stationary(self, spec: str, name: str, steps: int) -> Source:
        """The chain or MDP of `P`."""
        from smc.formats import Source

        rows = []
        for a in range(self.actions or 1):
            for i in range(self.size):
                index = (a, i) if self.actions else (i,)
                chances = self.row("P", *index)
                rows += [
                    Transition(self.states[i], str(a), self.states[j], p, self.potential(*index, j))
                    for j, p in enumerate(chances)
                    if p
                ]
        policy: Mapping[str, Mapping[str, Rational]] = uniform_policy(rows)
        if "policy" in self.arrays:
            policy = {
                s: {str(a): p for a, p in enumerate(self.row("policy", i)) if p} for i, s in enumerate(self.states)
            }
        reward = {s: self.entry("r", i) for i, s in enumerate(self.states)}
        actions = tuple(str(a) for a in range(self.actions or 1))
        start = self.initial()
        notes = (*self.worth.notes("R"), *self.rounding.notes())
        mdp = FiniteMDP(self.states, actions, tuple(rows), policy, start, reward, name, notes)
        given = self.values(steps)
        values = (
            None if given is None else mdp.layers_of_values([dict(zip(self.states, v, strict=True)) for v in given])
        )
        return Source(spec, mdp.unroll(steps), values, mdp, steps)

    def timed(self, spec: str, name: str, horizon: int | None, given: Mapping[str, str]) -> Source:
        """The chain whose matrix changes with the move."""
        from smc.formats import Source

        moves = self.arrays["P_t"].shape[0]
        steps = moves if horizon is None and "horizon" not in given else horizon_of(given, horizon, spec)
        if steps > moves:
            raise InputError(f"{moves} matrices, {steps} moves asked for", where="P_t", mend=f"choose at most {moves}")
        cells = range(self.size)
        matrices = [[self.row("P_t", t, i) for i in cells] for t in range(steps)]
        psi = [[[self.potential(t, i, j) for j in cells] for i in cells] for t in range(steps)]
        law = self.initial()
        drawn = sum(bool(p) for p in law.values()) > 1
        root = (
            [law.get(s, ZERO) for s in self.states]
            if drawn
            else next(i for i, s in enumerate(self.states) if law.get(s))
        )
        phi = [self.entry("r", i) for i in cells]
        made = Model.from_arrays(
            matrices, phi, horizon=steps, initial=root, potential=psi, states=self.states, name=name
        )
        rows = self.values(steps)
        mean = (
            None
            if rows is None
            else [sum((law.get(s, ZERO) * v for s, v in zip(self.states, rows[0], strict=True)), ZERO)]
        )
        values = None if rows is None or mean is None else [mean, *(rows if drawn else rows[1:])]
        return Source(spec, made, values)
