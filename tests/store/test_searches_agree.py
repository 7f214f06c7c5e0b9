"""What the store finds with SQL is what `search.matches` decides in Python, for generated events and searches."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from eventcenter.model import Change, ChangeType, Event
from eventcenter.query import EventQuery
from eventcenter.search import matches, parse_search
from tests.store.conftest import Store
from tests.store.made import NOON, batch, event, uid

WORDS = [
    "back-off", "Back", "off", "café", "CAFE", "拉取", "镜像", "node_1", "10.0.0.1", "x", "ﬁ", "İ", "ſ", "й", "ß",
    "cpu.", "v1.2", "--", "%", "a\u0301b", "🫠", "\ue000",
]  # fmt: skip
NAMES = ["web-1", "web-12", "db", "a[b]", "w?b", "", "Wéb-1", "node:web-1"]
REASONS = ["BackOff", "Failed", "Failed Mount", "Föhn", ""]
OBJECTS = [uid(7), "", "other", "Other"]
texts = st.one_of(st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join), st.text(max_size=8))
SERIES: list[Any] = [None, {}, {"count": 3}, {"count": 7.5}, {"count": "5"}, {"count": True}]
raws = st.fixed_dictionaries(
    {},
    optional={
        "series": st.sampled_from(SERIES),
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "name": texts,
                "labels": st.sampled_from([{"a.b/c": "web"}, {"a": {"b/c": "off"}}, {}]),
            },
        ),
        "related": st.sampled_from([{"kind": "Pod"}, {"kind": ""}, ["x"], "x"]),
    },
)
events = st.fixed_dictionaries(
    {
        "level": st.sampled_from(["Normal", "Warning", "warning"]),
        "reason": st.sampled_from(REASONS),
        "kind": st.sampled_from(["Pod", "Node", "pod", ""]),
        "namespace": st.sampled_from(["", "shop", "kube-system"]),
        "name": st.sampled_from(NAMES),
        "object_uid": st.sampled_from(OBJECTS),
        "field_path": st.sampled_from(["", "spec.containers{web}", "spec.containers{app}"]),
        "hostname": st.sampled_from(["", "n1", "n2.local"]),
        "action": st.sampled_from(["", "Binding"]),
        "message": texts,
        "count": st.integers(1, 8),
    }
)
VALUES = [
    "bac*", "ca*", "拉*", "镜*", "web*", "fail*", "10.0*", "v1.*", "cpu.*", "b?ck", "ba*f", "we*1", "w*1",
    "web-1?", "?eb-*", "*1", "*off", "*a*", "*e*", "c?fe", "caf?", "?", "*-*", "x", "warning", "Warning", "pod",
    "Pod", "shop", "n1", "n2.local", "failed", "mount", "f?hn", "binding", "web", "web-1", "app", "other",
    uid(7), "i", "s", "fi", "и", "й", "ss", "node:web-1", "node:we*", "*", "a", "ab", "a?", "--", '""',
    '"failed mount"', '"mount failed"', '#"mount failed"', '#"failed mount"', '"a[b]"', '"web-1 node"',
    '#"node web-1"', "(web* or fail*)", "(*1 and not web*)", '"café 拉取"', '#"镜像 x"',
]  # fmt: skip
FIELDS = [
    "level", "reason", "kind", "namespace", "name", "pod_name", "pod_id", "host", "message", "action", "field_path",
    "object_uid", "uid", "problem", "event_id.metadata.name", "event_id.metadata.labels.a.b/c", "event_id.related.kind",
    "event_id.related", "event_id.nowhere",
]  # fmt: skip
values = st.sampled_from([*VALUES, *(f'"{word}"' for word in WORDS)])
fields = st.sampled_from(FIELDS)
BARE = [
    "x",
    "back*",
    "b?ck",
    "we*1",
    "café",
    "拉取",
    "镜*",
    '"back-off x"',
    '"x back-off"',
    "*",
    "--",
    "failed",
    "web-1",
    "*x",
]
comparisons = st.builds(
    "{} {} {}".format,
    st.sampled_from(["count", "event_id.series.count"]),
    st.sampled_from(["=", ">", ">=", "<", "<=", "!="]),
    st.sampled_from(["3", "5", "7.5", "-1"]),
)
ranges = st.sampled_from(["count in [2 5)", "count in (2 5]", "event_id.series.count in [3 8]"])
leaves = st.one_of(st.builds("{}:{}".format, fields, values), st.sampled_from(BARE), comparisons, ranges)
searches = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not {}".format, inner),
        st.builds("{} not {}".format, inner, inner).map(lambda text: f"({text})"),
    ),
    max_leaves=6,
).filter(lambda text: text != "*x" and " *x" not in text and "(*x" not in text)

numbers = itertools.count(1)


def various() -> list[tuple[Event, dict[str, Any]]]:
    """Events with everything that the values above look for, each in turn."""
    given: list[dict[str, Any]] = [
        *({"message": f"{word} x {again}"} for word in WORDS for again in ("", word)),
        {"message": "镜像 x"},
        {"message": "x 镜像"},
        *({"name": name, "kind": kind} for name in NAMES for kind in ("Pod", "Node", "pod")),
        *({"reason": reason} for reason in REASONS),
        *({"object_uid": other, "kind": kind} for other in OBJECTS for kind in ("Pod", "Node")),
        *({"level": level} for level in ("Normal", "Warning", "warning")),
        *({"hostname": host, "namespace": ""} for host in ("", "n1", "n2.local")),
        {"action": "Binding", "field_path": "", "kind": ""},
    ]
    raws: list[dict[str, Any]] = [
        {"metadata": {"name": "web-1", "labels": {"a.b/c": "web"}}, "related": {"kind": "Pod"}},
        {"metadata": {"name": "Back off", "labels": {"a": {"b/c": "café"}}}, "related": ["x"]},
        {"metadata": {"name": "", "labels": {"a.b/c": ""}}, "related": "x"},
        {},
    ]
    moment = {"first_time": NOON - 5 * 86_400_000, "last_time": NOON - 5 * 86_400_000}
    return [(event(90_000_000 + at, **moment, **fields), raws[at % 4]) for at, fields in enumerate(given)]


def test_they_agree_on_every_field_with_every_value(store: Store) -> None:
    made = various()
    store.put(batch(*(Change(ChangeType.ADDED, item, "1", raw) for item, raw in made)))
    somewhere = 0
    for text in [*BARE[:-1], *(f"{field}:{value}" for field in FIELDS for value in VALUES)]:
        for asked in (text, f"not {text}"):
            search = parse_search(asked)
            listed = {
                item.uid for item in store.reader.list_events(EventQuery(search=search, limit=1000)).events
            }
            assert listed == {item.uid for item, raw in made if matches(search, item, raw)}, asked
            somewhere += 0 < len(listed) < len(made)
    assert somewhere > 200, "most of these searches should find some"


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(events, raws), min_size=1, max_size=5), searches)
@example([({"kind": "Pod", "name": ""}, {})], "pod_name:*")
@example([({"kind": "Node"}, {})], "not pod_name:*")
@example([({"message": "y " * 9000 + "x"}, {})], "not x")
@example([({"message": "y " * 9000 + "x"}, {})], "message:*x")
def test_they_agree(store: Store, made: list[tuple[dict[str, Any], dict[str, Any]]], text: str) -> None:
    # Each example has a second of its own, which keeps the examples before it out of the answer.
    number = next(numbers)
    moment = NOON - number * 1000
    mine = [
        (event(number * 100 + at, **{**fields, "first_time": moment, "last_time": moment}), raw)
        for at, (fields, raw) in enumerate(made)
    ]
    store.put(batch(*(Change(ChangeType.ADDED, item, "1", raw) for item, raw in mine)))
    query = EventQuery(from_time=moment, to_time=moment + 1000, search=parse_search(text))
    listed = {item.uid for item in store.reader.list_events(query).events}
    assert {item.uid for item, raw in mine if matches(query.search, item, raw)} == listed


TIMES = ["first_time", "last_time", "__time__"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(-2000, 2000), min_size=1, max_size=4),
    st.sampled_from(TIMES),
    st.sampled_from(["=", ">", ">=", "<", "<="]),
    st.sampled_from(["2026-11-20T12:00:00Z", "1795176000", "2026-11-20T12:00:00.500Z"]),
)
def test_they_agree_on_times(store: Store, offsets: list[int], field: str, sign: str, value: str) -> None:
    made: list[Event] = []
    for offset in offsets:
        time = NOON - 3 * 86_400_000 + offset
        made.append(
            event(50_000_000 + next(numbers), first_time=time, last_time=time, name=f"t{next(numbers)}")
        )
    store.put(batch(*(Change(ChangeType.ADDED, item, "1", {}) for item in made)))
    names = " or ".join(item.name for item in made)
    search = parse_search(f"{field} {sign} {value} and name:({names})")
    listed = {item.uid for item in store.reader.list_events(EventQuery(search=search)).events}
    assert {item.uid for item in made if matches(search, item)} == listed
