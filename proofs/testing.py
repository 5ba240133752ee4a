"""For an outside project's test suite: does my derivation still prove?

    from proofs.testing import still_proves
    def test_my_lemma():
        still_proves(my_lemma)                       # a function d -> line, or a result of prove

`still_proves` runs the derivation against the installed sealed theorems, replays its text with the standard-library checker, and compares
hypotheses and conclusion with those expected, when given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from proofs.derive.derivation import Derivation, Line
from proofs.derive.session import Proved, derivation
from proofs.kernel.arithmetic import canonical
from proofs.language.bridge import to_kernel


def still_proves(
    derive: Callable[[Derivation], Line] | Proved, claim: Any = None, given: Iterable[Any] | None = None
) -> Proved:
    """The theorem; `claim` and `given`: the conclusion and the hypotheses it must have, up to normal form.

    Raises AssertionError where they differ, NotFound or ProofError where the derivation fails, Refused where the replay does.
    """
    proved = derive if isinstance(derive, Proved) else Proved(derive(derivation(getattr(derive, "__name__", "mine"))))
    theorem = proved.replay()
    if claim is not None and canonical(to_kernel(claim)) is not canonical(theorem.concl):
        raise AssertionError(f"proved is {proved.relation}, not {claim}")
    if given is not None:
        wanted, have = {canonical(to_kernel(g)) for g in given}, {canonical(h) for h in theorem.hyps}
        if wanted != have:
            raise AssertionError(f"the hypotheses are {proved.hypotheses}, not {list(given)}")
    return proved
