"""What is kept of alerts that are told together, between two looks and over restarts. Times in ms."""

from __future__ import annotations

import hashlib
import json

import msgspec

from eventcenter.alerted import AlertRecord
from eventcenter.alerts.life import Key

Id = tuple[str, tuple[tuple[str, str], ...]]
"""Of a group: the route and the labels that its alerts have in common."""


class Member(msgspec.Struct, kw_only=True):
    rule: str
    labels: Key
    told: bool = False
    """That it fires. Only then it is told that it is over."""
    held: str = ""
    """Why it was not told when it was looked at last."""
    stray: bool = False
    """The routes lead elsewhere by now: only its end is told."""
    record: AlertRecord | None = None
    """As it was told last, or how it ended."""
    over: bool = False

    @property
    def key(self) -> tuple[str, Key]:
        return self.rule, self.labels


class Group(msgspec.Struct, kw_only=True):
    route: str
    labels: dict[str, str]
    receivers: tuple[str, ...]
    due: int
    """When it is looked at next."""
    members: list[Member] = []
    first: int = 0
    """When it was told first; 0: not yet."""
    number: int = 0
    """How often it was told."""
    step: int = 0
    """How often it was repeated since something was new."""
    repeat_at: int | None = None

    @property
    def id(self) -> Id:
        return self.route, tuple(sorted(self.labels.items()))

    def member(self, key: tuple[str, Key]) -> Member | None:
        return next((member for member in self.members if member.key == key), None)

    def key(self, receiver: str) -> str:
        """Another one once the group was over."""
        text = json.dumps([receiver, self.route, sorted(self.labels.items()), self.first])
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


class State(msgspec.Struct):
    groups: list[Group] = []
