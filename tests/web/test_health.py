"""`/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from eventcenter.model import Phase, StreamStatus
from tests.web.fake_center import NOW, FakeCenter


def samples(client: FlaskClient) -> dict[tuple[str, str], float]:
    text = client.get("/metrics").text
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, sample.labels.get("stream", "")] = sample.value
    return found


def test_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_ready(client: FlaskClient) -> None:
    assert client.get("/readyz").json == {"status": "ready", "reasons": []}


def test_not_ready_says_every_reason(client: FlaskClient, center: FakeCenter) -> None:
    center.reasons = ["the watch is not established: 403", "the store is not writable"]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["reasons"] == center.reasons
    assert answer.json["error"]["message"] == center.reasons[0]


def test_metrics_of_store_and_streams(client: FlaskClient, center: FakeCenter) -> None:
    found = samples(client)
    assert found["eventcenter_changes_total", ""] == center.reader.seq()
    assert found["eventcenter_store_seq", ""] == center.reader.seq()
    assert found["eventcenter_store_queue", ""] == 0
    assert found["eventcenter_store_bytes", ""] == 4_100_000
    assert found["eventcenter_watch_connected", "events"] == 1
    assert found["eventcenter_watch_reconnects_total", "events"] == 3
    assert found["eventcenter_watch_relists_total", "events"] == 0
    assert found["eventcenter_watch_malformed_total", "events"] == 0
    assert found["eventcenter_watch_lag_seconds", "events"] == 0.14
    assert found["eventcenter_watch_last_change_timestamp_seconds", "events"] == (NOW - 2000) / 1000
    assert found["process_resident_memory_bytes", ""] > 0


def test_what_is_not_known_yet_is_left_out(client: FlaskClient, center: FakeCenter) -> None:
    center.stream = StreamStatus(stream="events", phase=Phase.RETRYING, error="403")
    found = samples(client)
    assert found["eventcenter_watch_connected", "events"] == 0
    assert ("eventcenter_watch_lag_seconds", "events") not in found


def test_openmetrics_when_asked_for(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.mimetype == "application/openmetrics-text"
    assert answer.text.endswith("# EOF\n")
