"""A center without a cluster or a store: a few hundred events in memory, hostile ones among them."""

from __future__ import annotations

import fnmatch
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from eventcenter.errors import ConflictError, NotFoundError, QuerySyntaxError, StoreError
from eventcenter.model import (
    Answer,
    Event,
    EventDetail,
    KeptPosition,
    LogPage,
    Occurrence,
    Overview,
    OverviewTotals,
    Page,
    Phase,
    QueryDraft,
    Question,
    Retention,
    RetentionStatus,
    SavedQuery,
    StoredChange,
    StoreStatus,
    StreamStatus,
    TopEntry,
    TrendBucket,
)
from eventcenter.query import GLOB_FIELDS, EventQuery
from eventcenter.rules import ERROR_SEVERITIES, built_in
from eventcenter.search import matches
from eventcenter.usage import Amount, DayGoing, DayUsage, Going, NamedUsage, PairUsage, Space, Usage, added_up
from tests.web.fake_alerts import FakeAlerts
from tests.web.fake_logs import FakeLogs
from tests.web.fake_notices import FakeNotices
from tests.web.fake_sinks import FakeDesk

NOW = 1_795_413_600_000  # 2026-11-23T06:00:00Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

SEVERE = built_in().with_severity(ERROR_SEVERITIES)

# reason, level, kind, component, message
PATTERNS = [
    ("Scheduled", "Normal", "Pod", "default-scheduler", "Successfully assigned {ns}/{name} to {node}"),
    (
        "Pulled",
        "Normal",
        "Pod",
        "kubelet",
        'Container image "registry.example/shop/{app}:v1.41" already present',
    ),
    ("Created", "Normal", "Pod", "kubelet", "Created container {app}"),
    ("Started", "Normal", "Pod", "kubelet", "Started container {app}"),
    ("Killing", "Normal", "Pod", "kubelet", "Stopping container {app}"),
    ("BackOff", "Warning", "Pod", "kubelet", "Back-off restarting failed container {app} in pod {name}_{ns}"),
    ("Unhealthy", "Warning", "Pod", "kubelet", "Readiness probe failed: Get http://10.1.4.7:8080: timeout"),
    (
        "FailedScheduling",
        "Warning",
        "Pod",
        "default-scheduler",
        "0/3 nodes available: 3 Insufficient memory.",
    ),
    (
        "PodOOMKilling",
        "Warning",
        "Pod",
        "node-problem-detector",
        "pod was OOM killed. pod:{name} namespace:{ns}",
    ),
    ("NodeNotReady", "Normal", "Node", "kubelet", "Node {node} status is now: NodeNotReady"),
    (
        "ScalingReplicaSet",
        "Normal",
        "Deployment",
        "deployment-controller",
        "Scaled up replica set {app} to 3",
    ),
]
APPS = ["checkout", "cart", "payments-api", "search-indexer", "frontend"]
NAMESPACES = ["shop", "payments", "monitoring", "kube-system", "生产环境"]
NODES = ["node-1", "node-2", "ip-10-0-13-201.eu-central-1.compute.internal"]

HOSTILE = [
    {"uid": "evil-script", "reason": "<script>alert(1)</script>", "name": '"><img src=x onerror=alert(1)>'},
    {"uid": "evil-rtl", "name": "invoice\u202egnp.exe", "message": "שלום \u202e reversed \u2066 isolate"},
    {
        "uid": "evil-control",
        "message": "bell \x07 null \x00 escape \x1b[31m red \x7f",
        "reason": "Con\x00trol",
    },
    {"uid": "evil-surrogate", "message": "half a pair \ud83d end", "name": "lone-\udc00"},
    {"uid": "evil-long-name", "name": "x" * 253, "namespace": "n" * 63, "reason": "R" * 128},
    {"uid": "evil-big", "message": "0123456789abcdef" * 98_304},
    {"uid": "../../../etc/passwd", "reason": "Traversal"},
    {"uid": "name:ns//odd name/?a=b#c%2f", "reason": "OddUid"},
    {"uid": "evil-空白", "name": "", "reason": "", "kind": "", "message": "", "namespace": ""},
    {"uid": "evil-chinese", "message": "容器因内存不足被终止,请检查内存上限。" * 20, "reason": "内存不足"},
    {"uid": "evil-future", "reason": "Future", "last_time": 9_999_999_999_999_999},
    {"uid": "evil-past", "reason": "Past", "first_time": -99_999_999_999_999_999},
    {"uid": "evil-level", "level": "Catastrophic <b>", "reason": "OddLevel"},
    {"uid": "evil-count", "count": 2**63 - 1, "reason": "ManyTimes", "problem": "no-such-problem"},
    {"uid": "evil-template", "message": "{{ 7 * 7 }} {% raw %} ${7*7}", "reason": "${jndi}"},
]


