"""`/sinks`: what each does, what was refused, testing and setting up by plain forms."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.fake_center import FakeCenter


def test_it_shows_every_sink(client: FlaskClient) -> None:
    text = client.get("/sinks").text
    for part in (
        "kafka-1",
        "delivers",
        "ops",
        "waits, tries again",
        "refuses everything",
        "next try in 31 s",
    ):
        assert part in text
    assert "<script>alert" not in text


def test_one_with_its_dead_letters(client: FlaskClient) -> None:
    text = client.get("/sinks?sink=store").text
    assert "Refused for good" in text and "is sent again" in text
    assert "&lt;b&gt;Failed&lt;/b&gt;" in text and "‹U+202E›" in text


def test_in_chinese(client: FlaskClient) -> None:
    text = client.get("/sinks?lang=zh&sink=store").text
    assert "被永久拒绝" in text and "全部被拒绝" in text


def test_an_address_is_tried_before_it_is_set_up(client: FlaskClient, center: FakeCenter) -> None:
    tried = client.post("/sinks", data={"uri": "slack:x?name=night", "do": "test"})
    assert "answered 200" in tried.text and "Warning &lt;SinkTest&gt;" in tried.text
    assert 'value="slack:x?name=night"' in tried.text  # to go on with
    added = client.post("/sinks", data={"uri": "slack:x?name=night", "do": "add"})
    assert (added.status_code, added.headers["Location"]) == (303, "/sinks?sink=night")
    assert center.sinks is not None and "night" in center.sinks.sinks


@pytest.mark.parametrize("uri", ["", "mysql:x", "slack:x?name=ops"])
def test_a_wrong_address_is_explained(client: FlaskClient, uri: str) -> None:
    answer = client.post("/sinks", data={"uri": uri, "do": "add"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_dead_letters_are_chosen(client: FlaskClient, center: FakeCenter) -> None:
    assert center.sinks is not None
    client.post("/sinks/store/again", data={"id": ["1", "x"]})
    client.post("/sinks/store/again")
    assert center.sinks.sent_again == [[1], None]
    client.post("/sinks/store/drop", data={"id": "2"})
    assert [letter.id for letter in center.sinks.letters] == [1]


def test_only_sinks_of_the_page_are_removed_there(client: FlaskClient, center: FakeCenter) -> None:
    assert center.sinks is not None
    assert client.post("/sinks/ops/remove").status_code == 303
    assert client.post("/sinks/store/remove").status_code == 400
    assert client.post("/sinks/nobody/remove").status_code == 400
    assert client.post("/sinks/store/burn").status_code == 404
    assert set(center.sinks.sinks) == {"kafka-1", "store"}
