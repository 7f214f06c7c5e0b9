"""Events, items and sinks for people as the tests of telling need them."""

from __future__ import annotations

from typing import Any

from eventcenter.model import Event
from sinks.delivery import Item
from sinks.filters import Filter
from sinks.kind import Kind, Url
from sinks.settings import SinkSettings, Surroundings, options_of

START = 1_800_000_000_000
"""2027-01-15T08:00:00Z."""

KIND = Kind(
    name="chat", summary="", example="chat:", options=(), messenger=lambda settings: _never(), url=Url.NONE
)


def _never() -> Any:
    raise AssertionError("the tests of telling open nothing")


def event(name: str = "checkout-7c5ddbdf54-x2k9p", reason: str = "BackOff", **fields: Any) -> Event:
    usual: dict[str, Any] = {
        "uid": f"{reason}-{name}",
        "level": "Warning",
        "kind": "Pod",
        "namespace": "shop",
        "message": "Back-off restarting failed container checkout",
        "first_time": START,
        "last_time": START,
        "hostname": "node-1",
        "component": "kubelet",
        "instance": "default",
        "count": 1_000_000,
    }
    return Event(name=name, reason=reason, **(usual | fields))


def item(occurrences: int = 1, at: int = 0, **fields: Any) -> Item:
    """One change, `at` ms after the start."""
    return Item(event(last_time=START + at, **fields), occurrences, {})


def settings(
    *, url: str = "https://events.example.com", labels: dict[str, str] | None = None, **options: Any
) -> SinkSettings:
    usual = {option.name: option.default for option in options_of(KIND)}
    return SinkSettings(
        name="chat",
        kind=KIND,
        url="",
        options=usual | {"lang": "en"} | options,
        filter=Filter(),
        surroundings=Surroundings(url=url, labels=labels or {}),
    )
