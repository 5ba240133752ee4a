"""How many of the stored certificates does the search find again, from goal and premises alone?  `python -m proofs.derive.count [EVERY]`.

A certificate that is found needs no typed coefficient.  Derivations in sympy style type none: theirs were searched for.
`EVERY` k takes each k-th certificate (default 1: all, about a minute).
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from proofs import registry
from proofs.derive import finder
from proofs.derive.polynomials import NotFound
from proofs.kernel import Node, ProofError, Theorem, Theory
from proofs.kernel.replay import Replayer, load, load_seals


@dataclass(frozen=True)
class Stored:
    """One application of the rule `certificate` in a stored proof."""

    premises: tuple[Theorem, ...]
    goal: Node
    denominators: tuple[int, ...]

    def found_again(self, seconds: float = finder.SECONDS) -> bool:
        """Does the search find a certificate that the kernel accepts?"""
        formulas = [p.concl for p in self.premises]
        dens = [formulas[i] for i in self.denominators]
        try:
            products, equations = finder.find(self.goal, formulas, dens, seconds=seconds)
            rows = [[str(c), [str(i) for i in ns], ts] for c, ns, ts in products]
            multiples = [[m, str(i)] for m, i in equations]
            Theory().apply(
                "certificate", self.premises, [self.goal, rows, multiples, [str(i) for i in self.denominators]]
            )
        except (NotFound, ProofError):
            return False
        return True


class _Recorder(Theory):
    """A theory that keeps what the rule `certificate` was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Stored] = []

    def apply(self, name: str, premises: Sequence[Theorem], args: Sequence) -> Theorem:
        if name == "certificate":
            self.seen.append(Stored(tuple(premises), args[0], tuple(int(i) for i in args[3])))
        return super().apply(name, premises, args)


def stored_certificates() -> dict[str, list[Stored]]:
    """By proof."""
    replayer, recorder, out = Replayer(load(), load_seals()), _Recorder(), {}
    replayer.theory = recorder
    for name in replayer.texts:
        recorder.seen = []  # those of lemmas replayed on the way count with the first proof that uses them
        replayer.theorem(name)
        out[name] = recorder.seen
    return out


def main(arguments: list[str]) -> int:
    every = int(arguments[0]) if arguments else 1
    jobs = [(name, c) for name, certificates in stored_certificates().items() for c in certificates][::every]
    start = time.process_time()
    missed: Counter[str] = Counter()
    for name, certificate in jobs:
        if not certificate.found_again():
            missed[name] += 1
    found = len(jobs) - missed.total()
    print(f"{found} of {len(jobs)} certificates found again, {time.process_time() - start:.0f} s")
    styled = [name for name, s in registry.load().items() if getattr(s.derive, "in_sympy", False)]
    searched = sum(1 for name, _ in jobs if name in styled)
    print(
        f"{len(styled)} derivations in sympy style: {searched} of these certificates were searched for when they were built"
    )
    for name, count in missed.most_common():
        print(f"  {count:3} not found in {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
