"""S12 path by path, summed over paths: the maximum over the edges becomes an average under the target.

Test functions F_j, j < J, each of which is met at the end of edges with Qbar at most b(j, k) times the least Vstar/V at time k; on a prefix
tree they are the leaves, and b(j, k) >= 1 is read along the path to leaf j.
"""

from __future__ import annotations

from sympy import Eq, Product, Sum

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, function, relation, symbols
from proofs.lemmas.clouds import particles, sequence
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s5_normaliser import begin
from proofs.theory.s10_certificate import each_Out, each_VF, for_each, numbered

N, n, t, k, b, c, d, Out = particles.symbols("N n t k b c d Out")
x, root, Vstar, VF, F = layered.symbols("x root Vstar VF F")
j, J = symbols("j J", "nat")
a, pi, excess = (function(name, "nat -> real") for name in ("a", "pi", "excess"))
peak = function("bJ", "nat nat -> real")
factor = Product(1 + (peak(j, k) - 1) / N, (k, 0, n))


@statement(
    "S12.average",
    source="new",
    title="bias of SMC by the average over paths",
    words="As S12.path for test functions F_j, j < J, with weights 0 <= a(j) <= 1 (paths, and an event of them), answers Out_j, targets "
    "pi(j), and b(j, k) >= 1 for F_j; with excess(k) = sum_j pi(j) (b(j, k) - 1): sum_j a(j) (pi(j) - out_j) <= (1/N) sum_{k<T} excess(k). "
    "On a prefix tree excess(k) is the target's mean of max(Qbar_k / min Vstar/V, 1) - 1 over the edges of step k.",
)
@in_sympy("S12.average")
def averaged(s: Derivation) -> Line:
    at = numbered | {b(k): peak(j, k)}
    names, part, big, shares = s.given(
        ForAll(j, Eq(pi(j), each_VF(j, 0, root) / Vstar(0, root))),
        ForAll(j, Both(0 <= a(j), a(j) <= 1)),
        ForAll(j, k, relation("<=", 1, peak(j, k))),
        ForAll(k, Eq(excess(k), Sum(pi(j) * (peak(j, k) - 1), (j, 0, J - 1)))),
    )
    answer, at_least = begin(each_Out(j, 0, d)), big(j, k)
    s.know(s.gen(s.prove(0 <= peak(j, k), at_least), k))
    line, positive = (for_each(s, s.use(name, at), j) for name in ("S12.path", "target_nonneg"))
    low = s.put(line, lambda p: p <= factor * answer, names(j))
    nonneg = s.put(positive, lambda p: relation("<=", 0, p), names(j))
    one = s.nat_step(s.given(0 < N))
    s.know(s.gen(s.prove(relation("<=", 1, 1 + (peak(j, k) - 1) / N), at_least, one), k))
    s.know(s.gen(s.prove(0 <= 1 + (peak(j, k) - 1) / N, at_least, one), k))
    s.know(s.use("product_at_least_one", {sequence(k): 1 + (peak(j, k) - 1) / N})(n + 1))
    length = Sum((peak(j, k) - 1) / N, (k, 0, n))
    short = s.use("density_below_sum", {sequence(k): (peak(j, k) - 1) / N, n: n + 1})
    with s.below(k, n + 1) as inside:
        weak = inside.sum(s.prove(0 <= (peak(j, k) - 1) / N, at_least, one))
    s.know(s.prove(0 < factor))
    least = s.prove(pi(j) / factor <= answer, low)
    gap = s.prove(pi(j) - answer <= pi(j) * (1 - 1 / factor), least)
    wide = s.prove(pi(j) * (1 - 1 / factor) <= pi(j) * length, short, nonneg)
    share, most = part(j), s.prove(0 <= pi(j) * length, nonneg, weak)
    under = s.prove(a(j) * (pi(j) - answer) <= a(j) * (pi(j) * length), s.chain(gap, wide), share[0])
    each = s.chain(under, s.prove(a(j) * (pi(j) * length) <= pi(j) * length, most, share[1]))
    with s.below(j, J) as inside:
        sums = inside.sum(each)
    swapped = s.fubini(Sum(Sum(pi(j) * ((peak(j, k) - 1) / N), (k, 0, n)), (j, 0, J - 1)))
    bound = Sum(excess(k), (k, 0, n)) / N
    with s.below(k, n + 1) as inside:
        named = inside.sum(s.prove(Eq(excess(k) / N, Sum(pi(j) * ((peak(j, k) - 1) / N), (j, 0, J - 1))), shares(k)))
    return s.prove(sums.lhs <= bound, sums, swapped, named)
