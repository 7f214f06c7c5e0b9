"""What happened to the file stands on every page and in the metrics, while the center stays ready."""

from __future__ import annotations

import os
from pathlib import Path

from eventcenter.center import RunningCenter
from eventcenter.config import load
from eventcenter.store import database_path
from web import create_app


def test_a_damaged_file_shows(filled: Path) -> None:
    os.truncate(database_path(filled, "default"), 50_000)
    center = RunningCenter(load({"data_dir": str(filled)}, file=None).settings, "default")
    try:
        client = create_app(center).test_client()
        for page in ("/", "/events"):
            assert "was damaged" in client.get(page).text
        assert client.get("/readyz").status_code == 200
        assert 'eventcenter_store_notices{instance="default"} 2.0' in client.get("/metrics").text
    finally:
        center.close()
