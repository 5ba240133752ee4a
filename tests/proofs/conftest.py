"""One replay, one derivation and one blueprint of everything stored, made once a session; who changes a store makes its own."""

from __future__ import annotations

import pytest

from proofs.derive.author import Library
from proofs.kernel.replay import Replayer, load, load_seals
from proofs.reading.blueprint import Blueprint, blueprint
from proofs.registry import library


@pytest.fixture(scope="session")
def replayer() -> Replayer:
    """Every stored proof, replayed against its seal."""
    made = Replayer(load(), load_seals())
    for name in made.texts:
        made.theorem(name)
    return made


@pytest.fixture(scope="session")
def derived() -> Library:
    """Every derivation, made anew from its Python; asked for one by one, each is made once."""
    return library()


@pytest.fixture(scope="session")
def made() -> Blueprint:
    """What `bellman-smc prove` reads."""
    return blueprint()
