"""The blueprint: every statement of the theory with its proof, what that rests on, and the graph of it.

Nothing here is trusted: `Journal` watches the replay (`proofs.kernel.replay`, the kernel alone) and keeps what each step concluded, so
that a derivation can be printed. A statement of the theory counts its gaps: each stored proof that is refused, each that its row of
`proofs.catalogue` asks for and that is not stored, one where the row asks for none.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs import registry as statements
from proofs.catalogue import ROWS
from proofs.kernel import Theorem, Theory
from proofs.kernel.replay import STORED, Refused, Replayer, load, load_seals


class _Watched(Theory):
    """A theory that keeps the theorem of every step, by the proof that is being replayed."""

    def __init__(self, busy: list[str]) -> None:
        super().__init__()
        self.busy, self.made = busy, {}  # type: ignore[var-annotated]

    def apply(self, name: str, premises: Sequence[Theorem], args: Sequence) -> Theorem:
        result = super().apply(name, premises, args)
        self.made.setdefault(self.busy[-1] if self.busy else "", []).append(result)
        return result


class Journal(Replayer):
    """A replayer that keeps the conclusion of every step (`conclusions`) and the time of every proof, its lemmas apart (`seconds`)."""

    def __init__(self, texts: dict[str, str], seals: dict[str, str] | None = None):
        super().__init__(texts, seals)
        watched = _Watched(self.busy)
        self.theory, self.conclusions, self.seconds = watched, watched.made, {}  # type: ignore[var-annotated]
        self._inner = [0.0]

    def _replay(self, name: str) -> Theorem:
        start = time.perf_counter()
        self._inner.append(0.0)
        try:
            return super()._replay(name)
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] = spent - self._inner.pop()
            self._inner[-1] += spent


@dataclass(frozen=True)
class Entry:
    """One proved statement, part of one, or lemma. uses: the earlier theorems that its steps name; axioms: with those of its lemmas."""

    id: str
    source: str
    title: str
    words: str
    steps: int
    uses: tuple[str, ...]
    axioms: tuple[str, ...]
    seconds: float
    attained: bool = False
    refused: str | None = None

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Standing:
    """One statement of the theory with its parts. gaps: see the module; remark: why a gap is there, when that is known.

    about, link: see `catalogue.Row`; empty for a stored proof that has no row there.
    """

    id: str
    source: str
    title: str
    parts: tuple[Entry, ...]
    gaps: int
    rests_on: tuple[str, ...]
    rocq: dict[str, Any] | None = None
    remark: str = ""
    about: str = ""
    link: str = ""

    @property
    def steps(self) -> int:
        return sum(part.steps for part in self.parts)

    @property
    def axioms(self) -> tuple[str, ...]:
        return tuple(sorted({a for part in self.parts for a in part.axioms}))

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)

    def to_json(self) -> dict[str, Any]:
        """The object of `prove --json`; steps and seconds are sums over the parts."""
        out = {key: getattr(self, key) for key in ("id", "source", "title", "about", "link", "steps", "gaps")}
        out |= {"axioms": list(self.axioms), "rests_on": list(self.rests_on), "rocq": self.rocq}
        out |= {"seconds": round(self.seconds, 6), "remark": self.remark}
        out["parts"] = [
            {
                "id": part.id,
                "title": part.title,
                "words": part.words,
                "steps": part.steps,
                "axioms": list(part.axioms),
                "rests_on": list(part.uses),
                "attained": part.attained,
                "refused": part.refused,
            }
            for part in self.parts
        ]
        return out


@dataclass
class Blueprint:
    """Everything stored, replayed. entries: by ID, in the order of the registry; refusals: what was refused and why."""

    journal: Journal
    entries: dict[str, Entry]
    refusals: dict[str, str]
    seconds: float
    rocq: dict[str, dict[str, Any]] = field(default_factory=dict)

    def closure(self, name: str) -> set[str]:
        """The IDs that `name` rests on, directly or not."""
        seen: set[str] = set()
        todo = [name]
        while todo:
            for used in self.journal.uses.get(todo.pop(), ()):
                if used not in seen:
                    seen.add(used)
                    todo.append(used)
        return seen

    def rows(self) -> list[Standing]:
        """One row for each statement of the theory, in its order, and for each further statement that is proved."""
        proved = [e for e in self.entries.values() if e.source != "lemma"]
        names = dict.fromkeys([*ROWS, *(e.family for e in proved)])
        return [self.row(name, [e for e in proved if e.family == name]) for name in names]

    def row(self, name: str, parts: Sequence[Entry]) -> Standing:
        """The row of a statement of the theory."""
        known = ROWS.get(name)
        uses = dict.fromkeys(u for part in parts for u in part.uses if u not in {p.id for p in parts})
        broken = sum(part.refused is not None for part in parts)
        needed = known.proofs if known else ()
        missing = [proof for proof in needed if proof not in {part.id for part in parts}] if needed or parts else [name]
        gaps = broken + len(missing)
        remark = ""
        if gaps:
            absent = "no stored proof" if missing == [name] else f"no stored proof of {', '.join(missing)}"
            remark = "refused" if broken else absent
        if known is None:
            return Standing(
                name, parts[0].source, parts[0].title, tuple(parts), gaps, tuple(uses), self.rocq.get(name), remark
            )
        return Standing(
            name, known.source, known.title, tuple(parts), gaps, tuple(uses), self.rocq.get(name), remark, known.about, known.link
        )  # fmt: skip

    def find(self, name: str) -> list[Entry]:
        """The entries that an ID means: that stored proof, or every part of that statement of the theory; none for a gap."""
        return [self.entries[name]] if name in self.entries else [e for e in self.entries.values() if e.family == name]

    def known(self) -> list[str]:
        """Every ID that `prove` takes: the theory's, then parts, then lemmas."""
        proved = [e.id for e in self.entries.values() if e.source != "lemma"]
        return list(dict.fromkeys([*ROWS, *proved, *(e.id for e in self.entries.values() if e.source == "lemma")]))


