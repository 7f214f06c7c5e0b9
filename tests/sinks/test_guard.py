"""What a sink of the page may not reach, in all the ways to write it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sinks.delivery import Broken
from sinks.guard import Guarded, Inside, judge, outside
from sinks.http import Http
from tests.sinks.made import settings
from tests.sinks.servers.faulty import Answer, FaultyServer

PUBLIC = "93.184.216.34"
INSIDE = {
    "loopback": "127.0.0.1",
    "all of loopback": "127.8.9.10",
    "this machine": "0.0.0.0",
    "private 10": "10.0.0.1",
    "private 172": "172.16.5.4",
    "private 192": "192.168.1.1",
    "shared": "100.64.0.1",
    "link-local": "169.254.1.1",
    "metadata": "169.254.169.254",
    "metadata of Alibaba Cloud": "100.100.100.200",
    "wire server of Azure": "168.63.129.16",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "reserved": "240.0.0.1",
    "for documents": "203.0.113.5",
    "IPv6 loopback": "::1",
    "IPv6 of nothing": "::",
    "IPv6 link-local": "fe80::1",
    "IPv6 site-local": "fec0::1",
    "IPv6 unique local": "fd12:3456::1",
    "IPv6 metadata of AWS": "fd00:ec2::254",
    "IPv6 multicast": "ff02::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped private": "::ffff:10.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "compatible loopback": "::127.0.0.1",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of metadata": "64:ff9b::a9fe:a9fe",
    "local NAT64": "64:ff9b:1::1",
    "6to4 of private": "2002:a00:1::1",
    "6to4 of loopback": "2002:7f00:1::",
    "Teredo of private": "2001:0:4136:e378:8000:63bf:f5ff:fffe",
}
OUTSIDE = (
    "93.184.216.34",
    "8.8.8.8",
    "2606:2800:220:1::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
)


@pytest.mark.parametrize("address", INSIDE.values(), ids=INSIDE.keys())
def test_inside(address: str) -> None:
    assert not outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside(address: str) -> None:
    assert outside(ipaddress.ip_address(address))


def answering(*addresses: str) -> Callable[..., Any]:
    """A getaddrinfo that gives these, in this order, at every call."""

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, addresses, strict=True)
        ]

    return resolve


@pytest.mark.parametrize("addresses", [("10.0.0.1",), (PUBLIC, "127.0.0.1"), ("::1",), ("fe80::1%eth0",)])
def test_a_name_that_leads_inside(monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(*addresses))
    with pytest.raises(Inside, match=r"internal\.example leads to"):
        judge("internal.example", 443)


def test_a_name_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(httpx.ConnectError, match="cannot be resolved"):
        judge("nowhere.example", 443)


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the next time is not asked a second time."""
    answers = [answering(PUBLIC), answering("127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: answers.pop(0)(*given, **named))
    seen: list[httpx.Request] = []

    def inner(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    with httpx.Client(transport=Guarded(httpx.MockTransport(inner))) as client:
        client.post("https://moves.example:8443/hook", content=b"x")
    assert len(answers) == 1
    (request,) = seen
    assert (request.url.host, request.url.port, request.url.path) == (PUBLIC, 8443, "/hook")
    assert request.headers["Host"] == "moves.example:8443"
    assert request.extensions["sni_hostname"] == "moves.example"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "[64:ff9b::7f00:1]",
    ],
)
def test_no_way_to_write_this_machine_gets_through(host: str) -> None:
    with FaultyServer() as server:
        url = server.url.replace("127.0.0.1", host)
        http = Http(settings(f"webhook:{url}", guarded=True))
        with pytest.raises(Broken, match=r"may not reach|cannot be used"):
            http.post(url, content=b"x")
        http.close()
        assert not server.requests


def test_a_redirect_leads_nowhere() -> None:
    with FaultyServer() as inside, FaultyServer(Answer(307, headers={"Location": inside.url})) as server:
        http = Http(settings(f"webhook:{server.url}"))
        with pytest.raises(Broken, match="answered 307"):
            http.post(server.url, content=b"x")
        http.close()
        assert len(server.requests) == 1 and not inside.requests


def test_no_proxy_of_the_environment_leads_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        http = Http(settings("webhook:http://127.0.0.1:9/", guarded=True))
        with pytest.raises(Broken):
            http.post("http://127.0.0.1:9/", content=b"x")
        http.close()
        assert not proxy.requests
