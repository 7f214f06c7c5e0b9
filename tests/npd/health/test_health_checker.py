"""The stand-in for the original's health-checker: arguments, exit codes, texts, and repairs that it refuses."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from npd.checks.frame import Host
from npd.health.checker import Means, run_health_checker

BOOT = 1_700_000_000.0


class _Answers(http.server.BaseHTTPRequestHandler):
    statuses: dict[str, int]

    def do_GET(self) -> None:
        self.send_response(self.statuses.get(self.path, 404))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def service(port: int = 0, **statuses: int) -> Iterator[int]:
    """Answers `/name` with these statuses; gives its port."""
    handler = type(
        "Answers", (_Answers,), {"statuses": {f"/{name}": status for name, status in statuses.items()}}
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Programs:
    """Stands for systemctl and journalctl of a node that was booted an hour ago."""

    up: float = 3000.0
    journal: str = ""
    ran: list[list[str]] = field(default_factory=list)

    def __call__(self, command: Sequence[str], timeout: float) -> str:
        self.ran.append(list(command))
        if command[:2] == ["systemctl", "show"]:
            return f"InactiveExitTimestampMonotonic={int((3600 - self.up) * 1e6)}\n"
        return self.journal if command[0] == "journalctl" else ""

    def killed(self) -> list[list[str]]:
        return [command for command in self.ran if "kill" in command[0] + " ".join(command[:2])]

    def means(self, root: Path = Path("/"), **environment: str) -> Means:
        return Means(
            Host(root=root),
            {"HOST_ADDRESS": "127.0.0.1", **environment},
            self,
            lambda: BOOT + 3600,
            lambda: 3600.0,
        )


def kubelet(
    port: int, *args: str, programs: Programs | None = None, may_repair: bool = False
) -> tuple[int, str]:
    means = (programs or Programs()).means(KUBELET_PORT=str(port))
    return run_health_checker(["--component=kubelet", *args], may_repair=may_repair, means=means)


def test_a_healthy_kubelet() -> None:
    with service(healthz=200) as port:
        assert kubelet(port) == (0, "kubelet:kubelet was found healthy; repair flag : false")


def test_an_unhealthy_kubelet() -> None:
    with service(healthz=500) as port:
        assert kubelet(port) == (1, "kubelet:kubelet was found unhealthy; repair flag : false")


def test_a_kubelet_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        assert kubelet(taken.getsockname()[1])[0] == 1


def test_a_kubelet_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert kubelet(silent.getsockname()[1], "--health-check-timeout=100ms")[0] == 1


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ({"livez": 200}, 0),
        ({"livez": 503, "healthz": 200}, 1),
        ({"healthz": 200}, 0),
        ({"healthz": 503}, 1),
        ({}, 1),
    ],
)
def test_kube_proxy_by_livez_and_where_it_has_none_by_healthz(statuses: dict[str, int], code: int) -> None:
    with service(**statuses) as port:
        means = Programs().means(KUBEPROXY_PORT=str(port))
        assert run_health_checker(["--component", "kube-proxy"], means=means)[0] == code


def test_a_runtime_by_its_socket(tmp_path: Path) -> None:
    means = Programs().means(root=tmp_path)

    code, text = run_health_checker(["--component=cri", "--cri-timeout=1s"], means=means)
    assert (code, text) == (1, "cri:containerd was found unhealthy; repair flag : false")
    code, text = run_health_checker(["--component=docker"], means=means)
    assert (code, text) == (1, "docker:docker was found unhealthy; repair flag : false")


def test_a_file_that_asks_for_repair_repairs_nothing() -> None:
    programs = Programs()
    with service(healthz=500) as port:
        assert kubelet(port, "--enable-repair=true", "--cooldown-time=1m", programs=programs)[1].endswith(
            "false"
        )
        kubelet(port, programs=programs)  # in the original the default

    assert programs.killed() == []


def test_with_leave_a_service_that_is_up_for_long_is_killed() -> None:
    programs = Programs()
    with service(healthz=500) as port:
        code, text = kubelet(port, "--enable-repair", programs=programs, may_repair=True)
        kubelet(port, "--enable-repair=false", programs=programs, may_repair=True)

    assert (code, text) == (1, "kubelet:kubelet was found unhealthy; repair flag : true")
    assert programs.killed() == [["systemctl", "kill", "--kill-who=main", "kubelet"]]


@pytest.mark.parametrize(("up", "repairs"), [(59.0, 0), (61.0, 1)])
def test_a_service_that_has_just_started_is_left_alone(up: float, repairs: int) -> None:
    programs = Programs(up=up)
    with service(healthz=500) as port:
        kubelet(port, "--cooldown-time=1m", programs=programs, may_repair=True)

    assert len(programs.killed()) == repairs


def test_docker_tells_what_it_does_before_it_is_killed(tmp_path: Path) -> None:
    programs = Programs()
    run_health_checker(["--component=docker"], may_repair=True, means=programs.means(root=tmp_path))

    assert [command[0] for command in programs.killed()] == ["pkill", "systemctl"]


@pytest.mark.parametrize(
    ("journal", "code"),
    [("x\nUse of closed network connection\n" * 3, 1), ("use of CLOSED network\n" * 2, 0)],
)
def test_a_pattern_that_is_often_in_the_log_is_unhealthy(journal: str, code: int) -> None:
    programs = Programs(journal=journal, up=600)
    with service(healthz=200) as port:
        found, _ = kubelet(port, "--log-pattern=3:use of closed network", programs=programs)

    assert found == code
    assert "--since=@1700003000" in programs.ran[-1]  # the start of the service
    with service(healthz=200) as port:
        kubelet(port, "--log-pattern=3:x", "--loopback-time=30m", programs=programs)
    assert "--since=@1700001800" in programs.ran[-1]


def test_a_journal_that_cannot_be_read_is_no_fault_of_the_service() -> None:
    def no_journal(command: Sequence[str], timeout: float) -> str:
        raise OSError("no systemctl")

    with service(healthz=200) as port:
        means = Means(environment={"HOST_ADDRESS": "127.0.0.1", "KUBELET_PORT": str(port)}, run=no_journal)
        assert run_health_checker(["--log-pattern=1:x"], means=means)[0] == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--component=etcd"], "--component: 'etcd' is none of kubelet, docker, cri, kube-proxy"),
        (["--nonsense=1"], "there is no flag --nonsense; there are --component"),
        (["--cooldown-time=5"], "--cooldown-time: '5' is no duration"),
        (["--cooldown-time=-5s"], "--cooldown-time: '-5s' is less than 0"),
        (["--enable-repair=perhaps"], "--enable-repair: 'perhaps' is neither true nor false"),
        (["--log-pattern=x:y"], "--log-pattern: 'x:y' is not N:TEXT"),
    ],
)
def test_wrong_arguments_are_unknown_and_one_line(args: list[str], said: str) -> None:
    code, text = run_health_checker(args, means=Programs().means())

    assert code == 2
    assert text.startswith(f"health-checker: {said}") and "\n" not in text


def test_a_wrong_port_in_the_environment() -> None:
    assert run_health_checker([], means=Programs().means(KUBELET_PORT="http"))[1] == (
        "health-checker: KUBELET_PORT: 'http' is not a port from 1 to 65535"
    )
