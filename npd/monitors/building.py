"""From configurations to monitors. All that read the kernel log share one reader of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from npd.checks.frame import Host
from npd.config.model import AnyConfig, LogConfig, OomConfig, PluginConfig
from npd.model import Monitor
from npd.monitors.log import LogMonitor
from npd.monitors.oom import OomReader, tells_kills
from npd.monitors.plugins import PluginMonitor
from npd.monitors.readers import Reader, RuleReader
from npd.monitors.sources import Source
from npd.monitors.sources.files import LogFile
from npd.monitors.sources.journald import Journald
from npd.monitors.sources.kmsg import Kmsg
from npd.monitors.stand_ins import Means
from npd.monitors.starting import read_uptime, start_time
from npd.oom import OomWatcher
from npd.state import State

KMSG = "/dev/kmsg"


def monitors_of(
    configs: Sequence[AnyConfig],
    state: State,
    host: Host | None = None,
    *,
    kernel_readers: Sequence[Reader] = (),
    kmsg: str = KMSG,
    may_repair: bool = False,
    node: str = "",
) -> list[Monitor]:
    """`node` is named in messages about Pods. `kernel_readers`: others that want the lines of the kernel log.
    `may_repair`: health checks that ask for it in their file may end a service that is unwell."""
    building = _Building(state, host or Host(), time.time())
    monitors: list[Monitor] = []
    kernel: list[Reader] = []
    for config in configs:
        if isinstance(config, PluginConfig):
            monitors.append(PluginMonitor(config, state, Means(building.host, may_repair)))
        elif isinstance(config, LogConfig):
            reader = building.reader(config)
            if config.plugin == "kmsg":
                kernel.append(reader)
            else:
                monitors.append(LogMonitor(building.source(config), [reader], state))
        elif isinstance(config, OomConfig):
            start = start_time(building.now, building.uptime, config.lookback, 0.0)
            kernel.append(OomReader(OomWatcher(node, node_events=not tells_kills(configs)), start))
    kernel += kernel_readers
    if kernel:
        monitors.insert(0, LogMonitor(Kmsg(kmsg, str(building.host.proc)), kernel, state))
    return monitors


class _Building:
    def __init__(self, state: State, host: Host, now: float) -> None:
        self.state, self.host, self.now = state, host, now
        self.uptime = read_uptime(str(host.proc))

    def start(self, config: LogConfig) -> float:
        return start_time(self.now, self.uptime, config.lookback, config.delay)

    def reader(self, config: LogConfig) -> RuleReader:
        return RuleReader(config, self.start(config), self.state, self.host, self.now)

    def source(self, config: LogConfig) -> Source:
        if config.plugin == "filelog":
            return LogFile(config)
        return Journald(config.plugin_config["source"], config.log_path, self.start(config))
