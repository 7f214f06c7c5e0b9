"""Which uid an event about the node says: the node's own, or its name where kubectl looks for nothing else.

Kubelets write the node's name there. `kubectl describe node` looked for the name alone until 1.22 and looks for both
since then, so that with an older server, whose kubectl is of its age, our events would not be seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from npd.report.api import Api, Unreachable

Mode = Literal["auto", "true", "false"]
BOTH_SINCE = (1, 22)


class NodeUid:
    """`real` gives the node's uid. Asks the server for its version once."""

    def __init__(self, api: Api, node: str, real: Callable[[], str], mode: Mode = "auto") -> None:
        self._api = api
        self._node = node
        self._real = real
        self._by_name: bool | None = None if mode == "auto" else mode == "false"

    def __call__(self) -> str:
        if self._by_name is None:
            try:
                self._by_name = self._version() < BOTH_SINCE
            except Unreachable:  # then the event is not written either
                return self._real()
        return self._node if self._by_name else self._real()

    def _version(self) -> tuple[int, int]:
        """A server that does not say counts as new."""
        answer = self._api.request("GET", "/version")
        told = answer.json if answer.status == 200 and isinstance(answer.json, dict) else {}
        major, minor = [re.match(r"\d+", str(told.get(part, ""))) for part in ("major", "minor")]
        return (int(major[0]), int(minor[0])) if major and minor else BOTH_SINCE
