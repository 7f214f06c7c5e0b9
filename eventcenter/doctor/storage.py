"""The data directory: can it be written, is there room, is the database sound, who uses it, how old is its
newest event?"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from eventcenter.doctor.findings import Finding, duration, fail, ok, size, warn
from eventcenter.errors import NotFoundError, StoreError
from eventcenter.ports import Clock
from eventcenter.settings import Settings
from eventcenter.store import is_locked
from eventcenter.store.inspection import Inspection, inspect

LITTLE = 1024**3
TOO_LITTLE = 100 * 1024**2
CHECK_SECONDS = 10.0


def check_storage(settings: Settings, now: Clock) -> Iterator[Finding]:
    written = _writable(settings.data_dir)
    yield written
    yield from _room(settings.data_dir)
    locked = is_locked(settings.data_dir)
    if locked:
        yield ok("process", f"a center is running on this directory (process {_holder(settings.data_dir)})")
    else:
        yield ok("process", "no center is running on this directory")
    yield from _database(settings, now, locked=locked)


def _writable(directory: Path) -> Finding:
    place = _nearest(directory)
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"x")
    except OSError as error:
        return fail(
            "data directory",
            f"{place} cannot be written: {error.strerror or error}",
            f"Give user {os.geteuid()} write access, or choose another directory with --data-dir.",
        )
    if place != directory:
        return ok("data directory", f"{directory} does not exist yet; it will be made")
    return ok("data directory", f"{directory} can be written")


def _nearest(directory: Path) -> Path:
    """The directory itself, or what would have to be written to make it."""
    directory = directory.absolute()
    return next(path for path in (directory, *directory.parents) if path.exists())


def _room(directory: Path) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(_nearest(directory)).free
    except OSError as error:
        yield warn("disk", f"the free space is not known: {error.strerror or error}", "Look with df.")
        return
    text = f"{size(free)} are free"
    remedy = "Free some, enlarge the disk, or choose another directory with --data-dir."
    if free < TOO_LITTLE:
        yield fail("disk", f"only {text}; nothing can be stored soon", remedy)
    elif free < LITTLE:
        yield warn("disk", f"only {text}; a million events take about 450 MB", remedy)
    else:
        yield ok("disk", text)


def _holder(directory: Path) -> str:
    try:
        return (directory / "lock").read_text(encoding="ascii")[:20].strip() or "unknown"
    except (OSError, ValueError):
        return "unknown"


def _database(settings: Settings, now: Clock, *, locked: bool) -> Iterator[Finding]:
    try:
        found = inspect(settings.data_dir, settings.instance, seconds=CHECK_SECONDS)
    except NotFoundError:
        yield warn(
            "database",
            f"there is no database of the instance {settings.instance!r} yet: nothing was ever stored here",
            "Start `eventcenter run`; if it runs elsewhere, name its directory with --data-dir.",
        )
        return
    except StoreError as error:
        yield fail("database", str(error), error.hint or "Restore a backup, or move the file away.")
        return
    yield _soundness(found)
    yield _newest(found, now())
    yield from _positions(found, now(), locked=locked)


def _soundness(found: Inspection) -> Finding:
    what = f"{found.path}, {size(found.size)}, schema {found.schema}"
    if found.faults:
        return fail(
            "database", f"{what} is damaged: {found.faults[0]}", "Stop the center and restore a backup."
        )
    if not found.complete:
        return ok("database", f"{what}; no fault found in {CHECK_SECONDS:.0f} s of checking a part of it")
    return ok("database", f"{what}, sound")


def _newest(found: Inspection, now: int) -> Finding:
    if found.newest_time is None:
        return warn("stored", "no event is stored yet", "The checks of the cluster say why.")
    age = duration(max(0, now - found.newest_time))
    return ok("stored", f"{found.newest_seq} changes; the newest event is of {age} ago")


def _positions(found: Inspection, now: int, *, locked: bool) -> Iterator[Finding]:
    for position in found.positions:
        age = duration(max(0, now - position.committed))
        if position.resource_version is None:
            yield warn(
                "position",
                f"{position.stream}: the cluster no longer knew the position; it is listed again",
                "Nothing needs to be done: the next start or try takes over what the cluster still holds.",
            )
        else:
            state = "collecting" if locked else "stopped; the next start goes on from there"
            yield ok("position", f"{position.stream}: last moved {age} ago ({state})")
