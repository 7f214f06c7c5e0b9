"""The container engine answers in time. Asked through its own socket with no program in between: a CRI version call to
containerd and CRI-O, a ping to Docker. An engine that hangs accepts connections and never answers."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from npd.checks.deadline import Deadline
from npd.checks.frame import OK, Finding, Host, Kind, Look, Node, Pace, Words, bad, not_applicable, unknown
from npd.checks.grpc import VERSION, BadAnswer, call

DOCKER = "/run/docker.sock"
RUNTIMES = (
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/k0s/containerd.sock",
    "/run/cri-dockerd.sock",
    DOCKER,
)
_PING = b"GET /_ping HTTP/1.0\r\nHost: localhost\r\n\r\n"


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    sockets: tuple[str, ...] = RUNTIMES
    """Of the node; the first one that is there is asked. One whose name holds `docker.sock` is pinged, others get a CRI
    call. When one alone is given, it has to be there."""
    answer_within_ms: int = 5000

    def __post_init__(self) -> None:
        if not self.sockets or self.answer_within_ms < 1:
            raise ValueError("sockets must name one, answer_within_ms must be 1 or more")


@dataclass(frozen=True, slots=True)
class DockerOptions(RuntimeOptions):
    sockets: tuple[str, ...] = (DOCKER,)


def ask(path: Path, timeout: float) -> Finding:
    """One question to an engine. `timeout` in seconds, for all of it."""
    deadline = Deadline(timeout)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(deadline.left())
            sock.connect(str(path))
            if path.name == "docker.sock":
                _ping(sock, deadline)
            else:
                call(sock, VERSION, deadline)
    except TimeoutError:
        return bad(f"{path.name}: no answer within {timeout:g}s")
    except BlockingIOError:  # what connect says when the queue of connections is full
        return bad(f"{path.name}: takes no more connections")
    except BadAnswer as error:
        return bad(f"{path.name}: {error}")
    except PermissionError:
        return unknown(f"{path}: no permission to connect")
    except OSError as error:
        return bad(f"{path.name}: {(error.strerror or str(error)).lower()}")
    return OK


def _ping(sock: socket.socket, deadline: Deadline) -> None:
    deadline.send(sock, _PING)
    answer = b""
    while b"\n" not in answer and len(answer) < 4096:
        data = deadline.receive(sock)
        if not data:
            break
        answer += data
    words = answer.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/"):
        raise BadAnswer("closed the connection without an answer" if not answer else "does not speak HTTP")
    if not words[1].startswith(b"2"):
        raise BadAnswer(f"answered with status {words[1].decode(errors='replace')}")


class _Engine:
    """Remembers which socket it found: an engine that was there and is gone is a problem, one that never was is not."""

    def __init__(self, host: Host, sockets: tuple[str, ...], timeout: float, required: bool) -> None:
        self._paths = [host.file(path) for path in sockets]
        self._timeout = timeout
        self._known: Path | None = self._paths[0] if required else None

    def look(self) -> Finding:
        there = next((path for path in self._paths if path.exists()), None)
        self._known = there or self._known
        if self._known is None:
            return not_applicable(
                f"no container engine: none of {', '.join(path.name for path in self._paths)}"
            )
        return ask(self._known, self._timeout)


def _make(node: Node, options: RuntimeOptions) -> dict[str, Look]:
    required = len(options.sockets) == 1 and options.sockets != (DOCKER,)
    return {"": _Engine(node.host, options.sockets, options.answer_within_ms / 1000, required).look}


# Two of three: one slow answer is none, and a hang shows within three periods whenever it begins.
_PACE = Pace(period=30, timeout=10, bad=2, of=3, good=1)
_NEEDS = "the socket (whoever may write to it is root on the node; one call, nothing else, is made)"
RUNTIME = Kind(
    "runtime",
    "the container runtime answers a call through its socket",
    RuntimeOptions,
    Words(
        "RuntimeDaemonOffline", "RuntimeOffline", "RuntimeDaemonNotOffline", "container runtime daemon is ok"
    ),
    _PACE,
    _make,
    upstream=Words(
        "ContainerdUnhealthy",
        "ContainerRuntimeUnhealthy",
        "ContainerRuntimeIsHealthy",
        "Container runtime on the node is functioning properly",
    ),
    needs=_NEEDS,
)
DOCKER_KIND = Kind(
    "docker",
    "the Docker engine answers a ping through its socket",
    DockerOptions,
    Words("DockerDaemonOffline", "DockerOffline", "DockerDaemonNotOffline", "docker daemon is ok"),
    _PACE,
    _make,
    # The original has one condition for all engines, which the check above moves.
    upstream=Words("DockerUnhealthy", "", "DockerIsHealthy", "docker on the node is functioning properly"),
    needs=_NEEDS,
)
