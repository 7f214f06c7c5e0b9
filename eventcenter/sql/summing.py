"""Whether a query only counts events by what the roll-ups of the store know. Then one row of `log` may stand for many
events, and 90 days are some thousand rows.

Such a query reads dimensions of `ROLLED` and nothing else, and `__time__` only through a piece of time that roll-ups
divide by; what it computes over events is how many there are, or something that does not depend on how many."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from eventcenter.sql.parsing import LOG, has_aggregate, is_aggregate, own_nodes
from eventcenter.sql.resolving import is_log, sources
from eventcenter.sql.series import window_seconds

EVENTS = "#"
"""The column of `log` that says how many events a row stands for."""
ROLLED = frozenset({"level", "kind", "namespace", "reason", "hostname", "component", "problem"})
QUARTER, DAY = 900, 86_400
_UNITS = {"hour": 3600, "day": DAY, "week": DAY, "month": DAY, "quarter": DAY, "year": DAY}
_INDIFFERENT = frozenset({"approx_distinct", "min", "max", "arbitrary", "bool_and", "bool_or", "every"})
"""Aggregates for which the same row twice is the same row."""


@dataclass(frozen=True, slots=True)
class Summed:
    seconds: int
    """The pieces of time that the query tells apart are multiples of so many; 0: it asks for no time."""


def summed(tree: exp.Query) -> Summed | None:
    """Makes the counts of a resolved `tree`, in place, sums over `EVENTS`. None where roll-ups cannot answer it: what
    has become of the tree is of no use then."""
    pieces: set[int] = set()
    for select in list(tree.find_all(exp.Select)):
        reads = [is_log(source) for source in sources(select)]
        if any(reads) and not (reads == [True] and _counts(select, pieces)):
            return None
        if not reads and any(_of_log(node) for node in own_nodes(select)):
            return None
    if any(_of_log(column) and not column.meta.get(_SEEN) for column in tree.find_all(exp.Column)):
        return None
    return Summed(min(pieces, default=0))


_SEEN = "summed"


def _of_log(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and bool(node.meta.get(LOG))


def _counts(select: exp.Select, pieces: set[int]) -> bool:
    """Whether a SELECT from `log` is of the kind; its counts are made sums."""
    if not (select.args.get("group") or has_aggregate(select) or select.args.get("distinct")):
        return False
    nodes = list(own_nodes(select))
    for column in [node for node in nodes if _of_log(node)]:
        piece = _piece(column) if column.name == "__time__" else 0 if column.name in ROLLED else None
        if piece is None:
            return False
        if piece:
            pieces.add(piece)
        column.meta[_SEEN] = True
    return all(_sum(node) for node in nodes if is_aggregate(node))


def _piece(column: exp.Expr) -> int | None:
    """The seconds that the pieces of time around `__time__` are multiples of; None for any other use of it."""
    parent = column.parent
    if isinstance(parent, exp.Anonymous):
        return _piece_of_call(parent)
    if isinstance(parent, exp.Mod):
        return _multiple(parent.expression) if _takes_rest(parent) else None
    if isinstance(parent, exp.Sub) and isinstance(parent.expression, exp.Mod) and column is parent.this:
        return _multiple(parent.expression.expression) if _takes_rest(parent.expression) else None
    return None


def _piece_of_call(call: exp.Anonymous) -> int | None:
    name = call.name.lower()
    if name == "time_series":
        return _whole(window_seconds(call))
    if name == "date_trunc" and len(call.expressions) == 2 and isinstance(call.expressions[0], exp.Literal):
        return _UNITS.get(call.expressions[0].name.lower())
    return None


def _takes_rest(rest: exp.Mod) -> bool:
    """`__time__ - __time__ % 300`, with or without brackets around the rest."""
    parent = rest.parent
    if isinstance(parent, exp.Paren):
        rest, parent = parent, parent.parent  # type: ignore[assignment]
    both = isinstance(parent, exp.Sub) and parent.expression is rest
    return both and _of_log(parent.this) and parent.this.name == "__time__"  # type: ignore[union-attr]


def _multiple(size: exp.Expr) -> int | None:
    return _whole(int(size.this)) if isinstance(size, exp.Literal) and size.is_int else None


def _whole(seconds: int) -> int | None:
    return seconds if seconds and seconds % QUARTER == 0 else None


def _sum(node: exp.Expr) -> bool:
    """Whether an aggregate can be had over rows that stand for many events; it is rewritten where it counts."""
    name, given = node.name.lower(), node.expressions
    if name in _INDIFFERENT or (given and isinstance(given[0], exp.Distinct)):
        return True
    if isinstance(node.parent, exp.Filter | exp.Window):
        return False
    events = exp.column(exp.to_identifier(EVENTS, quoted=True))
    events.meta.update({LOG: True, _SEEN: True})
    if name == "count":
        if not given or isinstance(given[0], exp.Star | exp.Literal):
            counted: exp.Expr = events
        else:
            counted = _if(
                exp.Not(this=exp.Is(this=exp.Paren(this=given[0].copy()), expression=exp.Null())), events
            )
    elif name == "count_if":
        counted = _if(given[0].copy(), events)
    elif name == "sum":
        product = exp.Mul(this=exp.Paren(this=given[0].copy()), expression=events)
        node.replace(exp.Anonymous(this="sum", expressions=[product]))
        return True
    else:
        return False
    total = exp.Anonymous(this="sum", expressions=[counted])
    node.replace(exp.Anonymous(this="coalesce", expressions=[total, exp.Literal.number(0)]))
    return True


def _if(condition: exp.Expr, events: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=events)])
