"""The watcher against a real API server: TLS, RBAC, both event APIs, and what its watches really do."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from eventcenter.model import ChangeType, Phase
from eventcenter.watch.connection import Access, Connection, connect
from eventcenter.watch.tuning import Tuning
from eventcenter.watch.watcher import Watcher, stream_name
from tests.watch.conftest import FakeStore, until

pytestmark = pytest.mark.cluster

TUNING = Tuning(page=20, silence=1.0, silence_at_most=4.0, backoff=0.05, backoff_at_most=0.5)


@pytest.fixture
def namespace(admin: Connection) -> Iterator[str]:
    name = f"watch-test-{uuid.uuid4().hex[:8]}"
    ask(admin, "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    ask(admin, "DELETE", f"/api/v1/namespaces/{name}")


def ask(connection: Connection, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = connection.request(method, path, None, body)
    assert answer.status < 300, f"{method} {path}: {answer.status} {answer.json}"
    found = answer.json
    assert isinstance(found, dict)
    return found


def create(admin: Connection, namespace: str, name: str, **fields: Any) -> dict[str, Any]:
    body = {
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": "cart-1"},
        "reason": "Testing",
        "message": f"about {name}",
        "source": {"component": "test"},
        "type": "Normal",
        "count": 1,
    } | fields
    return ask(admin, "POST", f"/api/v1/namespaces/{namespace}/events", body)


Watch = Callable[..., Watcher]


@pytest.fixture
def watch(cluster_kubeconfig: Path, store: FakeStore) -> Iterator[Watch]:
    made: list[Watcher] = []

    def make(namespace: str | None, kubeconfig: Path = cluster_kubeconfig) -> Watcher:
        watcher = Watcher(
            lambda: connect(Access(kubeconfig=str(kubeconfig))),
            stream_name(namespace),
            namespace,
            store.deliver,
            store,
            lambda: time.time_ns() // 1_000_000,
            TUNING,
        )
        made.append(watcher)
        watcher.start()
        return watcher

    yield make
    for watcher in made:
        watcher.stop()


def messages(store: FakeStore) -> list[str]:
    return [change.event.message for batch in list(store.batches) for change in batch.changes]


def test_held_events_are_taken_over_by_pages_and_new_ones_follow(
    admin: Connection, namespace: str, store: FakeStore, watch: Watch
) -> None:
    for number in range(45):
        create(admin, namespace, f"held-{number:02}")
    watcher = watch(namespace)
    until(lambda: watcher.status().established)
    assert [len(batch.changes) for batch in store.batches] == [20, 20, 5]
    made = create(admin, namespace, "new")
    ask(admin, "PUT", f"/api/v1/namespaces/{namespace}/events/new", made | {"count": 2})
    ask(admin, "DELETE", f"/api/v1/namespaces/{namespace}/events/new")
    until(lambda: len(messages(store)) == 48)
    last = [change for batch in store.batches for change in batch.changes][-3:]
    assert [change.type for change in last] == [ChangeType.ADDED, ChangeType.MODIFIED, ChangeType.DELETED]
    assert [change.event.count for change in last] == [1, 2, 2]
    assert store.kept == last[-1].resource_version
    assert last[0].raw == made | {"metadata": last[0].raw["metadata"]}


def test_events_of_the_new_api_arrive_with_their_fields(
    admin: Connection, namespace: str, store: FakeStore, watch: Watch
) -> None:
    watcher = watch(namespace)
    until(lambda: watcher.status().established)
    body = {
        "metadata": {"name": "new-api", "namespace": namespace},
        "regarding": {"kind": "Pod", "namespace": namespace, "name": "cart-1"},
        "reason": "Scheduled",
        "note": "assigned",
        "type": "Normal",
        "action": "Binding",
        "eventTime": "2026-11-23T06:00:00.123456Z",
        "reportingController": "default-scheduler",
        "reportingInstance": "default-scheduler-node-1",
        "series": {"count": 4, "lastObservedTime": "2026-11-23T06:10:00.000000Z"},
    }
    ask(admin, "POST", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", body)
    until(lambda: messages(store) == ["assigned"])
    event = store.batches[-1].changes[0].event
    assert (event.component, event.action, event.name, event.count) == (
        "default-scheduler",
        "Binding",
        "cart-1",
        4,
    )
    assert event.last_time - event.first_time == 600_000 - 123


def test_a_restart_goes_on_where_it_was(
    admin: Connection, namespace: str, store: FakeStore, watch: Watch
) -> None:
    create(admin, namespace, "before")
    first = watch(namespace)
    until(lambda: first.status().established)
    first.stop()
    create(admin, namespace, "meanwhile")
    watch(namespace)
    until(lambda: messages(store) == ["about before", "about meanwhile"])


def test_a_position_from_the_future_is_found_and_listed_again(
    admin: Connection, namespace: str, store: FakeStore, watch: Watch
) -> None:
    create(admin, namespace, "held")
    store.kept = "999999999999"
    watcher = watch(namespace)
    until(lambda: messages(store) == ["about held"])
    assert watcher.status().relists == 1


def test_a_position_that_is_no_version_is_found_and_listed_again(
    admin: Connection, namespace: str, store: FakeStore, watch: Watch
) -> None:
    create(admin, namespace, "held")
    store.kept = "of-another-cluster"
    watch(namespace)
    until(lambda: messages(store) == ["about held"])


def test_a_silent_tls_read_can_be_stopped(namespace: str, watch: Watch) -> None:
    watcher = watch(namespace)
    until(lambda: watcher.status().phase is Phase.WATCHING)
    began = time.monotonic()
    watcher.stop()
    assert time.monotonic() - began < 1
    assert watcher.status().phase is Phase.STOPPED


def test_silence_in_one_namespace_is_no_reconnect(
    admin: Connection, namespace: str, store: FakeStore, watch: Watch
) -> None:
    watcher = watch(namespace)
    until(lambda: watcher.status().established)
    for number in range(30):
        create(
            admin, "default", f"{namespace}-elsewhere-{number}", involvedObject={"kind": "Node", "name": "n"}
        )
        time.sleep(0.1)  # others are busy while our stream is silent
    create(admin, namespace, "at-last")
    until(lambda: messages(store) == ["about at-last"])
    assert watcher.status().relists == 0


def test_missing_rights_are_named_and_found_when_they_come(
    admin: Connection,
    namespace: str,
    store: FakeStore,
    watch: Watch,
    cluster_kubeconfig: Path,
    tmp_path: Path,
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(as_service_account(admin, namespace, cluster_kubeconfig)))
    create(admin, namespace, "held")
    watcher = watch(namespace, kubeconfig)
    until(lambda: watcher.status().error)
    assert watcher.status().error == (
        f"403: user system:serviceaccount:{namespace}:default may not `list` `events` in namespace {namespace}: "
        "grant list and watch on events, see deploy/"
    )
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    binding = {"metadata": {"name": "view"}, "roleRef": role, "subjects": [subject]}
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    ask(admin, "POST", path, binding)
    until(lambda: watcher.status().phase is Phase.WATCHING)
    assert messages(store) == ["about held"]
    assert watcher.status().error is None


def as_service_account(admin: Connection, namespace: str, base: Path) -> dict[str, Any]:
    secret = {
        "type": "kubernetes.io/service-account-token",
        "metadata": {"name": "t", "annotations": {"kubernetes.io/service-account.name": "default"}},
    }
    account = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
    until(lambda: admin.request("GET", account).status == 200, seconds=30)
    ask(admin, "POST", f"/api/v1/namespaces/{namespace}/secrets", secret)
    token: dict[str, Any] = {}

    def there() -> bool:
        token.update(ask(admin, "GET", f"/api/v1/namespaces/{namespace}/secrets/t").get("data") or {})
        return "token" in token

    until(there, seconds=30)
    config: dict[str, Any] = yaml.safe_load(base.read_text())
    cluster = config["clusters"][0]
    return {
        "clusters": [cluster],
        "users": [{"name": "u", "user": {"token": base64.b64decode(token["token"]).decode()}}],
        "contexts": [{"name": "x", "context": {"cluster": cluster["name"], "user": "u"}}],
        "current-context": "x",
    }


def test_a_wrong_token_is_named(cluster_kubeconfig: Path, tmp_path: Path, watch: Watch) -> None:
    config = yaml.safe_load(cluster_kubeconfig.read_text())
    config["users"] = [{"name": user["name"], "user": {"token": "wrong"}} for user in config["users"]]
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(config))
    watcher = watch(None, kubeconfig)
    until(lambda: watcher.status().phase is Phase.RETRYING)
    assert "401: the credentials were refused" in (watcher.status().error or "")


def test_another_certificate_authority_is_one_clear_line(
    cluster_kubeconfig: Path, tmp_path: Path, watch: Watch
) -> None:
    config = yaml.safe_load(cluster_kubeconfig.read_text())
    for entry in config["clusters"]:
        for key in ("certificate-authority", "certificate-authority-data"):
            entry["cluster"].pop(key, None)  # leaves the system's authorities
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(config))
    watcher = watch(None, kubeconfig)
    until(lambda: watcher.status().phase is Phase.RETRYING)
    assert "certificate verify failed" in (watcher.status().error or "")
