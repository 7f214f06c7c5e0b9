"""Presto's calls, operators and literals as SQLite's: node by node, from the leaves up."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.casts import CASTS
from eventcenter.sql.functions import FUNCTIONS, implementations
from eventcenter.sql.moments import UNITS, as_date, timestamp
from eventcenter.sql.moments import moment as moment_of
from eventcenter.sql.resolving import sources

TRY = "ec_try_"
"""Instead of `ec_`: the same function, with null for what would be an error."""


def rewrite(tree: exp.Query, now: int) -> None:
    """In place; `now` in ms is what `now()` says."""
    for select in list(tree.find_all(exp.Select)):
        _unnest(select)
    for node in list(tree.walk(bfs=False))[::-1]:
        _replace(node, now)
    _tried(tree)


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _replace(node: exp.Expr, now: int) -> None:
    new = node
    if isinstance(node, exp.Anonymous):
        new = _call(node, now)
    elif isinstance(node, exp.Cast):  # TryCast is one too
        new = _cast(node)
    elif isinstance(node, exp.CurrentTimestamp | exp.Localtimestamp):
        new = exp.Literal.string(timestamp(moment_of(now / 1000)))
    elif isinstance(node, exp.CurrentDate):
        new = exp.Literal.string(as_date(now / 1000))
    elif isinstance(node, exp.Add | exp.Sub) and isinstance(node.expression, exp.Interval):
        new = _shifted(node)
    elif isinstance(node, exp.Like | exp.ILike | exp.Escape):
        new = _like(node)
    elif isinstance(node, exp.Bracket):
        if len(node.expressions) != 1:
            raise QuerySyntaxError("[…] takes one number or key")
        new = call("ec_element_at", node.this, node.expressions[0])
    elif isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
        new = exp.Case(ifs=[exp.If(this=node.this, true=node.args["true"])], default=node.args.get("false"))
    elif isinstance(node, exp.Array):
        new = call("json_array", *node.expressions)
    elif isinstance(node, exp.Extract):
        new = _extract(node)
    elif isinstance(node, exp.Interval) and not isinstance(node.parent, exp.Add | exp.Sub):
        raise QuerySyntaxError("INTERVAL stands behind + or - only", hint="As in now() - interval '1' day.")
    if new is not node:
        node.replace(new)


def _call(node: exp.Anonymous, now: int) -> exp.Expr:
    name = node.name.lower()
    given = node.expressions
    if name == "now":
        return exp.Literal.string(timestamp(moment_of(now / 1000)))
    if name == "current_timezone":
        return exp.Literal.string("UTC")
    if name == "count_if":
        return call("COUNT", exp.Case(ifs=[exp.If(this=given[0], true=exp.Literal.number(1))]))
    if name == "approx_distinct":
        return call("COUNT", exp.Distinct(expressions=[given[0]]))
    if name == "count" and not given:
        return call("COUNT", exp.Star())
    if name == "if":
        return exp.Case(
            ifs=[exp.If(this=given[0], true=given[1])], default=given[2] if len(given) > 2 else None
        )
    if name in FUNCTIONS and FUNCTIONS[name].target != name:
        return call(FUNCTIONS[name].target, *given)
    return node


def _cast(node: exp.Cast) -> exp.Expr:
    kind = node.to.this
    type_name = kind.name if isinstance(kind, exp.DataType.Type) else str(kind)
    if type_name not in CASTS:
        raise QuerySyntaxError(
            f"cast to {type_name.lower()[:40]} is not supported",
            hint="Known: bigint, double, decimal, varchar, boolean, date, timestamp, json, array, map.",
        )
    name = CASTS[type_name][0]
    made = call(_trying(name) if isinstance(node, exp.TryCast) else name, node.this)
    if type_name == "DECIMAL" and len(node.to.expressions) == 2:
        return call("ec_round", made, node.to.expressions[1].this)
    return made


def _trying(name: str) -> str:
    return TRY + name.removeprefix("ec_")


def _shifted(node: exp.Expr) -> exp.Expr:
    interval = node.expression
    unit = str(interval.text("unit") or "").lower().rstrip("s")
    amount = interval.this
    if unit not in UNITS or not isinstance(amount, exp.Literal):
        raise QuerySyntaxError("INTERVAL is wrong", hint="Write it as interval '1' day.")
    try:
        number = float(amount.this)
    except ValueError:
        raise QuerySyntaxError(f"INTERVAL {amount.this[:40]!r} is no number") from None
    signed = exp.Literal.number(number) if number >= 0 else exp.Neg(this=exp.Literal.number(-number))
    if isinstance(node, exp.Sub):
        signed = exp.Neg(this=exp.Paren(this=signed))
    return call("ec_date_add", exp.Literal.string(unit), signed, node.this)


def _like(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Escape):
        inner = node.this  # rewritten already
        if not (isinstance(inner, exp.Anonymous) and inner.name == "ec_like"):
            raise QuerySyntaxError("ESCAPE stands behind LIKE only")
        return call("ec_like", *inner.expressions, node.expression)
    if isinstance(node, exp.ILike):
        return call("ec_like", call("ec_lower", node.this), call("ec_lower", node.expression))
    return call("ec_like", node.this, node.expression)


def _extract(node: exp.Extract) -> exp.Expr:
    part = node.name.lower()
    if part not in FUNCTIONS or not FUNCTIONS[part].target == f"ec_{part}":
        raise QuerySyntaxError(f"a time has no field {part[:40]!r}", hint="As in extract(hour FROM now()).")
    return call(f"ec_{part}", node.expression)


def _tried(tree: exp.Query) -> None:
    scalars = implementations()
    for node in [found for found in tree.find_all(exp.Anonymous) if found.name.lower() == "try"]:
        inner = node.expressions[0]
        for called in list(inner.find_all(exp.Anonymous)):
            if called.name in scalars:
                called.set("this", _trying(called.name))
        if node.parent is not None:
            node.replace(exp.Paren(this=inner))


def _unnest(select: exp.Select) -> None:
    """`CROSS JOIN UNNEST(list) AS t(x)`: SQLite's json_each, whose columns are `value` and `key`."""
    for node in _lists(select):
        alias = node.args.get("alias")
        if len(node.expressions) != 1 or alias is None or not alias.name or len(alias.columns) > 1:
            raise QuerySyntaxError(
                "UNNEST takes one list and needs a name", hint="As in UNNEST(x) AS t(item)."
            )
        ordinal = node.args.get("offset")
        value = alias.columns[0].name.lower() if alias.columns else ""
        number = ordinal.name.lower() if isinstance(ordinal, exp.Identifier) else ""
        name = alias.name.lower()
        for column in [found for found in select.find_all(exp.Column)]:
            if column.meta.get("log") or column.meta.get("alias") or column.table.lower() not in ("", name):
                continue
            if column.name.lower() == value:
                column.replace(exp.column("value", table=alias.this.copy()))
            elif number and column.name.lower() == number:
                key = exp.column("key", table=alias.this.copy())
                column.replace(exp.Paren(this=exp.Add(this=key, expression=exp.Literal.number(1))))
        listed = exp.Table(this=call("json_each", node.expressions[0]), alias=exp.TableAlias(this=alias.this))
        node.replace(listed)


def _lists(select: exp.Select) -> list[Any]:
    return [source for source in sources(select) if isinstance(source, exp.Unnest)]
