"""Every function there is: what people call, how many arguments it takes, what SQLite runs for it.

Three kinds: SQLite has it under the same meaning (`native`), it is a function of ours in Python (`ec_…`), or
`rewriting` makes something else of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql import aggregates, casts, jsons, moments, texts

Scalar = Callable[..., Any]
MANY = 100


@dataclass(frozen=True, slots=True)
class Function:
    """`target` is the name in SQLite; `run` the function behind it where it is ours."""

    least: int
    most: int
    target: str
    run: Scalar | None = None
    aggregate: bool = False
    window: bool = False
    """Only with OVER."""
    boolean: bool = False


def _native(
    target: str,
    least: int,
    most: int | None = None,
    *,
    aggregate: bool = False,
    window: bool = False,
    boolean: bool = False,
) -> Function:
    most = least if most is None else most
    return Function(least, most, target, aggregate=aggregate, window=window, boolean=boolean)


def _ours(name: str, run: Scalar, least: int, most: int | None = None, *, boolean: bool = False) -> Function:
    return Function(least, least if most is None else most, f"ec_{name}", run, boolean=boolean)


def _number(run: Callable[..., float]) -> Scalar:
    """A mathematical function; null where it has no value, as for sqrt(-1)."""

    def checked(*values: Any) -> Any:
        if not all(isinstance(value, int | float) for value in values):
            raise QuerySyntaxError(
                f"{str(values[0])[:60]!r} is not a number", hint="cast(… AS double) makes one."
            )
        try:
            found = run(*values)
        except (ValueError, OverflowError, ZeroDivisionError):
            return None
        if isinstance(found, complex) or (isinstance(found, float) and not math.isfinite(found)):
            return None
        return found

    return checked


def _round(value: float, digits: int = 0) -> float:
    """Half away from zero, as Presto; an integer stays one."""
    if isinstance(value, int):
        return value
    factor = 10.0 ** max(-300, min(int(digits), 300))
    scaled = abs(value) * factor
    if not math.isfinite(scaled) or scaled >= 2**52:
        return value
    return math.copysign(math.floor(scaled + 0.5) / factor, value)


def _whole(run: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: value if isinstance(value, int) else float(run(value))


def _concat(*values: Any) -> str:
    made = "".join(texts.text(value) for value in values)
    if len(made) > texts.MAX_RESULT:
        raise texts.too_long()
    return made


_PARTS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "day_of_week",
          "dow", "day_of_year", "doy")  # fmt: skip

SCALARS: dict[str, Function] = {
    "abs": _native("abs", 1),
    "coalesce": _native("coalesce", 2, MANY),
    "nullif": _native("nullif", 2),
    "greatest": _native("max", 2, MANY),
    "least": _native("min", 2, MANY),
    "length": _native("length", 1),
    "round": _ours("round", _number(_round), 1, 2),
    "ceil": _ours("ceil", _number(_whole(math.ceil)), 1),
    "ceiling": _ours("ceil", _number(_whole(math.ceil)), 1),
    "floor": _ours("floor", _number(_whole(math.floor)), 1),
    "truncate": _ours("truncate", _number(_whole(math.trunc)), 1),
    "sqrt": _ours("sqrt", _number(math.sqrt), 1),
    "ln": _ours("ln", _number(math.log), 1),
    "log2": _ours("log2", _number(math.log2), 1),
    "log10": _ours("log10", _number(math.log10), 1),
    "exp": _ours("exp", _number(math.exp), 1),
    "power": _ours("power", _number(math.pow), 2),
    "pow": _ours("power", _number(math.pow), 2),
    "mod": _ours(
        "mod", _number(lambda a, b: math.fmod(a, b) if float in (type(a), type(b)) else _mod(a, b)), 2
    ),
    "sign": _ours("sign", _number(lambda a: (a > 0) - (a < 0)), 1),
    "lower": _ours("lower", lambda value: texts.text(value).lower(), 1),
    "upper": _ours("upper", lambda value: texts.text(value).upper(), 1),
    "trim": _ours("trim", lambda value: texts.text(value).strip(), 1),
    "ltrim": _ours("ltrim", lambda value: texts.text(value).lstrip(), 1),
    "rtrim": _ours("rtrim", lambda value: texts.text(value).rstrip(), 1),
    "reverse": _ours("reverse", lambda value: texts.text(value)[::-1], 1),
    "concat": _ours("concat", _concat, 2, MANY),
    "replace": _ours("replace", texts.replace, 2, 3),
    "substr": _ours("substr", texts.substr, 2, 3),
    "substring": _ours("substr", texts.substr, 2, 3),
    "strpos": _ours("strpos", texts.strpos, 2),
    "starts_with": _ours(
        "starts_with", lambda v, p: texts.text(v).startswith(texts.text(p)), 2, boolean=True
    ),
    "ends_with": _ours("ends_with", lambda v, p: texts.text(v).endswith(texts.text(p)), 2, boolean=True),
    "lpad": _ours("lpad", partial(texts.pad, left=True), 3),
    "rpad": _ours("rpad", partial(texts.pad, left=False), 3),
    "split": _ours("split", texts.split, 2, 3),
    "split_part": _ours("split_part", texts.split_part, 3),
    "regexp_like": _ours("regexp_like", texts.regexp_like, 2, boolean=True),
    "regexp_extract": _ours("regexp_extract", texts.regexp_extract, 2, 3),
    "regexp_extract_all": _ours("regexp_extract_all", texts.regexp_extract_all, 2, 3),
    "regexp_replace": _ours("regexp_replace", texts.regexp_replace, 2, 3),
    "regexp_split": _ours("regexp_split", texts.regexp_split, 2),
    "regexp_count": _ours("regexp_count", texts.regexp_count, 2),
    "json_extract": _ours("json_extract", jsons.json_extract, 2),
    "json_extract_scalar": _ours("json_extract_scalar", jsons.json_extract_scalar, 2),
    "json_parse": _ours("json_parse", jsons.json_parse, 1),
    "json_format": _ours("json_parse", jsons.json_parse, 1),
    "json_array_length": _ours("json_array_length", jsons.json_array_length, 1),
    "json_array_get": _ours("json_array_get", jsons.json_array_get, 2),
    "json_array_contains": _ours("json_array_contains", jsons.json_array_contains, 2, boolean=True),
    "json_size": _ours("json_size", jsons.json_size, 2),
    "cardinality": _ours("json_size_all", lambda value: jsons.json_size(value, "$"), 1),
    "contains": _ours("json_array_contains", jsons.json_array_contains, 2, boolean=True),
    "element_at": _ours("element_at", jsons.element_at, 2),
    "array_join": _ours("array_join", jsons.array_join, 2, 3),
    "array_distinct": _ours("array_distinct", jsons.array_distinct, 1),
    "array_sort": _ours("array_sort", jsons.array_sort, 1),
    "map_keys": _ours("map_keys", jsons.map_keys, 1),
    "map_values": _ours("map_values", jsons.map_values, 1),
    "from_unixtime": _ours("from_unixtime", moments.from_unixtime, 1, 2),
    "to_unixtime": _ours("to_unixtime", moments.to_unixtime, 1),
    "from_iso8601_timestamp": _ours("cast_timestamp", moments.as_timestamp, 1),
    "to_iso8601": _ours("to_iso8601", moments.to_iso8601, 1),
    "date": _ours("cast_date", moments.as_date, 1),
    "date_trunc": _ours("date_trunc", moments.date_trunc, 2),
    "date_format": _ours("date_format", moments.date_format, 2),
    "date_parse": _ours("date_parse", moments.date_parse, 2),
    "date_add": _ours("date_add", moments.date_add, 3),
    "date_diff": _ours("date_diff", moments.date_diff, 3),
    **{part: _ours(part, partial(moments.part, part), 1) for part in _PARTS},
}


def _mod(value: int, by: int) -> int:
    return int(math.copysign(1, value)) * (abs(value) % abs(by))


def _held(name: str, arguments: int) -> Function:
    return Function(arguments, arguments, f"ec_{name}", aggregate=True)


AGGREGATES: dict[str, Function] = {
    **{name: _native(name, 1, aggregate=True) for name in ("sum", "avg", "min", "max")},
    "count": _native("count", 0, 1, aggregate=True),
    "count_if": _native("count", 1, aggregate=True),
    "approx_distinct": _native("count", 1, 2, aggregate=True),
    "arbitrary": _native("max", 1, aggregate=True),
    "any_value": _native("max", 1, aggregate=True),
    "bool_and": _native("min", 1, aggregate=True, boolean=True),
    "every": _native("min", 1, aggregate=True, boolean=True),
    "bool_or": _native("max", 1, aggregate=True, boolean=True),
    "approx_percentile": _held("approx_percentile", 2),
    "max_by": _held("max_by", 2),
    "min_by": _held("min_by", 2),
    "array_agg": _held("array_agg", 1),
    "set_agg": _held("set_agg", 1),
    "histogram": _held("histogram", 1),
    "variance": _held("variance", 1),
    "var_samp": _held("variance", 1),
    "var_pop": _held("var_pop", 1),
    "stddev": _held("stddev", 1),
    "stddev_samp": _held("stddev", 1),
    "stddev_pop": _held("stddev_pop", 1),
}

WINDOWS: dict[str, Function] = {
    **{
        name: _native(name, 0, window=True)
        for name in ("row_number", "rank", "dense_rank", "percent_rank", "cume_dist")
    },
    **{name: _native(name, 1, window=True) for name in ("ntile", "first_value", "last_value")},
    "lag": _native("lag", 1, 3, window=True),
    "lead": _native("lead", 1, 3, window=True),
    "nth_value": _native("nth_value", 2, window=True),
}

SPECIAL = {
    "now": (0, 0),
    "current_timezone": (0, 0),
    "if": (2, 3),
    "try": (1, 1),
    "time_series": (2, 4),
    "compare": (2, 6),
    "ts_compare": (2, 6),
}
"""Rewritten by `translating`; least and most arguments."""

FUNCTIONS = SCALARS | AGGREGATES | WINDOWS

_INNER: dict[str, Scalar] = {
    "ec_like": texts.like,
    **{name: run for name, run in casts.CASTS.values()},
    "ec_compare": jsons.compared,
}


def implementations() -> dict[str, Scalar]:
    """Every scalar function of ours by its name in SQLite."""
    return {item.target: item.run for item in SCALARS.values() if item.run is not None} | _INNER


def aggregate_implementations() -> dict[str, type[aggregates.Aggregate]]:
    return aggregates.AGGREGATES


def all_names() -> list[str]:
    return sorted({*FUNCTIONS, *SPECIAL, "cast", "try_cast", "extract", "current_timestamp", "current_date"})
