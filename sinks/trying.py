"""`sinks test`: one message to a sink, made of an event that says what it is."""

from __future__ import annotations

import time

from eventcenter.forwarded import SinkTest
from eventcenter.model import Event
from eventcenter.shapes import rfc3339
from sinks.delivery import DeliveryError, Item
from sinks.settings import SinkSettings

MESSAGE = "This is a test of the event center. If you read this, the sink works."


def test_item(settings: SinkSettings, now: int) -> Item:
    """An event about a Pod that is not there, as the API server would have it."""
    uid = "00000000-0000-4000-8000-000000000000"
    raw = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": "eventcenter-test.0000000000000000",
            "namespace": "default",
            "uid": uid,
            "creationTimestamp": rfc3339(now),
        },
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": "default",
            "name": "eventcenter-test",
            "uid": uid,
        },
        "type": "Warning",
        "reason": "SinkTest",
        "message": MESSAGE,
        "source": {"component": "eventcenter"},
        "firstTimestamp": rfc3339(now),
        "lastTimestamp": rfc3339(now),
        "count": 1,
    }
    event = Event(
        uid=uid,
        level="Warning",
        reason="SinkTest",
        kind="Pod",
        namespace="default",
        name="eventcenter-test",
        object_uid=uid,
        message=MESSAGE,
        component="eventcenter",
        first_time=now,
        last_time=now,
        api_version="v1",
        seq=now,  # another at every test, for systems that know what they have
        instance=settings.surroundings.instance,
    )
    return Item(event, 1, raw)


def preview_of(settings: SinkSettings, now: int) -> str | None:
    """The message that people would get; None for a sink that gets events."""
    if settings.kind.messenger is None:
        return None
    from sinks.telling import preview

    message = preview(settings, test_item(settings, now))
    return "\n".join(part for part in (message.title, message.text, message.link) if part)


def tested(settings: SinkSettings, now: int) -> SinkTest:
    """The same for who cannot take an exception."""
    message = preview_of(settings, now)
    try:
        return SinkTest(ok=True, text=try_out(settings, now), message=message)
    except DeliveryError as error:
        text = f"{error}{'. ' + error.hint if error.hint else ''}"
        return SinkTest(ok=False, text=settings.hide(text), message=message)


def try_out(settings: SinkSettings, now: int) -> str:
    """Send it; a line that says what happened. DeliveryError when it was not taken."""
    item = test_item(settings, now)
    begun = time.monotonic()
    if settings.kind.messenger is not None:
        from sinks.telling import preview

        messenger = settings.kind.messenger(settings)
        try:
            messenger.tell(preview(settings, item))
        finally:
            messenger.close()
    else:
        assert settings.kind.open is not None
        sender = settings.kind.open(settings)
        try:
            sender.send([item])
        finally:
            sender.close()
    return f"{settings.shown} took a test event in {(time.monotonic() - begun) * 1000:.0f} ms"
