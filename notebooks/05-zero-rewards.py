# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # 5. Zero rewards and verifiers
#
# A verifier says right or wrong: the reward is one or zero. Then the ratio of two values can be zero, its inverse is
# infinite, and the two-sided assumption behind the paper's bound and behind S3 fails: both claim nothing. This
# notebook shows what still holds (S12, S4), why, and what it costs.

# %%
from proofs.reading.notebook import formula, statement
from smc import check
from smc.checks.atlas import chart, model_setting
from smc.numbers import rational
from smc.present.figures import tv_against_particles
from smc.present.notebook import demands, distances, quantities, report, table
from smc.setting.analysis import analyse
from smc.setting.model import prefix_tree
from smc.setting.twist import from_function

# %% [markdown]
# ## A verifier
#
# Three steps, each right (`1`) or wrong (`0`) with even chances, and an answer passes if at least two steps are
# right. The reward model knows how many steps were right so far and guesses a chance; where an answer can no longer
# pass it says zero, and is right to do so.

# %%
even = {"0": rational("1/2"), "1": rational("1/2")}
model = prefix_tree(
    3, lambda prefix: even, lambda answer: int(answer.count("1") >= 2), name="two of three"
)
guesses = {(0, 0): "1/2", (1, 0): "1/4", (1, 1): "2/3", (2, 0): "0", (2, 1): "2/5", (2, 2): "1"}
reward_model = from_function(
    model, lambda t, state: guesses[t, state.count("1")], name="counts right steps"
)
constants = analyse(model, reward_model)

# %%
quantities(
    {
        "Bellman error eps": constants.bellman_error,
        "two-sided ratio bound L": constants.ratio_bound,
        "upper ratio bound alone": constants.upper_ratio,
        "normaliser Z": constants.normaliser,
    }
)

# %% [markdown]
# The two-sided bound is infinite, the upper one is small. Here is the report: the lines of P2, P3 and S3 are marked,
# as they should be.

# %%
report(check(model, reward_model, particles=4))

# %% [markdown]
# ## What still holds
#
# S12 needs only that a value never *rises* by more than a factor $L$ in a step. It may fall to zero. Its bound counts
# a run in which every particle dies as an error, whatever such a run would answer.

# %%
formula("S12", "instance")

# %%
formula("S12", "uniform")

# %% [markdown]
# It is stronger than a distance: every event of target mass $p$ has mass at least $p$ over that product under the output.

# %%
statement("S12")

# %% [markdown]
# S4 came first, by the step below: the answer of a weighted average, with weights that may all be zero. S10 reads the
# same off one run's second moments, on this very model and at any number of particles.

# %%
statement("S4.step")

# %%
statement("S10")

# %% [markdown]
# ## Runs without an answer
#
# With few particles it happens that none survives. The exact law counts this as an outcome of its own, and so does
# the distance.

# %%
reports = [check(model, reward_model, particles=n) for n in (1, 2, 4, 8, 16)]
rows = [(r.measured.particles, r.measured.output.dead, r.measured.total_variation) for r in reports]
table(("N", "probability of no answer", "exact TV"), rows)

# %%
tv_against_particles(reports, "Two of three: bounds that survive a reward of zero")

# %%
distances(reports, [("S10", "certificate"), ("S12", "instance"), ("S4", "instance"), ("S5", "bias")])

# %% [markdown]
# ## What it costs
#
# S12 is linear in $1/N$; the neighbour's bound G1 falls like the square root, and is not stated of this model: it asks that
# a particle can be wherever the reference goes. The
# difference shows in the number of particles that each asks for, beside the exact least number.

# %%
demands(chart(model_setting(model, reward_model), "1/20", (1, 2, 4)))

# %% [markdown]
# ## The normaliser
#
# The same constants bound the variance of the estimate of $Z$, zero rewards included, and the bound comes closer as
# particles are added:

# %%
formula("S5", "instance")

# %% [markdown]
# Its maximum over edges is infinite as soon as the reward model promises, at one state, what never comes. S14 takes second
# moments instead, of two particles that part at a state and meet again: always finite, and no larger.

# %%
formula("S14", "instance")

# %%
rows = []
for found in reports:
    far, near = [row for row in found.rows if row.id in ("S5", "S14") and row.form == "instance"]
    rows.append((found.measured.particles, far.observed, near.bound, far.bound))
table(("N", "exact second moment", "S14", "S5"), rows)
