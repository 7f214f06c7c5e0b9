"""What a sender and whoever gives it events agree on: items in, nothing out, or an error that says what to do next.

DeliveryError
├── TryAgain     not now: the network, a time-out, 429, 5xx; the same again after a while
├── Refused      never: something is wrong with what was sent; into the dead letters, and on with the next
├── Broken       nothing gets through until somebody mends the address, the rights or the settings
└── PartlyTaken  some were taken, some refused, some are to be sent again
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from eventcenter.errors import EventCenterError
from eventcenter.model import Event


class DeliveryError(EventCenterError):
    """The message is one line for people and holds no secret."""

    code = "delivery"


class TryAgain(DeliveryError):
    """`after_s` is what the destination asked for (Retry-After), None where it did not say."""

    code = "try_again"

    def __init__(self, message: str, *, after_s: float | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.after_s = after_s


class Refused(DeliveryError):
    code = "refused"


class Broken(DeliveryError):
    code = "broken"


class PartlyTaken(DeliveryError):
    """Of the items sent, by their index: `refused` with the reason of each, `again` in order. All others were taken."""

    code = "partly_taken"

    def __init__(
        self, refused: Mapping[int, str], again: Sequence[int] = (), *, after_s: float | None = None
    ) -> None:
        super().__init__(f"{len(refused)} refused, {len(again)} to be sent again")
        self.refused = dict(refused)
        self.again = list(again)
        self.after_s = after_s


class Item(msgspec.Struct, frozen=True):
    """One change on its way out: the event as it was at this change."""

    event: Event
    occurrences: int
    """How many this change added."""
    raw: dict[str, Any]
    """The Kubernetes object, its newest state. Empty where the kind does not ask for it (`Kind.needs_raw`)."""

    @property
    def key(self) -> str:
        """The same at every try, another for every change: for systems that can tell repetitions. With the uid, as a
        center whose storage was made anew counts from 1 again, and is not to be taken for the one before."""
        digest = hashlib.blake2b(self.event.uid.encode("utf-8", "replace"), digest_size=5).hexdigest()
        return f"{self.event.instance}.{self.event.seq}.{digest}"


class Sender(Protocol):
    """Of a system that takes events. Made without connecting; used by one thread."""

    def send(self, items: Sequence[Item]) -> None:
        """Returns once the destination has all of them for good, in order. Raises DeliveryError; anything else counts
        as a defect and as TryAgain. Must end within the time limit of its settings."""

    def close(self) -> None:
        """Give connections back, within a second. May be called twice."""
