"""Finding the cluster: kubeconfig, context, service account, `--source`; and one clear line when it fails."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.errors import ClusterError, ClusterNotConfigured
from eventcenter.watch.connection import Access, connect
from tests.watch.fake_cluster import FakeCluster, status

NO_CURRENT_CONTEXT: dict[str, Any] = {"current-context": ""}


@pytest.fixture(autouse=True)
def no_cluster_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without a kubeconfig, outside a Pod."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield


def kubeconfig(path: Path, server: str, user: dict[str, Any] | None = None, **changes: Any) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user or {"token": "secret"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("blue", "green")],
        "current-context": "blue",
    } | changes
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def error_of(access: Access) -> str:
    with pytest.raises(ClusterError) as caught:
        connect(access)
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, ClusterNotConfigured)
    return f"{caught.value} {caught.value.hint}"


def test_nothing_configured_is_told_apart_from_a_broken_configuration() -> None:
    with pytest.raises(ClusterNotConfigured) as caught:
        connect(Access())
    assert "KUBECONFIG" in caught.value.hint


def test_the_default_kubeconfig_is_used(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "home" / ".kube" / "config", "https://default:1")
    connection = connect(Access())
    assert connection.host == "https://default:1"
    assert connection.origin == f"kubeconfig {path}, context blue"


def test_the_flag_wins_over_the_environment_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig(tmp_path / "home" / ".kube" / "config", "https://default:1")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "env", "https://env:1")))
    assert connect(Access()).host == "https://env:1"
    flag = kubeconfig(tmp_path / "flag", "https://flag:1")
    assert connect(Access(kubeconfig=str(flag))).host == "https://flag:1"


def test_several_files_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kubeconfig(tmp_path / "one", "https://one:1", contexts=[])
    second = kubeconfig(tmp_path / "two", "https://two:1")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, [first, tmp_path / "missing", second])))
    assert connect(Access(context="green")).host == "https://one:1", "the first file's cluster c counts"


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "nowhere"
    assert f"{missing} does not exist" in error_of(Access(kubeconfig=str(missing)))
    monkeypatch.setenv("KUBECONFIG", str(missing))
    assert "KUBECONFIG names it" in error_of(Access())


def test_bad_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_text("apiVersion: v1\nclusters: [\nusers: {")
    assert f"{path} is not valid YAML (line 3)" in error_of(Access(kubeconfig=str(path)))


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"just text", b"\xff\xfe\x00\x01"])
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    assert str(path) in error_of(Access(kubeconfig=str(path)))


def test_a_directory_as_kubeconfig(tmp_path: Path) -> None:
    assert "Is a directory" in error_of(Access(kubeconfig=str(tmp_path)))


def test_an_unknown_context_lists_the_known_ones(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "k", "https://h:1")
    message = error_of(Access(kubeconfig=str(path), context="red"))
    assert f"{path} has no context 'red' (known: blue, green)" in message
    assert "--context" in message


def test_a_missing_current_context_lists_the_known_ones(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "k", "https://h:1", **NO_CURRENT_CONTEXT)
    assert "has no current context (known: blue, green)" in error_of(Access(kubeconfig=str(path)))


def test_an_emptied_default_kubeconfig_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".kube" / "config"
    kubeconfig(path, "", clusters=None, contexts=None, users=None, **NO_CURRENT_CONTEXT)
    with pytest.raises(ClusterNotConfigured):
        connect(Access())


@pytest.mark.parametrize(
    "changes",
    [
        {"clusters": []},
        {"clusters": [{"name": "c"}]},
        {"clusters": "text"},
        {"contexts": [{"name": "blue"}]},
        {"contexts": [{"name": "blue", "context": {"cluster": "other", "user": "u"}}]},
        {"users": [{"name": "u", "user": {"client-certificate": "/nowhere/cert", "client-key": "/nowhere"}}]},
        {"users": [{"name": "u", "user": {"client-certificate-data": "%%%", "client-key-data": "x"}}]},
    ],
)
def test_a_wrongly_shaped_kubeconfig_is_one_line(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = kubeconfig(tmp_path / "k", "https://h:1", **changes)
    assert error_of(Access(kubeconfig=str(path))).strip()


def test_a_credential_plugin_gives_the_token(cluster: FakeCluster, tmp_path: Path) -> None:
    told = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "from-plugin"},
    }
    plugin = {"apiVersion": told["apiVersion"], "command": "echo", "args": [json.dumps(told)]}
    path = kubeconfig(tmp_path / "k", cluster.url, {"exec": plugin})
    connection = connect(Access(kubeconfig=str(path)))
    connection.request("GET", "/api/v1/events", {"limit": 1})
    connection.close()
    assert cluster.requests[0].authorization == "Bearer from-plugin"


def test_a_credential_plugin_that_fails_is_named(tmp_path: Path) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}
    path = kubeconfig(tmp_path / "k", "https://h:1", {"exec": plugin})
    assert "credential plugin 'false' gave no credentials" in error_of(Access(kubeconfig=str(path)))


@pytest.fixture
def service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from kubernetes.config import incluster_config

    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (tmp_path / "token").write_text("of-the-pod")
    (tmp_path / "ca.crt").write_text("a certificate")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    return tmp_path


def test_in_a_pod_the_service_account_is_used(service_account: Path) -> None:
    connection = connect(Access())
    assert (connection.host, connection.origin) == ("https://10.0.0.1:443", "service account")


def test_in_a_pod_without_a_token_is_an_error_and_not_unconfigured(service_account: Path) -> None:
    (service_account / "token").unlink()
    assert "automountServiceAccountToken" in error_of(Access())


def test_source_replaces_the_servers_address_and_keeps_the_service_account(
    cluster: FakeCluster, service_account: Path
) -> None:
    connection = connect(Access(source=f"kubernetes:{cluster.url}"))
    connection.request("GET", "/api/v1/events", {"limit": 1})
    connection.request("GET", "/api/v1/events", {"limit": 1})
    connection.close()
    assert [request.authorization for request in cluster.requests] == ["bearer of-the-pod"] * 2


def test_source_outside_a_pod_says_that_nothing_is_configured() -> None:
    with pytest.raises(ClusterNotConfigured):
        connect(Access(source="kubernetes:https://kubernetes.default"))


def test_source_takes_the_credentials_of_a_kubeconfig(cluster: FakeCluster, tmp_path: Path) -> None:
    auth = kubeconfig(tmp_path / "k", "https://elsewhere:1")
    connection = connect(Access(source=f"kubernetes:{cluster.url}?inClusterConfig=false&auth={auth}"))
    connection.request("GET", "/api/v1/events", {"limit": 1})
    connection.close()
    assert cluster.requests[0].authorization == "Bearer secret"


def test_source_without_any_server_is_refused() -> None:
    assert "names no server" in error_of(Access(source="kubernetes:?inClusterConfig=false"))


def test_request_gives_any_answer_with_its_status(cluster: FakeCluster) -> None:
    cluster.scripts["probe"].extend([status(403, {"message": "no"}), status(502, b"<html>")])
    connection = connect(Access(source=f"kubernetes:{cluster.url}?inClusterConfig=false"))
    assert connection.request("GET", "/api/v1/events", {"limit": 1})[::2] == (403, {"message": "no"})
    answer = connection.request("GET", "/api/v1/events", {"limit": 1})
    assert (answer.status, answer.json) == (502, None)
    assert answer.headers["Content-Type"] == "application/json"
    connection.close()


def test_secrets_are_in_no_message(tmp_path: Path) -> None:
    secret = base64.b64encode(b"hunter2-hunter2").decode()
    user = {"client-certificate-data": secret, "client-key-data": secret, "token": "hunter2"}
    path = kubeconfig(tmp_path / "k", "https://127.0.0.1:1", user)
    connection = connect(Access(kubeconfig=str(path)))
    with pytest.raises(ClusterError) as caught:
        connection.request("GET", "/version")
    assert "hunter2" not in f"{caught.value}{connection!r}{connection.__dict__}"
    assert secret not in str(caught.value)
