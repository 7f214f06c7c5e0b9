"""`replay` and `import`: events from files, through the same pipeline as those of a cluster."""

from __future__ import annotations

from pathlib import Path

import click

from eventcenter.cli.logs import set_up_logging
from eventcenter.cli.options import LOGGING, STORAGE, takes_settings
from eventcenter.config import Loaded

_file = click.argument(
    "file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)


@click.command()
@_file
@takes_settings(*STORAGE, *LOGGING)
def replay(loaded: Loaded, file: Path) -> None:
    """Feed a recorded watch through the pipeline.

    FILE (- for standard input) holds JSON lines, as a watch of the API server sends them.
    What is stored already is not stored twice, so that a replay can be repeated.
    """
    from eventcenter import app
    from eventcenter.cli.progress import progress_bar

    set_up_logging(loaded.settings)
    with progress_bar() as progress:
        app.replay(loaded.settings, file, progress)


@click.command(name="import")
@_file
@takes_settings(*STORAGE, *LOGGING)
def import_(loaded: Loaded, file: Path) -> None:
    """Import events from a file.

    FILE (- for standard input) holds what `export` or `kubectl get events -A -o json` print, or a recorded watch.
    What is stored already is not stored twice, so that an import can be repeated.
    """
    from eventcenter import app
    from eventcenter.cli.progress import progress_bar

    set_up_logging(loaded.settings)
    with progress_bar() as progress:
        app.import_events(loaded.settings, file, progress)
