"""How an answer over HTTP is judged for delivery, apart from any kind."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Iterator

import httpx
import pytest

from sinks.delivery import Broken, DeliveryError, Refused, TryAgain
from sinks.http import Http, json_of, judged, retry_after
from tests.sinks.made import settings
from tests.sinks.servers.faulty import Answer, FaultyServer


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer() as running:
        yield running


@pytest.fixture
def http(server: FaultyServer) -> Iterator[Http]:
    opened = Http(settings(f"webhook:{server.url}/path-secret?key=url-secret-1&timeout=500ms"))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((408, 409, 421, 423, 425, 429, 500, 502, 503, 504, 507, 520, 599), TryAgain),
        ((301, 302, 303, 307, 308, 401, 403, 404, 405, 407, 410, 501), Broken),
        ((400, 406, 411, 413, 414, 415, 422, 431), Refused),
    ],
)
def test_statuses(statuses: tuple[int, ...], outcome: type[DeliveryError]) -> None:
    for status in statuses:
        assert type(judged(status, "")) is outcome, status


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("99999999", 3600.0),
        ("inf", 3600.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        (email.utils.formatdate(time.time() + 60, usegmt=True), pytest.approx(60, abs=3)),
        (email.utils.formatdate(time.time() - 60, usegmt=True), 0.0),
    ],
)
def test_when_to_come_back(given: str, expected: float | None) -> None:
    assert retry_after(httpx.Response(429, headers={"Retry-After": given})) == expected


def test_accepted_statuses_are_handed_over(server: FaultyServer, http: Http) -> None:
    server.script(Answer(404, "gone"))
    assert http.request("GET", server.url, accept=frozenset({404})).text == "gone"


def test_what_the_answer_says_is_told_on_one_line_without_secrets(server: FaultyServer, http: Http) -> None:
    server.script(Answer(400, "no such key:\n url-secret-1\n in /path-secret " + "x" * 5000))
    with pytest.raises(Refused) as caught:
        http.post(server.url)
    told = str(caught.value)
    assert told.startswith("answered 400: no such key: *** in /***")
    assert "\n" not in told and len(told) < 400


@pytest.mark.parametrize(
    "url", ["http://", "ftp://h/x", "http://h:99999/", "http://[::1", "http://a b/", "nothing"]
)
def test_an_address_that_cannot_be_used(http: Http, url: str) -> None:
    with pytest.raises((Broken, TryAgain)) as caught:
        http.post(url)
    assert "\n" not in str(caught.value)


def test_a_header_that_cannot_be_sent(http: Http, server: FaultyServer) -> None:
    with pytest.raises(Broken):
        http.post(server.url, headers={"X-Text": "生产"})


def test_an_answer_has_a_time_limit_although_it_trickles(server: FaultyServer, http: Http) -> None:
    server.script(Answer(how="slowly"))
    begun = time.monotonic()
    with pytest.raises(TryAgain, match="takes too long"):
        http.post(server.url)
    assert time.monotonic() - begun < 2


def test_a_failure_names_the_host_and_no_secret(http: Http) -> None:
    with pytest.raises(TryAgain) as caught:
        http.post("http://127.0.0.1:9/path-secret?key=url-secret-1")
    assert str(caught.value).startswith("127.0.0.1:9 does not answer")
    assert "secret" not in str(caught.value)


def test_what_is_not_json() -> None:
    with pytest.raises(TryAgain, match="not JSON"):
        json_of(httpx.Response(200, text="<html>"))


def test_who_asks(server: FaultyServer, http: Http) -> None:
    http.post(server.url)
    assert server.requests[0].headers["user-agent"] == "eventcenter/1.2.3"


def test_a_proxy_of_the_environment_is_used(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    http = Http(settings("webhook:http://receiver.example/hook"))
    http.post("http://receiver.example/hook")
    http.close()
    assert server.requests[0].headers["host"] == "receiver.example"
