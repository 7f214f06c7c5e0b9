"""`--help` of every command works, is quick and explains every flag; docs/cli.md knows them all."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from eventcenter.cli.root import COMMANDS, root

DOC = Path(__file__).parents[2] / "docs" / "cli.md"
HEAVY = {
    "flask",
    "sqlglot",
    "re2",
    "kubernetes",
    "matplotlib",
    "sqlite3",
    "sqlite_utils",
    "rich",
    "yaml",
    "msgspec",
    "urllib3",
    "httpx",
    "jinja2",
}


def walk(group: click.Group, context: click.Context, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from walk(found, context, f"{path}{name} ")
        else:
            yield f"{path}{name}", found


ALL = dict(walk(root, click.Context(root)))


def test_these_are_the_commands() -> None:
    assert set(ALL) == {
        "run",
        "demo",
        "events",
        "query",
        "replay",
        "export",
        "import",
        "rules list",
        "rules show",
        "rules lint",
        "rules test",
        "sinks list",
        "sinks kinds",
        "sinks test",
        "npd run",
        "npd replay",
        "usage",
        "prune",
        "backup",
        "restore",
        "migrate",
        "doctor",
        "config check",
        "version",
    }


@pytest.mark.parametrize("name", ALL)
def test_help_explains_every_flag(name: str) -> None:
    result = CliRunner().invoke(root, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert ALL[name].help
    for parameter in ALL[name].params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.opts[0] in result.output
            assert parameter.help and parameter.help.rstrip().endswith((".", "]")), parameter.name


def test_a_short_help_is_never_cut() -> None:
    result = CliRunner().invoke(root, ["--help"])
    assert "..." not in result.output.partition("Commands:")[2]
    assert all(name in result.output for name in COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from eventcenter.cli import run_command; run_command(['--help']);"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert sorted(HEAVY & set(done.stderr.split())) == []


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", DOC.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_document_has_a_section_for_each_command() -> None:
    assert set(sections()) == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_the_document_names_exactly_the_flags(name: str) -> None:
    text = sections()[name]
    options = [parameter for parameter in ALL[name].params if isinstance(parameter, click.Option)]
    known = {flag for option in options if not option.hidden for flag in option.opts if flag.startswith("--")}
    table = re.findall(r"`(--[a-z-]+)`", text)
    assert set(table) == known
