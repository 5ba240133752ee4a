"""Equations solved for one atom each: the multipliers of many equations are found without trying their orders."""

import pytest

from proofs.derive.finder import find
from proofs.derive.polynomials import NotFound
from proofs.language.terms import eq, fn, le, lt, nat, num, real
from tests.proofs.test_finder import accepted

x, y, N, w = real("x y N w")
value = fn("value", "nat -> real")


def chained(count: int):
    """value(k) = (w/N) value(k + 1) for k < count."""
    return [eq(value(num(k)), w / N * value(num(k + 1))) for k in range(count)]


@pytest.mark.parametrize("count", [1, 4, 8])
def test_a_chain_of_equations(count):
    positive, steps = lt(0, N), chained(count)
    goal = eq(value(num(0)), (w / N) ** count * value(num(count)))
    _, equations = accepted(goal, [*steps[::-1], positive], [positive])
    assert len(equations) == count


def test_an_inequality_after_the_equations():
    positive, steps = lt(0, N), chained(3)
    signs = [le(0, w), le(value(num(3)), x), lt(0, 1 / N)]
    products, equations = accepted(le(value(num(0)), (w / N) ** 3 * x), [*steps, *signs, positive], [positive])
    assert products and len(equations) == 3


def test_a_wrong_equation_is_not_found():
    positive, steps = lt(0, N), chained(3)
    with pytest.raises(NotFound):
        find(eq(value(num(0)), w / N * value(num(3))), [*steps, positive], [positive])


def test_an_equation_that_cannot_be_solved_divides_what_is_left():
    accepted(eq(x * x * y + y, nat("n") * y), [eq(x * x + 1, nat("n"))])
