"""What the guided particle and fully adapted SMC still share on the lower level: values where V = 0, ratios of means, the horizon."""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node, open_body
from proofs.language.terms import both, eq, le, num, total
from proofs.lemmas.particle_system import supply
from proofs.theory.model import TESTED, VALUES, layered

x, root, t, n, k, m, T = layered.terms("x root t n k m T")
V, Vstar, VF, dead = layered.terms("V Vstar VF dead")
live = eq(dead(t, x), 0)
target = VF(0, root) / Vstar(0, root)


def values_of(given: dict[str, Fact]) -> list[Fact]:
    """What `tested_value` asks for, but for the condition that live states stay live."""
    names = (*VALUES, "twist is non-negative", *TESTED)
    return [given[name] for name in names if name in given]


def quotient(p: Proof, up: Fact, down: Fact, dens: list[Fact], goal: Node) -> Fact:
    """EK/EH = goal from up: EK = SK/G and down: EH = SH/G."""
    top, bottom = up.sides[0], down.sides[0]
    swapped = p.rewrite(down, lambda H: top / H())
    return p.show(eq(top / bottom, goal), swapped, up, dens=dens)


def zero_values(p: Proof, given: dict[str, Fact], stays: Fact) -> tuple[Fact, Fact]:
    """Where V = 0 at a live state, Vstar = 0 and 0 <= VF <= Vstar = 0; `stays`: live states stay live."""
    now, alive, none = p.assume(eq(t + n, T)), p.assume(live), p.assume(eq(V(t, x), 0))
    star = given["twist kills no live value"].spec(t, x).mp(alive, none)
    value = supply(p.use("tested_value"), stays, *values_of(given)).spec(n, t, x)
    value = value.mp(now, alive)
    zero = p.antisymmetry(p.show(le(VF(t, x), 0), value.right, star), value.left)
    guards = (now.concl, live, none.concl)
    return star.discharge(*guards).gen(t, n, x), zero.discharge(*guards).gen(t, n, x)


def in_horizon(p: Proof, given: dict[str, Fact], out: Fact, split: Fact) -> Fact:
    """The sum over k < m + 1 as a sum over k < T, and m gone."""
    begin = p.conv(p.step("nat_step", [given["there is a step"]]), le(1, T))
    count = p.show(eq(m + 1, T), split)
    low, high = out.left.sides, out.right.sides
    summand = open_body(low[1], k)

    def claim(H) -> Node:
        bound = total(H(), k, summand)
        return both(le(low[0], bound), le(high[0], bound))

    fact = p.rewrite(count, claim, out)
    return p.step("nat_split", [begin, fact], [num(1), T, m])
