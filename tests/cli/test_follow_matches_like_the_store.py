"""What `--follow` decides in memory is what the store answers with SQL, for generated events and queries."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcenter.cli.matching import matches
from eventcenter.model import Event
from eventcenter.query import EventQuery, parse_search
from eventcenter.store import Reader, Writer, open_reader, open_writer
from tests.cli.made_events import NOON, batch_of, make_event

WORDS = [
    "back-off",
    "Back",
    "off",
    "café",
    "CAFE",
    "拉取",
    "镜像",
    "node_1",
    "10.0.0.1",
    "x",
    "ﬁ",
    "--",
    "%",
    "cpu.",
    "v1.2",
    "v1.",
]
texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
names = st.sampled_from(["web-1", "web-12", "db", "a[b]", "w?b"])
events = st.builds(
    make_event,
    uid=st.just("u"),
    level=st.sampled_from(["Normal", "Warning"]),
    reason=st.sampled_from(["BackOff", "Failed", "FailedMount"]),
    namespace=st.sampled_from(["", "shop"]),
    name=names,
    hostname=st.sampled_from(["", "n1"]),
    message=texts,
)
terms = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(["bac*", "ca*", "拉*", "web*", "fail*", "10.0*", "v1.*", "cpu.*"]),
    texts.map(lambda text: f'"{text}"'),
)
searches = st.lists(terms, max_size=2).map(" ".join)
filters = st.fixed_dictionaries(
    {},
    optional={
        "level": st.just(("Warning",)),
        "reason": st.sampled_from([("Failed*",), ("BackOff", "Failed"), ("*Mount",), ("*",)]),
        "namespace": st.sampled_from([("shop",), ("other", "shop")]),
        "name": st.sampled_from([("web-*",), ("*1",), ("db", "web-12"), ("a[b]",), ("w?b*",), ("*",)]),
        "host": st.sampled_from([("n1",), ("n*",)]),
        "component": st.sampled_from([("kube*",), ("kubelet",)]),
    },
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Writer, Reader]]:
    directory: Path = tmp_path_factory.mktemp("store")
    writer = open_writer(directory, "default", clock=lambda: NOON)
    reader = open_reader(directory, "default")
    yield writer, reader
    reader.close()
    writer.close()


numbers = itertools.count(1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(events, min_size=1, max_size=4), search=searches, chosen=filters)
def test_they_agree(
    store: tuple[Writer, Reader], made: list[Event], search: str, chosen: dict[str, tuple[str, ...]]
) -> None:
    writer, reader = store
    # Each example has a second of its own, which keeps the examples before it out of the answer.
    moment = NOON + next(numbers) * 1000
    mine = [
        make_event(
            f"{moment}-{n}",
            level=event.level,
            reason=event.reason,
            namespace=event.namespace,
            name=event.name,
            hostname=event.hostname,
            message=event.message,
            first_time=moment,
            last_time=moment,
        )
        for n, event in enumerate(made)
    ]
    writer.deliver(batch_of(*mine))
    assert writer.flush(10)
    query = EventQuery(from_time=moment, to_time=moment + 1000, filters=chosen, search=parse_search(search))
    listed = {event.uid for event in reader.list_events(query).events}
    assert {event.uid for event in mine if matches(query, event)} == listed
