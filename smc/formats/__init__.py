"""Models from the outside, one module a format; `load` takes a name and finds the module.

Native JSON (`native`), Gymnasium tables (`gym`), PRISM and JANI (`prism`), `.drn` (`drn`), `.umb` (`umb`), `.tra` and `.lab` (`explicit`),
arrays (`arrays`), Cassandra's `.POMDP` (`pomdp`), trees and traces of process reward models (`answers`).
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from smc.errors import InputError, ModelError, one_of, whole_number
from smc.formats import answers, native
from smc.formats.options import parameters
from smc.formats.shorthand import expanded, is_timed
from smc.formats.strict_json import Rounding, load_bytes, read
from smc.formats.timed import read_timed
from smc.formats.trees import named_by_path
from smc.setting.killed import Killed, killed_by
from smc.setting.mdp import FiniteMDP
from smc.setting.model import Model
from smc.setting.named_twists import KILL, choose, without_powers
from smc.setting.paths import prefix_tree_of
from smc.setting.twist import NO_MASS, Twist

SHIPPED = resources.files("smc.instances") / "shipped"
"""Models that come with the package."""


READERS = {
    ".prism": "prism", ".pm": "prism", ".nm": "prism", ".jani": "prism",
    ".drn": "drn", ".umb": "umb", ".tra": "explicit",
    ".jsonl": "answers", ".npz": "arrays", ".csv": "arrays", ".pomdp": "pomdp",
}  # fmt: skip
"""Endings of files that other programs write, and the module that reads them."""
EXAMPLE = "model.prism?horizon=20&goal=done"


@dataclass(frozen=True)
class Source:
    """A model as it was read, with the reward model that came with it.

    place: the file or table, for messages. values: layers 0..T-1 of a reward model, None when the source gives none. mdp: the MDP that
    `model` unrolls (None for a layered file), over `horizon` moves. provenance: where the model comes from, when the source says so.
    hint: the way out, known to the source, when the target has mass zero. killed: what values that kill live states leave out.
    """

    place: str
    model: Model
    values: native.Values | None = None
    mdp: FiniteMDP | None = None
    horizon: int = 0
    provenance: str = ""
    hint: str = ""
    killed: Killed | None = None

    def meant(self, choice: str | None) -> Source:
        """The source that `choice` is about: under `file:kill` the model without the paths that its values kill, else itself."""
        if without_powers(choice) != KILL or self.values is None:
            return self
        model, killed = killed_by(self.model, self.values)
        return self if killed is None else replace(self, model=model, mdp=None, killed=killed)

    def on_tree(self) -> Source:
        """The source whose states are paths: the same runs and target, told with the whole way. Raises TooLarge."""
        tree = prefix_tree_of(self.model)
        values = None if self.values is None else [list(layer) for layer in tree.told(self.values)]
        return replace(self, model=tree.model, values=values, mdp=None, horizon=0)

    def twist(self, choice: str | None = None) -> Twist:
        """The reward model to steer by, by name (see `named_twists`; None: the source's own values, V* where it has none)."""
        try:
            return choose(self.model, choice, self.values)
        except ModelError as error:
            if error.what == NO_MASS and self.hint:
                error = ModelError(error.what, where=error.where, mend=self.hint)
            raise error.within(self.place) from None


def load(
    spec: str | os.PathLike[str] | Mapping[str, Any],
    *,
    rationalise: bool = False,
    horizon: int | None = None,
    with_values: bool = True,
) -> Source:
    """The model that `spec` names: a native JSON file, `gym:ENV?horizon=...`, or the name of a shipped model (`shipped:frozenlake-4x4`).

    A mapping is the native JSON object itself, as `json.load` returns it.

    rationalise: read decimals as exact fractions and scale rows that miss 1 by rounding; what was done is in the model's notes.
    horizon: in place of the source's own (MDPs and tables only). with_values: False leaves an MDP's values unread, as they may be listed
    for another horizon. Raises InputError, with `spec` first in its place.
    """
    if horizon is not None:
        whole_number("horizon", horizon)
    given = spec if isinstance(spec, Mapping) else None
    spec = "document" if isinstance(spec, Mapping) else os.fspath(spec)
    if not spec:
        raise InputError(
            "no model is named", where="model", mend="name a model file, or a shipped one as shipped:verifier-tree"
        )
    if spec.startswith("gym:"):
        from smc.formats import gym

        return gym.load(spec, rationalise=rationalise, horizon=horizon)
    if (other := _imported(spec)) is not None:
        reader, path, query = other
        try:
            module = importlib.import_module(f"smc.formats.{reader}")
            return module.load(path, parameters(query, EXAMPLE), horizon, Rounding(rationalise), spec)
        except InputError as error:
            raise (error if error.where.startswith(path) else error.within(path)) from None
    try:
        if given is not None:
            data = _written(given)
        else:
            data = _shipped(spec) if spec.startswith("shipped:") else _file(spec)
        return _native(data, spec, Rounding(rationalise), horizon, with_values)
    except InputError as error:
        if error.where.startswith(spec):
            raise
        raise error.within(spec) from None


def _written(document: Mapping[str, Any]) -> bytes:
    """The text of a JSON object that is at hand as Python objects, so that it is read as strictly as a file; Fractions as "1/3"."""
    try:
        return json.dumps(document, default=str).encode()
    except (TypeError, ValueError) as error:
        raise InputError(f"is not JSON: {error}", mend="give what json.load returns for a model file") from None


def _imported(spec: str) -> tuple[str, str, str] | None:
    """(reader, path, parameters) for a file of a format that is not ours; None for native JSON and the shipped models."""
    path, _, query = spec.partition("?")
    reader = next((name for ending, name in READERS.items() if path.lower().endswith(ending)), None)
    return None if reader is None or spec.startswith("shipped:") else (reader, path, query)


def _file(spec: str) -> bytes:
    """The bytes of a model file. Raises InputError; for the name of a shipped model with the way to it."""
    if spec.removesuffix(".json") in shipped() and not Path(spec).exists():
        raise InputError("no such file", where=spec, mend=f"shipped:{spec.removesuffix('.json')}? or give a model file")
    return load_bytes(spec, spec)


def _shipped(spec: str) -> bytes:
    known = shipped()
    name = spec.removeprefix("shipped:")
    if name not in known:
        raise InputError("no such shipped model", where=spec, mend=one_of(known, name))
    return known[name].read_bytes()


def _native(data: bytes, spec: str, rounding: Rounding, horizon: int | None, with_values: bool) -> Source:
    root = read(data)
    name = Path(spec.removeprefix("shipped:")).stem
    if answers.is_tree(root):
        if horizon is not None:
            raise InputError("answers have their own length", where="horizon", mend="leave --horizon out")
        return Source(spec, *answers.read_tree(root, rounding, name), provenance=root.value.get("provenance", ""))
    kind = native.kind_of(root)
    root, notes = expanded(root, rounding)
    provenance = root.value.get("provenance", "")
    if kind == native.LAYERED:
        if horizon is not None:
            raise InputError("a layered model has its horizon in the file", where="horizon", mend="leave --horizon out")
        model, values = native.read_layered(named_by_path(root), rounding, name)
        return Source(spec, _noted(model, notes), values, provenance=provenance)
    if is_timed(root):
        model, values = read_timed(root, rounding, name, horizon, with_values=with_values)
        return Source(spec, _noted(model, notes), values, provenance=provenance)
    mdp, steps, values = native.read_mdp(root, rounding, name, horizon, with_values=with_values)
    mdp = _noted(mdp, notes)
    return Source(spec, mdp.unroll(steps), values, mdp, steps, provenance)


Noted = TypeVar("Noted", Model, FiniteMDP)


def _noted(model: Noted, notes: Sequence[str]) -> Noted:
    """`model` with `notes` after its own."""
    return replace(model, notes=(*model.notes, *notes)) if notes else model


KINDS = ("mdp", "layered", "tree")
"""What a model can be written as; a tree is layered, and a state is a path."""


def document(
    source: Source, kind: str | None = None, choice: str | None = None, name: str | None = None
) -> dict[str, Any]:
    """`source` as a native JSON object of `kind` (see `KINDS`; None keeps its own), with the reward model of `choice` as its values.

    name: in place of the model's own.
    Without `choice`, the values that the source came with are kept. Raises InputError for a kind that the source cannot become.
    """
    kind = ("mdp" if source.mdp is not None else "layered") if kind is None else kind
    if kind not in KINDS:
        raise InputError(f"unknown kind {kind!r}", where="to", mend=one_of(KINDS, kind))
    if kind == "tree":
        source, kind = source.on_tree(), "layered"
    values = source.twist(choice).values if choice is not None or source.values is not None else None
    if kind == "layered":
        return native.layered_document(source.model, values, source.provenance) | ({"name": name} if name else {})
    if source.mdp is None:
        raise InputError("a layered model is no MDP", where="to", mend="choose layered")
    per_step = None
    if values is not None:
        shift = source.model.horizon - source.horizon  # the drawn start, if there is one, is no move of the MDP
        reached = source.mdp.reached(source.horizon)
        per_step = [
            {state: value for state, value in zip(layer, row, strict=True) if state in live}
            for layer, row, live in zip(source.model.layers[shift:-1], values[shift:-1], reached, strict=False)
        ]
    return native.mdp_document(source.mdp, source.horizon, per_step, source.provenance) | (
        {"name": name} if name else {}
    )


def shipped() -> Mapping[str, Traversable]:
    """The models that come with the package, by name."""
    found = (path for path in SHIPPED.iterdir() if path.name.endswith(".json"))
    return {path.name.removesuffix(".json"): path for path in sorted(found, key=lambda path: path.name)}
