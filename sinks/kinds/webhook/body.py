"""What a webhook's body is made of: kube-eventer's Go template, a Jinja template, or the default."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from eventcenter.errors import ConfigError
from eventcenter.model import Event
from eventcenter.shapes import EVENT_FIELDS, event_shape
from sinks.delivery import Item, Refused
from sinks.gotemplate import GoTemplate, GoTemplateProblem, is_go
from sinks.kinds.webhook.fields import fields, known_fields
from sinks.templating import Template, TemplateProblem

DEFAULT = """{
  "EventType": "{{ .Type }}",
  "EventKind": "{{ .InvolvedObject.Kind }}",
  "EventReason": "{{ .Reason }}",
  "EventTime": "{{ .LastTimestamp }}",
  "EventMessage": "{{ .Message }}"
}"""

KNOWN = (*EVENT_FIELDS, "occurrences", "labels", "raw", "key")
"""What a Jinja template can speak of."""

_Rendering = Callable[[Item], str]


class Body:
    """`is_json` where the template makes JSON; then it does so for every event."""

    def __init__(self, source: str, labels: dict[str, str]) -> None:
        """ConfigError when the template cannot be used."""
        self._labels = labels
        try:
            self._render, self.is_json = self._go(source) if is_go(source) else self._jinja(source)
        except (GoTemplateProblem, TemplateProblem) as error:
            raise ConfigError(f"the template of the body {error}") from None

    def text(self, item: Item) -> str:
        try:
            return self._render(item)
        except TemplateProblem as error:
            raise Refused(f"the template of the body {error}") from None

    def _go(self, source: str) -> tuple[_Rendering, bool]:
        template = GoTemplate(source, known_fields(_example("x")))
        plain = template.render(fields(_example("x")))
        # A fragment as in the documentation for BearyChat, `"text": "…"`, has texts to escape, too.
        quoted = _parses(plain) or _parses(f"{{{plain}}}")
        escape = _escaped if quoted else str
        return lambda item: template.render(fields(item), escape), _parses(plain)

    def _jinja(self, source: str) -> tuple[_Rendering, bool]:
        template = Template(source, KNOWN)

        def render(item: Item) -> str:
            return template.render(self._values(item))

        is_json = _parses(render(_example("x")))
        if is_json and not _parses(render(_example('"\\\n'))):
            raise ConfigError(
                "the template of the body breaks where a text has quotes: write {{ message | tojson }} without "
                'quotes around it, not "{{ message }}"'
            )
        return render, is_json

    def _values(self, item: Item) -> dict[str, Any]:
        return event_shape(item.event) | {
            "occurrences": item.occurrences,
            "labels": self._labels,
            "raw": item.raw,
            "key": item.key,
        }


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _example(text: str) -> Item:
    """An event with `text` wherever a text can be."""
    event = Event(
        uid=text, level=text, reason=text, kind=text, namespace=text, name=text, object_uid=text,
        field_path=text, message=text, component=text, hostname=text, first_time=0, last_time=0, action=text,
        problem=text, api_version=text, instance=text,
    )  # fmt: skip
    about = {"kind": text, "name": text, "namespace": text, "uid": text}
    raw: dict[str, Any] = {
        "metadata": {"name": text, "namespace": text, "uid": text, "resourceVersion": text},
        "involvedObject": about,
        "related": about,
        "source": {"component": text, "host": text},
        "series": {"count": 1, "lastObservedTime": "2025-12-25T12:00:00Z"},
        "type": text,
        "reason": text,
        "message": text,
        "count": 1,
        "reportingComponent": text,
        "reportingInstance": text,
    }
    return Item(event, 1, raw)
