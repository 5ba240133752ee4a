"""What the tests of the kernel share: a step that must be refused."""

from __future__ import annotations

import pytest

from proofs.derive.proof import Proof
from proofs.kernel import ProofError


def refused(proof: Proof, rule: str, facts=(), args=(), match: str = "") -> None:
    """The rule raises ProofError, with words that `match` finds."""
    with pytest.raises(ProofError, match=match or None):
        proof.step(rule, facts, args)
