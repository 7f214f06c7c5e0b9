"""`config check`: are all settings good, and what is in force?"""

from __future__ import annotations

import json
from typing import Any

import click

from eventcenter.cli.kube_eventer import takes_ignored
from eventcenter.cli.options import RUN, takes_settings
from eventcenter.config import Loaded
from eventcenter.errors import ConfigError
from eventcenter.settings import TABLE


@click.group()
def config() -> None:
    """Settings: check them."""


@config.command()
@takes_ignored
@takes_settings(*RUN)
def check(loaded: Loaded) -> None:
    """Check the settings file, the environment and the flags, and print what is in force.

    Takes every flag of `run`, starts nothing. The output can be used as eventcenter.yaml; secrets are hidden.
    """
    from eventcenter.watch.source import parse_source

    if loaded.settings.source:
        parse_source(loaded.settings.source)
    _check_monitors(loaded)
    lines = [(f"{row.key}: {_yaml(value)}", loaded.origins[row.field]) for row, value in _effective(loaded)]
    width = max(len(line) for line, _ in lines)
    for line, origin in lines:
        click.echo(f"{line:<{min(width, 60)}}  # {origin}")


def _check_monitors(loaded: Loaded) -> None:
    """`run` leaves out a file that is wrong and goes on; here it is a mistake. ConfigError with a line for each."""
    if loaded.settings.npd_configs:
        from npd.config import load_files

        if problems := load_files(loaded.settings.npd_configs).problems:
            raise ConfigError("\n".join(problems))


def _effective(loaded: Loaded) -> list[tuple[Any, Any]]:
    values = [(row, getattr(loaded.settings, row.field)) for row in TABLE]
    shown = [(row, None if value is None else row.show(value)) for row, value in values]
    return [(row, _sinks(loaded) if row.field == "sinks" else value) for row, value in shown]


def _sinks(loaded: Loaded) -> list[str]:
    """With their options; only the kinds know which of them are secret."""
    if not loaded.settings.sinks:
        return []
    from sinks.configuring import configure, unread

    return [sink.shown_whole for sink in configure(loaded.settings.sinks, resolve=unread)]


def _yaml(value: Any) -> str:
    """JSON is YAML; `null` means the default."""
    return json.dumps(value, ensure_ascii=False)
