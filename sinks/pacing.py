"""How many messages go out: never more than a channel takes, and where more is to be told than that, the most severe by
itself and all the rest in one digest. Nothing waits for a place in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Told = TypeVar("Told")

DEFAULT_PER_MINUTE = 20.0
"""For channels that name no limit: more, nobody reads."""


class Bucket:
    """Tokens, one a message. Times in ms. Together, what it holds at first and what comes in a minute are four fifths
    of the limit, so that a restart or a clock that is set cannot lead beyond it."""

    def __init__(self, per_minute: float | None, now: int) -> None:
        limit = per_minute or DEFAULT_PER_MINUTE
        self._most = max(1.0, limit / 5)
        self._rate = limit * 0.6 / 60_000
        self._tokens = self._most
        self._at = now

    def tokens(self, now: int) -> int:
        """Messages that may go out now."""
        self._fill(now)
        return int(self._tokens + 1e-9)

    def take(self, now: int) -> None:
        self._fill(now)
        self._tokens -= 1

    def empty(self, now: int) -> None:
        """The channel said that it was too fast: nothing more for now."""
        self._fill(now)
        self._tokens = min(self._tokens, 0.0)

    def next_at(self, now: int) -> int:
        """When there is a token."""
        self._fill(now)
        missing = 1 - self._tokens
        return now if missing <= 1e-9 else now + int(missing / self._rate) + 1

    def _fill(self, now: int) -> None:
        self._tokens = min(self._most, self._tokens + max(0, now - self._at) * self._rate)
        self._at = now


def folded(due: Sequence[Told], tokens: int, *, digests: bool = True) -> list[Sequence[Told]]:
    """What goes into which message, in at most `tokens` messages: a sequence of one is a message of its own, one of
    several a digest of all the others. Without digests (systems that close what they opened) the others wait."""
    if tokens <= 0:
        return []
    alone = len(due) if len(due) <= tokens else tokens - (1 if digests else 0)
    rest = [due[alone:]] if digests and alone < len(due) else []
    return [*([one] for one in due[:alone]), *rest]
