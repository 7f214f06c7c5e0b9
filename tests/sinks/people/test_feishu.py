"""The robots of Feishu and Lark: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable

import pytest

from sinks.delivery import Broken, Refused, TryAgain
from sinks.messages import Messenger
from tests.sinks.made import settings
from tests.sinks.people.made import hostile, message
from tests.sinks.servers.faulty import Answer, FaultyServer

Opened = Callable[[str], Messenger]
OK = Answer(body={"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"})
TOKEN = "b7a1c3f0-90ab-4cde-8f00-0123456789ab"


@pytest.fixture
def robot(service: FaultyServer) -> str:
    service.usual = OK
    return f"feishu:{service.url}/open-apis/bot/v2/hook/{TOKEN}"


def test_a_card(robot: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{robot}?label=prod").tell(message())
    request = service.last
    assert (request.method, request.path, request.query) == ("POST", f"/open-apis/bot/v2/hook/{TOKEN}", {})
    assert request.json["msg_type"] == "interactive"
    assert "sign" not in request.json
    card = request.json["card"]
    title = {"tag": "plain_text", "content": "BackOff: Pod shop/web-1"}
    assert card["header"] == {"title": title, "template": "orange"}
    (element,) = card["elements"]
    assert element["tag"] == "markdown"
    assert element["content"].splitlines() == [
        "prod",
        "**×37** in 5 min",
        "- Back-off restarting failed container",
        f"[{message().link.replace('_', '&#95;')}]({message().link})",
    ]


def test_what_is_over_is_green(robot: str, service: FaultyServer, opened: Opened) -> None:
    opened(robot).tell(message(resolved=True))
    assert service.last.json["card"]["header"]["template"] == "green"


def test_text(robot: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{robot}?msg_type=text").tell(message())
    assert service.last.json["msg_type"] == "text"
    assert service.last.json["content"]["text"].startswith("BackOff: Pod shop/web-1\n×37 in 5 min\n")


@pytest.mark.parametrize("msg_type", ["card", "text"])
def test_the_signature_is_feishus(msg_type: str, robot: str, service: FaultyServer, opened: Opened) -> None:
    """The key is what is signed elsewhere, and nothing is signed."""
    opened(f"{robot}?sign=SECRETSECRET&msg_type={msg_type}").tell(message())
    body = service.last.json
    assert abs(int(body["timestamp"]) - time.time()) < 60
    digest = hmac.new(f"{body['timestamp']}\nSECRETSECRET".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(digest).decode()


@pytest.mark.parametrize("msg_type", ["card", "text"])
def test_events_call_nobody_and_link_nothing(
    msg_type: str, robot: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{robot}?msg_type={msg_type}").tell(hostile())
    body = service.last.json
    told = body["content"]["text"] if msg_type == "text" else body["card"]["elements"][0]["content"]
    assert "evil.example" in told
    assert not re.search(r"<(at|@|!|a )|\]\(http://evil", told)


@pytest.mark.parametrize("letter", ["错", '"', "*", "a"])
@pytest.mark.parametrize("msg_type", ["card", "text"])
def test_a_request_stays_below_20_kb(
    msg_type: str, letter: str, robot: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{robot}?msg_type={msg_type}").tell(message(letter * 50_000))
    assert 15_000 < len(service.last.body) < 20_000


@pytest.mark.parametrize(
    ("code", "error", "after_s"),
    [
        (11232, TryAgain, 60),
        (19021, Broken, None),
        (19022, Broken, None),
        (19024, Broken, None),
        (19001, Broken, None),
        (9499, Refused, None),
        (19002, Refused, None),
    ],
)
def test_codes_in_an_answer_200(
    code: int,
    error: type[Exception],
    after_s: float | None,
    robot: str,
    service: FaultyServer,
    opened: Opened,
) -> None:
    service.usual = Answer(body={"code": code, "msg": f"sign match fail {TOKEN}"})
    with pytest.raises(error) as caught:
        opened(robot).tell(message())
    assert str(code) in str(caught.value) and TOKEN not in str(caught.value)
    assert getattr(caught.value, "after_s", None) == after_s


def test_lark_is_the_same() -> None:
    found = settings(f"lark:https://open.larksuite.com/open-apis/bot/v2/hook/{TOKEN}")
    assert found.kind.name == "feishu"
    assert TOKEN not in found.shown_whole
