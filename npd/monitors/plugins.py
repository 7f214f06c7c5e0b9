"""Runs the plugins of a configuration file on their schedules and reports what their results come to.

Each run has a thread of its own; the monitor's thread never waits for one of them longer than its time. A rule does
not run twice at once, and after an overrun it runs once at once to catch up."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from npd.config.durations import format_duration
from npd.config.model import PluginConfig, PluginRule
from npd.model import CheckState, Health, Report
from npd.monitors.plugin_rules import Outcome, PluginRules, Result
from npd.monitors.programs import REAP_S, Run
from npd.monitors.readers import reasons_of
from npd.monitors.stand_ins import Means, StandIn
from npd.state import State

log = logging.getLogger(__name__)

IDLE_S = FAULT_S = 5.0
GRACE_S = REAP_S + 1.0
"""After its timeout, until a run counts as stuck."""


@dataclass(slots=True)
class Job:
    """A rule and its runs."""

    rule: PluginRule
    interval: float
    timeout: float
    due: float
    """By the steady clock."""
    run: Run | StandIn | None = None
    """The newest, as long as anything of it is there."""
    working: bool = False
    """It holds one of the places for plugins that run at once."""
    returned: bool = True
    """Its thread has come back."""
    stuck_at: float = 0.0
    detail: str = ""
    """Why nothing can be said about what it looks at; `state` is how bad that is."""
    state: CheckState = CheckState.BROKEN
    last_run: float | None = None

    def begun(self, now: float) -> None:
        """Sets when it is due next: at the next of its times."""
        self.stuck_at = now + self.timeout + GRACE_S
        self.due += self.interval * ((now - self.due) // self.interval + 1)

    def forget_run(self) -> None:
        """Unless something of it is there still."""
        if self.returned and self.run is not None and self.run.gone:
            self.run = None

    @property
    def free(self) -> bool:
        return self.run is None


@dataclass(slots=True)
class Ended:
    job: Job
    result: Result


class PluginMonitor:
    def __init__(
        self,
        config: PluginConfig,
        state: State,
        means: Means | None = None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._state = state
        self._means = means or Means()
        self._clock, self._steady = clock, steady
        self._rules = PluginRules(config, clock(), state.conditions(config.name))
        self._jobs = [
            Job(rule, config.interval_of(rule), config.timeout_of(rule), steady()) for rule in config.rules
        ]
        self._ended: queue.SimpleQueue[Ended | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"npd {config.source}", daemon=True)
        self._report: Report = lambda status: None

    @property
    def source(self) -> str:
        return self._config.source

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        return reasons_of(self._config)

    def start(self, report: Report) -> None:
        self._report = report
        if not self._config.skip_initial_status:
            report(self._rules.status())
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._ended.put(None)
        for job in self._jobs:
            if job.run is not None:
                job.run.kill()
        if self._thread.ident is not None:
            self._thread.join(2.0)
        self._state.flush()

    def health(self) -> list[Health]:
        alive = self._thread.ident is None or self._thread.is_alive()
        return [replace(self._health_of(job), alive=alive) for job in self._jobs]

    def _health_of(self, job: Job) -> Health:
        name = f"{self.source} {job.rule.reason} ({job.rule.builtin or job.rule.path})"
        if self._thread.ident is not None and not self._thread.is_alive() and not self._stopping.is_set():
            said = "the thread that runs plugins has ended"
            return Health(name, CheckState.BROKEN, said, job.last_run, alive=False)
        if job.run is not None and not job.working:
            return Health(name, CheckState.BROKEN, "hangs and cannot be killed", job.last_run)
        if job.detail:
            return Health(name, job.state, job.detail, job.last_run)
        return Health(name, CheckState.ON, "", job.last_run)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception:
                log.exception("%s: a fault of the detector; it goes on", self._config.name)
                self._stopping.wait(FAULT_S)

    def _turn(self) -> None:
        now = self._steady()
        self._give_up(now)
        self._start_due(now)
        with contextlib.suppress(queue.Empty):
            ended = self._ended.get(timeout=max(0.001, self._pause(self._steady())))
            if ended is not None:
                self._end(ended)

    def _start_due(self, now: float) -> None:
        places = self._config.concurrency - sum(job.working for job in self._jobs)
        waiting = sorted((job for job in self._jobs if job.due <= now and job.free), key=lambda job: job.due)
        for job in waiting[: max(0, places)]:
            job.begun(now)
            job.run, job.working, job.returned = self._run_of(job), True, False
            threading.Thread(
                target=self._run, args=(job, job.run), name=f"npd plugin {job.rule.reason}", daemon=True
            ).start()

    def _run_of(self, job: Job) -> Run | StandIn:
        rule = job.rule
        if rule.builtin:
            return StandIn(rule, job.timeout, self._config.max_output, self._means)
        return Run(rule.path, rule.args, job.timeout, self._config.max_output)

    def _run(self, job: Job, run: Run | StandIn) -> None:
        try:
            result = run.finish()
        except Exception as error:
            log.exception("plugin %s: a fault of the detector", job.rule.path)
            result = Result(Outcome.UNKNOWN, f"{type(error).__name__}: {error}")
        self._ended.put(Ended(job, result))

    def _pause(self, now: float) -> float:
        """Until something is to be done, if nothing ends before."""
        moments = [now + IDLE_S]
        full = sum(job.working for job in self._jobs) >= self._config.concurrency
        for job in self._jobs:
            if job.working:
                moments.append(job.stuck_at)
            elif job.free and not full:
                moments.append(job.due)
        return min(moments) - now

    def _give_up(self, now: float) -> None:
        """A run that is over its time by far gives its place free; what was dead at last is forgotten."""
        for job in self._jobs:
            if job.working and now > job.stuck_at:
                job.working = False
                said = f"{job.rule.builtin or job.rule.path} hangs since {format_duration(job.timeout)}"
                self._take(job, Result(Outcome.UNKNOWN, said))
            job.forget_run()

    def _end(self, ended: Ended) -> None:
        job = ended.job
        if job.working:
            job.working = False
            self._take(job, ended.result)
        job.returned = True
        job.forget_run()

    def _take(self, job: Job, result: Result) -> None:
        now = self._clock()
        job.last_run = now
        job.detail = result.message if result.outcome is Outcome.UNKNOWN else ""
        job.state = CheckState.BROKEN if result.applicable else CheckState.NOT_APPLICABLE
        events = self._rules.apply(job.rule, result, now)
        if events:
            self._report(self._rules.status(events))
            self._state.keep(self._config.name, conditions=self._rules.conditions.all(), at_once=True)
