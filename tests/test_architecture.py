"""The rules of the house that a machine can check: who imports whom, what the trusted part may use, how long a file may be."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from smc.samplers import SAMPLERS

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(p for folder in ("proofs", "smc") for p in (ROOT / folder).rglob("*.py"))
TRUSTED = sorted(path.name for path in (ROOT / "proofs" / "kernel").glob("*.py"))


@dataclass(frozen=True)
class Facts:
    """What the rules ask of a file. imports: full names, anywhere in it; compared, borrowed: see the functions that find them."""

    says: bool
    imports: set[str]
    compared: list[int]
    borrowed: set[str]


@cache
def facts(path: Path) -> Facts:
    """Read once, and walked once; the tree is not kept."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    says = not tree.body or bool(ast.get_docstring(tree))
    nodes = list(ast.walk(tree))
    return Facts(says, imported(nodes), list(names_compared(nodes)), set(borrowed_letters(nodes)))


def nodes_of(text: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(text)))


def imported(nodes: list[ast.AST]) -> set[str]:
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def reaches(path: Path, *packages: str) -> set[str]:
    return {n for n in facts(path).imports if any(n == p or n.startswith(p + ".") for p in packages)}


def engine(path: Path) -> str | None:
    relative = path.relative_to(ROOT).as_posix()
    return next((e for e in ("smc/exact", "smc/montecarlo", "proofs") if relative.startswith(e + "/")), None)


FORBIDDEN = {
    "proofs": ("smc",),
    "smc/exact": ("proofs", "smc.montecarlo", "smc.checks"),
    "smc/montecarlo": ("proofs", "smc.exact", "smc.checks"),
}


def test_a_bound_and_its_measurement_share_no_code():
    found = {path: reaches(path, *FORBIDDEN[side]) for path in SOURCES if (side := engine(path))}
    assert len(found) > 100 and not {path: names for path, names in found.items() if names}


@pytest.mark.parametrize("name", TRUSTED)
def test_what_is_trusted_needs_nothing_but_the_standard_library(name):
    path = ROOT / "proofs" / "kernel" / name
    others = {n.partition(".")[0] for n in facts(path).imports} - set(sys.stdlib_module_names) - {"proofs"}
    assert not others
    assert reaches(path, "proofs") <= {
        n for n in facts(path).imports if n in ("proofs", "proofs.kernel") or n.startswith("proofs.kernel.")
    }


def test_files_are_read_at_one_sitting():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert not {path: length for path, length in lengths.items() if length > 500}


@pytest.mark.parametrize("name", TRUSTED)
def test_the_trusted_package_fits_a_screen(name):
    lines = (ROOT / "proofs" / "kernel" / name).read_text(encoding="utf-8").splitlines()
    assert not [number for number, line in enumerate(lines, 1) if len(line) > 100]


def test_every_module_says_what_it_is():
    assert not [path for path in SOURCES if not facts(path).says]


def names_compared(nodes: list[ast.AST]) -> Iterator[int]:
    """Lines that compare something with the name of a sampler, or look whether it is among such names."""
    for node in nodes:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            sides = [node.value]
        else:
            continue
        words = [leaf for side in sides for leaf in getattr(side, "elts", [side])]
        if any(isinstance(leaf, ast.Constant) and leaf.value in SAMPLERS for leaf in words):
            yield node.lineno if isinstance(node, ast.Compare) else node.value.lineno


def test_a_sampler_is_a_value_not_a_name():
    """What differs between samplers is a field of the sampler: a name that a person typed goes through `smc.samplers.find`."""
    found = {path: facts(path).compared for path in SOURCES if path.is_relative_to(ROOT / "smc")}
    assert len(found) > 100 and not {path: lines for path, lines in found.items() if lines}, (
        "ask the sampler for a field"
    )


def test_compared_names_are_found():
    caught = ['a == "naive"', 'b != "mh"', 'c in ("guided", 1)', 'match d:\n case "adapted": pass']
    assert all(list(names_compared(nodes_of(line))) for line in caught)
    assert not any(list(names_compared(nodes_of(line))) for line in ('e == "other"', 'f = "naive"'))


ROOMS = ("proofs.theory", "proofs.lemmas")


def borrowed_letters(nodes: list[ast.AST]) -> Iterator[str]:
    """One-letter names that a module takes from another module of derivations, by import or as its attribute."""
    modules = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(ROOMS):
            modules |= {a.asname or a.name for a in node.names if node.module in ROOMS}
            yield from (a.name for a in node.names if len(a.name) == 1)
    for node in nodes if modules else ():
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            if len(node.attr) == 1:
                yield f"{node.value.id}.{node.attr}"


def test_a_symbol_is_asked_for_where_it_is_used():
    """By name from a vocabulary, `layered.symbols("x y t")`: a letter that is imported has no sort that one can see."""
    found = {path: facts(path).borrowed for path in SOURCES if path.is_relative_to(ROOT / "proofs")}
    assert len(found) > 100 and not {path: letters for path, letters in found.items() if letters}, "ask a vocabulary"


def test_borrowed_letters_are_found():
    caught = {
        "from proofs.theory.s1_variance import a, lo": {"a"},
        "from proofs.lemmas.clouds import N as count": {"N"},
        "from proofs.lemmas import clouds as one\none.N + one.over": {"one.N"},
    }
    assert all(set(borrowed_letters(nodes_of(text))) == letters for text, letters in caught.items())
    fine = (
        'from proofs.theory.model import layered\nfrom proofs.language.terms import E\nx = layered.symbols("x")\nself.x'
    )
    assert not set(borrowed_letters(nodes_of(fine)))


def test_the_rules_can_fail(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("def f():\n    from proofs.bounds import evaluate\n    import smc.montecarlo.engine\n")
    assert reaches(broken, "proofs") == {"proofs.bounds", "proofs.bounds.evaluate"}
    assert reaches(broken, "smc.montecarlo") == {"smc.montecarlo.engine"}
    assert not reaches(broken, "smc.exact")
