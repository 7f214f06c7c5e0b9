"""The arguments of the original's `log-counter`, which stand in the files of plugin monitors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from npd.config.durations import parse_duration
from npd.config.patterns import BadPattern, RulePattern, rule_pattern


@dataclass(frozen=True, slots=True)
class CounterArguments:
    source: str
    """`SYSLOG_IDENTIFIER` of the lines."""
    log_path: str
    """Directory of the journal; '' is the system's."""
    lookback: float
    delay: float
    count: int
    pattern: RulePattern
    revert: RulePattern | None


def parse_arguments(args: Sequence[str]) -> CounterArguments:
    """ValueError with one line."""
    values = dict(flag_values(args))
    if not values.get("pattern"):
        raise ValueError("--pattern is missing")
    try:
        return CounterArguments(
            source=values.get("journald-source", ""),
            log_path=values.get("log-path", ""),
            lookback=parse_duration(values.get("lookback") or "0"),
            delay=parse_duration(values.get("delay") or "0"),
            count=_count(values.get("count", "1")),
            pattern=rule_pattern(values["pattern"]),
            revert=rule_pattern(values["revert-pattern"]) if values.get("revert-pattern") else None,
        )
    except BadPattern as error:
        raise ValueError(f"--pattern: {error}") from error


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"--count: {text!r} is not a whole number") from None


def flag_values(args: Sequence[str]) -> Iterable[tuple[str, str]]:
    """`--name=value` and `--name value`."""
    pending = iter(args)
    for arg in pending:
        name, equals, value = arg.lstrip("-").partition("=")
        yield name, value if equals else next(pending, "")
