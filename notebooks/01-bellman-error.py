# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # 1. Bellman error and the telescoping weight
#
# A language model writes an answer step by step. A *reward model* $V$ looks at a partial answer and guesses what the
# finished answer will be worth. Sequential Monte Carlo (SMC) uses these guesses to steer. Two questions decide
# whether that works: how good must the guesses be, and why do wrong guesses in the middle not spoil the result?
#
# This notebook answers the second question and sets up the first. Every number is an exact fraction, computed here.

# %%
from sympy import Eq, Function, Integer, Product, symbols

from proofs import Element, Expect, ForAll, Law, derivation
from proofs.language.text import notebook
from proofs.reading.notebook import attempt, closed_form, statement
from smc import check, load
from smc.present.illustrations import bellman_ratios
from smc.present.notebook import paths_table, quantities, table, values_table
from smc.setting.analysis import analyse
from smc.setting.telescoping import path_weights
from smc.setting.twist import rescaled

notebook()

# %% [markdown]
# ## The model
#
# Three reasoning steps, each sound (`s`) or faulty (`f`). A verifier scores the finished answer; the reward model
# that ships with this example scores partial answers, and is wrong about most of them. $V^*$ is the true value: the
# expected score from here on. The *Bellman ratio* $\rho$ compares the guess with what the guesses one step later
# amount to on average. A perfect reward model has ratio one everywhere.

# %%
source = load("shipped:verifier-tree")
model, reward_model = source.model, source.twist()
constants = analyse(model, reward_model)
values_table(constants)

# %% [markdown]
# The **Bellman error** $\varepsilon$ is how far the ratios stray from one: the least number such that every ratio lies
# between $1/(1+\varepsilon)$ and $1+\varepsilon$. It can be checked one step at a time, without knowing the true value.

# %%
bellman_ratios(constants)

# %%
quantities({"eps, Bellman error": constants.bellman_error, "L, ratio bound": constants.ratio_bound})

# %% [markdown]
# The *ratio bound* $L$ says how much a guess may move in one step: every ratio of a new guess, times the potential $\psi$ of the
# move, to the old one lies between $1/L$ and $L$.
#
# ## From one step to all steps
#
# Errors multiply over the steps that are left, and no faster. The argument is one line of algebra between two averages. Here
# it is, in sympy: a law $M$ of the next state $y$, a guess $V$, a true value $V^*$, and what is already known below: $V^*$ is at
# most $G$ times $V$ at every $y$. Each line is handed to the kernel when it is written, and what the cell shows is what the kernel proved.

# %%
x, y = Element("x", "X"), Element("y", "X")
M, psi = Law("M", "X", "X", x), Function("psi", nonnegative=True)
V, Vstar = Function("V", positive=True), Function("Vstar")
eps, G = symbols("eps G", nonnegative=True)
step = derivation("one step")
below = step.given(ForAll(y, Vstar(y) <= G * V(y)))(y)
recursion = step.given(Eq(Vstar(x), Expect(M, y, psi(x, y) * Vstar(y))))
bellman = step.given(Expect(M, y, psi(x, y) * V(y)) <= (1 + eps) * V(x))

# %% [markdown]
# The bound below, multiplied by the potential; the average of both sides; and the Bellman error of this step.

# %%
pointwise = step.prove(psi(x, y) * Vstar(y) <= G * psi(x, y) * V(y), below)
averaged = step.expect(M, y, pointwise)
averaged

# %%
step.prove(Vstar(x) <= (1 + eps) * G * V(x), averaged, recursion, bellman)

# %% [markdown]
# One more step, one more factor. Without the factor there is no proof. (Change the line and see what the kernel makes of it.)

# %%
attempt(lambda: step.prove(Vstar(x) <= G * V(x), averaged, recursion, bellman))

# %% [markdown]
# By induction on the steps to go this is P0, upper half; the lower half is the same argument. What follows is not typed into
# this page: it is the sealed statement of the stored proof, replayed by the kernel a moment ago. (A state is *live* when it can
# be reached. Statements say so because they cover models in which some states cannot.)

# %%
statement("P0")

# %% [markdown]
# Held against the model: at each time the worst ratio between true value and guess, and what P0 allows.

# %%
horizon, eps = model.horizon, constants.bellman_error
worst = [max(max(u.values()), 1 / min(u.values())) for u in constants.value_ratio]
allowed = [closed_form("P0", "uniform", eps=eps, n=horizon - t) for t in range(horizon + 1)]
rows = [(str(t), w, a, w <= a) for t, (w, a) in enumerate(zip(worst, allowed, strict=True))]
table(("t", "worst ratio of V* and V", "P0 allows", "holds"), rows)

# %% [markdown]
# ## The weight telescopes
#
# SMC weighs a move by the new guess divided by the old one. Along a path, each guess appears once above and once
# below the line, so the product forgets all of them but the first: it is the final score divided by the guess at the
# root. For guesses of any length, by induction:

# %%
n, k = symbols("n k", integer=True, nonnegative=True)
guess = Function("V", positive=True)
claim = lambda m: Eq(guess(0) * Product(guess(k + 1) / guess(k), (k, 0, m - 1)), guess(m))
path = derivation("telescoping")
start, known = path.prove(claim(Integer(0))), path.given(claim(n))
path.induct(n, claim, start, path.gen_after(path.prove(claim(n + 1), known), known))

# %% [markdown]
# So wrong guesses in the middle cancel. On the verifier tree, path by path. The *target* $\pi$ is the law of answers that all of
# this aims at: reference probability times score, divided by the normaliser $Z$.

# %%
naive = path_weights(constants, "naive")
paths_table(naive)

# %%
root = reward_model.values[0][0]
scores = dict(zip(model.layers[-1], model.reward, strict=True))
table(
    ("path", "product of the weights", "score / V at the root", "equal"),
    [
        (p.states[-1], p.weight, scores[p.states[-1]] / root, p.weight == scores[p.states[-1]] / root)
        for p in naive
    ],
)

# %% [markdown]
# The *guided* proposal lets the guesses choose the moves as well. Its weight is the product of the Bellman ratios on
# the way: the whole effect of a wrong reward model is in these few numbers. Probability times weight is the same for
# both proposals, path by path, as it must be: it is the target.

# %%
guided = path_weights(constants, "guided")
paths_table(guided)

# %%
quantities(
    {
        "same mass on every path": [p.mass for p in naive] == [p.mass for p in guided],
        "sum of the masses": sum(p.mass for p in guided),
        "normaliser Z": constants.normaliser,
    }
)

# %% [markdown]
# ## What the error really is
#
# Multiplying all guesses of one level by a constant changes the Bellman error and changes nothing in the algorithm.
# So the error that counts is the spread of the ratios *within* a level, $r_t$. Here the guesses of the first level
# are doubled: the Bellman error moves, the spreads and the exact law of the output do not.

# %%
doubled = rescaled(model, reward_model, [1, 2, 1])
before, after = check(model, reward_model, particles=2), check(model, doubled, particles=2)
pairs = [
    (r.constants.bellman_error, r.constants.bellman_product, r.measured.total_variation)
    for r in (before, after)
]
columns = ("quantity", "as shipped", "one level doubled", "equal")
names = ("Bellman error eps", "product of the spreads r_t", "exact distance to the target, N = 2")
table(columns, [(n, a, b, a == b) for n, a, b in zip(names, *pairs, strict=True)])
