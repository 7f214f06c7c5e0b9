"""`wechat`, also `wecom`: WeCom, either an application that writes to members, as kube-eventer has it, or a robot in a
group."""

from __future__ import annotations

import logging
import time
from typing import Any

from eventcenter.errors import ConfigError
from sinks.delivery import TryAgain
from sinks.http import Http, json_of
from sinks.kind import Kind, Option, Url, comma_list, number
from sinks.markdown import LooseMarkdown, Text
from sinks.messages import Message, Messenger
from sinks.robots import LABEL, Codes, bytes_within, msg_type, written
from sinks.settings import SinkSettings

log = logging.getLogger(__name__)

API = "https://qyapi.weixin.qq.com"
TEXT_BYTES = 2048
ROBOT_MARKDOWN_BYTES = 4096
EARLY_S = 300.0
"""So long before its end a token is renewed."""
OLD_TOKEN = frozenset({40014, 41001, 42001})

_BROKEN = frozenset({
    40001, 40013, 40014, 41001, 41002, 41004, 42001,  # company, secret, token
    40056, 41011, 48002, 60011, 81013, 301002,  # application, members, rights
    40082, 40091,  # secrets of other kinds
    60020,  # the address of this machine
    93000, 93004, 93008,  # the key of a robot, or its group
})  # fmt: skip

CODES = Codes(
    field="errcode",
    said="errmsg",
    again=frozenset({-1, 45033}),
    too_fast=frozenset({45009}),
    wait_s=60.0,
    broken=_BROKEN,
    hint="Look at the key or the secret, the application's id and members, and its list of trusted addresses.",
)


class _OldToken(Exception):
    """The token has ended before its time."""


class Robot:
    resolves = False

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._http = Http(settings)
        self._place = settings.url or f"{API}/cgi-bin/webhook/send"

    def tell(self, message: Message) -> None:
        body = content(message, self._settings, ROBOT_MARKDOWN_BYTES)
        answer = self._http.post(self._place, params={"key": self._settings["key"]}, json=body)
        CODES.judge(answer, self._settings.hide)

    def close(self) -> None:
        self._http.close()


class Application:
    resolves = False

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._http = Http(settings)
        self._api = (settings.url or API).rstrip("/")
        self._token = ""
        self._token_until = 0.0

    def tell(self, message: Message) -> None:
        body = {
            "touser": "|".join(self._settings["to_user"]),
            "agentid": self._settings["agent_id"],
            # what is sent again after a lost answer is dropped there
            "enable_duplicate_check": 1,
            "duplicate_check_interval": 600,
        } | content(message, self._settings, TEXT_BYTES)
        answer = self._send(body)
        if unknown := answer.get("invaliduser"):
            log.warning("WeCom does not know some members sink=%s users=%s", self._settings.name, unknown)

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._sent(body)
        except _OldToken:
            self._token = (
                ""  # somebody else has fetched one, or the secret was changed; once more with a new one
            )
        try:
            return self._sent(body)
        except _OldToken as error:
            raise TryAgain(str(error)) from None

    def _sent(self, body: dict[str, Any]) -> dict[str, Any]:
        token = self._valid_token()
        response = self._http.post(
            f"{self._api}/cgi-bin/message/send", params={"access_token": token}, json=body
        )
        answer = json_of(response)
        if isinstance(answer, dict) and answer.get("errcode") in OLD_TOKEN:
            raise _OldToken(f"answered errcode {answer['errcode']}: the access token is not valid any more")
        return CODES.judge(response, self._hide)

    def _valid_token(self) -> str:
        """The token, fetched when there is none or it is about to end: WeCom limits how often it is asked for."""
        if not self._token or time.monotonic() >= self._token_until:
            response = self._http.request(
                "GET",
                f"{self._api}/cgi-bin/gettoken",
                params={"corpid": self._settings["corp_id"], "corpsecret": self._settings["corp_secret"]},
            )
            answer = CODES.judge(response, self._settings.hide)
            token, lasts = answer.get("access_token"), answer.get("expires_in")
            if not isinstance(token, str) or not token or not isinstance(lasts, int | float):
                raise TryAgain("answered without an access token")
            self._token = token
            self._token_until = time.monotonic() + max(0.0, lasts - EARLY_S)
        return self._token

    def _hide(self, text: str) -> str:
        return self._settings.hide(text.replace(self._token, "***") if self._token else text)

    def close(self) -> None:
        self._http.close()


def content(message: Message, settings: SinkSettings, markdown_bytes: int) -> dict[str, Any]:
    labels = settings["label"]
    if settings["msg_type"] == "text":
        told = written(message, Text(), bytes_within(TEXT_BYTES), labels=labels, plain=True)
        return {"msgtype": "text", "text": {"content": told}}
    told = written(message, LooseMarkdown(), bytes_within(markdown_bytes), labels=labels)
    return {"msgtype": "markdown", "markdown": {"content": told}}


def messenger(settings: SinkSettings) -> Messenger:
    if settings["key"]:
        return Robot(settings)
    missing = [name for name in ("corp_id", "corp_secret", "agent_id") if not settings[name]]
    if missing:
        raise ConfigError(
            f"wechat: {', '.join(missing)} missing: an application needs corp_id, corp_secret and agent_id, "
            "a robot its address with key="
        )
    return Application(settings)


KIND = Kind(
    name="wechat",
    summary="Messages in WeCom: of an application to members, or of a robot in a group.",
    example="wechat:?corp_id=ID&corp_secret=SECRET&agent_id=1000012&to_user=zhangsan,lisi",
    options=(
        Option("key", "of a robot, from the address that WeCom shows", secret=True),
        Option("corp_id", "of an application: the company's id"),
        Option("corp_secret", "of an application: its secret", secret=True),
        Option("agent_id", "of an application: its number", number(1, 2**31 - 1)),
        Option(
            "to_user",
            "of an application: members who get its messages, comma-separated",
            comma_list,
            ("@all",),
        ),
        LABEL,
        msg_type("text", "markdown"),
    ),
    messenger=messenger,
    aliases=("wecom",),
    url=Url.OPTIONAL,
    default_level="Warning",
    over_http=True,
    per_minute=20,
    notes=("A robot: wechat:https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY",),
)
