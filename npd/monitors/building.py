"""From configurations to monitors. All that read the kernel log share one reader of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from npd.config.model import AnyConfig, LogConfig, PluginConfig
from npd.model import Monitor
from npd.monitors.log import LogMonitor
from npd.monitors.plugins import PluginMonitor
from npd.monitors.readers import Reader, RuleReader
from npd.monitors.rechecks import Host
from npd.monitors.sources import Source
from npd.monitors.sources.files import LogFile
from npd.monitors.sources.journald import Journald
from npd.monitors.sources.kmsg import Kmsg
from npd.monitors.starting import read_uptime, start_time
from npd.state import State

KMSG = "/dev/kmsg"


def monitors_of(
    configs: Iterable[AnyConfig],
    state: State,
    host: Host | None = None,
    *,
    kernel_readers: Sequence[Reader] = (),
    kmsg: str = KMSG,
) -> list[Monitor]:
    """`kernel_readers`: others that want the lines of the kernel log."""
    building = _Building(state, host or Host(), time.time())
    monitors: list[Monitor] = []
    kernel: list[Reader] = []
    for config in configs:
        if isinstance(config, PluginConfig):
            monitors.append(PluginMonitor(config, state))
        elif isinstance(config, LogConfig):
            reader = building.reader(config)
            if config.plugin == "kmsg":
                kernel.append(reader)
            else:
                monitors.append(LogMonitor(building.source(config), [reader], state))
    kernel += kernel_readers
    if kernel:
        monitors.insert(0, LogMonitor(Kmsg(kmsg, building.host.proc), kernel, state))
    return monitors


class _Building:
    def __init__(self, state: State, host: Host, now: float) -> None:
        self.state, self.host, self.now = state, host, now
        self.uptime = read_uptime(host.proc)

    def start(self, config: LogConfig) -> float:
        return start_time(self.now, self.uptime, config.lookback, config.delay)

    def reader(self, config: LogConfig) -> RuleReader:
        return RuleReader(config, self.start(config), self.state, self.host, self.now)

    def source(self, config: LogConfig) -> Source:
        if config.plugin == "filelog":
            return LogFile(config)
        return Journald(config.plugin_config["source"], config.log_path, self.start(config))
