"""Why is there no data? Checks from the cluster to the page, each with what to do about it. Changes
nothing."""

from __future__ import annotations

from collections.abc import Iterator

from eventcenter.doctor.center import check_center
from eventcenter.doctor.cluster import check_cluster
from eventcenter.doctor.findings import Finding, Status
from eventcenter.doctor.storage import check_storage
from eventcenter.ports import Clock
from eventcenter.settings import Settings
from eventcenter.store import is_locked

__all__ = ["Finding", "Status", "examine"]


def examine(settings: Settings, now: Clock) -> Iterator[Finding]:
    """All checks, each as soon as it is done."""
    yield from check_cluster(settings, now)
    yield from check_storage(settings, now)
    yield from check_center(settings.listen, locked=is_locked(settings.data_dir))
