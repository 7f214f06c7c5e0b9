"""File systems that the kernel made read-only after an error. Told from those that are meant to be: only file
systems of disks count, and only when they were writable before, carry the mark of an error, or hold what a node has
to write."""

from __future__ import annotations

from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Host, Kind, Look, Node, Pace, Words, bad
from npd.checks.reading import read, unread

_DISKS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "reiserfs"})
_ERRORS = frozenset({"emergency_ro", "shutdown"})
"""Options that a file system shows after an error, whatever `ro` says."""


@dataclass(frozen=True, slots=True)
class MountOptions:
    writable: tuple[str, ...] = ("/var/lib/kubelet", "/var/lib/containerd", "/var/lib/docker", "/var/log")
    """Directories of the node whose file system must be writable."""


@dataclass(frozen=True, slots=True)
class Mount:
    device: str
    point: str
    kind: str
    options: frozenset[str]
    """Of the file system where they can be told from those of the mount, as a bind mount may be read-only by itself."""
    number: str = ""
    """Major and minor of the device, as in `8:1`; '' where that is not told."""

    @property
    def read_only(self) -> bool:
        return "ro" in self.options or bool(self.options & _ERRORS)


def mounts(host: Host) -> list[Mount]:
    """Of the node's first process. OSError."""
    try:
        lines = read(host.proc / "1/mountinfo").decode(errors="replace").splitlines()
    except FileNotFoundError:
        lines = read(host.proc / "1/mounts").decode(errors="replace").splitlines()
        return [_of_mounts(line.split(" ")) for line in lines if line.count(" ") >= 3]
    return [_of_mountinfo(line) for line in lines if " - " in line]


def _of_mounts(words: list[str]) -> Mount:
    return Mount(words[0], _unescaped(words[1]), words[2], frozenset(words[3].split(",")))


def _of_mountinfo(line: str) -> Mount:
    mount, _, filesystem = line.partition(" - ")
    kind, device, options = [*filesystem.split(" "), "", ""][:3]
    words = mount.split(" ")
    return Mount(device, _unescaped(words[4]), kind, frozenset(options.split(",")), words[2])


def _unescaped(path: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(code, char)
    return path


class ReadOnly:
    """Which file systems have become read-only. Also for the active re-check of a condition that a log line raised."""

    def __init__(self, writable: tuple[str, ...] = MountOptions().writable) -> None:
        self._writable = writable
        self._were_writable: set[tuple[str, str]] = set()

    def faults(self, found: list[Mount]) -> list[str]:
        """One text for each device, as in `/dev/sda1 on / (ext4)`."""
        disks = [mount for mount in found if mount.kind in _DISKS]
        needed = {_holder(found, path) for path in self._writable}
        faults = {
            mount.device: f"{mount.device} on {mount.point} ({mount.kind})"
            for mount in reversed(disks)
            if mount.read_only and (self._was_writable(mount) or _marked(mount) or mount.point in needed)
        }
        self._were_writable = {(m.device, m.point) for m in disks if not m.read_only or self._was_writable(m)}
        return list(faults.values())

    def _was_writable(self, mount: Mount) -> bool:
        return (mount.device, mount.point) in self._were_writable


def _marked(mount: Mount) -> bool:
    return bool(mount.options & _ERRORS)


def _holder(found: list[Mount], path: str) -> str:
    """The mount point that a path lies on."""
    above = (m.point for m in found if path == m.point or path.startswith(m.point.rstrip("/") + "/"))
    return max(above, key=len, default="")


def _make(node: Node, options: MountOptions) -> dict[str, Look]:
    read_only = ReadOnly(options.writable)

    def look() -> Finding:
        try:
            faults = read_only.faults(mounts(node.host))
        except OSError as error:
            return unread(error, "mounts")
        return bad("read-only: " + ", ".join(faults[:5])) if faults else OK

    return {"": look}


KIND = Kind(
    "read-only",
    "file systems of disks that have become read-only",
    MountOptions,
    Words(
        "FilesystemIsReadOnly", "ReadonlyFilesystem", "FilesystemIsNotReadOnly", "Filesystem is not read-only"
    ),
    Pace(period=30),
    _make,
    needs="the host's /proc with hostPID or as /host/proc",
)
