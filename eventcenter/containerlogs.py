"""The nouns of container logs: what is kept of one at crash time, and what is shown of one. Depends on nothing of ours.
Times in ms."""

from __future__ import annotations

import msgspec


class KeptLog(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a container's log as it was fetched at crash time. What was to be hidden in it is hidden."""

    container: str
    """Empty: the Pod's only one."""
    run: str
    """Id of the container's run, as its runtime has it; empty: not known."""
    previous: bool
    """Whether it is of the run before the one at that time."""
    time: int
    text: str
    truncated: bool
    """Whether the log has more than this."""


class ContainerLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it is shown."""

    container: str
    previous: bool
    source: str
    """live or snapshot."""
    time: int
    text: str
    truncated: bool
    reason: str = ""
    """Why there is no text."""


class LogQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to see. Without any of them: the snapshot where there is one, else live."""

    live: bool | None = None
    """True: live, False: the snapshot."""
    container: str = ""
    """Empty: the one that the event is about."""
    previous: bool | None = None
    """None: what suits the event."""
    lines: int | None = None
    """At most so many lines; None: as the settings say."""
