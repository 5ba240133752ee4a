"""G3: the chi-square between the intermediate targets as a product of two means, an identity."""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import (
    E,
    all_of,
    both,
    element,
    finite_set,
    fn,
    le,
    lt,
    measure,
)
from proofs.registry import statement


@statement(
    "G3",
    source="neighbour",
    title="chi-square of the twisted targets as a product of two means (Fact A.2)",
    words="For a positive functional `ref` (the reference, with the path's potentials), pi*(f) = ref(f V*)/ref(V*), pihat(f) = "
    "ref(f V)/ref(V) and V, V* > 0: 1 + chi^2(pi* || pihat) = pihat((dpi*/dpihat)^2) = pi*(V/V*) pi*(V*/V).",
)
def chi_square_identity(p: Proof) -> Fact:
    ref, s = finite_set("ref", "", "X"), element("X", "x")
    twist, true = fn("V", "X -> real"), fn("Vstar", "X -> real")
    hat, star = measure("pihat", "", "X"), measure("pistar", "", "X")
    values = p.assume(all_of(s, both(lt(0, twist(s)), lt(0, true(s)))))
    masses = p.assume(lt(0, E(ref, s, twist(s)))), p.assume(lt(0, E(ref, s, true(s))))

    def tilted(head, value, side: str, mass: Fact) -> tuple[Fact, Node]:
        total_mass = E(ref, s, value(s))

        def right(f) -> Node:
            return E(ref, s, f(s) * value(s)) / total_mass

        def positive(test: Fact) -> Fact:
            f = test.spec(s).sides[1]
            each = p.cert(le(0, f * value(s)), products=[(1, [test.spec(s), getattr(values.spec(s), side)], [])])
            average = p.mono(each.gen(s), E(ref, s, 0), E(ref, s, f * value(s)))
            return p.cert(
                le(0, E(ref, s, f * value(s)) / total_mass), products=[(1, [average, p.positive_inverse(mass)], [])]
            )

        law, f = p.define_measure(head, s, right, positive, dens=[mass])
        return law, f

    p.note("the two targets as probabilities")
    law_hat, f = tilted(hat, twist, "left", masses[0])
    law_star, f = tilted(star, true, "right", masses[1])
    a, q = E(ref, s, twist(s)), E(ref, s, true(s))
    density = true(s) / twist(s) * (a / q)
    vpos, spos = values.spec(s).left, values.spec(s).right
    square = law_hat.inst((f, density**2))
    down, up = law_star.inst((f, twist(s) / true(s))), law_star.inst((f, true(s) / twist(s)))
    p.note(
        "pihat((dpi*/dpihat)^2) = ref(V*^2/V) ref(V)/ref(V*)^2, pi*(V/V*) = ref(V)/ref(V*), pi*(V*/V) = ref(V*^2/V)/ref(V*)"
    )
    one = p.equal(density**2 * twist(s), true(s) ** 2 / twist(s) * (a / q) ** 2, dens=[vpos]).gen(s)
    two = p.equal(twist(s) / true(s) * true(s), twist(s), dens=[spos]).gen(s)
    first_law = p.rewrite(one, lambda G: E(ref, s, G(s)))
    second = p.rewrite(two, lambda G: E(ref, s, G(s)))
    left, right = square.sides[0], down.sides[0] * up.sides[0]
    return p.equal(
        left,
        right,
        [(1, square), (1 / a, first_law), (up.sides[0], down), (up.sides[0] / q, second), (a / q, up)],
        [masses[0], masses[1]],
    )
