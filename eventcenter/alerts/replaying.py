"""`rules test`: rules over what is stored, to show when they would have fired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eventcenter.alerts.judging import Judge
from eventcenter.alerts.life import Alert, Step
from eventcenter.alerts.rule import Rule
from eventcenter.ports import ChangeLog

PAGE = 1000
TICK_MS = 30_000
"""Time passes in such steps where nothing happens."""


def replay(
    log: ChangeLog, rules: Iterable[Rule], since: int, until: int
) -> Iterator[tuple[Step, Alert, int]]:
    """What would have happened to the alerts from `since` to `until` (ms), each with its time, in order."""
    judge = Judge(rules)
    clock = since
    seq = log.before_time(since)
    while (page := log.read_log(seq, PAGE)).changes:
        raws = log.raws([change.event.seq for change in page.changes]) if judge.needs_raw else {}
        for change in page.changes:
            time = change.event.last_time
            if time >= until:
                continue
            yield from _passed(judge, clock, min(time, until))
            clock = max(clock, time)
            for step, alert in judge.see(change, raws.get(change.event.seq)):
                yield step, alert, clock
        seq = page.next
    yield from _passed(judge, clock, until)


def _passed(judge: Judge, clock: int, time: int) -> Iterator[tuple[Step, Alert, int]]:
    while clock + TICK_MS <= time:
        clock += TICK_MS
        for step, alert in judge.tick(clock):
            yield step, alert, clock
