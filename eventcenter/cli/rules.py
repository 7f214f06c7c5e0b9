"""`rules`: the catalogue and one's own rules, read, checked, and tried on what is stored."""

from __future__ import annotations

import json
from pathlib import Path

import click

from eventcenter.cli.options import STORAGE, output_option, takes_settings
from eventcenter.config import Loaded

_file = click.option(
    "--rules",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A YAML file with rules of your own; they change or add to those of the catalogue.",
)


@click.group()
def rules() -> None:
    """Rules: what is worth an alert."""


@rules.command("list")
@_file
@click.option("--all", "every", is_flag=True, help="Also those that are switched off.")
@output_option
def list_(file: Path | None, every: bool, output: str) -> None:
    """The rules that are switched on: name, severity, when they fire, what they are about."""
    from eventcenter.alerts.catalogue import shape
    from eventcenter.alerts.documents import read_file
    from eventcenter.cli.rule_tables import show_rules

    found = [rule for rule in read_file(file).values() if every or rule.enabled]
    if output == "json":
        click.echo(json.dumps([shape(rule) for rule in found], ensure_ascii=False, indent=2))
    else:
        show_rules(found)


@rules.command()
@click.argument("name")
@_file
def show(name: str, file: Path | None) -> None:
    """One rule, whole, as YAML that can be changed and used."""
    from eventcenter.alerts.documents import read_file
    from eventcenter.cli.rule_tables import chosen, yaml_of

    (rule,) = chosen(read_file(file), (name,))
    click.echo(yaml_of(rule), nl=False)


@rules.command()
@click.argument("file", type=click.Path(path_type=Path))
def lint(file: Path) -> None:
    """Check a file of rules; every mistake of every rule is told."""
    from eventcenter.alerts.documents import read_file

    own = [rule for rule in read_file(file).values() if rule.origin == "settings"]
    click.echo(f"{file}: {len(own)} rules, all good")


@rules.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_file
@click.option("--from", "since", default="-1d", metavar="TIME", help="Where to begin. [default: -1d]")
@click.option("--to", "until", default="now", metavar="TIME", help="Where to end. [default: now]")
@output_option
@takes_settings(*STORAGE)
def test(
    loaded: Loaded, names: tuple[str, ...], file: Path | None, since: str, until: str, output: str
) -> None:
    """Run rules over the stored events and show when they would have fired.

    Without names all that are switched on; a rule that is named is tried also when it is switched off."""
    from eventcenter.cli.rule_tables import show_alerts, tried

    alerts = tried(loaded.settings, file, names, since, until)
    if output == "json":
        click.echo(json.dumps(alerts, ensure_ascii=False, indent=2))
    else:
        show_alerts(alerts)
