from __future__ import annotations

import errno
import gzip
import json
import os
import time
from pathlib import Path

import pytest
import zstandard

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, TryAgain
from tests.sinks.made import NASTY, item, items, sender


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "events.jsonl"


def seqs(data: bytes) -> list[int]:
    return [json.loads(line)["seq"] for line in data.splitlines()]


def old_files(path: Path) -> list[Path]:
    return sorted(one for one in path.parent.iterdir() if one != path)


def everything(path: Path) -> list[int]:
    data = b""
    for one in [*old_files(path), path]:
        content = one.read_bytes()
        if one.suffix == ".gz":
            content = gzip.decompress(content)
        elif one.suffix == ".zst":
            content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
        data += content
    return seqs(data)


def test_lines(path: Path) -> None:
    sink = sender(f"file:{path}")
    sink.send(items(3))
    sink.send([item(3)])
    sink.close()
    sink.close()
    assert seqs(path.read_bytes()) == [7, 8, 9, 10]


@pytest.mark.parametrize("text", NASTY)
def test_any_text_is_one_line(path: Path, text: str) -> None:
    sink = sender(f"file:{path}")
    sink.send([item(message=NASTY[text])])
    sink.close()
    (line,) = path.read_bytes().split(b"\n")[:-1]
    assert json.loads(line)["message"] == NASTY[text]


@pytest.mark.parametrize(("how", "suffix"), [("gzip", ".gz"), ("zstd", ".zst"), ("none", "Z")])
def test_rotated_by_size(path: Path, how: str, suffix: str) -> None:
    sink = sender(f"file:{path}?rotate_size=5k&compress={how}&keep=0")
    for start in range(0, 100, 5):
        sink.send(items(start + 5)[start:])
    sink.close()
    again = sender(f"file:{path}?rotate_size=5k&compress={how}&keep=0")
    again.send([item(100)])  # compresses what was left
    until = time.monotonic() + 10
    while not all(one.name.endswith(suffix) for one in old_files(path)) and time.monotonic() < until:
        time.sleep(0.01)
    again.close()
    assert len(old_files(path)) > 3
    assert all(one.name.endswith(suffix) for one in old_files(path))
    assert everything(path) == [7 + number for number in range(101)]
    assert path.stat().st_size <= 5000


def test_old_files_are_deleted(path: Path) -> None:
    sink = sender(f"file:{path}?rotate_size=1k&keep=3&compress=none")
    for number in range(20):
        sink.send([item(number)])
    sink.close()
    sender_of_after = sender(f"file:{path}?rotate_size=1k&keep=3&compress=none")
    sender_of_after.send([item(20)])
    until = time.monotonic() + 10
    while len(old_files(path)) > 3 and time.monotonic() < until:
        time.sleep(0.01)
    sender_of_after.close()
    assert len(old_files(path)) == 3


def test_rotated_by_age(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = sender(f"file:{path}?rotate_age=1h&compress=none")
    sink.send([item(0)])
    sink.send([item(1)])
    assert not old_files(path)
    now = time.time()
    monkeypatch.setattr("sinks.kinds.file.sender.time.time", lambda: now + 3601)
    sink.send([item(2)])
    sink.close()
    assert len(old_files(path)) == 1 and seqs(path.read_bytes()) == [9]


def test_logrotate_renames_or_deletes_or_truncates(path: Path) -> None:
    sink = sender(f"file:{path}")
    sink.send([item(0)])
    path.rename(path.with_name("renamed"))
    sink.send([item(1)])
    assert seqs(path.read_bytes()) == [8]
    path.unlink()
    sink.send([item(2)])
    assert seqs(path.read_bytes()) == [9]
    os.truncate(path, 0)
    sink.send([item(3)])
    sink.close()
    assert path.read_bytes().startswith(b"{") and seqs(path.read_bytes()) == [10]


def test_a_line_that_a_crash_has_torn_is_cut(path: Path) -> None:
    path.parent.mkdir()
    whole = json.dumps({"seq": 1}).encode() + b"\n"
    path.write_bytes(whole + b'{"seq": 2, "message": "' + b"x" * 200_000)
    sink = sender(f"file:{path}")
    sink.send([item(0)])
    sink.close()
    assert seqs(path.read_bytes()) == [1, 7]


def test_a_full_disk_leaves_no_part_of_a_batch(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = sender(f"file:{path}")
    sink.send([item(0)])
    real, calls = os.write, []

    def full(file: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) == 1:
            return real(file, bytes(data)[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sinks.kinds.file.sender.os.write", full)
    with pytest.raises(TryAgain, match="No space left"):
        sink.send(items(5)[1:])
    monkeypatch.undo()
    assert seqs(path.read_bytes()) == [7]
    sink.send(items(5)[1:])
    sink.close()
    assert seqs(path.read_bytes()) == [7, 8, 9, 10, 11]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_device_that_is_full() -> None:
    sink = sender("file:/dev/full?rotate_size=0")
    with pytest.raises(TryAgain, match="No space left"):
        sink.send([item()])
    sink.close()


def test_two_never_write_one_file(path: Path) -> None:
    first, second = sender(f"file:{path}"), sender(f"file:{path}")
    first.send([item(0)])
    with pytest.raises(Broken, match="another"):
        second.send([item(1)])
    first.close()
    second.send([item(1)])
    second.close()
    assert seqs(path.read_bytes()) == [7, 8]


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "below.jsonl", tmp_path):
        sink = sender(f"file:{place}")
        with pytest.raises(Broken, match="cannot be written"):
            sink.send([item()])
        sink.close()


@pytest.mark.parametrize(
    "uri", ["file:events.jsonl", "file:", "file:/", "file:/x?rotate_size=big", "file:/x?compress=rar"]
)
def test_what_is_wrong_is_said(uri: str) -> None:
    with pytest.raises(ConfigError):
        sender(uri)
