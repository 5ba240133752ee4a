# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # 9. Is my reward model good enough?
#
# Three questions come in this order: which distribution does my loop sample, is the reward model good enough for SMC to
# pay, and how many particles does it take? `bellman-smc audit` answers them from logs. Here the language model is small
# enough that every answer can be held against the truth: the phoneme trigram inside the `pocketsphinx` package, asked for
# utterances of at most 16 sounds that rhyme with *sun*.

# %%
from fractions import Fraction

from proofs.reading.notebook import formula
from smc.checks.audited import STEP_COLUMNS, TRUTH_COLUMNS, of_files, step_rows, truth_rows
from smc.checks.learning import METHODS, study
from smc.lm.automaton import contains, ends
from smc.lm.chain import chain
from smc.lm.logged import log_of_prefixes, log_of_runs
from smc.lm.ngram import PHONES, phones
from smc.present.audit_page import ratio_figure
from smc.present.audit_tables import NEED_COLUMNS, need_row
from smc.present.learning import COLUMNS, learning_figure, rows
from smc.present.notebook import quantities, table

# %% [markdown]
# ## A language model whose truth is known
#
# The context is the last two sounds, the automaton knows how much of the rhyme was heard, and the product is a chain of
# contexts and phases: the true value $V^*$ is one pass back. A rhyme is worth 1, anything else 1/100.

# %%
rhymes = chain(phones(), ends(["AH", "N"], PHONES), horizon=16, low=0.01)
share = (rhymes.normaliser - rhymes.low) / (1 - rhymes.low)
z = f"{rhymes.normaliser:.5f}"
quantities({"states": rhymes.states, "rewarding texts": f"{share:.4f}", "Z": z})

# %% [markdown]
# ## A reward model while it learns
#
# Reward models are learned from texts of the reference as practitioners do it: the mean reward of rollouts, temporal
# differences, a small regression, also stopped early. Bellman error and cumulative error are exact. The error of SMC is
# certified at any number of particles, from two moments (S10):

# %%
formula("S10", "certificate")

# %% [markdown]
# The audit sees 300 texts. Its interval for eps holds the exact one: the lower end is certified, the upper one is what a
# floor of 1/100 on the scores allows, since no sample certifies that no worse prefix exists. *Predicted N* is what the
# average prefix suggests, *needed N* what is certified to bring the total variation to 1/10.

# %%
learned = study(rhymes, (100, 1000, 10_000))
table(COLUMNS, rows(learned))

# %%
learning_figure(learned)

# %% [markdown]
# Best-of-N has no use for a reward model on the way, and needs more answers than the best reward models need particles:

# %%
quantities({"best-of-N, answers": learned.best_needed, "true value, particles": learned.perfect})

# %% [markdown]
# Both $\varepsilon$ and $\Lambda$ are about the worst prefixes, which hardly any particle meets, and may grow while the error of
# SMC falls; the average prefix follows it better.
#
# ## The same from a log
#
# What a practitioner has is a file: prefixes of the reference, a score for each, and a few draws of what may follow.

# %%
values = METHODS["regression"](rhymes, rhymes.walk(10_000, seed=0))
steered = rhymes.steer(values)
prefixes = log_of_prefixes(steered, texts=200, children=8, seed=1)
audited = of_files([prefixes], Fraction(1, 10), floor=0.01)
table(STEP_COLUMNS, step_rows(audited.audit.facts))

# %%
ratio_figure(audited.audit.facts)

# %% [markdown]
# What each theorem asks for, were the worst prefixes those seen. Worst-case counts multiply the spread of every step, and
# are out of reach here; the average prefix is another matter.

# %%
table(NEED_COLUMNS, [need_row(need) for need in audited.needs])

# %% [markdown]
# ## V against the true value
#
# With a few whole answers drawn after each prefix a log also says how far the prefixes that are resampled by $V$ are from those of the
# target (a chi-square at each step), and bounds the error of SMC with no worst case in it (G1, sharper): all ends are certified at
# once. Utterances of at most six sounds that contain an *s*, others worth 1/4, scores from 30 texts alone; the exact value last:

# %%
hissing = chain(phones(), contains(["S"], PHONES), horizon=6, low=0.25)
rough = hissing.steer(METHODS["rollouts"](hissing, hissing.walk(30, seed=0)))
log = log_of_prefixes(rough, texts=3000, children=2, seed=3, rollouts=4)
rolled = of_files([log], Fraction(1, 10), floor=0.25)
exact = {str(t): f"{value:.3f}" for t, value in enumerate(rough.chi_squares)}
table((*TRUTH_COLUMNS, "exact"), [(*row, exact[row[0]]) for row in truth_rows(rolled.audit.facts)])

# %%
table(NEED_COLUMNS, [need_row(need) for need in rolled.needs if need.kind == "certified"])

# %% [markdown]
# ## The loop itself
#
# A hundred runs with 64 particles, logged. The audit names the factor that each step multiplied by, and the genealogy of the
# runs tells the variance of the normaliser. The estimate of one run is unbiased once it is multiplied by the square of its
# normaliser; the plain mean over runs leaves out that rare runs with a large normaliser carry much of the variance.

# %%
runs = log_of_runs(steered, particles=64, runs=100, seed=2)
loop = of_files([runs], Fraction(1, 10))
quantities(
    {
        "factor": loop.audit.naming.decided.multiplier.formula,
        "samples the target": loop.samples_target,
        "relative variance, by disjoint ancestors": f"{loop.audit.genealogies.relative_variance:.2f}",
        "relative variance, exact": f"{steered.certificate(64).variance:.2f}",
    }
)
