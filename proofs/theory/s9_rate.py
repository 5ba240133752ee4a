"""The rate of S9: a bias of the order min(1, T/N) with a perfect reward model, and so G2's sqrt T / N with a constant."""

from __future__ import annotations

from sympy import Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Root, relation, symbols
from proofs.lemmas.clouds import particles
from proofs.registry import lemma, statement
from proofs.theory.s5_bias import target
from proofs.theory.s9_run import theta
from proofs.theory.s10_certificate import out

N, n = particles.symbols("N n")
T = n + 1


@lemma("shrunk_power", title="q^n (1 + n (1 - q)) <= 1 for 0 <= q <= 1")
@in_sympy("shrunk_power")
def shrunk_power(d: Derivation) -> Line:
    """q (1 + (n + 1)(1 - q)) = 1 + n (1 - q) - (n + 1)(1 - q)^2."""
    q = symbols("q")[0]
    low, high = d.given(0 <= q, q <= 1)

    def value(steps):
        return q**steps * (1 + steps * (1 - q))

    def claim(steps):
        return relation("<=", value(steps), 1)

    power = d.use("power_nonneg")(q, n)
    with d.suppose(claim(n)) as hyp:
        less = d.prove(value(n + 1) <= value(n), d.prove(0 <= (n + 1) * (1 - q) ** 2 * q**n, power))
        step = hyp.then(d.prove(claim(n + 1), less, hyp[0]))
    return d.gen_after(d.gen_after(d.induct(n, claim, d.prove(claim(0)), step)(n), high), low, q, n)


@statement(
    "S9.rate",
    source="new",
    title="the bias of SMC is of the order min(1, T/N), even with a perfect reward model",
    words="As S9.run, with T >= 2 steps and N >= 2 particles: if T <= N then T/(384 N) <= pi(A) - out(A), and if N <= T then 1/384 <= "
    "pi(A) - out(A).  Where G2 has sqrt T / N it is T/N.",
)
@in_sympy("S9.rate")
def rate(s: Derivation) -> Line:
    """1 - theta^n >= g/(1 + g) for g = 3 n/(2 N), and 12 n >= 3 T (1 + g) for T <= N, 8 g >= 3 (1 + g) for N <= T; T <= 2 n."""
    steps, two = s.given(relation("<=", 1, n), relation("<=", 2, N))
    s.know(s.prove(relation("<", 0, N), two))
    low = s.use("S9.run")[0]
    z = Rational(3, 2) / N
    g, P = n * z, theta**n
    s.know(s.prove(0 <= theta, two))
    power = s.use("shrunk_power")(theta, n)
    a, b, w = symbols("a b w")
    with s.suppose(0 <= b, a * (1 + b) <= 1, w * (1 + b) <= b) as here:
        s.know(s.prove(0 < 1 + b))
        room = here.then(s.prove(w <= 1 - a, here[1], here[2]), a, b, w)
    s.know(power)
    quarter = s.prove(Rational(1, 4) <= (1 - 1 / N) ** 2, two)
    lines = []
    for less, more, part in ((T, N, Rational(3, 8) * T / N), (N, T, Rational(3, 8))):
        with s.suppose(less <= more) as here:
            s.know(s.prove(part * (1 + g) <= g, here[0], steps))
            most = room(P, g, part)
            bound = s.prove(part / 144 <= (1 - 1 / N) ** 2 * (1 - P) / 36, quarter, most)
            lines.append(here.then(s.chain(bound, low)))
    return s.both(*lines)


@statement(
    "G2",
    source="neighbour",
    title="bias of SMC of the order sqrt T / N with a perfect reward model, that of Proposition C.8, on the model of S9: constant 1/384",
    words="As S9.rate, on its model: if sqrt T <= N then sqrt T/(384 N) <= pi(A) - out(A), and if N <= sqrt T then 1/384 <= pi(A) - "
    "out(A).  S9.rate is stronger; the neighbour's own family is held against the order on exact laws.",
)
@in_sympy("G2")
def neighbour(s: Derivation) -> Line:
    _, two = s.given(relation("<=", 1, n), relation("<=", 2, N))
    s.know(s.prove(relation("<", 0, N), two))
    known = s.use("S9.rate")
    size = Root(T)
    square, nonneg = s.axiom("sqrt_square", T), s.axiom("sqrt_nonneg", T)
    least = s.know(s.use("root_at_least_one")(T))
    below = s.prove(size <= T, s.prove(0 <= size * (size - 1), least, nonneg), square)
    with s.suppose(size <= N) as here:
        with s.suppose(T <= N):
            few = s.prove(size / (384 * N) <= target - out, known[0](), below)
        with s.suppose(N < T) as more:
            s.know(s.prove(N <= T, more[0]))
            many = s.prove(size / (384 * N) <= target - out, known[1](), here[0])
        first_half = here.then(s.cases(T, N, few, many))
    with s.suppose(N <= size) as here:
        s.know(s.prove(N <= T, here[0], below))
        second_half = here.then(known[1]())
    return s.both(first_half, second_half)
