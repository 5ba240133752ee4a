"""Chains and MDPs of model checkers: Storm's own values, one model in every format, and faults named by their line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from smc.cli import run
from smc.errors import InputError
from smc.formats import load
from smc.formats.gains import Gains
from smc.numbers import rational
from smc.setting.analysis import true_value
from tests.cases import FOLDER, report
from tests.formats.examples import normaliser

PEERS = FOLDER / "peers"
DIE = {0: (1, 2), 1: (3, 4), 2: (5, 6), 3: (1, 7), 4: (8, 9), 5: (10, 11), 6: (2, 12)}
"""Knuth and Yao's die; state 12 is a six."""
STORM = [  # P=? [F<=T "goal"] by stormpy 2.0.0, exact
    ("die.prism", "", "six", 20, "87381/524288"),
    ("coupon.prism", "", "complete", 12, "10145925999/15625000000"),
    ("crowds.prism", "SIZE=3,RUNS=3", "caught", 15, "500177/3188646"),
]


@pytest.mark.parametrize(("name", "constants", "goal", "horizon", "value"), STORM)
def test_storms_value(name, constants, goal, horizon, value, capsys):
    storm = pytest.importorskip("stormpy")
    path = str(PEERS / name)
    program, _ = storm.instantiate_constants(storm.parse_prism_program(path), constants)
    wanted = storm.parse_property(f'P=? [F<={horizon} "{goal}"]', program)
    built = storm.build_model[storm.Rational](program, wanted)
    theirs = storm.model_checking(built, wanted).get_value(built.initial_states[0])
    assert str(theirs) == value
    spec = f"{path}?horizon={horizon}&goal={goal}" + (f"&constants={constants}" if constants else "")
    found = report(capsys, "check", spec, "--particles", "1")
    assert found["normaliser"] == value and found["horizon"] == horizon
    assert rational(found["tv"]) == 1 - rational(value), "one particle succeeds with probability Z, and is then exact"


def test_the_collector_has_a_closed_form():
    """Inclusion and exclusion over the kinds that are missing after T draws, in proportion to 1, 2, 3, 4."""
    pytest.importorskip("stormpy")
    total = 0
    for missing in range(16):
        weight = sum(k + 1 for k in range(4) if missing >> k & 1)
        total += (-1) ** missing.bit_count() * Fraction(10 - weight, 10) ** 12
    assert normaliser(f"{PEERS / 'coupon.prism'}?horizon=12&goal=complete") == total


