"""Brings the full text of a finished day into one piece: searches look at one index instead of a dozen, and what was
deleted from it leaves the disk. In steps of some milliseconds through the writer, like retention."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial

from eventcenter.store.calls import Ask

PAGES = 50
"""Of a step."""


def merge_day(ask: Ask, day: int, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Merge until nothing is left to do or `goes_on` says no; the number of steps. A day that is in one piece already
    costs one step that writes nothing."""
    steps = 0
    while goes_on():
        more = ask(partial(_step, day=day, first=steps == 0))
        steps += 1
        if not more:
            break
    return steps


def _step(connection: sqlite3.Connection, day: int, first: bool) -> bool:
    if connection.execute("SELECT 1 FROM words WHERE day = ?", (day,)).fetchone() is None:
        return False
    before = connection.total_changes
    # A negative number begins a merge of all pieces into one, a positive one carries it on.
    connection.execute(
        f"INSERT INTO words_{day} (words_{day}, rank) VALUES ('merge', ?)", (-PAGES if first else PAGES,)
    )
    # The command itself counts as one change.
    return connection.total_changes - before >= 2


def optimize(connection: sqlite3.Connection) -> None:
    """Statistics for the planner where they are worth it; bounded, as the limit makes it a sample."""
    connection.execute("PRAGMA analysis_limit = 400")
    connection.execute("PRAGMA optimize")
