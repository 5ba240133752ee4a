"""Native JSON: what is read is what was written, through both kinds and back; decimals only on request, and told."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.cli import run
from smc.errors import InputError
from smc.formats import document, load, native, shipped
from smc.formats.strict_json import Rounding, read
from smc.numbers import rational
from smc.setting import twist as reward
from smc.setting.analysis import analyse, true_value
from tests.formats.examples import LAYERED, MDP, bent, written
from tests.setting.test_mdp import mdps

CONSTANTS = (
    "normaliser",
    "bellman_error",
    "bellman_product",
    "ratio_bound",
    "upper_ratio",
    "level_ratio",
    "q",
    "b",
    "c_act",
    "c_inf",
)


def same_meaning(left, right) -> None:
    """Two (model, twist) pairs agree in every constant and in the target by name."""
    a, b = analyse(*left), analyse(*right)
    for name in CONSTANTS:
        assert getattr(a, name) == getattr(b, name), name
    targets = [{s: p for s, p in zip(c.model.layers[-1], c.target, strict=True) if p} for c in (a, b)]
    assert targets[0] == targets[1]


def test_layered_by_hand(tmp_path):
    source = load(written(tmp_path, LAYERED))
    model = source.model
    assert model.layers == (("root",), ("a", "b"), ("aa", "ab", "bb"))
    assert [[tuple(map(str, e)) for e in row] for row in model.edges[0]] == [[("0", "1/3", "1"), ("1", "2/3", "1/2")]]
    assert model.reward == (1, rational("1/2"), 2) and model.name == "model" and model.notes == ()
    assert source.twist().values == ((1,), (rational("1/2"), 2), model.reward)
    assert true_value(model)[0][0] == rational("1/3") * rational("5/8") + rational("1/3") * 2


def test_mdp_by_hand(tmp_path):
    source = load(written(tmp_path, MDP))
    assert source.model.horizon == source.horizon == 3
    row = [tuple(map(str, e)) for e in source.model.edges[0][0]]
    assert row == [("0", "2/3", "1"), ("1", "1/3", "1/2")]
    assert source.twist().values == ((rational("1/3"),), *((rational("1/3"), 1),) * 2, (rational("1/4"), 1))
    assert load(written(tmp_path, MDP), horizon=7).model.horizon == 7


@given(
    mdp=mdps(), horizon=st.integers(1, 3), choice=st.sampled_from([None, "perfect", "bellman-error:1/4", "rounded:1/2"])
)
def test_round_trip_through_both_kinds(tmp_path_factory, mdp, horizon, choice):
    folder = tmp_path_factory.mktemp("round")
    if not true_value(mdp.unroll(horizon))[0][0]:
        choice = None  # a target of mass zero has no reward model; the model itself still makes the journey
    first = load(written(folder, native.dumps(native.mdp_document(mdp, horizon))))
    assert first.model.edges == mdp.unroll(horizon).edges and first.model.reward == mdp.unroll(horizon).reward
    second = load(written(folder, native.dumps(document(first, "mdp", choice))))
    assert second.model == first.model
    third = load(written(folder, native.dumps(document(first, "layered", choice))))
    assert third.mdp is None and third.model.horizon == first.model.horizon
    again = load(written(folder, native.dumps(document(third))))
    assert again.model == third.model and again.values == third.values
    if choice:
        given_twist = first.twist(choice)
        same_meaning((first.model, given_twist), (second.model, second.twist("file")))
        same_meaning((first.model, given_twist), (third.model, third.twist("file")))


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_models_survive_the_journey_and_say_where_they_come_from(name, tmp_path):
    source = load(f"shipped:{name}")
    assert source.provenance and source.values is not None and source.model.name == name
    again = load(written(tmp_path, native.dumps(document(source))))
    assert again.model.edges == source.model.edges and again.provenance == source.provenance
    assert again.twist().values == source.twist().values
    assert shipped()[name].read_text() == native.dumps(document(source)) or source.mdp is None
    layered = load(written(tmp_path, native.dumps(document(source, "layered"))))
    same_meaning((source.model, source.twist()), (layered.model, layered.twist()))


def test_values_by_step_may_leave_out_what_is_not_reached_then(tmp_path):
    per_step = [{"s": "1/3"}, {"s": "1/3", "t": "1"}, {"s": "1/3", "t": "1"}]
    same = load(written(tmp_path, bent(MDP, "value", per_step)))
    assert same.twist().values == load(written(tmp_path, MDP)).twist().values
    with pytest.raises(InputError, match=r"value\[1\]: no value for state 't'"):
        load(written(tmp_path, bent(MDP, "value", [{"s": "1/3"}] * 3)))


def test_unreachable_states_may_be_listed_bare(tmp_path):
    lost = bent(bent(LAYERED, "layers/1", ["a", "b", "lost"]), "layers/2", ["aa", "ab", "bb", "lost too"])
    source = load(written(tmp_path, lost))
    assert source.model.notes == (
        "2 states cannot be reached and take no part: 'lost' in layer 1, 'lost too' in layer 2",
    )
    plain = load(written(tmp_path, LAYERED))
    same_meaning((source.model, source.twist()), (plain.model, plain.twist()))
    mdp = load(written(tmp_path, bent(MDP, "states", ["lost", "s", "t"])))
    assert mdp.model.notes == ("1 of 3 states cannot be reached within the horizon and take no part: 'lost'",)


def test_decimals_on_request_are_exact_and_told(tmp_path):
    thirds = bent(bent(LAYERED, "edges/0/0/prob", 0.3333333333333333), "edges/0/1/prob", 0.6666666666666666)
    source = load(written(tmp_path, thirds), rationalise=True)
    assert source.model.edges == load(written(tmp_path, LAYERED)).model.edges
    assert source.model.notes == ("rationalised 2 decimals to exact fractions; the largest change is 6.7e-17",)
    rounded = bent(bent(LAYERED, "edges/1/0/prob", 0.249), "edges/1/1/prob", 0.75)
    model = load(written(tmp_path, rounded), rationalise=True).model
    assert [str(e.probability) for e in model.edges[1][0]] == ["83/333", "250/333"]
    assert model.notes == (
        "rationalised 2 decimals to exact fractions, all as written",
        "scaled the row of 'a' in layer 1 to sum to exactly 1; the largest miss was 1.0e-03",
    )


@given(st.decimals(min_value=0, max_value=1, allow_nan=False, places=12))
def test_a_decimal_becomes_itself_or_the_fraction_it_abbreviates(decimal):
    written_as = rational(f"{decimal:f}")
    value = Rounding(allowed=True).exact(f"{decimal:f}")
    assert abs(value - written_as) <= rational("1e-12")
    assert value == written_as or value.denominator <= 10**4


@given(st.floats(min_value=0, max_value=1e300), st.integers(1, 17))
def test_no_number_is_moved_to_an_unrelated_one(number, digits):
    """Only within the rounding of its own digits, and only to a fraction far simpler than chance would put there."""
    text = f"{number:.{digits - 1}e}"
    written_as, value = rational(text), Rounding(allowed=True).exact(text)
    unit = rational(f"1{text[text.index('e') :]}") / 10 ** (digits - 1)
    if value != written_as:
        assert abs(value - written_as) <= (max(unit, written_as / 2**52) if digits >= 16 else unit)
        assert value and value.denominator**2 * unit <= rational("1e-4")


@given(st.integers(1, 999), st.integers(1, 999))
def test_a_double_of_a_simple_fraction_is_that_fraction(top, bottom):
    assert Rounding(allowed=True).exact(repr(top / bottom)) == rational(f"{top}/{bottom}")


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=8))
def test_softmax_rows_keep_a_common_denominator(weights):
    """A row of rounded doubles sums to exactly 1 by moving its largest entry by its miss; nothing gets a longer denominator."""
    rounding, total = Rounding(allowed=True), sum(weights)
    given_row = [rounding.exact(repr(w / total)) for w in weights]
    row = rounding.row(given_row, "a row")
    assert sum(row) == 1
    changed = [(a, b) for a, b in zip(given_row, row, strict=True) if a != b]
    assert len(changed) <= 1
    for before, after in changed:
        assert before == max(given_row) and abs(after - before) <= rational("1e-14")
        assert any(note.startswith("the largest entry of the row of a row was moved") for note in rounding.notes())


def test_tiny_decimals_do_not_vanish():
    assert Rounding(allowed=True).exact("1e-9") == rational("1/1000000000")
    assert Rounding(allowed=True).exact("1e-300") == rational("1e-300")
    with pytest.raises(InputError, match="out of range"):
        Rounding(allowed=True).exact("1e999999999")


def test_a_decimal_out_of_range_is_named_by_place(tmp_path):
    path = written(tmp_path, json.dumps(LAYERED).replace('"aa": "1"', '"aa": 1e99999'))
    with pytest.raises(InputError, match=r"reward\['aa'\]: 1e99999 is out of range"):
        load(path, rationalise=True)


def test_numbers_that_read_alike(tmp_path):
    for written_as in ("1/2", "0.5", " 2/4 ", "5e-1"):
        assert load(written(tmp_path, bent(LAYERED, "reward/aa", written_as))).model.reward[0] == rational("1/2")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_no_document_brings_the_reader_down(tmp_path_factory, value):
    path = written(tmp_path_factory.mktemp("any"), json.dumps(value))
    with pytest.raises(InputError):
        load(path)


@given(data=st.data())
def test_no_small_damage_brings_the_reader_down(tmp_path_factory, data):
    """Any one value of a good document replaced by anything: it still loads, or is refused with the file's name first."""
    base = data.draw(st.sampled_from([LAYERED, MDP]))
    path, places, pending = None, [], [("", base)]
    while pending:
        at, value = pending.pop()
        children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in children:
            places.append(f"{at}/{key}".strip("/"))
            pending.append((places[-1], child))
    junk = (
        st.none()
        | st.booleans()
        | st.integers(-2, 3)
        | st.text(max_size=3)
        | st.just([])
        | st.just({})
        | st.sampled_from(["1/2", "-1", "0", ...])
    )
    damaged = bent(base, data.draw(st.sampled_from(sorted(places))), data.draw(junk))
    path = written(tmp_path_factory.mktemp("bent"), damaged)
    try:
        source = load(path)
        source.twist()
    except InputError as error:
        assert str(error).startswith(path) and "\n" not in str(error)
    else:
        reward.perfect(source.model)


