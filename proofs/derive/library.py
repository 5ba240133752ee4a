"""All derivations as one library: a proof is made when it is asked for, with the proofs that it uses.  Untrusted."""

from __future__ import annotations

from collections.abc import Callable

from proofs.derive.proof import Fact, Proof
from proofs.derive.stored import needed
from proofs.kernel import ProofError, Signature, Theorem, Theory


class Library:
    """All derivations, made on demand; one theory, so that definitions stay unique."""

    def __init__(self, derivations: dict[str, Callable[[Proof], Fact]]):
        self.derivations, self.theory = derivations, Theory()
        self.proofs: dict[str, Proof] = {}
        self.making: set[str] = set()
        self.definitions: dict[Signature, Theorem] = {}

    def theorem(self, name: str) -> Theorem:
        return self.proof(name).theorems[-1]

    def proof(self, name: str) -> Proof:
        if name not in self.proofs:
            if name not in self.derivations:
                raise ProofError(f"no derivation {name!r}; known: {', '.join(self.derivations)}")
            if name in self.making:
                raise ProofError(f"{name} rests on itself")
            proof = Proof(name, self)
            self.making.add(name)
            try:
                last = self.derivations[name](proof)
            finally:
                self.making.discard(name)
            if last.proof is not proof or last.ref != len(proof.steps) - 1:
                proof.conv(last, last.concl)
            self.proofs[name] = proof
        return self.proofs[name]

    def behind(self, name: str) -> dict[Signature, Theorem]:
        """The definitions that a proof makes or uses (`Replayer.rests`)."""
        found, todo, seen = {}, [name], {name}
        for used in todo:  # grows while it is read
            steps = self.proof(used).steps
            for rule, refs, args, _ in map(steps.__getitem__, needed(steps)):
                if rule.startswith("define"):
                    found[args[0].symbol] = self.definitions[args[0].symbol]
                todo += [r for r in refs if isinstance(r, str) and r not in seen]
                seen |= {*todo}
        return found
