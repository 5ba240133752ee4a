# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # 8. One guided particle, a Markov chain, and what the length costs
#
# Particles are not the only way to use a reward model. This notebook holds the alternatives against the truth: the
# guided particle (P5, S2), Metropolis-Hastings on guided proposals (S7, P6), and the neighbouring theory (G2, G3). It
# ends with the price that naive SMC pays for length alone (S9), even when the reward model is perfect.

# %%
from proofs.reading.notebook import closed_form, formula, statement
from smc import check, load
from smc.checks.atlas import chart, split_setting
from smc.checks.measure import guided_tv, target_chi_square
from smc.instances.product import product_family
from smc.instances.two_branch import most_bias
from smc.numbers import rational
from smc.present.figures import atlas_figure
from smc.present.notebook import table
from smc.present.tables import short
from smc.setting.analysis import analyse

# %% [markdown]
# ## One guided particle
#
# The paper bounds its distance by a line in the Bellman error (P5). The sharp bound (S2) bends and stays below one.

# %%
statement("S2", setting=False)

# %% [markdown]
# There is a model for every $T$ and $\varepsilon$ in which S2 is an equality of fractions:

# %%
rows = []
for T, eps in ((2, "1/4"), (5, "1/4"), (10, "1/4"), (10, "1")):
    exact = guided_tv(analyse(*most_bias(horizon=T, eps=eps)))[-1]
    sharp = closed_form("S2", "uniform", T=T, eps=rational(eps))
    paper = closed_form("P5", "uniform", T=T, eps=rational(eps))
    rows.append((str(T), eps, short(exact), short(sharp), exact == sharp, short(paper)))
table(("T", "eps", "exact TV", "S2", "equal", "P5"), rows)

# %% [markdown]
# ## Several guided proposals, one accepted
#
# Metropolis-Hastings keeps or replaces its current answer by the ratio of importance weights. The distance falls by a
# fixed factor with every proposal:

# %%
formula("S7", "instance")

# %%
source = load("shipped:verifier-tree")
rows = []
for proposals in (1, 2, 4, 8, 16):
    report = check(source.model, source.twist(), "mh", proposals=proposals)
    (row,) = (r for r in report.rows if (r.id, r.form) == ("S7", "instance"))
    rows.append((proposals, short(row.observed), short(row.bound), row.verdict))
table(("proposals", "exact TV", "S7", "verdict"), rows)

# %% [markdown]
# S7 needs the exact normaliser of every guided step. Where there are too many successors the paper estimates it from
# a pool of candidates. With explicit constants, and with the term for the target's own share of unlucky pools:

# %%
statement("P6", setting=False)

# %% [markdown]
# ## The neighbour's identity
#
# How far the reward model's intermediate targets are from the true ones is a product of two averages (G3). It is an
# identity, so the two columns agree as fractions at every level:

# %%
statement("G3", setting=False)

# %%
constants = analyse(source.model, source.twist())
rows = []
for t, (down, up) in enumerate(constants.ratio_mean):
    exact = 1 + target_chi_square(constants, t)
    rows.append((str(t), exact, down * up, exact == down * up))
table(("level", "one plus chi-square", "product of averages", "equal"), rows)

# %% [markdown]
# ## The price of length
#
# With a perfect reward model the guided particle is exact. Naive SMC is not: its distance grows like $T/N$, and no
# faster: S9 bounds it from both sides, for one instance, for every $N$ and $T$.

# %%
statement("S9.run", setting=False)

# %%
rows = []
for T in (4, 16, 64):
    entry = chart(split_setting(T), "1/10", [16, 64])
    for n in (16, 64):
        bounds = {(row.id, row.form): row.bound for m, row in entry.rows if m == n}
        exact = next(row.observed for m, row in entry.rows if m == n)
        rows.append((T, n, short(bounds["S9", "lower"]), short(exact), short(bounds["S9", "upper"])))
table(("T", "N", "S9, floor", "exact bias of the first step", "S9, ceiling"), rows)

# %% [markdown]
# The same against the number of particles, on logarithmic scales: once $N$ exceeds $T$, floor, truth and ceiling fall
# alike.

# %%
atlas_figure([chart(split_setting(T), "1/10", [4, 8, 16, 32, 64]) for T in (16, 32)])

# %% [markdown]
# The neighbour's floor (G2, proved with the constant 1/384 on the model of S9, where the order is $T/N$) grows like the
# root of $T$ over $N$ on a family whose steps are independent. Exact distances on that family:

# %%
rows = [
    (T, *(short(product_family(2, T).total_variation(n)) for n in (4, 16, 64))) for T in (1, 4, 16, 64)
]
table(("T", "N = 4", "N = 16", "N = 64"), rows)

# %% [markdown]
# ## What chi-squares cannot give
#
# The neighbour's bound (G1) asks for one-sided coverage and for the chi-squares of G3 alone, and falls like
# $1/\sqrt N$. Can it fall like $1/N$? Not from these constants: on one family coverage is perfect, every
# $1 + \chi^2$ is at most 3, and the bias is of the order $N^{-r/(2r-1)}$ in $2r$ steps or more: $N^{-2/3}$ in four of
# them, and ever closer to $1/\sqrt N$ in more. A branch that the reward model undervalues is rare, survives resampling
# more rarely still, and has to do so $r = m + 1$ times.

