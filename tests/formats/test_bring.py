"""Arrays, hidden chains with a record, trees and traces of process rewards, and what native files may leave out."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.cli import run
from smc.formats import document, load, native
from smc.formats.gains import Gains
from smc.numbers import nearest_float, rational
from smc.present.digits import logarithm
from smc.setting.analysis import true_value
from smc.setting.model import Model
from tests.cases import FOLDER, report
from tests.effort import effort

WEATHER = str(FOLDER / "peers" / "weather.POMDP")


def normaliser(spec: str, **options) -> Fraction:
    return Fraction(str(true_value(load(spec, **options).model)[0][0]))


def refused(capsys, *arguments: str) -> str:
    """The one line of a refusal."""
    assert run(list(arguments)) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1
    return shown.err


def written(folder, document: dict) -> str:
    path = folder / "model.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


# --- arrays


def test_a_walk_from_an_archive(tmp_path, capsys):
    """Three states in a row; Z by the powers of the matrix."""
    chain = np.array([[0.5, 0.5, 0], [0.25, 0.5, 0.25], [0, 0, 1]])
    path = str(tmp_path / "walk.npz")
    np.savez(path, P=chain, r=np.array([0, 0, 1]), V=np.array([0.25, 0.5, 1]))
    found = report(capsys, "check", f"{path}?horizon=6", "--particles", "2")
    assert float(Fraction(found["normaliser"])) == np.linalg.matrix_power(chain, 6)[0, 2]
    target = str(tmp_path / "native.json")
    assert run(["convert", f"{path}?horizon=6", "--output", target]) == 0
    capsys.readouterr()
    again = report(capsys, "check", target, "--particles", "2")
    assert (again["tv"], again["normaliser"], again["twist"]) == (found["tv"], found["normaliser"], "file")


def test_csv_files_are_exact_as_written(tmp_path):
    (tmp_path / "P.csv").write_text("calm,storm\n1/3,2/3\n0.1,0.9\n", encoding="utf-8")
    (tmp_path / "r.csv").write_text("1\n0.5\n", encoding="utf-8")
    (tmp_path / "psi.csv").write_text("1,1/2\n1,1\n", encoding="utf-8")
    path = f"{tmp_path / 'P.csv'}?horizon=1"
    assert normaliser(path) == Fraction(1, 3) + Fraction(1, 3) * Fraction(1, 2)
    assert load(path).model.layers[1] == ("calm", "storm")


def test_actions_a_policy_and_negative_rewards(tmp_path):
    moves = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]])  # action 1 is not offered in state 1
    gains = np.zeros((2, 2, 2))
    gains[1, 0, 1] = -3
    path = str(tmp_path / "m.npz")
    np.savez(path, P=moves, r=[0, 1], policy=np.array([[0.75, 0.25], [1, 0]]), R=gains)
    assert normaliser(f"{path}?horizon=1&base=2") == Fraction(1, 4) / 8
    np.savez(path, P=moves, r=[0, 1])
    assert normaliser(f"{path}?horizon=1") == Fraction(1, 2), "the uniform policy"


def test_matrices_by_move_and_values(tmp_path):
    swap, stay = [["0", "1"], ["1", "0"]], [["1", "0"], ["1/3", "2/3"]]
    path = str(tmp_path / "t.npz")
    np.savez(path, P_t=np.array([swap, stay]), r=[1, 3], V=np.array([["1", "1"], ["1", "5/2"]]))
    source = load(path)
    assert true_value(source.model)[0][0] == Fraction(1, 3) + 2 and source.model.horizon == 2
    assert source.values == [[1], [1, rational("5/2")]]
    np.savez(path, P_t=np.array([swap, stay]), r=[1, 3], initial=np.array(["1/2", "1/2"]))
    source = load(path)
    assert true_value(source.model)[0][0] == (Fraction(7, 3) + 1) / 2 and source.model.horizon == 3


def test_floats_are_refused_where_rounding_shows(tmp_path, capsys):
    path = str(tmp_path / "f.npz")
    np.savez(path, P=np.array([[0.1, 0.9], [0.3, 0.7]]), r=[0, 1])
    spec = f"{path}?horizon=2"
    assert "--rationalise" in refused(capsys, "check", spec)
    assert normaliser(spec, rationalise=True) == Fraction(1, 10) * Fraction(9, 10) + Fraction(9, 10) * Fraction(7, 10)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"P": np.eye(2)}, "has no r; give r, shape (2,)"),
        ({"P": np.ones((2, 3)), "r": [1, 1]}, "P: shape (2, 3); give (S, S) or (A, S, S)"),
        ({"P": np.eye(2), "r": [1, -1]}, "r[1]: negative number -1"),
        ({"P": np.eye(2), "r": [1, np.nan]}, "r[1]: nan is not a finite number"),
        ({"P": np.eye(2), "r": [1, 1, 1]}, "r: shape (3,); give (2,)"),
        ({"P": np.eye(2), "r": [1, 1], "V": np.ones(3)}, "V: shape (3,); give (2,) or (2, 2)"),
        ({"P": np.eye(2), "r": [1, 1], "W": np.ones(3)}, "unknown array 'W'"),
        ({"P": np.eye(2), "r": [1, 1], "R": np.eye(2)}, "R: rewards on the way need a scale"),
        ({"P": np.eye(2), "r": [1, 1], "policy": np.eye(2)}, "policy: a policy without actions"),
        ({"P": np.eye(2), "r": [1, 1], "initial": np.array(2)}, "initial: no state '2'; give an index from 0 to 1"),
        ({"P": np.eye(2), "r": ["1", "half"]}, "r[1]: 'half' is not a rational number"),
        ({"P": np.eye(2), "P_t": np.ones((1, 2, 2)), "r": [1, 1]}, "P and P_t are both given"),
    ],
)
def test_faults_of_arrays(arrays, message, tmp_path, capsys):
    path = str(tmp_path / "a.npz")
    np.savez(path, **arrays)
    assert message in refused(capsys, "check", f"{path}?horizon=2")


def test_faults_of_csv(tmp_path, capsys):
    path = tmp_path / "P.csv"
    for text, message in (
        ("1,0\n0\n", "line 2: 1 entries, 2 in the first row"),
        ("1,0\n0,x\n", "line 2: 'x' is not a rational number"),
        ("", "is empty"),
    ):
        path.write_text(text, encoding="utf-8")
        (tmp_path / "r.csv").write_text("1\n1\n", encoding="utf-8")
        assert message in refused(capsys, "check", f"{path}?horizon=2")
    path.write_text("1,0\n0,1\n", encoding="utf-8")
    (tmp_path / "r.csv").write_text("1\nx\n", encoding="utf-8")
    assert "r.csv: line 2: 'x' is not" in refused(capsys, "check", f"{path}?horizon=2")


ROWS = st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any), min_size=3, max_size=3)


def spelled(folder, ending: str, chain: list[list[Fraction]]) -> str:
    """A chain of three states, the last one the goal, in a format."""
    path = folder / f"P{ending}"
    moves = [(i, j, p) for i, row in enumerate(chain) for j, p in enumerate(row) if p]
    if ending == ".tra":
        path.write_text("".join(f"{i} {j} {p}\n" for i, j, p in moves), encoding="utf-8")
        path.with_suffix(".lab").write_text("#DECLARATION\ninit goal\n#END\n0 init\n2 goal\n", encoding="utf-8")
    elif ending == ".drn":
        lines = ["@type: DTMC", "@model"]
        for i, mark in enumerate((" init", "", " goal")):
            lines += [f"state {i}{mark}", " action 0", *(f"  {j} : {p}" for s, j, p in moves if s == i)]
        path.write_text("\n".join(lines), encoding="utf-8")
    elif ending == ".csv":
        path.write_text("\n".join(",".join(map(str, row)) for row in chain), encoding="utf-8")
        path.with_name("r.csv").write_text("0\n0\n1\n", encoding="utf-8")
    elif ending == ".npz":
        np.savez(path, P=np.array([[str(p) for p in row] for row in chain]), r=[0, 0, 1])
    else:
        rows = [{"from": str(i), "to": str(j), "prob": str(p)} for i, j, p in moves]
        shape = {"states": ["0", "1", "2"], "initial": "0", "horizon": 4, "reward": {"0": 0, "1": 0, "2": 1}}
        path.write_text(json.dumps({"format": "bellman-smc/mdp-1", "transitions": rows} | shape), encoding="utf-8")
        return str(path)
    return f"{path}?horizon=4" + ("" if ending in (".csv", ".npz") else "&goal=goal")


@pytest.mark.parametrize("ending", [".tra", ".drn", ".csv", ".npz", ".json"])
@given(weights=ROWS)
@settings(max_examples=effort(60, sample=12), deadline=None)
def test_a_chain_in_any_format_is_that_chain_and_round_trips(tmp_path_factory, ending, weights):
    folder = tmp_path_factory.mktemp("chain")
    weights[2] = [0, 0, 1]
    chain = [[Fraction(w, sum(row)) for w in row] for row in weights]
    source = load(spelled(folder, ending, chain))
    wanted = Model.from_arrays(chain, reward=[0, 0, 1], horizon=4)
    assert (source.model.layers, source.model.edges, source.model.reward) == (
        wanted.layers,
        wanted.edges,
        wanted.reward,
    )
    for kind in ("mdp", "layered"):
        again = load(json.loads(native.dumps(document(source, kind))))
        assert true_value(again.model)[0] == true_value(wanted)[0]


# --- hidden chains

RECORD = [int(k * k % 7 in (1, 2)) for k in range(900)]
HMMLEARN = {150: -132.75711702052098, 900: -797.8471933791895}
"""hmmlearn 0.3.3: CategoricalHMM.score of the record's first steps, start (0.8, 0.2) after the first move."""


