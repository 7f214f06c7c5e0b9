"""The kubelet's certificates: when its client certificate runs out, the node is NotReady and cannot renew it any
more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from npd.checks.der import validity
from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, not_applicable, unknown
from npd.checks.reading import read

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class CertificateOptions:
    files: tuple[str, ...] = (
        "/var/lib/kubelet/pki/kubelet-client-current.pem",
        "/var/lib/kubelet/pki/kubelet-server-current.pem",
        "/var/lib/kubelet/pki/kubelet.crt",
        "/var/lib/rancher/k3s/agent/client-kubelet.crt",
    )
    """Of the node; those that are there are looked at."""
    threshold_days: int = 14
    """Days before the end. Of a certificate that is valid for a short time, the last tenth of it, if that is less."""


def _make(node: Node, options: CertificateOptions) -> dict[str, Look]:
    def look() -> Finding:
        now = node.wall()
        seen, problems, unclear = 0, [], []
        for name in options.files:
            try:
                start, end = validity(read(node.host.file(name)))
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                unclear.append(f"{name}: {getattr(error, 'strerror', None) or error}")
                continue
            seen += 1
            if end - now < min(options.threshold_days * _DAY, (end - start) / 10):
                problems.append(_problem(name, end, now))
        if problems or unclear:
            return bad("; ".join(problems)) if problems else unknown("; ".join(unclear))
        return OK if seen else not_applicable("no certificate of a kubelet is there")

    return {"": look}


def _problem(name: str, end: float, now: float) -> str:
    day = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%d %H:%M UTC")
    left = end - now
    if left <= 0:
        return f"{name} has expired on {day}"
    return f"{name} expires on {day}, in {left / _DAY:.1f} days"


KIND = Kind(
    "kubelet-certificate",
    "how long the kubelet's certificates are still valid",
    CertificateOptions,
    Words(
        "KubeletCertificateExpiring",
        "KubeletCertificateExpiring",
        "KubeletCertificateIsValid",
        "the kubelet's certificates are valid for long enough",
    ),
    Pace(period=3600),
    _make,
    needs="the host's / mounted, read-only; root, for the files are",
)
