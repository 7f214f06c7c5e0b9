"""Messages to people: what the log says is gathered into groups, and each is told when it is due.

While the channel is away the log is read on: what waits is a number in a group, not a backlog, so that after an hour
people get a handful of messages and not a thousand. Groups and position are kept together."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from eventcenter.model import StoredChange
from eventcenter.ports import ChangeLog, Clock, DeliveryKeeper
from sinks.courier import KEEP_EVERY_S, LOOK_S, PAGE, Courier
from sinks.delivery import DeliveryError, Item, Refused, TryAgain
from sinks.group import Group
from sinks.grouping import Groups, Plan
from sinks.messages import Messenger
from sinks.pacing import Bucket, folded
from sinks.settings import SinkSettings
from sinks.telling import Telling

log = logging.getLogger(__name__)


class Teller(Courier):
    def __init__(
        self, settings: SinkSettings, log: ChangeLog, keeper: DeliveryKeeper, now: Clock, messenger: Messenger
    ) -> None:
        super().__init__(settings, log, keeper, now)
        self._messenger = messenger
        self._telling = Telling(settings)
        self._groups = Groups(Plan.of(settings.options, ends=messenger.resolves))
        self._bucket = Bucket(settings.kind.per_minute, now())
        self._not_before = 0.0
        """Of the monotonic clock: until then the channel is left alone."""

    def _begin(self) -> None:
        kept = self._keeper.state(self.settings.name)
        if kept is not None:
            try:
                self._groups.load(kept)
            except ValueError as error:
                log.warning("what a sink has told is forgotten sink=%s error=%s", self.settings.name, error)
        super()._begin()

    def _round(self) -> None:
        if self._again.is_set():
            self._again.clear()
            self._take_letters_up()
        page = self._log.read_log(self.tally.seq, PAGE)
        self._gather(page.changes)
        self.tally.seq = page.next
        self._tell_what_is_due()
        self._keep_now_and_then()
        if not page.changes:
            self._log.wait_for_change(self.tally.seq, self._pause())

    def _gather(self, changes: list[StoredChange]) -> None:
        if not self.settings["events"]:
            return
        now = self._now()
        for items in self._items(changes, with_raw=False):
            for item in items:
                self._groups.add(item, now)
        for change in changes:  # whatever the filter says: NodeReady is no Warning
            self._groups.ended(change.event, now)

    def _take_letters_up(self) -> None:
        """A message that was refused is told anew, as one of its newest event."""
        for letter, items in self._letters_again():
            for item in items:
                self._groups.add(Item(item.event, max(1, item.occurrences), item.raw), self._now())
            self._keep()
            self._keeper.drop(self.settings.name, [letter.id])

    def _pause(self) -> float:
        """Seconds until something may be due, at most those between two looks whether to stop."""
        now = self._now()
        due = self._groups.next_due(now)
        if due is not None:
            due = max(due, self._bucket.next_at(now))
        wait = LOOK_S if due is None else min(LOOK_S, max(0.02, (due - now) / 1000))
        return max(wait, min(LOOK_S, self._not_before - time.monotonic()))

    def _goes_on(self) -> bool:
        """At a stop nothing is told in haste: what waits is in the groups, which are kept."""
        return not self._stopping.is_set()

    def _tell_what_is_due(self) -> None:
        if time.monotonic() < self._not_before:
            return
        now = self._now()
        tokens = self._bucket.tokens(now)
        if tokens <= 0 or not (due := self._groups.due(now)):
            return
        for groups in folded(due, tokens, digests=not self._messenger.resolves):
            if self._stopping.is_set() or not self._tell(groups):
                return

    def _tell(self, groups: Sequence[Group]) -> bool:
        """False when the channel is to be left alone for a while."""
        message = self._telling.message(groups[0]) if len(groups) == 1 else self._telling.digest(list(groups))
        self._bucket.take(self._now())
        try:
            self._messenger.tell(message)
        except Refused as error:
            for group in groups:
                self._bury(Item(group.newest, group.pending, {}), str(error))
        except DeliveryError as error:
            self._leave_alone(error)
            return False
        else:
            self._delivered(1)
        now = self._now()
        for group in groups:
            self._groups.told(group, now)
        self._keep()  # at once: what is not kept is told again after a kill
        return True

    def _leave_alone(self, error: DeliveryError) -> None:
        self._not_before = time.monotonic() + self._failed(error)
        if isinstance(error, TryAgain) and error.after_s is not None:
            self._bucket.empty(self._now())

    def _state(self) -> bytes:
        return self._groups.dump()

    def _keep_now_and_then(self) -> None:
        moved = self._kept != self.tally.seq
        # The groups are a larger thing to write than a number.
        if self._dead or (moved and time.monotonic() - self._kept_at >= 2 * KEEP_EVERY_S):
            self._keep()

    def _close(self) -> None:
        self._messenger.close()
