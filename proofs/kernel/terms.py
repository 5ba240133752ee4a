"""TRUSTED. Terms and formulas: their shapes and sorts.

Sorts: `real`; `nat`, a part of `real`; any other name is an arbitrary non-empty set, and `X*` is
the set of infinite sequences (clouds) of elements of X, read by `at(c, i)`.

    q            a rational constant
    b            a bound index: 0 is the innermost binder around it
    f(t, ...)    a symbol at arguments; without arguments a variable
    E[mu; p](y. f)      the expectation under a probability with finitely many points, which mu
                        chooses from its parameters p
    S[A; p](y. f)       a finite sum with non-negative weights
    I[n, mu; p](c. f)   the expectation over a cloud whose first n entries are independent draws
                        of mu(p); the others are fixed
    sum[n](k. f), prod[n](k. f)   over k = 0..n-1
    + * inv ^    on numbers; exponents and counts are natural
    = <= < => and all    formulas, of sort `bool`

Conventions make every term total: 1/0 = 0, x^0 = 1, an empty sum is 0, an empty product 1,
sqrt x = 0 for x < 0, log x = 0 for x <= 0.  There is no subtraction of naturals.
Bound variables are de Bruijn indices, so terms that differ in bound names are one object and
capture cannot occur.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple, TypeGuard

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*\Z")
RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?\Z")
SORT = re.compile(r"(?!bool\b)[A-Za-z_][A-Za-z0-9_]*\**\Z")
NUMBERS = frozenset({"real", "nat"})
POSITIVE = frozenset({"E", "S", "I", "sum"})
RESERVED = frozenset({"exp", "log", "sqrt", "at"})


class ProofError(Exception):
    """A rule was asked for something that it does not allow."""


def need(condition: bool, why: str) -> None:
    if not condition:
        raise ProofError(why)


# ------------------------------------------------------------------------------------ shapes
class Signature(NamedTuple):
    """A symbol.  kind: "f" a function, "E" a law, "S" a finite sum; args: the sorts of its
    arguments; sort: of its value, or of the points of the law."""

    kind: str
    name: str
    args: tuple[str, ...]
    sort: str


class Node:
    """A term or a formula; equality is identity.

    Made only by `mk`, which keeps one object per structure; the class of its shape checks the
    sorts.  `data` is what the stored form writes between the operator and the children; `sort`
    is `bool` for formulas; `free` holds the free symbols, `dangling` the (index, sort) of the
    indices that no binder in the node binds.
    """

    __slots__ = ("dangling", "data", "free", "kids", "op", "serial", "sort")
    symbol: Signature | None = None
    sort: str

    def __init__(self, op: str, data: object, kids: tuple[Node, ...]) -> None:
        self.op, self.data, self.kids, self.serial = op, data, kids, len(_TABLE)
        self.free: frozenset[Signature] = frozenset().union(*(k.free for k in kids))
        self.dangling: frozenset[tuple[int, str]] = frozenset().union(*(k.dangling for k in kids))

    def remade(self, kids: tuple[Node, ...]) -> Node:
        """The same node with other children."""
        return self if kids == self.kids else mk(self.op, self.data, kids)

    def __repr__(self) -> str:
        return text(self)

    def __add__(self, other: Node | Number) -> Node:
        return joined("+", self, as_term(other))

    def __radd__(self, other: Number) -> Node:
        return joined("+", as_term(other), self)

    def __neg__(self) -> Node:
        return joined("*", num(-1), self)

    def __sub__(self, other: Node | Number) -> Node:
        return joined("+", self, -as_term(other))

    def __rsub__(self, other: Number) -> Node:
        return joined("+", as_term(other), -self)

    def __mul__(self, other: Node | Number) -> Node:
        return joined("*", self, as_term(other))

    def __rmul__(self, other: Number) -> Node:
        return joined("*", as_term(other), self)

    def __truediv__(self, other: Node | Number) -> Node:
        return quotient(self, as_term(other))

    def __rtruediv__(self, other: Number) -> Node:
        return quotient(as_term(other), self)

    def __pow__(self, other: Node | Number) -> Node:
        return mk("^", None, (self, as_term(other)))

    def __rpow__(self, other: Number) -> Node:
        return mk("^", None, (as_term(other), self))


Number = int | Fraction


class Constant(Node):
    """A rational number."""

    __slots__ = ("value",)

    def __init__(self, op: str, data: object, kids: tuple[Node, ...]) -> None:
        super().__init__(op, data, kids)
        if type(data) is not Fraction or kids:
            raise ProofError("a constant is a Fraction")
        self.value = data
        self.sort = "nat" if data.denominator == 1 and data >= 0 else "real"

    def __neg__(self) -> Node:
        return num(-self.value)


class Index(Node):
    """A bound variable: the number of binders between it and its own."""

    __slots__ = ("index",)

    def __init__(self, op: str, data: object, kids: tuple[Node, ...]) -> None:
        super().__init__(op, data, kids)
        match data:
            case (int(index), str(sort)) if type(index) is int and index >= 0 and not kids:
                need(bool(SORT.match(sort)), "malformed index")
            case _:
                raise ProofError("malformed index")
        self.index, self.sort = index, sort
        self.dangling = frozenset({(index, sort)})


class Application(Node):
    """A symbol at arguments; a variable has none."""

    __slots__ = ("symbol",)
    symbol: Signature

    def __init__(self, op: str, data: object, kids: tuple[Node, ...]) -> None:
        super().__init__(op, data, kids)
        self.symbol = _signature("f", data)
        _, name, args, self.sort = self.symbol
        _arguments(name, kids, args)
        if name == "at":
            need(args == (self.sort + "*", "nat"), "at is reserved")
        elif name in RESERVED:
            need(args == ("real",) and self.sort == "real", f"{name} is reserved")
        self.free |= {self.symbol}


class Binder(Node):
    """A node whose last child lies under one bound variable, of the sort `bound`."""

    __slots__ = ("bound",)
    bound: str

    @property
    def body(self) -> Node:
        return self.kids[-1]

    @property
    def heads(self) -> tuple[Node, ...]:
        """The children outside the scope of the bound variable."""
        return self.kids[:-1]

    def bind(self, sort: str) -> None:
        """Set the sort of the bound variable, and what still dangles."""
        self.bound = sort
        loose: set[tuple[int, str]] = set().union(*(k.dangling for k in self.heads))
        for i, wanted in self.body.dangling:
            need(i > 0 or wanted == sort, f"{self.op}: bound variable of another sort")
            if i > 0:
                loose.add((i - 1, wanted))
        self.dangling = frozenset(loose)


class Integral(Binder):
    """E, S or I: an expectation, a finite sum, an expectation over a cloud (its first child is
    the number of draws).  The symbol of a cloud is that of its law."""

    __slots__ = ("symbol",)
    symbol: Signature

    def __init__(self, op: str, data: object, kids: tuple[Node, ...]) -> None:
        super().__init__(op, data, kids)
        self.symbol = _signature("S" if op == "S" else "E", data)
        _, name, args, point = self.symbol
        need(name not in RESERVED, f"{name} is reserved")
        _arguments(name, kids, (*(["nat"] if op == "I" else []), *args, "real"))
        self.sort = "real"
        self.bind(point + "*" if op == "I" else point)
        self.free |= {self.symbol}


class Repetition(Binder):
    """sum or prod over k = 0..n-1: the children are n and the body."""

    __slots__ = ()

    def __init__(self, op: str, data: object, kids: tuple[Node, ...]) -> None:
        super().__init__(op, data, kids)
        need(data is None and len(kids) == 2, f"{op}: a count and a body are needed")
        count, body = kids
        need(count.sort == "nat" and body.sort in NUMBERS, f"{op}: numbers, with a natural count")
        self.sort = body.sort
        self.bind("nat")


class Quantifier(Binder):
    """all: a formula for every element of a sort."""

    __slots__ = ()

    def __init__(self, op: str, data: object, kids: tuple[Node, ...]) -> None:
        super().__init__(op, data, kids)
        if not (isinstance(data, str) and SORT.match(data) and [k.sort for k in kids] == ["bool"]):
            raise ProofError("a quantifier needs a sort and a formula")
        self.sort = "bool"
        self.bind(data)


class Operation(Node):
    """Arithmetic, relations and connectives: + * inv ^ = <= < => and."""

    __slots__ = ()

    def __init__(self, op: str, data: object, kids: tuple[Node, ...]) -> None:
        super().__init__(op, data, kids)
        need(data is None, f"{op}: unexpected data")
        self.sort = _operation(op, [k.sort for k in kids])


def _operation(op: str, sorts: list[str]) -> str:
    """The sort of an operation on children of these sorts, or ProofError."""
    numbers, count = NUMBERS.issuperset(sorts), len(sorts)
    match op:
        case "+" | "*":
            need(numbers and count >= 2, f"{op}: not at least two numbers")
            return "real" if "real" in sorts else "nat"
        case "inv":
            need(numbers and count == 1, "inv: not one number")
            return "real"
        case "^":
            need(numbers and count == 2 and sorts[1] == "nat", "^: a number to a natural exponent")
            return sorts[0]
        case "<=" | "<":
            need(numbers and count == 2, f"{op}: sorts {sorts}")
        case "=":
            alike = count == 2 and sorts[0] == sorts[1] != "bool"
            need(alike or (numbers and count == 2), f"{op}: sorts {sorts}")
        case "=>" | "and":
            need(sorts == ["bool", "bool"], f"{op}: not between two formulas")
        case _:
            raise ProofError(f"unknown operator {op!r}")
    return "bool"


def _signature(kind: str, data: object) -> Signature:
    """The symbol that the data [name, [sorts of the arguments], sort] declare, or ProofError."""
    match data:
        case (str(name), tuple(args), str(sort)):
            proper = all(isinstance(s, str) and SORT.match(s) for s in (*args, sort))
            need(proper and bool(NAME.match(name)), f"malformed symbol {name!r}")
            return Signature(kind, name, args, sort)
    raise ProofError(f"a symbol is a name, a list of sorts and a sort, not {data!r}")


def _arguments(name: str, kids: tuple[Node, ...], wanted: tuple[str, ...]) -> None:
    sorts = [k.sort for k in kids]
    fitting = len(sorts) == len(wanted) and all(map(fits, sorts, wanted))
    need(fitting, f"{name}: arguments {sorts}, expected {list(wanted)}")


def fits(sort: str, wanted: str) -> bool:
    return sort == wanted or (sort, wanted) == ("nat", "real")


_TABLE: dict[tuple[str, object, tuple[Node, ...]], Node] = {}
_SHAPES: dict[str, type[Node]] = {"q": Constant, "b": Index, "f": Application}
_SHAPES |= dict.fromkeys(("E", "S", "I"), Integral)
_SHAPES |= {"sum": Repetition, "prod": Repetition, "all": Quantifier}


def mk(op: str, data: object = None, kids: tuple[Node, ...] = ()) -> Node:
    """The one node with this structure; ProofError when it is not well sorted."""
    found = _TABLE.get((op, data, kids))
    if found is None:
        found = _TABLE[op, data, kids] = _SHAPES.get(op, Operation)(op, data, kids)
    return found


def text(node: Node) -> str:
    """The canonical text, specified in `proofs/README.md`: fields in parentheses, one space
    between them."""
    match node:
        case Constant():
            fields = [str(node.value)]
        case Index():
            fields = [str(node.index), node.sort]
        case Application(symbol=s) | Integral(symbol=s):
            fields = [s.name, f"[{' '.join(s.args)}]", s.sort]
        case Quantifier():
            fields = [node.bound]
        case _:
            fields = []
    return f"({' '.join([node.op, *fields, *map(text, node.kids)])})"


# ------------------------------------------------------------------------------ constructors
def rational(written: str) -> Fraction:
    need(bool(RATIONAL.match(written)), f"{written!r} is not written p or p/q")
    return Fraction(written)


def num(value: Number | str) -> Constant:
    made = mk("q", Fraction(value))
    assert isinstance(made, Constant)
    return made


def as_term(value: Node | Number) -> Node:
    return value if isinstance(value, Node) else num(value)


ZERO, ONE = num(0), num(1)


def joined(op: str, a: Node, b: Node) -> Node:
    """a + b or a * b, as one list where a or b is a sum or a product itself."""
    left = a.kids if a.op == op else (a,)
    return mk(op, None, left + (b.kids if b.op == op else (b,)))


def quotient(a: Node, b: Node) -> Node:
    """a / b, written a * inv(b); by a constant other than 0 it is a product with a constant."""
    if isinstance(b, Constant) and b.value:
        return num(a.value / b.value) if isinstance(a, Constant) else num(1 / b.value) * a
    inverse = mk("inv", None, (b,))
    return inverse if a is ONE else a * inverse


def var(name: str, sort: str) -> Application:
    made = mk("f", (name, (), sort))
    assert isinstance(made, Application)
    return made


def is_var(value: object) -> TypeGuard[Application]:
    return isinstance(value, Application) and not value.kids


def _maker(op: str) -> Callable[..., Node]:
    return lambda *kids: mk(op, None, kids)


equal, le, lt, implies, plus, times = map(_maker, ("=", "<=", "<", "=>", "+", "*"))
