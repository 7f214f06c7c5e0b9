"""What a SELECT may be made of: names, aliases, sub-queries, joins, windows, series and comparisons."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from eventcenter.errors import QuerySyntaxError
from tests.sql.conftest import Ask
from tests.sql.made import DAY, END, START

Events = list[dict[str, Any]]


def test_from_may_be_left_out(ask: Ask, events: Events) -> None:
    assert ask("* | SELECT count(*)").rows == ask("* | SELECT count(*) FROM log").rows == [[len(events)]]
    assert ask("* | SELECT 1 AS one").rows == [[1]]


def test_all_ways_to_write_a_leaf(ask: Ask) -> None:
    answer = ask(
        '* | SELECT reason, "event_id.reason", event_id.reason, eventId.reason, log.reason, l."event_id.type", level '
        "FROM log l LIMIT 1".replace("log.reason", "l.reason")
    )
    assert answer.columns == [
        "reason", "event_id.reason", "event_id.reason", "eventId.reason", "reason", "event_id.type", "level",
    ]  # fmt: skip
    (row,) = answer.rows
    assert len(set(row[:5])) == 1
    assert row[5] == row[6]


def test_any_leaf_of_the_event(ask: Ask, events: Events) -> None:
    answer = ask(
        '* | SELECT "event_id.metadata.name", event_id.metadata.resourceVersion, "event_id.metadata.labels", '
        'json_extract_scalar(event_id, \'$.metadata.labels["app.kubernetes.io/name"]\'), "event_id.no.such" LIMIT 5000',
        limit=1000,
    )
    wanted = Counter(
        (
            e["raw"]["metadata"]["name"],
            e["raw"]["metadata"]["resourceVersion"],
            json.dumps(e["raw"]["metadata"]["labels"], separators=(",", ":"))
            if "labels" in e["raw"]["metadata"]
            else None,
            e["raw"]["metadata"].get("labels", {}).get("app.kubernetes.io/name"),
            None,
        )
        for e in events
    )
    assert Counter(map(tuple, answer.rows)) == wanted


def test_an_alias_wins_over_a_column(ask: Ask, events: Events) -> None:
    """`count` and `name` are columns of ours, which people who write queries for the hosted product do not know."""
    answer = ask(
        "* | SELECT lower(reason) AS name, count(*) AS count GROUP BY name HAVING count > 40 ORDER BY count DESC, name"
    )
    counts = Counter(event["reason"].lower() for event in events)
    assert answer.rows == [
        [n, c] for n, c in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if c > 40
    ]


def test_group_by_a_number(ask: Ask, events: Events) -> None:
    answer = ask("* | SELECT level, kind, sum(count) GROUP BY 1, 2 ORDER BY 3 DESC")
    sums: Counter[tuple[str, str]] = Counter()
    for event in events:
        sums[event["level"], event["kind"]] += event["count"]
    assert {(level, kind): total for level, kind, total in answer.rows} == sums


def test_where_beside_the_search(ask: Ask, events: Events) -> None:
    answer = ask(
        "level:Warning | SELECT count(*) WHERE reason IN ('BackOff', 'Evicted', 'Nope') AND level <> 'Normal' "
        "AND hostname != 'node-1' AND name LIKE 'web%'"
    )
    wanted = [
        e for e in events
        if e["level"] == "Warning" and e["reason"] in ("BackOff", "Evicted")
        and e["host"] != "node-1" and e["name"].startswith("web")
    ]  # fmt: skip
    assert wanted
    assert answer.rows == [[len(wanted)]]


def test_with_and_join(ask: Ask, events: Events) -> None:
    answer = ask(
        "* | WITH per AS (SELECT reason, count(*) AS c FROM log GROUP BY reason), top AS (SELECT max(c) AS m FROM per) "
        "SELECT per.reason FROM per JOIN top ON per.c = top.m"
    )
    counts = Counter(event["reason"] for event in events)
    assert {row[0] for row in answer.rows} == {r for r, c in counts.items() if c == max(counts.values())}


def test_log_joins_itself(ask: Ask, events: Events) -> None:
    answer = ask(
        "* | SELECT count(DISTINCT a.uid) FROM log a JOIN log b ON a.name = b.name AND a.uid <> b.uid "
        "WHERE a.reason = 'Evicted' AND b.reason = 'PodOOMKilling'"
    )
    killed = {event["name"] for event in events if event["reason"] == "PodOOMKilling"}
    assert answer.rows == [[sum(e["reason"] == "Evicted" and e["name"] in killed for e in events)]]


def test_a_subquery_may_name_what_is_around_it(ask: Ask, events: Events) -> None:
    answer = ask(
        "* | SELECT count(*) FROM log a WHERE EXISTS "
        "(SELECT 1 FROM log b WHERE b.\"event_id.involvedObject.name\" = a.name AND b.reason = 'Evicted')"
    )
    evicted = {event["name"] for event in events if event["reason"] == "Evicted"}
    assert answer.rows == [[sum(event["name"] in evicted for event in events)]]


def test_columns_of_an_inner_star(ask: Ask, events: Events) -> None:
    answer = ask(
        '* | SELECT "event_id.reason" AS r, ns, count(*) AS c FROM (SELECT * FROM log) GROUP BY r, ns'
    )
    assert {(r, ns): c for r, ns, c in answer.rows} == Counter((e["reason"], e["ns"]) for e in events)


def test_star_is_the_record(ask: Ask) -> None:
    assert ask("* | SELECT * WHERE reason = 'Evicted' LIMIT 1").columns == ask("*", limit=1).columns


def test_union(ask: Ask, events: Events) -> None:
    answer = ask(
        "* | SELECT 'w' AS x, count(*) FROM log WHERE level = 'Warning' UNION ALL SELECT 'all', count(*) FROM log"
    )
    assert dict(map(tuple, answer.rows)) == {
        "w": sum(e["level"] == "Warning" for e in events),
        "all": len(events),
    }


def test_window_functions(ask: Ask, events: Events) -> None:
    answer = ask(
        "* | SELECT reason, n FROM (SELECT reason, "
        "row_number() OVER (PARTITION BY reason ORDER BY __time__ DESC) AS n, "
        "count(*) OVER (PARTITION BY reason) AS c FROM log) WHERE n = c ORDER BY reason"
    )
    counts = Counter(event["reason"] for event in events)
    assert answer.rows == [[reason, counts[reason]] for reason in sorted(counts)]


def test_unnest(ask: Ask, events: Events) -> None:
    answer = ask(
        "* | SELECT part, count(*) AS c FROM log CROSS JOIN UNNEST(split(name, '-')) AS t(part) GROUP BY part"
    )
    assert {part: c for part, c in answer.rows} == Counter(
        part for e in events for part in e["name"].split("-")
    )
    answer = ask("* | SELECT x FROM log, UNNEST(cast(json_parse('[3, 4]') AS array(bigint))) AS t(x) LIMIT 2")
    assert answer.rows == [[3], [4]]


def test_nulls_come_last_as_in_presto(ask: Ask) -> None:
    for direction in ("ASC", "DESC"):
        rows = ask(f"* | SELECT DISTINCT pod_name AS p ORDER BY p {direction} LIMIT 100").rows
        assert [row[0] for row in rows].index(None) == len(rows) - 1


def test_integers_divide_as_in_presto(ask: Ask, events: Events) -> None:
    warnings = sum(event["level"] == "Warning" for event in events)
    share = "count_if(level='Warning') * 100"
    assert ask(f"* | SELECT {share} / count(*), {share} * 1.0 / count(*)").rows == [
        [warnings * 100 // len(events), pytest.approx(warnings * 100 / len(events))]
    ]


@pytest.mark.parametrize(
    ("padding", "wanted"), [("0", 0), ("null", None), ("last", 5), ("next", 9), ("avg", 7.0)]
)
def test_a_gap_is_filled_as_asked(ask: Ask, padding: str, wanted: Any) -> None:
    sql = (
        f"* | SELECT time_series(__time__, '1h', '%H', '{padding}') AS t, "
        "max(CASE WHEN __time__ < {0} THEN 5 ELSE 9 END) AS x WHERE __time__ < {0} OR __time__ >= {1} "
        "GROUP BY t ORDER BY t"
    ).format(START + 3600, START + 7200)
    rows = ask(sql, end=START + 3 * 3600).rows
    assert rows == [["12", 5], ["13", wanted], ["14", 9]]


def test_a_series_is_filled_for_each_group(ask: Ask, events: Events) -> None:
    answer = ask(
        "* | SELECT time_series(__time__, '30m', '%H:%i', '0') AS t, reason, count(*) AS c GROUP BY t, reason "
        "ORDER BY t LIMIT 5000"
    )
    reasons = {event["reason"] for event in events}
    assert len(answer.rows) == 12 * len(reasons)
    assert sum(row[2] for row in answer.rows) == len(events)


def test_a_series_goes_backwards_and_is_cut(ask: Ask) -> None:
    rows = ask(
        "* | SELECT time_series(__time__,'1h','%H','0') AS t, count(*) GROUP BY t ORDER BY t DESC LIMIT 1, 2"
    ).rows
    assert [row[0] for row in rows] == ["16", "15"]


def test_two_series_meet_hour_by_hour(ask: Ask, events: Events, yesterday: Events) -> None:
    answer = ask(
        f"* | SELECT t, ts_compare(c, {DAY}) AS d FROM (SELECT date_trunc('hour', __time__) AS t, count(*) AS c "
        "FROM log GROUP BY t) GROUP BY t ORDER BY t"
    )
    now = Counter(event["time"] // 3600 for event in events)
    then = Counter((event["time"] + DAY) // 3600 for event in yesterday)
    found = [json.loads(row[1])[:2] for row in answer.rows]
    assert found == [[now[hour], then.get(hour)] for hour in sorted(now)]


def test_a_range_up_to_now_is_compared_with_one_that_ends(
    ask: Ask, events: Events, yesterday: Events
) -> None:
    sql = f"* | SELECT compare(c, {DAY}) AS d FROM (SELECT count(*) AS c FROM log)"
    (((found,),),) = (ask(sql, end=None).rows,)
    now, then = len(events), len(yesterday)
    assert json.loads(found) == [now, then, pytest.approx(now / then), START - DAY]


def test_rows_are_cut_and_it_is_said(ask: Ask) -> None:
    plain = ask("* | SELECT uid")
    assert (len(plain.rows), plain.truncated) == (100, True)
    limited = ask("* | SELECT uid LIMIT 150")
    assert (len(limited.rows), limited.truncated) == (150, False)
    fewer = ask("* | SELECT uid LIMIT 150", limit=20)
    assert (len(fewer.rows), fewer.truncated) == (20, True)
    assert len(ask("* | SELECT uid LIMIT 3, 5").rows) == 5


def test_an_open_range_is_everything(ask: Ask, events: Events, yesterday: Events) -> None:
    assert ask("* | SELECT count(*)", start=None, end=None).rows == [[len(events) + len(yesterday)]]
    assert ask("* | SELECT count(*)", start=END).rows == [[0]]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM log", "DELETE is not a query"),
        ("SELECT * FROM meta", "there is no table meta"),
        ("SELECT * FROM main.event", "there is no table main.event"),
        ("WITH log AS (SELECT 1) SELECT * FROM log", "WITH log names the table log itself"),
        ("WITH RECURSIVE t AS (SELECT 1) SELECT * FROM t", "WITH RECURSIVE is not supported"),
        ("SELECT 1; SELECT 2", "there is more than one statement"),
        ("SELECT count(*) GROUP BY ROLLUP(level)", "ROLLUP is not supported"),
        ("SELECT level FROM log TABLESAMPLE BERNOULLI (10)", "TABLE SAMPLE is not supported"),
        ("SELECT 1 INTO x", "INTO is not supported"),
        ("SELECT " + "(" * 2000 + "1" + ")" * 2000, "the SQL is nested too deeply"),
        ("SELECT '" + "x" * 30_000 + "'", "the SQL has"),
        ("SELECT " + "+".join(["1"] * 5000), "the SQL has too many parts"),
    ],
)
def test_what_is_not_supported_is_named(ask: Ask, sql: str, said: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        ask(f"* | {sql}")
    assert said in str(caught.value)


def test_the_newest_are_those_that_match_in_full(ask: Ask, events: Events) -> None:
    """`count` is no word of the index: what does not match takes no place among the newest three."""
    wanted = [event["time"] for event in events if event["level"] == "Warning" and event["count"] > 50]
    assert [row[0] for row in ask("level:Warning count > 50", limit=3).rows] == wanted[:3]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_sorted_records_are_those_of_the_whole_range(ask: Ask, events: Events, direction: str) -> None:
    times = sorted((event["time"] for event in events), reverse=direction == "DESC")
    sql = f"* | SELECT __time__ AS t, event_id, name AS __time__ ORDER BY t {direction}"
    rows = ask(f"{sql} LIMIT 5, 10").rows
    assert [row[0] for row in rows] == times[5:15]
    assert all(json.loads(row[1])["involvedObject"]["name"] == row[2] for row in rows)
    cut = ask(sql)
    assert ([row[0] for row in cut.rows], cut.truncated) == (times[:100], True)


def test_sorting_by_what_is_made(ask: Ask, events: Events) -> None:
    answer = ask(
        "level:Warning | SELECT lower(reason) AS r, upper(name) WHERE count > 30 ORDER BY r, 2 DESC LIMIT 7"
    )
    wanted = [
        [e["reason"].lower(), e["name"].upper()]
        for e in events
        if e["level"] == "Warning" and e["count"] > 30
    ]
    wanted.sort(key=lambda row: row[1], reverse=True)
    assert answer.rows == sorted(wanted, key=lambda row: row[0])[:7]


@pytest.mark.parametrize(("unit", "seconds"), [("second", 1), ("minute", 60), ("hour", 3600), ("day", DAY)])
def test_groups_of_time(ask: Ask, events: Events, unit: str, seconds: int) -> None:
    rows = ask(
        f"* | SELECT date_trunc('{unit}', __time__) AS t, max(count), count(*) GROUP BY t ORDER BY t LIMIT 5000"
    ).rows
    counts = Counter(event["time"] // seconds for event in events)
    assert [row[2] for row in rows] == [counts[at] for at in sorted(counts)]
    assert [row[0] for row in rows] == [_stamp(at * seconds) for at in sorted(counts)]


def _stamp(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S}.000"
