"""A proxy between watcher and API server cuts the connection at random bytes: nothing is lost or repeated."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from urllib.parse import urlsplit

from bench.cutting_proxy import CuttingProxy
from eventcenter.watch.connection import Access, Connection, connect
from tests.watch.conftest import QUICK, FakeStore, MakeWatcher, until
from tests.watch.fake_cluster import FakeCluster


def test_cuts_at_random_bytes_lose_and_repeat_nothing(
    cluster: FakeCluster, store: FakeStore, make_watcher: MakeWatcher
) -> None:
    chance = random.Random(11)
    done = threading.Event()
    cluster.fill(60, "held")
    target = urlsplit(cluster.url)
    with CuttingProxy() as proxy:
        proxy.target = (str(target.hostname), int(target.port or 0))

        def through_proxy() -> Connection:
            return connect(Access(source=f"kubernetes:http://{proxy.address}?inClusterConfig=false"))

        def cut() -> None:
            while not done.wait(0.003):
                proxy.cut_after(chance.randrange(1, 30_000))

        cutting = threading.Thread(target=cut)
        cutting.start()
        try:
            watcher = make_watcher(connection=through_proxy, tuning=replace(QUICK, page=10))
            watcher.start()
            until(lambda: watcher.status().established)
            cluster.fill(2000, "new")
            until(lambda: len(set(store.names())) == 2060, seconds=60)
        finally:
            done.set()
            cutting.join()
            watcher.stop()
    assert proxy.cuts >= 30, "it was no trial"
    watched = [name for name in store.names() if name.startswith("new")]
    assert len(watched) == len(set(watched))
    positions = [int(batch.position) for batch in store.batches if batch.position]
    assert positions == sorted(positions)
