"""The application over a fake center."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.fake_center import FakeCenter
from web import create_app


class Client(FlaskClient):
    """Reads every answer to its end and closes it, so that static files leave no file open."""

    def open(self, *args: Any, buffered: bool = True, **given: Any) -> TestResponse:
        return super().open(*args, buffered=buffered, **given)


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
    application = create_app(center, stopping=stopping)
    application.test_client_class = Client
    return application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
