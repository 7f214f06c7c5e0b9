"""What the parts ask of each other. Adapters need not inherit; tests pass small fakes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Protocol

from eventcenter.alerted import (
    AlertRecord,
    JudgeState,
    JudgeStatus,
    LogEntry,
    Notices,
    Notification,
    Outcome,
    RouteMatch,
    Silence,
)
from eventcenter.containerlogs import ContainerLog, KeptLog, LogQuestion
from eventcenter.forwarded import DeadLetter, SinkStatus, SinkTest
from eventcenter.model import (
    Answer,
    Batch,
    Event,
    EventDetail,
    KeptPosition,
    LogPage,
    Overview,
    Page,
    QueryDraft,
    Question,
    Retention,
    RetentionStatus,
    SavedQuery,
    StoredChange,
    StoreStatus,
    StreamStatus,
)
from eventcenter.query import EventQuery
from eventcenter.usage import Going, Usage

Clock = Callable[[], int]
"""Milliseconds since 1970 in UTC."""

Deliver = Callable[[Batch], None]
"""Hand a batch over to be stored. Blocks while the store is behind (that slows the watch down: nothing is dropped)
and raises `StoreError` once the store has been closed."""


class PositionKeeper(Protocol):
    def position(self, stream: str) -> str | None:
        """The committed resourceVersion of the stream; None when it has to be listed first."""


class EventReader(Protocol):
    """Reads of one instance's store. Every method may be called from any thread."""

    def list_events(self, query: EventQuery) -> Page:
        """Events that match, newest first (`order="asc"`: oldest first). A search that takes long ends early
        (`Page.searched_to`) and goes on with `next`. QuerySyntaxError for a bad cursor."""

    def answer(self, question: Question, cancelled: Callable[[], bool] = ...) -> Answer:
        """A query of a user, `search | SQL`. QuerySyntaxError where it is wrong, QueryLimit (QueryTimeout,
        QueryTooLarge, TooManyQueries) where it may not go on; QueryCancelled once `cancelled` says so."""

    def event(self, uid: str) -> EventDetail:
        """NotFoundError when there is none."""

    def changes(self, after: int, limit: int) -> list[StoredChange]:
        """Changes with a seq greater than `after`, oldest first, at most `limit`."""

    def read_log(self, after: int, limit: int) -> LogPage:
        """As `changes`, with the number to go on after."""

    def raws(self, seqs: list[int]) -> dict[int, dict[str, Any]]:
        """The raw objects, as they are now, of the events of these changes; what is deleted is left out."""

    def before_time(self, time: int) -> int:
        """The number after which every change of `time` (ms, of its whole second) or later comes."""

    def wait_for_change(self, after: int, timeout: float) -> int:
        """Return the newest seq as soon as it is greater than `after`, or what it is after `timeout` seconds."""

    def overview(self, from_time: int, to_time: int, zone: tzinfo, now: int) -> Overview: ...

    def saved_queries(self) -> list[SavedQuery]:
        """In the order of their places."""

    def usage(self, from_time: int, to_time: int, now: int, limit: int) -> Usage:
        """What is stored and how much room it takes, in all and in the range; at most `limit` of each list."""

    def values(self, field: str, from_time: int, to_time: int, limit: int = 200) -> list[str]:
        """Values of a filter field (`query.FIELDS` but `name`) in the range, most frequent first."""


class QueryKeeper(Protocol):
    """Changes the saved queries of an instance. ConflictError for the name of another one, NotFoundError for an id
    that there is not."""

    def create(self, draft: QueryDraft) -> SavedQuery: ...

    def replace(self, id: int, draft: QueryDraft) -> SavedQuery: ...

    def delete(self, id: int) -> None: ...


class ConsumerPositions(Protocol):
    """Where named consumers are, kept with the events. StoreError when the store refuses."""

    def kept(self) -> list[KeptPosition]:
        """By name."""

    def keep(self, name: str, seq: int, now: int) -> None:
        """Returns once it is committed."""

    def forget(self, name: str) -> bool:
        """Whether there was one."""


