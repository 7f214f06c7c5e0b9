"""Whatever JSON a cluster sends: an event or MalformedEvent, that can be indexed and stored."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcenter.errors import MalformedEvent
from eventcenter.model import ChangeType, Event
from eventcenter.normalize import normalize

FIELDS = tuple(
    """metadata involvedObject regarding source deprecatedSource series reason message note type action count
    deprecatedCount firstTimestamp lastTimestamp deprecatedFirstTimestamp deprecatedLastTimestamp eventTime
    reportingComponent reportingController uid name namespace kind fieldPath apiVersion component host
    resourceVersion creationTimestamp managedFields lastObservedTime""".split()  # noqa: SIM905
)

scalar = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(alphabet=st.characters(), max_size=20),
    st.sampled_from(["\ud800", "\x00", "2026-11-23T06:00:00Z", "0001-01-01T00:00:00Z", "Node", "u-1"]),
)
anything = st.recursive(
    scalar,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=5)), inner, max_size=8),
    ),
    max_leaves=25,
)
objects = st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=5)), anything, max_size=15)


@given(obj=objects, uid=st.one_of(st.none(), anything))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_object_gives_a_change_or_is_malformed(obj: dict[str, Any], uid: Any) -> None:
    if uid is not None:
        obj = obj | {"metadata": {"uid": uid}}
    try:
        change = normalize(ChangeType.ADDED, obj, received=5)
    except MalformedEvent:
        return
    event = change.event
    assert event.uid
    assert event.level
    assert 1 <= event.count <= 2**53
    assert event.first_time > 0 and event.last_time > 0
    for value in _texts(event):
        assert not any(ord(char) < 32 and char not in "\n\t" for char in value)
        value.encode()  # no lone surrogate


def _texts(event: Event) -> list[str]:
    return [value for value in msgspec.structs.asdict(event).values() if isinstance(value, str)]


def test_nesting_without_end_is_survived() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    change = normalize(ChangeType.ADDED, {"metadata": {"uid": "u"}, "message": deep}, received=5)
    assert change.event.message == "<dict>"
    while deep:  # taken apart by hand: freeing it at once would be as deep
        deep = deep["a"]
