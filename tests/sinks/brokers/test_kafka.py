from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, PartlyTaken, TryAgain
from sinks.kinds.kafka import config
from tests.sinks.brokers.carrying import carry
from tests.sinks.made import NASTY, item, items, raw, sender, settings
from tests.sinks.servers.kafka import KafkaServer
from tests.sinks.servers.process import Server


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "kafka:?brokers=localhost:9092&brokers=localhost:9093&timeseriestopic=testseries",
            {"bootstrap.servers": "localhost:9092,localhost:9093", "security.protocol": "plaintext"},
        ),
        (
            "kafka:?brokers=localhost:9092&brokers=localhost:9093&eventstopic=testtopic",
            {"bootstrap.servers": "localhost:9092,localhost:9093", "compression.type": "none"},
        ),
        (
            "kafka:?brokers=b:9092&compression=lz4&user=u1&password=p1secret",
            {"compression.type": "lz4", "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN"},
        ),
        (
            "kafka:?brokers=b:9092&cacert=/ca.pem&cert=/c.pem&key=/k.pem&insecuressl=true",
            {
                "security.protocol": "ssl",
                "ssl.ca.location": "/ca.pem",
                "ssl.certificate.location": "/c.pem",
                "ssl.key.location": "/k.pem",
                "enable.ssl.certificate.verification": False,
            },
        ),
        ("kafka:?brokers=b:9092&insecuressl=true", {"security.protocol": "plaintext"}),
        ("kafka:?brokers=b:9092&user=u1&password=p1&cacert=/ca.pem", {"security.protocol": "sasl_ssl"}),
    ],
)
def test_lines_of_kube_eventer(line: str, expected: dict[str, object]) -> None:
    found = config(settings(line))
    assert {name: found[name] for name in expected} == expected
    assert found["acks"] == "all" and found["enable.idempotence"] is True


def test_the_topic_is_kube_eventers() -> None:
    assert settings("kafka:?brokers=b:9092")["eventstopic"] == "heapster-events"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kafka:", "brokers is missing"),
        ("kafka:?brokers=localhost", "HOST:PORT"),
        ("kafka:?brokers=a:1,b:2", "several brokers are several times"),
        ("kafka:?brokers=b:9092&compression=rar", "not one of none, gzip"),
    ],
)
def test_what_is_wrong_is_said(line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        settings(line)


@pytest.mark.parametrize("line", ["kafka:?brokers=b:1&user=u", "kafka:?brokers=b:1&cert=/c.pem"])
def test_what_goes_together(line: str) -> None:
    with pytest.raises(ConfigError, match="go together"):
        sender(line)


def test_message(kafka: KafkaServer) -> None:
    kafka.create_topic("heapster-events")
    sink = sender(kafka.uri)
    sink.send(items(2))
    sink.close()
    first, second = kafka.messages("heapster-events")
    value = json.loads(first.value())
    assert json.loads(value["EventValue"]) == raw(0)
    assert value["EventTimestamp"] == "2025-12-25T12:00:00Z"
    assert value["EventTags"] == {
        "eventID": raw(0)["metadata"]["uid"],
        "hostname": "node-1",
        "pod_id": raw(0)["involvedObject"]["uid"],
        "pod_name": "web-0",
    }
    assert first.key().decode() == raw(0)["metadata"]["uid"]
    assert dict(second.headers())["eventcenter-key"].decode() == items(2)[1].key


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_compression_and_format(kafka: KafkaServer, compression: str) -> None:
    kafka.create_topic("k8s")
    sink = sender(f"{kafka.uri}&eventstopic=k8s&format=event&compression={compression}")
    sink.send(items(50))
    sink.close()
    assert [json.loads(one.value())["name"] for one in kafka.messages("k8s")] == [f"web-{n}" for n in range(50)]


def test_any_text(kafka: KafkaServer) -> None:
    kafka.create_topic("k8s")
    sink = sender(f"{kafka.uri}&eventstopic=k8s&format=event")
    texts = list(NASTY.values())
    sink.send([item(number, message=text) for number, text in enumerate(texts)])
    sink.close()
    assert [json.loads(one.value())["message"] for one in kafka.messages("k8s")] == texts


def test_changes_of_one_event_stay_in_order(kafka: KafkaServer) -> None:
    kafka.create_topic("k8s", partitions=3)
    sink = sender(f"{kafka.uri}&eventstopic=k8s&format=event")
    sent = [item(number, uid=f"uid-{number % 7}") for number in range(300)]
    carry(sink, sent, batch=50)
    sink.close()
    numbers: dict[bytes, list[int]] = {}
    for one in kafka.messages("k8s", partitions=3):
        numbers.setdefault(one.key(), []).append(json.loads(one.value())["seq"])
    assert sum(map(len, numbers.values())) == 300
    assert all(found == sorted(found) for found in numbers.values())


def test_too_large_is_refused_and_the_others_are_taken(kafka: KafkaServer) -> None:
    kafka.create_topic("k8s")
    sink = sender(f"{kafka.uri}&eventstopic=k8s&maxbytes=5000")
    with pytest.raises(PartlyTaken) as caught:
        sink.send([item(0), item(1, message="x" * 20_000), item(2)])
    assert set(caught.value.refused) == {1} and caught.value.again == []
    assert "MSG_SIZE_TOO_LARGE" in caught.value.refused[1]
    sink.close()
    assert len(kafka.messages("k8s")) == 2


def test_unknown_topic(kafka: KafkaServer) -> None:
    sink = sender({"uri": f"{kafka.uri}&eventstopic=no-such-topic", "timeout": "15s"})
    with pytest.raises(Broken, match="(?i)unknown"):
        sink.send(items(3))
    kafka.create_topic("no-such-topic")
    carry(sink, items(3), limit_s=30)
    sink.close()
    assert len(kafka.messages("no-such-topic")) == 3


def test_nobody_listens() -> None:
    sink = sender({"uri": "kafka:?brokers=127.0.0.1:1&user=u1&password=hidden-secret", "timeout": "1s"})
    with pytest.raises(TryAgain) as caught:
        sink.send([item()])
    assert "hidden-secret" not in str(caught.value)
    sink.close()


def test_what_is_under_way_is_waited_for_and_not_sent_twice(kafka: KafkaServer) -> None:
    kafka.create_topic("k8s")
    sink = sender({"uri": f"{kafka.uri}&eventstopic=k8s", "timeout": "1500ms"})
    sink.send([item()])
    kafka.pause()
    for _ in range(2):
        with pytest.raises(TryAgain, match="not confirmed"):
            sink.send(items(20)[1:])
    kafka.resume()
    carry(sink, items(20)[1:], limit_s=30)
    sink.close()
    assert len(kafka.messages("k8s")) == 20


def test_killed_in_the_middle_nothing_is_lost(
    kafka: KafkaServer, kills: Callable[[Server], Callable[[], None]]
) -> None:
    kafka.create_topic("k8s")
    sent = items(4000)
    sink = sender({"uri": f"{kafka.uri}&eventstopic=k8s&format=event", "timeout": "5s"})
    carry(sink, sent, disturb=kills(kafka))
    sink.close()
    numbers = [json.loads(one.value())["seq"] for one in kafka.messages("k8s")]
    assert set(numbers) == {one.event.seq for one in sent}
    assert len(numbers) - len(sent) <= 200  # one batch
