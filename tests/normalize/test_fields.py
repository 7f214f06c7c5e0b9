"""Where each field of an event comes from, for core `v1`, `events.k8s.io/v1` and what lies between."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from eventcenter.errors import MalformedEvent
from eventcenter.model import Change, ChangeType, Event
from eventcenter.normalize import MAX_COUNT, normalize

CAPTURES = Path(__file__).parents[1] / "data" / "captures"
RECEIVED = 1_800_000_000_000


def change(**fields: Any) -> Change:
    metadata = {"name": "cart.1", "namespace": "shop", "uid": "u-1", "resourceVersion": "7"}
    return normalize(ChangeType.ADDED, {"metadata": metadata} | fields, received=RECEIVED)


def event(**fields: Any) -> Event:
    return change(**fields).event


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def recorded(name: str) -> list[dict[str, Any]]:
    lines = (CAPTURES / f"{name}-watch.jsonl").read_text().splitlines()
    return [json.loads(line)["object"] for line in lines]


def test_a_complete_core_event() -> None:
    found = event(
        involvedObject={
            "kind": "Pod",
            "namespace": "shop",
            "name": "cart-1",
            "uid": "p-1",
            "apiVersion": "v1",
            "fieldPath": "spec.containers{cart}",
        },
        reason="BackOff",
        message="Back-off restarting\n\tfailed container",
        source={"component": "kubelet", "host": "node-1"},
        firstTimestamp="2026-11-23T06:00:00Z",
        lastTimestamp="2026-11-23T06:05:00Z",
        count=4,
        type="Warning",
        action="Binding",
    )
    assert found == Event(
        uid="u-1",
        level="Warning",
        reason="BackOff",
        kind="Pod",
        namespace="shop",
        name="cart-1",
        object_uid="p-1",
        field_path="spec.containers{cart}",
        message="Back-off restarting\n\tfailed container",
        component="kubelet",
        hostname="node-1",
        count=4,
        first_time=ms("2026-11-23T06:00:00Z"),
        last_time=ms("2026-11-23T06:05:00Z"),
        action="Binding",
        api_version="v1",
    )


def test_the_new_api_tells_the_same_as_the_old_one() -> None:
    """The same events were recorded through both."""
    old = {o["metadata"]["uid"]: o for o in recorded("core-v1")}
    new = {o["metadata"]["uid"]: o for o in recorded("events-k8s-io-v1")}
    both = [uid for uid in old if uid in new and _version(old[uid]) == _version(new[uid])]
    assert len(both) >= 20
    for uid in both:
        pair = [normalize(ChangeType.ADDED, o, received=RECEIVED).event for o in (old[uid], new[uid])]
        assert pair[0] == pair[1]


def _version(obj: dict[str, Any]) -> str:
    return str(obj["metadata"]["resourceVersion"])


def test_the_schedulers_events_have_time_and_component() -> None:
    scheduled = [o for o in recorded("core-v1") if o.get("eventTime") and not o["lastTimestamp"]]
    assert scheduled
    for obj in scheduled:
        found = normalize(ChangeType.ADDED, obj, received=RECEIVED).event
        assert found.component == obj["reportingComponent"] != ""
        assert found.first_time == ms(obj["eventTime"])
        assert found.last_time == ms((obj.get("series") or {}).get("lastObservedTime") or obj["eventTime"])


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (("01", "02", "03", "04"), "01"),
        ((None, "02", "03", "04"), "02"),
        ((None, None, "03", "04"), "03"),
        ((None, None, None, "04"), "04"),
        (("nonsense", "02", "03", "04"), "02"),
        (("0001", "", "03", "04"), "03"),
    ],
)
def test_the_event_time_is_the_first_that_there_is(times: tuple[str | None, ...], expected: str) -> None:
    def time(hour: str | None) -> str | None:
        if hour == "0001":
            return "0001-01-01T00:00:00Z"  # Go's zero time
        return f"2026-11-23T{hour}:00:00Z" if hour and len(hour) == 2 else hour

    series, last, event_time, created = map(time, times)
    found = event(
        series={"lastObservedTime": series, "count": 2},
        lastTimestamp=last,
        eventTime=event_time,
        metadata={"uid": "u", "creationTimestamp": created},
    )
    assert found.last_time == ms(f"2026-11-23T{expected}:00:00Z")


def test_without_any_time_it_is_when_it_was_received() -> None:
    assert (event().first_time, event().last_time) == (RECEIVED, RECEIVED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T06:00:00Z", ms("2026-11-23T06:00:00Z")),
        ("2026-11-23T06:00:00.123456Z", ms("2026-11-23T06:00:00Z") + 123),
        ("2026-11-23T06:00:00.123456789Z", ms("2026-11-23T06:00:00Z") + 123),
        ("2026-11-23T14:00:00+08:00", ms("2026-11-23T06:00:00Z")),
        ("2999-01-01T00:00:00Z", ms("2999-01-01T00:00:00Z")),
        ("1969-12-31T23:59:59Z", RECEIVED),
        ("2026-02-30T00:00:00Z", RECEIVED),
        ("9999-12-31T23:59:59-23:59", RECEIVED),
        ("tomorrow", RECEIVED),
        ("2" * 100_000, RECEIVED),
        (1795415225, RECEIVED),
        ({"seconds": 5}, RECEIVED),
        (True, RECEIVED),
    ],
)
def test_times(text: Any, expected: int) -> None:
    found = event(lastTimestamp=text).last_time
    assert found == expected or (text == "9999-12-31T23:59:59-23:59" and found > RECEIVED)


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({}, 1),
        ({"count": 7}, 7),
        ({"count": 7, "series": {"count": 9}}, 9),
        ({"count": None, "deprecatedCount": 3}, 3),
        ({"count": 0, "deprecatedCount": 3}, 3),
        ({"count": -4}, 1),
        ({"count": "12"}, 1),
        ({"count": True}, 1),
        ({"count": 2.5}, 1),
        ({"count": 10**30}, MAX_COUNT),
        ({"series": [], "count": 2}, 2),
    ],
)
def test_counts(fields: dict[str, Any], count: int) -> None:
    assert event(**fields).count == count


@pytest.mark.parametrize(
    ("fields", "component"),
    [
        ({"source": {"component": "kubelet"}, "reportingComponent": "other"}, "kubelet"),
        ({"source": {}, "reportingComponent": "default-scheduler"}, "default-scheduler"),
        ({"source": None, "reportingController": "cloud/controller"}, "cloud/controller"),
        ({"deprecatedSource": {"component": "kubelet"}, "reportingController": ""}, "kubelet"),
        ({}, ""),
    ],
)
def test_components(fields: dict[str, Any], component: str) -> None:
    assert event(**fields).component == component


def test_an_event_about_a_node_is_on_that_node_and_in_no_namespace() -> None:
    found = event(involvedObject={"kind": "Node", "name": "node-1", "uid": "node-1", "namespace": "default"})
    assert (found.hostname, found.namespace, found.object_uid) == ("node-1", "", "node-1")


def test_the_host_that_reports_about_a_node_is_kept() -> None:
    about = {"kind": "Node", "name": "node-1"}
    assert event(involvedObject=about, source={"host": "node-2"}).hostname == "node-2"


def test_a_cluster_scoped_object_has_no_namespace_although_its_event_has() -> None:
    found = event(involvedObject={"kind": "PersistentVolume", "name": "pv-1"})
    assert found.namespace == ""
    assert found.hostname == ""


@pytest.mark.parametrize("level", ["", None])
def test_without_a_type_it_is_normal(level: str | None) -> None:
    assert event(type=level).level == "Normal"


def test_an_unknown_type_is_kept() -> None:
    assert event(type="Error").level == "Error"


def test_a_missing_uid_is_made_of_namespace_and_name() -> None:
    assert event(metadata={"name": "cart.1", "namespace": "shop"}).uid == "name:shop/cart.1"
    assert event(metadata={"name": "cart.1", "namespace": "shop", "uid": None}).uid == "name:shop/cart.1"


def test_a_uid_that_is_no_uid_is_kept() -> None:
    assert event(metadata={"uid": "../../etc/passwd?x=<b>"}).uid == "../../etc/passwd?x=<b>"
    assert event(metadata={"uid": 17}).uid == "17"


@pytest.mark.parametrize("metadata", [None, {}, [], "text", {"uid": "", "name": None}, {"uid": "\x00"}])
def test_without_uid_and_name_there_is_no_event(metadata: Any) -> None:
    with pytest.raises(MalformedEvent):
        event(metadata=metadata)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\x00b\x1b[0m\x7f\x85", "ab[0m"),
        ("line\nnext\ttab\rreturn", "line\nnext\ttabreturn"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("全角 \U0001f600", "全角 \U0001f600"),
        (12, "12"),
        (True, "true"),
        (["a", 1], '["a", 1]'),
        ({"k": "v\x01"}, '{"k": "v\\u0001"}'),
    ],
)
def test_text_can_be_indexed_and_shown(value: Any, text: str) -> None:
    assert event(message=value).message == text


def test_raw_is_the_object_without_managed_fields() -> None:
    obj = {"metadata": {"uid": "u", "managedFields": [{"manager": "kubelet"}], "labels": {"a": "b"}}, "x": 1}
    before = copy.deepcopy(obj)
    found = normalize(ChangeType.MODIFIED, obj, received=RECEIVED)
    assert found.raw == {"metadata": {"uid": "u", "labels": {"a": "b"}}, "x": 1}
    assert obj == before
    assert found.type is ChangeType.MODIFIED


def test_the_version_is_kept_as_text() -> None:
    assert change().resource_version == "7"
    assert change(metadata={"uid": "u", "resourceVersion": 9}).resource_version == "9"
    assert change(metadata={"uid": "u"}).resource_version == ""


@pytest.mark.parametrize("name", ["core-v1", "events-k8s-io-v1", "kind-core-v1", "ttl-core-v1"])
def test_every_recorded_event_is_complete(name: str) -> None:
    for obj in recorded(name):
        found = normalize(ChangeType.ADDED, obj, received=RECEIVED).event
        assert found.uid == obj["metadata"]["uid"]
        assert all((found.reason, found.kind, found.name, found.message, found.component))
        assert 0 < found.first_time <= found.last_time + 999 and found.last_time != RECEIVED
        assert found.count >= 1
