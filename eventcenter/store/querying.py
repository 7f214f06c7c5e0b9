"""One query from its text to its rows: search and SQL are put together, run in the sandbox, and their rows shaped."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from eventcenter.model import Answer, Question
from eventcenter.search import Node, parse_search, split_query
from eventcenter.sql.columns import RECORD
from eventcenter.sql.narrowing import CAP
from eventcenter.sql.summing import QUARTER
from eventcenter.sql.translating import Translated, translate
from eventcenter.store.fulltext import bindable
from eventcenter.store.functions import register
from eventcenter.store.log_table import EVENT_FUNCTION, INSTANCE, definition, event_leaf
from eventcenter.store.packing import Unpacker
from eventcenter.store.restriction import restrict
from eventcenter.store.sandbox import Sandbox, Stop, sandbox
from eventcenter.store.summed_log import TIME, restrict_summed
from eventcenter.store.terms import TermReader

DEFAULT_ROWS, MAX_ROWS = 100, 10_000
"""Where neither the query nor the request says how many, and the most that an answer holds."""
MAX_ANSWER = 16 << 20
"""Characters of all texts of an answer."""
_PIECE = 200

Row = tuple[Any, ...]


def run(path: Path, instance: str, question: Question, stop: Stop, busy: Stop) -> Answer:
    """See `Console`; `stop` ends it."""
    text, sql = split_query(question.text)
    search = parse_search(text)
    if sql is None:
        with sandbox(path, stop, busy) as box:
            return _events(box, instance, question, search)
    translated = translate(
        sql,
        now=question.now,
        from_time=question.from_time,
        to_time=question.to_time,
        offset=len(question.text.rstrip()) - len(sql),
    )
    with sandbox(path, stop, busy) as box:
        return _selected(box, instance, question, search, translated)


def _events(box: Sandbox, instance: str, question: Question, search: Node) -> Answer:
    """Without SQL: the events themselves, newest first, as records."""
    limit = question.limit or DEFAULT_ROWS
    found = restrict(box.connection, search, question.from_time, question.to_time, newest=limit + 1)
    _open(box, frozenset(), frozenset())
    selected = ", ".join(f"`{name}`" for name in RECORD)
    sql = f"WITH {definition(RECORD, found)} SELECT {selected} FROM log"
    rows, truncated = _fetched(box.connection.execute(sql, found.values | {INSTANCE: instance}), limit)
    return Answer(columns=list(RECORD), rows=_shaped(rows, frozenset()), truncated=truncated)


def _selected(
    box: Sandbox, instance: str, question: Question, search: Node, translated: Translated
) -> Answer:
    log = _summed(box, question, search, translated) or _plain(box, question, search, translated)
    translated = log.translated
    values = log.values | {INSTANCE: instance}
    for at, text in enumerate(translated.texts):
        row = box.connection.execute("SELECT id FROM term WHERE text = ?", (bindable(text),)).fetchone()
        values[f"t{at}"] = row[0] if row else -1
    names = {name.split(" ", 1)[0].strip("`").lower() for name in log.tables}
    _open(box, translated.functions, translated.tables | names)
    body = translated.sql
    begin = f"WITH {', '.join(log.tables)}"
    sql = f"{begin}, {body[5:]}" if body.startswith("WITH ") else f"{begin} {body}"
    values[CAP] = _most(question, translated) + 1
    return _answered(box.connection.execute(sql, values), question, translated)


class _Log(NamedTuple):
    """What a query reads: definitions of `log` and of its shifted likes, with the values of their parameters."""

    translated: Translated
    tables: list[str]
    values: dict[str, object]


def _plain(box: Sandbox, question: Question, search: Node, translated: Translated) -> _Log:
    log = _Log(translated, [], {})
    for shift, start, end in _ranges(question, translated):
        found = restrict(box.connection, search, start, end, prefix=f"r{shift}")
        log.values.update(found.values)
        log.tables.append(definition(translated.columns, found, shift))
    return log


def _summed(box: Sandbox, question: Question, search: Node, translated: Translated) -> _Log | None:
    """From the roll-ups, where they can answer."""
    if translated.summed is None:
        return None
    asked, counting = translated.summed
    log = _Log(counting, [], {})
    for shift, start, end in _ranges(question, counting):
        if shift % QUARTER:
            return None
        found = restrict_summed(box.connection, search, start, end, counting.columns, asked)
        if found is None:
            return None
        log.tables.append(definition(counting.columns, found, shift, TIME))
    return log


def _ranges(question: Question, translated: Translated) -> Iterator[tuple[int, int | None, int | None]]:
    """Each shift (s), and the range of times (ms) that it makes."""
    for shift in sorted({0, *translated.shifts}):
        # A range that goes on to now has an end as soon as it is moved into the past.
        to_time = question.now if shift and question.to_time is None else question.to_time
        yield shift, _earlier(question.from_time, shift), _earlier(to_time, shift)


def _most(question: Question, translated: Translated) -> int:
    return question.limit or (MAX_ROWS if translated.has_limit else DEFAULT_ROWS)


def _earlier(time: int | None, seconds: int) -> int | None:
    return None if time is None else max(0, time - seconds * 1000)


def _open(box: Sandbox, functions: frozenset[str], tables: frozenset[str]) -> None:
    """Everything that needs the whole connection comes before this."""
    connection = box.connection
    terms, unpacker = TermReader(), Unpacker(connection)
    register(connection, terms, unpacker)
    box.function(EVENT_FUNCTION, event_leaf(connection, terms, unpacker))
    box.use(functions)
    box.close_in(tables | {"log"}, functions)


def _answered(cursor: sqlite3.Cursor, question: Question, translated: Translated) -> Answer:
    names = translated.names or tuple(column[0] for column in cursor.description)
    series = translated.series
    most = _most(question, translated)
    if series is None:
        rows, truncated = _fetched(cursor, most)
    else:
        found, cut = _fetched(cursor, MAX_ROWS)
        start, end = (
            None if time is None else time // 1000 for time in (question.from_time, question.to_time)
        )
        all_rows = series.rows(found, start, end)
        rows, truncated = all_rows[:most], cut or len(all_rows) > most
    return Answer(columns=list(names), rows=_shaped(rows, translated.booleans), truncated=truncated)


def _fetched(cursor: sqlite3.Cursor, limit: int) -> tuple[list[Row], bool]:
    """At most `limit` rows, and whether there are more."""
    rows: list[Row] = []
    size = 0
    while len(rows) <= limit:
        piece = cursor.fetchmany(min(_PIECE, limit + 1 - len(rows)))
        if not piece:
            return rows, False
        for row in piece:
            size += sum(len(cell) for cell in row if isinstance(cell, str))
            if size > MAX_ANSWER:
                return rows[:limit], True
            rows.append(row)
    return rows[:limit], True


def _shaped(rows: list[Row], booleans: frozenset[int]) -> list[list[Any]]:
    return [[_cell(cell, at in booleans) for at, cell in enumerate(row)] for row in rows]


def _cell(cell: Any, boolean: bool) -> Any:
    if isinstance(cell, float) and not math.isfinite(cell):
        return None  # JSON has no infinity
    if isinstance(cell, bytes):
        return cell.hex()
    return bool(cell) if boolean and isinstance(cell, int) else cell
