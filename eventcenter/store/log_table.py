"""The table `log` of queries: one row an event, as a common table expression over the tables of the store.

It names only the columns that a query reads. It is never materialized, so SQLite reads through it: what the query does
with a column happens in the loop over `event` itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from eventcenter.model import Event
from eventcenter.sql.columns import DIMENSIONS, EVENT
from eventcenter.sql.comparing import shifted
from eventcenter.sql.jsons import Steps, at, steps, stored
from eventcenter.sql.resolving import NUMBER
from eventcenter.store.packing import Unpacker, unpack_uid
from eventcenter.store.restriction import Restriction

EVENT_FUNCTION = "log_event"
INSTANCE = "instance"
"""The parameter that holds the name of the instance."""

_INTERNED = {name: f"e.{'host' if name == 'hostname' else name}" for name in DIMENSIONS}


def _text(number: str) -> str:
    return f"(SELECT text FROM term WHERE id = {number})"


def _uid(column: str) -> str:
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    dashed = " || '-' || ".join(f"substr(lower(hex({column})), {first}, {size})" for first, size in parts)
    return f"CASE typeof({column}) WHEN 'blob' THEN {dashed} ELSE {column} END"


def _moment(column: str) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f', {column} / 1000.0, 'unixepoch')"


_ABOUT_POD = "e.kind = (SELECT id FROM term WHERE text = 'Pod')"
_PARTS = (
    "e.uid", *(_text(_INTERNED[name]) for name in ("level", "reason", "kind", "namespace")), "e.name", "e.object_uid",
    *(_text(_INTERNED[name]) for name in ("field_path", "component", "hostname")), "e.first_time", "e.last_time",
    *(_text(_INTERNED[name]) for name in ("action", "api_version")), "e.message",
)  # fmt: skip
"""What `EventLeaf` makes an Event of, which the packed object needs to become whole again."""

_COLUMNS = {
    **{name: _text(number) for name, number in _INTERNED.items()},
    **{name + NUMBER: number for name, number in _INTERNED.items()},
    "pod_id": f"CASE WHEN {_ABOUT_POD} THEN {_uid('e.object_uid')} END",
    "pod_name": f"CASE WHEN {_ABOUT_POD} THEN e.name END",
    "uid": _uid("e.uid"),
    "object_uid": _uid("e.object_uid"),
    **{name: f"e.{name}" for name in ("name", "message", "count", "seq")},
    "first_time": _moment("e.first_time"),
    "last_time": _moment("e.last_time"),
    "instance": f":{INSTANCE}",
}


def definition(columns: Iterable[str], restriction: Restriction, shift: int = 0) -> str:
    """`log AS (…)`; with a shift (seconds) the events of so much earlier under the name that `comparing` gave them."""
    listed = ", ".join(f"{_column(name, shift)} AS {_quoted(name)}" for name in sorted(columns)) or "1 AS `#`"
    name = shifted(shift) if shift else "log"
    return f"{_quoted(name)} AS NOT MATERIALIZED (SELECT {listed} FROM {restriction.sql})"


def _column(name: str, shift: int) -> str:
    if name == "__time__":
        return f"e.last_time / 1000 + {shift}" if shift else "e.last_time / 1000"
    if name in _COLUMNS:
        return _COLUMNS[name]
    path = name.removeprefix(EVENT).removeprefix(".").replace("'", "''")
    return f"{EVENT_FUNCTION}('{path}', e.id, e.raw, {', '.join(_PARTS)})"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def needs_events(columns: Iterable[str]) -> bool:
    return any(name == EVENT or name.startswith(f"{EVENT}.") for name in columns)


def event_leaf(unpacker: Unpacker) -> Callable[..., Any]:
    """The function behind `event_id` and the leaves of it that are no columns. The event of the last row is kept: a
    query that asks for five leaves unpacks it once."""
    last: tuple[int, Any] = (-1, None)
    paths: dict[str, Steps] = {}

    def leaf(path: str, place: int, raw: bytes, *parts: Any) -> Any:
        nonlocal last
        if last[0] != place:
            last = place, unpacker.unpack(_event(*parts), raw)
        if not path:
            return msgspec.json.encode(last[1]).decode()
        if path not in paths:
            paths[path] = steps(path)
        found = at(last[1], paths[path])
        return ("true" if found else "false") if isinstance(found, bool) else stored(found)

    return leaf


def _event(
    uid: bytes | str, level: str, reason: str, kind: str, namespace: str, name: str, object_uid: bytes | str,
    field_path: str, component: str, hostname: str, first_time: int, last_time: int, action: str, api_version: str,
    message: str,
) -> Event:  # fmt: skip
    return Event(
        uid=unpack_uid(uid),
        level=level,
        reason=reason,
        kind=kind,
        namespace=namespace,
        name=name,
        object_uid=unpack_uid(object_uid),
        field_path=field_path,
        message=message,
        component=component,
        hostname=hostname,
        first_time=first_time,
        last_time=last_time,
        action=action,
        api_version=api_version,
    )
