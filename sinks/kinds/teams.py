"""`teams`: a Workflows webhook of a Teams channel, with adaptive cards. (The connectors of Office 365 are retired.)

Texts are runs of rich text, in which Teams reads no Markdown and no mention: events can say what they like."""

from __future__ import annotations

from typing import Any

from eventcenter.rules import Severity
from sinks.http import Http
from sinks.kind import Kind
from sinks.markdown import Line, Span, longest, of_markdown, of_text
from sinks.messages import Message, cut_chars
from sinks.robots import LABEL, json_within
from sinks.settings import SinkSettings

MAX_BYTES = 26_000
"""Of a card; requests of 28 KB are taken."""

_COLOURS: dict[Severity, str] = {
    "critical": "Attention",
    "high": "Attention",
    "medium": "Warning",
    "low": "Accent",
    "info": "Default",
}


class Teams:
    resolves = False

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._http = Http(settings)

    def tell(self, message: Message) -> None:
        self._http.post(self._settings.url, json=self._body(message))

    def _body(self, message: Message) -> dict[str, Any]:
        lines = of_markdown(message.markdown)
        card = longest(lines, lambda cut: self._card(message, cut), json_within(MAX_BYTES))
        return {
            "type": "message",
            "attachments": [
                {
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "contentUrl": None,
                    "content": card,
                }
            ],
        }

    def _card(self, message: Message, lines: list[Line]) -> dict[str, Any]:
        colour = "Good" if message.resolved else _COLOURS[message.severity]
        title = Span(cut_chars(message.title, 500), bold=True)
        labels = [line for label in self._settings["label"] for line in of_text(label)]
        return {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "msteams": {"width": "Full"},
            "body": [
                *map(_block, labels),
                _block(Line((title,)), size="Medium", color=colour),
                *map(_block, lines),
            ],
            "actions": [
                {"type": "Action.OpenUrl", "title": "Event center", "url": message.link},
            ]
            if message.link
            else [],
        }

    def close(self) -> None:
        self._http.close()


def _block(line: Line, **look: str) -> dict[str, Any]:
    marker = [Span(f"{'    ' * line.depth}{line.marker} ")] if line.marker else []
    runs = [_run(span, line) | look for span in (*marker, *line.spans) if span.text]
    return {"type": "RichTextBlock", "spacing": "Small", "inlines": runs or [_run(Span(" "), line)]}


def _run(span: Span, line: Line) -> dict[str, Any]:
    run: dict[str, Any] = {"type": "TextRun", "text": span.text}
    if span.bold or line.kind == "heading":
        run["weight"] = "Bolder"
    if span.code:
        run["fontType"] = "Monospace"
    if line.kind == "quote":
        run["isSubtle"] = True
    if span.url:
        run["selectAction"] = {"type": "Action.OpenUrl", "url": span.url}
    return run


KIND = Kind(
    name="teams",
    summary="Adaptive cards in a Teams channel, through a webhook of Workflows (Power Automate).",
    example="teams:https://prod-01.westeurope.logic.azure.com/workflows/…/triggers/manual/paths/invoke?sig=…",
    options=(LABEL,),
    messenger=Teams,
    passes_on=True,
    secret_path=True,
    default_level="Warning",
    over_http=True,
    per_minute=120,
)
