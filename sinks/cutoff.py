"""An end to waiting for a server that has gone silent, for client libraries which would wait for ever or count the
time anew with every byte: the connection is shut down under them, and they report it as lost."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator


@contextlib.contextmanager
def cut_off_after(seconds: float, descriptor: int) -> Iterator[None]:
    """Shut the connected socket down when the block takes longer."""
    # A number of its own: the library may close the other, and it would mean something else then.
    handle = socket.socket(fileno=os.dup(descriptor))
    with contextlib.closing(handle), doing_after(seconds, lambda: _shut_down(handle)):
        yield


def _shut_down(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def all_cut_off_after(seconds: float, connected: Iterable[socket.socket]) -> Iterator[None]:
    """The same for whatever is connected then."""

    def shut_all_down() -> None:
        for handle in list(connected):
            _shut_down(handle)

    with doing_after(seconds, shut_all_down):
        yield


@contextlib.contextmanager
def doing_after(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do something in a thread of its own when the block takes longer."""
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
