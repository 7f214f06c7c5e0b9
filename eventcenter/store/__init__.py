"""The embedded store: SQLite behind the ports. Nothing outside this package knows that it is SQLite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eventcenter.model import Event
from eventcenter.store.alerts import AlertTable
from eventcenter.store.consumers import ConsumerTable
from eventcenter.store.crash_logs import CrashLogTable
from eventcenter.store.deliveries import Deliveries
from eventcenter.store.files import database_path, is_locked
from eventcenter.store.notifications import NotificationTable
from eventcenter.store.reader import Reader
from eventcenter.store.saved_queries import SavedQueries
from eventcenter.store.writer import Writer

__all__ = [
    "AlertTable",
    "ConsumerTable",
    "CrashLogTable",
    "Deliveries",
    "NotificationTable",
    "Reader",
    "SavedQueries",
    "Writer",
    "database_path",
    "is_locked",
    "open_reader",
    "open_writer",
]


def open_writer(
    data_dir: Path,
    instance: str,
    *,
    clock: Callable[[], int],
    classify: Callable[[Event], str] = lambda event: "",
) -> Writer:
    """The one writer of an instance, with its thread started; the file is made or upgraded first.

    StoreBusy, StoreTooNew, StoreUnwritable or StoreError when that cannot be done; nothing is changed then.
    """
    return Writer(data_dir, instance, clock=clock, classify=classify)


def open_reader(data_dir: Path, instance: str, *, error_problems: frozenset[str] = frozenset()) -> Reader:
    """Reads of an instance, also while another process writes. NotFoundError when it has no database yet."""
    return Reader(database_path(data_dir, instance), instance, error_problems=error_problems)
