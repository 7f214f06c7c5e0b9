"""What people are told: a message about a group of events, and who carries it. Alerts use the same messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from eventcenter.model import Event
from eventcenter.rules import Severity


@dataclass(frozen=True, slots=True)
class Message:
    """Ready to be sent: the texts are rendered, in the language of the sink. A channel cuts what is too long for it
    (`cut_bytes`, `cut_chars`), keeping title and link."""

    key: str
    """The same for everything about one thing: a dedup key where the system has them."""
    title: str
    """One line."""
    text: str
    """Plain text of several lines, without the title."""
    markdown: str
    """The same in plain Markdown: bold, lists, links, code."""
    severity: Severity
    time: int
    """Of the newest occurrence (ms)."""
    since: int
    """Of the first one."""
    occurrences: int = 1
    """Since the message before about the same."""
    link: str = ""
    resolved: bool = False
    """It is over: for systems that can close what they opened."""
    facts: tuple[tuple[str, str], ...] = ()
    """Labelled values for cards and tables, in the language of the sink."""
    labels: tuple[tuple[str, str], ...] = ()
    """Names and values for programs, in English: level, kind, namespace, name, reason, instance and so on."""
    event: Event | None = None
    """The newest event."""
    raw: dict[str, Any] | None = None
    number: int = 1
    """How manieth message about the same."""


class Messenger(Protocol):
    """Of a system for people. Made without connecting; used by one thread."""

    resolves: bool
    """Whether it is told when something is over (`Message.resolved`)."""

    def tell(self, message: Message) -> None:
        """Returns once the system has it. Raises DeliveryError as `Sender.send` does."""

    def close(self) -> None: ...


def cut_bytes(text: str, limit: int, ending: str = "…") -> str:
    """At most so many bytes of UTF-8, cut between characters."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    return data[: limit - len(ending.encode())].decode("utf-8", "ignore") + ending


def cut_chars(text: str, limit: int, ending: str = "…") -> str:
    return text if len(text) <= limit else text[: limit - len(ending)] + ending
