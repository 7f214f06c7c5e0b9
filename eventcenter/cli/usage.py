"""`usage`: what is stored, how much room it takes, what it will come to; also while another process collects."""

from __future__ import annotations

import time
from contextlib import closing

import click

from eventcenter.cli.events import open_stored
from eventcenter.cli.options import STORAGE, output_option, takes_settings
from eventcenter.config import Loaded
from eventcenter.query import MAX_LIMIT, TIME_FORMS, parse_limit, parse_time

POLICY = ("retention_ms", "retention_warning_ms", "max_bytes")
FROM = "-30d"
ROWS = 10
DAY_MS = 86_400_000


@click.command()
@click.option(
    "--from",
    "from_",
    metavar="TIME",
    default=FROM,
    show_default=True,
    help=f"First day: {TIME_FORMS}; 0: all.",
)
@click.option("--to", metavar="TIME", help="The moment after the last. [default: now]")
@click.option(
    "--limit", metavar="N", default=str(ROWS), show_default=True, help=f"Rows a table, up to {MAX_LIMIT}."
)
@output_option
@takes_settings(*STORAGE, *POLICY)
def usage(loaded: Loaded, from_: str, to: str | None, limit: str, output: str) -> None:
    """Show what is stored and how it grows.

    Reads the data directory, also while `run` writes to it. Days are those of UTC. Events and occurrences are exact,
    bytes are shares of the file, what is to come is an estimate from the last seven whole days. What is forecast is
    for the retention of the settings; --retention asks about another.
    """
    now = int(time.time() * 1000)
    since, until = parse_time(from_, now), parse_time(to, now) if to else now
    if since >= until:
        raise click.UsageError("--to must be later than --from.")
    from eventcenter.jobs import policy_of
    from eventcenter.model import Retention
    from eventcenter.sizing import forecast

    policy = policy_of(loaded.settings)
    kept = Retention(normal_ms=policy.normal_ms, warning_ms=policy.warning_ms, max_bytes=policy.max_bytes)
    with closing(open_stored(loaded.settings)) as reader:
        found = reader.usage(since, until, now, parse_limit(limit))
    expected = forecast(found, kept)
    if output == "json":
        import msgspec

        from eventcenter.shapes import usage_shape

        click.echo(msgspec.json.encode(usage_shape(found, expected, kept)).decode())
    else:
        from eventcenter.cli.usage_tables import show

        show(found, expected, kept)