def filter_spec(folder, steps: int) -> str:
    """The record's first steps beside the model."""
    (folder / "record.txt").write_text("\n".join(("high", "low")[o] for o in RECORD[:steps]), encoding="utf-8")
    (folder / "weather.POMDP").write_text(open(WEATHER, encoding="utf-8").read(), encoding="utf-8")
    return f"{folder / 'weather.POMDP'}?record=record.txt"


def log(z) -> float:
    return math.log(int(z.numerator)) - math.log(int(z.denominator))


def test_a_filter_of_900_steps(tmp_path):
    """Z is the probability of the record, exactly: hmmlearn's log-likelihood to the last digits of its doubles."""
    source = load(filter_spec(tmp_path, 900))
    z = true_value(source.model)[0][0]
    assert source.model.horizon == 900 and abs(log(z) - HMMLEARN[900]) < 1e-9
    assert logarithm(z) == "-797.8"


@pytest.mark.by_turn
@pytest.mark.parametrize("steps", [150, pytest.param(900, marks=pytest.mark.nightly)])
def test_a_filter_end_to_end(steps, tmp_path, capsys):
    found = report(capsys, "check", filter_spec(tmp_path, steps), "--value", "constant", "--particles", "1")
    assert found["horizon"] == steps and found["verdict"] == "holds"
    assert abs(log(rational(found["normaliser"])) - HMMLEARN[steps]) < 1e-9


