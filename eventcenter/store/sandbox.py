"""The connection that a query of a user runs on: it reads events and nothing else, and ends in time.

Nothing of what a query says reaches SQLite but through `eventcenter.sql`, which writes the statement anew. This is the
second wall: whatever gets through still cannot write, attach, load, or read another table.

- `mode=ro` alone is not one: `VACUUM INTO` and `ATTACH` would still make files. The authorizer refuses both.
- Limits of SQLite bound what a single step may take (a text of 300 MB is one step); the progress handler ends what
  takes many steps.
- What is sorted goes to temporary files beyond a few MB, not to memory.
"""

from __future__ import annotations

import difflib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eventcenter.errors import EventCenterError, QuerySyntaxError, QueryTimeout, QueryTooLarge, StoreError
from eventcenter.sql.aggregates import Budget
from eventcenter.sql.columns import RECORD, names
from eventcenter.sql.functions import aggregate_implementations, implementations
from eventcenter.sql.rewriting import TRY
from eventcenter.store.files import ReadConnection, open_for_reading

STEPS = 5_000
"""Steps of SQLite between two looks at the time: about a tenth of a millisecond."""
MAX_BYTES = 4_000_000
"""Of one value, so also of one row: an event has at most 1.5 MB."""
CACHE_KIB = 8 * 1024
CALLS, WORK_S, REST_S = 16, 0.003, 0.027
"""A query looks at the time every so many calls, and rests that long after so much work: a tenth of its time is
work."""
_TABLES = frozenset(
    {"event", "term", "rollup_quarter", "rollup_day", "rollup_cross", "json_each", "sqlite_master"}
)  # FTS5 reads the last to declare its tables
_NULL_TOLERANT = frozenset({"ec_compare"})
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 400_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 500,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_FUNCTIONS = frozenset(
    {
        "abs", "coalesce", "nullif", "max", "min", "length", "sum", "avg", "count", "row_number", "rank", "dense_rank",
        "percent_rank", "cume_dist", "ntile", "first_value", "last_value", "lag", "lead", "nth_value", "json_array",
        "json_each", "substr", "lower", "hex", "typeof", "strftime", "match", "log_event", "iif", "like", "glob",
        "search_text", "search_uid", "search_event",
    }
)  # fmt: skip

Stop = Callable[[], bool]


class Pace:
    """Python runs one thread at a time. A query that calls a function for every row would take the writer's turns, four
    of five when it has much to do; so it rests most of the time while the writer is `busy`."""

    def __init__(self, busy: Stop) -> None:
        self._busy = busy
        self._calls = 0
        self._rested = time.monotonic()

    def keep(self) -> None:
        self._calls += 1
        if self._calls % CALLS or time.monotonic() - self._rested < WORK_S:
            return
        if self._busy():
            time.sleep(REST_S)
        self._rested = time.monotonic()


