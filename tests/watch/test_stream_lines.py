"""Lines of a watch, good and absurd: no line may stop the ones after it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcenter.model import ChangeType
from eventcenter.watch.changes import decode_lines
from eventcenter.watch.malformed import Malformed
from eventcenter.watch.stream import LineSplitter
from eventcenter.watch.watcher import Watcher
from tests.watch.conftest import FakeStore, until
from tests.watch.fake_cluster import FakeCluster, event, says

CAPTURES = Path(__file__).parents[1] / "data" / "captures"


@pytest.fixture
def malformed() -> Malformed:
    return Malformed("events")


def added(name: str, version: int) -> bytes:
    return json.dumps({"type": "ADDED", "object": event(name, version)}).encode()


@given(lines=st.lists(st.binary(max_size=30).filter(lambda b: b"\n" not in b and b.strip())), data=st.data())
def test_lines_are_the_same_however_the_bytes_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines) + b"unfinished"
    splitter = LineSplitter(Malformed("events"))
    found: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, 40))
        found += splitter.feed(stream[:size])
        stream = stream[size:]
    assert found == lines


def test_an_oversize_line_is_left_out_counted_and_not_kept(malformed: Malformed) -> None:
    splitter = LineSplitter(malformed, max_line=100)
    assert splitter.feed(b"a" * 90) == []
    assert splitter.feed(b"a" * 90) == []
    assert splitter._parts == []
    assert splitter.feed(b"a\nnext\n") == [b"next"]
    assert malformed.count == 1


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b'{"type": "ADDED"}',
        b'{"type": "ADDED", "object": null}',
        b'{"type": "ADDED", "object": {}}',
        b'{"type": "ADDED", "object": []}',
        b'{"type": 7, "object": {}}',
        b'{"type": "SURPRISE", "object": {"metadata": {"uid": "u", "resourceVersion": "9"}}}',
        b"[" * 100_000,
        b'{"type": "ADDED", "object": ' + b'{"a":' * 100_000,
        b'{"type": "ADDED", "object": {"metadata": {"uid": NaN}}}',
        b"\xff\xfe\x00",
    ],
)
def test_a_malformed_line_is_counted_and_the_next_one_read(line: bytes, malformed: Malformed) -> None:
    decoded = decode_lines([line, added("good", 9)], 1, malformed)
    assert [change.event.uid for change in decoded.changes] == ["uid-good"]
    assert decoded.position == "9"
    assert malformed.count == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rb"lone \ud800 surrogate", "lone ? surrogate"),
        (b"not \xff utf-8", "not \ufffd utf-8"),
        (rb"good \ud83d\ude00 pair", "good \U0001f600 pair"),
        (rb"nul \u0000 and \u001b[31mred", "nul  and [31mred"),
    ],
)
def test_text_that_strict_json_refuses_is_stored_as_well_as_it_can_be(
    text: bytes, message: str, malformed: Malformed
) -> None:
    line = added("odd", 9).replace(b"Back-off restarting failed container", text)
    (change,) = decode_lines([line], 1, malformed).changes
    assert change.event.message == message
    json.dumps(change.raw, ensure_ascii=False).encode()
    assert malformed.count == 0


def test_a_large_annotation_is_an_event_like_any_other(malformed: Malformed) -> None:
    obj = event("large", 9)
    obj["metadata"]["annotations"] = {"big": "x" * 1_500_000}
    line = json.dumps({"type": "ADDED", "object": obj}).encode()
    (found,) = LineSplitter(malformed).feed(line + b"\n")
    (change,) = decode_lines([found], 1, malformed).changes
    assert change.raw == obj


def test_each_kind_is_logged_once(malformed: Malformed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    decode_lines([b"x"] * 50 + [b'{"type":"ADDED","object":{}}'] * 50, 1, malformed)
    assert malformed.count == 100
    assert len(caplog.records) == 2


def test_what_follows_an_error_object_is_not_taken(malformed: Malformed) -> None:
    error = (CAPTURES / "errors" / "watch-too-old-410.jsonl").read_bytes().strip()
    decoded = decode_lines([added("a", 2), error, added("b", 3)], 1, malformed)
    assert decoded.position == "2"
    assert decoded.error is not None and decoded.error["code"] == 410


@pytest.mark.parametrize("name", ["core-v1", "events-k8s-io-v1", "kind-core-v1", "ttl-core-v1"])
def test_recordings_of_real_servers_decode_whole(name: str, malformed: Malformed) -> None:
    lines = (CAPTURES / f"{name}-watch.jsonl").read_bytes().splitlines()
    decoded = decode_lines(lines, 1, malformed)
    assert len(decoded.changes) == len(lines)
    assert malformed.count == 0
    assert decoded.position == json.loads(lines[-1])["object"]["metadata"]["resourceVersion"]


def test_an_expired_event_comes_as_deleted(malformed: Malformed) -> None:
    lines = (CAPTURES / "ttl-core-v1-watch.jsonl").read_bytes().splitlines()
    kinds = {change.type for change in decode_lines(lines, 1, malformed).changes}
    assert ChangeType.DELETED in kinds


def test_malformed_lines_show_in_the_status_and_do_not_end_the_watch(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.extra_version = 100
    cluster.scripts["watch"].append(
        says(b"garbage\n", added("a", 5) + b"\n", b"{}\n\n", added("b", 6) + b"\n")
    )
    watcher.start()
    until(lambda: store.names() == ["a", "b"])
    assert watcher.status().malformed == 2
    assert len(cluster.asked("watch")) == 1


def test_an_item_of_a_list_that_is_no_event_is_counted(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.lines.append(("ADDED", {"metadata": {"uid": "", "name": "", "resourceVersion": "2"}}))
    cluster.add("a")
    watcher.start()
    until(lambda: watcher.status().established)
    assert store.names() == ["a"]
    assert watcher.status().malformed == 1
