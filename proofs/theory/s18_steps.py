"""S18: the steps that the value-guided backtracking walk takes; derived in sympy.

steps(t, x) is the mean number of steps from x to the next leaf, 0 at a leaf; conductances(t, x) the sum over the levels
below x of the mean of prod psi V from x, so that S = 2 conductances(0, root)/Vstar_0.  F(z) = 1 + steps(parent of z) is what a visit of z
costs up to the next one.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import ForAll, implications, relation, symbols
from proofs.language.expressions import total as summed
from proofs.lemmas.clouds import particles
from proofs.lemmas.tree_walk import Walk, current, down, walk
from proofs.registry import statement
from proofs.theory.model import Vocabulary, layered
from proofs.theory.s18_first import R0, First, kappa, mean_path, step
from proofs.theory.s18_mixing import Visits, extension, one, total

n, t = particles.symbols("n t")
i, j = symbols("i j", "nat")
x, y, u, root, M, psi, V, Vstar, F, U, dead, noedge = layered.symbols("x y u root M psi V Vstar F U dead noedge")
H, KF, PF = walk.symbols("H KF PF")
P, R = mean_path.symbols("P R")
T = n + 1


cost = Vocabulary({"nat X -> real": "steps conductances"})
steps, conductances = cost.symbols("steps conductances")
each = 2 * conductances(0, root) / total


def degree_below(time: Any, at: Any) -> Any:
    """The mean of psi V over the children: the weight of all ways down over the weight of what led here."""
    return down(time, at, V)


def step_rules() -> dict[str, Any]:
    """The mean steps to the next leaf, what a visit costs, and the sum of the conductances below a node, where the walk comes."""
    edge, inside = Eq(noedge(t, x, y), 0), 0 < V(t + 1, y)
    flow = current(steps, t + 1, y) + V(t + 1, y) + degree_below(t + 1, y)
    below = Eq(conductances(t, x), down(t, x, lambda s, q: V(s, q) + conductances(s, q)))
    return {
        "no step from a leaf to itself": ForAll(x, Eq(steps(T, x), 0)),
        "one step and what follows": ForAll(
            t, x, y, implications(t < n, edge, inside, Eq(flow, V(t + 1, y) * (steps(t + 1, y) - steps(t, x))))
        ),
        "from the root down": Eq(current(steps, 0, root) + degree_below(0, root), 0),
        "cost of a visit": ForAll(x, y, implications(edge.subs(t, n), Eq(F(y), 1 + steps(n, x)))),
        "conductances below": ForAll(t, x, implications(t < T, Eq(dead(t, x), 0), 0 < V(t, x), below)),
        "none below a leaf": ForAll(x, Eq(conductances(T, x), 0)),
        "none where no walk comes": ForAll(t, x, implications(Eq(V(t, x), 0), Eq(conductances(t, x), 0))),
    }


def know_root(s: Derivation, run: Walk) -> Line:
    """0 < V at the root; the conductances below it."""
    with s.suppose(V(0, root) <= 0):
        s.know(s.zero(V(0, root), run.given["twist is non-negative"](0, root)))
        wrong = s.prove(relation("<", 0, 0), run.given["twist kills no live value"](0, root))
        low = s.anything(0 < V(0, root), wrong)
    with s.suppose(0 < V(0, root)) as inside:
        high = inside[0]
    return s.cases(V(0, root), 0, low, high)


@statement(
    "S18.stationary",
    source="new",
    title="the stationary mean of steps from a leaf to the next",
    words="The walk as in S18, steps(t, x) the mean number of steps from x to the next leaf, F(z) = 1 + steps(n, parent of z) that from a "
    "leaf z, conductances(t, x) the sum over the levels below x of the mean of prod psi V from x: pi(F) = S = 2 conductances(0, root)"
    "/Vstar_0.  Nodes where V is 0 are not there.",
)
@in_sympy("S18.stationary")
def stationary(s: Derivation) -> Line:
    """Below an edge x -> y: pi(F) = 2 conductances(y) + V(y) (1 - steps(y) + steps(x))."""
    run, rules = Walk(s), s.setting(step_rules())
    positive, ends = s.given(0 < total), run.value(PF, F(x))

    def claim(time: Any) -> Any:
        return Eq(
            PF(time + 1, y), 2 * conductances(time + 1, y) + V(time + 1, y) * (1 - steps(time + 1, y) + steps(time, x))
        )

    def at_leaf() -> Line:
        leaf = rules["no step from a leaf to itself"](y), rules["none below a leaf"](y), rules["cost of a visit"](x, y)
        return s.prove(claim(n), ends["terminal value"](y), *leaf)

    def at_node(ahead: Line) -> Line:
        with s.suppose(V(t + 1, y) <= 0):
            s.know(s.zero(V(t + 1, y), run.given["twist is non-negative"](t + 1, y)))
            none = rules["none where no walk comes"](t + 1, y), ends["twist kills no live value"](t + 1, y)
            low = s.prove(claim(t), *none)
        with s.suppose(0 < V(t + 1, y)):
            mean, own = run.children(t + 1, y, lambda: ahead(u)), rules["conductances below"](t + 1, y)
            high = s.prove(
                claim(t), mean, own, rules["one step and what follows"](t, x, y), ends["value recursion"](t + 1, y)
            )
        return s.cases(V(t + 1, y), 0, low, high)

    edges = run.below(claim, at_leaf, at_node)
    with s.suppose(Eq(noedge(0, root, u), 0)) as child:
        ahead = child.then(edges(0, root, u), u)
    mean = run.children(0, root, lambda: ahead(u))
    s.know(positive), s.know(know_root(s, run))
    whole = rules["conductances below"](0, root), rules["from the root down"], ends["value recursion"](0, root)
    return s.prove(Eq(PF(0, root) / total, each), mean, *whole)


@statement(
    "S18.steps",
    source="new",
    title="the steps to a visit from the root are at most kappa times their stationary mean",
    words="As S18.stationary, with kappa of S18.first and U, HJ of S18.visits for this F, U >= 0 as means of steps are: the mean number of "
    "steps from the root to the visit j + 1, steps(0, root) and the sum of HJ(i, 0, root) for i < j, is at most kappa(0, root) "
    "(S (j + 1) - 1), with S = 2 conductances(0, root)/Vstar_0.",
)
@in_sympy("S18.steps")
def steps_to_visit(s: Derivation) -> Line:
    """walk_potential: kappa (S - 1) steps to the first leaf; S18.first for every U_i: kappa S steps from a visit to the next."""
    visits, rules = Visits(s), s.setting(step_rules())
    run, mean = First(s), kappa(0, root)
    nonneg = s.given(ForAll(i, x, 0 <= U(i, x)))
    s.know(run.positive), s.know(know_root(s, run))

    def degree(time: Any, at: Any) -> Any:
        return V(time, at) + degree_below(time, at)

    def rest(time: Any, at: Any) -> Any:
        return 2 * conductances(time, at) + V(time, at) - Vstar(time, at)

    potential, twist = run.given["potentials are non-negative"], run.given["twist is non-negative"]

    def know_degree(time: Any, at: Any) -> Line:
        return s.expect(
            M(time, at), u, s.prove(0 <= psi(time, at, u) * V(time + 1, u), potential(time, at, u), twist(time + 1, u))
        )

    s.know(s.gen(s.prove(0 <= degree(t, x), know_degree(t, x), twist(t, x)), t, x))
    s.know(s.prove(0 <= degree_below(0, root), know_degree(0, root)))
    leaf = rules["no step from a leaf to itself"](x), rules["none below a leaf"](x), run.given["terminal value"](x)
    s.know(s.gen(s.both(s.prove(Eq(rest(T, x), V(T, x) * steps(T, x)), *leaf), s.prove(0 <= steps(T, x), leaf[0])), x))
    edge, inside = Eq(noedge(t, x, y), 0), V(t + 1, y)
    with s.suppose(t < n, edge, 0 < inside) as here:
        step(s, run)
        own = rules["conductances below"](t + 1, y), run.given["value recursion"](t + 1, y)
        value = here.then(s.prove(Eq(rest(t + 1, y), degree(t + 1, y) + down(t + 1, y, rest)), *own), t, x, y)
    with s.suppose(t < n, edge, Eq(inside, 0)) as here:
        step(s, run)
        gone = here[2], rules["none where no walk comes"](t + 1, y), run.given["twist kills no live value"](t + 1, y)
        none = here.then(s.prove(Eq(rest(t + 1, y), 0), *gone), t, x, y)
    with s.suppose(t < n, edge, 0 < inside) as here:
        flow = rules["one step and what follows"](t, x, y)
        flow = s.prove(Eq(current(steps, t + 1, y) + degree(t + 1, y), flow.rhs), flow)
        flows = here.then(flow, t, x, y)
    for line in (value, none, flows):
        s.know(line)
    at = {H(t, x): steps(t, x), P(t, x): rest(t, x), R(t, x): degree(t, x), R0: degree_below(0, root)}
    line = s.use("walk_potential", at)
    whole = rules["conductances below"](0, root), run.given["value recursion"](0, root)
    first = s.prove(steps(0, root) <= mean * (each - 1), line, *whole)
    for rule in (*visits.of(visits.means, 0).values(), *visits.of(visits.means, i).values()):
        s.know(rule)
    for rule in visits.of(visits.extensions, i).values():
        s.know(rule)
    s.know(s.gen(nonneg(i, x), x))
    end = s.prove(Eq(one(0, T, x), F(x) * V(T, x)), visits.of(visits.means, 0)["terminal value"](x), visits.start(x))
    s.know(s.gen(end, x))
    stationary = s.use("S18.stationary", {PF(t, x): one(0, t, x)})
    later = s.use("S18.first", {F(x): U(i, x), H(t, x): extension(i, t, x), KF(x): U(i + 1, x), PF(t, x): one(i, t, x)})
    still = s.use("visits_still", {j: i})
    with s.below(i, j) as inside_sum:
        costs = inside_sum.sum(s.prove(extension(i, 0, root) <= mean * each, later, still, stationary))
    taken = steps(0, root) + summed(j, i, extension(i, 0, root))
    return s.prove(taken <= mean * (each * (j + 1) - 1), first, costs)
