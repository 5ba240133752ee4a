"""TRUSTED. Binding variables, and substitution for variables, functions and measures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from proofs.kernel.terms import (
    POSITIVE,
    Application,
    Binder,
    Index,
    Integral,
    Node,
    ProofError,
    Signature,
    fits,
    is_var,
    mk,
    need,
)


def as_binder(node: Node, why: str) -> Binder:
    if not isinstance(node, Binder):
        raise ProofError(why)
    return node


def mapped(node: Node, leaf: Callable[[Node, int], Node | None]) -> Node:
    """Rebuild: `leaf(node, depth)` gives the replacement, or None to go down; depth counts the
    binders passed."""
    memo: dict[tuple[Node, int], Node] = {}

    def go(n: Node, depth: int) -> Node:
        if (n, depth) not in memo:
            new = leaf(n, depth)
            if new is None and isinstance(n, Binder):
                heads = tuple(go(k, depth) for k in n.heads)
                new = n.remade((*heads, go(n.body, depth + 1)))
            elif new is None:
                new = n.remade(tuple(go(k, depth) for k in n.kids))
            memo[n, depth] = new
        return memo[n, depth]

    return go(node, 0)


def shift(node: Node, by: int) -> Node:
    """Add `by` to every dangling index (which must stay non-negative)."""

    def leaf(n: Node, depth: int) -> Node | None:
        if all(i < depth for i, _ in n.dangling):
            return n
        return mk("b", (n.index + by, n.sort)) if isinstance(n, Index) else None

    return node if by == 0 else mapped(node, leaf)


def open_body(binder: Node, term: Node) -> Node:
    """The body of a binder with `term` for its bound variable."""
    binder = as_binder(binder, f"{binder.op} binds no variable")
    need(fits(term.sort, binder.bound), f"a term of sort {term.sort} for a bound variable")

    def leaf(n: Node, depth: int) -> Node | None:
        if all(i < depth for i, _ in n.dangling):
            return n
        if not isinstance(n, Index):
            return None
        return shift(term, depth) if n.index == depth else mk("b", (n.index - 1, n.sort))

    return mapped(binder.body, leaf)


def close(node: Node, variable: Node) -> Node:
    """The body of a binder over `variable`."""
    if not is_var(variable) or node.dangling:
        raise ProofError("only a variable can be bound, in a term without open indices")

    def leaf(n: Node, depth: int) -> Node | None:
        if n is variable:
            return mk("b", (depth, n.sort))
        return None if variable.symbol in n.free else n

    return mapped(node, leaf)


def forall(variables: Iterable[Node], body: Node) -> Node:
    for v in reversed(list(variables)):
        body = mk("all", v.sort, (close(body, v),))
    return body


def replace(node: Node, table: Mapping[Node, Node]) -> Node:
    """Simultaneous substitution of terms for free variables."""
    symbols = {v.symbol for v in table}

    def leaf(n: Node, depth: int) -> Node | None:
        if n in table:
            return shift(table[n], depth)
        return n if symbols.isdisjoint(n.free) else None

    return mapped(node, leaf)


def parameters(left: Node) -> tuple[Node, ...]:
    """The parameters of a pattern f(x1..xk) or E[mu; x1..xk]: distinct variables of the declared
    sorts."""
    if not isinstance(left, (Application, Integral)):
        raise ProofError("the left side must be a symbol applied to variables")
    params = left.kids if isinstance(left, Application) else left.heads
    distinct = all(map(is_var, params)) and len(set(params)) == len(params)
    need(
        distinct and tuple(p.sort for p in params) == left.symbol.args,
        "the left side must be a symbol applied to distinct variables of the declared sorts",
    )
    return params


MEASURES = {"E": frozenset("EI"), "S": POSITIVE, "I": frozenset("E")}
"""By what an expectation, a finite sum, a cloud may be replaced."""


def instantiate(node: Node, pairs: Sequence[tuple[Node, Node]]) -> Node:
    """Second-order substitution: each pair is `f(x1..xk) := term` or `E[mu; x1..xk] := measure`
    (bodies ignored)."""
    table: dict[Signature, tuple[tuple[Node, ...], Node]] = {}
    for left, right in pairs:
        symbol = left.symbol
        if symbol is None or left.op == "I" or right.dangling or symbol in table:
            raise ProofError("instantiate: given twice, or malformed")
        if left.op == "f":
            need(
                fits(right.sort, left.sort),
                f"instantiate {symbol.name}: sort {right.sort} for {left.sort}",
            )
        table[symbol] = (parameters(left), right)
    memo: dict[Node, Node] = {}

    def go(n: Node) -> Node:
        if table.keys().isdisjoint(n.free):
            return n
        if n not in memo:
            memo[n] = rebuilt(n, tuple(map(go, n.kids)))
        return memo[n]

    def rebuilt(n: Node, kids: tuple[Node, ...]) -> Node:
        if n.symbol is None or n.symbol not in table:
            return n.remade(kids)
        params, right = table[n.symbol]
        if isinstance(n, Integral):
            return _other_measure(n, kids, params, right)
        return replace(right, dict(zip(params, kids, strict=True)))

    return go(node)


def _other_measure(
    old: Integral, kids: tuple[Node, ...], params: tuple[Node, ...], right: Node
) -> Node:
    """`old` with the children `kids`, under the measure `right`(params) in the place of its own."""
    why = f"instantiate {old.symbol.name}: not a measure of the same kind and sort"
    right = as_binder(right, why)
    need(right.op in MEASURES[old.op] and right.bound == old.symbol.sort, why)
    *heads, body = kids
    count = [heads.pop(0)] if old.op == "I" else []
    actual = dict(zip(params, heads, strict=True))
    chosen = (replace(k, actual) for k in right.heads)
    return mk("I" if old.op == "I" else right.op, right.data, (*count, *chosen, body))
