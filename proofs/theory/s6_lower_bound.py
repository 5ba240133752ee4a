"""S6 and P4: how many queries every algorithm needs.

One of B children of the root is hidden: below it the reward model grows by 1+eps a step, elsewhere it shrinks.  An algorithm draws a seed,
then asks Q queries, each chosen from the transcript so far, and names an output.  A query that does not touch the hidden child is
answered in the same way for all children, so one seed can expose at most Q children by its queries and one by its output.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, element, eq, fn, implies, le, lt, measure, nat, num, real, total
from proofs.lemmas.clouds import settle
from proofs.registry import lemma, statement

B, Q, n, u, v, k, r = nat("B Q n u v k r")
eps, delta = real("eps delta")
omega, query, history = element("Seed", "omega"), element("Query", "q"), element("History", "h")
output = element("Output", "o")
seed = measure("seed", "", "Seed")
begin, ask = fn("begin", "Seed -> History"), fn("ask", "History -> Query")
update, name = fn("update", "History Answer -> History"), fn("name", "History -> Output")
answer, blank = fn("answer", "nat Query -> Answer"), fn("blank", "Query -> Answer")
touches, below = fn("touches", "nat Query -> nat"), fn("below", "nat Output -> nat")
run, quiet = fn("run", "nat nat Seed -> History"), fn("quiet", "nat Seed -> History")


@lemma(
    "reflexive",
    title="y = y for an element of any set",
    words="By a name for y itself: copy(y) = y, rewritten on the left.",
)
def reflexive(p: Proof) -> Fact:
    y = element("Y", "y")
    copied = p.step("define", [], [fn("copy", "Y -> Y")(y), y])
    return p.rewrite(copied, lambda F: eq(F(y), y), copied.spec(y)).gen(y)


def oracle(p: Proof) -> dict[str, Fact]:
    """The query model: what an answer may depend on; a query, and an output, lies below one child at most."""
    formulas: dict[str, Node] = {
        "answers": all_of(u, query, implies(eq(touches(u, query), 0), eq(answer(u, query), blank(query)))),
        "one child a query": all_of(query, le(total(B, u, touches(u, query)), 1)),
        "one child an output": all_of(output, le(total(B, u, below(u, output)), 1)),
    }
    return {title: p.assume(phi, note=title) for title, phi in formulas.items()}


@lemma(
    "run_law",
    title="an adaptive algorithm with hidden child u",
    words="run(n, u, seed) is the transcript after n queries; each query may depend on the transcript.",
)
def run_law(p: Proof) -> Fact:
    now = run(n, u, omega)
    return p.step("define_rec", [], [now, begin(omega), update(now, answer(u, ask(now)))])


@lemma("quiet_law", title="the same algorithm when every answer is the blank one")
def quiet_law(p: Proof) -> Fact:
    now = quiet(n, omega)
    return p.step("define_rec", [], [now, begin(omega), update(now, blank(ask(now)))])


def touched(count: Node) -> Node:
    """The number of queries of the blank run that touch u."""
    return total(count, k, touches(u, ask(quiet(k, omega))))


@lemma(
    "unexposed",
    title="the runs agree until a query touches the hidden child",
    words="If no query of the blank run touches u then the run with hidden child u is the blank run.",
)
def unexposed(p: Proof) -> Fact:
    given = oracle(p)
    same_answers = given["answers"]

    def claim(count: Node) -> Node:
        return implies(eq(touched(count), 0), eq(run(count, u, omega), quiet(count, omega)))

    first, silent = p.use("run_law").left.spec(u, omega), p.use("quiet_law").left.spec(omega)
    base = p.rewrite(flip(p, silent), lambda F: eq(run(0, u, omega), F()), first)
    base = base.discharge(eq(touched(num(0)), 0))
    hyp = p.assume(claim(n))
    none = p.assume(eq(touched(n + 1), 0))
    p.note("a vanishing sum of natural numbers: no earlier query touches u, and the last one does not")
    each = p.nat_nonneg(touches(u, ask(quiet(k, omega))))
    before = p.mono(each.gen(k), total(n, k, 0), touched(n))
    last = touches(u, ask(quiet(n, omega)))
    rest = p.antisymmetry(
        p.cert(le(touched(n), 0), products=[(1, [p.nat_nonneg(last)], [])], eqs=[(1, none)]),
        p.conv(before, le(0, touched(n))),
    )
    zero = p.antisymmetry(p.cert(le(last, 0), products=[(1, [before], [])], eqs=[(1, none)]), p.nat_nonneg(last))
    same = hyp.mp(rest)
    p.note("so the next answer is the blank one")
    reply = same_answers.spec(u, ask(quiet(n, omega))).mp(zero)
    step = p.use("run_law").right.spec(n, u, omega)
    step = p.rewrite(same, lambda F: eq(run(n + 1, u, omega), update(F(), answer(u, ask(F())))), step)
    now = quiet(n, omega)
    step = p.rewrite(reply, lambda F: eq(run(n + 1, u, omega), update(now, F())), step)
    back = flip(p, p.use("quiet_law").right.spec(n, omega))
    step = p.rewrite(back, lambda F: eq(run(n + 1, u, omega), F()), step)
    return p.induct(n, claim(n), base, step.discharge(none).discharge(hyp))


def flip(p: Proof, fact: Fact) -> Fact:
    """b = a from a = b, also between terms that are not numbers."""
    left, _ = fact.sides
    trivial = p.use("reflexive").rename_sort("Y", left.sort).spec(left)
    return p.rewrite(fact, lambda F: eq(F(), left), trivial)


@lemma(
    "exposed",
    title="an output below the hidden child was exposed, or guessed",
    words="below(u, output with hidden child u) <= number of blank queries that touch u + below(u, output of the blank run), for u < B.",
)
def exposed(p: Proof) -> Fact:
    given = oracle(p)
    inside = p.assume(lt(u, B))
    end = name(run(Q, u, omega))
    guess = below(u, name(quiet(Q, omega)))
    goal = le(below(u, end), touched(Q) + guess)
    p.note("no query touches u: the two outputs are one")
    none = p.antisymmetry(p.assume(le(touched(Q), 0)), nonneg_touched(p))
    same = p.use("unexposed").spec(Q).mp(none)
    equal = p.rewrite(same, lambda F: below(u, name(F())))
    low = p.cert(goal, products=[(1, [nonneg_touched(p)], [])], eqs=[(1, equal)])
    p.note("otherwise at least one does, and below is at most 1")
    some = p.step("nat_step", [p.assume(lt(0, touched(Q)))], [])
    each = p.nat_nonneg(below(k, end)).gen(k)
    term = p.use("term_below_sum").inst((fn("f", "nat -> real")(k), below(k, end))).cut(each).spec(B, u).mp(inside)
    most = given["one child an output"].spec(end)
    high = p.cert(goal, products=[(1, [some], []), (1, [term], []), (1, [most], []), (1, [p.nat_nonneg(guess)], [])])
    return p.cases(touched(Q), 0, low, high).discharge(inside).gen(u)


def nonneg_touched(p: Proof) -> Fact:
    return p.nat_nonneg(touched(Q))


found = E(seed, omega, below(u, name(run(Q, u, omega))))


@statement(
    "S6.counting",
    source="new",
    title="what Q queries can expose",
    words="For every adaptive randomised algorithm with Q queries: sum over the children u of P(output below u when u is hidden) <= Q + 1.",
)
def counting(p: Proof) -> Fact:
    given = oracle(p)
    p.note("sum the exposure over the children: each query and the output of the blank run count once")
    each = p.use("exposed")
    left = total(B, u, below(u, name(run(Q, u, omega))))
    right = total(B, u, touched(Q) + below(u, name(quiet(Q, omega))))
    summed = p.mono(each, left, right)
    queries = total(B, u, touched(Q))
    swapped = p.step("fubini", [], [queries])
    per_query = given["one child a query"].spec(ask(quiet(k, omega))).gen(k)
    most = p.mono(per_query, total(Q, k, total(B, u, touches(u, ask(quiet(k, omega))))), total(Q, k, 1))
    guess = given["one child an output"].spec(name(quiet(Q, omega)))
    pointwise = p.cert(
        le(left, Q + 1),
        products=[(1, [summed], []), (1, [most], []), (1, [guess], [])],
        eqs=[(1, swapped)],
    )
    mean = p.mono(pointwise.gen(omega), E(seed, omega, left), E(seed, omega, Q + 1))
    turned = p.step("fubini", [], [E(seed, omega, left)])
    return p.cert(le(total(B, u, found), Q + 1), products=[(1, [mean], [])], eqs=[(1, turned)])


same = fn("same", "nat nat -> nat")
shrink = 1 / (1 + eps)


def V(t: Node) -> Node:
    """The value of child v, t steps below layer 1, when u is hidden."""
    return same(u, v) * (1 + eps) ** t + (1 - same(u, v)) * shrink**t


mass = total(B, v, same(u, v) * V(n)) / B  # of the hidden child, not normalised
Z = total(B, v, V(n)) / B


@statement(
    "S6.family",
    source="new",
    title="the hard family: Bellman error and target mass",
    words="Child v has the value V_t(v) = (1+eps)^t below the hidden child u and (1+eps)^(-t) elsewhere, t steps below layer 1: its "
    "Bellman ratios are 1+eps and 1/(1+eps).  With a = (1+eps)^n and uniform children the hidden child's target mass is a^2/(a^2 + B - 1).",
)
def family(p: Proof) -> Fact:
    nonneg, inside = p.assume(le(0, eps)), p.assume(lt(u, B))
    indicator = p.assume(
        all_of(u, v, eq(same(u, v) ** 2, same(u, v))), note="same(u, v) is 1 for v = u and 0 otherwise"
    )
    once = p.assume(all_of(u, implies(lt(u, B), eq(total(B, v, same(u, v)), 1))))
    one = p.cert(lt(0, 1 + eps), products=[(1, [nonneg], []), (1, [], [])])

    p.note("the ratio of one step is 1+eps below u, 1/(1+eps) elsewhere")
    power = p.use("power_positive").spec(1 + eps, n).mp(one)
    inverse = p.positive_inverse(one)
    small = p.use("power_positive").spec(shrink, n).mp(inverse)
    q, s = (1 + eps) ** n, shrink**n
    two = indicator.spec(u, v)
    is_u, other = same(u, v), 1 - same(u, v)
    wide = p.cert(le(0, 1 + eps - shrink), products=[(1, [nonneg, inverse], []), (1, [nonneg], [])], dens=[one])
    up = p.cert(
        le(V(n + 1), (1 + eps) * V(n)),
        products=[(1, [wide, small], [other])],
        eqs=[((1 + eps - shrink) * s, two)],
        dens=[one],
    )
    down = p.cert(
        le(V(n), (1 + eps) * V(n + 1)),
        products=[(2, [nonneg, power], [is_u]), (1, [nonneg, nonneg, power], [is_u])],
        eqs=[((2 * eps + eps**2) * q, two)],
        dens=[one],
    )
    p.note("the target's mass: (1/B) a / ((1/B) (a + (B - 1)/a))")
    count = once.spec(u).mp(inside)
    ones = p.rewrite(indicator.spec(u, v).gen(v), lambda F: total(B, v, F(v)))
    some = p.step("nat_step", [p.cert(lt(0, B), products=[(1, [inside], []), (1, [p.nat_nonneg(u)], [])])], [])
    Bpos = p.cert(lt(0, B), products=[(1, [some], []), (1, [], [])])
    hidden = p.equal(mass, q / B, [((q - s) / B, ones), (q / B, count)])
    rest = p.equal(Z, (q + (B - 1) * s) / B, [((q - s) / B, count)], [Bpos])
    Zpos = p.cert(
        lt(0, Z),
        products=[(1, [power, p.positive_inverse(Bpos)], []), (1, [some, small, p.positive_inverse(Bpos)], [])],
        eqs=[(1, rest)],
    )
    p.note("a^2/(a^2 + B - 1) = a/(a + (B - 1)/a)")
    sq = p.cert(lt(0, q**2 + B - 1), products=[(1, [power, power], []), (1, [some], [])])
    ratio = p.equal(
        mass / Z,
        q**2 / (q**2 + B - 1),
        [(1 / Z, hidden), (q**2 / (q**2 + B - 1) / Z, rest)],
        [Zpos, sq, Bpos, one],
    )
    return up.both(down).both(ratio).discharge(inside).gen(u, v)


@statement(
    "S6",
    source="new",
    title="lower bound for every algorithm",
    words="If the output of an adaptive randomised algorithm with Q queries is within total variation delta of the target of S6.family "
    "(T = n + 1), whichever child is hidden, then Q >= B (a^2/(a^2 + B - 1) - delta) - 1 with a = (1+eps)^(T-1).",
)
def lower_bound(p: Proof) -> Fact:
    close = p.assume(
        all_of(u, implies(lt(u, B), le(mass / Z - found, delta))),
        note="P(below u) >= target(u) - delta, for every hidden u",
    )
    inside = p.assume(lt(u, B))
    q = (1 + eps) ** n
    share = q**2 / (q**2 + B - 1)
    value = p.use("S6.family").spec(u, v).mp(inside).right
    one = p.cert(le(share - delta, found), products=[(1, [close.spec(u).mp(inside)], [])], eqs=[(1, value)])
    one = one.discharge(inside).gen(u)
    summed = p.mono(one, total(B, u, share - delta), total(B, u, found))
    return p.cert(le(B * (share - delta) - 1, Q), products=[(1, [summed], []), (1, [p.use("S6.counting")], [])])


@statement(
    "S6.exponent",
    source="new",
    title="the exponent is 2",
    words="Horizon T = n + 1, a number B of children with a^2 <= B <= a^2 + 1 for a = (1+eps)^(T-1), accuracy delta <= 1/2 whichever "
    "child is hidden: Q >= (1/2 - delta) (1+eps)^(2(T-1)) - 1.",
)
def exponent(p: Proof) -> Fact:
    nonneg, half = p.assume(le(0, eps)), p.assume(le(delta, num("1/2")))
    q = (1 + eps) ** n
    low, high = p.assume(le(q**2, B)), p.assume(le(B, q**2 + 1))
    bound = p.use("S6")
    one = p.use("power_at_least_one").spec(1 + eps, n).mp(p.cert(le(1, 1 + eps), products=[(1, [nonneg], [])]))
    qpos = p.cert(lt(0, q), products=[(1, [one], []), (1, [], [])])
    square = p.cert(le(1, q**2), products=[(1, [one, qpos], []), (1, [one], [])])
    Bpos = p.cert(lt(0, B), products=[(1, [low], []), (1, [square], []), (1, [], [])])
    dense = p.cert(lt(0, q**2 + B - 1), products=[(1, [square], []), (1, [Bpos], [])])
    p.note("B <= a^2 + 1 makes the mass at least 1/2")
    mass = p.cert(
        le(num("1/2"), q**2 / (q**2 + B - 1)),
        products=[("1/2", [high, p.positive_inverse(dense)], [])],
        dens=[dense],
    )
    p.note("B (mass - delta) >= B (1/2 - delta) >= a^2 (1/2 - delta)")
    return p.cert(
        le((num("1/2") - delta) * (1 + eps) ** (2 * n) - 1, Q),
        products=[(1, [bound], []), (1, [mass, Bpos], []), (1, [low, half], [])],
    )


@statement(
    "S6.vocabulary",
    source="new",
    title="vocabulary k and r hidden levels",
    words="The hidden prefix is one of k^r at depth r, T = r + n; if k^r <= (1+eps)^(2(T-r)) + 1 then "
    "Q >= (1/2 - delta) k^r - 1.  The largest such r has the exponent 2 log k/(log k + 2 log(1+eps)) of (1+eps)^T.",
)
def vocabulary(p: Proof) -> Fact:
    nonneg = p.assume(le(0, eps))
    some = p.assume(lt(0, k), note="the vocabulary is not empty")
    q, leaves = (1 + eps) ** n, k**r
    high = p.assume(le(leaves, q**2 + 1))
    bound = p.use("S6").inst((B, leaves))
    one = p.use("power_at_least_one").spec(1 + eps, n).mp(p.cert(le(1, 1 + eps), products=[(1, [nonneg], [])]))
    qpos = p.cert(lt(0, q), products=[(1, [one], []), (1, [], [])])
    square = p.cert(le(1, q**2), products=[(1, [one, qpos], []), (1, [one], [])])
    many = p.use("power_positive").spec(k, r).mp(some)
    dense = p.cert(lt(0, q**2 + leaves - 1), products=[(1, [square], []), (1, [many], [])])
    mass = p.cert(
        le(num("1/2"), q**2 / (q**2 + leaves - 1)),
        products=[("1/2", [high, p.positive_inverse(dense)], [])],
        dens=[dense],
    )
    return p.cert(
        le((num("1/2") - delta) * leaves - 1, Q),
        products=[(1, [bound], []), (1, [mass, many], [])],
    )


@statement(
    "P4",
    source="paper",
    title="exponential lower bound (Theorem 4.1, Corollary 4.2)",
    words="Horizon T = 3m, m = n + 1; growth 1 + eps a step below the hidden child (1 + eps = L for the ratio assumption alone): an "
    "algorithm within total variation 1/3 on every input asks Q >= (1+eps)^(2T/3) / 6 - 1 queries.",
)
def paper_lower_bound(p: Proof) -> Fact:
    nonneg = p.assume(le(0, eps))
    p.note("S6.exponent with T - 1 = 3 n + 2: (1+eps)^(2(3n+2)) >= (1+eps)^(2(n+1))")
    steps = 3 * n + 2
    third = p.cert(le(num("1/3"), num("1/2")), products=[("1/6", [], [])])
    bound = p.use("S6.exponent").inst((n, steps), (delta, num("1/3"))).cut(third)
    one = p.cert(le(1, 1 + eps), products=[(1, [nonneg], [])])
    more = p.use("power_at_least_one").spec(1 + eps, 4 * n + 2).mp(one)
    base = p.cert(le(0, 1 + eps), products=[(1, [nonneg], []), (1, [], [])])
    rest = p.use("power_nonneg").spec(1 + eps, 2 * (n + 1)).mp(base)
    return p.cert(
        le((1 + eps) ** (2 * (n + 1)) / 6 - 1, Q),
        products=[(1, [bound], []), ("1/6", [more, rest], [])],
    )


@statement(
    "P4.vocabulary",
    source="paper",
    title="the lower bound with vocabulary 1 + eps",
    words="T = 3n, vocabulary k = 1 + eps (or k = L), the hidden prefix at depth 2n: an algorithm within total variation 1/3 on every "
    "input asks Q >= k^(2T/3) / 6 - 1 queries.",
)
def paper_vocabulary(p: Proof) -> Fact:
    some = p.assume(lt(0, k))
    p.note("S6.vocabulary with 1 + eps = k, r = 2n: k^(2n) <= (k^n)^2 + 1")
    least = p.step("nat_step", [some], [])
    bound = p.use("S6.vocabulary").inst((eps, k - 1), (r, 2 * n), (delta, num("1/3")))
    enough = p.cert(le(k ** (2 * n), ((1 + (k - 1)) ** n) ** 2 + 1), products=[(1, [], [])])
    growth = p.cert(le(0, k - 1), products=[(1, [least], [])])
    bound = settle(bound, enough, growth)
    return p.cert(le(k ** (2 * n) / 6 - 1, Q), products=[(1, [bound], [])])
