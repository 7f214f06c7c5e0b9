"""The shapes of the contract that more than one way out uses: times as RFC 3339, an event as JSON, a record.

API, pages, command line and sinks all show events through these, so that they can never disagree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from eventcenter.alerted import AlertRecord, LogEntry, RouteMatch, Silence
from eventcenter.containerlogs import ContainerLog
from eventcenter.forwarded import DeadLetter, SinkStatus, SinkTest
from eventcenter.model import Event, Retention
from eventcenter.sizing import Cost, Forecast, Rate
from eventcenter.usage import Amount, Going, NamedUsage, Usage, added_up

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999
_DAY = 86_400_000

EVENT_FIELDS = (
    "seq", "uid", "instance", "level", "reason", "kind", "namespace", "name", "object_uid", "field_path",
    "message", "component", "hostname", "count", "first_time", "last_time", "action", "problem", "api_version",
)  # fmt: skip
"""In the order of the contract (design part 3)."""


def moment(time: int) -> datetime:
    """A time in ms as a datetime; what Python's calendar cannot hold becomes its first or last moment."""
    return _EPOCH + timedelta(milliseconds=min(max(time, _FIRST), _LAST))


def local(time: int, zone: tzinfo | None = None) -> datetime:
    """For display, in `zone` (None: this machine's). A day away from the ends of the calendar, so that no offset
    leads beyond them."""
    return moment(min(max(time, _FIRST + _DAY), _LAST - _DAY)).astimezone(zone)


def rfc3339(time: int) -> str:
    """In UTC; milliseconds are written only where there are any."""
    text = moment(time).isoformat(timespec="milliseconds" if time % 1000 else "seconds")
    return text.removesuffix("+00:00") + "Z"


def event_shape(event: Event) -> dict[str, Any]:
    """The event of the contract."""
    shape = {name: getattr(event, name) for name in EVENT_FIELDS}
    shape["first_time"] = rfc3339(event.first_time)
    shape["last_time"] = rfc3339(event.last_time)
    return shape


def record_shape(event: Event, raw: dict[str, Any], labels: Mapping[str, str]) -> dict[str, str]:
    """The flat record of the hosted event center (design part 4): `event_id` is the whole object as a string, `labels`
    those of the instance."""
    record = {"hostname": event.hostname, "level": event.level}
    if event.kind == "Pod":
        record |= {"pod_id": event.object_uid, "pod_name": event.name}
    return record | {"event_id": json_bytes(raw).decode()} | dict(labels)


def json_bytes(value: Any) -> bytes:
    """As JSON on one line. Half a surrogate pair can only be written escaped."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def usage_shape(usage: Usage, forecast: Forecast, kept: Retention) -> dict[str, Any]:
    """What is stored and what it will come to, as `GET /api/v1/usage` and `usage -o json` show it."""
    space, growth = usage.space, forecast.growth
    return {
        "time": rfc3339(usage.now),
        "stored": {
            **_amount(added_up(usage.total.values())),
            "since": None if usage.since is None else rfc3339(usage.since),
            "levels": _levels(usage.total),
        },
        "file": {"bytes": space.file, "used_bytes": space.used, "free_bytes": space.free},
        "disk": {"free_bytes": space.disk_free, "total_bytes": space.disk_total},
        "days": [
            {"day": rfc3339(day.time)[:10], **_amount(day.amount), "levels": _levels(day.levels)}
            for day in usage.days
        ],
        "namespaces": [_named(entry) for entry in usage.namespaces],
        "reasons": [_named(entry) for entry in usage.reasons],
        "kinds": [_named(entry) for entry in usage.kinds],
        "namespace_reasons": {
            "from_day": rfc3339(usage.pairs_from)[:10],
            "rows": [
                {"namespace": pair.namespace, "reason": pair.reason, **_amount(pair.amount)}
                for pair in usage.pairs
            ],
        },
        "growth": {
            "days": growth.days,
            "a_day": _rate(growth.week),
            "a_day_before": _rate(growth.before),
            "change": None if growth.change is None else round(growth.change, 4),
        },
        "retention": _retention(kept),
        "settles_at": None if forecast.settled is None else _cost(forecast.settled),
        "disk_full_in_days": forecast.full_in_days,
        "other_retentions": [_cost(cost) for cost in forecast.alternatives],
    }


def sink_shape(sink: SinkStatus) -> dict[str, Any]:
    """A sink, as `GET /api/v1/sinks` and `sinks list -o json` show it."""
    return {
        "name": sink.name,
        "kind": sink.kind,
        "address": sink.address,
        "origin": sink.origin,
        "for_people": sink.for_people,
        "state": sink.state.value,
        "seq": sink.seq,
        "lag": sink.lag,
        "lag_seconds": sink.lag_ms / 1000,
        "sent": sink.sent,
        "failed": sink.failed,
        "retried": sink.retried,
        "dead": sink.dead,
        "last_sent": _maybe(sink.last_sent),
        "last_error": sink.last_error,
        "last_error_time": _maybe(sink.last_error_at),
        "retry_at": _maybe(sink.retry_at),
        "notices": list(sink.notices),
    }


def _maybe(time: int | None) -> str | None:
    return None if time is None else rfc3339(time)


def alert_shape(alert: AlertRecord, title: str) -> dict[str, Any]:
    """An alert, as `GET /api/v1/alerts` shows it."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "title": title,
        "severity": alert.severity,
        "state": alert.state,
        "labels": alert.labels,
        "since": rfc3339(alert.since),
        "fired": _maybe(alert.fired),
        "resolved": _maybe(alert.resolved),
        "newest": rfc3339(alert.newest),
        "occurrences": alert.occurrences,
        "names": alert.names,
        "message": alert.message,
        "why": alert.why or None,
    }


