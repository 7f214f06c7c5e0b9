"""Engines and lines for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from npd.config import LogConfig, PluginConfig, load_object
from npd.model import Condition, Event
from npd.monitors.engine import LogEngine
from npd.monitors.matching import Line


def lines(*texts: str, start: float = 0.0) -> list[Line]:
    return [Line(start + second, text.encode()) for second, text in enumerate(texts)]


def rule(pattern: str, reason: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "temporary", "reason": reason, "pattern": pattern, **more}


def log_config(*rules: dict[str, Any], **more: Any) -> LogConfig:
    config = load_object({"plugin": "kmsg", "source": "s", "rules": list(rules), **more}, "f.json").config
    assert isinstance(config, LogConfig)
    return config


def plugin_config(*rules: dict[str, Any], **more: Any) -> PluginConfig:
    config = load_object({"plugin": "custom", "source": "s", "rules": list(rules), **more}, "f.json").config
    assert isinstance(config, PluginConfig)
    return config


def engine(*rules: dict[str, Any], **more: Any) -> LogEngine:
    return LogEngine(log_config(*rules, **more), now=0.0)


def messages(events: Iterable[Event]) -> list[str]:
    return [event.message for event in events]


def condition(type_: str, status: Any = "True", reason: str = "R", message: str = "m") -> Condition:
    return Condition(type_, status, 5.0, reason, message)
