"""The cluster-wide checks as they run: watches of Nodes and Pods, a look at all of it every 15 seconds, and the events
that come of it on their way into the store."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import msgspec

from eventcenter.errors import ClusterError, StoreError
from eventcenter.model import Batch, Change
from eventcenter.nodes.fleet import Fleet
from eventcenter.nodes.oom import OomKills
from eventcenter.nodes.shapes import leases_of
from eventcenter.nodes.telling import change_of, ms
from eventcenter.ports import Clock, Deliver
from eventcenter.watch.connection import Connection, read_all
from eventcenter.watch.following import Following

log = logging.getLogger(__name__)

STREAM = "nodes"
LOOK_S = 15.0
SOON_S = 1.0
LEASES_EVERY = 4
"""Looks."""
LEASES_PATH = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


class ClusterChecks:
    """`stored`: whether the store has an event of that uid; `oldest`: how far back (ms) it keeps any. Without the right
    to watch Nodes or Pods it says so once and asks again every five minutes."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        deliver: Deliver,
        clock: Clock,
        stored: Callable[[str], bool],
        oldest: Callable[[], int],
        look_s: float = LOOK_S,
    ) -> None:
        self._connect = connect
        self._deliver = deliver
        self._clock = clock
        self._stored = stored
        self._look_s = look_s
        self._fleet = Fleet(clock)
        self._kills = OomKills(clock, stored, oldest)
        fleet = self._fleet
        self._nodes = Following(
            connect, "/api/v1/nodes", "nodes", fleet.take_node, fleet.nodes_begin, fleet.nodes_end
        )
        self._pods = Following(
            connect, "/api/v1/pods", "pods", self._take_pod, fleet.pods_begin, fleet.pods_end
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cluster-checks", daemon=True)
        self._no_leases = False

    def start(self) -> None:
        for part in (self._nodes, self._pods, self._thread):
            part.start()

    def stop(self) -> None:
        self._stop.set()
        self._nodes.stop()
        self._pods.stop()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _take_pod(self, item: bytes, deleted: bool) -> None:
        self._fleet.take_pod(item, deleted)
        self._kills.take(item, deleted)

    def _run(self) -> None:
        looks, waited = 0, self._look_s
        while not self._stop.wait(SOON_S):
            waited += SOON_S
            try:
                self._tell(self._kills.due())
                if waited >= self._look_s and self._nodes.established.is_set():
                    waited = 0.0
                    if looks % LEASES_EVERY == 0:
                        self._ask()
                    looks += 1
                    now = self._clock()
                    found = [one for one in self._fleet.judge() if not self._stored(one.uid)]
                    self._tell([change_of(finding, now) for finding in found])
            except StoreError as error:
                log.warning("what the cluster checks found cannot be stored: %s", error)
            except Exception:  # a bug in one look must not end all others
                log.exception("the cluster checks failed; they go on")

    def _tell(self, changes: list[Change]) -> None:
        if changes:
            self._deliver(Batch(STREAM, changes))

    def _ask(self) -> None:
        """What no watch brings: when the kubelets were last heard of, and how old the server is."""
        try:
            connection = self._connect()
            try:
                self._ask_leases(connection)
                version = connection.request("GET", "/version").json
            finally:
                connection.close()
        except ClusterError as error:
            log.debug("leases and version could not be asked for: %s", error)
            self._fleet.leases = {}
            return
        self._fleet.server = str(version.get("gitVersion", "")) if isinstance(version, dict) else ""

    def _ask_leases(self, connection: Connection) -> None:
        response = connection.open("GET", LEASES_PATH, {"resourceVersion": "0"})
        try:
            body = read_all(response, connection.host)
        finally:
            response.close()
        if response.status != 200:
            if not self._no_leases:
                log.info("leases cannot be read (%d): heartbeats are taken from the nodes", response.status)
            self._no_leases = True
            self._fleet.leases = {}
            return
        try:
            items = leases_of(body).items
        except msgspec.MsgspecError as error:
            log.warning("the list of leases is not readable: %s", error)
            return
        self._fleet.leases = {lease.metadata.name: ms(lease.spec.renewTime) for lease in items}
