"""The monitor with real threads: hung and failing checks trouble nobody else, and health tells of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from npd.checks.frame import OK, Check, Finding, Pace, Words, bad, not_applicable
from npd.checks.monitor import CheckMonitor
from npd.model import CheckState, Condition, Status
from tests.npd.checks.looking import wait_for

WORDS = Words("IsBad", "Badness", "IsGood", "all is well")
FAST = Pace(period=1, timeout=0.2)


@contextmanager
def running(
    *checks: Check, restored: dict[str, Condition] | None = None
) -> Iterator[tuple[CheckMonitor, list[Status]]]:
    monitor = CheckMonitor(checks, restored=restored)
    reports: list[Status] = []
    monitor.start(reports.append)
    try:
        yield monitor, reports
    finally:
        began = time.monotonic()
        monitor.stop()
        assert time.monotonic() - began < 2


def check(name: str, look: Callable[[], Finding], pace: Pace = FAST, words: Words = WORDS) -> Check:
    return Check(name, words, pace, look)


def test_hung_checks_do_not_delay_another() -> None:
    release = threading.Event()
    looks: list[float] = []

    def hang() -> Finding:
        release.wait()
        return OK

    def look() -> Finding:
        looks.append(time.monotonic())
        return OK

    hung = [check(f"hung {n}", hang) for n in range(6)]
    try:
        with running(*hung, check("well", look)) as (monitor, _):
            wait_for(lambda: len(looks) >= 3)
            assert looks[2] - looks[0] < 4
            wait_for(lambda: [h.state for h in monitor.health()].count(CheckState.BROKEN) == 6)
            (one,) = (h for h in monitor.health() if h.name == "hung 0")
            assert "has not come back for" in one.detail
    finally:
        release.set()


def test_a_hung_check_is_judged_as_unknown_and_comes_back() -> None:
    release = threading.Event()
    first = threading.Event()

    def look() -> Finding:
        if not first.is_set():
            first.set()
            return OK
        release.wait()
        return bad("full")

    with running(check("c", look)) as (_, reports):
        wait_for(lambda: bool(reports) and reports[-1].conditions[0].status == "Unknown")
        release.set()
        wait_for(lambda: reports[-1].conditions[0].status == "True")
    assert [e.severity.value for status in reports for e in status.events] == ["Normal", "Warning"]


def test_a_check_that_raises_is_broken_and_not_the_end() -> None:
    looks: list[int] = []

    def look() -> Finding:
        looks.append(1)
        raise ZeroDivisionError("x")

    with running(check("c", look)) as (monitor, reports):
        wait_for(lambda: len(looks) >= 2)
        (health,) = monitor.health()
        assert (health.state, health.detail) == (CheckState.BROKEN, "the check failed: ZeroDivisionError: x")
    assert [event for status in reports for event in status.events] == []


def test_what_is_not_there_has_no_condition_and_says_why() -> None:
    with running(check("c", lambda: not_applicable("no such thing"))) as (monitor, reports):
        wait_for(lambda: monitor.health()[0].state is CheckState.NOT_APPLICABLE)
        assert monitor.health()[0].detail == "no such thing"
    assert reports == []


def test_restored_conditions_are_told_at_once() -> None:
    before = Condition("Badness", "True", 3.0, "IsBad", "5 of 4")

    with running(check("c", lambda: bad("6 of 4")), restored={"Badness": before}) as (monitor, reports):
        assert reports[0].conditions == (before,)
        wait_for(lambda: monitor.health()[0].last_run is not None)
    assert reports == [Status("node-checks", (), (before,))]


def test_a_status_holds_all_conditions() -> None:
    other = Words("OtherBad", "Other", "OtherGood")
    with running(check("a", lambda: bad("1")), check("b", lambda: OK, words=other)) as (_, reports):
        wait_for(lambda: bool(reports) and len(reports[-1].conditions) == 2)
    assert {c.type: c.status for c in reports[-1].conditions} == {"Badness": "True", "Other": "False"}


def test_reasons_and_switched_off_checks_are_listed() -> None:
    monitor = CheckMonitor([check("a", lambda: OK)], off={"b": "switched off"})

    assert monitor.reasons == (("Badness", "IsBad"),)
    assert [(h.name, h.state, h.detail) for h in monitor.health()] == [
        ("a", CheckState.ON, "not looked at yet"),
        ("b", CheckState.OFF, "switched off"),
    ]


def test_no_thread_stays_behind() -> None:
    before = set(threading.enumerate())
    with running(*(check(f"c{n}", lambda: OK) for n in range(5))) as (monitor, _):
        wait_for(lambda: all(h.last_run for h in monitor.health()))

    assert [t for t in threading.enumerate() if t not in before and t.is_alive()] == []
