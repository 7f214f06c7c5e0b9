"""How an event's raw object and uids are kept small, and how they come back exactly.

A raw object repeats what the row already says: each such string is replaced by 0 (no Kubernetes string field
ever is a number; where one is, the object is kept whole). The rest is JSON, compressed by zstd with a
dictionary that lies in the database itself, so a file explains itself to later programs. Measured on the
recorded events of a real cluster: 1 000 bytes of JSON become about 90 (`bench/train_dictionary.py` prints
it)."""

from __future__ import annotations

import json
import re
import sqlite3
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec
import zstandard

from eventcenter.errors import StoreError
from eventcenter.model import Event

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_WHOLE, _WITHOUT_COLUMNS, _LOOSE = 0, 1, 2
"""The first byte of a raw object: complete JSON; strings that columns hold are 0; complete, with escapes that only
the standard library's lenient decoder takes (lone surrogates)."""

LEVEL = 6
"""Of compression: 3 takes 3 µs less for each change and 6 bytes more."""

_BARE = 0x80
"""Set in the number of the dictionary where the frame has no head of its own (4 bytes that are always the same, and
the size, which nobody needs): files of schema 1 have both."""

_Fields = tuple[tuple[str, str], ...]
"""(key in the raw object, field of the event that says the same)."""

_OBJECT: _Fields = (
    ("kind", "kind"),
    ("namespace", "namespace"),
    ("name", "name"),
    ("uid", "object_uid"),
    ("apiVersion", "api_version"),
    ("fieldPath", "field_path"),
)
_SOURCE: _Fields = (("component", "component"), ("host", "hostname"))
_METADATA: _Fields = (("uid", "uid"), ("namespace", "namespace"))
_TOP: _Fields = (
    ("reason", "reason"),
    ("type", "level"),
    ("action", "action"),
    ("reportingInstance", "hostname"),
)

_V1 = (
    (*_TOP, ("message", "message"), ("reportingComponent", "component")),
    (("metadata", _METADATA), ("involvedObject", _OBJECT), ("source", _SOURCE)),
)
_EVENTS_V1 = (
    (*_TOP, ("note", "message"), ("reportingController", "component")),
    (("metadata", _METADATA), ("regarding", _OBJECT), ("deprecatedSource", _SOURCE)),
)
"""(fields of the object itself, fields of the objects in it)"""

_TIMES = ("firstTimestamp", "lastTimestamp", "deprecatedFirstTimestamp", "deprecatedLastTimestamp")
_YEAR_10000 = 253_402_300_800_000

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def pack_uid(uid: str) -> bytes | str:
    """16 bytes for a UUID in the usual form, else the text as it is."""
    return bytes.fromhex(uid.replace("-", "")) if _UUID.fullmatch(uid) else uid


def unpack_uid(stored: bytes | str) -> str:
    return str(uuid.UUID(bytes=stored)) if isinstance(stored, bytes) else stored


def without_columns(event: Event, raw: dict[str, Any]) -> bytes:
    """The raw object as JSON after a byte that says how to read it."""
    try:
        return _slim(event, raw)
    except UnicodeEncodeError:
        return bytes((_LOOSE,)) + json.dumps(raw).encode("ascii")


def _slim(event: Event, raw: dict[str, Any]) -> bytes:
    slim = raw.copy()
    top, parts = _EVENTS_V1 if "regarding" in raw else _V1
    told = _leave_out(event, slim, top)
    for key, fields in parts:
        part = raw.get(key)
        if type(part) is dict:
            slim[key] = part = part.copy()
            told = told and _leave_out(event, part, fields)
    if told and _slim_times(event, slim):
        return bytes((_WITHOUT_COLUMNS,)) + _encode(slim)
    return bytes((_WHOLE,)) + _encode(raw)


def _leave_out(event: Event, part: dict[str, Any], fields: _Fields) -> bool:
    """0 for each string that a field of the event repeats. False where the object itself has a number there."""
    for key, field in fields:
        value = part.get(key)
        if type(value) is str:
            if value == getattr(event, field):
                part[key] = 0
        elif type(value) is int:
            return False
    return True


