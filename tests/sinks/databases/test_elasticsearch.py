"""Bulk requests: the documents of kube-eventer, results of single documents, nodes that fail. The faults of HTTP itself
are in `test_http_faults`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sinks.configuring import problems
from sinks.delivery import Broken, PartlyTaken, Refused, Sender, TryAgain
from tests.sinks.made import item, items, settings
from tests.sinks.servers.elastic import Elastic
from tests.sinks.servers.faulty import Answer, FaultyServer

Open = Callable[..., Sender]


@pytest.fixture
def elastic() -> Elastic:
    return Elastic()


@pytest.fixture
def server(elastic: Elastic) -> Iterator[FaultyServer]:
    with FaultyServer(elastic) as running:
        yield running


@pytest.fixture
def sink(server: FaultyServer, open_sender: Open) -> Sender:
    return open_sender(f"elasticsearch:{server.url}")


def test_a_document_is_what_kube_eventer_writes(elastic: Elastic, sink: Sender) -> None:
    one = item(3)
    sink.send([one])
    assert elastic.indexes == {
        "heapster-2025.12.25": {
            one.key: {
                "Count": 3,
                "Metadata": one.raw["metadata"],
                "InvolvedObject": one.raw["involvedObject"],
                "Source": {"component": "kubelet", "host": "node-1"},
                "FirstOccurrenceTimestamp": "2025-12-25T12:00:03Z",
                "LastOccurrenceTimestamp": "2025-12-25T12:00:03Z",
                "Message": "Back-off restarting failed container web",
                "Reason": "BackOff",
                "Type": "Warning",
                "EventTags": {
                    "eventID": one.event.uid,
                    "cluster_name": "default",
                    "hostname": "node-1",
                    "pod_id": "11111111-0000-4000-8000-000000000003",
                    "pod_name": "web-3",
                },
            }
        }
    }
    assert elastic.aliases == {"heapster-events": {"heapster-2025.12.25"}}


def test_what_is_sent_again_is_there_once(elastic: Elastic, server: FaultyServer, sink: Sender) -> None:
    """The answer got lost: everything was taken."""
    sent = items(50)
    server.script(
        Answer(200, {"version": {"number": "8.15.0"}}),
        lambda request: (elastic(request), Answer(how="reset"))[1],
    )
    with pytest.raises(TryAgain):
        sink.send(sent[:40])
    assert len(elastic.documents) == 40
    sink.send(sent)
    assert len(elastic.documents) == 50


def test_each_day_has_its_index(elastic: Elastic, sink: Sender) -> None:
    day = 86_400_000
    sink.send([item(number, last_time=1_766_664_000_000 + number * day) for number in range(3)])
    sink.send([item(9, last_time=-62_135_596_800_000), item(10, last_time=253_402_300_799_999)])
    assert sorted(elastic.indexes) == [
        "heapster-0001.01.01", "heapster-2025.12.25", "heapster-2025.12.26", "heapster-2025.12.27",
        "heapster-9999.12.31",
    ]  # fmt: skip


def test_options(elastic: Elastic, server: FaultyServer, open_sender: Open) -> None:
    open_sender(
        f"elasticsearch:{server.url}?index=events&cluster_name=prod&pipeline=geo&use_namespace=true"
        "&maxRetries=3&healthCheck=false&sniff=0&startupHealthcheckTimeout=5&bulkWorkers=7&ver=7"
        "&esUserName=me&esUserSecret=geheim-1234"
    ).send([item(0)])
    (name,) = elastic.indexes
    assert (name, elastic.pipelines) == ("events-shop-2025.12.25", ["geo"])
    assert elastic.documents[0]["EventTags"]["cluster_name"] == "prod"
    assert all(request.headers["authorization"].startswith("Basic ") for request in server.requests)


def test_an_api_key(server: FaultyServer, open_sender: Open) -> None:
    open_sender(f"elasticsearch:{server.url}?apiKey=a2V5LTEyMzQ=").send([item(0)])
    assert {request.headers["authorization"] for request in server.requests} == {"ApiKey a2V5LTEyMzQ="}


@pytest.mark.parametrize(
    ("version", "distribution"),
    [("2.4.6", ""), ("5.6.16", ""), ("6.8.23", ""), ("7.17.0", ""), ("9.1.0", ""), ("2.11.0", "opensearch")],
)
def test_versions(open_sender: Open, version: str, distribution: str) -> None:
    """Whatever the address says: a cluster that was upgraded since then tells so."""
    elastic = Elastic(version, distribution=distribution)
    with FaultyServer(elastic) as server:
        open_sender(f"elasticsearch:{server.url}?ver=6").send(items(2))
    assert len(elastic.documents) == 2


def test_whoever_may_not_ask_for_the_version_says_it(open_sender: Open) -> None:
    for version in ("5.6.16", "8.15.0"):
        elastic = Elastic(version)
        elastic.may_ask = False
        with FaultyServer(elastic) as server:
            open_sender(f"elasticsearch:{server.url}?ver={version[0]}").send(items(2))
        assert len(elastic.documents) == 2


def test_single_documents(elastic: Elastic, sink: Sender) -> None:
    """Two are refused for good, one comes too fast: the others are taken."""
    sink.send(items(1))
    sent = items(10)[1:]

    def fault(index: str, document: dict[str, Any]) -> tuple[int, str, str] | None:
        uid = document["EventTags"]["eventID"]
        if uid in (sent[2].event.uid, sent[7].event.uid):
            return 400, "mapper_parsing_exception", "failed to parse field [Count]"
        if uid == sent[4].event.uid:
            return 429, "es_rejected_execution_exception", "queue capacity"
        return None

    elastic.fault = fault
    with pytest.raises(PartlyTaken) as caught:
        sink.send(sent)
    assert sorted(caught.value.refused) == [2, 7] and caught.value.again == [4]
    assert "failed to parse field [Count]" in caught.value.refused[2]
    assert len(elastic.documents) == 1 + 6


def test_a_mapping_that_does_not_fit(elastic: Elastic, sink: Sender) -> None:
    sink.send(items(1))
    elastic.mappings["heapster-2025.12.25"]["Count"] = str
    with pytest.raises(PartlyTaken) as caught:
        sink.send(items(3))
    assert sorted(caught.value.refused) == [1, 2]


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (429, "es_rejected_execution_exception", TryAgain),
        (429, "cluster_block_exception", TryAgain),
        (403, "cluster_block_exception", TryAgain),
        (503, "unavailable_shards_exception", TryAgain),
        (500, "process_cluster_event_timeout_exception", TryAgain),
        (403, "security_exception", Broken),
        (404, "index_not_found_exception", Broken),
        (400, "invalid_index_name_exception", Broken),
    ],
)
def test_an_index_that_takes_nothing(
    elastic: Elastic, sink: Sender, status: int, kind: str, expected: type[Exception]
) -> None:
    elastic.fault = lambda index, document: (status, kind, "for a reason")
    with pytest.raises(expected) as caught:
        sink.send(items(5))
    assert type(caught.value) is expected and "for a reason" in str(caught.value)
    elastic.fault = lambda index, document: None
    sink.send(items(5))
    assert len(elastic.documents) == 5


def test_a_red_index_beside_a_green_one(elastic: Elastic, sink: Sender) -> None:
    elastic.fault = lambda index, document: (
        (503, "unavailable_shards_exception", "primary shard is not active") if index.endswith("25") else None
    )
    sent = [item(0), item(1, last_time=1_766_750_400_000)]
    with pytest.raises(PartlyTaken) as caught:
        sink.send(sent)
    assert (caught.value.refused, caught.value.again) == ({}, [0])


def test_what_is_too_much_at_once(elastic: Elastic, server: FaultyServer, sink: Sender) -> None:
    """The delivery loop halves what is refused."""
    elastic.most_bytes = 20_000
    with pytest.raises(Refused, match="413"):
        sink.send(items(50))
    sink.send(items(5))
    before = len(server.requests)
    with pytest.raises(Refused, match="8 MB"):
        sink.send([item(number, "m" * 1_500_000) for number in range(6)])
    assert len(server.requests) == before


def test_the_next_node_is_asked(elastic: Elastic, open_sender: Open) -> None:
    with FaultyServer(elastic) as first, FaultyServer(elastic) as second:
        sink = open_sender(f"elasticsearch:?nodes={first.url}&nodes={second.url}")
        sink.send(items(1))
        assert not second.requests
        first.die()
        sink.send(items(2))
        sink.send(items(3))
        assert len(elastic.documents) == 3
        second.die()
        with pytest.raises(TryAgain):
            sink.send(items(4))
        first.come_back()
        sink.send(items(4))
    assert len(elastic.documents) == 4


def test_a_node_that_says_it_is_overloaded(elastic: Elastic, open_sender: Open) -> None:
    with FaultyServer(elastic) as first, FaultyServer(elastic) as second:
        sink = open_sender(f"elasticsearch:?nodes={first.url}&nodes={second.url}")
        sink.send(items(1))
        first.script(Answer(503, "no master"))
        sink.send(items(2))
    assert len(elastic.documents) == 2


def test_an_alias_that_may_not_be_made_stops_nothing(
    elastic: Elastic, server: FaultyServer, sink: Sender
) -> None:
    def without_alias(request: Any) -> Answer:
        return Answer(403, {"error": "no"}) if "_alias" in request.path else elastic(request)

    server.usual = without_alias
    sink.send(items(3))
    sink.send(items(4))
    assert len(elastic.documents) == 4
    assert sum("_alias" in request.path for request in server.requests) == 1


@pytest.mark.parametrize(
    "address",
    ["elasticsearch:", "elasticsearch:http://h:9200?index=Upper", "elasticsearch:http://h:9200?ver=1",
     "elasticsearch:?nodes=h:9200"],
)  # fmt: skip
def test_wrong_addresses(address: str) -> None:
    assert len(problems([address])) >= 1


def test_passwords_in_nodes_are_hidden() -> None:
    found = settings("elasticsearch:?nodes=http://me:geheim-1234@h:9200&nodes=http://i:9200")
    assert "geheim" not in found.shown_whole
    assert "geheim" not in found.hide("http://me:geheim-1234@h:9200")