def container_log_shape(log: ContainerLog) -> dict[str, Any]:
    """A log, as `GET /api/v1/events/{uid}/logs` shows it."""
    return {
        "container": log.container,
        "previous": log.previous,
        "source": log.source,
        "time": rfc3339(log.time),
        "text": log.text,
        "truncated": log.truncated,
        "reason": log.reason or None,
    }


def silence_shape(silence: Silence, now: int) -> dict[str, Any]:
    return {
        "id": silence.id,
        "matchers": list(silence.matchers),
        "starts": rfc3339(silence.starts),
        "ends": rfc3339(silence.ends),
        "author": silence.author,
        "reason": silence.reason,
        "created": rfc3339(silence.created),
        "before": _maybe(silence.before),
        "state": "ended" if silence.ends <= now else "active" if silence.starts <= now else "pending",
    }


def log_entry_shape(entry: LogEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "time": rfc3339(entry.time),
        "outcome": entry.outcome.value,
        "receivers": list(entry.receivers),
        "labels": entry.labels,
        "reason": entry.reason,
        "rules": list(entry.rules),
        "firing": entry.firing,
        "resolved": entry.resolved,
        "next": _maybe(entry.next),
        "delivered": _maybe(entry.delivered),
        "error": entry.error or None,
    }


def route_shape(route: RouteMatch) -> dict[str, Any]:
    """Lengths of time in seconds."""
    return {
        "route": route.route,
        "receivers": list(route.receivers),
        "group_by": list(route.group_by),
        "group_wait": route.group_wait // 1000,
        "group_interval": route.group_interval // 1000,
        "repeat_interval": [step // 1000 for step in route.repeat],
    }


def sink_test_shape(test: SinkTest) -> dict[str, Any]:
    return {"ok": test.ok, "text": test.text, "message": test.message}


def dead_letter_shape(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "seq": letter.seq,
        "about": letter.about,
        "reason": letter.reason,
        "time": rfc3339(letter.refused),
        "again": letter.again,
    }


def going_shape(going: Going) -> dict[str, Any]:
    """What a retention would delete now."""
    return {
        "retention": _retention(going.kept),
        "events": going.events,
        "stored": going.stored,
        "freed_bytes": going.freed,
        "days": [
            {"day": rfc3339(row.time)[:10], "level": row.level, "events": row.events} for row in going.days
        ],
    }


def _amount(amount: Amount) -> dict[str, int]:
    return {"events": amount.events, "occurrences": amount.occurrences, "bytes": amount.bytes}


def _levels(levels: dict[str, Amount]) -> list[dict[str, Any]]:
    return [{"level": level, **_amount(levels[level])} for level in sorted(levels)]


def _named(entry: NamedUsage) -> dict[str, Any]:
    return {"value": entry.value, **_amount(entry.amount), "share": round(entry.share, 4)}


def _rate(rate: Rate | None) -> dict[str, int] | None:
    if rate is None:
        return None
    return {"events": round(rate.events), "occurrences": round(rate.occurrences), "bytes": round(rate.bytes)}


def _retention(kept: Retention) -> dict[str, float | int | None]:
    return {
        "normal_days": round(kept.normal_ms / _DAY, 3),
        "warning_days": round(kept.warning_ms / _DAY, 3),
        "max_bytes": kept.max_bytes,
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {**_retention(cost.kept), "events": cost.events, "bytes": cost.bytes, "fits": cost.fits}
