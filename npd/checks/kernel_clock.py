"""Whether the kernel holds the clock to be synchronized. It is told so by whatever keeps it, also where that cannot
be seen from here: beside a node that is itself a container."""

from __future__ import annotations

import os

_TIME_ERROR = 5
_SIZE = 512
"""Bytes; `struct timex` has 208."""


def synchronized() -> bool:
    """OSError where the kernel does not say."""
    import ctypes  # a mebibyte that nodes with a time service of their own never need

    library = ctypes.CDLL(None, use_errno=True)
    state = library.adjtimex(ctypes.create_string_buffer(_SIZE))  # all zero: read and set nothing
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return bool(state != _TIME_ERROR)
