"""`events` lists what a running center has stored, in three forms, with the filters of the API."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eventcenter.cli import showing
from eventcenter.cli.root import root
from eventcenter.model import Page
from eventcenter.query import EventQuery
from eventcenter.shapes import event_shape, rfc3339
from eventcenter.store import Writer
from tests.cli.made_events import NOON, batch_of, make_event

HOUR = 3_600_000

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def stored(writer: Writer, here: Path) -> Writer:
    writer.deliver(
        batch_of(
            make_event("u1", last_time=NOON - 2 * HOUR, reason="Pulled", message="pulled image"),
            make_event(
                "u2",
                last_time=NOON - HOUR + 5,
                level="Warning",
                reason="BackOff",
                name="web-2",
                message="Back-off restarting failed container",
                count=3,
                component="kubelet",
            ),
            make_event(
                "u3",
                kind="Node",
                namespace="",
                name="n2",
                object_uid="n2",
                hostname="n2",
                reason="NodeNotReady",
            ),
        )
    )
    assert writer.flush(10)
    return writer


def events(data_dir: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(
        root, ["events", "--data-dir", str(data_dir), *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result


def uids(data_dir: Path, *arguments: str) -> list[str]:
    lines = events(data_dir, "-o", "json", *arguments).stdout.splitlines()
    return [json.loads(line)["uid"] for line in lines]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["u3", "u2", "u1"]),
        (["--order", "asc"], ["u1", "u2", "u3"]),
        (["--limit", "1"], ["u3"]),
        (["--level", "Warning"], ["u2"]),
        (["--level", "warning,normal"], ["u3", "u2", "u1"]),
        (["--kind", "Pod,Job"], ["u2", "u1"]),
        (["--namespace", "shop"], ["u2", "u1"]),
        (["--name", "web-*"], ["u2", "u1"]),
        (["--reason", "*Off,NodeNotReady"], ["u3", "u2"]),
        (["--host", "n2"], ["u3"]),
        (["--component", "kubelet"], ["u3", "u2", "u1"]),
        (["--problem", "pod-oom-killed"], []),
        (["--q", '"failed container" back*'], ["u2"]),
        (["--q", "reason:(Pulled or BackOff) and not level:Warning"], ["u1"]),
        (["--q", "count > 2 or kind:Node"], ["u3", "u2"]),
        (["--q", "event_id.metadata.uid:u1"], ["u1"]),
        (["--from", "2026-11-23T11:00:00Z"], ["u3", "u2"]),
        (["--to", "2026-11-23T11:00:00Z"], ["u1"]),
        (["--from", "2026-11-23T11:00:00Z", "--to", "2026-11-23T12:00:00Z"], ["u2"]),
        (["--kind", ","], ["u3", "u2", "u1"]),
    ],
)
def test_filters(stored: Writer, data_dir: Path, arguments: list[str], expected: list[str]) -> None:
    assert uids(data_dir, *arguments) == expected


def test_json_is_the_event_of_the_api(stored: Writer, data_dir: Path) -> None:
    lines = events(data_dir, "-o", "json").stdout.splitlines()
    for line in lines:
        shown = json.loads(line)
        api = event_shape(stored_event(stored, data_dir, shown["uid"]))
        assert shown == api
        assert list(shown) == list(api)


@pytest.mark.parametrize("time", [0, 1, NOON, NOON + 7, 253_402_214_400_000, 10**18, -5])
def test_times_are_those_of_the_api(time: int) -> None:
    ours = showing.rfc3339(time)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", ours)
    if 0 <= time < 10**15:
        assert ours == rfc3339(time)


def stored_event(stored: Writer, data_dir: Path, uid: str):  # type: ignore[no-untyped-def]
    from eventcenter.store import open_reader

    reader = open_reader(data_dir, "default")
    try:
        return reader.event(uid).event
    finally:
        reader.close()


def test_a_record_holds_the_whole_event_as_text(stored: Writer, data_dir: Path) -> None:
    node, pod, _ = [json.loads(line) for line in events(data_dir, "-o", "record").stdout.splitlines()]
    assert list(pod) == ["hostname", "level", "pod_id", "pod_name", "event_id"]
    assert pod["pod_name"] == "web-2"
    assert pod["pod_id"] == "11111111-2222-3333-4444-555555555555"
    assert list(node) == ["hostname", "level", "event_id"]
    assert json.loads(node["event_id"])["metadata"]["uid"] == "u3"


def test_into_a_pipe_nothing_is_cut(writer: Writer, data_dir: Path, here: Path) -> None:
    message = "very " * 200 + "long"
    writer.deliver(batch_of(make_event("u1", message=message, name="n" * 200)))
    assert writer.flush(10)
    (line,) = events(data_dir).stdout.splitlines()
    assert line.startswith("2026-11-23T12:00:00Z  Normal   Started ")
    assert "n" * 200 in line
    assert line.endswith(message)


def test_control_characters_of_a_message_never_reach_the_terminal(
    writer: Writer, data_dir: Path, here: Path
) -> None:
    message = "a\x1b]0;title\x07b\nc\u202ed\x9b31m"
    writer.deliver(batch_of(make_event("u1", message=message, reason="x\x1b[2J")))
    assert writer.flush(10)
    text = events(data_dir).stdout
    assert len(text.splitlines()) == 1
    assert not set(text.rstrip("\n")) & set("\x1b\x07\u202e\x9b")
    (line,) = events(data_dir, "-o", "json").stdout.splitlines()
    assert "\x1b" not in line
    assert json.loads(line)["message"] == message


def test_a_terminal_gets_a_table_of_its_width(
    stored: Writer, data_dir: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TZ", "UTC")
    text = table_on_terminal(monkeypatch, data_dir)
    lines = text.splitlines()
    assert len(lines) == 4
    assert re.match(r"time \+0000 +level +reason +about +count message", lines[0])
    assert lines[2].startswith("11-23 11:00:00 Warning BackOff")
    assert "Pod shop/web-2" in lines[2]
    assert all(len(line) <= 100 for line in lines)


def table_on_terminal(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> str:
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    from eventcenter.cli import run_command

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")
    assert run_command(["events", "--data-dir", str(data_dir)]) == 0
    return terminal.getvalue()


def test_a_terminal_that_is_not_utf8(command: Command, writer: Writer, data_dir: Path) -> None:
    writer.deliver(batch_of(make_event("u1", message="拉取镜像")))
    assert writer.flush(10)
    done = command("events", "--data-dir", str(data_dir), env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "\\u62c9" in done.stdout


def test_an_instance_that_is_not_there(stored: Writer, data_dir: Path) -> None:
    from eventcenter.cli import run_command

    assert run_command(["events", "--data-dir", str(data_dir), "--instance", "other"]) == 1


def test_without_a_store_the_playgrounds_is_pointed_at(
    tmp_path: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from eventcenter.app import demo_directory
    from eventcenter.cli import run_command
    from eventcenter.playground import DEMO_INSTANCE
    from eventcenter.store import open_writer

    real = tmp_path / "real"
    open_writer(demo_directory(real), DEMO_INSTANCE, clock=lambda: NOON).close()
    assert run_command(["events", "--data-dir", str(real)]) == 1
    told = capsys.readouterr().err
    assert f"--data-dir {demo_directory(real)} --instance {DEMO_INSTANCE}" in told
    assert run_command(["events", "--data-dir", str(demo_directory(real)), "--instance", DEMO_INSTANCE]) == 0


def test_a_search_that_takes_long_goes_on_until_it_has_found_enough(
    stored: Writer, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventcenter.store import Reader

    asked: list[int] = []
    list_events = Reader.list_events

    def hasty(reader: Reader, query: EventQuery) -> Page:
        """One event a page, as if there never were time for more."""
        asked.append(query.limit)
        page = list_events(reader, replace(query, limit=1))
        return Page(page.events, page.next, page.events[0].last_time if page.next else None)

    monkeypatch.setattr(Reader, "list_events", hasty)
    listed = [json.loads(line)["uid"] for line in events(data_dir, "-o", "json").output.splitlines()]
    assert listed == ["u3", "u2", "u1"]
    assert asked == [100, 99, 98]
    asked.clear()
    events(data_dir, "-o", "json", "--limit", "2")
    assert asked == [2, 1]
