"""What a constructor takes can be written and read again; a scorer's zero on a live state has a way on."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.cli import run
from smc.errors import ModelError
from smc.formats import load, native
from smc.numbers import ONE, rational
from smc.setting.mdp import FiniteMDP, Transition
from smc.setting.model import Edge, Model
from smc.setting.twist import from_mappings
from tests.cases import FOLDER, report
from tests.effort import effort

ZEROS = str(FOLDER / "prm_zero_on_live.json")
NAMES = st.one_of(
    st.integers(), st.tuples(st.integers(0, 3), st.text(max_size=3)), st.text(min_size=1, max_size=5), st.booleans()
)
NUMBERS = st.sampled_from(["1/2", Fraction(1, 2), Decimal("0.5"), rational("1/2")])


@pytest.mark.by_turn
@given(st.lists(NAMES, min_size=2, max_size=2, unique_by=str), NUMBERS)
@settings(max_examples=effort(3000, sample=8))
def test_what_from_edges_takes_round_trips(tmp_path_factory, names, half):
    a, b = names
    model = Model.from_edges([[0], [a, b]], [[(0, a, half), (0, b, half)]], {a: 1, b: Decimal("0.25")})
    twist = from_mappings(model, [{0: Decimal("0.625")}])
    path = tmp_path_factory.mktemp("written") / "model.json"
    path.write_text(native.dumps(native.layered_document(model, twist.values)), encoding="utf-8")
    again = load(str(path))
    assert (again.model.layers, again.model.edges, again.model.reward) == (model.layers, model.edges, model.reward)
    assert again.twist().values == twist.values
    assert model.layers[1] == (str(a), str(b))


def test_names_whose_text_is_the_same_are_refused():
    with pytest.raises(ModelError, match="'1' is listed twice"):
        Model.from_edges([["r"], [1, "1"]], [[("r", 1, 1)]], {1: 1, "1": 1})


def test_the_plain_constructors_take_text_alone():
    with pytest.raises(ModelError, match=r"layers\[1\]: 7 \(int\) is no text; name it '7'"):
        Model((("r",), (7,)), (((Edge(0, ONE),),),), (ONE,))
    with pytest.raises(ModelError, match=r"states: \(0, 1\) \(tuple\) is no text"):
        FiniteMDP(((0, 1),), ("a",), (Transition((0, 1), "a", (0, 1), ONE),), {}, {(0, 1): ONE}, {})


def test_floats_and_odd_decimals_are_refused():
    for number in (0.5, Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises((TypeError, ValueError), match=r"float|finite"):
            rational(number)


def test_a_zero_on_a_live_state_has_a_way_on(capsys):
    assert run(["check", ZEROS]) == 2
    assert "or choose --value floor:1/100" in capsys.readouterr().err
    found = report(capsys, "check", ZEROS, "--value", "floor:1/100", "--particles", "1")
    assert (
        found["normaliser"]
        == report(capsys, "check", ZEROS, "--value", "perfect", "--particles", "1")["normaliser"]
        == "1/2"
    )
    assert found["twist"].startswith("file, 0 on ") and found["twist"].endswith(" read as 1/100")
    source = load(ZEROS)
    zeros = sum(not value and t < source.model.horizon for t, layer in enumerate(source.values) for value in layer)
    lifted = int(found["twist"].split()[3])
    assert 1 <= lifted <= zeros
    errors = [
        rational(report(capsys, "check", ZEROS, "--value", f"floor:{c}", "--particles", "1")["bellman_error"])
        for c in ("1/4", "1/100", "1/10000")
    ]
    assert errors == sorted(errors) and errors[0] < errors[-1], (
        "the lower the floor, the larger the error that it hides"
    )
