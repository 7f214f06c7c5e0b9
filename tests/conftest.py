"""What every layer of tests shares: where the API server of the `cluster` tests is.

pytest-kind owns the option `--kubeconfig`, and in one run of all layers it names the kind cluster. So the
cluster tests ask TEST_KUBECONFIG first and take the option only where that is not set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from eventcenter.watch.connection import Access, Connection, connect

# CI runs the same examples each time: it judges a change. New ones are looked for wherever else the tests run.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def cluster_kubeconfig(request: pytest.FixtureRequest) -> Path:
    """The kubeconfig of an API server that tests may fill with events. Never the user's own by default."""
    given = os.environ.get("TEST_KUBECONFIG") or request.config.getoption("kubeconfig")
    if not given:
        pytest.skip("no API server given: --kubeconfig FILE, or TEST_KUBECONFIG=FILE")
    path = Path(given).expanduser()
    if not path.is_file():
        pytest.fail(f"there is no kubeconfig {path}", pytrace=False)
    return path


@pytest.fixture
def admin(cluster_kubeconfig: Path) -> Iterator[Connection]:
    """A connection with all rights to that API server."""
    connection = connect(Access(kubeconfig=str(cluster_kubeconfig)))
    yield connection
    connection.close()
