"""A scripted cluster, settings that point to it, and the doctor's findings about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.doctor import Finding
from eventcenter.doctor.cluster import check_cluster
from eventcenter.settings import Settings
from eventcenter.settingtypes import Address
from tests.doctor.scripted import Cluster, serving, write_kubeconfig

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z

Check = Callable[..., dict[str, list[Finding]]]


@pytest.fixture(autouse=True)
def away_from_the_users_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("EVENTCENTER_", "KUBE", "XDG_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def server(cluster: Cluster) -> Iterator[str]:
    with serving(cluster) as address:
        yield address


@pytest.fixture
def settings(tmp_path: Path, server: str) -> Settings:
    kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", server)
    return Settings(data_dir=tmp_path / "data", kubeconfig=kubeconfig, listen=Address("127.0.0.1", 1))


def by_check(findings: Any) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.check, []).append(finding)
    return found


@pytest.fixture
def examined() -> Check:
    """What the doctor finds about the cluster at noon, by check."""

    def check(settings: Settings, now: int = NOON) -> dict[str, list[Finding]]:
        return by_check(check_cluster(settings, lambda: now))

    return check
