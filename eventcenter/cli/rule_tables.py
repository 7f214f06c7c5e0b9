"""Rules and what they would have done, as text; and the file that they are read from."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eventcenter.alerts.catalogue import shape
from eventcenter.alerts.documents import read_file
from eventcenter.alerts.life import Alert, Step
from eventcenter.alerts.replaying import replay
from eventcenter.alerts.rule import Kind, Rule
from eventcenter.cli.tables import print_table
from eventcenter.errors import ConfigError
from eventcenter.rules import SEVERITIES
from eventcenter.settings import Settings
from eventcenter.settingtypes import show_duration
from eventcenter.shapes import rfc3339


def chosen(rules: Mapping[str, Rule], names: Sequence[str]) -> list[Rule]:
    """ConfigError for a name that there is not."""
    for name in names:
        if name not in rules:
            near = difflib.get_close_matches(name, rules, n=3, cutoff=0.5)
            guess = f" Did you mean {', '.join(near)}?" if near else ""
            raise ConfigError(
                f"there is no rule {name[:100]!r}.{guess} `eventcenter rules list --all` has them all."
            )
    return [rules[name] for name in names]


def show_rules(rules: Iterable[Rule]) -> None:
    rows = [
        (rule.name, rule.severity, "on" if rule.enabled else "off", _when(rule), rule.title())
        for rule in sorted(rules, key=lambda rule: (SEVERITIES.index(rule.severity), rule.name))
    ]
    print_table(("NAME", "SEVERITY", "IS", "FIRES AT", "TITLE"), rows)


def _when(rule: Rule) -> str:
    if rule.kind is Kind.ABSENCE:
        return f"nothing for {show_duration(rule.within)}"
    return "once" if rule.count == 1 else f"{rule.count} in {show_duration(rule.within)}"


def yaml_of(rule: Rule) -> str:
    import yaml

    text: str = yaml.safe_dump({"rules": [shape(rule)]}, allow_unicode=True, sort_keys=False, width=100)
    return text


def tried(
    settings: Settings, file: Path | None, names: Sequence[str], since: str, until: str
) -> list[dict[str, Any]]:
    """The alerts that there would have been, oldest first."""
    from eventcenter.center import system_clock
    from eventcenter.query import parse_time
    from eventcenter.store import open_reader

    rules = read_file(file)
    wanted = (
        [dataclasses.replace(rule, enabled=True) for rule in chosen(rules, names)]
        if names
        else list(rules.values())
    )
    now = system_clock()
    begin, end = parse_time(since, now), parse_time(until, now)
    if begin >= end:
        raise ConfigError("--to must be later than --from")
    reader = open_reader(settings.data_dir, settings.instance)
    try:
        alerts: list[Alert] = [
            alert for step, alert, _ in replay(reader, wanted, begin, end) if step is Step.FIRED
        ]
    finally:
        reader.close()
    return [_alert_shape(alert, rules[alert.rule]) for alert in alerts]


def _alert_shape(alert: Alert, rule: Rule) -> dict[str, Any]:
    return {
        "rule": alert.rule,
        "severity": rule.severity,
        "title": rule.title(),
        "labels": dict(alert.labels),
        "fired": rfc3339(alert.fired or alert.since),
        "resolved": None if alert.resolved is None else rfc3339(alert.resolved),
        "why": alert.why or None,
        "occurrences": alert.occurrences,
        "names": alert.names,
        "message": alert.message,
    }


def show_alerts(alerts: list[dict[str, Any]]) -> None:
    rows = [
        (
            alert["fired"],
            alert["resolved"] or "still firing",
            alert["severity"],
            alert["rule"],
            " ".join(value for name, value in alert["labels"].items() if value and name != "instance"),
            f"×{alert['occurrences']}",
            alert["message"],
        )
        for alert in alerts
    ]
    if rows:
        print_table(("FIRED", "RESOLVED", "SEVERITY", "RULE", "ABOUT", "TIMES", "LAST MESSAGE"), rows)
    print(f"{len(rows)} alerts" if len(rows) != 1 else "1 alert")