def make_event(seq: int, **given: Any) -> Event:
    reason, level, kind, component, message = PATTERNS[seq % len(PATTERNS)]
    app, namespace, node = APPS[seq % 5], NAMESPACES[seq % 5], NODES[seq % 3]
    name = node if kind == "Node" else f"{app}-6f7d9c{seq % 7}b58-x{seq % 97:02d}9p"
    time = NOW - (400 - seq) * 211_000
    values: dict[str, Any] = {
        "uid": f"00000000-0000-4000-8000-{seq:012d}",
        "level": level,
        "reason": reason,
        "kind": kind,
        "namespace": "" if kind == "Node" else namespace,
        "name": name,
        "object_uid": f"11111111-0000-4000-8000-{seq:012d}",
        "field_path": f"spec.containers{{{app}}}" if kind == "Pod" else "",
        "message": message.format(ns=namespace, name=name, node=node, app=app),
        "component": component,
        "hostname": "" if component == "default-scheduler" else node,
        "count": 1 + seq % 40 if level == "Warning" else 1,
        "first_time": time - 20 * MINUTE,
        "last_time": time,
        "api_version": "v1",
        "seq": seq,
        "instance": "default",
        **given,
    }
    event = Event(**values)
    problem = given.get("problem", built_in().classify(event))
    return Event(**{**values, "problem": problem})


def some_events() -> list[Event]:
    ordinary = [make_event(seq) for seq in range(1, 385)]
    hostile = [make_event(385 + at, **given) for at, given in enumerate(HOSTILE)]
    return ordinary + hostile


def raw_of(event: Event) -> dict[str, Any]:
    return {"metadata": {"uid": event.uid}, "message": event.message}


@dataclass
class FakePositions:
    """Positions of consumers in memory; `writes` counts."""

    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    writes: int = 0
    error: Exception | None = None

    def kept(self) -> list[KeptPosition]:
        return [
            KeptPosition(name=name, seq=seq, updated=updated, waiting_since=None)
            for name, (seq, updated) in sorted(self.rows.items())
        ]

    def keep(self, name: str, seq: int, now: int) -> None:
        if self.error is not None:
            raise self.error
        self.writes += 1
        self.rows[name] = seq, now

    def forget(self, name: str) -> bool:
        return self.rows.pop(name, None) is not None


