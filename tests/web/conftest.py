"""The application over a fake center, and a browser where the machine has one."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from waitress.server import create_server
from werkzeug.test import TestResponse

from tests.web.fake_center import FakeCenter
from web import SERVER_THREADS, create_app


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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium on PATH: install `chromium` to run the browser tests")
    switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--headless", *switches])
        yield browser
        browser.close()


class Site:
    """The application on a port of its own, until `stop`."""

    def __init__(self, app: Flask, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._server = create_server(
            app, host="127.0.0.1", port=0, threads=SERVER_THREADS, channel_request_lookahead=1
        )
        self.url = f"http://127.0.0.1:{self._server.effective_port}"
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # waitress's loop ends so when its socket is closed
            self._server.run()

    def stop(self) -> None:
        self._stopping.set()
        self._server.task_dispatcher.shutdown(timeout=5)
        self._server.close()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._thread.join(10)


@pytest.fixture
def served(app: Flask, stopping: threading.Event) -> Iterator[Site]:
    running = Site(app, stopping)
    yield running
    running.stop()


class Visitor:
    """A window of the browser that notes what goes wrong in it and what it asks of others."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.context = browser.new_context(**{"locale": "en-US", "timezone_id": "Asia/Shanghai", **options})
        self.page = self.context.new_page()
        self.url = url
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("request", self._check)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)

    def _check(self, request: Request) -> None:
        if not request.url.startswith(self.url):
            self.troubles.append(f"asked {request.url}")

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture
def visit(chromium: Browser, served: Site) -> Iterator[Callable[..., Visitor]]:
    visitors: list[Visitor] = []

    def enter(**options: Any) -> Visitor:
        visitors.append(Visitor(chromium, served.url, **options))
        return visitors[-1]

    yield enter
    for visitor in visitors:
        visitor.context.close()
