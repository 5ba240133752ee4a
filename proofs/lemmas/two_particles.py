"""The exact second moment of a particle filter, by following two particles: the general form behind S5.recursion."""

from __future__ import annotations

from collections.abc import Callable

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, at, draws, element, eq, fn, implies, le, lt, nat, total
from proofs.lemmas.clouds import B, K, N, at_k, c, d, e, f, i, k, m, mixture, n, over, t, w, weights
from proofs.registry import lemma

D = fn("D", "nat Edge Edge -> real")
j = nat("j")


def double(s: Node, cloud: Node) -> Node:
    """sum_i sum_j D(s, c_i, c_j)."""
    return over(cloud, lambda q: total(N, j, D(s, q, at(cloud, j))))


@lemma(
    "two_particles",
    title="the two-particle recursion",
    words="B(t, c) = (1/N^2) sum_i sum_j D(t, c_i, c_j), where D follows two particles that have a common parent with probability 1/N.",
)
def two_particles(p: Proof) -> Fact:
    u, v = element("Edge", "u v")
    end = p.assume(all_of(c, eq(B(n, c), (over(c, lambda q: w(n, q)) / N) ** 2)))
    ends = p.assume(all_of(u, v, eq(D(n, u, v), w(n, u) * w(n, v))))
    value = p.rewrite(ends, lambda F: over(c, lambda q: total(N, j, F(q, at(c, j)))))
    last = p.show(eq(B(n, c), double(n, c) / N**2), end.spec(c), value).gen(c)
    return p.use("two_lineages").cut(last)


