"""The group of all commands, and the one place where errors become a line on stderr and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click

from eventcenter import __version__
from eventcenter.errors import ConfigError, EventCenterError, QuerySyntaxError

OK, FAILED, WRONG_USE = 0, 1, 2

COMMANDS = {
    "run": "eventcenter.cli.running:run",
    "demo": "eventcenter.cli.running:demo",
    "events": "eventcenter.cli.events:events",
    "query": "eventcenter.cli.query:query",
    "npd": "eventcenter.cli.npd:npd",
    "replay": "eventcenter.cli.feeding:replay",
    "export": "eventcenter.cli.export:export",
    "import": "eventcenter.cli.feeding:import_",
    "rules": "eventcenter.cli.rules:rules",
    "sinks": "eventcenter.cli.sinks:sinks",
    "usage": "eventcenter.cli.usage:usage",
    "prune": "eventcenter.cli.prune:prune",
    "backup": "eventcenter.cli.care:backup",
    "restore": "eventcenter.cli.care:restore",
    "migrate": "eventcenter.cli.care:migrate",
    "doctor": "eventcenter.cli.doctor:doctor",
    "config": "eventcenter.cli.config:config",
    "version": "eventcenter.cli.version:version",
}


class LazyGroup(click.Group):
    """Imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="eventcenter %(version)s")
@click.option("--debug", is_flag=True, help="Show where an unexpected error happened.")
def root(debug: bool) -> None:
    """A Kubernetes event center: watches every event of a cluster, keeps them, shows them.

    Settings come from eventcenter.yaml, then the environment (EVENTCENTER_…), then flags; the later wins.
    Exit codes: 0 ok, 1 failed, 2 wrong use.
    """


def run_command(arguments: Sequence[str]) -> int:
    """Run a command line; the exit code."""
    try:
        code = root.main(list(arguments), prog_name="eventcenter", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else OK
    except click.UsageError as error:
        return _complain(_usage(error), WRONG_USE)
    except click.ClickException as error:
        return _complain(error.format_message(), FAILED)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _complain("interrupted", FAILED)
    except BrokenPipeError:
        return _closed_pipe()
    except EventCenterError as error:
        code = WRONG_USE if isinstance(error, ConfigError | QuerySyntaxError) else FAILED
        return _complain(one_line(error), code)
    except Exception as error:
        return _unexpected(error, arguments)


def one_line(error: EventCenterError) -> str:
    """The message and what to do about it; ConfigError has a line for each of its problems."""
    message = str(error)
    if not error.hint:
        return message
    return f"{message}{'' if message.endswith(('.', '!', '?')) else '.'} {error.hint}"


def _usage(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx else "eventcenter"
    message = " ".join(error.format_message().split())
    if isinstance(error, click.NoSuchOption | click.BadParameter | click.MissingParameter) or error.ctx:
        return f"{message} See {command} --help."
    return message


def _complain(message: str, code: int) -> int:
    for line in message.splitlines():
        click.echo(f"eventcenter: {line}", err=True)
    return code


def _closed_pipe() -> int:
    """Whoever read our output has seen enough (`| head`). Python would complain again at exit, when it
    flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _unexpected(error: Exception, arguments: Sequence[str]) -> int:
    if "--debug" in arguments:
        traceback.print_exception(error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return _complain(
        f"unexpected {what} (run with --debug, as in eventcenter --debug run, to see where)", FAILED
    )
