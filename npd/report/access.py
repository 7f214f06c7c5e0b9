"""How to reach the API server: the Pod's service account, or a kubeconfig.

Tokens and certificates rotate, so that nothing here is read once for all: a token is read for each request, the
certificates for each connection."""

from __future__ import annotations

import base64
import json
import os
import ssl
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class AccessProblem(Exception):
    """There is no way to the API server, or what describes it is wrong; one line."""


@dataclass(frozen=True, slots=True)
class Access:
    server: str
    """`https://HOST:PORT`, without a slash at the end."""
    tls: Callable[[], ssl.SSLContext | None]
    """Of a new connection; None for plain HTTP."""
    token: Callable[[], str]
    """Of a request; empty where a certificate says who we are."""


def find_access(
    kubeconfig: str = "",
    server: str = "",
    *,
    env: Mapping[str, str] = os.environ,
    account: Path = SERVICE_ACCOUNT,
) -> Access:
    """The kubeconfig where one is named, else the service account, else `$KUBECONFIG`. `server` replaces the address.

    AccessProblem when there is none or it cannot be used."""
    if kubeconfig:
        found = from_kubeconfig(Path(kubeconfig))
    elif env.get("KUBERNETES_SERVICE_HOST") and (account / "token").exists():
        found = from_service_account(account, env)
    elif env.get("KUBECONFIG"):
        found = from_kubeconfig(Path(env["KUBECONFIG"].split(os.pathsep)[0]))
    else:
        raise AccessProblem(
            f"there is neither a service account ({account}/token) nor a kubeconfig: run in a Pod, or give --kubeconfig"
        )
    return Access(_address(server), found.tls, found.token) if server else found


def from_service_account(account: Path, env: Mapping[str, str]) -> Access:
    host, port = env["KUBERNETES_SERVICE_HOST"], env.get("KUBERNETES_SERVICE_PORT", "443")
    return Access(
        f"https://{f'[{host}]' if ':' in host else host}:{port}",
        lambda: ssl.create_default_context(cafile=str(account / "ca.crt")),
        lambda: _read(account / "token"),
    )


def from_kubeconfig(file: Path) -> Access:
    """The current context of a file. Credential plugins are not run: the agent has its own account."""
    document = _document(file)
    contexts = _named(document, "contexts", "context")
    context = contexts.get(str(document.get("current-context")))
    if context is None:
        raise AccessProblem(f"{file}: has no current-context")
    cluster = _named(document, "clusters", "cluster").get(str(context.get("cluster")), {})
    user = _named(document, "users", "user").get(str(context.get("user")), {})
    if user.keys() & {"exec", "auth-provider"}:
        raise AccessProblem(
            f"{file}: credential plugins are not supported; use a token or a client certificate"
        )
    server = _address(str(cluster.get("server", "")))
    base = file.absolute().parent
    return Access(server, lambda: _tls(server, cluster, user, base), lambda: _token(user, base))


def _address(server: str) -> str:
    try:
        parts = urlsplit(server)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise AccessProblem(f"{server!r} is no address of an API server, as in https://10.0.0.1:6443")
    return server.rstrip("/")


def _document(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text()
        try:
            document = json.loads(text)
        except ValueError:
            document = _yaml(file, text)
    except (OSError, UnicodeDecodeError) as error:
        raise AccessProblem(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not isinstance(document, dict):
        raise AccessProblem(f"{file}: is no kubeconfig")
    return document


def _yaml(file: Path, text: str) -> Any:
    """The image of the agent has no YAML: in the cluster there is no kubeconfig."""
    try:
        import yaml
    except ImportError:
        raise AccessProblem(
            f"{file}: is YAML, and PyYAML is not installed: kubectl config view --raw --minify -o json makes JSON of it"
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise AccessProblem(f"{file}: is not valid YAML: {' '.join(str(error).split())}") from None


def _named(document: Mapping[str, Any], key: str, inner: str) -> dict[str, dict[str, Any]]:
    items = document.get(key)
    return {
        str(item.get("name")): item[inner]
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and isinstance(item.get(inner), dict)
    }


def _tls(
    server: str, cluster: Mapping[str, Any], user: Mapping[str, Any], base: Path
) -> ssl.SSLContext | None:
    if not server.startswith("https:"):
        return None
    authority = _material(cluster, "certificate-authority", base)
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    certificate = _material(user, "client-certificate", base)
    key = _material(user, "client-key", base)
    if certificate and key:
        with tempfile.NamedTemporaryFile() as file:  # `ssl` takes files only; this one is its owner's alone
            file.write(certificate + b"\n" + key)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _material(section: Mapping[str, Any], name: str, base: Path) -> bytes:
    if data := section.get(f"{name}-data"):
        return base64.b64decode(data)
    return (base / str(section[name])).read_bytes() if section.get(name) else b""


def _token(user: Mapping[str, Any], base: Path) -> str:
    if user.get("tokenFile"):
        return _read(base / str(user["tokenFile"]))
    return str(user.get("token") or "")


def _read(file: Path) -> str:
    return file.read_text().strip()
