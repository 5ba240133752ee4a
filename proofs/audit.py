"""Mutation audit of the stored proofs: `python -m proofs.audit [ID ...]`.

Every stored proof is corrupted systematically and replayed by the kernel with its seal.  Corruptions of the *statement* (the claim): a
constant changed, its sign flipped, the bound times 99/100, an exponent lowered, `<=` made `<`, two variables or the two sides swapped, a
hypothesis dropped.  They are tried twice: in the claim alone, and throughout the proof (the term itself is changed, so every step sees the
change: this is the attempt to prove the corrupted statement).  Corruptions of the *proof*: a certificate's coefficient, a
dropped product or equation, a premise exchanged, a rule exchanged, a step replaced by an assumption.

Verdicts: `rule` (the kernel refuses a step), `claim` (the steps prove something else than the claim), `seal` (the kernel proves
the corrupted statement, a true variant that only the seal tells apart, and the reason is clear from its form: the conclusion is the
sealed one under other hypotheses or in another writing, or it follows from the sealed one by weakening `=` or `<`), `same` (the corrupted
proof is another proof of the sealed statement itself), and `SURVIVED` (the kernel proves a variant whose conclusion is new and has no
reason in `EXPLAINED`): there must be none.
"""

from __future__ import annotations

import json
import re
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs.kernel import Node, Theorem
from proofs.kernel.arithmetic import canonical
from proofs.kernel.printing import show
from proofs.kernel.replay import STORED, Refused, Replayer, decode_term, digest, fingerprint, load, load_seals

SWAPS = {"<=": "<", "<": "<=", "=": "<=", "+": "*", "*": "+", "sum": "prod", "prod": "sum"}
WEAKER = {("=", "<="), ("<", "<=")}
# (ID, where, what) -> why a variant with a new conclusion is true as well
EXPLAINED: dict[tuple[str, str, str], str] = (
    {
        (
            "conditional_law",
            "1 + t, everywhere",
            "+ made *",
        ): "the law is defined there: with the moves of another time it is that of another run, and the lemma says so of it",
        (
            "conditional_law",
            "1 + t, everywhere",
            "a summand dropped",
        ): "the law is defined there: with the moves of another time it is that of another run, and the lemma says so of it",
        (
            "leaf_squares",
            "1 + n, everywhere",
            "+ made *",
        ): "the horizon is any number there: the variant has another",
        (
            "leaf_squares",
            "1 + n, everywhere",
            "a summand dropped",
        ): "the horizon is any number there: the variant has another",
        (
            "telescope_start",
            "(-1) * target, everywhere",
            "* made +",
        ): "each half holds by itself: the variant has the upper half at 1 - target",
        (
            "S10",
            "1 / Vstar(0, root), everywhere",
            "numerator for denominator",
        ): "1/V*^2 stands on both sides: the variant is the statement times V*^4",
        (
            "S11",
            "1 / Vstar(0, root), everywhere",
            "numerator for denominator",
        ): "a and b are any numbers: the variant is the statement at a V*^3 and b V*^6",
        (
            "S18.stationary",
            "1 / Vstar(0, root), everywhere",
            "numerator for denominator",
        ): "1/V* stands on both sides: the variant is the statement times V*^3",
        (
            "leading_signs",
            "1 / Vstar(0, root), everywhere",
            "numerator for denominator",
        ): "the mean squares are not negative for any scale of Zhat: of 1/V* nothing is used",
        (
            "room_front",
            "1 / N, everywhere",
            "numerator for denominator",
        ): "a sum is split there: any number in place of 1/N will do",
        (
            "path_gains",
            "0 <= C * rho^(1 + h) * (1 + n + sum[t < n](w^n * z^(1 + t) * (PV(1 + t, 0, root) * Vstar(1 + t, path(1 + t)) / (V(1 + t, "
            "path(1 + t)) * Vstar(0, root)) + sum[n < t](PV(1 + t, 1 + n, path(1 + n)) * Vstar(0, root) / (Vstar(1 + n, path(1 + n)) * "
            "PV(1 + t, 0, root)))))), everywhere",
            "<= made <",
        ): "C, rho and 1 + n are positive there, so the sum is too",
    }
    | {
        (name, "1 + n, everywhere", change): "the horizon is any number there: the variant has another"
        for name in ("path_pairs", "references_apart", "path_alive", "lookahead_model")
        for change in ("+ made *", "a summand dropped")
    }
    | {
        (
            "odds_wider",
            "1, everywhere",
            f"constant 1: {change}",
        ): "of 1 only s <= 1 is used: any number in its place will do"
        for change in ("plus 1", "sign", "times 99/100", "halved", "zero")
    }
)
RULE_SWAPS = {
    "generalise": "discharge",
    "mp": "conj",
    "conv": "spec",
    "inst": "spec",
    "cases": "conj",
    "induct": "cases",
    "mono": "conv",
}


