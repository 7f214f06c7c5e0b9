from __future__ import annotations

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import PartlyTaken, TryAgain
from tests.sinks.cases.honeycomb import accepted
from tests.sinks.hosted.conftest import Open
from tests.sinks.made import item, items, settings
from tests.sinks.servers.faulty import Answer, FaultyServer


def test_a_batch_goes_to_its_dataset(sender: Open, server: FaultyServer) -> None:
    server.usual = accepted
    uri = f"honeycomb:?dataset=my%20events&writekey=wk-1234567&apihost={server.url}/"
    sender(uri, labels={"team": "shop"}).send(items(2))
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/1/batch/my%20events")
    assert request.headers["x-honeycomb-team"] == "wk-1234567"
    first = request.json[0]
    assert first["time"] == "2025-12-25T12:00:00Z"
    assert first["data"]["source.host"] == "node-1" and first["data"]["subobject"] == "spec.containers{web}"
    assert first["data"]["team"] == "shop"
    assert first["data"]["key"] == items(2)[0].key


def test_the_documented_line_works_unchanged(sender: Open) -> None:
    uri = "honeycomb:?dataset=mydataset&writekey=secretwritekey"
    found = settings(uri)
    assert (found["dataset"], found["apihost"]) == ("mydataset", "https://api.honeycomb.io")
    sender(uri)


def test_the_key_of_the_environment() -> None:
    assert settings("honeycomb:", env={"HONEYCOMB_WRITEKEY": "k"})["dataset"] == "heapster"
    with pytest.raises(ConfigError, match="writekey is missing"):
        settings("honeycomb:")


def test_every_event_is_judged_by_itself(sender: Open, server: FaultyServer) -> None:
    server.usual = Answer(
        200, [{"status": 202}, {"status": 400, "error": "too\nlarge"}, {"status": 429}, {"status": 500}]
    )
    with pytest.raises(PartlyTaken) as caught:
        sender(f"honeycomb:{server.url}?writekey=wk-1234567").send(items(4))
    assert caught.value.refused == {1: "answered 400: too large"}
    assert caught.value.again == [2, 3]


@pytest.mark.parametrize("answer", [[{"status": 202}], [{}, {}], [None, None], [{"status": "x"}] * 2])
def test_an_answer_that_does_not_fit_is_tried_again(
    sender: Open, server: FaultyServer, answer: object
) -> None:
    server.usual = Answer(200, answer)
    with pytest.raises(TryAgain):
        sender(f"honeycomb:{server.url}?writekey=wk-1234567").send([item(0), item(1)])
