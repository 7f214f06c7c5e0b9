"""`export`: everything that is stored as JSON lines, for `import` or for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventcenter.cli.events import SEARCH_HELP, filter_flags, narrowed
from eventcenter.cli.options import RECORDS, STORAGE, takes_settings
from eventcenter.config import Loaded
from eventcenter.query import TIME_FORMS

if TYPE_CHECKING:
    from eventcenter.cli.progress import Show
    from eventcenter.export import Beside
    from eventcenter.store.export import Exported

FORMATS = {"events": "events", "records": "records", "record": "records"}
"""`record` is what `events -o` and the API call it."""
_EACH = 1000
"""Events between two looks at the progress bar."""


@click.command()
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option(
    "--format", "form", type=click.Choice(tuple(FORMATS)), default="events", show_default=True,
    help="What a line is: what import takes, or a flat record.",
)  # fmt: skip
@click.option("--after", metavar="CURSOR", help="Go on after this place, as the export before said it.")
@click.option("--force", is_flag=True, help="Replace FILE instead of continuing it.")
@click.option("--from", "from_", metavar="TIME", help=f"The first moment: {TIME_FORMS}.")
@click.option("--to", metavar="TIME", help="The moment after the last.")
@filter_flags
@click.option("--q", metavar="EXPRESSION", help=SEARCH_HELP)
@takes_settings(*STORAGE, *RECORDS)
def export(loaded: Loaded, file: Path, form: str, after: str | None, force: bool, **asked: Any) -> None:
    """Write everything stored to FILE as JSON lines.

    Oldest first, also while a center writes; - or no FILE is standard output, FILE.gz is compressed. An export that
    was interrupted goes on where it stopped when it is run again."""
    from eventcenter.cli.progress import progress_bar
    from eventcenter.export import Beside, header, sink, write_all
    from eventcenter.store import database_path
    from eventcenter.store.export import ExportReader

    query = narrowed(asked)
    settings = loaded.settings
    records = FORMATS[form] == "records"
    head = header(_given(asked))
    beside = (
        Beside.of(file, f"{head.decode()}{dict(settings.labels)}") if records and str(file) != "-" else None
    )
    with closing(
        ExportReader(database_path(settings.data_dir, settings.instance), settings.instance)
    ) as reader:
        after, append = _begin(file, head, beside, after, force)
        with sink(file, append=append, beside=beside) as out, progress_bar() as progress:
            if not records and not (append and file.stat().st_size):
                out.write(head)
                out.flush()
            items = write_all(reader.export(query, after), out, records, settings.labels)
            count, cursor = _count(items, reader.bounds(query), progress)
            cursor = cursor or after
    more = f"; to go on later: --after {cursor}" if cursor else ""
    click.echo(f"{file}: {count} events exported{more}", err=True)


def _begin(
    file: Path, head: bytes, beside: Beside | None, after: str | None, force: bool
) -> tuple[str | None, bool]:
    """Where to begin, and whether what FILE holds stays."""
    from eventcenter.export import continued

    if str(file) == "-" or force or not file.is_file() or not file.stat().st_size:
        return after, False
    if after is not None:
        return after, True
    return (continued(file, head) if beside is None else beside.continued(file)), True


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value}


def _count(items: Iterator[Exported], bounds: tuple[int, int], progress: Show) -> tuple[int, str | None]:
    """How many there are, and the cursor of the last."""
    first, last = bounds
    count, cursor = 0, None
    for item in items:
        count, cursor = count + 1, item.cursor
        if count % _EACH == 0:
            progress("exporting", max(0, int(cursor.partition(".")[0], 16) - first), max(1, last - first))
    return count, cursor
