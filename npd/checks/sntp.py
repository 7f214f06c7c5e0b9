"""Asks a time server how far the clock is off: one packet there, one back (RFC 4330)."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable

_TO_1970 = 2_208_988_800
"""Seconds from 1900, where the protocol's time begins; an era is 2^32 seconds, the next begins in 2036."""
_ERA = 2**32
_PACKET = struct.Struct("!BBBb11I")


class NoAnswer(Exception):
    """Why a server told no time."""


def offset(server: str, timeout: float, wall: Callable[[], float]) -> float:
    """Seconds that the clock `wall` is behind the server's; less than 0 when it is ahead. `server` is HOST or
    HOST:PORT. NoAnswer."""
    host, port = _split(server)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as sock:
            sock.settimeout(timeout)
            sock.connect(address)
            return _exchange(sock, wall)
    except TimeoutError:
        raise NoAnswer(f"{server}: no answer within {timeout:g}s") from None
    except OSError as error:
        raise NoAnswer(f"{server}: {error.strerror or error}") from None
    except ValueError as error:
        raise NoAnswer(f"{server}: {error}") from None


def _split(server: str) -> tuple[str, str]:
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        return host, rest.lstrip(":") or "123"
    if server.count(":") == 1:
        host, _, port = server.partition(":")
        return host, port
    return server, "123"


def _exchange(sock: socket.socket, wall: Callable[[], float]) -> float:
    mark = os.urandom(8)  # in place of our time: what comes back tells the answer from a forged or late one
    sent = wall()
    sock.send(bytes([0x23]) + bytes(39) + mark)
    answer = sock.recv(512)
    received = wall()
    if len(answer) < _PACKET.size or answer[24:32] != mark or answer[0] & 7 != 4:
        raise ValueError("the answer is none to this question")
    leap_mode, stratum, *_ = fields = _PACKET.unpack(answer[: _PACKET.size])
    if not 1 <= stratum <= 15 or leap_mode >> 6 == 3:
        raise ValueError("the server has no time itself")
    arrived, left = _seconds(fields[11], fields[12], sent), _seconds(fields[13], fields[14], sent)
    return ((arrived - sent) + (left - received)) / 2


def _seconds(whole: int, fraction: int, near: float) -> float:
    """Seconds since 1970, in the era nearest to `near`."""
    value = whole + fraction / _ERA - _TO_1970
    return value + round((near - value) / _ERA) * _ERA
