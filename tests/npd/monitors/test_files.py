"""Log files that grow, are rotated and truncated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from npd.config import LogConfig, load_object
from npd.model import CheckState
from npd.monitors.sources import files
from npd.monitors.sources.files import LogFile
from npd.state import Position

STAMP = "2026-11-05T10:00:00Z"
OPTIONS = {
    "timestamp": r"^(\S+) ",
    "message": r"^\S+ (.*)",
    "timestampFormat": "2006-01-02T15:04:05Z07:00",
}


def config_of(path: Path, **more: Any) -> LogConfig:
    values = {"plugin": "filelog", "source": "s", "logPath": str(path), "pluginConfig": OPTIONS, **more}
    config = load_object(values, "f.json").config
    assert isinstance(config, LogConfig)
    return config


class Log:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._sources: list[LogFile] = []

    def write(self, *texts: str) -> None:
        with self.path.open("a") as file:
            file.writelines(f"{STAMP} {text}\n" for text in texts)

    def source(self, position: Position | None = None, **more: Any) -> LogFile:
        source = LogFile(config_of(self.path, **more))
        source.begin([position])
        self._sources.append(source)
        return source

    def close(self) -> None:
        for source in self._sources:
            source.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path / "app.log")
    yield made
    made.close()


def texts(source: LogFile) -> list[str]:
    """All that is there now."""
    found: list[str] = []
    while lines := source.read(0).lines:
        found += [line.text.decode() for line in lines]
    return found


def test_a_file_is_read_whole_and_as_it_grows(log: Log) -> None:
    log.write("one", "two")
    source = log.source()
    assert texts(source) == ["one", "two"]
    log.write("three")
    assert texts(source) == ["three"]


def test_times_are_those_of_the_lines(log: Log) -> None:
    log.write("one")
    (line,) = log.source().read(0).lines
    assert line.time == datetime.fromisoformat(STAMP).timestamp()


def test_a_line_counts_when_it_is_whole(log: Log) -> None:
    source = log.source()
    log.path.write_text(f"{STAMP} o")
    assert texts(source) == []
    with log.path.open("a") as file:
        file.write("ne\n")
    assert texts(source) == ["one"]


def test_rotation_by_rename_loses_nothing(log: Log) -> None:
    log.write("one")
    source = log.source()
    assert texts(source) == ["one"]
    log.write("two")
    os.rename(log.path, log.path.with_suffix(".log.1"))
    assert texts(source) == ["two"]
    log.write("three")
    assert texts(source) == ["three"]
    log.write("four")
    assert texts(source) == ["four"]


def test_rotation_by_truncation(log: Log) -> None:
    log.write("one", "a longer line than the next")
    source = log.source()
    assert len(texts(source)) == 2
    os.truncate(log.path, 0)
    log.write("new")
    assert texts(source) == ["new"]


def test_a_file_that_is_not_there_yet(log: Log) -> None:
    source = log.source()
    assert texts(source) == []
    assert source.standing().state is CheckState.NOT_APPLICABLE
    log.write("one")
    assert texts(source) == ["one"]
    assert source.standing().state is CheckState.ON


def test_a_restart_goes_on_where_it_was(log: Log) -> None:
    log.write("one")
    before = log.source()
    texts(before)
    log.write("two")
    assert texts(log.source(before.position())) == ["two"]


def test_a_restart_after_a_rotation_reads_both_files(log: Log) -> None:
    log.write("one")
    before = log.source()
    texts(before)
    log.write("two")
    os.rename(log.path, log.path.with_name("app.log.1"))
    log.write("three")
    assert texts(log.source(before.position())) == ["two", "three"]


@pytest.mark.parametrize(
    "position", [{"device": 0, "inode": 1, "offset": 5}, {"offset": 10**9}, {"other": 1}]
)
def test_a_position_that_fits_no_file_begins_anew(log: Log, position: Position) -> None:
    log.write("one")
    assert texts(log.source(position)) == ["one"]


def test_lines_that_are_none_and_skipped_ones_are_left_out(log: Log) -> None:
    log.write("one", "skip audit: this")
    with log.path.open("ab") as file:
        file.write(b"  at Foo.java\nnotime x\n" + f"{STAMP} caf".encode() + b"\xff\n")
    source = log.source(skipList=[" audit:"])
    assert texts(source) == ["one", "caf\N{REPLACEMENT CHARACTER}"]
    assert source.lost == 0


def test_an_overlong_line_is_cut(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 64)
    monkeypatch.setattr(files, "CHUNK_BYTES", 50)
    log.write("x" * 300, "next")
    source = log.source()
    found = [line.text.decode() for _ in range(20) for line in source.read(0).lines]
    assert found[0].startswith("xxx") and len(found[0]) <= 100
    assert found[1:] == ["next"]


def test_a_message_pattern_without_a_group_takes_the_whole_line(tmp_path: Path) -> None:
    config = config_of(tmp_path / "x", pluginConfig=OPTIONS | {"message": "(?i)bad sectors"})
    line = files.FileLines(config).line(f"{STAMP} 1240 bad sectors".encode())
    assert line.text.decode() == f"{STAMP} 1240 bad sectors"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "POLL_S", 0.0)