def blueprint(folder: Path = STORED) -> Blueprint:
    """Replay everything in `folder`. Refused proofs are in `refusals`, and so is a sealed statement whose stored proof is missing."""
    start = time.perf_counter()
    refusals: dict[str, str] = {}
    try:
        seals = load_seals(folder)
    except Refused as error:
        seals, refusals["_seals"] = {}, str(error)
    journal = Journal(load(folder), seals)
    for name in [*journal.texts, *(seals.keys() - journal.texts.keys())]:
        try:
            journal.theorem(name)
        except Refused as error:
            at_fault = str(error).partition(":")[0]
            refusals[name] = str(error) if at_fault == name else f"{name}: rests on {at_fault}, which is refused"
    seconds = time.perf_counter() - start
    made = Blueprint(journal, {}, refusals, seconds, _rocq())
    registry = _registry(refusals)
    for name in dict.fromkeys([*registry, *journal.texts, *seals]):
        if name not in journal.texts and name not in seals:
            continue  # a derivation that is not stored is no proof
        known = registry.get(name)
        made.entries[name] = Entry(
            name,
            known.source if known else ROWS[family].source if (family := name.partition(".")[0]) in ROWS else "lemma",
            known.title if known else "not registered",
            known.words if known else "",
            journal.steps.get(name, 0),
            tuple(journal.uses.get(name, ())),
            _axioms(journal, {name, *made.closure(name)}),
            journal.seconds.get(name, 0.0),
            bool(known and known.attained),
            refusals.get(name),
        )
    return made


