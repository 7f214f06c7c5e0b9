"""When single findings become a change that is told: N of M bad looks, a run of good ones, a problem's least duration.
Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from npd.checks.frame import Finding, Outcome, Pace, Words
from npd.model import Condition, Event, Severity, Truth
from npd.monitors.texts import change_event


@dataclass(frozen=True, slots=True)
class State:
    """What stands about one check. None as `status`: it was never looked at, or is not applicable."""

    status: Truth | None = None
    since: float = 0.0
    reason: str = ""
    message: str = ""


class Judge:
    """Of one check. `restored` is the condition as it stood when the agent last ran: it stands until looks speak
    against it, so that a restart is no recovery."""

    def __init__(self, words: Words, pace: Pace, restored: Condition | None = None) -> None:
        self._words = words
        self._pace = pace
        self._last: deque[Outcome] = deque(maxlen=max(pace.of, pace.good))
        self.state = State()
        if restored is not None and restored.status != "False":
            self.state = State(restored.status, restored.since, restored.reason, restored.message)

    @property
    def condition(self) -> Condition | None:
        if not self._words.condition or self.state.status is None:
            return None
        return _condition(self._words, self.state)

    def take(self, finding: Finding, now: float) -> list[Event]:
        """The events of what changed with this finding."""
        if finding.outcome is Outcome.NOT_APPLICABLE:
            return self._withdraw(now)
        self._last.append(finding.outcome)
        if self._each and finding.outcome is Outcome.BAD:
            return [Event(Severity.WARN, now, self._words.reason, finding.message)]
        status = self._status(finding, now)
        if status is None or status == self.state.status:
            return []
        if status == "False" and self.state.status == "True":
            self._last.clear()  # what was bad before a recovery does not count towards the next problem
        before, self.state = self.state, self._new(status, finding, now)
        return self._told(before, now)

    @property
    def _each(self) -> bool:
        return not self._words.condition and not self._words.healthy_reason

    def _withdraw(self, now: float) -> list[Event]:
        """What is no longer there is no longer bad."""
        before, self.state = self.state, State()
        self._last.clear()
        if before.status != "True":
            return []
        return self._told(
            before, now, State("False", now, self._words.healthy_reason, self._words.healthy_message)
        )

    def _status(self, finding: Finding, now: float) -> Truth | None:
        recent = list(self._last)
        if finding.outcome is Outcome.BAD and recent[-self._pace.of :].count(Outcome.BAD) >= self._pace.bad:
            return "True"
        if self.state.status is None:
            return "False" if finding.outcome is Outcome.OK else None
        if self.state.status == "True" and now - self.state.since < self._pace.hold:
            return None
        if _run(recent, Outcome.OK) >= self._pace.good:
            return "False"
        # Without a condition there is no place to say "unknown": what was last known stands.
        lost = bool(self._words.condition) and _run(recent, Outcome.UNKNOWN) >= self._pace.of
        return "Unknown" if lost else None

    def _new(self, status: Truth, finding: Finding, now: float) -> State:
        words = self._words
        if status == "True":
            return State(status, now, words.reason, finding.message)
        message = words.healthy_message if status == "False" else finding.message
        return State(status, now, words.healthy_reason, message)

    def _told(self, before: State, now: float, after: State | None = None) -> list[Event]:
        after = after or self.state
        if before.status is None and after.status == "False":
            return []
        if self._words.condition:
            return [change_event(_condition(self._words, after))]
        severity = Severity.WARN if after.status == "True" else Severity.INFO
        return [Event(severity, now, after.reason, after.message)]


def _condition(words: Words, state: State) -> Condition:
    """Of a state that has a status."""
    return Condition(words.condition, state.status or "Unknown", state.since, state.reason, state.message)


def _run(outcomes: list[Outcome], wanted: Outcome) -> int:
    """How many at the end are the wanted one."""
    length = 0
    for outcome in reversed(outcomes):
        if outcome is not wanted:
            break
        length += 1
    return length
