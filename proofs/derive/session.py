"""For a sympy user: `prove(claim, *facts, given=[...])` hands a sympy relation to the kernel; the result is a theorem with its hypotheses.

    a, q = symbols("a q", positive=True)
    prove((q*a - 1)*(1 - a) <= (q - 1)**2/(4*q))            # 0 < q |- ...: an assumption is a hypothesis where it was used
    prove(S3.lhs <= delta, "S3.uniform", given=[n0 <= S3.N])  # from a sealed theorem

The proof is written as data and replayed by the standard-library checker before anything is returned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sympy as sp

from proofs.derive.derivation import Derivation, Line
from proofs.derive.library import Library
from proofs.derive.proof import Fact, Proof
from proofs.derive.stored import encode
from proofs.kernel import Application, Theorem
from proofs.kernel.replay import Replayer, load, load_seals
from proofs.language.bridge import to_kernel, to_sympy
from proofs.language.expressions import Law
from proofs.reading.theorem import unknown


class StoredLibrary(Library):
    """The stored proofs as a library: replayed under their seals on demand, nothing is derived again."""

    def __init__(self) -> None:
        super().__init__({})
        self.replayer = Replayer(load(), load_seals())
        self.theory, self.definitions = self.replayer.theory, self.replayer.definitions

    def theorem(self, name: str) -> Theorem:
        return self.replayer.theorem(name)


@cache
def stored() -> StoredLibrary:
    """One library a process."""
    return StoredLibrary()


class Proved:
    """A theorem of one's own.  `hypotheses`, `lhs`, `rhs`: sympy; `text`: the proof as data; `replay()` checks it by the kernel alone."""

    def __init__(self, line: Line):
        proof, fact = line.derivation.proof, line.fact
        if not isinstance(fact.ref, int) or fact.ref != len(proof.steps) - 1:
            fact = proof.conv(fact, fact.concl)  # the line proved is the last step
        self.line, self.name = line, proof.name
        self.text = encode(proof)
        self.theorem = self.replay()
        self.hypotheses = [to_sympy(h, "native") for h in sorted(self.theorem.hyps, key=repr)]

    @property
    def relation(self) -> Any:
        return self.line.relation

    @property
    def lhs(self) -> Any:
        return self.line.lhs

    @property
    def rhs(self) -> Any:
        return self.line.rhs

    @property
    def steps(self) -> int:
        """Kernel steps of the stored proof."""
        return len(json.loads(self.text)["steps"])

    def replay(self) -> Theorem:
        """The theorem, from the proof's text and the stored proofs it uses.  Raises `proofs.kernel.replay.Refused`."""
        return Replayer({**load(), self.name: self.text}).theorem(self.name)

    def __repr__(self) -> str:
        return "\n".join([*(f"    {h}" for h in self.hypotheses), f"|-  {self.relation}"])

    def _repr_markdown_(self) -> str:
        """As the sealed statements are shown: what is assumed in words, where the house has words for it."""
        from proofs.reading.statement import Reading

        return Reading(self.name, self.theorem, {}).body(setting=False)


def derivation(name: str = "mine") -> Derivation:
    """A derivation of one's own on the stored theorems."""
    return Derivation(Proof(name, stored()))


def _conjuncts(line: Line) -> Iterable[Line]:
    if line.fact.concl.op != "and":
        return [line]
    return [*_conjuncts(line[0]), *_conjuncts(line[1])]


def prove(claim: Any, *facts: Any, given: Iterable[Any] = (), name: str = "mine") -> Proved:
    """The claim from facts: names of stored theorems, (name, {symbol: value}), or results of `prove`; `given`: further hypotheses.

    Raises NotFound when no certificate of the shapes that are tried exists: a wrong claim has none.  ValueError for a claim that sympy has
    decided before it got here, TypeError for what is no relation, KeyError for a theorem, or a symbol of one, that there is not.
    """
    if claim in (True, False, sp.true, sp.false):
        raise ValueError(
            f"prove({claim}): sympy has decided this relation from the assumptions of its symbols before it got here; "
            "write it with evaluate=False, for instance Le(0, n, evaluate=False)"
        )
    if not isinstance(claim, (sp.core.relational.Relational, sp.logic.boolalg.Boolean)):
        raise TypeError(f"prove({claim}): a relation is needed, such as a <= b or Eq(a, b)")
    d, given = derivation(name), list(given)
    d.prover.notice(claim, *given)
    lines = [d.given(g) for g in given]
    for fact in facts:
        lines += _conjuncts(_line(d, fact))
    return Proved(d.prove(claim, *lines))


def _line(d: Derivation, fact: Any) -> Line:
    if isinstance(fact, Proved):  # its steps are taken over, so that the new proof stands alone
        return d.line(_copied(d.proof, fact.line.derivation.proof))
    name, at = fact if isinstance(fact, tuple) else (fact, None)
    if not isinstance(name, str):
        raise TypeError(
            f"{fact!r}: a fact is the ID of a stored theorem, (ID, {{symbol: value}}), or the result of prove"
        )
    if name not in stored().replayer.texts:
        raise KeyError(unknown(name, stored().replayer.texts))
    values: Mapping[Any, Any] = {} if at is None else at
    _only_its_own(name, values)
    return d.use(name, values or None)


def _only_its_own(name: str, values: Mapping[Any, Any]) -> None:
    """Raises KeyError for a value of a symbol that the theorem lacks: sympy's Symbol("N") is a real, the N of a theorem a natural number.
    TypeError for a name in place of a symbol: sympy reads "N" as its function N."""
    proved = stored().theorem(name)
    free = {s[1:] for f in (*proved.hyps, proved.concl) for s in f.free}
    for key in values:
        if isinstance(key, str):
            raise TypeError(f"{key!r}: give the symbol itself, theorem({name!r}).{key}")
        made = None if isinstance(key, Law) else to_kernel(key)
        if isinstance(made, Application) and made.symbol[1:] not in free:
            symbol = made.symbol.name
            alike = any(symbol == other for other, *_ in free)
            other = f" of this sort; take theorem({name!r}).{symbol}" if alike else ""
            raise KeyError(f"{name} has no symbol {symbol}{other}")


def _copied(into: Proof, source: Proof) -> Fact:
    """The last fact of another proof, its steps repeated in this one."""
    made: list[Fact] = []
    for rule, refs, args, note in source.steps:
        made.append(into.step(rule, [into.use(r) if isinstance(r, str) else made[r] for r in refs], args, note))
    return made[-1]
