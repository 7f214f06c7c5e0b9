"""docs/sinks/messages.md knows every variable and filter, every option of sinks for people, and its examples work."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from sinks.common import FOR_PEOPLE
from sinks.templating import FILTERS
from sinks.variables import VARIABLES, message_template

TEXT = Path(__file__).parents[3].joinpath("docs/sinks/messages.md").read_text(encoding="utf-8")


def test_all_names_are_there() -> None:
    written = set(re.findall(r"`([^`\n]+)`", TEXT.replace("```", ""))) | set(re.findall(r"(\w+)=", TEXT))
    for name in (*VARIABLES, *FILTERS, *(option.name for option in FOR_PEOPLE)):
        assert name in written, name


def test_the_templates_of_the_example_work() -> None:
    example = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    (sink,) = yaml.safe_load(example[1])["sinks"]
    for option in ("title", "template"):
        assert message_template(sink[option]) == sink[option]