@dataclass(frozen=True)
class Mutant:
    """One corruption: where, what, and the corrupted proof as data."""

    where: str
    what: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What the replay said: see the module's verdicts. proved: the fingerprint of what a mutant proves, None where it is refused."""

    mutant: Mutant
    verdict: str
    reason: str
    proved: str | None = None

    @property
    def place(self) -> str | None:
        """Where it was refused: `term k`, `step k`, `the claim` or `the file`; None where it was not."""
        found = re.match(r"[^:]+: (term \d+|step \d+|the claim|the file)", self.reason)
        return found[1] if found and self.proved is None else None


def term_mutants(entry: list, terms: list[list]) -> Iterator[tuple[str, list]]:
    """Corruptions of one entry of the term table."""
    op, data, kids = entry
    if op == "q":
        value = Fraction(data)
        changes = {
            "plus 1": value + 1,
            "sign": -value,
            "times 99/100": value * Fraction(99, 100),
            "halved": value / 2,
            "zero": Fraction(0),
        }
        for what, new in changes.items():
            if new != value:
                yield f"constant {value}: {what}", [op, str(new), kids]
    elif op == "^":
        square = terms[kids[1]][:2] == ["q", "2"]
        yield "another power", ["+" if square else "*", None, [kids[0], kids[0]]]
    elif op == "inv":
        yield "numerator for denominator", ["*", None, [kids[0], kids[0]]]
    if op in SWAPS:
        yield f"{op} made {SWAPS[op]}", [SWAPS[op], data, kids]
    if op in ("<=", "<", "=>"):
        yield f"sides of {op} swapped", [op, data, kids[::-1]]
    if op == "+" and len(kids) > 1:
        yield "a summand dropped", ["*", None, [kids[0], kids[0]]] if len(kids) == 2 else [op, data, kids[:-1]]
    if op == "f" and len(kids) > 1 and data[1][0] == data[1][1]:
        yield f"arguments of {data[0]} swapped", [op, data, [kids[1], kids[0], *kids[2:]]]


def statement_mutants(stored: dict[str, Any]) -> Iterator[Mutant]:
    """Corruptions of the statement: throughout the proof, and in the claim alone; hypotheses dropped."""
    terms, (hyps, concl) = stored["terms"], stored["claim"]
    inside = _below(terms, [concl, *hyps])
    for i in inside:
        for what, entry in term_mutants(terms[i], terms):
            yield Mutant(f"term {i}, everywhere", what, {**stored, "terms": [*terms[:i], entry, *terms[i + 1 :]]})
            extended, renamed = _claim_copy(terms, inside, [concl, *hyps], i, entry)
            yield Mutant(
                f"term {i}, in the claim", what, {**stored, "terms": extended, "claim": [renamed[1:], renamed[0]]}
            )
    for i in range(len(hyps)):
        yield Mutant(f"hypothesis {i}", "dropped", {**stored, "claim": [hyps[:i] + hyps[i + 1 :], concl]})
    for i in _conclusions(terms, concl):
        op, data, (left, right) = terms[i]
        for what, factor in (("bound times 99/100", "99/100"), ("bound times 101/100", "101/100")):
            yield Mutant(f"term {i}, everywhere", what, _scaled(stored, i, factor))
            number = len(terms)
            scaled = [*terms, ["q", factor, []], ["*", None, [number, right]]]
            extended, renamed = _claim_copy(scaled, inside, [concl, *hyps], i, [op, data, [left, number + 1]])
            yield Mutant(
                f"term {i}, in the claim", what, {**stored, "terms": extended, "claim": [renamed[1:], renamed[0]]}
            )
    variables = [i for i in inside if terms[i][0] == "f" and not terms[i][2]]
    for i in variables:
        for j in variables:
            if i < j and terms[i][1][2] == terms[j][1][2]:
                extended, renamed = _claim_swap(terms, inside, [concl, *hyps], i, j)
                yield Mutant(
                    f"terms {i} and {j}",
                    "quantities swapped",
                    {**stored, "terms": extended, "claim": [renamed[1:], renamed[0]]},
                )