def test_the_record_by_the_sum_over_paths():
    """P(high, low) by hand; one action is one action."""
    stay, right = Fraction(4, 5), Fraction(17, 20)
    total = sum(
        (stay if x == 0 else 1 - stay) * (right if x == 0 else 1 - right)
        * (stay if x == y else 1 - stay) * (right if y == 1 else 1 - right)
        for x in (0, 1) for y in (0, 1)
    )  # fmt: skip
    assert normaliser(f"{WEATHER}?observations=high,low") == total
    assert normaliser(f"{WEATHER}?observations=0,1&actions=wait") == total
    assert normaliser(f"{WEATHER}?observations=high,low", horizon=1) == stay * right + (1 - stay) * (1 - right)


TIGER = """discount: 0.95
values: reward
states: left right
actions: listen open
observations: hear-left hear-right
start: uniform
T: listen
identity
T: open
uniform
O: listen
0.85 0.15
0.15 0.85
O: open
uniform
R: listen : * : * : * -1
R: open : left : * : * -100
R: open : right : * : * 10
"""


def test_a_pomdp_with_actions(tmp_path):
    path = tmp_path / "tiger.POMDP"
    path.write_text(TIGER, encoding="utf-8")
    same = normaliser(f"{path}?observations=hear-left,hear-left&actions=listen")
    assert same == (Fraction(85, 100) ** 2 + Fraction(15, 100) ** 2) / 2
    mixed = normaliser(f"{path}?observations=hear-left")
    assert mixed == Fraction(1, 2), "either action: one half, by symmetry"
    (tmp_path / "record.txt").write_text("# action, observation\nlisten hear-left\nopen hear-right\n", encoding="utf-8")
    assert normaliser(f"{path}?record=record.txt") == Fraction(1, 4)
    assert normaliser(f"{path}?observations=hear-left&actions=listen&base=2") == Fraction(1, 4)
    paid = normaliser(f"{path}?observations=hear-left&actions=open&base=2")
    assert paid == Fraction(1, 4) * (Fraction(1, 2) ** 100 + 2**10)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.85 0.15\n0.15", "0.85 0.25\n0.15", "O: listen : left: the probabilities sum to 11/10"),
        ("0.85 0.15\n0.15", "0.85 x\n0.15", "line 12: 'x' is not a rational number"),
        ("0.85 0.15\n0.15", "1.85 0.15\n0.15", "line 12: 1.85 is not a probability"),
        ("T: open\n", "T: jump\n", "line 9: no action 'jump'"),
        ("T: open\nuniform\n", "", "T: open : left: no probabilities"),
        ("states: left right\n", "", "line 5: start before states"),
        ("start: uniform", "start: 0.5 0.4", "line 6: start sums to 9/10"),
        ("values: reward", "values: loss", "line 2: values 'loss'"),
        ("R: listen", "Q: listen", "line 16: 'Q' starts no entry"),
        ("actions: listen open", "actions: listen listen", "line 4: actions without names, or one name twice"),
    ],
)
def test_faults_of_pomdps(old, new, message, tmp_path, capsys):
    path = tmp_path / "tiger.POMDP"
    assert old in TIGER
    path.write_text(TIGER.replace(old, new, 1), encoding="utf-8")
    assert message in refused(capsys, "check", f"{path}?observations=hear-left")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "no record of observations; give observations=high,low"),
        ("observations=high,fog", "observations: no observation 'fog'; choose from high, low"),
        ("observations=high&record=r.txt", "observations and record are both given"),
        ("observations=high,low,low&actions=wait,wait", "2 actions for 3 observations; give one, or one a move"),
        ("record=nowhere.txt", "no such file"),
    ],
)
def test_faults_of_records(query, message, capsys):
    assert message in refused(capsys, "check", f"{WEATHER}?{query}" if query else WEATHER)


