"""What the parts ask of each other. Adapters need not inherit; tests pass small fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, Protocol

from eventcenter.model import (
    Answer,
    Batch,
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

    def streams(self) -> list[StreamStatus]: ...

    def store(self) -> StoreStatus: ...

    def retention(self) -> RetentionStatus: ...

    def going(self, kept: Retention) -> Going:
        """What that retention would delete if it were in force now. It deletes nothing."""

    def ready(self) -> list[str]:
        """Why the center is not ready, one line each; empty when it is."""
