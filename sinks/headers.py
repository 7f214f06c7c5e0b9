"""Headers that people give a sink: the options, what authorizes, and what of them is never shown."""

from __future__ import annotations

import base64
import dataclasses
import re
from urllib.parse import quote

from eventcenter.errors import ConfigError
from sinks.kind import Option
from sinks.settings import SinkSettings


def header(given: str) -> tuple[str, str]:
    """`Name=value`, or `Name: value`."""
    name, _, value = re.sub(r"^([^=:]+):\s*", r"\1=", given).partition("=")
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise ValueError("is not a header as in Content-Type=application/json")
    if not re.fullmatch(r"[\t\x20-\x7e]*", value):
        raise ValueError("has characters that a header cannot hold")
    return name, value.strip()


def credentials(given: str) -> str:
    if ":" not in given:
        raise ValueError("is not USER:PASSWORD")
    return given


HEADERS: tuple[Option, ...] = (
    Option("header", "a further header, Name=value; can be repeated", header, (), many=True, secret=True),
    Option("basic_auth", "USER:PASSWORD for the header Authorization", credentials, secret=True),
    Option("bearer_token", "a token for the header Authorization", secret=True),
)


def given_headers(settings: SinkSettings) -> dict[str, str]:
    """Those of the options; what they say themselves wins over `bearer_token` and `basic_auth`."""
    headers = dict(settings["header"])
    if settings["bearer_token"] and settings["basic_auth"]:
        raise ConfigError("bearer_token and basic_auth are both given, and one can be used")
    if settings["bearer_token"]:
        return {"Authorization": f"Bearer {settings['bearer_token']}"} | headers
    if settings["basic_auth"]:
        return {"Authorization": f"Basic {_base64(settings['basic_auth'])}"} | headers
    return headers


def merged(own: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """`given` wins, whatever the case of the names."""
    names = {name.lower() for name in given}
    return {name: value for name, value in own.items() if name.lower() not in names} | given


def hiding(settings: SinkSettings) -> SinkSettings:
    """The same, hiding also the parts of headers that a server may repeat: a token without its scheme."""
    values = [value for name, value in settings["header"] if name.lower() not in ("content-type", "accept")]
    words = [word for value in values for word in value.split() if len(word) >= 6]
    basic = settings["basic_auth"] or ""
    secrets = {*values, *words, basic.partition(":")[2], _base64(basic)} - {""}
    return dataclasses.replace(settings, secrets=settings.secrets | secrets)


def header_text(text: str) -> str:
    """As a header can hold it: what is not printable ASCII, and what CloudEvents reserves, as in URLs."""
    printable = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
    return quote(text, safe=printable, errors="replace")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
