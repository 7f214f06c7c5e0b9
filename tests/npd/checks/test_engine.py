"""A container engine that answers, hangs, is gone, or is something else."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from npd.checks.engine import ask
from npd.checks.frame import Host, Outcome
from npd.checks.monitor import CheckMonitor
from npd.model import Status
from tests.npd.checks.engines import ANSWER, SETTINGS, Engine, real_containerd
from tests.npd.checks.looking import FakeHost, Seen, check_of, seen, wait_for


@pytest.fixture
def engine(fake: FakeHost) -> Iterator[Engine]:
    path = fake.host.file("/run/containerd/containerd.sock")
    path.parent.mkdir(parents=True)
    engine = Engine(path)
    engine.reply = [SETTINGS, ANSWER]
    yield engine
    engine.close()


def runtime(host: Host) -> Seen:
    return seen("runtime", host, answer_within_ms=200)


def test_a_hang_shows_within_three_periods_and_clears_after(fake: FakeHost, engine: Engine) -> None:
    check = runtime(fake.host)
    check.look()
    engine.reply = None

    for _ in range(3):
        check.look()

    condition = check.conditions["RuntimeOffline"]
    assert (condition.status, condition.reason) == ("True", "RuntimeDaemonOffline")
    assert condition.message == "containerd.sock: no answer within 0.2s"
    engine.reply = [SETTINGS, ANSWER]
    check.look()
    assert check.conditions["RuntimeOffline"].status == "False"
    assert check.told == [("Warning", "RuntimeDaemonOffline"), ("Normal", "RuntimeDaemonNotOffline")]


def test_a_hang_shows_within_three_periods_of_the_real_monitor(fake: FakeHost, engine: Engine) -> None:
    own = {"answer_within_ms": 200, "invoke_interval": "1s"}
    monitor = CheckMonitor([check_of("runtime", fake.host, **own)])
    reports: list[Status] = []

    def stands(status: str) -> bool:
        return bool(reports) and reports[-1].conditions[0].status == status

    monitor.start(reports.append)
    try:
        wait_for(lambda: stands("False"))
        engine.reply = None
        began = time.monotonic()
        wait_for(lambda: stands("True"))
        assert time.monotonic() - began < 3
        engine.reply = [SETTINGS, ANSWER]
        wait_for(lambda: stands("False"), 3)
    finally:
        monitor.stop()


def test_one_slow_answer_is_no_hang(fake: FakeHost, engine: Engine) -> None:
    check = runtime(fake.host)
    for answers in (True, False, True, True):
        engine.reply = [SETTINGS, ANSWER] if answers else None
        check.look()

    assert check.told == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ([SETTINGS], "closed the connection without an answer"),
        ([], "closed the connection without an answer"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "does not speak HTTP/2"),
        ([b"\xff" * 4000], "does not speak HTTP/2"),
        ([SETTINGS, bytes.fromhex("000008070000000000") + bytes(8)], "sent the connection away"),
    ],
)
def test_what_is_no_answer(engine: Engine, reply: list[bytes], said: str) -> None:
    engine.reply = reply
    finding = ask(engine.path, 2)

    assert (finding.outcome, finding.message) == (Outcome.BAD, f"containerd.sock: {said}")


def test_an_answer_in_pieces_is_one(engine: Engine) -> None:
    engine.reply = [bytes([byte]) for byte in SETTINGS + SETTINGS + ANSWER]

    assert ask(engine.path, 5).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ([b"HTTP/1.0 200 OK\r\n\r\nOK"], Outcome.OK),
        ([b"HTTP/1.0 500 Internal Server Error\r\n\r\n"], Outcome.BAD),
        ([b""], Outcome.BAD),
        (None, Outcome.BAD),
    ],
)
def test_docker_is_pinged(fake: FakeHost, reply: list[bytes] | None, outcome: Outcome) -> None:
    path = fake.host.file("/run/docker.sock")
    path.parent.mkdir(parents=True)
    docker = Engine(path)
    docker.reply = reply
    check = seen("docker", fake.host, answer_within_ms=200, bad=1, of=1)
    try:
        assert check.look().outcome is outcome
    finally:
        docker.close()
    assert check.conditions["DockerOffline"].status == ("False" if outcome is Outcome.OK else "True")


def test_no_engine_is_not_applicable_and_one_that_went_away_is_bad(fake: FakeHost, engine: Engine) -> None:
    assert seen("docker", fake.host).look().outcome is Outcome.NOT_APPLICABLE
    check = runtime(fake.host)
    check.look()
    engine.path.unlink()

    finding = check.look()
    assert (finding.outcome, finding.message) == (Outcome.BAD, "containerd.sock: no such file or directory")


def test_a_socket_that_is_named_has_to_be_there(fake: FakeHost) -> None:
    check = seen("runtime", fake.host, sockets=["/run/mine.sock"])

    assert check.look().outcome is Outcome.BAD


def test_nobody_listens(fake: FakeHost) -> None:
    path = fake.host.root / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    assert ask(path, 1).message == "dead.sock: connection refused"


def test_a_full_queue_of_connections_is_a_hang(fake: FakeHost) -> None:
    path = fake.host.root / "full.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(0)
        findings = [ask(path, 0.1) for _ in range(3)]
    assert {finding.outcome for finding in findings} == {Outcome.BAD}


def test_the_real_containerd_that_is_stopped_and_goes_on() -> None:
    with real_containerd() as (path, pid):
        root = path.parents[1]
        check = seen("runtime", Host(root=root), sockets=["/run/containerd.sock"], answer_within_ms=1000)
        assert check.look().outcome is Outcome.OK

        os.kill(pid, signal.SIGSTOP)
        for _ in range(3):
            check.look()
        assert check.conditions["RuntimeOffline"].status == "True"

        os.kill(pid, signal.SIGCONT)
        assert check.look().outcome is Outcome.OK
        assert check.conditions["RuntimeOffline"].status == "False"


def test_paths_are_below_the_root_of_the_node(fake: FakeHost) -> None:
    assert Path(fake.host.file("/run/x.sock")) == fake.host.root / "run/x.sock"
