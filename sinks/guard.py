"""Refuses addresses that lead inside, for sinks that were set up in the page: whoever may use the page must not make
the center speak to its own machine, its cloud's metadata service or its neighbours.

Names are resolved here and the connection goes to the very address that was judged, so that a name which answers
differently the next time gains nothing; redirects are not followed at all."""

from __future__ import annotations

import ipaddress
import socket

import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Inside(Exception):
    """The address leads to where a page may not send."""


def judge(host: str, port: int) -> Address:
    """An address of the host that may be spoken to. Inside when any of its addresses may not."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{host} cannot be resolved: {error}") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        if not outside(address):
            raise Inside(f"{host} leads to {address}, which sinks that were set up in the page may not reach")
    return addresses[0]


def outside(address: Address) -> bool:
    """Whether it is an address of the public internet, also behind the ways to write IPv4 as IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and any(address in network for network in _WITH_IPV4):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return outside(inner)
        if address.is_site_local or address in _LOCAL_NAT64:
            return False
    return address.is_global and not address.is_multicast and address not in _METADATA


_WITH_IPV4 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
"""NAT64, and the oldest way to write IPv4: the address is in the last 32 bits."""
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
"""Where it lies in there is up to whoever runs the network."""
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254")
)
"""Of the clouds: 100.100.100.200 is Alibaba's, 168.63.129.16 Azure's wire server, which is a public address."""


class Guarded(httpx.BaseTransport):
    """A transport that judges before it connects, and connects to what was judged."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        address = judge(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.headers.setdefault("Host", request.url.netloc.decode("ascii"))
        request.url = request.url.copy_with(host=str(address))
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
