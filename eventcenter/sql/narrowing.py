"""Work for the rows of the answer only, where it would else be done for every event.

`SELECT * … ORDER BY __time__ DESC LIMIT 10` would unpack each event before sorting drops it. So the ten are found
first, by their places alone; what is dear is done for these. Likewise rows are grouped by whole seconds where the text
of a time would be made for each."""

from __future__ import annotations

from sqlglot import exp

from eventcenter.sql.columns import EVENT
from eventcenter.sql.parsing import LOG, has_aggregate, own_nodes
from eventcenter.sql.resolving import is_log, sources

PLACE = "#place"
"""The column of `log` that tells its rows apart."""
CAP = "cap"
"""The parameter that says how many rows are wanted of a query without LIMIT."""

_WIDTHS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


def narrow(tree: exp.Query) -> None:
    """In place: the outermost SELECT, if it sorts plain rows of `log` and does more with them than naming columns."""
    if not isinstance(tree, exp.Select) or tree.args.get("order") is None or not _is_plain(tree):
        return
    if not any(_is_dear(node) for item in tree.expressions for node in item.walk()):
        return
    inner = exp.Select(expressions=[exp.alias_(_place(), exp.to_identifier(PLACE, quoted=True))])
    for clause in ("from_", "where", "order", "limit", "offset"):
        if (found := tree.args.get(clause)) is not None:
            inner.set(clause, found.copy())
    if not _without_outputs(inner.args["order"], tree.expressions):
        return
    if inner.args.get("limit") is None:
        inner.set("limit", exp.Limit(expression=exp.Placeholder(this=CAP)))
    tree.set("where", exp.Where(this=exp.In(this=_place(), query=exp.Subquery(this=inner))))
    tree.set("limit", None)
    tree.set("offset", None)


def _without_outputs(order: exp.Order, outputs: list[exp.Expr]) -> bool:
    """Expressions instead of aliases and numbers of columns; False where a number is none."""
    aliases = {item.alias.lower(): item.unalias() for item in outputs}
    for term in order.expressions:
        named = term.this
        if isinstance(named, exp.Literal) and named.is_int:
            if not 1 <= int(named.this) <= len(outputs):
                return False
            named.replace(outputs[int(named.this) - 1].unalias().copy())
        elif named.meta.get("alias"):
            named.replace(aliases[named.name.lower()].copy())
    return True


def _is_plain(tree: exp.Select) -> bool:
    if any(tree.args.get(clause) for clause in ("group", "having", "distinct", "with_")):
        return False
    if [is_log(source) for source in sources(tree)] != [True] or has_aggregate(tree):
        return False
    return not any(isinstance(node, exp.Window) for node in own_nodes(tree))


def _is_dear(node: exp.Expr) -> bool:
    of_event = isinstance(node, exp.Column) and bool(node.meta.get(LOG)) and node.name.startswith(EVENT)
    return of_event or isinstance(node, exp.Anonymous | exp.Query)


def _place() -> exp.Column:
    column = exp.column(exp.to_identifier(PLACE, quoted=True))
    column.meta[LOG] = True
    return column


def group_by_seconds(tree: exp.Query) -> None:
    """In place: GROUP BY date_trunc('hour', __time__) as GROUP BY of a number. All rows of a group have the same text,
    so it is made once for each."""
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        for item in (
            list(group.expressions) if group and [is_log(one) for one in sources(select)] == [True] else []
        ):
            time = _seconds_of(item)
            if time is not None:
                item.replace(time)


def _seconds_of(item: exp.Expr) -> exp.Expr | None:
    if not isinstance(item, exp.Anonymous) or item.name.lower() not in ("date_trunc", "from_unixtime"):
        return None
    unit, width = item.expressions[0], 1
    if item.name.lower() == "date_trunc":
        width = _WIDTHS.get(unit.this.lower(), 0) if isinstance(unit, exp.Literal) and unit.is_string else 0
    time = item.expressions[-1]
    if not width or not (isinstance(time, exp.Column) and time.meta.get(LOG) and time.name == "__time__"):
        return None
    return exp.Paren(
        this=exp.Sub(
            this=time.copy(), expression=exp.Mod(this=time.copy(), expression=exp.Literal.number(width))
        )
    )
