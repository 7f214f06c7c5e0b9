from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, PartlyTaken, Refused, TryAgain
from sinks.kinds.syslog import message
from tests.sinks.brokers.carrying import carry
from tests.sinks.brokers.listening import listening
from tests.sinks.made import NASTY, item, items, sender, settings
from tests.sinks.servers.process import Server, free_port
from tests.sinks.servers.rsyslog import Rsyslog


def arrived(server: Rsyslog, count: int, seconds: float = 20) -> list[dict[str, str]]:
    until = time.monotonic() + seconds
    while len(server.messages()) < count and time.monotonic() < until:
        time.sleep(0.02)
    return server.messages()


def test_the_form_is_rfc_5424() -> None:
    written = message(item(message='said "no]"\nand left', component="kubelet"), settings("syslog:udp://h"))
    assert written.decode() == (
        "<132>1 2025-12-25T12:00:00Z node-1 kubelet - BackOff "
        '[kubernetes@32473 instance="default" namespace="shop" kind="Pod" name="web-0" level="Warning" count="3" '
        'uid="00000000-0000-4000-8000-000000000000" seq="7"] Pod shop/web-0: said "no]" and left'
    )
    odd = message(
        item(level="Normal", hostname="", component="", reason="Ein Grund ü", name='a"b]\\c'),
        settings("syslog:udp://h?facility=user&sdid=k8s@1"),
    )
    assert odd.decode().startswith("<14>1 2025-12-25T12:00:00Z default eventcenter - Ein_Grund__ [k8s@1 ")
    assert 'name="a\\"b\\]\\\\c"' in odd.decode()


@pytest.mark.parametrize("options", ["", "?framing=newline", "?confirm=tcp", "?confirm=tcp&framing=newline"])
def test_tcp(rsyslog: Rsyslog, options: str) -> None:
    sink = sender(f"syslog:tcp://127.0.0.1:{rsyslog.port}{options}")
    sink.send(items(30))
    sink.send(items(60)[30:])
    sink.close()
    sink.close()
    found = arrived(rsyslog, 60)
    assert len(found) == 60
    assert found[0]["host"] == "node-1" and found[0]["app"] == "kubelet" and found[0]["msgid"] == "BackOff"
    assert 'name="web-59"' in found[-1]["data"]
    assert found[0]["pri"] == "132"


def test_udp(rsyslog: Rsyslog) -> None:
    sink = sender(f"syslog:udp://127.0.0.1:{rsyslog.port}?content=json")
    sink.send(items(50))
    sink.close()
    found = arrived(rsyslog, 50)
    assert [json.loads(one["msg"])["name"] for one in found] == [f"web-{number}" for number in range(50)]


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("content", ["message", "json"])
def test_any_text(rsyslog: Rsyslog, text: str, content: str) -> None:
    sink = sender(f"syslog:tcp://127.0.0.1:{rsyslog.port}?content={content}&max_bytes=60000")
    sink.send([item(message=NASTY[text]), item(1)])
    sink.close()
    assert 'name="web-1"' in arrived(rsyslog, 2)[1]["data"]  # nothing runs into the next one


def test_killed_in_the_middle_nothing_that_was_confirmed_over_tcp_was_unread(
    rsyslog: Rsyslog, kills: Callable[[Server], Callable[[], None]]
) -> None:
    sent = items(4000)
    sink = sender({"uri": rsyslog.address("x"), "timeout": "5s"})
    stopped = threading.Event()

    def disturb() -> None:
        # What rsyslog has read and not written yet dies with it, which no sender can know: so it is idle when it dies.
        arrived(rsyslog, 1200)
        kills(rsyslog)()
        stopped.set()

    carry(sink, sent[:1400], batch=100)
    arrived(rsyslog, 1400)
    killing = threading.Thread(target=disturb)
    killing.start()
    killing.join()
    carry(sink, sent[1400:], batch=100)
    sink.close()
    wanted = {one.event.seq for one in sent}
    found = {json.loads(one["msg"])["seq"] for one in arrived(rsyslog, 4000)}
    assert stopped.is_set() and found == wanted


def read_all(connection: socket.socket, into: bytearray) -> None:
    while piece := connection.recv(65_536):
        into += piece


def test_a_receiver_that_dies_before_it_has_read_all() -> None:
    got: list[bytes] = []

    def half(connection: socket.socket) -> None:
        got.append(connection.recv(100))  # and closes with the rest unread, as a process that dies

    with listening(half) as port:
        sink = sender({"uri": f"syslog:tcp://127.0.0.1:{port}", "timeout": "2s"})
        for _ in range(2):
            with pytest.raises(TryAgain):
                sink.send(items(100))
        sink.close()
    assert len(got) == 2


