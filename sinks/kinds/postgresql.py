"""`postgresql`: a row for every change, with the whole object as JSONB. The key of the change is the primary key, so
that what is sent again is there only once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from eventcenter.errors import ConfigError
from eventcenter.shapes import moment
from sinks import address
from sinks.cutoff import cut_off_after
from sinks.delivery import Broken, DeliveryError, Item, Refused, TryAgain
from sinks.kind import Kind, Option, Url, any_text, boolean, text
from sinks.settings import SinkSettings
from sinks.texts import json_text, without_zeros

if TYPE_CHECKING:
    from psycopg import Connection

COLUMNS = (
    ("event_key", "text PRIMARY KEY"),
    ("instance", "text NOT NULL"),
    ("seq", "bigint NOT NULL"),
    ("namespace", "text NOT NULL"),
    ("kind", "text NOT NULL"),
    ("name", "text NOT NULL"),
    ("type", "text NOT NULL"),
    ("reason", "text NOT NULL"),
    ("message", "text NOT NULL"),
    ("event_id", "text NOT NULL"),
    ("component", "text NOT NULL"),
    ("hostname", "text NOT NULL"),
    ("count", "bigint NOT NULL"),
    ("first_occurrence_time", "timestamptz NOT NULL"),
    ("last_occurrence_time", "timestamptz NOT NULL"),
    ("raw", "jsonb"),
)
NAMES = ", ".join(name for name, _ in COLUMNS)
INCOMING = "eventcenter_incoming"
"""Copied into first: COPY is the fastest way in and cannot leave out what is there."""

MENDABLE = re.compile(r"0A|28|3D|3F|42(?!P01)")
"""Classes of SQLSTATE: features, accounts, databases, schemas, rights, columns. A table that is gone is made anew."""
POISON = re.compile(r"22|23|54")
MENDABLE_TEXTS = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|database \S+ does not exist"
    r"|role \S+ does not exist|not permitted to log in|permission denied for database"
    r"|server does not support SSL|certificate verify failed|root certificate file|service file"
)
"""Of failures to connect, which come without a code."""


class PostgreSql:
    def __init__(self, settings: SinkSettings) -> None:
        import psycopg

        self._settings = settings
        try:
            self._arguments = psycopg.conninfo.conninfo_to_dict(settings.url)
        except psycopg.Error as error:
            told = settings.hide(" ".join(str(error).split()))
            raise ConfigError(f"postgresql: the address cannot be used: {told}") from None
        if settings["password"]:
            self._arguments["password"] = settings["password"]
        self._table = _quoted(settings["table"])
        self._connection: Connection[Any] | None = None

    def send(self, items: Sequence[Item]) -> None:
        try:
            connection = self._connection or self._connect()
            with cut_off_after(self._settings.timeout_s, connection.fileno()), connection.transaction():
                self._write(connection, items)
        except Exception as error:  # also what the client raises for an answer that it cannot read
            self._close_unless_refused(error)
            raise self._judged(error) from None

    def _connect(self) -> Connection[Any]:
        import psycopg

        seconds = max(2, round(min(10.0, self._settings.timeout_s)))
        arguments: dict[str, Any] = {
            "connect_timeout": seconds,
            "application_name": "eventcenter",
        } | self._arguments
        connection = psycopg.connect(**arguments, autocommit=True)
        self._connection = connection
        with cut_off_after(self._settings.timeout_s, connection.fileno()):
            shown = connection.execute("SELECT to_regclass(%s)", (self._table,)).fetchone()
            if (
                shown is None or shown[0] is None
            ):  # asked first: who may only insert may not CREATE IF NOT EXISTS
                columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS)
                connection.execute(f"CREATE TABLE IF NOT EXISTS {self._table} ({columns})".encode())
            connection.execute(
                f"CREATE TEMPORARY TABLE {INCOMING} ON COMMIT DELETE ROWS "
                f"AS SELECT {NAMES} FROM {self._table} WITH NO DATA".encode()
            )
        return connection

    def _write(self, connection: Connection[Any], items: Sequence[Item]) -> None:
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY pg_temp.{INCOMING} ({NAMES}) FROM STDIN".encode()) as copy:
                for item in items:
                    copy.write_row(self._row(item))
            cursor.execute(
                f"INSERT INTO {self._table} ({NAMES}) SELECT {NAMES} FROM pg_temp.{INCOMING} "
                "ON CONFLICT DO NOTHING".encode()
            )

    def _row(self, item: Item) -> tuple[Any, ...]:
        event = item.event
        texts = (
            event.namespace, event.kind, event.name, event.level, event.reason, event.message, event.uid,
            event.component, event.hostname,
        )  # fmt: skip
        raw = json_text(item.raw, zeros=False).decode() if self._settings["raw"] and item.raw else None
        return (
            without_zeros(item.key),
            without_zeros(event.instance),
            event.seq,
            *map(without_zeros, texts),
            event.count,
            moment(event.first_time),
            moment(event.last_time),
            raw,
        )

    def _close_unless_refused(self, error: Exception) -> None:
        if not POISON.match(getattr(error, "sqlstate", None) or ""):
            self.close()

    def _judged(self, error: Exception) -> DeliveryError:
        import psycopg

        if isinstance(error, DeliveryError):
            return error
        state = getattr(error, "sqlstate", None) or ""
        told = self._settings.hide(" ".join(str(error).split()))[:300] or type(error).__name__
        if POISON.match(state) or isinstance(error, psycopg.DataError):
            return Refused(f"the database refuses it: {told}")
        if MENDABLE.match(state) or (not state and MENDABLE_TEXTS.search(told)):
            return Broken(f"the database refuses the sink: {told}", hint="Look at user, rights and table.")
        return TryAgain(f"the database does not take them: {told}")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()


def _quoted(table: str) -> str:
    """`TABLE` or `SCHEMA.TABLE`, as they are written."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))


def read(rest: str) -> tuple[str, address.Pairs]:
    """`postgresql://…`, also written as `postgresql:?postgresql://…` or `postgresql:postgresql://…`. What is no option
    of ours belongs to libpq."""
    rest = rest.lstrip("?&")
    if rest.startswith("//"):
        rest = f"postgresql:{rest}"
    url, options = address.split_url(rest)
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ConfigError("the address of a PostgreSQL is postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    try:
        urlsplit(url)
    except ValueError:
        raise ConfigError("the address of the PostgreSQL cannot be read") from None
    return url, options


KIND = Kind(
    name="postgresql",
    summary="A table of PostgreSQL, a row for every change, with the object as JSONB.",
    example="postgresql://user:PASSWORD@db.example.com:5432/events?sslmode=verify-full&table=kube_event",
    options=(
        Option("table", "TABLE or SCHEMA.TABLE; made when it is missing", text, "kube_event"),
        Option("password", "where it does not stand in the address", any_text, secret=True),
        Option("raw", "the whole object in the column raw", boolean, True),
    ),
    open=PostgreSql,
    aliases=("postgres",),
    passes_on=True,
    modules=("psycopg",),
    extra="postgresql",
    batch=2000,
    url=Url.REQUIRED,
    read=read,
)
