# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # 4. Polynomial or exponential: the phase transition
#
# How accurate must a reward model be for long answers to stay affordable? Upper bounds say what is enough, lower
# bounds what no algorithm can do without. When the two meet, the question is settled. They meet here.

# %%
from sympy import Eq, Rational, Symbol, limit, log, oo, simplify, solve

from proofs import theorem
from proofs.language.text import notebook
from proofs.reading.notebook import closed_form, formula, statement
from smc.checks.plan import setting
from smc.instances.hidden import audit, hidden_child
from smc.numbers import rational
from smc.present.figures import counts_by_statement
from smc.present.illustrations import exponent_by_vocabulary, phase_transition, query_staircase
from smc.present.notebook import quantities, table
from smc.present.tables import short
from smc.query.minimax import best_hit, least_tv

notebook()

# %% [markdown]
# ## A hard input
#
# The root has many children. Below one of them, the hidden one, the reward model rises by a factor $1+\varepsilon$ at every
# step; below all others it falls by the same factor. At the children themselves nothing is to be seen: all have value
# one. The Bellman error is exactly $\varepsilon$, and yet most of the target lies below a child that can only be found by
# looking.

# %%
children, horizon, gain = 6, 3, 2
instances = [
    hidden_child(children=children, horizon=horizon, gain=gain, which=k) for k in range(children)
]
found = audit(instances[0])
quantities(
    {
        "Bellman error": found.bellman_error,
        "ratio bound": found.ratio_bound,
        "target mass below the hidden child": found.hidden_mass,
    }
)

# %% [markdown]
# ## Every algorithm, not only ours
#
# An algorithm pays one query to look below a prefix. Before the first query below the hidden child all answers are
# alike, whatever is hidden. So an algorithm with $Q$ queries finds it with probability at most $(Q+1)/B$ among $B$
# children. In this small case that can be checked without a proof: a search tries *every* decision tree, adaptive
# ones included.

# %%
rows = []
for queries in range(4):
    best = best_hit(instances, queries)
    most = rational(queries + 1) / children
    distance = least_tv(leaves=children, queries=queries, mass=found.hidden_mass)
    rows.append((queries, best.decisions, best.hit, most, best.hit == most, distance))
table(("Q", "decisions tried", "best chance to hit", "(Q+1)/B", "equal", "least distance (TV)"), rows)

# %%
query_staircase(children=children, horizon=horizon, gain=gain)

# %% [markdown]
# The statement behind the staircase holds for every size and every randomised algorithm. (The paper's lower bound, P4,
# hides a prefix instead of a child and reaches a third of the exponent.)

# %%
statement("S6", setting=False)

# %% [markdown]
# How many children $B$ leave the hidden one half of the target's mass? Its share depends on the gain $a$ that $1+\varepsilon$ makes over
# the $n = T-1$ steps below it:

# %%
S6, a = theorem("S6"), Symbol("a", positive=True)
share = simplify((S6.lhs + 1) / S6.B + S6.delta).subs((1 + S6.eps) ** S6.n, a)
share

# %%
[children_at_half] = solve(Eq(share, Rational(1, 2)), S6.B)
children_at_half

# %% [markdown]
# **The exponent cannot be less.** The children, and with them the queries, grow like a power of the gain:

# %%
limit(log(children_at_half) / log(a), a, oo)

# %% [markdown]
# That power is two, as in the upper bound. Sealed, for every algorithm:

# %%
statement("S6.exponent", setting=False)

# %% [markdown]
# With a vocabulary of $k$ tokens a prefix of several tokens is hidden instead of one child. The exponent then depends
# on $k$: it is the paper's two thirds at the smallest vocabulary and tends to two.

# %%
statement("S6.vocabulary", setting=False)

# %%
exponent_by_vocabulary()

# %% [markdown]
# ## The two bounds meet
#
# With as many children as the hidden gain can outweigh, the number of necessary queries grows like $1+\varepsilon$ to the
# power $2(T-1)$. The number of particles that S13 asks for grows with the same power of $1+\varepsilon$:

# %%
formula("S13", "uniform")

# %% [markdown]
# Their ratio has no exponential left in it. Divided by $T$, it settles at a constant that depends on $L$ and on the
# accuracy alone.

# %%
rows = []
for T in (25, 50, 100, 200, 400):
    counts = counts_by_statement(setting(T, "1/10", 2, "1/10"))
    ratio = rational(counts["S13"]) / counts["S6"]
    rows.append((T, short(counts["S13"]), short(counts["S6"]), short(ratio), short(ratio / T)))
table(("T", "enough particles (S13)", "necessary queries (S6)", "ratio", "ratio / T"), rows)

# %% [markdown]
# ## The transition
#
# One picture for both regimes. At a constant Bellman error both counts are exponential in the length. If the error
# falls like one over the length, both are harmless: the particles grow in proportion to $T$, the queries not at all.

# %%
phase_transition(c=1, eps="1/10", ratio_bound=2, delta="1/10", horizons=(10, 20, 40, 80, 160, 320))

# %% [markdown]
# In the regime $\varepsilon = c/T$ the exponential disappears in the limit. Particles per step that S13 asks for, at growing
# length:

# %%
rows = []
for T in (10, 100, 1000, 10000):
    one_particle = closed_form("S13", "uniform", N=1, T=T, L=rational(2), eps=rational(1) / T)
    rows.append((T, short(one_particle * 10), short(one_particle * 10 / T)))
table(("T", "particles for TV 1/10", "particles / T"), rows)

# %% [markdown]
# So the border lies where $T$ times $\varepsilon$ grows like the logarithm of $T$. These are the sealed statements on the two
# sides of it:

# %%
statement("S3.logarithmic", setting=False)

# %%
statement("S3.exponential", setting=False)
