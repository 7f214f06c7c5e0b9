"""`influxdb`: a point for every change, with kube-eventer's measurements, tags and fields, by the line protocol.

A point is known by its measurement, tags and time, so that what is sent again replaces itself. Two changes of an event
within a second are told apart below the millisecond, where an event's time says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from sinks.delivery import Broken, Item, Refused, TryAgain
from sinks.http import Http, json_of, told
from sinks.kind import Kind, Option, Url, any_text, boolean, one_of, text
from sinks.settings import SinkSettings
from sinks.texts import json_text, whole

EARLIEST_MS, LATEST_MS = -9_223_372_036_854, 9_223_372_036_853
"""1677 and 2262: what 64 bits of nanoseconds can say."""
LIMITS = ("max-values-per-tag", "max-series-per-database", "max series")
LOST = ("database not found", "retention policy not found")


class InfluxDb:
    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._url = (settings.url or "http://localhost:8086").rstrip("/")
        if "://" not in self._url:
            self._url = f"http://{self._url}"
        account = (settings["user"], settings["pw"])
        token = settings["token"]
        in_url = bool(urlsplit(self._url).username)
        self._http = Http(
            settings, verify=not settings["insecuressl"], auth=None if token or in_url else account
        )
        self._headers = {"Authorization": f"Token {token}"} if token else {}
        self._second = bool(settings["bucket"])
        self._made = self._second

    def send(self, items: Sequence[Item]) -> None:
        if not self._made:
            self._make_database()
            self._made = True
        lines = b"\n".join(line(item, self._settings) for item in items)
        response = self._http.post(
            self._url + ("/api/v2/write" if self._second else "/write"),
            params=self._params(),
            content=lines,
            headers={**self._headers, "Content-Type": "text/plain; charset=utf-8"},
            accept=frozenset({400, 404, 422}),
        )
        if not response.is_success:
            self._failed(response)

    def _params(self) -> dict[str, str]:
        if self._second:
            return {"org": self._settings["org"] or "", "bucket": self._settings["bucket"], "precision": "ns"}
        return {"db": self._settings["db"], "rp": self._settings["rp"], "precision": "n"}

    def _failed(self, response: httpx.Response) -> None:
        said = self._settings.hide(told(response))
        if any(limit in said for limit in LIMITS):
            raise Broken(
                f"InfluxDB has reached a limit of its own: {said}",
                hint="Raise max-values-per-tag and max-series-per-database there, or set uid=field here.",
            )
        if any(word in said for word in LOST) and not self._second:
            self._made = False
            raise TryAgain(f"answered {response.status_code}: {said}")
        if response.status_code == 404:
            raise Broken(f"answered 404: {said}", hint="Look at the address, and at org and bucket.")
        raise Refused(f"answered {response.status_code}: {said}")

    def _make_database(self) -> None:
        """With its retention policy, as kube-eventer does. Who may only write goes on without."""
        database, policy = quoted(self._settings["db"]), quoted(self._settings["rp"])
        if self._query(f"CREATE DATABASE {database} WITH NAME {policy}"):
            return
        self._query(f"CREATE RETENTION POLICY {policy} ON {database} DURATION 0s REPLICATION 1 DEFAULT")

    def _query(self, statement: str) -> bool:
        response = self._http.post(
            f"{self._url}/query", params={"q": statement}, headers=self._headers, accept=frozenset({401, 403})
        )
        if response.status_code in (401, 403):
            return True
        answer = json_of(response)
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list):
            raise TryAgain("answered something that InfluxDB does not say")
        return not any(isinstance(one, dict) and "error" in one for one in results)

    def close(self) -> None:
        self._http.close()


def line(item: Item, settings: SinkSettings) -> bytes:
    event = item.event
    tags = {"cluster_name": settings["cluster_name"], "hostname": event.hostname}
    if event.kind == "Pod":
        tags["pod_id"] = event.object_uid
    if settings["withfields"]:
        measurement, field, value = "events", "message", whole(event.message)
        tags |= {
            "object_name": event.name,
            "type": event.level,
            "kind": event.kind,
            "component": event.component,
            "reason": event.reason,
            "namespace_name": event.namespace,
        }
    else:
        measurement, field, value = "log/events", "value", json_text(item.raw).decode()
        if event.kind == "Pod":
            tags["pod_name"] = event.name
    fields = {field: value}
    (tags if settings["uid"] == "tag" else fields)["uid"] = event.uid
    pairs = ",".join(f"{name}={tag(given)}" for name, given in sorted(tags.items()) if tag(given))
    values = ",".join(f"{name}={string(given)}" for name, given in fields.items())
    return f"{measurement},{pairs} {values} {nanoseconds(item)}".encode()


def nanoseconds(item: Item) -> int:
    """The time of the event, and below the millisecond the number of the change."""
    time = min(max(item.event.last_time, EARLIEST_MS), LATEST_MS)
    return time * 1_000_000 + item.event.seq % 1_000_000


def tag(value: str) -> str:
    """Escaped. A line ends at a line break, also in a tag, and a tag must not end in a backslash."""
    value = " ".join(whole(value).split("\n")).rstrip("\\")
    return value.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def string(value: str) -> str:
    return '"' + whole(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted(name: str) -> str:
    """An identifier of InfluxQL."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


KIND = Kind(
    name="influxdb",
    summary="InfluxDB 1.x, and 2.x with token, org and bucket: a point for every change, as kube-eventer writes it.",
    example="influxdb:http://monitoring-influxdb:8086/?db=k8s&user=root&pw=PASSWORD",
    options=(
        Option("user", "the account", any_text, "root"),
        Option("pw", "its password", any_text, "root", secret=True),
        Option("db", "the database; made when it is missing", text, "k8s"),
        Option("rp", "the retention policy; made together with the database", text, "default"),
        Option(
            "withfields",
            "the message as field and the rest as tags, in place of the object as JSON",
            boolean,
            False,
        ),
        Option("cluster_name", "the tag cluster_name", text, "default"),
        Option("insecuressl", "do not check the certificate of the server", boolean, False),
        Option(
            "uid",
            "what the uid is: a tag, as kube-eventer has it, or a field, which keeps the number of series small",
            one_of("tag", "field"),
            "tag",
        ),
        Option("token", "of InfluxDB 2, in place of user and pw", text, secret=True),
        Option("org", "of InfluxDB 2", text),
        Option("bucket", "of InfluxDB 2, in place of db and rp", text),
        Option("retention", "of kube-eventer", any_text, ignored=True),
        Option("disable_counter_metrics", "of kube-eventer", any_text, ignored=True),
        Option("concurrency", "of kube-eventer", any_text, ignored=True),
    ),
    open=InfluxDb,
    url=Url.OPTIONAL,
    batch=1000,
    over_http=True,
)