@given(st.binary(max_size=60))
def test_no_bytes_bring_the_reader_down(data):
    try:
        root = read(data)
    except InputError:
        return
    assert root.place == ""


def test_a_file_that_a_pipe_carries(tmp_path, capsys):
    assert run(["convert", "shipped:cliffwalking"]) == 0
    text = capsys.readouterr().out
    assert load(written(tmp_path, text)).model.edges == load("shipped:cliffwalking").model.edges


def test_fractions_that_hold_the_other_library_s_integers():
    """`Fraction(mpq)` keeps gmpy2's integers inside, which `mpq()` refuses with a SystemError."""
    assert rational(Fraction(rational("1/3"))) == rational("1/3")


def test_numbers_longer_than_python_converts(tmp_path):
    """Exact values of long horizons have more than the 4300 digits that `int()` takes from text."""
    long = 7**6000
    text = str(rational(long))
    assert len(text) > 4300
    model = load(written(tmp_path, bent(bent(LAYERED, "reward/aa", f"1/{text}"), "value", ...))).model
    assert model.reward[0] == 1 / rational(long)
    assert (
        load(
            written(
                tmp_path,
                native.dumps(
                    document(load(written(tmp_path, json.dumps(LAYERED).replace('"bb": 2', f'"bb": {text}'))))
                ),
            )
        ).model.reward[2]
        == long
    )
