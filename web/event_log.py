"""The section of an event's page with its container's log. The cluster is asked only by who follows a link: a page that
many look at must not ask it again and again."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from eventcenter.containerlogs import ContainerLog, LogQuestion
from eventcenter.errors import ClusterError, Forbidden, NotFoundError
from eventcenter.model import Event
from web import links
from web.i18n import _
from web.site import center

LIVE = {"live": None, "live-now": False, "live-previous": True}
"""Values of `log` and whether the previous run is asked for."""


@dataclass(frozen=True, slots=True)
class Shown:
    found: ContainerLog | None
    trouble: str
    """Why it cannot be had, in words for people."""
    ways: list[tuple[str, str]]
    """Other logs of the container: word and address."""
    json_url: str


def shown(event: Event) -> Shown | None:
    """None where there is none to show: an event that is not about a Pod, or logs that are switched off."""
    desk = center().logs
    if desk is None or event.kind != "Pod" or not event.name:
        return None
    wish, found, trouble = request.args.get("log", ""), None, ""
    try:
        live = LogQuestion(live=True, previous=LIVE.get(wish))
        found = desk.log(event, live) if wish in LIVE else desk.kept(event)
    except Forbidden as error:
        trouble = _("The event center may not read container logs: the right to get pods/log is missing.")
        trouble = f"{trouble} {error.hint}"
    except NotFoundError:
        trouble = _("The Pod is gone.")
    except ClusterError as error:
        trouble = _("The cluster does not answer.")
        trouble = f"{trouble} {error}"
    return Shown(found, trouble, _ways(wish), links.event_log_url(event.uid) if found else "")


def _ways(wish: str) -> list[tuple[str, str]]:
    ways = [
        ("", _("Kept at crash time")),
        ("live-now", _("Show the log now")),
        ("live-previous", _("Show the log of the run before")),
    ]
    return [
        (word, links.here_url(log=value or None))
        for value, word in ways
        if value != (wish if wish in LIVE else "")
    ]
