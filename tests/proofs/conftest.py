"""One replay and one derivation of everything stored, made once a session; who changes a store makes its own."""

from __future__ import annotations

import pytest

from proofs.derive.library import Library
from proofs.derive.proof import Proof
from proofs.kernel.replay import Replayer
from proofs.registry import library


@pytest.fixture
def p() -> Proof:
    """A proof that knows no other."""
    return Proof("test", Library({}))


@pytest.fixture(scope="session")
def replayer(made) -> Replayer:
    """Every stored proof, replayed against its seal: the blueprint's own replay (a plain one is compared with it in test_replay)."""
    assert not made.refusals
    return made.journal


@pytest.fixture(scope="session")
def derived() -> Library:
    """Every derivation, made anew from its Python; asked for one by one, each is made once."""
    return library()
