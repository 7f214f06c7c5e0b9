"""Reads node-problem-detector's configuration files as they are, and says what is wrong with one."""

from npd.config.loading import Selection, default_configs, load_file, load_files, load_object
from npd.config.model import AnyConfig, Loaded, LogConfig, OomConfig, PluginConfig, StatsConfig
from npd.config.problems import ConfigProblem

__all__ = [
    "AnyConfig",
    "ConfigProblem",
    "Loaded",
    "LogConfig",
    "OomConfig",
    "PluginConfig",
    "Selection",
    "StatsConfig",
    "default_configs",
    "load_file",
    "load_files",
    "load_object",
]
