"""The nouns: what an event, a change of it, and the state of collecting are. Depends on nothing of ours.

All times are integer milliseconds since 1970 in UTC; `serialize` in `web` and the CLI turn them into RFC 3339.
The structs are msgspec's because one is made for every change of the hot path (about 0.5 µs, a frozen dataclass 3 µs).
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One Kubernetes Event object as the contract shows it (design part 3)."""

    uid: str
    """metadata.uid; for an object without one `name:NAMESPACE/NAME`, so that its changes still meet."""
    level: str
    """`type`: Normal or Warning; anything else is kept as it came, an empty one is Normal."""
    reason: str = ""
    kind: str = ""
    """Kind, namespace, name, uid and field path of the object that the event is about."""
    namespace: str = ""
    """Of the object; for a cluster-scoped object (a Node) empty, although the Event itself lies in `default`."""
    name: str = ""
    object_uid: str = ""
    field_path: str = ""
    message: str = ""
    component: str = ""
    """source.component, else reportingComponent (events.k8s.io: reportingController)."""
    hostname: str = ""
    """source.host; for an event about a Node its name."""
    count: int = 1
    first_time: int
    last_time: int
    """The event time: series.lastObservedTime, else lastTimestamp, else eventTime, else creationTimestamp."""
    action: str = ""
    problem: str = ""
    """Id of the catalogue entry that the event matches (`pod-oom-killed`), else empty."""
    api_version: str = ""
    """Of the object that the event is about (`apps/v1`)."""
    seq: int = 0
    """Number of its newest change; 0 until stored."""
    instance: str = ""


