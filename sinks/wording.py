"""The words of messages in Chinese and English, and how texts that anybody could write are made harmless in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from eventcenter.model import Event
from eventcenter.rules import Severity, built_in
from eventcenter.shapes import local
from sinks.messages import cut_chars

Language = Literal["zh", "en"]
SHOWN_NAMES = 5

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)
"""Control characters, and those that cannot be seen or turn the direction of writing."""
_MENTION = re.compile(r"<(?=[@!#])|(?<!\S)@(?=all\b|everyone\b|here\b|channel\b|所有人)")
"""What chats read as a call to somebody."""

_SEVERITIES: dict[Severity, str] = {
    "critical": "紧急",
    "high": "严重",
    "medium": "警告",
    "low": "次要",
    "info": "提示",
}
_UNITS: tuple[tuple[int, str, str], ...] = (
    (86_400_000, "d", "天"),
    (3_600_000, "h", "小时"),
    (60_000, "min", "分钟"),
    (1_000, "s", "秒"),
)
_FACTS: dict[str, str] = {
    "Level": "级别",
    "Problem": "问题",
    "Object": "对象",
    "Namespace": "命名空间",
    "Reason": "原因",
    "Occurrences": "次数",
    "Node": "节点",
    "Since": "开始",
    "Time": "时间",
    "Cluster": "集群",
    "Message": "消息",
    "Events": "事件",
}


def language(given: str) -> Language:
    """Of a language tag; what is not Chinese is English."""
    return "zh" if given.lower().startswith("zh") else "en"


def clean(text: str, most: int = 1000) -> str:
    """On one line, at most so many characters, without anything that a screen or a chat obeys."""
    plain = " ".join(_UNSEEN.sub(" ", text[: 4 * most]).split())
    return cut_chars(_MENTION.sub(lambda match: match[0] + " ", plain), most)


def severity_word(severity: Severity, lang: Language) -> str:
    return _SEVERITIES[severity] if lang == "zh" else severity


def fact(name: str, lang: Language) -> str:
    return _FACTS[name] if lang == "zh" else name


def too_many(lang: Language) -> str:
    """What a group is called that holds together what nothing else does."""
    return "事件种类过多,合并通知" if lang == "zh" else "Too many different events to tell apart"


def problem_title(problem: str, lang: Language) -> str:
    """Of the catalogue; empty for none."""
    known = built_in().problems.get(problem)
    if known is None:
        return ""
    return known.title_zh if lang == "zh" else known.title_en


def span(duration: int, lang: Language) -> str:
    """How long (ms), in the largest unit of which there is one: `5 min`. Empty below a second."""
    for size, english, chinese in _UNITS:
        if duration >= size:
            return f"{round(duration / size)} {chinese if lang == 'zh' else english}"
    return ""


def clock(time: int) -> str:
    """In the time zone of the machine, which is named."""
    moment = local(time)
    return f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname() if moment.utcoffset() else 'UTC'}"


def object_of(event: Event) -> str:
    """`namespace/name`, or the name where there is no namespace."""
    return clean(f"{event.namespace}/{event.name}" if event.namespace else event.name, 300)


def counted(names: Sequence[tuple[str, int]], unnamed: int, lang: Language) -> str:
    """`a ×30, b ×7 and 12 more`: the most frequent names first. `unnamed` says how often there were others still."""
    if len(names) == 1 and not unnamed:
        return names[0][0]
    shown = ", ".join(f"{name} ×{count}" for name, count in names[:SHOWN_NAMES])
    if (more := len(names) - SHOWN_NAMES) <= 0 and not unnamed:
        return shown
    number = f"{max(more, 0)}{'+' if unnamed else ''}"
    return f"{shown} 等,另有 {number} 个" if lang == "zh" else f"{shown} and {number} more"
