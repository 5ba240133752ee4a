"""S1 about the target: the guided law tilted by W = prod rho_t is the target, so that S1 bounds chi^2(pi || guided).

A, C and AF are the guided means of W, W^2 and W F from a state on, W the product of the later Bellman ratios, F a function of the last
state.  VF = B V AF and Vstar = B V A, so that on a prefix tree, where last states are paths, W/A is the density of the target for the
guided law.
"""

from __future__ import annotations

from sympy import Eq, Product

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, function, implications, relation
from proofs.lemmas.adapted_system import rho, target
from proofs.lemmas.clouds import particles
from proofs.lemmas.guided_chord import BV, know_live
from proofs.lemmas.guided_chord import off_path as off
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s1_variance import path_weights
from proofs.theory.s12_adapted import Guided
from proofs.theory.s12_adapted import state as z

n, m, t, k = particles.symbols("n m t k")
x, root, V, Vstar, VF, F, dead, guided = layered.symbols("x root V Vstar VF F dead guided")
T = n + 1
A, C, AF = (function(name, "nat X -> real") for name in ("A", "C", "AF"))
lo, r = function("lo", "nat -> real"), function("r", "nat -> real")
ANSWERS = "there are particles", "answer at the end", "answer before", "answers are in range"
q = Product(r(k + 1), (k, 0, n - 1))
live = Eq(dead(t, x), 0)


def ahead(value, power=1):
    """E[guided](rho^power value) one step later."""
    return Expect(guided(t, x), z, rho(t + 1, z) ** power * value(t + 1, z))


class Tilted(Guided):
    """Guided paths with their weights."""

    def __init__(self, s: Derivation):
        super().__init__(s, *ANSWERS, "the first move exists")
        here, last = (live, 0 < V(t, x)), Expect(guided(n, x), z, F(z))
        inside = Both(lo(t) <= rho(t + 1, x), rho(t + 1, x) <= r(t + 1) * lo(t))
        after = Eq(dead(t + 1, x), 0), 0 < V(t + 1, x)
        formulas = {
            "guided moves exist": ForAll(t, x, implications(t < T, *here, 0 < BV)),
            "mean": ForAll(t, x, implications(t < n, *here, Eq(A(t, x), ahead(A)))),
            "square": ForAll(t, x, implications(t < n, *here, Eq(C(t, x), ahead(C, 2)))),
            "tested mean": ForAll(t, x, implications(t < n, *here, Eq(AF(t, x), ahead(AF)))),
            "at the end": ForAll(x, Both(Eq(A(n, x), 1), Eq(C(n, x), 1))),
            "tested end": ForAll(x, Eq(AF(n, x), last)),
            "bounds are positive": ForAll(t, Both(0 < lo(t), 0 < r(t))),
            "Bellman ratios in range": ForAll(t, x, implications(t < n, *after, inside)),
        }
        self.path = dict(zip(formulas, map(s.know, s.given(*formulas.values())), strict=True))
        self.null = self.use("guided_null")

    def next_good(self, time):
        """`surely` for a guided move from x at this time, where B V > 0."""
        s = self.s
        return s.surely(
            guided(time, x), z, off(time + 1, z), s.gen(self.null(time + 1, z)[0], z), self.use("guided_alive")(time, x)
        )

    def tilt(self, value, answer, part: int, names: tuple[str, str], end) -> Line:
        """value = B V answer at live states with V > 0 at time t <= n; `end` is value/V at the end."""
        s, mean = self.s, self.means[part]

        def claim(steps):
            return ForAll(t, x, implications(Eq(t + steps, n), live, 0 < V(t, x), Eq(value(t, x), BV * answer(t, x))))

        def averaged(time, steps, line) -> Line:
            """value(time, x)/B V as the guided mean of the side of `line` that is value/V one step later."""
            whole = mean(time, steps, x)
            with self.next_good(time) as on:
                know_live(self.s, self.null, time + 1, z)
                means = on.average(line())
            return s.prove(Eq(value(time, x), BV.subs(t, time) * means.rhs), whole, means)

        with s.suppose(Eq(t, n), live, 0 < V(t, x)) as now:
            there = [s.at(now[0], now[1], lambda r: Eq(dead(r, x), 0)), s.at(now[0], now[2], lambda r: 0 < V(r, x))]
            for line in there:
                s.know(line)
            s.know(s.prove(n < T))
            s.know(s.prove(Eq(n + 1, T)))
            s.know(self.path["guided moves exist"](n, x))
            last = self.given[names[0]]
            value_here = averaged(n, 0, lambda: s.prove(Eq(value(n + 1, z) / V(n + 1, z), end(z)), last(z)))
            known = self.path[names[1]](x)
            known = known[0] if part == 0 else known
            whole = s.prove(Eq(value(n, x), BV.subs(t, n) * answer(n, x)), value_here, known)
            back = s.prove(Eq(n, t), now[0])
            base = now.then(s.at(back, whole, lambda r: Eq(value(r, x), BV.subs(t, r) * answer(r, x))), t, x)
        with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), n), live, 0 < V(t, x)) as now:
            s.know(s.prove(t < n, now[0]))
            s.know(s.prove(t < T, now[0]))
            s.know(s.prove(Eq(t + 1 + (m + 1), T), now[0]))
            s.know(self.path["guided moves exist"](t, x))

            def later() -> Line:
                moved = rho(t + 1, z) * answer(t + 1, z)
                return s.prove(Eq(value(t + 1, z) / V(t + 1, z), moved), hyp[0](t + 1, z))

            value_here = averaged(t, m + 1, later)
            names_of = {A: "mean", AF: "tested mean"}
            line = s.prove(Eq(value(t, x), BV * answer(t, x)), value_here, self.path[names_of[answer]](t, x))
            step = hyp.then(now.then(line, t, x))
        return s.induct(m, claim, base, step)

    def chain(self) -> Line:
        """S1.product for guided paths: a place is live where dead = 0 and V > 0, and moves follow edges to such places."""
        s, path = self.s, self.path
        s.know(s.gen(self.null(t + 1, z)[0], t, x, z))
        with s.suppose(t < n, Eq(off(t, x), 0)) as here:
            know_live(self.s, self.null, t, x)
            s.know(s.prove(t < T))
            s.know(path["guided moves exist"](t, x))
            lines = [self.use("guided_alive")(t, x), path["mean"](t, x), path["square"](t, x)]
            with s.suppose(Eq(off(t + 1, z), 0)) as there:
                know_live(self.s, self.null, t + 1, z)
                inside = there.then(path["Bellman ratios in range"](t, z))
                stays = there.then(there[0])
        for line in lines:
            s.know(here.then(line, t, x))
        for line in (inside, stays):
            s.know(here.then(line, t, x, z))
        at = {
            path_weights.symbols("K")(t, x): guided(t, x),
            function("dead", "nat X -> real")(t, x): off(t, x),
            function("noedge", "nat X X -> real")(t, x, z): off(t + 1, z),
            function("rho", "nat X -> real")(t, x): rho(t, x),
        }
        return s.use("S1.product", at)


