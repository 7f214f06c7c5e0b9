"""The figures of design part 6 side by side: at 250 000 events and at 22.5 million.

    python -m bench.scale [--events 22500000] [--than 250000] [--data-dir DIR] [--only disk|reads|program|prune]…

Builds both stores first (`bench.build`, about a quarter of an hour for 22.5 million), in DIR where they stay for the
next run, else in a temporary directory. The stores are written to: some 130 000 changes are taken in, a day is pruned.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import prune
from bench.build import build
from bench.read import Timed, hostile_questions, questions, timed
from bench.running import Running, center_of, source_of
from bench.small import Plan, forget_pages, known
from bench.visible import RATE, SECONDS, Delays
from eventcenter.query import EventQuery
from eventcenter.rules import ERROR_SEVERITIES, built_in
from eventcenter.store import database_path, open_reader
from eventcenter.store.files import open_for_reading, size_bytes
from eventcenter.store.retention import DAY_MS, Policy, Pruner

Figure = Timed | float
Figures = dict[str, Figure]
STORM = 100_000
TARGETS = {
    "bytes on disk an event": "≤ 450",
    "start to /readyz, cold, s": "≤ 3",
    "start to the first page, cold, s": "",
    "page / of 24 h": "p95 ≤ 150",
    "page / of 90 days": "p95 ≤ 500",
    "RSS idle, MiB": "≤ 130",
    "RSS in a storm, highest, MiB": "≤ 200",
    "storm: changes/s": "≥ 10 000",
    "storm: changes lost": "0",
    "create → visible at 500/s, p99, ms": "≤ 1 000",
    "prune a day: s of work": "≤ 15",
    "prune a day: longest wait for a commit, ms": "≤ 200",
}
PAGES = {
    "page / of 24 h": "/?range=24h",
    "page / of 90 days": "/?from=-90d",
    "page /events": "/events",
    "page /events, a search": "/events?q=readiness&level=Warning&from=-90d",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=22_500_000)
    parser.add_argument("--than", type=int, default=250_000)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--only", action="append", choices=PARTS)
    options = parser.parse_args()
    with ExitStack() as stack:
        root = options.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sizes = [_store(root, events) for events in (options.than, options.events)]
        small, large = [_figures(directory, options.only or list(PARTS)) for directory in sizes]
    Console().print(_table(small, large, options.than, options.events))


def _store(root: Path, events: int) -> Path:
    directory = root / str(events)
    if not database_path(directory, "default").exists():
        build(directory, events, say=lambda text: print(text, flush=True))
    return directory


def _figures(directory: Path, parts: list[str]) -> Figures:
    figures: Figures = {}
    for part in parts:
        for name, figure in PARTS[part](directory):
            print(f"{directory.name:>10} {name}: {figure}", flush=True)
            figures[name] = figure
    return figures


def _disk(directory: Path) -> Iterator[tuple[str, Figure]]:
    path = database_path(directory, "default")
    with closing(open_for_reading(path)) as connection:
        (events,) = connection.execute("SELECT sum(events) FROM rollup_day WHERE dimension = 0").fetchone()
    yield "events stored", float(events)
    yield "bytes on disk an event", size_bytes(path) / events


def _reads(directory: Path) -> Iterator[tuple[str, Figure]]:
    problems = built_in().with_severity(ERROR_SEVERITIES)
    with closing(open_reader(directory, "default", error_problems=problems)) as reader:
        (newest,) = reader.list_events(EventQuery(limit=1)).events
        (oldest,) = reader.list_events(EventQuery(limit=1, order="asc")).events
        begin, end = oldest.last_time, newest.last_time + 1
        asked = questions(reader, begin, end) | hostile_questions(reader, begin, end)
        for name, ask in asked.items():
            yield name, timed(ask)


@contextmanager
def _running(directory: Path, changes: int, rate: float) -> Iterator[Running]:
    """A center that takes `changes` in, not answering yet."""
    version, _ = known(Plan(directory))
    with source_of(changes, rate, version) as source, center_of(source, directory) as running:
        yield running


def _program(directory: Path) -> Iterator[tuple[str, Figure]]:
    forget_pages(directory)
    began = time.monotonic()
    with _running(directory, 100, 0) as running:
        running.process.wait_until_up("/readyz", every=0.02)
        yield "start to /readyz, cold, s", time.monotonic() - began
        running.page("/")
        yield "start to the first page, cold, s", time.monotonic() - began
        for name, address in PAGES.items():
            yield name, timed(lambda address=address: running.page(address))  # type: ignore[misc]
        yield "RSS idle, MiB", running.memory_mib()[0]
    yield from _storm(directory)
    _, seq = known(Plan(directory))
    with _running(directory, RATE * SECONDS, RATE) as running:
        yield "create → visible at 500/s, p99, ms", _delays(running, seq).shares(0.99)[0]


def _storm(directory: Path) -> Iterator[tuple[str, Figure]]:
    _, begin = known(Plan(directory))
    with _running(directory, STORM, 0) as running:
        running.process.wait_until_up("/api/v1/changes?after=latest&limit=1", every=0.02)
        running.page("/")
        began, first, cpu = time.monotonic(), running.newest_seq(), running.cpu_seconds()
        seq, still = first, 0
        while seq < begin + STORM and still < 50:
            time.sleep(0.2)
            before, seq = seq, running.newest_seq()
            still = still + 1 if seq == before else 0
        seconds = time.monotonic() - began
        yield "storm: changes/s", (seq - first) / seconds
        yield "storm: CPU µs a change", (running.cpu_seconds() - cpu) / (seq - first) * 1e6
        yield "storm: changes lost", float(begin + STORM - seq)
        yield "RSS in a storm, highest, MiB", running.memory_mib()[1]


def _delays(running: Running, after: int) -> Delays:
    delays, deadline = Delays(after), time.monotonic() + SECONDS + 30
    running.process.wait_until_up()
    while len(delays) < RATE * SECONDS * 0.9 and time.monotonic() < deadline:
        delays.look(running)
        time.sleep(0.05)
    return delays


def _prune(directory: Path) -> Iterator[tuple[str, Figure]]:
    """The oldest whole day goes; nothing where the store has no day to spare."""
    clock = prune.Clock(time.time_ns() // 1_000_000)
    with closing(open_for_reading(database_path(directory, "default"))) as connection:
        days = [day for (day,) in connection.execute("SELECT day FROM words ORDER BY day")]
    if len(days) < 4:
        return
    with prune.opened(directory, clock) as writer:
        first = clock.now - (days[0] + 1) * DAY_MS
        Pruner(writer.call, clock).run(Policy(first, first))  # the part of a day that it begins with
        before = writer.path.stat().st_size
        found = prune.beside(writer, clock, Policy(first - DAY_MS, first - DAY_MS))
        yield "prune a day: events", float(found.done.events)
        yield "prune a day: s of work", found.done.seconds
        yield "prune a day: s from begin to end", found.took
        yield "prune a day: longest wait for a commit, ms", max(found.busy) * 1000
        yield "the same without pruning, ms", max(found.calm) * 1000
        yield "prune a day: the file grows by, MB", (writer.path.stat().st_size - before) / 1e6


PARTS: dict[str, Callable[[Path], Iterator[tuple[str, Figure]]]] = {
    "disk": _disk,
    "reads": _reads,
    "program": _program,
    "prune": _prune,
}


def _table(small: Figures, large: Figures, than: int, events: int) -> Table:
    table = Table("figure (two numbers: p50, p95 in ms)", f"{than:,}", f"{events:,}", "ratio", "to hold")
    for name, figure in large.items():
        other = small.get(name)
        table.add_row(name, _shown(other), _shown(figure), _ratio(other, figure), TARGETS.get(name, ""))
    return table


def _shown(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return str(figure) if isinstance(figure, Timed) else f"{figure:,.{0 if figure >= 100 else 2}f}"


def _ratio(small: Figure | None, large: Figure) -> str:
    """Of the p95 where it is a time that was measured often."""
    less, more = (item.p95 if isinstance(item, Timed) else item for item in (small or 0.0, large))
    return f"{more / less:.1f}" if less else ""


if __name__ == "__main__":
    main()
