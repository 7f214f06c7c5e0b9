"""What a running center is put together from: each part is built, started, and told to the stack that stops it.

The order in which `app` adds them is the order of their lives: what is added last ends first."""

from __future__ import annotations

import functools
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eventcenter.center import RunningCenter
from eventcenter.config import Loaded
from eventcenter.pipeline import feed
from eventcenter.ports import Clock
from eventcenter.settings import Settings

if TYPE_CHECKING:
    from eventcenter.jobs import Jobs
    from sinks.settings import SinkSettings, Surroundings

LOOK_AFTER_SINKS_S = 15
FOLLOW_RULES_S = 10

Connect = Callable[[], Any]
"""A new connection to the watched cluster."""
FindSink = Callable[[str], "SinkSettings | None"]
"""The settings of a sink for people, by its name."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """A center in the making."""

    center: RunningCenter
    settings: Settings
    jobs: Jobs
    stack: ExitStack


def keep_house(center: RunningCenter, settings: Settings, loaded: Loaded, stack: ExitStack) -> Jobs:
    """Retention, care of the store, following the settings file."""
    from eventcenter.jobs import Jobs, SettingsFile

    jobs = Jobs(center.writer, center.now, settings, SettingsFile(loaded))
    center.pruning = jobs.status
    stack.callback(jobs.stop)
    jobs.start()
    return jobs


def watch(assembly: Assembly, connect: Connect) -> None:
    from eventcenter.watch.watcher import Watcher, stream_name

    center = assembly.center
    watchers = [
        Watcher(connect, stream_name(name), name, center.writer.deliver, center.writer, center.now)
        for name in assembly.settings.namespaces or (None,)
    ]
    center.sources = [watcher.status for watcher in watchers]
    for watcher in watchers:
        assembly.stack.callback(watcher.stop)
        watcher.start()


def judge(assembly: Assembly, for_people: FindSink = lambda name: None) -> None:
    """Alerts are judged from the first event on; rules and routes may change while it runs. Called after `forward`:
    who judges ends before who delivers."""
    from eventcenter.alerts.desk import Telling
    from eventcenter.alerts.documents import read_book
    from eventcenter.alerts.engine import Engine
    from eventcenter.jobs import Followed
    from eventcenter.store import AlertTable, NotificationTable
    from sinks.alerting import Alerting

    center, file = assembly.center, assembly.settings.rules
    kept = NotificationTable(center.writer.call, center.reader)
    alerting = Alerting(kept, for_people, center.reader.changes, center.now)
    telling = Telling(kept, center.now, alerting.wake)
    table = AlertTable(center.writer.call, center.reader)
    engine = Engine(center.reader, table, center.now, lambda: center.writer.busy, telling)
    assembly.stack.callback(alerting.stop)
    assembly.stack.callback(engine.stop)
    book = read_book(file)
    alerting.start()
    engine.start(book.rules, book.routing)
    center.alerts, center.notices = engine, telling

    def follow() -> None:
        book = read_book(file)
        engine.follow(book.rules, book.routing)

    if file is not None:
        followed = Followed(file, follow)
        assembly.jobs.every(FOLLOW_RULES_S, followed.look, "follow-rules")


def forward(assembly: Assembly, connect: Connect) -> FindSink:
    """The sinks begin before the watches, so that a new one misses nothing, and end after them."""
    from eventcenter.watch.objects import Objects
    from sinks.alarms import Alarms
    from sinks.page_file import PageFile
    from sinks.running import Sinks
    from sinks.secrets import resolver

    center, settings = assembly.center, assembly.settings
    objects = Objects(connect)
    sinks = Sinks(
        center.reader,
        center.deliveries,
        center.now,
        surroundings(settings, objects),
        PageFile(settings.data_dir),
        resolver(objects.secret),
    )
    assembly.stack.callback(sinks.stop)
    sinks.follow(settings.sinks)
    center.sinks = sinks
    assembly.jobs.on_change(lambda changed: sinks.follow(changed.sinks))

    def tell(event: dict[str, Any]) -> None:
        feed([{"type": "ADDED", "object": event}], "sinks", center.writer.deliver, center.now)

    alarms = Alarms(settings.instance, center.now, tell)
    assembly.jobs.every(LOOK_AFTER_SINKS_S, lambda: sinks.look_after(alarms), "look-after-sinks")
    return sinks.for_people


def surroundings(settings: Settings, objects: Any) -> Surroundings:
    """What all sinks share, also those that are only tried; `objects` reads ConfigMaps of the cluster."""
    import eventcenter
    from sinks.settings import Surroundings

    return Surroundings(
        instance=settings.instance,
        labels=settings.labels,
        url=settings.url or "",
        language=settings.language,
        version=eventcenter.__version__,
        config_map=objects.config_map,
    )


def keep_logs(assembly: Assembly, connect: Connect) -> None:
    """What containers wrote before they died, kept at that time and shown when asked for."""
    from eventcenter.crashlogs.collector import Collector
    from eventcenter.crashlogs.desk import Desk
    from eventcenter.crashlogs.limiting import Limits
    from eventcenter.crashlogs.redacting import Redactor
    from eventcenter.store import CrashLogTable

    center, settings = assembly.center, assembly.settings
    if not settings.crash_logs:
        return
    keeper = CrashLogTable(center.writer.call, center.reader, settings.crash_logs_max_bytes)
    redact, lines = Redactor(settings.redact), settings.crash_log_lines
    limits = Limits(center.now, settings.crash_logs_per_minute)
    collector = Collector(center.reader, keeper, connect, redact, center.now, limits, lines)
    assembly.stack.callback(collector.stop)
    collector.start()
    center.logs = Desk(keeper, connect, redact, center.now, lines)


def check_nodes(assembly: Assembly, connect: Connect) -> None:
    """What the center finds out about nodes by itself goes the way of all events."""
    center, settings = assembly.center, assembly.settings
    deliver, now = center.writer.deliver, center.now
    if settings.cluster_checks:
        from eventcenter.nodes.checks import ClusterChecks

        oldest = functools.partial(_oldest_kept, settings, now)
        checks = ClusterChecks(connect, deliver, now, center.has_event, oldest)
        assembly.stack.callback(checks.stop)
        checks.start()
    if settings.npd:
        from eventcenter.nodes.host import HostChecks

        node = settings.node_name or os.environ.get("NODE_NAME") or socket.gethostname().lower()
        state = settings.data_dir / "npd"
        host = HostChecks(connect, deliver, now, node, settings.npd_configs, state)
        assembly.stack.callback(host.stop)
        host.start()


def _oldest_kept(settings: Settings, now: Clock) -> int:
    return now() - (settings.retention_warning_ms or settings.retention_ms)
