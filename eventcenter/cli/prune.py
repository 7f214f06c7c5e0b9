"""`prune`: apply the retention now, or show what it would delete."""

from __future__ import annotations

import click

from eventcenter.cli.logs import set_up_logging
from eventcenter.cli.options import LOGGING, STORAGE, takes_settings
from eventcenter.config import Loaded
from eventcenter.settings import Settings

POLICY = ("retention_ms", "retention_warning_ms", "max_bytes")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would go, by day and level.")
@takes_settings(*STORAGE, *POLICY, *LOGGING)
def prune(loaded: Loaded, dry_run: bool) -> None:
    """Delete what the retention does not keep.

    A running center does so by itself, every ten minutes; this is for a data directory that none runs on.
    With --dry-run it deletes nothing, and a center may run.
    """
    set_up_logging(loaded.settings)
    if dry_run:
        _show(loaded.settings)
    else:
        _prune(loaded.settings)


def _prune(settings: Settings) -> None:
    from eventcenter.center import system_clock
    from eventcenter.errors import StoreBusy
    from eventcenter.jobs import policy_of
    from eventcenter.store import open_reader, open_writer
    from eventcenter.store.retention import Pruner

    open_reader(settings.data_dir, settings.instance).close()  # refuses where there is no database
    try:
        writer = open_writer(settings.data_dir, settings.instance, clock=system_clock)
    except StoreBusy as error:
        hint = "A running center prunes by itself; --dry-run shows what it would delete."
        raise StoreBusy(str(error), hint=hint) from None
    try:
        done = Pruner(writer.call, system_clock).run(policy_of(settings))
    finally:
        writer.close()
    click.echo(f"{done.events} events with {done.changes} changes deleted in {done.seconds:.1f} s")


def _show(settings: Settings) -> None:
    from datetime import UTC, datetime

    from eventcenter.center import system_clock
    from eventcenter.jobs import policy_of
    from eventcenter.store.preview import preview

    found = preview(settings.data_dir, settings.instance, policy_of(settings), system_clock())
    for row in found.going:
        day = datetime.fromtimestamp(row.day * 86_400, UTC).date()
        click.echo(f"{day}  {row.level:<8} {row.events:>10} events")
    click.echo(
        f"{found.events} of {found.stored} events would go, about {found.freed_bytes / 1e6:.1f} of "
        f"{found.used_bytes / 1e6:.1f} MB"
    )
