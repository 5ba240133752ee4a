# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # 2. From Bellman error to the variance of the weights
#
# The guided proposal samples an answer with the help of the reward model; an importance weight corrects what the
# reward model got wrong. How uneven can these weights be? Two steps: a fact about one random variable (S0), and the
# same fact about a whole path (S1). At the end stands a model in which the answer is attained, so that no better
# theorem can exist.

# %%
from proofs.reading.notebook import closed_form, statement
from smc.instances.two_branch import most_variance, two_branch, weight_ratio
from smc.present.notebook import paths_table, quantities, table, values_table
from smc.formats import load
from smc.present.illustrations import chi_square_against_branch
from smc.check.measure import importance_chi_square
from smc.present.figures import chi_square_against_horizon
from smc.numbers import rational
from smc.setting.twist import with_bellman_error
from smc.setting.telescoping import path_weights
from smc.setting.analysis import analyse

# %% [markdown]
# ## One random variable
#
# A density with mean one that stays in an interval cannot vary much. If only the ratio `q` of the ends of the
# interval is known, the worst interval is found by completing a square; the stored proof does exactly that.

# %%
statement("S0.variance")

# %%
statement("S0.variance_ratio")

# %% [markdown]
# ## A whole path
#
# Along a path the weight is the product of the Bellman ratios after the first step, so its range ratio is at most
# `1+eps` to the power `2(T-1)`. In the sealed statement `n` is `T-1`, `A` and `C` are the first and second moments of
# the weight, and the left side is its relative variance.

# %%
statement("S1")

# %% [markdown]
# ## The two-point model
#
# S0 is attained by a density with two values. To make a path do that, take two branches: the first step chooses, all
# later steps are forced. Below `high` the reward model gains a factor `1+eps` at every step, below `low` it loses
# one.

# %%
horizon, eps = 3, rational("1/4")
model, reward_model = two_branch(horizon=horizon, eps=eps, low="1/2")
values_table(analyse(model, reward_model))

# %%
paths_table(path_weights(analyse(model, reward_model), "guided"))

# %% [markdown]
# Two weights, whose ratio is all that a Bellman error of this size allows. One number is still free: the probability
# of the low branch. For every choice the exact variance stays below S1, and one choice touches it.

# %%
chi_square_against_branch(horizon=6, eps="1/4")

# %% [markdown]
# That choice is `q/(q+1)`, where `q` is the range ratio. The next table compares exact fractions, not rounded ones:
# the variance *equals* the bound, at every horizon.

# %%
rows = []
for horizon in (2, 3, 4, 6, 8):
    exact = importance_chi_square(analyse(*most_variance(horizon=horizon, eps=eps)))
    bound = closed_form("S1", "uniform", T=horizon, eps=eps)
    rows.append((str(horizon), weight_ratio(horizon=horizon, eps=eps), exact, bound, exact == bound))
table(("T", "range ratio q", "exact variance", "S1", "equal"), rows)

# %% [markdown]
# ## What it means for long answers
#
# If the Bellman error falls like one over the length of the answer, the variance stays below one number for every
# length. If it stays constant, the variance grows exponentially: twice as many steps square the cost.

# %%
chi_square_against_horizon(c=1, eps="1/4", horizons=(2, 4, 8, 16, 32))

# %% [markdown]
# ## A model that is not built to be bad
#
# On Gymnasium's frozen lake, with true values disturbed by a Bellman error, S1 holds with room to spare. The first
# line uses what is known of each level of the model, the second only `eps` and `T`.

# %%
lake = load("shipped:frozenlake-4x4").model
constants = analyse(lake, with_bellman_error(lake, "1/10"))
exact = importance_chi_square(constants)
by_level = closed_form("S1", "instance", r=constants.level_ratio[1:])
by_eps = closed_form("S1", "uniform", T=lake.horizon, eps=constants.bellman_error)
quantities(
    {
        "exact variance": exact,
        "S1, by level": by_level,
        "S1, from eps and T": by_eps,
        "holds": exact <= by_level <= by_eps,
    }
)
