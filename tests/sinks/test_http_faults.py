"""Every kind that speaks HTTP against every fault of the table, over real connections."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from sinks.delivery import Broken, DeliveryError, Sender, TryAgain
from sinks.messages import Messenger
from sinks.settings import SinkSettings
from tests.sinks.http_faults import FAULTS, NOT_JSON, STRANGE, Case, Fault, Taken, case_of, kinds_over_http
from tests.sinks.made import NASTY, deliver, opened, settings
from tests.sinks.servers.faulty import Answer, FaultyServer, Request

KINDS = kinds_over_http()
every_kind = pytest.mark.parametrize("kind", KINDS)


@dataclass
class Meeting:
    case: Case
    server: FaultyServer
    settings: SinkSettings
    sink: Sender | Messenger


def limited(case: Case, url: str) -> dict[str, object]:
    """The sink with a time limit that a test can wait for."""
    written = case.address(url)
    given = dict(written) if isinstance(written, Mapping) else {"uri": written}
    return given | {"timeout": "400ms"}


@pytest.fixture
def meeting(kind: str) -> Iterator[Meeting]:
    case = case_of(kind)
    with FaultyServer(case.good, case.counts) as server:
        found = settings(limited(case, server.url))
        sink = opened(found)
        yield Meeting(case, server, found, sink)
        sink.close()
        sink.close()


@every_kind
def test_a_good_answer_is_a_success(kind: str, meeting: Meeting) -> None:
    deliver(meeting.sink)
    deliver(meeting.sink)
    assert len(meeting.server.counted) >= 2


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@every_kind
def test_fault(kind: str, meeting: Meeting, fault: Fault) -> None:
    meeting.server.script(fault.answer)
    expected = meeting.case.outcomes.get(fault.name, fault.outcome)
    if expected is Taken:
        deliver(meeting.sink)
        return
    with pytest.raises(expected) as caught:
        deliver(meeting.sink)
    assert type(caught.value) is expected
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600
    if fault.after_s is not None and isinstance(caught.value, TryAgain):
        assert caught.value.after_s == pytest.approx(fault.after_s, abs=0.5)
    deliver(meeting.sink)  # and the next one gets through


@pytest.mark.parametrize("strange", STRANGE)
@every_kind
def test_a_strange_answer_is_never_a_defect(kind: str, meeting: Meeting, strange: str) -> None:
    meeting.server.script(Answer(200, STRANGE[strange]))
    if meeting.case.reads_answer and strange in NOT_JSON:
        with pytest.raises(TryAgain):
            deliver(meeting.sink)
    else:
        with contextlib.suppress(DeliveryError):
            deliver(meeting.sink)


@every_kind
def test_a_server_that_dies_and_comes_back(kind: str, meeting: Meeting) -> None:
    deliver(meeting.sink)
    meeting.server.die()
    with pytest.raises(TryAgain):
        deliver(meeting.sink)
    meeting.server.come_back()
    with contextlib.suppress(TryAgain):  # a connection of before may be noticed only now
        deliver(meeting.sink)
    deliver(meeting.sink)


@pytest.mark.parametrize("status", (200, 400, 401, 503))
@every_kind
def test_what_a_server_repeats_brings_no_secret_out(kind: str, meeting: Meeting, status: int) -> None:
    def echo(request: Request) -> Answer:
        said = f"{request.path} {request.query} {request.headers}"
        return Answer(status, {"errcode": 1, "code": 1, "message": said, "errmsg": said, "msg": said})

    meeting.server.script(echo)
    try:
        deliver(meeting.sink)
    except DeliveryError as error:
        told = f"{error} {error.hint}"
        assert not [secret for secret in meeting.settings.secrets if len(secret) >= 6 and secret in told]


@pytest.mark.parametrize("text", NASTY)
@every_kind
def test_no_text_is_a_defect(kind: str, meeting: Meeting, text: str) -> None:
    deliver(meeting.sink, NASTY[text])
    assert meeting.server.counted


@every_kind
def test_a_sink_of_the_page_does_not_reach_inside(kind: str) -> None:
    case = case_of(kind)
    with FaultyServer(case.good, case.counts) as server:
        sink = opened(settings(limited(case, server.url), guarded=True))
        with pytest.raises(Broken) as caught:
            deliver(sink)
        sink.close()
    assert "may not reach" in str(caught.value)
    assert not server.requests
