"""One sink as people wrote it, an address or a mapping of eventcenter.yaml, on its way through the checks.

No message repeats a value that is a secret."""

from __future__ import annotations

import difflib
import importlib.util
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from eventcenter.errors import ConfigError
from sinks import address
from sinks.filters import make_filter
from sinks.kind import Kind, Option, Url
from sinks.kinds import kind_of
from sinks.secrets import Resolve
from sinks.settings import SinkSettings, Surroundings, each, options_of

Written = str | Mapping[str, Any]
"""An address, or `{uri: …, name: …, option: value}`."""


class Reading:
    """One sink on its way through the checks."""

    def __init__(
        self,
        written: Written,
        number: int,
        surroundings: Surroundings,
        guarded: bool,
        resolve: Resolve,
        env: Mapping[str, str],
    ) -> None:
        self._written = written
        self._where = f"sink {number}"
        self._surroundings = surroundings
        self._guarded = guarded
        self._resolve = resolve
        self._env = env
        self._secrets: set[str] = set()
        self._notices: list[str] = []
        self.problems: list[str] = []

    def read(self) -> list[SinkSettings]:
        try:
            kind, url, pairs = self._parts()
        except (ConfigError, ValueError) as error:
            self._problem(str(error))
            return []
        known = {option.name: option for option in options_of(kind)}
        url, given = self._sorted_out(kind, url, pairs, known)
        values = {name: self._value(option, given.get(name, [])) for name, option in known.items()}
        values["level"] = values["level"] or kind.default_level
        self._check_place(kind, url)
        self._find_secrets(kind, url, values, known)
        if self.problems:
            return []
        try:
            accepted = make_filter(values, regex_namespaces=kind.name == "webhook")
        except (ValueError, ConfigError) as error:
            self._problem(str(error))
            return []
        return [
            SinkSettings(
                name=values["name"] or "",
                kind=kind,
                url=url,
                options=values,
                filter=accepted,
                surroundings=self._surroundings,
                guarded=self._guarded,
                secrets=frozenset(self._secrets),
                notices=tuple(self._notices),
            )
        ]

    def _problem(self, text: str) -> None:
        self.problems.append(f"{self._where}: {text}")

    def _parts(self) -> tuple[Kind, str, address.Pairs]:
        """Kind, URL and options as written, with `${env:…}` and the like replaced."""
        extra: address.Pairs = []
        uri = self._written
        if isinstance(uri, Mapping):
            extra = [pair for key, value in uri.items() if key != "uri" for pair in _yaml_pairs(key, value)]
            if not isinstance(uri.get("uri"), str):
                raise ConfigError("a sink needs `uri: NAME:URL`, as in `uri: kafka:?brokers=localhost:9092`")
            uri = uri["uri"]
        elif not isinstance(uri, str):
            raise ConfigError("a sink is an address, or a mapping with `uri`")
        name, rest = address.split_name(uri)
        self._where = f"{self._where} ({name})"
        kind = kind_of(name)
        url, pairs = (kind.read or address.split_url)(self._filled(rest))
        return kind, url, pairs + [(key, self._filled(value)) for key, value in extra]

    def _filled(self, text: str) -> str:
        filled, secrets = self._resolve(text)
        self._secrets |= secrets
        return filled

    def _sorted_out(
        self, kind: Kind, url: str, pairs: address.Pairs, known: Mapping[str, Option]
    ) -> tuple[str, dict[str, list[str]]]:
        """The URL with what belongs to it, and the values of our options by name."""
        given: dict[str, list[str]] = {}
        others: address.Pairs = []
        for key, value in pairs:
            if key not in known:
                others.append((key, value))
            elif known[key].ignored:
                self._notices.append(f"{key} has no meaning here and is ignored")
            else:
                given.setdefault(key, []).append(value)
        if others and kind.passes_on:
            url = f"{url}?{urlencode(others)}"
        elif others:
            for key, _ in others:
                self._problem(_unknown(key, known))
        return url, given

    def _value(self, option: Option, given: list[str]) -> Any:
        if not given and option.env and self._env.get(option.env):
            given = [self._env[option.env]]
        given = [text for text in given if text != ""]
        if not given:
            if option.required:
                self._problem(f"{option.name} is missing: {option.help}")
            return option.default
        if len(given) > 1 and not option.many:
            self._problem(f"{option.name} is given {len(given)} times, and once is accepted")
            return option.default
        parsed = [self._parsed(option, text) for text in given]
        return tuple(parsed) if option.many else parsed[0]

    def _parsed(self, option: Option, text: str) -> Any:
        try:
            return option.parse(text)
        except ValueError as error:
            value = "its value" if option.secret else repr(text if len(text) <= 60 else text[:57] + "...")
            self._problem(f"{option.name}: {value} {error}")
            return option.default

    def _check_place(self, kind: Kind, url: str) -> None:
        if kind.url is Url.REQUIRED and not url:
            self._problem(f"the URL is missing, as in {kind.example}")
        if kind.url is Url.NONE and url:
            self._problem(f"takes no URL, only options, as in {kind.example}")
        if self._guarded and not kind.over_http:
            self._problem(
                f"{kind.name} cannot be set up in the page, only in eventcenter.yaml or with --sink: "
                "it reaches places that the page must not"
            )
        missing = [name for name in kind.modules if not _importable(name)]
        if missing:
            self._problem(
                f"needs {', '.join(missing)}, which is not installed: pip install 'eventcenter[{kind.extra}]'"
            )

    def _find_secrets(
        self, kind: Kind, url: str, values: Mapping[str, Any], known: Mapping[str, Option]
    ) -> None:
        from urllib.parse import unquote, urlsplit

        for name, option in known.items():
            if option.secret and values[name]:
                value = values[name]
                self._secrets |= {str(one) for one in (value if option.many else [value])}
            for one in each(values[name]):
                if isinstance(one, str) and (found := re.search(r"://[^/@?\s:]*:([^/?\s]*)@", one)):
                    self._secrets |= {found[1], unquote(found[1])}
        try:
            parts = urlsplit(url)
        except ValueError:
            self._problem("its URL cannot be read")
            return
        if parts.password:
            self._secrets |= {parts.password, unquote(parts.password)}
        if kind.secret_path and len(parts.path) > 1:
            self._secrets.add(parts.path.lstrip("/"))
            # a token also where it stands by itself, as services repeat it in their answers
            self._secrets |= {part for part in parts.path.split("/") if len(part) >= 16}
        if kind.secret_host:
            self._secrets |= {part for part in (parts.netloc, parts.username) if part}
        for _, value in address.pairs(parts.query):
            self._secrets.add(value)


def _unknown(key: str, known: Mapping[str, Option]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    guess = f" Did you mean {near[0]}?" if near else ""
    shown = key if len(key) <= 60 else key[:57] + "..."
    names = ", ".join(sorted(name for name, option in known.items() if not option.ignored))
    return f"option {shown!r} is not known.{guess} Known: {names}."


def _yaml_pairs(key: Any, value: Any) -> address.Pairs:
    """An option of a mapping: a list is the key several times, true is `true`."""
    if isinstance(value, list | tuple):
        return [pair for one in value for pair in _yaml_pairs(key, one)]
    if isinstance(value, Mapping):
        return [(str(key), f"{name}={one}") for name, one in value.items()]
    if value is None:
        return [(str(key), "")]
    return [(str(key), str(value).lower() if isinstance(value, bool) else str(value))]


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
