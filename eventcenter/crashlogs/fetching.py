"""Logs and Pods of the cluster, one request each, and what the API server's refusals mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

from eventcenter.errors import EventCenterError, Forbidden
from eventcenter.watch.connection import Connection, decode, read_all
from eventcenter.watch.failures import failure

MAX_BYTES = 64 * 1024
"""Of one log, after what is hidden in it."""
ASKED_BYTES = 1024 * 1024
FEW_LINES = 20
ANSWER_TIMEOUT = 8.0
RIGHT = "the right to get pods/log"
_UNREADABLE = "unable to retrieve container logs for "


class NoLog(EventCenterError):
    """The Pod is there and has no such log: the container has not started, or had no run before."""

    code = "no_log"


class PodGone(EventCenterError):
    """The cluster has no such Pod any more."""

    code = "pod_gone"


class Lines(NamedTuple):
    text: str
    truncated: bool


class Pods:
    """Reads over one connection. ClusterError when there is no answer; Forbidden says what right is missing."""

    def __init__(self, connection: Connection, redact: Callable[[str], str]) -> None:
        self._connection = connection
        self._redact = redact

    def pod(self, namespace: str, name: str) -> dict[str, Any] | None:
        """The Pod, asked for as a list, which the checks of nodes have the right for; None without that right.
        PodGone."""
        answer = self._connection.request(
            "GET",
            f"/api/v1/namespaces/{quote(namespace, safe='')}/pods",
            {"fieldSelector": f"metadata.name={name}"},
            timeout=ANSWER_TIMEOUT,
        )
        if answer.status == 403:
            return None
        if answer.status != 200:
            raise failure(
                answer.status, answer.headers, answer.json, verb="list", namespace=namespace, resource="pods"
            )
        items = answer.json.get("items") if isinstance(answer.json, dict) else None
        if not items:
            raise gone(namespace, name)
        return dict(items[0])

    def log(self, namespace: str, pod: str, container: str, previous: bool, lines: int) -> Lines:
        """The last lines. NoLog, PodGone, Forbidden."""
        body = self._ask(namespace, pod, container, previous, lines)
        if len(body) >= ASKED_BYTES and lines > FEW_LINES:
            # The kubelet counts lines from the end, but bytes from the first of these lines: the end would be missing.
            body = self._ask(namespace, pod, container, previous, FEW_LINES)
        text = body.decode("utf-8", "replace")
        if text.startswith(_UNREADABLE):  # said with 200 when the node has removed the file
            raise NoLog("the node has removed the log of that run")
        return self._end(text, lines)

    def _end(self, text: str, lines: int) -> Lines:
        """A log that has as many lines as were asked for has more, as a rule."""
        cut = text.count("\n") >= lines
        data = self._redact(text).encode("utf-8", "replace")
        if len(data) > MAX_BYTES:
            data, cut = data[-MAX_BYTES:], True
            data = data[data.find(b"\n", 0, MAX_BYTES // 2) + 1 :]
        return Lines(data.decode("utf-8", "ignore").strip("\n"), cut)

    def _ask(self, namespace: str, pod: str, container: str, previous: bool, lines: int) -> bytes:
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/log"
        query = {"tailLines": lines, "limitBytes": ASKED_BYTES, "previous": str(previous).lower()}
        if container:
            query["container"] = container
        response = self._connection.open("GET", path, query, timeout=ANSWER_TIMEOUT)
        try:
            body = read_all(response, self._connection.host, 2 * ASKED_BYTES)
        finally:
            response.close()
        if response.status == 200:
            return body
        if response.status == 204:
            raise NoLog("the Pod runs on no node yet")
        told = decode(body)
        said = str(told.get("message") or "") if isinstance(told, dict) else ""
        if response.status == 404:
            raise gone(namespace, pod)
        if response.status == 400:
            raise NoLog(" ".join(said.split())[:300] or "there is no such log")
        if response.status == 403:
            raise Forbidden(
                f"the logs of Pods in the namespace {namespace} may not be read: {RIGHT} is missing",
                hint="Apply deploy/base/rbac-logs.yaml, or switch it off with crash_logs: false.",
            )
        raise failure(
            response.status, response.headers, told, verb="get", namespace=namespace, resource="pods/log"
        )


def gone(namespace: str, pod: str) -> PodGone:
    return PodGone(f"the Pod {namespace}/{pod} is gone, and its log with it")


def fetch(
    pods: Pods, namespace: str, pod: str, container: str, order: tuple[bool, ...], lines: int
) -> tuple[bool, Lines]:
    """The first log that has text; `order`: whether of the previous run. NoLog when none has."""
    reasons = []
    for previous in order:
        try:
            found = pods.log(namespace, pod, container, previous, lines)
        except NoLog as error:
            reasons.append(str(error))
            continue
        if found.text:
            return previous, found
        reasons.append("the container has written nothing")
    raise NoLog(reasons[-1])
