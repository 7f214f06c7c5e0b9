"""kube-eventer's `--source` address, so that its command lines work unchanged.

`kubernetes:https://host:port?inClusterConfig=false&insecure=true&auth=KUBECONFIG`; its defaults are kept:
without `inClusterConfig=false` the Pod's service account is used; the address only replaces the server's.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from eventcenter.errors import ConfigError

FORM = "kubernetes:https://HOST:PORT[?inClusterConfig=false&insecure=true&auth=KUBECONFIG]"
_IGNORED = frozenset({"apiVersion", "kubernetesClusterName"})
_SWITCHES = frozenset({"inClusterConfig", "insecure", "useServiceAccount"})
_TRUE = frozenset({"1", "t", "true"})
_FALSE = frozenset({"0", "f", "false"})


@dataclass(frozen=True, slots=True)
class Source:
    """Where the cluster is, as a `--source` says it."""

    host: str = ""
    in_cluster: bool = True
    insecure: bool = False
    auth: str = ""
    """A kubeconfig whose credentials are used."""
    service_account: bool = False
    """Use the service account's token for `host`, although `in_cluster` is off."""


def parse_source(text: str) -> Source:
    """ConfigError for anything that kube-eventer would not take either."""
    kind, colon, address = text.partition(":")
    if kind != "kubernetes" or (not colon and address):
        raise ConfigError(f"source {text!r} is not accepted", hint=f"Accepted: {FORM}.")
    # Documented lines append options with & although no ? went before.
    url, mark, query = address.partition("?") if "?" in address else address.partition("&")
    options = _options(text, query) if mark else {}
    return Source(
        host=_host(text, url),
        in_cluster=_switch(options, "inClusterConfig", default=True),
        insecure=_switch(options, "insecure", default=False),
        auth=options.get("auth", ""),
        service_account=_switch(options, "useServiceAccount", default=False),
    )


def _host(text: str, url: str) -> str:
    url = url.strip("'\" ")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ConfigError(f"source {text!r}: {url!r} is not an http(s) address", hint=f"Accepted: {FORM}.")
    return url.rstrip("/")


def _options(text: str, query: str) -> dict[str, str]:
    options = {key: values[-1] for key, values in parse_qs(query, keep_blank_values=True).items()}
    accepted = sorted(_SWITCHES | _IGNORED | {"auth"})
    for key in options:
        if key not in accepted:
            raise ConfigError(
                f"source {text!r}: unknown option {key!r}", hint=f"Accepted: {', '.join(accepted)}."
            )
    return options


def _switch(options: dict[str, str], name: str, *, default: bool) -> bool:
    value = options.get(name, "").lower()
    if value not in _TRUE | _FALSE | {""}:
        raise ConfigError(
            f"source option {name}={options[name]!r} is not accepted", hint="Give true or false."
        )
    return default if not value else value in _TRUE
