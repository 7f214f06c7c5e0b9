"""Whatever stands behind the pipe, there is an answer or a clear refusal, in time, and nothing has changed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcenter.errors import QueryLimit, QuerySyntaxError
from eventcenter.model import Answer, Question
from eventcenter.sql.columns import PLAIN
from eventcenter.sql.functions import AGGREGATES, SCALARS, SPECIAL, WINDOWS
from eventcenter.store.console import Console
from eventcenter.store.files import database_path
from tests.sql.made import END, START

SECONDS = 1.5
settings.register_profile("queries", deadline=None, suppress_health_check=list(HealthCheck))

names = st.sampled_from(
    [
        *sorted(PLAIN),
        '"event_id.reason"',
        "event_id.metadata.name",
        '"event_id.a.b"',
        "c",
        "x",
        "ns",
        "t.level",
        "nosuch",
    ]
)
texts = st.one_of(
    st.sampled_from(
        ["5m", "%H:%i", "0", "day", "Asia/Shanghai", "$.a[0]", '{"a":[1]}', "(a|a)*b", "", "1", "%", "\\"]
    ),
    st.text(max_size=12),
).map(lambda text: "'" + text.replace("'", "''") + "'")
numbers = st.one_of(
    st.integers(-(2**65), 2**65).map(str),
    st.sampled_from(["0", "1", "2", "0.5", "1e308", "1e999", "-1", "86400"]),
)
leaves = st.one_of(
    names, texts, numbers, st.sampled_from(["NULL", "true", "*", "interval '1' day", "current_timestamp"])
)
operators = st.sampled_from(
    ["+", "-", "*", "/", "%", "||", "=", "<>", "<", ">=", "AND", "OR", "LIKE", "IS", "IN", "IS DISTINCT FROM"]
)
types = st.sampled_from(
    ["bigint", "double", "varchar", "timestamp", "json", "array(varchar)", "decimal(3,1)", "nosuch"]
)
called = st.sampled_from(
    sorted([*SCALARS, *AGGREGATES, *WINDOWS, *SPECIAL, "load_extension", "randomblob", "printf"])
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda made: f"({' '.join(made)})"),
        st.tuples(called, st.lists(inner, max_size=4)).map(lambda made: f"{made[0]}({', '.join(made[1])})"),
        st.tuples(inner, types).map(lambda made: f"cast({made[0]} AS {made[1]})"),
        st.tuples(called, inner).map(
            lambda made: f"{made[0]}({made[1]}) OVER (PARTITION BY level ORDER BY count)"
        ),
        inner.map(lambda made: f"CASE WHEN {made} THEN 1 ELSE {made} END"),
        inner.map(lambda made: f"({made})[1]"),
        inner.map(lambda made: f"(SELECT {made} FROM log LIMIT 1)"),
        inner.map(lambda made: f"EXISTS (SELECT {made} FROM log l WHERE l.uid = uid)"),
        inner.map(lambda made: f"try({made})"),
    )


expressions = st.recursive(leaves, grown, max_leaves=6)


@st.composite
def statements(draw: Any) -> str:
    items = draw(st.lists(expressions, min_size=1, max_size=3))
    parts = ["SELECT " + draw(st.sampled_from(["", "DISTINCT "])) + ", ".join(items)]
    if draw(st.booleans()):
        parts[0] += " AS c"
    parts.append(
        draw(
            st.sampled_from(
                ["", "FROM log", "FROM log t", "FROM (SELECT * FROM log) t", "FROM log a JOIN log b ON a.uid = b.uid",
                 "FROM (SELECT count(*) AS c, level AS x FROM log GROUP BY level) t",
                 "FROM log, UNNEST(split(name,'-')) AS u(x)",
                 "FROM event", "FROM sqlite_master", "FROM log NATURAL JOIN log b"]
            )
        )
    )  # fmt: skip
    for clause in ("WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT"):
        if draw(st.integers(0, 3)) == 0:
            parts.append(f"{clause} {draw(expressions)}")
    if draw(st.integers(0, 5)) == 0:
        parts = ["WITH t AS (", *parts, ") SELECT * FROM t"]
    if draw(st.integers(0, 8)) == 0:
        parts += ["UNION ALL", *parts]
    return " ".join(parts)


@pytest.fixture(scope="module")
def console(data_dir: Any) -> Console:
    return Console(database_path(data_dir, "default"), "default", seconds=SECONDS)


def judge(console: Console, text: str) -> None:
    begun = time.monotonic()
    try:
        answer = console.answer(
            Question(text=text, now=END * 1000, from_time=START * 1000, to_time=END * 1000)
        )
    except QuerySyntaxError as error:
        assert str(error) and "\n" not in str(error)
    except QueryLimit as error:
        assert error.hint
    else:
        assert isinstance(answer, Answer)
        assert all(len(row) == len(answer.columns) for row in answer.rows)
        cells = [cell for row in answer.rows for cell in row]
        assert all(cell is None or isinstance(cell, str | int | float | bool) for cell in cells)
    assert time.monotonic() - begun < SECONDS + 3


@settings(settings.get_profile("queries"), max_examples=400)
@given(statements())
def test_any_statement(console: Console, sql: str) -> None:
    judge(console, f"* | {sql}")


@settings(settings.get_profile("queries"), max_examples=150)
@given(st.text(max_size=60))
def test_any_text(console: Console, text: str) -> None:
    judge(console, f"* | {text}")
    judge(console, f"* | SELECT {text}")


WORDS = """
SELECT FROM log WHERE GROUP BY ORDER BY HAVING LIMIT WITH AS ( ) , * 'a' "a" 1 CASE WHEN THEN END UNION JOIN ON OVER
count( level ; -- /* */ ` [ ] ATTACH PRAGMA INSERT INTO DROP TABLE VALUES LATERAL UNNEST RECURSIVE CAST( INTERVAL
EXTRACT( :: -> ->> $1 ? :t0 @x
TABLESAMPLE FOR UPDATE ROLLUP( GROUPING SETS( PIVOT QUALIFY
"""


@settings(settings.get_profile("queries"), max_examples=400)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=14))
def test_any_tokens(console: Console, tokens: list[str]) -> None:
    judge(console, "* | " + " ".join(tokens))
    judge(console, "* | SELECT " + " ".join(tokens))
