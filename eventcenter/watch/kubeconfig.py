"""Finds the kubeconfig and says in one line what is wrong with it, before the kubernetes library reads it.

The library's own messages name neither the file nor the known contexts, and it takes a failed credential
plugin for an anonymous user.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from eventcenter.errors import ClusterError

DEFAULT = Path("~/.kube/config")


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """A readable kubeconfig (several files are merged) and the context to use of it."""

    files: str
    """Paths, separated as in $KUBECONFIG."""
    context: str
    plugin: str = ""
    """The command that fetches the user's credentials, when there is one."""


def find(explicit: str | None, context: str | None) -> Kubeconfig | None:
    """The kubeconfig to use; None when there is none, or an emptied one (`kind delete cluster` leaves it)."""
    named = explicit or os.environ.get("KUBECONFIG", "")
    if not named and not DEFAULT.expanduser().exists():
        return None
    files = named or str(DEFAULT.expanduser())
    documents = _documents(files, "--kubeconfig" if explicit else "KUBECONFIG")
    contexts = _entries(documents, "contexts")
    if not contexts and not explicit and not context:
        return None
    chosen = context or next((str(d["current-context"]) for d in documents if d.get("current-context")), "")
    if chosen not in contexts:
        known = ", ".join(sorted(contexts)) or "none"
        problem = f"has no context {chosen!r}" if chosen else "has no current context"
        raise ClusterError(
            f"kubeconfig {files} {problem} (known: {known})",
            hint="Choose one with --context, or set it with `kubectl config use-context`.",
        )
    return Kubeconfig(files, chosen, _plugin(documents, contexts[chosen]))


def _documents(files: str, origin: str) -> list[dict[str, Any]]:
    paths = [Path(part).expanduser() for part in files.split(os.pathsep) if part]
    present = [path for path in paths if path.exists()]
    if not present:
        raise ClusterError(
            f"kubeconfig {files} does not exist",
            hint=f"{origin} names it; give the path of an existing file.",
        )
    return [_document(path) for path in present]


def _document(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ClusterError(f"kubeconfig {path} cannot be read: {why}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise ClusterError(
            f"kubeconfig {path} is not valid YAML{where}: {getattr(error, 'problem', None) or 'unreadable'}"
        ) from error
    if not isinstance(document, dict):
        raise ClusterError(f"kubeconfig {path} is {'empty' if document is None else 'no kubeconfig'}")
    return document


def _entries(documents: list[dict[str, Any]], section: str) -> dict[str, dict[str, Any]]:
    """The named entries of a section of all files; the first of a name counts, as with kubectl."""
    entries: dict[str, dict[str, Any]] = {}
    for document in documents:
        listed = document.get(section)
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, dict) and "name" in entry:
                entries.setdefault(str(entry["name"]), entry)
    return entries


def _plugin(documents: list[dict[str, Any]], context: dict[str, Any]) -> str:
    inner = context.get("context")
    name = inner.get("user") if isinstance(inner, dict) else None
    user = _entries(documents, "users").get(str(name), {}).get("user")
    run = user.get("exec") if isinstance(user, dict) else None
    return str(run.get("command", "")) if isinstance(run, dict) else ""
