"""The composition root: builds everything in order, runs it until it is told to stop, stops it in reverse."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from eventcenter import parts
from eventcenter.center import RunningCenter
from eventcenter.cluster import greet, in_pod
from eventcenter.config import Loaded
from eventcenter.errors import ClusterNotConfigured
from eventcenter.memory import share_pools
from eventcenter.pipeline import Fed, feed
from eventcenter.playground import DEMO_INSTANCE, Playground
from eventcenter.serving import Server
from eventcenter.settings import Settings

log = logging.getLogger(__name__)


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
    with _until_stopped(settings, settings.instance, loaded) as assembly:
        greet(lambda: connect(access), assembly.center.writer, str(settings.data_dir))
        for_people = parts.forward(assembly, lambda: connect(access))
        parts.judge(assembly, for_people)
        parts.keep_logs(assembly, lambda: connect(access))
        parts.watch(assembly, lambda: connect(access))
        parts.check_nodes(assembly, lambda: connect(access))


def run_demo(loaded: Loaded) -> None:
    """Serve the playground from a data directory of its own, until SIGTERM or SIGINT."""
    settings = replace(loaded.settings, data_dir=demo_directory(loaded.settings.data_dir))
    with _until_stopped(settings, DEMO_INSTANCE, loaded, demo=True) as assembly:
        parts.judge(assembly)
        playground = Playground(assembly.center.writer, assembly.center.now)
        assembly.center.sources = [playground.status]
        assembly.stack.callback(playground.stop)
        playground.start()


def demo_directory(data_dir: Path) -> Path:
    """Beside the real one, so that simulated events never lie where those of a cluster do."""
    return data_dir.with_name(data_dir.name + "-demo")


@contextmanager
def _until_stopped(
    settings: Settings, instance: str, loaded: Loaded, *, demo: bool = False
) -> Iterator[parts.Assembly]:
    """Bind, open the store, let the caller start its sources, serve until a signal comes, stop in reverse order."""
    share_pools()
    with _stop_signal() as stop, ExitStack() as stack:
        server = stack.enter_context(Server(settings.listen, stop))
        center = RunningCenter(settings, instance, demo=demo)
        stack.callback(center.close)
        yield parts.Assembly(center, settings, parts.keep_house(center, settings, loaded, stack), stack)
        stack.callback(stop.set)
        server.serve(center)
        print(f"eventcenter is at {server.url}", file=sys.stderr, flush=True)
        stop.wait()
        log.info("stopping")


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
