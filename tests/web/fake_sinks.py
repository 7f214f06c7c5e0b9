"""Three sinks in memory: one that delivers, one that waits, one that refuses everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eventcenter.errors import ConfigError, ConflictError, NotFoundError
from eventcenter.forwarded import DeadLetter, SinkState, SinkStatus, SinkTest

NOW = 1_795_413_600_000


def some_sinks() -> dict[str, SinkStatus]:
    found = [
        SinkStatus(
            name="kafka-1", kind="kafka", address="kafka:", seq=380, lag=0, sent=380, last_sent=NOW - 900
        ),
        SinkStatus(
            name="ops",
            kind="slack",
            address="slack:https://hooks.slack.com/***",
            origin="page",
            for_people=True,
            state=SinkState.RETRYING,
            seq=200,
            lag=184,
            lag_ms=3_600_000,
            sent=12,
            retried=9,
            last_error="answered 503 <script>alert(1)</script>",
            last_error_at=NOW - 60_000,
            retry_at=NOW + 30_000,
        ),
        SinkStatus(
            name="store",
            kind="mysql",
            address="mysql:db.example.com:3306/" + "x" * 253,
            state=SinkState.BROKEN,
            seq=380,
            failed=2,
            dead=2,
            last_error="access denied",
            last_error_at=NOW - 5_000,
            notices=("ignored",),
        ),
    ]
    return {sink.name: sink for sink in found}


def some_letters() -> list[DeadLetter]:
    return [
        DeadLetter(
            id=number,
            sink="store",
            seq=number,
            about=f"Warning <b>Failed</b> Pod shop/web-{number}: {'long ' * 50}",
            reason="answered 400: \u202e mapping",
            refused=NOW - number * 1000,
            again=number == 2,
        )
        for number in (2, 1)
    ]


@dataclass
class FakeDesk:
    sinks: dict[str, SinkStatus] = field(default_factory=some_sinks)
    letters: list[DeadLetter] = field(default_factory=some_letters)
    sent_again: list[Sequence[int] | None] = field(default_factory=list)

    def statuses(self) -> list[SinkStatus]:
        return list(self.sinks.values())

    def kinds(self) -> list[dict[str, Any]]:
        option = {"name": "level", "help": "which", "default": "Warning"}
        return [
            {
                "name": "slack",
                "summary": "Slack.",
                "example": "slack:https://hooks.slack.com/services/…",
                "for_people": True,
                "in_page": True,
                "extra": None,
                "options": [{**option, "required": False, "repeatable": False, "secret": False}],
            }
        ]

    def dead_letters(self, name: str, limit: int = 100) -> list[DeadLetter]:
        self._known(name)
        return [letter for letter in self.letters if letter.sink == name][:limit]

    def send_again(self, name: str, ids: Sequence[int] | None = None) -> int:
        self._known(name)
        self.sent_again.append(ids)
        return len(self._which(name, ids))

    def drop(self, name: str, ids: Sequence[int] | None = None) -> int:
        self._known(name)
        gone = self._which(name, ids)
        self.letters = [letter for letter in self.letters if letter not in gone]
        return len(gone)

    def test(self, uri: str) -> SinkTest:
        self._check(uri)
        return SinkTest(ok="wrong" not in uri, text="answered 200", message="Warning <SinkTest>")

    def test_sink(self, name: str) -> SinkTest:
        self._known(name)
        return SinkTest(ok=False, text="answered 403")

    def add(self, uri: str) -> SinkStatus:
        self._check(uri)
        name = uri.partition("name=")[2] or "slack-1"
        if name in self.sinks:
            raise ConflictError(f"there is a sink {name} already", hint="Give it another name.")
        self.sinks[name] = SinkStatus(name=name, kind="slack", address="slack:***", origin="page")
        return self.sinks[name]

    def remove(self, name: str) -> None:
        self._known(name)
        if self.sinks[name].origin != "page":
            raise ConflictError(f"{name} is a sink of the settings")
        del self.sinks[name]

    def _check(self, uri: str) -> None:
        if not uri.startswith("slack:"):
            raise ConfigError("there is no sink of that kind")

    def _known(self, name: str) -> None:
        if name not in self.sinks:
            raise NotFoundError(
                f"there is no sink {name[:100]!r}", hint=f"There are: {', '.join(self.sinks)}."
            )

    def _which(self, name: str, ids: Sequence[int] | None) -> list[DeadLetter]:
        return [one for one in self.letters if one.sink == name and (ids is None or one.id in ids)]
