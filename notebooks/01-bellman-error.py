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
# A language model writes an answer step by step. A *reward model* `V` looks at a partial answer and guesses what the
# finished answer will be worth. Sequential Monte Carlo (SMC) uses these guesses to steer. Two questions decide
# whether that works: how good must the guesses be, and why do wrong guesses in the middle not spoil the result?
#
# This notebook answers the second question and sets up the first. Every number is an exact fraction, computed here.

# %%
from proofs.reading.notebook import closed_form, statement
from smc.present.notebook import paths_table, quantities, table, values_table
from smc.formats import load
from smc.present.illustrations import bellman_ratios
from smc.setting.twist import rescaled
from smc.setting.telescoping import path_weights
from smc.setting.analysis import analyse
from smc.check.check import check

# %% [markdown]
# ## The model
#
# Three reasoning steps, each sound (`s`) or faulty (`f`). A verifier scores the finished answer; the reward model
# that ships with this example scores partial answers, and is wrong about most of them. `V*` is the true value: the
# expected score from here on. The *Bellman ratio* `rho` compares the guess with what the guesses one step later
# amount to on average. A perfect reward model has ratio one everywhere.

# %%
source = load("shipped:verifier-tree")
model, reward_model = source.model, source.twist()
constants = analyse(model, reward_model)
values_table(constants)

# %% [markdown]
# The **Bellman error** `eps` is how far the ratios stray from one: the least number such that every ratio lies
# between `1/(1+eps)` and `1+eps`. It can be checked one step at a time, without knowing the true value.

# %%
bellman_ratios(constants)

# %%
quantities({"eps, Bellman error": constants.bellman_error, "L, ratio bound": constants.ratio_bound})

# %% [markdown]
# ## From one step to all steps
#
# P0 is where the Bellman error starts to matter: errors multiply over the steps that are left, and no faster. What
# follows is not typed into this page: it is the sealed statement of the stored proof, replayed by the kernel a moment
# ago and printed. (A state is *live* when `dead` is zero: it can be reached. Statements say it so because they cover
# models in which some states cannot.)

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
# root.

# %%
naive = path_weights(constants, "naive")
paths_table(naive)

# %%
root = reward_model.values[0][0]
scores = dict(zip(model.layers[-1], model.reward, strict=True))
table(
    ("path", "product of the weights", "score / V at the root", "equal"),
    [(p.states[-1], p.weight, scores[p.states[-1]] / root, p.weight == scores[p.states[-1]] / root) for p in naive],
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
# So the error that counts is the spread of the ratios *within* a level, `r_t`. Here the guesses of the first level
# are doubled: the Bellman error moves, the spreads and the exact law of the output do not.

# %%
doubled = rescaled(model, reward_model, [1, 2, 1])
before, after = check(model, reward_model, particles=2), check(model, doubled, particles=2)
pairs = [(r.constants.bellman_error, r.constants.bellman_product, r.measured.total_variation) for r in (before, after)]
columns = ("quantity", "as shipped", "one level doubled", "equal")
names = ("Bellman error eps", "product of the spreads r_t", "exact distance to the target, N = 2")
table(columns, [(n, a, b, a == b) for n, a, b in zip(names, *pairs, strict=True)])
