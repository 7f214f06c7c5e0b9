"""Loses nothing, stores nothing twice: a real API server, a proxy that cuts, restarts, and `kill -9`.

    python -m bench.chaos --kubeconfig FILE [--events 20000] [--cuts 30] [--kills 10]
                          [--restart-command '… restart apiserver' --restarts 2]

Creates events (a quarter of them counted up later) while the center's connection goes through a proxy that cuts it at
random bytes and the center itself is killed with SIGKILL and started again; the API server is restarted when a command
for that is given. Afterwards the uids and final counts must be those of the cluster's own list. Runs on loopback only.
"""

from __future__ import annotations

import argparse
import base64
import os
import random
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from bench.center_process import CenterProcess
from bench.creator import Creator
from bench.cutting_proxy import CuttingProxy
from eventcenter.watch.connection import Access, connect

CREATORS = 4
SETTLE_S = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    kubeconfig: Path
    events: int = 20_000
    cuts: int = 30
    kills: int = 10
    restarts: int = 0
    restart_command: str = ""
    seed: int = 1


@dataclass(slots=True)
class Outcome:
    """`missing`, `wrong` and `surplus` must be empty; uid → (count in the cluster, count in the center)."""

    created: int = 0
    cuts: int = 0
    kills: int = 0
    restarts: int = 0
    seconds: float = 0.0
    missing: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, tuple[int, int]] = field(default_factory=dict)
    surplus: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return self.created > 0 and not (self.missing or self.wrong or self.surplus)


class Progress:
    """Lets the troubles spread over the whole trial: the k-th of n comes at k/(n+1) of the events."""

    def __init__(self, events: int) -> None:
        self._events = events
        self._done = 0
        self._ended = False
        self._condition = threading.Condition()

    def reach(self, done: int) -> None:
        with self._condition:
            self._done = done
            self._condition.notify_all()

    def end(self) -> None:
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def wait_for(self, number: int, of: int) -> bool:
        """False when the trial ended before."""
        wanted = self._events * number // (of + 1)
        with self._condition:
            self._condition.wait_for(lambda: self._ended or self._done >= wanted)
            return not self._ended


def through(kubeconfig: Path, address: str, target: Path) -> tuple[str, int]:
    """Write a copy of `kubeconfig` whose server is `address`; the host and port of the real one."""
    config = yaml.safe_load(kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    server = urlsplit(cluster["server"])
    cluster["server"] = f"{server.scheme}://{address}"
    authority = cluster.pop("certificate-authority", None)
    if authority:
        data = (kubeconfig.parent / authority).read_bytes()
        cluster["certificate-authority-data"] = base64.b64encode(data).decode()
    target.write_text(yaml.safe_dump(config))
    return str(server.hostname), server.port or 443


def run(plan: Plan, work: Path, say: Any = print) -> Outcome:
    """The whole trial in the directory `work`."""
    outcome = Outcome()
    began = time.monotonic()
    namespace = f"chaos-{os.getpid()}"
    with ExitStack() as stack:
        direct = connect(Access(str(plan.kubeconfig)))
        stack.callback(direct.close)
        creator = Creator(direct, namespace, plan.seed)
        creator.make_namespace()
        proxy = stack.enter_context(CuttingProxy())
        proxied = work / "proxied.kubeconfig"
        proxy.target = through(plan.kubeconfig, proxy.address, proxied)
        flags = ("--kubeconfig", str(proxied), "--namespace", namespace)
        center = CenterProcess(work / "data", *flags, log=work / "center.log")
        stack.callback(center.stop)
        center.start()
        center.wait_until_up()
        progress = Progress(plan.events)
        stack.callback(progress.end)
        troubles = [
            threading.Thread(target=_cut, args=(proxy, plan, progress, outcome)),
            threading.Thread(target=_kill, args=(center, plan, progress, outcome)),
            threading.Thread(target=_restart, args=(plan, progress, outcome)),
        ]
        for trouble in troubles:
            trouble.start()
        with ThreadPoolExecutor(CREATORS) as pool:
            for number, _ in enumerate(pool.map(creator.create, range(plan.events)), start=1):
                progress.reach(number)
                if number % 2000 == 0:
                    say(
                        f"{number} created, {outcome.cuts} cuts, {outcome.kills} kills, {outcome.restarts} restarts"
                    )
        for trouble in troubles:
            trouble.join()
        proxy.cut_after(None)
        outcome.cuts = proxy.cuts
        if not center.alive():
            center.start()
        _compare(creator, center, namespace, outcome)
        direct.request("DELETE", f"/api/v1/namespaces/{namespace}")
    outcome.seconds = time.monotonic() - began
    return outcome


def _cut(proxy: CuttingProxy, plan: Plan, progress: Progress, outcome: Outcome) -> None:
    """Cut a connection somewhere within the next few thousand bytes."""
    chance = random.Random(plan.seed)
    for number in range(plan.cuts):
        if not progress.wait_for(number + 1, plan.cuts):
            return
        proxy.cut_after(chance.randrange(1, 20_000))
        outcome.cuts = proxy.cuts


def _kill(center: CenterProcess, plan: Plan, progress: Progress, outcome: Outcome) -> None:
    for number in range(plan.kills):
        if not progress.wait_for(number + 1, plan.kills):
            return
        center.kill()
        outcome.kills += 1
        center.start()


def _restart(plan: Plan, progress: Progress, outcome: Outcome) -> None:
    for number in range(plan.restarts):
        if not progress.wait_for(number + 1, plan.restarts):
            return
        subprocess.run(shlex.split(plan.restart_command), check=True, capture_output=True)
        outcome.restarts += 1


def _compare(creator: Creator, center: CenterProcess, namespace: str, outcome: Outcome) -> None:
    """Wait until the center has caught up (or the time for that is over), then say what differs."""
    truth = creator.truth()
    outcome.created = len(truth)
    deadline = time.monotonic() + SETTLE_S
    while True:
        try:
            found = center.events(namespace)
        except OSError:
            found = {}
        outcome.missing = {uid: count for uid, count in truth.items() if uid not in found}
        outcome.wrong = {
            uid: (count, found[uid][0])
            for uid, count in truth.items()
            if uid in found and found[uid] != [count]
        }
        outcome.surplus = [uid for uid, counts in found.items() if uid not in truth or len(counts) > 1]
        if outcome.sound or time.monotonic() > deadline:
            return
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--cuts", type=int, default=30)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--restart-command", default="")
    parser.add_argument("--restarts", type=int, default=2)
    options = parser.parse_args()
    if not options.restart_command:
        options.restarts = 0
    plan = Plan(**vars(options))
    with tempfile.TemporaryDirectory() as work:
        outcome = run(plan, Path(work))
        print((Path(work) / "center.log").read_text()[-2000:], file=sys.stderr)
    print(outcome)
    sys.exit(0 if outcome.sound else 1)


if __name__ == "__main__":
    main()
