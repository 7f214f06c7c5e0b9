"""The file that the writer has open: whether it is still there and sound, and how to go on with a new one.

A damaged file is set aside under a name with the time, never deleted; a removed one is read through the connection that
still has it open. Either way a new file is begun at once and what can be read is brought over meanwhile (`salvage`)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from eventcenter.model import Batch
from eventcenter.store.care import set_aside
from eventcenter.store.damage import fault_of
from eventcenter.store.files import identity, open_for_writing, unwritable
from eventcenter.store.salvage import DONE, STREAM, Connect, Salvage

log = logging.getLogger(__name__)

WHY = "damaged"


class File:
    """Opens the file at `path`, and another one under that name when need be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._told: list[str] = []
        self._sources: list[tuple[str, Connect]] = []
        self._salvages: list[Salvage] = []
        self._identity: tuple[int, int] | None = None

    def open(self) -> sqlite3.Connection:
        """Of a sound file; a damaged one is set aside first."""
        if fault := fault_of(self.path):
            self._set_aside(fault)
        connection = open_for_writing(self.path)
        self._identity = identity(self.path)
        return connection

    def is_lost(self) -> bool:
        return self._identity is not None and identity(self.path) != self._identity

    def instead(self, old: sqlite3.Connection, fault: str | None) -> sqlite3.Connection:
        """A connection to go on with: a new file for a damaged one (`fault`) or one that is gone, or the file that
        somebody has put there."""
        if fault is not None:
            with suppress(sqlite3.Error):
                old.close()
            self._set_aside(fault)
            return self.open()
        if identity(self.path) is not None:
            self._say(f"{self.path} was replaced while we ran: going on with the file that is there now")
            connection = self.open()
            old.close()
            return connection
        self._say(f"{self.path} was removed while we ran: going on in a new file")
        connection = self.open()
        old.execute("PRAGMA query_only = ON")
        self._sources.append((f"removed-{self._identity}", lambda: old))
        return connection

    def _set_aside(self, fault: str) -> None:
        try:
            aside = set_aside(self.path, WHY)
        except OSError as error:
            raise unwritable(self.path, error) from None
        if aside is not None:
            self._say(f"{self.path} was damaged ({fault}): it is now {aside.name}, going on in a new file")

    def _say(self, what: str) -> None:
        log.error("%s", what)
        self._told.append(what)

    def salvage(
        self,
        position: Callable[[str], str | None],
        deliver: Callable[[Batch], None],
        busy: Callable[[], bool],
    ) -> None:
        """Start to bring over what is not brought over yet, also from before this start."""
        running = {salvage.name for salvage in self._salvages}
        sources = self._sources + [
            (aside.name, lambda aside=aside: _connect(aside))
            for aside in sorted(self.path.parent.glob(f"{self.path.stem}-{WHY}-*.db"))
        ]
        self._sources = []
        for name, connect in sources:
            after = position(STREAM + name)
            if name not in running and after != DONE:
                salvage = Salvage(name, connect, deliver, busy, after)
                self._salvages.append(salvage)
                salvage.start()

    def notices(self) -> tuple[str, ...]:
        return (*self._told, *(f"{salvage.name}: {salvage.said()}" for salvage in self._salvages))

    def stop(self) -> None:
        for salvage in self._salvages:
            salvage.stop()


def _connect(path: Path) -> sqlite3.Connection:
    """As much of its log as SQLite accepts; the file alone where that is what is damaged."""
    failure: sqlite3.Error | None = None
    for more in ("", "&immutable=1"):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{more}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return connection
        except sqlite3.Error as error:
            connection.close()
            failure = error
    raise failure or sqlite3.DatabaseError("cannot be opened")
