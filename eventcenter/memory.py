"""How the C library keeps free memory. glibc gives each thread a pool of its own, eight to a processor, and what one
thread has freed serves no other: a center with a dozen threads that each answered a large request once kept 90 MiB for
nothing. Two pools are as quick here, as Python runs one thread at a time."""

from __future__ import annotations

import ctypes
import os

_M_ARENA_MAX = -8
POOLS = 2


def share_pools() -> bool:
    """To be called before threads start. MALLOC_ARENA_MAX wins. False where the C library has no such setting."""
    if "MALLOC_ARENA_MAX" in os.environ:
        return True
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, POOLS))
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return False


def give_back() -> bool:
    """Return what is free to the system; whether there was any. False where the C library has no such call."""
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError, TypeError):
        return False
