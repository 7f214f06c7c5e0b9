"""The clock against time servers: real packets to a server of the tests, which is off by as much as it is told."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from npd.checks import kernel_clock
from npd.checks.frame import Outcome
from npd.checks.sntp import NoAnswer, offset
from tests.npd.checks.looking import Clock, FakeHost, Seen, seen

FROM_1900 = 2_208_988_800


def stamp(seconds: float) -> bytes:
    return struct.pack("!II", int(seconds + FROM_1900) % 2**32, int(seconds % 1 * 2**32))


def answer(question: bytes, now: float, *, stratum: int = 2, first: int = 0x24) -> bytes:
    return bytes([first, stratum, 0, 0xEC]) + bytes(20) + question[40:48] + stamp(now) + stamp(now)


@contextmanager
def time_server(reply: Callable[[bytes], bytes | None]) -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while (received := server.recvfrom(512))[0] != b"stop":
                if (packet := reply(received[0])) is not None:
                    server.sendto(packet, received[1])

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = server.getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"stop", (host, port))
            thread.join()


@pytest.mark.parametrize("off", [0.0, 0.25, -3.5, 86_400.0])
@pytest.mark.parametrize(
    "now", [1_700_000_000.0, 2_085_978_500.0, 2_200_000_000.0], ids=["2023", "2036", "2039"]
)
def test_the_offset_to_a_server(off: float, now: float) -> None:
    with time_server(lambda question: answer(question, now + off)) as server:
        assert offset(server, 5.0, Clock(now)) == pytest.approx(off, abs=1e-3)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (lambda q: None, "no answer within 0.2s"),
        (lambda q: answer(q, 0.0)[:40], "the answer is none to this question"),
        (lambda q: answer(bytes(48), 0.0), "the answer is none to this question"),
        (lambda q: answer(q, 0.0, first=0x23), "the answer is none to this question"),
        (lambda q: answer(q, 0.0, stratum=0), "the server has no time itself"),
        (lambda q: answer(q, 0.0, first=0xE4), "the server has no time itself"),
    ],
    ids=["silent", "cut", "forged", "no server", "kiss of death", "not synchronized"],
)
def test_what_is_no_time(reply: Callable[[bytes], bytes | None], said: str) -> None:
    with time_server(reply) as server, pytest.raises(NoAnswer) as caught:
        offset(server, 0.2, Clock())
    assert str(caught.value) == f"{server}: {said}"


def clock(fake: FakeHost, *servers: str) -> Seen:
    return seen("clock", fake.host, Clock(), servers=list(servers), server_timeout_ms=200)


def test_a_clock_that_drifts_is_told_once_and_when_it_is_right_again(fake: FakeHost) -> None:
    off = 0.0
    fake.process(5, "chronyd")
    with time_server(lambda question: answer(question, check.clock() + off)) as server:
        check = clock(fake, server)
        check.look()
        off = 1.25
        for _ in range(4):
            check.look()
        assert check.conditions["NTPProblem"].message == f"the clock is 1.250s behind {server} (limit 0.5s)"
        off = -0.3
        check.look()
        check.look()
    assert check.told == [("Warning", "NTPIsDown"), ("Normal", "NTPIsUp")]


def test_the_first_server_that_answers_counts(fake: FakeHost) -> None:
    with (
        time_server(lambda question: None) as silent,
        time_server(lambda question: answer(question, check.clock() + 9)) as other,
    ):
        check = clock(fake, silent, other)
        assert check.look().message.startswith("the clock is 9.000s behind")


@pytest.mark.parametrize("service", ["chronyd", "ntpd", "systemd-timesyn"])
def test_without_servers_a_service_is_enough(fake: FakeHost, service: str) -> None:
    fake.process(5, service)

    assert clock(fake).look().outcome is Outcome.OK


@pytest.mark.parametrize("kept", [True, False, OSError(1, "not permitted")])
def test_no_service_and_no_server_is_bad_unless_the_kernel_knows_better(
    fake: FakeHost, monkeypatch: pytest.MonkeyPatch, kept: bool | OSError
) -> None:
    def synchronized() -> bool:
        if isinstance(kept, OSError):
            raise kept
        return kept

    monkeypatch.setattr(kernel_clock, "synchronized", synchronized)
    fake.process(5, "sh")
    finding = clock(fake).look()

    if kept is True:
        assert finding.outcome is Outcome.OK
    else:
        assert finding.message.startswith("no time service runs (looked for chronyd")


def test_the_kernel_of_this_machine_says_whether_it_is_synchronized() -> None:
    assert kernel_clock.synchronized() in (True, False)


def test_a_service_that_runs_while_no_server_answers_is_unknown(fake: FakeHost) -> None:
    fake.process(5, "chronyd")
    with time_server(lambda question: None) as silent:
        assert clock(fake, silent).look().outcome is Outcome.UNKNOWN
