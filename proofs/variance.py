"""S0: the calculus of one positive functional."""

from __future__ import annotations

from proofs.builder import Fact, Proof
from proofs.statements import statement
from proofs.terms import E, all_of, both, element, eq, fn, le, measure, real

mu, y = measure("mu", "", "Y"), element("Y", "y")
h = fn("h", "Y -> real")
a, b, q = real("a b q")


@statement("S0.variance", source="new", title="Bhatia-Davis", attained=True,
           words="If a <= h <= b and E h = 1 then Var h = E h^2 - 1 <= (b - 1)(1 - a).")
def bhatia_davis(p: Proof) -> Fact:
    given = p.assume(all_of(y, both(le(a, h(y)), le(h(y), b))))
    mean = p.assume(eq(E(mu, y, h(y)), 1))
    low, high = given.spec(y).left, given.spec(y).right
    p.note("(b - h)(h - a) >= 0 pointwise")
    pointwise = p.cert(le(0, (b - h(y)) * (h(y) - a)), products=[(1, [low, high], [])]).gen(y)
    p.note("take expectations: E (b - h)(h - a) = (a + b) E h - a b - E h^2")
    average = p.mono(pointwise, E(mu, y, 0), E(mu, y, (b - h(y)) * (h(y) - a)))
    return p.cert(le(E(mu, y, h(y) ** 2) - 1, (b - 1) * (1 - a)), products=[(1, [average], [])], eqs=[(a + b, mean)])
