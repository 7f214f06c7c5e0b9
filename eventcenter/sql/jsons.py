"""JSON and lists in queries: both are JSON text, and what stands in them comes out by path or number."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import msgspec

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.texts import array, text

_STEP = re.compile(r"""\.([^.\[\]"']+)|\[(\d{1,9})\]|\[(?:"([^"]*)"|'([^']*)')\]|\."([^"]*)\"""")
_decode = msgspec.json.Decoder().decode

Steps = tuple[str | int, ...]


@lru_cache(maxsize=256)
def steps(path: str) -> Steps:
    """`$.a.b[0]["c.d"]` taken apart; the $ may be left out."""
    rest = path.strip()
    rest = (
        rest[1:] if rest.startswith("$") else rest if rest[:1] in (".", "[") else f".{rest}" if rest else rest
    )
    found: list[str | int] = []
    at = 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            raise QuerySyntaxError(
                f"{path[:60]!r} is not a path in JSON", hint='Accepted: $.name, $.list[0], $["a name"].'
            )
        name = next((part for part in step.group(1, 3, 4, 5) if part is not None), None)
        found.append(int(step[2]) if name is None else name)
        at = step.end()
    return tuple(found)


def at(value: Any, path: Steps) -> Any:
    """None where the path leads nowhere."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            return None
    return value


def parsed(value: Any) -> Any:
    """QuerySyntaxError for text that is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return _decode(value)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        raise QuerySyntaxError(f"{value[:60]!r} is not JSON") from None


def _or_none(value: Any) -> Any:
    try:
        return parsed(value)
    except QuerySyntaxError:
        return None  # as Presto: json_extract of what is no JSON is null


def _written(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_extract(value: Any, path: str) -> str | None:
    return _written(at(_or_none(value), steps(text(path))))


def scalar(value: Any) -> str | None:
    """Text of a leaf; null for an object or a list."""
    if value is None or isinstance(value, dict | list):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def json_extract_scalar(value: Any, path: str) -> str | None:
    return scalar(at(_or_none(value), steps(text(path))))


def json_parse(value: Any) -> str:
    return json.dumps(parsed(value), ensure_ascii=False, separators=(",", ":"))


def as_list(value: Any) -> list[Any] | None:
    found = _or_none(value)
    return found if isinstance(found, list) else None


def json_array_length(value: Any) -> int | None:
    found = as_list(value)
    return None if found is None else len(found)


def json_array_get(value: Any, index: int) -> str | None:
    """Counted from 0, from the end where negative."""
    found = as_list(value)
    if found is None or not isinstance(index, int) or not -len(found) <= index < len(found):
        return None
    return _written(found[index])


def json_array_contains(value: Any, wanted: Any) -> bool | None:
    found = as_list(value)
    return None if found is None else wanted in found


def json_size(value: Any, path: str) -> int | None:
    found = at(_or_none(value), steps(text(path)))
    return None if found is None else len(found) if isinstance(found, dict | list) else 0


def element_at(value: Any, index: Any) -> Any:
    """`list[n]`, counted from 1, or `map['key']`; null where there is none."""
    found = _or_none(value)
    inner: Any = None
    if isinstance(found, list) and isinstance(index, int):
        place = index - 1 if index > 0 else len(found) + index
        inner = found[place] if index and 0 <= place < len(found) else None
    elif isinstance(found, dict):
        inner = found.get(text(index))
    return stored(inner)


def stored(value: Any) -> Any:
    """What SQLite holds for a value out of JSON."""
    if isinstance(value, dict | list):
        return _written(value)
    return int(value) if isinstance(value, bool) else value


def array_join(value: Any, delimiter: str, null: str = "") -> str:
    found = (null if item is None else text(stored(item)) for item in as_list(value) or [])
    return text(delimiter).join(item for item in found if item or null)


def array_distinct(value: Any) -> str:
    return array(list({json.dumps(item): item for item in as_list(value) or []}.values()))


def array_sort(value: Any) -> str:
    try:
        return array(sorted(as_list(value) or []))
    except TypeError:
        raise QuerySyntaxError("array_sort: the list holds values that do not compare") from None


def map_keys(value: Any) -> str | None:
    found = _or_none(value)
    return array(list(found)) if isinstance(found, dict) else None


def map_values(value: Any) -> str | None:
    found = _or_none(value)
    return array(list(found.values())) if isinstance(found, dict) else None


def compared(*parts: Any) -> str:
    """`compare`: [now, then …, ratio …, time of then …] of the arguments now, then …, time …"""
    count = (len(parts) - 1) // 2
    now, then, times = parts[0], parts[1 : 1 + count], parts[1 + count :]
    numbers = all(isinstance(value, int | float | None) for value in (now, *then))
    ratios = [now / before if numbers and before and now is not None else None for before in then]
    return array([now, *then, *ratios, *times])
