"""What is particular to PostgreSQL: JSONB, schemas, rights, addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sinks.configuring import problems
from sinks.delivery import Broken, Sender, TryAgain
from tests.sinks.made import item, items, settings

Open = Callable[..., Sender]


def test_a_row(postgres: Any, table: str, open_sender: Open) -> None:
    open_sender(postgres.address(table)).send([item(3)])
    assert postgres.query(
        f"SELECT event_key, instance, seq, namespace, kind, name, type, reason, message, event_id, component, "
        f"hostname, count, first_occurrence_time::text, last_occurrence_time::text, raw FROM {table}"
    ) == [
        (
            item(3).key, "default", 10, "shop", "Pod", "web-3", "Warning", "BackOff",
            "Back-off restarting failed container web", item(3).event.uid, "kubelet", "node-1", 3,
            "2025-12-25 12:00:03+00", "2025-12-25 12:00:03+00", item(3).raw,
        )
    ]  # fmt: skip
    assert postgres.query(f"SELECT raw->'involvedObject'->>'name' FROM {table}") == [("web-3",)]


def test_without_the_object(postgres: Any, table: str, open_sender: Open) -> None:
    open_sender(postgres.address(table) + "&raw=false").send([item(0)])
    assert postgres.query(f"SELECT raw FROM {table}") == [(None,)]


def test_what_jsonb_cannot_hold_is_replaced(postgres: Any, table: str, open_sender: Open) -> None:
    open_sender(postgres.address(table)).send(
        [item(0, "zero \0 byte"), item(1, "half \ud83d"), item(2, "\\u0000 as text")]
    )
    assert postgres.query(f"SELECT raw->>'message' FROM {table} ORDER BY seq") == [
        ("zero \ufffd byte",),
        ("half \ufffd",),
        ("\\u0000 as text",),
    ]


def test_in_a_schema(postgres: Any, table: str, open_sender: Open) -> None:
    postgres.query(f"CREATE SCHEMA {table}")
    open_sender(postgres.address(f'{table}.Odd"name')).send(items(2))
    assert postgres.query(f'SELECT count(*) FROM {table}."Odd""name"') == [(2,)]


def test_an_account_that_may_only_insert(postgres: Any, table: str, open_sender: Open) -> None:
    open_sender(postgres.address(table)).send([item(0)])
    postgres.query(f"CREATE ROLE {table} LOGIN PASSWORD 'x'")
    postgres.query(f"GRANT INSERT ON {table} TO {table}")
    address = postgres.address(table).replace("writer:geheim+1@", f"{table}:x@")
    open_sender(address).send([item(0), item(1)])
    assert len(postgres.rows(table)) == 2
    postgres.query(f"REVOKE INSERT ON {table} FROM {table}")
    with pytest.raises(Broken, match="permission denied"):
        open_sender(address).send([item(2)])


def test_a_constraint_that_refuses_one_of_them(postgres: Any, table: str, open_sender: Open) -> None:
    """The batch is refused, and the delivery loop finds out which one by halving."""
    from sinks.delivery import Refused

    sink = open_sender(postgres.address(table))
    sink.send([item(0)])
    postgres.query(f"ALTER TABLE {table} ADD CHECK (name <> 'web-2')")
    with pytest.raises(Refused, match="violates check constraint"):
        sink.send([item(1), item(2)])
    sink.send([item(1)])
    sink.send([item(3)])
    assert len(postgres.rows(table)) == 3


def test_a_server_that_may_only_be_read(postgres: Any, table: str, open_sender: Open) -> None:
    sink = open_sender(postgres.address(table))
    sink.send([item(0)])
    sink.close()
    postgres.query("ALTER SYSTEM SET default_transaction_read_only = on")
    postgres.query("SELECT pg_reload_conf()")
    try:
        with pytest.raises(TryAgain, match="read-only"):
            _until_read_only(open_sender, postgres, table)
    finally:
        postgres.query("ALTER SYSTEM RESET default_transaction_read_only")
        postgres.query("SELECT pg_reload_conf()")


def _until_read_only(open_sender: Open, postgres: Any, table: str) -> None:
    for number in range(1, 1000):
        sink = open_sender(postgres.address(table))
        sink.send([item(number)])
        sink.close()


@pytest.mark.parametrize(
    ("place", "told"),
    [("/nowhere?", 'database "nowhere" does not exist'), ("/postgres?sslmode=require&", "SSL")],
)
def test_places_that_are_wrong(postgres: Any, open_sender: Open, place: str, told: str) -> None:
    address = postgres.address("t").replace("/postgres?sslmode=disable&", place)
    with pytest.raises(Broken, match=told):
        open_sender(address).send([item(0)])


@pytest.mark.parametrize(
    "address",
    ["postgresql://me:geheim-1@h/e", "postgres://me:geheim-1@h/e", "postgresql:?postgres://me:geheim-1@h/e",
     "postgresql:postgresql://me:geheim-1@h:5433,i:5433/e?target_session_attrs=read-write&table=t"],
)  # fmt: skip
def test_addresses(address: str) -> None:
    assert not problems([address])
    found = settings(address)
    assert found.kind.name == "postgresql" and "geheim" not in found.shown_whole


@pytest.mark.parametrize(
    "address",
    ["postgresql:", "postgresql:geheim-1", "postgresql:mysql://me:geheim-1@h/e", "postgresql://me:geheim-1@h/e?nonsense=1",
     "postgresql://me:geheim-1@[h/e"],
)  # fmt: skip
def test_wrong_addresses_are_told_without_the_password(address: str) -> None:
    found = problems([address])
    assert len(found) == 1 and "geheim" not in found[0]
