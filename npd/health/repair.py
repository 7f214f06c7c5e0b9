"""Runs a command when a look was bad several times in a row. Only built when the agent was started with leave to
repair."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from npd.checks.frame import Finding, Look, Outcome
from npd.health import services

log = logging.getLogger(__name__)
_COMMAND_S = 30.0
"""Seconds that the command may take."""


class Repair:
    """After `after` bad looks in a row, and `cooldown` seconds after the last time and after the start."""

    def __init__(
        self,
        command: Sequence[str],
        after: int,
        cooldown: float,
        steady: Callable[[], float],
        run: services.Run = services.run,
    ) -> None:
        self._command, self._after, self._cooldown, self._steady, self._run = (
            command,
            after,
            cooldown,
            steady,
            run,
        )
        self._bad = 0
        self._last = steady()

    def around(self, look: Look) -> Look:
        def repairing() -> Finding:
            finding = look()
            self._bad = self._bad + 1 if finding.outcome is Outcome.BAD else 0
            if self._bad >= self._after and self._steady() - self._last >= self._cooldown:
                self._repair(finding.message)
            return finding

        return repairing

    def _repair(self, why: str) -> None:
        self._last, self._bad = self._steady(), 0
        log.warning("repair: running %s because %s", " ".join(self._command), why)
        try:
            self._run(self._command, _COMMAND_S)
        except OSError as error:
            log.warning("repair: %s", error)
