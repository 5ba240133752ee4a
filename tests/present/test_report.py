"""`print(report)` says what the command prints, for every kind of report."""

from __future__ import annotations

import pytest

from smc.checks.check import check
from smc.checks.enclosed import check_by_enclosure
from smc.checks.model_plan import plan_model
from smc.checks.sampled import check_by_simulation
from smc.cli import run
from smc.formats import load

SOURCE = load("shipped:verifier-tree")
TREE = (SOURCE.model, SOURCE.twist())


CHECK = ["check", "shipped:verifier-tree"]
SAMPLED = ["--method", "monte-carlo", "--replicates", "50"]


@pytest.mark.parametrize(
    ("make", "command"),
    [
        (lambda: check(*TREE, particles=4), [*CHECK, "--particles", "4"]),
        (lambda: check(*TREE, "guided"), [*CHECK, "--algorithm", "guided"]),
        (lambda: check_by_enclosure(*TREE, particles=50), [*CHECK, "--particles", "50", "--method", "enclosure"]),
        (lambda: check_by_simulation(*TREE, particles=3, replicates=50), [*CHECK, "--particles", "3", *SAMPLED]),
        (lambda: plan_model(*TREE), ["plan", "shipped:verifier-tree"]),
    ],
    ids=["exact", "guided", "enclosure", "monte-carlo", "plan"],
)
def test_a_report_prints_as_its_command_does(make, command, capsys):
    assert run(command) in (0, 3)
    assert str(make()).split() == capsys.readouterr().out.split()