@dataclass
class FakeReader:
    events: list[Event]
    error: Exception | None = None
    searched_to: int | None = None
    """As if a search had come only so far."""
    waited: list[tuple[int, float]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    question: Question | None = None
    questions: list[Question] = field(default_factory=list)
    saved: dict[int, SavedQuery] = field(default_factory=dict)
    answer_: Answer | None = None
    """What any query is answered with."""

    def add(self, event: Event) -> None:
        with self.arrived:
            self.events = [*(known for known in self.events if known.uid != event.uid), event]
            self.arrived.notify_all()

    def seq(self) -> int:
        return max((event.seq for event in self.events), default=0)

    def list_events(self, query: EventQuery) -> Page:
        self._check()
        found = [event for event in self.events if _matches(event, query)]
        found.sort(key=lambda event: event.seq, reverse=query.order == "desc")
        start = _cursor(query.cursor)
        rest = found[start + query.limit :]
        if self.searched_to is not None:
            found = [event for event in found if event.last_time >= self.searched_to]
            return Page(found, str(len(found)), self.searched_to)
        return Page(found[start : start + query.limit], str(start + query.limit) if rest else None)

    def answer(self, question: Question, cancelled: Callable[[], bool] = lambda: False) -> Answer:
        self._check()
        self.question = question
        self.questions.append(question)
        if "AS w, count(*) AS c" in question.text:  # the histogram of the query page
            return Answer(columns=["t", "w", "c"], rows=[["2026-11-23 05:45:00", 2, 5]], truncated=False)
        if self.answer_ is not None:
            return self.answer_
        return Answer(columns=["level", "c"], rows=[["Warning", 3]], truncated=False, elapsed_ms=1.5)

    def event(self, uid: str) -> EventDetail:
        self._check()
        for event in self.events:
            if event.uid == uid:
                return EventDetail(event, raw_of(event), _history(event))
        raise NotFoundError(f"there is no event with uid {uid[:100]!r}", hint="It may be older.")

    def changes(self, after: int, limit: int) -> list[StoredChange]:
        self._check()
        found = sorted((event for event in self.events if event.seq > after), key=lambda event: event.seq)
        return [StoredChange(event, 1) for event in found[:limit]]

    def read_log(self, after: int, limit: int) -> LogPage:
        found = self.changes(after, limit)
        return LogPage(found, found[-1].event.seq if len(found) == limit else max(after, self.seq()))

    def raws(self, seqs: list[int]) -> dict[int, dict[str, Any]]:
        self._check()
        return {event.seq: raw_of(event) for event in self.events if event.seq in seqs}

    def before_time(self, time: int) -> int:
        self._check()
        return min((event.seq - 1 for event in self.events if event.last_time >= time), default=self.seq())

    def wait_for_change(self, after: int, timeout: float) -> int:
        self.waited.append((after, timeout))
        with self.arrived:
            self.arrived.wait_for(lambda: self.seq() > after, timeout)
        return self.seq()

    def overview(self, from_time: int, to_time: int, zone: tzinfo, now: int) -> Overview:
        self._check()
        found = [event for event in self.events if from_time <= event.last_time < to_time]
        width = max((to_time - from_time) // 96, 1)
        trend = [
            TrendBucket(from_time + at * width, *_levels(found, from_time + at * width, width))
            for at in range(96)
        ]
        midnight = datetime.fromtimestamp(now / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
        today = int(midnight.timestamp() * 1000)
        yesterday = int((midnight - timedelta(days=1)).timestamp() * 1000)
        total, warning = sum(e.count for e in found), sum(e.count for e in found if e.level == "Warning")
        return Overview(
            from_time=from_time,
            to_time=to_time,
            totals=OverviewTotals(total, total - warning, warning, _errors(found, from_time, to_time)),
            errors_today=_errors(self.events, today, now + 1),
            errors_yesterday=_errors(self.events, yesterday, yesterday + now - today),
            trend=trend,
            bucket_ms=width,
            top_reasons=_top(found, "reason"),
            top_namespaces=_top(found, "namespace"),
            top_nodes=_top(found, "hostname"),
            oom=[event for event in reversed(found) if event.problem == "pod-oom-killed"][:10],
        )

    def saved_queries(self) -> list[SavedQuery]:
        if isinstance(self.error, StoreError):
            raise self.error
        return sorted(self.saved.values(), key=lambda one: (one.place, one.id))

    def values(self, field: str, from_time: int, to_time: int, limit: int = 200) -> list[str]:
        self._check()
        return [entry.value for entry in _top(self.events, _attribute(field))][:limit]

    def usage(self, from_time: int, to_time: int, now: int, limit: int) -> Usage:
        self._check()
        stored = [event for event in self.events if 0 <= event.last_time <= now]
        by_day: dict[int, list[Event]] = {}
        for event in stored:
            by_day.setdefault(event.last_time // DAY * DAY, []).append(event)
        days = [time for time in sorted(by_day) if from_time // DAY * DAY <= time < to_time]
        inside = [event for day in days for event in by_day[day]]
        return Usage(
            now=now,
            space=Space(file=9_000_000, used=8_000_000, disk_free=20 * 10**9, disk_total=40 * 10**9),
            total=_amounts(stored),
            since=min((event.last_time for event in stored), default=None),
            history=[DayUsage(day, _amounts(by_day[day])) for day in sorted(by_day)],
            days=[DayUsage(day, _amounts(by_day[day])) for day in days],
            namespaces=_named(inside, "namespace")[:limit],
            reasons=_named(inside, "reason")[:limit],
            kinds=_named(inside, "kind")[:limit],
            pairs=_pairs(inside)[:limit],
            pairs_from=days[0] if days else now // DAY * DAY,
        )

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


def _amounts(events: list[Event]) -> dict[str, Amount]:
    found: dict[str, Amount] = {}
    for event in events:
        found[event.level] = found.get(event.level, Amount()) + Amount(1, event.count, 500)
    return found


def _grouped(events: list[Event], *fields: str) -> dict[tuple[str, ...], Amount]:
    groups: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        groups.setdefault(tuple(getattr(event, name) for name in fields), []).append(event)
    sums = {key: added_up(_amounts(some).values()) for key, some in groups.items()}
    return dict(sorted(sums.items(), key=lambda item: -item[1].bytes))


def _named(events: list[Event], name: str) -> list[NamedUsage]:
    share = 1 / (500 * len(events)) if events else 0
    return [
        NamedUsage(value, amount, amount.bytes * share) for (value,), amount in _grouped(events, name).items()
    ]


def _pairs(events: list[Event]) -> list[PairUsage]:
    return [PairUsage(*key, amount) for key, amount in _grouped(events, "namespace", "reason").items()]


def _attribute(name: str) -> str:
    return "hostname" if name == "host" else name


def _matches(event: Event, query: EventQuery) -> bool:
    if not (query.from_time or 0) <= event.last_time < (query.to_time or 10**18):
        return False
    for name, accepted in query.filters.items():
        value = getattr(event, _attribute(name))
        if name in GLOB_FIELDS:
            if not any(fnmatch.fnmatchcase(value, glob.replace("[", "[[]")) for glob in accepted):
                return False
        elif value not in accepted:
            return False
    return matches(query.search, event)


def _cursor(text: str | None) -> int:
    if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise QuerySyntaxError(f"cursor {text[:40]!r} is not one of ours", hint="Begin without a cursor.")
    return int(text or 0)


def _history(event: Event) -> list[Occurrence]:
    times = range(min(event.count, 30))
    return [
        Occurrence(
            event.seq - at if at < event.seq else 0,
            event.last_time - at * 47_000,
            event.count - at,
            1,
            event.message,
        )
        for at in reversed(times)
    ]


def _levels(events: list[Event], start: int, width: int) -> tuple[int, int, int]:
    inside = [event for event in events if start <= event.last_time < start + width]
    warning = sum(event.count for event in inside if event.level == "Warning")
    return sum(e.count for e in inside) - warning, warning, _errors(inside, start, start + width)


def _errors(events: list[Event], start: int, end: int) -> int:
    return sum(e.count for e in events if e.problem in SEVERE and start <= e.last_time < end)


def _top(events: list[Event], name: str) -> list[TopEntry]:
    counts: Counter[str] = Counter()
    for event in events:
        if value := getattr(event, name):
            counts[value] += event.count
    return [TopEntry(value, count) for value, count in counts.most_common(10)]


WATCHING = StreamStatus(
    stream="events",
    phase=Phase.WATCHING,
    established=True,
    connected_since=NOW - DAY,
    last_change=NOW - 2_000,
    lag_ms=140,
    reconnects=3,
)


@dataclass
class FakeKeeper:
    saved: dict[int, SavedQuery]

    def create(self, draft: QueryDraft) -> SavedQuery:
        return self._kept(max(self.saved, default=0) + 1, draft)

    def replace(self, id: int, draft: QueryDraft) -> SavedQuery:
        self._check(id)
        return self._kept(id, draft)

    def delete(self, id: int) -> None:
        self._check(id)
        del self.saved[id]

    def _check(self, id: int) -> None:
        if id not in self.saved:
            raise NotFoundError(f"there is no saved query {id}")

    def _kept(self, id: int, draft: QueryDraft) -> SavedQuery:
        if any(one.name == draft.name and one.id != id for one in self.saved.values()):
            raise ConflictError("the name is taken", hint="Choose another.")
        place = id if draft.place is None else draft.place
        self.saved[id] = SavedQuery(
            id=id, name=draft.name, query=draft.query, range=draft.range, chart=draft.chart,
            on_board=draft.on_board, place=place,
        )  # fmt: skip
        return self.saved[id]


@dataclass
class FakeCenter:
    reader: FakeReader = field(default_factory=lambda: FakeReader(some_events()))
    instance: str = "default"
    demo: bool = False
    time: int = NOW
    stream: StreamStatus = WATCHING
    writable: bool = True
    reasons: list[str] = field(default_factory=list)
    positions: FakePositions = field(default_factory=FakePositions)
    labels: dict[str, str] = field(default_factory=lambda: {"clusterName": "shop"})
    sinks: FakeDesk | None = field(default_factory=FakeDesk)
    alerts: FakeAlerts | None = field(default_factory=FakeAlerts)
    logs: FakeLogs | None = field(default_factory=FakeLogs)
    notices: FakeNotices | None = field(default_factory=FakeNotices)

    @property
    def queries(self) -> FakeKeeper:
        return FakeKeeper(self.reader.saved)

    def now(self) -> int:
        return self.time

    def streams(self) -> list[StreamStatus]:
        return [self.stream]

    def store(self) -> StoreStatus:
        return StoreStatus(
            writable=self.writable,
            error=None if self.writable else "the disk is full",
            seq=self.reader.seq(),
            changes_written=self.reader.seq(),
            duplicates=7,
            queued=0,
            last_commit=self.time,
            size_bytes=4_100_000,
        )

    def retention(self) -> RetentionStatus:
        kept = Retention(normal_ms=30 * DAY, warning_ms=90 * DAY)
        return RetentionStatus(events=12, last_run=self.time - MINUTE, seconds=0.5, kept=kept)

    def going(self, kept: Retention) -> Going:
        events = self.reader.events
        gone = [event for event in events if event.last_time < self.time - kept.of(event.level)]
        days = [
            DayGoing(event.last_time // DAY * DAY, event.level, 1) for event in gone if event.last_time > 0
        ]
        return Going(kept=kept, days=days, events=len(gone), stored=len(events), freed=500 * len(gone))

    def ready(self) -> list[str]:
        return self.reasons
