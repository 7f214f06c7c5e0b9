"""The scheduled jobs of a running center: retention, care of the full text, and following the settings file."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from eventcenter.config import Loaded
from eventcenter.errors import EventCenterError
from eventcenter.memory import give_back
from eventcenter.model import Retention, RetentionStatus
from eventcenter.ports import Clock
from eventcenter.settings import Settings
from eventcenter.settingtypes import DAY
from eventcenter.store import Writer
from eventcenter.store.compaction import compact
from eventcenter.store.merging import merge_day, optimize
from eventcenter.store.retention import Policy, Pruned, Pruner

log = logging.getLogger(__name__)

FIRST_PRUNE = timedelta(minutes=1)
PRUNE_EVERY = timedelta(minutes=10)
MEMORY_EVERY = timedelta(minutes=1)
FOLLOW_EVERY = timedelta(seconds=10)
GRACE_S = 3600
"""A machine that slept for a while does late what it missed, once."""


def policy_of(settings: Settings) -> Policy:
    warning = settings.retention_warning_ms
    return Policy(
        normal_ms=settings.retention_ms,
        warning_ms=settings.retention_ms if warning is None else warning,
        max_bytes=settings.max_bytes,
    )


class SettingsFile:
    """Notices when the settings file changes, and loads all layers again."""

    def __init__(self, loaded: Loaded) -> None:
        self._path = loaded.file
        self._again = loaded.again
        self._seen = _stamp(self._path)

    def changed(self) -> Settings | None:
        """The new settings; None while the file is as it was. ConfigError when it is wrong now."""
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return None
        self._seen = stamp
        return self._again().settings


class Followed:
    """Does something whenever a file has changed; what is wrong with it is told once and changes nothing."""

    def __init__(self, path: Path, take_over: Callable[[], None]) -> None:
        self._path = path
        self._take_over = take_over
        self._seen = _stamp(path)

    def look(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._take_over()
        except EventCenterError as error:
            log.error("%s is wrong, everything stays as it was error=%s", self._path, error)
        else:
            log.info("taken over file=%s", self._path)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()  # follows links: a mounted ConfigMap changes by one
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Jobs:
    """Between `start` and `stop` the store of `writer` is kept to the policy of the settings."""

    def __init__(
        self, writer: Writer, clock: Clock, settings: Settings, file: SettingsFile | None = None
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._file = file
        self._followers: list[Callable[[Settings], None]] = []
        self._policy = policy_of(settings)
        self._status = RetentionStatus()
        self._stopping = threading.Event()
        self._pruner = Pruner(writer.call, clock, self._rest)

    def status(self) -> RetentionStatus:
        kept = Retention(
            normal_ms=self._policy.normal_ms,
            warning_ms=self._policy.warning_ms,
            max_bytes=self._policy.max_bytes,
        )
        return msgspec.structs.replace(self._status, kept=kept)

    def on_change(self, follower: Callable[[Settings], None]) -> None:
        """Call this with the new settings whenever the settings file has changed; it may raise ConfigError."""
        self._followers.append(follower)

    def every(self, seconds: int, job: Callable[[], None], name: str) -> None:
        """Run a job now and then, once `start` was called. It must not raise."""
        self._scheduler.add_job(job, "interval", id=name, seconds=seconds)

    def start(self) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler

        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every run
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": GRACE_S, "coalesce": True, "max_instances": 1}
        )
        first = datetime.now(UTC) + FIRST_PRUNE
        self._add(self.prune, "interval", seconds=PRUNE_EVERY.seconds, next_run_time=first)
        self._add(self.tend, "cron", hour=0, minute=40)
        self._add(self.give_memory_back, "interval", seconds=MEMORY_EVERY.seconds)
        if self._file is not None:
            self._add(self.follow, "interval", seconds=FOLLOW_EVERY.seconds)
        self._scheduler.start()

    def stop(self) -> None:
        """Waits for the step at hand; what is left is done after the next start."""
        self._stopping.set()
        self._scheduler.shutdown(wait=True)

    def _add(self, job: Callable[[], None], trigger: str, **when: object) -> None:
        self._scheduler.add_job(job, trigger, id=job.__name__, **when)

    def _rest(self, took: float) -> bool:
        """Half of the time belongs to ingestion."""
        return self._stopping.wait(took)

    def _goes_on(self) -> bool:
        """Between two steps of the nightly care."""
        return not self._stopping.wait(0.01)

    def prune(self) -> None:
        """Delete what the policy does not keep."""
        try:
            done = self._pruner.run(self._policy)
        except EventCenterError as error:
            if not self._stopping.is_set():
                log.error("pruning failed, tried again later error=%s", error)
                self._status = _after(self._status, self._pruner.done, self._clock(), str(error))
        else:
            self._status = _after(self._status, done, self._clock(), None)

    def tend(self) -> None:
        """Nightly: yesterday is finished, its full text becomes one piece; the day before, whose events are hardly
        counted up any more, is written anew without holes."""
        try:
            today = self._clock() // DAY
            for day in (today - 2, today - 1):
                merge_day(self._writer.call, day, self._goes_on)
            compact(self._writer.call, today - 1, self._goes_on)
            self._writer.call(optimize)
        except EventCenterError as error:
            if not self._stopping.is_set():
                log.error("the nightly care failed, tried again tomorrow error=%s", error)

    def give_memory_back(self) -> None:
        give_back()

    def follow(self) -> None:
        """Take over what may change in a settings file that changed. A wrong one is told once and changes nothing."""
        assert self._file is not None
        try:
            settings = self._file.changed()
        except EventCenterError as error:
            log.error("the settings file is wrong, everything stays as it was error=%s", error)
            return
        if settings is None:
            return
        for follower in self._followers:
            try:
                follower(settings)
            except EventCenterError as error:
                log.error("a change of the settings file cannot be taken over error=%s", error)
        if policy_of(settings) != self._policy:
            self._policy = policy_of(settings)
            log.info("the retention has changed policy=%s", self._policy)
            self._scheduler.modify_job("prune", next_run_time=datetime.now(UTC))


def _after(before: RetentionStatus, done: Pruned, now: int, error: str | None) -> RetentionStatus:
    return RetentionStatus(
        events=before.events + done.events,
        undelivered=before.undelivered + done.undelivered,
        last_run=now,
        seconds=done.seconds,
        error=error,
    )
