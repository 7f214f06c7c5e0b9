"""The file that the writer has open: whether it is still there and sound, and how to go on with a new one.

A damaged file is set aside under a name with the time, never deleted; a removed one is read through the connection that
still has it open. Either way a new file is begun at once and what can be read is brought over meanwhile (`salvage`)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from eventcenter.errors import StoreDamaged
from eventcenter.model import Batch
from eventcenter.store.care import set_aside
from eventcenter.store.damage import fault_of
from eventcenter.store.files import identity, open_for_writing, refused, unwritable
from eventcenter.store.salvage import DONE, STREAM, Connect, Salvage

log = logging.getLogger(__name__)

WHY = "damaged"

T = TypeVar("T")


Begin = Callable[[sqlite3.Connection], T]
"""The first use of a file. StoreError when it cannot be used; errors of SQLite are translated here."""


class File:
    """Opens the file at `path`, and another one under that name when need be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._told: list[str] = []
        self._sources: list[tuple[str, Connect]] = []
        self._salvages: list[Salvage] = []
        self._identity: tuple[int, int] | None = None

    def open(self, begin: Begin[T]) -> tuple[sqlite3.Connection, T]:
        """A connection to a sound file and what `begin` made of it. A damaged one is set aside first, be it seen at the
        look at its ends, when it is opened or at its first use."""
        if fault := fault_of(self.path):
            self.set_aside(fault)
        try:
            return self._opened(begin)
        except StoreDamaged as error:
            self.set_aside(error.fault)
            return self._opened(begin)

    def _opened(self, begin: Begin[T]) -> tuple[sqlite3.Connection, T]:
        connection = open_for_writing(self.path)
        found = identity(self.path)
        try:
            begun = begin(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise refused(self.path, error) from None
        except BaseException:
            connection.close()
            raise
        self._identity = found
        return connection, begun

    def is_lost(self) -> bool:
        """Whether the file that was opened last is not the one at the path any more."""
        return self._identity is not None and identity(self.path) != self._identity

    def instead(self, old: sqlite3.Connection | None, begin: Begin[T]) -> tuple[sqlite3.Connection, T]:
        """Go on with a new file or the one that somebody has put there. `old` is the connection to one that is lost;
        None when it was set aside."""
        lost, there = self._identity, identity(self.path)
        opened = self.open(begin)
        if old is None:
            return opened
        if there is not None:
            self._say(f"{self.path} was replaced while we ran: going on with the file that is there now")
            old.close()
        else:
            self._say(f"{self.path} was removed while we ran: going on in a new file")
            old.execute("PRAGMA query_only = ON")
            self._sources.append((f"removed-{lost}", lambda: old))
        return opened

    def set_aside(self, fault: str) -> None:
        """Give a damaged file another name. Nobody has it open. StoreUnwritable when that cannot be done."""
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
