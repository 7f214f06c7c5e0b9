"""Events, items and messages as sinks get them, also with the texts that have broken bodies elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from eventcenter.model import Event
from eventcenter.shapes import rfc3339
from sinks.configuring import configure
from sinks.delivery import Item, Sender
from sinks.messages import Message, Messenger
from sinks.reading import Written
from sinks.settings import SinkSettings, Surroundings

NOON = 1_766_664_000_000
"""2025-12-25T12:00:00Z."""

NASTY = {
    "quotes": 'Error: "checkout" said \\"no\\" \\n and C:\\temp\\',
    "lines": "first line\r\nsecond\tline\n\n\u2028last",
    "controls": "bell \x07 escape \x1b[31m nul \x00 end",
    "chinese": "拉取镜像失败：连接超时 🚨",
    "markup": "<b>bold</b> & <script>alert(1)</script> [link](http://evil.example) *stars* `code`",
    "templates": "{{ .Message }} {{ 7*7 }} {% raw %} ${env:HOME} %s %(x)d",
    "surrogate": "half a pair \ud83d here",
    "huge": "x" * 200_000,
    "empty": "",
}


def raw(number: int = 0, **changed: Any) -> dict[str, Any]:
    """A core/v1 Event as the API server has it."""
    time = rfc3339(NOON + number * 1000)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"web-{number}.18a4b1c2d3e4f5a6",
            "namespace": "shop",
            "uid": f"00000000-0000-4000-8000-{number:012}",
            "resourceVersion": str(1000 + number),
            "creationTimestamp": time,
        },
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": "shop",
            "name": f"web-{number}",
            "uid": f"11111111-0000-4000-8000-{number:012}",
            "resourceVersion": "990",
            "fieldPath": "spec.containers{web}",
        },
        "type": "Warning",
        "reason": "BackOff",
        "message": "Back-off restarting failed container web",
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 3,
        "eventTime": None,
        "reportingComponent": "kubelet",
        "reportingInstance": "node-1",
    } | changed


def event(number: int = 0, **changed: Any) -> Event:
    about = raw(number)["involvedObject"]
    given: dict[str, Any] = {
        "uid": raw(number)["metadata"]["uid"],
        "level": "Warning",
        "reason": "BackOff",
        "kind": "Pod",
        "namespace": "shop",
        "name": about["name"],
        "object_uid": about["uid"],
        "field_path": about["fieldPath"],
        "message": "Back-off restarting failed container web",
        "component": "kubelet",
        "hostname": "node-1",
        "count": 3,
        "first_time": NOON + number * 1000,
        "last_time": NOON + number * 1000,
        "api_version": "v1",
        "seq": 7 + number,
        "instance": "default",
    }
    return Event(**given | changed)


def item(number: int = 0, message: str | None = None, **changed: Any) -> Item:
    """The event and its raw object say the same."""
    if message is None:
        return Item(event(number, **changed), 1, raw(number))
    return Item(event(number, message=message, **changed), 1, raw(number, message=message))


def items(count: int, **changed: Any) -> list[Item]:
    return [item(number, **changed) for number in range(count)]


def message(text: str = "Back-off restarting failed container web", **changed: Any) -> Message:
    made = Message(
        key="default/Pod/shop/web-0/BackOff",
        title="BackOff: Pod shop/web-0",
        text=text,
        markdown=f"**BackOff** {text}",
        severity="high",
        time=NOON,
        since=NOON - 300_000,
        occurrences=37,
        link="https://events.example.com/events?q=web-0",
        facts=(("Namespace", "shop"), ("Pod", "web-0")),
        labels=(
            ("instance", "default"),
            ("level", "Warning"),
            ("kind", "Pod"),
            ("namespace", "shop"),
            ("name", "web-0"),
            ("reason", "BackOff"),
        ),
        event=event(message=text),
        raw=raw(message=text),
    )
    return dataclasses.replace(made, **changed)


def settings(
    written: Written, *, guarded: bool = False, env: dict[str, str] | None = None, **surroundings: Any
) -> SinkSettings:
    (found,) = configure(
        [written],
        Surroundings(**{"version": "1.2.3"} | surroundings),
        guarded=guarded,
        env=env or {"PATH": "/bin"},
    )
    return found


def opened(found: SinkSettings) -> Sender | Messenger:
    opener: Callable[[SinkSettings], Sender | Messenger] | None = found.kind.open or found.kind.messenger
    assert opener is not None
    return opener(found)


def sender(written: Written, **given: Any) -> Sender:
    found = settings(written, **given)
    assert found.kind.open is not None
    return found.kind.open(found)


def deliver(sink: Sender | Messenger, text: str | None = None) -> None:
    """One delivery of whatever the sink takes."""
    if hasattr(sink, "send"):
        sink.send([item() if text is None else item(message=text)])
    else:
        sink.tell(message() if text is None else message(text))
