"""The composition root: builds everything in order, runs it until it is told to stop, stops it in reverse."""

from __future__ import annotations

import functools
import io
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from eventcenter.center import RunningCenter
from eventcenter.cluster import greet, in_pod
from eventcenter.config import Loaded, Settings
from eventcenter.errors import ClusterNotConfigured
from eventcenter.memory import share_pools
from eventcenter.pipeline import Fed, feed
from eventcenter.playground import DEMO_INSTANCE, Playground
from eventcenter.ports import Clock
from eventcenter.serving import Server

if TYPE_CHECKING:
    from eventcenter.jobs import Jobs

log = logging.getLogger(__name__)

LOOK_AFTER_SINKS_S = 15


def run(loaded: Loaded) -> None:
    """Watch the cluster that the settings name and serve the pages, until SIGTERM or SIGINT."""
    settings = loaded.settings
    from eventcenter.watch.connection import Access, connect

    kubeconfig = str(settings.kubeconfig) if settings.kubeconfig else None
    access = Access(kubeconfig, settings.context, settings.source)
    try:
        connect(access).close()
    except ClusterNotConfigured:
        if not settings.demo_if_no_cluster or in_pod():
            raise
        print(
            "No Kubernetes cluster is configured on this machine: starting the playground.", file=sys.stderr
        )
        return run_demo(loaded)
    with _until_stopped(settings, settings.instance, loaded) as (center, jobs, stack):
        greet(lambda: connect(access), center.writer, str(settings.data_dir))
        _forward(center, jobs, settings, lambda: connect(access), stack)
        _watch(center, settings, lambda: connect(access), stack)
        _check_nodes(center, settings, lambda: connect(access), stack)


def _watch(
    center: RunningCenter, settings: Settings, connection: Callable[[], Any], stack: ExitStack
) -> None:
    from eventcenter.watch.watcher import Watcher, stream_name

    watchers = [
        Watcher(connection, stream_name(name), name, center.writer.deliver, center.writer, center.now)
        for name in settings.namespaces or (None,)
    ]
    center.sources = [watcher.status for watcher in watchers]
    for watcher in watchers:
        stack.callback(watcher.stop)
        watcher.start()


def _check_nodes(
    center: RunningCenter, settings: Settings, connection: Callable[[], Any], stack: ExitStack
) -> None:
    """What the center finds out about nodes by itself goes the way of all events."""
    deliver, now = center.writer.deliver, center.now
    if settings.cluster_checks:
        from eventcenter.nodes.checks import ClusterChecks

        oldest = functools.partial(_oldest_kept, settings, now)
        checks = ClusterChecks(connection, deliver, now, center.has_event, oldest)
        stack.callback(checks.stop)
        checks.start()
    if settings.npd:
        from eventcenter.nodes.host import HostChecks

        node = settings.node_name or os.environ.get("NODE_NAME") or socket.gethostname().lower()
        state = settings.data_dir / "npd"
        host = HostChecks(connection, deliver, now, node, settings.npd_configs, state)
        stack.callback(host.stop)
        host.start()


def _oldest_kept(settings: Settings, now: Clock) -> int:
    return now() - (settings.retention_warning_ms or settings.retention_ms)


def _forward(
    center: RunningCenter, jobs: Jobs, settings: Settings, connection: Callable[[], Any], stack: ExitStack
) -> None:
    """The sinks begin before the watches, so that a new one misses nothing, and end after them."""
    import eventcenter
    from eventcenter.watch.objects import Objects
    from sinks.alarms import Alarms
    from sinks.page_file import PageFile
    from sinks.running import Sinks
    from sinks.secrets import resolver
    from sinks.settings import Surroundings

    surroundings = Surroundings(
        instance=settings.instance,
        labels=settings.labels,
        url=settings.url or "",
        language=settings.language,
        version=eventcenter.__version__,
        config_map=(objects := Objects(connection)).config_map,
    )
    sinks = Sinks(
        center.reader,
        center.deliveries,
        center.now,
        surroundings,
        PageFile(settings.data_dir),
        resolver(objects.secret),
    )
    stack.callback(sinks.stop)
    sinks.follow(settings.sinks)
    center.sinks = sinks
    jobs.on_change(lambda changed: sinks.follow(changed.sinks))

    def tell(event: dict[str, Any]) -> None:
        feed([{"type": "ADDED", "object": event}], "sinks", center.writer.deliver, center.now)

    alarms = Alarms(settings.instance, center.now, tell)
    jobs.every(LOOK_AFTER_SINKS_S, lambda: sinks.look_after(alarms), "look-after-sinks")


