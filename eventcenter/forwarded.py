"""The nouns of forwarding: how a sink is doing, what a destination refused. Depends on nothing of ours. Times in ms."""

from __future__ import annotations

import enum

import msgspec


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A change that a destination refused for good."""

    id: int
    sink: str
    seq: int
    """Of the change; of a message to people that of its newest event."""
    about: str
    """What it is, on one line: it outlives the event."""
    reason: str
    refused: int
    """When (ms)."""
    again: bool = False
    """It waits to be sent once more."""


class SinkState(enum.StrEnum):
    OK = "ok"
    RETRYING = "retrying"
    """The destination cannot be reached or asks to wait."""
    BROKEN = "broken"
    """It refuses everything: the address, the key or the rights are wrong."""
    STOPPED = "stopped"


class SinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A sink as people see it. Times in ms, counts since the start; no secret is in it."""

    name: str
    kind: str
    address: str
    """With *** in place of secrets."""
    origin: str = "settings"
    """settings, or page."""
    for_people: bool = False
    state: SinkState = SinkState.OK
    seq: int = 0
    """Everything up to here is delivered, or not for this sink."""
    lag: int = 0
    """Changes behind the newest."""
    lag_ms: int = 0
    """Age of the oldest change that it has not seen."""
    sent: int = 0
    """Events that the destination took; of a sink for people messages."""
    retried: int = 0
    """Deliveries that had to be tried again."""
    failed: int = 0
    """Events that were refused for good."""
    dead: int = 0
    """Dead letters that are kept now."""
    last_sent: int | None = None
    last_error: str | None = None
    last_error_at: int | None = None
    retry_at: int | None = None
    notices: tuple[str, ...] = ()


class SinkTest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sending a test event."""

    ok: bool
    text: str
    """What happened, on one line."""
    message: str | None = None
    """What people were told; None for a sink that gets events."""
