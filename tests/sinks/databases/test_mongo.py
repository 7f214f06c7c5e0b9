"""The real client against a server that speaks the protocol and does what a test tells it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from sinks.configuring import problems
from sinks.delivery import Broken, PartlyTaken, Refused, Sender, TryAgain
from tests.sinks.databases.sending import with_retries
from tests.sinks.made import NASTY, NOON, item, items, settings
from tests.sinks.servers.wire_mongo import WireMongo

Open = Callable[..., Sender]

KUBE_EVENTERS = (
    "mongo:?mongodb://root:123456@mongo-replset-0-0.dba-c1.example.com:30694,"
    "mongo-replset-0-1.dba-c1.example.com:32761,mongo-replset-0-2.dba-c1.example.com:31958/?authSource=admin"
)


@pytest.fixture
def mongo() -> Iterator[WireMongo]:
    server = WireMongo()
    yield server
    server.silent.clear()
    server.kill()


@pytest.fixture
def sink(mongo: WireMongo, open_sender: Open) -> Sender:
    return open_sender(mongo.address, timeout="1s")


def test_a_document_is_what_kube_eventer_writes(mongo: WireMongo, sink: Sender) -> None:
    sink.send([item(3)])
    assert mongo.places == {("k8s", "event")}
    time = datetime.fromtimestamp(NOON / 1000 + 3, UTC)
    assert list(mongo.documents.values()) == [
        {
            "_id": item(3).key,
            "count": 3,
            "namespace": "shop",
            "kind": "Pod",
            "name": "web-3",
            "type": "Warning",
            "reason": "BackOff",
            "message": "Back-off restarting failed container web",
            "event_id": "00000000-0000-4000-8000-000000000003",
            "instance": "default",
            "component": "kubelet",
            "hostname": "node-1",
            "first_occurrence_time": time,
            "last_occurrence_time": time,
        }
    ]


def test_another_collection(mongo: WireMongo, open_sender: Open) -> None:
    open_sender(f"{mongo.address}?database=cluster&collection=happened&retryWrites=false").send(items(2))
    assert mongo.places == {("cluster", "happened")}


def test_what_is_sent_again_is_there_once(mongo: WireMongo, sink: Sender) -> None:
    sink.send(items(50))
    sink.send(items(80))
    assert len(mongo.documents) == 80


def test_an_answer_that_gets_lost(mongo: WireMongo, sink: Sender) -> None:
    mongo.loses_answers = True
    with pytest.raises(TryAgain):
        sink.send(items(50))
    assert len(mongo.documents) == 50
    mongo.loses_answers = False
    with_retries(sink, items(60))
    assert len(mongo.documents) == 60


def test_a_server_that_dies_and_comes_back(mongo: WireMongo, sink: Sender) -> None:
    sink.send(items(5))
    mongo.kill()
    with pytest.raises(TryAgain):
        sink.send(items(10))
    mongo.start()
    with_retries(sink, items(10))
    assert len(mongo.documents) == 10


def test_a_server_that_goes_silent(mongo: WireMongo, sink: Sender) -> None:
    sink.send(items(5))
    mongo.silent.set()
    begun = time.monotonic()
    with pytest.raises(TryAgain):
        sink.send(items(10))
    assert time.monotonic() - begun < 4
    mongo.silent.clear()
    with_retries(sink, items(10))
    assert len(mongo.documents) == 10


def test_single_documents(mongo: WireMongo, sink: Sender) -> None:
    sent = items(6)
    bad = {
        sent[1].key: {"code": 121, "errmsg": "Document failed validation"},
        sent[4].key: {"code": 112, "errmsg": "Write conflict"},
    }
    mongo.of_document = lambda document: bad.get(document["_id"])
    with pytest.raises(PartlyTaken) as caught:
        sink.send(sent)
    assert list(caught.value.refused) == [1] and caught.value.again == [4]
    assert "failed validation" in caught.value.refused[1]
    assert len(mongo.documents) == 4


def test_another_unique_index_refuses(mongo: WireMongo, sink: Sender) -> None:
    """That is not the same event again."""
    mongo.of_document = lambda document: {
        "code": 11000,
        "keyPattern": {"event_id": 1},
        "errmsg": "E11000 duplicate key error index: event_id_1",
    }
    with pytest.raises(PartlyTaken) as caught:
        sink.send(items(2))
    assert sorted(caught.value.refused) == [0, 1]


def test_not_written_for_good(mongo: WireMongo, sink: Sender) -> None:
    mongo.write_concern_error = {"code": 64, "errmsg": "waiting for replication timed out"}
    with pytest.raises(TryAgain, match="for good"):
        sink.send(items(3))
    mongo.write_concern_error = None
    sink.send(items(3))
    assert len(mongo.documents) == 3


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        (13, "Unauthorized", Broken),
        (18, "AuthenticationFailed", Broken),
        (73, "InvalidNamespace", Broken),
        (10107, "NotWritablePrimary", TryAgain),
        (91, "ShutdownInProgress", TryAgain),
        (14031, "OutOfDiskSpace", TryAgain),
        (50, "MaxTimeMSExpired", TryAgain),
    ],
)
def test_commands_that_fail(
    mongo: WireMongo, sink: Sender, code: int, name: str, expected: type[Exception]
) -> None:
    mongo.of_command = {"code": code, "codeName": name, "errmsg": "for a reason"}
    with pytest.raises(expected) as caught:
        sink.send(items(2))
    assert type(caught.value) is expected and "for a reason" in str(caught.value)
    mongo.of_command = None
    with_retries(sink, items(2))
    assert len(mongo.documents) == 2


def test_what_is_too_large(mongo: WireMongo, sink: Sender) -> None:
    with pytest.raises(Refused, match="too large"):
        sink.send([item(0, "m" * 17_000_000), item(1)])


def test_texts_times_and_numbers(mongo: WireMongo, sink: Sender) -> None:
    sink.send([item(number, text) for number, text in enumerate(NASTY.values())])
    sink.send([item(90, first_time=-62_135_596_800_000, last_time=253_402_300_799_999, count=2**63)])
    sink.send([item(91, "m" * 1_500_000)])
    assert len(mongo.documents) == len(NASTY) + 2
    found = mongo.documents[item(90).key]
    assert (found["first_occurrence_time"].year, found["last_occurrence_time"].year) == (1, 9999)
    assert mongo.documents[item(5).key]["message"] == NASTY["templates"]


def test_the_line_of_kube_eventer() -> None:
    assert not problems([KUBE_EVENTERS])
    found = settings(KUBE_EVENTERS)
    assert found.url == KUBE_EVENTERS.removeprefix("mongo:?")
    assert "123456" not in found.shown_whole


def test_an_option_that_only_other_drivers_have() -> None:
    assert not problems(["mongo:?mongodb://h/?connect=direct"])


@pytest.mark.parametrize(
    "address",
    [
        "mongo:",
        "mongo:?http://h/",
        "mongo:?mongodb://me:geheim-1234@:x/",
        "mongo:?mongodb://h/?w=geheim:1234&tls=perhaps",
    ],
)
def test_wrong_addresses_are_told_without_the_password(address: str) -> None:
    found = problems([address])
    assert len(found) == 1 and "mongo" in found[0].lower() and "geheim" not in found[0]
