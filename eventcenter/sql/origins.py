"""Which columns of an answer show a column of the events as it is: a page leads from such a value to its events."""

from __future__ import annotations

from sqlglot import exp

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.columns import known
from eventcenter.sql.parsing import parse
from eventcenter.sql.resolving import is_log, sources


def origins(sql: str) -> dict[str, str]:
    """Name of an output column to the column of `log` that it is. Empty for what is not one SELECT from `log`, and for
    SQL that is wrong: running it says so better."""
    try:
        tree = parse(sql)
    except QuerySyntaxError:
        return {}
    if not isinstance(tree, exp.Select) or not all(is_log(source) for source in sources(tree)):
        return {}
    found = ((item.alias_or_name, _column(item.unalias())) for item in tree.expressions)
    return {name: column for name, column in found if name and column}


def _column(item: exp.Expr) -> str | None:
    """`event_id.reason` without quotes is read as a path of names."""
    if isinstance(item, exp.Column):
        return known(".".join(part.name for part in item.parts))
    if isinstance(item, exp.Dot):
        return known(
            ".".join(part.name for part in item.flatten() if isinstance(part, exp.Column | exp.Identifier))
        )
    return None
