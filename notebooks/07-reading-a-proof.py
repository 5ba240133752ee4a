# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # 7. Reading a proof
#
# The other notebooks quote theorems. Why believe them? Here one statement is followed all the way down: from a line of
# mathematics to the steps of a small kernel, to the file on disk, and to the attempts at forging it. It is a short one;
# S1 is the same argument carried along a path, and all others are read in the same way.

# %%
from proofs.reading.blueprint import trusted_lines
from proofs.reading.notebook import replayer, statement
from proofs.reading.walkthrough import after_replacing, corruptions, derivation
from proofs.reading.walkthrough import foundations, identity, steps, stored_line
from smc.instances.two_branch import two_branch
from smc.present.illustrations import chord
from smc.present.notebook import quantities, table
from smc.setting.analysis import analyse
from smc.setting.telescoping import path_weights

# %% [markdown]
# ## The statement
#
# What has to be understood is the *sealed* statement: its hypotheses and its conclusion. $h$ is any function on any
# finite set, and the law $\mu$ is any probability on it. Nothing else is assumed.

# %%
statement("S0.variance")

# %% [markdown]
# ## The mathematics
#
# A product of two non-negative numbers is non-negative: the distance of $h$ to the upper end, and to the lower end.
# Averaged, with the mean known, that is the theorem. In a picture: the parabola lies below its chord on the interval,
# and a law with mean one on the two ends sits on the chord.

# %%
chord(low="1/2", high=2)

# %% [markdown]
# As a program, the derivation reads like the sentence above. It is not trusted: it only asks the kernel for one step
# after the other.

# %%
derivation("S0.variance")

# %% [markdown]
# ## The kernel's steps
#
# Each line is one application of one rule. What it concludes was computed by the kernel during the replay, not read
# from anywhere.

# %%
steps("S0.variance")

# %% [markdown]
# Two rules do the work. `mono` is the positivity of an average: an inequality that holds everywhere holds on average.
# `certificate` is exact algebra: the difference of the two sides is written as a sum of things already known not to
# be negative. The first certificate is this identity:

# %%
identity("S0.variance", 5)

# %% [markdown]
# And the last one, where the mean of $h$ enters as an equation with the multiplier $a + b$. The checker expands both
# sides as polynomials with exact coefficients, with averages of monomials as unknowns, and compares.

# %%
identity("S0.variance", 8)

# %% [markdown]
# ## The file
#
# A Python object can be forged, so an object in memory proves nothing. What counts is the stored proof, a text file
# with one step a line, and its replay by `python -m proofs.kernel.replay`, which needs the standard library only. That
# step as it is stored:

# %%
stored_line("S0.variance", 8)

# %%
proofs = replayer()
used = sorted(proofs.rules["S0.variance"])
quantities(
    {
        "steps": proofs.steps["S0.variance"],
        "rules used": ", ".join(used),
        "axioms used": ", ".join(rule for rule in used if rule.startswith("axiom")) or "none",
        "trusted lines (kernel and certificate checker)": trusted_lines(),
    }
)

# %% [markdown]
# ## Forging it
#
# Three attempts on the file: another coefficient in the certificate, another multiplier for the equation, a strict
# inequality in the claim. The replay names the proof, the step and the line.

# %%
attempts = [
    (
        "coefficient 1 becomes 2",
        '["#20", [["1", ["0", "1"], []]], [], []]',
        '["#20", [["2", ["0", "1"], []]], [], []]',
    ),
    ("multiplier a + b becomes b - 1", '[["#35", "1"]]', '[["#31", "1"]]'),
    ("at most becomes less than", '["<=", null, [30, 33]]', '["<", null, [30, 33]]'),
]
table(
    ("attempt", "replay"),
    [(words, after_replacing("S0.variance", old, new)) for words, old, new in attempts],
)

# %% [markdown]
# The same done systematically: every constant, sign, relation, hypothesis and step changed in turn. Nothing may go
# unnoticed, and a changed statement that happens to be true is stopped by the seal.

# %%
corruptions("S0.variance")

# %% [markdown]
# ## Is it sharp, and is it about anything?
#
# A theorem can be true because its hypotheses are never met. Here they are met by the two-branch model of the second
# notebook, with equality: $h$ is the weight of a path, scaled to mean one.

# %%
paths = path_weights(analyse(*two_branch(horizon=3, eps="1/4", low="1/4")), "guided")
mean = sum(p.probability * p.weight for p in paths)
h = {p.states[-1]: p.weight / mean for p in paths}
table(
    ("branch", "probability", "weight", "h"),
    [(p.states[-1], p.probability, p.weight, h[p.states[-1]]) for p in paths],
)

# %%
variance = sum(p.probability * h[p.states[-1]] ** 2 for p in paths) - 1
bound = (max(h.values()) - 1) * (1 - min(h.values()))
quantities({"variance of h": variance, "bound": bound, "equal": variance == bound})

# %% [markdown]
# ## The others
#
# The other proofs are longer, and they are made of the same rules. `bellman-smc prove` lists them all, with what each
# rests on, and prints any of them as above. S1, the same argument along a path, is built from these:

# %%
table(("earlier theorem",), [(name,) for name in foundations("S1")])
