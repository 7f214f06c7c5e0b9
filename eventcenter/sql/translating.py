"""A query's SQL as SQLite's, with everything that the store has to know to run it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.comparing import compare
from eventcenter.sql.dialect import Run
from eventcenter.sql.functions import FUNCTIONS
from eventcenter.sql.narrowing import group_by_seconds, narrow
from eventcenter.sql.parsing import parse
from eventcenter.sql.resolving import number_dimensions, resolve
from eventcenter.sql.rewriting import rewrite
from eventcenter.sql.series import Series, series_of
from eventcenter.sql.summing import Summed, summed


@dataclass(frozen=True, slots=True)
class Translated:
    """`sql` reads the table `log`, and `log@N` for each N of `shifts`, which the store has to define in front of it.
    It is either a SELECT or begins with WITH. The parameter `cap` says how many rows are wanted."""

    sql: str
    columns: frozenset[str]
    """Of `log`: a name of `columns.PLAIN`, `event_id.PATH`, or a dimension with # behind it, which is its number."""
    texts: tuple[str, ...]
    """Dimensions' values; their numbers are bound to `:t0`, `:t1` …"""
    shifts: frozenset[int]
    functions: frozenset[str]
    """Ours that it calls, `ec_…`."""
    names: tuple[str, ...] | None
    """Of the output columns; None where only SQLite knows them."""
    booleans: frozenset[int]
    """Places of output columns that are true or false."""
    tables: frozenset[str]
    """Names that stand where tables stand: CTEs and aliases."""
    has_limit: bool
    series: Series | None
    summed: tuple[Summed, Translated] | None = None
    """The same query over rows that stand for many events each, where it only counts what roll-ups know."""


def translate(
    text: str, *, now: int, from_time: int | None, to_time: int | None, offset: int = 0
) -> Translated:
    """QuerySyntaxError says what is wrong or not supported. Times in ms; `offset` is where the SQL begins in the query
    that people see."""
    tree = parse(text, offset)
    try:
        return _translated(tree, now, from_time, to_time)
    except RecursionError:
        raise QuerySyntaxError("the SQL is nested too deeply") from None


def _translated(tree: exp.Query, now: int, from_time: int | None, to_time: int | None) -> Translated:
    resolve(tree)
    start = (to_time if from_time is None and to_time is not None else from_time or now) // 1000
    counting = tree.copy()
    found = summed(counting)
    quick = None if found is None else (found, _finished(counting, now, start))
    return replace(_finished(tree, now, start), summed=quick)


def _finished(tree: exp.Query, now: int, start: int) -> Translated:
    """A resolved tree as SQLite's; `start` is where the time range begins, in seconds."""
    names = _output_names(tree)
    booleans = frozenset(
        at for at, item in enumerate(_outermost(tree).expressions) if _is_boolean(item.unalias())
    )
    has_limit = tree.args.get("limit") is not None
    series = series_of(tree)
    shifts = compare(tree, start)
    if series is None:
        narrow(tree)
    group_by_seconds(tree)
    numbers, texts = number_dimensions(tree)
    rewrite(tree, now)
    columns = {column.name for column in tree.find_all(exp.Column) if column.meta.get("log")}
    return Translated(
        sql=tree.sql(dialect=Run, comments=False, identify=True),
        columns=frozenset(columns | numbers),
        texts=tuple(texts),
        shifts=frozenset(shifts),
        functions=frozenset(
            node.name for node in tree.find_all(exp.Anonymous) if node.name.startswith("ec_")
        ),
        names=names,
        booleans=booleans,
        tables=frozenset(alias.name.lower() for alias in tree.find_all(exp.TableAlias)),
        has_limit=has_limit,
        series=series,
    )


def _outermost(tree: exp.Query) -> exp.Select:
    while not isinstance(tree, exp.Select):
        tree = tree.this
    return tree


def _output_names(tree: exp.Query) -> tuple[str, ...] | None:
    items = _outermost(tree).expressions
    if any(not isinstance(item, exp.Alias) for item in items):
        return None
    return tuple(item.alias for item in items)


_TRUTHS = (
    exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.And | exp.Or | exp.Not | exp.Is | exp.In | exp.Between
    | exp.Like | exp.ILike | exp.Escape | exp.Exists | exp.Boolean | exp.NullSafeEQ | exp.NullSafeNEQ
)  # fmt: skip


def _is_boolean(item: exp.Expr) -> bool:
    while isinstance(item, exp.Paren):
        item = item.this
    if isinstance(item, exp.Anonymous):
        known = FUNCTIONS.get(item.name.lower())
        return known is not None and known.boolean
    if isinstance(item, exp.Cast):
        return item.to.is_type("boolean")
    return isinstance(item, _TRUTHS)
