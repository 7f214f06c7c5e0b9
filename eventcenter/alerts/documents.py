"""Rules as people write them, in YAML: read, checked, and merged with those of the catalogue.

    rules:
      - name: pod-crash-looping            # one of the catalogue: only what is said changes
        count: 5
      - name: payments-errors
        title: {en: Payments fails, zh: 支付失败}
        search: 'namespace:payments and level:Warning'
        count: 20
        within: 10m
        group_by: [workload]
        severity: high

Everything that is wrong in any rule is told at once."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from eventcenter.alerts.catalogue import built_in_rules
from eventcenter.alerts.fields import duration, flag, positive, shown
from eventcenter.alerts.routes import Routing
from eventcenter.alerts.routing import KEYS as ROUTING_KEYS
from eventcenter.alerts.routing import read_routing
from eventcenter.alerts.rule import GROUPS, Kind, Rule
from eventcenter.errors import ConfigError, QuerySyntaxError
from eventcenter.rules import SEVERITIES, Severity
from eventcenter.search import parse_search

MAX_RULES = 5000
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")

Parsed = Mapping[str, Any]
"""Fields of `Rule`."""


@dataclass(frozen=True, slots=True)
class Book:
    """All that a file says."""

    rules: Mapping[str, Rule]
    routing: Routing = field(default_factory=Routing)


def read_file(file: Path | None) -> dict[str, Rule]:
    """The rules of the catalogue and of the file. ConfigError with a line for each problem of the whole file."""
    return dict(read_book(file).rules)


def read_book(file: Path | None) -> Book:
    """Rules, and who is told of what they find. ConfigError as `read_file`."""
    if file is None:
        return Book(read_rules([]))
    content = _content(file)
    routing, problems = read_routing(content, str(file))
    try:
        rules = read_rules(content.get("rules") or [], str(file))
    except ConfigError as error:
        problems = [*str(error).splitlines(), *problems]
    if problems:
        raise ConfigError("\n".join(problems))
    return Book(rules, routing)


def _content(file: Path) -> Mapping[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: is not valid YAML: {' '.join(str(error).split())}") from None
    if isinstance(content, list):
        return {"rules": content}
    known = {"rules", *ROUTING_KEYS}
    if (
        not isinstance(content, Mapping)
        or not content
        or content.keys() - known
        or not isinstance(content.get("rules") or [], list)
    ):
        raise ConfigError(
            f"{file}: must hold `rules:` and a list of rules under it; beside it may stand {', '.join(ROUTING_KEYS)}"
        )
    return content


def read_rules(documents: Sequence[Any], where: str = "rules") -> dict[str, Rule]:
    """The rules of the catalogue with what the documents change and add, by name. ConfigError with a line for each
    problem."""
    rules = built_in_rules()
    problems: list[str] = []
    seen: set[str] = set()
    if len(documents) > MAX_RULES:
        raise ConfigError(f"{where}: there are {len(documents)} rules, and {MAX_RULES} are accepted")
    for number, document in enumerate(documents, start=1):
        reading = _Reading(document, f"{where}: rule {number}", rules)
        rule = reading.read()
        problems += reading.problems
        if rule is None:
            continue
        if rule.name in seen:
            problems.append(f"{where}: there are two rules with the name {rule.name}")
        seen.add(rule.name)
        rules[rule.name] = rule
    problems += _dangling(rules, where)
    if problems:
        raise ConfigError("\n".join(problems))
    return rules


def _dangling(rules: Mapping[str, Rule], where: str) -> list[str]:
    return [
        f"{where}: {rule.name} refines {rule.refines!r}, which there is not"
        for rule in rules.values()
        if rule.refines and rule.refines not in rules
    ]


class _Reading:
    """One document on its way through the checks."""

    def __init__(self, document: Any, where: str, known: Mapping[str, Rule]) -> None:
        self._document = document
        self._where = where
        self._known = known
        self.problems: list[str] = []

    def read(self) -> Rule | None:
        document = self._document
        if not isinstance(document, Mapping):
            return self._wrong("is not a mapping of keys and values")
        name = document.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return self._wrong(
                f"name: {shown(name)} is not 1 to 100 lower-case letters, digits, `.`, `_` and `-`"
            )
        self._where = f"{self._where} ({name})"
        fields = self._fields(document)
        base = self._known.get(name)
        if base is None and not fields.keys() & {"search", "problem"} and not self.problems:
            return self._wrong(
                "says neither `search` nor `problem`, and the catalogue has no rule of that name"
            )
        if self.problems:
            return None
        if base is None:
            base = Rule(name=name, kind=Kind.EVENT, severity="medium")
        return dataclasses.replace(base, origin="settings", **fields)

    def _fields(self, document: Mapping[Any, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key, value in document.items():
            if key == "name":
                continue
            parse = KEYS.get(key) if isinstance(key, str) else None
            if parse is None:
                self.problems.append(f"{self._where}: {_unknown(str(key))}")
                continue
            try:
                fields.update(parse(value))
            except QuerySyntaxError as error:
                self.problems.append(f"{self._where}: {key}: {error}")
            except ValueError as error:
                self.problems.append(f"{self._where}: {key}: {shown(value)} {error}")
        return fields

    def _wrong(self, text: str) -> Rule | None:
        self.problems.append(f"{self._where}{' ' if text.startswith(('is', 'says')) else ': '}{text}")
        return None


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.6)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"{key[:60]!r} is not known.{guess} Known: name, {', '.join(KEYS)}."


def _number(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 1_000_000:
        raise ValueError("is not a whole number from 1 to 1000000")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 10_000:
        raise ValueError("is not a text")
    return value.strip()


def _titles(value: Any) -> dict[str, str]:
    titles = {"en": value} if isinstance(value, str) else value
    if not isinstance(titles, Mapping) or not titles or titles.keys() - {"en", "zh"}:
        raise ValueError("is neither a text nor a mapping of en and zh")
    return {language: _text(title)[:300] for language, title in titles.items()}


def _severity(value: Any) -> Severity:
    if value not in SEVERITIES:
        raise ValueError(f"is not one of {', '.join(SEVERITIES)}")
    return cast(Severity, value)


def _problem(value: Any) -> Parsed:
    known = built_in_rules()
    if value not in known:
        near = difflib.get_close_matches(str(value), known, n=1, cutoff=0.6)
        raise ValueError(f"is no problem of the catalogue{f'. Did you mean {near[0]}?' if near else ''}")
    base = known[value]
    return {"problem": base.problem, "test": base.test, "reasons": base.reasons}


def _search(value: Any) -> Parsed:
    text = _text(value)
    return {"search": parse_search(text), "search_text": text}


def _groups(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or any(name not in GROUPS for name in names):
        raise ValueError(f"is not a list of {', '.join(GROUPS)}")
    return tuple(dict.fromkeys(names))


def _ends(value: Any) -> tuple[tuple[str, str], ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(
        isinstance(one, str) and re.fullmatch(r"(\w+/)?\w+", one) for one in given
    ):
        raise ValueError("is not a list of REASON or KIND/REASON, as in Node/NodeReady")
    return tuple((one.rpartition("/")[2], one.rpartition("/")[0]) for one in given)


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(key, str) and _LABEL.fullmatch(key) and isinstance(text, str | int | float)
        for key, text in value.items()
    ):
        raise ValueError("is not a mapping of names and texts")
    return {key: str(text) for key, text in value.items()}


def _into(field: str, parse: Callable[[Any], Any]) -> Callable[[Any], Parsed]:
    return lambda value: {field: parse(value)}


KEYS: dict[str, Callable[[Any], Parsed]] = {
    "title": _into("titles", _titles),
    "severity": _into("severity", _severity),
    "search": _search,
    "problem": _problem,
    "count": _into("count", _number),
    "within": _into("within", positive),
    "absent_for": lambda value: {"within": positive(value), "kind": Kind.ABSENCE},
    "group_by": _into("group_by", _groups),
    "for": _into("pending", duration),
    "resolve_on": _into("resolve_on", _ends),
    "quiet": _into("quiet", positive),
    "refines": _into("refines", _text),
    "labels": _into("labels", _texts),
    "annotations": _into("annotations", _texts),
    "enabled": _into("enabled", flag),
}
"""What a rule may say beside its name: key → what it makes of the value. ValueError says what is accepted."""
