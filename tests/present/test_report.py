"""`print(report)` says what the command prints, for every kind of report."""

from __future__ import annotations

import pytest

from smc.check.check import check
from smc.check.enclosed import check_by_enclosure
from smc.check.model_plan import plan_model
from smc.check.sampled import check_by_simulation
from smc.cli import run
from smc.formats import load

SOURCE = load("shipped:verifier-tree")
TREE = (SOURCE.model, SOURCE.twist())


@pytest.mark.parametrize(
    ("make", "command"),
    [
        (lambda: check(*TREE, particles=2), ["check", "shipped:verifier-tree"]),
        (lambda: check(*TREE, "guided"), ["check", "shipped:verifier-tree", "--algorithm", "guided"]),
        (lambda: check_by_enclosure(*TREE, particles=50), ["check", "shipped:verifier-tree", "--particles", "50", "--method", "enclosure"]),
        (lambda: check_by_simulation(*TREE, particles=2, replicates=50), ["check", "shipped:verifier-tree", "--method", "monte-carlo", "--replicates", "50"]),
        (lambda: plan_model(*TREE), ["plan", "shipped:verifier-tree"]),
    ],
    ids=["exact", "guided", "enclosure", "monte-carlo", "plan"],
)  # fmt: skip
def test_a_report_prints_as_its_command_does(make, command, capsys):
    assert run(command) == 0
    assert str(make()).split() == capsys.readouterr().out.split()
