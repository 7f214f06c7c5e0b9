"""Events into real systems that are killed on the way: how many arrive, how many are lost or doubled, how fast.

    python -m bench.sinks [--events N] [--kills N] [--only NAME]… [--way WAY]…

Three ways: `sender`, the sender alone and nothing is killed; `killed`, the same while the server is killed with -9 and
started again; `center`, the same through a whole center: store, delivery loop, kept positions."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.sink_servers import DESTINATIONS, Destination, Place
from bench.synthetic import at, changes
from eventcenter.center import RunningCenter
from eventcenter.model import Batch, Change, ChangeType
from eventcenter.normalize import normalize
from eventcenter.settings import Settings
from sinks import patience
from sinks.configuring import configure
from sinks.delivery import Broken, Item, PartlyTaken, Sender, TryAgain
from sinks.page_file import PageFile
from sinks.running import Sinks
from sinks.settings import SinkSettings, Surroundings
from tests.sinks.servers.process import Missing

WAYS = ("sender", "killed", "center")
DOWN_S = 0.3
GIVE_UP_S = 600.0


@dataclass(frozen=True, slots=True)
class Outcome:
    sent: int
    rows: int
    distinct: int
    lost: int
    kills: int
    seconds: float

    @property
    def doubled(self) -> int:
        return self.rows - self.distinct


def made(events: int) -> Iterator[Change]:
    """Changes of as many events, no two with the same uid."""
    now = time.time() - 3600
    for number, (kind, item) in enumerate(islice(changes(1, counted_up=0.0), events), start=1):
        yield normalize(ChangeType(kind), at(kind, item, now + number / 1000, number + 1), received=0)


class Killer:
    """Kills the server and starts it again when so much has been taken, beside the one that sends."""

    def __init__(self, place: Place, at: list[int], progress: Callable[[], int]) -> None:
        self._place = place
        self._at = at
        self._progress = progress
        self._over = threading.Event()
        self.kills = 0
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for count in self._at:
            while self._progress() < count:
                if self._over.wait(0.002):
                    return
            self._place.kill()
            self.kills += 1
            self._over.wait(DOWN_S)
            self._place.start()

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()


def by_sender(place: Place, address: str, events: int, kills: int) -> tuple[int, float]:
    """(kills, seconds) of sending batch after batch, each again until it is taken."""
    settings = configured(address)
    items = [
        Item(msgspec.structs.replace(change.event, seq=number, instance="bench"), 1, change.raw)
        for number, change in enumerate(made(events), start=1)
    ]
    assert settings.kind.open is not None
    sender, batch, taken = settings.kind.open(settings), settings.kind.batch, 0
    began = time.monotonic()
    try:
        with Killer(place, points(events, kills), lambda: taken) as killer:
            for start in range(0, events, batch):
                send(sender, items[start : start + batch])
                taken = start + batch
        return killer.kills, time.monotonic() - began
    finally:
        sender.close()


def send(sender: Sender, items: list[Item]) -> None:
    until = time.monotonic() + GIVE_UP_S
    while True:
        try:
            return sender.send(items)
        except PartlyTaken as partly:
            if partly.refused:
                raise
            items = [items[index] for index in partly.again]
        except (TryAgain, Broken):  # a server that comes back may not know its topics yet
            if time.monotonic() > until:
                raise
        time.sleep(0.05)


def by_center(place: Place, address: str, events: int, kills: int) -> tuple[int, float]:
    """(kills, seconds) from the start of the sink, with everything stored, until it is behind nothing."""
    with tempfile.TemporaryDirectory() as work:
        center = RunningCenter(Settings(data_dir=Path(work)), "default")
        try:
            fill(center, events)
            sinks = Sinks(center.reader, center.deliveries, center.now, Surroundings(), PageFile(Path(work)))
            began = time.monotonic()
            sinks.follow([{"uri": address, "start": "oldest", "name": "bench"}])
            try:
                with Killer(place, points(events, kills), lambda: sinks.statuses()[0].sent) as killer:
                    wait_until_through(sinks)
                return killer.kills, time.monotonic() - began
            finally:
                sinks.stop()
        finally:
            center.close()


def fill(center: RunningCenter, events: int) -> None:
    waiting = made(events)
    while batch := list(islice(waiting, 500)):
        center.writer.deliver(Batch("events", batch))
    if not center.writer.flush(120):
        raise RuntimeError("the events are not stored")


def wait_until_through(sinks: Sinks) -> None:
    until = time.monotonic() + GIVE_UP_S
    while time.monotonic() < until:
        status = sinks.statuses()[0]
        if status.lag == 0:
            return
        time.sleep(0.02)
    raise RuntimeError(f"still {status}")


def points(events: int, kills: int) -> list[int]:
    """After how many events: evenly over the way."""
    return [events * number // (kills + 1) for number in range(1, kills + 1)]


def configured(address: str) -> SinkSettings:
    (settings,) = configure([address])
    return settings


def measured(destination: Destination, way: str, events: int, kills: int) -> Outcome:
    kills = kills if destination.dies and way != "sender" else 0
    with opened(destination) as place:
        address = place.address("bench") + destination.options
        deliver = by_center if way == "center" else by_sender
        done, seconds = deliver(place, address, events, kills)
        found = Counter(uid for uid, _ in place.rows("bench"))
    wanted = {change.event.uid for change in made(events)}
    return Outcome(events, found.total(), len(found), len(wanted - found.keys()), done, seconds)


@contextmanager
def opened(destination: Destination) -> Iterator[Place]:
    directory = Path(tempfile.mkdtemp(prefix="eventcenter-bench-"))
    try:
        place = destination.make(directory)
        place.start()
        try:
            yield place
        finally:
            place.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--only", action="append", choices=[one.name for one in DESTINATIONS])
    parser.add_argument("--way", action="append", choices=WAYS)
    options = parser.parse_args()
    patience.FIRST_S, patience.MOST_S = 0.2, 1.0  # a benchmark does not wait for minutes
    shown = Table("sink", "way", "kills", "events", "distinct", "lost", "doubled", "events/s")
    for destination in DESTINATIONS:
        if options.only and destination.name not in options.only:
            continue
        for way in options.way or WAYS:
            if way == "killed" and not destination.dies:
                continue
            try:
                outcome = measured(destination, way, options.events, options.kills)
            except Missing as missing:
                shown.add_row(destination.name, way, f"{missing}")
                continue
            shown.add_row(destination.name, way, *figures(outcome))
            print(destination.name, way, *figures(outcome), flush=True)
    Console().print(shown)


def figures(outcome: Outcome) -> list[str]:
    counts = (outcome.kills, outcome.sent, outcome.distinct, outcome.lost, outcome.doubled)
    return [*(f"{count:,}" for count in counts), f"{outcome.sent / outcome.seconds:,.0f}"]


if __name__ == "__main__":
    main()
