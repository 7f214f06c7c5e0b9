"""Judges what comes in: a thread with a position in the log, as a sink is one. What it finds is kept with the position,
so that a restart goes on exactly where it was: nothing is forgotten, nothing begins twice.

The time of the wall counts only once everything that is stored has been judged: a center that was away for an hour
must not take the hour for quiet."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import zstandard

from eventcenter.alerted import AlertRecord, JudgeState, JudgeStatus
from eventcenter.alerts.catalogue import shape
from eventcenter.alerts.desk import Telling
from eventcenter.alerts.judging import Judge, State
from eventcenter.alerts.life import Alert, Step, Steps
from eventcenter.alerts.routes import Routing
from eventcenter.alerts.rule import Rule
from eventcenter.errors import EventCenterError
from eventcenter.ports import AlertKeeper, ChangeLog, Clock

log = logging.getLogger(__name__)

PAGE = 500
LOOK_S = 1.0
"""Between two looks at the clock and whether to stop; an event is judged within as long."""
KEEP_EVERY_MS = 5_000
"""So often it is looked whether the time alone has changed what is kept."""
KEEP_BEHIND_MS = 1_000
AGAIN_S = 5.0
"""After a failure of the store."""


class Engine:
    """See `ports.AlertDesk`. Between `start` and `stop` every change is judged once."""

    def __init__(
        self,
        log: ChangeLog,
        keeper: AlertKeeper,
        now: Clock,
        busy: Callable[[], bool] = lambda: False,
        telling: Telling | None = None,
    ) -> None:
        self._log = log
        self._keeper = keeper
        self._now = now
        self._busy = busy
        self._telling = telling
        self._rules: Mapping[str, Rule] = {}
        self._judge = Judge([])
        self._seq = 0
        self._kept_at = 0
        self._kept_seq = -1
        self._kept_state = b""
        self._error: str | None = None
        self._stopping = threading.Event()
        self._change = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self, rules: Mapping[str, Rule], routing: Routing | None = None) -> None:
        """Go on from what was kept; the very first time from now on."""
        self._rules = rules
        if self._telling is not None:
            self._telling.set(routing or Routing(), rules)
        self._thread.start()

    def follow(self, rules: Mapping[str, Rule], routing: Routing | None = None) -> None:
        """Judge and tell by these from now on; alerts of rules that are as they were go on."""
        with self._change:
            kept = self._judge.state()
            self._rules = rules
            self._judge = Judge(rules.values())
            steps = self._judge.take_up(kept, self._now())
            if self._telling is not None:
                self._telling.follow(routing or Routing(), rules, self._judge.open(), self._record)
            self._keep(steps)

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def active(self) -> list[AlertRecord]:
        return self._keeper.active()

    def history(self, since: int, until: int, limit: int) -> list[AlertRecord]:
        return self._keeper.history(since, until, limit)

    def rules(self) -> list[dict[str, Any]]:
        return [shape(rule) for rule in self._rules.values()]

    def titles(self, language: str) -> dict[str, str]:
        return {rule.name: rule.title(language) for rule in self._rules.values()}

    def status(self) -> JudgeStatus:
        newest = self._log.wait_for_change(-1, 0)
        return JudgeStatus(
            rules=sum(rule.enabled for rule in self._rules.values()),
            lag=max(0, newest - self._seq),
            error=self._error,
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._begin()
                while not self._stopping.is_set():
                    self._round()
            except EventCenterError as error:
                self._failed(str(error))
            except Exception as error:
                log.exception("judging met a defect and goes on")
                self._failed(f"unexpected {type(error).__name__}")

    def _failed(self, error: str) -> None:
        if error != self._error:
            log.error("alerts are not judged, tried again error=%s", error)
        self._error = error
        self._stopping.wait(AGAIN_S)

    def _begin(self) -> None:
        with self._change:
            kept = self._keeper.state()
            self._judge = Judge(self._rules.values())
            steps: Steps = []
            if kept is None:
                self._seq = self._log.wait_for_change(-1, 0)
            else:
                self._seq = kept.seq
                steps = self._judge.take_up(_unpacked(kept.state), self._now())
            if self._telling is not None:
                self._telling.begin(self._judge.open(), self._record)
            self._keep(steps)

    def _round(self) -> None:
        with self._change:
            page = self._log.read_log(self._seq, PAGE)
            now = self._now()
            raws = (
                self._log.raws([change.event.seq for change in page.changes]) if self._judge.needs_raw else {}
            )
            steps: Steps = []
            for change in page.changes:
                steps += self._judge.see(change, now, raws.get(change.event.seq))
            self._seq = page.next
            if not page.changes:
                steps += self._judge.tick(now)
            if steps or self._has_to_keep(bool(page.changes), now):
                self._keep(steps, behind=bool(page.changes))
            elif self._telling is not None and self._telling.is_due():
                self._keep([])
            self._error = None
        if not page.changes:
            self._log.wait_for_change(self._seq, LOOK_S)
        elif self._busy():  # a storm is stored first
            self._stopping.wait(0.05)

    def _has_to_keep(self, behind: bool, now: int) -> bool:
        """At once when everything has been judged, now and then while there is more: keeping costs as much as judging
        some hundred changes."""
        waited = now - self._kept_at
        if self._seq == self._kept_seq:
            return waited >= KEEP_EVERY_MS and self._has_changed(now)
        return not behind or waited >= KEEP_BEHIND_MS

    def _has_changed(self, now: int) -> bool:
        """Whether the time alone has changed what is kept; a quiet center writes nothing."""
        self._kept_at = now
        return _packed(self._judge.state()) != self._kept_state

    def _keep(self, steps: Steps, *, behind: bool = False) -> None:
        now = self._now()
        passed = [self._record(alert) for step, alert in steps if step is Step.PASSED]
        over = [self._record(alert) for step, alert in steps if step is Step.RESOLVED]
        touched = [self._record(alert) for alert in self._judge.touched()]
        state = JudgeState(seq=self._seq, state=_packed(self._judge.state()))
        notices = self._telling.notices(steps, self._judge.open(), behind=behind) if self._telling else None
        self._keeper.keep(state, over + touched, passed, now, notices)
        self._kept_at, self._kept_seq, self._kept_state = now, state.seq, state.state
        if self._telling is not None and notices is not None and notices.told:
            self._telling.wake()
        for step, alert in steps:
            if step in (Step.FIRED, Step.RESOLVED):
                log.info("alert %s rule=%s %s", step.value, alert.rule, dict(alert.labels))

    def _record(self, alert: Alert) -> AlertRecord:
        rule = self._rules.get(alert.rule)
        return AlertRecord(
            rule=alert.rule,
            labels=dict(alert.labels),
            severity=rule.severity if rule else "info",
            state=alert.state.value,
            since=alert.since,
            fired=alert.fired,
            resolved=alert.resolved,
            newest=alert.newest,
            occurrences=alert.occurrences,
            names=alert.names,
            message=alert.message,
            seq=alert.seq,
            why=alert.why,
        )


def _packed(state: State) -> bytes:
    return zstandard.compress(msgspec.msgpack.encode(state), 3)


def _unpacked(data: bytes) -> State:
    try:
        return msgspec.msgpack.decode(zstandard.decompress(data), type=State)
    except (msgspec.DecodeError, zstandard.ZstdError, UnicodeDecodeError) as error:
        log.warning("what was judged before is forgotten error=%s", error)
        return State({}, {})
