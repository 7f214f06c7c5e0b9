"""How much of what was written to a TCP connection the other side's system has not acknowledged."""

from __future__ import annotations

import array
import fcntl
import socket
import sys

_SIOCOUTQ = 0x5411
"""Of Linux; other systems do not tell."""


def unacknowledged(stream: socket.socket) -> int:
    """Bytes; 0 where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return 0
    answer = array.array("i", [0])
    fcntl.ioctl(stream.fileno(), _SIOCOUTQ, answer)
    return answer[0]