# --- trees and traces

TREE = {
    "format": "bellman-smc/tree-1",
    "tree": {
        "score": "5/8",
        "children": [
            {
                "text": "Let x = 2.",
                "count": 3,
                "score": "3/4",
                "children": [
                    {"text": "So 4.", "score": "9/10", "reward": 1},
                    {"text": "So 4.", "score": "1/2", "reward": 0},
                ],
            },
            {"text": "It is 4.", "count": 1, "score": "1/2", "reward": 1},
        ],
    },
}


def test_a_tree_with_repeated_texts_and_answers_of_unequal_length(tmp_path, capsys):
    path = written(tmp_path, TREE)
    source = load(path)
    assert source.model.layers == (
        ("root",),
        ("Let x = 2.", "It is 4."),
        ("Let x = 2. / So 4.", "Let x = 2. / So 4. #2", "It is 4."),
    )
    assert str(true_value(source.model)[0][0]) == "5/8", "3/4 * 1/2 + 1/4"
    assert [[str(v) for v in layer] for layer in source.values] == [["5/8"], ["3/4", "1/2"]]
    assert "1 answers end before step 2 and wait with their last score" in source.model.notes
    found = report(capsys, "check", path, "--particles", "2")
    assert found["verdict"] == "holds" and found["law"]["Let x = 2. / So 4. #2"] == "0"


