"""The command line as a process and in this process, away from the settings of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.model import Batch, Change, ChangeType, Event

ROOT = Path(__file__).parents[2]
NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z

Run = Callable[..., subprocess.CompletedProcess[str]]


def clean_environment(home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("EVENTCENTER_", "KUBE", "XDG_"))
    }
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "TERM": "dumb"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return clean_environment(home)


@pytest.fixture
def command(home: Path, environment: dict[str, str]) -> Run:
    """Runs `eventcenter …` in an empty directory, to its end."""

    def run(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "eventcenter", *arguments],
            cwd=home,
            env=environment | (env or {}),
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )

    return run


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[Path]:
    """The same isolation for commands that run in this process."""
    for name in list(os.environ):
        if name.startswith(("EVENTCENTER_", "KUBE", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    yield home


def make_event(uid: str, **fields: Any) -> Event:
    given = {
        "level": "Normal",
        "reason": "Started",
        "kind": "Pod",
        "namespace": "shop",
        "name": "web-1",
        "object_uid": "11111111-2222-3333-4444-555555555555",
        "message": "Started container web",
        "component": "kubelet",
        "hostname": "n1",
        "first_time": NOON,
        "last_time": NOON,
        "api_version": "v1",
    }
    return Event(uid=uid, **(given | fields))


def make_change(event: Event, version: int, kind: ChangeType = ChangeType.ADDED) -> Change:
    raw = {"metadata": {"uid": event.uid}, "message": event.message, "reason": event.reason}
    return Change(kind, event, str(version), raw)


def batch_of(*events: Event, version: int = 1) -> Batch:
    return Batch("events", [make_change(event, version + n) for n, event in enumerate(events)], str(version))
