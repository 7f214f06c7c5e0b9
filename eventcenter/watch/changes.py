"""Makes changes of the lines of a watch. Whatever a line is, the next one is read."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from eventcenter.errors import MalformedEvent
from eventcenter.model import Change, ChangeType
from eventcenter.normalize import normalize
from eventcenter.watch.malformed import Malformed

_TYPES = {kind.value: kind for kind in ChangeType}


class WatchLine(msgspec.Struct, frozen=True):
    """One line of a watch: what happened, and to which object."""

    type: str
    object: dict[str, Any]


class Decoded(msgspec.Struct):
    """What some lines told."""

    changes: list[Change]
    position: str | None = None
    """The resourceVersion after them; None: they had none."""
    error: dict[str, Any] | None = None
    """The Status of an ERROR line, which ends the watch."""


_decoder = msgspec.json.Decoder(WatchLine)


def decode_lines(lines: list[bytes], received: int, malformed: Malformed) -> Decoded:
    """`received`: when they arrived, in ms."""
    decoded = Decoded([])
    for line in lines:
        entry = _decode(line, malformed)
        if entry is None:
            continue
        kind = _TYPES.get(entry.type)
        if kind is not None:
            change = to_change(kind, entry.object, received, malformed)
            if change is not None:
                decoded.changes.append(change)
        elif entry.type == "ERROR":
            decoded.error = entry.object
            break
        elif entry.type != "BOOKMARK":
            malformed.note("unknown type", entry.type)
            continue
        decoded.position = _version(entry.object) or decoded.position
    return decoded


def to_change(kind: ChangeType, obj: Any, received: int, malformed: Malformed) -> Change | None:
    """The change, or None (counted) when none can be made of the object."""
    try:
        return normalize(kind, obj, received=received)
    except MalformedEvent as error:
        malformed.note("no identity", error)
    except Exception as error:  # a bug on one event must not stop all others
        malformed.note("unexpected", repr(error))
    return None


def _decode(line: bytes, malformed: Malformed) -> WatchLine | None:
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        first = error
    try:
        return _decoder.decode(mend(line))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        malformed.note("undecodable line", first)
        return None


def mend(text: bytes) -> bytes:
    """JSON that the strict decoder refuses (lone surrogates, bytes that are no UTF-8), as it takes it."""
    loose = json.loads(text.decode("utf-8", "replace"))
    return json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace")


def _version(obj: dict[str, Any]) -> str | None:
    metadata = obj.get("metadata")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) and version else None
