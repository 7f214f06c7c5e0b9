"""`run` and `demo`: start the center and stay until SIGTERM or Ctrl-C."""

from __future__ import annotations

import click

from eventcenter.cli.kube_eventer import takes_ignored
from eventcenter.cli.logs import set_up_logging
from eventcenter.cli.options import LOGGING, RUN, takes_settings
from eventcenter.config import Loaded


@click.command()
@takes_ignored
@takes_settings(*RUN)
def run(loaded: Loaded) -> None:
    """Run the whole center.

    It watches the cluster, stores its events, serves pages and API. In a Pod it uses the service account.
    SIGTERM stops it within 5 s; nothing is lost."""
    from eventcenter import app  # imports the web server and the Kubernetes client

    set_up_logging(loaded.settings)
    app.run(loaded)


@click.command()
@takes_settings("data_dir", "listen", *LOGGING)
def demo(loaded: Loaded) -> None:
    """Run the playground, a simulated cluster.

    It has a week of history and a live feed, needs no cluster, marks its data as demo data everywhere and
    keeps it in a directory of its own."""
    from eventcenter import app

    set_up_logging(loaded.settings)
    app.run_demo(loaded)
