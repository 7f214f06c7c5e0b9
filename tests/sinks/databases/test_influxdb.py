"""Points as kube-eventer writes them, and InfluxDB's own limits. The faults of HTTP are in `test_http_faults`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sinks.delivery import Broken, Refused, Sender, TryAgain
from tests.sinks.databases.sending import with_retries
from tests.sinks.made import NASTY, NOON, item, items
from tests.sinks.servers.faulty import Answer, FaultyServer

Open = Callable[..., Sender]


def test_a_point_is_what_kube_eventer_writes(influx: Any, table: str, open_sender: Open) -> None:
    open_sender(influx.address(table)).send([item(3)])
    (series,) = influx.query('SELECT * FROM "log/events" GROUP BY *', table)
    assert series["tags"] == {
        "cluster_name": "default",
        "hostname": "node-1",
        "pod_id": "11111111-0000-4000-8000-000000000003",
        "pod_name": "web-3",
        "uid": "00000000-0000-4000-8000-000000000003",
    }
    ((time, value),) = series["values"]
    assert time == (NOON + 3000) * 1_000_000 + item(3).event.seq
    assert json.loads(value) == item(3).raw
    (policy,) = influx.query(f"SHOW RETENTION POLICIES ON {table}", table)[0]["values"]
    assert policy[0] == "default" and policy[-1] is True


def test_a_point_with_fields(influx: Any, table: str, open_sender: Open) -> None:
    open_sender(influx.address(table) + "&withfields=true&cluster_name=prod").send([item(3)])
    (series,) = influx.query('SELECT * FROM "events" GROUP BY *', table)
    assert series["tags"] == {
        "cluster_name": "prod",
        "component": "kubelet",
        "hostname": "node-1",
        "kind": "Pod",
        "namespace_name": "shop",
        "object_name": "web-3",
        "pod_id": "11111111-0000-4000-8000-000000000003",
        "reason": "BackOff",
        "type": "Warning",
        "uid": "00000000-0000-4000-8000-000000000003",
    }
    assert series["values"][0][1] == "Back-off restarting failed container web"


def test_any_text_in_tags(influx: Any, table: str, open_sender: Open) -> None:
    """A line ends at a line break, a tag at a space, a comma or `=`; a backslash at its end would take the next."""
    texts = [*NASTY.values(), "ends in \\", "a=b,c d", " ", "\\,", 'x"y', "#no comment", "\\\n"]
    texts = [text[:500] for text in texts]
    sent = [item(number, reason=text, component=text) for number, text in enumerate(texts)]
    open_sender(influx.address(table) + "&withfields=true").send(sent)
    (found,) = influx.query("SELECT uid, reason FROM events", table)
    assert sorted(uid for _, uid, _ in found["values"]) == [one.event.uid for one in sent]
    reasons = {uid: reason for _, uid, reason in found["values"]}
    for one, text in zip(sent, texts, strict=True):
        kept = text.replace("\n", " ").replace("\ud83d", "\ufffd").rstrip("\\")
        assert (reasons[one.event.uid] or "") == kept


def test_the_database_is_dropped(influx: Any, table: str, open_sender: Open) -> None:
    sink = open_sender(influx.address(table))
    sink.send(items(1))
    influx.query(f"DROP DATABASE {table}")
    with pytest.raises(TryAgain, match="not found"):
        sink.send(items(3))
    sink.send(items(3))
    assert len(influx.rows(table)) == 3


def test_a_database_that_is_there_with_another_policy(influx: Any, table: str, open_sender: Open) -> None:
    influx.query(f"CREATE DATABASE {table}")
    open_sender(influx.address(table)).send(items(3))
    assert len(influx.query('SELECT value FROM "default"."log/events"', table)[0]["values"]) == 3


def test_a_limit_of_the_server(influx: Any, table: str, open_sender: Open) -> None:
    """Nothing is thrown away because of it, and the uid need not be a tag."""
    influx.stop()
    influx.write_config(**{"max-values-per-tag": 10})
    influx.start()
    try:
        sink = open_sender(influx.address(table))
        with pytest.raises(Broken, match="max-values-per-tag") as caught:
            sink.send(items(20))
        assert "uid=field" in caught.value.hint
        open_sender(influx.address(table) + "&uid=field&withfields=true").send(
            [item(number, name="web", object_uid="u") for number in range(20)]
        )
        (found,) = influx.query("SELECT uid FROM events", table)
        assert len({uid for _, uid in found["values"]}) == 20
    finally:
        influx.stop()
        influx.write_config()
        influx.start()
    with_retries(sink, items(20))
    assert len(influx.rows(table)) == 20


def test_what_is_older_than_is_kept(influx: Any, table: str, open_sender: Open) -> None:
    influx.query(f'CREATE DATABASE {table} WITH DURATION 1h NAME "default"')
    with pytest.raises(Refused, match="retention policy"):
        open_sender(influx.address(table)).send(items(1))


def test_version_2(open_sender: Open) -> None:
    with FaultyServer(Answer(204, b"")) as server:
        open_sender(f"influxdb:{server.url}/?token=geheim-1234&org=ops&bucket=events&withfields=true").send(
            [item(0)]
        )
        (request,) = server.requests
        assert (request.path, request.headers["authorization"]) == ("/api/v2/write", "Token geheim-1234")
        assert request.query == {"org": "ops", "bucket": "events", "precision": "ns"}
        server.script(Answer(404, {"code": "not found", "message": 'bucket "events" not found'}))
        with pytest.raises(Broken, match="bucket"):
            open_sender(f"influxdb:{server.url}/?token=geheim-1234&org=ops&bucket=events").send([item(0)])


def test_an_account_that_may_only_write(open_sender: Open) -> None:
    def answer(request: Any) -> Answer:
        return Answer(403, {"error": "not allowed"}) if request.path == "/query" else Answer(204, b"")

    with FaultyServer(answer) as server:
        sink = open_sender(f"influxdb:{server.url}?user=me&pw=geheim-1234")
        sink.send(items(1))
        sink.send(items(1))
        assert [request.path for request in server.requests] == ["/query", "/write", "/write"]
        assert server.requests[1].headers["authorization"].startswith("Basic ")
