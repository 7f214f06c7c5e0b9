"""From the event to the channel, through the product's own templates and those of users: whoever can write an event
calls nobody and shows no link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sinks.delivery import Item
from sinks.telling import preview
from tests.sinks.http_faults import case_of
from tests.sinks.made import event, opened, settings
from tests.sinks.people.made import HOSTILE
from tests.sinks.servers.faulty import FaultyServer

CHATS = ("dingtalk", "feishu", "slack", "teams", "wechat")
CALLS = re.compile(
    r"<[@!]|<at\b|<a\b|\]\(http://evil|<http://evil|(?<![\w.])@(?:all|everyone|channel|here)\b"
)

CARELESS = "{{ message }} {{ name }} **{{ reason }}**"
"""A template that does not say what is code."""


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("template", ["", CARELESS])
@pytest.mark.parametrize("kind", CHATS)
def test_a_hostile_event(kind: str, template: str) -> None:
    case = case_of(kind)
    hostile = event(message=HOSTILE, name=HOSTILE, reason=HOSTILE, namespace=HOSTILE, hostname=HOSTILE)
    with FaultyServer(case.good, case.counts) as server:
        address = case.address(server.url)
        assert isinstance(address, str)
        found = settings({"uri": address, "template": template, "title": "{{ name }}" if template else ""})
        sink = opened(found)
        assert not hasattr(sink, "send")
        sink.tell(preview(found, Item(hostile, 1, {})))
        sink.close()
        body = server.counted[-1].json
        body.pop("touser", None)  # WeCom's own @all: whom the settings name
        told = list(texts(body))
    assert any("evil.example" in text for text in told)
    if kind == "teams":  # reads nothing in runs of rich text, and has no entities that mentions need
        assert "entities" not in body["attachments"][0]["content"].get("msteams", {})
        return
    if kind == "slack":  # reads no links in brackets
        told = [text.replace("](", "] (") for text in told]
    assert [found[0] for text in told for found in CALLS.finditer(text)] == []
