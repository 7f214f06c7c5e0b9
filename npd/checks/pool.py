"""Threads for the looks. One that hangs in the kernel cannot be ended, so every job that finds no idle thread gets
a new one at once: a hung look costs its own check and a thread, and delays nothing else."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

Job = Callable[[], None]


class Pool:
    """`keep` is how many idle threads wait for more; nearly always one is enough. There are never more threads than
    jobs at once, which the caller bounds. Jobs must not raise."""

    def __init__(self, keep: int, name: str) -> None:
        self._keep = keep
        self._name = name
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._closed = False

    def submit(self, job: Job) -> None:
        with self._lock:
            if self._closed:
                return
            if self._idle:
                self._idle -= 1
            else:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._threads.add(thread)
                thread.start()
            self._jobs.put(job)

    def close(self, within: float) -> None:
        """Waits up to `within` seconds for the threads to end; a hung one is left behind."""
        with self._lock:
            self._closed = True
            for _ in range(self._idle):
                self._jobs.put(None)
            threads = list(self._threads)
        until = time.monotonic() + within
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            with self._lock:
                if self._closed or self._idle >= self._keep:
                    break
                self._idle += 1
        with self._lock:
            self._threads.discard(threading.current_thread())
