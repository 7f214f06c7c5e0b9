"""The cluster, step by step: configuration, way, credentials, clock, rights, events. The first broken step
ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from urllib3 import exceptions

from eventcenter.doctor.findings import Finding, duration, fail, ok, warn
from eventcenter.doctor.rights import check_log_right, check_rights
from eventcenter.errors import ClusterError, ClusterNotConfigured, ConfigError
from eventcenter.model import ChangeType
from eventcenter.normalize import normalize
from eventcenter.ports import Clock
from eventcenter.settings import Settings
from eventcenter.watch.connection import Access, Answer, Connection, connect
from eventcenter.watch.listing import read_page

TIMEOUT = 10.0
MAX_PAGES = 4
SKEW_WARN_MS = 5_000
SKEW_FAIL_MS = 300_000


def check_cluster(settings: Settings, now: Clock) -> Iterator[Finding]:
    try:
        connection = connect(
            Access(
                kubeconfig=str(settings.kubeconfig) if settings.kubeconfig else None,
                context=settings.context,
                source=settings.source,
            )
        )
    except ClusterNotConfigured as error:
        yield fail("cluster", str(error), f"{error.hint} To see the product without one: eventcenter demo.")
        return
    except (ClusterError, ConfigError) as error:
        yield fail("cluster", str(error), error.hint or "Compare with what `kubectl config view` shows.")
        return
    try:
        yield ok("cluster", f"{connection.host} from {connection.origin}")
        yield from _steps(connection, settings, now)
    finally:
        connection.close()


def _steps(connection: Connection, settings: Settings, now: Clock) -> Iterator[Finding]:
    before, began = now(), time.monotonic()
    try:
        answer = connection.request("GET", "/version", timeout=TIMEOUT)
    except ClusterError as error:
        yield unreached(error)
        return
    latency = (time.monotonic() - began) * 1000
    yield _answered(connection, answer, latency)
    if answer.status not in (200, 401, 403):
        return
    yield from _clock(answer, before + latency / 2)
    for namespace in settings.namespaces:
        yield from _namespace(connection, namespace)
    allowed = True
    for finding in check_rights(connection, settings.namespaces):
        allowed = allowed and finding.status != "fail"
        yield finding
    if allowed and settings.crash_logs:
        yield from check_log_right(connection, settings.namespaces)
    if allowed:
        yield from _events(connection, settings, now)


def _answered(connection: Connection, answer: Answer, latency: float) -> Finding:
    if answer.status == 200 and isinstance(answer.json, dict):
        version = str(answer.json.get("gitVersion", "of unknown version"))[:40]
        return ok("server", f"Kubernetes {version} answers in {latency:.0f} ms")
    if answer.status in (401, 403):
        return ok("server", f"it answers in {latency:.0f} ms")
    return fail(
        "server",
        f"{connection.host} answers {answer.status} to /version: that is no healthy API server",
        "Check the address in the kubeconfig (https or http, port) and the API server's own log.",
    )


def unreached(error: ClusterError) -> Finding:
    """A request that got no answer, by the step that failed: name, connection, TLS, proxy, or no answer."""
    cause = error.__cause__
    if isinstance(cause, exceptions.ProxyError):
        return fail("proxy", str(error), "Check HTTPS_PROXY, NO_PROXY and proxy-url of the kubeconfig.")
    if isinstance(cause, exceptions.NameResolutionError):
        remedy = (
            "Check `server:` in the kubeconfig and the DNS of this machine; `getent hosts NAME` must find it."
        )
        return fail("dns", str(error), remedy)
    if isinstance(cause, exceptions.SSLError):
        return fail("tls", str(error), _tls_remedy(str(error)))
    if isinstance(cause, exceptions.ConnectTimeoutError | exceptions.NewConnectionError):
        remedy = (
            "Is the cluster running, and no firewall or VPN in between? In a container 127.0.0.1 is itself."
        )
        return fail("tcp", str(error), remedy)
    return fail(
        "server", str(error), "The connection was made, but the API server does not answer: see its log."
    )


def _tls_remedy(message: str) -> str:
    if "match" in message or "valid for" in message:
        return "The certificate is for another name: use a name in it as `server:`, or set tls-server-name."
    if "expired" in message or "not yet valid" in message:
        return "Renew the API server's certificate (kubeadm certs renew), or correct this machine's clock."
    return "The kubeconfig's certificate-authority is not the one of this server: fetch a fresh kubeconfig."


def _clock(answer: Answer, local: float) -> Iterator[Finding]:
    try:
        server = parsedate_to_datetime(answer.headers.get("Date") or "").timestamp() * 1000
    except (TypeError, ValueError, OverflowError):
        return
    # The header counts whole seconds: on average half a second has passed since.
    skew = server + 500 - local
    relation = "behind" if skew > 0 else "ahead of"
    text = f"this machine's clock is {duration(abs(skew))} {relation} the API server's"
    remedy = "Synchronise both clocks (chrony, systemd-timesyncd): ages and time ranges are wrong otherwise."
    if abs(skew) > SKEW_FAIL_MS:
        yield fail("clock", text, remedy)
    elif abs(skew) > SKEW_WARN_MS:
        yield warn("clock", text, remedy)
    else:
        yield ok("clock", "this machine and the API server agree within 5 s")


def _namespace(connection: Connection, namespace: str) -> Iterator[Finding]:
    """A mistyped namespace lists no events and is no error to the API server. Without the right to look:
    silence."""
    try:
        answer = connection.request("GET", f"/api/v1/namespaces/{namespace}", timeout=TIMEOUT)
    except ClusterError:
        return
    if answer.status == 404:
        yield fail(
            "namespace",
            f"there is no namespace {namespace!r}",
            "Correct --namespace; kubectl get ns lists them.",
        )


def _events(connection: Connection, settings: Settings, now: Clock) -> Iterator[Finding]:
    times: list[int] = []
    more = False
    try:
        for namespace in settings.namespaces or (None,):
            token = ""
            for _ in range(MAX_PAGES):
                page = read_page(connection, namespace, token)
                moment = now()
                times += [
                    normalize(ChangeType.ADDED, item, received=moment).event.last_time for item in page.items
                ]
                token = page.next
                if not token:
                    break
            more = more or bool(token)
    except ClusterError as error:
        yield fail("events", str(error), error.hint or "See the API server's log.")
        return
    yield _ages(times, now(), more=more)


def _ages(times: list[int], now: int, *, more: bool) -> Finding:
    if not times:
        return warn(
            "events",
            "the cluster holds no event now: nothing happened lately (it keeps them for --event-ttl, 1 h)",
            "Make one: kubectl run hello --image=busybox.",
        )
    newest, oldest = duration(max(0, now - max(times))), duration(max(0, now - min(times)))
    count = f"more than {len(times)}" if more else str(len(times))
    return ok(
        "events",
        f"the cluster holds {count} events, the newest of {newest} ago, the oldest of {oldest} ago; "
        "it forgets them after its --event-ttl, 1 h unless set",
    )
