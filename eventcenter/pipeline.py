"""Events that no watch of ours brings (the playground, a replay, an import), on the same way into the store."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eventcenter.errors import MalformedEvent
from eventcenter.model import Batch, Change, ChangeType
from eventcenter.normalize import normalize
from eventcenter.ports import Clock, Deliver

log = logging.getLogger(__name__)

BATCH = 500


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
        change = _change(item, clock(), fed)
        if change is None:
            continue
        batch.append(change)
        if len(batch) == BATCH:
            deliver(Batch(stream, batch))
            fed.changes += len(batch)
            batch = []
    if batch:
        deliver(Batch(stream, batch))
        fed.changes += len(batch)
    return fed


def _change(item: dict[str, Any], received: int, fed: Fed) -> Change | None:
    kind = item.get("type")
    if kind in ("BOOKMARK", "ERROR"):
        return None
    try:
        return normalize(ChangeType(kind), item["object"], received=received)
    except (MalformedEvent, ValueError, KeyError, TypeError) as error:
        fed.malformed += 1
        log.warning("not an event, left out error=%r", str(error))
        return None