def step_mutants(stored: dict[str, Any]) -> Iterator[Mutant]:
    """Corruptions of single steps."""
    for i, (rule, premises, args, _note) in enumerate(stored["steps"]):

        def changed(new: list, what: str, i: int = i) -> Mutant:
            return Mutant(
                f"step {i}", what, {**stored, "steps": [*stored["steps"][:i], new, *stored["steps"][i + 1 :]]}
            )

        if rule == "certificate":
            goal, products, equations, dens = args
            for k, (c, numbers, squares) in enumerate(products):
                old = Fraction(c)
                for what, value in (
                    ("negated", -old),
                    ("plus 1", old + 1),
                    ("times 99/100", old * Fraction(99, 100)),
                ):
                    new = [*products[:k], [str(value), numbers, squares], *products[k + 1 :]]
                    yield changed([rule, premises, [goal, new, equations, dens], ""], f"coefficient {k} {what}")
                yield changed(
                    [rule, premises, [goal, products[:k] + products[k + 1 :], equations, dens], ""],
                    f"product {k} dropped",
                )
            for k in range(len(equations)):
                yield changed(
                    [rule, premises, [goal, products, equations[:k] + equations[k + 1 :], dens], ""],
                    f"equation {k} dropped",
                )
            for k in range(len(dens)):
                yield changed(
                    [rule, premises, [goal, products, equations, dens[:k] + dens[k + 1 :]], ""],
                    f"denominator {k} dropped",
                )
        for k, p in enumerate(premises):
            others = [j for j in (i - 1, i - 2) if j >= 0 and j != p]
            for j in others:
                yield changed(
                    [rule, [*premises[:k], j, *premises[k + 1 :]], args, ""], f"premise {k} exchanged for {j}"
                )
            yield changed([rule, premises[:k] + premises[k + 1 :], args, ""], f"premise {k} dropped")
        if rule in RULE_SWAPS:
            yield changed([RULE_SWAPS[rule], premises, args, ""], f"rule {rule} made {RULE_SWAPS[rule]}")
        if len(premises) == 2:
            yield changed([rule, premises[::-1], args, ""], "premises swapped")


def _below(terms: list[list], roots: list[int]) -> list[int]:
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        i = todo.pop()
        if i not in seen:
            seen.add(i)
            todo += terms[i][2]
    return sorted(seen)


def _conclusions(terms: list[list], root: int) -> list[int]:
    """The equations and inequalities that a formula concludes."""
    op, _, kids = terms[root]
    if op in ("all", "=>"):
        return _conclusions(terms, kids[-1])
    if op == "and":
        return [i for k in kids for i in _conclusions(terms, k)]
    return [root]


def _scaled(stored: dict[str, Any], i: int, factor: str) -> dict[str, Any]:
    """The right side of formula i times a factor, in the whole proof: two terms are inserted before i."""

    def number(k: int) -> int:
        return k + 2 if k >= i else k

    def argument(value: Any) -> Any:
        if isinstance(value, list):
            return [argument(v) for v in value]
        return f"#{number(int(value[1:]))}" if value.startswith("#") else value

    terms = [[op, data, [number(k) for k in kids]] for op, data, kids in stored["terms"]]
    op, data, (left, right) = terms[i]
    terms[i : i + 1] = [["q", factor, []], ["*", None, [i, right]], [op, data, [left, i + 1]]]
    steps = [[rule, premises, argument(args), note] for rule, premises, args, note in stored["steps"]]
    hyps, concl = stored["claim"]
    return {**stored, "terms": terms, "steps": steps, "claim": [[number(h) for h in hyps], number(concl)]}


def follows(sealed: Node, variant: Node, positive: bool = True) -> bool:
    """Does the variant follow from the sealed formula by weakening relations where they stand positively, strengthening elsewhere?"""
    if sealed is variant:
        return True
    if (sealed.op, variant.op) in WEAKER or (variant.op, sealed.op) in WEAKER:
        return ((sealed.op, variant.op) in WEAKER) == positive and sealed.kids == variant.kids
    if sealed.op != variant.op or sealed.data != variant.data or sealed.op not in ("all", "=>", "and"):
        return False
    signs = [not positive, positive] if sealed.op == "=>" else [positive] * len(sealed.kids)
    return all(map(follows, sealed.kids, variant.kids, signs))


def _claim_copy(
    terms: list[list], inside: list[int], roots: list[int], at: int, entry: list
) -> tuple[list[list], list[int]]:
    """The table extended by a copy of the claim in which term `at` is `entry`; the numbers of the copied roots. inside: its terms."""
    extended = list(terms)
    new: dict[int, int] = {}
    for i in inside[bisect_left(inside, at) :]:  # what stands before does not hold it
        op, data, kids = entry if i == at else terms[i]
        copied = [new.get(k, k) for k in kids]
        if i == at or copied != kids:
            extended.append([op, data, copied])
            new[i] = len(extended) - 1
    return extended, [new.get(r, r) for r in roots]


def _claim_swap(terms: list[list], inside: list[int], roots: list[int], a: int, b: int) -> tuple[list[list], list[int]]:
    extended, new = list(terms), {a: b, b: a}
    for i in inside:
        copied = [new.get(k, k) for k in terms[i][2]]
        if copied != terms[i][2]:
            extended.append([*terms[i][:2], copied])
            new[i] = len(extended) - 1
    return extended, [new.get(r, r) for r in roots]


