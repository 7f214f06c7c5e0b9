"""The fields of a search: short names, the names of the hosted event center, and any path of the raw object."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Kind = Literal["text", "number", "time", "seconds", "raw"]
"""`seconds` is a time that counts in whole seconds; `raw` is whatever stands in the raw object."""

RAW = "event_id."
_PLAIN_PATH = re.compile(r"[\w\-]+(\.[\w\-/]+)*")
_WHOLE_TIME = 1000


@dataclass(frozen=True, slots=True)
class Field:
    """`attribute` is that of `model.Event`; a raw field has a `path` instead. One `of_pods` has a value only
    when the event is about a Pod."""

    name: str
    kind: Kind = "text"
    attribute: str = ""
    path: str = ""
    of_pods: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind in ("number", "time", "seconds")

    @property
    def typed(self) -> str:
        """As it is written in a search."""
        if self.kind != "raw" or _PLAIN_PATH.fullmatch(self.path):
            return self.name
        return '"' + re.sub(r'["\\]', r"\\\g<0>", self.name) + '"'

    def written(self, value: int | float) -> str:
        if self.kind != "time":
            return str(value)
        moment = datetime.fromtimestamp(value // _WHOLE_TIME, UTC)
        text = moment.replace(microsecond=int(value % _WHOLE_TIME) * 1000)
        return text.isoformat(timespec="milliseconds" if value % _WHOLE_TIME else "seconds")[:-6] + "Z"


def _text(name: str, attribute: str = "", *, of_pods: bool = False) -> Field:
    return Field(name, "text", attribute or name, of_pods=of_pods)


FIELDS = (
    _text("level"),
    _text("reason"),
    _text("kind"),
    _text("namespace"),
    _text("name"),
    _text("host", "hostname"),
    _text("component"),
    _text("problem"),
    _text("message"),
    _text("action"),
    _text("api_version"),
    _text("field_path"),
    _text("uid"),
    _text("object_uid"),
    _text("pod_name", "name", of_pods=True),
    _text("pod_id", "object_uid", of_pods=True),
    Field("count", "number", "count"),
    Field("first_time", "time", "first_time"),
    Field("last_time", "time", "last_time"),
    Field("__time__", "seconds", "last_time"),
)
_BY_NAME = {field.name: field for field in FIELDS}

ALIASES = {
    "type": "level",
    "ns": "namespace",
    "hostname": "host",
    "node": "host",
    "pod": "pod_name",
}

_OBJECT = {
    "kind": "kind",
    "namespace": "namespace",
    "name": "name",
    "uid": "object_uid",
    "apiVersion": "api_version",
    "fieldPath": "field_path",
}
_PATHS = {
    "type": "level",
    "reason": "reason",
    "message": "message",
    "note": "message",
    "action": "action",
    "count": "count",
    "firstTimestamp": "first_time",
    "lastTimestamp": "last_time",
    "metadata.uid": "uid",
    "source.component": "component",
    "source.host": "host",
    **{f"{about}.{key}": name for about in ("involvedObject", "regarding") for key, name in _OBJECT.items()},
}
"""Paths of the raw object that are fields of the event, which both API versions fill."""

_PARTS = ("involvedObject", "regarding", "metadata", "source", "series", "related")

NUMBERS = tuple(field.name for field in FIELDS if field.is_number)
SHORT_NAMES = tuple([*_BY_NAME, *ALIASES])

_shorts = "|".join(sorted(map(re.escape, SHORT_NAMES), key=len, reverse=True))
_segments = r"(?:\.[\w\-/]+)+"
_quoted = r'"event_?[iI]d\.(?:[^"\\]|\\["\\]|\\(?!["\\]))+"'
NAME = rf"(?:(?i:{_shorts})|(?:event_id|eventId){_segments}|(?:{'|'.join(_PARTS)}){_segments}|{_quoted})"
"""What the grammar takes for a field; other names before a colon are text."""


def field_of(typed: str) -> Field:
    """The field of a text that NAME matches."""
    if typed.startswith('"'):
        typed = re.sub(r'\\(["\\])', r"\1", typed[1:-1])
    short = typed.lower()
    if short in _BY_NAME or short in ALIASES:
        return _BY_NAME[ALIASES.get(short, short)]
    path = re.sub(r"^(event_id|eventId|event_Id|eventid)\.", "", typed)
    known = _PATHS.get(path)
    return _BY_NAME[known] if known else Field(RAW + path, "raw", path=path)


def meant(name: str) -> str | None:
    """The field whose name somebody probably wanted to type."""
    if name.lower() in ("event_id", "eventid"):
        return "event_id.reason"
    names = [field for field in SHORT_NAMES if abs(len(field) - len(name)) <= 2]
    found = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.8)
    return found[0] if found else None
