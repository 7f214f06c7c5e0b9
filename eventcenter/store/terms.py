"""Interned strings: values that repeat (reasons, namespaces, nodes …) are numbers in the rows. 0 is the empty
string."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

CACHE_SIZE = 50_000
LONGEST_CACHED = 1_000
"""Characters; absurdly long values are looked up each time, so that the caches stay small."""


class TermWriter:
    """Gives a number to every string, inside the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {"": 0}
        self._fresh: list[str] = []

    def number(self, text: str) -> int:
        known = self._numbers.get(text)
        return known if known is not None else self._look_up(text)

    def _look_up(self, text: str) -> int:
        if len(self._numbers) > CACHE_SIZE:
            self._numbers = {"": 0}
        row = self._connection.execute("SELECT id FROM term WHERE text = ?", (text,)).fetchone()
        if row is None:
            row = self._connection.execute(
                "INSERT INTO term (text) VALUES (?) RETURNING id", (text,)
            ).fetchone()
            self._fresh.append(text)
        number: int = row[0]
        if len(text) <= LONGEST_CACHED:
            self._numbers[text] = number
        return number

    def committed(self) -> None:
        self._fresh.clear()

    def rolled_back(self) -> None:
        """The numbers given since the last commit do not exist."""
        for text in self._fresh:
            self._numbers.pop(text, None)
        self._fresh.clear()


class TermReader:
    """Numbers back to strings. A term never changes, so what one thread has read serves all."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {0: ""}

    def texts(self, connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, str]:
        if len(self._texts) > CACHE_SIZE:
            self._texts = {0: ""}
        texts = self._texts  # another thread may start a new one meanwhile
        wanted = set(numbers)
        missing = [number for number in wanted if number not in texts]
        if not missing:
            return texts
        found = dict(
            connection.execute(f"SELECT id, text FROM term WHERE id IN ({','.join(map(str, missing))})")
        )
        texts.update((number, text) for number, text in found.items() if len(text) <= LONGEST_CACHED)
        return {number: found[number] if number in found else texts[number] for number in wanted}
