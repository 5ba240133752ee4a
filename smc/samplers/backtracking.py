"""The value-guided backtracking walk (S18): from a node up with weight `V(x)`, down with `M psi V(y)`; the answer is the leaf at a visit.

It runs on prefix trees, and on the moves and weights of naive SMC: up 1, down `M_t G_t`.
"""

from __future__ import annotations

from smc.samplers import naive
from smc.samplers.process import Selection
from smc.samplers.sampler import VISITS, Sampler, Scores

backtracking = Sampler(
    "backtracking",
    "a walk up and down the tree by values, read at leaves",
    VISITS,
    naive.moves,
    Selection.WALK,
    Scores.CHILDREN,
)
