from __future__ import annotations

from typing import Any

import pytest

from npd.model import Event, PodRef, Severity
from npd.report.api import Answer, Unreachable
from npd.report.events import EventReporter, Fallback
from npd.report.objects import CONTAINER_ID, OOM_REASON
from npd.report.pods import PodResolver
from npd.report.sending import Sending
from npd.report.tally import Tally
from tests.npd.report.fake_api import NODE, NODE_UID, Clock, FakeApi, pod, refusal

UID = "0f3a5a4e-91c2-4d75-8d4c-5a1b8c5a1a01"
RAN = "a1" * 32


class Reporter:
    def __init__(self, fallback: Fallback | None = None, api: FakeApi | None = None) -> None:
        self.clock = Clock()
        self.api = api or FakeApi()
        self.tally = Tally()
        sending = Sending(self.api, NODE, "default", lambda: NODE_UID, self.tally)
        resolver = PodResolver(self.api, NODE, self.tally, clock=self.clock)
        self.events = EventReporter(
            sending, resolver, NODE, self.tally, clock=self.clock, wall=self.clock, fallback=fallback
        )

    def take(self, event: Event, source: str = "kernel-monitor") -> None:
        self.events.take(source, event)

    def run(self, seconds: float) -> None:
        """As the thread does: steps, and waits as long as they say."""
        until = self.clock.now + seconds
        while self.clock.now < until:
            self.clock.now += min(max(self.events.step(), 0.05), until - self.clock.now)
        self.events.step()


def hung(message: str = "task java:42 blocked for more than 120 seconds.", **fields: Any) -> Event:
    return Event(Severity.WARN, 1_700_000_000.7, "TaskHung", message, **fields)


def oom(container_id: str = RAN, uid: str = UID, time: float = 1_700_000_000.0, pid: int = 7) -> Event:
    message = f"Container {container_id[:12]} was OOM killed on node {NODE}: process java (pid {pid}, RSS 20.0 MiB)."
    ref = PodRef(uid, container_id)
    annotations = {CONTAINER_ID: container_id} if container_id else {}
    return Event(Severity.WARN, time, OOM_REASON, message, pod=ref, annotations=annotations)


@pytest.fixture
def reporter() -> Reporter:
    return Reporter()


def only(api: FakeApi) -> dict[str, Any]:
    (event,) = api.events.values()
    return event


def test_an_event_about_the_node_has_the_time_and_the_text_of_the_line(reporter: Reporter) -> None:
    reporter.take(hung("over 90% of 100%: %d %s"))
    reporter.run(1)
    event = only(reporter.api)
    assert event["involvedObject"] == {"kind": "Node", "name": NODE, "uid": NODE_UID, "apiVersion": "v1"}
    assert event["metadata"]["namespace"] == "default"
    assert event["metadata"]["name"].startswith(f"{NODE}.")
    assert event["source"] == {"component": "kernel-monitor", "host": NODE}
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2023-11-14T22:13:20Z"
    assert (event["type"], event["reason"], event["count"]) == ("Warning", "TaskHung", 1)
    assert event["message"] == "over 90% of 100%: %d %s"


def test_the_same_again_counts_up(reporter: Reporter) -> None:
    for _ in range(5):
        reporter.take(hung())
        reporter.run(10)
    assert only(reporter.api)["count"] == 5
    assert next(method for method, _ in reporter.api.writes()) == "POST"
    assert {method for method, _ in reporter.api.writes()[1:]} == {"PATCH"}


def test_different_messages_are_different_events(reporter: Reporter) -> None:
    for number in range(8):
        reporter.take(hung(f"task java:{number} blocked for more than 120 seconds."))
    reporter.run(1)
    assert len(reporter.api.events) == 8


