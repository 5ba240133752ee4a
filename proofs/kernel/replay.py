"""Replay of stored proofs by the kernel alone: `python -m proofs.kernel.replay [ID ...]`.

A stored proof `proofs/sealed/ID.json` is one JSON object:
  "format": "bellman-smc/proof-1",  "id": ID,
  "terms":  list of [op, data, [numbers of earlier terms]]  (a constant's data is "p/q"; other data as in `kernel.Node`),
  "steps":  list of [rule, [premises], [arguments], note]; a premise is the number of an earlier step, or the ID of
            another stored proof, standing for its theorem; an argument is "#k" (term k), a string, or a list of these;
  "claim":  [[numbers of the hypotheses], number of the conclusion]; it must be what the last step proves.
The note is for the reader.  `proofs/sealed/_seals.json` holds the fingerprint of every sealed statement, and of the definitions of the
symbols in it (every other symbol is free, so it stands for anything); a claim and its definitions must match their seal.
Exit code 0 when every proof replays, 1 when one is refused (named, with the line), 2 for an unknown ID.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import proofs.kernel.arithmetic  # noqa: F401  (registers its rules)
from proofs.kernel.rules import Node, ProofError, Theorem, Theory, mk, rational

FORMAT = "bellman-smc/proof-1"
STORED = Path(__file__).parent.parent / "sealed"
SEALS = "_seals.json"


class Refused(Exception):
    """A stored proof that is not accepted: which, where, why."""


def decode_term(entry: list, terms: list[Node]) -> Node:
    op, data, kids = entry
    if op == "q":
        data = rational(data)
    elif isinstance(data, list):
        data = tuple(tuple(d) if isinstance(d, list) else d for d in data)
    if any(type(k) is not int or not 0 <= k < len(terms) for k in kids):
        raise ProofError("a term may refer to earlier terms only")
    return mk(op, data, tuple(terms[k] for k in kids))


def decode_argument(value, terms: list[Node]):
    if isinstance(value, list):
        return [decode_argument(v, terms) for v in value]
    if isinstance(value, str):
        return terms[int(value[1:])] if value.startswith("#") else value
    raise ProofError(f"an argument is a string or a list, not {value!r}")


class Replayer:
    """Replays proofs on demand, each once.

    `texts` maps an ID to the text of its stored proof, `seals` an ID to the fingerprint of its sealed statement (None: not compared).
    """

    def __init__(self, texts: dict[str, str], seals: dict[str, str] | None = None):
        self.texts, self.seals, self.theory = texts, seals, Theory()
        self.theorems: dict[str, Theorem] = {}
        self.steps: dict[str, int] = {}
        self.rules: dict[str, set[str]] = {}
        self.uses: dict[str, list[str]] = {}
        self.busy: list[str] = []
        self.definitions: dict[tuple, Theorem] = {}
        self.rests: dict[str, dict[tuple, Theorem]] = {}  # the definitions that a proof makes or uses

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
        return self.check(name, data, lambda key, i: _line(text, key, i), sealed=self.seals is not None)

    def check(
        self, name: str, data: dict, line: Callable[[str, int], str] = lambda key, i: "", sealed: bool = False
    ) -> Theorem:
        """Replay one proof given as data; `line` locates an entry for the message, `sealed`: it must carry its seal.  Raises Refused."""
        place = "the file"
        try:
            if data["format"] != FORMAT or data["id"] != name:
                raise ProofError("another format, or another id than the file's name")
            terms: list[Node] = []
            for i, entry in enumerate(data["terms"]):
                place = f"term {i}{line('terms', i)}"
                terms.append(decode_term(entry, terms))
            steps: list[Theorem] = []
            self.rules[name], self.uses[name], self.rests[name] = set(), [], {}
            for i, (rule, premises, args, _note) in enumerate(data["steps"]):
                place = f"step {i} ({rule}){line('steps', i)}"
                decoded = [decode_argument(a, terms) for a in args]
                steps.append(self.theory.apply(rule, [self._premise(name, p, steps) for p in premises], decoded))
                if rule.startswith("define"):
                    self.definitions[decoded[0].symbol()] = self.rests[name][decoded[0].symbol()] = steps[-1]
                self.rules[name].add(f"axiom {args[0]}" if rule == "axiom" else rule)
            place = "the claim"
            hyps, concl = data["claim"]
            if steps[-1].hyps != frozenset(terms[h] for h in hyps) or steps[-1].concl is not terms[concl]:
                raise ProofError("the last step does not prove the claim")
            if sealed and (self.seals or {}).get(name) != digest(steps[-1], self.rests[name]):
                raise ProofError(f"with its definitions it is not the sealed statement (seals: {SEALS})")
        except Refused:
            raise
        except Exception as error:  # whatever goes wrong in a file from anywhere: it is not a proof
            raise Refused(f"{name}: {place}: {error}") from error
        self.steps[name] = len(steps)
        return steps[-1]

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


def text(node: Node) -> str:
    """The canonical text of a term or formula, specified in `proofs/README.md`: fields in parentheses, one space between them."""
    op, data = node.op, node.data
    if op == "q":
        fields = [str(data)]
    elif op == "b":
        fields = [str(data[0]), data[1]]
    elif op in ("f", "E", "S", "I"):
        fields = [data[0], f"[{' '.join(data[1])}]", data[2]]
    else:
        fields = [data] if op == "all" else []
    return f"({' '.join([op, *fields, *map(text, node.kids)])})"


def fingerprint(theorem: Theorem) -> str:
    """SHA-256 of the texts of the hypotheses, sorted by code point, and of the conclusion, one a line."""
    lines = [*sorted(map(text, theorem.hyps)), text(theorem.concl)]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def digest(theorem: Theorem, definitions: Mapping[tuple, Theorem]) -> str:
    """The seal: the fingerprint of a theorem, then those of the definitions of the symbols in it, of the symbols in these, and so on."""
    symbols = [s for s in theorem.free() if s in definitions]
    for symbol in symbols:  # grows while it is read
        symbols += [s for s in definitions[symbol].free() if s in definitions and s not in symbols]
    return " ".join([fingerprint(theorem), *sorted(fingerprint(definitions[s]) for s in symbols)])


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
    start = time.perf_counter()
    try:
        replayer = Replayer(load(folder), load_seals(folder))
    except Refused as error:
        print(f"REFUSED {error}", file=sys.stderr)
        return 1
    unknown = [name for name in arguments if name not in replayer.texts]
    if unknown:
        print(f"unknown ID {', '.join(unknown)}; known: {', '.join(replayer.texts)}", file=sys.stderr)
        return 2
    missing = [] if arguments else sorted(set(replayer.seals or ()) - set(replayer.texts))
    for name in missing:
        print(f"REFUSED {name}: sealed, but no stored proof", file=sys.stderr)
    refused = len(missing)
    for name in arguments or replayer.texts:
        try:
            replayer.theorem(name)
            print(f"{name:24} {replayer.steps[name]:5} steps")
        except Refused as error:
            refused += 1
            print(f"REFUSED {error}", file=sys.stderr)
    print(f"{len(replayer.theorems)} proofs replayed, {refused} refused, {time.perf_counter() - start:.2f} s")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
