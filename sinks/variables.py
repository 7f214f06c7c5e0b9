"""What templates of messages can speak of: every variable with its meaning and an example."""

from __future__ import annotations

from typing import Any

VARIABLES: dict[str, tuple[str, Any]] = {
    "title": ("the title of the message", "[high] Container in crash loop: shop/checkout ×37 in 5 min"),
    "what": ("title of the problem in the language of the sink, else the reason", "Container in crash loop"),
    "severity": ("critical, high, medium, low or info", "high"),
    "severity_word": ("the same in the language of the sink", "high"),
    "level": ("Normal or Warning", "Warning"),
    "problem": ("id of the problem in the catalogue; empty for none", "pod-crash-loop"),
    "reason": ("reason of the newest event", "BackOff"),
    "message": ("its message, on one line", "Back-off restarting failed container checkout"),
    "kind": ("kind of its object", "Pod"),
    "namespace": ("namespace of its object; empty for nodes and the like", "shop"),
    "name": ("name of its object", "checkout-7c5ddbdf54-x2k9p"),
    "node": ("node that it is on or about", "node-1"),
    "component": ("who reports it", "kubelet"),
    "instance": ("the cluster", "default"),
    "place": ("what is told of: the object, the workload, or the namespace", "shop/checkout"),
    "by": ("object, workload, reason or all: what is told together", "workload"),
    "occurrences": ("how often since the message before", 37),
    "span": ("in which time that was, as in `5 min`; empty for a moment", "5 min"),
    "total": ("how often since it began", 37),
    "number": ("1 for the first message about it, then 2 and so on", 1),
    "over": ("whether it is over", False),
    "since": ("when it began", "2026-11-25 16:00:00 UTC"),
    "time": ("time of the newest event", "2026-11-25 16:05:00 UTC"),
    "names": (
        "objects since the message before, the most frequent first: each has `name` and `occurrences`",
        [
            {"name": "checkout-7c5ddbdf54-x2k9p", "occurrences": 30},
            {"name": "checkout-7c5ddbdf54-b8dqz", "occurrences": 7},
        ],
    ),
    "objects": ("the first of them on one line", "checkout-7c5ddbdf54-x2k9p ×30, checkout-7c5ddbdf54-b8dqz ×7"),
    "unnamed": ("occurrences of further objects that are not in `names`", 0),
    "meaning": ("what the reason means; empty where it is not known", "The kubelet waits before a restart."),
    "what_to_do": ("what to do about it; empty where it is not known", "Read the log of the previous container."),
    "link": ("address of the page with these events; empty where no `url` is set", "https://events.example.com/events"),
    "labels": ("labels of the settings, as in `labels.team`", {"team": "shop"}),
    "lang": ("zh or en", "en"),
}  # fmt: skip
"""Name → (meaning, example)."""

EXAMPLES: dict[str, Any] = {name: example for name, (_, example) in VARIABLES.items()}


def message_template(given: str) -> str:
    """Parser of the options that are templates: as given, when it works. ValueError saying what is wrong."""
    from sinks.templating import Template

    text = given.replace("\\n", "\n") if "\n" not in given else given
    Template(text, VARIABLES).render(EXAMPLES)
    return text
