"""The flags of the agent: node-problem-detector's, so that its command lines keep working, and a few of ours."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qs

from npd.config.durations import parse_duration
from npd.report.node_uid import Mode

_IGNORED = (
    "alsologtostderr", "apiserver-wait-interval", "apiserver-wait-timeout", "kube-api-burst", "kube-api-qps",
    "k8s-exporter-connection-timeout", "log_backtrace_at", "log_dir", "log_file", "logtostderr", "skip_headers",
    "stderrthreshold", "v", "vmodule",
)  # fmt: skip
"""Of the original, about its own log and client: accepted without effect."""


class WrongUse(Exception):
    """A flag is unknown or its value is not accepted; one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    log_configs: tuple[Path, ...] = ()
    plugin_configs: tuple[Path, ...] = ()
    stats_configs: tuple[Path, ...] = ()
    node: str = ""
    address: str = "127.0.0.1"
    port: int = 20256
    """Of `/healthz`, `/conditions` and `/status`; 0 for none."""
    prometheus_address: str = "127.0.0.1"
    prometheus_port: int = 20257
    kubernetes: bool = True
    write_events: bool = True
    write_conditions: bool = True
    heartbeat: float = 300.0
    event_namespace: str = "default"
    kubeconfig: str = ""
    server: str = ""
    builtin: bool = True
    """Whether the built-in checks run."""
    checks_config: Path | None = None
    """Settings of the built-in checks, JSON."""
    off: tuple[str, ...] = ()
    """Names of built-in checks that are switched off."""
    may_repair: bool = False
    """Whether health checks that are configured to may end a service that is unwell."""
    uid_in_events: Mode = "auto"
    """Whether events about the node carry its uid, or its name there (`report.node_uid`)."""
    host: Path = Path("/")
    """Where the node's root file system is mounted."""
    kmsg: str = "/dev/kmsg"
    """The kernel log."""
    state_dir: Path | None = None
    """Where to remember over a restart what was handled."""
    log_level: str = "info"
    ignored: tuple[str, ...] = ()
    """Flags that were given and have no effect."""

    @property
    def configs(self) -> tuple[Path, ...]:
        return (*self.log_configs, *self.plugin_configs, *self.stats_configs)


def parse(arguments: Sequence[str], env: Mapping[str, str] = os.environ) -> Options:
    """WrongUse with one line."""
    given = vars(_parser().parse_args([_two_dashes(one) for one in arguments]))
    ignored = tuple(f"--{name}" for name in _IGNORED if given.pop(_dest(name)) is not None)
    server, kubeconfig = _override(given.pop("apiserver_override"))
    values = {key: value for key, value in given.items() if value is not None}
    for name in ("log_configs", "plugin_configs", "stats_configs", "off"):
        values[name] = tuple(one for many in values.get(name, ()) for one in many)
    values.setdefault("kubeconfig", kubeconfig)
    values["node"] = values.get("node") or env.get("NODE_NAME") or socket.gethostname().lower()
    return Options(server=server, ignored=ignored, **values)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUse(f"{message}; --help lists the flags")


_FILES = {
    "config.system-log-monitor": "log_configs",
    "config.custom-plugin-monitor": "plugin_configs",
    "config.system-stats-monitor": "stats_configs",
}
_SWITCHES = {
    "enable-k8s-exporter": ("kubernetes", "report to the API server (true)"),
    "k8s-exporter-write-events": ("write_events", "write events (true)"),
    "k8s-exporter-update-node-conditions": ("write_conditions", "keep conditions of the Node (true)"),
    "builtin-checks": ("builtin", "run the checks that need no configuration file (true)"),
    "enable-repair": ("may_repair", "let health checks run their repair commands (false)"),
}
_TEXTS = {
    "hostname-override": ("node", "name of the node ($NODE_NAME, else the host name)"),
    "address": ("address", "where /healthz, /conditions and /status listen (127.0.0.1)"),
    "prometheus-address": ("prometheus_address", "where /metrics listens (127.0.0.1)"),
    "event-namespace": ("event_namespace", "namespace of events about the node (default)"),
    "apiserver-override": ("apiserver_override", "address of the API server, as in https://10.0.0.1:6443"),
    "kubeconfig": ("kubeconfig", "kubeconfig to use instead of the service account"),
    "kmsg": ("kmsg", "the kernel log (/dev/kmsg)"),
}
_PATHS = {
    "checks-config": ("checks_config", "JSON file with settings of the built-in checks"),
    "host-root": ("host", "where the root of the node's files is mounted (/)"),
    "state-dir": ("state_dir", "where to remember what was handled (nowhere)"),
}


def _parser() -> argparse.ArgumentParser:
    what = "Find faults of a node. Takes the flags of node-problem-detector."
    parser = _Parser(prog="npd", description=what, allow_abbrev=False)

    def flag(name: str, dest: str, help: str, **more: object) -> None:
        parser.add_argument(f"--{name}", dest=dest, help=help, **more)  # type: ignore[arg-type]

    for name, dest in _FILES.items():
        help = "configuration files, with commas or by repeating the flag"
        flag(name, dest, help, action="append", type=_paths, metavar="FILES")
    for name, (dest, help) in _TEXTS.items():
        flag(name, dest, help)
    for name, (dest, help) in _PATHS.items():
        flag(name, dest, help, type=Path)
    for name, (dest, help) in _SWITCHES.items():
        flag(name, dest, help, type=_boolean, nargs="?", const=True, metavar="true|false")
    flag("port", "port", "port of /healthz and the like (20256); 0 for none", type=_port)
    flag("prometheus-port", "prometheus_port", "port of /metrics (20257); 0 for none", type=_port)
    flag(
        "k8s-exporter-heartbeat-period",
        "heartbeat",
        "how often conditions are confirmed (5m)",
        type=_duration,
    )
    help = "whether events about the node have its uid, or its name there for kubectl before 1.22 (auto)"
    flag("node-uid-in-events", "uid_in_events", help, choices=("auto", "true", "false"))
    flag("disable-checks", "off", "names of built-in checks, with commas", action="append", type=_names)
    flag("log-level", "log_level", "how much to log", choices=("debug", "info", "warning", "error"))
    for name in _IGNORED:
        flag(name, _dest(name), argparse.SUPPRESS, nargs="?", const="true")
    return parser


def _dest(name: str) -> str:
    return "ignored_" + name.replace("-", "_")


def _two_dashes(argument: str) -> str:
    """Go takes `-port` for `--port`."""
    return (
        f"-{argument}"
        if argument[:1] == "-" and argument[1:2] not in ("", "-") and argument != "-h"
        else argument
    )


def _override(value: str | None) -> tuple[str, str]:
    """As the original takes it: `https://HOST:PORT?inClusterConfig=false&auth=KUBECONFIG`."""
    address, _, query = (value or "").partition("?")
    auth = parse_qs(query).get("auth", [""])
    return address, auth[-1]


def _names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


def _paths(value: str) -> list[Path]:
    return [Path(name) for name in _names(value)]


def _port(value: str) -> int:
    if not value.isdecimal() or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value!r} is no port (0 to 65535)")
    return int(value)


def _boolean(value: str) -> bool:
    word = value.lower()
    if word not in ("true", "t", "1", "false", "f", "0"):
        raise argparse.ArgumentTypeError(f"{value!r} is neither true nor false")
    return word in ("true", "t", "1")


def _duration(value: str) -> float:
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"{value!r} is not more than 0")
    return seconds
