"""Repeatable chance: every draw is named by what it is for, so none depends on where a window begins."""

from __future__ import annotations

import hashlib
from random import Random

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""The letters that Kubernetes makes generated names of (no vowels: no words)."""


def chance(*key: object) -> Random:
    return Random("/".join(map(str, key)))


def digest(*key: object) -> str:
    text = "/".join(map(str, key))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def uid(*key: object) -> str:
    """A random-looking UUID (version 4)."""
    h = digest(*key)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def template_hash(*key: object) -> str:
    """What follows the name of a Deployment in that of a ReplicaSet, as in `7c9d8b6f5d`: the decimal digits of a 32-bit
    number, each as one of ten letters."""
    digits = str(int(digest(*key)[:8], 16))
    return "".join(_SAFE[ord(digit) % len(_SAFE)] for digit in digits)


def suffix(length: int, *key: object) -> str:
    """The end of a generated name, as in `x2k9p` of a Pod."""
    number = int(digest(*key), 16)
    letters = []
    for _ in range(length):
        number, index = divmod(number, len(_SAFE))
        letters.append(_SAFE[index])
    return "".join(letters)


def seconds(random: Random, low: float, high: float) -> int:
    """A duration in ms."""
    return int(random.uniform(low, high) * SECOND)
