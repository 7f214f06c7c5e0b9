"""The whole center under a memory limit, page cache counted, on a store that is there already.

    python -m bench.small --data-dir DIR [--limit-mib 250] [--seconds 60] [--rate 500]

Starts `eventcenter run` in a memory cgroup on DIR with a cold page cache, sends it 500 changes a second for a minute
and opens pages meanwhile. DIR is written to: the changes are added and retention does its work. Needs root. Exit code 1
when the center was killed, did not come up or lost a change.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.memory_group import MemoryGroup, NoGroup, memory_group
from bench.running import Running, center_of, source_of
from bench.visible import Delays
from eventcenter.errors import EventCenterError
from eventcenter.store import database_path
from eventcenter.store.files import open_for_reading, size_bytes

PAGES = (
    "/",
    "/events",
    "/events?q=container&from=-90d",
    "/events?q=readiness+503&from=-90d",
    "/events?q=check*&from=-90d",
    "/events?q=nowhere&from=-90d",
    "/events?level=Warning&namespace=team-3&from=-90d",
    "/events/{uid}",
    "/?from=-90d",
    "/api/v1/overview?from=-90d",
)
THINKS_S = 0.05
"""Between two pages."""
LOOKS_S = 0.05
UP_S = 120.0
CATCHES_UP_S = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    data_dir: Path
    limit_mib: int = 250
    seconds: float = 60.0
    rate: float = 500.0
    instance: str = "default"


@dataclass(slots=True)
class Outcome:
    ready_s: float = 0.0
    first_page_s: float = 0.0
    pages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds of each visit."""
    failures: list[str] = field(default_factory=list)
    delays: Delays = field(default_factory=Delays)
    sent: int = 0
    stored: int = 0
    peak_mib: float = 0.0
    parts_mib: tuple[float, float] = (0.0, 0.0)
    rss_mib: tuple[float, float] = (0.0, 0.0)
    kills: int = 0

    @property
    def sound(self) -> bool:
        return not self.failures and not self.kills and self.sent == self.stored > 0


def known(plan: Plan) -> tuple[int, int]:
    """The resourceVersion up to which the store knows its cluster, and its newest change. NotFoundError or StoreError
    when there is no store."""
    with closing(open_for_reading(database_path(plan.data_dir, plan.instance))) as connection:
        row = connection.execute("SELECT resource_version FROM position WHERE stream = 'events'").fetchone()
        (seq,) = connection.execute("SELECT coalesce(max(value), 0) FROM meta WHERE key = 'seq'").fetchone()
    return int(row[0]) if row and str(row[0]).isdecimal() else 1, int(seq)


