"""Events on standard output: a table that fits the terminal, JSON lines, or the records of the hosted event
center.

Every form is written line by line, so that `--follow` and a list are the same to it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from eventcenter.model import Event
from eventcenter.shapes import event_shape, json_bytes, local, record_shape, rfc3339

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Raws = Callable[[list[int]], dict[int, dict[str, Any]]]
"""The objects of events as the cluster sent them, by the numbers of their changes (`EventReader.raws`)."""

Show = Callable[[Iterable[Event]], None]

# Terminals obey control characters, and anyone who may create a Pod may write into an event's message.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def shower(output: str, raws: Raws, labels: Mapping[str, str]) -> Show:
    """What prints events in the form `output`."""
    if output == "json":
        return lambda events: _lines(as_json(event) for event in events)
    if output == "record":
        return lambda events: _lines(_records(list(events), raws, labels))
    if sys.stdout.isatty():
        return _terminal()
    return lambda events: _lines(plain(event) for event in events)


def as_json(event: Event) -> str:
    """One line, the event as the API shows it."""
    return msgspec.json.encode(event_shape(event)).decode()


def _records(events: list[Event], raws: Raws, labels: Mapping[str, str]) -> Iterable[str]:
    """A line each, flat, as the hosted event center stores it (docs/cli.md); none of what retention has just taken."""
    found = raws([event.seq for event in events])
    for event in events:
        if event.seq in found:
            yield json_bytes(record_shape(event, found[event.seq], labels)).decode()


def plain(event: Event) -> str:
    """A line for pipes: nothing is cut, the message comes last, the time is UTC."""
    return (
        f"{rfc3339(event.last_time):<20}  {clean(event.level):<7}  {clean(event.reason):<20}  "
        f"{clean(subject(event)):<50}  {event.count:>5}  {clean(event.message)}"
    )


def subject(event: Event) -> str:
    """What the event is about: `Pod shop/web-1`, `Node n1`."""
    name = f"{event.namespace}/{event.name}" if event.namespace else event.name
    return f"{event.kind} {name}".strip()


def clean(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _lines(lines: Iterable[str]) -> None:
    out = sys.stdout
    for line in lines:
        out.write(line + "\n")
    out.flush()


def _terminal() -> Show:
    """Rows of one layout for the whole run; the header comes before the first."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    first = True

    def show(events: Iterable[Event]) -> None:
        nonlocal first
        rows = list(events)
        if rows or first:
            console.print(_table(console, rows, header=first))
        first = False

    return show


def _table(console: Console, events: list[Event], *, header: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    zone = datetime.now().astimezone().strftime("%z")
    table = Table(box=None, expand=True, show_header=header, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(f"time {zone}", width=14, no_wrap=True)
    table.add_column("level", width=7, no_wrap=True)
    table.add_column("reason", width=min(24, max(12, console.width // 6)), no_wrap=True)
    table.add_column("about", ratio=2, no_wrap=True)
    table.add_column("count", width=5, no_wrap=True, justify="right")
    table.add_column("message", ratio=3, no_wrap=True)
    for event in events:
        when, count = f"{local(event.last_time):%m-%d %H:%M:%S}", str(event.count)
        cells = (when, event.level, event.reason, subject(event), count, event.message)
        style = "yellow" if event.level == "Warning" else ""
        table.add_row(*(Text(clean(cell), overflow="ellipsis") for cell in cells), style=style)
    return table
