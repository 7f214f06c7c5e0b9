"""A TCP proxy on loopback that cuts its connections after a number of bytes, wherever in a line that is."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType

_RESET = struct.pack(
    "ii", 1, 0
)  # SO_LINGER 0: the peer sees a reset, as from a machine that was switched off


class CuttingProxy:
    """Forwards to `target` (host, port). `cuts` counts the connections that were cut."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._listener.getsockname())
        self.target = ("127.0.0.1", 0)
        self.cuts = 0
        self._budget: int | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)

    def __enter__(self) -> CuttingProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def cut_after(self, received: int | None) -> None:
        """Once so many more bytes came from the target, the connection that brought the last of them is cut. None: no
        more cuts. A budget that is not used up yet stays."""
        with self._lock:
            if received is None or self._budget is None:
                self._budget = received

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.target, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._open |= {near, far}
            threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                allowed = self._allowed(len(data)) if counted else len(data)
                sink.sendall(data[:allowed])
                if allowed < len(data):
                    sink.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    break
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, sink}
        if counted:
            source.close()
            sink.close()

    def _allowed(self, wanted: int) -> int:
        with self._lock:
            if self._budget is None or wanted < self._budget:
                if self._budget is not None:
                    self._budget -= wanted
                return wanted
            allowed, self._budget = self._budget, None
            self.cuts += 1
            return min(allowed, wanted - 1)
