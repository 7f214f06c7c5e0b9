"""Scans, group-bys and searches beside DuckDB, a column store, on the same events in one run.

    python -m bench.peer --data-dir DIR

Copies the events of DIR (`bench.build` makes one) into a DuckDB file in a temporary directory, about as large as half
of the store, and asks both the same. Answers have to be equal. DuckDB uses all cores, as it does by default.
"""

from __future__ import annotations

import argparse
import csv
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from rich.console import Console
from rich.table import Table

from eventcenter.errors import QueryTimeout
from eventcenter.model import Question
from eventcenter.store import Reader, database_path, open_reader
from eventcenter.store.files import open_for_reading
from eventcenter.store.schema import PLACE_BITS

TIMES = 3
TERMS = ("level", "reason", "kind", "namespace", "component", "host", "problem")
COLUMNS = f"time BIGINT, {', '.join(f'{name} VARCHAR' for name in TERMS)}, name VARCHAR, count BIGINT, message VARCHAR"


class Asked(NamedTuple):
    """The same question in both languages; the rows may come in any order."""

    name: str
    ours: str
    theirs: str


def _holding(word: str) -> str:
    where = " OR ".join(f"{column} ILIKE '%{word}%'" for column in ("message", "name", "reason"))
    return f"SELECT count(*) FROM log WHERE {where}"


ASKED = (
    Asked(
        "events by level",
        "* | SELECT level, count(*) AS c GROUP BY level",
        "SELECT level, count(*) FROM log GROUP BY 1",
    ),
    Asked(
        "by reason",
        "* | SELECT reason, count(*) AS c GROUP BY reason",
        "SELECT reason, count(*) FROM log GROUP BY 1",
    ),
    Asked(
        "warnings by namespace and reason",
        "level:Warning | SELECT namespace, reason, count(*) AS c GROUP BY namespace, reason LIMIT 10000",
        "SELECT namespace, reason, count(*) FROM log WHERE level = 'Warning' GROUP BY 1, 2",
    ),
    Asked(
        "by the hour",
        "* | SELECT __time__ - __time__ % 3600 AS h, count(*) AS c GROUP BY h LIMIT 10000",
        "SELECT time - time % 3600, count(*) FROM log GROUP BY 1",
    ),
    Asked(
        "by component, kind and day",
        "* | SELECT component, kind, __time__ - __time__ % 86400 AS d, count(*) AS c "
        "GROUP BY component, kind, d LIMIT 10000",
        "SELECT component, kind, time - time % 86400, count(*) FROM log GROUP BY 1, 2, 3",
    ),
    Asked(
        "warnings of each node by the day, the worst 100",
        "level:Warning | SELECT hostname, __time__ - __time__ % 86400 AS d, count(*) AS c GROUP BY hostname, d "
        "ORDER BY c DESC, hostname, d LIMIT 100",
        "SELECT host, time - time % 86400 d, count(*) c FROM log WHERE level = 'Warning' GROUP BY 1, 2 "
        "ORDER BY c DESC, host, d LIMIT 100",
    ),
    Asked(
        "how many hold a frequent word",
        "readiness | SELECT count(*) AS c",
        _holding("readiness"),
    ),
    Asked(
        "how many hold a word that is nowhere",
        "nowhere | SELECT count(*) AS c",
        _holding("nowhere"),
    ),
    Asked(
        "the ten names with most events of a rare reason",
        "reason:Evicted | SELECT name, count(*) AS c GROUP BY name ORDER BY c DESC, name LIMIT 10",
        "SELECT name, count(*) c FROM log WHERE reason = 'Evicted' GROUP BY 1 ORDER BY c DESC, name LIMIT 10",
    ),
    Asked(
        "the ten names with most events of all",
        "* | SELECT name, count(*) AS c GROUP BY name ORDER BY c DESC, name LIMIT 10",
        "SELECT name, count(*) c FROM log GROUP BY 1 ORDER BY c DESC, name LIMIT 10",
    ),
    Asked(
        "the mean count of warnings",
        "level:Warning | SELECT round(avg(count), 6) AS c",
        "SELECT round(avg(count), 6) FROM log WHERE level = 'Warning'",
    ),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, required=True)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=options.data_dir) as work,
        closing(open_reader(options.data_dir, "default")) as reader,
    ):
        began = time.monotonic()
        with duckdb.connect(Path(work) / "log.duckdb") as peer:
            events = _copied(options.data_dir, Path(work), peer)
            print(f"{events:,} events copied in {time.monotonic() - began:.0f} s", flush=True)
            table = Table(
                "question",
                "eventcenter, s",
                "DuckDB, s",
                "ratio",
                title=f"{events:,} events, best of {TIMES}",
            )
            for asked in ASKED:
                row = _row(asked, reader, peer)
                print(*row, sep="  ", flush=True)
                table.add_row(*row)
    Console().print(table)


def _copied(data_dir: Path, work: Path, peer: duckdb.DuckDBPyConnection) -> int:
    path = work / "log.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(_rows(data_dir))
    peer.execute(f"CREATE TABLE log ({COLUMNS})")
    peer.execute(f"COPY log FROM '{path}' (FORMAT csv, HEADER false)")
    path.unlink()
    (count,) = peer.execute("SELECT count(*) FROM log").fetchall()[0]
    return int(count)


def _rows(data_dir: Path) -> Iterator[tuple[Any, ...]]:
    with closing(open_for_reading(database_path(data_dir, "default"))) as connection:
        texts: dict[int, str] = dict(connection.execute("SELECT id, text FROM term"))
        rows: sqlite3.Cursor = connection.execute(
            f"SELECT id >> {PLACE_BITS}, {', '.join(TERMS)}, name, count, message FROM event ORDER BY id"
        )
        for second, *terms, name, count, message in rows:
            yield second, *(texts[term] for term in terms), name, count, message


def _row(asked: Asked, reader: Reader, peer: duckdb.DuckDBPyConnection) -> tuple[str, str, str, str]:
    now = time.time_ns() // 1_000_000
    question = Question(text=asked.ours, now=now, from_time=0, to_time=now + 86_400_000, limit=10_000)
    theirs, expected = _best(lambda: peer.execute(asked.theirs).fetchall())
    try:
        ours, found = _best(lambda: reader.answer(question).rows)
    except QueryTimeout:
        return asked.name, "over 10: refused with advice", f"{theirs:.3f}", ""
    if sorted(map(tuple, found)) != sorted(
        tuple(cell or "" for cell in row) if None in row else row for row in expected
    ):
        raise SystemExit(f"{asked.name}: the answers differ: {found[:3]} {expected[:3]}")
    return asked.name, f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.2f}"


def _best(ask: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    """Seconds, and the rows."""
    best, rows = float("inf"), []
    for _ in range(TIMES):
        began = time.perf_counter()
        rows = ask()
        best = min(best, time.perf_counter() - began)
    return best, rows


if __name__ == "__main__":
    main()
