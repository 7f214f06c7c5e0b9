"""The monitor of plugins: schedules, places, stuck runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from npd.model import CheckState, Status
from npd.monitors import plugins
from npd.monitors.plugin_rules import Outcome, Result
from npd.monitors.plugins import Job, PluginMonitor
from npd.state import State
from tests.npd.monitors.making import plugin_config

TRUE = "/bin/true"


class Made:
    """A run that ends when it is told to."""

    def __init__(self, gone: bool = True) -> None:
        self.started, self.let_go = threading.Event(), threading.Event()
        self.gone = gone
        self.result = Result(Outcome.OK)

    def finish(self) -> Result:
        self.started.set()
        self.let_go.wait(20)
        return self.result

    def kill(self) -> None:
        self.let_go.set()


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.005)


class Playing:
    """A monitor whose runs are made here, by reason."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *rules: dict[str, Any], **more: Any) -> None:
        self.runs: list[tuple[str, Made]] = []
        self.told: list[Status] = []
        self.gone = True
        made = [{"type": "temporary", "path": TRUE, **rule} for rule in rules]
        self.monitor = PluginMonitor(plugin_config(*made, **more), State(None, ""))
        monkeypatch.setattr(self.monitor, "_run_of", self._run_of)

    def _run_of(self, job: Job) -> Made:
        run = Made(self.gone)
        self.runs.append((job.rule.reason, run))
        return run

    def start(self) -> None:
        self.monitor.start(self.told.append)

    def reasons(self) -> list[str]:
        return [reason for reason, _ in self.runs]


@pytest.fixture
def playing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Playing]]:
    all_: list[Playing] = []

    def made(*rules: dict[str, Any], **more: Any) -> Playing:
        all_.append(Playing(monkeypatch, *rules, **more))
        return all_[-1]

    yield made
    for each in all_:
        each.monitor.stop()
        assert not each.monitor._thread.is_alive()


def test_all_run_at_the_start_but_no_more_at_once_than_there_are_places(playing: Any) -> None:
    play = playing(*({"reason": name} for name in "ABC"), pluginConfig={"concurrency": 2})
    play.start()
    until(lambda: len(play.runs) == 2)
    time.sleep(0.05)
    assert play.reasons() == ["A", "B"]
    play.runs[0][1].let_go.set()
    until(lambda: play.reasons() == ["A", "B", "C"])


def test_a_rule_does_not_overlap_itself_and_catches_up_once(playing: Any) -> None:
    play = playing({"reason": "A", "invoke_interval": "100ms"})
    play.start()
    until(lambda: len(play.runs) == 1)
    time.sleep(0.35)
    assert len(play.runs) == 1
    play.runs[0][1].let_go.set()
    until(lambda: len(play.runs) == 2)
    time.sleep(0.25)
    assert len(play.runs) == 2


@pytest.mark.parametrize(("late", "due"), [(0.0, 7.0), (6.9, 7.0), (7.0, 14.0), (30.0, 35.0)])
def test_runs_keep_to_the_times_of_their_rule(late: float, due: float) -> None:
    job = Job(plugin_config().rules, 7.0, 5.0, due=0.0)  # type: ignore[arg-type]
    job.begun(late)
    assert job.due == due


