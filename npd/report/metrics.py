"""What the monitors found, as Prometheus reads it: the two series of node-problem-detector under their names, and how
the agent itself is doing. Written by hand: the official client takes 6 MB."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from npd.model import CheckState, Health, Monitor, Severity, Status
from npd.report.tally import Tally

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class ProblemMetrics:
    """An exporter. Every series exists at 0 from the start; what no monitor declares is not counted (metricsReporting
    of its file is off)."""

    def __init__(self, monitors: Iterable[Monitor]) -> None:
        self._lock = threading.Lock()
        declared = [pair for monitor in monitors for pair in monitor.reasons]
        self._counts = {reason: 0 for _, reason in declared}
        self._gauges = [(type, reason) for type, reason in dict.fromkeys(declared) if type]
        self._bad: dict[tuple[str, str], str] = {}
        """Type and source → the reason of a condition that is True."""

    def export(self, status: Status) -> None:
        with self._lock:
            for event in status.events:
                if event.severity is Severity.WARN and event.reason in self._counts:
                    self._counts[event.reason] += event.count
            for condition in status.conditions:
                key = (condition.type, status.source)
                if condition.status == "True":
                    self._bad[key] = condition.reason
                else:
                    self._bad.pop(key, None)

    def stop(self) -> None:
        """Nothing waits here."""

    def lines(self) -> Iterator[str]:
        with self._lock:
            counts, bad = dict(self._counts), {(type, reason) for (type, _), reason in self._bad.items()}
        yield from _series(
            "problem_counter",
            "counter",
            "Number of times a specific type of problem have occurred.",
            {_labels(reason=reason): count for reason, count in counts.items()},
        )
        yield from _series(
            "problem_gauge",
            "gauge",
            "Whether a specific type of problem is affecting the node or not.",
            {_labels(reason=reason, type=type): int((type, reason) in bad) for type, reason in self._gauges},
        )


def own_lines(checks: Iterable[Health], tally: Tally | None, now: float) -> Iterator[str]:
    """How the agent itself is doing."""
    checks = list(checks)
    yield from _series(
        "npd_check_state",
        "gauge",
        "1 for the state that a check is in.",
        {_labels(check=one.name, state=one.state): 1 for one in checks},
    )
    yield from _series(
        "npd_check_age_seconds",
        "gauge",
        "Seconds since a check last ran.",
        {_labels(check=one.name): max(0.0, now - one.last_run) for one in checks if one.last_run is not None},
    )
    yield from _series(
        "npd_records_lost_total",
        "counter",
        "Records that were there and could not be looked at.",
        {_labels(check=one.name): one.lost for one in checks},
    )
    yield from _series(
        "npd_broken_checks",
        "gauge",
        "Checks that are on and cannot look.",
        {"": sum(one.state is CheckState.BROKEN for one in checks)},
    )
    if tally is not None:
        yield from _of_reporting(tally)


def _of_reporting(tally: Tally) -> Iterator[str]:
    counters: tuple[tuple[str, str, int], ...] = (
        ("npd_events_sent_total", "Occurrences that the API server has taken.", tally.sent),
        ("npd_events_stored_total", "Occurrences that went straight to the store.", tally.fallen_back),
        ("npd_events_dropped_total", "Occurrences that nobody has got.", tally.dropped),
    )
    for name, help, value in counters:
        yield from _series(name, "counter", help, {"": value})
    yield from _series("npd_events_buffered", "gauge", "Occurrences that wait.", {"": tally.buffered})
    for name, help, by_what in (
        ("npd_api_requests_total", "Requests to the API server.", tally.calls),
        ("npd_api_errors_total", "Requests to the API server that failed.", tally.errors),
    ):
        yield from _series(
            name, "counter", help, {_labels(what=what): count for what, count in sorted(by_what.items())}
        )
    if tally.last_write is not None:
        help = "When the API server last took an event or a condition."
        yield from _series("npd_last_write_timestamp_seconds", "gauge", help, {"": tally.last_write})


def exposition(*parts: Callable[[], Iterable[str]]) -> str:
    return "\n".join(line for part in parts for line in part()) + "\n"


def _series(name: str, type: str, help: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {type}"
    for labels, value in values.items():
        yield f"{name}{labels} {value if isinstance(value, int) else f'{value:.3f}'}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
