from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import redis

from sinks.delivery import Broken, Refused, TryAgain
from tests.sinks.brokers.carrying import carry
from tests.sinks.made import NASTY, item, items, sender
from tests.sinks.servers.process import Server
from tests.sinks.servers.redis import RedisServer


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis(port=redis_server.port) as found:
        yield found


def test_stream(redis_server: RedisServer, client: redis.Redis) -> None:
    sink = sender(f"{redis_server.uri}?key=k8s")
    sink.send(items(3))
    sink.close()
    sink.close()
    entries = client.xrange("k8s")
    assert [json.loads(fields[b"event"])["name"] for _, fields in entries] == ["web-0", "web-1", "web-2"]
    assert entries[0][1][b"key"] == items(1)[0].key.encode()


def test_list_keeps_the_newest(redis_server: RedisServer, client: redis.Redis) -> None:
    sink = sender(f"{redis_server.uri}?into=list&maxlen=5&format=record")
    sink.send(items(8))
    sink.close()
    kept = [json.loads(value) for value in client.lrange("events", 0, -1)]
    assert [record["pod_name"] for record in kept] == [f"web-{number}" for number in range(3, 8)]


def test_channel(redis_server: RedisServer, client: redis.Redis) -> None:
    listener = client.pubsub(ignore_subscribe_messages=True)
    listener.subscribe("events")
    assert listener.get_message(timeout=5) is None  # the subscription itself
    sink = sender(f"{redis_server.uri}?into=channel")
    sink.send([item()])
    sink.close()
    heard = listener.get_message(timeout=5)
    assert heard is not None and json.loads(heard["data"])["name"] == "web-0"
    listener.close()


def test_stream_is_bounded(redis_server: RedisServer, client: redis.Redis) -> None:
    sink = sender(f"{redis_server.uri}?maxlen=500")
    carry(sink, items(2000))
    sink.close()
    assert 500 <= client.xlen("events") < 800


@pytest.mark.parametrize("text", NASTY)
def test_any_text(redis_server: RedisServer, client: redis.Redis, text: str) -> None:
    sink = sender(redis_server.uri)
    sink.send([item(message=NASTY[text])])
    sink.close()
    ((_, fields),) = client.xrange("events")
    assert json.loads(fields[b"event"])["message"] == NASTY[text]


def test_killed_in_the_middle_everything_is_there_once(
    redis_server: RedisServer, kills: Callable[[Server], Callable[[], None]], client: redis.Redis
) -> None:
    sent = items(6000)
    sink = sender(redis_server.uri)
    carry(sink, sent, disturb=kills(redis_server))
    sink.close()
    client.connection_pool.disconnect()
    assert [fields[b"key"].decode() for _, fields in client.xrange("events")] == [one.key for one in sent]


def test_a_lost_answer_doubles_nothing(redis_server: RedisServer, client: redis.Redis) -> None:
    first, second = sender(f"{redis_server.uri}?name=one"), sender(f"{redis_server.uri}?name=one")
    first.send(items(5))  # as if its answer had been lost: another try of the same sink begins with the same
    second.send(items(8))
    first.close()
    second.close()
    assert client.xlen("events") == 8


def test_silent_server_is_left_after_the_time_limit(redis_server: RedisServer) -> None:
    sink = sender({"uri": redis_server.uri, "timeout": "300ms"})
    sink.send([item()])
    redis_server.pause()
    with pytest.raises(TryAgain):
        sink.send([item(1)])
    redis_server.resume()
    sink.send([item(1)])
    sink.close()


@pytest.mark.parametrize(
    ("setting", "value"), [("maxmemory", "1mb"), ("min-replicas-to-write", "1")], ids=["full", "no replicas"]
)
def test_what_passes_is_tried_again(
    redis_server: RedisServer, client: redis.Redis, setting: str, value: str
) -> None:
    sink = sender(redis_server.uri)
    before = client.config_get(setting)[setting]
    client.config_set(setting, value)
    with pytest.raises(TryAgain):
        sink.send([item()])
    client.config_set(setting, before)
    sink.send([item()])
    sink.close()
    assert client.xlen("events") == 1


def test_replicas_that_are_not_there(redis_server: RedisServer, client: redis.Redis) -> None:
    sink = sender({"uri": f"{redis_server.uri}?replicas=1", "timeout": "400ms"})
    for _ in range(2):
        with pytest.raises(TryAgain, match="0 of 1 replicas"):
            sink.send([item()])
    sink.close()


def test_wrong_password_and_missing_rights(redis_server: RedisServer, client: redis.Redis) -> None:
    client.acl_setuser("reader", enabled=True, passwords=["+wrong-secret"], categories=["+@read"], keys=["*"])
    place = f"127.0.0.1:{redis_server.port}/0"
    for uri in (f"redis:redis://reader:not-it-at-all@{place}", f"redis:redis://reader:wrong-secret@{place}"):
        sink = sender(uri)
        with pytest.raises(Broken) as caught:
            sink.send([item()])
        assert "secret" not in str(caught.value) and "not-it" not in str(caught.value)
        sink.close()


def test_a_key_of_another_type(redis_server: RedisServer, client: redis.Redis) -> None:
    client.set("events", "a text")
    sink = sender(redis_server.uri)
    with pytest.raises(Broken, match="WRONGTYPE"):
        sink.send([item()])
    sink.close()


def test_too_large_is_refused(redis_server: RedisServer, client: redis.Redis) -> None:
    client.config_set("proto-max-bulk-len", 1024 * 1024)
    sink = sender(redis_server.uri)
    with pytest.raises((Refused, TryAgain)):
        sink.send([item(message="x" * 1_200_000)])
    sink.send([item(1)])
    sink.close()


def test_nobody_listens() -> None:
    sink = sender("redis:redis://:hidden-password@127.0.0.1:1/0")
    with pytest.raises(TryAgain) as caught:
        sink.send([item()])
    assert "hidden-password" not in str(caught.value)
    sink.close()
