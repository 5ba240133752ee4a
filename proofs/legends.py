"""What forms and quantities of the catalogue are, in words: for the legends below tables and on pages."""

from __future__ import annotations

FORM_WORDS = {
    "instance": "from this model's own constants",
    "uniform": "from eps, L and T alone",
    "average": "an average over the target's paths, where others take a maximum",
    "adapted": "for guided moves, from this model's own constants",
    "adapted uniform": "for guided moves, from eps and T alone",
    "bias": "from the bound on the second moment",
    "linear": "from the same moments, of order 1/N",
    "published": "the neighbour's constant",
    "sharper": "the same argument, improved",
    "certificate": "from the run's own second moments, at any N",
    "identity": "an equality",
    "naive": "reference paths, weighted at the end",
    "lower": "a lower bound",
    "step": "one step of a run, whatever came before",
    "normaliser": "of the normaliser, from this model's own constants",
    "odds": "from the odds of events, by this model's own constants",
    "adapted normaliser": "of the normaliser, for guided moves, from this model's own constants",
    "adapted odds": "from the odds of events, for guided moves",
    "adapted threshold": "of the normaliser, for guided moves, where weights are carried on above a threshold on the effective sample size",
    "threshold": "of the normaliser, where weights are carried on above a threshold on the effective sample size",
    "sweep": "one sweep of conditional SMC, from any kept path",
    "sweeps": "sweep after sweep of conditional SMC, from any kept path",
    "gap": "the worst variance of a function of the leaves over its Dirichlet form",
    "visits": "at a visit of a walk from the root, by its first leaf and its gap",
    "density": "where a walk from the root starts to be read",
    "steps": "what a visit of a walk costs",
    "upper": "from above, where the statement has a half from below",
}
"""What the forms of a statement are, for legends."""
QUANTITY_WORDS = {
    "q_p": "q_p: largest / smallest psi V*(y)/V(x) over the moves x -> y of step p",
    "chi^2": "chi^2: chi-square divergence; pi: the target; pi*, pihat: the targets at that step under V* and under the reward model",
    "Zhat": "Zhat: the run's estimate of Z; E[Zhat^2]/Z^2 is 1 when it has no variance",
    "rare branch": "rare branch: what the rare-branch model undervalues; its bias: the target's mass less the output's",
    "branch A": "branch A: where the split model's steps multiply V by 3/2 or 1/2; its bias: the target's mass less the output's",
    "E[U^2]": "U: Zhat nu(V*/V)/Z along a run, of mean 1; its second moment grows by so much from one step to the next",
    "TV": "TV: total variation to the target; a bound of 1 or more on it is true but says nothing: take more particles",
}
"""What the quantities are, for legends: by a word that occurs in their names."""