def test_a_flood_is_bounded_and_nothing_of_it_is_lost(reporter: Reporter) -> None:
    """500 kills of one container in ten seconds, each told about the node and about the Pod."""
    reporter.api.pods = [pod("cart-1", UID, RAN)]
    for number in range(500):
        line = f"Memory cgroup out of memory: Killed process {number} (java)"
        reporter.take(Event(Severity.WARN, reporter.clock.now, "OOMKilling", line))
        reporter.take(oom(time=reporter.clock.now, pid=number))
        reporter.run(0.02)
    reporter.run(120)
    by_reason = {"OOMKilling": 0, OOM_REASON: 0}
    for event in reporter.api.events.values():
        by_reason[event["reason"]] += event["count"]
    assert by_reason == {"OOMKilling": 500, OOM_REASON: 500}
    assert len(reporter.api.writes()) <= 30
    assert (reporter.tally.sent, reporter.tally.dropped, reporter.tally.buffered) == (1000, 0, 0)
    assert any(
        event["message"].startswith("(combined from similar events): ")
        for event in reporter.api.events.values()
    )


def test_a_flood_of_one_kind_does_not_hold_up_another(reporter: Reporter) -> None:
    for number in range(300):
        reporter.take(Event(Severity.WARN, reporter.clock.now, "OOMKilling", f"Killed process {number}"))
        reporter.run(0.05)
    reporter.take(hung())
    reporter.run(0.5)
    assert [event["message"] for event in reporter.api.events.values() if event["reason"] == "TaskHung"]


def test_events_wait_while_the_server_is_away(reporter: Reporter) -> None:
    def away(method: str, path: str) -> Answer | None:
        raise Unreachable("connection refused")

    reporter.api.trouble = away
    for _ in range(40):
        reporter.take(hung())
    reporter.take(hung("another"))
    reporter.run(600)
    assert len(reporter.api.asked) < 40, "it backs off"
    assert reporter.tally.buffered == 41 and reporter.tally.errors["event"]
    reporter.api.trouble = lambda method, path: None
    reporter.run(60)
    assert reporter.api.occurrences() == 41 and reporter.tally.dropped == 0


def test_the_buffer_is_bounded_and_what_it_drops_is_counted() -> None:
    reporter = Reporter()
    reporter.api.trouble = lambda method, path: refusal(503, "away")
    for number in range(1000):
        reporter.take(Event(Severity.WARN, 1.0, f"Reason{number}", "x"))
    assert reporter.tally.dropped == 500 and reporter.tally.buffered == 500


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_lost_answer_counts_nothing_twice(reporter: Reporter, lost: int) -> None:
    reporter.api.pods = [pod("cart-1", UID, RAN)]
    reporter.api.lose_answers = lost
    reporter.take(oom())
    reporter.run(120)
    assert only(reporter.api)["count"] == 1
    reporter.api.lose_answers = lost
    reporter.take(oom(pid=8))
    reporter.run(120)
    assert only(reporter.api)["count"] == 2


def test_an_event_that_the_cluster_has_forgotten_is_made_anew(reporter: Reporter) -> None:
    reporter.take(hung())
    reporter.run(60)
    reporter.api.events.clear()
    reporter.take(hung())
    reporter.run(60)
    assert only(reporter.api)["count"] == 1


def test_an_oom_kill_is_an_event_of_the_exact_pod(reporter: Reporter) -> None:
    reporter.api.pods = [pod("other", "another-uid", "ff" * 32), pod("cart-1", UID, "bb" * 32, last_id=RAN)]
    reporter.take(oom())
    reporter.run(1)
    event = only(reporter.api)
    assert event["involvedObject"] == {
        "kind": "Pod",
        "namespace": "shop",
        "name": "cart-1",
        "uid": UID,
        "apiVersion": "v1",
        "fieldPath": "spec.containers{app}",
    }
    assert event["metadata"]["namespace"] == "shop"
    assert event["metadata"]["name"] == f"cart-1.oom-{RAN[:16]}"
    assert event["metadata"]["annotations"] == {CONTAINER_ID: RAN}
    assert event["message"].startswith(f"Container app was OOM killed on node {NODE}: process java")
    assert event["source"]["host"] == NODE


def test_an_agent_that_was_restarted_meets_its_own_event(reporter: Reporter) -> None:
    reporter.api.pods = [pod("cart-1", UID, RAN)]
    reporter.take(oom())
    reporter.run(1)
    again = Reporter(api=reporter.api)
    again.take(oom(time=1_700_000_100.0, pid=9))
    again.run(1)
    event = only(reporter.api)
    assert (event["count"], event["lastTimestamp"]) == (2, "2023-11-14T22:15:00Z")


