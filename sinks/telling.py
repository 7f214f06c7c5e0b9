"""Turns groups into messages: title, text and Markdown in the language of the sink, a link to the page, labels.

The texts are Jinja templates in `templates/`, or those that the sink's options bring. A message is never lost to a
template: where one fails, the product's own takes its place."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from eventcenter.explain import explain
from sinks.delivery import Item
from sinks.group import Group, severity_of, severity_rank
from sinks.grouping import Groups, Plan
from sinks.linking import link_to
from sinks.messages import Message, cut_chars
from sinks.settings import SinkSettings
from sinks.templating import Template, TemplateProblem
from sinks.variables import VARIABLES
from sinks.wording import (
    clean,
    clock,
    counted,
    fact,
    language,
    object_of,
    problem_title,
    severity_word,
    span,
    too_many,
)

log = logging.getLogger(__name__)

MAX_TITLE = 200
SHOWN_GROUPS = 12
"""Of a digest; the others are counted."""
_OF_DIGESTS = ("groups", "severity_word", "more", "more_occurrences", "occurrences", "count", "link", "lang")
_OF_ALERTS = (
    *(
        "over",
        "repeated",
        "severity_word",
        "what",
        "place",
        "count",
        "number",
        "since",
        "firing",
        "more",
        "resolved",
    ),
    *("more_resolved", "likely_cause", "what_to_do", "notes", "instance", "next"),
)


class Telling:
    """Of one sink. ConfigError for templates is raised when the options are read (`variables.message_template`)."""

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self.lang = language(settings["lang"] or settings.surroundings.language)
        self._own = {
            (name, markdown): Template(settings[name], VARIABLES, markdown=markdown)
            for name in ("title", "template")
            for markdown in (False, True)
            if settings[name]
        }
        self._said: set[str] = set()

    def message(self, group: Group) -> Message:
        values = self._values(group)
        title = values["title"] = self._title(values)
        own, own_markdown = (self._rendered("template", values, markdown=kind) for kind in (False, True))
        event = group.newest
        return Message(
            key=group.key,
            title=title,
            text=own or tidy(built_in(self.lang, "text").render(values)),
            markdown=own_markdown or tidy(built_in(self.lang, "markdown").render(values)),
            severity=group.severity,
            time=event.last_time,
            since=group.since,
            occurrences=group.pending,
            link=values["link"],
            resolved=group.over,
            facts=self._facts(values),
            labels=self._labels(group),
            event=event,
            number=group.told + 1,
        )

    def digest(self, groups: Sequence[Group]) -> Message:
        """One message about all of them, of which there is one at least; the first is the most severe."""
        first = min(groups, key=lambda group: severity_rank(group.severity))
        rest = groups[SHOWN_GROUPS:]
        since = min(group.pending_since or group.newest.last_time for group in groups)
        shown = [self._values(group) for group in groups[:SHOWN_GROUPS]]
        occurrences = sum(group.pending for group in groups)
        values = {
            "groups": [one | {"title": self._title(one)} for one in shown],
            "severity_word": severity_word(first.severity, self.lang),
            "more": len(rest),
            "more_occurrences": sum(group.pending for group in rest),
            "occurrences": occurrences,
            "count": len(groups),
            "link": self._link(None, since),
            "lang": self.lang,
        }
        texts = {
            name: tidy(built_in(self.lang, f"digest_{name}").render(values))
            for name in ("title", "text", "markdown")
        }
        return Message(
            key=_digest_key(groups),
            title=one_line(texts["title"]),
            text=texts["text"],
            markdown=texts["markdown"],
            severity=first.severity,
            time=max(group.newest.last_time for group in groups),
            since=since,
            occurrences=occurrences,
            link=str(values["link"]),
            facts=((fact("Events", self.lang), str(occurrences)),),
            labels=(("severity", first.severity), *self._settings.surroundings.labels.items()),
            event=first.newest,
        )

    def _values(self, group: Group) -> dict[str, Any]:
        """The variables of templates, all texts clean; `title` is filled in later."""
        event, place = group.newest, group.place
        known = explain(event) or {}
        names = sorted(((clean(name, 253), count) for name, count in group.names.items()), key=_most_first)
        lang = self.lang
        return {
            "title": "",
            "what": self._what(group),
            "severity": group.severity,
            "severity_word": severity_word(group.severity, lang),
            "level": clean(event.level, 50),
            "problem": group.problem,
            "reason": clean(event.reason, 200),
            "message": clean(event.message),
            "kind": clean(event.kind, 100),
            "namespace": clean(event.namespace, 253),
            "name": clean(event.name, 253),
            "node": clean(event.hostname, 253),
            "component": clean(event.component, 100),
            "instance": clean(event.instance, 100),
            "place": _place(group),
            "by": place.by,
            "occurrences": group.pending,
            "span": span(event.last_time - group.pending_since, lang) if group.pending > 1 else "",
            "total": group.total,
            "number": group.told + 1,
            "over": group.over,
            "since": clock(group.since),
            "time": clock(event.last_time),
            "names": [{"name": name, "occurrences": count} for name, count in names],
            "objects": counted(names, group.unnamed, lang) or clean(event.name, 253),
            "unnamed": group.unnamed,
            "meaning": known.get("meaning", ""),
            "what_to_do": known.get("what_to_do", ""),
            "link": self._link(group, group.since),
            "labels": dict(self._settings.surroundings.labels),
            "lang": lang,
        }

    def _what(self, group: Group) -> str:
        if group.place.by == "all":
            return too_many(self.lang)
        event = group.newest
        return problem_title(group.problem, self.lang) or clean(event.reason, 200) or clean(event.kind, 100)

    def _title(self, values: Mapping[str, Any]) -> str:
        return one_line(self._rendered("title", values) or built_in(self.lang, "title").render(values))

    def _rendered(self, option: str, values: Mapping[str, Any], *, markdown: bool = False) -> str:
        """Of the template that the option gives; empty where there is none, it fails or makes nothing."""
        template = self._own.get((option, markdown))
        if template is None:
            return ""
        try:
            return tidy(template.render(values))
        except TemplateProblem as problem:
            self._notice(f"{option}: the template {problem}; the built-in one is used")
            return ""

    def _notice(self, text: str) -> None:
        """Said once for each thing that goes wrong: a message comes every few minutes, for months."""
        if text not in self._said and len(self._said) < 100:
            self._said.add(text)
            log.warning("sink=%s %s", self._settings.name, self._settings.hide(text))

    def _link(self, group: Group | None, since: int) -> str:
        url = self._settings.surroundings.url
        return (
            link_to(url, group, since, self._settings.surroundings.instance)
            if self._settings["links"]
            else ""
        )

    def _facts(self, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        times = str(values["occurrences"]) + (f" ({values['span']})" if values["span"] else "")
        told = {
            "Level": values["level"],
            "Object": f"{values['kind']} {values['place']}" if values["by"] == "object" else values["place"],
            "Reason": values["reason"],
            "Occurrences": times,
            "Node": values["node"],
            "Since": values["since"],
            "Time": values["time"],
            "Cluster": values["instance"],
        }
        return tuple((fact(name, self.lang), value) for name, value in told.items() if value)

    def _labels(self, group: Group) -> tuple[tuple[str, str], ...]:
        """The same in every message about the group, as systems tell alerts apart by them. Labels of the settings do
        not take the place of ours."""
        place, event = group.place, group.newest
        ours = {
            "reason": place.reason,
            "severity": severity_of(group.first_problem, group.level),
            "level": group.level,
            "problem": group.first_problem,
            "instance": place.instance,
            "namespace": place.namespace,
            "kind": place.kind,
            "name": place.name if place.by == "object" else "",
            "workload": place.name if place.by == "workload" else "",
            "node": event.name if event.kind == "Node" and place.by == "object" else "",
        }
        told = {name: clean(value, 253) for name, value in ours.items() if value}
        return tuple((dict(self._settings.surroundings.labels) | told).items())


def preview(settings: SinkSettings, item: Item) -> Message:
    """What people would be told of this event alone."""
    now = item.event.last_time
    groups = Groups(Plan.of(settings.options))
    groups.add(Item(item.event, max(item.occurrences, 1), item.raw), now)
    (group,) = groups.due(groups.next_due(now) or now)
    return Telling(settings).message(group)


def _place(group: Group) -> str:
    place = group.place
    if place.by == "all":
        return ""
    if place.by == "object":
        return object_of(group.newest)
    return clean("/".join(part for part in (place.namespace, place.name) if part), 300)


def _digest_key(groups: Sequence[Group]) -> str:
    """Another for every digest that says something else: a channel that drops repetitions must not drop it."""
    told = "\0".join(f"{group.key}:{group.told}:{group.pending}" for group in groups)
    return f"digest-{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def _most_first(named: tuple[str, int]) -> tuple[int, str]:
    return -named[1], named[0]


def tidy(text: str) -> str:
    """Without blank lines at the ends and trailing spaces."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def one_line(text: str) -> str:
    return cut_chars(" ".join(text.split()), MAX_TITLE)


@cache
def built_in(lang: str, name: str) -> Template:
    """The product's own template of that name."""
    source = resources.files("sinks").joinpath("templates", lang, f"{name}.jinja").read_text(encoding="utf-8")
    known = {"digest": _OF_DIGESTS, "alert": _OF_ALERTS}.get(name.partition("_")[0], VARIABLES)
    return Template(source, known, markdown=name.endswith("markdown"))
