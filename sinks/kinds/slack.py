"""`slack`: an incoming webhook, or `chat.postMessage` with the token of a bot."""

from __future__ import annotations

import re
from typing import Any

from eventcenter.errors import ConfigError
from eventcenter.rules import Severity
from sinks.delivery import Broken, Refused, TryAgain
from sinks.http import Http, json_of, told
from sinks.kind import Kind, Option, Url
from sinks.markdown import Dialect, in_brackets
from sinks.messages import Message, cut_chars
from sinks.robots import LABEL, chars_within, written
from sinks.settings import SinkSettings

API = "https://slack.com/api"
SECTION_CHARS = 3000

AGAIN = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
ABOUT_THE_MESSAGE = frozenset(
    {
        "msg_too_long",
        "no_text",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "too_many_attachments",
    }
)
"""All others are about the token, the channel or the rights."""

_COLOURS: dict[Severity, str] = {
    "critical": "#b3001b",
    "high": "#e0671b",
    "medium": "#e6b800",
    "low": "#3572b0",
    "info": "#8a8f98",
}
_OVER = "#2e8b57"


class Mrkdwn(Dialect):
    """Slack's own. Only three signs can be written literally; they are what mentions and links are made of."""

    def escape(self, text: str) -> str:
        text = re.sub(r"@(?=channel|here|everyone|all)", "@\u200b", text)
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def code(self, text: str) -> str:
        return f"`{self.escape(text).replace('`', chr(39))}`" if text.strip() else text

    def bold(self, inner: str) -> str:
        return f"*{inner.strip()}*"

    def link(self, inner: str, url: str) -> str:
        return f"<{in_brackets(url).replace('&', '&amp;')}|{inner.replace('|', '¦')}>"

    def heading(self, inner: str) -> str:
        return self.bold(inner)


class Slack:
    resolves = False

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._http = Http(settings)
        self._bot = bool(settings["token"])

    def tell(self, message: Message) -> None:
        body = self._body(message)
        if self._bot:
            self._post_message(body | {"channel": self._settings["channel"]})
        else:
            self._call_webhook(body)

    def _body(self, message: Message) -> dict[str, Any]:
        mrkdwn = written(
            message, Mrkdwn(), chars_within(SECTION_CHARS), labels=self._settings["label"], title=False
        )
        # verbatim: names and addresses in the texts of events stay text
        section = {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}
        summary = Mrkdwn().escape(cut_chars(message.title, 500))
        return {
            "text": summary,  # of notifications
            "attachments": [
                {
                    "color": _OVER if message.resolved else _COLOURS[message.severity],
                    "fallback": summary,
                    "blocks": [section],
                }
            ],
            "unfurl_links": False,  # else Slack would fetch what an event names
            "unfurl_media": False,
        }

    def _call_webhook(self, body: dict[str, Any]) -> None:
        response = self._http.post(self._settings.url, json=body)
        if response.text.strip() != "ok":
            raise TryAgain(
                self._settings.hide(f"answered {response.status_code} without ok: {told(response)}")
            )

    def _post_message(self, body: dict[str, Any]) -> None:
        response = self._http.post(
            f"{(self._settings.url or API).rstrip('/')}/chat.postMessage",
            json=body,
            headers={"Authorization": f"Bearer {self._settings['token']}"},
        )
        answer = json_of(response)
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise TryAgain("answered without ok: something else than Slack answers there")
        if answer["ok"]:
            return
        error = self._settings.hide(str(answer.get("error", "unknown"))[:100])
        if error in AGAIN:
            raise TryAgain(f"answered {error}")
        if error in ABOUT_THE_MESSAGE:
            raise Refused(f"answered {error}")
        raise Broken(
            f"answered {error}",
            hint="Look at the token, its scope chat:write, and whether the bot is in the channel.",
        )

    def close(self) -> None:
        self._http.close()


def messenger(settings: SinkSettings) -> Slack:
    if settings["token"] and not settings["channel"]:
        raise ConfigError(
            "slack: channel is missing: a bot needs the channel that it writes to, as in channel=C0123456789"
        )
    if not settings["token"] and not settings.url:
        raise ConfigError("slack: needs the address of an incoming webhook, or token= and channel= of a bot")
    return Slack(settings)


KIND = Kind(
    name="slack",
    summary="Messages in a Slack channel: through an incoming webhook, or of a bot.",
    example="slack:https://hooks.slack.com/services/T…/B…/…",
    options=(
        Option("token", "of a bot (xoxb-…), with the scope chat:write", secret=True),
        Option("channel", "of a bot: the id or name of the channel"),
        LABEL,
    ),
    messenger=messenger,
    url=Url.OPTIONAL,
    secret_path=True,
    default_level="Warning",
    over_http=True,
    per_minute=60,
    notes=("A bot: slack:?token=xoxb-…&channel=C0123456789",),
)
