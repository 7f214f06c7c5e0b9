from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, TryAgain
from tests.sinks.brokers.carrying import carry
from tests.sinks.made import NASTY, item, items, sender, settings
from tests.sinks.servers.faulty import Answer, FaultyServer
from tests.sinks.servers.moto import Moto
from tests.sinks.servers.process import Server

KEYS = "access_key=AKIDEXAMPLE&secret_key=secret-of-the-test"


def test_objects(moto: Moto) -> None:
    moto.client().create_bucket(Bucket="events")
    sink = sender(f"s3:events/k8s/prod/?endpoint={moto.url}&{KEYS}")
    sink.send(items(700))
    sink.send(items(900)[700:])
    sink.close()
    sink.close()
    (first, found), (second, others) = moto.objects("events")
    assert first.startswith("k8s/prod/default/2025/12/25/000000000007-") and first.endswith(".ndjson.gz")
    assert second.startswith("k8s/prod/default/2025/12/25/000000000707-")
    assert [event["seq"] for event in found + others] == [7 + number for number in range(900)]


def test_the_address_as_the_tools_of_aws_write_it(moto: Moto) -> None:
    moto.client().create_bucket(Bucket="events")
    sink = sender(f"s3:s3://events?endpoint={moto.url}&{KEYS}&gzip=false&format=record")
    sink.send([item(0)])
    sink.close()
    ((key, (record,)),) = moto.objects("events")
    assert key.startswith("default/2025/12/25/") and key.endswith(".ndjson")
    assert json.loads(record["event_id"])["reason"] == "BackOff"


def test_a_batch_that_comes_again_overwrites_what_is_there_of_it(moto: Moto) -> None:
    moto.client().create_bucket(Bucket="events")
    uri = f"s3:events?endpoint={moto.url}&{KEYS}"
    for count in (100, 100, 250):
        sink = sender(uri)
        sink.send(items(count))
        sink.close()
    ((_, found),) = moto.objects("events")
    assert len(found) == 250


def test_a_storage_made_anew_overwrites_nothing(moto: Moto) -> None:
    moto.client().create_bucket(Bucket="events")
    sink = sender(f"s3:events?endpoint={moto.url}&{KEYS}")
    sink.send([item(0, uid="before")])
    sink.send([item(0, uid="after")])
    sink.close()
    assert len(moto.objects("events")) == 2


@pytest.mark.parametrize("text", NASTY)
def test_any_text(moto: Moto, text: str) -> None:
    moto.client().create_bucket(Bucket="events")
    sink = sender(f"s3:events?endpoint={moto.url}&{KEYS}")
    sink.send([item(message=NASTY[text])])
    sink.close()
    ((_, (event,)),) = moto.objects("events")
    assert event["message"] == NASTY[text]


def test_no_bucket_is_told_and_mended(moto: Moto) -> None:
    sink = sender(f"s3:not-there?endpoint={moto.url}&{KEYS}")
    with pytest.raises(Broken, match="NoSuchBucket"):
        sink.send([item()])
    moto.client().create_bucket(Bucket="not-there")
    sink.send([item()])
    sink.close()


def test_killed_in_the_middle(moto: Moto, kills: Callable[[Server], Callable[[], None]]) -> None:
    moto.client().create_bucket(Bucket="events")
    sink = sender({"uri": f"s3:events?endpoint={moto.url}&{KEYS}", "timeout": "5s"})
    sink.send([item()])
    moto.kill()
    with pytest.raises(TryAgain):
        sink.send(items(10))
    moto.start()
    moto.client().create_bucket(Bucket="events")  # it keeps nothing
    carry(sink, items(10))
    sink.close()
    ((_, found),) = moto.objects("events")
    assert len(found) == 10


@pytest.fixture
def store() -> Iterator[FaultyServer]:
    with FaultyServer(Answer(200)) as found:
        yield found


def error(status: int, code: str) -> Answer:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>said {code}</Message></Error>"
    return Answer(status, body, {"Content-Type": "application/xml"})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(403, "AccessDenied"), Broken),
        (error(403, "InvalidAccessKeyId"), Broken),
        (error(403, "SignatureDoesNotMatch"), Broken),
        (error(403, "RequestTimeTooSkewed"), TryAgain),
        (error(404, "NoSuchBucket"), Broken),
        (error(400, "AuthorizationHeaderMalformed"), Broken),
        (error(400, "ExpiredToken"), TryAgain),
        (error(503, "SlowDown"), TryAgain),
        (error(500, "InternalError"), TryAgain),
        (error(409, "OperationAborted"), TryAgain),
        (error(429, "TooManyRequests"), TryAgain),
        (error(507, "XMinioStorageFull"), TryAgain),
        (Answer(502, "<html>Bad gateway</html>"), TryAgain),
        (Answer(503, "not < xml"), TryAgain),
        (Answer(how="never"), TryAgain),
        (Answer(how="closed"), TryAgain),
        (Answer(how="reset"), TryAgain),
        (Answer(how="half", status=500, body="<Error><Code>x"), TryAgain),
        (Answer(how="garbage"), TryAgain),
    ],
)
def test_fault(store: FaultyServer, answer: Answer, expected: type[Exception]) -> None:
    sink = sender({"uri": f"s3:events?endpoint={store.url}&{KEYS}", "timeout": "500ms"})
    store.script(answer)
    with pytest.raises(expected) as caught:
        sink.send(items(3))
    assert "secret-of-the-test" not in str(caught.value)
    sink.send(items(3))
    sink.close()
    assert len(store.requests) == 2  # nothing is tried again behind the back of the delivery loop


def test_too_large_is_refused(store: FaultyServer) -> None:
    from sinks.delivery import Refused

    sink = sender(f"s3:events?endpoint={store.url}&{KEYS}")
    store.script(error(400, "EntityTooLarge"))
    with pytest.raises(Refused):
        sink.send(items(3))
    sink.close()


def test_gathers_for_a_minute() -> None:
    assert settings("s3:events")["linger"] == 60.0


@pytest.mark.parametrize(
    "uri", ["s3:UPPER_case", "s3:x", "s3:bucket?access_key=a", "s3:bucket?endpoint=nowhere"]
)
def test_what_is_wrong_is_said(uri: str) -> None:
    with pytest.raises(ConfigError):
        sender(uri)
