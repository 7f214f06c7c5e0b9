"""A cloud takes this machine back soon: said by its metadata service some minutes before, and by nobody else."""

from __future__ import annotations

import http.client
from dataclasses import dataclass

from npd.checks.egress import host_and_port
from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, unknown


@dataclass(frozen=True, slots=True)
class _Cloud:
    host: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    token: tuple[str, str, str] | None = None
    """Path that a PUT gets a token from, the header with its lifetime, and the one that a question carries it in."""
    no: str = ""
    """Answer that means "not yet", where it is not status 404."""


_CLOUDS = {
    "alibaba": _Cloud("100.100.100.200", "/latest/meta-data/instance/spot/termination-time"),
    "aws": _Cloud(
        "169.254.169.254",
        "/latest/meta-data/spot/instance-action",
        token=("/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "X-aws-ec2-metadata-token"),
    ),
    "gcp": _Cloud(
        "169.254.169.254",
        "/computeMetadata/v1/instance/preempted",
        headers=(("Metadata-Flavor", "Google"),),
        no="FALSE",
    ),
}
_TIMEOUT = 3.0
"""Seconds, for each question."""


@dataclass(frozen=True, slots=True)
class SpotOptions:
    cloud: str = "alibaba"
    """alibaba, aws or gcp."""
    address: str = ""
    """HOST:PORT of the metadata service; empty is the cloud's own."""

    def __post_init__(self) -> None:
        if self.cloud not in _CLOUDS:
            raise ValueError(f"cloud: {self.cloud!r} is none of {', '.join(_CLOUDS)}")
        if self.address:
            try:
                host_and_port(self.address)
            except ValueError as error:
                raise ValueError(f"address: {error}") from None


def _make(node: Node, options: SpotOptions) -> dict[str, Look]:
    cloud = _CLOUDS[options.cloud]
    host, port = host_and_port(options.address or f"{cloud.host}:80")

    def look() -> Finding:
        try:
            status, text = _question(host, port, cloud)
        except (OSError, http.client.HTTPException) as error:
            return unknown(f"metadata of {options.cloud}: {getattr(error, 'strerror', None) or error}")
        if status == 404 or (status == 200 and text.strip() == cloud.no):
            return OK
        if status != 200:
            return unknown(f"metadata of {options.cloud}: status {status}")
        return bad(f"{options.cloud} takes this machine back: {' '.join(text.split())[:200]}")

    return {"": look}


def _question(host: str, port: int, cloud: _Cloud) -> tuple[int, str]:
    headers = dict(cloud.headers)
    if cloud.token is not None:
        path, lifetime, carries = cloud.token
        headers[carries] = _request(host, port, "PUT", path, {lifetime: "60"})[1]
    return _request(host, port, "GET", cloud.path, headers)


def _request(host: str, port: int, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(4096).decode(errors="replace")
    finally:
        connection.close()


KIND = Kind(
    "spot-release",
    "the cloud's metadata announce that this machine is taken back",
    SpotOptions,
    Words(
        "InstanceToBeTerminated",
        "InstanceExpired",
        "InstanceNotToBeTerminated",
        "instance is not going to be terminated",
    ),
    Pace(period=10, timeout=10),
    _make,
    on=False,
    needs="the host's network where Pods may not ask the metadata service",
)
