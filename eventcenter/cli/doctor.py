"""`doctor`: why is there no data?"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventcenter.cli.options import CLUSTER, STORAGE, settings_flags
from eventcenter.config import load
from eventcenter.errors import ConfigError

if TYPE_CHECKING:
    from eventcenter.doctor import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
@settings_flags(*STORAGE, "listen", *CLUSTER)
def doctor(output: str, config_file: Path | None, **flags: Any) -> int:
    """Find out why there is no data.

    Looks at the settings, the cluster (way, credentials, clock, rights, events), the data directory and the
    running center. Each line says ok, warn or fail, and what to do. Changes nothing. Exit code 1 when a check
    fails."""
    found = []
    for finding in _examine(flags, config_file):
        found.append(finding)
        if output == "text":
            _print(finding)
    failed = any(finding.status == "fail" for finding in found)
    if output == "json":
        checks = [
            {"check": f.check, "status": f.status.value, "message": f.message, "remedy": f.remedy}
            for f in found
        ]
        click.echo(json.dumps({"ok": not failed, "checks": checks}, ensure_ascii=False, indent=2))
    return 1 if failed else 0


def _examine(flags: dict[str, Any], config_file: Path | None) -> Iterator[Finding]:
    from eventcenter import doctor as checks
    from eventcenter.doctor import findings

    try:
        loaded = load(flags, file=config_file)
    except ConfigError as error:
        for problem in str(error).splitlines():
            yield findings.fail("settings", problem, "Correct it; the other checks need good settings.")
        return
    given = [origin for origin in loaded.origins.values() if origin != "default"]
    yield findings.ok("settings", f"good ({', '.join(given) or 'all are defaults'})")
    yield from checks.examine(loaded.settings, lambda: int(time.time() * 1000))


def _print(finding: Finding) -> None:
    from eventcenter.cli.showing import clean  # what a server answers is not ours

    status = click.style(f"{finding.status:<4}", fg=_COLOURS[finding.status], bold=True)
    remedy = f". {finding.remedy}" if finding.remedy else ""
    click.echo(f"{status}  {finding.check:<14}  {clean(finding.message)}{clean(remedy)}")