class Audit:
    """Replays mutants against the theorems of the sound proofs. sound: a replay of what is stored, where one is made already."""

    def __init__(self, sound: Replayer | None = None) -> None:
        self.texts, self.seals = load(), load_seals()
        self.sound = sound or Replayer(self.texts, self.seals)
        for name in self.texts:
            self.sound.theorem(name)

    def outcome(self, name: str, mutant: Mutant) -> Outcome:
        """Replay one corrupted proof; the proofs that it uses are the sound ones."""
        replayer = Replayer(self.texts)
        replayer.theorems = {key: value for key, value in self.sound.theorems.items() if key != name}
        replayer.rests = dict(self.sound.rests)
        own = _defined(mutant.data)
        # neither the symbols that this proof defines, nor what other proofs define from them
        replayer.theory.defs = {
            s: d for s, d in self.sound.theory.defs.items() if own.isdisjoint({s.name, *(t.name for t in d)})
        }
        try:
            proved: Theorem = replayer.check(name, mutant.data)
        except Refused as error:
            text = str(error)
            return Outcome(mutant, "claim" if ": the claim: " in text else "rule", text)
        return Outcome(mutant, *self._explained(name, mutant, proved, replayer), fingerprint(proved))

    def _explained(self, name: str, mutant: Mutant, proved: Theorem, replayer: Replayer) -> tuple[str, str]:
        """Verdict and reason of a mutant that the kernel proves."""
        if digest(proved, replayer.rests[name]) == self.seals[name]:
            return "same", "another proof of the sealed statement"
        sealed = self.sound.theorems[name]
        if proved.concl is sealed.concl:
            return "seal", "true as well: the sealed conclusion under another hypothesis, proved by this replay"
        if canonical(proved.concl) is canonical(sealed.concl):
            return "seal", "true as well: the sealed conclusion in another writing, such as 0 times 99/100 for 0"
        if follows(sealed.concl, proved.concl):
            return "seal", "true as well: it follows from the sealed conclusion by weakening a relation"
        reason = EXPLAINED.get((name, self.place(name, mutant), mutant.what))
        return ("seal", reason) if reason else ("SURVIVED", f"the kernel proves {show(proved.concl)}")

    def place(self, name: str, mutant: Mutant) -> str:
        """Where a mutant is corrupted, a term by its text: its number changes when a proof is built anew."""
        found = re.fullmatch(r"term (\d+), (.*)", mutant.where)
        if found is None:
            return mutant.where
        terms: list[Node] = []
        for entry in json.loads(self.texts[name])["terms"][: int(found[1]) + 1]:
            terms.append(decode_term(entry, terms))
        return f"{repr(terms[-1]) if terms[-1].dangling else show(terms[-1])}, {found[2]}"

    def run(self, name: str, limit: int | None = None) -> list[Outcome]:
        """The outcomes of the mutants of one stored proof: all, or about `limit` of them spread evenly."""
        stored = json.loads(self.texts[name])
        mutants = [*statement_mutants(stored), *step_mutants(stored)]
        return [self.outcome(name, m) for m in mutants[:: max(1, len(mutants) // limit) if limit else 1]]


def _defined(data: dict[str, Any]) -> set[str]:
    """The names that a stored proof defines itself: they are not yet defined when it is replayed."""
    numbers = [step[2][0][1:] for step in data["steps"] if step[0].startswith("define") and step[2]]
    return {data["terms"][int(k)][1][0] for k in numbers}


def main(arguments: list[str]) -> int:
    audit = Audit()
    unknown = [name for name in arguments if name not in audit.texts]
    if unknown:
        print(f"unknown ID {', '.join(unknown)}; known: {', '.join(audit.texts)}", file=sys.stderr)
        return 2
    total: Counter[str] = Counter()
    for name in arguments or audit.texts:
        outcomes = audit.run(name)
        count = Counter(o.verdict for o in outcomes)
        total += count
        print(
            f"{name:24} {len(outcomes):6} tried  "
            + "  ".join(f"{k} {count[k]}" for k in ("rule", "claim", "seal", "same", "SURVIVED"))
        )
        for o in outcomes:
            if o.verdict == "SURVIVED":
                print(f"    SURVIVED: {o.mutant.where}, {o.mutant.what}: {o.reason}")
        if arguments:
            for o in outcomes:
                if o.verdict in ("seal", "same"):
                    print(f"    {o.verdict}: {o.mutant.where}, {o.mutant.what}: {o.reason}")
    refused = total["rule"] + total["claim"] + total["seal"]
    print(
        f"{sum(total.values())} mutants of {STORED.name}/: {refused} refused ({total['seal']} of them true variants, by the seal), "
        f"{total['same']} other proofs of the same statement, {total['SURVIVED']} survived"
    )
    return 1 if total["SURVIVED"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
