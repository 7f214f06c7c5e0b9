"""DingTalk's robot protocol: https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import time
from collections.abc import Callable

import pytest

from eventcenter.errors import ConfigError
from sinks.configuring import configure
from sinks.delivery import Broken, Refused, TryAgain
from sinks.messages import Messenger
from tests.sinks.made import event, settings
from tests.sinks.people.made import hostile, message
from tests.sinks.servers.faulty import Answer, FaultyServer

Opened = Callable[[str], Messenger]
OK = Answer(body={"errcode": 0, "errmsg": "ok"})
SECRET = "SEC4801ebab0"


@pytest.fixture
def robot(service: FaultyServer) -> str:
    service.usual = OK
    return f"dingtalk:{service.url}/robot/send?access_token=T0KENT0KEN"


def test_text(robot: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{robot}&label=prod&label=shanghai").tell(message())
    request = service.last
    assert (request.method, request.path) == ("POST", "/robot/send")
    assert request.query == {"access_token": "T0KENT0KEN"}
    assert request.headers["content-type"].startswith("application/json")
    body = request.json
    assert body["msgtype"] == "text"
    assert body["at"] == {"atMobiles": [], "atUserIds": [], "isAtAll": False}
    assert body["text"]["content"].splitlines() == [
        "prod",
        "shanghai",
        "BackOff: Pod shop/web-1",
        "×37 in 5 min",
        "Back-off restarting failed container",
        "https://events.example.com/events?q=web-1",
    ]


def test_the_signature_is_dingtalks(robot: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{robot}&sign={SECRET}").tell(message())
    query = service.last.query
    assert abs(int(query["timestamp"]) / 1000 - time.time()) < 60
    digest = hmac.new(SECRET.encode(), f"{query['timestamp']}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query["sign"] == base64.b64encode(digest).decode()
    assert query["access_token"] == "T0KENT0KEN"


def test_markdown_with_the_object_in_the_console(robot: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{robot}&msg_type=markdown&cluster_id=c550&region=cn-shenzhen&label=prod").tell(message())
    body = service.last.json
    assert body["msgtype"] == "markdown"
    assert body["markdown"]["title"] == "BackOff: Pod shop/web-1"
    text = body["markdown"]["text"]
    assert "**BackOff: Pod shop/web-1**" in text
    assert "[c550 (cn-shenzhen)](https://cs.console.aliyun.com/#/k8s/pod/c550/shop/web-1/container)" in text
    assert "- Back-off restarting failed container  \n" in text
    assert text.startswith("prod  \n")


@pytest.mark.parametrize(
    "kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Service", "Pod", "Node"]
)
def test_without_a_region_nothing_is_linked_that_needs_it(
    kind: str, robot: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{robot}&msg_type=markdown&cluster_id=c550").tell(message(event=event(1, kind=kind)))
    assert ("cs.console.aliyun.com" in service.last.json["markdown"]["text"]) == (kind == "Pod")


def test_members_are_called_where_the_settings_say_so(
    robot: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{robot}&at_mobiles=13800000000,13900000000&at_users=u1&at_all=true").tell(message())
    body = service.last.json
    assert body["at"] == {"atMobiles": ["13800000000", "13900000000"], "atUserIds": ["u1"], "isAtAll": True}
    assert body["text"]["content"].endswith(" @13800000000 @13900000000 @u1")


@pytest.mark.parametrize("msg_type", ["text", "markdown"])
def test_events_call_nobody_and_link_nothing(
    msg_type: str, robot: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{robot}&msg_type={msg_type}").tell(hostile())
    body = service.last.json
    told = str(body[msg_type])
    assert body["at"]["isAtAll"] is False
    for bait in ("@all", "@everyone", "](http://evil", "<@", "<at", "<a "):
        assert bait not in told


@pytest.mark.parametrize("msg_type", ["text", "markdown"])
@pytest.mark.parametrize("letter", ["错", '"', "\x01", "a "])
def test_long_messages_stay_below_20_kb_and_keep_title_and_link(
    msg_type: str, letter: str, robot: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{robot}&msg_type={msg_type}").tell(message(letter * 60_000))
    assert 15_000 < len(service.last.body) < 20_000
    body = service.last.json[msg_type]
    told = body.get("content") or body["text"]
    assert "BackOff: Pod shop/web-1" in told and "https://events.example.com/events?q=web-1" in told
    assert "…" in told


def test_a_message_that_is_tried_again_has_the_same_id(
    robot: str, service: FaultyServer, opened: Opened
) -> None:
    sink = opened(robot)
    first = message()
    for one in (
        first,
        first,
        dataclasses.replace(first, number=2),
        dataclasses.replace(first, resolved=True),
    ):
        sink.tell(one)
    ids = [request.json["msgUuid"] for request in service.requests]
    assert ids[0] == ids[1] and len(set(ids)) == 3


@pytest.mark.parametrize(
    ("code", "error", "after_s"),
    [
        (130101, TryAgain, 600),
        (410100, TryAgain, 600),
        (-1, TryAgain, None),
        (310000, Broken, None),
        (300001, Broken, None),
        (300005, Broken, None),
        (400102, Broken, None),
        (460101, Refused, None),
        (430104, Refused, None),
    ],
)
def test_error_codes_in_an_answer_200(
    code: int,
    error: type[Exception],
    after_s: float | None,
    robot: str,
    service: FaultyServer,
    opened: Opened,
) -> None:
    service.usual = Answer(body={"errcode": code, "errmsg": "no T0KENT0KEN here"})
    with pytest.raises(error) as caught:
        opened(robot).tell(message())
    assert str(code) in str(caught.value) and "T0KEN" not in str(caught.value)
    assert getattr(caught.value, "after_s", None) == after_s


@pytest.mark.parametrize("body", [b"", b"<html>", {"ok": True}, [], {"errcode": "0"}, {"errcode": False}])
def test_an_answer_of_something_else_is_no_success(
    body: object, robot: str, service: FaultyServer, opened: Opened
) -> None:
    service.usual = Answer(body=body)
    with pytest.raises(TryAgain):
        opened(robot).tell(message())


DOCUMENTED = (
    "dingtalk:https://oapi.dingtalk.com/robot/send?access_token=a5c19f3e02feba7bd5dfc22bfb04afa212359acfe86fd80eb1591870"
    "97b7d014&label=c550367cdf1e84dfabab013b277cc6bc2&level=Normal&sign=SEC4801ebab0yeuq924909668e5979f7d184b3f4bfac6a63",
    "dingtalk:https://oapi.dingtalk.com/robot/send?access_token=a5c19f3e02feba7bd5dfc22bfb04afa212359acfe86fd80eb1591870"
    "97b7d014&label=c550367cdf1e84dfabab013b277cc6bc2&level=Normal&msg_type=markdown"
    "&cluster_id=c550367cdf1e84dfabab013b277cc6bc2&region=cn-shenzhen",
    "dingtalk:https://oapi.dingtalk.com/robot/send?access_token=a5c1&label=my-cluster&level=Warning",
    "dingtalk:https://oapi.dingtalk.com/robot/send?access_token=a5c1&namespaces=a,b&kinds=Node,Pod",
)


@pytest.mark.parametrize("line", DOCUMENTED)
def test_kube_eventers_lines_work_as_they_are(line: str) -> None:
    found = settings(line)
    assert found.url == "https://oapi.dingtalk.com/robot/send"
    assert found["access_token"].startswith("a5c1")
    assert found.notices == ()
    assert "a5c1" not in found.shown_whole and "SEC4801" not in found.shown_whole


def test_level_is_warning_where_it_is_not_given() -> None:
    assert settings("dingtalk:https://oapi.dingtalk.com/robot/send?access_token=T")["level"] == "Warning"


def test_a_robot_needs_its_token() -> None:
    with pytest.raises(ConfigError, match="access_token is missing"):
        configure(["dingtalk:https://oapi.dingtalk.com/robot/send"])
