from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import Refused, TryAgain
from tests.sinks.hosted.conftest import Open
from tests.sinks.made import NASTY, NOON, item, items, settings
from tests.sinks.servers.riemann import OK, Msg, RiemannServer, framed


@pytest.fixture
def riemann() -> Iterator[RiemannServer]:
    with RiemannServer() as running:
        yield running


def trickling(connection: socket.socket) -> None:
    """The beginning of an answer, and nothing more until the client goes."""
    connection.sendall(OK[:3])
    connection.recv(1)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_an_event_has_what_kube_eventer_says(sender: Open, riemann: RiemannServer) -> None:
    sender(f"riemann:{riemann.url}").send([item()])
    (event,) = riemann.events
    assert (event.service, event.host, event.state) == ("Pod.BackOff", "node-1", "warning")
    assert (event.description, event.ttl) == ("Back-off restarting failed container web", 60.0)
    assert (event.time, event.time_micros, event.metric_sint64) == (NOON // 1000, NOON * 1000, 3)
    assert list(event.tags) == ["heapster"]
    attributes = {attribute.key: attribute.value for attribute in event.attributes}
    assert attributes["namespace"] == "shop" and attributes["resource-version"] == "990"
    assert attributes["last-timestamp"] == attributes["first-timestamp"] == str(NOON // 1000)


def test_the_documented_line_works_unchanged(sender: Open, riemann: RiemannServer) -> None:
    uri = f"riemann:{riemann.url}?ttl=120&state=ok&tags=foobar&batchsize=150"
    assert settings(uri).batch == 150
    sender(uri).send([item()])
    (event,) = riemann.events
    assert (event.ttl, event.state, list(event.tags)) == (120.0, "ok", ["foobar"])


@pytest.mark.parametrize(
    "address", ["127.0.0.1:{port}", "tcp://127.0.0.1:{port}", "http://127.0.0.1:{port}/"]
)
def test_addresses(sender: Open, riemann: RiemannServer, address: str) -> None:
    sender(f"riemann:{address.format(port=riemann.url.rpartition(':')[2])}").send([item(level="Normal")])
    assert riemann.events[0].state == "ok"


def test_a_batch_is_one_message_over_one_connection(sender: Open, riemann: RiemannServer) -> None:
    sink = sender(f"riemann:{riemann.url}")
    sink.send(items(40))
    sink.send(items(2))
    assert [len(message.events) for message in riemann.messages] == [40, 2]


@pytest.mark.parametrize("text", NASTY)
def test_any_text(sender: Open, riemann: RiemannServer, text: str) -> None:
    sender(f"riemann:{riemann.url}").send([item(message=NASTY[text])])
    if text != "surrogate":
        assert riemann.events[0].description == NASTY[text]


def test_an_error_of_riemann_is_a_refusal(sender: Open, riemann: RiemannServer) -> None:
    riemann.replies = [framed(Msg(ok=False, error="No such\nstream"))]
    with pytest.raises(Refused, match="No such stream"):
        sender(f"riemann:{riemann.url}").send([item()])


@pytest.mark.parametrize(
    "reply",
    [
        None,
        reset,
        trickling,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        struct.pack(">I", 3) + b"\xff\xff\xff",
        struct.pack(">I", 0),
    ],
    ids=["closed", "reset", "trickling", "HTTP", "no protobuf", "empty"],
)
def test_what_is_tried_again(sender: Open, riemann: RiemannServer, reply: object) -> None:
    sink = sender(f"riemann:{riemann.url}?timeout=400ms")
    riemann.replies = [reply]  # type: ignore[list-item]
    with pytest.raises(TryAgain):
        sink.send([item()])
    sink.send([item()])
    assert [len(message.events) for message in riemann.messages] == [1, 1]


def test_nobody_answers(sender: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sink = sender(f"riemann:127.0.0.1:{silent.getsockname()[1]}?timeout=300ms")
        with pytest.raises(TryAgain, match="no answer in time"):
            sink.send([item()])


def test_a_kept_connection_that_was_closed_costs_nothing(sender: Open, riemann: RiemannServer) -> None:
    sink = sender(f"riemann:{riemann.url}")
    sink.send([item(0)])
    riemann.die()
    riemann.come_back()
    sink.send([item(1)])
    assert [event.time for event in riemann.events] == [NOON // 1000, NOON // 1000 + 1]


def test_a_server_that_is_gone(sender: Open, riemann: RiemannServer) -> None:
    sink = sender(f"riemann:{riemann.url}?timeout=500ms")
    riemann.die()
    with pytest.raises(TryAgain, match="does not answer"):
        sink.send([item()])
    riemann.come_back()
    sink.send([item()])
    assert len(riemann.events) == 1


@pytest.mark.parametrize(
    "uri", ["riemann:http://h:port", "riemann:h?ttl=0", "riemann:h?ttl=x", "riemann:h?batchsize=0"]
)
def test_settings_that_cannot_work(sender: Open, uri: str) -> None:
    with pytest.raises(ConfigError):
        sender(uri)


def test_the_default_place() -> None:
    assert settings("riemann:").options["ttl"] == 60.0
