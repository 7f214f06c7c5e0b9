"""Event objects as an API server sends them. Stories say what happened (`Note`), `Recorder` sends it.

The recorder does what the event library of the components does: repeats within the hour are counted up on the
same object, more than ten similar ones within ten minutes are combined, and who says too much of one object
is cut short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from eventcenter.demo.chance import HOUR, MINUTE, uid

_EPOCH = 1_767_225_600_000
_SCHEDULER_HOST = "control-plane-1"
_COMBINE_AFTER = 10
_COMBINE_WITHIN = 10 * MINUTE
_COMBINED = "(combined from similar events): "
_MANY = 400
_BURST = 25
_REFILL = 5 * MINUTE
"""What one component may say of one object: 25 events at once, then one in five minutes."""


class Ref(NamedTuple):
    """The object that an event is about. Some components leave uid and apiVersion out: empty here."""

    kind: str
    namespace: str
    name: str
    uid: str
    api_version: str = "v1"


class Source(NamedTuple):
    component: str
    host: str = ""
    action: str = ""
    """Set for what comes through events.k8s.io (the scheduler): eventTime and series, no timestamps."""


class Note(NamedTuple):
    at: int
    about: Ref
    reason: str
    message: str
    source: Source
    level: str = "Normal"
    field_path: str = ""


class Change(NamedTuple):
    at: int
    raw: dict[str, Any]
    """`{"type": "ADDED" | "MODIFIED", "object": {…}}`"""


def revision(at: int) -> int:
    """The cluster's resourceVersion at a time; leaves room for several changes in one millisecond."""
    return max(1, (at - _EPOCH) * 8)


@dataclass(slots=True)
class _Kept:
    """An event that the cluster still holds."""

    uid: str
    first: int
    last: int
    count: int = 1


class _Quota(NamedTuple):
    at: int
    left: float


@dataclass(slots=True)
class Recorder:
    """Notes must come in time order."""

    seed: int
    _quotas: dict[tuple[Ref, Source], _Quota] = field(default_factory=dict)
    _kept: dict[tuple[object, ...], _Kept] = field(default_factory=dict)
    _similar: dict[tuple[object, ...], dict[str, int]] = field(default_factory=dict)

    def record(self, notes: Iterable[Note], since: int) -> Iterator[Change]:
        """The changes from `since` on; what was before only counts."""
        for note in sorted(notes, key=lambda note: note.at):
            if self._within_quota(note):
                kind, combined, kept = self._keep(note)
                if note.at >= since:
                    told = note._replace(message=_COMBINED + note.message) if combined else note
                    yield Change(note.at, {"type": kind, "object": _object(told, kept)})

    def _within_quota(self, note: Note) -> bool:
        # Real clusters lose Killing too; here it is kept: a Pod without an end reads like a fault.
        if note.source.action or note.reason == "Killing":
            return True
        key = (note.about, note.source)
        quota = self._quotas.get(key) or _Quota(note.at, _BURST)
        left = min(_BURST, quota.left + (note.at - quota.at) / _REFILL)
        self._quotas[key] = _Quota(note.at, left - 1 if left >= 1 else left)
        return left >= 1

    def _keep(self, note: Note) -> tuple[str, bool, _Kept]:
        """Whether the event is new or counted up, whether it stands for similar ones, and its state now."""
        combined = self._is_combined(note)
        key = (note.about, note.source, note.reason, note.field_path, "" if combined else note.message)
        kept = self._kept.get(key)
        if kept is not None and note.at - kept.last < HOUR:
            kept.count += 1
            kept.last = note.at
            return "MODIFIED", combined, kept
        self._forget_old(note.at)
        kept = self._kept[key] = _Kept(uid(self.seed, *key, note.at), note.at, note.at)
        return "ADDED", combined, kept

    def _is_combined(self, note: Note) -> bool:
        if note.source.action:
            return False
        messages = self._similar.setdefault((note.about, note.source, note.reason), {})
        if messages and note.at - max(messages.values()) > _COMBINE_WITHIN:
            messages.clear()
        messages[note.message] = note.at
        return len(messages) >= _COMBINE_AFTER

    def _forget_old(self, now: int) -> None:
        if len(self._quotas) > _MANY:
            full = _BURST * _REFILL
            self._quotas = {key: quota for key, quota in self._quotas.items() if now - quota.at < full}
        if len(self._kept) > _MANY:
            self._kept = {key: kept for key, kept in self._kept.items() if now - kept.last < HOUR}
        if len(self._similar) > _MANY:
            self._similar = {
                key: messages
                for key, messages in self._similar.items()
                if now - max(messages.values()) <= _COMBINE_WITHIN
            }


def _object(note: Note, kept: _Kept) -> dict[str, Any]:
    about, source = note.about, note.source
    nanoseconds = kept.first * 1_000_000 + int(kept.uid[:5], 16) % 1_000_000
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {
            "name": f"{about.name}.{nanoseconds:x}",
            "namespace": about.namespace or "default",
            "uid": kept.uid,
            "resourceVersion": str(revision(note.at)),
            "creationTimestamp": rfc3339(kept.first),
        },
        "involvedObject": _involved(note, kept.first),
        "reason": note.reason,
        "message": note.message,
        **(_series_times(kept, source) if source.action else _core_times(kept, source)),
        "type": note.level,
    }


def _involved(note: Note, first: int) -> dict[str, str]:
    about = note.about
    involved = {"kind": about.kind}
    if about.namespace:
        involved["namespace"] = about.namespace
    involved["name"] = about.name
    if about.uid:
        involved["uid"] = about.uid
        involved["apiVersion"] = about.api_version
    if about.uid and about.kind != "Node":
        involved["resourceVersion"] = str(revision(first) - 5)
    if note.field_path:
        involved["fieldPath"] = note.field_path
    return involved


def _core_times(kept: _Kept, source: Source) -> dict[str, Any]:
    return {
        "source": {"component": source.component, **({"host": source.host} if source.host else {})},
        "firstTimestamp": rfc3339(kept.first),
        "lastTimestamp": rfc3339(kept.last),
        "count": kept.count,
        "eventTime": None,
        "reportingComponent": source.component,
        "reportingInstance": source.host,
    }


def _series_times(kept: _Kept, source: Source) -> dict[str, Any]:
    series = {"count": kept.count, "lastObservedTime": _micro(kept.last, kept.uid)}
    return {
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": _micro(kept.first, kept.uid),
        **({"series": series} if kept.count > 1 else {}),
        "action": source.action,
        "reportingComponent": source.component,
        "reportingInstance": f"{source.component}-{_SCHEDULER_HOST}",
    }


def rfc3339(at: int) -> str:
    return f"{_second(at // 1000)}Z"


@lru_cache(maxsize=512)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _micro(at: int, salt: str) -> str:
    return f"{_second(at // 1000)}.{at % 1000:03}{int(salt[:3], 16) % 1000:03}Z"