def written(folder: Path, ending: str) -> str:
    """The die in one of the explicit formats."""
    path = folder / f"die{ending}"
    rows = {**DIE, **{i: (i,) for i in range(7, 13)}}
    if ending == ".umb":
        from umbi import ats as umb

        made = umb.ExplicitAts()
        for _ in range(13):
            made.add_state()
        made.set_initial_states([0])
        for i, targets in rows.items():
            choice = made.add_state_choice(i)
            for j in targets:
                choice.add_branch(j, Fraction(1, len(targets)))
        made.add_ap_annotation("six").set_state_values([i == 12 for i in range(13)])
        made.add_reward_annotation("reward").set_state_values([Fraction(i < 7) for i in range(13)])
        umb.write(made, str(path))
    elif ending == ".drn":
        lines = ["@type: DTMC", "@parameters", "", "@reward_models", "reward", "@nr_states", "13", "@model"]
        for i, targets in rows.items():
            labels = {0: " init", 12: " six"}.get(i, "")
            lines += [f"state {i} [{int(i < 7)}]{labels}", "\taction 0 [0]"]
            lines += [f"\t\t{j} : {'1' if len(targets) == 1 else '0.5'}" for j in targets]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        moves = [f"{i} {j} {'1' if len(targets) == 1 else '1/2'}" for i, targets in rows.items() for j in targets]
        path.write_text("\n".join(["13 20" if ending == ".tra" else "dtmc", *moves]), encoding="utf-8")
        declared = '0="init" 1="deadlock" 2="six"\n0: 0\n12: 2\n'
        path.with_suffix(".lab").write_text(declared, encoding="utf-8")
        earned = "".join(f"{i} 1\n" for i in range(7))
        path.with_suffix(".srew").write_text(f"13 7\n{earned}", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("ending", [".tra", ".drn", ".umb"])
def test_one_model_in_every_format(ending, tmp_path, capsys):
    if ending == ".umb":
        pytest.importorskip("umbi")
    path = written(tmp_path, ending)
    assert normaliser(f"{path}?horizon=20&goal=six") == Fraction(87381, 524288)
    # E[2^-(flips) ; a six within 4 flips]: one path of three flips
    assert normaliser(f"{path}?horizon=4&goal=six&reward=reward&base=1/2") == Fraction(1, 64)
    target = str(tmp_path / "native.json")
    assert run(["convert", f"{path}?horizon=20&goal=six", "--output", target]) == 0
    again = load(target)
    assert again.mdp is not None and str(true_value(again.model)[0][0]) == "87381/524288"
    capsys.readouterr()


def test_storms_own_reading_of_drn_is_ours(tmp_path):
    storm = pytest.importorskip("stormpy")
    path = written(tmp_path, ".drn")
    built = storm.build_model_from_drn[storm.Rational](path)
    ours = load(f"{path}?horizon=2&goal=six").mdp
    theirs = {(str(s.id), str(e.column)): str(e.value) for s in built.states for a in s.actions for e in a.transitions}
    assert ours is not None
    assert {(t.source, t.target): str(t.probability) for t in ours.transitions} == theirs


def test_storms_labels_are_read(tmp_path):
    path = Path(written(tmp_path, ".tra"))
    path.with_suffix(".lab").write_text("#DECLARATION\ninit six\n#END\n0 init\n12 six\n", encoding="utf-8")
    assert normaliser(f"{path}?horizon=20&goal=six") == Fraction(87381, 524288)


def test_jani_and_a_goal_that_is_an_expression():
    pytest.importorskip("stormpy")
    from stormpy.examples import files

    assert normaliser(f"{files.jani_dtmc_die}?horizon=20&goal=s=7%26d=6") == Fraction(87381, 524288)
    assert normaliser(f"{PEERS / 'die.prism'}?horizon=20&goal=s=7%26d=6") == Fraction(87381, 524288)
    assert load(f"{PEERS / 'die.prism'}?horizon=2&goal=d>0").model.layers[1][0] == "s=0 d=0"


def test_several_choices_are_taken_evenly(tmp_path, capsys):
    """An MDP: at state 0 stay (surely) or go (to the goal with probability 3/4), each with probability 1/2."""
    path = tmp_path / "mdp.tra"
    path.write_text("0 0 0 1 stay\n0 1 1 0.75 go\n0 1 0 0.25 go\n1 0 1 1\n", encoding="utf-8")
    path.with_suffix(".lab").write_text('0="init" 1="goal"\n0: 0\n1: 1\n', encoding="utf-8")
    path.with_suffix(".trew").write_text("0 1 1 -1\n", encoding="utf-8")
    assert normaliser(f"{path}?horizon=2&goal=goal") == Fraction(3, 8) + Fraction(5, 8) * Fraction(3, 8)
    once = normaliser(f"{path}?horizon=1&goal=goal&reward=reward&base=3")
    assert once == Fraction(3, 8) / 3, "a negative reward on the one move that leads there"
    found = load(f"{path}?horizon=2&goal=goal")
    assert "1 states choose among several actions, each with equal probability" in found.model.notes


@pytest.mark.parametrize("counts", [False, True])
def test_rows_of_integers_are_no_counts(counts, tmp_path):
    """A first row `0 1 1`, in the table or beside it, is a move of probability 1 or its reward, not PRISM's line of counts."""
    path = tmp_path / "chain.tra"
    first, rewards, gains = ("2 3\n", "2 1\n", "2 2\n") if counts else ("", "# no counts\n", "")
    path.write_text(f"{first}0 1 1\n1 0 1/2\n1 1 1/2\n", encoding="utf-8")
    path.with_suffix(".srew").write_text(f"{rewards}1 1\n", encoding="utf-8")
    path.with_suffix(".trew").write_text(f"{gains}0 1 1\n1 0 2\n", encoding="utf-8")
    assert normaliser(f"{path}?horizon=1&reward=reward&base=2") == 2, "the move"
    assert normaliser(f"{path}?horizon=2&reward=reward&base=2") == 2 * 2 * Fraction(1 + 4, 2), (
        "state 1 and the moves from it"
    )
    path = tmp_path / "mdp.tra"
    path.write_text(("2 2 2\n" if counts else "") + "0 0 1 1\n1 0 1 1\n", encoding="utf-8")
    path.with_suffix(".lab").write_text('0="init" 1="goal"\n0: 0\n1: 1\n', encoding="utf-8")
    path.with_suffix(".trew").write_text(("2 2 2\n" if counts else "") + "0 0 1 1\n1 0 1 1\n", encoding="utf-8")
    assert normaliser(f"{path}?horizon=1&goal=goal") == 1
    assert normaliser(f"{path}?horizon=2&reward=reward&base=2") == 4


def test_rewards_alone_and_a_declared_exponential(tmp_path):
    """Ten moves of reward 1/4 each: Z = exp(1/4)^10, of the declared decimal."""
    path = tmp_path / "clock.drn"
    path.write_text("@type: DTMC\n@reward_models\ntick\n@model\nstate 0 [0.25] init\n\taction 0\n\t\t0 : 1\n")
    once = Gains(beta=rational(1), digits=30).weight(rational("1/4"))
    assert abs(float(once) - 1.2840254166877414) < 1e-15 and 10**29 % once.denominator == 0
    assert normaliser(f"{path}?horizon=10&reward=tick&beta=1&digits=30") == Fraction(str(once)) ** 10


GOOD = "@type: DTMC\n@model\nstate 0 init\n action 0\n  0 : 1/2\n  1 : 1/2\nstate 1 goal\n action 0\n  1 : 1\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("DTMC", "CTMC", "line 1: type 'CTMC'; use a model in discrete time: DTMC or MDP"),
        ("0 : 1/2", "0 : half", "line 5: 'half' is not a rational number"),
        ("0 : 1/2", "0 : 3/2", "line 5: 3/2 is not a probability"),
        ("0 : 1/2", "7 : 1/2", "line 5: no state '7'; there are 2, numbered from 0"),
        ("0 : 1/2", "0 : 1/3", "line 4: the probabilities do not sum to exactly 1"),
        ("state 1", "state 2", "line 7: state 2 where state 1 is due"),
        ("state 0 init", "state 0", "line 2: no initial state; write init after one state's line"),
        (" action 0\n  0", "  0", "line 4: a transition before any action"),
        ("  0 : 1/2", "  0 1/2", "line 5: '0 1/2' is no state, action or transition"),
        ("@model", "@modell", "has no @model"),
        ("@type: DTMC\n", "@type: DTMC\n@nr_states\n3\n", "line 2: 3 states announced, 2 listed"),
        ("state 0 init", "state 0 [1] init", "line 3: 1 rewards for 0 structures"),
        ("@type: DTMC\n", "@type: DTMC\n@parameters\np q\n", "line 2: @parameters with entries"),
    ],
)
def test_faults_of_drn(old, new, message, tmp_path, capsys):
    path = tmp_path / "model.drn"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    assert run(["check", f"{path}?horizon=3&goal=goal"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and message in shown.err.replace(f"{path}: ", "")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({".tra": "0 1 x\n"}, "line 1: 'x' is not a rational number"),
        ({".tra": "2 2\n0 1 1\n1 1\n"}, "line 3: 2 entries, where the first row has another form"),
        ({".tra": "2 2\n"}, "has no transitions"),
        ({".lab": '0="init"\n0: 0\n1: 4\n'}, "m.lab: line 3: unknown label '4'"),
        ({".lab": "0: 0\n"}, "m.lab: line 1: labels are not declared"),
        ({".lab": '0="init" 1="goal"\n9: 0\n'}, "m.lab: line 2: no state '9'"),
        ({".lab": '0="init" 1="goal"\n1: 1\n'}, "m.lab: no initial state"),
        ({".srew": "0 1 2\n"}, "m.srew: line 1: 3 entries"),
        ({".trew": "1 0 2\n"}, "m.trew: line 1: a reward for a transition that the table lacks"),
    ],
)
def test_faults_of_explicit_tables(files, message, tmp_path, capsys):
    good = {".tra": "2 2\n0 1 1\n1 1 1\n", ".lab": '0="init" 1="goal"\n0: 0\n1: 1\n'}
    for ending, text in (good | files).items():
        (tmp_path / f"m{ending}").write_text(text, encoding="utf-8")
    assert run(["check", f"{tmp_path / 'm.tra'}?horizon=3&goal=goal"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and message in shown.err


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("goal=six", "no horizon; write "),
        ("horizon=3", "goal: no goal, and no rewards on the way"),
        ("horizon=3&goal=seven", "goal: no label 'seven'; choose one of 'init', 'six'"),
        ("horizon=2&goal=six", "the nearest goal is 3 moves away: give horizon=3 or more, or floor=1/100"),
        ("horizon=3&goal=six&base=2", "reward: no reward structure named; give reward=NAME, one of 'reward'"),
        ("horizon=3&goal=six&reward=steps&base=2", "reward: no reward structure 'steps'"),
        ("horizon=3&goal=six&reward=reward", "reward: rewards need a scale; give base=2"),
        ("horizon=3&goal=six&reward=reward&base=2&beta=1", "beta: base and beta are both given"),
        ("horizon=3&goal=six&reward=reward&digits=4", "digits: digits are those of exp(reward/beta)"),
        ("horizon=3&goal=six&start=13", "start: no state '13'"),
        ("horizon=3&goal=six&gaol=six", "unknown parameter 'gaol'"),
        ("horizon=3&goal", "cannot read the parameters 'horizon=3&goal'"),
        ("horizon=3&goal=six&goal=six", "parameter 'goal' appears twice"),
    ],
)
def test_faults_of_parameters(query, message, tmp_path, capsys):
    assert run(["check", f"{written(tmp_path, '.drn')}?{query}"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and message in shown.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dtmc\nmodule m\n s : [0..1] init 0\n [] s=0 -> 1 : true;\nendmodule\n", "line 4 column"),
        ("ctmc\nmodule m\n s : [0..1] init 0;\n [] s=0 -> 1 : (s'=1);\nendmodule\n", "is a CTMC"),
        ("dtmc\nconst int N;\nmodule m\n s : [0..N] init 0;\n [] true -> 1 : (s'=0);\nendmodule\n", "give constants="),
    ],
)
def test_faults_of_prism(text, message, tmp_path, capfd):
    pytest.importorskip("stormpy")
    path = tmp_path / "model.prism"
    path.write_text(text, encoding="utf-8")
    assert run(["check", f"{path}?horizon=3&goal=deadlock"]) == 2
    shown = capfd.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and message in shown.err, "Storm's own messages are silent"


def test_a_broken_archive_is_one_line(tmp_path, capsys):
    pytest.importorskip("umbi")
    path = tmp_path / "model.umb"
    path.write_bytes(b"no archive")
    assert run(["check", f"{path}?horizon=3&goal=done"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"^nowhere\.prism: no such file"):
        load("nowhere.prism?horizon=3")
