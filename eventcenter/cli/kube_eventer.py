"""Flags of kube-eventer that `run` accepts and ignores, so that a command line which is taken over keeps working."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

IGNORED = (
    "--frequency", "--healthz-ip", "--healthz-port", "--max-procs", "--max_procs", "--event-metrics", "--v",
    "--vmodule", "--logtostderr", "--alsologtostderr", "--log_dir", "--log-dir", "--stderrthreshold",
    "--log_backtrace_at", "--api-servers", "--metric_resolution", "--sink_export_events_timeout",
)  # fmt: skip
"""Its own and those of its log library. Events are delivered at once here, and one address has health, metrics and
pages."""


def takes_ignored(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def without(*arguments: Any, **values: Any) -> Any:
        for flag in IGNORED:
            if values.pop(_variable(flag), None) is not None:
                click.echo(
                    f"eventcenter: {flag} is kube-eventer's and has no meaning here; it is ignored", err=True
                )
        return command(*arguments, **values)

    for flag in IGNORED:
        # `--event-metrics` alone is as good as `--event-metrics=true`.
        without = click.option(
            flag, _variable(flag), hidden=True, is_flag=False, flag_value="", default=None
        )(without)
    return without


def _variable(flag: str) -> str:
    return "kube_eventer_" + flag.strip("-").replace("-", "_dash_")
