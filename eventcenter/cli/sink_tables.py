"""The sinks as text: of a running center, which knows how each does, else from the settings and the store."""

from __future__ import annotations

from typing import Any

from eventcenter.cli.tables import print_table
from eventcenter.errors import NotFoundError
from eventcenter.settings import Settings
from eventcenter.shapes import sink_shape


def statuses(settings: Settings) -> list[dict[str, Any]]:
    """As `GET /api/v1/sinks` has them; `state` is `not running` without a center."""
    return _of_center(settings) or _of_store(settings)


def _of_center(settings: Settings) -> list[dict[str, Any]] | None:
    import httpx

    host = "127.0.0.1" if settings.listen.host == "0.0.0.0" else settings.listen.host
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.listen.port}/api/v1/sinks"
    try:
        answer = httpx.get(address, timeout=2.0, trust_env=False)
        found = answer.json()["sinks"] if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, list) else None


def _of_store(settings: Settings) -> list[dict[str, Any]]:
    from eventcenter.center import system_clock
    from eventcenter.store import Deliveries, open_reader
    from sinks.configuring import configure, unread
    from sinks.page_file import PageFile
    from sinks.tally import Tally

    found = [(sink, "settings") for sink in configure(settings.sinks, resolve=unread)]
    for name, uri in PageFile(settings.data_dir).read().items():
        found += [(sink, "page") for sink in configure([{"uri": uri, "name": name}], resolve=unread)]
    newest, positions, dead = 0, {}, {}
    try:
        reader = open_reader(settings.data_dir, settings.instance)
    except NotFoundError:
        pass
    else:
        kept = Deliveries(_no_writes, reader)
        newest, positions, dead = reader.newest_seq(), kept.positions(), kept.dead_counts()
        reader.close()
    shapes = []
    for sink, origin in found:
        tally = Tally(sink, system_clock)
        tally.stopped()
        position = positions.get(sink.name)
        tally.seq = position.seq if position else newest
        since = position.waiting_since if position else None
        status = tally.status(newest=newest, waiting_since=since, dead=dead.get(sink.name, 0), origin=origin)
        shapes.append(sink_shape(status) | {"state": "not running"})
    return shapes


def _no_writes(task: Any) -> Any:
    raise AssertionError("a list writes nothing")


def show(found: list[dict[str, Any]]) -> None:
    if not found:
        print("There is no sink. Set one up with --sink NAME:URL, in eventcenter.yaml, or in the page.")
        return
    print_table(
        ("NAME", "STATE", "LAG", "BEHIND", "SENT", "FAILED", "RETRIED", "DEAD", "LAST ERROR"),
        [
            (
                sink["name"],
                sink["state"],
                str(sink["lag"]),
                f"{sink['lag_seconds']:.0f} s",
                *[str(sink[name]) for name in ("sent", "failed", "retried", "dead")],
                sink["last_error"] or "",
            )
            for sink in found
        ],
    )


def show_kinds(kinds: list[dict[str, Any]]) -> None:
    print_table(("KIND", "FORWARDS TO"), [(kind["name"], kind["summary"]) for kind in kinds])


def show_kind(kind: dict[str, Any]) -> None:
    print(f"{kind['summary']}\n\n  --sink='{kind['example']}'\n")
    if kind["extra"]:
        print(f"It needs a library: pip install 'eventcenter[{kind['extra']}]'\n")
    print_table(
        ("OPTION", "DEFAULT", "MEANING"),
        [
            (
                option["name"],
                "required" if option["required"] else option["default"] or "",
                option["help"] + ("; can be repeated" if option["repeatable"] else ""),
            )
            for option in kind["options"]
        ],
    )
