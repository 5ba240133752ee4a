"""What the notebooks show of the proofs: sealed statements and closed forms as LaTeX, made from the objects themselves.

`statement("S1")` replays the stored proof by the kernel and prints the theorem that comes out; `formula("S3", "uniform")` prints the closed
form that `proofs.bounds` evaluates. Nothing here is typed by hand, so a page cannot say something else than what is proved or computed.
"""

from __future__ import annotations

from functools import cache

from proofs import bounds
from proofs import registry as statements
from proofs.catalogue import FORMS, ROWS
from proofs.kernel import Theorem
from proofs.kernel.replay import Replayer, load, load_seals
from proofs.language.latex import latex

closed_form = bounds.evaluate
"""The value of a bound at given inputs: `closed_form("P0", "uniform", eps=Fraction(1, 4), n=3)`."""

SOURCES = {"paper": "the paper's", "neighbour": "the neighbour's", "new": "new here", "lemma": "a lemma"}


class Shown:
    """Markdown that a notebook renders."""

    def __init__(self, markdown: str) -> None:
        self.markdown = markdown

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.markdown


@cache
def replayer() -> Replayer:
    """The stored proofs, replayed on demand and each once."""
    return Replayer(load(), load_seals())


def statement(name: str, *, hypotheses: bool = True) -> Shown:
    """The sealed statement `name`: words, conclusion, definitions and hypotheses (False: only how many there are).

    Replays its proof; raises `proofs.kernel.replay.Refused`. A statement of the theory without a stored proof says so.
    """
    if name not in replayer().texts and name in ROWS:
        return Shown(f"**{name}: {ROWS[name].title}**: no stored proof")
    theorem = replayer().theorem(name)
    known = statements.load()[name]
    given, conclusions = statements.claim_of(theorem)
    head = f"**{name}: {_plain(known.title)}** ({SOURCES[known.source]}). {_plain(known.words)}"
    parts = [head, *(f"$${latex(c)}$$" for c in conclusions)]
    if hypotheses:
        when = [h for h in given if h not in theorem.hyps]
        parts += ["whenever " + ", ".join(f"${latex(h)}$" for h in when) + "."] if when else []
        parts += [f"where ${latex(law.concl)}$" for law in _defined(theorem.free())]
        parts += ["Given:", "\n".join(f"- ${latex(h)}$" for h in given if h in theorem.hyps)]
    else:
        count = f"{len(given)} hypotheses, which" if len(given) != 1 else "one hypothesis, which"
        parts.append(f"under {count} `bellman-smc prove {name}` prints.")
    return Shown("\n\n".join(parts))


def _plain(words: str) -> str:
    """Words that Markdown shows as they are."""
    return words.replace("<", "&lt;").replace("*", r"\*").replace("_", r"\_")


def _defined(symbols: frozenset) -> list[Theorem]:
    """The definitions of the symbols that are defined, and of those that these mention."""
    definitions, seen = replayer().definitions, {}
    todo = sorted(s for s in symbols if s in definitions)
    while todo:
        symbol = todo.pop(0)
        if symbol not in seen:
            seen[symbol] = definitions[symbol]
            todo += sorted(s for s in seen[symbol].free() if s in definitions and s not in seen)
    return list(seen.values())


def formula(name: str, form: str) -> Shown:
    """The closed form of a bound: the sealed statement that it is read from."""
    return statement(FORMS[name, form].sealed, hypotheses=False)
