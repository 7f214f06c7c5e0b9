"""An event's earlier states, as exports and damaged databases tell them, as changes that can be stored again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from eventcenter.model import Change, ChangeType

State = tuple[int, int, str]
"""Time in ms, count and message."""


def earlier_changes(change: Change, states: Iterable[State]) -> Iterator[Change]:
    """The changes before `change`, oldest first. Their raw objects are kept nowhere; their versions are made up, each
    older than the next."""
    known = list(states)
    version = change.resource_version
    newest = int(version) if version.isdecimal() and len(version) < 20 else 0
    for ago, (time, count, message) in zip(range(len(known), 0, -1), known, strict=True):
        event = msgspec.structs.replace(change.event, last_time=time, count=count, message=message)
        yield Change(ChangeType.ADDED, event, str(max(0, newest - ago)), change.raw)
