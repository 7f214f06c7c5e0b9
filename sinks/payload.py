"""What goes out of an event as bytes, for the kinds that carry JSON: queues, files, standard output."""

from __future__ import annotations

from eventcenter.shapes import event_shape, json_bytes, record_shape
from sinks.delivery import Item
from sinks.kind import Option, one_of
from sinks.settings import SinkSettings

FORMATS = ("event", "record", "raw")


def format_option(default: str = "event", more: str = "", *others: str) -> Option:
    """With formats of the kind's own: `more` describes them, `others` are their names."""
    told = "event: as the API has it; record: the flat record; raw: the Kubernetes object"
    return Option("format", f"{told}{'; ' + more if more else ''}", one_of(*FORMATS, *others), default)


def payload(item: Item, settings: SinkSettings) -> bytes:
    """A JSON object on one line, without its end."""
    labels = settings.surroundings.labels
    if settings["format"] == "raw":
        return json_bytes(item.raw)
    if settings["format"] == "record":
        return json_bytes(record_shape(item.event, item.raw, labels))
    return json_bytes(event_shape(item.event) | {"occurrences": item.occurrences} | dict(labels))


def line(item: Item, settings: SinkSettings) -> bytes:
    return payload(item, settings) + b"\n"
