"""A process that this machine's kernel really kills for want of memory, in a cgroup with the path of a Pod's
container."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from npd.model import PodRef
from npd.oom import OomKill, OomWatcher
from tests.npd.oom.reports import ID

_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
_LIMIT = 16 << 20
_EAT = "import sys; sys.stdin.readline(); held = bytearray(64 << 20); held[::4096] = b'x' * len(held[::4096])"


@pytest.fixture
def container() -> Iterator[Path]:
    """A cgroup `…/pod<uid>/<id>` with a limit of 16 MiB."""
    root = _V1 if _V1.is_dir() else _V2
    uid = f"{os.getpid():08x}-1234-5678-9abc-{time.time_ns() % 16**12:012x}"
    pod = root / f"eventcenter-test-{os.getpid()}" / "kubepods" / f"pod{uid}"
    made = [pod.parent.parent, pod.parent, pod, pod / ID]
    try:
        for directory in made:
            directory.mkdir()
            if root is _V2 and directory != pod / ID:
                (directory / "cgroup.subtree_control").write_text("+memory")
        limit = "memory.limit_in_bytes" if root is _V1 else "memory.max"
        (pod / ID / limit).write_text(str(_LIMIT))
    except OSError as error:
        _remove(made)
        pytest.skip(f"no cgroup with a memory limit can be made here: {error}")
    yield pod / ID
    _remove(made)


def _remove(directories: list[Path]) -> None:
    for directory in reversed(directories):
        if directory.is_dir():
            directory.rmdir()


@pytest.fixture
def kernel_log() -> Iterator[int]:
    try:
        handle = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(handle, 0, os.SEEK_END)
    except OSError as error:
        pytest.skip(f"the kernel log cannot be read here: {error}")
    yield handle
    os.close(handle)


def _lines(handle: int) -> Iterator[str]:
    """The texts that are there now."""
    while True:
        try:
            record = os.read(handle, 8192)
        except BrokenPipeError:
            continue  # some were overwritten meanwhile
        except BlockingIOError:
            return
        yield record.decode(errors="replace").partition(";")[2].partition("\n")[0]


def _killed_in(cgroup: Path, handle: int, watcher: OomWatcher) -> int:
    """pid of a process that was killed there, once its report is fed to the watcher."""
    with subprocess.Popen([sys.executable, "-S", "-c", _EAT], stdin=subprocess.PIPE, text=True) as process:
        (cgroup / "cgroup.procs").write_text(str(process.pid))
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.close()
        assert process.wait(30) == -9
    until = time.monotonic() + 10
    seen = ""
    while f"Killed process {process.pid} " not in seen:
        assert time.monotonic() < until, "the kernel log has no line of the kill"
        for line in _lines(handle):
            seen += line + "\n"
            watcher.feed(line, time.time())
        time.sleep(0.02)
    return process.pid


def test_a_real_kill_names_its_pod(container: Path, kernel_log: int) -> None:
    kills: list[OomKill] = []
    watcher = OomWatcher("n1", tell=kills.append)

    until = time.monotonic() + 20
    while True:
        pid = _killed_in(container, kernel_log, watcher)
        events = watcher.flush()
        (kill,) = (kill for kill in kills if pid in kill.pids)
        if kill.pod is not None or time.monotonic() > until:
            break
        time.sleep(1)  # another kill on this machine has used up the ten reports in five seconds

    uid = container.parent.name.removeprefix("pod")
    assert kill.pod == PodRef(uid, ID)
    assert (kill.limit_hit, kill.scope, kill.limit) == ("container", "memcg", _LIMIT >> 10)
    assert kill.usage is not None and kill.usage <= _LIMIT >> 10
    assert 10 << 10 < kill.victims[0].resident < 40 << 10
    (of_node, of_pod) = events
    assert (of_node.reason, of_pod.reason) == ("OOMKilling", "ContainerOOMKilled")
    assert f"(pid {pid}, RSS " in of_pod.message and "limit 16.0 MiB" in of_pod.message


def test_kills_in_a_row_beyond_the_kernels_report_limit_are_all_told_and_never_guessed(
    container: Path, kernel_log: int
) -> None:
    kills: list[OomKill] = []
    watcher = OomWatcher(tell=kills.append)
    pids = [_killed_in(container, kernel_log, watcher) for _ in range(14)]
    watcher.flush()

    own = [kill for kill in kills if kill.pids[0] in pids]
    assert [kill.pids for kill in own] == [[pid] for pid in pids]
    uid = container.parent.name.removeprefix("pod")
    assert {kill.pod.uid for kill in own if kill.pod} == {uid}
