"""Reads a sink's address as kube-eventer's users write it, `NAME:URL?key=value&key=value`, with the slips that work
there: `&` without a `?` before it, a `?` right after the name, `?&`, a key without a value."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from eventcenter.errors import ConfigError

Pairs = list[tuple[str, str]]


def split_name(uri: str) -> tuple[str, str]:
    """(name, rest) of an address. ConfigError when it has no name."""
    name, colon, rest = uri.strip().partition(":")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) or (not colon and rest):
        raise ConfigError("the address of a sink is NAME:URL?key=value, as in kafka:?brokers=localhost:9092")
    return name.lower(), rest


def split_url(rest: str) -> tuple[str, Pairs]:
    """(URL, options) of what follows the name. Values are decoded as in the query of any URL."""
    match = re.search(r"[?&]", rest)
    url, query = (rest[: match.start()], rest[match.end() :]) if match else (rest, "")
    return url.strip(), pairs(query)


def pairs(query: str) -> Pairs:
    found = []
    for part in re.split(r"[&?]", query) if "://" not in query else query.split("&"):
        key, _, value = part.lstrip("?").partition("=")
        if key:
            found.append((unquote_plus(key), unquote_plus(value)))
    return found


def hide_secrets(text: str, secrets: frozenset[str]) -> str:
    """`text` with *** for every secret in it; short ones only where they stand alone."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 6:
            text = text.replace(secret, "***")
        elif secret:
            text = re.sub(rf"(?<![\w]){re.escape(secret)}(?![\w])", "***", text)
    return text


def without_password(url: str) -> str:
    """The URL with *** for the password before its host."""
    return re.sub(r"(//[^/@?\s:]*):[^/?\s]*@", r"\1:***@", url)
