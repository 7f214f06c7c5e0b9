"""Time intervals by name: hours of days of the week, in a time zone, in which routes tell or do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of the day, from (inclusive) to (exclusive). One that ends before it begins goes over midnight and
    belongs to the day on which it begins."""

    begin: int = 0
    end: int = 1440
    days: frozenset[int] = frozenset(range(7))
    zone: tzinfo = UTC

    def holds(self, time: int) -> bool:
        moment = datetime.fromtimestamp(time / 1000, self.zone)
        minute = moment.hour * 60 + moment.minute
        if self.begin < self.end:
            return moment.weekday() in self.days and self.begin <= minute < self.end
        yesterday = (moment - timedelta(days=1)).weekday()
        return (moment.weekday() in self.days and minute >= self.begin) or (
            yesterday in self.days and minute < self.end
        )


Interval = Sequence[Span]


def holds(interval: Interval, time: int) -> bool:
    """Of one time interval: any of its spans. `time` in ms."""
    return any(span.holds(time) for span in interval)
