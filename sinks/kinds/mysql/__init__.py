"""`mysql`: a row for every change in a table of MySQL or MariaDB, with kube-eventer's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sinks.kind import Kind, Option, Url, any_text, duration, one_of, text
from sinks.kinds.mysql.dsn import read

if TYPE_CHECKING:
    from sinks.delivery import Sender
    from sinks.settings import SinkSettings


def open_sender(settings: SinkSettings) -> Sender:
    from sinks.kinds.mysql.sender import MySql

    return MySql(settings)


def table_name(given: str) -> str:
    if not given.strip(". ") or "\0" in given or len(given) > 129:
        raise ValueError("is not TABLE or DATABASE.TABLE")
    return given.strip()


_OF_GO = (
    "charset", "collation", "parseTime", "loc", "readTimeout", "writeTimeout", "allowNativePasswords",
    "allowOldPasswords", "allowCleartextPasswords", "allowAllFiles", "allowFallbackToPlaintext", "interpolateParams",
    "maxAllowedPacket", "multiStatements", "clientFoundRows", "columnsWithAlias", "rejectReadOnly",
    "checkConnLiveness", "serverPubKey", "connectionAttributes", "compress", "autocommit",
)  # fmt: skip

KIND = Kind(
    name="mysql",
    summary="A table of MySQL or MariaDB, a row for every change, with kube-eventer's columns.",
    example="mysql:?user:PASSWORD@tcp(db.example.com:3306)/kube_eventer?charset=utf8&table=kube_event",
    options=(
        Option(
            "table",
            "TABLE or DATABASE.TABLE; made when it is missing. Beside it TABLE_delivered says what is written already",
            table_name,
            "kube_event",
        ),
        Option("password", "where it does not stand in the address", any_text, secret=True),
        Option(
            "tls",
            "true: checked; skip-verify: unchecked; preferred: unchecked, if the server offers it; false: none",
            one_of("true", "false", "skip-verify", "preferred"),
            "preferred",
        ),
        Option("ca", "file with the certificates that the server's is checked against", text),
        Option("timeout", "how long one delivery may take, and connecting", duration, 30.0),
        *(Option(name, "of Go's driver", any_text, ignored=True) for name in _OF_GO),
    ),
    open=open_sender,
    url=Url.OPTIONAL,
    modules=("pymysql",),
    extra="mysql",
    batch=2000,
    needs_raw=False,
    read=read,
)
