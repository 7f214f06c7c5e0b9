"""`time_series(__time__, '5m', '%H:%i', '0')`: one row for each stretch of time, also where nothing happened.

SQLite groups by the beginning of the stretch in seconds; the missing rows and the text of the time are added here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.moments import date_format
from eventcenter.sql.parsing import has_aggregate

PADDINGS = ("0", "null", "last", "next", "avg")
MAX_ROWS = 10_000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_HINT = "As in time_series(__time__, '5m', '%H:%i', '0') AS t … GROUP BY t ORDER BY t."
_DEFAULT_FORMAT = "%Y-%m-%d %H:%i:%s"

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """The series of the outermost SELECT. `column` and `keys` are places in a row."""

    column: int
    seconds: int
    form: str
    padding: str
    keys: tuple[int, ...]
    """The other columns that it groups by: each combination of their values is filled by itself."""
    fills: bool
    """Not where HAVING or another order than that of time says which rows there are."""
    descending: bool
    offset: int
    limit: int | None

    def rows(self, found: Iterable[Row], start: int | None, end: int | None) -> list[Row]:
        """All rows, in order, the time as text; the range in seconds, `end` exclusive."""
        rows = list(found)
        if self.fills and rows:
            rows = self._filled(rows, start, end)
        chosen = rows[self.offset :] if self.limit is None else rows[self.offset : self.offset + self.limit]
        at = self.column
        return [(*row[:at], self._label(row[at]), *row[at + 1 :]) for row in chosen]

    def _label(self, time: Any) -> Any:
        return date_format(time, self.form) if isinstance(time, int) else time

    def _filled(self, rows: list[Row], start: int | None, end: int | None) -> list[Row]:
        known: dict[tuple[Any, ...], dict[int, Row]] = {}
        times = [row[self.column] for row in rows if isinstance(row[self.column], int)]
        if not times:
            return rows
        first = min(times) if start is None else start - start % self.seconds
        last = max(times) if end is None else end - 1
        for row in rows:
            known.setdefault(tuple(row[key] for key in self.keys), {})[row[self.column]] = row
        if (last - first) // self.seconds * len(known) > MAX_ROWS:
            raise QuerySyntaxError(
                f"time_series would make more than {MAX_ROWS} rows",
                hint="Take longer stretches or a shorter range.",
            )
        made: list[Row] = []
        for key, group in known.items():
            made += self._padded(key, group, range(first, last + 1, self.seconds), len(rows[0]))
        made.sort(key=lambda row: row[self.column], reverse=self.descending)
        return made

    def _padded(self, key: tuple[Any, ...], group: dict[int, Row], times: range, width: int) -> list[Row]:
        present = sorted(set(group))
        rows = []
        for time in sorted({*times, *present}):
            if time in group:
                rows.append(group[time])
                continue
            before = (
                next((group[at] for at in reversed(present) if at < time), None)
                if self._looks_around
                else None
            )
            after = next((group[at] for at in present if at > time), None) if self._looks_around else None
            values = [self._pad(None if before is None else before[at], None if after is None else after[at])
                      for at in range(width)]  # fmt: skip
            values[self.column] = time
            for place, value in zip(self.keys, key, strict=True):
                values[place] = value
            rows.append(tuple(values))
        return rows

    @property
    def _looks_around(self) -> bool:
        return self.padding in ("last", "next", "avg")

    def _pad(self, before: Any, after: Any) -> Any:
        if self.padding == "0":
            return 0
        if self.padding == "null":
            return None
        if self.padding != "avg":
            return before if self.padding == "last" else after
        both = isinstance(before, int | float) and isinstance(after, int | float)
        return (before + after) / 2 if both else before if after is None else after


def series_of(tree: exp.Query) -> Series | None:
    """Rewrites every `time_series` in place. That of the outermost SELECT is taken care of by the `Series` that this
    returns, together with its ORDER BY and LIMIT; others become the text of the time, and are not filled."""
    found = None
    if isinstance(tree, exp.Select):
        columns = [at for at, item in enumerate(tree.expressions) if _is_series(item)]
        if len(columns) > 1:
            raise QuerySyntaxError("there is more than one time_series", hint=_HINT)
        if columns:
            found = _outermost(tree, columns[0])
    for node in [one for one in tree.find_all(exp.Anonymous) if one.name.lower() == "time_series"]:
        begin, _, form, _ = _parts(node)
        text = exp.Literal.string(form)
        node.replace(exp.Anonymous(this="date_format", expressions=[begin, text]))
    return found


def _is_series(item: exp.Expr) -> bool:
    inner = item.unalias()
    return isinstance(inner, exp.Anonymous) and inner.name.lower() == "time_series"


def _outermost(tree: exp.Select, column: int) -> Series:
    item = tree.expressions[column]
    call = item.unalias()
    begin, seconds, form, padding = _parts(call)
    group = tree.args.get("group")
    groups = list(group.expressions) if group else []
    if not any(one == call for one in groups):
        raise QuerySyntaxError("time_series needs GROUP BY of its alias", hint=_HINT)
    keys = tuple(
        at
        for at, one in enumerate(tree.expressions)
        if at != column and not has_aggregate(one) and not _windowed(one)
    )
    order = tree.args.get("order")
    first = order.expressions[0] if order else None
    by_time = first is None or first.this == call or first.this.name.lower() == item.alias.lower()
    offset, limit = _number(tree, "offset") or 0, _number(tree, "limit")
    for one in [node for node in tree.find_all(exp.Anonymous) if node == call]:
        one.replace(begin.copy())
    if first is None:
        tree.order_by(exp.to_identifier(item.alias, quoted=True), copy=False)
    tree.set("limit", None)
    tree.set("offset", None)
    return Series(
        column=column,
        seconds=seconds,
        form=form,
        padding=padding,
        keys=keys,
        fills=by_time and not tree.args.get("having"),
        descending=bool(first is not None and first.args.get("desc")),
        offset=offset,
        limit=limit,
    )


def _windowed(item: exp.Expr) -> bool:
    return item.find(exp.Window) is not None


def _number(tree: exp.Select, name: str) -> int | None:
    clause = tree.args.get(name)
    if clause is None:
        return None
    if isinstance(clause.expression, exp.Literal) and clause.expression.is_int:
        return int(clause.expression.this)
    raise QuerySyntaxError(f"{name.upper()} takes a whole number")


def window_seconds(call: exp.Expr) -> int:
    """How wide a bucket of a `time_series` is."""
    return _parts(call)[1]


def _parts(call: exp.Expr) -> tuple[exp.Expr, int, str, str]:
    """The beginning of the stretch as an expression, its seconds, the format and the padding."""
    time, *texts = call.expressions
    if not all(isinstance(one, exp.Literal) and one.is_string for one in texts):
        raise QuerySyntaxError("time_series takes its width, format and padding as texts", hint=_HINT)
    given = [str(one.this) for one in texts]
    width, form, padding = [*given, *("", _DEFAULT_FORMAT, "0")[len(given) :]]
    sized = re.fullmatch(r"([1-9]\d{0,6})([smhdw])", width)
    if sized is None:
        raise QuerySyntaxError(
            f"time_series: {width[:40]!r} is no width", hint="Accepted: 30s, 5m, 1h, 1d, 1w."
        )
    if padding not in PADDINGS:
        raise QuerySyntaxError(
            f"time_series: padding {padding[:40]!r} is not known", hint=f"Known: {', '.join(PADDINGS)}."
        )
    seconds = int(sized[1]) * _UNITS[sized[2]]
    if not (isinstance(time, exp.Column) and time.name == "__time__"):
        whole = exp.Anonymous(this="to_unixtime", expressions=[time.copy()])
        time = exp.Cast(this=whole, to=exp.DataType.build("bigint"))
    rest = exp.Mod(this=time.copy(), expression=exp.Literal.number(seconds))
    return exp.Paren(this=exp.Sub(this=time.copy(), expression=rest)), seconds, form, padding
