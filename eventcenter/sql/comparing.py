"""`compare(value, 86400)`: the same sub-query over the same range, so many seconds earlier.

The sub-query is copied with another table in the place of `log`: the events of the earlier range, whose `__time__` is
moved to the later one, so that rows of the same hour meet. Rows meet by all other columns of the sub-query."""

from __future__ import annotations

from sqlglot import exp

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.parsing import LOG

MAX_SECONDS = 366 * 86_400
_HINT = "As in SELECT compare(c, 86400) FROM (SELECT count(*) AS c FROM log)."


def shifted(seconds: int) -> str:
    """The name of the table that holds what was so many seconds earlier."""
    return f"{LOG}@{seconds}"


def compare(tree: exp.Query, start: int) -> set[int]:
    """Rewrites every `compare` and `ts_compare` in place; the shifts (seconds) that are needed. `start` (seconds) is
    when the later range begins."""
    shifts: set[int] = set()
    for node in [
        found for found in tree.find_all(exp.Anonymous) if found.name.lower() in ("compare", "ts_compare")
    ]:
        select = node.parent_select
        if not isinstance(select, exp.Select):
            raise QuerySyntaxError("compare stands in a SELECT only", hint=_HINT)
        seconds = [_seconds(argument) for argument in node.expressions[1:]]
        shifts.update(seconds)
        value = node.expressions[0]
        inner, alias = _inner(select)
        if not isinstance(value, exp.Column) or value.name.lower() not in map(str.lower, inner.named_selects):
            raise QuerySyntaxError("compare takes a column of the sub-query that it selects from", hint=_HINT)
        then = [exp.Subquery(this=_earlier(inner, value.name, alias, number)) for number in seconds]
        times = [exp.Literal.number(max(0, start - number)) for number in seconds]
        made = exp.Anonymous(this="ec_compare", expressions=[value.copy(), *then, *times])
        node.replace(made)
    return shifts


def _seconds(node: exp.Expr) -> int:
    if isinstance(node, exp.Literal) and node.is_int and 0 < int(node.this) <= MAX_SECONDS:
        return int(node.this)
    raise QuerySyntaxError(
        f"compare takes whole seconds from 1 to {MAX_SECONDS}", hint="86400 is a day, 604800 a week."
    )


def _inner(select: exp.Select) -> tuple[exp.Query, str]:
    from_ = select.args.get("from_")
    source = from_.this if from_ is not None and not select.args.get("joins") else None
    if isinstance(source, exp.Table) and source.name.lower() != LOG:
        name = source.name.lower()
        cte = next((cte for cte in source.root().find_all(exp.CTE) if cte.alias.lower() == name), None)
        query = cte.this if cte is not None else None
        return _query(query), str(source.alias_or_name)
    if not isinstance(source, exp.Subquery):
        raise QuerySyntaxError("compare needs a sub-query to select from", hint=_HINT)
    if not source.alias:
        source.set("alias", exp.TableAlias(this=exp.to_identifier("compared#", quoted=True)))
    return _query(source.this), str(source.alias)


def _query(query: exp.Expr | None) -> exp.Select:
    if not isinstance(query, exp.Select):
        raise QuerySyntaxError("compare needs a plain SELECT to select from", hint=_HINT)
    return query


def _earlier(inner: exp.Query, value: str, alias: str, seconds: int) -> exp.Select:
    copied = inner.copy()
    for table in list(copied.find_all(exp.Table)):
        if table.name.lower() == LOG:
            name = table.alias_or_name
            table.set("this", exp.to_identifier(shifted(seconds), quoted=True))
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
    then = exp.to_identifier("then#", quoted=True)
    keys = [name for name in copied.named_selects if name.lower() != value.lower()]
    select = exp.Select(
        expressions=[exp.column(exp.to_identifier(value, quoted=True), then.copy())],
        from_=exp.From(this=exp.Subquery(this=copied, alias=exp.TableAlias(this=then.copy()))),
    )
    same = [
        exp.NullSafeEQ(
            this=exp.column(exp.to_identifier(name, quoted=True), then.copy()),
            expression=exp.column(
                exp.to_identifier(name, quoted=True), exp.to_identifier(alias, quoted=True)
            ),
        )
        for name in keys
    ]
    return select.where(*same, copy=False) if same else select
