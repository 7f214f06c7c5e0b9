"""`clickhouse`: a row for every change. What is sent again is left out by the token of its block where the table keeps
those, and else when parts are merged, or with FINAL: the key of the change is part of the sorting key."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import weakref
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from eventcenter.errors import ConfigError
from eventcenter.shapes import moment
from sinks.cutoff import all_cut_off_after
from sinks.delivery import Broken, DeliveryError, Item, Refused, TryAgain
from sinks.kind import Kind, Option, Url, any_text, boolean, text
from sinks.settings import SinkSettings
from sinks.texts import json_text, whole

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from urllib3 import PoolManager

COLUMNS = (
    ("event_key", "String"),
    ("instance", "LowCardinality(String)"),
    ("seq", "UInt64"),
    ("namespace", "LowCardinality(String)"),
    ("kind", "LowCardinality(String)"),
    ("name", "String"),
    ("type", "LowCardinality(String)"),
    ("reason", "LowCardinality(String)"),
    ("message", "String"),
    ("event_id", "String"),
    ("component", "LowCardinality(String)"),
    ("hostname", "LowCardinality(String)"),
    ("count", "Int64"),
    ("first_occurrence_time", "DateTime64(3, 'UTC')"),
    ("last_occurrence_time", "DateTime64(3, 'UTC')"),
    ("raw", "String"),
)
FIRST_MS, LAST_MS = -2_208_988_800_000, 9_223_372_036_000
"""From 1900 to 2262: what DateTime64 holds at every precision."""

MENDABLE = frozenset({16, 36, 62, 80, 81, 115, 164, 192, 193, 194, 195, 291, 492, 497, 516, 519})
"""No such column or database, rights, read-only user, account. A table that is gone is made anew."""
POISON = frozenset({6, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 469})
"""Values that cannot be read or held."""


class ClickHouse:
    def __init__(self, settings: SinkSettings) -> None:
        import clickhouse_connect  # noqa: F401

        self._settings = settings
        self._arguments = _arguments(settings)
        self._table = _quoted(settings["table"])
        self._client: Client | None = None
        self._connected: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def send(self, items: Sequence[Item]) -> None:
        rows = [self._row(item) for item in items]
        try:
            with all_cut_off_after(self._settings.timeout_s, self._connected):
                client = self._client or self._connect()
                client.insert(
                    self._table,
                    rows,
                    column_names=[name for name, _ in COLUMNS],
                    column_type_names=[kind for _, kind in COLUMNS],
                    settings={"insert_deduplication_token": _token(items)},
                )
        except Exception as error:  # also what the client raises for an answer that it cannot read
            judged = self._judged(error)
            if not isinstance(judged, Refused):
                self.close()
            raise judged from None

    def _connect(self) -> Client:
        import clickhouse_connect

        pool = _pool(self._connected, verify=not self._settings["insecuressl"])
        client = self._client = clickhouse_connect.get_client(**self._arguments, pool_mgr=pool)
        self._make_table(client)
        return client

    def _make_table(self, client: Client) -> None:
        """Asked first: who may only insert has no right to CREATE IF NOT EXISTS."""
        if client.command(f"EXISTS TABLE {self._table}"):
            return
        columns = ", ".join(f"`{name}` {kind}" for name, kind in COLUMNS)
        client.command(
            f"CREATE TABLE IF NOT EXISTS {self._table} ({columns}) ENGINE = ReplacingMergeTree "
            "PARTITION BY toYYYYMM(last_occurrence_time) "
            "ORDER BY (instance, namespace, kind, last_occurrence_time, event_key) "
            "SETTINGS non_replicated_deduplication_window = 1000"
        )

    def _row(self, item: Item) -> list[Any]:
        event = item.event
        texts = (
            event.namespace, event.kind, event.name, event.level, event.reason, event.message, event.uid,
            event.component, event.hostname,
        )  # fmt: skip
        return [
            whole(item.key),
            whole(event.instance),
            event.seq,
            *map(whole, texts),
            event.count,
            _held(event.first_time),
            _held(event.last_time),
            json_text(item.raw).decode() if self._settings["raw"] and item.raw else "",
        ]

    def _judged(self, error: Exception) -> DeliveryError:
        from clickhouse_connect.driver import exceptions

        told = self._settings.hide(" ".join(str(error).split()))[:300] or type(error).__name__
        code = getattr(error, "code", None)
        if code is None and (found := re.search(r"\bcode:? ?(\d+)", told, re.IGNORECASE)):
            code = int(found[1])
        if code in MENDABLE or (
            code is None and re.search(r"\bHTTP status 40[134]|AUTHENTICATION_FAILED", told)
        ):
            return Broken(f"ClickHouse refuses the sink: {told}", hint="Look at user, rights and table.")
        if code in POISON or isinstance(error, exceptions.DataError):
            return Refused(f"ClickHouse refuses it: {told}")
        return TryAgain(f"ClickHouse does not take them: {told}")

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close()


def _pool(connected: weakref.WeakSet[socket.socket], *, verify: bool) -> PoolManager:
    """The client's connections, which are found in `connected`: its time limits begin anew with every byte."""
    from clickhouse_connect.driver.httputil import get_pool_manager
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            connected.add(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            connected.add(self.sock)

    pool: PoolManager = get_pool_manager(verify=verify)
    pool.pool_classes_by_scheme = {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": Plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": Secure}),
    }
    return pool


