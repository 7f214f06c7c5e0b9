"""All kinds of sinks by name, one file each. A module is imported when its kind is asked for."""

from __future__ import annotations

import difflib
import importlib

from eventcenter.errors import ConfigError
from sinks.kind import Kind

MODULES = (
    "alertmanager",
    "apprise",
    "clickhouse",
    "cloudevents",
    "dingtalk",
    "elasticsearch",
    "email",
    "eventbridge",
    "feishu",
    "file",
    "honeycomb",
    "influxdb",
    "kafka",
    "log",
    "loki",
    "mongo",
    "mqtt",
    "mysql",
    "nats",
    "opsgenie",
    "otlp",
    "pagerduty",
    "postgresql",
    "redis",
    "riemann",
    "s3",
    "slack",
    "sls",
    "stdout",
    "syslog",
    "teams",
    "webhook",
    "wechat",
)
"""Each is `sinks.kinds.NAME` and holds a `KIND`."""

ALIASES = {"lark": "feishu", "opensearch": "elasticsearch", "wecom": "wechat", "postgres": "postgresql"}


def kind_of(name: str) -> Kind:
    """ConfigError for a name that there is not."""
    real = ALIASES.get(name, name)
    if real not in MODULES:
        near = difflib.get_close_matches(name, (*MODULES, *ALIASES), n=1, cutoff=0.6)
        guess = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(f"there is no sink {name[:40]!r}.{guess} Known: {', '.join(MODULES)}.")
    kind: Kind = importlib.import_module(f"sinks.kinds.{real}").KIND
    return kind


def all_kinds() -> list[Kind]:
    return [kind_of(name) for name in MODULES]
