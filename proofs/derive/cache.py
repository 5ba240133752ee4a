"""Certificates that were found, by goal and premises: a second build does not search again.

The key is a digest of the formulas' structure and of the search's own source, so a changed premise, goal or search misses: a build
from a warm cache writes what a build without one writes.  What is stored is only data for the kernel's rule
`certificate`, which checks it anew: a wrong or stale file can make a derivation fail, never make a false one pass.
A search that found nothing is remembered too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from proofs.derive.polynomials import Certificate, NotFound
from proofs.kernel import Node, ProofError
from proofs.kernel.replay import decode_term


def _text(node: Node, known: dict[Node, str]) -> str:
    if node not in known:
        kids = [_text(k, known) for k in node.kids]
        known[node] = hashlib.blake2b(f"{node.op} {node.data!s} {kids}".encode(), digest_size=16).hexdigest()
    return known[node]


class Cache:
    """In memory; `read` and `write` keep it in a file, whose order does not depend on the order of the searches."""

    def __init__(self) -> None:
        self.found: dict[str, list] = {}
        parts = ("finder", "order", "polynomials", "programme")
        sources = b"".join((Path(__file__).parent / f"{part}.py").read_bytes() for part in parts)
        self.search = hashlib.blake2b(sources, digest_size=8).hexdigest()
        self.hits = self.misses = 0
        self._texts: dict[Node, str] = {}

    def _key(self, goal: Node, premises: Sequence[Node], denominators: Sequence[Node]) -> str:
        parts = [[_text(f, self._texts) for f in group] for group in ([goal], premises, denominators)]
        return hashlib.blake2b(json.dumps([self.search, parts]).encode(), digest_size=20).hexdigest()

    def get(self, goal: Node, premises: Sequence[Node], denominators: Sequence[Node]) -> Certificate | None:
        key = self._key(goal, premises, denominators)
        entry = self.found.get(key)
        if entry == []:
            self.hits += 1
            raise NotFound(f"{goal!r}: searched for in vain before")
        if entry is None:
            self.misses += 1
            return None
        try:
            rows, products, equations = entry
            terms: list[Node] = []
            for row in rows:
                terms.append(decode_term(row, terms))
            found = (
                [(Fraction(c), [int(i) for i in ns], [terms[t] for t in ts]) for c, ns, ts in products],
                [(terms[m], int(i)) for m, i in equations],
            )
        except (ProofError, ValueError, TypeError, IndexError):  # not what `put` wrote: search again
            self.misses += 1
            return None
        self.hits += 1
        return found

    def refuse(self, goal: Node, premises: Sequence[Node], denominators: Sequence[Node]) -> None:
        """This search found nothing: it need not be done again."""
        self.found[self._key(goal, premises, denominators)] = []

    def put(self, goal: Node, premises: Sequence[Node], denominators: Sequence[Node], found: Certificate) -> None:
        numbers: dict[Node, int] = {}
        rows: list[list] = []

        def number(node: Node) -> int:
            if node not in numbers:
                kids = [number(k) for k in node.kids]
                numbers[node] = len(rows)
                rows.append([node.op, str(node.data) if node.op == "q" else node.data, kids])
            return numbers[node]

        products = [[str(c), list(ns), [number(t) for t in ts]] for c, ns, ts in found[0]]
        equations = [[number(m), i] for m, i in found[1]]
        self.found[self._key(goal, premises, denominators)] = [rows, products, equations]

    def read(self, path: Path) -> None:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # no cache yet, or one that was cut short
            return
        self.found |= data if isinstance(data, dict) else {}

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dict(sorted(self.found.items())), separators=(",", ":")), encoding="utf-8")


CACHE = Cache()
"""The certificates of this process."""
