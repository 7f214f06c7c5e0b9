"""The reader of the kernel log, on pipes and sockets that stand for the device, and on the device itself."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from npd.model import CheckState
from npd.monitors.sources import kmsg
from npd.monitors.sources.kmsg import Kmsg


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[tuple[Kmsg, int]]:
    """A reader of a pipe, and the end to write to."""
    path = tmp_path / "kmsg"
    os.mkfifo(path)
    source = Kmsg(str(path))
    source.begin([])
    source.read(0)  # opens it
    writer = os.open(path, os.O_WRONLY)
    yield source, writer
    os.close(writer)
    source.close()


class Device:
    """Stands for the device: a socket that gives a record for each read. `errors` come before the next record."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = 0
        self.errors: list[int] = []
        self._ends: list[socket.socket] = []
        read = os.read

        def failing(descriptor: int, count: int) -> bytes:
            if self.errors and any(end.fileno() != descriptor for end in self._ends):
                raise OSError(self.errors.pop(0), "made up")
            return read(descriptor, count)

        monkeypatch.setattr(kmsg.os, "read", failing)

    def open(self, path: str) -> int:
        self.opened += 1
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ends.append(here)
        there.setblocking(False)
        return there.detach()

    def send(self, *records: str) -> None:
        for record in records:
            self._ends[-1].send(record.encode())

    def close(self) -> None:
        for end in self._ends:
            end.close()


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    made = Device(monkeypatch)
    yield made
    made.close()


def texts(source: Kmsg) -> list[str]:
    return [line.text.decode() for line in source.read(2.0).lines]


def test_lines_of_a_pipe(pipe: tuple[Kmsg, int]) -> None:
    source, writer = pipe
    os.write(writer, b"6,10,5,-;one\n DEVICE=x\n6,11,6,-; two \nnonsense\n6,12,7,-;\n6,13,8,-;thr")
    assert texts(source) == ["one", "two"]
    os.write(writer, b"ee\n")
    assert texts(source) == ["three"]
    assert (source.lost, source.position()) == (0, {"boot_id": source._boot_id, "sequence": 13})


def test_a_gap_in_the_numbers_is_counted(pipe: tuple[Kmsg, int]) -> None:
    source, writer = pipe
    os.write(writer, b"6,10,5,-;one\n6,15,6,-;two\n6,16,6,-;three\n6,20,6,-;four\n")
    assert texts(source) == ["one", "two", "three", "four"]
    assert source.lost == 4 + 3


def test_overwritten_and_overlong_records_do_not_end_it(device: Device) -> None:
    source = Kmsg("made", open_device=device.open)
    source.begin([])
    source.read(0)
    device.errors = [errno.EPIPE, errno.EINVAL]
    device.send("6,5,1,-;after\n SUBSYSTEM=x\n")
    assert texts(source) == ["after"]
    assert (device.opened, source.standing().state) == (1, CheckState.ON)
    source.close()


def test_it_is_opened_anew_but_not_at_once_and_repeats_nothing(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Kmsg("made", open_device=device.open)
    source.begin([])
    source.read(0)
    device.send("6,5,1,-;before\n")
    assert texts(source) == ["before"]
    device.errors = [errno.EIO]
    device.send("6,6,1,-;unread\n")
    assert texts(source) == []
    assert source.standing().state is CheckState.BROKEN
    source.read(0.01)
    assert device.opened == 1

    later = time.monotonic() + kmsg.REOPEN_S
    monkeypatch.setattr(kmsg.time, "monotonic", lambda: later)
    source.read(0)
    assert (device.opened, source.standing().state) == (2, CheckState.ON)
    device.send("6,5,1,-;before\n", "6,6,1,-;unread\n")
    assert texts(source) == ["unread"]
    assert source.lost == 0
    source.close()


def test_one_record_of_several_lines_is_several_lines(device: Device) -> None:
    source = Kmsg("made", open_device=device.open)
    source.begin([])
    source.read(0)
    device.send("6,5,1,-;one\\x0a\\x0a two\n")
    assert texts(source) == ["one", "two"]
    source.close()


def test_a_position_of_this_boot_tells_what_was_lost_meanwhile(device: Device) -> None:
    source = Kmsg("made", open_device=device.open)
    source.begin([None, {"boot_id": source._boot_id, "sequence": 3}, {"boot_id": "other", "sequence": 99}])
    source.read(0)
    device.send("6,6,1,-;later\n")
    assert texts(source) == ["later"]
    assert source.lost == 2
    source.close()


def test_records_that_come_have_the_time_of_coming(device: Device) -> None:
    source = Kmsg("made", open_device=device.open, clock=lambda: 5000.0)
    source.begin([])
    source.read(0)
    threading.Timer(0.3, device.send, ["6,1,7000000,-;a\n"]).start()
    (line,) = source.read(2.0).lines
    assert line.time == pytest.approx(5000.0)
    device.send("6,2,8500000,-;b\n")
    (line,) = source.read(2.0).lines
    assert line.time == pytest.approx(5001.5)
    source.close()


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (errno.ENOENT, CheckState.NOT_APPLICABLE),
        (errno.EPERM, CheckState.NOT_APPLICABLE),
        (errno.EIO, CheckState.BROKEN),
    ],
)
def test_a_device_that_cannot_be_opened(number: int, state: CheckState) -> None:
    def refuse(path: str) -> int:
        raise OSError(number, os.strerror(number))

    source = Kmsg("made", open_device=refuse)
    source.begin([])
    assert source.read(0).lines == ()
    assert source.standing().state is state
    assert os.strerror(number) in source.standing().detail
    source.close()


def test_waiting_ends_when_it_is_woken(pipe: tuple[Kmsg, int]) -> None:
    source, _ = pipe
    began = time.monotonic()
    threading.Timer(0.05, source.wake).start()
    assert source.read(30.0).lines == ()
    assert time.monotonic() - began < 10


def test_a_flood_is_read_whole_and_its_gaps_are_told(pipe: tuple[Kmsg, int]) -> None:
    """100,000 numbers, of which a tenth was never there to be read."""
    source, writer = pipe
    numbers = [number for number in range(100_000) if number % 10]

    def flood() -> None:
        for start in range(0, len(numbers), 100):
            chunk = numbers[start : start + 100]
            os.write(writer, "".join(f"6,{n},{n},-;noise {n}\n" for n in chunk).encode())
        os.write(writer, b"6,100000,1,-;INFO: task x:1 blocked for more than 120 seconds.\n")

    thread = threading.Thread(target=flood)
    thread.start()
    read, last = 0, b""
    while not last.startswith(b"INFO"):
        lines = source.read(5.0).lines
        assert lines
        read, last = read + len(lines), lines[-1].text
    thread.join()
    assert (read, source.lost) == (90_001, 9_999)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_a_line_written_to_the_real_device_is_read_within_a_second() -> None:
    try:
        os.close(os.open("/dev/kmsg", os.O_RDWR))
    except OSError as error:
        pytest.skip(f"/dev/kmsg cannot be opened: {error.strerror}")
    source = Kmsg()
    source.begin([])
    found: list[str] = []
    mark = f"eventcenter test {os.getpid()} {time.monotonic_ns()}"

    def read() -> None:
        while not found:
            found.extend(text for text in texts(source) if mark in text)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert wait_for(lambda: source.position() is not None, 5)
    Path("/dev/kmsg").write_text(f"<6>{mark} caf\u00e9\n")
    thread.join(1.0)
    assert found == [f"{mark} caf\u00e9"]
    source.close()