class Sandbox:
    """`failure` is what went wrong inside of a function of ours: SQLite only says that something did."""

    def __init__(self, connection: ReadConnection, pace: Pace) -> None:
        self.connection = connection
        self._pace = pace
        self.failure: EventCenterError | None = None

    def function(self, name: str, run: Callable[..., Any], *, null_tolerant: bool = False) -> None:
        self.connection.create_function(name, -1, self._guarded(run, null_tolerant), deterministic=True)

    def _guarded(self, run: Callable[..., Any], null_tolerant: bool) -> Callable[..., Any]:
        keep = self._pace.keep

        def guarded(*values: Any) -> Any:
            keep()
            if not null_tolerant and None in values:
                return None
            try:
                return run(*values)
            except EventCenterError as error:
                self.failure = self.failure or error
                raise
            except (
                ValueError,
                TypeError,
                OverflowError,
                ArithmeticError,
                AttributeError,
                RecursionError,
            ) as error:
                self.failure = self.failure or QuerySyntaxError(
                    f"a function was given {', '.join(repr(value)[:40] for value in values[:4])}, which it cannot take"
                )
                raise error

        return guarded

    def use(self, names: frozenset[str]) -> None:
        """Register the functions that a query calls."""
        scalars, aggregates, budget = implementations(), aggregate_implementations(), Budget()
        for name in names:
            if name.startswith(TRY):
                self.function(name, _tried(scalars["ec_" + name.removeprefix(TRY)]))
            elif name in scalars:
                self.function(name, scalars[name], null_tolerant=name in _NULL_TOLERANT)
            elif name in aggregates:
                self._aggregate(name, aggregates[name], budget)

    def _aggregate(self, name: str, kind: Any, budget: Budget) -> None:
        sandbox = self

        class Guarded:
            def __init__(self) -> None:
                self._inner = kind(budget)
                self.step = sandbox._guarded(self._inner.step, True)

            def finalize(self) -> Any:
                return sandbox._guarded(self._inner.finalize, True)()

        self.connection.create_aggregate(name, -1, Guarded)

    def close_in(self, tables: frozenset[str], functions: frozenset[str]) -> None:
        """From now on only these names beside the events. Not to be undone."""
        for limit, value in _LIMITS.items():
            self.connection.setlimit(limit, value)
        self.connection.set_authorizer(_authorizer(_TABLES | tables, _FUNCTIONS | functions))

    def translated(self, error: sqlite3.Error | MemoryError) -> Exception:
        """What SQLite says, as one of our errors."""
        if self.failure is not None:
            return self.failure
        if isinstance(error, MemoryError):
            return QueryTooLarge("the query needs more memory than there is", hint=_NARROW)
        code = getattr(error, "sqlite_errorcode", None)
        primary = (code or sqlite3.SQLITE_ERROR) & 0xFF
        if primary == sqlite3.SQLITE_INTERRUPT:
            return QueryTimeout("the query took too long", hint=_NARROW)
        if primary in (
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_TOOBIG,
            sqlite3.SQLITE_NOMEM,
        ):
            return QueryTooLarge("the query needs more room than it may have", hint=_NARROW)
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_BUSY,
                       sqlite3.SQLITE_LOCKED):  # fmt: skip
            return StoreError(f"the events cannot be read: {error}")
        return _wrong(_plain(str(error)))


_NARROW = "Narrow the time range, add a filter, or ask for fewer columns and groups."


def _wrong(said: str) -> QuerySyntaxError:
    _, found, name = said.partition("no such column: ")
    if not found:
        return QuerySyntaxError(f"the SQL is wrong: {said}")
    near = difflib.get_close_matches(name.split(".", 1)[-1] if name.count(".") == 1 else name, names(), n=3)
    known = ", ".join(near or RECORD)
    return QuerySyntaxError(
        f"there is no column {name}",
        hint=f"{'The nearest' if near else 'There are'}: {known}. A text stands in 'single quotes'.",
    )


def _plain(said: str) -> str:
    return said.replace("ec_try_", "").replace("ec_", "").replace("EC_", "")[:300]


def _tried(run: Callable[..., Any]) -> Callable[..., Any]:
    def tried(*values: Any) -> Any:
        try:
            return run(*values)
        except (EventCenterError, ValueError, TypeError, OverflowError, ArithmeticError, AttributeError):
            return None

    return tried


def _authorizer(tables: frozenset[str], functions: frozenset[str]) -> Callable[..., int]:
    def authorize(
        action: int, first: str | None, second: str | None, database: str | None, _: str | None
    ) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            name = (first or "").lower()
            # "" is what count(*) reads of a sub-query without a name
            allowed = name in tables or not name or name.startswith("words_")
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = (second or "").lower() in functions
        elif action == sqlite3.SQLITE_PRAGMA:
            allowed = first == "data_version" and second is None  # FTS5 asks
        else:
            allowed = action == sqlite3.SQLITE_UPDATE and first == "sqlite_master"  # FTS5 declares its table
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return authorize


@contextmanager
def sandbox(path: Path, stop: Stop, busy: Stop = lambda: False) -> Iterator[Sandbox]:
    """A connection of its own for one query, in one snapshot, for no longer than `stop` says. Errors of SQLite come out
    as ours."""
    connection = open_for_reading(path)
    made = Sandbox(connection, Pace(busy))
    try:
        connection.set_progress_handler(lambda: int(stop()), STEPS)
        connection.execute("PRAGMA temp_store = FILE")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("BEGIN")
        yield made
    except (sqlite3.Error, MemoryError) as error:
        raise made.translated(error) from error
    finally:
        connection.close()
