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
import json
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from bench.cutting_proxy import CuttingProxy
from eventcenter.errors import ClusterError
from eventcenter.watch.connection import Access, Connection, connect

CREATORS = 4
COUNTED_UP = 0.25
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


class Creator:
    """Posts events of one namespace and counts some of them up, however often the server goes away."""

    def __init__(self, connection: Connection, namespace: str, seed: int) -> None:
        self._connection = connection
        self._namespace = namespace
        self._seed = seed
        self.path = f"/api/v1/namespaces/{namespace}/events"

    def make_namespace(self) -> None:
        self._insist("POST", "/api/v1/namespaces", {"metadata": {"name": self._namespace}}, (201, 409))

    def create(self, number: int) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        name = f"pod-{number % 500}.{number:016x}"
        body: dict[str, Any] = {
            "metadata": {"name": name, "namespace": self._namespace},
            "involvedObject": {"kind": "Pod", "namespace": self._namespace, "name": f"pod-{number % 500}"},
            "reason": random.Random(number).choice(("BackOff", "Pulled", "Unhealthy", "Killing")),
            "message": f"event {number} of the trial",
            "source": {"component": "kubelet", "host": f"node-{number % 7}"},
            "firstTimestamp": now, "lastTimestamp": now, "count": 1, "type": "Warning",
        }  # fmt: skip
        self._insist("POST", self.path, body, (201, 409))
        chance = random.Random(self._seed * 1_000_003 + number)
        if chance.random() < COUNTED_UP:
            for count in range(2, chance.randint(3, 5)):
                now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                self._insist("PATCH", f"{self.path}/{name}", {"count": count, "lastTimestamp": now}, (200,))

    def _insist(self, method: str, path: str, body: dict[str, Any], accepted: tuple[int, ...]) -> None:
        deadline = time.monotonic() + 180
        while True:
            try:
                status = self._connection.request(method, path, body=body).status
            except ClusterError:
                status = 0
            if status in accepted:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path}: {status} for three minutes")
            time.sleep(0.3)  # the server is being restarted, or asks for patience

    def truth(self) -> dict[str, int]:
        """uid → count, as the cluster itself lists them."""
        found: dict[str, int] = {}
        token = ""
        while True:
            answer = self._connection.request("GET", self.path, {"limit": 1000, "continue": token})
            for item in answer.json["items"]:
                found[item["metadata"]["uid"]] = item.get("count") or 1
            token = answer.json["metadata"].get("continue", "")
            if not token:
                return found


class CenterProcess:
    """`eventcenter run` in a process of its own, killed and started at will on the same data directory."""

    def __init__(self, kubeconfig: Path, data_dir: Path, namespace: str, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._log = log
        self._command = [
            sys.executable, "-m", "eventcenter", "run", "--kubeconfig", str(kubeconfig), "--data-dir", str(data_dir),
            "--listen", f"127.0.0.1:{self.port}", "--namespace", namespace,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, number: int) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        return self._process.wait(15)

    def events(self, namespace: str) -> dict[str, list[int]]:
        """uid → the counts of every row that the API shows for it (more than one would be a duplicate)."""
        found: dict[str, list[int]] = {}
        cursor = ""
        while True:
            url = f"http://127.0.0.1:{self.port}/api/v1/events?namespace={namespace}&limit=1000" + (
                f"&cursor={cursor}" if cursor else ""
            )
            with urllib.request.urlopen(url, timeout=30) as response:
                page = json.load(response)
            for event in page["events"]:
                found.setdefault(event["uid"], []).append(event["count"])
            cursor = page["next"]
            if not cursor:
                return found


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
    chance = random.Random(plan.seed)
    namespace = f"chaos-{os.getpid()}"
    with ExitStack() as stack:
        direct = connect(Access(str(plan.kubeconfig)))
        stack.callback(direct.close)
        creator = Creator(direct, namespace, plan.seed)
        creator.make_namespace()
        proxy = stack.enter_context(CuttingProxy())
        proxied = work / "proxied.kubeconfig"
        proxy.target = through(plan.kubeconfig, proxy.address, proxied)
        center = CenterProcess(proxied, work / "data", namespace, work / "center.log")
        stack.callback(center.stop)
        center.start()
        done = threading.Event()
        troubles = [
            threading.Thread(target=_cut, args=(proxy, plan.cuts, chance.random(), done, outcome)),
            threading.Thread(target=_kill, args=(center, plan.kills, done, outcome)),
        ]
        if plan.restart_command:
            troubles.append(threading.Thread(target=_restart, args=(plan, done, outcome)))
        for trouble in troubles:
            trouble.start()
        with ThreadPoolExecutor(CREATORS) as pool:
            for number, _ in enumerate(pool.map(creator.create, range(plan.events)), start=1):
                if number % 2000 == 0:
                    say(
                        f"{number} created, {outcome.cuts} cuts, {outcome.kills} kills, {outcome.restarts} restarts"
                    )
        for trouble in troubles:
            trouble.join()
        done.set()
        if not center.alive():
            center.start()
        _compare(creator, center, namespace, outcome)
        direct.request("DELETE", f"/api/v1/namespaces/{namespace}")
    outcome.seconds = time.monotonic() - began
    return outcome


def _cut(proxy: CuttingProxy, cuts: int, seed: float, done: threading.Event, outcome: Outcome) -> None:
    """Each connection is cut after a random number of bytes, until enough were cut."""
    chance = random.Random(seed)
    while outcome.cuts < cuts and not done.wait(0.2):
        proxy.cut_after(chance.randrange(2_000, 200_000))
        outcome.cuts = proxy.cuts
    proxy.cut_after(None)


def _kill(center: CenterProcess, kills: int, done: threading.Event, outcome: Outcome) -> None:
    chance = random.Random(2)
    while outcome.kills < kills and not done.wait(chance.uniform(1.0, 6.0)):
        center.kill()
        outcome.kills += 1
        center.start()


def _restart(plan: Plan, done: threading.Event, outcome: Outcome) -> None:
    while outcome.restarts < plan.restarts and not done.wait(5.0):
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
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as work:
        outcome = run(plan, Path(work))
        print((Path(work) / "center.log").read_text()[-2000:], file=sys.stderr)
    print(outcome)
    sys.exit(0 if outcome.sound else 1)


if __name__ == "__main__":
    main()
