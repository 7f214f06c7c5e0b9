"""A query ends: after its time, when nobody wants it, and it never takes the place of all others."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eventcenter.errors import QueryCancelled, QueryLimit, QueryTimeout, QueryTooLarge, TooManyQueries
from eventcenter.model import Question
from eventcenter.store import console, sandbox
from eventcenter.store.console import Console
from eventcenter.store.files import database_path

ENDLESS = "* | SELECT count(*) FROM log a, log b, log c, log d"


def question(text: str) -> Question:
    return Question(text=text, now=0)


@pytest.fixture
def make(data_dir: Path) -> Callable[..., Console]:
    return lambda **given: Console(database_path(data_dir, "default"), "default", **given)


@pytest.mark.parametrize(
    "text",
    [
        ENDLESS,
        "* | SELECT max(regexp_like(a.message || b.message || c.message, '(a|a)*b')) FROM log a, log b, log c",
        "* | SELECT a.uid FROM log a, log b, log c ORDER BY c.message || b.message DESC LIMIT 1",
        "* | SELECT DISTINCT a.uid, b.uid, c.uid FROM log a, log b, log c ORDER BY 1",
    ],
)
def test_a_query_ends_in_time(make: Callable[..., Console], text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(QueryTimeout) as caught:
        make(seconds=0.4).answer(question(text))
    assert time.monotonic() - begun < 0.4 + 1.5
    assert "0.4 s" in str(caught.value)
    assert "Narrow the time range" in caught.value.hint


def test_a_pattern_cannot_take_exponential_time(make: Callable[..., Console]) -> None:
    text = "a" * 5_000
    begun = time.monotonic()
    answer = make().answer(
        question(f"* | SELECT regexp_like('{text}', '(a|a)*b'), '{text}' LIKE '{'%a' * 60}%b'")
    )
    assert answer.rows == [[False, False]]
    assert time.monotonic() - begun < 2


def test_nobody_waits_any_more(make: Callable[..., Console]) -> None:
    gone = threading.Event()
    asked = make(seconds=30)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(lambda: asked.answer(question(ENDLESS), gone.is_set))
        _until(lambda: "query" in [thread.name for thread in threading.enumerate()])
        gone.set()
        begun = time.monotonic()
        with pytest.raises(QueryCancelled):
            answer.result(10)
    _until(lambda: "query" not in [thread.name for thread in threading.enumerate()])
    assert time.monotonic() - begun < 2


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def test_only_so_many_at_once(make: Callable[..., Console], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_WAIT_S", 0.0)
    gone = threading.Event()
    asked = make(seconds=30, running=1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: asked.answer(question(ENDLESS), gone.is_set))
        _until(lambda: "query" in [thread.name for thread in threading.enumerate()])
        with pytest.raises(TooManyQueries):
            asked.answer(question("* | SELECT 1"))
        gone.set()
        assert isinstance(first.exception(10), QueryCancelled)
    _until(lambda: "query" not in [thread.name for thread in threading.enumerate()])
    assert asked.answer(question("* | SELECT 1 AS x")).rows == [[1]]


def test_a_step_that_does_not_end_holds_nobody(
    make: Callable[..., Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite does not look at the time inside of a function; whoever asked is told in time all the same."""
    stuck, released = threading.Event(), threading.Event()

    def run(*_: object) -> object:
        stuck.set()
        released.wait(20)
        raise QueryTooLarge("late")

    monkeypatch.setattr("eventcenter.store.querying.run", run)
    monkeypatch.setattr(console, "_GRACE_S", 0.1)
    begun = time.monotonic()
    with pytest.raises(QueryTimeout):
        make(seconds=0.1).answer(question("*"))
    assert stuck.is_set() and time.monotonic() - begun < 2
    released.set()


def test_an_answer_has_a_most(make: Callable[..., Console], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventcenter.store.querying.MAX_ANSWER", 2_000)
    answer = make().answer(question("* | SELECT event_id LIMIT 100"))
    assert answer.truncated
    assert 0 < len(answer.rows) < 10


def test_lists_have_a_most(make: Callable[..., Console]) -> None:
    with pytest.raises(QueryLimit) as caught:
        make().answer(question("* | SELECT array_agg(a.event_id) FROM log a, log b"))
    assert re.search("memory|longer|time", f"{caught.value} {caught.value.hint}")


def test_python_rests_while_the_writer_is_behind(
    make: Callable[..., Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    monkeypatch.setattr(sandbox, "WORK_S", 0.0)
    monkeypatch.setattr(sandbox.time, "sleep", rests.append)
    behind = False
    asked = make(busy=lambda: behind)
    text = "* | SELECT count_if(regexp_like(message, 'a')) > 0 AS x"
    assert (asked.answer(question(text)).rows, rests) == ([[True]], [])
    behind = True
    assert asked.answer(question(text)).rows == [[True]]
    assert len(rests) == 900 // sandbox.CALLS
