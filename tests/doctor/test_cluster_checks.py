"""The way to the cluster, step by step, against a scripted API server."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from eventcenter.doctor.cluster import unreached
from eventcenter.errors import ClusterError
from eventcenter.settings import Settings
from tests.doctor.conftest import Check
from tests.doctor.scripted import REVIEW, Cluster, allow, event_list, write_kubeconfig


def now_ms() -> int:
    return int(time.time() * 1000)


def test_a_healthy_cluster(settings: Settings, examined: Check) -> None:
    found = examined(settings, now_ms())
    assert list(found) == ["cluster", "server", "clock", "credentials", "rights", "events"]
    assert {finding.status for group in found.values() for finding in group} == {"ok"}
    assert str(settings.kubeconfig) in found["cluster"][0].message
    assert "context lab" in found["cluster"][0].message
    assert "v1.31.0 answers in" in found["server"][0].message
    assert [finding.message for finding in found["rights"]] == [
        "may list events in all namespaces",
        "may watch events in all namespaces",
        "may get pods/log in all namespaces",
    ]


def test_the_ages_of_the_events_are_told(settings: Settings, examined: Check) -> None:
    (finding,) = examined(settings)["events"]
    assert "holds 2 events, the newest of 3 min ago, the oldest of 60 min ago" in finding.message


def test_more_events_than_it_reads(settings: Settings, cluster: Cluster, examined: Check) -> None:
    cluster.routes["/api/v1/events"] = lambda asked: event_list("2026-11-23T11:00:00Z", more="token")
    (finding,) = examined(settings)["events"]
    assert "holds more than 4 events" in finding.message


def test_no_events_at_all_is_a_warning(settings: Settings, cluster: Cluster, examined: Check) -> None:
    cluster.routes["/api/v1/events"] = lambda asked: event_list()
    (finding,) = examined(settings)["events"]
    assert finding.status == "warn"
    assert "--event-ttl" in finding.message
    assert "kubectl run" in finding.remedy


def test_without_any_cluster_it_says_what_to_do(settings: Settings, examined: Check) -> None:
    found = examined(replace(settings, kubeconfig=None))
    (finding,) = found["cluster"]
    assert list(found) == ["cluster"]
    assert finding.status == "fail"
    assert "--kubeconfig" in finding.remedy
    assert "eventcenter demo" in finding.remedy


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "does not exist"),
        ("a: [", "is not valid YAML"),
        ("- x", "is no kubeconfig"),
        ("{}", "has no c"),
    ],
)
def test_a_bad_kubeconfig(
    settings: Settings, tmp_path: Path, examined: Check, content: str | None, told: str
) -> None:
    path = tmp_path / "bad"
    if content is not None:
        path.write_text(content)
    (finding,) = examined(replace(settings, kubeconfig=path))["cluster"]
    assert finding.status == "fail"
    assert told in finding.message
    assert finding.remedy


def test_an_unknown_context_names_the_known_ones(settings: Settings, examined: Check) -> None:
    (finding,) = examined(replace(settings, context="prod"))["cluster"]
    assert finding.status == "fail"
    assert "'prod'" in finding.message and "lab" in finding.message


def test_a_bad_source(settings: Settings, examined: Check) -> None:
    (finding,) = examined(replace(settings, source="kubernetes:https://host?what=1"))["cluster"]
    assert finding.status == "fail"
    assert "'what'" in finding.message


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_nothing_listens(settings: Settings, tmp_path: Path, examined: Check) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "k", f"https://127.0.0.1:{free_port()}")
    found = examined(replace(settings, kubeconfig=kubeconfig))
    assert list(found) == ["cluster", "tcp"]
    assert found["tcp"][0].status == "fail"
    assert "Connection refused" in found["tcp"][0].message
    assert "running" in found["tcp"][0].remedy


def test_a_name_that_does_not_resolve(settings: Settings, tmp_path: Path, examined: Check) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "k", "https://api.cluster.invalid:6443")
    found = examined(replace(settings, kubeconfig=kubeconfig))
    assert list(found) == ["cluster", "dns"]
    assert "api.cluster.invalid" in found["dns"][0].message
    assert "DNS" in found["dns"][0].remedy


def test_a_dead_proxy(settings: Settings, tmp_path: Path, examined: Check) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    kubeconfig = write_kubeconfig(tmp_path / "k", "https://api.cluster.invalid:6443", **{"proxy-url": proxy})
    found = examined(replace(settings, kubeconfig=kubeconfig))
    assert list(found) == ["cluster", "proxy"]
    assert "HTTPS_PROXY" in found["proxy"][0].remedy


def self_signed(directory: Path, name: str) -> tuple[Path, Path]:
    certificate, key = directory / "cert.pem", directory / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *kind, *names, *files], check=True, capture_output=True)
    return certificate, key


@pytest.mark.parametrize(("trusted", "remedy"), [(False, "certificate-authority"), (True, "another name")])
def test_tls_failures_are_told_apart(
    settings: Settings, tmp_path: Path, examined: Check, trusted: bool, remedy: str
) -> None:
    certificate, key = self_signed(tmp_path, "somebody.else")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake_hands() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=shake_hands)
        thread.start()
        authority = {"certificate-authority": str(certificate)} if trusted else {}
        kubeconfig = write_kubeconfig(
            tmp_path / "k", f"https://127.0.0.1:{listener.getsockname()[1]}", **authority
        )
        found = examined(replace(settings, kubeconfig=kubeconfig))
        thread.join()
    assert list(found) == ["cluster", "tls"]
    assert remedy in found["tls"][0].remedy


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("certificate has expired", "Renew"),
        ("certificate is not yet valid", "clock"),
        ("x", "fresh kubeconfig"),
    ],
)
def test_what_to_do_about_a_certificate(message: str, remedy: str) -> None:
    from urllib3.exceptions import SSLError

    error = ClusterError(message)
    error.__cause__ = SSLError(message)
    assert remedy in unreached(error).remedy


@pytest.mark.parametrize("status", [400, 404, 500, 502, 503])
def test_what_answers_is_no_api_server(
    settings: Settings, cluster: Cluster, examined: Check, status: int
) -> None:
    cluster.routes["/version"] = lambda asked: (status, b"<html>nginx</html>")
    found = examined(settings)
    assert list(found) == ["cluster", "server"]
    assert found["server"][0].status == "fail"
    assert f"answers {status}" in found["server"][0].message


@pytest.mark.parametrize(
    ("skew", "status"), [(0, "ok"), (-3, "ok"), (30, "warn"), (-30, "warn"), (600, "fail"), (-4000, "fail")]
)
def test_the_clock(settings: Settings, cluster: Cluster, examined: Check, skew: float, status: str) -> None:
    cluster.skew = skew
    (finding,) = examined(settings, now_ms())["clock"]
    assert finding.status == status
    if status != "ok":
        assert ("behind" if skew > 0 else "ahead") in finding.message
        assert "chrony" in finding.remedy


def test_refused_credentials_end_the_checks(settings: Settings, cluster: Cluster, examined: Check) -> None:
    for path in list(cluster.routes):
        cluster.routes[path] = lambda asked: (401, {"message": "Unauthorized"})
    found = examined(settings)
    assert list(found)[-1] == "credentials"
    assert found["credentials"][0].status == "fail"
    assert "Renew" in found["credentials"][0].remedy


def test_a_missing_verb_is_named_with_the_command_that_grants_it(
    settings: Settings, cluster: Cluster, examined: Check
) -> None:
    cluster.routes[REVIEW] = allow(lambda verb, namespace: verb == "list")
    who = 'events is forbidden: User "system:serviceaccount:ops:center" cannot list resource'
    cluster.routes["/api/v1/events"] = lambda asked: (403, {"message": who})
    found = examined(settings)
    listing, watching = found["rights"]
    assert (listing.status, watching.status) == ("ok", "fail")
    assert "system:serviceaccount:ops:center may not watch events in all namespaces" in watching.message
    assert "--serviceaccount=ops:center" in watching.remedy
    assert "kubectl create clusterrolebinding" in watching.remedy
    assert "events" not in found


def test_logs_that_may_not_be_read_are_a_warning(
    settings: Settings, cluster: Cluster, examined: Check
) -> None:
    cluster.routes[REVIEW] = allow(lambda verb, namespace: verb != "get")
    found = examined(settings)
    assert [finding.status for finding in found["rights"]] == ["ok", "ok", "warn"]
    assert "may not get pods/log in all namespaces" in found["rights"][2].message
    assert "rbac-logs.yaml" in found["rights"][2].remedy and "events" in found
    assert len(examined(replace(settings, crash_logs=False))["rights"]) == 2


def test_each_namespace_is_asked_for_itself(settings: Settings, cluster: Cluster, examined: Check) -> None:
    cluster.routes[REVIEW] = allow(lambda verb, namespace: namespace == "shop")
    cluster.routes["/api/v1/namespaces/data/events"] = lambda asked: (403, {"message": 'User "ann" cannot'})
    cluster.routes["/api/v1/namespaces/shop"] = lambda asked: (200, {})
    cluster.routes["/api/v1/namespaces/data"] = lambda asked: (403, {})
    found = examined(replace(settings, namespaces=("shop", "data")))
    assert [finding.status for finding in found["rights"]] == ["ok", "ok", "fail", "fail"]
    assert "kubectl create rolebinding eventcenter -n data" in found["rights"][2].remedy
    assert "namespace" not in found


def test_a_mistyped_namespace_is_found(settings: Settings, cluster: Cluster, examined: Check) -> None:
    cluster.routes["/api/v1/namespaces/shoop/events"] = lambda asked: event_list()
    found = examined(replace(settings, namespaces=("shoop",)))
    assert found["namespace"][0].status == "fail"
    assert "'shoop'" in found["namespace"][0].message


def test_reviews_that_cannot_be_asked_are_no_failure(
    settings: Settings, cluster: Cluster, examined: Check
) -> None:
    cluster.routes[REVIEW] = lambda asked: (403, {"message": "no"})
    found = examined(settings)
    assert {finding.status for finding in found["rights"]} == {"warn"}
    assert "kubectl auth can-i list events" in found["rights"][0].remedy
    assert found["events"][0].status == "ok"


@pytest.mark.parametrize(
    "answer", [(200, b"not json"), (200, []), (500, {"message": "etcd"}), (200, {"metadata": None})]
)
def test_an_absurd_list_is_one_line(
    settings: Settings, cluster: Cluster, examined: Check, answer: tuple[int, object]
) -> None:
    cluster.routes["/api/v1/events"] = lambda asked: answer
    (finding,) = examined(settings)["events"]
    assert finding.status == "fail"
    assert len(finding.message.splitlines()) == 1
