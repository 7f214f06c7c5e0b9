"""The raw object in its row: also as older programs packed it, and when it is damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import zstandard

from eventcenter.errors import StoreError
from eventcenter.store.packing import Packer, Unpacker, shipped_dictionary, without_columns
from tests.store.made import event, raw_of


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE dictionary (id INTEGER PRIMARY KEY, data BLOB)")
        connection.execute("INSERT INTO dictionary VALUES (1, ?)", (shipped_dictionary(),))
        yield connection


def test_rows_of_schema_1_are_read(connection: sqlite3.Connection) -> None:
    made = event(1)
    packed = zstandard.ZstdCompressor(
        dict_data=zstandard.ZstdCompressionDict(shipped_dictionary()), write_dict_id=False
    ).compress(without_columns(made, raw_of(made, "7")))
    assert Unpacker(connection).unpack(made, b"\x01" + packed) == raw_of(made, "7")


def test_new_rows_have_no_head(connection: sqlite3.Connection) -> None:
    made = event(1)
    packed = Packer(connection).pack(made, raw_of(made, "7"))
    assert zstandard.MAGIC_NUMBER.to_bytes(4, "little") not in packed
    assert Unpacker(connection).unpack(made, packed) == raw_of(made, "7")


@pytest.mark.parametrize(
    "damage", [lambda b: b[:9], lambda b: b[:1], lambda b: b"\x05" + b[1:], lambda b: b[:-3]]
)
def test_a_damaged_one_is_told_in_one_line(connection: sqlite3.Connection, damage: object) -> None:
    made = event(1)
    packed = Packer(connection).pack(made, raw_of(made, "7"))
    with pytest.raises(StoreError, match="event"):
        Unpacker(connection).unpack(made, damage(packed))  # type: ignore[operator]