def run_demo(loaded: Loaded) -> None:
    """Serve the playground from a data directory of its own, until SIGTERM or SIGINT."""
    settings = replace(loaded.settings, data_dir=demo_directory(loaded.settings.data_dir))
    with _until_stopped(settings, DEMO_INSTANCE, loaded, demo=True) as (center, _, stack):
        playground = Playground(center.writer, center.now)
        center.sources = [playground.status]
        stack.callback(playground.stop)
        playground.start()


def demo_directory(data_dir: Path) -> Path:
    """Beside the real one, so that simulated events never lie where those of a cluster do."""
    return data_dir.with_name(data_dir.name + "-demo")


@contextmanager
def _until_stopped(
    settings: Settings, instance: str, loaded: Loaded, *, demo: bool = False
) -> Iterator[tuple[RunningCenter, Jobs, ExitStack]]:
    """Bind, open the store, let the caller start its sources, serve until a signal comes, stop in reverse order."""
    share_pools()
    with _stop_signal() as stop, ExitStack() as stack:
        server = stack.enter_context(Server(settings.listen, stop))
        center = RunningCenter(settings, instance, demo=demo)
        stack.callback(center.close)
        jobs = _keep_retention(center, settings, loaded, stack)
        yield center, jobs, stack
        stack.callback(stop.set)
        server.serve(center)
        print(f"eventcenter is at {server.url}", file=sys.stderr, flush=True)
        stop.wait()
        log.info("stopping")


def _keep_retention(center: RunningCenter, settings: Settings, loaded: Loaded, stack: ExitStack) -> Jobs:
    from eventcenter.jobs import Jobs, SettingsFile

    jobs = Jobs(center.writer, center.now, settings, SettingsFile(loaded))
    center.pruning = jobs.status
    stack.callback(jobs.stop)
    jobs.start()
    return jobs


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set. A second signal ends the process at once, which loses nothing either."""
    stop = threading.Event()

    def asked(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


Progress = Callable[[str, int, int], None]


def replay(settings: Settings, path: Path, progress: Progress) -> None:
    """Feed a recorded watch through the pipeline into the instance of the settings."""
    _from_file(settings, path, "replay", progress)


def import_events(settings: Settings, path: Path, progress: Progress) -> None:
    """Import an export, `kubectl get events -A -o json` or a recorded watch into the instance of the settings."""
    _from_file(settings, path, "import", progress)


def _from_file(settings: Settings, path: Path, stream: str, progress: Progress) -> None:
    from eventcenter.recordings import read_recording

    bad: list[int] = []

    def on_bad(line: int, reason: str) -> None:
        bad.append(line)
        log.warning("left out line=%d reason=%s", line, reason)

    center = RunningCenter(settings, settings.instance)
    try:
        with _watched_file(path, lambda done, size: progress("reading", done, size)) as file:
            fed: Fed = feed(read_recording(file, on_bad), stream, center.writer.deliver, center.now)
        center.writer.flush(timeout=3600)
        stored = center.store()
    finally:
        center.close()
    print(
        f"{path}: {stored.changes_written} changes stored, {stored.duplicates} were known already, "
        f"{fed.malformed + len(bad)} left out"
    )


@contextmanager
def _watched_file(path: Path, on_read: Callable[[int, int], None]) -> Iterator[Path | IO[bytes]]:
    """The file with an eye on how far it is read; the path where that cannot be told."""
    if not path.is_file() or not os.access(path, os.R_OK):
        yield path
        return
    size = path.stat().st_size

    class Told(io.FileIO):
        def readinto(self, buffer: Any, /) -> int:
            count = super().readinto(buffer)
            on_read(self.tell(), size)
            return count

    with io.BufferedReader(Told(path)) as file:
        yield file
