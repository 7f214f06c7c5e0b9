"""The table as kube-eventer's users have it, and the one beside it that says what has been delivered: an event that is
sent again after a lost answer is not written twice, without a change to a table that others made and read."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eventcenter.model import Event
from eventcenter.shapes import moment
from sinks.messages import cut_bytes, cut_chars
from sinks.texts import basic, whole

Fit = Callable[[str], str]

COLUMNS = (
    "namespace", "kind", "name", "type", "reason", "message", "event_id",
    "first_occurrence_time", "last_occurrence_time",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """Quoted for SQL."""

    events: str
    delivered: str
    columns: str = ",".join(f"`{column}`" for column in COLUMNS)


def names(table: str) -> Names:
    """Of `TABLE` or `DATABASE.TABLE`."""
    quoted = [part.replace("`", "``") for part in table.split(".")]
    prefix = "".join(f"`{part}`." for part in quoted[:-1])
    return Names(f"{prefix}`{quoted[-1]}`", f"{prefix}`{quoted[-1]}_delivered`")


def create_events(name: str) -> str:
    """With kube-eventer's columns. Its own schema cuts names at 64 and messages at 65 535 bytes or 255 characters."""
    text = "varchar(255) NOT NULL DEFAULT ''"
    short = ", ".join(f"`{column}` {text}" for column in COLUMNS if column != "message")
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (`id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, {short}, "
        "`message` mediumtext NOT NULL, `update_time` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP) "
        "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    )


def create_delivered(name: str) -> str:
    """A row for every batch: a row for every event would cost the server half as much as the event itself."""
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (`id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, "
        "`instance` varchar(150) COLLATE utf8mb4_bin NOT NULL, `first_seq` bigint NOT NULL, "
        "`last_seq` bigint NOT NULL, `event_keys` mediumtext NOT NULL, KEY (`instance`, `last_seq`)) "
        "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    )


LIMITS_SQL = (
    "SELECT column_name, data_type, character_maximum_length, character_octet_length, character_set_name "
    "FROM information_schema.columns WHERE table_schema = coalesce(%s, database()) AND table_name = %s"
)


def fits(rows: Iterable[tuple[str, str, int | None, int | None, str | None]]) -> list[Fit]:
    """How the value of each of COLUMNS is made to fit, of what the server says about its columns. A column that does
    not exist takes everything: the INSERT tells its name."""
    known = {
        name.lower(): _fit(kind.lower(), chars, octets, charset)
        for name, kind, chars, octets, charset in rows
    }
    return [known.get(column, whole) for column in COLUMNS]


def _fit(kind: str, chars: int | None, octets: int | None, charset: str | None) -> Fit:
    speak = _speakable(charset or "utf8mb4")
    if kind.endswith("text") and octets:
        most = octets
        return lambda text: (
            speak(text) if len(text) * 4 <= most else cut_bytes(speak(text), most, "..."[:most])
        )
    if chars:
        width = chars
        return lambda text: (
            speak(text) if len(text) <= width else cut_chars(speak(text), width, "..."[:width])
        )
    return speak


def _speakable(charset: str) -> Fit:
    """Text that the character set of a column can say; the rest becomes `?` or U+FFFD in place of an error."""
    if charset == "utf8mb4":
        return whole
    if charset in ("utf8", "utf8mb3", "ucs2"):
        return basic
    try:
        codec = codecs.lookup("cp1252" if charset == "latin1" else charset).name
    except LookupError:
        return whole
    return lambda text: text if text.isascii() else text.encode(codec, "replace").decode(codec)


def values(event: Event) -> tuple[str, ...]:
    """In the order of COLUMNS."""
    return (
        event.namespace,
        event.kind,
        event.name,
        event.level,
        event.reason,
        event.message,
        event.uid,
        go_time(event.first_time),
        go_time(event.last_time),
    )


def go_time(time: int) -> str:
    """As Go prints a time and kube-eventer stores it: `2026-11-25 16:40:40 +0000 UTC`."""
    text = moment(time).isoformat(" ", "milliseconds" if time % 1000 else "seconds").removesuffix("+00:00")
    return f"{text.rstrip('0') if time % 1000 else text} +0000 UTC"
