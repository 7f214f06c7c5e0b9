"""What is particular to MySQL and MariaDB: tables that kube-eventer made, rights, character sets, addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pymysql
import pytest

from eventcenter.errors import ConfigError
from sinks.configuring import problems
from sinks.delivery import Broken, Sender, TryAgain
from sinks.kinds.mysql import sender as sending
from sinks.kinds.mysql.dsn import connection, read
from sinks.kinds.mysql.table import go_time
from tests.sinks.databases.sending import with_retries
from tests.sinks.made import NOON, item, items, settings

Open = Callable[..., Sender]

DOCUMENTED = """CREATE TABLE {table} (
  id bigint(20) not null auto_increment primary key, name varchar(64) not null default '',
  namespace varchar(64) not null default '', event_id varchar(64) not null default '',
  type varchar(64) not null default '', reason varchar(64) not null default '', message text not null,
  kind varchar(64) not null default '', first_occurrence_time varchar(64) not null default '',
  last_occurrence_time varchar(64) not null default '') ENGINE = InnoDB default CHARSET = utf8"""
OF_ITS_SOURCE = """CREATE TABLE {table} (
  `id` bigint(20) NOT NULL AUTO_INCREMENT, `namespace` varchar(255) DEFAULT '', `kind` varchar(255) DEFAULT '',
  `name` varchar(255) DEFAULT '', `type` varchar(255) DEFAULT '', `reason` varchar(255) DEFAULT '',
  `message` varchar(255) DEFAULT '', `event_id` varchar(255) DEFAULT '',
  `first_occurrence_time` varchar(255) DEFAULT '', `last_occurrence_time` varchar(255) DEFAULT '',
  `update_time` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"""
"""What it writes itself, in its words."""
KUBE_EVENTER = (
    "INSERT INTO {table} (namespace,kind,name,type,reason,message,event_id,first_occurrence_time,"
    "last_occurrence_time) VALUES('a','Pod','b','Normal','R','m','u','t','t')"
)


def test_a_row_is_what_kube_eventer_writes(mariadb: Any, table: str, open_sender: Open) -> None:
    open_sender(mariadb.address(table)).send([item(3)])
    ((*row,),) = mariadb.query(
        "SELECT namespace, kind, name, type, reason, message, event_id, first_occurrence_time, last_occurrence_time "
        f"FROM {table}"
    )
    assert row == [
        "shop", "Pod", "web-3", "Warning", "BackOff", "Back-off restarting failed container web",
        "00000000-0000-4000-8000-000000000003", "2025-12-25 12:00:03 +0000 UTC", "2025-12-25 12:00:03 +0000 UTC",
    ]  # fmt: skip
    mariadb.query(KUBE_EVENTER.format(table=table))


@pytest.mark.parametrize(("schema", "most"), [(DOCUMENTED, 65_535), (OF_ITS_SOURCE, 255)])
def test_a_table_of_kube_eventer(mariadb: Any, table: str, open_sender: Open, schema: str, most: int) -> None:
    """Its columns take less than events say: that is cut, and no event is lost."""
    mariadb.query(schema.format(table=table))
    mariadb.query(KUBE_EVENTER.format(table=table))
    sent = [item(1, "m" * 100_000, name="n" * 253), item(2, "é🚨" * 50_000), item(3, "short")]
    sink = open_sender(mariadb.address(table))
    sink.send(sent)
    sink.send(sent)
    rows = mariadb.query(f"SELECT message FROM {table} ORDER BY id")
    assert len(rows) == 4
    told = [message for (message,) in rows[1:]]
    assert told[0].startswith("mmm") and told[0].endswith("...") and len(told[0]) == most
    assert told[1].endswith("...") and told[1].startswith("é🚨" if "mb4" in schema else "é\ufffd")
    assert told[2] == "short"


def test_go_prints_times_so() -> None:
    assert go_time(NOON) == "2025-12-25 12:00:00 +0000 UTC"
    assert go_time(NOON + 120) == "2025-12-25 12:00:00.12 +0000 UTC"
    assert go_time(-62_135_596_800_000) == "0001-01-01 00:00:00 +0000 UTC"


@pytest.mark.parametrize("charset", ["latin1", "utf8mb3", "gbk", "ascii", "cp1251"])
def test_columns_that_cannot_say_everything(
    mariadb: Any, table: str, open_sender: Open, charset: str
) -> None:
    mariadb.query(OF_ITS_SOURCE.format(table=table).replace("utf8mb4", charset))
    open_sender(mariadb.address(table)).send([item(1, "é 拉 🚨 plain")])
    ((message,),) = mariadb.query(f"SELECT message FROM {table}")
    assert message.endswith("plain") and "🚨" not in message


@pytest.mark.parametrize("mode", ["NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "TRADITIONAL", ""])
def test_modes_of_the_server(mariadb: Any, table: str, open_sender: Open, mode: str) -> None:
    text = "a 'quote', a \\ backslash \\' and \"more\"\n\x1e"
    (before,) = mariadb.query("SELECT @@global.sql_mode")[0]
    mariadb.query(f"SET GLOBAL sql_mode = '{mode}'")
    try:
        open_sender(mariadb.address(table)).send([item(1, text), item(2, text[:-1])])
    finally:
        mariadb.query(f"SET GLOBAL sql_mode = '{before}'")
    assert [message for _, message in mariadb.rows(table)] == [text, text[:-1]]


def test_a_server_that_takes_little_at_once(mariadb: Any, table: str, open_sender: Open) -> None:
    (before,) = mariadb.query("SELECT @@global.max_allowed_packet")[0]
    mariadb.query("SET GLOBAL max_allowed_packet = 65536")
    try:
        open_sender(mariadb.address(table)).send([item(number, "m" * 3000) for number in range(200)])
    finally:
        mariadb.query(f"SET GLOBAL max_allowed_packet = {before}")
    assert len(mariadb.rows(table)) == 200


def test_an_account_that_may_only_insert(mariadb: Any, table: str, open_sender: Open) -> None:
    """The tables are made by somebody else."""
    open_sender(mariadb.address(table)).send([item(0)])
    mariadb.query(f"CREATE USER {table}@'%' IDENTIFIED BY 'x'")
    mariadb.query(f"GRANT INSERT, SELECT ON kube_eventer.{table} TO {table}@'%'")
    address = mariadb.address(table).replace("writer:geheim/&?@:1@", f"{table}:x@")
    sink = open_sender(address)
    with pytest.raises(Broken, match="command denied"):
        sink.send([item(1)])
    mariadb.query(f"GRANT INSERT, SELECT, DELETE ON kube_eventer.{table}_delivered TO {table}@'%'")
    sink.send([item(1)])
    assert len(mariadb.rows(table)) == 2


def test_what_an_earlier_connection_was_at_is_over_first(mariadb: Any, table: str, open_sender: Open) -> None:
    """Its answer got lost, and it may still write: only then can it be told what is there."""
    first, second = open_sender(mariadb.address(table)), open_sender(mariadb.address(table), timeout="1s")
    first.send(items(1))
    second.send(items(2))  # as `sinks test` does beside a running sink
    slow: Any = first
    with slow._connection.cursor() as cursor:
        cursor.execute("SELECT get_lock(%s, 0)", (slow._lock,))
        with pytest.raises(TryAgain, match="earlier connection"):
            second.send(items(3))
        first.close()
    assert with_retries(second, items(3)) < 100
    assert len(mariadb.rows(table)) == 3


def test_what_is_delivered_is_forgotten_in_time(
    mariadb: Any, table: str, open_sender: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "KEPT", 5)
    monkeypatch.setattr(sending, "FORGET_EVERY", 10)
    sink = open_sender(mariadb.address(table))
    for one in items(30):
        sink.send([one])
    assert mariadb.query(f"SELECT count(*) FROM {table}_delivered") == [(6,)]
    assert len(mariadb.rows(table)) == 30


def test_a_server_that_may_only_be_read(mariadb: Any, table: str, open_sender: Open) -> None:
    """As after a fail-over: it passes."""
    sink = open_sender(mariadb.address(table))
    sink.send([item(0)])
    mariadb.query("SET GLOBAL read_only = 1")
    try:
        with pytest.raises(TryAgain, match="read-only"):
            sink.send([item(1)])
    finally:
        mariadb.query("SET GLOBAL read_only = 0")
    sink.send([item(1)])
    assert len(mariadb.rows(table)) == 2


def test_no_such_database(mariadb: Any, open_sender: Open) -> None:
    address = mariadb.address("t").replace("kube_eventer", "nowhere")
    with pytest.raises(Broken, match="nowhere"):
        open_sender(address).send([item(0)])


def test_by_a_unix_socket(mariadb: Any, table: str, open_sender: Open) -> None:
    address = mariadb.address(table).replace(f"tcp(127.0.0.1:{mariadb.port})", f"unix({mariadb.socket})")
    open_sender(address).send([item(0)])
    assert len(mariadb.rows(table)) == 1


@pytest.mark.parametrize("tls", ["true", "skip-verify"])
def test_a_server_without_tls_is_not_spoken_to(mariadb: Any, table: str, open_sender: Open, tls: str) -> None:
    with pytest.raises((TryAgain, Broken), match=r"SSL|TLS"):
        open_sender(mariadb.address(table) + f"&tls={tls}").send([item(0)])
    assert "geheim" not in tls


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (
            "?root:transwarp@tcp(172.16.180.132:3306)/kube_eventer?charset=utf8&table=kube_event",
            {"user": "root", "host": "172.16.180.132", "port": 3306, "database": "kube_eventer"},
        ),
        ("?u:p@tcp(db)/e", {"user": "u", "host": "db", "port": 3306, "database": "e"}),
        ("?u:p@tcp([::1]:3307)/e", {"user": "u", "host": "::1", "port": 3307, "database": "e"}),
        ("u:p@unix(/run/my.sock)/e", {"user": "u", "unix_socket": "/run/my.sock", "database": "e"}),
        ("?u@/e", {"user": "u", "host": "127.0.0.1", "port": 3306, "database": "e"}),
    ],
)
def test_addresses(address: str, found: dict[str, Any]) -> None:
    assert connection(read(address)[0]) == found


@pytest.mark.parametrize("password", ["a/b", "a@b", "a:b", "a?b&c=d", "a(b)", "p@tcp(x)/y", "ä€", "%41", " "])
def test_passwords_are_taken_as_they_are(password: str) -> None:
    found = settings(f"mysql:?root:{password}@tcp(db:3306)/events?charset=utf8&table=t")
    assert (found["password"], found["table"]) == (password, "t")
    assert password not in found.shown_whole or len(password) == 1


@pytest.mark.parametrize(
    "address",
    ["mysql:", "mysql:?geheim-1", "mysql:?u:geheim-1@tcp(db:99999)/e", "mysql:?u:geheim-1@tcp(db)/",
     "mysql:?u:geheim-1@pipe(x)/e", "mysql:?u:geheim-1@tcp(db)/e?table=", "mysql:?u:geheim-1@tcp(db)/e&ca=/no/file"],
)  # fmt: skip
def test_wrong_addresses_are_told_without_the_password(address: str) -> None:
    found = problems([address])
    if address.endswith(("table=", "ca=/no/file")):  # an empty option is none; a file may come later
        assert not found
        return
    assert len(found) == 1 and "mysql" in found[0] and "geheim" not in found[0]


def test_read_refuses_what_is_no_dsn() -> None:
    with pytest.raises(ConfigError, match="tcp"):
        read("nothing like it")


@pytest.mark.parametrize(
    ("code", "expected"),
    [(1205, TryAgain), (1213, TryAgain), (1040, TryAgain), (1114, TryAgain), (1290, TryAgain), (2013, TryAgain),
     (1044, Broken), (1142, Broken), (1054, Broken)],
)  # fmt: skip
def test_what_errors_mean(code: int, expected: type[Exception]) -> None:
    found = settings("mysql:?u:geheim-1@tcp(db)/e")
    assert found.kind.open is not None
    sink: Any = found.kind.open(found)
    judged = sink._judged(pymysql.OperationalError(code, "it said geheim-1"))
    assert type(judged) is expected and "geheim" not in str(judged)