def forget_pages(data_dir: Path) -> None:
    """Drop the files from the page cache: what is read then counts for who reads it, and a start is a cold one."""
    for path in data_dir.rglob("events.db*"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(plan: Plan) -> Outcome:
    """NoGroup where no memory cgroup can be made."""
    outcome = Outcome(sent=int(plan.rate * plan.seconds))
    version, seq = known(plan)
    forget_pages(plan.data_dir)
    flags = ("--instance", plan.instance)
    with (
        tempfile.TemporaryDirectory() as work,
        memory_group(plan.limit_mib) as group,
        source_of(outcome.sent, plan.rate, version) as source,
        center_of(source, plan.data_dir, *flags, log=Path(work) / "log", prefix=group.prefix) as running,
    ):
        try:
            _come_up(running, outcome)
            _use(running, plan, seq, outcome)
        except (OSError, RuntimeError) as error:
            outcome.failures.append(str(error))
        _weigh(group, running, outcome)
    return outcome


def _come_up(running: Running, outcome: Outcome) -> None:
    began = time.monotonic()

    def until(path: str) -> float:
        running.process.wait_until_up(path, every=0.02, patience=UP_S)
        return time.monotonic() - began

    with ThreadPoolExecutor(2) as pool:
        ready, page = pool.submit(until, "/readyz"), pool.submit(until, "/")
        outcome.ready_s, outcome.first_page_s = ready.result(), page.result()


def _use(running: Running, plan: Plan, seq: int, outcome: Outcome) -> None:
    """Look at pages and for new changes until all of them are there."""
    ended = threading.Event()
    visits = threading.Thread(target=_visit, args=(running, outcome, ended))
    visits.start()
    outcome.delays = Delays(after=seq)
    newest, deadline = seq, time.monotonic() + plan.seconds + CATCHES_UP_S
    try:
        while newest < seq + outcome.sent and time.monotonic() < deadline and running.process.alive():
            newest = max(newest, outcome.delays.look(running))
            time.sleep(LOOKS_S)
    finally:
        ended.set()
        visits.join()
    outcome.stored = running.newest_seq() - seq


def _visit(running: Running, outcome: Outcome, ended: threading.Event) -> None:
    for page in cycle(PAGES):
        if ended.wait(THINKS_S) or not running.process.alive():
            return
        try:
            for address in _address(running, page):
                began = time.monotonic()
                running.page(address)
                outcome.pages[page].append((time.monotonic() - began) * 1000)
        except OSError as error:
            outcome.failures.append(f"{page}: {error}")


def _address(running: Running, page: str) -> Iterator[str]:
    """With the uid of an event of some time ago where it asks for one; none in an empty store."""
    if "{uid}" not in page:
        yield page
        return
    some = (
        running.get("/api/v1/events?limit=1&to=-30d")["events"]
        or running.get("/api/v1/events?limit=1")["events"]
    )
    yield from (page.format(uid=event["uid"]) for event in some)


def _weigh(group: MemoryGroup, running: Running, outcome: Outcome) -> None:
    outcome.peak_mib, outcome.kills, outcome.parts_mib = group.peak_mib(), group.kills(), group.parts_mib()
    if running.process.alive():
        outcome.rss_mib = running.memory_mib()


def _shown(taken: list[float]) -> str:
    taken = sorted(taken)
    return f"{taken[len(taken) // 2]:.0f}, {taken[min(len(taken) - 1, int(len(taken) * 0.95))]:.0f} ({len(taken)})"


def table(plan: Plan, outcome: Outcome, mib: float) -> Table:
    shown = Table("figure", "value", title=f"eventcenter run in {plan.limit_mib} MiB, page cache counted")
    shown.add_row("database at the start, MiB", f"{mib:,.0f}")
    shown.add_row(
        "start to /readyz, to the first page, s", f"{outcome.ready_s:.2f}, {outcome.first_page_s:.2f}"
    )
    shown.add_row("peak of the group, MiB", f"{outcome.peak_mib:.0f}")
    shown.add_row("at the end: of the process, page cache, MiB", "{:.0f}, {:.0f}".format(*outcome.parts_mib))
    shown.add_row("RSS at the end, highest, MiB", "{:.0f}, {:.0f}".format(*outcome.rss_mib))
    shown.add_row("killed by the OOM killer", f"{outcome.kills or 'no'}")
    shown.add_row(f"changes sent at {plan.rate:g}/s, stored", f"{outcome.sent:,}, {outcome.stored:,}")
    if len(outcome.delays):
        delays = ", ".join(f"{delay:.0f}" for delay in outcome.delays.shares(0.5, 0.99, 1))
        shown.add_row("create → visible: p50, p99, worst ms", f"{delays} ({len(outcome.delays):,})")
    for page, taken in outcome.pages.items():
        shown.add_row(f"{page}: p50, p95 ms (visits)", _shown(taken))
    shown.add_row("failures", f"{len(outcome.failures)}")
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--instance", default="default")
    parser.add_argument("--limit-mib", type=int, default=250)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=500.0)
    plan = Plan(**vars(parser.parse_args()))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # processes and group go too
    mib = size_bytes(database_path(plan.data_dir, plan.instance)) / 2**20
    try:
        outcome = run(plan)
    except (EventCenterError, NoGroup) as error:
        print(f"bench.small: {error}", file=sys.stderr)
        sys.exit(2)
    Console().print(table(plan, outcome, mib))
    for failure in outcome.failures[:20]:
        print(failure[:500], file=sys.stderr)
    sys.exit(0 if outcome.sound else 1)


if __name__ == "__main__":
    main()
