"""The threads of a process share two pools of the C library, not one each."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

COUNT = """
import ctypes, sys, threading
from eventcenter.memory import share_pools
if sys.argv[1] == "shared":
    assert share_pools()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.fopen.restype = ctypes.c_void_p
here = threading.Barrier(8)

def work():
    here.wait()
    for _ in range(100):
        libc.malloc(ctypes.c_size_t(5000))
    here.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
print(open(sys.argv[2]).read().count("<heap nr="))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has pools")
@pytest.mark.parametrize(
    ("how", "environment", "least", "most"),
    [("shared", {}, 1, 2), ("plain", {}, 3, 99), ("shared", {"MALLOC_ARENA_MAX": "1"}, 1, 1)],
)
def test_threads_share_two_pools(
    tmp_path: Path, how: str, environment: dict[str, str], least: int, most: int
) -> None:
    given = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", COUNT, how, str(tmp_path / "info")],
        cwd=Path(__file__).parents[2], env=given | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert least <= int(done.stdout) <= most


GIVE_BACK = """
from eventcenter.memory import give_back

def resident():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])

kept = [bytes(2_000) for _ in range(50_000)]
last = kept[-1]  # stands at the end of the heap, so that nothing below it goes by itself
del kept
before = resident()
assert give_back()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has malloc_trim")
def test_free_memory_goes_back_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVE_BACK], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )  # fmt: skip
    assert int(done.stdout) > 50_000
