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
from sympy import Eq, Pow, Rational, diff, exp, factor, limit
from sympy import log, oo, series, simplify, sinh, solve, symbols

from proofs import prove, theorem
from proofs.language.bridge import same
from proofs.language.text import notebook
from proofs.reading.notebook import attempt, closed_form, statement

notebook()

# %%
from smc import load
from smc.checks.measure import importance_chi_square
from smc.instances.two_branch import most_variance, two_branch, weight_ratio
from smc.numbers import rational
from smc.present.figures import chi_square_against_horizon
from smc.present.illustrations import chi_square_against_branch
from smc.present.notebook import paths_table, quantities, table, values_table
from smc.setting.analysis import analyse
from smc.setting.telescoping import path_weights
from smc.setting.twist import with_bellman_error

# %% [markdown]
# ## One random variable
#
# A density $h$ with mean one that stays between $a$ and $b$ cannot vary much (Bhatia and Davis): the parabola lies below its
# chord. Notebook 7 takes this proof apart.

# %%
statement("S0.variance")

# %% [markdown]
# **The worst density, found by sympy.** If only the ratio $q$ of the ends is known, the lower end $a$ is free. Where is the
# bound largest?

# %%
a, b, q = symbols("a b q", positive=True)
S0 = theorem("S0.variance")
spread = S0.rhs.subs({S0.a: a, S0.b: q * a})
[worst_end] = solve(diff(spread, a), a)
worst_end

# %%
worst = factor(spread.subs(a, worst_end))
worst

# %% [markdown]
# A zero of a derivative is no proof of a maximum. The kernel proves it, by a square that the search finds:

# %%
prove(spread <= worst)

# %% [markdown]
# A smaller constant is refused. (Any number below one will do; change it.)

# %%
attempt(lambda: prove(spread <= Rational(99, 100) * worst))

# %% [markdown]
# And the worst density takes two values, the two ends. What its mass on the upper end must be follows from the mean; its
# variance is then the whole bound, so the difference is zero:

# %%
mass = symbols("m")
[on_top] = solve(Eq(mass * b + (1 - mass) * a, 1), mass)
simplify(on_top * b**2 + (1 - on_top) * a**2 - 1 - (b - 1) * (1 - a))

# %% [markdown]
# This is the sealed form:

# %%
statement("S0.variance_ratio")

# %% [markdown]
# ## A whole path
#
# Along a path the weight is the product of the Bellman ratios after the first step, each between $1/(1+\varepsilon)$ and
# $1+\varepsilon$, so its range ratio is at most $1+\varepsilon$ to the power $2n$ with $n = T-1$ steps. In the worst case of one
# variable that is a hyperbolic sine, and it is the closed form that the kernel has proved for every length and every model.

# %%
S1 = theorem("S1")
growth = S1.n * log(1 + S1.eps)
hyperbolic = sinh(growth) ** 2
quantities({"sinh squared is the sealed bound": same(hyperbolic.rewrite(exp).rewrite(Pow), S1.rhs)})

# %%
statement("S1")

# %% [markdown]
# Here $C_0/A_0^2 - 1$ is the relative variance of the weight. To leading order it is the square of the summed error:

# %%
series(S1.rhs, S1.eps, 0, 3)

# %% [markdown]
# And if the error falls like one over the length, it has a limit:

# %%
c, T = symbols("c T", positive=True)
limit(S1.rhs.subs({S1.eps: c / T, S1.n: T - 1}), T, oo)

# %% [markdown]
# ## The two-point model
#
# S0 is attained by a density with two values. To make a path do that, take two branches: the first step chooses, all
# later steps are forced. Below `high` the reward model gains a factor $1+\varepsilon$ at every step, below `low` it loses
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
# That choice is $q/(q+1)$, where $q$ is the range ratio. The next table compares exact fractions, not rounded ones:
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
# line uses what is known of each level of the model, the second only $\varepsilon$ and $T$.

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
