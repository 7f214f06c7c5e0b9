"""WeCom: applications (https://developer.work.weixin.qq.com/document/path/90236) and group robots (path/91770)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eventcenter.errors import ConfigError
from sinks.configuring import problems
from sinks.delivery import Broken, Refused, TryAgain
from sinks.kinds.wechat import Application, Robot
from sinks.messages import Messenger
from tests.sinks.made import settings
from tests.sinks.people.made import HOSTILE, hostile, message, messenger
from tests.sinks.servers.faulty import Answer, FaultyServer, Request

Opened = Callable[[str], Messenger]
OK = Answer(body={"errcode": 0, "errmsg": "ok"})


def token(name: str, lasts: int = 7200) -> Answer:
    return Answer(body={"errcode": 0, "errmsg": "ok", "access_token": name, "expires_in": lasts})


class Wecom:
    """Gives tokens one after the other, and takes messages with those that are valid."""

    def __init__(self, service: FaultyServer, lasts: int = 7200) -> None:
        self.lasts = lasts
        self.given = 0
        self.valid: set[str] = set()
        self.answer = OK
        service.usual = self

    def __call__(self, request: Request) -> Answer:
        if request.path == "/cgi-bin/gettoken":
            assert (request.method, request.query) == (
                "GET",
                {"corpid": "C0RP", "corpsecret": "S3CRETS3CRET"},
            )
            self.given += 1
            name = f"t0ken-{self.given}"
            self.valid = {name}
            return token(name, self.lasts)
        assert (request.method, request.path) == ("POST", "/cgi-bin/message/send")
        if request.query["access_token"] not in self.valid:
            return Answer(body={"errcode": 42001, "errmsg": "access_token expired"})
        return self.answer


@pytest.fixture
def wecom(service: FaultyServer) -> Wecom:
    return Wecom(service)


@pytest.fixture
def app(service: FaultyServer) -> str:
    return f"wechat:{service.url}?corp_id=C0RP&corp_secret=S3CRETS3CRET&agent_id=1000012"


@pytest.fixture
def robot(service: FaultyServer) -> str:
    service.usual = OK
    return f"wechat:{service.url}/cgi-bin/webhook/send?key=R0B0TKEY"


def test_the_message_of_an_application(wecom: Wecom, app: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{app}&to_user=zhangsan,lisi&label=prod").tell(message())
    body = service.last.json
    assert body["touser"] == "zhangsan|lisi"
    assert (body["msgtype"], body["agentid"]) == ("text", 1000012)
    assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 600)
    assert body["text"]["content"].splitlines()[:2] == ["prod", "BackOff: Pod shop/web-1"]


@pytest.mark.parametrize("to_user", ["", "&to_user="])
def test_all_are_told_where_nobody_is_named(
    to_user: str, wecom: Wecom, app: str, service: FaultyServer, opened: Opened
) -> None:
    opened(app + to_user).tell(message())
    assert service.last.json["touser"] == "@all"


def test_the_token_is_kept_until_it_ends(wecom: Wecom, app: str, opened: Opened) -> None:
    sink = opened(app)
    for _ in range(3):
        sink.tell(message())
    assert wecom.given == 1


def test_a_token_that_is_about_to_end_is_renewed(service: FaultyServer, app: str, opened: Opened) -> None:
    wecom = Wecom(service, lasts=200)
    sink = opened(app)
    sink.tell(message())
    sink.tell(message())
    assert wecom.given == 2


def test_a_token_that_ended_before_its_time_is_fetched_anew(wecom: Wecom, app: str, opened: Opened) -> None:
    sink = opened(app)
    sink.tell(message())
    wecom.valid.clear()
    sink.tell(message())
    assert wecom.given == 2


def test_and_only_once(service: FaultyServer, app: str, opened: Opened) -> None:
    expired = Answer(body={"errcode": 40014, "errmsg": "invalid access_token"})
    service.script(token("t1"), expired, token("t2"), expired)
    with pytest.raises(TryAgain, match="40014"):
        opened(app).tell(message())
    assert len(service.requests) == 4


def test_a_wrong_secret_is_told_without_it(service: FaultyServer, app: str, opened: Opened) -> None:
    service.usual = Answer(body={"errcode": 40001, "errmsg": "invalid credential S3CRETS3CRET"})
    with pytest.raises(Broken) as caught:
        opened(app).tell(message())
    assert "40001" in str(caught.value) and "S3CRET" not in str(caught.value)


@pytest.mark.parametrize("body", [{"errcode": 0}, {"errcode": 0, "access_token": "", "expires_in": 1}, b"x"])
def test_an_answer_without_a_token(body: object, service: FaultyServer, app: str, opened: Opened) -> None:
    service.usual = Answer(body=body)
    with pytest.raises(TryAgain):
        opened(app).tell(message())


def test_the_token_is_not_in_errors(wecom: Wecom, app: str, opened: Opened) -> None:
    wecom.answer = Answer(body={"errcode": 60020, "errmsg": "not allow to access from your ip, t0ken-1"})
    with pytest.raises(Broken) as caught:
        opened(app).tell(message())
    assert "t0ken-1" not in str(caught.value)


def test_a_robot(robot: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"{robot}&msg_type=markdown&label=prod").tell(message())
    request = service.last
    assert (request.method, request.path) == ("POST", "/cgi-bin/webhook/send")
    assert request.query == {"key": "R0B0TKEY"}
    assert request.json["msgtype"] == "markdown"
    lines = request.json["markdown"]["content"].splitlines()
    assert lines[:2] == ["prod", "**BackOff: Pod shop/web-1**"]
    assert lines[-1] == f"[{message().link}]({message().link})"


@pytest.mark.parametrize(("msg_type", "limit"), [("text", 2048), ("markdown", 4096)])
@pytest.mark.parametrize("letter", ["错", "a", "<", "@a"])
def test_a_robot_takes_so_many_bytes(
    msg_type: str, limit: int, letter: str, robot: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{robot}&msg_type={msg_type}").tell(message(letter * 9000))
    told = service.last.json[msg_type]["content"]
    assert limit - 40 < len(told.encode()) <= limit
    assert "BackOff: Pod shop/web-1" in told and message().link in told


@pytest.mark.parametrize("msg_type", ["text", "markdown"])
def test_an_application_takes_2048_bytes(
    msg_type: str, wecom: Wecom, app: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{app}&msg_type={msg_type}").tell(message("错" * 9000))
    assert len(service.last.json[msg_type]["content"].encode()) <= 2048


@pytest.mark.parametrize("msg_type", ["text", "markdown"])
def test_events_call_nobody_and_link_nothing(
    msg_type: str, robot: str, service: FaultyServer, opened: Opened
) -> None:
    opened(f"{robot}&msg_type={msg_type}").tell(hostile())
    told = service.last.json[msg_type]["content"]
    assert told.replace("\u200b", "").count(HOSTILE) >= 1
    for bait in ("<@", "<a ", "](http://evil", "@all"):
        assert bait not in told


@pytest.mark.parametrize(
    ("code", "error", "after_s"),
    [
        (45009, TryAgain, 60),
        (-1, TryAgain, None),
        (45033, TryAgain, None),
        (93000, Broken, None),
        (60020, Broken, None),
        (81013, Broken, None),
        (40008, Refused, None),
        (45002, Refused, None),
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
    service.usual = Answer(body={"errcode": code, "errmsg": "key R0B0TKEY"})
    with pytest.raises(error) as caught:
        opened(robot).tell(message())
    assert str(code) in str(caught.value) and "R0B0TKEY" not in str(caught.value)
    assert getattr(caught.value, "after_s", None) == after_s


DOCUMENTED = (
    "wechat:?corp_id=a5c19f3e02feba7bd5dfc22bfb&corp_secret=a212359acfe86fd80eb1591870&agent_id=1000012"
    "&to_user=zhangshan,xiaowang&level=Normal",
    "wechat:?corp_id=a5c19f3e02feba7bd5dfc22bfb&corp_secret=a212359acfe86fd80eb1591870&agent_id=1000012&to_user=&level=Normal",
    "wechat:?corp_id=c&corp_secret=a212359acfe86&agent_id=1&to_user=u&label=my-cluster&level=Warning&namespaces=a&kinds=Pod",
)


@pytest.mark.parametrize("line", DOCUMENTED)
def test_kube_eventers_lines_work_as_they_are(line: str) -> None:
    found = settings(line)
    assert found.notices == () and "a212359" not in found.shown_whole
    sink = messenger(line)
    assert isinstance(sink, Application)
    sink.close()


def test_the_address_of_a_robot_as_wecom_shows_it() -> None:
    line = "wechat:https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    sink = messenger(line)
    assert isinstance(sink, Robot)
    sink.close()
    assert "693a91f6" not in settings(line).shown_whole


def test_what_is_missing_is_named() -> None:
    (problem,) = problems(["wechat:?corp_id=c"])
    assert "corp_secret, agent_id missing" in problem
    with pytest.raises(ConfigError):
        messenger("wechat:?agent_id=1")