def test_traces_are_the_tree_that_they_were_sampled_from(tmp_path):
    path = tmp_path / "answers.jsonl"
    lines = [
        {"steps": ["a", "b"], "scores": ["1/2", "1/4"], "reward": 1},
        {"steps": ["a", "b"], "scores": ["1/2", "1/4"], "reward": 1},
        {"steps": ["a"], "scores": ["1/2"], "reward": 0},
        {"steps": ["c", "d", "e"], "scores": ["1/3", "1/3", "1"], "reward": 1, "count": 5},
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    source = load(str(path))
    assert source.model.layers[-1] == ("a / b", "a / (end)", "c / d / e")
    assert str(true_value(source.model)[0][0]) == "7/8"
    assert [str(v) for v in source.values[2]] == ["1/4", "1/2", "1/3"]
    assert source.values[0][0] == rational("1/2") * rational("3/8") + rational("1/3") * rational("5/8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reward": None}, "tree.children[1]: an answer ends here without a reward"),
        ({"count": None}, "tree.children[1]: neither prob nor count here, count at its first sibling"),
        ({"score": None}, "tree.children[1]: no score; score every step, or none"),
        ({"text": None}, "tree.children[1]: no text"),
        ({"count": 0}, "tree.children[1].count: 0 is below 1"),
        ({"reward": "-1"}, "tree.children[1].reward: negative number -1"),
        ({"mark": 1}, "tree.children[1]: unknown key 'mark'"),
    ],
)
def test_faults_of_trees(change, message, tmp_path, capsys):
    document = json.loads(json.dumps(TREE))
    child = document["tree"]["children"][1]
    child.update(change)
    document["tree"]["children"][1] = {k: v for k, v in child.items() if v is not None}
    assert message in refused(capsys, "check", written(tmp_path, document))


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ('{"steps": ["a"], "reward": 0}', "line 2: reward: 0, and 1 in an earlier line"),
        ('{"steps": [], "reward": 0}', "line 2: steps: 0 steps"),
        ('{"steps": ["b"], "scores": [1], "reward": 0}', "line 2: scores are given for some answers only"),
        ('{"steps": ["b"]}', "line 2: missing key 'reward'"),
        ("nothing", "line 2: line 1 column 1: is not JSON"),
    ],
)
def test_faults_of_traces(second, message, tmp_path, capsys):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"steps": ["a"], "reward": 1}\n' + second, encoding="utf-8")
    assert message in refused(capsys, "check", str(path))


# --- what native files may leave out

CHAIN = {
    "format": "bellman-smc/mdp-1",
    "states": ["s", "goal"],
    "horizon": 3,
    "initial": "s",
    "transitions": [
        {"from": "s", "to": "s", "prob": "1/2"},
        {"from": "s", "to": "goal", "prob": "1/2"},
        {"from": "goal", "to": "goal", "prob": 1},
    ],
    "reward": {"s": 0, "goal": 1},
}


def test_a_plain_chain(tmp_path):
    source = load(written(tmp_path, CHAIN))
    assert str(true_value(source.model)[0][0]) == "7/8" and source.mdp is not None and source.mdp.actions == ("move",)


def test_a_uniform_policy(tmp_path):
    rows = [{**row, "action": "go"} for row in CHAIN["transitions"]]
    rows.append({"from": "s", "action": "stay", "to": "s", "prob": 1})
    document = CHAIN | {"actions": ["go", "stay"], "policy": "uniform", "transitions": rows, "horizon": 1}
    assert normaliser(written(tmp_path, document)) == Fraction(1, 4)
    with pytest.raises(ValueError, match="policy: text where an object is wanted"):
        load(written(tmp_path, document | {"policy": "greedy"}))


def test_a_discount_is_an_end_state(tmp_path):
    plain = normaliser(written(tmp_path, CHAIN))
    discounted = written(tmp_path, CHAIN | {"discount": "9/10", "value": {"s": "1/2", "goal": 1}})
    assert normaliser(discounted) == plain * Fraction(9, 10) ** 3
    assert load(discounted).twist().values[1] == (rational("1/2"), 1, 0)
    kept = CHAIN | {"discount": "9/10", "reward": {"s": 0, "goal": 1, "end": "1/2"}}
    assert normaliser(written(tmp_path, kept)) == plain * Fraction(9, 10) ** 3 + (1 - Fraction(9, 10) ** 3) / 2
    for wrong in (0, "3/2"):
        with pytest.raises(ValueError, match="discount: discount"):
            load(written(tmp_path, CHAIN | {"discount": wrong}))


