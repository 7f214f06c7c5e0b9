"""How long a certificate is valid, read from its DER: just as far as the two dates, so that no library is needed."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18


def validity(data: bytes) -> tuple[float, float]:
    """From and until, in seconds since 1970, of the first certificate of a PEM file or of a DER one. ValueError."""
    found = _PEM.search(data)
    der = base64.b64decode(found[1]) if found else data
    try:
        certificate = _value(der, 0, _SEQUENCE)
        return _dates(_value(certificate, 0, _SEQUENCE))
    except IndexError:
        raise ValueError("is cut short") from None


def _dates(body: bytes) -> tuple[float, float]:
    at = 0
    if body[0] == _VERSION:
        at = _bounds(body, at)[1]
    for _ in range(3):  # serial number, signature algorithm, issuer
        at = _bounds(body, at)[1]
    dates = _value(body, at, _SEQUENCE)
    return _time(dates, 0), _time(dates, _bounds(dates, 0)[1])


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Where the value of the element at `at` begins and ends."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        more = length & 0x7F
        length, start = int.from_bytes(data[start : start + more]), start + more
    if start + length > len(data):
        raise IndexError
    return start, start + length


def _value(data: bytes, at: int, tag: int) -> bytes:
    start, end = _bounds(data, at)
    if data[at] != tag:
        raise ValueError("is no certificate")
    return data[start:end]


def _time(data: bytes, at: int) -> float:
    start, end = _bounds(data, at)
    text = data[start:end].decode("ascii")
    if data[at] == _UTC_TIME:  # two digits of the year: 50 to 99 are of the last century
        text = ("19" if text[:2] >= "50" else "20") + text
    elif data[at] != _GENERALIZED_TIME:
        raise ValueError("is no certificate")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
