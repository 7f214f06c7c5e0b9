"""Recorded streams in all the shapes that kubectl and a recorded watch leave."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from eventcenter.recordings import read_recording

CAPTURES = Path(__file__).parents[1] / "data" / "captures"
WATCHES = (
    "core-v1-watch.jsonl",
    "events-k8s-io-v1-watch.jsonl",
    "kind-core-v1-watch.jsonl",
    "ttl-core-v1-watch.jsonl",
)

Raw = dict[str, Any]


def event(uid: str, **more: Any) -> Raw:
    about = {"kind": "Pod", "namespace": "shop", "name": "web-1"}
    return {"kind": "Event", "apiVersion": "v1", "metadata": {"uid": uid}, "involvedObject": about, **more}


def pretty(*objects: Any) -> bytes:
    """As kubectl prints them."""
    return b"".join(json.dumps(item, indent=4).encode() + b"\n" for item in objects)


def compact(*objects: Any) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in objects)


def read(data: bytes) -> list[Raw]:
    """Everything must be good."""

    def refuse(line: int, reason: str) -> None:
        raise AssertionError(f"line {line}: {reason}")

    return list(read_recording(io.BytesIO(data), refuse))


def uids(lines: list[Raw]) -> list[str]:
    return [line["object"]["metadata"]["uid"] for line in lines]


@pytest.mark.parametrize("name", WATCHES)
def test_a_recorded_watch_is_read_as_it_is(name: str) -> None:
    expected = [json.loads(line) for line in (CAPTURES / name).read_text().splitlines()]
    assert list(read_recording(CAPTURES / name)) == expected
    assert {"ADDED"} <= {line["type"] for line in expected}


def test_what_kubectl_get_prints_is_read_as_added_events() -> None:
    items = json.loads((CAPTURES / "core-v1-list.json").read_text())["items"]
    assert list(read_recording(str(CAPTURES / "core-v1-list.json"))) == [
        {"type": "ADDED", "object": item} for item in items
    ]
    assert items


@pytest.mark.parametrize("write", [pretty, compact])
@pytest.mark.parametrize("kind", ["List", "EventList"])
def test_lists_are_read_however_they_are_written(write: Any, kind: str) -> None:
    whole = {
        "kind": kind,
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "9"},
        "items": [event("a"), event("b")],
    }
    kubectl = {"apiVersion": "v1", "items": [event("a"), event("b")], "kind": kind, "metadata": {}}
    assert uids(read(write(whole))) == uids(read(write(kubectl))) == ["a", "b"]


def test_items_of_an_event_list_have_no_kind() -> None:
    bare = {key: value for key, value in event("a").items() if key not in ("kind", "apiVersion")}
    new = {"metadata": {"uid": "b"}, "regarding": {"kind": "Pod"}, "note": "x"}
    assert uids(read(compact({"kind": "EventList", "items": [bare, new]}))) == ["a", "b"]


@pytest.mark.parametrize("write", [pretty, compact])
def test_bare_events_are_read_pretty_printed_or_one_a_line(write: Any) -> None:
    lines = read(write(event("a"), event("b"), event("c")))
    assert uids(lines) == ["a", "b", "c"]
    assert {line["type"] for line in lines} == {"ADDED"}


def test_a_pretty_printed_watch_is_read() -> None:
    data = pretty({"type": "MODIFIED", "object": event("a")}, {"type": "DELETED", "object": event("a")})
    assert [line["type"] for line in read(data)] == ["MODIFIED", "DELETED"]


def test_lists_appended_to_one_file_are_all_read() -> None:
    assert uids(read(pretty({"items": [event("a")]}, {"items": [event("b")]}))) == ["a", "b"]


def test_an_array_of_events_is_read() -> None:
    assert uids(read(pretty([event("a"), event("b")]))) == ["a", "b"]


def test_bookmarks_are_left_out() -> None:
    bookmark = {"type": "BOOKMARK", "object": {"kind": "Event", "metadata": {"resourceVersion": "7"}}}
    assert uids(read(compact(bookmark, {"type": "ADDED", "object": event("a")}, bookmark))) == ["a"]
    assert read(compact(bookmark)) == []


def test_an_empty_list_holds_nothing_and_is_no_mistake() -> None:
    assert read(pretty({"kind": "List", "items": []})) == []


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    data = compact(event("a")) + b"\n\n" + pretty(event("b"))
    assert uids(read(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))) == ["a", "b"]


def test_the_last_line_may_lack_its_end() -> None:
    assert uids(read(compact(event("a"), event("b"))[:-1])) == ["a", "b"]


def test_an_event_of_a_megabyte_is_read() -> None:
    note = "x" * 1_500_000
    lines = read(compact(event("a", message=note), event("b")) + pretty(event("c", message=note)))
    assert uids(lines) == ["a", "b", "c"]
    assert lines[2]["object"]["message"] == note


@pytest.mark.parametrize("name", ["core-v1-list.json", "core-v1-watch.jsonl"])
def test_compressed_files_are_read_whatever_they_are_called(name: str, tmp_path: Path) -> None:
    packed = tmp_path / "events"
    packed.write_bytes(gzip.compress((CAPTURES / name).read_bytes()))
    assert list(read_recording(packed)) == list(read_recording(CAPTURES / name))


def test_a_minus_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.TextIOWrapper(io.BytesIO(compact(event("a"))))
    monkeypatch.setattr(sys, "stdin", given)
    assert uids(list(read_recording("-"))) == ["a"]
    assert not given.buffer.closed


@pytest.mark.parametrize("write", [pretty, compact])
def test_events_of_a_pipe_are_handed_out_as_they_come(write: Any) -> None:
    """`kubectl get events -w -o json | eventcenter replay -` must not wait for the end."""
    read_end, write_end = os.pipe()
    with open(read_end, "rb") as stream, open(write_end, "wb", buffering=0) as kubectl:
        lines = read_recording(stream)
        kubectl.write(write(event("a")))
        first: list[Raw] = []
        reader = threading.Thread(target=lambda: first.append(next(lines)))
        reader.start()
        reader.join(10)
        arrived = list(first)
        kubectl.close()
        reader.join(10)
    assert uids(arrived) == ["a"]


class Endless(io.RawIOBase):
    """A list without an end, and how much of it was read."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        text = pretty(event("a")).replace(b"\n", b"\n    ") + b","
        text = b'{\n  "items": [' + text if not self.given else text
        buffer[: len(text)] = text
        self.given += len(text)
        return len(text)


def test_a_list_is_streamed() -> None:
    endless = Endless()
    lines = read_recording(io.BufferedReader(endless))
    assert uids([next(lines) for _ in range(100)]) == ["a"] * 100
    assert endless.given < 200_000


def test_a_file_is_closed_when_reading_stops_early(tmp_path: Path) -> None:
    """An open one would warn when it is collected, and warnings are errors here."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(compact(event("a"), event("b")))
    lines = read_recording(path)
    next(lines)
    lines.close()  # type: ignore[attr-defined]


def test_a_stream_that_was_given_stays_open() -> None:
    stream = io.BytesIO(compact(event("a")))
    list(read_recording(stream))
    assert not stream.closed
