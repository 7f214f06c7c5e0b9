"""`backup`, `restore` and `migrate`: care for the database of an instance."""

from __future__ import annotations

from pathlib import Path

import click

from eventcenter.cli.options import STORAGE, takes_settings
from eventcenter.config import Loaded

_file = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))


@click.command()
@_file
@click.option("--force", is_flag=True, help="Replace FILE if there is one.")
@takes_settings(*STORAGE)
def backup(loaded: Loaded, file: Path, force: bool) -> None:
    """Copy the database to FILE, also while a center runs.

    The copy is of one moment and is checked afterwards; until then it has another name, so that FILE is complete
    whenever it is there."""
    from eventcenter.cli.progress import progress_bar
    from eventcenter.store import care

    settings = loaded.settings
    with progress_bar() as progress:
        counts = care.back_up(settings.data_dir, settings.instance, file, force=force, progress=progress)
    click.echo(f"{file}: {counts['event']} events, {counts['change']} changes, checked")


@click.command()
@_file
@takes_settings(*STORAGE)
def restore(loaded: Loaded, file: Path) -> None:
    """Put the backup FILE in the place of the database.

    The backup is checked first, the present database is kept beside it. No center may run on the directory."""
    from eventcenter.cli.progress import progress_bar
    from eventcenter.store import care

    settings = loaded.settings
    with progress_bar() as progress:
        done = care.restore(settings.data_dir, settings.instance, file, progress)
    click.echo(f"restored {done.counts['event']} events, {done.counts['change']} changes from {file}")
    if done.aside:
        click.echo(f"the database that was there before is now {done.aside}")


@click.command()
@click.option("--check", is_flag=True, help="Only say what is pending; exit code 1 if anything is.")
@takes_settings(*STORAGE)
def migrate(loaded: Loaded, check: bool) -> int:
    """Bring the database to the schema of this program.

    A backup is made before; `run` does the same at its start. No center may run on the directory, except with
    --check."""
    from eventcenter.store import care

    settings = loaded.settings
    found = care.schema(settings.data_dir, settings.instance)
    pending = ", ".join(found.pending) or "nothing"
    click.echo(f"{found.path}: schema version {found.version} of {found.known}, pending: {pending}")
    if check:
        return 1 if found.pending else 0
    if found.pending:
        saved = care.upgrade(settings.data_dir, settings.instance)
        click.echo(f"now at version {found.known}; the database as it was is {saved}")
    return 0
