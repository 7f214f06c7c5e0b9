"""An end to waiting for a server that has gone silent, for client libraries which would wait for ever or count the
time anew with every byte: the connection is shut down under them, and they report it as lost."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def cut_off_after(seconds: float, descriptor: int) -> Iterator[None]:
    """Shut the connected socket down when the block takes longer."""
    handle = socket.socket(
        fileno=os.dup(descriptor)
    )  # its own number: the library may close and reuse the other
    timer = threading.Timer(seconds, _shut_down, [handle])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        handle.close()


def _shut_down(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)
