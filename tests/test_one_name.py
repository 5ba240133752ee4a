"""One statement, one name: each ID of the theory is found in the sealed statements, the property tests, the refutations, the README, the
notebooks and the table of Rocq theorems, or a reason stands here why it is not."""

import json
import re
from pathlib import Path

import pytest

from proofs.catalogue import ROWS
from proofs.reading.blueprint import as_markdown

ROOT = Path(__file__).resolve().parent.parent
IDS = list(ROWS)


def read(*patterns: str) -> str:
    return "\n".join(p.read_text(encoding="utf-8") for pattern in patterns for p in sorted(ROOT.glob(pattern)))


PLACES = {
    "README": read("README.md"),
    "sealed statement": "\n".join(p.stem for p in ROOT.glob("proofs/sealed/*.txt")),
    "property test": read("tests/properties/*.py"),
    "refutation": read("smc/testing/falsehoods/*.py", "tests/refutations/*.py"),
    "notebook": read("notebooks/*.py"),
    "Rocq table": "\n".join(json.loads((ROOT / "proofs/rocq/statements.json").read_text(encoding="utf-8"))),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("identifier", IDS)
def test_the_id_is_there(identifier, place):
    found = re.search(rf"(?<![A-Za-z0-9]){identifier}(?![0-9])", PLACES[place]) is not None
    assert found, f"{identifier} has no {place}"


def test_the_search_can_fail():
    assert re.search(r"(?<![A-Za-z0-9])S1(?![0-9])", "S10 and XS1") is None


def test_the_readme_table_is_the_catalogues(made):
    assert as_markdown(made) in PLACES["README"], (
        "write as_markdown(blueprint()) of proofs.reading.blueprint into the README"
    )
    differing = [row.rocq["differs"] for row in made.rows() if row.rocq and row.rocq["differs"]]
    assert len(differing) > 10 and all(
        f": {words.replace('^', chr(92) + '^')}" in PLACES["README"] for words in differing
    )
    assert {row.about for row in made.rows()} == {"model", "abstraction"}
    assert all(row.link for row in made.rows() if row.about == "abstraction"), (
        "an abstraction says what ties it to the model"
    )


def test_the_readme_shows_the_campaign_as_it_was_written():
    written = (ROOT / "tests/campaign-results.md").read_text(encoding="utf-8")
    table = [line for line in written.splitlines() if re.match(r"\| [PSG]\d+ \|", line)]
    assert len(table) >= 40 and all(line in PLACES["README"] for line in table)
    (count,) = re.findall(r"^([\d,]+) instances", written, re.M)
    assert count in PLACES["README"] and int(count.replace(",", "")) >= 100_000
