"""G3: the chi-square between the intermediate targets as a product of two means, an identity; derived in sympy."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Eq, Expr, Mul

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Element, Expect, ForAll, Law, Recip, function, relation
from proofs.registry import statement

reference = Law("ref", "", "X", kind="S")
state = Element("x", "X")
twist, value = function("V", "X -> real"), function("Vstar", "X -> real")


def tilted(d: Derivation, law: Law, weight: Callable, mass: Line, sign: Line) -> Callable[[Expr], Line]:
    """The probability proportional to `weight` under the reference."""

    def mean(f: Callable) -> Expr:  # sealed in this order
        bulk = Expect(reference, state, Mul(f(state), weight(state), evaluate=False))
        return Mul(bulk, Recip(mass.rhs), evaluate=False)

    def positive(test: Line, f: Callable) -> Line:
        each = d.prove(relation("<=", 0, f(state) * weight(state)), test(state), sign)
        return d.prove(relation("<=", 0, mean(f)), d.expect(reference, state, each))

    return d.define_law(law, state, mean, positive, mass)


@statement(
    "G3",
    source="neighbour",
    title="chi-square of the twisted targets as a product of two means (Fact A.2)",
    words="For a positive functional `ref` (the reference, with the path's potentials), pi*(f) = ref(f V*)/ref(V*), pihat(f) = "
    "ref(f V)/ref(V) and V, V* > 0: 1 + chi^2(pi* || pihat) = pihat((dpi*/dpihat)^2) = pi*(V/V*) pi*(V*/V).",
)
@in_sympy("G3")
def chi_square_identity(d: Derivation) -> Line:
    """pihat((dpi*/dpihat)^2) = ref(V*^2/V) ref(V)/ref(V*)^2, pi*(V/V*) = ref(V)/ref(V*), pi*(V*/V) = ref(V*^2/V)/ref(V*)."""
    V, Vstar = twist(state), value(state)
    Z, Zstar = Expect(reference, state, V), Expect(reference, state, Vstar)
    signs, mass, true_mass = d.given(ForAll(state, Both(0 < V, 0 < Vstar)), 0 < Z, 0 < Zstar)
    for part in (0, 1):
        d.know(signs(state)[part])
    pihat, pistar = Law("pihat", "", "X"), Law("pistar", "", "X")
    hat = tilted(d, pihat, twist, mass, signs(state)[0])
    star = tilted(d, pistar, value, true_mass, signs(state)[1])
    density = Vstar * Recip(V) * Z * Recip(Zstar)
    ratio, inverse = Vstar * Recip(V), V * Recip(Vstar)

    def mean(f: Expr) -> Expr:
        return Expect(reference, state, f)

    def same(f: Expr, g: Expr) -> Line:
        return d.expect(reference, state, d.prove(relation("=", f, g)))

    bulk = mean(Vstar**2 * Recip(V))
    square = same(density**2 * V, Vstar**2 * Recip(V) * (Z * Recip(Zstar)) ** 2)
    chi = d.prove(Eq(Expect(pihat, state, density**2), bulk * Z * Recip(Zstar) ** 2), hat(density**2), square)
    down = d.prove(Eq(Expect(pistar, state, inverse), Z * Recip(Zstar)), star(inverse), same(inverse * Vstar, V))
    up = d.prove(Eq(Expect(pistar, state, ratio), bulk * Recip(Zstar)), star(ratio))
    return d.prove(
        Eq(Expect(pihat, state, density**2), Expect(pistar, state, inverse) * Expect(pistar, state, ratio)),
        chi,
        down,
        up,
    )
