"""One table: the notation of the paper, the name in the sealed statements, the name in the numerical code, the domain.

A symbol of a sealed statement is universally quantified: the theorem holds for every choice of it that meets the hypotheses. Where two
topics give one name two meanings, the row says both. `latex` prints with this table; a name that is not in it is set upright.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    """A row. name: in the statements; latex: the notation; domain: what it ranges over; code: its name in `smc`; meaning: in words."""

    name: str
    latex: str
    domain: str
    code: str
    meaning: str

    @property
    def kinds(self) -> set[str]:
        """By the first words of the domain: natural, real, law, functional (a finite sum), or an element of some set."""
        words = {part.replace(",", " ").split()[0] for part in self.domain.split("; or ")}
        return {w if w in ("natural", "real", "law", "functional") else "element" for w in words}


_ROWS = r"""
T | T | natural | model.horizon | horizon
N | N | natural, at least 1 | particles | number of particles
Q | Q | natural; or real | queries | number of oracle queries; in G1 the mean of Zhat times a second moment, by the cloud
n | n | natural | horizon - 1, horizon - t | steps to go; the horizon is n + 1 where a statement says so
m | m | natural |  | steps to go, or a second count
t | t | natural, at most T | step | time; layers are X_0 = {root}, ..., X_T
j | j | natural; or real |  | number of sweeps (S17) or visits (S18); the function between two others in a lemma on means
k | k | natural; or real |  | index of a sum or product; the vocabulary in S6
B | B | natural, at least 1; or real; or side | children | children of the root in the lower bound
eps | \varepsilon | real, at least 0 | constants.bellman_error | Bellman error (Assumption 3.2)
delta | \delta | real, in (0, 1) | delta | accuracy asked for
L | L | real, at least 1 | constants.ratio_bound | ratio bound (Assumption 3.1); the upper bound alone in S4
x | x | state; or real | state index | state at time t
y | y | real; or state | edge.target | successor of x
root | \mathrm{root} | state | layers[0][0] | the state at time 0
M | M | law of y from (t, x) | model.edges | reference kernel; M_t goes from time t to t + 1
psi | \psi | real, at least 0 | edge.potential | potential of the edge from x at t to y at t + 1
phi | \varphi | real, at least 0 | model.reward | terminal reward
V | V | real, at least 0 | twist.values | approximate reward model (twist)
Vstar | V^{*} | real, at least 0 | constants.true_value | true value
adapted | \mathrm{adapted} | law of a state, by a cloud | algorithms.adapted | as smc, fully adapted
ref | \mathrm{ref} | functional, positive, on states | constants.prefix_mass | sum under the reference, with the path's potentials
pistar | \pi^{*} | law on states |  | intermediate target by the true value
pihat | \hat{\pi} | law on states | constants.twisted_target | intermediate target by the twist
AF | A^{F} | real |  | mean of Zhat times the conditional mean of F
CF | C^{F} | real |  | mean of Zhat^2 times the conditional mean of F, from a cloud on
CF3 | C^{F}_{3} | real |  | mean of Zhat^3 times the conditional mean of F, from a cloud on
CF4 | C^{F}_{4} | real |  | mean of Zhat^4 times the conditional mean of F, from a cloud on
B3 | B_{3} | real |  | mean of Zhat^3, from a cloud on
B4 | B_{4} | real |  | mean of Zhat^4, from a cloud on
KF | K_{F} | real |  | mean of Zhat^2 times the conditional mean of F, from a cloud on; mean of F at the next leaf after a leaf (S18)
AJ | A^{F} | real |  | as AF, for a test function by its number
CJ3 | C^{F}_{3} | real |  | as CF3, for a test function by its number
CJ4 | C^{F}_{4} | real |  | as CF4, for a test function by its number
third | m_{3} | real | measured.four_moments | mean of (Zhat/Z)^3 times the conditional mean of a test function, by its number
fourth | m_{4} | real | measured.four_moments | mean of (Zhat/Z)^4 times the conditional mean of a test function, by its number
alpha | \alpha | real | measured.four_moments | coefficient of U in a polynomial (S11), by the number of the test function
beta | \beta | real | measured.four_moments | coefficient of U^2 in a polynomial (S11), by the number of the test function
pi | \pi | real, in [0, 1] | constants.target | the target's mean of a test function, by its number
second | k | real, positive | measured.answer_moments | mean of (Zhat/Z)^2 times the conditional mean of a test function, by its number
FJ | F | real, in [0, 1] |  | test functions, by number
bJ | b | real |  | as b, by the number of the test function that can still be met
taken | \mathrm{taken} | real, in [0, 1] |  | 1 on the paths of an event, by their number (S15)
aim | \pi | real, in [0, 1] | constants.target | the target's probability of a path, by its number (S14, S15)
growth | a | real, at least 0 | growth_along | a path's second moment over its target, from a time on (S14)
growthJ | a | real, at least 0 | path_growths | the same, by the number of the path and the time
path | z | state |  | the states of the one path along which F is met, by time (S14)
pathJ | z | state |  | the same, by the number of the path and the time
excess | e | real | constants.path_excess | the target's mean of b(j, k) - 1 over the test functions j (S12)
VJ | V^{F} | real |  | true value with the terminal reward times a test function, by its number
OutJ | \mathrm{Out} | real, in [0, 1] |  | expected answer for a test function, by its number, and by the cloud
CJ | C^{F} | real |  | mean of Zhat^2 times the conditional mean of a test function, by its number, from a cloud on
Out | \mathrm{Out} | real, in [0, 1] |  | expected answer, by the cloud; any answer once all particles are dead
PV | P^{V} | real | constants.increment_moment | reference mean of V_t with the path's potentials, from an earlier state
PQ | P^{Q} | real | constants.increment_moment | reference mean of E[psi^2 Vstar^2]/V at time t, from an earlier state
PS | P^{S} | real |  | reference mean of (Vstar_t)^2/V_t with the path's potentials, from an earlier state
chi | \chi^{2} | real | constants.chi_square | chi^2(pi*_t || pihat_t) at time t
P | P | real |  | mean of Zhat at time t, by an earlier cloud (G1); value of what a walk collects (S18)
J | J | natural; or real |  | number of test functions (S10); mean size of a martingale increment at time t, by an earlier cloud (G1)
Dev | \mathrm{Dev} | real |  | mean absolute value of r Zhat - 1, from a cloud on (G1)
GF | G^{F} | real |  | mean of F at the end of the guided particle's path
X | X | real |  | mean mass below A at the end, by steps to go and particles below A (S9)
branch | \mathrm{branch} | law on {A, B} |  | A with the given probability
sgn | \mathrm{sgn} | real, -1 or 1 |  | sign of a fair coin
VF | V^{F} | real |  | true value with the terminal reward times the test function F
F | F | real, in [0, 1] |  | test function; total variation is the supremum over F
Z | Z | real, positive | constants.normaliser | normaliser, V*_0(root)
rho | \rho | real, positive | constants.bellman_ratio | Bellman ratio (BV)(x)/V(x); N^(-1/(2r-1)) or more (S15)
u | u | real; or natural | constants.value_ratio | V*/V
r | r | real, at least 1; or natural | constants.level_ratio | max rho_t / min rho_t at time t
q | q | real, at least 1 | constants.q | range ratio max/min (of Qbar at step p)
b | b | real | constants.b | one-sided peak of Qbar (S4, S5); upper end of a range (S0)
s | s | real, at least 0; or natural |  | root of q; the chance of the rare branch (S15)
lives | \mathrm{lives} | real, 0 or 1 |  | says of a state of a level that it belongs to the rare branch (S15)
left | \mathrm{left} | real, 0 or 1 |  | says of a state that the move to it has just left the rare branch (S15)
w | w | real |  | root of b (b - 1); a weight of the two-point law (S0.attained), of slot, kept particle, path (S14, S16, S17); 2 (S15)
dead | \mathrm{dead} | real, at least 0 | constants.alive | 0 exactly on live (reachable) states
noedge | \mathrm{noedge} | real, at least 0 | model.edges | 0 exactly on reachable edges
lo | \ell | real, positive |  | lower end of a weight's range
hi | h | real, positive |  | upper end of a weight's range
wlo | \underline{G} | real, positive |  | least incremental weight on a level, by steps to go
whi | \overline{G} | real, positive |  | largest incremental weight on a level, by steps to go
wratio | G^{\mathrm{ratio}} | real, at least 1 |  | largest over least incremental weight on a level, by steps to go
K | K | law of y from (t, x); or real, at least 1 | constants.chi_square | any Markov kernel; the largest 1 + chi^2 (S15)
psiV | \psi^{V} | real, at least 0 |  | potential under which fully adapted SMC is a naive run: BV_t(x)/V_{t+1}(y) (S16)
BV | BV | real, at least 0 | bellman | mean of psi V ahead of a state where V > 0; V itself at the end (S16)
guided | M^{V} | law of y from (t, x) | guided moves | guided kernel: M psi V / (BV)
move | \mathrm{move} | law of an edge from (t, x) |  | the edge from x at t to a successor
resampled | \mathrm{resampled} | law of an edge, by a cloud | resample | law of a particle after resampling and moving
smc | \mathrm{smc} | law of an edge, by a cloud | resample | law of a particle after resampling and moving
H | H | natural, at least 1; or real | proposals | number of Metropolis-Hastings proposals; mean of F at the next leaf, from a state (S18)
HG | H^{G} | real |  | the same of G
HJ | H | real |  | mean of U at the next leaf, by the number of visits (S18)
KG | KG | real | Backtracking.leaf_chain | the same of G
PF | P^{F} | real |  | true value with the terminal reward times F (S18)
PFF | P^{FF} | real |  | the same with F^2
PFK | P^{FK} | real |  | the same with F KF
PFKG | P^{FKG} | real |  | the same with F KG
PKFG | P^{KFG} | real |  | the same with G KF
PJ | P | real |  | the same with U(j, .), by the number of visits
PIJ | P | real |  | the same with U(i, .) U(j, .)
carried | \mathrm{carried} | real, at least 0 |  | the share of the weight that a particle carries (S16)
share | \mathrm{share} | real, at least 0 |  | the share of a slot of the cloud after this one (S16)
share0 | \mathrm{share}_0 | real, at least 0 |  | the share of a slot of the first cloud (S16)
anc | \mathrm{anc} | real, at least 0 | Scheme.slots | chance that a slot takes a particle of the cloud (S16)
slots | \mathrm{slots} | law of a cloud, by a cloud | resample | the cloud after this one, drawn into slots (S16)
miss | \mathrm{miss} | real, at least 0 |  | zero exactly on clouds that carry their shares on reachable edges (S16)
miss0 | \mathrm{miss}_0 | real, at least 0 |  | the same for the first cloud (S16)
csmc | \mathrm{csmc}^{z} | law of an edge, by a kept path and a cloud | ConditionalKernel | as smc, the kept edge resampled too (S17)
held | \mathrm{held} | edge, by a path and a time |  | the edge of a kept path at time t (S17)
bv | b^{v} | real, at least 0 | constants.slot_cost | what the variance of a slot costs: b - 1 up to b = 2, b^2/4 from there on (S16)
bz | b^{z} | real |  | as b, for the edges of the kept path alone
first | \mathrm{first} | law of an edge |  | law of a particle of the first cloud
A | A | real; or side; or functional |  | mean product of weights (S1); answer without noise (S3); largest sum of V*/V on a path (S18)
kappa | \kappa | real | mean_path | mean sum of V*/V along a path of the target, from a state on (S18)
steps | \mathrm{steps} | real |  | mean number of steps of a walk to its next leaf, from a state (S18)
conductances | \mathrm{conductances} | real | steps_per_visit | sum of the products of psi and V over the nodes below a state (S18)
C | C | real | constants.c_act | second moment of a product of weights; C_act, and at least 1 (S15)
W | W | real |  | expected final answer, by the cloud
R | R | real |  | reference mean (S1); a self-normalised average; the range ratio (S7); what a walk collects at a state, times V (S18)
f | f | real |  | test function
g | g | real, at least 0 | increment | weight of an edge; a test function
h | h | real, at least 0; or natural |  | a density with mean one, or an unnormalised weight; r - 1 (S15)
a | a | real |  | lower end of a range
mu | \mu | law |  | any probability
coin | \mathrm{coin} | law on {0, 1} |  | two-point law
C_act | C_{\mathrm{act}} | real, at least 1 | constants.c_act | worst ratio V*_t/V*_{t-1} (neighbour)
C_inf | C_{\infty} | real, at least 1 | constants.c_inf | worst ratio between V and V* (neighbour)
pair | \mathrm{pair} | edge |  | the edge with given ends
join | \mathrm{join} | edge |  | the edge with given ends
old | \mathrm{old} | state |  | where an edge starts
new | \mathrm{new} | state |  | where an edge ends
src | \mathrm{src} | state |  | where an edge starts
dst | \mathrm{dst} | state |  | where an edge ends
run | \mathrm{run} | state of an algorithm | query.clients | what an algorithm knows after so many questions, for a hidden child and a seed
seed | \mathrm{seed} | law |  | the random bits of an algorithm
ask | \mathrm{ask} | query |  | the next question of an algorithm
answer | \mathrm{answer} | answer | query.oracle | the oracle's answer when a given child is hidden
blank | \mathrm{blank} | answer |  | the answer that does not depend on the hidden child
touches | \mathrm{touches} | natural, 0 or 1 |  | 1 when a query lies below a child, else 0
below | \mathrm{below} | natural, 0 or 1 |  | 1 when an output lies below a child, else 0
name | \mathrm{name} | output |  | what an algorithm answers in the end
same | \mathrm{same} | natural, 0 or 1 |  | 1 when two children are the same, else 0
begin | \mathrm{begin} | state of an algorithm; or law of a cloud |  | first knowledge of an algorithm; first cloud, in slots (S16)
update | \mathrm{update} | state of an algorithm |  | what it knows after an answer
accept | \alpha | real, in [0, 1] | acceptance | acceptance probability of a proposal
U | U | real |  | expected F after so many proposals (S7), sweeps (S17) or visits (S18), from a path
state | \mathrm{state} | state |  | the state of a path at a time
G | G | real | increment | weight of a pool's candidate; a second function of the leaves (S18)
xi | \xi | real, in (0, 1] |  | relative deviation of a pool's mean
up | \mathrm{up} | real, in [0, 1] |  | 0 on pools whose mean is not too large
down | \mathrm{down} | real, in [0, 1] |  | 0 on pools whose mean is not too small
pick | \mathrm{pick} | real |  | mean future of the candidate that a pool picks
RP | R^{P} | real |  | mean of the product of the pools' means times F, from a state
good | \mathrm{good} | real, 0 or 1 |  | 1 on proposals in the good event
restricted | \mathrm{restricted} | law on paths |  | the proposals conditioned on the good event
capped | \alpha' | real, in [0, 1] |  | acceptance probability of the restricted chain
Ugood | U' | real |  | mean of F after more proposals of the restricted chain, from a path
d | d | real, in (0, 1] | delta_TV | accuracy asked for beside the bad events (P6)
omega | \omega | seed; or real |  | the random bits drawn; the largest weight of a slot, or the sum of the squares of the weights (S16)
z | z | real, at least 0; or leaf |  | zero exactly where a law puts its mass; the end of the kept path (S17)
c | c | cloud of N particles; or real | occupancy | a cloud; c_i its entries
"""

TABLE = {row.name: row for row in (Symbol(*map(str.strip, line.split("|", 4))) for line in _ROWS.strip().splitlines())}
"""By the name in the statements."""


def notation(name: str) -> str:
    """The LaTeX of a name: from the table; trailing digits as an index; anything else upright."""
    if name in TABLE:
        return TABLE[name].latex
    stem = name.rstrip("0123456789")
    if stem and stem != name:
        return f"{notation(stem)}_{{{name[len(stem) :]}}}"
    bare = name.lstrip("_")
    if len(bare) == 1:
        return bare
    return rf"\mathrm{{{bare.replace('_', ' ')}}}"
