"""Certificates of the kubelet that end soon, have ended, are short-lived, or are none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npd.checks.der import validity
from npd.checks.frame import Outcome
from tests.npd.checks.looking import Clock, FakeHost, seen

_DATA = Path(__file__).parent / "data"
YEAR = (_DATA / "kubelet-one-year.pem").read_bytes()
LONG = (_DATA / "hundred-years.pem").read_bytes()
DAY = 86_400.0
END = datetime(2027, 11, 25, 16, 43, 54, tzinfo=UTC).timestamp()


def test_both_forms_of_dates_are_read() -> None:
    assert validity(YEAR) == (END - 365 * DAY, END)
    assert validity(LONG)[1] == datetime(2126, 11, 1, 16, 43, 54, tzinfo=UTC).timestamp()


@given(st.integers(0, 441), st.binary(max_size=4))
def test_a_file_that_is_cut_or_spoilt_is_named_as_such(cut: int, tail: bytes) -> None:
    der = _der()
    try:
        start, end = validity(der[:cut] + tail)
    except ValueError:
        return
    assert (start, end) == (END - 365 * DAY, END)


def _der() -> bytes:
    import ssl

    return ssl.PEM_cert_to_DER_cert(YEAR.decode())


@pytest.mark.parametrize(
    ("days_left", "message"),
    [
        (15.0, ""),
        (13.5, "/var/lib/kubelet/pki/kubelet.crt expires on 2027-11-25 16:43 UTC, in 13.5 days"),
        (-1.0, "/var/lib/kubelet/pki/kubelet.crt has expired on 2027-11-25 16:43 UTC"),
    ],
)
def test_the_last_two_weeks_of_a_certificate(fake: FakeHost, days_left: float, message: str) -> None:
    _put(fake, YEAR)
    check = seen("kubelet-certificate", fake.host, Clock(END - days_left * DAY))

    assert check.look(after=0).message == message
    assert check.conditions["KubeletCertificateExpiring"].status == ("True" if message else "False")


def test_a_renewed_certificate_clears_it(fake: FakeHost) -> None:
    _put(fake, YEAR)
    check = seen("kubelet-certificate", fake.host, Clock(END - DAY))
    check.look()
    _put(fake, LONG)
    check.look()

    assert check.told == [("Warning", "KubeletCertificateExpiring"), ("Normal", "KubeletCertificateIsValid")]


def test_of_a_short_life_the_last_tenth_counts(fake: FakeHost) -> None:
    _put(fake, YEAR)
    soon = seen("kubelet-certificate", fake.host, Clock(END - 36 * DAY), threshold_days=400)
    later = seen("kubelet-certificate", fake.host, Clock(END - 37 * DAY), threshold_days=400)

    assert (soon.look(0).outcome, later.look(0).outcome) == (Outcome.BAD, Outcome.OK)


def test_no_kubelet_and_no_certificate(fake: FakeHost) -> None:
    assert seen("kubelet-certificate", fake.host).look().outcome is Outcome.NOT_APPLICABLE
    _put(fake, b"no certificate")
    assert seen("kubelet-certificate", fake.host).look().outcome is Outcome.UNKNOWN


def _put(fake: FakeHost, data: bytes) -> None:
    path = fake.host.file("/var/lib/kubelet/pki/kubelet.crt")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
