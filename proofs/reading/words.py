"""Hypotheses and quantities of the sealed statements in words: how a page says what a formula assumes and what it bounds.

Untrusted and for reading alone. `said(formula)` names a hypothesis; `claims(theorem)` gives the conclusions as a reader writes them:
the two one-sided inequalities as one absolute value, and the terms of `QUANTITIES` by their usual names, each with the term that it
stands for. Words hold mathematics between dollar signs; `plain` writes it for a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from proofs import registry
from proofs.kernel import Application, Binder, Constant, Node, mapped, mk, num, var
from proofs.kernel.arithmetic import canonical
from proofs.kernel.printing import split_product
from proofs.language.notation import TABLE
from proofs.language.terms import E, at, draws, element, fn, measure, nat, show, total

SETTING, ASSUMED = "setting", "assumed"
"""What a hypothesis does: it says what a symbol of the statement is, or it restricts the model."""

_END, _LIVE = r"(?:T|n|n \+ 1)", r"forall t:nat x:X\. t < (?:T|n|n \+ 1) => dead\(t, x\) = 0 => "
_BV, _QBAR = (
    r"E\[y ~ M; t, x\]\(psi\(t, x, y\) \* V\(t \+ 1, y\)\)",
    r"psi\(t, x, y\) \* Vstar\(t \+ 1, y\) / V\(t, x\)",
)
_WORDS: tuple[tuple[str, str, str], ...] = (
    # ------------------------------------------------------------------------------------------ numbers
    (ASSUMED, r"0 < N", "there is a particle"),
    (ASSUMED, r"0 < T", "there is a step"),
    (SETTING, r"T = n \+ 1", ""),
    (ASSUMED, r"1 <= L \* \(1 \+ eps\)", "as it is wherever the target has mass"),
    # ------------------------------------------------------------------------------------------ the model
    (SETTING, r"dead\(0, root\) = 0", "the root is live"),
    (SETTING, r"dead\(\w+, \w+\) = 0", "the state is live"),
    (SETTING, r"noedge\(\w+, \w+, \w+\) = 0", "the edge is reachable"),
    (SETTING, r"forall t:nat x:X y:X\. 0 <= psi\(t, x, y\)", r"potentials are non-negative, $\psi \geq 0$"),
    (SETTING, r"forall t:nat x:X\. 0 <= V\(t, x\)", r"the reward model is non-negative, $V \geq 0$"),
    (SETTING, r"forall t:nat x:X\. dead\(t, x\) = 0 => 0 <= V\(t, x\)", r"the reward model is non-negative, $V \geq 0$"),
    (SETTING, r"forall t:nat x:X\. 0 <= dead\(t, x\)", r"$\mathrm{dead} \geq 0$, zero exactly on live states"),
    (SETTING, r"forall t:nat x:X y:X\. 0 <= noedge\(t, x, y\)",
     r"$\mathrm{noedge} \geq 0$, zero exactly on reachable edges"),
    (SETTING, r"forall t:nat x:X y:X\. noedge\(t, x, y\) = 0 => dead\(t, x\) = 0 and dead\(t \+ 1, y\) = 0",
     "a reachable edge joins live states"),
    (SETTING, _LIVE + r"E\[y ~ [MK]; t, x\]\(noedge\(t, x, y\)\) = 0", "live states move along reachable edges"),
    (SETTING, _LIVE + r"E\[y ~ M; t, x\]\(dead\(t \+ 1, y\)\) = 0", "live states move to live states"),
    (SETTING, r"forall t:nat x:X y:X\. t < (?:T|n) => dead\(t, x\) = 0 => noedge\(t, x, y\) = 0 => dead\(t \+ 1, y\) = 0",
     "a reachable edge leads to a live state"),
    (SETTING, r"forall x:X y:X\. src\(join\(x, y\)\) = x and dst\(join\(x, y\)\) = y", "an edge is a pair of states"),
    (SETTING, _LIVE + r"Vstar\(t, x\) = E\[y ~ M; t, x\]\(psi\(t, x, y\) \* Vstar\(t \+ 1, y\)\)",
     r"$V^{*}$ is the true value: its recursion"),
    (SETTING, rf"forall x:X\. Vstar\({_END}, x\) = V\({_END}, x\)",
     r"at the end the reward model is the reward, $V_T = V^{*}_T$"),
    (SETTING, _LIVE + r"VF\(t, x\) = E\[y ~ M; t, x\]\(psi\(t, x, y\) \* VF\(t \+ 1, y\)\)",
     r"$V^{F}$ is the true value of the reward times $F$: its recursion"),
    (SETTING, rf"forall x:X\. VF\({_END}, x\) = (?:F\(x\) \* V\({_END}, x\)|V\({_END}, x\) \* F\(x\))",
     r"at the end $V^{F}$ is the reward times $F$"),
    (ASSUMED, r"forall x:(?:X|Path)\. 0 <= F\(x\) and F\(x\) <= 1", r"the test function $F$ has values in $[0, 1]$"),
    (ASSUMED, r"0 < Vstar\(0, root\)", "the target has mass"),
    (ASSUMED, r"0 < V\(0, root\)", "the reward model is positive at the root"),
    (ASSUMED, r"forall t:nat x:X\. dead\(t, x\) = 0 => 0 < V\(t, x\)", "the reward model is positive on live states"),
    (ASSUMED, _LIVE + r"0 < V\(t, x\)", "the reward model is positive on live states before the end"),
    (ASSUMED, r"forall t:nat x:X\. (?:t < n \+ 1 => )?dead\(t, x\) = 0 => V\(t, x\) = 0 => Vstar\(t, x\) = 0",
     "the reward model is zero only where the true value is"),
    (ASSUMED, r"forall t:nat x:X\. dead\(t, x\) = 0 => V\(t, x\) = Vstar\(t, x\)", "the reward model is the true value"),
    (ASSUMED, _LIVE + rf"0 < V\(t, x\) => V\(t, x\) <= \(1 \+ eps\) \* {_BV} and {_BV} <= \(1 \+ eps\) \* V\(t, x\)",
     r"the Bellman error is at most $\varepsilon$ (Assumption 3.2)"),
    (ASSUMED, r"forall t:nat x:X y:X\. noedge\(t, x, y\) = 0 => V\(t, x\) <= L \* psi\(t, x, y\) \* V\(t \+ 1, y\) and "
     r"psi\(t, x, y\) \* V\(t \+ 1, y\) <= L \* V\(t, x\)",
     r"the one-step ratios lie in $[1/L, L]$ (Assumption 3.1)"),
    (ASSUMED, r"forall t:nat x:X y:X\. noedge\(t, x, y\) = 0 => psi\(t, x, y\) \* V\(t \+ 1, y\) <= L \* V\(t, x\)",
     r"the one-step ratios are at most $L$"),
    (ASSUMED, r"forall t:nat x:X y:X\. noedge\(t, x, y\) = 0 => psi\(t, x, y\) \* Vstar\(t \+ 1, y\) <= C_act \* .*",
     r"an action changes the true value by a factor of at most $C_{\mathrm{act}}$"),
    (ASSUMED, r"forall t:nat x:X\. dead\(t, x\) = 0 => 0 < V\(t, x\) => Vstar\(t, x\) <= C_inf \* .*",
     r"$V$ and $V^{*}$ are within a factor of $C_{\infty}$ of each other"),
    (ASSUMED, r"forall t:nat n:nat x:X y:X\. t \+ 1 \+ n = T => noedge\(t, x, y\) = 0 => "
     rf"lo\(n\) <= {_QBAR} and {_QBAR} <= q\(n\) \* lo\(n\)",
     r"with $n$ steps to go, the backward potentials $\psi V^{*}/V$ of the edges lie between two numbers of ratio $q_n$"),
    (ASSUMED, r"forall t:nat. 0 < lo\(t\) and 1 <= q\(t\)", r"the lower ends of the ranges are positive, $q_n \geq 1$"),
    (ASSUMED, r"forall t:nat n:nat x:X y:X\. t \+ 1 \+ n = T => noedge\(t, x, y\) = 0 => " rf"{_QBAR} <= b\(n\) \* u\(n\)",
     r"with $n$ steps to go, the backward potentials $\psi V^{*}/V$ are at most $b_n u_n$"),
    (ASSUMED, r"forall t:nat n:nat x:X\. t \+ 1 \+ n = T => dead\(t, x\) = 0 => 0 < V\(t, x\) => u\(n\) \* V\(t, x\) <= Vstar\(t, x\)",
     r"with $n + 1$ steps to go, $V^{*}/V \geq u_n$"),
    (ASSUMED, r"forall t:nat n:nat x:X\. t \+ n = T => dead\(t, x\) = 0 => 0 < V\(t, x\) => "
     r"lo\(n\) <= Vstar\(t, x\) / V\(t, x\) and Vstar\(t, x\) / V\(t, x\) <= q\(n\) \* lo\(n\)",
     r"with $n$ steps to go, the ratios $V^{*}/V$ lie between two numbers of ratio $q_n$"),
    (ASSUMED, r"forall t:nat n:nat x:X\. t \+ 1 \+ n = T => dead\(t, x\) = 0 => 0 < V\(t, x\) => lo\(n\) \* V.*r\(n\).*",
     r"with $n + 1$ steps to go, the Bellman ratios lie between two numbers of ratio $r_n$"),
    (ASSUMED, _LIVE + rf"0 < V\(t, x\) => lo\(t\) \* V\(t, x\) <= {_BV} and {_BV} <= \(r\(t\) \* lo\(t\)\) \* V\(t, x\)",
     r"at time $t$ the Bellman ratios lie between two numbers of ratio $r_t$"),
    (ASSUMED, r"forall t:nat x:X y:X u:X\. t < n \+ 1 => dead\(t, x\) = 0 => 0 < V.*b\(t\).*",
     r"at time $t$, $\psi V^{*}/V$ on an edge is at most $b_t$ times $V^{*}/V$ at any live state"),
    (ASSUMED, _LIVE + r"0 < V\(t, x\) => 0 < E\[y ~ M; t, x\]\(psi\(t, x, y\) \* V\(t \+ 1, y\)\)",
     "a live state with a positive reward has a move with a positive one"),
    # ------------------------------------------------------------------------------------------ the run
    (SETTING, r"forall t:nat c:Edge\*\. t \+ 1 < T => .*W\(t, c\) = I\[d ~ smc; N, t, c\]\(W\(t \+ 1, d\)\)",
     r"$W_t(c)$ is the mean of $F(\mathrm{output})$, given the cloud $c$ at time $t$: its recursion"),
    (SETTING, r"forall t:nat c:Edge\*\. t \+ 1 = T => .*W\(t, c\) = .*",
     "the output is a particle of the last cloud, drawn by its weights"),
    (SETTING, r"forall (?:t:nat )?c:Edge\*\. Out(?:J)?\((?:t, )?n, c\) \* sum.*",
     "the output is a particle of the last cloud, drawn by its weights"),
    (SETTING, r"forall t:nat c:Edge\*\. t < n => 0 < sum.* => Out\(t, c\) = I\[d ~ smc; N, t, c\]\(Out\(t \+ 1, d\)\)",
     r"$\mathrm{Out}_t(c)$ is the mean of $F(\mathrm{output})$, given the cloud $c$ at time $t$: its recursion"),
    (SETTING, r"forall t:nat n:nat c:Edge\*\. 0 <= OutJ\(t, n, c\) and OutJ\(t, n, c\) <= 1",
     "once every particle is dead, any answer in $[0, 1]$ is allowed"),
    (SETTING, r"forall (?:t:nat )?c:Edge\*\. (?:t < n => )?A\([nt], c\) = sum.*",
     r"$A_t(c)$ is the mean of the estimate $\hat{Z}$ from time $t$ on, given the cloud $c$"),
    (SETTING, r"forall (?:t:nat )?c:Edge\*\. (?:t < n => )?B\([nt], c\) = \(sum.*",
     r"$B_t(c)$ is the mean of $\hat{Z}^2$ from time $t$ on, given the cloud $c$"),
    (ASSUMED, r"forall t:nat x:X\. 0 <= FJ\(t, x\) and FJ\(t, x\) <= 1", "every test function has values in $[0, 1]$"),
    (SETTING, r"forall t:nat c:Edge\*\. 0 <= (?:W|Out)\(t, c\) and (?:W|Out)\(t, c\) <= 1",
     "once every particle is dead, any answer in $[0, 1]$ is allowed"),
    (SETTING, r"forall t:nat c:X\*\. 0 < t => t < T => W\(t, c\) = .*",
     r"$W_t(c)$ is the mean of $F(\mathrm{output})$, given the cloud $c$ at time $t$: its recursion"),
    (SETTING, r"forall c:X\*\. W\(T, c\) = .*", "the output is a particle of the last cloud, drawn evenly"),
    (SETTING, _LIVE + r"0 < V\(t, x\) => GF\(t, x\) = .*",
     r"$G^{F}$ is the mean of $F$ at the end of the guided particle's path: its recursion"),
    (SETTING, r"forall x:X\. GF\(T, x\) = F\(x\)", r"at the end $G^{F}$ is $F$"),
    (SETTING, rf"forall x:X\. A\({_END}, x\) = 1 and C\({_END}, x\) = 1", r"at the end of a path $A = C = 1$"),
    (SETTING, _LIVE + r"A\(t, x\) = E\[y ~ K; .*", r"$A$ is the mean of the weight of the rest of a path: its recursion"),
    (SETTING, _LIVE + r"C\(t, x\) = E\[y ~ K; .*", r"$C$ is the mean of its square: its recursion"),
    (ASSUMED, r"forall t:nat x:X y:X\. t < n => dead\(t, x\) = 0 => noedge\(t, x, y\) = 0 => "
     r"1 / \(1 \+ eps\) <= rho\(t \+ 1, y\) and rho\(t \+ 1, y\) <= 1 \+ eps",
     r"the Bellman ratios lie in $[1/(1 + \varepsilon), 1 + \varepsilon]$"),
    (ASSUMED, r"forall t:nat\. 0 < (?:lo|u)\(t\) and [01] <=? [rbq]\(t\)|forall t:nat\. 0 < lo\(t\) and 0 < hi\(t\)|"
     r"forall t:nat\. 0 < wlo\(t\) and 1 <= wratio\(t\)", "the numbers that bound these ranges are positive, ratios at least one"),
    (ASSUMED, r"forall t:nat\. 0 <= b\(t\)", r"$b_t \geq 0$"),
    (ASSUMED, r"forall t:nat\. lo\(t\) <= whi\(t\)", "upper ends are at least lower ends, as they are wherever the target has mass"),
    (ASSUMED, r"forall t:nat n:nat x:X y:X\. t \+ 1 \+ n = T => noedge\(t, x, y\) = 0 => wlo\(n\) \* V.*",
     r"with $n + 1$ steps to go, the incremental weights lie between two numbers of ratio $G^{\mathrm{ratio}}_n$"),
    (ASSUMED, r"forall t:nat n:nat x:X y:X\. t \+ 1 \+ n = T => noedge\(t, x, y\) = 0 => psi\(t, x, y\) \* V\(t \+ 1, y\) <= whi.*",
     r"with $n + 1$ steps to go, the incremental weights are at most $\overline{G}_n$"),
    (ASSUMED, r"forall t:nat x:X y:X\. t < (?:n|T) => dead\(t, x\) = 0 => noedge\(t, x, y\) = 0 => lo\(t\) <= (?:g|rho)\(.*",
     r"the weights of a step along a path lie in a range, by the time $t$"),
    (ASSUMED, r"forall t:nat x:X y:X\. t < T => dead\(t, x\) = 0 => noedge\(t, x, y\) = 0 => 1 / L <= g\(t, x, y\).*",
     r"the weights of a step along a path lie in $[1/L, L]$"),
    (ASSUMED, r"forall x:Path\. a <= W\(x\) and W\(x\) <= R \* a", r"the importance weights $W$ lie between two numbers of ratio $R$"),
    (SETTING, r"forall x:Path y:Path\. (?:\(1 - accept.*|accept\(x, y\) <= 1 and .*)",
     r"the acceptance probability is $\min(1, W(y)/W(x))$"),
    # ------------------------------------------------------------------------------------------ one random variable
    (ASSUMED, r"forall x:Y\. a <= h\(x\) and h\(x\) <= b", r"$a \leq h \leq b$"),
    (ASSUMED, r"forall x:Y\. a <= h\(x\) and h\(x\) <= q \* a", r"$a \leq h \leq q a$"),
    (ASSUMED, r"E\[x ~ mu\]\(h\(x\)\) = 1", "$h$ has mean one"),
    (ASSUMED, r"E\[x ~ guided\]\(W\(x\)\) = 1", "$W$ has mean one"),
    (SETTING, r"forall x:Y\. 0 <= z\(x\)", r"$z \geq 0$"),
    (SETTING, r"E\[x ~ mu\]\(z\(x\)\) = 0", r"$z = 0$ almost surely"),
    (ASSUMED, r"forall x:Y\. z\(x\) = 0 => 0 <= k\(x\) and k\(x\) <= h\(x\)", r"$0 \leq k \leq h$ almost surely"),
    (ASSUMED, r"forall x:Y\. z\(x\) = 0 => a <= h\(x\) and h\(x\) <= q \* a", r"$a \leq h \leq q a$ almost surely"),
    (ASSUMED, r"forall x:Y\. z\(x\) = 0 => a <= h\(x\) and h\(x\) <= s\^2 \* a", r"$a \leq h \leq s^2 a$ almost surely"),
    # ------------------------------------------------------------------------------------------ algorithms that ask
    (SETTING, r"forall t:nat n:nat\. same\(t, n\)\^2 = same\(t, n\)", r"$\mathrm{same}$ is zero or one"),
    (SETTING, r"forall t:nat\. t < .* => sum\[.*\]\(same\(t, .\)\) = 1", "each child is the same as one child"),
    (SETTING, r"forall x:Query\. sum.*touches.*<= 1", "a query lies below at most one child"),
    (SETTING, r"forall x:Output\. sum.*below.*<= 1", "an output lies below at most one child"),
    (SETTING, r"forall t:nat x:Query\. touches\(t, x\) = 0 => answer\(t, x\) = blank\(x\)",
     "a query elsewhere learns nothing of the hidden child"),
    (ASSUMED, r"forall t:nat\. t < .* => sum\[.*below\(t, name\(run\(Q, t, x\)\)\)\) <= (?:delta|1/\d+)",
     r"whichever child is hidden, the output is within the accuracy asked for of the target"),
    # ------------------------------------------------------------------------------------------ Metropolis-Hastings
    (SETTING, r"forall t:nat x:Path\. U\(t \+ 1, x\) = .*",
     r"$U_t(x)$ is the mean of $F$ after $t$ more proposals from the path $x$: its recursion"),
    (SETTING, r"forall t:nat x:Path\. Ugood\(t \+ 1, x\) = .*|forall x:Path\. Ugood\(0, x\) = F\(x\)",
     r"$U'_t(x)$ is the same for the restricted chain, whose proposals are good paths"),
    (SETTING, r"forall x:Path y:Path\. (?:\(1 - capped.*|capped\(x, y\) <= 1 and .*)",
     r"the restricted chain accepts with $\min(1, w(y)/w(x))$, where $w$ is $W$ on good paths and $a$ on others"),
    (SETTING, r"forall x:Path\. good\(x\)\^2 = good\(x\)", r"$\mathrm{good}$ is zero or one"),
    (ASSUMED, r"0 < E\[x ~ guided\]\(good\(x\)\)", "some proposals are good"),
    (ASSUMED, r"forall x:Path\. 0 < W\(x\)", "the importance weights are positive"),
    (ASSUMED, r"forall x:Path\. good\(x\) = 1 => a <= W\(x\) and W\(x\) <= " + re.escape(
     "((1 + c / (k + 1))^(2 * (k + 1)) * ((1 + 1 / (2 * (k + 1))) / (1 - 1 / (2 * (k + 1))))^(k + 1)) * a"),
     r"on good paths $W$ is between $a$ and $a\,(1 + \frac{c}{T})^{2T} \left(\frac{1 + 1/(2T)}{1 - 1/(2T)}\right)^{T}$, $T = k + 1$"),
    (SETTING, r"forall x:Path\. U\(0, x\) = F\(x\)", r"with no proposal left, $U$ is $F$"),
)  # fmt: skip
_ORDERS = (
    (r"\(1 \+ t, ", "(t + 1, "), (r"< 1 \+ n\b", "< n + 1"),
    (r"(V|Vstar)\(t \+ 1, y\) \* psi\(t, x, y\)", r"psi(t, x, y) * \1(t + 1, y)"),
)  # fmt: skip
"""Sums and products in the order of sympy, and in that of the patterns."""
_PATTERNS = tuple((kind, re.compile(pattern), words) for kind, pattern, words in _WORDS)


def said(formula: Node, note: str = "") -> tuple[str, str]:
    """(kind, words) of a hypothesis; else the note of its stored proof; else no words, and the formula speaks for itself."""
    written = show(formula)
    for order, usual in _ORDERS:
        written = re.sub(order, usual, written)
    for kind, pattern, words in _PATTERNS:
        if pattern.fullmatch(written):
            return kind, words
    defined = _defined(formula)
    if defined in TABLE and TABLE[defined].meaning and ";" not in TABLE[defined].meaning:
        return SETTING, f"${TABLE[defined].latex}$: {TABLE[defined].meaning}"
    return ASSUMED, note if formula.op == "all" else ""


def _defined(formula: Node) -> str:
    """The symbol on the left of the equation that a recursion or an end value says of it; empty for another formula."""
    while formula.op in ("all", "=>"):
        formula = formula.kids[-1]
    while formula.op == "and":
        formula = formula.kids[0]
    left = formula.kids[0] if formula.op == "=" else formula
    return left.symbol.name if isinstance(left, Application) and left.kids else ""


_STEPS = re.compile(r"forall (?:t:nat )?c:Edge\*\. Out(?:J)?\((?:t, )?n, c\) \* sum.*")


def run_length(formulas: Iterable[Node]) -> str:
    """How many steps a run has, where a statement counts them by n; empty elsewhere."""
    written = [show(h) for h in formulas]
    if "T = n + 1" in written:
        return "$T = n + 1$"
    return "$n + 1$" if any(_STEPS.fullmatch(h) for h in written) else ""


_PLAIN = (
    (r"\\mathrm\{(\w+)\}", r"\1"), (r"\\varepsilon", "eps"), (r"\\infty", "inf"), (r"\\geq", ">="), (r"\\leq", "<="),
    (r"\\hat\{(\w)\}", r"\1hat"), (r"\^\{\*\}", "*"), (r"\^\{F\}", "^F"), (r"\\mathbb\{E\}", "E"), (r"\\", ""), (r"[${}]", ""),
)  # fmt: skip


def plain(words: str) -> str:
    """Words for a terminal: $\\varepsilon \\geq 0$ as eps >= 0."""
    for pattern, new in _PLAIN:
        words = re.sub(pattern, new, words)
    return words


# ---------------------------------------------------------------------------------------------------- quantities
@dataclass(frozen=True)
class Quantity:
    """A term with a usual name. symbol: stands for it in a printed formula; latex, text: how it prints; says: in words."""

    symbol: Node
    term: Node
    latex: str
    text: str
    says: str


def _quantities() -> tuple[Quantity, ...]:
    N, n, root = nat("N"), nat("n"), element("X", "root")
    path, edges, states = element("Path", "x"), element("Edge*", "c"), element("X*", "c")
    V, Vstar, VF, GF = (fn(name, "nat X -> real")(0, root) for name in ("V", "Vstar", "VF", "GF"))
    cloud, guided = draws(N, measure("first", "", "Edge")), measure("guided", "", "Path")
    adapted = E(draws(N, measure("guided", "nat X", "X")(0, root)), states, fn("W", "nat X* -> real")(1, states))
    weighed = E(guided, path, fn("W", "Path -> real")(path) * fn("F", "Path -> real")(path))
    answered = E(guided, path, fn("U", "nat Path -> real")(n, path))

    mu, y, sample = measure("mu", "", "Y"), element("Y", "y"), element("Y*", "c")
    accepted, weight = fn("k", "Y -> real"), fn("h", "Y -> real")

    def first(name: str) -> Node:
        return E(cloud, edges, fn(name, "nat Edge* -> real")(0, edges))

    target = r"\pi(F)", "pi(F)", "the mean of $F$ under the target"
    out = r"\mathbb{E}\, F(\mathrm{output})", "E F(output)", "the mean of $F$ over the output of SMC"
    rows: tuple[tuple[Node, tuple[str, str, str]], ...] = (
        (VF / Vstar, target),
        (weighed, target),
        (VF**2 * (1 / Vstar) ** 2, (r"\pi(F)^{2}", "pi(F)^2", "the square of the mean of $F$ under the target")),
        (first("W"), out),
        (first("Out"), out),
        (adapted, (*out[:2], "the mean of $F$ over the output of fully adapted SMC")),
        (answered, (*out[:2], "the mean of $F$ over the path after the last proposal")),
        (
            E(mu, y, accepted(y)) / E(mu, y, weight(y)),
            (r"\frac{\mu(k)}{\mu(h)}", "mu(k)/mu(h)", "the ratio of the means"),
        ),
        (
            E(draws(N, mu), sample, total(N, n, accepted(at(sample, n))) / total(N, n, weight(at(sample, n)))),
            (
                r"\mathbb{E}\,\hat{r}",
                "E rhat",
                r"the mean of the self-normalised average $\hat{r}$ of $N$ draws: the sum of $k$ over the sum of $h$",
            ),
        ),
        (GF, (r"\mathbb{E}\, F(\mathrm{guided})", "E F(guided)", "the mean of $F$ over the guided particle's end")),
        (
            E(cloud, edges, V**2 * (1 / Vstar) ** 2 * fn("CF", "nat Edge* -> real")(0, edges)),
            (
                r"\mathbb{E}\left[\hat{Z}^2 \nu(F)\right] / Z^2",
                "E[Zhat^2 nu(F)]/Z^2",
                r"the mean of $\hat{Z}^2$ times $\nu(F)$, the weighted mean of $F$ over the last cloud, relative to $Z^2$",
            ),
        ),
        (
            (V / Vstar) ** 2 * first("B"),
            (r"\mathbb{E}\,\hat{Z}^2 / Z^2", "E[Zhat^2]/Z^2", "the relative second moment of the estimate of $Z$"),
        ),
    )
    return tuple(Quantity(var(f"_quantity{i}", "real"), term, *names) for i, (term, names) in enumerate(rows))


QUANTITIES = _quantities()
LATEX_NAMES = {q.symbol.symbol.name: q.latex for q in QUANTITIES if isinstance(q.symbol, Application)}
TEXT_NAMES = {q.symbol.symbol.name: q.text for q in QUANTITIES if isinstance(q.symbol, Application)}


def abbreviated(node: Node) -> Node:
    """The term or formula with the symbols of `QUANTITIES` in place of their terms, also of a product among other factors."""

    def named(n: Node, depth: int) -> Node | None:
        for quantity in QUANTITIES:
            if n is quantity.term:
                return quantity.symbol
            if n.op == quantity.term.op == "*" and all(k in n.kids for k in quantity.term.kids):
                rest = [k for k in n.kids if k not in quantity.term.kids]
                factors = [*(mapped(k, named) for k in rest), quantity.symbol]
                return mk("*", None, tuple(factors)) if rest else quantity.symbol
        return None

    return mapped(node, named)


def used(node: Node) -> tuple[Quantity, ...]:
    """The quantities whose symbols occur."""
    names = {s.name for s in node.free}
    return tuple(q for q in QUANTITIES if isinstance(q.symbol, Application) and q.symbol.symbol.name in names)


class Stated(Protocol):
    """A theorem, or a claim that is read with its seal."""

    @property
    def hyps(self) -> frozenset[Node]: ...

    @property
    def concl(self) -> Node: ...


@dataclass(frozen=True)
class Claim:
    """A conclusion for a reader. size: the left side stands between bars, as two sealed inequalities say together."""

    formula: Node
    size: bool = False

    @property
    def short(self) -> Node:
        return abbreviated(self.formula)


def claims(theorem: Stated, at: Sequence[str] = ()) -> list[Claim]:
    """The conclusions, opened as `registry.claim_of` does; a <= b and -a <= b in a row are |a| <= b."""
    found, out = registry.conclusions_of(theorem, at), []
    while found:
        first = found.pop(0)
        if found and first.op == found[0].op == "<=" and _opposite(first, found[0]):
            second = found.pop(0)
            target = QUANTITIES[0].symbol  # |E F - pi(F)|, as the field writes it
            turned = abbreviated(first.kids[0]).kids[:1] == (target,) and second.kids[0].op == "+"
            out.append(Claim(second if turned else first, size=True))
        else:
            out.append(Claim(first))
    return out


def _opposite(a: Node, b: Node) -> bool:
    return canonical(a.kids[0] + b.kids[0]) is canonical(num(0)) and canonical(a.kids[1]) is canonical(b.kids[1])


def tidy(node: Node) -> Node:
    """The term as it is written by hand, n + 1 and 1 + eps, with what is subtracted last; equal by the order of sums alone."""
    if isinstance(node, Binder):
        return node.remade((*map(tidy, node.heads), tidy(node.body)))
    kids = tuple(map(tidy, node.kids))
    if node.op == "+":
        counts = node.sort == "nat"
        terms = [k for k in kids if k is not num(0)] or [num(0)]
        kids = tuple(sorted(terms, key=lambda k: (split_product(k)[0] < 0, counts and isinstance(k, Constant))))
        return kids[0] if len(kids) == 1 else mk("+", None, kids)
    if node.op == "*" and kids[0] is num(1):
        return kids[1] if len(kids) == 2 else mk("*", None, kids[1:])
    return node.remade(kids) if kids else node
