"""Slack: incoming webhooks and chat.postMessage (https://api.slack.com/methods/chat.postMessage)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, Refused, TryAgain
from sinks.messages import Messenger
from tests.sinks.made import settings
from tests.sinks.people.made import hostile, message, messenger
from tests.sinks.servers.faulty import Answer, FaultyServer

Opened = Callable[[str], Messenger]
TOKEN = "xoxb-0123456789-abcdef"


@pytest.fixture
def webhook(service: FaultyServer) -> str:
    service.usual = Answer(body="ok")
    return f"slack:{service.url}/services/T0/B0/s3cretS3cretS3cret"


@pytest.fixture
def bot(service: FaultyServer) -> str:
    service.usual = Answer(body={"ok": True, "ts": "1.2"})
    return f"slack:{service.url}/api?token={TOKEN}&channel=C0123"


def test_a_webhook(webhook: str, service: FaultyServer, opened: Opened) -> None:
    opened(webhook).tell(message())
    request = service.last
    assert (request.method, request.path) == ("POST", "/services/T0/B0/s3cretS3cretS3cret")
    body = request.json
    assert body["text"] == "BackOff: Pod shop/web-1"
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)
    (attachment,) = body["attachments"]
    assert attachment["color"] == "#e0671b"
    (block,) = attachment["blocks"]
    assert block["type"] == "section"
    text = block["text"]
    assert (text["type"], text["verbatim"]) == ("mrkdwn", True)
    link = message().link.replace("&", "&amp;")
    assert text["text"].splitlines() == [
        "*×37* in 5 min",
        "• Back-off restarting failed container",
        f"<{link}|{link}>",
    ]


def test_no_section_is_empty(webhook: str, service: FaultyServer, opened: Opened) -> None:
    """Slack would refuse the whole message."""
    opened(webhook).tell(message(markdown="", link=""))
    (block,) = service.last.json["attachments"][0]["blocks"]
    assert block["text"]["text"] == "BackOff: Pod shop/web-1"


def test_a_bot(bot: str, service: FaultyServer, opened: Opened) -> None:
    opened(bot).tell(message())
    assert service.last.path == "/api/chat.postMessage"
    assert service.last.headers["authorization"] == f"Bearer {TOKEN}"
    assert service.last.headers["content-type"].startswith("application/json")
    assert service.last.json["channel"] == "C0123"


def test_events_call_nobody_and_link_nothing(webhook: str, service: FaultyServer, opened: Opened) -> None:
    opened(webhook).tell(hostile())
    body = service.last.json
    for told in (body["text"], body["attachments"][0]["blocks"][0]["text"]["text"].rpartition("\n")[0]):
        assert "evil.example" in told
        assert "<" not in told and ">" not in told


@pytest.mark.parametrize("letter", ["错", "<", "a"])
def test_a_section_has_3000_characters(
    letter: str, webhook: str, service: FaultyServer, opened: Opened
) -> None:
    opened(webhook).tell(message(letter * 9000))
    told = service.last.json["attachments"][0]["blocks"][0]["text"]["text"]
    assert 2900 < len(told) <= 3000
    assert told.endswith(f"<{message().link}|{message().link}>")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Answer(400, "invalid_payload"), Refused),
        (Answer(403, "action_prohibited"), Broken),
        (Answer(404, "no_service"), Broken),
        (Answer(410, "channel_is_archived"), Broken),
        (Answer(500, "rollup_error"), TryAgain),
        (Answer(200, "<html>"), TryAgain),
        (Answer(200, ""), TryAgain),
    ],
)
def test_what_a_webhook_answers(
    reply: Answer, error: type[Exception], webhook: str, service: FaultyServer, opened: Opened
) -> None:
    service.usual = reply
    with pytest.raises(error):
        opened(webhook).tell(message())


def test_slack_says_how_long_to_wait(webhook: str, service: FaultyServer, opened: Opened) -> None:
    service.usual = Answer(429, "rate_limited", {"Retry-After": "30"})
    with pytest.raises(TryAgain) as caught:
        opened(webhook).tell(message())
    assert caught.value.after_s == 30


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("ratelimited", TryAgain),
        ("internal_error", TryAgain),
        ("msg_too_long", Refused),
        ("invalid_blocks", Refused),
        ("invalid_auth", Broken),
        ("not_in_channel", Broken),
        ("missing_scope", Broken),
    ],
)
def test_what_a_bot_is_answered(
    said: str, error: type[Exception], bot: str, service: FaultyServer, opened: Opened
) -> None:
    service.usual = Answer(body={"ok": False, "error": said})
    with pytest.raises(error, match=said):
        opened(bot).tell(message())


@pytest.mark.parametrize("body", [b"", b"ok", [], {"ok": "yes"}])
def test_an_answer_of_something_else(body: object, bot: str, service: FaultyServer, opened: Opened) -> None:
    service.usual = Answer(body=body)
    with pytest.raises(TryAgain):
        opened(bot).tell(message())


@pytest.mark.parametrize("line", ["slack:", "slack:?channel=C1", f"slack:?token={TOKEN}"])
def test_what_is_missing_is_said(line: str) -> None:
    with pytest.raises(ConfigError):
        messenger(line)


def test_secrets_are_not_shown(webhook: str, bot: str) -> None:
    assert "s3cret" not in settings(webhook).shown_whole
    assert TOKEN not in settings(bot).shown_whole
