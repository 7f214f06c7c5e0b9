"""The journal, by a journalctl that is a script, and by a real journal where systemd can write one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from npd.model import CheckState
from npd.monitors.sources import journald
from npd.monitors.sources.journald import Journald, entry, past_entries

ENTRY = '{"MESSAGE": "%s", "__REALTIME_TIMESTAMP": "1700000000500000", "__CURSOR": "c%s"}'


@pytest.fixture
def journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that stands for journalctl; it writes down how it was called."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return directory / "journalctl"


def scripted(path: Path, text: str) -> None:
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{path.parent}/calls"\n{text}\n')
    path.chmod(0o755)


def calls(path: Path) -> list[str]:
    return (path.parent / "calls").read_text().splitlines()


def texts(source: Journald, count: int) -> list[str]:
    found: list[str] = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        found += [line.text.decode() for line in source.read(0.5).lines]
    return found


def test_entries_become_lines_and_the_cursor_is_kept(journalctl: Path) -> None:
    scripted(journalctl, f"echo '{ENTRY % (' one ', 1)}'; echo '{ENTRY % ('two', 2)}'; exec sleep 60")
    source = Journald("dockerd", since=123.7)
    source.begin([None])
    assert texts(source, 2) == ["one", "two"]
    assert (source.position(), source.standing().state) == ({"cursor": "c2"}, CheckState.ON)
    source.close()
    (call,) = calls(journalctl)
    assert "--follow" in call and "--since=@123" in call and "SYSLOG_IDENTIFIER=dockerd" in call

    again = Journald("dockerd")
    again.begin([source.position()])
    texts(again, 1)
    again.close()
    assert "--after-cursor=c2" in calls(journalctl)[1]


def test_when_journalctl_ends_it_says_why_and_starts_later(journalctl: Path) -> None:
    scripted(journalctl, "echo 'no such boot' >&2; exit 1")
    now = [100.0]
    source = Journald("x", clock=lambda: now[0])
    source.begin([None])
    assert texts(source, 0) == []
    while source.standing().state is CheckState.ON:
        source.read(1)
    assert "no such boot" in source.standing().detail
    source.read(0)
    assert len(calls(journalctl)) == 1
    now[0] += journald.RESTART_S
    source.read(0)
    assert source.read(5) is not None
    deadline = time.monotonic() + 5
    while len(calls(journalctl)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(calls(journalctl)) == 2
    source.close()


def test_where_there_is_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Journald("x", str(tmp_path / "none"))
    source.begin([None])
    source.read(0)
    assert source.standing().state is CheckState.NOT_APPLICABLE
    source.close()
    with pytest.raises(FileNotFoundError):
        past_entries("x", str(tmp_path / "none"), 0, 1)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            b'{"MESSAGE": [98, 255, 99], "__REALTIME_TIMESTAMP": "1", "__CURSOR": "c"}',
            "b\N{REPLACEMENT CHARACTER}c",
        ),
        (b'{"MESSAGE": ["a", "b"], "__REALTIME_TIMESTAMP": "1", "__CURSOR": "c"}', "b"),
        (b'{"MESSAGE": null, "__REALTIME_TIMESTAMP": "1", "__CURSOR": "c"}', ""),
        (b'{"__REALTIME_TIMESTAMP": "1", "__CURSOR": "c"}', ""),
    ],
)
def test_messages_that_are_no_plain_text(raw: bytes, message: str) -> None:
    found = entry(raw)
    assert found is not None
    assert found[0].text.decode() == message


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"MESSAGE": "x"}', b'{"__REALTIME_TIMESTAMP": "x"}'])
def test_what_is_no_entry(raw: bytes) -> None:
    assert entry(raw) is None


def test_past_entries(journalctl: Path) -> None:
    scripted(journalctl, f"echo '{ENTRY % ('one', 1)}'; echo '{ENTRY % ('two', 2)}'")
    assert [line.text for line in past_entries("systemd", "", 50.0, 5)] == [b"one", b"two"]
    assert "--follow" not in calls(journalctl)[0]
    scripted(journalctl, "echo 'it is broken' >&2; exit 1")
    with pytest.raises(OSError, match="it is broken"):
        past_entries("systemd", "", 50.0, 5)
    scripted(journalctl, "exec sleep 60")
    with pytest.raises(TimeoutError):
        past_entries("systemd", "", 50.0, 0.2)


JOURNALD = Path("/usr/lib/systemd/systemd-journald")
NAMESPACE = "eventcentertest"


@pytest.fixture
def journal() -> Iterator[Path]:
    """The directory of a real journal, written by a journald of its own."""
    if not JOURNALD.exists() or shutil.which("journalctl") is None or os.geteuid():
        pytest.skip("needs systemd-journald, journalctl and root")
    process = subprocess.Popen([JOURNALD, NAMESPACE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = Path(f"/run/systemd/journal.{NAMESPACE}/socket")
    machine = Path("/etc/machine-id").read_text().strip() if Path("/etc/machine-id").exists() else ""
    places = [Path(f"{top}/log/journal/{machine}.{NAMESPACE}") for top in ("/var", "/run")]
    try:
        deadline = time.monotonic() + 5
        while not address.exists() or not any(place.exists() for place in places):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.skip("systemd-journald does not run here")
            time.sleep(0.02)
        yield next(place for place in places if place.exists())
    finally:
        process.terminate()
        process.wait(10)
        for place in [*places, address.parent]:
            shutil.rmtree(place, ignore_errors=True)


def test_a_real_journal(journal: Path) -> None:
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.connect(f"/run/systemd/journal.{NAMESPACE}/socket")

    def write(message: str, identifier: str = "unit") -> None:
        log.send(f"MESSAGE={message}\nSYSLOG_IDENTIFIER={identifier}\n".encode())

    write("first")
    write("other's", "somebody")
    source = Journald("unit", str(journal), since=time.time() - 60)
    source.begin([None])
    assert texts(source, 1) == ["first"]
    write("second")
    assert texts(source, 1) == ["second"]
    source.close()

    again = Journald("unit", str(journal))
    again.begin([source.position()])
    write("third")
    assert texts(again, 1) == ["third"]
    again.close()
    log.close()
    assert [line.text for line in past_entries("unit", str(journal), time.time() - 60, 5)] == [
        b"first",
        b"second",
        b"third",
    ]
