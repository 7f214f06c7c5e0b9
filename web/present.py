"""How values look in the pages: template filters. Pure but for the language of the request."""

from __future__ import annotations

import math
import re

from eventcenter.model import Event
from eventcenter.shapes import local as local_time
from eventcenter.shapes import rfc3339
from web.i18n import _
from web.preferences import preferences

NARROW_SPACE = "\u202f"
# Control characters, and those that turn the direction of writing: shown as what they are, never obeyed.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str, most: int = 0) -> str:
    """Control characters become visible; `most` characters at most, 0: all of them."""
    cut = text if not most or len(text) <= most else text[: most - 1] + "…"
    return _UNSEEN.sub(_sign, cut)


def _sign(match: re.Match[str]) -> str:
    return f"‹U+{ord(match[0]):04X}›"


def middle(text: str, most: int = 40) -> str:
    """Names differ at their ends: `checkout-6f…-x2k9p`."""
    if len(text) > most:
        tail = most // 3
        text = f"{text[: most - tail - 1]}…{text[-tail:]}"
    return visible(text)


def number(value: int) -> str:
    if value >= 10**12:
        return short(value)
    return f"{value:,}".replace(",", NARROW_SPACE)


def short(value: int) -> str:
    """Where there is no room: 1 234, 12.3k, 4.5M."""
    if value < 10_000:
        return number(value)
    thousands = int(math.log10(value)) // 3
    return f"{value / 1000**thousands:.3g}".replace("1e+03", "1000") + "kMGTPE"[thousands - 1]


def size(value: int) -> str:
    amount = float(value)
    units = ["TiB", "GiB", "MiB", "KiB", "B"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop()
    unit = units[-1]
    return f"{amount:.0f}{NARROW_SPACE}{unit}" if amount >= 10 else f"{amount:.1f}{NARROW_SPACE}{unit}"


def clock(time: int, now: int) -> str:
    """The time of day; with the date when that is not today's."""
    local, today = local_time(time, preferences().zone), local_time(now, preferences().zone)
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local.date()}"


def full_time(time: int) -> str:
    local = local_time(time, preferences().zone)
    return f"{local.isoformat(sep=' ', timespec='seconds')} ({preferences().zone_name})"


AGE_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def age(time: int, now: int) -> str:
    seconds = (now - time) // 1000
    if seconds < 0:
        return _("in the future")
    amount, unit = next(
        ((seconds // length, unit) for length, unit in AGE_UNITS if seconds >= length), (0, "s")
    )
    return age_forms()[unit].replace("{n}", str(amount))


def age_forms() -> dict[str, str]:
    """The same words for the script that keeps ages current."""
    return {
        "d": _("{n} d ago"),
        "h": _("{n} h ago"),
        "m": _("{n} min ago"),
        "s": _("{n} s ago"),
        "future": _("in the future"),
    }


def level_token(level: str) -> str:
    """The colour of a level; one that Kubernetes does not define is shown as a warning is."""
    return "normal" if level == "Normal" else "medium"


def level_name(level: str) -> str:
    return {"Normal": _("Normal"), "Warning": _("Warning")}.get(level, level)


def object_name(event: Event) -> str:
    place = f"{event.namespace}/{event.name}" if event.namespace else event.name
    return f"{event.kind} {place}".strip() or _("(no object)")


def container(event: Event) -> str:
    """Of `spec.containers{app}`."""
    return event.field_path.partition("{")[2].rstrip("}")


def place(event: Event) -> list[str]:
    """Kind, namespace and node, as far as they are known and not the name again."""
    node = event.hostname if event.hostname != event.name else ""
    return [part for part in (event.kind, event.namespace, node) if part]


FILTERS = {
    "short": short,
    "place": place,
    "iso": rfc3339,
    "container": container,
    "visible": visible,
    "middle": middle,
    "number": number,
    "size": size,
    "full_time": full_time,
    "level_token": level_token,
    "level_name": level_name,
    "object_name": object_name,
}
