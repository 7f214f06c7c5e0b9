"""The flags of settings, made from the table of `config`: flag, variable and documentation agree."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from eventcenter.config import DEFAULT_FILE, FILE_ENV, Check, load
from eventcenter.errors import ConfigError
from eventcenter.settings import TABLE, Setting

STORAGE = ("data_dir", "instance")
CLUSTER = ("kubeconfig", "context", "source", "namespaces")
RECORDS = ("labels",)
LOGGING = ("log_level", "log_format")
RUN = tuple(row.field for row in TABLE)

Command = Callable[..., Any]

output_option = click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    help="How to print. [default: table]",
)
"""Of commands that print a table or one JSON document."""


def takes_settings(*fields: str) -> Callable[[Command], Command]:
    """Give a command the flags of `fields` and `--config`; it is called with the `Loaded` settings of all
    layers."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_settings(*, config_file: Path | None, **values: Any) -> Any:
            flags = {name: values.pop(name) for name in fields}
            return command(load(flags, file=config_file, checks=_checks()), **values)

        return settings_flags(*fields)(with_settings)

    return decorate


def _checks() -> dict[str, Check]:
    return {"sinks": _wrong_sinks, "rules": _wrong_rules}


def _wrong_rules(file: Path) -> list[str]:
    from eventcenter.alerts.documents import read_file  # only for those who have rules of their own

    try:
        read_file(file)
    except ConfigError as error:
        return str(error).splitlines()
    return []


def _wrong_sinks(written: Any) -> list[str]:
    from sinks.configuring import problems  # only for those who have sinks

    return problems(written) if written else []


def settings_flags(*fields: str) -> Callable[[Command], Command]:
    """Only the flags; the command gets them as `config_file` and by field name, as text."""

    def decorate(command: Command) -> Command:
        command = click.option(
            "--config",
            "config_file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help=f"The settings file. [default: ./{DEFAULT_FILE} if it exists; env: {FILE_ENV}]",
        )(command)
        for row in reversed(TABLE):
            if row.field in fields:
                command = _flag(row)(command)
        return command

    return decorate


def _flag(row: Setting) -> Callable[[Command], Command]:
    help_text = f"{row.help} [default: {row.default_text}; env: {row.env}]"
    if row.is_switch:
        off = "--no-" + row.flag.removeprefix("--")
        return click.option(f"{row.flag}/{off}", row.field, default=None, help=help_text)
    # Text on purpose: `config` checks all layers together and reports every problem at once.
    return click.option(row.flag, row.field, metavar=row.metavar, multiple=row.is_list, help=help_text)
