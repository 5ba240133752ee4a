# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # 6. Check your own model
#
# You have a process, a goal, and a reward model that you wrote down in an afternoon. Is it good enough to steer by,
# and how many particles should you buy? This notebook goes through it once, with a table from Gymnasium. The command
# line does the same: `bellman-smc check` and `bellman-smc plan`.

# %%
from proofs.reading.notebook import formula
from smc import check, load
from smc.checks.atlas import chart, model_setting
from smc.checks.plan import plan, setting
from smc.numbers import rational
from smc.present.figures import demand_bars
from smc.present.notebook import degenerate, demands, offers, quantities, report, table
from smc.setting.analysis import analyse
from smc.setting.twist import from_function

# %% [markdown]
# ## The process
#
# Frozen Lake: a slippery grid of four by four cells, numbered row by row from the start `0` to the goal `15`, with
# holes at `5`, `7`, `11` and `12`. The reference policy moves at random for eight steps; the reward is one at the
# goal. Gymnasium's table holds rounded thirds; `rationalise` reads them as thirds and says so.

# %%
model = load("gym:FrozenLake-v1?horizon=8", rationalise=True).model
table(("the loader's notes",), [(note,) for note in model.notes])

# %% [markdown]
# ## A reward model of your own
#
# The idea: every step that still separates a cell from the goal divides its worth by three. Distance as the crow
# flies, zero in the holes and where the goal is too far for the steps that are left.

# %%
steps = {str(cell): 6 - cell // 4 - cell % 4 for cell in range(16)}
holes = {"5", "7", "11", "12"}
third = rational("1/3")
crow = from_function(
    model,
    lambda t, s: 0 if s in holes or steps[s] > 8 - t else third ** steps[s],
    name="as the crow flies",
)
report(check(model, crow, "adapted", particles=2))

# %% [markdown]
# An infinite Bellman error, and no statement says anything about the distance. Somewhere the reward model promises
# what cannot be kept. Where?

# %%
degenerate(analyse(model, crow))

# %% [markdown]
# The cell in the upper right corner. With three steps left the goal is three cells away, but two of these are holes:
# the way around takes five steps. Particles that trust the promise are lost there. The mend is one number.

# %%
walk = steps | {"3": 5}
mended = from_function(
    model, lambda t, s: 0 if s in holes or walk[s] > 8 - t else third ** walk[s], name="on foot"
)
constants = analyse(model, mended)
quantities(
    {
        "Bellman error eps": constants.bellman_error,
        "product of the spreads": constants.bellman_product,
        "ratio bound L, two-sided": constants.ratio_bound,
        "ratio bound L, upper": constants.upper_ratio,
    }
)

# %%
report(check(model, mended, "guided"))

# %% [markdown]
# Each line holds what was measured against what a statement guarantees. `instance` bounds use the constants of every
# level, `uniform` ones only the largest. `claims nothing` is not a failure: a hypothesis of that statement (a
# positive reward everywhere, say) is not met by this model.
#
# ## Which algorithm?
#
# Moving at random and weighing afterwards loses nearly every particle on this lake. Letting the reward model choose
# the moves costs one evaluation for each successor, and loses none. (The distance compares where runs *end*. Only the
# goal earns anything, so a particle that survives ends where it should; the report above shows how far from the
# target a guided particle is on its way.)

# %%
rows = []
for reward_model in (crow, mended):
    for algorithm in ("naive", "adapted"):
        for n in (1, 2, 4):
            m = check(model, reward_model, algorithm, particles=n).measured
            rows.append((reward_model.name, algorithm, str(n), m.output.dead, m.total_variation))
table(("reward model", "algorithm", "N", "no answer", "exact TV"), rows)

# %% [markdown]
# ## How many particles?
#
# For a distance of at most one tenth, by what the statements guarantee. First from the constants of this model, level
# by level:

# %%
demands(chart(model_setting(model, mended, "adapted"), "1/10", (1,), find_least=False))

# %%
formula("S8", "instance")

# %% [markdown]
# For naive proposals the guarantees ask for more, and the assumptions of P2, P3 and S3 fail outright:

# %%
demands(chart(model_setting(model, mended, "naive"), "1/10", (1,), find_least=False))

# %% [markdown]
# When the model is too large to analyse, all that is known may be its length, an estimate of the Bellman error and a
# ratio bound. Then the uniform forms are what is left, and they are expensive. (P3 and S3 take $L$ as a bound on both
# sides, which this lake does not have.)

# %%
given = setting(model.horizon, constants.bellman_error, constants.upper_ratio, "1/10", 4)
offers(plan(given))

# %%
demand_bars(given)

# %% [markdown]
# Before buying particles, improve the reward model. The same counts when its Bellman error is halved:

# %%
half = setting(model.horizon, constants.bellman_error / 2, constants.upper_ratio, "1/10", 4)
pairs = zip(plan(given), plan(half), strict=True)
rows = [(a.id, a.algorithm, a.count, b.count) for a, b in pairs if a.sufficient]
table(("statement", "algorithm", f"eps = {given.eps}", f"eps = {half.eps}"), rows)
