"""Makes an Event or counts it up, and says what became of it."""

from __future__ import annotations

import enum
import itertools
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from npd.report.api import MERGE, Answer, Api
from npd.report.objects import Series, count_up, event_object
from npd.report.tally import Tally


class Outcome(enum.Enum):
    TOLD = "told"
    LATER = "later"
    """The server is in trouble: the same again, after a while."""
    FORBIDDEN = "forbidden"
    NEVER = "never"
    """The server will not take this one, however often it is asked."""


class Sending:
    """`host` is the node that tells, `event_namespace` where events about nodes lie."""

    def __init__(
        self, api: Api, host: str, event_namespace: str, node_uid: Callable[[], str], tally: Tally
    ) -> None:
        self._api = api
        self._host = host
        self._namespace = event_namespace
        self._node_uid = node_uid
        self._tally = tally
        self._numbers = itertools.count()
        self.why = ""
        """Of the last outcome that was not TOLD."""
        self.retry_after = 0.0

    def tell(self, series: Series) -> Outcome:
        """Leaves in `series` what the cluster has of it. Unreachable when no answer comes."""
        if series.name:
            outcome = self._count_up(series)
            if outcome is not None:
                return outcome
            series.forgotten()
        return self._make(series)

    def event(self, series: Series, name: str = "") -> dict[str, Any]:
        """The object that `series` makes, under a name of its own where none is given."""
        name = name or series.chosen_name(f"{time.time_ns() + next(self._numbers):x}")
        return event_object(series, name, self._host, self._lies_in(series), self._node_uid())

    def _make(self, series: Series) -> Outcome:
        event = self.event(series)
        answer = self._ask("POST", self._path(series), event)
        if answer.status == 409:
            return self._met(series, event)
        if answer.ok:
            series.name = event["metadata"]["name"]
        return self._outcome(answer)

    def _met(self, series: Series, event: dict[str, Any]) -> Outcome:
        """There is one of this name: ours, of which the answer was lost, or an earlier run of us told it."""
        name = event["metadata"]["name"]
        answer = self._ask("GET", self._path(series, name))
        if not answer.ok:
            return Outcome.LATER if answer.status == 404 else self._outcome(answer)
        series.name = name
        if all(answer.json.get(key) == event[key] for key in ("count", "lastTimestamp", "message")):
            return Outcome.TOLD
        series.told = int(answer.json.get("count") or 1)
        return self._count_up(series) or Outcome.LATER

    def _count_up(self, series: Series) -> Outcome | None:
        """None: there is no such Event any more."""
        answer = self._ask("PATCH", self._path(series, series.name), count_up(series))
        return None if answer.status == 404 else self._outcome(answer)

    def _lies_in(self, series: Series) -> str:
        return series.kind.target.namespace or self._namespace

    def _path(self, series: Series, name: str = "") -> str:
        lies_in = quote(self._lies_in(series))
        return f"/api/v1/namespaces/{lies_in}/events" + (f"/{quote(name)}" if name else "")

    def _ask(self, method: str, path: str, body: Any = None) -> Answer:
        self._tally.asked("event")
        return self._api.request(method, path, body, MERGE if method == "PATCH" else "application/json")

    def _outcome(self, answer: Answer) -> Outcome:
        if answer.ok:
            return Outcome.TOLD
        self.why = f"{answer.status}: {answer.message}"
        self.retry_after = answer.retry_after
        if answer.status == 403 and "being terminated" not in answer.message:
            return Outcome.FORBIDDEN
        later = answer.status in (401, 408, 409, 425, 429) or answer.status >= 500
        return Outcome.LATER if later else Outcome.NEVER
