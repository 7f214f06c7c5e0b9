"""The options that every sink has, and those that all sinks for people have."""

from __future__ import annotations

from sinks.kind import Option, boolean, comma_list, duration, one_of, text
from sinks.variables import message_template


def name(given: str) -> str:
    import re

    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", given):
        raise ValueError("is not a name of 1 to 63 lower-case letters, digits, `.`, `_` and `-`")
    return given


def beginning(given: str) -> str | float:
    """`now`, `oldest`, or how many seconds back."""
    return given if given in ("now", "oldest") else duration(given)


def steps(given: str) -> tuple[float, ...]:
    """Growing steps, in seconds."""
    found = tuple(duration(part) for part in given.split(",") if part.strip())
    if not found or list(found) != sorted(found) or found[0] < 10:
        raise ValueError("is not a list of growing durations of 10s at least, as in 5m,30m,4h")
    return found


COMMON: tuple[Option, ...] = (
    Option("name", "what the sink is called in lists and metrics, and under what its position is kept", name),
    Option(
        "level",
        "Normal: everything; Warning: events of that level; problem: those and what the catalogue knows as a problem",
        one_of("Normal", "Warning", "problem"),
    ),
    Option(
        "namespaces",
        "only objects in these namespaces, comma-separated; (cluster) stands for objects in none, such as nodes",
        comma_list,
        (),
    ),
    Option("exclude_namespaces", "no objects in these namespaces", comma_list, ()),
    Option("kinds", "only objects of these kinds, as in Pod,Node", comma_list, ()),
    Option("exclude_kinds", "no objects of these kinds", comma_list, ()),
    Option(
        "reason",
        "only reasons in which this regular expression is found",
        text,
        (),
        many=True,
    ),
    Option("exclude_reason", "no reasons in which this is found", text, (), many=True),
    Option("q", "only what this search expression finds"),
    Option("exclude", "nothing that this search expression finds"),
    Option(
        "start",
        "where a new sink begins: now, oldest, or how far back, as in 1h",
        beginning,
        "now",
    ),
    Option("timeout", "how long one delivery may take", duration, 30.0),
    Option(
        "alert_after",
        "after so long without getting through, or falling behind, an event tells of the sink itself; 0s: never",
        duration,
        600.0,
    ),
)

FOR_PEOPLE: tuple[Option, ...] = (
    Option("lang", "the language of the messages", one_of("zh", "en")),
    Option("template", "the text of a message, a Jinja template", message_template),
    Option("title", "the first line of a message, a Jinja template", message_template),
    Option(
        "group_by",
        "what is told together: the same object and reason, all objects of a workload, or a reason in a namespace",
        one_of("object", "workload", "reason"),
        "workload",
    ),
    Option("group_wait", "how long to gather before the first message", duration, 5.0),
    Option(
        "repeat",
        "when to tell again while it goes on: growing steps since the message before; the last one stays",
        steps,
        (300.0, 1800.0, 7200.0, 21600.0, 86400.0),
    ),
    Option(
        "quiet", "after so long without an occurrence it is over; what comes then is new", duration, 3600.0
    ),
    Option(
        "events", "whether it tells of events; false: only of alerts, as a receiver of routes", boolean, True
    ),
    Option("links", "a link to the page in every message, where `url` is set in the settings", boolean, True),
)
