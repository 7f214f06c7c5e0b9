"""`cast(x AS type)`: SQLite's own would make 0 of a text that is no number, where Presto refuses it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.jsons import parsed
from eventcenter.sql.moments import as_date, as_timestamp

_INTEGER = re.compile(r"\s*[+-]?\d{1,19}\s*")
_BOOLEANS = {"true": 1, "t": 1, "1": 1, "false": 0, "f": 0, "0": 0}


def to_integer(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and math.isfinite(value):
        value = math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    raise _refused(value, "bigint")


def to_double(value: Any) -> float:
    try:
        if isinstance(value, str) and "_" in value:  # Python's float takes 1_000
            raise ValueError
        return float(value)
    except (ValueError, OverflowError):
        raise _refused(value, "double") from None


def to_text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def to_boolean(value: Any) -> int:
    if isinstance(value, str) and value.strip().lower() in _BOOLEANS:
        return _BOOLEANS[value.strip().lower()]
    if isinstance(value, int | float):
        return int(bool(value))
    raise _refused(value, "boolean")


def to_json(value: Any) -> str:
    """A text becomes a string in JSON; what is JSON already comes from `json_parse` and goes through `to_list`."""
    return json.dumps(value, ensure_ascii=False)


def to_list(value: Any) -> str:
    found = parsed(value)
    if not isinstance(found, list):
        raise _refused(value, "array")
    return json.dumps(found, ensure_ascii=False)


def to_map(value: Any) -> str:
    found = parsed(value)
    if not isinstance(found, dict):
        raise _refused(value, "map")
    return json.dumps(found, ensure_ascii=False)


def _refused(value: Any, type_: str) -> QuerySyntaxError:
    return QuerySyntaxError(
        f"{str(value)[:60]!r} cannot be cast to {type_}", hint="try_cast(… AS …) makes null of such values."
    )


CASTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    **{name: ("ec_cast_integer", to_integer) for name in ("TINYINT", "SMALLINT", "INT", "BIGINT")},
    **{name: ("ec_cast_double", to_double) for name in ("FLOAT", "DOUBLE", "DECIMAL")},
    **{name: ("ec_cast_text", to_text) for name in ("VARCHAR", "CHAR", "TEXT")},
    "BOOLEAN": ("ec_cast_boolean", to_boolean),
    "DATE": ("ec_cast_date", as_date),
    "TIMESTAMP": ("ec_cast_timestamp", as_timestamp),
    "TIMESTAMPTZ": ("ec_cast_timestamp", as_timestamp),
    "JSON": ("ec_cast_json", to_json),
    "ARRAY": ("ec_cast_array", to_list),
    "MAP": ("ec_cast_map", to_map),
}
"""sqlglot's name of a type → the function that casts to it."""