@lemma(
    "two_lineages",
    title="the two-particle recursion, for any last value of the pairs",
    words="B(t, c) = (1/N^2) sum_i sum_j D(t, c_i, c_j), where D follows two particles that have a common parent with probability 1/N, if "
    "it is so for the last cloud.",
)
def two_lineages(p: Proof) -> Fact:
    many = p.assume(lt(0, N))
    positive = p.assume(all_of(t, e, le(0, w(t, e))))
    rec = p.assume(
        all_of(t, c, implies(lt(t, n), eq(B(t, c), (weights / N) ** 2 * E(draws(N, mixture(t, c)), d, B(t + 1, d)))))
    )
    last_cloud = p.assume(all_of(c, eq(B(n, c), double(n, c) / N**2)))
    u, v = element("Edge", "u v")

    def mixed(g: Callable[[Node], Node], *more: Node) -> Fact:
        pushed = over(c, lambda q: w(t, q) * E(K(t, q), f, g(f)))
        law = eq(E(mixture(t, c), f, g(f)), pushed / weights)
        return p.assume(all_of(t, c, *more, implies(lt(t, n), lt(0, weights), law)))

    diagonal, from_left, from_right = (
        mixed(lambda q: D(t + 1, q, q)),
        mixed(lambda q: D(t + 1, q, v), v),
        mixed(lambda q: D(t + 1, u, q), u),
    )
    twins = E(K(t, u), f, D(t + 1, f, f))
    apart = E(K(t, u), e, E(K(t, v), f, D(t + 1, e, f)))
    pairs = p.assume(
        all_of(t, u, v, implies(lt(t, n), eq(D(t, u, v), w(t, u) * w(t, v) * (twins / N + (1 - 1 / N) * apart))))
    )

    def claim(r: Node) -> Node:
        return all_of(t, c, implies(eq(t + r, n), eq(B(t, c), double(t, c) / N**2)))

    at_end = p.assume(eq(t + 0, n))
    same = p.show(eq(n, t), at_end)
    base = p.rewrite(same, lambda F: eq(B(F(), c), double(F(), c) / N**2), last_cloud.spec(c))
    base = base.discharge(at_end).gen(t, c)

    hyp = p.assume(claim(m))
    now = p.assume(eq(t + (m + 1), n))
    before = p.show(lt(t, n), p.nat_nonneg(m), now)
    law = pairs.spec(t, u, v).mp(before).gen(u, v)
    p.note("sum the recursion of D over the pairs of the cloud")
    opened = p.rewrite(law, lambda F: over(c, lambda q: total(N, j, F(q, at(c, j)))))
    goal = eq(B(t, c), double(t, c) / N**2)
    recursion = rec.spec(t, c).mp(before)
    later = E(draws(N, mixture(t, c)), d, B(t + 1, d))

    p.note("all weights vanish: both sides are 0")
    small = p.assume(le(weights, 0))
    average = p.mono(positive.spec(t, at(c, i)).gen(i), total(N, i, 0), weights)
    none = p.antisymmetry(small, p.conv(average, le(0, weights)))
    zero = (
        p.use("terms_vanish")
        .inst((fn("f", "nat -> real")(k), w(t, at(c, k))))
        .spec(N)
        .mp(positive.spec(t, at(c, k)).gen(k), none)
    )
    inside = p.assume(lt(i, N))

    def row(q: Node) -> Node:
        qj = at(c, j)
        same_parent = E(K(t, q), f, D(t + 1, f, f))
        other = E(K(t, q), e, E(K(t, qj), f, D(t + 1, e, f)))
        return total(N, j, w(t, qj) * (same_parent / N + (1 - 1 / N) * other))

    term = w(t, at(c, i)) * row(at(c, i))
    each = p.show(eq(term, 0 * term), zero.spec(i).mp(inside)).discharge(inside).gen(i)
    gone = (
        p.use("sum_equal")
        .inst((fn("f", "nat -> real")(k), at_k(term)), (fn("g", "nat -> real")(k), 0 * at_k(term)))
        .spec(N)
        .mp(each)
    )
    low = p.cert(
        goal,
        eqs=[(1, recursion), (weights / N**2 * later, none), (1 / N**2, opened), (1 / N**2, gone)],
        why="the multipliers of this many equations are not found in time",
    )

    p.note("otherwise: E sum_ij D(d_i, d_j) = N next(diagonal) + N (N-1) next(next(D))")
    alive = p.assume(lt(0, weights))
    one = hyp.spec(t + 1, d).mp(now)
    under = p.rewrite(one.gen(d), lambda F: E(draws(N, mixture(t, c)), d, F(d)))
    nested = E(mixture(t, c), u, E(mixture(t, c), f, D(t + 1, u, f)))
    pair = p.step("iid_pair", [], [nested, N])
    split = diagonal.spec(t, c).mp(before, alive)
    right = from_right.spec(t, c, u).mp(before, alive).gen(u)
    left = from_left.spec(t, c, v).mp(before, alive).gen(v)
    p.note("exchange the two, open one mixture, exchange, open the other, exchange")
    mu, Kj = mixture(t, c), K(t, at(c, j))

    def swap(term: Node) -> Fact:
        return p.step("fubini", [], [term])

    steps = [swap(nested), p.rewrite(left, lambda F: E(mu, f, F(f)))]
    half = over_j(lambda q: w(t, q) * E(K(t, q), e, D(t + 1, e, f)))
    steps.append(scaled(p, swap(E(mu, f, half)), 1 / weights, E(mu, f, half / weights)))
    inner = swap(E(mu, f, E(Kj, e, D(t + 1, e, f)))).gen(j)
    moved = p.rewrite(inner, lambda F: total(N, j, w(t, at(c, j)) * F(j)))
    steps.append(scaled(p, moved, 1 / weights))
    opened_right = p.rewrite(right, lambda F: total(N, j, w(t, at(c, j)) * E(Kj, e, F(e))))
    steps.append(scaled(p, opened_right, 1 / weights))
    each_row = over(c, lambda q: w(t, q) * E(K(t, q), f, D(t + 1, e, f)))
    inner = swap(E(Kj, e, each_row)).gen(j)
    last = p.rewrite(inner, lambda F: total(N, j, w(t, at(c, j)) * F(j)))
    steps.append(scaled(p, last, 1 / weights**2))
    chain = steps[0]
    for s in steps[1:]:
        chain = p.show(eq(chain.sides[0], s.sides[1]), chain, s)
    high = p.cert(
        goal,
        eqs=[
            (1, recursion),
            ((weights / N) ** 2, under),
            ((weights / N) ** 2 / N**2, pair),
            ((weights / N) ** 2 / N, split),
            ((weights / N) ** 2 * (1 - 1 / N), chain),
            (1 / N**2, opened),
        ],
        dens=[alive, many],
        why="the multipliers of this many equations are not found in time",
    )
    step = p.cases(weights, 0, low, high).discharge(now.concl).gen(t, c).discharge(hyp)
    return p.induct(m, claim(m), base, step)


def over_j(g: Callable[[Node], Node]) -> Node:
    return total(N, nat("j"), g(at(c, nat("j"))))


def scaled(p: Proof, fact: Fact, factor: Node, left: Node | None = None) -> Fact:
    """a = b gives factor * a = factor * b (the left side may be given in another form)."""
    a1, b1 = fact.sides
    return p.show(eq(factor * a1 if left is None else left, factor * b1), fact)
