"""The setting of P0 and P1: its symbols and its hypotheses by name.

Time runs from 0 to T; `M[t, x]` is the law of the next state from x at time t, `psi(t, x, y)` the edge's potential, `V` the
twist, `Vstar` the true value.  Reachability is carried by `dead(t, x) >= 0`: a state is live when dead = 0, and live
states move to live states almost surely.  Nothing is assumed about states that are not live.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, both, element, eq, fn, implies, le, lt, measure, nat, real

x, y = element("X", "x y")
t, T, n = nat("t T n")
eps, L = real("eps L")
M = measure("M", "nat X", "X")
psi, V, Vstar = fn("psi", "nat X X -> real"), fn("V", "nat X -> real"), fn("Vstar", "nat X -> real")
dead = fn("dead", "nat X -> real")
live = eq(dead(t, x), 0)
BV = E(M(t, x), y, psi(t, x, y) * V(t + 1, y))
BVstar = E(M(t, x), y, psi(t, x, y) * Vstar(t + 1, y))


def model(p: Proof) -> dict[str, Fact]:
    """The hypotheses of the setting (theory, section 1) as assumptions, by name."""
    formulas: dict[str, Node] = {
        "potentials are non-negative": all_of(t, x, y, le(0, psi(t, x, y))),
        "dead is non-negative": all_of(t, x, le(0, dead(t, x))),
        "live states stay live": all_of(t, x, implies(lt(t, T), live, eq(E(M(t, x), y, dead(t + 1, y)), 0))),
        "value recursion": all_of(t, x, implies(lt(t, T), live, eq(Vstar(t, x), BVstar))),
        "terminal value": all_of(x, eq(Vstar(T, x), V(T, x))),
        "twist is non-negative": all_of(t, x, implies(live, le(0, V(t, x)))),
        "twist kills no live value": all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))),
        "Bellman error": all_of(
            t,
            x,
            implies(lt(t, T), live, lt(0, V(t, x)), both(le(V(t, x), (1 + eps) * BV), le(BV, (1 + eps) * V(t, x)))),
        ),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


u, v = element("X", "u v")
