from __future__ import annotations

from typing import Any

import pytest

from npd.model import Condition, Truth
from npd.report.api import Answer, Unreachable
from npd.report.conditions import OWNED, NodeConditions
from npd.report.tally import Tally
from npd.report.times import written
from tests.npd.report.fake_api import NODE, NODE_UID, Clock, FakeApi, refusal

READY = {"type": "Ready", "status": "True", "reason": "KubeletReady"}


def deadlock(status: Truth = "False", since: float = 999_000.0, message: str = "fine") -> Condition:
    return Condition(
        "KernelDeadlock", status, since, "DockerHung" if status == "True" else "NoDeadlock", message
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api() -> FakeApi:
    return FakeApi(conditions={"Ready": dict(READY)})


def keeper(
    api: FakeApi, clock: Clock, declared: tuple[str, ...] = ("KernelDeadlock",), **more: Any
) -> NodeConditions:
    return NodeConditions(api, NODE, declared, Tally(), clock=clock, wall=clock, **more)


def test_a_change_is_patched_at_once_with_its_own_transition_time(api: FakeApi, clock: Clock) -> None:
    conditions = keeper(api, clock)
    conditions.take("kernel-monitor", [deadlock()])
    conditions.step()
    conditions.take("kernel-monitor", [deadlock("True", clock.now + 5, "task docker:1 blocked")])
    clock.now += 7
    conditions.step()
    assert api.conditions["KernelDeadlock"] == {
        "type": "KernelDeadlock",
        "status": "True",
        "reason": "DockerHung",
        "message": "task docker:1 blocked",
        "lastTransitionTime": written(clock.now - 2),
        "lastHeartbeatTime": written(clock.now),
    }
    assert api.conditions["Ready"] == READY
    assert conditions.node_uid == NODE_UID


def test_nothing_new_is_written_but_the_heartbeat(api: FakeApi, clock: Clock) -> None:
    conditions = keeper(api, clock)
    conditions.take("kernel-monitor", [deadlock()])
    for _ in range(299):
        conditions.step()
        conditions.take("kernel-monitor", [deadlock()])
        clock.now += 1
    assert len(api.writes()) == 1
    clock.now += 1
    conditions.step()
    assert len(api.writes()) == 2
    assert api.conditions["KernelDeadlock"]["lastHeartbeatTime"] == written(clock.now)


def test_a_failed_patch_is_repeated_after_ten_seconds(api: FakeApi, clock: Clock) -> None:
    conditions = keeper(api, clock)
    conditions.take("kernel-monitor", [deadlock()])
    api.trouble = lambda method, path: refusal(500, "etcd is away") if method == "PATCH" else None
    assert conditions.step() == pytest.approx(10)
    clock.now += 9
    conditions.step()
    assert len(api.writes()) == 1
    api.trouble = lambda method, path: None
    clock.now += 1
    conditions.step()
    assert api.conditions["KernelDeadlock"]["status"] == "False"


def test_a_lost_connection_keeps_the_change(api: FakeApi, clock: Clock) -> None:
    def away(method: str, path: str) -> Answer | None:
        raise Unreachable("connection refused")

    conditions = keeper(api, clock)
    conditions.take("kernel-monitor", [deadlock("True")])
    api.trouble = away
    conditions.step()
    api.trouble = lambda method, path: None
    clock.now += 10
    conditions.step()
    assert api.conditions["KernelDeadlock"]["status"] == "True"


def test_what_somebody_else_changed_is_set_right(api: FakeApi, clock: Clock) -> None:
    conditions = keeper(api, clock)
    conditions.take("kernel-monitor", [deadlock("True")])
    conditions.step()
    api.conditions["KernelDeadlock"] |= {"status": "False", "reason": "Tampered"}
    clock.now += 60
    conditions.step()
    assert api.conditions["KernelDeadlock"]["reason"] == "DockerHung"
    del api.conditions["KernelDeadlock"]
    clock.now += 60
    conditions.step()
    assert api.conditions["KernelDeadlock"]["status"] == "True"


def test_a_restart_is_no_transition(api: FakeApi, clock: Clock) -> None:
    first = keeper(api, clock)
    first.take("kernel-monitor", [deadlock(since=900_000.0)])
    first.step()
    clock.now += 3600
    second = keeper(api, clock)
    second.take("kernel-monitor", [deadlock(since=clock.now)])
    second.step()
    assert api.conditions["KernelDeadlock"]["lastTransitionTime"] == written(900_000.0)
    second.take("kernel-monitor", [deadlock("True", since=clock.now + 1)])
    second.step()
    second.take("kernel-monitor", [deadlock("False", since=clock.now + 2)])
    second.step()
    assert api.conditions["KernelDeadlock"]["lastTransitionTime"] == written(clock.now + 2)


def test_conditions_of_a_removed_rule_go_and_foreign_ones_stay(api: FakeApi, clock: Clock) -> None:
    before = keeper(api, clock, ("KernelDeadlock", "OldRule"))
    before.take("kernel-monitor", [deadlock(), Condition("OldRule", "True", 1.0, "Old", "old")])
    before.step()
    assert set(api.conditions) == {"Ready", "KernelDeadlock", "OldRule"}
    api.conditions["FromAnotherTool"] = {"type": "FromAnotherTool", "status": "True"}
    after = keeper(api, clock)
    after.take("kernel-monitor", [deadlock()])
    after.step()
    assert set(api.conditions) == {"Ready", "KernelDeadlock", "FromAnotherTool"}
    assert api.annotations[OWNED] == "KernelDeadlock"


def test_the_last_condition_goes_too(api: FakeApi, clock: Clock) -> None:
    before = keeper(api, clock)
    before.take("kernel-monitor", [deadlock()])
    before.step()
    keeper(api, clock, ()).step()
    assert set(api.conditions) == {"Ready"}


def test_a_declared_condition_that_is_not_told_yet_stays(api: FakeApi, clock: Clock) -> None:
    before = keeper(api, clock)
    before.take("kernel-monitor", [deadlock("True")])
    before.step()
    after = keeper(api, clock)
    after.step()
    assert api.conditions["KernelDeadlock"]["status"] == "True"


def test_switched_off_nothing_is_written_and_the_uid_is_known(api: FakeApi, clock: Clock) -> None:
    conditions = keeper(api, clock, write=False)
    conditions.take("kernel-monitor", [deadlock()])
    assert conditions.step() > 1
    assert not api.writes() and conditions.node_uid == NODE_UID


def test_without_rights_it_says_so_once(api: FakeApi, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    conditions = keeper(api, clock)
    conditions.take("kernel-monitor", [deadlock()])
    api.trouble = lambda method, path: refusal(403, "forbidden") if method == "PATCH" else None
    for _ in range(3):
        clock.now += conditions.step()
    assert len(api.writes()) >= 2
    assert [record.message for record in caplog.records if "patch the status" in record.message] == [
        caplog.records[0].message
    ]
    assert "deploy/npd/rbac.yaml" in caplog.records[0].message


def test_it_waits_when_there_is_nothing_to_keep(api: FakeApi, clock: Clock) -> None:
    conditions = keeper(api, clock, ())
    assert conditions.step() >= 30


def test_two_sources_of_one_condition_do_not_hide_each_other(api: FakeApi, clock: Clock) -> None:
    conditions = keeper(api, clock)
    conditions.take("kernel-monitor", [deadlock("True")])
    conditions.take("node-checks", [deadlock("False")])
    conditions.step()
    assert api.conditions["KernelDeadlock"]["status"] == "True"
    conditions.take("kernel-monitor", [deadlock("False", since=clock.now)])
    conditions.step()
    assert api.conditions["KernelDeadlock"]["status"] == "False"


def test_events_have_to_wait_for_the_uid_until_it_is_known_or_refused(api: FakeApi, clock: Clock) -> None:
    def away(method: str, path: str) -> Answer | None:
        raise Unreachable("connection refused")

    api.trouble = away
    conditions = keeper(api, clock)
    assert conditions.step() <= 2 and not conditions.identified
    api.trouble = lambda method, path: refusal(403, "forbidden")
    clock.now += 2
    conditions.step()
    assert conditions.identified


def test_rights_that_come_a_moment_later_are_used_soon(api: FakeApi, clock: Clock) -> None:
    conditions = keeper(api, clock)
    conditions.take("kernel-monitor", [deadlock()])
    api.trouble = lambda method, path: refusal(403, "forbidden")
    assert conditions.step() <= 15
    api.trouble = lambda method, path: None
    clock.now += 15
    conditions.step()
    assert "KernelDeadlock" in api.conditions
