"""`log`: every event on standard output, a line for people, as kube-eventer's sink of that name."""

from __future__ import annotations

from collections.abc import Sequence

from eventcenter.shapes import rfc3339
from sinks.delivery import Item
from sinks.kind import Kind, Url
from sinks.kinds.stdout import one_line, print_out
from sinks.settings import SinkSettings


class Log:
    def __init__(self, settings: SinkSettings) -> None:
        pass

    def send(self, items: Sequence[Item]) -> None:
        print_out(b"".join(human_line(item).encode("utf-8", "replace") + b"\n" for item in items))

    def close(self) -> None:
        """Standard output is everybody's."""


def human_line(item: Item) -> str:
    """On one line whatever the message holds, and without what a terminal would act on."""
    event = item.event
    about = f"{event.namespace}/{event.name}" if event.namespace else event.name
    origin = ", ".join(part for part in (event.component, event.hostname) if part)
    text = (
        f"{rfc3339(event.last_time)} {event.level} {event.reason} {event.kind} {about}"
        f" (count {event.count}{', ' + origin if origin else ''}): {event.message}"
    )
    return one_line(text)


KIND = Kind(
    name="log",
    summary="Standard output, a line for people.",
    example="log:?level=Warning",
    options=(),
    open=Log,
    url=Url.NONE,
    batch=500,
    needs_raw=False,
)
