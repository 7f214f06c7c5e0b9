from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, PartlyTaken, Refused, TryAgain
from tests.sinks.brokers.carrying import carry
from tests.sinks.brokers.conftest import made
from tests.sinks.made import NASTY, item, items, sender
from tests.sinks.servers.nats import NatsServer
from tests.sinks.servers.process import Server


def add_stream(server: NatsServer, **more: Any) -> None:
    server.add_stream("EVENTS", ["events", "events.>"], **more)


def stored(server: NatsServer) -> list[Any]:
    return server.stored("EVENTS")


def test_stream(nats_server: NatsServer) -> None:
    add_stream(nats_server)
    sink = sender(f"{nats_server.uri}?subject=events.{{namespace}}.{{kind}}")
    sink.send([*items(2), item(2, namespace="", kind="Node")])
    sink.close()
    sink.close()
    found = stored(nats_server)
    assert [one.subject for one in found] == ["events.shop.Pod", "events.shop.Pod", "events._.Node"]
    assert [json.loads(one.data)["name"] for one in found] == ["web-0", "web-1", "web-2"]


def test_what_is_sent_twice_is_stored_once(nats_server: NatsServer) -> None:
    add_stream(nats_server)
    sink = sender(nats_server.uri)
    for _ in range(3):
        sink.send(items(10))
    sink.close()
    assert len(stored(nats_server)) == 10


def test_without_a_stream_it_reaches_who_listens(nats_server: NatsServer) -> None:
    sink = sender(nats_server.uri)

    async def listen(client: Any) -> list[Any]:
        subscription = await client.subscribe("events")
        await client.flush()
        sending = threading.Thread(target=sink.send, args=(items(3),))
        sending.start()
        heard = [await subscription.next_msg(timeout=10) for _ in range(3)]
        sending.join()
        return heard

    heard = nats_server.asked(listen)
    sink.close()
    assert [json.loads(one.data)["name"] for one in heard] == ["web-0", "web-1", "web-2"]
    assert heard[0].headers["Nats-Msg-Id"] == items(1)[0].key


def test_a_stream_that_must_be_there(nats_server: NatsServer) -> None:
    sink = sender(f"{nats_server.uri}?jetstream=on")
    with pytest.raises(TryAgain, match="no stream"):
        sink.send(items(2))
    add_stream(nats_server)
    sink.send(items(2))
    sink.close()
    assert len(stored(nats_server)) == 2


@pytest.mark.parametrize("text", NASTY)
def test_any_text(nats_server: NatsServer, text: str) -> None:
    add_stream(nats_server)
    sink = sender(f"{nats_server.uri}?subject=events.{{name}}")
    sink.send([item(message=NASTY[text], name=f"a.b *> {NASTY[text][:300]}")])
    sink.close()
    (found,) = stored(nats_server)
    assert json.loads(found.data)["message"] == NASTY[text]
    assert len(found.subject.split(".")) == 2


def test_killed_in_the_middle_everything_is_there_once(
    nats_server: NatsServer, kills: Callable[[Server], Callable[[], None]]
) -> None:
    add_stream(nats_server)
    sent = items(6000)
    sink = sender({"uri": nats_server.uri, "timeout": "5s"})
    carry(sink, sent, disturb=kills(nats_server))
    sink.close()
    numbers = [json.loads(one.data)["seq"] for one in stored(nats_server)]
    assert sorted(numbers) == [one.event.seq for one in sent]


def test_silent_server_is_left_after_the_time_limit(nats_server: NatsServer) -> None:
    add_stream(nats_server)
    sink = sender({"uri": nats_server.uri, "timeout": "500ms"})
    sink.send([item()])
    nats_server.pause()
    with pytest.raises(TryAgain):
        sink.send([item(1)])
    nats_server.resume()
    carry(sink, [item(1)])
    sink.close()
    assert len(stored(nats_server)) == 2


def test_too_large_is_refused_and_the_others_are_taken(nats_server: NatsServer) -> None:
    add_stream(nats_server)
    sink = sender(nats_server.uri)
    with pytest.raises(PartlyTaken) as caught:
        sink.send([item(0), item(1, message="x" * 1_500_000), item(2)])
    assert set(caught.value.refused) == {1} and not caught.value.again
    sink.close()
    assert len(stored(nats_server)) == 2


def test_too_large_for_the_stream(nats_server: NatsServer) -> None:
    add_stream(nats_server, max_msg_size=2000)
    sink = sender(nats_server.uri)
    with pytest.raises((PartlyTaken, Refused)):
        sink.send([item(0, message="x" * 5000)])
    sink.close()


def test_a_full_stream_is_waited_for(nats_server: NatsServer) -> None:
    from nats.js.api import DiscardPolicy

    add_stream(nats_server, max_msgs=3, discard=DiscardPolicy.NEW)
    sink = sender(nats_server.uri)
    with pytest.raises(PartlyTaken) as caught:
        sink.send(items(5))
    assert caught.value.again == [3, 4]
    sink.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[NatsServer]:
    server = made(NatsServer, tmp_path / "guarded")
    server.config = """authorization { users = [
      { user: writer, password: right-secret, permissions: { publish: ["allowed", "$JS.>", "_INBOX.>"] } } ] }"""
    server.start()
    yield server
    server.kill()


def test_wrong_password_and_missing_rights(guarded: NatsServer) -> None:
    place = f"127.0.0.1:{guarded.port}"
    for uri in (
        f"nats:nats://writer:wrong-secret@{place}",
        f"nats:nats://{place}",
        f"nats:nats://writer:right-secret@{place}?subject=forbidden",
        f"nats:nats://writer:right-secret@{place}?subject=forbidden&jetstream=off",
    ):
        sink = sender({"uri": uri, "timeout": "2s"})
        with pytest.raises(Broken) as caught:
            sink.send([item()])
        assert "secret" not in str(caught.value)
        sink.close()
    sink = sender(f"nats:nats://writer:right-secret@{place}?subject=allowed")
    sink.send([item()])
    sink.close()


def test_nobody_listens() -> None:
    sink = sender({"uri": "nats:nats://user:hidden-secret@127.0.0.1:1", "timeout": "3s"})
    with pytest.raises(TryAgain) as caught:
        sink.send([item()])
    assert "hidden-secret" not in str(caught.value)
    sink.close()


@pytest.mark.parametrize(
    "uri", ["nats:http://host", "nats:nats://h?subject=a.{nothing}", "nats:nats://h?subject=a.*"]
)
def test_what_is_wrong_is_said(uri: str) -> None:
    with pytest.raises(ConfigError):
        sender(uri)
