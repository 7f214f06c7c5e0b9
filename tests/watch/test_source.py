"""kube-eventer's `--source` lines work unchanged."""

from __future__ import annotations

import pytest

from eventcenter.errors import ConfigError
from eventcenter.watch.source import Source, parse_source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("kubernetes", Source()),
        ("kubernetes:", Source()),
        ("kubernetes:https://kubernetes.default", Source(host="https://kubernetes.default")),
        (
            "kubernetes:https://kubernetes.default.svc:443?inClusterConfig=true&useServiceAccount=true",
            Source(host="https://kubernetes.default.svc:443", service_account=True),
        ),
        (
            "kubernetes:http://127.0.0.1:8080?inClusterConfig=false",
            Source(host="http://127.0.0.1:8080", in_cluster=False),
        ),
        (
            "kubernetes:https://h:6443?inClusterConfig=false&insecure=true&auth=/etc/kube/config",
            Source(host="https://h:6443", in_cluster=False, insecure=True, auth="/etc/kube/config"),
        ),
        (
            "kubernetes:https://h:6443/k8s/clusters/c-1/?kubernetesClusterName=c&apiVersion=v1",
            Source(host="https://h:6443/k8s/clusters/c-1"),
        ),
        ("kubernetes:?inClusterConfig=false&auth=f", Source(in_cluster=False, auth="f")),
        ("kubernetes:https://h&inClusterConfig=false", Source(host="https://h", in_cluster=False)),
    ],
)
def test_known_forms(text: str, source: Source) -> None:
    assert parse_source(text) == source


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "''"),
        ("docker:https://h", "'docker:https://h'"),
        ("kubernetes:ftp://h", "'ftp://h'"),
        ("kubernetes:https://", "'https://'"),
        ("kubernetes:https://h:99999", "'https://h:99999'"),
        ("kubernetes:https://h?inclusterconfig=false", "'inclusterconfig'"),
        ("kubernetes:https://h?insecure=maybe", "'maybe'"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_accepted(text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_source(text)
    assert named in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value)
