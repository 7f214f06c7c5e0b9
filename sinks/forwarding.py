"""Events to systems: batches in order, with what to do when a destination refuses, asks to wait, or takes only some."""

from __future__ import annotations

import time

from eventcenter.ports import ChangeLog, Clock, DeliveryKeeper
from sinks.courier import LOOK_S, PAGE, Courier
from sinks.delivery import Broken, DeliveryError, Item, PartlyTaken, Refused, Sender, TryAgain
from sinks.settings import SinkSettings

SUSPICIOUS = 20
"""So many refusals in a row, and nothing taken: more likely the sink is wrong than all of these events."""


class Forwarder(Courier):
    def __init__(
        self, settings: SinkSettings, log: ChangeLog, keeper: DeliveryKeeper, now: Clock, sender: Sender
    ) -> None:
        super().__init__(settings, log, keeper, now)
        self._sender = sender
        self._refusals = 0
        self._linger_s = float(settings.options.get("linger") or 0.0)
        self._waiting_since: float | None = None

    def _round(self) -> None:
        if self._again.is_set():
            self._again.clear()
            self._send_dead_letters()
        if self._lingers():
            return
        page = self._log.read_log(self.tally.seq, max(PAGE, min(self.settings.batch, 5000)))
        if page.next == self.tally.seq:
            self._keep_now_and_then()
            self._log.wait_for_change(self.tally.seq, LOOK_S)
            return
        self._waiting_since = None
        for items in self._items(page.changes, with_raw=self.settings.kind.needs_raw):
            if not self._deliver(items):
                return
            self.tally.seq = items[-1].event.seq
            self._keep_now_and_then()
        self.tally.seq = page.next
        self._keep_now_and_then()

    def _lingers(self) -> bool:
        """Whether to gather more before the next delivery, for destinations that want few and large ones."""
        if not self._linger_s or self._stopping.is_set():
            return False
        newest = self._log.wait_for_change(self.tally.seq, LOOK_S)
        if newest <= self.tally.seq:
            self._keep_now_and_then()
            return True
        if self._waiting_since is None:
            self._waiting_since = time.monotonic()
        if newest - self.tally.seq >= self.settings.batch:
            return False
        if time.monotonic() - self._waiting_since >= self._linger_s:
            return False
        self._patience.wait(LOOK_S)
        return True

    def _deliver(self, items: list[Item]) -> bool:
        """Until the destination has them all or has refused them for good; False when it is time to stop before."""
        while items:
            try:
                self._sender.send(items)
            except PartlyTaken as partly:
                items = self._partly(items, partly)
                if items and not self._stumbled(TryAgain(str(partly), after_s=partly.after_s)):
                    return False
            except Refused as error:
                if len(items) > 1:  # which one it is only shows one by one
                    half = len(items) // 2
                    return self._deliver(items[:half]) and self._deliver(items[half:])
                return self._refuse(items[0], str(error))
            except DeliveryError as error:
                if not self._stumbled(error):
                    return False
            else:
                self._refusals = 0
                self._delivered(len(items))
                return True
        return True

    def _partly(self, items: list[Item], partly: PartlyTaken) -> list[Item]:
        taken = len(items) - len(partly.refused) - len(partly.again)
        if taken:
            self._refusals = 0
            self._delivered(taken)
        for index, reason in sorted(partly.refused.items()):
            self._bury(items[index], reason)
        return [items[index] for index in partly.again]

    def _refuse(self, item: Item, reason: str) -> bool:
        self._refusals += 1
        if self._refusals > SUSPICIOUS and not self._stumbled(
            Broken(f"refuses one event after the other: {reason}")
        ):
            return False
        self._bury(item, reason)
        return True

    def _send_dead_letters(self) -> None:
        for letter, items in self._letters_again():
            if not self._deliver(items):
                self._again.set()
                return
            self._keep()  # refused again: it has become a new letter
            self._keeper.drop(self.settings.name, [letter.id])

    def _close(self) -> None:
        self._sender.close()
