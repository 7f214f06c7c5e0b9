"""Is the center collecting, and if not, why: the words of the health line and of empty lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from eventcenter.model import Phase, StoreStatus, StreamStatus
from eventcenter.ports import Center
from web.i18n import _

State = Literal["good", "busy", "bad"]


@dataclass(frozen=True, slots=True)
class Collecting:
    state: State
    headline: str
    reason: str
    """One line, as the part that failed put it; empty while all is well."""
    retry_at: int | None
    last_change: int | None
    reconnects: int
    relists: int
    malformed: int
    lag_ms: int | None
    store: StoreStatus
    notices: tuple[str, ...] = ()
    """What happened to the file; collecting goes on all the same."""


def collecting(center: Center) -> Collecting:
    streams, store = center.streams(), center.store()
    worst = min(streams, key=_rank, default=None)
    state, headline, reason = _words(worst, store)
    return Collecting(
        state=state,
        headline=headline,
        reason=reason,
        retry_at=worst.retry_at if worst and state != "good" else None,
        last_change=max((s.last_change for s in streams if s.last_change is not None), default=None),
        reconnects=sum(stream.reconnects for stream in streams),
        relists=sum(stream.relists for stream in streams),
        malformed=sum(stream.malformed for stream in streams),
        lag_ms=max((s.lag_ms for s in streams if s.lag_ms is not None), default=None),
        store=store,
        notices=store.notices,
    )


_RANKS = (Phase.STOPPED, Phase.RETRYING, Phase.STARTING, Phase.LISTING, Phase.WATCHING)


def _rank(stream: StreamStatus) -> int:
    return _RANKS.index(stream.phase)


def _words(worst: StreamStatus | None, store: StoreStatus) -> tuple[State, str, str]:
    if not store.writable:
        return "bad", _("Not storing"), store.error or ""
    if worst is None:
        return "bad", _("Not collecting"), _("No cluster is watched.")
    named = "" if worst.stream == "events" else f"{worst.stream}: "
    error = f"{named}{worst.error}" if worst.error else ""
    match worst.phase:
        case Phase.WATCHING:
            return "good", _("Collecting"), error
        case Phase.LISTING:
            return "busy", _("Taking over the events that the cluster still holds"), error
        case Phase.STARTING:
            return "busy", _("Connecting"), error
        case Phase.RETRYING:
            return "bad", _("Not collecting"), error
        case Phase.STOPPED:
            return "bad", _("Stopped"), error
