"""The layered model, declared once: its symbols and its hypotheses (theory, section 1), both asked for by name.

    x, y, t = layered.symbols("x y t")                      sympy;  layered.terms("x y t"): the kernel's
    given = d.setting(hypotheses("value recursion", ...))   lines;  hypotheses(...)(p): facts;  given["value recursion"](t, x)

Time runs from 0 to T; `M[t, x]` is the law of the next state from x at time t, `psi(t, x, y)` the edge's potential, `V` the
twist, `Vstar` the true value, `VF` the one with the terminal reward times the test function F.  Reachability is carried by
`dead(t, x) >= 0` and `noedge(t, x, y) >= 0`: a state is live when dead = 0, an edge is reachable when noedge = 0, and live states move
along reachable edges to live states almost surely.  Nothing is assumed about states that are not live.

A particle of naive SMC at time t is an edge (x_t, x_{t+1}), of a sort Edge with src, dst and join(x, y), and `move(t, x)` is the law of the
edge that leaves x; c, d are clouds of N edges, and the next N edges are independent draws of `smc(t, c)`; W_t(c) is the expected test
function of the output given the cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from proofs.derive.proof import Fact, Proof
from proofs.kernel import Node
from proofs.language.bridge import read
from proofs.language.terms import E, Symbol, all_of, both, eq, fn, implies, le, lt, measure, variables


class Vocabulary:
    """Symbols with their sorts: {"X": "x y", "nat X -> real": "V", "nat X ~ X": "M"}; `nat X ~ X` is a law on X for every nat and X."""

    def __init__(self, declared: Mapping[str, str]) -> None:
        self.declared: dict[str, Any] = {}
        for sort, names in declared.items():
            for name in names.split():
                self.declared[name] = _declared(name, sort)

    def terms(self, names: str) -> Any:
        """The kernel's variables, function symbols and laws: one, or a tuple of several.  KeyError for a name that is not declared."""
        found = tuple(self.declared[name] for name in names.split())
        return found[0] if len(found) == 1 else found

    def symbols(self, names: str) -> Any:
        """The same as sympy symbols, functions and laws."""
        return read(*(self.declared[name] for name in names.split()))


def _declared(name: str, sort: str) -> Any:
    if "~" in sort:
        params, _, of = sort.partition("~")
        return measure(name, params.strip(), of.strip())
    return fn(name, sort) if "->" in sort else variables(name, sort)


layered = Vocabulary(
    {
        "X": "x y u v root",
        "nat": "t n k m i j N T",
        "real": "eps L",
        "nat X -> real": "V Vstar VF U dead",
        "nat nat X -> real": "PV PQ PS",
        "nat X X -> real": "psi noedge",
        "X -> real": "F G",
        "nat X ~ X": "M guided",
        "nat X ~ Edge": "move",
        "Edge -> X": "src dst",
        "X X -> Edge": "join",
        "Edge": "e",
        "Edge*": "c d",
        "nat Edge* ~ Edge": "smc",
        "~ Edge": "first",
        "nat Edge* -> real": "W",
        "X X -> real": "f",
    }
)


def _formulas() -> dict[str, Node]:
    x, y, root, t, T, N, eps, L = layered.terms("x y root t T N eps L")
    M, psi, V, Vstar, VF, F, dead, noedge = layered.terms("M psi V Vstar VF F dead noedge")
    src, dst, join = layered.terms("src dst join")
    live, reachable, before = eq(dead(t, x), 0), eq(noedge(t, x, y), 0), lt(t, T)

    def ahead(value: Symbol) -> Node:
        return E(M(t, x), y, psi(t, x, y) * value(t + 1, y))

    def recursion(value: Symbol) -> Node:
        return all_of(t, x, implies(before, live, eq(value(t, x), ahead(value))))

    error = both(le(V(t, x), (1 + eps) * ahead(V)), le(ahead(V), (1 + eps) * V(t, x)))
    scaled = psi(t, x, y) * V(t + 1, y)
    return {
        "there are particles": lt(0, N),
        "there is a step": lt(0, T),
        "edges are pairs": all_of(x, y, both(eq(src(join(x, y)), x), eq(dst(join(x, y)), y))),
        "potentials are non-negative": all_of(t, x, y, le(0, psi(t, x, y))),
        "dead is non-negative": all_of(t, x, le(0, dead(t, x))),
        "noedge is non-negative": all_of(t, x, y, le(0, noedge(t, x, y))),
        "moves follow edges": all_of(t, x, implies(before, live, eq(E(M(t, x), y, noedge(t, x, y)), 0))),
        "ends of edges": all_of(t, x, y, implies(reachable, both(live, eq(dead(t + 1, y), 0)))),
        "live states stay live": all_of(t, x, implies(before, live, eq(E(M(t, x), y, dead(t + 1, y)), 0))),
        "the root is live": eq(dead(0, root), 0),
        "value recursion": recursion(Vstar),
        "terminal value": all_of(x, eq(Vstar(T, x), V(T, x))),
        "tested recursion": recursion(VF),
        "tested terminal value": all_of(x, eq(VF(T, x), F(x) * V(T, x))),
        "test function": all_of(x, both(le(0, F(x)), le(F(x), 1))),
        "twist is non-negative": all_of(t, x, le(0, V(t, x))),
        "twist is non-negative on live states": all_of(t, x, implies(live, le(0, V(t, x)))),
        "twist is positive on live states": all_of(t, x, implies(live, lt(0, V(t, x)))),
        "twist kills no live value": all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))),
        "Bellman error": all_of(t, x, implies(before, live, lt(0, V(t, x)), error)),
        "ratio bound": all_of(t, x, y, implies(reachable, both(le(V(t, x), L * scaled), le(scaled, L * V(t, x))))),
    }


HYPOTHESES = _formulas()
"""The hypotheses of the layered model, by name."""

VALUES = (
    "potentials are non-negative",
    "dead is non-negative",
    "live states stay live",
    "value recursion",
    "terminal value",
)
"""What the true values need."""
TESTED = ("tested recursion", "tested terminal value", "test function")
"""What the values of a test function need besides."""
SMC = (
    "there are particles", "there is a step", "edges are pairs", "potentials are non-negative", "twist is non-negative",
    "dead is non-negative", "noedge is non-negative", "moves follow edges", "ends of edges", "the root is live",
    "value recursion", "terminal value", *TESTED,
)  # fmt: skip
"""The setting of naive-proposal SMC: S3, S4, S13."""


def hypotheses(*names: str) -> Callable[[Proof], dict[str, Fact]]:
    """These hypotheses as assumptions of a proof, by name.  KeyError for a name that the model does not have."""
    wanted = {name: HYPOTHESES[name] for name in names}
    return lambda p: {name: p.assume(phi, note=name) for name, phi in wanted.items()}
