"""kubectl, and the manifests under names of a test's own."""

from __future__ import annotations

import copy
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"


@dataclass(frozen=True)
class Kubectl:
    binary: str
    kubeconfig: Path

    def run(self, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [self.binary, f"--kubeconfig={self.kubeconfig}", "--request-timeout=20s", *args]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)

    def __call__(self, *args: str, stdin: str | None = None) -> str:
        done = self.run(*args, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr.strip()}"
        return done.stdout

    def json(self, *args: str, stdin: str | None = None) -> Any:
        return json.loads(self(*args, "-o", "json", stdin=stdin))

    def apply(self, objects: list[dict[str, Any]], *args: str) -> str:
        return self("apply", *args, "-f", "-", stdin=yaml.safe_dump_all(objects))


def rendered(binary: str, directory: Path) -> list[dict[str, Any]]:
    """The objects of a kustomization."""
    done = subprocess.run([binary, "kustomize", str(directory)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def moved(objects: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The objects without the Namespace, in the namespace `name`; those in none
    are called so instead of `eventcenter`."""
    result = copy.deepcopy([item for item in objects if item["kind"] != "Namespace"])
    for item in result:
        if "namespace" in item["metadata"]:
            item["metadata"]["namespace"] = name
        else:
            item["metadata"]["name"] = item["metadata"]["name"].replace("eventcenter", name)
        if item["kind"] == "ClusterRoleBinding":
            item["roleRef"]["name"] = item["roleRef"]["name"].replace("eventcenter", name)
            item["subjects"][0]["namespace"] = name
    return result
