"""The application over a fake center, and a browser where the machine has one."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from waitress.server import create_server

sys.path.insert(0, str(Path(__file__).parent))  # import-mode=importlib leaves the tests' own modules out

from fake_center import FakeCenter

from web import SERVER_THREADS, create_app


@pytest.fixture
def center() -> FakeCenter:
    return FakeCenter()


@pytest.fixture
def stopping() -> Iterator[threading.Event]:
    """Set at the end of the test: whatever still waits gives up."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def app(center: FakeCenter, stopping: threading.Event) -> Flask:
    return create_app(center, stopping=stopping)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
