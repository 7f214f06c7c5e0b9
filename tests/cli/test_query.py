"""`query`: searches and SQL over the data directory, printed or drawn."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from eventcenter.model import Answer
from eventcenter.query_charts import draw, over_time
from eventcenter.store import Writer
from tests.cli.conftest import Run
from tests.store.made import added, batch, event

BY_LEVEL = "* | SELECT level, count(*) AS c GROUP BY level ORDER BY level"


@pytest.fixture
def stored(writer: Writer, data_dir: Path) -> str:
    levels = ("Normal", "Warning", "Warning")
    writer.deliver(
        batch(*(added(event(n, level=level, message='says "hi", ok')) for n, level in enumerate(levels)))
    )
    assert writer.flush(20)
    return str(data_dir)


def test_rows_into_a_pipe(command: Run, stored: str) -> None:
    found = command("query", BY_LEVEL, "--data-dir", stored)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "level\tc\nNormal\t1\nWarning\t2\n"


def test_rows_as_json(command: Run, stored: str) -> None:
    lines = command("query", BY_LEVEL, "-o", "json", "--data-dir", stored).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [{"level": "Normal", "c": 1}, {"level": "Warning", "c": 2}]


def test_rows_as_csv(command: Run, stored: str) -> None:
    sql = "level:Normal | SELECT message, null AS nothing, level = 'Normal' AS yes"
    found = command("query", sql, "-o", "csv", "--data-dir", stored)
    assert list(csv.reader(io.StringIO(found.stdout))) == [
        ["message", "nothing", "yes"],
        ['says "hi", ok', "", "true"],
    ]


def test_a_search_alone_gives_records(command: Run, stored: str) -> None:
    lines = command("query", "level:Warning", "-o", "json", "--data-dir", stored).stdout.splitlines()
    assert [json.loads(json.loads(line)["event_id"])["kind"] for line in lines] == ["Event", "Event"]


def test_a_range_and_a_limit(command: Run, stored: str) -> None:
    none = command("query", "*", "--from", "2027-01-01", "-o", "json", "--data-dir", stored)
    assert (none.returncode, none.stdout) == (0, "")
    assert (
        len(command("query", "*", "--limit", "2", "-o", "json", "--data-dir", stored).stdout.splitlines())
        == 2
    )


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_chart_into_a_file(command: Run, stored: str, home: Path, kind: str) -> None:
    found = command("query", BY_LEVEL, "--chart", f"levels.{kind}", "--data-dir", stored)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    drawn = (home / f"levels.{kind}").read_bytes()
    assert drawn.startswith(b"\x89PNG") if kind == "png" else b"Warning" in drawn


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["* | SELECT nosuch"], "there is no column nosuch"),
        (["* | DROP TABLE log"], "DROP is not a query"),
        (["*", "--chart", "levels.gif"], "has to end with .svg or .png"),
        (["* | SELECT level", "--chart", "levels.svg"], "there is nothing to draw"),
        (["*", "--from", "now", "--to", "-1h"], "--to must be later than --from"),
        (["*", "--limit", "0"], "limit '0' is not accepted"),
    ],
)
def test_wrong_use_is_one_line(command: Run, stored: str, arguments: list[str], said: str) -> None:
    found = command("query", *arguments, "--data-dir", stored)
    assert (found.returncode, found.stdout) == (2, "")
    assert said in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_a_missing_database_is_said(command: Run, tmp_path: Path) -> None:
    found = command("query", "*", "--data-dir", str(tmp_path / "nothing"))
    assert found.returncode == 1
    assert "there is no event database" in found.stderr


@pytest.mark.parametrize(
    ("first", "lines"),
    [("12:05", True), ("2026-11-23 12:00:00.000", True), ("BackOff", False), (7, False), (None, False)],
)
def test_time_is_drawn_as_a_line(first: object, lines: bool) -> None:
    answer = Answer(columns=["x", "c"], rows=[[first, 3], [first, None]], truncated=False)
    assert over_time(answer) is lines
    assert draw(answer, "svg").startswith(b"<?xml")


def test_a_name_is_no_formula() -> None:
    answer = Answer(columns=["x", "c$"], rows=[["$\\frac{a$ <b>\x1b[31m", 3]], truncated=False)
    assert b"<b>" not in draw(answer, "svg")
