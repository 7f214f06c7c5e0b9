"""`events --follow`: a process of its own that reads what this process collects."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eventcenter.model import ChangeType
from eventcenter.store import Writer
from tests.cli.made_events import NOON, batch_of, make_event

Follow = Callable[..., "subprocess.Popen[str]"]
PATIENCE = 30


@pytest.fixture
def follow(data_dir: Path, home: Path, environment: dict[str, str]) -> Iterator[Follow]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "eventcenter", "events", "-f", "--data-dir", str(data_dir), *arguments],
            cwd=home,
            env=environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def lines(process: subprocess.Popen[str], count: int) -> list[dict[str, object]]:
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(count)]


def store(writer: Writer, *batch_events: object, version: int) -> None:
    writer.deliver(batch_of(*batch_events, version=version))  # type: ignore[arg-type]
    assert writer.flush(10)


def test_old_events_oldest_first_then_every_change_in_order(writer: Writer, follow: Follow) -> None:
    store(writer, *(make_event(f"old{n}", last_time=NOON + n * 1000) for n in range(12)), version=1)
    process = follow("-o", "json")
    assert [line["uid"] for line in lines(process, 10)] == [f"old{n}" for n in range(2, 12)]
    store(writer, make_event("new", last_time=NOON + 60_000), version=100)
    store(writer, make_event("old3", last_time=NOON + 61_000, count=2), version=101)
    store(writer, make_event("new", last_time=NOON + 62_000, count=2), version=102)
    changed = lines(process, 3)
    assert [(line["uid"], line["count"]) for line in changed] == [("new", 1), ("old3", 2), ("new", 2)]
    seqs = [int(str(line["seq"])) for line in changed]
    assert seqs == sorted(seqs)


def test_only_changes_that_match_are_shown(writer: Writer, follow: Follow) -> None:
    store(writer, make_event("u0", level="Warning", message="back-off again"), version=1)
    process = follow("-o", "json", "--level", "Warning", "--q", "back-off")
    assert [line["uid"] for line in lines(process, 1)] == ["u0"]
    store(writer, make_event("u1", level="Normal", message="back-off"), version=10)
    store(writer, make_event("u2", level="Warning", message="other"), version=20)
    store(writer, make_event("u3", level="Warning", message="a back-offs"), version=30)
    store(writer, make_event("u4", level="Warning", message="the back-off"), version=40)
    assert lines(process, 1)[0]["uid"] == "u4"


def test_changes_are_searched_as_the_store_does_it_also_by_the_raw_object(
    writer: Writer, follow: Follow
) -> None:
    store(writer, make_event("u0", count=7), version=1)
    process = follow("-o", "json", "--q", "(count > 5 or not kind:Pod) and event_id.metadata.uid:u*")
    assert [line["uid"] for line in lines(process, 1)] == ["u0"]
    store(writer, make_event("u1", count=2), version=10)
    store(writer, make_event("x1", kind="Node"), version=20)
    store(writer, make_event("u2", kind="Node"), version=30)
    assert lines(process, 1)[0]["uid"] == "u2"


def test_ctrl_c_ends_it_well(writer: Writer, follow: Follow) -> None:
    store(writer, make_event("u1"), version=1)
    process = follow("-o", "json")
    lines(process, 1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err.strip()) == (0, "", "")


def test_a_closed_pipe_ends_it_even_when_nothing_happens(writer: Writer, follow: Follow) -> None:
    store(writer, make_event("u1"), version=1)
    reading, writing = os.pipe()
    process = follow("-o", "json", stdout=writing)
    os.close(writing)
    assert b"u1" in os.read(reading, 65536)
    os.close(reading)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")


def test_an_event_that_the_cluster_forgets_is_no_change(writer: Writer, follow: Follow) -> None:
    from eventcenter.model import Batch
    from tests.cli.made_events import make_change

    store(writer, make_event("u1"), version=1)
    process = follow("-o", "json")
    lines(process, 1)
    writer.deliver(Batch("events", [make_change(make_event("u1"), 50, ChangeType.DELETED)], "50"))
    store(writer, make_event("u2"), version=60)
    assert lines(process, 1)[0]["uid"] == "u2"
