"""`kubectl describe node` has to find our events, with old servers too."""

from __future__ import annotations

from typing import Any

import pytest

from npd.report.api import Answer, Unreachable
from npd.report.node_uid import Mode, NodeUid


class Versioned:
    """An API server that says its version, once it can be reached."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.away = False
        self.asked = 0

    def request(self, method: str, path: str, body: Any = None, content_type: str = "") -> Answer:
        self.asked += 1
        if self.away:
            raise Unreachable("no route to host")
        return self.answer


def uid(answer: Answer, mode: Mode = "auto") -> str:
    return NodeUid(Versioned(answer), "node-1", lambda: "real", mode)()


@pytest.mark.parametrize(
    ("major", "minor", "found"),
    [
        ("1", "20", "node-1"),
        ("1", "21+", "node-1"),
        ("1", "22", "real"),
        ("1", "31-gke", "real"),
        ("2", "0", "real"),
    ],
)
def test_by_the_version_of_the_server(major: str, minor: str, found: str) -> None:
    assert uid(Answer(200, {"major": major, "minor": minor})) == found


@pytest.mark.parametrize(
    "answer", [Answer(403, None), Answer(200, None), Answer(200, {"major": "", "minor": []})]
)
def test_a_server_that_does_not_say_counts_as_new(answer: Answer) -> None:
    assert uid(answer) == "real"


def test_as_it_is_told() -> None:
    old = Answer(200, {"major": "1", "minor": "20"})
    assert (uid(old, "true"), uid(old, "false")) == ("real", "node-1")


def test_it_is_asked_once_when_it_can_be_reached() -> None:
    server = Versioned(Answer(200, {"major": "1", "minor": "20"}))
    found = NodeUid(server, "node-1", lambda: "real")
    server.away = True
    assert found() == "real"
    server.away = False
    assert [found(), found(), found()] == ["node-1"] * 3
    assert server.asked == 2
