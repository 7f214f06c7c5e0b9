"""Records: every way out gives the same flat record, exactly, and `import` takes it back."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eventcenter.model import Batch, ChangeType
from eventcenter.normalize import normalize
from eventcenter.query import EventQuery
from eventcenter.shapes import record_shape
from eventcenter.store import open_reader, open_writer
from tests.care.conftest import NOON, Command
from tests.web.real_center import RealSite

POD_UID = "11111111-0000-4000-8000-000000000001"
POD = {
    "kind": "Event",
    "apiVersion": "v1",
    "metadata": {
        "name": "web-1.17",
        "namespace": "shop",
        "uid": "00000000-0000-4000-8000-000000000001",
        "resourceVersion": "1",
    },
    "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1", "uid": POD_UID},
    "reason": "BackOff",
    "message": 'Back-off "restarting" 容器 \\ failed',
    "source": {"component": "kubelet", "host": "node-1"},
    "firstTimestamp": "2026-11-23T11:00:00Z",
    "lastTimestamp": "2026-11-23T11:30:00Z",
    "count": 7,
    "type": "Warning",
    "unknown": {"kept": [1, 2.5, None, True, "\u2028"]},
}
NODE = {
    "kind": "Event",
    "apiVersion": "v1",
    "metadata": {
        "name": "node-1.3",
        "namespace": "default",
        "uid": "00000000-0000-4000-8000-000000000002",
        "resourceVersion": "2",
    },
    "involvedObject": {"kind": "Node", "name": "node-1", "uid": "node-1"},
    "reason": "NodeNotReady",
    "message": "Node node-1 status is now: NodeNotReady",
    "source": {"component": "node-controller"},
    "firstTimestamp": "2026-11-23T11:10:00Z",
    "lastTimestamp": "2026-11-23T11:10:00Z",
    "count": 1,
    "type": "Normal",
}
SCHEDULED = {
    "kind": "Event",
    "apiVersion": "events.k8s.io/v1",
    "metadata": {
        "name": "web-1.18",
        "namespace": "shop",
        "uid": "00000000-0000-4000-8000-000000000003",
        "resourceVersion": "3",
    },
    "regarding": {"kind": "Pod", "namespace": "shop", "name": "web-1", "uid": POD_UID},
    "reason": "Scheduled",
    "note": "half \ud800 a pair",
    "reportingController": "default-scheduler",
    "eventTime": "2026-11-23T11:20:00.123456Z",
    "type": "Normal",
}
OBJECTS = (POD, NODE, SCHEDULED)
LABELS = {"clusterName": "shop", "RegionId": "eu-1"}
EXPECTED = [
    {"hostname": "node-1", "level": "Normal"},
    {"hostname": "", "level": "Normal", "pod_id": POD_UID, "pod_name": "web-1"},
    {"hostname": "node-1", "level": "Warning", "pod_id": POD_UID, "pod_name": "web-1"},
]
"""By time; without `event_id` and labels."""


def put(data_dir: Path) -> None:
    with closing(open_writer(data_dir, "default", clock=lambda: NOON)) as writer:
        for raw in OBJECTS:
            writer.deliver(
                Batch("events", [normalize(ChangeType.ADDED, json.loads(json.dumps(raw)), received=NOON)])
            )
        assert writer.flush()


def assert_exact(records: list[dict[str, Any]], labels: dict[str, str]) -> None:
    objects = [json.loads(record["event_id"]) for record in records]
    assert objects == [NODE, SCHEDULED, POD]
    assert all("\n" not in record["event_id"] for record in records)
    rest = [{key: value for key, value in record.items() if key != "event_id"} for record in records]
    assert rest == [expected | labels for expected in EXPECTED]


@pytest.fixture
def stored(data_dir: Path) -> Path:
    put(data_dir)
    return data_dir


@pytest.mark.parametrize("form", ["record", "records"])
def test_an_export_of_records_is_exact(stored: Path, command: Command, tmp_path: Path, form: str) -> None:
    flags = [flag for key, value in LABELS.items() for flag in ("--label", f"{key}={value}")]
    assert command("export", "all.jsonl", "--format", form, "--data-dir", stored, *flags).code == 0
    lines = (tmp_path / "all.jsonl").read_text().split("\n")[:-1]
    assert_exact([json.loads(line) for line in lines], LABELS)


def test_events_print_the_same_records(stored: Path, command: Command) -> None:
    answer = command("events", "-o", "record", "--order", "asc", "--data-dir", stored)
    assert_exact([json.loads(line) for line in answer.out.split("\n")[:-1]], {})


def test_the_api_gives_the_same_records(stored: Path) -> None:
    with RealSite(stored, labels=LABELS) as real:
        status, page = real.ask("/api/v1/events?format=record&order=asc")
        assert status == 200
        assert_exact(page["events"], LABELS)
        log = real.changes("after=0&format=record")
        assert_exact([log["changes"][at] for at in (1, 2, 0)], LABELS)
        assert log["next"] == 3
        assert real.ask("/api/v1/events?format=flat")[0] == 400


@pytest.mark.parametrize("key", ["event_id", "eventId"])
def test_records_are_imported(stored: Path, command: Command, tmp_path: Path, key: str) -> None:
    command("export", "all.jsonl", "--format", "record", "--data-dir", stored)
    file = tmp_path / "all.jsonl"
    file.write_text(file.read_text().replace('"event_id":', f'"{key}":'))
    answer = command("import", "all.jsonl", "--data-dir", tmp_path / "other")
    assert (answer.code, "3 changes stored" in answer.out, "0 left out" in answer.out) == (0, True, True), (
        answer
    )
    with (
        closing(open_reader(stored, "default")) as left,
        closing(open_reader(tmp_path / "other", "default")) as right,
    ):
        events = left.list_events(EventQuery()).events
        assert len(events) == 3
        for event in events:
            assert right.event(event.uid).raw == left.event(event.uid).raw
    answer = command("import", "all.jsonl", "--data-dir", tmp_path / "other")
    assert " 0 changes stored, 3 were known" in answer.out


@pytest.mark.parametrize("text", ["{", "[]", "{}", '"x"', "[" * 100_000, ""])
def test_a_record_without_an_event_is_left_out(command: Command, tmp_path: Path, text: str) -> None:
    good, bad = ({"level": "Normal", "event_id": value} for value in (json.dumps(POD), text))
    (tmp_path / "all.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(bad)}\n" + '{"event_id": 7}\n')
    answer = command("import", "all.jsonl", "--data-dir", tmp_path / "other")
    assert (answer.code, "1 changes stored" in answer.out, "2 left out" in answer.out) == (0, True, True), (
        answer
    )


def test_no_label_can_hide_a_field() -> None:
    from eventcenter.settingtypes import RECORD_FIELDS

    event = normalize(ChangeType.ADDED, POD, received=NOON).event
    assert set(record_shape(event, POD, {})) <= set(RECORD_FIELDS)


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
@pytest.mark.parametrize("dies_at", [1, 700, 1999])
def test_an_interrupted_export_of_records_is_continued(
    filled: Path, tmp_path: Path, command: Command, name: str, dies_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventcenter.export._PIECE", 20_000)
    flags = ("--format", "record", "--data-dir", filled)
    assert command("export", f"whole-{name}", *flags).code == 0
    made = 0

    def dying(*given: Any) -> dict[str, str]:
        nonlocal made
        made += 1
        if made == dies_at:
            raise KeyboardInterrupt
        return record_shape(*given)

    with monkeypatch.context() as patch:
        patch.setattr("eventcenter.export.record_shape", dying)
        assert command("export", name, *flags).code == 1
    with (tmp_path / name).open("ab") as file:  # as a kill leaves it, in the middle of a piece
        file.write(b'{"hostname": "no')
    assert command("export", name, *flags).code == 0
    assert text_of(tmp_path / name) == text_of(tmp_path / f"whole-{name}")
    assert text_of(tmp_path / name).count(b"\n") == 2000


def text_of(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_only_the_same_question_continues_records(filled: Path, command: Command, tmp_path: Path) -> None:
    assert command("export", "all.jsonl", "--format", "record", "--data-dir", filled).code == 0
    before = (tmp_path / "all.jsonl").read_bytes()
    for other in (("--level", "Warning"), ("--label", "clusterName=shop")):
        answer = command("export", "all.jsonl", "--format", "record", "--data-dir", filled, *other)
        assert (answer.code, "same question" in answer.err) == (2, True)
    (tmp_path / "all.jsonl.cursor").write_text("{}")
    assert command("export", "all.jsonl", "--format", "record", "--data-dir", filled).code == 2
    assert (tmp_path / "all.jsonl").read_bytes() == before