@statement(
    "S1.target",
    source="new",
    title="Bellman error bounds chi^2 of the target to the guided law",
    words="Guided paths of horizon T = n + 1 where V > 0, W = prod_{t=1}^n rho_t, A, C, AF the guided means of W, W^2 and W F from a state "
    "on: for every test function F of the last state the target's mean is AF/A, which makes W/A the density of the target on a prefix "
    "tree, where last states are paths; and chi^2(pi || guided) of paths = C/A^2 - 1 <= "
    "(q - 1)^2/(4 q) = sinh^2(Lambda), q = prod_{t=1}^n r_t.",
)
@in_sympy("S1.target")
def chi_square(s: Derivation) -> Line:
    tilted = Tilted(s)
    s.given(0 < Vstar(0, root))
    mass = tilted.tilt(Vstar, A, 0, ("terminal value", "at the end"), lambda q: 1)(n, 0, root)
    tested = tilted.tilt(VF, AF, 1, ("tested terminal value", "tested end"), F)(n, 0, root)
    spread = tilted.chain()
    s.know(s.prove(Eq(off(0, root), 0), tilted.given["the root is live"]))
    s.know(s.prove(relation("<", 0, T)))
    move = s.know(tilted.path["guided moves exist"](0, root))
    s.know(s.contradiction(0 < A(0, root), mass, move))
    ratio = s.prove(Eq(target, AF(0, root) / A(0, root)), mass, tested)
    return s.both(ratio, s.form(spread(root), C(0, root) / A(0, root) ** 2 - 1 <= (q - 1) ** 2 / (4 * q)))