def as_markdown(made: Blueprint) -> str:
    """The README's table of statements; below it what the seals of each abstraction speak of, and where Rocq's statement differs."""
    lines = ["| | says | seals are about | whose | kernel | Rocq |", "|---|---|---|---|---|---|"]
    for row in made.rows():
        kernel = "stated" if row.gaps else "yes"
        says = row.title.replace("^", r"\^").replace("*", r"\*")
        lines.append(f"| {row.id} | {says} | {row.about} | {row.source} | {kernel} | {'yes' if row.rocq else ''} |")
    links = {row.id: row.link for row in made.rows() if row.link}
    differs = {row.id: str(row.rocq["differs"]) for row in made.rows() if row.rocq and row.rocq["differs"]}
    below = [
        *_remarks(links),
        "",
        "Where the theorem in Rocq is not the sealed one to the letter:",
        "",
        *_remarks(differs),
    ]
    return "\n".join([*lines, "", *below]) + "\n"


def _remarks(by_id: Mapping[str, str]) -> Iterator[str]:
    """A list with a line for each remark, under the IDs that it is about."""
    for remark in dict.fromkeys(by_id.values()):
        ids = ", ".join(id for id, text in by_id.items() if text == remark)
        yield f"- {ids}: {remark.replace('*', chr(92) + '*').replace('^', chr(92) + '^')}"


def _registry(refusals: dict[str, str]) -> dict[str, statements.Statement]:
    """Titles and words of the statements. A derivation file that cannot be imported is refused by name: the replay does not need it."""
    for topic in statements.TOPICS:
        try:
            importlib.import_module(f"proofs.{topic}")
        except Exception as error:
            refusals[f"{topic}.py"] = f"{topic}.py: cannot be imported: {type(error).__name__}: {error}"
    return statements.REGISTRY


RESTS_ON = "_rests_on.golden"
"""File beside the stored proofs: what each names."""


def rests_on(folder: Path = STORED) -> str:
    """What every stored proof names, one line a proof: the axioms among its steps and the theorems that it uses. Read, not replayed.

    `python -m proofs.derive.author` writes it to `proofs/sealed/_rests_on.golden`, where a changed dependency shows up as a difference.
    """
    lines = []
    for name, stored in load(folder).items():
        steps = json.loads(stored)["steps"]
        axioms = dict.fromkeys(sorted(args[0] for rule, _premises, args, _note in steps if rule == "axiom"))
        uses = dict.fromkeys(p for _rule, premises, _args, _note in steps for p in premises if isinstance(p, str))
        lines.append(f"{name}: axioms {', '.join(axioms) or 'none'}; uses {', '.join(uses) or 'none'}")
    return "\n".join(lines) + "\n"


def _axioms(journal: Journal, names: Iterable[str]) -> tuple[str, ...]:
    used = {rule for name in names for rule in journal.rules.get(name, ()) if rule.startswith("axiom ")}
    return tuple(sorted(rule.removeprefix("axiom ") for rule in used))


def _rocq() -> dict[str, dict[str, Any]]:
    """By statement ID: theorem, file and state of the last build of its Rocq proof; empty where the Rocq files are not installed."""
    if importlib.util.find_spec("proofs.rocq.status") is None:
        return {}
    from proofs.rocq.status import rocq_status

    try:
        found = rocq_status()
    except (OSError, ValueError, KeyError):
        return {}
    return {
        name: {"theorem": s.theorem, "also": list(s.also), "file": s.file, "built": s.built, "differs": s.differs}
        for name, s in found.items()
        if s.theorem
    }


def trusted_lines() -> int:
    """Lines of the kernel package."""
    files = (STORED.parent / "kernel").glob("*.py")
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


def index(made: Blueprint | None = None) -> dict[str, Any]:
    """The object of `bellman-smc prove --json`: `statements`, one for each ID of the theory, and `trusted_lines`."""
    made = made or blueprint()
    return {
        "statements": [row.to_json() for row in made.rows()],
        "trusted_lines": trusted_lines(),
        "stored_proofs": len(made.entries),
        "lemmas": sum(e.source == "lemma" for e in made.entries.values()),
        "seconds": round(made.seconds, 6),
        "refused": list(made.refusals.values()),
    }
