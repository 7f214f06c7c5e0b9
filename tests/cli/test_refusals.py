"""`run` with everything wrong that people meet: one clear line, a non-zero exit code, and nothing damaged."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.store import Writer, database_path, open_reader
from eventcenter.store.schema import MIGRATIONS
from tests.cli.made_events import batch_of, make_event

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which nothing listens: bound, so that no other test gets it, but without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield int(probe.getsockname()[1])


def kubeconfig(path: Path, server: str, **changes: Any) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "a-token"}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "me"}}],
    }
    path.write_text(json.dumps(document | changes))
    return path


@pytest.fixture
def unreachable(home: Path, port: int) -> Path:
    """A kubeconfig that is right but for the server, which is not there."""
    return kubeconfig(home / "kubeconfig", f"https://127.0.0.1:{port}")


def refused(done: subprocess.CompletedProcess[str], *told: str, code: int) -> None:
    """One line that says what; a log line of a start that had begun may stand before it."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("eventcenter: ")]
    assert done.returncode == code, done.stderr
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for text in told:
        assert text in lines[0]


def test_no_cluster_at_all(command: Command, data_dir: Path) -> None:
    done = command("run", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0")
    refused(done, "no cluster is configured", "--kubeconfig", code=1)
    assert not data_dir.exists()


def test_no_cluster_in_a_pod_never_starts_the_playground(command: Command, data_dir: Path) -> None:
    in_pod = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    done = command("run", "--data-dir", str(data_dir), "--demo-if-no-cluster", env=in_pod)
    refused(done, "service account", code=1)
    assert not data_dir.exists()


def test_a_kubeconfig_that_is_missing(command: Command, data_dir: Path) -> None:
    done = command("run", "--kubeconfig", "missing", "--data-dir", str(data_dir), "--demo-if-no-cluster")
    refused(done, "kubeconfig missing does not exist", code=1)
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("clusters: [", "is not valid YAML"),
        ("just text", "is no kubeconfig"),
        ("", "is empty"),
        ("clusters: {}\ncontexts: 5\n", "context"),
        ("current-context: x\ncontexts: [{name: x}]\n", "kube-config file"),
    ],
)
def test_a_kubeconfig_that_is_broken(command: Command, home: Path, content: str, told: str) -> None:
    (home / "broken").write_text(content)
    refused(command("run", "--kubeconfig", "broken", "--data-dir", "data"), told, code=1)


def test_an_unknown_context(command: Command, unreachable: Path) -> None:
    done = command("run", "--kubeconfig", str(unreachable), "--context", "prod", "--data-dir", "data")
    refused(done, "'prod'", "known: lab", code=1)


def test_an_unreachable_server_on_the_first_start(command: Command, unreachable: Path, port: int) -> None:
    done = command("run", "--kubeconfig", str(unreachable), "--data-dir", "data", "--listen", "127.0.0.1:0")
    refused(done, f"cannot reach https://127.0.0.1:{port}", "Connection refused", code=1)


def test_a_bad_source(command: Command) -> None:
    done = command("run", "--source", "kubernetes:ftp://host", "--data-dir", "data")
    refused(done, "ftp://host", "Accepted", code=2)


