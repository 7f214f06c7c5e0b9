"""`GET /api/v1/usage`: figures, preview, bad parameters; over the fake center and over a real store."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from eventcenter.center import RunningCenter
from eventcenter.config import load
from tests.store.made import DAY, added, batch, event
from tests.web.fake_center import FakeCenter
from web import create_app


def test_it_tells_what_is_stored_and_what_it_comes_to(client: FlaskClient, center: FakeCenter) -> None:
    shown = client.get("/api/v1/usage?limit=3").json
    assert shown["instance"] == "default"
    assert len(shown["reasons"]) == 3
    assert shown["file"]["free_bytes"] == 1_000_000
    assert shown["retention"] == {"normal_days": 30, "warning_days": 90, "max_bytes": None}
    assert sum(day["events"] for day in shown["days"]) > 300
    assert shown["would_delete"] is None


def test_it_previews_another_retention(client: FlaskClient) -> None:
    shown = client.get("/api/v1/usage?retention=6h&retention_warning=1d").json["would_delete"]
    assert shown["retention"] == {"normal_days": 0.25, "warning_days": 1, "max_bytes": None}
    assert 0 < shown["events"] < shown["stored"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit '0'"),
        ("from=never", "'never' is not a time"),
        ("from=-1d&to=-2d", "ends before it begins"),
        ("retention=30", "'30' is not a duration"),
        ("retention=99999d", "is not between 1h and 3650d"),
        ("retention_warning=3d", "without retention"),
        ("level=Warning", "'level' is not known"),
    ],
)
def test_a_bad_parameter_is_a_400(client: FlaskClient, query: str, said: str) -> None:
    answer = client.get(f"/api/v1/usage?{query}")
    assert answer.status_code == 400
    assert said in answer.json["error"]["message"]


def test_it_is_so_over_a_real_store(tmp_path: Path) -> None:
    settings = load({"data_dir": str(tmp_path / "data")}, env={}, cwd=tmp_path).settings
    center = RunningCenter(settings, "default")
    try:
        now = time.time_ns() // 1_000_000
        times = [now - n * DAY for n in range(6)]
        made = [event(n, first_time=when, last_time=when) for n, when in enumerate(times)]
        center.writer.deliver(batch(*map(added, made)))
        assert center.writer.flush(20)
        client = create_app(center).test_client()
        shown = client.get("/api/v1/usage?retention=71h&from=-2d").json
        page = client.get("/usage?lang=en&retention=3d")
    finally:
        center.close()
    assert shown["stored"]["events"] == 6
    assert [day["events"] for day in shown["days"]] == [1, 1, 1]
    assert shown["would_delete"]["events"] == 3
    assert page.status_code == 200
