"""Turns a notification about alerts into a message: what happened and where, since when and how often, why probably and
what to do, in the language of the sink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eventcenter.alerted import AlertRecord, Notification
from eventcenter.explain import explain
from eventcenter.model import Event
from sinks.group import severity_rank
from sinks.messages import Message
from sinks.settings import SinkSettings
from sinks.telling import built_in, one_line, tidy
from sinks.wording import clean, clock, counted, fact, language, severity_word, span

SHOWN = 10
"""Alerts in a message; others are counted."""


def alert_message(told: Notification, settings: SinkSettings, newest: Event | None) -> Message:
    """`newest` is the newest event of the first alert, where it is still stored."""
    return _Telling(told, settings, newest).message()


class _Telling:
    def __init__(self, told: Notification, settings: SinkSettings, newest: Event | None) -> None:
        self._told = told
        self._settings = settings
        self._newest = newest
        self._lang = language(settings["lang"] or settings.surroundings.language)
        worst_first = lambda alert: (severity_rank(alert.severity), alert.since)  # noqa: E731
        self._firing = sorted(told.firing, key=worst_first)
        self._resolved = sorted(told.resolved, key=worst_first)
        self._all = self._firing or self._resolved
        self._first = self._all[0]

    def message(self) -> Message:
        told, values = self._told, self._values()
        texts = {
            name: built_in(self._lang, f"alert_{name}").render(values)
            for name in ("title", "text", "markdown")
        }
        severity: Any = self._first.severity
        return Message(
            key=told.key,
            title=one_line(texts["title"]),
            text=tidy(texts["text"]),
            markdown=tidy(texts["markdown"]),
            severity=severity,
            time=told.time,
            since=told.since,
            occurrences=max(1, sum(alert.occurrences for alert in self._all)),
            link=self._link(),
            resolved=told.over,
            facts=self._facts(values),
            labels=self._labels(),
            event=self._newest,
            number=told.number,
        )

    def _values(self) -> dict[str, Any]:
        told, first = self._told, self._first
        known = (explain(self._newest) if self._newest else None) or {}
        return {
            "over": told.over,
            "repeated": told.reason == "repeated",
            "severity_word": severity_word(first.severity, self._lang),  # type: ignore[arg-type]
            "what": self._title(first),
            "place": _place(first),
            "count": len(self._all),
            "number": told.number,
            "since": clock(told.since),
            "firing": [self._shown(alert) for alert in self._firing[:SHOWN]],
            "more": max(0, len(self._firing) - SHOWN),
            "resolved": [self._shown(alert) for alert in self._resolved[:SHOWN]],
            "more_resolved": max(0, len(self._resolved) - SHOWN),
            "likely_cause": known.get("likely_cause", ""),
            "what_to_do": known.get("what_to_do", ""),
            "notes": [
                {"name": clean(name, 100), "text": clean(text)}
                for name, text in told.rules[first.rule].annotations.items()
                if name != "note"
            ],
            "instance": clean(self._settings.surroundings.instance, 100),
            "next": clock(told.next) if told.next else "",
        }

    def _title(self, alert: AlertRecord) -> str:
        titles = self._told.rules[alert.rule].titles
        return clean(titles.get(self._lang) or titles.get("en") or alert.rule, 200)

    def _shown(self, alert: AlertRecord) -> dict[str, Any]:
        names = sorted(alert.names.items(), key=lambda item: (-item[1], item[0]))
        return {
            "title": self._title(alert),
            "place": _place(alert),
            "since": clock(alert.since),
            "occurrences": alert.occurrences,
            "objects": counted([(clean(name, 253), count) for name, count in names], 0, self._lang),
            "message": clean(alert.message),
            "resolved": clock(alert.resolved) if alert.resolved else "",
            "lasted": span((alert.resolved or self._told.time) - alert.since, self._lang),
            "why": clean(alert.why, 200),
        }

    def _link(self) -> str:
        url = self._settings.surroundings.url.rstrip("/")
        return f"{url}/alerts" if url and self._settings["links"] else ""

    def _facts(self, values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        shown = self._shown(self._first)
        told = {
            "Problem": values["what"],
            "Object": shown["objects"] or values["place"],
            "Namespace": self._first.labels.get("namespace", ""),
            "Occurrences": str(shown["occurrences"]),
            "Node": self._first.labels.get("node", ""),
            "Since": shown["since"],
            "Time": clock(self._told.time),
            "Cluster": values["instance"],
            "Message": shown["message"],
        }
        return tuple((fact(name, self._lang), clean(value)) for name, value in told.items() if value)

    def _labels(self) -> tuple[tuple[str, str], ...]:
        """Of the group: they are the same in all that is told of it."""
        ours = {"instance": self._settings.surroundings.instance, **self._told.labels}
        ours.setdefault("rule", _common([alert.rule for alert in self._all]))
        ours["severity"] = self._first.severity
        told = {name: clean(value, 253) for name, value in ours.items() if value}
        return tuple((dict(self._settings.surroundings.labels) | told).items())


def _place(alert: AlertRecord) -> str:
    values = [value for name, value in alert.labels.items() if value and name != "instance"]
    return clean("/".join(values), 300)


def _common(names: Sequence[str]) -> str:
    return names[0] if len(set(names)) == 1 else ""
