"""Certificates found by sympy: what it finds is checked by the kernel, what it cannot find is reported; found ones are kept."""

import json

import pytest

from proofs.derive import finder
from proofs.derive.cache import CACHE, Cache
from proofs.derive.count import stored_certificates
from proofs.derive.finder import find
from proofs.derive.polynomials import NotFound
from proofs.kernel import Theory
from proofs.language.terms import E, element, eq, fn, le, lt, measure, nat, real
from tests.effort import turn

x, y, z, N, q, a = real("x y z N q a")
n = nat("n")


@pytest.fixture(autouse=True)
def fresh_cache(monkeypatch):
    monkeypatch.setattr(CACHE, "found", {})


def accepted(goal, premises, dens=()):
    """The certificate, after the kernel has accepted it."""
    theory = Theory()
    facts = [theory.apply("assume", [], [p]) for p in premises]
    products, equations = find(goal, premises, dens)
    rows = [[str(c), [str(i) for i in ns], ts] for c, ns, ts in products]
    cleared = [str(premises.index(d)) for d in dens]
    theory.apply("certificate", facts, [goal, rows, [[m, str(i)] for m, i in equations], cleared])
    return products, equations


@pytest.mark.parametrize(
    "goal, premises",
    [
        (le(x * x, y), [le(0, x), le(x, y), le(y, 1)]),
        (le(2 * x * y, x**2 + y**2), []),
        (lt(0, x**2 + x + 1), []),
        (le(0, x**2 + 2 * x * y + 2 * y**2 - 2 * y + 1), []),
        (le(0, x * y), [le(0, x), le(0, y)]),
        (eq(x * x, y * y), [eq(x, y)]),
        (le(x * z, y * z + z), [eq(x, y), le(0, z)]),
        (lt(0, x + y), [le(0, x), lt(0, y)]),
        (le((x + 1) ** 2, (y + 1) ** 2), [le(x, y), le(0, x), le(0, y)]),
    ],
)
def test_found_and_accepted_by_the_kernel(goal, premises):
    accepted(goal, premises)


def test_a_denominator_is_balanced():
    premises = [lt(0, N), lt(0, 1 / N)]
    accepted(le(x / (2 * N), (x**2 + 1) / (4 * N)), premises, premises[:1])


def test_the_bhatia_davis_square_is_found():
    """(q - 1)^2 / (4 q) - (q a - 1)(1 - a) = (2 q a - q - 1)^2 / (4 q): nothing is typed."""
    premises = [lt(0, q), lt(0, 1 / q)]
    products, equations = accepted(le((q * a - 1) * (1 - a), (q - 1) ** 2 / (4 * q)), premises, premises[:1])
    assert not equations and len(products) == 1 and products[0][2]


@pytest.mark.parametrize("goal", [le(x, 0), lt(0, x), le(x * x, x), eq(x, y), le(1, x)])
def test_failure_is_reported(goal):
    with pytest.raises(NotFound):
        find(goal, [le(0, x)])


def test_a_wrong_constant_is_not_found():
    premises = [lt(0, q), lt(0, 1 / q)]
    with pytest.raises(NotFound):
        find(le((q * a - 1) * (1 - a), (q - 1) ** 2 / (5 * q)), premises, premises[:1])


def test_the_time_limit_is_kept():
    with pytest.raises(NotFound, match="time limit"):
        find(le(0, x * y), [le(0, x), le(0, y)], seconds=0)


def test_expectations_are_atoms():
    mu, u, f = measure("mu", "", "X"), element("X", "u"), fn("f", "X -> real")
    accepted(le(0, E(mu, u, 2 * f(u) + 1)), [le(0, E(mu, u, f(u)))])


def test_what_was_found_is_not_searched_again(monkeypatch, tmp_path):
    goal, premises = le(2 * x * y, x**2 + y**2), [le(0, x)]
    first = find(goal, premises)
    CACHE.write(tmp_path / "certificates.json")
    monkeypatch.setattr(CACHE, "found", {})
    monkeypatch.setattr(finder, "_Search", None)
    with pytest.raises(TypeError):
        find(goal, premises)
    CACHE.read(tmp_path / "certificates.json")
    assert find(goal, premises) == first
    with pytest.raises(TypeError):  # another premise: another search
        find(goal, [le(0, y)])


def test_a_broken_cache_is_ignored(tmp_path):
    path = tmp_path / "certificates.json"
    path.write_text("{", encoding="utf-8")
    cache = Cache()
    cache.read(path)
    assert cache.found == {}
    find(le(2 * x * y, x**2 + y**2), [])
    [key] = CACHE.found
    path.write_text(json.dumps({key: [[["nonsense", None, []]], [["1", [], [0]]], []]}), encoding="utf-8")
    cache.read(path)
    assert cache.get(le(2 * x * y, x**2 + y**2), [], []) is None


@pytest.mark.by_turn
def test_most_stored_certificates_are_found_again():
    """A sample; `python -m proofs.derive.count` takes all."""
    jobs = turn([c for certificates in stored_certificates().values() for c in certificates][::25], 12)
    found = sum(c.found_again(seconds=3) for c in jobs)
    assert found >= 0.8 * len(jobs) >= 9
