"""What is stored comes back: every field, and the raw object as it was, for recorded and for absurd events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcenter.errors import NotFoundError
from eventcenter.model import Change, ChangeType
from eventcenter.normalize import normalize
from eventcenter.store.packing import with_columns, without_columns
from tests.store.conftest import Store
from tests.store.made import EVERYTHING, NOON, added, batch, event, search, uid

EXCERPTS = Path(__file__).parents[1] / "data" / "captures"
WHOLE = Path(__file__).parents[3] / "shared" / "data" / "captures"


def objects_of(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".json":
        yield from json.loads(path.read_text())["items"]
        return
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        if entry["type"] in ChangeType.__members__:
            yield entry["object"]


def recordings() -> list[Any]:
    excerpts = [pytest.param(path, id=path.name) for path in sorted(EXCERPTS.glob("*-v1-*.json*"))]
    names = [param.id for param in excerpts]
    missing = pytest.mark.skipif(
        not WHOLE.is_dir(), reason="the whole recordings are not beside this checkout"
    )
    return excerpts + [pytest.param(WHOLE / str(name), id=f"whole-{name}", marks=missing) for name in names]


@pytest.mark.parametrize("path", recordings())
def test_recorded_events_come_back_exactly(store: Store, path: Path) -> None:
    newest: dict[str, Change] = {}
    for obj in objects_of(path):
        change = normalize(ChangeType.ADDED, obj, received=NOON)
        newest[change.event.uid] = change
    store.put(batch(*newest.values()))
    some = list(newest.values())[:: max(1, len(newest) // 150)]
    assert some
    for change in some:
        found = store.reader.event(change.event.uid)
        made = {name: getattr(change.event, name) for name in change.event.__struct_fields__}
        stored = {name: getattr(found.event, name) for name in made}
        assert stored == made | {"seq": found.event.seq, "instance": "default"}
        assert json.dumps(found.raw) == json.dumps(change.raw)  # the order of keys too


def test_managed_fields_are_not_kept(store: Store) -> None:
    obj = {"metadata": {"uid": uid(1), "managedFields": [{"manager": "kubelet"}], "name": "x"}, "count": 2}
    store.put(batch(normalize(ChangeType.ADDED, obj, received=NOON)))
    assert store.reader.event(uid(1)).raw == {"metadata": {"uid": uid(1), "name": "x"}, "count": 2}


ODD = {
    "a huge annotation": {"metadata": {"uid": uid(1), "annotations": {"x": "y" * 1_500_000}}},
    "a huge message": {"metadata": {"uid": uid(1)}, "message": "needle " + "lorem ipsum " * 125_000},
    "half a surrogate pair": {"metadata": {"uid": uid(1)}, "message": "needle \ud800", "\udfff": ["\ud83d"]},
    "NUL characters": {"metadata": {"uid": uid(1), "name": "a\0b"}, "message": "needle\0\0", "reason": "\0"},
    "huge numbers": {
        "metadata": {"uid": uid(1)},
        "count": 10**40,
        "series": {"count": -(10**40)},
        "x": 2**64,
    },
    "numbers instead of texts": {
        "metadata": {"uid": uid(1)},
        "reason": 0,
        "message": 0,
        "type": 1,
        "action": 7,
    },
    "numbers instead of times": {"metadata": {"uid": uid(1), "name": ["x"]}, "firstTimestamp": 1, "count": 0},
    "nothing but an identity": {"metadata": {"uid": uid(1)}},
    "empty texts": {
        "metadata": {"uid": uid(1)},
        "reason": "",
        "message": "",
        "type": "",
        "involvedObject": {},
    },
    "nulls": {"metadata": {"uid": uid(1), "namespace": None}, "reason": None, "source": None, "count": None},
    "another case of uid": {"metadata": {"uid": "0A1B2C3D-0000-0000-0000-00000000ABCD"}},
    "a uid that is none": {"metadata": {"uid": "🙂 'x' \" --"}},
    "no uid": {"metadata": {"namespace": "a", "name": "b"}},
}


@pytest.mark.parametrize("what", ODD)
def test_an_absurd_event_is_stored_as_it_came(store: Store, what: str) -> None:
    obj: dict[str, Any] = ODD[what]
    change = normalize(ChangeType.ADDED, obj, received=NOON)
    store.put(batch(change))
    assert [found.uid for found in store.reader.list_events(EVERYTHING).events] == [change.event.uid]
    detail = store.reader.event(change.event.uid)
    assert json.dumps(detail.raw) == json.dumps(obj)
    assert detail.event.message == change.event.message
    if "needle" in str(obj.get("message")):
        assert len(store.reader.list_events(search("needle")).events) == 1


def test_an_event_that_cannot_be_stored_stops_no_other(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad, last = event(1), event(2, count=2**80), event(3)
    store.put(batch(added(good), added(bad), added(last), position="9"))
    assert {found.uid for found in store.reader.list_events(EVERYTHING).events} == {good.uid, last.uid}
    assert store.writer.position("events") == "9"
    assert caplog.text.count("cannot be stored") == 1
    assert bad.uid in caplog.text


texts = st.text(max_size=8)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(0, 2), st.floats(allow_nan=False, allow_infinity=False), texts
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
fields = st.sampled_from(
    ["2026-11-23T12:00:00Z", "web-1", "kubelet", "n1", "Normal", "", 0, 1, 2, ["x"], None]
)
holders = st.dictionaries(
    st.sampled_from(["uid", "name", "namespace", "kind", "component", "host", "creationTimestamp"]),
    st.one_of(fields, values),
)
raws = st.dictionaries(
    st.sampled_from(
        [
            "message", "reason", "type", "action", "note", "firstTimestamp", "lastTimestamp", "eventTime",
            "metadata", "involvedObject", "regarding", "source", "deprecatedSource", "reportingInstance", "x",
        ]
    ),
    st.one_of(fields, values, holders),
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raws)
def test_leaving_out_what_columns_say_is_undone_exactly(raw: dict[str, Any]) -> None:
    metadata = raw.get("metadata")
    identified = raw | {"metadata": (metadata if isinstance(metadata, dict) else {}) | {"uid": uid(1)}}
    change = normalize(ChangeType.ADDED, identified, received=NOON)
    kept = with_columns(change.event, without_columns(change.event, identified))
    assert json.dumps(kept) == json.dumps(identified)


def test_an_unknown_uid_is_not_found(store: Store) -> None:
    store.put(batch(added(event(1))))
    with pytest.raises(NotFoundError, match="no event with uid 'nope'"):
        store.reader.event("nope")
