"""What is wrong in a configuration file, collected so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class ConfigProblem(Exception):
    """A file that cannot be used. `problems` has a line for each thing that is wrong, with the file's name."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(slots=True)
class Findings:
    """Collects while a file is read. A place is written as `rules[2] (KernelOops): pattern`."""

    file: str
    problems: list[str] = field(default_factory=list)
    """The file cannot be used."""
    warnings: list[str] = field(default_factory=list)
    """It can, but surely not as meant."""
    notes: list[str] = field(default_factory=list)
    """Of interest to nobody but who debugs."""

    def wrong(self, place: str, what: str) -> None:
        self.problems.append(f"{self.file}: {place}: {what}" if place else f"{self.file}: {what}")

    def warn(self, place: str, what: str) -> None:
        self.warnings.append(f"{self.file}: {place}: {what}" if place else f"{self.file}: {what}")

    def note(self, place: str, what: str) -> None:
        self.notes.append(f"{self.file}: {place}: {what}")

    def raise_if_wrong(self) -> None:
        if self.problems:
            raise ConfigProblem(self.problems)
