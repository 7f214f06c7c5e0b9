"""Queries to begin with: one for each thing that the language can do, titled in the language of the reader."""

from __future__ import annotations

from dataclasses import dataclass

from web.i18n import _


@dataclass(frozen=True, slots=True)
class Example:
    title: str
    text: str
    chart: str = "table"
    span: str = "-24h"
    """How far back it looks."""


def examples() -> list[Example]:
    return [
        Example(
            _("Warnings by reason"),
            "level:Warning | SELECT reason, count(*) AS events, approx_distinct(pod_name) AS pods "
            "GROUP BY reason ORDER BY events DESC LIMIT 20",
            "bar",
        ),
        Example(
            _("Events and warnings over time"),
            "* | SELECT time_series(__time__, '30m', '%Y-%m-%d %H:%i', '0') AS t, "
            "count_if(level = 'Warning') AS warnings, count(*) AS events GROUP BY t ORDER BY t LIMIT 1000",
            "line",
        ),
        Example(
            _("Warnings against yesterday"),
            "level:Warning | SELECT diff[1] AS today, diff[2] AS yesterday, round((diff[3] - 1) * 100, 1) AS pct "
            "FROM (SELECT compare(c, 86400) AS diff FROM (SELECT count(*) AS c FROM log))",
            "number",
        ),
        Example(
            _("Namespaces with most warnings"),
            "level:Warning | SELECT namespace, count(*) AS events GROUP BY namespace ORDER BY events DESC LIMIT 100",
            "pie",
        ),
        Example(
            _("Containers killed for memory, by Pod"),
            "problem:pod-oom-killed | SELECT pod_name, namespace, count(*) AS events, "
            "max(from_unixtime(__time__)) AS last GROUP BY pod_name, namespace ORDER BY events DESC LIMIT 50",
            "table",
            "-7d",
        ),
        Example(
            _("Pods with most warnings, and their last message"),
            "pod_name:* and level:Warning | SELECT pod_name, max_by(message, __time__) AS last, count(*) AS events "
            "GROUP BY pod_name ORDER BY events DESC LIMIT 10",
        ),
        Example(
            _("Pods that cannot be scheduled"),
            'reason:FailedScheduling and (Insufficient or "untolerated taint")',
        ),
        Example(
            _("Nodes that come and go"),
            "reason:NodeNotReady or reason:NodeReady | SELECT name AS node, "
            "count_if(reason = 'NodeNotReady') AS downs GROUP BY node HAVING downs > 0 ORDER BY downs DESC",
            "bar",
            "-7d",
        ),
        Example(
            _("Warnings by component and hour"),
            "level:Warning | SELECT date_trunc('hour', __time__) AS hour, component, count(*) AS events "
            "GROUP BY hour, component ORDER BY hour LIMIT 2000",
            "line",
        ),
        Example(
            _("Time from scheduling to start"),
            "reason:Scheduled or reason:Started | SELECT pod_name, max(__time__) - min(__time__) AS seconds "
            "GROUP BY pod_name HAVING count(*) > 1 ORDER BY seconds DESC LIMIT 20",
            "bar",
        ),
    ]
