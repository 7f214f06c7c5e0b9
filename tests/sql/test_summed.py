"""What the roll-ups answer is what the events themselves would have answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcenter.model import Answer, Question
from eventcenter.sql.translating import translate
from eventcenter.store import Reader, open_reader, open_writer, querying
from tests.store.made import DAY, HOUR, MINUTE, NOON, added, batch, event, modified

END = NOON + HOUR
SEARCHES = (
    "*", "level:Warning", "reason:Failed*", "not reason:Started", "namespace:shop or host:node-1", "pod_name:*",
    "not pod_name:*", "level:Nothing", "problem:*", "not (kind:Node and level:Normal)",
)  # fmt: skip
QUERIES = (
    "SELECT count(*) AS c",
    "SELECT level, count(*) AS c GROUP BY level ORDER BY level",
    "SELECT reason, count(*) AS c, count_if(level = 'Warning') AS w GROUP BY reason HAVING c > 2 ORDER BY c, reason",
    "SELECT namespace, reason, count(1) AS c GROUP BY namespace, reason ORDER BY c DESC, namespace, reason LIMIT 5",
    "SELECT hostname, count(DISTINCT reason) AS r, approx_distinct(kind) AS k GROUP BY hostname ORDER BY hostname",
    "SELECT date_trunc('hour', __time__) AS h, count(*) AS c GROUP BY h ORDER BY h LIMIT 1000",
    "SELECT date_trunc('day', __time__) AS d, component, kind, count(*) AS c GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "SELECT __time__ - __time__ % 7200 AS t, sum(if(level = 'Warning', 1, 0)) AS w GROUP BY t ORDER BY t LIMIT 1000",
    "SELECT time_series(__time__, '6h', '%d %H', '0') AS t, count(*) AS c GROUP BY t ORDER BY t LIMIT 1000",
    "SELECT sum(c) AS all_, max(c) AS most FROM (SELECT problem, count(*) AS c FROM log GROUP BY problem)",
    "SELECT DISTINCT kind FROM log ORDER BY kind",
    "SELECT diff[1] AS a, diff[2] AS b FROM (SELECT compare(c, 86400) AS diff FROM (SELECT count(*) AS c FROM log))",
    "SELECT count(hostname) AS n, count(*) AS c WHERE reason IN ('Failed', 'Started') AND kind = 'Pod'",
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Five days of events, many of them counted up later, some of them moved to another day by that."""
    directory = tmp_path_factory.mktemp("summed")
    chance = random.Random(5)
    problems = {"Failed": "pod-failed"}
    writer = open_writer(
        directory, "default", clock=lambda: END, classify=lambda event: problems.get(event.reason, "")
    )
    for number in range(600):
        fields: dict[str, Any] = {
            "level": chance.choice(("Normal", "Warning")),
            "reason": chance.choice(("Started", "Failed", "FailedMount", "BackOff")),
            "kind": chance.choice(("Pod", "Pod", "Node")),
            "namespace": chance.choice(("shop", "prod")),
            "hostname": chance.choice(("node-1", "node-2", "")),
            "component": chance.choice(("kubelet", "scheduler")),
        }
        begin = END - chance.randrange(5 * DAY) // MINUTE * MINUTE
        writer.deliver(batch(added(event(number, first_time=begin, last_time=begin, **fields))))
        if chance.random() < 0.3:
            later = min(END - 1, begin + chance.randrange(2 * DAY))
            again = event(number, first_time=begin, last_time=later, count=3, **fields)
            writer.deliver(batch(modified(again, 2)))
    assert writer.flush(60)
    writer.close()
    opened = open_reader(directory, "default")
    yield opened
    opened.close()


@pytest.mark.parametrize("query", QUERIES)
def test_roll_ups_can_answer_it(query: str) -> None:
    assert translate(query, now=END, from_time=None, to_time=END).summed is not None


@pytest.mark.parametrize(
    "query",
    [
        "SELECT level FROM log",
        "SELECT name, count(*) AS c GROUP BY name",
        "SELECT avg(count) AS c",
        "SELECT count(*) AS c WHERE __time__ > 5",
        "SELECT date_trunc('minute', __time__) AS m, count(*) AS c GROUP BY m",
        "SELECT time_series(__time__, '5m', '%H', '0') AS t, count(*) AS c GROUP BY t",
        "SELECT max(__time__) AS t",
        "SELECT level, array_agg(reason) AS r GROUP BY level",
        "SELECT a.level, count(*) AS c FROM log a JOIN log b ON a.level = b.level GROUP BY a.level",
    ],
)
def test_what_needs_the_events_is_left_to_them(query: str) -> None:
    assert translate(query, now=END, from_time=None, to_time=END).summed is None


def both(reader: Reader, question: Question, patch: Callable[..., Any]) -> tuple[Answer, Answer]:
    """By the roll-ups, where they can, and by the events."""
    quick = reader.answer(question)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(querying, "_summed", patch)
        return quick, reader.answer(question)


times = st.one_of(
    st.none(),
    st.integers(0, 6 * 24 * 4).map(
        lambda quarter: END // (15 * MINUTE) * 15 * MINUTE - quarter * 15 * MINUTE
    ),
    st.integers(0, 6 * DAY).map(lambda ago: END - ago),
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(SEARCHES), st.sampled_from(QUERIES), times, times)
def test_both_say_the_same(
    reader: Reader, search: str, query: str, start: int | None, end: int | None
) -> None:
    if start is not None and end is not None and start > end:
        start, end = end, start
    question = Question(text=f"{search} | {query}", now=END, from_time=start, to_time=end)
    quick, slow = both(reader, question, lambda *_: None)
    assert (quick.columns, quick.rows) == (slow.columns, slow.rows)


def test_it_is_the_roll_ups_that_answer(reader: Reader) -> None:
    def refuses(*_: Any) -> None:
        raise AssertionError("the events were read")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(querying, "_plain", refuses)
        for search, query in product(SEARCHES, QUERIES):
            if "host" in search and any(time in query for time in ("hour", "7200", "6h")):
                continue  # several dimensions are known by the day only
            reader.answer(
                Question(text=f"{search} | {query}", now=END, from_time=END - 4 * DAY - 7, to_time=END)
            )
