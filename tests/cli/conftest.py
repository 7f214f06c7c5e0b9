"""The command line as a process and in this process, away from the settings of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.store import Writer, open_writer
from tests.cli.made_events import NOON

ROOT = Path(__file__).parents[2]

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


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def writer(data_dir: Path) -> Iterator[Writer]:
    """This process collects into `data_dir`, as a running center does."""
    opened = open_writer(data_dir, "default", clock=lambda: NOON)
    yield opened
    opened.close()
