"""All built-in checks. A new one is a file beside this and a line here."""

from __future__ import annotations

from npd.checks import (
    certificate,
    clock,
    conntrack,
    descriptors,
    edac,
    egress,
    engine,
    filesystem,
    hung,
    interfaces,
    mounts,
    pids,
    pressure,
    programs,
    services,
    spot,
    taint,
    volumes,
    zombies,
)
from npd.checks.frame import Kind

KINDS: tuple[Kind, ...] = (
    engine.RUNTIME,
    engine.DOCKER_KIND,
    services.KUBELET,
    services.KUBE_PROXY,
    hung.KIND,
    taint.KIND,
    descriptors.KIND,
    pids.KIND,
    filesystem.INODES,
    filesystem.DISK,
    mounts.KIND,
    pressure.KIND,
    zombies.KIND,
    conntrack.KIND,
    egress.DNS,
    egress.TCP,
    egress.HTTP,
    interfaces.KIND,
    clock.KIND,
    certificate.KIND,
    edac.CORRECTED,
    edac.UNCORRECTED,
    volumes.KIND,
    programs.KIND,
    spot.KIND,
)
BY_NAME = {kind.name: kind for kind in KINDS}
"""The checks by the names that settings use."""
