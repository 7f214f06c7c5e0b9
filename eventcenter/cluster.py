"""The first contact with a cluster: is it there, and is it the one whose events the store holds?"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from eventcenter.errors import ClusterError, ConfigError
from eventcenter.store import Writer
from eventcenter.watch.connection import Connection

log = logging.getLogger(__name__)

IDENTITY_PATH = "/api/v1/namespaces/kube-system"
CONTACT_TIMEOUT_S = 5.0


def in_pod() -> bool:
    return "KUBERNETES_SERVICE_HOST" in os.environ


def greet(connect: Callable[[], Connection], writer: Writer, data_dir: str) -> None:
    """ClusterError when the server cannot be reached on the very first start outside a Pod (somebody sits before the
    terminal); at any later start the center comes up with what it has and goes on trying.

    ConfigError when the store holds the events of another cluster. A cluster is known by the uid of its kube-system
    namespace; where that may not be read, the check is left out.
    """
    try:
        connection = connect()
        try:
            answer = connection.request("GET", IDENTITY_PATH, timeout=CONTACT_TIMEOUT_S)
        finally:
            connection.close()
    except ClusterError as error:
        if writer.has_positions() or in_pod():
            log.warning("the cluster cannot be reached yet: %s", error)
            return
        raise
    metadata = answer.json.get("metadata") if isinstance(answer.json, dict) and answer.status == 200 else None
    uid = metadata.get("uid") if isinstance(metadata, dict) else None
    if isinstance(uid, str) and uid:
        _compare(writer, uid, data_dir)


def _compare(writer: Writer, uid: str, data_dir: str) -> None:
    known = writer.claim("cluster", uid)
    if known != uid:
        raise ConfigError(
            f"{data_dir} holds the events of another cluster (kube-system uid {known}, this one has {uid})",
            hint="Choose another name with --instance or another directory with --data-dir.",
        )
