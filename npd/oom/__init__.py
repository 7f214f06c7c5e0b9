"""From the kernel's lines on OOM kills to one incident for each kill, with the Pod it hit: `OomWatcher`."""

from npd.oom.incident import NODE_REASON, POD_REASON, OomKill
from npd.oom.watcher import OomWatcher

__all__ = ["NODE_REASON", "POD_REASON", "OomKill", "OomWatcher"]
