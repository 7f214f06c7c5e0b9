"""What the robots of chat systems have in common: they answer 200 to everything and say in the body how it went."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from sinks.delivery import Broken, DeliveryError, Refused, TryAgain
from sinks.http import json_of
from sinks.kind import Option, one_of, text
from sinks.markdown import Dialect, Line, Span, fitted, of_markdown, of_text
from sinks.messages import Message

LABEL = Option(
    "label",
    "printed before every message, to tell clusters apart or as the keyword of a robot",
    text,
    (),
    many=True,
)


def msg_type(*accepted: str) -> Option:
    return Option(
        "msg_type", f"how messages are written: {' or '.join(accepted)}", one_of(*accepted), accepted[0]
    )


@dataclass(frozen=True, slots=True)
class Codes:
    """A system's own error codes. Others than these are about the message: Refused."""

    field: str
    """Of the answer: `errcode`, `code`."""
    said: str
    """Where the answer says it in words."""
    again: frozenset[int]
    """Busy, or too fast."""
    broken: frozenset[int]
    """The token, the signature, the rights: no message would be taken."""
    wait_s: float | None = None
    """How long it wants no more after too many."""
    too_fast: frozenset[int] = frozenset()
    hint: str = ""

    def judge(self, response: httpx.Response, hide: Callable[[str], str]) -> dict[str, Any]:
        """The answer, when it says that all went well; DeliveryError when it does not."""
        answer = json_of(response)
        code = answer.get(self.field) if isinstance(answer, dict) else None
        if not isinstance(code, int) or isinstance(code, bool):
            raise TryAgain(f"answered without {self.field}: something else than the service answers there")
        if code == 0:
            return dict(answer)
        said = " ".join(str(answer.get(self.said, "")).split())[:300]
        raise self._error(code, hide(f"answered {self.field} {code}{': ' + said if said else ''}"))

    def _error(self, code: int, told: str) -> DeliveryError:
        if code in self.too_fast:
            return TryAgain(told, after_s=self.wait_s)
        if code in self.again:
            return TryAgain(told)
        return Broken(told, hint=self.hint) if code in self.broken else Refused(told)


def signature(key: str, message: str = "") -> str:
    """HMAC-SHA256 in base64."""
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def delivery_id(message: Message) -> str:
    """The same whenever this message is tried, another for every message: 32 hexadecimal digits."""
    told = f"{message.key}\0{message.since}\0{message.number}\0{message.occurrences}\0{message.resolved}"
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:32]


def written(
    message: Message,
    dialect: Dialect,
    fits: Callable[[str], bool],
    *,
    labels: tuple[str, ...] = (),
    before: tuple[Line, ...] = (),
    plain: bool = False,
    title: bool = True,
) -> str:
    """A message as one text: labels and title first, a link at the end; what is too long loses its middle."""
    head = [Line((Span(label),)) for label in labels]
    if title:
        head += of_text(message.title, bold=not plain)
    head += before
    body = of_text(message.text) if plain else of_markdown(message.markdown)
    tail = [Line((Span(message.link, url="" if plain else message.link),))] if message.link else []
    # systems take no empty text
    return fitted(head, body, tail, dialect.lines, fits) or dialect.escape(message.title) or "…"


def bytes_within(limit: int) -> Callable[[str], bool]:
    return lambda text: len(text.encode("utf-8", "replace")) <= limit


def json_within(limit: int) -> Callable[[Any], bool]:
    """So many bytes as JSON, where quotes and control characters take more."""
    return lambda value: len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) <= limit


def chars_within(limit: int) -> Callable[[str], bool]:
    return lambda text: len(text) <= limit
