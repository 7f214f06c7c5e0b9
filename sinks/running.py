"""All sinks of a running center: started, followed when the settings change, stopped; and what pages and API ask of
them (`ports.SinkDesk`)."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Sequence
from typing import Any

from eventcenter.errors import ConfigError, ConflictError, NotFoundError
from eventcenter.forwarded import DeadLetter, SinkStatus, SinkTest
from eventcenter.ports import ChangeLog, Clock, DeliveryKeeper
from sinks.alarms import Alarms
from sinks.configuring import configure
from sinks.courier import Courier
from sinks.describing import described
from sinks.forwarding import Forwarder
from sinks.kinds import all_kinds
from sinks.page_file import PageFile
from sinks.reading import Written
from sinks.secrets import Resolve, resolved
from sinks.settings import SinkSettings, Surroundings
from sinks.trying import tested

log = logging.getLogger(__name__)

STOP_S = 5.0


class Sinks:
    """See `ports.SinkDesk`. Any thread."""

    def __init__(
        self,
        log: ChangeLog,
        keeper: DeliveryKeeper,
        now: Clock,
        surroundings: Surroundings,
        page_file: PageFile,
        resolve: Resolve = resolved,
    ) -> None:
        self._log = log
        self._keeper = keeper
        self._now = now
        self._surroundings = surroundings
        self._page_file = page_file
        self._resolve = resolve
        self._couriers: dict[str, Courier] = {}
        self._origins: dict[str, str] = {}
        self._written: tuple[Written, ...] = ()
        self._lock = threading.Lock()

    def follow(self, written: Sequence[Written]) -> None:
        """Run the sinks of the settings and of the page; what is as it was goes on undisturbed. ConfigError, and
        nothing changes, when a sink of the settings is wrong; a wrong one of the page is left out and logged."""
        with self._lock:
            self._take_over(tuple(written))

    def _take_over(self, written: tuple[Written, ...]) -> None:
        wanted, origins = self._configured(written)
        couriers = {
            name: self._kept_or_new(settings) for name, settings in wanted.items()
        }  # all are opened before any is started
        ending = [courier for name, courier in self._couriers.items() if couriers.get(name) is not courier]
        _stop(ending)
        self._keeper.retire(wanted)
        beginning = [courier for name, courier in couriers.items() if self._couriers.get(name) is not courier]
        self._couriers, self._origins, self._written = couriers, origins, written
        for courier in beginning:
            courier.start()
            for notice in courier.settings.notices:
                log.info("sink=%s %s", courier.settings.name, notice)

    def _configured(self, written: Sequence[Written]) -> tuple[dict[str, SinkSettings], dict[str, str]]:
        found = {sink.name: sink for sink in configure(written, self._surroundings, resolve=self._resolve)}
        origins = dict.fromkeys(found, "settings")
        for name, uri in self._of_page().items():
            try:
                sink = dataclasses.replace(self._of_visitor(uri), name=name)
            except ConfigError as error:
                log.error("a sink of the page is left out sink=%s error=%s", name, error)
                continue
            if name not in found:
                found[name], origins[name] = sink, "page"
        return found, origins

    def _of_page(self) -> dict[str, str]:
        try:
            return self._page_file.read()
        except ConfigError as error:
            log.error("the sinks of the page are left out error=%s", error)
            return {}

    def _kept_or_new(self, settings: SinkSettings) -> Courier:
        before = self._couriers.get(settings.name)
        if before is not None and _same(before.settings, settings):
            return before
        if settings.kind.messenger is not None:
            from sinks.informing import Teller  # templates and grouping, only for who tells people

            return Teller(settings, self._log, self._keeper, self._now, settings.kind.messenger(settings))
        assert settings.kind.open is not None
        return Forwarder(settings, self._log, self._keeper, self._now, settings.kind.open(settings))

    def stop(self) -> None:
        """Deliver what is there for a moment, keep every position. Within five seconds."""
        with self._lock:
            _stop(list(self._couriers.values()))

    def statuses(self) -> list[SinkStatus]:
        newest = self._log.wait_for_change(-1, 0)
        kept, dead = self._keeper.positions(), self._keeper.dead_counts()
        return [
            courier.tally.status(
                newest=newest,
                waiting_since=kept[name].waiting_since if name in kept else None,
                dead=dead.get(name, 0),
                origin=self._origins[name],
            )
            for name, courier in sorted(self._couriers.items())
        ]

    def for_people(self, name: str) -> SinkSettings | None:
        """The settings of a sink for people; None where there is none of that name."""
        courier = self._couriers.get(name)
        return courier.settings if courier and courier.settings.kind.messenger is not None else None

    def look_after(self, alarms: Alarms) -> None:
        """To be called now and then: tells of sinks that do not keep up."""
        couriers = self._couriers
        alarms.look(
            self.statuses(),
            lambda name: round(couriers[name].settings["alert_after"] * 1000) if name in couriers else 0,
        )

    def kinds(self) -> list[dict[str, Any]]:
        return [described(kind) for kind in all_kinds()]

    def dead_letters(self, name: str, limit: int = 100) -> list[DeadLetter]:
        self._courier(name)
        return self._keeper.dead_letters(name, limit)

    def send_again(self, name: str, ids: Sequence[int] | None = None) -> int:
        courier = self._courier(name)
        count = self._keeper.send_again(name, ids)
        courier.send_again()
        return count

    def drop(self, name: str, ids: Sequence[int] | None = None) -> int:
        self._courier(name)
        return self._keeper.drop(name, ids)

    def test(self, uri: str) -> SinkTest:
        return tested(self._of_visitor(uri), self._now())

    def test_sink(self, name: str) -> SinkTest:
        return tested(self._courier(name).settings, self._now())

    def add(self, uri: str) -> SinkStatus:
        settings = self._of_visitor(uri)
        with self._lock:
            if settings.name in self._couriers:
                raise ConflictError(
                    f"there is a sink {settings.name} already", hint="Give this one another name with name=."
                )
            kept = self._page_file.read()
            self._page_file.write({**kept, settings.name: uri})
            self._take_over(self._written)
        return next(status for status in self.statuses() if status.name == settings.name)

    def _of_visitor(self, uri: str) -> SinkSettings:
        """References to secrets stay what they are: whoever uses the page may not read the machine's files."""
        (settings,) = configure([uri], self._surroundings, guarded=True, resolve=lambda text: (text, set()))
        return settings

    def remove(self, name: str) -> None:
        with self._lock:
            self._courier(name)
            if self._origins[name] != "page":
                raise ConflictError(
                    f"{name} is a sink of the settings",
                    hint="Take it out of eventcenter.yaml or of the flags.",
                )
            kept = self._page_file.read()
            kept.pop(name, None)
            self._page_file.write(kept)
            self._take_over(self._written)
            self._keeper.forget(name)

    def _courier(self, name: str) -> Courier:
        if name not in self._couriers:
            raise NotFoundError(
                f"there is no sink {name[:100]!r}",
                hint=f"There are: {', '.join(sorted(self._couriers)) or 'none'}.",
            )
        return self._couriers[name]


def _same(one: SinkSettings, other: SinkSettings) -> bool:
    """Written the same. The filter is made of the options, and compares by identity."""
    plain = {"filter": None}
    return dataclasses.replace(one, **plain) == dataclasses.replace(other, **plain)  # type: ignore[arg-type]


def _stop(couriers: list[Courier]) -> None:
    import time

    until = time.monotonic() + STOP_S - 0.5
    for courier in couriers:
        courier.ask_to_stop()
    for courier in couriers:
        courier.join(max(0.1, until - time.monotonic()))
