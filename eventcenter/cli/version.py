"""`version`: what to put into a bug report."""

from __future__ import annotations

import platform

import click

from eventcenter import __version__


@click.command()
def version() -> None:
    """Print the version of the program, of Python and of SQLite."""
    import sqlite3

    click.echo(f"eventcenter {__version__}")
    click.echo(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    click.echo(f"SQLite {sqlite3.sqlite_version}")