# %%
statement("S15.chi", setting=False)

# %%
statement("S15.rounds", setting=False)

# %% [markdown]
# At the mass $s = (6N)^{-r/(2r-1)}$ at least half of what the target gives the branch, $2s/2^r$, is lost:

# %%
statement("S15.power", setting=False)

# %% [markdown]
# So it is, in rationals, at any number of particles: the distance by four moments, over $s/2^r$.

# %%
from smc.exact.enclosure import enclosure
from smc.instances.rare_branch import rare_branch
from smc.numbers import Rational
from smc.samplers import particle_process

rows = []
for r, root in ((2, 36), (2, 180), (3, 48), (3, 180)):
    N, s = root ** (2 * r - 1) // 6, Rational(1, root**r)
    run = particle_process(*rare_branch(rounds=r, mass=s), "naive")
    ends = enclosure(run, N, level=4)
    rows.append((r, f"{N:,}", s, *(short(2**r * tv / s) for tv in (ends.tv_lower, ends.tv_upper))))
table(("r", "N", "s", "at least", "at most"), rows)

# %% [markdown]
# No model does worse in order. On the prefix tree the second moment of normaliser times answer is $a(z)\,\pi(z)$, path by
# path, by a recursion over the next meeting of two lineages; where few meetings are far apart it is near $\pi(z)$, and
# coverage and chi-squares bound the rest. Both halves together have the exponent exactly.

# %%
statement("S14.path", setting=False)

# %%
statement("S15.upper", setting=False)

# %% [markdown]
# In four steps the constant can be larger:

# %%
statement("S15.rate", setting=False)

# %% [markdown]
# The exact bias on that family, by a count of the particles that live:

# %%
from smc.present.illustrations import rare_branch_order

rare_branch_order()

# %% [markdown]
# Loops that people run resample in other ways, keep a path, or go back. S12 and S5 survive where slots are
# independent (S16: stratified, residual), of naive SMC and of fully adapted SMC, which is a naive run with guided moves
# under another twist; conditional SMC keeps the target and forgets its path at a known rate (S17), and a walk that goes
# back on the tree mixes at a rate that its longest path gives, from a first leaf and at a cost that the mean path gives
# (S18). On a small tree, exactly:

# %%
from smc.checks.table import spoken_of_by
from smc.exact.backtracking import backtracking
from smc.exact.clouds import cloud_moments
from smc.exact.conditional import conditional_kernel, minorisation
from smc.samplers import resampled
from smc.samplers.adapted import adapted
from smc.samplers.naive import naive
from smc.setting.model import prefix_tree
from smc.setting.twist import with_bellman_error

# %%
tree = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[-1])
steered = with_bellman_error(tree, "1/4")
process, ranges = naive.process(tree, steered), analyse(tree, steered).b
kernel, walk = conditional_kernel(process, 3), backtracking(process)

# %%
rows = []
for moves in (naive, adapted):
    for scheme in ("multinomial", "stratified", "multinomial:inf:1/2", "systematic"):
        sampler = resampled(moves, scheme)
        law = cloud_moments(sampler.process(tree, steered), 3).output
        speak = ", ".join(spoken_of_by(analyse(tree, steered), sampler)) or "none"
        rows.append((moves.name, scheme, short(law.total_variation(kernel.target)), speak))
table(("moves", "scheme", "TV, N = 3", "statements"), rows)

# %%
assert kernel.target == analyse(tree, steered).target
table(
    ("one sweep, N = 3", "exact", "S17"),
    [("least P(z, z')/pi(z')", short(kernel.smallest_ratio), short(minorisation(ranges, 3)))],
)

# %%
table(
    ("walk", "kappa", "A'", "steps a visit"),
    [("tree", short(walk.kappa), short(walk.longest), short(walk.steps_per_visit))],
)

# %%
statement("S18.first", setting=False)

# %%
(first, _), (_, taken) = walk.at(1), walk.at(3)
density = max(p / q for p, q in zip(first, kernel.target, strict=True))
cost = walk.kappa * (3 * walk.steps_per_visit - 1)
assert density <= walk.kappa and taken <= cost

# %%
table(
    ("walk", "exact", "S18"),
    [
        ("largest density of the first leaf", short(density), short(walk.kappa)),
        ("steps to the third leaf", short(taken), short(cost)),
    ],
)

# %% [markdown]
# A loop that resamples by a power of its weights and carries the rest on needs no theorem of its own: it is plain SMC
# under another twist, a geometric mean of the reward model along the path (S16). Its powers are rational or declared
# to be, so that the law below is exact, and S12 reads the declared twist.

# %%
from smc import check
from smc.setting.tempering import resampled_by_power

# %%
rows = []
for share in ("1", "1/2", "1/4"):
    tempered = resampled_by_power(tree, steered, share)
    report = check(tree, tempered, particles=3)
    [bound] = [row.bound for row in report.rows if (row.id, row.form) == ("S12", "instance")]
    rows.append((share, short(report.measured.total_variation), short(bound)))
table(("resampled by the power", "TV, N = 3", "S12"), rows)