class ChangeLog(Protocol):
    """What a sink reads: a part of `EventReader`."""

    def read_log(self, after: int, limit: int) -> LogPage: ...

    def raws(self, seqs: list[int]) -> dict[int, dict[str, Any]]: ...

    def before_time(self, time: int) -> int: ...

    def wait_for_change(self, after: int, timeout: float) -> int: ...


class DeliveryKeeper(Protocol):
    """What sinks keep in the store. Every write returns once it is committed; StoreError when the store refuses."""

    def position(self, sink: str) -> int | None:
        """Everything up to this number is delivered; None for a sink that never was."""

    def positions(self) -> dict[str, KeptPosition]:
        """Of the sinks that are set up."""

    def state(self, sink: str) -> bytes | None:
        """What `keep` was given beside the position."""

    def keep(
        self, sink: str, seq: int, now: int, *, state: bytes | None = None, dead: Sequence[DeadLetter] = ()
    ) -> None:
        """The position, the state (None: as it is) and new dead letters, together."""

    def retire(self, configured: Iterable[str]) -> None:
        """All other sinks are not set up any more: nothing waits for them."""

    def forget(self, sink: str) -> None:
        """Everything about a sink."""

    def dead_letters(self, sink: str, limit: int = 100, *, again: bool = False) -> list[DeadLetter]:
        """Newest first; with `again` only those that wait to be sent again, oldest first."""

    def dead_counts(self) -> dict[str, int]: ...

    def send_again(self, sink: str, ids: Sequence[int] | None = None) -> int:
        """Mark these (None: all) to be sent again; how many there were."""

    def drop(self, sink: str, ids: Sequence[int] | None = None) -> int:
        """Delete these (None: all); how many there were."""


class AlertKeeper(Protocol):
    """What is kept of alerts. `keep` returns once it is committed; StoreError when the store refuses."""

    def state(self) -> JudgeState | None: ...

    def keep(
        self,
        state: JudgeState,
        changed: Sequence[AlertRecord],
        passed: Sequence[AlertRecord],
        now: int,
        notices: Notices | None = None,
    ) -> None:
        """The state, the alerts that have changed, those that were pending and are nothing any more, and who is to be
        told: all of it or nothing."""

    def active(self) -> list[AlertRecord]:
        """Pending and firing, the latest first."""

    def history(self, since: int, until: int, limit: int) -> list[AlertRecord]:
        """Resolved in that time, the latest first."""


class CrashLogKeeper(Protocol):
    """What is kept of container logs. A change is named by its number. Every write returns once it is committed;
    StoreError when the store refuses."""

    def position(self) -> int | None:
        """Everything up to this number has been looked at; None before the first time."""

    def keep_position(self, seq: int, now: int) -> None: ...

    def keep(self, seq: int, kept: KeptLog) -> None:
        """With the event of that change, instead of what was kept with it before."""

    def of_event(self, seq: int) -> KeptLog | None: ...


class LogDesk(Protocol):
    """Container logs, as pages and API know them."""

    def kept(self, event: Event) -> ContainerLog | None:
        """The snapshot of crash time."""

    def log(self, event: Event, asked: LogQuestion) -> ContainerLog:
        """NotFoundError: there is none and never will be; Forbidden: the right is missing; ClusterError: the cluster
        does not answer."""


class NotificationKeeper(Protocol):
    """Silences, and what was told or is to be. Writes return once they are committed; StoreError when the store
    refuses."""

    def state(self) -> bytes | None:
        """Of notifying, as `AlertKeeper.keep` was given it."""

    def silences(self, ends_after: int) -> list[Silence]:
        """The latest to end first."""

    def add_silence(self, silence: Silence) -> Silence:
        """With its id."""

    def end_silence(self, id: int, now: int) -> None:
        """NotFoundError for one that there is not."""

    def awaited(self) -> list[str]:
        """Receivers for whom something waits."""

    def waiting(self, receiver: str) -> list[Notification]:
        """What its channel does not have yet, in order."""

    def done(self, id: int, outcome: Outcome, now: int, error: str = "") -> None:
        """A channel has it, or has refused it."""

    def tried(self, id: int, error: str) -> None:
        """It did not get through and still waits."""

    def log(self, limit: int) -> list[LogEntry]:
        """The latest first."""


