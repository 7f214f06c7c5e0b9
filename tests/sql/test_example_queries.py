"""The thirty queries of the hosted event center's documentation, against answers told from the objects in plain
Python."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sql.conftest import Ask
from tests.sql.made import END, START

Event = dict[str, Any]
Events = list[Event]


def warnings(events: Events) -> Events:
    return [event for event in events if event["level"] == "Warning"]


def of(events: Events, *reasons: str) -> Events:
    return [event for event in events if event["reason"] in reasons]


def stamp(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S}.000"


SEARCHES: dict[str, Callable[[Event], bool]] = {
    "*": lambda e: True,
    "level:Warning": lambda e: e["level"] == "Warning",
    "level:Warning and event_id.involvedObject.namespace:prod": lambda e: (
        (e["level"], e["ns"]) == ("Warning", "prod")
    ),
    "event_id.reason:Failed* and not event_id.involvedObject.kind:Pod": lambda e: (
        e["reason"].startswith("Failed") and e["kind"] != "Pod"
    ),
    "pod_name:web-* and level:Warning": lambda e: (
        e["level"] == "Warning" and (e["pod_name"] or "").startswith("web-")
    ),
    'event_id.reason:BackOff and "restarting failed"': lambda e: e["reason"] == "BackOff",
    'event_id.reason:FailedScheduling and (Insufficient or "untolerated taint")': lambda e: (
        e["reason"] == "FailedScheduling"
    ),
    'event_id.message:#"PLEG is not healthy"': lambda e: "PLEG is not healthy" in e["message"],
    "event_id.reason:NodeNotReady and event_id.involvedObject.kind:Node": lambda e: (
        e["reason"] == "NodeNotReady"
    ),
    "event_id.count > 50": lambda e: e["count"] > 50,
    "event_id.count in [5 20]": lambda e: 5 <= e["count"] <= 20,
    "not pod_name:*": lambda e: e["pod_name"] is None,
    'hostname:"node-1" and not level:Normal': lambda e: e["host"] == "node-1" and e["level"] != "Normal",
    'event_id.source.component:kubelet and event_id.reason:"Unhealthy"': lambda e: e["reason"] == "Unhealthy",
}


@pytest.mark.parametrize("text", SEARCHES)
def test_a_search_finds_the_records(ask: Ask, events: Events, text: str) -> None:
    wanted = [event for event in events if SEARCHES[text](event)]
    assert wanted
    answer = ask(text, limit=1000)
    assert answer.columns == ["__time__", "hostname", "level", "pod_id", "pod_name", "event_id"]
    found = [(row[0], row[1], row[2], row[4], json.loads(row[5])["metadata"]["uid"]) for row in answer.rows]
    assert [row[0] for row in found] == sorted((row[0] for row in found), reverse=True)
    assert sorted(found, key=str) == sorted(
        ((e["time"], e["host"], e["level"], e["pod_name"], e["raw"]["metadata"]["uid"]) for e in wanted),
        key=str,
    )
    assert not answer.truncated


def test_the_event_comes_back_whole(ask: Ask, events: Events) -> None:
    found = {
        json.loads(event)["metadata"]["uid"]: json.loads(event) for *_, event in ask("*", limit=1000).rows
    }
    assert found == {event["raw"]["metadata"]["uid"]: event["raw"] for event in events}


def test_totals_by_level(ask: Ask, events: Events) -> None:
    answer = ask("* | SELECT level, count(*) AS c GROUP BY level")
    assert answer.columns == ["level", "c"]
    assert {tuple(row) for row in answer.rows} == set(Counter(event["level"] for event in events).items())


def test_a_trend_has_every_stretch(ask: Ask, events: Events) -> None:
    answer = ask(
        "* | SELECT time_series(__time__,'5m','%H:%i','0') AS t, count_if(level='Warning') AS warn, "
        "count(*) AS all_ GROUP BY t ORDER BY t LIMIT 1000"
    )
    wanted = []
    for begin in range(START, END, 300):
        inside = [event for event in events if begin <= event["time"] < begin + 300]
        wanted.append([f"{datetime.fromtimestamp(begin, UTC):%H:%M}", len(warnings(inside)), len(inside)])
    assert answer.rows == wanted
    assert len(wanted) == 72


def test_warnings_against_yesterday(ask: Ask, events: Events, yesterday: Events) -> None:
    answer = ask(
        "level:Warning | SELECT diff[1] AS today, diff[2] AS yesterday, round((diff[3]-1)*100,1) AS pct "
        "FROM (SELECT compare(c,86400) AS diff FROM (SELECT count(*) AS c FROM log))"
    )
    now, then = len(warnings(events)), len(warnings(yesterday))
    assert then
    assert answer.columns == ["today", "yesterday", "pct"]
    assert answer.rows == [[now, then, pytest.approx(round((now / then - 1) * 100, 1))]]


def test_top_reasons(ask: Ask, events: Events) -> None:
    answer = ask(
        'level:Warning | SELECT "event_id.reason" AS reason, count(*) AS c, approx_distinct(pod_name) AS pods '
        "GROUP BY reason ORDER BY c DESC LIMIT 20"
    )
    pods = defaultdict(set)
    for event in warnings(events):
        pods[event["reason"]].update({event["pod_name"]} - {None})
    counts = Counter(event["reason"] for event in warnings(events))
    assert {tuple(row) for row in answer.rows} == {
        (reason, c, len(pods[reason])) for reason, c in counts.items()
    }
    assert [row[1] for row in answer.rows] == sorted(counts.values(), reverse=True)


def test_heat_map_of_namespace_and_reason(ask: Ask, events: Events) -> None:
    answer = ask(
        'level:Warning | SELECT "event_id.involvedObject.namespace" AS ns, "event_id.reason" AS r, count(*) AS c '
        "GROUP BY ns, r ORDER BY c DESC LIMIT 50"
    )
    counts = Counter((event["ns"], event["reason"]) for event in warnings(events))
    assert {(ns, reason): c for ns, reason, c in answer.rows} == counts


def test_worst_pods_with_their_last_message(ask: Ask, events: Events) -> None:
    answer = ask(
        'pod_name:* and level:Warning | SELECT pod_name, max_by("event_id.message",__time__) AS last, '
        "count(*) AS c GROUP BY pod_name ORDER BY c DESC LIMIT 10"
    )
    about_pods = [event for event in warnings(events) if event["pod_name"]]
    counts = Counter(event["pod_name"] for event in about_pods)
    assert [row[2] for row in answer.rows] == sorted(counts.values(), reverse=True)[:10]
    for name, last, count in answer.rows:
        mine = [event for event in about_pods if event["pod_name"] == name]
        latest = max(event["time"] for event in mine)
        assert count == counts[name]
        assert last in {event["message"] for event in mine if event["time"] == latest}


def test_the_table_of_oom_kills(ask: Ask, events: Events) -> None:
    answer = ask(
        "event_id.reason:OOMKilling | SELECT hostname, "
        "regexp_extract(\"event_id.message\",'Killed process (\\d+) \\((.+?)\\)',2) AS proc, "
        "regexp_extract(\"event_id.message\",'Killed process (\\d+)',1) AS pid, from_unixtime(__time__) AS t "
        "ORDER BY t DESC"
    )
    wanted = []
    for event in of(events, "OOMKilling"):
        found = re.search(r"Killed process (\d+) \((.+?)\)", event["message"])
        assert found
        wanted.append([event["host"], found[2], found[1], stamp(event["time"])])
    assert answer.rows == wanted


def test_pods_by_oom_kills(ask: Ask, events: Events) -> None:
    answer = ask(
        "event_id.reason:PodOOMKilling | SELECT regexp_extract(\"event_id.message\",'pod:(\\S+)',1) AS pod, "
        "count(*) AS c GROUP BY pod ORDER BY c DESC"
    )
    assert {pod: c for pod, c in answer.rows} == Counter(
        event["name"] for event in of(events, "PodOOMKilling")
    )


def test_flapping_nodes(ask: Ask, events: Events) -> None:
    answer = ask(
        'event_id.reason:NodeNotReady or event_id.reason:NodeReady | SELECT "event_id.involvedObject.name" AS node, '
        "count_if(\"event_id.reason\"='NodeNotReady') AS downs GROUP BY node HAVING downs > 1"
    )
    downs = Counter(event["name"] for event in of(events, "NodeNotReady"))
    assert {node: c for node, c in answer.rows} == {node: c for node, c in downs.items() if c > 1}
    assert answer.rows


def test_the_life_of_one_pod(ask: Ask, events: Events) -> None:
    answer = ask(
        'pod_name:"web-1" | SELECT from_unixtime(__time__) AS t, level, "event_id.reason", "event_id.message" '
        "ORDER BY __time__"
    )
    assert answer.columns == ["t", "level", "event_id.reason", "event_id.message"]
    mine = [event for event in reversed(events) if event["pod_name"] == "web-1"]
    assert answer.rows == [[stamp(e["time"]), e["level"], e["reason"], e["message"]] for e in mine]


def test_slow_image_pulls(ask: Ask, events: Events) -> None:
    answer = ask(
        "event_id.reason:Pulled | SELECT "
        'regexp_extract("event_id.message",\'image "([^"]+)" in ([0-9.]+)(m?s)\',1) AS img, '
        "approx_percentile(cast(regexp_extract(\"event_id.message\",' in ([0-9.]+)s',1) AS double),0.95) AS p95 "
        "GROUP BY img ORDER BY p95 DESC"
    )
    seconds = defaultdict(list)
    for event in of(events, "Pulled"):
        found = re.search(r'image "([^"]+)" in ([0-9.]+)s', event["message"])
        assert found
        seconds[found[1]].append(float(found[2]))
    wanted = {image: sorted(times)[math.ceil(0.95 * len(times)) - 1] for image, times in seconds.items()}
    assert {image: p95 for image, p95 in answer.rows} == wanted
    assert [row[1] for row in answer.rows] == sorted(wanted.values(), reverse=True)


def test_time_from_schedule_to_start(ask: Ask, events: Events) -> None:
    answer = ask(
        "event_id.reason:Scheduled or event_id.reason:Started | SELECT pod_name, "
        "max(__time__) - min(__time__) AS sec GROUP BY pod_name HAVING count(*) > 1 ORDER BY sec DESC LIMIT 20"
    )
    times = defaultdict(list)
    for event in of(events, "Scheduled", "Started"):
        times[event["pod_name"]].append(event["time"])
    wanted = {pod: max(some) - min(some) for pod, some in times.items() if len(some) > 1}
    assert {pod: seconds for pod, seconds in answer.rows} == wanted
    assert [row[1] for row in answer.rows] == sorted(wanted.values(), reverse=True)


def test_flapping_autoscalers(ask: Ask, events: Events) -> None:
    answer = ask(
        'event_id.reason:SuccessfulRescale | SELECT "event_id.involvedObject.name" AS hpa, count(*) AS changes '
        "GROUP BY hpa ORDER BY changes DESC"
    )
    assert {hpa: c for hpa, c in answer.rows} == Counter(e["name"] for e in of(events, "SuccessfulRescale"))


def test_evictions_by_node_and_resource(ask: Ask, events: Events) -> None:
    answer = ask(
        "event_id.reason:Evicted | SELECT hostname, count(*) AS c, array_agg(DISTINCT "
        "regexp_extract(\"event_id.message\",'low on resource: (\\S+)\\.',1)) AS res GROUP BY hostname"
    )
    resources = defaultdict(set)
    for event in of(events, "Evicted"):
        resources[event["host"]].add(event["message"].split("resource: ")[1].split(". ")[0])
    counts = Counter(event["host"] for event in of(events, "Evicted"))
    assert {host: c for host, c, _ in answer.rows} == counts
    assert {host: set(json.loads(found)) for host, _, found in answer.rows} == resources


def test_warnings_by_component_and_hour(ask: Ask, events: Events) -> None:
    answer = ask(
        "level:Warning | SELECT \"event_id.source.component\" AS comp, date_trunc('hour',__time__) AS h, "
        "count(*) AS c GROUP BY comp, h ORDER BY h LIMIT 500"
    )
    counts = Counter((event["component"], stamp(event["time"] // 3600 * 3600)) for event in warnings(events))
    assert {(component, hour): c for component, hour, c in answer.rows} == counts
    assert [row[1] for row in answer.rows] == sorted(row[1] for row in answer.rows)


def test_ranking_of_core_components(ask: Ask, events: Events) -> None:
    answer = ask(
        "event_id.involvedObject.namespace:kube-system and level:Warning | SELECT "
        "COALESCE(NULLIF(pod_name,''),\"event_id.involvedObject.name\") AS obj, count(*) AS c GROUP BY obj "
        "ORDER BY c DESC"
    )
    mine = [event for event in warnings(events) if event["ns"] == "kube-system"]
    assert {name: c for name, c in answer.rows} == Counter(event["name"] for event in mine)
