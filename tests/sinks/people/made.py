"""Messages and sinks of the tests for people."""

from __future__ import annotations

import dataclasses
from typing import Any

from sinks.messages import Message, Messenger
from sinks.reading import Written
from tests.sinks.made import NOON, event, settings

LINK = "https://events.example.com/events?q=web-1"
HOSTILE = (
    '<!channel> <@U123> <at user_id="all">all</at> <@zhangsan> @all @everyone '
    '[click](http://evil.example/) ![x](http://evil.example/p.png) <a href="http://evil.example">x</a>'
)
"""What an event may say to call people or to show them a link that is not one."""


def escaped(text: str) -> str:
    """As whoever makes messages puts the texts of events into Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>()#!&|~" else sign for sign in text)


def message(text: str = "Back-off restarting failed container", **changed: Any) -> Message:
    made = Message(
        key="k-1",
        title="BackOff: Pod shop/web-1",
        text=f"×37 in 5 min\n{text}",
        markdown=f"**×37** in 5 min\n\n- {escaped(text)}",
        severity="high",
        time=NOON,
        since=NOON - 300_000,
        occurrences=37,
        link=LINK,
        facts=(("Namespace", "shop"), ("Pod", "web-1")),
        labels=(
            ("instance", "default"),
            ("namespace", "shop"),
            ("kind", "Pod"),
            ("name", "web-1"),
            ("reason", "BackOff"),
        ),
        event=event(1, message=text),
    )
    return dataclasses.replace(made, **changed)


def hostile(**changed: Any) -> Message:
    return message(HOSTILE, title=f"BackOff {HOSTILE}", **changed)


def messenger(written: Written) -> Messenger:
    found = settings(written)
    assert found.kind.messenger is not None
    return found.kind.messenger(found)
