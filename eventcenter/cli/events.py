"""`events`: list and follow the stored events, also while another process collects them."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from eventcenter.cli.options import RECORDS, STORAGE, takes_settings
from eventcenter.config import Loaded
from eventcenter.errors import NotFoundError
from eventcenter.query import (
    DEFAULT_LIMIT,
    FIELDS,
    GLOB_FIELDS,
    MAX_LIMIT,
    TIME_FORMS,
    EventQuery,
    parse_limit,
    parse_list,
    parse_search,
    parse_time,
)
from eventcenter.settings import Settings

if TYPE_CHECKING:
    from eventcenter.cli.showing import Show
    from eventcenter.ports import EventReader
    from eventcenter.store import Reader

FORMATS = ("table", "json", "record")
FOLLOW_LIMIT = 10
FOLLOW_BATCH = 500
SEARCH_HELP = (
    'A search, as in: level:Warning and (back-off or "pull image") not name:web-* (docs/queries.md).'
)
_LEVELS = {"normal": "Normal", "warning": "Warning"}
_EXAMPLES = {
    "level": "Normal or Warning",
    "kind": "as in Pod,Node",
    "namespace": "of the object",
    "name": "of the object, as in web-*",
    "reason": "as in Failed*",
    "host": "the node that told it",
    "component": "as in kubelet",
    "problem": "as in pod-oom-killed",
}


def filter_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    for name in reversed(FIELDS):
        globs = "; * stands for anything" if name in GLOB_FIELDS else ""
        help_text = f"Only this {name} ({_EXAMPLES[name]}{globs}). Several: A,B."
        command = click.option(f"--{name}", metavar="A,B", help=help_text)(command)
    return command


@click.command()
@click.option("--from", "from_", metavar="TIME", help=f"The first moment: {TIME_FORMS}.")
@click.option("--to", metavar="TIME", help="The moment after the last.")
@filter_flags
@click.option("--q", metavar="EXPRESSION", help=SEARCH_HELP)
@click.option(
    "--limit",
    metavar="N",
    help=f"At most so many, up to {MAX_LIMIT}. [default: {DEFAULT_LIMIT}; {FOLLOW_LIMIT} with --follow]",
)
@click.option(
    "--order", type=click.Choice(["desc", "asc"]), help="Newest first (desc) or oldest first. [default: desc]"
)
@click.option("-f", "--follow", is_flag=True, help="Go on with every change as it is stored, until Ctrl-C.")
@click.option(
    "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
)
@takes_settings(*STORAGE, *RECORDS)
def events(loaded: Loaded, follow: bool, output: str, **asked: Any) -> None:
    """List the stored events, newest first, or follow them.

    Reads the data directory, also while `run` writes to it. -o json prints an event a line as the API shows
    it, -o record the flat record of the hosted event center with the whole event as JSON text in event_id.
    """
    query = _query(asked, follow)
    from eventcenter.cli.showing import shower

    with closing(open_stored(loaded.settings)) as reader:
        show = shower(output, reader.raws, loaded.settings.labels)
        if follow:
            _until_stopped(lambda: _follow(reader, query, show))
        else:
            _until_stopped(lambda: _list(reader, query, show))


def open_stored(settings: Settings) -> Reader:
    from eventcenter.store import database_path, open_reader  # SQLite, only needed now

    try:
        return open_reader(settings.data_dir, settings.instance)
    except NotFoundError as error:
        from eventcenter.app import demo_directory
        from eventcenter.playground import DEMO_INSTANCE

        demo = demo_directory(settings.data_dir)
        if database_path(demo, DEMO_INSTANCE).exists():
            error.hint += f" The playground's: --data-dir {demo} --instance {DEMO_INSTANCE}."
        raise


def _query(asked: dict[str, Any], follow: bool) -> EventQuery:
    if follow and (asked["to"] or asked["order"]):
        given = "--to" if asked["to"] else "--order"
        raise click.UsageError(
            f"{given} cannot be used with --follow: changes come as they happen, without end."
        )
    limit = parse_limit(asked["limit"]) if asked["limit"] else FOLLOW_LIMIT if follow else DEFAULT_LIMIT
    return replace(narrowed(asked), limit=limit, order=asked["order"] or "desc")


def narrowed(asked: dict[str, Any]) -> EventQuery:
    """The time range, filters and search that were asked for."""
    now = int(time.time() * 1000)
    from_time = parse_time(asked["from_"], now) if asked["from_"] else None
    to_time = parse_time(asked["to"], now) if asked["to"] else None
    if from_time is not None and to_time is not None and from_time >= to_time:
        raise click.UsageError("--to must be later than --from.")
    filters = {name: parse_list(name, asked[name]) for name in FIELDS if asked[name]}
    if "level" in filters:
        filters["level"] = tuple(_LEVELS.get(value.lower(), value) for value in filters["level"])
    return EventQuery(
        from_time=from_time,
        to_time=to_time,
        filters={name: values for name, values in filters.items() if values},
        search=parse_search(asked["q"] or ""),
    )


def _list(reader: EventReader, query: EventQuery, show: Show) -> None:
    """A search that takes longer than one page may is gone on with until it has found enough."""
    from eventcenter.shapes import rfc3339

    left = query.limit
    page = reader.list_events(query)
    while page.searched_to is not None and len(page.events) < left:
        show(page.events)
        left -= len(page.events)
        if sys.stderr.isatty():
            click.echo(f"Searched to {rfc3339(page.searched_to)}, going on; Ctrl-C stops.", err=True)
        page = reader.list_events(replace(query, limit=left, cursor=page.next))
    show(page.events)
    if page.next and sys.stdout.isatty():
        click.echo(f"There are more than {query.limit}; raise --limit or narrow the filters.", err=True)


def _follow(reader: EventReader, query: EventQuery, show: Show) -> None:
    from eventcenter.cli.matching import matches  # knows how the store cuts words

    after = reader.wait_for_change(-1, 0)
    # What is stored between these two lines stands in the list and among the changes; it is shown as a
    # change.
    page = reader.list_events(query)
    show(event for event in reversed(page.events) if event.seq <= after)
    while not _output_closed():
        if reader.wait_for_change(after, 1.0) <= after:
            continue
        changes = reader.changes(after, FOLLOW_BATCH)
        events = (change.event for change in changes)
        show(event for event in events if matches(query, event, partial(_raw, reader, event.uid)))
        after = changes[-1].event.seq if changes else after


def _raw(reader: EventReader, uid: str) -> dict[str, Any]:
    """The object as it is now; retention may have taken the event meanwhile."""
    try:
        return reader.event(uid).raw
    except NotFoundError:
        return {}


def _until_stopped(work: Callable[[], None]) -> None:
    """Ctrl-C is how following and long searches end, no failure."""
    try:
        work()
    except KeyboardInterrupt:
        click.echo(err=True)


def _output_closed() -> bool:
    """Whether the reader of our pipe is gone; without this it would be noticed at the next event only."""
    try:
        output = sys.stdout.fileno()
    except OSError:
        return False
    poll = select.poll()
    poll.register(output, 0)
    return any(state & select.POLLERR for _, state in poll.poll(0))