def _slim_times(event: Event, slim: dict[str, Any]) -> bool:
    """Numbers for the times and the name that columns tell: 1 first_time, 2 last_time; [rest] a name that begins with
    the object's. False where the object itself has a number or a list there. `metadata` is a copy by now."""
    first, last = _stamp(event.first_time), _stamp(event.last_time)
    metadata = slim.get("metadata")
    holders = [(slim, key) for key in _TIMES]
    if type(metadata) is dict:
        holders.append((metadata, "creationTimestamp"))
        name = metadata.get("name")
        if type(name) is list:
            return False
        if type(name) is str and event.name and name.startswith(event.name):
            metadata["name"] = [name[len(event.name) :]]
    for holder, key in holders:
        value = holder.get(key)
        if type(value) is int:
            return False
        if value is not None and value == first:
            holder[key] = 1
        elif value is not None and value == last:
            holder[key] = 2
    return True


@lru_cache(maxsize=1024)
def _stamp(time: int) -> str | None:
    """The time as Kubernetes writes most of them; None where that would not say it exactly."""
    if time % 1000 or not 0 <= time < _YEAR_10000:
        return None
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def with_columns(event: Event, data: bytes) -> dict[str, Any]:
    """The inverse of `without_columns`."""
    raw: dict[str, Any]
    if data[0] == _LOOSE:
        raw = json.loads(data[1:])
        return raw
    raw = _decode(data[1:])
    if data[0] == _WHOLE:
        return raw
    top, parts = _EVENTS_V1 if "regarding" in raw else _V1
    for part, fields in ((raw, top), *((raw.get(key), fields) for key, fields in parts)):
        if type(part) is dict:
            for key, field in fields:
                if type(part.get(key)) is int:
                    part[key] = getattr(event, field)
    metadata = raw.get("metadata")
    holders = [(raw, key) for key in _TIMES]
    if type(metadata) is dict:
        holders.append((metadata, "creationTimestamp"))
        if type(metadata.get("name")) is list:
            metadata["name"] = event.name + metadata["name"][0]
    for holder, key in holders:
        if type(holder.get(key)) is int:
            holder[key] = _stamp(event.first_time if holder[key] == 1 else event.last_time)
    return raw


def shipped_dictionary() -> bytes:
    """The dictionary that a new database starts with, trained by `bench/train_dictionary.py`."""
    return (resources.files("eventcenter") / "data" / "events.zdict").read_bytes()


class Packer:
    """Packs with the newest dictionary of a database. Not for use by two threads at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        row = connection.execute("SELECT id, data FROM dictionary ORDER BY id DESC LIMIT 1").fetchone()
        self._prefix = bytes((row[0] | _BARE,))
        parameters = zstandard.ZstdCompressionParameters.from_level(
            LEVEL, format=zstandard.FORMAT_ZSTD1_MAGICLESS, write_content_size=False, write_dict_id=False
        )
        dictionary = zstandard.ZstdCompressionDict(row[1])
        dictionary.precompute_compress(compression_params=parameters)
        self._compressor = zstandard.ZstdCompressor(dict_data=dictionary, compression_params=parameters)

    def pack(self, event: Event, raw: dict[str, Any]) -> bytes:
        return self._prefix + self._compressor.compress(without_columns(event, raw))


class Unpacker:
    """Unpacks rows of any dictionary of a database. Safe for several threads: makes a decompressor each
    time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._use(dict(connection.execute("SELECT id, data FROM dictionary")))

    @classmethod
    def of(cls, dictionaries: dict[int, bytes]) -> Unpacker:
        made = cls.__new__(cls)
        made._use(dictionaries)
        return made

    def _use(self, dictionaries: dict[int, bytes]) -> None:
        self._dictionaries = {
            number: zstandard.ZstdCompressionDict(data) for number, data in dictionaries.items()
        }

    def unpack(self, event: Event, packed: bytes) -> dict[str, Any]:
        number = packed[0] & ~_BARE
        dictionary = self._dictionaries.get(number)
        if dictionary is None:
            raise StoreError(f"the dictionary {number} of event {event.uid} is not in the database")
        form = zstandard.FORMAT_ZSTD1_MAGICLESS if packed[0] & _BARE else zstandard.FORMAT_ZSTD1
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, format=form)
        try:
            return with_columns(event, decompressor.decompressobj().decompress(packed[1:]))
        except (zstandard.ZstdError, ValueError, LookupError) as error:  # msgspec raises ValueErrors
            raise StoreError(f"the raw object of event {event.uid} is damaged: {error}") from error
