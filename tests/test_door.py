"""What a library user imports: the names at the door, their types, and that nothing heavy comes with them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import assert_type

import pytest

import smc
from smc import Model, Twist, check, load, plan
from smc.errors import InputError
from smc.numbers import Rational, Verdict


def test_the_names_at_the_door_work_together():
    model = Model.from_arrays([["1/2", "1/2"], [0, 1]], [1, 3], horizon=2)
    twist = Twist.from_values(model, [[2], ["3/2", 3]])
    report = check(model, twist, particles=2)
    assert report.verdict is Verdict.HOLDS
    assert plan(model, twist).least is not None
    assert load("shipped:verifier-tree").model.horizon == 3
    assert "tightest useful bound" in str(report)


def test_types_at_the_door_are_exact() -> None:
    """mypy reads this too (`make lint`): nothing here is `Any`."""
    source = load("shipped:verifier-tree")
    assert_type(source.model, Model)
    twist = assert_type(source.twist(), Twist)
    report = check(source.model, twist, particles=2)
    assert_type(report.constants.normaliser, Rational)
    assert_type(report.constants.bellman_error, Rational | float)
    assert_type(report.constants.normaliser * 2 + 1, Rational)
    assert_type(report.verdict, Verdict)
    assert_type(twist.values[0][0], Rational)
    assert_type(plan(source.model, twist).least, int | None)


def test_the_description_of_rationals_is_true():
    described = set(re.findall(r"def (\w+)", (Path(smc.__file__).parent / "rational.pyi").read_text(encoding="utf-8")))
    assert len(described) > 25 and described <= set(dir(Rational))


def test_a_reward_model_is_checked_at_the_door():
    model = Model.from_arrays([["1/2", "1/2"], [0, 1]], [1, 3], horizon=2)
    with pytest.raises(InputError, match="kills a live state"):
        Twist.from_values(model, [[2], [0, 3]])
    with pytest.raises(TypeError, match="is a float"):
        Twist.from_values(model, [[2], [1.5, 3]])


def test_the_door_is_closed_to_other_names():
    assert set(smc.__all__) == {"Model", "Twist", "check", "load", "plan"}
    assert not hasattr(smc, "chekc")


def test_importing_the_package_imports_nothing_heavy():
    code = "import smc, sys; print([m for m in ('sympy', 'numpy', 'flint', 'rich') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
