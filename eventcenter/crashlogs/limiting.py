"""How often logs are fetched: a storm of crashing Pods must not become a storm of requests."""

from __future__ import annotations

from collections import Counter, deque

from eventcenter.ports import Clock

MINUTE_MS = 60_000
A_WORKLOAD = 5
"""Containers of one workload whose logs are fetched in a minute: the Pods of a Deployment die of the same."""
AGAIN_MS = 15_000
"""An event that was just followed is left alone so long: the kubelet tells of one restart several times."""


class Limits:
    """For one thread."""

    def __init__(self, now: Clock, a_minute: int, a_workload: int = A_WORKLOAD) -> None:
        self._now = now
        self._a_minute = a_minute
        self._a_workload = a_workload
        self._begun: deque[tuple[int, str]] = deque()
        self._of_workload: Counter[str] = Counter()
        self._looked: dict[str, int] = {}
        self.refused = 0

    def allow(self, workload: str, event: str) -> bool:
        """Whether one more may be fetched now; it counts when it may."""
        now = self._now()
        self._forget(now)
        if event in self._looked:
            return False
        if len(self._begun) >= self._a_minute or self._of_workload[workload] >= self._a_workload:
            self.refused += 1
            return False
        self._begun.append((now, workload))
        self._of_workload[workload] += 1
        self._looked[event] = now
        return True

    def _forget(self, now: int) -> None:
        """What is more than a minute ago, or ahead: a clock that was set back must not hold up anything."""
        while self._begun and not 0 <= now - self._begun[0][0] < MINUTE_MS:
            _, workload = self._begun.popleft()
            self._of_workload[workload] -= 1
            if not self._of_workload[workload]:
                del self._of_workload[workload]
        self._looked = {key: at for key, at in self._looked.items() if 0 <= now - at < AGAIN_MS}
