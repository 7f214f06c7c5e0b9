"""Writes batches to MySQL and MariaDB: one transaction each, with what has been delivered beside the events."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sinks.cutoff import cut_off_after
from sinks.delivery import Broken, DeliveryError, Item, Refused, TryAgain
from sinks.kinds.mysql import dsn, table
from sinks.settings import SinkSettings

if TYPE_CHECKING:
    from pymysql.connections import Connection

STATEMENT_BYTES = 1 << 20
"""Of one INSERT, at most; less where the server takes less."""
BETWEEN = "\x1e"
"""Between the values of a row while it is quoted: quoting leaves it as it is."""
KEPT = 1_000_000
"""Numbers of changes behind the newest for which it is known what has been delivered."""
FORGET_EVERY = 200
"""Batches."""

CREDENTIALS_OR_SHAPE = frozenset(
    {1044, 1045, 1049, 1054, 1102, 1103, 1141, 1142, 1143, 1227, 1251, 1264, 1364, 1370, 1410, 1698, 1820,
     1862, 2059, 2061, 3118, 4151}
)  # fmt: skip
"""Rights, accounts, a database that does not exist, a table with other columns: every event would get the same."""
POISON = frozenset({1048, 1118, 1153, 1265, 1292, 1300, 1366, 1406, 2020, 3140, 4025})


class MySql:
    def __init__(self, settings: SinkSettings) -> None:
        import pymysql  # noqa: F401

        self._settings = settings
        self._arguments = dsn.connection(settings.url)
        self._names = table.names(settings["table"])
        self._instance = settings.surroundings.instance
        told = hashlib.blake2b(f"{self._names.events}\0{self._instance}".encode(), digest_size=16).hexdigest()
        self._lock = f"eventcenter.{told}"
        self._connection: Connection[Any] | None = None
        self._fits: list[table.Fit] = []
        self._statement_bytes = STATEMENT_BYTES
        self._batches = 0

    def send(self, items: Sequence[Item]) -> None:
        try:
            connection = self._connection or self._connect()
            with _limited(connection, self._settings.timeout_s):
                self._write(connection, items)
        except Exception as error:  # the client raises anything for an answer that it cannot read
            self.close()
            raise self._judged(error) from None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()

    def _connect(self) -> Connection[Any]:
        import pymysql

        seconds = self._settings.timeout_s
        connection: Connection[Any] = pymysql.connect(  # type: ignore[call-overload]
            **self._arguments,
            password=self._settings["password"] or "",
            charset="utf8mb4",  # whatever the address says: `utf8` would lose what four bytes say
            connect_timeout=max(1, round(min(10.0, seconds))),
            read_timeout=max(1, round(seconds)),
            write_timeout=max(1, round(seconds)),
            program_name="eventcenter",
            **_tls(self._settings),
        )
        self._connection = connection
        with _limited(connection, seconds), connection.cursor() as cursor:
            self._prepare(cursor)
        connection.commit()
        return connection

    @contextlib.contextmanager
    def _alone(self, cursor: Any) -> Iterator[None]:
        """One batch at a time: what an earlier connection was at when its answer got lost comes to an end first, so
        that what is delivered can be told. A connection that ends gives its lock back."""
        cursor.execute("SELECT get_lock(%s, %s)", (self._lock, self._settings.timeout_s / 2))
        if cursor.fetchone()[0] != 1:
            raise TryAgain("an earlier connection of this event center is still writing")
        yield
        cursor.execute("SELECT release_lock(%s)", (self._lock,))

    def _prepare(self, cursor: Any) -> None:
        """The tables, and what the columns can hold."""
        for name, create in (
            (self._names.events, table.create_events),
            (self._names.delivered, table.create_delivered),
        ):
            if not self._exists(
                cursor, name
            ):  # asked first: who may only insert has no right to CREATE IF NOT EXISTS
                cursor.execute(create(name))
        database, _, name = self._settings["table"].rpartition(".")
        cursor.execute(table.LIMITS_SQL, (database or None, name))
        self._fits = table.fits(cursor.fetchall())
        cursor.execute("SELECT @@max_allowed_packet")
        self._statement_bytes = min(STATEMENT_BYTES, int(cursor.fetchone()[0]) // 2)

    def _exists(self, cursor: Any, name: str) -> bool:
        import pymysql

        try:
            cursor.execute(f"SELECT 1 FROM {name} LIMIT 0")
        except pymysql.ProgrammingError as error:
            if error.args[0] != 1146:
                raise
            return False
        return True

    def _write(self, connection: Connection[Any], items: Sequence[Item]) -> None:
        with connection.cursor() as cursor, self._alone(cursor):
            new = self._new(cursor, items)
            rows = (self._row(connection, item) for item in new.values())
            for values in _pieces(rows, self._statement_bytes):
                cursor.execute(f"INSERT INTO {self._names.events} ({self._names.columns}) VALUES {values}")
            if new:
                self._remember(cursor, new)
            connection.commit()
            self._forget(cursor, items)
            connection.commit()

    def _new(self, cursor: Any, items: Sequence[Item]) -> dict[str, Item]:
        """Those that the server does not have, by their keys."""
        seqs = [item.event.seq for item in items]
        cursor.execute(
            f"SELECT event_keys FROM {self._names.delivered} "
            "WHERE instance = %s AND last_seq >= %s AND first_seq <= %s",
            (self._instance, min(seqs), max(seqs)),
        )
        known = {key for (keys,) in cursor.fetchall() for key in keys.split()}
        return {key: item for item in items if (key := item.key) not in known}

    def _remember(self, cursor: Any, new: dict[str, Item]) -> None:
        seqs = [item.event.seq for item in new.values()]
        cursor.execute(
            f"INSERT INTO {self._names.delivered} (instance, first_seq, last_seq, event_keys) "
            "VALUES (%s, %s, %s, %s)",
            (self._instance, min(seqs), max(seqs), "\n".join(new)),
        )

    def _row(self, connection: Connection[Any], item: Item) -> str:
        cells = [fit(text) for fit, text in zip(self._fits, table.values(item.event), strict=True)]
        row = BETWEEN.join(cells)
        if row.count(BETWEEN) >= len(cells):  # one of them has it inside
            return f"({','.join([connection.escape(cell) for cell in cells])})"
        return (
            "(" + connection.escape(row).replace(BETWEEN, "','") + ")"
        )  # quoting once is four times as fast

    def _forget(self, cursor: Any, items: Sequence[Item]) -> None:
        self._batches += 1
        if self._batches % FORGET_EVERY:
            return
        import pymysql

        with contextlib.suppress(pymysql.OperationalError):  # without the right to delete it grows
            cursor.execute(
                f"DELETE FROM {self._names.delivered} WHERE instance = %s AND last_seq < %s LIMIT 10000",
                (self._instance, items[-1].event.seq - KEPT),
            )

    def _judged(self, error: Exception) -> DeliveryError:
        import pymysql

        if isinstance(error, DeliveryError):
            return error
        code = error.args[0] if isinstance(error, pymysql.Error) and error.args else 0
        said = error.args[1] if code and len(error.args) > 1 else error
        text = self._settings.hide(" ".join(f"{said}".split()))[:300] or type(error).__name__
        if code in POISON:
            return Refused(f"the database refuses it: {text} ({code})")
        if code in CREDENTIALS_OR_SHAPE:
            return Broken(
                f"the database refuses the sink: {text} ({code})", hint="Look at user, rights and table."
            )
        if isinstance(error, pymysql.Error):
            return TryAgain(f"the database does not take them: {text}{f' ({code})' if code else ''}")
        logging.getLogger(__name__).debug("unexpected answer", exc_info=True)
        return TryAgain(f"the database answers what cannot be read: {type(error).__name__}: {text}")


@contextlib.contextmanager
def _limited(connection: Connection[Any], seconds: float) -> Iterator[None]:
    """The client counts its limits for each read anew; this one is for all of them together."""
    with cut_off_after(seconds, connection._sock.fileno()):  # type: ignore[attr-defined]
        yield


def _pieces(rows: Iterator[str], most: int) -> Iterator[str]:
    """Rows for VALUES, as many together as fit."""
    piece: list[str] = []
    size = 0
    for row in rows:
        length = len(row) if row.isascii() else len(row.encode())
        if piece and size + length > most:
            yield ",".join(piece)
            piece, size = [], 0
        piece.append(row)
        size += length + 1
    if piece:
        yield ",".join(piece)


def _tls(settings: SinkSettings) -> dict[str, Any]:
    """As Go's driver reads `tls`. `preferred` takes what the server offers, unchecked."""
    wanted = settings["tls"]
    if wanted == "false":
        return {"ssl_disabled": True}
    if wanted == "preferred" and not settings["ca"]:
        return {}
    import ssl

    try:
        context = ssl.create_default_context(cafile=settings["ca"])
    except (OSError, ssl.SSLError) as error:
        from eventcenter.errors import ConfigError

        raise ConfigError(f"ca: {settings['ca']!r} cannot be read: {error}") from None
    if wanted == "skip-verify":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}
