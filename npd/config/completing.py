"""Kernels have changed their words since the original's kernel rules were written, and there are faults for which it
has none. A file that is the original's kernel monitor (by its source) gets our rules beside its own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from npd.config.logs import read_log_config
from npd.config.model import LogConfig, LogRule
from npd.config.problems import Findings
from npd.config.reading import Section, decode_json, packaged

SOURCE = "kernel-monitor"
RULES = "kernel-monitor.json"
"""In `npd/data`."""


def completed(config: LogConfig) -> LogConfig:
    """With our rules after its own; none for conditions that it does not declare."""
    if config.source != SOURCE:
        return config
    declared = {each.type for each in config.conditions}
    own = {rule.pattern.text for rule in config.rules}
    added = (
        replace(rule, added=True)
        for rule in _kernel_rules()
        if rule.pattern.text not in own and (not rule.permanent or rule.condition in declared)
    )
    return replace(config, rules=config.rules + tuple(added))


@cache
def _kernel_rules() -> tuple[LogRule, ...]:
    findings = Findings(RULES)
    config = read_log_config(Section(decode_json(packaged(RULES), RULES), "", findings), RULES)
    findings.raise_if_wrong()
    return config.rules
