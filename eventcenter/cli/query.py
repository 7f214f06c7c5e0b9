"""`query`: a query of the search language, with SQL behind the pipe, in the terminal."""

from __future__ import annotations

import csv
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventcenter.cli.events import open_stored
from eventcenter.cli.options import STORAGE, takes_settings
from eventcenter.config import Loaded
from eventcenter.errors import ConfigError
from eventcenter.query import TIME_FORMS, parse_limit, parse_time

if TYPE_CHECKING:
    from eventcenter.model import Answer

FORMATS = ("table", "json", "csv")


@click.command()
@click.argument("text", metavar="'SEARCH | SELECT …'")
@click.option("--from", "from_", metavar="TIME", help=f"The first moment: {TIME_FORMS}.")
@click.option("--to", metavar="TIME", help="The moment after the last.")
@click.option("--limit", metavar="N", help="At most so many rows. [default: the query's LIMIT, else 100]")
@click.option(
    "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
)
@click.option(
    "--chart", metavar="FILE.svg|png", type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the rows into a file instead of printing them: a line over time, else bars.",
)  # fmt: skip
@takes_settings(*STORAGE)
def query(
    loaded: Loaded,
    text: str,
    from_: str | None,
    to: str | None,
    limit: str | None,
    output: str,
    chart: Path | None,
) -> None:
    """Run a query over the stored events.

    A search such as level:Warning, and SQL behind a |: * | SELECT level, count(*) AS c GROUP BY level.
    Reads the data directory, also while `run` writes to it."""
    from eventcenter.model import Question

    if chart is not None and chart.suffix.lower() not in (".svg", ".png"):
        raise click.UsageError(f"--chart {chart}: the name has to end with .svg or .png.")
    now = int(time.time() * 1000)
    start, end = (parse_time(moment, now) if moment else None for moment in (from_, to))
    if start is not None and end is not None and start >= end:
        raise click.UsageError("--to must be later than --from.")
    asked = Question(
        text=text, now=now, from_time=start, to_time=end, limit=parse_limit(limit) if limit else None
    )
    with closing(open_stored(loaded.settings)) as reader:
        answer = reader.answer(asked)
    if chart is None:
        _print(answer, output)
    else:
        _draw(answer, chart)
    if answer.truncated and sys.stderr.isatty():
        click.echo(
            f"There are more than these {len(answer.rows)} rows; see --limit, or add a LIMIT.", err=True
        )


def _draw(answer: Answer, path: Path) -> None:
    from eventcenter.query_charts import draw

    drawn = draw(answer, "png" if path.suffix.lower() == ".png" else "svg")
    try:
        path.write_bytes(drawn)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from None


def _print(answer: Answer, output: str) -> None:
    out = sys.stdout
    if output == "json":
        import msgspec

        for row in answer.rows:
            out.write(msgspec.json.encode(dict(zip(answer.columns, row, strict=True))).decode() + "\n")
    elif output == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows([_csv(cell) for cell in row] for row in answer.rows)
    elif out.isatty():
        _table(answer)
    else:
        out.writelines("\t".join(map(_shown, row)) + "\n" for row in [answer.columns, *answer.rows])
    out.flush()


def _csv(cell: Any) -> Any:
    return ("true" if cell else "false") if isinstance(cell, bool) else "" if cell is None else cell


def _shown(cell: Any) -> str:
    from eventcenter.cli.showing import clean

    return clean(str(_csv(cell)))


def _table(answer: Answer) -> None:
    """Fitted to the terminal; numbers to the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for at, name in enumerate(answer.columns):
        numeric = all(isinstance(row[at], int | float) or row[at] is None for row in answer.rows)
        table.add_column(
            Text(_shown(name)), justify="right" if numeric and answer.rows else "left", overflow="fold"
        )
    for row in answer.rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    Console(highlight=False, markup=False, emoji=False).print(table)
