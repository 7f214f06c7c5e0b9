"""The long tail: what Apprise sends is ours, what it says of failures is told, without the tokens in its addresses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from eventcenter.errors import ConfigError
from sinks.configuring import configure, problems
from sinks.delivery import TryAgain
from sinks.messages import Messenger
from tests.sinks.made import settings
from tests.sinks.people.made import LINK, hostile, message
from tests.sinks.servers.faulty import Answer, FaultyServer

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"
)  # Apprise's own import
pytest.importorskip("apprise")

Opened = Callable[[str], Messenger]


@pytest.fixture
def webhook(service: FaultyServer) -> str:
    return f"apprise:{service.url.replace('http', 'json')}/s3cretS3cretS3cret"


def test_a_message(webhook: str, service: FaultyServer, opened: Opened) -> None:
    opened(webhook).tell(message())
    assert service.last.path == "/s3cretS3cretS3cret"
    body = service.last.json
    assert body["title"] == "BackOff: Pod shop/web-1"
    assert body["message"] == f"×37 in 5 min\nBack-off restarting failed container\n{LINK}"
    assert body["type"] == "failure"


def test_what_is_over_is_a_success(webhook: str, service: FaultyServer, opened: Opened) -> None:
    opened(webhook).tell(message(resolved=True))
    assert service.last.json["type"] == "success"


def test_options_of_its_address_are_its_own(webhook: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{webhook}?+X-Key=v&method=PUT&level=Normal").tell(message())
    assert service.last.method == "PUT"
    assert service.last.headers["x-key"] == "v"


def test_events_call_nobody(webhook: str, service: FaultyServer, opened: Opened) -> None:
    opened(webhook).tell(hostile())
    body = service.last.json
    for told in (body["title"], body["message"]):
        assert "@everyone" not in told and "<@" not in told and "](http://evil" not in told


class Heard(logging.Handler):
    """What reaches the product's log."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage()


@pytest.fixture
def heard() -> Iterator[Heard]:
    root, handler = logging.getLogger(), Heard()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_failure_is_told_without_secrets(
    status: int, webhook: str, service: FaultyServer, opened: Opened, heard: Heard
) -> None:
    service.usual = Answer(status)
    sink = opened(webhook)
    with pytest.raises(TryAgain, match=str(status)) as caught:
        sink.tell(message())
    assert "s3cret" not in str(caught.value) and "JSON" not in heard.text


def test_nobody_answers(service: FaultyServer, webhook: str, opened: Opened) -> None:
    service.die()
    with pytest.raises(TryAgain):
        opened(webhook).tell(message())


@pytest.mark.parametrize("line", ["apprise:nothing://x", "apprise:tgram://", "apprise:x"])
def test_an_address_that_apprise_does_not_know(line: str) -> None:
    (problem,) = problems([line])
    assert "apprise" in problem


@pytest.mark.parametrize(
    "line",
    [
        "apprise:tgram://123456789:abcdefg_hijklmnop/12315544/",
        "apprise:mailto://user:hunter2hunter2@example.com",
        "apprise:schan://SCT0123456789abcdef",
    ],
)
def test_no_part_of_its_address_is_shown(line: str) -> None:
    shown = settings(line).shown_whole
    for secret in ("abcdefg", "12315544", "hunter2", "SCT0123", "user"):
        assert secret not in shown
    assert shown.startswith(line.partition("//")[0])


def test_it_is_not_for_the_page() -> None:
    with pytest.raises(ConfigError, match="page"):
        configure(["apprise:tgram://1:a/2"], guarded=True)