class ChangeType(enum.Enum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    """The cluster has forgotten the event (expiry in etcd). The store keeps it."""


class Change(msgspec.Struct, frozen=True):
    """One delivery of an event by the cluster, normalized, on its way into the store."""

    type: ChangeType
    event: Event
    resource_version: str
    raw: dict[str, Any]
    """The object as it came, without `metadata.managedFields`."""


class Batch(msgspec.Struct, frozen=True):
    """Changes of one stream that are committed in one transaction, together with the position after them."""

    stream: str
    """`events` for the whole cluster, `events/NAMESPACE` for one namespace, `import` and so on for others."""
    changes: list[Change]
    position: str | None = None
    """The resourceVersion to watch on from once `changes` are stored; None: leave the position as it is
    (the pages of a list are not in order, only its end gives a position)."""
    forget_position: bool = False
    """The position is known to be useless (410, or from before a restored etcd): list at the next start."""


class StoredChange(msgspec.Struct, frozen=True):
    """One entry of the change log: the event as it was at this change (`event.seq` is the change's number)."""

    event: Event
    occurrences: int
    """How many occurrences this change added: the increase of `count`; 0 when only other fields changed."""


class LogPage(msgspec.Struct, frozen=True):
    """The next changes after a number."""

    changes: list[StoredChange]
    next: int
    """The number to go on after. Numbers have no gaps: those up to it that are not in `changes` have been deleted."""


class KeptPosition(msgspec.Struct, frozen=True, kw_only=True):
    """How far a named consumer has read, as it is kept. Times in ms."""

    name: str
    seq: int
    updated: int
    waiting_since: int | None
    """The time of the oldest change that it has not read; None when there is none."""


class ConsumerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A named consumer as people see it."""

    name: str
    seq: int
    """Everything up to here is acknowledged."""
    lag: int
    """Numbers of changes behind the newest."""
    lag_ms: int
    """Age of the oldest change that is not acknowledged; 0 when all are."""
    asked: int
    """When it asked last, to ten minutes where the center was started after that (ms)."""
    search: str | None
    """Its search, as it was written; None: not known since the center was started."""


class Occurrence(msgspec.Struct, frozen=True):
    """One change of an event, for its history."""

    seq: int
    time: int
    count: int
    occurrences: int
    message: str


class EventDetail(msgspec.Struct, frozen=True):
    event: Event
    raw: dict[str, Any]
    occurrences: list[Occurrence]


class Page(msgspec.Struct, frozen=True):
    """One page of a list; `next` is the cursor of the following page, None at the end."""

    events: list[Event]
    next: str | None
    searched_to: int | None = None
    """The time (ms) that the search came to before the time for one page was used up; None: the page is complete.
    `next` goes on from there, and the page may hold few events or none."""


class Phase(enum.StrEnum):
    STARTING = "starting"
    LISTING = "listing"
    WATCHING = "watching"
    RETRYING = "retrying"
    STOPPED = "stopped"


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one list+watch, as `/metrics`, `/readyz` and the pages show it. Times in ms, None: not yet."""

    stream: str
    phase: Phase = Phase.STARTING
    established: bool = False
    """The takeover list is complete and the watch answered at least once since start."""
    connected_since: int | None = None
    last_change: int | None = None
    """When the newest change arrived (our clock)."""
    lag_ms: int | None = None
    """Arrival minus event time of the newest ADDED change that was not taken over by a list."""
    reconnects: int = 0
    """How often a watch ended otherwise than by its own time limit."""
    relists: int = 0
    """How often the cluster's events were listed again (410, a restored etcd); the first list does not count."""
    malformed: int = 0
    error: str | None = None
    """Why it is retrying, one line; None while all is well."""
    retry_at: int | None = None


class StoreStatus(msgspec.Struct, frozen=True, kw_only=True):
    writable: bool
    error: str | None
    seq: int
    """Number of the newest change."""
    changes_written: int
    duplicates: int
    """Deliveries that told nothing new (relists, replays) and were not stored."""
    queued: int
    """Changes taken from the watch and not yet committed."""
    last_commit: int | None
    size_bytes: int
    notices: tuple[str, ...] = ()
    """What happened to the file since the start (damaged, removed), a line each: collecting goes on all the same."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long events are kept (ms), by level; any other level stays as long as the longer of both."""

    normal_ms: int
    warning_ms: int
    max_bytes: int | None = None
    """How large the file may become; None: any size."""

    def of(self, level: str) -> int:
        by_level = {"Normal": self.normal_ms, "Warning": self.warning_ms}
        return by_level.get(level, max(self.normal_ms, self.warning_ms))


class RetentionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What retention has deleted since the start."""

    events: int = 0
    undelivered: int = 0
    """Of them, those that a sink had not delivered."""
    last_run: int | None = None
    seconds: float = 0.0
    """What the last run took of the writer's time."""
    error: str | None = None
    """Why the last run failed."""
    kept: Retention | None = None
    """What is kept now; None where nothing is deleted by itself."""


class OverviewTotals(msgspec.Struct, frozen=True):
    """Occurrences in a time range. `errors` are those of catalogue problems of severity critical or high."""

    total: int = 0
    normal: int = 0
    warning: int = 0
    errors: int = 0


class TrendBucket(msgspec.Struct, frozen=True):
    time: int
    normal: int
    warning: int
    errors: int


class TopEntry(msgspec.Struct, frozen=True):
    value: str
    occurrences: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    from_time: int
    to_time: int
    totals: OverviewTotals
    errors_today: int
    errors_yesterday: int
    """Yesterday's errors in the same hours, midnight to now, of the asked time zone."""
    trend: list[TrendBucket]
    bucket_ms: int
    top_reasons: list[TopEntry]
    top_namespaces: list[TopEntry]
    top_nodes: list[TopEntry]
    oom: list[Event]
    """Newest events of out-of-memory kills, the exact Pod where it is known."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A query of a user: `search`, or `search | SQL`. Times in ms, `from_time` inclusive, `to_time` exclusive."""

    text: str
    now: int
    """What `now()` says."""
    from_time: int | None = None
    to_time: int | None = None
    limit: int | None = None
    """At most so many rows; None: what the LIMIT of the SQL says, and 100 without one."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    columns: list[str]
    rows: list[list[Any]]
    """Texts, numbers, true, false and null; times, lists and objects are texts."""
    truncated: bool
    """Whether there is more than `rows` shows (and no LIMIT of the query itself cut it)."""
    elapsed_ms: float = 0.0


class QueryDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A query as somebody wants it kept."""

    name: str
    query: str
    range: str = "-24h"
    """How far back it looks, relative to now."""
    chart: str = "table"
    on_board: bool = False
    place: int | None = None
    """Its place among all, the smallest first; None: behind the others, or where it is."""


class SavedQuery(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    query: str
    range: str
    chart: str
    on_board: bool
    place: int
