"""Reads the file of a custom plugin monitor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePosixPath

from npd.config.common import declared, read_conditions, read_kind, warn_of_reason
from npd.config.counter import parse_arguments
from npd.config.durations import format_duration
from npd.config.model import DeclaredCondition, PluginConfig, PluginRule
from npd.config.reading import Section

COUNTER = "log-counter"
BUILTINS = frozenset(
    {COUNTER, "health-checker", "check_ntp.sh", "network_problem.sh", "dns_problem.sh", "iptables_mode.sh"}
)
"""Programs that come with the original. Where one is not installed, our own check stands in for it."""

INTERVAL_S, TIMEOUT_S = 30.0, 5.0
MAX_OUTPUT_BYTES = 80
CONCURRENCY = 3


def read_plugin_config(top: Section, name: str) -> PluginConfig:
    """What is wrong is left in the findings of `top`."""
    options = top.section("pluginConfig")
    timeout = options.duration("timeout", TIMEOUT_S, over=0)
    conditions = read_conditions(top)
    config = PluginConfig(
        name=name,
        source=top.text("source"),
        conditions=conditions,
        rules=tuple(_read_rule(each, conditions, timeout) for each in top.sections("rules", "reason")),
        interval=options.duration("invoke_interval", INTERVAL_S, over=0),
        timeout=timeout,
        max_output=options.number("max_output_length", MAX_OUTPUT_BYTES, least=0),
        concurrency=options.number("concurrency", CONCURRENCY, least=1),
        message_change=options.flag("enable_message_change_based_condition_update", False),
        skip_initial_status=options.flag("skip_initial_status", False),
        unknown_is_problem=options.flag("unknown_is_problem", False),
        metrics=top.flag("metricsReporting", True),
    )
    options.done()
    return config


def _read_rule(section: Section, conditions: Sequence[DeclaredCondition], longest: float) -> PluginRule:
    permanent = read_kind(section)
    condition, path, reason = section.text("condition"), section.text("path"), section.text("reason")
    if permanent and condition not in {each.type for each in conditions}:
        section.wrong("condition", f"{condition!r} is not declared in conditions ({declared(conditions)})")
    warn_of_reason(section, reason)
    timeout = section.duration("timeout", 0, over=0) if section.has("timeout") else None
    if timeout is not None and timeout > longest:
        most = format_duration(longest)
        section.wrong("timeout", f"{format_duration(timeout)} is longer than pluginConfig.timeout, {most}")
    rule = PluginRule(
        reason,
        path,
        args=section.texts("args"),
        permanent=permanent,
        condition=condition,
        timeout=timeout,
        interval=section.duration("invoke_interval", 0, over=0) if section.has("invoke_interval") else None,
        builtin=_stand_in(section, path),
    )
    if rule.builtin == COUNTER:
        try:
            parse_arguments(rule.args)
        except ValueError as error:
            section.wrong("args", f"log-counter: {error}")
    section.done()
    return rule


def _stand_in(section: Section, path: str) -> str:
    if not path:
        section.wrong("path", "is missing; it names the program to run")
    elif not os.path.exists(path):
        name = PurePosixPath(path).name
        if name in BUILTINS:
            return name
        section.wrong("path", f"{path} does not exist")
    return ""