def test_a_port_in_use(command: Command, unreachable: Path, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = command(
            "run", "--kubeconfig", str(unreachable), "--listen", address, "--data-dir", str(data_dir)
        )
    refused(done, f"cannot listen on {address}", "in use", "--listen", code=2)
    assert not data_dir.exists()


def test_an_address_that_is_not_this_machines(command: Command, unreachable: Path) -> None:
    done = command(
        "run", "--kubeconfig", str(unreachable), "--listen", "203.0.113.1:8080", "--data-dir", "data"
    )
    refused(done, "cannot listen on 203.0.113.1:8080", code=2)


@pytest.mark.parametrize("directory", ["/proc/eventcenter", "/dev/null/data"])
def test_a_directory_that_cannot_be_written(command: Command, unreachable: Path, directory: str) -> None:
    done = command(
        "run", "--kubeconfig", str(unreachable), "--listen", "127.0.0.1:0", "--data-dir", directory
    )
    refused(done, directory, "--data-dir", code=1)


def test_a_directory_that_is_a_file(command: Command, unreachable: Path, home: Path) -> None:
    (home / "file").write_text("precious")
    done = command("run", "--kubeconfig", str(unreachable), "--listen", "127.0.0.1:0", "--data-dir", "file")
    refused(done, "file", code=1)
    assert (home / "file").read_text() == "precious"


def test_a_full_disk(home: Path, environment: dict[str, str], unreachable: Path) -> None:
    """A limit on the size of files stands for it: SQLite then gets an error where it writes."""
    command = f"ulimit -f 8; exec {sys.executable} -m eventcenter run --data-dir data --listen 127.0.0.1:0"
    done = subprocess.run(
        ["bash", "-c", f"trap '' XFSZ; {command} --kubeconfig {unreachable}"],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    refused(done, "data", code=1)


STORE_COMMANDS = [
    ["run", "--listen", "127.0.0.1:0"],
    ["replay", "recording.jsonl"],
    ["import", "recording.jsonl"],
]


@pytest.fixture
def recording(home: Path) -> Path:
    event = {"metadata": {"name": "e", "namespace": "shop", "uid": "u9", "resourceVersion": "5"}}
    path = home / "recording.jsonl"
    path.write_text(
        json.dumps({"type": "ADDED", "object": event | {"kind": "Event", "apiVersion": "v1"}}) + "\n"
    )
    return path


def with_cluster(arguments: list[str], unreachable: Path) -> list[str]:
    return [*arguments, "--kubeconfig", str(unreachable)] if arguments[0] == "run" else arguments


@pytest.mark.parametrize("arguments", STORE_COMMANDS, ids=lambda arguments: arguments[0])
def test_a_second_process_on_a_directory(
    command: Command, unreachable: Path, recording: Path, writer: Writer, data_dir: Path, arguments: list[str]
) -> None:
    done = command(*with_cluster(arguments, unreachable), "--data-dir", str(data_dir))
    refused(done, "in use by another eventcenter", str(os.getpid()), "--data-dir", code=1)
    writer.deliver(batch_of(make_event("u1")))
    assert writer.flush(10)


@pytest.mark.parametrize("arguments", [*STORE_COMMANDS, ["events"]], ids=lambda arguments: arguments[0])
def test_a_directory_of_a_newer_program(
    command: Command, unreachable: Path, recording: Path, writer: Writer, data_dir: Path, arguments: list[str]
) -> None:
    writer.deliver(batch_of(make_event("u1")))
    writer.close()
    path = database_path(data_dir, "default")
    set_version(path, len(MIGRATIONS) + 1)
    before = path.read_bytes()
    done = command(*with_cluster(arguments, unreachable), "--data-dir", str(data_dir))
    refused(done, f"schema version {len(MIGRATIONS) + 1}", "newer", code=1)
    assert path.read_bytes() == before
    set_version(path, len(MIGRATIONS))
    reader = open_reader(data_dir, "default")
    assert reader.event("u1").event.uid == "u1"
    reader.close()


def set_version(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


@pytest.mark.parametrize("content", [b"not a database at all, but text " * 200, b"\x00" * 8192])
def test_reading_a_file_that_is_no_database(command: Command, data_dir: Path, content: bytes) -> None:
    """`run` sets it aside (tests/care)."""
    path = database_path(data_dir, "default")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    refused(command("events", "--data-dir", str(data_dir)), str(path), code=1)
    assert path.read_bytes() == content


def test_a_database_of_another_program(command: Command, unreachable: Path, data_dir: Path) -> None:
    path = database_path(data_dir, "default")
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    done = command(
        "run", "--kubeconfig", str(unreachable), "--data-dir", str(data_dir), "--listen", "127.0.0.1:0"
    )
    refused(done, "another program", code=1)
    assert path.read_bytes() == before


PODS = '{"kind": "PodList", "items": [{"kind": "Pod", "metadata": {"name": "web-1", "uid": "u1"}}]}'


@pytest.mark.parametrize("content", ["", "nonsense", "{", PODS, "\x00\x01"])
def test_a_file_without_events(command: Command, home: Path, content: str) -> None:
    (home / "odd").write_text(content)
    done = command("import", "odd", "--data-dir", "data")
    refused(done, "odd", "Accepted: a recorded watch", code=2)
