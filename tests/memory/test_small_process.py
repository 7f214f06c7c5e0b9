"""The allocator is told to stay small, and gives back what a page needed."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, threading
from eventcenter.memory import few_arenas, give_back

assert few_arenas()
def allocate():
    for _ in range(50):
        bytearray(70_000)
threads = [threading.Thread(target=allocate) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.malloc_stats()  # writes to stderr
give_back()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator is not glibc's")
def test_threads_share_two_arenas() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stderr.count("Arena ") == 2
