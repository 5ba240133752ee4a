"""TRUSTED. Replay of stored proofs by the kernel alone.

    python -m proofs.kernel.replay [ID ...]          replay all, or these
    python -m proofs.kernel.replay --print ID ...    and print the statements that they prove

A stored proof `proofs/sealed/ID.json` is one JSON object:
  "format": "bellman-smc/proof-1",  "id": ID,
  "terms":  list of [op, data, [numbers of earlier terms]]; data is "p/q" for a constant,
            [index, sort] for a bound index, [name, [sorts], sort] for a symbol, the sort of a
            quantifier, null for every other operator,
  "steps":  list of [rule, [premises], [arguments], note]; a premise is the number of an earlier
            step, or the ID of another stored proof, standing for its theorem; an argument is "#k"
            (term k), a string, or a list of these,
  "claim":  [[numbers of the hypotheses], number of the conclusion]; it must be what the last step
            proves.
The note is for the reader.  `proofs/sealed/_seals.json` holds the fingerprint of every sealed
statement, and of the definitions of the symbols in it (every other symbol is free, so it stands
for anything); a claim and its definitions must match their seal.
`proofs/sealed/ID.txt` is the printed statement of a proof; its bound names are used where they
are fresh, and nothing else of it: a text that says something else than the proof is refused.
Exit code 0 when every proof replays, 1 when one is refused (named, with the line), 2 for an
unknown ID.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import proofs.kernel.arithmetic
import proofs.kernel.rules  # noqa: F401  (both enter their rules)
from proofs.kernel.printing import names_in, statement
from proofs.kernel.terms import Node, ProofError, Signature, mk, rational, text
from proofs.kernel.theorems import Theorem, Theory

FORMAT = "bellman-smc/proof-1"
STORED = Path(__file__).parent.parent / "sealed"
SEALS = "_seals.json"
Definitions = dict[Signature, Theorem]
Argument = Any  # a node, a string, or a list of these


class Refused(Exception):
    """A stored proof that is not accepted: which, where, why."""


def decode_term(entry: Any, terms: list[Node]) -> Node:
    """The node of an entry of a term table, on the earlier ones."""
    op, data, numbers = entry
    kids = tuple(_numbered(terms, k) for k in numbers)
    match data:
        case str(written) if op == "q":
            return mk("q", rational(written), kids)
        case [index, sort] if type(index) is int and op == "b":
            return mk("b", (index, sort), kids)
        case [name, [*sorts], sort] if op in ("f", "E", "S", "I"):
            return mk(op, (name, tuple(sorts), sort), kids)
        case str(sort) if op == "all":
            return mk("all", sort, kids)
        case None if op not in ("q", "b", "f", "E", "S", "I", "all"):
            return mk(op, None, kids)
    raise ProofError(f"{op}: malformed data {data!r}")


def _numbered(terms: list[Node], number: Any) -> Node:
    if type(number) is not int or not 0 <= number < len(terms):
        raise ProofError(f"{number!r} is not the number of a term, or not of an earlier one")
    return terms[number]


def decode_argument(value: Any, terms: list[Node]) -> Argument:
    if isinstance(value, list):
        return [decode_argument(v, terms) for v in value]
    if not isinstance(value, str):
        raise ProofError(f"an argument is a string or a list, not {value!r}")
    if not value.startswith("#"):
        return value
    if not (value.isascii() and value[1:].isdigit()):
        raise ProofError(f"{value!r} is not the number of a term")
    return terms[int(value[1:])]


class Replayer:
    """Replays proofs on demand, each once.

    `texts` maps an ID to the text of its stored proof, `seals` an ID to the fingerprint of its
    sealed statement (None: not compared).
    """

    def __init__(self, texts: dict[str, str], seals: dict[str, str] | None = None):
        self.texts, self.seals, self.theory = texts, seals, Theory()
        self.theorems: dict[str, Theorem] = {}
        self.steps: dict[str, int] = {}
        self.rules: dict[str, set[str]] = {}
        self.uses: dict[str, list[str]] = {}
        self.busy: list[str] = []
        self.definitions: Definitions = {}
        self.rests: dict[str, Definitions] = {}  # the definitions that a proof makes or uses

    def theorem(self, name: str) -> Theorem:
        """The theorem of a stored proof.  Raises Refused."""
        if name not in self.theorems:
            if name in self.busy:
                raise Refused(f"{name}: uses itself through {' -> '.join([*self.busy, name])}")
            if name not in self.texts:
                raise Refused(f"{name}: no such stored proof")
            self.busy.append(name)
            try:
                self.theorems[name] = self._replay(name)
            finally:
                self.busy.pop()
        return self.theorems[name]

    def _replay(self, name: str) -> Theorem:
        text = self.texts[name]
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            line = f"line {error.lineno}: " if isinstance(error, json.JSONDecodeError) else ""
            raise Refused(f"{name}: {line}not JSON: {error}") from error
        return self.check(
            name, data, lambda key, i: _line(text, key, i), sealed=self.seals is not None
        )

    def check(
        self,
        name: str,
        data: Any,
        line: Callable[[str, int], str] = lambda key, i: "",
        sealed: bool = False,
    ) -> Theorem:
        """Replay one proof given as data; `line` locates an entry for the message, `sealed`: it
        must carry its seal.  Raises Refused."""
        key, place, i = "", "the file", 0
        try:
            if data["format"] != FORMAT or data["id"] != name:
                raise ProofError("another format, or another id than the file's name")
            terms: list[Node] = []
            for i, entry in enumerate(data["terms"]):
                key, place = "terms", f"term {i}"
                terms.append(decode_term(entry, terms))
            steps: list[Theorem] = []
            self.rules[name], self.uses[name], self.rests[name] = set(), [], {}
            for i, entry in enumerate(data["steps"]):
                key, place = "steps", f"step {i} ({entry[0]})"
                steps.append(self._step(name, entry, terms, steps))
            key, place = "", "the claim"
            hyps, concl = data["claim"]
            claimed = frozenset(_numbered(terms, h) for h in hyps), _numbered(terms, concl)
            if (steps[-1].hyps, steps[-1].concl) != claimed:
                raise ProofError("the last step does not prove the claim")
            if sealed and (self.seals or {}).get(name) != digest(steps[-1], self.rests[name]):
                raise ProofError(
                    f"with its definitions it is not the sealed statement (seals: {SEALS})"
                )
        except Refused:
            raise
        except Exception as error:  # whatever goes wrong in a file from anywhere: it is no proof
            where = line(key, i) if key else ""
            raise Refused(f"{name}: {place}{where}: {error}") from error
        self.steps[name] = len(steps)
        return steps[-1]

    def _step(self, name: str, entry: Any, terms: list[Node], steps: list[Theorem]) -> Theorem:
        """One step: its rule on its premises and arguments; a definition is remembered."""
        rule, references, args, _note = entry
        premises = [self._premise(name, p, steps) for p in references]
        decoded = [decode_argument(a, terms) for a in args]
        made = self.theory.apply(rule, premises, decoded)
        if rule.startswith("define"):
            self.definitions[decoded[0].symbol] = self.rests[name][decoded[0].symbol] = made
        self.rules[name].add(f"axiom {args[0]}" if rule == "axiom" else rule)
        return made

    def _premise(self, name: str, reference: int | str, steps: list[Theorem]) -> Theorem:
        if isinstance(reference, str):
            if reference not in self.uses[name]:
                self.uses[name].append(reference)
            found = self.theorem(reference)
            self.rests[name] |= self.rests[reference]
            return found
        if type(reference) is not int or not 0 <= reference < len(steps):
            raise ProofError(f"premise {reference!r} is not an earlier step")
        return steps[reference]


def fingerprint(theorem: Theorem) -> str:
    """SHA-256 of the texts of the hypotheses, sorted by code point, and of the conclusion, one a
    line."""
    lines = [*sorted(map(text, theorem.hyps)), text(theorem.concl)]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def behind(theorem: Theorem, definitions: Mapping[Signature, Theorem]) -> Definitions:
    """The definitions of the symbols in a theorem, of the symbols in these, and so on."""
    symbols = sorted(s for s in theorem.free() if s in definitions)
    for symbol in symbols:  # grows while it is read
        inner = definitions[symbol].free()
        symbols += sorted(s for s in inner if s in definitions and s not in symbols)
    return {s: definitions[s] for s in symbols}


def digest(theorem: Theorem, definitions: Mapping[Signature, Theorem]) -> str:
    """The seal: the fingerprint of a theorem, then those of the definitions behind it."""
    laws = behind(theorem, definitions).values()
    return " ".join([fingerprint(theorem), *sorted(map(fingerprint, laws))])


def printed(name: str, replayer: Replayer, folder: Path = STORED) -> str:
    """The statement that a stored proof proves, with the bound names of `ID.txt`; Refused when
    that text, below its heading, is not this statement."""
    theorem, path = replayer.theorem(name), folder / f"{name}.txt"
    try:
        stored = below_heading(path.read_text(encoding="utf-8")) if path.exists() else ""
        made = statement(theorem, behind(theorem, replayer.rests[name]), names_in(stored))
    except (ProofError, OSError, ValueError, RecursionError) as error:
        raise Refused(f"{name}: its statement cannot be printed: {error}") from error
    if path.exists() and made != stored:
        raise Refused(f"{name}: {path.name} is not the statement that is proved, which is\n{made}")
    return made


def below_heading(written: str) -> str:
    """What stands below the title and the words of a stored statement."""
    return written.partition("\n\n")[2]


def _line(text: str, key: str, index: int) -> str:
    """The line of an entry, in the layout that the builder writes (one entry a line)."""
    head = text.find(f'"{key}": [')
    return f", line {text.count(chr(10), 0, head) + 2 + index}" if head >= 0 else ""


def load(folder: Path = STORED) -> dict[str, str]:
    """The stored proofs of a folder, by ID."""
    paths = sorted(path for path in folder.glob("*.json") if path.name != SEALS)
    return {path.stem: path.read_text(encoding="utf-8", errors="replace") for path in paths}


def load_seals(folder: Path = STORED) -> dict[str, str]:
    """The fingerprints of the sealed statements, by ID."""
    try:
        seals = json.loads((folder / SEALS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"{SEALS}: {error}") from error
    return seals if isinstance(seals, dict) else {}


def main(arguments: list[str], folder: Path = STORED) -> int:
    start, showing = time.perf_counter(), "--print" in arguments
    arguments = [name for name in arguments if name != "--print"]
    try:
        replayer = Replayer(load(folder), load_seals(folder))
    except Refused as error:
        print(f"REFUSED {error}", file=sys.stderr)
        return 1
    unknown = [name for name in arguments if name not in replayer.texts]
    if unknown:
        print(
            f"unknown ID {', '.join(unknown)}; known: {', '.join(replayer.texts)}", file=sys.stderr
        )
        return 2
    missing = [] if arguments else sorted(set(replayer.seals or ()) - set(replayer.texts))
    for name in missing:
        print(f"REFUSED {name}: sealed, but no stored proof", file=sys.stderr)
    refused = len(missing)
    for name in arguments or replayer.texts:
        try:
            replayer.theorem(name)
            print(f"{name:24} {replayer.steps[name]:5} steps")
            if showing:
                print(f"\n{printed(name, replayer, folder)}")
        except Refused as error:
            refused += 1
            print(f"REFUSED {error}", file=sys.stderr)
    seconds = time.perf_counter() - start
    print(f"{len(replayer.theorems)} proofs replayed, {refused} refused, {seconds:.2f} s")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
