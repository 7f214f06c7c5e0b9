"""`sinks`: which there are and how they do, what can be had, and whether one works."""

from __future__ import annotations

import json
from typing import Any

import click

from eventcenter.cli.options import output_option, takes_settings
from eventcenter.config import Loaded
from eventcenter.errors import ConfigError
from eventcenter.settings import Settings


@click.group()
def sinks() -> None:
    """Sinks: where events are forwarded to."""


@sinks.command("list")
@takes_settings("data_dir", "instance", "listen", "sinks")
@output_option
def list_(loaded: Loaded, output: str) -> None:
    """The sinks of the settings and of the page, how far each is, and what it waits for.

    Asks the running center; where none runs, the positions in the store tell."""
    from eventcenter.cli.sink_tables import show, statuses

    found = statuses(loaded.settings)
    if output == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        show(found)


@sinks.command()
@click.argument("name", required=False)
@output_option
def kinds(name: str | None, output: str) -> None:
    """All kinds of sinks, or one with its options."""
    from eventcenter.cli.sink_tables import show_kind, show_kinds
    from sinks.describing import described
    from sinks.kinds import all_kinds, kind_of

    found = [described(kind_of(name.lower()))] if name else [described(kind) for kind in all_kinds()]
    if output == "json":
        click.echo(json.dumps(found[0] if name else found, ensure_ascii=False, indent=2))
    elif name:
        show_kind(found[0])
    else:
        show_kinds(found)


@sinks.command()
@click.argument("uri", metavar="URI")
@click.option("--dry-run", is_flag=True, help="Only show the message that would be sent.")
@takes_settings("instance", "kubeconfig", "context", "source", "url", "language", "labels")
def test(loaded: Loaded, uri: str, dry_run: bool) -> None:
    """Send one test message to URI, NAME:URL?key=value, and show what the destination answers.

    For chat and mail it shows the message, too."""
    from sinks.trying import preview_of, try_out

    settings = _configured(loaded.settings, uri)
    now = _now()
    if (shown := preview_of(settings, now)) is not None:
        click.echo(shown)
    if not dry_run:
        click.echo(try_out(settings, now))


def _configured(settings: Settings, uri: str) -> Any:
    from eventcenter.parts import surroundings
    from eventcenter.watch.connection import Access, connect
    from eventcenter.watch.objects import Objects
    from sinks.configuring import configure
    from sinks.secrets import resolver

    kubeconfig = str(settings.kubeconfig) if settings.kubeconfig else None
    objects = Objects(lambda: connect(Access(kubeconfig, settings.context, settings.source)))
    try:
        (sink,) = configure([uri], surroundings(settings, objects), resolve=resolver(objects.secret))
    except ConfigError as error:
        raise ConfigError(
            "\n".join(line.removeprefix("sink 1 ") for line in str(error).splitlines())
        ) from None
    return sink


def _now() -> int:
    from eventcenter.center import system_clock

    return system_clock()
