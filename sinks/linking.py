"""The address of the page that shows what a message is about."""

from __future__ import annotations

from urllib.parse import urlencode

from eventcenter.shapes import rfc3339
from sinks.group import Group

MARGIN = 60_000
"""Before the first event and after the last (ms)."""


def link_to(url: str, group: Group | None, since: int, instance: str) -> str:
    """`/events` with the filter of the group, and with its time range; None: all events from then on. The range stays
    open while it goes on, as an event that is counted up moves to its newest time. Empty without a `url`."""
    if not url:
        return ""
    given = {"instance": instance, "from": rfc3339(max(since - MARGIN, 0) // 1000 * 1000)}
    if group is not None:
        given |= _filter(group)
        if group.over:
            given["to"] = rfc3339((group.newest.last_time + MARGIN) // 1000 * 1000)
    query = urlencode({name: value for name, value in given.items() if value}, safe=":,*", errors="replace")
    return f"{url.rstrip('/')}/events?{query}"


def _filter(group: Group) -> dict[str, str]:
    place = group.place
    if place.by == "all":
        return {}
    named = {"namespace": place.namespace, "reason": place.reason}
    if place.by == "object":
        return named | {"kind": place.kind, "name": place.name}
    if place.by == "workload":
        dash = "-" if group.newest.name.startswith(f"{place.name}-") else ""
        return named | {"name": f"{place.name}{dash}*"}
    return named