def _held(time: int) -> datetime:
    return moment(min(max(time, FIRST_MS), LAST_MS))


def _token(items: Sequence[Item]) -> str:
    """The same for the same batch."""
    digest = hashlib.blake2b(digest_size=16)
    for item in items:
        digest.update(f"{item.key}\n".encode("utf-8", "replace"))
    return digest.hexdigest()


def _quoted(table: str) -> str:
    return ".".join("`" + part.replace("\\", "\\\\").replace("`", "\\`") + "`" for part in table.split("."))


def _arguments(settings: SinkSettings) -> dict[str, Any]:
    """For the client, of `http(s)://USER:PASSWORD@HOST:PORT/DATABASE`."""
    from urllib.parse import unquote

    try:
        parts = urlsplit(settings.url)
        port = parts.port
    except ValueError:
        raise ConfigError("clickhouse: the port in its URL is not a number from 1 to 65535") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("clickhouse: its URL is http://HOST:8123/DATABASE, or with https")
    return {
        "interface": parts.scheme,
        "host": parts.hostname,
        "port": port or (8443 if parts.scheme == "https" else 8123),
        "username": settings["user"] or unquote(parts.username or "") or "default",
        "password": settings["password"] or unquote(parts.password or ""),
        "database": unquote(parts.path.strip("/")) or "default",
        "connect_timeout": max(1, round(min(10.0, settings.timeout_s))),
        "send_receive_timeout": max(1, round(settings.timeout_s)),
        "autogenerate_session_id": False,
        "client_name": "eventcenter",
        "query_retries": 0,  # the delivery loop tries again
    }


KIND = Kind(
    name="clickhouse",
    summary="A table of ClickHouse, a row for every change.",
    example="clickhouse:http://user:PASSWORD@clickhouse.example.com:8123/events?table=kube_event",
    options=(
        Option("table", "TABLE or DATABASE.TABLE; made when it is missing", text, "kube_event"),
        Option("user", "the account, where it does not stand in the URL", text),
        Option("password", "where it does not stand in the URL", any_text, secret=True),
        Option("raw", "the whole object as JSON in the column raw", boolean, True),
        Option("insecuressl", "do not check the certificate of the server", boolean, False),
    ),
    open=ClickHouse,
    modules=("clickhouse_connect",),
    extra="clickhouse",
    batch=5000,
    url=Url.REQUIRED,
)