def test_transitions_that_change_with_time(tmp_path):
    turn = [{"from": "s", "to": "goal", "prob": 1}, {"from": "goal", "to": "s", "prob": 1}]
    document = {k: v for k, v in CHAIN.items() if k != "horizon"}
    document["transitions"] = [CHAIN["transitions"], turn, CHAIN["transitions"]]
    document["value"] = {"s": "1/2", "goal": 1}
    path = written(tmp_path, document)
    source = load(path)
    # 1/2 at s, 1/2 at goal; turned; from s half of it goes on
    assert str(true_value(source.model)[0][0]) == "3/4" and source.model.horizon == 3
    assert source.values[1:] == [[rational("1/2"), rational(1)]] * 2
    assert str(true_value(load(path, horizon=2).model)[0][0]) == "1/2"
    document["transitions"][1] = turn[:1]
    with pytest.raises(
        ValueError, match=r"move 1: policy\['goal'\]\['move'\]: the policy takes action 'move', which has no"
    ):
        load(written(tmp_path, document))
    with pytest.raises(ValueError, match="3 moves listed, 4 asked for"):
        load(path, horizon=4)


def test_rewards_on_the_log_scale(tmp_path):
    rows = [dict(row) for row in CHAIN["transitions"]]
    rows[1]["reward"] = "-2"
    scaled = CHAIN | {"transitions": rows, "horizon": 1, "base": 3}
    assert normaliser(written(tmp_path, scaled)) == Fraction(1, 2) / 9
    rows[1]["potential"] = "1/5"
    assert normaliser(written(tmp_path, scaled)) == Fraction(1, 90), "beside a potential of its own"
    declared = {k: v for k, v in CHAIN.items() if k != "reward"} | {"beta": "1/2", "digits": 12, "horizon": 1}
    declared["log_reward"] = {"s": "-1", "goal": "3/2"}
    weight = Gains(beta=rational("1/2"), digits=12).weight
    z = normaliser(written(tmp_path, declared))
    assert z == (Fraction(str(weight(rational(-1)))) + Fraction(str(weight(rational("3/2"))))) / 2
    assert abs(float(z) - (math.exp(-2) + math.exp(3)) / 2) < 1e-10
    for wrong, message in (
        ({"base": None}, "needs a scale"),
        ({"log_reward": {"s": 1, "goal": 1}}, "reward and log_reward are both given"),
        ({"beta": 1}, "base and beta are both given"),
        ({"base": 0}, "base: 0 would forget"),
    ):
        document = {k: v for k, v in (scaled | wrong).items() if v is not None}
        with pytest.raises(ValueError, match=message):
            load(written(tmp_path, document))


def test_the_layered_kind_has_rewards_too(tmp_path):
    document = {
        "format": "bellman-smc/layered-1",
        "layers": [["r"], ["a", "b"]],
        "edges": [[{"from": "r", "to": "a", "prob": "1/2", "reward": 1}, {"from": "r", "to": "b", "prob": "1/2"}]],
        "log_reward": {"a": -1, "b": "1/2"},
        "base": 4,
    }
    assert normaliser(written(tmp_path, document)) == Fraction(1, 2) * 4 / 4 + Fraction(1, 2) * 2


def test_the_exponential_is_rounded_correctly():
    """Against floats at their own accuracy, and the neighbours in the last digit at twice the digits."""
    for r in ("1", "-1", "1/7", "50", "-50", "690", "-690"):
        few, many = (Gains(beta=rational(1), digits=d).weight(rational(r)) for d in (6, 40))
        assert abs(nearest_float(few) / math.exp(float(Fraction(r))) - 1) < 1e-5
        digits = str(few.numerator).rstrip("0") if few.denominator == 1 else None
        assert digits is None or len(digits) <= 6
        assert abs(few - many) <= many * rational("1/200000")
