"""Whatever goes wrong: one line on stderr, nothing on stdout, exit code 1 or 2, no traceback."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from eventcenter.cli import run_command, running
from eventcenter.errors import ClusterError, ConfigError, EventCenterError, QuerySyntaxError

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["run", "--listten", "x"], "No such option '--listten'"),
        (["run", "--listen"], "Option '--listen' requires an argument"),
        (["run", "extra"], "unexpected extra argument"),
        (["run", "--listen", "nowhere"], "--listen: 'nowhere' is not HOST:PORT; accepted are 127.0.0.1:8080"),
        (["run", "--retention", "90"], "accepted is a whole number and m, h, d or w"),
        (["run", "--sink", "kafak:x"], "there is no sink 'kafak'. Did you mean kafka?"),
        (["run", "--sink", "stdout:?formt=raw"], "option 'formt' is not known. Did you mean format?"),
        (["sinks", "test", "stdout:?format=xml"], "format: 'xml' is not one of event, record, raw"),
        (["run", "--config", "missing.yaml"], "missing.yaml: cannot be read: No such file or directory"),
        (["events", "--limit", "0"], "Give a whole number from 1 to 1000"),
        (["events", "--from", "yesterday"], "'yesterday' is not a time. Accepted: RFC 3339"),
        (["events", "--from", "-1h", "--to", "-2h"], "--to must be later than --from"),
        (["events", "--q", '"open'], "is not closed"),
        (["events", "--q", "a and level > 5"], "level is text, and > compares numbers, at character 15"),
        (["events", "-o", "xml"], "'xml' is not one of 'table', 'json', 'record'"),
        (["events", "-f", "--to", "now"], "--to cannot be used with --follow"),
        (["events", "-f", "--order", "asc"], "--order cannot be used with --follow"),
        (["replay"], "Missing argument 'FILE'"),
        (["import", "missing.json"], "File 'missing.json' does not exist"),
        (["config"], "eventcenter config --help"),
        ([], "eventcenter --help"),
    ],
)
def test_wrong_use(command: Command, arguments: list[str], told: str) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("eventcenter: ")
    assert told in done.stderr


def test_each_wrong_setting_has_its_line(command: Command) -> None:
    done = command("run", "--listen", "x", "--retention", "y", env={"EVENTCENTER_LOG_LEVEL": "z"})
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("eventcenter: ") for line in lines)


def test_a_store_that_is_not_there(command: Command, home: Path) -> None:
    done = command("events", "--data-dir", str(home / "none"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "there is no event database" in done.stderr
    assert "eventcenter run" in done.stderr
    assert not (home / "none").exists()


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ClusterError("cannot reach x", hint="Is it up?"), 1, "eventcenter: cannot reach x. Is it up?"),
        (ClusterError("what now?", hint="Look."), 1, "eventcenter: what now? Look."),
        (ConfigError("bad value"), 2, "eventcenter: bad value"),
        (QuerySyntaxError("bad query", at=3), 2, "eventcenter: bad query"),
    ],
)
def test_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    here: Path,
    error: EventCenterError,
    code: int,
    line: str,
) -> None:
    assert fail_with(monkeypatch, error) == code
    assert capsys.readouterr().err == line + "\n"


def test_an_unexpected_error_is_one_line_and_points_at_debug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    assert fail_with(monkeypatch, KeyError("two\nlines")) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "unexpected KeyError" in told
    assert "--debug" in told


def test_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    assert fail_with(monkeypatch, KeyError("x"), "--debug") == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    assert fail_with(monkeypatch, KeyboardInterrupt()) == 1
    assert "interrupted" in capsys.readouterr().err


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException, *flags: str) -> int:
    def fail() -> None:
        raise error

    monkeypatch.setattr(running.run, "callback", fail)
    monkeypatch.setattr(running.run, "params", [])
    return run_command([*flags, "run"])


def test_a_closed_pipe_is_quiet(home: Path, environment: dict[str, str]) -> None:
    """`| head -1` closes our output while more is written; buffers make a long output necessary."""
    import sys

    done = subprocess.run(
        f"{sys.executable} -c 'import sys; from eventcenter.cli import run_command\n"
        "import click; from eventcenter.cli.version import version\n"
        'version.callback = lambda: [click.echo("x" * 1000) for _ in range(1000)]\n'
        'sys.exit(run_command(["version"]))\' | head -1',
        shell=True,
        executable="/bin/bash",
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
