"""Recordings with faults: each bad object is told with its line, a wrong file is refused with what is accepted."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from eventcenter.errors import ConfigError, EventCenterError, MalformedEvent
from eventcenter.recordings import read_recording

CAPTURES = Path(__file__).parents[1] / "data" / "captures"

GOOD = b'{"kind": "Event", "metadata": {"uid": "%s"}, "involvedObject": {"kind": "Pod"}}\n'
A, B = GOOD % b"a", GOOD % b"b"


def pretty(line: bytes) -> bytes:
    return json.dumps(json.loads(line), indent=4).encode() + b"\n"


def read(data: bytes) -> tuple[list[str], list[tuple[int, str]]]:
    bad: list[tuple[int, str]] = []
    lines = read_recording(io.BytesIO(data), lambda line, reason: bad.append((line, reason)))
    return [line["object"]["metadata"]["uid"] for line in lines], bad


def read_until_error(data: bytes) -> tuple[list[str], EventCenterError]:
    good: list[str] = []
    with pytest.raises(EventCenterError) as caught:
        for line in read_recording(io.BytesIO(data)):
            good.append(line["object"]["metadata"]["uid"])
    assert "\n" not in str(caught.value)
    return good, caught.value


@pytest.mark.parametrize(
    ("middle", "line", "reason"),
    [
        (b'{"kind": nope}\n', 2, "not JSON: invalid character"),
        (b'\n{"kind": "Event",}\n', 3, "not JSON: trailing comma in object"),
        (A[:40] + b"\n", 2, "not JSON: cut off in the middle"),
        (A[:20] + B, 2, "not JSON"),
        (b'{"kind": "Event", "message": "\xe4"}\n', 2, "not JSON: not UTF-8 text"),
        (b"[1]\n", 2, "a JSON object was expected"),
        (b"12\n", 2, "a JSON object was expected"),
        (b'{"kind": "Pod"}\n', 2, "a Pod object, not an Event"),
        (b'{"hello": 1}\n', 2, "a JSON object, but not an Event"),
        (b'{"type": "CHANGED", "object": ' + A.strip() + b"}\n", 2, "'CHANGED': ADDED, MODIFIED, DELETED"),
        (b'{"type": "ADDED", "object": {"kind": "Pod"}}\n', 2, "a Pod object, not an Event"),
        (
            b'{"type": "ERROR", "object": {"kind": "Status", "message": "too old"}}\n',
            2,
            "ended the watch: too old",
        ),
        (b'{"a":' * 100_000 + b"\n", 2, "nested too deeply"),
        (b'{"a": "' + b"x" * (33 << 20) + b'"}\n', 2, "longer than 32 MiB"),
    ],
)
def test_a_bad_line_is_told_and_skipped(middle: bytes, line: int, reason: str) -> None:
    good, bad = read(A + middle + B)
    assert good == ["a", "b"]
    assert [number for number, _ in bad] == [line]
    assert reason in bad[0][1]


def test_a_mistake_in_a_pretty_printed_object_is_placed_to_the_line() -> None:
    broken = pretty(A).replace(b'"Pod"', b"Pod")
    place = broken[: broken.index(b"Pod")].count(b"\n") + 1
    assert read(pretty(B) + broken + pretty(B)) == (
        ["b", "b"],
        [(pretty(B).count(b"\n") + place, "not JSON: invalid character")],
    )


def test_a_pretty_printed_object_without_its_end_does_not_swallow_the_next() -> None:
    good, bad = read(pretty(A) + pretty(A)[:-3] + b"\n" + pretty(B))
    assert good == ["a", "b"]
    assert bad == [(pretty(A).count(b"\n") + 1, "not JSON: cut off in the middle")]


def test_a_recording_that_was_cut_off_keeps_what_came_before() -> None:
    good, bad = read(A + B[:30])
    assert good == ["a"]
    assert bad == [(2, "not JSON: cut off in the middle")]


def test_bad_lines_at_the_beginning_are_told_once_a_good_one_comes() -> None:
    good, bad = read(A[20:] + b"nonsense\n" + B)
    assert good == ["b"]
    assert [line for line, _ in bad] == [1, 2]


def test_an_item_of_a_list_that_is_no_event_is_told() -> None:
    good, bad = read(b'{"items": [\n' + A.strip() + b",\n" + b'{"kind": "Pod"},\n' + B.strip() + b"]}\n")
    assert good == ["a", "b"]
    assert bad == [(3, "a Pod object, not an Event")]


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (b'{"a": 1,}\n]}', "line 3: not JSON: invalid object key (must be a string)"),
        (b'{"a": nope}\n]}', "line 3: not JSON: invalid string in json text"),
        (b'{"a": "\xe4"}\n]}', "line 3: not JSON: not UTF-8 text"),
        (b'{"a": 1}, {"b', "line 3: the file is cut off here"),
        (b"[" * 100_000, "line 3: nested too deeply"),
    ],
)
def test_a_broken_list_ends_where_it_breaks(end: bytes, message: str) -> None:
    good, error = read_until_error(b'{"kind": "List", "items": [\n' + A.strip() + b",\n" + end)
    assert good == ["a"]
    assert isinstance(error, MalformedEvent)
    assert str(error) == f"recording: {message}"


def test_a_compressed_file_that_was_cut_off_says_so() -> None:
    whole = gzip.compress(b"".join(GOOD % str(number).encode() for number in range(5000)))
    good, error = read_until_error(whole[: len(whole) // 2])
    assert good[:2] == ["0", "1"]
    assert f"line {len(good)}: the compressed data is cut off or damaged" in str(error)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"NAMESPACE  LAST SEEN  TYPE\nshop  1m  Normal\n", "holds no events: line 1: not JSON"),
        (b"apiVersion: v1\nitems:\n- kind: Event\n", "holds no events: line 1: not JSON"),
        (b'{"kind": "PodList", "items": [\n{"kind": "Pod"}]}', "holds no events: line 2: a Pod object"),
        (
            b'{"kind": "Status", "message": "Unauthorized", "code": 401}',
            "holds no events: line 1: a Status object",
        ),
        (bytes(range(256)) * 500, "holds no events: line 1: not JSON"),
        ('{"kind": "Event"}'.encode("utf-16"), "this is UTF-16 text"),
        (b"[" * 300_000, "nested too deeply"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_is_accepted(data: bytes, reason: str) -> None:
    told: list[Any] = []
    with pytest.raises(EventCenterError) as caught:
        list(read_recording(io.BytesIO(data), lambda *bad: told.append(bad)))
    assert reason in str(caught.value) and "\n" not in str(caught.value)
    assert told == []
    if isinstance(caught.value, ConfigError):
        assert "kubectl get events -A -o json" in caught.value.hint


def test_a_long_file_of_another_kind_is_refused_early() -> None:
    stream = io.BytesIO(b'{"kind": "Pod"}\n' * 200_000)
    with pytest.raises(ConfigError):
        list(read_recording(stream))
    assert stream.tell() < 200_000


@pytest.mark.parametrize(
    "name", ["list-anonymous-403.json", "watch-too-old-410.jsonl", "watch-future-rv.json"]
)
def test_recorded_answers_that_hold_no_events_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        list(read_recording(CAPTURES / "errors" / name))


def test_a_file_that_cannot_be_read_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.json: No such file or directory"):
        list(read_recording(tmp_path / "missing.json"))
    with pytest.raises(ConfigError, match="Is a directory"):
        list(read_recording(tmp_path))
