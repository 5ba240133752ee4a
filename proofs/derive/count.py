"""How many stored certificates have coefficients that an author typed, and why; how many does the search find again?

python -m proofs.derive.count            derivations in sympy and on the lower level; certificates found and typed, these with reasons
python -m proofs.derive.count again [K]  also search every K-th stored certificate anew, from goal and premises alone (about a minute)
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofs import registry
from proofs.derive import finder
from proofs.derive.polynomials import NotFound
from proofs.derive.proof import TYPED
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


@dataclass(frozen=True)
class Styles:
    """All derivations, those in sympy, all stored certificates, and why coefficients were typed, by proof."""

    derivations: int
    in_sympy: int
    certificates: int
    typed: dict[str, list[str]]

    @property
    def typed_share(self) -> Fraction:
        return Fraction(sum(map(len, self.typed.values())), self.certificates)


def styles(texts: Mapping[str, str]) -> Styles:
    """From stored proofs, by name: the note of a certificate says that its coefficients are typed, and why."""
    notes = {
        name: [note for rule, _, _, note in json.loads(text)["steps"] if rule == "certificate"]
        for name, text in texts.items()
    }
    typed = {name: [n.partition(TYPED)[2] for n in of if TYPED in n] for name, of in notes.items()}
    styled = sum(getattr(s.derive, "in_sympy", False) for s in registry.load().values())
    return Styles(len(texts), styled, sum(map(len, notes.values())), {name: why for name, why in typed.items() if why})


def report(found: Styles) -> str:
    """The counts as lines; every typed certificate with its reason."""
    typed = sum(map(len, found.typed.values()))
    share = 100 * float(found.typed_share)
    lines = [
        f"{found.in_sympy} of {found.derivations} derivations in sympy",
        f"{found.certificates} certificates: {found.certificates - typed} found, {typed} with typed coefficients ({share:.1f} %)",
        *(f"  {name}: {why}" for name, reasons in sorted(found.typed.items()) for why in reasons),
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    print(report(styles(load())))
    if arguments[:1] == ["again"]:
        again(int(arguments[1]) if arguments[1:] else 1)
    return 0


def again(every: int) -> None:
    """Search every so many stored certificates anew."""
    jobs = [(name, c) for name, certificates in stored_certificates().items() for c in certificates][::every]
    start = time.process_time()
    missed: Counter[str] = Counter()
    for name, certificate in jobs:
        if not certificate.found_again():
            missed[name] += 1
    found = len(jobs) - missed.total()
    print(f"{found} of {len(jobs)} certificates found again, {time.process_time() - start:.0f} s")
    for name, count in missed.most_common():
        print(f"  {count:3} not found in {name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
