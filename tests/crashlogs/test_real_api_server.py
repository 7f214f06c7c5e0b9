"""A real API server: what it answers for a Pod that is gone, one without a container yet, and without the right."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eventcenter.containerlogs import LogQuestion
from eventcenter.crashlogs.desk import Desk
from eventcenter.crashlogs.redacting import Redactor
from eventcenter.errors import Forbidden, NotFoundError
from eventcenter.store import CrashLogTable
from eventcenter.watch.connection import Access, Connection, connect
from tests.crashlogs.made import crash
from tests.store.made import Clock
from tests.watch.test_real_api_server import as_service_account

pytestmark = pytest.mark.cluster
LIVE = LogQuestion(live=True)


@pytest.fixture
def namespace(admin: Connection) -> Iterator[str]:
    name = f"crash-logs-{uuid.uuid4().hex[:8]}"
    assert admin.request("POST", "/api/v1/namespaces", body={"metadata": {"name": name}}).status == 201
    yield name
    admin.request("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def desk(table: CrashLogTable, clock: Clock) -> Callable[[Path], Desk]:
    def made(kubeconfig: Path) -> Desk:
        return Desk(table, lambda: connect(Access(kubeconfig=str(kubeconfig))), Redactor(), clock, 200)

    return made


def test_pod_that_is_gone(cluster_kubeconfig: Path, desk: Callable[[Path], Desk], namespace: str) -> None:
    with pytest.raises(NotFoundError, match=f"the Pod {namespace}/web-0 is gone"):
        desk(cluster_kubeconfig).log(crash(namespace=namespace), LIVE)


def test_pod_that_never_ran(
    admin: Connection, cluster_kubeconfig: Path, desk: Callable[[Path], Desk], namespace: str
) -> None:
    # Bound to no node, whatever runs in the cluster.
    spec = {"containers": [{"name": "web", "image": "busybox"}], "schedulerName": "nobody"}
    spec |= {"serviceAccountName": "default", "automountServiceAccountToken": False}
    admin.request(
        "POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", body={"metadata": {"name": "default"}}
    )
    made = admin.request(
        "POST", f"/api/v1/namespaces/{namespace}/pods", body={"metadata": {"name": "web-0"}, "spec": spec}
    )
    assert made.status == 201, made.json
    found = desk(cluster_kubeconfig).log(crash(namespace=namespace, object_uid=""), LIVE)
    assert not found.text and found.reason


def test_missing_right_is_named(
    admin: Connection, cluster_kubeconfig: Path, desk: Callable[[Path], Desk], namespace: str, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(as_service_account(admin, namespace, cluster_kubeconfig)))
    with pytest.raises(
        Forbidden, match=f"in the namespace {namespace} may not be read: the right to get pods/log"
    ):
        desk(kubeconfig).log(crash(namespace=namespace), LIVE)
