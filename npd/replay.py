"""Runs the rules of configuration files over recorded lines: what would be reported, without a node."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from npd.config import AnyConfig, LogConfig, OomConfig, PluginConfig
from npd.config.counter import parse_arguments
from npd.config.plugins import COUNTER
from npd.model import Condition, Event, Status
from npd.monitors.counting import LineCounter
from npd.monitors.engine import LogEngine
from npd.monitors.filelines import FileLines, NotALine
from npd.monitors.matching import Line
from npd.monitors.oom import tells_kills
from npd.monitors.plugin_rules import PluginRules
from npd.monitors.texts import trimmed
from npd.oom import OomWatcher

HEAD = 1000
"""Lines of the input that tell whether they stand as in the file of a file monitor."""

Reported = dict[str, Any]


class _Run(Protocol):
    def feed(self, line: Line) -> Iterable[Event]: ...

    def end(self) -> Iterable[Event]: ...

    def status(self) -> Status: ...


def replay(configs: Sequence[AnyConfig], lines: Iterable[bytes]) -> Iterator[Reported]:
    """Events in the order of the lines, then all declared conditions as they stand at the end.

    Lines are messages without prefix; for a file monitor they may also stand as in its file. Where they carry no time,
    each is one second later than the one before. Start times do not count: all of the input is looked at."""
    source = (line.rstrip(b"\r\n") for line in lines)
    files = any(isinstance(config, LogConfig) and config.plugin == "filelog" for config in configs)
    head = list(itertools.islice(source, HEAD if files else 0))
    began = time.time()
    alone = not tells_kills(configs)
    runs = [run for config in configs if (run := _run(config, began, head, alone))]
    for second, raw in enumerate(itertools.chain(head, source)):
        for run in runs:
            yield from _events(run, run.feed(Line(began + second, raw)))
    for run in runs:
        yield from _events(run, run.end())
    for run in runs:
        status = run.status()
        yield from (_condition(condition, status.source) for condition in status.conditions)


def _events(run: _Run, events: Iterable[Event]) -> Iterator[Reported]:
    for event in events:
        reported: Reported = {
            "kind": "event",
            "type": event.severity.value,
            "reason": event.reason,
            "status": None,
            "message": event.message,
            "source": run.status().source,
        }
        if event.pod is not None:
            reported["pod"] = {"uid": event.pod.uid, "container_id": event.pod.container_id}
        yield reported


def _condition(condition: Condition, source: str) -> Reported:
    return {
        "kind": "condition",
        "type": condition.type,
        "reason": condition.reason,
        "status": condition.status,
        "message": condition.message,
        "source": source,
    }


def _run(config: AnyConfig, now: float, head: Sequence[bytes], node_events: bool) -> _Run | None:
    if isinstance(config, LogConfig):
        return _LogRun(config, now, head)
    if isinstance(config, OomConfig):
        return _OomRun(node_events)
    return _PluginRun(config, now) if isinstance(config, PluginConfig) else None


class _LogRun:
    def __init__(self, config: LogConfig, now: float, head: Sequence[bytes]) -> None:
        self._engine = LogEngine(config, now)
        self.status = self._engine.status
        files = FileLines(config) if config.plugin == "filelog" else None
        self._files = files if files and any(map(files.looks_raw, head)) else None

    def feed(self, line: Line) -> Iterable[Event]:
        message = self._cut(line)
        return self._engine.feed((message,)) if message else ()

    def _cut(self, line: Line) -> Line | None:
        if self._files is None:
            return _message(line)
        try:
            return None if self._files.skipped(line.text) else self._files.line(line.text)
        except NotALine:
            return None

    def end(self) -> Iterable[Event]:
        return ()


class _OomRun:
    """An OOM kill is told once here: of the Pod, and of the node only where the Pod is not known and no rule tells."""

    def __init__(self, node_events: bool) -> None:
        self._watcher = OomWatcher(node_events=node_events)

    def feed(self, line: Line) -> Iterable[Event]:
        return _once(self._watcher.feed(trimmed(line.text).decode(), line.time))

    def end(self) -> Iterable[Event]:
        return _once(self._watcher.flush())

    def status(self) -> Status:
        return Status("kernel-monitor")


def _once(events: list[Event]) -> list[Event]:
    return [event for event in events if event.pod is not None] or events


def _message(line: Line) -> Line | None:
    """Blank lines are no messages."""
    text = trimmed(line.text)
    return Line(line.time, text) if text else None


class _PluginRun:
    """Of plugins only our own counter can be run over lines; it sees all of them as the journal of its source."""

    def __init__(self, config: PluginConfig, now: float) -> None:
        self._rules = PluginRules(config, now)
        self.status = self._rules.status
        self._now = now
        self._counting = [
            (rule, LineCounter(parse_arguments(rule.args)))
            for rule in config.rules
            if rule.builtin == COUNTER
        ]

    def feed(self, line: Line) -> Iterable[Event]:
        if message := _message(line):
            self._now = message.time
            for _, counter in self._counting:
                counter.take(message)
        return ()

    def end(self) -> Iterable[Event]:
        for rule, counter in self._counting:
            yield from self._rules.apply(rule, counter.result(), self._now)
