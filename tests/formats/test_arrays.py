"""Arrays in archives and CSV files, and a chain spelled in any format."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smc.cli import run
from smc.formats import document, load, native
from smc.numbers import rational
from smc.setting.analysis import true_value
from smc.setting.model import Model
from tests.cases import refused, report
from tests.effort import effort
from tests.formats.examples import normaliser


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
@example(weights=[[0, 0, 1], [1, 1, 0], [0, 0, 1]])  # its first row in a table of transitions is 0 2 1: no counts
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
