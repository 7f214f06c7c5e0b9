"""Events that no watch of ours brings (the playground, a replay, an import), on the same way into the store."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from eventcenter.errors import MalformedEvent
from eventcenter.history import earlier_changes
from eventcenter.model import Batch, Change, ChangeType
from eventcenter.normalize import MAX_COUNT, normalize
from eventcenter.ports import Clock, Deliver

log = logging.getLogger(__name__)

BATCH = 500
_YEAR_10000 = 253_402_300_800_000


@dataclass(slots=True)
class Fed:
    """What a feed has handed over so far."""

    changes: int = 0
    malformed: int = 0


def feed(items: Iterable[dict[str, Any]], stream: str, deliver: Deliver, clock: Clock) -> Fed:
    """Deliver watch lines (`{"type", "object"}`) in batches. Lines that are no events are counted and logged."""
    fed = Fed()
    batch: list[Change] = []
    for item in items:
        batch += _changes(item, clock(), fed)
        if len(batch) >= BATCH:
            deliver(Batch(stream, batch))
            fed.changes += len(batch)
            batch = []
    if batch:
        deliver(Batch(stream, batch))
        fed.changes += len(batch)
    return fed


def _changes(item: dict[str, Any], received: int, fed: Fed) -> list[Change]:
    """One, or with the history of an export (docs/care.md) all that the event went through."""
    kind = item.get("type")
    if kind in ("BOOKMARK", "ERROR"):
        return []
    try:
        change = normalize(ChangeType(kind), item["object"], received=_time(item.get("received", received)))
        return [*_earlier(change, item.get("history", ())), change]
    except (MalformedEvent, ValueError, KeyError, TypeError) as error:
        fed.malformed += 1
        log.warning("not an event, left out error=%r", str(error))
        return []


def _earlier(change: Change, history: Any) -> Iterator[Change]:
    if not isinstance(history, list | tuple):
        raise ValueError("the history is no list")
    now = change.event.message
    states = [
        (_time(time), _number(count), _text(message[0]) if message else now)
        for time, count, *message in history
    ]
    return earlier_changes(change, states)


def _number(value: Any) -> int:
    if type(value) is not int or not 0 < value <= MAX_COUNT:
        raise ValueError(f"a count of the history is {value!r:.50}")
    return value


def _time(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _YEAR_10000:
        raise ValueError(f"a time in ms was expected, not {value!r:.50}")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"a message of the history is {value!r:.50}")
    return value
