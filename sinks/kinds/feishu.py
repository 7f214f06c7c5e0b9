"""`feishu`, also `lark`: a robot in a group of Feishu or Lark, with cards or plain text."""

from __future__ import annotations

import re
import time
from typing import Any

from eventcenter.rules import Severity
from sinks.http import Http
from sinks.kind import Kind, Option
from sinks.markdown import Dialect, Text, in_brackets, without_mentions
from sinks.messages import Message, cut_chars
from sinks.robots import LABEL, Codes, json_within, msg_type, signature, written
from sinks.settings import SinkSettings

MAX_BYTES = 18_000
"""Of the text in the request, of which 20 KB are taken."""

CODES = Codes(
    field="code",
    said="msg",
    again=frozenset({11233, 18000}),
    too_fast=frozenset({11232}),
    wait_s=60.0,
    broken=frozenset({19001, 19021, 19022, 19024, 19036}),
    hint="Look at the token, the secret (sign), this machine's clock, the keyword (give it as label) and the list of "
    "addresses of the robot.",
)

_COLOURS: dict[Severity, str] = {
    "critical": "red",
    "high": "orange",
    "medium": "yellow",
    "low": "blue",
    "info": "grey",
}


class CardMarkdown(Dialect):
    """`lark_md` takes its own signs as HTML entities."""

    def escape(self, text: str) -> str:
        return re.sub(r"[&<>*~_`\[\]()#|\\]", lambda match: f"&#{ord(match[0])};", text)

    def code(self, text: str) -> str:
        return f"`{without_mentions(text).replace('`', chr(39))}`" if text.strip() else text

    def bold(self, inner: str) -> str:
        return f"**{inner.strip()}**"

    def link(self, inner: str, url: str) -> str:
        return f"[{inner}]({in_brackets(url)})"

    def heading(self, inner: str) -> str:
        return self.bold(inner)

    def item(self, inner: str, marker: str, depth: int) -> str:
        return f"{'    ' * depth}{'-' if marker == '•' else marker} {inner}"


class Feishu:
    resolves = False

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._http = Http(settings)

    def tell(self, message: Message) -> None:
        body = self._text(message) if self._settings["msg_type"] == "text" else self._card(message)
        if secret := self._settings["sign"]:
            now = str(int(time.time()))
            body = {"timestamp": now, "sign": signature(f"{now}\n{secret}")} | body
        CODES.judge(self._http.post(self._settings.url, json=body), self._settings.hide)

    def _text(self, message: Message) -> dict[str, Any]:
        fits = json_within(MAX_BYTES)
        content = written(message, Text(), fits, labels=self._settings["label"], plain=True)
        return {"msg_type": "text", "content": {"text": content}}

    def _card(self, message: Message) -> dict[str, Any]:
        content = written(
            message, CardMarkdown(), json_within(MAX_BYTES), labels=self._settings["label"], title=False
        )
        elements: list[dict[str, Any]] = [{"tag": "markdown", "content": content}]
        colour = "green" if message.resolved else _COLOURS[message.severity]
        title = {"tag": "plain_text", "content": without_mentions(cut_chars(message.title, 300))}
        return {
            "msg_type": "interactive",
            "card": {
                "config": {"wide_screen_mode": True},
                "header": {"title": title, "template": colour},
                "elements": elements,
            },
        }

    def close(self) -> None:
        self._http.close()


KIND = Kind(
    name="feishu",
    summary="Messages of a robot in a group of Feishu or Lark, as cards or text, signed.",
    example="feishu:https://open.feishu.cn/open-apis/bot/v2/hook/TOKEN?sign=SECRET",
    options=(
        Option("sign", "the robot's secret, where it asks for signatures", secret=True),
        LABEL,
        msg_type("card", "text"),
    ),
    messenger=Feishu,
    aliases=("lark",),
    secret_path=True,
    default_level="Warning",
    over_http=True,
    per_minute=100,
)
