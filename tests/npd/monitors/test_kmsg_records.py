"""Records of the kernel log."""

from __future__ import annotations

import pytest

from npd.monitors.sources.kmsg_records import parse_record
from tests.npd.cases import Case, cases_of


@cases_of("kmsg", mode="kmsg_record")
def test_sample_cases(case: Case) -> None:
    record = parse_record(case["input"]["raw"].encode())
    (expected,) = case["expected"]
    assert (record is None) == expected.get("error", False)
    if record is not None:
        for name in ("priority", "sequence", "usec", "message", "dictionary"):
            assert getattr(record, name) == expected.get(name, getattr(record, name))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (rb"6,1,2,-;caf\xc3\xa9 \x5cx41 \x1b[0m", "café \\x41 \x1b[0m"),
        (rb"6,1,2,-;bad \xff byte", "bad \N{REPLACEMENT CHARACTER} byte"),
        (rb"6,1,2,-;two\x0alines", "two\nlines"),
        (b"6,1,2,-; \t padded \xc2\xa0", "padded"),
        (b"6,1,2,c,more=1;a;b", "a;b"),
        (b"30,1,2;no flags", "no flags"),
        (b"6,1,2,-;", ""),
    ],
)
def test_messages(raw: bytes, message: str) -> None:
    record = parse_record(raw)
    assert record is not None
    assert record.message == message


@pytest.mark.parametrize("raw", [b"", b";", b"6,1;x", b"a,1,2,-;x", b"6,b,2,-;x", b"6,1,c,-;x", b"6,1,2,- x"])
def test_what_is_no_record(raw: bytes) -> None:
    assert parse_record(raw) is None
