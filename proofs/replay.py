"""Replay of stored proofs by the kernel alone: `python -m proofs.replay [ID ...]`.

A stored proof `proofs/stored/ID.json` is one JSON object:
  "format": "bellman-smc/proof-1",  "id": ID,
  "terms":  list of [op, data, [numbers of earlier terms]]  (a constant's data is "p/q"; other data as in `kernel.Node`),
  "steps":  list of [rule, [premises], [arguments], note]; a premise is the number of an earlier step, or the ID of
            another stored proof, standing for its theorem; an argument is "#k" (term k), a string, or a list of these;
  "claim":  [[numbers of the hypotheses], number of the conclusion]; it must be what the last step proves.
The note is for the reader.  Exit code 0 when every proof replays, 1 when one is refused (named, with the line), 2 for an unknown ID.
"""

from __future__ import annotations

import json
import sys
import time
from fractions import Fraction
from pathlib import Path

import proofs.certificates  # noqa: F401  (registers its rules)
from proofs.kernel import Node, ProofError, Theorem, Theory, mk

FORMAT = "bellman-smc/proof-1"
STORED = Path(__file__).parent / "stored"


class Refused(Exception):
    """A stored proof that is not accepted: which, where, why."""


def decode_term(entry: list, terms: list[Node]) -> Node:
    op, data, kids = entry
    if op == "q":
        data = Fraction(data)
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
    """Replays proofs on demand, each once; `texts` maps an ID to the text of its stored proof."""

    def __init__(self, texts: dict[str, str]):
        self.texts, self.theory = texts, Theory()
        self.theorems: dict[str, Theorem] = {}
        self.steps: dict[str, int] = {}
        self.rules: dict[str, set[str]] = {}
        self.uses: dict[str, list[str]] = {}
        self.busy: list[str] = []
        self.definitions: dict[tuple, Theorem] = {}

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
        place = "the file"
        try:
            data = json.loads(text)
            if data["format"] != FORMAT or data["id"] != name:
                raise ProofError("another format or another id than the file's name")
            terms: list[Node] = []
            for i, entry in enumerate(data["terms"]):
                place = f"term {i}{_line(text, 'terms', i)}"
                terms.append(decode_term(entry, terms))
            steps: list[Theorem] = []
            self.rules[name], self.uses[name] = set(), []
            for i, (rule, premises, args, _note) in enumerate(data["steps"]):
                place = f"step {i} ({rule}){_line(text, 'steps', i)}"
                theorems = []
                for p in premises:
                    if isinstance(p, str):
                        self.uses[name] += [] if p in self.uses[name] else [p]
                        theorems.append(self.theorem(p))
                    elif type(p) is int and 0 <= p < i:
                        theorems.append(steps[p])
                    else:
                        raise ProofError(f"premise {p!r} is not an earlier step")
                decoded = [decode_argument(a, terms) for a in args]
                steps.append(self.theory.apply(rule, theorems, decoded))
                if rule.startswith("define"):
                    self.definitions[decoded[0].symbol()] = steps[-1]
                self.rules[name].add(f"axiom {args[0]}" if rule == "axiom" else rule)
            place = "the claim"
            hyps, concl = data["claim"]
            if steps[-1].hyps != frozenset(terms[h] for h in hyps) or steps[-1].concl is not terms[concl]:
                raise ProofError("the last step does not prove the sealed claim")
        except Refused:
            raise
        except json.JSONDecodeError as error:
            raise Refused(f"{name}: line {error.lineno}: not JSON: {error.msg}") from error
        except (
            ProofError,
            KeyError,
            IndexError,
            TypeError,
            ValueError,
            AttributeError,
            RecursionError,
            ZeroDivisionError,
        ) as error:
            raise Refused(f"{name}: {place}: {error}") from error
        self.steps[name] = len(steps)
        return steps[-1]


def _line(text: str, key: str, index: int) -> str:
    """The line of an entry, in the layout that the builder writes (one entry a line)."""
    head = text.find(f'"{key}": [')
    return f", line {text.count(chr(10), 0, head) + 2 + index}" if head >= 0 else ""


def load(folder: Path = STORED) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}


def main(arguments: list[str]) -> int:
    start = time.perf_counter()
    replayer = Replayer(load())
    unknown = [name for name in arguments if name not in replayer.texts]
    if unknown:
        print(f"unknown ID {', '.join(unknown)}; known: {', '.join(replayer.texts)}", file=sys.stderr)
        return 2
    refused = 0
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
