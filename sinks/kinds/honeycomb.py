"""`honeycomb`: events in a Honeycomb dataset, over the batch API, which answers for each event by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from eventcenter.shapes import rfc3339
from sinks.delivery import Item, PartlyTaken, TryAgain
from sinks.http import AGAIN, Http, json_of
from sinks.kind import Kind, Option, Url
from sinks.settings import SinkSettings
from sinks.texts import json_text


class Honeycomb:
    def __init__(self, settings: SinkSettings) -> None:
        self._http = Http(settings)
        self._settings = settings
        self._labels = settings.surroundings.labels
        host = (settings.url or settings["apihost"]).rstrip("/")
        self._url = f"{host}/1/batch/{quote(settings['dataset'], safe='')}"
        self._headers = {"X-Honeycomb-Team": settings["writekey"], "Content-Type": "application/json"}

    def send(self, items: Sequence[Item]) -> None:
        body = json_text([self._entry(item) for item in items])
        answers = json_of(self._http.post(self._url, content=body, headers=self._headers))
        if not isinstance(answers, list) or len(answers) != len(items):
            raise TryAgain("answered with something that is not a status for each event")
        self._judge(answers)

    def _entry(self, item: Item) -> dict[str, Any]:
        event = item.event
        return {
            "time": rfc3339(event.last_time),
            "data": dict(self._labels)
            | {
                "namespace": event.namespace,
                "kind": event.kind,
                "name": event.name,
                "subobject": event.field_path,
                "source.component": event.component,
                "source.host": event.hostname,
                "count": event.count,
                "type": event.level,
                "reason": event.reason,
                "message": event.message,
                "uid": event.uid,
                "occurrences": item.occurrences,
                "key": item.key,
            },
        }

    def _judge(self, answers: list[Any]) -> None:
        refused: dict[int, str] = {}
        again: list[int] = []
        for index, answer in enumerate(answers):
            status = answer.get("status") if isinstance(answer, dict) else None
            if not isinstance(status, int):
                raise TryAgain("answered with something that is not a status for each event")
            if status >= 500 or status in AGAIN:
                again.append(index)
            elif not 200 <= status < 300:
                said = " ".join(str(answer.get("error") or "").split())
                refused[index] = self._settings.hide(f"answered {status}: {said}"[:300])
        if refused or again:
            raise PartlyTaken(refused, again)

    def close(self) -> None:
        self._http.close()


KIND = Kind(
    name="honeycomb",
    summary="A Honeycomb dataset, one event for each change.",
    example="honeycomb:?dataset=mydataset&writekey=KEY",
    options=(
        Option("dataset", "where the events go; made when it is missing", default="heapster"),
        Option(
            "writekey",
            "an ingest key of the team",
            required=True,
            secret=True,
            env="HONEYCOMB_WRITEKEY",
        ),
        Option("apihost", "another region or proxy", default="https://api.honeycomb.io"),
    ),
    open=Honeycomb,
    url=Url.OPTIONAL,
    batch=100,
    needs_raw=False,
    over_http=True,
)
