"""What answers is not what it should be: silent, rude, talking nonsense, ending in the middle."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest

from sinks.delivery import TryAgain
from tests.sinks.brokers.listening import listening
from tests.sinks.made import items, sender

ADDRESSES = {
    "kafka": "kafka:?brokers=127.0.0.1:{port}",
    "mqtt": "mqtt:mqtt://user:hidden-secret@127.0.0.1:{port}",
    "nats": "nats:nats://user:hidden-secret@127.0.0.1:{port}",
    "redis": "redis:redis://:hidden-secret@127.0.0.1:{port}/0",
}


def closes(connection: socket.socket) -> None:
    connection.recv(1)


def resets(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def talks_nonsense(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + bytes(range(256)) * 4)
    while connection.recv(65_536):
        pass


def ends_its_half(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65_536):
        pass


def repeats_what_it_hears(connection: socket.socket) -> None:
    while heard := connection.recv(65_536):
        connection.sendall(heard)


STRANGE = (closes, resets, talks_nonsense, ends_its_half, repeats_what_it_hears)


@pytest.mark.parametrize("behave", STRANGE, ids=lambda behave: behave.__name__)
@pytest.mark.parametrize("kind", ADDRESSES)
def test_nonsense_is_tried_again(kind: str, behave: Callable[[socket.socket], None]) -> None:
    with listening(behave) as port:
        sink = sender({"uri": ADDRESSES[kind].format(port=port), "timeout": "1s"})
        began = time.monotonic()
        with pytest.raises(TryAgain) as caught:
            sink.send(items(3))
        assert time.monotonic() - began < 8
        sink.close()
    assert "hidden-secret" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [*ADDRESSES, "syslog"])
def test_silence_ends_with_the_time_limit(kind: str) -> None:
    over = threading.Event()
    uri = (ADDRESSES | {"syslog": "syslog:tcp://127.0.0.1:{port}"})[kind]
    with listening(lambda connection: over.wait(20) and None) as port:
        sink = sender({"uri": uri.format(port=port), "timeout": "1s"})
        began = time.monotonic()
        with pytest.raises(TryAgain):
            sink.send(items(3))
        took = time.monotonic() - began
        began = time.monotonic()
        sink.close()
        over.set()
    assert took < 6 and time.monotonic() - began < 3