def test_a_static_pod_is_found_by_its_hash(reporter: Reporter) -> None:
    hashed = "0123456789abcdef0123456789abcdef"
    annotations = {"kubernetes.io/config.hash": hashed}
    reporter.api.pods = [pod("etcd-node-1", "mirror-uid", RAN, annotations=annotations)]
    reporter.take(oom(uid=hashed))
    reporter.run(1)
    assert only(reporter.api)["involvedObject"]["uid"] == "mirror-uid"


def test_a_container_that_the_kubelet_tells_of_late_is_waited_for(reporter: Reporter) -> None:
    reporter.api.pods = [pod("cart-1", UID, "bb" * 32)]
    reporter.take(oom())
    reporter.run(1.5)
    assert not reporter.api.events
    reporter.api.pods = [pod("cart-1", UID, RAN)]
    reporter.run(3)
    assert only(reporter.api)["involvedObject"]["fieldPath"] == "spec.containers{app}"


def test_a_pod_that_is_gone_is_remembered(reporter: Reporter) -> None:
    reporter.api.pods = [pod("cart-1", UID, RAN)]
    reporter.take(oom())
    reporter.run(30)
    reporter.api.pods = []
    reporter.take(oom(container_id="cc" * 32))
    reporter.run(30)
    assert {event["involvedObject"]["name"] for event in reporter.api.events.values()} == {"cart-1"}


def test_an_unknown_pod_is_told_of_the_node_with_its_uid(reporter: Reporter) -> None:
    reporter.take(oom())
    reporter.run(30)
    event = only(reporter.api)
    assert event["involvedObject"]["kind"] == "Node" and UID in event["message"]
    lists = [one for one in reporter.api.asked if one[1] == "/api/v1/pods"]
    assert 1 <= len(lists) <= 5


def test_what_is_forbidden_goes_to_the_store_and_comes_back_with_the_rights() -> None:
    stored: list[dict[str, Any]] = []
    reporter = Reporter(stored.append)
    reporter.api.trouble = lambda method, path: refusal(403, "events is forbidden")
    reporter.take(hung())
    reporter.run(5)
    reporter.take(hung())
    reporter.run(60)
    assert [(event["count"], event["message"]) for event in stored] == [
        (1, hung().message),
        (2, hung().message),
    ]
    assert len({event["metadata"]["uid"] for event in stored}) == 1
    assert reporter.tally.fallen_back == 2 and "may not write events" in reporter.tally.troubles()["event"]
    reporter.api.trouble = lambda method, path: None
    reporter.take(hung())
    reporter.run(60)
    assert only(reporter.api)["count"] == 1 and len(stored) == 2


def test_what_is_forbidden_waits_where_there_is_no_store(
    reporter: Reporter, caplog: pytest.LogCaptureFixture
) -> None:
    reporter.api.trouble = lambda method, path: refusal(403, "events is forbidden")
    reporter.take(hung())
    reporter.run(600)
    assert len([record for record in caplog.records if "may not write events" in record.message]) == 1
    reporter.api.trouble = lambda method, path: None
    reporter.run(120)
    assert only(reporter.api)["count"] == 1


def test_an_event_that_is_never_accepted_does_not_hold_up_the_others(reporter: Reporter) -> None:
    reporter.api.trouble = lambda method, path: (
        refusal(422, "invalid") if len(reporter.api.asked) == 1 else None
    )
    reporter.take(hung("bad"))
    reporter.take(hung("good"))
    reporter.run(10)
    assert only(reporter.api)["message"] == "good"
    assert reporter.tally.dropped == 1 and reporter.tally.sent == 1


def test_the_end_tells_what_waits(reporter: Reporter) -> None:
    for number in range(30):
        reporter.take(Event(Severity.WARN, 1.0, f"Reason{number}", "x"))
    reporter.events.step()
    assert len(reporter.api.events) < 30
    reporter.events.flush(2.0)
    assert len(reporter.api.events) == 30 and reporter.tally.dropped == 0