def test_a_run_that_hangs_gives_its_place_free_and_is_not_started_again(
    playing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a plugin in uninterruptible sleep does: it is killed, does not die and delays nobody."""
    monkeypatch.setattr(plugins, "GRACE_S", 0.05)
    play = playing(
        {"reason": "Hangs", "timeout": "50ms", "invoke_interval": "50ms"},
        {"reason": "Next", "invoke_interval": "20ms"},
        pluginConfig={"concurrency": 1},
    )
    play.start()
    until(lambda: play.reasons()[:2] == ["Hangs", "Next"])
    play.runs[1][1].let_go.set()
    until(lambda: len(play.runs) > 2)
    assert play.reasons() == ["Hangs", "Next", "Next"]
    hanging, other = play.monitor.health()
    assert (hanging.state, other.state) == (CheckState.BROKEN, CheckState.ON)
    assert "hangs" in hanging.detail


def test_a_killed_run_that_is_not_dead_yet_is_not_started_again(playing: Any) -> None:
    play = playing({"reason": "A", "invoke_interval": "20ms"})
    play.gone = False
    play.start()
    until(lambda: len(play.runs) == 1)
    play.runs[0][1].let_go.set()
    until(lambda: not play.monitor._jobs[0].working)
    time.sleep(0.1)
    assert len(play.runs) == 1
    play.runs[0][1].gone = True
    play.monitor._ended.put(None)
    until(lambda: len(play.runs) == 2)


def test_results_are_reported_with_all_conditions(tmp_path: Path) -> None:
    plugin = tmp_path / "bad.sh"
    plugin.write_text("#!/bin/sh\necho 'too full'\nexit 1\n")
    plugin.chmod(0o755)
    condition = {"type": "Full", "reason": "Ok", "message": "fine"}
    rule = {"type": "permanent", "condition": "Full", "reason": "Bad", "path": str(plugin)}
    state = State(tmp_path / "state.json", "boot")
    told: list[Status] = []
    monitor = PluginMonitor(plugin_config(rule, conditions=[condition]), state)
    monitor.start(told.append)
    until(lambda: len(told) == 2)
    monitor.stop()
    assert [each.status for each in told[0].conditions] == ["False"]
    assert told[1].events[0].message == 'Node condition Full is now: True, reason: Bad, message: "too full"'

    again: list[Status] = []
    restarted = PluginMonitor(
        plugin_config(rule, conditions=[condition]), State(tmp_path / "state.json", "boot")
    )
    restarted.start(again.append)
    until(lambda: restarted.health()[0].last_run)
    restarted.stop()
    assert [(each.events, each.conditions[0].status) for each in again] == [((), "True")]


def test_the_first_status_can_be_left_out(playing: Any) -> None:
    play = playing({"reason": "A"}, pluginConfig={"skip_initial_status": True})
    play.start()
    until(lambda: play.runs)
    assert play.told == []


def test_a_plugin_that_cannot_tell_shows_in_health(playing: Any) -> None:
    play = playing({"reason": "A"})
    play.start()
    until(lambda: play.runs)
    play.runs[0][1].result = Result(Outcome.UNKNOWN, "cannot look")
    play.runs[0][1].let_go.set()
    until(lambda: play.monitor.health()[0].last_run)
    (health,) = play.monitor.health()
    assert (health.state, health.detail) == (CheckState.BROKEN, "cannot look")


def test_what_does_not_apply_moves_no_condition(playing: Any) -> None:
    condition = {"type": "C", "reason": "Ok", "message": "fine"}
    play = playing({"reason": "A", "type": "permanent", "condition": "C"}, conditions=[condition])
    play.start()
    until(lambda: play.runs)
    play.runs[0][1].result = Result(Outcome.UNKNOWN, "there is none", applicable=False)
    play.runs[0][1].let_go.set()
    until(lambda: play.monitor.health()[0].last_run)
    (health,) = play.monitor.health()
    assert (health.state, health.detail) == (CheckState.NOT_APPLICABLE, "there is none")
    assert [each.status for status in play.told for each in status.conditions] == ["False"]


def test_stopping_ends_the_plugins_that_run(tmp_path: Path) -> None:
    config = plugin_config({"type": "temporary", "reason": "A", "path": "/bin/sleep", "args": ["60"]})
    monitor = PluginMonitor(config, State(None, ""))
    monitor.start(lambda status: None)
    until(lambda: monitor._jobs[0].run is not None and getattr(monitor._jobs[0].run, "_process", None))
    process = monitor._jobs[0].run._process  # type: ignore[union-attr]
    began = time.monotonic()
    monitor.stop()
    assert time.monotonic() - began < 2
    assert process is not None
    assert process.wait(5) == -9
