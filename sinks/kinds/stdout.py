"""`stdout`: every event on standard output, a JSON object a line, for whatever collects the output of containers."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from eventcenter.shapes import event_shape, json_bytes, record_shape
from sinks.delivery import Item, TryAgain
from sinks.kind import Kind, Option, Url, one_of
from sinks.settings import SinkSettings


class Stdout:
    def __init__(self, settings: SinkSettings) -> None:
        self._format = settings["format"]
        self._labels = settings.surroundings.labels

    def send(self, items: Sequence[Item]) -> None:
        lines = b"".join(self._line(item) + b"\n" for item in items)
        try:
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        except (OSError, ValueError) as error:
            raise TryAgain(f"standard output cannot be written: {error}") from None

    def _line(self, item: Item) -> bytes:
        if self._format == "raw":
            return json_bytes(item.raw)
        if self._format == "record":
            return json_bytes(record_shape(item.event, item.raw, self._labels))
        return json_bytes(event_shape(item.event) | {"occurrences": item.occurrences} | dict(self._labels))

    def close(self) -> None:
        """Standard output is everybody's."""


KIND = Kind(
    name="stdout",
    summary="Standard output, a JSON object a line.",
    example="stdout:?format=event",
    options=(
        Option(
            "format",
            "event: as the API has it; record: the flat record; raw: the Kubernetes object",
            one_of("event", "record", "raw"),
            "event",
        ),
    ),
    open=Stdout,
    url=Url.NONE,
    batch=500,
)
