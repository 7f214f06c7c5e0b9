"""`npd`: the node-problem detector. Each subcommand imports what it needs when it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import click

from eventcenter.errors import ConfigError


@click.group()
def npd() -> None:
    """Find faults of a node, by the rules of node-problem-detector."""


@npd.command()
@click.option(
    "--config",
    "configs",
    metavar="F.json",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Configuration file of a monitor; several are allowed. [default: our own rules]",
)
@click.option(
    "--input", "lines", metavar="LOG", required=True, type=click.File("rb"), help="The lines; - is stdin."
)
def replay(configs: tuple[Path, ...], lines: BinaryIO) -> None:
    """Print what the monitors would report of recorded log lines.

    LOG holds one message a line, without prefix; for a file monitor (filelog) it may also be the log file itself.
    Prints one JSON object a line: events in order, then all declared conditions as they stand at the end. A
    configuration file that is wrong does not keep the others from running; the exit code is 2 then.
    """
    from npd.config import default_configs, load_files
    from npd.replay import replay as replayed

    selection = load_files(configs) if configs else default_configs()
    for warning in selection.warnings:
        click.echo(f"eventcenter: warning: {warning}", err=True)
    if selection.loaded:
        for reported in replayed(selection.configs, lines):
            click.echo(json.dumps(reported, ensure_ascii=False))
    if selection.problems:
        raise ConfigError("\n".join(selection.problems))


@npd.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("flags", nargs=-1, type=click.UNPROCESSED)
def run(flags: tuple[str, ...]) -> int:
    """Run the agent of a node, with the flags of node-problem-detector."""
    from npd.running import main

    return main(flags)