def test_a_receiver_that_does_not_read() -> None:
    hold = threading.Event()
    with listening(lambda connection: hold.wait(3) and None) as port:
        for confirm in ("end", "tcp"):
            sink = sender(
                {
                    "uri": f"syslog:tcp://127.0.0.1:{port}?confirm={confirm}&max_bytes=1000000",
                    "timeout": "300ms",
                }
            )
            with pytest.raises(TryAgain):
                sink.send([item(number, message="x" * 900_000) for number in range(12)])
            sink.close()
        hold.set()


def test_a_connection_that_was_ended_meanwhile_is_made_anew() -> None:
    got = bytearray()

    def one_batch(connection: socket.socket) -> None:
        got.extend(connection.recv(1_000_000))

    with listening(one_batch) as port:
        sink = sender({"uri": f"syslog:tcp://127.0.0.1:{port}?confirm=tcp", "timeout": "2s"})
        for number in range(3):
            carry(sink, [item(number)], limit_s=10)
        sink.close()
    assert all(f'name="web-{number}"'.encode() in got for number in range(3))


def test_octets_are_counted_exactly() -> None:
    got = bytearray()
    with listening(lambda connection: read_all(connection, got)) as port:
        sink = sender(f"syslog:tcp://127.0.0.1:{port}")
        sink.send([item(number, message=text) for number, text in enumerate(NASTY.values())])
        sink.close()
    rest, count = bytes(got), 0
    while rest:
        length, _, rest = rest.partition(b" ")
        one, rest = rest[: int(length)], rest[int(length) :]
        assert one.startswith(b"<132>1 ") and len(one) <= 8192
        one.decode()
        count += 1
    assert count == len(NASTY)


def test_a_datagram_that_is_too_large_is_refused_and_the_others_are_sent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        sink = sender(f"syslog:udp://127.0.0.1:{receiver.getsockname()[1]}?max_bytes=100000")
        with pytest.raises(PartlyTaken) as caught:
            sink.send([item(0), item(1, message="x" * 90_000), item(2)])
        assert set(caught.value.refused) == {1}
        with pytest.raises(Refused):
            sink.send([item(1, message="x" * 90_000)])
        sink.close()
        assert [b"web-0" in receiver.recv(65_536), b"web-2" in receiver.recv(65_536)] == [True, True]


def test_nobody_listens() -> None:
    for scheme in ("tcp", "tls"):
        sink = sender(f"syslog:{scheme}://127.0.0.1:{free_port()}")
        with pytest.raises(TryAgain):
            sink.send([item()])
        sink.close()


def test_nobody_listens_to_udp() -> None:
    sink = sender(f"syslog:udp://127.0.0.1:{free_port()}")
    with pytest.raises((TryAgain, PartlyTaken)):
        for number in range(20):
            sink.send([item(number), item(number + 100)])
    sink.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tls")
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(directory / "key.pem"),
        "-out", str(directory / "cert.pem"),
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed here")
    return directory


@pytest.fixture
def encrypted(certificate: Path) -> Iterator[tuple[int, bytearray]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    got = bytearray()

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            read_all(secure, got)

    with listening(behave) as port:
        yield port, got


def test_tls(encrypted: tuple[int, bytearray], certificate: Path) -> None:
    port, got = encrypted
    sink = sender(f"syslog:tls://127.0.0.1:{port}?cacert={certificate}/cert.pem")
    sink.send(items(20))
    sink.send(items(40)[20:])
    sink.close()
    until = time.monotonic() + 10
    while b"web-39" not in got and time.monotonic() < until:
        time.sleep(0.01)
    assert got.count(b"<132>1 ") == 40


def test_a_certificate_of_nobody_is_not_taken(encrypted: tuple[int, bytearray], certificate: Path) -> None:
    port, got = encrypted
    sink = sender(f"syslog:tls://127.0.0.1:{port}")
    with pytest.raises(Broken, match="certificate"):
        sink.send([item()])
    sink.close()
    assert not got
    anyway = sender(f"syslog:tls://127.0.0.1:{port}?insecuressl=true")
    anyway.send([item()])
    anyway.close()


@pytest.mark.parametrize(
    "uri",
    [
        "syslog:http://host",
        "syslog:udp://",
        "syslog:tcp://h?facility=nothing",
        "syslog:tcp://h?sdid=a%20b",
        "syslog:tls://h?cacert=/no/such/file",
        "syslog:tls://h?cert=/c.pem",
    ],
)
def test_what_is_wrong_is_said(uri: str) -> None:
    with pytest.raises(ConfigError):
        sender(uri)
