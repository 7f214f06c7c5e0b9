"""The table of all settings: the fields of `Settings`; flags, environment, file and documentation are made from it."""
# ruff: noqa: RUF009  `_setting` makes a dataclasses.field, which is what a dataclass wants there

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcenter import settingtypes as types
from eventcenter.settingtypes import Address

ENV_PREFIX = "EVENTCENTER_"


def _setting(
    parse: Callable[[Any], Any],
    default: Any,
    *,
    help: str,
    metavar: str = "",
    default_text: str | None = None,
    key: str = "",
    flag: str = "",
    show: Callable[[Any], Any] = str,
    many: bool = False,
) -> Any:
    """A row: `parse` raises ValueError saying what is accepted, `show` gives the value as the file has it, `many` says
    that the flag can be repeated."""
    metadata = {
        "parse": parse,
        "help": help,
        "metavar": metavar,
        "default_text": default_text,
        "key": key,
        "flag": flag,
        "show": show,
        "many": many,
    }
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME", "")
    # The XDG specification: a relative path there is to be ignored.
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share"
    return root / "eventcenter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data_dir: Path = _setting(
        types.path,
        default_data_dir,
        metavar="DIR",
        default_text="$XDG_DATA_HOME/eventcenter, else ~/.local/share/eventcenter",
        help="Where the events are kept.",
    )
    """A directory. The default is a place of the user's own: the first start needs no rights and finds the
    same data from wherever it is started. The container image says `/data`, which is a volume."""

    listen: Address = _setting(
        types.address,
        Address("127.0.0.1", 8080),
        metavar="HOST:PORT",
        help="Where the pages and the API are served.",
    )
    """An address and a TCP port; `:8080` means every address of the machine. The default can be reached from
    this machine only, because events tell much about a cluster and there is no login by default."""

    kubeconfig: Path | None = _setting(
        types.path,
        None,
        metavar="FILE",
        default_text="$KUBECONFIG, else ~/.kube/config; in a Pod its service account",
        help="The kubeconfig of the cluster to watch.",
    )
    """A file. The default is what kubectl uses too."""

    context: str | None = _setting(
        types.text,
        None,
        metavar="NAME",
        default_text="the current context of the kubeconfig",
        help="The context of the kubeconfig to use.",
    )
    """A name as `kubectl config get-contexts` lists it."""

    source: str | None = _setting(
        types.source,
        None,
        metavar="URI",
        default_text="none: kubeconfig and context decide",
        help="The cluster as kube-eventer names it.",
        show=types.show_source,
    )
    """`kubernetes:[URL][?OPTION=VALUE&…]`, for those who come from kube-eventer: their line keeps working.
    Options: `inClusterConfig`, `useServiceAccount`, `insecure` (true or false), `auth` (a kubeconfig file),
    `apiVersion` (v1), `kubernetesClusterName`."""

    sinks: tuple[str | Mapping[str, Any], ...] = _setting(
        types.sinks,
        (),
        metavar="URI",
        flag="--sink",
        default_text="none",
        help="Where to forward events, as NAME:URL?key=value; can be repeated.",
        show=types.show_sinks,
        many=True,
    )
    """A list of addresses as kube-eventer has them, or of mappings with `uri` and the options as keys of their own; in
    the environment separated by blanks. `${env:NAME}`, `${file:/path}` and `${secret:NAMESPACE/NAME/KEY}` stand for
    secrets. All sinks and their options: sinks.md. A running center takes over changes of the file within seconds."""

    rules: Path | None = _setting(
        types.path,
        None,
        metavar="FILE",
        default_text="none: the rules of the catalogue",
        help="A YAML file with rules of your own for alerts.",
    )
    """A file as rules.md describes it; it changes rules of the catalogue and adds others. A running center takes over
    changes of it within seconds; one that is wrong changes nothing."""

    url: str | None = _setting(
        types.web_url,
        None,
        metavar="URL",
        default_text="none: messages hold no links",
        help="Where people reach the pages, for the links in messages.",
    )
    """As in https://events.example.com, with the path where a proxy adds one."""

    language: str = _setting(
        types.language,
        "en",
        metavar="LANG",
        help="The language of messages to people: en or zh.",
    )
    """en or zh, where a sink does not say its own with `lang`. The pages follow the browser."""

    retention_ms: int = _setting(
        types.duration,
        90 * types.DAY,
        metavar="DURATION",
        key="retention",
        default_text="90d",
        help="How long events are kept.",
        show=types.show_duration,
    )
    """A whole number and a unit (m, h, d or w), 1h to 3650d. 90 days are a quarter to look back upon, and
    what the hosted event center keeps. A running center takes over a new value from the file within
    seconds; `eventcenter prune --dry-run` shows beforehand what it would delete."""

    retention_warning_ms: int | None = _setting(
        types.duration,
        None,
        metavar="DURATION",
        key="retention_warning",
        default_text="as retention",
        help="How long events of the level Warning are kept.",
        show=types.show_duration,
    )
    """As `retention`, longer or shorter. Warnings are few and tell the most, so that keeping them longer costs
    little. Events of a level other than Normal and Warning stay as long as the longer of both."""

    max_bytes: int | None = _setting(
        types.size,
        None,
        metavar="SIZE",
        key="max_size",
        default_text="none",
        help="How large the database may become; the oldest events go first.",
        show=types.show_size,
    )
    """A whole number and MB, GB, TB, MiB, GiB or TiB, 50MB at least. The last two days are kept all the same. The
    write-ahead log needs some tens of MB beside it."""

    instance: str = _setting(
        types.instance,
        "default",
        metavar="NAME",
        help="The name under which this cluster's events are stored.",
    )
    """1 to 63 lower-case letters, digits and `-`: it is part of file names and addresses. One cluster needs
    no other than the default."""

    labels: Mapping[str, str] = _setting(
        types.labels,
        dict,
        metavar="KEY=VALUE",
        flag="--label",
        default_text="none",
        help="What every record says beside the event, as in clusterName=shop; can be repeated.",
        show=dict,
        many=True,
    )
    """A mapping, a list of KEY=VALUE, or in the environment KEY=VALUE with commas between them. They stand in each
    record of `export`, `events -o record` and the API, as the hosted event center adds ClusterId or clusterName. A key
    is a letter or `_` and up to 62 letters, digits, `_`, `.`, `-`, and none of a record's own fields; a value has up to
    1000 characters."""

    namespaces: tuple[str, ...] = _setting(
        types.namespaces,
        (),
        metavar="A,B",
        flag="--namespace",
        default_text="all",
        help="Watch these namespaces only, one watch each.",
        show=list,
    )
    """A list, or text with commas. For where the rights cover some namespaces only; events about nodes lie in
    `default`."""

    cluster_checks: bool = _setting(
        types.boolean,
        True,
        help="Look at all nodes and at OOM kills through the API.",
        show=bool,
    )
    """true or false. What is found becomes events with the component `eventcenter`, in the store only: a node that is
    not ready or under pressure for long, flaps, is cordoned for days, is silent, too old or full, and each container
    that was OOM killed. It needs the right to watch nodes and pods; without it, it says so once and does nothing."""

    crash_logs: bool = _setting(
        types.boolean,
        True,
        help="Keep the last lines of containers that crash.",
        show=bool,
    )
    """true or false. For crash loops, OOM kills and failed probes the end of the container's log is fetched once and
    kept with the event; the page of an event can show it live too. It needs the right to get pods/log; without
    it, it says so once and does nothing. false: no container log is read at all. See crash-logs.md."""

    crash_log_lines: int = _setting(
        types.whole(1, 2000),
        200,
        metavar="LINES",
        help="How many lines of a container's log are kept.",
        show=int,
    )
    """1 to 2000; at most 64 KiB of them, the last."""

    crash_logs_per_minute: int = _setting(
        types.whole(1, 6000),
        60,
        metavar="NUMBER",
        help="How many container logs are fetched in a minute at most.",
        show=int,
    )
    """1 to 6000. Of one workload at most five, as its Pods die of the same."""

    crash_logs_max_bytes: int = _setting(
        types.size,
        100 * 10**6,
        metavar="SIZE",
        key="crash_logs_max_size",
        default_text="100MB",
        help="How large all kept container logs may become; the oldest go first.",
        show=types.show_size,
    )
    """As `max_size`; counted as they are stored, compressed."""

    redact: tuple[str, ...] = _setting(
        types.patterns,
        (),
        metavar="PATTERN",
        default_text="none beside the built-in ones",
        help="A regular expression whose matches are hidden in container logs; can be repeated.",
        show=list,
        many=True,
    )
    """A list of regular expressions (RE2, 1000 characters at most); in the environment one a line. What they match
    becomes `***`, between what the groups `keep` and `after` have. Passwords, tokens, keys, cookies and Authorization
    headers are hidden anyway."""

    npd: bool = _setting(
        types.boolean,
        False,
        help="Check the node that this runs on.",
        show=bool,
    )
    """true or false. The node-problem detector (docs/npd.md) in this process, for the node `node_name`; each check that
    cannot work here (no root, no /dev/kmsg) is left out. It reports to the API server where it has the rights, else
    straight to the store with the component `eventcenter-npd`. For all nodes there is the DaemonSet of deploy/npd."""

    npd_configs: tuple[Path, ...] = _setting(
        types.paths,
        (),
        metavar="FILE",
        flag="--npd-config",
        default_text="the rules that come with it",
        help="A configuration file of node-problem-detector; can be repeated.",
        show=lambda files: [str(file) for file in files],
        many=True,
    )
    """A list of files; in the environment separated by commas. A wrong one is reported and the others run."""

    node_name: str | None = _setting(
        types.text,
        None,
        metavar="NAME",
        default_text="$NODE_NAME, else the host name",
        help="The node that this runs on, for --npd.",
    )
    """The name of a Node object. In a Pod: from `spec.nodeName`, as deploy/ shows."""

    demo_if_no_cluster: bool = _setting(
        types.boolean,
        False,
        help="Start the playground where there is no kubeconfig at all.",
        show=bool,
    )
    """true or false. Off, because whoever set up a center for a cluster must hear that the cluster is
    missing; `make run` turns it on. Never in a Pod."""

    log_level: str = _setting(
        types.log_level, "info", metavar="LEVEL", help="How much to log: debug, info, warning or error."
    )
    """debug, info, warning or error. The bodies of events appear on debug only."""

    log_format: str = _setting(
        types.log_format, "text", metavar="FORMAT", help="How to log: text, or json with one object a line."
    )
    """text or json. The log goes to standard error."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the table as the command line and the documentation see it."""

    field: str
    key: str
    env: str
    flag: str
    help: str
    metavar: str
    default_text: str
    parse: Callable[[Any], Any]
    show: Callable[[Any], Any]
    is_list: bool

    @property
    def is_switch(self) -> bool:
        return not self.metavar


def _row(field: dataclasses.Field[Any]) -> Setting:
    meta = field.metadata
    key = meta["key"] or field.name
    default_text = meta["default_text"]
    if default_text is None:
        default_text = str(meta["show"](field.default)).lower()
    return Setting(
        field=field.name,
        key=key,
        env=ENV_PREFIX + key.upper(),
        flag=meta["flag"] or "--" + key.replace("_", "-"),
        help=meta["help"],
        metavar=meta["metavar"],
        default_text=default_text,
        parse=meta["parse"],
        show=meta["show"],
        is_list=meta["many"],
    )


TABLE: tuple[Setting, ...] = tuple(_row(field) for field in dataclasses.fields(Settings))