class AlertDesk(Protocol):
    """The alerts of a center, as pages and API know them."""

    def active(self) -> list[AlertRecord]: ...

    def history(self, since: int, until: int, limit: int) -> list[AlertRecord]: ...

    def rules(self) -> list[dict[str, Any]]:
        """All rules, as they are written."""

    def titles(self, language: str) -> dict[str, str]:
        """By the name of the rule."""

    def status(self) -> JudgeStatus: ...


class NotificationDesk(Protocol):
    """Routes, silences and notifications of a center, as pages and API know them."""

    def routes(self, labels: Mapping[str, str]) -> list[RouteMatch]:
        """Who would be told of an alert with these labels. Empty: nobody."""

    def receivers(self) -> list[str]:
        """All that are named in routes."""

    def silences(self, since: int) -> list[Silence]:
        """Those that end after that, the latest to end first."""

    def silence(self, silence: Silence) -> Silence:
        """From now on. With its id. QuerySyntaxError for a wrong matcher."""

    def end_silence(self, id: int) -> None:
        """NotFoundError for one that there is not."""

    def covered(self, silence: Silence, alerts: Iterable[AlertRecord]) -> list[AlertRecord]:
        """Those of the active alerts that it matches, whatever the time is. QuerySyntaxError for a wrong matcher."""

    def acknowledge(self, alert: AlertRecord, author: str, reason: str, length: int) -> Silence:
        """Say nothing more of this alert for so long (ms), or until it is over."""

    def notifications(self, limit: int) -> list[LogEntry]:
        """What was told, what waits, and what was not told and why; the latest first."""


class SinkDesk(Protocol):
    """The sinks of a center, as pages and API know them. No answer holds a secret."""

    def statuses(self) -> list[SinkStatus]:
        """By name."""

    def kinds(self) -> list[dict[str, Any]]:
        """All kinds with their options, for forms and help."""

    def dead_letters(self, name: str, limit: int = 100) -> list[DeadLetter]:
        """Newest first. NotFoundError for a sink that there is not."""

    def send_again(self, name: str, ids: Sequence[int] | None = None) -> int: ...

    def drop(self, name: str, ids: Sequence[int] | None = None) -> int: ...

    def test(self, uri: str) -> SinkTest:
        """Send one test event to an address entered in the page. ConfigError for a wrong address."""

    def test_sink(self, name: str) -> SinkTest:
        """The same for a sink that is set up. NotFoundError."""

    def add(self, uri: str) -> SinkStatus:
        """Set up a sink from the page. ConfigError, ConflictError."""

    def remove(self, name: str) -> None:
        """Of the page. NotFoundError; ConflictError for a sink of the settings."""


class Center(Protocol):
    """What the pages know of the running center."""

    @property
    def instance(self) -> str: ...

    @property
    def demo(self) -> bool:
        """Whether the events are simulated, which every page and answer must say."""

    @property
    def reader(self) -> EventReader: ...

    @property
    def now(self) -> Clock: ...

    @property
    def queries(self) -> QueryKeeper: ...

    @property
    def labels(self) -> Mapping[str, str]:
        """What the settings add to every record."""

    @property
    def positions(self) -> ConsumerPositions: ...

    @property
    def alerts(self) -> AlertDesk | None:
        """None where nothing is judged."""

    @property
    def logs(self) -> LogDesk | None:
        """None where no container logs are read (the playground, or switched off)."""

    @property
    def notices(self) -> NotificationDesk | None:
        """None where nobody is told of alerts."""

    @property
    def sinks(self) -> SinkDesk | None:
        """None where nothing is forwarded (the playground)."""

    def streams(self) -> list[StreamStatus]: ...

    def store(self) -> StoreStatus: ...

    def retention(self) -> RetentionStatus: ...

    def going(self, kept: Retention) -> Going:
        """What that retention would delete if it were in force now. It deletes nothing."""

    def ready(self) -> list[str]:
        """Why the center is not ready, one line each; empty when it is."""
