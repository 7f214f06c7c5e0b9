"""The tables of docs/npd-checks.md, from the catalogue itself: `python -m npd.checks.describing docs/npd-checks.md`
writes them, a test compares."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

from npd.checks.catalogue import KINDS
from npd.checks.frame import Kind
from npd.config.durations import format_duration


def tables(text: str) -> str:
    """The document with both tables as they are now."""
    text = _between(text, "checks", [_check_row(kind) for kind in KINDS])
    return _between(text, "options", [_option_row(kind) for kind in KINDS])


def _between(text: str, name: str, rows: list[str]) -> str:
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    head, _, rest = text.partition(begin)
    return head + begin + "".join(f"{row}\n" for row in rows) + end + rest.partition(end)[2]


def _check_row(kind: Kind) -> str:
    pace, words = kind.pace, kind.words
    hold = f", {format_duration(pace.hold)}" if pace.hold else ""
    belief = f"{pace.bad} of {pace.of}, {pace.good}{hold}"
    condition = f"`{words.condition}`" if words.condition else ("" if words.healthy_reason else "*each*")
    reasons = f"`{words.reason}`" + (f" / `{words.healthy_reason}`" if words.healthy_reason else "")
    return f"| `{kind.name}` | {kind.what} | {format_duration(pace.period)} | {belief} | {condition} | {reasons} |"


def _option_row(kind: Kind) -> str:
    options = ", ".join(f"`{option.name}` ({_shown(option.default)})" for option in fields(kind.options))
    return f"| `{kind.name}` | {kind.needs} | {options} |"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "none"
    if value == "":
        return "none"
    return f"`{value}`".replace("|", "\\|").replace("True", "true").replace("False", "false")


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(tables(document.read_text(encoding="utf-8")), encoding="utf-8")
