"""Events that tell of a container that failed."""

from __future__ import annotations

from typing import Any

from eventcenter.model import Batch, Event
from tests.store.made import change, event

LAST_LINES = b"starting\nlost the database\n"


def crash(number: int = 0, **fields: Any) -> Event:
    name = f"web-{number}"
    told = {
        "level": "Warning",
        "reason": "BackOff",
        "message": f"Back-off restarting failed container web in pod {name}_shop(1)",
    }
    return event(number, **{**told, **fields})


def oom(number: int = 0, **fields: Any) -> Event:
    told = {
        "level": "Warning",
        "reason": "ContainerOOMKilled",
        "message": "Container web was OOM killed on node n",
    }
    return event(number, **{**told, **fields})


def unhealthy(number: int = 0, **fields: Any) -> Event:
    told = {"level": "Warning", "reason": "Unhealthy", "message": "Liveness probe failed: HTTP 500"}
    return event(number, **{**told, **fields})


def batch(*events: Event, version: int = 1) -> Batch:
    return Batch("events", [change(one, version) for one in events])
