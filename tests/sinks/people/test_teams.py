"""Workflows webhooks of Teams, with adaptive cards (https://adaptivecards.io/explorer/)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sinks.delivery import Broken, Refused, TryAgain
from sinks.messages import Messenger
from tests.sinks.made import settings
from tests.sinks.people.made import LINK, hostile, message
from tests.sinks.servers.faulty import Answer, FaultyServer

Opened = Callable[[str], Messenger]
SIGNED = "api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=s1gnatures1gnature-_x"


@pytest.fixture
def flow(service: FaultyServer) -> str:
    service.usual = Answer(202)
    return f"teams:{service.url}/workflows/0a1b2c3d4e5f60718293/triggers/manual/paths/invoke?{SIGNED}"


def card(service: FaultyServer) -> dict[str, Any]:
    body = service.last.json
    assert body["type"] == "message"
    (attachment,) = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    found: dict[str, Any] = attachment["content"]
    assert (found["type"], found["version"]) == ("AdaptiveCard", "1.4")
    return found


def texts(service: FaultyServer) -> list[str]:
    return ["".join(run["text"] for run in block["inlines"]) for block in card(service)["body"]]


def test_a_card(flow: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{flow}&label=prod").tell(message(markdown="**×37** in `5 min`\n\n- [page](https://a.example)"))
    request = service.last
    assert request.path == "/workflows/0a1b2c3d4e5f60718293/triggers/manual/paths/invoke"
    assert request.query == {
        "api-version": "2016-06-01",
        "sp": "/triggers/manual/run",
        "sv": "1.0",
        "sig": "s1gnatures1gnature-_x",
    }
    assert texts(service) == ["prod", "BackOff: Pod shop/web-1", "×37 in 5 min", "• page"]
    found = card(service)
    assert found["body"][1]["inlines"][0] == {
        "type": "TextRun",
        "text": "BackOff: Pod shop/web-1",
        "weight": "Bolder",
        "size": "Medium",
        "color": "Attention",
    }
    assert found["body"][2]["inlines"] == [
        {"type": "TextRun", "text": "×37", "weight": "Bolder"},
        {"type": "TextRun", "text": " in "},
        {"type": "TextRun", "text": "5 min", "fontType": "Monospace"},
    ]
    action = {"type": "Action.OpenUrl", "url": "https://a.example"}
    assert found["body"][3]["inlines"][1]["selectAction"] == action
    assert found["actions"] == [{"type": "Action.OpenUrl", "title": "Event center", "url": LINK}]


def test_texts_of_events_are_runs_in_which_nothing_is_read(
    flow: str, service: FaultyServer, opened: Opened
) -> None:
    opened(flow).tell(hostile())
    found = card(service)
    assert {block["type"] for block in found["body"]} == {"RichTextBlock"}
    assert not any("selectAction" in run for block in found["body"] for run in block["inlines"])
    assert "msteams" in found and "entities" not in found["msteams"]


@pytest.mark.parametrize("text", ["错" * 50_000, '"' * 50_000, "\n- x" * 9000])
def test_a_request_stays_below_28_kb(text: str, flow: str, service: FaultyServer, opened: Opened) -> None:
    opened(flow).tell(message(markdown=text))
    assert 20_000 < len(service.last.body) < 28_000
    assert texts(service)[0] == "BackOff: Pod shop/web-1"


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (413, Refused), (401, Broken), (404, Broken), (429, TryAgain), (502, TryAgain)],
)
def test_statuses(
    status: int, error: type[Exception], flow: str, service: FaultyServer, opened: Opened
) -> None:
    service.usual = Answer(status, "no s1gnatures1gnature-_x")
    with pytest.raises(error) as caught:
        opened(flow).tell(message())
    assert "s1gnature" not in str(caught.value)


def test_the_address_is_not_shown(flow: str) -> None:
    shown = settings(flow).shown_whole
    assert "s1gnature" not in shown and "0a1b2c3d" not in shown
