from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, PartlyTaken, TryAgain
from tests.sinks.brokers.carrying import carry
from tests.sinks.brokers.conftest import made
from tests.sinks.made import NASTY, item, items, sender
from tests.sinks.servers.mosquitto import Mosquitto
from tests.sinks.servers.process import Server


class Listener:
    """A subscriber with a session that the broker keeps while it is away."""

    def __init__(self, server: Mosquitto, topic: str = "events/#") -> None:
        self.heard: list[Any] = []
        self._server, self._topic = server, topic

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        client = Client(CallbackAPIVersion.VERSION2, "listener", clean_session=False, protocol=MQTTv311)
        subscribed = threading.Event()
        client.on_subscribe = lambda *_: subscribed.set()
        client.on_message = lambda _, __, message: self.heard.append(message)
        client.connect("127.0.0.1", self._server.port)
        client.loop_start()
        client.subscribe(self._topic, qos=1)
        assert subscribed.wait(10)
        yield self
        client.disconnect()
        client.loop_stop()

    def until(self, count: int, seconds: float = 20) -> list[Any]:
        end = time.monotonic() + seconds
        while len(self.heard) < count and time.monotonic() < end:
            time.sleep(0.01)
        return self.heard


@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("qos", ["1", "2"])
def test_message(mosquitto: Mosquitto, version: str, qos: str) -> None:
    with Listener(mosquitto).listening() as listener:
        sink = sender(f"{mosquitto.uri}?version={version}&qos={qos}")
        sink.send([*items(150), item(150, namespace="", kind="Node", name="node-1")])
        sink.close()
        sink.close()
        heard = listener.until(151)
    assert [json.loads(one.payload)["seq"] for one in heard] == [7 + number for number in range(151)]
    assert {one.topic for one in heard} == {"events/shop/Pod", "events/_/Node"}


def test_sent_and_forgotten(mosquitto: Mosquitto) -> None:
    with Listener(mosquitto).listening() as listener:
        sink = sender(f"{mosquitto.uri}?qos=0")
        sink.send(items(20))
        sink.close()
        assert len(listener.until(20)) == 20


@pytest.mark.parametrize("text", NASTY)
def test_any_text(mosquitto: Mosquitto, text: str) -> None:
    with Listener(mosquitto).listening() as listener:
        sink = sender(f"{mosquitto.uri}?topic=events/{{name}}")
        sink.send([item(message=NASTY[text], name=f"a/b+# {NASTY[text][:300]}")])
        sink.close()
        (heard,) = listener.until(1)
    assert json.loads(heard.payload)["message"] == NASTY[text]
    assert len(heard.topic.split("/")) == 2


def test_killed_in_the_middle_nothing_is_lost(
    mosquitto: Mosquitto, kills: Callable[[Server], Callable[[], None]]
) -> None:
    sent = items(3000)
    listener = Listener(mosquitto)
    sink = sender({"uri": mosquitto.uri, "timeout": "5s"})

    def disturb() -> None:
        deadline = time.monotonic() + 20
        while len(listener.heard) < 900 and time.monotonic() < deadline:
            time.sleep(0.005)
        kills(mosquitto)()
        again.set()

    again = threading.Event()
    with listener.listening():
        carry(sink, sent[:1000], batch=100)
        listener.until(1000)
        killing = threading.Thread(target=disturb)
        killing.start()
        carry(sink, sent[1000:1100], batch=100)
        killing.join()
        assert again.is_set()
        deadline = time.monotonic() + 20
        while not listener_is_back(mosquitto) and time.monotonic() < deadline:
            time.sleep(0.05)
        carry(sink, sent[1100:], batch=100)
        sink.close()
        wanted = {one.event.seq for one in sent}
        end = time.monotonic() + 30
        while seqs(listener) < wanted and time.monotonic() < end:
            time.sleep(0.02)
    assert seqs(listener) == wanted


def seqs(listener: Listener) -> set[int]:
    return {json.loads(one.payload)["seq"] for one in list(listener.heard)}


def listener_is_back(server: Mosquitto) -> bool:
    return server.connects()


def test_silent_broker_is_left_after_the_time_limit(mosquitto: Mosquitto) -> None:
    sink = sender({"uri": mosquitto.uri, "timeout": "500ms"})
    sink.send([item()])
    mosquitto.pause()
    with pytest.raises(TryAgain):
        sink.send([item(1)])
    mosquitto.resume()
    carry(sink, [item(1)])
    sink.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    server = made(Mosquitto, tmp_path / "guarded")
    (server.directory / "acl").write_text("user writer\ntopic write allowed/#\n")
    (server.directory / "acl").chmod(0o600)
    server.run(
        ["mosquitto_passwd", "-b", "-c", str(server.directory / "passwords"), "writer", "right-secret"]
    )
    server.config = (
        f"allow_anonymous false\npassword_file {server.directory}/passwords\nacl_file {server.directory}/acl\n"
        "max_packet_size 20000"
    )
    server.start()
    yield server
    server.kill()


def test_wrong_password_and_missing_rights(guarded: Mosquitto) -> None:
    place = f"127.0.0.1:{guarded.port}"
    for uri in (
        f"mqtt:mqtt://writer:wrong-secret@{place}?topic=allowed/x",
        f"mqtt:mqtt://writer:wrong-secret@{place}?topic=allowed/x&version=3.1.1",
        f"mqtt:mqtt://writer:right-secret@{place}?topic=forbidden",
    ):
        sink = sender({"uri": uri, "timeout": "5s"})
        with pytest.raises(Broken) as caught:
            sink.send([item()])
        assert "secret" not in str(caught.value)
        sink.close()


def test_too_large_is_refused_and_the_others_are_taken(guarded: Mosquitto) -> None:
    sink = sender(f"mqtt:mqtt://writer:right-secret@127.0.0.1:{guarded.port}?topic=allowed/x")
    with pytest.raises(PartlyTaken) as caught:
        sink.send([item(0), item(1, message="x" * 30_000), item(2)])
    assert set(caught.value.refused) == {1} and not caught.value.again
    sink.close()


def test_nobody_listens() -> None:
    sink = sender("mqtt:mqtt://user:hidden-secret@127.0.0.1:1")
    with pytest.raises(TryAgain) as caught:
        sink.send([item()])
    assert "hidden-secret" not in str(caught.value)
    sink.close()


@pytest.mark.parametrize("uri", ["mqtt:http://host", "mqtt:mqtt://h?topic=a/#", "mqtt:mqtt://h?qos=3"])
def test_what_is_wrong_is_said(uri: str) -> None:
    with pytest.raises(ConfigError):
        sender(uri)
