"""Functions, one by one: what each gives, and what it says where it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.functions import SCALARS
from tests.sql.conftest import Ask

VALUES = {
    "7/2": 3,
    "7/2.0": 3.5,
    "1/0": None,
    "7 % 4": 3,
    "mod(-7, 4)": -3,
    "'a' || null": None,
    "concat('a', 'b', 1)": "ab1",
    "coalesce(null, nullif('a','a'), 'c')": "c",
    "if(1 > 2, 'yes')": None,
    "if(1 < 2, 'yes', 'no')": "yes",
    "case when null then 1 else 2 end": 2,
    "1 = 1": True,
    "not regexp_like('abc', 'b')": False,
    "'Abc' like 'a%'": False,
    "'Abc' like 'A_c'": True,
    "'100%' like '100!%' escape '!'": True,
    "'a\nb' like 'a%'": True,
    "null is distinct from 1": True,
    "greatest(1, 3, 2)": 3,
    "least('b', 'a')": "a",
    "round(2.5)": 3.0,
    "round(-2.55, 1)": -2.6,
    "ceil(1.2)": 2.0,
    "floor(-1.2)": -2.0,
    "sqrt(-1)": None,
    "power(2, 10)": 1024.0,
    "lower('ÄB')": "äb",
    "length('容器')": 2,
    "substr('hello', 2, 3)": "ell",
    "substr('hello', -3)": "llo",
    "strpos('hello', 'l')": 3,
    "replace('a-b', '-', '+')": "a+b",
    "replace('a-b', '-')": "ab",
    "reverse('abc')": "cba",
    "lpad('7', 3, '0')": "007",
    "trim('  a ')": "a",
    "starts_with('web-1', 'web')": True,
    "split('a,b', ',')": '["a", "b"]',
    "split('a,b', ',')[2]": "b",
    "split_part('shop/web-1', '/', 2)": "web-1",
    "split_part('shop', '/', 2)": None,
    "array_join(array['a', 'b'], '+')": "a+b",
    "cardinality(split('a,b,c', ','))": 3,
    "contains(split('a,b', ','), 'b')": True,
    r"regexp_extract('pod:web ns:shop', 'ns:(\S+)', 1)": "shop",
    "regexp_extract('abc', 'x')": None,
    r"regexp_extract_all('1a 22b', '(\d+)[a-z]', 1)": '["1", "22"]',
    r"regexp_replace('1a2', '(\d)', '<$1>')": "<1>a<2>",
    r"regexp_replace('1a2', '\d')": "a",
    "regexp_split('a1b2', '[0-9]')": '["a", "b", ""]',
    """json_extract('{"a":{"b":[1,2]}}', '$.a.b')""": "[1,2]",
    """json_extract_scalar('{"a":{"b":[1,true]}}', '$.a.b[1]')""": "true",
    """json_extract_scalar('{"a.b":1}', '$["a.b"]')""": "1",
    "json_extract_scalar('no json', '$.a')": None,
    "json_array_length('[1,2,3]')": 3,
    "json_array_get('[1,\"b\"]', 1)": '"b"',
    "json_parse('[1, 2]')": "[1,2]",
    "cast('7' as bigint)": 7,
    "cast(2.5 as bigint)": 3,
    "cast('2.5' as double)": 2.5,
    "cast(7 as varchar)": "7",
    "cast('true' as boolean)": True,
    "cast('2.345' as decimal(10,2))": 2.35,
    "cast('2026-11-23' as timestamp)": "2026-11-23 00:00:00.000",
    "cast(now() as date)": "2026-11-23",
    "try_cast('x' as bigint)": None,
    "try(cast('x' as bigint))": None,
    "from_unixtime(1795435200)": "2026-11-23 12:00:00.000",
    "from_unixtime(1795435200, 'Asia/Shanghai')": "2026-11-23 20:00:00.000 Asia/Shanghai",
    "to_unixtime(from_unixtime(1795435200, 'Asia/Shanghai'))": 1795435200.0,
    "to_unixtime(timestamp '2026-11-23 12:00:00')": 1795435200.0,
    "now()": "2026-11-23 18:00:00.000",
    "current_timestamp": "2026-11-23 18:00:00.000",
    "current_date": "2026-11-23",
    "date_trunc('hour', 1795436200)": "2026-11-23 12:00:00.000",
    "date_trunc('week', now())": "2026-11-23 00:00:00.000",
    "date_trunc('quarter', now())": "2026-10-01 00:00:00.000",
    "date_format(1795435200, '%Y-%m-%d %H:%i:%S')": "2026-11-23 12:00:00",
    "date_format(from_unixtime(1795435200), '%c/%e %l%p')": "11/23 12PM",
    "date_parse('23.11.2026 06:30', '%d.%m.%Y %H:%i')": "2026-11-23 06:30:00.000",
    "from_iso8601_timestamp('2026-11-23T12:00:00+08:00')": "2026-11-23 04:00:00.000",
    "to_iso8601(1795435200)": "2026-11-23T12:00:00.000Z",
    "date_add('day', -1, now())": "2026-11-22 18:00:00.000",
    "date_add('month', 3, timestamp '2026-11-30 00:00:00')": "2027-02-28 00:00:00.000",
    "now() - interval '90' minute": "2026-11-23 16:30:00.000",
    "date_diff('second', timestamp '2026-11-23 12:00:00', timestamp '2026-11-23 12:01:30')": 90,
    "date_diff('month', timestamp '2026-01-31 00:00:00', timestamp '2026-03-01 00:00:00')": 1,
    "hour(now()) * 100 + extract(minute from now())": 1800,
    "day_of_week(now())": 1,
}


@pytest.mark.parametrize("expression", VALUES)
def test_what_an_expression_gives(value: Callable[[str], Any], expression: str) -> None:
    found = value(expression)
    assert found == VALUES[expression]
    assert isinstance(found, bool) == isinstance(VALUES[expression], bool)


AGGREGATES = {
    "count(*)": lambda events: len(events),
    "count(distinct name)": lambda events: len({e["name"] for e in events}),
    "count_if(count > 30)": lambda events: sum(e["count"] > 30 for e in events),
    "sum(count)": lambda events: sum(e["count"] for e in events),
    "avg(count)": lambda events: sum(e["count"] for e in events) / len(events),
    "max(name)": lambda events: max(e["name"] for e in events),
    "approx_distinct(name)": lambda events: len({e["name"] for e in events}),
    "approx_percentile(count, 0.5)": lambda events: sorted(e["count"] for e in events)[-(-len(events) // 2) - 1],
    "min_by(count, __time__)": lambda events: events[-1]["count"],
    "count(*) FILTER (WHERE level = 'Warning')": lambda events: sum(e["level"] == "Warning" for e in events),
    "bool_or(level = 'Warning')": lambda events: True,
    "stddev_pop(count)": lambda events: pytest.approx(
        (
            sum(e["count"] ** 2 for e in events) / len(events) - (sum(e["count"] for e in events) / len(events)) ** 2
        ) ** 0.5
    ),
    "cardinality(array_agg(name))": lambda events: len(events),
}  # fmt: skip


@pytest.mark.parametrize("expression", AGGREGATES)
def test_what_an_aggregate_gives(value: Callable[[str], Any], events: Any, expression: str) -> None:
    assert value(expression) == AGGREGATES[expression](events)


def test_a_histogram_counts_each_value(value: Callable[[str], Any], events: Any) -> None:
    counts = json.loads(value("histogram(level)"))
    assert counts["Warning"] == sum(event["level"] == "Warning" for event in events)


REFUSED = {
    "cast('x' as bigint)": "'x' cannot be cast to bigint",
    "regexp_lik('a', 'b')": "there is no function regexp_lik",
    "load_extension('x')": "there is no function load_extension",
    "randomblob(300000000)": "there is no function randomblob",
    "regexp_like('a', '(')": "the pattern '(' is wrong",
    "regexp_extract('a', '(a)', 2)": "the pattern '(a)' has 1 groups, not 2",
    "date_trunc('age', 1)": "unit 'age' is not known",
    "date_format(1, '%Q')": "%Q is no part of a time's format",
    "date_parse('x', '%Y')": "date_parse: 'x' is not of the format '%Y'",
    "from_unixtime('soon')": "'soon' is not a time",
    "from_unixtime(1, '../etc/passwd')": "time zone '../etc/passwd' is not known",
    "json_extract('{}', '$.a[')": "'$.a[' is not a path in JSON",
    "json_parse('no')": "'no' is not JSON",
    "substr('a')": "substr takes 2 to 3 arguments, not 1",
    "approx_percentile(count, 2)": "approx_percentile: 2 is no share",
    "row_number()": "row_number needs OVER (…)",
    "sum(*)": "sum(*) has no meaning",
    "nosuch": "there is no column nosuch",
    '"Warning"': "there is no column Warning",
    "time_series(__time__, 'x', '%H', '0')": "time_series: 'x' is no width",
    "time_series(__time__, '5m', '%H', '0')": "time_series needs GROUP BY of its alias",
    "compare(count, 86400)": "compare needs a sub-query to select from",
    "interval '1' day": "INTERVAL stands behind + or - only",
    "split('a', '')": "split: the delimiter is empty",
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_is_wrong_is_named(value: Callable[[str], Any], expression: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        value(expression)
    assert str(caught.value).startswith(REFUSED[expression])


def test_the_nearest_function_is_suggested(value: Callable[[str], Any]) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        value("regexp_lik(name, 'a')")
    assert "regexp_like" in caught.value.hint


@pytest.mark.parametrize("name", sorted(SCALARS))
def test_null_in_is_null_out(value: Callable[[str], Any], name: str) -> None:
    assert value(f"{name}({', '.join(['null'] * SCALARS[name].least)})") is None


def test_a_mistake_is_pointed_at(ask: Ask) -> None:
    text = "level:Warning | SELECT count(* FROM log"
    with pytest.raises(QuerySyntaxError) as caught:
        ask(text)
    assert caught.value.at is not None
    assert text[caught.value.at :].startswith("FROM")
