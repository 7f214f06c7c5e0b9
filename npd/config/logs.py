"""Reads the file of a system log monitor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

from npd.config.common import declared, read_conditions, read_kind, read_pattern, warn_of_reason
from npd.config.gotime import BadLayout, Layout
from npd.config.model import DeclaredCondition, LogConfig, LogPlugin, LogRule
from npd.config.patterns import BadPattern, compile_go
from npd.config.reading import Section

BUFFER_SIZE = 10
MAX_BUFFER_SIZE = 10_000
"""Lines. Each new line that a rule over several lines may match is looked at together with all of them."""


def read_log_config(top: Section, name: str) -> LogConfig:
    """What is wrong is left in the findings of `top`."""
    plugin = top.text("plugin")
    conditions = read_conditions(top)
    config = LogConfig(
        name=name,
        plugin=cast(LogPlugin, plugin),
        source=top.text("source"),
        conditions=conditions,
        rules=_read_rules(top, conditions),
        log_path=top.text("logPath"),
        lookback=top.duration("lookback", 0.0, empty_ok=True),
        delay=top.duration("delay", 0.0, empty_ok=True),
        buffer_size=_buffer_size(top),
        skip=top.texts("skipList"),
        plugin_config=_plugin_config(top.section("pluginConfig"), plugin),
        metrics=top.flag("metricsReporting", True),
    )
    if plugin == "filelog" and not config.log_path:
        top.wrong("logPath", "is missing; filelog needs the path of the file to read")
    if not config.source:
        top.findings.warn("source", "is missing; the events will not say where they come from")
    return config


def _buffer_size(top: Section) -> int:
    size = top.number("bufferSize", BUFFER_SIZE, least=1, zero=BUFFER_SIZE)
    if size > MAX_BUFFER_SIZE:
        top.wrong("bufferSize", f"{size} is too large, at most {MAX_BUFFER_SIZE} lines are accepted")
        return BUFFER_SIZE
    return size


def _plugin_config(section: Section, plugin: str) -> dict[str, str]:
    needed = {
        "journald": ("source",),
        "filelog": ("timestamp", "message", "timestampFormat"),
    }.get(plugin, ())
    values = {}
    for key in needed:
        values[key] = section.text(key)
        if not values[key]:
            section.wrong(key, f"is missing; {plugin} needs it")
    _check_filelog(section, values)
    section.done()
    return values


def _check_filelog(section: Section, values: dict[str, str]) -> None:
    for key in ("timestamp", "message"):
        try:
            compile_go(values.get(key, ""))
        except BadPattern as error:
            section.wrong(key, f"{values[key]!r}: {error}")
    try:
        Layout(values.get("timestampFormat", ""))
    except BadLayout as error:
        section.wrong("timestampFormat", str(error))


def _read_rules(top: Section, conditions: Sequence[DeclaredCondition]) -> tuple[LogRule, ...]:
    rules = (_read_rule(section, conditions) for section in top.sections("rules", "reason"))
    return tuple(rule for rule in rules if rule is not None)


def _read_rule(section: Section, conditions: Sequence[DeclaredCondition]) -> LogRule | None:
    permanent = read_kind(section)
    condition, reason = section.text("condition"), section.text("reason")
    if permanent and condition not in {each.type for each in conditions}:
        section.findings.warn(
            section.at("condition"),
            f"{condition!r} is not declared in conditions ({declared(conditions)}), so this rule does nothing",
        )
    warn_of_reason(section, reason)
    pattern = read_pattern(section, "pattern")
    if pattern and not pattern.text:
        section.findings.warn(section.at("pattern"), "is empty and matches every line")
    suffix = section.text("patternGeneratedMessageSuffix")
    section.done()
    return LogRule(reason, pattern, permanent, condition, suffix) if pattern else None


KNOWN_PLUGINS = get_args(LogPlugin)
