"""The second wall: even a statement that nobody has checked reads events and nothing else, and changes nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventcenter.errors import EventCenterError, QuerySyntaxError, QueryTooLarge
from eventcenter.sql.aggregates import Budget
from eventcenter.store.files import database_path
from eventcenter.store.sandbox import Sandbox, sandbox


@pytest.fixture
def path(data_dir: Path) -> Path:
    return database_path(data_dir, "default")


@pytest.fixture
def box(path: Path) -> Iterator[Sandbox]:
    with sandbox(path, lambda: False) as opened:
        opened.close_in(frozenset({"log"}), frozenset())
        yield opened


ATTACKS = [
    "ATTACH '/tmp/attached.db' AS a",
    "ATTACH ':memory:' AS a",
    "VACUUM INTO '/tmp/leak.db'",
    "VACUUM",
    "PRAGMA query_only = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA database_list",
    "PRAGMA temp_store_directory = '/tmp'",
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT randomblob(1)",
    "SELECT zeroblob(1)",
    "SELECT printf('%1000000d', 1)",
    "SELECT value FROM meta",
    "SELECT data FROM dictionary",
    "SELECT uid FROM live",
    "SELECT seq FROM change",
    "SELECT * FROM rollup",
    "SELECT * FROM position",
    "SELECT name FROM cursor",
    "SELECT day FROM words",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_stmt",
    "DELETE FROM event",
    "UPDATE event SET message = ''",
    "INSERT INTO term (text) VALUES ('x')",
    "CREATE TABLE x (y)",
    "CREATE TEMP TABLE x (y)",
    "CREATE VIEW x AS SELECT 1",
    "DROP TABLE event",
    "ALTER TABLE event ADD x",
    "REINDEX",
    "ANALYZE",
    "BEGIN IMMEDIATE",
    "SAVEPOINT x",
    "DETACH main",
    "UPDATE sqlite_master SET sql = ''",
    "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, '')",
]


@pytest.mark.parametrize("statement", ATTACKS)
def test_an_attack_is_refused(box: Sandbox, path: Path, statement: str) -> None:
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(sqlite3.Error) as caught:
        box.connection.execute(statement).fetchall()
    assert not isinstance(caught.value, sqlite3.ProgrammingError), "the statement was not even run"
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert not Path("/tmp/attached.db").exists() and not Path("/tmp/leak.db").exists()


def test_every_attack_would_do_something_without_the_guard() -> None:
    """So that none of them is refused for a typing error: each is either SQLite's own, or names a thing of ours."""
    connection = sqlite3.connect(":memory:")
    for statement in ATTACKS:
        try:
            connection.execute(f"EXPLAIN {statement}")
        except sqlite3.OperationalError as error:
            assert "syntax error" not in str(error), statement
    connection.close()


def test_events_can_be_read(box: Sandbox) -> None:
    (count,) = box.connection.execute(
        "WITH log AS NOT MATERIALIZED (SELECT t.text FROM event e JOIN term t ON t.id = e.level) "
        "SELECT count(*) FROM log"
    ).fetchone()
    assert count == 900
    day = box.connection.execute("SELECT max(id) / 5662310400 FROM event").fetchone()[0]
    found = box.connection.execute(
        f"SELECT count(*) FROM words_{day} WHERE words_{day} MATCH 'restarting'"
    ).fetchone()
    assert found[0] > 0


def test_full_text_commands_are_refused(box: Sandbox) -> None:
    day = box.connection.execute("SELECT max(id) / 5662310400 FROM event").fetchone()[0]
    with pytest.raises(sqlite3.Error):
        box.connection.execute(f"INSERT INTO words_{day} (words_{day}) VALUES ('rebuild')")


def test_a_value_has_a_longest_length(path: Path) -> None:
    """Not by how long it takes: making one long text is a single step to SQLite."""
    with pytest.raises(EventCenterError) as caught, sandbox(path, lambda: False) as box:
        box.close_in(frozenset({"log"}), frozenset())
        text = "message"
        for _ in range(18):  # 2 to the power of 18 times as long
            text = f"hex({text})"
        box.connection.execute(f"SELECT max(length({text})) FROM event").fetchall()
    assert isinstance(caught.value, QueryTooLarge)
    assert caught.value.hint


def test_what_goes_wrong_in_a_function_is_told(path: Path) -> None:
    def broken(value: object) -> object:
        raise QuerySyntaxError(f"no use for {value}")

    with pytest.raises(QuerySyntaxError, match="no use for 7"), sandbox(path, lambda: False) as box:
        box.function("broken", broken)
        box.connection.execute("SELECT broken(7)").fetchall()


def test_aggregates_share_what_they_may_hold() -> None:
    budget = Budget(limit=1_000)
    with pytest.raises(QueryTooLarge):
        for _ in range(100):
            budget.take("0123456789")
